/*
 * config/theme.h: themes: semantic roles to colours and attributes, from YAML files. Searched in
 * ${XDG_CONFIG_HOME}/pgdba/themes/, then the installed directory, PGDBA_DATADIR/themes. The
 * directory that $PGDBA_THEMES names comes before both, for tests.
 */
#ifndef PGDBA_CONFIG_THEME_H
#define PGDBA_CONFIG_THEME_H

#include <stdbool.h>
#include <stdint.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/err.h"

enum theme_role {
    TR_TEXT,   /* ordinary text */
    TR_DIM,    /* old, secondary */
    TR_HEADER, /* the top line */
    TR_TITLE,  /* a pane's title */
    TR_TITLE_FOCUS,
    TR_BORDER,
    TR_COLUMN,   /* column headings */
    TR_SELECTED, /* the row under the cursor */
    TR_OK,       /* healthy */
    TR_WARN,     /* degraded */
    TR_CRIT,     /* critical */
    TR_UNKNOWN,  /* cannot be known */
    TR_STALE,    /* the last picture of a source that died */
    TR_LEADER,
    TR_REPLICA,
    TR_SYNC,
    TR_SPARK,
    TR_BADGE, /* environment and mode badges */
    TR_BADGE_PROD,
    TR_BADGE_RO,
    TR_KEY,    /* a key in help and hints */
    TR_PROMPT, /* the command bar */
    TR_HINT,
    TR_ERROR, /* a message that something failed */
    TR_DIALOG,
    TR_DIALOG_TITLE,
    TR_INPUT,
    TR_COUNT
};

enum { ATTR_BOLD = 1, ATTR_DIM = 2, ATTR_REVERSE = 4, ATTR_UNDERLINE = 8, ATTR_ITALIC = 16 };

struct theme_style {
    int fg, bg;     /* 0..255 of the xterm palette, -1 default */
    int fg16, bg16; /* the same for 16-colour (and, modulo 8, 8-colour) terminals, -1 default */
    unsigned attrs; /* ATTR_* */
};

struct theme {
    struct arena arena;
    const char *name, *summary, *path;
    struct theme_style styles[TR_COUNT];
};

/* Colours in the file: names (red, bright-red, default), 0..255, or "#rrggbb" (nearest of 256). A
 * role left out takes TR_TEXT's style. Every role of state carries an attribute too in the mono
 * theme. */
enum status theme_load(const char *name, struct theme **out, struct err *e);
enum status theme_parse(const char *text, size_t n, const char *path, struct theme **out,
                        struct err *e);
/* Attributes only, compiled in: for when no file can be had. Never NULL; theme_free(). */
struct theme *theme_builtin(void);
void theme_free(struct theme *t);
/* Names found, sorted, in the arena. */
int theme_names(struct arena *a, const char *const **names);
const char *theme_role_name(enum theme_role r); /* "title-focus" */

#endif
