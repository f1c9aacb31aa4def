/* Rules about the leader, and about those who only say that they are it. */
#include "judge.h"

#include "pgdba/base/fmt.h"
#include "writes.h"

/* ---- two of them. A member asked before the other was promoted says "primary" in good faith: in
 * every switchover there is such a moment. Both words must have been given while the other's held.
 */
static bool at_the_same_time(const struct member *a, const struct member *b)
{
    return facts_asked_us(&a->api) >= b->role_since_us &&
           facts_asked_us(&b->api) >= a->role_since_us;
}

static const struct member *rival(const struct judge *j, const struct member *m)
{
    if (!judge_says_primary(j, m))
        return NULL;
    if (j->leader && j->leader != m && judge_says_primary(j, j->leader))
        return at_the_same_time(m, j->leader) ? j->leader : NULL;
    for (int i = 0; i < j->s->nmembers; i++) {
        const struct member *o = &j->s->members[i];
        if (o != m && judge_says_primary(j, o) && at_the_same_time(m, o))
            return o;
    }
    return NULL;
}

void judge_two_primaries(struct judge *j)
{
    for (int i = 0; i < j->s->nmembers; i++) {
        const struct member *m = &j->s->members[i], *o = m == j->leader ? NULL : rival(j, m);
        /* Said once a pair: of the one that should not be, or of the later by name. Where
         * PostgreSQL says so itself, split-brain has said it. */
        if (!o || (o != j->leader && o > m) || judge_split(j, m, o))
            continue;
        judge_say(j, m->name,
                  "says it is primary on timeline %lld, and so does %s on timeline %lld: two "
                  "primaries%s",
                  (long long)m->health->timeline, o->name, (long long)o->health->timeline,
                  j->s->paused ? " (the cluster is paused)" : "");
    }
}

void judge_primary_not_leader(struct judge *j)
{
    const struct source_state *view = &j->s->view;
    if (!j->leader || j->view_old)
        return;
    for (int i = 0; i < j->s->nmembers; i++) {
        const struct member *m = &j->s->members[i];
        /* Each word must be younger than the change it contradicts. */
        if (m != j->leader && judge_says_primary(j, m) && !rival(j, m) &&
            facts_asked_us(view) >= m->role_since_us &&
            facts_asked_us(&m->api) >= j->s->leader_since_us)
            judge_say(j, m->name, "says it is primary, but %s lists %s as the leader", j->word,
                      j->leader->name);
    }
}

/* ---- the leader's PostgreSQL */

/* What is wrong with it, NULL when it runs. */
static const char *not_running(const struct judge *j)
{
    const struct member *m = j->leader;
    const struct member_health *h = m ? judge_own(j, m) : NULL;
    if (h && !pg_state_is_up(h->state))
        return arena_printf(j->a, "the leader's PostgreSQL is not running: %s",
                            facts_state_text(j->s, m, j->now_us));
    if (m && !h && m->dcs && !pg_state_is_up(m->dcs->state))
        return arena_printf(j->a, "the leader's PostgreSQL is not running by %s: %s%s", j->word,
                            facts_state_text(j->s, m, j->now_us), j->asof);
    if (m && !h && m->dcs && m->dcs->timeline == 0)
        return arena_printf(
            j->a, "the leader's PostgreSQL does not answer its Patroni: %s shows no timeline%s",
            j->word, j->asof);
    return NULL;
}

/* Every switchover and every restart begins like this: the old leader stops, and holds the lock
 * until it has. PostgreSQL itself may have answered a moment ago; then it has only begun. */
static bool only_stopping(const struct judge *j)
{
    return facts_state(j->s, j->leader, j->now_us) != PGS_FAILED &&
           (writes_of(j->s, j->leader, j->now_us).takes == TRI_YES || !judge_unwritable_long(j));
}

void judge_leader_not_running(struct judge *j)
{
    const char *what = not_running(j);
    if (what && !only_stopping(j))
        judge_say(j, j->leader->name, "%s", what);
}

void judge_leader_stopping(struct judge *j)
{
    const char *what = not_running(j);
    char d[FMT_MAX];
    int64_t since = j->leader ? j->leader->unwritable_us : 0;
    if (what && only_stopping(j))
        judge_say(j, j->leader->name, "%s, for %s: a switchover or a restart looks like that", what,
                  facts_span(d, since ? j->now_us - since : 0));
}

/* The leader runs and says of itself that it is something else. */
static const struct member_health *denial(const struct judge *j)
{
    const struct member_health *h = j->leader ? judge_own(j, j->leader) : NULL;
    /* PostgreSQL's own word for the same, where there is one, is a rule of health_truth.c. */
    return h && pg_state_is_up(h->state) && !role_is_leader(h->role) &&
                   !writes_pg(j->s, j->leader, j->now_us)
               ? h
               : NULL;
}

static const char *role_said(const struct member_health *h)
{
    return h->role_text && *h->role_text ? h->role_text : role_name(h->role);
}

void judge_leader_not_primary(struct judge *j)
{
    const struct member_health *h = denial(j);
    char d[FMT_MAX];
    if (!h || judge_leader_young(j))
        return;
    if (j->s->leader_since_us)
        judge_say(j, j->leader->name, "leader for %s, but says it is \"%s\": writes fail",
                  facts_span(d, j->now_us - j->s->leader_since_us), role_said(h));
    else
        judge_say(j, j->leader->name, "listed as leader, but says it is \"%s\": writes fail",
                  role_said(h));
}

void judge_leader_promoting(struct judge *j)
{
    const struct member_health *h = denial(j);
    char d[FMT_MAX];
    if (h && judge_leader_young(j))
        judge_say(j, j->leader->name, "leader for %s, still says \"%s\": promotion under way",
                  facts_span(d, j->now_us - j->s->leader_since_us), role_said(h));
}

/* ---- a leader that does not answer. Its silence alone can be a cut between it and us. What it
 * cannot do is lead on when dead: without renewal its key goes after ttl, and no /cluster, however
 * cached, lists it much longer. So: silent too, and not that long: critical, it may be dead. Longer
 * and still listed with a timeline: alive, and only out of reach from here. */

bool judge_outlasts_lease(const struct judge *j, int64_t seen_us)
{
    const struct member *m = j->leader;
    return !j->view_old && m->dcs && m->dcs->timeline > 0 &&
           j->now_us - seen_us > j->t.ttl + j->t.loop_wait + j->t.retry_timeout;
}

bool judge_keeps_lease(const struct judge *j)
{
    const struct member *m = j->leader;
    /* Where its lease is known, a renewal since it fell silent is a sign of life. */
    if (m->api.outcome != OBS_ANSWERED && judge_lease_renewed_after(j, m->api.since_us))
        return true;
    return judge_outlasts_lease(j, m->api.answered_us);
}

static bool no_sign_of_life(const struct member *m)
{
    if (m->api.outcome == OBS_REFUSED)
        return m->liveness.outcome != OBS_ANSWERED;
    return m->api.outcome == OBS_TIMED_OUT && m->liveness.outcome != OBS_NEVER &&
           m->liveness.outcome != OBS_ANSWERED;
}

bool judge_gone(const struct judge *j)
{
    const struct member *m = j->leader;
    return judge_silent(j, m) && m->api.answered_us > 0 && no_sign_of_life(m) &&
           !judge_keeps_lease(j);
}

void judge_leader_stuck(struct judge *j)
{
    const struct member *m = j->leader;
    if (m && judge_stuck(j, m))
        judge_say(j, m->name,
                  "Patroni is alive but PostgreSQL has not answered it %s: writes may stand still",
                  judge_silence(j, &m->api));
}

void judge_leader_gone(struct judge *j)
{
    const struct member *m = j->leader;
    char d[FMT_MAX];
    if (m && judge_gone(j))
        judge_say(j, m->name,
                  "the leader gives no sign of life %s: its lease lasts up to %s, then a replica "
                  "can be promoted%s",
                  judge_silence(j, &m->api), facts_span(d, j->t.ttl),
                  j->s->paused ? ", but the cluster is paused" : "");
}

void judge_leader_silent(struct judge *j)
{
    const struct member *m = j->leader;
    if (!m || !judge_silent(j, m) || judge_stuck(j, m) || judge_gone(j))
        return;
    judge_say(j, m->name, "the leader's API is silent %s%s", judge_silence(j, &m->api),
              m->api.answered_us > 0 && judge_keeps_lease(j)
                  ? "; it keeps its lease, so Patroni is alive there and out of reach from here"
                  : "; PostgreSQL alive unknown");
}

void judge_leader_unlocked(struct judge *j)
{
    const struct member *m = j->leader;
    const struct member_health *h = m ? judge_own(j, m) : NULL;
    /* One that is no primary any more has done so: leader-not-primary says that. One that has
     * stopped has let go of it itself, as in every switchover. */
    if (h && role_is_leader(h->role) && pg_state_is_up(h->state) && h->cluster_unlocked &&
        !h->failsafe_active && !j->s->paused && facts_asked_us(&m->api) >= j->s->leader_since_us)
        judge_say(j, m->name,
                  "the leader sees no leader key or no DCS: it demotes itself unless that ends");
}
