/* The views of PgBouncer's console, and the columns of each. */
#include "pgb_columns.h"

#include <stddef.h>
#include <strings.h>

#include "pgb_values.h"

#define FIELD(type, field) .at = offsetof(struct type, field)
#define BOUNCER_COLUMN                                                                         \
    {                                                                                          \
        .name = "bouncer", .title = "BOUNCER", .get = pgb_get_bouncer, .width = 9, .most = 22, \
        .drop = 4                                                                              \
    }

static const struct pgb_column bouncers[] = {
    BOUNCER_COLUMN,
    {.name = "version",
     .title = "VERSION",
     .get = pgb_get_version,
     .width = 16,
     .most = 18,
     .drop = 3},
    {.name = "clients", .title = "CLIENTS", .unit = PGB_NUMBER, .get = pgb_get_clients, .width = 7},
    {.name = "max", .title = "MAX", .unit = PGB_LIMIT, .get = pgb_get_max_clients, .width = 6},
    {.name = "waiting", .title = "WAITING", .unit = PGB_NUMBER, .get = pgb_get_waiting, .width = 7},
    {.name = "maxwait", .title = "LONGEST", .unit = PGB_USEC, .get = pgb_get_maxwait, .width = 7},
    {.name = "servers", .title = "SERVERS", .unit = PGB_NUMBER, .get = pgb_get_servers, .width = 7},
    {.name = "state", .title = "STATE", .get = pgb_get_bouncer_state, .width = 8, .most = 20},
};

#define D(field) FIELD(pgb_database, field)
static const struct pgb_column databases[] = {
    BOUNCER_COLUMN,
    {.name = "name", .title = "DATABASE", D(name), .width = 8, .most = 26},
    {.name = "target", .title = "GOES TO", .get = pgb_get_goes_to, .width = 15, .most = 40},
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
    {.name = "state", .title = "STATE", .get = pgb_get_database_state, .width = 8, .most = 20},
};
#undef D

#define C(field) FIELD(pgb_server, field)
static const struct pgb_column clients[] = {
    BOUNCER_COLUMN,
    {.name = "database", .title = "DATABASE", C(database), .width = 8, .most = 26},
    {.name = "user", .title = "USER", C(user), .width = 6, .most = 20},
    {.name = "state", .title = "STATE", .get = pgb_get_client_state, .width = 7, .most = 18},
    {.name = "wait", .title = "WAIT", .unit = PGB_USEC, .get = pgb_get_wait, .width = 7},
    {.name = "address",
     .title = "ADDRESS",
     .get = pgb_get_addr,
     .width = 15,
     .most = 47,
     .drop = 1},
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
    {.name = "target", .title = "GOES TO", .get = pgb_get_server_target, .width = 15, .most = 47},
    {.name = "closing", .title = "CLOSING", .get = pgb_get_closing, .width = 12, .drop = 3},
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
    {.name = "changed", .title = "*", .get = pgb_get_changed, .width = 1, .drop = 1},
    {.name = "value", .title = "VALUE", S(value), .width = 12, .most = 40},
    {.name = "default", .title = "DEFAULT", S(initial), .width = 10, .most = 30, .drop = 2},
    {.name = "set", .title = "SET", .get = pgb_get_changeable, .width = 3, .drop = 3},
    {.name = "differs", .title = "ELSEWHERE", .get = pgb_get_differs, .width = 9, .most = 50},
};
#undef S

static const struct pgb_column lists[] = {
    BOUNCER_COLUMN,
    {.name = "list", .title = "LIST", FIELD(pgb_list, name), .width = 16, .most = 30},
    {.name = "items", .title = "ITEMS", .unit = PGB_NUMBER, FIELD(pgb_list, items), .width = 8},
    {.name = "limit", .title = "LIMIT", .unit = PGB_LIMIT, .get = pgb_get_list_limit, .width = 8},
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
    {.name = "version",
     .title = "VERSION",
     .get = pgb_get_version,
     .width = 16,
     .most = 18,
     .drop = 3},
    {.name = "active", .title = "ACTIVE", .get = pgb_get_active, .width = 9},
    {.name = "paused", .title = "PAUSED", .get = pgb_get_paused, .width = 9},
    {.name = "suspended", .title = "SUSPENDED", .get = pgb_get_suspended, .width = 9},
    {.name = "since", .title = "SINCE", .get = pgb_get_since, .width = 8, .most = 30},
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
        if (strcasecmp(pgb_view_names[i], name) == 0)
            return i;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcasecmp(others[i].show, name) == 0)
            return (int)others[i].view;
    return -1;
}
