/* The table of rules, and what they are judged with. */
#include "judge.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

/* What the table holds stands once, here: the rules as the manual lists them, and who finds them.
 * Within a grade the order is that of the screen: what an operator must read first stands first. */
#define RULES(X)                                                                                   \
    X(HEALTH_UNREACHABLE, "no-answer-yet", judge_no_answer_yet,                                    \
      "no source has been asked to the end yet")                                                   \
    X(HEALTH_UNREACHABLE, "unreachable", judge_unreachable,                                        \
      "neither /cluster nor any member's API answers from here")                                   \
    X(HEALTH_UNREACHABLE, "members-unreachable", judge_members_unreachable,                        \
      "etcd answers, but no member that it lists does, neither Patroni nor PostgreSQL")            \
    X(HEALTH_CRITICAL, "split-brain", judge_split_brain,                                           \
      "two members' PostgreSQLs of one system identifier, asked directly, are out of "             \
      "recovery at the same time")                                                                 \
    X(HEALTH_CRITICAL, "two-primaries", judge_two_primaries,                                       \
      "two members say of themselves, at the same time, that they are primary")                    \
    X(HEALTH_CRITICAL, "no-leader", judge_no_leader,                                               \
      "nobody holds the leader lock, and in a pause no member is primary either; as long "         \
      "as it may be a switchover, only after 2 s")                                                 \
    X(HEALTH_CRITICAL, "lease-overdue", judge_lease_overdue,                                       \
      "the leader's lease in etcd has run out: its Patroni has not renewed it for ttl")            \
    X(HEALTH_CRITICAL, "leader-lifeless", judge_leader_lifeless,                                   \
      "neither the leader's API nor its PostgreSQL answers, and one of them did before")           \
    X(HEALTH_CRITICAL, "leader-not-writable", judge_not_writable,                                  \
      "the lock holder's PostgreSQL, asked directly, takes no writes for longer than "             \
      "loop_wait (5 s at least)")                                                                  \
    X(HEALTH_CRITICAL, "writable-not-leader", judge_writable_not_leader,                           \
      "a member's PostgreSQL, asked directly, is out of recovery while another holds the "         \
      "lock")                                                                                      \
    X(HEALTH_CRITICAL, "primary-not-leader", judge_primary_not_leader,                             \
      "a member says that it is primary while /cluster or etcd has another as leader")             \
    X(HEALTH_CRITICAL, "leader-not-running", judge_leader_not_running,                             \
      "the leader's PostgreSQL is not running by its own word, or, when its API does not "         \
      "answer, /cluster or etcd lists it in a state other than running or without a "              \
      "timeline; it failed, or that has lasted for longer than loop_wait (5 s at least)")          \
    X(HEALTH_CRITICAL, "leader-stuck", judge_leader_stuck,                                         \
      "the leader's Patroni is alive (/liveness) but PostgreSQL does not answer it")               \
    X(HEALTH_CRITICAL, "leader-gone", judge_leader_gone,                                           \
      "neither API nor liveness of the leader answers, and its lease may outlive it: until "       \
      "ttl, loop_wait and retry_timeout have passed it cannot be told from dead")                  \
    X(HEALTH_CRITICAL, "leader-not-primary", judge_leader_not_primary,                             \
      "the leader says that it is not primary, for longer than one loop_wait")                     \
    X(HEALTH_CRITICAL, "leader-unlocked", judge_leader_unlocked,                                   \
      "the leader sees no leader key or no DCS, without failsafe mode or pause: it will "          \
      "demote itself")                                                                             \
    X(HEALTH_CRITICAL, "leader-postgres-silent", judge_leader_postgres_silent,                     \
      "the leader's PostgreSQL answered us directly and has not for longer than loop_wait "        \
      "(5 s at least), though its Patroni says it runs")                                           \
    X(HEALTH_CRITICAL, "dcs-no-quorum", judge_dcs_no_quorum,                                       \
      "no etcd endpoint sees a raft leader, and neither failsafe mode nor a pause keeps "          \
      "Patroni's leader")                                                                          \
    X(HEALTH_CRITICAL, "dcs-alarm", judge_dcs_alarm, "etcd raises NOSPACE or CORRUPT")             \
    X(HEALTH_CRITICAL, "haproxy-old-leader-long", judge_haproxy_old_leader_long,                   \
      "HAProxy's write backend sends to a member that does not lead, and to no other, for "        \
      "longer than 5 s (12 s while its checks fail)")                                              \
    X(HEALTH_CRITICAL, "haproxy-two-targets-long", judge_haproxy_two_targets_long,                 \
      "HAProxy's write backend has two servers up for longer than 5 s (12 s while checks "         \
      "fail)")                                                                                     \
    X(HEALTH_CRITICAL, "haproxy-no-target-long", judge_haproxy_no_target_long,                     \
      "HAProxy's write backend has no server for longer than loop_wait (10 s at least)")           \
    X(HEALTH_CRITICAL, "haproxy-full", judge_haproxy_full,                                         \
      "HAProxy has as many connections, or a frontend or server of it as many sessions, "          \
      "as its limit allows")                                                                       \
    X(HEALTH_CRITICAL, "bouncer-old-leader-long", judge_bouncer_old_leader_long,                   \
      "PgBouncer points at the member that led before, for longer than 15 s")                      \
    X(HEALTH_CRITICAL, "sync-missing-strict", judge_sync_strict,                                   \
      "synchronous_mode_strict is on and no standby is synchronous, for longer than one "          \
      "loop_wait after a change of leader: writes wait")                                           \
    X(HEALTH_CRITICAL, "pool-no-server", judge_pool,                                               \
      "clients wait and there is no server connection, for more than 1 s (5 s where they "         \
      "have not logged in) while one is opened; not for up to 20 s while the leader changes")      \
    X(HEALTH_CRITICAL, "pool-wait-long", judge_pool,                                               \
      "the first client in a queue has waited over 10 s; 20 s while the leader changes")           \
    X(HEALTH_CRITICAL, "bouncer-pause-forgotten", judge_bouncer_forgotten,                         \
      "a PgBouncer has been paused or suspended as a whole for longer than a minute, or since "    \
      "before this console looked")                                                                \
    X(HEALTH_CRITICAL, "bouncer-clients-full", judge_clients_full,                                 \
      "a PgBouncer has as many clients as its max_client_conn: others are turned away")            \
    X(HEALTH_DEGRADED, "view-old", judge_view_old,                                                 \
      "the last answer to /cluster (etcd's word, while it is watched) is older than two "          \
      "and a half refreshes (2.5 s at least)")                                                     \
    X(HEALTH_DEGRADED, "leader-changing", judge_leader_changing,                                   \
      "nobody holds the leader lock, for less than 2 s and as in a switchover: with a "            \
      "request, or, where etcd is not watched, without a sign that the old leader died")           \
    X(HEALTH_DEGRADED, "leader-stopping", judge_leader_stopping,                                   \
      "the leader's PostgreSQL is not running, for no longer than a switchover or restart "        \
      "takes")                                                                                     \
    X(HEALTH_DEGRADED, "leader-not-writable-yet", judge_not_writable_yet,                          \
      "the lock holder's PostgreSQL, asked directly, takes no writes, for no longer than a "       \
      "promotion takes")                                                                           \
    X(HEALTH_DEGRADED, "lease-low", judge_lease_low,                                               \
      "less than ttl - loop_wait - retry_timeout is left of the leader's lease in etcd")           \
    X(HEALTH_DEGRADED, "leader-unseen", judge_leader_unseen,                                       \
      "neither the leader's API nor its PostgreSQL has ever answered from here, or they "          \
      "are silent while it keeps its lease")                                                       \
    X(HEALTH_DEGRADED, "view-differs", judge_view_differs,                                         \
      "/cluster names another leader than etcd for longer than loop_wait")                         \
    X(HEALTH_DEGRADED, "no-leader-paused", judge_no_leader_paused,                                 \
      "the cluster is paused, nobody holds the lock, and a member runs as primary")                \
    X(HEALTH_DEGRADED, "leader-promoting", judge_leader_promoting,                                 \
      "the leader is new and not primary yet: promotion is under way")                             \
    X(HEALTH_DEGRADED, "leader-silent", judge_leader_silent,                                       \
      "the leader's API does not answer, and nothing worse is known")                              \
    X(HEALTH_DEGRADED, "old-leader-unseen", judge_old_leader_unseen,                               \
      "a member that led before was primary when it last answered, and neither its API nor "       \
      "its PostgreSQL answers now: whether it takes writes is not known")                          \
    X(HEALTH_DEGRADED, "configured-silent", judge_configured_silent,                               \
      "a configured URL of Patroni gives no answer and is no listed member's: it may be that of "  \
      "one that has gone, of which nothing can be known")                                          \
    X(HEALTH_DEGRADED, "member-failed", judge_failed, "a member's PostgreSQL failed or crashed")   \
    X(HEALTH_DEGRADED, "member-vanished", judge_vanished,                                          \
      "a member is no longer listed in /cluster, or its key is gone from etcd")                    \
    X(HEALTH_DEGRADED, "member-not-running", judge_not_running,                                    \
      "a member's PostgreSQL is not running")                                                      \
    X(HEALTH_DEGRADED, "member-stuck", judge_member_stuck,                                         \
      "a member's Patroni is alive (/liveness) but PostgreSQL does not answer it")                 \
    X(HEALTH_DEGRADED, "member-silent", judge_member_silent,                                       \
      "a member's API does not answer; not fired when it never could be reached from here")        \
    X(HEALTH_DEGRADED, "member-lease-low", judge_member_lease_low,                                 \
      "less than ttl - loop_wait - retry_timeout is left of a replica's lease in etcd")            \
    X(HEALTH_DEGRADED, "postgres-silent", judge_postgres_silent,                                   \
      "a member's PostgreSQL does not answer us directly, its Patroni says it runs")               \
    X(HEALTH_DEGRADED, "postgres-denied", judge_postgres_denied,                                   \
      "a member's PostgreSQL refuses our login: no privilege, which does not make it down")        \
    X(HEALTH_DEGRADED, "member-not-asked", judge_not_asked, "a member has not been asked yet")     \
    X(HEALTH_DEGRADED, "no-candidate", judge_no_candidate, "no replica is fit to take over")       \
    X(HEALTH_DEGRADED, "member-not-streaming", judge_not_streaming,                                \
      "a replica runs but does not stream, for longer than one loop_wait")                         \
    X(HEALTH_DEGRADED, "timeline-differs", judge_timeline,                                         \
      "a replica is on another timeline than a leader of more than one loop_wait")                 \
    X(HEALTH_DEGRADED, "lag-over-limit", judge_lag,                                                \
      "a replica's receive lag is over maximum_lag_on_failover")                                   \
    X(HEALTH_DEGRADED, "replay-paused", judge_replay_paused, "replay is paused on a replica")      \
    X(HEALTH_DEGRADED, "failsafe-active", judge_failsafe,                                          \
      "the DCS is away and failsafe mode is active")                                               \
    X(HEALTH_DEGRADED, "dcs-unseen", judge_dcs_unseen,                                             \
      "by its own clock a member has not seen the DCS for loop_wait + retry_timeout")              \
    X(HEALTH_DEGRADED, "member-unlocked", judge_unlocked,                                          \
      "a member sees no leader key or no DCS while /cluster or etcd has a leader")                 \
    X(HEALTH_DEGRADED, "sync-missing", judge_sync,                                                 \
      "synchronous mode is on with fewer synchronous standbys than it asks for")                   \
    X(HEALTH_DEGRADED, "watchdog-failed", judge_watchdog,                                          \
      "a member's watchdog failed: it cannot lead")                                                \
    X(HEALTH_DEGRADED, "identity-differs", judge_identity,                                         \
      "what answers at a member's URL is another member or another cluster")                       \
    X(HEALTH_DEGRADED, "paused", judge_paused, "Patroni is paused: automatic failover is off")     \
    X(HEALTH_DEGRADED, "dcs-not-asked", judge_dcs_not_asked, "etcd has not been asked yet")        \
    X(HEALTH_DEGRADED, "dcs-watch-lost", judge_dcs_watch_lost,                                     \
      "etcd is configured and not watched: the stream ended, or nothing proves it alive")          \
    X(HEALTH_DEGRADED, "dcs-no-quorum-kept", judge_dcs_no_quorum_kept,                             \
      "no etcd endpoint sees a raft leader; failsafe mode or a pause keeps Patroni's leader")      \
    X(HEALTH_DEGRADED, "dcs-endpoint-silent", judge_dcs_endpoint_silent,                           \
      "an etcd endpoint does not answer")                                                          \
    X(HEALTH_DEGRADED, "dcs-endpoint-unhealthy", judge_dcs_endpoint_unhealthy,                     \
      "an etcd endpoint calls itself unhealthy")                                                   \
    X(HEALTH_DEGRADED, "dcs-endpoint-cut-off", judge_dcs_endpoint_cut_off,                         \
      "an etcd endpoint sees no raft leader while others do")                                      \
    X(HEALTH_DEGRADED, "dcs-terms-differ", judge_dcs_terms_differ,                                 \
      "etcd endpoints are of different raft terms")                                                \
    X(HEALTH_DEGRADED, "dcs-db-full", judge_dcs_db_full, "etcd's database has 80 % of its quota")  \
    X(HEALTH_DEGRADED, "haproxy-old-leader", judge_haproxy_old_leader,                             \
      "HAProxy's write backend sends to a member that does not lead, and to no other")             \
    X(HEALTH_DEGRADED, "haproxy-two-targets", judge_haproxy_two_targets,                           \
      "HAProxy's write backend has two servers up")                                                \
    X(HEALTH_DEGRADED, "haproxy-no-target", judge_haproxy_no_target,                               \
      "HAProxy's write backend has no server")                                                     \
    X(HEALTH_DEGRADED, "haproxy-leader-down", judge_haproxy_leader_down,                           \
      "HAProxy's check of the leader fails by anything else than the answer that it has not the "  \
      "role, Patroni says it leads")                                                               \
    X(HEALTH_DEGRADED, "haproxy-leader-held", judge_haproxy_leader_held,                           \
      "the leader's server is in MAINT or DRAIN")                                                  \
    X(HEALTH_DEGRADED, "haproxy-leader-turning", judge_haproxy_leader_turning,                     \
      "HAProxy's check of the leader has begun to fail (UP 1/3)")                                  \
    X(HEALTH_DEGRADED, "haproxy-check-failed", judge_haproxy_check,                                \
      "HAProxy's check of a server fails by anything else than the answer that it has "            \
      "not the role (503)")                                                                        \
    X(HEALTH_DEGRADED, "haproxy-stale-sessions", judge_haproxy_stale_sessions,                     \
      "a server of HAProxy's write backend that does not lead and takes no connections "           \
      "any more, for longer than 5 s, still has sessions")                                         \
    X(HEALTH_DEGRADED, "haproxy-backend-down", judge_haproxy_backend_down,                         \
      "a backend of HAProxy that is not the one for writes has had no server for longer "          \
      "than loop_wait (10 s at least)")                                                            \
    X(HEALTH_DEGRADED, "haproxy-held", judge_haproxy_held,                                         \
      "a member's server in HAProxy is in MAINT or DRAIN; one that is down by its check "          \
      "as well shows that only by the runtime socket")                                             \
    X(HEALTH_DEGRADED, "haproxy-near-full", judge_haproxy_near_full,                               \
      "HAProxy has 90 % of the connections, or a frontend or server of it of the "                 \
      "sessions, that its limit allows")                                                           \
    X(HEALTH_DEGRADED, "haproxy-queue", judge_haproxy_queue,                                       \
      "connections wait in HAProxy for a server")                                                  \
    X(HEALTH_DEGRADED, "haproxy-differ", judge_haproxy_differ,                                     \
      "of two HAProxies one sends writes to a member and the other does not, or, where both "      \
      "have a backend of that name, other connections; both for longer than 12 s")                 \
    X(HEALTH_DEGRADED, "haproxy-socket-silent", judge_haproxy_socket,                              \
      "an HAProxy's runtime socket cannot be used, and its statistics page is asked "              \
      "instead")                                                                                   \
    X(HEALTH_DEGRADED, "haproxy-no-backend", judge_haproxy_no_backend,                             \
      "HAProxy has no server in the write backend that is configured for it")                      \
    X(HEALTH_DEGRADED, "haproxy-silent", judge_haproxy_silent, "an HAProxy does not answer")       \
    X(HEALTH_DEGRADED, "haproxy-not-asked", judge_haproxy_not_asked,                               \
      "an HAProxy has not been asked yet")                                                         \
    X(HEALTH_DEGRADED, "bouncer-old-leader", judge_bouncer_old_leader,                             \
      "PgBouncer points at the member that led before")                                            \
    X(HEALTH_DEGRADED, "route-not-leader", judge_route_not_leader,                                 \
      "a route, or a PgBouncer's database, that is not named for reading goes straight to a "      \
      "member that does not lead, and did not lead while this program looked")                     \
    X(HEALTH_DEGRADED, "bouncer-silent", judge_bouncer_silent, "a PgBouncer does not answer")      \
    X(HEALTH_DEGRADED, "bouncer-not-asked", judge_bouncer_not_asked,                               \
      "a PgBouncer has not been asked yet")                                                        \
    X(HEALTH_DEGRADED, "bouncer-held", judge_bouncer_held,                                         \
      "a PgBouncer is paused or suspended as a whole")                                             \
    X(HEALTH_DEGRADED, "bouncer-looks-held", judge_bouncer_looks_held,                             \
      "clients wait, no pool of a PgBouncer before 1.19 has a server connection for longer than "  \
      "server_login_retry and 5 s, and what they go to is up")                                     \
    X(HEALTH_DEGRADED, "database-forgotten", judge_database_forgotten,                             \
      "PAUSE or DISABLE of a database for longer than a minute, or since before this console "     \
      "looked")                                                                                    \
    X(HEALTH_DEGRADED, "bouncer-clients-near", judge_clients_near,                                 \
      "a PgBouncer has nine tenths of the clients that max_client_conn allows")                    \
    X(HEALTH_DEGRADED, "pool-idle-in-transaction", judge_pool_idle_in_xact,                        \
      "a pool is full and clients wait, while four fifths of the time in transactions pass "       \
      "without a query")                                                                           \
    X(HEALTH_DEGRADED, "pool-slow", judge_pool_slow,                                               \
      "a pool is full and clients wait, and a query takes over 0.5 s in the mean")                 \
    X(HEALTH_DEGRADED, "servers-closing", judge_servers_closing,                                   \
      "server connections that are to be closed (close_needed) are still held after a minute")     \
    X(HEALTH_DEGRADED, "bouncers-differ", judge_bouncers_differ,                                   \
      "two PgBouncers that serve the same database disagree: what is paused, a setting that "      \
      "clients feel, or where it goes while the end of one of them is not known")                  \
    X(HEALTH_DEGRADED, "pool-wait", judge_pool, "the first client in a queue has waited over 1 s") \
    X(HEALTH_DEGRADED, "pool-saturated", judge_pool,                                               \
      "as many servers as pool_size and reserve allow, and clients wait")                          \
    X(HEALTH_DEGRADED, "pool-changing", judge_pool_excused,                                        \
      "clients wait as in pool-no-server or pool-wait-long, but for less than 1 s, or for "        \
      "up to 20 s because the leader changes or has just changed")                                 \
    X(HEALTH_DEGRADED, "pool-connecting", judge_pool,                                              \
      "clients wait while a pool's first server connection is being opened")                       \
    X(HEALTH_DEGRADED, "database-paused", judge_database_paused, "PAUSE of a database")            \
    X(HEALTH_DEGRADED, "database-disabled", judge_database_disabled, "DISABLE of a database")      \
    X(HEALTH_DEGRADED, "database-full", judge_database_full,                                       \
      "a database has as many server connections as its max_connections")

#define RULE_INFO(grade, name, find, when) {name, grade, when},
#define RULE_FN(grade, name, find, when)   find,

static const struct health_rule_info rules[] = {RULES(RULE_INFO)};
static judge_fn *const finders[] = {RULES(RULE_FN)};
#define NRULES ((int)(sizeof rules / sizeof *rules))
_Static_assert(sizeof finders / sizeof *finders == sizeof rules / sizeof *rules, "one each");

void judge_say(struct judge *j, const char *subject, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *text = arena_vprintf(j->a, fmt, ap);
    va_end(ap);
    if (*subject)
        text = arena_printf(j->a, "%s: %s", subject, text);
    if (j->n == j->cap) {
        j->cap = j->cap ? 2 * j->cap : 16;
        j->v = xrealloc(j->v, (size_t)j->cap * sizeof *j->v);
    }
    j->v[j->n++] =
        (struct verdict){j->rule->health, j->rule->rule, arena_strdup(j->a, subject), text};
}

bool judge_says_primary(const struct judge *j, const struct member *m)
{
    const struct member_health *h = judge_own(j, m);
    return h && h->role == ROLE_LEADER && pg_state_is_up(h->state);
}

bool judge_leader_young(const struct judge *j)
{
    return j->s->leader_since_us && j->now_us - j->s->leader_since_us <= j->t.loop_wait;
}

int64_t judge_transition(const struct judge *j)
{
    return j->t.loop_wait > 5 * USEC_PER_SEC ? j->t.loop_wait : 5 * USEC_PER_SEC;
}

int64_t judge_route_gap(const struct judge *j)
{
    return j->t.loop_wait > 10 * USEC_PER_SEC ? j->t.loop_wait : 10 * USEC_PER_SEC;
}

bool judge_silent(const struct judge *j, const struct member *m)
{
    return m->api.outcome != OBS_NEVER && !facts_never_reachable(m) && !judge_own(j, m);
}

bool judge_stuck(const struct judge *j, const struct member *m)
{
    return judge_silent(j, m) && m->liveness.outcome == OBS_ANSWERED;
}

const char *judge_silence(const struct judge *j, const struct source_state *st)
{
    char d[FMT_MAX];
    const char *how = st->outcome == OBS_ANSWERED ? "nothing since" : obs_outcome_name(st->outcome);
    if (st->answered_us == 0)
        return arena_printf(j->a, "since it was first asked (%s)", how);
    return arena_printf(j->a, "for %s (%s)", facts_span(d, j->now_us - st->answered_us), how);
}

static void judge_init(struct judge *j, const struct snapshot *s, int64_t now_us, struct arena *a)
{
    char d[FMT_MAX];
    *j = (struct judge){.s = s, .now_us = now_us, .a = a, .t = facts_timers(s), .asof = ""};
    j->leader = snapshot_leader(s);
    j->word = s->dcs_leads ? "etcd" : "/cluster";
    j->view_old = facts_view_old(s, now_us);
    if (j->view_old && s->view.answered_us)
        j->asof = arena_printf(a, " (as %s said %s ago)", j->word,
                               facts_span(d, now_us - s->view.answered_us));
    j->pools = pool_views(s, a, &j->npools);
    j->ways = ways_of(s, now_us, a, &j->nways);
}

void health_judge(const struct snapshot *s, int64_t now_us, struct arena *a, struct verdicts *out)
{
    struct judge j;
    judge_init(&j, s, now_us, a);
    for (int i = 0; i < NRULES; i++) {
        j.rule = &rules[i];
        finders[i](&j);
    }
    struct verdict *v = arena_array(a, (size_t)j.n, struct verdict);
    int n = 0;
    for (int grade = HEALTH_COUNT - 1; grade >= 0; grade--)
        for (int i = 0; i < j.n; i++)
            if ((int)j.v[i].health == grade)
                v[n++] = j.v[i];
    free(j.v);
    *out = (struct verdicts){.worst = n > 0 ? v[0].health : HEALTH_OK,
                             .n = n,
                             .v = v,
                             .of = s,
                             .ways = j.ways,
                             .nways = j.nways};
}

enum health health_of(const struct verdicts *v, const char *subject)
{
    for (int i = 0; i < v->n; i++)
        if (strcmp(v->v[i].subject, subject) == 0)
            return v->v[i].health;
    return HEALTH_OK;
}

const struct health_rule_info *health_rules(int *n)
{
    *n = NRULES;
    return rules;
}
