/*
 * net/pg.c: the life of a connection: closed, resolving, connecting, busy, idle. Every step is
 * taken from the loop; the answer is always the last thing done, so that its callback may free the
 * handle.
 */
#include "pgdba/net/pg.h"

#include <stdlib.h>
#include <string.h>

#include "pg_priv.h"
#include "pgdba/base/buf.h"
#include "pgdba/net/loop.h"
#include "pgdba/net/resolve.h"
#include "priv.h"

enum pg_state { PG_CLOSED, PG_RESOLVING, PG_CONNECTING, PG_BUSY, PG_IDLE };

struct net_pg {
    struct net_loop *loop;
    struct net_resolver *resolver;
    struct pg_params params;
    struct pg_target target; /* found at the first query */
    struct err invalid;      /* the parameters were no good */

    enum pg_state state;
    PGconn *conn;
    struct net_watch *watch;
    struct net_timer *kick;     /* takes the first step */
    struct net_timer *deadline; /* of the query */
    struct net_timer *attempt;  /* of one address of several */
    struct net_lookup *lookup;
    char **address;
    int naddresses, tried;
    struct pg_progress progress;

    char *sql; /* NULL: no query runs */
    bool one;  /* exactly one statement */
    net_pg_fn *fn;
    void *arg;
    int64_t started_us, timeout_us;
    struct pg_rows rows;

    void (*lost)(void *arg);
    void *lost_arg;
};

/* Ends */

static void addresses_free(struct net_pg *c)
{
    for (int i = 0; i < c->naddresses; i++)
        free(c->address[i]);
    free(c->address);
    c->address = NULL;
    c->naddresses = 0;
    c->tried = 0;
}

static void pg_close(struct net_pg *c)
{
    net_lookup_cancel(c->lookup);
    c->lookup = NULL;
    net_watch_free(c->watch); /* before libpq closes the descriptor */
    c->watch = NULL;
    net_timer_stop(c->attempt);
    PQfinish(c->conn);
    c->conn = NULL;
    addresses_free(c);
    c->state = PG_CLOSED;
}

/* Tells the end of the query; detail is taken. The last thing its callers do: c may be gone after
 * it. */
static void pg_tell(struct net_pg *c, enum net_outcome outcome, char *detail)
{
    struct pg_rows rows = c->rows;
    struct net_pg_reply reply = {
        .outcome = outcome,
        .sqlstate = rows.sqlstate,
        .detail = detail,
        .latency_us = clock_mono(net_loop_clock(c->loop)) - c->started_us,
    };

    pg_rows_init(&c->rows);
    net_timer_stop(c->kick);
    net_timer_stop(c->deadline);
    free(c->sql);
    c->sql = NULL;
    if (outcome == NET_ANSWERED && !*rows.sqlstate)
        reply.table = pg_rows_table(&rows);
    c->fn(c->arg, &reply);
    pg_rows_release(&rows);
    free(detail);
}

static void pg_fail(struct net_pg *c, enum net_outcome outcome, char *detail)
{
    pg_close(c);
    pg_tell(c, outcome, detail);
}

static void pg_late(void *arg)
{
    struct net_pg *c = arg;
    const char *who = c->target.label;
    char time[32];

    net_seconds(time, sizeof time, c->timeout_us);
    c->rows.sqlstate[0] = '\0';
    if (c->state == PG_BUSY)
        pg_fail(c, NET_TIMED_OUT, xasprintf("no answer from %s within %s", who, time));
    else if (c->progress.reached)
        pg_fail(c, NET_TIMED_OUT, xasprintf("%s let us in but said nothing within %s", who, time));
    else
        pg_fail(c, NET_TIMED_OUT, xasprintf("no connection to %s within %s", who, time));
}

/* The query */

static void pg_ready(void *arg, int events);

static void pg_watch(struct net_pg *c, int events)
{
    if (c->watch)
        net_watch_set(c->watch, events);
    else
        c->watch = net_watch_new(c->loop, PQsocket(c->conn), events, pg_ready, c);
}

/* The connection is gone. What the server said before it hung up (57P01) is its answer. */
static void pg_lost(struct net_pg *c)
{
    enum net_outcome outcome = *c->rows.sqlstate ? NET_ANSWERED : NET_GARBLED;
    char *line = pg_first_line(c->rows.message ? c->rows.message : PQerrorMessage(c->conn));
    char *detail = xasprintf("connection to %s lost: %s", c->target.label, line);

    free(line);
    pg_fail(c, outcome, detail);
}

static void query_done(struct net_pg *c)
{
    const char *message = c->rows.message;

    if (PQstatus(c->conn) != CONNECTION_OK || (message && !*c->rows.sqlstate)) {
        pg_lost(c);
        return;
    }
    c->state = PG_IDLE;
    pg_watch(c, NET_READ);
    pg_tell(c, NET_ANSWERED, message ? xasprintf("%s: %s", c->target.label, message) : xstrdup(""));
}

/* Takes what libpq has; false when the query has ended and been told. */
static bool query_drain(struct net_pg *c)
{
    while (!PQisBusy(c->conn)) {
        PGresult *res = PQgetResult(c->conn);
        const char *why = NULL;
        bool ok = !res || pg_rows_take(&c->rows, res, &why);

        PQclear(res);
        if (!res) {
            query_done(c);
            return false;
        }
        if (!ok) {
            pg_fail(c, NET_GARBLED, xasprintf("%s: %s", c->target.label, why));
            return false;
        }
    }
    return true;
}

static void query_step(struct net_pg *c)
{
    bool open = PQconsumeInput(c->conn);
    int unsent;

    if (!query_drain(c))
        return;
    unsent = open ? PQflush(c->conn) : -1;
    if (unsent < 0)
        pg_lost(c);
    else
        pg_watch(c, unsent ? NET_READ | NET_WRITE : NET_READ);
}

static void query_send(struct net_pg *c)
{
    int unsent = -1;

    c->state = PG_BUSY;
    if (c->one ? PQsendQueryParams(c->conn, c->sql, 0, NULL, NULL, NULL, NULL, 0)
               : PQsendQuery(c->conn, c->sql)) {
        PQsetSingleRowMode(c->conn);
        unsent = PQflush(c->conn);
    }
    if (unsent < 0)
        pg_lost(c);
    else
        pg_watch(c, unsent ? NET_READ | NET_WRITE : NET_READ);
}

/* Between queries: a server that leaves is noticed at once, and what it says is read away. */
static void idle_step(struct net_pg *c)
{
    bool open = PQconsumeInput(c->conn);
    PGnotify *n;

    while ((n = PQnotifies(c->conn)))
        PQfreemem(n);
    if (open && PQstatus(c->conn) == CONNECTION_OK)
        return;
    pg_close(c);
    if (c->lost && !c->sql) /* else a query is about to go, and will connect anew */
        c->lost(c->lost_arg);
}

/* Connecting */

static void attempt_start(struct net_pg *c);

static void attempt_failed(struct net_pg *c)
{
    enum net_outcome outcome;
    char *detail;

    if (!c->progress.reached && c->tried < c->naddresses) {
        attempt_start(c);
        return;
    }
    outcome = pg_connect_outcome(c->conn, &c->progress, c->target.label, c->rows.sqlstate, &detail);
    pg_fail(c, outcome, detail);
}

static void attempt_late(void *arg)
{
    struct net_pg *c = arg;

    if (!c->progress.reached) /* else the deadline decides */
        attempt_start(c);
}

static void connected(struct net_pg *c)
{
    net_timer_stop(c->attempt);
    addresses_free(c);
    PQsetErrorVerbosity(c->conn, PQERRORS_DEFAULT);
    if (PQsetnonblocking(c->conn, 1) != 0)
        pg_lost(c);
    else
        query_send(c);
}

static void attempt_step(struct net_pg *c)
{
    PostgresPollingStatusType next;

    /* The step may close the socket and open another under the same number, which epoll would not
     * notice. */
    net_watch_free(c->watch);
    c->watch = NULL;
    next = PQconnectPoll(c->conn);
    pg_progress_note(&c->progress, c->conn);
    if (next == PGRES_POLLING_OK)
        connected(c);
    else if (next == PGRES_POLLING_FAILED)
        attempt_failed(c);
    else
        pg_watch(c, next == PGRES_POLLING_READING ? NET_READ : NET_WRITE);
}

static void drop_notice(void *arg, const PGresult *res)
{
    (void)arg;
    (void)res;
}

static int64_t time_left(const struct net_pg *c)
{
    int64_t left = c->timeout_us - (clock_mono(net_loop_clock(c->loop)) - c->started_us);

    return left > 0 ? left : 0;
}

static void attempt_start(struct net_pg *c)
{
    struct pg_params p;
    int others;

    net_watch_free(c->watch);
    c->watch = NULL;
    PQfinish(c->conn);
    pg_params_copy(&p, &c->params);
    pg_params_set(&p, "host", c->target.host);
    if (c->tried < c->naddresses)
        pg_params_set(&p, "hostaddr", c->address[c->tried++]);
    others = c->naddresses - c->tried;
    net_timer_stop(c->attempt);
    if (others > 0) /* a silent address must leave time for the next */
        net_timer_start(c->attempt, time_left(c) / (others + 1), 0);
    c->state = PG_CONNECTING;
    c->progress = (struct pg_progress){0};
    c->conn = pg_params_start(&p);
    pg_params_release(&p);
    PQsetNoticeReceiver(c->conn, drop_notice, NULL);
    PQsetErrorVerbosity(c->conn, PQERRORS_VERBOSE); /* see pg_outcome.c */
    pg_progress_note(&c->progress, c->conn);
    if (PQstatus(c->conn) == CONNECTION_BAD)
        attempt_failed(c);
    else
        pg_watch(c, NET_WRITE);
}

static void resolved(void *arg, int n, const char *const *addresses, const char *why)
{
    struct net_pg *c = arg;

    c->lookup = NULL;
    if (n == 0) {
        pg_fail(c, NET_REFUSED, xasprintf("%s: %s", c->target.label, why));
        return;
    }
    c->address = xcalloc((size_t)n, sizeof *c->address);
    c->naddresses = n;
    for (int i = 0; i < n; i++)
        c->address[i] = xstrdup(addresses[i]);
    attempt_start(c);
}

static void connect_begin(struct net_pg *c)
{
    if (c->invalid.status == ST_OK && !c->target.label)
        (void)pg_target_find(&c->target, &c->params, &c->invalid);
    if (c->invalid.status != ST_OK) {
        pg_fail(c, NET_REFUSED, xstrdup(err_text(&c->invalid)));
        return;
    }
    c->progress = (struct pg_progress){0};
    if (!c->target.lookup) {
        attempt_start(c);
        return;
    }
    c->state = PG_RESOLVING;
    c->lookup = net_resolve(c->resolver, c->target.host, time_left(c), resolved, c);
}

static void pg_ready(void *arg, int events)
{
    struct net_pg *c = arg;

    (void)events;
    if (c->state == PG_CONNECTING)
        attempt_step(c);
    else if (c->state == PG_BUSY)
        query_step(c);
    else
        idle_step(c);
}

static void pg_kicked(void *arg)
{
    struct net_pg *c = arg;

    if (c->conn)
        query_send(c);
    else
        connect_begin(c);
}

/* The public part */

struct net_pg *net_pg_new(struct net_loop *l, struct net_resolver *r, const char *conninfo,
                          const char *password, const char *const *extra)
{
    struct net_pg *c = xcalloc(1, sizeof *c);

    c->loop = l;
    c->resolver = r;
    c->kick = net_timer_new(l, pg_kicked, c);
    c->deadline = net_timer_new(l, pg_late, c);
    c->attempt = net_timer_new(l, attempt_late, c);
    pg_rows_init(&c->rows);
    (void)pg_params_parse(&c->params, conninfo, password, extra, &c->invalid);
    return c;
}

void net_pg_free(struct net_pg *c)
{
    if (!c)
        return;
    pg_close(c);
    net_timer_free(c->kick);
    net_timer_free(c->deadline);
    net_timer_free(c->attempt);
    pg_rows_release(&c->rows);
    pg_params_release(&c->params);
    pg_target_release(&c->target);
    err_release(&c->invalid);
    free(c->sql);
    free(c);
}

static enum status query(struct net_pg *c, const char *sql, bool one, int64_t timeout_us,
                         net_pg_fn *fn, void *arg, struct err *e)
{
    if (c->sql)
        return err_set(e, ST_CONFLICT, "a query is already running on this connection");
    c->sql = xstrdup(sql);
    c->one = one;
    c->fn = fn;
    c->arg = arg;
    c->timeout_us = timeout_us;
    c->started_us = clock_mono(net_loop_clock(c->loop));
    net_timer_start(c->kick, 0, 0); /* before the deadline, even if that is now */
    net_timer_start(c->deadline, timeout_us, 0);
    return ST_OK;
}

enum status net_pg_query(struct net_pg *c, const char *sql, int64_t timeout_us, net_pg_fn *fn,
                         void *arg, struct err *e)
{
    return query(c, sql, false, timeout_us, fn, arg, e);
}

enum status net_pg_query_one(struct net_pg *c, const char *sql, int64_t timeout_us, net_pg_fn *fn,
                             void *arg, struct err *e)
{
    return query(c, sql, true, timeout_us, fn, arg, e);
}

void net_pg_when_lost(struct net_pg *c, void (*fn)(void *arg), void *arg)
{
    c->lost = fn;
    c->lost_arg = arg;
}

bool net_pg_busy(const struct net_pg *c)
{
    return c->sql != NULL;
}

bool net_pg_connected(const struct net_pg *c)
{
    return c->conn && (c->state == PG_BUSY || c->state == PG_IDLE);
}

int net_pg_server_version(const struct net_pg *c)
{
    return net_pg_connected(c) ? PQserverVersion(c->conn) : 0;
}

const char *net_pg_parameter(const struct net_pg *c, const char *name)
{
    return net_pg_connected(c) ? PQparameterStatus(c->conn, name) : NULL;
}
