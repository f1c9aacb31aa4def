#include "talk_run.h"

#include <string.h>

#include "pgdba/base/fmt.h"
#include "pgdba/base/utf8.h"
#include "pgdba/model/held.h"

#define VERIFY (5 * USEC_PER_SEC) /* for what was sent to come about */

static void next_order(struct talk *t);

static struct talk_order *order(struct talk *t)
{
    return &t->orders[t->at];
}

/* ---- lines */

void talk_line_close(struct talk *t, struct talk_line *l)
{
    if (l->console)
        t->r->io->console_close(t->r->io->arg, l->console);
    l->console = NULL;
    l->then = NULL;
}

void talk_close(struct talk *t)
{
    talk_line_close(t, &t->act);
    talk_line_close(t, &t->watch);
    t->stands = false;
    t->wake_us = 0;
}

static void heard(void *arg, const struct net_pg_reply *reply)
{
    struct talk_line *l = arg;
    struct action_run *r = l->t->r;
    talk_then_fn *then = l->then;

    l->then = NULL;
    if (!l->t->over && then)
        then(l->t, reply);
    run_settle(r);
}

static bool line_open(struct talk *t, struct talk_line *l, const char **why)
{
    struct action_sql_route to;

    if (l->console)
        return true;
    to = t->r->env.bouncer(t->r->env.bouncer_arg, t->bouncer);
    *why = arena_strdup(&t->r->arena, to.why);
    if (!to.conninfo)
        return false;
    l->t = t;
    l->console = t->r->io->console(t->r->io->arg, &to);
    return true;
}

void talk_ask(struct talk *t, struct talk_line *l, const char *sql, int64_t timeout_us,
              talk_then_fn *then)
{
    const char *why = "";

    if (!line_open(t, l, &why)) {
        then(t, &(struct net_pg_reply){.outcome = NET_REFUSED, .sqlstate = "", .detail = why});
        return;
    }
    l->then = then;
    t->r->io->ask(t->r->io->arg, l->console, sql, timeout_us, heard, l);
}

void talk_wake_in(struct talk *t, int64_t us, void (*fn)(struct talk *t))
{
    struct action_run *r = t->r;

    t->wake_us = run_now(r) + us;
    t->on_wake = fn;
    if (!r->deadline_us || t->wake_us < r->deadline_us)
        r->deadline_us = t->wake_us;
}

void talk_wake(struct talk *t)
{
    t->wake_us = 0;
    if (!t->over)
        t->on_wake(t);
}

static bool good(const struct net_pg_reply *reply)
{
    return reply->outcome == NET_ANSWERED && !*reply->sqlstate;
}

static const char *detail(struct talk *t, const struct net_pg_reply *reply)
{
    const char *text = utf8_clean(&t->r->arena, reply->detail, strlen(reply->detail));

    return *text ? text : reply->outcome == NET_TIMED_OUT ? "no answer came in time" : "no answer";
}

/* ---- ends */

void talk_phase(struct talk *t, enum phase_state state, const char *note)
{
    if (order(t)->phase >= 0)
        run_phase(t->r, order(t)->phase, state, note);
}

void talk_over(struct talk *t, enum op_state state, const char *text)
{
    t->over = true;
    t->state = state;
    t->text = text;
    t->wake_us = 0;
    if (!t->stays)
        talk_close(t);
    t->ended(t);
}

struct held talk_held(const struct talk *t, const struct talk_order *o)
{
    const char *eq = talk_is_set(o->verb) ? strchr(o->arg, '=') : NULL;

    return (struct held){.cluster = t->r->plan->cluster,
                         .bouncer = t->bouncer,
                         .database = eq ? NULL : o->arg,
                         .key =
                             eq ? arena_strndup(&t->r->arena, o->arg, (size_t)(eq - o->arg)) : NULL,
                         .value = eq ? t->was : NULL};
}

void talk_forget(struct talk *t, const struct talk_order *o)
{
    struct held h = talk_held(t, o);

    t->r->env.memory.forget(t->r->env.memory.arg, &h);
}

static void give_up(struct talk *t, enum op_state state, const char *why)
{
    talk_phase(t, PHASE_FAILED, why);
    if (order(t)->verb->undo && t->at > 0) {
        talk_undo(t, why);
        return;
    }
    talk_over(t, state == OP_REFUSED && t->at > 0 ? OP_FAILED : state, why);
}

/* ---- has it come about? */

static void ask_check(struct talk *t);

static void order_done(struct talk *t)
{
    struct talk_order *o = order(t);

    if (o->verb->forgets)
        talk_forget(t, o);
    talk_phase(t, PHASE_DONE, o->verb->says ? o->verb->says(t, o) : "");
    next_order(t);
}

static void not_seen(struct talk *t)
{
    const struct talk_order *o = order(t);
    const char *why =
        t->unsure
            ? arena_printf(&t->r->arena, "it is not seen, and the answer to %s was none: %s",
                           o->verb->word, t->unsure)
            : arena_printf(&t->r->arena, "it answered %s, but what it shows is something else",
                           o->verb->word);

    if (o->verb->undo)
        talk_undo(t, why);
    else
        give_up(t, OP_UNKNOWN, why);
}

static void checked(struct talk *t, const struct net_pg_reply *reply)
{
    const struct talk_check *c = &order(t)->verb->verify[t->check];

    if (c->holds(t, order(t), reply)) {
        t->check++;
        ask_check(t);
    } else if (run_now(t->r) >= t->until_us) {
        not_seen(t);
    } else {
        talk_wake_in(t, TALK_AGAIN, ask_check);
    }
}

static void ask_check(struct talk *t)
{
    const struct talk_check *c = &order(t)->verb->verify[t->check];
    const char *sql = t->check < TALK_CHECKS && c->holds ? c->ask(t, order(t)) : NULL;

    if (!sql) {
        order_done(t);
        return;
    }
    if (c->anew)
        talk_line_close(t, &t->act);
    talk_ask(t, &t->act, sql, TALK_LOOK, checked);
}

static void verify(struct talk *t)
{
    if (t->unsure && !order(t)->verb->verify[0].holds) {
        give_up(t, OP_UNKNOWN,
                arena_printf(&t->r->arena, "it may have been done or not, there was no answer: %s",
                             t->unsure));
        return;
    }
    t->check = 0;
    t->until_us = run_now(t->r) + VERIFY;
    run_wait_for(t->r, "a look at %s", t->bouncer);
    ask_check(t);
}

/* ---- while a PAUSE waits */

static void look_busy(struct talk *t);

static void busy_seen(struct talk *t, const struct net_pg_reply *reply)
{
    int busy = 0;

    if (t->undo_waits) {
        t->undo_waits = false;
        talk_undo_next(t);
        return;
    }
    for (int i = 0; good(reply) && reply->table && i < reply->table->nrows; i++)
        busy += talk_busy(reply->table, i, order(t)->arg);
    t->busy = busy ? arena_printf(&t->r->arena, "%d server%s still in a transaction", busy,
                                  busy > 1 ? "s are" : " is")
                   : "";
    if (!t->act.then) /* its answer has come */
        return;
    run_wait_for(t->r, "%s%s%s", t->bouncer, busy ? ": " : "", t->busy);
    talk_wake_in(t, TALK_AGAIN, look_busy);
}

static void look_busy(struct talk *t)
{
    if (t->watch.then)
        talk_wake_in(t, TALK_AGAIN, look_busy);
    else
        talk_ask(t, &t->watch, "SHOW POOLS", TALK_LOOK, busy_seen);
}

/* ---- look, and send */

/* "SET x=1" for SET; "WAIT_CLOSE" for a PAUSE that did not wait. */
static bool is_tag(const struct net_pg_reply *reply, const char *word)
{
    const char *tag = reply->table && reply->table->tag ? reply->table->tag : "";
    size_t n = strlen(word);

    return strncmp(tag, word, n) == 0 && (tag[n] == '\0' || tag[n] == ' ');
}

static const char *too_late(struct talk *t)
{
    char within[FMT_MAX];

    return arena_printf(&t->r->arena, "not done within %s%s%s",
                        fmt_duration(within, order(t)->timeout_us), *t->busy ? ": " : "", t->busy);
}

/* What was left is not there any more: whoever saw to it, it is done. */
static void done_by_others(struct talk *t, const char *how)
{
    talk_phase(t, PHASE_DONE, how);
    next_order(t);
}

/* It is so already, and need not be remembered; of what was left that is all that was wanted. */
static bool is_moot(struct talk *t, const struct talk_order *o, const char *refusal)
{
    const char *const *moot = o->verb->moot;

    if ((!moot[0] || !strstr(refusal, moot[0])) && (!moot[1] || !strstr(refusal, moot[1])))
        return false;
    talk_forget(t, o);
    if (t->r->plan->request.left)
        done_by_others(t, "somebody has done it meanwhile");
    return t->r->plan->request.left;
}

static void answered(struct talk *t, const struct net_pg_reply *reply)
{
    struct talk_order *o = order(t);

    t->wake_us = 0;
    if (reply->outcome == NET_ANSWERED && *reply->sqlstate && is_moot(t, o, reply->detail))
        return;
    if (reply->outcome == NET_ANSWERED && *reply->sqlstate) {
        o->sent = false;
        if (o->verb->keeps && !t->earlier)
            talk_forget(t, o);
        give_up(t, OP_REFUSED,
                arena_printf(&t->r->arena, "PgBouncer refused: %s", detail(t, reply)));
    } else if (good(reply) && !o->verb->mute && !is_tag(reply, o->verb->word)) {
        const char *tag = reply->table && reply->table->tag ? reply->table->tag : "";
        const char *why = arena_printf(
            &t->r->arena,
            "it answered %s instead of %s, as it does once somebody has used WAIT_CLOSE: whether "
            "its servers are idle is not known then",
            *tag ? utf8_clean(&t->r->arena, tag, strlen(tag)) : "nothing", o->verb->word);

        if (o->verb->undo)
            talk_undo(t, why);
        else
            give_up(t, OP_UNKNOWN, why);
    } else if (!good(reply) && o->verb->undo) {
        talk_undo(t, reply->outcome == NET_TIMED_OUT ? too_late(t) : detail(t, reply));
    } else {
        t->unsure = good(reply) || o->verb->mute ? NULL : detail(t, reply);
        verify(t);
    }
}

/* What is paused by an earlier run can be killed all the same, and stays remembered. */
static enum status remember(struct talk *t, const struct talk_order *o, struct err *e)
{
    const struct action_memory *m = &t->r->env.memory;
    struct held h = talk_held(t, o);
    enum status st = m->keep(m->arg, &h, e);

    t->earlier = st == ST_CONFLICT && !o->verb->undo && !talk_is_set(o->verb) &&
                 m->claim(m->arg, &h, NULL) == ST_OK;
    return t->earlier ? ST_OK : st;
}

static void send(struct talk *t)
{
    struct talk_order *o = order(t);
    struct action_run *r = t->r;
    struct err e = ERR_INIT;
    const char *who;
    enum status st = action_allowed(&r->env, &r->plan->request, &who, &e);

    if (st == ST_OK && o->verb->keeps)
        st = remember(t, o, &e);
    if (st != ST_OK) {
        give_up(t, OP_REFUSED, arena_printf(&r->arena, "nothing was sent: %s", err_text(&e)));
        err_release(&e);
        return;
    }
    o->sent = true;
    o->sent_us = o->sent_us ? o->sent_us : run_now(r);
    t->busy = "";
    log_write(r->env.log, LOG_INFO, "%s %s: %s: %s", r->plan->cluster, action_name(r->plan->kind),
              t->bouncer, o->sql);
    run_wait_for(r, "the answer of %s", t->bouncer);
    if (o->verb->undo)
        talk_wake_in(t, TALK_AGAIN, look_busy);
    talk_ask(t, &t->act, o->sql, o->timeout_us, answered);
}

static void second_stands(struct talk *t, const struct net_pg_reply *reply)
{
    t->stands = good(reply);
    if (t->stands)
        send(t);
    else
        give_up(
            t, OP_REFUSED,
            arena_printf(&t->r->arena,
                         "nothing was sent: a second connection, to undo it over, was not to be "
                         "had: %s",
                         detail(t, reply)));
}

/* What was left of an earlier run is taken back by one program, not by two at once. */
static bool claimed(struct talk *t)
{
    struct held h = talk_held(t, order(t));
    struct action_run *r = t->r;
    struct err e = ERR_INIT;
    enum status st = ST_OK;

    if (r->plan->request.left && order(t)->verb->forgets)
        st = r->env.memory.claim(r->env.memory.arg, &h, &e);
    if (st == ST_NOT_FOUND)
        done_by_others(t, arena_strdup(&r->arena, err_text(&e)));
    else if (st != ST_OK)
        give_up(t, OP_REFUSED, arena_printf(&r->arena, "nothing was sent: %s", err_text(&e)));
    err_release(&e);
    return st == ST_OK;
}

static void looked(struct talk *t, const struct net_pg_reply *reply)
{
    struct talk_order *o = order(t);
    const char *why;

    if (!good(reply) || !reply->table) {
        give_up(t, OP_REFUSED,
                arena_printf(&t->r->arena, "nothing was sent: %s", detail(t, reply)));
        return;
    }
    t->version = t->r->io->console_version(t->r->io->arg, t->act.console);
    if (!claimed(t))
        return;
    why = o->verb->refuses ? o->verb->refuses(t, o, reply->table) : NULL;
    if (why && t->settled)
        done_by_others(t, why);
    else if (why)
        give_up(t, OP_REFUSED, arena_printf(&t->r->arena, "nothing was sent: %s", why));
    else if (o->verb->undo && !t->stands)
        talk_ask(t, &t->watch, "SHOW POOLS", TALK_LOOK, second_stands);
    else
        send(t);
}

static void next_order(struct talk *t)
{
    if (++t->at == t->n) {
        talk_over(t, OP_DONE, "");
        return;
    }
    t->unsure = NULL;
    t->settled = false;
    talk_phase(t, PHASE_ACTIVE, "");
    run_wait_for(t->r, "the answer of %s", t->bouncer);
    talk_ask(t, &t->act, order(t)->verb->look, TALK_LOOK, looked);
}

void talk_begin(struct talk *t, struct talk_order *orders, int n)
{
    t->orders = orders;
    t->n = n;
    t->at = -1;
    t->over = false;
    t->busy = "";
    next_order(t);
}
