/* Checks of who is to lead next. What Patroni would refuse blocks (reference "patroni.md" §2.2,
 * §3.2); what it does not look at, or we cannot know, warns. */
#include "flight.h"

#include <inttypes.h>
#include <string.h>

#include "pgdba/base/fmt.h"
#include "candidate.h"

void flight_candidate_known(struct flight *f)
{
    const char *name = f->r->candidate;
    char d[FMT_MAX];
    if (!name)
        return;
    const struct member *m = snapshot_member(f->s, name);
    if (f->candidate)
        flight_say(f, CHECK_PASS, "%s is a member", name);
    else if (m && m->last_seen_us)
        flight_say(f, CHECK_BLOCK, "%s has been gone from /cluster for %s", name,
                   facts_span(d, f->now_us - m->last_seen_us));
    else
        flight_say(f, CHECK_BLOCK, "%s is not a member", name);
}

void flight_candidate_other(struct flight *f)
{
    if (!f->candidate)
        return;
    if (f->candidate == f->leader)
        flight_say(f, CHECK_BLOCK, "%s leads already", f->candidate->name);
    else
        flight_say(f, CHECK_PASS, "%s is not the leader", f->candidate->name);
}

/* The checks below are about a candidate that is one. */
static const struct member *candidate(const struct flight *f)
{
    return f->candidate != f->leader ? f->candidate : NULL;
}

void flight_candidate_api(struct flight *f)
{
    const struct member *m = candidate(f);
    char d[FMT_MAX];
    if (!m)
        return;
    if (flight_own(f, m))
        flight_say(f, CHECK_PASS, "%s answers (%s)", m->name, fmt_duration(d, m->api.latency_us));
    else
        flight_say(f, CHECK_WARN,
                   "%s: API %s; the leader asks it too and refuses if it gets no answer", m->name,
                   flight_silence(f, m));
}

void flight_candidate_state(struct flight *f)
{
    const struct member *m = candidate(f);
    if (!m)
        return;
    const char *state = facts_state_text(f->s, m, f->now_us);
    const char *who = flight_own(f, m) ? "" : " by /cluster";
    if (!pg_state_is_up(facts_state(f->s, m, f->now_us)))
        flight_say(f, flight_no(f), "%s: PostgreSQL is not running (%s%s)", m->name, state, who);
    else if (facts_streaming(f->s, m, f->now_us) == TRI_NO)
        flight_say(f, CHECK_WARN, "%s: runs but does not stream (%s%s)", m->name, state, who);
    else
        flight_say(f, CHECK_PASS, "%s: %s%s", m->name, state, who);
}

void flight_nofailover(struct flight *f)
{
    const struct member *m = candidate(f);
    if (!m)
        return;
    if (facts_tags(f->s, m, f->now_us)->nofailover)
        flight_say(f, flight_no(f), "%s is tagged nofailover (or failover_priority 0)", m->name);
    else
        flight_say(f, CHECK_PASS, "%s is not tagged nofailover", m->name);
}

void flight_watchdog(struct flight *f)
{
    const struct member *m = candidate(f);
    const struct member_health *h = m ? flight_own(f, m) : NULL;
    if (!h)
        return; /* candidate-api says that nothing is known */
    if (h->watchdog_failed)
        flight_say(f, flight_no(f), "%s: its watchdog failed", m->name);
    else
        flight_say(f, CHECK_PASS, "%s: no watchdog failure", m->name);
}

void flight_sync(struct flight *f)
{
    const struct member *m = candidate(f);
    const struct dynamic_config *c = f->s->config;
    if (!m)
        return;
    if (!c) {
        flight_say(f, CHECK_WARN, "/config is not known: whether synchronous mode is on neither");
        return;
    }
    if ((!c->synchronous_mode && !c->synchronous_quorum) || c->standby_cluster)
        flight_say(f, CHECK_PASS, "synchronous mode is off");
    else if (candidate_sync_ok(f->s, m, f->now_us))
        flight_say(f, CHECK_PASS, "%s is a %s standby", m->name,
                   c->synchronous_quorum ? "quorum" : "synchronous");
    else if (f->r->kind == ACT_FAILOVER)
        flight_say(f, CHECK_WARN,
                   "%s is not a %s standby: commits that were acknowledged may not be there",
                   m->name, c->synchronous_quorum ? "quorum" : "synchronous");
    else
        flight_say(f, flight_no(f), "%s is not a %s standby: the leader refuses it", m->name,
                   c->synchronous_quorum ? "quorum" : "synchronous");
}

/* Without a leader: against what the last one had published, and what any other has received. */
static void lag_without_leader(struct flight *f, const struct member *m)
{
    lsn_t end = f->s->dcs ? f->s->dcs->optime : LSN_UNKNOWN,
          own = candidate_received(f->s, m, f->now_us);
    const char *whose = "the last leader published";
    char lag[FMT_MAX];
    for (int i = 0; i < f->s->nmembers; i++) {
        lsn_t at = f->s->members[i].listed ? candidate_received(f->s, &f->s->members[i], f->now_us)
                                           : LSN_UNKNOWN;
        if (at == LSN_UNKNOWN || (end != LSN_UNKNOWN && at <= end))
            continue;
        end = at;
        whose = arena_printf(f->a, "%s has", f->s->members[i].name);
    }
    if (own == LSN_UNKNOWN || end == LSN_UNKNOWN)
        flight_say(f, CHECK_WARN, "%s: how far it is behind is not known", m->name);
    else if (own < end) {
        flight_say(f, CHECK_WARN,
                   "%s: %s less than what %s: they are LOST, and nobody looks at a "
                   "limit",
                   m->name, fmt_bytes(lag, (int64_t)(end - own)), whose);
        flight_amount(f, (int64_t)(end - own), facts_lag_limit(f->s));
    } else
        flight_say(f, CHECK_PASS, "%s has all that is known to have been written", m->name);
}

void flight_lag(struct flight *f)
{
    const struct member *m = candidate(f);
    char lag[FMT_MAX], limit[FMT_MAX];
    if (!m)
        return;
    if (f->r->kind == ACT_FAILOVER && !f->leader) {
        lag_without_leader(f, m);
        return;
    }
    int64_t max = facts_lag_limit(f->s);
    const char *from = m->lag.basis == LAG_PUBLISHED ? ", published once a loop" : "";
    if (m->lag.basis == LAG_NONE || m->lag.receive == LAG_UNKNOWN)
        flight_say(f, CHECK_WARN, "%s: lag not known (limit %s)", m->name, fmt_bytes(limit, max));
    else if (m->lag.receive > max) {
        flight_say(f, flight_no(f), "%s: %s behind, the limit is %s%s", m->name,
                   fmt_bytes(lag, m->lag.receive), fmt_bytes(limit, max), from);
        flight_amount(f, m->lag.receive, max);
    } else
        flight_say(f, CHECK_PASS, "%s: %s behind, the limit is %s%s", m->name,
                   fmt_bytes(lag, m->lag.receive), fmt_bytes(limit, max), from);
}

void flight_replay(struct flight *f)
{
    const struct member *m = candidate(f);
    const struct member_health *h = m ? flight_own(f, m) : NULL;
    char b[FMT_MAX];
    if (!m || m->lag.basis == LAG_NONE || m->lag.replay == LAG_UNKNOWN)
        return; /* candidate-lag says that it is not known */
    if (h && h->replay_paused)
        flight_say(f, CHECK_WARN, "%s: replay is paused, %s to replay before it accepts writes",
                   m->name, fmt_bytes(b, m->lag.replay));
    else if (m->lag.replay > facts_lag_limit(f->s))
        flight_say(f, CHECK_WARN, "%s: %s to replay before it accepts writes%s", m->name,
                   fmt_bytes(b, m->lag.replay), candidate_catches_up(f->s, m, f->now_us, f->a));
    else
        flight_say(f, CHECK_PASS, "%s: %s to replay", m->name, fmt_bytes(b, m->lag.replay));
    flight_amount(f, m->lag.replay, facts_lag_limit(f->s));
}

void flight_timeline(struct flight *f)
{
    const struct member *m = candidate(f);
    if (!m || !f->leader)
        return;
    int64_t own = facts_timeline(f->s, m, f->now_us), theirs = snapshot_timeline(f->s);
    bool strict = f->s->config && f->s->config->check_timeline;
    if (own <= 0 || theirs <= 0)
        flight_say(f, CHECK_WARN, "%s: timeline not known", own <= 0 ? m->name : f->leader->name);
    else if (own != theirs)
        flight_say(f, strict ? flight_no(f) : CHECK_WARN,
                   "%s is on timeline %" PRId64 ", the leader on %" PRId64, m->name, own, theirs);
    else
        flight_say(f, CHECK_PASS, "%s is on timeline %" PRId64 ", as the leader", m->name, own);
}

void flight_candidate_pending(struct flight *f)
{
    const struct member *m = candidate(f);
    if (!m)
        return;
    if (flight_pending_restart(f, m))
        flight_say(f, CHECK_WARN,
                   "%s has a restart pending: as leader it would still run with the old settings",
                   m->name);
    else
        flight_say(f, CHECK_PASS, "%s has no restart pending", m->name);
}

void flight_choice(struct flight *f)
{
    enum fitness best;
    if (f->r->candidate)
        return;
    const char *list = candidate_list(f->s, f->now_us, f->a, &best);
    if (!*list)
        flight_say(f, CHECK_BLOCK, "there is no replica to switch over to");
    else if (best == UNFIT)
        flight_say(f, flight_no(f), "no replica is fit to lead: %s", list);
    else if (best == DOUBTFUL)
        flight_say(f, CHECK_WARN, "no replica is known to be fit to lead: %s", list);
    else
        flight_say(f, CHECK_PASS, "Patroni chooses among: %s", list);
}
