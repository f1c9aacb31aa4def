#include "store_dcs.h"

#include <stdlib.h>
#include <string.h>

#include "dcs_view.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/clock.h"
#include "store_endpoints.h"

void kept_dcs_init(struct kept_dcs *k, const struct etcd_config *c)
{
    memset(k, 0, sizeof *k);
    k->configured = c->nurls > 0;
    kept_state_init(&k->state);
    k->nendpoints = c->nurls;
    k->endpoints = xcalloc((size_t)c->nurls, sizeof *k->endpoints);
    for (int i = 0; i < c->nurls; i++)
        kept_endpoint_init(&k->endpoints[i], c->urls[i]);
}

static void forget_keys(struct kept_dcs *k)
{
    wire_dcs_free(k->keys);
    k->keys = NULL;
    facts_replace(&k->now, NULL);
    facts_replace(&k->view, NULL);
    k->watching = false;
    k->no_leader_us = 0;
}

void kept_dcs_release(struct kept_dcs *k)
{
    forget_keys(k);
    for (int i = 0; i < k->nendpoints; i++)
        kept_endpoint_release(&k->endpoints[i]);
    free(k->endpoints);
    kept_state_release(&k->state);
    facts_unref(k->members);
    free(k->members_why);
    free(k->prefix);
}

void kept_dcs_prefix(struct kept_dcs *k, const char *prefix)
{
    if (k->prefix && strcmp(k->prefix, prefix) == 0)
        return;
    forget_keys(k);
    free(k->prefix);
    k->prefix = xstrdup(prefix);
}

/* ---- keys */

static void take_step(struct kept_dcs *k, const struct observation *o,
                      const struct store_listener *l)
{
    struct facts *next = wire_dcs_read(k->keys);
    const struct dcs *a = k->now ? k->now->root : NULL, *b = next->root;
    if (b->leader)
        k->no_leader_us = 0;
    else if (!k->no_leader_us)
        k->no_leader_us = o->mono_us;
    int64_t since = b->whole && k->interrupted_us ? k->interrupted_us : o->mono_us;
    if (l && l->dcs)
        l->dcs(l->arg, a, b, o->mono_us, o->wall_us, since);
    facts_replace(&k->now, next);
    facts_replace(&k->view, NULL);
}

static enum status take_range(struct kept_dcs *k, const struct observation *o,
                              const struct store_listener *l, struct err *e)
{
    struct facts *f;
    enum status st = wire_etcd_range(o->body, o->body_len, &f, e);
    if (st != ST_OK || !k->prefix)
        return st;
    if (!k->keys)
        k->keys = wire_dcs_new(k->prefix);
    wire_dcs_range(k->keys, f->root);
    take_step(k, o, l);
    k->watching = true;
    k->interrupted_us = 0;
    facts_unref(f);
    return ST_OK;
}

static void ended(struct kept_dcs *k, const struct observation *o)
{
    k->watching = false;
    if (!k->interrupted_us)
        k->interrupted_us = k->state.s.answered_us ? k->state.s.answered_us : o->mono_us;
}

static enum status take_line(struct kept_dcs *k, const struct observation *o,
                             const struct store_listener *l, struct err *e)
{
    struct facts *f;
    enum status st = wire_etcd_watch_line(o->body, o->body_len, &f, e);
    if (st != ST_OK)
        return st;
    const struct etcd_watch_line *line = f->root;
    if (line->error || line->canceled)
        st = err_set(e, ST_FAILED, "%s",
                     line->error            ? line->error_message
                     : *line->cancel_reason ? line->cancel_reason
                                            : "the watch was cancelled");
    for (int at = 0; st == ST_OK && k->keys && wire_dcs_step(k->keys, line, &at);)
        take_step(k, o, l);
    facts_unref(f);
    return st;
}

static void apply_keys(struct kept_dcs *k, const struct observation *o,
                       const struct store_listener *l)
{
    struct err e = ERR_INIT;
    enum obs_outcome outcome = o->outcome;
    const char *detail = o->detail;
    enum status st = ST_OK;
    if (outcome == OBS_ANSWERED && o->kind == OBS_ETCD_RANGE)
        st = take_range(k, o, l, &e);
    else if (outcome == OBS_ANSWERED && o->kind == OBS_ETCD_WATCH)
        st = take_line(k, o, l, &e);
    if (st != ST_OK) {
        outcome = OBS_GARBLED;
        detail = err_text(&e);
    }
    if (outcome != OBS_ANSWERED && o->kind == OBS_ETCD_WATCH)
        ended(k, o);
    kept_state_update(&k->state, o, outcome, detail);
    err_release(&e);
}

/* ---- leases */

static struct dcs_lease *lease_slot(struct kept_dcs *k, int64_t id)
{
    int oldest = 0;
    for (int i = 0; i < k->nleases; i++) {
        if (k->leases[i].id == id)
            return &k->leases[i];
        if (k->leases[i].at_us < k->leases[oldest].at_us)
            oldest = i;
    }
    struct dcs_lease *l = k->nleases < LEASES_MAX ? &k->leases[k->nleases++] : &k->leases[oldest];
    *l = (struct dcs_lease){.id = id};
    return l;
}

/* What does not answer keeps the last word with its age: a countdown must not begin anew. */
static void apply_lease(struct kept_dcs *k, const struct observation *o)
{
    struct dcs_lease *l = lease_slot(k, strtoll(o->target, NULL, 10));
    struct facts *f = NULL;
    l->outcome = o->outcome;
    if (o->outcome != OBS_ANSWERED)
        return;
    if (wire_etcd_lease(o->body, o->body_len, &f, NULL) != ST_OK) {
        l->outcome = OBS_GARBLED;
        return;
    }
    const struct dcs_lease *said = f->root;
    l->ttl_s = said->ttl_s;
    l->granted_s = said->granted_s;
    l->at_us = o->mono_us;
    facts_unref(f);
}

static void apply_members(struct kept_dcs *k, const struct observation *o)
{
    struct facts *f = NULL;
    struct err e = ERR_INIT;
    const char *why = o->detail;
    if (o->outcome == OBS_ANSWERED) {
        why = NULL;
        if (wire_etcd_members(o->body, o->body_len, &f, &e) == ST_OK)
            facts_replace(&k->members, f);
        else
            why = err_text(&e);
    }
    free(k->members_why);
    k->members_why = xstrdup(why);
    err_release(&e);
}

void kept_dcs_apply(struct kept_dcs *k, const struct observation *o, const struct store_listener *l)
{
    switch (o->kind) {
    case OBS_ETCD_RANGE:
    case OBS_ETCD_WATCH:
    case OBS_ETCD_ALIVE:
        apply_keys(k, o, l);
        break;
    case OBS_ETCD_LEASE:
        apply_lease(k, o);
        break;
    case OBS_ETCD_MEMBERS:
        apply_members(k, o);
        break;
    default:
        for (int i = 0; i < k->nendpoints; i++)
            if (strcmp(k->endpoints[i].url, o->target) == 0)
                kept_endpoint_apply(&k->endpoints[i], o);
    }
}

/* ---- out */

/* Proof of life comes every refresh, but at most once a second and at least every two. */
bool kept_dcs_fresh(const struct kept_dcs *k, int64_t refresh_us, int64_t now_us)
{
    int64_t period = refresh_us > 2 * USEC_PER_SEC ? 2 * USEC_PER_SEC : refresh_us;
    return k->watching && k->now && !source_is_stale(&k->state.s, period, now_us);
}

struct facts *kept_dcs_view(struct kept_dcs *k)
{
    if (!k->view && k->now)
        k->view = dcs_view_of(k->now);
    return k->view;
}

void kept_dcs_publish(const struct kept_dcs *k, struct snapshot *s)
{
    struct arena *a = &s->arena;
    s->etcd_configured = k->configured;
    s->dcs_state = kept_state_copy(&k->state, a);
    if (k->now) {
        snapshot_hold(s, k->now);
        s->dcs = k->now->root;
    }
    struct dcs_lease *leases = arena_array(a, (size_t)k->nleases, struct dcs_lease);
    for (int i = 0; i < k->nleases; i++)
        leases[i] = k->leases[i];
    s->leases = leases;
    s->nleases = k->nleases;
    const struct etcd_members *names = k->members ? k->members->root : NULL;
    if (k->members)
        snapshot_hold(s, k->members);
    s->etcd_members_text = arena_strdup(a, k->members_why ? k->members_why : "");
    struct etcd_endpoint *e = arena_array(a, (size_t)k->nendpoints, struct etcd_endpoint);
    struct source_state *st = arena_array(a, (size_t)k->nendpoints, struct source_state);
    for (int i = 0; i < k->nendpoints; i++)
        kept_endpoint_publish(&k->endpoints[i], names, s, &e[i], &st[i]);
    s->endpoints = e;
    s->endpoint_states = st;
    s->nendpoints = k->nendpoints;
}

bool kept_dcs_complete(const struct kept_dcs *k)
{
    if (!k->configured)
        return true;
    if (k->state.s.outcome != OBS_NEVER && k->state.s.outcome != OBS_ANSWERED)
        return true;
    /* One that was not asked yet must not count as one that is not well. */
    for (int i = 0; k->watching && i < k->nendpoints; i++)
        if (k->endpoints[i].health_state.s.outcome == OBS_NEVER)
            return false;
    return k->watching;
}
