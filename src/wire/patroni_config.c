/* GET /history and /config, and the keys of these names: what was, and what the rules are.
 * Reference: "patroni.md" §1.5. */
#include "patroni.h"

#include <string.h>
#include <strings.h>

#include "pgdba/base/utf8.h"
#include "pgdba/wire/patroni.h"

/* [timeline, lsn, reason, timestamp?, new leader?]: 3 items before 2.0, 5 from 2.1.1 on. */
enum status wire_read_history(struct arena *a, const json_t *list, struct history *h, struct err *e)
{
    enum status st = wire_json_expect(list, JSON_ARRAY, "a list of promotions", e);
    if (!st)
        st = wire_cap(json_array_size(list), WIRE_MAX_HISTORY, "promotions", e);
    if (st)
        return st;
    h->n = (int)json_array_size(list);
    struct history_item *v = arena_array(a, (size_t)h->n, struct history_item);
    h->v = v;
    for (size_t i = 0; i < (size_t)h->n; i++) {
        const json_t *item = json_array_get(list, i);
        int64_t timeline, end;
        if (!json_is_array(item))
            return err_set(e, ST_INVALID, "item %zu of the history is not a list", i + 1);
        if (!wire_json_number(json_array_get(item, 0), &timeline) || timeline < 0)
            return err_set(e, ST_INVALID, "item %zu of the history has no timeline", i + 1);
        bool known = wire_json_number(json_array_get(item, 1), &end) && end >= 0;
        v[i] = (struct history_item){
            .timeline = timeline,
            .end = known ? (lsn_t)end : LSN_UNKNOWN,
            .reason = wire_json_text(a, json_array_get(item, 2)),
            .timestamp = wire_json_text(a, json_array_get(item, 3)),
            .new_leader = wire_json_scalar(a, json_array_get(item, 4)),
        };
        if (v[i].timestamp && !wire_patroni_time(v[i].timestamp, &v[i].wall_us))
            v[i].wall_us = 0;
    }
    return ST_OK;
}

enum status wire_patroni_history(const char *body, size_t n, struct facts **out, struct err *e)
{
    json_t *j = wire_json_load(body, n, WIRE_MAX_VALUES, e);
    if (!j)
        return ST_INVALID;
    struct facts *f = facts_new();
    struct history *h = arena_new(&f->arena, struct history);
    f->root = h;
    enum status st = wire_read_history(&f->arena, j, h, e);
    json_decref(j);
    if (st) {
        facts_unref(f);
        return st;
    }
    *out = f;
    return ST_OK;
}

static void read_slots(struct arena *a, const json_t *o, struct dynamic_config *c)
{
    json_t *slots = json_object_get(o, "slots"), *slot;
    const char **v = arena_array(a, json_object_size(slots), const char *), *name;
    json_object_foreach(slots, name, slot) v[c->nslots++] = utf8_clean(a, name, strlen(name));
    c->slots = v;
}

/* PATCH /config checks nothing, so that anything may stand there; what Patroni cannot use it
 * leaves at its default, and so does this. */
void wire_read_config(struct arena *a, const json_t *o, struct dynamic_config *c)
{
    const json_t *mode = json_object_get(o, "synchronous_mode");
    c->ttl = wire_get_int(o, "ttl", 1, 30);
    c->loop_wait = wire_get_int(o, "loop_wait", 1, 10);
    c->retry_timeout = wire_get_int(o, "retry_timeout", 1, 10);
    c->maximum_lag_on_failover = wire_get_int(o, "maximum_lag_on_failover", 0, 1048576);
    c->paused = wire_get_flag(o, "pause");
    c->synchronous_quorum =
        json_is_string(mode) && strcasecmp(json_string_value(mode), "quorum") == 0;
    c->synchronous_mode = c->synchronous_quorum || wire_get_flag(o, "synchronous_mode");
    c->synchronous_mode_strict = wire_get_flag(o, "synchronous_mode_strict");
    c->synchronous_node_count = wire_get_int(o, "synchronous_node_count", 1, 1);
    c->check_timeline = wire_get_flag(o, "check_timeline");
    c->failsafe_mode = wire_get_flag(o, "failsafe_mode");
    c->standby_cluster = json_object_size(json_object_get(o, "standby_cluster")) > 0;
    read_slots(a, o, c);
}

enum status wire_patroni_config(const char *body, size_t n, struct facts **out, struct err *e)
{
    json_t *j = wire_json_load(body, n, WIRE_MAX_VALUES, e);
    if (!j)
        return ST_INVALID;
    enum status st = wire_json_expect(j, JSON_OBJECT, "an object of settings", e);
    if (!st) {
        struct facts *f = facts_new();
        struct dynamic_config *c = arena_new(&f->arena, struct dynamic_config);
        f->root = c;
        wire_read_config(&f->arena, j, c);
        c->text = arena_strndup(&f->arena, body, n);
        *out = f;
    }
    json_decref(j);
    return st;
}
