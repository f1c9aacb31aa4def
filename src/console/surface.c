/* surface.c: the grid of cells. Everything that reaches a terminal has passed put_cell(). */
#include "pgdba/console/surface.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pgdba/base/utf8.h"

/* ---- storage -------------------------------------------------------------------------------- */

void surface_init(struct surface *s, int rows, int cols)
{
    *s = (struct surface){.cursor_row = -1, .cursor_col = -1};
    surface_resize(s, rows, cols);
}

void surface_release(struct surface *s)
{
    free(s->cells);
    *s = (struct surface){.cursor_row = -1, .cursor_col = -1};
}

void surface_resize(struct surface *s, int rows, int cols)
{
    s->rows = rows > 0 ? rows : 0;
    s->cols = cols > 0 ? cols : 0;
    free(s->cells);
    s->cells = xcalloc((size_t)s->rows * (size_t)s->cols + 1, sizeof *s->cells);
    surface_clear(s, TR_TEXT);
}

static struct cell *cell_at(const struct surface *s, int row, int col)
{
    return &s->cells[(size_t)row * (size_t)s->cols + (size_t)col];
}

static void set_blank(struct cell *c, enum theme_role role)
{
    uint8_t ground = c->ground;
    memset(c, 0, sizeof *c); /* the whole text, so that cells compare as bytes */
    c->text[0] = ' ';
    c->width = 1;
    c->role = (uint8_t)role;
    c->ground = ground;
}

void surface_clear(struct surface *s, enum theme_role role)
{
    size_t n = (size_t)s->rows * (size_t)s->cols;
    if (n > 0) {
        s->cells[0].ground = (uint8_t)role;
        set_blank(&s->cells[0], role);
    }
    /* Each frame begins here: what is done is copied, twice as much each time. */
    for (size_t done = 1; done < n; done *= 2)
        memcpy(&s->cells[done], s->cells, (done * 2 <= n ? done : n - done) * sizeof *s->cells);
    s->cursor_row = s->cursor_col = -1;
}

/* Half a wide character cannot be drawn: the other half becomes a blank. */
static void break_wide(struct surface *s, int row, int col)
{
    struct cell *c = cell_at(s, row, col);
    if (c->width == 0 && col > 0)
        set_blank(c - 1, c[-1].role);
    if (c->width == 2 && col + 1 < s->cols)
        set_blank(c + 1, c[1].role);
}

static void put_cell(struct surface *s, int row, int col, const char *text, size_t n, int width,
                     enum theme_role role)
{
    for (int i = 0; i < width; i++)
        break_wide(s, row, col + i);
    struct cell *c = cell_at(s, row, col);
    set_blank(c, role);
    memcpy(c->text, text, n);
    c->width = (uint8_t)width;
    if (width == 2) {
        set_blank(c + 1, role);
        c[1].text[0] = 0;
        c[1].width = 0;
    }
}

/* ---- text ----------------------------------------------------------------------------------- */

/* One base character with its combining marks. */
struct grapheme {
    const char *s;
    size_t n;     /* bytes to show */
    size_t taken; /* bytes of the text it stands for */
    int width;
};

static bool is_control(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7F && cp < 0xA0);
}

static struct grapheme next_grapheme(const struct surface *s, const char *p, size_t left)
{
    uint32_t cp;
    struct grapheme g = {.s = p};
    g.taken = g.n = utf8_decode(p, left, &cp);
    g.width = utf8_cp_width(cp);
    bool replace = is_control(cp) || g.width == 0 || (s->ascii && cp >= 0x80);
    while (g.taken < left) { /* marks belong to the character before them */
        size_t k = utf8_decode(p + g.taken, left - g.taken, &cp);
        if (cp < 0x80 || utf8_cp_width(cp) != 0)
            break;
        g.taken += k;
        if (g.taken < sizeof((struct cell *)0)->text)
            g.n = g.taken;
    }
    if (replace)
        g = (struct grapheme){.s = "?", .n = 1, .taken = g.taken, .width = 1};
    else if (s->ascii)
        g.n = 1;
    return g;
}

int surface_width(const struct surface *s, const char *text)
{
    size_t left = strlen(text), plain = utf8_plain(text, left);
    int w = 0;
    if (plain == left)
        return left < INT_MAX ? (int)left : INT_MAX;
    while (left > 0) {
        struct grapheme g = next_grapheme(s, text, left);
        w += g.width;
        text += g.taken;
        left -= g.taken;
    }
    return w;
}

int surface_text(struct surface *s, int row, int col, int cols, enum theme_role role,
                 const char *text)
{
    if (row < 0 || row >= s->rows || col < 0 || col >= s->cols)
        return 0;
    if (cols > s->cols - col)
        cols = s->cols - col;
    if (cols <= 0)
        return 0;
    bool cut = surface_width(s, text) > cols;
    int room = cut ? cols - 1 : cols, used = 0;
    for (size_t left = strlen(text); left > 0;) {
        struct grapheme g = next_grapheme(s, text, left);
        if (used + g.width > room)
            break;
        put_cell(s, row, col + used, g.s, g.n, g.width, role);
        used += g.width;
        text += g.taken;
        left -= g.taken;
    }
    if (cut) {
        const char *e = glyph(s, GL_ELLIPSIS);
        put_cell(s, row, col + used, e, strlen(e), 1, role);
        used++;
    }
    return used;
}

/* A quarter of it is its beginning. */
int surface_text_ends(struct surface *s, int row, int col, int cols, enum theme_role role,
                      const char *text)
{
    int whole = surface_width(s, text), head = (cols - 1) / 4, used = 0, skip = 0;
    if (whole <= cols || cols < 8 || cols > s->cols - col)
        return surface_text(s, row, col, cols, role, text);
    for (size_t left = strlen(text); left > 0;) {
        struct grapheme g = next_grapheme(s, text, left);
        bool in_head = !skip && used + g.width <= head;
        if (!in_head && !skip) {
            used += surface_text(s, row, col + used, 1, role, glyph(s, GL_ELLIPSIS));
            skip = whole - used + 1 - (cols - used);
        }
        if (in_head || skip <= 0) {
            put_cell(s, row, col + used, g.s, g.n, g.width, role);
            used += g.width;
        } else {
            skip -= g.width;
            skip = skip > 0 ? skip : -1;
        }
        text += g.taken;
        left -= g.taken;
    }
    return used;
}

int surface_textf(struct surface *s, int row, int col, int cols, enum theme_role role,
                  const char *fmt, ...)
{
    struct buf b;
    va_list ap;
    buf_init(&b);
    va_start(ap, fmt);
    buf_vaddf(&b, fmt, ap);
    va_end(ap);
    int used = surface_text(s, row, col, cols, role, b.s);
    buf_release(&b);
    return used;
}

/* ---- areas ---------------------------------------------------------------------------------- */

static struct rect clip(const struct surface *s, struct rect r)
{
    if (r.row < 0) {
        r.rows += r.row;
        r.row = 0;
    }
    if (r.col < 0) {
        r.cols += r.col;
        r.col = 0;
    }
    if (r.rows > s->rows - r.row)
        r.rows = s->rows - r.row;
    if (r.cols > s->cols - r.col)
        r.cols = s->cols - r.col;
    return r;
}

void surface_fill(struct surface *s, struct rect r, enum theme_role role)
{
    r = clip(s, r);
    for (int y = r.row; y < r.row + r.rows; y++) {
        for (int x = r.col; x < r.col + r.cols; x++) {
            put_cell(s, y, x, " ", 1, 1, role);
            cell_at(s, y, x)->ground = (uint8_t)role;
        }
    }
}

void surface_attr(struct surface *s, struct rect r, unsigned attrs)
{
    r = clip(s, r);
    for (int y = r.row; y < r.row + r.rows; y++)
        for (int x = r.col; x < r.col + r.cols; x++)
            cell_at(s, y, x)->attrs |= (uint8_t)attrs;
}

void surface_role(struct surface *s, struct rect r, enum theme_role role)
{
    r = clip(s, r);
    for (int y = r.row; y < r.row + r.rows; y++)
        for (int x = r.col; x < r.col + r.cols; x++)
            cell_at(s, y, x)->role = (uint8_t)role;
}

void surface_hline(struct surface *s, int row, int col, int cols, enum theme_role role)
{
    const char *line = glyph(s, GL_HLINE);
    size_t n = strlen(line);
    if (row < 0 || row >= s->rows)
        return;
    for (int x = col < 0 ? 0 : col; x < col + cols && x < s->cols; x++)
        put_cell(s, row, x, line, n, 1, role);
}

void surface_box(struct surface *s, struct rect r, enum theme_role role)
{
    if (r.rows < 2 || r.cols < 2)
        return;
    int bottom = r.row + r.rows - 1, right = r.col + r.cols - 1;
    surface_hline(s, r.row, r.col + 1, r.cols - 2, role);
    surface_hline(s, bottom, r.col + 1, r.cols - 2, role);
    for (int y = r.row + 1; y < bottom; y++) {
        surface_text(s, y, r.col, 1, role, glyph(s, GL_VLINE));
        surface_text(s, y, right, 1, role, glyph(s, GL_VLINE));
    }
    surface_text(s, r.row, r.col, 1, role, glyph(s, GL_TL));
    surface_text(s, r.row, right, 1, role, glyph(s, GL_TR));
    surface_text(s, bottom, r.col, 1, role, glyph(s, GL_BL));
    surface_text(s, bottom, right, 1, role, glyph(s, GL_BR));
}

/* ---- for goldens ---------------------------------------------------------------------------- */

static void dump_text_row(const struct surface *s, int row, struct buf *out)
{
    size_t start = out->len, end = start;
    for (int x = 0; x < s->cols; x++) {
        const char *t = cell_at(s, row, x)->text;
        buf_puts(out, t);
        if (*t && strcmp(t, " ") != 0)
            end = out->len;
    }
    buf_truncate(out, end);
    buf_putc(out, '\n');
}

static bool looks_same(const struct cell *a, const struct cell *b)
{
    return a->role == b->role && a->attrs == b->attrs && a->ground == b->ground;
}

static void dump_role_row(const struct surface *s, int row, struct buf *out)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {{ATTR_BOLD, "bold"},
                 {ATTR_DIM, "dim"},
                 {ATTR_REVERSE, "reverse"},
                 {ATTR_UNDERLINE, "underline"},
                 {ATTR_ITALIC, "italic"}};
    buf_addf(out, "%d:", row);
    for (int x = 0, end; x < s->cols; x = end) {
        const struct cell *c = cell_at(s, row, x);
        for (end = x + 1; end < s->cols; end++)
            if (!looks_same(cell_at(s, row, end), c))
                break;
        buf_addf(out, " %d-%d %s", x, end - 1, theme_role_name((enum theme_role)c->role));
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (c->attrs & names[i].bit)
                buf_addf(out, "+%s", names[i].name);
        if (c->ground != TR_TEXT && c->ground != c->role)
            buf_addf(out, "@%s", theme_role_name((enum theme_role)c->ground));
    }
    buf_putc(out, '\n');
}

void surface_dump(const struct surface *s, bool roles, struct buf *out)
{
    for (int y = 0; y < s->rows; y++)
        dump_text_row(s, y, out);
    if (s->cursor_row >= 0)
        buf_addf(out, "cursor: %d,%d\n", s->cursor_row, s->cursor_col);
    for (int y = 0; roles && y < s->rows; y++)
        dump_role_row(s, y, out);
}
