/*
 * console/draw.h: small drawings that several views share, and the words and signs of a health.
 */
#ifndef PGDBA_CONSOLE_DRAW_H
#define PGDBA_CONSOLE_DRAW_H

#include <time.h>

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

/* Local wall times to the millisecond, "03:12:07.123"; of another day than now's "Nov 20 03:12",
 * of another year "2025-11-20".
 * For many rows: what was worked out for one minute serves the next row too. */
struct draw_clock {
    struct tm today, tm;
    int64_t minute;
    bool known;
};
struct draw_clock draw_clock_at(int64_t now_wall_us);
const char *draw_clock_text(struct draw_clock *c, int64_t wall_us, struct arena *a);
/* "2026-11-21 03:12:07.123 +0100" */
const char *draw_wall_full(struct arena *a, int64_t wall_us);
/* "12.4 s", "1m02.4s": with so many decimals (0 to 3). */
const char *draw_seconds(struct arena *a, int64_t us, int decimals);

#endif
