/* The checks as they guard the actions beyond switchover, restart and reinit of named members. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "preflight_cases.h"

/* ---- requests */

static const char *const pg1[] = {"pg1"}, *const pg2[] = {"pg2"}, *const pg3[] = {"pg3"},
                         *const all[] = {"pg1", "pg2", "pg3"}, *const nobody[] = {"pg9"};

static const struct request
    at_pg2 = {.kind = ACT_SWITCHOVER_AT, .candidate = "pg2", .at_us = 1},
    at_pg1 = {.kind = ACT_SWITCHOVER_AT, .candidate = "pg1", .at_us = 1},
    at_any = {.kind = ACT_SWITCHOVER_AT, .at_us = 1},
    at_named = {.kind = ACT_SWITCHOVER_AT, .leader = "pg2", .candidate = "pg3", .at_us = 1},
    over_pg2 = {.kind = ACT_FAILOVER, .candidate = "pg2"},
    over_pg1 = {.kind = ACT_FAILOVER, .candidate = "pg1"},
    restart_at = {.kind = ACT_RESTART_AT,
                  .nmembers = 1,
                  .members = pg3,
                  .pending = true,
                  .at_us = 1},
    restart_at_pg1 = {.kind = ACT_RESTART_AT, .nmembers = 1, .members = pg1, .at_us = 1},
    rolling = {.kind = ACT_ROLLING, .nmembers = 3, .members = all},
    rolling_pending = {.kind = ACT_ROLLING, .nmembers = 1, .members = pg3, .pending = true},
    rolling_pg2 = {.kind = ACT_ROLLING, .nmembers = 1, .members = pg2},
    reload = {.kind = ACT_RELOAD, .nmembers = 1, .members = pg2},
    reload_pg9 = {.kind = ACT_RELOAD, .nmembers = 1, .members = nobody},
    cancel = {.kind = ACT_CANCEL_RESTART, .nmembers = 1, .members = pg2},
    cancel_switchover = {.kind = ACT_CANCEL_SWITCHOVER}, pause = {.kind = ACT_PAUSE},
    resume = {.kind = ACT_RESUME}, config = {.kind = ACT_CONFIG}, demote = {.kind = ACT_DEMOTE},
    promote = {.kind = ACT_PROMOTE}, query_pg1 = {.kind = ACT_QUERY, .nmembers = 1, .members = pg1},
    restart_pg1_too = {.kind = ACT_RESTART, .nmembers = 3, .members = all},
    restart_any = {.kind = ACT_RESTART, .nmembers = 1, .members = pg2},
    reinit_any = {.kind = ACT_REINIT, .nmembers = 1, .members = pg2},
    switch_any = {.kind = ACT_SWITCHOVER, .candidate = "pg2"}, removal = {.kind = ACT_REMOVE},
    query_pg2 = {.kind = ACT_QUERY, .nmembers = 1, .members = pg2},
    ha_ready = {.kind = ACT_HA_READY, .nservers = 1, .servers = pg2, .backend = "rw"},
    ha_drain = {.kind = ACT_HA_DRAIN, .nservers = 1, .servers = pg2, .backend = "rw"},
    ha_maint = {.kind = ACT_HA_MAINT, .nservers = 1, .servers = pg2, .backend = "rw"},
    ha_shut = {.kind = ACT_HA_SHUT, .nservers = 1, .servers = pg2, .backend = "rw"},
    ha_drain_pg1 = {.kind = ACT_HA_DRAIN, .nservers = 1, .servers = pg1, .backend = "rw"},
    ha_shut_pg1 = {.kind = ACT_HA_SHUT, .nservers = 1, .servers = pg1, .backend = "rw"};

/* ---- what is different */

static void same(struct sb *b)
{
    (void)b;
}
static void old(struct sb *b)
{
    sb_fail(b, &b->s->view, OBS_TIMED_OUT, SB_SEC(12));
}
static void stopping(struct sb *b)
{
    sb_row(b, "pg1")->timeline = 0;
}
static void acts(struct sb *b, const struct acting_list *l)
{
    sb_etcd(b);
    b->s->acting = l;
}
static void balanced(struct sb *b)
{
    static const struct ha_info admin = {.level = HA_LEVEL_ADMIN, .version = "2.6", .node = ""};
    sb_haproxy(b);
    b->haproxies[0].socket = "/run/lb.sock";
    b->haproxies[0].info = &admin;
}
static void balanced_held(struct sb *b)
{
    balanced(b);
    sb_ha_server(b, "pg2", HA_MAINT, "");
}
static void balanced_sessions(struct sb *b)
{
    balanced(b);
    sb_ha_row(b, "rw", "pg2")->sessions = 3;
}
static void balanced_silent(struct sb *b)
{
    balanced(b);
    sb_fail(b, &b->haproxies[0].state, OBS_TIMED_OUT, SB_SEC(14));
}
static void balanced_read_only(struct sb *b)
{
    static const struct ha_info user = {.level = HA_LEVEL_USER, .version = "2.6", .node = ""};
    balanced(b);
    b->haproxies[0].info = &user;
}
static void alice_acts(struct sb *b)
{
    static const struct acting alice = {.user = "alice",
                                        .host = "jump1",
                                        .action = "pause",
                                        .command = "pgdba pause",
                                        .pid = 1,
                                        .since_wall_us = SB_WALL_US - SB_SEC(12)};
    static const struct acting_list one = {1, &alice};
    acts(b, &one);
}
static void somebody_acts(struct sb *b)
{
    static const struct acting who = {.user = "", .host = "", .action = "x", .command = ""};
    static const struct acting_list one = {1, &who};
    acts(b, &one);
}
static void nobody_acts(struct sb *b)
{
    static const struct acting_list none = {0};
    acts(b, &none);
}
/* pg1's PostgreSQL, and what goes on in it. */
static struct pg_vitals *vitals(struct sb *b)
{
    struct pg_vitals *v = arena_new(&b->s->arena, struct pg_vitals);
    struct member *m = sb_member(b, "pg1");
    *v = (struct pg_vitals){
        .sees_all = true, .xact_us = -1, .xact_who = "", .archiving = true, .archive_failed = ""};
    m->vitals = v;
    sb_answered(b, &m->vitals_state, SB_SEC(3));
    return v;
}
static void quiet(struct sb *b)
{
    vitals(b);
}
static void long_transaction(struct sb *b)
{
    struct pg_vitals *v = vitals(b);
    v->xact_us = SB_SEC(720);
    v->xact_pid = 4711;
    v->xact_who = "app@orders, idle in transaction";
}
static void short_transaction(struct sb *b)
{
    vitals(b)->xact_us = SB_SEC(2);
}
static void plain_role(struct sb *b)
{
    vitals(b)->sees_all = false;
}
static void vitals_old(struct sb *b)
{
    vitals(b);
    sb_fail(b, &sb_member(b, "pg1")->vitals_state, OBS_TIMED_OUT, SB_SEC(90));
}
static void vitals_denied(struct sb *b)
{
    sb_never_answered(b, &sb_member(b, "pg1")->vitals_state, OBS_UNAUTHORISED);
}
static void two_prepared(struct sb *b)
{
    struct pg_vitals *v = vitals(b);
    v->nprepared = 2;
    v->prepared_us = SB_SEC(3600);
}
static void archive_fails(struct sb *b)
{
    struct pg_vitals *v = vitals(b);
    v->archive_failed = "00A1";
    v->archive_failed_us = SB_SEC(30);
}
static void no_archive(struct sb *b)
{
    archive_fails(b);
    ((struct pg_vitals *)sb_member(b, "pg1")->vitals)->archiving = false;
}
static void lonely_slot(struct sb *b)
{
    static const struct pg_slot cdc = {"cdc", true, false, true};
    struct pg_vitals *v = vitals(b);
    v->nslots = 1;
    v->slots = &cdc;
}
static void kept_slots(struct sb *b)
{
    static const struct pg_slot slots[] = {
        {"pg2", false, false, true}, {"cdc", true, false, true}, {"moved", true, true, false}};
    static const char *const permanent[] = {"cdc"};
    struct pg_vitals *v = vitals(b);
    v->nslots = 3;
    v->slots = slots;
    b->config->nslots = 1;
    b->config->slots = permanent;
}
static void etcd_one_left(struct sb *b)
{
    sb_etcd(b);
    b->dcs->leader = NULL;
    b->dcs->nmembers = 1;
}
static void etcd_empty(struct sb *b)
{
    etcd_one_left(b);
    b->dcs->nmembers = 0;
    sb_fail(b, &b->s->cluster_state, OBS_REFUSED, SB_SEC(60));
    for (int i = 0; i < b->s->nmembers; i++)
        sb_fail(b, &b->members[i].api, OBS_REFUSED, SB_SEC(60));
}
static void etcd_old(struct sb *b)
{
    etcd_empty(b);
    b->s->dcs_leads = false;
    sb_fail(b, &b->s->dcs_state, OBS_TIMED_OUT, SB_SEC(12));
}
static void leaderless(struct sb *b)
{
    sb_no_leader(b, SB_SEC(9));
}
static void pg1_silent(struct sb *b)
{
    sb_fail(b, &sb_member(b, "pg1")->api, OBS_TIMED_OUT, SB_SEC(14));
}
static void pg2_silent(struct sb *b)
{
    sb_fail(b, &sb_member(b, "pg2")->api, OBS_TIMED_OUT, SB_SEC(14));
}
static void paused(struct sb *b)
{
    b->s->paused = true;
}
static void scheduled(struct sb *b)
{
    b->s->switchover_at = "2026-11-22T03:00:00+00:00";
}
static void pg2_gone(struct sb *b)
{
    sb_vanish(b, "pg2", SB_SEC(95));
}
static void pg2_stopped(struct sb *b)
{
    sb_health(b, "pg2")->state = sb_row(b, "pg2")->state = PGS_STOPPED;
    sb_health(b, "pg2")->state_text = sb_row(b, "pg2")->state_text = "stopped";
}
static void pg2_tagged(struct sb *b)
{
    sb_tag(b, "pg2", "nofailover", "true");
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
static void pg2_behind(struct sb *b)
{
    sb_lag(b, "pg2", 48 << 20, 48 << 20);
}
static void pg2_behind_leaderless(struct sb *b)
{
    leaderless(b);
    sb_health(b, "pg2")->received = sb_health(b, "pg3")->received - (48 << 20);
}
static void pg2_timeline_2(struct sb *b)
{
    sb_health(b, "pg2")->timeline = sb_row(b, "pg2")->timeline = 2;
    b->config->check_timeline = true;
}
static void pg2_pending(struct sb *b)
{
    sb_health(b, "pg2")->pending_restart = true;
}
static void pg3_pending(struct sb *b)
{
    sb_health(b, "pg3")->pending_restart = true;
}
static void none_fit(struct sb *b)
{
    pg2_tagged(b);
    sb_lag(b, "pg3", 48 << 20, 48 << 20);
}
static void pg3_restart_scheduled(struct sb *b)
{
    sb_health(b, "pg3")->scheduled_restart.at = "2026-11-22T04:00:00+00:00";
}
/* Its key in etcd has it no more: the own answer is of before it was cancelled. */
static void pg3_restart_cancelled(struct sb *b)
{
    pg3_restart_scheduled(b);
    sb_etcd(b);
}
static void pg3_restart_in_both(struct sb *b)
{
    pg3_restart_cancelled(b);
    sb_row(b, "pg3")->scheduled_restart.at = "2026-11-22T04:00:00+00:00";
}
/* The key still has it: Patroni takes it out in its next round. */
static void pg3_restart_left_in_key(struct sb *b)
{
    pg3_restart_in_both(b);
    sb_health(b, "pg3")->scheduled_restart.at = NULL;
}
static void cascade(struct sb *b)
{
    sb_add_replica(b, "pg4");
    sb_tag(b, "pg4", "replicatefrom", "pg2");
    sb_streams(b, "pg2", (const char *const[]){"pg4", NULL});
}
static void clients_wait(struct sb *b)
{
    sb_pool(b, 0, 0)->cl_waiting = 4;
}
static void other_patroni(struct sb *b)
{
    sb_health(b, "pg3")->patroni_version = "4.1.4";
    sb_health(b, "pg3")->patroni_version_num = 40104;
}
static void copying(struct sb *b)
{
    static const struct replication_row row = {.application_name = "copy", .state = "backup"};
    sb_health(b, "pg1")->replication = &row;
    sb_health(b, "pg1")->nreplication = 1;
}
static void no_quorum(struct sb *b)
{
    static struct etcd_endpoint e = {.url = "http://10.0.0.9:2379", .health = ETCD_UNHEALTHY};
    static struct source_state st;
    b->s->etcd_configured = true;
    b->s->nendpoints = 1;
    b->s->endpoints = &e;
    b->s->endpoint_states = &st;
    sb_answered(b, &st, 0);
}
static void quorum_not_known(struct sb *b)
{
    static struct etcd_endpoint e = {.url = "http://10.0.0.9:2379"};
    static struct source_state st = {.detail = ""};
    b->s->etcd_configured = true;
    b->s->nendpoints = 1;
    b->s->endpoints = &e;
    b->s->endpoint_states = &st;
}

/* ---- the table */

const struct preflight_case preflight_more_cases[] = {
    {"picture-fresh", &at_pg2, old, CHECK_BLOCK, "12 s old"},
    {"picture-fresh", &cancel_switchover, old, CHECK_BLOCK, "12 s old"},
    {"picture-fresh", &over_pg2, old, CHECK_BLOCK, "12 s old"},
    {"picture-fresh", &restart_at, old, CHECK_BLOCK, "12 s old"},
    {"picture-fresh", &cancel, old, CHECK_BLOCK, "12 s old"},
    {"picture-fresh", &rolling, old, CHECK_BLOCK, "12 s old"},
    {"picture-fresh", &reload, old, CHECK_BLOCK, "12 s old"},
    {"picture-fresh", &pause, old, CHECK_BLOCK, "12 s old"},
    {"picture-fresh", &resume, old, CHECK_BLOCK, "12 s old"},
    {"picture-fresh", &config, old, CHECK_BLOCK, "12 s old"},
    {"picture-fresh", &demote, old, CHECK_BLOCK, "12 s old"},
    {"picture-fresh", &promote, old, CHECK_BLOCK, "12 s old"},

    {"operation-in-flight", &at_pg2, stopping, CHECK_BLOCK, "already runs on the leader pg1"},
    {"operation-in-flight", &over_pg2, stopping, CHECK_WARN, "already runs on the leader pg1"},
    {"operation-in-flight", &rolling, stopping, CHECK_BLOCK, "already runs on the leader pg1"},
    {"operation-in-flight", &demote, stopping, CHECK_BLOCK, "already runs on the leader pg1"},
    {"operation-in-flight", &promote, same, CHECK_PASS, "no other operation"},
    {"dcs-quorum", &at_pg2, no_quorum, CHECK_BLOCK, "0 of 1 etcd endpoints"},
    {"dcs-quorum", &over_pg2, no_quorum, CHECK_WARN, "0 of 1 etcd endpoints"},
    {"dcs-quorum", &rolling, no_quorum, CHECK_BLOCK, "0 of 1 etcd endpoints"},
    {"dcs-quorum", &demote, no_quorum, CHECK_BLOCK, "0 of 1 etcd endpoints"},
    {"dcs-quorum", &promote, quorum_not_known, CHECK_WARN, "has not said yet"},
    {"leader-present", &at_pg2, leaderless, CHECK_BLOCK, "no leader for 9 s"},
    {"leader-present", &rolling, leaderless, CHECK_BLOCK, "no leader for 9 s"},
    {"leader-present", &demote, leaderless, CHECK_BLOCK, "no leader for 9 s"},
    {"leader-present", &promote, same, CHECK_PASS, "pg1 leads"},
    {"leader-present", &over_pg2, leaderless, ABSENT, NULL},
    {"leader-named", &at_named, same, CHECK_BLOCK, "pg2 is not the leader: pg1 is"},
    {"leader-alive", &over_pg2, same, CHECK_WARN, "switchover does this without losing anything"},
    {"leader-alive", &over_pg2, pg1_silent, CHECK_PASS, "pg1: API silent for 14 s"},
    {"leader-alive", &over_pg2, leaderless, CHECK_WARN, "there is no leader"},
    {"paused", &at_pg2, paused, CHECK_BLOCK, "nothing can be scheduled"},
    {"paused", &restart_at, paused, CHECK_BLOCK, "nothing can be scheduled"},
    {"paused", &over_pg2, paused, CHECK_WARN, "nobody takes over"},
    {"paused", &rolling, paused, CHECK_WARN, "nobody takes over"},
    {"scheduled-switchover", &at_pg2, scheduled, CHECK_WARN, "this one replaces it"},
    {"scheduled-switchover", &over_pg2, scheduled, CHECK_WARN, "(the leader -> any)"},
    {"scheduled-switchover", &rolling, scheduled, CHECK_WARN, "(the leader -> any)"},

    {"candidate-known", &at_pg2, pg2_gone, CHECK_BLOCK, "gone from /cluster for 95 s"},
    {"candidate-known", &over_pg2, pg2_gone, CHECK_BLOCK, "gone from /cluster for 95 s"},
    {"candidate-not-leader", &at_pg1, same, CHECK_BLOCK, "pg1 leads already"},
    {"candidate-not-leader", &over_pg1, same, CHECK_BLOCK, "pg1 leads already"},
    {"candidate-api", &at_pg2, pg2_silent, CHECK_WARN, "API silent for 14 s"},
    {"candidate-api", &over_pg2, pg2_silent, CHECK_WARN, "API silent for 14 s"},
    {"candidate-state", &at_pg2, pg2_stopped, CHECK_WARN, "not running (stopped)"},
    {"candidate-state", &over_pg2, pg2_stopped, CHECK_BLOCK, "not running (stopped)"},
    {"nofailover", &at_pg2, pg2_tagged, CHECK_WARN, "tagged nofailover"},
    {"nofailover", &over_pg2, pg2_tagged, CHECK_BLOCK, "tagged nofailover"},
    {"watchdog", &at_pg2, pg2_watchdog, CHECK_WARN, "its watchdog failed"},
    {"watchdog", &over_pg2, pg2_watchdog, CHECK_BLOCK, "its watchdog failed"},
    {"sync-rule", &at_pg2, pg3_sync, CHECK_WARN, "the leader refuses it"},
    {"sync-rule", &over_pg2, pg3_sync, CHECK_WARN, "commits that were acknowledged may not be"},
    {"candidate-lag", &at_pg2, pg2_behind, CHECK_WARN, "48.0 MB behind"},
    {"candidate-lag", &over_pg2, pg2_behind, CHECK_BLOCK, "48.0 MB behind, the limit is 1.0 MB"},
    {"candidate-lag", &over_pg2, pg2_behind_leaderless, CHECK_WARN,
     "pg2: 48.0 MB less than what pg3 has: they are LOST"},
    {"candidate-lag", &over_pg2, leaderless, CHECK_PASS, "has all that is known"},
    {"candidate-replay", &at_pg2, pg2_behind, CHECK_WARN, "48.0 MB to replay"},
    {"candidate-replay", &over_pg2, pg2_behind, CHECK_WARN, "48.0 MB to replay"},
    {"candidate-timeline", &at_pg2, pg2_timeline_2, CHECK_WARN, "timeline 2, the leader on 3"},
    {"candidate-timeline", &over_pg2, pg2_timeline_2, CHECK_BLOCK, "timeline 2, the leader on 3"},
    {"candidate-pending", &at_pg2, pg2_pending, CHECK_WARN, "pg2 has a restart pending"},
    {"candidate-pending", &over_pg2, pg2_pending, CHECK_WARN, "pg2 has a restart pending"},
    {"candidate-choice", &at_any, none_fit, CHECK_WARN, "no replica is fit to lead"},
    {"versions", &at_pg2, other_patroni, CHECK_WARN, "pg3 runs 4.1.4"},
    {"versions", &over_pg2, other_patroni, CHECK_WARN, "pg3 runs 4.1.4"},
    {"versions", &rolling, other_patroni, CHECK_WARN, "pg3 runs 4.1.4"},

    {"member-known", &restart_at, same, CHECK_PASS, "pg3 is a member"},
    {"member-known", &rolling_pg2, pg2_gone, CHECK_BLOCK, "gone from /cluster"},
    {"member-known", &reload_pg9, same, CHECK_BLOCK, "pg9 is not a member"},
    {"member-known", &cancel, pg2_gone, CHECK_BLOCK, "gone from /cluster"},
    {"member-api", &restart_at, same, CHECK_PASS, "pg3 answers"},
    {"member-api", &rolling_pg2, pg2_silent, CHECK_BLOCK, "and the request goes to it"},
    {"member-api", &reload, pg2_silent, CHECK_BLOCK, "and the request goes to it"},
    {"member-api", &cancel, pg2_silent, CHECK_BLOCK, "and the request goes to it"},
    {"member-state", &rolling_pg2, pg2_stopped, CHECK_WARN, "not running (stopped)"},
    {"restart-pending", &restart_at, same, CHECK_WARN, "pg3 has no pending restart"},
    {"restart-pending", &rolling_pending, pg3_pending, CHECK_PASS, "pg3 has a pending restart"},
    {"restart-leader", &restart_at_pg1, same, CHECK_WARN, "pg1 is the leader"},
    {"restart-leader", &rolling, same, CHECK_WARN, "pg1 is the leader"},
    {"restart-sync", &restart_at, pg3_sync, CHECK_WARN, "the only synchronous standby"},
    {"restart-sync", &rolling, pg3_sync, CHECK_WARN, "the only synchronous standby"},
    {"restart-scheduled", &restart_at, pg3_restart_scheduled, CHECK_BLOCK,
     "cancel restart pg3 makes room"},
    {"restart-scheduled", &rolling, pg3_restart_scheduled, CHECK_WARN, "this one cancels it"},
    {"restart-scheduled", &rolling, pg3_restart_in_both, CHECK_WARN, "this one cancels it"},
    {"restart-scheduled", &rolling, pg3_restart_left_in_key, CHECK_PASS,
     "pg3: no restart is scheduled"},
    {"restart-scheduled", &rolling, pg3_restart_cancelled, CHECK_PASS,
     "pg3: no restart is scheduled"},
    {"downstream", &rolling_pg2, cascade, CHECK_WARN, "pg4 streams from pg2"},
    {"base-backup", &at_pg2, copying, CHECK_WARN, "pg1 sends a base backup"},
    {"base-backup", &over_pg2, copying, CHECK_WARN, "pg1 sends a base backup"},
    {"base-backup", &rolling, copying, CHECK_WARN, "pg1 sends a base backup"},
    {"remove-known", &removal, same, CHECK_BLOCK, "what is in etcd is not known"},
    {"remove-known", &removal, etcd_empty, CHECK_PASS, "etcd is watched"},
    {"remove-known", &removal, etcd_old, CHECK_BLOCK, "the last word is"},
    {"remove-members", &removal, sb_etcd, CHECK_BLOCK, "pg1 holds the leader lock"},
    {"remove-members", &removal, etcd_one_left, CHECK_BLOCK, "pg1 is still a member"},
    {"remove-members", &removal, etcd_empty, CHECK_PASS, "no member of it"},
    {"remove-answers", &removal, etcd_empty, CHECK_PASS, "no Patroni of it answers"},
    {"remove-answers", &removal, etcd_one_left, CHECK_BLOCK, "the Patroni of pg1 answers"},
    {"others-acting", &at_pg2, alice_acts, CHECK_WARN,
     "alice on jump1 is doing this now, since 12.0 s: pgdba pause"},
    {"others-acting", &over_pg2, alice_acts, CHECK_WARN,
     "alice on jump1 is doing this now, since 12.0 s: pgdba pause"},
    {"others-acting", &restart_at, alice_acts, CHECK_WARN,
     "alice on jump1 is doing this now, since 12.0 s: pgdba pause"},
    {"others-acting", &rolling, alice_acts, CHECK_WARN,
     "alice on jump1 is doing this now, since 12.0 s: pgdba pause"},
    {"others-acting", &reload, alice_acts, CHECK_WARN,
     "alice on jump1 is doing this now, since 12.0 s: pgdba pause"},
    {"others-acting", &cancel, alice_acts, CHECK_WARN,
     "alice on jump1 is doing this now, since 12.0 s: pgdba pause"},
    {"others-acting", &cancel_switchover, alice_acts, CHECK_WARN,
     "alice on jump1 is doing this now, since 12.0 s: pgdba pause"},
    {"others-acting", &pause, alice_acts, CHECK_WARN,
     "alice on jump1 is doing this now, since 12.0 s: pgdba pause"},
    {"others-acting", &resume, alice_acts, CHECK_WARN,
     "alice on jump1 is doing this now, since 12.0 s: pgdba pause"},
    {"others-acting", &config, alice_acts, CHECK_WARN,
     "alice on jump1 is doing this now, since 12.0 s: pgdba pause"},
    {"others-acting", &demote, alice_acts, CHECK_WARN,
     "alice on jump1 is doing this now, since 12.0 s: pgdba pause"},
    {"others-acting", &promote, alice_acts, CHECK_WARN,
     "alice on jump1 is doing this now, since 12.0 s: pgdba pause"},
    {"others-acting", &query_pg1, alice_acts, CHECK_WARN,
     "alice on jump1 is doing this now, since 12.0 s: pgdba pause"},
    {"others-acting", &removal, alice_acts, CHECK_WARN,
     "alice on jump1 is doing this now, since 12.0 s: pgdba pause"},
    {"others-acting", &restart_any, alice_acts, CHECK_WARN,
     "alice on jump1 is doing this now, since 12.0 s: pgdba pause"},
    {"others-acting", &reinit_any, alice_acts, CHECK_WARN,
     "alice on jump1 is doing this now, since 12.0 s: pgdba pause"},
    {"others-acting", &switch_any, alice_acts, CHECK_WARN,
     "alice on jump1 is doing this now, since 12.0 s: pgdba pause"},
    {"others-acting", &pause, nobody_acts, CHECK_PASS, "nobody else says"},
    {"others-acting", &pause, sb_etcd, CHECK_WARN, "whether somebody else acts is not known"},
    {"others-acting", &pause, same, ABSENT, ""}, /* without etcd there is nothing to say */
    {"others-acting", &pause, somebody_acts, CHECK_WARN,
     "somebody on another host is doing this now: x"},
    {"long-transactions", &switch_any, long_transaction, CHECK_WARN,
     "has been open for 12m00s (app@orders, idle in transaction, pid 4711): it is broken off"},
    {"prepared-transactions", &switch_any, two_prepared, CHECK_WARN,
     "2 prepared transactions wait on pg1"},
    {"archiving", &switch_any, archive_fails, CHECK_WARN,
     "archiving fails on pg1: 00A1, last tried 30.0 s ago"},
    {"long-transactions", &at_pg2, long_transaction, CHECK_WARN,
     "has been open for 12m00s (app@orders, idle in transaction, pid 4711): it is broken off"},
    {"prepared-transactions", &at_pg2, two_prepared, CHECK_WARN,
     "2 prepared transactions wait on pg1"},
    {"archiving", &at_pg2, archive_fails, CHECK_WARN,
     "archiving fails on pg1: 00A1, last tried 30.0 s ago"},
    {"long-transactions", &over_pg2, long_transaction, CHECK_WARN,
     "has been open for 12m00s (app@orders, idle in transaction, pid 4711): it is broken off"},
    {"prepared-transactions", &over_pg2, two_prepared, CHECK_WARN,
     "2 prepared transactions wait on pg1"},
    {"archiving", &over_pg2, archive_fails, CHECK_WARN,
     "archiving fails on pg1: 00A1, last tried 30.0 s ago"},
    {"long-transactions", &restart_pg1_too, long_transaction, CHECK_WARN,
     "has been open for 12m00s (app@orders, idle in transaction, pid 4711): it is broken off"},
    {"prepared-transactions", &restart_pg1_too, two_prepared, CHECK_WARN,
     "2 prepared transactions wait on pg1"},
    {"archiving", &restart_pg1_too, archive_fails, CHECK_WARN,
     "archiving fails on pg1: 00A1, last tried 30.0 s ago"},
    {"long-transactions", &rolling, long_transaction, CHECK_WARN,
     "has been open for 12m00s (app@orders, idle in transaction, pid 4711): it is broken off"},
    {"prepared-transactions", &rolling, two_prepared, CHECK_WARN,
     "2 prepared transactions wait on pg1"},
    {"archiving", &rolling, archive_fails, CHECK_WARN,
     "archiving fails on pg1: 00A1, last tried 30.0 s ago"},
    {"long-transactions", &demote, long_transaction, CHECK_WARN,
     "has been open for 12m00s (app@orders, idle in transaction, pid 4711): it is broken off"},
    {"prepared-transactions", &demote, two_prepared, CHECK_WARN,
     "2 prepared transactions wait on pg1"},
    {"archiving", &demote, archive_fails, CHECK_WARN,
     "archiving fails on pg1: 00A1, last tried 30.0 s ago"},
    {"slots-lost", &switch_any, lonely_slot, CHECK_WARN,
     "the logical slot cdc is on pg1 alone, and in use"},
    {"slots-lost", &at_pg2, lonely_slot, CHECK_WARN,
     "the logical slot cdc is on pg1 alone, and in use"},
    {"slots-lost", &over_pg2, lonely_slot, CHECK_WARN,
     "the logical slot cdc is on pg1 alone, and in use"},
    {"long-transactions", &switch_any, quiet, CHECK_PASS, "no transaction is open on pg1"},
    {"long-transactions", &switch_any, short_transaction, CHECK_PASS, "open for 2.0 s"},
    {"long-transactions", &switch_any, plain_role, CHECK_PASS, "no member of pg_monitor"},
    {"long-transactions", &switch_any, vitals_old, CHECK_WARN, "not known: what pg1 said of it is"},
    {"long-transactions", &switch_any, vitals_denied, CHECK_WARN,
     "PostgreSQL on pg1 does not say it"},
    {"long-transactions", &switch_any, same, ABSENT, NULL}, /* not asked by configuration */
    {"long-transactions", &restart_any, long_transaction, ABSENT, NULL}, /* a replica alone */
    {"prepared-transactions", &switch_any, quiet, CHECK_PASS, "no prepared transaction"},
    {"slots-lost", &switch_any, quiet, CHECK_PASS, "every slot on pg1"},
    {"slots-lost", &switch_any, kept_slots, CHECK_PASS, "every slot on pg1"},
    {"archiving", &switch_any, quiet, CHECK_PASS, "archiving works on pg1"},
    {"archiving", &switch_any, no_archive, CHECK_PASS, "pg1 does not archive"},
    {"others-acting", &ha_ready, alice_acts, CHECK_WARN, "alice"},
    {"haproxy-answers", &ha_ready, balanced, CHECK_PASS, "HAProxy answers"},
    {"haproxy-answers", &ha_ready, balanced_silent, CHECK_BLOCK, "silent for 14 s (timed out)"},
    {"haproxy-socket", &ha_ready, balanced, CHECK_PASS, "of level admin"},
    {"haproxy-socket", &ha_ready, balanced_read_only, CHECK_BLOCK, "only of level user"},
    {"haproxy-last", &ha_ready, balanced, CHECK_PASS, "in no backend"},
    {"others-acting", &ha_drain, alice_acts, CHECK_WARN, "alice"},
    {"haproxy-answers", &ha_drain, balanced, CHECK_PASS, "HAProxy answers"},
    {"haproxy-answers", &ha_drain, balanced_silent, CHECK_BLOCK, "silent for 14 s (timed out)"},
    {"haproxy-socket", &ha_drain, balanced, CHECK_PASS, "of level admin"},
    {"haproxy-socket", &ha_drain, balanced_read_only, CHECK_BLOCK, "only of level user"},
    {"haproxy-last", &ha_drain, balanced, CHECK_PASS, "in no backend"},
    {"haproxy-leader", &ha_drain, balanced, CHECK_PASS, "not among them"},
    {"others-acting", &ha_maint, alice_acts, CHECK_WARN, "alice"},
    {"haproxy-answers", &ha_maint, balanced, CHECK_PASS, "HAProxy answers"},
    {"haproxy-answers", &ha_maint, balanced_silent, CHECK_BLOCK, "silent for 14 s (timed out)"},
    {"haproxy-socket", &ha_maint, balanced, CHECK_PASS, "of level admin"},
    {"haproxy-socket", &ha_maint, balanced_read_only, CHECK_BLOCK, "only of level user"},
    {"haproxy-last", &ha_maint, balanced, CHECK_PASS, "in no backend"},
    {"haproxy-leader", &ha_maint, balanced, CHECK_PASS, "not among them"},
    {"others-acting", &ha_shut, alice_acts, CHECK_WARN, "alice"},
    {"haproxy-answers", &ha_shut, balanced, CHECK_PASS, "HAProxy answers"},
    {"haproxy-answers", &ha_shut, balanced_silent, CHECK_BLOCK, "silent for 14 s (timed out)"},
    {"haproxy-socket", &ha_shut, balanced, CHECK_PASS, "of level admin"},
    {"haproxy-socket", &ha_shut, balanced_read_only, CHECK_BLOCK, "only of level user"},
    {"haproxy-last", &ha_shut, balanced, CHECK_PASS, "in no backend"},
    {"haproxy-leader", &ha_shut, balanced, CHECK_PASS, "not among them"},
    {"haproxy-last", &ha_drain_pg1, balanced, CHECK_WARN, "nobody is left that takes"},
    {"haproxy-leader", &ha_drain_pg1, balanced, CHECK_WARN, "pg1 leads: haproxy rw/pg1 is where"},
    {"haproxy-leader", &ha_shut_pg1, balanced, CHECK_WARN, "pg1 leads: clients of haproxy rw/pg1"},
    {"haproxy-state", &ha_ready, balanced_held, CHECK_PASS, "changed by it"},
    {"haproxy-state", &ha_ready, balanced, CHECK_WARN, "neither in maintenance nor in drain"},
    {"haproxy-state", &ha_drain, balanced, CHECK_PASS, "changed by it"},
    {"haproxy-state", &ha_maint, balanced_held, CHECK_WARN, "is in maintenance already"},
    {"haproxy-state", &ha_shut, balanced_sessions, CHECK_PASS, "changed by it"},
    {"haproxy-state", &ha_shut, balanced, CHECK_WARN, "has no sessions"},
    {"query-leader", &query_pg1, same, CHECK_PASS, "pg1 leads"},
    {"query-leader", &query_pg2, same, CHECK_WARN, "pg2 is a replica: nothing can be written"},
    {"query-leader", &query_pg2, leaderless, CHECK_WARN, "and nobody leads"},
    {"picture-fresh", &query_pg1, same, CHECK_PASS, "old"},
    {"picture-fresh", &query_pg1, old, CHECK_BLOCK, "12"},
    {"clients-waiting", &over_pg2, clients_wait, CHECK_WARN, "4 clients wait"},
    {"clients-waiting", &rolling, clients_wait, CHECK_WARN, "4 clients wait"},
    {"clients-waiting", &demote, clients_wait, CHECK_WARN, "4 clients wait"},
};
const int preflight_nmore = sizeof preflight_more_cases / sizeof *preflight_more_cases;
