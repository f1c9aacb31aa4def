/* standby.c: a whole cluster becomes a standby of another, or a cluster of its own. Reference
 * "patroni.md" §2.9, §3.6: from 4.1 on the demotion is a clean one. */
#include "steps.h"

#include <string.h>

enum { CLEAN_DEMOTION = 40100, PATIENCE_S = 300 };

static bool demotes(const struct plan *p)
{
    return p->kind == ACT_DEMOTE;
}

static enum status check(const struct snapshot *s, struct plan *p, struct err *e)
{
    const struct standby_of *to = &p->request.follow;
    bool standby;

    if (!s->config)
        return err_set(e, ST_CONFLICT, "the configuration of %s is not known yet (%s)", p->cluster,
                       obs_outcome_name(s->config_state.outcome));
    standby = s->config->standby_cluster;
    if (demotes(p) && standby)
        return err_set(e, ST_REFUSED, "%s is a standby cluster already", p->cluster);
    if (!demotes(p) && !standby)
        return err_set(e, ST_REFUSED, "%s is no standby cluster", p->cluster);
    if (demotes(p) && !to->host && !to->restore_command)
        return err_set(e, ST_USAGE,
                       "demote-cluster needs --host or --restore-command: whom it is to follow");
    return ST_OK;
}

static void check_versions(struct planner *b)
{
    for (int i = 0; i < b->s->nmembers; i++) {
        const struct member *m = &b->s->members[i];

        if (m->listed && m->health && m->health->patroni_version_num &&
            m->health->patroni_version_num < CLEAN_DEMOTION)
            planner_check(b, "patroni-version", CHECK_BLOCK,
                          "%s runs Patroni %s: before 4.1 a demoted leader is not shut down "
                          "cleanly, and the standby cluster may not be able to follow",
                          m->name, m->health->patroni_version);
        else if (m->listed && (!m->health || !m->health->patroni_version_num))
            planner_check(b, "patroni-version", CHECK_WARN, "%s does not say its Patroni's version",
                          m->name);
    }
}

static void option(struct planner *b, struct buf *out, const char *name, const char *value)
{
    if (value)
        buf_addf(out, " %s %s", name, planner_quote(b, value));
}

static const char *equivalent(struct planner *b)
{
    const struct standby_of *to = &b->plan->request.follow;
    struct buf text;
    const char *out;

    buf_init(&text);
    buf_puts(&text, planner_command(b, "demote-cluster"));
    option(b, &text, "--host", to->host);
    if (to->port)
        buf_addf(&text, " --port %lld", (long long)to->port);
    option(b, &text, "--restore-command", to->restore_command);
    option(b, &text, "--primary-slot-name", to->slot);
    out = arena_strdup(&b->plan->arena, text.s);
    buf_release(&text);
    return out;
}

static void plan_demote(struct planner *b, const char *via)
{
    struct plan *p = b->plan;
    struct buf body;

    p->title = arena_printf(&p->arena, "DEMOTE the cluster %s", p->cluster);
    planner_line(b,
                 "%s stops taking writes: its leader becomes a standby leader that follows "
                 "another cluster, and every member follows it.",
                 p->cluster);
    planner_line(b, "Applications must have somewhere else to write before.");
    planner_line(b, "To undo it: promote-cluster");
    check_versions(b);
    buf_init(&body);
    wire_demote_body(&body, &p->request.follow);
    planner_send(b, "PATCH", via, via, "/config", body.s, STEPS_ANSWER_S * USEC_PER_SEC,
                 "make it a standby cluster");
    buf_release(&body);
    p->equivalent = equivalent(b);
}

static void plan_promote(struct planner *b, const char *via)
{
    struct plan *p = b->plan;

    p->title = arena_printf(&p->arena, "PROMOTE the cluster %s", p->cluster);
    planner_line(b,
                 "%s becomes a cluster of its own: its standby leader is promoted on a new "
                 "timeline and takes writes.",
                 p->cluster);
    planner_line(b, "The cluster it follows must not take writes any more: nobody here can see "
                    "whether it does.");
    planner_line(b,
                 "To undo it: demote-cluster, once the other one leads again and this one's data "
                 "can follow it (pg_rewind).");
    planner_send(b, "PATCH", via, via, "/config", "{\"standby_cluster\":null}",
                 STEPS_ANSWER_S * USEC_PER_SEC, "make it a cluster of its own");
    p->equivalent = planner_command(b, "promote-cluster");
}

static void plan(struct planner *b)
{
    const char *via = planner_whom(b);

    if (demotes(b->plan))
        plan_demote(b, via);
    else
        plan_promote(b, via);
    b->plan->confirm = CONFIRM_WORD;
    b->plan->confirm_word = b->plan->cluster;
    b->plan->confirm_what = "the cluster's name";
}

/* The lock is held, by one that says what it is to be. */
static bool seen(const struct action_run *r, const struct snapshot *s, const char *target)
{
    const struct member *m = snapshot_leader(s);
    enum role wanted = demotes(r->plan) ? ROLE_STANDBY_LEADER : ROLE_LEADER;

    (void)target;
    if (!m || !seen_view(s, r->sent_us))
        return false;
    if (seen_health(m, r->sent_us))
        return m->health->has_sql && m->health->role == wanted && pg_state_is_up(m->health->state);
    return m->dcs && m->dcs->role == wanted && pg_state_is_up(m->dcs->state);
}

static int64_t patience(const struct action_run *r)
{
    (void)r;
    return PATIENCE_S * USEC_PER_SEC;
}

static const char *done(struct action_run *r)
{
    const struct member *m = snapshot_leader(r->last);

    return arena_printf(&r->arena,
                        demotes(r->plan) ? "%s follows the other cluster"
                                         : "%s leads a cluster of its own",
                        m ? m->name : "somebody");
}

static void begin(struct action_run *r)
{
    static const struct steps_kind k = {.seen_name = "has its new role",
                                        .seen = seen,
                                        .patience_us = patience,
                                        .done = done,
                                        .look_at = "look at the leader's Patroni log"};

    steps_begin(r, &k, (const char *const[]){"the leader"}, 1);
}

const struct action_ops demote_ops = {.check = check, .plan = plan, .begin = begin, STEPS_OPS};
const struct action_ops promote_ops = {.check = check, .plan = plan, .begin = begin, STEPS_OPS};
