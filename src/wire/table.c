#include "pgdba/wire/table.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "table_quick.h"

#include "pgdba/base/utf8.h"

/* Nearly every text stands in JSON as it is. */
static void put_cell(struct buf *out, const char *s)
{
    size_t n = s ? strlen(s) : 0;
    if (!s) {
        buf_puts(out, "null");
        return;
    }
    if (utf8_plain(s, n) == n && !memchr(s, '"', n) && !memchr(s, '\\', n)) {
        buf_putc(out, '"');
        buf_add(out, s, n);
        buf_putc(out, '"');
        return;
    }
    json_t *j = wire_json_string(s, n);
    char *text = json_dumps(j, JSON_ENCODE_ANY | JSON_COMPACT);
    json_decref(j);
    if (!text)
        abort();
    buf_puts(out, text);
    free(text);
}

static void put_list(struct buf *out, const char *const *v, int n)
{
    buf_putc(out, '[');
    for (int i = 0; i < n; i++) {
        if (i)
            buf_putc(out, ',');
        put_cell(out, v[i]);
    }
    buf_putc(out, ']');
}

void wire_table_encode(const struct table *t, struct buf *out)
{
    buf_puts(out, "{\"columns\":");
    put_list(out, t->cols, t->ncols);
    buf_puts(out, ",\"rows\":[");
    for (int r = 0; r < t->nrows; r++) {
        if (r)
            buf_putc(out, ',');
        put_list(out, t->cells + (size_t)r * (size_t)t->ncols, t->ncols);
    }
    buf_puts(out, "],\"tag\":");
    put_cell(out, t->tag ? t->tag : "");
    buf_putc(out, '}');
}

/* Every row must be as long as the header: otherwise a few bytes of short rows could ask for
 * terabytes of cells. */
static enum status check_rows(const json_t *rows, size_t ncols, struct err *e)
{
    for (size_t r = 0; r < json_array_size(rows); r++) {
        const json_t *row = json_array_get(rows, r);
        if (!json_is_array(row))
            return err_set(e, ST_INVALID, "row %zu of the table is not a list", r + 1);
        if (json_array_size(row) != ncols)
            return err_set(e, ST_INVALID, "row %zu of the table has %zu values for %zu columns",
                           r + 1, json_array_size(row), ncols);
    }
    return ST_OK;
}

static void read_row(const json_t *row, int r, struct arena *a, struct table *t)
{
    const char **cells = t->cells + (size_t)r * (size_t)t->ncols;
    for (int c = 0; c < t->ncols; c++)
        cells[c] = wire_json_scalar(a, json_array_get(row, (size_t)c));
}

static enum status read_table(const json_t *o, struct arena *a, struct table **out, struct err *e)
{
    const json_t *cols = json_object_get(o, "columns"), *rows = json_object_get(o, "rows");
    enum status st = wire_json_expect(o, JSON_OBJECT, "a table: an object with \"columns\"", e);
    if (!st)
        st = wire_json_expect(cols, JSON_ARRAY, "a list in \"columns\"", e);
    if (!st)
        st = wire_json_expect(rows, JSON_ARRAY, "a list in \"rows\"", e);
    if (!st && (json_array_size(cols) > INT_MAX || json_array_size(rows) > INT_MAX))
        st = err_set(e, ST_INVALID, "absurd: a table of %zu rows", json_array_size(rows));
    if (!st)
        st = check_rows(rows, json_array_size(cols), e);
    if (st)
        return st;
    struct table *t = table_new(a, (int)json_array_size(cols), (int)json_array_size(rows));
    for (int c = 0; c < t->ncols; c++) {
        t->cols[c] = wire_json_text(a, json_array_get(cols, (size_t)c));
        if (!t->cols[c])
            return err_set(e, ST_INVALID, "column %d of the table has no name", c + 1);
    }
    for (int r = 0; r < t->nrows; r++)
        read_row(json_array_get(rows, (size_t)r), r, a, t);
    const char *tag = wire_get_text(a, o, "tag");
    t->tag = tag ? tag : "";
    *out = t;
    return ST_OK;
}

enum status wire_table_decode(const char *body, size_t n, struct arena *a, struct table **out,
                              struct err *e)
{
    *out = table_quick_read(body, n, WIRE_MAX_CELLS, a);
    if (*out)
        return ST_OK;
    json_t *j = wire_json_load(body, n, WIRE_MAX_CELLS, e);
    if (!j)
        return ST_INVALID;
    enum status st = read_table(j, a, out, e);
    json_decref(j);
    return st;
}
