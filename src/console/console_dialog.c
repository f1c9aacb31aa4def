/* console_dialog.c: keys in an overlay: scrolling, closing, and the answers to a plan. */
#include "console_private.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/utf8.h"

static void close_overlay(struct console *c)
{
    view_open(&c->v, OVERLAY_NONE);
}

static void show_text(struct console *c, const char *title, const char *text)
{
    char *t = xstrdup(title), *x = xstrdup(text);
    free(c->v.title);
    free(c->v.text);
    c->v.title = t;
    c->v.text = x;
    view_open(&c->v, OVERLAY_TEXT);
}

static void complain(struct console *c, char *text)
{
    free(c->v.complaint);
    c->v.complaint = text;
}

/* ---- plans ---------------------------------------------------------------------------------- */

void dialog_plan(struct console *c, struct plan *p)
{
    dialog_drop(c);
    c->v.plan = p;
    view_open(&c->v, OVERLAY_PLAN);
}

#define FIRST_MOST \
    (3 * USEC_PER_SEC) /* who has not answered by then, is silent: the checks say it */

static bool may_plan(const struct console *c, enum action_kind k)
{
    return clock_mono(c->opt->clock) - c->began_us >= FIRST_MOST || app_plan_ready(c->app, k);
}

static void forget_early(struct console *c)
{
    free(c->early);
    c->early = NULL;
}

bool dialog_may_plan(struct console *c, enum action_kind k, const char *line)
{
    forget_early(c);
    if (may_plan(c, k))
        return true;
    c->early = xstrdup(line);
    c->early_kind = k;
    show_text(c, "One moment",
              "This console has just begun, and not everybody has answered yet. The plan comes as "
              "soon as they have, at the latest after 3 s.");
    app_tick_at(c->app, c->began_us + FIRST_MOST);
    return false;
}

void dialog_early(struct console *c)
{
    char *line = c->early;
    bool closed = c->v.overlay != OVERLAY_TEXT; /* which is to say no */
    if (!line || (!closed && !may_plan(c, c->early_kind)))
        return;
    c->early = NULL;
    if (!closed) {
        close_overlay(c);
        bar_run(c, line);
    }
    free(line);
}

/* app takes the plan over; it is out of the view before that. */
static struct plan *take_plan(struct console *c)
{
    struct plan *p = c->v.plan;
    c->v.plan = NULL;
    close_overlay(c);
    return p;
}

void dialog_drop(struct console *c)
{
    if (c->v.plan)
        app_decline(c->app, take_plan(c), "the console was left before it was confirmed");
}

static void decline(struct console *c, const char *why)
{
    const char *name = action_name(c->v.plan->kind);
    app_decline(c->app, take_plan(c), why);
    console_say(c, TR_HINT, "%s: nothing was sent", name);
}

static void execute(struct console *c)
{
    struct err e = ERR_INIT;
    if (app_execute(c->app, take_plan(c), &e) == ST_OK) {
        view_open(&c->v, OVERLAY_PROGRESS);
    } else {
        char *text = xasprintf("%s\n\nNothing was sent.", err_text(&e));
        show_text(c, e.status == ST_CONFLICT ? "The cluster moved" : "Refused", text);
        free(text);
    }
    err_release(&e);
}

#define LOOK_MOST (3 * USEC_PER_SEC) /* who is silent for longer, is silent: the checks say it */

void dialog_looked(struct console *c)
{
    int64_t now = clock_mono(c->opt->clock);
    if (c->v.looking &&
        (app_looked_since(c->app, c->v.plan, c->look_us) || now - c->look_us >= LOOK_MOST))
        execute(c);
}

/* What the checks saw may be seconds old, and who was frozen meanwhile would get a request that he
 * carries out when he thaws. */
static void look_once_more(struct console *c)
{
    c->v.looking = true;
    c->look_us = clock_mono(c->opt->clock);
    c->v.plan->looked_us = c->look_us;
    buf_clear(&c->v.typed);
    complain(c, NULL);
    app_refresh_now(c->app);
    dialog_looked(c);
}

static bool says_yes(const char *s)
{
    return strcmp(s, "y") == 0 || strcmp(s, "Y") == 0 || strcmp(s, "yes") == 0;
}

static bool confirms(const struct plan *p, int nth, const char *typed)
{
    return p->confirm == CONFIRM_YES ? says_yes(typed) : strcmp(typed, plan_word(p, nth).word) == 0;
}

/* Warnings have a confirmation of their own. */
static void confirmed(struct console *c)
{
    if (++c->v.words >= plan_nwords(c->v.plan)) {
        if (c->v.plan->worst != CHECK_WARN) {
            look_once_more(c);
            return;
        }
        c->v.confirmed = true;
    }
    buf_clear(&c->v.typed);
    complain(c, NULL);
}

static void answer_warnings(struct console *c)
{
    if (!says_yes(c->v.typed.s)) {
        decline(c, "declined for its warnings");
        return;
    }
    c->v.plan->accepted = "asked";
    look_once_more(c);
}

static void answer_plan(struct console *c)
{
    const struct plan *p = c->v.plan;
    const char *typed = c->v.typed.s;
    if (p->worst == CHECK_BLOCK)
        decline(c, "a check blocked it");
    else if (c->v.read_only)
        decline(c, "this console is read-only");
    else if (c->v.confirmed)
        answer_warnings(c);
    else if (confirms(p, c->v.words, typed))
        confirmed(c);
    else if (p->confirm == CONFIRM_YES)
        decline(c, "declined by the operator");
    else if (!*typed)
        complain(c, xasprintf("type %s, or Esc", plan_word(p, c->v.words).word));
    else
        complain(c, xasprintf("\"%s\" is not \"%s\": nothing was sent", typed,
                              plan_word(p, c->v.words).word));
}

static void escape_plan(struct console *c)
{
    decline(c, c->v.plan->worst == CHECK_BLOCK ? "a check blocked it" : "declined by the operator");
}

/* ---- leaving -------------------------------------------------------------------------------- */

void dialog_quit(struct console *c)
{
    if (app_operation_running(c->app))
        view_open(&c->v, OVERLAY_QUIT);
    else
        console_leave(c);
}

static void answer_quit(struct console *c)
{
    bool yes = says_yes(c->v.typed.s);
    close_overlay(c);
    if (yes)
        console_leave(c);
}

/* ---- keys ----------------------------------------------------------------------------------- */

static void erase_one(struct buf *b)
{
    size_t n = b->len;
    while (n > 0 && ((unsigned char)b->s[n - 1] & 0xC0) == 0x80)
        n--;
    buf_truncate(b, n > 0 ? n - 1 : 0);
}

/* True when the key belongs to the line that is being answered. Pasting is refused: what is asked
 * for is that it be typed. */
static bool edit_answer(struct console *c, const struct key *k)
{
    struct buf *b = &c->v.typed;
    if (strcmp(k->name, "Paste") == 0) {
        complain(c, xstrdup("typed, not pasted, please"));
    } else if (strcmp(k->name, "Backspace") == 0) {
        erase_one(b);
    } else if (strcmp(k->name, "C-u") == 0 || strcmp(k->name, "C-w") == 0) {
        buf_clear(b);
    } else if (k->len > 0 && (unsigned char)k->bytes[0] >= 0x20 && k->bytes[0] != 0x7F) {
        if (b->len < 256)
            buf_add(b, k->bytes, (size_t)k->len);
        complain(c, NULL);
    } else {
        return false;
    }
    return true;
}

static void scroll(struct console *c, int delta)
{
    struct frame f;
    console_frame(c, &f);
    int most = overlay_scroll_most(&f, &c->surface), to = c->v.scroll + delta;
    c->v.scroll = to < 0 ? 0 : to > most ? most : to;
}

static bool scroll_key(struct console *c, const struct key *k, bool letters)
{
    struct frame f;
    console_frame(c, &f);
    int page = overlay_page(&f, &c->surface);
    enum ui_action a = keymap_ui(k->name);
    if (!letters && k->len == 1 && (unsigned char)k->bytes[0] >= 0x20)
        return false;
    if (a == UI_UP || a == UI_DOWN)
        scroll(c, a == UI_UP ? -1 : 1);
    else if (a == UI_PAGE_UP || a == UI_PAGE_DOWN)
        scroll(c, a == UI_PAGE_UP ? -page : page);
    else if (a == UI_FIRST || a == UI_LAST)
        scroll(c, a == UI_FIRST ? -1000000 : 1000000);
    else
        return false;
    return true;
}

static bool closes(const struct key *k)
{
    return strcmp(k->name, "Esc") == 0 || strcmp(k->name, "C-c") == 0;
}

/* Of a terminal that is too small nothing is shown but that: nobody may confirm what he cannot
 * read. */
static bool is_unseen(const struct console *c)
{
    return c->surface.rows < SCREEN_MIN_ROWS || c->surface.cols < SCREEN_MIN_COLS;
}

static void answer_key(struct console *c, const struct key *k)
{
    bool plan = c->v.overlay == OVERLAY_PLAN;
    if (is_unseen(c) && !closes(k))
        return;
    bool can = !plan || (c->v.plan->worst != CHECK_BLOCK && !c->v.read_only && !c->v.looking);
    if (closes(k) && plan)
        escape_plan(c);
    else if (c->v.looking)
        scroll_key(c, k, true);
    else if (closes(k))
        close_overlay(c);
    else if (strcmp(k->name, "Enter") == 0 && plan)
        answer_plan(c);
    else if (strcmp(k->name, "Enter") == 0)
        answer_quit(c);
    else if (!scroll_key(c, k, !can) && can)
        edit_answer(c, k);
}

/* Overlays to read: whatever closes a page closes them; the command bar opens above them. */
static void read_key(struct console *c, const struct key *k)
{
    const struct key_bind *b = keymap_find(&c->keys, k->name);
    bool leaves = closes(k) || strcmp(k->name, "Enter") == 0 ||
                  (b && strcmp(b->command, "quit") == 0) ||
                  (b && c->v.overlay == OVERLAY_HELP && strcmp(b->command, "help") == 0);
    if (leaves)
        close_overlay(c);
    else if (keymap_ui(k->name) == UI_COMMAND_BAR)
        bar_open(c, "", false);
    else
        scroll_key(c, k, true);
}

void dialog_key(struct console *c, const struct key *k)
{
    bool leaves = strcmp(k->name, "Esc") == 0 || strcmp(k->name, "C-c") == 0;
    if (c->early && c->v.overlay == OVERLAY_TEXT && !leaves)
        return; /* typed for the plan that is to come: it neither closes nor confirms */
    if (c->v.overlay == OVERLAY_PLAN || c->v.overlay == OVERLAY_QUIT)
        answer_key(c, k);
    else if (c->v.overlay == OVERLAY_MENU)
        menu_key(c, k);
    else if (c->v.overlay == OVERLAY_AUDIT && auditlog_key(c, k))
        return;
    else
        read_key(c, k);
}
