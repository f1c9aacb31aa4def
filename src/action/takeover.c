/* takeover.c: followed by what is seen, whatever is answered. */
#include "takeover.h"

#include <inttypes.h>
#include <string.h>

#include "pgdba/base/fmt.h"

enum { PH_REQUESTED, PH_STOPPING, PH_RELEASED, PH_NEW_LEADER, PH_PROMOTED, PH_BACK, PH_COUNT };
_Static_assert((int)PH_COUNT == (int)TAKEOVER_PHASES, "for those who have phases besides these");
_Static_assert((int)PH_BACK == (int)TAKEOVER_BEFORE_BACK, "theirs stand before it");

static const char *const phase_names[] = {
    [PH_REQUESTED] = "requested",    [PH_STOPPING] = "old leader stopping",
    [PH_RELEASED] = "lock released", [PH_NEW_LEADER] = "new leader",
    [PH_PROMOTED] = "promoted",      [PH_BACK] = "old leader back",
};
_Static_assert(sizeof phase_names / sizeof *phase_names == PH_COUNT, "a phase without its name");

struct takeover {
    const char *old;      /* who led at Enter; NULL nobody */
    bool awaited;         /* the old one answered at Enter: it must be seen back */
    const char *wanted;   /* the candidate, NULL: any */
    const char *winner;   /* who holds the lock since, NULL: nobody else yet */
    int64_t timeline;     /* at Enter, 0 unknown */
    bool standby;         /* a standby cluster's leader changes without a new timeline */
    int64_t new_timeline; /* the winner's, once it has been seen as primary; 0 before */
    bool told_done;       /* by the HTTP answer */
    const char *no_text;  /* the server gave it up after it had begun; NULL */
    struct patroni_times t;
};

enum status takeover_check(const struct snapshot *s, struct plan *p, struct err *e)
{
    struct request *r = &p->request;
    enum status st;

    if (r->leader && (st = planner_known(s, r->leader, e)) != ST_OK)
        return st;
    if (r->candidate && (st = planner_known(s, r->candidate, e)) != ST_OK)
        return st;
    if (!p->leader)
        return err_set(
            e, ST_REFUSED,
            "%s has no leader: there is nothing to switch over from (Patroni promotes by "
            "itself; failover --candidate NAME makes it)",
            p->cluster);
    if (r->leader && strcmp(r->leader, p->leader) != 0)
        return err_set(e, ST_CONFLICT, "%s does not lead: %s does", r->leader, p->leader);
    if (r->candidate && strcmp(r->candidate, p->leader) == 0)
        return err_set(e, ST_REFUSED, "%s leads already", r->candidate);
    r->leader = p->leader;
    return ST_OK;
}

int64_t takeover_answer_us(const struct patroni_times *t)
{
    int64_t wait = t->loop_wait > 10 ? t->loop_wait : 10;

    return (2 * wait + 2 + t->retry_timeout + 5) * USEC_PER_SEC;
}

/* ---- the run
 * ------------------------------------------------------------------------------------------- */

/* Without a sign for so long, there will be none. */
static void patience(struct action_run *r)
{
    const struct takeover *w = r->state;

    r->deadline_us = run_now(r) + (2 * w->t.ttl + 60) * USEC_PER_SEC;
}

const char *takeover_phase_name(int i)
{
    return phase_names[i];
}

void takeover_begin(struct action_run *r)
{
    struct takeover *w = arena_new(&r->arena, struct takeover);
    const struct member *leader = snapshot_leader(r->last);

    w->old = r->plan->leader;
    w->awaited = leader && (leader->api.outcome == OBS_ANSWERED || r->plan->kind != ACT_FAILOVER);
    w->wanted = r->plan->request.candidate;
    w->timeline = r->plan->timeline;
    w->standby = leader && leader->dcs && leader->dcs->role == ROLE_STANDBY_LEADER;
    w->t = patroni_times(r->last);
    r->state = w;
    if (!r->between)
        run_phases(r, PH_COUNT, phase_names);
    run_phase(r, PH_REQUESTED, PHASE_ACTIVE, "");
    run_wait_for(r, "%s to begin", w->old ? w->old : "Patroni");
    patience(r);
    r->deadline_us += takeover_answer_us(&w->t);
}

static bool other_than(const char *a, const char *b)
{
    return !a || !b || strcmp(a, b) != 0;
}

/* The old leader is on its way down: no timeline in its row is the first sign (§4.3). */
static bool old_is_stopping(const struct action_run *r, const struct snapshot *s)
{
    const struct takeover *w = r->state;
    const struct member *m = w->old ? snapshot_member(s, w->old) : NULL;

    if (seen_down(s, m, r->sent_us))
        return true;
    return w->timeline > 0 && m && m->listed && m->dcs && seen_view(s, r->sent_us) &&
           m->dcs->timeline == 0;
}

/* The old leader leads, up and on a known timeline: nothing has happened, or nothing any more. */
static bool old_leads_still(const struct action_run *r, const struct snapshot *s)
{
    const struct takeover *w = r->state;
    const struct member *m = snapshot_leader(s);

    return m && w->old && seen_view(s, r->sent_us) && strcmp(m->name, w->old) == 0 &&
           seen_leading(s, m, r->sent_us) && seen_timeline(s, m, r->sent_us) > 0 &&
           !old_is_stopping(r, s);
}

/* By PostgreSQL's own word, which may come before its Patroni's: the timeline that it writes on; 0
 * it does not write, or has not said so. */
static int64_t writes_on(const struct action_run *r, const struct member *m)
{
    return m->pg.outcome == OBS_ANSWERED && m->pg.answered_us > r->sent_us && m->pg_self &&
                   !m->pg_self->in_recovery
               ? m->pg_self->timeline
               : 0;
}

/* The timeline on which m leads; 0: it is not seen to. */
static int64_t promoted(const struct action_run *r, const struct snapshot *s,
                        const struct member *m)
{
    const struct takeover *w = r->state;
    int64_t timeline = seen_timeline(s, m, r->sent_us), own = writes_on(r, m);

    if (own > w->timeline && !w->standby)
        return own;
    return seen_leading(s, m, r->sent_us) && (w->standby || timeline > w->timeline) ? timeline : 0;
}

/* Phases that stand between are another's, and may come later. */
static void reach_back(struct action_run *r)
{
    const struct takeover *w = r->state;

    if (r->between)
        run_phase(r, PH_BACK + r->between, PHASE_DONE, w->old);
    else
        run_phase_reach(r, PH_BACK, w->old);
}

static void finish(struct action_run *r)
{
    const struct takeover *w = r->state;
    bool elsewhere = w->wanted && strcmp(w->winner, w->wanted) != 0;
    const char *back = "";
    char took[FMT_MAX];

    if (w->awaited) {
        reach_back(r);
        back = arena_printf(&r->arena, "; %s streams again", w->old);
    } else if (w->old) {
        back = arena_printf(&r->arena, "; %s did not answer before and is not waited for", w->old);
    }
    fmt_duration(took, run_now(r) - r->op.started_us);
    if (elsewhere) /* without a word that it was done, it may have been a failover of Patroni's own
                    */
        run_end(r, OP_DONE_ELSEWHERE, "%s leads on timeline %" PRId64 ", not %s%s (%s)%s",
                w->winner, w->new_timeline, w->wanted, back, took, w->told_done ? "" : run_said(r));
    else
        run_end(r, OP_DONE, "%s leads on timeline %" PRId64 "%s (%s)", w->winner, w->new_timeline,
                back, took);
}

const char *takeover_promoted(const struct action_run *r)
{
    const struct takeover *w = r->state;

    return w->new_timeline > 0 ? w->winner : NULL;
}

static void saw_new_leader(struct action_run *r, const struct snapshot *s, const struct member *m)
{
    struct takeover *w = r->state;

    if (other_than(w->winner, m->name)) { /* the first one, or the lead moved on */
        w->winner = arena_strdup(&r->arena, m->name);
        w->new_timeline = 0;
    }
    run_phase_reach(r, PH_NEW_LEADER, w->winner);
    if (w->new_timeline == 0) {
        w->new_timeline = promoted(r, s, m);
        if (!w->new_timeline) {
            run_wait_for(r, "%s to say that it is the primary", w->winner);
            return;
        }
        run_phase_reach(
            r, PH_PROMOTED,
            arena_printf(&r->arena, "%s on timeline %" PRId64, w->winner, w->new_timeline));
        /* From here on only the old leader is waited for: two leases, and a margin for a rewind. */
        patience(r);
    }
    if (!w->awaited || seen_streaming(s, snapshot_member(s, w->old), r->sent_us)) {
        finish(r);
        return;
    }
    run_wait_for(r, "%s to stream again", w->old);
}

static void saw_no_leader(struct action_run *r)
{
    const struct takeover *w = r->state;

    if (!w->winner && w->old)
        run_phase_reach(r, PH_RELEASED, "");
    run_wait_for(r, "a new leader");
}

static void saw_stopping(struct action_run *r, const struct snapshot *s)
{
    const struct takeover *w = r->state;
    const struct member *m = snapshot_member(s, w->old);
    const char *sign =
        seen_down(s, m, r->sent_us) ? seen_state(s, m, r->sent_us) : "it says no timeline any more";

    run_phase_reach(r, PH_STOPPING, sign);
    run_wait_for(r, "%s to shut down (%s)", w->old, sign);
    patience(r); /* nobody can tell how long a shutdown takes */
}

void takeover_observe(struct action_run *r, const struct snapshot *s)
{
    struct takeover *w = r->state;
    const struct member *leader = snapshot_leader(s);

    if (!seen_view(s, r->sent_us)) {
        if (s->view.outcome != OBS_ANSWERED)
            run_wait_for(r, "an answer about the cluster: /cluster %s",
                         obs_outcome_name(s->view.outcome));
        return;
    }
    if (leader && other_than(leader->name, w->old)) {
        saw_new_leader(r, s, leader);
    } else if (!leader) {
        saw_no_leader(r);
    } else if (w->timeline > 0 && !w->standby && seen_leading(s, leader, r->sent_us) &&
               seen_timeline(s, leader, r->sent_us) > w->timeline) {
        run_end(r, OP_FAILED, "%s leads again, promoted anew on timeline %" PRId64 "%s", w->old,
                seen_timeline(s, leader, r->sent_us), run_said(r));
    } else if (w->no_text && old_leads_still(r, s)) {
        run_end(r, OP_FAILED, "%s had begun to stop, and leads on; Patroni says: %s", w->old,
                w->no_text);
    } else if (old_is_stopping(r, s)) {
        saw_stopping(r, s);
    }
}

static bool something_moved(const struct action_run *r)
{
    return run_phase_reached(r, PH_STOPPING) || run_phase_reached(r, PH_RELEASED) ||
           run_phase_reached(r, PH_NEW_LEADER);
}

static void refused(struct action_run *r, const struct step_answer *a)
{
    struct takeover *w = r->state;
    const char *hint = "";

    if (something_moved(r) && !a->final) { /* what is seen outweighs what is said */
        w->no_text = a->text;
        return;
    }
    if (a->means == WIRE_UNAUTHORISED)
        hint = "; check user and password of the REST API in the cluster's file, and its allowlist";
    else if (strstr(a->text, " failed"))
        hint = "; the reason is in the log of Patroni on the leader";
    else if (something_moved(r))
        hint = "; what is seen moving is not of this request";
    run_phase(r, PH_REQUESTED, PHASE_FAILED, "refused");
    run_end(r, OP_REFUSED, "Patroni refused, this changed nothing: %s%s", a->text, hint);
}

void takeover_answered(struct action_run *r, const struct step_answer *a)
{
    struct takeover *w = r->state;

    if (!a->sent) {
        run_phase(r, PH_REQUESTED, PHASE_FAILED, "not sent");
        run_end(r, OP_REFUSED, "not sent, nothing was changed: %s", a->text);
    } else if (a->means == WIRE_REFUSED || a->means == WIRE_UNAUTHORISED) {
        refused(r, a);
    } else if (a->means == WIRE_DONE) {
        w->told_done = true;
        run_phase_reach(r, PH_REQUESTED, NULL);
        if (!something_moved(r))
            run_wait_for(r, "the new leader to be seen");
    } else if (!something_moved(r)) {
        run_wait_for(r, "a sign: %s; it is not sent again, for it may be under way", a->text);
    }
}

void takeover_expired(struct action_run *r)
{
    const struct takeover *w = r->state;
    char after[FMT_MAX];

    fmt_duration(after, run_now(r) - r->op.started_us);
    if (w->new_timeline > 0) {
        run_end(r, OP_FAILED,
                "%s leads on timeline %" PRId64
                ", but %s has not been seen streaming after %s: look "
                "at its PostgreSQL and Patroni logs",
                w->winner, w->new_timeline, w->old, after);
    } else if (w->winner) {
        run_end(r, OP_UNKNOWN,
                "%s holds the leader lock, but has not been seen as primary after %s: look at its "
                "PostgreSQL log and at /patroni of its API",
                w->winner, after);
    } else {
        run_end(r, OP_UNKNOWN,
                "no new leader after %s%s; it may still happen: look at %s's Patroni log and at "
                "`patronictl list`, and do not send it again before",
                after, run_said(r), w->old ? w->old : "the candidate");
    }
}
