/* run.c: carries a plan out: audit, send, follow. What the pictures mean is the kind's business. */
#include "kind.h"

#include <stdlib.h>
#include <string.h>

#include "io.h"

int64_t run_now(const struct action_run *r)
{
    return clock_mono(r->env.clock);
}

bool run_ended(const struct action_run *r)
{
    return r->op.state != OP_RUNNING;
}

void run_touch(struct action_run *r)
{
    r->op.revision++;
}

/* ---- phases and sentences
 * ------------------------------------------------------------------------ */

void run_phases(struct action_run *r, int n, const char *const *names)
{
    if (!r->first) {
        r->phases = arena_array(&r->arena, (size_t)n, struct op_phase);
        r->op.phases = r->phases;
        r->op.nphases = n;
    }
    for (int i = 0; i < n; i++)
        r->phases[r->first + i] =
            (struct op_phase){.name = arena_strdup(&r->arena, names[i]), .note = ""};
}

static bool phase_open(const struct op_phase *ph)
{
    return ph->state == PHASE_WAITING || ph->state == PHASE_ACTIVE;
}

void run_phase(struct action_run *r, int i, enum phase_state state, const char *note)
{
    struct op_phase *ph = &r->phases[r->first + i];
    bool same_note = !note || strcmp(note, ph->note) == 0;

    if (!phase_open(ph) || (ph->state == state && same_note))
        return;
    if (!same_note)
        ph->note = arena_strdup(&r->arena, note);
    ph->state = state;
    if (state == PHASE_DONE || state == PHASE_FAILED)
        ph->at_us = run_now(r);
    run_touch(r);
}

/* The first phase is the request itself: whatever came of it shows that it arrived. */
void run_phase_reach(struct action_run *r, int i, const char *note)
{
    for (int k = 0; k < i; k++)
        run_phase(r, k, k == 0 ? PHASE_DONE : PHASE_SKIPPED, k == 0 ? NULL : "passed unseen");
    run_phase(r, i, PHASE_DONE, note);
    if (r->first + i + 1 < r->op.nphases)
        run_phase(r, i + 1, PHASE_ACTIVE, NULL);
}

bool run_phase_reached(const struct action_run *r, int i)
{
    return r->phases[r->first + i].state == PHASE_DONE;
}

void run_wait_for(struct action_run *r, const char *fmt, ...)
{
    struct buf b;
    va_list ap;

    buf_init(&b);
    va_start(ap, fmt);
    buf_vaddf(&b, fmt, ap);
    va_end(ap);
    if (strcmp(b.s, r->op.waiting_for) != 0) {
        r->op.waiting_for = arena_strdup(&r->arena, b.s);
        run_touch(r);
    }
    buf_release(&b);
}

const char *run_said(struct action_run *r)
{
    return r->op.answer[0] ? arena_printf(&r->arena, " (Patroni's answer: %s)", r->op.answer) : "";
}

static void audit_end(struct action_run *r)
{
    struct err e = ERR_INIT;

    if (audit_outcome(r->env.audit, &r->op, &e) == ST_OK)
        return;
    log_write(r->env.log, LOG_ERROR, "audit: %s", err_text(&e));
    if (!r->left)
        r->op.outcome = arena_printf(&r->arena, "%s; the audit log could not be written: %s",
                                     r->op.outcome, err_text(&e));
    err_release(&e);
}

/* What never came is told from what was not waited for. */
static void close_phases(struct action_run *r)
{
    enum phase_state active = r->op.state == OP_UNKNOWN ? PHASE_SKIPPED : PHASE_FAILED;
    bool good = r->op.state == OP_DONE || r->op.state == OP_DONE_ELSEWHERE;

    for (int i = 0; i < r->op.nphases; i++) {
        bool was_active = r->phases[i].state == PHASE_ACTIVE;

        if (phase_open(&r->phases[i]))
            run_phase(r, i, was_active && !good ? active : PHASE_SKIPPED, NULL);
    }
}

/* A frozen member has the request in its socket, and carries it out minutes later, when it thaws:
 * whatever was observed meanwhile, that is not over. */
static void may_still_come(struct action_run *r)
{
    if (r->unanswered && r->op.state != OP_DONE)
        r->op.outcome = arena_printf(
            &r->arena,
            "%s; %s %s was never answered, and may still be carried out when %s comes back: look "
            "at it before anything is sent again",
            r->op.outcome, r->unanswered->method, r->unanswered->url, r->unanswered->member);
}

void run_end(struct action_run *r, enum op_state state, const char *fmt, ...)
{
    va_list ap;

    const char *outcome;

    if (run_ended(r))
        return;
    va_start(ap, fmt);
    outcome = arena_vprintf(&r->arena, fmt, ap);
    va_end(ap);
    if (r->ops->ending && r->ops->ending(r, state, outcome)) {
        run_touch(r);
        return;
    }
    r->op.outcome = outcome;
    r->op.state = state;
    may_still_come(r);
    r->op.ended_us = run_now(r);
    r->op.waiting_for = "";
    r->deadline_us = 0;
    close_phases(r);
    run_drop_call(r);
    if (r->ops->release)
        r->ops->release(r);
    run_touch(r);
    log_write(r->env.log, LOG_INFO, "%s %s: %s: %s", r->plan->cluster, action_name(r->plan->kind),
              op_state_name(state), r->op.outcome);
    audit_end(r);
}

/* ---- the end of every event
 * ------------------------------------------------------------------------ */

void run_settle(struct action_run *r)
{
    int64_t left;

    if (r->ops->arm && !run_ended(r))
        r->ops->arm(r);
    left = r->deadline_us - run_now(r);
    r->io->alarm(r->io->arg, r, r->deadline_us == 0 ? -1 : left > 0 ? left : 0);
    if (r->told == r->op.revision)
        return;
    r->told = r->op.revision;
    if (r->env.changed)
        r->env.changed(r->env.changed_arg, &r->op);
}

void action_alarm(struct action_run *r)
{
    if (!run_ended(r) && r->deadline_us > 0 && run_now(r) >= r->deadline_us) {
        r->deadline_us = 0;
        r->ops->expired(r);
    }
    run_settle(r);
}

void action_observe(struct action_run *r, const struct snapshot *s)
{
    if (run_ended(r))
        return;
    snapshot_ref(s);
    snapshot_unref(r->last);
    r->last = s;
    r->ops->observe(r, s);
    run_settle(r);
}

/* ---- start and end
 * ---------------------------------------------------------------------------------------- */

static struct action_run *run_new(const struct action_env *env, const struct action_io *io,
                                  struct plan *p, const struct snapshot *now)
{
    struct action_run *r = xcalloc(1, sizeof *r);

    arena_init(&r->arena);
    r->env = *env;
    r->io = arena_memdup(&r->arena, io, sizeof *io);
    r->ops = action_ops_of(p->kind);
    r->plan = p;
    r->last = snapshot_ref(now);
    r->step = -1;
    r->op = (struct operation){.plan = p,
                               .state = OP_RUNNING,
                               .started_us = clock_mono(env->clock),
                               .started_wall_us = clock_wall(env->clock),
                               .waiting_for = "",
                               .outcome = "",
                               .answer = ""};
    return r;
}

static void run_free(struct action_run *r)
{
    run_drop_call(r);
    if (r->ops->release && r->phases)
        r->ops->release(r);
    r->io->alarm(r->io->arg, r, -1);
    r->io->release(r->io->arg);
    snapshot_unref(r->last);
    plan_free(r->plan);
    arena_release(&r->arena);
    free(r);
}

static bool all_have_routes(const struct plan *p)
{
    for (int i = 0; i < p->nsteps; i++)
        if (!p->steps[i].url[0])
            return false;
    return p->nsteps > 0;
}

static enum status refused(const struct action_env *env, const struct plan *p, struct err *e)
{
    const char *who;
    enum status st = action_allowed(env, &p->request, &who, e);

    if (st != ST_OK)
        return st;
    if (!all_have_routes(p))
        return err_set(e, ST_REFUSED, "there is nobody to send it to: %s",
                       p->nchecks ? p->checks[0].reason : "no API is reachable from here");
    if (p->worst == CHECK_WARN && !p->accepted)
        return err_set(e, ST_REFUSED, "its warnings were not confirmed: %s", p->checks[0].reason);
    return ST_OK;
}

/* Nothing goes out before it is written down; what is refused is written down too, and stays
 * refused when it cannot be. */
static enum status may_start(const struct action_env *env, const struct plan *p, struct err *e)
{
    struct err why = ERR_INIT;
    enum status st = refused(env, p, &why);

    if (st != ST_OK && env->audit)
        (void)audit_refusal(env->audit, p, err_text(&why), NULL);
    if (st != ST_OK)
        err_set(e, st, "%s", err_text(&why));
    err_release(&why);
    if (st != ST_OK)
        return st;
    if (!env->audit)
        return err_set(e, ST_IO, "there is no audit log: nothing is sent");
    return audit_intent(env->audit, p, e);
}

enum status action_start_with(const struct action_env *env, const struct action_io *io,
                              struct plan *p, const struct snapshot *now, struct action_run **out,
                              struct err *e)
{
    struct action_run *r = run_new(env, io, p, now);
    enum status st = may_start(env, p, e);

    *out = NULL;
    if (st != ST_OK) {
        run_free(r);
        return st;
    }
    r->ops->begin(r);
    if (!r->ops->begins_itself)
        run_send_next(r);
    *out = r;
    run_settle(r);
    return ST_OK;
}

const struct operation *action_operation(const struct action_run *r)
{
    return &r->op;
}

bool action_interrupt(struct action_run *r)
{
    bool waits = r && !run_ended(r) && r->ops->interrupt && r->ops->interrupt(r);

    if (waits)
        run_settle(r);
    return waits;
}

void action_free(struct action_run *r)
{
    if (!r)
        return;
    if (!run_ended(r)) {
        r->left = true;
        audit_end(r);
    }
    run_free(r);
}
