/* Parsing: the command bar's lines and argv, what is accepted, and where errors point. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/analysis/pgb_views.h"
#include "pgdba/command/command.h"
#include "test_command.h"

enum { MAX_WORDS = 24 };

/* Cuts at '|', so that words of argv can hold blanks. */
static int cut(char *s, char **argv)
{
    int n = 0;

    for (char *save = NULL, *w = strtok_r(s, "|", &save); w; w = strtok_r(NULL, "|", &save)) {
        assert_in_range(n, 0, MAX_WORDS - 1);
        argv[n++] = w;
    }
    return n;
}

/* "name=value name=value" of what was parsed. */
static char *show(const struct invocation *inv)
{
    struct buf b;
    char *text;

    buf_init(&b);
    buf_puts(&b, inv->command->name);
    for (int i = 0; i < inv->nvalues; i++)
        buf_addf(&b, " %s=%s", inv->values[i].arg->name, inv->values[i].text);
    text = buf_detach(&b);
    buf_release(&b);
    return text;
}

static void test_lines(void **state)
{
    static const struct {
        const char *line, *parsed;
    } good[] = {
        {"switchover", "switchover"},
        {"  sw --candidate pg2 ", "switchover --candidate=pg2"},
        {"switchover --leader=pg1 --candidate=pg2", "switchover --leader=pg1 --candidate=pg2"},
        {"switchover -l pg1 -t pg2", "switchover --leader=pg1 --candidate=pg2"},
        {"restart pg2 pg1 --pending --timeout 30",
         "restart MEMBER=pg2 MEMBER=pg1 --pending= --timeout=30"},
        {"restart --pending pg2", "restart --pending= MEMBER=pg2"},
        {"restart -- --odd", "restart MEMBER=--odd"},
        {"restart '--odd name'", "restart MEMBER=--odd name"},
        {"restart \"a \\\"b\\\"\" c\\ d 'it'\\''s'",
         "restart MEMBER=a \"b\" MEMBER=c d MEMBER=it's"},
        {"reinit pg3 --force", "reinit MEMBER=pg3 --force="},
        {"interval 2s", "interval TIME=2s"},
        {"interval 0.5", "interval TIME=0.5"},
        {"interval +", "interval TIME=+"},
        {"interval -", "interval TIME=-"},
        {"cluster local-ha", "cluster NAME=local-ha"},
        {"cluster list", "cluster NAME=list"},
        {"filter", "filter"},
        {"filter ''", "filter TEXT="},
        {"sort lag --reverse", "sort COLUMN=lag --reverse="},
        {"help cluster connect", "help COMMAND=cluster connect"},
        {"help sw", "help COMMAND=sw"},
        {"query pg1 select 'it''s' , \"a\\b\"  ", "query MEMBER=pg1 SQL=select 'it''s' , \"a\\b\""},
        {"query --role leader select 1 -- why", "query --role=leader SQL=select 1 -- why"},
        {"query -w pg1 'delete from t'", "query --write= MEMBER=pg1 SQL=delete from t"},
        {"query pg1 '' || 'a'", "query MEMBER=pg1 SQL='' || 'a'"},
        {"?", "help"},
        {"q", "quit"},
        {"lag", "lag"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct arena a;
        struct invocation inv;
        struct parse_error pe;
        char *shown;

        arena_init(&a);
        if (command_parse_line(good[i].line, &a, &inv, &pe) != ST_OK)
            fail_msg("%s: %s", good[i].line, pe.text);
        assert_null(pe.text);
        shown = show(&inv);
        assert_string_equal(shown, good[i].parsed);
        assert_ptr_equal(inv.command, command_get(inv.id));
        free(shown);
        arena_release(&a);
    }
}

static void test_line_errors(void **state)
{
    static const struct {
        const char *line;
        int start, len;
        const char *text;
    } bad[] = {
        {"", 0, 0, "type a command"},
        {"  ", 0, 0, "type a command"},
        {"swithcover", 0, 10, "unknown command \"swithcover\"; did you mean \"switchover\"?"},
        {" zzzzzzzzzz x", 1, 10, "unknown command \"zzzzzzzzzz\"; help lists them all"},
        {"status", 0, 6, "\"status\" works from the shell only: pgdba status"},
        {"--candidate pg2", 0, 11, "a command comes before \"--candidate\""},
        {"restart pg1 --timeout x", 22, 1, "--timeout expects whole seconds, got \"x\""},
        {"restart pg1 --timeout=1.5", 12, 13, "--timeout expects whole seconds, got \"1.5\""},
        {"restart pg1 --timeout 0", 22, 1, "--timeout expects whole seconds, got \"0\""},
        {"restart pg1 --timeout -5", 22, 2, "--timeout expects whole seconds, got \"-5\""},
        {"restart pg1 --timeout", 12, 9, "--timeout expects whole seconds"},
        {"restart pg1 --timeout --pending", 22, 9, "got the option \"--pending\""},
        {"reinit", 6, 0, "reinit needs a replica's name"},
        {"switchover --at 25:00", 16, 5, "--at expects a time such as 03:00"},
        {"restart pg1 --role all", 19, 3, "--role expects leader, replica or any, got \"all\""},
        {"restart pg1 --max-lag 1XB", 22, 3, "--max-lag expects a size"},
        {"config set =5", 11, 2, "expects NAME=VALUE"},
        {"restart pg1 --pending=yes", 12, 13, "--pending takes no value"},
        {"restart pg1 --pendin", 12, 8,
         "restart has no option \"--pendin\"; did you mean "
         "\"--pending\"?"},
        {"restart pg1 --password=geheim", 12, 10, "restart has no option \"--password\""},
        {"restart pg1 --yes", 12, 5, "restart has no option \"--yes\""},
        {"switchover pg2", 11, 3, "did you mean --candidate pg2?"},
        {"switchover --leader a --leader b", 22, 8, "--leader is given twice"},
        {"switchover --candidate ''", 23, 2, "--candidate expects a replica's name, got \"\""},
        {"reinit pg2 pg3", 11, 3, "reinit takes no more words: \"pg3\""},
        {"refresh now", 8, 3, "refresh takes no words: \"now\""},
        {"interval 2 3", 11, 1, "interval takes no more words"},
        {"interval 100", 9, 3, "expects 0.5s to 60s, or + or -, got \"100\""},
        {"interval 0.1s", 9, 4, "expects 0.5s to 60s"},
        {"query pg1", 9, 0, "query needs an SQL statement"},
        {"query pg1 alter role x password 'geheim'", 10, 5, "use psql's \\password"},
        {"query pg1 alter role x PASSWORD\n=geheim", 10, 5, "does not belong"},
        {"filter 'abc", 7, 4, "this quote is never closed"},
        {"help swich", 5, 5, "there is no command \"swich\""},
        {"pgb show memry", 9, 5, "got \"memry\"; did you mean \"memory\"?"},
        {"pgb show fdsx", 9, 4, "state, pools or stats, got \"fdsx\""},
        {"pgb shutdown --wait-for client", 24, 6, "; did you mean \"clients\"?"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena a;
        struct invocation inv;
        struct parse_error pe;

        arena_init(&a);
        assert_int_equal(command_parse_line(bad[i].line, &a, &inv, &pe), ST_USAGE);
        assert_non_null(pe.text);
        if (!strstr(pe.text, bad[i].text) || pe.start != bad[i].start || pe.len != bad[i].len)
            fail_msg("\"%s\": %d+%d %s", bad[i].line, pe.start, pe.len, pe.text);
        assert_null(strstr(pe.text, "geheim"));
        assert_null(strchr(pe.text, '\n'));
        parse_error_release(&pe);
        assert_int_equal(command_parse_line(bad[i].line, &a, &inv, NULL), ST_USAGE);
        arena_release(&a);
    }
}

/* Every table is named to whoever asked for one that is not there, and of what is far from all of
 * them nothing is guessed. */
static void test_views_are_listed(void **state)
{
    struct arena a;
    struct invocation inv;
    struct parse_error pe;

    (void)state;
    arena_init(&a);
    assert_int_equal(command_parse_line("pgb show quarterly", &a, &inv, &pe), ST_USAGE);
    for (const char *const *v = pgb_view_names; *v; v++)
        if (!strstr(pe.text, *v))
            fail_msg("\"%s\" does not name %s", pe.text, *v);
    assert_null(strstr(pe.text, "did you mean"));
    parse_error_release(&pe);
    assert_int_equal(command_parse_line("pgb show MEM --on a", &a, &inv, NULL), ST_OK);
    assert_int_equal(command_parse_line("pgb show dns_hosts", &a, &inv, NULL), ST_OK);
    arena_release(&a);
}

static void test_argv(void **state)
{
    static const struct {
        const char *argv, *parsed; /* parsed NULL: error is expected */
        int at;
        const char *error;
    } t[] = {
        {"status|--format|json", "status --format=json", 0, NULL},
        {"switchover|--candidate|pg2|--yes|-n", "switchover --candidate=pg2 --yes= --dry-run=", 0,
         NULL},
        {"cluster|list", "cluster list", 0, NULL},
        {"cluster|connect|--name|a|--patroni-url|http://h:8008|--patroni-url=https://i:8008",
         "cluster connect --name=a --patroni-url=http://h:8008 --patroni-url=https://i:8008", 0,
         NULL},
        {"cluster|connect|--name|a|--pgbouncer|host=h user=x",
         "cluster connect --name=a "
         "--pgbouncer=host=h user=x",
         0, NULL},
        {"cluster|connect|--name|a|--connect-to|pg-1:8008=127.0.0.1:8009|--read-only",
         "cluster connect --name=a --connect-to=pg-1:8008=127.0.0.1:8009 --read-only=", 0, NULL},
        {"cluster|connect|--name|a|--pg-conninfo|user=m|--route|rw=host=h user=u|--route=ro=host=i",
         "cluster connect --name=a --pg-conninfo=user=m --route=rw=host=h user=u --route=ro=host=i",
         0, NULL},
        {"cluster|connect|--name|a|--etcd-user|u|--haproxy-write-backend|rw",
         "cluster connect --name=a --etcd-user=u --haproxy-write-backend=rw", 0, NULL},
        {"help|cluster|connect", "help COMMAND=cluster connect", 0, NULL},
        {"watch|--format|json|--for|10m", "watch --format=json --for=10m", 0, NULL},
        {"record|x.jsonl", "record FILE=x.jsonl", 0, NULL},
        {"record|start", "record FILE=start", 0, NULL}, /* two words only in the console */
        {"replay|x.jsonl|--speed|4x|--from|+1m30s", "replay FILE=x.jsonl --speed=4x --from=+1m30s",
         0, NULL},
        {"demo|switchover", "demo RECORDING=switchover", 0, NULL},
        {"failovers|3", "failovers NUMBER=3", 0, NULL},
        {"probe|start|--via|haproxy|--write|--every|50ms|--for|1m",
         "probe start --via=haproxy --write= --every=50ms --for=1m", 0, NULL},
        {"watch|--format|table", NULL, 2, "--format expects text or json, got \"table\""},
        {"demo|crash", NULL, 1, "expects failover or switchover"},
        {"replay|x|--speed|1000x", NULL, 3, "0.1x to 100x"},
        {"replay|x|--from|3 o'clock", NULL, 3, "a time of day"},
        {"probe|start", NULL, 2, "probe start needs --via ROUTE"},
        {"probe|start|--via|postgres://u:geheim@h/", NULL, 3,
         "a password does not belong on the command line"},
        {"probe|start|--via|r|--every|1ms", NULL, 5, "--every expects 20ms to 60s"},
        {"cluster|connect|--name|a|--route|rw=host=h password=geheim", NULL, 5,
         "a password does not belong on the command line"},
        {"record|start|x", NULL, 2, "record takes no more words"},
        {"probe|stop", NULL, 0, "works in the console only"},
        {"cluster", NULL, 0, "needs a second word"},
        {"cluster|lsit", NULL, 1,
         "unknown command \"cluster lsit\"; did you mean \"cluster list\"?"},
        {"cluster|disconnect", NULL, 2, "cluster disconnect needs --name NAME"},
        {"pane|lag", NULL, 0, "\"pane\" works in the console only"},
        {"status|--format|xml", NULL, 2, "--format expects table or json, got \"xml\""},
        {"status|--clustr|a", NULL, 1, "did you mean \"--cluster\"?"},
        {"restart|pg1|--timeout|x", NULL, 3, "--timeout expects whole seconds, got \"x\""},
        {"cluster|connect|--name|a|--patroni-url|h:8008", NULL, 5, "--patroni-url expects a URL"},
        {"cluster|connect|--name|a|--environment|prod", NULL, 5, "production, staging or test"},
        {"cluster|connect|--name|a|--pgbouncer|host=h password=geheim", NULL, 5,
         "a password does not belong on the command line"},
        {"cluster|connect|--name|a|--pgbouncer|postgres://u:geheim@h/", NULL, 5,
         "a password does not belong on the command line"},
        {"cluster|connect|--name|a|--patroni-url|http://u:geheim@h:8008", NULL, 5,
         "a password does not belong on the command line"},
        {"cluster|connect|--name|a|--proxy=socks5h://u:geheim@h:1", NULL, 4,
         "a password does not belong on the command line"},
        {"cluster|connect|--name|a|--password=geheim", NULL, 4, "has no option \"--password\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct arena a;
        struct invocation inv;
        struct parse_error pe;
        char *copy = xstrdup(t[i].argv), *argv[MAX_WORDS];
        int argc = cut(copy, argv);
        enum status st;

        arena_init(&a);
        st = command_parse_argv(argc, argv, &a, &inv, &pe);
        if (t[i].parsed) {
            char *shown;

            if (st != ST_OK)
                fail_msg("%s: %s", t[i].argv, pe.text);
            shown = show(&inv);
            assert_string_equal(shown, t[i].parsed);
            free(shown);
        } else {
            assert_int_equal(st, ST_USAGE);
            if (!strstr(pe.text, t[i].error) || pe.start != t[i].at || pe.len != 0)
                fail_msg("\"%s\": %d+%d %s", t[i].argv, pe.start, pe.len, pe.text);
            assert_null(strstr(pe.text, "geheim"));
        }
        parse_error_release(&pe);
        arena_release(&a);
        free(copy);
    }
}

static void test_globals(void **state)
{
    struct arena a;
    struct global_options g;
    struct parse_error pe;
    char *before[] = {"--cluster", "lab", "--dry-run", "restart", "pg1", "--refresh=2s"};
    char *after[] = {"restart", "pg1", "-c", "lab", "--read-only", "--", "--cluster"};
    char *urls[] = {"--patroni-url", "http://a:1", "--patroni-url=http://b:1",
                    "--theme",       "mono",       "--ascii"};
    char *own[] = {"cluster", "connect", "--read-only", "--patroni-url", "http://a:1", "--help"};
    char *own_first[] = {"-c", "far", "audit", "--last", "3"};
    char *value[] = {"switchover", "--candidate", "pg2", "--cluster=lab", "-V"};

    (void)state;
    arena_init(&a);
    assert_int_equal(command_parse_globals(6, before, &a, &g, &pe), ST_OK);
    assert_string_equal(g.cluster, "lab");
    assert_int_equal(g.refresh_us, 2000000);
    assert_int_equal(g.argc, 3);
    assert_string_equal(g.argv[0], "restart");
    assert_string_equal(g.argv[1], "--dry-run");
    assert_string_equal(g.argv[2], "pg1");

    assert_int_equal(command_parse_globals(7, after, &a, &g, &pe), ST_OK);
    assert_string_equal(g.cluster, "lab");
    assert_true(g.read_only);
    assert_int_equal(g.argc, 4);
    assert_string_equal(g.argv[3], "--cluster");
    assert_null(g.argv[4]);

    assert_int_equal(command_parse_globals(6, urls, &a, &g, &pe), ST_OK);
    assert_int_equal(g.argc, 0);
    assert_int_equal(g.npatroni_urls, 2);
    assert_string_equal(g.patroni_urls[1], "http://b:1");
    assert_string_equal(g.theme, "mono");
    assert_true(g.ascii);

    assert_int_equal(command_parse_globals(6, own, &a, &g, &pe), ST_OK);
    assert_false(g.read_only);
    assert_true(g.help);
    assert_int_equal(g.npatroni_urls, 0);
    assert_int_equal(g.argc, 5);

    assert_int_equal(command_parse_globals(5, own_first, &a, &g, &pe), ST_OK);
    assert_null(g.cluster);
    assert_int_equal(g.argc, 5);
    assert_string_equal(g.argv[0], "audit");
    assert_string_equal(g.argv[2], "far");

    assert_int_equal(command_parse_globals(5, value, &a, &g, &pe), ST_OK);
    assert_int_equal(g.argc, 3);
    assert_true(g.version);
    assert_string_equal(g.cluster, "lab");

    assert_int_equal(command_parse_globals(0, NULL, &a, &g, &pe), ST_OK);
    assert_int_equal(g.argc, 0);
    arena_release(&a);
}

static void test_global_errors(void **state)
{
    static const struct {
        const char *argv;
        int at;
        const char *text;
    } bad[] = {
        {"--clustr|x", 0, "unknown option \"--clustr\"; did you mean \"--cluster\"?"},
        {"--cluster", 0, "--cluster expects a cluster's name"},
        {"status|--cluster|--format", 1, "--cluster expects a cluster's name"},
        {"--refresh|1h", 1, "--refresh expects 0.5s to 60s, got \"1h\""},
        {"--ascii=yes", 0, "--ascii takes no value"},
        {"--patroni-url|http://u:geheim@h", 1, "a password does not belong"},
        {"--password=geheim", 0, "unknown option \"--password\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena a;
        struct global_options g;
        struct parse_error pe;
        char *copy = xstrdup(bad[i].argv), *argv[MAX_WORDS];
        int argc = cut(copy, argv);

        arena_init(&a);
        assert_int_equal(command_parse_globals(argc, argv, &a, &g, &pe), ST_USAGE);
        if (!strstr(pe.text, bad[i].text) || pe.start != bad[i].at)
            fail_msg("\"%s\": %d %s", bad[i].argv, pe.start, pe.text);
        assert_null(strstr(pe.text, "geheim"));
        parse_error_release(&pe);
        arena_release(&a);
        free(copy);
    }
}

static void test_request(void **state)
{
    struct arena a;
    struct invocation inv;
    struct request r;
    struct err e = ERR_INIT;

    (void)state;
    arena_init(&a);
    assert_int_equal(command_parse_line("switchover --candidate pg2", &a, &inv, NULL), ST_OK);
    assert_int_equal(command_request(&inv, 0, &r, &e), ST_OK);
    assert_int_equal(r.kind, ACT_SWITCHOVER);
    assert_null(r.leader);
    assert_string_equal(r.candidate, "pg2");

    assert_int_equal(command_parse_line("restart b a --pending --timeout 7", &a, &inv, NULL),
                     ST_OK);
    assert_int_equal(command_request(&inv, 0, &r, &e), ST_OK);
    assert_int_equal(r.kind, ACT_RESTART);
    assert_int_equal(r.nmembers, 2);
    assert_string_equal(r.members[0], "b");
    assert_true(r.pending);
    assert_int_equal(r.timeout_s, 7);

    assert_int_equal(command_parse_line("reinit c --force", &a, &inv, NULL), ST_OK);
    assert_int_equal(command_request(&inv, 0, &r, &e), ST_OK);
    assert_int_equal(r.kind, ACT_REINIT);
    assert_int_equal(r.nmembers, 1);
    assert_true(r.force);

    assert_int_equal(command_parse_line("pgb pause app \"my db\" --database crm", &a, &inv, NULL),
                     ST_OK);
    assert_int_equal(command_request(&inv, 0, &r, &e), ST_OK);
    assert_int_equal(r.kind, ACT_PGB_PAUSE);
    assert_int_equal(r.ndatabases, 3);
    assert_string_equal(r.databases[0], "app");
    assert_string_equal(r.databases[1], "my db");
    assert_string_equal(r.databases[2], "crm");

    assert_int_equal(command_parse_line("lag", &a, &inv, NULL), ST_OK);
    assert_int_equal(command_request(&inv, 0, &r, &e), ST_USAGE);
    err_release(&e);
    arena_release(&a);
}

/* Any bytes at all: an answer or an error, never a crash; and errors point into the line. */
static void test_random_lines(void **state)
{
    static const char *const pieces[] = {
        "switchover", "restart", " ",    "  ",  "--",   "-",       "--timeout", "=",
        "'",          "\"",      "\\",   "pg1", "help", "cluster", "5",         "--le",
        "\t",         "ä",       "\xff", "sw",  "+",    "x",       "\x1b[",     "--pending"};
    unsigned seed = 20261121;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct arena a;
        struct invocation inv;
        struct parse_error pe;
        struct buf line;
        const char *const *out;
        int word;

        arena_init(&a);
        buf_init(&line);
        for (int n = (int)(rand_r(&seed) % 9); n > 0; n--)
            buf_puts(&line, pieces[(size_t)rand_r(&seed) % (sizeof pieces / sizeof *pieces)]);
        if (command_parse_line(line.s, &a, &inv, &pe) != ST_OK) {
            assert_non_null(pe.text);
            assert_in_range(pe.start, 0, line.len);
            assert_in_range(pe.start + pe.len, 0, line.len);
            parse_error_release(&pe);
        }
        for (int point = 0; point <= (int)line.len; point++) {
            command_complete(line.s, point, NULL, &a, &out, &word);
            assert_in_range(word, 0, point);
            assert_non_null(command_hint(line.s, point, NULL, &a));
        }
        buf_release(&line);
        arena_release(&a);
    }
}

int run_parse_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_line_errors),
        cmocka_unit_test(test_views_are_listed),
        cmocka_unit_test(test_argv),
        cmocka_unit_test(test_globals),
        cmocka_unit_test(test_global_errors),
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_random_lines),
    };

    return cmocka_run_group_tests_name("command: parse", tests, NULL, NULL);
}
