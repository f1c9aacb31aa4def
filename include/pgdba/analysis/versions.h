/*
 * analysis/versions.h: what every member runs, as rows for people. Pure.
 */
#ifndef PGDBA_ANALYSIS_VERSIONS_H
#define PGDBA_ANALYSIS_VERSIONS_H

#include "pgdba/base/table.h"
#include "pgdba/model/cluster.h"

/* member, patroni, postgresql, said (the age of the word). In the arena. */
const struct table *versions_table(const struct snapshot *s, int64_t now_us, struct arena *a);
/* "members run different versions of Patroni and PostgreSQL"; "" when they do not, as far as is
 * known. */
const char *versions_differ(const struct snapshot *s, struct arena *a);

#endif
