#include "sandbox.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/path.h"

int sandbox_setup(void **state)
{
    struct sandbox *s = xcalloc(1, sizeof *s);
    char *config, *etc;

    s->dir = xstrdup("/tmp/pgdba-config-XXXXXX");
    if (!mkdtemp(s->dir))
        return -1;
    config = sandbox_path(s, "config");
    etc = sandbox_path(s, "etc");
    setenv("HOME", s->dir, 1);
    setenv("XDG_CONFIG_HOME", config, 1);
    setenv("PGDBA_ETC", etc, 1);
    unsetenv("PGDBA_THEMES");
    free(config);
    free(etc);
    *state = s;
    return 0;
}

static int remove_one(const char *path, const struct stat *sb, int type, struct FTW *ftw)
{
    (void)sb;
    (void)type;
    (void)ftw;
    return remove(path);
}

int sandbox_teardown(void **state)
{
    struct sandbox *s = *state;

    nftw(s->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(s->dir);
    free(s);
    return 0;
}

char *sandbox_path(const struct sandbox *s, const char *name)
{
    return path_join(s->dir, name);
}

char *sandbox_write(const struct sandbox *s, const char *name, const char *text, unsigned mode)
{
    char *path = sandbox_path(s, name);
    struct err e = ERR_INIT;

    assert_int_equal(path_mkdirs_for(path, &e), ST_OK);
    assert_int_equal(path_write_atomic(path, text, strlen(text), mode, &e), ST_OK);
    err_release(&e);
    return path;
}

char *sandbox_read(const char *path)
{
    struct buf b;

    buf_init(&b);
    assert_int_equal(path_read(path, 1 << 20, &b, NULL), ST_OK);
    char *text = buf_detach(&b);

    buf_release(&b);
    return text;
}

void expect_error(const struct err *e, const char *what)
{
    if (!strstr(err_text(e), what))
        fail_msg("expected \"%s\" in \"%s\"", what, err_text(e));
}
