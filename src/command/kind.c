/* kind.c: the kinds of arguments. */
#define _GNU_SOURCE 1
#include "kind.h"

#include <string.h>

#include "pgdba/analysis/pgb_views.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

static bool within(const struct command_arg *arg, int64_t v)
{
    return (arg->min == 0 && arg->max == 0) || (v >= arg->min && v <= arg->max);
}

static bool accepts_some(const struct command_arg *arg, const char *text)
{
    (void)arg;
    return *text != '\0';
}

static bool accepts_any(const struct command_arg *arg, const char *text)
{
    (void)arg;
    (void)text;
    return true;
}

static bool accepts_int(const struct command_arg *arg, const char *text)
{
    int64_t v;

    return fmt_parse_int(text, &v) && within(arg, v);
}

static bool accepts_duration(const struct command_arg *arg, const char *text)
{
    int64_t us;

    return fmt_parse_duration(text, &us) && within(arg, us);
}

static bool accepts_interval(const struct command_arg *arg, const char *text)
{
    return strcmp(text, "+") == 0 || strcmp(text, "-") == 0 || accepts_duration(arg, text);
}

static bool accepts_speed(const struct command_arg *arg, const char *text)
{
    double speed;

    (void)arg;
    return command_parse_speed(text, &speed);
}

static bool accepts_time(const struct command_arg *arg, const char *text)
{
    struct command_time t;

    (void)arg;
    return command_parse_time(text, &t);
}

static bool accepts_when(const struct command_arg *arg, const char *text)
{
    int64_t at;

    (void)arg;
    return command_parse_when(text, (int64_t)86400 * USEC_PER_SEC, &at);
}

static bool accepts_bytes(const struct command_arg *arg, const char *text)
{
    int64_t bytes;

    return command_parse_bytes(text, &bytes) && within(arg, bytes);
}

static bool accepts_setting(const struct command_arg *arg, const char *text)
{
    (void)arg;
    return *text != '=' && strchr(text, '=');
}

static bool accepts_url(const struct command_arg *arg, const char *text)
{
    const char *host = strstr(text, "://");

    (void)arg;
    return host && host[3] != '\0' &&
           (strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0);
}

static bool accepts_mapping(const struct command_arg *arg, const char *text)
{
    const char *eq = strchr(text, '=');

    (void)arg;
    return eq && eq != text && eq[1] != '\0';
}

static bool accepts_view(const struct command_arg *arg, const char *text)
{
    (void)arg;
    return pgb_view_find(text) >= 0;
}

static bool accepts_values(const struct command_arg *arg, const char *text)
{
    for (const char *const *v = kind_of(arg)->values; *v; v++)
        if (strcmp(*v, text) == 0)
            return true;
    return false;
}

static bool accepts_command(const struct command_arg *arg, const char *text)
{
    (void)arg;
    return command_find(text) != NULL;
}

/* "//user:secret@host": everybody on this machine can read a command line. */
static const char *secret_in_url(const char *text)
{
    const char *host = strstr(text, "://");
    size_t n = host ? strcspn(host + 3, "/?") : 0;
    const char *at = host ? memchr(host + 3, '@', n) : NULL;
    const char *colon = at ? memchr(host + 3, ':', (size_t)(at - host - 3)) : NULL;

    return colon ? "a password does not belong on the command line: everybody on this machine can "
                   "read it; use --password-file, --password-command or --password-env"
                 : NULL;
}

static const char *secret_in_conninfo(const char *text)
{
    static const char cure[] =
        "a password does not belong on the command line: everybody on this machine can read it; "
        "use ~/.pgpass, passfile=FILE, or an option that names a password file";

    for (const char *p = text; (p = strstr(p, "password")) != NULL; p += 8) {
        const char *q = p + 8 + strspn(p + 8, " \t");

        if (*q == '=')
            return cure;
    }
    return secret_in_url(text) ? cure : NULL;
}

/* What is typed here is kept: in a history, in the audit log. */
static const char *secret_in_sql(const char *text)
{
    for (const char *p = text; (p = strcasestr(p, "password")) != NULL; p += 8) {
        const char *value = p + 8 + strspn(p + 8, " \t\n");

        if (*value && strchr("'=$", *value))
            return "a password does not belong into what is typed here, which is logged: use "
                   "psql's "
                   "\\password";
    }
    return NULL;
}

static const char *const durations[] = {"0.5s", "1s", "2s", "5s", "10s", "30s", "60s", NULL};
static const char *const intervals[] = {"0.5s", "1s",  "2s", "5s", "10s",
                                        "30s",  "60s", "+",  "-",  NULL};
static const char *const formats[] = {"table", "json", NULL};
static const char *const lines[] = {"text", "json", NULL};
static const char *const speeds[] = {"0.25x", "0.5x", "1x", "2x", "4x", "10x", NULL};
static const char *const recordings[] = {"failover", "switchover", NULL};
static const char *const roles[] = {"leader", "replica", "any", NULL};
static const char *const hows[] = {"restart", "switchover", NULL};
static const char *const drains[] = {"clients", "servers", NULL};
static const char *const environments[] = {"production", "staging", "test", NULL};

static const struct kind_info kinds[] = {
    [ARG_FLAG] = {.expects = "no value", .accepts = accepts_any},
    [ARG_TEXT] = {.metavar = "TEXT",
                  .expects = "a text",
                  .accepts = accepts_any,
                  .refuses = secret_in_url},
    [ARG_MEMBER] = {.metavar = "MEMBER", .expects = "a member's name", .accepts = accepts_some},
    [ARG_REPLICA] = {.metavar = "MEMBER", .expects = "a replica's name", .accepts = accepts_some},
    [ARG_LEADER] = {.metavar = "MEMBER", .expects = "the leader's name", .accepts = accepts_some},
    [ARG_DURATION] = {.metavar = "TIME",
                      .expects = "a time such as 500ms, 2s or 1m",
                      .accepts = accepts_duration,
                      .values = durations},
    [ARG_INT] = {.metavar = "NUMBER", .expects = "a whole number", .accepts = accepts_int},
    [ARG_CLUSTER] = {.metavar = "NAME", .expects = "a cluster's name", .accepts = accepts_some},
    [ARG_PANE] = {.metavar = "PANE", .expects = "a pane's name", .accepts = accepts_some},
    [ARG_THEME] = {.metavar = "THEME", .expects = "a theme's name", .accepts = accepts_some},
    [ARG_COMMAND] = {.metavar = "COMMAND", .expects = "a command", .accepts = accepts_command},
    [ARG_FORMAT] = {.metavar = "FORMAT",
                    .expects = "table or json",
                    .accepts = accepts_values,
                    .values = formats},
    [ARG_URL] = {.metavar = "URL",
                 .expects = "a URL such as http://10.0.0.1:8008",
                 .accepts = accepts_url,
                 .refuses = secret_in_url},
    [ARG_FILE] = {.metavar = "FILE", .expects = "a file's name", .accepts = accepts_some},
    [ARG_CONNINFO] = {.metavar = "CONNINFO",
                      .expects = "a libpq connection string such as \"host=10.0.0.1 port=6432\"",
                      .accepts = accepts_some,
                      .refuses = secret_in_conninfo},
    [ARG_ENVIRONMENT] = {.metavar = "ENVIRONMENT",
                         .expects = "production, staging or test",
                         .accepts = accepts_values,
                         .values = environments},
    [ARG_COLUMN] = {.metavar = "COLUMN", .expects = "a column's name", .accepts = accepts_some},
    [ARG_MAPPING] = {.metavar = "A=B",
                     .expects = "two sides around an equals sign",
                     .accepts = accepts_mapping,
                     .refuses = secret_in_url},
    [ARG_INTERVAL] = {.metavar = "TIME",
                      .expects = "a time such as 500ms or 2s, or + or -",
                      .accepts = accepts_interval,
                      .values = intervals},
    [ARG_LINES] = {.metavar = "FORMAT",
                   .expects = "text or json",
                   .accepts = accepts_values,
                   .values = lines},
    [ARG_SPEED] = {.metavar = "SPEED",
                   .expects = "a speed such as 4x or 0.5x, from 0.1x to 100x",
                   .accepts = accepts_speed,
                   .values = speeds},
    [ARG_TIME] = {.metavar = "TIME",
                  .expects = "a time of day such as 03:12:00, or +1m30s, 10s, -10s",
                  .accepts = accepts_time},
    [ARG_ROUTE] = {.metavar = "ROUTE",
                   .expects = "a route's name or a connection string",
                   .accepts = accepts_some,
                   .refuses = secret_in_conninfo},
    [ARG_RECORDING] = {.metavar = "RECORDING",
                       .expects = "failover or switchover",
                       .accepts = accepts_values,
                       .values = recordings},
    [ARG_ROLE] = {.metavar = "ROLE",
                  .expects = "leader, replica or any",
                  .accepts = accepts_values,
                  .values = roles},
    [ARG_WHEN] = {.metavar = "TIME",
                  .expects = "a time such as 03:00, 2026-11-22T03:00+01:00 or +2h",
                  .accepts = accepts_when,
                  .refuses = command_when_refused},
    [ARG_SETTING] = {.metavar = "NAME=VALUE", .expects = "NAME=VALUE", .accepts = accepts_setting},
    [ARG_HOW] = {.metavar = "HOW",
                 .expects = "restart or switchover",
                 .accepts = accepts_values,
                 .values = hows},
    [ARG_BYTES] = {.metavar = "SIZE",
                   .expects = "a size such as 1048576 or 16MB",
                   .accepts = accepts_bytes},
    [ARG_BOUNCER] = {.metavar = "BOUNCER",
                     .expects = "a PgBouncer's name",
                     .accepts = accepts_some},
    [ARG_DATABASE] = {.metavar = "DATABASE",
                      .expects = "a database's name",
                      .accepts = accepts_some},
    [ARG_DRAIN] = {.metavar = "WHOM",
                   .expects = "clients or servers",
                   .accepts = accepts_values,
                   .values = drains},
    [ARG_PGB_VIEW] = {.metavar = "VIEW",
                      .expects = "a table of PgBouncer: bouncers, databases, clients, servers, "
                                 "users, config, lists, memory, dns, zones, state, pools or stats",
                      .accepts = accepts_view,
                      .values = pgb_view_names},
    [ARG_SERVER] = {.metavar = "SERVER",
                    .expects = "a server's name in HAProxy (pg1, rw/pg1), or a member's",
                    .accepts = accepts_some},
    [ARG_BACKEND] = {.metavar = "BACKEND",
                     .expects = "a backend's name in HAProxy",
                     .accepts = accepts_some},
    [ARG_HAPROXY] = {.metavar = "HAPROXY",
                     .expects = "the name of an HAProxy of the cluster's file",
                     .accepts = accepts_some},
    [ARG_SQL] = {.metavar = "SQL",
                 .expects = "an SQL statement",
                 .accepts = accepts_some,
                 .refuses = secret_in_sql},
};
_Static_assert(sizeof kinds / sizeof *kinds == ARG_KIND_COUNT, "a kind without its row");

const struct kind_info *kind_of(const struct command_arg *arg)
{
    return &kinds[arg->kind];
}

const char *kind_metavar(const struct command_arg *arg)
{
    const char *own = kinds[arg->kind].metavar;

    return arg->metavar ? arg->metavar : own ? own : "";
}

const char *kind_expects(const struct command_arg *arg)
{
    return arg->expects ? arg->expects : kinds[arg->kind].expects;
}

const char *kind_nearest(const struct command_arg *arg, const char *text)
{
    const struct kind_info *kind = kind_of(arg);
    int n = 0;

    /* Of others the values are but examples. */
    if (kind->accepts != accepts_values && kind->accepts != accepts_view)
        return NULL;
    while (kind->values[n])
        n++;
    return fmt_nearest(text, kind->values, n);
}

bool arg_is_option(const struct command_arg *arg)
{
    return arg->name[0] == '-';
}

bool arg_is_for(const struct command_arg *arg, unsigned where)
{
    return arg->where == 0 || (arg->where & where) != 0;
}
