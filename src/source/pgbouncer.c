/*
 * pgbouncer.c: one connection to the admin console, SHOW in turn (reference "middleware.md" §1.1
 * to §1.4). Never anything but SHOW, never SHOW FDS, never a cancel. What no SHOW tells before
 * 1.19 is asked on a connection of its own (pgbouncer_held.c).
 */
#include "pgdba/source/source.h"

#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "pgdba/base/buf.h"
#include "pgdba/config/secret.h"
#include "pgdba/model/facts.h"
#include "pgdba/net/loop.h"
#include "pgdba/net/pg.h"
#include "pgdba/wire/pgbouncer.h"
#include "pgdba/wire/table.h"
#include "pgbouncer_held.h"
#include "tunables.h"
#include "tell.h"

enum {
    STATE_SINCE = 11900,
    GRACEFUL_SINCE = 12300 /* SIGTERM waits for clients, and a console is one */
};

/* How often a step is asked. */
enum beat {
    EACH_ROUND,
    ONCE,  /* a connection */
    LISTS, /* now and then; each round while it is looked at */
    CONFIG,
    WANTED /* only while it is looked at */
};

static const struct step {
    const char *sql;
    enum obs_kind kind;
    int since; /* server version, 0 any */
    enum beat beat;
} steps[] = {
    {"SHOW VERSION", OBS_PGB_VERSION, 0, ONCE},
    {"SHOW POOLS", OBS_PGB_POOLS, 0, EACH_ROUND},
    /* Before those by which a picture is whole: who looks once must see it too. */
    {"SHOW STATE", OBS_PGB_STATE, STATE_SINCE, EACH_ROUND},
    {"SHOW DATABASES", OBS_PGB_DATABASES, 0, EACH_ROUND},
    {"SHOW STATS", OBS_PGB_STATS, 0, EACH_ROUND},
    {"SHOW SERVERS", OBS_PGB_SERVERS, 0, EACH_ROUND},
    {"SHOW LISTS", OBS_PGB_LISTS, 0, LISTS},
    {"SHOW CONFIG", OBS_PGB_CONFIG, 0, CONFIG},
    {"SHOW CLIENTS", OBS_PGB_CLIENTS, 0, WANTED},
    {"SHOW USERS", OBS_PGB_USERS, 0, WANTED},
    {"SHOW MEM", OBS_PGB_MEM, 0, WANTED},
    {"SHOW DNS_HOSTS", OBS_PGB_DNS_HOSTS, 0, WANTED},
    {"SHOW DNS_ZONES", OBS_PGB_DNS_ZONES, 0, WANTED},
};
enum {
    N_STEPS = sizeof(steps) / sizeof(steps[0]),
    FIRST_STEP = 1, /* of every round: what comes before is once a connection */
    SERVERS_STEP = 5,
    SELDOM_STEP /* from here on: what is asked seldom, or only when wanted */
};
_Static_assert(N_STEPS == OBS_PGB_DNS_ZONES - OBS_PGB_VERSION + 1, "a step for every kind");

struct source_pgbouncer {
    struct source_ctx ctx;
    struct source_tunables t;
    const struct pgbouncer_config *config;
    char *endpoint, *password;
    int64_t refresh_us;
    struct net_timer *timer, *urgent_timer;
    struct net_pg *pg;
    struct pgb_held *held;
    bool started, urgent;
    int step, until;         /* running, and where to end; step N_STEPS when none is */
    bool alone;              /* what runs are a few steps between two rounds */
    bool round_waits;        /* a round came due meanwhile */
    uint64_t wanted;         /* kinds that somebody looks at */
    int64_t due_us[N_STEPS]; /* SHOW SERVERS: the next urgent one not before; seldom ones: any */
    bool version_known;
    bool has_state;       /* SHOW STATE: 1.19 and later, by the last connection */
    bool active;          /* what it said last */
    int64_t connected_us; /* since when this connection */
    struct pace pace;
    int64_t asked_us; /* when the last round began */
    enum obs_outcome outcome;
};

static void ask_step(struct source_pgbouncer *b);
static void round_begin(struct source_pgbouncer *b, bool by_hand);

/* Its process has ended, most likely: that is known sooner than the next round. */
static void connection_lost(void *arg)
{
    round_begin(arg, false);
}

static struct net_pg *connection_new(struct source_pgbouncer *b)
{
    /* The console is the database of that name and no other; GSS is always answered no. */
    static const char *const extra[] = {"dbname=pgbouncer", "application_name=pgdba",
                                        "gssencmode=disable", NULL};

    struct net_pg *pg =
        net_pg_new(b->ctx.loop, b->ctx.resolver, b->config->conninfo, b->password, extra);

    net_pg_when_lost(pg, connection_lost, b);
    return pg;
}

static int64_t now_us(const struct source_pgbouncer *b)
{
    return clock_mono(net_loop_clock(b->ctx.loop));
}

static void emit(struct source_pgbouncer *b, enum obs_kind kind, enum obs_outcome outcome,
                 const char *detail, int64_t latency_us, const struct buf *body)
{
    source_tell_body(&b->ctx,
                     (struct observation){.kind = kind,
                                          .target = b->config->name,
                                          .endpoint = b->endpoint,
                                          .latency_us = latency_us,
                                          .outcome = outcome,
                                          .detail = detail},
                     body);
}

static bool is_wanted(const struct source_pgbouncer *b, const struct step *s)
{
    return (b->wanted & OBS_BIT(s->kind)) != 0;
}

static bool asks_apart(const struct source_pgbouncer *b, const struct step *s)
{
    return s->kind == OBS_PGB_STATE && net_pg_connected(b->pg) &&
           net_pg_server_version(b->pg) < STATE_SINCE;
}

static bool applies(const struct source_pgbouncer *b, const struct step *s)
{
    if (asks_apart(b, s))
        return pgb_held_due(b->held);
    if (s->beat == ONCE)
        return !b->version_known;
    if (s->beat == WANTED && !is_wanted(b, s))
        return false;
    if (s->beat != EACH_ROUND && now_us(b) < b->due_us[s - steps])
        return false;
    return s->since == 0 || net_pg_server_version(b->pg) >= s->since;
}

/* A bouncer is one process, and a list can be long: a tenth of its time at most. */
static void step_answered(struct source_pgbouncer *b, const struct step *s, int64_t latency_us)
{
    int64_t every = is_wanted(b, s)     ? 0
                    : s->beat == LISTS  ? b->t.pgb_lists_us
                    : s->beat == CONFIG ? b->t.pgb_config_us
                                        : 0;

    b->due_us[s - steps] = now_us(b) + (10 * latency_us > every ? 10 * latency_us : every);
}

static void next_step(struct source_pgbouncer *b)
{
    do
        b->step++;
    while (b->step < b->until && !applies(b, &steps[b->step]));
    if (b->step < b->until) {
        ask_step(b);
        return;
    }
    b->step = N_STEPS;
    b->alone = false;
    if (b->round_waits)
        round_begin(b, false);
}

/* Between two rounds, on a connection that stands: whether it comes back a round finds out. */
static void ask_alone(struct source_pgbouncer *b, int from, int until)
{
    if (b->step < N_STEPS || !net_pg_connected(b->pg))
        return;
    b->alone = true;
    b->step = from - 1;
    b->until = until;
    next_step(b);
}

/* PgBouncer has one SQLSTATE for nearly everything: the words decide. */
static bool is_denied(const char *detail)
{
    static const char *const words[] = {"not allowed", "admin access needed",
                                        "authentication failed", "no such user",
                                        "no password supplied"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strstr(detail, words[i]) != NULL)
            return true;
    return false;
}

static void note_change(struct source_pgbouncer *b, enum obs_outcome outcome, const char *detail)
{
    if (b->outcome != outcome)
        log_write(b->ctx.log, LOG_INFO, "pgbouncer %s: %s%s%s", b->config->name,
                  obs_outcome_name(outcome), *detail != '\0' ? ": " : "", detail);
    b->outcome = outcome;
}

/* The connection is gone: the same holds for what was still to be asked in this round. */
static void round_failed(struct source_pgbouncer *b, enum obs_outcome outcome, const char *detail,
                         int64_t latency_us)
{
    int from = b->alone || b->step >= SELDOM_STEP ? FIRST_STEP : b->step;
    bool hurry = b->urgent && outcome == OBS_REFUSED; /* a bouncer that is being restarted */

    b->step = N_STEPS;
    b->alone = false;
    b->round_waits = false;
    b->version_known = false;
    if (outcome == OBS_UNAUTHORISED)
        pace_fail(&b->pace, now_us(b), b->t.pgb_denied_us, b->t.pgb_denied_us);
    else
        pace_fail(&b->pace, now_us(b), b->t.pgb_first_us,
                  hurry ? b->t.pgb_first_us : b->t.pgb_max_us);
    note_change(b, outcome, detail);
    memset(b->due_us, 0, sizeof(b->due_us));
    for (int i = from; i < N_STEPS; i++)
        if (i == from || (steps[i].beat == WANTED ? is_wanted(b, &steps[i])
                                                  : steps[i].since == 0 || b->has_state))
            emit(b, steps[i].kind, outcome, detail, latency_us, NULL);
}

static bool says_active(const struct table *t)
{
    struct facts *f = NULL;
    bool yes = wire_pgb_state(t, &f, NULL) == ST_OK &&
               ((const struct pgb_state *)f->root)->active == TRI_YES;

    facts_unref(f);
    return yes;
}

static void tell_held(struct source_pgbouncer *b, enum tristate paused, int64_t latency_us)
{
    struct arena a;
    struct buf body;

    arena_init(&a);
    buf_init(&body);
    wire_table_encode(pgb_held_state(b->held, paused, &a), &body);
    emit(b, OBS_PGB_STATE, OBS_ANSWERED, "", latency_us, &body);
    buf_release(&body);
    arena_release(&a);
}

static void held_answered(void *arg, enum tristate paused, int64_t latency_us)
{
    struct source_pgbouncer *b = arg;

    tell_held(b, paused, latency_us);
    next_step(b);
}

static void step_done(void *arg, const struct net_pg_reply *r)
{
    struct source_pgbouncer *b = arg;
    const struct step *s = &steps[b->step];
    enum obs_outcome outcome = judge_net(r->outcome);

    if (outcome != OBS_ANSWERED || !net_pg_connected(b->pg)) {
        if (outcome == OBS_ANSWERED)
            outcome = OBS_REFUSED; /* it answered: by showing us out */
        round_failed(b, is_denied(r->detail) ? OBS_UNAUTHORISED : outcome, r->detail,
                     r->latency_us);
        return;
    }
    pace_reset(&b->pace);
    b->has_state = net_pg_server_version(b->pg) >= STATE_SINCE;
    step_answered(b, s, r->latency_us);
    if (r->sqlstate[0] != '\0' || r->table == NULL) {
        outcome = is_denied(r->detail) ? OBS_UNAUTHORISED : OBS_GARBLED;
        if (s->beat == EACH_ROUND || s->beat == ONCE) /* the rest a version may not know */
            note_change(b, outcome, r->detail);
        emit(b, s->kind, outcome, r->detail, r->latency_us, NULL);
    } else {
        struct buf body;

        buf_init(&body);
        wire_table_encode(r->table, &body);
        if (s->kind == OBS_PGB_VERSION && !b->version_known) {
            b->version_known = true;
            b->connected_us = now_us(b);
        }
        if (s->kind == OBS_PGB_STATE)
            b->active = says_active(r->table);
        note_change(b, OBS_ANSWERED, "");
        emit(b, s->kind, OBS_ANSWERED, "", r->latency_us, &body);
        buf_release(&body);
        if (s->kind == OBS_PGB_POOLS && !b->has_state && pgb_held_look(b->held, r->table))
            tell_held(b, TRI_UNKNOWN, 0);
    }
    next_step(b);
}

static void ask_step(struct source_pgbouncer *b)
{
    struct err e = ERR_INIT;

    if (asks_apart(b, &steps[b->step])) {
        pgb_held_ask(b->held);
        return;
    }
    if (net_pg_query(b->pg, steps[b->step].sql, b->t.pgb_query_us, step_done, b, &e) != ST_OK)
        round_failed(b, OBS_GARBLED, err_text(&e), 0);
    err_release(&e);
}

/* From 1.23 a graceful shutdown waits for consoles too (reference "middleware.md" §0.7). It closes
 * the listener first: so a connection that is made anew now and then cannot hold it up for long.
 * Not while it is suspended or paused: the new login would hang. */
static void recycle(struct source_pgbouncer *b)
{
    if (!net_pg_connected(b->pg) || net_pg_server_version(b->pg) < GRACEFUL_SINCE || !b->active ||
        now_us(b) - b->connected_us < b->t.pgb_recycle_us)
        return;
    net_pg_free(b->pg);
    b->pg = connection_new(b);
}

static void round_begin(struct source_pgbouncer *b, bool by_hand)
{
    int64_t now = now_us(b);

    b->round_waits = b->alone;
    if (b->step < N_STEPS)
        return; /* the last one still runs */
    if (now < b->pace.due_us && !(by_hand && now - b->asked_us >= b->t.pgb_first_us))
        return;
    b->asked_us = now;
    recycle(b);
    if (!net_pg_connected(b->pg))
        b->version_known = false;
    b->step = -1;
    b->until = N_STEPS;
    next_step(b);
}

static void timer_fired(void *arg)
{
    round_begin(arg, false);
}

static void urgent_fired(void *arg)
{
    struct source_pgbouncer *b = arg;

    if (now_us(b) >= b->due_us[SERVERS_STEP])
        ask_alone(b, SERVERS_STEP, SERVERS_STEP + 1);
}

/* "host:port/pgbouncer": the database asked, whatever the conninfo says or libpq would guess. */
static char *endpoint_of(const struct pgbouncer_config *c)
{
    char *label = NULL, *out, *slash;

    if (net_pg_check(c->conninfo, &label, NULL) != ST_OK)
        return xstrdup(c->name);
    slash = strrchr(label, '/');
    if (slash != NULL)
        *slash = '\0';
    out = xasprintf("%s/pgbouncer", label);
    free(label);
    return out;
}

struct source_pgbouncer *source_pgbouncer_new_tuned(const struct source_ctx *ctx, int index,
                                                    int64_t refresh_us, const char *password,
                                                    const struct source_tunables *t)
{
    struct source_pgbouncer *b = xcalloc(1, sizeof(*b));

    b->ctx = *ctx;
    b->t = *t;
    b->config = &ctx->config->pgbouncer[index];
    b->refresh_us = refresh_us;
    b->step = N_STEPS;
    b->endpoint = endpoint_of(b->config);
    b->timer = net_timer_new(ctx->loop, timer_fired, b);
    b->urgent_timer = net_timer_new(ctx->loop, urgent_fired, b);
    b->password = xstrdup(password);
    b->pg = connection_new(b);
    b->held = pgb_held_new(ctx, b->config, t, held_answered, b);
    if (b->config->admin_conninfo == NULL)
        pgb_held_set_password(b->held, password);
    return b;
}

struct source_pgbouncer *source_pgbouncer_new(const struct source_ctx *ctx, int index,
                                              int64_t refresh_us, const char *password)
{
    return source_pgbouncer_new_tuned(ctx, index, refresh_us, password, &source_tunables_default);
}

void source_pgbouncer_free(struct source_pgbouncer *b)
{
    if (b == NULL)
        return;
    net_timer_free(b->timer);
    net_timer_free(b->urgent_timer);
    net_pg_free(b->pg);
    pgb_held_free(b->held);
    secret_wipe_free(b->password);
    free(b->endpoint);
    free(b);
}

void source_pgbouncer_set_admin(struct source_pgbouncer *b, const char *password)
{
    pgb_held_set_password(b->held, password);
}

static void urgent_timer_set(struct source_pgbouncer *b)
{
    if (b->urgent && b->started)
        net_timer_start(b->urgent_timer, b->t.pgb_urgent_us, b->t.pgb_urgent_us);
    else
        net_timer_stop(b->urgent_timer);
}

void source_pgbouncer_set_urgent(struct source_pgbouncer *b, bool urgent)
{
    if (b->urgent == urgent)
        return;
    b->urgent = urgent;
    if (urgent && b->outcome == OBS_REFUSED)
        pace_cap(&b->pace, now_us(b) + b->t.pgb_first_us);
    urgent_timer_set(b);
}

void source_pgbouncer_want(struct source_pgbouncer *b, uint64_t kinds)
{
    uint64_t more = kinds & ~b->wanted;

    b->wanted = kinds;
    for (int i = SELDOM_STEP; more != 0 && i < N_STEPS; i++)
        if (more & OBS_BIT(steps[i].kind))
            b->due_us[i] = 0;
    if (more != 0)
        ask_alone(b, SELDOM_STEP, N_STEPS); /* whoever has opened it looks at an empty list */
}

void source_pgbouncer_start(struct source_pgbouncer *b)
{
    if (b->started)
        return;
    b->started = true;
    net_timer_start(b->timer, b->refresh_us, b->refresh_us);
    urgent_timer_set(b);
    round_begin(b, false);
}

void source_pgbouncer_set_refresh(struct source_pgbouncer *b, int64_t refresh_us)
{
    b->refresh_us = refresh_us;
    if (b->started)
        net_timer_start(b->timer, refresh_us, refresh_us);
}

void source_pgbouncer_refresh(struct source_pgbouncer *b)
{
    if (!b->started) {
        source_pgbouncer_start(b);
        return;
    }
    net_timer_start(b->timer, b->refresh_us, b->refresh_us);
    round_begin(b, true);
}
