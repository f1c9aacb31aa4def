/* A directory of a test's own that stands for the user's and the system's configuration. */
#ifndef PGDBA_TESTS_UNIT_CONFIG_SANDBOX_H
#define PGDBA_TESTS_UNIT_CONFIG_SANDBOX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pgdba/base/err.h"

struct sandbox {
    char *dir; /* HOME; XDG_CONFIG_HOME is dir/config, PGDBA_ETC dir/etc, PGDBA_THEMES unset */
};

/* cmocka's setup and teardown; *state is a struct sandbox *. */
int sandbox_setup(void **state);
int sandbox_teardown(void **state);

/* malloc'ed path of name in it. */
char *sandbox_path(const struct sandbox *s, const char *name);
/* Writes text to name (directories are made); malloc'ed path. */
char *sandbox_write(const struct sandbox *s, const char *name, const char *text, unsigned mode);
/* malloc'ed content. */
char *sandbox_read(const char *path);

/* Fails the test unless e holds all of what. */
void expect_error(const struct err *e, const char *what);

#endif
