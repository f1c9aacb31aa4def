/*
 * analysis/pgb_views.h: the tables of PgBouncer's console as views: which columns each has, what
 * stands in them, and which row belongs to which. One list for the screen and for the shell. Pure.
 * Reference "middleware.md" §1.4.
 */
#ifndef PGDBA_ANALYSIS_PGB_VIEWS_H
#define PGDBA_ANALYSIS_PGB_VIEWS_H

#include "pgdba/base/arena.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/verdict.h"

enum pgb_view {
    PGB_VIEW_BOUNCERS,
    PGB_VIEW_DATABASES,
    PGB_VIEW_CLIENTS,
    PGB_VIEW_SERVERS,
    PGB_VIEW_USERS,
    PGB_VIEW_CONFIG,
    PGB_VIEW_LISTS,
    PGB_VIEW_MEMORY,
    PGB_VIEW_DNS,
    PGB_VIEW_ZONES,
    PGB_VIEW_STATE,
    PGB_VIEW_POOLS,
    PGB_VIEW_STATS,
    PGB_VIEW_COUNT
};

enum pgb_unit {
    PGB_TEXTUAL,
    PGB_NUMBER,
    PGB_LIMIT /* 0: none */,
    PGB_USEC,
    PGB_SECONDS,
    PGB_BYTES
};

struct pgb_value {
    const char *text; /* PGB_TEXTUAL; NULL: nothing to say */
    int64_t n;        /* the others; -1 unknown */
};

/* One row of a view: what it is of, and how it stands. */
struct pgb_line {
    const struct bouncer *bouncer;
    const struct source_state *state; /* of the table that it comes from */
    const char *key;                  /* who it is; unique in its view */
    const char *peer;                 /* key of the linked row (peer_view); NULL none */
    enum health health;
    const char *reason; /* "" when it is well */
    const void *row;
};

struct pgb_column {
    const char *name, *title;
    enum pgb_unit unit;
    size_t at; /* of a field: const char *, int64_t */
    struct pgb_value (*get)(const struct snapshot *s, const struct pgb_line *l, struct arena *a);
    int width, most, drop; /* where there is little room: see console/table_view.h */
};

struct pgb_view_info {
    const char *name, *noun, *summary;
    uint64_t kinds;          /* what must be asked for it, OBS_BIT() of each; 0: always asked */
    enum pgb_view peer_view; /* where its rows' peers are */
    int ncolumns;
    const struct pgb_column *columns;
};

const struct pgb_view_info *pgb_view_get(enum pgb_view v);
/* Also by what PgBouncer itself calls it in SHOW ("dns_hosts", "mem"), in either case; -1. */
int pgb_view_find(const char *name);
extern const char *const pgb_view_names[PGB_VIEW_COUNT + 1]; /* NULL at the end */

/* Rows of one bouncer, or of all (on NULL); in the arena, *n of them. */
const struct pgb_line *pgb_view_lines(const struct snapshot *s, enum pgb_view v, const char *on,
                                      struct arena *a, int *n);
/* Of one bouncer. */
int pgb_view_count(const struct bouncer *b, enum pgb_view v);
struct pgb_value pgb_view_value(const struct snapshot *s, const struct pgb_column *c,
                                const struct pgb_line *l, struct arena *a);
/* Where the view's table stands in b, and whether it was ever answered. */
const struct source_state *pgb_view_state(const struct bouncer *b, enum pgb_view v, bool *known);
/* How often that table is asked at least, for what is old: µs. */
int64_t pgb_view_beat(const struct snapshot *s, enum pgb_view v);

/* Sums over the pools of b; -1 when one of them is not said. */
struct pgb_totals {
    int64_t clients, waiting, servers, maxwait_us;
};
struct pgb_totals pgb_totals_of(const struct bouncer *b);
/* A row of SHOW LISTS, -1 unknown; a value of SHOW CONFIG, NULL unknown, and as a number, -1. */
int64_t pgb_list_items(const struct bouncer *b, const char *name);
const char *pgb_config_value(const struct bouncer *b, const char *key);
int64_t pgb_config_number(const struct bouncer *b, const char *key);

#endif
