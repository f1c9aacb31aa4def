/* restarts.c: one member after the other; what is seen counts, not what is answered. */
#include "restarts.h"

#include <inttypes.h>
#include <string.h>

#include "pgdba/analysis/preflight.h"
#include "pgdba/base/fmt.h"
#include "takeover.h"

enum {
    DEFAULT_TIMEOUT_S = 300, /* Patroni's primary_start_timeout */
    ANSWER_MARGIN_S = 60,    /* the stop phase has no bound of its own */
    SEE_S = 60,              /* from the answer to the picture that shows it */
    ANSWER_GRACE_S = 5       /* seen done, and the answer is still on its way */
};

struct restart {
    const char *before; /* the member's postmaster start time when asked, NULL unknown */
    const char *leader; /* at Enter, and after a hand-over the new one */
    bool seen_done;     /* observed, only the answer is waited for */
    bool failed;        /* Patroni said so; what is seen has the last word for a while */
    int64_t settled_us; /* it is done; whether more is needed shows only by then; 0 not yet done */
    const char *said;
};

bool restarts_pending(const struct member *m)
{
    return (m->dcs && m->dcs->pending_restart) || (m->health && m->health->pending_restart);
}

static int64_t timeout_s(const struct plan *p)
{
    return p->request.timeout_s > 0 ? p->request.timeout_s : DEFAULT_TIMEOUT_S;
}

int64_t restarts_answer_s(const struct plan *p)
{
    return timeout_s(p) + ANSWER_MARGIN_S;
}

void restarts_add(struct planner *b, const char *name)
{
    struct plan *p = b->plan;
    struct buf body;

    if (p->leader && strcmp(name, p->leader) == 0 && p->request.hand_over)
        planner_line(
            b, "Should a restart still be pending on %s then, it is restarted as a replica.", name);
    else if (p->leader && strcmp(name, p->leader) == 0)
        planner_line(
            b,
            "%s leads: every connection to it ends and writes fail until it is up again. If "
            "it does not come up in time, Patroni may fail over.",
            name);
    else
        planner_line(b, "%s is a replica: reads from it fail until it is up again.", name);
    buf_init(&body);
    wire_restart_body(&body, &p->request);
    planner_send(b, "POST", name, name, "/restart", body.s, restarts_answer_s(p) * USEC_PER_SEC,
                 arena_printf(&p->arena, "restart PostgreSQL on %s", name));
    buf_release(&body);
}

void restarts_hand_over(struct planner *b, const char *to)
{
    struct plan *p = b->plan;
    struct patroni_times t = patroni_times(b->s);
    struct buf body;

    planner_line(b,
                 "%s hands the lead over to %s: writes fail for a few seconds. Its PostgreSQL is "
                 "stopped and started for that, which is its restart.",
                 p->leader, to);
    buf_init(&body);
    wire_switchover_body(&body, p->leader, to, 0);
    planner_send(b, "POST", to, planner_whom(b), "/switchover", body.s, takeover_answer_us(&t),
                 arena_printf(&p->arena, "hand the lead of %s over to %s", p->leader, to));
    b->steps[p->nsteps - 1].hands_over = true;
    buf_release(&body);
    restarts_add(b, p->leader);
    b->steps[p->nsteps - 1].if_pending = true;
}

/* ---- the run
 * ------------------------------------------------------------------------------------------- */

static const struct plan_step *step(const struct action_run *r)
{
    return &r->plan->steps[r->step];
}

static const char *target(const struct action_run *r)
{
    return step(r)->member;
}

static const char *name_of(struct action_run *r, const struct plan_step *st)
{
    return st->hands_over ? arena_printf(&r->arena, "the hand-over to %s", st->member) : st->member;
}

/* " Not done: pg2, pg3", "" when it was the last. */
static const char *not_done(struct action_run *r)
{
    struct buf b;
    const char *out;

    buf_init(&b);
    for (int i = r->step + 1; i < r->plan->nsteps; i++)
        buf_addf(&b, "%s%s", i == r->step + 1 ? "; not done: " : ", ",
                 name_of(r, &r->plan->steps[i]));
    out = arena_strdup(&r->arena, b.s);
    buf_release(&b);
    return out;
}

/* "pg3 was restarted; pg3 leads now; ": what steps before the n-th did; "" when nothing. */
static const char *done_of(struct action_run *r, int n)
{
    const struct restart *w = r->state;
    struct buf b;
    const char *out;
    int restarted = 0;

    buf_init(&b);
    for (int i = 0; i < n; i++)
        if (!r->plan->steps[i].hands_over && run_phase_reached(r, i))
            buf_addf(&b, "%s%s", restarted++ ? ", " : "", r->plan->steps[i].member);
    if (restarted > 0)
        buf_puts(&b, restarted == 1 ? " was restarted; " : " were restarted; ");
    if (r->plan->leader && w->leader && strcmp(w->leader, r->plan->leader) != 0)
        buf_addf(&b, "%s leads now, and %s was restarted by that; ", w->leader, r->plan->leader);
    out = arena_strdup(&r->arena, b.s);
    buf_release(&b);
    return out;
}

static const char *done_before(struct action_run *r)
{
    return done_of(r, r->step);
}

/* Remembers what the member of a step is now, before it is asked. */
static void prepare(struct action_run *r, int i)
{
    const struct plan_step *st = &r->plan->steps[i];
    struct restart *w = r->state;
    /* Whose PostgreSQL goes down: of a hand-over it is the old leader's. */
    const char *who = st->hands_over ? w->leader : st->member;

    w->before = seen_start_time(r->last, snapshot_member(r->last, who), run_now(r), &r->arena);
    w->seen_done = w->failed = false;
    w->settled_us = 0;
    w->said = "";
    run_phase(r, i, PHASE_ACTIVE, "asked");
    if (st->hands_over)
        run_wait_for(r, "%s to lead", st->member);
    else
        run_wait_for(r, "%s to go down and come up again", st->member);
    r->deadline_us = run_now(r) + st->timeout_us + SEE_S * USEC_PER_SEC;
}

void restarts_begin(struct action_run *r)
{
    struct restart *w = arena_new(&r->arena, struct restart);
    const char **names = arena_array(&r->arena, (size_t)r->plan->nsteps, const char *);

    for (int i = 0; i < r->plan->nsteps; i++)
        names[i] =
            arena_printf(&r->arena, r->plan->steps[i].hands_over ? "hand over to %s" : "restart %s",
                         r->plan->steps[i].member);
    w->leader = r->plan->leader;
    r->state = w;
    run_phases(r, r->plan->nsteps, names);
    prepare(r, 0);
}

/* What speaks against the next one by now, minutes after the plan was made; NULL: nothing. */
static const char *next_blocked(struct action_run *r)
{
    const struct plan_step *next = &r->plan->steps[r->step + 1];
    const char *const member[] = {next->member};
    const struct request restart = {.kind = ACT_RESTART, .nmembers = 1, .members = member},
                         hand_over = {.kind = ACT_SWITCHOVER, .candidate = next->member},
                         one = next->hands_over ? hand_over : restart;
    const struct check_result *checks;
    enum check_verdict worst = CHECK_PASS;
    int n = 0;

    checks = preflight_run(r->last, &one, false, run_now(r), &r->arena, &n, &worst);
    return worst == CHECK_BLOCK ? checks[0].reason : NULL;
}

/* What is needed no more is passed over. */
static void pass_over(struct action_run *r)
{
    for (; r->step + 1 < r->plan->nsteps; r->step++) {
        const struct plan_step *next = &r->plan->steps[r->step + 1];
        const struct member *m = snapshot_member(r->last, next->member);

        if (!next->if_pending || !seen_health(m, r->sent_us) || m->health->pending_restart)
            return;
        run_phase(r, r->step + 1, PHASE_SKIPPED, "no restart is pending on it any more");
    }
}

/* A restart that is pending is told one round of the loop after PostgreSQL has come up. */
static bool settles(struct action_run *r)
{
    struct restart *w = r->state;
    struct patroni_times t = patroni_times(r->last);
    const struct plan_step *next =
        r->step + 1 < r->plan->nsteps ? &r->plan->steps[r->step + 1] : NULL;
    const struct member *m = next ? snapshot_member(r->last, next->member) : NULL;

    if (!next || !next->if_pending || (seen_health(m, r->sent_us) && m->health->pending_restart))
        return false;
    if (!w->settled_us)
        w->settled_us = run_now(r) + (t.loop_wait + 2) * USEC_PER_SEC;
    if (run_now(r) >= w->settled_us)
        return false;
    run_wait_for(r, "%s to say whether a restart is still pending", next->member);
    r->deadline_us = w->settled_us;
    return true;
}

static void all_done(struct action_run *r)
{
    char took[FMT_MAX];

    fmt_duration(took, run_now(r) - r->op.started_us);
    if (r->plan->nsteps == 1)
        run_end(r, OP_DONE, "%s was restarted and is up again (%s)", target(r), took);
    else
        run_end(r, OP_DONE, "%sall are up again (%s)", done_of(r, r->plan->nsteps), took);
}

/* The next one, unless the cluster is no longer the one that was planned for. */
static void member_done(struct action_run *r)
{
    struct restart *w = r->state;
    const struct member *leader = snapshot_leader(r->last);
    const char *blocked;

    if (step(r)->hands_over)
        w->leader = target(r);
    run_phase(r, r->step, PHASE_DONE, step(r)->hands_over ? "leads" : "up again");
    if (settles(r))
        return;
    pass_over(r);
    if (r->step + 1 == r->plan->nsteps) {
        all_done(r);
        return;
    }
    if (!leader || !w->leader || strcmp(leader->name, w->leader) != 0) {
        run_end(r, OP_FAILED, "%s is done, but the lead moved meanwhile from %s to %s%s", target(r),
                w->leader ? w->leader : "nobody", leader ? leader->name : "nobody", not_done(r));
        return;
    }
    blocked = next_blocked(r);
    if (blocked) {
        run_end(r, OP_FAILED, "%s is done, and then it stopped: %s%s", name_of(r, step(r)), blocked,
                not_done(r));
        return;
    }
    prepare(r, r->step + 1);
    run_send_next(r);
}

/* The new one takes writes, and the old one follows it: what comes next may need both. */
static bool handed_over(const struct action_run *r, const struct snapshot *s)
{
    const struct restart *w = r->state;
    const struct member *leader = snapshot_leader(s), *m = snapshot_member(s, target(r));

    return leader && leader == m && seen_leading(s, m, r->sent_us) &&
           seen_timeline(s, m, r->sent_us) > r->plan->timeline &&
           seen_restarted(snapshot_member(s, w->leader), w->before, r->sent_us) &&
           seen_streaming(s, snapshot_member(s, w->leader), r->sent_us);
}

/* In a rolling restart the next one waits until this one could take over. */
static bool caught_up(const struct action_run *r, const struct snapshot *s, const struct member *m)
{
    return r->plan->kind != ACT_ROLLING || m == snapshot_leader(s) ||
           (m->lag.basis != LAG_NONE && m->lag.at_us > r->sent_us &&
            m->lag.receive != LAG_UNKNOWN && m->lag.receive <= r->plan->request.max_lag);
}

static bool up_again(const struct action_run *r, const struct snapshot *s)
{
    const struct restart *w = r->state;
    const struct member *m = snapshot_member(s, target(r));

    if (step(r)->hands_over)
        return handed_over(r, s);
    return seen_restarted(m, w->before, r->sent_us) &&
           (seen_leading(s, m, r->sent_us) || seen_streaming(s, m, r->sent_us)) &&
           caught_up(r, s, m);
}

static void wait_for_hand_over(struct action_run *r, const struct snapshot *s)
{
    const struct restart *w = r->state;
    const struct member *leader = snapshot_leader(s);

    if (!leader && seen_view(s, r->sent_us))
        run_wait_for(r, "a new leader");
    else if (leader && strcmp(leader->name, target(r)) == 0 && !seen_leading(s, leader, r->sent_us))
        run_wait_for(r, "%s to say that it is the primary", target(r));
    else if (leader && strcmp(leader->name, target(r)) == 0)
        run_wait_for(r, "%s to stream again", w->leader);
}

void restarts_observe(struct action_run *r, const struct snapshot *s)
{
    struct restart *w = r->state;
    const struct member *m = snapshot_member(s, target(r));
    const char *state = seen_state(s, m, r->sent_us);

    if (w->settled_us) {
        member_done(r);
    } else if (up_again(r, s)) {
        if (!r->call) {
            member_done(r);
        } else if (!w->seen_done) {
            w->seen_done = true;
            run_wait_for(r, "Patroni's answer: %s has been seen up again", target(r));
            r->deadline_us = run_now(r) + ANSWER_GRACE_S * USEC_PER_SEC;
        }
    } else if (step(r)->hands_over) {
        wait_for_hand_over(r, s);
    } else if (seen_restarted(m, w->before, r->sent_us) && seen_streaming(s, m, r->sent_us)) {
        run_phase(r, r->step, PHASE_ACTIVE, "streams, behind");
        run_wait_for(r, "%s to catch up", target(r));
        r->deadline_us = run_now(r) + SEE_S * USEC_PER_SEC; /* as long as it takes */
    } else if (seen_restarted(m, w->before, r->sent_us)) {
        run_phase(r, r->step, PHASE_ACTIVE, "up, not streaming yet");
        run_wait_for(r, "%s to stream again", target(r));
    } else if (seen_down(s, m, r->sent_us)) {
        run_phase(r, r->step, PHASE_ACTIVE, state);
        run_wait_for(r, "%s to come up again (%s)", target(r), state);
    }
}

static void refused(struct action_run *r, const char *how, const char *text)
{
    run_phase(r, r->step, PHASE_FAILED, how);
    run_end(r, r->step == 0 ? OP_REFUSED : OP_FAILED, "%s%s: %s, nothing was changed there: %s%s",
            done_before(r), target(r), how, text, not_done(r));
}

void restarts_answered(struct action_run *r, const struct step_answer *a)
{
    struct restart *w = r->state;
    int64_t see_us = run_now(r) + SEE_S * USEC_PER_SEC;

    w->said = a->text;
    if (!a->sent) {
        refused(r, "not sent", a->text);
    } else if (up_again(r, r->last)) {
        member_done(r);
    } else if (a->means == WIRE_REFUSED || a->means == WIRE_UNAUTHORISED) {
        refused(r, "refused", a->text);
    } else if (a->means == WIRE_FAILED) {
        w->failed = true;
        run_wait_for(r, "%s, though Patroni says: %s", target(r), a->text);
        r->deadline_us = see_us;
    } else if (a->means == WIRE_DONE || a->means == WIRE_ACCEPTED) {
        run_wait_for(r, "%s to be seen up again", target(r));
        r->deadline_us = see_us;
    } else {
        run_wait_for(r, "%s to come up: %s; it is not sent again", target(r), a->text);
    }
}

void restarts_expired(struct action_run *r)
{
    const struct restart *w = r->state;

    if (w->settled_us) {
        member_done(r);
    } else if (w->seen_done) {
        run_drop_call(r);
        member_done(r);
    } else if (w->failed) {
        run_phase(r, r->step, PHASE_FAILED, "failed");
        run_end(r, OP_FAILED, "%s%s: the restart failed, and it has not been seen up: %s%s",
                done_before(r), target(r), w->said, not_done(r));
    } else if (step(r)->hands_over) {
        run_end(r, OP_UNKNOWN,
                "%s%s has not been seen leading with %s streaming from it%s: look at both before "
                "anything is sent again%s",
                done_before(r), target(r), w->leader, run_said(r), not_done(r));
    } else if (seen_restarted(snapshot_member(r->last, target(r)), w->before, r->sent_us)) {
        run_phase(r, r->step, PHASE_FAILED, "not streaming");
        run_end(r, OP_FAILED, "%s%s was restarted, but has not been seen streaming since%s",
                done_before(r), target(r), not_done(r));
    } else {
        run_end(r, OP_UNKNOWN,
                "%s%s has not been seen up with a new start time%s: look at its PostgreSQL log%s",
                done_before(r), target(r), run_said(r), not_done(r));
    }
}
