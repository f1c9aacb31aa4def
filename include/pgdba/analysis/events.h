/*
 * analysis/events.h: what changed between two pictures. Pure.
 *
 * Two folds: over the DCS to the revision (every transaction is one step, so that a leader key that
 * was gone for 60 ms is two events), and over snapshots for everything that is polled. What etcd
 * tells is not told again from /cluster while etcd is watched (snapshot.dcs_leads).
 */
#ifndef PGDBA_ANALYSIS_EVENTS_H
#define PGDBA_ANALYSIS_EVENTS_H

#include "pgdba/model/cluster.h"
#include "pgdba/model/event.h"

/* a NULL (first sight): nothing is news. b->whole (read anew after an interruption): what differs
 * is told with not_before_us = since_us, for it happened in between. mono/wall: when it was heard.
 */
void events_of_dcs(const struct dcs *a, const struct dcs *b, int64_t mono_us, int64_t wall_us,
                   int64_t since_us, event_fn *fn, void *arg);
/* a NULL: nothing is news. Each event's not_before_us is when a's word was last confirmed. */
void events_of_snapshots(const struct snapshot *a, const struct snapshot *b, event_fn *fn,
                         void *arg);
/* What has been told of verdicts. The first call of events_of_verdict() tells nothing. */
struct verdicts_told {
    enum health worst; /* HEALTH_COUNT: unknown */
    char *critical;    /* rules and subjects since it is critical; NULL none */
    char *grave;       /* those of the degraded that are always told, while there is one; NULL */
};
#define VERDICTS_TOLD_INIT       \
    {                            \
        HEALTH_COUNT, NULL, NULL \
    }
void verdicts_told_release(struct verdicts_told *t);
/* A change of verdict; and, while it is critical, whatever else becomes so, each once: a split
 * brain must not go unsaid because a silent leader was told before. Nor may it that an old leader,
 * unseen, may still take writes, which is merely degraded. */
void events_of_verdict(struct verdicts_told *told, const struct verdicts *now,
                       const struct snapshot *s, event_fn *fn, void *arg);

#endif
