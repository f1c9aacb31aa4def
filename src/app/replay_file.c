#include "replay_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/clock.h"

enum { CHUNK = 1 << 20, MOST = 10000000 };

/* ---- the index */

static void mark(struct replay_file *f, int i, int64_t due_us, int64_t at)
{
    if (i == f->room) {
        f->room = f->room ? 2 * f->room : 1024;
        f->mark = xrealloc(f->mark, (size_t)f->room * sizeof *f->mark);
    }
    f->mark[i] = (struct replay_mark){.due_us = due_us, .at = at};
}

static void stop_at(struct replay_file *f, int i, const char *why)
{
    free(f->broken);
    f->broken = xasprintf("stops at line %d: %s", i + 2, why); /* the header is line 1 */
    f->count = i;
}

/* When the line is due, by its first field alone. False: it does not look like one of ours. */
static bool glance(const char *line, size_t n, int64_t *t)
{
    static const char head[] = "{\"t\":";
    size_t i = sizeof head - 1;
    bool negative;
    int64_t v = 0;
    if (n < i + 2 || memcmp(line, head, i) != 0 || line[n - 1] != '}')
        return false;
    negative = line[i] == '-';
    for (i += negative; i < n && line[i] >= '0' && line[i] <= '9' && v < INT64_MAX / 100; i++)
        v = v * 10 + (line[i] - '0');
    *t = negative ? -v : v;
    return line[i] == ',' && v < INT64_C(400) * 86400 * USEC_PER_SEC;
}

static bool look_closely(const char *line, size_t n, int64_t *t, struct err *e)
{
    struct facts *facts;
    if (wire_recording_read_line(line, n, &facts, e) != ST_OK)
        return false;
    *t = ((const struct observation *)facts->root)->mono_us;
    facts_unref(facts);
    return true;
}

/* One line without its LF, at that byte. False: the recording ends before it. */
static bool index_line(struct replay_file *f, const char *line, size_t n, int64_t at)
{
    struct err e = ERR_INIT;
    int64_t t = 0, before = f->count ? f->mark[f->count - 1].due_us : 0;
    bool sound = glance(line, n, &t) || look_closely(line, n, &t, &e);
    if (sound && f->count == MOST)
        sound = err_set(&e, ST_INVALID, "no more than %d are read", (int)MOST) == ST_OK;
    if (sound)
        mark(f, f->count++, t > before ? t : before, at);
    else
        stop_at(f, f->count, err_text(&e));
    err_release(&e);
    return sound;
}

static enum status read_header(struct replay_file *f, const char *line, size_t n, struct err *e)
{
    enum status st = wire_recording_read_header(line, n, &f->header_facts, e);
    if (st != ST_OK)
        return err_prefix(e, "cannot replay %s", f->path);
    f->header = f->header_facts->root;
    return ST_OK;
}

struct scan {
    struct buf kept; /* what is not yet a whole line */
    int64_t at;      /* the byte of the file at which kept begins */
    size_t looked;   /* so much of kept has no LF */
};

/* All whole lines in what has come. ST_OK also when the recording ends here: then *more is false.
 */
static enum status scan_lines(struct replay_file *f, struct scan *s, bool *more, struct err *e)
{
    size_t from = 0;
    char *lf;
    enum status st = ST_OK;
    while (*more && st == ST_OK &&
           (lf = memchr(s->kept.s + s->looked, '\n', s->kept.len - s->looked)) != NULL) {
        size_t n = (size_t)(lf - s->kept.s) - from;
        if (!f->header)
            st = read_header(f, s->kept.s + from, n, e);
        else
            *more = index_line(f, s->kept.s + from, n, s->at + (int64_t)from);
        from += *more ? n + 1 : 0;
        s->looked = from;
    }
    memmove(s->kept.s, s->kept.s + from, s->kept.len - from);
    buf_truncate(&s->kept, s->kept.len - from);
    s->at += (int64_t)from;
    s->looked = s->kept.len;
    return st;
}

static enum status scan_end(struct replay_file *f, const struct scan *s, bool more, struct err *e)
{
    if (!f->header)
        return err_set(e, ST_INVALID, "cannot replay %s: %s", f->path,
                       s->kept.len ? "the first line is not the header of a recording"
                                   : "it is empty");
    if (more && s->kept.len)
        stop_at(f, f->count, "it is cut off");
    mark(f, f->count, 0, s->at);
    return ST_OK;
}

static enum status scan(struct replay_file *f, struct scan *s, struct err *e)
{
    char *chunk = xmalloc(CHUNK);
    enum status st = ST_OK;
    bool more = true;
    ssize_t n = 1;
    while (st == ST_OK && more && n > 0) {
        do {
            n = read(f->fd, chunk, CHUNK);
        } while (n < 0 && errno == EINTR);
        if (n < 0)
            st = err_set(e, ST_IO, "cannot read %s: %s", f->path, strerror(errno));
        if (n > 0) {
            buf_add(&s->kept, chunk, (size_t)n);
            st = scan_lines(f, s, &more, e);
        }
        if (st == ST_OK && more && s->kept.len > RECORDING_LINE_MAX) {
            if (f->header)
                stop_at(f, f->count, "it is too long");
            more = false;
        }
    }
    free(chunk);
    return st == ST_OK ? scan_end(f, s, more, e) : st;
}

/* ---- */

static enum status open_regular(const char *path, int *out, struct err *e)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return err_set(e, errno == ENOENT ? ST_NOT_FOUND : ST_IO, "cannot read %s: %s", path,
                       strerror(errno));
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return err_set(e, ST_INVALID, "cannot replay %s: it is not a regular file", path);
    }
    *out = fd;
    return ST_OK;
}

enum status replay_file_open(const char *path, struct replay_file *f, struct err *e)
{
    struct scan s = {0};
    int fd = -1;
    enum status st = open_regular(path, &fd, e);
    if (st != ST_OK)
        return st;
    *f = (struct replay_file){.fd = fd, .path = xstrdup(path)};
    buf_init(&s.kept);
    st = scan(f, &s, e);
    buf_release(&s.kept);
    if (st != ST_OK)
        replay_file_release(f);
    return st;
}

void replay_file_release(struct replay_file *f)
{
    close(f->fd);
    facts_unref(f->header_facts);
    free(f->path);
    free(f->mark);
    free(f->broken);
}

int64_t replay_file_length(const struct replay_file *f)
{
    return f->count ? f->mark[f->count - 1].due_us : 0;
}

static bool read_at(int fd, char *to, size_t n, int64_t at)
{
    while (n) {
        ssize_t k = pread(fd, to, n, at);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return false;
        to += k;
        at += k;
        n -= (size_t)k;
    }
    return true;
}

struct facts *replay_file_read(struct replay_file *f, int i)
{
    struct facts *facts = NULL;
    struct err e = ERR_INIT;
    size_t n = (size_t)(f->mark[i + 1].at - f->mark[i].at);
    char *line = xmalloc(n);
    if (!read_at(f->fd, line, n, f->mark[i].at))
        stop_at(f, i, "the file has become shorter");
    else if (wire_recording_read_line(line, n, &facts, &e) != ST_OK)
        stop_at(f, i, err_text(&e));
    err_release(&e);
    free(line);
    return facts;
}
