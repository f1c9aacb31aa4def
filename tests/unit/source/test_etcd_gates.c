/* source/etcd, what goes beside the stream: login, the gateway's place, endpoints, leases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "bench_etcd.h"

static struct bench *bench_with_login(int n)
{
    struct bench *k = bench_new(n);
    k->rig.config.etcd.username = "ops";
    k->etcd.password = ESCAPED; /* as it is in the body of a login */
    return k;
}

/* Every status of every gate is answered. */
static void wait_all_well(struct bench *k, int n)
{
    for (int i = 0; i < n; i++) {
        bench_wait(k, OBS_ETCD_STATUS, k->urls[i], OBS_ANSWERED, 1);
        bench_wait(k, OBS_ETCD_HEALTH, k->urls[i], OBS_ANSWERED, 1);
    }
}

/* ---- login */

static void one_login_for_all(void **state)
{
    struct bench *k = bench_with_login(3);
    (void)state;
    bench_start_watching(k, 0);
    wait_all_well(k, 3);
    assert_int_equal(k->etcd.logins, 1);
    const char *watch = k->etcd.gate[0].path[FE_WATCH].last.s;
    assert_non_null(strstr(watch, "\r\nAuthorization: token1\r\n"));
    /* Whatever needs none is sent none. */
    assert_null(strstr(k->etcd.gate[0].path[FE_HEALTH].last.s, "Authorization"));
    for (int i = 0; i < 3; i++) /* and nothing was shown as denied while that went on */
        assert_int_equal(bench_count(k, OBS_ETCD_STATUS, k->urls[i], OBS_UNAUTHORISED), 0);
    bench_free(k);
}

/* A member that was started again knows no tokens; nobody hears of it. */
static void token_that_is_no_longer_good(void **state)
{
    struct bench *k = bench_with_login(3);
    const int64_t leases[] = {11, 12};
    (void)state;
    bench_start_watching(k, 0);
    wait_all_well(k, 3);
    source_etcd_set_leases(k->s, leases, 2);
    bench_wait(k, OBS_ETCD_LEASE, "12", OBS_ANSWERED, 1);
    k->etcd.token++;
    int alive = bench_count(k, OBS_ETCD_ALIVE, PREFIX, OBS_ANSWERED);
    int status = bench_count(k, OBS_ETCD_STATUS, k->urls[2], OBS_ANSWERED);
    int lease = bench_count(k, OBS_ETCD_LEASE, "12", OBS_ANSWERED);
    bench_wait(k, OBS_ETCD_ALIVE, PREFIX, OBS_ANSWERED, alive + 3);
    bench_wait(k, OBS_ETCD_STATUS, k->urls[2], OBS_ANSWERED, status + 3);
    bench_wait(k, OBS_ETCD_LEASE, "12", OBS_ANSWERED, lease + 3);
    assert_int_equal(k->etcd.logins, 2);
    for (int i = 0; i < k->rig.nseen; i++)
        assert_int_not_equal(k->rig.seen[i].outcome, OBS_UNAUTHORISED);
    assert_int_equal(k->etcd.gate[0].path[FE_RANGE].n, 1); /* the stream has gone on */
    bench_free(k);
}

/* One that was refused after others have a new token takes that. */
static void refused_late(void **state)
{
    struct bench *k = bench_with_login(2);
    (void)state;
    bench_start_watching(k, 0);
    wait_all_well(k, 2);
    int status = bench_count(k, OBS_ETCD_STATUS, k->urls[1], OBS_ANSWERED);
    k->etcd.gate[1].path[FE_STATUS].silent = true;
    bench_wait_asked(k, 1, FE_STATUS, k->etcd.gate[1].path[FE_STATUS].n + 1);
    k->etcd.token++;
    int alive = bench_count(k, OBS_ETCD_ALIVE, PREFIX, OBS_ANSWERED);
    bench_wait(k, OBS_ETCD_ALIVE, PREFIX, OBS_ANSWERED, alive + 2);
    assert_int_equal(k->etcd.logins, 2);
    fake_etcd_thaw(&k->etcd, 1, FE_STATUS);
    bench_wait(k, OBS_ETCD_STATUS, k->urls[1], OBS_ANSWERED, status + 2);
    assert_int_equal(k->etcd.logins, 2);
    bench_free(k);
}

/* What needs a token waits for the login of another one, and does not fail meanwhile. */
static void waits_for_a_login(void **state)
{
    struct bench *k = bench_with_login(2);
    (void)state;
    k->rig.t.etcd_alive_least_us = k->rig.t.etcd_alive_most_us = 60 * USEC_PER_SEC;
    bench_start_watching(k, 0);
    wait_all_well(k, 2);
    k->etcd.gate[0].path[FE_STATUS].silent = true;
    bench_wait_asked(k, 0, FE_STATUS, k->etcd.gate[0].path[FE_STATUS].n + 1);
    k->etcd.gate[1].path[FE_LOGIN].silent = true;
    k->etcd.token++;
    bench_wait_asked(k, 1, FE_LOGIN, 1); /* by its status, which is refused */
    fake_etcd_end_watch(&k->etcd, 0, true);
    bench_wait(k, OBS_ETCD_WATCH, PREFIX, OBS_REFUSED, 1);
    rig_for(&k->rig, 50 * MS);
    assert_int_equal(k->etcd.gate[1].path[FE_RANGE].n, 0);
    fake_etcd_thaw(&k->etcd, 1, FE_LOGIN);
    bench_wait_watched(k, 1, 1);
    assert_int_equal(bench_count(k, OBS_ETCD_RANGE, PREFIX, -1), 2);
    assert_int_equal(k->etcd.logins, 2);
    bench_free(k);
}

static void wrong_password(void **state)
{
    struct bench *k = bench_with_login(2);
    (void)state;
    k->etcd.password = "another";
    bench_start(k);
    const struct observation *o = bench_wait(k, OBS_ETCD_RANGE, PREFIX, OBS_UNAUTHORISED, 1);
    assert_non_null(strstr(o->detail, "invalid user ID or password"));
    assert_non_null(strstr(o->detail, "check etcd.username"));
    int64_t first = o->mono_us;
    /* Told again at every attempt, asked only every etcd_denied_us. */
    o = bench_wait(k, OBS_ETCD_RANGE, PREFIX, OBS_UNAUTHORISED, 4);
    if (o->mono_us - first < k->rig.t.etcd_denied_us)
        assert_int_equal(k->etcd.wrong_logins, 1);
    assert_non_null(strstr(o->detail, "invalid user ID or password"));
    /* What needs no login is known meanwhile. */
    for (int i = 0; i < 2; i++) {
        bench_wait(k, OBS_ETCD_VERSION, k->urls[i], OBS_ANSWERED, 1);
        bench_wait(k, OBS_ETCD_HEALTH, k->urls[i], OBS_ANSWERED, 1);
        assert_int_equal(bench_count(k, OBS_ETCD_STATUS, k->urls[i], -1), 0);
    }
    k->etcd.password = ESCAPED; /* set right over there */
    bench_wait(k, OBS_ETCD_WATCH, PREFIX, OBS_ANSWERED, 1);
    assert_in_range(k->etcd.wrong_logins, 1, 3);
    wait_all_well(k, 2);
    bench_free(k);
}

static void a_login_that_nobody_asks_for(void **state)
{
    struct bench *k = bench_with_login(1);
    (void)state;
    k->etcd.password = NULL;
    bench_start_watching(k, 0);
    wait_all_well(k, 1);
    assert_int_equal(k->etcd.gate[0].path[FE_LOGIN].n, 1);
    assert_null(strstr(k->etcd.gate[0].path[FE_WATCH].last.s, "Authorization"));
    /* And then it is switched on. */
    k->etcd.password = ESCAPED;
    int alive = bench_count(k, OBS_ETCD_ALIVE, PREFIX, OBS_ANSWERED);
    bench_wait(k, OBS_ETCD_ALIVE, PREFIX, OBS_ANSWERED, alive + 2);
    assert_int_equal(k->etcd.logins, 1);
    bench_free(k);
}

static void no_login_configured(void **state)
{
    struct bench *k = bench_new(1);
    (void)state;
    k->etcd.password = ESCAPED;
    bench_start(k);
    const struct observation *o = bench_wait(k, OBS_ETCD_RANGE, PREFIX, OBS_UNAUTHORISED, 1);
    assert_non_null(strstr(o->detail, "set etcd.username"));
    bench_wait(k, OBS_ETCD_VERSION, k->urls[0], OBS_ANSWERED, 1);
    assert_int_equal(k->etcd.gate[0].path[FE_LOGIN].n, 0);
    bench_free(k);
}

/* The one who logs in may be given up: another one does it then. */
static void login_at_a_frozen_endpoint(void **state)
{
    struct bench *k = bench_with_login(2);
    (void)state;
    k->rig.t.etcd_query_us = 100 * MS;
    fake_etcd_freeze(&k->etcd, 0);
    bench_start(k);
    bench_wait_watched(k, 1, 0);
    bench_wait(k, OBS_ETCD_STATUS, k->urls[1], OBS_ANSWERED, 2);
    assert_int_equal(k->etcd.logins, 1);
    bench_free(k);
}

static void certificate_with_a_name(void **state)
{
    struct bench *k = bench_with_login(1);
    struct fe_path *login = &k->etcd.gate[0].path[FE_LOGIN];
    (void)state;
    login->status = 400;
    login->body = "CommonName of client sending a request against gateway will be ignored and not "
                  "used as expected\n";
    bench_start(k);
    const struct observation *o = bench_wait(k, OBS_ETCD_RANGE, PREFIX, OBS_UNAUTHORISED, 1);
    assert_non_null(strstr(o->detail, "no client certificate with a CN"));
    bench_free(k);
}

static void login_that_gives_nothing(void **state)
{
    struct bench *k = bench_with_login(1);
    struct fe_path *login = &k->etcd.gate[0].path[FE_LOGIN];
    (void)state;
    login->status = 200;
    login->body = "{\"token\":\"evil\\r\\nX: y\"}";
    bench_start(k);
    const struct observation *o = bench_wait(k, OBS_ETCD_RANGE, PREFIX, OBS_GARBLED, 1);
    assert_non_null(strstr(o->detail, "without a token"));
    assert_int_equal(k->etcd.gate[0].path[FE_RANGE].n, 0);
    login->status = 0;
    bench_wait_watched(k, 0, 0);
    bench_free(k);
}

/* ---- where the gateway is */

static void gateway_of_before(void **state)
{
    struct bench *k = bench_with_login(2);
    (void)state;
    k->etcd.gate[0].api = k->etcd.gate[1].api = "/v3beta";
    bench_start_watching(k, 0);
    wait_all_well(k, 2);
    bench_wait(k, OBS_ETCD_ALIVE, PREFIX, OBS_ANSWERED, 2);
    bench_free(k);
}

/* Without a login several are out at once when it is found out: it is turned to once. */
static void gateway_of_before_asked_by_many(void **state)
{
    struct bench *k = bench_new(2);
    (void)state;
    k->etcd.gate[0].api = k->etcd.gate[1].api = "/v3beta";
    bench_start_watching(k, 0);
    wait_all_well(k, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(bench_count(k, OBS_ETCD_STATUS, k->urls[i], OBS_GARBLED), 0);
    assert_int_equal(bench_count(k, OBS_ETCD_RANGE, PREFIX, OBS_GARBLED), 0);
    bench_free(k);
}

static void gateway_that_is_off(void **state)
{
    struct bench *k = bench_new(2);
    (void)state;
    k->etcd.gate[0].api = NULL;
    bench_start(k);
    const struct observation *o = bench_wait(k, OBS_ETCD_RANGE, PREFIX, OBS_GARBLED, 1);
    assert_non_null(strstr(o->detail, "enable-grpc-gateway"));
    bench_wait_watched(k, 1, 0); /* not everywhere */
    bench_wait(k, OBS_ETCD_VERSION, k->urls[0], OBS_ANSWERED, 1);
    bench_wait(k, OBS_ETCD_METRICS, k->urls[0], OBS_ANSWERED, 1);
    bench_wait(k, OBS_ETCD_HEALTH, k->urls[0], OBS_ANSWERED, 1);
    assert_int_equal(bench_count(k, OBS_ETCD_METRICS, k->urls[1], -1), 0);
    bench_free(k);
}

/* ---- endpoints */

static void status_is_denied(void **state)
{
    struct bench *k = bench_new(2);
    struct fe_path *status = &k->etcd.gate[1].path[FE_STATUS];
    (void)state;
    k->rig.t.etcd_status_us = 300 * MS;
    status->status = 403;
    status->body = "{\"error\":\"etcdserver: permission denied\",\"code\":7}";
    bench_start(k);
    bench_wait(k, OBS_ETCD_STATUS, k->urls[1], OBS_UNAUTHORISED, 1);
    bench_wait(k, OBS_ETCD_VERSION, k->urls[1], OBS_ANSWERED, 2);
    const struct observation *o = bench_wait(k, OBS_ETCD_METRICS, k->urls[1], OBS_ANSWERED, 2);
    assert_string_equal(o->body,
                        "etcd_server_has_leader 1\netcd_mvcc_db_total_size_in_bytes 20480\n");
    bench_wait(k, OBS_ETCD_HEALTH, k->urls[1], OBS_ANSWERED, 2);
    assert_int_equal(bench_count(k, OBS_ETCD_VERSION, k->urls[0], -1), 0); /* each by itself */
    /* Tried again now and then, and then it may be allowed. */
    bench_wait_asked(k, 1, FE_STATUS, 2);
    assert_true(status->at[1] - status->at[0] >= k->rig.t.etcd_status_us);
    status->status = 0;
    bench_wait(k, OBS_ETCD_STATUS, k->urls[1], OBS_ANSWERED, 2);
    bench_free(k);
}

static void frozen_endpoint_delays_nobody(void **state)
{
    struct bench *k = bench_new(3);
    (void)state;
    k->rig.t.etcd_query_us = 400 * MS;
    fake_etcd_freeze(&k->etcd, 2);
    bench_start(k);
    bench_wait(k, OBS_ETCD_STATUS, k->urls[0], OBS_ANSWERED, 5);
    bench_wait(k, OBS_ETCD_STATUS, k->urls[1], OBS_ANSWERED, 5);
    assert_in_range(k->etcd.gate[2].path[FE_STATUS].n, 1, 2);
    const struct observation *o = bench_wait(k, OBS_ETCD_STATUS, k->urls[2], OBS_TIMED_OUT, 2);
    assert_string_equal(o->endpoint, k->urls[2]);
    /* Silence holds up what would follow it. */
    assert_int_equal(k->etcd.gate[2].path[FE_HEALTH].n, 0);
    bench_free(k);
}

/* Without quorum /health hangs or says no, where the rest answers. */
static void unhealthy(void **state)
{
    struct bench *k = bench_new(1);
    struct fe_path *health = &k->etcd.gate[0].path[FE_HEALTH];
    (void)state;
    health->status = 503;
    health->body = "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}";
    bench_start(k);
    const struct observation *o = bench_wait(k, OBS_ETCD_HEALTH, k->urls[0], OBS_ANSWERED, 1);
    assert_int_equal(o->http_status, 503);
    assert_non_null(strstr(o->body, "RAFT NO LEADER"));
    bench_free(k);
}

static void members_now_and_then(void **state)
{
    struct bench *k = bench_new(2);
    (void)state;
    bench_start(k);
    bench_wait(k, OBS_ETCD_MEMBERS, "", OBS_ANSWERED, 2);
    const struct fe_path *m = &k->etcd.gate[0].path[FE_MEMBERS];
    assert_int_equal(k->etcd.gate[1].path[FE_MEMBERS].n, 0);
    bench_wait_asked(k, 0, FE_MEMBERS, 3);
    assert_true(m->at[2] - m->at[1] >= k->rig.t.etcd_members_us);
    bench_free(k);
}

/* The list needs no quorum: the endpoint that answers is asked though there is no stream. */
static void members_without_quorum(void **state)
{
    struct bench *k = bench_new(2);
    (void)state;
    fake_etcd_stop_listening(&k->etcd, 0);
    k->etcd.gate[1].path[FE_RANGE].status = 503;
    k->etcd.gate[1].path[FE_RANGE].body =
        "{\"error\":\"etcdserver: request timed out\",\"code\":14}";
    bench_start(k);
    const struct observation *o = bench_wait(k, OBS_ETCD_MEMBERS, "", OBS_ANSWERED, 1);
    assert_string_equal(o->endpoint, k->urls[1]);
    bench_free(k);
}

/* Nor does the list wait for /health, which hangs then. */
static void members_while_health_hangs(void **state)
{
    struct bench *k = bench_new(1);
    (void)state;
    k->rig.t.etcd_query_us = 100 * MS;
    k->rig.t.etcd_gates_us = 150 * MS; /* no round falls into the time it hangs */
    k->etcd.gate[0].path[FE_HEALTH].silent = true;
    k->etcd.gate[0].path[FE_RANGE].status = 503;
    k->etcd.gate[0].path[FE_RANGE].body =
        "{\"code\":14,\"message\":\"etcdserver: request timed out\"}";
    bench_start(k);
    bench_wait(k, OBS_ETCD_HEALTH, k->urls[0], OBS_TIMED_OUT, 1);
    bench_wait(k, OBS_ETCD_MEMBERS, "", OBS_ANSWERED, 1);
    bench_free(k);
}

/* ---- leases */

static void leases_while_they_are_shown(void **state)
{
    struct bench *k = bench_new(1);
    const struct fe_path *lease = &k->etcd.gate[0].path[FE_LEASE];
    const int64_t ids[] = {7587869154123456789, 42};
    (void)state;
    bench_start_watching(k, 0);
    bench_wait(k, OBS_ETCD_ALIVE, PREFIX, OBS_ANSWERED, 3);
    assert_int_equal(lease->n, 0);
    source_etcd_set_leases(k->s, ids, 2);
    const struct observation *o =
        bench_wait(k, OBS_ETCD_LEASE, "7587869154123456789", OBS_ANSWERED, 2);
    assert_non_null(strstr(o->body, "\"TTL\":\"17\""));
    bench_wait(k, OBS_ETCD_LEASE, "42", OBS_ANSWERED, 2);
    source_etcd_set_leases(k->s, ids + 1, 1);
    bench_wait(k, OBS_ETCD_LEASE, "42", OBS_ANSWERED, 4);
    source_etcd_set_leases(k->s, NULL, 0);
    int asked = lease->n + 2; /* what is out already */
    int alive = bench_count(k, OBS_ETCD_ALIVE, PREFIX, OBS_ANSWERED);
    bench_wait(k, OBS_ETCD_ALIVE, PREFIX, OBS_ANSWERED, alive + 10);
    assert_in_range(lease->n, 1, asked);
    bench_free(k);
}

static void one_round_of_leases_at_a_time(void **state)
{
    struct bench *k = bench_new(1);
    struct fe_path *lease = &k->etcd.gate[0].path[FE_LEASE];
    const int64_t ids[] = {11, 12};
    (void)state;
    lease->silent = true;
    bench_start_watching(k, 0);
    source_etcd_set_leases(k->s, ids, 2);
    bench_wait_asked(k, 0, FE_LEASE, 2);
    int alive = bench_count(k, OBS_ETCD_ALIVE, PREFIX, OBS_ANSWERED);
    bench_wait(k, OBS_ETCD_ALIVE, PREFIX, OBS_ANSWERED, alive + 10);
    assert_int_equal(lease->n, 2);
    bench_wait(k, OBS_ETCD_LEASE, "11", OBS_TIMED_OUT, 1);
    bench_free(k);
}

/* Shown, hidden, shown: no more often for that. */
static void leases_shown_and_hidden(void **state)
{
    struct bench *k = bench_new(1);
    const struct fe_path *lease = &k->etcd.gate[0].path[FE_LEASE];
    const int64_t id = 11;
    (void)state;
    k->rig.t.etcd_lease_us = 100 * MS;
    bench_start_watching(k, 0);
    int64_t began = clock_mono(net_loop_clock(k->rig.loop));
    for (int n = 1; n <= 4; n++) {
        source_etcd_set_leases(k->s, &id, 1);
        bench_wait(k, OBS_ETCD_LEASE, "11", OBS_ANSWERED, n);
        source_etcd_set_leases(k->s, NULL, 0);
    }
    /* From before the first: on a busy machine one that arrives late has the next close behind. */
    for (int64_t i = 1; i < 4; i++) /* timers are in ms */
        assert_true(lease->at[i] - began >= i * 95 * MS);
    bench_free(k);
}

/* ---- what is asked when */

static void proof_of_life_within_its_bounds(void **state)
{
    struct bench *k = bench_new(1);
    const struct fe_path *alive = &k->etcd.gate[0].path[FE_ALIVE];
    (void)state;
    k->rig.refresh_us = 1 * MS;
    k->rig.t.etcd_alive_least_us = 40 * MS;
    k->rig.t.etcd_alive_most_us = 80 * MS;
    int64_t began = clock_mono(net_loop_clock(k->rig.loop));
    bench_start_watching(k, 0);
    bench_wait_asked(k, 0, FE_ALIVE, 4);
    assert_true(alive->at[3] - began >= 110 * MS);
    source_etcd_set_refresh(k->s, 60 * USEC_PER_SEC);
    bench_wait_asked(k, 0, FE_ALIVE, alive->n + 2);
    source_etcd_refresh(k->s);
    int now = alive->n;
    bench_wait_asked(k, 0, FE_ALIVE, now + 1);
    bench_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_login_for_all),
        cmocka_unit_test(token_that_is_no_longer_good),
        cmocka_unit_test(refused_late),
        cmocka_unit_test(waits_for_a_login),
        cmocka_unit_test(wrong_password),
        cmocka_unit_test(a_login_that_nobody_asks_for),
        cmocka_unit_test(no_login_configured),
        cmocka_unit_test(login_at_a_frozen_endpoint),
        cmocka_unit_test(certificate_with_a_name),
        cmocka_unit_test(login_that_gives_nothing),
        cmocka_unit_test(gateway_of_before),
        cmocka_unit_test(gateway_of_before_asked_by_many),
        cmocka_unit_test(gateway_that_is_off),
        cmocka_unit_test(status_is_denied),
        cmocka_unit_test(frozen_endpoint_delays_nobody),
        cmocka_unit_test(unhealthy),
        cmocka_unit_test(members_now_and_then),
        cmocka_unit_test(members_without_quorum),
        cmocka_unit_test(members_while_health_hangs),
        cmocka_unit_test(leases_while_they_are_shown),
        cmocka_unit_test(one_round_of_leases_at_a_time),
        cmocka_unit_test(leases_shown_and_hidden),
        cmocka_unit_test(proof_of_life_within_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
