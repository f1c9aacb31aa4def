/*
 * tunables.h: every waiting time of the sources, so that tests can run the real state machines in
 * a fraction of a second. Reasons: reference "patroni.md" §7.1, §7.2, "middleware.md" §1.
 */
#ifndef PGDBA_SOURCE_TUNABLES_H
#define PGDBA_SOURCE_TUNABLES_H

#include "pgdba/source/source.h"

struct source_tunables {
    int64_t connect_us;  /* TCP and TLS */
    int64_t health_us;   /* whole request */
    int64_t cluster_us;  /* longer: with a slow DCS Patroni waits before it answers */
    int64_t liveness_us; /* no SQL, no DCS: quick or not at all */
    int64_t extra_us;    /* /history, /config */

    int64_t
        silent_first_us; /* back-off after a time-out: the handler on the server is still held */
    int64_t silent_max_us;
    int64_t liveness_max_us;   /* /liveness holds nothing but a place in the queue */
    int64_t unreached_us;      /* an advertised address that never answered from here */
    int64_t cluster_hold_us;   /* after a time-out of /cluster: until Patroni's own retry_timeout */
    int64_t cluster_slow_us;   /* an answer this late lets the next round ask another member */
    int64_t grace_us;          /* /cluster waits so long for /health of the same member */
    int64_t unsteady_us;       /* an address that changed its name is nobody's for so long */
    int64_t pg_vitals_us;      /* how often a primary is asked for its vitals */
    int64_t pg_vitals_soon_us; /* while a plan is looked at, or an operation runs */
    int64_t forget_us;         /* a vanished member that does not answer is dropped after this */

    int64_t extras_us;       /* /history and /config, when nothing changes */
    int64_t extras_again_us; /* after a change of leader: history is written a loop later */
    int64_t urgent_us;       /* a round while a failover goes on: /health is SQL over there */
    int64_t watched_us;      /* /cluster, while etcd says the same sooner */

    int64_t pgb_query_us;
    int64_t pgb_first_us, pgb_max_us; /* back-off after a failed connection */
    int64_t pgb_denied_us;            /* after a refused login: not to fill its log */
    int64_t pgb_recycle_us;           /* age at which a connection is made anew, from 1.23 */
    int64_t pgb_urgent_us;            /* SHOW SERVERS while a failover goes on */
    int64_t pgb_held_us, pgb_held_timeout_us; /* is it paused as a whole, before 1.19 */
    int64_t pgb_lists_us, pgb_config_us; /* SHOW LISTS, SHOW CONFIG, while nobody looks at them */

    int64_t ha_query_us;
    int64_t ha_first_us, ha_max_us; /* back-off after a failure */
    int64_t ha_denied_us;
    int64_t ha_info_us;       /* how often the process is asked about itself, by its socket */
    int64_t ha_urgent_us;     /* a round while a failover goes on */
    int64_t ha_urgent_max_us; /* the longest pause then */

    int64_t pg_query_us, pg_statement_us; /* here, and over there: a little sooner */
    int64_t pg_first_us, pg_max_us;       /* back-off after a time-out */
    int64_t pg_denied_us;                 /* after a refused login */
    int64_t pg_turned_away_us;            /* after 57P03: each try is a line in its log */
    int64_t pg_urgent_us;                 /* a round while a failover goes on */
    int64_t pg_urgent_slow_us;            /* after a time-out then */

    int64_t etcd_query_us; /* a request; without quorum the server itself would take 7 s */
    int64_t etcd_range_us; /* all keys under the prefix */
    int64_t etcd_first_us, etcd_max_us; /* pause after every endpoint has failed once */
    int64_t etcd_denied_us;             /* after a wrong password: a login costs etcd 75 ms */
    int64_t etcd_alive_least_us, etcd_alive_most_us; /* proof of life: every refresh within these */
    int64_t etcd_behind_us; /* so long the stream may be behind its endpoint */
    int64_t etcd_lease_us;
    int64_t etcd_gates_us;   /* a round of the endpoints' health */
    int64_t etcd_members_us; /* the member list */
    int64_t etcd_status_us;  /* status that was denied is tried again */

    int64_t probe_least_us; /* between two attempts */
    int64_t probe_limit_us; /* of an attempt, or the interval if that is longer */
    int64_t probe_rows_us;
    int64_t probe_pause_us; /* the longest after attempts that hang: 50 are left in an hour, 86 in a
                               day */
};

extern const struct source_tunables source_tunables_default;

struct source_patroni *source_patroni_new_tuned(const struct source_ctx *ctx, int64_t refresh_us,
                                                const char *password,
                                                const struct source_tunables *t);
struct source_pgbouncer *source_pgbouncer_new_tuned(const struct source_ctx *ctx, int index,
                                                    int64_t refresh_us, const char *password,
                                                    const struct source_tunables *t);

struct source_haproxy *source_haproxy_new_tuned(const struct source_ctx *ctx, int index,
                                                int64_t refresh_us, const char *password,
                                                const struct source_tunables *t);

struct source_postgres *source_postgres_new_tuned(const struct source_ctx *ctx, int64_t refresh_us,
                                                  const char *password,
                                                  const struct source_tunables *t);

struct source_etcd *source_etcd_new_tuned(const struct source_ctx *ctx, const char *prefix,
                                          int64_t refresh_us, const char *password,
                                          const struct source_tunables *t);

struct source_probe *source_probe_new_tuned(const struct source_ctx *ctx,
                                            const struct probe_route *route, bool write,
                                            int64_t every_us, const char *run,
                                            const struct source_tunables *t);

/* A growing pause: first, twice that, and so on, at most max. */
struct pace {
    int fails;
    int64_t due_us; /* monotonic; not before */
};

void pace_fail(struct pace *p, int64_t now_us, int64_t first_us, int64_t max_us);
void pace_reset(struct pace *p);
void pace_cap(struct pace *p, int64_t due_us); /* not later than that */

#endif
