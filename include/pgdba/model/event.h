/*
 * model/event.h: what changed, when, who said so: the lines of the events pane, of `watch`, and of
 * $XDG_STATE_HOME/pgdba/events/CLUSTER.jsonl.
 */
#ifndef PGDBA_MODEL_EVENT_H
#define PGDBA_MODEL_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "pgdba/model/observation.h"
#include "pgdba/model/verdict.h"

enum event_kind {
    /* The lock and requests: from etcd to the revision, from /cluster with the poll's grain. */
    EV_LOCK_GONE,       /* old: who held it */
    EV_LOCK_TAKEN,      /* now: who holds it; old: who held it last, "" unknown */
    EV_LOCK_REACQUIRED, /* the same name, but the key was gone between: a new term */
    EV_LOCK_LEASE,      /* the same name and term on another lease: it never was without */
    EV_REQUESTED,       /* failover key set: old the leader named, now the candidate */
    EV_REQUEST_CLEARED,
    EV_SCHEDULED, /* a switchover for later; now: when */
    EV_MEMBER_JOINED,
    EV_MEMBER_GONE,
    EV_MEMBER_STATE, /* Patroni's state: old, now */
    EV_MEMBER_ROLE,
    EV_MEMBER_TIMELINE, /* "" : Patroni says none: something was started on the node */
    EV_MEMBER_LEASE,    /* a new lease: that Patroni restarted */
    EV_MEMBER_TAGS,
    EV_SYNC, /* synchronous standbys */
    EV_PAUSED,
    EV_RESUMED,
    EV_CONFIG,  /* dynamic configuration */
    EV_HISTORY, /* a timeline ended: now: "TL 4 at 0/5000A58 by pg2" */
    EV_BOOTSTRAP,
    /* Members as they answer us. */
    EV_API_SILENT,
    EV_API_BACK,
    EV_PG_SILENT, /* libpq */
    EV_PG_BACK,
    EV_PG_RECOVERY, /* now "in recovery" or "primary" (out of recovery) */
    EV_PG_TIMELINE,
    EV_PG_READ_ONLY, /* default_transaction_read_only went on or off */
    EV_STREAMING,    /* a replica streams from the leader */
    EV_STREAM_LOST,
    /* The DCS itself. */
    EV_DCS_LOST, /* the watch ended or its endpoint is silent */
    EV_DCS_BACK,
    EV_DCS_ENDPOINT_LOST,
    EV_DCS_ENDPOINT_BACK,
    EV_DCS_LEADER, /* raft */
    EV_DCS_ALARM,
    EV_FAILSAFE, /* a member runs in failsafe mode, or not any more */
    /* Routes. */
    EV_ROUTE_UP, /* HAProxy: subject is proxy/server */
    EV_ROUTE_DOWN,
    EV_ROUTE_SILENT,
    EV_ROUTE_BACK,
    EV_POOL_TARGET, /* PgBouncer's servers of a database point elsewhere: old, now */
    EV_BOUNCER_SILENT,
    EV_BOUNCER_BACK,
    /* The probe. */
    EV_PROBE_STARTED,
    EV_PROBE_STOPPED,
    EV_PROBE_FAILS,  /* the first failure of an outage */
    EV_PROBE_WORKS,  /* the first success after it; now: how long it lasted */
    EV_PROBE_SERVER, /* another server answers: old, now */
    EV_PROBE_ROWS,   /* lost or ghost rows counted */
    /* Ourselves. */
    EV_VERDICT,   /* the cluster's verdict: old, now; the text has the first reason */
    EV_OPERATION, /* an operation of ours: begun, done, failed */
    EV_FAILOVER,  /* one began or ended: the text says which kind, how long */
    EV_NOTE,      /* the program's own: a gap in the recording, a clock that jumped */
    EV_KIND_COUNT
};

struct event {
    uint64_t seq;             /* 1, 2, 3 … within one run; given by the log */
    int64_t mono_us, wall_us; /* when it was known here */
    /* Monotonic: the old value was last confirmed then. The change happened in between: equal to
     * mono_us for what etcd told by itself; one poll earlier for what was asked. 0 unknown. */
    int64_t not_before_us;
    enum event_kind kind;
    enum obs_system source;
    enum health grade;     /* how it is to be drawn: HEALTH_OK plain news */
    const char *subject;   /* member, endpoint, bouncer, proxy/server; "" the cluster */
    const char *old, *now; /* "" when there is none */
    const char *text;      /* a sentence: "pg2 took the leader lock" */
    const char *evidence;  /* what was said, verbatim and cleaned, at most 4 KiB; "" */
    int64_t revision;      /* etcd's, 0 none */
};

typedef void event_fn(void *arg, const struct event *e); /* e valid during the call */

const char *event_kind_name(enum event_kind k); /* "lock-taken": stable, in JSON */
bool event_kind_parse(const char *name, enum event_kind *out);

/* A bounded ring; the oldest goes first. */
enum { EVENT_LOG_MAX = 4096 };
struct event_log;
struct event_log *event_log_new(int cap);
void event_log_free(struct event_log *l); /* NULL is allowed */
/* Copies e, numbers it, returns the copy (valid until it falls out). Control characters were taken
 * out by whoever made it. */
const struct event *event_log_add(struct event_log *l, const struct event *e);
int event_log_count(const struct event_log *l);
const struct event *event_log_get(const struct event_log *l, int newest); /* 0: the newest */
uint64_t event_log_dropped(const struct event_log *l);                    /* fell out of the ring */

#endif
