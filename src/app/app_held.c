/* What is to be taken back on PgBouncers: a file each under the state directory, on disk before the
 * command goes out, gone when its undoing has been seen. */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app_private.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/path.h"
#include "pgdba/base/utf8.h"
#include "pgdba/wire/held.h"

enum { FILE_MOST = 8192, LIST_MOST = 200 };

struct app_held {
    struct arena arena;
    struct held_list list;
};

/* ---- files */

static char *dir_of(void)
{
    return path_state("held");
}

static void mix(uint64_t *sum, const char *s)
{
    for (const char *c = s ? s : "\001"; *c; c++)
        *sum = (*sum ^ (unsigned char)*c) * UINT64_C(1099511628211);
    *sum = (*sum ^ 0xff) * UINT64_C(1099511628211);
}

/* Names can be anything: a file's is made of their sum. */
static char *file_of(const struct held *h)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    mix(&sum, h->cluster);
    mix(&sum, h->bouncer);
    mix(&sum, h->database);
    mix(&sum, h->key);
    char *dir = dir_of(), *name = xasprintf("%016" PRIx64 ".json", sum);
    char *path = path_join(dir, name);
    free(dir);
    free(name);
    return path;
}

/* A new name, or one that is gone, is on disk when its directory is. */
static void settle_dir(void)
{
    char *dir = dir_of();
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(dir);
}

static enum status keep(void *arg, const struct held *h, struct err *e)
{
    struct app *a = arg;
    struct held mine = *h;
    struct buf text;
    char host[256] = "";
    const struct passwd *pw = getpwuid(getuid());
    char *path = file_of(h);
    enum status st = ST_OK;
    if (access(path, F_OK) == 0)
        st = err_set(e, ST_CONFLICT,
                     "an earlier run has %s of %s still to be taken back: pgb resume --left first",
                     h->key        ? h->key
                     : h->database ? h->database
                                   : "the pause",
                     h->bouncer);
    (void)gethostname(host, sizeof host - 1);
    mine.user = pw ? pw->pw_name : "";
    mine.host = host;
    mine.pid = getpid();
    mine.wall_us = clock_wall(a->opt.clock);
    buf_init(&text);
    wire_held_write(&mine, &text);
    if (st == ST_OK)
        st = path_mkdirs_for(path, e);
    if (st == ST_OK)
        st = path_write_atomic(path, text.s, text.len, 0600, e);
    if (st == ST_OK)
        settle_dir();
    buf_release(&text);
    free(path);
    return st;
}

static void forget(void *arg, const struct held *h)
{
    char *path = file_of(h);
    (void)arg;
    if (unlink(path) == 0)
        settle_dir();
    free(path);
}

/* ---- what is there */

static bool read_one(struct app *a, struct app_held *w, const char *dir, const char *name,
                     struct held *out)
{
    struct buf text;
    char *path = path_join(dir, name);
    buf_init(&text);
    bool ok = path_read(path, FILE_MOST, &text, NULL) == ST_OK &&
              wire_held_read(text.s, text.len, &w->arena, out) &&
              strcmp(out->cluster, a->config->name) == 0;
    buf_release(&text);
    free(path);
    return ok;
}

static bool is_record(const char *name)
{
    size_t n = strlen(name);
    return n > 5 && strcmp(name + n - 5, ".json") == 0;
}

/* Left by those that run no more; what a program still at work holds is its own to take back. */
static const struct held_list *list(void *arg)
{
    struct app *a = arg;
    if (!a->held) {
        a->held = xcalloc(1, sizeof *a->held);
        arena_init(&a->held->arena);
    }
    struct app_held *w = a->held;
    arena_release(&w->arena);
    arena_init(&w->arena);
    struct held *v = arena_array(&w->arena, LIST_MOST, struct held);
    w->list = (struct held_list){.v = v};
    char *dir = dir_of();
    DIR *d = opendir(dir);
    for (const struct dirent *f; d && w->list.n < LIST_MOST && (f = readdir(d)) != NULL;)
        if (is_record(f->d_name) && read_one(a, w, dir, f->d_name, &v[w->list.n]) &&
            (v[w->list.n].pid == getpid() || !app_may_run(v[w->list.n].host, v[w->list.n].pid)))
            w->list.n++;
    if (d)
        closedir(d);
    free(dir);
    return &w->list;
}

struct action_memory app_held_memory(struct app *a)
{
    return (struct action_memory){.arg = a, .keep = keep, .forget = forget, .list = list};
}

void app_held_close(struct app *a)
{
    if (!a->held)
        return;
    arena_release(&a->held->arena);
    free(a->held);
    a->held = NULL;
}

/* ---- said at the start */

static const char *clean(struct app_held *w, const char *s)
{
    return utf8_clean(&w->arena, s, strlen(s));
}

void app_held_tell(struct app *a)
{
    const struct held_list *l = list(a);
    char at[FMT_MAX];
    struct buf text;
    if (l->n == 0)
        return;
    buf_init(&text);
    for (int i = 0; i < l->n; i++) {
        const struct held *h = &l->v[i];
        buf_addf(&text, "%s%s of %s is %s since %s", i ? "; " : "",
                 h->key        ? clean(a->held, h->key)
                 : h->database ? clean(a->held, h->database)
                               : "everything",
                 clean(a->held, h->bouncer), h->key ? "set" : "paused",
                 fmt_time_local(at, h->wall_us));
    }
    buf_addf(&text, ", by a pgdba of %s that has ended: pgb resume --left takes it back",
             l->v[0].user && *l->v[0].user ? l->v[0].user : "somebody");
    int64_t mono = clock_mono(a->opt.clock);
    struct event e = {.mono_us = mono,
                      .wall_us = clock_wall(a->opt.clock),
                      .not_before_us = mono,
                      .kind = EV_OPERATION,
                      .source = SYS_PGDBA,
                      .grade = HEALTH_DEGRADED,
                      .subject = "",
                      .now = "not taken back",
                      .text = text.s,
                      .evidence = "pgb resume --left"};
    story_add(a->story, &e);
    app_error(a, text.s);
    buf_release(&text);
}
