/* Keys and their changes. Reference: "patroni.md" §5.2 to §5.4. */
#include "etcd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"

uint64_t wire_get_id(const json_t *o, const char *key)
{
    const json_t *j = json_object_get(o, key);
    if (json_is_integer(j))
        return json_integer_value(j) > 0 ? (uint64_t)json_integer_value(j) : 0;
    const char *s = json_string_value(j);
    if (!s || *s < '0' || *s > '9')
        return 0;
    char *end;
    errno = 0;
    unsigned long long v = strtoull(s, &end, 10);
    return errno || *end ? 0 : v;
}

void wire_etcd_read_header(const json_t *reply, struct etcd_header *h)
{
    const json_t *o = json_object_get(reply, "header");
    *h = (struct etcd_header){
        .cluster_id = wire_get_id(o, "cluster_id"),
        .member_id = wire_get_id(o, "member_id"),
        .revision = wire_get_int(o, "revision", 0, 0),
        .raft_term = wire_get_int(o, "raft_term", 0, 0),
    };
}

json_t *wire_etcd_load(const char *body, size_t n, struct err *e)
{
    json_t *j = wire_json_load(body, n, WIRE_MAX_ETCD_VALUES, e);
    if (!j)
        return NULL;
    enum status st = wire_json_expect(j, JSON_OBJECT, "an object with \"header\"", e);
    if (!st)
        st = wire_json_expect(json_object_get(j, "header"), JSON_OBJECT, "an object in \"header\"",
                              e);
    if (st) {
        json_decref(j);
        return NULL;
    }
    return j;
}

/* Bytes of the member of an object; empty ones are left out by etcd. False when they are no bytes
 * or more than max. */
static bool get_bytes(struct arena *a, const json_t *o, const char *name, size_t max,
                      const char **out, size_t *len)
{
    const json_t *j = json_object_get(o, name);
    *out = "";
    *len = 0;
    if (!j || json_is_null(j))
        return true;
    if (!json_is_string(j) || json_string_length(j) / 4 * 3 > max + 2)
        return false;
    *out = wire_base64_decode(a, json_string_value(j), json_string_length(j), len);
    return *out && *len <= max;
}

static enum status read_kv(struct arena *a, const json_t *o, size_t i, struct etcd_kv *kv,
                           struct err *e)
{
    enum status st = wire_json_expect(o, JSON_OBJECT, "a key as an object", e);
    if (st) {
        err_prefix(e, "item %zu", i + 1);
        return st;
    }
    if (!get_bytes(a, o, "key", WIRE_MAX_KEY_BYTES, &kv->key, &kv->key_len) || !kv->key_len)
        return err_set(e, ST_INVALID, "the key of item %zu is not there, or not base64", i + 1);
    if (!get_bytes(a, o, "value", WIRE_MAX_VALUE_BYTES, &kv->value, &kv->value_len))
        return err_set(e, ST_INVALID, "the value of item %zu is not base64, or over %d bytes",
                       i + 1, WIRE_MAX_VALUE_BYTES);
    kv->create_revision = wire_get_int(o, "create_revision", 1, 0);
    kv->mod_revision = wire_get_int(o, "mod_revision", 1, 0);
    kv->version = wire_get_int(o, "version", 1, 0);
    kv->lease = wire_get_int(o, "lease", 1, 0);
    if (!kv->mod_revision) /* without it nobody knows what it comes before */
        return err_set(e, ST_INVALID, "item %zu has no mod_revision", i + 1);
    return ST_OK;
}

/* The list of that name; none at all is an empty one. */
static enum status get_list(const json_t *o, const char *name, const json_t **list, struct err *e)
{
    *list = json_object_get(o, name);
    if (!*list || json_is_null(*list))
        return ST_OK;
    enum status st = wire_json_expect(*list, JSON_ARRAY, "a list", e);
    if (st) {
        err_prefix(e, "\"%s\"", name);
        return st;
    }
    if (json_array_size(*list) > WIRE_MAX_KEYS)
        return err_set(e, ST_INVALID, "absurd: %zu items in \"%s\", at most %d are believed",
                       json_array_size(*list), name, WIRE_MAX_KEYS);
    return ST_OK;
}

static enum status read_range(struct arena *a, const json_t *o, struct etcd_range *r, struct err *e)
{
    const json_t *list;
    wire_etcd_read_header(o, &r->header);
    enum status st = get_list(o, "kvs", &list, e);
    if (st)
        return st;
    if (wire_get_flag(o, "more"))
        return err_set(e, ST_INVALID, "not all keys: etcd has more than it sent");
    size_t n = json_array_size(list);
    struct etcd_kv *v = arena_array(a, n, struct etcd_kv);
    for (size_t i = 0; !st && i < n; i++)
        st = read_kv(a, json_array_get(list, i), i, &v[i], e);
    if (!st && r->header.revision < 1) /* etcd's begin at 1: what comes after it is asked for */
        st = err_set(e, ST_INVALID, "the reply does not say its revision");
    r->n = (int)n;
    r->kv = v;
    return st;
}

enum status wire_etcd_range(const char *body, size_t n, struct facts **out, struct err *e)
{
    json_t *j = wire_etcd_load(body, n, e);
    if (!j)
        return ST_INVALID;
    struct facts *f = facts_new();
    struct etcd_range *r = arena_new(&f->arena, struct etcd_range);
    f->root = r;
    enum status st = read_range(&f->arena, j, r, e);
    json_decref(j);
    if (st) {
        facts_unref(f);
        return st;
    }
    *out = f;
    return ST_OK;
}

/* "PUT" is zero and left out. */
static bool read_type(const json_t *event, bool *deleted)
{
    const json_t *j = json_object_get(event, "type");
    const char *s = json_string_value(j);
    *deleted = s ? strcmp(s, "DELETE") == 0 : json_integer_value(j) == 1;
    return !j || json_is_null(j) || *deleted || (s && strcmp(s, "PUT") == 0) ||
           (json_is_integer(j) && json_integer_value(j) == 0);
}

static enum status read_events(struct arena *a, const json_t *result, struct etcd_watch_line *l,
                               struct err *e)
{
    const json_t *list;
    enum status st = get_list(result, "events", &list, e);
    if (st)
        return st;
    size_t n = json_array_size(list);
    struct etcd_kv *v = arena_array(a, n, struct etcd_kv);
    for (size_t i = 0; !st && i < n; i++) {
        const json_t *event = json_array_get(list, i);
        if (!read_type(event, &v[i].deleted))
            return err_set(e, ST_INVALID, "item %zu is neither a PUT nor a DELETE", i + 1);
        st = read_kv(a, json_object_get(event, "kv"), i, &v[i], e);
    }
    l->n = (int)n;
    l->event = v;
    return st;
}

/* In the stream {"error":{…}}; the refusal of a stream is {"error":"text","message":…,"code":…}
 * up to 3.5 and {"code":…,"message":…} from 3.6 on. */
static bool read_error(struct arena *a, const json_t *o, struct etcd_watch_line *l)
{
    const json_t *error = json_object_get(o, "error");
    if (!error && (json_object_get(o, "result") || !json_object_get(o, "message")))
        return false;
    const json_t *from = json_is_object(error) ? error : o;
    int64_t code = wire_get_int(from, "grpc_code", 0, wire_get_int(from, "code", 0, 0));
    l->error = true;
    l->error_code = code <= 16 ? (int)code : 0;
    l->error_message = wire_get_words(a, from, "message");
    return true;
}

static enum status read_line(struct arena *a, const json_t *o, struct etcd_watch_line *l,
                             struct err *e)
{
    l->error_message = l->cancel_reason = "";
    enum status st = wire_json_expect(o, JSON_OBJECT, "an object with \"result\"", e);
    if (st || read_error(a, o, l))
        return st;
    const json_t *result = json_object_get(o, "result");
    st = wire_json_expect(result, JSON_OBJECT, "an object in \"result\"", e);
    if (st)
        return st;
    wire_etcd_read_header(result, &l->header);
    l->created = wire_get_flag(result, "created");
    l->canceled = wire_get_flag(result, "canceled");
    l->cancel_reason = wire_get_words(a, result, "cancel_reason");
    l->compact_revision = wire_get_int(result, "compact_revision", 1, 0);
    return read_events(a, result, l, e);
}

enum status wire_etcd_watch_line(const char *line, size_t n, struct facts **out, struct err *e)
{
    json_t *j = wire_json_load(line, n, WIRE_MAX_ETCD_VALUES, e);
    if (!j)
        return ST_INVALID;
    struct facts *f = facts_new();
    struct etcd_watch_line *l = arena_new(&f->arena, struct etcd_watch_line);
    f->root = l;
    enum status st = read_line(&f->arena, j, l, e);
    json_decref(j);
    if (st) {
        facts_unref(f);
        return st;
    }
    *out = f;
    return ST_OK;
}
