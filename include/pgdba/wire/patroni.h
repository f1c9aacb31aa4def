/*
 * wire/patroni.h: Patroni's REST bodies to facts, and requests to bytes. Versions 2.1 to 4.1. Pure.
 * Reference: "patroni.md" §1.3 to §1.6, §2.
 *
 * Parsers take any bytes: what is not what it must be is ST_INVALID with a reason, never a crash;
 * unknown keys are passed over; texts are cleaned. Caps: 1,000 members, 10,000 history items, 64
 * tags a member (more: ST_INVALID "absurd").
 */
#ifndef PGDBA_WIRE_PATRONI_H
#define PGDBA_WIRE_PATRONI_H

#include <stddef.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/err.h"
#include "pgdba/model/facts.h"
#include "pgdba/model/patroni.h"
#include "pgdba/model/plan.h"

/* *out is the caller's (facts_unref); root is the type named. */
enum status wire_patroni_cluster(const char *body, size_t n, struct facts **out,
                                 struct err *e); /* struct cluster_view */
/* http_status and the Date header go in with the body. */
enum status wire_patroni_health(const char *body, size_t n, int http_status, const char *date,
                                struct facts **out, struct err *e); /* struct member_health */
enum status wire_patroni_history(const char *body, size_t n, struct facts **out,
                                 struct err *e); /* struct history */
enum status wire_patroni_config(const char *body, size_t n, struct facts **out,
                                struct err *e); /* struct dynamic_config */

/* "2026-11-20 23:28:46.856609+00:00" to wall µs; false when it is not that. */
bool wire_patroni_time(const char *s, int64_t *wall_us);
/* "4.1.4" to 40104; 0 when it is not that. */
int wire_patroni_version(const char *s);

/* Bodies of requests. at_us: wall time, 0 now. */
void wire_switchover_body(struct buf *out, const char *leader, const char *candidate,
                          int64_t at_us);
void wire_failover_body(struct buf *out, const char *candidate);
/* pending, pg_version, timeout_s and at_us of it. Empty when none is asked for. */
void wire_restart_body(struct buf *out, const struct request *r);
void wire_reinit_body(struct buf *out, bool force, bool from_leader);
void wire_pause_body(struct buf *out, bool pause);
void wire_demote_body(struct buf *out, const struct standby_of *to);

/* What the text of an answer to a POST means (reference §2.2, §2.5, §2.7). The status alone does
 * not tell. */
enum wire_answer {
    WIRE_DONE,            /* 200 */
    WIRE_ACCEPTED,        /* 202, or reinitialize started */
    WIRE_REFUSED,         /* a definite no: nothing was started */
    WIRE_UNKNOWN_OUTCOME, /* "status unknown", "still starting": goes on by itself */
    WIRE_UNAUTHORISED,    /* 401, 403 */
    WIRE_FAILED           /* it began and failed */
};
enum wire_answer wire_patroni_answer(enum action_kind kind, int status, const char *body, size_t n);
#endif
