/* Changes from the shell: the same plan, checks and verification as in the console. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_private.h"
#include "pgdba/base/fmt.h"

#define OTHERS_TIMEOUT   (2 * USEC_PER_SEC)
#define PASSWORD_TIMEOUT (20 * USEC_PER_SEC) /* app/ ends the command before that */

/* SQL has lines of its own. */
static void print_body(const char *body, FILE *out)
{
    if (!strchr(body, '\n')) {
        fprintf(out, " %s", body);
        return;
    }
    for (const char *line = body; *line; line += *line == '\n') {
        int n = (int)strcspn(line, "\n");
        fprintf(out, "\n      %.*s", n, line);
        line += n;
    }
}

static void print_step(const struct plan_step *s, FILE *out)
{
    fprintf(out, "  %s %s", s->method, s->url);
    if (*s->body)
        print_body(s->body, out);
    fputs(s->authenticated ? "  (with Basic authentication, not shown)\n" : "\n", out);
}

/* What goes and what comes, in colours where they are wanted. */
static void print_line(const char *line, FILE *out)
{
    const char *none = getenv("NO_COLOR"), *colour = "";
    bool wanted = isatty(fileno(out)) && !(none && *none);
    if (wanted && strncmp(line, "+ ", 2) == 0)
        colour = "\033[32m";
    else if (wanted && strncmp(line, "- ", 2) == 0)
        colour = "\033[31m";
    fprintf(out, "  %s%s%s\n", colour, line, *colour ? "\033[m" : "");
}

static void print_candidates(const struct plan *p, FILE *out)
{
    int width = 0;
    for (int i = 0; i < p->ncandidates; i++) {
        int w = (int)strlen(p->candidates[i].name);
        width = w > width ? w : width;
    }
    for (int i = 0; i < p->ncandidates; i++) {
        const struct plan_candidate *c = &p->candidates[i];
        fprintf(out, "%s%c %-*s  %-8s  %s\n", i ? "" : "Who could lead next:\n",
                c->asked_for ? '>' : ' ', width, c->name, fitness_name(c->fitness), c->reason);
    }
}

static void print_plan(const struct plan *p, FILE *out)
{
    fprintf(out, "%s\n", p->title);
    for (int i = 0; i < p->nlines; i++)
        print_line(p->lines[i], out);
    fputs("Checks:\n", out);
    for (int i = 0; i < p->nchecks; i++)
        fprintf(out, "  %-5s  %s\n", check_verdict_name(p->checks[i].verdict), p->checks[i].reason);
    print_candidates(p, out);
    fputs("Requests:\n", out);
    for (int i = 0; i < p->nsteps; i++)
        print_step(&p->steps[i], out);
}

static void print_checks(const struct plan *p, enum check_verdict verdict, FILE *err)
{
    for (int i = 0; i < p->nchecks; i++)
        if (p->checks[i].verdict == verdict)
            fprintf(err, "pgdba: %s: %s\n", verdict == CHECK_BLOCK ? "refused" : "warning",
                    p->checks[i].reason);
}

#define A_WHILE (100 * USEC_PER_MS)

static bool has_input(void *arg)
{
    struct pollfd p = {.fd = *(const int *)arg, .events = POLLIN};
    return poll(&p, 1, 0) != 0; /* what cannot be polled is read */
}

/* The cluster is looked at while the operator reads and types, for it is what is checked then: what
 * nobody has asked for minutes looks like a silence. */
static void wait_for_input(struct cli *c)
{
    int fd = fileno(c->opt->in);
    while (fd >= 0 && c->opt->interactive &&
           !app_run_until(c->app, has_input, &fd, cli_now(c) + A_WHILE))
        continue;
}

/* One line from the operator without its newline; NULL at the end of input. */
static char *read_line(struct cli *c)
{
    wait_for_input(c);
    char *line = NULL;
    size_t cap = 0;
    ssize_t n = getline(&line, &cap, c->opt->in);
    if (n < 0) {
        free(line);
        return NULL;
    }
    if (n && line[n - 1] == '\n')
        line[n - 1] = 0;
    return line;
}

static bool says_yes(const char *answer)
{
    return strcmp(answer, "y") == 0 || strcmp(answer, "yes") == 0;
}

static bool types(struct cli *c, struct confirm_word w)
{
    fprintf(c->opt->err, "Type %s (%s) to go on: ", w.what, w.word);
    fflush(c->opt->err);
    char *answer = read_line(c);
    bool ok = answer && strcmp(answer, w.word) == 0;
    free(answer);
    return ok;
}

static bool confirmed(struct cli *c, const struct plan *p)
{
    if (p->confirm == CONFIRM_YES)
        return cli_asks(c, "Go on? [y/N] ");
    for (int i = 0; i < plan_nwords(p); i++)
        if (!types(c, plan_word(p, i)))
            return false;
    return true;
}

bool cli_asks(struct cli *c, const char *question)
{
    fputs(question, c->opt->err);
    fflush(c->opt->err);
    char *answer = read_line(c);
    bool ok = answer && says_yes(answer);
    free(answer);
    return ok;
}

/* While the operator read the plan, time went by: the re-check wants a picture made after the
 * answer. */
struct newer {
    struct app *app;
    const struct plan *plan;
};

/* The members too: one that has gone silent since is what the re-check is there to see. */
static bool is_newer(void *arg)
{
    const struct newer *n = arg;
    return app_looked_since(n->app, n->plan, n->plan->looked_us);
}

static void look_again(struct cli *c, struct plan *p)
{
    struct newer n = {c->app, p};
    p->looked_us = cli_now(c);
    app_refresh_now(c->app);
    app_run_until(c->app, is_newer, &n, cli_now(c) + 5 * USEC_PER_SEC);
}

/* A wait is told when it has lasted, and not with each look. */
#define WAIT_SAID (5 * USEC_PER_SEC)

struct follower {
    struct cli *cli;
    int said;       /* phases printed */
    int64_t say_us; /* when the last line was printed; monotonic */
};

/* A long copy in a shell: that it goes on, and how far it is. */
static void say_wait(struct follower *f, const struct operation *op)
{
    char t[FMT_MAX];
    int64_t now = cli_now(f->cli);
    if (op->state != OP_RUNNING || !*op->waiting_for || now - f->say_us < WAIT_SAID)
        return;
    fprintf(f->cli->opt->out, "  %8s  waiting for %s\n", fmt_duration(t, now - op->started_us),
            op->waiting_for);
    fflush(f->cli->opt->out);
    f->say_us = now;
}

static void on_operation(void *arg, const struct operation *op)
{
    struct follower *f = arg;
    if (f->cli->json)
        return;
    for (; f->said < op->nphases; f->said++) {
        const struct op_phase *p = &op->phases[f->said];
        char t[FMT_MAX];
        if (p->state == PHASE_SKIPPED)
            continue; /* passed between two looks */
        if (p->state != PHASE_DONE && p->state != PHASE_FAILED)
            break;
        fprintf(f->cli->opt->out, "  %8s  %s%s%s%s\n",
                p->at_us ? fmt_duration(t, p->at_us - op->started_us) : "", p->name,
                p->state == PHASE_FAILED ? " failed" : "", p->note && *p->note ? ": " : "",
                p->note ? p->note : "");
        fflush(f->cli->opt->out);
        f->say_us = cli_now(f->cli);
    }
    say_wait(f, op);
}

static void on_error(void *arg, const char *text)
{
    struct follower *f = arg;
    cli_error(f->cli, ST_FAILED, text);
}

static bool ended(void *arg)
{
    return !app_operation_running(arg) || app_caught_signal(arg);
}

#define LET_GO (30 * USEC_PER_SEC)

static bool let_go(void *arg)
{
    return !app_operation_running(arg);
}

static int follow(struct cli *c)
{
    struct follower f = {.cli = c, .say_us = cli_now(c)};
    app_subscribe(
        c->app, &(struct app_subscriber){.arg = &f, .operation = on_operation, .error = on_error});
    /* The operation has its own deadline and always ends by it. */
    app_catch_signals(c->app);
    while (!app_run_until(c->app, ended, c->app, cli_now(c) + 60 * USEC_PER_SEC))
        continue;
    if (app_operation_running(c->app) && app_operation_interrupt(c->app))
        app_run_until(c->app, let_go, c->app, cli_now(c) + LET_GO);
    const struct operation *op = app_operation(c->app);
    on_operation(&f, op);
    app_subscribe(c->app, &(struct app_subscriber){0});
    if (op->state == OP_RUNNING)
        return cli_error(
            c, ST_FAILED,
            "interrupted: it goes on in the cluster and is no longer followed; look at "
            "pgdba status before anything is sent again");
    static const int codes[] = {
        [OP_DONE] = CLI_HEALTHY,  [OP_DONE_ELSEWHERE] = CLI_FAILED, [OP_REFUSED] = CLI_REFUSED,
        [OP_FAILED] = CLI_FAILED, [OP_UNKNOWN] = CLI_FAILED,        [OP_RUNNING] = CLI_FAILED};
    if (!c->json && op->result)
        cli_print_rows(c, op->result);
    if (!c->json)
        fprintf(c->opt->out, "%s: %s\n", op_state_name(op->state), op->outcome);
    return codes[op->state];
}

static int decline(struct cli *c, struct plan *p, const char *why)
{
    app_decline(c->app, p, why);
    return CLI_REFUSED;
}

static int run_plan(struct cli *c, struct plan *p, struct wire_json *doc)
{
    struct err e = ERR_INIT;
    if (p->worst == CHECK_BLOCK) {
        print_checks(p, CHECK_BLOCK, c->opt->err);
        return decline(c, p, "blocked by a check");
    }
    if (app_read_only(c->app)) {
        cli_error(c, ST_DENIED, "this cluster is read-only here: nothing is sent");
        return decline(c, p, "read-only");
    }
    if (invocation_has(c->inv, "--yes") && !p->always_asked) {
        if (p->worst == CHECK_WARN && !invocation_has(c->inv, "--force-warnings")) {
            print_checks(p, CHECK_WARN, c->opt->err);
            cli_error(c, ST_REFUSED,
                      "a check warns, which --yes does not answer: give --force-warnings too to "
                      "go on all the same");
            return decline(c, p, "warnings were not confirmed");
        }
        p->accepted = p->worst == CHECK_WARN ? "--force-warnings" : NULL;
    } else {
        if (!c->opt->interactive) {
            cli_error(c, ST_USAGE,
                      p->always_asked
                          ? "no terminal to ask on: this is always asked for"
                          : "no terminal to ask on: give --yes to go on without a question");
            return decline(c, p, "not confirmed: no terminal");
        }
        if (!confirmed(c, p)) {
            cli_error(c, ST_CANCELLED, "not confirmed: nothing was sent");
            return decline(c, p, "not confirmed");
        }
        if (p->worst == CHECK_WARN && !cli_asks(c, "It has warnings. Go on all the same? [y/N] ")) {
            cli_error(c, ST_CANCELLED, "not confirmed: nothing was sent");
            return decline(c, p, "declined for its warnings");
        }
        p->accepted = p->worst == CHECK_WARN ? "asked" : NULL;
        look_again(c, p);
    }
    enum status st = app_execute(c->app, p, &e);
    int code = st == ST_OK ? follow(c) : cli_error(c, st, err_text(&e));
    if (st == ST_OK && doc)
        cli_json_operation(doc, app_operation(c->app));
    err_release(&e);
    return code;
}

static bool has_password(void *arg)
{
    return app_has_password(arg);
}

struct planning {
    const struct app *app;
    enum action_kind kind;
};

static bool ready(void *arg)
{
    const struct planning *p = arg;
    return app_plan_ready(p->app, p->kind);
}

static bool settled(void *arg)
{
    return app_acting_settled(arg);
}

static struct plan *make_plan(struct cli *c, const struct request *r, int *code)
{
    struct err e = ERR_INIT;
    struct plan *p = NULL;
    app_run_until(c->app, has_password, c->app, cli_now(c) + PASSWORD_TIMEOUT);
    app_run_until(c->app, ready, &(struct planning){c->app, r->kind}, cli_now(c) + OTHERS_TIMEOUT);
    enum status st = app_plan(c->app, r, &p, &e);
    *code = st == ST_OK ? CLI_HEALTHY : cli_error(c, st, err_text(&e));
    err_release(&e);
    return p;
}

int cli_carry_out_request(struct cli *c, const struct request *r, const char *document,
                          struct wire_json **doc, bool *done)
{
    int code;
    struct plan *p = make_plan(c, r, &code);
    *done = false;
    if (!p)
        return code;
    if (c->json)
        *doc = cli_json_begin(document, p->cluster, app_now_wall_us(c->app));
    if (*doc)
        cli_json_plan(*doc, p);
    else
        print_plan(p, c->opt->out);
    fflush(c->opt->out);
    if (invocation_has(c->inv, "--dry-run")) {
        code = p->worst == CHECK_BLOCK ? CLI_REFUSED : CLI_HEALTHY;
        if (!*doc)
            fputs("Dry run: nothing was sent.\n", c->opt->out);
        app_plan_free(c->app, p);
        return code;
    }
    code = run_plan(c, p, *doc);
    app_run_until(c->app, settled, c->app, cli_now(c) + OTHERS_TIMEOUT);
    *done = code == CLI_HEALTHY;
    return code;
}

int cli_carry_out(struct cli *c, const char *document, struct wire_json **doc, bool *done)
{
    struct request r;
    struct err e = ERR_INIT;
    struct clock real = clock_real();
    struct follower f = {.cli = c, .say_us = cli_now(c)};
    *done = false;
    app_subscribe(c->app, &(struct app_subscriber){.arg = &f, .error = on_error});
    enum status st = command_request(c->inv, clock_wall(&real), &r, &e);
    int code = st == ST_OK ? cli_open(c) : cli_error(c, st, err_text(&e));
    err_release(&e);
    if (code == CLI_HEALTHY)
        code = cli_carry_out_request(c, &r, document, doc, done);
    app_subscribe(c->app, &(struct app_subscriber){0});
    return code;
}

int cli_change(struct cli *c)
{
    struct wire_json *doc = NULL;
    bool done;
    int code = cli_carry_out(c, "change", &doc, &done);
    if (doc)
        cli_json_print(doc, c->opt->out);
    return code;
}
