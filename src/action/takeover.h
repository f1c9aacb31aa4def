/*
 * takeover.h: the lead moves from one member to another: what switchover and failover have in
 * common. Private to action/. Reference "patroni.md" §2.2, §2.4 (requests and answers), §4.3 (what
 * is seen), §8.1 (when it is done).
 */
#ifndef PGDBA_ACTION_TAKEOVER_H
#define PGDBA_ACTION_TAKEOVER_H

#include "kind.h"

/* The last is the old leader's coming back. Whoever has phases of its own that come before that
 * says in r->between how many, and names them all. */
enum { TAKEOVER_PHASES = 6, TAKEOVER_BEFORE_BACK = 5 };

const char *takeover_phase_name(int i);

/* Patroni's own bound for its answer, and a margin, µs. */
int64_t takeover_answer_us(const struct patroni_times *t);

/* May a leader hand over as asked, now or later? Fills in the request's leader. */
enum status takeover_check(const struct snapshot *s, struct plan *p, struct err *e);

/* The plan's leader (NULL: there is none) hands over, or loses the lead, to the request's candidate
 * (NULL: to anybody). A leader that answers at Enter must be seen streaming again; one that does
 * not is not waited for. */
void takeover_begin(struct action_run *r);
void takeover_observe(struct action_run *r, const struct snapshot *s);
void takeover_answered(struct action_run *r, const struct step_answer *a);
void takeover_expired(struct action_run *r);
/* Who has been seen as primary; NULL: nobody yet. */
const char *takeover_promoted(const struct action_run *r);

#endif
