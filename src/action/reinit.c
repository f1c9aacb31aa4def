/* reinit.c: a replica rebuilt from a fresh copy. Reference "patroni.md" §2.7, §3.5. */
#include "kind.h"

#include <string.h>

#include "pgdba/base/fmt.h"

enum { PH_REQUESTED, PH_STOPPED, PH_COPYING, PH_STARTED, PH_STREAMING, PH_COUNT };

static const char *const phase_names[] = {
    [PH_REQUESTED] = "requested", [PH_STOPPED] = "stopped",     [PH_COPYING] = "copying",
    [PH_STARTED] = "started",     [PH_STREAMING] = "streaming",
};
_Static_assert(sizeof phase_names / sizeof *phase_names == PH_COUNT, "a phase without its name");

enum {
    ANSWER_S = 30,        /* it answers at once; the work goes on behind it */
    PATIENCE_S = 10 * 60, /* without any sign of progress */
    BEGIN_S = 90          /* for the first sign */
};

struct reinit {
    const char *name;
    const char *before; /* postmaster start time at Enter, NULL unknown */
};

/* ---- the plan
 * --------------------------------------------------------------------------------------- */

static enum status check(const struct snapshot *s, struct plan *p, struct err *e)
{
    const struct request *r = &p->request;
    enum status st;

    if (r->nmembers != 1)
        return err_set(e, ST_USAGE, "reinit needs exactly one replica's name");
    st = planner_known(s, r->members[0], e);
    if (st != ST_OK)
        return st;
    if (p->leader && strcmp(p->leader, r->members[0]) == 0)
        return err_set(e, ST_REFUSED,
                       "%s leads: the leader cannot be reinitialized; switch over first",
                       r->members[0]);
    return ST_OK;
}

static void plan(struct planner *b)
{
    struct plan *p = b->plan;
    const char *name = p->request.members[0];
    struct buf body;

    p->title = arena_printf(&p->arena, "Reinitialize %s: %s", p->cluster, name);
    planner_line(b, "The data directory of %s is DELETED and copied anew%s%s.", name,
                 p->leader ? ", from the leader or a replica tagged clonefrom; now leads " : "",
                 p->leader ? p->leader : "");
    planner_line(b,
                 "%s serves no reads until the copy is complete; the cluster has one replica less.",
                 name);
    planner_line(b,
                 "It takes as long as copying the whole database takes, and loads the network and "
                 "the disks of the source.");
    if (p->request.force)
        planner_line(b, "What is in progress on %s is cancelled (force).", name);
    planner_line(b, "This cannot be undone.");
    buf_init(&body);
    wire_reinit_body(&body, p->request.force, p->request.from_leader);
    planner_send(b, "POST", name, name, "/reinitialize", body.s, ANSWER_S * USEC_PER_SEC,
                 arena_printf(&p->arena, "delete and rebuild %s", name));
    buf_release(&body);
    p->confirm = CONFIRM_WORD;
    p->confirm_word = name;
    p->confirm_what = "the member's name";
    p->equivalent = arena_printf(&p->arena, "%s %s%s", planner_command(b, "reinit"),
                                 planner_quote(b, name), p->request.force ? " --force" : "");
}

/* ---- the run
 * ------------------------------------------------------------------------------------------- */

static void patience(struct action_run *r, int64_t seconds)
{
    r->deadline_us = run_now(r) + seconds * USEC_PER_SEC;
}

static void begin(struct action_run *r)
{
    struct reinit *w = arena_new(&r->arena, struct reinit);
    const struct member *m;

    w->name = r->plan->request.members[0];
    m = snapshot_member(r->last, w->name);
    w->before = seen_start_time(r->last, m, run_now(r), &r->arena);
    r->state = w;
    run_phases(r, PH_COUNT, phase_names);
    run_phase(r, PH_REQUESTED, PHASE_ACTIVE, "");
    run_wait_for(r, "%s to begin", w->name);
    patience(r, ANSWER_S + BEGIN_S);
}

/* Somebody sends a base backup. Reference §3.5: the only progress that is on the wire. */
static const char *backup_source(const struct action_run *r, const struct snapshot *s)
{
    for (int i = 0; i < s->nmembers; i++) {
        const struct member *m = &s->members[i];

        if (!seen_health(m, r->sent_us))
            continue;
        for (int k = 0; k < m->health->nreplication; k++)
            if (m->health->replication[k].state &&
                strcmp(m->health->replication[k].state, "backup") == 0)
                return m->name;
    }
    return NULL;
}

/* "45 % of 12.3 GB", "1.2 GB so far", "" not known: by the one backup that the leader's PostgreSQL
 * sends; of several nobody can say which is ours. */
static const char *progress(struct action_run *r, const struct snapshot *s)
{
    const struct member *m = snapshot_leader(s);
    const struct pg_vitals *v = m && m->vitals_state.answered_us >= r->sent_us ? m->vitals : NULL;
    char size[FMT_MAX];

    if (!v || v->nbackups != 1 || v->backups[0].done <= 0)
        return "";
    if (v->backups[0].total <= 0 || v->backups[0].done > v->backups[0].total)
        return arena_printf(&r->arena, ", %s so far", fmt_bytes(size, v->backups[0].done));
    return arena_printf(&r->arena, ", %d %% of %s",
                        (int)(100 * v->backups[0].done / v->backups[0].total),
                        fmt_bytes(size, v->backups[0].total));
}

static bool is_state(const struct action_run *r, const struct snapshot *s, const struct member *m,
                     enum pg_state state)
{
    if (seen_health(m, r->sent_us))
        return m->health->state == state;
    return m->listed && m->dcs && seen_view(s, r->sent_us) && m->dcs->state == state;
}

static bool has_begun(const struct action_run *r)
{
    return run_phase_reached(r, PH_STOPPED) || run_phase_reached(r, PH_COPYING) ||
           run_phase_reached(r, PH_STARTED);
}

/* It was away and is another postmaster now. Where its API cannot be had, having seen it being made
 * must do. */
static bool rebuilt(const struct action_run *r, const struct member *m)
{
    const struct reinit *w = r->state;

    if (!m->api_base)
        return run_phase_reached(r, PH_COPYING);
    return seen_restarted(m, w->before, r->sent_us);
}

static void done(struct action_run *r)
{
    const struct reinit *w = r->state;
    char took[FMT_MAX];

    run_phase_reach(r, PH_STREAMING, "");
    fmt_duration(took, run_now(r) - r->op.started_us);
    run_end(r, OP_DONE, "%s was rebuilt and streams again (%s)", w->name, took);
}

static void saw_copying(struct action_run *r, const struct snapshot *s)
{
    const struct reinit *w = r->state;
    const char *source = backup_source(r, s);

    run_phase_reach(r, PH_COPYING, source ? arena_printf(&r->arena, "%s sends", source) : NULL);
    if (source)
        run_wait_for(r, "the copy: %s is being made, %s sends%s", w->name, source, progress(r, s));
    else
        run_wait_for(r, "the copy: %s is being made%s", w->name, progress(r, s));
    patience(r, PATIENCE_S);
}

static void saw_down(struct action_run *r, const char *state)
{
    const struct reinit *w = r->state;

    if (!has_begun(r))
        patience(r, PATIENCE_S);
    run_phase_reach(r, PH_STOPPED, state);
    run_wait_for(r, "%s to be copied anew (%s)", w->name, state);
}

static void saw_start(struct action_run *r, const char *waiting_for)
{
    const struct reinit *w = r->state;

    if (!run_phase_reached(r, PH_STARTED))
        patience(r, PATIENCE_S);
    run_phase_reach(r, PH_STARTED, NULL);
    run_wait_for(r, "%s to %s", w->name, waiting_for);
}

static void observe(struct action_run *r, const struct snapshot *s)
{
    const struct reinit *w = r->state;
    const struct member *m = snapshot_member(s, w->name);

    if (!m)
        return;
    if (rebuilt(r, m) && seen_streaming(s, m, r->sent_us))
        done(r);
    else if (is_state(r, s, m, PGS_CREATING_REPLICA))
        saw_copying(r, s);
    else if (is_state(r, s, m, PGS_STARTING) && has_begun(r))
        saw_start(r, "reach a consistent state");
    else if (m->api_base && rebuilt(r, m))
        saw_start(r, "stream");
    else if (seen_down(s, m, r->sent_us))
        saw_down(r, seen_state(s, m, r->sent_us));
}

static void answered(struct action_run *r, const struct step_answer *a)
{
    const struct reinit *w = r->state;

    if (!a->sent) {
        run_phase(r, PH_REQUESTED, PHASE_FAILED, "not sent");
        run_end(r, OP_REFUSED, "not sent, nothing was changed: %s", a->text);
    } else if (a->means == WIRE_REFUSED || a->means == WIRE_UNAUTHORISED) {
        run_phase(r, PH_REQUESTED, PHASE_FAILED, "refused");
        run_end(r, OP_REFUSED, "Patroni refused, nothing was changed: %s%s", a->text,
                strstr(a->text, "already in progress") ? "; --force cancels what is in progress"
                                                       : "");
    } else if (a->means == WIRE_ACCEPTED || a->means == WIRE_DONE) {
        run_phase_reach(r, PH_REQUESTED, "started");
        if (!has_begun(r))
            run_wait_for(r, "%s to stop", w->name);
    } else if (!has_begun(r)) {
        run_wait_for(r, "a sign: %s; it is not sent again, for it may be under way", a->text);
    }
}

static void expired(struct action_run *r)
{
    const struct reinit *w = r->state;
    const char *state = seen_state(r->last, snapshot_member(r->last, w->name), r->sent_us);
    char after[FMT_MAX];

    fmt_duration(after, run_now(r) - r->op.started_us);
    if (!has_begun(r))
        run_end(r, OP_UNKNOWN,
                "%s has not been seen stopping after %s%s: look at its Patroni log before it is "
                "tried again",
                w->name, after, run_said(r));
    else
        run_end(
            r, OP_UNKNOWN,
            "%s does not stream after %s, and nothing has moved for a while (state: %s): look at "
            "its Patroni and PostgreSQL logs",
            w->name, after, *state ? state : "unknown");
}

const struct action_ops reinit_ops = {.check = check,
                                      .plan = plan,
                                      .begin = begin,
                                      .observe = observe,
                                      .answered = answered,
                                      .expired = expired};
