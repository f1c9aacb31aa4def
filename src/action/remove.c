/*
 * remove.c: the keys of a cluster that is no more, out of etcd. What patronictl does with the whole
 * prefix at once; here only when nobody is there whom it would hit, and looked at again.
 */
#include "kind.h"

#include <string.h>

#include "pgdba/wire/etcd.h"

enum { PH_DELETED, PH_LOOKED, PH_COUNT };
enum { ANSWER_S = 20 };

static const char *const phase_names[] = {
    [PH_DELETED] = "deleted", [PH_LOOKED] = "looked at again"};
_Static_assert(sizeof phase_names / sizeof *phase_names == PH_COUNT, "a phase without its name");

static enum status check(const struct snapshot *s, struct plan *p, struct err *e)
{
    if (!s->etcd_configured)
        return err_set(e, ST_USAGE,
                       "remove needs etcd in the file of %s: without it nobody can see whether its "
                       "members are gone",
                       p->cluster);
    if (!s->dcs)
        return err_set(e, ST_UNREACHABLE, "what %s has in etcd is not known yet (%s%s%s)",
                       p->cluster, obs_outcome_name(s->dcs_state.outcome),
                       *s->dcs_state.detail ? ": " : "", s->dcs_state.detail);
    p->request.prefix = arena_strdup(&p->arena, s->dcs->prefix);
    return ST_OK;
}

/* Its last word: "/service/lab/" -> "lab". */
static const char *scope_of(struct plan *p, const char *prefix)
{
    size_t n = strlen(prefix), from;

    while (n > 0 && prefix[n - 1] == '/')
        n--;
    for (from = n; from > 0 && prefix[from - 1] != '/'; from--)
        ;
    return arena_strndup(&p->arena, prefix + from, n - from);
}

static void ask_thrice(struct plan *p)
{
    const struct confirm_word more[] = {
        {"that you know what it does", "Yes I am aware"},
        {"where its keys are in etcd", p->request.prefix},
    };

    p->always_asked = true;
    p->confirm = CONFIRM_WORD;
    p->confirm_word = scope_of(p, p->request.prefix);
    p->confirm_what = "the scope in Patroni";
    p->more_words = arena_memdup(&p->arena, more, sizeof more);
    p->nmore_words = sizeof more / sizeof *more;
}

static void plan(struct planner *b)
{
    struct plan *p = b->plan;
    const char *prefix = p->request.prefix;
    struct buf body, look;

    buf_init(&body);
    buf_init(&look);
    wire_etcd_remove_body(&body, prefix);
    wire_etcd_range_body(&look, prefix);
    p->title = arena_printf(&p->arena, "REMOVE %s from etcd", p->cluster);
    planner_line(b, "Every key under %s is deleted: configuration, history, and who may lead.",
                 prefix);
    planner_line(b, "PostgreSQL's data stays where it is. A Patroni of this scope that is started "
                    "again finds nothing, and makes a new cluster of what it has.");
    planner_line(b, "This cannot be undone; config show prints what would be lost first.");
    planner_etcd(b, "/kv/txn", body.s, ANSWER_S * USEC_PER_SEC,
                 "delete the keys, if there is neither a leader nor a member");
    planner_etcd(b, "/kv/range", look.s, ANSWER_S * USEC_PER_SEC, "look whether they are gone");
    p->equivalent = planner_command(b, "remove");
    ask_thrice(p);
    buf_release(&body);
    buf_release(&look);
}

/* ---- the run */

static void begin(struct action_run *r)
{
    run_phases(r, PH_COUNT, phase_names);
    run_phase(r, PH_DELETED, PHASE_ACTIVE, "");
    run_wait_for(r, "the answer of etcd");
}

static void observe(struct action_run *r, const struct snapshot *s)
{
    (void)r;
    (void)s; /* what is verified is asked for */
}

static void looked(struct action_run *r, const struct step_answer *a)
{
    struct facts *f = NULL;
    struct err e = ERR_INIT;
    enum status st = a->means == WIRE_DONE ? wire_etcd_range(a->body, a->body_len, &f, &e)
                                           : err_set(&e, ST_FAILED, "%s", a->text);
    const struct etcd_range *range = st == ST_OK && f ? f->root : NULL;

    if (!range) {
        run_phase(r, PH_LOOKED, PHASE_FAILED, "");
        run_end(r, OP_UNKNOWN, "it could not be looked at again: %s", err_text(&e));
    } else if (range->n > 0) {
        run_phase(r, PH_LOOKED, PHASE_FAILED, "still there");
        run_end(r, OP_FAILED, "there are keys again under %s (%d): a Patroni writes them",
                r->plan->request.prefix, range->n);
    } else {
        run_phase_reach(r, PH_LOOKED, "nothing is left");
        run_end(r, OP_DONE, "nothing is left under %s", r->plan->request.prefix);
    }
    facts_unref(f);
    err_release(&e);
}

/* Somebody came back between the plan and the request: etcd itself has kept the keys. */
static bool came_back(const struct step_answer *a)
{
    bool held;

    return a->means == WIRE_DONE &&
           wire_etcd_succeeded(a->body, a->body_len, &held, NULL) == ST_OK && !held;
}

static void answered(struct action_run *r, const struct step_answer *a)
{
    if (r->step > 0) {
        looked(r, a);
    } else if (came_back(a)) {
        run_phase(r, PH_DELETED, PHASE_FAILED, "refused");
        run_end(r, OP_REFUSED, "there is a member or a leader again: etcd has deleted nothing");
    } else if (!a->sent) {
        run_phase(r, PH_DELETED, PHASE_FAILED, "not sent");
        run_end(r, OP_REFUSED, "not sent, nothing was changed: %s", a->text);
    } else if (a->means == WIRE_REFUSED) {
        run_phase(r, PH_DELETED, PHASE_FAILED, "refused");
        run_end(r, OP_REFUSED, "etcd refused, nothing was changed: %s", a->text);
    } else {
        run_phase_reach(r, PH_DELETED, a->means == WIRE_DONE ? "taken" : a->text);
        run_wait_for(r, "a look at what is there now");
        run_send_next(r);
    }
}

static void expired(struct action_run *r)
{
    run_end(r, OP_UNKNOWN, "no answer came");
}

const struct action_ops remove_ops = {.check = check,
                                      .plan = plan,
                                      .begin = begin,
                                      .observe = observe,
                                      .answered = answered,
                                      .expired = expired};
