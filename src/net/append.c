/*
 * net/append.c: the queue between the loop and the thread that writes. What both share outlives
 * either: a thread that hangs in a dead NFS frees it when it comes back.
 */
#include "pgdba/net/append.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "append_priv.h"
#include "pgdba/base/buf.h"
#include "priv.h"

static const size_t QUEUE_MAX = (size_t)64 << 20;

struct shared {
    struct net_job job;       /* first: the thread */
    struct append_file file;  /* the thread's */
    struct net_append *owner; /* the loop's; NULL when it has closed */

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct buf queue;
    size_t writing;   /* bytes that the thread holds just now */
    uint64_t written; /* bytes */
    bool closing, given_up, ended;
    char *why; /* it failed */
};

struct net_append {
    struct net_loop *loop;
    struct shared *s; /* NULL when the thread has ended and was heard */
    net_append_failed_fn *failed;
    void *arg;
    char *path, *why; /* why: to be told, and then nothing is taken any more */
    bool told;
    size_t queue_max;
    uint64_t written; /* at the end */
};

static void shared_free(struct shared *s)
{
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    buf_release(&s->queue);
    free(s->why);
    free(s);
}

/* ---- in the thread */

/* The lock is held, before and after. */
static void write_queue(struct shared *s)
{
    struct buf batch = s->queue;
    char *why;

    buf_init(&s->queue);
    s->writing = batch.len;
    pthread_mutex_unlock(&s->lock);
    why = append_file_write(&s->file, batch.s, batch.len);
    pthread_mutex_lock(&s->lock);
    s->writing = 0;
    if (!why)
        s->written += batch.len;
    s->why = why;
    buf_release(&batch);
}

static void work(struct net_job *j)
{
    struct shared *s = (struct shared *)j;
    char *why;

    pthread_mutex_lock(&s->lock);
    while (!s->why && !s->given_up) {
        if (s->queue.len)
            write_queue(s);
        else if (s->closing)
            break;
        else
            pthread_cond_wait(&s->changed, &s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    why = append_file_close(&s->file);
    pthread_mutex_lock(&s->lock);
    if (s->why)
        free(why);
    else
        s->why = why;
    s->ended = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

static void drop(struct net_job *j)
{
    shared_free((struct shared *)j);
}

/* ---- on the loop */

static void tell(void *arg)
{
    struct net_append *f = arg;

    if (f->told)
        return;
    f->told = true;
    if (f->failed)
        f->failed(f->arg, f->why); /* may close f */
}

static void done(struct net_job *j)
{
    struct shared *s = (struct shared *)j;
    struct net_append *f = s->owner;
    bool news = false;

    if (f) {
        f->s = NULL;
        f->written = s->written;
        news = !f->why;
        if (news) {
            f->why = s->why;
            s->why = NULL;
        }
    }
    shared_free(s);
    if (news)
        tell(f);
}

static void shared_init(struct shared *s)
{
    pthread_condattr_t attr;

    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->changed, &attr);
    pthread_condattr_destroy(&attr);
    buf_init(&s->queue);
    s->job.work = work;
    s->job.done = done;
    s->job.drop = drop;
}

enum status net_append_open(struct net_loop *l, const struct net_append_options *opt,
                            struct net_append **out, struct err *e)
{
    struct append_file file;
    enum status st = append_file_open(&file, opt, e);
    struct shared *s;
    struct net_append *f;

    *out = NULL;
    if (st != ST_OK)
        return st;
    s = xcalloc(1, sizeof *s);
    shared_init(s);
    s->file = file;
    f = xcalloc(1, sizeof *f);
    *f = (struct net_append){.loop = l,
                             .s = s,
                             .failed = opt->failed,
                             .arg = opt->arg,
                             .path = xstrdup(opt->path),
                             .queue_max = opt->queue_max ? opt->queue_max : QUEUE_MAX};
    s->owner = f;
    if (!net_job_start(l, &s->job)) {
        free(append_file_close(&s->file));
        shared_free(s);
        free(f->path);
        free(f);
        return err_set(e, ST_IO, "cannot write %s: no thread could be had", opt->path);
    }
    *out = f;
    return ST_OK;
}

/* The disk is stuck, and memory is not for filling up behind it. */
static void give_up(struct net_append *f)
{
    f->s->given_up = true;
    pthread_cond_broadcast(&f->s->changed);
    f->why = xasprintf("cannot write %s: the disk does not keep up: %zu KB wait for it", f->path,
                       f->queue_max / 1024);
    net_loop_defer(f->loop, tell, f);
}

void net_append_write(struct net_append *f, const char *data, size_t n)
{
    struct shared *s = f->s;

    if (!s || f->why || !n)
        return;
    pthread_mutex_lock(&s->lock);
    if (s->queue.len + s->writing + n > f->queue_max) {
        give_up(f);
    } else if (!s->ended) {
        buf_add(&s->queue, data, n);
        pthread_cond_broadcast(&s->changed);
    }
    pthread_mutex_unlock(&s->lock);
}

uint64_t net_append_written(const struct net_append *f)
{
    uint64_t n;

    if (!f->s)
        return f->written;
    pthread_mutex_lock(&f->s->lock);
    n = f->s->written;
    pthread_mutex_unlock(&f->s->lock);
    return n;
}

size_t net_append_queued(const struct net_append *f)
{
    size_t n;

    if (!f->s)
        return 0;
    pthread_mutex_lock(&f->s->lock);
    n = f->s->queue.len + f->s->writing;
    pthread_mutex_unlock(&f->s->lock);
    return n;
}

static void wait_for_end(struct shared *s, int64_t timeout_us)
{
    struct timespec until;
    int rc = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_us / USEC_PER_SEC;
    until.tv_nsec += timeout_us % USEC_PER_SEC * 1000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&s->lock);
    s->closing = true;
    pthread_cond_broadcast(&s->changed);
    while (!s->ended && rc == 0)
        rc = pthread_cond_timedwait(&s->changed, &s->lock, &until);
    s->given_up = true;
    pthread_mutex_unlock(&s->lock);
}

void net_append_close(struct net_append *f, int64_t timeout_us)
{
    if (!f)
        return;
    net_loop_undefer(f->loop, tell, f);
    if (f->s) {
        wait_for_end(f->s, timeout_us);
        f->s->owner = NULL; /* freed by the thread or the loop, whoever is last */
    }
    free(f->path);
    free(f->why);
    free(f);
}
