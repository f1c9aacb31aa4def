/*
 * wire/probe.h: the probe's SQL, and its samples as JSON: the body of OBS_PROBE and OBS_PROBE_ROWS,
 * so that a recording holds them like any other. Pure.
 *
 * The write probe's table is SCHEMA.heartbeat (run text, seq bigint, sent_at timestamptz, primary
 * key (run, seq)); a comment on the schema says whose it is and how to drop it.
 */
#ifndef PGDBA_WIRE_PROBE_H
#define PGDBA_WIRE_PROBE_H

#include <stddef.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/err.h"
#include "pgdba/base/table.h"
#include "pgdba/model/facts.h"
#include "pgdba/model/probe.h"

#define PROBE_SCHEMA_NAME "pgdba_probe"

const char *wire_probe_create_sql(void); /* schema, table, comment: what the plan shows */
const char *wire_probe_drop_sql(void);
/* One row, one column: "t" when the table is there. */
const char *wire_probe_there_sql(void);
const char *wire_probe_read_sql(void); /* one row: recovery, server address */
/* Inserts (run, seq) and returns the same row as the read; run is letters, digits and '-'. Removes
 * rows of this run more than `keep` behind now and then (seq % 1000 == 0). */
void wire_probe_write_sql(struct buf *out, const char *run, uint64_t seq, uint64_t keep);
void wire_probe_rows_sql(struct buf *out, const char *run, uint64_t from, uint64_t to);

/* Of the row that read and write return: server "host:port" (malloc'ed) and recovery. */
enum status wire_probe_answer(const struct table *t, char **server, bool *in_recovery,
                              struct err *e);
/* Of what rows_sql returned: seqs, malloc'ed. */
enum status wire_probe_rows_answer(const struct table *t, uint64_t **seq, int *n, struct err *e);
/* sqlstate and net's outcome word to a failure. connected: the connection stood before. */
enum probe_failure wire_probe_failure(const char *sqlstate, bool answered, bool timed_out,
                                      bool connected);

void wire_probe_encode(const struct probe_sample *s, struct buf *out);
enum status wire_probe_decode(const char *body, size_t n, struct facts **out,
                              struct err *e); /* struct probe_sample */
void wire_probe_rows_encode(const struct probe_rows *r, struct buf *out);
enum status wire_probe_rows_decode(const char *body, size_t n, struct facts **out,
                                   struct err *e); /* struct probe_rows */

#endif
