/*
 * model/route.h: the ways from an application to the leader: what HAProxy says. Facts: reference
 * "middleware.md" §3.2 to §3.5. PgBouncer's are in model/pgbouncer.h. A column that this version
 * does not have, or leaves empty, is -1 or "".
 */
#ifndef PGDBA_MODEL_ROUTE_H
#define PGDBA_MODEL_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

enum ha_type { HA_FRONTEND, HA_BACKEND, HA_SERVER, HA_LISTENER };

/* Column "status", folded by its first word; status_text keeps it. */
enum ha_status {
    HA_UNKNOWN,
    HA_UP,
    HA_GOING_DOWN, /* UP n/m: was good, checks fail now */
    HA_DOWN,
    HA_GOING_UP, /* DOWN n/m */
    HA_DRAIN,    /* DRAIN, NOLB */
    HA_MAINT,
    HA_NO_CHECK
};

struct ha_row {
    enum ha_type type;
    const char *proxy, *name; /* pxname, svname */
    enum ha_status status;
    const char *status_text;
    const char *check_status; /* L7OK, L7STS, L4CON, …; without the "* " of a running check; "" */
    int check_code;           /* 200, 503; 0 none */
    int64_t check_ms;         /* -1 unknown */
    const char *last_check;   /* last_chk, "" */
    int64_t sessions;         /* scur; -1 unknown */
    int64_t changed_s;        /* lastchg: seconds since the state changed; -1 unknown */
    int64_t active, backups;  /* act, bck; -1 */
    const char *addr;         /* host:port, "" unless stats show-legends */
    int64_t sessions_max;     /* smax, since it was started */
    int64_t session_limit;    /* slim: maxconn; -1 none */
    int64_t sessions_total;   /* stot, since it was started */
    int64_t queue, queue_max; /* qcur, qmax: requests without a server */
    int64_t queue_limit;      /* qlimit: maxqueue; -1 none */
    int64_t rate, rate_max;   /* new sessions a second, over the last one; its maximum */
    int64_t weight;
    int64_t last_session_s;       /* lastsess: since the last one was given to it; -1 never */
    int64_t downtime_s;           /* in all, since it was started */
    int64_t failed_checks, downs; /* chkfail, chkdown */
    int64_t connect_errors;       /* econ */
    const char *mode;             /* "tcp", "http" */
    const char *agent_status;     /* agent check: as check_status; "" none */
    int admin; /* servers: HA_ADMIN_* bits, by the runtime socket; -1 not known. A server that is
                  DOWN by its check and in DRAIN says only DOWN in its status */
};

/* A way that applications go, as configured. */
struct app_place {
    const char *host; /* as written: a name, an address, a directory of sockets; "" libpq's own */
    int64_t port;
};
enum route_wants { ROUTE_WANTS_ANY, ROUTE_WANTS_PRIMARY, ROUTE_WANTS_STANDBY };
struct app_route {
    const char *name;
    int nplaces; /* libpq tries them in order */
    const struct app_place *places;
    const char *database;   /* NULL: as the user is called */
    enum route_wants wants; /* target_session_attrs */
};

struct ha_stats {
    int n;
    const struct ha_row *v;
};

enum {
    HA_ADMIN_MAINT = 0x67,
    HA_ADMIN_DRAIN = 0x18,
    HA_ADMIN_FORCED = 0x01 | 0x08, /* by a command: what "ready" takes back */
    HA_ADMIN_CONFIG = 0x04,        /* "disabled" in its configuration */
};

/* Who holds it in MAINT or DRAIN: "by hand", "by its configuration", "as its name does not
 * resolve", …; *by_hand: "ready" takes it back. */
const char *ha_row_held_by(const struct ha_row *r, bool *by_hand);

/* What the login of a runtime socket may do. */
enum ha_level { HA_LEVEL_UNKNOWN, HA_LEVEL_USER, HA_LEVEL_OPERATOR, HA_LEVEL_ADMIN };

/* The process itself, by its runtime socket: what the statistics page does not say. */
struct ha_info {
    enum ha_level level; /* of this socket; unknown before 1.9 */
    const char *version; /* "2.6.12-1+deb12u4" */
    const char *node;
    int64_t pid, uptime_s;
    int64_t max_conn, connections; /* Maxconn, CurrConns */
    int64_t conn_rate, max_conn_rate;
    int64_t idle_percent; /* Idle_pct: of its event loop */
    int64_t stopping;     /* 1: told to go, serves what it has */
};

const char *ha_level_name(enum ha_level l); /* "admin"; "" unknown */

/* Its check was answered with 503: Patroni is there, and the role is another. While the next check
 * runs, HAProxy shows the word of the last one with a code of 0. */
bool ha_row_says_not_the_role(const struct ha_row *r);
/* True when its role check failed by answer, not by silence: DOWN, L7STS, 503: a healthy replica in
 * a write backend. */
bool ha_row_is_standby(const struct ha_row *r);
/* Gets new connections now: UP, GOING_DOWN, NO_CHECK. */
bool ha_row_takes(const struct ha_row *r);
/* By somebody's word it gets no new connections, whatever its check says. The first is what is
 * known without a runtime socket. */
bool ha_row_in_maint(const struct ha_row *r);
bool ha_row_in_drain(const struct ha_row *r);

#endif
