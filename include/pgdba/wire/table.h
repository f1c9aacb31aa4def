/*
 * wire/table.h: a table as bytes: {"columns":[...],"rows":[[...],...],"tag":"SHOW"}, so that what a
 * SQL-speaking source said can be recorded and replayed like any other body.
 */
#ifndef PGDBA_WIRE_TABLE_H
#define PGDBA_WIRE_TABLE_H

#include "pgdba/base/arena.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/err.h"
#include "pgdba/base/table.h"

void wire_table_encode(const struct table *t, struct buf *out);
enum status wire_table_decode(const char *body, size_t n, struct arena *a, struct table **out,
                              struct err *e);

#endif
