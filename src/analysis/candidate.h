/*
 * src/analysis/candidate.h: could this member take over? Private to analysis/; health and preflight
 * must not differ about it. Rules: reference "patroni.md" §3.2.
 */
#ifndef PGDBA_ANALYSIS_CANDIDATE_PRIVATE_H
#define PGDBA_ANALYSIS_CANDIDATE_PRIVATE_H

#include "pgdba/base/arena.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/plan.h"

struct candidate {
    enum fitness fitness;
    const char *why; /* half a sentence without the name: "nofailover"; "" when fit */
};

/* Member i, which must not be the leader. why lives in the arena. */
struct candidate candidate_judge(const struct snapshot *s, int i, int64_t now_us, struct arena *a);
/* "pg2 nofailover, pg3 48.0 MB behind": every member that is not the leader, listed or just
 * remembered not; "" when there is none. *best: the fitness of the fittest. */
const char *candidate_list(const struct snapshot *s, int64_t now_us, struct arena *a,
                           enum fitness *best);

/* What it has received: its own word, else what it last published in the DCS. */
lsn_t candidate_received(const struct snapshot *s, const struct member *m, int64_t now_us);
/* " (about 12 s at its pace)", "" when that is not known or nothing is left. */
const char *candidate_catches_up(const struct snapshot *s, const struct member *m, int64_t now_us,
                                 struct arena *a);

/* In synchronous mode, may Patroni switch to m? true outside of it or when /config is not known. */
bool candidate_sync_ok(const struct snapshot *s, const struct member *m, int64_t now_us);

#endif
