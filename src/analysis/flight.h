/*
 * src/analysis/flight.h: what the checks of preflight.c share: private to analysis/.
 */
#ifndef PGDBA_ANALYSIS_FLIGHT_PRIVATE_H
#define PGDBA_ANALYSIS_FLIGHT_PRIVATE_H

#include "pgdba/analysis/preflight.h"
#include "facts.h"

struct flight {
    const struct snapshot *s;
    const struct request *r;
    bool operation_running;
    int64_t now_us;
    struct arena *a;
    const struct member *leader;        /* NULL none */
    const struct member *candidate;     /* NULL none asked for, or not known */
    const struct preflight_info *check; /* the one that runs */
    struct check_result *v;
    int n, cap;
};

typedef void flight_fn(struct flight *f);

/* What blocks now only warns of something that Patroni looks at later. */
static inline enum check_verdict flight_no(const struct flight *f)
{
    return f->r->kind == ACT_SWITCHOVER_AT ? CHECK_WARN : CHECK_BLOCK;
}

/* Adds a result of the running check. */
void flight_say(struct flight *f, enum check_verdict v, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* How much the last one is about; see check_result. */
void flight_amount(struct flight *f, int64_t amount, int64_t slack);

static inline const struct member_health *flight_own(const struct flight *f, const struct member *m)
{
    return facts_own(f->s, m, f->now_us);
}

static inline bool flight_pending_restart(const struct flight *f, const struct member *m)
{
    const struct member_health *h = flight_own(f, m);
    return h ? h->pending_restart : m->dcs && m->dcs->pending_restart;
}

/* "silent for 14 s (timed out)", "not reachable from here", "not asked yet": why there is no own
 * word. */
const char *flight_silence(const struct flight *f, const struct member *m);
/* The i-th member asked for, NULL when it is not known or not listed. */
const struct member *flight_target(const struct flight *f, int i);
bool flight_targets(const struct flight *f, const struct member *m);

/* preflight_cluster.c: what holds for the picture and the cluster */
flight_fn flight_picture, flight_operation, flight_leader_present, flight_leader_named,
    flight_leader_health, flight_leader_alive, flight_quorum, flight_versions, flight_paused,
    flight_scheduled, flight_probe_running, flight_clients;
/* preflight_candidate.c */
flight_fn flight_candidate_pending, flight_candidate_known, flight_candidate_other,
    flight_candidate_api, flight_candidate_state, flight_nofailover, flight_watchdog, flight_sync,
    flight_lag, flight_replay, flight_timeline, flight_choice;
/* preflight_members.c: restart and reinit */
flight_fn flight_from_leader, flight_backup, flight_member_known, flight_member_api,
    flight_member_state, flight_pending, flight_restart_leader, flight_restart_order,
    flight_restart_sync, flight_restart_scheduled, flight_reinit_leader, flight_reinit_state,
    flight_reinit_last, flight_downstream, flight_query_leader;
/* preflight_vitals.c */
flight_fn flight_transactions, flight_prepared, flight_slots, flight_archiving;
/* preflight_others.c, preflight_remove.c */
flight_fn flight_others, flight_remove_known, flight_remove_members, flight_remove_answers;
/* preflight_haproxy.c */
flight_fn flight_haproxy_answers, flight_haproxy_socket, flight_haproxy_last, flight_haproxy_leader,
    flight_haproxy_state;

/* preflight_bouncers.c */
flight_fn flight_bouncer_answers, flight_bouncer_databases, flight_bouncer_paused,
    flight_bouncer_mode, flight_bouncer_waiting, flight_bouncer_cut, flight_bouncer_version;

#endif
