/*
 * wire/pgbouncer_rows.h (private): rows of PgBouncer's console into structs, by a list of which
 * column goes where. Columns are looked up once a table, for lists have thousands of rows.
 */
#ifndef PGDBA_WIRE_PGBOUNCER_ROWS_H
#define PGDBA_WIRE_PGBOUNCER_ROWS_H

#include "pgdba/base/err.h"
#include "pgdba/base/table.h"
#include "pgdba/model/facts.h"

enum { PGB_MAX_ROWS = 100000 }; /* databases x users of one bouncer; more is absurd */

enum pgb_field_kind {
    PGB_TEXT,    /* const char *; NULL when the version has no such column, or SQL NULL */
    PGB_WORD,    /* the same, and the empty text is NULL too */
    PGB_ADDRESS, /* the same, NULL for a socket of the file system */
    PGB_COUNT,   /* int64_t; -1 when the version has no such column, or it is not a count */
    PGB_FLAG,    /* bool: a count above 0; must be said, for "not said" would look like "no" */
    PGB_YES_NO,  /* enum tristate */
    PGB_SPAN,    /* int64_t µs: whole seconds, and the rest in the column beside */
    PGB_FIELD_KINDS
};

struct pgb_field {
    const char *column;
    const char *beside; /* PGB_SPAN: the µs; NULL else */
    enum pgb_field_kind kind;
    size_t at; /* offset in the row's struct */
};

struct pgb_shape {
    const char *what;        /* "SHOW USERS" */
    const char *const *keys; /* columns that must be there; the first is never NULL */
    const char *console;     /* column by which the console's own rows are told; NULL none */
    const struct pgb_field *fields;
    size_t nkeys, nfields, size; /* size: of the row's struct */
};

struct pgb_rows {
    struct facts *facts; /* one reference, the caller's; root is still to be set */
    int n;
    void *v;
};

/* ST_INVALID without the key columns, with a row that has no name, or with too many rows. */
enum status pgb_table_check(const struct table *t, const char *what, const char *const *keys,
                            size_t nkeys, struct err *e);
/* ST_INVALID when a flag is not said in every row: it must not be taken for one that is not set. */
enum status pgb_flag_check(const struct table *t, const char *what, const char *column,
                           struct err *e);
enum status pgb_rows_read(const struct table *t, const struct pgb_shape *s, struct pgb_rows *out,
                          struct err *e);

/* The console's own database: its rows say nothing about the service. */
extern const char pgb_console_db[];

#endif
