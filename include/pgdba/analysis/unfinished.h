/*
 * analysis/unfinished.h: which intents of the audit log have no outcome, and what the cluster says
 * about them now. Pure.
 */
#ifndef PGDBA_ANALYSIS_UNFINISHED_H
#define PGDBA_ANALYSIS_UNFINISHED_H

#include "pgdba/base/arena.h"
#include "pgdba/model/audit.h"
#include "pgdba/model/cluster.h"

/* Oldest first, of that cluster; in the arena. */
const struct audit_line *const *unfinished_intents(const struct audit_lines *l, const char *cluster,
                                                   struct arena *a, int *n);
/* "pg1 led on timeline 3 then; pg2 leads on timeline 4 now: it was done". configured: of a change
 * of the configuration, whether that says what was wanted. */
const char *unfinished_since(const struct audit_line *intent, const struct snapshot *s,
                             enum tristate configured, struct arena *a);

#endif
