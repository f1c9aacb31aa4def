/*
 * restarts.h: members restarted one after the other, each by its own Patroni, and perhaps the lead
 * handed over in between: what restart and rolling restart have in common. Private to action/.
 * Reference "patroni.md" §2.5, §3.3.
 */
#ifndef PGDBA_ACTION_RESTARTS_H
#define PGDBA_ACTION_RESTARTS_H

#include "kind.h"

bool restarts_pending(const struct member *m);
int64_t restarts_answer_s(const struct plan *p); /* how long an answer is waited for */
/* Adds the step, and a line that says what it means. */
void restarts_add(struct planner *b, const char *name);
/* A step that hands the lead over to `to`; and one that restarts the old leader, should a restart
 * still be pending on it: its PostgreSQL is stopped and started by the switchover, but Patroni may
 * start it with the old value of what a standby must not have less of. */
void restarts_hand_over(struct planner *b, const char *to);

/* The plan's steps in their order; a step that hands over is one with a candidate. Between two of
 * them nothing may speak against the next one, and in a rolling restart a member must be within
 * request.max_lag bytes of the leader. */
void restarts_begin(struct action_run *r);
void restarts_observe(struct action_run *r, const struct snapshot *s);
void restarts_answered(struct action_run *r, const struct step_answer *a);
void restarts_expired(struct action_run *r);

#define RESTARTS_OPS                                                                     \
    .begin = restarts_begin, .observe = restarts_observe, .answered = restarts_answered, \
    .expired = restarts_expired

#endif
