/*
 * net/pg.h: a PostgreSQL-protocol connection on the loop (libpq's asynchronous interface; the
 * simple query protocol, so that PgBouncer's console can be asked too). Reference "middleware.md"
 * §1.1, §1.2, §7.
 *
 * Never cancels (a cancel to PgBouncer's console is a RESUME), never waits, never writes to stderr.
 * Names are resolved by net/resolve first; hostaddr= is passed beside host=, every address in turn
 * while nobody accepts. One host a connection. PGOPTIONS, PGGEQO, PGHOSTADDR, PGTARGETSESSIONATTRS
 * are taken out of the environment by net_loop_new() (PgBouncer refuses the first two, and PGGEQO
 * cannot be overridden by a parameter); options in a conninfo or service file still count.
 * gssencmode is "disable" unless given: Kerberos would ask its server on our loop.
 */
#ifndef PGDBA_NET_PG_H
#define PGDBA_NET_PG_H

#include <stdbool.h>
#include <stdint.h>

#include "pgdba/base/err.h"
#include "pgdba/base/table.h"
#include "pgdba/net/http.h" /* enum net_outcome */

struct net_loop;
struct net_resolver;
struct net_pg;

struct net_pg_reply {
    /* NET_ANSWERED also for an SQL error, and for a server that turned us away for another reason
     * than the login (57P03 starting up, 53300 too many connections): then sqlstate is not "". */
    enum net_outcome outcome;
    const struct table *table; /* NULL unless rows or a tag came; valid during the callback.
                                * Text as it came: wire/ cleans it. More than 100,000 rows or 8 MiB
                                * are NET_GARBLED. */
    const char *sqlstate;      /* "" when none; "57P03" */
    const char *detail;        /* one line, no secrets; "" */
    int64_t latency_us;
};
typedef void net_pg_fn(void *arg, const struct net_pg_reply *reply);

/* Checks a conninfo (URI or key=value) without connecting; *e says what is wrong. *label gets
 * "host:port" or the socket path, with dbname, never a password (malloc'ed). */
enum status net_pg_check(const char *conninfo, char **label, struct err *e);

/* Who logs in with it: by conninfo, extra, service file, environment or as whom the program runs;
 * malloc'ed. NULL: it is no good. */
char *net_pg_user(const char *conninfo, const char *const *extra);

/* An idle handle; nothing is sent before the first query, which also tells of a conninfo that is no
 * good (NET_REFUSED). password NULL: .pgpass, passfile or
 * service file as libpq does. extra: more "key=value" pairs that win over conninfo
 * (NULL-terminated, may be NULL). */
struct net_pg *net_pg_new(struct net_loop *l, struct net_resolver *r, const char *conninfo,
                          const char *password, const char *const *extra);
void net_pg_free(struct net_pg *c); /* closes at once, no callback; NULL is allowed */

/* Sends one simple query, connecting first when needed (the deadline covers both). One at a time: a
 * second call while one runs is refused with ST_CONFLICT. After a time-out or error of the
 * connection it is closed and the next query connects anew. */
enum status net_pg_query(struct net_pg *c, const char *sql, int64_t timeout_us, net_pg_fn *fn,
                         void *arg, struct err *e);
/* The same for exactly one statement: with a second one in it the server refuses both (the extended
 * protocol; not for PgBouncer's console). */
enum status net_pg_query_one(struct net_pg *c, const char *sql, int64_t timeout_us, net_pg_fn *fn,
                             void *arg, struct err *e);
/* Told when a connection that stands idle is closed by the other side; fn may send a query or free
 * the handle. */
void net_pg_when_lost(struct net_pg *c, void (*fn)(void *arg), void *arg);
bool net_pg_busy(const struct net_pg *c);
bool net_pg_connected(const struct net_pg *c);
int net_pg_server_version(const struct net_pg *c); /* PQserverVersion; 0 not connected */
const char *net_pg_parameter(const struct net_pg *c, const char *name); /* or NULL */

#endif
