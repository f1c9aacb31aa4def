/* pane_stats.c: PgBouncer's traffic as rates. */
#include "pgdba/console/pane.h"

#include <math.h>
#include <string.h>

#include "bouncer_card.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/console/draw.h"

enum {
    C_BOUNCER,
    C_DATABASE,
    C_XACTS,
    C_QUERIES,
    C_IN,
    C_OUT,
    C_XACT,
    C_QUERY,
    C_WAIT,
    C_AGE,
    C_STATE,
    C_COUNT
};

static const struct table_column columns[] = {
    [C_BOUNCER] = {.name = "bouncer", .title = "BOUNCER", .width = 9, .most = 22, .drop = 4},
    [C_DATABASE] = {.name = "database", .title = "DATABASE", .width = 8, .most = 26, .claim = 16},
    [C_XACTS] = {.name = "xacts", .title = "XACT/S", .width = 6, .most = 8, .right = true},
    [C_QUERIES] = {.name = "queries", .title = "QUERY/S", .width = 7, .most = 8, .right = true},
    [C_IN] = {.name = "in", .title = "IN/S", .width = 10, .most = 12, .drop = 6, .right = true},
    [C_OUT] = {.name = "out", .title = "OUT/S", .width = 10, .most = 12, .drop = 6, .right = true},
    [C_XACT] = {.name = "xact", .title = "XACT", .width = 7, .most = 9, .drop = 3, .right = true},
    [C_QUERY] =
        {.name = "query", .title = "QUERY", .width = 7, .most = 9, .drop = 2, .right = true},
    [C_WAIT] = {.name = "wait", .title = "WAIT", .width = 7, .most = 9, .drop = 1, .right = true},
    [C_AGE] = {.name = "age", .title = "AGE", .width = 4, .most = 5, .drop = 5, .right = true},
    [C_STATE] = {.name = "state", .title = "STATE", .width = 8, .most = 40, .drop = 7},
};
_Static_assert(sizeof columns / sizeof *columns == C_COUNT, "a column an index");

/* The mean of nothing is nothing, not zero. */
static struct table_cell mean_cell(struct arena *a, double us)
{
    return isnan(us) ? cell_none() : cell_duration(a, us);
}

static void fill_rates(const struct pgb_rates *r, struct table_cell *c, struct arena *a)
{
    if (!r || !r->known) {
        for (int i = C_XACTS; i <= C_WAIT; i++)
            c[i] = cell_unknown();
        return;
    }
    c[C_XACTS] = cell_rate(a, r->xacts);
    c[C_QUERIES] = cell_rate(a, r->queries);
    c[C_IN] = cell_byte_rate(a, r->received);
    c[C_OUT] = cell_byte_rate(a, r->sent);
    c[C_XACT] = mean_cell(a, r->xact_us);
    c[C_QUERY] = mean_cell(a, r->query_us);
    c[C_WAIT] = mean_cell(a, r->wait_us);
}

static struct table_cell state_cell(const struct picture *p, const struct bouncer *b,
                                    const struct pgb_rates *r, struct arena *a)
{
    if (source_is_stale(&b->stats_state, p->s->refresh_us, p->now_us))
        return cell_role(TR_STALE, b->stats_state.outcome == OBS_ANSWERED
                                       ? "old"
                                       : draw_outcome(a, &b->stats_state, p->now_us));
    if (!r || !r->known)
        return cell_role(TR_DIM, r && r->reset ? "totals reset" : "first sample");
    return cell_role(TR_OK, "ok");
}

static void fill_row(const struct picture *p, const struct bouncer *b, int i, struct table_row *row,
                     struct arena *a)
{
    const struct pgb_rates *r = i < b->nrates ? &b->rates[i] : NULL;
    struct table_cell *c = row->cells = arena_array(a, C_COUNT, struct table_cell);
    row->key = bouncer_key(a, b->name, b->stats->v[i].database, NULL);
    row->object = b->stats->v[i].database;
    row->stale = source_is_stale(&b->stats_state, p->s->refresh_us, p->now_us);
    c[C_BOUNCER] = cell_text(b->name);
    c[C_DATABASE] = cell_text(b->stats->v[i].database);
    fill_rates(r, c, a);
    c[C_AGE] = cell_number((double)(p->now_us - b->stats_state.answered_us),
                           draw_age(a, p->now_us, b->stats_state.answered_us));
    c[C_STATE] = state_cell(p, b, r, a);
}

static void rows(const struct picture *p, struct arena *a, struct table_model *m)
{
    size_t room = 0;
    for (int i = 0; i < p->s->nbouncers; i++)
        room += 1 + (p->s->bouncers[i].stats ? (size_t)p->s->bouncers[i].stats->n : 0);
    m->rows = arena_array(a, room, struct table_row);
    for (int i = 0; i < p->s->nbouncers; i++) {
        const struct bouncer *b = &p->s->bouncers[i];
        for (int k = 0; b->stats && k < b->stats->n; k++)
            fill_row(p, b, k, &m->rows[m->nrows++], a);
        if (!b->stats || b->stats->n == 0)
            bouncer_empty_row(p, b, &b->stats_state, b->stats ? "no traffic yet" : NULL,
                              &m->rows[m->nrows++], C_COUNT, C_BOUNCER, C_STATE, a);
    }
    m->hidden = bouncers_all_show(p->s) ? 0 : 1u << C_BOUNCER;
    m->empty = "no PgBouncer is configured for this cluster";
    bouncers_note(p, m, a);
}

static int count(const struct picture *p)
{
    int n = 0;
    for (int i = 0; i < p->s->nbouncers; i++) {
        const struct pgb_stats_set *stats = p->s->bouncers[i].stats;
        n += stats && stats->n > 0 ? stats->n : 1;
    }
    return n;
}

static void card(const struct picture *p, const char *key, struct doc *d)
{
    for (int i = 0; i < p->s->nbouncers; i++) {
        const struct bouncer *b = &p->s->bouncers[i];
        for (int k = 0; b->stats && k < b->stats->n; k++) {
            const char *mine = bouncer_key(d->arena, b->name, b->stats->v[k].database, NULL);
            if (strcmp(mine, key) == 0) {
                bouncer_stats_card(p, b, k, d);
                return;
            }
        }
    }
    bouncer_card(p, key, d);
}

const struct pane pane_stats = {.name = "stats",
                                .title = "Stats",
                                .columns = columns,
                                .ncolumns = C_COUNT,
                                .rows = rows,
                                .card = card,
                                .count = count};
