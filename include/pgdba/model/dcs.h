/*
 * model/dcs.h: what is in etcd for one Patroni cluster, and how etcd itself stands. Facts:
 * reference "patroni.md" §4.1 (keys), §4.2 (member key), §5.7 (endpoints).
 *
 * Patroni's own view of the DCS comes over /cluster too; this is the thing itself, to the revision.
 * A text that was not said is NULL, a number 0 or *_UNKNOWN. Texts are cleaned.
 */
#ifndef PGDBA_MODEL_DCS_H
#define PGDBA_MODEL_DCS_H

#include "pgdba/model/observation.h"
#include "pgdba/model/patroni.h"

/* members/NAME. */
struct dcs_member {
    const char *name;
    /* The key's fields as a row of /cluster would have them: role is the member's own word
     * (primary and master are ROLE_LEADER, promoted ROLE_PROMOTED), lags LAG_UNKNOWN, timeline 0
     * while something was started on the node. api_url, host and port of conn_url, tags, pending.
     */
    struct cluster_member row;
    lsn_t location; /* xlog_location: the leader's position, or max(received, replayed) */
    lsn_t replayed, received;
    const char *replication_state; /* 3.0.4+ */
    const char *patroni_version;
    bool paused;
    bool checkpoint_pending; /* checkpoint_after_promote is false: promoted, not yet checkpointed */
    int64_t lease;           /* id; 0 none */
    int64_t create_revision, mod_revision;
};

struct dcs_failover { /* the key "failover" */
    bool present;     /* a request stands: the key is there and not {} */
    const char *leader, *candidate, *scheduled_at;
    int64_t revision;
};

struct dcs_sync {
    bool present;
    const char *leader, *standbys; /* comma list */
};

/* All keys of the cluster as of one revision. Immutable. */
struct dcs {
    const char *prefix;      /* "/service/demo/" */
    int64_t revision;        /* store-wide revision this is as of */
    bool whole;              /* made from a range, not from the revision before it */
    const char *leader;      /* value of the key "leader", NULL: nobody holds the lock */
    int64_t leader_lease;    /* 0 none */
    int64_t leader_term_rev; /* create_revision of "leader": changes with every term */
    int nmembers;
    const struct dcs_member *members; /* by name */
    struct dcs_failover failover;
    struct dcs_sync sync;
    lsn_t optime;                        /* leader position in "status" or "optime/leader" */
    int64_t optime_revision;             /* mod_revision of that key */
    const struct dynamic_config *config; /* NULL when the key is not there or not JSON */
    const struct history *history;       /* NULL the same way */
    const char *initialize; /* system identifier; "" while bootstrapping; NULL no key */
    bool failsafe;          /* the key "failsafe" is there */
    const char *failover_text, *config_text; /* the keys' values as they are, for evidence; NULL */
};

const struct dcs_member *dcs_member_find(const struct dcs *d, const char *name); /* or NULL */

/* timetolive of one lease. */
struct dcs_lease {
    int64_t id;
    int64_t ttl_s;     /* left when it was answered; -1: gone */
    int64_t granted_s; /* 0 unknown */
    int64_t at_us;     /* monotonic, when answered; 0 never */
    enum obs_outcome outcome;
};

enum etcd_alarm { ETCD_ALARM_NONE, ETCD_ALARM_NOSPACE, ETCD_ALARM_CORRUPT };

/* One endpoint, put together from what it was allowed to tell. */
struct etcd_endpoint {
    const char *url;
    const char *name;     /* its member's name, NULL unknown */
    const char *version;  /* "3.4.23", NULL unknown */
    uint64_t member_id;   /* 0 unknown */
    uint64_t leader_id;   /* whom it calls raft leader; 0 none or unknown */
    bool has_leader_word; /* leader_id (or its absence) was said */
    bool is_leader, is_learner;
    int64_t term, raft_index, applied_index; /* -1 unknown */
    int64_t db_size, db_in_use, db_quota;    /* bytes, -1 unknown */
    enum tristate_health { ETCD_HEALTH_UNKNOWN, ETCD_HEALTHY, ETCD_UNHEALTHY } health;
    const char *health_reason; /* "RAFT NO LEADER", "" */
    enum etcd_alarm alarm;
    bool status_denied; /* status is not ours to read: what is missing is missing for that */
};

#endif
