/* restart.c: PostgreSQL restarts on the members named, in that order. */
#include "restarts.h"

#include <inttypes.h>
#include <string.h>

static enum status check(const struct snapshot *s, struct plan *p, struct err *e)
{
    struct request *r = &p->request;
    enum status st = planner_members(s, p, e);
    int npending = 0;

    if (st != ST_OK)
        return st;
    for (int i = 0; i < r->nmembers; i++)
        npending += restarts_pending(snapshot_member(s, r->members[i]));
    if (r->pending && npending == 0)
        return err_set(e, ST_REFUSED,
                       r->nmembers == 1 ? "%s has no restart pending"
                                        : "%s and the others have no restart pending",
                       r->members[0]);
    return ST_OK;
}

static const char *equivalent(struct planner *b)
{
    const struct request *r = &b->plan->request;
    struct buf text;
    const char *out;

    buf_init(&text);
    buf_puts(&text, planner_command(b, "restart"));
    planner_member_words(b, &text);
    if (r->pending)
        buf_puts(&text, " --pending");
    if (r->pg_version)
        buf_addf(&text, " --pg-version %s", planner_quote(b, r->pg_version));
    if (r->timeout_s > 0)
        buf_addf(&text, " --timeout %" PRId64, r->timeout_s);
    out = arena_strdup(&b->plan->arena, text.s);
    buf_release(&text);
    return out;
}

static void plan(struct planner *b)
{
    struct plan *p = b->plan;
    struct buf names;

    buf_init(&names);
    for (int i = 0; i < p->request.nmembers; i++) {
        const char *name = p->request.members[i];

        if (p->request.pending && !restarts_pending(snapshot_member(b->s, name))) {
            planner_line(b, "%s has no restart pending and is left alone.", name);
            continue;
        }
        restarts_add(b, name);
        buf_addf(&names, "%s%s", names.len ? ", " : "", name);
    }
    if (p->request.pg_version)
        planner_line(b, "Only where PostgreSQL is older than %s; Patroni refuses it elsewhere.",
                     p->request.pg_version);
    if (p->nsteps > 1)
        planner_line(b, "One after the other; the first that fails ends it, and the rest is left "
                        "alone.");
    planner_line(
        b,
        "A few seconds each as a rule, more when the shutdown checkpoint has much to write; "
        "given up after %" PRId64 " s each.",
        restarts_answer_s(p));
    planner_line(b, "There is nothing to undo.");
    p->title = arena_printf(&p->arena, "Restart %s: %s", p->cluster, names.s);
    p->equivalent = equivalent(b);
    p->confirm = CONFIRM_YES;
    buf_release(&names);
}

const struct action_ops restart_ops = {.check = check, .plan = plan, RESTARTS_OPS};
