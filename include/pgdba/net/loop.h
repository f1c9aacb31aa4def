/*
 * net/loop.h: the one event loop: timers, file descriptors, signals, work put off to the end of the
 * turn. libuv underneath; it touches neither terminal nor signals unless asked here.
 */
#ifndef PGDBA_NET_LOOP_H
#define PGDBA_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "pgdba/base/clock.h"

struct net_loop;
struct net_timer;
struct net_watch;

enum { NET_READ = 1, NET_WRITE = 2 };

/* clock must outlive the loop; it measures latencies and ages: timers run on the machine's clock.
 * Removes PGOPTIONS, PGGEQO, PGHOSTADDR and PGTARGETSESSIONATTRS from the environment (see pg.h).
 */
struct net_loop *net_loop_new(const struct clock *clock);
/* Closes what is left (timers, watches, requests of the users that were freed before) and frees. */
void net_loop_free(struct net_loop *l);
const struct clock *net_loop_clock(const struct net_loop *l);
void net_loop_run(struct net_loop *l); /* until net_loop_stop() */
/* One turn: waits for at most one batch of events (false: never waits). For tests and tools. */
void net_loop_turn(struct net_loop *l, bool wait);
void net_loop_stop(struct net_loop *l);
/* True while name look-ups run in helper threads that cannot be cut short: the program must then
 * leave by _exit() after it has put everything in order, or a dead DNS would delay its end. */
bool net_loop_has_stuck_threads(const struct net_loop *l);

/* A timer, stopped at first. The callback may free its own timer. */
struct net_timer *net_timer_new(struct net_loop *l, void (*fn)(void *arg), void *arg);
void net_timer_start(struct net_timer *t, int64_t delay_us, int64_t repeat_us /* 0: once */);
void net_timer_stop(struct net_timer *t);
void net_timer_free(struct net_timer *t); /* NULL is allowed */

/* Watches a descriptor owned by the caller, whose O_NONBLOCK is left as it is. The callback may
 * free its own watch. On an error of the descriptor it gets all events it watches: reading or
 * writing tells the error. NULL: it cannot be watched (regular file, already watched, not open). */
struct net_watch *net_watch_new(struct net_loop *l, int fd, int events,
                                void (*fn)(void *arg, int events), void *arg);
void net_watch_set(struct net_watch *w, int events); /* NULL is allowed */
void net_watch_free(struct net_watch *w);            /* NULL is allowed; before the fd is closed */

/* A signal, as an event on the loop. Goes with the loop. */
void net_signal(struct net_loop *l, int signo, void (*fn)(void *arg, int signo), void *arg);

/* Called once, at the end of the current turn (after fds and timers): where drawing happens. Asking
 * again for the same fn and arg before that changes nothing. */
void net_loop_defer(struct net_loop *l, void (*fn)(void *arg), void *arg);
/* Drops a deferred call that has not run; needed when arg is freed. */
void net_loop_undefer(struct net_loop *l, void (*fn)(void *arg), void *arg);

#endif
