/*
 * model/cluster.h: the snapshot: one cluster at one moment, as all sources together describe it.
 *
 * Immutable and reference-counted. It holds references to the parsed replies (model/facts.h) it
 * was made from; nothing in it points to a connection or to memory owned elsewhere. Times are the
 * program's monotonic µs unless they say wall.
 */
#ifndef PGDBA_MODEL_CLUSTER_H
#define PGDBA_MODEL_CLUSTER_H

#include "pgdba/base/arena.h"
#include "pgdba/model/acting.h"
#include "pgdba/model/dcs.h"
#include "pgdba/model/facts.h"
#include "pgdba/model/observation.h"
#include "pgdba/model/patroni.h"
#include "pgdba/model/pgbouncer.h"
#include "pgdba/model/postgres.h"
#include "pgdba/model/probe.h"
#include "pgdba/model/route.h"

enum environment { ENV_UNSET, ENV_TEST, ENV_STAGING, ENV_PRODUCTION };

/* How a source stands: what the last attempt gave, since when, and how old the last answer is. */
struct source_state {
    enum obs_outcome outcome; /* of the last attempt; OBS_NEVER before the first */
    int64_t asked_us;         /* when the last attempt ended */
    int64_t answered_us;      /* when the last good answer came; 0 never */
    int64_t since_us;         /* the outcome has been this since */
    int64_t latency_us;       /* of the last good answer */
    const char *endpoint;     /* who was asked; "" */
    const char *detail;       /* one line; "" */
};

/* Samples for sparklines, oldest first. Values LAG_UNKNOWN where there was none. */
struct series {
    int n;
    const int64_t *at_us;
    const int64_t *value;
};

/* Where a member's live lag comes from, best first. */
enum lag_basis {
    LAG_NONE,      /* not known */
    LAG_PUBLISHED, /* /cluster: both ends published once a loop */
    LAG_LIVE       /* leader's and member's own /health, sampled about together */
};

struct lag_sample {
    enum lag_basis basis;
    int64_t receive, replay; /* bytes; LAG_UNKNOWN */
    int64_t at_us;           /* when measured (the older end) */
};

#define SINCE_BEFORE       1 /* monotonic µs of "since before we looked" */
#define STREAM_LOST_BEFORE SINCE_BEFORE

struct member {
    const char *name;                        /* never NULL */
    bool listed;                             /* in the last good /cluster */
    int64_t last_seen_us, last_seen_wall_us; /* when last listed; 0 never */
    const struct cluster_member *dcs; /* last row known, even after it vanished; NULL if never */
    const struct member_health
        *health;                  /* last good answer, NULL if never; age by api.answered_us */
    struct source_state api;      /* /health */
    struct source_state liveness; /* asked only when /health does not answer; OBS_NEVER else */
    const char *api_base;         /* the URL this program uses, NULL when none is reachable */
    const char *upstream;         /* name of the member it streams from, NULL unknown */
    bool upstream_observed;       /* from a walsender row (true) or only guessed from tags/role */
    struct lag_sample lag;
    struct series receive_lag, replay_lag;
    const char *note;       /* "API not reachable from here", NULL */
    struct source_state pg; /* PostgreSQL asked directly; OBS_NEVER when no conninfo is given */
    const struct pg_self *pg_self;    /* last good answer, NULL never; age by pg.answered_us */
    struct source_state vitals_state; /* asked of a primary alone; OBS_NEVER else */
    const struct pg_vitals *vitals;   /* last good answer, NULL never */
    /* What only a look back can tell; carry_since() of analysis/ fills them, 0 when not known. */
    int64_t role_since_us;  /* its own word for its role has been this since */
    int64_t stream_lost_us; /* running as a replica but not streaming since; 0 while it streams or
                               that is not known; STREAM_LOST_BEFORE: since before we looked */
    int64_t out_of_recovery_us; /* its PostgreSQL (libpq) says so since; 0 it does not */
    int64_t unwritable_us;    /* it holds the lock, and its PostgreSQL (libpq, else its own /health,
                                 else its row) says since then that it takes no writes, which a
                                 silence does not end; SINCE_BEFORE: since before we looked; 0 else */
    int64_t stray_haproxy_us; /* not the leader, and a write backend sends to it since; 0 */
    int64_t stray_pgbouncer_us; /* it led, leads no more, and PgBouncer points at it since; 0. One
                                   that never led under our eyes may be pointed at on purpose */
};

/* A configured URL of Patroni that gives no answer and is no listed member's: perhaps that of one
 * that has gone. */
struct silent_url {
    const char *url;
    enum obs_outcome outcome;
    const char *detail; /* one line; "" */
};

struct ha_server_name {
    const char *server, *member;
};

/* One HAProxy. */
struct haproxy {
    const char *name, *endpoint;
    struct source_state state;
    const struct ha_stats *stats; /* NULL until answered */
    const char *write_backend;    /* as configured; NULL: analysis/routes.h guesses */
    const char *writes;           /* that, or the guess; "" there is none; NULL: not carried */
    const char *socket;           /* its runtime socket, as configured; NULL: none */
    struct source_state info_state;
    const struct ha_info *info; /* by its socket; NULL never */
    int nservers;
    const struct ha_server_name *servers; /* as configured: which member a server is */
    const int64_t *held_us;               /* one a row of stats: in MAINT or DRAIN since (carry);
                                             SINCE_BEFORE; 0 it is not. NULL: not carried */
    int64_t no_target_us; /* its write backend has had no server since; 0 it has (carry) */
    int nwrite_addresses; /* host:port of its port for writes, as others reach it */
    const char *const *write_addresses;
};

/* Since when, monotonic µs; 0 it is not so, SINCE_BEFORE since before we looked. */
struct pgb_since {
    int64_t paused_us, disabled_us;
    int64_t no_server_us; /* clients wait, and there is no server connection */
    int64_t no_login_us;  /* the same, or there are only such that have not logged in */
    int64_t closing_us;   /* some of its server connections are to be closed, and are not */
};

struct bouncer {
    const char *name;
    const char *endpoint;      /* host:port, no secrets */
    struct source_state state; /* the worst of its queries */
    struct pgb_version version;
    const struct pgb_pools *pools; /* NULL until answered; age by the states below */
    const struct pgb_databases *databases;
    const struct pgb_stats_set *stats;
    struct pgb_state globals; /* TRI_UNKNOWN before 1.19 */
    const struct pgb_servers *servers;
    struct source_state pools_state, databases_state, stats_state, servers_state;
    int nrates;
    const struct pgb_rates *rates; /* one a database of stats */
    /* Asked seldom, or only while somebody looks (source_pgbouncer_want()). */
    const struct pgb_lists *lists;
    const struct pgb_config *config;
    const struct pgb_clients *clients;
    const struct pgb_users *users;
    const struct pgb_memory *memory;
    const struct pgb_dns_hosts *dns_hosts;
    const struct pgb_dns_zones *dns_zones;
    struct source_state lists_state, config_state, clients_state, users_state, memory_state,
        dns_hosts_state, dns_zones_state;
    /* All databases together, a sample a round: LAG_UNKNOWN where there was none. Clients, µs, a
     * thousandth of a query a second, µs. */
    struct series waiting, maxwait, queries, mean_wait;
    /* What only a look back can tell (carry_bouncers() of analysis/). */
    int64_t held_us; /* paused or suspended as a whole since; 0 it is not */
    int nsince;
    const struct pgb_since *since; /* one a database of databases */
};

struct snapshot {
    int refs;
    struct arena arena;
    struct facts **held; /* nheld references, given back with the snapshot */
    int nheld;

    uint64_t id; /* 1, 2, 3, … within one run */
    int64_t mono_us, wall_us;
    const char *cluster; /* the registered name */
    enum environment environment;
    int64_t refresh_us; /* the interval in force */

    struct source_state view; /* /cluster; endpoint is who answered */
    const char *view_member;  /* name of the answering member, NULL unknown */
    const char *scope;        /* NULL unknown */
    bool paused;
    const char *switchover_at, *switchover_from, *switchover_to;

    int nmembers;
    const struct member *members; /* by name; listed and remembered */
    int nsilent_urls;
    const struct silent_url *silent_urls;
    int leader;                 /* index, -1 when the last view has none (or there is no view) */
    int64_t no_leader_since_us; /* 0 while there is one */
    int64_t leader_since_us;    /* this one has been listed since (carry_since()); 0 unknown */

    struct source_state config_state, history_state;
    const struct dynamic_config *config; /* NULL until known */
    const struct history *history;       /* NULL until known */

    int nbouncers;
    const struct bouncer *bouncers; /* in the order configured */
    int nhaproxies;
    const struct haproxy *haproxies; /* in the order configured */
    int nroutes;
    const struct app_route *routes; /* in the order configured */

    /* etcd, when the configuration has it; else everything from here is 0, NULL, OBS_NEVER. */
    bool etcd_configured;
    /* The watch: answered_us is the last proof that it is alive (a line of it, or its endpoint
     * serving a quorum read); outcome and detail of the last end while it is not. */
    struct source_state dcs_state;
    const struct dcs *dcs; /* as of the last revision heard of; NULL never */
    /* Leader, members and pause above are from dcs, because it is fresh; else from /cluster. What
     * /cluster itself says is then in cluster_view, for comparing. */
    bool dcs_leads;
    const struct cluster_view *cluster_view; /* the last good /cluster; NULL never */
    struct source_state cluster_state;       /* of /cluster; `view` is of whichever leads */
    int nleases;
    const struct dcs_lease *leases; /* asked only while somebody looks; by id */
    int nendpoints;
    const struct etcd_endpoint *endpoints;      /* as configured */
    const struct source_state *endpoint_states; /* one each */
    const char *etcd_members_text;              /* "" or why the member list is not known */

    /* Others who say that they act; NULL: not known (no etcd, not asked, not allowed). */
    const struct acting_list *acting;

    const struct probe_view *probe; /* NULL: never started */
};

/* A new empty snapshot with one reference; its maker fills it and then treats it as const. */
struct snapshot *snapshot_new(void);
/* Takes a reference to f that goes with the snapshot. */
void snapshot_hold(struct snapshot *s, struct facts *f);
const struct snapshot *snapshot_ref(const struct snapshot *s);
void snapshot_unref(const struct snapshot *s); /* NULL is allowed */

const struct member *snapshot_member(const struct snapshot *s, const char *name); /* or NULL */
const struct member *snapshot_leader(const struct snapshot *s);                   /* or NULL */
/* The leader's timeline by its own word if fresh, else by /cluster; 0 unknown. */
int64_t snapshot_timeline(const struct snapshot *s);
/* True when the last good answer is older than two and a half refreshes (at least 2.5 s), or the
 * last attempt failed, or there never was one. */
bool source_is_stale(const struct source_state *st, int64_t refresh_us, int64_t now_us);
/* The lease of that id, NULL unknown. */
const struct dcs_lease *snapshot_lease(const struct snapshot *s, int64_t id);
/* Lease time left in µs, counted down from the last answer; negative: overdue. INT64_MIN when not
 * known: never answered, or longer ago than 3 s (it may have been renewed since). etcd says whole
 * seconds: what is left is up to 1 s more. */
int64_t snapshot_lease_left(const struct snapshot *s, int64_t id, int64_t now_us);
const char *environment_name(enum environment e); /* "production", "" when unset */
bool environment_parse(const char *text, enum environment *out);

#endif
