/* replay_bar.c: the line that says that this is a recording, where in it, and how it goes on. */
#include "pgdba/console/view.h"

#include <inttypes.h>
#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/console/draw.h"

enum { BAR_MIN = 8, BAR_MOST = 60, WIDE = 100 };

/* "01:02.5" */
static const char *position(int64_t us, struct arena *a)
{
    int64_t tenths = us / (100 * USEC_PER_MS), s = tenths / 10;
    return arena_printf(a, "%02" PRId64 ":%02" PRId64 ".%" PRId64, s / 60, s % 60, tenths % 10);
}

static const char *state_words(const struct surface *s, const struct replay_state *r,
                               struct arena *a)
{
    const char *speed = r->speed == (int)r->speed ? arena_printf(a, "%dx", (int)r->speed)
                                                  : arena_printf(a, "%.1fx", r->speed);
    if (r->seeking)
        return "on its way";
    if (r->ended)
        return "at its end";
    return r->playing ? arena_printf(a, "%s %s", glyph(s, GL_SELECT), speed)
                      : arena_printf(a, "%s paused", glyph(s, GL_PAUSE));
}

void replay_draw(const struct frame *f, struct surface *s, struct rect r)
{
    const struct replay_state *rp = f->replay;
    struct arena a;
    arena_init(&a);
    surface_fill(s, r, TR_HINT);
    int x = r.col, right = r.col + r.cols - 1;
    x += surface_text(s, r.row, x, right - x, TR_BADGE_RO, " RECORDING ") + 1;
    if (r.cols >= WIDE && rp->title)
        x += surface_text(s, r.row, x, 40, TR_HINT, rp->title) + 2;
    x += surface_text(s, r.row, x, right - x, TR_KEY, state_words(s, rp, &a)) + 2;
    x += surface_textf(s, r.row, x, right - x, TR_HINT, "%s / %s", position(rp->at_us, &a),
                       position(rp->length_us, &a)) +
         2;
    bool broken = rp->broken && *rp->broken;
    const char *tail = broken           ? rp->broken
                       : r.cols >= WIDE ? "Space plays and pauses, Right and Left step"
                                        : ""; /* the line below says it */
    int bar = right - x - surface_width(s, tail) - 2;
    bar = bar > BAR_MOST ? BAR_MOST : bar;
    if (bar >= BAR_MIN) {
        draw_bar(s, r.row, x, bar, TR_KEY,
                 rp->length_us > 0 ? (double)rp->at_us / (double)rp->length_us : 0);
        x += bar + 2;
    }
    surface_text(s, r.row, x, right - x, broken ? TR_ERROR : TR_DIM, tail);
    arena_release(&a);
}
