/* PgBouncer's commands: what is sent when, what shows that it came about, and the way back. */
#include "fixture.h"
#include "kind.h"
#include "test_action.h"

static const char *const app[] = {"app"}, *const quoted[] = {"a\"b c"},
                         *const itself[] = {"pgbouncer"};
static const char *const two[] = {"app", "crm"};
static const char *const retry[] = {"server_login_retry=1"}, *const port[] = {"listen_port=1"};
static const struct request
    pause_app = {.kind = ACT_PGB_PAUSE, .ndatabases = 1, .databases = app},
    pause_two = {.kind = ACT_PGB_PAUSE, .ndatabases = 2, .databases = two},
    pause_whole = {.kind = ACT_PGB_PAUSE, .whole = true},
    resume_app = {.kind = ACT_PGB_RESUME, .ndatabases = 1, .databases = app},
    resume_whole = {.kind = ACT_PGB_RESUME, .whole = true},
    resume_left = {.kind = ACT_PGB_RESUME, .left = true},
    kill_app = {.kind = ACT_PGB_KILL, .ndatabases = 1, .databases = app},
    kill_one = {.kind = ACT_PGB_KILL, .client = "17"},
    set_retry = {.kind = ACT_PGB_SET, .nsettings = 1, .settings = retry},
    set_port = {.kind = ACT_PGB_SET, .nsettings = 1, .settings = port},
    enable_quoted = {.kind = ACT_PGB_ENABLE, .ndatabases = 1, .databases = quoted},
    reconnect_app = {.kind = ACT_PGB_RECONNECT, .ndatabases = 1, .databases = app},
    reload = {.kind = ACT_PGB_RELOAD}, shut = {.kind = ACT_PGB_SHUTDOWN},
    shut_slowly = {.kind = ACT_PGB_SHUTDOWN, .drain = "clients"};

#define DB(paused) "name paused disabled current_connections|app " paused " 0 0|crm 0 0 0"
#define POOL(active) \
    "database user cl_active cl_waiting sv_active sv_idle sv_tested|app a 1 0 " active " 0 0"

static void start(struct world *w, const struct request *r)
{
    assert_int_equal(world_start(w, world_picture(w), r), ST_OK);
}

/* PAUSE "app" is out, on the first connection, and the second one stands. */
static void start_pause(struct world *w)
{
    world_init(w);
    start(w, &pause_app);
    world_rows(w, 0, "SHOW DATABASES", DB("0"));
    assert_int_equal(w->nheld, 0);
    world_rows(w, 1, "SHOW POOLS", POOL("1"));
    world_asks(w, 0, "PAUSE \"app\"");
    assert_true(world_holds(w, "pgbouncer/app")); /* before it went out */
}

static void assert_closed(struct world *w)
{
    assert_int_equal(world_consoles_open(w), 0);
}

static void test_pause(void **state)
{
    struct world w;
    char *audit;

    (void)state;
    start_pause(&w);
    world_tag(&w, 0, "PAUSE \"app\"", "PAUSE");
    world_rows(&w, 0, "SHOW POOLS", POOL("0"));
    world_rows(&w, 0, "SHOW DATABASES", DB("1"));
    assert_state(&w, OP_DONE, "pgbouncer: paused, and no server is busy");
    assert_phase(&w, "PAUSE \"app\" on pgbouncer", PHASE_DONE);
    assert_closed(&w);
    assert_true(world_holds(&w, "pgbouncer/app")); /* until it is resumed */
    audit = world_audit(&w);
    assert_int_equal(count_lines(audit, "PAUSE"), 2);
    free(audit);
    world_release(&w);
}

/* The way back goes over the second connection, and the first is closed under its PAUSE. */
static void assert_undone(struct world *w, const char *why)
{
    assert_false(w->consoles[0].open);
    world_tag(w, 1, "RESUME \"app\"", "RESUME");
    assert_true(world_holds(w, "pgbouncer/app"));
    world_rows(w, 1, "SHOW DATABASES", DB("0"));
    assert_state(w, OP_FAILED, "it was undone");
    assert_non_null(strstr(w->op->outcome, why));
    assert_false(world_holds(w, "pgbouncer/app"));
    assert_closed(w);
}

static void test_wait_close(void **state)
{
    struct world w;

    (void)state;
    start_pause(&w);
    world_tag(&w, 0, "PAUSE \"app\"", "WAIT_CLOSE");
    assert_undone(&w, "WAIT_CLOSE instead of PAUSE");
    world_release(&w);
}

static void test_not_drained(void **state)
{
    struct world w;

    (void)state;
    start_pause(&w);
    world_tag(&w, 0, "PAUSE \"app\"", "PAUSE");
    world_rows(&w, 0, "SHOW POOLS", POOL("1"));
    world_pass(&w, 6); /* it asks again, and has had its time */
    world_rows(&w, 0, "SHOW POOLS", POOL("1"));
    assert_undone(&w, "shows is something else");
    world_release(&w);
}

static void test_deadline(void **state)
{
    struct world w;

    (void)state;
    start_pause(&w);
    world_pass(&w, 1); /* meanwhile it is looked who is busy */
    world_rows(&w, 1, "SHOW POOLS", POOL("1"));
    assert_string_equal(w.op->waiting_for, "pgbouncer: 1 server is still in a transaction");
    world_silent(&w, 0, "PAUSE \"app\"", NET_TIMED_OUT);
    assert_undone(&w, "not done within 5.0 s: 1 server is still in a transaction");
    world_release(&w);
    start_pause(&w); /* the second one is being asked when the time is over */
    world_pass(&w, 1);
    world_silent(&w, 0, "PAUSE \"app\"", NET_TIMED_OUT);
    world_rows(&w, 1, "SHOW POOLS", POOL("1"));
    assert_undone(&w, "not done within 5.0 s");
    world_release(&w);
    start_pause(&w); /* somebody has resumed it meanwhile: a waiter never hears of that */
    world_silent(&w, 0, "PAUSE \"app\"", NET_TIMED_OUT);
    world_says_no(&w, 1, "RESUME \"app\"", "database app is not paused");
    world_rows(&w, 1, "SHOW DATABASES", DB("0"));
    assert_state(&w, OP_FAILED, "it was undone");
    assert_int_equal(w.nheld, 0);
    world_release(&w);
}

static void test_cannot_undo(void **state)
{
    struct world w;

    (void)state;
    start_pause(&w);
    world_silent(&w, 0, "PAUSE \"app\"", NET_TIMED_OUT);
    world_silent(&w, 1, "RESUME \"app\"", NET_TIMED_OUT);
    world_pass(&w, 16);
    world_silent(&w, 1, "RESUME \"app\"", NET_REFUSED);
    assert_state(&w, OP_FAILED, "could not be undone: app is still to be resumed there");
    assert_true(world_holds(&w, "pgbouncer/app"));
    assert_closed(&w);
    world_release(&w);
}

/* One of two cannot be paused: the other goes on. */
static void test_two(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    start(&w, &pause_two);
    world_rows(&w, 0, "SHOW DATABASES", DB("0"));
    world_rows(&w, 1, "SHOW POOLS", POOL("0"));
    world_tag(&w, 0, "PAUSE \"app\"", "PAUSE");
    world_rows(&w, 0, "SHOW POOLS", POOL("0"));
    world_rows(&w, 0, "SHOW DATABASES", DB("1"));
    world_rows(&w, 0, "SHOW DATABASES", DB("1"));
    assert_true(world_holds(&w, "pgbouncer/crm"));
    world_says_no(&w, 0, "PAUSE \"crm\"", "already suspended/paused");
    assert_false(world_holds(&w, "pgbouncer/crm"));
    assert_undone(&w, "PgBouncer refused: already suspended/paused");
    world_release(&w);
}

static void test_whole(void **state)
{
    struct world w;

    (void)state;
    world_init(&w); /* 1.18 says it by what it refuses */
    start(&w, &pause_whole);
    world_rows(&w, 0, "SHOW DATABASES", DB("0"));
    world_rows(&w, 1, "SHOW POOLS", POOL("0"));
    assert_true(world_holds(&w, "pgbouncer/*"));
    world_tag(&w, 0, "PAUSE", "PAUSE");
    world_rows(&w, 0, "SHOW POOLS", POOL("0"));
    world_says_no(&w, 0, "PAUSE pgbouncer", "already suspended/paused");
    assert_state(&w, OP_DONE, "paused");
    world_release(&w);
    world_init(&w);
    w.bouncer_version = 11900;
    start(&w, &resume_whole);
    world_rows(&w, 0, "SHOW DATABASES", DB("1")); /* that is the other switch */
    world_tag(&w, 0, "RESUME", "RESUME");
    world_rows(&w, 0, "SHOW STATE", "key value|active no|paused yes|suspended no");
    world_pass(&w, 1);
    world_rows(&w, 0, "SHOW STATE", "key value|active yes|paused no|suspended no");
    assert_state(&w, OP_DONE, "resumed");
    world_release(&w);
}

static void test_resume(void **state)
{
    struct world w;

    (void)state;
    start_pause(&w);
    action_free(w.run); /* it dies: nothing is undone, and it is remembered */
    w.run = NULL;
    assert_closed(&w);
    assert_true(world_holds(&w, "pgbouncer/app"));
    start(&w, &resume_app);
    world_rows(&w, 2, "SHOW DATABASES", DB("1"));
    world_tag(&w, 2, "RESUME \"app\"", "RESUME");
    assert_true(world_holds(&w, "pgbouncer/app"));
    world_rows(&w, 2, "SHOW DATABASES", DB("0"));
    assert_state(&w, OP_DONE, "resumed");
    assert_int_equal(w.nheld, 0);
    world_release(&w);
    world_init(&w);
    start(&w, &resume_app);
    world_rows(&w, 0, "SHOW DATABASES", DB("0"));
    assert_state(&w, OP_REFUSED, "app is not paused by its name");
    world_release(&w);
}

static void test_left(void **state)
{
    static const struct held held[] = {
        {.cluster = "lab", .bouncer = "pgbouncer", .database = "app"},
        {.cluster = "lab", .bouncer = "pgbouncer", .key = "server_login_retry", .value = "15"}};
    static const struct held_list list = {2, held};
    struct world w;
    struct plan *p = NULL;

    (void)state;
    world_init(&w);
    assert_int_equal(world_plan(&w, world_picture(&w), &resume_left, &p), ST_OK);
    assert_int_equal(p->worst, CHECK_BLOCK); /* nothing is left */
    plan_free(p);
    w.left = &list;
    start(&w, &resume_left);
    world_rows(&w, 0, "SHOW DATABASES", DB("1"));
    world_tag(&w, 0, "RESUME \"app\"", "RESUME");
    world_rows(&w, 0, "SHOW DATABASES", DB("0"));
    world_rows(&w, 0, "SHOW CONFIG", "key value changeable|server_login_retry 1 yes");
    world_tag(&w, 0, "SET server_login_retry = '15'", "SET server_login_retry=15");
    world_rows(&w, 0, "SHOW CONFIG", "key value changeable|server_login_retry 15.0 yes");
    assert_state(&w, OP_DONE, "taken back");
    world_release(&w);
}

static void test_nothing_sent(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    start(&w, &pause_app);
    world_rows(&w, 0, "SHOW DATABASES", DB("1"));
    assert_state(&w, OP_REFUSED, "app is paused already");
    world_release(&w);
    world_init(&w); /* no second connection: no way back */
    start(&w, &pause_app);
    world_rows(&w, 0, "SHOW DATABASES", DB("0"));
    world_silent(&w, 1, "SHOW POOLS", NET_REFUSED);
    assert_state(&w, OP_REFUSED, "a second connection, to undo it over");
    world_release(&w);
    world_init(&w); /* and what cannot be remembered is not done */
    w.cannot_keep = "no space left on device";
    start(&w, &pause_app);
    world_rows(&w, 0, "SHOW DATABASES", DB("0"));
    world_rows(&w, 1, "SHOW POOLS", POOL("0"));
    assert_state(&w, OP_REFUSED, "nothing was sent: no space left on device");
    assert_closed(&w);
    world_release(&w);
    world_init(&w);
    start(&w, &pause_app);
    world_says_no(&w, 0, "SHOW DATABASES", "not allowed");
    assert_state(&w, OP_REFUSED, "nothing was sent: not allowed");
    world_release(&w);
}

static void test_kill(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    start(&w, &kill_app);
    assert_string_equal(w.op->plan->confirm_word, "app");
    world_rows(&w, 0, "SHOW DATABASES", DB("0"));
    assert_true(world_holds(&w, "pgbouncer/app")); /* it pauses too */
    world_tag(&w, 0, "KILL \"app\"", "KILL");
    world_rows(&w, 0, "SHOW DATABASES", DB("1"));
    assert_state(&w, OP_DONE, "killed, and paused");
    world_release(&w);
}

#define CLIENTS "type user database id|C app app 17|C admin pgbouncer 18"

static void test_kill_client(void **state)
{
    static const struct request console = {.kind = ACT_PGB_KILL, .client = "18"};
    struct world w;

    (void)state;
    world_init(&w);
    w.bouncer_version = 12401;
    start(&w, &kill_one);
    world_rows(&w, 0, "SHOW CLIENTS", CLIENTS);
    world_tag(&w, 0, "KILL_CLIENT 17", "KILL_CLIENT");
    world_rows(&w, 0, "SHOW CLIENTS", "type user database id|C admin pgbouncer 18");
    assert_state(&w, OP_DONE, "the client is gone");
    world_release(&w);
    world_init(&w); /* the daemon would die of it */
    w.bouncer_version = 12401;
    start(&w, &console);
    world_rows(&w, 0, "SHOW CLIENTS", CLIENTS);
    assert_state(&w, OP_REFUSED, "client 18 is a console, which is never killed");
    world_release(&w);
    world_init(&w);
    w.bouncer_version = 12300;
    start(&w, &kill_one);
    world_rows(&w, 0, "SHOW CLIENTS", "type user database|C app app");
    assert_state(&w, OP_REFUSED, "from PgBouncer 1.24 on");
    world_release(&w);
}

#define CONFIG(retry) "key value changeable|listen_port 6432 no|server_login_retry " retry " yes"

static void test_set(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    start(&w, &set_retry);
    world_rows(&w, 0, "SHOW CONFIG", CONFIG("15"));
    world_tag(&w, 0, "SET server_login_retry = '1'", "SET server_login_retry=1");
    world_rows(&w, 0, "SHOW CONFIG", CONFIG("15"));
    world_pass(&w, 1);
    world_rows(&w, 0, "SHOW CONFIG", CONFIG("1"));
    assert_state(&w, OP_DONE, "set, as it reads back");
    assert_string_equal(w.op->phases[0].note,
                        "it was 15; to undo it: pgb set server_login_retry=15");
    world_release(&w);
    world_init(&w); /* PgBouncer would say yes to it */
    start(&w, &set_port);
    world_rows(&w, 0, "SHOW CONFIG", CONFIG("15"));
    assert_state(&w, OP_REFUSED, "listen_port cannot be changed while it runs");
    world_release(&w);
}

static void test_names(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    start(&w, &enable_quoted);
    world_rows(&w, 0, "SHOW DATABASES", DB("0"));
    assert_state(&w, OP_REFUSED, "it has no database a\"b c");
    assert_string_equal(w.op->plan->steps[0].body, "ENABLE \"a\"\"b c\"");
    world_release(&w);
}

static void test_reconnect(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    start(&w, &reconnect_app);
    world_rows(&w, 0, "SHOW DATABASES", DB("0"));
    world_tag(&w, 0, "RECONNECT \"app\"", "RECONNECT");
    world_rows(&w, 0, "SHOW SERVERS",
               "database state close_needed|app idle 1|app active 1|crm idle 1");
    world_pass(&w, 1);
    world_rows(&w, 0, "SHOW SERVERS", "database state close_needed|app active 1|crm idle 1");
    assert_state(&w, OP_DONE, "reconnects");
    assert_string_equal(w.op->phases[0].note, "1 still in a transaction, closed when it ends");
    world_release(&w);
}

static void test_reload(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    w.bouncer_version = 12500;
    start(&w, &reload);
    world_rows(&w, 0, "SHOW VERSION", "version|1.25");
    world_says_no(&w, 0, "RELOAD", "RELOAD failed, see logs for additional details");
    assert_state(&w, OP_REFUSED, "RELOAD failed");
    world_release(&w);
    world_init(&w);
    start(&w, &reload);
    world_rows(&w, 0, "SHOW VERSION", "version|1.18");
    world_silent(&w, 0, "RELOAD", NET_TIMED_OUT);
    assert_state(&w, OP_UNKNOWN, "it may have been done or not");
    world_release(&w);
}

static void test_shutdown(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    start(&w, &shut);
    assert_string_equal(w.op->plan->confirm_word, "pgbouncer");
    world_rows(&w, 0, "SHOW VERSION", "version|1.18");
    world_silent(&w, 0, "SHUTDOWN", NET_GARBLED); /* it never answers that */
    world_silent(&w, 1, "SHOW VERSION", NET_REFUSED);
    assert_state(&w, OP_DONE, "nobody listens there any more");
    world_release(&w);
    world_init(&w);
    start(&w, &shut_slowly);
    world_rows(&w, 0, "SHOW VERSION", "version|1.18");
    assert_state(&w, OP_REFUSED, "to wait came with 1.23");
    world_release(&w);
    world_init(&w);
    w.bouncer_version = 12300;
    start(&w, &shut_slowly);
    world_rows(&w, 0, "SHOW VERSION", "version|1.23");
    world_tag(&w, 0, "SHUTDOWN WAIT_FOR_CLIENTS", "SHUTDOWN");
    assert_false(w.consoles[0].open); /* it would wait for us too */
    world_silent(&w, 1, "SHOW VERSION", NET_REFUSED);
    assert_state(&w, OP_DONE, "");
    assert_closed(&w);
    world_release(&w);
}

/* Two of them: an outcome each. */
static void test_several(void **state)
{
    static const char *const both[] = {"pgbouncer", "b2"};
    struct request r = pause_app;
    struct world w;
    struct sb *b;

    (void)state;
    world_init(&w);
    b = world_picture(&w);
    sb_second_bouncer(b, "b2");
    r.bouncers = both;
    r.nbouncers = 2;
    assert_int_equal(world_start(&w, b, &r), ST_OK);
    world_rows(&w, 0, "SHOW DATABASES", DB("0")); /* both at once */
    world_silent(&w, 1, "SHOW DATABASES", NET_REFUSED);
    assert_state(&w, OP_RUNNING, "");
    world_rows(&w, 2, "SHOW POOLS", POOL("0"));
    world_tag(&w, 0, "PAUSE \"app\"", "PAUSE");
    world_rows(&w, 0, "SHOW POOLS", POOL("0"));
    world_rows(&w, 0, "SHOW DATABASES", DB("1"));
    assert_state(&w, OP_FAILED, "pgbouncer: paused, and no server is busy; b2: nothing was sent");
    assert_closed(&w);
    world_release(&w);
}

static void refuses(struct world *w, struct request r, enum status want, const char *part)
{
    struct plan *p = NULL;
    struct sb *b = world_picture(w);

    sb_second_bouncer(b, "b2");
    assert_int_equal(world_plan(w, b, &r, &p), want);
    if (!strstr(err_text(&w->err), part))
        fail_msg("%s", err_text(&w->err));
    plan_free(p);
}

static void test_usage(void **state)
{
    static const char *const nobody[] = {"b3"};
    struct request r;
    struct world w;

    (void)state;
    world_init(&w);
    refuses(&w, pause_app, ST_USAGE, "say --on NAME (pgbouncer, b2) or --everywhere");
    r = pause_app;
    r.bouncers = nobody;
    r.nbouncers = 1;
    refuses(&w, r, ST_NOT_FOUND, "there is no PgBouncer b3");
    r = (struct request){.kind = ACT_PGB_PAUSE, .everywhere = true};
    refuses(&w, r, ST_USAGE, "they are two switches");
    r.whole = true;
    r.ndatabases = 1;
    r.databases = app;
    refuses(&w, r, ST_USAGE, "they are two switches");
    r = (struct request){.kind = ACT_PGB_KILL, .everywhere = true};
    refuses(&w, r, ST_USAGE,
            "or --client ID, one of them"); /* from 1.25 on that would kill them all */
    r.ndatabases = 1;
    r.databases = itself;
    refuses(&w, r, ST_USAGE, "pgbouncer is PgBouncer's console");
    r = (struct request){.kind = ACT_PGB_KILL, .everywhere = true, .client = "17"};
    refuses(&w, r, ST_USAGE, "of one PgBouncer");
    r = (struct request){.kind = ACT_PGB_DISABLE, .everywhere = true};
    refuses(&w, r, ST_USAGE, "needs a database's name, as in pgb disable app");
    world_release(&w);
}

static void test_read_only(void **state)
{
    struct world w;
    struct plan *p = NULL;

    (void)state;
    world_init(&w);
    w.env.read_only = true;
    assert_int_equal(world_plan(&w, world_picture(&w), &pause_app, &p), ST_OK);
    assert_string_equal(p->checks[0].check, "read-only");
    assert_string_equal(p->equivalent,
                        "pgdba pgb pause --cluster lab --database app --on pgbouncer");
    plan_free(p);
    w.env.read_only = false;
    w.no_bouncer = "pgbouncer";
    assert_int_equal(world_plan(&w, world_picture(&w), &pause_app, &p), ST_OK);
    assert_string_equal(p->checks[0].check, "route");
    plan_free(p);
    w.no_bouncer = NULL;
    start(&w, &pause_app); /* the policy may change while it runs: then nothing goes out */
    w.run->env.read_only = true;
    world_rows(&w, 0, "SHOW DATABASES", DB("0"));
    world_rows(&w, 1, "SHOW POOLS", POOL("0"));
    assert_state(&w, OP_REFUSED, "this console is read-only");
    world_release(&w);
}

int run_pgb_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pause),       cmocka_unit_test(test_wait_close),
        cmocka_unit_test(test_not_drained), cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_cannot_undo), cmocka_unit_test(test_two),
        cmocka_unit_test(test_whole),       cmocka_unit_test(test_resume),
        cmocka_unit_test(test_left),        cmocka_unit_test(test_nothing_sent),
        cmocka_unit_test(test_kill),        cmocka_unit_test(test_kill_client),
        cmocka_unit_test(test_set),         cmocka_unit_test(test_names),
        cmocka_unit_test(test_reconnect),   cmocka_unit_test(test_reload),
        cmocka_unit_test(test_shutdown),    cmocka_unit_test(test_several),
        cmocka_unit_test(test_usage),       cmocka_unit_test(test_read_only),
    };

    return cmocka_run_group_tests_name("action: pgb", tests, NULL, NULL);
}
