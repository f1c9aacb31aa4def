/*
 * analysis/sql_effects.h: what SQL does that no read-only transaction stops: a replica promoted, a
 * session ended, a program run. To keep an operator from it by mistake, not to keep anybody out:
 * that is what the rights of the login are for. Pure.
 */
#ifndef PGDBA_ANALYSIS_SQL_EFFECTS_H
#define PGDBA_ANALYSIS_SQL_EFFECTS_H

#include <stdbool.h>

#include "pgdba/base/arena.h"

/* The word that does it, as it stands in the text; NULL: none is known to be there. Strings and
 * comments are looked into, too: some functions run what a string says. */
const char *sql_effect(const char *sql, struct arena *a);
/* One statement that commits on its way, or does what no rollback takes back: refused, it may have
 * left something behind. */
bool sql_in_pieces(const char *sql);

#endif
