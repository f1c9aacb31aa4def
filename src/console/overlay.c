/* overlay.c: the box in the middle: a document that scrolls, and in some a line to answer in. */
#include "pgdba/console/menu.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/console/draw.h"

enum { WIDEST = 100 };

/* One overlay as it will be drawn. */
struct sheet {
    struct arena arena;
    struct doc doc;
    const char *title;
    const char *ask;  /* before the input, NULL: nothing to answer */
    const char *keys; /* said in the bottom border */
    struct rect box;
    int shown;       /* document lines visible */
    int pick, npick; /* the lines under the cursor; npick 0: there is none */
};

static int count_warnings(const struct plan *p)
{
    int n = 0;
    for (int i = 0; i < p->nchecks; i++)
        n += p->checks[i].verdict == CHECK_WARN;
    return n;
}

/* Beside the question, since on a low screen the checks may be out of sight. */
static const char *warnings(const struct plan *p, struct arena *a)
{
    int n = count_warnings(p);
    return n ? arena_printf(a, "%d warning%s. ", n, n > 1 ? "s" : "") : "";
}

static const char *plan_question(const struct view_state *v, int cols, struct arena *a)
{
    const struct plan *p = v->plan;
    if (p->worst == CHECK_BLOCK)
        return NULL;
    if (v->looking)
        return "Looking at the cluster once more...";
    if (v->confirmed)
        return arena_printf(a, "%d warning%s. All the same? [y/N] ", count_warnings(p),
                            count_warnings(p) > 1 ? "s" : "");
    const char *w = warnings(p, a);
    if (p->confirm == CONFIRM_YES)
        return arena_printf(a, "%sGo ahead? [y/N] ", w);
    /* The word last: where space is short the rest goes, not the word. */
    struct confirm_word word = plan_word(p, v->words);
    return cols < 60 ? arena_printf(a, "%sType %s: ", w, word.word)
                     : arena_printf(a, "%sType %s, %s: ", w, word.what, word.word);
}

static void write_plan(const struct frame *f, struct sheet *sh)
{
    const struct plan *p = f->v->plan;
    bool read_only = f->v->read_only && p->worst != CHECK_BLOCK;
    if (read_only) {
        doc_text(&sh->doc, 0, TR_CRIT, "This console is read-only: nothing can be sent from here.");
        doc_gap(&sh->doc);
    }
    plan_write(p, &sh->doc);
    sh->title = p->title;
    sh->ask = read_only ? NULL : plan_question(f->v, sh->doc.width, &sh->arena);
    sh->keys = !sh->ask                                       ? "Esc closes"
               : f->v->looking                                ? "Esc declines"
               : f->v->confirmed || p->confirm == CONFIRM_YES ? "y Enter confirms, Esc declines"
                                                              : "Enter confirms, Esc declines";
}

static void write_progress(const struct frame *f, struct sheet *sh)
{
    sh->title = f->op ? f->op->plan->title : "No operation";
    sh->keys = f->op && f->op->state == OP_RUNNING ? "Esc closes, it goes on" : "Esc closes";
    if (f->op)
        progress_write(f->op, f->v->tick_us, &sh->doc);
    else
        doc_text(&sh->doc, 0, TR_DIALOG, "Nothing was started here yet.");
}

static void write_card(const struct frame *f, struct sheet *sh)
{
    const struct pane *pane = pane_get(f->v->focus);
    struct picture pic;
    frame_picture(f, &pic);
    const char *key = f->v->card_key ? f->v->card_key : "";
    sh->title = pane->noun ? arena_printf(&sh->arena, "%s %s", pane->noun, key) : key;
    sh->keys = "Esc closes";
    if (f->v->card_key)
        pane->card(&pic, f->v->card_key, &sh->doc);
    if (sh->doc.nlines == 0)
        doc_text(&sh->doc, 0, TR_DIALOG, "It is not in the picture any more.");
}

static void write_menu(const struct frame *f, struct sheet *sh)
{
    sh->title = menu_title(f->v, &sh->arena);
    sh->keys = "Enter chooses, Space edits, Esc closes";
    menu_write(f, &sh->doc, &sh->pick, &sh->npick);
}

static void write_quit(const struct frame *f, struct sheet *sh)
{
    sh->title = "Leave while it runs?";
    sh->ask = "Leave? [y/N] ";
    sh->keys = "Esc stays";
    doc_textf(&sh->doc, 0, TR_DIALOG,
              "%s is still running. Leaving does not stop it on the servers: only its end will not "
              "be observed from here, and the audit log will say that it was left running.",
              f->op ? f->op->plan->title : "An operation");
    if (f->op && f->op->plan->kind == ACT_HOLD)
        doc_text(&sh->doc, 0, TR_DIALOG,
                 "The clients that PgBouncer holds are let go first; the console ends when they "
                 "are.");
}

static void write_sheet(const struct frame *f, struct sheet *sh)
{
    const struct view_state *v = f->v;
    sh->keys = "Esc closes";
    switch (v->overlay) {
    case OVERLAY_CARD:
        write_card(f, sh);
        break;
    case OVERLAY_MENU:
        write_menu(f, sh);
        break;
    case OVERLAY_VERDICTS:
        sh->title = "Verdict";
        verdicts_write(f->verdicts, &sh->doc);
        break;
    case OVERLAY_HELP:
        sh->title = v->help_topic ? v->help_topic : "Keys and commands";
        help_write(f->keys, v->help_topic, &sh->doc);
        break;
    case OVERLAY_PLAN:
        write_plan(f, sh);
        break;
    case OVERLAY_PROGRESS:
        write_progress(f, sh);
        break;
    case OVERLAY_TEXT:
        sh->title = v->title ? v->title : "";
        doc_text(&sh->doc, 0, TR_DIALOG, v->text ? v->text : "");
        break;
    case OVERLAY_RESULT:
        sh->title = v->result ? v->result->title : "";
        if (v->result)
            result_write(v->result, &sh->doc);
        break;
    case OVERLAY_AUDIT:
        sh->title = audit_view_title(v->audit, &sh->arena);
        sh->keys = v->audit->details ? "Esc goes back" : "Enter shows all of it, Esc closes";
        audit_view_write(v->audit, &sh->doc, &sh->pick, &sh->npick);
        break;
    case OVERLAY_QUIT:
        write_quit(f, sh);
        break;
    case OVERLAY_NONE:
        break;
    }
}

/* The body between header and footer is the box's; on a small screen all of it. That this is a
 * recording is never covered. */
static void place(const struct frame *f, const struct surface *s, struct sheet *sh)
{
    int answer = sh->ask ? 2 : 0, top = s->rows > 16 ? 2 : 1;
    int room = s->rows - top - 1 - frame_replays(f), want = sh->doc.nlines + answer + 2;
    int h = want < room ? want : room, w = sh->doc.width + 4;
    sh->box = (struct rect){top + (room - h) / 2, (s->cols - w) / 2, h, w};
    sh->shown = h - 2 - answer;
}

static void sheet_init(const struct frame *f, const struct surface *s, struct sheet *sh)
{
    memset(sh, 0, sizeof *sh);
    bool whole = f->v->overlay == OVERLAY_RESULT; /* rows take what there is */
    int width = s->cols - 4 < WIDEST || whole ? s->cols - 4 : WIDEST;
    arena_init(&sh->arena);
    doc_init(&sh->doc, &sh->arena, s, width);
    write_sheet(f, sh);
    place(f, s, sh);
}

int overlay_scroll_most(const struct frame *f, const struct surface *s)
{
    struct sheet sh;
    sheet_init(f, s, &sh);
    int most = doc_scroll_most(&sh.doc, sh.shown);
    arena_release(&sh.arena);
    return most;
}

int overlay_page(const struct frame *f, const struct surface *s)
{
    struct sheet sh;
    sheet_init(f, s, &sh);
    int n = sh.shown > 1 ? sh.shown - 1 : 1;
    arena_release(&sh.arena);
    return n;
}

/* ---- drawing -------------------------------------------------------------------------------- */

static void draw_border(const struct sheet *sh, int scroll, struct surface *s)
{
    struct rect b = sh->box;
    int bottom = b.row + b.rows - 1, below = sh->doc.nlines - scroll - sh->shown;
    surface_fill(s, b, TR_DIALOG);
    surface_box(s, b, TR_BORDER);
    surface_textf(s, b.row, b.col + 2, b.cols - 4, TR_DIALOG_TITLE, " %s ", sh->title);
    int x = b.col + 2;
    x += surface_textf(s, bottom, x, b.cols - 4, TR_DIM, " %s ", sh->keys);
    if (scroll > 0 || below > 0)
        surface_textf(s, bottom, x + 1, b.col + b.cols - x - 3, TR_KEY,
                      below > 1    ? " %s %d more lines, PgDn "
                      : below == 1 ? " %s %d more line, PgDn "
                                   : " %s PgUp goes back ",
                      glyph(s, below > 0 ? GL_DOWN : GL_UP), below);
}

static void draw_answer(const struct frame *f, const struct sheet *sh, struct surface *s)
{
    struct rect b = sh->box;
    int row = b.row + b.rows - 2, x = b.col + 2, right = b.col + b.cols - 2;
    surface_hline(s, row - 1, b.col + 1, b.cols - 2, TR_BORDER);
    if (f->v->complaint)
        surface_textf(s, row - 1, x, right - x, TR_ERROR, " %s ", f->v->complaint);
    x += surface_text(s, row, x, (right - x) * 3 / 4, TR_DIALOG, sh->ask);
    surface_fill(s, (struct rect){row, x, 1, right - x}, TR_INPUT);
    const char *typed = f->v->typed.s;
    int w = surface_width(s, typed);
    while (w > right - x - 1 && *typed) { /* the end of a long name is what is being typed */
        typed++;
        while ((*typed & 0xC0) == 0x80)
            typed++;
        w = surface_width(s, typed);
    }
    surface_text(s, row, x, right - x, TR_INPUT, typed);
    s->cursor_row = row;
    s->cursor_col = x + w;
}

/* A menu scrolls with its cursor. */
static int scroll_of(const struct frame *f, const struct sheet *sh)
{
    int most = doc_scroll_most(&sh->doc, sh->shown), to = f->v->scroll;
    if (sh->npick > 0)
        to = table_top(0, sh->pick + sh->npick - 1, sh->doc.nlines, sh->shown);
    if (sh->npick > 0 && to > sh->pick)
        to = sh->pick;
    return to < most ? to : most;
}

static void draw_pick(const struct sheet *sh, int scroll, struct surface *s, struct rect r)
{
    for (int i = sh->pick; i < sh->pick + sh->npick; i++)
        if (i >= scroll && i < scroll + r.rows)
            surface_role(s, (struct rect){r.row + i - scroll, r.col, 1, r.cols}, TR_SELECTED);
    if (sh->npick > 0)
        surface_text(s, r.row + sh->pick - scroll, r.col, 1, TR_SELECTED, glyph(s, GL_SELECT));
}

void overlay_draw(const struct frame *f, struct surface *s)
{
    struct sheet sh;
    sheet_init(f, s, &sh);
    int scroll = scroll_of(f, &sh);
    draw_border(&sh, scroll, s);
    struct rect inner = {sh.box.row + 1, sh.box.col + 2, sh.shown, sh.box.cols - 4};
    doc_draw(&sh.doc, scroll, s, inner);
    draw_pick(&sh, scroll, s, inner);
    if (sh.ask)
        draw_answer(f, &sh, s);
    arena_release(&sh.arena);
}
