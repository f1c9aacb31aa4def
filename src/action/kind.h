/*
 * action/kind.h: what one kind of action adds to the common course of plan, run and verification.
 * One file a kind; nobody else knows their details.
 */
#ifndef PGDBA_ACTION_KIND_H
#define PGDBA_ACTION_KIND_H

#include "pgdba/action/action.h"
#include "pgdba/base/buf.h"
#include "pgdba/net/http.h"
#include "pgdba/wire/patroni.h"

/* Whether requests may leave at all: ST_DENIED with the reason, *who says "read-only" or "policy".
 */
enum status action_allowed(const struct action_env *env, const struct request *r, const char **who,
                           struct err *e);

/* ---- making a plan
 * ------------------------------------------------------------------------------- */

struct planner {
    const struct action_env *env;
    const struct snapshot *s;
    struct plan *plan;
    const char **lines;
    struct plan_step *steps;
    struct check_result *checks; /* own ones, besides those of analysis/preflight */
    int nchecks, cap_lines, cap_steps, cap_checks;
};

void planner_line(struct planner *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void planner_check(struct planner *b, const char *check, enum check_verdict v, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* A request to path at via's API with this body ("" none); whose outcome it is: member. A missing
 * route is a check that blocks. */
void planner_send(struct planner *b, const char *method, const char *member, const char *via,
                  const char *path, const char *body, int64_t timeout_us, const char *summary);
/* The member that is asked for what any of them can do: the leader, unless its API cannot be
 * reached from here; then one that answers. */
const char *planner_whom(const struct planner *b);
/* Resolves who is meant (request.members, role, any) to names, in the order of the snapshot; in the
 * plan's request they are MEMBERS_NAMED then. ST_USAGE when nobody is. */
enum status planner_members(const struct snapshot *s, struct plan *p, struct err *e);
/* " pg1 pg2" as words for a shell, appended. */
void planner_member_words(struct planner *b, struct buf *out);
/* SQL through one of the probe's routes. A missing route is a check that blocks. */
void planner_sql(struct planner *b, const char *via, const char *sql, int64_t timeout_us,
                 const char *summary);
/* SQL to the PostgreSQL of the request's one member. */
void planner_sql_member(struct planner *b, const char *sql, int64_t timeout_us,
                        const char *summary);
/* A line to a socket (HAProxy's): whose it is, member. Without a socket the plan's own check
 * blocks. */
void planner_socket(struct planner *b, const char *member, const char *socket, const char *line,
                    int64_t timeout_us, const char *summary);
/* To etcd itself, by the endpoint, login and dialect that its source has found out: path after
 * "/v3". */
void planner_etcd(struct planner *b, const char *path, const char *body, int64_t timeout_us,
                  const char *summary);
/* sql to the admin console of a PgBouncer; argument: what of it the run needs by itself. */
void planner_bouncer(struct planner *b, const char *bouncer, const char *sql, const char *argument,
                     int64_t timeout_us, const char *summary);
const char *planner_quote(struct planner *b, const char *word); /* for a shell */
/* "pgdba VERB --cluster NAME", for the equivalent command. */
const char *planner_command(struct planner *b, const char *verb);
/* ST_NOT_FOUND with the nearest name, ST_OK when it is a member of s. */
enum status planner_known(const struct snapshot *s, const char *name, struct err *e);

/* ---- carrying it out
 * ------------------------------------------------------------------------------ */

struct action_io;

struct action_run {
    struct action_env env;
    struct action_io *io;
    const struct action_ops *ops;
    struct plan *plan;
    struct arena arena; /* notes and sentences */
    struct operation op;
    struct op_phase *phases;
    const struct snapshot *last; /* a reference */
    int step;                    /* the plan's step that was sent last; -1 before the first */
    void *call;                  /* waits for its answer; NULL: none */
    enum call_way { CALL_HTTP, CALL_SQL, CALL_ETCD, CALL_LINE } way; /* of the call */
    int64_t sent_us;                                                 /* when the step was sent */
    const struct plan_step
        *unanswered;     /* sent, changes something, and nothing was said to it; NULL */
    int64_t deadline_us; /* when ops->expired is called; 0: never */
    uint64_t told;       /* the revision that env.changed has seen */
    int first;           /* what phase 0 stands for: a run within a run has its own */
    int between;         /* phases of its own that stand before the last of the run within */
    bool left;           /* the operator leaves it while it runs */
    void *state;         /* the kind's own, in the arena */
    void *outer;         /* the same of the run that has this one within; NULL: none */
};

/* How the answer to a step came out, whatever it says. */
struct step_answer {
    bool sent;                 /* false: the request never left, nothing can have happened */
    bool definite;             /* the server said something about the outcome */
    bool final;                /* 4xx: this request started nothing, whatever is seen */
    enum wire_answer means;    /* when definite; WIRE_UNKNOWN_OUTCOME else */
    const char *text;          /* for people */
    const struct table *table; /* what SQL returned; NULL none */
    const char *body;          /* what HTTP returned, whole; "" none; valid during the call */
    size_t body_len;
};

struct action_ops {
    /* Is the request one that makes sense here? May complete p->request (the leader). */
    enum status (*check)(const struct snapshot *s, struct plan *p, struct err *e);
    void (*plan)(struct planner *b);
    void (*begin)(struct action_run *r); /* phases; r->last is the snapshot at Enter */
    void (*observe)(struct action_run *r, const struct snapshot *s);
    void (*answered)(struct action_run *r, const struct step_answer *a);
    void (*expired)(struct action_run *r); /* deadline_us has come */
    /* The run is about to end: true takes that over, and it ends later, by another run_end(). */
    bool (*ending)(struct action_run *r, enum op_state state, const char *outcome);
    void (*arm)(struct action_run *r);     /* sets deadline_us, at the end of every event; NULL */
    void (*release)(struct action_run *r); /* what it has open */
    bool elects;                           /* somebody else is to lead after it */
    /* The operator wants to leave: true when it first ends something, soon, and then by itself. */
    bool (*interrupt)(struct action_run *r);
    bool begins_itself; /* begin() sends, not the plan's first step */
};

extern const struct action_ops switchover_ops, switchover_at_ops, cancel_switchover_ops,
    failover_ops, restart_ops, restart_at_ops, cancel_restart_ops, rolling_ops, reload_ops,
    reinit_ops, pause_ops, resume_ops, config_ops, demote_ops, promote_ops, probe_start_ops,
    probe_drop_ops, query_ops, remove_ops, pgb_ops, hold_ops, haproxy_ops;
const struct action_ops *action_ops_of(enum action_kind k);

int64_t run_now(const struct action_run *r);
/* Sends the next step. The only place that sends. False: it could not be (the run has ended). */
bool run_send_next(struct action_run *r);
/* GET of member's API, beside the steps: fn once, later, unless io->cancel(*call). *call NULL:
 * there is no way to it. */
void run_get(struct action_run *r, void **call, const char *member, const char *path,
             int64_t timeout_us, net_http_fn *fn, void *arg);
void run_drop_call(struct action_run *r); /* no longer interested in the answer */
void run_end(struct action_run *r, enum op_state state, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool run_ended(const struct action_run *r);
void run_touch(struct action_run *r); /* something of the operation has moved */
/* The last thing in an event that came from outside: sets the alarm, tells of what moved. */
void run_settle(struct action_run *r);
void run_wait_for(struct action_run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void run_phases(struct action_run *r, int n, const char *const *names);
/* Moves a phase; one that has ended stays. note NULL: as it is. */
void run_phase(struct action_run *r, int i, enum phase_state state, const char *note);
/* A milestone is seen: phase i is done, those before it that were not seen are skipped, the next
 * one is waited for. */
void run_phase_reach(struct action_run *r, int i, const char *note);
bool run_phase_reached(const struct action_run *r, int i);
/* "Patroni said: …" for the end of a sentence, "" when it said nothing. */
const char *run_said(struct action_run *r);

/* ---- reading the picture (evidence.c): nothing older than since_us counts
 * --------------------------- */

bool seen_view(const struct snapshot *s, int64_t since_us);
bool seen_health(const struct member *m, int64_t since_us);
/* PostgreSQL on m runs as leader, by its own word (by /cluster, where its API cannot be reached).
 */
bool seen_leading(const struct snapshot *s, const struct member *m, int64_t since_us);
/* m is a replica that streams again. */
bool seen_streaming(const struct snapshot *s, const struct member *m, int64_t since_us);
/* Down, stopping or being made, by its own word or /cluster's. */
bool seen_down(const struct snapshot *s, const struct member *m, int64_t since_us);
/* The postmaster is another one than `before` (NULL: not known; then its start time is compared
 * with since_us on its host's own clock). */
bool seen_restarted(const struct member *m, const char *before, int64_t since_us);
/* m's present start time to compare with later, in the arena; NULL when it is not known for sure.
 */
const char *seen_start_time(const struct snapshot *s, const struct member *m, int64_t now_us,
                            struct arena *a);
int64_t seen_timeline(const struct snapshot *s, const struct member *m, int64_t since_us);
/* "stopping", "creating replica": the words of the better source; "" when nothing is known. */
const char *seen_state(const struct snapshot *s, const struct member *m, int64_t since_us);

/* Patroni's own numbers, its defaults where /config is not known; seconds. */
struct patroni_times {
    int64_t ttl, loop_wait, retry_timeout;
};
struct patroni_times patroni_times(const struct snapshot *s);

#endif
