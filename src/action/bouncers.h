/*
 * bouncers.h: conversations with several PgBouncers at once: what pgb's commands and a held
 * switchover have in common. Private to action/.
 */
#ifndef PGDBA_ACTION_BOUNCERS_H
#define PGDBA_ACTION_BOUNCERS_H

#include "talk.h"

enum { BOUNCER_PAUSE_S = 5, BOUNCER_ANSWER_S = 5 };

/* Which PgBouncers are meant, by name, into p->request.bouncers: those named, or the only one, or
 * with everywhere all of them. ST_USAGE when that is not said. */
enum status bouncers_meant(const struct snapshot *s, struct plan *p, struct err *e);
/* None of them is the console itself, none is named twice. */
enum status bouncers_databases(const struct request *r, struct err *e);
/* Wakes those whose time has come; the run's alarm is set for the next one. */
void bouncers_wake(struct action_run *r, struct talk *const *v, int n);
bool bouncers_all_over(struct talk *const *v, int n);
/* "a: it was undone; b: done", and the state that all come to together. */
const char *bouncers_outcome(struct action_run *r, struct talk *const *v, int n,
                             const char *(*done)(const struct talk *t), enum op_state *state);
/* " --on b1 --on b2" or " --everywhere" as words for a shell, then the databases. */
void bouncers_words(struct planner *b, struct buf *out);
/* "app and crm", "every database" */
const char *bouncers_what(struct planner *b);

#endif
