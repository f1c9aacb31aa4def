/* Rules about what PostgreSQL says itself, against the lock and against its own Patroni. */
#include "judge.h"

#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "writes.h"

/* ---- out of recovery. As in health_leader.c: in every switchover there is a moment in which the
 * words of both, side by side, say "primary"; they are of different moments. A switchover stops the
 * old one before the new one begins, so words that each were given while the other's held are two
 * primaries, and nothing else. */

static bool primary_itself(const struct judge *j, const struct member *m)
{
    const struct pg_self *p = writes_pg(j->s, m, j->now_us);
    return p && !p->in_recovery && m->out_of_recovery_us > 0;
}

static bool one_system(const struct member *a, const struct member *b)
{
    const char *x = a->pg_self->system_id, *y = b->pg_self->system_id;
    return !x || !y || strcmp(x, y) == 0;
}

bool judge_split(const struct judge *j, const struct member *a, const struct member *b)
{
    return a != b && primary_itself(j, a) && primary_itself(j, b) && one_system(a, b) &&
           facts_asked_us(&a->pg) >= b->out_of_recovery_us &&
           facts_asked_us(&b->pg) >= a->out_of_recovery_us;
}

static const struct member *split_from(const struct judge *j, const struct member *m)
{
    if (j->leader && judge_split(j, m, j->leader))
        return j->leader;
    for (int i = 0; i < j->s->nmembers; i++)
        if (judge_split(j, m, &j->s->members[i]))
            return &j->s->members[i];
    return NULL;
}

void judge_split_brain(struct judge *j)
{
    char d[FMT_MAX];
    for (int i = 0; i < j->s->nmembers; i++) {
        const struct member *m = &j->s->members[i], *o = m == j->leader ? NULL : split_from(j, m);
        /* Once a pair: of the one that should not be, or of the later by name. */
        if (!o || (o != j->leader && o > m))
            continue;
        int64_t both = m->out_of_recovery_us > o->out_of_recovery_us ? m->out_of_recovery_us
                                                                     : o->out_of_recovery_us;
        judge_say(j, m->name,
                  "split brain: PostgreSQL is out of recovery on timeline %lld, and so is %s on "
                  "timeline %lld, for %s",
                  (long long)m->pg_self->timeline, o->name, (long long)o->pg_self->timeline,
                  facts_span(d, j->now_us - both));
    }
}

/* The lock is another's, and this one was asked after that began. */
void judge_writable_not_leader(struct judge *j)
{
    if (!j->leader || j->view_old)
        return;
    for (int i = 0; i < j->s->nmembers; i++) {
        const struct member *m = &j->s->members[i];
        if (m != j->leader && primary_itself(j, m) && !split_from(j, m) &&
            (!j->leader->pg_self || one_system(m, j->leader)) &&
            facts_asked_us(&m->pg) >= j->s->leader_since_us &&
            facts_asked_us(&j->s->view) >= m->out_of_recovery_us)
            judge_say(j, m->name,
                      "PostgreSQL is out of recovery on timeline %lld, but %s holds the lock",
                      (long long)m->pg_self->timeline, j->leader->name);
    }
}

/* ---- the lock holder takes no writes, by PostgreSQL's word. What its Patroni alone says is in
 * health_leader.c. */

static bool refuses_writes(const struct judge *j, struct writes *w)
{
    if (!j->leader || !writes_pg(j->s, j->leader, j->now_us))
        return false;
    *w = writes_of(j->s, j->leader, j->now_us);
    return w->takes == TRI_NO;
}

bool judge_unwritable_long(const struct judge *j)
{
    int64_t since = j->leader->unwritable_us;
    return since <= SINCE_BEFORE || j->now_us - since > judge_transition(j);
}

static void not_writable(struct judge *j, const struct writes *w, const char *means)
{
    char d[FMT_MAX];
    int64_t since = j->leader->unwritable_us;
    const char *how_long =
        since > SINCE_BEFORE ? arena_printf(j->a, ", %s", facts_span(d, j->now_us - since)) : "";
    judge_say(
        j, j->leader->name, "holds the lock, not writable%s: PostgreSQL says it is %s%s", how_long,
        strcmp(w->why, "in recovery") == 0 ? w->why
                                           : "read-only (default_transaction_read_only is on)",
        means);
}

void judge_not_writable(struct judge *j)
{
    struct writes w;
    if (refuses_writes(j, &w) && judge_unwritable_long(j))
        not_writable(j, &w, "; writes fail");
}

void judge_not_writable_yet(struct judge *j)
{
    struct writes w;
    if (refuses_writes(j, &w) && !judge_unwritable_long(j))
        not_writable(j, &w, w.why[0] == 'i' ? ": a promotion looks like that" : "");
}

/* ---- PostgreSQL does not answer */

static bool pg_silent(const struct judge *j, const struct member *m)
{
    return m->pg.outcome != OBS_NEVER && m->pg.outcome != OBS_UNAUTHORISED &&
           !writes_pg(j->s, m, j->now_us);
}

/* … while its Patroni says that it runs. */
static bool denied_by_silence(const struct judge *j, const struct member *m)
{
    const struct member_health *h = judge_own(j, m);
    return pg_silent(j, m) && h && h->has_sql && pg_state_is_up(h->state);
}

static bool leader_long_silent(const struct judge *j, const struct member *m)
{
    return m == j->leader && m->pg.answered_us > 0 &&
           (m->pg.outcome == OBS_REFUSED || m->pg.outcome == OBS_TIMED_OUT) &&
           j->now_us - m->pg.answered_us > judge_transition(j);
}

void judge_leader_postgres_silent(struct judge *j)
{
    const struct member *m = j->leader;
    if (m && denied_by_silence(j, m) && leader_long_silent(j, m))
        judge_say(j, m->name,
                  "the leader's PostgreSQL gives no answer to us %s, though its Patroni says it "
                  "runs: clients may get none either",
                  judge_silence(j, &m->pg));
}

void judge_postgres_silent(struct judge *j)
{
    for (int i = 0; i < j->s->nmembers; i++) {
        const struct member *m = &j->s->members[i];
        if (denied_by_silence(j, m) && !leader_long_silent(j, m))
            judge_say(j, m->name, "PostgreSQL gives no answer to us %s, its Patroni says it runs",
                      judge_silence(j, &m->pg));
    }
}

/* A refused login is an answer: it is up, and only not ours to ask. */
void judge_postgres_denied(struct judge *j)
{
    for (int i = 0; i < j->s->nmembers; i++) {
        const struct member *m = &j->s->members[i];
        if (m->pg.outcome == OBS_UNAUTHORISED)
            judge_say(j, m->name,
                      "no privilege: PostgreSQL refuses our login, its own word is not "
                      "known");
    }
}

/* ---- the leader's API and PostgreSQL are both silent: nobody may call it healthy */

static bool both_silent(const struct judge *j)
{
    const struct member *m = j->leader;
    return m && pg_silent(j, m) && m->api.outcome != OBS_NEVER && !judge_own(j, m) &&
           m->liveness.outcome != OBS_ANSWERED;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* When it had surely fallen silent; one that only has not answered for a while: just now. */
static int64_t silent_since(const struct judge *j, const struct source_state *st)
{
    return st->outcome == OBS_ANSWERED ? j->now_us : st->since_us;
}

/* Its lease tells: renewed since both fell silent, or outlasted (as in health_leader.c): then it is
 * only out of reach from here. */
static bool leads_on(const struct judge *j)
{
    const struct member *m = j->leader;
    int64_t seen = later(m->api.answered_us, m->pg.answered_us);
    return judge_lease_renewed_after(j, later(silent_since(j, &m->api), silent_since(j, &m->pg))) ||
           (seen && judge_outlasts_lease(j, seen));
}

void judge_leader_lifeless(struct judge *j)
{
    const struct member *m = j->leader;
    if (both_silent(j) && (m->api.answered_us || m->pg.answered_us) && !leads_on(j) &&
        !judge_gone(j))
        judge_say(j, m->name,
                  "neither the leader's API nor its PostgreSQL answers: API %s, PostgreSQL %s",
                  judge_silence(j, &m->api), judge_silence(j, &m->pg));
}

void judge_leader_unseen(struct judge *j)
{
    const struct member *m = j->leader;
    if (both_silent(j) && ((!m->api.answered_us && !m->pg.answered_us) || leads_on(j)))
        judge_say(j, m->name,
                  "neither the leader's API nor its PostgreSQL can be reached from here: that it "
                  "leads is %s's word alone",
                  j->word);
}

/* ---- one that led before, and cannot be asked. Its Patroni demotes it when it loses the DCS, if
 * it lives; whether it has, only it can say, and who is on its side of a cut may still write to it.
 * Where its port refuses us, nothing runs. */

static bool last_said_primary(const struct member *m)
{
    if (m->pg_self && (!m->health || m->pg.answered_us >= m->api.answered_us))
        return !m->pg_self->in_recovery;
    return m->health && m->health->role == ROLE_LEADER && pg_state_is_up(m->health->state);
}

static bool stopped_by_row(const struct judge *j, const struct member *m)
{
    return !j->view_old && m->listed && m->dcs && !pg_state_is_up(m->dcs->state);
}

void judge_old_leader_unseen(struct judge *j)
{
    for (int i = 0; i < j->s->nmembers; i++) {
        const struct member *m = &j->s->members[i];
        if (m == j->leader || !last_said_primary(m) || judge_own(j, m) ||
            m->pg.outcome == OBS_REFUSED || writes_pg(j->s, m, j->now_us) || stopped_by_row(j, m))
            continue;
        judge_say(j, m->name,
                  "may still take writes: it was primary, and answers no more: API %s, "
                  "PostgreSQL %s",
                  judge_silence(j, &m->api),
                  m->pg.outcome == OBS_NEVER ? "not asked" : judge_silence(j, &m->pg));
    }
}

/* ---- etcd and /cluster */

static const char *cluster_leader(const struct cluster_view *v)
{
    for (int i = 0; i < v->nmembers; i++)
        if (role_is_leader(v->members[i].role))
            return v->members[i].name;
    return NULL;
}

void judge_view_differs(struct judge *j)
{
    const struct snapshot *s = j->s;
    const struct source_state *st = &s->cluster_state;
    if (!s->dcs_leads || j->view_old || !j->leader || !s->cluster_view ||
        st->outcome != OBS_ANSWERED || j->now_us - st->answered_us > 2 * judge_transition(j) ||
        facts_asked_us(st) < s->leader_since_us + j->t.loop_wait)
        return;
    const char *other = cluster_leader(s->cluster_view);
    if (!other || strcmp(other, j->leader->name) != 0)
        judge_say(j, "",
                  "/cluster (%s) calls %s the leader, etcd says %s: that Patroni's view is old",
                  st->endpoint && *st->endpoint ? st->endpoint : "unknown",
                  other ? other : "nobody", j->leader->name);
}
