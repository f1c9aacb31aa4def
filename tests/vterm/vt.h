/*
 * tests/vterm/vt.h: a program on a pty with a real terminal emulator (libvterm) behind it: keys in,
 * cells out. Nothing here sleeps: every wait is for a condition on the screen, with a deadline.
 */
#ifndef PGDBA_TESTS_VT_H
#define PGDBA_TESTS_VT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct vt;

/* argv is run with the environment of the caller, TERM=xterm-256color unless term is given. */
struct vt *vt_spawn(int rows, int cols, const char *term, char *const *argv);
void vt_free(struct vt *t); /* kills what still runs */

void vt_send(struct vt *t, const char *bytes, size_t n);
/* "Enter", "Esc", "Up", "F5", "C-r", "PgDn", "Space", or one character. False: no such key. */
bool vt_key(struct vt *t, const char *name);
void vt_resize(struct vt *t, int rows, int cols);
void vt_signal(struct vt *t, int signo);

/* Reads what has come; waits at most ms for something. False when the program has closed the
 * terminal. */
bool vt_pump(struct vt *t, int ms);
/* The screen as UTF-8 lines, trailing blanks cut; valid until the next call. */
const char *vt_text(struct vt *t);
/* Waits until text is (or is not) somewhere on the screen; a '\n' in it never matches. */
bool vt_wait(struct vt *t, const char *text, bool present, double seconds);
/* From now on text must not be on the screen, however briefly; NULL lifts that. */
void vt_never(struct vt *t, const char *text);
/* The first screen with the text that must never be there, NULL none. */
const char *vt_broke(const struct vt *t);
/* Waits for an extended regular expression in one line. */
bool vt_wait_re(struct vt *t, const char *re, double seconds);
/* Waits for the end of the program; its exit status, -1 when it does not end (or died by a signal:
 * 128 + signal). */
int vt_wait_exit(struct vt *t, double seconds);
/* True when the cell is drawn with the attribute. */
bool vt_cell_reversed(struct vt *t, int row, int col);
void vt_cursor(struct vt *t, int *row, int *col);
uint64_t vt_bytes(const struct vt *t); /* that the program has written so far */
pid_t vt_pid(const struct vt *t);

#endif
