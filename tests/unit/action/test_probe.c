/* The write probe's schema: made and dropped as planned, and looked at again. */
#include "fixture.h"
#include "test_action.h"

static const struct request make = {.kind = ACT_PROBE_START, .via = "haproxy"};
static const struct request drop = {.kind = ACT_PROBE_DROP, .via = "haproxy"};

static void start(struct world *w, const struct request *r)
{
    world_init(w);
    assert_int_equal(world_start(w, world_picture(w), r), ST_OK);
    assert_int_equal(w->nsent, 1);
}

static void test_made(void **state)
{
    struct world w;
    char *audit;

    (void)state;
    start(&w, &make);
    assert_non_null(strstr(w.body[0], "CREATE SCHEMA IF NOT EXISTS pgdba_probe"));
    world_sql(&w, NULL, "", "");
    assert_int_equal(w.nsent, 2); /* the answer alone is not enough */
    assert_non_null(strstr(w.body[1], "to_regclass"));
    world_sql(&w, "t", "", "");
    assert_state(&w, OP_DONE, "is there");
    assert_int_equal(w.nclosed, 2);
    audit = world_audit(&w);
    assert_int_equal(count_lines(audit, "probe start"), 2); /* intent and outcome */
    free(audit);
    world_release(&w);
}

static void test_refused(void **state)
{
    struct world w;

    (void)state;
    start(&w, &make);
    world_sql(&w, NULL, "25006", "cannot execute CREATE SCHEMA in a read-only transaction");
    assert_state(&w, OP_REFUSED, "read-only transaction (25006)");
    assert_int_equal(w.nsent, 1);
    world_release(&w);
}

static void test_an_answer_that_is_lost_is_looked_up(void **state)
{
    struct world w;

    (void)state;
    start(&w, &drop);
    assert_non_null(strstr(w.body[0], "DROP SCHEMA"));
    world_sql_lost(&w, NET_TIMED_OUT);
    assert_int_equal(w.nsent, 2);
    world_sql(&w, "f", "", "");
    assert_state(&w, OP_DONE, "is gone");
    world_release(&w);
}

static void test_still_there(void **state)
{
    struct world w;

    (void)state;
    start(&w, &drop);
    world_sql(&w, NULL, "", "");
    world_sql(&w, "t", "", "");
    assert_state(&w, OP_FAILED, "still there");
    world_release(&w);
}

static void test_nobody_there(void **state)
{
    struct world w;

    (void)state;
    start(&w, &make);
    world_sql_lost(&w, NET_REFUSED);
    assert_state(&w, OP_REFUSED, "nothing was changed");
    assert_int_equal(w.nsent, 1);
    world_release(&w);
}

static void test_no_such_route(void **state)
{
    struct world w;
    struct plan *p;

    (void)state;
    world_init(&w);
    w.no_way = "there is no route \"haproxy\"";
    assert_int_equal(world_plan(&w, world_picture(&w), &make, &p), ST_OK);
    assert_int_equal(p->worst, CHECK_BLOCK);
    assert_string_equal(p->checks[0].check, "route");
    plan_free(p);
    world_release(&w);
}

static void test_read_only(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    w.env.read_only = true;
    assert_int_equal(world_start(&w, world_picture(&w), &make), ST_DENIED);
    assert_int_equal(w.nsent, 0);
    world_release(&w);
}

int run_probe_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_an_answer_that_is_lost_is_looked_up),
        cmocka_unit_test(test_still_there),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_no_such_route),
        cmocka_unit_test(test_read_only),
    };

    return cmocka_run_group_tests_name("action: probe", tests, NULL, NULL);
}
