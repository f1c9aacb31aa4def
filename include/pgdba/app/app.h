/*
 * app/app.h: wires it together: sources -> store -> subscribers; runs requests. What the console,
 * the shell commands and the drills see of everything below: they never touch net/, source/ or
 * action/.
 */
#ifndef PGDBA_APP_APP_H
#define PGDBA_APP_APP_H

#include <stdbool.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/err.h"
#include "pgdba/base/log.h"
#include "pgdba/base/table.h"
#include "pgdba/config/cluster.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/event.h"
#include "pgdba/model/facts.h"
#include "pgdba/model/failover.h"
#include "pgdba/model/plan.h"

struct app;
struct settings;

struct app_options {
    const struct clock *clock; /* must outlive the app */
    struct log *log;           /* may be NULL */
    int64_t refresh_us;
    bool read_only;
    bool keep_events; /* write events and failovers to the state directory */
    bool skip_events; /* those of earlier runs are not read: for who never looks at them */
    const struct settings *settings; /* its policy and audit; must outlive the app; may be NULL */
    bool look_back;                  /* say what an earlier run began and did not see the end of */
};

/* Who is told. All are called on the loop, never from within a call into app. Any may be NULL. */
struct app_subscriber {
    void *arg;
    void (*snapshot)(void *arg, const struct snapshot *s);
    void (*operation)(void *arg, const struct operation *op);
    void (*error)(void *arg, const char *text);      /* something to tell the operator, one line */
    void (*event)(void *arg, const struct event *e); /* each, in order */
    /* An open failover began, changed or ended (then !f->open, once). */
    void (*failover)(void *arg, const struct failover *f);
};

struct app *app_new(const struct app_options *opt);
void app_free(struct app *a);
void app_subscribe(struct app *a, const struct app_subscriber *s); /* one; copied */

/* Takes the configuration over, reads its secrets, starts its sources. Another open cluster is
 * closed first (refused with ST_CONFLICT while an operation runs). */
enum status app_open(struct app *a, struct cluster_config *c, struct err *e);
const struct cluster_config *app_cluster(const struct app *a); /* NULL when none is open */

const struct snapshot *app_snapshot(
    const struct app *a); /* current, not NULL after app_open; not a new reference */
/* True once every source has answered or failed once: the first complete picture. */
bool app_complete(const struct app *a);

void app_set_refresh(struct app *a, int64_t refresh_us); /* clamped to 0.5 s … 60 s */
int64_t app_refresh(const struct app *a);
int64_t app_next_refresh_us(const struct app *a); /* monotonic: when the next round begins */
void app_refresh_now(struct app *a);
bool app_read_only(const struct app *a);

/* The time of the picture: the clocks; in a replay the position in the recording. Ages are taken
 * from these, never from a clock of one's own. */
int64_t app_now_us(const struct app *a);
int64_t app_now_wall_us(const struct app *a);

/* What happened: events newest first, failovers. Both change only between turns. */
const struct event_log *app_events(const struct app *a); /* NULL before app_open */
void app_failovers(const struct app *a, struct failover_list *out);
/* Ended failovers and events of earlier runs are read from the state directory at app_open(), and
 * new ones are written there only with keep_events (a shell command that only reads, and a
 * replay, keep none). */

/* Leases of leader and members are asked for only while somebody looks at them. */
void app_show_leases(struct app *a, bool shown);
/* The same with what is long or rare in PgBouncer: OBS_BIT() of each kind that is looked at. */
void app_show_bouncers(struct app *a, uint64_t kinds);
/* What was set up may be shown: the etcd prefix watched ("" none yet), whether PostgreSQL is asked.
 */
const char *app_etcd_prefix(const struct app *a);

/* ---- recording */
struct recording_state {
    bool on;
    const char *path;
    int64_t started_us; /* monotonic */
    uint64_t bytes;     /* on disk */
    uint64_t lines;
};
/* Refused with ST_CONFLICT when one runs or the file is there, ST_IO when it cannot be written. A
 * failure later stops it and is told through the subscriber's error. */
enum status app_record_start(struct app *a, const char *path, struct err *e);
void app_record_stop(struct app *a); /* what is queued is written first, at most 2 s */
void app_recording(const struct app *a, struct recording_state *out);

/* ---- replay: a recording instead of a cluster; everything that changes something is ST_REFUSED.
 */
struct replay_state {
    bool on, playing;
    const char *path, *title; /* title: "recording of lab, 2026-11-21 03:12:00" */
    const char *note;         /* the recording's own; "" */
    double speed;
    int64_t at_us, length_us; /* since the recording began */
    int64_t start_wall_us;
    int next, count; /* observations */
    bool ended;
    bool seeking;       /* on its way there, in slices: keys go on */
    const char *broken; /* "stops at line 812: truncated"; "" sound to the end */
};
enum status app_open_recording(struct app *a, const char *path, struct err *e);
void app_replay(const struct app *a, struct replay_state *out); /* on false: live */
void app_replay_play(struct app *a, bool play);
void app_replay_step(struct app *a); /* to the next event (or the next observation that makes one);
                                        pauses */
void app_replay_seek(struct app *a, int64_t at_us); /* since the beginning; clamped */
enum status app_replay_speed(struct app *a, double speed, struct err *e); /* 0.1 … 100 */

/* ---- the probe */
struct probe_request {
    const char
        *via;   /* a route of the configuration, "haproxy", "pgbouncer", or a conninfo or URL */
    bool write; /* only after ACT_PROBE_START was carried out: app does that by itself then */
    int64_t every_us; /* 0: 100 ms */
};
/* A read probe at once. For a write probe make a plan of ACT_PROBE_START (app_plan): when it is
 * done, the probe starts. ST_NOT_FOUND for a route that is not there: says what can be given. */
enum status app_probe_start(struct app *a, const struct probe_request *r, struct err *e);
void app_probe_stop(struct app *a);
bool app_probe_running(const struct app *a);
/* Names that --via takes for this cluster, for completion. In the arena. */
int app_probe_routes(const struct app *a, struct arena *arena, const char *const **out);

/* ---- SQL that only reads, for people. One at a time. */
struct query_request {
    const char *member;        /* with MEMBERS_NAMED */
    enum member_role role;     /* else the first that is fit (analysis/whom.h) */
    const char *dbname, *user; /* NULL: as configured for the cluster, else libpq's own */
    const char *sql;
    int64_t timeout_us; /* 0: 30 s */
};
struct query_answer {                     /* valid during the call */
    const char *member, *role, *endpoint; /* "pg1", "leader", "10.0.0.1:5432/app" */
    const struct table *table;            /* cleaned; NULL with error */
    const char *error;                    /* one line; NULL: it was carried out */
    int64_t latency_us;
};
typedef void app_query_fn(void *arg, const struct query_answer *a);
/* In a read-only transaction, as one statement, so that nothing in it can end that; what a function
 * does outside of the transaction is not held back by it. fn is called once, later. */
enum status app_query(struct app *a, const struct query_request *r, app_query_fn *fn, void *arg,
                      struct err *e);
void app_query_cancel(struct app *a); /* no answer is wanted any more */
/* Where a member's PostgreSQL is reached from here. In the arena. */
enum status app_dsn(struct app *a, const char *member, enum member_role role, struct arena *arena,
                    const char **name, const char **host_port, struct err *e);
/* The dynamic configuration for people, as indented JSON. */
enum status app_config_text(const struct app *a, struct buf *out, struct err *e);

/* ---- the dynamic configuration in the operator's editor (VISUAL, EDITOR, else vi), beside the
 * loop: whoever draws on the terminal has let go of it before. A text that cannot be used is kept
 * and opened again by the next call. */
struct edited {               /* valid during the call */
    const char *patch, *base; /* for a request of ACT_CONFIG; NULL: nothing, and why says why */
    const char *why;          /* a sentence; "" */
    const char *kept;         /* the file that has what was typed, NULL: none, or nothing to keep */
};
typedef void app_edited_fn(void *arg, const struct edited *e);
/* fn is called once, later. */
enum status app_config_edit(struct app *a, app_edited_fn *fn, void *arg, struct err *e);
/* The same with a file instead of an editor, at once; the file is only read. */
enum status app_config_take(struct app *a, const char *path, app_edited_fn *fn, void *arg,
                            struct err *e);
/* What was typed is not needed any more; with keep its file stays where it is, and the next edit
 * begins anew all the same. */
void app_config_edited(struct app *a, bool keep);

/* Changes. */
/* False while the password command of Patroni runs: no plan is made before it has ended, well or
 * not. */
bool app_has_password(const struct app *a);
/* What the checks of a plan look at has been asked for once, whatever came of it. A plan made
 * before warns of what is merely not there yet. */
bool app_plan_ready(const struct app *a, enum action_kind k);
/* Everybody who answers has been asked after than_us (monotonic), of the PgBouncers those that p
 * writes to: one that was frozen since its last answer does not pass for one that is well. */
bool app_looked_since(const struct app *a, const struct plan *p, int64_t than_us);
/* What was said of an operation that has ended is taken back, or is given up on. */
bool app_acting_settled(const struct app *a);
/* Whether the policy leaves a change of this kind to whoever runs this: for menus, which grey what
 * it does not; the plan asks again. Reads a small file; nothing is audited. ST_DENIED. */
enum status app_may(struct app *a, enum action_kind k, struct err *e);
/* While a plan is open (until one of the three below takes it) the picture is refreshed at least
 * every 0.5 s, so that what is checked at Enter is of now. */
enum status app_plan(struct app *a, const struct request *r, struct plan **out, struct err *e);
void app_plan_free(struct app *a, struct plan *p);
/* Re-checks against the current snapshot and starts. Takes p over in every case. */
enum status app_execute(struct app *a, struct plan *p, struct err *e);
/* The operator declined or the plan could not go on: for the audit log. Takes p over. */
void app_decline(struct app *a, struct plan *p, const char *why);
const struct operation *app_operation(const struct app *a); /* last or running, NULL */
bool app_operation_running(const struct app *a);
/* Somebody wants to leave while it runs. True: it lets go of what it holds first (clients in
 * PgBouncer), and ends by itself within seconds; false: it may be left. */
bool app_operation_interrupt(struct app *a);

/* What an action here did to PgBouncers and nobody has taken back yet, as a line: which, what,
 * since when, who. NULL: nothing, or it is being worked on. Gone as soon as it is settled, by
 * whomever. */
const char *app_left(const struct app *a);

/* The newest lines of the audit log, of every cluster -> struct audit_lines, a new reference: its
 * last MB, or 16 when there is nobody whom it would keep waiting. Needs no open cluster. */
enum status app_audit(struct app *a, bool wait, struct facts **out, struct err *e);

/* The loop, for those who may not include net/. */
struct app_hooks {
    void *arg;
    int input_fd;                         /* -1: none */
    void (*readable)(void *arg);          /* input_fd has something */
    void (*signal)(void *arg, int signo); /* WINCH, TSTP, CONT, TERM, HUP, INT */
    void (*tick)(void *arg);              /* see app_tick_at */
    void (*idle)(void *arg);              /* end of a turn in which something happened: draw here */
};
void app_run(struct app *a, const struct app_hooks *h); /* until app_stop() */
void app_stop(struct app *a);
/* Asks for one tick at that monotonic time (µs), replacing an earlier wish; 0: none. */
void app_tick_at(struct app *a, int64_t mono_us);
/* Watches the output descriptor once for writability, then calls back; a stalled terminal must not
 * block the loop. One at a time; fd -1: not any more. */
void app_when_writable(struct app *a, int fd, void (*fn)(void *arg), void *arg);
/* Runs the loop until done(arg) or the deadline (monotonic µs). For shell commands. False:
 * deadline. */
bool app_run_until(struct app *a, bool (*done)(void *arg), void *arg, int64_t deadline_us);
/* From here on SIGINT, SIGTERM and SIGHUP do not end the program but are remembered: for a shell
 * command with an operation under way. 0: none came. */
void app_catch_signals(struct app *a);
int app_caught_signal(const struct app *a);
/* True when name look-ups still run in threads: app_leave(), then leave by _exit(). */
bool app_must_exit_hard(const struct app *a);
/* Lets go of everything but the loop: the audit log hears of an operation left running, password
 * commands are ended. app_free() does it too. */
void app_leave(struct app *a);

#endif
