/* The loop, for the rooms that may not include net/. */
#include <signal.h>
#include <stdlib.h>

#include "app_private.h"

static void idle(void *arg)
{
    struct app *a = arg;
    if (a->hooks && a->hooks->idle)
        a->hooks->idle(a->hooks->arg);
}

void app_something_happened(struct app *a)
{
    if (a->hooks && a->hooks->idle)
        net_loop_defer(a->loop, idle, a);
}

static void on_input(void *arg, int events)
{
    struct app *a = arg;
    (void)events;
    if (a->hooks && a->hooks->readable)
        a->hooks->readable(a->hooks->arg);
    app_something_happened(a);
}

static void on_signal(void *arg, int signo)
{
    struct app *a = arg;
    if (a->hooks && a->hooks->signal)
        a->hooks->signal(a->hooks->arg, signo);
    app_something_happened(a);
}

static void on_tick(void *arg)
{
    struct app *a = arg;
    if (a->hooks && a->hooks->tick)
        a->hooks->tick(a->hooks->arg);
    app_something_happened(a);
}

static void watch_signals(struct app *a)
{
    static const int signals[] = {SIGWINCH, SIGTSTP, SIGCONT, SIGTERM, SIGHUP, SIGINT};
    if (a->signals_on)
        return;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        net_signal(a->loop, signals[i], on_signal, a);
    a->signals_on = true;
}

void app_input(struct app *a, bool on)
{
    net_watch_free(a->input);
    a->input = NULL;
    if (on && a->hooks && a->hooks->input_fd >= 0)
        a->input = net_watch_new(a->loop, a->hooks->input_fd, NET_READ, on_input, a);
}

void app_run(struct app *a, const struct app_hooks *h)
{
    a->hooks = h;
    watch_signals(a);
    app_input(a, true);
    app_something_happened(a);
    if (!a->stopped)
        net_loop_run(a->loop);
    net_watch_free(a->input);
    a->input = NULL;
    net_loop_undefer(a->loop, idle, a);
    a->hooks = NULL;
}

static void on_caught(void *arg, int signo)
{
    ((struct app *)arg)->caught_signal = signo;
}

void app_catch_signals(struct app *a)
{
    net_signal(a->loop, SIGINT, on_caught, a);
    net_signal(a->loop, SIGTERM, on_caught, a);
    net_signal(a->loop, SIGHUP, on_caught, a);
}

int app_caught_signal(const struct app *a)
{
    return a->caught_signal;
}

void app_stop(struct app *a)
{
    a->stopped = true;
    net_loop_stop(a->loop);
}

void app_tick_at(struct app *a, int64_t mono_us)
{
    if (!a->tick)
        a->tick = net_timer_new(a->loop, on_tick, a);
    if (mono_us == 0) {
        net_timer_stop(a->tick);
        return;
    }
    int64_t delay = mono_us - clock_mono(a->opt.clock);
    net_timer_start(a->tick, delay > 0 ? delay : 0, 0);
}

static void on_writable(void *arg, int events)
{
    struct app *a = arg;
    (void)events;
    net_watch_free(a->writable);
    a->writable = NULL;
    a->writable_fn(a->writable_arg);
    app_something_happened(a);
}

void app_when_writable(struct app *a, int fd, void (*fn)(void *arg), void *arg)
{
    net_watch_free(a->writable);
    a->writable_fn = fn;
    a->writable_arg = arg;
    a->writable = net_watch_new(a->loop, fd, NET_WRITE, on_writable, a);
}

static void wake_up(void *arg)
{
    (void)arg; /* a turn of the loop ends: its caller looks at the time */
}

bool app_run_until(struct app *a, bool (*done)(void *arg), void *arg, int64_t deadline_us)
{
    struct net_timer *t = net_timer_new(a->loop, wake_up, NULL);
    int64_t left = deadline_us - clock_mono(a->opt.clock);
    net_timer_start(t, left > 0 ? left : 0, 0);
    bool ok;
    while (!(ok = done(arg)) && clock_mono(a->opt.clock) < deadline_us)
        net_loop_turn(a->loop, true);
    net_timer_free(t);
    return ok;
}

bool app_must_exit_hard(const struct app *a)
{
    return net_loop_has_stuck_threads(a->loop);
}

void app_loop_release(struct app *a)
{
    net_timer_free(a->tick);
    net_watch_free(a->input);
    net_watch_free(a->writable);
    a->tick = NULL;
    a->input = a->writable = NULL;
}
