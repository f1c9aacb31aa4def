/* failover_head.c: see failover_head.h. Read at 3 a.m.: first what it is and what is missing. */
#include "failover_head.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "failover_lines.h"
#include "pgdba/base/clock.h"
#include "pgdba/console/draw.h"

/* An ended one stays for as long as somebody may be looking for it. */
#define STAYS (600 * USEC_PER_SEC)

enum { TABLE_MIN = 3, BAR_MIN = 12, AXIS_MIN = 30 };

/* Columns by width; 0: not shown. */
struct grid {
    int name, since, range, clock, bar, note;
};

struct sheet {
    struct arena arena;
    struct fo_lines l;
    struct grid g;
    const char *title, *duration, *waiting, *probe, *coarse;
    enum theme_role waiting_role, probe_role;
    bool two_lines;          /* what is waited for stands below the title */
    bool axis, gap, clients; /* clients: the gap that the probe saw has a line of its own */
    int64_t gap_from_us, gap_to_us;
    int first,
        shown; /* lines of l that are drawn; skipped ones are passed over when room is short */
    bool with_skipped;
    int rows;
};

const struct failover *failover_shown(const struct picture *p)
{
    const struct failover_list *l = p->failovers;
    if (!l)
        return NULL;
    if (l->open)
        return l->open;
    if (l->n > 0 && l->v[0]->end_wall_us && p->now_wall_us - l->v[0]->end_wall_us < STAYS)
        return l->v[0];
    return NULL;
}

/* ---- what fits ------------------------------------------------------------------------------ */

static struct grid grid_for(int cols)
{
    static const struct {
        int cols;
        struct grid g;
    } forms[] = {
        {150, {28, 13, 9, 12, 0, 40}},
        {110, {26, 13, 9, 12, 0, 0}},
        {76, {22, 13, 8, 0, 0, 0}},
        {0, {20, 14, 0, 0, 0, 0}},
    };
    int i = 0;
    while (cols < forms[i].cols)
        i++;
    struct grid g = forms[i].g;
    int used = TABLE_MARGIN + g.name + 1 + g.since + 1 + g.range + 1;
    used += g.clock ? g.clock + 2 : 0;
    used += g.note ? g.note + 1 : 0;
    g.bar = cols - used - 1 >= BAR_MIN ? cols - used - 1 : 0;
    return g;
}

static int visible(const struct sheet *sh)
{
    int n = 0;
    for (int i = 0; i < sh->l.n; i++)
        n += sh->with_skipped || sh->l.v[i].phase->state != FO_SKIPPED;
    return n;
}

/* So many lines around the one that is waited for: what has just happened is above it. */
static void choose_lines(struct sheet *sh, int room)
{
    sh->with_skipped = sh->l.n <= room;
    int n = visible(sh), at = 0;
    sh->shown = n < room ? n : room;
    sh->shown = sh->shown > 0 ? sh->shown : 0;
    for (int i = 0; i < sh->l.current; i++)
        at += sh->with_skipped || sh->l.v[i].phase->state != FO_SKIPPED;
    sh->first = sh->l.current < 0 ? n - sh->shown : at - sh->shown + 2;
    if (sh->first > n - sh->shown)
        sh->first = n - sh->shown;
    if (sh->first < 0)
        sh->first = 0;
}

static void sheet_init(const struct picture *p, const struct failover *f, struct sheet *sh,
                       struct rect r)
{
    static const struct surface plain;
    *sh = (struct sheet){.waiting_role = TR_TEXT};
    arena_init(&sh->arena);
    fo_lines_of(p, f, &sh->arena, &sh->l);
    sh->g = grid_for(r.cols);
    sh->title = fo_title(p, f, &sh->arena);
    sh->duration = fo_duration(p, f, &sh->arena);
    sh->waiting = fo_waiting(&sh->l, r.cols < 60, &sh->waiting_role, &sh->arena);
    sh->probe = fo_probe(p, f, &sh->probe_role, &sh->arena);
    int line = surface_width(&plain, sh->title) + 3 + surface_width(&plain, sh->duration) + 3 +
               surface_width(&plain, sh->waiting);
    sh->two_lines = *sh->waiting && line > r.cols - TABLE_MARGIN - 1;
    sh->axis = sh->g.bar >= AXIS_MIN && r.rows >= 12;
    sh->clients = sh->axis && fo_gap(p, f, &sh->gap_from_us, &sh->gap_to_us);
    if (sh->clients && sh->gap_to_us > sh->l.span_us)
        sh->l.span_us = sh->gap_to_us;
    sh->coarse =
        f->coarse && r.rows >= 12 ? "etcd is not watched: times (~) are those of polls" : NULL;
    int table = r.rows >= 14 ? TABLE_MIN : 0;
    int fixed =
        1 + sh->two_lines + sh->axis + sh->clients + (sh->probe != NULL) + (sh->coarse != NULL);
    sh->gap = r.rows - fixed - sh->l.n - table > 0;
    choose_lines(sh, r.rows == INT_MAX ? INT_MAX - 100 : r.rows - fixed - table - sh->gap);
    sh->rows = fixed + sh->shown + sh->gap;
    if (r.rows - sh->rows < TABLE_MIN) /* a heading without rows is no table */
        sh->rows = r.rows;
}

/* ---- drawing -------------------------------------------------------------------------------- */

static int column_at(const struct sheet *sh, int64_t us)
{
    int64_t x = us * sh->g.bar / sh->l.span_us;
    return x < 0 ? 0 : x >= sh->g.bar ? sh->g.bar - 1 : (int)x;
}

/* The range that was promised, faint; over it the stretch that it took, or is taking. */
static void draw_stretch(const struct sheet *sh, const struct fo_line *l, struct surface *s,
                         int row, int col)
{
    const struct failover_phase *ph = l->phase;
    int64_t hi = ph->predicted_hi_us < sh->l.span_us ? ph->predicted_hi_us : sh->l.span_us;
    if (ph->predicted_hi_us >= 0 && ph->predicted_lo_us <= sh->l.span_us)
        for (int i = column_at(sh, ph->predicted_lo_us); i <= column_at(sh, hi); i++)
            surface_text(s, row, col + i, 1, TR_BORDER, glyph(s, GL_EMPTY));
    if (l->to_us < 0)
        return;
    for (int i = column_at(sh, l->from_us); i <= column_at(sh, l->to_us); i++)
        surface_text(s, row, col + i, 1, l->role, glyph(s, GL_FULL));
}

/* "0        5 s       10 s": at most one mark each ten columns. */
static void draw_axis(const struct sheet *sh, struct surface *s, int row, int col)
{
    static const int64_t steps[] = {100,   200,   500,   1000,   2000,   5000,  10000,
                                    20000, 30000, 60000, 120000, 300000, 600000};
    int64_t step = 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        step = steps[i] * USEC_PER_MS;
        if (step * sh->g.bar / sh->l.span_us >= 10)
            break;
    }
    surface_hline(s, row, col, sh->g.bar, TR_BORDER);
    for (int64_t t = 0; t <= sh->l.span_us; t += step) {
        int x = (int)(t * sh->g.bar / sh->l.span_us);
        struct arena a;
        arena_init(&a);
        const char *text = draw_seconds(&a, t, step % USEC_PER_SEC ? 1 : 0);
        if (x + (int)strlen(text) < sh->g.bar)
            surface_text(s, row, col + x, sh->g.bar - x, TR_DIM, text);
        arena_release(&a);
    }
}

/* In place of a bar: what can only be told in words. */
static const char *words_of(const struct sheet *sh, const struct fo_line *l)
{
    enum fo_state st = l->phase->state;
    if (sh->g.note || !*l->phase->note)
        return NULL;
    return st == FO_SKIPPED || l->phase->id == FP_CANDIDATES ? l->phase->note : NULL;
}

static void draw_line(struct sheet *sh, const struct fo_line *l, struct surface *s, struct rect r)
{
    const struct grid *g = &sh->g;
    const struct failover_phase *ph = l->phase;
    int x = r.col + TABLE_MARGIN, right = r.col + r.cols - 1;
    bool waited = ph->state == FO_NEXT || ph->state == FO_OVERDUE;
    enum theme_role ink = waited ? l->role : ph->state == FO_DONE ? TR_TEXT : TR_DIM;
    surface_text(s, r.row, r.col + 1, 1, l->role, glyph(s, l->sign));
    surface_text(s, r.row, x, g->name, ink, l->name);
    x += g->name + 1;
    draw_right(s, r.row, x, g->since, waited || l->late ? l->role : ink, l->since);
    x += g->since + 1;
    draw_right(s, r.row, x, g->range, TR_DIM, l->range);
    x += g->range + 1;
    if (g->clock) {
        struct draw_clock clock = draw_clock_at(ph->wall_us);
        if (ph->state == FO_DONE)
            surface_text(s, r.row, x + 1, g->clock, TR_DIM,
                         draw_clock_text(&clock, ph->wall_us, &sh->arena));
        x += g->clock + 2;
    }
    const char *words = words_of(sh, l);
    if (words)
        surface_text(s, r.row, x, right - x, ph->state == FO_SKIPPED ? TR_DIM : TR_TEXT, words);
    else if (g->bar && ph->state != FO_SKIPPED)
        draw_stretch(sh, l, s, r.row, x);
    if (g->note)
        surface_text(s, r.row, x + g->bar + 1, g->note, TR_DIM, ph->note);
}

static int bar_column(const struct sheet *sh, struct rect r)
{
    const struct grid *g = &sh->g;
    return r.col + TABLE_MARGIN + g->name + 1 + g->since + 1 + g->range + 1 +
           (g->clock ? g->clock + 2 : 0);
}

/* On the same axis as the phases: when those who use the database noticed, and no longer did. */
static void draw_clients(struct sheet *sh, struct surface *s, struct rect r)
{
    int x = r.col + TABLE_MARGIN, col = bar_column(sh, r);
    surface_text(s, r.row, r.col + 1, 1, TR_CRIT, glyph(s, GL_DOWN));
    surface_text(s, r.row, x, sh->g.name, TR_TEXT, "clients cut off");
    draw_right(s, r.row, x + sh->g.name + 1, sh->g.since, TR_CRIT,
               draw_seconds(&sh->arena, sh->gap_to_us - sh->gap_from_us, 3));
    for (int i = column_at(sh, sh->gap_from_us); i <= column_at(sh, sh->gap_to_us); i++)
        surface_text(s, r.row, col + i, 1, TR_CRIT, glyph(s, GL_FULL));
}

static void draw_headline(const struct picture *p, const struct sheet *sh, struct surface *s,
                          struct rect r)
{
    const struct failover *f = sh->l.f;
    int x = r.col + 1, right = r.col + r.cols - 1;
    enum theme_role role = f->open ? TR_CRIT : TR_TITLE;
    surface_text(s, r.row, x, 1, role, glyph(s, f->open ? GL_CRIT : GL_OK));
    x += 2;
    x += surface_text(s, r.row, x, right - x, role, sh->title) + 3;
    x += surface_text(s, r.row, x, right - x, TR_TEXT, sh->duration) + 3;
    if (!*sh->waiting && f->new_timeline > 0)
        surface_textf(s, r.row, x, right - x, TR_DIM, "timeline %" PRId64 " %s %" PRId64,
                      f->old_timeline, p->ascii ? "->" : "→", f->new_timeline);
    else if (!sh->two_lines)
        surface_text(s, r.row, x, right - x, sh->waiting_role, sh->waiting);
    if (sh->two_lines)
        surface_text(s, r.row + 1, r.col + TABLE_MARGIN, r.cols - TABLE_MARGIN - 1,
                     sh->waiting_role, sh->waiting);
}

static void draw_sheet(const struct picture *p, struct sheet *sh, struct surface *s, struct rect r)
{
    int row = r.row, at = 0;
    draw_headline(p, sh, s, r);
    row += 1 + sh->two_lines;
    if (sh->axis)
        draw_axis(sh, s, row++, bar_column(sh, r));
    for (int i = 0; i < sh->l.n; i++) {
        const struct fo_line *l = &sh->l.v[i];
        if (!sh->with_skipped && l->phase->state == FO_SKIPPED)
            continue;
        if (at >= sh->first && at < sh->first + sh->shown)
            draw_line(sh, l, s, (struct rect){row++, r.col, 1, r.cols});
        at++;
    }
    if (sh->clients)
        draw_clients(sh, s, (struct rect){row++, r.col, 1, r.cols});
    int x = r.col + TABLE_MARGIN, cols = r.cols - TABLE_MARGIN - 1;
    if (sh->probe)
        surface_text(s, row++, x, cols, sh->probe_role, sh->probe);
    if (sh->coarse)
        surface_text(s, row, x, cols, TR_UNKNOWN, sh->coarse);
}

int failover_head(const struct picture *p, struct surface *s, struct rect r)
{
    struct sheet sh;
    const struct failover *f = failover_shown(p);
    if (!f || r.rows < 1)
        return 0;
    sheet_init(p, f, &sh, r);
    if (s)
        draw_sheet(p, &sh, s, r);
    int rows = r.rows == INT_MAX ? sh.rows : sh.rows < r.rows ? sh.rows : r.rows;
    arena_release(&sh.arena);
    return rows;
}
