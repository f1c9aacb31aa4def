/* Passwords: read when needed, never logged, wiped when done. */
#include "pgdba/config/secret.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/path.h"

enum { SECRET_MAX_BYTES = 4096 };

bool secret_is_set(const struct secret_source *s)
{
    return s->file || s->command || s->env || s->literal;
}

void secret_wipe_free(char *s)
{
    if (!s)
        return;
    explicit_bzero(s, strlen(s));
    free(s);
}

char *secret_from_output(const char *output, size_t n)
{
    const char *end = memchr(output, '\n', n);
    size_t len = end ? (size_t)(end - output) : n;

    if (len && output[len - 1] == '\r')
        len--;
    return xstrndup(output, len);
}

static enum status take_line(const char *path, const struct buf *b, const char *what, char **out,
                             struct err *e)
{
    if (memchr(b->s, 0, b->len))
        return err_set(e, ST_INVALID, "%s: the password file %s is no text", what, path);
    *out = secret_from_output(b->s, b->len);
    if (**out)
        return ST_OK;
    free(*out);
    *out = NULL;
    return err_set(e, ST_INVALID, "%s: the first line of the password file %s is empty", what,
                   path);
}

static enum status read_file(const char *path, const char *what, char **out, struct err *e)
{
    struct buf b;

    buf_init(&b);
    buf_fill(&b, 0, SECRET_MAX_BYTES + 1); /* room from the start: growing would leave copies */
    buf_clear(&b);
    enum status st = path_check_private(path, e);

    if (!st)
        st = path_read(path, SECRET_MAX_BYTES, &b, e);
    if (st)
        err_prefix(e, "%s", what);
    else
        st = take_line(path, &b, what, out, e);
    explicit_bzero(b.s, b.cap);
    buf_release(&b);
    return st;
}

static enum status read_env(const char *name, const char *what, char **out, struct err *e)
{
    const char *v = getenv(name);

    if (!v || !*v)
        return err_set(e, ST_NOT_FOUND,
                       "%s: the environment variable %s, which is to hold the password, is %s",
                       what, name, v ? "empty" : "not set");
    *out = xstrdup(v);
    return ST_OK;
}

enum status secret_read(const struct secret_source *s, const char *what, char **out, struct err *e)
{
    *out = NULL;
    if (s->env)
        return read_env(s->env, what, out, e);
    if (s->literal)
        *out = xstrdup(s->literal);
    if (!s->file)
        return ST_OK;
    char *path = path_expand(s->file);
    enum status st = read_file(path, what, out, e);

    free(path);
    return st;
}
