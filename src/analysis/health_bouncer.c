/* Rules about PgBouncer. What is wrong with one pool is found in pools.c. */
#include "judge.h"

#include <string.h>

#include "bouncer_cause.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

#define EACH_BOUNCER(j, b) \
    for (const struct bouncer *b = (j)->s->bouncers; b < (j)->s->bouncers + (j)->s->nbouncers; b++)

static bool now(const struct judge *j, const struct source_state *st)
{
    return !source_is_stale(st, j->s->refresh_us, j->now_us);
}

void judge_bouncer_silent(struct judge *j)
{
    EACH_BOUNCER(j, b)
    if (b->state.outcome != OBS_NEVER && !now(j, &b->state))
        judge_say(j, b->name, "no answer from PgBouncer %s", judge_silence(j, &b->state));
}

void judge_bouncer_not_asked(struct judge *j)
{
    EACH_BOUNCER(j, b)
    if (b->state.outcome == OBS_NEVER)
        judge_say(j, b->name, "PgBouncer has not been asked yet");
}

void judge_bouncer_held(struct judge *j)
{
    EACH_BOUNCER(j, b)
    {
        const struct pgb_state *g = &b->globals;
        if (now(j, &b->state) && (g->paused == TRI_YES || g->suspended == TRI_YES) &&
            !pgb_forgotten(b->held_us, j->now_us)) /* else bouncer-pause-forgotten says it */
            judge_say(j, b->name, "PgBouncer is %s as a whole",
                      g->suspended == TRI_YES ? "suspended" : "paused");
    }
}

static bool found(const struct judge *j, const struct pool_view *v, const char *rule)
{
    return v->rule && strcmp(v->rule, rule) == 0 && now(j, &v->bouncer->pools_state);
}

/* ---- pools that wait, but not for long enough to be an outage. While the leader changes there is
 * nobody to connect to, and clients are meant to wait; PgBouncer itself tries again only every 15 s
 * (server_login_retry), so some of it comes after. A wait that began long before that is another.
 */

#define LOGIN_RETRY (20 * USEC_PER_SEC)

static bool waits_for_new_leader(const struct judge *j, const struct pool_view *v)
{
    int64_t since = j->s->leader_since_us, began = j->now_us - v->pool->maxwait_us;
    return j->leader && since && j->now_us - since <= LOGIN_RETRY &&
           began >= since - judge_route_gap(j);
}

static bool excused(const struct judge *j, const struct pool_view *v)
{
    bool no_server = found(j, v, "pool-no-server");
    if ((!no_server && !found(j, v, "pool-wait-long")) || v->pool->maxwait_us > LOGIN_RETRY)
        return false;
    return judge_changing(j) || waits_for_new_leader(j, v) ||
           (no_server && v->pool->maxwait_us > 0 && v->pool->maxwait_us < USEC_PER_SEC);
}

/* That a paused database's clients wait is said with the pause, unless they wait for so long that
 * it is worse than that. */
static bool told_of_database(const struct judge *j, const struct pool_view *v)
{
    return v->paused && j->rule->health == HEALTH_DEGRADED;
}

void judge_pool(struct judge *j)
{
    for (int i = 0; i < j->npools; i++) {
        const struct pool_view *v = &j->pools[i];
        if (found(j, v, j->rule->rule) && !excused(j, v) && !told_of_database(j, v))
            judge_say(j, v->bouncer->name, "%s/%s: %s", v->pool->database, v->pool->user,
                      v->reason);
    }
}

void judge_pool_excused(struct judge *j)
{
    for (int i = 0; i < j->npools; i++) {
        const struct pool_view *v = &j->pools[i];
        if (excused(j, v))
            judge_say(j, v->bouncer->name, "%s/%s: %s%s", v->pool->database, v->pool->user,
                      v->reason,
                      judge_changing(j)            ? " (the leader changes)"
                      : waits_for_new_leader(j, v) ? " (the leader has just changed)"
                                                   : "");
    }
}

static int64_t waiting_on(const struct bouncer *b, const char *database)
{
    int64_t n = 0;
    for (int i = 0; b->pools && i < b->pools->n; i++)
        if (strcmp(b->pools->v[i].database, database) == 0 && b->pools->v[i].cl_waiting > 0)
            n += b->pools->v[i].cl_waiting < INT32_MAX ? b->pools->v[i].cl_waiting : INT32_MAX;
    return n;
}

/* Of database i; what nobody took back is said by database-forgotten. */
typedef bool database_fn(const struct judge *j, const struct bouncer *b, int i);

static bool young(const struct judge *j, const struct bouncer *b, int64_t since_us)
{
    return b->nsince != b->databases->n || !pgb_forgotten(since_us, j->now_us);
}

static bool is_paused(const struct judge *j, const struct bouncer *b, int i)
{
    return b->databases->v[i].paused && (!b->since || young(j, b, b->since[i].paused_us));
}

static bool is_disabled(const struct judge *j, const struct bouncer *b, int i)
{
    return b->databases->v[i].disabled && (!b->since || young(j, b, b->since[i].disabled_us));
}

static void each_database(struct judge *j, database_fn *is, const char *what)
{
    EACH_BOUNCER(j, b)
    for (int i = 0; b->databases && i < b->databases->n; i++) {
        const struct pgb_database *d = &b->databases->v[i];
        if (now(j, &b->databases_state) && is(j, b, i))
            judge_say(j, b->name, "database %s is %s, %lld clients wait", d->name, what,
                      (long long)waiting_on(b, d->name));
    }
}

void judge_database_paused(struct judge *j)
{
    each_database(j, is_paused, "paused");
}

void judge_database_disabled(struct judge *j)
{
    each_database(j, is_disabled, "disabled (new clients are refused)");
}

void judge_database_full(struct judge *j)
{
    EACH_BOUNCER(j, b)
    for (int i = 0; b->databases && i < b->databases->n; i++) {
        const struct pgb_database *d = &b->databases->v[i];
        if (now(j, &b->databases_state) && d->max_connections > 0 &&
            d->current_connections >= d->max_connections)
            judge_say(j, b->name, "database %s has %lld of %lld server connections", d->name,
                      (long long)d->current_connections, (long long)d->max_connections);
    }
}
