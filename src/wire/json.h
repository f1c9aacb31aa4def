/*
 * wire/json.h (private): reading JSON that somebody else wrote.
 *
 * The shape of the top level must be right, or the reply is ST_INVALID. Below it every getter is
 * tolerant: what is missing or of the wrong type is "unknown", since versions differ and a console
 * must not go blind over one field. Texts come out cleaned and in the arena.
 */
#ifndef PGDBA_WIRE_JSON_PRIVATE_H
#define PGDBA_WIRE_JSON_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/err.h"

/* A tree costs fifty times its bytes and the time to build it, and this runs on the event loop: 8
 * MiB of "[],[]," would hold the keyboard for a second. So values are counted first. A thousand
 * members with 64 tags each are 90,000, the POOLS of a large bouncer 200,000. */
enum { WIRE_MAX_VALUES = 100000, WIRE_MAX_CELLS = 500000 };

/* The tree is the caller's (json_decref); NULL when body is not JSON, with the byte at which it
 * stopped being so in *e, or when it has more than max_values values. Nothing of the body is
 * quoted in *e: it may be anything. */
json_t *wire_json_load(const char *body, size_t n, size_t max_values, struct err *e);
/* ST_OK when j is of that type, else ST_INVALID "expected an object with "members", got a list".
 * expected names the wanted shape in words. */
enum status wire_json_expect(const json_t *j, json_type type, const char *expected, struct err *e);

/* Of one value; j may be NULL. */
char *wire_json_text(struct arena *a, const json_t *j); /* strings only, else NULL */
/* Also numbers and booleans, as JSON writes them; else NULL. */
char *wire_json_scalar(struct arena *a, const json_t *j);
/* Whole numbers, also as text ("20") or as a real without a fraction. */
bool wire_json_number(const json_t *j, int64_t *v);
/* true, "true", "on", "yes", "1", 1 and their opposites; false when it is none of them. */
bool wire_json_boolean(const json_t *j, bool *v);
/* Whether Python would take it for true, as Patroni does with tags. */
bool wire_json_truthy(const json_t *j);

/* Of the member of an object; o may be NULL or not an object. */
char *wire_get_text(struct arena *a, const json_t *o, const char *key);
/* "" instead of NULL. */
const char *wire_get_words(struct arena *a, const json_t *o, const char *key);
/* At least min, else unknown. */
int64_t wire_get_int(const json_t *o, const char *key, int64_t min, int64_t unknown);
bool wire_get_flag(const json_t *o, const char *key); /* unknown is false */

/* jansson refuses text that is not UTF-8; this one replaces what is wrong. Never NULL. */
json_t *wire_json_string(const char *s, size_t n);

#endif
