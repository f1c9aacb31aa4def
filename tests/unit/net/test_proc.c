/* net/proc.h: commands that behave, fail, hang, and flood. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "pgdba/net/loop.h"
#include "pgdba/net/proc.h"
#include "serve.h"

struct fixture {
    struct clock clock;
    struct net_loop *loop;
};

struct got {
    bool done, ok;
    int calls;
    size_t len;
    char output[256], why[512];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    f->clock = clock_real();
    f->loop = net_loop_new(&f->clock);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    net_loop_free(f->loop);
    while (waitpid(-1, NULL, 0) > 0) /* killed, but the loop was gone before they were collected */
        ;
    free(f);
    return 0;
}

static void ended(void *arg, const char *output, size_t len, const char *why)
{
    struct got *g = arg;

    g->done = true;
    g->calls++;
    g->ok = output != NULL;
    g->len = len;
    snprintf(g->output, sizeof g->output, "%s", output ? output : "");
    snprintf(g->why, sizeof g->why, "%s", why);
}

static void run(struct fixture *f, const char *command, int64_t timeout_us, struct got *g)
{
    memset(g, 0, sizeof *g);
    net_proc_run(f->loop, command, 100, timeout_us, ended, g);
    assert_false(g->done);
    serve_wait(f->loop, &g->done);
    net_loop_turn(f->loop, false);
    assert_int_equal(g->calls, 1);
}

static void output_comes_as_it_is(void **state)
{
    struct got g;

    run(*state, "printf 's3cret\\n'; echo noise >/dev/stderr", 10 * USEC_PER_SEC, &g);
    assert_true(g.ok);
    assert_string_equal(g.output, "s3cret\n");
    assert_int_equal(g.len, 7);
    assert_string_equal(g.why, "");
    run(*state, "cat", 10 * USEC_PER_SEC, &g); /* stdin is empty */
    assert_true(g.ok);
    assert_int_equal(g.len, 0);
    run(*state, "printf %0100d 1", 10 * USEC_PER_SEC, &g); /* as much as may be */
    assert_true(g.ok);
    assert_int_equal(g.len, 100);
}

static void failures_say_why(void **state)
{
    struct got g;

    run(*state, "echo half; echo first >&2; printf 'no such \\033[2Jentry\\n' >&2; exit 3",
        10 * USEC_PER_SEC, &g);
    assert_false(g.ok);
    assert_non_null(strstr(g.why, "command exited with status 3: no such "));
    assert_null(strchr(g.why, '\x1b'));
    assert_null(strstr(g.why, "half"));
    run(*state, "kill -9 $$", 10 * USEC_PER_SEC, &g);
    assert_string_equal(g.why, "command killed by signal 9");
    run(*state, "/nonexistent/command", 10 * USEC_PER_SEC, &g);
    assert_non_null(strstr(g.why, "status 127"));
    run(*state, "i=0; while [ $i -lt 500 ]; do echo line $i >&2; i=$((i+1)); done; exit 1",
        10 * USEC_PER_SEC, &g);
    assert_string_equal(g.why, "command exited with status 1: line 499");
}

static void a_flood_is_refused(void **state)
{
    struct got g;

    run(*state, "yes", 10 * USEC_PER_SEC, &g);
    assert_false(g.ok);
    assert_string_equal(g.why, "command printed more than 100 bytes");
}

static void a_hanging_command_is_killed_with_its_children(void **state)
{
    struct fixture *f = *state;
    char file[] = "/tmp/pgdba-test-proc-XXXXXX", command[128], line[32] = "";
    int fd = mkstemp(file), pid;
    struct got g;
    int64_t until = clock_mono(&f->clock) + 10 * USEC_PER_SEC;

    snprintf(command, sizeof command, "sleep 1000 & echo $! > %s; wait", file);
    run(f, command, USEC_PER_SEC, &g);
    assert_false(g.ok);
    assert_string_equal(g.why, "command timed out after 1.0 s");
    assert_true(read(fd, line, sizeof line - 1) > 0);
    pid = atoi(line);
    assert_true(pid > 1);
    /* Dead, though perhaps not yet collected by init. */
    while (kill(pid, 0) == 0 && clock_mono(&f->clock) < until) {
        char stat[64], text[256] = "";
        FILE *s;

        snprintf(stat, sizeof stat, "/proc/%d/stat", pid);
        if ((s = fopen(stat, "r"))) {
            (void)!fgets(text, sizeof text, s);
            fclose(s);
        }
        if (strstr(text, ") Z "))
            break;
    }
    assert_true(clock_mono(&f->clock) < until);
    close(fd);
    unlink(file);
}

static void a_daemon_left_behind_is_not_waited_for(void **state)
{
    struct fixture *f = *state;
    struct got g;
    int64_t before = clock_mono(&f->clock);

    run(f, "echo secret; (trap '' HUP; exec sleep 8) &", 10 * USEC_PER_SEC, &g);
    assert_true(g.ok);
    assert_string_equal(g.output, "secret\n");
    assert_true(clock_mono(&f->clock) - before < 7 * USEC_PER_SEC);
}

static void a_cancelled_command_is_silent(void **state)
{
    struct fixture *f = *state;
    struct got g = {0}, other;
    int64_t until = clock_mono(&f->clock) + 10 * USEC_PER_SEC;
    siginfo_t child;

    net_proc_cancel(net_proc_run(f->loop, "sleep 1000", 100, USEC_PER_SEC, ended, &g));
    net_proc_cancel(NULL);
    /* No zombie: the loop collects what it killed. */
    while (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0) {
        net_loop_turn(f->loop, false);
        assert_true(clock_mono(&f->clock) < until);
    }
    assert_int_equal(errno, ECHILD);
    run(f, "echo x", 10 * USEC_PER_SEC, &other);
    assert_int_equal(g.calls, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(output_comes_as_it_is),
        TEST(failures_say_why),
        TEST(a_flood_is_refused),
        TEST(a_hanging_command_is_killed_with_its_children),
        TEST(a_daemon_left_behind_is_not_waited_for),
        TEST(a_cancelled_command_is_silent),
    };

    return cmocka_run_group_tests_name("net/proc", tests, NULL, NULL);
}
