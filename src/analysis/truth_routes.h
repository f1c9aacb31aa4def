/*
 * src/analysis/truth_routes.h: the truth row's cells of HAProxy and PgBouncer: private to
 * analysis/.
 */
#ifndef PGDBA_ANALYSIS_TRUTH_ROUTES_PRIVATE_H
#define PGDBA_ANALYSIS_TRUTH_ROUTES_PRIVATE_H

#include "pgdba/analysis/truth.h"

struct truth_look {
    const struct snapshot *s;
    int64_t now_us;
    struct arena *a;
    bool standby_cluster; /* its leader is in recovery by design */
};

struct truth_cell truth_haproxy_cell(const struct truth_look *k, const struct member *m);
struct truth_cell truth_pgbouncer_cell(const struct truth_look *k, const struct member *m);

#endif
