/*
 * action/io.h: what a run needs from outside: to send, and to be woken. The real one is on net/
 * (io.c); tests bring their own.
 */
#ifndef PGDBA_ACTION_IO_H
#define PGDBA_ACTION_IO_H

#include "pgdba/action/action.h"
#include "pgdba/net/http.h"
#include "pgdba/net/line.h"
#include "pgdba/net/pg.h"

struct action_io {
    void *arg;
    /* As net_http_send(): copies req, calls fn once, later. */
    void *(*send)(void *arg, const struct net_http_request *req, net_http_fn *fn, void *fn_arg);
    void (*cancel)(void *arg, void *call);
    /* One simple query on a connection of its own, closed after it; fn once, later. */
    void *(*sql)(void *arg, const struct action_sql_route *to, const char *sql, int64_t timeout_us,
                 net_pg_fn *fn, void *fn_arg);
    void (*sql_cancel)(void *arg, void *call);
    /* A connection to PgBouncer's admin console, made with the first question and held until it is
     * closed, which never sends a cancel. One question at a time; fn once, later, unless closed. */
    void *(*console)(void *arg, const struct action_sql_route *to);
    void (*ask)(void *arg, void *console, const char *sql, int64_t timeout_us, net_pg_fn *fn,
                void *fn_arg);
    int (*console_version)(void *arg, void *console); /* 11800; 0 not connected */
    void (*console_close)(void *arg, void *console);
    /* As net_line_send(). */
    void *(*line)(void *arg, const struct net_line_request *req, net_line_fn *fn, void *fn_arg);
    void (*line_cancel)(void *arg, void *call);
    /* One alarm; a new one replaces it; delay_us < 0: none. It calls action_alarm(run). */
    void (*alarm)(void *arg, struct action_run *run, int64_t delay_us);
    void (*release)(void *arg);
};

/* action_start() with another io, copied. */
enum status action_start_with(const struct action_env *env, const struct action_io *io,
                              struct plan *p, const struct snapshot *now, struct action_run **out,
                              struct err *e);
void action_alarm(struct action_run *r);

#endif
