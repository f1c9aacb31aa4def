/* console_keys.c: what a key does where nothing is open; the rest goes to the bar or the dialog. */
#include "console_private.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/clock.h"

#define TWICE (2 * USEC_PER_SEC)

static struct table_state *table(struct console *c)
{
    return &c->v.tables[c->v.focus];
}

/* The rows of the focused table that are visible now. */
static int visible_rows(struct console *c)
{
    struct frame f;
    struct layout l;
    console_frame(c, &f);
    layout_compute(&f, c->surface.rows, c->surface.cols, &l);
    return l.too_small ? 0 : layout_table_rows(&f, &l, c->v.focus);
}

static void focused_model(struct console *c, struct arena *a, struct table_model *m)
{
    struct frame f;
    struct picture p;
    console_frame(c, &f);
    frame_picture(&f, &p);
    pane_model(pane_get(c->v.focus), &p, a, m);
}

static void move(struct console *c, int delta)
{
    struct arena a;
    struct table_model m;
    arena_init(&a);
    focused_model(c, &a, &m);
    table_move(&m, table(c), delta, visible_rows(c));
    arena_release(&a);
}

/* NULL: there is no row. In the arena. */
static const struct table_row *selected_row(struct console *c, struct arena *a)
{
    struct table_model m;
    int n;
    focused_model(c, a, &m);
    const int *order = table_order(&m, table(c), a, &n);
    int at = table_selected(&m, table(c), order, n);
    return at >= 0 ? &m.rows[order[at]] : NULL;
}

const char *console_object(struct console *c, struct arena *a)
{
    const struct table_row *row = console_picture(c) ? selected_row(c, a) : NULL;
    return row ? row->object : NULL;
}

const char *console_row(struct console *c, struct arena *a)
{
    const struct table_row *row = console_picture(c) ? selected_row(c, a) : NULL;
    return row && row->object ? row->key : NULL;
}

void console_card(struct console *c, const char *key)
{
    char *copy = xstrdup(key);
    free(c->v.card_key);
    c->v.card_key = copy;
    view_open(&c->v, OVERLAY_CARD);
}

static void show_details(struct console *c)
{
    struct arena a;
    arena_init(&a);
    const struct table_row *row = selected_row(c, &a);
    if (row)
        console_card(c, row->key);
    arena_release(&a);
}

static void paste(struct console *c)
{
    struct arena a;
    arena_init(&a);
    const char *name = console_object(c, &a);
    if (name)
        bar_name(c, name);
    else
        console_say(c, TR_HINT, "there is nothing here that a command could name");
    arena_release(&a);
}

/* ---- marks ---------------------------------------------------------------------------------- */

static void mark(struct console *c)
{
    struct arena a;
    arena_init(&a);
    const struct table_row *row = selected_row(c, &a);
    if (!pane_get(c->v.focus)->members)
        console_say(c, TR_HINT, "members can be marked: in topology, lag and truth");
    else if (row)
        marks_toggle(&c->v.marks, row->key);
    arena_release(&a);
}

void console_marks(struct console *c)
{
    marks_keep(&c->v.marks, console_picture(c));
}

/* ---- what else a key does ------------------------------------------------------------------- */

static void sort_step(struct console *c, int step)
{
    struct arena a;
    int n;
    arena_init(&a);
    (void)pane_columns(pane_get(c->v.focus), c->v.bouncers_view, &a, &n);
    arena_release(&a);
    int column = table(c)->sort + step;
    if (column >= n)
        column = -1;
    if (column < -1)
        column = n - 1;
    console_sort(c, column, table(c)->reverse);
}

static void cancel(struct console *c)
{
    if (table(c)->filter)
        table_state_filter(table(c), NULL);
    else
        marks_release(&c->v.marks);
    view_say(&c->v, TR_TEXT, NULL);
}

static void interrupt(struct console *c)
{
    int64_t now = clock_mono(c->opt->clock);
    if (c->interrupted_us && now - c->interrupted_us < TWICE)
        dialog_quit(c);
    else
        console_say(c, TR_HINT, "Ctrl-C again leaves, and so does q");
    c->interrupted_us = now;
}

/* The next table of PgBouncer; from another pane: the one that was shown last. */
static void view_step(struct console *c, int step)
{
    if (c->v.focus == PANE_BOUNCERS)
        view_bouncers(&c->v, (enum pgb_view)(((int)c->v.bouncers_view + step) % PGB_VIEW_COUNT));
    console_focus(c, PANE_BOUNCERS);
}

/* From a client to its server, and back. */
static bool follow_link(struct console *c)
{
    const struct pane *p = pane_get(c->v.focus);
    struct frame f;
    struct picture pic;
    struct arena a;
    enum pgb_view view;
    if (!p->peer)
        return false;
    arena_init(&a);
    console_frame(c, &f);
    frame_picture(&f, &pic);
    const struct table_row *row = selected_row(c, &a);
    const char *peer = row ? p->peer(&pic, row->key, &view, &a) : NULL;
    if (peer) {
        view_bouncers(&c->v, view);
        free(table(c)->selected);
        table(c)->selected = xstrdup(peer);
    }
    arena_release(&a);
    return peer != NULL;
}

static void act(struct console *c, enum ui_action a)
{
    int page = visible_rows(c);
    int n = PANE_COUNT;
    switch (a) {
    case UI_COMMAND_BAR:
        bar_open(c, "", false);
        break;
    case UI_FILTER:
        bar_open(c, "", true);
        break;
    case UI_NEXT_PANE:
        console_focus(c, (enum pane_id)(((int)c->v.focus + 1) % n));
        break;
    case UI_PREVIOUS_PANE:
        console_focus(c, (enum pane_id)(((int)c->v.focus + n - 1) % n));
        break;
    case UI_UP:
    case UI_DOWN:
        move(c, a == UI_UP ? -1 : 1);
        break;
    case UI_PAGE_UP:
    case UI_PAGE_DOWN:
        move(c, a == UI_PAGE_UP ? -page : page);
        break;
    case UI_FIRST:
    case UI_LAST:
        move(c, a == UI_FIRST ? -1000000 : 1000000);
        break;
    case UI_NEXT_VIEW:
    case UI_PREVIOUS_VIEW:
        view_step(c, a == UI_NEXT_VIEW ? 1 : PGB_VIEW_COUNT - 1);
        break;
    case UI_MENU:
        if (!menu_open(c) && !follow_link(c))
            show_details(c);
        break;
    case UI_DETAILS:
        show_details(c);
        break;
    case UI_PASTE:
        paste(c);
        break;
    case UI_MARK:
        mark(c);
        break;
    case UI_UNMARK_ALL:
        marks_release(&c->v.marks);
        break;
    case UI_VERDICTS:
        view_open(&c->v, OVERLAY_VERDICTS);
        break;
    case UI_OPERATION:
        view_open(&c->v, OVERLAY_PROGRESS);
        break;
    case UI_ZOOM:
        c->v.zoomed = !c->v.zoomed;
        break;
    case UI_SHUT:
        c->v.failover_shut = !c->v.failover_shut;
        console_say(c, TR_HINT, "a failover %s its pane by itself",
                    c->v.failover_shut ? "does not open" : "opens");
        break;
    case UI_SORT_NEXT:
    case UI_SORT_PREVIOUS:
        sort_step(c, a == UI_SORT_NEXT ? 1 : -1);
        break;
    case UI_SORT_REVERSE:
        console_sort(c, table(c)->sort < 0 ? 0 : table(c)->sort, !table(c)->reverse);
        break;
    case UI_CANCEL:
        cancel(c);
        break;
    case UI_INTERRUPT:
        interrupt(c);
        break;
    case UI_REDRAW: /* both before a key gets here */
    case UI_SUSPEND:
    case UI_NONE:
        break;
    }
}

static void run_binding(struct console *c, const struct key_bind *b)
{
    struct parse_error pe = {0};
    size_t n = strlen(b->command);
    if (n > 0 && b->command[n - 1] == ' ')
        menu_begin(c, b->command);
    else if (!console_exec(c, b->command, &pe))
        console_say(c, TR_ERROR, "key %s: %s", b->key, pe.text ? pe.text : "wrong command");
    parse_error_release(&pe);
}

static void plain_key(struct console *c, const struct key *k)
{
    const struct key_bind *b = keymap_find(&c->keys, k->name);
    if (c->v.overlay != OVERLAY_NONE)
        dialog_key(c, k);
    else if (!console_picture(c) || replay_key(c, k))
        return;
    else if (b)
        run_binding(c, b);
    else
        act(c, keymap_ui(k->name));
}

/* Esc and a key that came in one packet look like Alt and that key; where nothing is bound to Alt
 * and the key, two presses are what was meant. */
static bool as_two_keys(struct console *c, const struct key *k)
{
    if (strncmp(k->name, "M-", 2) != 0 || !k->name[2] || k->len < 2 ||
        keymap_find(&c->keys, k->name))
        return false;
    struct key first = {.name = "Esc", .bytes = "\033", .len = 1}, second = *k;
    memmove(second.name, k->name + 2, sizeof second.name - 2);
    memmove(second.bytes, k->bytes + 1, sizeof second.bytes - 1);
    second.len = k->len - 1;
    plain_key(c, &first);
    console_key(c, &second);
    return true;
}

void console_key(struct console *c, const struct key *k)
{
    c->watch.key_us = clock_mono(c->opt->clock);
    if (c->v.message_role == TR_HINT) /* read, or not wanted */
        view_say(&c->v, TR_TEXT, NULL);
    if (c->bar.open)
        bar_key(c, k);
    else if (!as_two_keys(c, k))
        plain_key(c, k);
}
