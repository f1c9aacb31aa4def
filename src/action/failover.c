/* failover.c: a named member is made leader, whether there is one or not. Reference "patroni.md"
 * §2.4, §3.2. */
#include "takeover.h"

#include <inttypes.h>
#include <string.h>

#include "pgdba/analysis/candidates.h"

static enum status needs_candidate(const struct snapshot *s, struct plan *p, struct err *e)
{
    return err_set(e, ST_USAGE, "failover needs --candidate: whom it is to make the leader: %s",
                   candidates_text(s, p->made_us, &p->arena));
}

static enum status check(const struct snapshot *s, struct plan *p, struct err *e)
{
    const struct request *r = &p->request;
    enum status st;

    if (!r->candidate)
        return needs_candidate(s, p, e);
    st = planner_known(s, r->candidate, e);
    if (st != ST_OK)
        return st;
    if (p->leader && strcmp(r->candidate, p->leader) == 0)
        return err_set(e, ST_REFUSED, "%s leads already", r->candidate);
    return ST_OK;
}

static void describe(struct planner *b, const char *to, const char *via)
{
    struct plan *p = b->plan;

    if (p->leader)
        planner_line(b,
                     "%s is demoted and %s is promoted. While %s answers, switchover does the same "
                     "and looks harder: failover is for when it does not.",
                     p->leader, to, p->leader);
    else
        planner_line(b,
                     "%s is promoted as it is: without a leader Patroni looks neither at its lag "
                     "nor at its timeline.",
                     to);
    planner_line(b, "What %s has not received of the old leader's WAL is LOST.", to);
    planner_line(b, "It is also promoted when it is no synchronous standby.");
    planner_line(b, "This cannot be undone: a new timeline begins, and what was lost stays lost.");
    if (p->leader && strcmp(via, p->leader) != 0)
        planner_line(b, "%s's API cannot be reached from here: %s is asked instead.", p->leader,
                     via);
}

/* With a leader that is silent, another one must take the request: it asks the leader by the DCS.
 */
static const char *whom(const struct planner *b)
{
    const struct member *leader = snapshot_leader(b->s);
    const struct action_env *env = b->env;
    const char *to = b->plan->request.candidate;

    if (leader && leader->api.outcome == OBS_ANSWERED)
        return planner_whom(b);
    return env->route(env->route_arg, to).base ? to : planner_whom(b);
}

static void plan(struct planner *b)
{
    struct plan *p = b->plan;
    struct patroni_times t = patroni_times(b->s);
    const char *to = p->request.candidate, *via = whom(b);
    struct buf body;

    p->title = arena_printf(&p->arena, "FAILOVER %s: %s -> %s", p->cluster,
                            p->leader ? p->leader : "nobody", to);
    describe(b, to, via);
    buf_init(&body);
    wire_failover_body(&body, to);
    planner_send(b, "POST", to, via, "/failover", body.s, takeover_answer_us(&t),
                 arena_printf(&p->arena, "make %s the leader", to));
    buf_release(&body);
    p->confirm = CONFIRM_WORD;
    p->confirm_word = to;
    p->confirm_what = "the new leader's name";
    p->equivalent = arena_printf(&p->arena, "%s --candidate %s", planner_command(b, "failover"),
                                 planner_quote(b, to));
}

const struct action_ops failover_ops = {.elects = true,
                                        .check = check,
                                        .plan = plan,
                                        .begin = takeover_begin,
                                        .observe = takeover_observe,
                                        .answered = takeover_answered,
                                        .expired = takeover_expired};
