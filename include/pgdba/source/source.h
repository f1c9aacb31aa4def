/*
 * source/source.h: what a cluster's sources need, and what they give: observations. One file a
 * system: what to ask, how often, what to do when it is silent.
 *
 * Rules that every source keeps (reference "patroni.md" §7.1): one SQL-backed request in flight per
 * Patroni member; after a time-out its slot counts as taken and is asked again after 2, 4, 8 … 30
 * s, /liveness meanwhile; no idle connections to Patroni; /cluster from one member at a time;
 * nothing to PgBouncer but SHOW.
 */
#ifndef PGDBA_SOURCE_SOURCE_H
#define PGDBA_SOURCE_SOURCE_H

#include "pgdba/base/log.h"
#include "pgdba/config/cluster.h"
#include "pgdba/model/observation.h"

struct net_loop;
struct net_resolver;
struct net_http;

/* The observation is valid during the call. */
typedef void source_emit_fn(void *arg, const struct observation *o);

struct source_ctx {
    struct net_loop *loop;
    struct net_resolver *resolver;
    struct net_http *http;
    const struct cluster_config *config;
    struct log *log; /* may be NULL */
    source_emit_fn *emit;
    void *arg;
};

struct source_patroni;
struct source_pgbouncer;

/* ---- Patroni: /cluster, /health and /liveness per member, /history and /config on change (and
 * every 30 s). */
/* password: Basic password, NULL none; copied and wiped on free. */
struct source_patroni *source_patroni_new(const struct source_ctx *ctx, int64_t refresh_us,
                                          const char *password);
void source_patroni_free(struct source_patroni *p);
void source_patroni_start(struct source_patroni *p);
void source_patroni_set_refresh(struct source_patroni *p, int64_t refresh_us);
/* Asks everything that may be asked now, without breaking the rules above. */
void source_patroni_refresh(struct source_patroni *p);
/* Monotonic µs at which the next round begins: the countdown on the screen is this, not a guess. */
int64_t source_patroni_next_us(const struct source_patroni *p);
/* The base URL ("http://host:port") on which a member answers from here, or NULL;
 * *connect_host/port when it is to be reached elsewhere (connect_to). Valid until the next event.
 */
struct member_route {
    const char *base;         /* NULL: not reachable, why says */
    const char *connect_host; /* NULL: as the URL says */
    int connect_port;
    const char *why;
};
struct member_route source_patroni_route(const struct source_patroni *p, const char *member);

/* For a password that comes from a slow command: most of what is asked needs none. */
void source_patroni_set_password(struct source_patroni *p, const char *password);

/* ---- PgBouncer: one connection, SHOW in turn. index: which of config->pgbouncer. */
struct source_pgbouncer *source_pgbouncer_new(const struct source_ctx *ctx, int index,
                                              int64_t refresh_us, const char *password);
void source_pgbouncer_free(struct source_pgbouncer *b);
void source_pgbouncer_start(struct source_pgbouncer *b);
void source_pgbouncer_set_refresh(struct source_pgbouncer *b, int64_t refresh_us);
void source_pgbouncer_refresh(struct source_pgbouncer *b);

#endif
