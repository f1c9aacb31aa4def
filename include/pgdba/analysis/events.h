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
/* A change of verdict: what was `before` (HEALTH_COUNT: unknown, nothing is told). */
void events_of_verdict(enum health before, const struct verdicts *now, const struct snapshot *s,
                       event_fn *fn, void *arg);

#endif
