/* wire/etcd: how an endpoint stands, as etcd 3.4 said it on the wire and 3.6 says it by its source;
 * leases and members. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/wire/etcd.h"

#define HEADER                                                                                  \
    "\"header\":{\"cluster_id\":\"2792286789269324824\",\"member_id\":\"5933906779810057715\"," \
    "\"revision\":\"32\",\"raft_term\":\"2\"}"

static struct facts *parsed;

static int teardown(void **state)
{
    (void)state;
    facts_unref(parsed);
    parsed = NULL;
    return 0;
}

typedef enum status parser(const char *body, size_t n, struct facts **out, struct err *e);

static enum status health_200(const char *body, size_t n, struct facts **out, struct err *e)
{
    return wire_etcd_health(body, n, 200, out, e);
}

static enum status health_503(const char *body, size_t n, struct facts **out, struct err *e)
{
    return wire_etcd_health(body, n, 503, out, e);
}

static const void *read_as(parser *parse, const char *body)
{
    struct err e = ERR_INIT;
    teardown(NULL);
    if (parse(body, strlen(body), &parsed, &e))
        fail_msg("%s: %.80s", err_text(&e), body);
    return parsed->root;
}

static void refuses(parser *parse, const char *body, const char *reason)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    if (parse(body, strlen(body), &f, &e) != ST_INVALID || f)
        fail_msg("taken: %.60s", body);
    if (!strstr(err_text(&e), reason))
        fail_msg("\"%s\" does not say \"%s\"", err_text(&e), reason);
    err_release(&e);
}

/* ---- leases */

static void leases(void **state)
{
    (void)state;
    const struct dcs_lease *l = read_as(
        wire_etcd_lease, "{" HEADER ",\"ID\":\"5461074130223486473\",\"TTL\":\"18\","
                         "\"grantedTTL\":\"20\",\"keys\":[\"L3NlcnZpY2UvbGFiL2xlYWRlcg==\"]}");
    assert_true(l->id == 5461074130223486473);
    assert_int_equal(l->ttl_s, 18);
    assert_int_equal(l->granted_s, 20);
    assert_int_equal(l->at_us, 0);
    assert_int_equal(l->outcome, OBS_NEVER);
    l = read_as(wire_etcd_lease, "{" HEADER ",\"ID\":\"123\",\"TTL\":\"-1\"}");
    assert_int_equal(l->ttl_s, -1);
    assert_int_equal(l->granted_s, 0);
    /* the last second: zero is left out */
    l = read_as(wire_etcd_lease, "{" HEADER ",\"ID\":123,\"grantedTTL\":\"20\"}");
    assert_int_equal(l->ttl_s, 0);
    l = read_as(wire_etcd_lease, "{" HEADER ",\"ID\":\"123\",\"TTL\":\"-7\"}");
    assert_int_equal(l->ttl_s, -1);
}

static void answers_that_are_no_lease(void **state)
{
    (void)state;
    refuses(wire_etcd_lease, "{" HEADER "}", "names no lease");
    refuses(wire_etcd_lease, "{" HEADER ",\"ID\":\"x\",\"TTL\":\"9\"}", "names no lease");
    refuses(wire_etcd_lease, "{\"ID\":\"1\",\"TTL\":\"9\"}", "in \"header\", got nothing");
    refuses(wire_etcd_lease, "[]", "got a list");
    refuses(wire_etcd_lease, "", "empty body");
}

/* ---- status */

static void nothing_else_is_known(const struct etcd_endpoint *ep)
{
    assert_null(ep->url);
    assert_null(ep->name);
    assert_false(ep->status_denied);
}

static void status_of_a_leader(void **state)
{
    (void)state;
    const struct etcd_endpoint *ep = read_as(
        wire_etcd_status,
        "{" HEADER ",\"version\":\"3.4.23\",\"dbSize\":\"36864\",\"leader\":"
        "\"5933906779810057715\",\"raftIndex\":\"50\",\"raftTerm\":\"2\",\"raftAppliedIndex\":"
        "\"49\",\"dbSizeInUse\":\"28672\"}");
    assert_string_equal(ep->version, "3.4.23");
    assert_true(ep->member_id == 5933906779810057715);
    assert_true(ep->leader_id == ep->member_id);
    assert_true(ep->has_leader_word && ep->is_leader);
    assert_false(ep->is_learner);
    assert_int_equal(ep->term, 2);
    assert_int_equal(ep->raft_index, 50);
    assert_int_equal(ep->applied_index, 49);
    assert_int_equal(ep->db_size, 36864);
    assert_int_equal(ep->db_in_use, 28672);
    assert_int_equal(ep->db_quota, -1);
    assert_int_equal(ep->health, ETCD_HEALTH_UNKNOWN);
    assert_string_equal(ep->health_reason, "");
    assert_int_equal(ep->alarm, ETCD_ALARM_NONE);
    nothing_else_is_known(ep);
}

static void status_of_3_6(void **state)
{
    (void)state;
    const struct etcd_endpoint *ep = read_as(
        wire_etcd_status,
        "{\"header\": {\"member_id\": \"14841639068965178418\", \"raft_term\": \"7\"}, "
        "\"version\": \"3.6.1\", \"leader\": \"14841639068965178419\", \"isLearner\": true, "
        "\"dbSizeQuota\": \"2147483648\", \"storageVersion\": \"3.6.0\", \"downgradeInfo\": {}, "
        "\"errors\": [\"memberID:14841639068965178418 alarm:NOSPACE \"]}");
    assert_true(ep->member_id == 14841639068965178418u);
    assert_true(ep->leader_id == 14841639068965178419u);
    assert_false(ep->is_leader);
    assert_true(ep->is_learner);
    assert_int_equal(ep->term, 7);
    assert_true(ep->db_quota == 2147483648);
    assert_int_equal(ep->alarm, ETCD_ALARM_NOSPACE);
}

static void status_without_a_leader(void **state)
{
    (void)state;
    const struct etcd_endpoint *ep =
        read_as(wire_etcd_status,
                "{" HEADER ",\"version\":\"3.4.23\",\"errors\":[\"etcdserver: no leader\",7,"
                "\"memberID:1 alarm:CORRUPT \",\"memberID:1 alarm:NOSPACE \"]}");
    assert_true(ep->has_leader_word);
    assert_int_equal(ep->leader_id, 0);
    assert_false(ep->is_leader);
    assert_int_equal(ep->alarm, ETCD_ALARM_CORRUPT);
    assert_int_equal(ep->raft_index, -1);
    assert_int_equal(ep->db_size, -1);
}

static void status_of_the_wrong_types(void **state)
{
    (void)state;
    const struct etcd_endpoint *ep = read_as(
        wire_etcd_status, "{\"header\":{\"member_id\":\"-5\",\"raft_term\":[]},\"version\":7,"
                          "\"leader\":\"18446744073709551616\",\"dbSize\":\"-1\",\"raftIndex\":"
                          "\"1e3\",\"raftTerm\":{},\"errors\":\"x\",\"isLearner\":\"yes, a bit\"}");
    assert_null(ep->version);
    assert_int_equal(ep->member_id, 0);
    assert_int_equal(ep->leader_id, 0);
    assert_false(ep->is_leader || ep->is_learner);
    assert_int_equal(ep->term, -1);
    assert_int_equal(ep->db_size, -1);
    assert_int_equal(ep->raft_index, -1);
    refuses(wire_etcd_status, "{\"version\":\"3.4.23\"}", "in \"header\"");
    refuses(wire_etcd_status, "404 page not found\n", "bad JSON");
}

/* ---- health, version */

static void health(void **state)
{
    (void)state;
    const struct etcd_endpoint *ep = read_as(health_200, "{\"health\":\"true\"}");
    assert_int_equal(ep->health, ETCD_HEALTHY);
    assert_string_equal(ep->health_reason, "");
    assert_false(ep->has_leader_word);
    nothing_else_is_known(ep);
    ep = read_as(health_200, "{\"health\":\"true\",\"reason\":\"\"}"); /* 3.5 */
    assert_int_equal(ep->health, ETCD_HEALTHY);
    ep = read_as(health_503, "{\"health\":\"false\"}");
    assert_int_equal(ep->health, ETCD_UNHEALTHY);
    ep = read_as(health_503, "{\"health\":\"false\",\"reason\":\"RAFT NO LEADER\"}");
    assert_string_equal(ep->health_reason, "RAFT NO LEADER");
    assert_true(ep->has_leader_word);
    assert_int_equal(ep->leader_id, 0);
    ep = read_as(health_503, "{\"health\":\"false\",\"reason\":\"ALARM NOSPACE\"}");
    assert_int_equal(ep->alarm, ETCD_ALARM_NOSPACE);
    ep = read_as(health_503, "{\"health\":\"false\",\"reason\":\"RANGE ERROR:\\u001b[2J\"}");
    assert_string_equal(ep->health_reason, "RANGE ERROR:\xef\xbf\xbd[2J");
    /* what is said twice and differently is not good news */
    ep = read_as(health_503, "{\"health\":\"true\"}");
    assert_int_equal(ep->health, ETCD_UNHEALTHY);
    ep = read_as(health_200, "{\"health\":false}");
    assert_int_equal(ep->health, ETCD_UNHEALTHY);
    refuses(health_200, "{}", "neither true nor false");
    refuses(health_200, "{\"health\":\"perhaps\"}", "neither true nor false");
    refuses(health_503, "upstream gone", "bad JSON");
}

static void version(void **state)
{
    (void)state;
    const struct etcd_endpoint *ep =
        read_as(wire_etcd_version, "{\"etcdserver\":\"3.4.23\",\"etcdcluster\":\"3.4.0\"}");
    assert_string_equal(ep->version, "3.4.23");
    assert_int_equal(ep->term, -1);
    nothing_else_is_known(ep);
    refuses(wire_etcd_version, "{}", "in \"etcdserver\", got nothing");
    refuses(wire_etcd_version, "{\"etcdserver\":3.4}", "got a number");
    refuses(wire_etcd_version, "[]", "got a list");
}

/* ---- metrics */

static const char metrics_of_3_4[] =
    "# HELP etcd_debugging_mvcc_db_total_size_in_bytes Total size of the underlying database "
    "physically allocated in bytes.\n"
    "# TYPE etcd_debugging_mvcc_db_total_size_in_bytes gauge\n"
    "etcd_debugging_mvcc_db_total_size_in_bytes 36863\n"
    "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.001\"} 21\n"
    "etcd_mvcc_db_total_size_in_bytes 36864\n"
    "etcd_mvcc_db_total_size_in_use_in_bytes 28672\n"
    "etcd_server_has_leader 1\n"
    "etcd_server_id{server_id=\"525978c6ecdc4df3\"} 1\n"
    "etcd_server_is_leader 1\n"
    "etcd_server_is_learner 0\n"
    "etcd_server_leader_changes_seen_total 1\n"
    "etcd_server_proposals_applied_total 50\n"
    "etcd_server_proposals_committed_total 51\n"
    "etcd_server_quota_backend_bytes 2.147483648e+09\n"
    "etcd_server_version{server_version=\"3.4.23\"} 1\n";

static void a_leaders_metrics(void **state)
{
    (void)state;
    const struct etcd_endpoint *ep = read_as(wire_etcd_metrics, metrics_of_3_4);
    assert_string_equal(ep->version, "3.4.23");
    assert_true(ep->member_id == 5933906779810057715); /* 525978c6ecdc4df3 */
    assert_true(ep->is_leader && ep->has_leader_word);
    assert_true(ep->leader_id == ep->member_id);
    assert_int_equal(ep->db_size, 36864);
    assert_int_equal(ep->db_in_use, 28672);
    assert_true(ep->db_quota == 2147483648);
    assert_int_equal(ep->raft_index, 51);
    assert_int_equal(ep->applied_index, 50);
    assert_int_equal(ep->term, -1);
    assert_int_equal(ep->health, ETCD_HEALTH_UNKNOWN);
    nothing_else_is_known(ep);
}

static void a_followers_metrics(void **state)
{
    (void)state;
    const struct etcd_endpoint *ep =
        read_as(wire_etcd_metrics, "etcd_server_has_leader 1\r\netcd_server_is_leader 0");
    assert_false(ep->has_leader_word || ep->is_leader); /* it does not say which */
    assert_null(ep->version);
    assert_int_equal(ep->db_size, -1);
    ep = read_as(wire_etcd_metrics, "etcd_server_has_leader 0\netcd_server_is_leader 0\n");
    assert_true(ep->has_leader_word);
    assert_int_equal(ep->leader_id, 0);
}

static void metrics_that_say_nothing(void **state)
{
    (void)state;
    const struct etcd_endpoint *ep =
        read_as(wire_etcd_metrics, "etcd_server_version{} 1\netcd_server_id{server_id=\"xyz\"} 1\n"
                                   "etcd_server_is_leader NaN\netcd_server_has_leader\n"
                                   "etcd_server_has_leader \netcd_mvcc_db_total_size_in_bytes -4\n"
                                   "etcd_server_quota_backend_bytes +Inf\n"
                                   "etcd_server_proposals_applied_total \"5\"\n"
                                   "etcd_server_version{server_version=\"3.4");
    assert_null(ep->version);
    assert_int_equal(ep->member_id, 0);
    assert_false(ep->is_leader || ep->has_leader_word);
    assert_int_equal(ep->db_size, -1);
    assert_int_equal(ep->db_quota, -1);
    assert_int_equal(ep->applied_index, -1);
    refuses(wire_etcd_metrics, "", "none of etcd's metrics");
    refuses(wire_etcd_metrics, "<html>", "none of etcd's metrics");
    refuses(wire_etcd_metrics, "etcd_server_is_leaderless 1\n", "none of etcd's metrics");
}

static void only_the_lines_that_are_read_are_kept(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b);
    wire_etcd_metrics_keep(metrics_of_3_4, strlen(metrics_of_3_4), &b);
    assert_null(strstr(b.s, "#"));
    assert_null(strstr(b.s, "fsync"));
    assert_null(strstr(b.s, "changes_seen"));
    assert_non_null(strstr(b.s, "etcd_server_version{server_version=\"3.4.23\"} 1\n"));
    a_leaders_metrics(NULL);
    const struct etcd_endpoint *ep = read_as(wire_etcd_metrics, b.s);
    assert_int_equal(ep->db_size, 36864);
    wire_etcd_metrics_keep(NULL, 0, &b);
    buf_release(&b);
}

/* ---- members */

static void members(void **state)
{
    (void)state;
    const struct etcd_members *m = read_as(
        wire_etcd_members,
        "{\"header\":{\"cluster_id\":\"2792286789269324824\"},\"members\":[{\"ID\":"
        "\"287338454764932041\",\"name\":\"etcd3\",\"peerURLs\":[\"http://127.0.0.1:26223\"],"
        "\"clientURLs\":[\"http://127.0.0.1:26213\",\"http://[::1]:26213\"]},{\"ID\":"
        "\"10740460710954123195\",\"peerURLs\":[\"http://127.0.0.1:26222\"],\"isLearner\":true}]}");
    assert_int_equal(m->n, 2);
    assert_true(m->v[0].id == 287338454764932041);
    assert_string_equal(m->v[0].name, "etcd3");
    assert_false(m->v[0].learner);
    assert_int_equal(m->v[0].nurls, 2);
    assert_string_equal(m->v[0].urls[1], "http://[::1]:26213");
    assert_true(m->v[1].id == 10740460710954123195u);
    assert_string_equal(m->v[1].name, "");
    assert_true(m->v[1].learner);
    assert_int_equal(m->v[1].nurls, 0);
}

static void members_that_are_none(void **state)
{
    (void)state;
    refuses(wire_etcd_members, "{}", "expected a list in \"members\", got nothing");
    refuses(wire_etcd_members, "{\"members\":{}}", "got an object");
    const struct etcd_members *m =
        read_as(wire_etcd_members,
                "{\"members\":[7,{\"name\":\"\\u001b\",\"clientURLs\":[1,\"a\",null]}]}");
    assert_int_equal(m->n, 2);
    assert_string_equal(m->v[0].name, "");
    assert_string_equal(m->v[1].name, "\xef\xbf\xbd");
    assert_int_equal(m->v[1].nurls, 1);
    struct buf b;
    buf_init(&b);
    buf_puts(&b, "{\"members\":[0");
    for (int i = 0; i < 1000; i++)
        buf_puts(&b, ",0");
    buf_puts(&b, "]}");
    refuses(wire_etcd_members, b.s, "absurd: 1001 members");
    buf_release(&b);
}

int main(void)
{
#define T(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        T(leases),
        T(answers_that_are_no_lease),
        T(status_of_a_leader),
        T(status_of_3_6),
        T(status_without_a_leader),
        T(status_of_the_wrong_types),
        T(health),
        T(version),
        T(a_leaders_metrics),
        T(a_followers_metrics),
        T(metrics_that_say_nothing),
        T(only_the_lines_that_are_read_are_kept),
        T(members),
        T(members_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
