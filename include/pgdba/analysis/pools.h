/*
 * analysis/pools.h: SHOW POOLS joined with SHOW DATABASES, and own rates of SHOW STATS. Pure.
 * Reference "middleware.md" §1.4, §1.7.
 */
#ifndef PGDBA_ANALYSIS_POOLS_H
#define PGDBA_ANALYSIS_POOLS_H

#include "pgdba/base/arena.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/verdict.h"

struct pool_view {
    const struct bouncer *bouncer;
    const struct pgb_pool *pool;
    const struct pgb_database *database; /* NULL when not listed */
    double saturation; /* servers / (pool_size + reserve); NAN unknown; pool_size 0 is unlimited:
                          NAN */
    int64_t servers, limit; /* limit -1 unknown, 0 unlimited */
    bool paused, disabled;
    enum health health;
    const char *rule;   /* of the worst that is wrong, NULL when healthy */
    const char *reason; /* "" when healthy: "4 waiting, 12.0 s, no server: backend unreachable,
                           paused or login back-off" */
};
/* Rows of every bouncer in order; n in *n; in the arena. */
const struct pool_view *pool_views(const struct snapshot *s, struct arena *a, int *n);

/* Rates of every database of cur; prev NULL: not known yet. dt_us between the two answers. In the
 * arena. */
const struct pgb_rates *pgb_rates_of(const struct pgb_stats_set *prev,
                                     const struct pgb_stats_set *cur, int64_t dt_us,
                                     struct arena *a, int *n);

#endif
