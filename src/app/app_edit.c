/* The dynamic configuration as a text to be edited, and what was made of it. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app_private.h"
#include "pgdba/base/path.h"
#include "pgdba/net/foreground.h"
#include "pgdba/wire/dynamic.h"

enum { MOST_BYTES = 1 << 20 };

struct app_draft {
    struct app *app;
    char *path;                    /* 0600, in a directory that is our own where there is one */
    char *base;                    /* the configuration that it was made from */
    struct net_foreground *editor; /* NULL: it does not run */
    app_edited_fn *fn;
    void *arg;
};

/* ---- the file */

static char *draft_template(const struct app *a)
{
    const char *dir = getenv("XDG_RUNTIME_DIR");
    if (!dir || !*dir || access(dir, W_OK) != 0)
        dir = getenv("TMPDIR");
    if (!dir || !*dir)
        dir = "/tmp";
    char *safe = xstrdup(a->config->name), *path;
    for (char *c = safe; *c; c++)
        if (*c == '/')
            *c = '-';
    path = xasprintf("%s/pgdba-%s-XXXXXX.json", dir, safe);
    free(safe);
    return path;
}

static enum status write_all(int fd, const char *path, const struct buf *b, struct err *e)
{
    for (size_t at = 0; at < b->len;) {
        ssize_t n = write(fd, b->s + at, b->len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(e, ST_IO, "cannot write %s: %s", path, strerror(errno));
        at += (size_t)n;
    }
    return ST_OK;
}

static enum status draft_write(const struct app *a, char **path, struct err *e)
{
    struct buf text;
    buf_init(&text);
    *path = NULL;
    enum status st = app_config_text(a, &text, e);
    char *name = st == ST_OK ? draft_template(a) : NULL;
    int fd = name ? mkostemps(name, 5, O_CLOEXEC) : -1; /* 0600 */
    if (name && fd < 0)
        st = err_set(e, ST_IO, "cannot make a file to edit, %s: %s", name, strerror(errno));
    if (fd >= 0) {
        st = write_all(fd, name, &text, e);
        if (close(fd) != 0 && st == ST_OK)
            st = err_set(e, ST_IO, "cannot write %s: %s", name, strerror(errno));
        if (st != ST_OK)
            unlink(name);
    }
    buf_release(&text);
    if (st == ST_OK)
        *path = name;
    else
        free(name);
    return st;
}

static void draft_drop(struct app *a)
{
    struct app_draft *d = a->draft;
    if (!d)
        return;
    net_foreground_leave(d->editor);
    free(d->path);
    free(d->base);
    free(d);
    a->draft = NULL;
}

void app_config_edited(struct app *a, bool keep)
{
    if (a->draft && a->draft->path && !keep)
        unlink(a->draft->path);
    draft_drop(a);
}

/* Left with something typed: the file stays. */
void app_edit_close(struct app *a)
{
    draft_drop(a);
}

/* ---- what was made of it */

/* ST_REFUSED: it says what is there already. */
static enum status patch_of(const char *base, const char *path, struct buf *patch, struct err *e)
{
    struct buf text;
    buf_init(&text);
    enum status st = path_read(path, MOST_BYTES, &text, e);
    if (st == ST_OK && strlen(text.s) != text.len)
        st = err_set(e, ST_INVALID, "%s: there is a zero byte in it", path);
    if (st == ST_OK)
        st = wire_dynamic_diff(base, text.s, patch, e);
    if (st == ST_OK && strcmp(patch->s, "{}") == 0)
        st = err_set(e, ST_REFUSED, "nothing would change: the configuration says so already");
    buf_release(&text);
    return st;
}

static void ended(void *arg, const char *why)
{
    struct app_draft *d = arg;
    struct app *a = d->app;
    struct err e = ERR_INIT;
    struct buf patch;
    buf_init(&patch);
    d->editor = NULL;
    app_input(a, true);
    enum status st = why ? err_set(&e, ST_FAILED, "the editor: %s", why)
                         : patch_of(d->base, d->path, &patch, &e);
    struct edited out = {.patch = st == ST_OK ? patch.s : NULL,
                         .base = d->base,
                         .why = st == ST_OK ? "" : err_text(&e),
                         .kept = st == ST_REFUSED ? NULL : d->path};
    app_edited_fn *fn = d->fn;
    void *fn_arg = d->arg;
    struct arena arena; /* fn may drop the draft */
    arena_init(&arena);
    out.base = arena_strdup(&arena, out.base);
    out.kept = arena_strdup(&arena, out.kept);
    if (st == ST_REFUSED)
        app_config_edited(a, false);
    fn(fn_arg, &out);
    app_something_happened(a);
    arena_release(&arena);
    buf_release(&patch);
    err_release(&e);
}

static enum status may_edit(const struct app *a, struct err *e)
{
    enum status st = app_replay_refuse(a, e);
    if (st != ST_OK)
        return st;
    if (!a->config || !a->published)
        return err_set(e, ST_USAGE, "no cluster is open");
    if (!a->published->config || !a->published->config->text)
        return err_set(e, ST_UNREACHABLE, "the configuration of %s is not known yet (%s)",
                       a->config->name, obs_outcome_name(a->published->config_state.outcome));
    if (app_read_only(a))
        return err_set(e, ST_DENIED, "this console is read-only: nothing could be sent");
    return ST_OK;
}

static const char *editor(void)
{
    const char *visual = getenv("VISUAL"), *plain = getenv("EDITOR");
    return visual && *visual ? visual : plain && *plain ? plain : "vi";
}

enum status app_config_edit(struct app *a, app_edited_fn *fn, void *arg, struct err *e)
{
    char *path = NULL;
    enum status st = may_edit(a, e);
    if (st == ST_OK && a->draft && a->draft->editor)
        st = err_set(e, ST_CONFLICT, "it is being edited already");
    if (st == ST_OK && !a->draft)
        st = draft_write(a, &path, e);
    if (st != ST_OK)
        return st;
    if (!a->draft) {
        a->draft = xcalloc(1, sizeof *a->draft);
        a->draft->app = a;
        a->draft->path = path;
        a->draft->base = xstrdup(a->published->config->text);
    }
    a->draft->fn = fn;
    a->draft->arg = arg;
    app_input(a, false);
    a->draft->editor = net_foreground_run(a->loop, editor(), a->draft->path, ended, a->draft);
    return ST_OK;
}

enum status app_config_take(struct app *a, const char *path, app_edited_fn *fn, void *arg,
                            struct err *e)
{
    struct buf patch;
    enum status st = may_edit(a, e);
    if (st != ST_OK)
        return st;
    const char *base = a->published->config->text;
    buf_init(&patch);
    st = patch_of(base, path, &patch, e);
    if (st == ST_OK)
        fn(arg, &(struct edited){.patch = patch.s, .base = base, .why = ""});
    buf_release(&patch);
    return st;
}
