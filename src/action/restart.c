/* restart.c: PostgreSQL restarts, one member after the other, each by its own Patroni. Reference
 * "patroni.md" §2.5, §3.3. */
#include "kind.h"

#include <inttypes.h>
#include <string.h>

#include "pgdba/analysis/preflight.h"
#include "pgdba/base/fmt.h"

enum {
    DEFAULT_TIMEOUT_S = 300, /* Patroni's primary_start_timeout */
    ANSWER_MARGIN_S = 60,    /* the stop phase has no bound of its own */
    SEE_S = 60,              /* from the answer to the picture that shows it */
    ANSWER_GRACE_S = 5       /* seen done, and the answer is still on its way */
};

struct restart {
    const char *before; /* the member's postmaster start time when asked, NULL unknown */
    const char *leader; /* at Enter */
    bool seen_done;     /* observed, only the answer is waited for */
    bool failed;        /* Patroni said so; what is seen has the last word for a while */
    const char *said;
};

/* ---- the plan
 * --------------------------------------------------------------------------------------- */

static bool pending(const struct member *m)
{
    return (m->dcs && m->dcs->pending_restart) || (m->health && m->health->pending_restart);
}

static enum status check(const struct snapshot *s, struct plan *p, struct err *e)
{
    struct request *r = &p->request;
    int npending = 0;

    if (r->nmembers < 1)
        return err_set(e, ST_USAGE, "restart needs a member's name");
    for (int i = 0; i < r->nmembers; i++) {
        enum status st = planner_known(s, r->members[i], e);

        if (st != ST_OK)
            return st;
        for (int k = 0; k < i; k++)
            if (strcmp(r->members[i], r->members[k]) == 0)
                return err_set(e, ST_USAGE, "%s is named twice", r->members[i]);
        npending += pending(snapshot_member(s, r->members[i]));
    }
    if (r->pending && npending == 0)
        return err_set(e, ST_REFUSED,
                       r->nmembers == 1 ? "%s has no restart pending"
                                        : "%s and the others have no restart pending",
                       r->members[0]);
    return ST_OK;
}

static int64_t timeout_s(const struct plan *p)
{
    return p->request.timeout_s > 0 ? p->request.timeout_s : DEFAULT_TIMEOUT_S;
}

static void describe_member(struct planner *b, const struct member *m)
{
    if (b->plan->leader && strcmp(m->name, b->plan->leader) == 0)
        planner_line(
            b,
            "%s leads: every connection to it ends and writes fail until it is up again. If "
            "it does not come up in time, Patroni may fail over.",
            m->name);
    else
        planner_line(b, "%s is a replica: reads from it fail until it is up again.", m->name);
}

static void plan_member(struct planner *b, const char *name, struct buf *words)
{
    struct plan *p = b->plan;
    const struct member *m = snapshot_member(b->s, name);
    struct buf body;

    if (p->request.pending && !pending(m)) {
        planner_line(b, "%s has no restart pending and is left alone.", name);
        return;
    }
    describe_member(b, m);
    buf_init(&body);
    wire_restart_body(&body, p->request.pending, p->request.timeout_s);
    planner_post(b, name, name, "/restart", &body, (timeout_s(p) + ANSWER_MARGIN_S) * USEC_PER_SEC,
                 arena_printf(&p->arena, "restart PostgreSQL on %s", name));
    buf_release(&body);
    buf_addf(words, "%s%s", words->len ? ", " : "", name);
}

static void plan(struct planner *b)
{
    struct plan *p = b->plan;
    struct buf names, command;

    buf_init(&names);
    buf_init(&command);
    buf_puts(&command, planner_command(b, "restart"));
    for (int i = 0; i < p->request.nmembers; i++) {
        plan_member(b, p->request.members[i], &names);
        buf_addf(&command, " %s", planner_quote(b, p->request.members[i]));
    }
    if (p->request.pending)
        buf_puts(&command, " --pending");
    if (p->request.timeout_s > 0)
        buf_addf(&command, " --timeout %" PRId64, p->request.timeout_s);
    if (p->nsteps > 1)
        planner_line(b, "One after the other; the first that fails ends it, and the rest is left "
                        "alone.");
    planner_line(
        b,
        "A few seconds each as a rule, more when the shutdown checkpoint has much to write; "
        "given up after %" PRId64 " s each.",
        timeout_s(p) + ANSWER_MARGIN_S);
    planner_line(b, "There is nothing to undo.");
    p->title = arena_printf(&p->arena, "Restart %s: %s", p->cluster, names.s);
    p->equivalent = arena_strdup(&p->arena, command.s);
    p->confirm = CONFIRM_YES;
    buf_release(&names);
    buf_release(&command);
}

/* ---- the run
 * ------------------------------------------------------------------------------------------- */

static const char *target(const struct action_run *r)
{
    return r->plan->steps[r->step].member;
}

/* " Not done: pg2, pg3", "" when it was the last. */
static const char *not_done(struct action_run *r)
{
    struct buf b;
    const char *out;

    buf_init(&b);
    for (int i = r->step + 1; i < r->plan->nsteps; i++)
        buf_addf(&b, "%s%s", i == r->step + 1 ? "; not done: " : ", ", r->plan->steps[i].member);
    out = arena_strdup(&r->arena, b.s);
    buf_release(&b);
    return out;
}

/* "pg3 was restarted before; ", "" when it is the first. */
static const char *done_before(struct action_run *r)
{
    struct buf b;
    const char *out;

    buf_init(&b);
    for (int i = 0; i < r->step; i++)
        buf_addf(&b, "%s%s", i ? ", " : "", r->plan->steps[i].member);
    if (r->step > 0)
        buf_puts(&b, r->step == 1 ? " was restarted; " : " were restarted; ");
    out = arena_strdup(&r->arena, b.s);
    buf_release(&b);
    return out;
}

/* Remembers what the member of a step is now, before it is asked. */
static void prepare(struct action_run *r, int step)
{
    const struct plan_step *st = &r->plan->steps[step];
    struct restart *w = r->state;

    w->before =
        seen_start_time(r->last, snapshot_member(r->last, st->member), run_now(r), &r->arena);
    w->seen_done = w->failed = false;
    w->said = "";
    run_phase(r, step, PHASE_ACTIVE, "asked");
    run_wait_for(r, "%s to go down and come up again", st->member);
    r->deadline_us = run_now(r) + st->timeout_us + SEE_S * USEC_PER_SEC;
}

static void begin(struct action_run *r)
{
    struct restart *w = arena_new(&r->arena, struct restart);
    const char **names = arena_array(&r->arena, (size_t)r->plan->nsteps, const char *);

    for (int i = 0; i < r->plan->nsteps; i++)
        names[i] = arena_printf(&r->arena, "restart %s", r->plan->steps[i].member);
    w->leader = r->plan->leader;
    r->state = w;
    run_phases(r, r->plan->nsteps, names);
    prepare(r, 0);
}

/* What speaks against the next one by now, minutes after the plan was made; NULL: nothing. */
static const char *next_blocked(struct action_run *r)
{
    const char *const member[] = {r->plan->steps[r->step + 1].member};
    const struct request one = {.kind = ACT_RESTART, .nmembers = 1, .members = member};
    const struct check_result *checks;
    enum check_verdict worst = CHECK_PASS;
    int n = 0;

    checks = preflight_run(r->last, &one, false, run_now(r), &r->arena, &n, &worst);
    return worst == CHECK_BLOCK ? checks[0].reason : NULL;
}

/* The next one, unless the cluster is no longer the one that was planned for. */
static void member_done(struct action_run *r)
{
    const struct restart *w = r->state;
    const struct member *leader = snapshot_leader(r->last);
    const char *blocked;
    char took[FMT_MAX];

    run_phase(r, r->step, PHASE_DONE, "up again");
    fmt_duration(took, run_now(r) - r->op.started_us);
    if (r->step + 1 == r->plan->nsteps) {
        run_end(r, OP_DONE,
                r->plan->nsteps == 1 ? "%s%s was restarted and is up again (%s)"
                                     : "%s%s was restarted; all are up again (%s)",
                done_before(r), target(r), took);
        return;
    }
    if (!leader || !w->leader || strcmp(leader->name, w->leader) != 0) {
        run_end(r, OP_FAILED, "%s was restarted, but the lead moved meanwhile from %s to %s%s",
                target(r), w->leader ? w->leader : "nobody", leader ? leader->name : "nobody",
                not_done(r));
        return;
    }
    blocked = next_blocked(r);
    if (blocked) {
        run_end(r, OP_FAILED, "%s was restarted, and then it stopped: %s%s", target(r), blocked,
                not_done(r));
        return;
    }
    prepare(r, r->step + 1);
    run_send_next(r);
}

static bool up_again(const struct action_run *r, const struct snapshot *s)
{
    const struct restart *w = r->state;
    const struct member *m = snapshot_member(s, target(r));

    return seen_restarted(m, w->before, r->sent_us) &&
           (seen_leading(s, m, r->sent_us) || seen_streaming(s, m, r->sent_us));
}

static void observe(struct action_run *r, const struct snapshot *s)
{
    struct restart *w = r->state;
    const struct member *m = snapshot_member(s, target(r));
    const char *state = seen_state(s, m, r->sent_us);

    if (up_again(r, s)) {
        if (!r->call) {
            member_done(r);
        } else if (!w->seen_done) {
            w->seen_done = true;
            run_wait_for(r, "Patroni's answer: %s has been seen up again", target(r));
            r->deadline_us = run_now(r) + ANSWER_GRACE_S * USEC_PER_SEC;
        }
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

static void answered(struct action_run *r, const struct step_answer *a)
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

static void expired(struct action_run *r)
{
    const struct restart *w = r->state;

    if (w->seen_done) {
        run_drop_call(r);
        member_done(r);
    } else if (w->failed) {
        run_phase(r, r->step, PHASE_FAILED, "failed");
        run_end(r, OP_FAILED, "%s%s: the restart failed, and it has not been seen up: %s%s",
                done_before(r), target(r), w->said, not_done(r));
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

const struct action_ops restart_ops = {.check = check,
                                       .plan = plan,
                                       .begin = begin,
                                       .observe = observe,
                                       .answered = answered,
                                       .expired = expired};
