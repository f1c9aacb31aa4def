/*
 * analysis/trail.h: the lines of the audit log as what people ask it for: who did what, and what
 * became of it. Pure.
 */
#ifndef PGDBA_ANALYSIS_TRAIL_H
#define PGDBA_ANALYSIS_TRAIL_H

#include "pgdba/base/arena.h"
#include "pgdba/model/audit.h"

struct audit_wish {
    const char *cluster;   /* NULL: any */
    int64_t since_wall_us; /* begun then or later; 0: any time */
    int most;              /* the newest so many; 0: all */
};

/* In the arena; the lines stay the caller's. */
struct audit_trail audit_trail(const struct audit_lines *l, const struct audit_wish *w,
                               struct arena *a);

#endif
