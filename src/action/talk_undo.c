/* talk_undo.c: the way back of a conversation: what it has sent is taken back over its second line.
 */
#include "talk_run.h"

#define UNDO (15 * USEC_PER_SEC) /* for the way back */

static void undo_again(struct talk *t)
{
    if (run_now(t->r) >= t->until_us)
        talk_over(t, OP_FAILED,
                  arena_printf(
                      &t->r->arena,
                      "%s; and it could not be undone: %s is still to be resumed there, which is "
                      "remembered",
                      t->why, t->orders[t->undoing].arg ? t->orders[t->undoing].arg : "all"));
    else
        talk_wake_in(t, TALK_AGAIN, talk_undo_next);
}

static void undo_seen(struct talk *t, const struct net_pg_reply *reply)
{
    struct talk_order *o = &t->orders[t->undoing];

    if (!o->verb->undo->verify[0].holds(t, o, reply)) {
        undo_again(t);
        return;
    }
    talk_forget(t, o);
    o->sent = false;
    talk_undo_next(t);
}

static void undone(struct talk *t, const struct net_pg_reply *reply)
{
    const struct talk_order *o = &t->orders[t->undoing];

    if (reply->outcome != NET_ANSWERED) {
        undo_again(t);
        return;
    }
    t->unsure = NULL;
    t->version = t->r->io->console_version(t->r->io->arg, t->watch.console);
    talk_ask(t, &t->watch, o->verb->undo->verify[0].ask(t, o), TALK_LOOK, undo_seen);
}

void talk_undo_next(struct talk *t)
{
    const struct talk_order *o;

    while (t->undoing >= 0 && (!t->orders[t->undoing].sent || !t->orders[t->undoing].verb->undo))
        t->undoing--;
    if (t->undoing < 0) {
        talk_over(t, OP_FAILED, arena_printf(&t->r->arena, "%s; it was undone", t->why));
        return;
    }
    o = &t->orders[t->undoing];
    run_wait_for(t->r, "%s to be resumed on %s", o->arg ? o->arg : "everything", t->bouncer);
    talk_ask(t, &t->watch, talk_sql(&t->r->arena, o->verb->undo, o->arg), TALK_LOOK, undone);
}

void talk_undo(struct talk *t, const char *why)
{
    t->why = why;
    t->undoing = t->at;
    t->until_us = run_now(t->r) + UNDO;
    talk_phase(t, PHASE_FAILED, why);
    talk_line_close(t, &t->act);
    t->wake_us = 0;
    t->undo_waits = t->watch.then != NULL;
    if (!t->undo_waits)
        talk_undo_next(t);
}

bool talk_interrupt(struct talk *t)
{
    if (t->over || t->why)
        return !t->over;
    if (!t->orders[t->at].verb->undo)
        return false;
    if (!t->orders[t->at].sent && t->at == 0) {
        talk_phase(t, PHASE_FAILED, "interrupted");
        talk_over(t, OP_REFUSED, "interrupted: nothing was sent");
        return true;
    }
    talk_undo(t, "interrupted");
    return true;
}
