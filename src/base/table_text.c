/* table_text.c: a table as lines. */
#include "pgdba/base/table.h"

#include <stdbool.h>
#include <string.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/utf8.h"

enum { GAP = 2 };

struct column {
    int width;
    bool number; /* every value looks like one */
};

static const char *shown(const struct table *t, int row, int col)
{
    const char *v = table_get(t, row, col);

    return v ? v : "(null)";
}

static bool is_number(const char *v)
{
    return v && *v && strspn(v, "+-.0123456789eE") == strlen(v) && strpbrk(v, "0123456789");
}

static struct column measure(const struct table *t, int col)
{
    struct column c = {.width = utf8_width(t->cols[col]), .number = t->nrows > 0};

    for (int row = 0; row < t->nrows; row++) {
        int w = utf8_width(shown(t, row, col));

        c.width = w > c.width ? w : c.width;
        c.number = c.number && (!table_get(t, row, col) || is_number(table_get(t, row, col)));
    }
    return c;
}

static void pad(struct buf *out, int n)
{
    while (n-- > 0)
        buf_putc(out, ' ');
}

static void put(struct buf *out, const struct column *c, const char *text, bool last)
{
    int blanks = c->width - utf8_width(text);

    if (c->number)
        pad(out, blanks);
    buf_puts(out, text);
    if (!c->number && !last)
        pad(out, blanks);
    if (!last)
        pad(out, GAP);
}

static void side_by_side(const struct table *t, const struct column *c, struct buf *out)
{
    for (int col = 0; col < t->ncols; col++)
        put(out, &c[col], t->cols[col], col == t->ncols - 1);
    buf_putc(out, '\n');
    for (int row = 0; row < t->nrows; row++) {
        for (int col = 0; col < t->ncols; col++)
            put(out, &c[col], shown(t, row, col), col == t->ncols - 1);
        buf_putc(out, '\n');
    }
}

static void one_below_the_other(const struct table *t, struct buf *out)
{
    struct column name = {0};

    for (int col = 0; col < t->ncols; col++) {
        int w = utf8_width(t->cols[col]);

        name.width = w > name.width ? w : name.width;
    }
    for (int row = 0; row < t->nrows; row++) {
        buf_addf(out, "-- %d\n", row + 1);
        for (int col = 0; col < t->ncols; col++) {
            put(out, &name, t->cols[col], false);
            buf_addf(out, "%s\n", shown(t, row, col));
        }
    }
}

/* *width: of all of them side by side. */
static struct column *measure_all(const struct table *t, struct arena *a, int *width)
{
    struct column *c = arena_array(a, (size_t)t->ncols, struct column);

    *width = 0;
    for (int col = 0; col < t->ncols; col++) {
        c[col] = measure(t, col);
        *width += c[col].width + (col ? GAP : 0);
    }
    return c;
}

int table_width(const struct table *t)
{
    struct arena a;
    int width;

    arena_init(&a);
    (void)measure_all(t, &a, &width);
    arena_release(&a);
    return width;
}

void table_write(const struct table *t, int cols, struct buf *out)
{
    struct arena a;
    const struct column *c;
    int width;

    if (t->ncols == 0)
        return;
    arena_init(&a);
    c = measure_all(t, &a, &width);
    if (cols > 0 && width > cols && t->nrows > 0)
        one_below_the_other(t, out);
    else
        side_by_side(t, c, out);
    arena_release(&a);
}
