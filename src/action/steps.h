/*
 * steps.h: for actions whose requests are answered at once: each is sent in its turn, and when all
 * were taken, what they bring about is waited for, target by target. Private to action/.
 */
#ifndef PGDBA_ACTION_STEPS_H
#define PGDBA_ACTION_STEPS_H

#include "kind.h"

struct steps_kind {
    const char *seen_name; /* of a phase, after the target: "is paused" */
    /* Has it come about? NULL: nothing on the wire would show it; then taken is done. */
    bool (*seen)(const struct action_run *r, const struct snapshot *s, const char *target);
    /* Why it cannot be seen on this target at all; NULL: it can. */
    const char *(*blind)(struct action_run *r, const struct snapshot *s, const char *target);
    int64_t (*patience_us)(const struct action_run *r); /* from the last answer on */
    const char *(*done)(struct action_run *r);          /* the outcome's sentence */
    const char *look_at;                                /* when it is not seen: "look at …" */
};

/* Targets: the plan's steps' members when n is 0. Strings are copied. */
void steps_begin(struct action_run *r, const struct steps_kind *k, const char *const *targets,
                 int n);
void steps_observe(struct action_run *r, const struct snapshot *s);
void steps_answered(struct action_run *r, const struct step_answer *a);
void steps_expired(struct action_run *r);

/* The fields of an action_ops that the above fill. */
#define STEPS_OPS .observe = steps_observe, .answered = steps_answered, .expired = steps_expired
enum { STEPS_ANSWER_S = 30 }; /* a DCS that is slow makes the answer so */

#endif
