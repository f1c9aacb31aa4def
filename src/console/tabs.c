/* tabs.c: the titles of all panes where one is shown, and what there is to say about that one. */
#include "pgdba/console/view.h"

#include <string.h>

/* Full titles, short ones, short ones without the blanks between, or only keys but for the one in
 * focus: what the width holds. */
enum form { FORM_FULL, FORM_BRIEF, FORM_TIGHT, FORM_KEYS };

static const char *title_of(enum pane_id id, enum form form, bool on)
{
    const struct pane *p = pane_get(id);
    if (form == FORM_KEYS)
        return on ? p->title : "";
    return form == FORM_FULL || !p->brief ? p->title : p->brief;
}

static int tab_width(const struct surface *s, enum pane_id id, enum form form, bool on)
{
    int w = surface_width(s, title_of(id, form, on));
    return !w ? 2 : form == FORM_TIGHT ? w + 2 + on : w + 4;
}

static int all_width(const struct surface *s, enum pane_id focus, enum form form)
{
    int w = 0;
    for (int i = 0; i < PANE_COUNT; i++)
        w += tab_width(s, (enum pane_id)i, form, i == (int)focus);
    return w;
}

static int draw_tabs(const struct frame *f, struct surface *s, struct rect r)
{
    int x = r.col, right = r.col + r.cols;
    enum form form = FORM_FULL;
    while (form < FORM_KEYS && all_width(s, f->v->focus, form) > r.cols)
        form++;
    for (int i = 0; i < PANE_COUNT; i++) {
        bool on = i == (int)f->v->focus;
        const char *title = title_of((enum pane_id)i, form, on);
        const char *blank = *title && form != FORM_TIGHT ? " " : "";
        x += surface_textf(s, r.row, x, right - x, on ? TR_TITLE_FOCUS : TR_TITLE, "%s%s%s%s%s",
                           on ? "[" : " ", pane_key((enum pane_id)i), blank, title,
                           on ? "]" : blank);
    }
    return x;
}

/* The rows that are out of sight, then the pane's own note; where there is one place only, the
 * first of them. */
static const char *words(const struct frame *f, const struct layout *l, const struct table_model *m,
                         enum theme_role *role, struct arena *a)
{
    const struct table_state *t = &f->v->tables[f->v->focus];
    const char *extent = pane_extent(m, t, layout_table_rows(f, l, f->v->focus), a);
    *role = t->filter ? TR_HINT : m->note_role;
    if (!*extent || !*m->note)
        return *extent ? extent : m->note;
    if (!l->note.rows)
        return t->filter || m->note_role == TR_DIM || m->note_role == TR_TEXT ? extent : m->note;
    return arena_printf(a, "%s%s%s", extent, *m->note ? "; " : "", m->note);
}

void tabs_draw(const struct frame *f, struct surface *s, const struct layout *l)
{
    struct arena a;
    struct picture pic;
    struct table_model m;
    enum theme_role role;
    struct rect r = l->tabs;
    arena_init(&a);
    frame_picture(f, &pic);
    pane_model(pane_get(f->v->focus), &pic, &a, &m);
    surface_hline(s, r.row, r.col, r.cols, TR_BORDER);
    int x = draw_tabs(f, s, r) + 1, right = r.col + r.cols;
    const char *note = words(f, l, &m, &role, &a);
    if (l->note.rows) {
        r = l->note;
        surface_hline(s, r.row, r.col, r.cols, TR_BORDER);
        x = r.col;
        right = r.col + r.cols;
    }
    if (*note && right - x > 12)
        surface_textf(s, r.row, x + 1, right - x - 2, role, " %s ", note);
    arena_release(&a);
}
