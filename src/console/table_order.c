/* table_order.c: which rows of a table are shown, in which order, and which one is selected. */
#include "pgdba/console/table_view.h"

#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "pgdba/base/utf8.h"

void table_state_init(struct table_state *t)
{
    *t = (struct table_state){.sort = -1};
}

void table_state_release(struct table_state *t)
{
    free(t->selected);
    free(t->filter);
    table_state_init(t);
}

void table_state_filter(struct table_state *t, const char *text)
{
    char *copy = text && *text ? xstrdup(text) : NULL;
    free(t->filter);
    t->filter = copy;
    t->top = 0;
}

int table_column_find(const struct table_column *columns, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(columns[i].name, name) == 0)
            return i;
    return -1;
}

const struct table_cell *table_cells(const struct table_model *m, int row)
{
    struct table_row *r = &m->rows[row];
    if (!r->cells && m->fill)
        m->fill(m, r, m->arena);
    return r->cells;
}

/* ---- filter --------------------------------------------------------------------------------- */

static uint32_t next_folded(const char **s)
{
    uint32_t cp;
    *s += utf8_decode(*s, strlen(*s), &cp);
    return (uint32_t)towlower((wint_t)cp);
}

static bool begins_with(const char *text, const char *what)
{
    while (*what) {
        if (!*text || next_folded(&text) != next_folded(&what))
            return false;
    }
    return true;
}

bool table_contains(const char *text, const char *what)
{
    size_t n = strlen(text);
    /* A filter goes through every cell of every row: what is plain needs no code points. */
    if (utf8_plain(text, n) == n && utf8_plain(what, strlen(what)) == strlen(what))
        return strcasestr(text, what) != NULL;
    for (;; text++) {
        if (begins_with(text, what))
            return true;
        if (!*text)
            return false;
    }
}

static bool row_passes(const struct table_model *m, int row, const char *filter)
{
    if (!filter)
        return true;
    const struct table_cell *cells = table_cells(m, row);
    for (int c = 0; c < m->ncolumns; c++)
        if (cells[c].text && table_contains(cells[c].text, filter))
            return true;
    return false;
}

/* ---- order ---------------------------------------------------------------------------------- */

struct sort_item {
    int row;
    bool known, reverse, has_num;
    double num;
    const char *text;
};

static int compare(const void *x, const void *y)
{
    const struct sort_item *a = x, *b = y;
    int d = 0;
    if (a->known != b->known)
        return a->known ? -1 : 1; /* unknown last, whichever way */
    if (a->known && a->has_num && b->has_num)
        d = a->num < b->num ? -1 : a->num > b->num;
    else if (a->known && a->text && b->text)
        d = strcmp(a->text, b->text) == 0 ? 0 : strcoll(a->text, b->text);
    if (a->reverse)
        d = -d;
    return d ? d : a->row - b->row;
}

static void sort_rows(const struct table_model *m, const struct table_state *t, int *order, int n)
{
    struct sort_item *v = xcalloc((size_t)n + 1, sizeof *v);
    for (int i = 0; i < n; i++) {
        const struct table_cell *c = &table_cells(m, order[i])[t->sort];
        v[i] = (struct sort_item){.row = order[i],
                                  .known = c->has_num ||
                                           (c->text && *c->text && !m->columns[t->sort].right),
                                  .reverse = t->reverse,
                                  .has_num = c->has_num,
                                  .num = c->num,
                                  .text = c->text};
    }
    qsort(v, (size_t)n, sizeof *v, compare);
    for (int i = 0; i < n; i++)
        order[i] = v[i].row;
    free(v);
}

const int *table_order(const struct table_model *m, const struct table_state *t, struct arena *a,
                       int *n)
{
    int *order = arena_array(a, (size_t)m->nrows, int);
    *n = 0;
    for (int i = 0; i < m->nrows; i++)
        if (row_passes(m, i, t->filter))
            order[(*n)++] = i;
    if (t->sort >= 0 && t->sort < m->ncolumns)
        sort_rows(m, t, order, *n);
    return order;
}

/* ---- selection ------------------------------------------------------------------------------ */

int table_selected(const struct table_model *m, const struct table_state *t, const int *order,
                   int n)
{
    for (int i = 0; t->selected && i < n; i++)
        if (strcmp(m->rows[order[i]].key, t->selected) == 0)
            return i;
    return n > 0 ? 0 : -1;
}

int table_first(const struct table_model *m, const struct table_state *t, int selected)
{
    return m->stays && t->selected && selected >= 0 ? selected - t->below : t->top;
}

int table_top(int top, int selected, int n, int rows)
{
    if (rows <= 0)
        return 0;
    if (selected >= 0 && selected < top)
        top = selected;
    if (selected >= top + rows)
        top = selected - rows + 1;
    if (top > n - rows)
        top = n - rows;
    return top > 0 ? top : 0;
}

void table_move(const struct table_model *m, struct table_state *t, int delta, int rows)
{
    struct arena a;
    int n;
    arena_init(&a);
    const int *order = table_order(m, t, &a, &n);
    int at = table_selected(m, t, order, n);
    if (at >= 0) {
        long to = (long)at + delta;
        int first = table_first(m, t, at);
        at = to < 0 ? 0 : to >= n ? n - 1 : (int)to;
        /* At the top of what comes in at the top nothing is held fast: the newest is followed. */
        char *key = m->stays && at == 0 ? NULL : xstrdup(m->rows[order[at]].key);
        free(t->selected);
        t->selected = key;
        t->top = table_top(first, at, n, rows);
        t->below = at - t->top;
    }
    arena_release(&a);
}
