/*
 * console/table_view.h: the one table widget: columns by policy, sorting, filter, selection,
 * scrolling. Pure: it draws what it is given and keeps nothing.
 */
#ifndef PGDBA_CONSOLE_TABLE_VIEW_H
#define PGDBA_CONSOLE_TABLE_VIEW_H

#include <stdbool.h>

#include "pgdba/base/arena.h"
#include "pgdba/console/surface.h"
#include "pgdba/model/verdict.h"

enum { TABLE_YIELDS = 4 };
enum { TABLE_MAX_COLUMNS = 20, TABLE_MARGIN = 3 /* cursor, health sign, mark */ };

/* A column's policy. Columns with the largest drop go first when the width does not hold them all;
 * 0 stays to the end. */
struct table_column {
    const char *name;  /* how it is said in "sort NAME" */
    const char *title; /* the heading */
    int width;         /* columns it needs at least */
    int most;          /* columns it may take when its cells want them; 0: width */
    int drop;
    int claim;  /* up to so many columns its cells come before columns with drop >= TABLE_YIELDS */
    bool right; /* numbers: aligned right */
    bool ends; /* what does not fit is left out of its middle: names that only their ends tell apart
                */
    bool stretch; /* takes what is left over (sparkline, reason) */
};

enum cell_kind { CELL_TEXT, CELL_BAR, CELL_SPARK };

struct table_cell {
    const char *lead; /* before the text: the rails of a tree; NULL: none */
    const char *text; /* NULL: nothing to say here, drawn "-" */
    enum theme_role role;
    enum cell_kind kind;
    double num;    /* sorts by this when has_num; else by text */
    bool has_num;  /* a cell without either is unknown and sorts last, whichever way */
    double filled; /* CELL_BAR: 0 … 1, NAN unknown; the text stands behind the bar */
    int nspark;    /* CELL_SPARK: values oldest first, < 0: none */
    const double *spark;
};

struct table_row {
    const char *key;     /* who it is: the selection follows it through sorting and refreshes */
    const char *object;  /* what a command would name: a member, a database; NULL: nothing */
    bool marked;         /* its mark stands in the margin */
    enum health health;  /* its sign in the margin */
    bool stale;          /* the last picture of a source that died: drawn in one role, TR_STALE */
    bool unknown;        /* the sign is '?' */
    enum theme_role ink; /* of cells that do not say otherwise (TR_TEXT) */
    struct table_cell *cells; /* as many as columns; NULL: not made yet */
};

struct table_model {
    const struct table_column *columns;
    int ncolumns;
    unsigned hidden; /* bit per column: not worth showing (one bouncer only) */
    int nrows;
    struct table_row *rows;
    bool stays;        /* rows come in at the top: a selected one keeps its place on the screen */
    const char *empty; /* said when there is no row at all */
    const char *note;  /* beside the pane's title, "" */
    enum theme_role note_role;
    /* Makes a row's cells, where a list may be so long that only what is looked at is worth making;
     * NULL: every row has them. Asked by table_cells() alone. */
    void (*fill)(const struct table_model *m, struct table_row *row, struct arena *a);
    const void *of; /* fill's own */
    struct arena *arena;
};

/* The cells of a row, made if they were not. */
const struct table_cell *table_cells(const struct table_model *m, int row);

/* What the operator did to one table. Strings malloc'ed, NULL when none. */
struct table_state {
    char *selected; /* a row's key */
    int top;        /* first visible row */
    int below;      /* of a table whose selection stays: rows between top and the selected one */
    int sort;       /* column, -1: the pane's own order */
    bool reverse;
    char *filter;
};

void table_state_init(struct table_state *t);
void table_state_release(struct table_state *t);
void table_state_filter(struct table_state *t, const char *text); /* NULL or "": off */

/* The rows that pass the filter, in the order asked for: indices into m->rows. In the arena. */
const int *table_order(const struct table_model *m, const struct table_state *t, struct arena *a,
                       int *n);
/* Where the selected row is in that order; the first one when it is gone or none was selected; -1
 * when there are no rows. */
int table_selected(const struct table_model *m, const struct table_state *t, const int *order,
                   int n);
/* The first row as the state has it, given where the selected one is now. */
int table_first(const struct table_model *m, const struct table_state *t, int selected);
/* The first row to draw so that the selected one is visible in `rows` rows. */
int table_top(int top, int selected, int n, int rows);
/* Moves the selection by delta rows and settles selection and scrolling for that many rows. */
void table_move(const struct table_model *m, struct table_state *t, int delta, int rows);
/* -1 when there is none of that name. */
int table_column_find(const struct table_column *columns, int n, const char *name);
/* True when text contains what, without regard to case. */
bool table_contains(const char *text, const char *what);

/* Widths of the columns for so many screen columns; 0: dropped. s measures text. */
void table_layout(const struct table_model *m, const struct surface *s, int cols, int *widths);
/* Heading and rows into r. focused: the selection is shown. */
void table_draw(const struct table_model *m, const struct table_state *t, struct surface *s,
                struct rect r, bool focused);

#endif
