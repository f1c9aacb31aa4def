/*
 * rig.h: a Patroni source on a real loop with short waiting times, and all that it says.
 */
#ifndef PGDBA_TEST_SOURCE_RIG_H
#define PGDBA_TEST_SOURCE_RIG_H

#include "fake.h"
#include "pgdba/base/arena.h"
#include "pgdba/config/cluster.h"
#include "src/source/tunables.h"

enum { RIG_SEEN = 4096 };

struct rig {
    struct clock clock;
    struct net_loop *loop;
    struct net_resolver *resolver;
    struct net_http *http;
    struct net_timer *waker;
    struct cluster_config config;
    struct source_tunables t;
    struct source_ctx ctx;
    struct source_patroni *p;
    int64_t refresh_us;
    struct fake fake;
    struct arena arena;
    int nseen;
    struct observation seen[RIG_SEEN]; /* copies */
};

/* n fake members, all given as URLs. */
void rig_init(struct rig *r, int n);
void rig_release(struct rig *r);
void rig_urls(struct rig *r, int n, ...); /* const char *: instead of the members' own */
void rig_start(struct rig *r);

/* Turns the loop until done(r, arg); fails the test after ten seconds. */
void rig_until(struct rig *r, bool (*done)(struct rig *r, const void *arg), const void *arg,
               const char *what);
void rig_for(struct rig *r, int64_t us);

/* The last observation of that kind about target, NULL none. */
const struct observation *rig_last(const struct rig *r, enum obs_kind kind, const char *target);
int rig_count(const struct rig *r, enum obs_kind kind, const char *target,
              int outcome /* -1 any */);
/* Waits for one with that outcome, from now on. */
const struct observation *rig_wait(struct rig *r, enum obs_kind kind, const char *target,
                                   enum obs_outcome outcome);

#endif
