/*
 * console/line_editor.h: the command bar's editor: the one owner of GNU readline, through its
 * callback interface. The user's inputrc, emacs and vi modes, Ctrl-R and history are readline's
 * own. It draws nothing: what it holds is read and drawn by bar.c.
 */
#ifndef PGDBA_CONSOLE_LINE_EDITOR_H
#define PGDBA_CONSOLE_LINE_EDITOR_H

#include <stdbool.h>

#include "pgdba/base/arena.h"
#include "pgdba/console/term.h"

struct line_editor;

struct line_editor_options {
    const char *history_path; /* NULL: kept in memory only; made with 0600 */
    /* As command_complete(): from the present picture only. */
    int (*complete)(void *arg, const char *line, int point, struct arena *a,
                    const char *const **out, int *word_start);
    void *arg;
};

enum line_result {
    LINE_EDITING,
    LINE_DONE,     /* Enter: line_editor_text() is the line */
    LINE_CANCELLED /* Esc (outside vi mode's insert), C-c, C-g or C-d on an empty line */
};

/* There can be one at a time. */
struct line_editor *line_editor_open(const struct line_editor_options *opt);
void line_editor_close(struct line_editor *l); /* NULL is allowed */

/* Begins a line with that text in it, the cursor at its end. */
void line_editor_begin(struct line_editor *l, const char *text);
/* True while what is typed goes into the line: not in a search, not in vi's command mode. */
bool line_editor_inserts(const struct line_editor *l);
void line_editor_insert(struct line_editor *l, const char *text); /* at the cursor */
void line_editor_go(struct line_editor *l, int point);            /* the cursor there; bytes */
enum line_result line_editor_feed(struct line_editor *l, const struct key *k);
void line_editor_cancel(struct line_editor *l);
void line_editor_resized(struct line_editor *l, int rows, int cols);

const char *line_editor_prompt(
    const struct line_editor *l); /* readline's own while it searches, else ":" */
const char *line_editor_text(const struct line_editor *l); /* valid until the next call */
int line_editor_point(const struct line_editor *l);        /* bytes into text */
/* The list of completions last asked for (Tab); n 0 when there is none to show. */
int line_editor_matches(const struct line_editor *l, const char *const **out);
/* To memory and, appended, to the file. A line beginning with a blank is not kept. */
void line_editor_remember(struct line_editor *l, const char *line);

#endif
