/* talk_run.h: what the parts of a conversation share: its course (talk.c) and its way back
 * (talk_undo.c). Private to them. */
#ifndef PGDBA_ACTION_TALK_RUN_H
#define PGDBA_ACTION_TALK_RUN_H

#include "talk.h"

#define TALK_LOOK  (5 * USEC_PER_SEC)  /* for an answer to SHOW, with the login */
#define TALK_AGAIN (100 * USEC_PER_MS) /* between two looks */

typedef void talk_then_fn(struct talk *t, const struct net_pg_reply *reply);

/* Opens the line where it is closed; without a way then is told so at once. */
void talk_ask(struct talk *t, struct talk_line *l, const char *sql, int64_t timeout_us,
              talk_then_fn *then);
void talk_line_close(struct talk *t, struct talk_line *l);
void talk_wake_in(struct talk *t, int64_t us, void (*fn)(struct talk *t));
void talk_phase(struct talk *t, enum phase_state state, const char *note); /* of the order */
void talk_over(struct talk *t, enum op_state state, const char *text);
void talk_forget(struct talk *t, const struct talk_order *o);

/* From here the way back: what this conversation has paused is resumed, the last first. */
void talk_undo(struct talk *t, const char *why);
void talk_undo_next(struct talk *t);

#endif
