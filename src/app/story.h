/*
 * story.h: one cluster's story: observations in; snapshots, events and failovers out. Live and
 * replayed go through the same. Private to app/.
 */
#ifndef PGDBA_APP_STORY_H
#define PGDBA_APP_STORY_H

#include "pgdba/app/store.h"
#include "pgdba/model/event.h"
#include "pgdba/model/failover.h"

struct story;

struct story_listener {
    void *arg;
    event_fn *event;                                       /* each new one, numbered */
    void (*failover)(void *arg, const struct failover *f); /* open: began or changed; ended: once */
};

struct story *story_new(const struct cluster_config *c, int64_t refresh_us);
void story_free(struct story *st); /* NULL is allowed */
void story_listen(struct story *st, const struct story_listener *l);
struct store *story_store(struct story *st);
/* What was kept on disk, oldest first, before anything else. */
void story_restore_event(struct story *st, const struct event *e);
void story_restore_failover(struct story *st, const struct failover *f);

/* store_apply(), and the events that etcd tells by itself. */
void story_apply(struct story *st, const struct observation *o);
/* store_snapshot(), and the events between it and the one before. */
const struct snapshot *story_snapshot(struct story *st, int64_t mono_us, int64_t wall_us);
/* An event of the program's own (EV_OPERATION, EV_NOTE). */
void story_add(struct story *st, const struct event *e);
const struct event_log *story_events(const struct story *st);
void story_failovers(const struct story *st, struct failover_list *out);
/* Polls should be quick: a failover is open. */
bool story_urgent(const struct story *st);
/* Rows of the write probe whose fate is to be looked up. */
bool story_wants_rows(const struct story *st, uint64_t *from, uint64_t *to);
void story_probe_stopped(struct story *st);
/* The probe as it is set up, so that its view can say so: every_us of samples to come. */
void story_probe_every(struct story *st, int64_t every_us);

#endif
