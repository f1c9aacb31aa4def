#include "pgdba/base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgdba/base/buf.h"

char *path_join(const char *dir, const char *name)
{
    size_t n = strlen(dir);
    return xasprintf("%s%s%s", dir, n && dir[n - 1] == '/' ? "" : "/", name);
}

static const char *home(void)
{
    const char *h = getenv("HOME");
    if (h && *h)
        return h;
    const struct passwd *pw = getpwuid(getuid());
    return pw && pw->pw_dir ? pw->pw_dir : "/";
}

char *path_expand(const char *p)
{
    if (p[0] == '~' && p[1] == '/')
        return path_join(home(), p + 2);
    return xstrdup(p);
}

static char *xdg(const char *var, const char *fallback, const char *name)
{
    const char *base = getenv(var);
    /* The specification says a relative path there is to be ignored. */
    char *dir = base && base[0] == '/' ? xstrdup(base) : path_join(home(), fallback);
    char *mine = path_join(dir, "pgdba");
    char *p = *name ? path_join(mine, name) : xstrdup(mine);
    free(dir);
    free(mine);
    return p;
}

char *path_config(const char *name)
{
    return xdg("XDG_CONFIG_HOME", ".config", name);
}

char *path_state(const char *name)
{
    return xdg("XDG_STATE_HOME", ".local/state", name);
}

static enum status io_error(struct err *e, const char *doing, const char *p)
{
    int no = errno;
    enum status st = no == ENOENT ? ST_NOT_FOUND : no == EACCES || no == EPERM ? ST_DENIED : ST_IO;
    return err_set(e, st, "cannot %s %s: %s", doing, p, strerror(no));
}

enum status path_mkdirs(const char *dir, struct err *e)
{
    char *p = xstrdup(dir);
    for (char *s = p + 1;; s++) {
        if (*s && *s != '/')
            continue;
        char was = *s;
        *s = 0;
        if (mkdir(p, 0700) != 0 && errno != EEXIST && errno != EISDIR && errno != EROFS) {
            enum status st = io_error(e, "make the directory", p);
            free(p);
            return st;
        }
        *s = was;
        if (!was)
            break;
    }
    free(p);
    struct stat sb;
    if (stat(dir, &sb) != 0)
        return io_error(e, "make the directory", dir);
    if (!S_ISDIR(sb.st_mode))
        return err_set(e, ST_IO, "%s is in the way: it is not a directory", dir);
    return ST_OK;
}

enum status path_mkdirs_for(const char *p, struct err *e)
{
    const char *slash = strrchr(p, '/');
    if (!slash || slash == p)
        return ST_OK;
    char *dir = xstrndup(p, (size_t)(slash - p));
    enum status st = path_mkdirs(dir, e);
    free(dir);
    return st;
}

static enum status read_all(int fd, const char *p, size_t max, struct buf *out, struct err *e)
{
    char chunk[8192];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return io_error(e, "read", p);
        if (n == 0)
            return ST_OK;
        if (out->len + (size_t)n > max)
            return err_set(e, ST_INVALID, "%s is larger than %zu bytes", p, max);
        buf_add(out, chunk, (size_t)n);
    }
}

enum status path_read(const char *p, size_t max, struct buf *out, struct err *e)
{
    /* O_NONBLOCK: a FIFO dropped where a file is expected must not hang the program. */
    int fd = open(p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return io_error(e, "read", p);
    struct stat sb;
    enum status st;
    if (fstat(fd, &sb) != 0)
        st = io_error(e, "read", p);
    else if (!S_ISREG(sb.st_mode))
        st = err_set(e, ST_INVALID, "cannot read %s: it is not a regular file", p);
    else
        st = read_all(fd, p, max, out, e);
    close(fd);
    return st;
}

static enum status write_all(int fd, const char *p, const char *s, size_t n, struct err *e)
{
    while (n) {
        ssize_t k = write(fd, s, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return io_error(e, "write", p);
        s += k;
        n -= (size_t)k;
    }
    return fsync(fd) == 0 ? ST_OK : io_error(e, "write", p);
}

enum status path_write_atomic(const char *p, const void *data, size_t n, mode_t mode, struct err *e)
{
    char *tmp = xasprintf("%s.XXXXXX", p);
    int fd = mkostemp(tmp, O_CLOEXEC);
    if (fd < 0) {
        enum status st = io_error(e, "write", tmp);
        free(tmp);
        return st;
    }
    enum status st = fchmod(fd, mode) == 0 ? ST_OK : io_error(e, "set the mode of", tmp);
    if (st == ST_OK)
        st = write_all(fd, tmp, data, n, e);
    if (close(fd) != 0 && st == ST_OK)
        st = io_error(e, "write", tmp);
    if (st == ST_OK && rename(tmp, p) != 0)
        st = io_error(e, "replace", p);
    if (st != ST_OK)
        unlink(tmp);
    free(tmp);
    return st;
}

enum status path_check_private(const char *p, struct err *e)
{
    struct stat sb;
    if (stat(p, &sb) != 0)
        return io_error(e, "read", p);
    if (sb.st_mode & (S_IRWXG | S_IRWXO))
        return err_set(e, ST_DENIED,
                       "%s holds a password and others can read it (mode %04o): chmod 600 %s", p,
                       (unsigned)(sb.st_mode & 07777), p);
    if (sb.st_uid != geteuid() && sb.st_uid != 0 && geteuid() != 0)
        return err_set(e, ST_DENIED, "%s holds a password and belongs to another user", p);
    return ST_OK;
}
