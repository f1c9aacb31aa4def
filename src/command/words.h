/*
 * command/words.h: a line of the command bar cut into words, and a word put back into a line.
 */
#ifndef PGDBA_COMMAND_WORDS_H
#define PGDBA_COMMAND_WORDS_H

#include <stdbool.h>

#include "pgdba/base/arena.h"

struct word {
    const char *text; /* without its quotes */
    int start, len;   /* bytes in the line, quotes included; for argv: its index and 0 */
    bool quoted;      /* began with a quote or a backslash: never an option */
};

struct words {
    int n;
    struct word *v;
    int open_quote; /* where a quote began that never ends, -1 when all is well */
    bool in_word;   /* the line ends within its last word (no blank after it) */
};

/* Cuts the first len bytes of line. Blanks separate; '...' is verbatim; "..." and bare words know a
 * backslash. */
void words_split(const char *line, int len, struct arena *a, struct words *out);

/* text as one word that words_split() gives back unchanged. */
const char *word_quote(struct arena *a, const char *text);

#endif
