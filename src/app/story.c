#include "story.h"

#include <stdlib.h>

#include "pgdba/analysis/events.h"
#include "pgdba/analysis/failover.h"
#include "pgdba/analysis/health.h"
#include "pgdba/analysis/probe.h"
#include "pgdba/base/buf.h"

struct story {
    struct store *store;
    struct story_listener listener;
    struct event_log *log;
    struct failover_fold *fold;
    uint64_t fold_revision; /* told up to here */
    bool was_open;
    const struct snapshot *last; /* a reference */
    struct verdicts_told told;
};

static void on_event(void *arg, const struct event *e)
{
    struct story *st = arg;
    const struct event *kept = event_log_add(st->log, e);
    failover_fold_event(st->fold, kept);
    if (st->listener.event)
        st->listener.event(st->listener.arg, kept);
}

static void on_dcs(void *arg, const struct dcs *a, const struct dcs *b, int64_t mono_us,
                   int64_t wall_us, int64_t since_us)
{
    events_of_dcs(a, b, mono_us, wall_us, since_us, on_event, arg);
}

struct story *story_new(const struct cluster_config *c, int64_t refresh_us)
{
    struct story *st = xcalloc(1, sizeof *st);
    struct store_listener l = {.arg = st, .dcs = on_dcs};
    st->store = store_new(c, refresh_us);
    st->log = event_log_new(EVENT_LOG_MAX);
    st->fold = failover_fold_new(c->name);
    st->told = (struct verdicts_told)VERDICTS_TOLD_INIT;
    store_listen(st->store, &l);
    return st;
}

void story_free(struct story *st)
{
    if (!st)
        return;
    snapshot_unref(st->last);
    store_free(st->store);
    failover_fold_free(st->fold);
    event_log_free(st->log);
    verdicts_told_release(&st->told);
    free(st);
}

void story_listen(struct story *st, const struct story_listener *l)
{
    st->listener = *l;
}

struct store *story_store(struct story *st)
{
    return st->store;
}

void story_restore_event(struct story *st, const struct event *e)
{
    event_log_add(st->log, e);
}

void story_restore_failover(struct story *st, const struct failover *f)
{
    failover_fold_restore(st->fold, f);
}

/* ---- in */

void story_apply(struct story *st, const struct observation *o)
{
    store_apply(st->store, o);
    if (obs_kind_system(o->kind) == SYS_PROBE && store_probe(st->store))
        probe_fold_events(store_probe(st->store), on_event, st);
}

void story_add(struct story *st, const struct event *e)
{
    on_event(st, e);
}

/* ---- out */

/* Before everybody has been asked once there is no verdict that could change. */
static void judge(struct story *st, const struct snapshot *s)
{
    struct arena a;
    struct verdicts v;
    if (st->told.worst == HEALTH_COUNT && !store_complete(st->store))
        return;
    arena_init(&a);
    health_judge(s, s->mono_us, &a, &v);
    events_of_verdict(&st->told, &v, s, on_event, st);
    arena_release(&a);
}

static void say_failover(struct story *st, const struct failover *f)
{
    const struct snapshot *s = st->last;
    char *text = f->open ? xasprintf("a failover begins: %s", f->summary) : xstrdup(f->summary);
    struct event e = {.mono_us = s->mono_us,
                      .wall_us = s->wall_us,
                      .not_before_us = s->mono_us,
                      .kind = EV_FAILOVER,
                      .source = SYS_PGDBA,
                      .grade = f->open ? HEALTH_DEGRADED : HEALTH_OK,
                      .subject = "",
                      .old = f->from,
                      .now = f->open ? "begun" : "ended",
                      .text = text};
    on_event(st, &e);
    free(text);
}

static void tell(struct story *st, const struct failover *f)
{
    if (st->listener.failover)
        st->listener.failover(st->listener.arg, f);
}

/* Each that ended, once; then the open one when it is new or has moved. */
static void tell_failovers(struct story *st)
{
    const struct failover *f;
    struct failover_list list;
    if (failover_fold_revision(st->fold) == st->fold_revision)
        return;
    st->fold_revision = failover_fold_revision(st->fold);
    while ((f = failover_fold_ended(st->fold)) != NULL) {
        struct failover *copy = failover_copy(f); /* the next event may move it */
        say_failover(st, copy);
        tell(st, copy);
        failover_free(copy);
        st->was_open = false;
    }
    failover_fold_list(st->fold, &list);
    if (list.open && !st->was_open)
        say_failover(st, list.open);
    st->was_open = list.open != NULL;
    failover_fold_list(st->fold, &list);
    if (list.open)
        tell(st, list.open);
}

const struct snapshot *story_snapshot(struct story *st, int64_t mono_us, int64_t wall_us)
{
    const struct snapshot *s = store_snapshot(st->store, mono_us, wall_us);
    if (s == st->last)
        return s;
    const struct snapshot *before = st->last;
    st->last = snapshot_ref(s);
    events_of_snapshots(before, s, on_event, st);
    judge(st, s);
    failover_fold_snapshot(st->fold, s, mono_us, wall_us);
    tell_failovers(st);
    if (before)
        snapshot_unref(before);
    return s;
}

const struct event_log *story_events(const struct story *st)
{
    return st->log;
}

void story_failovers(const struct story *st, struct failover_list *out)
{
    failover_fold_list(st->fold, out);
}

bool story_urgent(const struct story *st)
{
    struct failover_list list;
    failover_fold_list(st->fold, &list);
    return list.open != NULL;
}

/* ---- the probe */

bool story_wants_rows(const struct story *st, uint64_t *from, uint64_t *to)
{
    const struct probe_fold *p = store_probe(st->store);
    return p && probe_fold_wants_rows(p, from, to);
}

void story_probe_stopped(struct story *st)
{
    store_probe_stopped(st->store);
    if (store_probe(st->store))
        probe_fold_events(store_probe(st->store), on_event, st);
}

void story_probe_every(struct story *st, int64_t every_us)
{
    store_set_probe_every(st->store, every_us);
}
