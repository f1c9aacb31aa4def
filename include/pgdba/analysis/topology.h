/*
 * analysis/topology.h: the tree of who streams from whom, by what walsenders show where that is
 * known, else by tags and roles. Pure. A cycle or a missing upstream never hangs or hides a member.
 */
#ifndef PGDBA_ANALYSIS_TOPOLOGY_H
#define PGDBA_ANALYSIS_TOPOLOGY_H

#include "pgdba/base/arena.h"
#include "pgdba/model/cluster.h"

struct topology_row {
    int member;     /* index in s->members */
    int depth;      /* 0 = root */
    bool last;      /* last child of its parent: for drawing branches */
    unsigned rails; /* bit d set: depth d still has siblings below, draw its rail */
};
/* Every member exactly once, leader's tree first; n == s->nmembers. In the arena. */
const struct topology_row *topology_rows(const struct snapshot *s, struct arena *a);

/* Fills member.upstream / upstream_observed for all members (called while a snapshot is made;
 * members mutable). */
void topology_find_upstreams(struct member *members, int n, int leader, int64_t now_us,
                             int64_t max_age_us);

#endif
