#include "store_bouncers.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "pgdba/analysis/pools.h"
#include "pgdba/base/buf.h"
#include "pgdba/wire/pgbouncer.h"
#include "pgdba/wire/table.h"

#define STATE(st) offsetof(struct kept_bouncer, st)
static const size_t all_states[] = {
    STATE(version_state), STATE(pools_state),  STATE(databases_state), STATE(stats_state),
    STATE(servers_state), STATE(lists_state),  STATE(config_state),    STATE(clients_state),
    STATE(users_state),   STATE(memory_state), STATE(dns_hosts_state), STATE(dns_zones_state),
};
#undef STATE

static struct kept_state *state_at(struct kept_bouncer *b, size_t at)
{
    return (struct kept_state *)(void *)((char *)b + at);
}

void kept_bouncer_init(struct kept_bouncer *b, const char *name)
{
    memset(b, 0, sizeof *b);
    b->name = xstrdup(name);
    for (size_t i = 0; i < sizeof all_states / sizeof *all_states; i++)
        kept_state_init(state_at(b, all_states[i]));
}

void kept_bouncer_release(struct kept_bouncer *b)
{
    free(b->name);
    for (size_t i = 0; i < sizeof all_states / sizeof *all_states; i++)
        kept_state_release(state_at(b, all_states[i]));
    struct facts *all[] = {b->version, b->pools,   b->databases, b->stats,    b->globals,
                           b->rates,   b->servers, b->lists,     b->config,   b->clients,
                           b->users,   b->memory,  b->dns_hosts, b->dns_zones};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        facts_unref(all[i]);
}

/* ---- over time */

static int64_t waiting_of(const struct pgb_pools *p, int64_t *maxwait)
{
    int64_t n = 0;
    *maxwait = 0;
    for (int i = 0; i < p->n; i++) {
        if (p->v[i].cl_waiting > 0 && p->v[i].cl_waiting < INT32_MAX)
            n += p->v[i].cl_waiting;
        if (p->v[i].maxwait_us > *maxwait)
            *maxwait = p->v[i].maxwait_us;
    }
    return n;
}

/* Queries a second, in thousandths, and the mean wait of all databases together. */
static void rates_sample(const struct kept_bouncer *b, int64_t *queries, int64_t *mean_wait)
{
    const struct pgb_rates *r = b->rates->root;
    double q = NAN, waited = 0, waits = 0;
    for (int i = 0; i < b->nrates; i++) {
        if (!r[i].known || isnan(r[i].queries))
            continue;
        q = (isnan(q) ? 0 : q) + r[i].queries;
        if (!isnan(r[i].wait_us) && r[i].xacts > 0) {
            waited += r[i].wait_us * r[i].xacts;
            waits += r[i].xacts;
        }
    }
    *queries = isnan(q) || q > 1e15 ? LAG_UNKNOWN : (int64_t)(q * 1000);
    *mean_wait = isnan(q) || waited > 1e18 ? LAG_UNKNOWN
                 : waits > 0               ? (int64_t)(waited / waits)
                                           : 0;
}

/* The totals come last of a round: pools and rates of one round stand in one sample. */
static void sample(struct kept_bouncer *b, int64_t at_us)
{
    struct bouncer_ring *r = &b->ring;
    int i = r->next;
    r->at_us[i] = at_us;
    r->waiting[i] = r->maxwait[i] = LAG_UNKNOWN;
    if (b->pools)
        r->waiting[i] = waiting_of(b->pools->root, &r->maxwait[i]);
    rates_sample(b, &r->queries[i], &r->mean_wait[i]);
    r->next = (i + 1) % BOUNCER_SAMPLES;
    if (r->n < BOUNCER_SAMPLES)
        r->n++;
}

/* A round without an answer is seen as a gap. */
static void sample_gap(struct kept_bouncer *b, int64_t at_us)
{
    struct bouncer_ring *r = &b->ring;
    int i = r->next;
    if (r->n == 0)
        return;
    r->at_us[i] = at_us;
    r->waiting[i] = r->maxwait[i] = r->queries[i] = r->mean_wait[i] = LAG_UNKNOWN;
    r->next = (i + 1) % BOUNCER_SAMPLES;
    if (r->n < BOUNCER_SAMPLES)
        r->n++;
}

static void make_rates(struct kept_bouncer *b, struct facts *cur, int64_t at_us)
{
    struct facts *f = facts_new();
    const struct pgb_stats_set *prev = b->stats ? b->stats->root : NULL;
    f->root = pgb_rates_of(prev, cur->root, at_us - b->stats_us, &f->arena, &b->nrates);
    facts_replace(&b->rates, f);
    facts_replace(&b->stats, cur);
    b->stats_us = at_us;
    sample(b, at_us);
}

typedef enum status parse_fn(const struct table *t, struct facts **out, struct err *e);

static enum status parse(const struct observation *o, parse_fn *fn, struct facts **out,
                         struct err *e)
{
    struct arena a;
    arena_init(&a);
    struct table *t;
    enum status st = wire_table_decode(o->body, o->body_len, &a, &t, e);
    if (st == ST_OK)
        st = fn(t, out, e);
    arena_release(&a);
    return st;
}

static const struct pgb_kind {
    parse_fn *parse;
    size_t state, facts; /* offsets; state 0: keeps none */
} kinds[OBS_KIND_COUNT] = {
#define KIND(fn, st, f)                                                         \
    {                                                                           \
        fn, offsetof(struct kept_bouncer, st), offsetof(struct kept_bouncer, f) \
    }
    [OBS_PGB_VERSION] = KIND(wire_pgb_version, version_state, version),
    [OBS_PGB_POOLS] = KIND(wire_pgb_pools, pools_state, pools),
    [OBS_PGB_DATABASES] = KIND(wire_pgb_databases, databases_state, databases),
    [OBS_PGB_STATS] = KIND(wire_pgb_stats, stats_state, stats),
    [OBS_PGB_STATE] = KIND(wire_pgb_state, version_state, globals),
    [OBS_PGB_SERVERS] = KIND(wire_pgb_servers, servers_state, servers),
    [OBS_PGB_LISTS] = KIND(wire_pgb_lists, lists_state, lists),
    [OBS_PGB_CONFIG] = KIND(wire_pgb_config, config_state, config),
    [OBS_PGB_CLIENTS] = KIND(wire_pgb_clients, clients_state, clients),
    [OBS_PGB_USERS] = KIND(wire_pgb_users, users_state, users),
    [OBS_PGB_MEM] = KIND(wire_pgb_memory, memory_state, memory),
    [OBS_PGB_DNS_HOSTS] = KIND(wire_pgb_dns_hosts, dns_hosts_state, dns_hosts),
    [OBS_PGB_DNS_ZONES] = KIND(wire_pgb_dns_zones, dns_zones_state, dns_zones),
#undef KIND
};

void kept_bouncer_apply(struct kept_bouncer *b, const struct observation *o)
{
    const struct pgb_kind *k = &kinds[o->kind];
    if (!k->parse)
        return;
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    enum obs_outcome outcome = o->outcome;
    const char *detail = o->detail;
    if (outcome == OBS_ANSWERED && parse(o, k->parse, &f, &e) != ST_OK) {
        outcome = OBS_GARBLED;
        detail = err_text(&e);
    }
    kept_state_update(state_at(b, k->state), o, outcome, detail);
    if (o->kind == OBS_PGB_STATS && !f)
        sample_gap(b, o->mono_us);
    if (f && o->kind == OBS_PGB_STATS)
        make_rates(b, f, o->mono_us);
    else if (f)
        facts_replace((struct facts **)((char *)b + k->facts), f);
    err_release(&e);
}

/* What stands for the bouncer as a whole: the latest failure if the last word of any query is one,
 * else the pools. */
static const struct kept_state *overall(const struct kept_bouncer *b)
{
    const struct kept_state *all[] = {&b->pools_state, &b->databases_state, &b->stats_state,
                                      &b->version_state};
    const struct kept_state *worst = all[0];
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const struct source_state *s = &all[i]->s, *w = &worst->s;
        bool failed = s->outcome != OBS_ANSWERED && s->outcome != OBS_NEVER;
        bool worst_failed = w->outcome != OBS_ANSWERED && w->outcome != OBS_NEVER;
        /* A version that could not be asked says nothing once later queries were answered. */
        if (all[i] == &b->version_state && s->asked_us < b->pools_state.s.asked_us)
            continue;
        if (failed && (!worst_failed || s->asked_us > w->asked_us))
            worst = all[i];
    }
    return worst;
}

static const void *root(struct snapshot *s, struct facts *f)
{
    if (!f)
        return NULL;
    snapshot_hold(s, f);
    return f->root;
}

static struct series ring_copy(const struct bouncer_ring *r, const int64_t *at,
                               const int64_t *values, struct arena *a)
{
    int64_t *v = arena_array(a, (size_t)r->n, int64_t);
    for (int i = 0; i < r->n; i++)
        v[i] = values[(r->next - r->n + i + BOUNCER_SAMPLES) % BOUNCER_SAMPLES];
    return (struct series){.n = r->n, .at_us = at, .value = v};
}

static void publish_series(const struct bouncer_ring *r, struct arena *a, struct bouncer *out)
{
    const int64_t *at = ring_copy(r, NULL, r->at_us, a).value;
    out->waiting = ring_copy(r, at, r->waiting, a);
    out->maxwait = ring_copy(r, at, r->maxwait, a);
    out->queries = ring_copy(r, at, r->queries, a);
    out->mean_wait = ring_copy(r, at, r->mean_wait, a);
}

static void publish_seldom(const struct kept_bouncer *b, struct snapshot *s, struct bouncer *out)
{
    struct arena *a = &s->arena;
    out->lists = root(s, b->lists);
    out->config = root(s, b->config);
    out->clients = root(s, b->clients);
    out->users = root(s, b->users);
    out->memory = root(s, b->memory);
    out->dns_hosts = root(s, b->dns_hosts);
    out->dns_zones = root(s, b->dns_zones);
    out->lists_state = kept_state_copy(&b->lists_state, a);
    out->config_state = kept_state_copy(&b->config_state, a);
    out->clients_state = kept_state_copy(&b->clients_state, a);
    out->users_state = kept_state_copy(&b->users_state, a);
    out->memory_state = kept_state_copy(&b->memory_state, a);
    out->dns_hosts_state = kept_state_copy(&b->dns_hosts_state, a);
    out->dns_zones_state = kept_state_copy(&b->dns_zones_state, a);
}

void kept_bouncer_publish(const struct kept_bouncer *b, struct snapshot *s, struct bouncer *out)
{
    struct arena *a = &s->arena;
    const struct pgb_version *version = root(s, b->version);
    const struct pgb_state *globals = root(s, b->globals);
    *out = (struct bouncer){
        .name = arena_strdup(a, b->name),
        .state = kept_state_copy(overall(b), a),
        .pools = root(s, b->pools),
        .databases = root(s, b->databases),
        .stats = root(s, b->stats),
        .pools_state = kept_state_copy(&b->pools_state, a),
        .databases_state = kept_state_copy(&b->databases_state, a),
        .stats_state = kept_state_copy(&b->stats_state, a),
        .servers = root(s, b->servers),
        .servers_state = kept_state_copy(&b->servers_state, a),
        .rates = root(s, b->rates),
        .nrates = b->nrates,
    };
    publish_seldom(b, s, out);
    publish_series(&b->ring, a, out);
    out->endpoint = out->state.endpoint;
    if (version)
        out->version = *version;
    if (globals)
        out->globals = *globals;
}

bool kept_bouncer_complete(const struct kept_bouncer *b)
{
    if (b->version_state.s.outcome != OBS_NEVER && b->version_state.s.outcome != OBS_ANSWERED)
        return true;
    bool failed = b->pools_state.s.outcome != OBS_NEVER && b->pools_state.s.outcome != OBS_ANSWERED;
    return failed || (b->pools_state.s.asked_us && b->databases_state.s.asked_us &&
                      b->stats_state.s.asked_us);
}
