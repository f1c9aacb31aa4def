/* Cases of the rules that look at several systems at once: etcd, PostgreSQL itself, HAProxy,
 * PgBouncer. Each starts from a cluster in which all of them are there and agree. */
#include "health_cases.h"

#include <stdint.h>

#define NOW   SB_NOW_US
#define MS(n) ((int64_t)(n)*USEC_PER_MS)

#define all sb_everything

/* As the members' own words have it: pg1 has been primary for long. */
static void all_known(struct sb *b)
{
    all(b);
    sb_member(b, "pg1")->out_of_recovery_us = NOW - SB_SEC(60);
}
static void out(struct sb *b, const char *name, int64_t since_us, int64_t answered_us)
{
    sb_pg(b, name)->in_recovery = false;
    sb_member(b, name)->out_of_recovery_us = NOW - since_us;
    sb_answered(b, &sb_member(b, name)->pg, answered_us);
}
static void pg_stops(struct sb *b, const char *name, enum obs_outcome how, int s)
{
    sb_fail(b, &sb_member(b, name)->pg, how, SB_SEC(s));
}
static void api_stops(struct sb *b, const char *name, enum obs_outcome how, int s)
{
    sb_fail(b, &sb_member(b, name)->api, how, SB_SEC(s));
}

/* ---- PostgreSQL itself */
static void split(struct sb *b)
{
    all_known(b);
    out(b, "pg3", SB_SEC(3), MS(100));
    sb_pg(b, "pg3")->timeline = 4;
}
static void split_by_all_words(struct sb *b)
{
    split(b);
    sb_health(b, "pg3")->role = ROLE_LEADER;
}
static void split_without_leader(struct sb *b)
{
    split(b);
    sb_no_leader(b, SB_SEC(3));
}
/* A switchover half seen: pg2's word is 0.1 s old, pg1's from before it was stopped. */
static void split_half_seen(struct sb *b)
{
    all_known(b);
    sb_lead(b, "pg2", true);
    out(b, "pg1", SB_SEC(60), MS(900));
    out(b, "pg2", MS(200), MS(100));
    b->s->leader_since_us = NOW - MS(300);
}
static void split_of_strangers(struct sb *b)
{
    split(b);
    sb_pg(b, "pg3")->system_id = "6510399339470515999";
}
static void split_no_longer(struct sb *b)
{
    split(b);
    pg_stops(b, "pg3", OBS_REFUSED, 1);
}
static void old_one_writes(struct sb *b) /* pg2 holds the lock, and is not promoted yet */
{
    all_known(b);
    sb_lead(b, "pg2", true);
    sb_pg(b, "pg2")->in_recovery = true;
    out(b, "pg1", SB_SEC(60), MS(100));
    sb_pg(b, "pg1")->timeline = 3;
    b->s->leader_since_us = NOW - SB_SEC(1);
}
static void old_one_wrote_before(struct sb *b)
{
    old_one_writes(b);
    sb_answered(b, &sb_member(b, "pg1")->pg, MS(1500));
}

static void unwritable(struct sb *b, int64_t since_us)
{
    all(b);
    sb_pg(b, "pg1")->in_recovery = true;
    sb_member(b, "pg1")->unwritable_us = since_us;
}
static void unwritable_long(struct sb *b)
{
    unwritable(b, NOW - SB_SEC(14));
}
static void unwritable_since_ever(struct sb *b)
{
    unwritable(b, SINCE_BEFORE);
}
static void promoting(struct sb *b)
{
    unwritable(b, NOW - SB_SEC(3));
}
static void read_only(struct sb *b)
{
    all(b);
    sb_pg(b, "pg1")->read_only = true;
    sb_member(b, "pg1")->unwritable_us = NOW - SB_SEC(14);
}
static void standby_cluster(struct sb *b)
{
    unwritable_long(b);
    b->config->standby_cluster = true;
}
static void unwritable_says_patroni_too(struct sb *b)
{
    unwritable_long(b);
    sb_health(b, "pg1")->role = ROLE_REPLICA;
}

static void leader_pg_silent(struct sb *b)
{
    all(b);
    pg_stops(b, "pg1", OBS_REFUSED, 14);
}
static void leader_pg_silent_a_moment(struct sb *b)
{
    all(b);
    pg_stops(b, "pg1", OBS_REFUSED, 3);
}
static void leader_pg_never(struct sb *b)
{
    all(b);
    sb_member(b, "pg1")->pg_self = NULL;
    sb_never_answered(b, &sb_member(b, "pg1")->pg, OBS_TIMED_OUT);
}
static void leader_pg_denied(struct sb *b)
{
    all(b);
    pg_stops(b, "pg1", OBS_UNAUTHORISED, 14);
}
static void replica_pg_silent(struct sb *b)
{
    all(b);
    pg_stops(b, "pg2", OBS_TIMED_OUT, 14);
}
static void replica_all_silent(struct sb *b)
{
    replica_pg_silent(b);
    api_stops(b, "pg2", OBS_TIMED_OUT, 14);
}
static void replica_stopped(struct sb *b)
{
    replica_pg_silent(b);
    sb_health(b, "pg2")->state = PGS_STOPPED;
}

static void leader_dead(struct sb *b) /* its lease was last renewed 15 s ago */
{
    all(b);
    pg_stops(b, "pg1", OBS_REFUSED, 14);
    api_stops(b, "pg1", OBS_REFUSED, 14);
    sb_lease(b, "pg1", 15, MS(200));
}
static void api_never_reachable(struct sb *b)
{
    struct member *m = sb_member(b, "pg1");
    m->health = NULL;
    m->note = "API not reachable from here";
    sb_never_answered(b, &m->api, OBS_REFUSED);
}
static void leader_dead_to_libpq(struct sb *b)
{
    leader_dead(b);
    api_never_reachable(b);
}
static void leader_dead_but_renews(struct sb *b)
{
    leader_dead(b);
    sb_lease(b, "pg1", 25, MS(200));
}
/* Its API has not said no yet: a renewal may be from before it fell silent. */
static void leader_frozen_just_now(struct sb *b)
{
    leader_dead_but_renews(b);
    sb_fail(b, &sb_member(b, "pg1")->pg, OBS_TIMED_OUT, SB_SEC(3));
    sb_answered(b, &sb_member(b, "pg1")->api, SB_SEC(3));
    sb_lease(b, "pg1", 29, MS(200));
}
static void leader_never_seen(struct sb *b)
{
    leader_pg_never(b);
    api_never_reachable(b);
}
static void only_the_api_never_seen(struct sb *b)
{
    all(b);
    api_never_reachable(b);
}
static void rest_alone_api_never_seen(struct sb *b)
{
    api_never_reachable(b);
}

/* ---- one that led before: pg2 took over, pg1 is gone from the list, and was last heard of as
 * primary */
static void old_leader_cut_off(struct sb *b)
{
    all_known(b);
    struct member *m = sb_member(b, "pg1");
    struct member_health said = *m->health;
    struct pg_self itself = *m->pg_self;
    sb_lead(b, "pg2", true);
    *sb_health(b, "pg1") = said;
    *sb_pg(b, "pg1") = itself;
    sb_vanish(b, "pg1", SB_SEC(15));
    api_stops(b, "pg1", OBS_TIMED_OUT, 31);
    pg_stops(b, "pg1", OBS_TIMED_OUT, 30);
}
static void old_leader_cut_off_nobody_leads(struct sb *b)
{
    all_known(b);
    sb_vanish(b, "pg1", SB_SEC(1));
    api_stops(b, "pg1", OBS_TIMED_OUT, 31);
    pg_stops(b, "pg1", OBS_TIMED_OUT, 30);
}
static void old_leader_dead(struct sb *b) /* the host lives, and nothing listens there */
{
    old_leader_cut_off(b);
    api_stops(b, "pg1", OBS_REFUSED, 31);
    pg_stops(b, "pg1", OBS_REFUSED, 30);
}
static void old_leader_told(struct sb *b) /* its API is back, and says what it has become */
{
    old_leader_cut_off(b);
    sb_health(b, "pg1")->role = ROLE_REPLICA;
    sb_answered(b, &sb_member(b, "pg1")->api, MS(100));
}
static void old_leader_had_demoted(struct sb *b)
{
    old_leader_cut_off(b);
    sb_pg(b, "pg1")->in_recovery = true;
}
static void old_leader_had_told_patroni(struct sb *b) /* the later word counts */
{
    old_leader_cut_off(b);
    sb_health(b, "pg1")->role = ROLE_REPLICA;
    api_stops(b, "pg1", OBS_TIMED_OUT, 29);
}
static void old_leader_stopped_by_its_row(struct sb *b)
{
    old_leader_cut_off(b);
    sb_member(b, "pg1")->listed = true;
    sb_row(b, "pg1")->state = PGS_STOPPED;
}
static void old_leader_postgres_not_asked(struct sb *b)
{
    old_leader_dead(b);
    sb_member(b, "pg1")->pg_self = NULL;
    sb_member(b, "pg1")->pg = (struct source_state){.outcome = OBS_NEVER};
}

/* ---- leases */
static void lease(struct sb *b, const char *name, int left_s)
{
    all(b);
    sb_lease(b, name, left_s, MS(200));
}
static void lease_ends(struct sb *b)
{
    lease(b, "pg1", 0);
}
static void lease_ended(struct sb *b)
{
    lease(b, "pg1", -1);
}
static void lease_runs_low(struct sb *b)
{
    lease(b, "pg1", 8);
}
static void lease_just_well(struct sb *b) /* it may have been renewed since it was asked about */
{
    lease(b, "pg1", 9);
    sb_lease(b, "pg1", 9, MS(2800));
}
static void lease_not_asked_lately(struct sb *b)
{
    all(b);
    sb_lease(b, "pg1", 0, MS(3200));
}
static void lease_of_a_lost_watch(struct sb *b)
{
    lease(b, "pg1", 0);
    sb_fail(b, &b->s->dcs_state, OBS_TIMED_OUT, SB_SEC(4));
}
static void lease_without_room(struct sb *b) /* such a ttl leaves nothing to tell from */
{
    lease(b, "pg1", 8);
    b->config->loop_wait = 20;
}
static void replicas_lease_low(struct sb *b)
{
    lease(b, "pg2", 3);
}

/* ---- etcd */
static void not_asked_yet(struct sb *b)
{
    b->s->etcd_configured = true;
}
static void never_configured(struct sb *b)
{
    (void)b;
}
static void all_mute_but_postgres(struct sb *b)
{
    sb_everything(b);
    for (int i = 0; i < b->s->nmembers; i++)
        sb_fail(b, &b->members[i].api, OBS_REFUSED, SB_SEC(10));
    sb_fail(b, &b->s->cluster_state, OBS_REFUSED, SB_SEC(10));
}

static void all_mute(struct sb *b)
{
    all_mute_but_postgres(b);
    for (int i = 0; i < b->s->nmembers; i++)
        sb_fail(b, &b->members[i].pg, OBS_REFUSED, SB_SEC(10));
}

static void watch_lost(struct sb *b)
{
    all(b);
    sb_fail(b, &b->s->dcs_state, OBS_REFUSED, SB_SEC(7));
    b->s->dcs_leads = false;
    b->s->view = b->s->cluster_state;
}
static void watch_quiet(struct sb *b)
{
    all(b);
    sb_answered(b, &b->s->dcs_state, SB_SEC(4));
}
static void no_raft_leader(struct sb *b)
{
    all(b);
    for (int i = 0; i < 3; i++)
        b->endpoints[i].leader_id = 0;
    sb_fail(b, &b->endpoint_states[1], OBS_REFUSED, SB_SEC(9));
    sb_fail(b, &b->endpoint_states[2], OBS_REFUSED, SB_SEC(9));
}
static void no_raft_leader_failsafe(struct sb *b)
{
    no_raft_leader(b);
    b->config->failsafe_mode = true;
}
static void no_raft_leader_paused(struct sb *b)
{
    no_raft_leader(b);
    b->s->paused = true;
}
static void all_endpoints_silent(struct sb *b)
{
    no_raft_leader(b);
    sb_fail(b, &b->endpoint_states[0], OBS_REFUSED, SB_SEC(9));
}
static void raft_leader_untold(struct sb *b) /* status is not ours to read */
{
    all(b);
    for (int i = 0; i < 3; i++) {
        b->endpoints[i].leader_id = 0;
        b->endpoints[i].has_leader_word = false;
    }
}
static void one_cut_off(struct sb *b)
{
    all(b);
    b->endpoints[2].leader_id = 0;
}
static void endpoint_silent(struct sb *b)
{
    all(b);
    sb_fail(b, &b->endpoint_states[1], OBS_TIMED_OUT, SB_SEC(14));
}
static void endpoint_unasked(struct sb *b)
{
    all(b);
    b->endpoint_states[1] = (struct source_state){.endpoint = "", .detail = ""};
}
static void endpoint_unhealthy(struct sb *b)
{
    all(b);
    b->endpoints[1].health = ETCD_UNHEALTHY;
    b->endpoints[1].health_reason = "RAFT NO LEADER";
}
static void endpoint_health_unknown(struct sb *b)
{
    all(b);
    b->endpoints[1].health = ETCD_HEALTH_UNKNOWN;
}
static void terms_differ(struct sb *b)
{
    all(b);
    b->endpoints[1].term = 9;
}
static void a_term_unknown(struct sb *b)
{
    all(b);
    b->endpoints[1].term = -1;
}
static void no_space(struct sb *b)
{
    all(b);
    b->endpoints[0].alarm = ETCD_ALARM_NOSPACE;
}
static void corrupt_long_ago(struct sb *b)
{
    all(b);
    b->endpoints[0].alarm = ETCD_ALARM_CORRUPT;
    sb_answered(b, &b->endpoint_states[0], SB_SEC(31));
}
static void corrupt(struct sb *b)
{
    corrupt_long_ago(b);
    sb_answered(b, &b->endpoint_states[0], SB_SEC(5));
}
static void db_nearly_full(struct sb *b)
{
    all(b);
    b->endpoints[0].db_size = INT64_C(1700) << 20;
}
static void db_nearly_full_quota_unknown(struct sb *b)
{
    db_nearly_full(b);
    b->endpoints[0].db_quota = -1;
}
static void db_roomy(struct sb *b)
{
    db_nearly_full(b);
    b->endpoints[0].db_quota = INT64_C(8) << 30;
}
static void db_unknown(struct sb *b)
{
    all(b);
    b->endpoints[0].db_size = -1;
}

/* ---- etcd and /cluster */
static void cluster_behind(struct sb *b, int64_t leads_for)
{
    all(b);
    sb_lead(b, "pg2", true);
    sb_cluster_row(b, "pg1")->role = ROLE_LEADER;
    sb_cluster_row(b, "pg2")->role = ROLE_REPLICA;
    b->s->leader_since_us = NOW - leads_for;
}
static void cluster_behind_long(struct sb *b)
{
    cluster_behind(b, SB_SEC(14));
}
static void cluster_behind_briefly(struct sb *b)
{
    cluster_behind(b, SB_SEC(9));
}
static void cluster_knows_nobody(struct sb *b)
{
    all(b);
    sb_cluster_row(b, "pg1")->role = ROLE_REPLICA;
}
static void cluster_silent(struct sb *b)
{
    cluster_behind_long(b);
    sb_fail(b, &b->s->cluster_state, OBS_TIMED_OUT, SB_SEC(2));
}

/* ---- the lock, with etcd watched */
static void lock_gone(struct sb *b)
{
    all(b);
    sb_no_leader(b, MS(100));
    sb_health(b, "pg1")->role = ROLE_DEMOTED;
}
static void lock_gone_on_request(struct sb *b)
{
    lock_gone(b);
    sb_request(b, "pg1", "pg2");
}
static void lock_gone_on_request_long(struct sb *b)
{
    lock_gone_on_request(b);
    b->s->no_leader_since_us = NOW - MS(2100);
}
static void lock_gone_by_request_in_pause(struct sb *b)
{
    lock_gone_on_request(b);
    b->s->paused = true;
}
/* … and by polls alone, which do not see the request */
static void polled_lock_gone(struct sb *b)
{
    sb_no_leader(b, MS(900));
    sb_health(b, "pg1")->role = ROLE_DEMOTED;
}
static void polled_lock_gone_long(struct sb *b)
{
    polled_lock_gone(b);
    b->s->no_leader_since_us = NOW - MS(2100);
}
static void polled_lock_gone_slowly(struct sb *b)
{
    polled_lock_gone_long(b);
    b->s->refresh_us = SB_SEC(5);
}
static void polled_leader_died(struct sb *b)
{
    sb_vanish(b, "pg1", SB_SEC(1));
}
static void polled_leader_died_another_day(struct sb *b)
{
    sb_vanish(b, "pg1", SB_SEC(3000));
    polled_lock_gone(b);
}
static void vanished(struct sb *b)
{
    all(b);
    sb_vanish(b, "pg3", SB_SEC(95));
}
static void etcd_old(struct sb *b)
{
    all(b);
    sb_fail(b, &b->s->dcs_state, OBS_TIMED_OUT, SB_SEC(12));
    b->s->view = b->s->dcs_state;
}
static void only_etcd_answers(struct sb *b)
{
    all(b);
    sb_fail(b, &b->s->cluster_state, OBS_TIMED_OUT, SB_SEC(42));
    for (int i = 0; i < 3; i++)
        sb_fail(b, &b->members[i].api, OBS_TIMED_OUT, SB_SEC(42));
}
static void other_primary(struct sb *b)
{
    all(b);
    api_stops(b, "pg1", OBS_REFUSED, 4);
    sb_health(b, "pg3")->role = ROLE_LEADER;
}
static void leader_row_stopped(struct sb *b)
{
    all(b);
    api_stops(b, "pg1", OBS_REFUSED, 4);
    pg_stops(b, "pg1", OBS_REFUSED, 4);
    sb_row(b, "pg1")->state = PGS_STOPPED;
    sb_row(b, "pg1")->state_text = "stopped";
}
static void member_unlocked(struct sb *b)
{
    all(b);
    sb_health(b, "pg3")->cluster_unlocked = true;
}

/* ---- the leader stops, as at the beginning of every switchover */
static void stopping(struct sb *b, int64_t since_us)
{
    sb_health(b, "pg1")->state = PGS_STOPPING;
    sb_health(b, "pg1")->state_text = "stopping";
    sb_member(b, "pg1")->unwritable_us = since_us;
}
static void stopping_a_moment(struct sb *b)
{
    stopping(b, NOW - SB_SEC(3));
}
static void stopping_long(struct sb *b)
{
    stopping(b, NOW - SB_SEC(11));
}
static void stopping_since_ever(struct sb *b)
{
    stopping(b, SINCE_BEFORE);
}
static void stopping_but_it_answers(struct sb *b)
{
    all(b);
    stopping(b, 0);
}
static void crashed_a_moment_ago(struct sb *b)
{
    stopping(b, NOW - SB_SEC(1));
    sb_health(b, "pg1")->state = PGS_FAILED;
    sb_health(b, "pg1")->state_text = "crashed";
}
static void unlocked_and_stopped(struct sb *b)
{
    stopping_a_moment(b);
    sb_health(b, "pg1")->cluster_unlocked = true;
}
static void sync_strict_young(struct sb *b)
{
    b->config->synchronous_mode = b->config->synchronous_mode_strict = true;
    b->s->leader_since_us = NOW - SB_SEC(4);
}
static void pool_without_server(struct sb *b)
{
    struct pgb_pool *p = sb_pool(b, 0, 0);
    p->cl_waiting = 2;
    p->maxwait_us = SB_SEC(2);
    p->sv_active = p->sv_idle = p->sv_used = 0;
}
static void pool_without_server_just_now(struct sb *b)
{
    pool_without_server(b);
    sb_pool(b, 0, 0)->maxwait_us = MS(900);
}
static void pool_without_server_requested(struct sb *b)
{
    all(b);
    sb_request(b, "pg1", "pg2");
    pool_without_server(b);
}
static void pool_without_server_requested_long(struct sb *b)
{
    pool_without_server_requested(b);
    sb_pool(b, 0, 0)->maxwait_us = SB_SEC(21);
}
static void pool_without_server_young(struct sb *b)
{
    pool_without_server(b);
    b->s->leader_since_us = NOW - SB_SEC(4);
}
static void pool_in_login_backoff(struct sb *b, int64_t waits_us)
{
    b->config->loop_wait = 5;
    b->s->leader_since_us = NOW - SB_SEC(12);
    pool_without_server(b);
    sb_pool(b, 0, 0)->maxwait_us = waits_us;
}
static void pool_waits_for_the_new_leader(struct sb *b)
{
    pool_in_login_backoff(b, SB_SEC(14));
}
static void pool_waited_before(struct sb *b)
{
    pool_in_login_backoff(b, SB_SEC(23));
}
static void pool_drains(struct sb *b)
{
    pool_waits_for_the_new_leader(b);
    sb_pool(b, 0, 0)->sv_active = 3;
}
static void pool_without_server_gap(struct sb *b)
{
    lock_gone_on_request(b);
    pool_without_server(b);
}

/* ---- HAProxy */
static void rerouted(struct sb *b, int64_t since_us)
{
    all(b);
    sb_lead(b, "pg2", true);
    b->s->leader_since_us = NOW - since_us;
    sb_member(b, "pg1")->stray_haproxy_us = NOW - since_us;
}
static void haproxy_behind(struct sb *b)
{
    rerouted(b, SB_SEC(3));
}
static void haproxy_behind_long(struct sb *b)
{
    rerouted(b, SB_SEC(6));
}
static void haproxy_notices(struct sb *b)
{
    rerouted(b, SB_SEC(6));
    sb_ha_server(b, "pg1", HA_GOING_DOWN, "L7STS");
}
static void haproxy_notices_too_late(struct sb *b)
{
    rerouted(b, SB_SEC(13));
    sb_ha_server(b, "pg1", HA_GOING_DOWN, "L7STS");
}
static void haproxy_word_from_before(struct sb *b)
{
    haproxy_behind_long(b);
    b->s->leader_since_us = NOW - MS(100);
}
static void haproxy_behind_silent(struct sb *b)
{
    haproxy_behind_long(b);
    sb_fail(b, &b->haproxies[0].state, OBS_TIMED_OUT, SB_SEC(14));
}
static void haproxy_both(struct sb *b)
{
    haproxy_behind(b);
    sb_ha_server(b, "pg2", HA_UP, NULL);
}
static void haproxy_both_long(struct sb *b)
{
    haproxy_behind_long(b);
    sb_ha_server(b, "pg2", HA_UP, NULL);
}
static void haproxy_never(struct sb *b)
{
    all(b);
    b->haproxies[0].stats = NULL;
    b->haproxies[0].state = (struct source_state){.endpoint = "", .detail = ""};
}
static void haproxy_empty(struct sb *b, int64_t since_us)
{
    all(b);
    sb_ha_sends(b, NULL);
    b->haproxies[0].no_target_us = NOW - since_us;
}
static void haproxy_empty_briefly(struct sb *b)
{
    haproxy_empty(b, SB_SEC(4));
}
static void haproxy_empty_long(struct sb *b)
{
    haproxy_empty(b, SB_SEC(14));
}
/* Nobody takes writes there, and that is what is wanted. */
static void haproxy_empty_standby_cluster(struct sb *b)
{
    haproxy_empty_long(b);
    b->config->standby_cluster = true;
}
static void haproxy_leader_refused(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg1", HA_DOWN, "L4CON");
    sb_ha_row(b, "rw", "pg1")->last_check = "Connection refused";
}
static void haproxy_leader_answers_404(struct sb *b) /* another path, or no Patroni at all */
{
    all(b);
    sb_ha_server(b, "pg1", HA_DOWN, "L7STS");
    sb_ha_row(b, "rw", "pg1")->check_code = 404;
}
static void haproxy_leader_speaks_no_tls(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg1", HA_DOWN, "L6RSP");
}
static void haproxy_leader_says_no(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg1", HA_DOWN, "L7STS");
}
static void haproxy_replica_refused(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg2", HA_DOWN, "L4CON");
}
static void haproxy_leader_in_maintenance(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg1", HA_MAINT, "");
}
static void haproxy_replica_in_maintenance(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg2", HA_MAINT, "");
}
static void haproxy_backend_unknown(struct sb *b)
{
    all(b);
    b->haproxies[0].write_backend = "writes";
}
static void haproxy_backend_configured(struct sb *b)
{
    all(b);
    b->haproxies[0].write_backend = "rw";
}

/* ---- PgBouncer */
static void bouncer_behind(struct sb *b)
{
    all(b);
    sb_lead(b, "pg2", true);
    sb_member(b, "pg1")->stray_pgbouncer_us = NOW - SB_SEC(3);
}
static void bouncer_behind_long(struct sb *b)
{
    bouncer_behind(b);
    sb_member(b, "pg1")->stray_pgbouncer_us = NOW - SB_SEC(16);
}
static void bouncer_behind_unknown(struct sb *b)
{
    bouncer_behind_long(b);
    sb_fail(b, &b->bouncers[0].servers_state, OBS_TIMED_OUT, SB_SEC(14));
    sb_fail(b, &b->bouncers[0].databases_state, OBS_TIMED_OUT, SB_SEC(14));
}
static void bouncer_reads_from_a_replica(struct sb *b)
{
    all(b);
    sb_servers_at(b, "pg3", 5);
}
static void app_points_at(struct sb *b, const char *host)
{
    all(b);
    sb_no_servers(b);
    sb_database(b, 0, 0)->host = host;
    sb_database(b, 0, 0)->port = 5432;
}
static void bouncer_wired(struct sb *b)
{
    app_points_at(b, "10.0.0.3");
}
static void bouncer_wired_to_the_leader(struct sb *b)
{
    app_points_at(b, "10.0.0.1");
}
static void bouncer_wired_for_reading(struct sb *b)
{
    bouncer_wired(b);
    sb_database(b, 0, 0)->name = "app_ro";
}
static void bouncer_wired_behind(struct sb *b)
{
    bouncer_wired_to_the_leader(b);
    sb_lead(b, "pg2", true);
    sb_member(b, "pg1")->stray_pgbouncer_us = NOW - SB_SEC(3);
}
static void bouncer_reads_behind(struct sb *b)
{
    bouncer_wired_behind(b);
    sb_database(b, 0, 0)->name = "app_ro";
}
static void bouncer_to_haproxy(struct sb *b)
{
    all(b);
    sb_no_servers(b);
    sb_servers(b, "127.0.0.1", 5000, 4);
    sb_lead(b, "pg2", true);
}

const struct health_case health_cases_truth[] = {
    {"split-brain", split, "pg3",
     "split brain: PostgreSQL is out of recovery on timeline 4, and so is pg1 on timeline 3, for "
     "3 s"},
    {"split-brain", split_without_leader, "pg3", "so is pg1"},
    {"split-brain", split_half_seen, NULL, NULL},
    {"split-brain", split_of_strangers, NULL, NULL},
    {"split-brain", split_no_longer, NULL, NULL},
    {"split-brain", old_one_writes, NULL, NULL},
    {"two-primaries", split_by_all_words, NULL, NULL}, /* split-brain says more */
    {"writable-not-leader", old_one_writes, "pg1",
     "PostgreSQL is out of recovery on timeline 3, but pg2 holds the lock"},
    {"writable-not-leader", old_one_wrote_before, NULL, NULL},
    {"writable-not-leader", split_half_seen, NULL, NULL},
    {"writable-not-leader", split, NULL, NULL},
    {"writable-not-leader", split_of_strangers, NULL, NULL},

    {"leader-not-writable", unwritable_long, "pg1",
     "pg1: holds the lock, not writable, 14 s: PostgreSQL says it is in recovery; writes fail"},
    {"leader-not-writable", unwritable_since_ever, "pg1", "not writable: PostgreSQL says"},
    {"leader-not-writable", read_only, "pg1", "read-only (default_transaction_read_only is on)"},
    {"leader-not-writable", promoting, NULL, NULL},
    {"leader-not-writable", standby_cluster, NULL, NULL},
    {"leader-not-writable-yet", promoting, "pg1",
     "not writable, 3 s: PostgreSQL says it is in recovery: a promotion looks like that"},
    {"leader-not-writable-yet", unwritable_long, NULL, NULL},
    {"leader-not-writable-yet", all, NULL, NULL},
    {"leader-not-primary", unwritable_says_patroni_too, NULL, NULL},

    {"leader-postgres-silent", leader_pg_silent, "pg1",
     "gives no answer to us for 14 s (refused), though its Patroni says it runs"},
    {"leader-postgres-silent", leader_pg_silent_a_moment, NULL, NULL},
    {"leader-postgres-silent", leader_pg_never, NULL, NULL},
    {"leader-postgres-silent", leader_pg_denied, NULL, NULL},
    {"leader-postgres-silent", replica_pg_silent, NULL, NULL},
    {"postgres-silent", replica_pg_silent, "pg2",
     "PostgreSQL gives no answer to us for 14 s (timed out), its Patroni says it runs"},
    {"postgres-silent", leader_pg_silent_a_moment, "pg1", "for 3 s (refused)"},
    {"postgres-silent", leader_pg_never, "pg1", "since it was first asked (timed out)"},
    {"postgres-silent", leader_pg_silent, NULL, NULL},
    {"postgres-silent", leader_pg_denied, NULL, NULL},
    {"postgres-silent", replica_all_silent, NULL, NULL},
    {"postgres-silent", replica_stopped, NULL, NULL},
    {"postgres-silent", never_configured, NULL, NULL},
    {"postgres-denied", leader_pg_denied, "pg1", "no privilege: PostgreSQL refuses our login"},
    {"postgres-denied", leader_pg_silent, NULL, NULL},

    {"leader-gone", leader_dead, "pg1", "no sign of life for 14 s"},
    {"leader-gone", leader_dead_but_renews, NULL, NULL},
    {"leader-silent", leader_dead_but_renews, "pg1", "it keeps its lease"},
    {"leader-lifeless", leader_dead_to_libpq, "pg1",
     "neither the leader's API nor its PostgreSQL answers: API since it was first asked (refused), "
     "PostgreSQL for 14 s (refused)"},
    {"leader-lifeless", leader_frozen_just_now, "pg1", "API for 3 s (nothing since)"},
    {"leader-unseen", leader_frozen_just_now, NULL, NULL},
    {"leader-lifeless", leader_dead, NULL, NULL}, /* leader-gone says it */
    {"leader-lifeless", leader_dead_but_renews, NULL, NULL},
    {"leader-lifeless", leader_never_seen, NULL, NULL},
    {"leader-lifeless", leader_pg_silent, NULL, NULL},
    {"leader-unseen", leader_never_seen, "pg1", "that it leads is etcd's word alone"},
    {"leader-unseen", leader_dead_but_renews, "pg1", "can be reached from here"},
    {"leader-unseen", leader_dead_to_libpq, NULL, NULL},
    {"leader-unseen", only_the_api_never_seen, NULL, NULL},
    {"leader-unseen", rest_alone_api_never_seen, NULL, NULL},

    {"old-leader-unseen", old_leader_cut_off, "pg1",
     "may still take writes: it was primary, and answers no more: API for 31 s (timed out), "
     "PostgreSQL for 30 s (timed out)"},
    {"old-leader-unseen", old_leader_cut_off_nobody_leads, "pg1", "may still take writes"},
    {"old-leader-unseen", old_leader_postgres_not_asked, "pg1",
     "API for 31 s (refused), PostgreSQL not asked"},
    {"old-leader-unseen", old_leader_dead, NULL, NULL},
    {"old-leader-unseen", old_leader_told, NULL, NULL},
    {"old-leader-unseen", old_leader_had_demoted, NULL, NULL},
    {"old-leader-unseen", old_leader_had_told_patroni, NULL, NULL},
    {"old-leader-unseen", old_leader_stopped_by_its_row, NULL, NULL},
    {"old-leader-unseen", leader_dead, NULL, NULL},
    {"old-leader-unseen", all, NULL, NULL},

    {"lease-overdue", lease_ends, "pg1",
     "the leader's lease is overdue: 30 s of 30 s not renewed; its lock goes any moment"},
    {"lease-overdue", lease_ended, "pg1", "overdue: 31 s of 30 s"},
    {"lease-overdue", lease_runs_low, NULL, NULL},
    {"lease-overdue", lease_not_asked_lately, NULL, NULL},
    {"lease-overdue", lease_of_a_lost_watch, NULL, NULL},
    {"lease-low", lease_runs_low, "pg1",
     "its lease has 8 s of 30 left (renewed, it has more than 10)"},
    {"lease-low", lease_just_well, NULL, NULL},
    {"lease-low", lease_ends, NULL, NULL},
    {"lease-low", lease_without_room, NULL, NULL},
    {"lease-low", replicas_lease_low, NULL, NULL},
    {"member-lease-low", replicas_lease_low, "pg2", "not renewed its lease: 3 s of 30 left"},
    {"member-lease-low", lease_runs_low, NULL, NULL},
    {"member-lease-low", all, NULL, NULL},

    {"members-unreachable", all_mute, "",
     "none of the 3 members that etcd lists answers from here"},
    {"members-unreachable", all_mute_but_postgres, NULL, NULL},
    {"members-unreachable", all, NULL, NULL},
    {"dcs-not-asked", not_asked_yet, "", "etcd has not been asked yet"},
    {"dcs-not-asked", never_configured, NULL, NULL},
    {"dcs-not-asked", all, NULL, NULL},
    {"dcs-watch-lost", watch_lost, "", "etcd is not watched for 7 s (refused): connection refused"},
    {"dcs-watch-lost", watch_quiet, "", "etcd is not watched for 4 s (nothing since)"},
    {"dcs-watch-lost", never_configured, NULL, NULL},
    {"dcs-watch-lost", not_asked_yet, NULL, NULL},
    {"dcs-watch-lost", all, NULL, NULL},
    {"dcs-no-quorum", no_raft_leader, "",
     "etcd has no quorum: 1 of 3 endpoints answers, none sees a raft leader: without failsafe mode "
     "the leader demotes itself within 20 s"},
    {"dcs-no-quorum", no_raft_leader_failsafe, NULL, NULL},
    {"dcs-no-quorum", no_raft_leader_paused, NULL, NULL},
    {"dcs-no-quorum", one_cut_off, NULL, NULL},
    {"dcs-no-quorum", raft_leader_untold, NULL, NULL},
    {"dcs-no-quorum", all_endpoints_silent, NULL, NULL},
    {"dcs-no-quorum-kept", no_raft_leader_failsafe, "", "failsafe mode keeps the leader"},
    {"dcs-no-quorum-kept", no_raft_leader_paused, "", "the cluster is paused"},
    {"dcs-no-quorum-kept", no_raft_leader, NULL, NULL},
    {"dcs-endpoint-cut-off", one_cut_off, "", "etcd3 sees no raft leader, 2 others do"},
    {"dcs-endpoint-cut-off", no_raft_leader, NULL, NULL},
    {"dcs-endpoint-silent", endpoint_silent, "", "etcd2 gives no answer for 14 s (timed out)"},
    {"dcs-endpoint-silent", endpoint_unasked, NULL, NULL},
    {"dcs-endpoint-unhealthy", endpoint_unhealthy, "",
     "etcd2 calls itself unhealthy: RAFT NO LEADER"},
    {"dcs-endpoint-unhealthy", endpoint_health_unknown, NULL, NULL},
    {"dcs-terms-differ", terms_differ, "", "of different raft terms: etcd1 7, etcd2 9"},
    {"dcs-terms-differ", a_term_unknown, NULL, NULL},
    {"dcs-alarm", no_space, "", "etcd1 raises the alarm NOSPACE"},
    {"dcs-alarm", corrupt, "", "CORRUPT"},
    {"dcs-alarm", corrupt_long_ago, NULL, NULL},
    {"dcs-db-full", db_nearly_full, "", "etcd1: database 1.7 GB of 2.0 GB: at the quota"},
    {"dcs-db-full", db_nearly_full_quota_unknown, "", "of 2.0 GB (the default)"},
    {"dcs-db-full", db_roomy, NULL, NULL},
    {"dcs-db-full", db_unknown, NULL, NULL},

    {"view-differs", cluster_behind_long, "",
     "/cluster (http://10.0.0.1:8008) calls pg1 the leader, etcd says pg2"},
    {"view-differs", cluster_knows_nobody, "", "calls nobody the leader, etcd says pg1"},
    {"view-differs", cluster_behind_briefly, NULL, NULL},
    {"view-differs", cluster_silent, NULL, NULL},
    {"view-differs", never_configured, NULL, NULL},

    {"no-leader", lock_gone, "", "no leader for under 1 s: writes fail"},
    {"no-leader", lock_gone_on_request, NULL, NULL},
    {"no-leader", lock_gone_on_request_long, "", "no leader for 2 s"},
    {"no-leader", lock_gone_by_request_in_pause, NULL, NULL},
    {"no-leader", polled_lock_gone, NULL, NULL},
    {"no-leader", polled_lock_gone_long, "", "no leader for 2 s"},
    {"no-leader", polled_lock_gone_slowly, NULL, NULL},
    {"no-leader", polled_leader_died, "", "no leader for 1 s"},
    {"no-leader", polled_leader_died_another_day, NULL, NULL},
    {"leader-changing", lock_gone_on_request, "",
     "nobody holds the lock for under 1 s: it changes hands as requested, to pg2"},
    {"leader-changing", polled_lock_gone, "", "it may be changing hands"},
    {"leader-changing", lock_gone, NULL, NULL},
    {"leader-changing", lock_gone_on_request_long, NULL, NULL},
    {"leader-changing", polled_leader_died, NULL, NULL},
    {"leader-changing", all, NULL, NULL},
    {"member-vanished", vanished, "pg3", "gone from etcd for 95 s"},
    {"view-old", etcd_old, "", "the picture is 12 s old: etcd timed out"},
    {"unreachable", only_etcd_answers, NULL, NULL},
    {"primary-not-leader", other_primary, "pg3", "but etcd lists pg1 as the leader"},
    {"leader-not-running", leader_row_stopped, "pg1", "not running by etcd: stopped"},
    {"member-unlocked", member_unlocked, "pg3", "etcd lists pg1 as leader"},

    {"leader-not-running", stopping_long, "pg1", "not running: stopping"},
    {"leader-not-running", stopping_since_ever, "pg1", "not running: stopping"},
    {"leader-not-running", crashed_a_moment_ago, "pg1", "not running: crashed"},
    {"leader-not-running", stopping_a_moment, NULL, NULL},
    {"leader-not-running", stopping_but_it_answers, NULL, NULL},
    {"leader-stopping", stopping_a_moment, "pg1",
     "not running: stopping, for 3 s: a switchover or a restart looks like that"},
    {"leader-stopping", stopping_but_it_answers, "pg1", "for under 1 s"},
    {"leader-stopping", stopping_long, NULL, NULL},
    {"leader-stopping", crashed_a_moment_ago, NULL, NULL},
    {"leader-unlocked", unlocked_and_stopped, NULL, NULL},
    {"sync-missing-strict", sync_strict_young, NULL, NULL},
    {"sync-missing", sync_strict_young, "", "0 of 1 synchronous standbys"},
    {"pool-no-server", pool_without_server, "pgbouncer", "2 waiting"},
    {"pool-no-server", pool_waited_before, "pgbouncer", "2 waiting"},
    {"pool-no-server", pool_waits_for_the_new_leader, NULL, NULL},
    {"pool-wait-long", pool_drains, NULL, NULL},
    {"pool-changing", pool_waits_for_the_new_leader, "pgbouncer", "(the leader has just changed)"},
    {"pool-changing", pool_drains, "pgbouncer", "the first for 14.0 s"},
    {"pool-changing", pool_waited_before, NULL, NULL},
    {"pool-no-server", pool_without_server_young, NULL, NULL},
    {"pool-no-server", pool_without_server_just_now, NULL, NULL},
    {"pool-no-server", pool_without_server_requested, NULL, NULL},
    {"pool-no-server", pool_without_server_requested_long, "pgbouncer", "2 waiting"},
    {"pool-no-server", pool_without_server_gap, NULL, NULL},
    {"pool-changing", pool_without_server_young, "pgbouncer", "(the leader changes)"},
    {"pool-changing", pool_without_server_gap, "pgbouncer", "2 waiting"},
    {"pool-changing", pool_without_server, NULL, NULL},

    {"haproxy-old-leader", haproxy_behind, "pg1",
     "HAProxy (haproxy) still routes writes here for 3 s, the leader is pg2 (pg1: UP)"},
    {"haproxy-old-leader", haproxy_notices, "pg1", "for 6 s, the leader is pg2 (pg1: UP 1/3)"},
    {"haproxy-old-leader", haproxy_behind_long, NULL, NULL},
    {"haproxy-old-leader", haproxy_both, NULL, NULL},
    {"haproxy-old-leader", haproxy_word_from_before, NULL, NULL},
    {"haproxy-old-leader", all, NULL, NULL},
    {"haproxy-old-leader-long", haproxy_behind_long, "pg1", "still routes writes here for 6 s"},
    {"haproxy-old-leader-long", haproxy_notices_too_late, "pg1", "for 13 s"},
    {"haproxy-old-leader-long", haproxy_behind, NULL, NULL},
    {"haproxy-old-leader-long", haproxy_notices, NULL, NULL},
    {"haproxy-old-leader-long", haproxy_word_from_before, NULL, NULL},
    {"haproxy-old-leader-long", haproxy_behind_silent, NULL, NULL},
    {"haproxy-two-targets", haproxy_both, "pg1",
     "routes writes to 2 servers for 3 s: here too, the leader is pg2"},
    {"haproxy-two-targets", haproxy_both_long, NULL, NULL},
    {"haproxy-two-targets", haproxy_behind, NULL, NULL},
    {"haproxy-two-targets-long", haproxy_both_long, "pg1", "to 2 servers for 6 s"},
    {"haproxy-two-targets-long", haproxy_both, NULL, NULL},
    {"haproxy-no-target", haproxy_empty_briefly, "haproxy",
     "no server to route writes to (rw) for 4 s, as while the leader changes"},
    {"haproxy-no-target", haproxy_empty_long, NULL, NULL},
    {"haproxy-no-target", all, NULL, NULL},
    {"haproxy-no-target-long", haproxy_empty_long, "haproxy", "(rw) for 14 s: writes fail"},
    {"haproxy-no-target-long", haproxy_empty_briefly, NULL, NULL},
    {"haproxy-no-target-long", haproxy_empty_standby_cluster, NULL, NULL},
    {"haproxy-leader-down", haproxy_leader_refused, "haproxy",
     "the leader pg1 DOWN, its check ends in L4CON, Connection refused"},
    {"haproxy-leader-down", haproxy_leader_answers_404, "haproxy",
     "the leader pg1 DOWN, its check ends in L7STS 404: Patroni says it leads"},
    {"haproxy-leader-down", haproxy_leader_speaks_no_tls, "haproxy", "its check ends in L6RSP:"},
    {"haproxy-leader-down", haproxy_leader_says_no, NULL, NULL},
    {"haproxy-leader-down", haproxy_replica_refused, NULL, NULL},
    {"haproxy-leader-held", haproxy_leader_in_maintenance, "haproxy", "leader pg1 is in MAINT"},
    {"haproxy-leader-held", haproxy_replica_in_maintenance, NULL, NULL},
    {"haproxy-no-backend", haproxy_backend_unknown, "haproxy", "no server in \"writes\""},
    {"haproxy-no-backend", haproxy_backend_configured, NULL, NULL},
    {"haproxy-silent", haproxy_behind_silent, "haproxy",
     "no answer from HAProxy for 14 s (timed out)"},
    {"haproxy-silent", haproxy_never, NULL, NULL},
    {"haproxy-not-asked", haproxy_never, "haproxy", "not been asked yet"},
    {"haproxy-not-asked", all, NULL, NULL},

    {"bouncer-old-leader", bouncer_behind, "pg1",
     "PgBouncer (pgbouncer) points at the old leader for 3 s, pg2 leads"},
    {"bouncer-old-leader", bouncer_wired_behind, "pg1",
     "points at the old leader for 3 s, pg2 leads: writes of database app fail there; point it at"},
    {"bouncer-old-leader", bouncer_reads_behind, NULL, NULL},
    {"route-not-leader", bouncer_wired, "pgbouncer",
     "database app goes to pg3 (10.0.0.3:5432), which does not lead: writes fail there; point"},
    {"route-not-leader", bouncer_wired_to_the_leader, NULL, NULL},
    {"route-not-leader", bouncer_wired_behind, NULL, NULL},
    {"route-not-leader", bouncer_wired_for_reading, NULL, NULL},
    {"route-not-leader", haproxy_behind_long, NULL, NULL},
    {"bouncer-old-leader", bouncer_behind_long, NULL, NULL},
    {"bouncer-old-leader", bouncer_reads_from_a_replica, NULL, NULL},
    {"bouncer-old-leader", bouncer_to_haproxy, NULL, NULL},
    {"bouncer-old-leader-long", bouncer_behind_long, "pg1", "at the old leader for 16 s"},
    {"bouncer-old-leader-long", bouncer_behind, NULL, NULL},
    {"bouncer-old-leader-long", bouncer_behind_unknown, NULL, NULL},
};
const int health_ncases_truth = sizeof health_cases_truth / sizeof *health_cases_truth;
