/*
 * cli/cli.h: the same commands from the shell: text or JSON, and an exit code that a script can act
 * on.
 */
#ifndef PGDBA_CLI_CLI_H
#define PGDBA_CLI_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "pgdba/app/app.h"
#include "pgdba/command/command.h"

/* Documented in pgdba(1); stable. */
enum cli_exit {
    CLI_HEALTHY = 0, /* also: done as planned */
    CLI_DEGRADED = 1,
    CLI_CRITICAL = 2,
    CLI_UNREACHABLE = 3,
    CLI_REFUSED =
        4, /* a check, the server, read-only mode or the operator said no: nothing changed */
    CLI_FAILED = 5, /* it was tried and did not end well, or cannot be told */
    CLI_USAGE = 64  /* the words or a file are wrong */
};

struct cli_exit_info {
    enum cli_exit code;
    const char *name, *when;
};
const struct cli_exit_info *cli_exits(int *n); /* for the manual */

struct cli_options {
    struct app *app; /* no cluster open yet */
    /* The cluster to work on, taken over; NULL where the command needs none. */
    struct cluster_config *config;
    FILE *in, *out, *err;
    bool interactive; /* in is a terminal: questions may be asked */
};

/* Runs one CMDF_CLI command to its end. Returns the exit code. */
int cli_run(const struct cli_options *opt, const struct invocation *inv);
/* Prints "pgdba: text" and gives the exit code for a status. */
int cli_fail(FILE *err, enum status st, const char *text);

#endif
