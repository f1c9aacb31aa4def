/*
 * analysis/probe.h: samples of the probe folded into outages, and rows into lost and ghost ones.
 * Pure.
 *
 * An outage is from the last success before the first failure to the first success after the last:
 * what a client could have written in between it has not. A hung attempt is one failure, however
 * long it hangs. A row is lost when it was acknowledged and is not there; a ghost when it was not
 * acknowledged and is there.
 */
#ifndef PGDBA_ANALYSIS_PROBE_H
#define PGDBA_ANALYSIS_PROBE_H

#include "pgdba/model/event.h"
#include "pgdba/model/facts.h"
#include "pgdba/model/probe.h"

struct probe_fold;
struct probe_fold *probe_fold_new(void);
void probe_fold_free(struct probe_fold *f); /* NULL is allowed */
/* A sample of another run begins anew. wall/mono: when it was known. */
void probe_fold_sample(struct probe_fold *f, const char *route, int64_t every_us,
                       const struct probe_sample *s, int64_t mono_us, int64_t wall_us);
void probe_fold_rows(struct probe_fold *f, const struct probe_rows *r);
void probe_fold_stopped(struct probe_fold *f);
/* Sequence numbers whose fate is to be looked up after an outage; false: none. */
bool probe_fold_wants_rows(const struct probe_fold *f, uint64_t *from, uint64_t *to);
/* root: struct probe_view; the caller's. NULL before the first sample. */
struct facts *probe_fold_view(const struct probe_fold *f);
/* Events of the last sample or rows (fails, works, server, rows). */
void probe_fold_events(struct probe_fold *f, event_fn *fn, void *arg);

#endif
