/*
 * app/app.h: wires it together: sources -> store -> subscribers; runs requests. What the console,
 * the shell commands and the drills see of everything below: they never touch net/, source/ or
 * action/.
 */
#ifndef PGDBA_APP_APP_H
#define PGDBA_APP_APP_H

#include <stdbool.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/err.h"
#include "pgdba/base/log.h"
#include "pgdba/config/cluster.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/plan.h"

struct app;

struct app_options {
    const struct clock *clock; /* must outlive the app */
    struct log *log;           /* may be NULL */
    int64_t refresh_us;
    bool read_only;
};

/* Who is told. All are called on the loop, never from within a call into app. Any may be NULL. */
struct app_subscriber {
    void *arg;
    void (*snapshot)(void *arg, const struct snapshot *s);
    void (*operation)(void *arg, const struct operation *op);
    void (*error)(void *arg, const char *text); /* something to tell the operator, one line */
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

/* Changes. */
/* False while the password command of Patroni runs: no plan is made before it has ended, well or
 * not. */
bool app_has_password(const struct app *a);
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
 * block the loop. */
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
