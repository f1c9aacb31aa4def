/* Restart: one after the other, verified by another postmaster. */
#include "fixture.h"
#include "test_action.h"

static const char *const two[] = {"pg2", "pg1"};
static const struct request restart_two = {
    .kind = ACT_RESTART, .nmembers = 2, .members = two, .timeout_s = 30};
static const struct request restart_one = {.kind = ACT_RESTART, .nmembers = 1, .members = two};

static void start(struct world *w, const struct request *r)
{
    world_init(w);
    assert_int_equal(world_start(w, world_picture(w), r), ST_OK);
    assert_int_equal(w->nsent, 1);
    world_pass(w, 1);
}

static struct sb *picture_restarted(struct world *w, const char *name)
{
    struct sb *b = world_picture(w);

    see_restarted(b, name);
    return b;
}

static void test_two(void **state)
{
    struct world w;
    struct sb *b;
    char *audit;

    (void)state;
    start(&w, &restart_two);
    assert_string_equal(w.url[0], "http://10.0.0.2:8008/restart");
    assert_string_equal(w.body[0], "{\"timeout\":30}");
    assert_phase(&w, "restart pg2", PHASE_ACTIVE);
    assert_phase(&w, "restart pg1", PHASE_WAITING);

    b = world_picture(&w);
    see_down(b, "pg2", PGS_RESTARTING, "restarting");
    world_see(&w, b);
    assert_string_equal(world_phase(&w, "restart pg2")->note, "restarting");
    world_pass(&w, 1);
    world_answer(&w, 200, "restarted successfully");
    assert_int_equal(w.nsent, 1); /* the answer alone is not enough */
    b = picture_restarted(&w, "pg2");
    sb_streams(b, "pg1", (const char *const[]){"pg3", NULL});
    world_see(&w, b); /* up, but it does not stream yet */
    assert_int_equal(w.nsent, 1);
    world_pass(&w, 1);
    world_see(&w, picture_restarted(&w, "pg2"));
    assert_phase(&w, "restart pg2", PHASE_DONE);
    assert_int_equal(w.nsent, 2);
    assert_string_equal(w.url[1], "http://10.0.0.1:8008/restart");
    world_pass(&w, 1);
    world_see(&w, picture_restarted(&w, "pg2")); /* pg1 has not restarted yet */
    assert_state(&w, OP_RUNNING, "");
    world_answer(&w, 200, "restarted successfully");
    world_pass(&w, 1);
    b = picture_restarted(&w, "pg2");
    see_restarted(b, "pg1");
    world_see(&w, b);
    assert_state(&w, OP_DONE, "pg2, pg1 were restarted; all are up again");
    audit = world_audit(&w);
    assert_int_equal(count_lines(audit, "\"outcome\":\"done\""), 1);
    assert_int_equal(count_lines(audit, "pg1:8008"), 0);
    free(audit);
    world_release(&w);
}

/* Seen up before the answer: it is waited for a little, then it does not matter. */
static void test_seen_before_answer(void **state)
{
    struct world w;

    (void)state;
    start(&w, &restart_one);
    world_see(&w, picture_restarted(&w, "pg2"));
    assert_state(&w, OP_RUNNING, "");
    world_pass(&w, 6);
    assert_state(&w, OP_DONE, "pg2 was restarted and is up again");
    assert_int_equal(w.ncancelled, 1);
    world_release(&w);

    start(&w, &restart_one);
    world_see(&w, picture_restarted(&w, "pg2"));
    world_answer(&w, 200, "restarted successfully");
    assert_state(&w, OP_DONE, "pg2 was restarted and is up again");
    world_release(&w);
}

static void test_refused_first(void **state)
{
    struct world w;

    (void)state;
    start(&w, &restart_two);
    world_answer(&w, 503, "reinitialize already in progress");
    assert_state(&w, OP_REFUSED,
                 "pg2: refused, nothing was changed there: HTTP 503: reinitialize "
                 "already in progress; not done: pg1");
    assert_int_equal(w.nsent, 1);
    assert_phase(&w, "restart pg2", PHASE_FAILED);
    assert_phase(&w, "restart pg1", PHASE_SKIPPED);
    world_release(&w);
}

static void test_failed_first(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    start(&w, &restart_two);
    world_answer(&w, 503, "restart failed");
    assert_state(&w, OP_RUNNING, "");
    for (int i = 0; i < 62; i++) {
        b = world_picture(&w);
        see_down(b, "pg2", PGS_FAILED, "start failed");
        world_see(&w, b);
        world_pass(&w, 1);
    }
    assert_state(&w, OP_FAILED, "pg2: the restart failed");
    assert_non_null(strstr(w.op->outcome, "not done: pg1"));
    assert_int_equal(w.nsent, 1);
    world_release(&w);
}

static void test_second_not_sent(void **state)
{
    struct world w;

    (void)state;
    start(&w, &restart_two);
    world_answer(&w, 200, "restarted successfully");
    world_see(&w, picture_restarted(&w, "pg2"));
    assert_int_equal(w.nsent, 2);
    world_lost(&w, NET_REFUSED, false, "connection refused");
    assert_state(&w, OP_FAILED, "pg2 was restarted; pg1: not sent");
    world_release(&w);
}

static void test_lead_moves_between(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    start(&w, &restart_two);
    world_answer(&w, 200, "restarted successfully");
    b = picture_restarted(&w, "pg2");
    sb_lead(b, "pg3", true);
    world_see(&w, b);
    assert_state(&w, OP_FAILED, "the lead moved meanwhile from pg1 to pg3; not done: pg1");
    assert_int_equal(w.nsent, 1);
    world_release(&w);
}

/* The second one fell silent, or something was begun on it, while the first restarted. */
static void test_next_is_checked_again(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    start(&w, &restart_two);
    world_answer(&w, 200, "restarted successfully");
    b = picture_restarted(&w, "pg2");
    see_down(b, "pg1", PGS_STARTING, "starting");
    world_see(&w, b);
    assert_state(&w, OP_FAILED, "pg2 is done, and then it stopped: pg1");
    assert_non_null(strstr(w.op->outcome, "not done: pg1"));
    assert_int_equal(w.nsent, 1);
    world_release(&w);
}

static void test_still_starting(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    start(&w, &restart_two);
    world_answer(&w, 503, "postgres is still starting");
    for (int i = 0; i < 100; i++) {
        b = world_picture(&w);
        see_down(b, "pg2", PGS_STARTING, "starting");
        world_see(&w, b);
        world_pass(&w, 1);
    }
    assert_state(&w, OP_RUNNING, "");
    world_see(&w, picture_restarted(&w, "pg2"));
    assert_phase(&w, "restart pg2", PHASE_DONE);
    assert_int_equal(w.nsent, 2);
    world_release(&w);
}

static void test_lost_for_ever(void **state)
{
    struct world w;

    (void)state;
    start(&w, &restart_two);
    world_lost(&w, NET_TIMED_OUT, true, "no answer within 90 s");
    world_pass(&w, 200);
    assert_state(&w, OP_UNKNOWN, "pg2 has not been seen up with a new start time");
    assert_int_equal(w.nsent, 1);
    world_release(&w);
}

/* It was down before: nothing to compare with, but its host's clock. */
static void test_start_time_not_known(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    world_init(&w);
    b = world_picture(&w);
    see_down(b, "pg2", PGS_FAILED, "start failed");
    assert_int_equal(world_start(&w, b, &restart_one), ST_OK);
    world_pass(&w, 1);
    world_answer(&w, 200, "restarted successfully");
    world_see(&w, world_picture(&w)); /* a postmaster of yesterday */
    assert_state(&w, OP_RUNNING, "");
    world_pass(&w, 3);
    world_see(&w, picture_restarted(&w, "pg2"));
    assert_state(&w, OP_DONE, "pg2 was restarted");
    world_release(&w);
}

static void test_pending_only(void **state)
{
    static const struct request r = {
        .kind = ACT_RESTART, .nmembers = 2, .members = two, .pending = true};
    struct world w;
    struct sb *b;
    struct plan *p;

    (void)state;
    world_init(&w);
    assert_int_equal(world_plan(&w, world_picture(&w), &r, &p), ST_REFUSED);
    b = world_picture(&w);
    sb_row(b, "pg1")->pending_restart = true;
    assert_int_equal(world_start(&w, b, &r), ST_OK);
    assert_string_equal(w.url[0], "http://10.0.0.1:8008/restart");
    assert_string_equal(w.body[0], "{\"restart_pending\":true}");
    assert_int_equal(w.op->nphases, 1);
    world_release(&w);
}

int run_restart_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two),
        cmocka_unit_test(test_seen_before_answer),
        cmocka_unit_test(test_refused_first),
        cmocka_unit_test(test_failed_first),
        cmocka_unit_test(test_second_not_sent),
        cmocka_unit_test(test_lead_moves_between),
        cmocka_unit_test(test_next_is_checked_again),
        cmocka_unit_test(test_still_starting),
        cmocka_unit_test(test_lost_for_ever),
        cmocka_unit_test(test_start_time_not_known),
        cmocka_unit_test(test_pending_only),
    };

    return cmocka_run_group_tests_name("action: restart", tests, NULL, NULL);
}
