/* The columns of each view of PgBouncer's console, its keys, and what is wrong with a row. */
#include "pgb_columns.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "pgdba/analysis/routes.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

/* ---- keys ------------------------------------------------------------------------------------ */

/* ptr is what link says of the peer; before it is used again the row is another picture's. */
const char *pgb_conn_key(const void *row, struct arena *a)
{
    const struct pgb_server *c = row;
    if (c->ptr)
        return c->ptr;
    return arena_printf(a, "%s:%" PRId64 ":%" PRId64, c->addr ? c->addr : "unix", c->port,
                        c->local_port);
}

#define NAME_KEY(fn, type, field)                    \
    const char *fn(const void *row, struct arena *a) \
    {                                                \
        (void)a;                                     \
        return ((const struct type *)row)->field;    \
    }
NAME_KEY(pgb_database_key, pgb_database, name)
NAME_KEY(pgb_user_key, pgb_user, name)
NAME_KEY(pgb_setting_key, pgb_setting, key)
NAME_KEY(pgb_list_key, pgb_list, name)
NAME_KEY(pgb_cache_key, pgb_cache, name)
NAME_KEY(pgb_dns_host_key, pgb_dns_host, name)
NAME_KEY(pgb_dns_zone_key, pgb_dns_zone, name)
NAME_KEY(pgb_stats_key, pgb_stats, database)

const char *pgb_pool_key(const void *row, struct arena *a)
{
    const struct pgb_pool *p = row;
    return arena_printf(a, "%s/%s", p->database, p->user ? p->user : "");
}

/* ---- what is worked out ---------------------------------------------------------------------- */

#define GET(fn) \
    static struct pgb_value fn(const struct snapshot *s, const struct pgb_line *l, struct arena *a)
#define UNUSED(a, b) ((void)(a), (void)(b))

static struct pgb_value words(const char *text)
{
    return (struct pgb_value){.text = text, .n = -1};
}

static struct pgb_value number(int64_t n)
{
    return (struct pgb_value){.n = n};
}

GET(get_bouncer)
{
    UNUSED(s, a);
    return words(l->bouncer->name);
}

static const char *place(struct arena *a, const char *addr, int64_t port)
{
    if (!addr)
        return port > 0 ? arena_printf(a, "unix:%" PRId64, port) : "unix";
    return arena_printf(a, strchr(addr, ':') ? "[%s]:%" PRId64 : "%s:%" PRId64, addr, port);
}

GET(get_goes_to)
{
    const struct pgb_database *d = l->row;
    const struct member *m = routes_member_at(s, d->host, d->port);
    const char *where = place(a, d->host, d->port);
    return words(m ? arena_printf(a, "%s (%s)", m->name, where) : where);
}

GET(get_database_state)
{
    UNUSED(s, a);
    const struct pgb_database *d = l->row;
    return words(d->paused && d->disabled ? "paused, disabled"
                 : d->paused              ? "paused"
                 : d->disabled            ? "disabled"
                                          : "ok");
}

GET(get_addr)
{
    (void)s;
    const struct pgb_server *c = l->row;
    return words(place(a, c->addr, c->port));
}

GET(get_server_target)
{
    const struct pgb_server *c = l->row;
    const struct member *m = routes_member_at(s, c->addr, c->port);
    const char *where = place(a, c->addr, c->port);
    return words(m ? arena_printf(a, "%s (%s)", m->name, where) : where);
}

GET(get_wait)
{
    UNUSED(s, a);
    const struct pgb_server *c = l->row;
    bool waits = c->state && strncmp(c->state, "waiting", 7) == 0;
    return number(waits ? c->wait_us : 0);
}

/* An idle client is "active" without a server before 1.25. */
GET(get_client_state)
{
    UNUSED(s, a);
    const struct pgb_server *c = l->row;
    if (c->state && strcmp(c->state, "active") == 0 && !c->link)
        return words("idle");
    return words(c->state);
}

GET(get_closing)
{
    UNUSED(s, a);
    return words(((const struct pgb_server *)l->row)->close_needed ? "close_needed" : NULL);
}

GET(get_changeable)
{
    static const char *const text[] = {NULL, "no", "yes"};
    UNUSED(s, a);
    return words(text[((const struct pgb_setting *)l->row)->changeable]);
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* What other bouncers have instead: they are meant to be alike. */
GET(get_differs)
{
    const struct pgb_setting *mine = l->row;
    const char *out = NULL;
    for (int i = 0; i < s->nbouncers; i++) {
        const struct bouncer *b = &s->bouncers[i];
        const char *other = b != l->bouncer ? pgb_config_value(b, mine->key) : NULL;
        if (other && !same(other, mine->value))
            out = arena_printf(a, "%s%s%s: %s", out ? out : "", out ? ", " : "", b->name, other);
    }
    return words(out);
}

GET(get_changed)
{
    UNUSED(s, a);
    const struct pgb_setting *c = l->row;
    return words(c->initial && !same(c->value, c->initial) ? "*" : NULL);
}

GET(get_list_limit)
{
    UNUSED(s, a);
    const struct pgb_list *list = l->row;
    return number(strcmp(list->name, "used_clients") == 0
                      ? pgb_config_number(l->bouncer, "max_client_conn")
                      : -1);
}

#define TOTAL(fn, field)                                \
    GET(fn)                                             \
    {                                                   \
        UNUSED(s, a);                                   \
        return number(pgb_totals_of(l->bouncer).field); \
    }
TOTAL(get_clients, clients)
TOTAL(get_waiting, waiting)
TOTAL(get_servers, servers)
TOTAL(get_maxwait, maxwait_us)

GET(get_version)
{
    UNUSED(s, a);
    return words(l->bouncer->version.text);
}

GET(get_max_clients)
{
    UNUSED(s, a);
    return number(pgb_config_number(l->bouncer, "max_client_conn"));
}

GET(get_bouncer_state)
{
    UNUSED(s, a);
    const struct bouncer *b = l->bouncer;
    return words(b->state.outcome != OBS_ANSWERED             ? obs_outcome_name(b->state.outcome)
                 : b->globals.suspended == TRI_YES            ? "suspended"
                 : b->globals.paused == TRI_YES || b->held_us ? "paused"
                                                              : "ok");
}

static const char *yes_no(enum tristate t)
{
    return t == TRI_YES ? "yes" : t == TRI_NO ? "no" : "not known";
}

#define GLOBAL(fn, field)                                \
    GET(fn)                                              \
    {                                                    \
        UNUSED(s, a);                                    \
        return words(yes_no(l->bouncer->globals.field)); \
    }
GLOBAL(get_active, active)
GLOBAL(get_paused, paused)
GLOBAL(get_suspended, suspended)

GET(get_since)
{
    char d[FMT_MAX];
    int64_t at = l->bouncer->held_us;
    return words(at == 0 ? NULL
                 : at == SINCE_BEFORE
                     ? "before this program looked"
                     : arena_printf(a, "%s ago", fmt_duration(d, s->mono_us - at)));
}

/* ---- the columns ----------------------------------------------------------------------------- */

#define FIELD(type, field) .at = offsetof(struct type, field)
#define BOUNCER_COLUMN                                                                     \
    {                                                                                      \
        .name = "bouncer", .title = "BOUNCER", .get = get_bouncer, .width = 9, .most = 22, \
        .drop = 4                                                                          \
    }

static const struct pgb_column bouncers[] = {
    BOUNCER_COLUMN,
    {.name = "version", .title = "VERSION", .get = get_version, .width = 16, .most = 18, .drop = 3},
    {.name = "clients", .title = "CLIENTS", .unit = PGB_NUMBER, .get = get_clients, .width = 7},
    {.name = "max", .title = "MAX", .unit = PGB_LIMIT, .get = get_max_clients, .width = 6},
    {.name = "waiting", .title = "WAITING", .unit = PGB_NUMBER, .get = get_waiting, .width = 7},
    {.name = "maxwait", .title = "LONGEST", .unit = PGB_USEC, .get = get_maxwait, .width = 7},
    {.name = "servers", .title = "SERVERS", .unit = PGB_NUMBER, .get = get_servers, .width = 7},
    {.name = "state", .title = "STATE", .get = get_bouncer_state, .width = 8, .most = 20},
};

#define D(field) FIELD(pgb_database, field)
static const struct pgb_column databases[] = {
    BOUNCER_COLUMN,
    {.name = "name", .title = "DATABASE", D(name), .width = 8, .most = 26},
    {.name = "target", .title = "GOES TO", .get = get_goes_to, .width = 15, .most = 40},
    {.name = "as", .title = "AS", D(database), .width = 6, .most = 20, .drop = 6},
    {.name = "user", .title = "USER", D(force_user), .width = 5, .most = 16, .drop = 10},
    {.name = "pool", .title = "POOL", .unit = PGB_LIMIT, D(pool_size), .width = 5, .drop = 2},
    {.name = "min",
     .title = "MIN",
     .unit = PGB_NUMBER,
     D(min_pool_size),
     .width = 3,
     .most = 5,
     .drop = 12},
    {.name = "reserve",
     .title = "RESERVE",
     .unit = PGB_NUMBER,
     D(reserve_pool),
     .width = 7,
     .drop = 9},
    {.name = "servers",
     .title = "SERVERS",
     .unit = PGB_NUMBER,
     D(current_connections),
     .width = 7,
     .drop = 1},
    {.name = "max", .title = "MAX", .unit = PGB_LIMIT, D(max_connections), .width = 5, .drop = 3},
    {.name = "clients",
     .title = "CLIENTS",
     .unit = PGB_NUMBER,
     D(current_clients),
     .width = 7,
     .drop = 7},
    {.name = "maxclients",
     .title = "MAXCL",
     .unit = PGB_LIMIT,
     D(max_clients),
     .width = 5,
     .drop = 8},
    {.name = "lifetime",
     .title = "LIFETIME",
     .unit = PGB_SECONDS,
     D(server_lifetime_s),
     .width = 8,
     .drop = 13},
    {.name = "mode", .title = "MODE", D(pool_mode), .width = 11, .drop = 5},
    {.name = "balance", .title = "BALANCE", D(load_balance_hosts), .width = 11, .drop = 14},
    {.name = "state", .title = "STATE", .get = get_database_state, .width = 8, .most = 20},
};
#undef D

#define C(field) FIELD(pgb_server, field)
static const struct pgb_column clients[] = {
    BOUNCER_COLUMN,
    {.name = "database", .title = "DATABASE", C(database), .width = 8, .most = 26},
    {.name = "user", .title = "USER", C(user), .width = 6, .most = 20},
    {.name = "state", .title = "STATE", .get = get_client_state, .width = 7, .most = 18},
    {.name = "wait", .title = "WAIT", .unit = PGB_USEC, .get = get_wait, .width = 7},
    {.name = "address", .title = "ADDRESS", .get = get_addr, .width = 15, .most = 47, .drop = 1},
    {.name = "application",
     .title = "APPLICATION",
     C(application_name),
     .width = 11,
     .most = 30,
     .drop = 5},
    {.name = "connected",
     .title = "CONNECTED",
     C(connected_at),
     .width = 23,
     .most = 30,
     .drop = 8},
    {.name = "asked", .title = "ASKED", C(requested_at), .width = 23, .most = 30, .drop = 9},
    {.name = "server", .title = "SERVER", C(link), .width = 8, .most = 18, .drop = 7},
    {.name = "prepared",
     .title = "PREPARED",
     .unit = PGB_NUMBER,
     C(prepared),
     .width = 8,
     .drop = 11},
    {.name = "replication", .title = "REPLICATION", C(replication), .width = 11, .drop = 14},
    {.name = "tls", .title = "TLS", C(tls), .width = 8, .most = 40, .drop = 12},
    {.name = "id", .title = "ID", .unit = PGB_NUMBER, C(id), .width = 6, .most = 12, .drop = 13},
};

static const struct pgb_column servers[] = {
    BOUNCER_COLUMN,
    {.name = "database", .title = "DATABASE", C(database), .width = 8, .most = 26},
    {.name = "user", .title = "USER", C(user), .width = 6, .most = 20, .drop = 2},
    {.name = "state", .title = "STATE", C(state), .width = 7, .most = 18},
    {.name = "target", .title = "GOES TO", .get = get_server_target, .width = 15, .most = 47},
    {.name = "closing", .title = "CLOSING", .get = get_closing, .width = 12, .drop = 3},
    {.name = "pid", .title = "PID", .unit = PGB_NUMBER, C(remote_pid), .width = 7, .drop = 1},
    {.name = "application",
     .title = "APPLICATION",
     C(application_name),
     .width = 11,
     .most = 30,
     .drop = 6},
    {.name = "connected",
     .title = "CONNECTED",
     C(connected_at),
     .width = 23,
     .most = 30,
     .drop = 7},
    {.name = "asked", .title = "ASKED", C(requested_at), .width = 23, .most = 30, .drop = 8},
    {.name = "client", .title = "CLIENT", C(link), .width = 8, .most = 18, .drop = 5},
    {.name = "prepared",
     .title = "PREPARED",
     .unit = PGB_NUMBER,
     C(prepared),
     .width = 8,
     .drop = 10},
    {.name = "tls", .title = "TLS", C(tls), .width = 8, .most = 40, .drop = 11},
    {.name = "id", .title = "ID", .unit = PGB_NUMBER, C(id), .width = 6, .most = 12, .drop = 12},
};
#undef C

#define U(field) FIELD(pgb_user, field)
static const struct pgb_column users[] = {
    BOUNCER_COLUMN,
    {.name = "name", .title = "USER", U(name), .width = 8, .most = 40},
    {.name = "mode", .title = "MODE", U(pool_mode), .width = 11},
    {.name = "servers", .title = "SERVERS", .unit = PGB_NUMBER, U(connections), .width = 7},
    {.name = "max", .title = "MAX", .unit = PGB_LIMIT, U(max_connections), .width = 6},
    {.name = "clients", .title = "CLIENTS", .unit = PGB_NUMBER, U(clients), .width = 7},
    {.name = "maxclients", .title = "MAXCL", .unit = PGB_LIMIT, U(max_clients), .width = 6},
};
#undef U

#define S(field) FIELD(pgb_setting, field)
static const struct pgb_column config[] = {
    BOUNCER_COLUMN,
    {.name = "key", .title = "KEY", S(key), .width = 20, .most = 32},
    {.name = "changed", .title = "*", .get = get_changed, .width = 1, .drop = 1},
    {.name = "value", .title = "VALUE", S(value), .width = 12, .most = 40},
    {.name = "default", .title = "DEFAULT", S(initial), .width = 10, .most = 30, .drop = 2},
    {.name = "set", .title = "SET", .get = get_changeable, .width = 3, .drop = 3},
    {.name = "differs", .title = "ELSEWHERE", .get = get_differs, .width = 9, .most = 50},
};
#undef S

static const struct pgb_column lists[] = {
    BOUNCER_COLUMN,
    {.name = "list", .title = "LIST", FIELD(pgb_list, name), .width = 16, .most = 30},
    {.name = "items", .title = "ITEMS", .unit = PGB_NUMBER, FIELD(pgb_list, items), .width = 8},
    {.name = "limit", .title = "LIMIT", .unit = PGB_LIMIT, .get = get_list_limit, .width = 8},
};

#define M(field) FIELD(pgb_cache, field)
static const struct pgb_column memory[] = {
    BOUNCER_COLUMN,
    {.name = "name", .title = "CACHE", M(name), .width = 20, .most = 30},
    {.name = "size", .title = "SIZE", .unit = PGB_BYTES, M(size), .width = 8},
    {.name = "used", .title = "USED", .unit = PGB_NUMBER, M(used), .width = 8},
    {.name = "free", .title = "FREE", .unit = PGB_NUMBER, M(free), .width = 8},
    {.name = "total", .title = "MEMORY", .unit = PGB_BYTES, M(total), .width = 9},
};
#undef M

static const struct pgb_column dns[] = {
    BOUNCER_COLUMN,
    {.name = "host", .title = "HOST", FIELD(pgb_dns_host, name), .width = 16, .most = 50},
    {.name = "ttl", .title = "TTL", .unit = PGB_SECONDS, FIELD(pgb_dns_host, ttl_s), .width = 6},
    {.name = "addresses",
     .title = "ADDRESSES",
     FIELD(pgb_dns_host, addrs),
     .width = 15,
     .most = 80},
};

static const struct pgb_column zones[] = {
    BOUNCER_COLUMN,
    {.name = "zone", .title = "ZONE", FIELD(pgb_dns_zone, name), .width = 16, .most = 50},
    {.name = "serial",
     .title = "SERIAL",
     .unit = PGB_NUMBER,
     FIELD(pgb_dns_zone, serial),
     .width = 12},
    {.name = "hosts", .title = "HOSTS", .unit = PGB_NUMBER, FIELD(pgb_dns_zone, count), .width = 6},
};

static const struct pgb_column state[] = {
    BOUNCER_COLUMN,
    {.name = "version", .title = "VERSION", .get = get_version, .width = 16, .most = 18, .drop = 3},
    {.name = "active", .title = "ACTIVE", .get = get_active, .width = 9},
    {.name = "paused", .title = "PAUSED", .get = get_paused, .width = 9},
    {.name = "suspended", .title = "SUSPENDED", .get = get_suspended, .width = 9},
    {.name = "since", .title = "SINCE", .get = get_since, .width = 8, .most = 30},
};

#define P(field) FIELD(pgb_pool, field)
#define COUNTED(name_, title_, at_, drop_)                                                       \
    {                                                                                            \
        .name = (name_), .title = (title_), .unit = PGB_NUMBER, at_, .width = 7, .drop = (drop_) \
    }
static const struct pgb_column pools[] = {
    BOUNCER_COLUMN,
    {.name = "database", .title = "DATABASE", P(database), .width = 8, .most = 26},
    {.name = "user", .title = "USER", P(user), .width = 6, .most = 20},
    COUNTED("active", "CLIENTS", P(cl_active), 0),
    COUNTED("waiting", "WAITING", P(cl_waiting), 0),
    {.name = "maxwait", .title = "LONGEST", .unit = PGB_USEC, P(maxwait_us), .width = 7},
    COUNTED("sv_active", "BUSY", P(sv_active), 1),
    COUNTED("sv_idle", "IDLE", P(sv_idle), 2),
    COUNTED("sv_used", "USED", P(sv_used), 6),
    COUNTED("sv_tested", "TESTED", P(sv_tested), 7),
    COUNTED("sv_login", "LOGIN", P(sv_login), 5),
    COUNTED("cl_cancel", "CANCELS", P(cl_cancel), 8),
    {.name = "mode", .title = "MODE", P(pool_mode), .width = 11, .drop = 4},
};
#undef P

#define T(field) FIELD(pgb_stats, field)
static const struct pgb_column stats[] = {
    BOUNCER_COLUMN,
    {.name = "database", .title = "DATABASE", T(database), .width = 8, .most = 26},
    COUNTED("xacts", "XACTS", T(xacts), 0),
    COUNTED("queries", "QUERIES", T(queries), 0),
    {.name = "received", .title = "RECEIVED", .unit = PGB_BYTES, T(received), .width = 9},
    {.name = "sent", .title = "SENT", .unit = PGB_BYTES, T(sent), .width = 9},
    {.name = "xact_time", .title = "IN XACTS", .unit = PGB_USEC, T(xact_us), .width = 9, .drop = 2},
    {.name = "query_time", .title = "IN QUERIES", .unit = PGB_USEC, T(query_us), .width = 10},
    {.name = "wait_time", .title = "WAITED", .unit = PGB_USEC, T(wait_us), .width = 9},
    COUNTED("assignments", "ASSIGNED", T(assignments), 3),
};
#undef T

/* ---- the views ------------------------------------------------------------------------------- */

#define COLUMNS(v) .columns = (v), .ncolumns = sizeof(v) / sizeof *(v)
static const struct pgb_view_info infos[] = {
    [PGB_VIEW_BOUNCERS] = {"bouncers", NULL, "every PgBouncer", 0, PGB_VIEW_COUNT,
                           COLUMNS(bouncers)},
    [PGB_VIEW_DATABASES] = {"databases", NULL, "where each database goes, and its limits", 0,
                            PGB_VIEW_COUNT, COLUMNS(databases)},
    [PGB_VIEW_CLIENTS] = {"clients", "Client", "connections of applications",
                          OBS_BIT(OBS_PGB_CLIENTS), PGB_VIEW_SERVERS, COLUMNS(clients)},
    [PGB_VIEW_SERVERS] = {"servers", "Server", "connections to PostgreSQL",
                          OBS_BIT(OBS_PGB_CLIENTS), PGB_VIEW_CLIENTS, COLUMNS(servers)},
    [PGB_VIEW_USERS] = {"users", NULL, "users and their limits", OBS_BIT(OBS_PGB_USERS),
                        PGB_VIEW_COUNT, COLUMNS(users)},
    [PGB_VIEW_CONFIG] = {"config", NULL, "settings, their defaults, and what differs",
                         OBS_BIT(OBS_PGB_CONFIG), PGB_VIEW_COUNT, COLUMNS(config)},
    [PGB_VIEW_LISTS] = {"lists", NULL, "how much there is of what", OBS_BIT(OBS_PGB_LISTS),
                        PGB_VIEW_COUNT, COLUMNS(lists)},
    [PGB_VIEW_MEMORY] = {"memory", NULL, "its caches", OBS_BIT(OBS_PGB_MEM), PGB_VIEW_COUNT,
                         COLUMNS(memory)},
    [PGB_VIEW_DNS] = {"dns", NULL, "names it has looked up", OBS_BIT(OBS_PGB_DNS_HOSTS),
                      PGB_VIEW_COUNT, COLUMNS(dns)},
    [PGB_VIEW_ZONES] = {"zones", NULL, "zones of those names", OBS_BIT(OBS_PGB_DNS_ZONES),
                        PGB_VIEW_COUNT, COLUMNS(zones)},
    [PGB_VIEW_STATE] = {"state", NULL, "whether it is paused or suspended as a whole", 0,
                        PGB_VIEW_COUNT, COLUMNS(state)},
    [PGB_VIEW_POOLS] = {"pools", NULL, "pools as it lists them", 0, PGB_VIEW_COUNT, COLUMNS(pools)},
    [PGB_VIEW_STATS] = {"stats", NULL, "totals since it started", 0, PGB_VIEW_COUNT,
                        COLUMNS(stats)},
};
_Static_assert(sizeof infos / sizeof *infos == PGB_VIEW_COUNT, "a description a view");

const char *const pgb_view_names[] = {"bouncers", "databases", "clients", "servers", "users",
                                      "config",   "lists",     "memory",  "dns",     "zones",
                                      "state",    "pools",     "stats",   NULL};

const struct pgb_view_info *pgb_view_get(enum pgb_view v)
{
    return &infos[v];
}

int pgb_view_find(const char *name)
{
    static const struct {
        const char *show;
        enum pgb_view view;
    } others[] = {
        {"dns_hosts", PGB_VIEW_DNS},      {"dns_zones", PGB_VIEW_ZONES},
        {"mem", PGB_VIEW_MEMORY},         {"version", PGB_VIEW_STATE},
        {"settings", PGB_VIEW_CONFIG},    {"stats_totals", PGB_VIEW_STATS},
        {"database", PGB_VIEW_DATABASES},
    };
    for (int i = 0; i < PGB_VIEW_COUNT; i++)
        if (strcmp(pgb_view_names[i], name) == 0)
            return i;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i].show, name) == 0)
            return (int)others[i].view;
    return -1;
}
