/*
 * A recording in the place of a cluster: its observations go through the same story, when they are
 * due. The picture's time is that of the recording: it stands while it is paused, and runs on
 * between observations while it plays, so that ages and countdowns move.
 *
 * What happened depends on what is seen together: there is a snapshot after each moment of the
 * recording, however it is reached, so that a picture is the same whether it was played or sought.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app_private.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/path.h"
#include "replay_file.h"

/* So much in one turn: keys go on in between. On a long way the screen follows now and then only:
 * drawing would take longer than getting there. */
enum { SLICE_LINES = 32, SLICE_BYTES = 256 * 1024, SLICES_A_LOOK = 32 };

struct app_replay {
    struct app *app;
    struct replay_file file;
    char *title;
    struct net_timer *timer;
    int next; /* the observation to come */
    bool playing, seeking, stepping, rewind, ended, event_seen;
    double speed;
    int64_t at_us;     /* position when the clock said anchor_us; since the beginning */
    int64_t anchor_us; /* monotonic */
    int64_t target_us; /* while seeking */
    int slices;        /* the same */
};

/* ---- time */

static int64_t due(const struct app_replay *r, int i)
{
    return r->file.mark[i].due_us;
}

/* Never past what has not been told yet, nor past the end. */
static int64_t position_limit(const struct app_replay *r)
{
    return r->next < r->file.count ? due(r, r->next) : replay_file_length(&r->file);
}

/* Where it would be if the machine were fast enough. */
static int64_t unlimited_position(const struct app_replay *r)
{
    int64_t limit = replay_file_length(&r->file);
    double passed = (double)(clock_mono(r->app->opt.clock) - r->anchor_us) * r->speed;
    if (!r->playing || r->seeking || passed < 0)
        return r->at_us;
    return passed > (double)(limit - r->at_us) ? limit : r->at_us + (int64_t)passed;
}

static int64_t position(const struct app_replay *r)
{
    int64_t at = unlimited_position(r), limit = position_limit(r);
    return at < limit ? at : limit;
}

static void set_position(struct app_replay *r, int64_t at_us)
{
    r->at_us = at_us;
    r->anchor_us = clock_mono(r->app->opt.clock);
}

/* Monotonic times in a replay count from the wall time at its beginning: never 0, which means
 * unknown in many a place. */
static int64_t picture_time(const struct app_replay *r, int64_t at_us)
{
    return r->file.header->start_wall_us + at_us;
}

int64_t app_replay_now_us(const struct app *a)
{
    const struct app_replay *r = a->replay;
    /* On its way elsewhere the last picture stands, at its own time. */
    if (r->seeking && a->published)
        return a->published->mono_us;
    return picture_time(r, position(r));
}

/* ---- observations */

/* Live, the source knows on which address a member answers; here its answers say it. */
static void take_route(struct app_replay *r, const struct observation *o)
{
    const char *host = o->kind == OBS_PATRONI_HEALTH ? strstr(o->endpoint, "://") : NULL;
    if (!host || o->outcome != OBS_ANSWERED)
        return;
    char *base = xstrndup(o->endpoint, (size_t)(host - o->endpoint) + 3 + strcspn(host + 3, "/"));
    store_set_route(story_store(r->app->story), o->target, base, NULL);
    free(base);
}

/* A recording may have begun before it was known where etcd keeps the cluster. */
static void take_prefix(struct app_replay *r, const struct observation *o)
{
    struct app *a = r->app;
    if (o->kind != OBS_ETCD_RANGE || a->etcd_prefix)
        return;
    a->etcd_prefix = xstrdup(o->target);
    store_set_etcd_prefix(story_store(a->story), a->etcd_prefix);
}

/* The next one. False: there is none, the recording is broken here. */
static bool tell_next(struct app_replay *r)
{
    struct facts *f = replay_file_read(&r->file, r->next);
    if (!f)
        return false;
    struct observation o = *(const struct observation *)f->root;
    o.mono_us = picture_time(r, o.mono_us);
    take_prefix(r, &o);
    story_apply(r->app->story, &o);
    take_route(r, &o);
    r->next++;
    facts_unref(f);
    return true;
}

/* All that is due up to then, moment by moment, but only a slice of it, and only up to the first
 * event when stepping. */
static void tell_until(struct app_replay *r, int64_t until_us)
{
    int64_t first = r->file.mark[r->next].at;
    r->event_seen = false;
    for (int lines = 0; r->next < r->file.count && due(r, r->next) <= until_us; lines++) {
        int64_t now = due(r, r->next), picture = picture_time(r, now);
        bool sound = tell_next(r);
        if (sound && r->next < r->file.count && due(r, r->next) == now)
            continue;
        story_snapshot(r->app->story, picture, picture);
        if (!sound || (r->stepping && r->event_seen))
            return;
        if (lines >= SLICE_LINES || r->file.mark[r->next].at - first > SLICE_BYTES)
            return;
    }
}

/* ---- the story */

static void on_event(void *arg, const struct event *e)
{
    struct app_replay *r = arg;
    r->event_seen = true;
    if (!r->seeking || r->stepping)
        app_tell_event(r->app, e);
}

static void on_failover(void *arg, const struct failover *f)
{
    struct app_replay *r = arg;
    if (!r->seeking || r->stepping)
        app_tell_failover(r->app, f);
}

/* From the beginning. Not while a key is handled: others look at the one before. */
static void begin_story(struct app_replay *r)
{
    struct app *a = r->app;
    struct story_listener l = {.arg = r, .event = on_event, .failover = on_failover};
    story_free(a->story);
    a->story = story_new(a->config, a->refresh_us);
    story_listen(a->story, &l);
    if (a->etcd_prefix)
        store_set_etcd_prefix(story_store(a->story), a->etcd_prefix);
    r->next = 0;
}

/* ---- turns */

static void wake(struct app_replay *r, int64_t delay_us)
{
    net_timer_start(r->timer, delay_us, 0);
}

static void publish(struct app_replay *r)
{
    net_loop_defer(r->app->loop, app_publish, r->app);
}

static bool at_end(const struct app_replay *r)
{
    return r->next >= r->file.count && position(r) >= replay_file_length(&r->file);
}

static void end(struct app_replay *r)
{
    set_position(r, replay_file_length(&r->file));
    r->playing = false;
    r->ended = true;
}

static void play_turn(struct app_replay *r)
{
    int64_t until = unlimited_position(r);
    int before = r->next;
    tell_until(r, until);
    if (r->next != before)
        publish(r);
    if (at_end(r)) {
        end(r);
        publish(r);
        return;
    }
    if (position_limit(r) > until) {
        wake(r, (int64_t)ceil((double)(position_limit(r) - until) / r->speed));
        return;
    }
    /* Slower than it should be: time waits for what is told. */
    set_position(r, position_limit(r));
    wake(r, 0);
}

static void arrive(struct app_replay *r, int64_t at_us)
{
    r->seeking = r->stepping = false;
    set_position(r, at_us);
    publish(r);
    if (at_end(r))
        end(r);
    else if (r->playing)
        wake(r, 0);
}

static void seek_turn(struct app_replay *r)
{
    if (r->rewind)
        begin_story(r);
    r->rewind = false;
    tell_until(r, r->target_us);
    int64_t length = replay_file_length(&r->file); /* may have been found to be shorter */
    if (r->target_us > length)
        r->target_us = length;
    if (r->stepping && r->event_seen)
        arrive(r, due(r, r->next - 1));
    else if (r->next < r->file.count && due(r, r->next) <= r->target_us)
        wake(r, 0);
    else
        arrive(r, r->target_us);
}

static void on_timer(void *arg)
{
    struct app_replay *r = arg;
    if (r->seeking)
        seek_turn(r);
    else if (r->playing)
        play_turn(r);
    if (!r->seeking || ++r->slices % SLICES_A_LOOK == 0)
        app_something_happened(r->app);
}

/* ---- opening */

static const char **names(struct arena *a, int n, const char *const *from)
{
    const char **to = arena_array(a, (size_t)n, const char *);
    for (int i = 0; i < n; i++)
        to[i] = arena_strdup(a, from[i]);
    return to;
}

static void haproxies_of(const struct recording_header *h, struct cluster_config *c)
{
    struct arena *a = &c->arena;
    struct haproxy_config *p = arena_array(a, (size_t)h->nhaproxies, struct haproxy_config);
    for (int i = 0; i < h->nhaproxies; i++) {
        const struct recording_haproxy *from = &h->haproxies[i];
        struct mapping *servers = arena_array(a, (size_t)from->nservers, struct mapping);
        for (int k = 0; k < from->nservers; k++)
            servers[k] = (struct mapping){arena_strdup(a, from->servers[k].server),
                                          arena_strdup(a, from->servers[k].member)};
        p[i] = (struct haproxy_config){
            .name = arena_strdup(a, from->name),
            .write_backend = arena_strdup(a, from->write_backend),
            .socket = arena_strdup(a, from->socket),
            .url = "",
            .nwrite_addresses = from->nwrite_addresses,
            .write_addresses = names(a, from->nwrite_addresses, from->write_addresses),
            .nservers = from->nservers,
            .servers = servers,
        };
    }
    c->nhaproxy = h->nhaproxies;
    c->haproxy = p;
}

static void routes_of(const struct recording_header *h, struct cluster_config *c)
{
    struct arena *a = &c->arena;
    struct route_config *r = arena_array(a, (size_t)h->nroutes, struct route_config);
    for (int i = 0; i < h->nroutes; i++) {
        const struct app_route *from = &h->routes[i];
        struct app_place *places = arena_array(a, (size_t)from->nplaces, struct app_place);
        for (int k = 0; k < from->nplaces; k++)
            places[k] =
                (struct app_place){arena_strdup(a, from->places[k].host), from->places[k].port};
        r[i].name = arena_strdup(a, from->name);
        r[i].conninfo = "";
        r[i].route = *from;
        r[i].route.name = r[i].name;
        r[i].route.database = arena_strdup(a, from->database);
        r[i].route.places = places;
    }
    c->nroutes = h->nroutes;
    c->routes = r;
}

/* What the store must know of a cluster. There is nothing in it that could be asked. */
static struct cluster_config *config_of(const struct recording_header *h)
{
    struct cluster_config *c = cluster_config_new(h->cluster);
    struct pgbouncer_config *b =
        arena_array(&c->arena, (size_t)h->nbouncers, struct pgbouncer_config);
    for (int i = 0; i < h->nbouncers; i++) {
        b[i].name = arena_strdup(&c->arena, h->bouncers[i]);
        b[i].conninfo = "";
    }
    haproxies_of(h, c);
    routes_of(h, c);
    c->scope = arena_strdup(&c->arena, h->scope);
    c->refresh_us = h->refresh_us;
    c->npgbouncer = h->nbouncers;
    c->pgbouncer = b;
    c->etcd.nurls = h->nendpoints;
    c->etcd.urls = names(&c->arena, h->nendpoints, h->endpoints);
    return c;
}

static struct app_replay *replay_new(struct app *a, const struct replay_file *file)
{
    struct app_replay *r = xcalloc(1, sizeof *r);
    char at[FMT_MAX];
    r->app = a;
    r->file = *file;
    r->speed = 1;
    r->title = xasprintf("recording of %s, %s", file->header->cluster,
                         fmt_time_local(at, file->header->start_wall_us));
    r->timer = net_timer_new(a->loop, on_timer, r);
    r->playing = r->seeking = true; /* to the picture that it begins with */
    set_position(r, 0);
    return r;
}

enum status app_open_recording(struct app *a, const char *path, struct err *e)
{
    struct replay_file file;
    if (app_operation_running(a))
        return err_set(e, ST_CONFLICT, "an operation on %s is still running", a->config->name);
    char *where = path_expand(path);
    enum status st = replay_file_open(where, &file, e);
    free(where);
    if (st != ST_OK)
        return st;
    app_operation_drop(a);
    app_cluster_close(a);
    a->config = config_of(file.header);
    a->refresh_us = file.header->refresh_us;
    if (file.header->etcd_prefix)
        a->etcd_prefix = xstrdup(file.header->etcd_prefix);
    a->replay = replay_new(a, &file);
    begin_story(a->replay);
    /* Something to look at; that it is empty is no news. */
    a->published =
        snapshot_ref(store_snapshot(story_store(a->story), app_now_us(a), app_now_us(a)));
    wake(a->replay, 0);
    return ST_OK;
}

void app_replay_close(struct app *a)
{
    struct app_replay *r = a->replay;
    if (!r)
        return;
    a->replay = NULL;
    net_timer_free(r->timer);
    replay_file_release(&r->file);
    free(r->title);
    free(r);
}

bool app_replay_complete(const struct app *a)
{
    return !a->replay->seeking;
}

enum status app_replay_refuse(const struct app *a, struct err *e)
{
    if (!a->replay)
        return ST_OK;
    return err_set(e, ST_REFUSED, "this is a recording: nothing can be changed in it");
}

/* ---- the controls */

void app_replay(const struct app *a, struct replay_state *out)
{
    const struct app_replay *r = a->replay;
    *out = (struct replay_state){.path = "", .title = "", .note = "", .broken = "", .speed = 1};
    if (!r)
        return;
    *out = (struct replay_state){.on = true,
                                 .playing = r->playing,
                                 .path = r->file.path,
                                 .title = r->title,
                                 .note = r->file.header->note,
                                 .speed = r->speed,
                                 .at_us = r->seeking && r->next ? due(r, r->next - 1) : position(r),
                                 .length_us = replay_file_length(&r->file),
                                 .start_wall_us = r->file.header->start_wall_us,
                                 .next = r->next,
                                 .count = r->file.count,
                                 .ended = r->ended,
                                 .seeking = r->seeking,
                                 .broken = r->file.broken ? r->file.broken : ""};
}

static void seek(struct app_replay *r, int64_t at_us, bool stepping)
{
    int64_t length = replay_file_length(&r->file);
    r->target_us = at_us < 0 ? 0 : at_us > length ? length : at_us;
    r->rewind = r->rewind || (r->next > 0 && due(r, r->next - 1) > r->target_us);
    r->seeking = true;
    r->stepping = stepping;
    r->ended = false;
    wake(r, 0);
}

void app_replay_play(struct app *a, bool play)
{
    struct app_replay *r = a->replay;
    if (!r || r->playing == play)
        return;
    set_position(r, position(r)); /* before playing changes: it depends on it */
    r->playing = play;
    if (play && r->ended)
        seek(r, 0, false); /* once more from the beginning */
    else if (play || r->seeking)
        wake(r, 0);
    else
        net_timer_stop(r->timer);
    app_something_happened(a);
}

void app_replay_step(struct app *a)
{
    struct app_replay *r = a->replay;
    if (!r || r->ended)
        return;
    if (!r->seeking)
        set_position(r, position(r));
    r->playing = false;
    seek(r, INT64_MAX, true);
}

void app_replay_seek(struct app *a, int64_t at_us)
{
    if (!a->replay)
        return;
    if (!a->replay->seeking)
        set_position(a->replay, position(a->replay));
    seek(a->replay, at_us, false);
}

enum status app_replay_speed(struct app *a, double speed, struct err *e)
{
    struct app_replay *r = a->replay;
    if (!r)
        return err_set(e, ST_USAGE, "this is no recording: its speed is that of the clock");
    if (!(speed >= 0.1 && speed <= 100))
        return err_set(e, ST_USAGE, "a speed from 0.1 to 100 is expected");
    if (!r->seeking)
        set_position(r, position(r));
    r->speed = speed;
    if (r->playing)
        wake(r, 0);
    return ST_OK;
}
