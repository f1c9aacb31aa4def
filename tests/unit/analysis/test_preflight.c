/* analysis/preflight: every check has a case in which it passes and one in which it does not, with
 * its numbers. The last tests count that this is so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "preflight_cases.h"

#define NOW SB_NOW_US

/* ---- requests */

static const char *const just_pg1[] = {"pg1"}, *const just_pg2[] = {"pg2"},
                         *const just_pg3[] = {"pg3"}, *const unknown[] = {"pg2", "pg9"},
                         *const all[] = {"pg1", "pg2", "pg3"},
                         *const leader_last[] = {"pg2", "pg3", "pg1"};

static const struct request to_pg2 = {.kind = ACT_SWITCHOVER, .candidate = "pg2"};
static const struct request to_pg3 = {.kind = ACT_SWITCHOVER, .candidate = "pg3"};
static const struct request to_pg1 = {.kind = ACT_SWITCHOVER, .candidate = "pg1"};
static const struct request to_pg9 = {.kind = ACT_SWITCHOVER, .candidate = "pg9"};
static const struct request to_any = {.kind = ACT_SWITCHOVER};
static const struct request from_pg1 = {
    .kind = ACT_SWITCHOVER, .leader = "pg1", .candidate = "pg2"};
static const struct request from_pg2 = {
    .kind = ACT_SWITCHOVER, .leader = "pg2", .candidate = "pg3"};
static const struct request restart_pg1 = {.kind = ACT_RESTART, .nmembers = 1, .members = just_pg1};
static const struct request restart_pg2 = {.kind = ACT_RESTART, .nmembers = 1, .members = just_pg2};
static const struct request restart_pg3 = {.kind = ACT_RESTART, .nmembers = 1, .members = just_pg3};
static const struct request restart_unknown = {
    .kind = ACT_RESTART, .nmembers = 2, .members = unknown};
static const struct request restart_none = {.kind = ACT_RESTART};
static const struct request restart_all = {.kind = ACT_RESTART, .nmembers = 3, .members = all};
static const struct request restart_leader_last = {
    .kind = ACT_RESTART, .nmembers = 3, .members = leader_last};
static const struct request restart_pending = {
    .kind = ACT_RESTART, .nmembers = 1, .members = just_pg3, .pending = true};
static const struct request reinit_pg1 = {.kind = ACT_REINIT, .nmembers = 1, .members = just_pg1};
static const struct request reinit_pg2 = {.kind = ACT_REINIT, .nmembers = 1, .members = just_pg2};
static const struct request reinit_pg3 = {.kind = ACT_REINIT, .nmembers = 1, .members = just_pg3};
static const struct request reinit_force = {
    .kind = ACT_REINIT, .nmembers = 1, .members = just_pg3, .force = true};
static const struct request probe_start = {.kind = ACT_PROBE_START, .via = "haproxy"};
static const struct request probe_drop = {.kind = ACT_PROBE_DROP, .via = "haproxy"};

static const struct request reinit_from_leader = {
    .kind = ACT_REINIT, .nmembers = 1, .members = just_pg3, .from_leader = true};

/* ---- what is different from a healthy cluster */

static void nothing(struct sb *b)
{
    (void)b;
}
static const struct probe_view writing = {.running = true, .route = "haproxy", .write = true},
                               reading = {.running = true, .route = "haproxy"};
static void probe_writes(struct sb *b)
{
    b->s->probe = &writing;
}
static void probe_reads(struct sb *b)
{
    b->s->probe = &reading;
}
static void go_silent(struct sb *b, const char *name, enum obs_outcome how, int s)
{
    sb_fail(b, &sb_member(b, name)->api, how, SB_SEC(s));
}
static void out_of_reach(struct sb *b, const char *name)
{
    struct member *m = sb_member(b, name);
    m->health = NULL;
    m->api_base = NULL;
    m->note = "API not reachable from here";
    sb_never_answered(b, &m->api, OBS_REFUSED);
}
static void state_is(struct sb *b, const char *name, enum pg_state st, const char *text)
{
    sb_health(b, name)->state = sb_row(b, name)->state = st;
    sb_health(b, name)->state_text = sb_row(b, name)->state_text = text;
}

static void view_old(struct sb *b)
{
    sb_fail(b, &b->s->view, OBS_TIMED_OUT, SB_SEC(12));
}
static void view_failed_once(struct sb *b)
{
    sb_fail(b, &b->s->view, OBS_REFUSED, SB_SEC(1));
}
static void view_never(struct sb *b)
{
    sb_never_answered(b, &b->s->view, OBS_TIMED_OUT);
}
static void leader_without_timeline(struct sb *b)
{
    sb_row(b, "pg1")->timeline = 0;
}
static void no_leader(struct sb *b)
{
    sb_no_leader(b, SB_SEC(9));
}
static void leader_silent(struct sb *b)
{
    go_silent(b, "pg1", OBS_TIMED_OUT, 14);
}
static void leader_out_of_reach(struct sb *b)
{
    out_of_reach(b, "pg1");
}
static void leader_stopping(struct sb *b)
{
    state_is(b, "pg1", PGS_STOPPING, "stopping");
}
static void leader_replica(struct sb *b)
{
    sb_health(b, "pg1")->role = ROLE_REPLICA;
    sb_health(b, "pg1")->role_text = "replica";
}
static void paused(struct sb *b)
{
    b->s->paused = true;
}
static void scheduled(struct sb *b)
{
    b->s->switchover_at = "2026-11-22T03:00:00+00:00";
    b->s->switchover_from = "pg1";
}
static void pg2_gone(struct sb *b)
{
    sb_vanish(b, "pg2", SB_SEC(95));
}
static void pg2_silent(struct sb *b)
{
    go_silent(b, "pg2", OBS_TIMED_OUT, 14);
}
static void pg2_stuck(struct sb *b)
{
    pg2_silent(b);
    sb_answered(b, &sb_member(b, "pg2")->liveness, 0);
}
static void pg2_out_of_reach(struct sb *b)
{
    out_of_reach(b, "pg2");
}
static void pg2_never(struct sb *b)
{
    sb_never_answered(b, &sb_member(b, "pg2")->api, OBS_TLS);
}
static void pg2_stopped(struct sb *b)
{
    state_is(b, "pg2", PGS_STOPPED, "stopped");
}
static void pg2_stopped_by_row(struct sb *b)
{
    pg2_out_of_reach(b);
    sb_row(b, "pg2")->state = PGS_STOPPED;
    sb_row(b, "pg2")->state_text = "stopped";
}
static void pg2_not_streaming(struct sb *b)
{
    sb_streams(b, "pg1", (const char *const[]){"pg3", NULL});
}
static void pg2_nofailover(struct sb *b)
{
    sb_tag(b, "pg2", "nofailover", "true");
}
static void pg2_priority_0(struct sb *b)
{
    sb_tag(b, "pg2", "failover_priority", "0");
}
static void pg2_watchdog(struct sb *b)
{
    sb_health(b, "pg2")->watchdog_failed = true;
}
static void pg3_sync(struct sb *b)
{
    b->config->synchronous_mode = true;
    sb_row(b, "pg3")->role = ROLE_SYNC_STANDBY;
}
static void pg3_sync_strict(struct sb *b)
{
    pg3_sync(b);
    b->config->synchronous_mode_strict = true;
}
static void both_sync(struct sb *b)
{
    pg3_sync(b);
    sb_row(b, "pg2")->role = ROLE_SYNC_STANDBY;
}
static void pg3_quorum(struct sb *b)
{
    b->config->synchronous_mode = b->config->synchronous_quorum = true;
    sb_row(b, "pg3")->role = ROLE_QUORUM_STANDBY;
}
static void standby_cluster(struct sb *b)
{
    pg3_sync(b);
    b->config->standby_cluster = true;
}
static void config_unknown(struct sb *b)
{
    b->s->config = NULL;
}
static void pg2_behind(struct sb *b)
{
    sb_lag(b, "pg2", 48 << 20, 48 << 20);
}
static void pg2_behind_limit_raised(struct sb *b)
{
    pg2_behind(b);
    b->config->maximum_lag_on_failover = 64 << 20;
}
static void pg2_at_limit(struct sb *b)
{
    sb_lag(b, "pg2", 1048576, 1048576);
}
static void pg2_behind_published(struct sb *b)
{
    pg2_out_of_reach(b);
    sb_row(b, "pg2")->lag = 5 << 20;
}
static void pg2_lag_unknown(struct sb *b)
{
    pg2_out_of_reach(b);
    sb_row(b, "pg2")->lag = LAG_UNKNOWN;
}
static void pg2_replays(struct sb *b)
{
    sb_lag(b, "pg2", 0, 50 << 20);
}
static void pg2_replay_paused(struct sb *b)
{
    sb_lag(b, "pg2", 0, 4096);
    sb_health(b, "pg2")->replay_paused = true;
}
static void pg2_timeline_2(struct sb *b)
{
    sb_health(b, "pg2")->timeline = sb_row(b, "pg2")->timeline = 2;
}
static void pg2_timeline_2_checked(struct sb *b)
{
    pg2_timeline_2(b);
    b->config->check_timeline = true;
}
static void pg2_timeline_unknown(struct sb *b)
{
    sb_health(b, "pg2")->timeline = sb_row(b, "pg2")->timeline = 0;
}
static void alone(struct sb *b)
{
    b->s->nmembers = 1;
}
static void none_fit(struct sb *b)
{
    pg2_nofailover(b);
    sb_lag(b, "pg3", 48 << 20, 48 << 20);
}
static void none_surely_fit(struct sb *b)
{
    pg2_nofailover(b);
    go_silent(b, "pg3", OBS_TIMED_OUT, 14);
}
static void clients_wait(struct sb *b)
{
    sb_pool(b, 0, 0)->cl_waiting = 4;
    sb_pool(b, 0, 2)->cl_waiting = 3;
    sb_pool(b, 0, 2)->maxwait_us = 2300 * USEC_PER_MS;
}
static void bouncer_silent(struct sb *b)
{
    sb_fail(b, &b->bouncers[0].pools_state, OBS_TIMED_OUT, SB_SEC(5));
}
static void pg3_state(struct sb *b, enum pg_state st, const char *text)
{
    state_is(b, "pg3", st, text);
}
static void pg3_restarting(struct sb *b)
{
    pg3_state(b, PGS_RESTARTING, "restarting");
}
static void pg3_stopped(struct sb *b)
{
    pg3_state(b, PGS_STOPPED, "stopped");
}
static void pg3_creating(struct sb *b)
{
    pg3_state(b, PGS_CREATING_REPLICA, "creating replica");
}
static const struct pending_reason connections[] = {{"max_connections", "100", "200"},
                                                    {"max_wal_senders", NULL, "20"}};
static void pending(struct sb *b, const char *name)
{
    sb_health(b, name)->pending_restart = true;
    sb_health(b, name)->npending = 2;
    sb_health(b, name)->pending = connections;
}
static void pg3_pending(struct sb *b)
{
    pending(b, "pg3");
}
static void all_pending(struct sb *b)
{
    pending(b, "pg1");
    pending(b, "pg2");
    pending(b, "pg3");
}
static void pg3_restart_scheduled(struct sb *b)
{
    sb_health(b, "pg3")->scheduled_restart.at = "2026-11-22T04:00:00+00:00";
}
static void pg2_unfit(struct sb *b)
{
    pg2_nofailover(b);
}
static void cascade(struct sb *b)
{
    sb_add_replica(b, "pg4");
    sb_tag(b, "pg4", "replicatefrom", "pg2");
    sb_streams(b, "pg2", (const char *const[]){"pg4", NULL});
}

/* ---- etcd, versions, copies */

static void endpoints(struct sb *b, int healthy)
{
    static struct etcd_endpoint e[3];
    static struct source_state st[3];
    b->s->etcd_configured = true;
    b->s->nendpoints = 3;
    b->s->endpoints = e;
    b->s->endpoint_states = st;
    for (int i = 0; i < 3; i++) {
        e[i] = (struct etcd_endpoint){.url = "http://10.0.0.9:2379",
                                      .health = i < healthy ? ETCD_HEALTHY : ETCD_UNHEALTHY};
        sb_answered(b, &st[i], 0);
    }
}
static void quorum(struct sb *b)
{
    endpoints(b, 3);
}
static void one_endpoint_lost(struct sb *b)
{
    endpoints(b, 2);
}
static void quorum_lost(struct sb *b)
{
    endpoints(b, 1);
}
static void request_stands(struct sb *b)
{
    static struct dcs d;
    d = (struct dcs){.failover = {true, "pg1", "pg3", NULL, 7}};
    b->s->dcs = &d;
    b->s->dcs_leads = true;
}
static void request_scheduled(struct sb *b)
{
    static struct dcs d;
    d = (struct dcs){.failover = {true, "pg1", "pg3", "2026-11-22T03:00:00+00:00", 7}};
    b->s->dcs = &d;
    b->s->dcs_leads = true;
}
static void pg3_other_patroni(struct sb *b)
{
    sb_health(b, "pg3")->patroni_version = "4.1.4";
    sb_health(b, "pg3")->patroni_version_num = 40104;
}
static void pg3_other_postgres(struct sb *b)
{
    sb_health(b, "pg3")->server_version = 160001;
}
static void pg1_sends_backup(struct sb *b)
{
    static const struct replication_row rows[] = {
        {.application_name = "pg2", .state = "streaming"},
        {.application_name = "copy", .client_addr = "10.0.0.7", .state = "backup"}};
    sb_health(b, "pg1")->replication = rows;
    sb_health(b, "pg1")->nreplication = 2;
}

/* ---- the table */

static const struct preflight_case cases[] = {
    {"picture-fresh", &to_pg2, nothing, CHECK_PASS, "the picture is 200 ms old"},
    {"picture-fresh", &to_pg2, view_old, CHECK_BLOCK,
     "the picture is 12 s old (/cluster timed out)"},
    {"picture-fresh", &restart_pg2, view_old, CHECK_BLOCK, "12 s old"},
    {"picture-fresh", &reinit_pg2, view_never, CHECK_BLOCK, "/cluster has not answered yet"},
    {"picture-fresh", &to_pg2, view_failed_once, CHECK_WARN, "the last attempt refused"},
    {"operation-in-flight", &to_pg2, nothing, CHECK_PASS, "no other operation"},
    {"operation-in-flight", &to_pg2, leader_without_timeline, CHECK_BLOCK,
     "something already runs on the leader pg1"},
    {"operation-in-flight", &reinit_pg2, leader_without_timeline, CHECK_BLOCK, "already runs"},
    {"operation-in-flight", &restart_pg2, leader_without_timeline, CHECK_WARN, "already runs"},
    {"operation-in-flight", &to_pg2, request_stands, CHECK_BLOCK,
     "a request is under way in the DCS: pg1 -> pg3"},
    {"operation-in-flight", &to_pg2, request_scheduled, CHECK_PASS, "no other operation"},
    {"dcs-quorum", &to_pg2, quorum, CHECK_PASS, "3 of 3 etcd endpoints are healthy"},
    {"dcs-quorum", &to_pg2, one_endpoint_lost, CHECK_WARN, "2 of 3 etcd endpoints are healthy"},
    {"dcs-quorum", &to_pg2, quorum_lost, CHECK_BLOCK, "1 of 3 etcd endpoints are healthy"},
    {"dcs-quorum", &to_pg2, nothing, ABSENT, NULL}, /* etcd is not asked */
    {"dcs-quorum", &restart_pg2, quorum_lost, CHECK_BLOCK, "1 of 3"},
    {"versions", &to_pg2, nothing, CHECK_PASS, "all that answer run Patroni"},
    {"versions", &to_pg2, pg3_other_patroni, CHECK_WARN, "pg3 runs 4.1.4"},
    {"versions", &to_pg2, pg3_other_postgres, CHECK_WARN, "pg3 runs 16"},
    {"candidate-pending", &to_pg2, nothing, CHECK_PASS, "pg2 has no restart pending"},
    {"candidate-pending", &to_pg3, pg3_pending, CHECK_WARN, "pg3 has a restart pending"},
    {"base-backup", &to_pg2, nothing, CHECK_PASS, "no base backup"},
    {"base-backup", &to_pg2, pg1_sends_backup, CHECK_WARN, "pg1 sends a base backup (to copy"},
    {"base-backup", &restart_pg1, pg1_sends_backup, CHECK_WARN, "which breaks off"},
    {"base-backup", &restart_pg2, pg1_sends_backup, CHECK_PASS, "no base backup"},
    {"base-backup", &reinit_pg2, pg1_sends_backup, CHECK_PASS, "no base backup"},
    {"from-leader", &reinit_from_leader, pg3_other_patroni, CHECK_PASS, "pg3 runs Patroni 4.1.4"},
    {"from-leader", &reinit_from_leader, nothing, CHECK_BLOCK, "passes over --from-leader"},
    {"from-leader", &reinit_pg3, nothing, ABSENT, NULL},
    {"leader-present", &to_pg2, nothing, CHECK_PASS, "pg1 leads on timeline 3"},
    {"leader-present", &to_pg2, no_leader, CHECK_BLOCK, "no leader for 9 s"},
    {"leader-present", &reinit_pg2, no_leader, CHECK_BLOCK, "no leader for 9 s"},
    {"leader-present", &restart_pg2, no_leader, ABSENT, NULL},
    {"leader-present", &probe_start, nothing, CHECK_PASS, "pg1 leads"},
    {"leader-present", &probe_start, no_leader, CHECK_WARN, "for 9 s: nothing takes writes"},
    {"leader-present", &probe_drop, no_leader, CHECK_WARN, "for 9 s: nothing takes writes"},
    {"probe-running", &probe_start, nothing, CHECK_PASS, "no probe"},
    {"probe-running", &probe_start, probe_writes, CHECK_BLOCK,
     "a probe runs already, through haproxy"},
    {"probe-running", &probe_drop, nothing, CHECK_PASS, "no probe"},
    {"probe-running", &probe_drop, probe_writes, CHECK_WARN, "through haproxy still writes"},
    {"probe-running", &probe_drop, probe_reads, CHECK_PASS, "through haproxy only reads"},
    {"leader-named", &from_pg1, nothing, CHECK_PASS, "pg1 is the leader"},
    {"leader-named", &from_pg2, nothing, CHECK_BLOCK, "pg2 is not the leader: pg1 is"},
    {"leader-named", &from_pg1, no_leader, CHECK_BLOCK, "nobody is"},
    {"leader-named", &to_pg2, nothing, ABSENT, NULL},
    {"leader-health", &to_pg2, nothing, CHECK_PASS, "pg1 answers: running, master"},
    {"leader-health", &to_pg2, leader_silent, CHECK_BLOCK, "pg1: API silent for 14 s (timed out)"},
    {"leader-health", &to_pg2, leader_out_of_reach, CHECK_WARN, "not reachable from here"},
    {"leader-health", &to_pg2, leader_stopping, CHECK_BLOCK, "not running (stopping)"},
    {"leader-health", &to_pg2, leader_replica, CHECK_BLOCK, "says it is \"replica\", not primary"},
    {"paused", &to_pg2, nothing, CHECK_PASS, "not paused"},
    {"paused", &to_any, paused, CHECK_BLOCK, "to a named candidate only"},
    {"paused", &to_pg2, paused, CHECK_WARN, "paused"},
    {"paused", &restart_pg2, paused, CHECK_PASS, "all the same"},
    {"paused", &reinit_pg2, paused, CHECK_PASS, "all the same"},
    {"scheduled-switchover", &to_pg2, nothing, CHECK_PASS, "no switchover is scheduled"},
    {"scheduled-switchover", &to_pg2, scheduled, CHECK_WARN,
     "at 2026-11-22T03:00:00+00:00 (pg1 -> any): this one replaces it"},
    {"scheduled-switchover", &restart_pg2, scheduled, CHECK_WARN, "(pg1 -> any)"},

    {"candidate-known", &to_pg2, nothing, CHECK_PASS, "pg2 is a member"},
    {"candidate-known", &to_pg9, nothing, CHECK_BLOCK, "pg9 is not a member"},
    {"candidate-known", &to_pg2, pg2_gone, CHECK_BLOCK, "gone from /cluster for 95 s"},
    {"candidate-known", &to_any, nothing, ABSENT, NULL},
    {"candidate-not-leader", &to_pg2, nothing, CHECK_PASS, "pg2 is not the leader"},
    {"candidate-not-leader", &to_pg1, nothing, CHECK_BLOCK, "pg1 leads already"},
    {"candidate-api", &to_pg2, nothing, CHECK_PASS, "pg2 answers (5.0 ms)"},
    {"candidate-api", &to_pg2, pg2_silent, CHECK_WARN, "pg2: API silent for 14 s (timed out)"},
    {"candidate-api", &to_pg2, pg2_out_of_reach, CHECK_WARN, "API not reachable from here"},
    {"candidate-api", &to_pg2, pg2_never, CHECK_WARN, "never answered (TLS)"},
    {"candidate-api", &to_pg1, nothing, ABSENT, NULL},
    {"candidate-state", &to_pg2, nothing, CHECK_PASS, "pg2: running"},
    {"candidate-state", &to_pg2, pg2_stopped, CHECK_BLOCK, "not running (stopped)"},
    {"candidate-state", &to_pg2, pg2_stopped_by_row, CHECK_BLOCK, "(stopped by /cluster)"},
    {"candidate-state", &to_pg2, pg2_not_streaming, CHECK_WARN, "runs but does not stream"},
    {"candidate-state", &to_pg2, pg2_out_of_reach, CHECK_PASS, "running by /cluster"},
    {"nofailover", &to_pg2, nothing, CHECK_PASS, "pg2 is not tagged"},
    {"nofailover", &to_pg2, pg2_nofailover, CHECK_BLOCK, "pg2 is tagged nofailover"},
    {"nofailover", &to_pg2, pg2_priority_0, CHECK_BLOCK, "failover_priority 0"},
    {"nofailover", &to_pg3, pg2_nofailover, CHECK_PASS, "pg3"},
    {"watchdog", &to_pg2, nothing, CHECK_PASS, "pg2"},
    {"watchdog", &to_pg2, pg2_watchdog, CHECK_BLOCK, "its watchdog failed"},
    {"watchdog", &to_pg2, pg2_out_of_reach, ABSENT, NULL},
    {"sync-rule", &to_pg2, nothing, CHECK_PASS, "synchronous mode is off"},
    {"sync-rule", &to_pg2, pg3_sync, CHECK_BLOCK, "pg2 is not a synchronous standby"},
    {"sync-rule", &to_pg3, pg3_sync, CHECK_PASS, "pg3 is a synchronous standby"},
    {"sync-rule", &to_pg2, pg3_quorum, CHECK_BLOCK, "pg2 is not a quorum standby"},
    {"sync-rule", &to_pg3, pg3_quorum, CHECK_PASS, "pg3 is a quorum standby"},
    {"sync-rule", &to_pg2, standby_cluster, CHECK_PASS, "off"},
    {"sync-rule", &to_pg2, config_unknown, CHECK_WARN, "/config is not known"},
    {"candidate-lag", &to_pg2, nothing, CHECK_PASS, "pg2: 0 B behind, the limit is 1.0 MB"},
    {"candidate-lag", &to_pg2, pg2_behind, CHECK_BLOCK, "48.0 MB behind, the limit is 1.0 MB"},
    {"candidate-lag", &to_pg2, pg2_behind_limit_raised, CHECK_PASS, "the limit is 64.0 MB"},
    {"candidate-lag", &to_pg2, pg2_at_limit, CHECK_PASS, "1.0 MB behind"},
    {"candidate-lag", &to_pg2, pg2_behind_published, CHECK_BLOCK,
     "5.0 MB behind, the limit is 1.0 MB, published once a loop"},
    {"candidate-lag", &to_pg2, pg2_lag_unknown, CHECK_WARN, "lag not known (limit 1.0 MB)"},
    {"candidate-replay", &to_pg2, nothing, CHECK_PASS, "0 B to replay"},
    {"candidate-replay", &to_pg2, pg2_replays, CHECK_WARN, "50.0 MB to replay before it accepts"},
    {"candidate-replay", &to_pg2, pg2_replay_paused, CHECK_WARN, "replay is paused, 4.0 KB"},
    {"candidate-replay", &to_pg2, pg2_out_of_reach, ABSENT, NULL},
    {"candidate-timeline", &to_pg2, nothing, CHECK_PASS, "pg2 is on timeline 3, as the leader"},
    {"candidate-timeline", &to_pg2, pg2_timeline_2, CHECK_WARN, "timeline 2, the leader on 3"},
    {"candidate-timeline", &to_pg2, pg2_timeline_2_checked, CHECK_BLOCK, "timeline 2"},
    {"candidate-timeline", &to_pg2, pg2_timeline_unknown, CHECK_WARN, "pg2: timeline not known"},
    {"candidate-choice", &to_any, nothing, CHECK_PASS, "Patroni chooses among: pg2, pg3"},
    {"candidate-choice", &to_any, pg2_nofailover, CHECK_PASS, "among: pg2 nofailover, pg3"},
    {"candidate-choice", &to_any, none_fit, CHECK_BLOCK,
     "no replica is fit to lead: pg2 nofailover, pg3 48.0 MB behind (limit 1.0 MB)"},
    {"candidate-choice", &to_any, none_surely_fit, CHECK_WARN, "pg3 silent for 14 s"},
    {"candidate-choice", &to_any, alone, CHECK_BLOCK, "there is no replica"},
    {"candidate-choice", &to_any, pg3_quorum, CHECK_PASS, "pg2 not synchronous, pg3"},
    {"candidate-choice", &to_pg2, none_fit, ABSENT, NULL},
    {"clients-waiting", &to_pg2, nothing, CHECK_PASS, "no clients wait"},
    {"clients-waiting", &to_pg2, clients_wait, CHECK_WARN,
     "7 clients wait already, the first for 2.3 s"},
    {"clients-waiting", &to_pg2, bouncer_silent, CHECK_WARN, "PgBouncer timed out"},
    {"clients-waiting", &restart_pg1, clients_wait, CHECK_WARN, "7 clients"},
    {"clients-waiting", &restart_pg2, clients_wait, ABSENT, NULL},

    {"member-known", &restart_pg2, nothing, CHECK_PASS, "pg2 is a member"},
    {"member-known", &restart_unknown, nothing, CHECK_BLOCK, "pg9 is not a member"},
    {"member-known", &restart_pg2, pg2_gone, CHECK_BLOCK, "gone from /cluster for 95 s"},
    {"member-known", &reinit_pg2, pg2_gone, CHECK_BLOCK, "95 s"},
    {"member-known", &restart_none, nothing, CHECK_BLOCK, "no member is named"},
    {"member-api", &restart_pg2, nothing, CHECK_PASS, "pg2 answers"},
    {"member-api", &restart_pg2, pg2_out_of_reach, CHECK_BLOCK, "and the request goes to it"},
    {"member-api", &reinit_pg2, pg2_silent, CHECK_BLOCK, "pg2: API silent for 14 s (timed out)"},
    {"member-api", &restart_pg2, pg2_stuck, CHECK_WARN, "Patroni is alive"},
    {"member-api", &restart_pg2, pg2_gone, ABSENT, NULL},
    {"member-state", &restart_pg3, nothing, CHECK_PASS, "pg3: running"},
    {"member-state", &restart_pg3, pg3_restarting, CHECK_BLOCK, "already runs on it (restarting)"},
    {"member-state", &restart_pg3, pg3_stopped, CHECK_WARN, "not running (stopped)"},
    {"restart-pending", &restart_pending, pg3_pending, CHECK_PASS,
     "max_connections 100 -> 200, max_wal_senders ? -> 20"},
    {"restart-pending", &restart_pending, nothing, CHECK_WARN,
     "pg3 has no pending restart: Patroni will refuse (restart conditions are not satisfied)"},
    {"restart-pending", &restart_pg3, pg3_pending, ABSENT, NULL},
    {"restart-leader", &restart_pg2, nothing, CHECK_PASS, "not restarted"},
    {"restart-leader", &restart_all, nothing, CHECK_WARN, "pg1 is the leader: writes stop"},
    {"restart-leader", &restart_pg2, no_leader, CHECK_PASS, "not restarted"},
    {"restart-order", &restart_leader_last, all_pending, CHECK_PASS, "no replica has to"},
    {"restart-order", &restart_all, all_pending, CHECK_WARN, "pg2 has a pending restart too"},
    {"restart-order", &restart_pg1, all_pending, CHECK_WARN, "pg3"},
    {"restart-order", &restart_all, nothing, ABSENT, NULL},
    {"restart-sync", &restart_pg2, pg3_sync, CHECK_PASS, "0 of 1 synchronous standbys"},
    {"restart-sync", &restart_pg3, pg3_sync, CHECK_WARN, "commits are not synchronous meanwhile"},
    {"restart-sync", &restart_pg3, pg3_sync_strict, CHECK_WARN, "writes wait meanwhile"},
    {"restart-sync", &restart_pg3, both_sync, CHECK_PASS, "1 of 2 synchronous standbys"},
    {"restart-sync", &restart_all, both_sync, CHECK_WARN, "every synchronous standby"},
    {"restart-sync", &restart_pg3, nothing, ABSENT, NULL},
    {"restart-scheduled", &restart_pg3, nothing, CHECK_PASS, "pg3: no restart is scheduled"},
    {"restart-scheduled", &restart_pg3, pg3_restart_scheduled, CHECK_WARN,
     "at 2026-11-22T04:00:00+00:00, this one cancels it"},
    {"reinit-not-leader", &reinit_pg3, nothing, CHECK_PASS, "not the leader"},
    {"reinit-not-leader", &reinit_pg1, nothing, CHECK_BLOCK, "pg1 is the leader"},
    {"reinit-state", &reinit_pg3, nothing, CHECK_PASS, "pg3: running"},
    {"reinit-state", &reinit_pg3, pg3_creating, CHECK_BLOCK, "(creating replica); --force cancels"},
    {"reinit-state", &reinit_force, pg3_creating, CHECK_WARN,
     "(creating replica) will be cancelled"},
    {"reinit-last", &reinit_pg3, nothing, CHECK_PASS, "pg2 can take over meanwhile"},
    {"reinit-last", &reinit_pg3, pg2_unfit, CHECK_WARN, "no other replica is fit"},
    {"downstream", &reinit_pg3, cascade, CHECK_PASS, "no other replica"},
    {"downstream", &reinit_pg2, cascade, CHECK_WARN, "pg4 streams from pg2"},
    {"downstream", &restart_pg2, cascade, CHECK_WARN, "pg4 streams from pg2"},
    {"downstream", &restart_pg1, cascade, CHECK_PASS, "no other replica"},
};
#define NOWN   (sizeof cases / sizeof *cases)
#define NMORE  (NOWN + (size_t)preflight_nmore)
#define NCASES (NMORE + (size_t)preflight_nbouncer)

static const struct preflight_case *case_at(size_t i)
{
    return i < NOWN    ? &cases[i]
           : i < NMORE ? &preflight_more_cases[i - NOWN]
                       : &preflight_bouncer_cases[i - NMORE];
}

static void check_case(size_t i)
{
    const struct preflight_case *c = case_at(i);
    struct sb *b = sb_new(NOW);
    struct arena a;
    arena_init(&a);
    c->make(b);
    sb_finish(b);
    int n, hits = 0;
    enum check_verdict worst;
    const struct check_result *v = preflight_run(b->s, c->request, false, NOW, &a, &n, &worst);
    const char *got = "";
    for (int k = 0; k < n; k++) {
        if (strcmp(v[k].check, c->check) != 0)
            continue;
        got = v[k].reason;
        if (c->verdict == ABSENT)
            fail_msg("case %zu: %s says \"%s\"", i, c->check, got);
        hits += v[k].verdict == c->verdict && strstr(got, c->text) != NULL;
    }
    if (c->verdict != ABSENT && !hits)
        fail_msg("case %zu: %s says \"%s\", expected %s \"%s\"", i, c->check, got,
                 check_verdict_name(c->verdict), c->text);
    arena_release(&a);
    sb_free(b);
}

static void each_check_says_what_it_must(void **state)
{
    (void)state;
    for (size_t i = 0; i < NCASES; i++)
        check_case(i);
}

static void every_check_has_both_cases(void **state)
{
    (void)state;
    int n;
    const struct preflight_info *c = preflight_checks(&n);
    for (int i = 0; i < n; i++) {
        int pass = 0, not = 0;
        uint64_t guarded = 0;
        for (size_t k = 0; k < NCASES; k++) {
            if (strcmp(case_at(k)->check, c[i].check) != 0 || case_at(k)->verdict == ABSENT)
                continue;
            *(case_at(k)->verdict == CHECK_PASS ? &pass : &not ) += 1;
            guarded |= UINT64_C(1) << case_at(k)->request->kind;
            if (case_at(k)->request->kind == ACT_SWITCHOVER) /* that is what is held for */
                guarded |= c[i].actions & UINT64_C(1) << ACT_HOLD;
        }
        if (!pass || !not )
            fail_msg("check %s: %d cases in which it passes, %d in which not", c[i].check, pass,
                     not );
        if (guarded != c[i].actions)
            fail_msg("check %s: guards actions %llx, cases are about %llx", c[i].check,
                     (unsigned long long)c[i].actions, (unsigned long long)guarded);
        assert_true(strlen(c[i].what) > 10);
    }
    for (size_t k = 0; k < NCASES; k++) {
        bool known = false;
        for (int i = 0; i < n; i++)
            known |= strcmp(case_at(k)->check, c[i].check) == 0;
        if (!known)
            fail_msg("no check \"%s\"", case_at(k)->check);
    }
}

static enum check_verdict worst_of(const struct snapshot *s, const struct request *r, bool running)
{
    struct arena a;
    arena_init(&a);
    int n;
    enum check_verdict worst;
    const struct check_result *v = preflight_run(s, r, running, NOW, &a, &n, &worst);
    assert_true(n > 5);
    assert_int_equal(worst, v[0].verdict);
    for (int i = 1; i < n; i++)
        assert_true(v[i - 1].verdict >= v[i].verdict); /* blocks, warnings, passes */
    arena_release(&a);
    return worst;
}

static void a_healthy_cluster_lets_everything_pass(void **state)
{
    (void)state;
    const struct snapshot *s = sample_snapshot(SAMPLE_HEALTHY, NOW);
    assert_int_equal(worst_of(s, &to_pg2, false), CHECK_PASS);
    assert_int_equal(worst_of(s, &to_any, false), CHECK_PASS);
    assert_int_equal(worst_of(s, &restart_pg2, false), CHECK_PASS);
    assert_int_equal(worst_of(s, &reinit_pg3, false), CHECK_PASS);
    assert_int_equal(worst_of(s, &restart_pg1, false), CHECK_WARN);
    snapshot_unref(s);
}

static void one_of_ours_at_a_time(void **state)
{
    (void)state;
    const struct snapshot *s = sample_snapshot(SAMPLE_HEALTHY, NOW);
    assert_int_equal(worst_of(s, &to_pg2, true), CHECK_BLOCK);
    assert_int_equal(worst_of(s, &restart_pg2, true), CHECK_BLOCK);
    assert_int_equal(worst_of(s, &reinit_pg3, true), CHECK_BLOCK);
    snapshot_unref(s);
}

static void nothing_is_done_on_what_nobody_knows(void **state)
{
    (void)state;
    static const enum sample dark[] = {SAMPLE_NOTHING_YET, SAMPLE_UNREACHABLE, SAMPLE_STALE_VIEW};
    static const struct request *const any[] = {&to_pg2, &to_any, &restart_pg2, &reinit_pg2};
    for (size_t i = 0; i < sizeof dark / sizeof *dark; i++) {
        const struct snapshot *s = sample_snapshot(dark[i], NOW);
        for (size_t k = 0; k < sizeof any / sizeof *any; k++) {
            struct arena a;
            arena_init(&a);
            int n;
            enum check_verdict worst;
            preflight_run(s, any[k], false, NOW, &a, &n, &worst);
            assert_int_equal(worst, CHECK_BLOCK);
            arena_release(&a);
        }
        snapshot_unref(s);
    }
}

/* The plan was made on a fresh picture; at Enter the same picture has grown old. */
static void the_same_picture_blocks_when_it_is_old(void **state)
{
    (void)state;
    const struct snapshot *s = sample_snapshot(SAMPLE_HEALTHY, NOW);
    struct arena a;
    arena_init(&a);
    int n;
    enum check_verdict worst;
    preflight_run(s, &to_pg2, false, NOW + SB_SEC(4), &a, &n, &worst);
    assert_int_equal(worst, CHECK_BLOCK);
    arena_release(&a);
    snapshot_unref(s);
}

/* A switchover behind a compose file: only the leader's API is published. */
static void apis_out_of_reach_warn_and_do_not_block_a_switchover(void **state)
{
    (void)state;
    const struct snapshot *s = sample_snapshot(SAMPLE_API_UNREACHABLE, NOW);
    assert_int_equal(worst_of(s, &to_pg2, false), CHECK_WARN);
    assert_int_equal(worst_of(s, &to_any, false), CHECK_PASS);
    assert_int_equal(worst_of(s, &restart_pg2, false), CHECK_BLOCK); /* goes to pg2 itself */
    snapshot_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_check_says_what_it_must),
        cmocka_unit_test(every_check_has_both_cases),
        cmocka_unit_test(a_healthy_cluster_lets_everything_pass),
        cmocka_unit_test(one_of_ours_at_a_time),
        cmocka_unit_test(nothing_is_done_on_what_nobody_knows),
        cmocka_unit_test(the_same_picture_blocks_when_it_is_old),
        cmocka_unit_test(apis_out_of_reach_warn_and_do_not_block_a_switchover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
