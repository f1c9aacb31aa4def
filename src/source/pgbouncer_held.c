#include "pgbouncer_held.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/config/secret.h"
#include "pgdba/model/facts.h"
#include "pgdba/net/loop.h"
#include "pgdba/net/pg.h"
#include "pgdba/wire/pgbouncer.h"

struct pgb_held {
    struct source_ctx ctx;
    struct source_tunables t;
    const struct pgbouncer_config *config;
    char *password;
    bool may;       /* the way to an admin is known, and it has not turned out to be none */
    bool stuck;     /* by the last SHOW POOLS */
    bool not_asked; /* read-only, and it has been told */
    enum tristate told;
    int64_t due_us;
    struct net_pg *pg; /* while it is asked */
    struct net_timer *close;
    void (*done)(void *arg, enum tristate paused, int64_t latency_us);
    void *arg;
};

static int64_t now_us(const struct pgb_held *h)
{
    return clock_mono(net_loop_clock(h->ctx.loop));
}

/* Not from its own answer's callback. */
static void close_now(void *arg)
{
    struct pgb_held *h = arg;

    net_pg_free(h->pg);
    h->pg = NULL;
}

struct pgb_held *pgb_held_new(const struct source_ctx *ctx, const struct pgbouncer_config *config,
                              const struct source_tunables *t,
                              void (*done)(void *arg, enum tristate paused, int64_t latency_us),
                              void *arg)
{
    struct pgb_held *h = xcalloc(1, sizeof(*h));

    h->ctx = *ctx;
    h->t = *t;
    h->config = config;
    h->done = done;
    h->arg = arg;
    h->close = net_timer_new(ctx->loop, close_now, h);
    return h;
}

void pgb_held_free(struct pgb_held *h)
{
    if (h == NULL)
        return;
    net_timer_free(h->close);
    net_pg_free(h->pg);
    secret_wipe_free(h->password);
    free(h);
}

void pgb_held_set_password(struct pgb_held *h, const char *password)
{
    secret_wipe_free(h->password);
    h->password = xstrdup(password);
    h->may = true;
}

/* ---- the signs ------------------------------------------------------------------------------- */

static bool is_stuck(const struct pgb_pool *p)
{
    const int64_t servers[] = {p->sv_active, p->sv_idle,  p->sv_used,
                               p->sv_tested, p->sv_login, p->sv_cancel};

    for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++)
        if (servers[i] > 0)
            return false;
    return p->cl_waiting > 0;
}

bool pgb_held_look(struct pgb_held *h, const struct table *pools)
{
    struct facts *f = NULL;

    h->stuck = false;
    if (wire_pgb_pools(pools, &f, NULL) == ST_OK)
        for (int i = 0; i < ((const struct pgb_pools *)f->root)->n && !h->stuck; i++)
            h->stuck = is_stuck(&((const struct pgb_pools *)f->root)->v[i]);
    facts_unref(f);
    if (h->ctx.read_only) {
        bool tells = h->stuck && !h->not_asked;

        h->not_asked = h->stuck;
        return tells;
    }
    /* Who waits no more may be paused a moment later, and nobody would ask: a "no" is of then. */
    if (h->stuck || h->told != TRI_NO)
        return false;
    h->told = TRI_UNKNOWN;
    return true;
}

bool pgb_held_due(const struct pgb_held *h)
{
    return h->may && !h->ctx.read_only && h->pg == NULL && (h->stuck || h->told == TRI_YES) &&
           now_us(h) >= h->due_us;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static enum tristate meaning(const struct net_pg_reply *r)
{
    if (strstr(r->detail, "already suspended/paused") != NULL)
        return TRI_YES; /* paused: who is suspended lets nobody in */
    return strstr(r->detail, "cannot pause admin db") != NULL ? TRI_NO : TRI_UNKNOWN;
}

static void answered(void *arg, const struct net_pg_reply *r)
{
    struct pgb_held *h = arg;

    h->told = meaning(r);
    h->due_us = now_us(h) + h->t.pgb_held_us;
    /* Who is no admin will not become one: its log need not be filled with that. */
    if (strstr(r->detail, "admin access needed") != NULL ||
        strstr(r->detail, "not allowed") != NULL)
        h->may = false;
    net_timer_start(h->close, 0, 0);
    h->done(h->arg, h->told, r->latency_us);
}

static const char *const *extra_of(const struct pgbouncer_config *c, struct arena *a)
{
    static const char *const ours[] = {"dbname=pgbouncer", "application_name=pgdba",
                                       "gssencmode=disable"};
    enum { OURS = sizeof(ours) / sizeof(ours[0]) };
    size_t n = 0;

    while (c->admin_conninfo != NULL && c->admin_extra != NULL && c->admin_extra[n] != NULL)
        n++;
    const char **v = arena_array(a, OURS + n + 1, const char *);

    memcpy(v, ours, sizeof(ours));
    if (n > 0)
        memcpy(v + OURS, c->admin_extra, n * sizeof(*v));
    return v;
}

void pgb_held_ask(struct pgb_held *h)
{
    const struct pgbouncer_config *c = h->config;
    const char *conninfo = c->admin_conninfo != NULL ? c->admin_conninfo : c->conninfo;
    struct arena a;

    arena_init(&a);
    h->pg = net_pg_new(h->ctx.loop, h->ctx.resolver, conninfo, h->password, extra_of(c, &a));
    arena_release(&a);
    /* A connection of its own runs nothing else: it cannot be busy. */
    (void)net_pg_query(h->pg, "PAUSE pgbouncer", h->t.pgb_held_timeout_us, answered, h, NULL);
}

struct table *pgb_held_state(const struct pgb_held *h, enum tristate paused, struct arena *a)
{
    bool yes = paused == TRI_YES, silent = paused == TRI_UNKNOWN;
    const char *const cells[] = {"active",           yes ? "no" : "yes", "paused",
                                 yes ? "yes" : "no", "suspended",        "no"},
                      *const refuses[] = {"not asked", "read-only"};
    struct table *t = table_new(a, 2, !silent ? 3 : h->ctx.read_only ? 1 : 0);

    t->cols[0] = "key";
    t->cols[1] = "value";
    t->tag = "SHOW";
    if (!silent)
        memcpy(t->cells, cells, sizeof(cells));
    else if (t->nrows > 0)
        memcpy(t->cells, refuses, sizeof(refuses));
    return t;
}
