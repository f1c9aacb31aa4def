/*
 * analysis/candidates.h: who could lead next, each with a reason. Pure. Reference "patroni.md" §3.2
 * (eligibility), "peers.md" §1 ("no good candidates").
 */
#ifndef PGDBA_ANALYSIS_CANDIDATES_H
#define PGDBA_ANALYSIS_CANDIDATES_H

#include "pgdba/base/arena.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/plan.h"

/* Every member that does not lead, listed or just remembered: the fittest first, then the one that
 * is nearest to the leader. asked_for: the name that was given, NULL none. In the arena. */
const struct plan_candidate *candidates_of(const struct snapshot *s, const char *asked_for,
                                           int64_t now_us, struct arena *a, int *n);
/* "pg2 (fit), pg3 (unfit: nofailover)": for a sentence; "nobody" when there is none. */
const char *candidates_text(const struct snapshot *s, int64_t now_us, struct arena *a);

#endif
