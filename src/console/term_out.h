/*
 * What is on its way to the terminal. A stalled SSH link must not stall the program: bytes wait
 * here, the descriptor never blocks.
 */
#ifndef PGDBA_CONSOLE_TERM_OUT_H
#define PGDBA_CONSOLE_TERM_OUT_H

#include <stdbool.h>

#include "pgdba/base/buf.h"

struct term_out {
    int fd;   /* the terminal, by a description of our own, non-blocking */
    int trap; /* a memory file in which ncurses' bytes are caught */
    struct buf queue;
    size_t sent; /* of queue */
};

/* tty_fd is the caller's; false: errno tells. */
bool term_out_open(struct term_out *o, int tty_fd);
void term_out_close(struct term_out *o);
void term_out_put(struct term_out *o, const char *s, size_t n);
/* Takes what was written into the trap over into the queue. */
void term_out_take_trap(struct term_out *o);
/* Sends what the terminal takes now. True when nothing is left. */
bool term_out_pump(struct term_out *o);
/* The same, but waits for at most ms: for the last words on the way out. */
void term_out_drain(struct term_out *o, int ms);

/* libpq and others warn on standard error, which is the screen: meanwhile it goes to the program's
 * diary, or nowhere. Returns what to give back. */
int term_stderr_divert(void);
void term_stderr_restore(int *saved);

#endif
