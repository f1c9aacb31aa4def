/*
 * analysis/preflight.h: may this change be made now? One table of checks: the actions each guards,
 * and a sentence with the numbers for its verdict. Pure. Reference "patroni.md" §3.2 (eligibility),
 * §8.1, §2.5, §2.7.
 */
#ifndef PGDBA_ANALYSIS_PREFLIGHT_H
#define PGDBA_ANALYSIS_PREFLIGHT_H

#include <stdio.h>

#include "pgdba/base/arena.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/plan.h"

/* Results in the arena: blocks first, then warnings, then passes; *worst. operation_running: one of
 * ours is under way. */
const struct check_result *preflight_run(const struct snapshot *s, const struct request *r,
                                         bool operation_running, int64_t now_us, struct arena *a,
                                         int *n, enum check_verdict *worst);

struct preflight_info {
    const char *check;
    uint64_t actions; /* bit per enum action_kind */
    const char *what;
};
const struct preflight_info *preflight_checks(int *n); /* for the manual */

#endif
