/*
 * pgb_sets.h: what each version of PgBouncer answers to each SHOW: tests/fixtures/pgbouncer/1.16 to
 * 1.25, written as psql prints it, so that an answer of a real one can be put there. Columns and
 * their order are those of the version.
 */
#ifndef PGDBA_TESTS_PGB_SETS_H
#define PGDBA_TESTS_PGB_SETS_H

#include "pgdba/base/arena.h"
#include "pgdba/base/table.h"

enum { PGB_SETS_FIRST = 16, PGB_SETS_LAST = 25 }; /* 1.16, 1.25 */

/* "POOLS" of 1.<minor>, in the arena; NULL when that version knows no such SHOW. Fails the test
 * when the file cannot be read. */
struct table *pgb_set(struct arena *a, int minor, const char *show);

/* The value of a column in row r, to be changed; fails the test when there is no such column. */
const char **pgb_cell(struct table *t, int r, const char *column);

#endif
