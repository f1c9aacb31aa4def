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
#include "pgdba/model/cluster.h"
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
    bool read_only;  /* nothing is asked that takes an admin's right */
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
/* The i-th of the configured URLs that give no answer and are no listed member's, once all have
 * been asked; false: there are no more. Texts valid until the next event. */
bool source_patroni_silent_url(const struct source_patroni *p, int i, struct silent_url *out);
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
/* The password of config's admin_conninfo, NULL none, once it is known: with it a PgBouncer before
 * 1.19 whose clients wait without a server is asked whether it is paused as a whole. Without an
 * admin_conninfo conninfo's user is asked with, who may be an admin. Copied and wiped on free. */
void source_pgbouncer_set_admin(struct source_pgbouncer *b, const char *password);
void source_pgbouncer_start(struct source_pgbouncer *b);
void source_pgbouncer_set_refresh(struct source_pgbouncer *b, int64_t refresh_us);
void source_pgbouncer_refresh(struct source_pgbouncer *b);
/* Polls faster for so long (0: as usual) while a failover goes on, so that its phases have times:
 * /health every 0.5 s (never faster: it is SQL on Patroni's side), /cluster every 0.5 s unless etcd
 * is watched. */
void source_patroni_set_urgent(struct source_patroni *p, bool urgent);
/* etcd is watched and fresh: /cluster is then asked only every 5 s, to compare (at once when this
 * turns false). */
void source_patroni_set_dcs_watched(struct source_patroni *p, bool watched);
/* Who is there by another word than /cluster's (etcd's, while it is watched): so that members are
 * asked also when none of the given addresses answers. */
struct cluster_view;
void source_patroni_learn(struct source_patroni *p, const struct cluster_view *v);
/* Which of the kinds that are long or rarely needed (clients, users, memory, DNS) somebody looks
 * at: OBS_BIT() of each. They are asked each round from then on, at once for the first time; lists
 * and configuration too, which else come now and then. */
void source_pgbouncer_want(struct source_pgbouncer *b, uint64_t kinds);
/* Urgent: SHOW SERVERS every 0.2 s. */
void source_pgbouncer_set_urgent(struct source_pgbouncer *b, bool urgent);

/* ---- etcd: a range, then a watch from its revision on; proof of life on a second connection;
 * endpoints' health; leases only while they are shown. Reference "patroni.md" §5.
 *
 * One stream serves everything under prefix: one cluster ("/service/demo/") or a whole namespace
 * ("/service/"). Endpoints fail over in order; after any end of the stream: range again.
 */
struct source_etcd;
/* password: of config->etcd.username, NULL none; copied and wiped on free. */
struct source_etcd *source_etcd_new(const struct source_ctx *ctx, const char *prefix,
                                    int64_t refresh_us, const char *password);
void source_etcd_free(struct source_etcd *s); /* NULL is allowed */
void source_etcd_start(struct source_etcd *s);
void source_etcd_set_refresh(struct source_etcd *s, int64_t refresh_us);
void source_etcd_refresh(struct source_etcd *s);
/* Leases to be asked for once a second; n 0: none. Copied. */
void source_etcd_set_leases(struct source_etcd *s, const int64_t *ids, int n);

/* A request to etcd for others, with the endpoint, login and dialect of the source. path after
 * "/v3", body JSON. fn once, later. outcome OBS_NEVER: it was not sent. */
struct etcd_reply { /* valid during the call */
    enum obs_outcome outcome;
    int http_status; /* 0 none */
    const char *body, *detail;
    size_t body_len;
};
typedef void source_etcd_fn(void *arg, const struct etcd_reply *r);
void *source_etcd_send(struct source_etcd *s, const char *path, const char *body,
                       int64_t timeout_us, source_etcd_fn *fn, void *arg);
void source_etcd_cancel(void *call); /* NULL is allowed */
/* "http://h:2379/v3": where such a request would go now. In the arena. */
const char *source_etcd_where(struct source_etcd *s, struct arena *a);

/* ---- HAProxy: the CSV of the statistics page. index: which of config->haproxy. */
struct source_haproxy;
struct source_haproxy *source_haproxy_new(const struct source_ctx *ctx, int index,
                                          int64_t refresh_us, const char *password);
void source_haproxy_free(struct source_haproxy *h); /* NULL is allowed */
void source_haproxy_start(struct source_haproxy *h);
void source_haproxy_set_refresh(struct source_haproxy *h, int64_t refresh_us);
void source_haproxy_refresh(struct source_haproxy *h);
void source_haproxy_set_urgent(struct source_haproxy *h, bool urgent); /* every 0.2 s */

/* ---- PostgreSQL itself: one connection a member, kept open, one SELECT a round. */
struct source_postgres;
struct source_postgres *source_postgres_new(const struct source_ctx *ctx, int64_t refresh_us,
                                            const char *password);
void source_postgres_free(struct source_postgres *p); /* NULL is allowed */
void source_postgres_start(struct source_postgres *p);
void source_postgres_set_refresh(struct source_postgres *p, int64_t refresh_us);
void source_postgres_refresh(struct source_postgres *p);
void source_postgres_set_urgent(struct source_postgres *p, bool urgent); /* every 0.05 s */
/* A primary is asked for its vitals (OBS_PG_VITALS) now and then, and each second while wanted. */
void source_postgres_want_vitals(struct source_postgres *p, bool wanted);
/* Where a member's PostgreSQL listens, as the cluster lists it; host NULL: not known any more, its
 * connection is closed. connect_to of the configuration is applied here. Copied. */
void source_postgres_member(struct source_postgres *p, const char *name, const char *host,
                            int port);

/* How PostgreSQL at host:port, as the cluster lists it, is reached from here: connect_to applied.
 * In the arena; conninfo may be NULL when the configuration has none. */
struct source_pg_way {
    const char *const *extra; /* for net_pg_new() */
    const char *to;           /* "host:port" that is connected to */
};
struct source_pg_way source_pg_way(const struct postgres_config *c, const char *host, int port,
                                   struct arena *a);

/* ---- The probe. Never two attempts at once: one that hangs is one outage. */
struct source_probe;
struct probe_route {
    const char *name;     /* "haproxy", "pgbouncer", or what was given */
    const char *conninfo; /* without password; with it the label's */
    const char *password; /* NULL: libpq's own ways */
};
/* run: an id of this run, letters, digits, '-'. every_us at least 20 ms; an attempt is given up
 * after max(1 s, every_us). Emits OBS_PROBE each, OBS_PROBE_ROWS when asked. */
struct source_probe *source_probe_new(const struct source_ctx *ctx, const struct probe_route *route,
                                      bool write, int64_t every_us, const char *run);
void source_probe_free(struct source_probe *p); /* NULL is allowed */
void source_probe_start(struct source_probe *p);
/* Looks the rows up between two attempts, through the same route. */
void source_probe_ask_rows(struct source_probe *p, uint64_t from, uint64_t to);
int64_t source_probe_waiting_since_us(const struct source_probe *p); /* 0: none is out */

#endif
