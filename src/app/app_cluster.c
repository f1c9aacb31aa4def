/* Opening and closing a cluster: its secrets, its sources, its store. */
#include <stdlib.h>
#include <string.h>

#include "app_private.h"
#include "pgdba/base/buf.h"
#include "pgdba/config/secret.h"

#define SECRET_TIMEOUT (15 * USEC_PER_SEC)
#define SECRET_MAX     4096

/* While a plan is being read or something of ours is under way the picture follows faster than the
 * operator's interval: what is checked at Enter must not be a minute old. */
#define OPERATION_REFRESH (500 * USEC_PER_MS)

int64_t app_effective_refresh(const struct app *a)
{
    bool busy = a->plans > 0 || app_operation_running(a);
    bool fast = busy && a->refresh_us > OPERATION_REFRESH;
    return fast ? OPERATION_REFRESH : a->refresh_us;
}

void app_apply_refresh(struct app *a)
{
    int64_t us = app_effective_refresh(a);
    if (a->store)
        store_set_refresh(a->store, us);
    if (a->patroni)
        source_patroni_set_refresh(a->patroni, us);
    for (int i = 0; a->config && i < a->config->npgbouncer; i++)
        if (a->bouncers[i])
            source_pgbouncer_set_refresh(a->bouncers[i], us);
}

/* ---- observations in, snapshots out */

static void take_routes(struct app *a)
{
    const struct snapshot *s = a->published;
    for (int i = 0; a->patroni && s && i < s->nmembers; i++) {
        struct member_route r = source_patroni_route(a->patroni, s->members[i].name);
        store_set_route(a->store, s->members[i].name, r.base, r.base ? NULL : r.why);
    }
}

static void publish_once(struct app *a)
{
    const struct clock *c = a->opt.clock;
    const struct snapshot *s = store_snapshot(a->store, clock_mono(c), clock_wall(c));
    if (s == a->published)
        return;
    snapshot_unref(a->published);
    a->published = snapshot_ref(s);
}

void app_publish(void *arg)
{
    struct app *a = arg;
    if (!a->store)
        return;
    /* Names first: a route belongs to a member that the store knows since this very turn. */
    publish_once(a);
    take_routes(a);
    publish_once(a);
    app_operation_observe(a, a->published);
    if (a->sub.snapshot)
        a->sub.snapshot(a->sub.arg, a->published);
    app_something_happened(a);
}

static void on_observation(void *arg, const struct observation *o)
{
    struct app *a = arg;
    store_apply(a->store, o);
    net_loop_defer(a->loop, app_publish, a);
}

/* ---- secrets, then sources */

static struct source_ctx source_ctx(struct app *a)
{
    return (struct source_ctx){.loop = a->loop,
                               .resolver = a->resolver,
                               .http = a->http,
                               .config = a->config,
                               .log = a->opt.log,
                               .emit = on_observation,
                               .arg = a};
}

static void start_source(struct app_secret *s)
{
    struct app *a = s->app;
    struct source_ctx ctx = source_ctx(a);
    int64_t refresh = app_effective_refresh(a);
    if (s->bouncer < 0) {
        a->patroni = source_patroni_new(&ctx, refresh, s->value);
        source_patroni_start(a->patroni);
        return;
    }
    a->bouncers[s->bouncer] = source_pgbouncer_new(&ctx, s->bouncer, refresh, s->value);
    source_pgbouncer_start(a->bouncers[s->bouncer]);
}

static void on_secret(void *arg, const char *output, size_t len, const char *why)
{
    struct app_secret *s = arg;
    struct app *a = s->app;
    s->proc = NULL;
    if (output) {
        s->value = secret_from_output(output, len);
    } else {
        char *text = xasprintf("the password command of %s failed: %s", s->what, why);
        app_error(a, text);
        free(text);
    }
    if (s->bouncer < 0)
        source_patroni_set_password(a->patroni, s->value);
    else
        start_source(s); /* without it too: it says then what is missing */
}

static enum status begin_secret(struct app_secret *s, const struct secret_source *src,
                                struct err *e)
{
    if (src->command) {
        s->proc =
            net_proc_run(s->app->loop, src->command, SECRET_MAX, SECRET_TIMEOUT, on_secret, s);
        if (s->bouncer < 0) /* the picture needs no password as a rule, and no vault to answer */
            start_source(s);
        return ST_OK;
    }
    enum status st = secret_read(src, s->what, &s->value, e);
    if (st == ST_OK)
        start_source(s);
    return st;
}

static enum status begin_sources(struct app *a, struct err *e)
{
    a->patroni_secret = (struct app_secret){.app = a, .what = "patroni", .bouncer = -1};
    enum status st = begin_secret(&a->patroni_secret, &a->config->patroni.password, e);
    for (int i = 0; st == ST_OK && i < a->config->npgbouncer; i++) {
        struct app_secret *s = &a->bouncer_secrets[i];
        *s = (struct app_secret){.app = a, .what = a->config->pgbouncer[i].name, .bouncer = i};
        st = begin_secret(s, &a->config->pgbouncer[i].password, e);
    }
    return st;
}

enum status app_open(struct app *a, struct cluster_config *c, struct err *e)
{
    if (app_operation_running(a)) {
        cluster_config_free(c);
        return err_set(e, ST_CONFLICT, "an operation on %s is still running", a->config->name);
    }
    app_operation_drop(a);
    app_cluster_close(a);
    a->config = c;
    if (c->refresh_us)
        a->refresh_us = c->refresh_us;
    a->store = store_new(c, a->refresh_us);
    a->bouncers = xcalloc((size_t)c->npgbouncer, sizeof *a->bouncers);
    a->bouncer_secrets = xcalloc((size_t)c->npgbouncer, sizeof *a->bouncer_secrets);
    publish_once(a);
    enum status st = begin_sources(a, e);
    if (st != ST_OK)
        app_cluster_close(a);
    else
        net_loop_defer(a->loop, app_publish, a);
    return st;
}

static void secret_drop(struct app_secret *s)
{
    net_proc_cancel(s->proc);
    secret_wipe_free(s->value);
    memset(s, 0, sizeof *s);
}

void app_cluster_close(struct app *a)
{
    net_loop_undefer(a->loop, app_publish, a);
    source_patroni_free(a->patroni);
    a->patroni = NULL;
    secret_drop(&a->patroni_secret);
    for (int i = 0; a->config && i < a->config->npgbouncer; i++) {
        source_pgbouncer_free(a->bouncers[i]);
        secret_drop(&a->bouncer_secrets[i]);
    }
    free(a->bouncers);
    free(a->bouncer_secrets);
    a->bouncers = NULL;
    a->bouncer_secrets = NULL;
    snapshot_unref(a->published);
    a->published = NULL;
    store_free(a->store);
    a->store = NULL;
    cluster_config_free(a->config);
    a->config = NULL;
}
