#include "pgdba/app/store.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/analysis/carry.h"
#include "pgdba/analysis/probe.h"
#include "pgdba/base/buf.h"
#include "pgdba/wire/patroni.h"
#include "pgdba/wire/postgres.h"
#include "pgdba/wire/probe.h"
#include "pgdba/wire/table.h"
#include "store_bouncers.h"
#include "store_dcs.h"
#include "store_members.h"
#include "store_routes.h"

struct store {
    char *cluster;
    enum environment environment;
    bool asks_patroni; /* it is configured */
    int64_t refresh_us;
    struct store_listener listener;
    struct kept_state cluster_state, config_state, history_state;
    struct facts *view, *config, *history; /* view: of /cluster */
    struct arena silent_arena;
    struct facts *acting;      /* NULL not known */
    struct silent_url *silent; /* configured, no answer, nobody's */
    int nsilent;
    int64_t view_no_leader_us; /* /cluster has listed none since; 0 */
    struct kept_dcs dcs;
    struct kept_members members;
    int nbouncers, nhaproxies;
    struct kept_bouncer *bouncers;
    struct kept_haproxy *haproxies;
    struct kept_ways ways;
    struct probe_fold *probe;
    int64_t probe_every_us;
    bool dirty;
    uint64_t last_id;
    const struct snapshot *current;
};

static void make_routes(struct store *st, const struct cluster_config *c)
{
    st->nbouncers = c->npgbouncer;
    st->bouncers = xcalloc((size_t)c->npgbouncer, sizeof *st->bouncers);
    for (int i = 0; i < st->nbouncers; i++)
        kept_bouncer_init(&st->bouncers[i], c->pgbouncer[i].name);
    st->nhaproxies = c->nhaproxy;
    st->haproxies = xcalloc((size_t)c->nhaproxy, sizeof *st->haproxies);
    for (int i = 0; i < st->nhaproxies; i++)
        kept_haproxy_init(&st->haproxies[i], &c->haproxy[i]);
    kept_ways_init(&st->ways, c);
}

struct store *store_new(const struct cluster_config *c, int64_t refresh_us)
{
    struct store *st = xcalloc(1, sizeof *st);
    st->cluster = xstrdup(c->name);
    st->environment = c->environment;
    st->asks_patroni = c->patroni.nurls > 0;
    st->refresh_us = refresh_us;
    kept_state_init(&st->cluster_state);
    kept_state_init(&st->config_state);
    arena_init(&st->silent_arena);
    kept_state_init(&st->history_state);
    kept_dcs_init(&st->dcs, &c->etcd);
    make_routes(st, c);
    st->dirty = true;
    return st;
}

void store_free(struct store *st)
{
    if (!st)
        return;
    snapshot_unref(st->current);
    kept_members_release(&st->members);
    kept_dcs_release(&st->dcs);
    for (int i = 0; i < st->nbouncers; i++)
        kept_bouncer_release(&st->bouncers[i]);
    free(st->bouncers);
    for (int i = 0; i < st->nhaproxies; i++)
        kept_haproxy_release(&st->haproxies[i]);
    free(st->haproxies);
    kept_ways_release(&st->ways);
    probe_fold_free(st->probe);
    kept_state_release(&st->cluster_state);
    kept_state_release(&st->config_state);
    facts_unref(st->acting);
    arena_release(&st->silent_arena);
    kept_state_release(&st->history_state);
    facts_unref(st->view);
    facts_unref(st->config);
    facts_unref(st->history);
    free(st->cluster);
    free(st);
}

void store_set_refresh(struct store *st, int64_t refresh_us)
{
    st->refresh_us = refresh_us;
    st->dirty = true;
}

void store_set_etcd_prefix(struct store *st, const char *prefix)
{
    kept_dcs_prefix(&st->dcs, prefix);
    st->dirty = true;
}

bool store_dcs_body(const struct store *st, struct buf *out)
{
    if (!st->dcs.keys || !wire_dcs_revision(st->dcs.keys))
        return false;
    wire_dcs_body(st->dcs.keys, out);
    return true;
}

void store_listen(struct store *st, const struct store_listener *l)
{
    st->listener = *l;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

void store_set_route(struct store *st, const char *member, const char *base, const char *why)
{
    struct kept_member *m = kept_member_find(&st->members, member);
    if (!m || (same_text(m->base, base) && same_text(m->why, why)))
        return;
    free(m->base);
    free(m->why);
    m->base = xstrdup(base);
    m->why = xstrdup(why);
    st->dirty = true;
}

void store_set_acting(struct store *st, struct facts *f)
{
    if (!f && !st->acting)
        return;
    facts_replace(&st->acting, f ? facts_ref(f) : NULL);
    st->dirty = true;
}

static bool same_silent(const struct store *st, const struct silent_url *v, int n)
{
    if (n != st->nsilent)
        return false;
    for (int i = 0; i < n; i++)
        if (strcmp(v[i].url, st->silent[i].url) != 0 || v[i].outcome != st->silent[i].outcome)
            return false;
    return true;
}

static struct silent_url *copy_silent(struct arena *a, const struct silent_url *v, int n)
{
    struct silent_url *copy = arena_array(a, (size_t)n, struct silent_url);
    for (int i = 0; i < n; i++)
        copy[i] = (struct silent_url){arena_strdup(a, v[i].url), v[i].outcome,
                                      arena_strdup(a, v[i].detail)};
    return copy;
}

void store_set_silent_urls(struct store *st, const struct silent_url *v, int n)
{
    if (same_silent(st, v, n))
        return;
    arena_release(&st->silent_arena);
    arena_init(&st->silent_arena);
    st->silent = copy_silent(&st->silent_arena, v, n);
    st->nsilent = n;
    st->dirty = true;
}

/* ---- in: one function a system */

static enum status parse_patroni(const struct observation *o, struct facts **out, struct err *e)
{
    switch (o->kind) {
    case OBS_PATRONI_CLUSTER:
        return wire_patroni_cluster(o->body, o->body_len, out, e);
    case OBS_PATRONI_HEALTH:
        return wire_patroni_health(o->body, o->body_len, o->http_status, o->date, out, e);
    case OBS_PATRONI_HISTORY:
        return wire_patroni_history(o->body, o->body_len, out, e);
    case OBS_PATRONI_CONFIG:
        return wire_patroni_config(o->body, o->body_len, out, e);
    default:
        return ST_OK; /* liveness: the status is the answer */
    }
}

static void keep_view(struct store *st, struct facts *f, const struct observation *o)
{
    facts_replace(&st->view, f);
    const struct cluster_view *v = f->root;
    bool led = false;
    for (int i = 0; i < v->nmembers; i++)
        led = led || role_is_leader(v->members[i].role);
    if (led)
        st->view_no_leader_us = 0;
    else if (!st->view_no_leader_us)
        st->view_no_leader_us = o->mono_us;
}

static struct kept_state *patroni_state(struct store *st, const struct observation *o)
{
    switch (o->kind) {
    case OBS_PATRONI_CLUSTER:
        return &st->cluster_state;
    case OBS_PATRONI_CONFIG:
        return &st->config_state;
    case OBS_PATRONI_HISTORY:
        return &st->history_state;
    case OBS_PATRONI_HEALTH:
        return &kept_member_get(&st->members, o->target)->api;
    case OBS_PATRONI_LIVENESS:
        return &kept_member_get(&st->members, o->target)->liveness;
    default:
        return NULL;
    }
}

static void keep_patroni(struct store *st, struct facts *f, const struct observation *o)
{
    switch (o->kind) {
    case OBS_PATRONI_CLUSTER:
        keep_view(st, f, o);
        break;
    case OBS_PATRONI_CONFIG:
        facts_replace(&st->config, f);
        break;
    case OBS_PATRONI_HISTORY:
        facts_replace(&st->history, f);
        break;
    case OBS_PATRONI_HEALTH: {
        struct kept_member *m = kept_member_get(&st->members, o->target);
        facts_replace(&m->health_facts, f);
        /* /liveness is asked only while /health is silent: its old word must not linger. */
        kept_state_release(&m->liveness);
        break;
    }
    default:
        facts_unref(f);
    }
}

static void apply_patroni(struct store *st, const struct observation *o)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    struct kept_state *state = patroni_state(st, o);
    enum obs_outcome outcome = o->outcome;
    const char *detail = o->detail;
    if (!state)
        return;
    if (outcome == OBS_ANSWERED && parse_patroni(o, &f, &e) != ST_OK) {
        outcome = OBS_GARBLED;
        detail = err_text(&e);
    }
    kept_state_update(state, o, outcome, detail);
    if (f)
        keep_patroni(st, f, o);
    err_release(&e);
}

static void apply_pgbouncer(struct store *st, const struct observation *o)
{
    for (int i = 0; i < st->nbouncers; i++)
        if (strcmp(st->bouncers[i].name, o->target) == 0)
            kept_bouncer_apply(&st->bouncers[i], o);
}

static void apply_etcd(struct store *st, const struct observation *o)
{
    kept_dcs_apply(&st->dcs, o, &st->listener);
}

static void apply_haproxy(struct store *st, const struct observation *o)
{
    for (int i = 0; i < st->nhaproxies; i++)
        if (strcmp(st->haproxies[i].name, o->target) == 0)
            kept_haproxy_apply(&st->haproxies[i], o);
}

static enum status parse_postgres(const struct observation *o, const struct facts *before,
                                  struct facts **out, struct err *e)
{
    struct arena a;
    struct table *t;
    arena_init(&a);
    enum status st = wire_table_decode(o->body, o->body_len, &a, &t, e);
    if (st == ST_OK && o->kind == OBS_PG_VITALS)
        st = wire_pg_vitals(t, out, e);
    else if (st == ST_OK)
        st = wire_pg_self(t, before ? before->root : NULL, out, e);
    arena_release(&a);
    return st;
}

static void apply_postgres(struct store *st, const struct observation *o)
{
    struct kept_member *m = kept_member_get(&st->members, o->target);
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    enum obs_outcome outcome = o->outcome;
    const char *detail = o->detail;
    bool vitals = o->kind == OBS_PG_VITALS;
    if (outcome == OBS_ANSWERED && parse_postgres(o, m->pg_facts, &f, &e) != ST_OK) {
        outcome = OBS_GARBLED;
        detail = err_text(&e);
    }
    kept_state_update(vitals ? &m->vitals : &m->pg, o, outcome, detail);
    if (f)
        facts_replace(vitals ? &m->vitals_facts : &m->pg_facts, f);
    err_release(&e);
}

static void apply_probe(struct store *st, const struct observation *o)
{
    struct facts *f = NULL;
    if (!st->probe)
        st->probe = probe_fold_new();
    if (o->kind == OBS_PROBE && wire_probe_decode(o->body, o->body_len, &f, NULL) == ST_OK)
        probe_fold_sample(st->probe, o->target, st->probe_every_us, f->root, o->mono_us,
                          o->wall_us);
    else if (o->kind == OBS_PROBE_ROWS && o->outcome == OBS_ANSWERED &&
             wire_probe_rows_decode(o->body, o->body_len, &f, NULL) == ST_OK)
        probe_fold_rows(st->probe, f->root);
    facts_unref(f);
}

/* Who is there and who leads: by etcd while it is watched; when that ends its last word stays until
 * /cluster has a younger one. */
static bool dcs_leads(const struct store *st, int64_t now_us)
{
    return kept_dcs_fresh(&st->dcs, st->refresh_us, now_us) ||
           (st->dcs.now && st->dcs.state.s.answered_us > st->cluster_state.s.answered_us);
}

/* The list of whichever leads, as of its last answer. */
static const struct cluster_view *list_members(struct store *st, bool dcs, int64_t mono_us,
                                               int64_t wall_us)
{
    struct facts *view = dcs ? kept_dcs_view(&st->dcs) : st->view;
    int64_t at = dcs ? st->dcs.state.s.answered_us : st->cluster_state.s.answered_us;
    if (!view)
        return NULL;
    kept_members_listed(&st->members, view, at, wall_us - (mono_us - at));
    return view->root;
}

static bool tells_of_members(enum obs_kind k)
{
    return k == OBS_PATRONI_CLUSTER || k == OBS_ETCD_RANGE || k == OBS_ETCD_WATCH;
}

void store_apply(struct store *st, const struct observation *o)
{
    static void (*const appliers[SYS_COUNT])(struct store *, const struct observation *) = {
        [SYS_PATRONI] = apply_patroni, [SYS_PGBOUNCER] = apply_pgbouncer, [SYS_ETCD] = apply_etcd,
        [SYS_HAPROXY] = apply_haproxy, [SYS_POSTGRES] = apply_postgres,   [SYS_PROBE] = apply_probe,
    };
    enum obs_system system = obs_kind_system(o->kind);
    st->dirty = true;
    if (appliers[system])
        appliers[system](st, o);
    if (tells_of_members(o->kind))
        list_members(st, dcs_leads(st, o->mono_us), o->mono_us, o->wall_us);
}

/* ---- the probe */

struct probe_fold *store_probe(struct store *st)
{
    return st->probe;
}

void store_set_probe_every(struct store *st, int64_t every_us)
{
    st->probe_every_us = every_us;
}

void store_probe_stopped(struct store *st)
{
    if (!st->probe)
        return;
    probe_fold_stopped(st->probe);
    st->dirty = true;
}

/* ---- out */

static const char *member_at(const struct store *st, const char *endpoint)
{
    for (int i = 0; i < st->members.n; i++) {
        const char *base = st->members.v[i]->base;
        if (base && *endpoint && strncmp(endpoint, base, strlen(base)) == 0 &&
            (endpoint[strlen(base)] == 0 || endpoint[strlen(base)] == '/'))
            return st->members.v[i]->name;
    }
    return NULL;
}

static void publish_view(struct store *st, struct snapshot *s)
{
    s->cluster_state = kept_state_copy(&st->cluster_state, &s->arena);
    s->view = s->dcs_leads ? s->dcs_state : s->cluster_state;
    s->view_member = arena_strdup(&s->arena, member_at(st, s->cluster_state.endpoint));
    s->no_leader_since_us = s->dcs_leads ? st->dcs.no_leader_us : st->view_no_leader_us;
    if (st->view) {
        snapshot_hold(s, st->view);
        s->cluster_view = st->view->root;
        s->scope = s->cluster_view->scope;
    }
    const struct cluster_view *v = list_members(st, s->dcs_leads, s->mono_us, s->wall_us);
    if (!v)
        return;
    if (s->dcs_leads)
        snapshot_hold(s, st->dcs.view);
    s->paused = v->paused;
    s->switchover_at = v->switchover_at;
    s->switchover_from = v->switchover_from;
    s->switchover_to = v->switchover_to;
}

/* Patroni says its scope in /cluster from 3.2 only, but each member always does. */
static void scope_from_members(struct snapshot *s)
{
    for (int i = 0; !s->scope && i < s->nmembers; i++)
        if (s->members[i].health)
            s->scope = s->members[i].health->scope;
}

static void publish_config(struct store *st, struct snapshot *s)
{
    s->config_state = kept_state_copy(&st->config_state, &s->arena);
    s->history_state = kept_state_copy(&st->history_state, &s->arena);
    if (st->config) {
        snapshot_hold(s, st->config);
        s->config = st->config->root;
    }
    if (st->history) {
        snapshot_hold(s, st->history);
        s->history = st->history->root;
    }
    if (s->dcs_leads && s->dcs->config)
        s->config = s->dcs->config;
    if (s->dcs_leads && s->dcs->history)
        s->history = s->dcs->history;
}

static struct haproxy *publish_routes(struct store *st, struct snapshot *s,
                                      struct bouncer **bouncers)
{
    struct bouncer *b = arena_array(&s->arena, (size_t)st->nbouncers, struct bouncer);
    for (int i = 0; i < st->nbouncers; i++)
        kept_bouncer_publish(&st->bouncers[i], s, &b[i]);
    s->bouncers = *bouncers = b;
    s->nbouncers = st->nbouncers;
    struct haproxy *h = arena_array(&s->arena, (size_t)st->nhaproxies, struct haproxy);
    for (int i = 0; i < st->nhaproxies; i++)
        kept_haproxy_publish(&st->haproxies[i], s, &h[i]);
    s->haproxies = h;
    s->nhaproxies = st->nhaproxies;
    kept_ways_publish(&st->ways, s);
    return h;
}

static void publish_probe(struct store *st, struct snapshot *s)
{
    struct facts *f = st->probe ? probe_fold_view(st->probe) : NULL;
    if (!f)
        return;
    snapshot_hold(s, f);
    s->probe = f->root;
    facts_unref(f);
}

static struct snapshot *build(struct store *st, int64_t mono_us, int64_t wall_us)
{
    struct snapshot *s = snapshot_new();
    s->id = ++st->last_id;
    s->mono_us = mono_us;
    s->wall_us = wall_us;
    s->cluster = arena_strdup(&s->arena, st->cluster);
    s->environment = st->environment;
    s->refresh_us = st->refresh_us;
    kept_dcs_publish(&st->dcs, s);
    s->dcs_leads = dcs_leads(st, mono_us);
    publish_view(st, s);
    struct member *members = kept_members_publish(&st->members, s);
    scope_from_members(s);
    s->silent_urls = copy_silent(&s->arena, st->silent, st->nsilent);
    s->nsilent_urls = st->nsilent;
    publish_config(st, s);
    if (st->acting) {
        snapshot_hold(s, st->acting);
        s->acting = st->acting->root;
    }
    struct bouncer *bouncers;
    struct haproxy *haproxies = publish_routes(st, s, &bouncers);
    carry_since(s, members, st->current);
    carry_routes(s, members, haproxies, st->current);
    carry_bouncers(s, bouncers, st->current);
    publish_probe(st, s);
    return s;
}

const struct snapshot *store_snapshot(struct store *st, int64_t mono_us, int64_t wall_us)
{
    if (st->dirty || !st->current) {
        const struct snapshot *old = st->current;
        st->current = build(st, mono_us, wall_us);
        st->dirty = false;
        snapshot_unref(old);
    }
    return st->current;
}

bool store_complete(const struct store *st)
{
    bool list = st->view || st->dcs.now;
    /* etcd may be the quicker one: without Patroni's list no member has been asked anything yet. */
    if (st->cluster_state.s.outcome == OBS_NEVER && (st->asks_patroni || !st->dcs.now))
        return false;
    if (list && st->config_state.s.outcome == OBS_NEVER && !st->dcs.now)
        return false;
    if (!kept_dcs_complete(&st->dcs))
        return false;
    for (int i = 0; i < st->members.n; i++)
        if (st->members.v[i]->listed && st->members.v[i]->api.s.outcome == OBS_NEVER)
            return false;
    for (int i = 0; i < st->nbouncers; i++)
        if (!kept_bouncer_complete(&st->bouncers[i]))
            return false;
    for (int i = 0; i < st->nhaproxies; i++)
        if (st->haproxies[i].state.s.outcome == OBS_NEVER)
            return false;
    return true;
}
