/*
 * A case of analysis/preflight: a request, what is different from a healthy cluster, and what one
 * check must say of it.
 */
#ifndef PGDBA_TESTS_PREFLIGHT_CASES_H
#define PGDBA_TESTS_PREFLIGHT_CASES_H

#include "pgdba/analysis/preflight.h"
#include "snapshot_builder.h"

#define ABSENT ((enum check_verdict) - 1) /* the check says nothing in this case */

struct preflight_case {
    const char *check;
    const struct request *request;
    void (*make)(struct sb *b);
    enum check_verdict verdict;
    const char *text;
};

/* preflight_cases.c: the actions beyond switchover, restart and reinit. */
extern const struct preflight_case preflight_more_cases[];
extern const int preflight_nmore;
/* preflight_bouncer_cases.c */
extern const struct preflight_case preflight_bouncer_cases[];
extern const int preflight_nbouncer;

#endif
