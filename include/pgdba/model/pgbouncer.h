/*
 * model/pgbouncer.h: what PgBouncer's admin console says. Facts: reference "middleware.md" §1.4.
 * Counts are -1 and texts NULL when the version does not say them. Times are µs.
 */
#ifndef PGDBA_MODEL_PGBOUNCER_H
#define PGDBA_MODEL_PGBOUNCER_H

#include <stdbool.h>
#include <stdint.h>

/* A row of SHOW POOLS; the console's own pool (database "pgbouncer") is filtered out. */
struct pgb_pool {
    const char *database, *user;
    int64_t cl_active, cl_waiting, cl_cancel; /* cl_cancel: all cancel columns together */
    int64_t sv_active, sv_idle, sv_used, sv_tested, sv_login, sv_cancel;
    int64_t maxwait_us; /* age of the head of the queue; stays 0 for clients stuck in login */
    const char *pool_mode;
};

struct pgb_pools {
    int n;
    const struct pgb_pool *v;
};

/* A row of SHOW DATABASES, the console's own filtered out. */
struct pgb_database {
    const char *name, *host /* NULL: unix socket */, *database, *force_user, *pool_mode;
    int64_t port, pool_size, min_pool_size, reserve_pool;
    int64_t max_connections, current_connections; /* max 0: unlimited */
    bool paused, disabled;                        /* PAUSE db; a global PAUSE is not seen here */
};

struct pgb_databases {
    int n;
    const struct pgb_database *v;
};

/* A row of SHOW STATS: totals since the daemon (or the pool) started. */
struct pgb_stats {
    const char *database;
    int64_t xacts, queries, received, sent; /* received, sent: bytes, client side */
    int64_t xact_us, query_us, wait_us;
    int64_t assignments; /* 1.23+, else -1 */
};

struct pgb_stats_set {
    int n;
    const struct pgb_stats *v;
};

/* A row of SHOW SERVERS: one connection to PostgreSQL (or to what stands before it). */
struct pgb_server {
    const char *database, *user, *state; /* active, idle, used, tested, login, … */
    const char *addr;                    /* numeric address, NULL: unix socket */
    int64_t port;
    bool close_needed; /* to be closed when it comes back: points at something that is no more */
    const char *connected_at; /* NULL unknown */
};

struct pgb_servers {
    int n;
    const struct pgb_server *v;
};

enum tristate { TRI_UNKNOWN, TRI_NO, TRI_YES };

/* SHOW STATE (1.19+): the global switches. */
struct pgb_state {
    enum tristate active, paused, suspended;
};

struct pgb_version {
    int num; /* 11800 = 1.18.0; 0 unknown */
    const char *text;
};

/* Own deltas between two SHOW STATS of one database. */
struct pgb_rates {
    const char *database;
    bool known; /* false until two samples exist, and in the interval of a reset */
    bool reset; /* a total went back: pool dropped or daemon restarted */
    double xacts, queries, received, sent; /* per second */
    double xact_us, query_us, wait_us;     /* mean µs per transaction, query, wait; NAN if none */
};

#endif
