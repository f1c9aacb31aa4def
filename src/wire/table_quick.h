/*
 * wire/table_quick.h (private): reads a table as wire_table_encode() writes it, without a tree of
 * JSON between: a list of five thousand clients is a hundred thousand cells, on the event loop.
 */
#ifndef PGDBA_WIRE_TABLE_QUICK_PRIVATE_H
#define PGDBA_WIRE_TABLE_QUICK_PRIVATE_H

#include "pgdba/base/arena.h"
#include "pgdba/base/table.h"

/* In the arena; NULL when it is written in any other way, whatever is wrong or right with it, or
 * has more than max_cells: that is for who reads JSON to say. */
struct table *table_quick_read(const char *body, size_t n, size_t max_cells, struct arena *a);

#endif
