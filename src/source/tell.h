/*
 * tell.h: handing an observation on. Private to source/.
 */
#ifndef PGDBA_SOURCE_TELL_H
#define PGDBA_SOURCE_TELL_H

#include "pgdba/base/buf.h"
#include "pgdba/source/source.h"

/* Emits o as of now: its times are filled in, and what is NULL becomes "". */
void source_tell(const struct source_ctx *ctx, struct observation o);
/* The same with a body (NULL none), for what is not HTTP. */
void source_tell_body(const struct source_ctx *ctx, struct observation o, const struct buf *body);

#endif
