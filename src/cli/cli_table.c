#include <string.h>

#include "cli_private.h"
#include "pgdba/base/utf8.h"

void cli_table_init(struct cli_table *t, struct arena *a, int ncols, const char *const *heads)
{
    *t = (struct cli_table){.arena = a, .ncols = ncols, .heads = heads};
}

void cli_table_row(struct cli_table *t, const char *const *cells)
{
    if (t->nrows == t->cap) {
        int cap = t->cap ? t->cap * 2 : 8;
        const char **more = arena_array(t->arena, (size_t)cap * (size_t)t->ncols, const char *);
        if (t->nrows)
            memcpy(more, t->cells, (size_t)t->nrows * (size_t)t->ncols * sizeof *more);
        t->cells = more;
        t->cap = cap;
    }
    for (int i = 0; i < t->ncols; i++)
        t->cells[t->nrows * t->ncols + i] = cells[i] ? cells[i] : "-";
    t->nrows++;
}

static void print_row(const struct cli_table *t, const char *const *cells, const int *widths,
                      FILE *out)
{
    for (int i = 0; i < t->ncols; i++) {
        const char *s = cells[i];
        bool right = t->heads[i][0] == '>';
        if (cells == t->heads && right)
            s++;
        int pad = widths[i] - utf8_width(s);
        if (i)
            fputs("  ", out);
        if (right)
            fprintf(out, "%*s%s", pad, "", s);
        else if (i == t->ncols - 1)
            fputs(s, out);
        else
            fprintf(out, "%s%*s", s, pad, "");
    }
    fputc('\n', out);
}

void cli_table_print(const struct cli_table *t, FILE *out)
{
    int *widths = arena_array(t->arena, (size_t)t->ncols, int);
    for (int i = 0; i < t->ncols; i++) {
        widths[i] = utf8_width(t->heads[i]) - (t->heads[i][0] == '>');
        for (int r = 0; r < t->nrows; r++) {
            int w = utf8_width(t->cells[r * t->ncols + i]);
            if (w > widths[i])
                widths[i] = w;
        }
    }
    print_row(t, t->heads, widths, out);
    for (int r = 0; r < t->nrows; r++)
        print_row(t, t->cells + (size_t)r * (size_t)t->ncols, widths, out);
}
