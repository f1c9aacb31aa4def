/* One cluster's file: read, checked, written. */
#include "pgdba/config/cluster.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cluster_schema.h"
#include "files.h"
#include "pgdba/base/path.h"
#include "pgdba/base/utf8.h"
#include "yaml_doc.h"

enum { NAME_MAX_BYTES = 63 };

bool cluster_name_valid(const char *name)
{
    size_t n = strlen(name);

    if (!n || n > NAME_MAX_BYTES || *name == '.' || *name == '-')
        return false;
    for (const char *s = name; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr("-_.", *s))
            return false;
    return true;
}

static enum status check_name(const char *name, struct err *e)
{
    if (cluster_name_valid(name))
        return ST_OK;
    return err_set(e, ST_INVALID,
                   "a cluster's name has letters, digits, '-', '_' and '.', does not start with "
                   "'.' or '-', and has at most %d bytes",
                   NAME_MAX_BYTES);
}

struct cluster_config *cluster_config_new(const char *name)
{
    struct cluster_config *c = xcalloc(1, sizeof *c);

    arena_init(&c->arena);
    c->name = arena_strdup(&c->arena, name);
    c->path = "";
    c->etcd.namespace_ = "/service";
    return c;
}

void cluster_config_free(struct cluster_config *c)
{
    if (!c)
        return;
    arena_release(&c->arena);
    free(c);
}

/* file NULL: no lines in messages. */
static enum status parse(const char *text, size_t n, const char *file, const char *name,
                         struct cluster_config **out, int *secret_line, struct err *e)
{
    struct cluster_config *c = cluster_config_new(name);
    struct node *root;
    enum status st = check_name(name, e);

    *out = NULL;
    if (!st && file)
        c->path = arena_strdup(&c->arena, file);
    if (!st)
        st = doc_parse(&c->arena, text, n, file, DOC_OURS, &root, e);
    if (!st && !root)
        st = err_set(e, ST_INVALID,
                     "%s%sthere is nothing in it; expected at least patroni with urls",
                     file ? file : "", file ? ": " : "");
    if (!st)
        st = schema_read_document(&cluster_schema, &c->arena, root, file, c, secret_line, e);
    if (st)
        cluster_config_free(c);
    else
        *out = c;
    return st;
}

enum status cluster_config_parse(const char *text, size_t n, const char *path, const char *name,
                                 struct cluster_config **out, struct err *e)
{
    return parse(text, n, path, name, out, NULL, e);
}

/* "dir/prod.yml" is "prod"; malloc'ed. */
static char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t n = strlen(base);

    return xstrndup(base, n > 4 && !strcmp(base + n - 4, ".yml") ? n - 4 : n);
}

static enum status load_text(const char *path, const struct buf *text, struct cluster_config **out,
                             struct err *e)
{
    int secret_line = 0;
    char *name = name_of(path);
    enum status st = parse(text->s, text->len, path, name, out, &secret_line, e);

    free(name);
    if (st || !secret_line)
        return st;
    st = path_check_private(path, e);
    if (!st)
        return ST_OK;
    cluster_config_free(*out);
    *out = NULL;
    err_prefix(e, "%s:%d: a password is given here", path, secret_line);
    return st;
}

enum status cluster_config_load(const char *path, struct cluster_config **out, struct err *e)
{
    struct buf text;
    enum status st = config_read(path, &text, e);

    *out = NULL;
    if (!st)
        st = load_text(path, &text, out, e);
    config_wipe(&text);
    return st;
}

/* ---- writing ---- */

static enum status to_yaml(const struct cluster_config *c, bool redact, struct buf *out,
                           struct err *e)
{
    struct arena a;

    arena_init(&a);
    enum status st = doc_emit(schema_write(&a, &cluster_schema, c, redact), out, e);

    arena_release(&a);
    return st;
}

static char *yaml_text(const struct cluster_config *c, bool redact)
{
    struct buf b;
    struct err e = ERR_INIT;

    buf_init(&b);
    if (to_yaml(c, redact, &b, &e)) {
        buf_clear(&b);
        buf_addf(&b, "# %s\n", err_text(&e)); /* reads as an empty file: refused, not misread */
    }
    err_release(&e);
    char *text = buf_detach(&b);

    buf_release(&b);
    return text;
}

char *cluster_config_yaml(const struct cluster_config *c)
{
    return yaml_text(c, false);
}

char *cluster_config_yaml_redacted(const struct cluster_config *c)
{
    return yaml_text(c, true);
}

/* What would be written is read back: so a command line is checked by the same rules as a file. */
static enum status check_and_emit(const struct cluster_config *c, struct buf *text, struct err *e)
{
    struct cluster_config *copy = NULL;
    enum status st = to_yaml(c, false, text, e);

    if (!st)
        st = parse(text->s, text->len, NULL, c->name, &copy, NULL, e);
    cluster_config_free(copy);
    return st;
}

enum status cluster_config_check(const struct cluster_config *c, struct err *e)
{
    struct buf text;

    buf_init(&text);
    enum status st = check_and_emit(c, &text, e);

    config_wipe(&text);
    return st;
}

static char *user_path(const char *name)
{
    char *file = xasprintf("clusters/%s.yml", name);
    char *path = path_config(file);

    free(file);
    return path;
}

static enum status write_file(const char *path, const char *name, bool replace,
                              const struct buf *text, struct err *e)
{
    if (!replace && access(path, F_OK) == 0)
        return err_set(e, ST_CONFLICT, "the cluster %s is registered already, in %s", name, path);
    enum status st = path_mkdirs_for(path, e);

    return st ? st : path_write_atomic(path, text->s, text->len, 0600, e);
}

enum status cluster_config_save(const struct cluster_config *c, bool replace, char **path,
                                struct err *e)
{
    struct buf text;

    if (path)
        *path = NULL;
    buf_init(&text);
    enum status st = check_and_emit(c, &text, e);
    char *to = user_path(c->name); /* a bad name never gets as far as being written */

    if (!st)
        st = write_file(to, c->name, replace, &text, e);
    config_wipe(&text);
    if (!st && path)
        *path = to;
    else
        free(to);
    return st;
}
