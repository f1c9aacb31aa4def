/*
 * model/patroni.h: what Patroni's REST API says, in plain structs. Facts: reference "patroni.md"
 * §1.3 (/patroni, /health), §1.4 (/cluster), §1.5 (/history, /config), §1.6 (states).
 *
 * Texts are cleaned (utf8_clean). A number that was not said is *_UNKNOWN, a text NULL, unless said
 * otherwise. Positions are bytes of WAL (LSN), lags bytes.
 */
#ifndef PGDBA_MODEL_PATRONI_H
#define PGDBA_MODEL_PATRONI_H

#include <stdbool.h>
#include <stdint.h>

#include "pgdba/model/lsn.h"

enum role {
    ROLE_UNKNOWN,
    ROLE_LEADER, /* holds the lock; /patroni says primary (4.0) or master (before) */
    ROLE_STANDBY_LEADER,
    ROLE_SYNC_STANDBY,
    ROLE_QUORUM_STANDBY,
    ROLE_REPLICA,
    ROLE_DEMOTED,       /* /patroni only */
    ROLE_UNINITIALIZED, /* /patroni only */
    ROLE_PROMOTED,      /* /patroni only, about a second after taking the lock */
    ROLE_COUNT
};

/* Patroni's state string, folded; state_text keeps the words. */
enum pg_state {
    PGS_UNKNOWN,
    PGS_RUNNING,
    PGS_STREAMING,
    PGS_ARCHIVE_RECOVERY,
    PGS_STARTING,
    PGS_RESTARTING,
    PGS_STOPPING,
    PGS_STOPPED,
    PGS_CREATING_REPLICA,
    PGS_INITIALIZING,
    PGS_FAILED, /* start failed, stop failed, restart failed, crashed, initdb failed, … */
    PGS_COUNT
};

struct tag {
    const char *key;
    const char *value; /* as text: true, 5, abc */
};

struct tags {
    int n;
    const struct tag *v;
    /* Patroni's own, read out. */
    bool nofailover; /* also failover_priority <= 0 */
    bool noloadbalance, nosync, clonefrom, nostream;
    bool has_failover_priority;
    int64_t failover_priority;
    const char *replicatefrom;
};

struct pending_reason {
    const char *parameter, *old_value, *new_value;
};

struct scheduled_restart {
    const char *at; /* ISO 8601 with offset, NULL when none is scheduled */
};

/* A row of /cluster: the DCS's view, not a health check. */
struct cluster_member {
    const char *name; /* never NULL */
    enum role role;
    const char *role_text; /* verbatim */
    enum pg_state state;
    const char *state_text; /* verbatim, "" when unknown */
    const char *api_url;    /* as advertised, with /patroni at the end; NULL when not said */
    const char *host;
    int port;                        /* 0 when not said */
    int64_t timeline;                /* 0 when not said: PostgreSQL is not answering */
    int64_t lag;                     /* LAG_UNKNOWN for the leader and "unknown" */
    int64_t receive_lag, replay_lag; /* 4.1+ */
    lsn_t receive_lsn, replay_lsn;   /* 4.1+ */
    bool pending_restart;
    int npending;
    const struct pending_reason *pending; /* 3.3+ */
    struct scheduled_restart scheduled_restart;
    struct tags tags;
};

struct cluster_view {
    const char *scope; /* 3.2+, else NULL */
    bool paused;
    const char *switchover_at, *switchover_from, *switchover_to; /* scheduled; NULL when none */
    int nmembers;
    const struct cluster_member *members; /* in the order given (by name) */
};

/* A row of replication[]: who streams from this member. */
struct replication_row {
    const char *application_name; /* Patroni sets it to the member's name */
    const char *client_addr;
    const char *usename;
    const char *state; /* startup, catchup, streaming, backup, stopping */
    const char *sync_state;
    int64_t sync_priority;
};

/* Body of /patroni and of every health path. has_sql is false when PostgreSQL was not asked or did
 * not answer: then the SQL group below it is unknown. */
struct member_health {
    int http_status; /* of /health: 200 running, 503 not; both are answers */
    enum pg_state state;
    const char *state_text;
    enum role role;
    const char *role_text;
    bool has_sql;
    const char *postmaster_start_time;
    int64_t postmaster_start_us; /* the same, wall; 0 unknown */
    int64_t server_version;      /* 150020; 0 unknown */
    lsn_t location;              /* primary: current (4.1+: flush) position */
    lsn_t received, replayed;    /* in recovery */
    const char *replayed_timestamp;
    int64_t replayed_wall_us; /* the same parsed, 0 when unknown */
    bool replay_paused;
    int64_t timeline; /* 0 unknown */
    int nreplication;
    const struct replication_row *replication;
    const char *replication_state; /* 3.0.4+: streaming, in archive recovery */
    bool sync_standby, quorum_standby;
    bool paused; /* this member's view of the configuration */
    bool cluster_unlocked;
    bool failsafe_active;
    int64_t dcs_last_seen; /* epoch s, 0 unknown (before 2.1.2) */
    int64_t date_s;        /* the answering host's own clock (Date header), epoch s, 0 unknown */
    struct tags tags;
    const char *system_id;
    bool pending_restart;
    int npending;
    const struct pending_reason *pending;
    struct scheduled_restart scheduled_restart;
    bool watchdog_failed;
    const char *patroni_version; /* "3.0.2" */
    int patroni_version_num;     /* 30002; 0 unknown */
    const char *scope;
    const char *name; /* 3.2+, else NULL */
};

struct history_item {
    int64_t timeline; /* the one that ended; the new one is timeline + 1 */
    lsn_t end;
    const char *reason;
    const char *timestamp;  /* NULL on old versions */
    const char *new_leader; /* NULL before 2.1.1 */
    int64_t wall_us;        /* timestamp read; 0 unknown */
};

struct history {
    int n;
    const struct history_item *v; /* oldest first, as given */
};

/* Dynamic configuration, the parts that checks and predictions need. Defaults are Patroni's. */
struct dynamic_config {
    int64_t ttl, loop_wait, retry_timeout; /* s: 30, 10, 10 */
    int64_t maximum_lag_on_failover;       /* bytes: 1048576 */
    bool paused;
    bool synchronous_mode, synchronous_quorum, synchronous_mode_strict;
    int64_t synchronous_node_count;
    bool check_timeline;
    bool failsafe_mode;
    bool standby_cluster;
    int nslots; /* permanent ones: Patroni makes them on every leader */
    const char *const *slots;
    const char
        *text; /* the whole document, JSON as it came: for wire/dynamic.h, not for a terminal */
};

const char *role_name(enum role r); /* "sync standby" */
/* Folds /cluster's and /patroni's words: leader, master and primary are one. */
enum role role_parse(const char *text);
enum pg_state pg_state_parse(const char *text);
const char *pg_state_name(enum pg_state s);
bool pg_state_is_up(enum pg_state s); /* running, streaming, in archive recovery */
bool role_is_leader(enum role r);     /* leader or standby leader */

#endif
