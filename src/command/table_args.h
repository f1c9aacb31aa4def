/*
 * command/table_args.h: the arguments of the rows in table.c, which alone includes it.
 */
#ifndef PGDBA_COMMAND_TABLE_ARGS_H
#define PGDBA_COMMAND_TABLE_ARGS_H

#include "pgdba/base/clock.h"
#include "pgdba/command/command.h"

#define ARGS(array)    .nargs = (int)(sizeof(array) / sizeof *(array)), .args = (array)
#define REFRESH_LEAST  (USEC_PER_SEC / 2)
#define REFRESH_MOST   (60 * USEC_PER_SEC)
#define PROBE_LEAST    (20 * USEC_PER_MS)
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

#define ARG_FORCE_WARNINGS_ROW                                                              \
    {                                                                                       \
        .name = "--force-warnings", .kind = ARG_FLAG, .where = CMDF_CLI,                    \
        .help = "with --yes: go on although checks warn; what they say is in the audit log" \
    }
#define ARGS_OF_A_CHANGE ARG_YES_ROW, ARG_FORCE_WARNINGS_ROW, ARG_DRY_RUN_ROW, ARG_FORMAT_ROW

#define ARG_MEMBERS_ROW(text)                                                 \
    {                                                                         \
        .name = "MEMBER", .kind = ARG_MEMBER, .repeats = true, .help = (text) \
    }
#define ARG_ROLE_ROW                                                                       \
    {                                                                                      \
        .name = "--role", .letter = 'r', .kind = ARG_ROLE,                                 \
        .help = "instead of names: the leader, the replicas, or any member of the cluster" \
    }
#define ARG_AT_ROW(text)                                 \
    {                                                    \
        .name = "--at", .kind = ARG_WHEN, .help = (text) \
    }

static const struct command_arg switchover_args[] = {
    {.name = "--leader",
     .letter = 'l',
     .kind = ARG_LEADER,
     .help = "the member that must lead now; refused when another one does"},
    {.name = "--candidate",
     .letter = 't',
     .kind = ARG_REPLICA,
     .help = "the replica that is to lead; without it Patroni picks the best one"},
    ARG_AT_ROW("not now but then, by Patroni itself; in the local zone unless one is given"),
    {.name = "--hold",
     .kind = ARG_FLAG,
     .help = "PgBouncer holds the clients meanwhile, so that they see no error"},
    {.name = "--database",
     .letter = 'd',
     .kind = ARG_DATABASE,
     .repeats = true,
     .help = "with --hold: a database by its name in PgBouncer; needed where it has several"},
    {.name = "--on",
     .letter = 'o',
     .kind = ARG_BOUNCER,
     .repeats = true,
     .help = "with --hold: these PgBouncers; all of them when left out"},
    {.name = "--within",
     .kind = ARG_DURATION,
     .expects = "100ms to 15s",
     .min = 100 * USEC_PER_MS,
     .max = 15 * USEC_PER_SEC,
     .help = "with --hold: how long transactions may take to end; then nothing is done; 5s when "
             "left out"},
    {.name = "--release-lock",
     .kind = ARG_FLAG,
     .help =
         "with --hold: delete the old leader's lock in etcd once its PostgreSQL has stopped: "
         "Patroni looks once a second, and clients wait 1 s less; it stays where Patroni does not "
         "say that it stops PostgreSQL"},
    ARGS_OF_A_CHANGE,
};

static const struct command_arg failover_args[] = {
    {.name = "--candidate",
     .letter = 't',
     .kind = ARG_REPLICA,
     .help = "the member that is to lead; without it nothing is planned, and who could is listed"},
    ARGS_OF_A_CHANGE,
};

static const struct command_arg restart_args[] = {
    ARG_MEMBERS_ROW("the members to restart, in this order, one after the other"),
    ARG_ROLE_ROW,
    {.name = "--any", .kind = ARG_FLAG, .help = "with --role: just one of them"},
    {.name = "--pending",
     .letter = 'p',
     .kind = ARG_FLAG,
     .help = "only those that have a restart pending"},
    {.name = "--pg-version",
     .kind = ARG_TEXT,
     .metavar = "VERSION",
     .expects = "a version such as 15.20",
     .help = "only those that run an older PostgreSQL than this"},
    {.name = "--timeout",
     .kind = ARG_INT,
     .metavar = "SECONDS",
     .expects = "whole seconds",
     .min = 1,
     .max = RESTART_MOST_S,
     .help = "how long PostgreSQL may take to come up again"},
    ARG_AT_ROW("not now but then, each by its own Patroni; in the local zone unless one is given"),
    {.name = "--rolling",
     .kind = ARG_FLAG,
     .help = "one at a time, the next only when the one before streams and has caught up; the "
             "leader last, or first where lowered settings need it"},
    {.name = "--leader-by",
     .kind = ARG_HOW,
     .help = "with --rolling: restart the leader where it is (the default), or hand over first"},
    {.name = "--max-lag",
     .kind = ARG_BYTES,
     .help = "with --rolling: how far a restarted replica may be behind; 1MB when left out"},
    ARGS_OF_A_CHANGE,
};

static const struct command_arg reload_args[] = {
    ARG_MEMBERS_ROW("the members whose Patroni reads its file again"),
    ARG_ROLE_ROW,
    ARGS_OF_A_CHANGE,
};

static const struct command_arg cancel_restart_args[] = {
    ARG_MEMBERS_ROW("the members whose scheduled restart is not to take place"),
    ARG_ROLE_ROW,
    ARGS_OF_A_CHANGE,
};

static const struct command_arg reinit_args[] = {
    {.name = "MEMBER",
     .kind = ARG_REPLICA,
     .required = true,
     .help = "the replica whose data directory is deleted and copied anew"},
    {.name = "--force", .kind = ARG_FLAG, .help = "cancel what is in progress on that member"},
    {.name = "--from-leader",
     .kind = ARG_FLAG,
     .help = "copy from the leader, not from a replica tagged clonefrom (Patroni 4.1)"},
    ARGS_OF_A_CHANGE,
};

static const struct command_arg pause_args[] = {
    {.name = "--wait",
     .letter = 'w',
     .kind = ARG_FLAG,
     .help = "for those who are used to it: until every member says so is always waited"},
    ARGS_OF_A_CHANGE,
};

static const struct command_arg change_args[] = {ARGS_OF_A_CHANGE};

static const struct command_arg config_set_args[] = {
    {.name = "NAME=VALUE",
     .kind = ARG_SETTING,
     .repeats = true,
     .help =
         "a setting by its path (ttl=30, postgresql.parameters.work_mem=8MB); null takes it out"},
    {.name = "--pg",
     .kind = ARG_SETTING,
     .repeats = true,
     .help = "a parameter of PostgreSQL: postgresql.parameters without writing it"},
    {.name = "--patch",
     .kind = ARG_TEXT,
     .metavar = "JSON",
     .expects = "a JSON object",
     .help = "a JSON merge patch instead"},
    ARGS_OF_A_CHANGE,
};

static const struct command_arg config_edit_args[] = {
    {.name = "--file",
     .kind = ARG_FILE,
     .help = "no editor: what this file says instead, in JSON as config show prints it"},
    ARGS_OF_A_CHANGE,
};

static const struct command_arg demote_args[] = {
    {.name = "--host",
     .kind = ARG_TEXT,
     .metavar = "HOST",
     .help = "the host of the cluster that it is to follow"},
    {.name = "--port",
     .kind = ARG_INT,
     .metavar = "PORT",
     .expects = "a port",
     .min = 1,
     .max = 65535,
     .help = "its port; 5432 when left out"},
    {.name = "--restore-command",
     .kind = ARG_TEXT,
     .metavar = "COMMAND",
     .help = "how WAL is fetched from its archive"},
    {.name = "--primary-slot-name",
     .kind = ARG_TEXT,
     .metavar = "SLOT",
     .help = "the replication slot to use there"},
    ARGS_OF_A_CHANGE,
};

#define ARG_BALANCER_ROWS(WHAT)                                                              \
    {.name = "SERVER", .kind = ARG_SERVER, .required = true, .repeats = true, .help = WHAT}, \
        {.name = "--backend",                                                                \
         .kind = ARG_BACKEND,                                                                \
         .help = "only in this backend; wherever they are when left out"},                   \
    {                                                                                        \
        .name = "--on", .kind = ARG_HAPROXY, .repeats = true,                                \
        .help = "only on this HAProxy; on all of the cluster's file when left out"           \
    }

static const struct command_arg haproxy_args[] = {
    ARG_BALANCER_ROWS(
        "the servers, by their names in HAProxy or by their members'; rw/pg1 is in rw alone"),
    ARGS_OF_A_CHANGE,
};

static const struct command_arg haproxy_shut_args[] = {
    ARG_BALANCER_ROWS("whose sessions are ended; of several backends: rw/pg1, or --backend"),
    ARGS_OF_A_CHANGE,
};

/* Without --yes: this is always asked for, by a person. */
static const struct command_arg remove_args[] = {ARG_DRY_RUN_ROW, ARG_FORMAT_ROW};

static const struct command_arg query_args[] = {
    {.name = "MEMBER", .kind = ARG_MEMBER, .unless = "--role", .help = "whose PostgreSQL is asked"},
    {.name = "SQL",
     .kind = ARG_SQL,
     .required = true,
     .help = "one statement; in the console the rest of the line as it stands"},
    ARG_ROLE_ROW,
    {.name = "--dbname",
     .letter = 'd',
     .kind = ARG_TEXT,
     .metavar = "DATABASE",
     .help = "the database; as configured for the cluster when left out"},
    {.name = "--username",
     .letter = 'U',
     .kind = ARG_TEXT,
     .metavar = "USER",
     .help = "as whom; as configured when left out. Its password is looked for as libpq does"},
    {.name = "--timeout",
     .kind = ARG_DURATION,
     .expects = "100ms to 1h",
     .min = 100 * USEC_PER_MS,
     .max = 3600 * USEC_PER_SEC,
     .help = "when the server is to end it; 30s when left out"},
    {.name = "--write",
     .letter = 'w',
     .kind = ARG_FLAG,
     .help = "it may change something: then it has a plan, is confirmed and recorded"},
    ARGS_OF_A_CHANGE,
};

static const struct command_arg dsn_args[] = {
    {.name = "MEMBER", .kind = ARG_MEMBER, .unless = "--role", .help = "whose PostgreSQL is meant"},
    ARG_ROLE_ROW,
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

static const struct command_arg pgb_show_args[] = {
    {.name = "VIEW", .kind = ARG_PGB_VIEW, .required = true, .help = "the table to show"},
    {.name = "--on", .kind = ARG_BOUNCER, .help = "of this PgBouncer alone"},
    ARG_FORMAT_ROW,
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
    {.name = "--pg-conninfo",
     .kind = ARG_CONNINFO,
     .help =
         "how PostgreSQL itself is asked on every member, \"user=monitor dbname=postgres\": for "
         "what it says of its role; without a password, and without host and port"},
    {.name = "--pg-password-file",
     .kind = ARG_FILE,
     .help = "where that user's password is; else ~/.pgpass is used"},
    {.name = "--etcd",
     .kind = ARG_URL,
     .repeats = true,
     .help = "an etcd endpoint: what happens there is then seen as it happens"},
    {.name = "--etcd-user", .kind = ARG_TEXT, .metavar = "USER", .help = "the user of etcd"},
    {.name = "--etcd-password-file", .kind = ARG_FILE, .help = "where that user's password is"},
    {.name = "--haproxy", .kind = ARG_URL, .repeats = true, .help = "an HAProxy statistics page"},
    {.name = "--haproxy-socket",
     .kind = ARG_TEXT,
     .metavar = "SOCKET",
     .repeats = true,
     .help = "its runtime socket, a path or host:port: asked first, and for changes. The first one "
             "belongs to the first --haproxy, and so on; one more is an HAProxy of its own"},
    {.name = "--haproxy-user",
     .kind = ARG_TEXT,
     .metavar = "USER",
     .help = "the user of the statistics pages"},
    {.name = "--haproxy-password-file", .kind = ARG_FILE, .help = "where that user's password is"},
    {.name = "--haproxy-write-backend",
     .kind = ARG_TEXT,
     .metavar = "PROXY",
     .help = "the proxy in HAProxy that carries writes; without it the one whose name says so: rw, "
             "write, primary, leader, master"},
    {.name = "--haproxy-write-address",
     .kind = ARG_TEXT,
     .metavar = "HOST:PORT",
     .repeats = true,
     .help =
         "its port for writes, as applications and PgBouncer reach it: HAProxy does not say it, "
         "and the routes need it. The first one belongs to the first HAProxy, and so on; "
         "several of one with commas"},
    {.name = "--route",
     .kind = ARG_CONNINFO,
     .metavar = "NAME=CONNINFO",
     .expects = "NAME=CONNINFO",
     .repeats = true,
     .help = "a way that applications take to the leader, for the probe; without a password"},
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
    {.name = "--pgbouncer-admin",
     .kind = ARG_CONNINFO,
     .help =
         "who acts on PgBouncer, \"user=admin\"; without a password. Where it is, is as given by "
         "--pgbouncer"},
    {.name = "--pgbouncer-admin-password-file",
     .kind = ARG_FILE,
     .help = "where that user's password is; else ~/.pgpass is used"},
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

/* ---- watching ------------------------------------------------------------------------------- */

static const struct command_arg events_args[] = {
    {.name = "--limit",
     .letter = 'l',
     .kind = ARG_INT,
     .metavar = "NUMBER",
     .expects = "a whole number",
     .min = 1,
     .max = 1000000,
     .where = CMDF_CLI,
     .help = "only so many, the newest"},
    ARG_FORMAT_ROW,
};

static const struct command_arg audit_args[] = {
    {.name = "--cluster",
     .letter = 'c',
     .kind = ARG_CLUSTER,
     .help = "only of this one, also when it is not registered any more"},
    {.name = "--since", .kind = ARG_DURATION, .help = "only what began within this time: 1h"},
    {.name = "--last",
     .letter = 'l',
     .kind = ARG_INT,
     .metavar = "NUMBER",
     .expects = "a whole number",
     .min = 1,
     .max = 1000000,
     .help = "only so many, the newest"},
    {.name = "--details",
     .letter = 'd',
     .kind = ARG_FLAG,
     .where = CMDF_CLI,
     .help = "each with its checks, requests and phases"},
    ARG_FORMAT_ROW,
};

static const struct command_arg failovers_args[] = {
    {.name = "NUMBER",
     .kind = ARG_INT,
     .min = 1,
     .max = INT64_MAX,
     .expects = "the number of a kept failover",
     .help = "the kept failover to show with all its phases; without it all of them, a line each"},
    ARG_FORMAT_ROW,
};

#define ARG_FOR_ROW                                                        \
    {                                                                      \
        .name = "--for", .kind = ARG_DURATION, .where = CMDF_CLI,          \
        .help = "end after this time; without it at an interrupt (Ctrl-C)" \
    }

static const struct command_arg watch_args[] = {
    {.name = "--format",
     .letter = 'f',
     .kind = ARG_LINES,
     .help = "text for people (the default), json for programs: one object a line"},
    ARG_FOR_ROW,
};

static const struct command_arg record_args[] = {
    {.name = "FILE", .kind = ARG_FILE, .required = true, .help = "the file to write; a new one"},
    ARG_FOR_ROW,
};

static const struct command_arg record_start_args[] = {
    {.name = "FILE", .kind = ARG_FILE, .required = true, .help = "the file to write; a new one"},
};

#define ARG_SPEED_ROW                                                \
    {                                                                \
        .name = "--speed", .kind = ARG_SPEED,                        \
        .help = "how fast: 1x as it happened, 4x four times as fast" \
    }
#define ARG_FROM_ROW                                                                \
    {                                                                               \
        .name = "--from", .kind = ARG_TIME,                                         \
        .help = "begin there: a time of day of the recording, or +1m30s after its " \
                "beginning"                                                         \
    }

static const struct command_arg replay_args[] = {
    {.name = "FILE", .kind = ARG_FILE, .required = true, .help = "the recording"},
    ARG_SPEED_ROW,
    ARG_FROM_ROW,
};

static const struct command_arg demo_args[] = {
    {.name = "RECORDING",
     .kind = ARG_RECORDING,
     .help = "failover (the default) or switchover: which of the two to play"},
    ARG_SPEED_ROW,
};

static const struct command_arg seek_args[] = {
    {.name = "TIME",
     .kind = ARG_TIME,
     .required = true,
     .help =
         "a time of day of the recording, +1m30s after its beginning, or 10s or -10s from here"},
};

static const struct command_arg speed_args[] = {
    {.name = "SPEED", .kind = ARG_SPEED, .required = true, .help = "0.1x to 100x"},
};

#define ARG_VIA_ROW                                                                            \
    {                                                                                          \
        .name = "--via", .kind = ARG_ROUTE, .required = true,                                  \
        .help = "the way an application goes: a route of the cluster's file, or a connection " \
                "string without a password"                                                    \
    }

static const struct command_arg probe_start_args[] = {
    ARG_VIA_ROW,
    {.name = "--write",
     .letter = 'w',
     .kind = ARG_FLAG,
     .help = "write a row each time, into a schema of its own that is created after you have "
             "confirmed it; without it only reading"},
    {.name = "--every",
     .kind = ARG_DURATION,
     .expects = "20ms to 60s",
     .min = PROBE_LEAST,
     .max = REFRESH_MOST,
     .help = "how often; 100ms when left out"},
    ARG_FOR_ROW,
    ARGS_OF_A_CHANGE,
};

static const struct command_arg probe_drop_args[] = {
    ARG_VIA_ROW,
    ARGS_OF_A_CHANGE,
};

#endif
