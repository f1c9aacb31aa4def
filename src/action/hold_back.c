/*
 * hold_back.c: what follows the switch of a held switchover, or its failure: everything is resumed,
 * again and again, the clients are seen to be served, what was set is put back, and the end is
 * told.
 */
#include "hold_run.h"

#include <string.h>

#include "bouncers.h"
#include "pgdba/base/fmt.h"

#define AFTER  (10 * USEC_PER_SEC) /* for clients to be served again */
#define LET_GO (30 * USEC_PER_SEC) /* for RESUME, again and again */

void hold_let_lines_go(struct action_run *r)
{
    struct hold *w = r->outer;

    for (int i = 0; w && i < w->n; i++)
        talk_close(w->talks[i]);
    if (w && w->lock.r)
        hold_release_stop(&w->lock);
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

void hold_finish(struct action_run *r)
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
    hold_let_lines_go(r); /* a console that stays holds up a shutdown */
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

/* ---- letting go */

const char *hold_resumed(const struct talk *t)
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
    t->wake_us = run_now(t->r) + HOLD_LOOK;
    return true;
}

static void put_back_ended(struct talk *t)
{
    struct action_run *r = t->r;
    struct hold *w = r->state;
    enum op_state state;

    if (again(t) || !bouncers_all_over(w->talks, w->n))
        return;
    (void)bouncers_outcome(r, w->talks, w->n, hold_resumed, &state);
    if (state != OP_DONE && !w->trouble)
        w->trouble = "server_login_retry could not be put back everywhere, which is remembered";
    w->until_us = 0;
    hold_finish(r);
}

void hold_put_back(struct action_run *r)
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
    text = bouncers_outcome(r, w->talks, w->n, hold_resumed, &state);
    w->resumed_us = run_now(r);
    run_phase(r, w->ph_resume, state == OP_DONE ? PHASE_DONE : PHASE_FAILED, text);
    if (state != OP_DONE)
        w->trouble = arena_printf(&r->arena, "not everything could be resumed: %s", text);
    if (!w->winner) {
        hold_put_back(r);
        return;
    }
    w->stage = SERVING;
    w->until_us = run_now(r) + AFTER;
    w->look_us = run_now(r) + HOLD_LOOK_SOON;
    run_wait_for(r, "clients to be served by %s", w->winner);
}

void hold_go_back(struct action_run *r)
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

void hold_look_at_clients(struct action_run *r, const struct snapshot *s)
{
    struct hold *w = r->state;
    const struct member *m = snapshot_member(s, w->winner);

    w->unserved = m ? hold_unserved(r->plan, s, m, w->resumed_us, &r->arena) : "";
    if (w->unserved)
        return;
    run_phase(r, w->ph_served, PHASE_DONE, arena_printf(&r->arena, "all end at %s", w->winner));
    hold_put_back(r);
}
