/* pane_failovers.c: the failovers that are kept, as a list; what goes on now stands above it. */
#include "pgdba/console/pane.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "failover_head.h"
#include "failover_lines.h"
#include "pgdba/analysis/failover.h"
#include "pgdba/base/clock.h"
#include "pgdba/console/draw.h"

enum { C_NUMBER, C_BEGAN, C_KIND, C_WHO, C_WRITABLE, C_TL, C_OUTAGE, C_LOST, C_COUNT };

static const struct table_column columns[] = {
    [C_NUMBER] = {.name = "number", .title = "NO", .width = 3, .most = 6, .right = true},
    [C_BEGAN] = {.name = "began", .title = "BEGAN", .width = 12, .drop = 2},
    [C_KIND] = {.name = "kind", .title = "KIND", .width = 10, .most = 34, .claim = 20},
    [C_WHO] = {.name = "who", .title = "FROM, TO", .width = 9, .most = 40, .drop = 1},
    [C_WRITABLE] =
        {.name = "writable", .title = "WRITABLE", .width = 9, .most = 12, .drop = 3, .right = true},
    [C_TL] = {.name = "timeline", .title = "TIMELINE", .width = 8, .most = 12, .drop = 5},
    [C_OUTAGE] =
        {.name = "outage", .title = "OUTAGE", .width = 8, .most = 10, .drop = 4, .right = true},
    [C_LOST] = {.name = "lost", .title = "LOST", .width = 4, .most = 8, .drop = 6, .right = true},
};
_Static_assert(sizeof columns / sizeof *columns == C_COUNT, "a column an index");

/* Of a cluster that has failed over for years the last ones are enough. */
enum { HISTORY_MOST = 50 };

/* The open one, the kept ones, then those that only PostgreSQL's history knows. */
static const struct failover **all(const struct picture *p, int *n, struct arena *a)
{
    static const struct failover_list none;
    const struct failover_list *l = p->failovers ? p->failovers : &none;
    const struct failover **v =
        arena_array(a, 1 + FAILOVERS_KEPT + HISTORY_MOST, const struct failover *);
    int old = 0;
    *n = 0;
    if (l->open)
        v[(*n)++] = l->open;
    for (int i = 0; i < l->n; i++)
        v[(*n)++] = l->v[i];
    const struct failover *history = failover_of_history(p->s, l, a, &old);
    for (int i = 0; i < old && i < HISTORY_MOST; i++)
        v[(*n)++] = &history[i];
    return v;
}

static bool of_history(const struct failover *f)
{
    return f->number == 0 && !f->open;
}

static const char *key_of(const struct failover *f, struct arena *a)
{
    return f->number ? arena_printf(a, "%" PRIu64, f->number)
           : f->open ? "open"
                     : arena_printf(a, "timeline %" PRId64, f->new_timeline);
}

static const char *who(const struct picture *p, const struct failover *f, struct arena *a)
{
    const char *from = *f->from ? f->from : "?", *to = *f->to ? f->to : "?";
    if (strcmp(f->from, f->to) == 0)
        return from;
    return arena_printf(a, "%s %s %s", from, p->ascii ? "->" : "→", to);
}

/* Until it takes writes; of one that goes on and does not yet: until now. */
static struct table_cell writable_cell(const struct picture *p, const struct failover *f,
                                       struct arena *a)
{
    int64_t us = fo_writable(f);
    bool waits = us < 0 && f->open;
    if (waits)
        us = fo_since(f, p->now_us, p->now_wall_us);
    if (us < 0)
        return cell_none();
    return cell_number((double)us, arena_printf(a, "%s%s%s", f->coarse && !waits ? "~" : "",
                                                draw_seconds(a, us, waits || f->coarse ? 1 : 3),
                                                waits ? (p->ascii ? " .." : " …") : ""));
}

static struct table_cell timeline_cell(const struct picture *p, const struct failover *f,
                                       struct arena *a)
{
    if (f->old_timeline <= 0)
        return cell_unknown();
    if (f->new_timeline <= 0 || f->new_timeline == f->old_timeline)
        return cell_number((double)f->old_timeline, arena_printf(a, "%" PRId64, f->old_timeline));
    return cell_number((double)f->old_timeline,
                       arena_printf(a, "%" PRId64 " %s %" PRId64, f->old_timeline,
                                    p->ascii ? "->" : "→", f->new_timeline));
}

static void fill_row(const struct picture *p, const struct failover *f, struct draw_clock *clock,
                     struct table_row *row, struct arena *a)
{
    const struct failover_outage *o = &f->outage;
    row->key = key_of(f, a);
    row->object = f->number ? row->key : NULL;
    row->health = f->open ? HEALTH_CRITICAL : o->lost > 0 ? HEALTH_DEGRADED : HEALTH_OK;
    struct table_cell *c = row->cells = arena_array(a, C_COUNT, struct table_cell);
    c[C_NUMBER] = f->number ? cell_count(a, (int64_t)f->number) : cell_none();
    c[C_BEGAN] = f->start_wall_us ? cell_number((double)f->start_wall_us,
                                                draw_clock_text(clock, f->start_wall_us, a))
                                  : cell_unknown();
    c[C_KIND] = cell_text(failover_kind_name(f->kind));
    c[C_WHO] = cell_text(who(p, f, a));
    c[C_WRITABLE] = writable_cell(p, f, a);
    c[C_TL] = timeline_cell(p, f, a);
    c[C_OUTAGE] = o->known ? cell_number((double)o->longest_us, draw_seconds(a, o->longest_us, 1))
                           : cell_none();
    c[C_LOST] = o->known && o->lost >= 0 ? cell_count(a, o->lost) : cell_none();
    if (o->lost > 0)
        c[C_LOST].role = TR_CRIT;
}

static void rows(const struct picture *p, struct arena *a, struct table_model *m)
{
    struct draw_clock clock = draw_clock_at(p->now_wall_us);
    const struct failover **v = all(p, &m->nrows, a);
    m->rows = arena_array(a, (size_t)m->nrows, struct table_row);
    for (int i = 0; i < m->nrows; i++)
        fill_row(p, v[i], &clock, &m->rows[i], a);
    m->empty = "none yet: the next one is shown here as it happens";
    m->note = "";
    m->note_role = TR_DIM;
    if (p->newer_failovers > 0) {
        m->note_role = TR_WARN;
        m->note = arena_printf(a, "%d newer than this picture", p->newer_failovers);
    } else if (p->failovers && p->failovers->open) {
        m->note_role = TR_CRIT;
        m->note = "one is going on";
    } else if (!p->s->etcd_configured) {
        m->note = "times are those of polls: etcd is not watched";
    }
}

/* ---- the card ------------------------------------------------------------------------------- */

static void write_phase(const struct failover *f, const struct fo_line *l, struct doc *d)
{
    const struct failover_phase *ph = l->phase;
    struct draw_clock clock = draw_clock_at(f->start_wall_us);
    const char *label = arena_printf(d->arena, "%s %s", glyph(d->paper, l->sign), l->name);
    const char *text = ph->state == FO_SKIPPED ? "not seen" : *l->since ? l->since : "not yet";
    if (*l->range)
        text = arena_printf(d->arena, "%s (expected %s)", text, l->range);
    if (ph->state == FO_DONE)
        text = arena_printf(d->arena, "%s  at %s by %s", text,
                            draw_clock_text(&clock, ph->wall_us, d->arena),
                            obs_system_name(ph->source));
    if (ph->revision)
        text = arena_printf(d->arena, "%s revision %" PRId64, text, ph->revision);
    if (*ph->note)
        text = arena_printf(d->arena, "%s; %s", text, ph->note);
    doc_item(d, 0, 26, l->role, label, ph->state == FO_SKIPPED ? TR_DIM : TR_DIALOG, text);
}

static void write_failover(const struct picture *p, const struct failover *f, struct doc *d)
{
    struct fo_lines l;
    enum theme_role role = TR_DIM;
    fo_lines_of(p, f, d->arena, &l);
    const char *waiting = fo_waiting(&l, false, &role, d->arena);
    doc_textf(d, 0, TR_DIALOG_TITLE, "%s, %s", fo_title(p, f, d->arena),
              of_history(f) ? "as the cluster's history has it" : fo_duration(p, f, d->arena));
    if (*waiting)
        doc_text(d, 0, role, waiting);
    if (f->start_wall_us)
        doc_textf(d, 0, TR_DIALOG, "%s %s", of_history(f) ? "promoted" : "began",
                  draw_wall_full(d->arena, f->start_wall_us));
    if (f->new_timeline > 0)
        doc_textf(d, 0, TR_DIALOG, "timeline %" PRId64 " to %" PRId64, f->old_timeline,
                  f->new_timeline);
    if (f->coarse)
        doc_text(
            d, 0, TR_UNKNOWN,
            "etcd was not watched: times are of polls (~), and what lay between two of them is "
            "not known");
    doc_gap(d);
    for (int i = 0; i < l.n; i++)
        write_phase(f, &l.v[i], d);
    const char *probe = fo_probe(p, f, &role, d->arena);
    doc_gap(d);
    doc_text(d, 0, probe ? role : TR_DIM, probe ? probe : "no probe ran (probe start)");
}

static void card(const struct picture *p, const char *key, struct doc *d)
{
    int n;
    const struct failover **v = all(p, &n, d->arena);
    for (int i = 0; i < n; i++)
        if (strcmp(key_of(v[i], d->arena), key) == 0)
            write_failover(p, v[i], d);
}

const struct pane pane_failovers = {.name = "failovers",
                                    .title = "Failovers",
                                    .brief = "Fail",
                                    .noun = "Failover",
                                    .columns = columns,
                                    .ncolumns = C_COUNT,
                                    .rows = rows,
                                    .card = card,
                                    .head = failover_head};
