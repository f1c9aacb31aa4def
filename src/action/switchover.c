/* switchover.c: the planned hand-over of the lead. Reference "patroni.md" §2.2. */
#include "takeover.h"

#include <inttypes.h>
#include <string.h>

#include "pgdba/base/fmt.h"

/* ---- the plan
 * --------------------------------------------------------------------------------------- */

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
    const char *to = p->request.candidate, *via = planner_whom(b);
    struct buf body;

    p->title = arena_printf(&p->arena, "Switchover %s: %s -> %s", p->cluster, p->leader,
                            to ? to : "whom Patroni picks");
    describe(b, &t, via);
    buf_init(&body);
    wire_switchover_body(&body, p->leader, to, 0);
    planner_send(b, "POST", p->leader, via, "/switchover", body.s, takeover_answer_us(&t),
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

const struct action_ops switchover_ops = {.elects = true,
                                          .check = takeover_check,
                                          .plan = plan,
                                          .begin = takeover_begin,
                                          .observe = takeover_observe,
                                          .answered = takeover_answered,
                                          .expired = takeover_expired};
