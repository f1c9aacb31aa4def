/* config.c: the dynamic configuration changed, and read again. Reference "patroni.md" §2.9: PATCH
 * merges, checks nothing, and refuses (409) when somebody else was faster. */
#include "kind.h"

#include <string.h>

#include "pgdba/analysis/config_check.h"
#include "pgdba/base/fmt.h"
#include "pgdba/wire/dynamic.h"

enum { PH_SENT, PH_READ, PH_COUNT };
enum { ANSWER_S = 30, AGAIN_US = 500000 };

static const char *const phase_names[] = {[PH_SENT] = "sent", [PH_READ] = "read again"};
_Static_assert(sizeof phase_names / sizeof *phase_names == PH_COUNT, "a phase without its name");

/* ---- documents taken apart */

struct pair {
    struct facts *before, *after;
};

static void pair_release(struct pair *p)
{
    facts_unref(p->before);
    facts_unref(p->after);
}

static enum status take_apart(const char *base, const char *patch, struct pair *out, struct err *e)
{
    struct buf merged;
    enum status st;

    *out = (struct pair){0};
    buf_init(&merged);
    st = wire_dynamic_merge(base, patch, &merged, e);
    if (st == ST_OK)
        st = wire_dynamic_flatten(base, &out->before, e);
    if (st == ST_OK)
        st = wire_dynamic_flatten(merged.s, &out->after, e);
    buf_release(&merged);
    if (st != ST_OK)
        pair_release(out);
    return st;
}

/* ---- the plan */

/* What was edited must still be there: a difference anywhere may be what the edit was about. */
static enum status not_moved(const struct request *r, const char *now, struct arena *a,
                             struct err *e)
{
    struct facts *was = NULL, *is = NULL;
    enum status st = wire_dynamic_flatten(r->base, &was, e);
    const struct config_change *v;
    int n = 0;

    if (st == ST_OK)
        st = wire_dynamic_flatten(now, &is, e);
    if (st == ST_OK) {
        v = config_changes(was->root, is->root, a, &n);
        if (n > 0)
            st = err_set(e, ST_CONFLICT,
                         "the configuration was changed meanwhile: %s was %s, and is %s now%s",
                         v[0].path, v[0].before ? v[0].before : "not there",
                         v[0].after ? v[0].after : "not there", n > 1 ? ", and more" : "");
    }
    facts_unref(was);
    facts_unref(is);
    return st;
}

static enum status settings_to_patch(struct plan *p, struct err *e)
{
    struct buf patch;
    enum status st;

    buf_init(&patch);
    st = wire_dynamic_set(p->request.settings, p->request.nsettings, &patch, e);
    if (st == ST_OK)
        p->request.patch = arena_strdup(&p->arena, patch.s);
    buf_release(&patch);
    return st;
}

static enum status check(const struct snapshot *s, struct plan *p, struct err *e)
{
    struct request *r = &p->request;
    struct pair docs;
    enum status st = ST_OK;
    int n;

    if (r->patch && r->nsettings)
        return err_set(e, ST_USAGE, "config set takes settings or --patch, not both");
    if (!r->patch)
        st = settings_to_patch(p, e);
    if (st != ST_OK)
        return st;
    if (!s->config || !s->config->text)
        return err_set(e, ST_CONFLICT, "the configuration of %s is not known yet (%s)", p->cluster,
                       obs_outcome_name(s->config_state.outcome));
    if (r->base)
        st = not_moved(r, s->config->text, &p->arena, e);
    if (st != ST_OK)
        return st;
    st = take_apart(s->config->text, r->patch, &docs, e);
    if (st != ST_OK)
        return st;
    config_changes(docs.before->root, docs.after->root, &p->arena, &n);
    pair_release(&docs);
    if (n == 0)
        return err_set(e, ST_REFUSED, "nothing would change: the configuration says so already");
    p->request.base = arena_strdup(&p->arena, s->config->text);
    return ST_OK;
}

static void describe(struct planner *b, const struct pair *docs)
{
    int n;
    const struct config_change *v =
        config_changes(docs->before->root, docs->after->root, &b->plan->arena, &n);

    for (int i = 0; i < n; i++) {
        if (v[i].before)
            planner_line(b, "- %s: %s", v[i].path, v[i].before);
        if (v[i].after)
            planner_line(b, "+ %s: %s", v[i].path, v[i].after);
    }
    planner_line(b, "It holds for every member, from the next round of its loop on.");
}

/* The patch that goes back: what is there now over what would be there. */
static void how_to_undo(struct planner *b)
{
    struct plan *p = b->plan;
    struct buf merged, back;

    buf_init(&merged);
    buf_init(&back);
    if (wire_dynamic_merge(p->request.base, p->request.patch, &merged, NULL) == ST_OK &&
        wire_dynamic_diff(merged.s, p->request.base, &back, NULL) == ST_OK)
        planner_line(b, "To undo it: config set --patch %s", planner_quote(b, back.s));
    buf_release(&merged);
    buf_release(&back);
}

static void add_checks(struct planner *b, const struct pair *docs)
{
    int n;
    const struct check_result *v =
        config_check(docs->before->root, docs->after->root, &b->plan->arena, &n);

    for (int i = 0; i < n; i++)
        planner_check(b, v[i].check, v[i].verdict, "%s", v[i].reason);
}

static void plan(struct planner *b)
{
    struct plan *p = b->plan;
    const char *via = planner_whom(b);
    struct pair docs;

    p->title = arena_printf(&p->arena, "Change the configuration of %s", p->cluster);
    p->confirm = CONFIRM_YES;
    p->equivalent = arena_printf(&p->arena, "%s --patch %s", planner_command(b, "config set"),
                                 planner_quote(b, p->request.patch));
    if (take_apart(p->request.base, p->request.patch, &docs, NULL) != ST_OK)
        return; /* check() has taken it apart before */
    describe(b, &docs);
    how_to_undo(b);
    add_checks(b, &docs);
    pair_release(&docs);
    planner_send(b, "PATCH", via, via, "/config", p->request.patch, ANSWER_S * USEC_PER_SEC,
                 "change the configuration");
    planner_send(b, "GET", via, via, "/config", "", ANSWER_S * USEC_PER_SEC, "read it again");
}

/* ---- the run */

/* A member answers from what it last heard of the DCS: up to a round of its loop later. */
struct reading {
    int64_t until_us; /* it is read again and again until then */
};

static void begin(struct action_run *r)
{
    r->state = arena_new(&r->arena, struct reading);
    run_phases(r, PH_COUNT, phase_names);
    run_phase(r, PH_SENT, PHASE_ACTIVE, "");
    run_wait_for(r, "the answer of %s", r->plan->steps[0].member);
}

static void observe(struct action_run *r, const struct snapshot *s)
{
    (void)r;
    (void)s; /* what is verified is asked for: a picture may be of before */
}

/* What is not as it was to become, "" nothing; NULL: it cannot be told. */
static const char *still_different(struct action_run *r, const char *now)
{
    const struct request *q = &r->plan->request;
    struct buf merged;
    struct facts *is = NULL, *wanted = NULL;
    const char *out = NULL;

    buf_init(&merged);
    /* Merged into what is there: somebody else's change of another setting is none of ours. */
    if (wire_dynamic_merge(now, q->patch, &merged, NULL) == ST_OK &&
        wire_dynamic_flatten(now, &is, NULL) == ST_OK &&
        wire_dynamic_flatten(merged.s, &wanted, NULL) == ST_OK) {
        int n;
        const struct config_change *v = config_changes(is->root, wanted->root, &r->arena, &n);

        out = n == 0 ? ""
                     : arena_printf(&r->arena, "%s is %s, not %s", v[0].path,
                                    v[0].before ? v[0].before : "not there",
                                    v[0].after ? v[0].after : "gone");
    }
    facts_unref(is);
    facts_unref(wanted);
    buf_release(&merged);
    return out;
}

static void read_again(struct action_run *r, const struct step_answer *a)
{
    struct reading *w = r->state;
    const char *different = a->definite && *a->body == '{' ? still_different(r, a->body) : NULL;
    char took[FMT_MAX];

    fmt_duration(took, run_now(r) - r->op.started_us);
    if (!different) {
        run_phase(r, PH_READ, PHASE_FAILED, "");
        run_end(r, OP_UNKNOWN, "it could not be read again: %s", a->text);
    } else if (*different && run_now(r) < w->until_us) {
        run_wait_for(r, "the members to hear of it: %s", different);
        r->deadline_us = run_now(r) + AGAIN_US;
    } else if (*different) {
        run_phase(r, PH_READ, PHASE_FAILED, different);
        run_end(r, OP_FAILED, "the configuration does not say so: %s", different);
    } else {
        run_phase_reach(r, PH_READ, "as wanted");
        run_end(r, OP_DONE, "the configuration says so now (%s)", took);
    }
}

static void answered(struct action_run *r, const struct step_answer *a)
{
    if (r->step > 0) {
        read_again(r, a);
    } else if (!a->sent) {
        run_phase(r, PH_SENT, PHASE_FAILED, "not sent");
        run_end(r, OP_REFUSED, "not sent, nothing was changed: %s", a->text);
    } else if (a->means == WIRE_REFUSED || a->means == WIRE_UNAUTHORISED) {
        run_phase(r, PH_SENT, PHASE_FAILED, "refused");
        run_end(r, OP_REFUSED, "Patroni refused, nothing was changed: %s", a->text);
    } else {
        struct patroni_times t = patroni_times(r->last);
        struct reading *w = r->state;

        w->until_us = run_now(r) + (2 * t.loop_wait + 5) * USEC_PER_SEC;
        if (a->means == WIRE_DONE)
            run_phase(r, PH_SENT, PHASE_DONE, "taken");
        else
            run_phase(r, PH_SENT, PHASE_SKIPPED, a->text);
        run_phase(r, PH_READ, PHASE_ACTIVE, "");
        run_wait_for(r, "the configuration, asked for again");
        run_send_next(r);
    }
}

/* Reading does no harm: unlike what changes, it is sent again. */
static void expired(struct action_run *r)
{
    r->step--;
    run_send_next(r);
}

const struct action_ops config_ops = {.check = check,
                                      .plan = plan,
                                      .begin = begin,
                                      .observe = observe,
                                      .answered = answered,
                                      .expired = expired};
