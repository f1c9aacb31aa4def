/* console_menu.c: opening the menu of a member, of the marked ones, or of a server in HAProxy, and
 * choosing from it. */
#include "console_private.h"

#include <string.h>

#include "pgdba/console/menu.h"

bool menu_open(struct console *c)
{
    static const struct marks none = {0, NULL};
    struct arena a;
    const struct pane *p = pane_get(c->v.focus);
    if (!p->members && !p->servers)
        return false;
    console_marks(c);
    arena_init(&a);
    const char *name = p->servers ? console_row(c, &a) : console_object(c, &a);
    marks_copy(&c->v.menu, p->servers ? &none : &c->v.marks);
    if (c->v.menu.n == 0 && name)
        marks_add(&c->v.menu, name);
    c->v.menu_servers = p->servers;
    arena_release(&a);
    if (c->v.menu.n == 0)
        return false;
    c->v.menu_at = 0;
    if (!c->replay.on) /* which has no cluster to ask about */
        menu_ask(c->app, &c->v);
    view_open(&c->v, OVERLAY_MENU);
    return true;
}

/* From here on it is what was typed: the plan with its checks, and the question. */
static void choose(struct console *c, const struct menu_item *it)
{
    if (it->why_not) {
        console_say(c, TR_HINT, "%s: %s", it->title, it->why_not);
    } else if (!it->command) {
        console_card(c, c->v.menu.v[0]);
    } else {
        view_open(&c->v, OVERLAY_NONE);
        if (it->command[strlen(it->command) - 1] == ' ')
            bar_open(c, it->command, false);
        else
            bar_run(c, it->command);
    }
}

/* To be finished by hand: with options, say. */
static void edit(struct console *c, const struct menu_item *it)
{
    struct arena a;
    if (!it->command)
        return;
    arena_init(&a);
    bool open = it->command[strlen(it->command) - 1] == ' ';
    view_open(&c->v, OVERLAY_NONE);
    bar_open(c, arena_printf(&a, "%s%s", it->command, open ? "" : " "), false);
    arena_release(&a);
}

static int moved(enum ui_action a, int at, int n)
{
    int to = a == UI_UP                          ? at - 1
             : a == UI_DOWN                      ? at + 1
             : a == UI_FIRST || a == UI_PAGE_UP  ? 0
             : a == UI_LAST || a == UI_PAGE_DOWN ? n - 1
                                                 : at;
    return to < 0 ? 0 : to >= n ? n - 1 : to;
}

/* ---- a key that begins a command ------------------------------------------------------------- */

/* How many of the line's values are members; -1 when it cannot be read. */
static int members_in(const char *line, struct arena *a)
{
    struct invocation inv;
    struct parse_error pe = {0};
    int n = 0;
    if (command_parse_line(line, a, &inv, &pe) != ST_OK)
        n = -1;
    for (int i = 0; n >= 0 && i < inv.nvalues; i++) {
        enum arg_kind kind = inv.values[i].arg->kind;
        n += kind == ARG_MEMBER || kind == ARG_REPLICA || kind == ARG_LEADER;
    }
    parse_error_release(&pe);
    return n;
}

void menu_begin(struct console *c, const char *command)
{
    struct arena a;
    struct marks *m = &c->v.marks;
    console_marks(c);
    arena_init(&a);
    const char *whole = arena_printf(&a, "%s%s ", command, marks_words(m, &a));
    bool all = m->n > 0 && members_in(whole, &a) == m->n;
    bar_open(c, all ? whole : command, false);
    if (m->n > 1 && !all &&
        members_in(arena_printf(&a, "%s%s", command, command_quote(&a, m->v[0])), &a) == 1)
        bar_complain(c, arena_printf(&a, "this takes one member, and %d are marked", m->n));
    arena_release(&a);
}

/* ---- keys ----------------------------------------------------------------------------------- */

void menu_key(struct console *c, const struct key *k)
{
    struct frame f;
    struct arena a;
    const struct menu_item *v;
    const struct key_bind *b = keymap_find(&c->keys, k->name);
    enum ui_action ui = keymap_ui(k->name);
    arena_init(&a);
    console_frame(c, &f);
    int n = menu_items(&f, &a, &v);
    if (ui == UI_CANCEL || ui == UI_INTERRUPT || (b && strcmp(b->command, "quit") == 0))
        view_open(&c->v, OVERLAY_NONE);
    else if (ui == UI_COMMAND_BAR)
        bar_open(c, "", false);
    else if (ui == UI_MENU)
        choose(c, &v[c->v.menu_at]);
    else if (ui == UI_DETAILS)
        choose(c, &v[0]);
    else if (ui == UI_PASTE)
        edit(c, &v[c->v.menu_at]);
    else
        c->v.menu_at = moved(ui, c->v.menu_at, n);
    arena_release(&a);
}
