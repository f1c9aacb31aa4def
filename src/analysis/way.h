/*
 * src/analysis/way.h: what the files of analysis/ways.h share: private to analysis/.
 *
 *   ways.c          the entries, and what a way comes to
 *   way_bouncer.c   from a PgBouncer's database on
 *   way_haproxy.c   from an HAProxy's port on
 *   way_end.c       the member at its end, or an address that is none
 */
#ifndef PGDBA_ANALYSIS_WAY_PRIVATE_H
#define PGDBA_ANALYSIS_WAY_PRIVATE_H

#include "pgdba/analysis/ways.h"
#include "facts.h"
#include "pgdba/analysis/pools.h"

/* One bouncer's pools and servers by database: there may be thousands of each. */
struct way_index {
    int npools, nservers;
    const struct pool_view **pools;
    const struct pgb_server **servers; /* none where they are not of now */
};

struct way_look {
    const struct snapshot *s;
    int64_t now_us;
    struct arena *a;
    const struct member *leader;   /* NULL: nobody, or it is not known (view_old) */
    bool view_old;                 /* who leads was said too long ago */
    bool changing;                 /* the lock has just changed hands or is about to */
    const struct way_index *index; /* one a bouncer */
};

/* A way while it is walked. Hops and ends are counted; the arrays are in the arena. */
struct way_walk {
    const struct way_look *k;
    struct way *w;
    struct way_hop *hops, *ends;
    int hops_cap, ends_cap;
    int depth; /* of hops walked: a circle ends somewhere */
    int from;  /* the hop that what is found next is reached by; -1 none */
    bool fork; /* the next hop is another way of the same step */
};

struct way_hop *way_add_hop(struct way_walk *v, const struct way_hop *h);
struct way_hop *way_add_end(struct way_walk *v, const struct way_hop *h);
/* The state of the whole is at least st; the first reason of the worst is kept. */
void way_blame(struct way_walk *v, enum way_state st, const char *cure, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Nothing that was found since `before` can be told: its ends are unknown, and to blame for
 * nothing. What was found before it stands: a pause is one, wherever the way would go on. */
void way_forget_since(struct way_walk *v, const struct way *before);
const struct way_index *way_index_new(const struct way_look *k);
/* Where that database's begin; they end at another name, or with the list. */
int way_pools_from(const struct way_index *x, const char *database);
int way_servers_from(const struct way_index *x, const char *database);
bool way_fresh(const struct way_look *k, const struct source_state *st);
/* "timed out 14s", "not asked yet", "32s old" */
const char *way_silence(const struct way_look *k, const struct source_state *st);
/* "10.0.0.1:5432", "[::1]:5432"; "a unix socket" */
const char *way_address(struct arena *a, const char *host, int64_t port);
/* Is its name one for reading: ro, read, replica, …? */
bool way_named_for_reads(const char *name);

/* ---- one step each: what stands at that address, seen from `from` (the host of the hop before,
 * NULL: an application's). sessions: connections that go there, -1 unknown. */
void way_to_address(struct way_walk *v, const char *host, int64_t port, const char *from,
                    const char *database, int64_t sessions);
void way_to_member(struct way_walk *v, const struct member *m, const char *at, int64_t sessions);
void way_to_database(struct way_walk *v, const struct bouncer *b, const struct pgb_database *d);
const char *way_bouncer_place(struct arena *a, const struct bouncer *b); /* its host:port */
/* proxy NULL: that of its side, as far as that is known. */
void way_to_haproxy(struct way_walk *v, const struct haproxy *h, const char *proxy, const char *at,
                    bool write_side, int64_t sessions);
/* Which of its proxies, beside the write backend, send to members: in the arena. */
const char *const *way_read_proxies(const struct way_look *k, const struct haproxy *h, int *n);
/* The HAProxies that may be at that address. Sure: each of them is, for they share it. */
struct way_proxy {
    int n;
    bool sure;
    const struct haproxy **v;
    enum tristate write_side; /* of all of them */
};
struct way_proxy way_haproxy_at(const struct way_look *k, const char *host, int64_t port);

#endif
