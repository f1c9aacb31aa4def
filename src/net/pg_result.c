/*
 * net/pg_result.c: rows as they come, one by one, so that too many can be refused before they fill
 * the memory.
 */
#include <stdlib.h>
#include <string.h>

#include "pg_priv.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/table.h"

enum { ROWS_MAX = 100000, BYTES_MAX = 8 * 1024 * 1024 };

void pg_rows_init(struct pg_rows *r)
{
    *r = (struct pg_rows){0};
    arena_init(&r->arena);
}

void pg_rows_release(struct pg_rows *r)
{
    arena_release(&r->arena);
    free(r->cells);
    *r = (struct pg_rows){0};
    arena_init(&r->arena);
}

static void rows_open(struct pg_rows *r, const PGresult *res)
{
    int ncols = PQnfields(res);

    r->table = table_new(&r->arena, ncols, 0);
    for (int i = 0; i < ncols; i++)
        r->table->cols[i] = arena_strdup(&r->arena, PQfname(res, i));
    r->ncells = 0;
    r->open = true;
}

static void cell_add(struct pg_rows *r, const char *value)
{
    if (r->ncells == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 64;
        r->cells = xrealloc(r->cells, r->cap * sizeof *r->cells);
    }
    r->cells[r->ncells++] = value;
}

static bool rows_add(struct pg_rows *r, const PGresult *res, int row)
{
    if (++r->table->nrows > ROWS_MAX)
        return false;
    for (int i = 0; i < r->table->ncols; i++) {
        bool null = PQgetisnull(res, row, i);
        size_t n = null ? 0 : (size_t)PQgetlength(res, row, i);

        r->bytes += n + sizeof(char *);
        if (r->bytes > BYTES_MAX)
            return false;
        cell_add(r, null ? NULL : arena_strndup(&r->arena, PQgetvalue(res, row, i), n));
    }
    return true;
}

static bool rows_take_tuples(struct pg_rows *r, const PGresult *res, const char **why)
{
    if (!r->open)
        rows_open(r, res);
    for (int row = 0; row < PQntuples(res); row++)
        if (!rows_add(r, res, row)) {
            *why = "the answer is over 100,000 rows or 8 MiB";
            return false;
        }
    return true;
}

static void rows_take_tag(struct pg_rows *r, const PGresult *res)
{
    if (!r->table)
        r->table = table_new(&r->arena, 0, 0);
    r->table->tag = arena_strdup(&r->arena, PQcmdStatus((PGresult *)res));
    r->open = false;
}

static void rows_take_error(struct pg_rows *r, const PGresult *res)
{
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    char *line;

    if (r->message) /* the first is the cause */
        return;
    if (state && strlen(state) < sizeof r->sqlstate)
        memcpy(r->sqlstate, state, strlen(state) + 1);
    line = pg_first_line(text ? text : PQresultErrorMessage(res));
    r->message = arena_strdup(&r->arena, line);
    free(line);
}

bool pg_rows_take(struct pg_rows *r, const PGresult *res, const char **why)
{
    switch (PQresultStatus(res)) {
    case PGRES_SINGLE_TUPLE:
        return rows_take_tuples(r, res, why);
    case PGRES_TUPLES_OK:
        if (!rows_take_tuples(r, res, why))
            return false;
        rows_take_tag(r, res);
        return true;
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
        rows_take_tag(r, res);
        return true;
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
        rows_take_error(r, res);
        return true;
    case PGRES_NONFATAL_ERROR:
        return true;
    default:
        *why = "the server wants to copy data, which nobody asked for";
        return false;
    }
}

struct table *pg_rows_table(struct pg_rows *r)
{
    if (r->table && r->ncells > 0)
        r->table->cells = arena_memdup(&r->arena, r->cells, r->ncells * sizeof *r->cells);
    return r->table;
}
