/*
 * src/analysis/bouncer_cause.h: why clients of PgBouncer wait without a server connection: private
 * to analysis/. PgBouncer itself says the reason in its log alone (reference "middleware.md" §1.7).
 */
#ifndef PGDBA_ANALYSIS_BOUNCER_CAUSE_PRIVATE_H
#define PGDBA_ANALYSIS_BOUNCER_CAUSE_PRIVATE_H

#include "pgdba/base/arena.h"
#include "pgdba/model/cluster.h"

/* Server connections of a pool, in whatever state; counts not said are none. */
int64_t pgb_pool_servers(const struct pgb_pool *p);
/* It has none, or only such that have not logged in. */
bool pgb_pool_unserved(const struct pgb_pool *p);
/* That has been so, with clients waiting, for longer than a login takes. maxwait does not tell: it
 * stays 0 for clients that have not logged in themselves. */
bool pgb_login_stuck(const struct bouncer *b, const struct pgb_database *d, int64_t now_us);
/* What a database of b goes to takes connections: as far as it is a member, or a configured
 * HAProxy. TRI_UNKNOWN: a name, a socket, a proxy that nobody asks, or old facts. *who: its name.
 */
enum tristate pgb_target_up(const struct snapshot *s, const struct pgb_database *d,
                            const char **who, struct arena *a);
/* How long after a failed login PgBouncer tries no other: µs, its server_login_retry. */
int64_t pgb_login_retry(const struct bouncer *b);
/* Before 1.19 a PAUSE of everything is not said. Its signs: clients wait, no pool has a server
 * connection, what they go to is up, and that for longer than a back-off can last. */
bool pgb_looks_held(const struct snapshot *s, const struct bouncer *b, int64_t now_us);
/* Why the clients of that pool's database wait, in words; in the arena or static. opening: a login
 * is under way. */
const char *pgb_no_server_cause(const struct snapshot *s, const struct bouncer *b,
                                const struct pgb_database *d, bool opening, int64_t now_us,
                                struct arena *a);

/* For longer than any hold that somebody waits for, or since before this program looked. */
bool pgb_forgotten(int64_t since_us, int64_t now_us);

#endif
