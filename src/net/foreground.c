/* net/foreground.c: a command that has the terminal. */
#include "pgdba/net/foreground.h"

#include <stdlib.h>
#include <unistd.h>

#include "pgdba/base/buf.h"
#include "priv.h"

struct net_foreground {
    uv_process_t *process; /* a block of its own: libuv closes it later */
    struct net_timer *timer;
    net_foreground_fn *fn;
    void *arg;
    int error; /* of the start */
};

static void finish(struct net_foreground *f, char *why)
{
    net_foreground_fn *fn = f->fn;
    void *arg = f->arg;

    net_timer_free(f->timer);
    free(f);
    fn(arg, why);
    free(why);
}

static void exited(uv_process_t *h, int64_t status, int signo)
{
    struct net_foreground *f = h->data;

    net_handle_close((uv_handle_t *)h);
    if (!f)
        return;
    finish(f, signo         ? xasprintf("it was killed by signal %d", signo)
              : status != 0 ? xasprintf("it ended with status %d", (int)status)
                            : NULL);
}

static void not_started(void *arg)
{
    struct net_foreground *f = arg;

    finish(f, xasprintf("it cannot be run: %s", uv_strerror(f->error)));
}

struct net_foreground *net_foreground_run(struct net_loop *l, const char *command, const char *file,
                                          net_foreground_fn *fn, void *arg)
{
    struct net_foreground *f = xcalloc(1, sizeof *f);
    char *script = xasprintf("%s \"$1\"", command);
    char *argv[] = {"sh", "-c", script, "sh", (char *)file, NULL};
    int out = isatty(STDOUT_FILENO) ? STDOUT_FILENO : STDIN_FILENO; /* stdout may be a file */
    uv_stdio_container_t io[3] = {
        {.flags = UV_INHERIT_FD, .data.fd = STDIN_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = out},
        {.flags = UV_INHERIT_FD, .data.fd = out},
    };
    uv_process_options_t options = {
        .exit_cb = exited, .file = "/bin/sh", .args = argv, .stdio_count = 3, .stdio = io};

    f->fn = fn;
    f->arg = arg;
    f->timer = net_timer_new(l, not_started, f);
    f->process = xcalloc(1, sizeof *f->process);
    f->process->data = f;
    f->error = uv_spawn(&l->uv, f->process, &options);
    if (f->error != 0) {
        f->process->data = NULL;
        net_handle_close((uv_handle_t *)f->process);
        f->process = NULL;
        net_timer_start(f->timer, 0, 0);
    }
    free(script);
    return f;
}

void net_foreground_leave(struct net_foreground *f)
{
    if (!f)
        return;
    if (f->process)
        f->process->data = NULL; /* exited() collects it */
    net_timer_free(f->timer);
    free(f);
}
