/*
 * console/console.h: the full-screen program: from a terminal and an app to the operator's last
 * key.
 */
#ifndef PGDBA_CONSOLE_CONSOLE_H
#define PGDBA_CONSOLE_CONSOLE_H

#include "pgdba/app/app.h"
#include "pgdba/config/settings.h"

struct console_options {
    const struct clock *clock;
    const struct settings *settings;
    const char *theme; /* overrides the settings; NULL */
    bool ascii;
};

/* Takes the terminal, runs until the operator leaves or the terminal is lost, gives it back. A
 * cluster is open in app. ST_OK; ST_IO when there is no terminal or it is too poor; ST_INVALID for
 * a theme or a key binding that is wrong. */
enum status console_run(struct app *app, const struct console_options *opt, struct err *e);

#endif
