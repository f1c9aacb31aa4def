/* Completion and hints: from the table and the present picture. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/command/command.h"
#include "test_command.h"

static const char *const panes[] = {"topology", "lag", "pools", "stats"};
static const char *const clusters[] = {"local-ha", "my cluster"};

static void give_databases(struct snapshot *s)
{
    static const struct pgb_database v[] = {{.name = "app"}, {.name = "my db"}};
    static const struct pgb_databases d = {.n = 2, .v = v};
    struct bouncer *b = arena_new(&s->arena, struct bouncer);

    b->name = "b1";
    b->databases = &d;
    s->bouncers = b;
    s->nbouncers = 1;
}

static struct snapshot *picture(void)
{
    static const char *const names[] = {"it's", "pg1", "pg2", "pg3 b"};
    struct snapshot *s = snapshot_new();
    struct member *m = arena_array(&s->arena, 4, struct member);

    for (int i = 0; i < 4; i++) {
        m[i].name = names[i];
        m[i].listed = true;
    }
    s->members = m;
    s->nmembers = 4;
    s->leader = 1;
    give_databases(s);
    return s;
}

static void check(const struct command_context *ctx, const char *line, int start, const char *want)
{
    struct arena a;
    struct buf got;
    const char *const *v;
    int word = -1, n;

    arena_init(&a);
    buf_init(&got);
    n = command_complete(line, (int)strlen(line), ctx, &a, &v, &word);
    for (int i = 0; i < n; i++)
        buf_addf(&got, "%s%s", i ? "|" : "", v[i]);
    if (strcmp(got.s, want) != 0 || word != start)
        fail_msg("\"%s\" at %d: %s", line, word, got.s);
    buf_release(&got);
    arena_release(&a);
}

static void test_complete(void **state)
{
    struct snapshot *s = picture();
    struct command_context ctx = {
        .snapshot = s, .npanes = 4, .panes = panes, .nclusters = 2, .clusters = clusters};

    (void)state;
    check(&ctx, "sw", 0, "switchover");
    check(&ctx, "  re", 2,
          "record start|record stop|replay play|replay pause|replay step|replay seek|replay "
          "speed|restart|reload|reinit|resume|remove|refresh");
    check(&ctx, "zz", 0, "");
    check(&ctx, "zz a", 3, "");
    check(&ctx, "switchover ", 11,
          "--leader|--candidate|--at|--hold|--database|--on|--within|--release-lock");
    check(&ctx, "switchover --candidate pg2 ", 27,
          "--leader|--at|--hold|--database|--on|--within|--release-lock");
    check(&ctx, "switchover --c", 11, "--candidate");
    check(&ctx, "switchover --leader ", 20, "pg1");
    check(&ctx, "switchover --candidate ", 23, "'it'\\''s'|pg2|'pg3 b'");
    check(&ctx, "switchover --candidate=pg", 11, "--candidate=pg2|--candidate='pg3 b'");
    check(&ctx, "switchover --candidate 'pg3", 23, "'pg3 b'");
    check(&ctx, "reload ", 7, "'it'\\''s'|pg1|pg2|'pg3 b'|--role");
    check(&ctx, "reload pg1 ", 11, "'it'\\''s'|pg2|'pg3 b'|--role");
    check(&ctx, "reload pg1 -- ", 14, "'it'\\''s'|pg2|'pg3 b'");
    check(&ctx, "restart --role ", 15, "leader|replica|any");
    check(&ctx, "restart pg1 --timeout ", 22, "");
    check(&ctx, "reinit p", 7, "pg2|'pg3 b'");
    check(&ctx, "pgb pause ", 10, "app|'my db'|--database|--all|--within|--on|--everywhere");
    check(&ctx, "pgb resume a", 11, "app");
    check(&ctx, "pgb kill --database m", 20, "'my db'");
    check(&ctx, "pane l", 5, "lag");
    check(&ctx, "cluster ", 8, "local-ha|'my cluster'");
    check(&ctx, "interval 1", 9, "1s|10s");
    check(&ctx, "help swi", 5, "switchover");
    check(&ctx, "refresh ", 8, "");
    check(NULL, "reload ", 7, "--role");
    snapshot_unref(s);
}

static struct snapshot *with_haproxies(void)
{
    struct snapshot *s = picture();
    struct haproxy *h = arena_array(&s->arena, 2, struct haproxy);
    struct ha_stats *t = arena_new(&s->arena, struct ha_stats);
    struct ha_row *v = arena_array(&s->arena, 5, struct ha_row);

    v[0] = (struct ha_row){.type = HA_FRONTEND, .proxy = "rw", .name = "FRONTEND"};
    v[1] = (struct ha_row){.type = HA_SERVER, .proxy = "rw", .name = "pg1"};
    v[2] = (struct ha_row){.type = HA_SERVER, .proxy = "rw", .name = "pg2"};
    v[3] = (struct ha_row){.type = HA_BACKEND, .proxy = "rw", .name = "BACKEND"};
    v[4] = (struct ha_row){.type = HA_SERVER, .proxy = "ro", .name = "pg2"};
    *t = (struct ha_stats){5, v};
    h[0] = (struct haproxy){.name = "lb1", .stats = t};
    h[1] = (struct haproxy){.name = "lb2", .stats = t};
    s->haproxies = h;
    s->nhaproxies = 2;
    return s;
}

static void test_complete_servers(void **state)
{
    struct snapshot *s = with_haproxies();
    struct command_context ctx = {.snapshot = s};

    (void)state;
    check(&ctx, "haproxy maint p", 14, "pg1|pg2");
    check(&ctx, "haproxy maint rw/", 14, "rw/pg1|rw/pg2");
    check(&ctx, "haproxy maint pg1 r", 18, "rw/pg1|rw/pg2|ro/pg2");
    check(&ctx, "haproxy maint rw/pg2 rw/", 21, "rw/pg1");
    check(&ctx, "haproxy drain pg2 --backend ", 28, "rw|ro");
    check(&ctx, "haproxy ready pg2 --on ", 23, "lb1|lb2");
    snapshot_unref(s);
}

/* Text behind the point is not looked at. */
static void test_complete_in_the_middle(void **state)
{
    struct arena a;
    const char *const *v;
    int word;

    (void)state;
    arena_init(&a);
    assert_int_equal(command_complete("swi --candidate x", 3, NULL, &a, &v, &word), 1);
    assert_string_equal(v[0], "switchover");
    arena_release(&a);
}

/* What completion offers parses back to the very name. */
static void test_round_trip(void **state)
{
    struct snapshot *s = picture();
    struct command_context ctx = {.snapshot = s};
    struct arena a;
    const char *const *v;
    int word, n;

    (void)state;
    arena_init(&a);
    n = command_complete("restart ", 8, &ctx, &a, &v, &word);
    assert_true(n > 4); /* the members, then the options */
    assert_string_equal(v[4], "--role");
    for (int i = 0; i < 4; i++) {
        struct invocation inv;

        assert_int_equal(command_parse_line(arena_printf(&a, "restart %s", v[i]), &a, &inv, NULL),
                         ST_OK);
        assert_string_equal(invocation_get(&inv, "MEMBER"), s->members[i].name);
    }
    arena_release(&a);
    snapshot_unref(s);
}

static void test_hints(void **state)
{
    static const struct {
        const char *line, *hint;
    } t[] = {
        {"", "a command; help lists them all"},
        {"swi", "switchover [--leader MEMBER] [--candidate MEMBER] [--at TIME] [--hold] "
                "[--database DATABASE]... [--on BOUNCER]... [--within TIME] [--release-lock]: hand "
                "the lead "
                "over to a replica, planned"},
        {"sw", "switchover [--leader MEMBER] [--candidate MEMBER] [--at TIME] [--hold] "
               "[--database DATABASE]... [--on BOUNCER]... [--within TIME] [--release-lock]: hand "
               "the lead "
               "over to a replica, planned"},
        {"re", "record start  record stop  replay play  replay pause  replay step  replay seek  "
               "replay speed  restart  reload  reinit  resume  remove  refresh"},
        {"zz", ""},
        {"switchover ", "[--leader MEMBER]  [--candidate MEMBER]  [--at TIME]  [--hold]  "
                        "[--database DATABASE]  [--on BOUNCER]  [--within TIME]  [--release-lock]"},
        {"switchover --",
         "[--leader MEMBER]  [--candidate MEMBER]  [--at TIME]  [--hold]  "
         "[--database DATABASE]  [--on BOUNCER]  [--within TIME]  [--release-lock]"},
        {"switchover --cand", "--candidate MEMBER: the replica that is to lead; without it Patroni "
                              "picks the best one"},
        {"switchover --candidate ", "--candidate MEMBER: the replica that is to lead; without it "
                                    "Patroni picks the best one"},
        {"switchover --candidate=p", "--candidate MEMBER: the replica that is to lead; without it "
                                     "Patroni picks the best one"},
        {"switchover --leader a --candidate b --at 03:00 ",
         "[--hold]  [--database DATABASE]  [--on BOUNCER]  [--within TIME]  [--release-lock]"},
        {"restart ", "MEMBER...: the members to restart, in this order, one after the other"},
        {"reload pg1 ", "[MEMBER...]  --role ROLE: instead of names: the leader, the replicas, or "
                        "any member of the cluster"},
        {"restart pg1 --timeout ", "--timeout SECONDS: how long PostgreSQL may take to come up "
                                   "again"},
        {"reinit pg3 ", "[--force]  [--from-leader]"},
        {"refresh ", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct arena a;
        const char *got;

        arena_init(&a);
        got = command_hint(t[i].line, (int)strlen(t[i].line), NULL, &a);
        if (strcmp(got, t[i].hint) != 0)
            fail_msg("\"%s\": %s", t[i].line, got);
        arena_release(&a);
    }
}

/* A name from the picture, in the line as one word that is no option. */
static void test_quote(void **state)
{
    static const struct {
        const char *text, *quoted;
    } t[] = {{"pg1", "pg1"}, {"pg 1", "'pg 1'"}, {"it's", "'it'\\''s'"}, {"-x", "'-x'"},
             {"", "''"},     {"ü", "ü"},         {"a\\b", "'a\\b'"},     {"--force", "'--force'"}};

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct arena a;
        struct invocation inv;
        struct parse_error pe = {0};

        arena_init(&a);
        assert_string_equal(command_quote(&a, t[i].text), t[i].quoted);
        assert_int_equal(
            command_parse_line(arena_printf(&a, "restart %s", command_quote(&a, t[i].text)), &a,
                               &inv, &pe),
            *t[i].text ? ST_OK : ST_USAGE);
        if (*t[i].text)
            assert_string_equal(invocation_get(&inv, "MEMBER"), t[i].text);
        parse_error_release(&pe);
        arena_release(&a);
    }
}

static void test_where_a_value_begins(void **state)
{
    static const struct {
        const char *line; /* "|" is the cursor */
        bool begins;
    } t[] = {{"|", false},
             {" |", false},
             {"restart|", false},
             {"restart |", true},
             {"restart |x", false},
             {"restart | x", true},
             {"restart 'a |", false},
             {"restart 'a' |", true},
             {"restart a\\ |", false},
             {"restart \"|", false},
             {"refresh |", false},
             {"nonsense |", false},
             {"switchover |", false},
             {"switchover --candidate |", true},
             {"query |", true},
             {"query pg1 |", false},
             {"query pg1 select  |", false},
             {"query pg1 --dbname |", true}};

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        char *line = xstrdup(t[i].line), *at = strchr(line, '|');
        int point = (int)(at - line);

        memmove(at, at + 1, strlen(at));
        if (command_at_value(line, point) != t[i].begins)
            fail_msg("%s", t[i].line);
        free(line);
    }
}

int run_complete_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_complete_servers),
        cmocka_unit_test(test_complete),
        cmocka_unit_test(test_complete_in_the_middle),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_quote),
        cmocka_unit_test(test_where_a_value_begins),
    };

    return cmocka_run_group_tests_name("command: complete", tests, NULL, NULL);
}
