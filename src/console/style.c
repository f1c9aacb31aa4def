/* style.c: colours by what the terminal has. */
#include "pgdba/console/style.h"

#include <stdbool.h>

enum { BRIGHT_BLACK = 8 };

/* What a bar or a cursor is by colour alone must stand out without colours too. */
static bool stands_out(enum theme_role r)
{
    return r == TR_SELECTED || r == TR_HEADER || r == TR_DIALOG_TITLE || r == TR_TITLE_FOCUS ||
           (r >= TR_BADGE && r <= TR_BADGE_RO);
}

static bool reversed(const struct theme *t, enum theme_role r)
{
    return (t->styles[r].attrs & ATTR_REVERSE) || stands_out(r);
}

static struct style without_colors(const struct theme *t, const struct cell *c)
{
    unsigned a = t->styles[c->role].attrs | c->attrs;
    bool own = reversed(t, (enum theme_role)c->role);
    bool ground = c->ground != c->role && reversed(t, (enum theme_role)c->ground);
    a &= ~(unsigned)ATTR_REVERSE;
    return (struct style){-1, -1, own != ground ? a | ATTR_REVERSE : a};
}

/* Grey is "bright black", which eight colours do not have and which black would hide. */
static struct style with_eight(struct style s)
{
    if (s.fg == BRIGHT_BLACK) {
        s.fg = -1;
        s.attrs |= ATTR_DIM;
    } else if (s.fg > BRIGHT_BLACK) {
        s.fg -= 8;
        s.attrs |= ATTR_BOLD;
    }
    if (s.bg >= 8)
        s.bg -= 8;
    return s;
}

struct style style_of(const struct theme *t, const struct cell *c, int colors)
{
    const struct theme_style *own = &t->styles[c->role], *ground = &t->styles[c->ground];
    unsigned attrs = own->attrs | c->attrs;
    if (colors == 0)
        return without_colors(t, c);
    if (colors >= 256)
        return (struct style){own->fg, own->bg >= 0 ? own->bg : ground->bg, attrs};
    struct style s = {own->fg16, own->bg16 >= 0 ? own->bg16 : ground->bg16, attrs};
    if (s.fg >= 0 && s.fg == s.bg) /* never the colour it stands on */
        s.fg = -1;
    return colors >= 16 ? s : with_eight(s);
}
