/* net/loop.h: timers, deferred calls, watches, signals. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "pgdba/net/loop.h"
#include "serve.h"

struct fixture {
    struct clock clock;
    struct net_loop *loop;
    struct net_timer *timer;
    struct net_watch *watch;
    char order[64];
    int calls, fd;
    bool done;
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
    free(f);
    return 0;
}

static void timer_frees_itself(void *arg)
{
    struct fixture *f = arg;

    net_timer_free(f->timer);
    f->timer = NULL;
    f->done = true;
}

static void a_timer_may_free_itself(void **state)
{
    struct fixture *f = *state;
    int64_t before = clock_mono(&f->clock);

    f->timer = net_timer_new(f->loop, timer_frees_itself, f);
    net_timer_start(f->timer, 20 * USEC_PER_MS, 5 * USEC_PER_MS);
    serve_wait(f->loop, &f->done);
    assert_true(clock_mono(&f->clock) - before >= 19 * USEC_PER_MS);
    assert_null(f->timer);
}

static void timer_counts(void *arg)
{
    struct fixture *f = arg;

    f->done = ++f->calls == 3;
}

static void a_timer_repeats_until_stopped(void **state)
{
    struct fixture *f = *state;
    struct net_timer *t = net_timer_new(f->loop, timer_counts, f);

    net_timer_start(t, 0, USEC_PER_MS);
    serve_wait(f->loop, &f->done);
    net_timer_stop(t);
    usleep(3000);
    net_loop_turn(f->loop, false);
    assert_int_equal(f->calls, 3);
    net_timer_free(t);
}

static void timer_starts_itself(void *arg)
{
    struct fixture *f = arg;

    f->calls++;
    net_timer_start(f->timer, 0, 0);
}

static void timers_without_a_delay_let_others_have_their_turn(void **state)
{
    struct fixture *f = *state;

    f->timer = net_timer_new(f->loop, timer_starts_itself, f);
    net_timer_start(f->timer, 0, 0);
    for (int i = 1; i <= 3; i++) {
        net_loop_turn(f->loop, true);
        assert_int_equal(f->calls, i);
    }
    net_timer_free(f->timer);
    net_loop_turn(f->loop, false);
    assert_int_equal(f->calls, 3);
}

static void note(struct fixture *f, const char *what)
{
    strcat(f->order, what);
}

static void deferred(void *arg)
{
    note(arg, "d");
}

static void deferred_again(void *arg)
{
    struct fixture *f = arg;

    note(f, "a");
    if (++f->calls < 3)
        net_loop_defer(f->loop, deferred_again, f);
}

static void timer_defers(void *arg)
{
    struct fixture *f = arg;

    note(f, "t");
    net_loop_defer(f->loop, deferred, f);
    net_loop_defer(f->loop, deferred, f); /* once is enough */
    f->done = true;
}

static void deferred_work_comes_last_and_once(void **state)
{
    struct fixture *f = *state;
    struct net_timer *t = net_timer_new(f->loop, timer_defers, f);

    net_timer_start(t, 0, 0);
    serve_wait(f->loop, &f->done);
    assert_string_equal(f->order, "td");
    net_loop_turn(f->loop, false);
    assert_string_equal(f->order, "td");
    net_timer_free(t);
}

static void deferred_drops_other(void *arg)
{
    struct fixture *f = arg;

    note(f, "x");
    net_loop_undefer(f->loop, deferred, f);
}

static void deferred_work_may_be_dropped(void **state)
{
    struct fixture *f = *state;

    net_loop_defer(f->loop, deferred, f);
    net_loop_undefer(f->loop, deferred, f);
    net_loop_defer(f->loop, deferred_drops_other, f);
    net_loop_defer(f->loop, deferred, f);
    net_loop_turn(f->loop, true); /* does not wait: something is put off */
    assert_string_equal(f->order, "x");
}

static void deferred_work_that_defers_waits_a_turn(void **state)
{
    struct fixture *f = *state;

    net_loop_defer(f->loop, deferred_again, f);
    net_loop_turn(f->loop, true);
    assert_string_equal(f->order, "a");
    net_loop_turn(f->loop, true);
    assert_string_equal(f->order, "aa");
}

static void watch_reads(void *arg, int events)
{
    struct fixture *f = arg;
    char c;

    assert_int_equal(events, NET_READ);
    assert_int_equal(read(f->fd, &c, 1), 1);
    net_watch_free(f->watch);
    f->watch = NULL;
    f->done = true;
}

static void a_watch_may_free_itself_and_leaves_the_fd_alone(void **state)
{
    struct fixture *f = *state;
    int p[2];

    assert_int_equal(pipe(p), 0);
    f->fd = p[0];
    f->watch = net_watch_new(f->loop, p[0], NET_READ, watch_reads, f);
    assert_non_null(f->watch);
    assert_false(fcntl(p[0], F_GETFL) & O_NONBLOCK);
    assert_int_equal(write(p[1], "x", 1), 1);
    serve_wait(f->loop, &f->done);
    /* The same number may come back for something else, and be watched, at once. */
    close(p[0]);
    close(p[1]);
    f->done = false;
    assert_int_equal(pipe(p), 0);
    assert_int_equal(p[0], f->fd);
    f->watch = net_watch_new(f->loop, p[0], NET_READ, watch_reads, f);
    assert_int_equal(write(p[1], "x", 1), 1);
    serve_wait(f->loop, &f->done);
    close(p[0]);
    close(p[1]);
}

static void watch_counts(void *arg, int events)
{
    struct fixture *f = arg;

    (void)events;
    f->calls++;
}

static void a_watch_tells_of_errors_again_and_again(void **state)
{
    struct fixture *f = *state;
    int p[2];

    assert_int_equal(pipe(p), 0);
    close(p[0]); /* POLLERR on the writing side */
    f->watch = net_watch_new(f->loop, p[1], NET_WRITE, watch_counts, f);
    net_loop_turn(f->loop, true);
    net_loop_turn(f->loop, true);
    assert_int_equal(f->calls, 2);
    net_watch_set(f->watch, 0);
    net_loop_turn(f->loop, false);
    assert_int_equal(f->calls, 2);
    net_watch_free(f->watch);
    close(p[1]);
}

static void what_cannot_be_watched_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_null(net_watch_new(f->loop, -1, NET_READ, watch_counts, f));
    net_watch_set(NULL, NET_READ);
    net_watch_free(NULL);
    net_timer_free(NULL);
}

static void on_signal(void *arg, int signo)
{
    struct fixture *f = arg;

    assert_int_equal(signo, SIGUSR1);
    f->done = true;
    net_loop_stop(f->loop);
}

static void signals_are_events(void **state)
{
    struct fixture *f = *state;

    net_signal(f->loop, SIGUSR1, on_signal, f);
    raise(SIGUSR1);
    assert_false(f->done);
    net_loop_run(f->loop);
    assert_true(f->done);
}

static void the_loop_frees_what_is_left(void **state)
{
    struct fixture *f = *state;
    struct net_timer *t = net_timer_new(f->loop, timer_counts, f);
    int p[2];

    assert_int_equal(pipe(p), 0);
    net_timer_start(t, USEC_PER_SEC, USEC_PER_SEC);
    assert_non_null(net_watch_new(f->loop, p[0], NET_READ, watch_counts, f));
    net_loop_defer(f->loop, deferred, f);
    assert_false(net_loop_has_stuck_threads(f->loop));
    assert_ptr_equal(net_loop_clock(f->loop), &f->clock);
    net_loop_free(f->loop); /* the leak checker is the judge */
    f->loop = NULL;
    assert_string_equal(f->order, "");
    close(p[0]);
    close(p[1]);
}

static void the_environment_cannot_speak_to_servers(void **state)
{
    struct fixture *f = *state;

    net_loop_free(f->loop);
    setenv("PGOPTIONS", "-c geqo=off", 1);
    setenv("PGGEQO", "off", 1);
    setenv("PGUSER", "somebody", 1);
    f->loop = net_loop_new(&f->clock);
    assert_null(getenv("PGOPTIONS"));
    assert_null(getenv("PGGEQO"));
    assert_string_equal(getenv("PGUSER"), "somebody");
    unsetenv("PGUSER");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_timer_may_free_itself),
        TEST(a_timer_repeats_until_stopped),
        TEST(timers_without_a_delay_let_others_have_their_turn),
        TEST(deferred_work_comes_last_and_once),
        TEST(deferred_work_may_be_dropped),
        TEST(deferred_work_that_defers_waits_a_turn),
        TEST(a_watch_may_free_itself_and_leaves_the_fd_alone),
        TEST(a_watch_tells_of_errors_again_and_again),
        TEST(what_cannot_be_watched_is_refused),
        TEST(signals_are_events),
        TEST(the_loop_frees_what_is_left),
        TEST(the_environment_cannot_speak_to_servers),
    };

    return cmocka_run_group_tests_name("net/loop", tests, NULL, NULL);
}
