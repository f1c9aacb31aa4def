/* The sources of the open cluster: their secrets first, then what the picture tells them. */
#include <stdlib.h>
#include <string.h>

#include "app_private.h"
#include "pgdba/base/buf.h"
#include "pgdba/config/secret.h"

#define SECRET_TIMEOUT (15 * USEC_PER_SEC)
#define SECRET_MAX     4096

/* A kind of source: how it is started once its password is known (NULL: none). */
struct app_source_kind {
    void (*start)(struct app *a, int index, const char *password);
    /* Not NULL: started at once, and told the password when its command has given it: what it asks
     * as a rule needs none, and no picture must wait for a vault. */
    void (*late)(struct app *a, const char *password);
};

struct source_ctx app_source_ctx(struct app *a)
{
    return (struct source_ctx){.loop = a->loop,
                               .resolver = a->resolver,
                               .http = a->http,
                               .config = a->config,
                               .log = a->opt.log,
                               .read_only = app_read_only(a),
                               .emit = app_on_observation,
                               .arg = a};
}

static void start_patroni(struct app *a, int index, const char *password)
{
    struct source_ctx ctx = app_source_ctx(a);
    (void)index;
    a->patroni = source_patroni_new(&ctx, app_effective_refresh(a), password);
    source_patroni_start(a->patroni);
}

static void late_patroni(struct app *a, const char *password)
{
    source_patroni_set_password(a->patroni, password);
}

/* Both passwords may come from commands: whichever is known last tells. */
static void tell_admin(struct app *a, int index)
{
    const char *password, *why;
    if (a->bouncers[index] && a->config->pgbouncer[index].admin_conninfo &&
        app_bouncer_password(a, index, &password, &why))
        source_pgbouncer_set_admin(a->bouncers[index], password);
}

/* Clients are let go when the names that PgBouncer has looked up are the new leader's. */
static uint64_t bouncers_wanted(const struct app *a)
{
    const struct operation *op = app_operation(a);
    bool held = op && op->state == OP_RUNNING && op->plan->kind == ACT_HOLD;
    return a->bouncers_shown | (held ? OBS_BIT(OBS_PGB_DNS_HOSTS) : 0);
}

static void start_bouncer(struct app *a, int index, const char *password)
{
    struct source_ctx ctx = app_source_ctx(a);
    a->bouncers[index] = source_pgbouncer_new(&ctx, index, app_effective_refresh(a), password);
    source_pgbouncer_want(a->bouncers[index], bouncers_wanted(a));
    tell_admin(a, index);
    source_pgbouncer_start(a->bouncers[index]);
}

static void start_haproxy(struct app *a, int index, const char *password)
{
    struct source_ctx ctx = app_source_ctx(a);
    a->haproxies[index] = source_haproxy_new(&ctx, index, app_effective_refresh(a), password);
    source_haproxy_start(a->haproxies[index]);
}

static void start_postgres(struct app *a, int index, const char *password)
{
    struct source_ctx ctx = app_source_ctx(a);
    (void)index;
    a->postgres = source_postgres_new(&ctx, app_effective_refresh(a), password);
    source_postgres_start(a->postgres);
}

/* Nothing asks with it before an action does. */
static void start_admin(struct app *a, int index, const char *password)
{
    (void)password;
    tell_admin(a, index);
}

static const struct app_secret *etcd_secret(const struct app *a);

/* "/service" and "demo" to "/service/demo/". */
static char *prefix_of(const char *ns, const char *scope)
{
    size_t n = strlen(ns);
    while (n && ns[n - 1] == '/')
        n--;
    return xasprintf("%s%.*s/%s/", *ns == '/' ? "" : "/", (int)n, ns, scope);
}

/* Where Patroni keeps the cluster is known with its scope: by configuration, else by its own word.
 */
static void start_etcd_when_known(struct app *a)
{
    const char *scope = a->config->scope ? a->config->scope
                        : a->published   ? a->published->scope
                                         : NULL;
    if (a->etcd || !a->etcd_ready || !scope)
        return;
    struct source_ctx ctx = app_source_ctx(a);
    const char *ns = a->config->etcd.namespace_;
    a->etcd_prefix = prefix_of(ns ? ns : "/service", scope);
    store_set_etcd_prefix(story_store(a->story), a->etcd_prefix);
    a->etcd =
        source_etcd_new(&ctx, a->etcd_prefix, app_effective_refresh(a), etcd_secret(a)->value);
    source_etcd_start(a->etcd);
}

static void start_etcd(struct app *a, int index, const char *password)
{
    (void)index;
    (void)password; /* kept in its secret until the scope is known */
    a->etcd_ready = true;
    start_etcd_when_known(a);
}

static const struct app_source_kind kind_patroni = {start_patroni, late_patroni},
                                    kind_bouncer = {start_bouncer, NULL},
                                    kind_admin = {start_admin, NULL},
                                    kind_haproxy = {start_haproxy, NULL},
                                    kind_postgres = {start_postgres, NULL},
                                    kind_etcd = {start_etcd, NULL};

static const struct app_secret *etcd_secret(const struct app *a)
{
    for (int i = 0; i < a->nsecrets; i++)
        if (a->secrets[i].kind == &kind_etcd)
            return &a->secrets[i];
    return NULL;
}

const char *app_patroni_password(const struct app *a)
{
    return a->nsecrets ? a->secrets[0].value : NULL;
}

const char *app_postgres_password(const struct app *a)
{
    for (int i = 0; i < a->nsecrets; i++)
        if (a->secrets[i].kind == &kind_postgres)
            return a->secrets[i].value;
    return NULL;
}

bool app_bouncer_password(const struct app *a, int index, const char **password, const char **why)
{
    bool own = a->config->pgbouncer[index].admin_conninfo != NULL;
    *password = NULL;
    *why = "its password command has not answered yet";
    for (int i = 0; i < a->nsecrets; i++) {
        const struct app_secret *s = &a->secrets[i];
        if (s->kind != (own ? &kind_admin : &kind_bouncer) || s->index != index)
            continue;
        *password = s->value;
        return !s->proc;
    }
    return true;
}

/* ---- secrets */

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
    if (s->kind->late)
        s->kind->late(a, s->value);
    else
        s->kind->start(a, s->index, s->value); /* without it too: it says then what is missing */
}

static enum status begin(struct app *a, const struct app_source_kind *kind, int index,
                         const char *what, const struct secret_source *from, struct err *e)
{
    struct app_secret *s = &a->secrets[a->nsecrets++];
    *s = (struct app_secret){.app = a, .kind = kind, .index = index, .what = what};
    if (from->command) {
        s->proc = net_proc_run(a->loop, from->command, SECRET_MAX, SECRET_TIMEOUT, on_secret, s);
        if (kind->late)
            kind->start(a, index, NULL);
        return ST_OK;
    }
    enum status st = secret_read(from, what, &s->value, e);
    if (st == ST_OK)
        kind->start(a, index, s->value);
    return st;
}

enum status app_sources_open(struct app *a, struct err *e)
{
    const struct cluster_config *c = a->config;
    int most = 3 + 2 * c->npgbouncer + c->nhaproxy;
    a->secrets = xcalloc((size_t)most, sizeof *a->secrets);
    a->bouncers = xcalloc((size_t)c->npgbouncer, sizeof *a->bouncers);
    a->haproxies = xcalloc((size_t)c->nhaproxy, sizeof *a->haproxies);
    enum status st = begin(a, &kind_patroni, 0, "patroni", &c->patroni.password, e);
    for (int i = 0; st == ST_OK && i < c->npgbouncer; i++)
        st = begin(a, &kind_bouncer, i, c->pgbouncer[i].name, &c->pgbouncer[i].password, e);
    for (int i = 0; st == ST_OK && i < c->npgbouncer; i++)
        if (c->pgbouncer[i].admin_conninfo)
            st = begin(a, &kind_admin, i, c->pgbouncer[i].name, &c->pgbouncer[i].admin_password, e);
    for (int i = 0; st == ST_OK && i < c->nhaproxy; i++)
        st = begin(a, &kind_haproxy, i, c->haproxy[i].name, &c->haproxy[i].password, e);
    if (st == ST_OK && c->postgres.conninfo)
        st = begin(a, &kind_postgres, 0, "postgres", &c->postgres.password, e);
    if (st == ST_OK && c->etcd.nurls)
        st = begin(a, &kind_etcd, 0, "etcd", &c->etcd.password, e);
    return st;
}

static void secret_drop(struct app_secret *s)
{
    net_proc_cancel(s->proc);
    secret_wipe_free(s->value);
    memset(s, 0, sizeof *s);
}

void app_sources_close(struct app *a)
{
    app_probe_close(a);
    app_bouncer_close(a);
    app_held_close(a);
    source_patroni_free(a->patroni);
    source_postgres_free(a->postgres);
    source_etcd_free(a->etcd);
    a->patroni = NULL;
    a->postgres = NULL;
    a->etcd = NULL;
    for (int i = 0; a->bouncers && i < a->config->npgbouncer; i++)
        source_pgbouncer_free(a->bouncers[i]);
    for (int i = 0; a->haproxies && i < a->config->nhaproxy; i++)
        source_haproxy_free(a->haproxies[i]);
    for (int i = 0; i < a->nsecrets; i++)
        secret_drop(&a->secrets[i]);
    free(a->bouncers);
    free(a->haproxies);
    free(a->secrets);
    free(a->etcd_prefix);
    a->bouncers = NULL;
    a->haproxies = NULL;
    a->secrets = NULL;
    a->nsecrets = 0;
    a->etcd_prefix = NULL;
    a->etcd_ready = a->urgent = a->dcs_watched = false;
    a->followed_revision = 0;
}

/* ---- while they run */

void app_sources_set_refresh(struct app *a, int64_t us)
{
    if (a->patroni)
        source_patroni_set_refresh(a->patroni, us);
    for (int i = 0; a->bouncers && i < a->config->npgbouncer; i++)
        if (a->bouncers && a->bouncers[i])
            source_pgbouncer_set_refresh(a->bouncers[i], us);
    for (int i = 0; a->haproxies && i < a->config->nhaproxy; i++)
        if (a->haproxies && a->haproxies[i])
            source_haproxy_set_refresh(a->haproxies[i], us);
    if (a->postgres)
        source_postgres_set_refresh(a->postgres, us);
    if (a->etcd)
        source_etcd_set_refresh(a->etcd, us);
}

void app_sources_refresh(struct app *a)
{
    if (a->patroni)
        source_patroni_refresh(a->patroni);
    app_sources_refresh_way(a);
    if (a->postgres)
        source_postgres_refresh(a->postgres);
    if (a->etcd)
        source_etcd_refresh(a->etcd);
}

void app_sources_refresh_way(struct app *a)
{
    for (int i = 0; a->bouncers && i < a->config->npgbouncer; i++)
        if (a->bouncers && a->bouncers[i])
            source_pgbouncer_refresh(a->bouncers[i]);
    for (int i = 0; a->haproxies && i < a->config->nhaproxy; i++)
        if (a->haproxies && a->haproxies[i])
            source_haproxy_refresh(a->haproxies[i]);
}

static void follow_urgency(struct app *a)
{
    bool urgent = story_urgent(a->story);
    if (urgent == a->urgent)
        return;
    a->urgent = urgent;
    if (a->patroni)
        source_patroni_set_urgent(a->patroni, urgent);
    for (int i = 0; i < a->config->npgbouncer; i++)
        if (a->bouncers && a->bouncers[i])
            source_pgbouncer_set_urgent(a->bouncers[i], urgent);
    for (int i = 0; i < a->config->nhaproxy; i++)
        if (a->haproxies && a->haproxies[i])
            source_haproxy_set_urgent(a->haproxies[i], urgent);
    if (a->postgres)
        source_postgres_set_urgent(a->postgres, urgent);
}

static void follow_members(struct app *a, const struct snapshot *s)
{
    for (int i = 0; a->postgres && i < s->nmembers; i++) {
        const struct cluster_member *row = s->members[i].dcs;
        if (row)
            source_postgres_member(a->postgres, s->members[i].name, row->host, row->port);
    }
}

/* As etcd lists them; anew with every transaction. */
static void follow_list(struct app *a, const struct snapshot *s)
{
    if (!a->patroni || !s->dcs_leads || s->dcs->revision == a->followed_revision)
        return;
    struct arena arena;
    arena_init(&arena);
    struct cluster_member *rows = arena_array(&arena, (size_t)s->nmembers, struct cluster_member);
    struct cluster_view v = {.members = rows};
    for (int i = 0; i < s->nmembers; i++)
        if (s->members[i].listed && s->members[i].dcs)
            rows[v.nmembers++] = *s->members[i].dcs;
    a->followed_revision = s->dcs->revision;
    source_patroni_learn(a->patroni, &v);
    arena_release(&arena);
}

static bool has_lease(const int64_t *ids, int n, int64_t id)
{
    for (int i = 0; i < n; i++)
        if (ids[i] == id)
            return true;
    return false;
}

static void follow_leases(struct app *a, const struct snapshot *s)
{
    enum { MOST = 32 };
    int64_t ids[MOST];
    int n = 0;
    if (!a->etcd)
        return;
    if (a->leases_shown && s->dcs) {
        if (s->dcs->leader_lease)
            ids[n++] = s->dcs->leader_lease;
        for (int i = 0; i < s->dcs->nmembers && n < MOST; i++)
            if (s->dcs->members[i].lease && !has_lease(ids, n, s->dcs->members[i].lease))
                ids[n++] = s->dcs->members[i].lease;
    }
    source_etcd_set_leases(a->etcd, ids, n);
}

void app_sources_follow(struct app *a, const struct snapshot *s)
{
    bool watched = s->dcs_leads && s->dcs_state.outcome == OBS_ANSWERED;
    start_etcd_when_known(a);
    follow_urgency(a);
    if (a->postgres)
        source_postgres_want_vitals(a->postgres, a->plans > 0 || app_operation_running(a));
    follow_members(a, s);
    follow_list(a, s);
    follow_leases(a, s);
    if (a->patroni && watched != a->dcs_watched) {
        a->dcs_watched = watched;
        source_patroni_set_dcs_watched(a->patroni, watched);
    }
}

void app_show_leases(struct app *a, bool shown)
{
    a->leases_shown = shown;
    if (a->published)
        follow_leases(a, a->published);
}

void app_show_bouncers(struct app *a, uint64_t kinds)
{
    if (kinds == a->bouncers_shown)
        return;
    a->bouncers_shown = kinds;
    app_sources_want(a);
}

void app_sources_want(struct app *a)
{
    for (int i = 0; a->bouncers && i < a->config->npgbouncer; i++)
        if (a->bouncers[i])
            source_pgbouncer_want(a->bouncers[i], bouncers_wanted(a));
}

const char *app_etcd_prefix(const struct app *a)
{
    return a->etcd_prefix ? a->etcd_prefix : "";
}
