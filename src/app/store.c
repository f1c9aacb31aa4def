#include "pgdba/app/store.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/analysis/carry.h"
#include "pgdba/base/buf.h"
#include "pgdba/wire/patroni.h"
#include "store_bouncers.h"
#include "store_members.h"

struct store {
    char *cluster;
    enum environment environment;
    int64_t refresh_us;
    struct kept_state view_state, config_state, history_state;
    struct facts *view, *config, *history;
    struct kept_members members;
    int nbouncers;
    struct kept_bouncer *bouncers;
    int64_t no_leader_since_us;
    bool dirty;
    uint64_t last_id;
    const struct snapshot *current;
};

struct store *store_new(const struct cluster_config *c, int64_t refresh_us)
{
    struct store *st = xcalloc(1, sizeof *st);
    st->cluster = xstrdup(c->name);
    st->environment = c->environment;
    st->refresh_us = refresh_us;
    kept_state_init(&st->view_state);
    kept_state_init(&st->config_state);
    kept_state_init(&st->history_state);
    st->nbouncers = c->npgbouncer;
    st->bouncers = xcalloc((size_t)c->npgbouncer, sizeof *st->bouncers);
    for (int i = 0; i < st->nbouncers; i++)
        kept_bouncer_init(&st->bouncers[i], c->pgbouncer[i].name);
    st->dirty = true;
    return st;
}

void store_free(struct store *st)
{
    if (!st)
        return;
    snapshot_unref(st->current);
    kept_members_release(&st->members);
    for (int i = 0; i < st->nbouncers; i++)
        kept_bouncer_release(&st->bouncers[i]);
    free(st->bouncers);
    kept_state_release(&st->view_state);
    kept_state_release(&st->config_state);
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

/* ---- in */

static enum status parse_health(const struct observation *o, struct facts **out, struct err *e)
{
    return wire_patroni_health(o->body, o->body_len, o->http_status, o->date, out, e);
}

static enum status parse_body(const struct observation *o, struct facts **out, struct err *e)
{
    switch (o->kind) {
    case OBS_PATRONI_CLUSTER:
        return wire_patroni_cluster(o->body, o->body_len, out, e);
    case OBS_PATRONI_HEALTH:
        return parse_health(o, out, e);
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
    kept_members_listed(&st->members, f, o);
    const struct cluster_view *v = f->root;
    bool led = false;
    for (int i = 0; i < v->nmembers; i++)
        led = led || role_is_leader(v->members[i].role);
    if (led)
        st->no_leader_since_us = 0;
    else if (!st->no_leader_since_us)
        st->no_leader_since_us = o->mono_us;
}

static struct kept_state *state_of(struct store *st, const struct observation *o)
{
    switch (o->kind) {
    case OBS_PATRONI_CLUSTER:
        return &st->view_state;
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

static void keep_facts(struct store *st, struct facts *f, const struct observation *o)
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
    enum obs_outcome outcome = o->outcome;
    const char *detail = o->detail;
    if (outcome == OBS_ANSWERED && parse_body(o, &f, &e) != ST_OK) {
        outcome = OBS_GARBLED;
        detail = err_text(&e);
    }
    struct kept_state *state = state_of(st, o);
    if (state)
        kept_state_update(state, o, outcome, detail);
    if (f)
        keep_facts(st, f, o);
    err_release(&e);
}

void store_apply(struct store *st, const struct observation *o)
{
    st->dirty = true;
    if (o->kind < OBS_PGB_VERSION) {
        apply_patroni(st, o);
        return;
    }
    for (int i = 0; i < st->nbouncers; i++)
        if (strcmp(st->bouncers[i].name, o->target) == 0)
            kept_bouncer_apply(&st->bouncers[i], o);
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
    s->view = kept_state_copy(&st->view_state, &s->arena);
    s->view_member = arena_strdup(&s->arena, member_at(st, s->view.endpoint));
    s->no_leader_since_us = st->no_leader_since_us;
    if (!st->view)
        return;
    snapshot_hold(s, st->view);
    const struct cluster_view *v = st->view->root;
    s->scope = v->scope;
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

static struct snapshot *build(struct store *st, int64_t mono_us, int64_t wall_us)
{
    struct snapshot *s = snapshot_new();
    s->id = ++st->last_id;
    s->mono_us = mono_us;
    s->wall_us = wall_us;
    s->cluster = arena_strdup(&s->arena, st->cluster);
    s->environment = st->environment;
    s->refresh_us = st->refresh_us;
    publish_view(st, s);
    struct member *members = kept_members_publish(&st->members, s);
    carry_since(s, members, st->current);
    scope_from_members(s);
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
    struct bouncer *b = arena_array(&s->arena, (size_t)st->nbouncers, struct bouncer);
    for (int i = 0; i < st->nbouncers; i++)
        kept_bouncer_publish(&st->bouncers[i], s, &b[i]);
    s->bouncers = b;
    s->nbouncers = st->nbouncers;
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
    if (st->view_state.s.outcome == OBS_NEVER)
        return false;
    if (st->view && st->config_state.s.outcome == OBS_NEVER)
        return false;
    for (int i = 0; i < st->members.n; i++)
        if (st->members.v[i]->listed && st->members.v[i]->api.s.outcome == OBS_NEVER)
            return false;
    for (int i = 0; i < st->nbouncers; i++)
        if (!kept_bouncer_complete(&st->bouncers[i]))
            return false;
    return true;
}
