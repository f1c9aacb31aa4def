/* query, dsn: a member's PostgreSQL. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli_private.h"
#include "pgdba/analysis/versions.h"
#include "pgdba/base/fmt.h"

/* Columns of the terminal that is written to; 0: it is none, lines may be as long as they are. */
static int columns_of(FILE *out)
{
    struct winsize size;
    int fd = fileno(out);
    return fd >= 0 && isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void cli_print_rows(const struct cli *c, const struct table *t)
{
    struct buf b;
    buf_init(&b);
    table_write(t, columns_of(c->opt->out), &b);
    fputs(b.s, c->opt->out);
    buf_release(&b);
}

void cli_put_rows(struct wire_json *root, const struct table *t)
{
    struct wire_json *columns = wire_json_add_array(root, "columns");
    for (int i = 0; i < t->ncols; i++)
        wire_json_str(columns, NULL, t->cols[i]);
    struct wire_json *rows = wire_json_add_array(root, "rows");
    for (int r = 0; r < t->nrows; r++) {
        struct wire_json *row = wire_json_add_array(rows, NULL);
        for (int i = 0; i < t->ncols; i++)
            wire_json_str(row, NULL, table_get(t, r, i));
    }
}

struct asking {
    struct cli *c;
    bool answered;
    int code;
};

static void print_answer(struct cli *c, const struct query_answer *q)
{
    char took[FMT_MAX];
    if (c->json) {
        struct wire_json *root =
            cli_json_begin("query", app_snapshot(c->app)->cluster, app_now_wall_us(c->app));
        wire_json_str(root, "member", q->member);
        wire_json_str(root, "role", q->role);
        wire_json_str(root, "endpoint", q->endpoint);
        cli_put_rows(root, q->table);
        wire_json_str(root, "tag", q->table->tag);
        cli_json_print(root, c->opt->out);
        return;
    }
    cli_print_rows(c, q->table);
    /* Beside the rows, not among them: who it was that said so. */
    fprintf(c->opt->err, "%s (%s, %s): %s, %s\n", q->member, q->role, q->endpoint,
            *q->table->tag ? q->table->tag : "done", fmt_duration(took, q->latency_us));
}

static void on_answer(void *arg, const struct query_answer *q)
{
    struct asking *k = arg;
    k->answered = true;
    if (!q->error) {
        print_answer(k->c, q);
        k->code = CLI_HEALTHY;
        return;
    }
    char *text = xasprintf("%s (%s): %s", q->member, q->role, q->error);
    k->code = cli_error(k->c, ST_FAILED, text);
    free(text);
}

static bool has_answer(void *arg)
{
    const struct asking *k = arg;
    return k->answered || app_caught_signal(k->c->app);
}

static int ask(struct cli *c)
{
    const char *timeout = invocation_get(c->inv, "--timeout");
    struct asking k = {.c = c, .code = CLI_FAILED};
    struct err e = ERR_INIT;
    struct query_request r = {.member = invocation_get(c->inv, "MEMBER"),
                              .role = invocation_role(c->inv),
                              .dbname = invocation_get(c->inv, "--dbname"),
                              .user = invocation_get(c->inv, "--username"),
                              .sql = invocation_get(c->inv, "SQL")};
    if (!r.member && r.role == MEMBERS_NAMED)
        return cli_error(c, ST_USAGE, "query needs a member's name, or --role");
    if (timeout)
        (void)fmt_parse_duration(timeout, &r.timeout_us); /* the parser has checked it */
    int code = cli_open(c);
    if (code != CLI_HEALTHY)
        return code;
    enum status st = app_query(c->app, &r, on_answer, &k, &e);
    if (st != ST_OK) {
        code = cli_error(c, st, err_text(&e));
        err_release(&e);
        return code;
    }
    app_catch_signals(c->app);
    while (!app_run_until(c->app, has_answer, &k, cli_now(c) + 60 * USEC_PER_SEC))
        continue; /* it has a deadline of its own, and always ends by it */
    if (k.answered)
        return k.code;
    app_query_cancel(c->app);
    return cli_error(c, ST_CANCELLED, "interrupted: the answer was not waited for");
}

int cli_query(struct cli *c)
{
    return invocation_changes(c->inv) ? cli_change(c) : ask(c);
}

int cli_dsn(struct cli *c)
{
    const char *member = invocation_get(c->inv, "MEMBER"), *name, *host_port;
    enum member_role role = invocation_role(c->inv);
    struct err e = ERR_INIT;
    int code = cli_open(c);
    if (code != CLI_HEALTHY)
        return code;
    if (!member && role == MEMBERS_NAMED)
        role = MEMBERS_LEADER;
    enum status st = app_dsn(c->app, member, role, &c->arena, &name, &host_port, &e);
    if (st != ST_OK) {
        code = cli_error(c, st, err_text(&e));
        err_release(&e);
        return code;
    }
    const char *colon = strrchr(host_port, ':');
    bool v6 = *host_port == '[';
    const char *host =
        arena_strndup(&c->arena, host_port + v6, (size_t)(colon - host_port) - (v6 ? 2 : 0));
    if (c->json) {
        struct wire_json *root =
            cli_json_begin("dsn", app_snapshot(c->app)->cluster, app_now_wall_us(c->app));
        wire_json_str(root, "member", name);
        wire_json_str(root, "host", host);
        wire_json_str(root, "port", colon + 1);
        cli_json_print(root, c->opt->out);
    } else {
        fprintf(c->opt->out, "host=%s port=%s\n", host, colon + 1);
    }
    return CLI_HEALTHY;
}

int cli_version(struct cli *c)
{
    int code = cli_open(c);
    if (code != CLI_HEALTHY)
        return code;
    const struct snapshot *s = app_snapshot(c->app);
    const struct table *t = versions_table(s, app_now_us(c->app), &c->arena);
    const char *differ = versions_differ(s, &c->arena);
    if (!s->nmembers)
        return cli_error(c, ST_UNREACHABLE, "no member is known");
    if (c->json) {
        struct wire_json *root = cli_json_begin("version", s->cluster, app_now_wall_us(c->app));
        cli_put_rows(root, t);
        wire_json_str(root, "note", *differ ? differ : NULL);
        cli_json_print(root, c->opt->out);
        return CLI_HEALTHY;
    }
    cli_print_rows(c, t);
    if (*differ)
        fprintf(c->opt->out, "%s\n", differ);
    return CLI_HEALTHY;
}
