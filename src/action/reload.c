/* reload.c: each Patroni reads its file again. Reference "patroni.md" §2.8. */
#include "steps.h"

#include "pgdba/base/fmt.h"

static enum status check(const struct snapshot *s, struct plan *p, struct err *e)
{
    return planner_members(s, p, e);
}

static void plan(struct planner *b)
{
    struct plan *p = b->plan;
    struct buf names;

    buf_init(&names);
    planner_member_words(b, &names);
    p->title = arena_printf(&p->arena, "Reload%s", names.s);
    planner_line(b, "Each Patroni reads its own file again, within one round of its loop; "
                    "PostgreSQL is reloaded where that changes its settings.");
    planner_line(b, "Nothing is interrupted. Settings that need a restart show as pending then.");
    planner_line(b,
                 "Nothing on the wire shows that a reload has happened: what can be told is that "
                 "it was taken.");
    for (int i = 0; i < p->request.nmembers; i++)
        planner_send(b, "POST", p->request.members[i], p->request.members[i], "/reload", "",
                     STEPS_ANSWER_S * USEC_PER_SEC,
                     arena_printf(&p->arena, "reload %s", p->request.members[i]));
    p->confirm = CONFIRM_YES;
    p->equivalent = arena_printf(&p->arena, "%s%s", planner_command(b, "reload"), names.s);
    buf_release(&names);
}

static int64_t patience(const struct action_run *r)
{
    (void)r;
    return 5 * USEC_PER_SEC;
}

static const char *done(struct action_run *r)
{
    return r->plan->nsteps == 1
               ? "the reload was taken and takes place within one round of its loop"
               : "each has taken it; it takes place within one round of its loop";
}

static void begin(struct action_run *r)
{
    static const struct steps_kind k = {
        .patience_us = patience, .done = done, .look_at = "look at its Patroni log"};

    steps_begin(r, &k, NULL, 0);
}

const struct action_ops reload_ops = {.check = check, .plan = plan, .begin = begin, STEPS_OPS};
