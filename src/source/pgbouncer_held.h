/*
 * src/source/pgbouncer_held.h: whether a PgBouncer before 1.19 is paused as a whole, which no SHOW
 * of it tells (reference "middleware.md" §1.6): private to source/.
 *
 * An admin who asks it to pause its own console is refused, and the refusal tells: "already
 * suspended/paused", or "cannot pause admin db". It pauses nothing in any version. It is asked only
 * while clients wait and no server connection stands, by a connection that is closed after it, and
 * seldom, for each leaves a line in its log. Never while read-only: who started so did not mean to
 * have admin's commands sent.
 */
#ifndef PGDBA_SOURCE_PGBOUNCER_HELD_PRIVATE_H
#define PGDBA_SOURCE_PGBOUNCER_HELD_PRIVATE_H

#include <stdbool.h>

#include "pgdba/base/table.h"
#include "pgdba/model/pgbouncer.h"
#include "pgdba/source/source.h"
#include "tunables.h"

struct pgb_held;

/* done: the answer to pgb_held_ask(): TRI_UNKNOWN when there was none. */
struct pgb_held *pgb_held_new(const struct source_ctx *ctx, const struct pgbouncer_config *config,
                              const struct source_tunables *t,
                              void (*done)(void *arg, enum tristate paused, int64_t latency_us),
                              void *arg);
void pgb_held_free(struct pgb_held *h);
/* Whose right it takes is known: admin_conninfo's password, or without one conninfo's. */
void pgb_held_set_password(struct pgb_held *h, const char *password);

/* What SHOW POOLS says. True: what was said of a pause before holds no longer, and nothing else is
 * known. */
bool pgb_held_look(struct pgb_held *h, const struct table *pools);
bool pgb_held_due(const struct pgb_held *h);
void pgb_held_ask(struct pgb_held *h);

/* SHOW STATE as 1.19 would answer it; without a row when it is not known, or with one that says
 * that nobody is asked. In the arena. */
struct table *pgb_held_state(const struct pgb_held *h, enum tristate paused, struct arena *a);

#endif
