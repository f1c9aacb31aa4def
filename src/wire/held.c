#include "pgdba/wire/held.h"

#include <string.h>

#include "json.h"
#include "pgdba/wire/json_out.h"

enum { MOST_VALUES = 100 };

void wire_held_write(const struct held *h, struct buf *out)
{
    struct wire_json *j = wire_json_object();
    wire_json_str(j, "cluster", h->cluster);
    wire_json_str(j, "bouncer", h->bouncer);
    wire_json_str(j, "database", h->database);
    wire_json_str(j, "key", h->key);
    wire_json_str(j, "value", h->value);
    wire_json_str(j, "user", h->user);
    wire_json_str(j, "host", h->host);
    wire_json_int(j, "pid", h->pid);
    wire_json_int(j, "since_us", h->wall_us);
    wire_json_bool(j, "ended", h->ended);
    wire_json_dump(j, false, out);
    wire_json_free(j);
}

/* Not cleaned: what is cleaned would be another database. */
static const char *exact(struct arena *a, const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return arena_strdup(a, s);
}

bool wire_held_read(const char *s, size_t n, struct arena *a, struct held *out)
{
    json_t *j = wire_json_load(s, n, MOST_VALUES, NULL);
    *out = (struct held){.cluster = exact(a, j, "cluster"),
                         .bouncer = exact(a, j, "bouncer"),
                         .database = exact(a, j, "database"),
                         .key = exact(a, j, "key"),
                         .value = exact(a, j, "value"),
                         .user = wire_get_text(a, j, "user"),
                         .host = wire_get_text(a, j, "host"),
                         .pid = wire_get_int(j, "pid", 1, 0),
                         .wall_us = wire_get_int(j, "since_us", 1, 0),
                         .ended = json_is_true(json_object_get(j, "ended"))};
    json_decref(j);
    return out->cluster && out->bouncer && (!out->key || out->value) &&
           !(out->key && out->database);
}
