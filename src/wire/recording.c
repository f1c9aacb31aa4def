/* Recordings: the header, and observations a line each. */
#include "recording.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base64.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/utf8.h"
#include "pgdba/wire/recording.h"
#include "redact.h"

enum { MAX_LIST = 1000, MAX_LINE_VALUES = 64, MAX_HEADER_VALUES = 8 * MAX_LIST };

/* Nobody records for longer: such a line was edited. */
#define MAX_T (INT64_C(400) * 86400 * USEC_PER_SEC)

/* ---- what all lines have in common */

char *recording_time(char *out, int64_t wall_us)
{
    char iso[FMT_MAX];
    snprintf(out, FMT_MAX, "%.19s.%06dZ", fmt_time_iso(iso, wall_us),
             (int)(wall_us % USEC_PER_SEC));
    return out;
}

bool recording_wall_sane(int64_t wall_us)
{
    return wall_us > 946684800 * USEC_PER_SEC && wall_us < 7258118400 * USEC_PER_SEC;
}

bool recording_time_read(const char *s, int64_t *wall_us)
{
    struct tm tm = {0};
    const char *rest = s ? strptime(s, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    int64_t us = 0, unit = USEC_PER_SEC;
    if (!rest)
        return false;
    if (*rest == '.')
        for (rest++; *rest >= '0' && *rest <= '9' && unit > 1; rest++)
            us += (*rest - '0') * (unit /= 10);
    if (strcmp(rest, "Z") != 0)
        return false;
    *wall_us = (int64_t)timegm(&tm) * USEC_PER_SEC + us;
    return recording_wall_sane(*wall_us);
}

json_t *recording_load(const char *line, size_t n, size_t max_values, struct err *e)
{
    if (n > RECORDING_LINE_MAX) {
        err_set(e, ST_INVALID, "a line of %zu bytes: at most %d are read", n, RECORDING_LINE_MAX);
        return NULL;
    }
    json_t *j = wire_json_load(line, n, max_values, e);
    if (!j || wire_json_expect(j, JSON_OBJECT, "an object", e) == ST_OK)
        return j;
    json_decref(j);
    return NULL;
}

void recording_put(struct wire_json *j, const char *key, const char *value)
{
    if (value && *value)
        wire_json_str(j, key, value);
}

bool recording_system(const json_t *o, const char *key, enum obs_system *out)
{
    const char *name = json_string_value(json_object_get(o, key));
    for (int i = 0; name && i < SYS_COUNT; i++) {
        if (strcmp(name, obs_system_name((enum obs_system)i)) != 0)
            continue;
        *out = (enum obs_system)i;
        return true;
    }
    return false;
}

void recording_end(struct wire_json *j, struct buf *out)
{
    wire_json_dump(j, false, out);
    buf_putc(out, '\n');
    wire_json_free(j);
}

/* ---- the header */

static void put_redacted(struct wire_json *j, const char *key, const char *value)
{
    struct buf b;
    if (!value || (key && !*value))
        return;
    buf_init(&b);
    (void)redact_text(value, strlen(value), &b);
    wire_json_str(j, key, b.s);
    buf_release(&b);
}

static void put_list(struct wire_json *j, const char *key, int n, const char *const *v)
{
    struct wire_json *list = n ? wire_json_add_array(j, key) : NULL;
    for (int i = 0; i < n; i++)
        put_redacted(list, NULL, v[i]);
}

void wire_recording_header(const struct recording_header *h, struct buf *out)
{
    struct wire_json *j = wire_json_object(), *c, *list;
    char at[FMT_MAX];
    wire_json_int(j, "pgdba-recording", RECORDING_FORMAT);
    wire_json_str(j, "cluster", h->cluster);
    recording_put(j, "program", h->program);
    recording_put(j, "scope", h->scope);
    wire_json_str(j, "started", recording_time(at, h->start_wall_us));
    recording_put(j, "note", h->note);
    c = wire_json_add_object(j, "config");
    wire_json_int(c, "refresh_us", h->refresh_us);
    recording_put(c, "etcd_prefix", h->etcd_prefix);
    put_list(c, "etcd", h->nendpoints, h->endpoints);
    put_list(c, "bouncers", h->nbouncers, h->bouncers);
    list = h->nhaproxies ? wire_json_add_array(c, "haproxies") : NULL;
    for (int i = 0; i < h->nhaproxies; i++) {
        struct wire_json *o = wire_json_add_object(list, NULL);
        wire_json_str(o, "name", h->haproxies[i].name);
        recording_put(o, "write_backend", h->haproxies[i].write_backend);
    }
    recording_end(j, out);
}

static const char *null_when_empty(const char *s)
{
    return s && *s ? s : NULL;
}

/* A list of at most MAX_LIST. */
static enum status get_list(const json_t *o, const char *key, const json_t **list, struct err *e)
{
    *list = json_object_get(o, key);
    if (*list && (!json_is_array(*list) || json_array_size(*list) > MAX_LIST))
        return err_set(e, ST_INVALID, "\"%s\" is not a list of at most %d", key, (int)MAX_LIST);
    return ST_OK;
}

static enum status get_names(struct arena *a, const json_t *o, const char *key, int *n,
                             const char *const **out, struct err *e)
{
    const json_t *list;
    enum status st = get_list(o, key, &list, e);
    size_t count = st == ST_OK ? json_array_size(list) : 0;
    const char **v = arena_array(a, count, const char *);
    for (size_t i = 0; i < count; i++) {
        v[i] = null_when_empty(wire_json_text(a, json_array_get(list, i)));
        if (!v[i])
            return err_set(e, ST_INVALID, "item %zu of \"%s\" is not a name", i + 1, key);
    }
    *n = (int)count;
    *out = v;
    return st;
}

static enum status get_haproxies(struct arena *a, const json_t *o, struct recording_header *h,
                                 struct err *e)
{
    const json_t *list;
    enum status st = get_list(o, "haproxies", &list, e);
    size_t n = st == ST_OK ? json_array_size(list) : 0;
    struct recording_haproxy *v = arena_array(a, n, struct recording_haproxy);
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(list, i);
        v[i].name = null_when_empty(wire_get_text(a, one, "name"));
        v[i].write_backend = null_when_empty(wire_get_text(a, one, "write_backend"));
        if (!v[i].name)
            return err_set(e, ST_INVALID, "item %zu of \"haproxies\" has no name", i + 1);
    }
    h->nhaproxies = (int)n;
    h->haproxies = v;
    return st;
}

static enum status get_config(struct arena *a, const json_t *c, struct recording_header *h,
                              struct err *e)
{
    h->refresh_us = wire_get_int(c, "refresh_us", 1000, USEC_PER_SEC);
    if (h->refresh_us > 3600 * USEC_PER_SEC)
        h->refresh_us = USEC_PER_SEC;
    h->etcd_prefix = null_when_empty(wire_get_text(a, c, "etcd_prefix"));
    enum status st = get_names(a, c, "etcd", &h->nendpoints, &h->endpoints, e);
    if (st == ST_OK)
        st = get_names(a, c, "bouncers", &h->nbouncers, &h->bouncers, e);
    return st == ST_OK ? get_haproxies(a, c, h, e) : st;
}

static enum status read_header(struct arena *a, const json_t *j, struct recording_header *h,
                               struct err *e)
{
    int64_t format = wire_get_int(j, "pgdba-recording", 1, 0);
    h->program = wire_get_words(a, j, "program");
    if (!format)
        return err_set(e, ST_INVALID, "the first line is not the header of a recording");
    if (format != RECORDING_FORMAT)
        return err_set(
            e, ST_INVALID, "a recording of format %lld%s%s: this program reads format %d",
            (long long)format, *h->program ? ", by pgdba " : "", h->program, (int)RECORDING_FORMAT);
    h->format = (int)format;
    h->cluster = wire_get_words(a, j, "cluster");
    h->scope = null_when_empty(wire_get_text(a, j, "scope"));
    h->note = wire_get_words(a, j, "note");
    if (!*h->cluster)
        return err_set(e, ST_INVALID, "the header names no cluster");
    if (!recording_time_read(json_string_value(json_object_get(j, "started")), &h->start_wall_us))
        return err_set(e, ST_INVALID, "the header does not say when the recording was started");
    return get_config(a, json_object_get(j, "config"), h, e);
}

enum status wire_recording_read_header(const char *line, size_t n, struct facts **out,
                                       struct err *e)
{
    json_t *j = recording_load(line, n, MAX_HEADER_VALUES, e);
    if (!j) {
        err_prefix(e, "the first line is not the header of a recording");
        return ST_INVALID;
    }
    struct facts *f = facts_new();
    struct recording_header *h = arena_new(&f->arena, struct recording_header);
    f->root = h;
    enum status st = read_header(&f->arena, j, h, e);
    json_decref(j);
    if (st == ST_OK)
        *out = f;
    else
        facts_unref(f);
    return st;
}

/* ---- observations */

static bool redact_observation(const struct observation *o, struct buf *out)
{
    switch (o->kind) {
    case OBS_ETCD_RANGE:
    case OBS_ETCD_WATCH:
    case OBS_ETCD_ALIVE:
        return redact_etcd(o->body, o->body_len, out);
    default:
        return redact_body(o->body, o->body_len, out);
    }
}

/* "body" for text, "body64" for other bytes. */
static void put_body(json_t *j, const struct observation *o)
{
    struct buf clean, coded;
    buf_init(&clean);
    buf_init(&coded);
    (void)redact_observation(o, &clean);
    json_t *text = json_stringn(clean.s, clean.len);
    if (text) {
        json_object_set_new(j, "body", text);
    } else {
        wire_base64_encode(&coded, clean.s, clean.len);
        json_object_set_new(j, "body64", json_stringn(coded.s, coded.len));
    }
    buf_release(&coded);
    buf_release(&clean);
}

static void put_text(json_t *j, const char *key, const char *s)
{
    struct buf b;
    if (!s || !*s)
        return;
    buf_init(&b);
    (void)redact_text(s, strlen(s), &b);
    json_object_set_new(j, key, wire_json_string(b.s, b.len));
    buf_release(&b);
}

static json_t *line_new(const struct observation *o, int64_t base_mono_us, enum obs_outcome outcome)
{
    json_t *j = json_object();
    json_object_set_new(j, "t",
                        json_integer(o->mono_us - base_mono_us)); /* first: see app_replay */
    json_object_set_new(j, "wall", json_integer(o->wall_us));
    json_object_set_new(j, "kind", json_string(obs_kind_name(o->kind)));
    put_text(j, "target", o->target);
    put_text(j, "endpoint", o->endpoint);
    if (o->latency_us)
        json_object_set_new(j, "latency", json_integer(o->latency_us));
    json_object_set_new(j, "outcome", json_string(obs_outcome_name(outcome)));
    if (o->http_status)
        json_object_set_new(j, "status", json_integer(o->http_status));
    return j;
}

static void dump_line(json_t *j, struct buf *out)
{
    char *text = json_dumps(j, JSON_COMPACT);
    json_decref(j);
    if (!text)
        abort();
    buf_puts(out, text);
    buf_putc(out, '\n');
    free(text);
}

void wire_recording_line(const struct observation *o, int64_t base_mono_us, struct buf *out)
{
    size_t before = out->len;
    json_t *j = line_new(o, base_mono_us, o->outcome);
    put_text(j, "detail", o->detail);
    put_text(j, "date", o->date);
    if (o->body)
        put_body(j, o);
    dump_line(j, out);
    if (out->len - before <= RECORDING_LINE_MAX)
        return;
    /* A line that could not be read would end the recording here. */
    buf_truncate(out, before);
    j = line_new(o, base_mono_us, OBS_GARBLED);
    json_object_set_new(j, "detail", json_string("too large for the recording"));
    dump_line(j, out);
}

static enum status get_body(struct arena *a, const json_t *j, struct observation *o, struct err *e)
{
    const json_t *text = json_object_get(j, "body"), *coded = json_object_get(j, "body64");
    if ((text && !json_is_string(text)) || (coded && !json_is_string(coded)) || (text && coded))
        return err_set(e, ST_INVALID, "its body is not a text");
    if (text) {
        o->body_len = json_string_length(text);
        o->body = arena_memdup(a, json_string_value(text), o->body_len + 1);
    } else if (coded) {
        o->body = wire_base64_decode(a, json_string_value(coded), json_string_length(coded),
                                     &o->body_len);
        if (!o->body)
            return err_set(e, ST_INVALID, "its body is not base64");
    }
    return ST_OK;
}

static enum status get_times(const json_t *j, struct observation *o, struct err *e)
{
    const json_t *t = json_object_get(j, "t"), *wall = json_object_get(j, "wall");
    if (!json_is_integer(t) || !json_is_integer(wall))
        return err_set(e, ST_INVALID, "it does not say when");
    o->mono_us = json_integer_value(t);
    o->wall_us = json_integer_value(wall);
    if (o->mono_us > MAX_T || o->mono_us < -MAX_T || !recording_wall_sane(o->wall_us))
        return err_set(e, ST_INVALID, "its time is absurd");
    return ST_OK;
}

static enum status read_line(struct arena *a, const json_t *j, struct observation *o, struct err *e)
{
    enum status st = get_times(j, o, e);
    if (st != ST_OK)
        return st;
    if (!obs_kind_parse(json_string_value(json_object_get(j, "kind")), &o->kind))
        return err_set(e, ST_INVALID, "its kind is not known here");
    if (!obs_outcome_parse(json_string_value(json_object_get(j, "outcome")), &o->outcome) ||
        o->outcome == OBS_NEVER)
        return err_set(e, ST_INVALID, "its outcome is not known here");
    o->target = wire_get_words(a, j, "target");
    o->endpoint = wire_get_words(a, j, "endpoint");
    o->detail = wire_get_words(a, j, "detail");
    o->date = wire_get_words(a, j, "date");
    o->latency_us = wire_get_int(j, "latency", 0, 0);
    int64_t status = wire_get_int(j, "status", 0, 0);
    o->http_status = status < 1000 ? (int)status : 0;
    return get_body(a, j, o, e);
}

enum status wire_recording_read_line(const char *line, size_t n, struct facts **out, struct err *e)
{
    json_t *j = recording_load(line, n, MAX_LINE_VALUES, e);
    if (!j)
        return ST_INVALID;
    struct facts *f = facts_new();
    struct observation *o = arena_new(&f->arena, struct observation);
    f->root = o;
    enum status st = read_line(&f->arena, j, o, e);
    json_decref(j);
    if (st == ST_OK)
        *out = f;
    else
        facts_unref(f);
    return st;
}
