#include "pgdba/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/path.h"
#include "pgdba/base/utf8.h"

struct log {
    int fd;
    enum log_level least;
    const struct clock *clock;
};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

enum status log_open(struct log **out, const char *path, enum log_level least,
                     const struct clock *clock, struct err *e)
{
    *out = NULL;
    enum status st = path_mkdirs_for(path, e);
    if (st != ST_OK)
        return st;
    /* O_NONBLOCK: whatever lies there, a line must never wait. */
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
    if (fd < 0)
        return err_set(e, ST_IO, "cannot open the log %s: %s", path, strerror(errno));
    struct log *l = xcalloc(1, sizeof *l);
    *l = (struct log){.fd = fd, .least = least, .clock = clock};
    *out = l;
    return ST_OK;
}

void log_free(struct log *l)
{
    if (!l)
        return;
    close(l->fd);
    free(l);
}

void log_write(struct log *l, enum log_level lv, const char *fmt, ...)
{
    if (!l || lv < l->least)
        return;
    struct buf b;
    buf_init(&b);
    va_list ap;
    va_start(ap, fmt);
    buf_vaddf(&b, fmt, ap);
    va_end(ap);
    struct arena a;
    arena_init(&a);
    char when[FMT_MAX];
    char *line = arena_printf(&a, "%s %s %s\n", fmt_time_iso(when, clock_wall(l->clock)),
                              level_names[lv], utf8_clean(&a, b.s, b.len));
    /* One write a line; a full disk loses the line, not the program. */
    ssize_t n = write(l->fd, line, strlen(line));
    (void)n;
    arena_release(&a);
    buf_release(&b);
}
