/*
 * wire/redact.h (private): secrets taken out of what is kept. All return whether anything was
 * taken; out gets the text either way. Too much is taken rather than too little.
 */
#ifndef PGDBA_WIRE_REDACT_H
#define PGDBA_WIRE_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "pgdba/base/buf.h"

/* Whether a key, column or setting of that name holds a secret. */
bool redact_is_secret(const char *name, size_t n);
/* Any text: name=value, "name": "value", --name value, and passwords within URLs. */
bool redact_text(const char *s, size_t n, struct buf *out);
/* JSON at any depth; what is not JSON as text. */
bool redact_body(const char *s, size_t n, struct buf *out);
/* A body of etcd's gateway: within the values, which are base64. */
bool redact_etcd(const char *s, size_t n, struct buf *out);

#endif
