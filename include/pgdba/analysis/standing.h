/*
 * analysis/standing.h: what a plan stands on, and what of it has moved when it is confirmed. Leader
 * and timeline are action/plan's own. Pure.
 */
#ifndef PGDBA_ANALYSIS_STANDING_H
#define PGDBA_ANALYSIS_STANDING_H

#include "pgdba/model/cluster.h"
#include "pgdba/model/plan.h"

/* The pause, the request in the DCS, the members, the synchronous standbys, the configuration. In
 * the arena. */
const struct plan_fact *standing_facts(const struct snapshot *s, struct arena *a, int *n);
/* "the pause was off, and is on": of the first that differs; NULL: none does. What is not known at
 * one end has not moved. */
const char *standing_moved(const struct plan_fact *then, int nthen, const struct snapshot *now,
                           struct arena *a);

#endif
