/* Rules about members, one by one. Those about the leader that are worse are in health_leader.c. */
#include "judge.h"

#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

#define EACH_MEMBER(j, m) \
    for (const struct member *m = (j)->s->members; m < (j)->s->members + (j)->s->nmembers; m++)

static bool replica(const struct judge *j, const struct member *m)
{
    return m->listed && m != j->leader;
}

static void vanished(struct judge *j, const struct member *m)
{
    char d[FMT_MAX];
    const char *answers =
        judge_own(j, m) ? "; its API still answers: its HA loop may be stuck" : "";
    if (m->last_seen_us == 0)
        judge_say(j, m->name, "never listed in %s", j->word);
    else
        judge_say(j, m->name, "gone from %s for %s (was %s, %s)%s", j->word,
                  facts_span(d, j->now_us - m->last_seen_us),
                  m->dcs ? role_name(m->dcs->role) : "of no known role",
                  m->dcs && *m->dcs->state_text ? m->dcs->state_text : "state unknown", answers);
}

void judge_vanished(struct judge *j)
{
    /* Before the first list of members nobody is listed, and nobody is missing. */
    if (j->s->view.answered_us == 0)
        return;
    EACH_MEMBER(j, m)
    if (!m->listed)
        vanished(j, m);
}

/* Somebody wrote it down as a member's: one that is dead, or cut off, and whose key has gone leaves
 * no other trace for who has just begun to look. */
void judge_configured_silent(struct judge *j)
{
    for (int i = 0; i < j->s->nsilent_urls; i++) {
        const struct silent_url *u = &j->s->silent_urls[i];
        judge_say(
            j, "",
            "%s is configured, gives no answer (%s), and belongs to no member that is listed: "
            "if it is one that has gone, what it does cannot be known",
            u->url, obs_outcome_name(u->outcome));
    }
}

static const char *by_whom(const struct judge *j, const struct member *m)
{
    return judge_own(j, m) ? "" : j->asof;
}

void judge_failed(struct judge *j)
{
    EACH_MEMBER(j, m)
    if (replica(j, m) && facts_state(j->s, m, j->now_us) == PGS_FAILED)
        judge_say(j, m->name, "PostgreSQL failed: %s%s", facts_state_text(j->s, m, j->now_us),
                  by_whom(j, m));
}

void judge_not_running(struct judge *j)
{
    EACH_MEMBER(j, m)
    {
        enum pg_state st = facts_state(j->s, m, j->now_us);
        if (replica(j, m) && !pg_state_is_up(st) && st != PGS_FAILED)
            judge_say(j, m->name, "PostgreSQL is not running: %s%s",
                      facts_state_text(j->s, m, j->now_us), by_whom(j, m));
    }
}

void judge_member_stuck(struct judge *j)
{
    EACH_MEMBER(j, m)
    if (replica(j, m) && judge_stuck(j, m))
        judge_say(j, m->name, "Patroni is alive but PostgreSQL has not answered it %s",
                  judge_silence(j, &m->api));
}

void judge_member_silent(struct judge *j)
{
    EACH_MEMBER(j, m)
    if (replica(j, m) && judge_silent(j, m) && !judge_stuck(j, m))
        judge_say(j, m->name, "API silent %s; PostgreSQL alive unknown", judge_silence(j, &m->api));
}

void judge_not_asked(struct judge *j)
{
    EACH_MEMBER(j, m)
    if (m->listed && m->api.outcome == OBS_NEVER)
        judge_say(j, m->name, "not asked yet");
}

void judge_not_streaming(struct judge *j)
{
    char d[FMT_MAX];
    if (!j->leader)
        return; /* without a leader nobody can */
    EACH_MEMBER(j, m)
    {
        if (!replica(j, m) || !pg_state_is_up(facts_state(j->s, m, j->now_us)) ||
            facts_tags(j->s, m, j->now_us)->nostream ||
            facts_streaming(j->s, m, j->now_us) != TRI_NO)
            continue;
        bool timed = m->stream_lost_us > STREAM_LOST_BEFORE;
        int64_t lost = j->now_us - m->stream_lost_us;
        if (timed && lost <= j->t.loop_wait)
            continue;
        judge_say(j, m->name, "runs but does not stream%s%s", timed ? " for " : "",
                  timed ? facts_span(d, lost) : "");
    }
}

void judge_timeline(struct judge *j)
{
    int64_t theirs = snapshot_timeline(j->s);
    if (theirs <= 0 || judge_leader_young(j))
        return; /* followers take a moment */
    EACH_MEMBER(j, m)
    {
        int64_t own = facts_timeline(j->s, m, j->now_us);
        if (replica(j, m) && own > 0 && own != theirs)
            judge_say(j, m->name, "on timeline %lld, the leader %s on %lld%s", (long long)own,
                      j->leader->name, (long long)theirs, by_whom(j, m));
    }
}

void judge_replay_paused(struct judge *j)
{
    char b[FMT_MAX];
    EACH_MEMBER(j, m)
    {
        const struct member_health *h = judge_own(j, m);
        if (!h || !h->has_sql || !h->replay_paused || m == j->leader)
            continue;
        bool known = m->lag.basis != LAG_NONE && m->lag.replay != LAG_UNKNOWN;
        judge_say(j, m->name, "replay is paused%s%s", known ? ", behind by " : "",
                  known ? fmt_bytes(b, m->lag.replay) : "");
    }
}

void judge_lag(struct judge *j)
{
    char lag[FMT_MAX], limit[FMT_MAX];
    int64_t max = facts_lag_limit(j->s);
    EACH_MEMBER(j, m)
    if (replica(j, m) && m->lag.basis != LAG_NONE && m->lag.receive > max)
        judge_say(j, m->name, "%s behind, over maximum_lag_on_failover (%s)",
                  fmt_bytes(lag, m->lag.receive), fmt_bytes(limit, max));
}

/* The host's own Date against its own dcs_last_seen: no skew (reference "patroni.md" §1.7). */
void judge_dcs_unseen(struct judge *j)
{
    int64_t limit = (j->t.loop_wait + j->t.retry_timeout) / USEC_PER_SEC;
    EACH_MEMBER(j, m)
    {
        const struct member_health *h = judge_own(j, m);
        if (!h || h->date_s <= 0 || h->dcs_last_seen <= 0 || h->dcs_last_seen > h->date_s)
            continue;
        int64_t age = h->date_s - h->dcs_last_seen;
        if (age > limit)
            judge_say(j, m->name, "last saw the DCS %lld s ago (limit %lld s)", (long long)age,
                      (long long)limit);
    }
}

void judge_failsafe(struct judge *j)
{
    EACH_MEMBER(j, m)
    {
        const struct member_health *h = judge_own(j, m);
        if (h && h->failsafe_active)
            judge_say(j, m->name, "the DCS is away, failsafe mode is active");
    }
}

void judge_unlocked(struct judge *j)
{
    if (!j->leader)
        return; /* no-leader says it for all */
    EACH_MEMBER(j, m)
    {
        const struct member_health *h = judge_own(j, m);
        if (!h || !h->cluster_unlocked || h->failsafe_active || !m->listed ||
            facts_asked_us(&m->api) < j->s->leader_since_us)
            continue;
        if (m != j->leader)
            judge_say(j, m->name, "sees no leader key or no DCS, %s lists %s as leader", j->word,
                      j->leader->name);
        else if (j->s->paused)
            judge_say(j, m->name,
                      "the leader sees no leader key or no DCS (the cluster is paused)");
    }
}

void judge_watchdog(struct judge *j)
{
    EACH_MEMBER(j, m)
    {
        const struct member_health *h = judge_own(j, m);
        if (h && h->watchdog_failed)
            judge_say(j, m->name, "watchdog failed: it cannot become leader");
    }
}

static bool differ(const char *a, const char *b)
{
    return a && b && *a && *b && strcmp(a, b) != 0;
}

void judge_identity(struct judge *j)
{
    const struct member_health *l = j->leader ? judge_own(j, j->leader) : NULL;
    EACH_MEMBER(j, m)
    {
        const struct member_health *h = judge_own(j, m);
        if (!h)
            continue;
        const char *scope = j->s->scope ? j->s->scope : l ? l->scope : NULL;
        if (differ(h->name, m->name))
            judge_say(j, m->name, "what answers at %s calls itself %s",
                      m->api_base ? m->api_base : "its URL", h->name);
        else if (differ(h->scope, scope))
            judge_say(j, m->name, "what answers at %s belongs to cluster %s, not %s",
                      m->api_base ? m->api_base : "its URL", h->scope, scope);
        else if (l && differ(h->system_id, l->system_id))
            judge_say(j, m->name, "its database system is %s, the leader's %s", h->system_id,
                      l->system_id);
    }
}
