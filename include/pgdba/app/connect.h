/*
 * app/connect.h: `cluster connect`: asks the given URLs who they are before anything is written.
 */
#ifndef PGDBA_APP_CONNECT_H
#define PGDBA_APP_CONNECT_H

#include "pgdba/app/app.h"
#include "pgdba/base/buf.h"

/* Fills scope where it was not given, and a report for people: who answers at each URL, and which
 * members cannot be reached from here. ST_UNREACHABLE when no URL answered, ST_INVALID when they
 * belong to different scopes. The cluster is left open in a. */
enum status connect_discover(struct app *a, struct cluster_config *c, struct buf *report,
                             struct err *e);

#endif
