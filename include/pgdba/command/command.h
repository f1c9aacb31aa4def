/*
 * command/command.h: the one table of what can be typed: in the command bar, on a key, in the
 * shell. Help, completion and manual come from it; nothing lists commands a second time.
 */
#ifndef PGDBA_COMMAND_COMMAND_H
#define PGDBA_COMMAND_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/err.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/plan.h"

enum command_id {
    CMD_STATUS,
    CMD_TOPOLOGY,
    CMD_LAG,
    CMD_POOLS,
    CMD_STATS, /* reads */
    CMD_SWITCHOVER,
    CMD_RESTART,
    CMD_REINIT, /* changes */
    CMD_REFRESH,
    CMD_INTERVAL,
    CMD_FREEZE,
    CMD_PANE,
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
    ARG_MAPPING /* NAME=URL or host:port=host:port */
};

struct command_arg {
    const char *name; /* "--candidate" for an option, "MEMBER" for a word in place */
    char letter;      /* short option or 0 */
    enum arg_kind kind;
    bool required, repeats;
    unsigned where; /* 0: everywhere; else CMDF_CLI or CMDF_CONSOLE only */
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
const struct command *command_find(const char *name); /* by name or alias, NULL */

/* Where a word went wrong, so that the error can point at it. */
struct parse_error {
    int start, len; /* bytes into the line; for argv: index of the word in start, len 0 */
    char *text;     /* malloc'ed, one line; release with parse_error_release() */
};
void parse_error_release(struct parse_error *pe);

/* A line of the command bar: words by blanks, quotes '...' and "..." and backslash. */
enum status command_parse_line(const char *line, struct arena *a, struct invocation *out,
                               struct parse_error *pe);
/* argv after the program's own options. */
enum status command_parse_argv(int argc, char *const *argv, struct arena *a, struct invocation *out,
                               struct parse_error *pe);

const char *invocation_get(const struct invocation *inv, const char *name); /* first, or NULL */
bool invocation_has(const struct invocation *inv, const char *name);
int invocation_all(const struct invocation *inv, const char *name, const char **out, int max);
/* For CMD_SWITCHOVER, RESTART, REINIT; strings in inv's arena. */
enum status command_request(const struct invocation *inv, struct request *out, struct err *e);

/* What completers may look at: the present only, never a server. */
struct command_context {
    const struct snapshot *snapshot; /* may be NULL */
    int nclusters, nthemes, npanes, ncolumns;
    const char *const *clusters, *const *themes, *const *panes, *const *columns;
};
/* Candidates for the word that ends at byte `point` of line (full replacement words), in the arena;
 * *word_start is where it begins. */
int command_complete(const char *line, int point, const struct command_context *ctx,
                     struct arena *a, const char *const **out, int *word_start);
/* What is expected at point: "--candidate MEMBER: the replica that is to lead"; "" when nothing. In
 * the arena. */
const char *command_hint(const char *line, int point, const struct command_context *ctx,
                         struct arena *a);

void command_write_help(FILE *out, const char *name /* NULL: the list */, unsigned where);
void command_usage(const struct command *c, unsigned where, struct buf *out); /* one line */
void command_write_manual(FILE *out); /* roff, the COMMANDS section of pgdba.1 */

#endif
