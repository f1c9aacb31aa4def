/* schedule.c: what Patroni is to do later, and what it is not to do after all. Reference
 * "patroni.md" §2.2, §2.3, §2.5, §2.6. */
#include "steps.h"
#include "takeover.h"

#include <string.h>

#include "pgdba/base/fmt.h"

static int64_t patience(const struct action_run *r)
{
    struct patroni_times t = patroni_times(r->last);

    return (2 * t.loop_wait + 5) * USEC_PER_SEC;
}

/* "2026-11-22 03:00:00 CET (in 5h12m)" */
static const char *when(struct planner *b)
{
    int64_t at = b->plan->request.at_us;
    char local[FMT_MAX], left[FMT_MAX];

    return arena_printf(&b->plan->arena, "%s (in %s)", fmt_time_zone(local, at),
                        fmt_duration(left, at - clock_wall(b->env->clock)));
}

static const char *at_words(struct planner *b)
{
    char iso[FMT_MAX];

    return arena_printf(&b->plan->arena, "--at %s", fmt_time_iso(iso, b->plan->request.at_us));
}

/* Patroni gives the time back with a zone of its choice. */
static bool same_moment(const char *said, int64_t at_us)
{
    int64_t us;

    return said && wire_patroni_time(said, &us) && us / USEC_PER_SEC == at_us / USEC_PER_SEC;
}

/* ---- switchover --at */

static void plan_switchover(struct planner *b)
{
    struct plan *p = b->plan;
    const char *to = p->request.candidate, *via = planner_whom(b);
    struct buf body;

    p->title = arena_printf(&p->arena, "Schedule a switchover of %s: %s -> %s", p->cluster,
                            p->leader, to ? to : "whom Patroni picks");
    planner_line(b, "At %s %s hands the lead over to %s.", when(b), p->leader,
                 to ? to : "the replica that is furthest ahead");
    planner_line(b,
                 "Nobody confirms it then, and Patroni looks at the candidate only when the time "
                 "has come: if it cannot, the switchover is dropped without a word.");
    if (b->s->switchover_at)
        planner_line(b, "It replaces the one that is scheduled for %s.", b->s->switchover_at);
    planner_line(b, "To undo it before: cancel switchover");
    buf_init(&body);
    wire_switchover_body(&body, p->leader, to, p->request.at_us);
    planner_send(b, "POST", p->leader, via, "/switchover", body.s, STEPS_ANSWER_S * USEC_PER_SEC,
                 "schedule it");
    buf_release(&body);
    p->confirm = CONFIRM_WORD;
    p->confirm_word = to ? to : p->leader;
    p->confirm_what = to ? "the new leader's name" : "the present leader's name";
    p->equivalent =
        arena_printf(&p->arena, "%s --leader %s%s%s %s", planner_command(b, "switchover"),
                     planner_quote(b, p->leader), to ? " --candidate " : "",
                     to ? planner_quote(b, to) : "", at_words(b));
}

static bool switchover_seen(const struct action_run *r, const struct snapshot *s,
                            const char *target)
{
    (void)target;
    return seen_view(s, r->sent_us) && same_moment(s->switchover_at, r->plan->request.at_us);
}

static const char *switchover_scheduled(struct action_run *r)
{
    return arena_printf(&r->arena, "the switchover is scheduled for %s", r->last->switchover_at);
}

static void begin_switchover(struct action_run *r)
{
    static const struct steps_kind k = {.seen_name = "lists it",
                                        .seen = switchover_seen,
                                        .patience_us = patience,
                                        .done = switchover_scheduled,
                                        .look_at = "look at `pgdba topology`"};

    steps_begin(r, &k, (const char *const[]){"/cluster"}, 1);
}

const struct action_ops switchover_at_ops = {.elects = true,
                                             .check = takeover_check,
                                             .plan = plan_switchover,
                                             .begin = begin_switchover,
                                             STEPS_OPS};

/* ---- cancel switchover */

static enum status check_cancel(const struct snapshot *s, struct plan *p, struct err *e)
{
    if (!s->switchover_at)
        return err_set(e, ST_REFUSED,
                       "%s has no scheduled switchover; one that is under way cannot be cancelled",
                       p->cluster);
    return ST_OK;
}

static void plan_cancel(struct planner *b)
{
    struct plan *p = b->plan;
    const struct snapshot *s = b->s;
    const char *via = planner_whom(b);

    p->title = arena_printf(&p->arena, "Cancel the scheduled switchover of %s", p->cluster);
    planner_line(b, "The switchover scheduled for %s (%s -> %s) does not take place.",
                 s->switchover_at, s->switchover_from ? s->switchover_from : "the leader",
                 s->switchover_to ? s->switchover_to : "any");
    planner_line(b, "To undo it: schedule it again.");
    planner_send(b, "DELETE", via, via, "/switchover", "", STEPS_ANSWER_S * USEC_PER_SEC,
                 "cancel it");
    p->confirm = CONFIRM_YES;
    p->equivalent = planner_command(b, "cancel switchover");
}

static bool switchover_gone(const struct action_run *r, const struct snapshot *s,
                            const char *target)
{
    (void)target;
    return seen_view(s, r->sent_us) && !s->switchover_at;
}

static const char *switchover_cancelled(struct action_run *r)
{
    (void)r;
    return "no switchover is scheduled any more";
}

static void begin_cancel(struct action_run *r)
{
    static const struct steps_kind k = {.seen_name = "lists it no more",
                                        .seen = switchover_gone,
                                        .patience_us = patience,
                                        .done = switchover_cancelled,
                                        .look_at = "look at `pgdba topology`"};

    steps_begin(r, &k, (const char *const[]){"/cluster"}, 1);
}

const struct action_ops cancel_switchover_ops = {
    .check = check_cancel, .plan = plan_cancel, .begin = begin_cancel, STEPS_OPS};

/* ---- restart --at */

static const char *restart_at(const struct member *m)
{
    if (m->health && m->health->scheduled_restart.at)
        return m->health->scheduled_restart.at;
    return m->dcs ? m->dcs->scheduled_restart.at : NULL;
}

static enum status check_members(const struct snapshot *s, struct plan *p, struct err *e)
{
    return planner_members(s, p, e);
}

static void plan_restart(struct planner *b)
{
    struct plan *p = b->plan;
    const struct request *r = &p->request;
    struct buf names, body;

    buf_init(&names);
    buf_init(&body);
    planner_member_words(b, &names);
    wire_restart_body(&body, r);
    p->title = arena_printf(&p->arena, "Schedule a restart of%s", names.s);
    planner_line(b,
                 "At %s PostgreSQL is restarted on%s, each by its own Patroni, all at the same "
                 "time, and nobody confirms it then.",
                 when(b), names.s);
    if (r->pending)
        planner_line(b, "Only where a restart is pending at that time.");
    planner_line(b, "A Patroni that is restarted before forgets it.");
    planner_line(b, "To undo it before: cancel restart%s", names.s);
    for (int i = 0; i < r->nmembers; i++)
        planner_send(b, "POST", r->members[i], r->members[i], "/restart", body.s,
                     STEPS_ANSWER_S * USEC_PER_SEC,
                     arena_printf(&p->arena, "schedule it on %s", r->members[i]));
    p->confirm = CONFIRM_YES;
    p->equivalent = arena_printf(&p->arena, "%s%s%s %s", planner_command(b, "restart"), names.s,
                                 r->pending ? " --pending" : "", at_words(b));
    buf_release(&names);
    buf_release(&body);
}

static bool restart_seen(const struct action_run *r, const struct snapshot *s, const char *target)
{
    const struct member *m = snapshot_member(s, target);

    return m && (seen_health(m, r->sent_us) || seen_view(s, r->sent_us)) &&
           same_moment(restart_at(m), r->plan->request.at_us);
}

static const char *restart_scheduled(struct action_run *r)
{
    char at[FMT_MAX];

    return arena_printf(&r->arena, "scheduled for %s", fmt_time_zone(at, r->plan->request.at_us));
}

static void begin_restart(struct action_run *r)
{
    static const struct steps_kind k = {.seen_name = "says so",
                                        .seen = restart_seen,
                                        .patience_us = patience,
                                        .done = restart_scheduled,
                                        .look_at = "look at the member's card"};

    steps_begin(r, &k, NULL, 0);
}

const struct action_ops restart_at_ops = {
    .check = check_members, .plan = plan_restart, .begin = begin_restart, STEPS_OPS};

/* ---- cancel restart */

static enum status check_cancel_restart(const struct snapshot *s, struct plan *p, struct err *e)
{
    enum status st = planner_members(s, p, e);
    const struct request *r = &p->request;
    const char **names = arena_array(&p->arena, (size_t)r->nmembers, const char *);
    int n = 0;

    if (st != ST_OK)
        return st;
    for (int i = 0; i < r->nmembers; i++)
        if (restart_at(snapshot_member(s, r->members[i])))
            names[n++] = r->members[i];
    if (n == 0)
        return err_set(e, ST_REFUSED, "no restart is scheduled on %s",
                       r->nmembers == 1 ? r->members[0] : "any of them");
    p->request.members = names;
    p->request.nmembers = n;
    return ST_OK;
}

static void plan_cancel_restart(struct planner *b)
{
    struct plan *p = b->plan;
    const struct request *r = &p->request;
    struct buf names;

    buf_init(&names);
    planner_member_words(b, &names);
    p->title = arena_printf(&p->arena, "Cancel the scheduled restart of%s", names.s);
    for (int i = 0; i < r->nmembers; i++) {
        planner_line(b, "The restart of %s scheduled for %s does not take place.", r->members[i],
                     restart_at(snapshot_member(b->s, r->members[i])));
        planner_send(b, "DELETE", r->members[i], r->members[i], "/restart", "",
                     STEPS_ANSWER_S * USEC_PER_SEC,
                     arena_printf(&p->arena, "cancel it on %s", r->members[i]));
    }
    planner_line(b, "To undo it: schedule it again.");
    p->confirm = CONFIRM_YES;
    p->equivalent = arena_printf(&p->arena, "%s%s", planner_command(b, "cancel restart"), names.s);
    buf_release(&names);
}

static bool restart_gone(const struct action_run *r, const struct snapshot *s, const char *target)
{
    const struct member *m = snapshot_member(s, target);

    if (seen_health(m, r->sent_us))
        return !m->health->scheduled_restart.at;
    return m && m->dcs && seen_view(s, r->sent_us) && !m->dcs->scheduled_restart.at;
}

static const char *restart_cancelled(struct action_run *r)
{
    (void)r;
    return "no restart is scheduled there any more";
}

static void begin_cancel_restart(struct action_run *r)
{
    static const struct steps_kind k = {.seen_name = "says so",
                                        .seen = restart_gone,
                                        .patience_us = patience,
                                        .done = restart_cancelled,
                                        .look_at = "look at the member's card"};

    steps_begin(r, &k, NULL, 0);
}

const struct action_ops cancel_restart_ops = {.check = check_cancel_restart,
                                              .plan = plan_cancel_restart,
                                              .begin = begin_cancel_restart,
                                              STEPS_OPS};
