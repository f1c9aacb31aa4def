/*
 * console/term.h: the terminal: the one owner of ncurses. Keys come out, frames go in.
 *
 * One of two files of the program with statics of its own: ncurses is global. Signals are not
 * touched here: the program's own handlers are installed before (reference "terminal.md", 2 and
 * 13).
 */
#ifndef PGDBA_CONSOLE_TERM_H
#define PGDBA_CONSOLE_TERM_H

#include <stdbool.h>

#include "pgdba/base/err.h"
#include "pgdba/config/theme.h"
#include "pgdba/console/surface.h"

struct term;

/* One key. name: "Enter" "Esc" "Tab" "S-Tab" "Space" "Backspace" "Delete" "Up" "Down" "Left"
 * "Right" "Home" "End" "PgUp" "PgDn" "Insert" "F1".."F12" "C-a".."C-z" "M-x", "Paste" (a piece of
 * pasted text), or the character itself. */
struct key {
    char name[16];
    char bytes[64]; /* as readline wants it: the character, or the escape sequence; not
                       NUL-terminated */
    int len;
};

/* Takes the terminal on two descriptors (raw, alternate screen, bracketed paste, standard error
 * sent to /dev/null meanwhile). ST_IO when TERM is unknown or lacks cursor addressing. */
enum status term_open(struct term **out, int in_fd, int out_fd, struct err *e);
void term_close(struct term *t); /* gives it back as it was; NULL is allowed */

int term_input_fd(const struct term *t);
int term_output_fd(const struct term *t);
int term_colors(const struct term *t); /* 0 (none, or NO_COLOR), 8, 16 or 256 */
void term_size(const struct term *t, int *rows, int *cols);
/* After SIGWINCH (and after resuming): asks the kernel for the size; the next frame is drawn whole.
 */
void term_resized(struct term *t);

/* The next key that has arrived; false when there is none now. */
bool term_read_key(struct term *t, struct key *k);
/* True once the terminal is gone (end of input, EIO). */
bool term_lost(const struct term *t);

/* False while the line to the terminal is full: the frame is skipped, not queued; draw again when
 * writable. */
bool term_writable(const struct term *t);
/* Puts a frame there: only what changed since the last. */
void term_present(struct term *t, const struct surface *s, const struct theme *th);
void term_redraw(struct term *t); /* the next frame is drawn whole */
void term_bell(struct term *t);
/* The window's title, where TERM allows one; cleaned. NULL: as it was before the first. It goes
 * back by itself when the terminal is given back, and comes again after a suspension. */
void term_title(struct term *t, const char *text);

/* Gives the terminal back, stops the process group as Ctrl-Z would, and takes it again when it is
 * continued. */
/* Gives the terminal to another program of the operator's, and takes it back. Nothing is drawn or
 * read between the two. */
void term_lend(struct term *t);
void term_back(struct term *t);
void term_stop(void); /* the whole job, as C-z does it, while it is lent */
void term_suspend(struct term *t);
/* After SIGCONT from elsewhere: the shell has set its own modes meanwhile. */
void term_continued(struct term *t);

/* True when the locale or TERM says that UTF-8 or line graphics would come out as rubbish. */
bool term_wants_ascii(void);

#endif
