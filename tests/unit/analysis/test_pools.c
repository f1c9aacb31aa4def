/* analysis/pools: the join, what is wrong with a pool, and own rates. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/analysis/pools.h"
#include "snapshot_builder.h"

#define NOW SB_NOW_US

static void pools_are_joined_with_their_database(void **state)
{
    (void)state;
    struct sb *b = sb_new(NOW);
    struct arena a;
    arena_init(&a);
    int n;
    const struct pool_view *v = pool_views(b->s, &a, &n);
    assert_int_equal(n, 3);
    assert_string_equal(v[0].pool->user, "alice");
    assert_ptr_equal(v[0].bouncer, &b->s->bouncers[0]);
    assert_string_equal(v[0].database->host, "127.0.0.1");
    assert_int_equal(v[0].servers, 8);
    assert_int_equal(v[0].limit, 25); /* pool_size 20 and reserve 5 */
    assert_true(fabs(v[0].saturation - 8.0 / 25) < 1e-9);
    for (int i = 0; i < n; i++) {
        assert_int_equal(v[i].health, HEALTH_OK);
        assert_string_equal(v[i].reason, "");
        assert_null(v[i].rule);
    }
    arena_release(&a);
    sb_free(b);
}

static void limits_may_be_unknown_or_none(void **state)
{
    (void)state;
    struct sb *b = sb_new(NOW);
    struct arena a;
    arena_init(&a);
    int n;
    sb_database(b, 0, 0)->pool_size = 0;
    sb_pool(b, 0, 2)->database = "elsewhere";
    const struct pool_view *v = pool_views(b->s, &a, &n);
    assert_int_equal(v[0].limit, 0);
    assert_true(isnan(v[0].saturation));
    assert_null(v[2].database);
    assert_int_equal(v[2].limit, -1);
    assert_true(isnan(v[2].saturation));
    sb_database(b, 0, 0)->pool_size = -1;
    sb_database(b, 0, 0)->reserve_pool = INT64_MAX; /* whatever a server says, no overflow */
    struct pgb_pool *p = sb_pool(b, 0, 0);
    p->sv_active = p->sv_idle = p->sv_used = INT64_MAX;
    p->sv_tested = p->sv_cancel = -1;
    v = pool_views(b->s, &a, &n);
    assert_int_equal(v[0].limit, -1);
    assert_true(v[0].servers > 0);
    b->bouncers[0].databases = NULL;
    b->bouncers[0].pools = NULL;
    pool_views(b->s, &a, &n);
    assert_int_equal(n, 0);
    arena_release(&a);
    sb_free(b);
}

static void waiting(struct sb *b, int64_t clients, int64_t maxwait_us)
{
    sb_pool(b, 0, 0)->cl_waiting = clients;
    sb_pool(b, 0, 0)->maxwait_us = maxwait_us;
}

static void servers(struct sb *b, int64_t active, int64_t login)
{
    struct pgb_pool *p = sb_pool(b, 0, 0);
    p->sv_active = active;
    p->sv_idle = p->sv_used = p->sv_tested = p->sv_cancel = 0;
    p->sv_login = login;
}

static void no_server(struct sb *b)
{
    servers(b, 0, 0);
    waiting(b, 4, SB_SEC(12));
}
static void no_server_login(struct sb *b)
{
    servers(b, 0, 0);
    waiting(b, 3, 0);
}
static void opening_too_long(struct sb *b)
{
    servers(b, 0, 1);
    waiting(b, 3, SB_SEC(2));
}
static void opening(struct sb *b)
{
    servers(b, 0, 1);
    waiting(b, 3, 200 * USEC_PER_MS);
}
/* A listener that takes the connection and says nothing: maxwait stays 0, and sv_login 1. */
static void no_login_for(struct sb *b, int64_t us)
{
    struct bouncer *p = &b->bouncers[0];
    struct pgb_since *since = arena_array(&b->s->arena, (size_t)p->databases->n, struct pgb_since);
    since[0].no_login_us = NOW - us;
    p->nsince = p->databases->n;
    p->since = since;
    servers(b, 0, 1);
    waiting(b, 3, 0);
}
static void login_begins(struct sb *b)
{
    no_login_for(b, SB_SEC(5));
}
static void login_stuck(struct sb *b)
{
    no_login_for(b, SB_SEC(6));
}
static void login_of_one_more(struct sb *b)
{
    login_stuck(b);
    servers(b, 2, 1);
}
static void idle_without_servers(struct sb *b)
{
    servers(b, 0, 0);
}
static void waits_briefly(struct sb *b)
{
    waiting(b, 2, 900 * USEC_PER_MS);
}
static void waits_a_second(struct sb *b)
{
    waiting(b, 2, SB_SEC(1));
}
static void waits_over_a_second(struct sb *b)
{
    waiting(b, 2, 1500 * USEC_PER_MS);
}
static void waits_ten(struct sb *b)
{
    waiting(b, 2, SB_SEC(10));
}
static void waits_over_ten(struct sb *b)
{
    waiting(b, 2, 10100 * USEC_PER_MS);
}
static void old_maximum(struct sb *b)
{
    waiting(b, 0, SB_SEC(30));
}
static void saturated(struct sb *b)
{
    servers(b, 25, 0);
    waiting(b, 1, 300 * USEC_PER_MS);
}
static void full_but_nobody_waits(struct sb *b)
{
    servers(b, 25, 0);
}
static void one_short_of_full(struct sb *b)
{
    servers(b, 24, 0);
    waiting(b, 1, 300 * USEC_PER_MS);
}
static void unlimited(struct sb *b)
{
    sb_database(b, 0, 0)->pool_size = 0;
    servers(b, 900, 0);
    waiting(b, 1, 300 * USEC_PER_MS);
}
static void paused(struct sb *b)
{
    sb_database(b, 0, 0)->paused = true;
    servers(b, 0, 0);
    waiting(b, 5, 300 * USEC_PER_MS);
}
static void paused_long(struct sb *b)
{
    paused(b);
    waiting(b, 5, SB_SEC(11));
}
static void disabled(struct sb *b)
{
    sb_database(b, 0, 0)->disabled = true;
}
static void held(struct sb *b)
{
    b->bouncers[0].globals = (struct pgb_state){TRI_NO, TRI_YES, TRI_NO, false};
    servers(b, 0, 0);
    waiting(b, 5, 300 * USEC_PER_MS);
}
static void suspended(struct sb *b)
{
    b->bouncers[0].globals = (struct pgb_state){TRI_NO, TRI_NO, TRI_YES, false};
}
static void active(struct sb *b)
{
    b->bouncers[0].globals = (struct pgb_state){TRI_YES, TRI_NO, TRI_NO, false};
}
static void silent(struct sb *b)
{
    no_server(b); /* old numbers: what they say is not now */
    sb_fail(b, &b->bouncers[0].pools_state, OBS_TIMED_OUT, SB_SEC(14));
}
static void old(struct sb *b)
{
    sb_answered(b, &b->bouncers[0].pools_state, SB_SEC(14));
}

static void a_pool_says_the_worst(void **state)
{
    (void)state;
    static const struct {
        void (*make)(struct sb *b);
        const char *rule; /* NULL: healthy */
        enum health health;
        const char *reason;
    } cases[] = {
        {no_server, "pool-no-server", HEALTH_CRITICAL, "4 waiting, 12.0 s, no server"},
        {no_server_login, "pool-no-server", HEALTH_CRITICAL,
         "3 waiting, all of them still to log in, no server"},
        {opening_too_long, "pool-no-server", HEALTH_CRITICAL, "3 waiting, 2.0 s, no server"},
        {opening, "pool-connecting", HEALTH_DEGRADED, "3 waiting"},
        {login_begins, "pool-connecting", HEALTH_DEGRADED, "3 waiting"},
        {login_stuck, "pool-no-server", HEALTH_CRITICAL,
         "3 waiting, all of them still to log in, no server: a login at 127.0.0.1:"},
        {login_stuck, "pool-no-server", HEALTH_CRITICAL,
         " is under way, and none has come through for 6.0 s"},
        {login_of_one_more, NULL, HEALTH_OK, ""},
        {idle_without_servers, NULL, HEALTH_OK, ""},
        {waits_briefly, NULL, HEALTH_OK, ""},
        {waits_a_second, NULL, HEALTH_OK, ""},
        {waits_over_a_second, "pool-wait", HEALTH_DEGRADED, "2 waiting, the first for 1.5 s"},
        {waits_ten, "pool-wait", HEALTH_DEGRADED, "10.0 s"},
        {waits_over_ten, "pool-wait-long", HEALTH_CRITICAL,
         "2 waiting, the first for 10.1 s (limit 10.0 s)"},
        {old_maximum, NULL, HEALTH_OK, ""},
        {saturated, "pool-saturated", HEALTH_DEGRADED, "25 of 25 servers in use, 1 waiting"},
        {full_but_nobody_waits, NULL, HEALTH_OK, ""},
        {one_short_of_full, NULL, HEALTH_OK, ""},
        {unlimited, NULL, HEALTH_OK, ""},
        {paused, "pool-paused", HEALTH_DEGRADED, "database is paused: 5 waiting"},
        {paused_long, "pool-wait-long", HEALTH_CRITICAL,
         "5 waiting, the first for 11.0 s (limit 10.0 s), paused"},
        {disabled, "pool-disabled", HEALTH_DEGRADED, "new clients are refused"},
        {held, "pool-held", HEALTH_DEGRADED, "paused as a whole: 5 waiting"},
        {suspended, "pool-held", HEALTH_DEGRADED, "suspended as a whole"},
        {active, NULL, HEALTH_OK, ""},
        {silent, "pool-old", HEALTH_DEGRADED, "numbers are 14.0 s old: timed out"},
        {old, "pool-old", HEALTH_DEGRADED, "numbers are 14.0 s old"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sb *b = sb_new(NOW);
        struct arena a;
        arena_init(&a);
        cases[i].make(b);
        int n;
        const struct pool_view *v = pool_views(b->s, &a, &n);
        if ((v[0].rule == NULL) != (cases[i].rule == NULL) ||
            (v[0].rule && strcmp(v[0].rule, cases[i].rule) != 0) ||
            v[0].health != cases[i].health || !strstr(v[0].reason, cases[i].reason))
            fail_msg("case %zu: got %s, %s, \"%s\", expected %s, %s, \"%s\"", i,
                     v[0].rule ? v[0].rule : "healthy", health_name(v[0].health), v[0].reason,
                     cases[i].rule ? cases[i].rule : "healthy", health_name(cases[i].health),
                     cases[i].reason);
        arena_release(&a);
        sb_free(b);
    }
}

/* ---- rates */

static struct pgb_stats before(void)
{
    return (struct pgb_stats){"app", 1000, 3000, 50000, 90000, 700000, 300000, 5000, -1};
}

static struct pgb_rates rate_of(const struct pgb_stats *prev, const struct pgb_stats *cur,
                                int64_t dt_us)
{
    struct arena a;
    arena_init(&a);
    struct pgb_stats_set p = {1, prev}, c = {1, cur};
    int n;
    struct pgb_rates r = *pgb_rates_of(prev ? &p : NULL, &c, dt_us, &a, &n);
    assert_int_equal(n, 1);
    assert_string_equal(r.database, cur->database);
    arena_release(&a);
    return r;
}

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-6;
}

static void rates_are_deltas_over_time(void **state)
{
    (void)state;
    struct pgb_stats p = before(), c = p;
    c.xacts += 200;
    c.queries += 600;
    c.received += 4096;
    c.sent += 8192;
    c.xact_us += 80000;
    c.query_us += 30000;
    c.wait_us += 1000;
    struct pgb_rates r = rate_of(&p, &c, SB_SEC(2));
    assert_true(r.known);
    assert_false(r.reset);
    assert_true(near(r.xacts, 100) && near(r.queries, 300));
    assert_true(near(r.received, 2048) && near(r.sent, 4096));
    assert_true(near(r.xact_us, 400) && near(r.query_us, 50));
    assert_true(near(r.wait_us, 5)); /* over transactions */
    p.assignments = 10;
    c.assignments = 20; /* 1.23+: over assignments */
    assert_true(near(rate_of(&p, &c, SB_SEC(2)).wait_us, 100));
}

static void an_idle_database_has_rates_and_no_means(void **state)
{
    (void)state;
    struct pgb_stats p = before(), c = p;
    struct pgb_rates r = rate_of(&p, &c, SB_SEC(1));
    assert_true(r.known && r.xacts == 0 && r.sent == 0);
    assert_true(isnan(r.xact_us) && isnan(r.query_us) && isnan(r.wait_us));
}

static void any_total_that_goes_back_is_a_reset(void **state)
{
    (void)state;
    for (int k = 0; k < 8; k++) {
        struct pgb_stats p = before(), c;
        p.assignments = 10;
        c = p;
        int64_t *const fields[] = {&c.xacts,   &c.queries,  &c.received, &c.sent,
                                   &c.xact_us, &c.query_us, &c.wait_us,  &c.assignments};
        c.xacts += 5; /* the others go on */
        *fields[k] = 3;
        struct pgb_rates r = rate_of(&p, &c, SB_SEC(1));
        assert_true(r.reset);
        assert_false(r.known);
        assert_true(isnan(r.xacts));
    }
}

static void without_two_samples_nothing_is_known(void **state)
{
    (void)state;
    struct pgb_stats p = before(), c = before();
    assert_false(rate_of(NULL, &c, SB_SEC(1)).known);
    assert_false(rate_of(&p, &c, 0).known);
    assert_false(rate_of(&p, &c, -SB_SEC(1)).known);
    c.database = "new";
    struct pgb_rates r = rate_of(&p, &c, SB_SEC(1));
    assert_false(r.known || r.reset);
    assert_true(isnan(r.xacts));
    p = c = before();
    p.sent = -1; /* this version does not say it: that column alone is unknown */
    r = rate_of(&p, &c, SB_SEC(1));
    assert_true(r.known && isnan(r.sent) && !isnan(r.received));
}

static void databases_are_matched_by_name(void **state)
{
    (void)state;
    struct pgb_stats p[] = {before(), before(), before()}, c[] = {before(), before()};
    p[0].database = "gone";
    p[1].database = "a";
    p[2].database = "b";
    c[0].database = "b";
    c[1].database = "a";
    c[0].xacts += 7;
    struct arena a;
    arena_init(&a);
    struct pgb_stats_set ps = {3, p}, cs = {2, c};
    int n;
    const struct pgb_rates *r = pgb_rates_of(&ps, &cs, SB_SEC(1), &a, &n);
    assert_int_equal(n, 2);
    assert_true(r[0].known && near(r[0].xacts, 7));
    assert_true(r[1].known && r[1].xacts == 0);
    pgb_rates_of(&ps, NULL, SB_SEC(1), &a, &n);
    assert_int_equal(n, 0);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pools_are_joined_with_their_database),
        cmocka_unit_test(limits_may_be_unknown_or_none),
        cmocka_unit_test(a_pool_says_the_worst),
        cmocka_unit_test(rates_are_deltas_over_time),
        cmocka_unit_test(an_idle_database_has_rates_and_no_means),
        cmocka_unit_test(any_total_that_goes_back_is_a_reset),
        cmocka_unit_test(without_two_samples_nothing_is_known),
        cmocka_unit_test(databases_are_matched_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
