/* wire/postgres: answers of PostgreSQL 15 to the one SELECT, as primary and standby, to a superuser
 * and to a plain role. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/base/arena.h"
#include "pgdba/wire/postgres.h"

static const char *const columns[] = {"server_version", "in_recovery",      "read_only",
                                      "wal_file",       "standby_timeline", "lsn",
                                      "received",       "system_id",        "started_at",
                                      "has_receiver",   "receiver",         "sender_host",
                                      "sender_port"};
enum { COLUMNS = sizeof columns / sizeof *columns };

static struct arena arena;
static struct facts *parsed;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    facts_unref(parsed);
    parsed = NULL;
    arena_release(&arena);
    return 0;
}

static struct table *answer(const char *const cells[COLUMNS])
{
    struct table *t = table_new(&arena, COLUMNS, 1);
    memcpy(t->cols, columns, sizeof columns);
    for (int i = 0; i < COLUMNS; i++)
        t->cells[i] = cells[i];
    t->tag = "SELECT 1";
    return t;
}

static const struct pg_self *self(const struct table *t)
{
    struct err e = ERR_INIT;
    facts_unref(parsed);
    parsed = NULL;
    if (wire_pg_self(t, NULL, &parsed, &e))
        fail_msg("%s", err_text(&e));
    return parsed->root;
}

static void refuses(const struct table *t, const char *reason)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    assert_int_equal(wire_pg_self(t, NULL, &f, &e), ST_INVALID);
    assert_null(f);
    if (!strstr(err_text(&e), reason))
        fail_msg("\"%s\" does not say \"%s\"", err_text(&e), reason);
    err_release(&e);
}

static const char *const primary[COLUMNS] = {"150020",
                                             "f",
                                             "f",
                                             "0000001A0000000000000004",
                                             NULL,
                                             "0/447D478",
                                             NULL,
                                             "7710507104487677636",
                                             "2026-11-21 06:38:00.317839+00",
                                             "f",
                                             NULL,
                                             NULL,
                                             NULL};
static const char *const standby[COLUMNS] = {"150020",
                                             "t",
                                             "f",
                                             NULL,
                                             "3",
                                             "0/447D478",
                                             "0/447D480",
                                             "7710507104487677636",
                                             "2026-11-21 06:38:43.166812+00",
                                             "t",
                                             "streaming",
                                             "127.0.0.1",
                                             "26233"};

static void a_primary(void **state)
{
    (void)state;
    const struct pg_self *p = self(answer(primary));
    assert_int_equal(p->server_version, 150020);
    assert_false(p->in_recovery || p->read_only);
    assert_int_equal(p->timeline, 26);
    assert_int_equal(p->lsn, 0x447D478);
    assert_true(p->received == LSN_UNKNOWN);
    assert_string_equal(p->system_id, "7710507104487677636");
    assert_string_equal(p->started_at, "2026-11-21 06:38:00.317839+00");
    assert_string_equal(p->receiver, "");
    assert_null(p->upstream);
}

static void a_standby(void **state)
{
    (void)state;
    const struct pg_self *p = self(answer(standby));
    assert_true(p->in_recovery);
    assert_int_equal(p->timeline, 3);
    assert_int_equal(p->lsn, 0x447D478);
    assert_int_equal(p->received, 0x447D480);
    assert_string_equal(p->receiver, "streaming");
    assert_string_equal(p->upstream, "127.0.0.1:26233");
}

static const struct pg_self *with(const char *const cells[COLUMNS], const char *column,
                                  const char *value)
{
    struct table *t = answer(cells);
    t->cells[table_col(t, column)] = value;
    return self(t);
}

static void a_standby_to_a_plain_role(void **state)
{
    (void)state;
    const char *cells[COLUMNS];
    memcpy(cells, standby, sizeof cells);
    cells[COLUMNS - 3] = cells[COLUMNS - 2] = cells[COLUMNS - 1] = NULL;
    const struct pg_self *p = self(answer(cells));
    assert_null(p->receiver); /* there is one, and what it does is not ours to see */
    assert_null(p->upstream);
    assert_string_equal(with(cells, "has_receiver", "f")->receiver, "");
}

/* A standby whose receiver has just gone: its control file still has timeline 3. */
static void a_timeline_does_not_go_back(void **state)
{
    (void)state;
    static const struct {
        const char *system_id, *receiver;
        int64_t timeline;
    } cases[] = {
        {"7710507104487677636", "", 5},
        {"7710507104487677636", "waiting", 5},
        {"7710507104487677636", NULL, 5},        /* a plain role is not told */
        {"7710507104487677636", "streaming", 3}, /* the receiver itself says so */
        {"1", "", 3},                            /* another cluster's data */
        {NULL, "", 3},
    };
    const struct pg_self before = {.timeline = 5, .system_id = "7710507104487677636"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = ERR_INIT;
        struct facts *f = NULL;
        struct table *t = answer(standby);
        t->cells[table_col(t, "system_id")] = cases[i].system_id;
        t->cells[table_col(t, "receiver")] = cases[i].receiver;
        assert_int_equal(wire_pg_self(t, &before, &f, &e), ST_OK);
        assert_int_equal(((const struct pg_self *)f->root)->timeline, cases[i].timeline);
        facts_unref(f);
    }
}

static void what_was_received(void **state)
{
    (void)state;
    /* restarted, nobody to stream from: replayed from disk */
    assert_int_equal(with(standby, "received", "0/3000000")->received, 0x447D478);
    assert_true(with(standby, "received", NULL)->received == LSN_UNKNOWN);
    assert_int_equal(with(standby, "lsn", NULL)->received, 0x447D480);
    assert_int_equal(with(standby, "received", "1/0")->received, 0x100000000);
}

static void read_only_by_configuration(void **state)
{
    (void)state;
    assert_true(with(primary, "read_only", "t")->read_only);
    assert_false(with(primary, "read_only", NULL)->read_only);
}

static void values_that_are_none(void **state)
{
    (void)state;
    static const char *const files[] = {"", "00000002", "0000000200000000000000g1", "history",
                                        "0000000200000000000000A11"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_int_equal(with(primary, "wal_file", files[i])->timeline, 0);
    assert_int_equal(with(primary, "wal_file", NULL)->timeline, 0);
    assert_true(with(primary, "wal_file", "FFFFFFFF0000000000000004")->timeline == 0xFFFFFFFF);
    assert_int_equal(with(standby, "standby_timeline", "-1")->timeline, 0);
    assert_int_equal(with(standby, "standby_timeline", NULL)->timeline, 0);
    assert_true(with(standby, "lsn", "here")->lsn == LSN_UNKNOWN);
    assert_null(with(standby, "sender_port", NULL)->upstream);
    assert_null(with(standby, "sender_host", "")->upstream);
    assert_string_equal(with(standby, "receiver", "\033[2J")->receiver, "\xef\xbf\xbd[2J");
    assert_string_equal(with(standby, "sender_host", "\a")->upstream, "\xef\xbf\xbd:26233");
}

static void answers_that_are_none(void **state)
{
    (void)state;
    struct table *t = answer(primary);
    t->cells[0] = NULL;
    refuses(t, "does not say its version");
    t->cells[0] = "99999999999";
    refuses(t, "does not say its version");
    t->cells[0] = "110022";
    refuses(t, "PostgreSQL 11 is too old");
    t = answer(primary);
    t->cells[1] = NULL;
    refuses(t, "whether it is in recovery");
    t->cells[1] = "true";
    refuses(t, "whether it is in recovery");
    t->nrows = 0;
    refuses(t, "answered 0 rows");
    refuses(table_new(&arena, 2, 2), "answered 2 rows");
    refuses(table_new(&arena, 0, 0), "answered 0 rows");
}

/* A recording of another day may have fewer columns. */
static void columns_that_are_not_there(void **state)
{
    (void)state;
    struct table *t = table_new(&arena, 2, 1);
    t->cols[0] = "in_recovery";
    t->cols[1] = "server_version";
    t->cells[0] = "f";
    t->cells[1] = "180001";
    const struct pg_self *p = self(t);
    assert_int_equal(p->server_version, 180001);
    assert_int_equal(p->timeline, 0);
    assert_true(p->lsn == LSN_UNKNOWN && p->received == LSN_UNKNOWN);
    assert_null(p->system_id);
}

/* What must not be in it, since it fails on some role or in some state. */
static void the_statement(void **state)
{
    (void)state;
    const char *sql = wire_pg_self_sql();
    assert_memory_equal(sql, "SELECT ", 7);
    assert_null(strchr(sql, ';'));
    assert_null(strstr(sql, "current_setting('primary_conninfo')"));
    assert_null(strstr(sql, "conninfo"));
    for (int i = 0; i < COLUMNS; i++)
        if (!strstr(sql, columns[i]))
            fail_msg("the statement has no %s", columns[i]);
}

/* ---- vitals */

static struct table *vitals_row(struct arena *a, const char *const *cells)
{
    static const char *const names[] = {
        "sees_all",          "xact_us",  "xact_pid",    "xact_user",    "xact_database",
        "xact_state",        "prepared", "prepared_us", "archive_mode", "archive_failed",
        "archive_failed_us", "slots",    "backups"};
    int n = sizeof names / sizeof *names;
    struct table *t = table_new(a, n, 1);
    for (int i = 0; i < n; i++) {
        t->cols[i] = names[i];
        t->cells[i] = cells[i];
    }
    return t;
}

static void vitals_of_a_busy_primary(void **state)
{
    static const char *const cells[] = {
        "t",
        "12000000",
        "4711",
        "app",
        "orders",
        "idle in transaction",
        "2",
        "3600000000",
        "on",
        "0000\x1b[1mA1",
        "5000000",
        ("[{\"name\":\"cdc\",\"type\":\"logical\",\"active\":true,\"failover\":null},"
         "{\"name\":\"pg2\",\"type\":\"physical\",\"active\":false,\"failover\":true}]"),
        ("[{\"phase\":\"streaming database "
         "files\",\"done\":512,\"total\":1024,\"client\":\"10.0.0.2\"}]")};
    struct arena a;
    struct facts *f = NULL;
    (void)state;
    arena_init(&a);
    assert_int_equal(wire_pg_vitals(vitals_row(&a, cells), &f, NULL), ST_OK);
    const struct pg_vitals *v = f->root;
    assert_true(v->sees_all && v->archiving);
    assert_int_equal(v->xact_us, 12000000);
    assert_string_equal(v->xact_who, "app@orders, idle in transaction");
    assert_int_equal(v->nprepared, 2);
    assert_null(strchr(v->archive_failed, '\x1b'));
    assert_int_equal(v->nslots, 2);
    assert_true(v->slots[0].logical && v->slots[0].active && !v->slots[0].failover);
    assert_true(!v->slots[1].logical && v->slots[1].failover);
    assert_int_equal(v->nbackups, 1);
    assert_int_equal(v->backups[0].total, 1024);
    facts_unref(f);
    arena_release(&a);
}

static void vitals_of_a_quiet_one_and_of_no_one(void **state)
{
    static const char *const quiet[] = {"f",  NULL,  NULL, NULL, NULL, NULL, "0",
                                        NULL, "off", NULL, NULL, NULL, NULL},
                             *const hostile[] = {"t",
                                                 "-5",
                                                 "x",
                                                 NULL,
                                                 NULL,
                                                 NULL,
                                                 "99999999999999999999",
                                                 "-1",
                                                 "",
                                                 "",
                                                 "",
                                                 "{}",
                                                 "[1,{\"name\":5},null]"};
    struct arena a;
    struct facts *f = NULL;
    struct err e = ERR_INIT;
    (void)state;
    arena_init(&a);
    assert_int_equal(wire_pg_vitals(vitals_row(&a, quiet), &f, NULL), ST_OK);
    const struct pg_vitals *v = f->root;
    assert_int_equal(v->xact_us, -1);
    assert_false(v->sees_all || v->archiving);
    assert_int_equal(v->nslots + v->nbackups, 0);
    facts_unref(f);
    assert_int_equal(wire_pg_vitals(vitals_row(&a, hostile), &f, NULL), ST_OK);
    v = f->root;
    assert_int_equal(v->xact_us, -1);
    assert_int_equal(v->nprepared, 0);
    assert_int_equal(v->nbackups, 3);
    assert_string_equal(v->backups[1].phase, "");
    facts_unref(f);
    assert_int_equal(wire_pg_vitals(table_new(&a, 0, 1), &f, &e), ST_INVALID);
    err_release(&e);
    arena_release(&a);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vitals_of_a_busy_primary),
        cmocka_unit_test(vitals_of_a_quiet_one_and_of_no_one),
        T(a_primary),
        T(a_standby),
        T(a_standby_to_a_plain_role),
        T(a_timeline_does_not_go_back),
        T(what_was_received),
        T(read_only_by_configuration),
        T(values_that_are_none),
        T(answers_that_are_none),
        T(columns_that_are_not_there),
        T(the_statement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
