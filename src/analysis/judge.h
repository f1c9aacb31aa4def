/*
 * src/analysis/judge.h: what the rules of health.c share: private to analysis/. A rule looks at the
 * snapshot and says what is wrong; its grade is the table's, so that the manual can list it.
 */
#ifndef PGDBA_ANALYSIS_JUDGE_PRIVATE_H
#define PGDBA_ANALYSIS_JUDGE_PRIVATE_H

#include "pgdba/analysis/health.h"
#include "pgdba/analysis/pools.h"
#include "pgdba/analysis/ways.h"
#include "facts.h"

struct judge;
typedef void judge_fn(struct judge *j);

struct judge {
    const struct snapshot *s;
    int64_t now_us;
    struct arena *a;
    struct timers t;
    const struct member *leader; /* NULL none */
    bool view_old;               /* by age; a single failed attempt is not yet old */
    const char *word;            /* whose word the list of members is: "/cluster", "etcd" */
    const char *asof;            /* "", or " (as /cluster said 14 s ago)" */
    const struct pool_view *pools;
    int npools;
    const struct way *ways;
    int nways;
    const struct health_rule_info *rule; /* the one that runs */
    struct verdict *v;
    int n, cap;
};

/* Adds a verdict of the running rule. The sentence begins with the subject unless that is "". */
void judge_say(struct judge *j, const char *subject, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static inline const struct member_health *judge_own(const struct judge *j, const struct member *m)
{
    return facts_own(j->s, m, j->now_us);
}

/* Its own fresh word: primary (not a standby leader), and up. */
bool judge_says_primary(const struct judge *j, const struct member *m);
/* The leader is so new (one loop_wait) that members may not have followed yet. */
bool judge_leader_young(const struct judge *j);
/* How long a normal transition may leave the lock holder without writes: a shutdown with its
 * checkpoint, or a promotion. */
int64_t judge_transition(const struct judge *j);
/* … and a write backend without a server: HAProxy notices later. */
int64_t judge_route_gap(const struct judge *j);
/* The lock is changing hands, or has just done so, in a way that a switchover does, and is not yet
 * overdue. */
bool judge_changing(const struct judge *j);
/* m answered before and does not now, or never answered without being marked unreachable. */
bool judge_silent(const struct judge *j, const struct member *m);
/* … but its /liveness does: Patroni is there, PostgreSQL is stuck. */
bool judge_stuck(const struct judge *j, const struct member *m);
/* "for 14 s (timed out)", "since it was first asked (TLS)"; in the arena. */
const char *judge_silence(const struct judge *j, const struct source_state *st);
/* " for 2h00m", ", since before we looked", "": how long that server has been held back. */
const char *judge_held_for(const struct judge *j, const struct haproxy *h, const struct ha_row *r);

/* The leader has been silent for longer than its lease could last and is still listed, or has
 * renewed it since it fell silent: alive. */
bool judge_keeps_lease(const struct judge *j);
/* Last seen then, the leader is still listed with a timeline, for longer than a lease can last. */
bool judge_outlasts_lease(const struct judge *j, int64_t seen_us);
/* leader-gone has said it. */
bool judge_gone(const struct judge *j);
/* The leader's lease was renewed after at_us; false also when that is not known. */
bool judge_lease_renewed_after(const struct judge *j, int64_t at_us);
/* By PostgreSQL's own words both are out of recovery at the same time. */
bool judge_split(const struct judge *j, const struct member *a, const struct member *b);
/* The leader has taken no writes for longer than a transition takes, or for nobody knows how long.
 */
bool judge_unwritable_long(const struct judge *j);

/* health_cluster.c */
judge_fn judge_no_answer_yet, judge_unreachable, judge_members_unreachable, judge_view_old,
    judge_no_leader, judge_leader_changing, judge_no_leader_paused, judge_no_candidate,
    judge_paused, judge_sync_strict, judge_sync;
/* health_leader.c */
judge_fn judge_two_primaries, judge_primary_not_leader, judge_leader_not_running,
    judge_leader_stopping, judge_leader_not_primary, judge_leader_promoting, judge_leader_stuck,
    judge_leader_gone, judge_leader_silent, judge_leader_unlocked;
/* health_truth.c */
judge_fn judge_split_brain, judge_writable_not_leader, judge_not_writable, judge_not_writable_yet,
    judge_leader_postgres_silent, judge_postgres_silent, judge_postgres_denied,
    judge_leader_lifeless, judge_leader_unseen, judge_old_leader_unseen, judge_view_differs;
/* health_dcs.c */
judge_fn judge_dcs_not_asked, judge_dcs_watch_lost, judge_dcs_endpoint_silent,
    judge_dcs_endpoint_unhealthy, judge_dcs_no_quorum, judge_dcs_no_quorum_kept,
    judge_dcs_endpoint_cut_off, judge_dcs_terms_differ, judge_dcs_alarm, judge_dcs_db_full,
    judge_lease_overdue, judge_lease_low, judge_member_lease_low;
/* health_routes.c */
judge_fn judge_haproxy_silent, judge_haproxy_not_asked, judge_haproxy_no_backend,
    judge_haproxy_old_leader, judge_haproxy_old_leader_long, judge_haproxy_two_targets,
    judge_haproxy_two_targets_long, judge_haproxy_no_target, judge_haproxy_no_target_long,
    judge_haproxy_leader_down, judge_haproxy_leader_held, judge_bouncer_old_leader,
    judge_bouncer_old_leader_long, judge_route_not_leader;
/* health_haproxy.c */
judge_fn judge_haproxy_socket, judge_haproxy_check, judge_haproxy_leader_turning,
    judge_haproxy_stale_sessions, judge_haproxy_backend_down, judge_haproxy_held,
    judge_haproxy_full, judge_haproxy_near_full, judge_haproxy_queue, judge_haproxy_differ;
/* health_member.c */
judge_fn judge_vanished, judge_configured_silent, judge_failed, judge_not_running,
    judge_member_stuck, judge_member_silent, judge_not_asked, judge_not_streaming, judge_timeline,
    judge_replay_paused, judge_lag, judge_dcs_unseen, judge_failsafe, judge_unlocked,
    judge_watchdog, judge_identity;
/* health_bouncer.c; judge_pool serves every rule that pools.c names the same. */
judge_fn judge_pool, judge_pool_excused, judge_bouncer_silent, judge_bouncer_not_asked,
    judge_bouncer_held, judge_database_paused, judge_database_disabled, judge_database_full;
/* health_pgbouncer.c */
judge_fn judge_bouncer_forgotten, judge_bouncer_looks_held, judge_database_forgotten,
    judge_servers_closing, judge_pool_idle_in_xact, judge_pool_slow, judge_clients_full,
    judge_clients_near;
/* health_alike.c */
judge_fn judge_bouncers_differ;

#endif
