/*
 * model/observation.h: what one source said once: the unit that flows up, and that recordings hold.
 */
#ifndef PGDBA_MODEL_OBSERVATION_H
#define PGDBA_MODEL_OBSERVATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum obs_kind {
    OBS_PATRONI_CLUSTER,  /* GET /cluster of `endpoint`; target "" */
    OBS_PATRONI_HEALTH,   /* GET /health of target (member) */
    OBS_PATRONI_LIVENESS, /* GET /liveness of target: Patroni alive though SQL is stuck */
    OBS_PATRONI_HISTORY,  /* GET /history */
    OBS_PATRONI_CONFIG,   /* GET /config */
    OBS_PGB_VERSION,      /* SHOW VERSION of target (bouncer); the body is a table */
    OBS_PGB_POOLS,
    OBS_PGB_DATABASES,
    OBS_PGB_STATS,
    OBS_PGB_STATE,   /* 1.19+ only */
    OBS_PGB_SERVERS, /* where its server connections go */
    OBS_PGB_CONFIG,
    OBS_PGB_LISTS,
    OBS_PGB_CLIENTS, /* from here on only while somebody looks at them */
    OBS_PGB_USERS,
    OBS_PGB_MEM,
    OBS_PGB_DNS_HOSTS,
    OBS_PGB_DNS_ZONES,
    OBS_ETCD_RANGE,  /* every key under target (a prefix, "/service/demo/"): POST /v3/kv/range */
    OBS_ETCD_WATCH,  /* one line of the watch on target (the same prefix), as it came; not ANSWERED:
                        the stream has ended, detail says why */
    OBS_ETCD_ALIVE,  /* proof of life for the watch on target: its endpoint serves quorum reads. The
                        body is a range of the leader key alone */
    OBS_ETCD_LEASE,  /* timetolive of target (lease id, decimal) */
    OBS_ETCD_STATUS, /* of one endpoint (target: its URL): POST /v3/maintenance/status */
    OBS_ETCD_HEALTH, /* GET /health of an endpoint */
    OBS_ETCD_VERSION, /* GET /version of an endpoint */
    OBS_ETCD_METRICS, /* GET /metrics of an endpoint, only the lines we read; where status is denied
                       */
    OBS_ETCD_MEMBERS, /* POST /v3/cluster/member/list, by any endpoint; target "" */
    OBS_HAPROXY_STATS, /* CSV of target (an haproxy of the configuration) */
    OBS_PG_SELF,    /* what target's (a member's) PostgreSQL says of itself; the body is a table */
    OBS_PG_VITALS,  /* what target's primary says of its transactions, slots, archiver, backups */
    OBS_PROBE,      /* one attempt of the probe; target is the route; the body is wire/probe's */
    OBS_PROBE_ROWS, /* the rows that are there after an outage: for lost and ghost rows */
    OBS_HAPROXY_INFO, /* "show info" of target's runtime socket: the process itself */
    OBS_KIND_COUNT
};

#define OBS_BIT(kind) (UINT64_C(1) << (kind))
_Static_assert(OBS_KIND_COUNT <= 64, "a set of kinds is one word");

/* Whose word a kind is: who is told, and which part of the store keeps it. */
enum obs_system {
    SYS_PATRONI,
    SYS_PGBOUNCER,
    SYS_ETCD,
    SYS_HAPROXY,
    SYS_POSTGRES,
    SYS_PROBE,
    SYS_PGDBA,
    SYS_COUNT
};

/* How it ended. OBS_NEVER is the state of a source that has not been asked yet. */
enum obs_outcome {
    OBS_NEVER,
    OBS_ANSWERED,
    OBS_REFUSED, /* connection refused, name not resolved, no route */
    OBS_TIMED_OUT,
    OBS_TLS,
    OBS_UNAUTHORISED, /* 401, 403, authentication failed */
    OBS_GARBLED,      /* empty reply, truncated, over the cap, not what it must be */
    OBS_OUTCOME_COUNT
};

struct observation {
    enum obs_kind kind;
    const char *target;   /* member or bouncer name; "" where the cluster is meant */
    const char *endpoint; /* URL or conninfo without secrets: who was asked */
    int64_t wall_us;      /* when the answer (or its absence) was known */
    int64_t mono_us;
    int64_t latency_us;
    enum obs_outcome outcome;
    int http_status;    /* 0 where there is none */
    const char *detail; /* one line for people: "connection refused", "curl: ..." */
    const char *body;   /* as it came; NULL when nothing came */
    size_t body_len;
    const char *date; /* the server's Date header, "" when none */
};

const char *obs_kind_name(enum obs_kind k); /* "patroni.cluster" */
bool obs_kind_parse(const char *name, enum obs_kind *out);
enum obs_system obs_kind_system(enum obs_kind k);
const char *obs_system_name(enum obs_system s); /* "etcd", "Patroni", "PostgreSQL", …, "pgdba" */
bool obs_outcome_parse(const char *name, enum obs_outcome *out);
const char *obs_outcome_name(enum obs_outcome o); /* "timed out": the words on the screen */

#endif
