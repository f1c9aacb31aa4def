/* Rules about PgBouncer that need a look back, its settings, or another bouncer. */
#include "judge.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "bouncer_cause.h"
#include "pgdba/analysis/pgb_views.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

#define CLOSE_LONG   (60 * USEC_PER_SEC) /* a transaction that ends would have given it back */
#define SLOW_QUERY   (500 * USEC_PER_MS) /* mean, over an interval */
#define LONG_XACT    (200 * USEC_PER_MS)
#define IDLE_SHARE   0.8 /* of the time in transactions, without a query */
#define CLIENTS_NEAR 0.9

#define EACH_BOUNCER(j, b) \
    for (const struct bouncer *b = (j)->s->bouncers; b < (j)->s->bouncers + (j)->s->nbouncers; b++)

static bool now(const struct judge *j, const struct source_state *st)
{
    return !source_is_stale(st, j->s->refresh_us, j->now_us);
}

/* ", for 4m05s"; "" when that is not known. */
static const char *span(const struct judge *j, int64_t since_us)
{
    char d[FMT_MAX];
    if (since_us == SINCE_BEFORE)
        return ", since before this console looked";
    return since_us ? arena_printf(j->a, ", for %s", facts_span(d, j->now_us - since_us)) : "";
}

static int64_t waiting_on(const struct bouncer *b, const char *database)
{
    int64_t n = 0;
    for (int i = 0; b->pools && i < b->pools->n; i++)
        if ((!database || strcmp(b->pools->v[i].database, database) == 0) &&
            b->pools->v[i].cl_waiting > 0 && b->pools->v[i].cl_waiting < INT32_MAX)
            n += b->pools->v[i].cl_waiting;
    return n;
}

/* ---- PAUSE and DISABLE that nobody took back ------------------------------------------------- */

void judge_bouncer_forgotten(struct judge *j)
{
    EACH_BOUNCER(j, b)
    if (now(j, &b->state) && pgb_forgotten(b->held_us, j->now_us))
        judge_say(j, b->name,
                  "paused as a whole%s, %" PRId64 " clients wait: RESUME, if nobody works on it",
                  span(j, b->held_us), waiting_on(b, NULL));
}

void judge_bouncer_looks_held(struct judge *j)
{
    EACH_BOUNCER(j, b)
    if (pgb_looks_held(j->s, b, j->now_us))
        judge_say(j, b->name,
                  "%" PRId64
                  " clients wait, no pool has a server connection, and PostgreSQL is up: "
                  "paused as a whole, most likely (PgBouncer before 1.19 does not say), or every "
                  "server login is refused",
                  waiting_on(b, NULL));
}

void judge_database_forgotten(struct judge *j)
{
    EACH_BOUNCER(j, b)
    for (int i = 0; b->databases && b->nsince == b->databases->n && i < b->nsince; i++) {
        const char *name = b->databases->v[i].name;
        if (now(j, &b->databases_state) && pgb_forgotten(b->since[i].paused_us, j->now_us))
            judge_say(j, b->name,
                      "database %s is paused%s, %" PRId64
                      " clients wait: RESUME it, if nobody works on it",
                      name, span(j, b->since[i].paused_us), waiting_on(b, name));
        if (now(j, &b->databases_state) && pgb_forgotten(b->since[i].disabled_us, j->now_us))
            judge_say(j, b->name, "database %s is disabled%s: ENABLE it, if nobody works on it",
                      name, span(j, b->since[i].disabled_us));
    }
}

/* ---- servers that should go ------------------------------------------------------------------ */

void judge_servers_closing(struct judge *j)
{
    EACH_BOUNCER(j, b)
    for (int i = 0; b->databases && b->nsince == b->databases->n && i < b->nsince; i++) {
        int64_t at = b->since[i].closing_us;
        if (now(j, &b->servers_state) && at && j->now_us - at > CLOSE_LONG)
            judge_say(j, b->name,
                      "server connections of %s are to be closed (close_needed)%s, and a client "
                      "holds them",
                      b->databases->v[i].name, span(j, at));
    }
}

/* ---- why a pool is full ---------------------------------------------------------------------- */

static bool is_full(const struct judge *j, const struct pool_view *v)
{
    return v->pool->cl_waiting > 0 && v->limit > 0 && v->servers >= v->limit &&
           now(j, &v->bouncer->pools_state) && now(j, &v->bouncer->stats_state);
}

/* Of a pool that is full: why is asked of no other. */
static const struct pgb_rates *rates_of(const struct judge *j, const struct pool_view *v)
{
    const struct bouncer *b = v->bouncer;
    for (int i = 0; is_full(j, v) && i < b->nrates; i++)
        if (strcmp(b->rates[i].database, v->pool->database) == 0 && b->rates[i].known)
            return &b->rates[i];
    return NULL;
}

/* Means without the time in the queue, which PgBouncer counts in: a query that waits for a server
 * is not slow. NAN not known. */
struct pace {
    double xact_us, query_us;
    double idle; /* of the time in transactions, what passes without a query */
};

static double above_zero(double v)
{
    return v > 0 ? v : 0;
}

static struct pace pace_of(const struct pgb_rates *r)
{
    double waited = isnan(r->waited_us) ? 0 : r->waited_us;
    double in = above_zero(r->xact_us * r->xacts - waited);
    double busy = isnan(r->query_us) ? 0 : above_zero(r->query_us * r->queries - waited);
    return (struct pace){.xact_us = r->xacts > 0 ? in / r->xacts : NAN,
                         .query_us = r->queries > 0 ? busy / r->queries : NAN,
                         .idle = in > 0 ? 1 - busy / in : NAN};
}

static bool idles(const struct pace *p)
{
    return p->xact_us > LONG_XACT && p->idle > IDLE_SHARE;
}

void judge_pool_idle_in_xact(struct judge *j)
{
    for (int i = 0; i < j->npools; i++) {
        const struct pool_view *v = &j->pools[i];
        const struct pgb_rates *r = rates_of(j, v);
        struct pace p = r ? pace_of(r) : (struct pace){NAN, NAN, NAN};
        char d[FMT_MAX];
        if (idles(&p))
            judge_say(j, v->bouncer->name,
                      "%s/%s: idle in transaction: of a transaction's %s, %.0f %% pass without a "
                      "query, while %" PRId64 " clients wait",
                      v->pool->database, v->pool->user, fmt_duration(d, (int64_t)p.xact_us),
                      100 * p.idle, v->pool->cl_waiting);
    }
}

void judge_pool_slow(struct judge *j)
{
    for (int i = 0; i < j->npools; i++) {
        const struct pool_view *v = &j->pools[i];
        const struct pgb_rates *r = rates_of(j, v);
        struct pace p = r ? pace_of(r) : (struct pace){NAN, NAN, NAN};
        char d[FMT_MAX];
        if (p.query_us > SLOW_QUERY && !idles(&p))
            judge_say(j, v->bouncer->name,
                      "%s/%s: every server is busy and a query takes %s in the mean: slow queries, "
                      "or a pool too small for them",
                      v->pool->database, v->pool->user, fmt_duration(d, (int64_t)p.query_us));
    }
}

/* ---- the client cap -------------------------------------------------------------------------- */

static void clients(struct judge *j, double from, double below)
{
    EACH_BOUNCER(j, b)
    {
        int64_t used = pgb_list_items(b, "used_clients");
        int64_t most = pgb_config_number(b, "max_client_conn");
        double share = used >= 0 && most > 0 ? (double)used / (double)most : 0;
        if (share < from || share >= below || !now(j, &b->state))
            continue;
        judge_say(j, b->name, "%" PRId64 " of %" PRId64 " clients (max_client_conn)%s", used, most,
                  share >= 1 ? ": others are turned away" : "");
    }
}

void judge_clients_full(struct judge *j)
{
    clients(j, 1, INFINITY);
}

void judge_clients_near(struct judge *j)
{
    clients(j, CLIENTS_NEAR, 1);
}
