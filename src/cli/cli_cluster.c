/* The registry: cluster connect, list, status, disconnect. */
#include <stdlib.h>
#include <string.h>

#include "cli_private.h"
#include "pgdba/app/connect.h"
#include "pgdba/base/fmt.h"

enum { MANY = 64 };

static const char *const *values(const struct cli *c, const char *arg, struct cluster_config *k,
                                 int *n)
{
    const char *v[MANY];
    *n = invocation_all(c->inv, arg, v, MANY);
    const char **out = arena_array(&k->arena, (size_t)*n, const char *);
    for (int i = 0; i < *n; i++)
        out[i] = arena_strdup(&k->arena, v[i]);
    return out;
}

static const char *value(const struct cli *c, const char *arg, struct cluster_config *k)
{
    return arena_strdup(&k->arena, invocation_get(c->inv, arg));
}

/* "a=b" at the first '='; false when there is none, or nothing before or behind it. */
static bool split(struct arena *a, const char *text, const char **left, const char **right)
{
    const char *eq = strchr(text, '=');
    if (!eq || eq == text || !eq[1])
        return false;
    *left = arena_strndup(a, text, (size_t)(eq - text));
    *right = arena_strdup(a, eq + 1);
    return true;
}

static const char *without_slash(struct arena *a, const char *url)
{
    size_t n = strlen(url);
    while (n && url[n - 1] == '/')
        n--;
    return arena_strndup(a, url, n);
}

static enum status take_mappings(const struct cli *c, struct cluster_config *k, struct err *e)
{
    int n;
    const char *const *v = values(c, "--member-url", k, &n);
    struct member_url *urls = arena_array(&k->arena, (size_t)n, struct member_url);
    for (int i = 0; i < n; i++) {
        if (!split(&k->arena, v[i], &urls[i].name, &urls[i].url))
            return err_set(e, ST_USAGE, "--member-url expects NAME=URL, got \"%s\"", v[i]);
        urls[i].url = without_slash(&k->arena, urls[i].url);
    }
    k->patroni.member_urls = urls;
    k->patroni.nmember_urls = n;
    v = values(c, "--connect-to", k, &n);
    struct mapping *to = arena_array(&k->arena, (size_t)n, struct mapping);
    for (int i = 0; i < n; i++)
        if (!split(&k->arena, v[i], &to[i].from, &to[i].to))
            return err_set(e, ST_USAGE, "--connect-to expects HOST:PORT=HOST:PORT, got \"%s\"",
                           v[i]);
    k->patroni.connect_to = to;
    k->patroni.nconnect_to = n;
    return ST_OK;
}

static const char *absolute(struct arena *a, const char *path)
{
    /* The file is read later, from another directory. */
    if (!path || path[0] == '/' || path[0] == '~')
        return path;
    char *full = realpath(path, NULL);
    const char *copy = full ? arena_strdup(a, full) : path;
    free(full);
    return copy;
}

static void take_patroni(const struct cli *c, struct cluster_config *k)
{
    struct patroni_config *p = &k->patroni;
    int n;
    const char *const *urls = values(c, "--patroni-url", k, &n);
    if (n) {
        const char **clean = arena_array(&k->arena, (size_t)n, const char *);
        for (int i = 0; i < n; i++)
            clean[i] = without_slash(&k->arena, urls[i]);
        p->urls = clean;
        p->nurls = n;
    }
    if (invocation_has(c->inv, "--insecure"))
        p->tls.insecure = true;
}

/* What is one text each. */
static void take_texts(const struct cli *c, struct cluster_config *k)
{
    struct patroni_config *p = &k->patroni;
    const struct {
        const char *arg;
        const char **slot;
        bool file;
    } texts[] = {
        {"--username", &p->username, false},
        {"--password-file", &p->password.file, true},
        {"--password-command", &p->password.command, false},
        {"--password-env", &p->password.env, false},
        {"--cacert", &p->tls.cacert, true},
        {"--cert", &p->tls.cert, true},
        {"--key", &p->tls.key, true},
        {"--proxy", &p->proxy, false},
        {"--scope", &k->scope, false},
        {"--pg-conninfo", &k->postgres.conninfo, false},
        {"--pg-password-file", &k->postgres.password.file, true},
        {"--etcd-user", &k->etcd.username, false},
        {"--etcd-password-file", &k->etcd.password.file, true},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *v = value(c, texts[i].arg, k);
        if (v)
            *texts[i].slot = texts[i].file ? absolute(&k->arena, v) : v;
    }
}

/* "10.0.0.5:5000,db-rw:5000". What is no address is found by the checks of the file. */
static void take_write_addresses(struct cluster_config *k, const char *text,
                                 struct haproxy_config *h)
{
    size_t most = 1;
    for (const char *p = text; *p; p++)
        most += *p == ',';
    const char **v = arena_array(&k->arena, most, const char *);
    for (const char *p = text; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
        v[h->nwrite_addresses++] = arena_strndup(&k->arena, p, strcspn(p, ","));
    h->write_addresses = v;
}

/* The first socket belongs to the first page, and so on; one more is an HAProxy of its own. */
static enum status take_haproxies(const struct cli *c, struct cluster_config *k, struct err *e)
{
    int npages, nsockets, naddresses;
    const char *const *pages = values(c, "--haproxy", k, &npages);
    const char *const *sockets = values(c, "--haproxy-socket", k, &nsockets);
    const char *const *addresses = values(c, "--haproxy-write-address", k, &naddresses);
    int n = npages > nsockets ? npages : nsockets;
    if (naddresses > n)
        return err_set(e, ST_USAGE, "%d of --haproxy-write-address for %d HAProxy%s", naddresses, n,
                       n == 1 ? "" : "s");
    struct haproxy_config *h = arena_array(&k->arena, (size_t)n, struct haproxy_config);
    for (int i = 0; i < n; i++) {
        h[i].url = i < npages ? pages[i] : NULL;
        h[i].socket = i < nsockets ? sockets[i] : NULL;
        h[i].write_backend = value(c, "--haproxy-write-backend", k);
        h[i].username = h[i].url ? value(c, "--haproxy-user", k) : NULL;
        if (h[i].username)
            h[i].password.file = absolute(&k->arena, value(c, "--haproxy-password-file", k));
        if (i < naddresses)
            take_write_addresses(k, addresses[i], &h[i]);
    }
    k->haproxy = h;
    k->nhaproxy = n;
    return ST_OK;
}

static enum status take_middleware(const struct cli *c, struct cluster_config *k, struct err *e)
{
    int n;
    const char *const *v = values(c, "--pgbouncer", k, &n);
    struct pgbouncer_config *b = arena_array(&k->arena, (size_t)n, struct pgbouncer_config);
    for (int i = 0; i < n; i++) {
        b[i].conninfo = v[i];
        b[i].password.file = absolute(&k->arena, value(c, "--pgbouncer-password-file", k));
        b[i].admin_conninfo = value(c, "--pgbouncer-admin", k);
        b[i].admin_password.file =
            absolute(&k->arena, value(c, "--pgbouncer-admin-password-file", k));
    }
    k->pgbouncer = b;
    k->npgbouncer = n;
    enum status st = take_haproxies(c, k, e);
    v = values(c, "--etcd", k, &n);
    if (n) {
        k->etcd.urls = v;
        k->etcd.nurls = n;
        if (!k->etcd.namespace_)
            k->etcd.namespace_ = "/service";
    }
    return st;
}

static enum status take_routes(const struct cli *c, struct cluster_config *k, struct err *e)
{
    int n;
    const char *const *v = values(c, "--route", k, &n);
    struct route_config *r = arena_array(&k->arena, (size_t)n, struct route_config);
    for (int i = 0; i < n; i++)
        if (!split(&k->arena, v[i], &r[i].name, &r[i].conninfo))
            return err_set(e, ST_USAGE, "--route expects NAME=CONNINFO, got \"%s\"", v[i]);
    k->routes = r;
    k->nroutes = n;
    return ST_OK;
}

/* An option that says more of what another one gives. */
static enum status check_pairs(const struct cli *c, struct err *e)
{
    static const char *const pairs[][2] = {
        {"--haproxy-user", "--haproxy"},
        {"--haproxy-password-file", "--haproxy-user"},
        {"--pg-password-file", "--pg-conninfo"},
        {"--etcd-password-file", "--etcd-user"},
        {"--pgbouncer-password-file", "--pgbouncer"},
        {"--pgbouncer-admin", "--pgbouncer"},
        {"--pgbouncer-admin-password-file", "--pgbouncer-admin"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (invocation_has(c->inv, pairs[i][0]) && !invocation_has(c->inv, pairs[i][1]))
            return err_set(e, ST_USAGE, "%s goes with %s", pairs[i][0], pairs[i][1]);
    static const char *const either[] = {"--haproxy-write-backend", "--haproxy-write-address"};
    for (size_t i = 0; i < sizeof either / sizeof *either; i++)
        if (invocation_has(c->inv, either[i]) && !invocation_has(c->inv, "--haproxy") &&
            !invocation_has(c->inv, "--haproxy-socket"))
            return err_set(e, ST_USAGE, "%s goes with --haproxy or --haproxy-socket", either[i]);
    return ST_OK;
}

static enum status take_general(const struct cli *c, struct cluster_config *k, struct err *e)
{
    const char *v = invocation_get(c->inv, "--environment");
    if (v && !environment_parse(v, &k->environment))
        return err_set(e, ST_USAGE, "--environment expects production, staging or test, got \"%s\"",
                       v);
    v = invocation_get(c->inv, "--refresh");
    if (v && !fmt_parse_duration(v, &k->refresh_us))
        return err_set(e, ST_USAGE, "--refresh expects a duration like 2s, got \"%s\"", v);
    k->read_only = invocation_has(c->inv, "--read-only");
    return ST_OK;
}

/* The checks that the file reader makes, on what was given: the defaults (a bouncer's name) come
 * from there too. */
static enum status normalise(struct cluster_config **k, struct err *e)
{
    enum status st = cluster_config_check(*k, e);
    if (st != ST_OK)
        return st;
    char *yaml = cluster_config_yaml(*k);
    struct cluster_config *again;
    st = cluster_config_parse(yaml, strlen(yaml), "what was given", (*k)->name, &again, e);
    free(yaml);
    if (st == ST_OK) {
        cluster_config_free(*k);
        *k = again;
    }
    return st;
}

static enum status gather(const struct cli *c, struct cluster_config **k, struct buf *report,
                          struct err *e)
{
    enum status st = take_general(c, *k, e);
    take_patroni(c, *k);
    take_texts(c, *k);
    if (st == ST_OK)
        st = check_pairs(c, e);
    if (st == ST_OK)
        st = take_middleware(c, *k, e);
    if (st == ST_OK)
        st = take_routes(c, *k, e);
    if (st == ST_OK)
        st = take_mappings(c, *k, e);
    /* What was said by word stays; the file fills in the rest. */
    const char *file = invocation_get(c->inv, "--patronictl");
    if (st == ST_OK && file)
        st = patronictl_import(file, *k, report, e);
    return st == ST_OK ? normalise(k, e) : st;
}

/* --pg-host: PostgreSQL of the members is published on that host, each on its own port. */
static void map_postgres(struct cluster_config *k, const struct snapshot *s, const char *host,
                         struct buf *report)
{
    struct mapping *v = arena_array(&k->arena, (size_t)s->nmembers, struct mapping);
    int n = 0;
    for (int i = 0; i < s->nmembers; i++) {
        const struct cluster_member *d = s->members[i].dcs;
        if (!d || !d->host || !d->port || strcmp(d->host, host) == 0)
            continue;
        const char *to = arena_printf(&k->arena, "%s:%d", host, d->port);
        bool taken = false;
        for (int j = 0; j < n; j++)
            taken = taken || strcmp(v[j].to, to) == 0;
        if (taken) {
            buf_addf(report,
                     "  PostgreSQL of %s: %s is another member's already; give its place in "
                     "postgres: connect_to\n",
                     d->name, to);
            continue;
        }
        v[n++] = (struct mapping){arena_printf(&k->arena, "%s:%d", d->host, d->port), to};
    }
    k->postgres.connect_to = v;
    k->postgres.nconnect_to = n;
}

static enum status discover_and_save(struct cli *c, struct cluster_config *k, struct buf *report,
                                     struct err *e)
{
    enum status st = connect_discover(c->app, k, report, e);
    if (st != ST_OK)
        return st;
    const char *host = invocation_get(c->inv, "--pg-host");
    if (host)
        map_postgres(k, app_snapshot(c->app), host, report);
    if (invocation_has(c->inv, "--dry-run")) {
        char *yaml = cluster_config_yaml_redacted(k);
        buf_addf(report, "Dry run: nothing was written. It would be:\n%s", yaml);
        free(yaml);
        return ST_OK;
    }
    char *path = NULL;
    st = cluster_config_save(k, invocation_has(c->inv, "--replace"), &path, e);
    if (st == ST_OK)
        buf_addf(report, "Written: %s\nOpen it with: pgdba --cluster %s\n", path, k->name);
    free(path);
    return st;
}

int cli_cluster_connect(struct cli *c)
{
    struct err e = ERR_INIT;
    const char *name = invocation_get(c->inv, "--name");
    if (!cluster_name_valid(name))
        return cli_error(c, ST_USAGE,
                         "a cluster's name is made of letters, digits, '-', '_' and '.', and does "
                         "not begin with '.' or '-'");
    struct cluster_config *k = cluster_config_new(name);
    struct buf report;
    buf_init(&report);
    enum status st = gather(c, &k, &report, &e);
    if (st == ST_OK)
        st = discover_and_save(c, k, &report, &e);
    fputs(report.s, c->opt->out);
    int code = st == ST_OK ? CLI_HEALTHY : cli_error(c, st, err_text(&e));
    buf_release(&report);
    cluster_config_free(k);
    err_release(&e);
    return code;
}

int cli_cluster_list(struct cli *c)
{
    static const char *const heads[] = {"CLUSTER", "FILE", "PROBLEM"};
    struct cluster_list l;
    struct err e = ERR_INIT;
    enum status st = cluster_list_load(&l, &e);
    if (st != ST_OK) {
        int code = cli_error(c, st, err_text(&e));
        err_release(&e);
        return code;
    }
    struct cli_table t;
    cli_table_init(&t, &c->arena, 3, heads);
    struct clock real = clock_real();
    struct wire_json *doc = c->json ? cli_json_begin("clusters", NULL, clock_wall(&real)) : NULL;
    struct wire_json *list = doc ? wire_json_add_array(doc, "clusters") : NULL;
    for (int i = 0; i < l.n; i++) {
        cli_table_row(&t,
                      (const char *[]){l.v[i].name, l.v[i].path, l.v[i].error ? l.v[i].error : ""});
        if (!list)
            continue;
        struct wire_json *j = wire_json_add_object(list, NULL);
        wire_json_str(j, "name", l.v[i].name);
        wire_json_str(j, "file", l.v[i].path);
        wire_json_str(j, "problem", l.v[i].error);
    }
    if (doc)
        cli_json_print(doc, c->opt->out);
    else if (l.n)
        cli_table_print(&t, c->opt->out);
    else
        fputs("No cluster is registered. Register one with:\n"
              "  pgdba cluster connect --name NAME --patroni-url http://HOST:8008\n",
              c->opt->out);
    cluster_list_release(&l);
    return CLI_HEALTHY;
}

int cli_cluster_status(struct cli *c)
{
    const char *name = invocation_get(c->inv, "--name");
    struct err e = ERR_INIT;
    int code = CLI_HEALTHY;
    if (!c->config) {
        enum status st = cluster_config_find(name, &c->config, &e);
        if (st != ST_OK)
            code = cli_error(c, st, err_text(&e));
    }
    err_release(&e);
    return code == CLI_HEALTHY ? cli_status(c) : code;
}

int cli_cluster_disconnect(struct cli *c)
{
    struct err e = ERR_INIT;
    char *path = NULL;
    enum status st = cluster_config_remove(invocation_get(c->inv, "--name"), &path, &e);
    int code = st == ST_OK ? CLI_HEALTHY : cli_error(c, st, err_text(&e));
    if (path)
        fprintf(c->opt->out, "Removed: %s\n", path);
    free(path);
    err_release(&e);
    return code;
}
