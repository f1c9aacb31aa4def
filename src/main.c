/* main.c: picks console or command from argv. */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgdba/analysis/health.h"
#include "pgdba/analysis/preflight.h"
#include "pgdba/app/app.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/path.h"
#include "pgdba/cli/cli.h"
#include "pgdba/command/command.h"
#include "pgdba/config/cluster.h"
#include "pgdba/config/settings.h"
#include "pgdba/console/console.h"
#include "pgdba/console/keymap.h"

struct start {
    struct arena arena;
    struct clock clock;
    struct settings settings;
    struct global_options globals;
    struct log *log;
    struct err err;
};

/* Passwords live in this process: no core file, no reading by others of the same user. */
static void keep_secrets_in(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__) && defined(PR_SET_DUMPABLE)
    prctl(PR_SET_DUMPABLE, 0); /* the leak checker needs to trace its own process */
#endif
}

/* Started with one of them closed (>&-), the next file or socket would take its number, and be
 * written to. The wrong way round, so that using it fails and is told. */
static void fill_standard_fds(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static int fail(struct start *s, enum status st)
{
    return cli_fail(stderr, st, err_text(&s->err));
}

/* ---- which cluster */

static struct cluster_config *from_urls(struct start *s)
{
    struct cluster_config *c = cluster_config_new("unregistered");
    const struct global_options *g = &s->globals;
    const char **urls = arena_array(&c->arena, (size_t)g->npatroni_urls, const char *);
    for (int i = 0; i < g->npatroni_urls; i++) {
        size_t n = strlen(g->patroni_urls[i]);
        while (n && g->patroni_urls[i][n - 1] == '/')
            n--;
        urls[i] = arena_strndup(&c->arena, g->patroni_urls[i], n);
    }
    c->patroni.urls = urls;
    c->patroni.nurls = g->npatroni_urls;
    if (cluster_config_check(c, &s->err) == ST_OK)
        return c;
    cluster_config_free(c);
    return NULL;
}

static struct cluster_config *the_only_one(struct start *s, bool required)
{
    struct cluster_list l;
    struct cluster_config *c = NULL;
    if (cluster_list_load(&l, &s->err) != ST_OK)
        return NULL;
    if (l.n == 1)
        cluster_config_find(l.v[0].name, &c, &s->err);
    else if (required && l.n == 0)
        err_set(&s->err, ST_USAGE,
                "no cluster is registered: pgdba cluster connect --name NAME --patroni-url URL, or "
                "pgdba --patroni-url URL to look at one without registering it");
    else if (required) {
        struct buf names;
        buf_init(&names);
        for (int i = 0; i < l.n; i++)
            buf_addf(&names, "%s%s", i ? ", " : "", l.v[i].name);
        err_set(&s->err, ST_USAGE, "which cluster? Give --cluster with one of: %s", names.s);
        buf_release(&names);
    }
    cluster_list_release(&l);
    return c;
}

/* NULL with s->err set when it cannot be found; NULL without when none is needed. */
static struct cluster_config *find_cluster(struct start *s, bool required)
{
    struct cluster_config *c = NULL;
    if (s->globals.cluster && s->globals.npatroni_urls)
        err_set(&s->err, ST_USAGE,
                "--cluster %s and --patroni-url %s may be two clusters: give one of the two",
                s->globals.cluster, s->globals.patroni_urls[0]);
    else if (s->globals.cluster)
        cluster_config_find(s->globals.cluster, &c, &s->err);
    else if (s->globals.npatroni_urls)
        c = from_urls(s);
    else
        c = the_only_one(s, required);
    return c;
}

/* ---- what to run */

/* Who stays and looks keeps what happened; a read of a moment does not. */
static bool keeps_events(const struct invocation *inv)
{
    return !inv || inv->id == CMD_WATCH || inv->id == CMD_RECORD || inv->id == CMD_PROBE_START;
}

/* Two thousand events are not read for a list of members. */
static bool skips_events(const struct invocation *inv)
{
    return inv && inv->id != CMD_EVENTS && inv->id != CMD_WATCH;
}

/* Who stays, and who is about to change something, hears of what was left without an end. */
static bool looks_back(const struct invocation *inv)
{
    return !inv || keeps_events(inv) || invocation_changes(inv);
}

/* inv: the shell's command, NULL for the console. */
static struct app *new_app(struct start *s, const struct invocation *inv)
{
    struct app_options opt = {.clock = &s->clock,
                              .log = s->log,
                              .settings = &s->settings,
                              .keep_events = keeps_events(inv),
                              .skip_events = skips_events(inv),
                              .look_back = looks_back(inv)};
    opt.refresh_us = s->globals.refresh_us ? s->globals.refresh_us : s->settings.refresh_us;
    opt.read_only = s->globals.read_only || s->settings.read_only;
    return app_new(&opt);
}

/* What the command line says wins over the cluster's file. */
static void apply_globals(const struct start *s, struct cluster_config *c)
{
    if (c && s->globals.refresh_us)
        c->refresh_us = s->globals.refresh_us;
}

static bool has_terminal(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* The app is open, or st says why it is not. Frees it. */
static int show(struct start *s, struct app *app, enum status st)
{
    if (st == ST_OK) {
        struct console_options opt = {.clock = &s->clock,
                                      .settings = &s->settings,
                                      .theme = s->globals.theme,
                                      .ascii = s->globals.ascii};
        st = console_run(app, &opt, &s->err);
    }
    int code = st == ST_OK ? 0 : fail(s, st);
    if (app_must_exit_hard(app)) {
        /* A name look-up hangs in a thread that nothing can stop; the terminal has been given
         * back, and the audit log gets its last word. */
        app_leave(app);
        fflush(NULL);
        _exit(code);
    }
    app_free(app);
    return code;
}

static int run_console(struct start *s)
{
    if (!has_terminal()) {
        err_set(&s->err, ST_USAGE,
                "the console needs a terminal; for a script there is: pgdba status --format json");
        return fail(s, ST_USAGE);
    }
    struct cluster_config *c = find_cluster(s, true);
    if (!c)
        return fail(s, s->err.status);
    apply_globals(s, c);
    struct app *app = new_app(s, NULL);
    return show(s, app, app_open(app, c, &s->err));
}

/* ---- the console on a recording */

static char *demo_file(const struct invocation *inv)
{
    const char *name = invocation_get(inv, "RECORDING"), *dir = getenv("PGDBA_RECORDINGS");
    char *file = xasprintf("%s.jsonl", name ? name : "failover");
    char *path = path_join(dir && *dir ? dir : PGDBA_DATADIR "/recordings", file);
    free(file);
    return path;
}

static enum status open_recording(struct start *s, struct app *app, const struct invocation *inv)
{
    bool demo = inv->id == CMD_DEMO;
    char *path = demo ? demo_file(inv) : xstrdup(invocation_get(inv, "FILE"));
    enum status st = app_open_recording(app, path, &s->err);
    if (st == ST_NOT_FOUND && demo)
        err_prefix(&s->err, "the recording of the demo is not installed");
    free(path);
    return st;
}

static bool has_begun(void *arg)
{
    return app_complete(arg);
}

static enum status set_off(struct start *s, struct app *app, const struct invocation *inv)
{
    const char *speed_text = invocation_get(inv, "--speed"), *from = invocation_get(inv, "--from");
    enum status st = open_recording(s, app, inv);
    struct command_time t;
    double speed;
    if (st == ST_OK && speed_text && command_parse_speed(speed_text, &speed))
        st = app_replay_speed(app, speed, &s->err);
    if (st == ST_OK && from && command_parse_time(from, &t)) {
        struct replay_state r;
        app_replay(app, &r);
        app_replay_seek(app, command_time_at(&t, r.start_wall_us, r.length_us, 0));
    }
    /* So that the first frame has a picture; a long way goes on behind it. */
    if (st == ST_OK)
        app_run_until(app, has_begun, app, clock_mono(&s->clock) + USEC_PER_SEC);
    return st;
}

static int run_recording(struct start *s, const struct invocation *inv)
{
    if (!has_terminal()) {
        err_set(&s->err, ST_USAGE,
                "%s plays in the console, which needs a terminal; what is kept of failovers can be "
                "had without one: pgdba failovers --format json",
                inv->command->name);
        return fail(s, ST_USAGE);
    }
    /* Nothing that happens in a recording is kept as if it had happened now. */
    struct app *app = new_app(s, inv);
    return show(s, app, set_off(s, app, inv));
}

static int run_command(struct start *s)
{
    struct invocation inv;
    struct parse_error pe = {0};
    enum status st = command_parse_argv(s->globals.argc, s->globals.argv, &s->arena, &inv, &pe);
    if (st != ST_OK) {
        int code = cli_fail(stderr, st, pe.text ? pe.text : "wrong command");
        parse_error_release(&pe);
        return code;
    }
    parse_error_release(&pe);
    if (inv.id == CMD_REPLAY || inv.id == CMD_DEMO)
        return run_recording(s, &inv);
    bool needs = inv.command->flags & CMDF_CLUSTER;
    bool named = s->globals.cluster || s->globals.npatroni_urls;
    struct cluster_config *c = NULL;
    if (needs || (inv.id == CMD_CLUSTER_STATUS && named)) {
        c = find_cluster(s, true);
        if (!c)
            return fail(s, s->err.status);
        apply_globals(s, c);
    }
    struct cli_options opt = {.app = new_app(s, &inv),
                              .config = c,
                              .in = stdin,
                              .out = stdout,
                              .err = stderr,
                              .interactive = isatty(STDIN_FILENO)};
    int code = cli_run(&opt, &inv);
    if (app_must_exit_hard(opt.app)) {
        app_leave(opt.app);
        fflush(NULL);
        _exit(code);
    }
    app_free(opt.app);
    return code;
}

/* Written or not: help on a full disk must not look as if it had been given. */
static int flushed(struct start *s, int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    err_set(&s->err, ST_IO, "cannot write the output");
    return fail(s, ST_IO);
}

/* The generated parts of the manual: commands, keys, exits, rules, config. */
static int write_manual(const char *part)
{
    if (strcmp(part, "commands") == 0) {
        command_write_manual(stdout);
    } else if (strcmp(part, "config") == 0) {
        config_write_manual(stdout);
    } else if (strcmp(part, "keys") == 0) {
        keymap_write_manual(stdout);
    } else if (strcmp(part, "exits") == 0) {
        int n;
        const struct cli_exit_info *x = cli_exits(&n);
        for (int i = 0; i < n; i++)
            printf(".TP\n.B %d\n%s: %s\n", (int)x[i].code, x[i].name, x[i].when);
    } else if (strcmp(part, "rules") == 0) {
        int n;
        const struct health_rule_info *r = health_rules(&n);
        for (int i = 0; i < n; i++)
            printf(".TP\n.B %s\n(%s) %s\n", r[i].rule, health_name(r[i].health), r[i].when);
    } else if (strcmp(part, "checks") == 0) {
        int n;
        const struct preflight_info *c = preflight_checks(&n);
        for (int i = 0; i < n; i++)
            printf(".TP\n.B %s\n%s\n", c[i].check, c[i].what);
    } else {
        return CLI_USAGE;
    }
    return fflush(stdout) == 0 ? 0 : CLI_FAILED;
}

static int help(const struct start *s)
{
    const char *name = s->globals.argc ? s->globals.argv[0] : NULL;
    char *two =
        s->globals.argc > 1 ? xasprintf("%s %s", s->globals.argv[0], s->globals.argv[1]) : NULL;
    bool ok = (two && command_find(two) && command_write_help(stdout, two, CMDF_CLI)) ||
              command_write_help(stdout, name, CMDF_CLI);
    free(two);
    if (!ok)
        return cli_fail(stderr, ST_USAGE, "no such command; pgdba --help lists them");
    return 0;
}

static int dispatch(struct start *s)
{
    if (s->globals.version) {
        printf("pgdba %s\n", PGDBA_VERSION);
        return flushed(s, 0);
    }
    if (s->globals.help)
        return flushed(s, help(s));
    if (s->globals.argc && strcmp(s->globals.argv[0], "help") == 0) {
        s->globals.argc--;
        s->globals.argv++;
        return flushed(s, help(s));
    }
    enum status st = settings_load(&s->settings, &s->err);
    if (st != ST_OK)
        return fail(s, st);
    char *path = path_state("pgdba.log");
    if (log_open(&s->log, path, LOG_INFO, &s->clock, &s->err) != ST_OK)
        err_release(&s->err); /* no diary is no reason to leave an engineer without a console */
    free(path);
    int code = s->globals.argc ? run_command(s) : run_console(s);
    log_free(s->log);
    settings_release(&s->settings);
    return code;
}

int main(int argc, char **argv)
{
    fill_standard_fds();
    setlocale(LC_ALL, "");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a full disk: told, not died of */
    umask(077);
    keep_secrets_in();
    if (argc == 3 && strcmp(argv[1], "--write-manual") == 0)
        return write_manual(argv[2]);
    struct start s = {.clock = clock_real()};
    arena_init(&s.arena);
    struct parse_error pe = {0};
    enum status st = command_parse_globals(argc - 1, argv + 1, &s.arena, &s.globals, &pe);
    int code = st == ST_OK ? dispatch(&s) : cli_fail(stderr, st, pe.text ? pe.text : "usage");
    parse_error_release(&pe);
    arena_release(&s.arena);
    err_release(&s.err);
    return code;
}
