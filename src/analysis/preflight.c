/* The table of checks, and how they are run. */
#include "flight.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/fmt.h"

#define SWITCHOVER    (UINT64_C(1) << ACT_SWITCHOVER | UINT64_C(1) << ACT_HOLD)
#define SWITCHOVER_AT (UINT64_C(1) << ACT_SWITCHOVER_AT)
#define FAILOVER      (UINT64_C(1) << ACT_FAILOVER)
#define RESTART       (UINT64_C(1) << ACT_RESTART)
#define RESTART_AT    (UINT64_C(1) << ACT_RESTART_AT)
#define ROLLING       (UINT64_C(1) << ACT_ROLLING)
#define REINIT        (UINT64_C(1) << ACT_REINIT)
#define PROBE         (UINT64_C(1) << ACT_PROBE_START)
#define PROBE_DROP    (UINT64_C(1) << ACT_PROBE_DROP)
#define QUERY         (UINT64_C(1) << ACT_QUERY)
#define REMOVE        (UINT64_C(1) << ACT_REMOVE)
#define PGB_PAUSE     (UINT64_C(1) << ACT_PGB_PAUSE)
#define PGB_KILL      (UINT64_C(1) << ACT_PGB_KILL)
#define PGB_SHUTDOWN  (UINT64_C(1) << ACT_PGB_SHUTDOWN)
#define HOLD          (UINT64_C(1) << ACT_HOLD)
#define PGB_DATABASES                                                               \
    (PGB_PAUSE | UINT64_C(1) << ACT_PGB_RESUME | UINT64_C(1) << ACT_PGB_RECONNECT | \
     UINT64_C(1) << ACT_PGB_ENABLE | UINT64_C(1) << ACT_PGB_DISABLE | PGB_KILL)
#define CANDIDATE (SWITCHOVER | SWITCHOVER_AT | FAILOVER)
#define RESTARTS  (RESTART | ROLLING)
/* The leader stops, or may. */
#define GOES    (CANDIDATE | RESTARTS | UINT64_C(1) << ACT_DEMOTE)
#define CLUSTER (UINT64_C(1) << ACT_DEMOTE | UINT64_C(1) << ACT_PROMOTE)
#define MEMBERS \
    (RESTARTS | RESTART_AT | REINIT | UINT64_C(1) << ACT_RELOAD | UINT64_C(1) << ACT_CANCEL_RESTART)
/* Everything that goes to PgBouncer. */
#define PGB (((UINT64_C(1) << (ACT_PGB_SHUTDOWN + 1)) - 1) & ~((UINT64_C(1) << ACT_PGB_PAUSE) - 1))
/* Everything that goes to Patroni. */
#define PATRONI (((UINT64_C(1) << ACT_PROBE_START) - 1) | UINT64_C(1) << ACT_HOLD)
/* Everything that goes to HAProxy. */
#define HAPROXY                                                                                \
    (UINT64_C(1) << ACT_HA_READY | UINT64_C(1) << ACT_HA_DRAIN | UINT64_C(1) << ACT_HA_MAINT | \
     UINT64_C(1) << ACT_HA_SHUT)

/* Stands once: the checks as the manual lists them, and what runs them. The order is that of the
 * questions an operator would ask. */
#define CHECKS(X)                                                                                  \
    X("picture-fresh", PATRONI | QUERY, flight_picture, "the picture is of now")                   \
    X("operation-in-flight", CANDIDATE | RESTARTS | REINIT | CLUSTER, flight_operation,            \
      "no other operation runs: neither ours, nor one that shows as a request in the DCS or as a " \
      "leader without a timeline")                                                                 \
    X("others-acting", PATRONI | QUERY | REMOVE | PGB | HAPROXY, flight_others,                    \
      "nobody else says, by pgdba's own keys in etcd, that he is changing the cluster")            \
    X("dcs-quorum", CANDIDATE | RESTARTS | CLUSTER, flight_quorum,                                 \
      "most of etcd's endpoints are healthy: without a quorum nobody can take the lock")           \
    X("leader-present",                                                                            \
      SWITCHOVER | SWITCHOVER_AT | ROLLING | REINIT | CLUSTER | PROBE | PROBE_DROP,                \
      flight_leader_present, "the cluster has a leader")                                           \
    X("leader-named", SWITCHOVER | SWITCHOVER_AT, flight_leader_named,                             \
      "the leader is the one that was named")                                                      \
    X("leader-health", SWITCHOVER, flight_leader_health,                                           \
      "the leader's API answers, and says running and primary")                                    \
    X("leader-alive", FAILOVER, flight_leader_alive,                                               \
      "there is no leader that answers: else a switchover loses nothing")                          \
    X("paused", CANDIDATE | RESTARTS | RESTART_AT | REINIT, flight_paused,                         \
      "Patroni is not paused; in a pause a switchover needs a candidate, and nothing can be "      \
      "scheduled")                                                                                 \
    X("scheduled-switchover", CANDIDATE | RESTARTS, flight_scheduled,                              \
      "no switchover is scheduled")                                                                \
    X("candidate-known", CANDIDATE, flight_candidate_known, "the candidate is listed in /cluster") \
    X("candidate-not-leader", CANDIDATE, flight_candidate_other,                                   \
      "the candidate is not the leader")                                                           \
    X("candidate-api", CANDIDATE, flight_candidate_api,                                            \
      "the candidate's API answers from here, as it must to the leader")                           \
    X("candidate-state", CANDIDATE, flight_candidate_state, "the candidate runs and streams")      \
    X("nofailover", CANDIDATE, flight_nofailover,                                                  \
      "the candidate has no nofailover tag and no failover_priority of 0")                         \
    X("watchdog", CANDIDATE, flight_watchdog, "the candidate's watchdog works")                    \
    X("sync-rule", CANDIDATE, flight_sync,                                                         \
      "in synchronous mode the candidate is a synchronous (or quorum) standby")                    \
    X("candidate-lag", CANDIDATE, flight_lag,                                                      \
      "the candidate's receive lag is within maximum_lag_on_failover")                             \
    X("candidate-replay", CANDIDATE, flight_replay,                                                \
      "the candidate has little left to replay before it can accept writes")                       \
    X("candidate-timeline", CANDIDATE, flight_timeline,                                            \
      "the candidate is on the leader's timeline")                                                 \
    X("candidate-pending", CANDIDATE, flight_candidate_pending,                                    \
      "no restart is pending on the candidate")                                                    \
    X("candidate-choice", SWITCHOVER | SWITCHOVER_AT, flight_choice,                               \
      "without a candidate: at least one replica is fit")                                          \
    X("versions", CANDIDATE | ROLLING, flight_versions,                                            \
      "all members run the same Patroni and the same major version of PostgreSQL")                 \
    X("member-known", MEMBERS, flight_member_known,                                                \
      "every member asked for is listed in /cluster")                                              \
    X("member-api", MEMBERS, flight_member_api,                                                    \
      "the member's own API can be reached: the request goes to it")                               \
    X("member-state", RESTARTS, flight_member_state,                                               \
      "PostgreSQL runs on the member and nothing else is being done to it")                        \
    X("restart-pending", RESTARTS | RESTART_AT, flight_pending,                                    \
      "with --pending: the member has a pending restart")                                          \
    X("restart-leader", RESTARTS | RESTART_AT, flight_restart_leader,                              \
      "the leader is not among them")                                                              \
    X("restart-order", RESTART, flight_restart_order,                                              \
      "replicas with a pending restart go before the leader")                                      \
    X("restart-sync", RESTARTS | RESTART_AT, flight_restart_sync,                                  \
      "the only synchronous standby is not among them")                                            \
    X("restart-scheduled", RESTARTS | RESTART_AT, flight_restart_scheduled,                        \
      "no restart is scheduled on the member")                                                     \
    X("reinit-not-leader", REINIT, flight_reinit_leader, "the member is not the leader")           \
    X("reinit-state", REINIT, flight_reinit_state, "the member is not being rebuilt already")      \
    X("reinit-last", REINIT, flight_reinit_last, "another replica is fit to take over meanwhile")  \
    X("from-leader", REINIT, flight_from_leader,                                                   \
      "with --from-leader: the member's Patroni is 4.1 or newer, for older ones pass it over")     \
    X("downstream", RESTARTS | REINIT, flight_downstream, "no other member streams from it")       \
    X("base-backup", CANDIDATE | RESTARTS | REINIT, flight_backup,                                 \
      "nobody copies a base backup from a member that is to stop")                                 \
    X("probe-running", PROBE | PROBE_DROP, flight_probe_running,                                   \
      "no probe of this console is under way")                                                     \
    X("query-leader", QUERY, flight_query_leader,                                                  \
      "SQL that writes goes to the leader: nothing can be written on a replica")                   \
    X("remove-known", REMOVE, flight_remove_known, "what is in etcd is known as of now")           \
    X("remove-members", REMOVE, flight_remove_members,                                             \
      "no member has a key in etcd, and nobody holds the lock")                                    \
    X("remove-answers", REMOVE, flight_remove_answers,                                             \
      "no Patroni of the cluster answers: it would write its keys again")                          \
    X("haproxy-answers", HAPROXY, flight_haproxy_answers, "every HAProxy asked for answers now")   \
    X("haproxy-socket", HAPROXY, flight_haproxy_socket,                                            \
      "its runtime socket is configured, and of level admin")                                      \
    X("haproxy-last", HAPROXY, flight_haproxy_last,                                                \
      "in no backend the last server that takes connections is taken away")                        \
    X("haproxy-leader", HAPROXY & ~(UINT64_C(1) << ACT_HA_READY), flight_haproxy_leader,           \
      "the leader's server in the write backend is not among them")                                \
    X("haproxy-state", HAPROXY, flight_haproxy_state, "each of the servers is changed by it")      \
    X("long-transactions", GOES, flight_transactions,                                              \
      "no client's transaction on the leader has been open for long: its end is not waited for")   \
    X("prepared-transactions", GOES, flight_prepared,                                              \
      "no prepared transaction waits on the leader")                                               \
    X("slots-lost", CANDIDATE, flight_slots,                                                       \
      "no replication slot is on the leader alone: whoever reads from one would lose its place")   \
    X("archiving", GOES, flight_archiving, "archiving does not fail on the leader")                \
    X("clients-waiting",                                                                           \
      UINT64_C(1) << ACT_SWITCHOVER | FAILOVER | RESTARTS | UINT64_C(1) << ACT_DEMOTE,             \
      flight_clients, "no clients wait in PgBouncer before the leader goes")                       \
    X("bouncer-answers", PGB | HOLD, flight_bouncer_answers,                                       \
      "every PgBouncer that is meant answers")                                                     \
    X("bouncer-version", PGB_KILL | PGB_SHUTDOWN, flight_bouncer_version,                          \
      "its version knows the command")                                                             \
    X("bouncer-databases", PGB_DATABASES | HOLD, flight_bouncer_databases,                         \
      "the databases are there, on each of them")                                                  \
    X("bouncer-paused", PGB_PAUSE | HOLD, flight_bouncer_paused,                                   \
      "nothing of it is paused already, by somebody else who is to resume it")                     \
    X("bouncer-mode", PGB_PAUSE | HOLD, flight_bouncer_mode,                                       \
      "no pool is by session: a PAUSE would wait until its clients disconnect")                    \
    X("bouncer-waiting", PGB_PAUSE | HOLD, flight_bouncer_waiting,                                 \
      "no client waits for long already")                                                          \
    X("bouncer-cut", PGB_KILL | PGB_SHUTDOWN, flight_bouncer_cut, "no client is cut off")

#define CHECK_INFO(name, actions, run, what) {name, actions, what},
#define CHECK_FN(name, actions, run, what)   run,

static const struct preflight_info checks[] = {CHECKS(CHECK_INFO)};
static flight_fn *const runners[] = {CHECKS(CHECK_FN)};
#define NCHECKS ((int)(sizeof checks / sizeof *checks))
_Static_assert(ACT_COUNT <= 64, "a bit an action");
_Static_assert(sizeof runners / sizeof *runners == sizeof checks / sizeof *checks, "one each");

void flight_say(struct flight *f, enum check_verdict v, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *text = arena_vprintf(f->a, fmt, ap);
    va_end(ap);
    if (f->n == f->cap) {
        f->cap = f->cap ? 2 * f->cap : 32;
        f->v = xrealloc(f->v, (size_t)f->cap * sizeof *f->v);
    }
    f->v[f->n++] = (struct check_result){.check = f->check->check, .verdict = v, .reason = text};
}

void flight_amount(struct flight *f, int64_t amount, int64_t slack)
{
    f->v[f->n - 1].amount = amount;
    f->v[f->n - 1].slack = slack;
}

const char *flight_silence(const struct flight *f, const struct member *m)
{
    char d[FMT_MAX];
    if (facts_never_reachable(m))
        return "not reachable from here";
    if (m->api.outcome == OBS_NEVER)
        return "not asked yet";
    if (m->api.answered_us == 0)
        return arena_printf(f->a, "never answered (%s)", obs_outcome_name(m->api.outcome));
    return arena_printf(f->a, "silent for %s%s%s%s", facts_span(d, f->now_us - m->api.answered_us),
                        m->api.outcome == OBS_ANSWERED ? "" : " (",
                        m->api.outcome == OBS_ANSWERED ? "" : obs_outcome_name(m->api.outcome),
                        m->api.outcome == OBS_ANSWERED ? "" : ")");
}

const struct member *flight_target(const struct flight *f, int i)
{
    const struct member *m = snapshot_member(f->s, f->r->members[i]);
    return m && m->listed ? m : NULL;
}

bool flight_targets(const struct flight *f, const struct member *m)
{
    for (int i = 0; m && i < f->r->nmembers; i++)
        if (strcmp(f->r->members[i], m->name) == 0)
            return true;
    return false;
}

static const struct member *candidate_of(const struct snapshot *s, const struct request *r)
{
    bool has = (UINT64_C(1) << r->kind & CANDIDATE) && r->candidate;
    const struct member *m = has ? snapshot_member(s, r->candidate) : NULL;
    return m && m->listed ? m : NULL;
}

const struct check_result *preflight_run(const struct snapshot *s, const struct request *r,
                                         bool operation_running, int64_t now_us, struct arena *a,
                                         int *n, enum check_verdict *worst)
{
    struct flight f = {.s = s,
                       .r = r,
                       .operation_running = operation_running,
                       .now_us = now_us,
                       .a = a,
                       .leader = snapshot_leader(s),
                       .candidate = candidate_of(s, r)};
    for (int i = 0; i < NCHECKS; i++) {
        f.check = &checks[i];
        if (checks[i].actions & UINT64_C(1) << r->kind)
            runners[i](&f);
    }
    struct check_result *v = arena_array(a, (size_t)f.n, struct check_result);
    int k = 0;
    for (int verdict = CHECK_BLOCK; verdict >= CHECK_PASS; verdict--)
        for (int i = 0; i < f.n; i++)
            if ((int)f.v[i].verdict == verdict)
                v[k++] = f.v[i];
    free(f.v);
    *n = k;
    *worst = k > 0 ? v[0].verdict : CHECK_PASS;
    return v;
}

const struct preflight_info *preflight_checks(int *n)
{
    *n = NCHECKS;
    return checks;
}
