/* console.c: the full-screen program: wires terminal, view and app; draws at most once a turn. */
#include "console_private.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pgdba/analysis/health.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/path.h"

#define TICKS_A_SECOND 2
#define JUDGED_US      (200 * USEC_PER_MS) /* less than a tick: each of those judges anew */
/* A flood of keys (a large paste) is read in slices, so that the sources are not kept waiting. */
#define INPUT_SLICE (20 * USEC_PER_MS)
/* The answers of one round come within milliseconds of each other: one frame shows them all. */
#define GATHER_US 15000
#define FAST_US   (200 * USEC_PER_MS)
#define LET_GO    (30 * USEC_PER_SEC) /* the longest that a way out takes */

/* ---- small things --------------------------------------------------------------------------- */

const struct snapshot *console_picture(const struct console *c)
{
    return c->frozen ? c->frozen : app_snapshot(c->app);
}

void console_say(struct console *c, enum theme_role role, const char *fmt, ...)
{
    struct buf b;
    va_list ap;
    buf_init(&b);
    va_start(ap, fmt);
    buf_vaddf(&b, fmt, ap);
    va_end(ap);
    c->v.tick_us = clock_mono(c->opt->clock);
    view_say(&c->v, role, b.s);
    buf_release(&b);
    c->dirty = true;
}

void console_leave(struct console *c)
{
    app_stop(c->app);
}

enum status console_theme(struct console *c, const char *name, struct err *e)
{
    struct theme *t;
    enum status st = theme_load(name, &t, e);
    if (st != ST_OK)
        return st;
    theme_free(c->theme);
    c->theme = t;
    if (c->term)
        term_redraw(c->term);
    return ST_OK;
}

void console_names(struct console *c)
{
    struct cluster_list list;
    arena_release(&c->words);
    c->names = (struct command_context){0};
    c->names.nthemes = theme_names(&c->words, &c->names.themes);
    c->names.npanes = PANE_COUNT;
    c->names.panes = pane_names();
    if (cluster_list_load(&list, NULL) != ST_OK)
        return;
    const char **v = arena_array(&c->words, (size_t)list.n, const char *);
    for (int i = 0; i < list.n; i++)
        v[i] = arena_strdup(&c->words, list.v[i].name);
    c->names.clusters = v;
    c->names.nclusters = list.n;
    cluster_list_release(&list);
}

/* ---- drawing -------------------------------------------------------------------------------- */

static void take_times(struct console *c)
{
    struct view_state *v = &c->v;
    v->tick_us = clock_mono(c->opt->clock);
    v->live_us = app_now_us(c->app);
    v->live_wall_us = app_now_wall_us(c->app);
    if (!c->frozen) {
        v->now_us = v->live_us;
        v->now_wall_us = v->live_wall_us;
    }
    v->frozen = c->frozen != NULL;
    v->refresh_us = app_refresh(c->app);
    v->next_us = app_next_refresh_us(c->app);
    v->complete = app_complete(c->app);
    v->read_only = app_read_only(c->app);
}

/* It costs milliseconds where there are hundreds of pools, and a frame comes with every key. */
static bool is_judged(const struct console *c)
{
    int64_t age = c->v.now_us - c->judged_us;
    return !c->frozen && c->judged_of && c->judged_of == console_picture(c) && age >= 0 &&
           age < JUDGED_US;
}

static void judge(struct console *c)
{
    const struct snapshot *before = c->judged_of;
    if (is_judged(c))
        return;
    c->judged_us = c->v.now_us;
    arena_release(&c->judged);
    c->judged_of = console_picture(c) ? snapshot_ref(console_picture(c)) : NULL;
    snapshot_unref(before);
    health_judge(console_picture(c), c->v.now_us, &c->judged, &c->verdicts);
    c->v.live_health = c->verdicts.worst;
    if (c->frozen && app_snapshot(c->app)) {
        struct verdicts live;
        health_judge(app_snapshot(c->app), c->v.live_us, &c->judged, &live);
        c->v.live_health = live.worst;
    }
}

void console_frame(struct console *c, struct frame *f)
{
    watch_take(c);
    app_replay(c->app, &c->replay);
    app_recording(c->app, &c->recording);
    *f = (struct frame){.s = console_picture(c),
                        .verdicts = &c->verdicts,
                        .op = app_operation(c->app),
                        .v = &c->v,
                        .bar = &c->bar,
                        .keys = &c->keys,
                        .events = app_events(c->app),
                        .failovers = &c->failovers,
                        .newer_failovers = c->newer_failovers,
                        .replay = &c->replay,
                        .recording = &c->recording,
                        .left = app_left(c->app)};
}

/* A failover that goes on is read by its running clock. */
static bool runs_fast(const struct console *c)
{
    return (c->failovers.open && c->layout.panes[PANE_FAILOVERS].rows && !c->frozen) ||
           (c->replay.on && c->replay.playing);
}

/* The countdown moves a few times a second, in step with the rounds: the answers' own frame is one
 * of them. With a long interval once a second is enough, in step with the clock. */
static void schedule_tick(struct console *c)
{
    const struct view_state *v = &c->v;
    const int64_t step = USEC_PER_SEC / TICKS_A_SECOND;
    int64_t left = v->next_us - v->tick_us, wait;
    if (c->frozen || v->next_us == 0 || v->refresh_us >= 4 * USEC_PER_SEC)
        wait = USEC_PER_SEC - v->live_wall_us % USEC_PER_SEC;
    else
        wait = left > step ? (left - 1) % step + 1 : step;
    if (app_operation_running(c->app) && wait > step)
        wait = step;
    if (runs_fast(c) && wait > FAST_US)
        wait = FAST_US;
    if (c->more_keys)
        wait = 0;
    app_tick_at(c->app, v->tick_us + wait);
}

/* Leases are asked about only while they can be seen, and so is what PgBouncer says seldom: where a
 * name leads is part of a way. */
static void tell_what_is_shown(struct console *c)
{
    const struct rect *p = c->layout.panes;
    app_show_leases(c->app, p[PANE_TOPOLOGY].rows || p[PANE_TRUTH].rows || p[PANE_DCS].rows ||
                                p[PANE_FAILOVERS].rows);
    app_show_bouncers(c->app,
                      (p[PANE_BOUNCERS].rows ? pgb_view_get(c->v.bouncers_view)->kinds : 0) |
                          (p[PANE_ROUTES].rows ? OBS_BIT(OBS_PGB_DNS_HOSTS) : 0));
}

/* For tests: nothing is waiting to be drawn, and everything drawn has left. */
static void tell_test(struct console *c)
{
    char line[48];
    if (c->test_fd < 0 || c->dirty || c->gathering)
        return;
    int n = snprintf(line, sizeof line, "frame %llu idle\n", (unsigned long long)c->frames);
    if (write(c->test_fd, line, (size_t)n) < 0)
        c->test_fd = -1;
}

static void draw(struct console *c);

static void on_writable(void *arg)
{
    struct console *c = arg;
    c->waiting = false;
    if (term_writable(c->term)) {
        tell_test(c);
        draw(c);
    } else {
        c->waiting = true;
        app_when_writable(c->app, term_output_fd(c->term), on_writable, c);
    }
}

/* A terminal that does not take the last frame gets no other: the newest picture is drawn when it
 * does. */
static bool terminal_takes(struct console *c)
{
    if (c->waiting)
        return false;
    if (term_writable(c->term))
        return true;
    c->waiting = true;
    app_when_writable(c->app, term_output_fd(c->term), on_writable, c);
    return false;
}

static void result_when_free(struct console *c)
{
    if (!c->v.result_waits || c->v.overlay != OVERLAY_NONE)
        return;
    c->v.result_waits = false;
    view_open(&c->v, OVERLAY_RESULT);
}

static void draw(struct console *c)
{
    struct frame f;
    if (c->lent || !c->dirty || !console_picture(c) || !terminal_takes(c))
        return;
    c->dirty = c->gathering = false;
    take_times(c);
    console_marks(c);
    result_when_free(c);
    judge(c);
    alert_update(c);
    watch_failovers(c);
    bar_update(c);
    console_frame(c, &f);
    frame_draw(&f, &c->surface, &c->layout);
    tell_what_is_shown(c);
    term_present(c->term, &c->surface, c->theme);
    c->frames++;
    if (terminal_takes(c))
        tell_test(c);
    schedule_tick(c);
}

/* ---- what the loop tells -------------------------------------------------------------------- */

static void resize(struct console *c)
{
    int rows, cols;
    term_resized(c->term);
    term_size(c->term, &rows, &cols);
    surface_resize(&c->surface, rows, cols);
    line_editor_resized(c->editor, rows, cols);
    c->dirty = true;
}

void console_lend(struct console *c)
{
    term_lend(c->term);
    c->lent = true;
}

void console_back(struct console *c)
{
    c->lent = false;
    term_back(c->term);
    resize(c);
}

/* The editor has the terminal, and is told of these as well. */
static void signal_while_lent(struct console *c, int signo)
{
    if (signo == SIGTSTP)
        term_stop();
    else if (signo == SIGTERM || signo == SIGHUP)
        console_leave(c);
}

static void on_readable(void *arg)
{
    struct console *c = arg;
    struct key k;
    int64_t until = clock_mono(c->opt->clock) + INPUT_SLICE;
    c->more_keys = false;
    while (!c->lent && !c->more_keys && term_read_key(c->term, &k)) {
        c->dirty = true;
        c->more_keys = clock_mono(c->opt->clock) >= until;
        if (strcmp(k.name, "C-z") == 0) {
            term_suspend(c->term);
            resize(c);
        } else if (strcmp(k.name, "C-l") == 0) {
            term_redraw(c->term);
        } else {
            console_key(c, &k);
        }
    }
    if (term_lost(c->term))
        console_leave(c);
    /* ncurses may hold bytes that the loop cannot see. */
    if (c->more_keys && !c->lent)
        app_tick_at(c->app, clock_mono(c->opt->clock));
}

static void on_signal(void *arg, int signo)
{
    struct console *c = arg;
    if (c->lent) {
        signal_while_lent(c, signo);
        return;
    }
    switch (signo) {
    case SIGTSTP:
        term_suspend(c->term);
        resize(c);
        break;
    case SIGCONT:
        term_continued(c->term);
        resize(c);
        break;
    case SIGWINCH:
        resize(c);
        break;
    default: /* TERM, HUP, INT: give the terminal back and go */
        console_leave(c);
    }
}

static void on_tick(void *arg)
{
    struct console *c = arg;
    c->dirty = true;
    if (c->more_keys)
        on_readable(c);
}

static void on_idle(void *arg)
{
    dialog_looked(arg);
    dialog_early(arg);
    draw(arg);
}

static void draw_soon(struct console *c)
{
    if (c->dirty || c->gathering)
        return;
    c->gathering = true;
    app_tick_at(c->app, clock_mono(c->opt->clock) + GATHER_US);
}

static void on_snapshot(void *arg, const struct snapshot *s)
{
    (void)s;
    draw_soon(arg);
}

static void on_event(void *arg, const struct event *e)
{
    (void)e;
    draw_soon(arg);
}

static void on_failover(void *arg, const struct failover *f)
{
    (void)f;
    draw_soon(arg);
}

static void on_operation(void *arg, const struct operation *op)
{
    struct console *c = arg;
    c->dirty = true;
    if (op->state != OP_RUNNING && c->v.overlay != OVERLAY_PROGRESS)
        console_say(c, op->state == OP_DONE ? TR_OK : TR_ERROR, "%s %s: %s",
                    action_name(op->plan->kind), op_state_name(op->state), op->outcome);
}

static void on_error(void *arg, const char *text)
{
    console_say(arg, TR_ERROR, "%s", text);
}

/* ---- from the first to the last moment ------------------------------------------------------ */

static enum status open_terminal(struct console *c, struct err *e)
{
    struct line_editor_options le = {.complete = bar_complete, .arg = c};
    char *history = path_state("history");
    int rows, cols;
    le.history_path = history;
    /* readline first: it looks the terminal up for itself, and ncurses must have the last word. */
    c->editor = line_editor_open(&le);
    free(history);
    line_editor_cancel(c->editor);
    enum status st = term_open(&c->term, STDIN_FILENO, STDOUT_FILENO, e);
    if (st != ST_OK)
        return st;
    term_size(c->term, &rows, &cols);
    surface_init(&c->surface, rows, cols);
    line_editor_resized(c->editor, rows, cols);
    return ST_OK;
}

static enum status choose_theme(struct console *c, struct err *e)
{
    const char *name = c->opt->theme ? c->opt->theme : c->opt->settings->theme;
    return console_theme(c, name, e);
}

/* Without colours the theme that was made for that, unless another was asked for by name. */
static void suit_theme(struct console *c)
{
    struct err e = ERR_INIT;
    if (term_colors(c->term) == 0 && !c->opt->theme)
        console_theme(c, "mono", &e); /* missing: the other one still has its words and signs */
    err_release(&e);
}

static bool wants_ascii(const struct console *c)
{
    enum glyphs g = c->opt->settings->glyphs;
    return c->opt->ascii || g == GLYPHS_ASCII || (g == GLYPHS_AUTO && term_wants_ascii());
}

static void console_release(struct console *c)
{
    app_query_cancel(c->app);
    dialog_drop(c);
    app_subscribe(c->app, &(struct app_subscriber){0});
    term_close(c->term);
    line_editor_close(c->editor);
    surface_release(&c->surface);
    keymap_release(&c->keys);
    theme_free(c->theme);
    if (c->frozen)
        watch_thaw(c);
    snapshot_unref(c->frozen);
    alert_release(c);
    view_release(&c->v);
    free(c->bar_error);
    arena_release(&c->judged);
    snapshot_unref(c->judged_of);
    arena_release(&c->hints);
    arena_release(&c->words);
    free(c->early);
}

static bool let_go(void *arg)
{
    return !app_operation_running(arg);
}

/* Whoever leaves, also by a line that drops, does not leave clients waiting in PgBouncer. */
static void leave_running(struct console *c)
{
    bool lost = term_lost(c->term);
    if (!app_operation_running(c->app) || !app_operation_interrupt(c->app))
        return;
    if (!lost && !c->lent) {
        view_open(&c->v, OVERLAY_NONE);
        console_say(c, TR_WARN, "leaving: what PgBouncer holds is let go of first");
        draw(c);
    }
    app_subscribe(c->app, &(struct app_subscriber){0});
    app_run_until(c->app, let_go, c->app, clock_mono(c->opt->clock) + LET_GO);
}

static void run(struct console *c)
{
    struct app_subscriber sub = {.arg = c,
                                 .snapshot = on_snapshot,
                                 .operation = on_operation,
                                 .error = on_error,
                                 .event = on_event,
                                 .failover = on_failover};
    struct app_hooks hooks = {.arg = c,
                              .input_fd = term_input_fd(c->term),
                              .readable = on_readable,
                              .signal = on_signal,
                              .tick = on_tick,
                              .idle = on_idle};
    const char *fd = getenv("PGDBA_TEST_FD");
    int64_t number;
    c->test_fd = fd && fmt_parse_int(fd, &number) && number > 2 ? (int)number : -1;
    c->v.ascii = wants_ascii(c);
    c->v.failover_shut = !c->opt->settings->failover_opens;
    suit_theme(c);
    c->dirty = true;
    console_names(c);
    app_subscribe(c->app, &sub);
    app_run(c->app, &hooks);
    leave_running(c);
}

enum status console_run(struct app *app, const struct console_options *opt, struct err *e)
{
    struct console c = {.app = app, .opt = opt, .test_fd = -1, .began_us = clock_mono(opt->clock)};
    arena_init(&c.judged);
    arena_init(&c.hints);
    arena_init(&c.words);
    view_init(&c.v);
    c.bar = (struct bar_view){.hint = "", .error = "", .text = "", .prompt = "", .error_start = -1};
    enum status st = keymap_init(&c.keys, opt->settings, e);
    if (st == ST_OK)
        st = choose_theme(&c, e);
    if (st == ST_OK)
        st = open_terminal(&c, e);
    if (st == ST_OK)
        run(&c);
    console_release(&c);
    return st;
}
