/*
 * tests/unit/console/scenes.h: what a sample snapshot has not: events, failovers at several
 * moments, recordings. Changes a screen between screen_init() and screen_draw().
 */
#ifndef PGDBA_TESTS_SCENES_H
#define PGDBA_TESTS_SCENES_H

#include "screen.h"

/* The lab with etcd: three endpoints, keys, leases; left_s is what the leader's lease has left (the
 * others have 28 s). down: the last endpoint is silent. */
const struct snapshot *scene_etcd(int64_t left_s, bool down);

/* Everything is asked; stray: pg2 leads, and both routes still go to pg1; else split: pg1 holds the
 * lock, and pg2's PostgreSQL is out of recovery too. */
const struct snapshot *scene_truth(bool stray, bool split);

/* After a switchover: of four bouncers with long names one is through HAProxy, two are wired to the
 * member that led before, and one does not answer. */
const struct snapshot *scene_astray(void);

/* Moments of one crash failover, pg1 to pg2, and what became of it. */
enum moment {
    MOMENT_SILENT,   /* 12.4 s in: the lease runs out */
    MOMENT_OVERDUE,  /* 36 s in: nobody has taken the lock */
    MOMENT_PROMOTED, /* 21 s in: pg2 is promoted, routes and replicas are awaited */
    MOMENT_ENDED     /* over, 24 s ago */
};

/* The crash failover as of that moment, begun so long before SB_NOW_US. The caller's. */
struct failover *scene_crash(enum moment m);
/* A switchover that has ended, ago_us before SB_WALL_US, with so coarse times. The caller's. */
struct failover *scene_switchover(uint64_t number, int64_t ago_us, bool coarse);
/* Into the screen: one open at that moment (or ended), two older ones. */
void scene_failovers(struct screen *sc, enum moment m);
/* A dozen events of a crash failover, up to SB_NOW_US + after_us. */
void scene_events(struct screen *sc, int64_t after_us);
void scene_replay(struct screen *sc, bool playing, const char *broken);
void scene_recording(struct screen *sc);

/* Lines of an audit log: a switchover that ended, a refusal, a restart without an end. */
extern const char scene_audit[];

#endif
