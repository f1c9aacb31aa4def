/* record: what the sources say, into a file, until it is ended. */
#include <stdlib.h>

#include "cli_private.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/fmt.h"

/* A full disk stops it: app/ has said why. */
static bool has_stopped(void *arg)
{
    struct recording_state r;
    app_recording(arg, &r);
    return !r.on;
}

static int end(struct cli *c)
{
    struct recording_state r;
    char bytes[FMT_MAX], span[FMT_MAX];
    app_recording(c->app, &r);
    if (!r.on)
        return CLI_FAILED;
    char *path = xstrdup(r.path);
    int64_t started_us = r.started_us;
    app_record_stop(c->app); /* what is queued gets its place in the file first */
    fprintf(c->opt->out, "Recorded %llu lines, %s, in %s: %s\nPlay it with: pgdba replay %s\n",
            (unsigned long long)r.lines, fmt_bytes(bytes, (int64_t)r.bytes),
            fmt_duration(span, cli_now(c) - started_us), path, path);
    free(path);
    return CLI_HEALTHY;
}

int cli_record(struct cli *c)
{
    const char *path = invocation_get(c->inv, "FILE");
    struct err e = ERR_INIT;
    int code = cli_open(c);
    app_show_leases(c->app, true); /* the early warning, and the last sign of a dead leader */
    if (code != CLI_HEALTHY)
        return code;
    enum status st = app_record_start(c->app, path, &e);
    if (st != ST_OK) {
        code = cli_error(c, st, err_text(&e));
        err_release(&e);
        return code;
    }
    if (!invocation_has(c->inv, "--for"))
        fprintf(c->opt->err, "Recording to %s; Ctrl-C ends it.\n", path);
    cli_run_span(&(struct cli_span){.c = c, .done = has_stopped, .arg = c->app});
    return end(c);
}
