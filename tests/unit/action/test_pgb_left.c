/* PgBouncer's commands: names as they go out, whoever leaves while a PAUSE waits, and what an
 * earlier run left. */
#include "fixture.h"
#include "kind.h"
#include "test_action.h"

static const char *const app[] = {"app"}, *const two[] = {"app", "crm"};
static const struct request pause_app = {.kind = ACT_PGB_PAUSE, .ndatabases = 1, .databases = app},
                            pause_two = {.kind = ACT_PGB_PAUSE, .ndatabases = 2, .databases = two},
                            resume_app = {.kind = ACT_PGB_RESUME,
                                          .ndatabases = 1,
                                          .databases = app},
                            reload = {.kind = ACT_PGB_RELOAD},
                            resume_left = {.kind = ACT_PGB_RESUME, .left = true};
static const struct held held[] = {{.cluster = "lab",
                                    .bouncer = "pgbouncer",
                                    .database = "app",
                                    .user = "anna",
                                    .host = "ops1",
                                    .wall_us = INT64_C(1700000000000000)},
                                   {.cluster = "lab", .bouncer = "pgbouncer", .database = "crm"}};
static const struct held_list left_app = {1, held}, left_both = {2, held};

#define DB(app, crm) "name paused disabled|app " app " 0|crm " crm " 0"
#define POOL(active) \
    "database user cl_active cl_waiting sv_active sv_idle sv_tested|app a 1 0 " active " 0 0"

static void start(struct world *w, const struct request *r)
{
    assert_int_equal(world_start(w, world_picture(w), r), ST_OK);
}

static void assert_closed(struct world *w)
{
    assert_int_equal(world_consoles_open(w), 0);
}

/* ---- names: what is in them is never anything but a name */

static void test_quoting(void **state)
{
    static const struct {
        const char *name, *sql;
    } v[] = {
        {"app", "RECONNECT \"app\""},
        {"App DB", "RECONNECT \"App DB\""},
        {"a\"b", "RECONNECT \"a\"\"b\""},
        {"\"", "RECONNECT \"\"\"\""},
        {"a'b;c--", "RECONNECT \"a'b;c--\""},
        {"100%s%n", "RECONNECT \"100%s%n\""},
        {"größe-数", "RECONNECT \"größe-数\""},
        {"a\\b", "RECONNECT \"a\\b\""},
        {"123456789012345678901234567890123456789012345678901234567890123",
         "RECONNECT \"123456789012345678901234567890123456789012345678901234567890123\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct request r = {.kind = ACT_PGB_RECONNECT, .ndatabases = 1, .databases = &v[i].name};
        struct world w;
        struct plan *p;

        world_init(&w);
        assert_int_equal(world_plan(&w, world_picture(&w), &r, &p), ST_OK);
        assert_string_equal(p->steps[0].body, v[i].sql);
        assert_string_equal(p->steps[0].argument, v[i].name);
        plan_free(p);
        world_release(&w);
    }
}

static void test_too_long(void **state)
{
    static const char *const name[] = {
        "1234567890123456789012345678901234567890123456789012345678901234"};
    struct request r = {.kind = ACT_PGB_PAUSE, .ndatabases = 1, .databases = name};
    struct world w;
    struct plan *p = NULL;

    (void)state;
    world_init(&w);
    assert_int_equal(world_plan(&w, world_picture(&w), &r, &p), ST_USAGE);
    assert_non_null(strstr(err_text(&w.err), "at most 63 bytes"));
    world_release(&w);
}

/* ---- who may act, known before it is tried */

static struct action_sql_route as_user(void *arg, const char *name)
{
    (void)name;
    return (struct action_sql_route){
        .conninfo = arg, .label = "10.0.0.7:6432/pgbouncer", .why = ""};
}

static void test_right(void **state)
{
    static const struct {
        const char *admins, *conninfo;
        int verdict; /* -1: no such check */
        const char *says;
    } v[] = {
        {"admin", "host=h user=stats", CHECK_BLOCK,
         "stats is not in admin_users of pgbouncer, so that it may look but not act: give it an "
         "admin_conninfo in the cluster's file, as in \"user=admin\""},
        {"ops, admin", "host=h user=admin", CHECK_PASS, "admin is in admin_users"},
        {"ops,administrator", "host=h user=admin", CHECK_BLOCK, "as in \"user=ops\""},
        {"", "host=h user=admin", CHECK_BLOCK, "as in \"user=admin\""},
        {"admin", "host=/run user=pgbouncer", -1, NULL}, /* by its own socket it may */
        {NULL, "host=h user=stats", -1, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        const struct pgb_setting setting = {.key = "admin_users", .value = v[i].admins};
        const struct pgb_config config = {.n = v[i].admins ? 1 : 0, .v = &setting};
        const struct check_result *c = NULL;
        struct plan *p;
        struct world w;
        struct sb *b;

        world_init(&w);
        w.env.bouncer = as_user;
        w.env.bouncer_arg = (void *)(uintptr_t)v[i].conninfo;
        b = world_picture(&w);
        b->bouncers[0].config = &config;
        assert_int_equal(world_plan(&w, b, &pause_two, &p), ST_OK);
        for (int k = 0; k < p->nchecks; k++)
            if (strcmp(p->checks[k].check, "bouncer-right") == 0) {
                assert_null(c); /* once a PgBouncer, not once a database */
                c = &p->checks[k];
            }
        assert_int_equal(c ? (int)c->verdict : -1, v[i].verdict);
        if (c && !strstr(c->reason, v[i].says))
            fail_msg("%s", c->reason);
        plan_free(p);
        world_release(&w);
    }
}

/* ---- whoever leaves */

static void start_pause(struct world *w)
{
    world_init(w);
    start(w, &pause_app);
    world_rows(w, 0, "SHOW DATABASES", DB("0", "0"));
    world_rows(w, 1, "SHOW POOLS", POOL("1"));
    world_asks(w, 0, "PAUSE \"app\"");
}

static void assert_undone(struct world *w, int console)
{
    world_tag(w, console, "RESUME \"app\"", "RESUME");
    world_rows(w, console, "SHOW DATABASES", DB("0", "0"));
    assert_state(w, OP_FAILED, "interrupted; it was undone");
    assert_int_equal(w->nheld, 0);
    assert_closed(w);
}

static void test_interrupted(void **state)
{
    struct world w;

    (void)state;
    start_pause(&w);
    assert_true(action_interrupt(w.run));
    assert_false(w.consoles[0].open); /* closed under its PAUSE, and never cancelled */
    assert_true(action_interrupt(w.run));
    assert_undone(&w, 1);
    assert_false(action_interrupt(w.run));
    world_release(&w);

    start_pause(&w); /* the second one is just being asked who is busy */
    world_pass(&w, 1);
    world_asks(&w, 1, "SHOW POOLS");
    assert_true(action_interrupt(w.run));
    world_rows(&w, 1, "SHOW POOLS", POOL("1"));
    assert_undone(&w, 1);
    world_release(&w);

    start_pause(&w); /* it is answered, and being looked at */
    world_tag(&w, 0, "PAUSE \"app\"", "PAUSE");
    world_asks(&w, 0, "SHOW POOLS");
    assert_true(action_interrupt(w.run));
    assert_undone(&w, 1);
    world_release(&w);
}

static void test_interrupted_early(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    start(&w, &pause_app);
    assert_true(action_interrupt(w.run));
    assert_state(&w, OP_REFUSED, "interrupted: nothing was sent");
    assert_closed(&w);
    world_release(&w);

    world_init(&w); /* the second connection is not there yet */
    start(&w, &pause_app);
    world_rows(&w, 0, "SHOW DATABASES", DB("0", "0"));
    world_asks(&w, 1, "SHOW POOLS");
    assert_true(action_interrupt(w.run));
    assert_state(&w, OP_REFUSED, "interrupted: nothing was sent");
    assert_int_equal(w.nheld, 0);
    assert_closed(&w);
    world_release(&w);

    world_init(&w); /* one is paused, the other is being looked at */
    start(&w, &pause_two);
    world_rows(&w, 0, "SHOW DATABASES", DB("0", "0"));
    world_rows(&w, 1, "SHOW POOLS", POOL("0"));
    world_tag(&w, 0, "PAUSE \"app\"", "PAUSE");
    world_rows(&w, 0, "SHOW POOLS", POOL("0"));
    world_rows(&w, 0, "SHOW DATABASES", DB("1", "0"));
    world_asks(&w, 0, "SHOW DATABASES");
    assert_true(action_interrupt(w.run));
    assert_undone(&w, 1);
    world_release(&w);

    world_init(&w); /* nothing that could be undone: it may be left */
    start(&w, &reload);
    assert_false(action_interrupt(w.run));
    assert_state(&w, OP_RUNNING, "");
    world_release(&w);
}

/* ---- a database of PgBouncer's entry "*" that nobody uses: not listed, and paused all the same */

static void start_left(struct world *w, const struct held_list *l)
{
    world_init(w);
    w->left = l;
    start(w, &resume_left);
}

static void test_hidden(void **state)
{
    struct world w;

    (void)state;
    start_pause(&w); /* it goes out of sight when its servers have gone */
    world_tag(&w, 0, "PAUSE \"app\"", "PAUSE");
    world_rows(&w, 0, "SHOW POOLS", POOL("0"));
    world_rows(&w, 0, "SHOW DATABASES", "name paused disabled|crm 0 0");
    assert_state(&w, OP_DONE, "paused");
    assert_true(world_holds(&w, "pgbouncer/app"));
    action_free(w.run);
    w.run = NULL;
    start(&w, &resume_app);
    world_rows(&w, 2, "SHOW DATABASES", "name paused disabled|crm 0 0");
    world_tag(&w, 2, "RESUME \"app\"", "RESUME");
    world_rows(&w, 2, "SHOW DATABASES", "name paused disabled|crm 0 0");
    assert_state(&w, OP_DONE, "resumed");
    assert_int_equal(w.nheld, 0);
    world_release(&w);

    world_init(&w); /* without an answer its absence says nothing */
    start(&w, &resume_app);
    world_rows(&w, 0, "SHOW DATABASES", "name paused disabled|crm 0 0");
    world_silent(&w, 0, "RESUME \"app\"", NET_TIMED_OUT);
    world_rows(&w, 0, "SHOW DATABASES", "name paused disabled|crm 0 0");
    world_pass(&w, 6);
    world_rows(&w, 0, "SHOW DATABASES", "name paused disabled|crm 0 0");
    assert_state(&w, OP_UNKNOWN, "it is not seen");
    world_release(&w);

    start_left(&w, &left_app); /* the database itself has gone */
    world_rows(&w, 0, "SHOW DATABASES", "name paused disabled|crm 0 0");
    world_says_no(&w, 0, "RESUME \"app\"", "no such database: app");
    assert_state(&w, OP_DONE, "taken back");
    world_release(&w);
}

/* ---- what was left */

static void test_offered(void **state)
{
    struct world w;
    struct plan *p;

    (void)state;
    world_init(&w);
    w.left = &left_both;
    assert_int_equal(world_plan(&w, world_picture(&w), &resume_left, &p), ST_OK);
    assert_int_equal(p->nsteps, 2);
    assert_string_equal(p->steps[0].body, "RESUME \"app\"");
    assert_string_equal(p->steps[1].body, "RESUME \"crm\"");
    assert_int_equal(p->nlines, 3);
    assert_non_null(strstr(p->lines[1], "app of pgbouncer: paused since 2023-11-14"));
    assert_non_null(
        strstr(p->lines[1], "by anna on ops1, by a pgdba that has ended without taking it back."));
    plan_free(p);
    world_release(&w);
}

static void test_done_by_others(void **state)
{
    struct world w;

    (void)state;
    start_left(&w, &left_both); /* one has been resumed already: the other is, all the same */
    world_rows(&w, 0, "SHOW DATABASES", DB("0", "1"));
    world_rows(&w, 0, "SHOW DATABASES", DB("0", "1"));
    world_tag(&w, 0, "RESUME \"crm\"", "RESUME");
    world_rows(&w, 0, "SHOW DATABASES", DB("0", "0"));
    assert_state(&w, OP_DONE, "taken back");
    assert_string_equal(w.op->phases[0].note, "app is not paused by its name");
    world_release(&w);

    start_left(&w, &left_app); /* between the look and the command */
    world_rows(&w, 0, "SHOW DATABASES", DB("1", "0"));
    world_says_no(&w, 0, "RESUME \"app\"", "database app is not paused");
    assert_state(&w, OP_DONE, "taken back");
    assert_string_equal(w.op->phases[0].note, "somebody has done it meanwhile");
    world_release(&w);

    world_init(&w); /* who asks for it by name is told */
    start(&w, &resume_app);
    world_rows(&w, 0, "SHOW DATABASES", DB("1", "0"));
    world_says_no(&w, 0, "RESUME \"app\"", "database app is not paused");
    assert_state(&w, OP_REFUSED, "PgBouncer refused: database app is not paused");
    world_release(&w);
}

static void test_two_programs(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    w.left = &left_app;
    w.claimed = ST_CONFLICT;
    start(&w, &resume_left);
    world_rows(&w, 0, "SHOW DATABASES", DB("1", "0"));
    assert_state(&w, OP_REFUSED, "nothing was sent: another one is at it");
    assert_closed(&w);
    world_release(&w);
    world_init(&w);
    w.left = &left_app;
    w.claimed = ST_NOT_FOUND;
    start(&w, &resume_left);
    world_rows(&w, 0, "SHOW DATABASES", DB("1", "0"));
    assert_state(&w, OP_DONE, "taken back");
    assert_string_equal(w.op->phases[0].note, "taken back meanwhile");
    world_release(&w);
    world_init(&w); /* who names it does not ask who else does */
    w.claimed = ST_CONFLICT;
    start(&w, &resume_app);
    world_rows(&w, 0, "SHOW DATABASES", DB("1", "0"));
    world_tag(&w, 0, "RESUME \"app\"", "RESUME");
    world_rows(&w, 0, "SHOW DATABASES", DB("0", "0"));
    assert_state(&w, OP_DONE, "resumed");
    world_release(&w);
}

int run_pgb_left_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quoting),      cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_interrupted),  cmocka_unit_test(test_interrupted_early),
        cmocka_unit_test(test_offered),      cmocka_unit_test(test_done_by_others),
        cmocka_unit_test(test_two_programs), cmocka_unit_test(test_right),
        cmocka_unit_test(test_hidden),
    };

    return cmocka_run_group_tests_name("action: pgb, what is left", tests, NULL, NULL);
}
