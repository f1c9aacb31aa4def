/*
 * base/roff.h: text in a manual page. The manuals are written from tables in more than one room.
 */
#ifndef PGDBA_BASE_ROFF_H
#define PGDBA_BASE_ROFF_H

#include <stdio.h>

/* Writes s so that it can begin or continue a line of roff: backslashes and hyphens stay what they
 * are, and a dot or quote at its start is no request. */
void roff_text(FILE *out, const char *s);

#endif
