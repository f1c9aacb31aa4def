/* pause.c: Patroni's hands off the cluster, and on again; done when every member says so. Reference
 * "patroni.md" §2.9, §3.4. */
#include "steps.h"

#include "pgdba/base/fmt.h"

static bool pauses(const struct plan *p)
{
    return p->kind == ACT_PAUSE;
}

static enum status check(const struct snapshot *s, struct plan *p, struct err *e)
{
    if (s->paused == pauses(p))
        return err_set(e, ST_REFUSED, "%s is %s already", p->cluster,
                       pauses(p) ? "paused" : "not paused");
    return ST_OK;
}

static void describe(struct planner *b)
{
    if (pauses(b->plan)) {
        planner_line(b, "Patroni stops managing: nobody takes over when the leader dies, and a "
                        "PostgreSQL that is stopped stays stopped.");
        planner_line(b, "Nothing is interrupted. The lock and the keys go on being renewed.");
        planner_line(b, "To undo it: resume. It stays until then, whoever forgets it.");
    } else {
        planner_line(b, "Patroni manages again: what it finds out of order it puts in order, which "
                        "may start a PostgreSQL, or fail over.");
        planner_line(b, "To undo it: pause.");
    }
}

static void plan(struct planner *b)
{
    struct plan *p = b->plan;
    bool pause = pauses(p);
    const char *via = planner_whom(b);
    struct buf body;

    p->title = arena_printf(&p->arena, "%s %s", pause ? "Pause" : "Resume", p->cluster);
    describe(b);
    buf_init(&body);
    wire_pause_body(&body, pause);
    planner_send(b, "PATCH", via, via, "/config", body.s, STEPS_ANSWER_S * USEC_PER_SEC,
                 pause ? "pause the cluster" : "resume the cluster");
    buf_release(&body);
    p->confirm = CONFIRM_YES;
    p->equivalent = planner_command(b, pause ? "pause" : "resume");
}

static bool seen(const struct action_run *r, const struct snapshot *s, const char *target)
{
    const struct member *m = snapshot_member(s, target);
    const struct dcs_member *d = s->dcs_leads ? dcs_member_find(s->dcs, target) : NULL;

    if (seen_health(m, r->sent_us))
        return m->health->paused == pauses(r->plan);
    return d && d->paused == pauses(r->plan);
}

static const char *blind(struct action_run *r, const struct snapshot *s, const char *target)
{
    const struct member *m = snapshot_member(s, target);

    if (!m || !m->listed)
        return "it is not listed any more";
    if (m->api.outcome == OBS_ANSWERED || (s->dcs_leads && dcs_member_find(s->dcs, target)))
        return NULL;
    return arena_printf(&r->arena, "its API %s", obs_outcome_name(m->api.outcome));
}

static int64_t patience(const struct action_run *r)
{
    struct patroni_times t = patroni_times(r->last);

    return (2 * t.loop_wait + 2) * USEC_PER_SEC;
}

static const char *done(struct action_run *r)
{
    return pauses(r->plan) ? "every member says that it is paused"
                           : "every member says that it manages again";
}

/* Whether it was taken is not known then, so that what the configuration says is not told here. */
#define LOOK_AT "look at `pgdba config show`: each does what it says of pause when it hears"

/* Those that are listed now: one that has gone has nothing to say. */
static void begin(struct action_run *r)
{
    static const struct steps_kind kinds[] = {
        {.seen_name = "manages again",
         .seen = seen,
         .blind = blind,
         .patience_us = patience,
         .done = done,
         .look_at = LOOK_AT},
        {.seen_name = "is paused",
         .seen = seen,
         .blind = blind,
         .patience_us = patience,
         .done = done,
         .look_at = LOOK_AT},
    };
    const struct snapshot *s = r->last;
    const char **names = arena_array(&r->arena, (size_t)s->nmembers, const char *);
    int n = 0;

    for (int i = 0; i < s->nmembers; i++)
        if (s->members[i].listed)
            names[n++] = s->members[i].name;
    steps_begin(r, &kinds[pauses(r->plan)], names, n);
}

const struct action_ops pause_ops = {.check = check, .plan = plan, .begin = begin, STEPS_OPS};
const struct action_ops resume_ops = {.check = check, .plan = plan, .begin = begin, STEPS_OPS};
