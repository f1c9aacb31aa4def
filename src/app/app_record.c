/* Recording what the sources say: first what they said last, then all as it comes. */
#include <stdlib.h>
#include <string.h>

#include "app_private.h"
#include "last_words.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/path.h"
#include "pgdba/net/append.h"
#include "pgdba/wire/recording.h"

#define STOP_TIMEOUT (2 * USEC_PER_SEC)

struct app_record {
    struct app *app;
    struct net_append *file;
    char *path;
    int64_t started_us; /* monotonic */
    uint64_t lines;
    struct buf line; /* one after the other, so that each needs no memory of its own */
};

static void write_line(struct app_record *r)
{
    net_append_write(r->file, r->line.s, r->line.len);
    buf_clear(&r->line);
    r->lines++;
}

static void write_observation(struct app_record *r, const struct observation *o)
{
    wire_recording_line(o, r->started_us, &r->line);
    write_line(r);
}

void app_record_observe(struct app *a, const struct observation *o)
{
    if (!a->last_words)
        a->last_words = last_words_new();
    last_words_keep(a->last_words, o);
    if (a->record)
        write_observation(a->record, o);
}

/* Of etcd's keys the store knows how they are now. */
static void write_last(void *arg, const struct observation *o)
{
    struct app_record *r = arg;
    struct observation with = *o;
    struct buf body;
    if (o->kind != OBS_ETCD_RANGE || o->outcome != OBS_ANSWERED) {
        write_observation(r, o);
        return;
    }
    buf_init(&body);
    if (store_dcs_body(story_store(r->app->story), &body)) {
        with.body = body.s;
        with.body_len = body.len;
        write_observation(r, &with);
    }
    buf_release(&body);
}

static const struct recording_haproxy *haproxies_of(const struct cluster_config *c, struct arena *a)
{
    struct recording_haproxy *v = arena_array(a, (size_t)c->nhaproxy, struct recording_haproxy);
    for (int i = 0; i < c->nhaproxy; i++) {
        const struct haproxy_config *h = &c->haproxy[i];
        struct ha_server_name *names = arena_array(a, (size_t)h->nservers, struct ha_server_name);
        for (int k = 0; k < h->nservers; k++)
            names[k] = (struct ha_server_name){h->servers[k].from, h->servers[k].to};
        v[i] = (struct recording_haproxy){.name = h->name,
                                          .write_backend = h->write_backend,
                                          .socket = h->socket,
                                          .nwrite_addresses = h->nwrite_addresses,
                                          .write_addresses = h->write_addresses,
                                          .nservers = h->nservers,
                                          .servers = names};
    }
    return v;
}

static void write_header(struct app_record *r)
{
    const struct app *a = r->app;
    const struct cluster_config *c = a->config;
    struct arena arena;
    arena_init(&arena);
    const char **bouncers = arena_array(&arena, (size_t)c->npgbouncer, const char *);
    struct app_route *routes = arena_array(&arena, (size_t)c->nroutes, struct app_route);
    for (int i = 0; i < c->npgbouncer; i++)
        bouncers[i] = c->pgbouncer[i].name;
    for (int i = 0; i < c->nroutes; i++)
        routes[i] = c->routes[i].route;
    struct recording_header h = {.format = RECORDING_FORMAT,
                                 .cluster = c->name,
                                 .program = PGDBA_VERSION,
                                 .scope = a->published ? a->published->scope : c->scope,
                                 .start_wall_us = clock_wall(a->opt.clock),
                                 .refresh_us = a->refresh_us,
                                 .etcd_prefix = c->etcd.nurls ? app_etcd_prefix(a) : NULL,
                                 .nbouncers = c->npgbouncer,
                                 .bouncers = bouncers,
                                 .nhaproxies = c->nhaproxy,
                                 .haproxies = haproxies_of(c, &arena),
                                 .nroutes = c->nroutes,
                                 .routes = routes,
                                 .nendpoints = c->etcd.nurls,
                                 .endpoints = c->etcd.urls,
                                 .note = ""};
    wire_recording_header(&h, &r->line);
    write_line(r);
    arena_release(&arena);
}

static void close_record(struct app *a)
{
    struct app_record *r = a->record;
    a->record = NULL;
    net_append_close(r->file, STOP_TIMEOUT);
    buf_release(&r->line);
    free(r->path);
    free(r);
}

static void on_failed(void *arg, const char *why)
{
    struct app_record *r = arg;
    struct app *a = r->app;
    char *text = xasprintf("the recording has stopped: %s", why);
    close_record(a);
    app_error(a, text);
    free(text);
}

static enum status may_record(const struct app *a, struct err *e)
{
    if (a->replay)
        return err_set(e, ST_REFUSED, "this is a recording: there is nothing to record");
    if (!a->config)
        return err_set(e, ST_USAGE, "no cluster is open");
    if (a->record)
        return err_set(e, ST_CONFLICT, "a recording to %s is under way: stop it first",
                       a->record->path);
    return ST_OK;
}

enum status app_record_start(struct app *a, const char *path, struct err *e)
{
    enum status st = may_record(a, e);
    if (st != ST_OK)
        return st;
    struct app_record *r = xcalloc(1, sizeof *r);
    r->app = a;
    r->path = path_expand(path);
    struct net_append_options opt = {
        .path = r->path, .must_be_new = true, .failed = on_failed, .arg = r};
    st = net_append_open(a->loop, &opt, &r->file, e);
    if (st != ST_OK) {
        free(r->path);
        free(r);
        return st;
    }
    buf_init(&r->line);
    r->started_us = clock_mono(a->opt.clock);
    a->record = r;
    write_header(r);
    if (a->last_words)
        last_words_each(a->last_words, write_last, r);
    return ST_OK;
}

void app_record_stop(struct app *a)
{
    if (a->record)
        close_record(a);
}

void app_record_close(struct app *a)
{
    app_record_stop(a);
    last_words_free(a->last_words);
    a->last_words = NULL;
}

void app_recording(const struct app *a, struct recording_state *out)
{
    const struct app_record *r = a->record;
    *out = (struct recording_state){.on = r != NULL, .path = ""};
    if (!r)
        return;
    out->path = r->path;
    out->started_us = r->started_us;
    out->bytes = net_append_written(r->file);
    out->lines = r->lines;
}
