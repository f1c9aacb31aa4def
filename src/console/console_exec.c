/* console_exec.c: carries out what was typed or bound: one small function a command. */
#include "console_private.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

void console_focus(struct console *c, enum pane_id id)
{
    c->v.focus = id;
    c->dirty = true;
}

void console_sort(struct console *c, int column, bool reverse)
{
    struct table_state *t = &c->v.tables[c->v.focus];
    const struct pane *p = pane_get(c->v.focus);
    struct arena a;
    int n;
    arena_init(&a);
    t->sort = column;
    t->reverse = column >= 0 && reverse;
    t->top = 0;
    if (column < 0)
        console_say(c, TR_HINT, "%s in its own order", p->name);
    else
        console_say(c, TR_HINT, "%s by %s%s", p->name,
                    pane_columns(p, c->v.bouncers_view, &a, &n)[column].name,
                    reverse ? ", largest first" : "");
    arena_release(&a);
}

/* ---- the picture ---------------------------------------------------------------------------- */

static void do_refresh(struct console *c, const struct invocation *inv)
{
    (void)inv;
    app_refresh_now(c->app);
}

/* The next step up or down from where it is; a value between two steps goes to the nearest. */
static int64_t step_interval(int64_t now, bool up)
{
    static const int64_t steps[] = {500 * USEC_PER_MS, 1 * USEC_PER_SEC,  2 * USEC_PER_SEC,
                                    5 * USEC_PER_SEC,  10 * USEC_PER_SEC, 30 * USEC_PER_SEC,
                                    60 * USEC_PER_SEC};
    int n = sizeof steps / sizeof *steps;
    for (int i = 0; up && i < n; i++)
        if (steps[i] > now)
            return steps[i];
    for (int i = n - 1; !up && i >= 0; i--)
        if (steps[i] < now)
            return steps[i];
    return now;
}

static void do_interval(struct console *c, const struct invocation *inv)
{
    const char *text = invocation_get(inv, "TIME");
    int64_t us = app_refresh(c->app);
    char b[FMT_MAX];
    if (text && (strcmp(text, "+") == 0 || strcmp(text, "-") == 0))
        us = step_interval(us, *text == '+');
    else if (!text || !fmt_parse_duration(text, &us))
        return; /* the parser has checked it */
    app_set_refresh(c->app, us);
    app_refresh_now(c->app); /* what was asked at the old pace must not look old at the new */
    console_say(c, TR_HINT, "asking every %s", fmt_duration(b, app_refresh(c->app)));
}

static void thaw(struct console *c)
{
    if (!c->frozen)
        return;
    snapshot_unref(c->frozen);
    c->frozen = NULL;
    watch_thaw(c);
}

static void do_freeze(struct console *c, const struct invocation *inv)
{
    (void)inv;
    if (c->frozen) {
        thaw(c);
        return;
    }
    if (!app_snapshot(c->app))
        return;
    watch_freeze(c);
    c->frozen = snapshot_ref(app_snapshot(c->app));
    c->v.now_us = app_now_us(c->app);
    c->v.now_wall_us = app_now_wall_us(c->app);
}

/* ---- panes ---------------------------------------------------------------------------------- */

static void show_pane(struct console *c, const char *name)
{
    int id = name ? pane_find(name) : -1;
    if (id < 0) {
        const char *near = name ? fmt_nearest(name, pane_names(), PANE_COUNT) : NULL;
        console_say(c, TR_ERROR, "there is no pane \"%s\"%s%s", name ? name : "",
                    near ? "; did you mean " : "", near ? near : "");
        return;
    }
    view_open(&c->v, OVERLAY_NONE);
    console_focus(c, (enum pane_id)id);
}

static void do_pane(struct console *c, const struct invocation *inv)
{
    show_pane(c, invocation_get(inv, "PANE"));
}

/* topology, lag, truth, …: a read shows the pane of its name. */
static void do_read(struct console *c, const struct invocation *inv)
{
    show_pane(c, inv->command->name);
}

static void do_pgb_show(struct console *c, const struct invocation *inv)
{
    const char *on = invocation_get(inv, "--on");
    view_bouncers(&c->v, (enum pgb_view)pgb_view_find(invocation_get(inv, "VIEW")));
    show_pane(c, "bouncers");
    if (on)
        table_state_filter(&c->v.tables[c->v.focus], on);
}

static void do_filter(struct console *c, const struct invocation *inv)
{
    table_state_filter(&c->v.tables[c->v.focus], invocation_get(inv, "TEXT"));
}

static void do_sort(struct console *c, const struct invocation *inv)
{
    const struct pane *p = pane_get(c->v.focus);
    const char *name = invocation_get(inv, "COLUMN");
    struct arena a;
    int n;
    arena_init(&a);
    const struct table_column *columns = pane_columns(p, c->v.bouncers_view, &a, &n);
    int column = name ? table_column_find(columns, n, name) : -1;
    arena_release(&a);
    if (name && column < 0)
        console_say(c, TR_ERROR, "%s has no column \"%s\"; Tab after sort lists them", p->name,
                    name);
    else
        console_sort(c, column, invocation_has(inv, "--reverse"));
}

/* ---- the console itself --------------------------------------------------------------------- */

static void do_theme(struct console *c, const struct invocation *inv)
{
    struct err e = ERR_INIT;
    const char *name = invocation_get(inv, "THEME");
    if (console_theme(c, name, &e) != ST_OK)
        console_say(c, TR_ERROR, "%s", err_text(&e));
    err_release(&e);
}

static void forget_cluster(struct console *c)
{
    thaw(c);
    alert_release(c);
    for (int i = 0; i < PANE_COUNT; i++) {
        table_state_release(&c->v.tables[i]);
        table_state_init(&c->v.tables[i]);
    }
    marks_release(&c->v.marks);
    view_open(&c->v, OVERLAY_NONE);
}

/* app_open() closes the old cluster first: when the new one does not open, the old one comes back.
 */
static void go_back(struct console *c, const char *old, struct err *e)
{
    struct cluster_config *cfg;
    struct err why = ERR_INIT;
    if (cluster_config_find(old, &cfg, &why) != ST_OK || app_open(c->app, cfg, &why) != ST_OK)
        console_leave(c);
    console_say(c, TR_ERROR, "%s", err_text(e));
    err_release(&why);
}

static void do_cluster(struct console *c, const struct invocation *inv)
{
    struct err e = ERR_INIT;
    struct cluster_config *cfg;
    char *old = xstrdup(app_cluster(c->app) ? app_cluster(c->app)->name : "");
    bool running = app_operation_running(c->app);
    if (running)
        console_say(c, TR_ERROR, "an operation on %s is still running; o shows it", old);
    else if (cluster_config_find(invocation_get(inv, "NAME"), &cfg, &e) != ST_OK)
        console_say(c, TR_ERROR, "%s", err_text(&e));
    else {
        forget_cluster(c);
        if (app_open(c->app, cfg, &e) != ST_OK)
            go_back(c, old, &e);
    }
    free(old);
    err_release(&e);
}

static void do_help(struct console *c, const struct invocation *inv)
{
    const char *topic = invocation_get(inv, "COMMAND");
    char *copy = topic ? xstrdup(topic) : NULL;
    free(c->v.help_topic);
    c->v.help_topic = copy;
    view_open(&c->v, OVERLAY_HELP);
}

static void do_quit(struct console *c, const struct invocation *inv)
{
    (void)inv;
    dialog_quit(c);
}

/* ---- changes -------------------------------------------------------------------------------- */

/* Where word stands in text on its own; -1: nowhere. */
static int find_word(const char *text, const char *word)
{
    static const char edges[] = " '\"=:;,()";
    size_t n = strlen(word);
    for (const char *p = text; n && (p = strstr(p, word)) != NULL; p++)
        if ((p == text || strchr(edges, p[-1])) && (!p[n] || strchr(edges, p[n])))
            return (int)(p - text);
    return -1;
}

/* The value that the message speaks of: that is the word to point at. */
static void point_at(const struct invocation *inv, const char *line, const char *text,
                     struct parse_error *pe)
{
    pe->start = -1;
    pe->len = 0;
    for (int i = 0; i < inv->nvalues && pe->start < 0; i++) {
        const char *v = inv->values[i].text;
        if (find_word(text, v) < 0)
            continue;
        pe->start = find_word(line, v);
        pe->len = (int)strlen(v);
    }
}

static bool do_change(struct console *c, const struct invocation *inv, const char *line,
                      struct parse_error *pe)
{
    struct request r;
    struct plan *p;
    struct err e = ERR_INIT;
    enum status st = command_request(inv, app_now_wall_us(c->app), &r, &e);
    if (st == ST_OK && !dialog_may_plan(c, r.kind, line))
        return true;
    if (st == ST_OK)
        st = app_plan(c->app, &r, &p, &e);
    if (st == ST_OK) {
        dialog_plan(c, p);
    } else {
        pe->text = xstrdup(err_text(&e));
        point_at(inv, line, pe->text, pe);
    }
    err_release(&e);
    return st == ST_OK;
}

/* Changes go another way: do_change(). */
static void (*const doers[CMD_COUNT])(struct console *, const struct invocation *) = {
    [CMD_TOPOLOGY] = do_read,
    [CMD_LAG] = do_read,
    [CMD_POOLS] = do_read,
    [CMD_STATS] = do_read,
    [CMD_TRUTH] = do_read,
    [CMD_ROUTES] = do_read,
    [CMD_DCS] = do_read,
    [CMD_EVENTS] = do_read,
    [CMD_FAILOVERS] = live_failovers,
    [CMD_RECORD_START] = live_record_start,
    [CMD_RECORD_STOP] = live_record_stop,
    [CMD_REPLAY_PLAY] = live_replay_play,
    [CMD_REPLAY_PAUSE] = live_replay_play,
    [CMD_REPLAY_STEP] = live_replay_step,
    [CMD_REPLAY_SEEK] = live_replay_seek,
    [CMD_REPLAY_SPEED] = live_replay_speed,
    [CMD_PROBE_START] = live_probe_start,
    [CMD_PROBE_STOP] = live_probe_stop,
    [CMD_CONFIG_SHOW] = ask_config,
    [CMD_CONFIG_EDIT] = ask_config_edit,
    [CMD_HISTORY] = ask_history,
    [CMD_QUERY] = ask_query,
    [CMD_DSN] = ask_dsn,
    [CMD_VERSION] = ask_version,
    [CMD_AUDIT] = auditlog_open,
    [CMD_REFRESH] = do_refresh,
    [CMD_INTERVAL] = do_interval,
    [CMD_FREEZE] = do_freeze,
    [CMD_PANE] = do_pane,
    [CMD_PGB_SHOW] = do_pgb_show,
    [CMD_THEME] = do_theme,
    [CMD_CLUSTER] = do_cluster,
    [CMD_FILTER] = do_filter,
    [CMD_SORT] = do_sort,
    [CMD_HELP] = do_help,
    [CMD_QUIT] = do_quit,
};

bool console_exec(struct console *c, const char *line, struct parse_error *pe)
{
    struct arena a;
    struct invocation inv;
    arena_init(&a);
    bool ok = command_parse_line(line, &a, &inv, pe) == ST_OK;
    /* An editor comes before its plan. */
    if (ok && invocation_changes(&inv) && inv.id != CMD_CONFIG_EDIT)
        ok = do_change(c, &inv, line, pe);
    else if (ok && doers[inv.id])
        doers[inv.id](c, &inv);
    else if (ok)
        console_say(c, TR_ERROR, "%s is a command of the shell: pgdba %s", inv.command->name,
                    inv.command->name);
    arena_release(&a);
    c->dirty = true;
    return ok;
}
