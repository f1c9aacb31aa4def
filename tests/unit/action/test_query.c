/* SQL that may write: its answer is its end; without one nothing is claimed. */
#include "fixture.h"
#include "test_action.h"

static const char *const pg2[] = {"pg2"};
static const struct request
    on_leader = {.kind = ACT_QUERY, .role = MEMBERS_LEADER, .sql = "DELETE FROM t"},
    on_pg2 = {.kind = ACT_QUERY, .nmembers = 1, .members = pg2, .sql = "DELETE FROM t"},
    two_statements = {.kind = ACT_QUERY, .role = MEMBERS_LEADER, .sql = "COMMIT; DELETE FROM t;"},
    on_nobody = {.kind = ACT_QUERY, .sql = "DELETE FROM t"};

static void start(struct world *w, const struct request *r)
{
    world_init(w);
    assert_int_equal(world_start(w, world_picture(w), r), ST_OK);
    assert_int_equal(w->nsent, 1);
    assert_string_equal(w->body[0], r->sql);
}

static void test_done(void **state)
{
    struct world w;
    char *audit;

    (void)state;
    start(&w, &on_leader);
    assert_string_equal(w.op->plan->request.members[0], "pg1");
    world_sql(&w, "7", "", "");
    assert_state(&w, OP_DONE, "pg1 says: ");
    assert_string_equal(table_get(w.op->result, 0, 0), "7");
    assert_int_equal(w.nsent, 1);
    assert_int_equal(w.nclosed, 1);
    audit = world_audit(&w);
    assert_int_equal(count_lines(audit, "DELETE FROM t"), 2); /* intent and outcome */
    free(audit);
    world_release(&w);
}

static void test_refused(void **state)
{
    struct world w;

    (void)state;
    start(&w, &on_leader);
    world_sql(&w, NULL, "42P01", "relation \"t\" does not exist");
    assert_state(&w, OP_REFUSED, "nothing was changed: relation \"t\" does not exist (42P01)");
    world_release(&w);
    start(&w, &two_statements);
    world_sql(&w, NULL, "42P01", "relation \"t\" does not exist");
    assert_state(&w, OP_FAILED, "what was committed before that stands");
    world_release(&w);
}

/* What is cancelled half-way is not undone: an index that is no good, half of a procedure. */
static void test_refused_in_pieces(void **state)
{
    static const char *const pieces[] = {"create index concurrently i on t (a)", "CALL p()",
                                         " vacuum t", "select pg_promote()"};

    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct request r = on_leader;
        struct world w;

        r.sql = pieces[i];
        start(&w, &r);
        world_sql(&w, NULL, "57014", "canceling statement due to statement timeout");
        assert_state(&w, OP_FAILED, "look at what it has left behind");
        world_release(&w);
    }
}

static void test_no_answer(void **state)
{
    struct world w;

    (void)state;
    start(&w, &on_leader);
    world_sql_lost(&w, NET_TIMED_OUT);
    assert_state(&w, OP_UNKNOWN, "it may have been carried out or not");
    assert_int_equal(w.nsent, 1); /* never sent again */
    world_release(&w);
    start(&w, &on_leader);
    world_sql_lost(&w, NET_REFUSED);
    assert_state(&w, OP_REFUSED, "not sent, nothing was changed");
    world_release(&w);
}

static void test_plan(void **state)
{
    struct world w;
    struct plan *p = NULL;

    (void)state;
    world_init(&w);
    assert_int_equal(world_plan(&w, world_picture(&w), &on_pg2, &p), ST_OK);
    assert_int_equal(p->worst, CHECK_WARN);
    assert_string_equal(p->checks[0].check, "query-leader");
    assert_string_equal(p->equivalent, "pgdba query --cluster lab --write pg2 'DELETE FROM t'");
    plan_free(p);
    assert_int_equal(world_plan(&w, world_picture(&w), &on_nobody, &p), ST_USAGE);
    w.no_way = "where the PostgreSQL of pg1 listens is not known";
    assert_int_equal(world_plan(&w, world_picture(&w), &on_leader, &p), ST_OK);
    assert_int_equal(p->worst, CHECK_BLOCK);
    assert_string_equal(p->checks[0].check, "route");
    plan_free(p);
    world_release(&w);
}

int run_query_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_done),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_refused_in_pieces),
        cmocka_unit_test(test_no_answer),
        cmocka_unit_test(test_plan),
    };

    return cmocka_run_group_tests_name("action: query", tests, NULL, NULL);
}
