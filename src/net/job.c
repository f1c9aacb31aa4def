/*
 * net/job.c: threads that nobody waits for. The box between them and the loop is counted: it lives
 * until the last thread has dropped its result, however long the loop has been gone.
 */
#include "priv.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "pgdba/base/buf.h"

enum { JOB_STACK = 512 * 1024 }; /* name service modules are not modest */

struct net_box {
    pthread_mutex_t lock;
    int refs;
    int running;
    struct net_job *ready; /* last in first out; order between look-ups means nothing */
    uv_async_t *wake;      /* NULL when the loop is gone */
};

static void box_unref_unlock(struct net_box *b)
{
    bool last = --b->refs == 0;

    pthread_mutex_unlock(&b->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&b->lock);
    free(b);
}

static void box_empty(uv_async_t *h)
{
    struct net_box *b = h->data;
    struct net_job *j;

    for (;;) {
        pthread_mutex_lock(&b->lock);
        if ((j = b->ready))
            b->ready = j->next;
        pthread_mutex_unlock(&b->lock);
        if (!j)
            return;
        j->done(j);
    }
}

struct net_box *net_box_new(struct net_loop *l)
{
    struct net_box *b = xcalloc(1, sizeof *b);

    pthread_mutex_init(&b->lock, NULL);
    b->refs = 1;
    b->wake = xcalloc(1, sizeof *b->wake);
    if (uv_async_init(&l->uv, b->wake, box_empty) != 0)
        abort();
    b->wake->data = b;
    return b;
}

void net_box_close(struct net_box *b)
{
    struct net_job *left, *j;

    pthread_mutex_lock(&b->lock);
    net_handle_close((uv_handle_t *)b->wake);
    b->wake = NULL;
    left = b->ready;
    b->ready = NULL;
    box_unref_unlock(b);
    while ((j = left)) {
        left = j->next;
        j->drop(j);
    }
}

int net_box_running(struct net_box *b)
{
    int n;

    pthread_mutex_lock(&b->lock);
    n = b->running;
    pthread_mutex_unlock(&b->lock);
    return n;
}

static void *job_thread(void *arg)
{
    struct net_job *j = arg;
    struct net_box *b = j->box;
    bool wanted;

    j->work(j);
    pthread_mutex_lock(&b->lock);
    b->running--;
    wanted = b->wake != NULL;
    if (wanted) {
        j->next = b->ready;
        b->ready = j;
        uv_async_send(b->wake); /* under the lock, so never on a closed handle */
    }
    box_unref_unlock(b);
    if (!wanted)
        j->drop(j);
    return NULL;
}

static bool thread_start(struct net_job *j)
{
    pthread_attr_t attr;
    pthread_t id;
    sigset_t all, old;
    bool ok;

    if (pthread_attr_init(&attr) != 0)
        return false;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, JOB_STACK);
    sigfillset(&all); /* signals are the loop's */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    ok = pthread_create(&id, &attr, job_thread, j) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    return ok;
}

bool net_job_start(struct net_loop *l, struct net_job *j)
{
    struct net_box *b = l->box;
    bool ok;

    j->box = b;
    pthread_mutex_lock(&b->lock);
    b->refs++;
    b->running++;
    ok = thread_start(j);
    if (!ok) {
        b->running--;
        b->refs--; /* never the last: the loop holds one */
    }
    pthread_mutex_unlock(&b->lock);
    return ok;
}
