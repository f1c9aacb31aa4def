/*
 * net/loop.c: the loop: libuv's turn, then what was put off to its end.
 */
#include "pgdba/net/loop.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "priv.h"

struct net_timer {
    uv_timer_t uv; /* first: see net_handle_close() */
    void (*fn)(void *arg);
    void *arg;
    TAILQ_ENTRY(net_timer) link;
    struct net_timers *queue; /* soon, now, or NULL: libuv has it, or it is stopped */
    int64_t repeat_us;
};

struct net_watch {
    uv_poll_t uv;
    int events;
    void (*fn)(void *arg, int events);
    void *arg;
};

struct net_signal {
    uv_signal_t uv;
    void (*fn)(void *arg, int signo);
    void *arg;
};

static void handle_closed(uv_handle_t *h)
{
    free(h);
}

void net_handle_close(uv_handle_t *h)
{
    if (!uv_is_closing(h))
        uv_close(h, handle_closed);
}

static void handle_walk(uv_handle_t *h, void *arg)
{
    (void)arg;
    net_handle_close(h);
}

static void awake_turned(uv_idle_t *h)
{
    (void)h;
}

/* libuv calls timers that are due before it waits, and then waits all the same. Not here: what a
 * callback has done must be acted on in the same turn. */
static void loop_wake(struct net_loop *l)
{
    uv_idle_start(l->awake, awake_turned);
}

struct net_loop *net_loop_new(const struct clock *clock)
{
    struct net_loop *l = xcalloc(1, sizeof *l);

    /* Here, because later there may be look-up threads that read the environment. */
    net_env_neutralise();
    if (uv_loop_init(&l->uv) != 0)
        abort();
    l->uv.data = l;
    TAILQ_INIT(&l->soon);
    TAILQ_INIT(&l->now);
    l->clock = clock;
    l->awake = xcalloc(1, sizeof *l->awake);
    uv_idle_init(&l->uv, l->awake);
    l->box = net_box_new(l);
    return l;
}

static void deferred_free(struct net_deferred **list)
{
    struct net_deferred *d;

    while ((d = *list)) {
        *list = d->next;
        free(d);
    }
}

void net_loop_free(struct net_loop *l)
{
    if (!l)
        return;
    net_box_close(l->box);
    uv_walk(&l->uv, handle_walk, NULL);
    while (uv_run(&l->uv, UV_RUN_DEFAULT) != 0)
        ;
    if (uv_loop_close(&l->uv) != 0)
        abort();
    deferred_free(&l->pending);
    deferred_free(&l->running);
    free(l);
}

const struct clock *net_loop_clock(const struct net_loop *l)
{
    return l->clock;
}

static void deferred_run(struct net_loop *l)
{
    struct net_deferred *d;

    l->running = l->pending;
    l->pending = NULL;
    while ((d = l->running)) {
        struct net_deferred now = *d;

        l->running = d->next;
        free(d);
        now.fn(now.arg);
    }
}

static void soon_run(struct net_loop *l);

void net_loop_turn(struct net_loop *l, bool wait)
{
    uv_run(&l->uv, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    uv_idle_stop(l->awake);
    soon_run(l);
    deferred_run(l);
}

void net_loop_run(struct net_loop *l)
{
    l->stopped = false;
    while (!l->stopped)
        net_loop_turn(l, true);
}

void net_loop_stop(struct net_loop *l)
{
    l->stopped = true;
    loop_wake(l);
}

bool net_loop_has_stuck_threads(const struct net_loop *l)
{
    return net_box_running(l->box) > 0;
}

/* Timers */

static void timer_fired(uv_timer_t *h)
{
    struct net_timer *t = (struct net_timer *)h;

    loop_wake(h->loop->data);
    t->fn(t->arg);
}

struct net_timer *net_timer_new(struct net_loop *l, void (*fn)(void *arg), void *arg)
{
    struct net_timer *t = xcalloc(1, sizeof *t);

    uv_timer_init(&l->uv, &t->uv);
    t->fn = fn;
    t->arg = arg;
    return t;
}

static uint64_t ms_up(int64_t us)
{
    return us <= 0 ? 0 : (uint64_t)((us + USEC_PER_MS - 1) / USEC_PER_MS);
}

static void timer_start_later(struct net_timer *t, int64_t delay_us)
{
    /* libuv counts from the time it last looked at the clock, which is the start of the turn. */
    uv_update_time(t->uv.loop);
    uv_timer_start(&t->uv, timer_fired, ms_up(delay_us), ms_up(t->repeat_us));
}

void net_timer_start(struct net_timer *t, int64_t delay_us, int64_t repeat_us)
{
    struct net_loop *l = t->uv.loop->data;

    net_timer_stop(t);
    t->repeat_us = repeat_us;
    if (delay_us > 0) {
        timer_start_later(t, delay_us);
        return;
    }
    /* Not libuv's: a callback that starts a timer without a delay would be followed by that timer,
     * and so on, and descriptors would never have their turn. */
    t->queue = &l->soon;
    TAILQ_INSERT_TAIL(t->queue, t, link);
    loop_wake(l);
}

void net_timer_stop(struct net_timer *t)
{
    uv_timer_stop(&t->uv);
    if (t->queue)
        TAILQ_REMOVE(t->queue, t, link);
    t->queue = NULL;
}

void net_timer_free(struct net_timer *t)
{
    if (!t)
        return;
    net_timer_stop(t);
    net_handle_close((uv_handle_t *)&t->uv);
}

/* What is started while it runs waits for the next turn. */
static void soon_run(struct net_loop *l)
{
    struct net_timer *t;

    TAILQ_CONCAT(&l->now, &l->soon, link);
    TAILQ_FOREACH(t, &l->now, link)
    t->queue = &l->now;
    while ((t = TAILQ_FIRST(&l->now))) {
        net_timer_stop(t);
        if (t->repeat_us > 0)
            timer_start_later(t, t->repeat_us);
        t->fn(t->arg);
    }
}

/* Watches */

static void watch_ready(uv_poll_t *h, int status, int events);

static void watch_start(struct net_watch *w)
{
    int events = 0;

    if (w->events & NET_READ)
        events |= UV_READABLE;
    if (w->events & NET_WRITE)
        events |= UV_WRITABLE;
    if (events)
        uv_poll_start(&w->uv, events, watch_ready);
    else
        uv_poll_stop(&w->uv);
}

static void watch_ready(uv_poll_t *h, int status, int events)
{
    struct net_watch *w = (struct net_watch *)h;
    int ready = 0;

    if (events & UV_READABLE)
        ready |= NET_READ;
    if (events & UV_WRITABLE)
        ready |= NET_WRITE;
    if (status < 0) /* an error on the descriptor: the owner learns it when reading or writing */
        ready = w->events;
    w->fn(w->arg, ready);
    /* libuv stops a handle on an error; a watch stays on until its owner says otherwise. */
    if (status < 0 && !uv_is_closing((uv_handle_t *)h) && !uv_is_active((uv_handle_t *)h))
        watch_start(w);
}

struct net_watch *net_watch_new(struct net_loop *l, int fd, int events,
                                void (*fn)(void *arg, int events), void *arg)
{
    struct net_watch *w = xcalloc(1, sizeof *w);
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || uv_poll_init(&l->uv, &w->uv, fd) != 0) {
        free(w);
        return NULL;
    }
    /* libuv has made it non-blocking. That flag is shared with every process on the same terminal
     * (the shell we came from): how to read and write is the owner's choice. */
    if (!(flags & O_NONBLOCK))
        (void)fcntl(fd, F_SETFL, flags);
    w->fn = fn;
    w->arg = arg;
    w->events = events;
    watch_start(w);
    return w;
}

void net_watch_set(struct net_watch *w, int events)
{
    if (!w || events == w->events)
        return;
    w->events = events;
    watch_start(w);
}

void net_watch_free(struct net_watch *w)
{
    if (!w)
        return;
    uv_poll_stop(&w->uv); /* now, not at the end of the turn: the caller is about to close the fd */
    net_handle_close((uv_handle_t *)&w->uv);
}

/* Signals */

static void signal_came(uv_signal_t *h, int signo)
{
    struct net_signal *s = (struct net_signal *)h;

    s->fn(s->arg, signo);
}

void net_signal(struct net_loop *l, int signo, void (*fn)(void *arg, int signo), void *arg)
{
    struct net_signal *s = xcalloc(1, sizeof *s);

    s->fn = fn;
    s->arg = arg;
    uv_signal_init(&l->uv, &s->uv);
    uv_signal_start(&s->uv, signal_came, signo);
}

/* Put off */

static struct net_deferred **deferred_find(struct net_deferred **list, void (*fn)(void *arg),
                                           void *arg)
{
    while (*list && !((*list)->fn == fn && (*list)->arg == arg))
        list = &(*list)->next;
    return list;
}

void net_loop_defer(struct net_loop *l, void (*fn)(void *arg), void *arg)
{
    struct net_deferred **end = deferred_find(&l->pending, fn, arg);

    if (*end)
        return;
    *end = xcalloc(1, sizeof **end);
    (*end)->fn = fn;
    (*end)->arg = arg;
    loop_wake(l);
}

static void deferred_drop(struct net_deferred **list, void (*fn)(void *arg), void *arg)
{
    struct net_deferred **at = deferred_find(list, fn, arg), *d = *at;

    if (d) {
        *at = d->next;
        free(d);
    }
}

void net_loop_undefer(struct net_loop *l, void (*fn)(void *arg), void *arg)
{
    deferred_drop(&l->pending, fn, arg);
    deferred_drop(&l->running, fn, arg);
}

/* Small things shared in the room */

void net_wipe_free(char *secret)
{
    if (!secret)
        return;
    explicit_bzero(secret, strlen(secret));
    free(secret);
}

char *net_seconds(char *out, size_t size, int64_t us)
{
    snprintf(out, size, "%.1f s", (double)us / (double)USEC_PER_SEC);
    return out;
}
