#include "pgdba/analysis/events.h"

#include "telling.h"

/* In the order in which things known at one and the same time are told. */
static telling_fn *const parts[] = {
    telling_dcs,      telling_endpoints, telling_cluster,   telling_members,
    telling_postgres, telling_streams,   telling_haproxies, telling_bouncers,
};

void events_of_snapshots(const struct snapshot *a, const struct snapshot *b, event_fn *fn,
                         void *arg)
{
    struct telling t;
    if (!a || !b || a == b)
        return;
    telling_init(&t);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        parts[i](&t, a, b);
    telling_flush(&t, fn, arg);
}

void events_of_verdict(enum health before, const struct verdicts *now, const struct snapshot *s,
                       event_fn *fn, void *arg)
{
    struct telling t;
    if (before >= HEALTH_COUNT || before == now->worst)
        return;
    telling_init(&t);
    t.mono_us = t.not_before_us = s->mono_us;
    t.wall_us = s->wall_us;
    const struct verdict *v = now->n ? &now->v[0] : NULL;
    telling_say(&t,
                &(struct event){.kind = EV_VERDICT,
                                .grade = now->worst,
                                .old = health_name(before),
                                .now = health_name(now->worst),
                                .evidence = v ? v->rule : ""},
                "the cluster is %s now%s%s", health_name(now->worst), v ? ": " : "",
                v ? v->reason : "");
    telling_flush(&t, fn, arg);
}
