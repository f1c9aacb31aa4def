/* table.c: every command, every argument, every global option: once. */
#include "pgdba/command/command.h"

#include <string.h>

#include "pgdba/base/clock.h"

#define ARGS(array)    .nargs = (int)(sizeof(array) / sizeof *(array)), .args = (array)
#define REFRESH_LEAST  (USEC_PER_SEC / 2)
#define REFRESH_MOST   (60 * USEC_PER_SEC)
#define RESTART_MOST_S 86400

/* ---- what several commands have ------------------------------------------------------------ */

#define ARG_YES_ROW                                                          \
    {                                                                        \
        .name = "--yes", .letter = 'y', .kind = ARG_FLAG, .where = CMDF_CLI, \
        .help = "do not ask; the checks still apply"                         \
    }
#define ARG_DRY_RUN_ROW                                                          \
    {                                                                            \
        .name = "--dry-run", .letter = 'n', .kind = ARG_FLAG, .where = CMDF_CLI, \
        .help = "show the plan, its checks and its requests, and send nothing"   \
    }
#define ARG_FORMAT_ROW                                                            \
    {                                                                             \
        .name = "--format", .letter = 'f', .kind = ARG_FORMAT, .where = CMDF_CLI, \
        .help = "table for people (the default), json for programs"               \
    }

static const struct command_arg read_args[] = {ARG_FORMAT_ROW};

/* ---- changes ------------------------------------------------------------------------------- */

static const struct command_arg switchover_args[] = {
    {.name = "--leader",
     .letter = 'l',
     .kind = ARG_LEADER,
     .help = "the member that must lead now; refused when another one does"},
    {.name = "--candidate",
     .letter = 't',
     .kind = ARG_REPLICA,
     .help = "the replica that is to lead; without it Patroni picks the best one"},
    ARG_YES_ROW,
    ARG_DRY_RUN_ROW,
    ARG_FORMAT_ROW,
};

static const struct command_arg restart_args[] = {
    {.name = "MEMBER",
     .kind = ARG_MEMBER,
     .required = true,
     .repeats = true,
     .help = "the members to restart, in this order, one after the other"},
    {.name = "--pending",
     .letter = 'p',
     .kind = ARG_FLAG,
     .help = "only those that have a restart pending"},
    {.name = "--timeout",
     .kind = ARG_INT,
     .metavar = "SECONDS",
     .expects = "whole seconds",
     .min = 1,
     .max = RESTART_MOST_S,
     .help = "how long PostgreSQL may take to come up again"},
    ARG_YES_ROW,
    ARG_DRY_RUN_ROW,
    ARG_FORMAT_ROW,
};

static const struct command_arg reinit_args[] = {
    {.name = "MEMBER",
     .kind = ARG_REPLICA,
     .required = true,
     .help = "the replica whose data directory is deleted and copied anew"},
    {.name = "--force", .kind = ARG_FLAG, .help = "cancel what is in progress on that member"},
    ARG_YES_ROW,
    ARG_DRY_RUN_ROW,
    ARG_FORMAT_ROW,
};

/* ---- the console --------------------------------------------------------------------------- */

static const struct command_arg interval_args[] = {
    {.name = "TIME",
     .kind = ARG_INTERVAL,
     .required = true,
     .expects = "0.5s to 60s, or + or -",
     .min = REFRESH_LEAST,
     .max = REFRESH_MOST,
     .help = "0.5s to 60s; + and - take the next step"},
};

static const struct command_arg pane_args[] = {
    {.name = "PANE", .kind = ARG_PANE, .required = true, .help = "the pane to show and focus"},
};

static const struct command_arg theme_args[] = {
    {.name = "THEME", .kind = ARG_THEME, .required = true, .help = "the theme to draw with"},
};

static const struct command_arg cluster_args[] = {
    {.name = "NAME", .kind = ARG_CLUSTER, .required = true, .help = "the cluster to open"},
};

static const struct command_arg filter_args[] = {
    {.name = "TEXT",
     .kind = ARG_TEXT,
     .help = "what a row must contain to be shown; nothing shows them all"},
};

static const struct command_arg sort_args[] = {
    {.name = "COLUMN",
     .kind = ARG_COLUMN,
     .help = "the column to sort by; nothing goes back to the pane's own order"},
    {.name = "--reverse", .letter = 'r', .kind = ARG_FLAG, .help = "largest first"},
};

static const struct command_arg help_args[] = {
    {.name = "COMMAND", .kind = ARG_COMMAND, .help = "the command to explain"},
};

/* ---- the registry of clusters (shell) ------------------------------------------------------- */

static const struct command_arg connect_args[] = {
    {.name = "--name",
     .kind = ARG_CLUSTER,
     .required = true,
     .help = "what the cluster is to be called here"},
    {.name = "--patroni-url",
     .kind = ARG_URL,
     .repeats = true,
     .help = "a Patroni REST API; one is enough when the others can be reached as they advertise "
             "themselves"},
    {.name = "--patronictl",
     .kind = ARG_FILE,
     .help = "take scope, etcd endpoints, TLS and user from this patronictl.yaml or patroni.yml"},
    {.name = "--member-url",
     .kind = ARG_MAPPING,
     .metavar = "NAME=URL",
     .expects = "NAME=URL",
     .repeats = true,
     .help =
         "where a member's API is reached, for Patroni before 3.2, which does not say its name"},
    {.name = "--connect-to",
     .kind = ARG_MAPPING,
     .metavar = "HOST:PORT=HOST:PORT",
     .expects = "HOST:PORT=HOST:PORT",
     .repeats = true,
     .help = "an advertised address and where it is reached from here"},
    {.name = "--scope",
     .kind = ARG_TEXT,
     .metavar = "SCOPE",
     .help = "the Patroni scope; another one answering is refused"},
    {.name = "--environment",
     .kind = ARG_ENVIRONMENT,
     .help = "production, staging or test; in production every change asks for the cluster's name"},
    {.name = "--pg-host",
     .kind = ARG_TEXT,
     .metavar = "HOST",
     .help = "where PostgreSQL is reached, when not as advertised"},
    {.name = "--pgbouncer",
     .kind = ARG_CONNINFO,
     .repeats = true,
     .help = "a PgBouncer admin console; without a password"},
    {.name = "--etcd", .kind = ARG_URL, .repeats = true, .help = "an etcd endpoint"},
    {.name = "--haproxy", .kind = ARG_URL, .repeats = true, .help = "an HAProxy statistics page"},
    {.name = "--username",
     .kind = ARG_TEXT,
     .metavar = "USER",
     .help = "the user of Patroni's REST API"},
    {.name = "--password-file",
     .kind = ARG_FILE,
     .help = "where that user's password is; only its owner may read the file"},
    {.name = "--password-command",
     .kind = ARG_TEXT,
     .metavar = "COMMAND",
     .help = "a command that prints the password"},
    {.name = "--password-env",
     .kind = ARG_TEXT,
     .metavar = "VARIABLE",
     .help = "an environment variable that holds the password"},
    {.name = "--pgbouncer-password-file",
     .kind = ARG_FILE,
     .help = "where the password of PgBouncer's console is; else ~/.pgpass is used"},
    {.name = "--cacert",
     .kind = ARG_FILE,
     .help = "the authority that signed the API's certificate"},
    {.name = "--cert", .kind = ARG_FILE, .help = "a client certificate"},
    {.name = "--key", .kind = ARG_FILE, .help = "the client certificate's key"},
    {.name = "--insecure",
     .kind = ARG_FLAG,
     .help = "do not verify certificates; anybody in between can then read the password"},
    {.name = "--proxy",
     .kind = ARG_TEXT,
     .metavar = "URL",
     .help = "a proxy to reach the API through: http://... or socks5h://..."},
    {.name = "--refresh",
     .kind = ARG_DURATION,
     .expects = "0.5s to 60s",
     .min = REFRESH_LEAST,
     .max = REFRESH_MOST,
     .help = "this cluster's own refresh interval"},
    {.name = "--read-only", .kind = ARG_FLAG, .help = "never send a change to this cluster"},
    {.name = "--replace", .kind = ARG_FLAG, .help = "overwrite a cluster of that name"},
    {.name = "--dry-run",
     .letter = 'n',
     .kind = ARG_FLAG,
     .help = "print the file that would be written"},
};

static const struct command_arg named_args[] = {
    {.name = "--name", .kind = ARG_CLUSTER, .required = true, .help = "the registered cluster"},
};

static const struct command_arg named_read_args[] = {
    {.name = "--name", .kind = ARG_CLUSTER, .required = true, .help = "the registered cluster"},
    ARG_FORMAT_ROW,
};

/* ---- the table ------------------------------------------------------------------------------ */

#define READ   (CMDF_READS | CMDF_CLI | CMDF_CONSOLE | CMDF_CLUSTER)
#define CHANGE (CMDF_CHANGES | CMDF_CLI | CMDF_CONSOLE | CMDF_CLUSTER)

static const struct command commands[] = {
    [CMD_STATUS] = {.name = "status",
                    .aliases = "",
                    .summary = "the cluster's verdict and its reasons",
                    .details =
                        "One word (healthy, degraded, critical, unreachable) and every reason "
                        "for it, worst first. The exit code says the same.",
                    .flags = CMDF_READS | CMDF_CLI | CMDF_CLUSTER,
                    ARGS(read_args)},
    [CMD_TOPOLOGY] = {.name = "topology",
                      .aliases = "list",
                      .summary = "who leads, who follows whom, and in which state",
                      .details = "In the console this shows the pane of the same name.",
                      .flags = READ,
                      ARGS(read_args)},
    [CMD_LAG] = {.name = "lag",
                 .aliases = "",
                 .summary = "how far each replica is behind, received and replayed",
                 .details = "In the console this shows the pane of the same name.",
                 .flags = READ,
                 ARGS(read_args)},
    [CMD_POOLS] = {.name = "pools",
                   .aliases = "",
                   .summary = "PgBouncer's pools: clients, servers, waiting",
                   .details = "In the console this shows the pane of the same name.",
                   .flags = READ,
                   ARGS(read_args)},
    [CMD_STATS] = {.name = "stats",
                   .aliases = "",
                   .summary = "PgBouncer's traffic as rates",
                   .details = "In the console this shows the pane of the same name. From the shell "
                              "two samples are taken, one refresh apart.",
                   .flags = READ,
                   ARGS(read_args)},
    [CMD_SWITCHOVER] = {.name = "switchover",
                        .aliases = "sw",
                        .summary = "hand the lead over to a replica, planned",
                        .details = "The leader is shut down cleanly, a replica that has everything "
                                   "is promoted on a new timeline, and the former leader follows "
                                   "it. Writes fail from the shutdown to the promotion, usually "
                                   "for a few seconds. It is done when the new leader and the "
                                   "former one have been seen in their new roles.",
                        .flags = CHANGE,
                        ARGS(switchover_args)},
    [CMD_RESTART] = {.name = "restart",
                     .aliases = "",
                     .summary = "restart PostgreSQL on members, one after the other",
                     .details = "Each member is restarted by its own Patroni and must be seen up "
                                "with a new start time before the next one's turn; the first that "
                                "fails ends it. Restarting the leader interrupts every connection "
                                "to it.",
                     .flags = CHANGE,
                     ARGS(restart_args)},
    [CMD_REINIT] = {.name = "reinit",
                    .aliases = "reinitialize",
                    .summary = "rebuild a replica from a fresh copy",
                    .details = "The replica's data directory is deleted and copied again. There is "
                               "no way back, and until the copy is complete the cluster has one "
                               "replica less. It is done when the replica streams again.",
                    .flags = CHANGE,
                    ARGS(reinit_args)},
    [CMD_REFRESH] = {.name = "refresh",
                     .aliases = "",
                     .summary = "ask every source now",
                     .details = "",
                     .flags = CMDF_CONSOLE},
    [CMD_INTERVAL] = {.name = "interval",
                      .aliases = "",
                      .summary = "how often the sources are asked",
                      .details = "",
                      .flags = CMDF_CONSOLE,
                      ARGS(interval_args)},
    [CMD_FREEZE] = {.name = "freeze",
                    .aliases = "hold",
                    .summary = "keep the picture as it is; again: let it go on",
                    .details = "The sources are asked all the same; only the drawing waits.",
                    .flags = CMDF_CONSOLE},
    [CMD_PANE] = {.name = "pane",
                  .aliases = "view",
                  .summary = "show a pane",
                  .details = "",
                  .flags = CMDF_CONSOLE,
                  ARGS(pane_args)},
    [CMD_THEME] = {.name = "theme",
                   .aliases = "",
                   .summary = "draw with another theme",
                   .details = "",
                   .flags = CMDF_CONSOLE,
                   ARGS(theme_args)},
    [CMD_CLUSTER] = {.name = "cluster",
                     .aliases = "",
                     .summary = "open another registered cluster",
                     .details = "",
                     .flags = CMDF_CONSOLE,
                     ARGS(cluster_args)},
    [CMD_FILTER] = {.name = "filter",
                    .aliases = "",
                    .summary = "show only the rows that contain a text",
                    .details = "",
                    .flags = CMDF_CONSOLE,
                    ARGS(filter_args)},
    [CMD_SORT] = {.name = "sort",
                  .aliases = "",
                  .summary = "sort the focused pane by a column",
                  .details = "",
                  .flags = CMDF_CONSOLE,
                  ARGS(sort_args)},
    [CMD_HELP] = {.name = "help",
                  .aliases = "?",
                  .summary = "the commands, or one of them explained",
                  .details = "",
                  .flags = CMDF_CLI | CMDF_CONSOLE,
                  ARGS(help_args)},
    [CMD_QUIT] = {.name = "quit",
                  .aliases = "q exit",
                  .summary = "leave the console",
                  .details = "",
                  .flags = CMDF_CONSOLE},
    [CMD_CLUSTER_CONNECT] = {.name = "cluster connect",
                             .aliases = "",
                             .summary = "ask a cluster who it is, and register it",
                             .details = "Every URL is asked first; what was found is said, and "
                                        "then the file is written. A member that cannot be "
                                        "reached from here is told so, not called down.",
                             .flags = CMDF_CLI,
                             ARGS(connect_args)},
    [CMD_CLUSTER_LIST] = {.name = "cluster list",
                          .aliases = "",
                          .summary = "the registered clusters",
                          .details = "",
                          .flags = CMDF_CLI | CMDF_READS,
                          ARGS(read_args)},
    [CMD_CLUSTER_STATUS] = {.name = "cluster status",
                            .aliases = "",
                            .summary =
                                "a registered cluster's configuration and whether it answers",
                            .details = "",
                            .flags = CMDF_CLI | CMDF_READS,
                            ARGS(named_read_args)},
    [CMD_CLUSTER_DISCONNECT] = {.name = "cluster disconnect",
                                .aliases = "",
                                .summary = "forget a registered cluster",
                                .details = "Removes its file here; the cluster itself is not "
                                           "touched.",
                                .flags = CMDF_CLI,
                                ARGS(named_args)},
};
_Static_assert(sizeof commands / sizeof *commands == CMD_COUNT, "a command without its row");

static const struct command_arg globals[] = {
    {.name = "--cluster",
     .letter = 'c',
     .kind = ARG_CLUSTER,
     .help = "the registered cluster; not needed when there is only one"},
    {.name = "--patroni-url",
     .kind = ARG_URL,
     .repeats = true,
     .help = "a Patroni REST API, with nothing registered"},
    {.name = "--read-only", .kind = ARG_FLAG, .help = "refuse every change"},
    {.name = "--refresh",
     .kind = ARG_DURATION,
     .expects = "0.5s to 60s",
     .min = REFRESH_LEAST,
     .max = REFRESH_MOST,
     .help = "how often the sources are asked"},
    {.name = "--theme", .kind = ARG_THEME, .help = "the console's theme"},
    {.name = "--ascii", .kind = ARG_FLAG, .help = "draw with ASCII alone"},
    {.name = "--help",
     .letter = 'h',
     .kind = ARG_FLAG,
     .help = "explain the program, or a command"},
    {.name = "--version", .letter = 'V', .kind = ARG_FLAG, .help = "print the version"},
};

const struct command_arg *command_globals(int *n)
{
    *n = (int)(sizeof globals / sizeof *globals);
    return globals;
}

const struct command *command_get(enum command_id id)
{
    return (unsigned)id < CMD_COUNT ? &commands[id] : NULL;
}

enum command_id command_id_of(const struct command *c)
{
    return (enum command_id)(c - commands);
}

bool command_is_for(const struct command *c, unsigned where)
{
    return (c->flags & where & (CMDF_CLI | CMDF_CONSOLE)) != 0;
}

static bool alias_matches(const char *aliases, const char *name, size_t n)
{
    for (const char *p = aliases; *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");

        if (len == n && memcmp(p, name, n) == 0)
            return true;
        p += len;
    }
    return false;
}

const struct command *command_find(const char *name)
{
    size_t n = strlen(name);

    for (int i = 0; i < CMD_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0 || alias_matches(commands[i].aliases, name, n))
            return &commands[i];
    return NULL;
}
