/* pane.c: the table of panes, their frame, and the cells they share. */
#include "pgdba/console/pane.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/console/draw.h"

static const struct pane *const panes[] = {
    [PANE_TOPOLOGY] = &pane_topology, [PANE_LAG] = &pane_lag,
    [PANE_POOLS] = &pane_pools,       [PANE_STATS] = &pane_stats,
    [PANE_TRUTH] = &pane_truth,       [PANE_DCS] = &pane_dcs,
    [PANE_EVENTS] = &pane_events,     [PANE_FAILOVERS] = &pane_failovers,
    [PANE_ROUTES] = &pane_routes,     [PANE_HAPROXY] = &pane_haproxy,
    [PANE_BOUNCERS] = &pane_bouncers,
};
_Static_assert(sizeof panes / sizeof *panes == PANE_COUNT, "a pane an id");

static const char *const names[] = {"topology", "lag",       "pools",  "stats",   "truth",   "dcs",
                                    "events",   "failovers", "routes", "haproxy", "bouncers"};
_Static_assert(sizeof names / sizeof *names == PANE_COUNT, "a name a pane");

static const char *const keys[] = {
    [PANE_TOPOLOGY] = "1", [PANE_LAG] = "2",     [PANE_POOLS] = "3",    [PANE_STATS] = "4",
    [PANE_TRUTH] = "5",    [PANE_DCS] = "6",     [PANE_EVENTS] = "7",   [PANE_FAILOVERS] = "8",
    [PANE_ROUTES] = "9",   [PANE_HAPROXY] = "0", [PANE_BOUNCERS] = "b",
};
_Static_assert(sizeof keys / sizeof *keys == PANE_COUNT, "a key a pane");

const struct pane *pane_get(enum pane_id id)
{
    return panes[id];
}

const char *pane_key(enum pane_id id)
{
    return keys[id];
}

int pane_find(const char *name)
{
    for (int i = 0; i < PANE_COUNT; i++)
        if (strcmp(panes[i]->name, name) == 0)
            return i;
    return -1;
}

const char *const *pane_names(void)
{
    return names;
}

/* ---- drawing -------------------------------------------------------------------------------- */

const struct table_column *pane_columns(const struct pane *p, enum pgb_view v, struct arena *a,
                                        int *n)
{
    *n = p->ncolumns;
    return p->columns_of ? p->columns_of(v, a, n) : p->columns;
}

void pane_model(const struct pane *p, const struct picture *pic, struct arena *a,
                struct table_model *m)
{
    *m = (struct table_model){.note = ""};
    m->columns = pane_columns(p, pic->bouncers_view, a, &m->ncolumns);
    p->rows(pic, a, m);
    for (int i = 0; p->members && i < m->nrows; i++) {
        m->rows[i].object = m->rows[i].key;
        m->rows[i].marked = pic->marks && marks_has(pic->marks, m->rows[i].key);
    }
}

int pane_rows_wanted(const struct pane *p, const struct picture *pic, int cols)
{
    struct arena a;
    struct table_model m = {0};
    int head = p->head ? p->head(pic, NULL, (struct rect){0, 0, INT_MAX, cols}) : 0;
    arena_init(&a);
    if (p->count)
        m.nrows = p->count(pic);
    else
        pane_model(p, pic, &a, &m);
    arena_release(&a);
    return head + 1 + (m.nrows > 0 ? m.nrows : 1);
}

int pane_table_rows(const struct pane *p, const struct picture *pic, struct rect r)
{
    return r.rows - (p->head ? p->head(pic, NULL, r) : 0);
}

/* "3 of 12 rows", "5 newer": only what is not plain to see. */
const char *pane_extent(const struct table_model *m, const struct table_state *t, int rows,
                        struct arena *a)
{
    int n;
    const int *order = table_order(m, t, a, &n);
    int at = table_selected(m, t, order, n);
    const char *newer = m->stays && at > 0 ? arena_printf(a, "%d newer (g)", at) : "";
    if (t->filter)
        return arena_printf(a, "%d of %d contain \"%s\"%s%s", n, m->nrows, t->filter,
                            *newer ? "; " : "", newer);
    if (*newer || n == 0 || n <= rows)
        return newer;
    return arena_printf(a, "%d of %d rows", rows > 0 ? rows : 0, n);
}

static void draw_title(enum pane_id id, const struct table_model *m, const char *extent,
                       struct surface *s, struct rect r, bool focused)
{
    enum theme_role role = focused ? TR_TITLE_FOCUS : TR_TITLE;
    int x = r.col + 1, right = r.col + r.cols;
    surface_hline(s, r.row, r.col, r.cols, TR_BORDER);
    x += surface_textf(s, r.row, x, right - x, role, focused ? "[%s %s]" : " %s %s ", keys[id],
                       panes[id]->title);
    if (*m->note)
        x += 1 + surface_textf(s, r.row, x + 1, right - x - 1, m->note_role, " %s ", m->note);
    int w = *extent ? surface_width(s, extent) + 2 : 0;
    if (w && right - x > w + 2)
        surface_textf(s, r.row, right - w - 1, w, TR_DIM, " %s ", extent);
}

void pane_draw(enum pane_id id, const struct picture *pic, const struct table_state *t,
               struct surface *s, struct rect r, bool focused, bool title)
{
    struct arena a;
    struct table_model m;
    if (r.rows < 1)
        return;
    arena_init(&a);
    pane_model(panes[id], pic, &a, &m);
    struct rect in = title ? (struct rect){r.row + 1, r.col, r.rows - 1, r.cols} : r;
    int head = panes[id]->head && in.rows > 0 ? panes[id]->head(pic, s, in) : 0;
    struct rect table = {in.row + head, in.col, in.rows - head, in.cols};
    if (title)
        draw_title(id, &m, pane_extent(&m, t, table.rows - 1, &a), s, r, focused);
    table_draw(&m, t, s, table, focused);
    arena_release(&a);
}

/* ---- cells ---------------------------------------------------------------------------------- */

struct table_cell cell_none(void)
{
    return (struct table_cell){0};
}

struct table_cell cell_text(const char *text)
{
    return (struct table_cell){.text = text};
}

struct table_cell cell_role(enum theme_role role, const char *text)
{
    return (struct table_cell){.text = text, .role = role};
}

struct table_cell cell_unknown(void)
{
    return (struct table_cell){.text = "?", .role = TR_UNKNOWN};
}

struct table_cell cell_number(double v, const char *text)
{
    return (struct table_cell){.text = text, .num = v, .has_num = true};
}

struct table_cell cell_count(struct arena *a, int64_t v)
{
    return v < 0 ? cell_unknown() : cell_number((double)v, arena_printf(a, "%" PRId64, v));
}

struct table_cell cell_bytes(struct arena *a, int64_t v)
{
    char b[FMT_MAX];
    return v == LAG_UNKNOWN ? cell_unknown()
                            : cell_number((double)v, arena_strdup(a, fmt_bytes(b, v)));
}

struct table_cell cell_duration(struct arena *a, double us)
{
    char b[FMT_MAX];
    if (isnan(us) || us < 0)
        return cell_unknown();
    return cell_number(us, us < 1 ? "0 s" : arena_strdup(a, fmt_duration(b, (int64_t)us)));
}

struct table_cell cell_rate(struct arena *a, double per_s)
{
    char b[FMT_MAX];
    return isnan(per_s) ? cell_unknown() : cell_number(per_s, arena_strdup(a, fmt_count(b, per_s)));
}

struct table_cell cell_byte_rate(struct arena *a, double per_s)
{
    char b[FMT_MAX];
    return isnan(per_s) ? cell_unknown()
                        : cell_number(per_s, arena_strdup(a, fmt_bytes_rate(b, per_s)));
}

/* ---- cards ---------------------------------------------------------------------------------- */

enum { LABEL = 20 };

void card_source(struct doc *d, const char *what, const struct source_state *st, int64_t refresh_us,
                 int64_t now_us)
{
    char age[FMT_MAX], took[FMT_MAX];
    bool stale = source_is_stale(st, refresh_us, now_us);
    doc_gap(d);
    doc_line(d, 0);
    doc_span(d, TR_DIALOG_TITLE, what);
    if (*st->endpoint)
        doc_spanf(d, TR_DIM, "  %s", st->endpoint);
    if (st->outcome == OBS_NEVER) {
        doc_text(d, 2, TR_UNKNOWN, "not asked yet");
        return;
    }
    if (st->outcome != OBS_ANSWERED)
        doc_textf(d, 2, TR_CRIT, "%s for %s%s%s", obs_outcome_name(st->outcome),
                  fmt_duration(age, now_us - st->since_us), *st->detail ? ": " : "", st->detail);
    if (st->answered_us == 0)
        doc_text(d, 2, TR_UNKNOWN, "never answered");
    else
        doc_textf(d, 2, stale ? TR_STALE : TR_DIM, "%s %s ago, in %s%s",
                  st->outcome == OBS_ANSWERED ? "answered" : "last answer",
                  fmt_duration(age, now_us - st->answered_us), fmt_duration(took, st->latency_us),
                  stale ? ": what follows is old" : "");
}

void card_fact(struct doc *d, const char *label, const char *value)
{
    doc_item(d, 2, LABEL, TR_DIM, label, TR_DIALOG, value && *value ? value : "-");
}

void card_factf(struct doc *d, const char *label, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    card_fact(d, label, arena_vprintf(d->arena, fmt, ap));
    va_end(ap);
}

void card_verdicts(struct doc *d, const struct picture *p, const char *subject)
{
    for (int i = 0; i < p->verdicts->n; i++) {
        const struct verdict *v = &p->verdicts->v[i];
        if (strcmp(v->subject, subject) != 0)
            continue;
        const char *label =
            arena_printf(d->arena, "%s %s", glyph(d->paper, draw_health_glyph(v->health)),
                         health_name(v->health));
        doc_item(d, 0, 14, draw_health_role(v->health), label, TR_DIALOG, v->reason);
    }
}
