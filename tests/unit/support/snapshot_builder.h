/*
 * tests/unit/support/snapshot_builder.h: snapshots for tests: a healthy cluster, and the ways in
 * which it stops being one.
 *
 * Start from sb_new(), change what the case is about, call sb_finish(). Everything lives in the
 * snapshot's arena. Ready-made ones: sample_snapshot(). The builder links libmodel and libanalysis.
 */
#ifndef PGDBA_TESTS_SNAPSHOT_BUILDER_H
#define PGDBA_TESTS_SNAPSHOT_BUILDER_H

#include "pgdba/base/clock.h"
#include "pgdba/model/cluster.h"

#define SB_NOW_US  (INT64_C(3600) * USEC_PER_SEC) /* a monotonic "now" that suits every sample */
#define SB_WALL_US INT64_C(1795230727000000)      /* 2026-11-21 03:12:07 UTC: the wall then */
#define SB_SEC(n)  ((int64_t)(n)*USEC_PER_SEC)

/* Mutable access to a snapshot that is being made. s->members == members, s->bouncers == bouncers.
 */
struct sb {
    struct snapshot *s;
    struct member *members;
    struct bouncer *bouncers;
    struct dynamic_config *config;
    int64_t now_us;
    /* Of sb_etcd() and sb_haproxy(); NULL before. s->dcs == dcs, and so on. */
    struct dcs *dcs;
    struct cluster_view *cluster_view;
    struct etcd_endpoint *endpoints;
    struct source_state *endpoint_states;
    struct haproxy *haproxies;
};

/*
 * "lab": Patroni 3.0.2 and PostgreSQL 15, pg1 leads on timeline 3, pg2 and pg3 stream from it
 * without lag; PgBouncer 1.18 with two databases and three pools. Refresh 1 s; everything answered
 * 0.2 s before now_us, which must be at least 15 minutes. ttl 30, loop_wait 10, retry_timeout 10.
 */
struct sb *sb_new(int64_t now_us);
/* As sb_new(), with Patroni 4.1's additional facts: lags and LSNs in /cluster, the state
 * "streaming", name and scope. */
struct sb *sb_new_41(int64_t now_us);
/* Derives upstreams and lag with the code under src/analysis. May be called again. */
void sb_finish(struct sb *b);
/* sb_finish(), and the snapshot with its one reference; b is gone. */
const struct snapshot *sb_take(struct sb *b);
void sb_free(struct sb *b); /* with the snapshot */

/* Abort when there is no such name. */
int sb_index(const struct sb *b, const char *name);
struct member *sb_member(struct sb *b, const char *name);
struct cluster_member *sb_row(struct sb *b, const char *name);
struct member_health *sb_health(struct sb *b, const char *name);
struct pgb_pool *sb_pool(struct sb *b, int bouncer, int row);
struct pgb_database *sb_database(struct sb *b, int bouncer, int row);

/* The last attempt ended with outcome; it has been so for silent_us, and the last good answer was
 * just before (never: there was none). */
void sb_fail(struct sb *b, struct source_state *st, enum obs_outcome outcome, int64_t silent_us);
void sb_never_answered(struct sb *b, struct source_state *st, enum obs_outcome outcome);
void sb_answered(struct sb *b, struct source_state *st, int64_t age_us);

void sb_add_replica(struct sb *b, const char *name);
/* No longer in /cluster; last listed ago_us before now. The leader leaves no leader behind. */
void sb_vanish(struct sb *b, const char *name, int64_t ago_us);
/* Walsender rows of the fresh health of `upstream` for exactly these names (NULL ends the list). */
void sb_streams(struct sb *b, const char *upstream, const char *const *names);
/* Receive and replay behind the leader by so many bytes, in the live numbers, /cluster and the
 * series. */
void sb_lag(struct sb *b, const char *name, int64_t receive, int64_t replay);
void sb_tag(struct sb *b, const char *name, const char *key, const char *value);
/* name leads (row, own word, timeline + 1 when promote); the old leader becomes a replica of it. */
void sb_lead(struct sb *b, const char *name, bool promote);
void sb_no_leader(struct sb *b, int64_t since_us);

/* ---- the systems around: etcd, HAProxy, PostgreSQL asked directly, PgBouncer's servers. Nothing
 * of them is there before these are called; sb_lead() then moves the lock and PostgreSQL's own
 * words, but no route. */

/* etcd is watched, and leads: keys as the members' rows have them, a lease each, answered with
 * 25 s of 30 left; three healthy endpoints, etcd1 leads on term 7. /cluster says the same. */
void sb_etcd(struct sb *b);
struct dcs_member *sb_dcs_member(struct sb *b, const char *name);
/* What is left of that member's lease, of 30 s; answered age_us ago. left_s -1: gone. */
void sb_lease(struct sb *b, const char *name, int64_t left_s, int64_t age_us);
/* A request stands: leader and candidate may be NULL. */
void sb_request(struct sb *b, const char *leader, const char *candidate);
/* The row that /cluster itself has for name while etcd leads. */
struct cluster_member *sb_cluster_row(struct sb *b, const char *name);

/* One HAProxy "haproxy": listen sections "rw" (its write backend by its name) and "ro", a server
 * for each member, named as it is; no addresses. rw sends to the leader. */
void sb_haproxy(struct sb *b);
/* The first one has a runtime socket of that level as well. */
void sb_ha_socket(struct sb *b, enum ha_level level);
struct ha_row *sb_ha_row(struct sb *b, const char *proxy, const char *name);
/* Server `name` of rw: HA_UP by L7OK/200, HA_DOWN as a healthy replica (L7STS/503); another status
 * goes with the words of check_status. */
void sb_ha_server(struct sb *b, const char *name, enum ha_status status, const char *check_status);
/* rw sends to `name` and to nobody else; NULL: to nobody. */
void sb_ha_sends(struct sb *b, const char *name);

/* Every member's PostgreSQL is asked directly, and says what its API says. */
void sb_postgres(struct sb *b);
struct pg_self *sb_pg(struct sb *b, const char *name);

/* PgBouncer's n more server connections (idle) point at that address; sb_servers_at(): at that
 * member's. sb_no_servers(): the list is known and empty. */
void sb_no_servers(struct sb *b);
void sb_servers(struct sb *b, const char *addr, int64_t port, int n);
void sb_servers_at(struct sb *b, const char *name, int n);

/* All of it: etcd, HAProxy, PostgreSQL, and 4 servers that point at the leader. */
void sb_everything(struct sb *b);

/* One more PgBouncer, as the first one is. */
void sb_second_bouncer(struct sb *b, const char *name);

enum sample {
    SAMPLE_HEALTHY,         /* 3.0.2, as sb_new() */
    SAMPLE_HEALTHY_41,      /* as sb_new_41(), synchronous mode with a sync standby */
    SAMPLE_NOTHING_YET,     /* nothing has been asked: no members */
    SAMPLE_UNREACHABLE,     /* a picture 42 s old; nothing answers */
    SAMPLE_STALE_VIEW,      /* /cluster times out for 12 s, member APIs answer */
    SAMPLE_FROZEN_MEMBER,   /* pg3: API and liveness silent for 14 s, still listed */
    SAMPLE_FROZEN_LEADER,   /* pg1 likewise: the lease still holds */
    SAMPLE_STUCK_POSTGRES,  /* pg2: Patroni alive, PostgreSQL does not answer */
    SAMPLE_NO_LEADER,       /* pg1 vanished 9 s ago, nobody has been promoted */
    SAMPLE_FAILED_OVER,     /* pg1 vanished 95 s ago, pg2 leads on timeline 4 */
    SAMPLE_LAGGING,         /* pg3 is 48 MB behind and catching up */
    SAMPLE_CASCADING,       /* pg4 and pg5 stream from pg2 */
    SAMPLE_WIDE_NAMES,      /* CJK, accents, a very long name; tags and a pending restart */
    SAMPLE_PAUSED,          /* Patroni paused, switchover scheduled, PgBouncer database paused */
    SAMPLE_API_UNREACHABLE, /* pg2, pg3 known from /cluster alone, their APIs never reachable */
    SAMPLE_POOLS_WAITING,   /* clients wait 12 s, no server; a saturated pool */
    SAMPLE_COUNT
};
/* The caller's reference. */
const struct snapshot *sample_snapshot(enum sample which, int64_t now_us);
const char *sample_name(enum sample which); /* "frozen-member" */

#endif
