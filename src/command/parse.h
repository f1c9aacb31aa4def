/*
 * command/parse.h: what the parser, the completer and the hints look up in the table.
 */
#ifndef PGDBA_COMMAND_PARSE_H
#define PGDBA_COMMAND_PARSE_H

#include "pgdba/command/command.h"
#include "words.h"

/* The command that the first words name there; *used is how many words (1 or 2). NULL: none. */
const struct command *lookup_command(const struct words *w, unsigned where, int *used);
/* "--name" (len bytes) or "-n" among c's options there; NULL: none. */
const struct command_arg *lookup_option(const struct command *c, unsigned where, const char *text,
                                        size_t len);
/* The i-th word in place; the last one again when it repeats; NULL: no more are taken. */
const struct command_arg *lookup_positional(const struct command *c, unsigned where, int i);

/* A word that is an option by its look: "-x", "--xyz", not "-" and not quoted. */
bool word_is_option(const struct word *w);
/* Length of the option's name in its text, without "=value". */
size_t option_name_len(const char *text);
/* NULL when text is good for arg, else the sentence that says why not, in the arena. */
const char *arg_complaint(const struct command_arg *arg, const char *text, struct arena *a);

/* Fills pe (NULL allowed) and returns ST_USAGE. */
enum status parse_fail(struct parse_error *pe, int start, int len, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
