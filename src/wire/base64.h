/* wire/base64.h (private): the standard alphabet, padded, as JSON carries bytes. */
#ifndef PGDBA_WIRE_BASE64_PRIVATE_H
#define PGDBA_WIRE_BASE64_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/buf.h"

void wire_base64_encode(struct buf *out, const char *s, size_t n);
/* The bytes, NUL-terminated, in the arena; NULL when s is not base64. */
char *wire_base64_decode(struct arena *a, const char *s, size_t n, size_t *len);

#endif
