/* Rules about the cluster as a whole. */
#include "judge.h"

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

static bool nothing_asked(const struct snapshot *s)
{
    if (s->view.outcome != OBS_NEVER)
        return false;
    for (int i = 0; i < s->nmembers; i++)
        if (s->members[i].api.outcome != OBS_NEVER)
            return false;
    return true;
}

static bool nothing_answers(const struct snapshot *s)
{
    return !nothing_asked(s) && s->view.outcome != OBS_ANSWERED && !any_api_answers(s);
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
        judge_say(j, "", "nothing answers from here (/cluster: %s), nothing ever has", how);
    else
        judge_say(j, "", "nothing answers from here (/cluster: %s), the picture is %s old", how,
                  facts_span(d, j->now_us - v->answered_us));
}

void judge_view_old(struct judge *j)
{
    const struct source_state *v = &j->s->view;
    if (!j->view_old || nothing_asked(j->s) || nothing_answers(j->s))
        return;
    char d[FMT_MAX];
    const char *dcs = v->outcome == OBS_GARBLED || v->outcome == OBS_TIMED_OUT
                          ? "; Patroni gives no answer while its DCS is away"
                          : "";
    if (v->outcome == OBS_NEVER)
        judge_say(j, "", "/cluster has not been asked yet");
    else if (v->answered_us == 0)
        judge_say(j, "", "/cluster has never answered (%s)%s", obs_outcome_name(v->outcome), dcs);
    else
        judge_say(j, "", "the picture is %s old: /cluster %s%s",
                  facts_span(d, j->now_us - v->answered_us),
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

void judge_no_leader(struct judge *j)
{
    const struct member *p = a_primary(j);
    if (!leaderless(j) || (j->s->paused && p))
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
    if (sync_standbys(j) == 0 && j->s->config->synchronous_mode_strict)
        judge_say(j, "", "synchronous_mode_strict with no synchronous standby%s: writes wait",
                  j->asof);
}

void judge_sync(struct judge *j)
{
    int64_t n = sync_standbys(j);
    if (n < 0 || (n == 0 && j->s->config->synchronous_mode_strict))
        return;
    int64_t want = j->s->config->synchronous_node_count;
    /* In quorum mode every fit replica is in the quorum; only none is wrong. */
    if (want < 1 || j->s->config->synchronous_quorum)
        want = 1;
    if (n < want)
        judge_say(j, "", "synchronous mode is on with %lld of %lld synchronous standbys%s",
                  (long long)n, (long long)want, j->asof);
}
