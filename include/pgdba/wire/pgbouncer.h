/*
 * wire/pgbouncer.h: tables of PgBouncer's console to facts, by column name, 1.16 to 1.25.
 * Reference: "middleware.md" §1.4. The body of an observation is the table as JSON (wire/table.h).
 * The console's own rows (database "pgbouncer") are left out. A table without its key columns, or
 * in which a flag (paused, disabled, close_needed) is not said, is ST_INVALID.
 */
#ifndef PGDBA_WIRE_PGBOUNCER_H
#define PGDBA_WIRE_PGBOUNCER_H

#include "pgdba/base/err.h"
#include "pgdba/base/table.h"
#include "pgdba/model/facts.h"
#include "pgdba/model/pgbouncer.h"

enum status wire_pgb_pools(const struct table *t, struct facts **out, struct err *e);
enum status wire_pgb_databases(const struct table *t, struct facts **out, struct err *e);
enum status wire_pgb_stats(const struct table *t, struct facts **out, struct err *e);
enum status wire_pgb_state(const struct table *t, struct facts **out, struct err *e);
/* "PgBouncer 1.18.0" or "1.18.0/bouncer" */
enum status wire_pgb_version(const struct table *t, struct facts **out, struct err *e);
enum status wire_pgb_servers(const struct table *t, struct facts **out, struct err *e);
enum status wire_pgb_clients(const struct table *t, struct facts **out, struct err *e);
enum status wire_pgb_users(const struct table *t, struct facts **out, struct err *e);
enum status wire_pgb_config(const struct table *t, struct facts **out, struct err *e);
enum status wire_pgb_lists(const struct table *t, struct facts **out, struct err *e);
enum status wire_pgb_memory(const struct table *t, struct facts **out, struct err *e);
enum status wire_pgb_dns_hosts(const struct table *t, struct facts **out, struct err *e);
enum status wire_pgb_dns_zones(const struct table *t, struct facts **out, struct err *e);

#endif
