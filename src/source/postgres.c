/*
 * postgres.c: every member's PostgreSQL, asked directly: one connection each, one SELECT a round
 * (reference "middleware.md" §6.2 to §6.4). The SELECT runs no longer than statement_timeout over
 * there, and a connection that hangs is given up, never cancelled.
 */
#include "pgdba/source/source.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "beat.h"
#include "judge.h"
#include "pgdba/base/buf.h"
#include "pgdba/config/secret.h"
#include "pgdba/net/pg.h"
#include "pgdba/wire/postgres.h"
#include "pgdba/wire/table.h"
#include "tunables.h"
#include "tell.h"

/* What a failed attempt asks of the next one. */
enum again {
    AGAIN_SOON, /* nobody there, or on its way up: asking costs next to nothing */
    AGAIN_SLOW, /* it hangs, or is full: not to make it worse */
    AGAIN_LATE  /* the login: not to fill its log */
};

struct pg_member {
    struct source_postgres *p;
    char *name, *host; /* as the cluster lists it */
    int port;
    bool gone;      /* freed when the next round begins */
    char *endpoint; /* where it is really asked */
    struct net_pg *pg;
    bool session_set; /* this connection has our statement_timeout */
    struct pace pace;
    enum again again;
    int64_t asked_us;
    enum obs_outcome outcome;
    int64_t vitals_us; /* asked for them last; 0 never */
};

struct source_postgres {
    struct source_ctx ctx;
    struct source_tunables t;
    char *password, *first_sql, *dbname;
    struct beat beat;
    struct pg_member **members;
    int nmembers;
    bool wants_vitals;
};

static int64_t now_us(const struct source_postgres *p)
{
    return clock_mono(net_loop_clock(p->ctx.loop));
}

/* ---- a member */

static bool is_address(const char *host)
{
    struct in6_addr any;

    return inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1;
}

/* Through a tunnel the name in the certificate stays the advertised one, where it is looked at. */
static bool keeps_name(const struct postgres_config *c, const char *to)
{
    return c->conninfo && strstr(c->conninfo, "verify-full") != NULL && is_address(to);
}

struct source_pg_way source_pg_way(const struct postgres_config *c, const char *host, int port,
                                   struct arena *a)
{
    char *to = arena_strdup(a, host);
    bool mapped = address_mapped(a, c->connect_to, c->nconnect_to, host, port, &to, &port);
    bool named = mapped && keeps_name(c, to);
    const char *const extra[] = {
        arena_printf(a, "host=%s", named ? host : to),
        arena_printf(a, "hostaddr=%s", named ? to : ""),
        arena_printf(a, "port=%d", port),
        "application_name=pgdba",
        "target_session_attrs=any",
        NULL,
    };

    return (struct source_pg_way){
        .extra = arena_memdup(a, extra, sizeof extra),
        .to = arena_printf(a, strchr(to, ':') != NULL ? "[%s]:%d" : "%s:%d", to, port)};
}

static void connection_lost(void *arg);

static void connection_new(struct pg_member *m)
{
    const struct source_ctx *ctx = &m->p->ctx;
    const struct postgres_config *c = &ctx->config->postgres;
    struct arena a;

    arena_init(&a);
    struct source_pg_way way = source_pg_way(c, m->host, m->port, &a);

    m->pg = net_pg_new(ctx->loop, ctx->resolver, c->conninfo, m->p->password, way.extra);
    net_pg_when_lost(m->pg, connection_lost, m);
    m->endpoint = xasprintf("%s/%s", way.to, m->p->dbname);
    arena_release(&a);
}

static void connection_free(struct pg_member *m)
{
    net_pg_free(m->pg);
    m->pg = NULL;
    free(m->endpoint);
    m->endpoint = NULL;
    m->session_set = false;
}

static void member_free(struct pg_member *m)
{
    connection_free(m);
    free(m->name);
    free(m->host);
    free(m);
}

/* ---- an answer */

static void emit_kind(struct pg_member *m, enum obs_kind kind, enum obs_outcome outcome,
                      const char *detail, int64_t latency_us, const struct buf *body)
{
    source_tell_body(&m->p->ctx,
                     (struct observation){.kind = kind,
                                          .target = m->name,
                                          .endpoint = m->endpoint,
                                          .latency_us = latency_us,
                                          .outcome = outcome,
                                          .detail = detail},
                     body);
}

static void emit(struct pg_member *m, enum obs_outcome outcome, const char *detail,
                 int64_t latency_us, const struct buf *body)
{
    const struct source_ctx *ctx = &m->p->ctx;

    if (m->outcome != outcome)
        log_write(ctx->log, LOG_INFO, "postgres %s: %s%s%s", m->name, obs_outcome_name(outcome),
                  *detail != '\0' ? ": " : "", detail);
    m->outcome = outcome;
    emit_kind(m, OBS_PG_SELF, outcome, detail, latency_us, body);
}

/* A refusal in SQL: to the connection (57P03, 53300), or to the statement. */
static enum obs_outcome judge_state(const struct pg_member *m, const char *sqlstate)
{
    static const char cancelled[] = "57014"; /* by its own statement_timeout */

    if (strcmp(sqlstate, cancelled) == 0)
        return OBS_TIMED_OUT;
    if (!net_pg_connected(m->pg))
        return OBS_REFUSED;
    return strcmp(sqlstate, "42501") == 0 ? OBS_UNAUTHORISED : OBS_GARBLED;
}

static enum again when_again(enum obs_outcome outcome, const char *sqlstate)
{
    static const char full[] = "53"; /* 53300: too many connections, and its like */

    if (outcome == OBS_UNAUTHORISED || strcmp(sqlstate, "3D000") == 0)
        return AGAIN_LATE;
    if (outcome == OBS_TIMED_OUT || outcome == OBS_TLS || strncmp(sqlstate, full, 2) == 0)
        return AGAIN_SLOW;
    return outcome == OBS_GARBLED && *sqlstate != '\0' ? AGAIN_SLOW : AGAIN_SOON;
}

static void set_pace(struct pg_member *m, enum again again, bool turned_away)
{
    const struct source_postgres *p = m->p;
    const struct source_tunables *t = &p->t;
    int64_t now = now_us(p);

    m->again = again;
    if (again == AGAIN_LATE)
        pace_fail(&m->pace, now, t->pg_denied_us, t->pg_denied_us);
    else if (again == AGAIN_SLOW && p->beat.urgent)
        pace_fail(&m->pace, now, t->pg_urgent_slow_us, t->pg_urgent_slow_us);
    else if (again == AGAIN_SLOW)
        pace_fail(&m->pace, now, t->pg_first_us, t->pg_max_us);
    else
        m->pace = (struct pace){.due_us = turned_away ? now + t->pg_turned_away_us : 0};
}

static void failed(struct pg_member *m, const struct net_pg_reply *r, enum obs_outcome outcome)
{
    struct buf detail;

    buf_init(&detail);
    buf_puts(&detail, r->detail);
    if (r->sqlstate[0] != '\0')
        buf_addf(&detail, " (%s)", r->sqlstate);
    else if (detail.len == 0)
        buf_puts(&detail, "no rows came back");
    m->session_set = false;
    set_pace(m, when_again(outcome, r->sqlstate), r->sqlstate[0] != '\0');
    emit(m, outcome, detail.s, r->latency_us, NULL);
    buf_release(&detail);
}

static void ask(struct pg_member *m, bool by_hand);

/* ---- vitals: after an answer about itself, on the same connection */

static void vitals_answered(void *arg, const struct net_pg_reply *r)
{
    struct pg_member *m = arg;
    enum obs_outcome outcome = judge_net(r->outcome);
    struct buf body;

    if (outcome == OBS_ANSWERED && r->sqlstate[0] != '\0')
        outcome = judge_state(m, r->sqlstate);
    buf_init(&body);
    if (outcome == OBS_ANSWERED && r->table == NULL)
        outcome = OBS_GARBLED;
    else if (outcome == OBS_ANSWERED)
        wire_table_encode(r->table, &body);
    emit_kind(m, OBS_PG_VITALS, outcome, r->detail, r->latency_us, body.len ? &body : NULL);
    buf_release(&body);
    if (!m->gone && !net_pg_connected(m->pg)) /* it went meanwhile: as one that stood idle */
        ask(m, false);
}

static bool is_primary(const struct table *t)
{
    const char *cell = table_get(t, 0, table_col(t, "in_recovery"));

    return cell != NULL && strcmp(cell, "f") == 0;
}

static void ask_vitals(struct pg_member *m, const struct table *self)
{
    const struct source_postgres *p = m->p;
    int64_t every = p->wants_vitals ? p->t.pg_vitals_soon_us : p->t.pg_vitals_us;

    if (p->beat.urgent || !is_primary(self) ||
        (m->vitals_us > 0 && now_us(p) - m->vitals_us < every))
        return;
    m->vitals_us = now_us(p);
    (void)net_pg_query(m->pg, wire_pg_vitals_sql(net_pg_server_version(m->pg)), p->t.pg_query_us,
                       vitals_answered, m, NULL);
}

static void answered(void *arg, const struct net_pg_reply *r)
{
    struct pg_member *m = arg;
    enum obs_outcome outcome = judge_net(r->outcome);
    struct buf body;

    if (outcome == OBS_ANSWERED && r->sqlstate[0] != '\0')
        outcome = judge_state(m, r->sqlstate);
    if (outcome == OBS_ANSWERED && r->table == NULL)
        outcome = OBS_GARBLED;
    if (outcome != OBS_ANSWERED) {
        failed(m, r, outcome);
        return;
    }
    buf_init(&body);
    wire_table_encode(r->table, &body);
    m->session_set = true;
    pace_reset(&m->pace);
    emit(m, OBS_ANSWERED, "", r->latency_us, &body);
    buf_release(&body);
    if (!m->gone)
        ask_vitals(m, r->table);
}

/* ---- rounds */

static void ask(struct pg_member *m, bool by_hand)
{
    struct source_postgres *p = m->p;
    int64_t now = now_us(p);
    struct err e = ERR_INIT;

    if (net_pg_busy(m->pg) ||
        (now < m->pace.due_us && !(by_hand && now - m->asked_us >= p->t.pg_first_us)))
        return;
    m->asked_us = now;
    m->session_set = m->session_set && net_pg_connected(m->pg);
    if (net_pg_query(m->pg, m->session_set ? wire_pg_self_sql() : p->first_sql, p->t.pg_query_us,
                     answered, m, &e) != ST_OK)
        log_write(p->ctx.log, LOG_ERROR, "postgres %s: %s", m->name, err_text(&e));
    err_release(&e);
}

/* A server that goes says so by its connections: sooner than any round could ask. */
static void connection_lost(void *arg)
{
    ask(arg, false);
}

static void round_begin(struct source_postgres *p, bool by_hand)
{
    int kept = 0;

    for (int i = 0; i < p->nmembers; i++) {
        if (p->members[i]->gone)
            member_free(p->members[i]);
        else
            p->members[kept++] = p->members[i];
    }
    p->nmembers = kept;
    for (int i = 0; i < p->nmembers; i++)
        ask(p->members[i], by_hand);
}

static void fired(void *arg)
{
    round_begin(arg, false);
}

/* ---- the whole */

static char *database_of(const char *conninfo)
{
    char *label = NULL, *slash, *out;

    if (net_pg_check(conninfo, &label, NULL) != ST_OK)
        return xstrdup("");
    slash = strrchr(label, '/');
    out = xstrdup(slash != NULL ? slash + 1 : "");
    free(label);
    return out;
}

struct source_postgres *source_postgres_new_tuned(const struct source_ctx *ctx, int64_t refresh_us,
                                                  const char *password,
                                                  const struct source_tunables *t)
{
    struct source_postgres *p = xcalloc(1, sizeof(*p));

    p->ctx = *ctx;
    p->t = *t;
    p->password = xstrdup(password);
    beat_init(&p->beat, ctx->loop, refresh_us, t->pg_urgent_us, fired, p);
    if (ctx->config->postgres.conninfo != NULL)
        p->dbname = database_of(ctx->config->postgres.conninfo);
    /* By SET, not by a startup option: a pooler may be in between. */
    p->first_sql = xasprintf("SET statement_timeout = %d; %s",
                             (int)(t->pg_statement_us / USEC_PER_MS), wire_pg_self_sql());
    return p;
}

struct source_postgres *source_postgres_new(const struct source_ctx *ctx, int64_t refresh_us,
                                            const char *password)
{
    return source_postgres_new_tuned(ctx, refresh_us, password, &source_tunables_default);
}

void source_postgres_free(struct source_postgres *p)
{
    if (p == NULL)
        return;
    beat_release(&p->beat);
    for (int i = 0; i < p->nmembers; i++)
        member_free(p->members[i]);
    free(p->members);
    secret_wipe_free(p->password);
    free(p->first_sql);
    free(p->dbname);
    free(p);
}

void source_postgres_start(struct source_postgres *p)
{
    if (p->beat.running || p->ctx.config->postgres.conninfo == NULL)
        return;
    beat_restart(&p->beat);
    round_begin(p, false);
}

void source_postgres_set_refresh(struct source_postgres *p, int64_t refresh_us)
{
    beat_set_refresh(&p->beat, refresh_us);
}

void source_postgres_refresh(struct source_postgres *p)
{
    if (p->ctx.config->postgres.conninfo == NULL)
        return;
    beat_restart(&p->beat);
    round_begin(p, true);
}

void source_postgres_set_urgent(struct source_postgres *p, bool urgent)
{
    if (!beat_set_urgent(&p->beat, urgent) || !urgent)
        return;
    for (int i = 0; i < p->nmembers; i++)
        if (p->members[i]->again != AGAIN_LATE)
            pace_cap(&p->members[i]->pace, now_us(p) + p->t.pg_urgent_slow_us);
    if (p->beat.running)
        round_begin(p, false);
}

void source_postgres_want_vitals(struct source_postgres *p, bool wanted)
{
    p->wants_vitals = wanted;
}

static struct pg_member *find(const struct source_postgres *p, const char *name)
{
    for (int i = 0; i < p->nmembers; i++)
        if (!p->members[i]->gone && strcmp(p->members[i]->name, name) == 0)
            return p->members[i];
    return NULL;
}

/* Freed later: this may be called while its last word is being heard. */
static void forget(struct pg_member *m)
{
    net_pg_free(m->pg);
    m->pg = NULL;
    m->gone = true;
}

void source_postgres_member(struct source_postgres *p, const char *name, const char *host, int port)
{
    struct pg_member *m = find(p, name);

    if (p->ctx.config->postgres.conninfo == NULL)
        return;
    if (m != NULL && host != NULL && m->port == port && strcmp(m->host, host) == 0)
        return;
    if (m != NULL)
        forget(m);
    if (host == NULL)
        return;
    m = xcalloc(1, sizeof(*m));
    m->p = p;
    m->name = xstrdup(name);
    m->host = xstrdup(host);
    m->port = port;
    connection_new(m);
    p->members = xrealloc(p->members, (size_t)(p->nmembers + 1) * sizeof(struct pg_member *));
    p->members[p->nmembers++] = m;
    if (p->beat.running)
        ask(m, false);
}
