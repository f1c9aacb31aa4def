/*
 * wire/acting.h: what stands under our own prefix in etcd: an object a key, by anybody who may
 * write there. Pure; takes any bytes.
 */
#ifndef PGDBA_WIRE_ACTING_H
#define PGDBA_WIRE_ACTING_H

#include <stdbool.h>
#include <stddef.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/err.h"
#include "pgdba/model/acting.h"
#include "pgdba/model/facts.h"

void wire_acting_write(const struct acting *w, struct buf *out);
/* The answer to a range over the prefix -> struct acting_list, without what skip() wants left out
 * and what is no such object; at most 100. */
enum status wire_acting_read(const char *body, size_t n,
                             bool (*skip)(void *arg, const struct acting *w), void *arg,
                             struct facts **out, struct err *e);

#endif
