#define _GNU_SOURCE 1
#include "pgdba/cli/cli.h"

#include <string.h>

#include "pgdba/base/utf8.h"
#include "cli_private.h"

#define PICTURE_TIMEOUT (8 * USEC_PER_SEC)

static const struct cli_exit_info exits[] = {
    {CLI_HEALTHY, "healthy", "The cluster is healthy; or the command was done as planned."},
    {CLI_DEGRADED, "degraded", "It serves, but something is wrong or cannot be known."},
    {CLI_CRITICAL, "critical", "Writes fail, or data is at risk."},
    {CLI_UNREACHABLE, "unreachable", "Nothing answers from here: nothing is known."},
    {CLI_REFUSED, "refused",
     "A check, the server, read-only mode or the operator said no: nothing was changed."},
    {CLI_FAILED, "failed", "It was tried and did not end as planned, or its end cannot be told."},
    {CLI_USAGE, "usage", "The words of the command, or a configuration file, are wrong."},
};

const struct cli_exit_info *cli_exits(int *n)
{
    *n = sizeof exits / sizeof *exits;
    return exits;
}

int cli_fail(FILE *err, enum status st, const char *text)
{
    static const int codes[ST_COUNT] = {
        [ST_OK] = CLI_HEALTHY,        [ST_USAGE] = CLI_USAGE,
        [ST_INVALID] = CLI_USAGE,     [ST_NOT_FOUND] = CLI_USAGE,
        [ST_DENIED] = CLI_REFUSED,    [ST_UNREACHABLE] = CLI_UNREACHABLE,
        [ST_REFUSED] = CLI_REFUSED,   [ST_CONFLICT] = CLI_REFUSED,
        [ST_FAILED] = CLI_FAILED,     [ST_IO] = CLI_FAILED,
        [ST_CANCELLED] = CLI_REFUSED,
    };
    /* It may quote a word of the command line or of a file, with escape sequences in it. */
    struct arena a;
    arena_init(&a);
    fputs("pgdba: ", err);
    for (const char *end; *text; text = end + (*end == '\n')) {
        end = strchrnul(text, '\n');
        fprintf(err, "%s\n", utf8_clean(&a, text, (size_t)(end - text)));
    }
    arena_release(&a);
    return codes[st];
}

int cli_error(const struct cli *c, enum status st, const char *text)
{
    return cli_fail(c->opt->err, st, text);
}

int64_t cli_now(const struct cli *c)
{
    (void)c;
    struct clock real = clock_real();
    return clock_mono(&real);
}

int cli_exit_of(enum health h)
{
    static const int codes[HEALTH_COUNT] = {CLI_HEALTHY, CLI_DEGRADED, CLI_CRITICAL,
                                            CLI_UNREACHABLE};
    return codes[h];
}

static bool complete(void *arg)
{
    return app_complete(arg);
}

int cli_open(struct cli *c)
{
    if (!c->config)
        return cli_error(c, ST_USAGE,
                         "which cluster? Give --cluster NAME (see: pgdba cluster list)");
    struct err e = ERR_INIT;
    struct cluster_config *config = c->config;
    c->config = NULL;
    enum status st = app_open(c->app, config, &e);
    int code = st == ST_OK ? CLI_HEALTHY : cli_error(c, st, err_text(&e));
    err_release(&e);
    if (code == CLI_HEALTHY)
        app_run_until(c->app, complete, c->app, cli_now(c) + PICTURE_TIMEOUT);
    return code;
}

static cli_fn *const runners[CMD_COUNT] = {
    [CMD_STATUS] = cli_status,
    [CMD_TOPOLOGY] = cli_topology,
    [CMD_LAG] = cli_lag,
    [CMD_POOLS] = cli_pools,
    [CMD_STATS] = cli_stats,
    [CMD_PGB_SHOW] = cli_pgb_show,
    [CMD_TRUTH] = cli_truth,
    [CMD_ROUTES] = cli_routes,
    [CMD_DCS] = cli_dcs,
    [CMD_EVENTS] = cli_events,
    [CMD_FAILOVERS] = cli_failovers,
    [CMD_WATCH] = cli_watch,
    [CMD_RECORD] = cli_record,
    [CMD_PROBE_START] = cli_probe,
    [CMD_PROBE_DROP] = cli_change,
    [CMD_SWITCHOVER] = cli_change,
    [CMD_RESTART] = cli_change,
    [CMD_FAILOVER] = cli_change,
    [CMD_RELOAD] = cli_change,
    [CMD_REINIT] = cli_change,
    [CMD_PAUSE] = cli_change,
    [CMD_RESUME] = cli_change,
    [CMD_CANCEL_SWITCHOVER] = cli_change,
    [CMD_CANCEL_RESTART] = cli_change,
    [CMD_CONFIG_SHOW] = cli_config_show,
    [CMD_CONFIG_SET] = cli_change,
    [CMD_CONFIG_EDIT] = cli_config_edit,
    [CMD_DEMOTE] = cli_change,
    [CMD_PROMOTE] = cli_change,
    [CMD_REMOVE] = cli_change,
    [CMD_PGB_PAUSE] = cli_change,
    [CMD_PGB_RESUME] = cli_change,
    [CMD_PGB_RECONNECT] = cli_change,
    [CMD_PGB_RELOAD] = cli_change,
    [CMD_PGB_ENABLE] = cli_change,
    [CMD_PGB_DISABLE] = cli_change,
    [CMD_PGB_KILL] = cli_change,
    [CMD_PGB_SET] = cli_change,
    [CMD_PGB_SHUTDOWN] = cli_change,
    [CMD_HA_READY] = cli_change,
    [CMD_HA_DRAIN] = cli_change,
    [CMD_HA_MAINT] = cli_change,
    [CMD_HA_SHUT] = cli_change,
    [CMD_HISTORY] = cli_history,
    [CMD_QUERY] = cli_query,
    [CMD_DSN] = cli_dsn,
    [CMD_VERSION] = cli_version,
    [CMD_AUDIT] = cli_audit,
    [CMD_CLUSTER_CONNECT] = cli_cluster_connect,
    [CMD_CLUSTER_LIST] = cli_cluster_list,
    [CMD_CLUSTER_STATUS] = cli_cluster_status,
    [CMD_CLUSTER_DISCONNECT] = cli_cluster_disconnect,
};

static void say_error(void *arg, const char *text)
{
    const struct cli *c = arg;
    fprintf(c->opt->err, "pgdba: %s\n", text);
}

int cli_run(const struct cli_options *opt, const struct invocation *inv)
{
    struct cli c = {.opt = opt, .inv = inv, .app = opt->app, .config = opt->config};
    const char *format = invocation_get(inv, "--format");
    c.json = format && strcmp(format, "json") == 0;
    if (!runners[inv->id]) {
        cluster_config_free(c.config);
        return cli_fail(opt->err, ST_USAGE, "this command is for the console only");
    }
    arena_init(&c.arena);
    app_subscribe(c.app, &(struct app_subscriber){.arg = &c, .error = say_error});
    int code = runners[inv->id](&c);
    app_subscribe(c.app, &(struct app_subscriber){0});
    cluster_config_free(c.config);
    arena_release(&c.arena);
    if (c.reader_gone) /* head(1) has seen enough */
        return code;
    /* A full disk or a closed pipe must not look like a healthy answer. */
    if (fflush(opt->out) != 0 || ferror(opt->out))
        return cli_fail(opt->err, ST_IO, "cannot write the output");
    return code;
}
