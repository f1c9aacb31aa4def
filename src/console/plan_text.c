/* plan_text.c: a plan, a running operation and the verdicts, in words. */
#include "pgdba/console/view.h"

#include <string.h>

#include "pgdba/base/fmt.h"
#include "pgdba/console/draw.h"

/* ---- the plan ------------------------------------------------------------------------------- */

static const struct {
    enum theme_role role;
    enum glyph glyph;
    const char *word;
} verdict_marks[] = {
    [CHECK_PASS] = {TR_OK, GL_OK, "ok"},
    [CHECK_WARN] = {TR_WARN, GL_WARN, "careful"},
    [CHECK_BLOCK] = {TR_CRIT, GL_CRIT, "blocked"},
};

static void write_check(const struct check_result *c, struct doc *d)
{
    const char *label =
        arena_printf(d->arena, "%s %s", glyph(d->paper, verdict_marks[c->verdict].glyph),
                     verdict_marks[c->verdict].word);
    doc_item(d, 0, 11, verdict_marks[c->verdict].role, label, TR_DIALOG, c->reason);
}

static void write_blocks(const struct plan *p, struct doc *d)
{
    int n = 0;
    for (int i = 0; i < p->nchecks; i++)
        n += p->checks[i].verdict == CHECK_BLOCK;
    doc_textf(d, 0, TR_CRIT, "This cannot be done now: %s.",
              n == 1 ? "a check says no" : arena_printf(d->arena, "%d checks say no", n));
    doc_gap(d);
}

static void write_step(const struct plan_step *st, int number, int of, struct doc *d)
{
    if (of > 1)
        doc_textf(d, 0, TR_DIALOG, "%d. %s", number, st->summary);
    else
        doc_text(d, 0, TR_DIALOG, st->summary);
    doc_textf(d, 2, TR_KEY, "%s %s", st->method, st->url);
    if (*st->body)
        doc_text(d, 2, TR_KEY, st->body);
    if (st->connect_host)
        doc_textf(d, 2, TR_DIM, "connecting to %s:%d", st->connect_host, st->connect_port);
    if (st->authenticated)
        doc_text(d, 2, TR_DIM, "with user and password");
}

/* Those that passed, or those that did not. */
static void write_checks(const struct plan *p, bool passed, struct doc *d)
{
    for (int i = 0; i < p->nchecks; i++)
        if ((p->checks[i].verdict == CHECK_PASS) == passed)
            write_check(&p->checks[i], d);
}

static const struct {
    enum theme_role role;
    enum glyph glyph;
} fitness_marks[] = {
    [FIT] = {TR_OK, GL_OK},
    [DOUBTFUL] = {TR_WARN, GL_WARN},
    [UNFIT] = {TR_CRIT, GL_CRIT},
};

static void write_candidates(const struct plan *p, struct doc *d)
{
    if (p->ncandidates == 0)
        return;
    doc_gap(d);
    doc_line(d, 0);
    doc_span(d, TR_DIALOG_TITLE, "Who could lead next");
    for (int i = 0; i < p->ncandidates; i++) {
        const struct plan_candidate *c = &p->candidates[i];
        const char *label = arena_printf(d->arena, "%s %s",
                                         glyph(d->paper, fitness_marks[c->fitness].glyph), c->name);
        doc_item(d, 0, 11, fitness_marks[c->fitness].role, label, TR_DIALOG,
                 arena_printf(d->arena, "%s%s%s%s", c->asked_for ? "the one asked for: " : "",
                              fitness_name(c->fitness), *c->reason ? "; " : "", c->reason));
    }
}

static void write_steps(const struct plan *p, struct doc *d)
{
    if (p->nsteps == 0)
        return;
    doc_gap(d);
    doc_line(d, 0);
    doc_span(d, TR_DIALOG_TITLE,
             p->worst == CHECK_BLOCK ? "What would have been sent" : "What will be sent");
    for (int i = 0; i < p->nsteps; i++)
        write_step(&p->steps[i], i + 1, p->nsteps, d);
}

/* What a changed configuration loses and gains. */
static enum theme_role line_role(const char *line)
{
    return strncmp(line, "+ ", 2) == 0 ? TR_OK : strncmp(line, "- ", 2) == 0 ? TR_CRIT : TR_DIALOG;
}

/* What speaks against it, what is sent, and last, however many they are, the checks that passed.
 * Who could lead comes before the request where it is still to be said, or is to be said anew. */
void plan_write(const struct plan *p, struct doc *d)
{
    int passed = 0;
    for (int i = 0; i < p->nchecks; i++)
        passed += p->checks[i].verdict == CHECK_PASS;
    if (p->worst == CHECK_BLOCK)
        write_blocks(p, d);
    else
        for (int i = 0; i < p->nlines; i++)
            doc_text(d, 0, line_role(p->lines[i]), p->lines[i]);
    if (passed < p->nchecks) {
        doc_gap(d);
        write_checks(p, false, d);
    }
    bool whom_first = p->worst == CHECK_BLOCK || !p->request.candidate;
    if (whom_first)
        write_candidates(p, d);
    write_steps(p, d);
    if (!whom_first)
        write_candidates(p, d);
    doc_gap(d);
    doc_line(d, 0);
    doc_spanf(d, TR_DIALOG_TITLE, "Checks: %d of %d passed", passed, p->nchecks);
    write_checks(p, true, d);
}

/* ---- the operation -------------------------------------------------------------------------- */

static const struct {
    enum theme_role role;
    enum glyph glyph;
    const char *word;
} phase_marks[] = {
    [PHASE_WAITING] = {TR_DIM, GL_DOT, "to come"}, [PHASE_ACTIVE] = {TR_WARN, GL_ARROW, "now"},
    [PHASE_DONE] = {TR_OK, GL_OK, "done"},         [PHASE_FAILED] = {TR_CRIT, GL_CRIT, "failed"},
    [PHASE_SKIPPED] = {TR_DIM, GL_DOT, "skipped"},
};

static void write_phase(const struct op_phase *ph, const struct operation *op, struct doc *d)
{
    char at[FMT_MAX];
    const char *when =
        ph->at_us ? arena_printf(d->arena, "after %s", fmt_duration(at, ph->at_us - op->started_us))
                  : phase_marks[ph->state].word;
    enum theme_role role = phase_marks[ph->state].role;
    doc_line(d, 0);
    doc_spanf(d, role, "%s %-14s ", glyph(d->paper, phase_marks[ph->state].glyph), when);
    doc_spanf(d, role == TR_DIM ? TR_DIM : TR_DIALOG, "%s%s%s", ph->name, *ph->note ? ": " : "",
              ph->note);
}

static enum theme_role outcome_role(enum op_state s)
{
    static const enum theme_role roles[] = {
        [OP_RUNNING] = TR_WARN, [OP_DONE] = TR_OK,     [OP_DONE_ELSEWHERE] = TR_WARN,
        [OP_REFUSED] = TR_CRIT, [OP_FAILED] = TR_CRIT, [OP_UNKNOWN] = TR_UNKNOWN};
    return roles[s];
}

void progress_write(const struct operation *op, int64_t now_us, struct doc *d)
{
    char t[FMT_MAX];
    bool running = op->state == OP_RUNNING;
    doc_line(d, 0);
    doc_spanf(d, outcome_role(op->state), "%s", op_state_name(op->state));
    doc_spanf(d, TR_DIALOG, running ? " for %s" : " after %s",
              fmt_duration(t, (running ? now_us : op->ended_us) - op->started_us));
    doc_gap(d);
    for (int i = 0; i < op->nphases; i++)
        write_phase(&op->phases[i], op, d);
    doc_gap(d);
    if (running && op->waiting_for && *op->waiting_for)
        doc_textf(d, 0, TR_DIALOG, "Waiting for %s.", op->waiting_for);
    if (op->outcome && *op->outcome)
        doc_text(d, 0, outcome_role(op->state), op->outcome);
    if (op->answer && *op->answer)
        doc_item(d, 0, 14, TR_DIM,
                 op->plan->kind >= ACT_PROBE_START && op->plan->kind != ACT_HOLD ? "It said"
                                                                                 : "Patroni said",
                 TR_DIM, op->answer);
    if (op->result) {
        doc_gap(d);
        result_write(&(struct result){.table = op->result}, d);
    }
}

/* ---- the verdicts --------------------------------------------------------------------------- */

void verdicts_write(const struct verdicts *v, struct doc *d)
{
    if (v->n == 0)
        doc_textf(d, 0, TR_OK, "%s healthy: every rule was looked at and none fired.",
                  glyph(d->paper, GL_OK));
    for (int i = 0; i < v->n; i++) {
        enum health h = v->v[i].health;
        const char *label =
            arena_printf(d->arena, "%s %s", glyph(d->paper, draw_health_glyph(h)), health_name(h));
        doc_item(d, 0, 14, draw_health_role(h), label, TR_DIALOG, v->v[i].reason);
        doc_textf(d, 14, TR_DIM, "rule %s", v->v[i].rule);
    }
}
