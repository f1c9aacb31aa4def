/*
 * term_title.h: the window's title by escapes: which ones TERM takes, and how it goes back.
 */
#ifndef PGDBA_CONSOLE_TERM_TITLE_H
#define PGDBA_CONSOLE_TERM_TITLE_H

#include <stdbool.h>

#include "term_out.h"

struct term_title {
    char *begin, *end;          /* around the text; NULL: this terminal has no title */
    const char *save, *restore; /* of the title that was there; "" */
    char *text;                 /* ours, NULL: none is set */
    bool shown;
};

/* term: $TERM, NULL none; tsl, fsl: terminfo's, NULL when it has none. */
void term_title_init(struct term_title *t, const char *term, const char *tsl, const char *fsl);
void term_title_release(struct term_title *t);
void term_title_set(struct term_title *t, struct term_out *o, const char *text); /* NULL: none */
/* The terminal is given back, and taken again. */
void term_title_leave(struct term_title *t, struct term_out *o);
void term_title_back(struct term_title *t, struct term_out *o);

#endif
