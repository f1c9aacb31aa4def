/* SQL to a member's PostgreSQL for the operator: the way there, and questions. */
#include <stdlib.h>
#include <string.h>

#include "app_private.h"
#include "pgdba/analysis/sql_effects.h"
#include "pgdba/analysis/whom.h"
#include "pgdba/base/utf8.h"
#include "pgdba/net/pg.h"
#include "pgdba/wire/dynamic.h"

#define TIMEOUT (30 * USEC_PER_SEC)
#define GRACE   (2 * USEC_PER_SEC) /* the server ends it first, and says so */

struct app_query {
    struct arena arena; /* of the question that runs, or the way that was asked for last */
    struct net_pg *pg;  /* NULL: none runs */
    struct app *app;
    const char *sql;
    int64_t timeout_us;
    const char *member, *role, *endpoint;
    const char *no_superuser; /* why none may ask; NULL: one may */
    app_query_fn *fn;
    void *arg;
};

/* A way to a member's PostgreSQL as somebody. */
struct sql_way {
    const char *const *extra;
    const char *conninfo, *password, *label;
};

static struct sql_way way_to(struct app *a, const struct member *m, const char *user,
                             const char *dbname, struct arena *arena)
{
    const struct postgres_config *c = &a->config->postgres;
    struct source_pg_way w = source_pg_way(c, m->dcs->host, m->dcs->port, arena);
    int n = 0;
    while (w.extra[n])
        n++;
    const char **extra = arena_array(arena, (size_t)n + 3, const char *);
    memcpy(extra, w.extra, (size_t)n * sizeof *extra);
    if (user)
        extra[n++] = arena_printf(arena, "user=%s", user);
    if (dbname)
        extra[n++] = arena_printf(arena, "dbname=%s", dbname);
    char *label = NULL;
    const char *db = dbname;
    if (!db && c->conninfo && net_pg_check(c->conninfo, &label, NULL) == ST_OK) {
        const char *slash = strrchr(label, '/');
        db = slash ? arena_strdup(arena, slash + 1) : NULL;
    }
    free(label);
    return (struct sql_way){
        .extra = extra,
        .conninfo = c->conninfo ? c->conninfo : "",
        .password = user ? NULL : app_postgres_password(a),
        .label = db ? arena_printf(arena, "%s/%s", w.to, db) : w.to,
    };
}

static struct app_query *need(struct app *a)
{
    if (!a->query) {
        a->query = xcalloc(1, sizeof *a->query);
        a->query->app = a;
        arena_init(&a->query->arena);
    }
    return a->query;
}

/* ---- for the actions: SQL that changes something goes through their hands */

struct action_sql_route app_query_way(void *arg, const struct request *r)
{
    struct app *a = arg;
    struct app_query *q = need(a);
    const struct member *m = a->published ? snapshot_member(a->published, r->members[0]) : NULL;
    if (!m || !m->dcs || !m->dcs->host)
        return (struct action_sql_route){
            .why = arena_printf(&q->arena, "where the PostgreSQL of %s listens is not known",
                                r->members[0])};
    if (!q->pg) {
        arena_release(&q->arena);
        arena_init(&q->arena);
    }
    struct sql_way w = way_to(a, m, r->user, r->dbname, &q->arena);
    int64_t timeout = r->sql_timeout_us ? r->sql_timeout_us : TIMEOUT;
    return (struct action_sql_route){.conninfo = w.conninfo,
                                     .password = w.password,
                                     .label = w.label,
                                     .extra = w.extra,
                                     .setup =
                                         arena_printf(&q->arena, "SET statement_timeout = %lld",
                                                      (long long)(timeout / USEC_PER_MS))};
}

/* ---- questions */

static void done(struct app_query *q, const struct table *t, const char *error, int64_t latency_us)
{
    struct query_answer answer = {.member = q->member,
                                  .role = q->role,
                                  .endpoint = q->endpoint,
                                  .table = t,
                                  .error = error,
                                  .latency_us = latency_us};
    struct net_pg *pg = q->pg;
    q->pg = NULL;
    q->fn(q->arg, &answer);
    net_pg_free(pg); /* the reply goes with it */
}

static const char *error_of(struct app_query *q, const struct net_pg_reply *r)
{
    if (r->outcome == NET_ANSWERED && !*r->sqlstate)
        return NULL;
    const char *text = utf8_clean(&q->arena, r->detail, strlen(r->detail));
    return *r->sqlstate ? arena_printf(&q->arena, "%s (%s)", text, r->sqlstate) : text;
}

static void on_rows(void *arg, const struct net_pg_reply *r)
{
    struct app_query *q = arg;
    const char *error = error_of(q, r);
    if (error)
        done(q, NULL, error, r->latency_us);
    else
        done(q, r->table ? table_clean(&q->arena, r->table) : table_new(&q->arena, 0, 0), NULL,
             r->latency_us);
}

/* A read-only transaction keeps a superuser from little: pg_promote(), pg_terminate_backend() and
 * many more are functions that it lets him call. */
static const char *too_mighty(struct app_query *q)
{
    const char *mighty = net_pg_parameter(q->pg, "is_superuser");
    if (!q->no_superuser || (mighty && strcmp(mighty, "off") == 0))
        return NULL;
    return arena_printf(&q->arena,
                        "not asked: PostgreSQL's login here is a superuser's, who can promote, end "
                        "sessions and write files in a read-only transaction too, and %s; give "
                        "--username with one that is none",
                        q->no_superuser);
}

static void on_begun(void *arg, const struct net_pg_reply *r)
{
    struct app_query *q = arg;
    const char *error = error_of(q, r);
    if (!error)
        error = too_mighty(q);
    if (error)
        done(q, NULL, error, r->latency_us);
    else
        (void)net_pg_query_one(q->pg, q->sql, q->timeout_us + GRACE, on_rows, q, NULL);
}

/* Who may change nothing here may not do it by a SELECT. */
static const char *no_superuser(struct app *a, struct arena *arena)
{
    struct err e = ERR_INIT;
    const char *why = NULL;
    if (app_read_only(a))
        why = "this cluster is read-only here";
    else if (app_may(a, ACT_QUERY, &e) != ST_OK)
        why = arena_strdup(arena, err_text(&e));
    err_release(&e);
    return why;
}

static const char *role_of(const struct snapshot *s, const struct member *m)
{
    return !m->listed ? "gone" : m == snapshot_leader(s) ? "leader" : "replica";
}

/* Read-only, and the policy, are for what changes something: what does so all the same is to go
 * their way. */
static enum status only_reads(const char *sql, struct err *e)
{
    struct arena a;
    arena_init(&a);
    const char *word = sql_effect(sql, &a);
    enum status st =
        word ? err_set(e, ST_REFUSED,
                       "%s is not stopped by a read-only transaction: nothing was sent; query "
                       "--write asks before it is",
                       word)
             : ST_OK;
    arena_release(&a);
    return st;
}

enum status app_query(struct app *a, const struct query_request *r, app_query_fn *fn, void *arg,
                      struct err *e)
{
    enum status st = app_replay_refuse(a, e);
    if (st == ST_OK)
        st = only_reads(r->sql, e);
    if (st != ST_OK)
        return st;
    if (!a->config || !a->published)
        return err_set(e, ST_USAGE, "no cluster is open");
    struct app_query *q = need(a);
    const struct member *m;
    if (q->pg)
        return err_set(e, ST_CONFLICT, "the query before has not answered yet");
    st = whom_find(a->published, r->role, r->member, clock_mono(a->opt.clock), &m, e);
    if (st != ST_OK)
        return st;
    arena_release(&q->arena);
    arena_init(&q->arena);
    struct sql_way w = way_to(a, m, r->user, r->dbname, &q->arena);
    q->timeout_us = r->timeout_us ? r->timeout_us : TIMEOUT;
    q->sql = arena_strdup(&q->arena, r->sql);
    q->member = arena_strdup(&q->arena, m->name);
    q->role = role_of(a->published, m);
    q->endpoint = w.label;
    q->no_superuser = no_superuser(a, &q->arena);
    q->fn = fn;
    q->arg = arg;
    q->pg = net_pg_new(a->loop, a->resolver, w.conninfo, w.password, w.extra);
    const char *begin = arena_printf(&q->arena, "SET statement_timeout = %lld; BEGIN READ ONLY",
                                     (long long)(q->timeout_us / USEC_PER_MS));
    return net_pg_query(q->pg, begin, q->timeout_us + GRACE, on_begun, q, e);
}

void app_query_cancel(struct app *a)
{
    if (!a->query)
        return;
    net_pg_free(a->query->pg);
    a->query->pg = NULL;
}

void app_query_close(struct app *a)
{
    if (!a->query)
        return;
    app_query_cancel(a);
    arena_release(&a->query->arena);
    free(a->query);
    a->query = NULL;
}

/* ---- what else is asked of the picture */

enum status app_dsn(struct app *a, const char *member, enum member_role role, struct arena *arena,
                    const char **name, const char **host_port, struct err *e)
{
    const struct member *m;
    if (!a->config || !a->published)
        return err_set(e, ST_USAGE, "no cluster is open");
    enum status st = whom_find(a->published, role, member, app_now_us(a), &m, e);
    if (st != ST_OK)
        return st;
    *name = arena_strdup(arena, m->name);
    *host_port = source_pg_way(&a->config->postgres, m->dcs->host, m->dcs->port, arena).to;
    return ST_OK;
}

bool app_vitals_known(const struct app *a)
{
    const struct member *m = a->published ? snapshot_leader(a->published) : NULL;
    if (!a->config || !a->config->postgres.conninfo || !m)
        return true;
    if (m->pg.outcome != OBS_ANSWERED)
        return m->pg.outcome != OBS_NEVER;
    return m->vitals_state.outcome != OBS_NEVER || (m->pg_self && m->pg_self->in_recovery);
}

bool app_plan_ready(const struct app *a, enum action_kind k)
{
    bool bouncers = k >= ACT_PGB_PAUSE && k <= ACT_HOLD;
    return app_complete(a) && app_acting_known(a) && app_vitals_known(a) &&
           (!bouncers || app_bouncers_known(a));
}

static bool asked_since(const struct source_state *st, int64_t than_us)
{
    return st->outcome != OBS_ANSWERED || st->answered_us - st->latency_us > than_us;
}

static bool writes_to(const struct plan *p, const char *bouncer)
{
    for (int i = 0; i < p->nsteps; i++)
        if (p->steps[i].to_bouncer && strcmp(p->steps[i].member, bouncer) == 0)
            return true;
    return false;
}

bool app_looked_since(const struct app *a, const struct plan *p, int64_t than_us)
{
    const struct snapshot *s = a->published;
    if (!s)
        return false;
    for (int i = 0; i < s->nbouncers; i++)
        if (writes_to(p, s->bouncers[i].name) && !asked_since(&s->bouncers[i].pools_state, than_us))
            return false;
    for (int i = 0; i < s->nmembers; i++)
        if (s->members[i].listed && !asked_since(&s->members[i].api, than_us))
            return false;
    for (int i = 0; i < s->nhaproxies; i++)
        if (!asked_since(&s->haproxies[i].state, than_us))
            return false;
    /* The watch on etcd is not asked: it tells. */
    return s->dcs_leads || asked_since(&s->view, than_us);
}

enum status app_config_text(const struct app *a, struct buf *out, struct err *e)
{
    const struct snapshot *s = a->published;
    if (!s || !s->config || !s->config->text)
        return err_set(e, ST_UNREACHABLE, "the configuration is not known: %s%s%s",
                       obs_outcome_name(s ? s->config_state.outcome : OBS_NEVER),
                       s && *s->config_state.detail ? ": " : "", s ? s->config_state.detail : "");
    return wire_dynamic_pretty(s->config->text, out, e);
}
