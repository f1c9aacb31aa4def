/*
 * bouncer_card.h: what the pools and stats panes share: rows of a silent PgBouncer, the note in the
 * title, and the detail cards.
 */
#ifndef PGDBA_CONSOLE_BOUNCER_CARD_H
#define PGDBA_CONSOLE_BOUNCER_CARD_H

#include "pgdba/analysis/pools.h"
#include "pgdba/console/pane.h"

/* "bouncer/database/user"; user NULL: "bouncer/database". */
const char *bouncer_key(struct arena *a, const char *bouncer, const char *database,
                        const char *user);
/* Several bouncers: then it matters which. */
bool bouncers_all_show(const struct snapshot *s);
/* One line for a bouncer that has nothing to show: its name and what its source says. */
void bouncer_empty_row(const struct picture *p, const struct bouncer *b,
                       const struct source_state *st, const char *words, struct table_row *row,
                       int ncells, int name_column, int state_column, struct arena *a);
void bouncers_note(const struct picture *p, struct table_model *m, struct arena *a);

void bouncer_card(const struct picture *p, const char *name, struct doc *d);
void bouncer_pool_card(const struct picture *p, const struct pool_view *v, struct doc *d);
void bouncer_stats_card(const struct picture *p, const struct bouncer *b, int i, struct doc *d);

#endif
