/*
 * src/analysis/pools.h: the rules about one pool, shared by the rows of the pools pane and the
 * verdicts of health.c: private to analysis/.
 */
#ifndef PGDBA_ANALYSIS_POOLS_PRIVATE_H
#define PGDBA_ANALYSIS_POOLS_PRIVATE_H

#include "pgdba/analysis/pools.h"

/* One pool with what its rules look at. */
struct pool_case {
    const struct bouncer *bouncer;
    const struct pool_view *view;
    bool fresh; /* the numbers are of now */
    bool held;  /* paused or suspended, by database or globally: no server is no wonder */
    int64_t age_us;
};

/* Says what is wrong in a sentence without the pool's name; false when nothing is. */
typedef bool pool_rule_fn(const struct pool_case *c, struct arena *a, const char **reason);

struct pool_rule {
    const char *name;
    enum health health;
    const char *when;
    pool_rule_fn *fn;
};

/* Worst first. */
const struct pool_rule *pool_rules(int *n);

#endif
