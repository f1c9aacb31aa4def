/* banner.c: what is left paused in PgBouncer by an earlier run: a line below the header for as long
 * as it is so, with the key that offers to take it back. */
#include <string.h>

#include "pgdba/console/draw.h"
#include "pgdba/console/view.h"

static const char take_back[] = "pgb resume --left";

/* The key that does it, as it is bound now; else what is to be typed. */
static const char *key_of(const struct frame *f, struct arena *a)
{
    for (int i = 0; f->keys && i < f->keys->n; i++)
        if (strncmp(f->keys->v[i].command, take_back, strlen(take_back)) == 0)
            return f->keys->v[i].key;
    return arena_printf(a, ":%s", take_back);
}

void banner_draw(const struct frame *f, struct surface *s, struct rect r)
{
    struct arena a;
    arena_init(&a);
    const char *tail = arena_printf(&a, "%s takes it back", key_of(f, &a));
    int right = r.col + r.cols - 1, x = r.col + 1, w = surface_width(s, tail);
    if (w > r.cols - 2)
        w = r.cols - 2;
    surface_fill(s, r, TR_ERROR);
    x += surface_textf(s, r.row, x, 2, TR_ERROR, "%s ", glyph(s, GL_WARN));
    surface_text(s, r.row, x, right - x - w - 2, TR_ERROR, f->left);
    surface_text(s, r.row, right - w, w, TR_ERROR, tail);
    arena_release(&a);
}
