/* GET /cluster: the DCS's view of the cluster. Reference: "patroni.md" §1.4. */
#include "patroni.h"

#include "pgdba/wire/patroni.h"

static enum status read_member(struct arena *a, const json_t *o, size_t i, struct cluster_member *m,
                               struct err *e)
{
    if (!json_is_object(o))
        return err_set(e, ST_INVALID, "member %zu of \"members\" is not an object", i + 1);
    m->name = wire_json_scalar(a, json_object_get(o, "name"));
    if (!m->name || !*m->name)
        return err_set(e, ST_INVALID, "member %zu of \"members\" has no name", i + 1);
    m->host = wire_get_text(a, o, "host");
    int64_t port = wire_get_int(o, "port", 0, 0);
    m->port = port <= 65535 ? (int)port : 0;
    m->lag = wire_get_int(o, "lag", 0, LAG_UNKNOWN);
    m->receive_lag = wire_get_int(o, "receive_lag", 0, LAG_UNKNOWN);
    m->replay_lag = wire_get_int(o, "replay_lag", 0, LAG_UNKNOWN);
    m->receive_lsn = wire_get_lsn_text(o, "receive_lsn");
    m->replay_lsn = wire_get_lsn_text(o, "replay_lsn");
    enum status st = wire_read_row(a, o, m, e);
    if (st)
        err_prefix(e, "%s", m->name);
    return st;
}

static enum status read_members(struct arena *a, const json_t *list, struct cluster_view *view,
                                struct err *e)
{
    enum status st = wire_cap(json_array_size(list), WIRE_MAX_MEMBERS, "members", e);
    if (st)
        return st;
    view->nmembers = (int)json_array_size(list);
    struct cluster_member *v = arena_array(a, (size_t)view->nmembers, struct cluster_member);
    view->members = v;
    for (size_t i = 0; i < (size_t)view->nmembers; i++) {
        st = read_member(a, json_array_get(list, i), i, &v[i], e);
        if (st)
            return st;
    }
    return ST_OK;
}

static enum status read_cluster(struct arena *a, const json_t *o, struct cluster_view *view,
                                struct err *e)
{
    enum status st = wire_json_expect(o, JSON_OBJECT, "an object with \"members\"", e);
    if (st)
        return st;
    const json_t *list = json_object_get(o, "members");
    st = wire_json_expect(list, JSON_ARRAY, "a list in \"members\"", e);
    if (st)
        return st;
    view->scope = wire_get_text(a, o, "scope");
    view->paused = wire_get_flag(o, "pause");
    const json_t *scheduled = json_object_get(o, "scheduled_switchover");
    view->switchover_at = wire_get_text(a, scheduled, "at");
    view->switchover_from = wire_get_text(a, scheduled, "from");
    view->switchover_to = wire_get_text(a, scheduled, "to");
    return read_members(a, list, view, e);
}

enum status wire_patroni_cluster(const char *body, size_t n, struct facts **out, struct err *e)
{
    json_t *j = wire_json_load(body, n, WIRE_MAX_VALUES, e);
    if (!j)
        return ST_INVALID;
    struct facts *f = facts_new();
    struct cluster_view *view = arena_new(&f->arena, struct cluster_view);
    f->root = view;
    enum status st = read_cluster(&f->arena, j, view, e);
    json_decref(j);
    if (st) {
        facts_unref(f);
        return st;
    }
    *out = f;
    return ST_OK;
}
