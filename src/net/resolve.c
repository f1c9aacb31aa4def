/*
 * net/resolve.c: getaddrinfo() in threads, one a name at a time, and a short memory of what it
 * said. A look-up only ever waits for its entry's answer or for its own deadline; the thread may
 * run on, and the next look-up of the name joins it.
 */
#include "pgdba/net/resolve.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "pgdba/base/buf.h"
#include "priv.h"

enum { THREADS_MAX = 16, ADDRESSES_MAX = 16 };

static const int64_t GOOD_FOR_US = 30 * USEC_PER_SEC;
static const int64_t BAD_FOR_US = 2 * USEC_PER_SEC;

struct answer {
    int refs;
    int n;
    char *address[ADDRESSES_MAX];
    char *why;
};

enum entry_state { ENTRY_QUEUED, ENTRY_RUNNING, ENTRY_KNOWN };

struct lookup_job;

struct entry {
    struct entry *next;
    char *host;
    enum entry_state state;
    int64_t until_us; /* of ENTRY_KNOWN */
    struct answer *answer;
    struct lookup_job *job;
    int waiting; /* look-ups without an answer yet */
};

struct lookup_job {
    struct net_job job;            /* first */
    struct net_resolver *resolver; /* loop's side only; NULL when it is gone */
    struct entry *entry;
    char *host;
    struct answer *answer;
};

struct net_lookup {
    struct net_lookup *next;
    struct net_resolver *resolver; /* NULL while its callback runs */
    struct entry *entry;           /* while waiting for it, else NULL */
    struct answer *answer;         /* NULL while waiting */
    struct net_timer *timer;
    int64_t timeout_us;
    net_resolved_fn *fn;
    void *arg;
};

struct net_resolver {
    struct net_loop *loop;
    struct entry *entries;
    struct net_lookup *lookups;
    int running;
};

/* Answers */

static struct answer *answer_new(void)
{
    struct answer *a = xcalloc(1, sizeof *a);

    a->refs = 1;
    return a;
}

static struct answer *answer_failed(char *why)
{
    struct answer *a = answer_new();

    a->why = why;
    return a;
}

static struct answer *answer_ref(struct answer *a)
{
    a->refs++;
    return a;
}

static void answer_unref(struct answer *a)
{
    if (!a || --a->refs > 0)
        return;
    for (int i = 0; i < a->n; i++)
        free(a->address[i]);
    free(a->why);
    free(a);
}

static void answer_add(struct answer *a, const char *address)
{
    for (int i = 0; i < a->n; i++)
        if (strcmp(a->address[i], address) == 0)
            return;
    if (a->n < ADDRESSES_MAX)
        a->address[a->n++] = xstrdup(address);
}

/* The whole of the system's resolver is in here; it blocks as long as it likes. */
static struct answer *answer_ask(const char *host, int flags)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *list = NULL, *at;
    struct answer *a = answer_new();
    char text[NI_MAXHOST];
    int rc = getaddrinfo(host, NULL, &hints, &list);

    if (rc == 0) {
        for (at = list; at; at = at->ai_next)
            if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, NULL, 0,
                            NI_NUMERICHOST) == 0)
                answer_add(a, text);
        freeaddrinfo(list);
    }
    if (a->n == 0)
        a->why = xasprintf("name not resolved: %s (%s)", host,
                           rc == 0 ? "no usable address" : gai_strerror(rc));
    return a;
}

/* Jobs */

static void job_free(struct lookup_job *j)
{
    answer_unref(j->answer);
    free(j->host);
    free(j);
}

static void job_work(struct net_job *job)
{
    struct lookup_job *j = (struct lookup_job *)job;

    j->answer = answer_ask(j->host, 0);
}

static void job_drop(struct net_job *job)
{
    job_free((struct lookup_job *)job);
}

static void lookup_answered(struct net_lookup *q, struct answer *a)
{
    if (q->entry)
        q->entry->waiting--;
    q->entry = NULL;
    q->answer = a;
}

static void entry_known(struct net_resolver *r, struct entry *e, struct answer *a)
{
    int64_t good_for = a->n > 0 ? GOOD_FOR_US : BAD_FOR_US;

    e->state = ENTRY_KNOWN;
    e->job = NULL;
    e->answer = a;
    e->until_us = clock_mono(net_loop_clock(r->loop)) + good_for;
    for (struct net_lookup *q = r->lookups; q; q = q->next)
        if (q->entry == e) {
            lookup_answered(q, answer_ref(a));
            net_timer_start(q->timer, 0, 0);
        }
}

static void start_queued(struct net_resolver *r);

static void job_done(struct net_job *job)
{
    struct lookup_job *j = (struct lookup_job *)job;
    struct net_resolver *r = j->resolver;

    if (r) {
        r->running--;
        entry_known(r, j->entry, answer_ref(j->answer));
        start_queued(r);
    }
    job_free(j);
}

static void entry_start(struct net_resolver *r, struct entry *e)
{
    struct lookup_job *j = xcalloc(1, sizeof *j);

    j->job.work = job_work;
    j->job.done = job_done;
    j->job.drop = job_drop;
    j->resolver = r;
    j->entry = e;
    j->host = xstrdup(e->host);
    if (!net_job_start(r->loop, &j->job)) {
        job_free(j);
        entry_known(r, e, answer_failed(xstrdup("name look-up failed: no thread to be had")));
        return;
    }
    r->running++;
    e->state = ENTRY_RUNNING;
    e->job = j;
}

static void start_queued(struct net_resolver *r)
{
    for (struct entry *e = r->entries; e && r->running < THREADS_MAX; e = e->next)
        if (e->state == ENTRY_QUEUED)
            entry_start(r, e);
}

/* Entries */

static void entry_free(struct entry *e)
{
    if (e->job)
        e->job->resolver = NULL;
    answer_unref(e->answer);
    free(e->host);
    free(e);
}

/* Forgets what is too old, and names queued for nobody. */
static void entries_sweep(struct net_resolver *r)
{
    int64_t now = clock_mono(net_loop_clock(r->loop));
    struct entry **at = &r->entries, *e;

    while ((e = *at)) {
        bool old = e->state == ENTRY_KNOWN && e->until_us <= now;

        if (old || (e->state == ENTRY_QUEUED && e->waiting == 0)) {
            *at = e->next;
            entry_free(e);
        } else {
            at = &e->next;
        }
    }
}

/* Appends, so that the queue is first come first served. */
static struct entry *entry_get(struct net_resolver *r, const char *host)
{
    struct entry **at = &r->entries;

    while (*at && strcasecmp((*at)->host, host) != 0)
        at = &(*at)->next;
    if (!*at) {
        *at = xcalloc(1, sizeof **at);
        (*at)->host = xstrdup(host);
        (*at)->state = ENTRY_QUEUED;
    }
    return *at;
}

/* Look-ups */

bool net_is_address(const char *host)
{
    struct in6_addr six;
    struct in_addr four;

    return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1;
}

static void lookup_unlink(struct net_lookup *q)
{
    struct net_lookup **at = &q->resolver->lookups;

    while (*at != q)
        at = &(*at)->next;
    *at = q->next;
    q->resolver = NULL;
}

static void lookup_free(struct net_lookup *q)
{
    net_timer_free(q->timer);
    answer_unref(q->answer);
    free(q);
}

static void lookup_fired(void *arg)
{
    struct net_lookup *q = arg;
    struct answer *a;
    char time[32];

    if (!q->answer)
        lookup_answered(
            q, answer_failed(xasprintf("name look-up of %s timed out after %s", q->entry->host,
                                       net_seconds(time, sizeof time, q->timeout_us))));
    lookup_unlink(q);
    a = q->answer;
    q->fn(q->arg, a->n, (const char *const *)a->address, a->why ? a->why : "");
    lookup_free(q);
}

static struct answer *answer_at_once(const char *host)
{
    struct answer *a;

    if (!*host)
        return answer_failed(xstrdup("name not resolved: the name is empty"));
    if (!net_is_address(host))
        return NULL;
    a = answer_new();
    answer_add(a, host);
    return a;
}

static void lookup_ask(struct net_lookup *q, const char *host)
{
    struct entry *e = entry_get(q->resolver, host);

    if (e->state == ENTRY_KNOWN) {
        q->answer = answer_ref(e->answer);
        return;
    }
    q->entry = e;
    e->waiting++;
    start_queued(q->resolver); /* may even answer at once, when there is no thread */
}

struct net_lookup *net_resolve(struct net_resolver *r, const char *host, int64_t timeout_us,
                               net_resolved_fn *fn, void *arg)
{
    struct net_lookup *q = xcalloc(1, sizeof *q);

    entries_sweep(r);
    q->resolver = r;
    q->fn = fn;
    q->arg = arg;
    q->timeout_us = timeout_us;
    q->timer = net_timer_new(r->loop, lookup_fired, q);
    q->next = r->lookups;
    r->lookups = q;
    q->answer = answer_at_once(host);
    if (!q->answer)
        lookup_ask(q, host);
    net_timer_start(q->timer, q->answer ? 0 : timeout_us, 0);
    return q;
}

void net_lookup_cancel(struct net_lookup *q)
{
    if (!q || !q->resolver)
        return;
    lookup_unlink(q);
    lookup_answered(q, q->answer);
    lookup_free(q);
}

struct net_resolver *net_resolver_new(struct net_loop *l)
{
    struct net_resolver *r = xcalloc(1, sizeof *r);

    r->loop = l;
    return r;
}

void net_resolver_free(struct net_resolver *r)
{
    struct entry *e;

    if (!r)
        return;
    while (r->lookups)
        net_lookup_cancel(r->lookups); /* NOLINT(clang-analyzer-unix.Malloc): it leaves the list */
    while ((e = r->entries)) {
        r->entries = e->next;
        entry_free(e);
    }
    free(r);
}
