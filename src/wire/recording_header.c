/* The header of a recording: whose it is, and what a replay has to know beside what was said. */
#include "recording.h"

#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/wire/recording.h"
#include "redact.h"

enum { MAX_LIST = 1000, MAX_HEADER_VALUES = 16 * MAX_LIST };

static const char *const wants_names[] = {
    [ROUTE_WANTS_ANY] = "any",
    [ROUTE_WANTS_PRIMARY] = "primary",
    [ROUTE_WANTS_STANDBY] = "standby",
};
enum { WANTS_COUNT = sizeof wants_names / sizeof *wants_names };
_Static_assert(WANTS_COUNT == ROUTE_WANTS_STANDBY + 1, "a word each");

/* ---- written */

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

static void put_haproxy(struct wire_json *o, const struct recording_haproxy *h)
{
    struct wire_json *list;
    wire_json_str(o, "name", h->name);
    recording_put(o, "write_backend", h->write_backend);
    recording_put(o, "socket", h->socket);
    put_list(o, "write_addresses", h->nwrite_addresses, h->write_addresses);
    list = h->nservers ? wire_json_add_array(o, "servers") : NULL;
    for (int i = 0; i < h->nservers; i++) {
        struct wire_json *one = wire_json_add_object(list, NULL);
        wire_json_str(one, "server", h->servers[i].server);
        wire_json_str(one, "member", h->servers[i].member);
    }
}

static void put_route(struct wire_json *o, const struct app_route *r)
{
    struct wire_json *places = NULL;
    wire_json_str(o, "name", r->name);
    recording_put(o, "database", r->database);
    if (r->wants != ROUTE_WANTS_ANY)
        wire_json_str(o, "wants", wants_names[r->wants]);
    if (r->nplaces)
        places = wire_json_add_array(o, "places");
    for (int i = 0; i < r->nplaces; i++) {
        struct wire_json *p = wire_json_add_object(places, NULL);
        recording_put(p, "host", r->places[i].host);
        wire_json_int(p, "port", r->places[i].port);
    }
}

static void put_routes(struct wire_json *c, const struct recording_header *h)
{
    struct wire_json *list = h->nroutes ? wire_json_add_array(c, "routes") : NULL;
    for (int i = 0; i < h->nroutes; i++)
        put_route(wire_json_add_object(list, NULL), &h->routes[i]);
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
        put_haproxy(o, &h->haproxies[i]);
    }
    put_routes(c, h);
    recording_end(j, out);
}

/* ---- read */

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

static enum status get_servers(struct arena *a, const json_t *o, struct recording_haproxy *h,
                               struct err *e)
{
    const json_t *list;
    enum status st = get_list(o, "servers", &list, e);
    size_t n = st == ST_OK ? json_array_size(list) : 0;
    struct ha_server_name *v = arena_array(a, n, struct ha_server_name);
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(list, i);
        v[i].server = null_when_empty(wire_get_text(a, one, "server"));
        v[i].member = null_when_empty(wire_get_text(a, one, "member"));
        if (!v[i].server || !v[i].member)
            return err_set(e, ST_INVALID, "item %zu of \"servers\" does not name both", i + 1);
    }
    h->nservers = (int)n;
    h->servers = v;
    return st;
}

static enum status get_haproxy(struct arena *a, const json_t *o, struct recording_haproxy *h,
                               struct err *e)
{
    h->name = null_when_empty(wire_get_text(a, o, "name"));
    h->write_backend = null_when_empty(wire_get_text(a, o, "write_backend"));
    h->socket = null_when_empty(wire_get_text(a, o, "socket"));
    enum status st =
        get_names(a, o, "write_addresses", &h->nwrite_addresses, &h->write_addresses, e);
    return st == ST_OK ? get_servers(a, o, h, e) : st;
}

static enum status get_haproxies(struct arena *a, const json_t *o, struct recording_header *h,
                                 struct err *e)
{
    const json_t *list;
    enum status st = get_list(o, "haproxies", &list, e);
    size_t n = st == ST_OK ? json_array_size(list) : 0;
    struct recording_haproxy *v = arena_array(a, n, struct recording_haproxy);
    for (size_t i = 0; i < n; i++) {
        st = get_haproxy(a, json_array_get(list, i), &v[i], e);
        if (st != ST_OK)
            return st;
        if (!v[i].name)
            return err_set(e, ST_INVALID, "item %zu of \"haproxies\" has no name", i + 1);
    }
    h->nhaproxies = (int)n;
    h->haproxies = v;
    return st;
}

static enum status get_places(struct arena *a, const json_t *o, struct app_route *r, struct err *e)
{
    const json_t *list;
    enum status st = get_list(o, "places", &list, e);
    size_t n = st == ST_OK ? json_array_size(list) : 0;
    struct app_place *v = arena_array(a, n, struct app_place);
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(list, i);
        v[i] = (struct app_place){wire_get_words(a, one, "host"), wire_get_int(one, "port", 0, 0)};
    }
    r->nplaces = (int)n;
    r->places = v;
    return st;
}

static enum status get_route(struct arena *a, const json_t *o, struct app_route *r, struct err *e)
{
    const char *wants = json_string_value(json_object_get(o, "wants"));
    r->name = null_when_empty(wire_get_text(a, o, "name"));
    r->database = null_when_empty(wire_get_text(a, o, "database"));
    for (int i = 0; wants && i < WANTS_COUNT; i++)
        if (strcmp(wants, wants_names[i]) == 0)
            r->wants = (enum route_wants)i;
    return get_places(a, o, r, e);
}

static enum status get_routes(struct arena *a, const json_t *o, struct recording_header *h,
                              struct err *e)
{
    const json_t *list;
    enum status st = get_list(o, "routes", &list, e);
    size_t n = st == ST_OK ? json_array_size(list) : 0;
    struct app_route *v = arena_array(a, n, struct app_route);
    for (size_t i = 0; i < n; i++) {
        st = get_route(a, json_array_get(list, i), &v[i], e);
        if (st != ST_OK)
            return st;
        if (!v[i].name)
            return err_set(e, ST_INVALID, "item %zu of \"routes\" has no name", i + 1);
    }
    h->nroutes = (int)n;
    h->routes = v;
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
    if (st == ST_OK)
        st = get_haproxies(a, c, h, e);
    return st == ST_OK ? get_routes(a, c, h, e) : st;
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
