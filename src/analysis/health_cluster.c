/* Rules about the cluster as a whole. */
#include "judge.h"

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "candidate.h"

static bool any_api_answers(const struct snapshot *s)
{
    for (int i = 0; i < s->nmembers; i++)
        if (s->members[i].api.outcome == OBS_ANSWERED ||
            s->members[i].liveness.outcome == OBS_ANSWERED)
            return true;
    return false;
}

/* Whichever of the two leads: the other one counts here, too. */
static bool list_is(const struct snapshot *s, enum obs_outcome outcome, bool all)
{
    bool view = s->view.outcome == outcome, cluster = s->cluster_state.outcome == outcome,
         dcs = s->dcs_state.outcome == outcome;
    return all ? view && cluster && dcs : view || cluster || dcs;
}

static bool nothing_asked(const struct snapshot *s)
{
    if (!list_is(s, OBS_NEVER, true))
        return false;
    for (int i = 0; i < s->nmembers; i++)
        if (s->members[i].api.outcome != OBS_NEVER)
            return false;
    return true;
}

static bool nothing_answers(const struct snapshot *s)
{
    return !nothing_asked(s) && !list_is(s, OBS_ANSWERED, false) && !any_api_answers(s);
}

void judge_no_answer_yet(struct judge *j)
{
    if (nothing_asked(j->s))
        judge_say(j, "", "no source has answered yet");
}

void judge_unreachable(struct judge *j)
{
    const struct source_state *v = &j->s->view;
    if (!nothing_answers(j->s))
        return;
    char d[FMT_MAX];
    const char *how = v->outcome == OBS_NEVER ? "not asked" : obs_outcome_name(v->outcome);
    if (v->answered_us == 0)
        judge_say(j, "", "nothing answers from here (%s: %s), nothing ever has", j->word, how);
    else
        judge_say(j, "", "nothing answers from here (%s: %s), the picture is %s old", j->word, how,
                  facts_span(d, j->now_us - v->answered_us));
}

/* Asked, and neither its Patroni nor its PostgreSQL has said a word to us. */
static bool is_mute(const struct member *m)
{
    return m->api.outcome != OBS_NEVER && m->api.outcome != OBS_ANSWERED &&
           m->liveness.outcome != OBS_ANSWERED && m->pg.outcome != OBS_ANSWERED;
}

/* etcd keeps the keys of the dead until their leases run out: its list alone is no sign of life. */
void judge_members_unreachable(struct judge *j)
{
    int listed = 0;
    for (int i = 0; i < j->s->nmembers; i++) {
        const struct member *m = &j->s->members[i];
        if (m->listed && !is_mute(m))
            return;
        listed += m->listed;
    }
    if (listed > 0 && j->s->dcs_leads && j->s->cluster_state.outcome != OBS_ANSWERED)
        judge_say(j, "", "none of the %d members that etcd lists answers from here", listed);
}

void judge_view_old(struct judge *j)
{
    const struct source_state *v = &j->s->view;
    if (!j->view_old || nothing_asked(j->s) || nothing_answers(j->s))
        return;
    char d[FMT_MAX];
    bool patroni = !j->s->dcs_leads;
    const char *dcs = patroni && (v->outcome == OBS_GARBLED || v->outcome == OBS_TIMED_OUT)
                          ? "; Patroni gives no answer while its DCS is away"
                          : "";
    if (v->outcome == OBS_NEVER)
        judge_say(j, "", "%s has not been asked yet", j->word);
    else if (v->answered_us == 0)
        judge_say(j, "", "%s has never answered (%s)%s", j->word, obs_outcome_name(v->outcome),
                  dcs);
    else
        judge_say(j, "", "the picture is %s old: %s %s%s",
                  facts_span(d, j->now_us - v->answered_us), j->word,
                  v->outcome == OBS_ANSWERED ? "has said nothing since"
                                             : obs_outcome_name(v->outcome),
                  dcs);
}

/* Any member that runs as primary, NULL none. */
static const struct member *a_primary(const struct judge *j)
{
    for (int i = 0; i < j->s->nmembers; i++)
        if (judge_says_primary(j, &j->s->members[i]))
            return &j->s->members[i];
    return NULL;
}

static bool leaderless(const struct judge *j)
{
    return j->s->view.answered_us > 0 && !j->leader;
}

/* "for 9 s", counted to the picture's own time when that is old. */
static const char *leaderless_for(const struct judge *j)
{
    char d[FMT_MAX];
    int64_t until = j->view_old ? j->s->view.answered_us : j->now_us;
    if (!j->s->no_leader_since_us)
        return "";
    return arena_printf(j->a, " for %s", facts_span(d, until - j->s->no_leader_since_us));
}

/* ---- the moment between two leaders. In a switchover the lock is free for 60 to 150 ms (reference
 * "patroni.md" §4.3 (a)), which etcd's stream shows every time and a poll now and then. What tells
 * it from an outage that begins: the request still stands while the lock is free, the winner clears
 * it. A lock that goes without a request has run out, or was let go by a Patroni that stops: nobody
 * takes writes, and nobody has planned it. Where etcd is not watched the request is not to be seen;
 * then it is the old leader that tells: one that dies has lost its row along with the lock. More
 * than 2 s no switchover takes. */

#define LOCK_GAP (2 * USEC_PER_SEC)

/* A member that was listed as leader to the end has gone together with the lock. */
static bool leader_died(const struct judge *j)
{
    for (int i = 0; i < j->s->nmembers; i++) {
        const struct member *m = &j->s->members[i];
        if (!m->listed && m->dcs && role_is_leader(m->dcs->role) &&
            m->last_seen_us >= j->s->no_leader_since_us - LOCK_GAP - 2 * j->s->refresh_us)
            return true;
    }
    return false;
}

static bool between_leaders(const struct judge *j)
{
    const struct snapshot *s = j->s;
    int64_t gap = j->now_us - s->no_leader_since_us;
    if (!s->no_leader_since_us || (s->paused && !s->dcs_leads))
        return false;
    if (s->dcs_leads)
        return gap <= LOCK_GAP && s->dcs && s->dcs->failover.present;
    /* A poll says no more than that it was free then: the next one must have had its chance. */
    return gap <= (s->refresh_us > LOCK_GAP / 2 ? s->refresh_us + LOCK_GAP / 2 : LOCK_GAP) &&
           !leader_died(j);
}

/* Asked to hand over now; a scheduled one waits for its time. */
static bool requested(const struct judge *j)
{
    const struct dcs *d = j->s->dcs_leads ? j->s->dcs : NULL;
    return d && d->failover.present && !d->failover.scheduled_at;
}

bool judge_changing(const struct judge *j)
{
    if (!j->leader)
        return leaderless(j) && between_leaders(j);
    if (requested(j))
        return true;
    return judge_leader_young(j) ||
           (j->leader->unwritable_us > SINCE_BEFORE && !judge_unwritable_long(j));
}

void judge_leader_changing(struct judge *j)
{
    const struct dcs_failover *f = j->s->dcs_leads && j->s->dcs ? &j->s->dcs->failover : NULL;
    if (!leaderless(j) || (j->s->paused && a_primary(j)) || !between_leaders(j))
        return;
    judge_say(j, "", "nobody holds the lock%s%s%s%s%s", leaderless_for(j),
              f ? ": it changes hands as requested" : ": it may be changing hands",
              f && f->candidate ? ", to " : "", f && f->candidate ? f->candidate : "", j->asof);
}

void judge_no_leader(struct judge *j)
{
    const struct member *p = a_primary(j);
    if (!leaderless(j) || (j->s->paused && p) || between_leaders(j))
        return;
    judge_say(j, "", "no leader%s%s%s%s%s", leaderless_for(j), j->asof,
              j->s->paused ? ": the cluster is paused, Patroni promotes nobody"
                           : ": writes fail until a replica is promoted",
              p ? "; by its own word primary: " : "", p ? p->name : "");
}

void judge_no_leader_paused(struct judge *j)
{
    const struct member *p = a_primary(j);
    if (leaderless(j) && j->s->paused && p)
        judge_say(j, "", "no leader lock%s%s: the cluster is paused and %s runs as primary",
                  leaderless_for(j), j->asof, p->name);
}

void judge_no_candidate(struct judge *j)
{
    enum fitness best;
    if (!j->leader)
        return;
    const char *list = candidate_list(j->s, j->now_us, j->a, &best);
    if (best != FIT)
        judge_say(j, "", "no replica is fit to take over%s%s", *list ? ": " : ": there is none",
                  list);
}

void judge_paused(struct judge *j)
{
    if (j->s->paused)
        judge_say(j, "", "automatic failover is off (pause)%s", j->asof);
}

/* Synchronous standbys by /cluster; -1 when the rule does not apply. */
static int64_t sync_standbys(const struct judge *j)
{
    const struct dynamic_config *c = j->s->config;
    if (!j->leader || !c || (!c->synchronous_mode && !c->synchronous_quorum) || c->standby_cluster)
        return -1;
    int64_t n = 0;
    for (int i = 0; i < j->s->nmembers; i++) {
        const struct member *m = &j->s->members[i];
        if (m->listed && m->dcs &&
            (m->dcs->role == ROLE_SYNC_STANDBY || m->dcs->role == ROLE_QUORUM_STANDBY))
            n++;
    }
    return n;
}

void judge_sync_strict(struct judge *j)
{
    /* A new leader's standbys have to connect to it first. */
    if (sync_standbys(j) == 0 && j->s->config->synchronous_mode_strict && !judge_leader_young(j))
        judge_say(j, "", "synchronous_mode_strict with no synchronous standby%s: writes wait",
                  j->asof);
}

void judge_sync(struct judge *j)
{
    int64_t n = sync_standbys(j);
    if (n < 0 || (n == 0 && j->s->config->synchronous_mode_strict && !judge_leader_young(j)))
        return;
    int64_t want = j->s->config->synchronous_node_count;
    /* In quorum mode every fit replica is in the quorum; only none is wrong. */
    if (want < 1 || j->s->config->synchronous_quorum)
        want = 1;
    if (n < want)
        judge_say(j, "", "synchronous mode is on with %lld of %lld synchronous standbys%s",
                  (long long)n, (long long)want, j->asof);
}
