/*
 * net/proc.c: a command and its two pipes. The end is told when the command has exited and its
 * output is closed; a daemon that it left behind with our pipe (an agent) is not waited for.
 */
#include "pgdba/net/proc.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/utf8.h"
#include "priv.h"

enum { LAST_LINE = 240 }; /* of stderr, enough for people */

static const int64_t GRACE_US = 200 * USEC_PER_MS; /* for the output, after the exit */

struct net_proc {
    struct net_loop *loop;
    net_proc_fn *fn;
    void *arg;
    int64_t timeout_us;

    /* libuv's handles, each a block of its own; NULL when closed. */
    uv_process_t *process;
    uv_pipe_t *out, *err;
    struct net_timer *timer;

    int pid; /* 0: not running */
    int64_t status;
    int signo;
    char *output; /* max + 1 bytes, so that it never moves and leaves no copy behind */
    size_t len, max;
    char said[LAST_LINE + 1]; /* what stderr said last */
    size_t said_len;
    char *why; /* the end, when it is known before the exit */
};

static void drop_handle(uv_handle_t *h)
{
    if (!h)
        return;
    h->data = NULL;
    net_handle_close(h);
}

static void proc_kill(struct net_proc *p)
{
    if (p->pid > 0)
        kill(-p->pid, SIGKILL); /* the whole group: sh may have started others */
    p->pid = 0;
}

static void proc_release(struct net_proc *p)
{
    bool alive = p->pid > 0;

    proc_kill(p);
    if (alive)
        p->process->data = NULL; /* exited() collects it, or it would stay a zombie */
    else
        drop_handle((uv_handle_t *)p->process);
    drop_handle((uv_handle_t *)p->out);
    drop_handle((uv_handle_t *)p->err);
    net_timer_free(p->timer);
    explicit_bzero(p->output, p->max + 1);
    free(p->output);
    free(p->why);
    free(p);
}

static char *last_line(const struct net_proc *p)
{
    const char *text = p->said, *end = text + p->said_len, *start;
    struct arena a;
    char *line;

    while (end > text && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    for (start = end; start > text && start[-1] != '\n'; start--)
        ;
    arena_init(&a);
    line = xstrdup(utf8_clean(&a, start, (size_t)(end - start)));
    arena_release(&a);
    return line;
}

static char *why_it_failed(const struct net_proc *p)
{
    char *line = last_line(p), *why;
    const char *colon = *line ? ": " : "";

    if (p->signo)
        why = xasprintf("command killed by signal %d%s%s", p->signo, colon, line);
    else
        why = xasprintf("command exited with status %d%s%s", (int)p->status, colon, line);
    free(line);
    return why;
}

static void proc_tell(struct net_proc *p)
{
    if (!p->why && (p->status != 0 || p->signo != 0))
        p->why = why_it_failed(p);
    p->output[p->len] = '\0';
    if (p->why)
        p->fn(p->arg, NULL, 0, p->why);
    else
        p->fn(p->arg, p->output, p->len, "");
    proc_release(p);
}

static void fail(struct net_proc *p, char *why)
{
    free(p->why);
    p->why = why;
    net_timer_start(p->timer, 0, 0);
}

/* The deadline, or the end of the grace, or the first chance to tell what is already known. */
static void timer_fired(void *arg)
{
    struct net_proc *p = arg;
    char time[32];

    if (!p->why && p->pid)
        p->why =
            xasprintf("command timed out after %s", net_seconds(time, sizeof time, p->timeout_us));
    proc_tell(p);
}

/* stdout */

static void out_room(uv_handle_t *h, size_t suggested, uv_buf_t *b)
{
    struct net_proc *p = h->data;

    (void)suggested;
    *b = uv_buf_init(p ? p->output + p->len : NULL, p ? (unsigned)(p->max + 1 - p->len) : 0);
}

static void pipe_ended(struct net_proc *p, uv_pipe_t **pipe)
{
    drop_handle((uv_handle_t *)*pipe);
    *pipe = NULL;
    if (!p->pid && !p->out && !p->err)
        net_timer_start(p->timer, 0, 0);
}

static void out_came(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
    struct net_proc *p = s->data;

    (void)b;
    if (!p || n == 0)
        return;
    if (n < 0) {
        pipe_ended(p, &p->out);
        return;
    }
    p->len += (size_t)n;
    if (p->len <= p->max)
        return;
    p->len = p->max;
    uv_read_stop(s);
    fail(p, xasprintf("command printed more than %zu bytes", p->max));
}

/* stderr: a window on its end */

static void err_room(uv_handle_t *h, size_t suggested, uv_buf_t *b)
{
    struct net_proc *p = h->data;

    (void)suggested;
    if (p && p->said_len > LAST_LINE / 2) {
        memmove(p->said, p->said + p->said_len - LAST_LINE / 2, LAST_LINE / 2);
        p->said_len = LAST_LINE / 2;
    }
    *b = uv_buf_init(p ? p->said + p->said_len : NULL, p ? (unsigned)(LAST_LINE - p->said_len) : 0);
}

static void err_came(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
    struct net_proc *p = s->data;

    (void)b;
    if (!p)
        return;
    if (n > 0)
        p->said_len += (size_t)n;
    else if (n < 0)
        pipe_ended(p, &p->err);
}

/* The process */

static void exited(uv_process_t *h, int64_t status, int signo)
{
    struct net_proc *p = h->data;

    if (!p) {
        net_handle_close((uv_handle_t *)h);
        return;
    }
    p->pid = 0;
    p->status = status;
    p->signo = signo;
    if (!p->why)
        net_timer_start(p->timer, p->out || p->err ? GRACE_US : 0, 0);
}

/* Our end of a new pipe; *child gets the other. A real pipe, where libuv would make a socket: a
 * command that opens /dev/stderr must find something that can be opened. */
static uv_pipe_t *pipe_new(struct net_proc *p, int *child)
{
    uv_pipe_t *pipe = xcalloc(1, sizeof *pipe);
    uv_file end[2];

    uv_pipe_init(&p->loop->uv, pipe, 0);
    pipe->data = p;
    *child = -1;
    if (uv_pipe(end, UV_NONBLOCK_PIPE, 0) == 0) {
        uv_pipe_open(pipe, end[0]);
        *child = end[1];
    }
    return pipe;
}

static int proc_spawn(struct net_proc *p, const char *command, int out, int err)
{
    char *argv[] = {"sh", "-c", (char *)command, NULL};
    uv_stdio_container_t io[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = out},
        {.flags = UV_INHERIT_FD, .data.fd = err},
    };
    uv_process_options_t options = {
        .exit_cb = exited,
        .file = "/bin/sh",
        .args = argv,
        /* A session of its own: one kill() for all of it, and no terminal to ask questions on. */
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = 3,
        .stdio = io,
    };
    int rc = UV_EMFILE;

    if (out >= 0 && err >= 0) {
        p->process = xcalloc(1, sizeof *p->process);
        p->process->data = p;
        rc = uv_spawn(&p->loop->uv, p->process, &options);
    }
    if (out >= 0)
        close(out);
    if (err >= 0)
        close(err);
    if (rc != 0)
        return rc;
    p->pid = p->process->pid;
    uv_read_start((uv_stream_t *)p->out, out_room, out_came);
    uv_read_start((uv_stream_t *)p->err, err_room, err_came);
    return 0;
}

struct net_proc *net_proc_run(struct net_loop *l, const char *command, size_t max,
                              int64_t timeout_us, net_proc_fn *fn, void *arg)
{
    struct net_proc *p = xcalloc(1, sizeof *p);
    int rc, out, err;

    p->loop = l;
    p->fn = fn;
    p->arg = arg;
    p->timeout_us = timeout_us;
    p->max = max;
    p->output = xmalloc(max + 1);
    p->out = pipe_new(p, &out);
    p->err = pipe_new(p, &err);
    p->timer = net_timer_new(l, timer_fired, p);
    net_timer_start(p->timer, timeout_us, 0);
    if ((rc = proc_spawn(p, command, out, err)) != 0)
        fail(p, xasprintf("cannot run the command: %s", uv_strerror(rc)));
    return p;
}

void net_proc_cancel(struct net_proc *p)
{
    if (p)
        proc_release(p);
}
