/*
 * hold.c: a switchover while PgBouncer holds the clients: pause everywhere or nowhere, switch over,
 * wait until the way to the new leader is open, resume: that on every way out. Reference
 * "middleware.md" §2.3.
 */
#include "hold_run.h"

#include <string.h>

#include "bouncers.h"
#include "pgdba/base/fmt.h"
#include "takeover.h"

#define LONGEST (HOLD_LONGEST_S * USEC_PER_SEC)

/* ---- the run within */

static void enter(struct action_run *r, struct hold *w)
{
    r->state = w->takeover;
    r->first = w->ph_switch;
    r->deadline_us = w->inner_us;
}

static void leave(struct action_run *r, struct hold *w)
{
    w->takeover = r->state;
    w->inner_us = r->deadline_us;
    r->state = w;
    r->first = 0;
}

/* The alarm is for whoever comes first. */
static void arm(struct action_run *r)
{
    const struct hold *w = r->state;
    const int64_t due[] = {w->look_us, w->until_us, w->inner_over ? 0 : w->inner_us,
                           w->lock.wake_us};

    r->deadline_us = 0;
    for (size_t i = 0; i < sizeof due / sizeof *due; i++)
        if (due[i] && (!r->deadline_us || due[i] < r->deadline_us))
            r->deadline_us = due[i];
    for (int i = 0; i < w->n; i++)
        if (w->talks[i]->wake_us && (!r->deadline_us || w->talks[i]->wake_us < r->deadline_us))
            r->deadline_us = w->talks[i]->wake_us;
}

static bool ending(struct action_run *r, enum op_state state, const char *outcome)
{
    struct hold *w = r->state;

    /* From within the takeover its own state stands there. */
    if (r->first) {
        w = r->outer;
        w->inner_over = true;
        w->state = state;
        w->outcome = outcome;
        return true;
    }
    return w->stage != FOLLOWING;
}

static void paused_ended(struct talk *t)
{
    struct action_run *r = t->r;
    struct hold *w = r->state;
    enum op_state state;
    const char *text;

    t->sent = t->orders;
    t->nsent = t->n;
    t->before = t->was;
    if (!bouncers_all_over(w->talks, w->n))
        return;
    text = bouncers_outcome(r, w->talks, w->n, hold_resumed, &state);
    if (state != OP_DONE || w->stop) {
        w->inner_over = true;
        w->state = state == OP_REFUSED ? OP_REFUSED : OP_FAILED;
        w->outcome = arena_printf(&r->arena, "nothing was switched over: %s",
                                  state == OP_DONE ? "interrupted" : text);
        hold_go_back(r);
        return;
    }
    w->stage = SWITCHING;
    w->asked_us = run_now(r);
    w->until_us = w->asked_us + LONGEST;
    w->look_us = w->asked_us + HOLD_LOOK;
    r->first = w->ph_switch;
    r->outer = w;
    takeover_begin(r);
    leave(r, w);
    enter(r, w);
    run_send_next(r);
    leave(r, w);
    if (w->inner_over) /* it could not be sent */
        hold_go_back(r);
    else if (r->plan->request.release_lock)
        hold_release_begin(&w->lock, r, w->nbefore + 1);
}

static void pause_all(struct action_run *r)
{
    const struct plan *p = r->plan;
    struct hold *w = r->state;

    w->stage = PAUSING;
    r->step = w->nbefore - 1;
    for (int i = 0; i < w->n; i++) {
        struct talk_order *v = arena_array(&r->arena, (size_t)w->nbefore, struct talk_order);
        int count = 0;

        for (int k = 0; k < w->nbefore; k++)
            if (p->steps[k].to_bouncer && strcmp(p->steps[k].member, w->talks[i]->bouncer) == 0)
                v[count++] = (struct talk_order){
                    .verb = strncmp(p->steps[k].body, "SET ", 4) == 0 ? &talk_lower : &talk_pause,
                    .sql = p->steps[k].body,
                    .arg = p->steps[k].argument,
                    .timeout_us = p->steps[k].timeout_us,
                    .phase = k};
        talk_begin(w->talks[i], v, count);
    }
}

/* One who may not make a checkpoint goes without; one that does not end would be waited for by the
 * clients. */
static void checkpointed(struct action_run *r, const struct step_answer *a)
{
    struct hold *w = r->state;
    bool slow = !a->definite || strstr(a->text, "(57014)"); /* statement_timeout */

    if (w->stop || (a->sent && slow)) {
        run_phase(r, 0, PHASE_FAILED, a->text);
        w->stage = FOLLOWING;
        w->inner_over = true;
        run_end(r, OP_FAILED, "nothing was switched over: %s",
                w->stop ? "interrupted"
                        : arena_printf(&r->arena,
                                       "the CHECKPOINT on %s was not seen to end (%s), and clients "
                                       "would have waited for another",
                                       r->plan->leader, a->text));
        return;
    }
    run_phase(
        r, 0, a->means == WIRE_DONE ? PHASE_DONE : PHASE_FAILED,
        a->means == WIRE_DONE
            ? ""
            : arena_printf(&r->arena, "%s; clients wait for the one that Patroni makes", a->text));
    pause_all(r);
}

/* Before these phases stand those of the steps, after them the old leader's coming back. */
static const char *const own_phases[] = {"way to the new leader open", "clients go on",
                                         "nobody waits"};
enum { OWN_PHASES = sizeof own_phases / sizeof *own_phases };

static void name_phases(struct action_run *r, struct hold *w)
{
    int n = w->nbefore + TAKEOVER_PHASES + OWN_PHASES;
    const char **names = arena_array(&r->arena, (size_t)n, const char *);

    for (int i = 0; i < w->nbefore; i++)
        names[i] = r->plan->steps[i].summary;
    for (int i = 0; i < TAKEOVER_BEFORE_BACK; i++)
        names[w->nbefore + i] = takeover_phase_name(i);
    names[n - 1] = takeover_phase_name(TAKEOVER_BEFORE_BACK);
    w->ph_switch = w->nbefore;
    w->ph_route = w->nbefore + TAKEOVER_BEFORE_BACK;
    w->ph_resume = w->ph_route + 1;
    w->ph_served = w->ph_route + 2;
    for (int i = 0; i < OWN_PHASES; i++)
        names[w->ph_route + i] = own_phases[i];
    r->between = OWN_PHASES;
    run_phases(r, n, names);
}

static void begin(struct action_run *r)
{
    const struct plan *p = r->plan;
    struct hold *w = arena_new(&r->arena, struct hold);
    int n = p->request.nbouncers;

    w->nbefore = hold_switch_step(p);
    name_phases(r, w);
    r->state = w;
    r->outer = w;
    w->n = n;
    w->talks = arena_array(&r->arena, (size_t)n, struct talk *);
    for (int i = 0; i < n; i++) {
        w->talks[i] = arena_new(&r->arena, struct talk);
        *w->talks[i] = (struct talk){.r = r,
                                     .bouncer = p->request.bouncers[i],
                                     .ended = paused_ended,
                                     .was = "",
                                     .stays = true};
    }
    if (p->steps[0].to_bouncer) {
        pause_all(r);
        return;
    }
    run_phase(r, 0, PHASE_ACTIVE, "");
    run_wait_for(r, "the CHECKPOINT on %s", p->leader);
    if (!run_send_next(r))
        pause_all(r);
}

/* ---- what is seen */

/* At once, and then again soon. */
static void look_now(struct action_run *r, int64_t again_us)
{
    struct hold *w = r->state;

    w->look_us = run_now(r) + again_us;
    if (r->env.hurry) /* a member that has just been promoted is asked for no more than is needed */
        r->env.hurry(r->env.hurry_arg, w->winner != NULL);
}

static void look_at_way(struct action_run *r, const struct snapshot *s)
{
    struct hold *w = r->state;
    const struct member *m = snapshot_member(s, w->winner);
    const char *closed = m ? hold_way_closed(r->plan, s, m, w->asked_us, &r->arena) : "";

    if (closed) {
        run_wait_for(r, "the way to %s%s%s", w->winner, *closed ? ": " : "", closed);
        return;
    }
    run_phase(r, w->ph_route, PHASE_DONE, "");
    hold_go_back(r);
}

static bool has_moved(const struct action_run *r, const struct snapshot *s)
{
    const struct member *leader = snapshot_leader(s);

    return !leader || strcmp(leader->name, r->plan->leader) != 0;
}

static void observe(struct action_run *r, const struct snapshot *s)
{
    struct hold *w = r->state;
    const char *promoted;

    if (w->stage < SWITCHING)
        return;
    w->soon = w->soon || has_moved(r, s);
    if (!w->inner_over) {
        enter(r, w);
        takeover_observe(r, s);
        promoted = takeover_promoted(r);
        leave(r, w);
        w->winner = promoted ? promoted : w->winner;
    }
    if (w->winner && w->stage == SWITCHING) {
        w->stage = OPENING;
        run_phase(r, w->ph_route, PHASE_ACTIVE, "");
        look_now(r, HOLD_LOOK_SOON);
    }
    if (w->stage == OPENING)
        look_at_way(r, s);
    else if (w->stage == SWITCHING && w->inner_over)
        hold_go_back(r);
    else if (w->stage == SERVING)
        hold_look_at_clients(r, s);
    else if (w->stage == FOLLOWING && w->inner_over)
        hold_finish(r);
}

static void answered(struct action_run *r, const struct step_answer *a)
{
    struct hold *w = r->state;

    if (w->stage == PREPARING) {
        checkpointed(r, a);
        return;
    }
    if (w->inner_over)
        return;
    enter(r, w);
    takeover_answered(r, a);
    leave(r, w);
    if (w->inner_over && w->stage == SWITCHING)
        hold_go_back(r);
    else if (w->inner_over && w->stage == FOLLOWING)
        hold_finish(r);
}

/* ---- time */

static void out_of_time(struct action_run *r)
{
    struct hold *w = r->state;
    char t[FMT_MAX];

    w->until_us = 0;
    if (w->stage == SWITCHING || w->stage == OPENING) {
        run_phase(r, w->ph_route, PHASE_FAILED, "not seen in time");
        w->trouble = arena_printf(&r->arena, "after %s the clients were let go, %s",
                                  fmt_duration(t, LONGEST),
                                  w->winner ? "before the way to the new leader was seen open"
                                            : "before there was a new leader");
        hold_go_back(r);
    } else if (w->stage == SERVING) {
        run_phase(r, w->ph_served, PHASE_FAILED, w->unserved ? w->unserved : "not seen");
        if (!w->trouble)
            w->trouble =
                arena_printf(&r->arena, "not everybody is served: %s; look at the routes",
                             w->unserved && *w->unserved ? w->unserved : "nothing was seen");
        hold_put_back(r);
    }
}

static void expired(struct action_run *r)
{
    struct hold *w = r->state;
    int64_t now = run_now(r);

    if (w->look_us && w->look_us <= now) {
        w->look_us = 0;
        if (w->stage == SWITCHING || w->stage == OPENING || w->stage == SERVING)
            look_now(r, w->soon ? HOLD_LOOK_SOON : HOLD_LOOK);
    }
    if (w->until_us && w->until_us <= now)
        out_of_time(r);
    if (w->lock.r)
        hold_release_wake(&w->lock);
    bouncers_wake(r, w->talks, w->n);
    if (!run_ended(r) && !w->inner_over && w->inner_us && w->inner_us <= now) {
        enter(r, w);
        r->deadline_us = 0;
        takeover_expired(r);
        leave(r, w);
        if (w->inner_over && w->stage == FOLLOWING)
            hold_finish(r);
    }
}

/* Whoever leaves lets the clients go first; the switchover goes on in the cluster. */
static bool interrupt(struct action_run *r)
{
    struct hold *w = r->state;

    if (w->stage == FOLLOWING)
        return false;
    w->stop = true;
    if (w->stage == PREPARING) {
        checkpointed(r, &(struct step_answer){.text = ""});
        return true;
    }
    if (!w->inner_over && w->stage > PAUSING) {
        w->inner_over = true;
        w->state = OP_UNKNOWN;
        w->outcome =
            "interrupted: the switchover goes on in the cluster and is no longer followed; "
            "look at pgdba status";
        hold_go_back(r);
    }
    return true;
}

const struct action_ops hold_ops = {.elects = true,
                                    .check = hold_check,
                                    .plan = hold_plan,
                                    .begin = begin,
                                    .observe = observe,
                                    .answered = answered,
                                    .expired = expired,
                                    .ending = ending,
                                    .arm = arm,
                                    .interrupt = interrupt,
                                    .release = hold_let_lines_go,
                                    .begins_itself = true};
