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
    int64_t server_lifetime_s;                    /* 1.23+ */
    int64_t max_clients, current_clients;         /* 1.24+; max 0: unlimited */
    const char *load_balance_hosts;               /* 1.24+, where host is a list */
};

struct pgb_databases {
    int n;
    const struct pgb_database *v;
};

/* The database of that name, NULL: none (also where either is NULL). Rows of other tables come in
 * the order of SHOW DATABASES: *at, where the last one was found and the search begins, keeps a
 * join of both short; 0 at first, and never looked at by others. */
const struct pgb_database *pgb_database_named(const struct pgb_databases *d, const char *name,
                                              int *at);

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

/*
 * A row of SHOW SERVERS, one connection to PostgreSQL (or to what stands before it), or of SHOW
 * CLIENTS, one connection of an application: both have the same columns.
 */
struct pgb_server {
    const char *database, *user, *state; /* active, idle, used, tested, login, … */
    const char *addr;                    /* numeric address, NULL: unix socket */
    int64_t port;
    bool close_needed; /* to be closed when it comes back: points at something that is no more */
    const char *connected_at, *requested_at; /* in the daemon's zone; NULL unknown */
    const char *local_addr;                  /* NULL: unix socket */
    int64_t local_port;
    int64_t wait_us;        /* a client's, in the queue */
    const char *ptr, *link; /* itself, and its peer: a client's server, a server's client */
    int64_t remote_pid;     /* of the backend; of a client by unix socket */
    int64_t id;             /* 1.24+, unique in one process; ptr is used again */
    int64_t prepared;       /* 1.21+ */
    const char *tls, *application_name, *replication; /* NULL: none, or not said */
};

struct pgb_servers {
    int n;
    const struct pgb_server *v;
};

struct pgb_clients {
    int n;
    const struct pgb_server *v;
};

/* A row of SHOW USERS. Its pool sizes are not here: up to 1.25 a row has the value of another. */
struct pgb_user {
    const char *name, *pool_mode;         /* NULL: the default */
    int64_t max_connections, connections; /* 1.23+; max 0: unlimited */
    int64_t max_clients, clients;         /* 1.24+ */
};

struct pgb_users {
    int n;
    const struct pgb_user *v;
};

enum tristate { TRI_UNKNOWN, TRI_NO, TRI_YES };

/* A row of SHOW CONFIG. */
struct pgb_setting {
    const char *key;             /* never NULL */
    const char *value, *initial; /* initial: the default, 1.15+; NULL: none */
    enum tristate changeable;    /* by SET; what is not is silently left as it is */
};

struct pgb_config {
    int n;
    const struct pgb_setting *v;
};

/* A row of SHOW LISTS. */
struct pgb_list {
    const char *name;
    int64_t items;
};

struct pgb_lists {
    int n;
    const struct pgb_list *v;
};

/* A row of SHOW MEM; bytes, but used and free count pieces of that size. */
struct pgb_cache {
    const char *name;
    int64_t size, used, free, total;
};

struct pgb_memory {
    int n;
    const struct pgb_cache *v;
};

struct pgb_dns_host {
    const char *name, *addrs; /* addrs: separated by commas; NULL: not resolved */
    int64_t ttl_s;
};

struct pgb_dns_hosts {
    int n;
    const struct pgb_dns_host *v;
};

struct pgb_dns_zone {
    const char *name;
    int64_t serial, count;
};

struct pgb_dns_zones {
    int n;
    const struct pgb_dns_zone *v;
};

/* SHOW STATE (1.19+): the global switches. */
struct pgb_state {
    enum tristate active, paused, suspended;
    bool not_asked; /* before 1.19 an admin alone is told, who is not asked while read-only */
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
    double waited_us; /* of all clients, a second: within the times of transactions and queries,
                         which begin when the client asks and not when it has a server */
};

#endif
