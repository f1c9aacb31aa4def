#include "pgdba/wire/json_out.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

/* A handle on a value in the tree. The handles of children hang on their root, which frees them;
 * each holds its own reference, so that a key set twice leaves no handle dangling. */
struct wire_json {
    json_t *value;
    struct wire_json *root;
    struct wire_json *next; /* in the root's list of handles */
};

static struct wire_json *handle(json_t *value, struct wire_json *root)
{
    struct wire_json *j = xcalloc(1, sizeof *j);
    j->value = value;
    j->root = root ? root : j;
    if (root) {
        j->next = root->next;
        root->next = j;
    }
    return j;
}

struct wire_json *wire_json_object(void)
{
    return handle(json_object(), NULL);
}

struct wire_json *wire_json_array(void)
{
    return handle(json_array(), NULL);
}

void wire_json_free(struct wire_json *j)
{
    while (j) {
        struct wire_json *next = j->next;
        json_decref(j->value);
        free(j);
        j = next;
    }
}

/* Takes value. A key for an array, or none for an object, is the caller's mistake. */
static void put(struct wire_json *j, const char *key, json_t *value)
{
    int failed = json_is_array(j->value) ? json_array_append_new(j->value, value)
                                         : json_object_set_new(j->value, key, value);
    if (failed || json_is_array(j->value) != (key == NULL))
        abort();
}

void wire_json_str(struct wire_json *j, const char *key, const char *value)
{
    put(j, key, value ? wire_json_string(value, strlen(value)) : json_null());
}

void wire_json_int(struct wire_json *j, const char *key, int64_t value)
{
    put(j, key, value == INT64_MIN ? json_null() : json_integer(value));
}

void wire_json_real(struct wire_json *j, const char *key, double value)
{
    put(j, key, isfinite(value) ? json_real(value) : json_null());
}

void wire_json_bool(struct wire_json *j, const char *key, bool value)
{
    put(j, key, json_boolean(value));
}

void wire_json_null(struct wire_json *j, const char *key)
{
    put(j, key, json_null());
}

static struct wire_json *add(struct wire_json *j, const char *key, json_t *value)
{
    put(j, key, json_incref(value));
    return handle(value, j->root);
}

struct wire_json *wire_json_add_object(struct wire_json *j, const char *key)
{
    return add(j, key, json_object());
}

struct wire_json *wire_json_add_array(struct wire_json *j, const char *key)
{
    return add(j, key, json_array());
}

void wire_json_dump(const struct wire_json *j, bool indent, struct buf *out)
{
    /* 15 digits: 0.1 stays 0.1 */
    char *text =
        json_dumps(j->value, (indent ? JSON_INDENT(2) : JSON_COMPACT) | JSON_REAL_PRECISION(15));
    if (!text)
        abort();
    buf_puts(out, text);
    free(text);
}
