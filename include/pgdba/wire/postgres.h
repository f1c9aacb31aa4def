/*
 * wire/postgres.h: what to ask a PostgreSQL about itself, and its answer. Pure. Reference:
 * "middleware.md" §6.2 to §6.4.
 */
#ifndef PGDBA_WIRE_POSTGRES_H
#define PGDBA_WIRE_POSTGRES_H

#include "pgdba/base/err.h"
#include "pgdba/base/table.h"
#include "pgdba/model/facts.h"
#include "pgdba/model/postgres.h"

/* One role-neutral SELECT of one row: every version from 12 on, a plain role and pg_monitor. */
const char *wire_pg_self_sql(void);
/* -> struct pg_self. before: what the same member said last, NULL none. While nobody streams to it
 * a standby knows its timeline from the control file alone, which lags: then before's holds. */
enum status wire_pg_self(const struct table *t, const struct pg_self *before, struct facts **out,
                         struct err *e);
/* The same for a primary's vitals; server_version as PQserverVersion() has it, 150020. */
const char *wire_pg_vitals_sql(int server_version);
enum status wire_pg_vitals(const struct table *t, struct facts **out, struct err *e);

#endif
