/* What the tests of recording, replaying and keeping share: an application whose cluster is fed by
 * hand, in a state directory of its own. */
#ifndef PGDBA_TESTS_APP_RECORDED_H
#define PGDBA_TESTS_APP_RECORDED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app_private.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/path.h"

#define MONO (5000 * USEC_PER_SEC)
#define WALL (INT64_C(1763694720) * USEC_PER_SEC) /* 2025-11-21T03:12:00Z */

struct recorded {
    struct clock clock;
    struct app *app;
    char *dir;
    char *path; /* of the recording */
    int errors, snapshots, events, failovers;
    struct buf said; /* errors, a line each */
};

int recorded_setup(void **state);
int recorded_teardown(void **state);
/* A new application; the one before goes. */
void recorded_start(struct recorded *r, bool keep_events);
/* Opens a cluster "lab" of one PgBouncer, without anything that could be asked. */
void recorded_open(struct recorded *r);

/* Turns the loop until cond(arg); the test fails after 20 s, with what was waited for. */
void recorded_wait(struct recorded *r, bool (*cond)(const struct app *a, void *arg), void *arg,
                   const char *what);
void recorded_turns(struct recorded *r); /* until nothing is left to be done at once */

/* As a source would have it, now. */
struct observation recorded_says(const struct recorded *r, enum obs_kind kind, const char *target,
                                 const char *body);
/* malloc'ed: /cluster with that leader of pg1, pg2, pg3. NULL: nobody leads. */
char *recorded_cluster(const char *leader, int timeline);
char *recorded_health(const char *name, bool leads, int timeline);

/* All that can be told apart between two pictures: the snapshot, events and failovers. */
void recorded_digest(const struct app *a, struct buf *out);
/* The whole file. */
void recorded_read(const char *path, struct buf *out);

#endif
