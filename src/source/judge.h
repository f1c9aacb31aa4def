/*
 * judge.h: how an HTTP reply of Patroni ended, in the words of an observation. Pure.
 */
#ifndef PGDBA_SOURCE_JUDGE_H
#define PGDBA_SOURCE_JUDGE_H

#include "pgdba/base/buf.h"
#include "pgdba/model/observation.h"
#include "pgdba/net/http.h"

/* 200 and 503 with JSON are both answers of /health; a status alone is one of /liveness; the others
 * answer with 200 only (reference "patroni.md" §1.1, §1.2, §7.2). detail is replaced. */
enum obs_outcome judge_reply(enum obs_kind kind, const struct net_http_reply *r,
                             struct buf *detail);
enum obs_outcome judge_net(enum net_outcome o);

#endif
