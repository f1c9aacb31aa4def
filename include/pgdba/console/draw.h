/*
 * console/draw.h: small drawings that several views share, and the words and signs of a health.
 */
#ifndef PGDBA_CONSOLE_DRAW_H
#define PGDBA_CONSOLE_DRAW_H

#include "pgdba/console/surface.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/verdict.h"

enum theme_role draw_health_role(enum health h);
enum glyph draw_health_glyph(enum health h);

/* Text aligned to the right edge of its columns. */
void draw_right(struct surface *s, int row, int col, int cols, enum theme_role role,
                const char *text);
/* A bar of cols cells, filled from the left; NAN draws an empty one. */
void draw_bar(struct surface *s, int row, int col, int cols, enum theme_role role, double filled);
/* The last cols values (oldest first, < 0 is a gap), scaled to the largest. */
void draw_spark(struct surface *s, int row, int col, int cols, enum theme_role role,
                const double *v, int n);

/* A series as nbuckets of equal time ending now, each the largest value in it; -1 where there was
 * none. Buckets stand on multiples of their length, so that the line moves and does not flicker. In
 * the arena. */
const double *draw_buckets(const struct series *v, int64_t now_us, int64_t span_us, int nbuckets,
                           struct arena *a);

/* "14s" as an age on the screen, "now" below 2 s, "never" when at_us is 0. In the arena. */
const char *draw_age(struct arena *a, int64_t now_us, int64_t at_us);
/* "timed out 14s", "answered"; in the arena. */
const char *draw_outcome(struct arena *a, const struct source_state *st, int64_t now_us);

#endif
