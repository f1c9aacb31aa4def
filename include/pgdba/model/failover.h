/*
 * model/failover.h: a run of events folded into phases. Facts: reference "patroni.md" §4.3 (the
 * real sequences), §4.4 (timers).
 */
#ifndef PGDBA_MODEL_FAILOVER_H
#define PGDBA_MODEL_FAILOVER_H

#include "pgdba/base/arena.h"
#include "pgdba/model/event.h"
#include "pgdba/model/lsn.h"

enum failover_kind {
    FO_UNKNOWN,    /* still open, cannot be told yet; or the leader changed and no cause was seen */
    FO_SWITCHOVER, /* a request named the leader */
    FO_MANUAL,     /* a request without a leader (patronictl failover) */
    FO_CRASH,      /* the lease ran out, or the lock went, without a request */
    FO_CLEAN_STOP, /* the leader's Patroni was stopped: explicit release, no request */
    FO_LOCAL_RECOVERY, /* PostgreSQL crashed and the same node took up again; the lock stayed */
    FO_REACQUIRED,     /* the same name, a new lease; nothing promoted */
    FO_REFUSED,        /* a request came and went and the leader stayed */
    FO_DCS_FAILSAFE,   /* etcd was away, failsafe mode kept the primary */
    FO_DCS_DEMOTED,    /* etcd was away, the primary demoted itself */
    FO_KIND_COUNT
};

/* In the order of the line on the screen. */
enum failover_phase_id {
    FP_REQUESTED,  /* the failover key (switchover, manual) */
    FP_LAST_SIGN,  /* the last sign of life of the old leader: time 0 where there was no request */
    FP_LOCK_GONE,  /* the key is deleted, or its lease ran out */
    FP_CANDIDATES, /* who could take over, with their LSNs (note) */
    FP_LOCK_TAKEN,
    FP_PROMOTED,    /* out of recovery on timeline N+1 */
    FP_WRITABLE,    /* accepts writes: not in recovery and not read-only by its own word */
    FP_HAPROXY,     /* the write backend sends to the new leader (one a HAProxy; subject) */
    FP_PGBOUNCER,   /* PgBouncer's servers point at it (one a bouncer; subject) */
    FP_FIRST_WRITE, /* the write probe's first success after the outage */
    FP_REPLICA,     /* a replica streams from the new leader (one each; subject) */
    FP_COUNT
};

enum fo_state { FO_WAITING, FO_NEXT, FO_DONE, FO_SKIPPED, FO_OVERDUE };

struct failover_phase {
    enum failover_phase_id id;
    const char *subject; /* member, haproxy, bouncer; "" */
    enum fo_state state; /* NEXT: what is being waited for now; OVERDUE: the same, past its range;
                            SKIPPED: cannot be seen here (not configured) or did not happen */
    int64_t mono_us, wall_us;                 /* DONE: when it was known */
    int64_t not_before_us;                    /* monotonic; see event.h; 0 unknown */
    enum obs_system source;                   /* who told */
    int64_t predicted_lo_us, predicted_hi_us; /* after the start; -1 no prediction */
    const char *note; /* "pg2 0/5000A58, pg3 0/5000A58", "timeline 5", why skipped; "" */
    int64_t revision; /* etcd's, 0 none */
};

struct failover_outage { /* as the probe saw it; all 0 without a probe */
    bool known, is_write;
    const char *route;
    int64_t longest_us, total_us;
    int64_t from_wall_us, to_wall_us; /* of the longest */
    int failures;
    int64_t lost, ghosts; /* rows; -1 not known */
};

struct failover {
    struct arena arena;
    uint64_t number; /* 1, 2, … as kept; 0 from /history only */
    enum failover_kind kind;
    bool open;   /* still going on */
    bool coarse; /* etcd was not watched: times are of polls */
    const char *cluster;
    const char *from, *to;                /* old and new leader; "" unknown */
    int64_t old_timeline, new_timeline;   /* 0 unknown */
    int64_t start_mono_us, start_wall_us; /* time 0 of the phases */
    int64_t end_mono_us, end_wall_us;     /* when it was called over; 0 open */
    int nphases;
    const struct failover_phase *phases;
    struct failover_outage outage;
    const char *summary; /* "switchover pg1 -> pg2 in 3.214 s, timeline 4 -> 5" */
};

const char *failover_kind_name(enum failover_kind k); /* "crash failover" */
const char *failover_kind_id(enum failover_kind k);   /* "crash-failover": in JSON */
bool failover_kind_parse(const char *id, enum failover_kind *out);
const char *failover_phase_name(enum failover_phase_id id); /* "lock taken" */
const char *failover_phase_key(enum failover_phase_id id);  /* "lock-taken": in JSON */
bool failover_phase_parse(const char *key, enum failover_phase_id *out);
const char *fo_state_name(enum fo_state s);
bool fo_state_parse(const char *name, enum fo_state *out);

/* Kept ones, newest first; open first of all. Pointers are valid until the list changes. */
enum { FAILOVERS_KEPT = 20 };
struct failover_list {
    const struct failover *open; /* NULL none */
    int n;
    const struct failover *v[FAILOVERS_KEPT]; /* ended, newest first */
};

struct failover *failover_new(void);
struct failover *failover_copy(const struct failover *f); /* deep */
void failover_free(struct failover *f);                   /* NULL is allowed */

#endif
