/*
 * app/connect.h: `cluster connect`: asks the given URLs who they are before anything is written.
 */
#ifndef PGDBA_APP_CONNECT_H
#define PGDBA_APP_CONNECT_H

#include "pgdba/app/app.h"
#include "pgdba/base/buf.h"

/* Fills member_urls (by patroni.name from 3.2, before that by what can be matched safely:
 * host:port, or the only leader), scope, and a report for people. ST_UNREACHABLE when no URL
 * answered, ST_INVALID when they belong to different scopes. */
enum status connect_discover(struct app *a, struct cluster_config *c, struct buf *report,
                             struct err *e);

#endif
