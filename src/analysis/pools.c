/* SHOW POOLS joined with SHOW DATABASES, and what is wrong with a pool. */
#include "pgdba/analysis/pools.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "bouncer_cause.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

#define WAIT_WARN_US (1 * USEC_PER_SEC) /* reference "middleware.md" §1.7 */
#define WAIT_CRIT_US (10 * USEC_PER_SEC)

/* ---- the rules. health.c knows those that are verdicts too by the same names. */

/* One pool with what its rules look at. */
struct pool_case {
    const struct snapshot *snapshot;
    const struct bouncer *bouncer;
    const struct pool_view *view;
    bool fresh; /* the numbers are of now */
    bool held;  /* paused or suspended, by database or globally: no server is no wonder */
    int64_t age_us;
};

/* Says what is wrong in a sentence without the pool's name; false when nothing is. */
typedef bool pool_rule_fn(const struct pool_case *c, struct arena *a, const char **reason);

static bool waits(const struct pool_case *c)
{
    return c->view->pool->cl_waiting > 0;
}

/* One is being opened, which is normal for a moment. */
static bool is_opening(const struct pool_case *c)
{
    const struct pgb_pool *p = c->view->pool;
    return p->sv_login > 0 && p->maxwait_us <= WAIT_WARN_US &&
           !pgb_login_stuck(c->bouncer, c->view->database, c->snapshot->mono_us);
}

static bool rule_no_server(const struct pool_case *c, struct arena *a, const char **reason)
{
    const struct pgb_pool *p = c->view->pool;
    if (!c->fresh || c->held || !waits(c) || !pgb_pool_unserved(p) || is_opening(c))
        return false;
    char d[FMT_MAX];
    *reason = arena_printf(a, "%" PRId64 " waiting, %s, no server: %s", p->cl_waiting,
                           p->maxwait_us > 0 ? fmt_duration(d, p->maxwait_us)
                                             : "all of them still to log in",
                           pgb_no_server_cause(c->snapshot, c->bouncer, c->view->database,
                                               p->sv_login > 0, c->snapshot->mono_us, a));
    return true;
}

static bool rule_wait(const struct pool_case *c, struct arena *a, const char **reason,
                      int64_t over_us, int64_t upto_us)
{
    const struct pgb_pool *p = c->view->pool;
    if (!c->fresh || !waits(c) || p->maxwait_us <= over_us || p->maxwait_us > upto_us)
        return false;
    char d[FMT_MAX], l[FMT_MAX];
    *reason = arena_printf(a, "%" PRId64 " waiting, the first for %s (limit %s)%s", p->cl_waiting,
                           fmt_duration(d, p->maxwait_us), fmt_duration(l, over_us),
                           c->held ? ", paused" : "");
    return true;
}

static bool rule_wait_long(const struct pool_case *c, struct arena *a, const char **reason)
{
    return rule_wait(c, a, reason, WAIT_CRIT_US, INT64_MAX);
}

static bool rule_wait_short(const struct pool_case *c, struct arena *a, const char **reason)
{
    return rule_wait(c, a, reason, WAIT_WARN_US, WAIT_CRIT_US);
}

static bool rule_saturated(const struct pool_case *c, struct arena *a, const char **reason)
{
    const struct pool_view *v = c->view;
    if (!c->fresh || !waits(c) || v->limit <= 0 || v->servers < v->limit)
        return false;
    *reason =
        arena_printf(a, "saturated: %" PRId64 " of %" PRId64 " servers in use, %" PRId64 " waiting",
                     v->servers, v->limit, v->pool->cl_waiting);
    return true;
}

static bool rule_connecting(const struct pool_case *c, struct arena *a, const char **reason)
{
    const struct pgb_pool *p = c->view->pool;
    if (!c->fresh || c->held || !waits(c) || !pgb_pool_unserved(p) || !is_opening(c))
        return false;
    *reason = arena_printf(a, "%" PRId64 " waiting while the first server connection is opened",
                           p->cl_waiting);
    return true;
}

static bool rule_paused(const struct pool_case *c, struct arena *a, const char **reason)
{
    if (!c->fresh || !c->view->paused)
        return false;
    *reason = arena_printf(a, "database is paused: %" PRId64 " waiting",
                           c->view->pool->cl_waiting > 0 ? c->view->pool->cl_waiting : 0);
    return true;
}

static bool rule_disabled(const struct pool_case *c, struct arena *a, const char **reason)
{
    if (!c->fresh || !c->view->disabled)
        return false;
    *reason = arena_strdup(a, "database is disabled: new clients are refused");
    return true;
}

static bool rule_global(const struct pool_case *c, struct arena *a, const char **reason)
{
    const struct pgb_state *g = &c->bouncer->globals;
    if (!c->fresh || (g->paused != TRI_YES && g->suspended != TRI_YES))
        return false;
    *reason = arena_printf(a, "PgBouncer is %s as a whole: %" PRId64 " waiting",
                           g->suspended == TRI_YES ? "suspended" : "paused",
                           c->view->pool->cl_waiting > 0 ? c->view->pool->cl_waiting : 0);
    return true;
}

static bool rule_old(const struct pool_case *c, struct arena *a, const char **reason)
{
    if (c->fresh)
        return false;
    const struct source_state *st = &c->bouncer->pools_state;
    char d[FMT_MAX];
    *reason = arena_printf(a, "numbers are %s old%s%s", fmt_duration(d, c->age_us),
                           st->outcome == OBS_ANSWERED ? "" : ": ",
                           st->outcome == OBS_ANSWERED ? "" : obs_outcome_name(st->outcome));
    return true;
}

/* Worst first. */
static const struct {
    const char *name;
    enum health health;
    pool_rule_fn *fn;
} rules[] = {
    {"pool-no-server", HEALTH_CRITICAL, rule_no_server},
    {"pool-wait-long", HEALTH_CRITICAL, rule_wait_long},
    {"pool-wait", HEALTH_DEGRADED, rule_wait_short},
    {"pool-saturated", HEALTH_DEGRADED, rule_saturated},
    {"pool-connecting", HEALTH_DEGRADED, rule_connecting},
    {"pool-paused", HEALTH_DEGRADED, rule_paused},
    {"pool-disabled", HEALTH_DEGRADED, rule_disabled},
    {"pool-held", HEALTH_DEGRADED, rule_global},
    {"pool-old", HEALTH_DEGRADED, rule_old},
};

/* ---- the join */

/* Counts come from a server and are added up: -1 (not said) and the absurd must not carry over. */
static int64_t sane(int64_t v)
{
    return v < 0 ? 0 : v > INT32_MAX ? INT32_MAX : v;
}

static int64_t limit_of(const struct pgb_database *d)
{
    if (!d || d->pool_size < 0)
        return -1;
    /* 0 is "unlimited" (1.24+); a reserve on top of that changes nothing. */
    return d->pool_size == 0 ? 0 : sane(d->pool_size) + sane(d->reserve_pool);
}

static void pool_judge(struct pool_view *v, const struct snapshot *s, struct arena *a)
{
    const struct bouncer *b = v->bouncer;
    struct pool_case c = {
        .snapshot = s,
        .bouncer = b,
        .view = v,
        .fresh = !source_is_stale(&b->pools_state, s->refresh_us, s->mono_us),
        .held = v->paused || b->globals.paused == TRI_YES || b->globals.suspended == TRI_YES,
        .age_us = s->mono_us - b->pools_state.answered_us,
    };
    v->health = HEALTH_OK;
    v->reason = "";
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].fn(&c, a, &v->reason)) {
            v->health = rules[i].health;
            v->rule = rules[i].name;
            return;
        }
}

static void pool_join(struct pool_view *v, const struct bouncer *b, const struct pgb_pool *p,
                      int *at)
{
    v->bouncer = b;
    v->pool = p;
    v->database = pgb_database_named(b->databases, p->database, at);
    v->servers = pgb_pool_servers(p);
    v->limit = limit_of(v->database);
    v->saturation = v->limit > 0 ? (double)v->servers / (double)v->limit : NAN;
    v->paused = v->database && v->database->paused;
    v->disabled = v->database && v->database->disabled;
}

const struct pool_view *pool_views(const struct snapshot *s, struct arena *a, int *n)
{
    size_t count = 0;
    for (int i = 0; i < s->nbouncers; i++)
        count += s->bouncers[i].pools ? (size_t)s->bouncers[i].pools->n : 0;
    struct pool_view *out = arena_array(a, count, struct pool_view), *v = out;
    for (int i = 0; i < s->nbouncers; i++) {
        const struct bouncer *b = &s->bouncers[i];
        for (int p = 0, at = 0; b->pools && p < b->pools->n; p++, v++) {
            pool_join(v, b, &b->pools->v[p], &at);
            pool_judge(v, s, a);
        }
    }
    *n = (int)count;
    return out;
}
