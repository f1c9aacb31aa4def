/*
 * tests/unit/analysis/health_cases.h: cases of the rules of health: what makes it, whom it names,
 * and what it says. text NULL: the rule must not fire.
 */
#ifndef PGDBA_TESTS_HEALTH_CASES_H
#define PGDBA_TESTS_HEALTH_CASES_H

#include "snapshot_builder.h"

struct health_case {
    const char *rule;
    void (*make)(struct sb *b);
    const char *subject, *text;
};

/* Of the rules that look at etcd, PostgreSQL itself and the routes. */
extern const struct health_case health_cases_truth[];
extern const int health_ncases_truth;
/* Of those that look back on PgBouncer, at its settings, or at two of them. */
extern const struct health_case health_cases_pgbouncer[];
extern const int health_ncases_pgbouncer;
/* Of health_haproxy.c. */
extern const struct health_case health_cases_haproxy[];
extern const int health_ncases_haproxy;

#endif
