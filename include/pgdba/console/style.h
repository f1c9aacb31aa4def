/*
 * console/style.h: from a cell and a theme to what a terminal with so many colours is to show.
 * Pure.
 */
#ifndef PGDBA_CONSOLE_STYLE_H
#define PGDBA_CONSOLE_STYLE_H

#include "pgdba/config/theme.h"
#include "pgdba/console/surface.h"

struct style {
    int fg, bg;     /* -1: the terminal's own */
    unsigned attrs; /* ATTR_* */
};

/* colors: 0 (none), 8, 16 or 256. */
struct style style_of(const struct theme *t, const struct cell *c, int colors);

#endif
