/* config/theme_schema.h: the keys of a theme's file. Private to config/. */
#ifndef PGDBA_SRC_CONFIG_THEME_SCHEMA_H
#define PGDBA_SRC_CONFIG_THEME_SCHEMA_H

#include <stdbool.h>

#include "pgdba/config/theme.h"
#include "schema.h"

extern const struct schema theme_schema; /* of struct theme */

/* struct theme_style while a theme is read: set by theme.c before, by the schema when given. */
enum { COLOUR_DEFAULT = -1, COLOUR_LEFT_OUT = -2 };

/* The nearest of the 16 basic colours to one of the 256; -1 and 0..15 are themselves. */
int colour_to_16(int colour);
/* "red", "bright-red", "default", "0".."255", "#rrggbb". most: 15 or 255. False: none of these. */
bool colour_parse(const char *text, int most, int *out);

#endif
