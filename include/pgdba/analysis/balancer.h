/*
 * analysis/balancer.h: HAProxy's servers, as a change means them. Pure.
 */
#ifndef PGDBA_ANALYSIS_BALANCER_H
#define PGDBA_ANALYSIS_BALANCER_H

#include "pgdba/base/arena.h"
#include "pgdba/base/err.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/plan.h"

/* One server in one backend of one HAProxy. */
struct balancer_target {
    const struct haproxy *h;
    const struct ha_row *row;
};

/* Is h among those that r asks for? */
bool balancer_asked(const struct request *r, const struct haproxy *h);
/* Every server that r asks for: by its name in HAProxy, else by the name of the member that it
 * leads to; both also as "rw/pg1", which is of that backend alone. In the order of the snapshot; in
 * the arena. */
const struct balancer_target *balancer_targets(const struct snapshot *s, const struct request *r,
                                               struct arena *a, int *n);
/* "lb1 rw/pg2": how one is called; in the arena. */
const char *balancer_name(const struct haproxy *h, const struct ha_row *row, struct arena *a);
/* The row of that name now, and its HAProxy; both NULL when it is not there any more. */
const struct ha_row *balancer_find(const struct snapshot *s, const char *name, struct arena *a,
                                   const struct haproxy **h);
/* How many servers of that backend would still take connections, were r carried out. */
int balancer_left(const struct snapshot *s, const struct request *r, const struct haproxy *h,
                  const char *proxy);
/* The backends that r would leave with nobody, each once: what is to be typed. The names are the
 * snapshot's. */
const char *const *balancer_emptied(const struct snapshot *s, const struct request *r,
                                    struct arena *a, int *n);
/* Does the request make sense at all? ST_USAGE, ST_NOT_FOUND with the nearest name, else ST_OK. */
enum status balancer_check(const struct snapshot *s, const struct request *r, struct err *e);

#endif
