/* watch: lines as things happen. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "shell.h"
#include "test_cli.h"

static const struct event taken = {.mono_us = SB_NOW_US,
                                   .wall_us = SB_WALL_US + 123456,
                                   .not_before_us = SB_NOW_US,
                                   .kind = EV_LOCK_TAKEN,
                                   .source = SYS_ETCD,
                                   .subject = "pg2",
                                   .old = "pg1",
                                   .now = "pg2",
                                   .text = "pg2 took the leader lock",
                                   .evidence = "",
                                   .revision = 412};
static const struct event polled = {.mono_us = SB_NOW_US,
                                    .wall_us = SB_WALL_US,
                                    .not_before_us = SB_NOW_US - 998000,
                                    .kind = EV_PG_TIMELINE,
                                    .source = SYS_POSTGRES,
                                    .subject = "pg2",
                                    .old = "3",
                                    .now = "4",
                                    .text = "pg2's PostgreSQL is on timeline 4",
                                    .evidence = ""};

static const struct snapshot *whole(void)
{
    struct sb *b = sb_new(SB_NOW_US);
    sb_everything(b);
    return sb_take(b);
}

static void two_events(struct app *a, int n)
{
    fake_app_tell(a, n == 0 ? &taken : &polled);
}

static void test_text(void **state)
{
    struct shell sh;
    (void)state;
    shell_init(&sh, whole());
    sh.app.turn = two_events;
    sh.app.turns = 2;
    assert_int_equal(shell_run(&sh, "watch"), CLI_HEALTHY);
    assert_string_equal(sh.err, "");
    assert_string_equal(
        sh.out,
        "2026-11-21 03:12:07.000 lab: healthy, pg1 leads on timeline 3; etcd: watched\n"
        "2026-11-21 03:12:07.123 pg2 took the leader lock (etcd, revision 412)\n"
        "2026-11-21 03:12:07.000 pg2's PostgreSQL is on timeline 4 (PostgreSQL, within 998 ms)\n");
    shell_release(&sh);
}

/* One object a line, the cluster first. */
static void test_json(void **state)
{
    struct shell sh;
    (void)state;
    shell_init(&sh, whole());
    sh.app.turn = two_events;
    sh.app.turns = 1;
    assert_int_equal(shell_run(&sh, "watch|--format|json"), CLI_HEALTHY);
    const char *first =
        "{\"type\":\"cluster\",\"wall_us\":1795230727000000,\"cluster\":\"lab\",\"leader\":\"pg1\","
        "\"timeline\":3,\"verdict\":\"healthy\",\"etcd\":\"watched\"}\n{\"type\":\"event\",";
    if (strncmp(sh.out, first, strlen(first)) != 0)
        fail_msg("%s", sh.out);
    assert_has(sh.out, "\"kind\":\"lock-taken\",\"source\":\"etcd\"");
    assert_has(sh.out, "\"revision\":412,\"uncertain_us\":0}\n");
    shell_release(&sh);
}

/* What is not known is not called watched. */
static void test_etcd_word(void **state)
{
    struct shell sh;
    struct sb *b = sb_new(SB_NOW_US);
    (void)state;
    shell_init(&sh, sb_take(b));
    assert_int_equal(shell_run(&sh, "watch|--format|json"), CLI_HEALTHY);
    assert_has(sh.out, "\"etcd\":\"not configured\"");
    shell_release(&sh);
    b = sb_new(SB_NOW_US);
    sb_etcd(b);
    b->s->dcs_leads = false;
    sb_fail(b, &b->s->dcs_state, OBS_TIMED_OUT, SB_SEC(9));
    b->s->dcs_state.detail = "no word for 9 s";
    shell_init(&sh, sb_take(b));
    assert_int_equal(shell_run(&sh, "watch|--format|json"), CLI_HEALTHY);
    assert_has(sh.out, "\"etcd\":\"no word for 9 s\"");
    shell_release(&sh);
}

/* ---- failovers */

static void crash_goes_on(struct app *a, int n)
{
    static const enum moment moments[] = {MOMENT_SILENT, MOMENT_SILENT, MOMENT_PROMOTED,
                                          MOMENT_ENDED, MOMENT_ENDED};
    struct failover *f = scene_crash(moments[n]);
    a->sub.failover(a->sub.arg, f);
    failover_free(f);
}

static int count(const char *text, const char *part)
{
    int n = 0;
    for (const char *p = text; (p = strstr(p, part)) != NULL; p++)
        n++;
    return n;
}

/* Told when a phase changes, and not when only time has passed. */
static void test_failover_json(void **state)
{
    struct shell sh;
    (void)state;
    shell_init(&sh, whole());
    sh.app.turn = crash_goes_on;
    sh.app.turns = 5;
    assert_int_equal(shell_run(&sh, "watch|--format|json"), CLI_HEALTHY);
    assert_int_equal(count(sh.out, "{\"type\":\"failover\""), 3);
    assert_int_equal(count(sh.out, "\"open\":false"), 1);
    assert_has(sh.out, "\"outage\":{\"route\":\"haproxy\",\"write\":true,\"longest_us\":21987000");
    shell_release(&sh);
}

static void test_failover_text(void **state)
{
    struct shell sh;
    (void)state;
    shell_init(&sh, whole());
    sh.app.turn = crash_goes_on;
    sh.app.turns = 5;
    assert_int_equal(shell_run(&sh, "watch"), CLI_HEALTHY);
    assert_int_equal(count(sh.out, "last sign of life"), 1);
    assert_int_equal(count(sh.out, "lock gone: waited for, expected after 20.0 s to 30.0 s"), 1);
    assert_int_equal(count(sh.out, "18.3 s after the beginning (etcd, revision 4711)"), 1);
    assert_has(sh.out, "19.2 s after the beginning (PostgreSQL, within 480 ms): timeline 4\n");
    shell_release(&sh);
}

/* One that is open at the start is told first. */
static void test_open_at_the_start(void **state)
{
    struct shell sh;
    struct failover *f = scene_crash(MOMENT_SILENT);
    (void)state;
    shell_init(&sh, whole());
    sh.app.failovers.open = f;
    assert_int_equal(shell_run(&sh, "watch|--format|json"), CLI_HEALTHY);
    assert_int_equal(count(sh.out, "\"type\":\"failover\""), 1);
    assert_int_equal(shell_run(&sh, "watch"), CLI_HEALTHY);
    assert_has(sh.out, f->summary);
    shell_release(&sh);
    failover_free(f);
}

/* ---- the other end of the pipe */

struct hose {
    int in, out;
};
static struct hose hose;

/* The line of a turn can be read as soon as the turn is over. */
static void read_each(struct app *a, int n)
{
    char line[4096];
    ssize_t len = read(hose.in, line, sizeof line - 1); /* of the turn before: there, or it hangs */
    assert_true(len > 0);
    line[len] = '\0';
    assert_has(line, n == 0 ? "\"type\":\"cluster\"" : "\"type\":\"event\"");
    fake_app_tell(a, &taken);
}

static void hose_open(struct shell *sh)
{
    int fd[2];
    assert_int_equal(pipe(fd), 0);
    hose = (struct hose){fd[0], fd[1]};
    sh->out_file = fdopen(fd[1], "w");
    assert_non_null(sh->out_file);
}

static void test_flushed(void **state)
{
    struct shell sh;
    (void)state;
    shell_init(&sh, whole());
    hose_open(&sh);
    sh.app.turn = read_each;
    sh.app.turns = 3;
    assert_int_equal(shell_run(&sh, "watch|--format|json"), CLI_HEALTHY);
    close(hose.in);
    shell_release(&sh);
}

/* Ten thousand lines are told while nobody reads: no turn waits for it, and none is lost. */
enum { FLOOD = 10000 };
static size_t flood_read;

static void take_all(void)
{
    char bytes[65536];
    ssize_t n;
    while ((n = read(hose.in, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < n; i++)
            flood_read += bytes[i] == '\n';
}

static void flood(struct app *a, int n)
{
    for (int i = 0; n == 0 && i < FLOOD; i++)
        fake_app_tell(a, &taken);
    if (n == 0) {
        assert_non_null(a->writable);
        assert_int_equal(a->writable_fd, hose.out);
        return;
    }
    take_all();
    fake_app_writable(a);
}

static void test_nobody_reads(void **state)
{
    struct shell sh;
    (void)state;
    shell_init(&sh, whole());
    hose_open(&sh);
    assert_int_equal(fcntl(hose.in, F_SETFL, O_NONBLOCK), 0);
    flood_read = 0;
    sh.app.turn = flood;
    sh.app.turns = 100;
    assert_int_equal(shell_run(&sh, "watch|--format|json"), CLI_HEALTHY);
    assert_string_equal(sh.err, "");
    take_all();
    assert_int_equal(flood_read, FLOOD + 1);
    close(hose.in);
    shell_release(&sh);
}

/* It ends all the same, and says that not all was told. */
static void flood_once(struct app *a, int n)
{
    if (n == 0)
        flood(a, 0);
}

static void test_nobody_ever_reads(void **state)
{
    struct shell sh;
    (void)state;
    shell_init(&sh, whole());
    hose_open(&sh);
    sh.app.turn = flood_once;
    sh.app.turns = 3;
    assert_int_equal(shell_run(&sh, "watch|--format|json"), CLI_FAILED);
    assert_has(sh.err, "it is not read fast enough");
    assert_null(sh.app.writable);
    close(hose.in);
    shell_release(&sh);
}

static void reader_leaves(struct app *a, int n)
{
    if (n == 0)
        close(hose.in);
    else
        fail_msg("it goes on in turn %d though nobody reads", n);
    (void)a;
}

static void reader_leaves_and_more_comes(struct app *a, int n)
{
    reader_leaves(a, n);
    fake_app_tell(a, &taken);
}

/* At once and without a word, whether there is something to say or not. */
static void test_reader_leaves(void **state)
{
    struct shell sh;
    (void)state;
    for (int more = 0; more < 2; more++) {
        shell_init(&sh, whole());
        hose_open(&sh);
        sh.app.turn = more ? reader_leaves_and_more_comes : reader_leaves;
        sh.app.turns = 5;
        assert_int_equal(shell_run(&sh, "watch"), CLI_HEALTHY);
        assert_string_equal(sh.err, "");
        assert_int_equal(sh.app.done_turns, 1);
        shell_release(&sh);
    }
}

/* What was not written has not been told: that is an error. */
static void test_full_disk(void **state)
{
    struct shell sh;
    (void)state;
    shell_init(&sh, whole());
    sh.out_file = fopen("/dev/full", "w");
    if (!sh.out_file)
        skip();
    sh.app.turn = two_events;
    sh.app.turns = 2;
    assert_int_equal(shell_run(&sh, "watch"), CLI_FAILED);
    assert_has(sh.err, "cannot write the output");
    assert_int_equal(sh.app.done_turns, 0);
    shell_release(&sh);
}

int run_watch_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_etcd_word),
        cmocka_unit_test(test_failover_json),
        cmocka_unit_test(test_failover_text),
        cmocka_unit_test(test_open_at_the_start),
        cmocka_unit_test(test_flushed),
        cmocka_unit_test(test_reader_leaves),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_nobody_reads),
        cmocka_unit_test(test_nobody_ever_reads),
    };
    return cmocka_run_group_tests_name("cli: watch", tests, NULL, NULL);
}
