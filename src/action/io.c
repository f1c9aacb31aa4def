/* io.c: requests and alarms on the loop. */
#include "io.h"

#include <stdlib.h>

#include "pgdba/base/buf.h"
#include "pgdba/net/loop.h"

struct net_io {
    struct net_loop *loop;
    struct net_http *http;
    struct net_resolver *resolver;
    struct net_timer *timer;
    struct action_run *run;
};

static void *io_send(void *arg, const struct net_http_request *req, net_http_fn *fn, void *fn_arg)
{
    struct net_io *io = arg;

    return net_http_send(io->http, req, fn, fn_arg);
}

static void io_cancel(void *arg, void *call)
{
    (void)arg;
    net_http_cancel(call);
}

/* A statement on a connection of its own, after what sets that up. */
struct sql_call {
    struct net_pg *pg;
    char *sql;
    int64_t timeout_us;
    net_pg_fn *fn;
    void *fn_arg;
};

static void set_up(void *arg, const struct net_pg_reply *reply)
{
    struct sql_call *c = arg;

    if (reply->outcome == NET_ANSWERED && !*reply->sqlstate)
        (void)net_pg_query(c->pg, c->sql, c->timeout_us, c->fn, c->fn_arg, NULL);
    else
        c->fn(c->fn_arg, reply);
}

static void *io_sql(void *arg, const struct action_sql_route *to, const char *sql,
                    int64_t timeout_us, net_pg_fn *fn, void *fn_arg)
{
    static const char *const ours[] = {"application_name=pgdba", NULL};
    struct net_io *io = arg;
    struct sql_call *c = xcalloc(1, sizeof *c);

    *c = (struct sql_call){
        .sql = xstrdup(sql), .timeout_us = timeout_us, .fn = fn, .fn_arg = fn_arg};
    c->pg = net_pg_new(io->loop, io->resolver, to->conninfo, to->password,
                       to->extra ? to->extra : ours);
    /* The first one is never refused. */
    (void)net_pg_query(c->pg, to->setup ? to->setup : sql, timeout_us, to->setup ? set_up : fn,
                       to->setup ? c : fn_arg, NULL);
    return c;
}

static void io_sql_cancel(void *arg, void *call)
{
    struct sql_call *c = call;

    (void)arg;
    if (!c)
        return;
    net_pg_free(c->pg);
    free(c->sql);
    free(c);
}

static void *io_console(void *arg, const struct action_sql_route *to)
{
    static const char *const ours[] = {"dbname=pgbouncer", "application_name=pgdba",
                                       "gssencmode=disable", NULL};
    struct net_io *io = arg;

    return net_pg_new(io->loop, io->resolver, to->conninfo, to->password,
                      to->extra ? to->extra : ours);
}

static void io_ask(void *arg, void *console, const char *sql, int64_t timeout_us, net_pg_fn *fn,
                   void *fn_arg)
{
    (void)arg;
    /* One at a time: it is never refused. */
    (void)net_pg_query(console, sql, timeout_us, fn, fn_arg, NULL);
}

static int io_console_version(void *arg, void *console)
{
    (void)arg;
    return net_pg_server_version(console);
}

static void io_console_close(void *arg, void *console)
{
    (void)arg;
    net_pg_free(console);
}

static void *io_line(void *arg, const struct net_line_request *req, net_line_fn *fn, void *fn_arg)
{
    struct net_io *io = arg;

    return net_line_send(io->loop, io->resolver, req, fn, fn_arg);
}

static void io_line_cancel(void *arg, void *call)
{
    (void)arg;
    net_line_cancel(call);
}

static void ring(void *arg)
{
    struct net_io *io = arg;

    action_alarm(io->run);
}

static void io_alarm(void *arg, struct action_run *run, int64_t delay_us)
{
    struct net_io *io = arg;

    io->run = run;
    if (!io->timer)
        io->timer = net_timer_new(io->loop, ring, io);
    if (delay_us < 0)
        net_timer_stop(io->timer);
    else
        net_timer_start(io->timer, delay_us, 0);
}

static void io_release(void *arg)
{
    struct net_io *io = arg;

    net_timer_free(io->timer);
    free(io);
}

enum status action_start(const struct action_env *env, struct plan *p, const struct snapshot *now,
                         struct action_run **out, struct err *e)
{
    struct net_io *io = xcalloc(1, sizeof *io);

    io->loop = env->loop;
    io->http = env->http;
    io->resolver = env->resolver;
    return action_start_with(env,
                             &(struct action_io){.arg = io,
                                                 .send = io_send,
                                                 .cancel = io_cancel,
                                                 .sql = io_sql,
                                                 .sql_cancel = io_sql_cancel,
                                                 .console = io_console,
                                                 .ask = io_ask,
                                                 .console_version = io_console_version,
                                                 .console_close = io_console_close,
                                                 .line = io_line,
                                                 .line_cancel = io_line_cancel,
                                                 .alarm = io_alarm,
                                                 .release = io_release},
                             p, now, out, e);
}
