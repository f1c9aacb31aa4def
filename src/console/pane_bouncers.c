/* pane_bouncers.c: one line a PgBouncer: what it is, and how much it holds. */
#include "pgdba/console/pane.h"

#include <string.h>

#include "bouncer_card.h"
#include "pgdba/analysis/health.h"
#include "pgdba/console/draw.h"

enum {
    C_BOUNCER,
    C_VERSION,
    C_CLIENTS,
    C_WAITING,
    C_SERVERS,
    C_DATABASES,
    C_AGE,
    C_STATE,
    C_COUNT
};

static const struct table_column columns[] = {
    [C_BOUNCER] = {.name = "bouncer", .title = "BOUNCER", .width = 9, .most = 30, .claim = 16},
    [C_VERSION] = {.name = "version", .title = "VERSION", .width = 7, .most = 10, .drop = 3},
    [C_CLIENTS] = {.name = "clients", .title = "CLIENTS", .width = 7, .right = true},
    [C_WAITING] = {.name = "waiting", .title = "WAITING", .width = 7, .right = true},
    [C_SERVERS] = {.name = "servers", .title = "SERVERS", .width = 7, .drop = 1, .right = true},
    [C_DATABASES] =
        {.name = "databases", .title = "DATABASES", .width = 9, .drop = 2, .right = true},
    [C_AGE] = {.name = "age", .title = "AGE", .width = 4, .most = 5, .drop = 2, .right = true},
    [C_STATE] = {.name = "state", .title = "STATE", .width = 8, .most = 60, .stretch = true},
};
_Static_assert(sizeof columns / sizeof *columns == C_COUNT, "a column an index");

/* Sums that one count not said makes unknown. */
struct totals {
    int64_t clients, waiting, servers;
};

static void add(int64_t *sum, int64_t v)
{
    *sum = *sum < 0 || v < 0 ? -1 : *sum > INT64_MAX - v ? INT64_MAX : *sum + v;
}

static struct totals totals_of(const struct bouncer *b)
{
    struct totals t = {0};
    if (!b->pools)
        return (struct totals){-1, -1, -1};
    for (int i = 0; i < b->pools->n; i++) {
        const struct pgb_pool *v = &b->pools->v[i];
        const int64_t servers[] = {v->sv_active, v->sv_idle, v->sv_used, v->sv_tested, v->sv_login};
        add(&t.clients, v->cl_active);
        add(&t.clients, v->cl_waiting);
        add(&t.waiting, v->cl_waiting);
        for (size_t k = 0; k < sizeof servers / sizeof *servers; k++)
            add(&t.servers, servers[k]);
    }
    return t;
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
            return cell_role(draw_health_role(p->verdicts->v[i].health), p->verdicts->v[i].reason);
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
    struct totals t = totals_of(b);
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
    c[C_SERVERS] = cell_count(a, t.servers);
    c[C_DATABASES] = cell_count(a, b->databases ? b->databases->n : -1);
    if (b->state.answered_us)
        c[C_AGE] = cell_number((double)(p->now_us - b->state.answered_us),
                               draw_age(a, p->now_us, b->state.answered_us));
    c[C_STATE] = state_cell(p, b, a);
}

static void rows(const struct picture *p, struct arena *a, struct table_model *m)
{
    m->nrows = p->s->nbouncers;
    m->rows = arena_array(a, (size_t)m->nrows, struct table_row);
    for (int i = 0; i < m->nrows; i++)
        fill_row(p, &p->s->bouncers[i], &m->rows[i], a);
    m->empty = "no PgBouncer is configured for this cluster";
    bouncers_note(p, m, a);
}

static void card(const struct picture *p, const char *key, struct doc *d)
{
    bouncer_card(p, key, d);
}

const struct pane pane_bouncers = {.name = "bouncers",
                                   .title = "Bouncers",
                                   .brief = "PgB",
                                   .columns = columns,
                                   .ncolumns = C_COUNT,
                                   .rows = rows,
                                   .card = card};
