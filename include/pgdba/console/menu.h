/*
 * console/menu.h: what can be done to members, or to a server of HAProxy, as a menu: tables of
 * command strings. Choosing one does what typing it does; what is not possible now stays in sight,
 * with the reason.
 */
#ifndef PGDBA_CONSOLE_MENU_H
#define PGDBA_CONSOLE_MENU_H

#include "pgdba/console/view.h"

struct menu_item {
    const char *title;
    const char *command; /* as it would be typed; ends with a blank: to be finished by hand; NULL:
                            everything known about it */
    const char *why_not; /* NULL: it can be chosen */
};

/* Asks the policy about everything that the menu has, before it is opened: v->menu_servers is set
 * by then. */
void menu_ask(struct app *a, struct view_state *v);
/* For the members, or the server, that f->v->menu names, as of the frame's picture. In the arena.
 */
int menu_items(const struct frame *f, struct arena *a, const struct menu_item **out);
/* "Actions on pg2", "Actions on 2 marked: pg2, pg4". In the arena. */
const char *menu_title(const struct view_state *v, struct arena *a);
/* Where item v->menu_at stands in d: its first line, and how many. */
void menu_write(const struct frame *f, struct doc *d, int *first, int *lines);

#endif
