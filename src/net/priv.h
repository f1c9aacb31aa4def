/*
 * net/priv.h: what the files of this room share. Nobody else includes it.
 */
#ifndef PGDBA_NET_PRIV_H
#define PGDBA_NET_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include <uv.h>

#include "pgdba/net/loop.h"

struct net_box;

struct net_deferred {
    struct net_deferred *next;
    void (*fn)(void *arg);
    void *arg;
};

TAILQ_HEAD(net_timers, net_timer);

struct net_loop {
    uv_loop_t uv;
    const struct clock *clock;
    bool stopped;
    uv_idle_t *awake;             /* active: this turn does not wait for events (any more) */
    struct net_timers soon;       /* timers without a delay: due in this turn */
    struct net_timers now;        /* what is left of the batch being called */
    struct net_deferred *pending; /* for the end of this turn, in order */
    struct net_deferred *running; /* what is left of the batch being called */
    struct net_box *box;
};

/* Every libuv handle of this room stands first in a block of its own from malloc, so that one close
 * callback does for all, also for those that net_loop_free() finds still open. */
void net_handle_close(uv_handle_t *h);

/*
 * Work in a thread of its own that nobody ever joins. libuv's pool will not do: it has four threads
 * for everything, its requests cannot be cancelled once they run, and a loop with one such request
 * can neither be closed nor freed.
 */
struct net_job {
    void (*work)(struct net_job *j); /* in the thread; touches nothing but the job */
    void (*done)(struct net_job *j); /* on the loop, later; frees the job */
    void (*drop)(struct net_job *j); /* in the thread, when the loop is gone; frees the job */
    struct net_box *box;
    struct net_job *next;
};

/* False: no thread could be had; the job is still the caller's. */
bool net_job_start(struct net_loop *l, struct net_job *j);

struct net_box *net_box_new(struct net_loop *l);
void net_box_close(struct net_box *b); /* before its loop closes: later results are dropped */
int net_box_running(struct net_box *b);

/* Takes variables out of the environment that libpq would turn into start-up parameters or another
 * address behind our back. */
void net_env_neutralise(void);

/* An IPv4 or IPv6 address in numbers, which needs no look-up. */
bool net_is_address(const char *host);
/* Overwrites and frees; NULL is allowed. */
void net_wipe_free(char *secret);
/* "2.0 s" into out. */
char *net_seconds(char *out, size_t size, int64_t us);

#endif
