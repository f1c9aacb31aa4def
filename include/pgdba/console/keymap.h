/*
 * console/keymap.h: which key does what. A binding is a command string with a note; the few keys
 * that move in the screen itself are a second table. Help is made from both.
 */
#ifndef PGDBA_CONSOLE_KEYMAP_H
#define PGDBA_CONSOLE_KEYMAP_H

#include <stdio.h>

#include "pgdba/base/err.h"
#include "pgdba/config/settings.h"

struct key_bind {
    const char *key;
    const char *command; /* ends with a blank: put in the command bar for the operator to finish */
    const char *note;
    const char *where; /* file:line of the settings; NULL: a default */
};

/* What the console itself does with a key; cannot be bound to something else. */
enum ui_action {
    UI_NONE,
    UI_COMMAND_BAR,
    UI_FILTER,
    UI_NEXT_PANE,
    UI_PREVIOUS_PANE,
    UI_UP,
    UI_DOWN,
    UI_PAGE_UP,
    UI_PAGE_DOWN,
    UI_FIRST,
    UI_LAST,
    UI_MENU,
    UI_DETAILS,
    UI_PASTE,
    UI_MARK,
    UI_UNMARK_ALL,
    UI_VERDICTS,
    UI_OPERATION,
    UI_ZOOM,
    UI_NEXT_VIEW,
    UI_PREVIOUS_VIEW,
    UI_SHUT,
    UI_SORT_NEXT,
    UI_SORT_PREVIOUS,
    UI_SORT_REVERSE,
    UI_CANCEL,
    UI_REDRAW,
    UI_SUSPEND,
    UI_INTERRUPT
};

struct ui_key {
    const char *keys; /* blank-separated */
    enum ui_action action;
    const char *note; /* "": not worth a line in help */
};

struct keymap {
    int n;
    struct key_bind *v;
};

/* The defaults with the settings' bindings on top. ST_INVALID with file:line for a key that does
 * not exist, that the console needs itself, that is bound twice (both places are named), or whose
 * command is wrong. The settings must outlive the keymap. */
enum status keymap_init(struct keymap *m, const struct settings *s, struct err *e);
void keymap_release(struct keymap *m);
const struct key_bind *keymap_find(const struct keymap *m, const char *key); /* or NULL */
enum ui_action keymap_ui(const char *key);
/* True when there is a key of that name (console/term.h). */
bool keymap_key_valid(const char *name);
const struct ui_key *keymap_ui_keys(int *n);
/* roff: every key that there is without settings. */
void keymap_write_manual(FILE *out);

#endif
