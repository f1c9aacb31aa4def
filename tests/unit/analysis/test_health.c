/* analysis/health: every rule has a case in which it fires, with its numbers, and one near to it in
 * which it must not. The last test counts that this is so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "health_cases.h"
#include "pgdba/analysis/carry.h"
#include "pgdba/analysis/health.h"

#define NOW SB_NOW_US

/* ---- what is wrong: each starts from a healthy cluster */

static void nothing(struct sb *b)
{
    (void)b;
}
static void stop(struct sb *b, const char *name, enum obs_outcome how, int s)
{
    sb_fail(b, &sb_member(b, name)->api, how, SB_SEC(s));
}
static void lifeless(struct sb *b, const char *name, int s)
{
    stop(b, name, OBS_TIMED_OUT, s);
    sb_never_answered(b, &sb_member(b, name)->liveness, OBS_TIMED_OUT);
}
static void state_is(struct sb *b, const char *name, enum pg_state st, const char *text)
{
    sb_health(b, name)->state = sb_row(b, name)->state = st;
    sb_health(b, name)->state_text = sb_row(b, name)->state_text = text;
}
static void says(struct sb *b, const char *name, enum role role, const char *text)
{
    sb_health(b, name)->role = role;
    sb_health(b, name)->role_text = text;
}

static void never_asked(struct sb *b)
{
    b->s->nmembers = 0;
    b->s->leader = -1;
    b->s->view = (struct source_state){.endpoint = "", .detail = ""};
}
static void view_asked(struct sb *b)
{
    never_asked(b);
    sb_never_answered(b, &b->s->view, OBS_REFUSED);
}
static void all_silent(struct sb *b)
{
    sb_fail(b, &b->s->view, OBS_TIMED_OUT, SB_SEC(42));
    for (int i = 0; i < 3; i++)
        sb_fail(b, &b->members[i].api, OBS_TIMED_OUT, SB_SEC(42));
}
static void one_answers(struct sb *b)
{
    all_silent(b);
    sb_answered(b, &sb_member(b, "pg3")->api, 0);
}
static void one_liveness_answers(struct sb *b)
{
    all_silent(b);
    sb_answered(b, &sb_member(b, "pg3")->liveness, 0);
}
static void view_silent(struct sb *b)
{
    sb_fail(b, &b->s->view, OBS_TIMED_OUT, SB_SEC(12));
}
static void view_failed_once(struct sb *b)
{
    sb_fail(b, &b->s->view, OBS_REFUSED, SB_SEC(1));
}
static void view_forgotten(struct sb *b)
{
    sb_answered(b, &b->s->view, SB_SEC(61));
}
static void view_not_asked_but_member(struct sb *b)
{
    b->s->view = (struct source_state){.endpoint = "", .detail = ""};
}
static void view_never(struct sb *b)
{
    sb_never_answered(b, &b->s->view, OBS_GARBLED);
}
static void no_leader(struct sb *b)
{
    sb_no_leader(b, SB_SEC(9));
    says(b, "pg1", ROLE_DEMOTED, "demoted");
}
static void no_leader_picture_old(struct sb *b)
{
    no_leader(b);
    sb_fail(b, &b->s->view, OBS_TIMED_OUT, SB_SEC(5));
}
static void no_leader_a_primary(struct sb *b)
{
    sb_no_leader(b, SB_SEC(9));
}
static void no_leader_paused(struct sb *b)
{
    sb_no_leader(b, SB_SEC(9));
    b->s->paused = true;
}
static void no_leader_paused_no_primary(struct sb *b)
{
    no_leader(b);
    b->s->paused = true;
}

/* ---- primaries */
static void two(struct sb *b)
{
    says(b, "pg3", ROLE_LEADER, "master");
    sb_health(b, "pg3")->timeline = 4;
}
static void two_in_pause(struct sb *b)
{
    two(b);
    b->s->paused = true;
}
/* A switchover half seen: pg2 was promoted a second ago, pg1 was asked before that. */
static void two_half_seen(struct sb *b)
{
    sb_lead(b, "pg2", true);
    says(b, "pg1", ROLE_LEADER, "master");
    b->s->leader_since_us = NOW - 300 * USEC_PER_MS;
    sb_member(b, "pg2")->role_since_us = NOW - 200 * USEC_PER_MS;
    sb_answered(b, &sb_member(b, "pg1")->api, 900 * USEC_PER_MS);
}
/* … and asked again, it still says so. */
static void two_for_certain(struct sb *b)
{
    two_half_seen(b);
    sb_answered(b, &sb_member(b, "pg1")->api, 100 * USEC_PER_MS);
}
static void two_one_stopped(struct sb *b)
{
    two(b);
    sb_health(b, "pg3")->state = PGS_STOPPED;
}
static void two_one_silent(struct sb *b)
{
    two(b);
    stop(b, "pg3", OBS_TIMED_OUT, 3);
}
static void two_without_leader(struct sb *b)
{
    two(b);
    sb_no_leader(b, SB_SEC(3));
}
static void other_primary(struct sb *b)
{
    two(b);
    stop(b, "pg1", OBS_REFUSED, 4);
}
static void other_primary_just_now(struct sb *b) /* the view was asked before it was promoted */
{
    other_primary(b);
    sb_member(b, "pg3")->role_since_us = NOW - 100 * USEC_PER_MS;
}
static void other_primary_before(struct sb *b) /* it was asked before the leader led */
{
    other_primary(b);
    b->s->leader_since_us = NOW - 100 * USEC_PER_MS;
}

/* ---- the leader */
static void leader_stopping(struct sb *b)
{
    state_is(b, "pg1", PGS_STOPPING, "stopping");
}
static void leader_row_stopped(struct sb *b)
{
    leader_stopping(b);
    stop(b, "pg1", OBS_REFUSED, 4);
}
static void leader_no_timeline(struct sb *b)
{
    sb_row(b, "pg1")->timeline = 0;
    stop(b, "pg1", OBS_TIMED_OUT, 4);
}
static void leader_row_behind(struct sb *b) /* its own word is newer than the row */
{
    sb_row(b, "pg1")->timeline = 0;
    sb_row(b, "pg1")->state = PGS_STARTING;
}
static void leader_stuck(struct sb *b)
{
    stop(b, "pg1", OBS_TIMED_OUT, 14);
    sb_answered(b, &sb_member(b, "pg1")->liveness, 0);
}
static void leader_lifeless(struct sb *b)
{
    lifeless(b, "pg1", 14);
}
static void leader_refuses(struct sb *b)
{
    stop(b, "pg1", OBS_REFUSED, 4);
}
static void leader_lifeless_and_leads_on(struct sb *b)
{
    lifeless(b, "pg1", 51);
}
static void leader_lifeless_old_view(struct sb *b)
{
    lifeless(b, "pg1", 51);
    view_silent(b);
}
static void leader_tls(struct sb *b)
{
    stop(b, "pg1", OBS_TLS, 14);
}
static void leader_liveness_not_asked(struct sb *b)
{
    stop(b, "pg1", OBS_TIMED_OUT, 3);
}
static void leader_never_reachable(struct sb *b)
{
    struct member *m = sb_member(b, "pg1");
    m->health = NULL;
    m->note = "API not reachable from here";
    sb_never_answered(b, &m->api, OBS_REFUSED);
    sb_never_answered(b, &m->liveness, OBS_REFUSED);
}
static void leader_in_recovery(struct sb *b)
{
    says(b, "pg1", ROLE_REPLICA, "replica");
    b->s->leader_since_us = NOW - SB_SEC(11);
}
static void leader_in_recovery_since_ever(struct sb *b)
{
    says(b, "pg1", ROLE_REPLICA, "replica");
}
static void leader_promoting(struct sb *b)
{
    says(b, "pg1", ROLE_REPLICA, "replica");
    b->s->leader_since_us = NOW - SB_SEC(3);
}
static void standby_leader(struct sb *b)
{
    says(b, "pg1", ROLE_STANDBY_LEADER, "standby_leader");
    sb_row(b, "pg1")->role = ROLE_STANDBY_LEADER;
}
static void leader_unlocked(struct sb *b)
{
    sb_health(b, "pg1")->cluster_unlocked = true;
}
static void leader_failsafe(struct sb *b)
{
    leader_unlocked(b);
    sb_health(b, "pg1")->failsafe_active = true;
}
static void leader_unlocked_paused(struct sb *b)
{
    leader_unlocked(b);
    b->s->paused = true;
}
static void leader_unlocked_demoted(struct sb *b)
{
    leader_unlocked(b);
    leader_in_recovery(b);
}
static void leader_unlocked_before(struct sb *b)
{
    leader_unlocked(b);
    b->s->leader_since_us = NOW - 100 * USEC_PER_MS;
}

/* ---- members */
static void url_silent(struct sb *b)
{
    static const struct silent_url u = {"http://10.0.0.4:8008", OBS_TIMED_OUT, ""};
    b->s->silent_urls = &u;
    b->s->nsilent_urls = 1;
}
static void vanished(struct sb *b)
{
    sb_vanish(b, "pg3", SB_SEC(95));
    stop(b, "pg3", OBS_REFUSED, 110);
}
static void vanished_long_ago(struct sb *b)
{
    sb_vanish(b, "pg3", SB_SEC(245));
}
static void never_listed(struct sb *b) /* known from the configuration alone */
{
    sb_member(b, "pg3")->listed = false;
    sb_member(b, "pg3")->last_seen_us = sb_member(b, "pg3")->last_seen_wall_us = 0;
    sb_member(b, "pg3")->dcs = NULL;
}
static void never_listed_yet(struct sb *b)
{
    never_listed(b);
    sb_never_answered(b, &b->s->view, OBS_TIMED_OUT);
}
static void vanished_answers(struct sb *b)
{
    sb_vanish(b, "pg3", SB_SEC(95));
}
static void crashed(struct sb *b)
{
    state_is(b, "pg3", PGS_FAILED, "crashed");
}
static void leader_crashed(struct sb *b)
{
    state_is(b, "pg1", PGS_FAILED, "crashed");
}
static void creating(struct sb *b)
{
    state_is(b, "pg3", PGS_CREATING_REPLICA, "creating replica");
}
static void row_stopped_but_runs(struct sb *b)
{
    sb_row(b, "pg3")->state = PGS_STOPPED;
}
static void row_stopped_silent(struct sb *b)
{
    state_is(b, "pg3", PGS_STOPPED, "stopped");
    stop(b, "pg3", OBS_TIMED_OUT, 8);
    view_silent(b);
}
static void member_stuck(struct sb *b)
{
    stop(b, "pg2", OBS_TIMED_OUT, 14);
    sb_answered(b, &sb_member(b, "pg2")->liveness, 0);
}
static void member_silent(struct sb *b)
{
    lifeless(b, "pg2", 14);
}
static void member_forgotten(struct sb *b)
{
    sb_answered(b, &sb_member(b, "pg2")->api, SB_SEC(14));
}
static void member_never_answers(struct sb *b)
{
    sb_member(b, "pg2")->health = NULL;
    sb_never_answered(b, &sb_member(b, "pg2")->api, OBS_UNAUTHORISED);
}
static void member_out_of_reach(struct sb *b)
{
    member_never_answers(b);
    sb_member(b, "pg2")->note = "API not reachable from here";
}
static void member_not_asked(struct sb *b)
{
    sb_member(b, "pg2")->health = NULL;
    sb_member(b, "pg2")->api = (struct source_state){.endpoint = "", .detail = ""};
}
static void member_not_asked_and_said(struct sb *b)
{
    member_not_asked(b);
    sb_member(b, "pg2")->note = "API not asked yet";
}
static void not_streaming(struct sb *b)
{
    sb_streams(b, "pg1", (const char *const[]){"pg3", NULL});
    sb_member(b, "pg2")->stream_lost_us = NOW - SB_SEC(14);
}
static void not_streaming_since_ever(struct sb *b)
{
    not_streaming(b);
    sb_member(b, "pg2")->stream_lost_us = STREAM_LOST_BEFORE;
}
static void not_streaming_a_moment(struct sb *b)
{
    not_streaming(b);
    sb_member(b, "pg2")->stream_lost_us = NOW - SB_SEC(9);
}
static void archive_by_design(struct sb *b)
{
    not_streaming(b);
    sb_tag(b, "pg2", "nostream", "true");
}
static void streaming_unknown(struct sb *b) /* nobody who could know answers: no verdict */
{
    not_streaming(b);
    stop(b, "pg1", OBS_TIMED_OUT, 4);
}
static void nobody_streams_without_leader(struct sb *b)
{
    not_streaming(b);
    no_leader(b);
}
static void other_timeline(struct sb *b)
{
    sb_health(b, "pg3")->timeline = sb_row(b, "pg3")->timeline = 2;
}
static void other_timeline_young_leader(struct sb *b)
{
    other_timeline(b);
    b->s->leader_since_us = NOW - SB_SEC(5);
}
static void row_timeline_behind(struct sb *b)
{
    sb_row(b, "pg3")->timeline = 2;
}
static void replay_paused(struct sb *b)
{
    sb_lag(b, "pg3", 0, 3 << 20);
    sb_health(b, "pg3")->replay_paused = true;
}
static void replay_paused_long_ago(struct sb *b)
{
    replay_paused(b);
    stop(b, "pg3", OBS_TIMED_OUT, 14);
}
static void lag_over(struct sb *b)
{
    sb_lag(b, "pg3", 48 << 20, 48 << 20);
}
static void lag_at_limit(struct sb *b)
{
    sb_lag(b, "pg3", 1048576, 99 << 20); /* replay is not what Patroni's limit is about */
}
static void lag_limit_raised(struct sb *b)
{
    lag_over(b);
    b->config->maximum_lag_on_failover = 64 << 20;
}
static void dcs_unseen(struct sb *b)
{
    sb_health(b, "pg3")->dcs_last_seen = sb_health(b, "pg3")->date_s - 34;
}
static void dcs_seen(struct sb *b)
{
    sb_health(b, "pg3")->dcs_last_seen = sb_health(b, "pg3")->date_s - 20;
    sb_health(b, "pg2")->dcs_last_seen = 0;
    sb_health(b, "pg1")->date_s = 0;
}
static void member_unlocked(struct sb *b)
{
    sb_health(b, "pg3")->cluster_unlocked = true;
}
static void member_unlocked_no_leader(struct sb *b)
{
    member_unlocked(b);
    no_leader(b);
}
static void watchdog(struct sb *b)
{
    sb_health(b, "pg2")->watchdog_failed = true;
}
static void watchdog_old(struct sb *b)
{
    watchdog(b);
    stop(b, "pg2", OBS_TIMED_OUT, 9);
}
static void answers_as_another(struct sb *b)
{
    sb_health(b, "pg2")->name = "pg7";
}
static void other_cluster(struct sb *b)
{
    sb_health(b, "pg2")->scope = "billing";
}
static void other_system(struct sb *b)
{
    sb_health(b, "pg2")->system_id = "6510399339470515999";
}
static void unnamed(struct sb *b)
{
    sb_health(b, "pg2")->name = NULL;
    sb_health(b, "pg2")->scope = NULL;
    sb_health(b, "pg2")->system_id = NULL;
}

/* ---- the cluster */
static void nobody_fit(struct sb *b)
{
    sb_tag(b, "pg2", "nofailover", "true");
    sb_lag(b, "pg3", 48 << 20, 48 << 20);
}
static void one_fit(struct sb *b)
{
    sb_tag(b, "pg2", "nofailover", "true");
}
static void leader_alone(struct sb *b)
{
    b->s->nmembers = 1;
}
static void paused(struct sb *b)
{
    b->s->paused = true;
}
static void sync_none(struct sb *b)
{
    b->config->synchronous_mode = true;
}
static void sync_none_strict(struct sb *b)
{
    sync_none(b);
    b->config->synchronous_mode_strict = true;
}
static void sync_one_of_two(struct sb *b)
{
    sync_none(b);
    b->config->synchronous_node_count = 2;
    sb_row(b, "pg2")->role = ROLE_SYNC_STANDBY;
}
static void sync_one_strict(struct sb *b)
{
    sync_none_strict(b);
    sb_row(b, "pg2")->role = ROLE_SYNC_STANDBY;
}
static void sync_quorum(struct sb *b)
{
    b->config->synchronous_mode = b->config->synchronous_quorum = true;
    b->config->synchronous_node_count = 2;
    sb_row(b, "pg2")->role = ROLE_QUORUM_STANDBY;
}

/* ---- PgBouncer */
static void bouncer_silent(struct sb *b)
{
    sb_fail(b, &b->bouncers[0].state, OBS_TIMED_OUT, SB_SEC(14));
    sb_fail(b, &b->bouncers[0].pools_state, OBS_TIMED_OUT, SB_SEC(14));
    sb_fail(b, &b->bouncers[0].databases_state, OBS_TIMED_OUT, SB_SEC(14));
}
static void bouncer_never(struct sb *b)
{
    b->bouncers[0] = (struct bouncer){.name = "pgbouncer", .endpoint = ""};
}
static void bouncer_paused(struct sb *b)
{
    b->bouncers[0].globals.paused = TRI_YES;
}
static void bouncer_suspended(struct sb *b)
{
    b->bouncers[0].globals.suspended = TRI_YES;
}
static void bouncer_state_unknown(struct sb *b)
{
    b->bouncers[0].globals = (struct pgb_state){TRI_UNKNOWN, TRI_UNKNOWN, TRI_UNKNOWN, false};
}
static void pool_waits(struct sb *b)
{
    sb_pool(b, 0, 0)->cl_waiting = 2;
    sb_pool(b, 0, 0)->maxwait_us = 2500 * USEC_PER_MS;
}
static void pool_waits_long(struct sb *b)
{
    pool_waits(b);
    sb_pool(b, 0, 0)->maxwait_us = SB_SEC(12);
}
static void pool_without_servers(struct sb *b)
{
    struct pgb_pool *p = sb_pool(b, 0, 0);
    pool_waits_long(b);
    p->sv_active = p->sv_idle = p->sv_used = 0;
}
static void pool_without_servers_old(struct sb *b)
{
    pool_without_servers(b);
    bouncer_silent(b);
}
static void pool_opening(struct sb *b)
{
    struct pgb_pool *p = sb_pool(b, 0, 0);
    p->cl_waiting = 3;
    p->sv_active = p->sv_idle = p->sv_used = 0;
    p->sv_login = 1;
}
static void pool_saturated(struct sb *b)
{
    sb_pool(b, 0, 0)->cl_waiting = 1;
    sb_pool(b, 0, 0)->sv_active = 25;
}
static void database_paused(struct sb *b)
{
    sb_database(b, 0, 0)->paused = true;
    sb_pool(b, 0, 0)->cl_waiting = 3;
    sb_pool(b, 0, 1)->cl_waiting = 2;
}
static void database_paused_old(struct sb *b)
{
    database_paused(b);
    bouncer_silent(b);
}
static void database_disabled(struct sb *b)
{
    sb_database(b, 0, 1)->disabled = true;
}
static void database_full(struct sb *b)
{
    sb_database(b, 0, 1)->current_connections = 50;
}
static void database_unlimited(struct sb *b)
{
    sb_database(b, 0, 0)->current_connections = 5000;
}

static const struct health_case cases[] = {
    {"no-answer-yet", never_asked, "", "no source has answered yet"},
    {"no-answer-yet", view_asked, NULL, NULL},
    {"unreachable", all_silent, "",
     "nothing answers from here (/cluster: timed out), the picture is 42 s old"},
    {"unreachable", view_asked, "", "(/cluster: refused), nothing ever has"},
    {"unreachable", never_asked, NULL, NULL},
    {"unreachable", one_answers, NULL, NULL},
    {"unreachable", one_liveness_answers, NULL, NULL},
    {"view-old", view_silent, "", "the picture is 12 s old: /cluster timed out"},
    {"view-old", view_forgotten, "", "the picture is 61 s old: /cluster has said nothing since"},
    {"view-old", view_never, "",
     "/cluster has never answered (garbled); Patroni gives no answer while its DCS is away"},
    {"view-old", view_not_asked_but_member, "", "/cluster has not been asked yet"},
    {"no-answer-yet", view_not_asked_but_member, NULL, NULL},
    {"view-old", one_answers, "", "the picture is 42 s old"},
    {"view-old", view_failed_once, NULL, NULL},
    {"view-old", all_silent, NULL, NULL}, /* unreachable says more */
    {"no-leader", no_leader, "", "no leader for 9 s: writes fail until a replica is promoted"},
    {"no-leader", no_leader_picture_old, "", "no leader for 4 s (as /cluster said 5 s ago)"},
    {"no-leader", no_leader_a_primary, "", "by its own word primary: pg1"},
    {"no-leader", no_leader_paused_no_primary, "",
     "the cluster is paused, Patroni promotes nobody"},
    {"no-leader", no_leader_paused, NULL, NULL},
    {"no-leader", never_asked, NULL, NULL},
    {"no-leader", nothing, NULL, NULL},
    {"no-leader-paused", no_leader_paused, "",
     "no leader lock for 9 s: the cluster is paused and pg1 runs as primary"},
    {"no-leader-paused", no_leader_paused_no_primary, NULL, NULL},
    {"no-leader-paused", no_leader_a_primary, NULL, NULL},

    {"two-primaries", two, "pg3",
     "says it is primary on timeline 4, and so does pg1 on timeline 3: two primaries"},
    {"two-primaries", two_in_pause, "pg3", "(the cluster is paused)"},
    {"two-primaries", two_for_certain, "pg1", "so does pg2 on timeline 4"},
    {"two-primaries", two_without_leader, "pg3", "so does pg1"},
    {"two-primaries", two_half_seen, NULL, NULL},
    {"two-primaries", two_one_stopped, NULL, NULL},
    {"two-primaries", two_one_silent, NULL, NULL},
    {"two-primaries", standby_leader, NULL, NULL},
    {"primary-not-leader", other_primary, "pg3",
     "says it is primary, but /cluster lists pg1 as the leader"},
    {"primary-not-leader", other_primary_just_now, NULL, NULL},
    {"primary-not-leader", other_primary_before, NULL, NULL},
    {"primary-not-leader", two_half_seen, NULL, NULL},
    {"primary-not-leader", two, NULL, NULL}, /* two-primaries says more */

    {"leader-not-running", leader_stopping, "pg1", "PostgreSQL is not running: stopping"},
    {"leader-not-running", leader_crashed, "pg1", "not running: crashed"},
    {"leader-not-running", leader_row_stopped, "pg1", "not running by /cluster: stopping"},
    {"leader-not-running", leader_no_timeline, "pg1", "/cluster shows no timeline"},
    {"leader-not-running", leader_row_behind, NULL, NULL},
    {"leader-not-running", crashed, NULL, NULL},
    {"leader-stuck", leader_stuck, "pg1",
     "Patroni is alive but PostgreSQL has not answered it for 14 s (timed out)"},
    {"leader-stuck", leader_lifeless, NULL, NULL},
    {"leader-stuck", member_stuck, NULL, NULL},
    {"leader-gone", leader_lifeless, "pg1",
     "no sign of life for 14 s (timed out): its lease lasts up to 30 s"},
    {"leader-gone", leader_refuses, "pg1", "for 4 s (refused)"},
    {"leader-gone", leader_lifeless_old_view, "pg1", "for 51 s"},
    {"leader-gone", leader_lifeless_and_leads_on, NULL, NULL},
    {"leader-gone", leader_stuck, NULL, NULL},
    {"leader-gone", leader_liveness_not_asked, NULL, NULL},
    {"leader-gone", leader_tls, NULL, NULL},
    {"leader-gone", leader_never_reachable, NULL, NULL},
    {"leader-silent", leader_tls, "pg1", "API is silent for 14 s (TLS); PostgreSQL alive unknown"},
    {"leader-silent", leader_liveness_not_asked, "pg1", "for 3 s (timed out)"},
    {"leader-silent", leader_lifeless_and_leads_on, "pg1",
     "for 51 s (timed out); it keeps its lease"},
    {"leader-silent", leader_lifeless, NULL, NULL},
    {"leader-silent", leader_stuck, NULL, NULL},
    {"leader-silent", leader_never_reachable, NULL, NULL},
    {"leader-silent", member_silent, NULL, NULL},
    {"leader-not-primary", leader_in_recovery, "pg1",
     "leader for 11 s, but says it is \"replica\": writes fail"},
    {"leader-not-primary", leader_in_recovery_since_ever, "pg1", "says it is \"replica\""},
    {"leader-not-primary", leader_promoting, NULL, NULL},
    {"leader-not-primary", standby_leader, NULL, NULL},
    {"leader-not-primary", leader_crashed, NULL, NULL},
    {"leader-promoting", leader_promoting, "pg1",
     "leader for 3 s, still says \"replica\": promotion under way"},
    {"leader-promoting", leader_in_recovery, NULL, NULL},
    {"leader-unlocked", leader_unlocked, "pg1", "sees no leader key or no DCS"},
    {"leader-unlocked", leader_failsafe, NULL, NULL},
    {"leader-unlocked", leader_unlocked_paused, NULL, NULL},
    {"leader-unlocked", leader_unlocked_demoted, NULL, NULL},
    {"leader-unlocked", leader_unlocked_before, NULL, NULL},
    {"leader-unlocked", member_unlocked, NULL, NULL},

    {"member-vanished", vanished, "pg3", "gone from /cluster for 95 s (was replica, running)"},
    {"member-vanished", vanished_long_ago, "pg3", "for 4m05s"},
    {"member-vanished", never_listed, "pg3", "never listed in /cluster"},
    {"member-vanished", never_listed_yet, NULL, NULL},
    {"member-vanished", vanished_answers, "pg3", "its API still answers"},
    {"member-vanished", member_silent, NULL, NULL},
    {"configured-silent", url_silent, "",
     "http://10.0.0.4:8008 is configured, gives no answer (timed out)"},
    {"configured-silent", member_silent, NULL, NULL},
    {"member-failed", crashed, "pg3", "PostgreSQL failed: crashed"},
    {"member-failed", leader_crashed, NULL, NULL},
    {"member-failed", creating, NULL, NULL},
    {"member-not-running", creating, "pg3", "PostgreSQL is not running: creating replica"},
    {"member-not-running", row_stopped_silent, "pg3",
     "not running: stopped (as /cluster said 12 s ago)"},
    {"member-not-running", row_stopped_but_runs, NULL, NULL},
    {"member-not-running", crashed, NULL, NULL},
    {"member-not-running", leader_stopping, NULL, NULL},
    {"member-stuck", member_stuck, "pg2", "has not answered it for 14 s (timed out)"},
    {"member-stuck", member_silent, NULL, NULL},
    {"member-stuck", leader_stuck, NULL, NULL},
    {"member-silent", member_silent, "pg2",
     "pg2: API silent for 14 s (timed out); PostgreSQL alive unknown"},
    {"member-silent", member_forgotten, "pg2", "silent for 14 s (nothing since)"},
    {"member-silent", member_never_answers, "pg2", "since it was first asked (unauthorised)"},
    {"member-silent", member_out_of_reach, NULL, NULL},
    {"member-silent", member_not_asked, NULL, NULL},
    {"member-silent", member_stuck, NULL, NULL},
    {"member-silent", vanished, NULL, NULL},
    {"member-not-asked", member_not_asked, "pg2", "not asked yet"},
    {"member-not-asked", member_not_asked_and_said, "pg2", "not asked yet"},
    {"member-not-asked", member_out_of_reach, NULL, NULL},
    {"member-not-asked", member_never_answers, NULL, NULL},
    {"member-not-streaming", not_streaming, "pg2", "runs but does not stream for 14 s"},
    {"member-not-streaming", not_streaming_since_ever, "pg2", "runs but does not stream"},
    {"member-not-streaming", not_streaming_a_moment, NULL, NULL},
    {"member-not-streaming", archive_by_design, NULL, NULL},
    {"member-not-streaming", streaming_unknown, NULL, NULL},
    {"member-not-streaming", nobody_streams_without_leader, NULL, NULL},
    {"member-not-streaming", creating, NULL, NULL},
    {"timeline-differs", other_timeline, "pg3", "on timeline 2, the leader pg1 on 3"},
    {"timeline-differs", other_timeline_young_leader, NULL, NULL},
    {"timeline-differs", row_timeline_behind, NULL, NULL},
    {"replay-paused", replay_paused, "pg3", "replay is paused, behind by 3.0 MB"},
    {"replay-paused", replay_paused_long_ago, NULL, NULL},
    {"lag-over-limit", lag_over, "pg3", "48.0 MB behind, over maximum_lag_on_failover (1.0 MB)"},
    {"lag-over-limit", lag_at_limit, NULL, NULL},
    {"lag-over-limit", lag_limit_raised, NULL, NULL},
    {"dcs-unseen", dcs_unseen, "pg3", "last saw the DCS 34 s ago (limit 20 s)"},
    {"dcs-unseen", dcs_seen, NULL, NULL},
    {"failsafe-active", leader_failsafe, "pg1", "failsafe mode is active"},
    {"failsafe-active", leader_unlocked, NULL, NULL},
    {"member-unlocked", member_unlocked, "pg3", "/cluster lists pg1 as leader"},
    {"member-unlocked", leader_unlocked_paused, "pg1", "the cluster is paused"},
    {"member-unlocked", member_unlocked_no_leader, NULL, NULL},
    {"member-unlocked", leader_unlocked, NULL, NULL},
    {"watchdog-failed", watchdog, "pg2", "watchdog failed"},
    {"watchdog-failed", watchdog_old, NULL, NULL},
    {"identity-differs", answers_as_another, "pg2", "calls itself pg7"},
    {"identity-differs", other_cluster, "pg2", "belongs to cluster billing, not lab"},
    {"identity-differs", other_system, "pg2", "6510399339470515999"},
    {"identity-differs", unnamed, NULL, NULL},

    {"no-candidate", nobody_fit, "",
     "no replica is fit to take over: pg2 nofailover, pg3 48.0 MB behind (limit 1.0 MB)"},
    {"no-candidate", leader_alone, "", "no replica is fit to take over: there is none"},
    {"no-candidate", one_fit, NULL, NULL},
    {"no-candidate", no_leader, NULL, NULL},
    {"no-candidate", member_out_of_reach, NULL, NULL},
    {"paused", paused, "", "automatic failover is off (pause)"},
    {"paused", nothing, NULL, NULL},
    {"sync-missing-strict", sync_none_strict, "", "no synchronous standby: writes wait"},
    {"sync-missing-strict", sync_none, NULL, NULL},
    {"sync-missing-strict", sync_one_strict, NULL, NULL},
    {"sync-missing", sync_none, "", "0 of 1 synchronous standbys"},
    {"sync-missing", sync_one_of_two, "", "1 of 2 synchronous standbys"},
    {"sync-missing", sync_none_strict, NULL, NULL},
    {"sync-missing", sync_quorum, NULL, NULL},
    {"sync-missing", nothing, NULL, NULL},

    {"bouncer-silent", bouncer_silent, "pgbouncer",
     "no answer from PgBouncer for 14 s (timed out)"},
    {"bouncer-silent", bouncer_never, NULL, NULL},
    {"bouncer-not-asked", bouncer_never, "pgbouncer", "not been asked yet"},
    {"bouncer-not-asked", bouncer_silent, NULL, NULL},
    {"bouncer-held", bouncer_paused, "pgbouncer", "PgBouncer is paused as a whole"},
    {"bouncer-held", bouncer_suspended, "pgbouncer", "PgBouncer is suspended as a whole"},
    {"bouncer-held", bouncer_state_unknown, NULL, NULL},
    {"pool-wait", pool_waits, "pgbouncer", "app/alice: 2 waiting, the first for 2.5 s"},
    {"pool-wait", pool_waits_long, NULL, NULL},
    {"pool-wait-long", pool_waits_long, "pgbouncer",
     "2 waiting, the first for 12.0 s (limit 10.0 s)"},
    {"pool-wait-long", pool_waits, NULL, NULL},
    {"pool-no-server", pool_without_servers, "pgbouncer", "2 waiting, 12.0 s, no server"},
    {"pool-no-server", pool_without_servers_old, NULL, NULL},
    {"pool-no-server", pool_opening, NULL, NULL},
    {"pool-connecting", pool_opening, "pgbouncer", "3 waiting"},
    {"pool-connecting", pool_waits, NULL, NULL},
    {"pool-saturated", pool_saturated, "pgbouncer", "29 of 25 servers in use, 1 waiting"},
    {"pool-saturated", pool_waits, NULL, NULL},
    {"database-paused", database_paused, "pgbouncer", "database app is paused, 5 clients wait"},
    {"database-paused", database_paused_old, NULL, NULL},
    {"database-disabled", database_disabled, "pgbouncer", "database reports is disabled"},
    {"database-disabled", nothing, NULL, NULL},
    {"database-full", database_full, "pgbouncer", "database reports has 50 of 50"},
    {"database-full", database_unlimited, NULL, NULL},
};
#define NCASES (sizeof cases / sizeof *cases)

static const struct verdict *find(const struct verdicts *v, const char *rule, const char *subject)
{
    for (int i = 0; i < v->n; i++)
        if (strcmp(v->v[i].rule, rule) == 0 && (!subject || strcmp(v->v[i].subject, subject) == 0))
            return &v->v[i];
    return NULL;
}

static enum health grade_of(const char *rule)
{
    int n;
    const struct health_rule_info *r = health_rules(&n);
    for (int i = 0; i < n; i++)
        if (strcmp(r[i].rule, rule) == 0)
            return r[i].health;
    fail_msg("no rule \"%s\"", rule);
    return HEALTH_OK;
}

/* Those of this file, then those of the others. */
static const struct health_case *case_at(size_t i)
{
    if (i < NCASES)
        return &cases[i];
    i -= NCASES;
    if (i < (size_t)health_ncases_truth)
        return &health_cases_truth[i];
    i -= (size_t)health_ncases_truth;
    return i < (size_t)health_ncases_pgbouncer
               ? &health_cases_pgbouncer[i]
               : &health_cases_haproxy[i - (size_t)health_ncases_pgbouncer];
}
static size_t ncases(void)
{
    return NCASES + (size_t)health_ncases_truth + (size_t)health_ncases_pgbouncer +
           (size_t)health_ncases_haproxy;
}

/* False, with what it says, when it is not as it must be. */
static bool as_it_must(const struct health_case *c, const struct verdict *hit)
{
    if (!c->text && !hit)
        return true;
    if (c->text && hit && strstr(hit->reason, c->text))
        return true;
    print_error("%s (%s): says \"%s\", expected \"%s\"\n", c->rule, c->subject ? c->subject : "",
                hit ? hit->reason : "nothing", c->text ? c->text : "nothing");
    return false;
}

static bool check_case(size_t i)
{
    const struct health_case *c = case_at(i);
    struct sb *b = sb_new(NOW);
    struct arena a;
    struct verdicts v;
    arena_init(&a);
    c->make(b);
    sb_finish(b);
    health_judge(b->s, NOW, &a, &v);
    const struct verdict *hit = find(&v, c->rule, c->subject);
    bool good = as_it_must(c, hit);
    if (hit) {
        assert_int_equal(hit->health, grade_of(c->rule));
        assert_true(v.worst >= hit->health);
        if (*hit->subject) {
            assert_memory_equal(hit->reason, hit->subject, strlen(hit->subject));
            assert_true(health_of(&v, hit->subject) >= hit->health);
        }
    }
    arena_release(&a);
    sb_free(b);
    return good;
}

static void each_rule_fires_when_it_must_and_only_then(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < ncases(); i++)
        if (!check_case(i))
            wrong++;
    assert_int_equal(wrong, 0);
}

static void every_rule_has_both_cases(void **state)
{
    (void)state;
    int n;
    const struct health_rule_info *r = health_rules(&n);
    for (int i = 0; i < n; i++) {
        int fires = 0, not = 0;
        for (size_t c = 0; c < ncases(); c++)
            if (strcmp(case_at(c)->rule, r[i].rule) == 0)
                *(case_at(c)->text ? &fires : &not ) += 1;
        if (!fires || !not )
            fail_msg("rule %s: %d cases in which it fires, %d in which it must not", r[i].rule,
                     fires, not );
        assert_true(strlen(r[i].when) > 10);
        assert_true(r[i].health > HEALTH_OK && r[i].health < HEALTH_COUNT);
    }
}

static void verdict_of(enum sample which, struct arena *a, struct verdicts *v)
{
    const struct snapshot *s = sample_snapshot(which, NOW);
    health_judge(s, NOW, a, v);
    snapshot_unref(s);
}

static void samples_are_graded_as_an_operator_would(void **state)
{
    (void)state;
    static const struct {
        enum sample sample;
        enum health worst;
        const char *rule; /* of the worst; NULL healthy */
    } expected[] = {
        {SAMPLE_HEALTHY, HEALTH_OK, NULL},
        {SAMPLE_HEALTHY_41, HEALTH_OK, NULL},
        {SAMPLE_NOTHING_YET, HEALTH_UNREACHABLE, "no-answer-yet"},
        {SAMPLE_UNREACHABLE, HEALTH_UNREACHABLE, "unreachable"},
        {SAMPLE_STALE_VIEW, HEALTH_DEGRADED, "view-old"},
        {SAMPLE_FROZEN_MEMBER, HEALTH_DEGRADED, "member-silent"},
        {SAMPLE_FROZEN_LEADER, HEALTH_CRITICAL, "leader-gone"},
        {SAMPLE_STUCK_POSTGRES, HEALTH_DEGRADED, "member-stuck"},
        {SAMPLE_NO_LEADER, HEALTH_CRITICAL, "no-leader"},
        {SAMPLE_FAILED_OVER, HEALTH_DEGRADED, "old-leader-unseen"},
        {SAMPLE_LAGGING, HEALTH_DEGRADED, "lag-over-limit"},
        {SAMPLE_CASCADING, HEALTH_OK, NULL},
        {SAMPLE_WIDE_NAMES, HEALTH_OK, NULL},
        {SAMPLE_PAUSED, HEALTH_DEGRADED, "paused"},
        {SAMPLE_API_UNREACHABLE, HEALTH_OK, NULL},
        {SAMPLE_POOLS_WAITING, HEALTH_CRITICAL, "pool-no-server"},
    };
    _Static_assert(sizeof expected / sizeof *expected == SAMPLE_COUNT, "every sample");
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        struct arena a;
        struct verdicts v;
        arena_init(&a);
        const struct snapshot *s = sample_snapshot(expected[i].sample, NOW);
        health_judge(s, NOW, &a, &v);
        const char *rule = v.n ? v.v[0].rule : "healthy";
        if (v.worst != expected[i].worst ||
            strcmp(rule, expected[i].rule ? expected[i].rule : "healthy") != 0)
            fail_msg("%s: %s by %s (%s)", sample_name(expected[i].sample), health_name(v.worst),
                     rule, v.n ? v.v[0].reason : "");
        arena_release(&a);
        snapshot_unref(s);
    }
}

static void worst_comes_first(void **state)
{
    (void)state;
    struct arena a;
    struct verdicts v;
    arena_init(&a);
    verdict_of(SAMPLE_UNREACHABLE, &a, &v);
    assert_true(v.n > 3);
    for (int i = 1; i < v.n; i++)
        assert_true(v.v[i - 1].health >= v.v[i].health);
    arena_release(&a);
}

static void a_row_has_the_worst_of_its_own(void **state)
{
    (void)state;
    struct sb *b = sb_new(NOW);
    struct arena a;
    struct verdicts v;
    arena_init(&a);
    lag_over(b);
    leader_stopping(b);
    sb_finish(b);
    health_judge(b->s, NOW, &a, &v);
    assert_int_equal(health_of(&v, "pg1"), HEALTH_CRITICAL);
    assert_int_equal(health_of(&v, "pg2"), HEALTH_OK);
    assert_int_equal(health_of(&v, "pg3"), HEALTH_DEGRADED);
    assert_int_equal(health_of(&v, "nobody"), HEALTH_OK);
    arena_release(&a);
    sb_free(b);
}

/* A picture that nobody refreshes loses its health all by itself. */
static void time_alone_makes_it_degraded(void **state)
{
    (void)state;
    const struct snapshot *s = sample_snapshot(SAMPLE_HEALTHY, NOW);
    struct arena a;
    struct verdicts v;
    arena_init(&a);
    health_judge(s, NOW + SB_SEC(2), &a, &v);
    assert_int_equal(v.worst, HEALTH_OK);
    health_judge(s, NOW + SB_SEC(3), &a, &v);
    assert_int_equal(v.worst, HEALTH_DEGRADED);
    assert_non_null(find(&v, "view-old", ""));
    assert_non_null(find(&v, "member-silent", "pg2"));
    assert_non_null(find(&v, "bouncer-silent", "pgbouncer"));
    arena_release(&a);
    snapshot_unref(s);
}

/* A whole company's HAProxy, all of whose checks fail: a few are told, and how many more. */
static void thousands_of_servers_are_few_words(void **state)
{
    enum { SERVERS = 5000, TOLD = 20 };
    (void)state;
    struct sb *b = sb_new(NOW);
    struct arena a;
    struct verdicts v;
    arena_init(&a);
    sb_everything(b);
    struct ha_stats *t = arena_new(&b->s->arena, struct ha_stats);
    struct ha_row *rows = arena_array(&b->s->arena, SERVERS, struct ha_row);
    for (int i = 0; i < SERVERS; i++) {
        rows[i] = *sb_ha_row(b, "ro", "pg2");
        rows[i].proxy = "web";
        rows[i].name = arena_printf(&b->s->arena, "w%d", i);
        rows[i].status = HA_DOWN;
        rows[i].check_status = "L4CON";
    }
    *t = (struct ha_stats){SERVERS, rows};
    b->haproxies[0].stats = t;
    sb_finish(b);
    carry_routes(b->s, b->members, b->haproxies, NULL);
    clock_t from = clock();
    health_judge(b->s, NOW, &a, &v);
    double took = (double)(clock() - from) / CLOCKS_PER_SEC;
    int told = 0;
    const char *last = "";
    for (int i = 0; i < v.n; i++)
        if (strcmp(v.v[i].rule, "haproxy-check-failed") == 0) {
            told++;
            last = v.v[i].reason;
        }
    assert_int_equal(told, TOLD + 1);
    assert_string_equal(last, "haproxy: 4980 more checks of servers fail");
    if (took > 5) /* each of them with each other: half a minute */
        fail_msg("it took %.1f s", took);
    arena_release(&a);
    sb_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousands_of_servers_are_few_words),
        cmocka_unit_test(each_rule_fires_when_it_must_and_only_then),
        cmocka_unit_test(every_rule_has_both_cases),
        cmocka_unit_test(samples_are_graded_as_an_operator_would),
        cmocka_unit_test(worst_comes_first),
        cmocka_unit_test(a_row_has_the_worst_of_its_own),
        cmocka_unit_test(time_alone_makes_it_degraded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
