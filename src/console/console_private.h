/*
 * console_private.h: the running console: what console.c, console_keys.c, console_exec.c and
 * console_dialog.c share.
 */
#ifndef PGDBA_CONSOLE_PRIVATE_H
#define PGDBA_CONSOLE_PRIVATE_H

#include "pgdba/command/command.h"
#include "pgdba/console/console.h"
#include "pgdba/console/line_editor.h"
#include "pgdba/console/term.h"
#include "pgdba/console/view.h"

struct console {
    struct app *app;
    const struct console_options *opt;
    struct term *term;
    struct line_editor *editor;
    struct theme *theme;
    struct keymap keys;
    struct surface surface;
    struct view_state v;
    struct bar_view bar;
    char *bar_error;
    const struct snapshot *frozen;  /* a reference while the picture stands still */
    struct failover_list failovers; /* the newest; while frozen copies of what there was then */
    int newer_failovers;            /* began since it was frozen */
    struct replay_state replay;
    struct recording_state recording;
    struct layout layout; /* of the last frame */
    int64_t look_us;      /* when the confirmed plan asked for a last look */
    int64_t began_us;     /* monotonic */
    char *early;          /* a change asked for before there was a whole picture, NULL none */
    enum action_kind early_kind;
    struct {
        bool open, moved;  /* one goes on; its pane was opened for it */
        bool due;          /* its pane is to open once the hands are off the keys */
        int64_t key_us;    /* the last key */
        enum pane_id back; /* where the operator was */
        uint64_t last;     /* the newest kept one before it */
    } watch;
    struct {
        bool known;
        enum health told; /* the verdict last told */
        int64_t rung_us;
        char *title; /* that the terminal has, NULL none */
    } alert;
    struct arena judged;              /* of verdicts */
    int64_t judged_us;                /* when: the keys of a moment do not change what is wrong */
    const struct snapshot *judged_of; /* a reference: verdicts point into it */
    struct verdicts verdicts;
    struct arena hints; /* of the bar's hint */
    struct arena words; /* of names */
    struct command_context names;
    int64_t interrupted_us; /* the last C-c */
    bool dirty, waiting;    /* something to draw; for the terminal */
    bool lent;              /* the terminal is an editor's */
    bool gathering;         /* answers: a tick soon draws them together */
    int test_fd;            /* PGDBA_TEST_FD, -1 */
    bool more_keys;         /* not all that came was read yet */
    uint64_t frames;
};

const struct snapshot *console_picture(const struct console *c); /* what is on the screen */
void console_frame(struct console *c, struct frame *f);
void console_say(struct console *c, enum theme_role role, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void console_leave(struct console *c);
void console_lend(struct console *c); /* the terminal, to an editor */
void console_back(struct console *c);
enum status console_theme(struct console *c, const char *name, struct err *e);
/* Names for completion: clusters, themes, panes, columns of the focused pane. */
void console_names(struct console *c);

/* console_keys.c */
void console_key(struct console *c, const struct key *k);
/* What a command would name of the selected row of the focused pane; NULL: nothing. In the arena.
 */
const char *console_object(struct console *c, struct arena *a);
const char *console_row(struct console *c, struct arena *a); /* its key, of such a row */
void console_card(struct console *c, const char *key);       /* everything known about that row */
/* Marks of members that are not in the picture any more go; before drawing. */
void console_marks(struct console *c);

/* console_bar.c */
void bar_open(struct console *c, const char *text, bool filter);
void bar_name(struct console *c, const char *name);     /* opens it in front of the name */
void bar_run(struct console *c, const char *line);      /* as if it had been typed, and Enter */
void bar_complain(struct console *c, const char *text); /* above the line, until the next key */
void bar_close(struct console *c);
void bar_key(struct console *c, const struct key *k);
void bar_update(struct console *c); /* before drawing */
int bar_complete(void *arg, const char *line, int point, struct arena *a, const char *const **out,
                 int *word_start);

/* console_menu.c: false when the focused pane has neither members nor servers, or no row. */
bool menu_open(struct console *c);
/* Opens the command bar with a command that is to be finished by hand: with the marked members,
 * where it takes them. */
void menu_begin(struct console *c, const char *command);
void menu_key(struct console *c, const struct key *k);

/* console_audit.c */
void auditlog_open(struct console *c, const struct invocation *inv);
bool auditlog_key(struct console *c, const struct key *k); /* false: a key of every page to read */

/* console_exec.c: false with pe set when the line is wrong. */
bool console_exec(struct console *c, const char *line, struct parse_error *pe);
void console_focus(struct console *c, enum pane_id id);
void console_sort(struct console *c, int column, bool reverse);

/* console_exec_live.c: the commands of watching. */
void live_failovers(struct console *c, const struct invocation *inv);
void live_record_start(struct console *c, const struct invocation *inv);
void live_record_stop(struct console *c, const struct invocation *inv);
void live_replay_play(struct console *c, const struct invocation *inv); /* and pause */
void live_replay_step(struct console *c, const struct invocation *inv);
void live_replay_seek(struct console *c, const struct invocation *inv);
void live_replay_speed(struct console *c, const struct invocation *inv);
void live_probe_start(struct console *c, const struct invocation *inv);
void live_probe_stop(struct console *c, const struct invocation *inv);

/* console_exec_ask.c: commands that ask for something to read. */
void ask_query(struct console *c, const struct invocation *inv);
void ask_dsn(struct console *c, const struct invocation *inv);
void ask_version(struct console *c, const struct invocation *inv);
void ask_config(struct console *c, const struct invocation *inv);
void ask_history(struct console *c, const struct invocation *inv);
/* A change, but its plan is of what an editor leaves. */
void ask_config_edit(struct console *c, const struct invocation *inv);

/* console_watch.c: a failover opens its pane; what was there when the picture was frozen. */
void watch_failovers(struct console *c); /* before drawing */
void watch_take(struct console *c);      /* the newest list into c->failovers, unless frozen */
void watch_freeze(struct console *c);
void watch_thaw(struct console *c);

/* console_alert.c: bell and title on a change of verdict. After it was judged. */
void alert_update(struct console *c);
void alert_release(struct console *c);

/* console_replay.c: true when the key belongs to the replay. */
bool replay_key(struct console *c, const struct key *k);

/* console_dialog.c */
void dialog_plan(struct console *c, struct plan *p);
/* False: it is too early for a plan of line; it is run anew as soon as it is not. */
bool dialog_may_plan(struct console *c, enum action_kind k, const char *line);
void dialog_early(struct console *c); /* runs that line, if its time has come */
void dialog_quit(struct console *c);  /* asks when an operation runs, else leaves */
void dialog_key(struct console *c, const struct key *k);
void dialog_looked(struct console *c); /* sends what is confirmed, once the cluster was looked at */
void dialog_drop(struct console *c);   /* on the way out: a plan that was never answered */

#endif
