/*
 * tests/unit/console/fake_app.h: an app that only writes down what the console asks of it.
 */
#ifndef PGDBA_TESTS_FAKE_APP_H
#define PGDBA_TESTS_FAKE_APP_H

#include "pgdba/app/app.h"
#include "pgdba/base/buf.h"

struct app {
    const struct snapshot *snapshot;
    const struct operation *op;
    int64_t refresh_us;
    bool read_only, stopped;
    struct plan *next_plan; /* what app_plan() gives; NULL: it refuses */
    const char *sql_error;  /* of a query; NULL: it is answered */
    bool v6;
    bool not_looked;     /* nobody has been asked since */
    bool not_ready;      /* not everybody has been asked once */
    const char *refusal; /* of app_plan() or app_execute(), NULL: none */
    const char *denied;  /* of app_may(), for that kind; NULL: none */
    enum action_kind denied_kind;
    const struct clock *clock;
    const struct event_log *events;
    struct failover_list failovers;
    const char *audit; /* the log's text; NULL: it cannot be read */
    struct replay_state replay;
    struct recording_state recording;
    const char *left; /* on PgBouncers; NULL: nothing */
    bool leases_shown, probe_runs;
    struct buf log; /* "plan switchover pg2; execute; " */
};

void fake_app_init(struct app *a);
void fake_app_release(struct app *a);

#endif
