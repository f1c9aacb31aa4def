/* result_text.c: what was asked for, as a document. */
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/console/view.h"

/* More than anybody reads in a box; every draw lays them out anew. */
enum { ROWS_SHOWN = 500 };

static void write_lines(const char *text, struct doc *d)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        doc_line(d, 0);
        doc_span(d, TR_DIALOG, arena_strndup(d->arena, text, n));
        text += n + (text[n] == '\n');
    }
}

static void write_records(const struct table *t, struct doc *d)
{
    for (int row = 0; row < t->nrows; row++) {
        doc_gap(d);
        doc_textf(d, 0, TR_DIM, "row %d", row + 1);
        for (int col = 0; col < t->ncols; col++) {
            const char *v = table_get(t, row, col);
            doc_item(d, 2, 26, TR_DIM, t->cols[col], v ? TR_DIALOG : TR_DIM, v ? v : "(null)");
        }
    }
}

static void write_table(const struct table *all, struct doc *d)
{
    struct table t = *all;
    struct buf b;
    if (t.nrows > ROWS_SHOWN)
        t.nrows = ROWS_SHOWN;
    if (table_width(&t) > d->width && t.nrows > 0) {
        write_records(&t, d);
    } else {
        buf_init(&b);
        table_write(&t, 0, &b);
        write_lines(b.s, d);
        buf_release(&b);
    }
    if (t.nrows < all->nrows)
        doc_textf(d, 0, TR_WARN, "%d more rows are not shown here; the shell command shows all",
                  all->nrows - t.nrows);
}

void result_write(const struct result *r, struct doc *d)
{
    if (r->table)
        write_table(r->table, d);
    if (r->lines)
        doc_text(d, 0, TR_DIALOG, r->lines); /* a line that is too long is wrapped, never cut */
    if (r->note && *r->note) {
        doc_gap(d);
        doc_text(d, 0, TR_DIM, r->note);
    }
}
