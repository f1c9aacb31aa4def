#include "steps.h"

#include <string.h>

#include "pgdba/base/fmt.h"

/* Phases: a step each, then a target each. */
struct steps {
    const struct steps_kind *k;
    int ntargets;
    const char *const *targets;
    bool all_taken;      /* every step was answered well, or may have been */
    bool unsure;         /* one of them without a definite word */
    const char *unknown; /* what that was */
};

static int phase_of(const struct action_run *r, int target)
{
    return r->plan->nsteps + target;
}

static const char *const *copy_targets(struct action_run *r, const char *const *targets, int n)
{
    int count = n ? n : r->plan->nsteps;
    const char **v = arena_array(&r->arena, (size_t)count, const char *);

    for (int i = 0; i < count; i++)
        v[i] = arena_strdup(&r->arena, n ? targets[i] : r->plan->steps[i].member);
    return v;
}

void steps_begin(struct action_run *r, const struct steps_kind *k, const char *const *targets,
                 int n)
{
    struct steps *w = arena_new(&r->arena, struct steps);
    const struct plan *p = r->plan;
    int count = n ? n : p->nsteps;
    const char **names = arena_array(&r->arena, (size_t)(p->nsteps + count), const char *);

    w->k = k;
    w->targets = copy_targets(r, targets, n);
    w->ntargets = k->seen ? count : 0;
    r->state = w;
    for (int i = 0; i < p->nsteps; i++)
        names[i] = p->steps[i].summary;
    for (int i = 0; i < w->ntargets; i++)
        names[p->nsteps + i] = arena_printf(&r->arena, "%s %s", w->targets[i], k->seen_name);
    run_phases(r, p->nsteps + w->ntargets, names);
    run_phase(r, 0, PHASE_ACTIVE, "asked");
    run_wait_for(r, "the answer of %s", p->steps[0].member);
    r->deadline_us = run_now(r) + p->steps[0].timeout_us + k->patience_us(r);
}

/* The targets that have not shown it, as a list; "" when all have. */
static const char *missing(struct action_run *r)
{
    const struct steps *w = r->state;
    struct buf b;
    const char *out;

    buf_init(&b);
    for (int i = 0; i < w->ntargets; i++)
        if (!run_phase_reached(r, phase_of(r, i)))
            buf_addf(&b, "%s%s", b.len ? ", " : "", w->targets[i]);
    out = arena_strdup(&r->arena, b.s);
    buf_release(&b);
    return out;
}

static void finish(struct action_run *r)
{
    struct steps *w = r->state;
    char took[FMT_MAX];

    fmt_duration(took, run_now(r) - r->op.started_us);
    run_end(r, OP_DONE, "%s (%s)", w->k->done(r), took);
}

static void look(struct action_run *r, const struct snapshot *s)
{
    struct steps *w = r->state;
    const char *left;

    for (int i = 0; i < w->ntargets; i++) {
        const char *blind = w->k->blind ? w->k->blind(r, s, w->targets[i]) : NULL;

        if (w->k->seen(r, s, w->targets[i]))
            run_phase(r, phase_of(r, i), PHASE_DONE, "");
        else
            run_phase(r, phase_of(r, i), PHASE_ACTIVE, blind ? blind : "");
    }
    left = missing(r);
    if (!*left)
        finish(r);
    else
        run_wait_for(r, "%s", left);
}

static void next(struct action_run *r)
{
    struct steps *w = r->state;

    if (r->step + 1 < r->plan->nsteps) {
        const struct plan_step *st = &r->plan->steps[r->step + 1];

        run_phase(r, r->step + 1, PHASE_ACTIVE, "asked");
        run_wait_for(r, "the answer of %s", st->member);
        r->deadline_us = run_now(r) + st->timeout_us + w->k->patience_us(r);
        run_send_next(r);
        return;
    }
    w->all_taken = true;
    r->deadline_us = run_now(r) + w->k->patience_us(r);
    if (w->k->seen)
        look(r, r->last);
    else if (w->unsure)
        run_end(r, OP_UNKNOWN, "it may have been taken or not: %s", w->unknown);
    else
        finish(r);
}

void steps_observe(struct action_run *r, const struct snapshot *s)
{
    const struct steps *w = r->state;

    if (w->all_taken && w->k->seen)
        look(r, s);
}

/* What had been done before a step that was not. */
static const char *done_before(struct action_run *r)
{
    struct buf b;
    const char *out;

    buf_init(&b);
    for (int i = 0; i < r->step; i++)
        buf_addf(&b, "%s%s", i ? ", " : "; before that it was taken by ", r->plan->steps[i].member);
    out = arena_strdup(&r->arena, b.s);
    buf_release(&b);
    return out;
}

static void refused(struct action_run *r, const char *how, const char *text)
{
    run_phase(r, r->step, PHASE_FAILED, how);
    run_end(r, r->step == 0 ? OP_REFUSED : OP_FAILED, "%s: %s, nothing was changed there: %s%s",
            r->plan->steps[r->step].member, how, text, done_before(r));
}

void steps_answered(struct action_run *r, const struct step_answer *a)
{
    struct steps *w = r->state;

    if (!a->sent) {
        refused(r, "not sent", a->text);
    } else if (a->means == WIRE_REFUSED || a->means == WIRE_UNAUTHORISED ||
               a->means == WIRE_FAILED) {
        refused(r, "refused", a->text);
    } else if (a->means == WIRE_UNKNOWN_OUTCOME) {
        w->unsure = true;
        w->unknown = a->text;
        run_phase(r, r->step, PHASE_SKIPPED, a->text);
        next(r);
    } else {
        run_phase(r, r->step, PHASE_DONE, "taken");
        next(r);
    }
}

void steps_expired(struct action_run *r)
{
    const struct steps *w = r->state;
    char after[FMT_MAX];

    fmt_duration(after, run_now(r) - r->op.started_us);
    if (!w->all_taken)
        run_end(r, OP_UNKNOWN, "%s has not answered after %s; %s", r->plan->steps[r->step].member,
                after, w->k->look_at);
    else if (w->unsure)
        run_end(r, OP_UNKNOWN, "not seen after %s on %s, and the answer was none: %s; %s", after,
                missing(r), w->unknown, w->k->look_at);
    else
        run_end(r, OP_UNKNOWN, "it was taken, but is not seen after %s on %s; %s", after,
                missing(r), w->k->look_at);
}
