/* analysis/failover with etcd watched: every kind of the reference's §4.3, event by event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "failover_rig.h"

/* ---- steps that several kinds share */

static void lock(struct rig *r, int n)
{
    r->leader = n;
    if (n >= 0)
        r->leader_term = r->revision + 1;
    rig_revision(r);
}

/* The winner's keys and processes, as in (a) from "elected" on. */
static void take_over(struct rig *r, int n, int other)
{
    lock(r, n);
    rig_pass(r, MS(100));
    if (r->request.present) {
        r->request = (struct dcs_failover){0};
        rig_revision(r);
    }
    r->node[n].key_role = ROLE_PROMOTED;
    r->node[n].key_timeline = 4;
    rig_revision(r);
    rig_promote(r, n);
    rig_pass(r, MS(300));
    r->node[n].key_role = ROLE_LEADER;
    rig_revision(r);
    rig_route(r, n);
    rig_pass(r, MS(500));
    rig_follow(r, other, 4);
    rig_revision(r);
    rig_pass(r, MS(500));
}

static void peace_is_no_failover(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    rig_pass(&r, SB_SEC(60));
    assert_null(rig_open(&r));
    assert_null(rig_kept(&r, 0));
    rig_release(&r);
}

static void a_missed_answer_is_no_failover(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    for (int i = 0; i < 3; i++) {
        r.node[PG1].api = i == 1 ? OBS_REFUSED : OBS_TIMED_OUT;
        rig_pass(&r, MS(1500));
        assert_null(rig_open(&r));
        r.node[PG1].api = OBS_ANSWERED;
        rig_pass(&r, SB_SEC(2));
    }
    /* Both for a while, and then as if nothing had been: opened, and dropped. */
    rig_silence(&r, PG1, OBS_TIMED_OUT);
    rig_pass(&r, SB_SEC(4));
    assert_non_null(rig_open(&r));
    assert_int_equal(rig_open(&r)->kind, FO_UNKNOWN);
    rig_silence(&r, PG1, OBS_ANSWERED);
    rig_pass(&r, SB_SEC(3));
    assert_null(rig_open(&r));
    assert_null(rig_kept(&r, 0));
    rig_release(&r);
}

/* (a) */
static void a_switchover(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    r.request = (struct dcs_failover){true, "pg1", "pg2", NULL, 0};
    rig_revision(&r);
    int64_t asked = r.now_us;
    assert_int_equal(rig_open(&r)->kind, FO_SWITCHOVER);
    r.node[PG1].key_timeline = 0;
    rig_revision(&r);
    rig_pass(&r, MS(100));
    assert_int_equal(rig_phase(rig_open(&r), FP_LOCK_GONE, "")->state, FO_NEXT);
    r.node[PG1].state = PGS_STOPPING;
    r.node[PG1].sql = false;
    r.node[PG1].pg = OBS_REFUSED;
    rig_pass(&r, MS(1200));
    int64_t gone = r.now_us;
    lock(&r, -1);
    r.node[PG1].key_state = r.node[PG1].state = PGS_STOPPED;
    r.node[PG1].key_role = r.node[PG1].role = ROLE_DEMOTED;
    rig_revision(&r);
    assert_int_equal(rig_phase(rig_open(&r), FP_LOCK_GONE, "")->state, FO_DONE);
    take_over(&r, PG2, PG3);
    const struct failover *f = rig_open(&r);
    assert_non_null(f);
    assert_int_equal(f->start_mono_us, asked);
    assert_int_equal(rig_phase(f, FP_LOCK_GONE, "")->mono_us, gone);
    assert_true(rig_phase(f, FP_LOCK_TAKEN, "")->revision > 0);
    assert_int_equal(rig_phase(f, FP_REPLICA, "pg1")->state, FO_NEXT);
    rig_return(&r, PG1, 4);
    r.node[PG1].key_lease -= 0x100; /* Patroni lived on */
    rig_revision(&r);
    rig_pass(&r, MS(300));
    assert_null(rig_open(&r));
    assert_false(rig_kept(&r, 0)->coarse);
    assert_string_equal(rig_kept(&r, 0)->summary,
                        "switchover pg1 -> pg2 in 1.5 s, timeline 3 -> 4");
    assert_table(rig_kept(&r, 0),
                 "switchover pg1 -> pg2, a new timeline\n"
                 "  requested                   etcd        to pg2\n"
                 "  last sign of life           Patroni     pg1\n"
                 "  lock gone                   etcd\n"
                 "  candidates                  etcd        pg2 0/5000A58, pg3 0/5000A58\n"
                 "  lock taken                  etcd        pg2\n"
                 "  promoted                    etcd        timeline 4\n"
                 "  writable                    PostgreSQL  pg2\n"
                 "  HAProxy routes haproxy      HAProxy     rw/pg2 UP\n"
                 "  PgBouncer routes pgbouncer  PgBouncer   4 server connections\n"
                 "  first write                 skipped     no probe is running\n"
                 "  replica streams pg1         PostgreSQL\n"
                 "  replica streams pg3         PostgreSQL\n");
    rig_release(&r);
}

/* (b) */
static void kill(struct rig *r)
{
    rig_silence(r, PG1, OBS_REFUSED);
    rig_pass(r, MS(300));
}

static void expire(struct rig *r)
{
    r->node[PG1].key = false;
    lock(r, -1);
}

static void a_killed_primary(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    int64_t died = r.now_us;
    kill(&r);
    const struct failover *f = rig_open(&r); /* opened at once */
    assert_non_null(f);
    assert_int_equal(f->kind, FO_UNKNOWN);
    assert_int_equal(f->start_mono_us, died);
    assert_int_equal(rig_phase(f, FP_LOCK_GONE, "")->state, FO_NEXT);
    assert_int_equal(rig_phase(f, FP_LOCK_GONE, "")->predicted_lo_us, SB_SEC(20));
    assert_int_equal(rig_phase(f, FP_LOCK_GONE, "")->predicted_hi_us, SB_SEC(31));
    assert_int_equal(rig_phase(f, FP_REQUESTED, "")->state, FO_SKIPPED);
    rig_pass(&r, SB_SEC(25));
    assert_non_null(rig_open(&r));
    rig_pass(&r, SB_SEC(7));
    assert_int_equal(rig_phase(rig_open(&r), FP_LOCK_GONE, "")->state, FO_OVERDUE);
    expire(&r);
    rig_pass(&r, MS(100));
    assert_int_equal(rig_open(&r)->kind, FO_CRASH);
    assert_int_equal(rig_phase(rig_open(&r), FP_LOCK_TAKEN, "")->state, FO_NEXT);
    take_over(&r, PG3, PG2);
    assert_int_equal(rig_phase(rig_open(&r), FP_REPLICA, "pg1")->state, FO_NEXT);
    rig_return(&r, PG1, 4);
    rig_revision(&r);
    rig_pass(&r, MS(300));
    assert_null(rig_open(&r));
    f = rig_kept(&r, 0);
    assert_string_equal(f->from, "pg1");
    assert_string_equal(f->to, "pg3");
    assert_int_equal(f->old_timeline, 3);
    assert_int_equal(f->new_timeline, 4);
    assert_table(f, "crash failover pg1 -> pg3, a new timeline\n"
                    "  requested                   skipped     nobody asked for it\n"
                    "  last sign of life           Patroni     pg1\n"
                    "  lock gone                   etcd\n"
                    "  candidates                  etcd        pg2 0/5000A58, pg3 0/5000A58\n"
                    "  lock taken                  etcd        pg3\n"
                    "  promoted                    etcd        timeline 4\n"
                    "  writable                    PostgreSQL  pg3\n"
                    "  HAProxy routes haproxy      HAProxy     rw/pg3 UP\n"
                    "  PgBouncer routes pgbouncer  PgBouncer   4 server connections\n"
                    "  first write                 skipped     no probe is running\n"
                    "  replica streams pg1         PostgreSQL\n"
                    "  replica streams pg2         PostgreSQL\n");
    assert_ptr_equal(failover_fold_ended(r.fold), f);
    assert_null(failover_fold_ended(r.fold));
    rig_release(&r);
}

static void a_dead_one_that_never_returns_has_a_limit(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    kill(&r);
    rig_pass(&r, SB_SEC(20));
    expire(&r);
    take_over(&r, PG2, PG3);
    rig_pass(&r, SB_SEC(50));
    assert_non_null(rig_open(&r));
    rig_pass(&r, SB_SEC(15));
    assert_null(rig_open(&r));
    const struct failover_phase *p = rig_phase(rig_kept(&r, 0), FP_REPLICA, "pg1");
    assert_int_equal(p->state, FO_OVERDUE);
    assert_string_equal(p->note, "not within 60 s: it is not there");
    rig_release(&r);
}

/* Seen on Patroni 3.0: a replica's key had the new timeline 20 ms after the promotion, then the old
 * one again, while its PostgreSQL was still waiting for the old leader. */
static void a_timeline_in_etcd_is_not_yet_a_replica_that_streams(void **state)
{
    (void)state;
    for (int asked = 0; asked < 2; asked++) {
        struct rig r;
        rig_init(&r);
        kill(&r);
        rig_pass(&r, SB_SEC(20));
        expire(&r);
        r.pg_asked = asked;
        r.node[PG3].streams = false;
        take_over(&r, PG2, PG1); /* who is dead, and does not follow */
        r.node[PG1].key = false;
        r.node[PG3].key_timeline = 4;
        rig_revision(&r);
        rig_pass(&r, MS(200));
        assert_int_equal(rig_phase(rig_open(&r), FP_REPLICA, "pg3")->state,
                         asked ? FO_NEXT : FO_DONE);
        rig_follow(&r, PG3, 4);
        rig_pass(&r, MS(200));
        assert_int_equal(rig_phase(rig_open(&r), FP_REPLICA, "pg3")->state, FO_DONE);
        rig_release(&r);
    }
}

static void postgresql_crashes_and_the_same_node_takes_up_again(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    r.node[PG1].pg = OBS_REFUSED;
    r.node[PG1].sql = false;
    r.node[PG1].state = PGS_UNKNOWN;
    rig_pass(&r, MS(500));
    assert_null(rig_open(&r)); /* a restart looks like that for a moment */
    rig_pass(&r, SB_SEC(1));
    assert_non_null(rig_open(&r));
    assert_int_equal(rig_open(&r)->kind, FO_LOCAL_RECOVERY);
    r.node[PG1].key_state = r.node[PG1].state = PGS_FAILED;
    r.node[PG1].key_timeline = 0;
    rig_revision(&r);
    rig_pass(&r, SB_SEC(1));
    r.node[PG1].key_state = r.node[PG1].state = PGS_STARTING;
    rig_revision(&r);
    rig_pass(&r, SB_SEC(1));
    rig_return(&r, PG1, 3);
    r.node[PG1].key_lease -= 0x100;
    r.node[PG1].streams = false;
    rig_revision(&r);
    rig_pass(&r, SB_SEC(1));
    rig_promote(&r, PG1);
    r.node[PG1].key_role = ROLE_LEADER;
    r.node[PG1].key_timeline = 4;
    rig_revision(&r);
    rig_pass(&r, SB_SEC(1));
    rig_follow(&r, PG2, 4);
    rig_follow(&r, PG3, 4);
    rig_revision(&r);
    rig_pass(&r, SB_SEC(5));
    assert_null(rig_open(&r));
    assert_table(rig_kept(&r, 0),
                 "local crash recovery pg1 -> pg1, a new timeline\n"
                 "  requested                   skipped     nobody asked for it\n"
                 "  last sign of life           Patroni     pg1\n"
                 "  lock gone                   skipped     the lock stayed with pg1\n"
                 "  candidates                  skipped     the lock stayed with pg1\n"
                 "  lock taken                  skipped     the lock stayed with pg1\n"
                 "  promoted                    etcd        timeline 4\n"
                 "  writable                    PostgreSQL  pg1\n"
                 "  HAProxy routes haproxy      HAProxy     rw/pg1 UP\n"
                 "  PgBouncer routes pgbouncer  PgBouncer   4 server connections\n"
                 "  first write                 skipped     no probe is running\n"
                 "  replica streams pg2         PostgreSQL\n"
                 "  replica streams pg3         PostgreSQL\n");
    rig_release(&r);
}

static void a_restart_of_the_leader_is_no_failover(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    r.node[PG1].pg = OBS_REFUSED;
    r.node[PG1].sql = false;
    r.node[PG1].state = PGS_RESTARTING;
    r.node[PG1].key_timeline = 0;
    rig_revision(&r);
    rig_pass(&r, SB_SEC(2));
    r.node[PG1].state = PGS_STARTING;
    rig_pass(&r, SB_SEC(2));
    r.node[PG1].pg = OBS_ANSWERED;
    r.node[PG1].sql = true;
    r.node[PG1].state = PGS_RUNNING;
    r.node[PG1].key_timeline = 3;
    rig_revision(&r);
    rig_pass(&r, SB_SEC(5));
    assert_null(rig_open(&r));
    assert_null(rig_kept(&r, 0));
    rig_release(&r);
}

static void a_clean_stop_of_the_leaders_patroni(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    r.node[PG1].state = PGS_STOPPING;
    r.node[PG1].sql = false;
    r.node[PG1].pg = OBS_REFUSED;
    rig_pass(&r, MS(500));
    assert_non_null(rig_open(&r));
    r.node[PG1].key_state = PGS_STOPPED;
    rig_revision(&r);
    lock(&r, -1);
    rig_silence(&r, PG1, OBS_REFUSED);
    take_over(&r, PG2, PG3);
    assert_int_equal(rig_open(&r)->kind, FO_CLEAN_STOP);
    r.node[PG1].key = false; /* its lease runs out later */
    rig_revision(&r);
    rig_pass(&r, SB_SEC(62));
    assert_null(rig_open(&r));
    assert_int_equal(rig_kept(&r, 0)->kind, FO_CLEAN_STOP);
    rig_release(&r);
}

/* (d) */
static void a_manual_failover(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    r.request = (struct dcs_failover){true, NULL, "pg2", NULL, 0};
    rig_revision(&r);
    assert_int_equal(rig_open(&r)->kind, FO_MANUAL);
    rig_pass(&r, SB_SEC(1));
    lock(&r, -1);
    rig_follow(&r, PG1, 3);
    take_over(&r, PG2, PG3);
    rig_follow(&r, PG1, 4);
    rig_revision(&r);
    rig_pass(&r, SB_SEC(1));
    assert_null(rig_open(&r));
    assert_int_equal(rig_kept(&r, 0)->kind, FO_MANUAL);
    assert_string_equal(rig_kept(&r, 0)->to, "pg2");
    rig_release(&r);
}

static void a_refused_switchover(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    r.request = (struct dcs_failover){true, "pg1", "pg2", NULL, 0};
    rig_revision(&r);
    rig_pass(&r, SB_SEC(2));
    r.request = (struct dcs_failover){0};
    rig_revision(&r);
    rig_pass(&r, SB_SEC(1));
    assert_null(rig_open(&r));
    const struct failover *f = rig_kept(&r, 0);
    assert_int_equal(f->kind, FO_REFUSED);
    assert_string_equal(f->summary, "refused switchover of pg1: after 2.0 s nothing had changed");
    assert_int_equal(rig_phase(f, FP_REQUESTED, "")->state, FO_DONE);
    assert_int_equal(rig_phase(f, FP_LOCK_GONE, "")->state, FO_SKIPPED);
    rig_release(&r);
}

static void a_second_request_overwrites_the_first(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    r.request = (struct dcs_failover){true, "pg1", "pg2", NULL, 0};
    rig_revision(&r);
    int64_t asked = r.now_us;
    rig_pass(&r, SB_SEC(5));
    r.request.candidate = "pg3";
    rig_revision(&r);
    const struct failover_phase *p = rig_phase(rig_open(&r), FP_REQUESTED, "");
    assert_int_equal(p->mono_us, asked);
    assert_string_equal(p->note, "to pg3");
    rig_release(&r);
}

static void the_same_name_takes_the_lock_anew(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    lock(&r, -1);
    rig_pass(&r, MS(200));
    assert_non_null(rig_open(&r));
    r.node[PG1].key_lease = 0x99;
    lock(&r, PG1);
    rig_pass(&r, SB_SEC(2));
    assert_null(rig_open(&r));
    const struct failover *f = rig_kept(&r, 0);
    assert_int_equal(f->kind, FO_REACQUIRED);
    assert_string_equal(f->summary,
                        "lock re-acquired of pg1: the lock was gone for 200 ms, nothing was "
                        "promoted");
    assert_int_equal(rig_phase(f, FP_PROMOTED, "")->state, FO_SKIPPED);
    rig_release(&r);
}

/* ---- the DCS away */

static void away(struct rig *r)
{
    r->etcd_down = r->view_fails = true;
    r->interrupted = true;
    r->since_us = r->now_us;
    rig_pass(r, SB_SEC(8));
}

static void the_dcs_is_away_for_a_moment(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    away(&r);
    r.etcd_down = r.view_fails = false;
    rig_revision(&r);
    rig_pass(&r, SB_SEC(5));
    assert_null(rig_open(&r));
    assert_null(rig_kept(&r, 0));
    rig_release(&r);
}

static void a_dcs_outage_survived_by_failsafe(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    away(&r);
    for (int i = 0; i < NODES; i++)
        r.node[i].failsafe = r.node[i].unlocked = true;
    rig_pass(&r, SB_SEC(20));
    assert_int_equal(rig_open(&r)->kind, FO_DCS_FAILSAFE);
    r.etcd_down = r.view_fails = false;
    for (int i = 0; i < NODES; i++)
        r.node[i].key_lease += 0x100;
    r.leader_term = 400;
    rig_revision(&r); /* read anew: the same name, a new lease */
    rig_pass(&r, MS(300));
    for (int i = 0; i < NODES; i++) /* they say so a moment longer */
        r.node[i].failsafe = r.node[i].unlocked = false;
    rig_pass(&r, SB_SEC(6));
    assert_null(rig_kept(&r, 1));
    assert_null(rig_open(&r));
    assert_table(
        rig_kept(&r, 0),
        "DCS outage survived by failsafe pg1 -> pg1\n"
        "  requested                   skipped     nobody asked for it\n"
        "  last sign of life           etcd        the DCS\n"
        "  lock gone                   etcd        between two looks\n"
        "  candidates                  etcd        pg2 0/5000A58, pg3 0/5000A58\n"
        "  lock taken                  etcd        pg1, a new lease\n"
        "  promoted                    skipped     nothing was promoted: timeline 3 goes on\n"
        "  writable                    PostgreSQL  pg1\n"
        "  HAProxy routes haproxy      HAProxy     rw/pg1 UP\n"
        "  PgBouncer routes pgbouncer  PgBouncer   4 server connections\n"
        "  first write                 skipped     no probe is running\n"
        "  replica streams pg2         PostgreSQL\n"
        "  replica streams pg3         PostgreSQL\n");
    rig_release(&r);
}

static void a_dcs_outage_with_demotion(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    away(&r);
    for (int i = 0; i < NODES; i++)
        r.node[i].unlocked = true;
    rig_follow(&r, PG1, 3);
    r.node[PG1].streams = false;
    rig_pass(&r, SB_SEC(20));
    assert_int_equal(rig_open(&r)->kind, FO_DCS_DEMOTED);
    r.etcd_down = r.view_fails = false;
    for (int i = 0; i < NODES; i++) {
        r.node[i].unlocked = false;
        r.node[i].key_lease += 0x100;
    }
    r.leader_term = 400;
    rig_revision(&r);
    rig_pass(&r, SB_SEC(1));
    rig_promote(&r, PG1);
    r.node[PG1].key_timeline = 4;
    r.node[PG1].key_role = ROLE_LEADER;
    rig_revision(&r);
    rig_pass(&r, SB_SEC(1));
    rig_follow(&r, PG2, 4);
    rig_follow(&r, PG3, 4);
    rig_revision(&r);
    rig_pass(&r, SB_SEC(6));
    assert_null(rig_open(&r));
    const struct failover *f = rig_kept(&r, 0);
    assert_int_equal(f->kind, FO_DCS_DEMOTED);
    assert_int_equal(f->new_timeline, 4);
    assert_int_equal(rig_phase(f, FP_PROMOTED, "")->state, FO_DONE);
    assert_true(rig_phase(f, FP_WRITABLE, "")->mono_us >= rig_phase(f, FP_PROMOTED, "")->mono_us);
    rig_release(&r);
}

/* Patroni 3.0.2 steps down without a word of why; at the return all leases go at once. */
static void a_silent_demotion_and_a_burst_at_the_return(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    away(&r);
    r.node[PG1].state = PGS_STOPPING;
    r.node[PG1].sql = false;
    r.node[PG1].pg = OBS_REFUSED;
    rig_pass(&r, SB_SEC(1));
    r.node[PG1].pg = OBS_ANSWERED;
    rig_follow(&r, PG1, 3);
    r.node[PG1].streams = false;
    rig_pass(&r, SB_SEC(15));
    assert_int_equal(rig_open(&r)->kind, FO_DCS_DEMOTED);
    r.etcd_down = r.view_fails = false;
    for (int i = 0; i < NODES; i++)
        r.node[i].key = false;
    r.leader = -1;
    rig_revision(&r);
    r.node[PG2].key = true;
    rig_revision(&r);
    rig_pass(&r, MS(200));
    for (int i = 0; i < NODES; i++)
        r.node[i].key = true;
    take_over(&r, PG2, PG3);
    rig_follow(&r, PG1, 4);
    rig_revision(&r);
    rig_pass(&r, SB_SEC(5));
    assert_null(rig_open(&r));
    assert_int_equal(rig_kept(&r, 0)->kind, FO_DCS_DEMOTED);
    assert_string_equal(rig_kept(&r, 0)->to, "pg2");
    rig_release(&r);
}

/* ---- two in a row */

static void two_failovers_in_a_row(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    kill(&r);
    rig_pass(&r, SB_SEC(25));
    expire(&r);
    take_over(&r, PG2, PG3);
    uint64_t first = rig_open(&r)->number;
    /* pg1 has not returned when a switchover is asked for. */
    r.request = (struct dcs_failover){true, "pg2", "pg3", NULL, 0};
    rig_revision(&r);
    const struct failover *f = rig_open(&r);
    assert_int_equal(f->kind, FO_SWITCHOVER);
    assert_int_equal(f->number, first + 1);
    assert_string_equal(f->from, "pg2");
    assert_int_equal(f->old_timeline, 4);
    assert_int_equal(rig_kept(&r, 0)->number, first);
    assert_int_equal(rig_kept(&r, 0)->kind, FO_CRASH);
    assert_string_equal(rig_phase(rig_kept(&r, 0), FP_REPLICA, "pg1")->note,
                        "the next one began first");
    rig_release(&r);
}

/* Seen on Patroni 3.0 with a leader that was stopped for longer than ttl: when it runs on, what it
 * was about to write overwrites the key of the one that was promoted meanwhile. */
static void a_thawed_leader_takes_the_lock_back(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    rig_silence(&r, PG1, OBS_TIMED_OUT);
    rig_pass(&r, SB_SEC(31));
    expire(&r);
    take_over(&r, PG2, PG3);
    r.node[PG1].api = r.node[PG1].pg = OBS_ANSWERED;
    r.node[PG1].key = true;
    lock(&r, PG1);
    rig_pass(&r, MS(500));
    assert_int_equal(rig_kept(&r, 0)->new_timeline, 4);
    assert_string_equal(rig_open(&r)->from, "pg2");
    assert_string_equal(rig_open(&r)->to, "pg1");
    assert_int_equal(rig_open(&r)->old_timeline, 4);
    assert_int_equal(rig_open(&r)->new_timeline, 3);
    assert_string_equal(rig_phase(rig_open(&r), FP_PROMOTED, "")->note,
                        "back on timeline 3: what was written on 4 is not there");
    assert_int_equal(rig_phase(rig_open(&r), FP_WRITABLE, "")->state, FO_DONE);
    rig_route(&r, PG1);
    rig_return(&r, PG2, 3);
    rig_follow(&r, PG3, 3);
    rig_revision(&r);
    rig_pass(&r, SB_SEC(15));
    assert_null(rig_open(&r));
    const struct failover *f = rig_kept(&r, 0);
    assert_string_equal(f->to, "pg1");
    assert_int_equal(rig_phase(f, FP_REPLICA, "pg2")->state, FO_DONE);
    assert_int_equal(rig_phase(f, FP_REPLICA, "pg3")->state, FO_DONE);
    assert_non_null(strstr(f->summary, "BACK from timeline 4 to 3"));
    rig_release(&r);
}

static void the_new_leader_dies_while_replicas_are_awaited(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    kill(&r);
    rig_pass(&r, SB_SEC(25));
    expire(&r);
    take_over(&r, PG2, PG3);
    rig_silence(&r, PG2, OBS_REFUSED);
    rig_pass(&r, MS(300));
    assert_string_equal(rig_open(&r)->from, "pg2");
    assert_int_equal(rig_kept(&r, 0)->kind, FO_CRASH);
    assert_string_equal(rig_kept(&r, 0)->to, "pg2");
    rig_release(&r);
}

/* PostgreSQL says so first, and REST's older word is no demotion. */
static void a_new_leader_whose_api_says_replica_a_while(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    kill(&r);
    rig_pass(&r, SB_SEC(25));
    expire(&r);
    lock(&r, PG2);
    r.node[PG2].recovery = r.node[PG2].streams = false;
    r.node[PG2].pg_timeline = 4;
    rig_pass(&r, SB_SEC(4));
    assert_int_equal(rig_open(&r)->number, 1);
    assert_int_equal(rig_phase(rig_open(&r), FP_WRITABLE, "")->state, FO_DONE);
    rig_promote(&r, PG2);
    rig_pass(&r, SB_SEC(4));
    assert_int_equal(rig_open(&r)->number, 1);
    assert_null(rig_kept(&r, 0));
    rig_release(&r);
}

static void who_took_the_lock_may_lose_it_before_it_is_a_primary(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    kill(&r);
    rig_pass(&r, SB_SEC(25));
    expire(&r);
    lock(&r, PG2);
    rig_pass(&r, SB_SEC(2));
    lock(&r, -1);
    rig_pass(&r, SB_SEC(1));
    assert_int_equal(rig_phase(rig_open(&r), FP_LOCK_TAKEN, "")->state, FO_NEXT);
    take_over(&r, PG3, PG2);
    assert_null(rig_kept(&r, 0));
    assert_string_equal(rig_open(&r)->to, "pg3");
    assert_int_equal(rig_open(&r)->kind, FO_CRASH);
    rig_release(&r);
}

/* ---- what is there and what is not */

static void an_api_that_hangs_while_the_lease_goes_on(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    rig_silence(&r, PG1, OBS_TIMED_OUT);
    for (int i = 0; i < 60; i++) {
        rig_pass(&r, SB_SEC(1));
        if (i % 5 == 4)
            r.node[PG1].renewed_us = r.now_us; /* we are cut off from it, etcd is not */
    }
    assert_null(rig_open(&r));
    assert_null(rig_kept(&r, 0));
    rig_release(&r);
}

static void nobody_answers_us(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    for (int i = 0; i < NODES; i++)
        rig_silence(&r, i, OBS_TIMED_OUT);
    r.etcd_down = r.view_fails = true;
    rig_pass(&r, SB_SEC(60));
    assert_null(rig_open(&r));
    rig_release(&r);
}

static void without_routes_the_reason_is_said(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    r.no_routes = true;
    r.pg_asked = false;
    for (int i = 0; i < NODES; i++)
        r.node[i].pg_us = 0;
    snapshot_unref(r.last);
    r.last = NULL;
    rig_pass(&r, SB_SEC(1));
    rig_silence(&r, PG1, OBS_TIMED_OUT);
    rig_pass(&r, SB_SEC(5));
    assert_non_null(rig_open(&r));
    rig_pass(&r, SB_SEC(20));
    expire(&r);
    take_over(&r, PG2, PG3);
    rig_return(&r, PG1, 4);
    rig_revision(&r);
    rig_pass(&r, SB_SEC(2));
    assert_table(
        rig_kept(&r, 0),
        "crash failover pg1 -> pg2, a new timeline\n"
        "  requested                   skipped     nobody asked for it\n"
        "  last sign of life           Patroni     pg1\n"
        "  lock gone                   etcd\n"
        "  candidates                  etcd        pg2 0/5000A58, pg3 0/5000A58\n"
        "  lock taken                  etcd        pg2\n"
        "  promoted                    etcd        timeline 4\n"
        "  writable                    Patroni     pg2: REST's word, PostgreSQL is not asked "
        "directly\n"
        "  HAProxy routes              skipped     no HAProxy in the configuration\n"
        "  PgBouncer routes            skipped     no PgBouncer in the configuration\n"
        "  first write                 skipped     no probe is running\n"
        "  replica streams pg1         Patroni\n"
        "  replica streams pg3         Patroni\n");
    rig_release(&r);
}

static void a_leader_that_only_reads_is_not_writable(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    kill(&r);
    rig_pass(&r, SB_SEC(25));
    expire(&r);
    r.node[PG2].read_only = true;
    take_over(&r, PG2, PG3);
    const struct failover_phase *p = rig_phase(rig_open(&r), FP_WRITABLE, "");
    assert_int_equal(p->state, FO_NEXT);
    assert_string_equal(p->note, "default_transaction_read_only is on");
    r.node[PG2].read_only = false;
    rig_pass(&r, SB_SEC(1));
    assert_int_equal(rig_phase(rig_open(&r), FP_WRITABLE, "")->state, FO_DONE);
    rig_release(&r);
}

static void the_probe_saw_it(void **state)
{
    (void)state;
    struct rig r;
    struct probe_outage o = {0};
    struct probe_view v = {.running = true,
                           .write = true,
                           .route = "haproxy",
                           .server = "10.0.0.1:5432",
                           .lost = -1,
                           .ghosts = -1,
                           .sent = 100,
                           .outages = &o};
    rig_init(&r);
    r.probe = &v;
    rig_pass(&r, SB_SEC(1));
    v.answered_us = v.asked_us = r.now_us;
    o = (struct probe_outage){.from_us = r.now_us, .from_wall_us = SB_WALL_US + r.now_us};
    kill(&r);
    v.noutages = 1;
    v.out = true;
    o.failures = 3;
    v.asked_us = r.now_us;
    rig_pass(&r, SB_SEC(25));
    assert_int_equal(rig_open(&r)->outage.failures, 3);
    expire(&r);
    take_over(&r, PG2, PG3);
    rig_return(&r, PG1, 4);
    rig_revision(&r);
    rig_pass(&r, SB_SEC(1));
    assert_int_equal(rig_phase(rig_open(&r), FP_FIRST_WRITE, "")->state, FO_NEXT);
    o.to_us = v.answered_us = v.asked_us = r.now_us;
    o.to_wall_us = SB_WALL_US + r.now_us;
    v.out = false;
    v.sent = 120;
    rig_pass(&r, SB_SEC(1));
    const struct failover *f = rig_open(&r); /* the rows are looked up yet */
    assert_int_equal(rig_phase(f, FP_FIRST_WRITE, "")->mono_us, o.to_us);
    assert_int_equal(f->outage.lost, -1);
    v.lost = 2;
    v.ghosts = 1;
    v.checked_to_seq = 120;
    rig_pass(&r, SB_SEC(1));
    f = rig_kept(&r, 0);
    assert_non_null(f);
    assert_true(f->outage.known && f->outage.is_write);
    assert_int_equal(f->outage.longest_us, o.to_us - o.from_us);
    assert_int_equal(f->outage.lost, 2);
    assert_int_equal(f->outage.ghosts, 1);
    assert_string_equal(f->outage.route, "haproxy");
    assert_non_null(strstr(f->summary, "2 rows lost"));
    rig_release(&r);
}

static void kept_ones_come_back_and_are_numbered_on(void **state)
{
    (void)state;
    struct rig r;
    rig_init(&r);
    for (int i = 1; i <= 25; i++) {
        struct failover *old = failover_new();
        old->number = (uint64_t)i;
        failover_fold_restore(r.fold, old);
        failover_free(old);
    }
    assert_int_equal(rig_kept(&r, 0)->number, 25);
    assert_int_equal(rig_kept(&r, FAILOVERS_KEPT - 1)->number, 6);
    assert_null(failover_fold_ended(r.fold));
    r.request = (struct dcs_failover){true, "pg1", "pg2", NULL, 0};
    rig_revision(&r);
    assert_int_equal(rig_open(&r)->number, 26);
    rig_release(&r);
}

static void history_supplies_those_from_before(void **state)
{
    (void)state;
    struct sb *b = sb_new(SB_NOW_US);
    struct failover_list kept = {0};
    struct failover *one = failover_new();
    int n;
    const struct failover *v = failover_of_history(b->s, &kept, &b->s->arena, &n);
    assert_int_equal(n, 2);
    assert_string_equal(v[0].from, "pg2");
    assert_string_equal(v[0].to, "pg1");
    assert_int_equal(v[0].new_timeline, 3);
    assert_int_equal(v[0].start_wall_us, INT64_C(1795217500000000));
    assert_table(&v[0], "failover pg2 -> pg1, a new timeline (times are of polls)\n"
                        "  promoted                    Patroni     timeline 3, from 0/40001A8\n");
    one->old_timeline = 2;
    one->new_timeline = 3;
    kept.n = 1;
    kept.v[0] = one;
    v = failover_of_history(b->s, &kept, &b->s->arena, &n);
    assert_int_equal(n, 1);
    assert_int_equal(v[0].new_timeline, 2);
    failover_free(one);
    sb_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peace_is_no_failover),
        cmocka_unit_test(a_missed_answer_is_no_failover),
        cmocka_unit_test(a_switchover),
        cmocka_unit_test(a_killed_primary),
        cmocka_unit_test(a_dead_one_that_never_returns_has_a_limit),
        cmocka_unit_test(a_timeline_in_etcd_is_not_yet_a_replica_that_streams),
        cmocka_unit_test(postgresql_crashes_and_the_same_node_takes_up_again),
        cmocka_unit_test(a_restart_of_the_leader_is_no_failover),
        cmocka_unit_test(a_clean_stop_of_the_leaders_patroni),
        cmocka_unit_test(a_manual_failover),
        cmocka_unit_test(a_refused_switchover),
        cmocka_unit_test(a_second_request_overwrites_the_first),
        cmocka_unit_test(the_same_name_takes_the_lock_anew),
        cmocka_unit_test(the_dcs_is_away_for_a_moment),
        cmocka_unit_test(a_dcs_outage_survived_by_failsafe),
        cmocka_unit_test(a_dcs_outage_with_demotion),
        cmocka_unit_test(a_silent_demotion_and_a_burst_at_the_return),
        cmocka_unit_test(two_failovers_in_a_row),
        cmocka_unit_test(a_thawed_leader_takes_the_lock_back),
        cmocka_unit_test(the_new_leader_dies_while_replicas_are_awaited),
        cmocka_unit_test(a_new_leader_whose_api_says_replica_a_while),
        cmocka_unit_test(who_took_the_lock_may_lose_it_before_it_is_a_primary),
        cmocka_unit_test(an_api_that_hangs_while_the_lease_goes_on),
        cmocka_unit_test(nobody_answers_us),
        cmocka_unit_test(without_routes_the_reason_is_said),
        cmocka_unit_test(a_leader_that_only_reads_is_not_writable),
        cmocka_unit_test(the_probe_saw_it),
        cmocka_unit_test(kept_ones_come_back_and_are_numbered_on),
        cmocka_unit_test(history_supplies_those_from_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
