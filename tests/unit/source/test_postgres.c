/* source/postgres against servers that hang, start, are full, are killed and come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_pgb.h"
#include "pgdba/wire/postgres.h"
#include "rig.h"

#define MS USEC_PER_MS

struct bench {
    struct rig rig;
    struct fake_pgb pg; /* member n1 */
    struct source_postgres *p;
};

static const char *const row[] = {"in_recovery", "f", NULL};

static struct bench *bench_new(void)
{
    struct bench *k = calloc(1, sizeof(*k));

    assert_non_null(k);
    rig_init(&k->rig, 0);
    fake_pgb_init(&k->pg, k->rig.loop);
    k->pg.version = "15.4";
    k->pg.row = row;
    k->rig.config.postgres.conninfo =
        "host=nowhere hostaddr=192.0.2.1 port=9 user=monitor dbname=app sslmode=disable";
    return k;
}

static void bench_start(struct bench *k)
{
    k->p = source_postgres_new_tuned(&k->rig.ctx, k->rig.refresh_us, "secret", &k->rig.t);
    source_postgres_start(k->p);
    source_postgres_member(k->p, "n1", "127.0.0.1", k->pg.port);
}

static void bench_free(struct bench *k)
{
    assert_true(k->pg.open_max <= 1); /* one connection a member */
    assert_int_equal(k->pg.cancels, 0);
    source_postgres_free(k->p);
    fake_pgb_release(&k->pg);
    rig_release(&k->rig);
    free(k);
}

static const struct observation *wait_for(struct bench *k, enum obs_outcome outcome)
{
    return rig_wait(&k->rig, OBS_PG_SELF, "n1", outcome);
}

static int count(const struct bench *k, int outcome)
{
    return rig_count(&k->rig, OBS_PG_SELF, "n1", outcome);
}

static void one_connection_kept(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    bench_start(k);
    wait_for(k, OBS_ANSWERED);
    wait_for(k, OBS_ANSWERED);
    const struct observation *o = wait_for(k, OBS_ANSWERED);

    assert_non_null(o->body);
    assert_string_equal(o->endpoint, arena_printf(&k->rig.arena, "127.0.0.1:%d/app", k->pg.port));
    assert_int_equal(k->pg.connections, 1);
    assert_true(k->pg.name_ok);
    /* What the session is to be comes with its first question. */
    assert_non_null(strstr(k->pg.sql[0], "SET statement_timeout = 90; "));
    assert_non_null(strstr(k->pg.sql[0], wire_pg_self_sql()));
    assert_string_equal(k->pg.sql[1], wire_pg_vitals_sql(150004)); /* of a primary, now and then */
    for (int i = 2; i < k->pg.n; i++)
        assert_string_equal(k->pg.sql[i], wire_pg_self_sql());
    for (int i = 0; i < k->pg.n; i++)
        assert_null(strstr(k->pg.sql[i], "default_transaction_read_only ="));
    bench_free(k);
}

static int vitals_asked(const struct bench *k)
{
    return fake_pgb_count(&k->pg, wire_pg_vitals_sql(150004));
}

static void vitals_of_a_primary_alone(void **state)
{
    static const char *const standby[] = {"in_recovery", "t", NULL};
    struct bench *k = bench_new();

    (void)state;
    k->pg.row = standby;
    bench_start(k);
    source_postgres_want_vitals(k->p, true);
    wait_for(k, OBS_ANSWERED);
    wait_for(k, OBS_ANSWERED);
    wait_for(k, OBS_ANSWERED);
    assert_int_equal(vitals_asked(k), 0);
    k->pg.row = row;
    rig_wait(&k->rig, OBS_PG_VITALS, "n1", OBS_ANSWERED);
    rig_wait(&k->rig, OBS_PG_VITALS, "n1", OBS_ANSWERED); /* again and again while wanted */
    source_postgres_want_vitals(k->p, false);
    int n = vitals_asked(k);
    for (int i = 0; i < 5; i++)
        wait_for(k, OBS_ANSWERED);
    assert_in_range(vitals_asked(k), n, n + 1);
    bench_free(k);
}

static void nothing_without_conninfo(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    k->rig.config.postgres.conninfo = NULL;
    bench_start(k);
    source_postgres_set_urgent(k->p, true);
    source_postgres_refresh(k->p);
    rig_for(&k->rig, 100 * MS);
    assert_int_equal(k->pg.connections, 0);
    assert_int_equal(count(k, -1), 0);
    bench_free(k);
}

static void moved_and_forgotten(void **state)
{
    struct bench *k = bench_new();
    static struct mapping map;

    (void)state;
    map.from = "10.9.9.9:5432";
    map.to = arena_printf(&k->rig.arena, "127.0.0.1:%d", k->pg.port);
    k->rig.config.postgres.connect_to = &map;
    k->rig.config.postgres.nconnect_to = 1;
    bench_start(k);
    wait_for(k, OBS_ANSWERED);
    source_postgres_member(k->p, "n1", "127.0.0.1", k->pg.port); /* the same: nothing happens */
    wait_for(k, OBS_ANSWERED);
    assert_int_equal(k->pg.connections, 1);
    source_postgres_member(k->p, "n1", "10.9.9.9", 5432); /* elsewhere, by connect_to here */
    const struct observation *o = wait_for(k, OBS_ANSWERED);

    assert_string_equal(o->endpoint, arena_printf(&k->rig.arena, "127.0.0.1:%d/app", k->pg.port));
    assert_int_equal(k->pg.connections, 2);
    source_postgres_member(k->p, "n1", NULL, 0);
    int n = count(k, -1);

    rig_for(&k->rig, 100 * MS);
    assert_int_equal(count(k, -1), n);
    assert_int_equal(k->pg.open, 0);
    source_postgres_member(k->p, "n1", NULL, 0); /* twice does no harm */
    source_postgres_member(k->p, "n1", "127.0.0.1", k->pg.port);
    wait_for(k, OBS_ANSWERED);
    k->pg.open_max = 1; /* old and new may overlap while it moves */
    bench_free(k);
}

/* Its connections break before any round could ask. */
static void killed_and_back(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    k->rig.refresh_us = 3000 * MS;
    bench_start(k);
    wait_for(k, OBS_ANSWERED);
    int64_t at = clock_mono(&k->rig.clock);

    fake_pgb_down(&k->pg);
    const struct observation *o = wait_for(k, OBS_REFUSED);

    if (o->mono_us - at > 500 * MS)
        fail_msg("a killed server was noticed after %lld us", (long long)(o->mono_us - at));
    assert_int_equal(count(k, OBS_REFUSED), 1); /* then as always */
    source_postgres_set_urgent(k->p, true);
    wait_for(k, OBS_REFUSED);
    wait_for(k, OBS_REFUSED);
    fake_pgb_up(&k->pg);
    at = clock_mono(&k->rig.clock);
    o = wait_for(k, OBS_ANSWERED);
    if (o->mono_us - at > 200 * MS)
        fail_msg("a server that came back was noticed after %lld us", (long long)(o->mono_us - at));
    assert_non_null(strstr(k->pg.sql[k->pg.n - 1], "SET statement_timeout"));
    bench_free(k);
}

static void starting_up_and_full(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    k->pg.mode = PGB_TURN_AWAY;
    k->pg.sqlstate = "57P03";
    bench_start(k);
    source_postgres_set_urgent(k->p, true);
    const struct observation *o = wait_for(k, OBS_REFUSED);

    assert_non_null(strstr(o->detail, "starting up (57P03)"));
    wait_for(k, OBS_REFUSED);
    wait_for(k, OBS_REFUSED);
    int n = k->pg.connections;

    assert_true(k->pg.connected_at[n - 1] - k->pg.connected_at[n - 2] >=
                k->rig.t.pg_turned_away_us - 5 * MS);
    k->pg.sqlstate = "53300"; /* too many connections: one more a moment is no help */
    source_postgres_set_urgent(k->p, false);
    wait_for(k, OBS_REFUSED);
    wait_for(k, OBS_REFUSED);
    n = k->pg.connections;
    wait_for(k, OBS_REFUSED);
    assert_true(k->pg.connected_at[n] - k->pg.connected_at[n - 1] >= k->rig.t.pg_first_us - 5 * MS);
    k->pg.mode = PGB_ANSWER;
    wait_for(k, OBS_ANSWERED);
    bench_free(k);
}

static void hangs(struct bench *k, enum pgb_mode mode)
{
    k->pg.mode = mode;
    bench_start(k);
    wait_for(k, OBS_TIMED_OUT);
    int from = k->pg.connections;

    while (k->pg.connections < from + 3)
        wait_for(k, OBS_TIMED_OUT);
    /* Limit, then 40 (before `from`), 80, 160 ms. */
    for (int i = 0; i < 2; i++)
        assert_true(k->pg.connected_at[from + i + 1] - k->pg.connected_at[from + i] >=
                    k->rig.t.pg_query_us + (80 << i) * MS - 10 * MS);
    source_postgres_set_urgent(k->p, true);
    wait_for(k, OBS_TIMED_OUT);
    from = k->pg.connections;
    wait_for(k, OBS_TIMED_OUT);
    wait_for(k, OBS_TIMED_OUT);
    int64_t gap = k->pg.connected_at[from + 1] - k->pg.connected_at[from];
    int64_t least = k->rig.t.pg_query_us + k->rig.t.pg_urgent_slow_us;

    if (gap < least - 10 * MS || gap > least + 60 * MS)
        fail_msg("asked a hanging server again after %lld us", (long long)gap);
    k->pg.mode = PGB_ANSWER;
    wait_for(k, OBS_ANSWERED);
}

static void hanging_server(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    hangs(k, PGB_SILENT); /* in the query */
    bench_free(k);
}

static void frozen_host(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    hangs(k, PGB_MUTE); /* in the login */
    bench_free(k);
}

static void refusals_in_sql(void **state)
{
    static const struct {
        enum pgb_mode mode;
        const char *sqlstate;
        enum obs_outcome outcome;
    } cases[] = {
        {PGB_SQL_ERROR, "42501", OBS_UNAUTHORISED},
        {PGB_SQL_ERROR, "42883", OBS_GARBLED},
        {PGB_SQL_ERROR, "57014", OBS_TIMED_OUT},
        {PGB_KICK_OUT, "57P01", OBS_REFUSED},
        {PGB_TURN_AWAY, "28P01", OBS_UNAUTHORISED},
        {PGB_TURN_AWAY, "3D000", OBS_REFUSED},
        {PGB_GARBAGE, "", OBS_GARBLED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench *k = bench_new();

        k->pg.mode = cases[i].mode;
        k->pg.sqlstate = cases[i].sqlstate;
        bench_start(k);
        const struct observation *o = wait_for(k, cases[i].outcome);

        assert_non_null(strstr(o->detail, cases[i].sqlstate));
        assert_null(strstr(o->detail, "secret"));
        assert_null(o->body);
        k->pg.mode = PGB_ANSWER;
        wait_for(k, OBS_ANSWERED);
        bench_free(k);
    }
}

static void urgent_is_faster(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    k->rig.refresh_us = 2000 * MS;
    bench_start(k);
    wait_for(k, OBS_ANSWERED);
    source_postgres_set_urgent(k->p, true);
    int64_t at = clock_mono(&k->rig.clock);
    int from = k->pg.n;

    while (k->pg.n < from + 10)
        wait_for(k, OBS_ANSWERED);
    int64_t took = clock_mono(&k->rig.clock) - at;

    if (took < 8 * k->rig.t.pg_urgent_us || took > 1000 * MS)
        fail_msg("10 urgent rounds took %lld us", (long long)took);
    source_postgres_set_urgent(k->p, false);
    rig_for(&k->rig, 30 * MS);
    from = k->pg.n;
    rig_for(&k->rig, 200 * MS);
    assert_int_equal(k->pg.n, from);
    source_postgres_refresh(k->p);
    wait_for(k, OBS_ANSWERED);
    bench_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vitals_of_a_primary_alone),
        cmocka_unit_test(one_connection_kept),
        cmocka_unit_test(nothing_without_conninfo),
        cmocka_unit_test(moved_and_forgotten),
        cmocka_unit_test(killed_and_back),
        cmocka_unit_test(starting_up_and_full),
        cmocka_unit_test(hanging_server),
        cmocka_unit_test(frozen_host),
        cmocka_unit_test(refusals_in_sql),
        cmocka_unit_test(urgent_is_faster),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
