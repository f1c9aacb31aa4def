/*
 * wire/json_out.h: documents that the program writes: the JSON of the shell commands and the audit
 * lines. Built on jansson, so that escaping is never ours. The values are those of a small builder,
 * so that rooms above need no jansson.
 */
#ifndef PGDBA_WIRE_JSON_OUT_H
#define PGDBA_WIRE_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "pgdba/base/buf.h"

struct wire_json; /* an object or array under construction; owns its children */

struct wire_json *wire_json_object(void);
struct wire_json *wire_json_array(void);
void wire_json_free(struct wire_json *j); /* only for the root */

/* Into an object under key, or appended to an array (key NULL). NULL text and unknown numbers
 * (INT64_MIN, such as LAG_UNKNOWN) become JSON null. A key for an array, or none for an object,
 * aborts. */
void wire_json_str(struct wire_json *j, const char *key, const char *value);
void wire_json_int(struct wire_json *j, const char *key, int64_t value);
void wire_json_real(struct wire_json *j, const char *key, double value); /* NaN, inf: null */
void wire_json_bool(struct wire_json *j, const char *key, bool value);
void wire_json_null(struct wire_json *j, const char *key);
struct wire_json *wire_json_add_object(struct wire_json *j, const char *key);
struct wire_json *wire_json_add_array(struct wire_json *j, const char *key);
/* Compact (one line) or indented by two; keys in the order they were added. */
void wire_json_dump(const struct wire_json *j, bool indent, struct buf *out);

#endif
