/*
 * config/secret.h: passwords, read when needed, wiped when done. A command source is run by the
 * caller (net/proc): config/ starts no processes.
 */
#ifndef PGDBA_CONFIG_SECRET_H
#define PGDBA_CONFIG_SECRET_H

#include "pgdba/config/cluster.h"

/* Reads file, env or literal. *out malloc'ed (secret_wipe_free), NULL when the source is none or a
 * command. A file that others can read is ST_DENIED with the cure. what names whose password in
 * messages: "patroni". */
enum status secret_read(const struct secret_source *s, const char *what, char **out, struct err *e);
bool secret_is_set(const struct secret_source *s);
/* First line of n bytes of a command's output; malloc'ed. */
char *secret_from_output(const char *output, size_t n);
void secret_wipe_free(char *s); /* explicit_bzero and free; NULL is allowed */

#endif
