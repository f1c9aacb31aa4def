/*
 * wire/patroni.h (private): what Patroni's bodies have in common. Caps are those of the public
 * header; every one of them makes the whole body ST_INVALID, since a picture that leaves something
 * out silently would be a lie.
 */
#ifndef PGDBA_WIRE_PATRONI_PRIVATE_H
#define PGDBA_WIRE_PATRONI_PRIVATE_H

#include "json.h"

#include "pgdba/model/lsn.h"
#include "pgdba/model/patroni.h"

enum {
    WIRE_MAX_MEMBERS = 1000,
    WIRE_MAX_HISTORY = 10000,
    WIRE_MAX_TAGS = 64,
    WIRE_MAX_PENDING = 1000,    /* parameters; PostgreSQL has fewer than 500 */
    WIRE_MAX_REPLICATION = 1000 /* walsenders; max_wal_senders goes no higher in practice */
};

/* ST_INVALID "absurd: 1001 members" when n is over max. */
enum status wire_cap(size_t n, int max, const char *what, struct err *e);

/* "tags", "pending_restart_reason" and "scheduled_restart" of a member. */
enum status wire_read_tags(struct arena *a, const json_t *member, struct tags *out, struct err *e);
enum status wire_read_pending(struct arena *a, const json_t *member,
                              const struct pending_reason **out, int *n, struct err *e);
void wire_read_scheduled_restart(struct arena *a, const json_t *member,
                                 struct scheduled_restart *out);

/* What a row of /cluster and a key of a member have in common: role, state, api_url, timeline,
 * pending restart, tags. When it fails, what it read before stays read. */
enum status wire_read_row(struct arena *a, const json_t *o, struct cluster_member *m,
                          struct err *e);

enum status wire_read_history(struct arena *a, const json_t *list, struct history *h,
                              struct err *e);
/* Of an object. */
void wire_read_config(struct arena *a, const json_t *o, struct dynamic_config *c);

/* A position in bytes (JSON integer), or as text "0/5000A58" (get_lsn_text). */
lsn_t wire_get_lsn(const json_t *o, const char *key);
lsn_t wire_get_lsn_text(const json_t *o, const char *key);

/* Date header, "Fri, 20 Nov 2026 23:28:46 GMT", to epoch s; 0 when it is not that. */
int64_t wire_http_date(const char *s);

#endif
