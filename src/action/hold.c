/*
 * hold.c: a switchover while PgBouncer holds the clients: pause everywhere or nowhere, switch over,
 * wait until the way to the new leader is open, resume: that on every way out. Reference
 * "middleware.md" §2.3.
 */
#include "hold.h"

#include <string.h>

#include "bouncers.h"
#include "pgdba/base/fmt.h"
#include "takeover.h"

#define LONGEST (HOLD_LONGEST_S * USEC_PER_SEC)
#define AFTER   (10 * USEC_PER_SEC) /* for clients to be served again */
#define LET_GO  (30 * USEC_PER_SEC) /* for RESUME, again and again */
#define LOOK    (100 * USEC_PER_MS) /* between two looks while clients wait */
#define LOOK_SOON                                                                 \
    (50 * USEC_PER_MS) /* once the lead has moved; a source that has not answered \
                            is not asked again */

enum stage { PREPARING, PAUSING, SWITCHING, OPENING, RESUMING, SERVING, PUTTING_BACK, FOLLOWING };

struct hold {
    enum stage stage;
    struct talk **talks;
    int n;
    int nbefore;    /* steps before Patroni is asked */
    void *takeover; /* the state of the run within */
    int ph_switch, ph_route, ph_resume, ph_served;
    const char *winner;          /* promoted; NULL: not yet */
    int64_t resumed_us;          /* 0 not yet */
    int64_t until_us;            /* of the stage */
    int64_t look_us, inner_us;   /* the next look; the deadline of the run within */
    int64_t asked_us;            /* Patroni, to switch over */
    bool inner_over, stop, soon; /* stop: nothing more is begun; soon: look often */
    enum op_state state;         /* the end of the run within, or why there was none */
    const char *outcome;
    const char *trouble; /* with the clients; NULL none */
    struct hold_release lock;
    const char *unserved; /* seen last, after they were let go; NULL nothing */
};

static void go_back(struct action_run *r);
static void release(struct action_run *r);

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

/* ---- the end */

/* Each one's first time is the moment from which clients wait. */
static int64_t held_since(const struct hold *w)
{
    int64_t since = 0;

    for (int i = 0; i < w->n; i++)
        for (int k = 0; k < w->talks[i]->nsent; k++) {
            const struct talk_order *o = &w->talks[i]->sent[k];

            if (o->verb == &talk_pause && o->sent_us && (!since || o->sent_us < since))
                since = o->sent_us;
        }
    return since;
}

static void finish(struct action_run *r)
{
    struct hold *w = r->state;
    char t[FMT_MAX];
    int64_t since = held_since(w);
    const char *held = since && w->resumed_us
                           ? arena_printf(&r->arena, "; clients were held for %s",
                                          fmt_duration(t, w->resumed_us - since))
                           : "";
    bool good = w->state == OP_DONE || w->state == OP_DONE_ELSEWHERE;

    w->stage = FOLLOWING;
    release(r); /* a console that stays holds up a shutdown */
    if (!w->inner_over) {
        run_wait_for(r, "%s to stream again; the clients go on", r->plan->leader);
        return;
    }
    w->inner_us = w->look_us = w->until_us = 0;
    const char *lock = w->lock.over ? arena_printf(&r->arena, "; %s", w->lock.text) : "";

    if (w->trouble)
        run_end(r, good || w->state == OP_REFUSED ? OP_FAILED : w->state, "%s%s%s; %s", w->outcome,
                held, lock, w->trouble);
    else
        run_end(r, w->state, "%s%s%s%s", w->outcome, held, w->winner ? ", and nobody waits" : "",
                lock);
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

/* ---- letting go */

static const char *resumed(const struct talk *t)
{
    (void)t;
    return "resumed";
}

static void batch(struct action_run *r, const struct talk_verb *v, void (*ended)(struct talk *t));

static void begin_again(struct talk *t)
{
    for (int i = 0; i < t->n; i++)
        t->orders[i].sent = false;
    talk_begin(t, t->orders, t->n);
}

/* Once more, until it is time to give up: somebody waits for it. True: it was begun again. */
static bool again(struct talk *t)
{
    struct hold *w = t->r->state;

    if (t->state == OP_DONE || run_now(t->r) >= w->until_us ||
        (t->text && strstr(t->text, "is not paused")))
        return false;
    t->over = false;
    talk_close(t);
    t->on_wake = begin_again;
    t->wake_us = run_now(t->r) + LOOK;
    return true;
}

static void put_back_ended(struct talk *t)
{
    struct action_run *r = t->r;
    struct hold *w = r->state;
    enum op_state state;

    if (again(t) || !bouncers_all_over(w->talks, w->n))
        return;
    (void)bouncers_outcome(r, w->talks, w->n, resumed, &state);
    if (state != OP_DONE && !w->trouble)
        w->trouble = "server_login_retry could not be put back everywhere, which is remembered";
    w->until_us = 0;
    finish(r);
}

static void put_back(struct action_run *r)
{
    struct hold *w = r->state;

    w->stage = PUTTING_BACK;
    w->look_us = 0;
    w->until_us = run_now(r) + AFTER;
    batch(r, &talk_put_back, put_back_ended);
}

static void resume_ended(struct talk *t)
{
    struct action_run *r = t->r;
    struct hold *w = r->state;
    enum op_state state;
    const char *text;

    if (again(t) || !bouncers_all_over(w->talks, w->n))
        return;
    text = bouncers_outcome(r, w->talks, w->n, resumed, &state);
    w->resumed_us = run_now(r);
    run_phase(r, w->ph_resume, state == OP_DONE ? PHASE_DONE : PHASE_FAILED, text);
    if (state != OP_DONE)
        w->trouble = arena_printf(&r->arena, "not everything could be resumed: %s", text);
    if (!w->winner) {
        put_back(r);
        return;
    }
    w->stage = SERVING;
    w->until_us = run_now(r) + AFTER;
    w->look_us = run_now(r) + LOOK_SOON;
    run_wait_for(r, "clients to be served by %s", w->winner);
}

static void go_back(struct action_run *r)
{
    struct hold *w = r->state;

    if (w->stage >= RESUMING)
        return;
    w->stage = RESUMING;
    w->look_us = 0;
    if (w->lock.r)
        hold_release_stop(&w->lock);
    w->until_us = run_now(r) + LET_GO;
    run_phase(r, w->ph_resume, PHASE_ACTIVE, "");
    batch(r, &talk_resume, resume_ended);
}

/* ---- the orders */

static void give_orders(struct talk *t, const struct talk_verb *v, struct talk_order *o, int n)
{
    for (int i = 0; i < n; i++)
        o[i] = (struct talk_order){.verb = v,
                                   .sql = talk_sql(&t->r->arena, v, o[i].arg),
                                   .arg = o[i].arg,
                                   .timeout_us = BOUNCER_ANSWER_S * USEC_PER_SEC,
                                   .phase = -1};
    talk_begin(t, o, n);
}

/* What was sent to each is taken back by v: its databases, or what was set. */
static void batch(struct action_run *r, const struct talk_verb *v, void (*ended)(struct talk *t))
{
    struct hold *w = r->state;
    int *count = arena_array(&r->arena, (size_t)w->n, int);
    struct talk_order **orders = arena_array(&r->arena, (size_t)w->n, struct talk_order *);

    for (int i = 0; i < w->n; i++) {
        struct talk *t = w->talks[i];
        const struct talk_order *sent = t->sent;

        orders[i] = arena_array(&r->arena, (size_t)t->nsent, struct talk_order);
        for (int k = 0; k < t->nsent; k++)
            if (sent[k].sent && (sent[k].verb == &talk_lower) == (v == &talk_put_back))
                orders[i][count[i]++].arg =
                    v == &talk_put_back
                        ? arena_printf(&r->arena, "%.*s=%s", (int)strcspn(sent[k].arg, "="),
                                       sent[k].arg, t->before)
                        : sent[k].arg;
        t->over = false;
        t->ended = ended;
    }
    for (int i = 0; i < w->n; i++)
        give_orders(w->talks[i], v, orders[i], count[i]);
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
    text = bouncers_outcome(r, w->talks, w->n, resumed, &state);
    if (state != OP_DONE || w->stop) {
        w->inner_over = true;
        w->state = state == OP_REFUSED ? OP_REFUSED : OP_FAILED;
        w->outcome = arena_printf(&r->arena, "nothing was switched over: %s",
                                  state == OP_DONE ? "interrupted" : text);
        go_back(r);
        return;
    }
    w->stage = SWITCHING;
    w->asked_us = run_now(r);
    w->until_us = w->asked_us + LONGEST;
    w->look_us = w->asked_us + LOOK;
    r->first = w->ph_switch;
    r->outer = w;
    takeover_begin(r);
    leave(r, w);
    enter(r, w);
    run_send_next(r);
    leave(r, w);
    if (w->inner_over) /* it could not be sent */
        go_back(r);
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
    go_back(r);
}

static void look_at_clients(struct action_run *r, const struct snapshot *s)
{
    struct hold *w = r->state;
    const struct member *m = snapshot_member(s, w->winner);

    w->unserved = m ? hold_unserved(r->plan, s, m, w->resumed_us, &r->arena) : "";
    if (w->unserved)
        return;
    run_phase(r, w->ph_served, PHASE_DONE, arena_printf(&r->arena, "all end at %s", w->winner));
    put_back(r);
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
        look_now(r, LOOK_SOON);
    }
    if (w->stage == OPENING)
        look_at_way(r, s);
    else if (w->stage == SWITCHING && w->inner_over)
        go_back(r);
    else if (w->stage == SERVING)
        look_at_clients(r, s);
    else if (w->stage == FOLLOWING && w->inner_over)
        finish(r);
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
        go_back(r);
    else if (w->inner_over && w->stage == FOLLOWING)
        finish(r);
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
        go_back(r);
    } else if (w->stage == SERVING) {
        run_phase(r, w->ph_served, PHASE_FAILED, w->unserved ? w->unserved : "not seen");
        if (!w->trouble)
            w->trouble =
                arena_printf(&r->arena, "not everybody is served: %s; look at the routes",
                             w->unserved && *w->unserved ? w->unserved : "nothing was seen");
        put_back(r);
    }
}

static void expired(struct action_run *r)
{
    struct hold *w = r->state;
    int64_t now = run_now(r);

    if (w->look_us && w->look_us <= now) {
        w->look_us = 0;
        if (w->stage == SWITCHING || w->stage == OPENING || w->stage == SERVING)
            look_now(r, w->soon ? LOOK_SOON : LOOK);
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
            finish(r);
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
        go_back(r);
    }
    return true;
}

static void release(struct action_run *r)
{
    struct hold *w = r->outer;

    for (int i = 0; w && i < w->n; i++)
        talk_close(w->talks[i]);
    if (w && w->lock.r)
        hold_release_stop(&w->lock);
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
                                    .release = release,
                                    .begins_itself = true};
