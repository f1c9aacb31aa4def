/*
 * bouncer_views.h: the tables of PgBouncer's console in the bouncers pane, all but the first, which
 * is the pane's own.
 */
#ifndef PGDBA_CONSOLE_BOUNCER_VIEWS_H
#define PGDBA_CONSOLE_BOUNCER_VIEWS_H

#include "pgdba/console/pane.h"

const struct table_column *bouncer_view_columns(enum pgb_view v, struct arena *a, int *n);
/* Rows that it will have. */
int bouncer_view_count(const struct picture *p);
void bouncer_view_rows(const struct picture *p, struct arena *a, struct table_model *m);
/* False: no such row. */
bool bouncer_view_card(const struct picture *p, const char *key, struct doc *d);
const char *bouncer_view_peer(const struct picture *p, const char *key, enum pgb_view *view,
                              struct arena *a);

#endif
