#include "store_members.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/analysis/lag.h"
#include "pgdba/analysis/topology.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/clock.h"

/* Autoscaled members come and go under new names for ever; a console left open must not grow. */
enum { REMEMBERED_MAX = 256 };

static void member_free(struct kept_member *m)
{
    facts_unref(m->dcs_facts);
    facts_unref(m->health_facts);
    facts_unref(m->pg_facts);
    facts_unref(m->vitals_facts);
    kept_state_release(&m->vitals);
    kept_state_release(&m->api);
    kept_state_release(&m->liveness);
    kept_state_release(&m->pg);
    free(m->name);
    free(m->base);
    free(m->why);
    free(m);
}

void kept_members_release(struct kept_members *ms)
{
    for (int i = 0; i < ms->n; i++)
        member_free(ms->v[i]);
    free(ms->v);
    ms->v = NULL;
    ms->n = 0;
}

static int position(const struct kept_members *ms, const char *name, bool *found)
{
    int lo = 0, hi = ms->n;
    *found = false;
    while (lo < hi) {
        int mid = (lo + hi) / 2;
        int c = strcmp(ms->v[mid]->name, name);
        if (c == 0) {
            *found = true;
            return mid;
        }
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

struct kept_member *kept_member_find(const struct kept_members *ms, const char *name)
{
    bool found;
    int i = position(ms, name, &found);
    return found ? ms->v[i] : NULL;
}

static void drop(struct kept_members *ms, int i)
{
    member_free(ms->v[i]);
    memmove(ms->v + i, ms->v + i + 1, (size_t)(ms->n - i - 1) * sizeof *ms->v);
    ms->n--;
}

static void forget_the_oldest(struct kept_members *ms)
{
    int oldest = -1;
    for (int i = 0; i < ms->n; i++)
        if (!ms->v[i]->listed &&
            (oldest < 0 || ms->v[i]->last_seen_us < ms->v[oldest]->last_seen_us))
            oldest = i;
    if (oldest >= 0)
        drop(ms, oldest);
}

struct kept_member *kept_member_get(struct kept_members *ms, const char *name)
{
    struct kept_member *m = kept_member_find(ms, name);
    if (m)
        return m;
    if (ms->n >= REMEMBERED_MAX)
        forget_the_oldest(ms);
    bool found;
    int at = position(ms, name, &found);
    m = xcalloc(1, sizeof *m);
    m->name = xstrdup(name);
    kept_state_init(&m->api);
    kept_state_init(&m->liveness);
    kept_state_init(&m->pg);
    kept_state_init(&m->vitals);
    ms->v = xrealloc(ms->v, ((size_t)ms->n + 1) * sizeof *ms->v);
    memmove(ms->v + at + 1, ms->v + at, (size_t)(ms->n - at) * sizeof *ms->v);
    ms->v[at] = m;
    ms->n++;
    return m;
}

void kept_members_listed(struct kept_members *ms, struct facts *view, int64_t mono_us,
                         int64_t wall_us)
{
    const struct cluster_view *v = view->root;
    for (int i = 0; i < ms->n; i++)
        ms->v[i]->listed = false;
    for (int i = 0; i < v->nmembers; i++) {
        struct kept_member *m = kept_member_get(ms, v->members[i].name);
        facts_ref(view);
        facts_unref(m->dcs_facts);
        m->dcs_facts = view;
        m->dcs = &v->members[i];
        m->listed = true;
        m->last_seen_us = mono_us;
        m->last_seen_wall_us = wall_us;
    }
}

/* ---- lag over time */

static void ring_add(struct lag_ring *r, int64_t at_us, int64_t receive, int64_t replay)
{
    r->at_us[r->next] = at_us;
    r->receive[r->next] = receive;
    r->replay[r->next] = replay;
    r->next = (r->next + 1) % LAG_SAMPLES;
    if (r->n < LAG_SAMPLES)
        r->n++;
}

static int64_t ring_last(const struct lag_ring *r)
{
    return r->n ? r->at_us[(r->next + LAG_SAMPLES - 1) % LAG_SAMPLES] : INT64_MIN / 2;
}

/* One sample a round; a round without one leaves a gap that is seen as a gap. */
static void ring_sample(struct lag_ring *r, const struct lag_sample *l, int64_t refresh_us,
                        int64_t now_us)
{
    int64_t last = ring_last(r);
    if (l->basis != LAG_NONE && l->at_us - last >= refresh_us * 3 / 4)
        ring_add(r, l->at_us, l->receive, l->replay);
    else if (l->basis == LAG_NONE && r->n && now_us - last >= refresh_us * 5 / 2)
        ring_add(r, now_us, LAG_UNKNOWN, LAG_UNKNOWN);
}

static struct series ring_copy(const struct lag_ring *r, const int64_t *values, struct arena *a)
{
    int64_t *at = arena_array(a, (size_t)r->n, int64_t), *v = arena_array(a, (size_t)r->n, int64_t);
    for (int i = 0; i < r->n; i++) {
        int j = (r->next - r->n + i + LAG_SAMPLES) % LAG_SAMPLES;
        at[i] = r->at_us[j];
        v[i] = values[j];
    }
    return (struct series){.n = r->n, .at_us = at, .value = v};
}

/* ---- into a snapshot */

static void publish_one(const struct kept_member *k, struct snapshot *s, struct member *m)
{
    struct arena *a = &s->arena;
    *m = (struct member){
        .name = arena_strdup(a, k->name),
        .listed = k->listed,
        .last_seen_us = k->last_seen_us,
        .last_seen_wall_us = k->last_seen_wall_us,
        .dcs = k->dcs,
        .health = k->health_facts ? k->health_facts->root : NULL,
        .api = kept_state_copy(&k->api, a),
        .liveness = kept_state_copy(&k->liveness, a),
        .api_base = arena_strdup(a, k->base),
        .pg = kept_state_copy(&k->pg, a),
        .pg_self = k->pg_facts ? k->pg_facts->root : NULL,
        .vitals_state = kept_state_copy(&k->vitals, a),
        .vitals = k->vitals_facts ? k->vitals_facts->root : NULL,
    };
    if (!k->base && k->why)
        m->note = arena_strdup(a, k->why);
    if (k->dcs_facts)
        snapshot_hold(s, k->dcs_facts);
    if (k->health_facts)
        snapshot_hold(s, k->health_facts);
    if (k->pg_facts)
        snapshot_hold(s, k->pg_facts);
    if (k->vitals_facts)
        snapshot_hold(s, k->vitals_facts);
}

static int find_leader(const struct member *members, int n)
{
    for (int i = 0; i < n; i++)
        if (members[i].listed && members[i].dcs && role_is_leader(members[i].dcs->role))
            return i;
    return -1;
}

static int64_t max_age(const struct snapshot *s)
{
    int64_t limit = s->refresh_us * 5 / 2;
    return limit < 2500 * USEC_PER_MS ? 2500 * USEC_PER_MS : limit;
}

struct member *kept_members_publish(struct kept_members *ms, struct snapshot *s)
{
    struct member *out = arena_array(&s->arena, (size_t)ms->n, struct member);
    for (int i = 0; i < ms->n; i++)
        publish_one(ms->v[i], s, &out[i]);
    s->leader = find_leader(out, ms->n);
    topology_find_upstreams(out, ms->n, s->leader, s->mono_us, max_age(s));
    const struct member *leader = s->leader >= 0 ? &out[s->leader] : NULL;
    for (int i = 0; i < ms->n; i++) {
        struct lag_ring *r = &ms->v[i]->lag;
        if (i != s->leader && out[i].listed)
            out[i].lag = lag_measure(&out[i], leader, &s->view, max_age(s), s->mono_us);
        else
            out[i].lag = (struct lag_sample){LAG_NONE, LAG_UNKNOWN, LAG_UNKNOWN, 0};
        if (i != s->leader)
            ring_sample(r, &out[i].lag, s->refresh_us, s->mono_us);
        out[i].receive_lag = ring_copy(r, r->receive, &s->arena);
        out[i].replay_lag = ring_copy(r, r->replay, &s->arena);
    }
    s->members = out;
    s->nmembers = ms->n;
    return out;
}
