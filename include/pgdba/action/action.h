/*
 * action/action.h: plan -> check -> confirm -> re-check -> run -> verify -> audit. One file an
 * action; this is what is above them.
 */
#ifndef PGDBA_ACTION_ACTION_H
#define PGDBA_ACTION_ACTION_H

#include "pgdba/base/clock.h"
#include "pgdba/base/err.h"
#include "pgdba/base/log.h"
#include "pgdba/config/cluster.h"
#include "pgdba/model/audit.h"
#include "pgdba/model/facts.h"
#include "pgdba/model/held.h"
#include "pgdba/model/plan.h"

struct net_loop;
struct net_http;
struct net_resolver;
struct audit;
struct policy;

/* Where requests can be sent: the routes of source/patroni, handed down by app/ (action may not use
 * source). */
struct action_route {
    const char *base; /* "http://host:port"; NULL: not reachable */
    const char *connect_host;
    int connect_port;
    const char *why;
};

/* A way that SQL can go: one of the probe's. */
struct action_sql_route {
    const char *conninfo; /* NULL: there is none of that name, why says what there is */
    const char *password; /* NULL: libpq's own ways */
    const char *label;    /* "app@127.0.0.1:5000/app" */
    const char *why;
    const char *const *extra; /* "key=value" that win over conninfo; NULL none */
    const char *setup;        /* SQL that goes first on the connection; NULL none */
};

/* etcd, asked with the endpoint, the login and the dialect of its source. */
struct action_etcd_reply {
    bool sent;     /* false: it never left */
    bool definite; /* etcd has answered, with 200 or a refusal */
    bool refused;
    const char *body; /* valid during the call */
    size_t body_len;
    const char *text; /* for people; "" */
};
typedef void action_etcd_fn(void *arg, const struct action_etcd_reply *reply);
struct action_etcd {
    void *arg;
    const char *(*where)(void *arg); /* "http://h:2379/v3"; NULL: nowhere. Function NULL: no etcd */
    void *(*send)(void *arg, const char *path, const char *body, int64_t timeout_us,
                  action_etcd_fn *fn, void *fn_arg);
    void (*cancel)(void *arg, void *call);
};

/* What is done to a PgBouncer and is to be taken back, on disk. */
struct action_memory {
    void *arg;
    /* On disk when it returns, and this program's until its run has ended. ST_CONFLICT: an earlier
     * one has not been taken back, or another program is at work on it. */
    enum status (*keep)(void *arg, const struct held *h, struct err *e);
    /* From here on this program takes it back, and no other. ST_CONFLICT: another one does now;
     * ST_NOT_FOUND: it is done. */
    enum status (*claim)(void *arg, const struct held *h, struct err *e);
    /* One that is not there is no error; one that another program is at work on stays. */
    void (*forget)(void *arg, const struct held *h);
    /* What nobody is at work on, of this cluster; valid until the next call. */
    const struct held_list *(*list)(void *arg);
};

struct action_env {
    struct net_resolver *resolver;
    struct net_loop *loop;
    struct net_http *http;
    const struct clock *clock;
    const struct cluster_config *config;
    struct audit *audit;
    struct log *log;
    bool read_only;        /* refused where requests are sent, whatever the views did */
    struct policy *policy; /* asked there as well; NULL: nothing may be sent */
    const char *password;  /* Basic, NULL none */
    struct action_route (*route)(void *arg, const char *member);
    void *route_arg;
    /* Valid until the next call; NULL where no SQL is sent. */
    struct action_sql_route (*sql_route)(void *arg, const char *via);
    void *sql_route_arg;
    /* The same to PostgreSQL of r's member, as r's user, in r's database. */
    struct action_sql_route (*sql_member)(void *arg, const struct request *r);
    void *sql_member_arg;
    /* To the admin console of the PgBouncer of that name, as its admin. Valid until the next call.
     */
    struct action_sql_route (*bouncer)(void *arg, const char *name);
    void *bouncer_arg;
    struct action_memory memory;
    struct action_etcd etcd;
    /* Every source is asked again now, or with way those of the clients' way alone: PgBouncer and
     * HAProxy. NULL: cannot be. */
    void (*hurry)(void *arg, bool way);
    void *hurry_arg;
    void (*changed)(void *arg, const struct operation *op); /* progress; op valid during the call */
    void *changed_arg;
};

/* Builds the plan with its checks: analysis/preflight's, and five of its own: "route" (a member's
 * API cannot be reached from here: blocks), "read-only" and "policy" (block), "bouncer-right" (who
 * would act on a PgBouncer is none of its admins: blocks), "plain-http" (a password goes out
 * unencrypted: warns). A plan is made even when checks block (so that the reasons can be shown); a
 * request that names no such member is ST_USAGE or ST_NOT_FOUND with the nearest name. */
enum status action_plan(const struct action_env *env, const struct snapshot *s,
                        const struct request *r, bool operation_running, struct plan **out,
                        struct err *e);
void plan_free(struct plan *p);

/* At Enter: ST_CONFLICT when leader or timeline moved since the plan (both values said), ST_REFUSED
 * when a check blocks now, or a PgBouncer that it writes to has not answered since plan.looked_us
 * (unless it was silent when the plan was made), ST_OK else. */
enum status action_recheck(const struct plan *p, const struct snapshot *now, bool operation_running,
                           int64_t now_us, struct err *e);

struct action_run; /* one running operation */

/* Takes the plan over, audits the intent (a line that cannot be written stops it: ST_IO), sends.
 * ST_DENIED when read-only or against the policy. Whatever refuses it is audited. */
enum status action_start(const struct action_env *env, struct plan *p, const struct snapshot *now,
                         struct action_run **out, struct err *e);
/* Every new snapshot goes in here: verification is by observation. */
void action_observe(struct action_run *r, const struct snapshot *s);
const struct operation *action_operation(const struct action_run *r);
/* Somebody wants to leave. True: it holds what it must let go of first, does that now and ends by
 * itself soon; false: leave. */
bool action_interrupt(struct action_run *r);
/* Leaves it: if it still runs, the audit log records that it was left running. Nothing is cancelled
 * on the server. */
void action_free(struct action_run *r);

/* ---- the audit log: JSON lines, 0600, append-only, fsync before a request goes out. */
enum status audit_open(struct audit **out, const char *path, const struct clock *clock,
                       struct err *e);
void audit_free(struct audit *a);
/* From here on each line goes to this syslog socket too. It never waits: failed is told, once, why
 * no copy was made. syslog stays the caller's. */
void audit_copy_to(struct audit *a, const char *syslog, void (*failed)(void *arg, const char *why),
                   void *arg);
enum status audit_intent(struct audit *a, const struct plan *p, struct err *e);
enum status audit_outcome(struct audit *a, const struct operation *op, struct err *e);
/* The last most bytes of the log at path -> struct audit_lines; an empty list when there is none
 * yet. */
enum { AUDIT_READ_MOST = 1 << 20 }; /* what the loop can afford: 40 ms */
enum status audit_read(const char *path, int64_t most, struct facts **out, struct err *e);
/* What became of an intent whose program ended without a word, as was found later: its outcome, so
 * that it is told once. */
enum status audit_found(struct audit *a, const struct audit_line *intent, const char *observed,
                        struct err *e);
/* A refusal (blocked by a check, read-only, moved at Enter, declined). */
enum status audit_refusal(struct audit *a, const struct plan *p, const char *why, struct err *e);

#endif
