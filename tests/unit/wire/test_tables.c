/* wire/table and wire/pgbouncer: SHOW answers of PgBouncer 1.17 to 1.25, as bytes and as facts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/wire/pgbouncer.h"
#include "pgdba/wire/table.h"

#define MAX_COLS 32

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

/* Words separated by blanks; "~" is NULL and "''" the empty text. */
static int split(const char *line, const char *words[MAX_COLS])
{
    int n = 0;
    for (const char *s = line; *s; s += strspn(s, " ")) {
        size_t len = strcspn(s, " ");
        assert_true(n < MAX_COLS);
        words[n] = arena_strndup(&arena, s, len);
        if (strcmp(words[n], "~") == 0)
            words[n] = NULL;
        else if (strcmp(words[n], "''") == 0)
            words[n] = "";
        n++;
        s += len;
    }
    return n;
}

static struct table *table(const char *cols, const char *const *rows, int nrows)
{
    const char *words[MAX_COLS];
    int ncols = split(cols, words);
    struct table *t = table_new(&arena, ncols, nrows);
    memcpy(t->cols, words, (size_t)ncols * sizeof *words);
    t->tag = "SHOW";
    for (int r = 0; r < nrows; r++) {
        assert_int_equal(split(rows[r], words), ncols);
        memcpy(t->cells + (size_t)r * (size_t)ncols, words, (size_t)ncols * sizeof *words);
    }
    return t;
}

#define TABLE(cols, ...)                              \
    table((cols), (const char *const[]){__VA_ARGS__}, \
          (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)))

typedef enum status parser(const struct table *t, struct facts **out, struct err *e);

/* Through bytes, as an observation carries it. */
static const void *read_as(parser *parse, const struct table *t)
{
    struct err e = ERR_INIT;
    struct buf b;
    struct table *copy;
    buf_init(&b);
    wire_table_encode(t, &b);
    if (wire_table_decode(b.s, b.len, &arena, &copy, &e) || parse(copy, &parsed, &e))
        fail_msg("%s", err_text(&e));
    buf_release(&b);
    return parsed->root;
}

static void refuses(parser *parse, const struct table *t, const char *reason)
{
    struct err e = ERR_INIT;
    assert_int_equal(parse(t, &parsed, &e), ST_INVALID);
    assert_null(parsed);
    if (!strstr(err_text(&e), reason))
        fail_msg("\"%s\" does not say \"%s\"", err_text(&e), reason);
    err_release(&e);
}

#define POOLS_118                                                                              \
    "database user cl_active cl_waiting cl_active_cancel_req cl_waiting_cancel_req sv_active " \
    "sv_active_cancel sv_being_canceled sv_idle sv_used sv_tested sv_login maxwait "           \
    "maxwait_us pool_mode"

static void pools_of_118(void **state)
{
    (void)state;
    const struct pgb_pools *p = read_as(
        wire_pgb_pools, TABLE(POOLS_118, "app web 12 3 1 2 5 4 3 6 7 8 9 2 500000 transaction",
                              "pgbouncer admin 1 0 0 0 0 0 0 0 0 0 0 0 0 statement"));
    assert_int_equal(p->n, 1);
    assert_string_equal(p->v[0].database, "app");
    assert_string_equal(p->v[0].user, "web");
    assert_int_equal(p->v[0].cl_active, 12);
    assert_int_equal(p->v[0].cl_waiting, 3);
    assert_int_equal(p->v[0].cl_cancel, 3);
    assert_int_equal(p->v[0].sv_active, 5);
    assert_int_equal(p->v[0].sv_cancel, 7);
    assert_int_equal(p->v[0].sv_idle, 6);
    assert_int_equal(p->v[0].sv_used, 7);
    assert_int_equal(p->v[0].sv_tested, 8);
    assert_int_equal(p->v[0].sv_login, 9);
    assert_int_equal(p->v[0].maxwait_us, 2500000);
    assert_string_equal(p->v[0].pool_mode, "transaction");
}

static void pools_of_117_and_124(void **state)
{
    (void)state;
    const struct pgb_pools *p = read_as(
        wire_pgb_pools, TABLE("database user cl_active cl_waiting cl_cancel_req sv_active sv_idle "
                              "sv_used sv_tested sv_login maxwait maxwait_us pool_mode",
                              "app web 1 0 4 1 0 0 0 0 0 0 session"));
    assert_int_equal(p->v[0].cl_cancel, 4);
    assert_int_equal(p->v[0].sv_cancel, -1); /* not said */
    facts_unref(parsed);
    parsed = NULL;
    p = read_as(wire_pgb_pools,
                TABLE(POOLS_118 " load_balance_hosts",
                      "app web 1 0 0 0 1 0 0 0 0 0 0 0 0 transaction ~",
                      "pgbouncer2 web x -1 0 0 1 0 0 0 0 0 0 99999999999999999 0 ~ round-robin"));
    assert_int_equal(p->n, 2);
    assert_int_equal(p->v[1].cl_active, -1); /* neither is a count */
    assert_int_equal(p->v[1].cl_waiting, -1);
    assert_int_equal(p->v[1].maxwait_us, -1);
    assert_null(p->v[1].pool_mode);
}

static void databases_of_118_123_and_124(void **state)
{
    (void)state;
    const struct pgb_databases *d =
        read_as(wire_pgb_databases,
                TABLE("name host port database force_user pool_size min_pool_size reserve_pool "
                      "pool_mode max_connections current_connections paused disabled",
                      "app 127.0.0.1 5000 app ~ 20 0 5 ~ 100 7 1 0",
                      "local ~ 5432 other web 10 2 0 session 0 0 0 1",
                      "pgbouncer ~ 6432 pgbouncer pgbouncer 2 0 0 statement 0 0 0 0"));
    assert_int_equal(d->n, 2);
    assert_string_equal(d->v[0].name, "app");
    assert_string_equal(d->v[0].host, "127.0.0.1");
    assert_int_equal(d->v[0].port, 5000);
    assert_int_equal(d->v[0].pool_size, 20);
    assert_int_equal(d->v[0].reserve_pool, 5);
    assert_int_equal(d->v[0].max_connections, 100);
    assert_int_equal(d->v[0].current_connections, 7);
    assert_true(d->v[0].paused);
    assert_false(d->v[0].disabled);
    assert_null(d->v[0].force_user);
    assert_null(d->v[0].pool_mode);
    assert_null(d->v[1].host); /* unix socket */
    assert_string_equal(d->v[1].force_user, "web");
    assert_int_equal(d->v[1].min_pool_size, 2);
    assert_true(d->v[1].disabled);
    facts_unref(parsed);
    parsed = NULL;
    d = read_as(wire_pgb_databases,
                TABLE("name host port database force_user pool_size min_pool_size "
                      "reserve_pool_size server_lifetime pool_mode load_balance_hosts "
                      "max_connections current_connections max_client_connections "
                      "current_client_connections paused disabled",
                      "app a,b 5432 app ~ 20 0 9 3600 ~ round-robin 0 7 0 3 0 0"));
    assert_int_equal(d->v[0].reserve_pool, 9);
    assert_int_equal(d->v[0].max_connections, 0);
    assert_int_equal(d->v[0].current_connections, 7);
    assert_false(d->v[0].paused);
    assert_int_equal(d->v[0].server_lifetime_s, 3600);
    assert_int_equal(d->v[0].max_clients, 0);
    assert_int_equal(d->v[0].current_clients, 3);
    assert_string_equal(d->v[0].load_balance_hosts, "round-robin");
}

#define STATS_118                                                                        \
    "total_xact_count total_query_count total_received total_sent total_xact_time "      \
    "total_query_time total_wait_time avg_xact_count avg_query_count avg_recv avg_sent " \
    "avg_xact_time avg_query_time avg_wait_time"

static void stats_of_118_123_and_124(void **state)
{
    (void)state;
    const struct pgb_stats_set *s =
        read_as(wire_pgb_stats,
                TABLE("database " STATS_118, "app 10 20 30000000000 40 50 60 70 1 2 3 4 5 6 7",
                      "pgbouncer 1 1 0 0 0 0 0 0 0 0 0 0 0 0"));
    assert_int_equal(s->n, 1);
    assert_string_equal(s->v[0].database, "app");
    assert_int_equal(s->v[0].xacts, 10);
    assert_int_equal(s->v[0].queries, 20);
    assert_true(s->v[0].received == INT64_C(30000000000));
    assert_int_equal(s->v[0].sent, 40);
    assert_int_equal(s->v[0].xact_us, 50);
    assert_int_equal(s->v[0].query_us, 60);
    assert_int_equal(s->v[0].wait_us, 70);
    assert_int_equal(s->v[0].assignments, -1);
    facts_unref(parsed);
    parsed = NULL;
    s = read_as(wire_pgb_stats,
                TABLE("database total_server_assignment_count " STATS_118
                      " total_client_parse_count total_server_parse_count total_bind_count",
                      "app 99 10 20 30 40 50 60 70 1 2 3 4 5 6 7 8 9 10"));
    assert_int_equal(s->v[0].assignments, 99);
    assert_int_equal(s->v[0].xacts, 10);
    assert_int_equal(s->v[0].wait_us, 70);
}

static void state_and_version(void **state)
{
    (void)state;
    const struct pgb_state *s =
        read_as(wire_pgb_state,
                TABLE("key value", "active no", "paused yes", "suspended maybe", "new yes"));
    assert_int_equal(s->active, TRI_NO);
    assert_int_equal(s->paused, TRI_YES);
    assert_int_equal(s->suspended, TRI_UNKNOWN);
    assert_false(s->not_asked);
    static const struct {
        const char *text;
        int num;
    } versions[] = {{"PgBouncer 1.18.0", 11800},
                    {"1.25.2/bouncer", 12502},
                    {"PgBouncer 1.24", 12400},
                    {"PgBouncer 1.25.0dev", 12500},
                    {"PgBouncer", 0},
                    {"7", 0},
                    {"1.x", 0},
                    {"", 0},
                    {"1.1234.1", 0}};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        facts_unref(parsed);
        parsed = NULL;
        struct table *t = table_new(&arena, 1, 1);
        t->cols[0] = "version";
        t->cells[0] = versions[i].text;
        const struct pgb_version *v = read_as(wire_pgb_version, t);
        assert_int_equal(v->num, versions[i].num);
        assert_string_equal(v->text, versions[i].text);
    }
}

static void tables_without_their_keys(void **state)
{
    (void)state;
    refuses(wire_pgb_pools, TABLE("database user cl_active", "a b 1"),
            "SHOW POOLS has no column \"cl_waiting\"");
    refuses(wire_pgb_databases, TABLE("key value", "a b"), "no column \"name\"");
    refuses(wire_pgb_stats, TABLE("database " STATS_118, "~ 1 2 3 4 5 6 7 8 9 0 1 2 3 4"),
            "row 1 of SHOW STATS has no database");
    refuses(wire_pgb_servers, TABLE("database user state addr", "a b c d"), "no column \"port\"");
    refuses(wire_pgb_servers, TABLE("database user state addr port", "~ b c d 1"),
            "row 1 of SHOW SERVERS has no database");
    refuses(wire_pgb_state, TABLE("k v", "a b"), "SHOW STATE has no column \"key\"");
    refuses(wire_pgb_version, table("version", NULL, 0), "SHOW VERSION has no row");
    refuses(wire_pgb_version, TABLE("version", "~"), "row 1 of SHOW VERSION has no version");
    struct table *t = table("key value", NULL, 0);
    t->nrows = 100001;
    refuses(wire_pgb_state, t, "absurd: SHOW STATE has 100001 rows");
}

static void names_are_cleaned(void **state)
{
    (void)state;
    const struct pgb_pools *p = read_as(
        wire_pgb_pools, TABLE(POOLS_118, "a\033[2J\xff u\b 1 0 0 0 1 0 0 0 0 0 0 0 0 \x7f"));
    assert_string_equal(p->v[0].database, "a\xEF\xBF\xBD[2J\xEF\xBF\xBD");
    assert_string_equal(p->v[0].user, "u\xEF\xBF\xBD");
    assert_string_equal(p->v[0].pool_mode, "\xEF\xBF\xBD");
}

static void tables_keep_nulls_order_and_tag(void **state)
{
    (void)state;
    struct buf b;
    struct table *t = NULL;
    buf_init(&b);
    wire_table_encode(TABLE("b a", "1 ~", "'' \"x\\"), &b);
    assert_string_equal(b.s, "{\"columns\":[\"b\",\"a\"],\"rows\":[[\"1\",null],"
                             "[\"\",\"\\\"x\\\\\"]],\"tag\":\"SHOW\"}");
    assert_int_equal(wire_table_decode(b.s, b.len, &arena, &t, NULL), ST_OK);
    assert_int_equal(t->ncols, 2);
    assert_int_equal(t->nrows, 2);
    assert_int_equal(table_col(t, "a"), 1);
    assert_null(table_get(t, 0, 1));
    assert_string_equal(table_get(t, 1, 0), "");
    assert_string_equal(table_get(t, 1, 1), "\"x\\");
    assert_string_equal(t->tag, "SHOW");
    buf_release(&b);
}

static void bytes_that_are_no_table(void **state)
{
    (void)state;
    static const struct {
        const char *body, *reason;
    } bad[] = {
        {"", "empty body"},
        {"[]", "expected a table"},
        {"{}", "expected a list in \"columns\""},
        {"{\"columns\":[\"a\"]}", "expected a list in \"rows\""},
        {"{\"columns\":[1],\"rows\":[]}", "column 1 of the table has no name"},
        {"{\"columns\":[\"a\"],\"rows\":[1]}", "row 1 of the table is not a list"},
        {"{\"columns\":[\"a\"],\"rows\":[[\"1\"],[]]}", "row 2 of the table has 0 values for 1"},
        {"{\"columns\":[\"a\"],\"rows\":[[\"1\",\"2\"]]}", "has 2 values for 1 columns"},
        {"{\"columns\":[\"a\"],\"rows\":[[\"1\"", "cut off at byte"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = ERR_INIT;
        struct table *t = NULL;
        assert_int_equal(wire_table_decode(bad[i].body, strlen(bad[i].body), &arena, &t, &e),
                         ST_INVALID);
        if (!strstr(err_text(&e), bad[i].reason))
            fail_msg("\"%s\" does not say \"%s\"", err_text(&e), bad[i].reason);
        err_release(&e);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#define SERVERS_118                                                                            \
    "type user database state addr port local_addr local_port connect_time request_time wait " \
    "wait_us close_needed ptr link remote_pid tls application_name"

static void servers_of_118(void **state)
{
    (void)state;
    const struct pgb_servers *s = read_as(
        wire_pgb_servers,
        TABLE(
            SERVERS_118,
            "S app app idle 127.0.0.1 26200 127.0.0.1 52788 2026-11-21T06:56:32 x 0 0 0 0x56 '' "
            "25470 '' psql",
            "S web app active fd00::2 5432 ::1 52789 2026-11-21T06:56:33 x 0 0 1 0x57 0x58 1 '' ''",
            "S pgbouncer pgbouncer idle unix 6432 unix 6432 x x 0 0 0 0x59 '' 1 '' ''",
            "S web app new unix 5432 unix 5432 ~ ~ 0 0 0 0x59 '' 1 '' ''"));
    assert_int_equal(s->n, 3);
    assert_string_equal(s->v[0].database, "app");
    assert_string_equal(s->v[0].user, "app");
    assert_string_equal(s->v[0].state, "idle");
    assert_string_equal(s->v[0].addr, "127.0.0.1");
    assert_int_equal(s->v[0].port, 26200);
    assert_false(s->v[0].close_needed);
    assert_string_equal(s->v[0].connected_at, "2026-11-21T06:56:32");
    assert_string_equal(s->v[1].addr, "fd00::2");
    assert_true(s->v[1].close_needed);
    assert_null(s->v[2].addr);
    assert_int_equal(s->v[2].port, 5432);
    assert_null(s->v[2].connected_at);
}

/* 1.21 and 1.23 put columns in between, 1.24 one at the end. */
static void servers_of_124(void **state)
{
    (void)state;
    const struct pgb_servers *s = read_as(
        wire_pgb_servers,
        TABLE("type user database replication state addr port local_addr local_port connect_time "
              "request_time wait wait_us close_needed ptr link remote_pid tls application_name "
              "prepared_statements id",
              "S app app none used 10.0.0.2 port 10.0.0.9 52788 x x 0 0 0 0x56 '' 25470 '' '' 0 "
              "7"));
    assert_string_equal(s->v[0].state, "used");
    assert_int_equal(s->v[0].port, -1);
    assert_string_equal(s->v[0].replication, "none");
    assert_string_equal(s->v[0].local_addr, "10.0.0.9");
    assert_int_equal(s->v[0].local_port, 52788);
    assert_int_equal(s->v[0].remote_pid, 25470);
    assert_int_equal(s->v[0].prepared, 0);
    assert_int_equal(s->v[0].id, 7);
    assert_null(s->v[0].tls);
    assert_null(s->v[0].link);
}

/* 1.16 and 1.17 had no application_name; nobody had an id before 1.24. */
static void clients_of_116_118_and_125(void **state)
{
    (void)state;
    const struct pgb_clients *c = read_as(
        wire_pgb_clients,
        TABLE("type user database state addr port local_addr local_port connect_time request_time "
              "wait wait_us close_needed ptr link remote_pid tls",
              "C web app waiting 10.1.0.7 40112 10.0.0.9 6432 2026-11-21T06:56:32 "
              "2026-11-21T06:56:33 3 250000 0 0x5a '' 0 TLSv1.3",
              "C admin pgbouncer active 127.0.0.1 40113 127.0.0.1 6432 x x 0 0 0 0x5b '' 0 ''"));
    assert_int_equal(c->n, 1); /* a console is nobody's client */
    assert_string_equal(c->v[0].user, "web");
    assert_string_equal(c->v[0].state, "waiting");
    assert_int_equal(c->v[0].wait_us, 3250000);
    assert_string_equal(c->v[0].ptr, "0x5a");
    assert_null(c->v[0].link);
    assert_string_equal(c->v[0].tls, "TLSv1.3");
    assert_string_equal(c->v[0].requested_at, "2026-11-21T06:56:33");
    assert_null(c->v[0].application_name);
    assert_int_equal(c->v[0].id, -1);
    assert_int_equal(c->v[0].prepared, -1);
    facts_unref(parsed);
    parsed = NULL;
    c = read_as(wire_pgb_clients, TABLE(SERVERS_118, "C web app active unix 6432 unix 6432 x x 0 0 "
                                                     "0 0x5a 0x77 812 '' psql"));
    assert_null(c->v[0].addr);
    assert_null(c->v[0].local_addr);
    assert_int_equal(c->v[0].remote_pid, 812);
    assert_string_equal(c->v[0].link, "0x77");
    assert_string_equal(c->v[0].application_name, "psql");
    facts_unref(parsed);
    parsed = NULL;
    c = read_as(wire_pgb_clients,
                TABLE("type user database replication state addr port local_addr local_port "
                      "connect_time request_time wait wait_us close_needed ptr link remote_pid tls "
                      "application_name prepared_statements id",
                      "C web app logical idle 10.1.0.7 40112 10.0.0.9 6432 x x 9223372036854775807 "
                      "0 1 0x5a '' 0 '' x 12 4711"));
    assert_string_equal(c->v[0].state, "idle");
    assert_string_equal(c->v[0].replication, "logical");
    assert_int_equal(c->v[0].wait_us, -1); /* no such time */
    assert_int_equal(c->v[0].id, 4711);
    assert_int_equal(c->v[0].prepared, 12);
    assert_true(c->v[0].close_needed);
}

/* Five columns of 1.24: of its pool sizes nothing is believed (they leak into later rows). */
static void users_of_118_123_and_124(void **state)
{
    (void)state;
    const struct pgb_users *u =
        read_as(wire_pgb_users, TABLE("name pool_mode", "web ~", "batch session"));
    assert_int_equal(u->n, 2);
    assert_string_equal(u->v[0].name, "web");
    assert_null(u->v[0].pool_mode);
    assert_int_equal(u->v[0].max_connections, -1);
    assert_string_equal(u->v[1].pool_mode, "session");
    facts_unref(parsed);
    parsed = NULL;
    u = read_as(wire_pgb_users, TABLE("name pool_size pool_mode max_user_connections "
                                      "current_connections",
                                      "web '' ~ 50 7"));
    assert_int_equal(u->v[0].max_connections, 50);
    assert_int_equal(u->v[0].connections, 7);
    assert_int_equal(u->v[0].max_clients, -1);
    facts_unref(parsed);
    parsed = NULL;
    u = read_as(wire_pgb_users,
                TABLE("name pool_size reserve_pool_size pool_mode max_user_connections "
                      "current_connections max_user_client_connections current_client_connections",
                      "web 7 '' ~ 0 3 200 199"));
    assert_int_equal(u->v[0].max_connections, 0);
    assert_int_equal(u->v[0].max_clients, 200);
    assert_int_equal(u->v[0].clients, 199);
}

static void config_of_114_and_118(void **state)
{
    (void)state;
    const struct pgb_config *c = read_as(
        wire_pgb_config, TABLE("key value default changeable", "max_client_conn 500 100 yes",
                               "listen_port 6432 6432 no", "auth_user ~ ~ maybe", "x '' '' yes"));
    assert_int_equal(c->n, 4);
    assert_string_equal(c->v[0].key, "max_client_conn");
    assert_string_equal(c->v[0].value, "500");
    assert_string_equal(c->v[0].initial, "100");
    assert_int_equal(c->v[0].changeable, TRI_YES);
    assert_int_equal(c->v[1].changeable, TRI_NO);
    assert_null(c->v[2].value);
    assert_int_equal(c->v[2].changeable, TRI_UNKNOWN);
    assert_string_equal(c->v[3].value, "");
    facts_unref(parsed);
    parsed = NULL;
    c = read_as(wire_pgb_config,
                TABLE("key value changeable", "max_client_conn 500 yes",
                      "auth_ldap_options ldapserver=h;ldapbindpasswd=tiger no", "some_token t no"));
    assert_null(c->v[0].initial);
    assert_string_equal(c->v[0].value, "500");
    assert_null(strstr(c->v[1].value, "tiger")); /* 1.25 */
    assert_string_equal(c->v[2].value, "***");
}

static void lists_memory_and_names(void **state)
{
    (void)state;
    const struct pgb_lists *l =
        read_as(wire_pgb_lists, TABLE("list items", "databases 2", "used_clients -7"));
    assert_int_equal(l->n, 2);
    assert_string_equal(l->v[0].name, "databases");
    assert_int_equal(l->v[0].items, 2);
    assert_int_equal(l->v[1].items, -1);
    facts_unref(parsed);
    parsed = NULL;
    const struct pgb_memory *m = read_as(
        wire_pgb_memory, TABLE("name size used free memtotal", "user_cache 344 4 46 17200"));
    assert_string_equal(m->v[0].name, "user_cache");
    assert_int_equal(m->v[0].size, 344);
    assert_int_equal(m->v[0].used, 4);
    assert_int_equal(m->v[0].free, 46);
    assert_int_equal(m->v[0].total, 17200);
    facts_unref(parsed);
    parsed = NULL;
    const struct pgb_dns_hosts *h =
        read_as(wire_pgb_dns_hosts,
                TABLE("hostname ttl addrs", "db.example 12 10.0.0.1:0,10.0.0.2:0", "gone 0 ''"));
    assert_int_equal(h->v[0].ttl_s, 12);
    assert_string_equal(h->v[0].addrs, "10.0.0.1:0,10.0.0.2:0");
    assert_null(h->v[1].addrs);
    facts_unref(parsed);
    parsed = NULL;
    const struct pgb_dns_zones *z =
        read_as(wire_pgb_dns_zones, TABLE("zonename serial count", "example 2026112101 3"));
    assert_string_equal(z->v[0].name, "example");
    assert_int_equal(z->v[0].serial, 2026112101);
    assert_int_equal(z->v[0].count, 3);
}

/* Tables of another kind, of no kind, with names that are none: refused, or cleaned. */
static void lists_from_the_hostile(void **state)
{
    (void)state;
    refuses(wire_pgb_clients, TABLE("database user state addr", "a b c d"), "no column \"port\"");
    refuses(wire_pgb_users, TABLE("name", "~"), "row 1 of SHOW USERS has no name");
    refuses(wire_pgb_config, TABLE("key", "a"), "SHOW CONFIG has no column \"value\"");
    refuses(wire_pgb_lists, TABLE("list", "a"), "SHOW LISTS has no column \"items\"");
    refuses(wire_pgb_memory, TABLE("name size", "a 1"), "no column \"memtotal\"");
    refuses(wire_pgb_dns_hosts, TABLE("hostname ttl", "a 1"), "no column \"addrs\"");
    refuses(wire_pgb_dns_zones, TABLE("zonename count", "a 1"), "no column \"serial\"");
    struct table *t = table("list items", NULL, 0);
    t->nrows = 100001;
    refuses(wire_pgb_lists, t, "absurd: SHOW LISTS has 100001 rows");
    const struct pgb_clients *c =
        read_as(wire_pgb_clients,
                TABLE(SERVERS_118, "C web\033[2J app\xff \b unix(x) 99999999999999999999 ~ ~ ~ ~ "
                                   "-1 -1 2 \033 \033 z ~ \007"));
    assert_string_equal(c->v[0].user, "web\xEF\xBF\xBD[2J");
    assert_string_equal(c->v[0].state, "\xEF\xBF\xBD");
    assert_string_equal(c->v[0].ptr, "\xEF\xBF\xBD");
    assert_string_equal(c->v[0].application_name, "\xEF\xBF\xBD");
    assert_null(c->v[0].addr);
    assert_int_equal(c->v[0].port, -1);
    assert_int_equal(c->v[0].wait_us, -1);
    assert_true(c->v[0].close_needed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pools_of_118),
        TEST(pools_of_117_and_124),
        TEST(databases_of_118_123_and_124),
        TEST(stats_of_118_123_and_124),
        TEST(servers_of_118),
        TEST(servers_of_124),
        TEST(clients_of_116_118_and_125),
        TEST(users_of_118_123_and_124),
        TEST(config_of_114_and_118),
        TEST(lists_memory_and_names),
        TEST(lists_from_the_hostile),
        TEST(state_and_version),
        TEST(tables_without_their_keys),
        TEST(names_are_cleaned),
        TEST(tables_keep_nulls_order_and_tag),
        TEST(bytes_that_are_no_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
