/* The probe: which way it goes, its beginning and its end. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app_private.h"
#include "pgdba/base/buf.h"
#include "pgdba/config/secret.h"
#include "pgdba/net/pg.h"

#define EVERY (100 * USEC_PER_MS)

/* A way, with its password: what was asked about last. */
struct app_probe {
    char *name, *conninfo, *label, *password, *why;
    struct source_probe *source; /* NULL: none runs */
};

static void way_forget(struct app_probe *w)
{
    free(w->name);
    free(w->conninfo);
    free(w->label);
    free(w->why);
    secret_wipe_free(w->password);
    w->name = w->conninfo = w->label = w->why = w->password = NULL;
}

static const struct route_config *route_named(const struct cluster_config *c, const char *via)
{
    for (int i = 0; i < c->nroutes; i++)
        if (strcmp(c->routes[i].name, via) == 0)
            return &c->routes[i];
    return NULL;
}

/* "a route of ..., or a connection string": what could have been said instead. */
static char *no_such_way(const struct cluster_config *c, const char *via)
{
    struct buf b;
    buf_init(&b);
    buf_addf(&b, "there is no route \"%s\"; ", via);
    if (c->nroutes == 0)
        buf_puts(&b, "the cluster's file has none (routes:); a connection string without a "
                     "password will do");
    for (int i = 0; i < c->nroutes; i++)
        buf_addf(&b, "%s%s", i ? ", " : "there are: ", c->routes[i].name);
    char *out = xstrdup(b.s);
    buf_release(&b);
    return out;
}

static enum status way_find(const struct cluster_config *c, const char *via, struct app_probe *w,
                            struct err *e)
{
    const struct route_config *r = route_named(c, via);
    bool given = strchr(via, '=') || strstr(via, "://");
    way_forget(w);
    w->name = xstrdup(via);
    if (!r && !given) {
        char *why = no_such_way(c, via);
        enum status st = err_set(e, ST_NOT_FOUND, "%s", why);
        free(why);
        return st;
    }
    if (r && r->password.command)
        return err_set(e, ST_INVALID,
                       "the password of route %s comes from a command, which the probe does not "
                       "run: use password_file or ~/.pgpass",
                       via);
    enum status st = r ? secret_read(&r->password, via, &w->password, e) : ST_OK;
    const char *conninfo = r ? r->conninfo : via;
    if (st == ST_OK)
        st = net_pg_check(conninfo, &w->label, e);
    if (st == ST_OK)
        w->conninfo = xstrdup(conninfo);
    if (st == ST_OK && !r) { /* it may hold more than a name should show */
        free(w->name);
        w->name = xstrdup(w->label);
    }
    return st;
}

static struct app_probe *need(struct app *a)
{
    if (!a->probe)
        a->probe = xcalloc(1, sizeof *a->probe);
    return a->probe;
}

struct action_sql_route app_probe_way(void *arg, const char *via)
{
    struct app *a = arg;
    struct app_probe *w = need(a);
    struct err e = ERR_INIT;
    if (way_find(a->config, via, w, &e) != ST_OK) {
        w->why = xstrdup(err_text(&e));
        free(w->conninfo);
        w->conninfo = NULL;
    }
    err_release(&e);
    return (struct action_sql_route){
        .conninfo = w->conninfo, .password = w->password, .label = w->label, .why = w->why};
}

/* ---- begin and end */

static enum status begin(struct app *a, const struct probe_request *r, struct err *e)
{
    struct app_probe *w = need(a);
    struct source_ctx ctx = app_source_ctx(a);
    int64_t every = r->every_us ? r->every_us : EVERY;
    if (w->source)
        return err_set(e, ST_CONFLICT, "a probe runs already: probe stop ends it");
    enum status st = way_find(a->config, r->via, w, e);
    if (st != ST_OK)
        return st;
    /* Rows of two runs must never be taken for one. */
    char *run = xasprintf("%lld-%ld", (long long)clock_wall(a->opt.clock), (long)getpid());
    struct probe_route route = {.name = w->name, .conninfo = w->conninfo, .password = w->password};
    story_probe_every(a->story, every);
    w->source = source_probe_new(&ctx, &route, r->write, every, run);
    source_probe_start(w->source);
    free(run);
    return ST_OK;
}

enum status app_probe_start(struct app *a, const struct probe_request *r, struct err *e)
{
    enum status st = app_replay_refuse(a, e);
    if (st != ST_OK)
        return st;
    if (!a->config)
        return err_set(e, ST_USAGE, "no cluster is open");
    if (r->write)
        return err_set(e, ST_USAGE, "a write probe begins with its plan");
    return begin(a, r, e);
}

/* The schema is there: what was confirmed with it goes on. */
void app_probe_planned(struct app *a, const struct operation *op)
{
    const struct request *r = &op->plan->request;
    struct err e = ERR_INIT;
    if (op->plan->kind != ACT_PROBE_START || op->state != OP_DONE)
        return;
    struct probe_request p = {.via = r->via, .write = true, .every_us = r->every_us};
    if (begin(a, &p, &e) != ST_OK)
        app_error(a, err_text(&e));
    err_release(&e);
}

void app_probe_stop(struct app *a)
{
    if (!app_probe_running(a))
        return;
    source_probe_free(a->probe->source);
    a->probe->source = NULL;
    story_probe_stopped(a->story);
    net_loop_defer(a->loop, app_publish, a);
}

bool app_probe_running(const struct app *a)
{
    return a->probe && a->probe->source;
}

/* After an outage: which rows are there? */
void app_probe_follow(struct app *a)
{
    uint64_t from, to;
    if (app_probe_running(a) && story_wants_rows(a->story, &from, &to))
        source_probe_ask_rows(a->probe->source, from, to);
}

void app_probe_close(struct app *a)
{
    if (!a->probe)
        return;
    source_probe_free(a->probe->source);
    way_forget(a->probe);
    free(a->probe);
    a->probe = NULL;
}

int app_probe_routes(const struct app *a, struct arena *arena, const char *const **out)
{
    int n = a->config ? a->config->nroutes : 0;
    const char **v = arena_array(arena, (size_t)n, const char *);
    for (int i = 0; i < n; i++)
        v[i] = arena_strdup(arena, a->config->routes[i].name);
    *out = v;
    return n;
}
