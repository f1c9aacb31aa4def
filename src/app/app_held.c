/* What is to be taken back on PgBouncers: a file each under the state directory, on disk before the
 * command goes out, gone when its undoing has been seen. Whoever is at work on one has it locked:
 * the kernel lets go of that when the program dies, whatever killed it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app_held.h"
#include "app_private.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/path.h"
#include "pgdba/wire/held.h"

enum { FILE_MOST = 8192, LIST_MOST = 200 };

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

uint64_t held_sum(const struct held *h)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    mix(&sum, h->cluster);
    mix(&sum, h->bouncer);
    mix(&sum, h->database);
    mix(&sum, h->key);
    return sum;
}

/* Names can be anything: a file's is made of their sum. */
static char *file_of(uint64_t sum)
{
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

/* ---- locks: of the open file, so that one of another program's dies with it */

static bool lock(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

/* Asked without taking it: whoever wants to take it at this moment must not fail for that. */
static bool is_locked(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

static int mine_at(const struct app_held *w, uint64_t sum)
{
    for (int i = 0; i < w->nmine; i++)
        if (w->mine[i].sum == sum)
            return i;
    return -1;
}

static void add_mine(struct app_held *w, uint64_t sum, int fd)
{
    w->mine = xrealloc(w->mine, (size_t)(w->nmine + 1) * sizeof *w->mine);
    w->mine[w->nmine++] = (struct held_mine){.sum = sum, .fd = fd};
}

static void drop_mine(struct app_held *w, int i)
{
    close(w->mine[i].fd);
    w->mine[i] = w->mine[--w->nmine];
}

/* ---- keeping */

struct app_held *app_held_of(struct app *a)
{
    if (!a->held) {
        a->held = xcalloc(1, sizeof *a->held);
        arena_init(&a->held->arena);
        arena_init(&a->held->words);
    }
    return a->held;
}

static const char *what_of(const struct held *h)
{
    return h->key ? h->key : h->database ? h->database : "the pause of everything";
}

static enum status there_already(const char *path, const struct held *h, struct err *e)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool busy = fd >= 0 && is_locked(fd);
    if (fd >= 0)
        close(fd);
    if (busy)
        return err_set(e, ST_CONFLICT, "another pgdba is at work on %s of %s at this moment",
                       what_of(h), h->bouncer);
    return err_set(e, ST_CONFLICT,
                   "an earlier run has %s of %s still to be taken back: pgb resume --left first",
                   what_of(h), h->bouncer);
}

static enum status written(int fd, const struct buf *text, const char *path, struct err *e)
{
    for (size_t at = 0; at < text->len;) {
        ssize_t n = write(fd, text->s + at, text->len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_set(e, ST_IO, "what is to be taken back cannot be written to %s: %s", path,
                           n ? strerror(errno) : "it takes no more");
        at += (size_t)n;
    }
    return fsync(fd) == 0 ? ST_OK
                          : err_set(e, ST_IO, "what is to be taken back is not on disk, at %s: %s",
                                    path, strerror(errno));
}

/* Whole and locked from the moment on at which it has its name; the name is never another's. */
static enum status put(struct app_held *w, const struct held *h, const struct buf *text,
                       struct err *e)
{
    uint64_t sum = held_sum(h);
    char *path = file_of(sum), *draft = xasprintf("%s.%ld", path, (long)getpid());
    enum status st = path_mkdirs_for(path, e);
    int fd = -1;
    if (st == ST_OK && (fd = open(draft, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) < 0)
        st = err_set(e, ST_IO, "what is to be taken back cannot be written to %s: %s", draft,
                     strerror(errno));
    if (st == ST_OK && !lock(fd))
        st = err_set(e, ST_IO, "%s cannot be locked: %s", draft, strerror(errno));
    if (st == ST_OK)
        st = written(fd, text, draft, e);
    if (st == ST_OK && link(draft, path) != 0)
        st = errno == EEXIST
                 ? there_already(path, h, e)
                 : err_set(e, ST_IO, "what is to be taken back cannot be written to %s: %s", path,
                           strerror(errno));
    if (fd >= 0)
        (void)unlink(draft);
    if (st == ST_OK)
        add_mine(w, sum, fd);
    else if (fd >= 0)
        close(fd);
    if (st == ST_OK)
        settle_dir();
    free(draft);
    free(path);
    return st;
}

static enum status keep(void *arg, const struct held *h, struct err *e)
{
    struct app *a = arg;
    struct held mine = *h;
    struct buf text;
    char host[256] = "";
    const struct passwd *pw = getpwuid(getuid());
    (void)gethostname(host, sizeof host - 1);
    mine.user = pw ? pw->pw_name : "";
    mine.host = host;
    mine.pid = getpid();
    mine.wall_us = clock_wall(a->opt.clock);
    buf_init(&text);
    wire_held_write(&mine, &text);
    enum status st = put(app_held_of(a), &mine, &text, e);
    buf_release(&text);
    return st;
}

static enum status claim(void *arg, const struct held *h, struct err *e)
{
    struct app_held *w = app_held_of(arg);
    uint64_t sum = held_sum(h);
    struct stat sb;
    if (mine_at(w, sum) >= 0)
        return ST_OK;
    char *path = file_of(sum);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    free(path);
    if (fd < 0 && errno == ENOENT)
        return err_set(e, ST_NOT_FOUND, "it has been taken back meanwhile");
    if (fd < 0)
        return err_set(e, ST_IO, "what is to be taken back cannot be opened: %s", strerror(errno));
    bool got = lock(fd), gone = got && (fstat(fd, &sb) != 0 || sb.st_nlink == 0);
    if (got && !gone) {
        add_mine(w, sum, fd);
        return ST_OK;
    }
    close(fd);
    return gone ? err_set(e, ST_NOT_FOUND, "it has been taken back meanwhile")
                : err_set(e, ST_CONFLICT, "another pgdba is taking it back at this moment");
}

static void forget(void *arg, const struct held *h)
{
    struct app_held *w = app_held_of(arg);
    uint64_t sum = held_sum(h);
    if (claim(arg, h, NULL) != ST_OK) /* gone, or another one's, who looks for himself */
        return;
    char *path = file_of(sum);
    if (unlink(path) == 0)
        settle_dir();
    free(path);
    drop_mine(w, mine_at(w, sum));
}

/* ---- when the run is over */

/* The new file has the old one's place in one step, and is locked as that was until then. */
static void mark_ended(const struct held_mine *m)
{
    struct arena arena;
    struct buf text;
    struct held h;
    char *path = file_of(m->sum), *draft = xasprintf("%s.%ld", path, (long)getpid());
    arena_init(&arena);
    buf_init(&text);
    bool ok = path_read(path, FILE_MOST, &text, NULL) == ST_OK &&
              wire_held_read(text.s, text.len, &arena, &h);
    if (ok) {
        h.ended = true;
        buf_clear(&text);
        wire_held_write(&h, &text);
        int fd = open(draft, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        ok = fd >= 0 && lock(fd) && written(fd, &text, draft, NULL) == ST_OK &&
             rename(draft, path) == 0;
        if (fd >= 0 && !ok)
            (void)unlink(draft);
        if (fd >= 0)
            close(fd);
        if (ok)
            settle_dir();
    }
    buf_release(&text);
    arena_release(&arena);
    free(draft);
    free(path);
}

void app_held_let_go(struct app *a, bool ended)
{
    struct app_held *w = a->held;
    while (w && w->nmine > 0) {
        if (ended)
            mark_ended(&w->mine[w->nmine - 1]);
        drop_mine(w, w->nmine - 1);
    }
}

/* ---- what is there */

static bool read_one(const struct app *a, struct app_held *w, const char *path, struct held *out)
{
    struct buf text;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool busy = fd < 0 || is_locked(fd);
    if (fd >= 0)
        close(fd);
    if (busy)
        return false;
    buf_init(&text);
    bool ok = path_read(path, FILE_MOST, &text, NULL) == ST_OK &&
              wire_held_read(text.s, text.len, &w->arena, out) &&
              strcmp(out->cluster, a->config->name) == 0;
    buf_release(&text);
    return ok;
}

static bool is_record(const char *name)
{
    size_t n = strlen(name);
    return n > 5 && strcmp(name + n - 5, ".json") == 0;
}

/* Not what somebody is at work on: that is his to take back. */
static const struct held_list *list(void *arg)
{
    struct app *a = arg;
    struct app_held *w = app_held_of(a);
    arena_release(&w->arena);
    arena_init(&w->arena);
    struct held *v = arena_array(&w->arena, LIST_MOST, struct held);
    w->list = (struct held_list){.v = v};
    char *dir = dir_of();
    DIR *d = opendir(dir);
    for (const struct dirent *f; d && w->list.n < LIST_MOST && (f = readdir(d)) != NULL;) {
        if (!is_record(f->d_name))
            continue;
        char *path = path_join(dir, f->d_name);
        w->list.n += read_one(a, w, path, &v[w->list.n]);
        free(path);
    }
    if (d)
        closedir(d);
    free(dir);
    return &w->list;
}

struct action_memory app_held_memory(struct app *a)
{
    return (struct action_memory){
        .arg = a, .keep = keep, .claim = claim, .forget = forget, .list = list};
}

void app_held_close(struct app *a)
{
    if (!a->held)
        return;
    app_held_let_go(a, false);
    arena_release(&a->held->arena);
    arena_release(&a->held->words);
    free(a->held->mine);
    free(a->held->known);
    free(a->held);
    a->held = NULL;
}
