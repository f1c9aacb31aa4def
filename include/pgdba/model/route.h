/*
 * model/route.h: the ways from an application to the leader: what HAProxy says. Facts: reference
 * "middleware.md" §3.2 to §3.5. PgBouncer's are in model/pgbouncer.h.
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

/* True when its role check failed by answer, not by silence: DOWN, L7STS, 503: a healthy replica in
 * a write backend. */
bool ha_row_is_standby(const struct ha_row *r);
/* Gets new connections now: UP, GOING_DOWN, NO_CHECK. */
bool ha_row_takes(const struct ha_row *r);

#endif
