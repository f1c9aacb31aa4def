/*
 * console/pane.h: a pane: one view of the snapshot behind a small vtable. Drawing is pure: no I/O,
 * no clock (now is in the view).
 */
#ifndef PGDBA_CONSOLE_PANE_H
#define PGDBA_CONSOLE_PANE_H

#include "pgdba/analysis/pgb_views.h"
#include "pgdba/console/doc.h"
#include "pgdba/console/marks.h"
#include "pgdba/console/table_view.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/event.h"
#include "pgdba/model/failover.h"
#include "pgdba/model/verdict.h"

enum pane_id {
    PANE_TOPOLOGY,
    PANE_LAG,
    PANE_POOLS,
    PANE_STATS,
    PANE_TRUTH,
    PANE_DCS,
    PANE_EVENTS,
    PANE_FAILOVERS,
    PANE_ROUTES,
    PANE_HAPROXY,
    PANE_BOUNCERS,
    PANE_COUNT
};

/* What a pane may look at: the picture, its verdicts, and when it is looked at. */
struct picture {
    const struct snapshot *s; /* not NULL */
    const struct verdicts *verdicts;
    int64_t now_us, now_wall_us;
    bool ascii;
    /* While the picture is frozen these two go on: what is younger than now_us is counted, not
     * shown. */
    const struct event_log *events;        /* NULL: none */
    const struct failover_list *failovers; /* NULL: none */
    int newer_failovers;         /* began after the picture was frozen: not in failovers */
    const struct marks *marks;   /* the marked members; NULL: none */
    enum pgb_view bouncers_view; /* what the bouncers pane shows */
};

struct pane {
    const char *name;  /* "topology": pane topology */
    const char *title; /* "Topology" */
    const char *brief; /* the title where tabs are narrow; NULL: the title */
    const char *noun;  /* before a key that is no name of its own: "Event" 812; NULL: none */
    bool members;      /* its rows are members, their keys the names: they have actions and marks */
    bool servers;      /* its rows that name an object are HAProxy's servers, their keys as
                          balancer_name has them: they have actions */
    const struct table_column *columns;
    int ncolumns;
    /* The table as of now, in the arena; m's columns are set already. */
    void (*rows)(const struct picture *p, struct arena *a, struct table_model *m);
    /* Everything known about one row: each fact with its source, age and status. */
    void (*card)(const struct picture *p, const char *key, struct doc *d);
    /* What stands above the table in panes that are more than one; NULL: nothing. Returns the rows
     * it takes of r, up to all. s NULL: measures only, nothing is drawn. */
    int (*head)(const struct picture *p, struct surface *s, struct rect r);
    /* The columns of a pane whose view has its own; NULL: columns. In the arena. */
    const struct table_column *(*columns_of)(enum pgb_view v, struct arena *a, int *n);
    /* The row that another is linked to, in the view that *view becomes; NULL: none. */
    const char *(*peer)(const struct picture *p, const char *key, enum pgb_view *view,
                        struct arena *a);
    /* Table rows without making them, where making them is not cheap; NULL: they are made. */
    int (*count)(const struct picture *p);
};

extern const struct pane pane_topology, pane_lag, pane_pools, pane_stats, pane_truth, pane_dcs,
    pane_events, pane_failovers, pane_routes, pane_haproxy, pane_bouncers;

const struct pane *pane_get(enum pane_id id);
/* The key it stands under unless the settings give that key away: "1" … "9", "0", "b". */
const char *pane_key(enum pane_id id);
int pane_find(const char *name); /* enum pane_id, or -1 */
/* Names of all panes, in order. */
const char *const *pane_names(void);

/* The columns as they are shown now. In the arena. */
const struct table_column *pane_columns(const struct pane *p, enum pgb_view v, struct arena *a,
                                        int *n);
void pane_model(const struct pane *p, const struct picture *pic, struct arena *a,
                struct table_model *m);
/* Rows the pane wants at that width: what stands above the table, heading and rows, for sharing a
 * large screen. */
int pane_rows_wanted(const struct pane *p, const struct picture *pic, int cols);
/* Rows of r (without a title) that are left for the table, heading included. */
int pane_table_rows(const struct pane *p, const struct picture *pic, struct rect r);
/* What there is to say about the rows shown of so many: "3 of 12 rows", "5 newer". In the arena. */
const char *pane_extent(const struct table_model *m, const struct table_state *t, int rows,
                        struct arena *a);
/* Title line (number, name, note, how much of it is shown) and table. title false: the table only,
 * for the tabbed screen, whose tab bar is the title. */
void pane_draw(enum pane_id id, const struct picture *pic, const struct table_state *t,
               struct surface *s, struct rect r, bool focused, bool title);

/* Helpers that the panes share. */
struct table_cell cell_none(void); /* nothing to say: "-" */
struct table_cell cell_text(const char *text);
struct table_cell cell_role(enum theme_role role, const char *text);
struct table_cell cell_unknown(void); /* "?" */
struct table_cell cell_number(double v, const char *text);
struct table_cell cell_count(struct arena *a, int64_t v);        /* < 0: unknown */
struct table_cell cell_bytes(struct arena *a, int64_t v);        /* LAG_UNKNOWN: unknown */
struct table_cell cell_duration(struct arena *a, double us);     /* NAN or < 0: unknown */
struct table_cell cell_rate(struct arena *a, double per_s);      /* NAN: unknown */
struct table_cell cell_byte_rate(struct arena *a, double per_s); /* NAN: unknown */
/* "answered 0.3 s ago in 4.1 ms from URL", "timed out for 14 s; last answer 14s ago": as a heading
 * of a card's group. */
void card_source(struct doc *d, const char *what, const struct source_state *st, int64_t refresh_us,
                 int64_t now_us);
void card_fact(struct doc *d, const char *label, const char *value); /* NULL: "-" */
void card_factf(struct doc *d, const char *label, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Verdicts about that subject, worst first. */
void card_verdicts(struct doc *d, const struct picture *p, const char *subject);

#endif
