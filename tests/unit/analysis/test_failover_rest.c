/* analysis/failover from REST alone: coarser, and said so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "failover_rig.h"

/* The rows of /cluster change as polls see them; there is no revision. */
static void take_over(struct rig *r, int n, int other)
{
    r->leader = n;
    rig_pass(r, SB_SEC(1));
    rig_promote(r, n);
    r->node[n].key_timeline = 4;
    rig_route(r, n);
    rig_pass(r, SB_SEC(1));
    rig_follow(r, other, 4);
    rig_pass(r, SB_SEC(1));
}

static void peace_is_no_failover(void **state)
{
    (void)state;
    struct rig r;
    rig_rest_only(&r);
    rig_pass(&r, SB_SEC(60));
    assert_null(rig_open(&r));
    assert_null(rig_kept(&r, 0));
    rig_release(&r);
}

static void a_killed_primary(void **state)
{
    (void)state;
    struct rig r;
    rig_rest_only(&r);
    rig_silence(&r, PG1, OBS_REFUSED);
    rig_pass(&r, SB_SEC(24));
    assert_non_null(rig_open(&r));
    assert_true(rig_open(&r)->coarse);
    r.node[PG1].key = false;
    r.leader = -1;
    rig_pass(&r, MS(500));
    assert_int_equal(rig_phase(rig_open(&r), FP_LOCK_TAKEN, "")->state, FO_NEXT);
    take_over(&r, PG2, PG3);
    rig_return(&r, PG1, 4);
    rig_pass(&r, SB_SEC(2));
    assert_null(rig_open(&r));
    assert_table(rig_kept(&r, 0),
                 "crash failover pg1 -> pg2, a new timeline (times are of polls)\n"
                 "  requested                   skipped     a request cannot be seen over REST\n"
                 "  last sign of life           Patroni     pg1\n"
                 "  lock gone                   Patroni\n"
                 "  candidates                  Patroni     pg2 0/5000A58, pg3 0/5000A58\n"
                 "  lock taken                  Patroni     pg2\n"
                 "  promoted                    Patroni     timeline 4\n"
                 "  writable                    PostgreSQL  pg2\n"
                 "  HAProxy routes haproxy      HAProxy     rw/pg2 UP\n"
                 "  PgBouncer routes pgbouncer  PgBouncer   4 server connections\n"
                 "  first write                 skipped     no probe is running\n"
                 "  replica streams pg1         PostgreSQL\n"
                 "  replica streams pg3         PostgreSQL\n");
    rig_release(&r);
}

/* The gap of 60 ms was not seen: from one name to the other between two polls. */
static void a_switchover_between_two_polls(void **state)
{
    (void)state;
    struct rig r;
    rig_rest_only(&r);
    int64_t before = r.now_us;
    r.node[PG1].state = PGS_STOPPING;
    r.node[PG1].sql = false;
    r.node[PG1].pg = OBS_REFUSED;
    rig_pass(&r, SB_SEC(1));
    assert_non_null(rig_open(&r));
    assert_int_equal(rig_open(&r)->start_mono_us, before);
    r.node[PG1].state = r.node[PG1].key_state = PGS_STOPPED;
    r.node[PG1].role = ROLE_DEMOTED;
    take_over(&r, PG2, PG3);
    assert_int_equal(rig_open(&r)->kind, FO_SWITCHOVER);
    r.node[PG1].pg = OBS_ANSWERED;
    rig_follow(&r, PG1, 4);
    rig_pass(&r, SB_SEC(2));
    const struct failover *f = rig_kept(&r, 0);
    assert_non_null(f);
    assert_true(f->coarse);
    assert_int_equal(f->kind, FO_SWITCHOVER);
    const struct failover_phase *p = rig_phase(f, FP_LOCK_GONE, "");
    assert_string_equal(p->note, "between two looks");
    assert_true(p->not_before_us < p->mono_us);
    rig_release(&r);
}

static void a_clean_stop(void **state)
{
    (void)state;
    struct rig r;
    rig_rest_only(&r);
    r.node[PG1].state = PGS_STOPPING;
    r.node[PG1].sql = false;
    r.node[PG1].pg = OBS_REFUSED;
    rig_pass(&r, SB_SEC(1));
    r.node[PG1].key_state = PGS_STOPPED;
    rig_silence(&r, PG1, OBS_REFUSED);
    take_over(&r, PG2, PG3);
    assert_int_equal(rig_open(&r)->kind, FO_CLEAN_STOP);
    rig_release(&r);
}

static void local_crash_recovery(void **state)
{
    (void)state;
    struct rig r;
    rig_rest_only(&r);
    r.node[PG1].pg = OBS_REFUSED;
    r.node[PG1].sql = false;
    r.node[PG1].state = PGS_FAILED;
    rig_pass(&r, SB_SEC(2));
    assert_int_equal(rig_open(&r)->kind, FO_LOCAL_RECOVERY);
    r.node[PG1].pg = OBS_ANSWERED;
    rig_promote(&r, PG1);
    r.node[PG1].key_timeline = 4;
    rig_pass(&r, SB_SEC(1));
    rig_follow(&r, PG2, 4);
    rig_follow(&r, PG3, 4);
    rig_pass(&r, SB_SEC(5));
    const struct failover *f = rig_kept(&r, 0);
    assert_non_null(f);
    assert_int_equal(f->kind, FO_LOCAL_RECOVERY);
    assert_string_equal(f->to, "pg1");
    assert_int_equal(f->new_timeline, 4);
    rig_release(&r);
}

static void the_dcs_is_away(void **state)
{
    (void)state;
    for (int failsafe = 0; failsafe < 2; failsafe++) {
        struct rig r;
        rig_rest_only(&r);
        r.view_fails = true;
        rig_pass(&r, SB_SEC(5));
        assert_null(rig_open(&r)); /* only /cluster fails: that may be its member */
        for (int i = 0; i < NODES; i++) {
            r.node[i].unlocked = true;
            r.node[i].failsafe = failsafe;
        }
        if (!failsafe) {
            rig_follow(&r, PG1, 3);
            r.node[PG1].streams = false;
        }
        rig_pass(&r, SB_SEC(20));
        enum failover_kind kind = failsafe ? FO_DCS_FAILSAFE : FO_DCS_DEMOTED;
        assert_int_equal(rig_open(&r)->kind, kind);
        r.view_fails = false;
        for (int i = 0; i < NODES; i++)
            r.node[i].unlocked = r.node[i].failsafe = false;
        if (!failsafe) {
            rig_promote(&r, PG1);
            r.node[PG1].key_timeline = 4;
            rig_pass(&r, SB_SEC(1));
            rig_follow(&r, PG2, 4);
            rig_follow(&r, PG3, 4);
        }
        rig_pass(&r, SB_SEC(8));
        assert_null(rig_open(&r));
        assert_int_equal(rig_kept(&r, 0)->kind, kind);
        rig_release(&r);
    }
}

/* /cluster answers from its cache all the time; at the return everybody is gone from it at once. */
static void the_dcs_is_away_and_cluster_does_not_say_so(void **state)
{
    (void)state;
    struct rig r;
    rig_rest_only(&r);
    rig_follow(&r, PG1, 3);
    r.node[PG1].key_role = ROLE_LEADER;
    r.node[PG1].streams = false;
    rig_pass(&r, SB_SEC(14));
    assert_non_null(rig_open(&r));
    r.leader = -1;
    for (int i = 0; i < NODES; i++)
        r.node[i].key = false;
    rig_pass(&r, SB_SEC(1));
    for (int i = 0; i < NODES; i++)
        r.node[i].key = true;
    r.leader = PG1;
    rig_promote(&r, PG1);
    r.node[PG1].key_timeline = 4;
    rig_pass(&r, SB_SEC(1));
    rig_follow(&r, PG2, 4);
    rig_follow(&r, PG3, 4);
    rig_pass(&r, SB_SEC(5));
    assert_null(rig_open(&r));
    assert_int_equal(rig_kept(&r, 0)->kind, FO_DCS_DEMOTED);
    rig_release(&r);
}

/* /cluster still lists it long after any lease would have run out: it lives, we are cut off. */
static void a_leader_that_only_we_cannot_reach(void **state)
{
    (void)state;
    struct rig r;
    rig_rest_only(&r);
    rig_silence(&r, PG1, OBS_TIMED_OUT);
    rig_pass(&r, SB_SEC(20));
    assert_non_null(rig_open(&r));
    rig_pass(&r, SB_SEC(60));
    assert_null(rig_open(&r));
    assert_null(rig_kept(&r, 0));
    rig_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peace_is_no_failover),
        cmocka_unit_test(a_killed_primary),
        cmocka_unit_test(a_switchover_between_two_polls),
        cmocka_unit_test(a_clean_stop),
        cmocka_unit_test(local_crash_recovery),
        cmocka_unit_test(the_dcs_is_away),
        cmocka_unit_test(the_dcs_is_away_and_cluster_does_not_say_so),
        cmocka_unit_test(a_leader_that_only_we_cannot_reach),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
