/* probe start: asks through an application's route until it is ended, and says what it saw. */
#include <stdlib.h>

#include "cli_private.h"
#include "pgdba/base/fmt.h"

#define ROWS_TIMEOUT (3 * USEC_PER_SEC)
#define A_MOMENT     (2 * USEC_PER_SEC)

static const struct probe_view *view(const struct app *a)
{
    return app_snapshot(a)->probe;
}

/* ---- the report, as text */

static void print_failures(const struct probe_view *v, FILE *out)
{
    const char *sep = " (";
    for (int i = 0; i < PROBE_FAILURE_COUNT; i++) {
        if (i == PROBE_OK || !v->by_failure[i])
            continue;
        fprintf(out, "%s%s %lld", sep, probe_failure_name((enum probe_failure)i),
                (long long)v->by_failure[i]);
        sep = ", ";
    }
    fputs(v->failed ? ")\n" : "\n", out);
}

static void print_outages(struct cli *c, const struct probe_view *v)
{
    FILE *out = c->opt->out;
    char t[FMT_MAX], u[FMT_MAX];
    if (!v->noutages) {
        fputs("No outage was seen.\n", out);
        return;
    }
    fprintf(out, "Outages%s: longest %s, %s in all\n",
            v->noutages == PROBE_OUTAGES ? " (the last of them)" : "",
            fmt_duration(t, v->longest_us), fmt_duration(u, v->total_us));
    for (int i = v->noutages - 1; i >= 0; i--) {
        const struct probe_outage *o = &v->outages[i];
        fprintf(out, "  %s  %s, %d failed attempt%s, the first: %s\n",
                cli_stamp(&c->arena, o->from_wall_us),
                o->to_us ? fmt_duration(t, o->to_us - o->from_us) : "goes on", o->failures,
                o->failures == 1 ? "" : "s", probe_failure_name(o->first));
    }
}

static void print_rows(const struct probe_view *v, FILE *out)
{
    if (!v->write || !v->noutages)
        return; /* without an outage every row was acknowledged, and nothing was looked up */
    if (v->lost < 0)
        fputs("Its rows could not be looked up: whether any is lost is not known.\n", out);
    else
        fprintf(out, "Rows acknowledged and lost: %lld; not acknowledged and there: %lld\n",
                (long long)v->lost, (long long)v->ghosts);
}

static void print_report(struct cli *c, const struct probe_view *v)
{
    FILE *out = c->opt->out;
    char t[FMT_MAX], every[FMT_MAX];
    fprintf(out, "%s probe through %s, every %s for %s\n", v->write ? "Write" : "Read", v->route,
            fmt_duration(every, v->every_us), fmt_duration(t, v->asked_us - v->started_us));
    fprintf(out, "%lld attempts: %lld answered, %lld failed", (long long)v->sent, (long long)v->ok,
            (long long)v->failed);
    print_failures(v, out);
    print_outages(c, v);
    print_rows(v, out);
    if (v->ok)
        fprintf(out, "Answered last by %s, %s, in %s\n", *v->server ? v->server : "a server here",
                v->in_recovery ? "in recovery" : "a primary", fmt_duration(t, v->latency_us));
}

/* ---- and as a document */

static void put_ms(struct wire_json *j, const char *key, int64_t us)
{
    wire_json_real(j, key, (double)us / USEC_PER_MS);
}

static void put_time(struct wire_json *j, const char *key, int64_t wall_us)
{
    char t[FMT_MAX];
    wire_json_str(j, key, wall_us ? fmt_time_iso(t, wall_us) : NULL);
}

static void put_outages(struct wire_json *j, const struct probe_view *v)
{
    struct wire_json *list = wire_json_add_array(j, "outages");
    for (int i = v->noutages - 1; i >= 0; i--) {
        const struct probe_outage *o = &v->outages[i];
        struct wire_json *k = wire_json_add_object(list, NULL);
        put_time(k, "from", o->from_wall_us);
        put_time(k, "to", o->to_wall_us);
        put_ms(k, "duration_ms", (o->to_us ? o->to_us : v->asked_us) - o->from_us);
        wire_json_bool(k, "open", o->to_us == 0);
        wire_json_int(k, "failures", o->failures);
        wire_json_str(k, "first_failure", probe_failure_key(o->first));
    }
}

static void put_report(struct wire_json *root, const struct probe_view *v)
{
    struct wire_json *j = wire_json_add_object(root, "probe");
    wire_json_str(j, "route", v->route);
    wire_json_bool(j, "write", v->write);
    put_ms(j, "every_ms", v->every_us);
    put_time(j, "started", v->started_wall_us);
    put_ms(j, "duration_ms", v->asked_us - v->started_us);
    wire_json_int(j, "attempts", v->sent);
    wire_json_int(j, "answered", v->ok);
    wire_json_int(j, "failed", v->failed);
    struct wire_json *kinds = wire_json_add_object(j, "failures");
    for (int i = 0; i < PROBE_FAILURE_COUNT; i++)
        if (i != PROBE_OK && v->by_failure[i])
            wire_json_int(kinds, probe_failure_key((enum probe_failure)i), v->by_failure[i]);
    put_ms(j, "longest_outage_ms", v->longest_us);
    put_ms(j, "total_outage_ms", v->total_us);
    put_outages(j, v);
    wire_json_int(j, "lost_rows", v->lost < 0 ? INT64_MIN : v->lost);
    wire_json_int(j, "ghost_rows", v->ghosts < 0 ? INT64_MIN : v->ghosts);
    wire_json_str(j, "server", *v->server ? v->server : NULL);
    if (v->ok)
        wire_json_bool(j, "in_recovery", v->in_recovery);
    else
        wire_json_null(j, "in_recovery");
}

/* ---- while it runs */

static void on_event(void *arg, const struct event *e)
{
    struct cli *c = arg;
    struct buf b;
    if (c->json || e->source != SYS_PROBE)
        return;
    buf_init(&b);
    cli_event_text(e, &c->arena, &b);
    fputs(b.s, c->opt->out);
    cli_flush(c);
    buf_release(&b);
}

static void on_error(void *arg, const char *text)
{
    cli_error(arg, ST_FAILED, text);
}

static bool runs(void *arg)
{
    return app_probe_running(arg);
}

static bool runs_no_more(void *arg)
{
    return !app_probe_running(arg);
}

/* Its last word is in the picture. */
static bool has_ended(void *arg)
{
    return !view(arg) || !view(arg)->running;
}

static bool rows_known(void *arg)
{
    const struct probe_view *v = view(arg);
    return !v || !v->write || !v->noutages || v->out || v->lost >= 0;
}

static int follow(struct cli *c, struct wire_json *doc)
{
    app_subscribe(c->app, &(struct app_subscriber){.arg = c, .event = on_event, .error = on_error});
    if (!app_run_until(c->app, runs, c->app, cli_now(c) + A_MOMENT))
        return CLI_FAILED;
    if (!invocation_has(c->inv, "--for"))
        fputs("The probe runs; Ctrl-C ends it.\n", c->opt->err);
    cli_run_span(&(struct cli_span){.c = c, .done = runs_no_more, .arg = c->app});
    app_run_until(c->app, rows_known, c->app, cli_now(c) + ROWS_TIMEOUT);
    app_probe_stop(c->app);
    app_run_until(c->app, has_ended, c->app, cli_now(c) + A_MOMENT);
    const struct probe_view *v = view(c->app);
    if (!v)
        return cli_error(c, ST_FAILED, "the probe was ended before its first attempt was");
    if (doc)
        put_report(doc, v);
    else
        print_report(c, v);
    return CLI_HEALTHY;
}

static enum status start(struct cli *c, struct err *e)
{
    const char *every = invocation_get(c->inv, "--every");
    struct probe_request r = {.via = invocation_get(c->inv, "--via")};
    if (every)
        fmt_parse_duration(every, &r.every_us); /* the parser has checked it */
    return app_probe_start(c->app, &r, e);
}

static int read_probe(struct cli *c, struct wire_json **doc)
{
    struct err e = ERR_INIT;
    if (invocation_has(c->inv, "--dry-run"))
        return cli_error(c, ST_USAGE, "a read probe changes nothing: --dry-run goes with --write");
    int code = cli_open(c);
    if (code != CLI_HEALTHY)
        return code;
    enum status st = start(c, &e);
    if (st == ST_OK && c->json)
        *doc = cli_json_begin("probe", app_snapshot(c->app)->cluster, app_now_wall_us(c->app));
    code = st == ST_OK ? follow(c, *doc) : cli_error(c, st, err_text(&e));
    err_release(&e);
    return code;
}

/* Its schema is made first, by a plan; app/ starts it when that is done. */
static int write_probe(struct cli *c, struct wire_json **doc)
{
    bool done;
    int code = cli_carry_out(c, "probe", doc, &done);
    return done ? follow(c, *doc) : code;
}

int cli_probe(struct cli *c)
{
    struct wire_json *doc = NULL;
    int code = invocation_has(c->inv, "--write") ? write_probe(c, &doc) : read_probe(c, &doc);
    if (doc)
        cli_json_print(doc, c->opt->out);
    return code;
}
