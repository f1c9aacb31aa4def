/*
 * wire/dcs.h: Patroni's keys, kept as bytes, read into struct dcs. Pure. Reference: "patroni.md"
 * §4.1, §4.2.
 */
#ifndef PGDBA_WIRE_DCS_H
#define PGDBA_WIRE_DCS_H

#include "pgdba/model/dcs.h"
#include "pgdba/wire/etcd.h"

/* The keys under one cluster's prefix as they stand. Mutable: the store keeps one a cluster. A
 * stream over a whole namespace may be poured in: what is not under the prefix is passed over (so
 * are Citus groups of another number: "/service/demo/1/leader" is not under "/service/demo/0/"). */
struct wire_dcs;
struct wire_dcs *wire_dcs_new(const char *prefix);
void wire_dcs_free(struct wire_dcs *w); /* NULL is allowed */
/* Everything anew from a range. */
void wire_dcs_range(struct wire_dcs *w, const struct etcd_range *r);
/* The events of one watch line that share the lowest mod_revision not yet applied, i.e. one
 * transaction; *at is where to go on (0 at first). False: no event left. Events at or below the
 * revision already known are passed over. */
bool wire_dcs_step(struct wire_dcs *w, const struct etcd_watch_line *l, int *at);
/* What the keys say now: root is struct dcs; the caller's. A value that is not what it must be
 * leaves its part unknown and never fails the rest. */
struct facts *wire_dcs_read(const struct wire_dcs *w);
int64_t wire_dcs_revision(const struct wire_dcs *w); /* 0: nothing yet */
/* What the keys are now as the body of a range at that revision: a recording that begins in the
 * middle begins with it. */
void wire_dcs_body(const struct wire_dcs *w, struct buf *out);

#endif
