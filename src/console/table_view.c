/* table_view.c: lays a table out in the columns there are, and draws it. */
#include "pgdba/console/table_view.h"

#include <string.h>

#include "pgdba/console/draw.h"

enum { GAP = 2, BAR_CELLS = 8, BAR_TEXT = 4 };

/* ---- column policy -------------------------------------------------------------------------- */

static int cell_width(const struct table_cell *c, const struct surface *s)
{
    if (c->kind == CELL_SPARK)
        return c->nspark;
    int w = surface_width(s, c->text ? c->text : "-") + (c->lead ? surface_width(s, c->lead) : 0);
    return c->kind == CELL_BAR ? BAR_CELLS + 1 + BAR_TEXT : w;
}

static int wanted_width(const struct table_model *m, const struct surface *s, int c)
{
    const struct table_column *col = &m->columns[c];
    int most = col->most > col->width ? col->most : col->width, want = col->width;
    for (int i = 0; i < m->nrows && want < most; i++) {
        if (!m->rows[i].cells)
            continue;
        int w = cell_width(&m->rows[i].cells[c], s);
        want = w > want ? w : want;
    }
    return want < most ? want : most;
}

static int total_width(const int *widths, int n)
{
    int sum = -GAP;
    for (int i = 0; i < n; i++)
        sum += widths[i] ? widths[i] + GAP : 0;
    return sum;
}

static int claimed_width(const int *widths, const int *claims, int n)
{
    int sum = total_width(widths, n);
    for (int i = 0; i < n; i++)
        if (widths[i] && claims[i] > widths[i])
            sum += claims[i] - widths[i];
    return sum;
}

static int first_to_drop(const struct table_model *m, const int *widths, int least)
{
    int found = -1;
    for (int i = 0; i < m->ncolumns; i++)
        if (widths[i] && m->columns[i].drop >= least &&
            (found < 0 || m->columns[i].drop >= m->columns[found].drop))
            found = i;
    return found;
}

/* A column at its least width is better than no column: first all shrink, then they go. What is
 * spare is dealt out a cell at a time, so that one long name does not take it all. */
static void grow(const struct table_model *m, const int *want, int spare, int *widths)
{
    for (bool again = true; again && spare > 0;) {
        again = false;
        for (int i = 0; i < m->ncolumns && spare > 0; i++) {
            if (!widths[i] || widths[i] >= want[i])
                continue;
            widths[i]++;
            spare--;
            again = true;
        }
    }
    for (int i = 0; i < m->ncolumns && spare > 0; i++) {
        if (widths[i] && m->columns[i].stretch) {
            int most = m->columns[i].most;
            int more = most > 0 && most - widths[i] < spare ? most - widths[i] : spare;
            widths[i] += more;
            spare -= more;
        }
    }
}

void table_layout(const struct table_model *m, const struct surface *s, int cols, int *widths)
{
    int want[TABLE_MAX_COLUMNS], claims[TABLE_MAX_COLUMNS], drop;
    for (int i = 0; i < m->ncolumns; i++) {
        bool hidden = m->hidden >> i & 1;
        widths[i] = hidden ? 0 : m->columns[i].width;
        want[i] = hidden ? 0 : wanted_width(m, s, i);
    }
    /* What somebody woken at night must read in full comes before what is nice to have. */
    for (int i = 0; i < m->ncolumns; i++)
        claims[i] = want[i] < m->columns[i].claim ? want[i] : m->columns[i].claim;
    while (claimed_width(widths, claims, m->ncolumns) > cols &&
           (drop = first_to_drop(m, widths, TABLE_YIELDS)) >= 0)
        widths[drop] = 0;
    while (total_width(widths, m->ncolumns) > cols && (drop = first_to_drop(m, widths, 1)) >= 0)
        widths[drop] = 0;
    grow(m, want, cols - total_width(widths, m->ncolumns), widths);
}

/* ---- drawing -------------------------------------------------------------------------------- */

static void draw_heading(const struct table_model *m, const struct table_state *t,
                         struct surface *s, struct rect r, const int *widths)
{
    int x = r.col + TABLE_MARGIN, right = r.col + r.cols;
    for (int i = 0; i < m->ncolumns; i++) {
        if (!widths[i])
            continue;
        int w = widths[i] < right - x ? widths[i] : right - x;
        const struct table_column *c = &m->columns[i];
        bool sorted = t->sort == i;
        int room = sorted && w > 1 ? w - 1 : w;
        int len = surface_width(s, c->title);
        int at = c->right && len < room ? x + room - len : x;
        int used = surface_text(s, r.row, at, room - (at - x), TR_COLUMN, c->title);
        if (sorted)
            surface_text(s, r.row, at + used, 1, TR_COLUMN, glyph(s, t->reverse ? GL_DOWN : GL_UP));
        x += widths[i] + GAP;
    }
}

static void draw_cell(const struct table_column *col, const struct table_cell *c, bool plain,
                      enum theme_role ink, struct surface *s, struct rect r)
{
    enum theme_role role = c->role == TR_TEXT || ink == TR_STALE ? ink : c->role;
    if (c->kind == CELL_SPARK) {
        draw_spark(s, r.row, r.col, r.cols, role, c->spark, c->nspark);
        return;
    }
    if (c->kind == CELL_BAR && r.cols >= BAR_TEXT + 4) {
        int bar = r.cols - BAR_TEXT - 1;
        draw_bar(s, r.row, r.col, bar, role, c->filled);
        r.col += bar + 1;
        r.cols -= bar + 1;
    }
    if (c->lead && !plain) {
        int used = surface_text(s, r.row, r.col, r.cols, TR_BORDER, c->lead);
        r.col += used;
        r.cols -= used;
    }
    if (!c->text)
        role = TR_DIM;
    const char *text = c->text ? c->text : "-";
    if (col->right || c->kind == CELL_BAR)
        draw_right(s, r.row, r.col, r.cols, role, text);
    else if (col->ends)
        surface_text_ends(s, r.row, r.col, r.cols, role, text);
    else
        surface_text(s, r.row, r.col, r.cols, role, text);
}

static void draw_sign(const struct table_row *row, struct surface *s, struct rect r)
{
    if (row->unknown && row->health == HEALTH_OK)
        surface_text(s, r.row, r.col + 1, 1, TR_UNKNOWN, glyph(s, GL_UNKNOWN));
    else if (row->health != HEALTH_OK)
        surface_text(s, r.row, r.col + 1, 1, draw_health_role(row->health),
                     glyph(s, draw_health_glyph(row->health)));
}

static void draw_row(const struct table_model *m, const struct table_state *t, int at,
                     struct surface *s, struct rect r, const int *widths)
{
    const struct table_row *row = &m->rows[at];
    const struct table_cell *cells = table_cells(m, at);
    bool plain = t->sort >= 0 || t->filter; /* rails mean nothing out of order */
    enum theme_role ink = row->stale ? TR_STALE : row->ink;
    int x = r.col + TABLE_MARGIN, right = r.col + r.cols;
    for (int i = 0; i < m->ncolumns; i++) {
        if (!widths[i])
            continue;
        int w = widths[i] < right - x ? widths[i] : right - x;
        draw_cell(&m->columns[i], &cells[i], plain, ink, s, (struct rect){r.row, x, 1, w});
        x += widths[i] + GAP;
    }
}

static void draw_empty(const struct table_model *m, const struct table_state *t, struct surface *s,
                       struct rect r)
{
    if (m->nrows > 0 && t->filter)
        surface_textf(s, r.row, r.col + TABLE_MARGIN, r.cols - TABLE_MARGIN, TR_DIM,
                      "none of %d rows contains \"%s\" (/ then Enter shows all)", m->nrows,
                      t->filter);
    else
        surface_text(s, r.row, r.col + TABLE_MARGIN, r.cols - TABLE_MARGIN, TR_DIM,
                     m->empty ? m->empty : "nothing to show");
}

/* Of a long list the rows that are shown say how wide its columns are, and enough others that it
 * does not change with every step down. */
enum { SAMPLE = 200 };

static void make_cells(const struct table_model *m, const int *order, int top, int rows, int n)
{
    for (int i = 0; i < m->nrows && i < SAMPLE; i++)
        (void)table_cells(m, i);
    for (int i = top; i < n && i < top + rows; i++)
        (void)table_cells(m, order[i]);
}

void table_draw(const struct table_model *m, const struct table_state *t, struct surface *s,
                struct rect r, bool focused)
{
    struct arena a;
    int widths[TABLE_MAX_COLUMNS] = {0}, n;
    if (r.rows < 1 || m->ncolumns > TABLE_MAX_COLUMNS)
        return;
    arena_init(&a);
    const int *order = table_order(m, t, &a, &n);
    int selected = table_selected(m, t, order, n), rows = r.rows - 1;
    int top = table_top(table_first(m, t, selected), focused ? selected : -1, n, rows);
    make_cells(m, order, top, rows, n);
    table_layout(m, s, r.cols - TABLE_MARGIN, widths);
    draw_heading(m, t, s, r, widths);
    for (int i = 0; i < rows && top + i < n; i++) {
        struct rect line = {r.row + 1 + i, r.col, 1, r.cols};
        const struct table_row *row = &m->rows[order[top + i]];
        draw_row(m, t, order[top + i], s, line, widths);
        draw_sign(row, s, line);
        if (row->marked)
            surface_text(s, line.row, line.col + 2, 1, TR_KEY, glyph(s, GL_MARK));
        if (focused && top + i == selected) {
            surface_role(s, line, TR_SELECTED);
            surface_text(s, line.row, line.col, 1, TR_SELECTED, glyph(s, GL_SELECT));
        }
    }
    if (n == 0 && rows > 0)
        draw_empty(m, t, s, (struct rect){r.row + 1, r.col, 1, r.cols});
    arena_release(&a);
}
