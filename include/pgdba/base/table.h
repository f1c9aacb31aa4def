/*
 * base/table.h: rows and named columns of text, as SQL-speaking servers answer. Neutral ground
 * between net/ (which knows libpq) and wire/ (which knows what the columns mean).
 */
#ifndef PGDBA_BASE_TABLE_H
#define PGDBA_BASE_TABLE_H

#include <stddef.h>

struct arena;
struct buf;

struct table {
    int ncols;
    int nrows;
    const char **cols;  /* ncols names */
    const char **cells; /* nrows * ncols values, NULL for SQL NULL; row-major */
    const char *tag;    /* command tag ("SHOW", "PAUSE"), "" when there is none */
};

/* Everything in the arena. cells start as NULL. */
struct table *table_new(struct arena *a, int ncols, int nrows);
/* Column number by exact name, -1 when absent: versions add and rename columns. */
int table_col(const struct table *t, const char *name);
/* NULL when the column is -1, out of range, or the value NULL. */
const char *table_get(const struct table *t, int row, int col);

/* A copy whose texts hold no control characters: what a server said, fit for a terminal. */
struct table *table_clean(struct arena *a, const struct table *t);

/* Columns of a terminal that it takes side by side. */
int table_width(const struct table *t);
/* For people: columns side by side, numbers right; where that is wider than cols columns of a
 * terminal (0: never), one record below the other. NULL stands as "(null)". Cells must have been
 * cleaned. Whole lines are appended. */
void table_write(const struct table *t, int cols, struct buf *out);

#endif
