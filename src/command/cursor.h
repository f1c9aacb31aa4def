/*
 * command/cursor.h: what is being typed at a point of an unfinished line. Completion and hints
 * read it; it never fails: what makes no sense is passed over.
 */
#ifndef PGDBA_COMMAND_CURSOR_H
#define PGDBA_COMMAND_CURSOR_H

#include "parse.h"

struct cursor {
    const struct command *command;    /* NULL while its own word is typed, or when it is unknown */
    const char *partial;              /* the word at the point, without quotes; "" for a new one */
    int word_start;                   /* where it begins in the line */
    bool quoted;                      /* it began with a quote */
    bool naming;                      /* the command's own word is being typed */
    bool only_words;                  /* after "--" */
    const struct command_arg *option; /* whose value is typed; NULL: none */
    const char *inline_name; /* "--opt=" when the value stands in the same word, else NULL */
    const char *value;       /* the value's part that is typed, when option is set */
    const struct command_arg *positional; /* what a plain word here would be, NULL */
    int npositional;                      /* plain words before the point */
    int nseen;                            /* arguments given before the point, with their texts */
    struct invocation_value *seen;
};

void cursor_read(const char *line, int point, struct arena *a, struct cursor *out);
bool cursor_has(const struct cursor *c, const struct command_arg *arg);
/* Option arg may still be given. */
bool cursor_offers(const struct cursor *c, const struct command_arg *arg);

#endif
