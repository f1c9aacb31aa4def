/* PgBouncer's commands when something goes wrong in the middle: every verb with every fault.
 * Nothing is ever sent twice, nothing that was not seen is called done, and what may have come
 * about is not called refused. */
#include "fixture.h"
#include "test_action.h"

static const char *const app[] = {"app"}, *const retry[] = {"server_login_retry=1"};

#define DB(paused, disabled, clients) \
    "name paused disabled current_connections|app " paused " " disabled " " clients "|crm 0 0 0"
#define CONFIG(retry) "key value changeable|server_login_retry " retry " yes"
#define SERVERS(idle) "database state close_needed|app idle " idle "|app active 1"
#define CLIENTS       "type user database id|C app app 17|C admin pgbouncer 18"

static const struct verb {
    struct request r;
    const char *look, *rows; /* asked before it, and answered */
    const char *sql, *tag;
    const char *check, *done, *undone; /* looked at afterwards; NULL: nothing is */
    const char *held;                  /* on disk from before it goes out; NULL: nothing */
} verbs[] = {
    {.r = {.kind = ACT_PGB_RESUME, .ndatabases = 1, .databases = app},
     .look = "SHOW DATABASES",
     .rows = DB("1", "0", "0"),
     .sql = "RESUME \"app\"",
     .tag = "RESUME",
     .check = "SHOW DATABASES",
     .done = DB("0", "0", "0"),
     .undone = DB("1", "0", "0")},
    {.r = {.kind = ACT_PGB_DISABLE, .ndatabases = 1, .databases = app},
     .look = "SHOW DATABASES",
     .rows = DB("0", "0", "0"),
     .sql = "DISABLE \"app\"",
     .tag = "DISABLE",
     .check = "SHOW DATABASES",
     .done = DB("0", "1", "0"),
     .undone = DB("0", "0", "0")},
    {.r = {.kind = ACT_PGB_ENABLE, .ndatabases = 1, .databases = app},
     .look = "SHOW DATABASES",
     .rows = DB("0", "1", "0"),
     .sql = "ENABLE \"app\"",
     .tag = "ENABLE",
     .check = "SHOW DATABASES",
     .done = DB("0", "0", "0"),
     .undone = DB("0", "1", "0")},
    {.r = {.kind = ACT_PGB_KILL, .ndatabases = 1, .databases = app},
     .look = "SHOW DATABASES",
     .rows = DB("0", "0", "3"),
     .sql = "KILL \"app\"",
     .tag = "KILL",
     .check = "SHOW DATABASES",
     .done = DB("1", "0", "0"),
     .undone = DB("1", "0", "3"), /* paused, and its clients are there still */
     .held = "pgbouncer/app"},
    {.r = {.kind = ACT_PGB_KILL, .client = "17"},
     .look = "SHOW CLIENTS",
     .rows = CLIENTS,
     .sql = "KILL_CLIENT 17",
     .tag = "KILL_CLIENT",
     .check = "SHOW CLIENTS",
     .done = "type user database id|C admin pgbouncer 18",
     .undone = CLIENTS},
    {.r = {.kind = ACT_PGB_RECONNECT, .ndatabases = 1, .databases = app},
     .look = "SHOW DATABASES",
     .rows = DB("0", "0", "0"),
     .sql = "RECONNECT \"app\"",
     .tag = "RECONNECT",
     .check = "SHOW SERVERS",
     .done = SERVERS("0"),
     .undone = SERVERS("1")},
    {.r = {.kind = ACT_PGB_SET, .nsettings = 1, .settings = retry},
     .look = "SHOW CONFIG",
     .rows = CONFIG("15"),
     .sql = "SET server_login_retry = '1'",
     .tag = "SET server_login_retry=1",
     .check = "SHOW CONFIG",
     .done = CONFIG("1"),
     .undone = CONFIG("15")},
    {.r = {.kind = ACT_PGB_RELOAD},
     .look = "SHOW VERSION",
     .rows = "version|1.24",
     .sql = "RELOAD",
     .tag = "RELOAD"},
};
enum { VERBS = sizeof verbs / sizeof *verbs };

static void start(struct world *w, const struct verb *v)
{
    world_init(w);
    w->bouncer_version = 12401;
    assert_int_equal(world_start(w, world_picture(w), &v->r), ST_OK);
}

/* Its line is asked; nothing else is open. */
static void sent(struct world *w, const struct verb *v)
{
    start(w, v);
    world_rows(w, 0, v->look, v->rows);
    world_asks(w, 0, v->sql);
    assert_int_equal(w->nheld, v->held ? 1 : 0);
    assert_true(!v->held || world_holds(w, v->held)); /* before it went out */
}

/* The end, and that each attempt left its two lines in the audit log. */
static void ended(struct world *w, const struct verb *v, enum op_state state, const char *part,
                  bool held)
{
    char *audit;

    assert_state(w, state, part);
    if (v->held && world_holds(w, v->held) != held)
        fail_msg("%s: held on disk: %d", v->sql, !held);
    assert_int_equal(world_consoles_open(w), 0);
    audit = world_audit(w);
    assert_int_equal(count_lines(audit, "\"what\":\"intent\""), 1);
    assert_int_equal(count_lines(audit, "\"what\":\"outcome\""), 1);
    assert_int_equal(count_lines(audit, op_state_name(state)), 1);
    free(audit);
    world_release(w);
}

/* Before it has gone out. */
static void test_the_look_fails(void **state)
{
    static const enum net_outcome lost[] = {NET_REFUSED, NET_TIMED_OUT, NET_GARBLED};
    struct world w;

    (void)state;
    for (int i = 0; i < VERBS; i++) {
        for (size_t k = 0; k < sizeof lost / sizeof *lost; k++) {
            start(&w, &verbs[i]);
            world_silent(&w, 0, verbs[i].look, lost[k]);
            ended(&w, &verbs[i], OP_REFUSED, "nothing was sent", false);
        }
        start(&w, &verbs[i]);
        world_says_no(&w, 0, verbs[i].look, "not allowed");
        ended(&w, &verbs[i], OP_REFUSED, "nothing was sent: not allowed", false);
        start(&w, &verbs[i]);
        world_rows(&w, 0, verbs[i].look, "odd|1"); /* no table that is known */
        if (w.op->state ==
            OP_RUNNING) { /* RESUME does without, RELOAD asks for no more than life */
            world_says_no(&w, 0, verbs[i].sql, "syntax error");
            ended(&w, &verbs[i], OP_REFUSED, "PgBouncer refused: syntax error", false);
        } else {
            ended(&w, &verbs[i], OP_REFUSED, "nothing was sent", false);
        }
    }
}

static void test_refused(void **state)
{
    struct world w;

    (void)state;
    for (int i = 0; i < VERBS; i++) {
        sent(&w, &verbs[i]);
        world_says_no(&w, 0, verbs[i].sql, "admin access\x1b[31m needed");
        assert_null(strchr(w.op->outcome, '\x1b'));
        ended(&w, &verbs[i], OP_REFUSED, "PgBouncer refused: admin access", false);
    }
}

/* No answer to it: what shows tells. */
static void test_lost_and_seen(void **state)
{
    static const enum net_outcome lost[] = {NET_REFUSED, NET_TIMED_OUT, NET_GARBLED};
    struct world w;

    (void)state;
    for (int i = 0; i < VERBS; i++)
        for (size_t k = 0; k < sizeof lost / sizeof *lost; k++) {
            sent(&w, &verbs[i]);
            world_silent(&w, 0, verbs[i].sql, lost[k]);
            if (verbs[i].check) {
                world_rows(&w, 0, verbs[i].check, verbs[i].done);
                ended(&w, &verbs[i], OP_DONE, "", true);
            } else {
                ended(&w, &verbs[i], OP_UNKNOWN, "it may have been done or not", true);
            }
        }
}

static void test_lost_and_not_seen(void **state)
{
    struct world w;

    (void)state;
    for (int i = 0; i < VERBS; i++) {
        const struct verb *v = &verbs[i];

        if (!v->check)
            continue;
        sent(&w, v);
        world_silent(&w, 0, v->sql, NET_TIMED_OUT);
        world_rows(&w, 0, v->check, v->undone);
        world_pass(&w, 6);
        world_rows(&w, 0, v->check, v->undone);
        ended(&w, v, OP_UNKNOWN, "it is not seen, and the answer to", true);
    }
}

/* It says yes, and then nobody can tell: silence, a refusal, no table. */
static void test_nothing_shows(void **state)
{
    struct world w;

    (void)state;
    for (int i = 0; i < VERBS; i++) {
        const struct verb *v = &verbs[i];

        if (!v->check)
            continue;
        sent(&w, v);
        world_tag(&w, 0, v->sql, v->tag);
        world_rows(&w, 0, v->check, v->undone);
        world_pass(&w, 1);
        world_silent(&w, 0, v->check, NET_TIMED_OUT);
        world_pass(&w, 1);
        world_says_no(&w, 0, v->check, "not allowed");
        world_pass(&w, 5);
        world_silent(&w, 0, v->check, NET_GARBLED);
        ended(&w, v, OP_UNKNOWN, "what it shows is something else", true);
    }
}

/* Another word than was sent, or none, is no yes. */
static void test_another_word(void **state)
{
    static const char *const words[] = {"WAIT_CLOSE", "SHOW", "KILLED", ""};
    struct world w;

    (void)state;
    for (int i = 0; i < VERBS; i++)
        for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
            sent(&w, &verbs[i]);
            world_tag(&w, 0, verbs[i].sql, words[k]);
            ended(&w, &verbs[i], OP_UNKNOWN, " instead of ", true);
        }
}

/* What cannot be written down does not go out. */
static void test_not_remembered(void **state)
{
    struct world w;

    (void)state;
    for (int i = 0; i < VERBS; i++) {
        if (!verbs[i].held)
            continue;
        start(&w, &verbs[i]);
        w.cannot_keep = "no space left on device";
        world_rows(&w, 0, verbs[i].look, verbs[i].rows);
        ended(&w, &verbs[i], OP_REFUSED, "nothing was sent: no space left on device", false);
    }
}

/* It closes the connection instead of an answer, so that only what follows tells: somebody who
 * listens still has not ended. */
static void test_shutdown(void **state)
{
    static const struct verb v = {.r = {.kind = ACT_PGB_SHUTDOWN},
                                  .look = "SHOW VERSION",
                                  .rows = "version|1.24",
                                  .sql = "SHUTDOWN"};
    static const enum net_outcome lost[] = {NET_REFUSED, NET_TIMED_OUT, NET_GARBLED};
    struct world w;

    (void)state;
    for (size_t k = 0; k < sizeof lost / sizeof *lost; k++) {
        sent(&w, &v);
        world_silent(&w, 0, "SHUTDOWN", lost[k]);
        world_silent(&w, 1, "SHOW VERSION", NET_REFUSED);
        ended(&w, &v, OP_DONE, "nobody listens there any more", false);
    }
    sent(&w, &v); /* a silent one is not one that has ended */
    world_silent(&w, 0, "SHUTDOWN", NET_TIMED_OUT);
    world_silent(&w, 1, "SHOW VERSION", NET_TIMED_OUT);
    world_pass(&w, 6);
    world_rows(&w, 2, "SHOW VERSION", "version|1.24");
    ended(&w, &v, OP_UNKNOWN, "what it shows is something else", false);
    sent(&w, &v);
    world_says_no(&w, 0, "SHUTDOWN", "admin access needed");
    ended(&w, &v, OP_REFUSED, "PgBouncer refused: admin access needed", false);
}

int run_pgb_faults_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_look_fails), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_lost_and_seen),  cmocka_unit_test(test_lost_and_not_seen),
        cmocka_unit_test(test_nothing_shows),  cmocka_unit_test(test_another_word),
        cmocka_unit_test(test_not_remembered), cmocka_unit_test(test_shutdown),
    };

    return cmocka_run_group_tests_name("action: pgb faults", tests, NULL, NULL);
}
