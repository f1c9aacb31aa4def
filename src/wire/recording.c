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

enum { MAX_LINE_VALUES = 64 };

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
