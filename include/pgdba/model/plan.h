/*
 * model/plan.h: a change, before and while it happens: what was asked (request), what would be done
 * (plan), and how it goes (operation). Plain data; action/ makes and drives them, console/ and cli/
 * show them.
 */
#ifndef PGDBA_MODEL_PLAN_H
#define PGDBA_MODEL_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/table.h"
#include "pgdba/model/cluster.h"

enum action_kind {
    ACT_SWITCHOVER,
    ACT_SWITCHOVER_AT,     /* the same, later, by Patroni */
    ACT_CANCEL_SWITCHOVER, /* the one that is scheduled */
    ACT_FAILOVER,          /* to a named candidate, also without a leader */
    ACT_RESTART,
    ACT_RESTART_AT,
    ACT_CANCEL_RESTART,
    ACT_ROLLING, /* restart, one after the other, the leader last or first as PostgreSQL needs it */
    ACT_RELOAD,
    ACT_REINIT,
    ACT_PAUSE,
    ACT_RESUME,
    ACT_CONFIG,      /* the dynamic configuration */
    ACT_DEMOTE,      /* the cluster becomes a standby cluster */
    ACT_PROMOTE,     /* a standby cluster becomes a cluster of its own */
    ACT_PROBE_START, /* makes the write probe's schema; the probe itself starts after it */
    ACT_PROBE_DROP,  /* drops it */
    ACT_QUERY,       /* SQL that may write, to one member */
    ACT_REMOVE,      /* every key of a cluster that is no more, out of etcd */
    ACT_PGB_PAUSE,   /* PgBouncer's commands, from here on */
    ACT_PGB_RESUME,
    ACT_PGB_RECONNECT,
    ACT_PGB_RELOAD,
    ACT_PGB_ENABLE,
    ACT_PGB_DISABLE,
    ACT_PGB_KILL,
    ACT_PGB_SET,
    ACT_PGB_SHUTDOWN,
    ACT_HOLD,     /* a switchover while PgBouncer holds the clients */
    ACT_HA_READY, /* HAProxy: servers by the runtime socket; every one of them in turn */
    ACT_HA_DRAIN,
    ACT_HA_MAINT,
    ACT_HA_SHUT, /* ends the sessions of servers */
    ACT_COUNT
};

enum { HOLD_LONGEST_S = 20 }; /* that PgBouncer's clients are held for a switchover */

/* What the operator asked for. Strings belong to whoever made it; a plan copies them. */
struct request {
    enum action_kind kind;
    const char *leader;    /* switchover: must be this one; NULL: whoever leads now */
    const char *candidate; /* switchover: NULL lets Patroni choose; failover: needed */
    int64_t at_us;         /* *_AT: wall time */
    int nmembers;          /* restart, reload, cancel restart: of these or of role; reinit: one */
    const char *const *members;
    enum member_role { MEMBERS_NAMED, MEMBERS_LEADER, MEMBERS_REPLICAS, MEMBERS_ALL } role;
    bool any;               /* restart: just one of the role, the first that is fit */
    bool pending;           /* restart only those with a pending restart */
    const char *pg_version; /* restart only those that run an older PostgreSQL; NULL */
    bool force;             /* reinit: cancel what is in progress */
    bool from_leader;       /* reinit: copy from the leader, not from a clone source (4.1) */
    int64_t timeout_s;      /* restart: 0 = not sent */
    int64_t max_lag;        /* rolling: bytes a restarted replica may be behind before the next */
    bool hand_over;         /* rolling: the leader goes by a switchover and is restarted after it */
    int nsettings;          /* config: "ttl=30", by path */
    const char *const *settings;
    const char *patch; /* config: a JSON merge patch, instead of settings; made of them in a plan */
    const char *base;  /* config: what it was made from, as JSON; NULL: what is there now */
    struct standby_of {
        const char *host, *restore_command, *slot; /* NULL not given */
        int64_t port;                              /* 0 not given */
    } follow;                                      /* demote: the cluster to follow */
    const char *via;                               /* probe: the route */
    int64_t every_us;                              /* probe start: 0 = 100 ms */
    const char *sql, *dbname, *user;               /* query; NULL: as configured */
    int64_t sql_timeout_us;                        /* query: 0 = 30 s */
    const char *prefix; /* remove, hold: of the keys; filled in by its plan */
    bool release_lock;  /* hold: the old leader's, once its PostgreSQL has stopped */
    int nbouncers;      /* pgb, hold: of these; 0: of all there are */
    const char *const *bouncers;
    int ndatabases; /* pgb, hold: these, each by its name */
    const char *const *databases;
    bool everywhere;    /* pgb: on every one, said so */
    bool left;          /* pgb resume: what an earlier run left behind */
    bool whole;         /* pgb: the switch over all databases at once, which is another one */
    const char *client; /* pgb kill: one client by its id */
    const char *drain;  /* pgb shutdown: waits for "clients" or "servers"; NULL: at once */
    int64_t within_us;  /* pgb pause, hold: drained by then, or undone; 0 = 5 s */
    int nservers;       /* haproxy: by their names there, or by members' */
    const char *const *servers;
    const char *backend; /* haproxy: only there; NULL: wherever they are */
    int non;             /* haproxy: on these; 0: on all */
    const char *const *on;
};

enum check_verdict { CHECK_PASS, CHECK_WARN, CHECK_BLOCK };

struct check_result {
    const char *check; /* "candidate-lag": stable */
    enum check_verdict verdict;
    const char *reason; /* a sentence with the numbers in it */
    /* Of a warning about how much of something there is (bytes, µs, clients): how much, and by how
     * much it may grow until it is no longer what was confirmed. 0: not of that kind. */
    int64_t amount, slack;
};

enum fitness {
    FIT,
    DOUBTFUL, /* Patroni might take it; we would not rely on it, or cannot know */
    UNFIT     /* Patroni refuses it */
};

/* One who could lead next. */
struct plan_candidate {
    const char *name;
    enum fitness fitness;
    bool asked_for;     /* the request names it */
    const char *reason; /* what speaks against it, then what is known of it */
};

/* One request as it will go out, shown word for word (secrets hidden). */
struct plan_step {
    const char *member;       /* whose outcome this is */
    const char *summary;      /* "restart PostgreSQL on pg2" */
    const char *method;       /* POST; "SQL": body goes to the route's PostgreSQL; "PgBouncer" */
    const char *url;          /* SQL: where to, for people: "app@127.0.0.1:5000/app" */
    const char *body;         /* JSON, "" when none */
    const char *connect_host; /* connected to there instead of the URL's host; NULL */
    int connect_port;
    int64_t timeout_us;    /* how long its answer is waited for */
    bool authenticated;    /* Basic authentication is sent; the secret is not shown */
    bool hands_over;       /* after it member leads (a rolling restart's switchover) */
    bool if_pending;       /* sent only when member has a restart pending by then */
    const char *etcd_path; /* to etcd; NULL: not */
    bool to_member;        /* SQL: to member's own PostgreSQL, not through a route of that name */
    bool to_bouncer;       /* to the admin console of the PgBouncer that member names */
    const char *argument;  /* of that command: a database, a client's id, "key=value"; NULL: none */
    const char *socket;    /* body is a line to this socket (HAProxy's); NULL: not */
};

/* What the operator must type to confirm. */
enum confirm_kind {
    CONFIRM_YES, /* y/N */
    CONFIRM_WORD /* the word, exactly */
};

/* One of the words that are asked for, one after the other. */
struct confirm_word {
    const char *what; /* "the cluster's name" */
    const char *word;
};

/* A fact that a plan stands on, as words. */
struct plan_fact {
    const char *what; /* "the pause" */
    const char *is;   /* "on"; NULL: not known */
    bool secret;      /* what it was and is can not be said in a line */
};

struct plan {
    struct arena arena;
    enum action_kind kind;
    struct request request; /* copied */
    uint64_t snapshot_id;
    int64_t made_us; /* monotonic */
    const char *cluster;
    enum environment environment;
    const char *leader; /* at the time; NULL none */
    int64_t timeline;   /* at the time; 0 unknown */
    const char *title;  /* "Switchover lab: pg1 -> pg2" */
    int nlines;
    const char *const *lines; /* what will happen, to whom, how long, how to undo */
    int nchecks;
    const struct check_result *checks; /* blocks first, then warnings, then passes */
    enum check_verdict worst;
    int ncandidates;
    const struct plan_candidate *candidates; /* where one is to lead next; the fittest first */
    int nsteps;
    const struct plan_step *steps; /* one after the other */
    enum confirm_kind confirm;
    const char *confirm_word; /* for CONFIRM_WORD */
    const char *confirm_what; /* "the new leader's name", "the cluster's name" */
    bool always_asked;        /* no option stands for the answer */
    int nmore_words;          /* to be typed after confirm_word */
    const struct confirm_word *more_words;
    int nfacts; /* besides leader and timeline: what must not move until it is confirmed */
    const struct plan_fact *facts;
    /* One a step: its PgBouncer did not answer when the plan was made, which is warned of. */
    const bool *silent;
    int64_t looked_us; /* everybody was asked once more, from then on; 0 not (nobody read it) */
    int64_t revision;  /* of the DCS, that it was made from; 0 not known */
    const char *equivalent; /* the command in full, for the log and for --dry-run */
    const char
        *accepted; /* how its warnings were confirmed: "asked", "--force-warnings"; NULL not */
};

enum op_state {
    OP_RUNNING,
    OP_DONE,           /* as planned, observed */
    OP_DONE_ELSEWHERE, /* another candidate won */
    OP_REFUSED,        /* the server said no, nothing changed */
    OP_FAILED,         /* it began and did not end well */
    OP_UNKNOWN         /* the deadline passed and it cannot be told; says what to look at */
};

enum phase_state { PHASE_WAITING, PHASE_ACTIVE, PHASE_DONE, PHASE_FAILED, PHASE_SKIPPED };

struct op_phase {
    const char *name; /* "lock released" */
    enum phase_state state;
    int64_t at_us;    /* monotonic, when it was reached; 0 not yet */
    const char *note; /* "pg2 on timeline 4", "" */
};

/* A running or ended operation, as of now. Owned by action/; read it, do not keep it. */
struct operation {
    const struct plan *plan;
    enum op_state state;
    int64_t started_us, ended_us; /* monotonic; ended 0 while it runs */
    int64_t started_wall_us;
    int nphases;
    const struct op_phase *phases;
    const char *waiting_for;    /* while it runs: "pg1 to stream again" */
    const char *outcome;        /* when ended: one sentence of what was observed; "" before */
    const char *answer;         /* what HTTP said last, for the record; "" */
    const struct table *result; /* rows that SQL gave back, cleaned; NULL none */
    uint64_t revision;          /* goes up with every change */
};

/* The words to be typed: none where a yes is enough. */
int plan_nwords(const struct plan *p);
struct confirm_word plan_word(const struct plan *p, int i);
const char *action_name(enum action_kind k);          /* "switchover" */
const char *op_state_name(enum op_state s);           /* "done elsewhere" */
const char *check_verdict_name(enum check_verdict v); /* "pass", "warn", "block" */
const char *fitness_name(enum fitness f);             /* "fit", "doubtful", "unfit" */

#endif
