/*
 * src/analysis/writes.h: does a member's PostgreSQL take writes, and whose word is that? Private to
 * analysis/.
 */
#ifndef PGDBA_ANALYSIS_WRITES_PRIVATE_H
#define PGDBA_ANALYSIS_WRITES_PRIVATE_H

#include "facts.h"

struct writes {
    enum tristate takes;
    const char *why; /* of a no: "in recovery", "stopping"; "" */
    const char *by;  /* whose word: "PostgreSQL", "its Patroni", "etcd", "/cluster"; "" */
    int64_t at_us;   /* when it was said */
};

/* The nearest fresh word: PostgreSQL's own, its Patroni's, the listed row's. A standby cluster's
 * leader is never expected to take any: TRI_UNKNOWN. */
struct writes writes_of(const struct snapshot *s, const struct member *m, int64_t now_us);
/* Its own fresh word by libpq, NULL when there is none. */
const struct pg_self *writes_pg(const struct snapshot *s, const struct member *m, int64_t now_us);

#endif
