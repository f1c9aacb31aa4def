/*
 * analysis/truth.h: the truth row: what each system believes of each member, side by side, each
 * with its age. Pure. Reference: "middleware.md" §3.5, §2.2; "patroni.md" §7.5.
 */
#ifndef PGDBA_ANALYSIS_TRUTH_H
#define PGDBA_ANALYSIS_TRUTH_H

#include "pgdba/base/arena.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/verdict.h"

enum truth_column { TC_LOCK, TC_REST, TC_POSTGRES, TC_HAPROXY, TC_PGBOUNCER, TC_COUNT };

/* What one system says about one member: does it treat it as the one to write to? */
enum truth_word {
    TW_NOT_ASKED, /* not configured */
    TW_UNKNOWN,   /* configured, and does not say, or too old to count */
    TW_LEADER,    /* lock, role, out of recovery, routes here */
    TW_FOLLOWER,
    TW_CHANGING, /* promoting, demoting, going up or down */
    TW_DOWN,     /* said to be down: stopped, refused, MAINT */
    TW_READ_ONLY /* PostgreSQL: out of recovery but takes no writes */
};

struct truth_cell {
    enum truth_word word;
    const char *text; /* "lock, lease 18 s", "primary TL 5 0/5000A58 rw", "rw UP", "12 servers" */
    int64_t at_us;    /* monotonic, when it was said; 0 never */
    bool stale;       /* said, and too old to be now */
    bool contradicts; /* another fresh word in this row, or of this column, says otherwise */
};

struct truth_row {
    const struct member *member;
    struct truth_cell cell[TC_COUNT];
    enum health health; /* the worst verdict about it */
};

/* One a member, in the snapshot's order; in the arena. */
const struct truth_row *truth_rows(const struct snapshot *s, const struct verdicts *v,
                                   int64_t now_us, struct arena *a);
const char *truth_column_name(enum truth_column c); /* "lock", "REST", "PostgreSQL", … */

#endif
