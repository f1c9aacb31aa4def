/*
 * tests/unit/cli/fake_app.h: an app whose turns are made by the test, for shell commands that go
 * on. Time stands at SB_NOW_US and SB_WALL_US. When its turns are used up an interrupt comes.
 */
#ifndef PGDBA_TESTS_CLI_FAKE_APP_H
#define PGDBA_TESTS_CLI_FAKE_APP_H

#include "pgdba/app/app.h"
#include "pgdba/base/buf.h"

struct app {
    const struct snapshot *snapshot; /* a reference */
    struct app_subscriber sub;
    struct event_log *events;
    struct failover_list failovers;
    const char *audit; /* the log's text; NULL: it cannot be read */
    struct recording_state recording;
    bool probe_runs, leases_shown, signals_on;
    int caught_signal;
    int writable_fd;
    void (*writable)(void *arg); /* is waited for */
    void *writable_arg;
    const char *sql_error; /* of a query; NULL: it is answered */
    bool v6;
    const char *refusal; /* of what is asked for; NULL: none */
    /* Each turn of the loop; n counts from 0. */
    void (*turn)(struct app *a, int n);
    int turns, done_turns;
    struct buf log; /* "record x; probe haproxy every 100 ms; " */
};

void fake_app_init(struct app *a, const struct snapshot *s); /* takes the reference over */
void fake_app_release(struct app *a);
/* There is room again on the descriptor that is waited for, if any. */
void fake_app_writable(struct app *a);
/* Adds it to the events and tells it. */
void fake_app_tell(struct app *a, const struct event *e);

#endif
