/* Rolling restarts: the order, what is waited for between two members, and the hand-over. Failover:
 * what is different from a switchover. */
#include "fixture.h"
#include "test_action.h"

static const struct request rolling = {.kind = ACT_ROLLING, .role = MEMBERS_ALL},
                            by_switchover = {
                                .kind = ACT_ROLLING, .role = MEMBERS_ALL, .hand_over = true};

static void test_replicas_first(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    world_init(&w);
    assert_int_equal(world_start(&w, world_picture(&w), &rolling), ST_OK);
    assert_string_equal(w.url[0], "http://10.0.0.2:8008/restart");
    world_pass(&w, 1);
    world_answer(&w, 200, "restarted successfully");
    world_pass(&w, 1);
    b = world_picture(&w);
    see_restarted(b, "pg2");
    sb_lag(b, "pg2", 48 << 20, 48 << 20);
    world_see(&w, b);
    assert_int_equal(w.nsent, 1); /* streams, but is far behind */
    assert_string_equal(w.op->waiting_for, "pg2 to catch up");
    world_pass(&w, 1);
    b = world_picture(&w);
    see_restarted(b, "pg2");
    world_see(&w, b);
    assert_int_equal(w.nsent, 2);
    assert_string_equal(w.url[1], "http://10.0.0.3:8008/restart");
    world_release(&w);
}

static const struct pending_reason lowered = {"max_connections", "200", "100"},
                                   raised = {"max_worker_processes", "8", "16"};

static void test_lowered_settings_need_the_leader_first(void **state)
{
    struct world w;
    struct sb *b;
    struct plan *p;

    (void)state;
    world_init(&w);
    b = world_picture(&w);
    sb_health(b, "pg2")->pending_restart = true;
    sb_health(b, "pg2")->npending = 1;
    sb_health(b, "pg2")->pending = &lowered;
    assert_int_equal(world_plan(&w, b, &rolling, &p), ST_OK);
    assert_string_equal(p->steps[0].member, "pg1");
    assert_string_equal(p->steps[1].member, "pg2");
    assert_string_equal(p->steps[2].member, "pg3");
    plan_free(p);
    b = world_picture(&w);
    sb_health(b, "pg2")->npending = 1;
    sb_health(b, "pg2")->pending = &lowered;
    assert_int_equal(world_plan(&w, b, &by_switchover, &p), ST_REFUSED);
    b = world_picture(&w);
    sb_health(b, "pg2")->npending = 1;
    sb_health(b, "pg2")->pending = &lowered;
    sb_health(b, "pg3")->npending = 1;
    sb_health(b, "pg3")->pending = &raised;
    assert_int_equal(world_plan(&w, b, &rolling, &p), ST_REFUSED);
    assert_non_null(strstr(err_text(&w.err), "max_connections is lowered"));
    world_release(&w);
}

static void test_the_leader_goes_by_switchover(void **state)
{
    struct world w;
    struct plan *p;
    struct sb *b;

    (void)state;
    world_init(&w);
    assert_int_equal(world_plan(&w, world_picture(&w), &by_switchover, &p), ST_OK);
    assert_int_equal(p->nsteps, 4);
    assert_string_equal(p->steps[2].url, "http://10.0.0.1:8008/switchover");
    assert_true(p->steps[2].hands_over);
    assert_string_equal(p->steps[3].member, "pg1");
    assert_true(p->steps[3].if_pending);
    plan_free(p);
    b = world_picture(&w);
    sb_tag(b, "pg2", "nofailover", "true");
    sb_tag(b, "pg3", "nofailover", "true");
    assert_int_equal(world_plan(&w, b, &by_switchover, &p), ST_OK);
    assert_int_equal(p->worst, CHECK_BLOCK);
    plan_free(p);
    world_release(&w);
}

/* ---- failover */

static const struct request to_pg2 = {.kind = ACT_FAILOVER, .candidate = "pg2"};

static void test_failover_without_a_leader(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    world_init(&w);
    b = world_picture(&w);
    sb_no_leader(b, SB_SEC(30));
    assert_int_equal(world_start(&w, b, &to_pg2), ST_OK);
    assert_string_equal(w.url[0], "http://10.0.0.2:8008/failover");
    assert_string_equal(w.body[0], "{\"candidate\":\"pg2\"}");
    world_pass(&w, 1);
    world_answer(&w, 200, "Successfully failed over to \"pg2\"");
    assert_state(&w, OP_RUNNING, "");
    world_pass(&w, 1);
    b = world_picture(&w);
    sb_lead(b, "pg2", true);
    see_down(b, "pg1", PGS_STOPPED, "stopped");
    world_see(&w, b);
    assert_state(&w, OP_DONE, "pg2 leads on timeline 4");
    world_release(&w);
}

static void test_failover_from_a_silent_leader_goes_to_the_candidate(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    world_init(&w);
    b = world_picture(&w);
    sb_fail(b, &sb_member(b, "pg1")->api, OBS_TIMED_OUT, SB_SEC(20));
    assert_int_equal(world_start(&w, b, &to_pg2), ST_OK);
    assert_string_equal(w.url[0], "http://10.0.0.2:8008/failover");
    world_release(&w);
}

static void test_failover_needs_a_candidate(void **state)
{
    static const struct request none = {.kind = ACT_FAILOVER},
                                leader = {.kind = ACT_FAILOVER, .candidate = "pg1"};
    struct world w;
    struct plan *p;

    (void)state;
    world_init(&w);
    assert_int_equal(world_plan(&w, world_picture(&w), &none, &p), ST_USAGE);
    assert_int_equal(world_plan(&w, world_picture(&w), &leader, &p), ST_REFUSED);
    world_release(&w);
}

/* ---- standby clusters */

static void test_demote_cluster(void **state)
{
    static const struct request r = {.kind = ACT_DEMOTE, .follow = {.host = "far", .port = 5433}},
                                promote = {.kind = ACT_PROMOTE};
    struct world w;
    struct sb *b;
    struct plan *p;

    (void)state;
    world_init(&w);
    b = world_picture(&w);
    for (int i = 0; i < b->s->nmembers; i++)
        sb_health(b, b->s->members[i].name)->patroni_version_num = 30002;
    assert_int_equal(world_plan(&w, b, &r, &p), ST_OK);
    assert_int_equal(p->worst, CHECK_BLOCK); /* not cleanly before 4.1 */
    plan_free(p);
    assert_int_equal(world_plan(&w, world_picture(&w), &promote, &p), ST_REFUSED);
    b = world_picture(&w);
    for (int i = 0; i < b->s->nmembers; i++)
        sb_health(b, b->s->members[i].name)->patroni_version_num = 40104;
    assert_int_equal(world_start(&w, b, &r), ST_OK);
    assert_string_equal(w.body[0], "{\"standby_cluster\":{\"host\":\"far\",\"port\":5433}}");
    world_answer(&w, 200, "{\"standby_cluster\": {}}");
    assert_state(&w, OP_RUNNING, "");
    world_pass(&w, 1);
    b = world_picture(&w);
    sb_health(b, "pg1")->role = sb_row(b, "pg1")->role = ROLE_STANDBY_LEADER;
    world_see(&w, b);
    assert_state(&w, OP_DONE, "pg1 follows the other cluster");
    world_release(&w);
}

int run_rolling_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replicas_first),
        cmocka_unit_test(test_lowered_settings_need_the_leader_first),
        cmocka_unit_test(test_the_leader_goes_by_switchover),
        cmocka_unit_test(test_failover_without_a_leader),
        cmocka_unit_test(test_failover_from_a_silent_leader_goes_to_the_candidate),
        cmocka_unit_test(test_failover_needs_a_candidate),
        cmocka_unit_test(test_demote_cluster),
    };

    return cmocka_run_group_tests_name("action: rolling, failover, standby", tests, NULL, NULL);
}
