/* Secrets within JSON, and within the values that etcd's gateway carries as base64. */
#include "redact.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base64.h"
#include "etcd.h"
#include "json.h"
#include "pgdba/wire/recording.h"

/* ---- a tree. Each returns what is to stand in the place of j, a new reference, or NULL: j may
 * stay. */

static json_t *redact_value(json_t *j);

/* Of a key that names a secret: all that could be one. */
static json_t *without(json_t *j)
{
    json_t *all;
    switch (json_typeof(j)) {
    case JSON_OBJECT:
        all = json_object();
        for (void *i = json_object_iter(j); i; i = json_object_iter_next(j, i))
            json_object_set_new(all, json_object_iter_key(i), without(json_object_iter_value(i)));
        return all;
    case JSON_ARRAY:
        all = json_array();
        for (size_t i = 0; i < json_array_size(j); i++)
            json_array_append_new(all, without(json_array_get(j, i)));
        return all;
    case JSON_STRING:
    case JSON_INTEGER:
    case JSON_REAL:
        return json_string("***");
    default:
        return json_incref(j);
    }
}

static json_t *redact_string(const json_t *j)
{
    struct buf b;
    json_t *to = NULL;
    buf_init(&b);
    if (redact_text(json_string_value(j), json_string_length(j), &b))
        to = wire_json_string(b.s, b.len);
    buf_release(&b);
    return to;
}

static bool redact_object(json_t *o)
{
    bool changed = false;
    for (void *i = json_object_iter(o); i; i = json_object_iter_next(o, i)) {
        const char *key = json_object_iter_key(i);
        json_t *v = json_object_iter_value(i);
        bool secret = redact_is_secret(key, strlen(key));
        json_t *to =
            secret && !json_is_boolean(v) && !json_is_null(v) ? without(v) : redact_value(v);
        if (!to)
            continue;
        json_object_iter_set_new(o, i, to);
        changed = true;
    }
    return changed;
}

static bool redact_array(json_t *a)
{
    bool changed = false;
    for (size_t i = 0; i < json_array_size(a); i++) {
        json_t *to = redact_value(json_array_get(a, i));
        if (!to)
            continue;
        json_array_set_new(a, i, to);
        changed = true;
    }
    return changed;
}

/* A table (wire/table.h): the names are in "columns". */
static bool redact_columns(json_t *o)
{
    const json_t *columns = json_object_get(o, "columns"), *rows = json_object_get(o, "rows");
    bool changed = false;
    for (size_t c = 0; c < json_array_size(columns); c++) {
        const json_t *name = json_array_get(columns, c);
        if (!json_is_string(name) ||
            !redact_is_secret(json_string_value(name), json_string_length(name)))
            continue;
        for (size_t r = 0; r < json_array_size(rows); r++) {
            json_t *row = json_array_get(rows, r), *cell = json_array_get(row, c);
            if (cell)
                changed = json_array_set_new(row, c, without(cell)) == 0 || changed;
        }
    }
    return changed;
}

static json_t *redact_value(json_t *j)
{
    bool changed;
    switch (json_typeof(j)) {
    case JSON_STRING:
        return redact_string(j);
    case JSON_ARRAY:
        changed = redact_array(j);
        break;
    case JSON_OBJECT:
        changed = redact_columns(j);
        changed = redact_object(j) || changed;
        break;
    default:
        return NULL;
    }
    return changed ? json_incref(j) : NULL;
}

static void dump(const json_t *j, struct buf *out)
{
    char *text = json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY);
    if (!text)
        abort();
    buf_puts(out, text);
    free(text);
}

/* ---- bodies */

/* Most bodies have nothing that looks like a secret, and stay as they came. An escaped letter may
 * hide one. */
static bool suspicious(const char *s, size_t n)
{
    if (memmem(s, n, "\\u00", 4) || (memmem(s, n, "://", 3) && memchr(s, '@', n)))
        return true;
    return redact_is_secret(s, n);
}

bool redact_body(const char *s, size_t n, struct buf *out)
{
    if (!suspicious(s, n)) {
        buf_add(out, s, n);
        return false;
    }
    json_t *j = wire_json_load(s, n, WIRE_MAX_CELLS, NULL);
    if (!j)
        return redact_text(s, n, out);
    json_t *to = redact_value(j);
    if (to)
        dump(to, out);
    else
        buf_add(out, s, n);
    json_decref(to);
    json_decref(j);
    return to != NULL;
}

void wire_redact(const char *body, size_t n, struct buf *out)
{
    (void)redact_body(body, n, out);
}

/* ---- etcd */

static bool redact_kv(const json_t *kv)
{
    json_t *value = json_object_get(kv, "value");
    struct arena a;
    struct buf plain, coded;
    size_t len;
    bool changed = false;
    if (!json_is_string(value))
        return false;
    arena_init(&a);
    buf_init(&plain);
    buf_init(&coded);
    char *bytes = wire_base64_decode(&a, json_string_value(value), json_string_length(value), &len);
    if (bytes && redact_body(bytes, len, &plain)) {
        wire_base64_encode(&coded, plain.s, plain.len);
        json_string_setn(value, coded.s, coded.len);
        changed = true;
    } else if (!bytes) { /* what it is cannot be known */
        json_string_set(value, "***");
        changed = true;
    }
    buf_release(&coded);
    buf_release(&plain);
    arena_release(&a);
    return changed;
}

static bool redact_reply(const json_t *j)
{
    const json_t *kvs = json_object_get(j, "kvs"),
                 *events = json_object_get(json_object_get(j, "result"), "events");
    bool changed = false;
    for (size_t i = 0; i < json_array_size(kvs); i++)
        changed = redact_kv(json_array_get(kvs, i)) || changed;
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        changed = redact_kv(json_object_get(event, "kv")) || changed;
        changed = redact_kv(json_object_get(event, "prev_kv")) || changed;
    }
    return changed;
}

bool redact_etcd(const char *s, size_t n, struct buf *out)
{
    json_t *j = wire_json_load(s, n, WIRE_MAX_ETCD_VALUES, NULL);
    bool changed;
    if (!j && memmem(s, n, "\"value\"", 7)) {
        buf_puts(out, "(not kept: what could not be read may hold secrets)");
        return true;
    }
    if (!j)
        return redact_text(s, n, out);
    changed = redact_reply(j);
    if (changed)
        dump(j, out);
    else
        buf_add(out, s, n);
    json_decref(j);
    return changed;
}
