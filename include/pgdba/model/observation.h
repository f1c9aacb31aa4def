/*
 * model/observation.h: what one source said once: the unit that flows up, and that recordings hold.
 */
#ifndef PGDBA_MODEL_OBSERVATION_H
#define PGDBA_MODEL_OBSERVATION_H

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
    OBS_PGB_STATE, /* 1.19+ only */
    OBS_KIND_COUNT
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

const char *obs_kind_name(enum obs_kind k);       /* "patroni.cluster" */
const char *obs_outcome_name(enum obs_outcome o); /* "timed out": the words on the screen */

#endif
