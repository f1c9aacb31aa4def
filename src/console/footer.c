/* footer.c: the last lines: hints or a message, the command bar, the running operation. */
#include "pgdba/console/view.h"

#include <stdio.h>
#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/utf8.h"
#include "pgdba/console/draw.h"

enum { MATCH_ROWS = 5, MESSAGE_ROWS = 4 };

/* ---- hints ---------------------------------------------------------------------------------- */

struct hint {
    const char *key, *what;
};

/* Where the rows are members, and where they are not. */
static const struct hint member_hints[] = {{":", "command"}, {"?", "help"},   {"Enter", "actions"},
                                           {"Tab", "pane"},  {"/", "filter"}, {"m", "mark"},
                                           {"f", "freeze"},  {"q", "quit"}};
static const struct hint server_hints[] = {{":", "command"}, {"?", "help"},   {"Enter", "actions"},
                                           {"Tab", "pane"},  {"/", "filter"}, {"f", "freeze"},
                                           {"q", "quit"}};
static const struct hint other_hints[] = {{":", "command"}, {"?", "help"},   {"Enter", "details"},
                                          {"Tab", "pane"},  {"/", "filter"}, {"f", "freeze"},
                                          {"q", "quit"}};
/* Nothing else says that this pane has more tables: that comes before freeze on 80 columns. */
static const struct hint table_hints[] = {{":", "command"}, {"?", "help"},   {"Enter", "details"},
                                          {"]", "tables"},  {"Tab", "pane"}, {"/", "filter"},
                                          {"q", "quit"},    {"f", "freeze"}};
static const struct hint marks_hints[] = {
    {"Enter", "actions"}, {"m", "mark, unmark"}, {"M", "unmark all"}, {":", "command"}};
static const struct hint replay_hints[] = {{":", "command"},         {"?", "help"},
                                           {"Space", "play, pause"}, {"n", "step"},
                                           {"Tab", "pane"},          {"q", "quit"}};

/* Returns the column behind them. */
static int draw_hints(const struct hint *hints, size_t n, struct surface *s, struct rect r)
{
    int x = r.col + 1, right = r.col + r.cols;
    for (size_t i = 0; i < n; i++) {
        int need = surface_width(s, hints[i].key) + 1 + surface_width(s, hints[i].what);
        if (x + need > right)
            continue; /* a shorter one may still fit */
        x += surface_text(s, r.row, x, right - x, TR_KEY, hints[i].key) + 1;
        x += surface_text(s, r.row, x, right - x, TR_DIM, hints[i].what) + 2;
    }
    return x;
}

#define HINTS(table, s, r) draw_hints(table, sizeof(table) / sizeof *(table), s, r)

/* How many are marked and who: what the next action would take. */
static void draw_marks(const struct marks *m, struct surface *s, struct rect r)
{
    struct arena a;
    arena_init(&a);
    const char *names = marks_text(m, &a);
    int used = 1, most = r.cols / 2;
    used += surface_textf(s, r.row, r.col + used, most, TR_BADGE, " %d marked ", m->n) + 1;
    used += surface_text(s, r.row, r.col + used, most - used, TR_KEY, names) + 1;
    HINTS(marks_hints, s, ((struct rect){r.row, r.col + used, 1, r.cols - used}));
    arena_release(&a);
}

/* A message that is longer than the line takes the lines above it too. */
static void draw_message(const struct view_state *v, struct surface *s, struct rect r)
{
    struct arena a;
    struct doc d;
    arena_init(&a);
    doc_init(&d, &a, s, r.cols - 2);
    doc_text(&d, 0, v->message_role, v->message);
    int rows = d.nlines < MESSAGE_ROWS ? d.nlines : MESSAGE_ROWS;
    struct rect box = {r.row - rows + 1, r.col, rows, r.cols};
    surface_fill(s, box, rows > 1 ? TR_HINT : TR_TEXT);
    doc_draw(&d, 0, s, (struct rect){box.row, r.col + 1, rows, r.cols - 2});
    arena_release(&a);
}

/* A failover began while the operator was at something: nothing is taken away, but it is said. */
static void draw_notice(const struct frame *f, struct surface *s, struct rect r)
{
    const struct failover *o = f->failovers->open;
    surface_fill(s, r, TR_ERROR);
    surface_textf(s, r.row, r.col + 1, r.cols - 2, TR_ERROR, "a %s has begun%s%s: key %s shows it",
                  failover_kind_name(o->kind), *o->from ? ", from " : "", o->from,
                  pane_key(PANE_FAILOVERS));
}

static const char *left_out(const struct layout *l, bool titles, struct arena *a)
{
    const char *text = "";
    for (int i = 0; !l->tabbed && i < PANE_COUNT; i++)
        if (l->panes[i].rows == 0)
            text = arena_printf(a, "%s%s%s%s%s", text, *text ? ", " : "no room for ",
                                pane_key((enum pane_id)i), titles ? " " : "",
                                titles ? pane_get((enum pane_id)i)->title : "");
    return text;
}

/* Panes that this screen has no room for: who looks at many must not take what is missing for what
 * is not there. From column x on; by their keys alone where more does not fit. */
static void draw_left_out(const struct layout *l, struct surface *s, struct rect r, int x)
{
    struct arena a;
    arena_init(&a);
    const char *text = left_out(l, true, &a);
    if (x + surface_width(s, text) >= r.col + r.cols)
        text = left_out(l, false, &a);
    int width = surface_width(s, text);
    if (*text && x + width < r.col + r.cols)
        surface_text(s, r.row, r.col + r.cols - width - 1, width, TR_DIM, text);
    arena_release(&a);
}

static int draw_keys(const struct frame *f, struct surface *s, struct rect r)
{
    if (frame_replays(f))
        return HINTS(replay_hints, s, r);
    if (pane_get(f->v->focus)->members)
        return HINTS(member_hints, s, r);
    if (f->v->focus == PANE_BOUNCERS)
        return HINTS(table_hints, s, r);
    return pane_get(f->v->focus)->servers ? HINTS(server_hints, s, r) : HINTS(other_hints, s, r);
}

void footer_draw(const struct frame *f, struct surface *s, const struct layout *l)
{
    const struct view_state *v = f->v;
    struct rect r = l->footer;
    if (f->bar && f->bar->open)
        bar_draw(f->bar, s, r);
    else if (v->message && v->tick_us < v->message_until_us)
        draw_message(v, s, r);
    else if (v->failover_waits && f->failovers && f->failovers->open)
        draw_notice(f, s, r);
    else if (v->marks.n > 0)
        draw_marks(&v->marks, s, r);
    else
        draw_left_out(l, s, r, draw_keys(f, s, r));
}

/* ---- the running operation ------------------------------------------------------------------ */

void operation_line_draw(const struct frame *f, struct surface *s, struct rect r)
{
    const struct operation *op = f->op;
    char took[FMT_MAX];
    surface_fill(s, r, TR_HINT);
    int x = r.col + 1, right = r.col + r.cols;
    fmt_duration(took, f->v->tick_us - op->started_us);
    x += surface_textf(s, r.row, x, right - x, TR_WARN, "%s %s", glyph(s, GL_ARROW),
                       action_name(op->plan->kind));
    x += surface_textf(s, r.row, x, right - x, TR_HINT, " for %s", took);
    const char *tail = "o shows it";
    int room = right - x - 4 - (int)strlen(tail);
    if (room < 12) {
        tail = "";
        room = right - x - 2;
    }
    if (op->waiting_for && *op->waiting_for)
        surface_textf(s, r.row, x, room, TR_HINT, ", waiting for %s", op->waiting_for);
    surface_text(s, r.row, right - (int)strlen(tail) - 1, (int)strlen(tail), TR_DIM, tail);
}

/* ---- the command bar ------------------------------------------------------------------------ */

/* The line as cells: controls as ^X, wide characters and marks kept together, so that a byte has a
 * column. */
struct visible {
    struct buf text;
    int cursor, error_start, error_end; /* columns; -1 */
};

static int columns_of(const struct surface *s, const char *text)
{
    return surface_width(s, text);
}

static void visible_line(const struct surface *s, const struct bar_view *b, struct visible *out)
{
    size_t n = strlen(b->text);
    *out = (struct visible){.cursor = -1, .error_start = -1, .error_end = -1};
    buf_init(&out->text);
    for (size_t i = 0; i <= n;) {
        int col = columns_of(s, out->text.s);
        if (out->cursor < 0 && (int)i >= b->cursor)
            out->cursor = col;
        if (b->error_start >= 0 && out->error_start < 0 && (int)i >= b->error_start)
            out->error_start = col;
        if (b->error_start >= 0 && out->error_end < 0 && (int)i >= b->error_start + b->error_len)
            out->error_end = col;
        if (i == n)
            break;
        uint32_t cp;
        size_t k = utf8_decode(b->text + i, n - i, &cp);
        if (cp < 0x20 || cp == 0x7F)
            buf_addf(&out->text, "^%c", (int)(cp ^ 0x40));
        else
            buf_add(&out->text, b->text + i, k);
        i += k;
    }
}

/* The first column to show: the cursor stays visible with a little to its left. */
static int window_start(int cursor, int width, int room)
{
    if (width < room) /* and a cell for the cursor at the end */
        return 0;
    int start = cursor - room * 2 / 3;
    if (start > width - room + 1)
        start = width - room + 1;
    return start > 0 ? start : 0;
}

static const char *skip_columns(const struct surface *s, const char *text, int cols, int *skipped)
{
    *skipped = 0;
    while (*text && *skipped < cols) {
        uint32_t cp;
        size_t k = utf8_decode(text, strlen(text), &cp);
        int w = utf8_cp_width(cp);
        *skipped += s->ascii && w > 1 ? 1 : w;
        text += k;
        while (*text && utf8_decode(text, strlen(text), &cp) && cp >= 0x80 &&
               utf8_cp_width(cp) == 0)
            text += utf8_decode(text, strlen(text), &cp);
    }
    return text;
}

static void draw_line(const struct bar_view *b, struct surface *s, struct rect r)
{
    struct visible line;
    int x = r.col, right = r.col + r.cols, skipped;
    surface_fill(s, r, TR_PROMPT);
    x += surface_text(s, r.row, x, r.cols / 2, TR_PROMPT, b->prompt);
    visible_line(s, b, &line);
    int room = right - x, width = columns_of(s, line.text.s);
    int start = window_start(line.cursor, width, room);
    const char *from = skip_columns(s, line.text.s, start, &skipped);
    surface_text(s, r.row, x, room, TR_PROMPT, from);
    if (start > 0)
        surface_text(s, r.row, x, 1, TR_DIM, glyph(s, GL_ELLIPSIS));
    if (line.error_start >= 0) {
        int a = line.error_start - skipped, e = line.error_end - skipped;
        a = a < 0 ? 0 : a;
        e = e <= a ? a + 1 : e;
        struct rect word = {r.row, x + a, 1, e - a < room - a ? e - a : room - a};
        surface_role(s, word, TR_ERROR);
        surface_attr(s, word, ATTR_UNDERLINE);
    }
    s->cursor_row = r.row;
    s->cursor_col = x + line.cursor - skipped < right ? x + line.cursor - skipped : right - 1;
    buf_release(&line.text);
}

/* In columns, as ls does; what does not fit is counted. */
static int draw_matches(const struct bar_view *b, struct surface *s, int bottom)
{
    int widest = 1;
    for (int i = 0; i < b->nmatches; i++) {
        int w = surface_width(s, b->matches[i]);
        widest = w > widest ? w : widest;
    }
    int each = widest + 2 < s->cols ? widest + 2 : s->cols, per_row = s->cols / each;
    int rows = (b->nmatches + per_row - 1) / per_row, most = bottom / 2;
    most = most > MATCH_ROWS ? MATCH_ROWS : most;
    bool more = rows > most;
    rows = more ? most : rows;
    surface_fill(s, (struct rect){bottom - rows + 1, 0, rows, s->cols}, TR_HINT);
    for (int i = 0; i < b->nmatches && i < rows * per_row; i++) {
        int row = bottom - rows + 1 + i / per_row, col = i % per_row * each;
        if (more && i == rows * per_row - 1) {
            surface_textf(s, row, col, each, TR_DIM, "+%d more", b->nmatches - i);
            break;
        }
        surface_text(s, row, col + 1, each - 1, TR_HINT, b->matches[i]);
    }
    return rows;
}

void bar_draw(const struct bar_view *b, struct surface *s, struct rect footer)
{
    int above = footer.row - 1;
    draw_line(b, s, footer);
    const char *say = *b->error ? b->error : b->hint;
    if (*say && above >= 0) {
        struct rect r = {above, footer.col, 1, footer.cols};
        surface_fill(s, r, TR_HINT);
        surface_text(s, above, footer.col + 1, footer.cols - 2, *b->error ? TR_ERROR : TR_HINT,
                     say);
        above--;
    }
    if (b->nmatches > 0 && above >= 0)
        draw_matches(b, s, above);
}
