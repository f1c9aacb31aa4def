/*
 * command/table_pgb.h: what is sent to PgBouncer's admin consoles: arguments and rows of table.c,
 * which alone includes it.
 */
#ifndef PGDBA_COMMAND_TABLE_PGB_H
#define PGDBA_COMMAND_TABLE_PGB_H

#include "table_args.h"

#define HOLD_LEAST (100 * USEC_PER_MS)
#define HOLD_MOST  (60 * USEC_PER_SEC)

#define ARG_ON_ROW                                                                            \
    {                                                                                         \
        .name = "--on", .letter = 'o', .kind = ARG_BOUNCER, .repeats = true,                  \
        .help = "the PgBouncers that are meant, by their names; where there are several, it " \
                "must be said, here or by --everywhere"                                       \
    }
#define ARG_EVERYWHERE_ROW                                                 \
    {                                                                      \
        .name = "--everywhere", .kind = ARG_FLAG, .help = "all PgBouncers" \
    }
#define ARG_DATABASE_ROW(text)                                                                     \
    {                                                                                              \
        .name = "--database", .letter = 'd', .kind = ARG_DATABASE, .repeats = true, .help = (text) \
    }
/* The same as a word: what anybody types who knows PAUSE app. */
#define ARG_DATABASES_ROW                                                              \
    {                                                                                  \
        .name = "DATABASE", .kind = ARG_DATABASE, .repeats = true,                     \
        .help = "the databases that are meant, by their names; the same as --database" \
    }
#define ARG_WHOLE_ROW(text)                               \
    {                                                     \
        .name = "--all", .kind = ARG_FLAG, .help = (text) \
    }
#define WHERE_OF_PGB ARG_ON_ROW, ARG_EVERYWHERE_ROW, ARGS_OF_A_CHANGE

static const struct command_arg pgb_pause_args[] = {
    ARG_DATABASES_ROW,
    ARG_DATABASE_ROW("a database by its name in PgBouncer; each is paused by itself"),
    ARG_WHOLE_ROW("PgBouncer's switch over everything, which holds other databases too"),
    {.name = "--within",
     .kind = ARG_DURATION,
     .expects = "100ms to 60s",
     .min = HOLD_LEAST,
     .max = HOLD_MOST,
     .help = "how long transactions may take to end; then it is undone; 5s when left out"},
    WHERE_OF_PGB,
};

static const struct command_arg pgb_resume_args[] = {
    ARG_DATABASES_ROW,
    ARG_DATABASE_ROW("a database that was paused or killed by its name"),
    ARG_WHOLE_ROW("PgBouncer's switch over everything; databases paused by name stay paused"),
    {.name = "--left",
     .kind = ARG_FLAG,
     .help =
         "exactly what an earlier run of this program paused or set here and did not take back"},
    WHERE_OF_PGB,
};

static const struct command_arg pgb_reconnect_args[] = {
    ARG_DATABASES_ROW,
    ARG_DATABASE_ROW("a database by its name in PgBouncer"),
    ARG_WHOLE_ROW("every database"),
    WHERE_OF_PGB,
};

static const struct command_arg pgb_where_args[] = {WHERE_OF_PGB};

static const struct command_arg pgb_databases_args[] = {
    ARG_DATABASES_ROW,
    ARG_DATABASE_ROW("a database by its name in PgBouncer"),
    WHERE_OF_PGB,
};

static const struct command_arg pgb_kill_args[] = {
    ARG_DATABASES_ROW,
    ARG_DATABASE_ROW("drop every connection of this database, and pause it"),
    {.name = "--client",
     .kind = ARG_INT,
     .metavar = "ID",
     .expects = "a client's id, as SHOW CLIENTS has it",
     .min = 1,
     .max = INT64_MAX,
     .help = "just this client (PgBouncer 1.24)"},
    WHERE_OF_PGB,
};

static const struct command_arg pgb_set_args[] = {
    {.name = "NAME=VALUE",
     .kind = ARG_SETTING,
     .required = true,
     .repeats = true,
     .help = "a setting that SHOW CONFIG calls changeable"},
    WHERE_OF_PGB,
};

static const struct command_arg pgb_shutdown_args[] = {
    {.name = "--wait-for",
     .kind = ARG_DRAIN,
     .help = "end when clients, or servers, have gone (PgBouncer 1.23); at once when left out"},
    WHERE_OF_PGB,
};

#define PGB_ROW(word, text, more, array)                                            \
    {                                                                               \
        .name = "pgb " word, .aliases = "", .summary = (text), .details = (more),   \
        .flags = CMDF_CHANGES | CMDF_CLI | CMDF_CONSOLE | CMDF_CLUSTER, ARGS(array) \
    }

/* clang-format off */
#define PGB_ROWS                                                                                  \
    [CMD_PGB_PAUSE] = PGB_ROW("pause", "let PgBouncer hold its clients: PAUSE",                   \
        "New queries wait in PgBouncer until resume; transactions that are open are waited for. " \
        "It is done when PgBouncer says so and no server is busy any more; where that does not "  \
        "come in time it is undone there. Clients that wait longer than query_wait_timeout are "  \
        "disconnected. What was paused is remembered on disk until it is resumed.",               \
        pgb_pause_args),                                                                          \
    [CMD_PGB_RESUME] = PGB_ROW("resume", "let the clients of PgBouncer go on: RESUME",            \
        "A database that was paused by its name is resumed by its name, and the switch over "     \
        "everything by --all: PgBouncer has two switches.", pgb_resume_args),                     \
    [CMD_PGB_RECONNECT] = PGB_ROW("reconnect", "let PgBouncer open new connections: RECONNECT",   \
        "Server connections are closed when their transaction ends, and opened anew where the "   \
        "database points now. Where PgBouncer has just failed to log in, it does not hurry.",     \
        pgb_reconnect_args),                                                                      \
    [CMD_PGB_RELOAD] = PGB_ROW("reload", "let PgBouncer read its files again: RELOAD",            \
        "Before 1.25 it says RELOAD whether its file is good or not: then only its log tells. "   \
        "Values that were set at run time go.", pgb_where_args),                                  \
    [CMD_PGB_ENABLE] = PGB_ROW("enable", "let new clients into a database again: ENABLE", "",     \
        pgb_databases_args),                                                                      \
    [CMD_PGB_DISABLE] = PGB_ROW("disable", "let no new clients into a database: DISABLE",         \
        "Those that are there stay.", pgb_databases_args),                                        \
    [CMD_PGB_KILL] = PGB_ROW("kill", "drop the connections of a database, or one client: KILL",   \
        "Every client of the database is cut off, in the middle of what it does, and the "        \
        "database is paused until it is resumed by its name. A console is never killed.",         \
        pgb_kill_args),                                                                           \
    [CMD_PGB_SET] = PGB_ROW("set", "change a setting of PgBouncer while it runs: SET",            \
        "Until it is restarted, or reloads a changed file. PgBouncer takes whatever it is given: " \
        "here what it calls unchangeable is refused, and the value is read back.", pgb_set_args), \
    [CMD_PGB_SHUTDOWN] = PGB_ROW("shutdown", "end a PgBouncer: SHUTDOWN",                         \
        "At once, cutting off every client, or from 1.23 on when they have gone. Consoles count " \
        "as clients then: this one leaves. It cannot be undone from here.", pgb_shutdown_args)
/* clang-format on */

#endif
