/* What a row of /cluster, a key of a member and the body of /patroni say alike. Reference:
 * "patroni.md" §1.3, §1.4. */
#include "patroni.h"

#include <string.h>

#include "pgdba/base/utf8.h"

enum status wire_cap(size_t n, int max, const char *what, struct err *e)
{
    if (n <= (size_t)max)
        return ST_OK;
    return err_set(e, ST_INVALID, "absurd: %zu %s, at most %d are believed", n, what, max);
}

/* An explicit nofailover wins over failover_priority, as in Patroni (3.2+). */
static void read_known_tags(struct arena *a, const json_t *o, struct tags *out)
{
    const json_t *nofailover = json_object_get(o, "nofailover");
    out->has_failover_priority =
        wire_json_number(json_object_get(o, "failover_priority"), &out->failover_priority);
    if (nofailover && !json_is_null(nofailover))
        out->nofailover = wire_json_truthy(nofailover);
    else
        out->nofailover = out->has_failover_priority && out->failover_priority <= 0;
    out->noloadbalance = wire_json_truthy(json_object_get(o, "noloadbalance"));
    out->nosync = wire_json_truthy(json_object_get(o, "nosync"));
    out->clonefrom = wire_json_truthy(json_object_get(o, "clonefrom"));
    out->nostream = wire_json_truthy(json_object_get(o, "nostream"));
    const char *from = wire_json_scalar(a, json_object_get(o, "replicatefrom"));
    out->replicatefrom = from && *from ? from : NULL;
}

enum status wire_read_tags(struct arena *a, const json_t *member, struct tags *out, struct err *e)
{
    json_t *o = json_object_get(member, "tags");
    *out = (struct tags){0};
    if (!json_is_object(o) || json_object_size(o) == 0)
        return ST_OK;
    enum status st = wire_cap(json_object_size(o), WIRE_MAX_TAGS, "tags", e);
    if (st)
        return st;
    struct tag *v = arena_array(a, json_object_size(o), struct tag);
    const char *key;
    json_t *value;
    json_object_foreach(o, key, value)
    {
        const char *text = wire_json_scalar(a, value);
        if (text)
            v[out->n++] = (struct tag){utf8_clean(a, key, strlen(key)), text};
    }
    out->v = v;
    read_known_tags(a, o, out);
    return ST_OK;
}

enum status wire_read_pending(struct arena *a, const json_t *member,
                              const struct pending_reason **out, int *n, struct err *e)
{
    json_t *o = json_object_get(member, "pending_restart_reason");
    *out = NULL;
    *n = 0;
    if (!json_is_object(o) || json_object_size(o) == 0)
        return ST_OK;
    enum status st = wire_cap(json_object_size(o), WIRE_MAX_PENDING, "pending parameters", e);
    if (st)
        return st;
    struct pending_reason *v = arena_array(a, json_object_size(o), struct pending_reason);
    const char *key;
    json_t *value;
    json_object_foreach(o, key, value)
    {
        v[(*n)++] = (struct pending_reason){
            .parameter = utf8_clean(a, key, strlen(key)),
            .old_value = wire_json_scalar(a, json_object_get(value, "old_value")),
            .new_value = wire_json_scalar(a, json_object_get(value, "new_value")),
        };
    }
    *out = v;
    return ST_OK;
}

void wire_read_scheduled_restart(struct arena *a, const json_t *member,
                                 struct scheduled_restart *out)
{
    out->at = wire_get_text(a, json_object_get(member, "scheduled_restart"), "schedule");
}

lsn_t wire_get_lsn(const json_t *o, const char *key)
{
    int64_t v = wire_get_int(o, key, 0, -1);
    return v < 0 ? LSN_UNKNOWN : (lsn_t)v;
}

lsn_t wire_get_lsn_text(const json_t *o, const char *key)
{
    lsn_t v;
    const char *s = json_string_value(json_object_get(o, key));
    return s && lsn_parse(s, &v) ? v : LSN_UNKNOWN;
}

enum status wire_read_row(struct arena *a, const json_t *o, struct cluster_member *m, struct err *e)
{
    m->role_text = wire_get_words(a, o, "role");
    m->role = role_parse(m->role_text);
    m->state_text = wire_get_words(a, o, "state");
    m->state = pg_state_parse(m->state_text);
    m->api_url = wire_get_text(a, o, "api_url");
    m->timeline = wire_get_int(o, "timeline", 0, 0);
    m->pending_restart = wire_get_flag(o, "pending_restart");
    wire_read_scheduled_restart(a, o, &m->scheduled_restart);
    enum status st = wire_read_pending(a, o, &m->pending, &m->npending, e);
    return st ? st : wire_read_tags(a, o, &m->tags, e);
}
