#include "pgbouncer_rows.h"

#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/utf8.h"
#include "pgdba/model/pgbouncer.h"

const char pgb_console_db[] = "pgbouncer";

enum status pgb_table_check(const struct table *t, const char *what, const char *const *keys,
                            size_t nkeys, struct err *e)
{
    for (size_t i = 0; i < nkeys; i++)
        if (table_col(t, keys[i]) < 0)
            return err_set(e, ST_INVALID, "%s has no column \"%s\"", what, keys[i]);
    if (t->nrows > PGB_MAX_ROWS)
        return err_set(e, ST_INVALID, "absurd: %s has %d rows, at most %d are believed", what,
                       t->nrows, PGB_MAX_ROWS);
    int name = table_col(t, keys[0]);
    for (int r = 0; r < t->nrows; r++)
        if (!table_get(t, r, name))
            return err_set(e, ST_INVALID, "row %d of %s has no %s", r + 1, what, keys[0]);
    return ST_OK;
}

static int64_t count_of(const char *s)
{
    int64_t v;
    return s && fmt_parse_int(s, &v) && v >= 0 ? v : -1;
}

enum status pgb_flag_check(const struct table *t, const char *what, const char *column,
                           struct err *e)
{
    int col = table_col(t, column);
    if (col < 0)
        return err_set(e, ST_INVALID, "%s has no column \"%s\"", what, column);
    for (int r = 0; r < t->nrows; r++)
        if (count_of(table_get(t, r, col)) < 0)
            return err_set(e, ST_INVALID, "row %d of %s does not say whether it is \"%s\"", r + 1,
                           what, column);
    return ST_OK;
}

static int64_t span_of(const char *seconds, const char *rest)
{
    int64_t s = count_of(seconds), us = count_of(rest), sum;
    if (s < 0 || __builtin_mul_overflow(s, USEC_PER_SEC, &sum) ||
        __builtin_add_overflow(sum, us < 0 ? 0 : us, &sum))
        return -1;
    return sum;
}

static enum tristate yes_no(const char *s)
{
    if (s && strcmp(s, "yes") == 0)
        return TRI_YES;
    return s && strcmp(s, "no") == 0 ? TRI_NO : TRI_UNKNOWN;
}

static const char *text_of(struct arena *a, enum pgb_field_kind kind, const char *s)
{
    if (!s || (kind != PGB_TEXT && !*s) || (kind == PGB_ADDRESS && strncmp(s, "unix", 4) == 0))
        return NULL;
    return utf8_clean(a, s, strlen(s));
}

static void set_field(struct arena *a, const struct pgb_field *f, const char *s, const char *beside,
                      char *row)
{
    switch (f->kind) {
    case PGB_TEXT:
    case PGB_WORD:
    case PGB_ADDRESS:
        *(const char **)(void *)(row + f->at) = text_of(a, f->kind, s);
        break;
    case PGB_COUNT:
        *(int64_t *)(void *)(row + f->at) = count_of(s);
        break;
    case PGB_FLAG:
        *(bool *)(row + f->at) = count_of(s) > 0;
        break;
    case PGB_YES_NO:
        *(enum tristate *)(void *)(row + f->at) = yes_no(s);
        break;
    case PGB_SPAN:
        *(int64_t *)(void *)(row + f->at) = span_of(s, beside);
        break;
    case PGB_FIELD_KINDS:
        break;
    }
}

enum status pgb_rows_read(const struct table *t, const struct pgb_shape *s, struct pgb_rows *out,
                          struct err *e)
{
    enum status st = pgb_table_check(t, s->what, s->keys, s->nkeys, e);
    for (size_t i = 0; !st && i < s->nfields; i++)
        if (s->fields[i].kind == PGB_FLAG)
            st = pgb_flag_check(t, s->what, s->fields[i].column, e);
    if (st)
        return st;
    struct facts *facts = facts_new();
    struct arena *a = &facts->arena;
    int *at = arena_array(a, s->nfields * 2, int);
    for (size_t i = 0; i < s->nfields; i++) {
        at[i] = table_col(t, s->fields[i].column);
        at[s->nfields + i] = s->fields[i].beside ? table_col(t, s->fields[i].beside) : -1;
    }
    int console = s->console ? table_col(t, s->console) : -1;
    char *v = arena_calloc(a, (size_t)t->nrows, s->size);
    *out = (struct pgb_rows){.facts = facts, .v = v};
    for (int r = 0; r < t->nrows; r++) {
        const char *of = table_get(t, r, console);
        if (of && strcmp(of, pgb_console_db) == 0)
            continue;
        char *row = v + (size_t)out->n++ * s->size;
        for (size_t i = 0; i < s->nfields; i++)
            set_field(a, &s->fields[i], table_get(t, r, at[i]), table_get(t, r, at[s->nfields + i]),
                      row);
    }
    return ST_OK;
}
