/* wire/patroni: bodies as Patroni 2.1 to 4.1 write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/wire/patroni.h"

/* JSON as it is: #__VA_ARGS__ keeps quotes and turns line ends into blanks. */
#define J(...) #__VA_ARGS__

static struct facts *parsed; /* of the running test; freed by its teardown */

static int forget(void **state)
{
    (void)state;
    facts_unref(parsed);
    parsed = NULL;
    return 0;
}

static const struct cluster_view *cluster(const char *body)
{
    struct err e = ERR_INIT;
    forget(NULL);
    if (wire_patroni_cluster(body, strlen(body), &parsed, &e))
        fail_msg("%s", err_text(&e));
    return parsed->root;
}

static const struct member_health *health(const char *body, int status, const char *date)
{
    struct err e = ERR_INIT;
    forget(NULL);
    if (wire_patroni_health(body, strlen(body), status, date, &parsed, &e))
        fail_msg("%s", err_text(&e));
    return parsed->root;
}

static const struct history *history(const char *body)
{
    struct err e = ERR_INIT;
    forget(NULL);
    if (wire_patroni_history(body, strlen(body), &parsed, &e))
        fail_msg("%s", err_text(&e));
    return parsed->root;
}

static const struct dynamic_config *config(const char *body)
{
    struct err e = ERR_INIT;
    forget(NULL);
    if (wire_patroni_config(body, strlen(body), &parsed, &e))
        fail_msg("%s", err_text(&e));
    return parsed->root;
}

/* clang-format off */
static const char cluster_41[] = J(
{"members":[
 {"name":"n1","role":"leader","state":"running","api_url":"http://10.0.0.1:8008/patroni",
  "host":"10.0.0.1","port":5432,"timeline":7,"pending_restart":true,
  "pending_restart_reason":{"max_connections":{"old_value":"100","new_value":"200"},
                            "max_wal_senders":{"old_value":"10","new_value":"20"}},
  "tags":{"clonefrom":true}},
 {"name":"n2","role":"sync_standby","state":"streaming","api_url":"http://10.0.0.2:8008/patroni",
  "host":"10.0.0.2","port":5432,"timeline":7,"receive_lag":0,"receive_lsn":"0/5000A58",
  "replay_lag":56,"replay_lsn":"0/5000A20","lag":0,"lsn":"0/5000A58"},
 {"name":"n3","role":"replica","state":"creating replica",
  "api_url":"http://10.0.0.3:8008/patroni","host":"10.0.0.3","port":5432,
  "tags":{"nofailover":true},"receive_lag":"unknown","receive_lsn":"unknown",
  "replay_lag":"unknown","replay_lsn":"unknown","lag":"unknown","lsn":"unknown"}],
 "pause":true,
 "scheduled_switchover":{"at":"2026-11-22T03:00:00+00:00","from":"n1","to":"n2"},
 "scope":"demo"});

static const char cluster_302[] = J(
{"members":[
 {"name":"n1","role":"leader","state":"running","api_url":"http://10.0.0.1:8008/patroni",
  "host":"10.0.0.1","port":5432,"timeline":7,"pending_restart":true},
 {"name":"n2","role":"sync_standby","state":"running","api_url":"http://10.0.0.2:8008/patroni",
  "host":"10.0.0.2","port":5432,"timeline":7,"lag":0},
 {"name":"n3","role":"replica","state":"stopped","api_url":"http://10.0.0.3:8008/patroni",
  "host":"10.0.0.3","port":5432,"lag":"unknown"}]});

static const char cluster_33[] = J(
{"members":[
 {"name":"n1","role":"standby_leader","state":"streaming",
  "api_url":"https://10.0.0.1:8008/patroni","host":"10.0.0.1","port":5432,"timeline":3,
  "lag":0},
 {"name":"n2","role":"replica","state":"in archive recovery",
  "api_url":"https://10.0.0.2:8008/patroni","host":"10.0.0.2","port":5432,"timeline":3,
  "lag":5368709120,"scheduled_restart":{"schedule":"2026-11-22T04:00:00+01:00",
  "restart_pending":true,"postmaster_start_time":"2026-11-20 23:28:46.856609+00:00"},
  "tags":{"failover_priority":0,"replicatefrom":"n1","dc":"east","rack":12,"weight":0.5}}],
 "scope":"demo"});

static const char cluster_40_unlocked[] = J(
{"members":[
 {"name":"n1","role":"replica","state":"stopped","api_url":"http://10.0.0.1:8008/patroni",
  "host":"10.0.0.1","port":5432,"lag":"unknown"},
 {"name":"n2","role":"quorum_standby","state":"streaming",
  "api_url":"http://10.0.0.2:8008/patroni","host":"10.0.0.2","port":5432,"timeline":4,
  "lag":0}],
 "scope":"demo"});
/* clang-format on */

static void cluster_of_41_is_read_whole(void **state)
{
    (void)state;
    const struct cluster_view *c = cluster(cluster_41);
    assert_string_equal(c->scope, "demo");
    assert_true(c->paused);
    assert_string_equal(c->switchover_at, "2026-11-22T03:00:00+00:00");
    assert_string_equal(c->switchover_from, "n1");
    assert_string_equal(c->switchover_to, "n2");
    assert_int_equal(c->nmembers, 3);

    const struct cluster_member *m = &c->members[0];
    assert_string_equal(m->name, "n1");
    assert_int_equal(m->role, ROLE_LEADER);
    assert_int_equal(m->state, PGS_RUNNING);
    assert_string_equal(m->api_url, "http://10.0.0.1:8008/patroni");
    assert_string_equal(m->host, "10.0.0.1");
    assert_int_equal(m->port, 5432);
    assert_int_equal(m->timeline, 7);
    assert_true(m->lag == LAG_UNKNOWN); /* not said of a leader */
    assert_true(m->pending_restart);
    assert_int_equal(m->npending, 2);
    assert_string_equal(m->pending[0].parameter, "max_connections");
    assert_string_equal(m->pending[0].old_value, "100");
    assert_string_equal(m->pending[1].new_value, "20");
    assert_true(m->tags.clonefrom);
    assert_false(m->tags.nofailover);

    m = &c->members[1];
    assert_int_equal(m->role, ROLE_SYNC_STANDBY);
    assert_int_equal(m->state, PGS_STREAMING);
    assert_true(m->lag == 0 && m->receive_lag == 0 && m->replay_lag == 56);
    assert_true(m->receive_lsn == 0x5000A58 && m->replay_lsn == 0x5000A20);

    m = &c->members[2];
    assert_int_equal(m->state, PGS_CREATING_REPLICA);
    assert_int_equal(m->timeline, 0);
    assert_true(m->lag == LAG_UNKNOWN && m->receive_lag == LAG_UNKNOWN);
    assert_true(m->receive_lsn == LSN_UNKNOWN && m->replay_lsn == LSN_UNKNOWN);
    assert_true(m->tags.nofailover);
    assert_int_equal(m->tags.n, 1);
    assert_string_equal(m->tags.v[0].key, "nofailover");
    assert_string_equal(m->tags.v[0].value, "true");
}

static void cluster_of_302_says_less(void **state)
{
    (void)state;
    const struct cluster_view *c = cluster(cluster_302);
    assert_null(c->scope);
    assert_false(c->paused);
    assert_null(c->switchover_at);
    assert_int_equal(c->nmembers, 3);
    assert_true(c->members[0].pending_restart);
    assert_int_equal(c->members[0].npending, 0);
    assert_int_equal(c->members[1].state, PGS_RUNNING);
    assert_true(c->members[1].lag == 0);
    assert_true(c->members[1].replay_lag == LAG_UNKNOWN); /* not said is not 0 */
    assert_int_equal(c->members[2].state, PGS_STOPPED);
    assert_true(c->members[2].lag == LAG_UNKNOWN);
    assert_int_equal(c->members[2].tags.n, 0);
}

static void cluster_of_33_with_standby_leader_and_tags(void **state)
{
    (void)state;
    const struct cluster_view *c = cluster(cluster_33);
    assert_int_equal(c->members[0].role, ROLE_STANDBY_LEADER);
    const struct cluster_member *m = &c->members[1];
    assert_int_equal(m->state, PGS_ARCHIVE_RECOVERY);
    assert_true(m->lag == INT64_C(5368709120)); /* over 32 bits */
    assert_string_equal(m->scheduled_restart.at, "2026-11-22T04:00:00+01:00");
    assert_false(m->pending_restart);
    assert_true(m->tags.has_failover_priority);
    assert_int_equal(m->tags.failover_priority, 0);
    assert_true(m->tags.nofailover); /* that is what priority 0 means */
    assert_string_equal(m->tags.replicatefrom, "n1");
    assert_int_equal(m->tags.n, 5);
    assert_string_equal(m->tags.v[2].value, "east");
    assert_string_equal(m->tags.v[3].value, "12");
    assert_string_equal(m->tags.v[4].value, "0.5");
}

static void cluster_without_leader_or_members(void **state)
{
    (void)state;
    const struct cluster_view *c = cluster(cluster_40_unlocked);
    assert_int_equal(c->members[0].role, ROLE_REPLICA);
    assert_int_equal(c->members[1].role, ROLE_QUORUM_STANDBY);
    c = cluster("{\"members\": [], \"scope\": \"demo\"}");
    assert_int_equal(c->nmembers, 0);
}

static void odd_values_are_unknown_not_wrong(void **state)
{
    (void)state;
    /* clang-format off */
    const struct cluster_view *c = cluster(J({"members":[
        {"name":"a","role":"tyrant","state":"levitating","api_url":null,"port":"5433",
         "timeline":null,"lag":"56","receive_lag":-1,"receive_lsn":"0/0000A58",
         "replay_lag":12.0,"replay_lsn":"16/B374D848/1","tags":[],"pending_restart":"true"},
        {"name":"b","port":70000,"timeline":0,"lag":1.5,"host":5,"tags":{"x":null,"y":{},"z":1}},
        {"name":7,"role":null,"state":"","lag":9223372036854775807,"pending_restart_reason":[1]},
        {"name":"d","tags":{"nofailover":false,"failover_priority":0,"noloadbalance":"true",
         "nosync":1,"nostream":true,"replicatefrom":""}},
        {"name":"e","tags":{"nofailover":"true","failover_priority":"3"}}],
        "pause":"on","scheduled_switchover":{"at":null},"scope":["x"],"new_in_5":{"deep":[1]}}));
    /* clang-format on */
    assert_int_equal(c->nmembers, 5);
    assert_true(c->paused);
    assert_null(c->switchover_at);
    assert_null(c->scope);
    const struct cluster_member *m = &c->members[0];
    assert_int_equal(m->role, ROLE_UNKNOWN);
    assert_string_equal(m->role_text, "tyrant");
    assert_int_equal(m->state, PGS_UNKNOWN);
    assert_string_equal(m->state_text, "levitating");
    assert_null(m->api_url);
    assert_int_equal(m->port, 5433);
    assert_int_equal(m->timeline, 0);
    assert_true(m->lag == 56 && m->receive_lag == LAG_UNKNOWN && m->replay_lag == 12);
    assert_true(m->receive_lsn == 0xA58 && m->replay_lsn == LSN_UNKNOWN);
    assert_true(m->pending_restart);
    m = &c->members[1];
    assert_int_equal(m->port, 0);
    assert_true(m->lag == LAG_UNKNOWN);
    assert_null(m->host);
    assert_string_equal(m->role_text, "");
    assert_int_equal(m->tags.n, 1); /* null and objects are no tags */
    m = &c->members[2];
    assert_string_equal(m->name, "7");
    assert_true(m->lag == INT64_MAX);
    assert_int_equal(m->npending, 0);
    m = &c->members[3];
    assert_false(m->tags.nofailover); /* said outright, it wins over the priority */
    assert_true(m->tags.noloadbalance && m->tags.nosync && m->tags.nostream);
    assert_null(m->tags.replicatefrom);
    assert_true(c->members[4].tags.nofailover);
    assert_int_equal(c->members[4].tags.failover_priority, 3);
}

/* clang-format off */
static const char health_41_replica[] = J(
{"state":"running","postmaster_start_time":"2026-11-20 23:28:46.856609+00:00","role":"replica",
 "server_version":150020,"xlog":{"received_location":67109632,"replayed_location":67109000,
 "replayed_timestamp":"2026-11-20 23:30:00.250000+00:00","paused":false},"sync_standby":true,
 "timeline":2,"replication_state":"streaming","dcs_last_seen":1795217358,
 "tags":{"clonefrom":true},"database_system_identifier":"7710399339470515418",
 "patroni":{"version":"4.1.4","scope":"demo","name":"n3"}});

static const char health_302_leader[] = J(
{"state":"running","postmaster_start_time":"2026-11-20 23:28:46.856609+00:00","role":"master",
 "server_version":150020,"xlog":{"location":6442450944},"timeline":2,
 "replication":[{"usename":"replicator","application_name":"n2","client_addr":"10.0.0.2",
  "state":"streaming","sync_state":"sync","sync_priority":1},
  {"usename":null,"application_name":"pg_basebackup","client_addr":null,"state":"backup",
  "sync_state":"async","sync_priority":0}],
 "pending_restart":true,"dcs_last_seen":1795217358,"failsafe_mode_is_active":true,
 "cluster_unlocked":true,"pause":true,"watchdog_failed":true,
 "database_system_identifier":"7710399339470515418",
 "patroni":{"version":"3.0.2","scope":"demo"}});

static const char health_21_replica[] = J(
{"state":"running","postmaster_start_time":"2026-11-20 23:28:46.856609+00:00","role":"replica",
 "server_version":130012,"cluster_unlocked":false,
 "xlog":{"received_location":null,"replayed_location":67109632,"replayed_timestamp":null,
 "paused":true},"timeline":null,"database_system_identifier":"7710399339470515418",
 "patroni":{"version":"2.1.1","scope":"demo"}});

static const char health_without_sql[] = J(
{"state":"stopping","role":"replica","dcs_last_seen":1795217358,"tags":{"nosync":true},
 "database_system_identifier":"7710399339470515418",
 "patroni":{"version":"4.0.5","scope":"demo","name":"n2"}});

static const char health_33_pending[] = J(
{"state":"running","postmaster_start_time":"2026-11-20 23:28:46.856609+00:00","role":"primary",
 "server_version":160004,"xlog":{"location":67109632},"timeline":1,"pending_restart":true,
 "pending_restart_reason":{"max_connections":{"old_value":"50","new_value":"60"}},
 "scheduled_restart":{"schedule":"2026-11-22T04:00:00+01:00","timeout":30},
 "quorum_standby":true,
 "database_system_identifier":"7710399339470515418",
 "patroni":{"version":"3.3.2","scope":"demo","name":"n1"}});
/* clang-format on */

static void health_of_a_41_replica(void **state)
{
    (void)state;
    const struct member_health *h = health(health_41_replica, 200, "Fri, 20 Nov 2026 23:30:05 GMT");
    assert_int_equal(h->http_status, 200);
    assert_int_equal(h->state, PGS_RUNNING);
    assert_int_equal(h->role, ROLE_REPLICA);
    assert_true(h->has_sql);
    assert_int_equal(h->server_version, 150020);
    assert_true(h->received == 67109632 && h->replayed == 67109000 && h->location == LSN_UNKNOWN);
    assert_true(h->replayed_wall_us == INT64_C(1795217400250000));
    assert_string_equal(h->postmaster_start_time, "2026-11-20 23:28:46.856609+00:00");
    assert_false(h->replay_paused);
    assert_int_equal(h->timeline, 2);
    assert_string_equal(h->replication_state, "streaming");
    assert_true(h->sync_standby);
    assert_false(h->quorum_standby || h->paused || h->cluster_unlocked || h->failsafe_active);
    assert_int_equal(h->dcs_last_seen, 1795217358);
    assert_int_equal(h->date_s, 1795217405);
    assert_string_equal(h->system_id, "7710399339470515418");
    assert_string_equal(h->patroni_version, "4.1.4");
    assert_int_equal(h->patroni_version_num, 40104);
    assert_string_equal(h->scope, "demo");
    assert_string_equal(h->name, "n3");
    assert_true(h->tags.clonefrom);
}

static void health_of_a_302_leader(void **state)
{
    (void)state;
    const struct member_health *h = health(health_302_leader, 200, NULL);
    assert_int_equal(h->role, ROLE_LEADER);
    assert_string_equal(h->role_text, "master");
    assert_true(h->location == UINT64_C(6442450944));
    assert_true(h->received == LSN_UNKNOWN);
    assert_int_equal(h->nreplication, 2);
    assert_string_equal(h->replication[0].application_name, "n2");
    assert_string_equal(h->replication[0].sync_state, "sync");
    assert_int_equal(h->replication[0].sync_priority, 1);
    assert_null(h->replication[1].usename);
    assert_null(h->replication[1].client_addr);
    assert_string_equal(h->replication[1].state, "backup");
    assert_true(h->pending_restart && h->failsafe_active && h->cluster_unlocked && h->paused);
    assert_true(h->watchdog_failed);
    assert_int_equal(h->npending, 0);
    assert_null(h->name); /* before 3.2 */
    assert_int_equal(h->patroni_version_num, 30002);
    assert_int_equal(h->date_s, 0);
    assert_null(h->replication_state);
}

static void health_of_a_21_replica_with_nulls(void **state)
{
    (void)state;
    const struct member_health *h = health(health_21_replica, 200, "");
    assert_true(h->has_sql);
    assert_true(h->received == LSN_UNKNOWN && h->replayed == 67109632);
    assert_null(h->replayed_timestamp);
    assert_true(h->replayed_wall_us == 0);
    assert_true(h->replay_paused);
    assert_int_equal(h->timeline, 0);
    assert_int_equal(h->dcs_last_seen, 0);
    assert_false(h->cluster_unlocked);
}

static void health_without_sql_is_unknown_there(void **state)
{
    (void)state;
    const struct member_health *h = health(health_without_sql, 503, NULL);
    assert_int_equal(h->http_status, 503);
    assert_int_equal(h->state, PGS_STOPPING);
    assert_false(h->has_sql);
    assert_true(h->location == LSN_UNKNOWN && h->replayed == LSN_UNKNOWN);
    assert_int_equal(h->server_version, 0);
    assert_int_equal(h->timeline, 0);
    assert_null(h->postmaster_start_time);
    assert_true(h->tags.nosync);
    assert_string_equal(h->name, "n2");
}

static void health_with_restart_reasons(void **state)
{
    (void)state;
    const struct member_health *h = health(health_33_pending, 200, NULL);
    assert_int_equal(h->role, ROLE_LEADER);
    assert_true(h->pending_restart);
    assert_int_equal(h->npending, 1);
    assert_string_equal(h->pending[0].parameter, "max_connections");
    assert_string_equal(h->pending[0].old_value, "50");
    assert_string_equal(h->pending[0].new_value, "60");
    assert_string_equal(h->scheduled_restart.at, "2026-11-22T04:00:00+01:00");
    assert_true(h->quorum_standby);
}

static void history_of_every_age(void **state)
{
    (void)state;
    assert_int_equal(history("[]")->n, 0);
    /* clang-format off */
    const struct history *h = history(J([
        [1,67108960,"no recovery target specified"],
        [2,"83886240","no recovery target specified","2026-11-20T23:28:46.856609+00:00"],
        [3,6442450944,"no recovery target specified","2026-11-20T23:28:46+00:00","n2"],
        [4,null,null,null,null]]));
    /* clang-format on */
    assert_int_equal(h->n, 4);
    assert_int_equal(h->v[0].timeline, 1);
    assert_true(h->v[0].end == 67108960);
    assert_null(h->v[0].timestamp);
    assert_null(h->v[0].new_leader);
    assert_true(h->v[1].end == 83886240);
    assert_string_equal(h->v[1].timestamp, "2026-11-20T23:28:46.856609+00:00");
    assert_true(h->v[2].end == UINT64_C(6442450944));
    assert_string_equal(h->v[2].new_leader, "n2");
    assert_true(h->v[3].end == LSN_UNKNOWN);
    assert_null(h->v[3].reason);
}

static void config_takes_what_is_usable(void **state)
{
    (void)state;
    const struct dynamic_config *c = config("{}");
    assert_int_equal(c->ttl, 30);
    assert_int_equal(c->loop_wait, 10);
    assert_int_equal(c->retry_timeout, 10);
    assert_int_equal(c->maximum_lag_on_failover, 1048576);
    assert_int_equal(c->synchronous_node_count, 1);
    assert_false(c->paused || c->synchronous_mode || c->standby_cluster || c->failsafe_mode);
    /* clang-format off */
    c = config(J({"ttl":20,"loop_wait":"5","retry_timeout":5,"maximum_lag_on_failover":0,
        "pause":true,"synchronous_mode":"quorum","synchronous_mode_strict":"on",
        "synchronous_node_count":2,"check_timeline":true,"failsafe_mode":true,
        "standby_cluster":{"host":"10.1.0.1","port":5432},
        "postgresql":{"parameters":{"max_connections":100}}}));
    /* clang-format on */
    assert_int_equal(c->ttl, 20);
    assert_int_equal(c->loop_wait, 5);
    assert_int_equal(c->maximum_lag_on_failover, 0);
    assert_true(c->paused && c->synchronous_mode && c->synchronous_quorum);
    assert_true(c->synchronous_mode_strict && c->check_timeline && c->failsafe_mode);
    assert_true(c->standby_cluster);
    assert_int_equal(c->synchronous_node_count, 2);
    /* clang-format off */
    c = config(J({"ttl":"abc","loop_wait":-5,"retry_timeout":[],"maximum_lag_on_failover":null,
        "pause":null,"synchronous_mode":true,"standby_cluster":null}));
    /* clang-format on */
    assert_int_equal(c->ttl, 30);
    assert_int_equal(c->loop_wait, 10);
    assert_int_equal(c->retry_timeout, 10);
    assert_int_equal(c->maximum_lag_on_failover, 1048576);
    assert_true(c->synchronous_mode);
    assert_false(c->paused || c->synchronous_quorum || c->standby_cluster);
}

static void times_are_parsed_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } good[] = {
        {"1970-01-01 00:00:00+00:00", 0},
        {"2026-11-20 23:28:46.856609+00:00", INT64_C(1795217326856609)},
        {"2026-11-21T00:28:46.856609+01:00", INT64_C(1795217326856609)},
        {"2026-11-20T18:28:46.856609-05", INT64_C(1795217326856609)},
        {"2026-11-21 04:58:46+0530", INT64_C(1795217326000000)},
        {"2026-11-20 23:28:46.856 UTC", INT64_C(1795217326856000)}, /* 2.0 */
        {"2026-11-20T23:28:46Z", INT64_C(1795217326000000)},
        {"2024-02-29 00:00:00.1234567+00:00", INT64_C(1709164800123456)},
        {"1969-12-31 23:59:59+00:00", INT64_C(-1000000)},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t v = -7;
        if (!wire_patroni_time(good[i].text, &v) || v != good[i].us)
            fail_msg("%s gave %lld", good[i].text, (long long)v);
    }
    static const char *const bad[] = {
        "",
        "2026-11-20",
        "2026-11-20 23:28",
        "2026-11-20 23:28:46",
        "2026-02-29 00:00:00+00:00",
        "2026-13-01 00:00:00+00:00",
        "2026-11-20 24:00:00+00:00",
        "2026-11-20 23:28:46.+00:00",
        "2026-11-20 23:28:46 CET",
        "2026-11-20 23:28:46+00:00x",
        "2026-11-20 23:28:46+0",
        "2026-11-20 23:28:46+01:",
        "yesterday",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t v;
        if (wire_patroni_time(bad[i], &v))
            fail_msg("%s was taken", bad[i]);
    }
    assert_false(wire_patroni_time(NULL, &(int64_t){0}));
}

static void dates_of_http_are_parsed_or_0(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "Fri",
                                      "Fri, ",
                                      "Fri, 20 Nov",
                                      "Fri, 20 Nov 2026 23:30:05",
                                      "Fri, 20 Nox 2026 23:30:05 GMT",
                                      "Fri, 31 Nov 2026 0:0:0 GMT"};
    assert_int_equal(health(health_without_sql, 503, "Thu, 01 Jan 1970 00:01:00 GMT")->date_s, 60);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(health(health_without_sql, 503, bad[i])->date_s, 0);
}

static void versions_are_numbers(void **state)
{
    (void)state;
    assert_int_equal(wire_patroni_version("4.1.4"), 40104);
    assert_int_equal(wire_patroni_version("2.1.12"), 20112);
    assert_int_equal(wire_patroni_version("4.0.0rc1"), 40000);
    assert_int_equal(wire_patroni_version("3.3"), 30300);
    static const char *const bad[] = {"", "4", "4.", "v4.1", "4.1.", "4.1.4.1", "4.1.444", "x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(wire_patroni_version(bad[i]), 0);
    assert_int_equal(wire_patroni_version(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(cluster_of_41_is_read_whole, forget),
        cmocka_unit_test_teardown(cluster_of_302_says_less, forget),
        cmocka_unit_test_teardown(cluster_of_33_with_standby_leader_and_tags, forget),
        cmocka_unit_test_teardown(cluster_without_leader_or_members, forget),
        cmocka_unit_test_teardown(odd_values_are_unknown_not_wrong, forget),
        cmocka_unit_test_teardown(health_of_a_41_replica, forget),
        cmocka_unit_test_teardown(health_of_a_302_leader, forget),
        cmocka_unit_test_teardown(health_of_a_21_replica_with_nulls, forget),
        cmocka_unit_test_teardown(health_without_sql_is_unknown_there, forget),
        cmocka_unit_test_teardown(health_with_restart_reasons, forget),
        cmocka_unit_test_teardown(history_of_every_age, forget),
        cmocka_unit_test_teardown(config_takes_what_is_usable, forget),
        cmocka_unit_test(times_are_parsed_or_refused),
        cmocka_unit_test_teardown(dates_of_http_are_parsed_or_0, forget),
        cmocka_unit_test(versions_are_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
