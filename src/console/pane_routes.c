/* pane_routes.c: the ways from an application to the leader, and where each ends. */
#include "pgdba/console/pane.h"

#include <inttypes.h>
#include <string.h>

#include "bouncer_card.h"
#include "pgdba/analysis/health.h"
#include "pgdba/analysis/routes.h"
#include "pgdba/console/draw.h"

enum { C_ENTRY, C_VIA, C_END, C_AGE, C_COUNT };

static const struct table_column columns[] = {
    [C_ENTRY] = {.name = "entry", .title = "ENTRY", .width = 12, .most = 40, .claim = 20},
    [C_VIA] = {.name = "goes-to", .title = "GOES TO", .width = 14, .most = 40, .claim = 20},
    [C_END] = {.name = "ends", .title = "ENDS AT", .width = 14, .most = 60, .stretch = true},
    [C_AGE] = {.name = "age", .title = "AGE", .width = 4, .most = 5, .drop = 1, .right = true},
};
_Static_assert(sizeof columns / sizeof *columns == C_COUNT, "a column an index");

static struct table_cell member_cell(const struct picture *p, const struct member *m,
                                     struct arena *a)
{
    bool leads = m == snapshot_leader(p->s);
    return cell_role(leads ? TR_LEADER : TR_TEXT,
                     leads ? arena_printf(a, "%s, the leader", m->name) : m->name);
}

static void database_row(const struct picture *p, const struct bouncer *b,
                         const struct pgb_database *d, struct table_row *row, struct arena *a)
{
    const struct member *m = routes_member_at(p->s, d->host, d->port);
    struct table_cell *c = row->cells = arena_array(a, C_COUNT, struct table_cell);
    row->key = bouncer_key(a, b->name, d->name, NULL);
    row->stale = source_is_stale(&b->databases_state, p->s->refresh_us, p->now_us);
    c[C_ENTRY] = cell_text(row->key);
    c[C_VIA] =
        cell_text(arena_printf(a, "%s:%" PRId64, d->host ? d->host : "local socket", d->port));
    c[C_END] = m                                           ? member_cell(p, m, a)
               : routes_is_haproxy(p->s, d->host, d->port) ? cell_text("through HAProxy")
                                                           : cell_unknown();
    c[C_AGE] = cell_number((double)(p->now_us - b->databases_state.answered_us),
                           draw_age(a, p->now_us, b->databases_state.answered_us));
}

static void haproxy_row(const struct picture *p, const struct haproxy *h, struct table_row *row,
                        struct arena *a)
{
    const char *proxy = h->stats ? routes_write_backend(h) : NULL;
    const char *words = NULL;
    struct table_cell *c = row->cells = arena_array(a, C_COUNT, struct table_cell);
    row->key = h->name;
    row->health = health_of(p->verdicts, h->name);
    row->stale = h->stats && source_is_stale(&h->state, p->s->refresh_us, p->now_us);
    c[C_ENTRY] = cell_text(h->name);
    c[C_VIA] = proxy ? cell_text(proxy) : cell_unknown();
    for (int i = 0; h->stats && i < h->stats->n; i++) {
        const struct ha_row *r = &h->stats->v[i];
        if (!routes_is_write_server(h, r) || !ha_row_takes(r))
            continue;
        const struct member *m = routes_member_of(p->s, r);
        words =
            arena_printf(a, "%s%s%s", words ? words : "", words ? ", " : "", m ? m->name : r->name);
        c[C_END] = m ? member_cell(p, m, a) : cell_text(r->name);
    }
    if (!words)
        c[C_END] = proxy ? cell_role(TR_CRIT, "no server") : cell_unknown();
    else if (strchr(words, ','))
        c[C_END] = cell_role(TR_WARN, words);
    if (h->state.answered_us)
        c[C_AGE] = cell_number((double)(p->now_us - h->state.answered_us),
                               draw_age(a, p->now_us, h->state.answered_us));
}

static void rows(const struct picture *p, struct arena *a, struct table_model *m)
{
    size_t room = (size_t)p->s->nhaproxies;
    for (int i = 0; i < p->s->nbouncers; i++)
        room += 1 + (p->s->bouncers[i].databases ? (size_t)p->s->bouncers[i].databases->n : 0);
    m->rows = arena_array(a, room, struct table_row);
    for (int i = 0; i < p->s->nbouncers; i++) {
        const struct bouncer *b = &p->s->bouncers[i];
        for (int k = 0; b->databases && k < b->databases->n; k++)
            database_row(p, b, &b->databases->v[k], &m->rows[m->nrows++], a);
        if (!b->databases || b->databases->n == 0)
            bouncer_empty_row(p, b, &b->databases_state, b->databases ? "no database" : NULL,
                              &m->rows[m->nrows++], C_COUNT, C_ENTRY, C_END, a);
    }
    for (int i = 0; i < p->s->nhaproxies; i++)
        haproxy_row(p, &p->s->haproxies[i], &m->rows[m->nrows++], a);
    m->empty = "no PgBouncer and no HAProxy is configured for this cluster";
}

static void card(const struct picture *p, const char *key, struct doc *d)
{
    for (int i = 0; i < p->s->nbouncers; i++) {
        const struct bouncer *b = &p->s->bouncers[i];
        size_t n = strlen(b->name);
        if (strncmp(key, b->name, n) == 0 && (key[n] == '\0' || key[n] == '/'))
            bouncer_card(p, b->name, d);
    }
    for (int i = 0; i < p->s->nhaproxies; i++) {
        const struct haproxy *h = &p->s->haproxies[i];
        if (strcmp(h->name, key) != 0)
            continue;
        card_verdicts(d, p, h->name);
        card_source(d, arena_printf(d->arena, "HAProxy %s", h->name), &h->state, p->s->refresh_us,
                    p->now_us);
    }
}

const struct pane pane_routes = {.name = "routes",
                                 .title = "Routes",
                                 .columns = columns,
                                 .ncolumns = C_COUNT,
                                 .rows = rows,
                                 .card = card};
