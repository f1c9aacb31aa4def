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

/* The lock of the leader that has stopped, deleted in etcd by the plan's step. */
struct hold_release {
    struct action_run *r; /* NULL: not begun */
    int step;
    void *probe, *health, *etcd;
    const char *doubt; /* what its Patroni said when nobody listened; NULL: not asked */
    int refused;       /* in a row, since it was seen to listen */
    bool seen, over;
    int64_t wake_us;
    const char *text; /* a sentence for the end of one, when it is over */
};

/* Patroni has been asked. l stays where it is until hold_release_stop(). */
void hold_release_begin(struct hold_release *l, struct action_run *r, int step);
void hold_release_wake(struct hold_release *l); /* if its wake_us has come */
void hold_release_stop(struct hold_release *l);

#endif
