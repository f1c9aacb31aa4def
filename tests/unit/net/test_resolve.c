/* net/resolve.h. getaddrinfo() is this file's: a name under "stuck.test" does not come back until
 * the test lets it, as with a DNS server that is gone. */
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/net/loop.h"
#include "pgdba/net/resolve.h"
#include "serve.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_moved = PTHREAD_COND_INITIALIZER;
static bool gate_shut;
static int asked, inside;

/* Called by net/resolve in its thread. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): libc's are reserved names */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **list)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

    pthread_mutex_lock(&gate);
    asked++;
    if (strstr(node, "stuck.test")) {
        inside++;
        while (gate_shut)
            pthread_cond_wait(&gate_moved, &gate);
        inside--;
        pthread_cond_broadcast(&gate_moved);
        pthread_mutex_unlock(&gate);
        return EAI_AGAIN;
    }
    pthread_mutex_unlock(&gate);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(node, service, hints, list);
}

static void gate_set(bool shut)
{
    pthread_mutex_lock(&gate);
    gate_shut = shut;
    pthread_cond_broadcast(&gate_moved);
    while (!shut && inside > 0)
        pthread_cond_wait(&gate_moved, &gate);
    pthread_mutex_unlock(&gate);
}

static int times_asked(void)
{
    int n;

    pthread_mutex_lock(&gate);
    n = asked;
    pthread_mutex_unlock(&gate);
    return n;
}

struct fixture {
    struct clock clock;
    struct net_loop *loop;
    struct net_resolver *resolver;
};

struct result {
    bool done;
    int n, calls;
    char first[64], why[256];
    struct net_lookup *cancel;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    f->clock = clock_real();
    f->loop = net_loop_new(&f->clock);
    f->resolver = net_resolver_new(f->loop);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    net_resolver_free(f->resolver);
    net_loop_free(f->loop);
    free(f);
    return 0;
}

static void resolved(void *arg, int n, const char *const *addresses, const char *why)
{
    struct result *r = arg;

    r->done = true;
    r->calls++;
    r->n = n;
    snprintf(r->first, sizeof r->first, "%s", n > 0 ? addresses[0] : "");
    snprintf(r->why, sizeof r->why, "%s", why);
    net_lookup_cancel(r->cancel);
}

static void ask(struct fixture *f, const char *host, struct result *r)
{
    memset(r, 0, sizeof *r);
    net_resolve(f->resolver, host, 5 * USEC_PER_SEC, resolved, r);
    assert_false(r->done); /* never from within the call */
    serve_wait(f->loop, &r->done);
}

static void numbers_are_not_looked_up(void **state)
{
    struct result r;
    int before = times_asked();

    ask(*state, "127.0.0.1", &r);
    assert_int_equal(r.n, 1);
    assert_string_equal(r.first, "127.0.0.1");
    ask(*state, "::1", &r);
    assert_string_equal(r.first, "::1");
    ask(*state, "", &r);
    assert_int_equal(r.n, 0);
    assert_int_equal(times_asked(), before);
}

static void names_are_found_and_remembered(void **state)
{
    struct result r;
    int before = times_asked();

    ask(*state, "localhost", &r);
    assert_true(r.n >= 1);
    assert_true(strcmp(r.first, "127.0.0.1") == 0 || strcmp(r.first, "::1") == 0);
    ask(*state, "LOCALHOST", &r);
    assert_true(r.n >= 1);
    assert_int_equal(times_asked(), before + 1);
}

static void a_bad_name_has_a_reason_and_is_not_asked_twice(void **state)
{
    struct result r;
    int before = times_asked();

    ask(*state, "nonexistent.invalid", &r);
    assert_int_equal(r.n, 0);
    assert_non_null(strstr(r.why, "nonexistent.invalid"));
    ask(*state, "nonexistent.invalid", &r);
    assert_int_equal(r.n, 0);
    assert_int_equal(times_asked(), before + 1);
}

static void ticked(void *arg)
{
    ++*(int *)arg;
}

static void a_stuck_name_times_out_while_the_loop_turns(void **state)
{
    struct fixture *f = *state;
    struct result one = {0}, two = {0}, other = {0};
    int ticks = 0, before = times_asked();
    struct net_timer *t = net_timer_new(f->loop, ticked, &ticks);

    gate_set(true);
    net_timer_start(t, 0, 5 * USEC_PER_MS);
    net_resolve(f->resolver, "a.stuck.test", 100 * USEC_PER_MS, resolved, &one);
    net_resolve(f->resolver, "a.stuck.test", 150 * USEC_PER_MS, resolved, &two);
    net_resolve(f->resolver, "localhost", 5 * USEC_PER_SEC, resolved, &other);
    serve_wait(f->loop, &two.done);
    assert_true(one.done);
    assert_int_equal(one.n, 0);
    assert_string_equal(one.why, "name look-up of a.stuck.test timed out after 0.1 s");
    assert_true(other.n >= 1); /* one dead name does not hold up the others */
    assert_true(ticks >= 3);
    assert_true(net_loop_has_stuck_threads(f->loop));
    /* A third joins the thread that is still inside, and gets its answer. */
    memset(&one, 0, sizeof one);
    net_resolve(f->resolver, "a.stuck.test", 5 * USEC_PER_SEC, resolved, &one);
    gate_set(false);
    serve_wait(f->loop, &one.done);
    assert_non_null(strstr(one.why, "not resolved"));
    assert_int_equal(times_asked(), before + 2);
    assert_false(net_loop_has_stuck_threads(f->loop));
    net_timer_free(t);
}

static void nobody_waits_for_a_stuck_thread_at_the_end(void **state)
{
    struct fixture *f = *state;
    struct result r = {0};
    int64_t before;

    gate_set(true);
    for (int i = 0; i < 40; i++) { /* more than there may be threads */
        char name[32];

        snprintf(name, sizeof name, "n%d.stuck.test", i);
        net_resolve(f->resolver, name, 5 * USEC_PER_SEC, resolved, &r);
    }
    net_loop_turn(f->loop, false);
    assert_true(net_loop_has_stuck_threads(f->loop));
    before = clock_mono(&f->clock);
    net_resolver_free(f->resolver);
    net_loop_free(f->loop);
    assert_true(clock_mono(&f->clock) - before < USEC_PER_SEC);
    assert_int_equal(r.calls, 0);
    f->resolver = NULL;
    f->loop = NULL;
    gate_set(false);
}

static void the_queue_moves_on(void **state)
{
    struct fixture *f = *state;
    struct result r[40] = {0};

    for (int i = 0; i < 40; i++) {
        char name[32];

        snprintf(name, sizeof name, "q%d.stuck.test", i);
        net_resolve(f->resolver, name, 15 * USEC_PER_SEC, resolved, &r[i]);
    }
    for (int i = 0; i < 40; i++) {
        serve_wait(f->loop, &r[i].done);
        assert_non_null(strstr(r[i].why, "not resolved"));
    }
}

static void a_cancelled_look_up_is_silent(void **state)
{
    struct fixture *f = *state;
    struct result first = {0}, second = {0}, third = {0};

    net_lookup_cancel(net_resolve(f->resolver, "localhost", USEC_PER_SEC, resolved, &third));
    /* Both are answered in the same turn; whichever comes first cancels the other. */
    second.cancel = net_resolve(f->resolver, "127.0.0.1", USEC_PER_SEC, resolved, &first);
    first.cancel = net_resolve(f->resolver, "127.0.0.2", USEC_PER_SEC, resolved, &second);
    while (!first.done && !second.done)
        net_loop_turn(f->loop, true);
    net_loop_turn(f->loop, false);
    assert_int_equal(first.calls + second.calls, 1);
    net_lookup_cancel(NULL);
    ask(f, "localhost", &first);
    assert_int_equal(third.calls, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_are_not_looked_up),
        TEST(names_are_found_and_remembered),
        TEST(a_bad_name_has_a_reason_and_is_not_asked_twice),
        TEST(a_stuck_name_times_out_while_the_loop_turns),
        TEST(nobody_waits_for_a_stuck_thread_at_the_end),
        TEST(the_queue_moves_on),
        TEST(a_cancelled_look_up_is_silent),
    };

    return cmocka_run_group_tests_name("net/resolve", tests, NULL, NULL);
}
