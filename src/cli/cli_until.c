/* Commands that go on until their time is over or somebody ends them. */
#include <errno.h>
#include <poll.h>

#include "cli_private.h"
#include "pgdba/base/fmt.h"

#define A_MINUTE (60 * USEC_PER_SEC)

void cli_flush(struct cli *c)
{
    if (fflush(c->opt->out) != 0 && errno == EPIPE)
        c->reader_gone = true;
}

/* Nothing may be written for hours, and nobody would notice that nobody reads. */
static bool reader_gone(struct cli *c)
{
    struct pollfd p = {.fd = fileno(c->opt->out)};
    if (p.fd >= 0 && poll(&p, 1, 0) > 0 && p.revents & POLLERR)
        c->reader_gone = true;
    return c->reader_gone;
}

static bool over(void *arg)
{
    const struct cli_span *s = arg;
    return app_caught_signal(s->c->app) || ferror(s->c->opt->out) || reader_gone(s->c) ||
           (s->done && s->done(s->arg));
}

void cli_run_span(const struct cli_span *s)
{
    const char *text = invocation_get(s->c->inv, "--for");
    struct cli_span copy = *s;
    int64_t span, end = INT64_MAX;
    if (text && fmt_parse_duration(text, &span))
        end = cli_now(s->c) + span;
    app_catch_signals(s->c->app);
    for (;;) {
        int64_t now = cli_now(s->c);
        if (now >= end)
            return;
        if (app_run_until(s->c->app, over, &copy, end - now < A_MINUTE ? end : now + A_MINUTE))
            return;
    }
}
