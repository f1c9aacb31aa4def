/* Opening and closing a cluster: its story, its sources, what subscribers hear. */
#include <stdlib.h>
#include <string.h>

#include "app_private.h"
#include "pgdba/base/buf.h"

/* While a plan is being read or something of ours is under way the picture follows faster than the
 * operator's interval: what is checked at Enter must not be a minute old. */
#define OPERATION_REFRESH (500 * USEC_PER_MS)

int64_t app_effective_refresh(const struct app *a)
{
    bool busy = a->plans > 0 || app_operation_running(a);
    bool fast = busy && a->refresh_us > OPERATION_REFRESH;
    return fast ? OPERATION_REFRESH : a->refresh_us;
}

void app_apply_refresh(struct app *a)
{
    int64_t us = app_effective_refresh(a);
    if (a->replay) /* what is old in it was so at its own pace */
        return;
    if (a->story)
        store_set_refresh(story_store(a->story), us);
    app_sources_set_refresh(a, us);
}

/* ---- observations in, snapshots out */

enum { SILENT_MAX = 64 }; /* more are not needed to say that something is wrong */

static void take_silent_urls(struct app *a)
{
    struct silent_url v[SILENT_MAX];
    int n = 0;
    while (n < SILENT_MAX && source_patroni_silent_url(a->patroni, n, &v[n]))
        n++;
    store_set_silent_urls(story_store(a->story), v, n);
}

static void take_routes(struct app *a)
{
    const struct snapshot *s = a->published;
    if (a->patroni)
        take_silent_urls(a);
    for (int i = 0; a->patroni && s && i < s->nmembers; i++) {
        struct member_route r = source_patroni_route(a->patroni, s->members[i].name);
        store_set_route(story_store(a->story), s->members[i].name, r.base, r.base ? NULL : r.why);
    }
}

void app_publish_once(struct app *a)
{
    const struct snapshot *s = story_snapshot(a->story, app_now_us(a), app_now_wall_us(a));
    if (s == a->published)
        return;
    snapshot_unref(a->published);
    a->published = snapshot_ref(s);
}

void app_publish(void *arg)
{
    struct app *a = arg;
    if (!a->story)
        return;
    /* Names first: a route belongs to a member that the store knows since this very turn. */
    app_publish_once(a);
    take_routes(a);
    app_publish_once(a);
    if (!a->replay)
        app_sources_follow(a, a->published);
    app_probe_follow(a);
    app_acting_follow(a);
    app_operation_observe(a, a->published);
    app_left_follow(a);
    app_look_back(a);
    if (a->sub.snapshot)
        a->sub.snapshot(a->sub.arg, a->published);
    app_something_happened(a);
}

void app_on_observation(void *arg, const struct observation *o)
{
    struct app *a = arg;
    app_record_observe(a, o);
    story_apply(a->story, o);
    net_loop_defer(a->loop, app_publish, a);
}

/* ---- what happened, to whoever subscribed */

void app_tell_event(struct app *a, const struct event *e)
{
    if (a->sub.event)
        a->sub.event(a->sub.arg, e);
}

void app_tell_failover(struct app *a, const struct failover *f)
{
    if (a->sub.failover)
        a->sub.failover(a->sub.arg, f);
}

static void on_event(void *arg, const struct event *e)
{
    app_history_event(arg, e);
    app_tell_event(arg, e);
}

static void on_failover(void *arg, const struct failover *f)
{
    app_history_failover(arg, f);
    app_tell_failover(arg, f);
}

const struct event_log *app_events(const struct app *a)
{
    return a->story ? story_events(a->story) : NULL;
}

void app_failovers(const struct app *a, struct failover_list *out)
{
    *out = (struct failover_list){0};
    if (a->story)
        story_failovers(a->story, out);
}

/* ---- opening */

enum status app_open(struct app *a, struct cluster_config *c, struct err *e)
{
    if (app_operation_running(a)) {
        cluster_config_free(c);
        return err_set(e, ST_CONFLICT, "an operation on %s is still running", a->config->name);
    }
    app_operation_drop(a);
    app_cluster_close(a);
    a->config = c;
    if (c->refresh_us)
        a->refresh_us = c->refresh_us;
    a->looked_back = !a->opt.look_back;
    a->story = story_new(c, a->refresh_us);
    app_history_open(a);
    story_listen(a->story,
                 &(struct story_listener){.arg = a, .event = on_event, .failover = on_failover});
    app_publish_once(a);
    app_left_open(a);
    enum status st = app_sources_open(a, e);
    if (st != ST_OK)
        app_cluster_close(a);
    else
        net_loop_defer(a->loop, app_publish, a);
    return st;
}

void app_cluster_close(struct app *a)
{
    net_loop_undefer(a->loop, app_publish, a);
    app_acting_close(a);
    app_sources_close(a);
    app_record_close(a);
    app_replay_close(a);
    app_query_close(a);
    app_edit_close(a);
    app_held_close(a);
    snapshot_unref(a->published);
    a->published = NULL;
    story_free(a->story);
    a->story = NULL;
    app_history_close(a);
    cluster_config_free(a->config);
    a->config = NULL;
}
