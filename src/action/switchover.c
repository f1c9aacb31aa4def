/* switchover.c: the planned hand-over of the lead. Reference "patroni.md" §2.2 (request and
 * answers), §4.3 (what is seen), §8.1 (when it is done). */
#include "kind.h"

#include <inttypes.h>
#include <string.h>

#include "pgdba/base/fmt.h"

enum { PH_REQUESTED, PH_STOPPING, PH_RELEASED, PH_NEW_LEADER, PH_PROMOTED, PH_BACK, PH_COUNT };

static const char *const phase_names[] = {
    [PH_REQUESTED] = "requested",    [PH_STOPPING] = "old leader stopping",
    [PH_RELEASED] = "lock released", [PH_NEW_LEADER] = "new leader",
    [PH_PROMOTED] = "promoted",      [PH_BACK] = "old leader back",
};
_Static_assert(sizeof phase_names / sizeof *phase_names == PH_COUNT, "a phase without its name");

struct switchover {
    const char *old;      /* who led at Enter */
    const char *wanted;   /* the candidate, NULL: any */
    const char *winner;   /* who holds the lock since, NULL: nobody else yet */
    int64_t timeline;     /* at Enter, 0 unknown */
    bool standby;         /* a standby cluster's leader changes without a new timeline */
    int64_t new_timeline; /* the winner's, once it has been seen as primary; 0 before */
    bool told_done;       /* by the HTTP answer */
    const char *no_text;  /* the server gave it up after it had begun; NULL */
    struct patroni_times t;
};

/* ---- the plan
 * --------------------------------------------------------------------------------------- */

static enum status check(const struct snapshot *s, struct plan *p, struct err *e)
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
            "itself; else see patronictl failover)",
            p->cluster);
    if (r->leader && strcmp(r->leader, p->leader) != 0)
        return err_set(e, ST_CONFLICT, "%s does not lead: %s does", r->leader, p->leader);
    if (r->candidate && strcmp(r->candidate, p->leader) == 0)
        return err_set(e, ST_REFUSED, "%s leads already", r->candidate);
    r->leader = p->leader;
    return ST_OK;
}

/* Patroni's own bound for its answer, and a margin. Reference §2.2. */
static int64_t answer_timeout_us(const struct patroni_times *t)
{
    int64_t wait = t->loop_wait > 10 ? t->loop_wait : 10;

    return (2 * wait + 2 + t->retry_timeout + 5) * USEC_PER_SEC;
}

/* Any member takes the request; the leader is asked unless it cannot be reached from here. */
static const char *whom_to_ask(const struct planner *b)
{
    const struct action_env *env = b->env;
    const char *leader = b->plan->leader;

    if (env->route(env->route_arg, leader).base)
        return leader;
    for (int i = 0; i < b->s->nmembers; i++) {
        const struct member *m = &b->s->members[i];

        if (m->listed && m->api.outcome == OBS_ANSWERED && env->route(env->route_arg, m->name).base)
            return m->name;
    }
    return leader;
}

static void describe(struct planner *b, const struct patroni_times *t, const char *via)
{
    struct plan *p = b->plan;
    const char *to = p->request.candidate;
    int64_t wait = t->loop_wait > 10 ? t->loop_wait : 10;

    planner_line(b, "%s is shut down cleanly; every connection to it ends.", p->leader);
    if (to)
        planner_line(b, "%s is promoted once it has everything that %s wrote.", to, p->leader);
    else
        planner_line(b, "Patroni picks the replica that is furthest ahead, and promotes it.");
    planner_line(b, "%s comes back as a replica of the new leader.", p->leader);
    planner_line(b,
                 "Writes fail from the shutdown to the promotion: a few seconds as a rule, longer "
                 "when the shutdown checkpoint has much to write.");
    planner_line(b,
                 "The whole takes 3 s to 10 s as a rule. Patroni answers within %" PRId64
                 " s; what is not done by then may still be done, and is followed.",
                 2 * wait + 2);
    if (strcmp(via, p->leader) != 0)
        planner_line(b, "%s's API cannot be reached from here: %s is asked instead.", p->leader,
                     via);
    if (to)
        planner_line(b, "To undo: switchover --leader %s --candidate %s, once %s streams again.",
                     to, p->leader, p->leader);
    else
        planner_line(b, "To undo: switchover --candidate %s, once it streams again.", p->leader);
}

static void plan(struct planner *b)
{
    struct plan *p = b->plan;
    struct patroni_times t = patroni_times(b->s);
    const char *to = p->request.candidate, *via = whom_to_ask(b);
    struct buf body;

    p->title = arena_printf(&p->arena, "Switchover %s: %s -> %s", p->cluster, p->leader,
                            to ? to : "whom Patroni picks");
    describe(b, &t, via);
    buf_init(&body);
    wire_switchover_body(&body, p->leader, to);
    planner_post(b, p->leader, via, "/switchover", &body, answer_timeout_us(&t),
                 arena_printf(&p->arena, "hand the lead of %s over to %s", p->leader,
                              to ? to : "another member"));
    buf_release(&body);
    p->confirm = CONFIRM_WORD;
    p->confirm_word = to ? to : p->leader;
    p->confirm_what = to ? "the new leader's name" : "the present leader's name";
    p->equivalent = arena_printf(&p->arena, "%s --leader %s%s%s", planner_command(b, "switchover"),
                                 planner_quote(b, p->leader), to ? " --candidate " : "",
                                 to ? planner_quote(b, to) : "");
}

/* ---- the run
 * ------------------------------------------------------------------------------------------- */

/* Without a sign for so long, there will be none. */
static void patience(struct action_run *r)
{
    const struct switchover *w = r->state;

    r->deadline_us = run_now(r) + (2 * w->t.ttl + 60) * USEC_PER_SEC;
}

static void begin(struct action_run *r)
{
    struct switchover *w = arena_new(&r->arena, struct switchover);
    const struct member *leader = snapshot_leader(r->last);

    w->old = r->plan->leader;
    w->wanted = r->plan->request.candidate;
    w->timeline = r->plan->timeline;
    w->standby = leader && leader->dcs && leader->dcs->role == ROLE_STANDBY_LEADER;
    w->t = patroni_times(r->last);
    r->state = w;
    run_phases(r, PH_COUNT, phase_names);
    run_phase(r, PH_REQUESTED, PHASE_ACTIVE, "");
    run_wait_for(r, "%s to begin", w->old);
    patience(r);
    r->deadline_us += answer_timeout_us(&w->t);
}

static bool other_than(const char *a, const char *b)
{
    return !a || !b || strcmp(a, b) != 0;
}

/* The old leader is on its way down: no timeline in its row is the first sign (§4.3). */
static bool old_is_stopping(const struct action_run *r, const struct snapshot *s)
{
    const struct switchover *w = r->state;
    const struct member *m = snapshot_member(s, w->old);

    if (seen_down(s, m, r->sent_us))
        return true;
    return w->timeline > 0 && m && m->listed && m->dcs && seen_view(s, r->sent_us) &&
           m->dcs->timeline == 0;
}

/* The old leader leads, up and on a known timeline: nothing has happened, or nothing any more. */
static bool old_leads_still(const struct action_run *r, const struct snapshot *s)
{
    const struct switchover *w = r->state;
    const struct member *m = snapshot_leader(s);

    return m && seen_view(s, r->sent_us) && strcmp(m->name, w->old) == 0 &&
           seen_leading(s, m, r->sent_us) && seen_timeline(s, m, r->sent_us) > 0 &&
           !old_is_stopping(r, s);
}

static bool promoted(const struct action_run *r, const struct snapshot *s, const struct member *m)
{
    const struct switchover *w = r->state;
    int64_t timeline = seen_timeline(s, m, r->sent_us);

    return seen_leading(s, m, r->sent_us) && (w->standby || timeline > w->timeline);
}

static void finish(struct action_run *r)
{
    const struct switchover *w = r->state;
    bool elsewhere = w->wanted && strcmp(w->winner, w->wanted) != 0;
    char took[FMT_MAX];

    run_phase_reach(r, PH_BACK, w->old);
    fmt_duration(took, run_now(r) - r->op.started_us);
    if (elsewhere) /* without a word that it was done, it may have been a failover of Patroni's own
                    */
        run_end(r, OP_DONE_ELSEWHERE,
                "%s leads on timeline %" PRId64 ", not %s; %s streams again (%s)%s", w->winner,
                w->new_timeline, w->wanted, w->old, took, w->told_done ? "" : run_said(r));
    else
        run_end(r, OP_DONE, "%s leads on timeline %" PRId64 "; %s streams again (%s)", w->winner,
                w->new_timeline, w->old, took);
}

static void saw_new_leader(struct action_run *r, const struct snapshot *s, const struct member *m)
{
    struct switchover *w = r->state;

    if (other_than(w->winner, m->name)) { /* the first one, or the lead moved on */
        w->winner = arena_strdup(&r->arena, m->name);
        w->new_timeline = 0;
    }
    run_phase_reach(r, PH_NEW_LEADER, w->winner);
    if (w->new_timeline == 0) {
        if (!promoted(r, s, m)) {
            run_wait_for(r, "%s to say that it is the primary", w->winner);
            return;
        }
        w->new_timeline = seen_timeline(s, m, r->sent_us);
        run_phase_reach(
            r, PH_PROMOTED,
            arena_printf(&r->arena, "%s on timeline %" PRId64, w->winner, w->new_timeline));
        /* From here on only the old leader is waited for: two leases, and a margin for a rewind. */
        patience(r);
    }
    if (seen_streaming(s, snapshot_member(s, w->old), r->sent_us)) {
        finish(r);
        return;
    }
    run_wait_for(r, "%s to stream again", w->old);
}

static void saw_no_leader(struct action_run *r)
{
    const struct switchover *w = r->state;

    if (!w->winner)
        run_phase_reach(r, PH_RELEASED, "");
    run_wait_for(r, "a new leader");
}

static void saw_stopping(struct action_run *r, const struct snapshot *s)
{
    const struct switchover *w = r->state;
    const struct member *m = snapshot_member(s, w->old);
    const char *sign =
        seen_down(s, m, r->sent_us) ? seen_state(s, m, r->sent_us) : "it says no timeline any more";

    run_phase_reach(r, PH_STOPPING, sign);
    run_wait_for(r, "%s to shut down (%s)", w->old, sign);
    patience(r); /* nobody can tell how long a shutdown takes */
}

static void observe(struct action_run *r, const struct snapshot *s)
{
    struct switchover *w = r->state;
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
    struct switchover *w = r->state;
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

static void answered(struct action_run *r, const struct step_answer *a)
{
    struct switchover *w = r->state;

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

static void expired(struct action_run *r)
{
    const struct switchover *w = r->state;
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
                after, run_said(r), w->old);
    }
}

const struct action_ops switchover_ops = {.check = check,
                                          .plan = plan,
                                          .begin = begin,
                                          .observe = observe,
                                          .answered = answered,
                                          .expired = expired};
