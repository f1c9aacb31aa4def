/*
 * net/append_file.c: one file of lines. Two programs may append to the same: each batch is one
 * write, and who rotates holds a lock on the file that is rotated away.
 */
#include "append_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/path.h"

static const char *why_not(int no)
{
    if (no == ELOOP)
        return "it is a symbolic link";
    if (no == ENXIO)
        return "it is not a regular file"; /* a FIFO or a socket that nobody reads */
    return strerror(no);
}

/* A regular file or nothing: a FIFO or a device would take lines and keep none. */
static enum status check_file(int fd, const char *path, struct err *e)
{
    struct stat info;

    if (fstat(fd, &info) != 0)
        return err_set(e, ST_IO, "cannot open %s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return err_set(e, ST_IO, "cannot open %s: it is not a regular file", path);
    if (info.st_mode & 077 && fchmod(fd, 0600) != 0 && errno != EPERM)
        return err_set(e, ST_IO, "cannot protect %s: %s", path, strerror(errno));
    return ST_OK;
}

/* Never O_TRUNC: what it is gets known only when it is open. */
static enum status file_open(const char *path, bool must_be_new, int *out, struct err *e)
{
    int flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
    enum status st;
    int fd = open(path, flags | (must_be_new ? O_EXCL : 0), 0600);

    if (fd < 0 && must_be_new && errno == EEXIST)
        return err_set(e, ST_CONFLICT, "%s is already there: choose another name", path);
    if (fd < 0)
        return err_set(e, ST_IO, "cannot open %s: %s", path, why_not(errno));
    st = check_file(fd, path, e);
    if (st == ST_OK)
        *out = fd;
    else
        close(fd);
    return st;
}

enum status append_file_open(struct append_file *f, const struct net_append_options *opt,
                             struct err *e)
{
    enum status st = path_mkdirs_for(opt->path, e);
    int fd = -1;

    if (st == ST_OK)
        st = file_open(opt->path, opt->must_be_new, &fd, e);
    if (st == ST_OK && opt->truncate && ftruncate(fd, 0) != 0) {
        st = err_set(e, ST_IO, "cannot empty %s: %s", opt->path, strerror(errno));
        close(fd);
    }
    if (st != ST_OK)
        return st;
    *f = (struct append_file){
        .fd = fd, .path = xstrdup(opt->path), .rotate_bytes = opt->rotate_bytes, .keep = opt->keep};
    return ST_OK;
}

/* ---- rotation */

static bool named_so(const struct append_file *f, const struct stat *open_one)
{
    struct stat named;

    return lstat(f->path, &named) == 0 && open_one->st_dev == named.st_dev &&
           open_one->st_ino == named.st_ino;
}

static char *reopen(struct append_file *f)
{
    struct err e = ERR_INIT;
    char *why = NULL;
    int fd = -1;

    if (file_open(f->path, false, &fd, &e) == ST_OK) {
        close(f->fd);
        f->fd = fd;
    } else {
        why = xstrdup(err_text(&e));
    }
    err_release(&e);
    return why;
}

/* path.2 becomes path.3, path.1 path.2, path path.1. With none to keep it goes. */
static char *shift(const struct append_file *f)
{
    char *to = xasprintf("%s.%d", f->path, f->keep), *why = NULL;

    for (int i = f->keep; i > 0; i--) {
        char *from = i > 1 ? xasprintf("%s.%d", f->path, i - 1) : xstrdup(f->path);

        if (rename(from, to) != 0 && errno != ENOENT && !why)
            why = xasprintf("cannot rename %s: %s", from, strerror(errno));
        free(to);
        to = from;
    }
    if (f->keep < 1 && unlink(f->path) != 0)
        why = xasprintf("cannot remove %s: %s", f->path, strerror(errno));
    free(to);
    return why;
}

/* Another program may rotate at the same moment: who does not get the lock leaves it to that one,
 * and who gets it looks again whether this is still the file. */
static char *rotate(struct append_file *f, const struct stat *open_one)
{
    char *why = NULL;

    if (flock(f->fd, LOCK_EX | LOCK_NB) != 0)
        return NULL;
    if (named_so(f, open_one))
        why = shift(f);
    if (!why)
        why = reopen(f); /* the lock goes with the old one */
    return why;
}

/* Before each write: is this still the file, and is there room in it? */
static char *follow(struct append_file *f, size_t n)
{
    struct stat info;

    if (fstat(f->fd, &info) != 0)
        return xasprintf("cannot write %s: %s", f->path, strerror(errno));
    if (!f->rotate_bytes)
        return info.st_nlink ? NULL : xasprintf("cannot write %s: it has been removed", f->path);
    if (!named_so(f, &info))
        return reopen(f);
    if (info.st_size > 0 && info.st_size + (int64_t)n > f->rotate_bytes)
        return rotate(f, &info);
    return NULL;
}

/* ---- writing */

/* A line that an earlier run could not finish (a crash, a full disk) must not swallow this one. */
static bool ends_within_line(int fd)
{
    struct stat st;
    char last = '\n';

    return fstat(fd, &st) == 0 && st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) == 1 &&
           last != '\n';
}

static char *write_all(const struct append_file *f, const char *data, size_t n)
{
    while (n) {
        ssize_t k = write(f->fd, data, n);

        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return xasprintf("cannot write %s: %s", f->path,
                             k < 0 ? strerror(errno) : "the disk is full");
        data += k;
        n -= (size_t)k;
    }
    return NULL;
}

char *append_file_write(struct append_file *f, const char *data, size_t n)
{
    char *why = follow(f, n);

    if (!why && ends_within_line(f->fd))
        why = write_all(f, "\n", 1);
    return why ? why : write_all(f, data, n);
}

char *append_file_close(struct append_file *f)
{
    char *why = NULL;

    if (fsync(f->fd) != 0 && errno != EINVAL && errno != EROFS)
        why = xasprintf("cannot write %s to the disk: %s", f->path, strerror(errno));
    if (close(f->fd) != 0 && !why)
        why = xasprintf("cannot write %s: %s", f->path, strerror(errno));
    free(f->path);
    return why;
}
