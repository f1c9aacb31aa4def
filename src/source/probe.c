/*
 * probe.c: the probe: an application's question at a steady pace, through the application's route.
 *
 * One thing at a time on one connection, which is kept while it works and made anew after every
 * failure: a connection that hangs, or leads to a server that only reads, is not what the next
 * client would get. A slot of the schedule that comes while an attempt is out is passed over. Each
 * attempt that hangs may leave a session behind over there (a commit that waits for a standby ends
 * for no time-out): so the pauses grow with the outage, and its end is known within an eighth.
 */
#include "pgdba/source/source.h"

#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "pgdba/base/buf.h"
#include "pgdba/config/secret.h"
#include "pgdba/net/loop.h"
#include "pgdba/net/pg.h"
#include "pgdba/wire/probe.h"
#include "tunables.h"
#include "tell.h"

enum { KEEP_ROWS = 100000 };

enum doing { DOING_NOTHING, DOING_ATTEMPT, DOING_ROWS };

struct source_probe {
    struct source_ctx ctx;
    struct source_tunables t;
    char *name, *conninfo, *password, *endpoint, *run;
    bool write, started;
    int64_t every_us, limit_us;
    struct net_timer *timer;
    struct net_pg *pg;
    enum doing doing;
    int64_t start_us, slot; /* attempt n is due at start + n * every */

    uint64_t seq;
    bool connected; /* as the attempt was sent */
    int64_t sent_us, sent_wall_us;
    int64_t well_us;  /* the last success, or the start */
    int64_t pause_us; /* no attempt before */

    bool rows_wanted;
    uint64_t rows_from, rows_to;
};

static int64_t now_us(const struct source_probe *p)
{
    return clock_mono(net_loop_clock(p->ctx.loop));
}

static void connection_new(struct source_probe *p)
{
    static const char *const extra[] = {"application_name=pgdba-probe", NULL};

    net_pg_free(p->pg);
    p->pg = net_pg_new(p->ctx.loop, p->ctx.resolver, p->conninfo, p->password, extra);
}

static void emit(struct source_probe *p, enum obs_kind kind, enum obs_outcome outcome,
                 const char *detail, int64_t latency_us, const struct buf *body)
{
    source_tell_body(&p->ctx,
                     (struct observation){.kind = kind,
                                          .target = p->name,
                                          .endpoint = p->endpoint,
                                          .latency_us = latency_us,
                                          .outcome = outcome,
                                          .detail = detail},
                     body);
}

/* ---- rows */

static enum obs_outcome read_rows(struct source_probe *p, const struct net_pg_reply *r,
                                  struct buf *body, struct buf *detail)
{
    struct probe_rows rows = {.run = p->run, .from = p->rows_from, .to = p->rows_to};
    struct err e = ERR_INIT;
    uint64_t *seq;

    if (wire_probe_rows_answer(r->table, &seq, &rows.n, &e) != ST_OK) {
        buf_puts(detail, err_text(&e));
        err_release(&e);
        return OBS_GARBLED;
    }
    rows.seq = seq;
    wire_probe_rows_encode(&rows, body);
    free(seq);
    return OBS_ANSWERED;
}

static void rows_done(void *arg, const struct net_pg_reply *r)
{
    struct source_probe *p = arg;
    enum obs_outcome outcome = judge_net(r->outcome);
    struct buf body, detail;

    buf_init(&body);
    buf_init(&detail);
    p->doing = DOING_NOTHING;
    if (outcome == OBS_ANSWERED && (r->sqlstate[0] != '\0' || r->table == NULL))
        outcome = net_pg_connected(p->pg) ? OBS_GARBLED : OBS_REFUSED;
    if (outcome == OBS_ANSWERED)
        outcome = read_rows(p, r, &body, &detail);
    else
        buf_puts(&detail, r->detail);
    if (outcome != OBS_ANSWERED)
        connection_new(p);
    emit(p, OBS_PROBE_ROWS, outcome, detail.s, r->latency_us,
         outcome == OBS_ANSWERED ? &body : NULL);
    buf_release(&detail);
    buf_release(&body);
}

static void ask_rows(struct source_probe *p)
{
    struct buf sql;

    if (!p->rows_wanted || p->doing != DOING_NOTHING)
        return;
    p->rows_wanted = false;
    buf_init(&sql);
    wire_probe_rows_sql(&sql, p->run, p->rows_from, p->rows_to);
    if (net_pg_query(p->pg, sql.s, p->t.probe_rows_us, rows_done, p, NULL) == ST_OK)
        p->doing = DOING_ROWS;
    buf_release(&sql);
}

/* ---- attempts */

/* What costs next to nothing, however often it is asked: nobody there, or somebody who says no. */
static bool is_cheap(enum probe_failure f)
{
    static const bool cheap[PROBE_FAILURE_COUNT] = {
        [PROBE_OK] = true,        [PROBE_NO_CONNECTION] = true, [PROBE_BROKEN] = true,
        [PROBE_READ_ONLY] = true, [PROBE_STARTING] = true,      [PROBE_SHUT_DOWN] = true,
    };

    return cheap[f];
}

static void set_pause(struct source_probe *p, enum probe_failure f)
{
    int64_t now = now_us(p), pause = (now - p->well_us) / 8;

    if (f == PROBE_OK)
        p->well_us = now;
    p->pause_us = 0;
    if (!is_cheap(f))
        p->pause_us = now + (pause < p->t.probe_pause_us ? pause : p->t.probe_pause_us);
}

/* server: of a good answer, malloc'ed. */
static enum probe_failure read_answer(const struct source_probe *p, const struct net_pg_reply *r,
                                      char **server, bool *in_recovery, struct err *e)
{
    bool answered = r->outcome == NET_ANSWERED;

    *server = NULL;
    if (r->outcome == NET_UNAUTHORISED)
        return PROBE_LOGIN;
    if (!answered || r->sqlstate[0] != '\0')
        return wire_probe_failure(r->sqlstate, answered, r->outcome == NET_TIMED_OUT, p->connected);
    if (r->table == NULL) {
        err_set(e, ST_INVALID, "no row came back");
        return PROBE_OTHER;
    }
    return wire_probe_answer(r->table, server, in_recovery, e) == ST_OK ? PROBE_OK : PROBE_OTHER;
}

static enum obs_outcome outcome_of(enum probe_failure f, const struct net_pg_reply *r)
{
    enum obs_outcome o = judge_net(r->outcome);

    if (o != OBS_ANSWERED || f == PROBE_OK)
        return o;
    return f == PROBE_LOGIN ? OBS_UNAUTHORISED : OBS_REFUSED;
}

static void attempt_done(void *arg, const struct net_pg_reply *r)
{
    struct source_probe *p = arg;
    struct err e = ERR_INIT;
    struct buf body;
    char *server;
    struct probe_sample s = {
        .seq = p->seq,
        .write = p->write,
        .sent_mono_us = p->sent_us,
        .sent_wall_us = p->sent_wall_us,
        .latency_us = r->latency_us,
        .sqlstate = r->sqlstate,
        .run = p->run,
    };

    p->doing = DOING_NOTHING;
    s.failure = read_answer(p, r, &server, &s.in_recovery, &e);
    s.server = server != NULL ? server : "";
    s.detail = e.status != ST_OK ? err_text(&e) : r->detail;
    set_pause(p, s.failure);
    if (s.failure != PROBE_OK)
        connection_new(p);
    buf_init(&body);
    wire_probe_encode(&s, &body);
    emit(p, OBS_PROBE, outcome_of(s.failure, r), s.detail, s.latency_us, &body);
    buf_release(&body);
    free(server);
    err_release(&e);
    ask_rows(p);
}

static void attempt(struct source_probe *p)
{
    const struct clock *clock = net_loop_clock(p->ctx.loop);
    struct buf sql;

    p->seq++;
    p->connected = net_pg_connected(p->pg);
    p->sent_us = clock_mono(clock);
    p->sent_wall_us = clock_wall(clock);
    buf_init(&sql);
    if (p->write)
        wire_probe_write_sql(&sql, p->run, p->seq, KEEP_ROWS);
    else
        buf_puts(&sql, wire_probe_read_sql());
    if (net_pg_query(p->pg, sql.s, p->limit_us, attempt_done, p, NULL) == ST_OK)
        p->doing = DOING_ATTEMPT;
    buf_release(&sql);
}

/* The next slot that is not over; a timer may fire a little early. */
static void schedule(struct source_probe *p)
{
    int64_t now = now_us(p), slot = (now - p->start_us) / p->every_us + 1;

    p->slot = slot > p->slot ? slot : p->slot + 1;
    net_timer_start(p->timer, p->start_us + p->slot * p->every_us - now, 0);
}

static void tick(void *arg)
{
    struct source_probe *p = arg;

    schedule(p);
    if (p->doing == DOING_NOTHING && now_us(p) >= p->pause_us)
        attempt(p);
}

/* ---- the whole */

static char *endpoint_of(const struct probe_route *route)
{
    char *label = NULL;

    if (net_pg_check(route->conninfo, &label, NULL) != ST_OK)
        return xstrdup("");
    return label;
}

struct source_probe *source_probe_new_tuned(const struct source_ctx *ctx,
                                            const struct probe_route *route, bool write,
                                            int64_t every_us, const char *run,
                                            const struct source_tunables *t)
{
    struct source_probe *p = xcalloc(1, sizeof(*p));

    p->ctx = *ctx;
    p->t = *t;
    p->conninfo = xstrdup(route->conninfo);
    p->endpoint = endpoint_of(route);
    /* A connection string may hold what is not to be shown. */
    p->name = xstrdup(strcmp(route->name, route->conninfo) == 0 ? p->endpoint : route->name);
    p->password = xstrdup(route->password);
    p->run = xstrdup(run);
    p->write = write;
    p->every_us = every_us > t->probe_least_us ? every_us : t->probe_least_us;
    p->limit_us = p->every_us > t->probe_limit_us ? p->every_us : t->probe_limit_us;
    p->timer = net_timer_new(ctx->loop, tick, p);
    connection_new(p);
    return p;
}

struct source_probe *source_probe_new(const struct source_ctx *ctx, const struct probe_route *route,
                                      bool write, int64_t every_us, const char *run)
{
    return source_probe_new_tuned(ctx, route, write, every_us, run, &source_tunables_default);
}

void source_probe_free(struct source_probe *p)
{
    if (p == NULL)
        return;
    net_timer_free(p->timer);
    net_pg_free(p->pg);
    secret_wipe_free(p->password);
    secret_wipe_free(p->conninfo);
    free(p->name);
    free(p->endpoint);
    free(p->run);
    free(p);
}

void source_probe_start(struct source_probe *p)
{
    if (p->started)
        return;
    p->started = true;
    p->start_us = p->well_us = now_us(p);
    schedule(p);
    attempt(p);
}

void source_probe_ask_rows(struct source_probe *p, uint64_t from, uint64_t to)
{
    p->rows_wanted = true;
    p->rows_from = from;
    p->rows_to = to;
    ask_rows(p);
}

int64_t source_probe_waiting_since_us(const struct source_probe *p)
{
    return p->doing == DOING_ATTEMPT ? p->sent_us : 0;
}
