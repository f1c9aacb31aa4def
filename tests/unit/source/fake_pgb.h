/*
 * fake_pgb.h: a PgBouncer admin console, or a PostgreSQL, on the test's own loop: enough of
 * protocol 3 for a simple query of one row.
 */
#ifndef PGDBA_TEST_SOURCE_FAKE_PGB_H
#define PGDBA_TEST_SOURCE_FAKE_PGB_H

#include <stdbool.h>
#include <stdint.h>

#include "pgdba/net/loop.h"

enum pgb_mode {
    PGB_ANSWER,
    PGB_NO_LOGIN,  /* FATAL: not allowed */
    PGB_NO_RIGHT,  /* ERROR: admin access needed, to every SHOW but VERSION */
    PGB_SILENT,    /* logs in, answers no query */
    PGB_GARBAGE,   /* not the protocol */
    PGB_HANG_UP,   /* in the middle of a query */
    PGB_MUTE,      /* accepts, and says nothing at all: a frozen host */
    PGB_TURN_AWAY, /* FATAL with sqlstate, to a login */
    PGB_SQL_ERROR, /* ERROR with sqlstate, to a query */
    PGB_KICK_OUT   /* FATAL with sqlstate, to a query */
};

enum { PGB_QUERIES = 256 };

struct fake_pgb {
    struct net_loop *loop;
    const char *version; /* "1.18.0/bouncer" */
    enum pgb_mode mode;
    bool suspended;         /* what SHOW STATE says */
    bool waits;             /* SHOW POOLS has a client that waits, and no server */
    bool no_admin;          /* PAUSE is refused for want of a right */
    bool paused;            /* what PAUSE pgbouncer is refused with */
    const char *sqlstate;   /* "08P01" */
    const char *const *row; /* name, value, name, value, …, NULL: the answer to everything */
    int fd, port;
    struct net_watch *watch;
    struct pgb_conn *conns;
    int connections, cancels, open, open_max;
    int64_t connected_at[PGB_QUERIES];
    int n;
    char *sql[PGB_QUERIES];
    bool database_ok, name_ok; /* of the last connection */
};

void fake_pgb_init(struct fake_pgb *f, struct net_loop *loop);
void fake_pgb_release(struct fake_pgb *f);
/* Answers what was asked while it was silent. */
void fake_pgb_wake(struct fake_pgb *f);
/* Closes the port and all connections; up opens it again. */
void fake_pgb_down(struct fake_pgb *f);
void fake_pgb_up(struct fake_pgb *f);
void fake_pgb_kick(struct fake_pgb *f); /* only the connections */
int fake_pgb_count(const struct fake_pgb *f, const char *sql);

#endif
