/* The keys of a cluster's file: read by cluster.c, described in pgdba.yml(5). */
#include "cluster_schema.h"

#include <string.h>

#include "pgdba/base/utf8.h"
#include "pgdba/config/cluster.h"
#include "policy_schema.h"
#include "values.h"

#define COUNT(a) (int)(sizeof(a) / sizeof *(a))

_Static_assert(sizeof(enum environment) == sizeof(int), "KT_WORD writes an int");

static const char *const environments[] = {
    [ENV_UNSET] = NULL,
    [ENV_TEST] = "test",
    [ENV_STAGING] = "staging",
    [ENV_PRODUCTION] = "production",
};

/* One password can come from four places; N is the key's name, M the struct secret_source, NEEDS
 * the key that makes sense of it. */
#define SECRET_KEYS(T, M, N, WHAT, NEEDS)                                                       \
    {.name = N "_file",                                                                         \
     .type = KT_PATH,                                                                           \
     .at = offsetof(T, M.file),                                                                 \
     .group = N,                                                                                \
     .needs = NEEDS,                                                                            \
     .help = "A file that only you can read; its first line is " WHAT "."},                     \
        {.name = N "_command",                                                                  \
         .type = KT_COMMAND,                                                                    \
         .at = offsetof(T, M.command),                                                          \
         .group = N,                                                                            \
         .needs = NEEDS,                                                                        \
         .help = "A shell command; the first line of its output is " WHAT "."},                 \
        {.name = N "_env",                                                                      \
         .type = KT_VARIABLE,                                                                   \
         .at = offsetof(T, M.env),                                                              \
         .group = N,                                                                            \
         .needs = NEEDS,                                                                        \
         .help = "An environment variable that holds " WHAT "."},                               \
    {                                                                                           \
        .name = N, .type = KT_SECRET, .at = offsetof(T, M.literal), .group = N, .needs = NEEDS, \
        .help = "As it is; refused when others can read this file (chmod 600)."                 \
    }

#define TLS_KEYS(T)                                                                                \
    {.name = "cacert",                                                                             \
     .type = KT_PATH,                                                                              \
     .at = offsetof(T, tls.cacert),                                                                \
     .fallback = "the system's certificates",                                                      \
     .help = "Certificates of the authorities to trust, PEM."},                                    \
        {.name = "cert",                                                                           \
         .type = KT_PATH,                                                                          \
         .at = offsetof(T, tls.cert),                                                              \
         .help = "Client certificate, PEM."},                                                      \
        {.name = "key",                                                                            \
         .type = KT_PATH,                                                                          \
         .at = offsetof(T, tls.key),                                                               \
         .needs = "cert",                                                                          \
         .help = "The client certificate's private key, PEM; left out when it is in cert."},       \
        SECRET_KEYS(T, tls.key_password, "key_password", "the key's password", "cert"),            \
    {                                                                                              \
        .name = "insecure", .type = KT_BOOL, .at = offsetof(T, tls.insecure), .fallback = "false", \
        .help = "Do not verify the server's certificate. Anybody on the way can then read and "    \
                "change what is sent, passwords included."                                         \
    }

static const struct schema_key patroni_keys[] = {
    {.name = "urls",
     .type = KT_URLS,
     .at = offsetof(struct patroni_config, urls),
     .count_at = offsetof(struct patroni_config, nurls),
     .required = true,
     .help = "Where Patroni's REST API answers, scheme://host:port. One is enough to find the "
             "others; more keep the picture when the first is down."},
    {.name = "username",
     .type = KT_TEXT,
     .at = offsetof(struct patroni_config, username),
     .fallback = "no authentication",
     .help = "The user for requests that change something (restapi.authentication in Patroni)."},
    SECRET_KEYS(struct patroni_config, password, "password", "the password", "username"),
    TLS_KEYS(struct patroni_config),
    {.name = "proxy",
     .type = KT_PROXY,
     .at = offsetof(struct patroni_config, proxy),
     .fallback = "none; the environment's proxies are not used",
     .help = "Reach Patroni through this proxy: http, https, socks4, socks4a, socks5 or socks5h, "
             "as ssh -D opens one. With socks5h and socks4a names are resolved at its far end."},
    {.name = "connect_to",
     .type = KT_CONNECT_TO,
     .at = offsetof(struct patroni_config, connect_to),
     .count_at = offsetof(struct patroni_config, nconnect_to),
     .help = "From the host:port that a member advertises to the host:port where it can be reached "
             "from here: for containers, tunnels and address translation. The name in the "
             "certificate stays the advertised one."},
    {.name = "member_urls",
     .type = KT_MEMBER_URLS,
     .at = offsetof(struct patroni_config, member_urls),
     .count_at = offsetof(struct patroni_config, nmember_urls),
     .help = "From a member's name to its URL from here, for Patroni before 3.2, which does not "
             "say its name."},
};

static const struct schema patroni_schema = {
    .title = "patroni",
    .help = "Patroni's REST API.",
    .size = sizeof(struct patroni_config),
    .keys = patroni_keys,
    .nkeys = COUNT(patroni_keys),
};

static const struct schema_key etcd_keys[] = {
    {.name = "urls",
     .type = KT_URLS,
     .at = offsetof(struct etcd_config, urls),
     .count_at = offsetof(struct etcd_config, nurls),
     .required = true,
     .help = "Client URLs of the etcd members, scheme://host:port."},
    {.name = "namespace",
     .type = KT_NAMESPACE,
     .at = offsetof(struct etcd_config, namespace_),
     .fallback = "/service",
     .help = "Patroni's namespace setting: its keys are under NAMESPACE/SCOPE/."},
    {.name = "username",
     .type = KT_TEXT,
     .at = offsetof(struct etcd_config, username),
     .fallback = "no authentication",
     .help = "An etcd user; reading is enough for it."},
    SECRET_KEYS(struct etcd_config, password, "password", "the password", "username"),
    TLS_KEYS(struct etcd_config),
};

static const struct schema etcd_schema = {
    .title = "etcd",
    .help = "The etcd that Patroni keeps its state in.",
    .size = sizeof(struct etcd_config),
    .keys = etcd_keys,
    .nkeys = COUNT(etcd_keys),
};

static const struct schema_key pgbouncer_keys[] = {
    {.name = "conninfo",
     .type = KT_CONNINFO,
     .at = offsetof(struct pgbouncer_config, conninfo),
     .required = true,
     .help = "A libpq connection string or URI for the admin console, without a password; dbname "
             "is pgbouncer unless given. The user must be one of stats_users or admin_users."},
    {.name = "name",
     .type = KT_TEXT,
     .at = offsetof(struct pgbouncer_config, name),
     .fallback = "host:port",
     .help = "What it is called on the screen."},
    SECRET_KEYS(struct pgbouncer_config, password, "password", "the password", NULL),
    {.name = "admin_conninfo",
     .type = KT_CONNINFO,
     .at = offsetof(struct pgbouncer_config, admin_conninfo),
     .fallback = "the user of conninfo, who must then be one of admin_users",
     .help =
         "How pgb's commands log in, such as \"user=admin\": one of admin_users. Where it names "
         "no host, host, port and TLS are those of conninfo. It is connected for an action "
         "alone, and leaves right after it."},
    SECRET_KEYS(struct pgbouncer_config, admin_password, "admin_password", "that user's password",
                "admin_conninfo"),
};

/* What tells it from the others: libpq's own defaults are not known here, so that only what is
 * written counts. */
static const char *bouncer_name(struct arena *a, const char *conninfo)
{
    const char *host = conninfo_get(a, conninfo, "host");
    const char *port = conninfo_get(a, conninfo, "port");
    const char *service = conninfo_get(a, conninfo, "service");

    if (!host)
        host = conninfo_get(a, conninfo, "hostaddr");
    if (!host && service)
        return service;
    if (!host)
        host = "local";
    return port ? arena_printf(a, "%s:%s", host, port) : host;
}

/* The admin's console is the same one: only who he is differs. */
static const char *const *same_place(struct arena *a, const struct pgbouncer_config *b)
{
    static const char *const where[] = {"host",    "hostaddr",    "port",
                                        "sslmode", "sslrootcert", "service"};
    const char **v = arena_array(a, COUNT(where) + 1, const char *);
    const char *own = conninfo_get(a, b->admin_conninfo, "host");
    int n = 0;

    if (!own)
        own = conninfo_get(a, b->admin_conninfo, "hostaddr");
    if (!own)
        own = conninfo_get(a, b->admin_conninfo, "service");
    for (int i = 0; !own && i < COUNT(where); i++) {
        const char *value = conninfo_get(a, b->conninfo, where[i]);

        if (value && !conninfo_get(a, b->admin_conninfo, where[i]))
            v[n++] = arena_printf(a, "%s=%s", where[i], value);
    }
    return v;
}

static enum status finish_pgbouncer(struct reader *r, const struct node *v, void *at)
{
    struct pgbouncer_config *b = at;

    (void)v;
    if (b->admin_conninfo)
        b->admin_extra = same_place(r->arena, b);
    if (!b->name) { /* percent signs of a URI can stand for anything: clean it */
        const char *name = bouncer_name(r->arena, b->conninfo);

        b->name = utf8_clean(r->arena, name, strlen(name));
    }
    return ST_OK;
}

static const struct schema pgbouncer_schema = {
    .title = "pgbouncer",
    .help = "A list of PgBouncers. An item of plain text is a conninfo. Without a password key "
            "libpq looks in ~/.pgpass and the service file.",
    .size = sizeof(struct pgbouncer_config),
    .keys = pgbouncer_keys,
    .nkeys = COUNT(pgbouncer_keys),
    .plain = "conninfo",
    .finish = finish_pgbouncer,
};

static const struct schema_key haproxy_keys[] = {
    {.name = "url",
     .type = KT_PAGE,
     .at = offsetof(struct haproxy_config, url),
     .help = "The statistics page, scheme://host:port/path."},
    {.name = "socket",
     .type = KT_SOCKET,
     .at = offsetof(struct haproxy_config, socket),
     .help =
         "The runtime socket (stats socket), a path or host:port; it is asked first where there "
         "is a url too. Servers are changed through it and by no other way, which needs level "
         "admin. Its TCP form has neither password nor encryption."},
    {.name = "name",
     .type = KT_TEXT,
     .at = offsetof(struct haproxy_config, name),
     .fallback = "the url's host:port, else socket",
     .help = "What it is called on the screen."},
    {.name = "username",
     .type = KT_TEXT,
     .at = offsetof(struct haproxy_config, username),
     .needs = "url",
     .fallback = "no authentication",
     .help = "The user of the statistics page (stats auth)."},
    {.name = "write_backend",
     .type = KT_TEXT,
     .at = offsetof(struct haproxy_config, write_backend),
     .fallback = "told by its name and checks",
     .help = "The proxy (listen or backend) that carries writes, as HAProxy calls it."},
    {.name = "write_addresses",
     .type = KT_NAMES,
     .at = offsetof(struct haproxy_config, write_addresses),
     .count_at = offsetof(struct haproxy_config, nwrite_addresses),
     .help =
         "Its port for writes as applications and PgBouncer reach it, host:port, also by a name "
         "or a shared address. HAProxy does not say it; without it a way that comes here ends "
         "in the unknown, unless there is one backend only or a route of this file goes "
         "there."},
    {.name = "servers",
     .type = KT_NAME_PAIRS,
     .at = offsetof(struct haproxy_config, servers),
     .count_at = offsetof(struct haproxy_config, nservers),
     .fallback = "told by address, then by name",
     .help = "From a server's name in HAProxy to the name of the member that it is."},
    SECRET_KEYS(struct haproxy_config, password, "password", "the password", "username"),
    TLS_KEYS(struct haproxy_config),
};

static enum status finish_haproxy(struct reader *r, const struct node *v, void *at)
{
    struct haproxy_config *h = at;

    if (!h->url && !h->socket)
        return schema_fail(r, v, "expected url, socket or both");
    if (!h->name)
        h->name = h->url ? url_host_port(r->arena, h->url) : h->socket;
    for (int i = 0; i < h->nwrite_addresses; i++) {
        const char *text = h->write_addresses[i], *place;
        const char *wrong = value_host_port(r->arena, text, &place);

        if (wrong)
            return schema_fail(r, v, "write_addresses: %s; got %s", wrong, schema_quote(r, text));
    }
    return ST_OK;
}

static const struct schema haproxy_schema = {
    .title = "haproxy",
    .help = "A list of HAProxys, by their statistics pages or runtime sockets. An item of plain "
            "text is a url.",
    .size = sizeof(struct haproxy_config),
    .keys = haproxy_keys,
    .nkeys = COUNT(haproxy_keys),
    .plain = "url",
    .finish = finish_haproxy,
};

static const struct schema_key postgres_keys[] = {
    {.name = "conninfo",
     .type = KT_CONNINFO,
     .at = offsetof(struct postgres_config, conninfo),
     .fallback = "PostgreSQL is not asked",
     .help = "Options for connecting to every member: user, dbname, sslmode and so on, without a "
             "password. Host and port are the members' own. A role in pg_monitor sees everything."},
    SECRET_KEYS(struct postgres_config, password, "password", "the password", "conninfo"),
    {.name = "connect_to",
     .type = KT_CONNECT_TO,
     .at = offsetof(struct postgres_config, connect_to),
     .count_at = offsetof(struct postgres_config, nconnect_to),
     .help = "As in patroni, for the members' PostgreSQL ports."},
};

static const struct schema postgres_schema = {
    .title = "postgres",
    .help = "PostgreSQL itself, on every member.",
    .size = sizeof(struct postgres_config),
    .keys = postgres_keys,
    .nkeys = COUNT(postgres_keys),
};

static const struct schema_key route_keys[] = {
    {.name = "name",
     .type = KT_TEXT,
     .at = offsetof(struct route_config, name),
     .required = true,
     .help = "What the probe takes after --via: letters, digits, '-', '_' and '.'."},
    {.name = "conninfo",
     .type = KT_CONNINFO,
     .at = offsetof(struct route_config, conninfo),
     .required = true,
     .help = "A libpq connection string or URI as an application has it, without a password."},
    SECRET_KEYS(struct route_config, password, "password", "the password", NULL),
};

static enum status finish_route(struct reader *r, const struct node *v, void *at)
{
    struct route_config *w = at;

    conninfo_route(r->arena, w->conninfo, &w->route);
    w->route.name = w->name;
    /* What is no name is a connection string to --via. */
    if (cluster_name_valid(w->name))
        return ST_OK;
    return schema_fail(r, v,
                       "name: expected letters, digits, '-', '_' and '.', not starting with '.' or "
                       "'-'; got %s",
                       schema_quote(r, w->name));
}

static const struct schema route_schema = {
    .title = "routes",
    .help = "A list of the ways that applications take to the leader, for the probe and for the "
            "routes. Without a password key libpq looks in ~/.pgpass and the service file.",
    .size = sizeof(struct route_config),
    .keys = route_keys,
    .nkeys = COUNT(route_keys),
    .finish = finish_route,
};

static const struct schema_key cluster_keys[] = {
    {.name = "scope",
     .type = KT_TEXT,
     .at = offsetof(struct cluster_config, scope),
     .fallback = "whatever answers",
     .help = "Patroni's name of the cluster. When given, a URL that belongs to another cluster is "
             "refused."},
    {.name = "environment",
     .type = KT_WORD,
     .at = offsetof(struct cluster_config, environment),
     .words = environments,
     .nwords = COUNT(environments),
     .help = "Shown as a badge. In production every change asks for the cluster's name."},
    {.name = "refresh",
     .type = KT_REFRESH,
     .at = offsetof(struct cluster_config, refresh_us),
     .fallback = "that of pgdba.yml",
     .help = "How often the sources are asked."},
    {.name = "read_only",
     .type = KT_BOOL,
     .at = offsetof(struct cluster_config, read_only),
     .fallback = "false",
     .help = "Refuse every change to this cluster."},
    {.name = "patroni",
     .type = KT_SECTION,
     .at = offsetof(struct cluster_config, patroni),
     .section = &patroni_schema},
    {.name = "etcd",
     .type = KT_SECTION,
     .at = offsetof(struct cluster_config, etcd),
     .section = &etcd_schema},
    {.name = "pgbouncer",
     .type = KT_LIST,
     .at = offsetof(struct cluster_config, pgbouncer),
     .count_at = offsetof(struct cluster_config, npgbouncer),
     .section = &pgbouncer_schema},
    {.name = "haproxy",
     .type = KT_LIST,
     .at = offsetof(struct cluster_config, haproxy),
     .count_at = offsetof(struct cluster_config, nhaproxy),
     .section = &haproxy_schema},
    {.name = "postgres",
     .type = KT_SECTION,
     .at = offsetof(struct cluster_config, postgres),
     .section = &postgres_schema},
    {.name = "routes",
     .type = KT_LIST,
     .at = offsetof(struct cluster_config, routes),
     .count_at = offsetof(struct cluster_config, nroutes),
     .section = &route_schema},
    {.name = "policy",
     .type = KT_LIST,
     .at = offsetof(struct cluster_config, policy.v),
     .count_at = offsetof(struct cluster_config, policy.n),
     .section = &policy_narrow_schema},
};

static enum status same_name(struct reader *r, const struct node *v, const char *key, int i, int j,
                             const char *name)
{
    return schema_fail(r, v, "%s[%d] and %s[%d] are both called %s: give them names", key, i, key,
                       j, schema_quote(r, name));
}

static enum status finish_cluster(struct reader *r, const struct node *v, void *at)
{
    const struct cluster_config *c = at;

    if (!c->patroni.nurls && !c->etcd.nurls && !c->npgbouncer && !c->nhaproxy)
        return schema_fail(r, v,
                           "there is nothing to watch: expected patroni with urls, etcd, pgbouncer "
                           "or haproxy");
    for (int i = 0; i < c->npgbouncer; i++)
        for (int j = i + 1; j < c->npgbouncer; j++)
            if (!strcmp(c->pgbouncer[i].name, c->pgbouncer[j].name))
                return same_name(r, v, "pgbouncer", i, j, c->pgbouncer[i].name);
    for (int i = 0; i < c->nhaproxy; i++)
        for (int j = i + 1; j < c->nhaproxy; j++)
            if (!strcmp(c->haproxy[i].name, c->haproxy[j].name))
                return same_name(r, v, "haproxy", i, j, c->haproxy[i].name);
    for (int i = 0; i < c->nroutes; i++)
        for (int j = i + 1; j < c->nroutes; j++)
            if (!strcmp(c->routes[i].name, c->routes[j].name))
                return same_name(r, v, "routes", i, j, c->routes[i].name);
    return ST_OK;
}

const struct schema cluster_schema = {
    .title = "the whole cluster",
    .size = sizeof(struct cluster_config),
    .keys = cluster_keys,
    .nkeys = COUNT(cluster_keys),
    .finish = finish_cluster,
};
