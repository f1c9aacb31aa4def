/*
 * hold.h: the parts of a switchover that holds the clients: its plan (hold_plan.c), what a picture
 * says of the clients' way (hold_seen.c), and its course (hold.c). Private to action/. Reference
 * "middleware.md" §2.3.
 */
#ifndef PGDBA_ACTION_HOLD_H
#define PGDBA_ACTION_HOLD_H

#include "kind.h"
#include "talk.h"

enum status hold_check(const struct snapshot *s, struct plan *p, struct err *e);
/* Steps: perhaps a CHECKPOINT, then SET and PAUSE of each bouncer, the POST, each RESUME. */
void hold_plan(struct planner *b);
/* Of the step that asks Patroni. */
int hold_switch_step(const struct plan *p);

/* Why a session of the plan's databases would not reach m now; NULL: it would. m holds the lock and
 * is the primary. Answers from since_us on count. In the arena. */
const char *hold_way_closed(const struct plan *p, const struct snapshot *s, const struct member *m,
                            int64_t since_us, struct arena *a);
/* Who of the plan's clients waits, or is served by another than m; NULL: nobody. */
const char *hold_unserved(const struct plan *p, const struct snapshot *s, const struct member *m,
                          int64_t since_us, struct arena *a);

#endif
