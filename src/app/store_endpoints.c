#include "store_endpoints.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"

void kept_endpoint_init(struct kept_endpoint *k, const char *url)
{
    memset(k, 0, sizeof *k);
    k->url = xstrdup(url);
    kept_state_init(&k->state);
    kept_state_init(&k->health_state);
}

void kept_endpoint_release(struct kept_endpoint *k)
{
    facts_unref(k->status);
    facts_unref(k->health);
    facts_unref(k->version);
    facts_unref(k->metrics);
    kept_state_release(&k->state);
    kept_state_release(&k->health_state);
    free(k->url);
}

static enum status parse(const struct observation *o, struct facts **out, struct err *e)
{
    switch (o->kind) {
    case OBS_ETCD_STATUS:
        return wire_etcd_status(o->body, o->body_len, out, e);
    case OBS_ETCD_HEALTH:
        return wire_etcd_health(o->body, o->body_len, o->http_status, out, e);
    case OBS_ETCD_VERSION:
        return wire_etcd_version(o->body, o->body_len, out, e);
    default:
        return wire_etcd_metrics(o->body, o->body_len, out, e);
    }
}

static struct facts **slot_of(struct kept_endpoint *k, enum obs_kind kind)
{
    return kind == OBS_ETCD_STATUS    ? &k->status
           : kind == OBS_ETCD_HEALTH  ? &k->health
           : kind == OBS_ETCD_VERSION ? &k->version
                                      : &k->metrics;
}

/* Whether it is alive is not for /health to say no to: without quorum it hangs where the rest
 * answers. Its yes counts. */
static bool tells_of_life(const struct kept_endpoint *k, const struct observation *o)
{
    if (o->kind == OBS_ETCD_STATUS)
        return o->outcome != OBS_UNAUTHORISED;
    return o->kind != OBS_ETCD_HEALTH || o->outcome == OBS_ANSWERED ||
           k->state.s.outcome == OBS_NEVER;
}

void kept_endpoint_apply(struct kept_endpoint *k, const struct observation *o)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    enum obs_outcome outcome = o->outcome;
    const char *detail = o->detail;
    if (outcome == OBS_ANSWERED && parse(o, &f, &e) != ST_OK) {
        outcome = OBS_GARBLED;
        detail = err_text(&e);
    }
    if (f)
        facts_replace(slot_of(k, o->kind), f);
    if (o->kind == OBS_ETCD_STATUS) {
        k->denied = outcome == OBS_UNAUTHORISED;
        if (k->denied) /* what it said once is not what it says now */
            facts_replace(&k->status, NULL);
    }
    if (o->kind == OBS_ETCD_HEALTH)
        kept_state_update(&k->health_state, o, outcome, detail);
    if (tells_of_life(k, o))
        kept_state_update(&k->state, o, outcome, detail);
    err_release(&e);
}

/* What b knows and a does not. */
static void complete_from(struct etcd_endpoint *a, const struct facts *f, struct snapshot *s)
{
    if (!f)
        return;
    const struct etcd_endpoint *b = f->root;
    snapshot_hold(s, (struct facts *)(uintptr_t)f);
    a->version = a->version ? a->version : b->version;
    a->member_id = a->member_id ? a->member_id : b->member_id;
    if (!a->has_leader_word && b->has_leader_word) {
        a->leader_id = b->leader_id;
        a->has_leader_word = true;
        a->is_leader = b->is_leader;
    }
    a->is_learner = a->is_learner || b->is_learner;
    int64_t *const to[] = {&a->term,    &a->raft_index, &a->applied_index,
                           &a->db_size, &a->db_in_use,  &a->db_quota};
    const int64_t from[] = {b->term,    b->raft_index, b->applied_index,
                            b->db_size, b->db_in_use,  b->db_quota};
    for (size_t i = 0; i < sizeof from / sizeof *from; i++)
        if (*to[i] < 0)
            *to[i] = from[i];
    if (a->alarm == ETCD_ALARM_NONE)
        a->alarm = b->alarm;
}

static void take_health(const struct kept_endpoint *k, struct snapshot *s,
                        struct etcd_endpoint *out)
{
    out->health = ETCD_HEALTH_UNKNOWN;
    out->health_reason = "";
    if (k->health_state.s.outcome != OBS_ANSWERED || !k->health)
        return;
    const struct etcd_endpoint *h = k->health->root;
    snapshot_hold(s, k->health);
    out->health = h->health;
    out->health_reason = h->health_reason ? h->health_reason : "";
}

static const char *name_of(const struct etcd_members *names, uint64_t id)
{
    for (int i = 0; names && id && i < names->n; i++)
        if (names->v[i].id == id)
            return *names->v[i].name ? names->v[i].name : NULL;
    return NULL;
}

void kept_endpoint_publish(const struct kept_endpoint *k, const struct etcd_members *names,
                           struct snapshot *s, struct etcd_endpoint *out, struct source_state *st)
{
    *st = kept_state_copy(&k->state, &s->arena);
    *out = (struct etcd_endpoint){.url = arena_strdup(&s->arena, k->url),
                                  .term = -1,
                                  .raft_index = -1,
                                  .applied_index = -1,
                                  .db_size = -1,
                                  .db_in_use = -1,
                                  .db_quota = -1,
                                  .status_denied = k->denied};
    take_health(k, s, out);
    complete_from(out, k->status, s);
    complete_from(out, k->metrics, s);
    complete_from(out, k->version, s);
    complete_from(out, k->health, s);
    out->name = name_of(names, out->member_id);
}
