/*
 * analysis/failover.h: events folded into failovers with phases. Pure: no clock, no I/O; times come
 * with events and snapshots. Reference: "patroni.md" §4.3 (sequences), §4.4 (timers), §7.5;
 * "middleware.md" §3.5.
 *
 * One failover at a time is open. It begins with a request, with the first sure sign that the
 * leader is in trouble (its lease overdue, lock gone, API and PostgreSQL silent, PostgreSQL stopped
 * or crashed), or with the loss of the DCS; its time 0 is the last sign of life of the old leader
 * (or the request). It ends when every phase is done or skipped, or when nothing more can be
 * expected (each replica has a limit); or at once when it turns out to have been nothing (a pause
 * in answering): then it is dropped and never shown as a failover.
 */
#ifndef PGDBA_ANALYSIS_FAILOVER_H
#define PGDBA_ANALYSIS_FAILOVER_H

#include "pgdba/base/buf.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/failover.h"

struct failover_fold;
struct failover_fold *failover_fold_new(const char *cluster);
void failover_fold_free(struct failover_fold *f); /* NULL is allowed */

/* In the order they happened. */
void failover_fold_event(struct failover_fold *f, const struct event *e);
/* After the events of that snapshot: who is there, timers, LSNs, routes, probe; and that time has
 * passed (now_us: monotonic), so that NEXT becomes OVERDUE. */
void failover_fold_snapshot(struct failover_fold *f, const struct snapshot *s, int64_t now_us,
                            int64_t now_wall_us);
/* An ended one from disk, oldest first, before anything else. Copied. */
void failover_fold_restore(struct failover_fold *f, const struct failover *old);

/* Valid until the next call with f. */
void failover_fold_list(const struct failover_fold *f, struct failover_list *out);
/* True once for each that ended since the last call: to be written down. NULL none. */
const struct failover *failover_fold_ended(struct failover_fold *f);
uint64_t failover_fold_revision(const struct failover_fold *f); /* goes up with every change */

/* What settings promise for a phase after the start, from dynamic configuration and what is known
 * of the routes' check intervals (reference §4.4; middleware.md §3.5: inter x fall). False: none.
 */
bool failover_predict(enum failover_kind kind, enum failover_phase_id id, const struct snapshot *s,
                      int64_t *lo_us, int64_t *hi_us);

/* Those of /history that are not among the kept ones, newest first, as failovers with what
 * /history knows (kind FO_UNKNOWN or FO_LOCAL_RECOVERY, times, timelines, new leader). In the
 * arena; n in *n. */
const struct failover *failover_of_history(const struct snapshot *s,
                                           const struct failover_list *kept, struct arena *a,
                                           int *n);

/* f as a table for people: a headline, then a line a phase: when after the start, its name and
 * subject, its state unless done, what was predicted, the note; then what the probe saw. times
 * false: without anything that differs from run to run (times, LSNs stay in the notes), so that two
 * tables can be compared. */
void failover_table(const struct failover *f, bool times, struct buf *out);

#endif
