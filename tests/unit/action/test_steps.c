/* Pause, resume, reload, what is scheduled and what is cancelled: requests that are answered at
 * once, and what must be seen after them. Reference "patroni.md" §2.2 to §2.9. */
#include "fixture.h"
#include "test_action.h"

static const char *const pg2_pg3[] = {"pg2", "pg3"};
static const struct request pause_it = {.kind = ACT_PAUSE}, resume_it = {.kind = ACT_RESUME},
                            reload_two = {.kind = ACT_RELOAD, .nmembers = 2, .members = pg2_pg3},
                            cancel_it = {.kind = ACT_CANCEL_SWITCHOVER},
                            cancel_restarts = {.kind = ACT_CANCEL_RESTART, .role = MEMBERS_ALL};

static void see_paused(struct world *w, const char *but)
{
    struct sb *b = world_picture(w);

    b->s->paused = true;
    for (int i = 0; i < b->s->nmembers; i++)
        if (!but || strcmp(b->s->members[i].name, but) != 0)
            sb_health(b, b->s->members[i].name)->paused = true;
    world_see(w, b);
}

static void test_pause(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    assert_int_equal(world_start(&w, world_picture(&w), &pause_it), ST_OK);
    assert_string_equal(w.url[0], "http://10.0.0.1:8008/config");
    assert_string_equal(w.method, "PATCH");
    assert_string_equal(w.body[0], "{\"pause\":true}");
    world_pass(&w, 1);
    see_paused(&w, NULL); /* seen before the answer: the answer is waited for all the same */
    assert_state(&w, OP_RUNNING, "");
    world_answer(&w, 200, "{\"pause\": true}");
    assert_state(&w, OP_DONE, "every member says that it is paused");
    assert_int_equal(w.nsent, 1);
    world_release(&w);
}

static void test_pause_names_who_lags(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    assert_int_equal(world_start(&w, world_picture(&w), &pause_it), ST_OK);
    world_pass(&w, 1);
    world_answer(&w, 200, "{\"pause\": true}");
    assert_phase(&w, "pg1 is paused", PHASE_ACTIVE);
    world_pass(&w, 1);
    see_paused(&w, "pg3");
    assert_phase(&w, "pg2 is paused", PHASE_DONE);
    assert_string_equal(w.op->waiting_for, "pg3");
    world_pass(&w, 100);
    assert_state(&w, OP_UNKNOWN, "it was taken, but is not seen after");
    assert_non_null(strstr(w.op->outcome, "on pg3"));
    world_release(&w);
}

/* An answer that never came says nothing: what is seen does. */
static void test_resume_without_an_answer(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    world_init(&w);
    b = world_picture(&w);
    b->s->paused = true;
    assert_int_equal(world_start(&w, b, &resume_it), ST_OK);
    world_pass(&w, 1);
    world_lost(&w, NET_TIMED_OUT, true, "no answer within 30 s");
    world_pass(&w, 1);
    world_see(&w, world_picture(&w));
    assert_state(&w, OP_DONE, "every member says that it manages again");
    assert_int_equal(w.nsent, 1); /* never twice */
    world_release(&w);
}

static void test_pause_is_refused_when_it_is(void **state)
{
    struct world w;
    struct sb *b;
    struct plan *p;

    (void)state;
    world_init(&w);
    b = world_picture(&w);
    b->s->paused = true;
    assert_int_equal(world_plan(&w, b, &pause_it, &p), ST_REFUSED);
    assert_int_equal(world_plan(&w, world_picture(&w), &resume_it, &p), ST_REFUSED);
    world_release(&w);
}

static void test_reload_one_after_the_other(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    assert_int_equal(world_start(&w, world_picture(&w), &reload_two), ST_OK);
    assert_int_equal(w.nsent, 1);
    world_answer(&w, 202, "reload scheduled");
    assert_int_equal(w.nsent, 2);
    assert_string_equal(w.url[1], "http://10.0.0.3:8008/reload");
    assert_string_equal(w.body[1], "");
    world_answer(&w, 202, "reload scheduled");
    assert_state(&w, OP_DONE, "each has taken it");
    world_release(&w);
}

static void test_reload_refused_on_the_way(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    assert_int_equal(world_start(&w, world_picture(&w), &reload_two), ST_OK);
    world_answer(&w, 202, "reload scheduled");
    world_answer(&w, 401, "not authenticated");
    assert_state(&w, OP_FAILED, "pg3: refused, nothing was changed there");
    assert_non_null(strstr(w.op->outcome, "before that it was taken by pg2"));
    world_release(&w);
}

static const char at[] = "2026-11-22T03:00:00+00:00";

static void test_cancel_switchover(void **state)
{
    struct world w;
    struct sb *b;
    struct plan *p;

    (void)state;
    world_init(&w);
    assert_int_equal(world_plan(&w, world_picture(&w), &cancel_it, &p), ST_REFUSED);
    b = world_picture(&w);
    b->s->switchover_at = at;
    assert_int_equal(world_start(&w, b, &cancel_it), ST_OK);
    assert_string_equal(w.url[0], "http://10.0.0.1:8008/switchover");
    assert_string_equal(w.method, "DELETE");
    world_pass(&w, 1);
    world_answer(&w, 200, "scheduled switchover deleted");
    assert_state(&w, OP_RUNNING, "");
    b = world_picture(&w);
    b->s->switchover_at = at; /* not heard of yet */
    world_see(&w, b);
    assert_state(&w, OP_RUNNING, "");
    world_pass(&w, 1);
    world_see(&w, world_picture(&w));
    assert_state(&w, OP_DONE, "no switchover is scheduled any more");
    world_release(&w);
}

static void test_nothing_to_cancel_after_all(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    world_init(&w);
    b = world_picture(&w);
    b->s->switchover_at = at;
    assert_int_equal(world_start(&w, b, &cancel_it), ST_OK);
    world_answer(&w, 404, "no switchover is scheduled");
    assert_state(&w, OP_REFUSED, "no switchover is scheduled");
    world_release(&w);
}

static void test_cancel_restarts_where_there_are_any(void **state)
{
    struct world w;
    struct sb *b;
    struct plan *p;

    (void)state;
    world_init(&w);
    assert_int_equal(world_plan(&w, world_picture(&w), &cancel_restarts, &p), ST_REFUSED);
    b = world_picture(&w);
    sb_health(b, "pg3")->scheduled_restart.at = at;
    assert_int_equal(world_start(&w, b, &cancel_restarts), ST_OK);
    assert_string_equal(w.url[0], "http://10.0.0.3:8008/restart");
    world_answer(&w, 200, "scheduled restart deleted");
    world_pass(&w, 1);
    world_see(&w, world_picture(&w));
    assert_state(&w, OP_DONE, "no restart is scheduled there any more");
    assert_int_equal(w.nsent, 1);
    world_release(&w);
}

static void test_schedule_a_switchover(void **state)
{
    static const struct request r = {
        .kind = ACT_SWITCHOVER_AT, .candidate = "pg2", .at_us = INT64_C(1795316400) * 1000000};
    struct world w;
    struct sb *b;

    (void)state;
    world_init(&w);
    assert_int_equal(world_start(&w, world_picture(&w), &r), ST_OK);
    assert_string_equal(w.body[0], "{\"leader\":\"pg1\",\"candidate\":\"pg2\","
                                   "\"scheduled_at\":\"2026-11-22T03:00:00.000Z\"}");
    world_answer(&w, 202, "Switchover scheduled");
    assert_state(&w, OP_RUNNING, "");
    world_pass(&w, 1);
    b = world_picture(&w);
    b->s->switchover_at = "2026-11-22T09:00:00+00:00"; /* somebody else's */
    world_see(&w, b);
    assert_state(&w, OP_RUNNING, "");
    world_pass(&w, 1);
    b = world_picture(&w);
    b->s->switchover_at = "2026-11-22T04:00:00+01:00";
    world_see(&w, b);
    assert_state(&w, OP_DONE, "the switchover is scheduled for");
    world_release(&w);
}

static void test_schedule_a_restart(void **state)
{
    static const struct request r = {
        .kind = ACT_RESTART_AT, .role = MEMBERS_REPLICAS, .at_us = INT64_C(1795316400) * 1000000};
    struct world w;
    struct sb *b;

    (void)state;
    world_init(&w);
    assert_int_equal(world_start(&w, world_picture(&w), &r), ST_OK);
    assert_string_equal(w.url[0], "http://10.0.0.2:8008/restart");
    assert_string_equal(w.body[0], "{\"schedule\":\"2026-11-22T03:00:00.000Z\"}");
    world_answer(&w, 202, "Restart scheduled");
    world_answer(&w, 409, "Another restart is already scheduled");
    assert_state(&w, OP_FAILED, "Another restart is already scheduled");
    world_release(&w);
    world_init(&w);
    assert_int_equal(world_start(&w, world_picture(&w), &r), ST_OK);
    world_answer(&w, 202, "Restart scheduled");
    world_answer(&w, 202, "Restart scheduled");
    world_pass(&w, 1);
    b = world_picture(&w);
    sb_health(b, "pg2")->scheduled_restart.at = at;
    world_see(&w, b);
    assert_string_equal(w.op->waiting_for, "pg3");
    world_pass(&w, 1);
    b = world_picture(&w);
    sb_health(b, "pg2")->scheduled_restart.at = at;
    sb_health(b, "pg3")->scheduled_restart.at = at;
    world_see(&w, b);
    assert_state(&w, OP_DONE, "scheduled for");
    world_release(&w);
}

int run_steps_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pause),
        cmocka_unit_test(test_pause_names_who_lags),
        cmocka_unit_test(test_resume_without_an_answer),
        cmocka_unit_test(test_pause_is_refused_when_it_is),
        cmocka_unit_test(test_reload_one_after_the_other),
        cmocka_unit_test(test_reload_refused_on_the_way),
        cmocka_unit_test(test_cancel_switchover),
        cmocka_unit_test(test_nothing_to_cancel_after_all),
        cmocka_unit_test(test_cancel_restarts_where_there_are_any),
        cmocka_unit_test(test_schedule_a_switchover),
        cmocka_unit_test(test_schedule_a_restart),
    };

    return cmocka_run_group_tests_name("action: steps", tests, NULL, NULL);
}
