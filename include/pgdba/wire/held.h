/*
 * wire/held.h: what is to be taken back on a PgBouncer, as a file has it: one JSON object. Pure;
 * takes any bytes.
 */
#ifndef PGDBA_WIRE_HELD_H
#define PGDBA_WIRE_HELD_H

#include <stdbool.h>
#include <stddef.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/buf.h"
#include "pgdba/model/held.h"

void wire_held_write(const struct held *h, struct buf *out);
/* False for what is no such object. Texts in the arena, as they were written: they are commands'
 * arguments. */
bool wire_held_read(const char *s, size_t n, struct arena *a, struct held *out);

#endif
