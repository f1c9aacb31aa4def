#include "pgb_sets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/base/buf.h"

static char *text_of(struct arena *a, int minor)
{
    const char *path = arena_printf(a, "%s/tests/fixtures/pgbouncer/1.%d", TOP_SRCDIR, minor);
    FILE *f = fopen(path, "r");
    struct buf b;
    char piece[4096];
    size_t n;
    if (!f)
        fail_msg("cannot read %s", path);
    buf_init(&b);
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        buf_add(&b, piece, n);
    fclose(f);
    char *text = arena_strndup(a, b.s, b.len);
    buf_release(&b);
    return text;
}

static int lines_of(const char *s)
{
    int n = 0;
    for (; *s && *s != '\n'; n++) {
        s += strcspn(s, "\n");
        s += *s == '\n';
    }
    return n;
}

static int fields_of(const char *line)
{
    int n = 1;
    for (; *line && *line != '\n'; line++)
        n += *line == '|';
    return n;
}

/* The fields of one line; what comes after it. */
static const char *split(struct arena *a, const char *line, const char **out, int n)
{
    assert_int_equal(fields_of(line), n);
    for (int i = 0; i < n; i++) {
        size_t len = strcspn(line, "|\n");
        out[i] = len == 1 && *line == '~' ? NULL : arena_strndup(a, line, len);
        line += len + (line[len] != '\0');
    }
    return line;
}

struct table *pgb_set(struct arena *a, int minor, const char *show)
{
    const char *text = text_of(a, minor);
    const char *head = arena_printf(a, "\nSHOW %s\n", show);
    const char *at = strstr(text, head);
    if (!at)
        return NULL;
    at += strlen(head);
    struct table *t = table_new(a, fields_of(at), lines_of(at) - 1);
    t->tag = "SHOW";
    at = split(a, at, t->cols, t->ncols);
    for (int r = 0; r < t->nrows; r++)
        at = split(a, at, t->cells + (size_t)r * (size_t)t->ncols, t->ncols);
    return t;
}

const char **pgb_cell(struct table *t, int r, const char *column)
{
    int c = table_col(t, column);
    if (c < 0 || r >= t->nrows)
        fail_msg("no column %s in row %d", column, r);
    return &t->cells[(size_t)r * (size_t)t->ncols + (size_t)c];
}
