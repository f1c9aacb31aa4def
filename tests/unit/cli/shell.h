/*
 * tests/unit/cli/shell.h: a command line run on a fake app, and what it wrote.
 */
#ifndef PGDBA_TESTS_CLI_SHELL_H
#define PGDBA_TESTS_CLI_SHELL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_app.h"
#include "pgdba/cli/cli.h"
#include "../console/scenes.h"
#include "snapshot_builder.h"

struct shell {
    struct app app;
    char *out, *err; /* what was written */
    size_t out_len, err_len;
    FILE *out_file; /* NULL: to memory; else there, taken over */
};

/* s: taken over. Times are UTC. */
void shell_init(struct shell *sh, const struct snapshot *s);
void shell_release(struct shell *sh);
/* Words separated by '|', as in "watch|--format|json". The exit code. */
int shell_run(struct shell *sh, const char *words);

#define assert_has(text, part)                             \
    do {                                                   \
        if (!strstr((text), (part)))                       \
            fail_msg("no \"%s\" in:\n%s", (part), (text)); \
    } while (0)

#endif
