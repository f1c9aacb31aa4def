#include "store_bouncers.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/analysis/pools.h"
#include "pgdba/base/buf.h"
#include "pgdba/wire/pgbouncer.h"
#include "pgdba/wire/table.h"

void kept_bouncer_init(struct kept_bouncer *b, const char *name)
{
    memset(b, 0, sizeof *b);
    b->name = xstrdup(name);
    kept_state_init(&b->version_state);
    kept_state_init(&b->pools_state);
    kept_state_init(&b->databases_state);
    kept_state_init(&b->stats_state);
    kept_state_init(&b->servers_state);
}

void kept_bouncer_release(struct kept_bouncer *b)
{
    free(b->name);
    kept_state_release(&b->version_state);
    kept_state_release(&b->pools_state);
    kept_state_release(&b->databases_state);
    kept_state_release(&b->stats_state);
    kept_state_release(&b->servers_state);
    struct facts *all[] = {b->version, b->pools, b->databases, b->stats,
                           b->globals, b->rates, b->servers};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        facts_unref(all[i]);
}

static void make_rates(struct kept_bouncer *b, struct facts *cur, int64_t at_us)
{
    struct facts *f = facts_new();
    const struct pgb_stats_set *prev = b->stats ? b->stats->root : NULL;
    f->root = pgb_rates_of(prev, cur->root, at_us - b->stats_us, &f->arena, &b->nrates);
    facts_replace(&b->rates, f);
    facts_replace(&b->stats, cur);
    b->stats_us = at_us;
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
    kept_state_update((struct kept_state *)((char *)b + k->state), o, outcome, detail);
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
