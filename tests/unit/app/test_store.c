/* app/store: observations in, snapshots out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/app/store.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

#define S USEC_PER_SEC

static const char *const cluster_body =
    "{\"members\":["
    "{\"name\":\"pg1\",\"role\":\"leader\",\"state\":\"running\","
    "\"api_url\":\"http://127.0.0.1:8008/patroni\",\"host\":\"127.0.0.1\",\"port\":5432,"
    "\"timeline\":3},"
    "{\"name\":\"pg2\",\"role\":\"replica\",\"state\":\"running\","
    "\"api_url\":\"http://127.0.0.1:8009/patroni\",\"host\":\"127.0.0.1\",\"port\":5433,"
    "\"timeline\":3,\"lag\":0}]}";

static const char *const leader_only =
    "{\"members\":[{\"name\":\"pg1\",\"role\":\"leader\",\"state\":\"running\","
    "\"api_url\":\"http://127.0.0.1:8008/patroni\",\"host\":\"127.0.0.1\",\"port\":5432,"
    "\"timeline\":3}]}";

static const char *const nobody_leads =
    "{\"members\":[{\"name\":\"pg2\",\"role\":\"replica\",\"state\":\"running\","
    "\"api_url\":\"http://127.0.0.1:8009/patroni\",\"lag\":0}]}";

struct fixture {
    struct cluster_config *config;
    struct store *store;
};

static void open_store(struct fixture *f)
{
    struct pgbouncer_config *b;
    f->config = cluster_config_new("lab");
    b = arena_array(&f->config->arena, 1, struct pgbouncer_config);
    b->name = "pgb1";
    b->conninfo = "host=127.0.0.1";
    f->config->pgbouncer = b;
    f->config->npgbouncer = 1;
    f->config->environment = ENV_STAGING;
    f->store = store_new(f->config, S);
}

static void close_store(struct fixture *f)
{
    store_free(f->store);
    cluster_config_free(f->config);
}

static void say(struct fixture *f, enum obs_kind kind, const char *target, int64_t at_us,
                const char *body)
{
    struct observation o = {.kind = kind,
                            .target = target,
                            .endpoint = "http://127.0.0.1:8008",
                            .wall_us = 1700000000 * S + at_us,
                            .mono_us = at_us,
                            .latency_us = 1500,
                            .outcome = OBS_ANSWERED,
                            .http_status = 200,
                            .detail = "",
                            .body = body,
                            .body_len = strlen(body),
                            .date = ""};
    store_apply(f->store, &o);
}

static void say_failed(struct fixture *f, enum obs_kind kind, const char *target, int64_t at_us,
                       enum obs_outcome outcome)
{
    struct observation o = {.kind = kind,
                            .target = target,
                            .endpoint = "http://127.0.0.1:8008",
                            .mono_us = at_us,
                            .outcome = outcome,
                            .detail = "as the test wants it",
                            .date = ""};
    store_apply(f->store, &o);
}

static const struct snapshot *look(struct fixture *f, int64_t at_us)
{
    return store_snapshot(f->store, at_us, 1700000000 * S + at_us);
}

static void an_empty_store_claims_nothing(void **state)
{
    (void)state;
    struct fixture f;
    open_store(&f);
    const struct snapshot *s = look(&f, S);
    assert_int_equal(s->nmembers, 0);
    assert_int_equal(s->leader, -1);
    assert_int_equal(s->view.outcome, OBS_NEVER);
    assert_int_equal(s->environment, ENV_STAGING);
    assert_int_equal(s->nbouncers, 1);
    assert_int_equal(s->bouncers[0].state.outcome, OBS_NEVER);
    assert_null(s->bouncers[0].pools);
    assert_false(store_complete(f.store));
    assert_ptr_equal(look(&f, 2 * S), s); /* nothing new: the same one */
    close_store(&f);
}

static void members_that_vanish_are_remembered(void **state)
{
    (void)state;
    struct fixture f;
    open_store(&f);
    say(&f, OBS_PATRONI_CLUSTER, "", 10 * S, cluster_body);
    const struct snapshot *first = snapshot_ref(look(&f, 10 * S));
    say(&f, OBS_PATRONI_CLUSTER, "", 11 * S, leader_only);
    const struct snapshot *s = look(&f, 11 * S);
    assert_true(s->id > first->id);
    assert_int_equal(s->nmembers, 2);
    const struct member *gone = snapshot_member(s, "pg2");
    assert_false(gone->listed);
    assert_int_equal(gone->last_seen_us, 10 * S);
    assert_string_equal(gone->dcs->state_text, "running");
    assert_int_equal(gone->lag.basis, LAG_NONE);
    assert_true(snapshot_member(first, "pg2")->listed); /* the earlier picture stays as it was */
    assert_string_equal(snapshot_leader(s)->name, "pg1");
    snapshot_unref(first);
    close_store(&f);
}

static void a_garbled_answer_keeps_the_last_picture_and_says_so(void **state)
{
    (void)state;
    struct fixture f;
    open_store(&f);
    say(&f, OBS_PATRONI_CLUSTER, "", 10 * S, cluster_body);
    say(&f, OBS_PATRONI_CLUSTER, "", 11 * S, "{\"members\":[{\"na");
    const struct snapshot *s = look(&f, 11 * S);
    assert_int_equal(s->view.outcome, OBS_GARBLED);
    assert_int_equal(s->view.answered_us, 10 * S);
    assert_int_equal(s->view.since_us, 11 * S);
    assert_true(*s->view.detail != 0);
    assert_int_equal(s->nmembers, 2);
    assert_true(source_is_stale(&s->view, S, 11 * S));
    close_store(&f);
}

static void an_outcome_knows_since_when(void **state)
{
    (void)state;
    struct fixture f;
    open_store(&f);
    say(&f, OBS_PATRONI_CLUSTER, "", 10 * S, cluster_body);
    for (int i = 0; i < 5; i++)
        say_failed(&f, OBS_PATRONI_HEALTH, "pg2", (11 + i) * S, OBS_TIMED_OUT);
    const struct member *m = snapshot_member(look(&f, 16 * S), "pg2");
    assert_int_equal(m->api.outcome, OBS_TIMED_OUT);
    assert_int_equal(m->api.since_us, 11 * S);
    assert_int_equal(m->api.asked_us, 15 * S);
    assert_int_equal(m->api.answered_us, 0);
    assert_null(m->health);
    close_store(&f);
}

static void without_a_leader_there_is_a_since(void **state)
{
    (void)state;
    struct fixture f;
    open_store(&f);
    say(&f, OBS_PATRONI_CLUSTER, "", 10 * S, cluster_body);
    assert_int_equal(look(&f, 10 * S)->no_leader_since_us, 0);
    say(&f, OBS_PATRONI_CLUSTER, "", 12 * S, nobody_leads);
    say(&f, OBS_PATRONI_CLUSTER, "", 13 * S, nobody_leads);
    const struct snapshot *s = look(&f, 13 * S);
    assert_int_equal(s->leader, -1);
    assert_int_equal(s->no_leader_since_us, 12 * S);
    close_store(&f);
}

static void health_of(char *out, size_t n, const char *role, int64_t lsn, bool leader)
{
    snprintf(out, n,
             "{\"state\":\"running\",\"role\":\"%s\",\"server_version\":150020,\"timeline\":3,"
             "\"xlog\":{%s%lld%s%lld},\"patroni\":{\"version\":\"3.0.2\",\"scope\":\"lab\"}}",
             role, leader ? "\"location\":" : "\"received_location\":", (long long)lsn,
             leader ? ",\"x\":" : ",\"replayed_location\":", (long long)lsn);
}

static void lag_is_sampled_once_a_round(void **state)
{
    (void)state;
    struct fixture f;
    char body[512];
    open_store(&f);
    say(&f, OBS_PATRONI_CLUSTER, "", 10 * S, cluster_body);
    for (int i = 0; i < 400; i++) {
        int64_t at = (10 + i) * S;
        say(&f, OBS_PATRONI_CLUSTER, "", at, cluster_body);
        health_of(body, sizeof body, "master", 5000 + 100 * i, true);
        say(&f, OBS_PATRONI_HEALTH, "pg1", at, body);
        look(&f, at);
        health_of(body, sizeof body, "replica", 4000 + 100 * i, false);
        say(&f, OBS_PATRONI_HEALTH, "pg2", at + 1000, body);
        look(&f, at + 1000);
    }
    const struct snapshot *s = look(&f, 410 * S);
    const struct member *m = snapshot_member(s, "pg2");
    assert_int_equal(m->lag.basis, LAG_LIVE);
    assert_int_equal(m->lag.replay, 1000);
    assert_int_equal(m->replay_lag.n, 300); /* the ring is full and keeps the last ones */
    for (int i = 1; i < m->replay_lag.n; i++)
        assert_true(m->replay_lag.at_us[i] - m->replay_lag.at_us[i - 1] >= S * 3 / 4);
    assert_int_equal(m->replay_lag.value[299], 1000);
    assert_int_equal(snapshot_member(s, "pg1")->replay_lag.n, 0);
    assert_string_equal(s->scope, "lab"); /* from a member: this version's /cluster has none */
    close_store(&f);
}

static void a_route_names_the_view_and_the_member(void **state)
{
    (void)state;
    struct fixture f;
    open_store(&f);
    say(&f, OBS_PATRONI_CLUSTER, "", 10 * S, cluster_body);
    store_set_route(f.store, "pg1", "http://127.0.0.1:8008", NULL);
    store_set_route(f.store, "pg2", NULL, "API not reachable from here");
    const struct snapshot *s = look(&f, 10 * S);
    assert_string_equal(s->view_member, "pg1");
    assert_string_equal(snapshot_member(s, "pg1")->api_base, "http://127.0.0.1:8008");
    assert_null(snapshot_member(s, "pg1")->note);
    assert_null(snapshot_member(s, "pg2")->api_base);
    assert_string_equal(snapshot_member(s, "pg2")->note, "API not reachable from here");
    close_store(&f);
}

static const char *const stats_columns =
    "{\"columns\":[\"database\",\"total_xact_count\",\"total_query_count\",\"total_received\","
    "\"total_sent\",\"total_xact_time\",\"total_query_time\",\"total_wait_time\"],\"rows\":";

static void say_stats(struct fixture *f, int64_t at_us, int xacts)
{
    char body[1024];
    snprintf(body, sizeof body,
             "%s[[\"app\",\"%d\",\"%d\",\"%d\",\"%d\",\"%d\",\"%d\",\"0\"]],\"tag\":\"SHOW\"}",
             stats_columns, xacts, xacts * 2, xacts * 10, xacts * 20, xacts * 1000, xacts * 900);
    say(f, OBS_PGB_STATS, "pgb1", at_us, body);
}

static void rates_are_our_own_and_survive_a_reset(void **state)
{
    (void)state;
    struct fixture f;
    open_store(&f);
    say_stats(&f, 10 * S, 100);
    const struct bouncer *b = look(&f, 10 * S)->bouncers;
    assert_int_equal(b->nrates, 1);
    assert_false(b->rates[0].known);
    say_stats(&f, 12 * S, 300);
    b = look(&f, 12 * S)->bouncers;
    assert_true(b->rates[0].known);
    assert_true(fabs(b->rates[0].xacts - 100) < 0.01);
    assert_true(fabs(b->rates[0].xact_us - 1000) < 0.01);
    say_stats(&f, 14 * S, 7); /* the daemon was restarted */
    b = look(&f, 14 * S)->bouncers;
    assert_false(b->rates[0].known);
    assert_true(b->rates[0].reset);
    close_store(&f);
}

static void the_first_picture_is_complete_when_all_were_asked(void **state)
{
    (void)state;
    struct fixture f;
    open_store(&f);
    say(&f, OBS_PATRONI_CLUSTER, "", 10 * S, leader_only);
    say_failed(&f, OBS_PATRONI_CONFIG, "", 10 * S, OBS_TIMED_OUT);
    assert_false(store_complete(f.store));
    say_failed(&f, OBS_PATRONI_HEALTH, "pg1", 10 * S, OBS_REFUSED);
    assert_false(store_complete(f.store));
    say_failed(&f, OBS_PGB_POOLS, "pgb1", 10 * S, OBS_REFUSED);
    assert_true(store_complete(f.store));
    const struct snapshot *s = look(&f, 10 * S);
    assert_int_equal(s->bouncers[0].state.outcome, OBS_REFUSED);
    close_store(&f);
}

/* etcd may be quicker than Patroni, and its keys than the word of its endpoints. */
static void etcds_keys_alone_are_no_complete_picture(void **state)
{
    static const char *const urls[] = {"http://127.0.0.1:8008"};
    static const char *const etcds[] = {"http://e1", "http://e2"};
    static const char *const keys =
        "{\"header\":{\"cluster_id\":\"1\",\"revision\":\"5\"},\"kvs\":[{\"key\":"
        "\"L3NlcnZpY2UvbGFiL2xlYWRlcg==\",\"value\":\"cGcx\",\"create_revision\":\"2\","
        "\"mod_revision\":\"2\",\"version\":\"1\"}],\"count\":\"1\"}";
    (void)state;
    struct fixture f = {.config = cluster_config_new("lab")};
    f.config->patroni.urls = urls;
    f.config->patroni.nurls = 1;
    f.config->etcd.urls = etcds;
    f.config->etcd.nurls = 2;
    f.store = store_new(f.config, S);
    store_set_etcd_prefix(f.store, "/service/lab/");
    say(&f, OBS_ETCD_RANGE, "/service/lab/", 10 * S, keys);
    assert_int_equal(look(&f, 10 * S)->dcs_state.outcome, OBS_ANSWERED);
    assert_false(store_complete(f.store));
    say(&f, OBS_PATRONI_CLUSTER, "", 10 * S, leader_only);
    say(&f, OBS_PATRONI_CONFIG, "", 10 * S, "{}");
    say_failed(&f, OBS_PATRONI_HEALTH, "pg1", 10 * S, OBS_REFUSED);
    assert_false(store_complete(f.store));
    say(&f, OBS_ETCD_HEALTH, "http://e1", 10 * S, "{\"health\":\"true\"}");
    assert_false(store_complete(f.store));
    say_failed(&f, OBS_ETCD_HEALTH, "http://e2", 10 * S, OBS_TIMED_OUT);
    assert_true(store_complete(f.store));
    close_store(&f);
}

static void a_thousand_names_do_not_grow_it_for_ever(void **state)
{
    (void)state;
    struct fixture f;
    char body[256];
    open_store(&f);
    for (int i = 0; i < 1000; i++) {
        snprintf(body, sizeof body,
                 "{\"members\":[{\"name\":\"pod-%d\",\"role\":\"leader\",\"state\":\"running\"}]}",
                 i);
        say(&f, OBS_PATRONI_CLUSTER, "", (10 + i) * S, body);
    }
    const struct snapshot *s = look(&f, 2000 * S);
    assert_in_range(s->nmembers, 100, 256);
    assert_string_equal(snapshot_leader(s)->name, "pod-999");
    close_store(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_store_claims_nothing),
        cmocka_unit_test(members_that_vanish_are_remembered),
        cmocka_unit_test(a_garbled_answer_keeps_the_last_picture_and_says_so),
        cmocka_unit_test(an_outcome_knows_since_when),
        cmocka_unit_test(without_a_leader_there_is_a_since),
        cmocka_unit_test(lag_is_sampled_once_a_round),
        cmocka_unit_test(a_route_names_the_view_and_the_member),
        cmocka_unit_test(rates_are_our_own_and_survive_a_reset),
        cmocka_unit_test(the_first_picture_is_complete_when_all_were_asked),
        cmocka_unit_test(etcds_keys_alone_are_no_complete_picture),
        cmocka_unit_test(a_thousand_names_do_not_grow_it_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
