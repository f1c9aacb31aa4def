/* Verdicts over whole stories: a switchover as it was observed (reference "patroni.md" §4.3 (a)),
 * seen by sources that are each asked at their own time, is never critical; a leader that dies is
 * never healthy again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/analysis/carry.h"
#include "pgdba/analysis/health.h"
#include "pgdba/analysis/truth.h"
#include "snapshot_builder.h"

#define ZERO    SB_NOW_US /* when the story begins: the request, the kill */
#define MS(n)   ((int64_t)(n)*USEC_PER_MS)
#define FOREVER 1000000

/* When things happen, in ms after ZERO. */
struct story {
    bool requested;                        /* else the leader is killed at 0 */
    bool frozen;                           /* … or frozen: silence instead of refusals */
    int stops, unlocked, locked, promoted; /* old: stops; the lock; new: primary */
    int back;                              /* the old one is a replica again */
    int notices, drops;                    /* HAProxy: the old one's checks fail; it is DOWN */
    int routes;                            /* … and the new one is UP */
    int repointed;                         /* PgBouncer */
};

/* HAProxy with its default check, with the slow one of Patroni's example, and one quick enough to
 * leave nobody. */
static const struct story switchovers[] = {
    {true, false, 100, 2000, 2100, 3300, 4500, 3000, 5000, 3500, 8000},
    {true, false, 100, 2000, 2100, 3300, 4500, 5000, 11000, 5000, 100},
    {true, false, 100, 2950, 3100, 4300, 6000, 1000, 1600, 4400, 16500},
    {true, false, 100, 4900, 5050, 6000, 9000, 5000, 6500, 5600, 9900},
};
static const struct story deaths[] = {
    {false, false, 0, 25000, 25100, 26200, FOREVER, 1000, 3000, 26500, 30000},
    {false, true, 0, 25000, 25100, 26200, FOREVER, 2000, 7000, 26500, 30000},
};

/* What is looked at, and when each is asked: ms after every full second. */
struct view {
    bool etcd, postgres, routes;
    int cluster, health, pg, haproxy, bouncer;
};
static const struct view views[] = {
    {false, false, false, 0, 50, 0, 0, 0},      {false, false, false, 50, 900, 0, 0, 0},
    {false, false, true, 950, 0, 0, 100, 150},  {false, true, true, 500, 300, 700, 900, 100},
    {true, true, true, 0, 0, 0, 0, 0},          {true, true, true, 100, 250, 500, 750, 900},
    {true, true, true, 900, 700, 50, 400, 200}, {true, false, true, 0, 950, 0, 50, 100},
    {true, true, false, 300, 50, 950, 0, 0},
};

/* ---- one picture */

struct scene {
    const struct story *st;
    const struct view *v;
    int t; /* ms */
    struct sb *b;
};

/* The last time that a source with this offset was asked. */
static int asked(const struct scene *c, int offset)
{
    int n = c->t - offset + 100000;
    return n - n % 1000 + offset - 100000;
}

static void at(struct source_state *s, int ms)
{
    s->outcome = OBS_ANSWERED;
    s->asked_us = s->answered_us = ZERO + MS(ms);
    s->latency_us = MS(2);
    s->detail = "";
}

/* Asked at p, it has not answered since `from`. */
static void fails(const struct scene *c, struct source_state *s, int p, int from, int offset)
{
    int good = from - 1 - ((from - 1 - offset) % 1000 + 1000) % 1000;
    s->outcome = c->st->frozen ? OBS_TIMED_OUT : OBS_REFUSED;
    s->asked_us = ZERO + MS(p);
    s->answered_us = ZERO + MS(good);
    s->since_us = ZERO + MS(good + 1000);
    s->detail = obs_outcome_name(s->outcome);
}

static const char *lock(const struct story *st, int t)
{
    return t < st->unlocked ? "pg1" : t < st->locked ? NULL : "pg2";
}

static void list(struct scene *c, int t)
{
    const struct story *st = c->st;
    const char *leader = lock(st, t);
    struct sb *b = c->b;
    if (leader)
        sb_lead(b, leader, false);
    else
        sb_no_leader(b, MS(c->t - st->unlocked));
    struct cluster_member *old = sb_row(b, "pg1");
    if (st->requested && t >= st->stops && t < st->back) {
        old->timeline = 0;
        old->state = t < st->unlocked ? PGS_RUNNING : PGS_STOPPED;
        old->state_text = t < st->unlocked ? "running" : "stopped";
    } else if (!st->requested && t >= st->unlocked) {
        struct member *m = sb_member(b, "pg1");
        m->listed = false;
        m->last_seen_us = ZERO + MS(st->unlocked);
        old->role = ROLE_LEADER; /* as it was last listed */
    }
    if (t >= st->promoted)
        sb_row(b, "pg2")->timeline = 4;
    if (c->v->etcd && st->requested && t >= 0 && t < st->locked + 50)
        sb_request(b, "pg1", "pg2");
}

static void old_one(struct scene *c)
{
    const struct story *st = c->st;
    struct member_health *h = sb_health(c->b, "pg1");
    int p = asked(c, c->v->health);
    at(&sb_member(c->b, "pg1")->api, p);
    h->role = ROLE_LEADER;
    if (p < st->stops)
        return;
    if (!st->requested) {
        fails(c, &sb_member(c->b, "pg1")->api, p, 0, c->v->health);
        if (st->frozen && p > 1500)
            sb_never_answered(c->b, &sb_member(c->b, "pg1")->liveness, OBS_TIMED_OUT);
        return;
    }
    h->has_sql = p >= st->back;
    h->cluster_unlocked = p >= st->unlocked && p < st->locked;
    h->role = p < st->unlocked ? ROLE_LEADER : p < st->back ? ROLE_DEMOTED : ROLE_REPLICA;
    h->state = p < st->unlocked ? PGS_STOPPING : p < st->back ? PGS_STOPPED : PGS_RUNNING;
    h->state_text = pg_state_name(h->state);
    h->timeline = p < st->back ? 0 : 4;
}

static void others(struct scene *c)
{
    int p = asked(c, c->v->health);
    bool primary = p >= c->st->promoted;
    struct member_health *h = sb_health(c->b, "pg2");
    h->role = primary ? ROLE_LEADER : ROLE_REPLICA;
    h->role_text = primary ? "master" : "replica";
    h->timeline = primary ? 4 : 3;
    for (int i = 1; i < 3; i++) {
        at(&c->b->members[i].api, p);
        sb_health(c->b, c->b->members[i].name)->cluster_unlocked =
            p >= c->st->unlocked && p < c->st->locked;
    }
}

static void postgres(struct scene *c)
{
    const struct story *st = c->st;
    int p = asked(c, c->v->pg);
    sb_postgres(c->b);
    for (int i = 0; i < 3; i++)
        at(&c->b->members[i].pg, p);
    struct pg_self *old = sb_pg(c->b, "pg1"), *new = sb_pg(c->b, "pg2");
    old->in_recovery = p >= st->back;
    new->in_recovery = p < st->promoted;
    sb_pg(c->b, "pg3")->in_recovery = true;
    if (p >= st->stops && p < st->back)
        fails(c, &sb_member(c->b, "pg1")->pg, p, st->stops, c->v->pg);
}

static void routes(struct scene *c)
{
    const struct story *st = c->st;
    struct sb *b = c->b;
    int p = asked(c, c->v->haproxy), q = asked(c, c->v->bouncer);
    sb_haproxy(b);
    sb_ha_sends(b, p < st->routes ? NULL : "pg2");
    sb_ha_server(b, "pg1", p < st->notices ? HA_UP : p < st->drops ? HA_GOING_DOWN : HA_DOWN, NULL);
    sb_ha_row(b, "rw", "BACKEND")->changed_s = -1;
    at(&b->haproxies[0].state, p);
    bool none = q >= st->stops && q < st->repointed;
    struct source_state *states[] = {&b->bouncers[0].state, &b->bouncers[0].pools_state,
                                     &b->bouncers[0].databases_state, &b->bouncers[0].stats_state,
                                     &b->bouncers[0].servers_state};
    sb_database(b, 0, 0)->host = q < st->repointed ? "10.0.0.1" : "10.0.0.2";
    sb_database(b, 0, 0)->port = 5432;
    sb_no_servers(b);
    if (!none)
        sb_servers_at(b, q < st->repointed ? "pg1" : "pg2", 4);
    if (none && st->requested) { /* clients wait for the new leader */
        struct pgb_pool *pool = sb_pool(b, 0, 0);
        pool->sv_active = pool->sv_idle = pool->sv_used = 0;
        pool->cl_waiting = 3;
        pool->maxwait_us = MS(q - st->stops + 1);
    }
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        at(states[i], q);
}

static void leases(struct scene *c)
{
    struct snapshot *s = c->b->s;
    at(&s->dcs_state, c->t);
    s->view = s->dcs_state;
    at(&s->cluster_state, asked(c, c->v->cluster));
    for (int i = 0; i < 3; i++)
        at(&c->b->endpoint_states[i], c->t);
    /* The old leader renewed 5 s before it died; everybody else goes on. */
    int left = c->st->requested || c->t < 0 ? 25 : (25000 - c->t) / 1000;
    sb_lease(c->b, "pg1", left > 0 ? left : -1, 0);
}

static struct sb *picture(const struct story *st, const struct view *v, int t)
{
    struct scene c = {st, v, t, sb_new(ZERO + MS(t))};
    struct sb *b = c.b;
    if (v->etcd)
        sb_etcd(b);
    list(&c, v->etcd ? t : asked(&c, v->cluster));
    if (v->etcd)
        leases(&c);
    else
        at(&b->s->view, asked(&c, v->cluster));
    if (!v->etcd && b->s->leader < 0) /* the first poll that saw none */
        b->s->no_leader_since_us = b->s->view.answered_us;
    old_one(&c);
    others(&c);
    if (v->postgres)
        postgres(&c);
    if (v->routes)
        routes(&c);
    else
        b->s->nbouncers = 0;
    sb_finish(b);
    return b;
}

/* ---- the story */

typedef void look_fn(const struct story *st, const struct view *v, int t, const struct snapshot *s,
                     const struct verdicts *verdicts, int *seen);

static void play(const struct story *st, const struct view *v, int until, look_fn *look, int *seen)
{
    struct sb *prev = NULL;
    for (int t = -3000; t <= until; t += 50) {
        struct sb *b = picture(st, v, t);
        struct arena a;
        struct verdicts verdicts;
        arena_init(&a);
        carry_since(b->s, b->members, prev ? prev->s : NULL);
        carry_routes(b->s, b->members, b->haproxies, prev ? prev->s : NULL);
        health_judge(b->s, b->now_us, &a, &verdicts);
        look(st, v, t, b->s, &verdicts, seen);
        arena_release(&a);
        if (prev)
            sb_free(prev);
        prev = b;
    }
    sb_free(prev);
}

static const char *said(const struct verdicts *v, enum health least)
{
    static char text[2000];
    size_t n = 0;
    text[0] = '\0';
    for (int i = 0; i < v->n && n < sizeof text - 300; i++)
        if (v->v[i].health >= least)
            n += (size_t)snprintf(text + n, sizeof text - n, "\n  %s: %.200s", v->v[i].rule,
                                  v->v[i].reason);
    return text;
}

static void never_critical(const struct story *st, const struct view *v, int t,
                           const struct snapshot *s, const struct verdicts *verdicts, int *seen)
{
    (void)s;
    if (verdicts->worst >= HEALTH_CRITICAL)
        fail_msg("switchover %d, view %d, %d ms:%s", (int)(st - switchovers), (int)(v - views), t,
                 said(verdicts, HEALTH_CRITICAL));
    if (t < 0 && verdicts->worst != HEALTH_OK)
        fail_msg("switchover %d, view %d, %d ms:%s", (int)(st - switchovers), (int)(v - views), t,
                 said(verdicts, HEALTH_DEGRADED));
    *seen += verdicts->worst == HEALTH_DEGRADED;
}

static void a_switchover_is_degraded_for_a_while_and_never_critical(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof switchovers / sizeof *switchovers; i++)
        for (size_t k = 0; k < sizeof views / sizeof *views; k++) {
            int seen = 0;
            play(&switchovers[i], &views[k], 19000, never_critical, &seen);
            assert_true(seen > 10); /* … and not for want of looking */
        }
}

/* From when every source has been asked once more, until the lock is another's. */
static void critical_until_replaced(const struct story *st, const struct view *v, int t,
                                    const struct snapshot *s, const struct verdicts *verdicts,
                                    int *seen)
{
    (void)s;
    int known = st->frozen && !v->postgres ? 2600 : 1100;
    if (t < known || t >= st->locked)
        return;
    *seen += 1;
    if (verdicts->worst < HEALTH_CRITICAL)
        fail_msg("death %d, view %d, %d ms:%s", (int)(st - deaths), (int)(v - views), t,
                 said(verdicts, HEALTH_DEGRADED));
}

static void a_dead_leader_is_critical_until_it_is_replaced(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof deaths / sizeof *deaths; i++)
        for (size_t k = 0; k < sizeof views / sizeof *views; k++) {
            int seen = 0;
            play(&deaths[i], &views[k], 25200, critical_until_replaced, &seen);
            assert_true(seen > 400);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_switchover_is_degraded_for_a_while_and_never_critical),
        cmocka_unit_test(a_dead_leader_is_critical_until_it_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
