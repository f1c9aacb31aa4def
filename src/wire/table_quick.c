/* Only what wire_table_encode() writes is understood here; the rest is left to json.c. */
#include "table_quick.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"

#include "pgdba/base/buf.h"
#include "pgdba/base/utf8.h"

/* A copy of the body: plain texts end where their closing quote stood, and are not copied again. */
struct reader {
    char *at, *end;
    struct arena *arena;
    const char **cells;
    size_t n, cap, max;
};

static bool eat(struct reader *r, const char *words)
{
    size_t n = strlen(words);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, words, n) != 0)
        return false;
    r->at += n;
    return true;
}

/* With escapes or beyond ASCII: as JSON, alone. */
static const char *read_rich(struct reader *r, char *quote)
{
    char *p = quote + 1;
    while (p < r->end && *p != '"')
        p += *p == '\\' && p + 1 < r->end ? 2 : 1;
    if (p >= r->end)
        return NULL;
    json_t *j = json_loadb(quote, (size_t)(p - quote) + 1, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    const char *text = wire_json_text(r->arena, j);
    json_decref(j);
    r->at = p + 1;
    return text;
}

static const char *read_text(struct reader *r)
{
    char *quote = r->at, *p = quote + 1;
    if (!eat(r, "\""))
        return NULL;
    while (p < r->end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20 &&
           (unsigned char)*p < 0x7F)
        p++;
    if (p >= r->end || *p != '"')
        return read_rich(r, quote);
    *p = '\0';
    r->at = p + 1;
    return quote + 1;
}

static bool keep(struct reader *r, const char *cell)
{
    if (r->n == r->max)
        return false;
    if (r->n == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 256;
        r->cells = xrealloc(r->cells, r->cap * sizeof *r->cells);
    }
    r->cells[r->n++] = cell;
    return true;
}

static bool read_cell(struct reader *r, bool null, const char **out)
{
    *out = NULL;
    if (null && eat(r, "null"))
        return true;
    *out = read_text(r);
    return *out != NULL;
}

/* What stands in a list, up to its end. */
static bool read_list(struct reader *r, bool null)
{
    if (!eat(r, "["))
        return false;
    if (eat(r, "]"))
        return true;
    do {
        const char *cell;
        if (!read_cell(r, null, &cell) || !keep(r, cell))
            return false;
    } while (eat(r, ","));
    return eat(r, "]");
}

static bool read_rows(struct reader *r, size_t ncols, size_t *rows)
{
    *rows = 0;
    if (!eat(r, "["))
        return false;
    if (eat(r, "]"))
        return true;
    do {
        size_t before = r->n;
        if (!read_list(r, true) || r->n - before != ncols)
            return false;
        ++*rows;
    } while (eat(r, ","));
    return eat(r, "]");
}

static bool read_all(struct reader *r, struct table **out)
{
    size_t rows;
    const char *tag;
    if (!eat(r, "{\"columns\":") || !read_list(r, false))
        return false;
    size_t ncols = r->n;
    if (ncols == 0 || !eat(r, ",\"rows\":") || !read_rows(r, ncols, &rows) ||
        !eat(r, ",\"tag\":") || !(tag = read_text(r)) || !eat(r, "}") || r->at != r->end)
        return false;
    struct table *t = arena_new(r->arena, struct table);
    t->ncols = (int)ncols;
    t->nrows = (int)rows;
    t->cols = arena_memdup(r->arena, r->cells, ncols * sizeof *t->cols);
    t->cells = arena_memdup(r->arena, r->cells + ncols, (r->n - ncols) * sizeof *t->cells);
    t->tag = tag;
    *out = t;
    return true;
}

struct table *table_quick_read(const char *body, size_t n, size_t max_cells, struct arena *a)
{
    struct table *t = NULL;
    if (!body || n == 0)
        return NULL;
    struct reader r = {.at = arena_memdup(a, body, n), .arena = a, .max = max_cells};
    r.end = r.at + n;
    bool ok = read_all(&r, &t);
    free(r.cells);
    return ok ? t : NULL;
}
