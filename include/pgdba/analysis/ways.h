/*
 * analysis/ways.h: the whole way from an application to a member: its port, PgBouncer, HAProxy, and
 * where it really ends. Pure. Reference: "middleware.md" §2.2, §3.2, §3.5.
 *
 * Nothing unknown or old is a way that works: a hop that does not answer makes its way unknown.
 */
#ifndef PGDBA_ANALYSIS_WAYS_H
#define PGDBA_ANALYSIS_WAYS_H

#include "pgdba/base/arena.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/verdict.h"

/* Ordered by how bad for an application that wants to write. */
enum way_state {
    WAY_OPEN,      /* "open": new transactions get through */
    WAY_CHANGING,  /* "changing": as while the leader changes, and not for long */
    WAY_UNKNOWN,   /* "unknown": it cannot be told from here, or nobody has said so lately */
    WAY_HELD,      /* "held": paused, or nothing gets through: clients wait */
    WAY_READ_ONLY, /* "read-only": it ends at the leader, which takes no writes */
    WAY_ASTRAY,    /* "astray": some or all of it ends where no leader is */
    WAY_SHUT,      /* "shut": disabled, or it leads to nobody */
    WAY_STATE_COUNT
};

enum way_hop_kind { HOP_ENTRY, HOP_BOUNCER, HOP_HAPROXY, HOP_MEMBER, HOP_ADDRESS, HOP_KIND_COUNT };

struct way_hop {
    enum way_hop_kind kind;
    enum way_state state; /* of this hop alone */
    bool beside;      /* it is another way of the same step as the hop before, and not behind it */
    const char *name; /* "pgbouncer", "haproxy", "pg2"; an address where no more is known */
    const char *part; /* the bouncer's database, HAProxy's proxy; "" */
    const char *at;   /* "10.0.0.1:5432", "" not known */
    const char *text; /* what it says: "8 servers, nobody waits", "leads (etcd), writes (…)" */
    int64_t sessions; /* connections through here; -1 not known */
    int64_t waiting;  /* clients; -1 not known */
    int64_t at_us;    /* when it was said; 0 never */
    const struct member *member; /* HOP_MEMBER */
};

struct way {
    const char *key; /* "pgbouncer/app", "haproxy/rw"; of a configured route its name */
    bool writes;     /* for writing, as far as is known: unless its name or place is for reading */
    enum way_state state;
    int nhops; /* in the application's order, without the ends */
    const struct way_hop *hops;
    int nends; /* where it forks there are several; 0: it leads nowhere that is known */
    const struct way_hop *ends;
    const char *reason; /* half a sentence, begins with the key; "" open */
    const char *cure;   /* what to do about it, a sentence without its full stop; "" */
    int64_t at_us;      /* the oldest of what was said; 0: something never was */
};

/* Configured routes, then every bouncer's databases, then every HAProxy's write backend and its
 * other proxies that send to members. In the arena; n in *n. now_us: monotonic. */
const struct way *ways_of(const struct snapshot *s, int64_t now_us, struct arena *a, int *n);
/* The worst of those for writing; WAY_UNKNOWN where there is none. */
enum way_state ways_worst(const struct way *v, int n);
const char *way_state_name(enum way_state s);
const char *way_hop_kind_name(enum way_hop_kind k); /* "entry", "pgbouncer", … */
/* How it is to be graded, without knowing for how long. */
enum health way_health(const struct way *w);
/* "pg1, the leader", "pg2 (10.0.0.2:5432), not the leader", "?"; in the arena. */
const char *way_end_text(const struct way *w, const struct snapshot *s, struct arena *a);

#endif
