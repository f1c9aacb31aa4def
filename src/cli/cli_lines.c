/*
 * Lines for whoever reads them, without ever waiting for him: a pager that stands still must not
 * stop the loop, or what is told afterwards would be late, and silences would be seen that are our
 * own.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "cli_private.h"

#define END_TIMEOUT (2 * USEC_PER_SEC)

enum { QUEUE_MAX = 16 << 20 };

void cli_lines_init(struct cli_lines *l, struct cli *c)
{
    *l = (struct cli_lines){.c = c};
    buf_init(&l->queue);
}

bool cli_lines_over(void *arg)
{
    const struct cli_lines *l = arg;
    return l->error || l->c->reader_gone;
}

static void fail(struct cli_lines *l, int error)
{
    if (error == EPIPE)
        l->c->reader_gone = true;
    else
        l->error = error;
}

static void drain(void *arg);

static void wait_for_room(struct cli_lines *l, int fd)
{
    if (l->queue.len - l->sent > QUEUE_MAX) {
        fail(l, ENOBUFS);
        return;
    }
    if (!l->waiting)
        app_when_writable(l->c->app, fd, drain, l);
    l->waiting = true;
}

/* Where poll() sees room in a pipe, PIPE_BUF bytes do not block. */
static void drain_to(struct cli_lines *l, int fd)
{
    while (l->sent < l->queue.len && !cli_lines_over(l)) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        size_t left = l->queue.len - l->sent;
        if (poll(&p, 1, 0) <= 0) {
            wait_for_room(l, fd);
            return;
        }
        ssize_t n = write(fd, l->queue.s + l->sent, left < PIPE_BUF ? left : PIPE_BUF);
        if (n >= 0)
            l->sent += (size_t)n;
        else if (errno != EINTR)
            fail(l, errno);
    }
    buf_clear(&l->queue);
    l->sent = 0;
}

static void drain(void *arg)
{
    struct cli_lines *l = arg;
    l->waiting = false;
    drain_to(l, fileno(l->c->opt->out));
}

void cli_lines_put(struct cli_lines *l, const char *text)
{
    int fd = fileno(l->c->opt->out);
    if (fd < 0) { /* memory, in a test */
        fputs(text, l->c->opt->out);
        return;
    }
    if (cli_lines_over(l))
        return;
    buf_puts(&l->queue, text);
    drain_to(l, fd);
}

static bool written(void *arg)
{
    const struct cli_lines *l = arg;
    return l->queue.len == 0 || cli_lines_over(arg);
}

int cli_lines_end(struct cli_lines *l)
{
    int code = CLI_HEALTHY;
    if (!app_run_until(l->c->app, written, l, cli_now(l->c) + END_TIMEOUT))
        l->error = ENOBUFS;
    if (l->error == ENOBUFS)
        code = cli_error(l->c, ST_IO, "cannot write the output: it is not read fast enough");
    else if (l->error)
        code = cli_error(
            l->c, ST_IO,
            arena_printf(&l->c->arena, "cannot write the output: %s", strerror(l->error)));
    if (l->waiting)
        app_when_writable(l->c->app, -1, NULL, NULL);
    buf_release(&l->queue);
    return code;
}
