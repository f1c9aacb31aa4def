/* layout.c: what goes where. Large: several panes, each as high as its rows want, chosen by what
 * matters most now. Else one, with tabs. */
#include "pgdba/console/view.h"

#include <string.h>

enum {
    ALL_ROWS = 30,
    ALL_COLS = 100,
    SIDE_BY_SIDE = 170,
    HEADER_ROWS = 2,
    PANE_MIN = 3,
    NOTE_ROWS = 20, /* from so many rows on the note of a single pane has a line of its own */
    NOTE_COLS = 110 /* unless it fits beside the tabs */
};

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

/* ---- several panes -------------------------------------------------------------------------- */

enum { SLOT_PANES = 2, LEAST = 6, ENOUGH = 8 };

/* One pane, or two beside each other. */
struct slot {
    int n;
    enum pane_id pane[SLOT_PANES];
    int left; /* percent of the width that the first of two takes */
};

static bool failover_goes_on(const struct frame *f)
{
    return f->failovers && f->failovers->open && !f->v->failover_shut;
}

/* From the top of the screen to its bottom. */
static int slots_of(const struct frame *f, bool beside, struct slot *out)
{
    static const struct slot narrow[] = {
        {1, {PANE_TOPOLOGY}, 0}, {1, {PANE_FAILOVERS}, 0}, {1, {PANE_TRUTH}, 0},
        {1, {PANE_LAG}, 0},      {1, {PANE_POOLS}, 0},     {1, {PANE_STATS}, 0},
        {1, {PANE_DCS}, 0},      {1, {PANE_ROUTES}, 0},    {1, {PANE_HAPROXY}, 0},
        {1, {PANE_BOUNCERS}, 0}, {1, {PANE_EVENTS}, 0},
    };
    static const struct slot wide_calm[] = {
        {1, {PANE_TOPOLOGY}, 0},
        {1, {PANE_TRUTH}, 0},
        {2, {PANE_LAG, PANE_DCS}, 50},
        {2, {PANE_POOLS, PANE_STATS}, 60},
        {1, {PANE_HAPROXY}, 0},
        {2, {PANE_ROUTES, PANE_BOUNCERS}, 60},
        {2, {PANE_EVENTS, PANE_FAILOVERS}, 58},
    };
    static const struct slot wide_failover[] = {
        {1, {PANE_TOPOLOGY}, 0},
        {1, {PANE_FAILOVERS}, 0},
        {1, {PANE_TRUTH}, 0},
        {2, {PANE_LAG, PANE_DCS}, 50},
        {2, {PANE_POOLS, PANE_STATS}, 60},
        {1, {PANE_HAPROXY}, 0},
        {2, {PANE_ROUTES, PANE_BOUNCERS}, 60},
        {1, {PANE_EVENTS}, 0},
    };
#define TAKE(table) (memcpy(out, table, sizeof(table)), (int)(sizeof(table) / sizeof *(table)))
    if (!beside)
        return TAKE(narrow);
    return failover_goes_on(f) ? TAKE(wide_failover) : TAKE(wide_calm);
#undef TAKE
}

static bool slot_has(const struct slot *s, enum pane_id id)
{
    return s->pane[0] == id || (s->n > 1 && s->pane[1] == id);
}

static int slot_width(const struct slot *s, int i, int cols)
{
    int left = s->n > 1 ? cols * s->left / 100 : cols;
    return i == 0 ? (s->n > 1 ? left - 1 : left) : cols - left;
}

/* Title, what it shows, a free line. */
static int slot_wants(const struct frame *f, const struct slot *s, int cols)
{
    struct picture pic;
    int most = 0;
    frame_picture(f, &pic);
    for (int i = 0; i < s->n; i++) {
        int n = pane_rows_wanted(pane_get(s->pane[i]), &pic, slot_width(s, i, cols)) + 2;
        most = n > most ? n : most;
    }
    return most;
}

/* What must be there, most important first; the pane in focus before all. */
static void choose(const struct frame *f, const struct slot *slots, const int *want, int n,
                   int rows, bool *in)
{
    /* The routes are where a good failover still fails. */
    bool failover = failover_goes_on(f);
    const enum pane_id order[] = {f->v->focus,
                                  PANE_TOPOLOGY,
                                  failover ? PANE_FAILOVERS : PANE_TRUTH,
                                  PANE_TRUTH,
                                  failover ? PANE_ROUTES : PANE_EVENTS,
                                  PANE_EVENTS,
                                  PANE_LAG,
                                  PANE_POOLS,
                                  PANE_STATS,
                                  PANE_DCS,
                                  PANE_ROUTES,
                                  PANE_BOUNCERS,
                                  PANE_FAILOVERS,
                                  PANE_HAPROXY};
    memset(in, 0, (size_t)n * sizeof *in);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        for (int k = 0; k < n; k++) {
            int needs = slot_has(&slots[k], PANE_EVENTS)      ? LEAST
                        : slot_has(&slots[k], PANE_FAILOVERS) ? want[k]
                        : want[k] < ENOUGH                    ? want[k]
                                                              : ENOUGH;
            if (in[k] || !slot_has(&slots[k], order[i]) || (needs > rows && i > 0))
                continue;
            in[k] = true;
            rows -= needs;
        }
    }
}

static void place_slot(const struct slot *s, struct rect r, struct layout *l)
{
    int x = r.col;
    for (int i = 0; i < s->n; i++) {
        int w = slot_width(s, i, r.cols);
        l->panes[s->pane[i]] = (struct rect){r.row, x, r.rows, w};
        x += w + 1;
    }
}

static void place_all(const struct frame *f, struct rect body, struct layout *l)
{
    struct slot slots[PANE_COUNT], shown[PANE_COUNT];
    int want[PANE_COUNT], wanted[PANE_COUNT], rows[PANE_COUNT], m = 0;
    bool in[PANE_COUNT];
    int n = slots_of(f, body.cols >= SIDE_BY_SIDE, slots);
    for (int i = 0; i < n; i++)
        want[i] = slot_wants(f, &slots[i], body.cols);
    choose(f, slots, want, n, body.rows, in);
    for (int i = 0; i < n; i++) {
        if (!in[i])
            continue;
        shown[m] = slots[i];
        wanted[m++] = slot_has(&slots[i], PANE_EVENTS) ? LEAST : want[i];
    }
    share(wanted, m, body.rows, rows);
    int left = body.rows;
    for (int i = 0; i < m; i++)
        left -= rows[i];
    for (int i = 0; i < m; i++) /* what nobody else wants */
        rows[i] += slot_has(&shown[i], PANE_EVENTS) ? left : 0;
    for (int i = 0; i < m; i++)
        place_slot(&shown[i], take_top(&body, rows[i]), l);
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
    if (f->left)
        l->left = take_top(&body, 1);
    l->footer = take_bottom(&body, 1);
    if (frame_replays(f))
        l->replay = take_bottom(&body, 1);
    if (shows_operation(f))
        l->operation = take_bottom(&body, 1);
    l->tabbed = f->v->zoomed || rows < ALL_ROWS || cols < ALL_COLS;
    if (!l->tabbed) {
        place_all(f, body, l);
        return;
    }
    l->tabs = take_top(&body, 1);
    if (rows >= NOTE_ROWS && cols < NOTE_COLS)
        l->note = take_bottom(&body, 1);
    l->panes[f->v->focus] = body;
}

int layout_table_rows(const struct frame *f, const struct layout *l, enum pane_id id)
{
    struct picture pic;
    struct rect r = l->panes[id];
    frame_picture(f, &pic);
    r.rows -= l->tabbed ? 0 : 1;
    int rows = pane_table_rows(pane_get(id), &pic, r) - 1;
    return rows > 0 ? rows : 0;
}

/* ---- the frame ------------------------------------------------------------------------------ */

void frame_picture(const struct frame *f, struct picture *p)
{
    *p = (struct picture){.s = f->s,
                          .verdicts = f->verdicts,
                          .now_us = f->v->now_us,
                          .now_wall_us = f->v->now_wall_us,
                          .ascii = f->v->ascii,
                          .events = f->events,
                          .failovers = f->failovers,
                          .newer_failovers = f->newer_failovers,
                          .marks = &f->v->marks,
                          .bouncers_view = f->v->bouncers_view};
}

bool frame_replays(const struct frame *f)
{
    return f->replay && f->replay->on;
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

void frame_draw(const struct frame *f, struct surface *s, struct layout *l)
{
    struct picture pic;
    s->ascii = f->v->ascii;
    surface_clear(s, TR_TEXT);
    layout_compute(f, s->rows, s->cols, l);
    if (l->too_small) {
        draw_too_small(s);
        return;
    }
    frame_picture(f, &pic);
    header_draw(f, s, l->header);
    if (l->left.rows)
        banner_draw(f, s, l->left);
    if (l->tabbed)
        tabs_draw(f, s, l);
    for (int i = 0; i < PANE_COUNT; i++) {
        enum pane_id id = (enum pane_id)i;
        if (l->panes[i].rows)
            pane_draw(id, &pic, &f->v->tables[i], s, l->panes[i], f->v->focus == id, !l->tabbed);
    }
    if (l->replay.rows)
        replay_draw(f, s, l->replay);
    if (l->operation.rows)
        operation_line_draw(f, s, l->operation);
    if (f->v->overlay != OVERLAY_NONE)
        overlay_draw(f, s);
    footer_draw(f, s, l);
}
