/* pane_bouncers.c: one line a PgBouncer: what it is, and how much it holds. */
#include "pgdba/console/pane.h"

#include <math.h>
#include <string.h>

#include "bouncer_card.h"
#include "bouncer_views.h"
#include "pgdba/analysis/health.h"
#include "pgdba/base/clock.h"
#include "pgdba/console/draw.h"

enum {
    C_BOUNCER,
    C_VERSION,
    C_CLIENTS,
    C_WAITING,
    C_LONGEST,
    C_TREND,
    C_WAITS,
    C_SERVERS,
    C_DATABASES,
    C_QUERIES,
    C_WAIT,
    C_AGE,
    C_STATE,
    C_COUNT
};

static const struct table_column columns[] = {
    [C_BOUNCER] = {.name = "bouncer", .title = "BOUNCER", .width = 9, .most = 30, .claim = 16},
    [C_VERSION] = {.name = "version", .title = "VERSION", .width = 7, .most = 10, .drop = 6},
    [C_CLIENTS] = {.name = "clients", .title = "CLIENTS", .width = 7, .right = true},
    [C_WAITING] = {.name = "waiting", .title = "WAITING", .width = 7, .right = true},
    [C_LONGEST] =
        {.name = "maxwait", .title = "LONGEST", .width = 7, .most = 8, .drop = 4, .right = true},
    [C_TREND] = {.name = "trend", .title = "WAITED", .width = 8, .most = 20, .drop = 10},
    [C_WAITS] = {.name = "waits", .title = "MAXWAIT", .width = 8, .most = 20, .drop = 12},
    [C_QUERIES] = {.name = "queries", .title = "QUERIES", .width = 8, .most = 20, .drop = 9},
    [C_WAIT] = {.name = "wait", .title = "MEAN WAIT", .width = 9, .most = 20, .drop = 11},
    [C_SERVERS] = {.name = "servers", .title = "SERVERS", .width = 7, .drop = 4, .right = true},
    [C_DATABASES] =
        {.name = "databases", .title = "DATABASES", .width = 9, .drop = 7, .right = true},
    [C_AGE] = {.name = "age", .title = "AGE", .width = 4, .most = 5, .drop = 5, .right = true},
    [C_STATE] =
        {.name = "state", .title = "STATE", .width = 8, .most = 120, .claim = 40, .stretch = true},
};
_Static_assert(sizeof columns / sizeof *columns == C_COUNT, "a column an index");

enum { TREND_CELLS = 20 };
#define TREND_SPAN (300 * USEC_PER_SEC)

static struct table_cell spark_cell(const struct picture *p, const struct series *v,
                                    struct arena *a)
{
    if (v->n == 0)
        return cell_none();
    return (struct table_cell){.kind = CELL_SPARK,
                               .role = TR_SPARK,
                               .nspark = TREND_CELLS,
                               .spark = draw_buckets(v, p->now_us, TREND_SPAN, TREND_CELLS, a)};
}

/* Whose row it is stands in the row. */
static const char *without_name(const char *reason, const char *name)
{
    size_t n = strlen(name);
    return strncmp(reason, name, n) == 0 && strncmp(reason + n, ": ", 2) == 0 ? reason + n + 2
                                                                              : reason;
}

static struct table_cell state_cell(const struct picture *p, const struct bouncer *b,
                                    struct arena *a)
{
    if (source_is_stale(&b->state, p->s->refresh_us, p->now_us))
        return cell_role(b->state.outcome == OBS_NEVER ? TR_DIM : TR_STALE,
                         b->state.outcome == OBS_ANSWERED ? "old"
                                                          : draw_outcome(a, &b->state, p->now_us));
    if (b->globals.suspended == TRI_YES || b->globals.paused == TRI_YES)
        return cell_role(TR_WARN, b->globals.suspended == TRI_YES ? "suspended" : "paused");
    for (int i = 0; i < p->verdicts->n; i++)
        if (strcmp(p->verdicts->v[i].subject, b->name) == 0)
            return cell_role(draw_health_role(p->verdicts->v[i].health),
                             without_name(p->verdicts->v[i].reason, b->name));
    return cell_role(TR_OK, "ok");
}

/* The column's heading says what it is a version of. */
static struct table_cell version_cell(const struct bouncer *b)
{
    static const char what[] = "PgBouncer ";
    const char *text = b->version.text;
    if (!text || !*text)
        return cell_unknown();
    return cell_text(strncmp(text, what, sizeof what - 1) == 0 ? text + sizeof what - 1 : text);
}

static void fill_row(const struct picture *p, const struct bouncer *b, struct table_row *row,
                     struct arena *a)
{
    struct pgb_totals t = pgb_totals_of(b);
    struct table_cell *c = row->cells = arena_array(a, C_COUNT, struct table_cell);
    row->key = row->object = b->name;
    row->health = health_of(p->verdicts, b->name);
    row->stale = b->pools && source_is_stale(&b->state, p->s->refresh_us, p->now_us);
    c[C_BOUNCER] = cell_text(b->name);
    c[C_VERSION] = version_cell(b);
    c[C_CLIENTS] = cell_count(a, t.clients);
    c[C_WAITING] = cell_count(a, t.waiting);
    if (t.waiting > 0)
        c[C_WAITING].role = TR_WARN;
    c[C_LONGEST] = t.maxwait_us == 0
                       ? cell_number(0, NULL)
                       : cell_duration(a, t.maxwait_us < 0 ? NAN : (double)t.maxwait_us);
    c[C_TREND] = spark_cell(p, &b->waiting, a);
    c[C_WAITS] = spark_cell(p, &b->maxwait, a);
    c[C_QUERIES] = spark_cell(p, &b->queries, a);
    c[C_WAIT] = spark_cell(p, &b->mean_wait, a);
    c[C_SERVERS] = cell_count(a, t.servers);
    c[C_DATABASES] = cell_count(a, b->databases ? b->databases->n : -1);
    if (b->state.answered_us)
        c[C_AGE] = cell_number((double)(p->now_us - b->state.answered_us),
                               draw_age(a, p->now_us, b->state.answered_us));
    c[C_STATE] = state_cell(p, b, a);
}

static const struct table_column *columns_of(enum pgb_view v, struct arena *a, int *n)
{
    if (v != PGB_VIEW_BOUNCERS)
        return bouncer_view_columns(v, a, n);
    *n = C_COUNT;
    return columns;
}

static void rows(const struct picture *p, struct arena *a, struct table_model *m)
{
    if (p->bouncers_view != PGB_VIEW_BOUNCERS) {
        bouncer_view_rows(p, a, m);
        return;
    }
    m->nrows = p->s->nbouncers;
    m->rows = arena_array(a, (size_t)m->nrows, struct table_row);
    for (int i = 0; i < m->nrows; i++)
        fill_row(p, &p->s->bouncers[i], &m->rows[i], a);
    m->empty = "no PgBouncer is configured for this cluster";
    bouncers_note(p, m, a);
}

static void card(const struct picture *p, const char *key, struct doc *d)
{
    if (p->bouncers_view == PGB_VIEW_BOUNCERS || !bouncer_view_card(p, key, d))
        bouncer_card(p, key, d);
}

static int count(const struct picture *p)
{
    return p->bouncers_view == PGB_VIEW_BOUNCERS ? p->s->nbouncers : bouncer_view_count(p);
}

static const char *peer(const struct picture *p, const char *key, enum pgb_view *view,
                        struct arena *a)
{
    return p->bouncers_view == PGB_VIEW_BOUNCERS ? NULL : bouncer_view_peer(p, key, view, a);
}

const struct pane pane_bouncers = {.name = "bouncers",
                                   .title = "Bouncers",
                                   .brief = "PgB",
                                   .columns = columns,
                                   .ncolumns = C_COUNT,
                                   .columns_of = columns_of,
                                   .rows = rows,
                                   .peer = peer,
                                   .card = card,
                                   .count = count};
