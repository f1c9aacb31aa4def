/* How one etcd stands, and one lease, in JSON. Reference: "patroni.md" §5.4, §5.7. */
#include "etcd.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/utf8.h"

enum { ENOUGH = 10000 }; /* values: a thousand members with their URLs */

void wire_etcd_endpoint_init(struct etcd_endpoint *ep)
{
    *ep = (struct etcd_endpoint){
        .term = -1,
        .raft_index = -1,
        .applied_index = -1,
        .db_size = -1,
        .db_in_use = -1,
        .db_quota = -1,
        .health_reason = "",
    };
}

enum status wire_etcd_lease(const char *body, size_t n, struct facts **out, struct err *e)
{
    json_t *j = wire_etcd_load(body, n, e);
    if (!j)
        return ST_INVALID;
    int64_t id = wire_get_int(j, "ID", 1, 0);
    int64_t ttl = wire_get_int(j, "TTL", INT64_MIN, 0); /* zero is left out */
    int64_t granted = wire_get_int(j, "grantedTTL", 0, 0);
    json_decref(j);
    if (!id)
        return err_set(e, ST_INVALID, "the answer names no lease");
    struct facts *f = facts_new();
    struct dcs_lease *l = arena_new(&f->arena, struct dcs_lease);
    *l = (struct dcs_lease){.id = id, .ttl_s = ttl < 0 ? -1 : ttl, .granted_s = granted};
    f->root = l;
    *out = f;
    return ST_OK;
}

/* false is left out, as zero is. */
enum status wire_etcd_succeeded(const char *body, size_t n, bool *out, struct err *e)
{
    json_t *j = wire_etcd_load(body, n, e);
    if (!j)
        return ST_INVALID;
    *out = json_is_true(json_object_get(j, "succeeded"));
    json_decref(j);
    return ST_OK;
}

static enum etcd_alarm alarm_in(const char *text)
{
    if (text && strstr(text, "NOSPACE"))
        return ETCD_ALARM_NOSPACE;
    return text && strstr(text, "CORRUPT") ? ETCD_ALARM_CORRUPT : ETCD_ALARM_NONE;
}

/* "memberID:… alarm:NOSPACE " among other complaints; a corrupt store is the worse one. */
static enum etcd_alarm read_alarms(const json_t *errors)
{
    enum etcd_alarm worst = ETCD_ALARM_NONE;
    for (size_t i = 0; i < json_array_size(errors); i++) {
        enum etcd_alarm a = alarm_in(json_string_value(json_array_get(errors, i)));
        if (a > worst)
            worst = a;
    }
    return worst;
}

static void read_status(struct arena *a, const json_t *o, struct etcd_endpoint *ep)
{
    struct etcd_header h;
    wire_etcd_read_header(o, &h);
    ep->version = wire_get_text(a, o, "version");
    ep->member_id = h.member_id;
    ep->leader_id = wire_get_id(o, "leader");
    ep->has_leader_word = true; /* none is left out, as every zero */
    ep->is_leader = ep->leader_id && ep->leader_id == ep->member_id;
    ep->is_learner = wire_get_flag(o, "isLearner");
    ep->term = wire_get_int(o, "raftTerm", 0, h.raft_term ? h.raft_term : -1);
    ep->raft_index = wire_get_int(o, "raftIndex", 0, -1);
    ep->applied_index = wire_get_int(o, "raftAppliedIndex", 0, -1);
    ep->db_size = wire_get_int(o, "dbSize", 0, -1);
    ep->db_in_use = wire_get_int(o, "dbSizeInUse", 0, -1);
    ep->db_quota = wire_get_int(o, "dbSizeQuota", 1, -1);
    ep->alarm = read_alarms(json_object_get(o, "errors"));
}

static struct etcd_endpoint *new_endpoint(struct facts **out)
{
    struct facts *f = facts_new();
    struct etcd_endpoint *ep = arena_new(&f->arena, struct etcd_endpoint);
    wire_etcd_endpoint_init(ep);
    f->root = ep;
    *out = f;
    return ep;
}

enum status wire_etcd_status(const char *body, size_t n, struct facts **out, struct err *e)
{
    json_t *j = wire_etcd_load(body, n, e);
    if (!j)
        return ST_INVALID;
    struct etcd_endpoint *ep = new_endpoint(out);
    read_status(&(*out)->arena, j, ep);
    json_decref(j);
    return ST_OK;
}

static json_t *load_object(const char *body, size_t n, const char *expected, struct err *e)
{
    json_t *j = wire_json_load(body, n, ENOUGH, e);
    if (j && wire_json_expect(j, JSON_OBJECT, expected, e)) {
        json_decref(j);
        return NULL;
    }
    return j;
}

enum status wire_etcd_health(const char *body, size_t n, int http_status, struct facts **out,
                             struct err *e)
{
    bool healthy;
    json_t *j = load_object(body, n, "an object with \"health\"", e);
    if (!j)
        return ST_INVALID;
    if (!wire_json_boolean(json_object_get(j, "health"), &healthy)) {
        json_decref(j);
        return err_set(e, ST_INVALID, "\"health\" is neither true nor false");
    }
    struct etcd_endpoint *ep = new_endpoint(out);
    const char *reason = wire_get_text(&(*out)->arena, j, "reason");
    json_decref(j);
    ep->health = healthy && http_status == 200 ? ETCD_HEALTHY : ETCD_UNHEALTHY;
    ep->health_reason = reason ? reason : "";
    ep->alarm = alarm_in(reason);
    ep->has_leader_word = reason && strcmp(reason, "RAFT NO LEADER") == 0;
    return ST_OK;
}

enum status wire_etcd_version(const char *body, size_t n, struct facts **out, struct err *e)
{
    json_t *j = load_object(body, n, "an object with \"etcdserver\"", e);
    if (!j)
        return ST_INVALID;
    const json_t *version = json_object_get(j, "etcdserver");
    enum status st = wire_json_expect(version, JSON_STRING, "a text in \"etcdserver\"", e);
    if (!st) {
        struct etcd_endpoint *ep = new_endpoint(out);
        ep->version = wire_json_text(&(*out)->arena, version);
    }
    json_decref(j);
    return st;
}

static void read_member(struct arena *a, const json_t *o, struct etcd_member *m)
{
    const json_t *urls = json_object_get(o, "clientURLs");
    const char *name = wire_get_text(a, o, "name");
    m->id = wire_get_id(o, "ID");
    m->name = name ? name : "";
    m->learner = wire_get_flag(o, "isLearner");
    const char **v = arena_array(a, json_array_size(urls), const char *);
    for (size_t i = 0; i < json_array_size(urls); i++) {
        const char *url = wire_json_text(a, json_array_get(urls, i));
        if (url)
            v[m->nurls++] = url;
    }
    m->urls = v;
}

static enum status read_members(struct arena *a, const json_t *o, struct etcd_members *set,
                                struct err *e)
{
    const json_t *list = json_object_get(o, "members");
    enum status st = wire_json_expect(list, JSON_ARRAY, "a list in \"members\"", e);
    if (st)
        return st;
    if (json_array_size(list) > WIRE_MAX_ENDPOINTS)
        return err_set(e, ST_INVALID, "absurd: %zu members, at most %d are believed",
                       json_array_size(list), WIRE_MAX_ENDPOINTS);
    struct etcd_member *v = arena_array(a, json_array_size(list), struct etcd_member);
    set->n = (int)json_array_size(list);
    set->v = v;
    for (int i = 0; i < set->n; i++)
        read_member(a, json_array_get(list, (size_t)i), &v[i]);
    return ST_OK;
}

enum status wire_etcd_members(const char *body, size_t n, struct facts **out, struct err *e)
{
    json_t *j = load_object(body, n, "an object with \"members\"", e);
    if (!j)
        return ST_INVALID;
    struct facts *f = facts_new();
    struct etcd_members *set = arena_new(&f->arena, struct etcd_members);
    f->root = set;
    enum status st = read_members(&f->arena, j, set, e);
    json_decref(j);
    if (st) {
        facts_unref(f);
        return st;
    }
    *out = f;
    return ST_OK;
}
