#include "pgdba/base/table.h"

#include <string.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/utf8.h"

struct table *table_new(struct arena *a, int ncols, int nrows)
{
    struct table *t = arena_new(a, struct table);
    t->ncols = ncols;
    t->nrows = nrows;
    t->cols = arena_array(a, (size_t)ncols, const char *);
    size_t cells;
    if (__builtin_mul_overflow((size_t)ncols, (size_t)nrows, &cells))
        cells = 0;
    t->cells = arena_array(a, cells, const char *);
    t->tag = "";
    return t;
}

struct table *table_clean(struct arena *a, const struct table *t)
{
    struct table *out = table_new(a, t->ncols, t->nrows);
    size_t cells = (size_t)t->ncols * (size_t)t->nrows;
    for (int i = 0; i < t->ncols; i++)
        out->cols[i] = utf8_clean(a, t->cols[i], strlen(t->cols[i]));
    for (size_t i = 0; i < cells; i++)
        out->cells[i] = t->cells[i] ? utf8_clean(a, t->cells[i], strlen(t->cells[i])) : NULL;
    out->tag = utf8_clean(a, t->tag, strlen(t->tag));
    return out;
}

int table_col(const struct table *t, const char *name)
{
    for (int i = 0; i < t->ncols; i++)
        if (strcmp(t->cols[i], name) == 0)
            return i;
    return -1;
}

const char *table_get(const struct table *t, int row, int col)
{
    if (row < 0 || row >= t->nrows || col < 0 || col >= t->ncols)
        return NULL;
    return t->cells[(size_t)row * (size_t)t->ncols + (size_t)col];
}
