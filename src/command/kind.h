/*
 * command/kind.h: what an argument's kind accepts, and how its value is called. One table.
 */
#ifndef PGDBA_COMMAND_KIND_H
#define PGDBA_COMMAND_KIND_H

#include "pgdba/command/command.h"

struct kind_info {
    const char *metavar; /* "MEMBER"; NULL for a flag */
    const char *expects; /* "a whole number" */
    bool (*accepts)(const struct command_arg *arg, const char *text);
    const char *const *values; /* when there are only these (or these are the usual ones), NULL */
    /* A reason to refuse, or NULL: passwords (it must not repeat the text), hours that come twice.
     */
    const char *(*refuses)(const char *text);
};

const struct kind_info *kind_of(const struct command_arg *arg);
const char *kind_metavar(const struct command_arg *arg); /* "" for a flag */
const char *kind_expects(const struct command_arg *arg);
/* What was meant most likely, of a kind that has these values and no others; NULL nothing near. */
const char *kind_nearest(const struct command_arg *arg, const char *text);
bool arg_is_option(const struct command_arg *arg);
bool arg_is_for(const struct command_arg *arg, unsigned where);

#endif
