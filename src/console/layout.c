/* layout.c: what goes where. Large: all panes, each as high as its rows want. Else one, with tabs.
 */
#include "pgdba/console/view.h"

#include <string.h>

enum { ALL_ROWS = 30, ALL_COLS = 100, SIDE_BY_SIDE = 170, HEADER_ROWS = 2, PANE_MIN = 3 };

static struct rect take_top(struct rect *body, int rows)
{
    struct rect r = {body->row, body->col, rows, body->cols};
    body->row += rows;
    body->rows -= rows;
    return r;
}

static struct rect take_bottom(struct rect *body, int rows)
{
    body->rows -= rows;
    return (struct rect){body->row + body->rows, body->col, rows, body->cols};
}

/* Rows dealt out to n slots: each at least PANE_MIN, none more than it wants as long as another
 * wants more; what nobody wants stays free at the bottom. */
static void share(const int *want, int n, int rows, int *out)
{
    for (int i = 0; i < n; i++) {
        out[i] = PANE_MIN;
        rows -= PANE_MIN;
    }
    for (bool again = true; again && rows > 0;) {
        again = false;
        for (int i = 0; i < n && rows > 0; i++) {
            if (out[i] >= want[i])
                continue;
            out[i]++;
            rows--;
            again = true;
        }
    }
}

static int max_of(int a, int b)
{
    return a > b ? a : b;
}

/* Topology and lag across, pools beside stats where both have room, else below each other. */
static void place_all(const struct frame *f, struct rect body, struct layout *l)
{
    struct picture pic;
    int want[PANE_COUNT], rows[PANE_COUNT];
    frame_picture(f, &pic);
    for (int i = 0; i < PANE_COUNT; i++)
        want[i] = pane_rows_wanted(pane_get((enum pane_id)i), &pic) + 2; /* title, a free line */
    bool beside = body.cols >= SIDE_BY_SIDE;
    if (beside)
        want[PANE_POOLS] = max_of(want[PANE_POOLS], want[PANE_STATS]);
    share(want, beside ? PANE_COUNT - 1 : PANE_COUNT, body.rows, rows);
    for (int i = 0; i < PANE_COUNT; i++) {
        if (beside && i == PANE_STATS)
            break;
        l->panes[i] = take_top(&body, rows[i]);
    }
    if (beside) {
        struct rect *p = &l->panes[PANE_POOLS];
        int left = p->cols * 3 / 5;
        l->panes[PANE_STATS] = (struct rect){p->row, p->col + left, p->rows, p->cols - left};
        p->cols = left - 1;
    }
}

static bool shows_operation(const struct frame *f)
{
    return f->op && f->op->state == OP_RUNNING && f->v->overlay != OVERLAY_PROGRESS;
}

void layout_compute(const struct frame *f, int rows, int cols, struct layout *l)
{
    struct rect body = {0, 0, rows, cols};
    memset(l, 0, sizeof *l);
    if (rows < SCREEN_MIN_ROWS || cols < SCREEN_MIN_COLS) {
        l->too_small = true;
        return;
    }
    l->header = take_top(&body, HEADER_ROWS);
    l->footer = take_bottom(&body, 1);
    if (shows_operation(f))
        l->operation = take_bottom(&body, 1);
    l->tabbed = f->v->zoomed || rows < ALL_ROWS || cols < ALL_COLS;
    if (!l->tabbed) {
        place_all(f, body, l);
        return;
    }
    l->tabs = take_top(&body, 1);
    l->panes[f->v->focus] = body;
}

int layout_table_rows(const struct layout *l, enum pane_id id)
{
    int rows = l->panes[id].rows - (l->tabbed ? 1 : 2);
    return rows > 0 ? rows : 0;
}

/* ---- the frame ------------------------------------------------------------------------------ */

void frame_picture(const struct frame *f, struct picture *p)
{
    *p = (struct picture){.s = f->s,
                          .verdicts = f->verdicts,
                          .now_us = f->v->now_us,
                          .now_wall_us = f->v->now_wall_us,
                          .ascii = f->v->ascii};
}

static void draw_too_small(struct surface *s)
{
    int row = s->rows / 2;
    if (s->cols >= 49 || row == 0) {
        surface_textf(s, row, 0, s->cols, TR_TEXT, "terminal is too small (%dx%d), %dx%d needed",
                      s->cols, s->rows, SCREEN_MIN_COLS, SCREEN_MIN_ROWS);
        return;
    }
    surface_text(s, row - 1, 0, s->cols, TR_TEXT, "terminal is too small");
    surface_textf(s, row, 0, s->cols, TR_TEXT, "(%dx%d), %dx%d needed", s->cols, s->rows,
                  SCREEN_MIN_COLS, SCREEN_MIN_ROWS);
}

void frame_draw(const struct frame *f, struct surface *s)
{
    struct layout l;
    struct picture pic;
    s->ascii = f->v->ascii;
    surface_clear(s, TR_TEXT);
    layout_compute(f, s->rows, s->cols, &l);
    if (l.too_small) {
        draw_too_small(s);
        return;
    }
    frame_picture(f, &pic);
    header_draw(f, s, l.header);
    if (l.tabbed)
        tabs_draw(f, s, l.tabs);
    for (int i = 0; i < PANE_COUNT; i++) {
        enum pane_id id = (enum pane_id)i;
        if (l.panes[i].rows)
            pane_draw(id, &pic, &f->v->tables[i], s, l.panes[i], f->v->focus == id, !l.tabbed);
    }
    if (l.operation.rows)
        operation_line_draw(f, s, l.operation);
    if (f->v->overlay != OVERLAY_NONE)
        overlay_draw(f, s);
    footer_draw(f, s, l.footer);
}
