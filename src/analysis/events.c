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
    free(t->grave);
    *t = (struct verdicts_told)VERDICTS_TOLD_INIT;
}

/* Is it remembered from now on that the rule speaks of that subject? False: it was already. */
static bool remember(char **told, const struct verdict *v)
{
    char *mark = xasprintf("\n%s %s\n", v->rule, v->subject);
    bool fresh = !*told || !strstr(*told, mark);
    if (fresh) {
        char *all = xasprintf("%s%s", *told ? *told : "", mark);
        free(*told);
        *told = all;
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

static void forget(char **told)
{
    free(*told);
    *told = NULL;
}

/* Where two may take writes: whatever else is degraded, and was so before. */
static bool is_grave(const struct verdict *v)
{
    return v->health == HEALTH_DEGRADED && strcmp(v->rule, "old-leader-unseen") == 0;
}

static void tell_grave(struct telling *t, struct verdicts_told *told, const struct verdicts *now,
                       enum health before)
{
    bool any = false;
    for (int i = 0; i < now->n; i++) {
        if (!is_grave(&now->v[i]))
            continue;
        bool headline = i == 0 && before != now->worst;
        any = true;
        if (remember(&told->grave, &now->v[i]) && before < HEALTH_COUNT && !headline)
            say_verdict(t, HEALTH_DEGRADED, HEALTH_DEGRADED, &now->v[i]);
    }
    if (!any)
        forget(&told->grave);
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
        forget(&told->critical);
    told->worst = now->worst;
    if (before < HEALTH_COUNT && before != now->worst)
        say_verdict(&t, before, now->worst, now->n ? &now->v[0] : NULL);
    for (int i = 0; i < now->n && now->v[i].health == HEALTH_CRITICAL; i++)
        if (remember(&told->critical, &now->v[i]) && before < HEALTH_COUNT &&
            (i > 0 || before == now->worst))
            say_verdict(&t, HEALTH_CRITICAL, HEALTH_CRITICAL, &now->v[i]);
    tell_grave(&t, told, now, before);
    telling_flush(&t, fn, arg);
}
