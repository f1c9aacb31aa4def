/*
 * command/command.h: the one table of what can be typed: in the command bar, on a key, in the
 * shell. Help, completion and manual come from it; nothing lists commands a second time.
 */
#ifndef PGDBA_COMMAND_COMMAND_H
#define PGDBA_COMMAND_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/err.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/plan.h"

enum command_id {
    CMD_STATUS,
    CMD_TOPOLOGY,
    CMD_LAG,
    CMD_POOLS,
    CMD_STATS,
    CMD_TRUTH,
    CMD_ROUTES,
    CMD_DCS,
    CMD_EVENTS,
    CMD_FAILOVERS, /* reads */
    CMD_WATCH,
    CMD_RECORD,
    CMD_REPLAY,
    CMD_DEMO, /* shell */
    CMD_RECORD_START,
    CMD_RECORD_STOP,
    CMD_REPLAY_PLAY,
    CMD_REPLAY_PAUSE,
    CMD_REPLAY_STEP,
    CMD_REPLAY_SEEK,
    CMD_REPLAY_SPEED, /* console */
    CMD_PROBE_START,
    CMD_PROBE_STOP,
    CMD_PROBE_DROP,
    CMD_SWITCHOVER,
    CMD_FAILOVER,
    CMD_RESTART,
    CMD_RELOAD,
    CMD_REINIT,
    CMD_PAUSE,
    CMD_RESUME,
    CMD_CANCEL_SWITCHOVER,
    CMD_CANCEL_RESTART,
    CMD_CONFIG_SHOW,
    CMD_CONFIG_SET,
    CMD_CONFIG_EDIT,
    CMD_DEMOTE,
    CMD_REMOVE,
    CMD_HA_READY,
    CMD_HA_DRAIN,
    CMD_HA_MAINT,
    CMD_HA_SHUT,
    CMD_PROMOTE, /* changes, and what they change */
    CMD_PGB_PAUSE,
    CMD_PGB_RESUME,
    CMD_PGB_RECONNECT,
    CMD_PGB_RELOAD,
    CMD_PGB_ENABLE,
    CMD_PGB_DISABLE,
    CMD_PGB_KILL,
    CMD_PGB_SET,
    CMD_PGB_SHUTDOWN, /* PgBouncer */
    CMD_HISTORY,
    CMD_QUERY,
    CMD_DSN,
    CMD_VERSION,
    CMD_AUDIT,
    CMD_REFRESH,
    CMD_INTERVAL,
    CMD_FREEZE,
    CMD_PANE,
    CMD_PGB_SHOW,
    CMD_THEME,
    CMD_CLUSTER,
    CMD_FILTER,
    CMD_SORT,
    CMD_HELP,
    CMD_QUIT, /* console */
    CMD_CLUSTER_CONNECT,
    CMD_CLUSTER_LIST,
    CMD_CLUSTER_STATUS,
    CMD_CLUSTER_DISCONNECT, /* shell */
    CMD_COUNT
};

enum command_flags {
    CMDF_READS = 1,
    CMDF_CHANGES = 2,
    CMDF_CLI = 4,
    CMDF_CONSOLE = 8,
    CMDF_CLUSTER = 16 /* needs a cluster: --cluster NAME in the shell */
};

enum arg_kind {
    ARG_FLAG, /* --force */
    ARG_TEXT,
    ARG_MEMBER,
    ARG_REPLICA,
    ARG_LEADER,
    ARG_DURATION,
    ARG_INT,
    ARG_CLUSTER,
    ARG_PANE,
    ARG_THEME,
    ARG_COMMAND,
    ARG_FORMAT,
    ARG_URL,
    ARG_FILE,
    ARG_CONNINFO,
    ARG_ENVIRONMENT,
    ARG_COLUMN,
    ARG_MAPPING,   /* NAME=URL or host:port=host:port */
    ARG_INTERVAL,  /* a duration, or "+" and "-" for a step */
    ARG_LINES,     /* text or json: lines for a pipe */
    ARG_SPEED,     /* 4x, 0.5x, 4 */
    ARG_TIME,      /* 03:12:00, 03:12:00.250 or +1m30s: a moment in a recording */
    ARG_ROUTE,     /* where a probe goes through */
    ARG_RECORDING, /* of the demo: failover, switchover */
    ARG_ROLE,      /* leader, replica, any: members by what they are */
    ARG_WHEN,      /* a moment to come: 03:00, 2026-11-22T03:00+01:00, +2h */
    ARG_SETTING,   /* NAME=VALUE, any value */
    ARG_HOW,       /* restart, switchover */
    ARG_BYTES,     /* 16MB, 1048576 */
    ARG_BOUNCER,   /* a PgBouncer's name */
    ARG_DATABASE,  /* a database of PgBouncer */
    ARG_DRAIN,     /* clients, servers */
    ARG_PGB_VIEW,  /* a table of PgBouncer: clients, servers, … */
    ARG_SQL,       /* in the command bar the rest of the line as it stands */
    ARG_SERVER,    /* of HAProxy */
    ARG_BACKEND,   /* of HAProxy, with servers */
    ARG_HAPROXY,
    ARG_KIND_COUNT
};

struct command_arg {
    const char *name; /* "--candidate" for an option, "MEMBER" for a word in place */
    char letter;      /* short option or 0 */
    enum arg_kind kind;
    bool required, repeats;
    const char *unless;  /* a word in place that is not there with this option; NULL */
    unsigned where;      /* 0: everywhere; else CMDF_CLI or CMDF_CONSOLE only */
    const char *metavar; /* what stands for the value: "SECONDS"; NULL: the kind's own */
    const char *expects; /* "whole seconds", for errors; NULL: the kind's own */
    int64_t min, max;    /* ARG_INT as such, durations in µs; both 0: no limit */
    const char *help;
};

struct command {
    const char *name;    /* "switchover", "cluster connect" */
    const char *aliases; /* "sw swo", blank-separated; "" */
    const char *summary;
    const char *details; /* a paragraph or two for help and manual; "" */
    unsigned flags;
    int nargs;
    const struct command_arg *args;
};

/* A parsed command: values by argument. In the caller's arena. */
struct invocation {
    enum command_id id;
    const struct command *command;
    struct arena *arena;
    int nvalues;
    struct invocation_value {
        const struct command_arg *arg;
        const char *text; /* "" for a flag */
    } * values;
};

const struct command *command_get(enum command_id id);
enum command_id command_id_of(const struct command *c);
/* By name or alias, NULL. In the console a read ("lag") shows its pane; only "cluster NAME" and
 * "cluster connect" mean something else in each place. */
const struct command *command_find(const char *name);
/* True when c can be typed there: CMDF_CLI or CMDF_CONSOLE. */
bool command_is_for(const struct command *c, unsigned where);

/* The program's own options, valid with every command: --cluster, --read-only, --help … */
const struct command_arg *command_globals(int *n);
struct global_options {
    const char *cluster; /* NULL: not given; so for all texts */
    const char *theme;
    int npatroni_urls;
    const char *const *patroni_urls;
    int64_t refresh_us; /* 0: not given */
    bool read_only, ascii, help, version;
    int argc; /* the command's words, command first; 0: no command, the console is meant */
    char **argv;
};

/* Where a word went wrong, so that the error can point at it. */
struct parse_error {
    int start, len; /* bytes into the line; for argv: index of the word in start, len 0 */
    char *text;     /* malloc'ed, one line; release with parse_error_release() */
};
void parse_error_release(struct parse_error *pe);

/* argv without the program's name. Options of the program may stand before or after the command
 * word; one that the command has itself ("cluster connect --read-only") is the command's. Filled in
 * the arena; pe->start is an index into argv. */
enum status command_parse_globals(int argc, char *const *argv, struct arena *a,
                                  struct global_options *out, struct parse_error *pe);

/* A line of the command bar: words by blanks, quotes '...' and "..." and backslash. */
enum status command_parse_line(const char *line, struct arena *a, struct invocation *out,
                               struct parse_error *pe);
/* What command_parse_globals() left: argv[0] is the command. pe is set (not released first) by
 * every parser; its text is NULL when all is well, and never repeats what could be a password. */
enum status command_parse_argv(int argc, char *const *argv, struct arena *a, struct invocation *out,
                               struct parse_error *pe);

/* text as one word of a line, never taken for an option. In the arena. */
const char *command_quote(struct arena *a, const char *text);
/* True where a value would begin at byte `point` of line: behind a blank that no quote holds,
 * before a blank or the end, and where the command takes one. Not in SQL, whose blanks are its own.
 */
bool command_at_value(const char *line, int point);

const char *invocation_get(const struct invocation *inv, const char *name); /* first, or NULL */
bool invocation_has(const struct invocation *inv, const char *name);
int invocation_all(const struct invocation *inv, const char *name, const char **out, int max);
enum member_role invocation_role(const struct invocation *inv); /* --role; MEMBERS_NAMED without */
/* A change, or a probe or a query with --write. */
bool invocation_changes(const struct invocation *inv);
/* For every one that changes something; strings in inv's arena. now_wall_us: what
 * "03:00" and "+2h" count from. */
enum status command_request(const struct invocation *inv, int64_t now_wall_us, struct request *out,
                            struct err *e);

/* "2026-11-22T03:00", "03:00:00" (the next there is), both also with "Z" or "+01:00" and else in
 * the local zone, and "+2h". False for what is none, also for a time that clocks skip. */
bool command_parse_when(const char *text, int64_t now_wall_us, int64_t *wall_us);
/* Why a date with a time that is written well is no moment: clocks are changed over it, so that it
 * comes never or twice. NULL: it is one, or is not written well. */
const char *command_when_refused(const char *text);
/* "1048576", "16MB", "1.5GB"; 1 KB is 1024 bytes. */
bool command_parse_bytes(const char *text, int64_t *bytes);
/* "4x", "0.5", 0.1 to 100. */
bool command_parse_speed(const char *text, double *speed);
/* A moment in a recording. */
struct command_time {
    enum { TIME_OF_DAY, TIME_AFTER_START, TIME_FROM_HERE } kind;
    int64_t us; /* since midnight (local zone); since its beginning ("+90s"); from here ("10s",
                   "-10s") */
};
bool command_parse_time(const char *text, struct command_time *out);
/* As time since the beginning of a recording that began at start_wall_us and is length_us long,
 * when it is now at here_us; may lie outside of it. A time of day is that of the day on which it
 * began, or of the next one where the recording goes on until then. */
int64_t command_time_at(const struct command_time *t, int64_t start_wall_us, int64_t length_us,
                        int64_t here_us);

/* patronictl's subcommands, and what stands for each here. */
struct command_equal {
    const char *theirs, *ours;   /* ours: as it is typed */
    const char *they_do, *we_do; /* sentences */
};
const struct command_equal *command_equals(int *n);

/* What completers may look at: the present only, never a server. */
struct command_context {
    const struct snapshot *snapshot; /* may be NULL */
    int nclusters, nthemes, npanes, ncolumns, nroutes;
    const char *const *clusters, *const *themes, *const *panes, *const *columns, *const *routes;
};
/* Candidates for the word that ends at byte `point` of line (full replacement words), in the arena;
 * *word_start is where it begins. */
int command_complete(const char *line, int point, const struct command_context *ctx,
                     struct arena *a, const char *const **out, int *word_start);
/* What is expected at point: "--candidate MEMBER: the replica that is to lead"; "" when nothing. In
 * the arena. */
const char *command_hint(const char *line, int point, const struct command_context *ctx,
                         struct arena *a);

/* Text as wide as 80 columns. name NULL: the list of commands, in the shell with the program's
 * options. False: no such command there. */
bool command_write_help(FILE *out, const char *name, unsigned where);
/* One line: "restart MEMBER... [--pending] [--timeout SECONDS]"; "pgdba " first in the shell. */
void command_usage(const struct command *c, unsigned where, struct buf *out);
/* roff: the sections OPTIONS and COMMANDS of pgdba.1. */
void command_write_manual(FILE *out);

#endif
