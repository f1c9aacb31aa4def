/*
 * analysis/health.h: a snapshot's verdict: one table of rules, each with the sentence that is its
 * reason. Pure. Unknown is never healthy; old is never now.
 */
#ifndef PGDBA_ANALYSIS_HEALTH_H
#define PGDBA_ANALYSIS_HEALTH_H

#include <stdio.h>

#include "pgdba/base/arena.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/verdict.h"

/* Verdicts in the arena, worst first. now_us: monotonic, same clock as the snapshot's. */
void health_judge(const struct snapshot *s, int64_t now_us, struct arena *a, struct verdicts *out);
/* How one row is to be shown: the worst verdict whose subject it is, HEALTH_OK when none. */
enum health health_of(const struct verdicts *v, const char *subject);

/* The rules, for the manual: name, grade, when it fires. */
struct health_rule_info {
    const char *rule;
    enum health health;
    const char *when;
};
const struct health_rule_info *health_rules(int *n);

#endif
