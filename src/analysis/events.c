#include "pgdba/analysis/events.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
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

/* ---- verdicts */

void verdicts_told_release(struct verdicts_told *t)
{
    free(t->critical);
    t->critical = NULL;
    t->worst = HEALTH_COUNT;
}

/* Is it remembered from now on that the rule speaks of that subject? False: it was already. */
static bool remember(struct verdicts_told *told, const struct verdict *v)
{
    char *mark = xasprintf("\n%s %s\n", v->rule, v->subject);
    bool fresh = !told->critical || !strstr(told->critical, mark);
    if (fresh) {
        char *all = xasprintf("%s%s", told->critical ? told->critical : "", mark);
        free(told->critical);
        told->critical = all;
    }
    free(mark);
    return fresh;
}

static void say_verdict(struct telling *t, enum health before, enum health now,
                        const struct verdict *v)
{
    telling_say(t,
                &(struct event){.kind = EV_VERDICT,
                                .grade = now,
                                .old = health_name(before),
                                .now = health_name(now),
                                .evidence = v ? v->rule : ""},
                before == now ? "%s too%s%s" : "the cluster is %s now%s%s", health_name(now),
                v ? ": " : "", v ? v->reason : "");
}

void events_of_verdict(struct verdicts_told *told, const struct verdicts *now,
                       const struct snapshot *s, event_fn *fn, void *arg)
{
    struct telling t;
    enum health before = told->worst;
    telling_init(&t);
    t.mono_us = t.not_before_us = s->mono_us;
    t.wall_us = s->wall_us;
    if (now->worst != HEALTH_CRITICAL || before != HEALTH_CRITICAL)
        verdicts_told_release(told);
    told->worst = now->worst;
    if (before < HEALTH_COUNT && before != now->worst)
        say_verdict(&t, before, now->worst, now->n ? &now->v[0] : NULL);
    for (int i = 0; i < now->n && now->v[i].health == HEALTH_CRITICAL; i++)
        if (remember(told, &now->v[i]) && before < HEALTH_COUNT && (i > 0 || before == now->worst))
            say_verdict(&t, HEALTH_CRITICAL, HEALTH_CRITICAL, &now->v[i]);
    telling_flush(&t, fn, arg);
}
