/*
 * wire/dynamic.h: Patroni's dynamic configuration as JSON: taken apart, changed, compared. Pure.
 * Reference: "patroni.md" §2.9: a PATCH merges objects, null removes, everything else replaces.
 *
 * Documents are UTF-8 JSON of at most 1 MiB. Errors are ST_INVALID with a reason that names the
 * place.
 */
#ifndef PGDBA_WIRE_DYNAMIC_H
#define PGDBA_WIRE_DYNAMIC_H

#include <stddef.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/err.h"
#include "pgdba/model/dynamic.h"
#include "pgdba/model/facts.h"

/* The leaves of a document, which must be an object; nesting at most 32 deep. */
enum status wire_dynamic_flatten(const char *json, struct facts **out,
                                 struct err *e); /* struct dyn_settings */
/* For an editor: indented, keys in their order. */
enum status wire_dynamic_pretty(const char *json, struct buf *out, struct err *e);
/* What PATCH would make of base. */
enum status wire_dynamic_merge(const char *base, const char *patch, struct buf *out, struct err *e);
/* The patch that makes edited out of base; "{}" when they say the same. */
enum status wire_dynamic_diff(const char *base, const char *edited, struct buf *patch,
                              struct err *e);
/* "loop_wait=5", "postgresql.parameters.work_mem=8MB", "ttl=null" (removes) to a patch. A value
 * that is JSON is that, anything else is a text. */
enum status wire_dynamic_set(const char *const *settings, int n, struct buf *patch, struct err *e);

#endif
