/* invocation.c: what was parsed, read out. */
#include "pgdba/command/command.h"

#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

const char *invocation_get(const struct invocation *inv, const char *name)
{
    for (int i = 0; i < inv->nvalues; i++)
        if (strcmp(inv->values[i].arg->name, name) == 0)
            return inv->values[i].text;
    return NULL;
}

bool invocation_has(const struct invocation *inv, const char *name)
{
    return invocation_get(inv, name) != NULL;
}

int invocation_all(const struct invocation *inv, const char *name, const char **out, int max)
{
    int n = 0;

    for (int i = 0; i < inv->nvalues && n < max; i++)
        if (strcmp(inv->values[i].arg->name, name) == 0)
            out[n++] = inv->values[i].text;
    return n;
}

/* ---- what a change asks for */

static const enum action_kind kinds[CMD_COUNT] = {
    [CMD_SWITCHOVER] = ACT_SWITCHOVER,
    [CMD_FAILOVER] = ACT_FAILOVER,
    [CMD_RESTART] = ACT_RESTART,
    [CMD_RELOAD] = ACT_RELOAD,
    [CMD_REINIT] = ACT_REINIT,
    [CMD_PAUSE] = ACT_PAUSE,
    [CMD_RESUME] = ACT_RESUME,
    [CMD_CANCEL_SWITCHOVER] = ACT_CANCEL_SWITCHOVER,
    [CMD_CANCEL_RESTART] = ACT_CANCEL_RESTART,
    [CMD_CONFIG_SET] = ACT_CONFIG,
    [CMD_CONFIG_EDIT] = ACT_CONFIG,
    [CMD_DEMOTE] = ACT_DEMOTE,
    [CMD_PROMOTE] = ACT_PROMOTE,
    [CMD_REMOVE] = ACT_REMOVE,
    [CMD_HA_READY] = ACT_HA_READY,
    [CMD_HA_DRAIN] = ACT_HA_DRAIN,
    [CMD_HA_MAINT] = ACT_HA_MAINT,
    [CMD_HA_SHUT] = ACT_HA_SHUT,
    [CMD_PROBE_START] = ACT_PROBE_START,
    [CMD_PROBE_DROP] = ACT_PROBE_DROP,
    [CMD_QUERY] = ACT_QUERY,
    [CMD_PGB_PAUSE] = ACT_PGB_PAUSE,
    [CMD_PGB_RESUME] = ACT_PGB_RESUME,
    [CMD_PGB_RECONNECT] = ACT_PGB_RECONNECT,
    [CMD_PGB_RELOAD] = ACT_PGB_RELOAD,
    [CMD_PGB_ENABLE] = ACT_PGB_ENABLE,
    [CMD_PGB_DISABLE] = ACT_PGB_DISABLE,
    [CMD_PGB_KILL] = ACT_PGB_KILL,
    [CMD_PGB_SET] = ACT_PGB_SET,
    [CMD_PGB_SHUTDOWN] = ACT_PGB_SHUTDOWN,
};

/* The same words with --at or --rolling are another action. */
static enum status kind_by_options(const struct invocation *inv, struct request *out, struct err *e)
{
    bool at = invocation_has(inv, "--at"), rolling = invocation_has(inv, "--rolling");

    if (at && rolling)
        return err_set(e, ST_USAGE, "--rolling and --at exclude each other: somebody must watch");
    if (!rolling && (invocation_has(inv, "--leader-by") || invocation_has(inv, "--max-lag")))
        return err_set(e, ST_USAGE, "--leader-by and --max-lag belong to --rolling");
    if (rolling && out->pg_version)
        return err_set(e, ST_USAGE, "--rolling and --pg-version exclude each other");
    if (out->any && out->role == MEMBERS_NAMED)
        return err_set(e, ST_USAGE, "--any belongs to --role");
    if (invocation_has(inv, "--hold")) {
        if (at)
            return err_set(e, ST_USAGE, "--hold and --at exclude each other: somebody must watch");
        out->kind = ACT_HOLD;
        out->release_lock = invocation_has(inv, "--release-lock");
    } else if (out->kind == ACT_SWITCHOVER &&
               (out->nbouncers || out->ndatabases || out->within_us ||
                invocation_has(inv, "--release-lock"))) {
        return err_set(e, ST_USAGE,
                       "--database, --on, --within and --release-lock belong to --hold");
    }
    if (at)
        out->kind = out->kind == ACT_SWITCHOVER ? ACT_SWITCHOVER_AT : ACT_RESTART_AT;
    if (rolling)
        out->kind = ACT_ROLLING;
    return ST_OK;
}

enum member_role invocation_role(const struct invocation *inv)
{
    const char *word = invocation_get(inv, "--role");

    if (!word)
        return MEMBERS_NAMED;
    return strcmp(word, "leader") == 0    ? MEMBERS_LEADER
           : strcmp(word, "replica") == 0 ? MEMBERS_REPLICAS
                                          : MEMBERS_ALL;
}

/* Settings, and PostgreSQL's by their full paths; a parameter's name may have dots. */
static void take_settings(const struct invocation *inv, struct request *out)
{
    const char **v = arena_array(inv->arena, (size_t)inv->nvalues, const char *);
    int n = invocation_all(inv, "NAME=VALUE", v, inv->nvalues);

    for (int i = 0; i < inv->nvalues; i++) {
        const char *text = inv->values[i].text;
        int name = (int)strcspn(text, "=");

        if (strcmp(inv->values[i].arg->name, "--pg") == 0)
            v[n++] = arena_printf(inv->arena, "postgresql.parameters.\"%.*s\"%s", name, text,
                                  text + name);
    }
    out->settings = v;
    out->nsettings = n;
}

/* Which PgBouncers, and what of them. */
static enum status take_bouncers(const struct invocation *inv, struct request *out, struct err *e)
{
    const char **on = arena_array(inv->arena, (size_t)inv->nvalues, const char *);
    const char **databases = arena_array(inv->arena, (size_t)inv->nvalues, const char *);
    const char *within = invocation_get(inv, "--within");

    out->bouncers = on;
    out->nbouncers = invocation_all(inv, "--on", on, inv->nvalues);
    out->databases = databases;
    out->ndatabases = invocation_all(inv, "DATABASE", databases, inv->nvalues);
    out->ndatabases += invocation_all(inv, "--database", databases + out->ndatabases,
                                      inv->nvalues - out->ndatabases);
    out->everywhere = invocation_has(inv, "--everywhere");
    out->whole = invocation_has(inv, "--all");
    out->left = invocation_has(inv, "--left");
    out->client = invocation_get(inv, "--client");
    out->drain = invocation_get(inv, "--wait-for");
    if (within && !fmt_parse_duration(within, &out->within_us))
        return err_set(e, ST_USAGE, "--within expects a time, got \"%s\"", within);
    return ST_OK;
}

static enum status take_values(const struct invocation *inv, int64_t now_wall_us,
                               struct request *out, struct err *e)
{
    const char *every = invocation_get(inv, "--every"), *timeout = invocation_get(inv, "--timeout"),
               *at = invocation_get(inv, "--at"), *lag = invocation_get(inv, "--max-lag"),
               *how = invocation_get(inv, "--leader-by"), *port = invocation_get(inv, "--port");

    if (every && !fmt_parse_duration(every, &out->every_us))
        return err_set(e, ST_USAGE, "--every expects a time, got \"%s\"", every);
    if (timeout && inv->id == CMD_QUERY && fmt_parse_duration(timeout, &out->sql_timeout_us))
        timeout = NULL;
    if (timeout && !fmt_parse_int(timeout, &out->timeout_s))
        return err_set(e, ST_USAGE, "--timeout expects whole seconds, got \"%s\"", timeout);
    if (lag && !command_parse_bytes(lag, &out->max_lag))
        return err_set(e, ST_USAGE, "--max-lag expects a size, got \"%s\"", lag);
    if (port && !fmt_parse_int(port, &out->follow.port))
        return err_set(e, ST_USAGE, "--port expects a port, got \"%s\"", port);
    if (at && !command_parse_when(at, now_wall_us, &out->at_us))
        return err_set(e, ST_USAGE, "there is no such time as %s", at);
    out->at_us -= out->at_us % USEC_PER_SEC; /* nobody means a part of a second */
    if (at && out->at_us <= now_wall_us)
        return err_set(e, ST_USAGE, "%s is in the past", at);
    out->hand_over = how && strcmp(how, "switchover") == 0;
    return ST_OK;
}

bool invocation_changes(const struct invocation *inv)
{
    bool may = inv->id == CMD_PROBE_START || inv->id == CMD_QUERY;

    return inv->command->flags & CMDF_CHANGES || (may && invocation_has(inv, "--write"));
}

enum status command_request(const struct invocation *inv, int64_t now_wall_us, struct request *out,
                            struct err *e)
{
    const char **members = arena_array(inv->arena, (size_t)inv->nvalues, const char *);
    const char **servers = arena_array(inv->arena, (size_t)inv->nvalues, const char *);
    const char **on = arena_array(inv->arena, (size_t)inv->nvalues, const char *);

    if (!invocation_changes(inv))
        return err_set(e, ST_USAGE, "%s changes nothing", inv->command->name);
    *out = (struct request){
        .kind = kinds[inv->id],
        .leader = invocation_get(inv, "--leader"),
        .candidate = invocation_get(inv, "--candidate"),
        .members = members,
        .nmembers = invocation_all(inv, "MEMBER", members, inv->nvalues),
        .role = invocation_role(inv),
        .any = invocation_has(inv, "--any"),
        .pending = invocation_has(inv, "--pending"),
        .pg_version = invocation_get(inv, "--pg-version"),
        .force = invocation_has(inv, "--force"),
        .from_leader = invocation_has(inv, "--from-leader"),
        .patch = invocation_get(inv, "--patch"),
        .follow = {.host = invocation_get(inv, "--host"),
                   .restore_command = invocation_get(inv, "--restore-command"),
                   .slot = invocation_get(inv, "--primary-slot-name")},
        .via = invocation_get(inv, "--via"),
        .sql = invocation_get(inv, "SQL"),
        .dbname = invocation_get(inv, "--dbname"),
        .user = invocation_get(inv, "--username"),
        .servers = servers,
        .nservers = invocation_all(inv, "SERVER", servers, inv->nvalues),
        .backend = invocation_get(inv, "--backend"),
        .on = on,
        .non = invocation_all(inv, "--on", on, inv->nvalues),
    };
    take_settings(inv, out);
    enum status st = take_values(inv, now_wall_us, out, e);
    if (st == ST_OK)
        st = take_bouncers(inv, out, e);
    return st == ST_OK ? kind_by_options(inv, out, e) : st;
}
