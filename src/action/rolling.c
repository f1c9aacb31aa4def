/* rolling.c: every member restarted, and the cluster never without a replica that could take over.
 * Reference "patroni.md" §2.5 (order). */
#include "restarts.h"

#include <inttypes.h>
#include <string.h>

#include "pgdba/base/fmt.h"

/* A standby must not have less of these than its primary: raised, the standbys go first; lowered,
 * the primary does (PostgreSQL, "Hot Standby", administrator's overview). */
static const char *const limits[] = {"max_connections", "max_worker_processes", "max_wal_senders",
                                     "max_prepared_transactions", "max_locks_per_transaction"};

enum { ENOUGH = 1 << 20 }; /* bytes behind, as maximum_lag_on_failover */

struct order {
    const char *raised, *lowered; /* a parameter that is, NULL none */
    bool reasons;                 /* Patroni says why a restart is pending (3.3) */
    bool pending;
};

static void judge_reason(struct order *o, const struct pending_reason *why)
{
    int64_t before, after;

    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (why->parameter && why->old_value && why->new_value &&
            strcmp(why->parameter, limits[i]) == 0 && fmt_parse_int(why->old_value, &before) &&
            fmt_parse_int(why->new_value, &after)) {
            o->raised = after > before ? limits[i] : o->raised;
            o->lowered = after < before ? limits[i] : o->lowered;
        }
}

static struct order order_of(const struct snapshot *s)
{
    struct order o = {0};

    for (int i = 0; i < s->nmembers; i++) {
        const struct member *m = &s->members[i];
        bool own = m->health && m->health->npending;
        int n = own ? m->health->npending : m->dcs ? m->dcs->npending : 0;
        const struct pending_reason *v = own ? m->health->pending : m->dcs ? m->dcs->pending : NULL;

        o.pending = o.pending || restarts_pending(m);
        o.reasons = o.reasons || n > 0;
        for (int k = 0; k < n; k++)
            judge_reason(&o, &v[k]);
    }
    return o;
}

static enum status check(const struct snapshot *s, struct plan *p, struct err *e)
{
    struct request *r = &p->request;
    enum status st = planner_members(s, p, e);
    struct order o = order_of(s);

    if (st != ST_OK)
        return st;
    if (!r->max_lag)
        r->max_lag = ENOUGH;
    if (!p->leader)
        return err_set(e, ST_REFUSED, "%s has no leader: nothing is restarted now", p->cluster);
    if (o.raised && o.lowered)
        return err_set(e, ST_REFUSED,
                       "%s is raised and %s is lowered: one needs the standbys restarted first, "
                       "the other the primary. Change one of them, restart, then the other",
                       o.raised, o.lowered);
    if (o.lowered && r->hand_over)
        return err_set(e, ST_REFUSED,
                       "%s is lowered: the primary must be restarted before the standbys, so that "
                       "it cannot hand over to one that was restarted before it",
                       o.lowered);
    return ST_OK;
}

/* The first that is named, restarted by then, and not barred from leading. */
static const char *successor(const struct planner *b)
{
    const struct request *r = &b->plan->request;

    for (int i = 0; i < r->nmembers; i++) {
        const struct member *m = snapshot_member(b->s, r->members[i]);

        if (m && strcmp(m->name, b->plan->leader) != 0 && m->dcs && !m->dcs->tags.nofailover &&
            (!m->health || !m->health->tags.nofailover))
            return m->name;
    }
    return NULL;
}

static bool skipped(const struct planner *b, const char *name)
{
    return b->plan->request.pending && !restarts_pending(snapshot_member(b->s, name));
}

static void add_leader(struct planner *b)
{
    struct plan *p = b->plan;
    const char *to = p->request.hand_over ? successor(b) : NULL;

    if (skipped(b, p->leader))
        return;
    if (to)
        restarts_hand_over(b, to);
    else if (p->request.hand_over)
        planner_check(b, "successor", CHECK_BLOCK,
                      "none of those named can lead after %s (nofailover)", p->leader);
    else
        restarts_add(b, p->leader);
}

static void add_replicas(struct planner *b)
{
    const struct request *r = &b->plan->request;

    for (int i = 0; i < r->nmembers; i++)
        if (strcmp(r->members[i], b->plan->leader) != 0 && !skipped(b, r->members[i]))
            restarts_add(b, r->members[i]);
}

static bool leader_is_meant(const struct plan *p)
{
    for (int i = 0; i < p->request.nmembers; i++)
        if (strcmp(p->request.members[i], p->leader) == 0)
            return true;
    return false;
}

static void explain(struct planner *b, const struct order *o)
{
    struct plan *p = b->plan;
    char lag[FMT_MAX];

    if (o->lowered)
        planner_line(b,
                     "The leader goes first: %s is lowered, and a standby must not have less of "
                     "it than its primary.",
                     o->lowered);
    else if (o->raised)
        planner_line(b, "The replicas go first: %s is raised.", o->raised);
    else if (o->pending && !o->reasons)
        planner_line(b,
                     "The replicas go first. This Patroni does not say what a restart is pending "
                     "for: if limits like max_connections were lowered, restart the leader by "
                     "itself before.");
    else
        planner_line(b, "The replicas go first, the leader last.");
    planner_line(b,
                 "Each must stream again, at most %s behind, before the next one's turn; the "
                 "first that fails ends it.",
                 fmt_bytes(lag, p->request.max_lag));
}

static const char *equivalent(struct planner *b)
{
    const struct request *r = &b->plan->request;
    struct buf text;
    const char *out;

    buf_init(&text);
    buf_addf(&text, "%s --rolling", planner_command(b, "restart"));
    planner_member_words(b, &text);
    if (r->pending)
        buf_puts(&text, " --pending");
    if (r->hand_over)
        buf_puts(&text, " --leader-by switchover");
    buf_addf(&text, " --max-lag %" PRId64, r->max_lag);
    if (r->timeout_s > 0)
        buf_addf(&text, " --timeout %" PRId64, r->timeout_s);
    out = arena_strdup(&b->plan->arena, text.s);
    buf_release(&text);
    return out;
}

static void plan(struct planner *b)
{
    struct plan *p = b->plan;
    struct order o = order_of(b->s);
    bool leader = leader_is_meant(p);
    struct buf names;

    buf_init(&names);
    planner_member_words(b, &names);
    p->title = arena_printf(&p->arena, "Rolling restart of %s:%s", p->cluster, names.s);
    buf_release(&names);
    explain(b, &o);
    if (leader && o.lowered)
        add_leader(b);
    add_replicas(b);
    if (leader && !o.lowered)
        add_leader(b);
    if (p->nsteps == 0)
        planner_check(b, "restart-pending", CHECK_BLOCK, "no restart is pending on any of them");
    p->confirm = CONFIRM_WORD;
    p->confirm_word = p->cluster;
    p->confirm_what = "the cluster's name";
    p->equivalent = equivalent(b);
}

const struct action_ops rolling_ops = {.check = check, .plan = plan, RESTARTS_OPS};
