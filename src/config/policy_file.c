/* A file whose word counts for everybody is opened with care: it must be its owner's alone, and
 * whatever lies in its place must neither hang the program nor be taken for it. */
#include "policy_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "yaml_doc.h"

/* "root", or the number where it has to be somebody else (tests). */
static char *owner_name(uid_t owner)
{
    return owner ? xasprintf("%ld", (long)owner) : xstrdup("root");
}

static enum status check_owned(const struct stat *info, const char *path, uid_t owner,
                               struct err *e)
{
    char *name = owner_name(owner);
    enum status st = ST_OK;

    if (info->st_uid != owner)
        st = err_set(e, ST_DENIED, "%s does not belong to %s: chown %s %s", path, name, name, path);
    else if (info->st_mode & (S_IWGRP | S_IWOTH))
        st = err_set(e, ST_DENIED, "others than its owner can write %s (mode %04o): chmod go-w %s",
                     path, (unsigned)(info->st_mode & 07777), path);
    free(name);
    return st;
}

/* "/etc/pgdba" of "/etc/pgdba/policy.yml". */
static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? xstrndup(path, slash == path ? 1 : (size_t)(slash - path)) : xstrdup(".");
}

static enum status open_directory(const char *dir, int *out, struct err *e)
{
    *out = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*out >= 0)
        return ST_OK;
    if (errno == ENOENT || errno == ENOTDIR)
        return err_set(e, ST_NOT_FOUND, "there is no %s", dir);
    return err_set(e, ST_DENIED, "cannot look into %s: %s: chmod a+rx %s", dir, strerror(errno),
                   dir);
}

static enum status cannot_open(const char *path, int error, struct err *e)
{
    if (error == ENOENT)
        return err_set(e, ST_NOT_FOUND, "there is no %s", path);
    if (error == ELOOP)
        return err_set(e, ST_DENIED, "%s is a symbolic link: put the file itself there", path);
    if (error == EACCES)
        return err_set(e, ST_DENIED, "cannot read %s: %s: chmod a+r %s", path, strerror(error),
                       path);
    return err_set(e, ST_DENIED, "cannot read %s: %s", path, strerror(error));
}

/* O_NONBLOCK: a FIFO would wait for a writer for ever. */
static enum status open_in(int dir, const char *path, int *out, struct err *e)
{
    const char *slash = strrchr(path, '/');
    struct stat info;

    *out = openat(dir, slash ? slash + 1 : path,
                  O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    if (*out < 0)
        return cannot_open(path, errno, e);
    if (fstat(*out, &info) != 0)
        return cannot_open(path, errno, e);
    if (!S_ISREG(info.st_mode))
        return err_set(e, ST_DENIED, "%s is not a regular file", path);
    return ST_OK;
}

/* The directory first: whoever may write there can put another file in the place of this one. But
 * where there is no file at all, nobody has set anything. */
static enum status open_owned(const char *path, uid_t owner, int *out, struct err *e)
{
    char *name = directory_of(path);
    struct stat info;
    int dir = -1;
    enum status st = open_directory(name, &dir, e);

    *out = -1;
    if (!st)
        st = open_in(dir, path, out, e);
    if (!st && fstat(dir, &info) == 0)
        st = check_owned(&info, name, owner, e);
    if (!st && fstat(*out, &info) == 0)
        st = check_owned(&info, path, owner, e);
    if (dir >= 0)
        close(dir);
    if (st && *out >= 0) {
        close(*out);
        *out = -1;
    }
    free(name);
    return st;
}

static enum status read_whole(int fd, const char *path, struct buf *out, struct err *e)
{
    char chunk[8192];

    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cannot_open(path, errno, e);
        if (n == 0)
            return ST_OK;
        if (out->len + (size_t)n > DOC_MAX_BYTES)
            return err_set(e, ST_DENIED, "%s is larger than %d bytes", path, (int)DOC_MAX_BYTES);
        buf_add(out, chunk, (size_t)n);
    }
}

enum status policy_file_read(const char *path, uid_t owner, struct buf *out, struct err *e)
{
    int fd = -1;
    enum status st = open_owned(path, owner, &fd, e);

    buf_init(out);
    if (!st)
        st = read_whole(fd, path, out, e);
    if (fd >= 0)
        close(fd);
    return st;
}

enum status policy_file_check(const char *path, uid_t owner, struct err *e)
{
    int fd = -1;
    enum status st = open_owned(path, owner, &fd, e);

    if (fd >= 0)
        close(fd);
    return st;
}
