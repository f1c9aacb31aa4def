/* source/pgbouncer against a console that can be silent, strict or gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_pgb.h"
#include "rig.h"

#define MS USEC_PER_MS

struct bench {
    struct rig rig; /* its loop, its ears; its Patroni sleeps */
    struct fake_pgb pgb;
    struct pgbouncer_config config;
    struct source_pgbouncer *b;
};

static struct bench *bench_new(void)
{
    struct bench *k = calloc(1, sizeof(*k));

    assert_non_null(k);
    rig_init(&k->rig, 0);
    fake_pgb_init(&k->pgb, k->rig.loop);
    k->config.name = "bouncer";
    k->config.conninfo = arena_printf(&k->rig.arena,
                                      "host=127.0.0.1 port=%d user=stats "
                                      "sslmode=disable dbname=other",
                                      k->pgb.port);
    k->rig.config.npgbouncer = 1;
    k->rig.config.pgbouncer = &k->config;
    return k;
}

static void bench_start(struct bench *k)
{
    k->b = source_pgbouncer_new_tuned(&k->rig.ctx, 0, k->rig.refresh_us, "secret", &k->rig.t);
    source_pgbouncer_start(k->b);
}

static void bench_end(struct bench *k)
{
    assert_int_equal(k->pgb.cancels, 0); /* a cancel would be a RESUME */
    source_pgbouncer_free(k->b);
    fake_pgb_release(&k->pgb);
    rig_release(&k->rig);
    free(k);
}

static void bench_free(struct bench *k)
{
    assert_true(k->pgb.open_max <= 1);
    for (int i = 0; i < k->pgb.n; i++)
        assert_int_equal(strncmp(k->pgb.sql[i], "SHOW ", 5), 0);
    bench_end(k);
}

static const struct observation *wait_for(struct bench *k, enum obs_kind kind,
                                          enum obs_outcome outcome)
{
    return rig_wait(&k->rig, kind, "bouncer", outcome);
}

static int count(const struct bench *k, enum obs_kind kind, int outcome)
{
    return rig_count(&k->rig, kind, "bouncer", outcome);
}

static void asks_in_turn(void **state)
{
    static const char *const want[] = {
        "SHOW VERSION", "SHOW POOLS", "SHOW DATABASES", "SHOW STATS", "SHOW SERVERS", "SHOW LISTS",
        "SHOW CONFIG",  "SHOW POOLS", "SHOW DATABASES", "SHOW STATS", "SHOW SERVERS"};
    struct bench *k = bench_new();

    (void)state;
    k->rig.t.pgb_query_us = 5000 * MS; /* a busy machine is not a silent console */
    bench_start(k);
    wait_for(k, OBS_PGB_SERVERS, OBS_ANSWERED);
    const struct observation *o = wait_for(k, OBS_PGB_SERVERS, OBS_ANSWERED);

    assert_non_null(o->body);
    assert_null(strstr(o->endpoint, "secret"));
    assert_string_equal(o->endpoint,
                        arena_printf(&k->rig.arena, "127.0.0.1:%d/pgbouncer", k->pgb.port));
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        assert_string_equal(k->pgb.sql[i], want[i]);
    assert_int_equal(k->pgb.connections, 1);
    assert_true(k->pgb.database_ok);
    assert_true(k->pgb.name_ok);
    assert_int_equal(count(k, OBS_PGB_VERSION, OBS_ANSWERED), 1);
    assert_int_equal(count(k, OBS_PGB_STATE, -1), 0); /* 1.18 has none */
    bench_free(k);
}

/* What is long or rare is asked while somebody looks at it, from the moment that he does. */
static void lists_while_wanted(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    k->rig.t.pgb_query_us = 5000 * MS;
    k->rig.refresh_us = 200 * MS;
    bench_start(k);
    wait_for(k, OBS_PGB_CONFIG, OBS_ANSWERED);
    wait_for(k, OBS_PGB_SERVERS, OBS_ANSWERED);
    assert_int_equal(count(k, OBS_PGB_CLIENTS, -1) + count(k, OBS_PGB_USERS, -1), 0);
    assert_int_equal(count(k, OBS_PGB_MEM, -1) + count(k, OBS_PGB_DNS_HOSTS, -1), 0);
    int64_t at = clock_mono(&k->rig.clock);

    source_pgbouncer_want(k->b, OBS_BIT(OBS_PGB_CLIENTS) | OBS_BIT(OBS_PGB_CONFIG));
    const struct observation *o = wait_for(k, OBS_PGB_CLIENTS, OBS_ANSWERED);

    if (o->mono_us - at > 150 * MS)
        fail_msg("clients came after %lld us", (long long)(o->mono_us - at));
    int config = count(k, OBS_PGB_CONFIG, OBS_ANSWERED);

    wait_for(k, OBS_PGB_CLIENTS, OBS_ANSWERED);
    assert_true(count(k, OBS_PGB_CONFIG, OBS_ANSWERED) > config);
    source_pgbouncer_want(k->b, OBS_BIT(OBS_PGB_DNS_ZONES));
    wait_for(k, OBS_PGB_DNS_ZONES, OBS_ANSWERED);
    int clients = fake_pgb_count(&k->pgb, "SHOW CLIENTS");

    wait_for(k, OBS_PGB_DNS_ZONES, OBS_ANSWERED);
    assert_int_equal(fake_pgb_count(&k->pgb, "SHOW CLIENTS"), clients);
    assert_int_equal(count(k, OBS_PGB_USERS, -1), 0);
    assert_int_equal(k->pgb.connections, 1);
    bench_free(k);
}

static void wait_for_state(struct bench *k, const char *said)
{
    for (int i = 0; i < 20; i++)
        if (strstr(wait_for(k, OBS_PGB_STATE, OBS_ANSWERED)->body, said) != NULL)
            return;
    fail_msg("SHOW STATE never said %s", said);
}

/* Before 1.19 an admin is asked, by a connection of his own, while clients wait without a server:
 * a pause is told, its end too, and a "no" is not kept when nobody asks any more. */
static void paused_as_a_whole_before_119(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    k->rig.t.pgb_query_us = 5000 * MS;
    k->rig.refresh_us = 30 * MS;
    k->config.admin_conninfo = "user=boss";
    k->config.admin_extra =
        (const char *const[]){"host=127.0.0.1", arena_printf(&k->rig.arena, "port=%d", k->pgb.port),
                              "sslmode=disable", NULL};
    k->pgb.waits = k->pgb.paused = true;
    bench_start(k);
    wait_for(k, OBS_PGB_SERVERS, OBS_ANSWERED);
    wait_for(k, OBS_PGB_SERVERS, OBS_ANSWERED);
    assert_int_equal(fake_pgb_count(&k->pgb, "PAUSE pgbouncer"), 0); /* who may is not known */

    source_pgbouncer_set_admin(k->b, "secret");
    wait_for_state(k, "[\"paused\",\"yes\"]");
    int64_t at = clock_mono(&k->rig.clock);
    int asked = fake_pgb_count(&k->pgb, "PAUSE pgbouncer");

    wait_for_state(k, "[\"paused\",\"yes\"]"); /* it is asked on, but not each round */
    assert_true(clock_mono(&k->rig.clock) - at >= k->rig.t.pgb_held_us - 20 * MS);
    assert_int_equal(fake_pgb_count(&k->pgb, "PAUSE pgbouncer"), asked + 1);
    k->pgb.waits = false; /* who has resumed it, or whose clients have gone: until it says so */
    wait_for_state(k, "[\"paused\",\"yes\"]");
    k->pgb.paused = false;
    wait_for_state(k, "[\"paused\",\"no\"]");
    wait_for_state(k, "\"rows\":[]");
    asked = fake_pgb_count(&k->pgb, "PAUSE pgbouncer");
    for (int i = 0; i < 8; i++)
        wait_for(k, OBS_PGB_SERVERS, OBS_ANSWERED);
    assert_int_equal(fake_pgb_count(&k->pgb, "PAUSE pgbouncer"), asked);
    assert_true(k->pgb.open_max <= 2);
    assert_true(k->pgb.open <= 1); /* closed after each */
    bench_end(k);
}

/* A stats user is refused, once; 1.19 says it by itself. */
static void who_is_no_admin_asks_once(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    k->rig.t.pgb_query_us = 5000 * MS;
    k->rig.refresh_us = 30 * MS;
    k->pgb.waits = k->pgb.no_admin = true;
    bench_start(k);
    wait_for_state(k, "\"rows\":[]");
    for (int i = 0; i < 8; i++)
        wait_for(k, OBS_PGB_SERVERS, OBS_ANSWERED);
    assert_int_equal(fake_pgb_count(&k->pgb, "PAUSE pgbouncer"), 1);
    bench_end(k);

    k = bench_new();
    k->rig.t.pgb_query_us = 5000 * MS;
    k->rig.refresh_us = 30 * MS;
    k->pgb.version = "1.19.0/bouncer";
    k->pgb.waits = true;
    bench_start(k);
    for (int i = 0; i < 4; i++)
        wait_for(k, OBS_PGB_SERVERS, OBS_ANSWERED);
    assert_int_equal(fake_pgb_count(&k->pgb, "PAUSE pgbouncer"), 0);
    bench_free(k);
}

/* Lists come now and then, and a console that goes speaks for what is wanted, not for the rest. */
static void lists_on_their_own_beat(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    k->rig.t.pgb_query_us = 5000 * MS;
    k->rig.refresh_us = 50 * MS;
    bench_start(k);
    const struct observation *o = wait_for(k, OBS_PGB_LISTS, OBS_ANSWERED);
    int64_t first = o->mono_us;

    o = wait_for(k, OBS_PGB_LISTS, OBS_ANSWERED);
    assert_true(o->mono_us - first >= k->rig.t.pgb_lists_us);
    assert_int_equal(count(k, OBS_PGB_CONFIG, -1), 1);
    assert_true(count(k, OBS_PGB_POOLS, OBS_ANSWERED) > 3);
    source_pgbouncer_want(k->b, OBS_BIT(OBS_PGB_USERS));
    wait_for(k, OBS_PGB_USERS, OBS_ANSWERED);
    k->pgb.mode = PGB_HANG_UP;
    wait_for(k, OBS_PGB_USERS, OBS_GARBLED);
    assert_int_equal(count(k, OBS_PGB_CLIENTS, -1), 0);
    assert_int_equal(count(k, OBS_PGB_STATE, -1), 0);
    k->pgb.mode = PGB_ANSWER;
    wait_for(k, OBS_PGB_USERS, OBS_ANSWERED);
    assert_int_equal(count(k, OBS_PGB_CONFIG, OBS_ANSWERED), 2); /* another process, perhaps */
    bench_free(k);
}

static void state_from_1_19(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    k->pgb.version = "1.24.1/bouncer";
    bench_start(k);
    wait_for(k, OBS_PGB_STATE, OBS_ANSWERED);
    /* When it is gone, that holds for every kind, SHOW STATE too. */
    k->pgb.mode = PGB_HANG_UP;
    wait_for(k, OBS_PGB_STATE, OBS_GARBLED);
    assert_true(count(k, OBS_PGB_STATS, OBS_GARBLED) > 0);
    k->pgb.mode = PGB_ANSWER;
    wait_for(k, OBS_PGB_STATE, OBS_ANSWERED);
    assert_true(count(k, OBS_PGB_VERSION, OBS_ANSWERED) >= 2); /* once a connection */
    bench_free(k);
}

/* From 1.23 a graceful shutdown waits for consoles: ours must not hold it up. */
static void connection_is_recycled(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    k->pgb.version = "1.23.0/bouncer";
    k->pgb.suspended = true;
    bench_start(k);
    rig_for(&k->rig, k->rig.t.pgb_recycle_us * 2);
    assert_int_equal(k->pgb.connections, 1); /* a login would hang now */
    k->pgb.suspended = false;
    while (k->pgb.connections < 3)
        rig_for(&k->rig, 5 * MS);
    assert_true(k->pgb.connected_at[2] - k->pgb.connected_at[1] >= k->rig.t.pgb_recycle_us);
    assert_int_equal(count(k, OBS_PGB_POOLS, OBS_ANSWERED), count(k, OBS_PGB_POOLS, -1));
    bench_free(k);
}

/* What it closes is known at once, not with the next round. */
static void killed_and_back(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    k->rig.refresh_us = 2000 * MS;
    bench_start(k);
    wait_for(k, OBS_PGB_CONFIG, OBS_ANSWERED);
    int64_t at = clock_mono(&k->rig.clock);

    fake_pgb_down(&k->pgb);
    const struct observation *o = wait_for(k, OBS_PGB_POOLS, OBS_REFUSED);

    if (o->mono_us - at > 500 * MS)
        fail_msg("a killed bouncer was noticed after %lld us", (long long)(o->mono_us - at));
    fake_pgb_up(&k->pgb);
    source_pgbouncer_refresh(k->b);
    wait_for(k, OBS_PGB_SERVERS, OBS_ANSWERED);
    fake_pgb_kick(&k->pgb); /* only the connection: made anew, and nothing is the matter */
    wait_for(k, OBS_PGB_SERVERS, OBS_ANSWERED);
    assert_int_equal(count(k, OBS_PGB_POOLS, OBS_REFUSED), 1);
    bench_free(k);
}

/* SHOW SERVERS between the rounds, and the rounds as they were. */
static void urgent_servers(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    k->rig.refresh_us = 200 * MS;
    bench_start(k);
    wait_for(k, OBS_PGB_SERVERS, OBS_ANSWERED);
    source_pgbouncer_set_urgent(k->b, true);
    wait_for(k, OBS_PGB_STATS, OBS_ANSWERED);
    int servers = fake_pgb_count(&k->pgb, "SHOW SERVERS"), from = k->pgb.n;

    wait_for(k, OBS_PGB_STATS, OBS_ANSWERED);
    int seen = fake_pgb_count(&k->pgb, "SHOW SERVERS") - servers;

    if (seen < 4 || seen > 11)
        fail_msg("SHOW SERVERS %d times within 200 ms, every 20 ms", seen);
    /* None in the middle of a round. */
    for (int i = from; i < k->pgb.n; i++)
        if (strcmp(k->pgb.sql[i], "SHOW DATABASES") == 0)
            assert_string_equal(k->pgb.sql[i - 1], "SHOW POOLS");
    assert_int_equal(k->pgb.connections, 1);
    source_pgbouncer_set_urgent(k->b, false);
    wait_for(k, OBS_PGB_SERVERS, OBS_ANSWERED);
    servers = fake_pgb_count(&k->pgb, "SHOW SERVERS");
    rig_for(&k->rig, 100 * MS);
    assert_true(fake_pgb_count(&k->pgb, "SHOW SERVERS") - servers <= 1);
    bench_free(k);
}

/* An urgent question that breaks the connection speaks for all kinds; then the usual pause. */
static void urgent_and_gone(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    k->rig.refresh_us = 500 * MS;
    bench_start(k);
    wait_for(k, OBS_PGB_SERVERS, OBS_ANSWERED);
    source_pgbouncer_set_urgent(k->b, true);
    k->pgb.mode = PGB_HANG_UP;
    wait_for(k, OBS_PGB_SERVERS, OBS_GARBLED);
    assert_int_equal(count(k, OBS_PGB_POOLS, OBS_GARBLED), 1);
    assert_int_equal(k->pgb.connections, 1);
    k->pgb.mode = PGB_ANSWER;
    wait_for(k, OBS_PGB_SERVERS, OBS_ANSWERED);
    assert_int_equal(k->pgb.connections, 2);
    assert_int_equal(count(k, OBS_PGB_VERSION, OBS_ANSWERED), 2);
    bench_free(k);
}

/* A slow answer in between makes the round wait for it, not fail. */
static void round_waits_for_urgent(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    k->rig.refresh_us = 60 * MS;
    k->rig.t.pgb_query_us = 2000 * MS;
    bench_start(k);
    wait_for(k, OBS_PGB_CONFIG, OBS_ANSWERED);
    k->pgb.mode = PGB_SILENT;
    source_pgbouncer_set_urgent(k->b, true);
    rig_for(&k->rig, 150 * MS); /* rounds came due meanwhile */
    int asked = k->pgb.n;

    k->pgb.mode = PGB_ANSWER;
    fake_pgb_wake(&k->pgb);
    wait_for(k, OBS_PGB_STATS, OBS_ANSWERED);
    assert_string_equal(k->pgb.sql[asked], "SHOW POOLS");
    assert_int_equal(k->pgb.connections, 1);
    assert_int_equal(count(k, OBS_PGB_SERVERS, OBS_ANSWERED), count(k, OBS_PGB_SERVERS, -1));
    bench_free(k);
}

static void silent_console(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    bench_start(k);
    wait_for(k, OBS_PGB_STATS, OBS_ANSWERED);
    k->pgb.mode = PGB_SILENT;
    const struct observation *o = wait_for(k, OBS_PGB_STATS, OBS_TIMED_OUT);

    assert_non_null(strstr(o->detail, "no answer"));
    assert_true(count(k, OBS_PGB_POOLS, OBS_TIMED_OUT) >= 1);
    int from = k->pgb.connections;

    while (k->pgb.connections < from + 5)
        rig_for(&k->rig, 5 * MS);
    /* Time-out, then pauses of 20 (before `from`), 40, 80, 80 ms. */
    for (int i = 0; i < 4; i++) {
        int64_t gap = k->pgb.connected_at[from + i + 1] - k->pgb.connected_at[from + i];
        int64_t pause = (i == 0 ? 40 : 80) * MS;

        assert_true(gap >= k->rig.t.pgb_query_us + pause - 10 * MS);
    }
    k->pgb.mode = PGB_ANSWER;
    wait_for(k, OBS_PGB_STATS, OBS_ANSWERED);
    bench_free(k);
}

static void login_refused(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    k->pgb.mode = PGB_NO_LOGIN;
    bench_start(k);
    const struct observation *o = wait_for(k, OBS_PGB_POOLS, OBS_UNAUTHORISED);

    assert_non_null(strstr(o->detail, "not allowed"));
    rig_for(&k->rig, k->rig.t.pgb_denied_us / 2);
    assert_int_equal(k->pgb.connections, 1); /* its log is not ours to fill */
    wait_for(k, OBS_PGB_POOLS, OBS_UNAUTHORISED);
    assert_int_equal(k->pgb.connections, 2);
    bench_free(k);
}

static void right_missing(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    k->pgb.mode = PGB_NO_RIGHT;
    bench_start(k);
    wait_for(k, OBS_PGB_STATS, OBS_UNAUTHORISED);
    assert_int_equal(count(k, OBS_PGB_VERSION, OBS_ANSWERED), 1);
    assert_int_equal(k->pgb.connections, 1); /* an error does not end the session */
    bench_free(k);
}

static void nobody_or_nonsense(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    k->pgb.mode = PGB_GARBAGE;
    bench_start(k);
    wait_for(k, OBS_PGB_POOLS, OBS_GARBLED);
    source_pgbouncer_free(k->b);
    k->config.conninfo =
        arena_printf(&k->rig.arena, "host=127.0.0.1 port=%d user=stats", fake_closed_port());
    bench_start(k);
    wait_for(k, OBS_PGB_POOLS, OBS_REFUSED);
    assert_int_equal(count(k, OBS_PGB_STATS, OBS_REFUSED), count(k, OBS_PGB_POOLS, OBS_REFUSED));
    bench_free(k);
}

/* The way to an admin is there and known, but who is read-only asks nobody by it, and says so. */
static void read_only_asks_no_admin(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    k->rig.t.pgb_query_us = 5000 * MS;
    k->rig.refresh_us = 30 * MS;
    k->rig.ctx.read_only = true;
    k->pgb.waits = k->pgb.paused = true;
    bench_start(k); /* without admin_conninfo: the one who polls might be an admin */
    wait_for_state(k, "[\"not asked\",\"read-only\"]");
    for (int i = 0; i < 4; i++)
        wait_for(k, OBS_PGB_SERVERS, OBS_ANSWERED);
    assert_int_equal(count(k, OBS_PGB_STATE, OBS_ANSWERED), 1); /* said once, not each round */
    assert_int_equal(fake_pgb_count(&k->pgb, "PAUSE pgbouncer"), 0);
    bench_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_in_turn),
        cmocka_unit_test(state_from_1_19),
        cmocka_unit_test(connection_is_recycled),
        cmocka_unit_test(silent_console),
        cmocka_unit_test(login_refused),
        cmocka_unit_test(right_missing),
        cmocka_unit_test(nobody_or_nonsense),
        cmocka_unit_test(killed_and_back),
        cmocka_unit_test(urgent_servers),
        cmocka_unit_test(urgent_and_gone),
        cmocka_unit_test(round_waits_for_urgent),
        cmocka_unit_test(lists_while_wanted),
        cmocka_unit_test(paused_as_a_whole_before_119),
        cmocka_unit_test(who_is_no_admin_asks_once),
        cmocka_unit_test(read_only_asks_no_admin),
        cmocka_unit_test(lists_on_their_own_beat),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
