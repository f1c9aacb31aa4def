/* pane_haproxy.c: every row that HAProxy shows, and the member that a server is. */
#include "pgdba/console/pane.h"

#include <inttypes.h>
#include <string.h>

#include "pgdba/analysis/health.h"
#include "pgdba/analysis/routes.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/console/draw.h"

enum {
    C_HAPROXY,
    C_PROXY,
    C_SERVER,
    C_STATUS,
    C_CHECK,
    C_SESSIONS,
    C_CHANGE,
    C_ADDRESS,
    C_MEMBER,
    C_AGE,
    C_COUNT
};

static const struct table_column columns[] = {
    [C_HAPROXY] = {.name = "haproxy", .title = "HAPROXY", .width = 9, .most = 22, .drop = 4},
    [C_PROXY] = {.name = "proxy", .title = "PROXY", .width = 8, .most = 26, .claim = 14},
    [C_SERVER] = {.name = "server", .title = "SERVER", .width = 8, .most = 26, .claim = 14},
    [C_STATUS] = {.name = "status", .title = "STATUS", .width = 8, .most = 20, .claim = 12},
    [C_CHECK] = {.name = "check", .title = "CHECK", .width = 10, .most = 24, .drop = 2},
    [C_SESSIONS] = {.name = "sessions", .title = "SESSIONS", .width = 8, .drop = 1, .right = true},
    [C_CHANGE] = {.name = "change", .title = "CHANGED", .width = 7, .drop = 3, .right = true},
    [C_ADDRESS] = {.name = "address", .title = "ADDRESS", .width = 15, .most = 40, .drop = 6},
    [C_MEMBER] = {.name = "member", .title = "MEMBER", .width = 8, .most = 24, .claim = 10},
    [C_AGE] = {.name = "age", .title = "AGE", .width = 4, .most = 5, .drop = 5, .right = true},
};
_Static_assert(sizeof columns / sizeof *columns == C_COUNT, "a column an index");

static const char *key_of(struct arena *a, const struct haproxy *h, const struct ha_row *r)
{
    return arena_printf(a, "%s/%s/%s", h->name, r->proxy, r->name);
}

/* A replica that waits in a write backend is down by its role, not by a fault. */
static enum theme_role role_of(const struct ha_row *r)
{
    static const enum theme_role roles[] = {
        [HA_UNKNOWN] = TR_TEXT, [HA_UP] = TR_OK,         [HA_GOING_DOWN] = TR_WARN,
        [HA_DOWN] = TR_WARN,    [HA_GOING_UP] = TR_WARN, [HA_DRAIN] = TR_WARN,
        [HA_MAINT] = TR_WARN,   [HA_NO_CHECK] = TR_OK};
    return ha_row_is_standby(r) ? TR_TEXT : roles[r->status];
}

static struct table_cell check_cell(const struct ha_row *r, struct arena *a)
{
    if (!*r->check_status)
        return cell_none();
    return cell_text(r->check_code ? arena_printf(a, "%s %d", r->check_status, r->check_code)
                                   : r->check_status);
}

static void fill_row(const struct picture *p, const struct haproxy *h, const struct ha_row *r,
                     struct table_row *row, struct arena *a)
{
    const struct member *m = r->type == HA_SERVER ? routes_member_of(p->s, r) : NULL;
    struct table_cell *c = row->cells = arena_array(a, C_COUNT, struct table_cell);
    row->key = key_of(a, h, r);
    row->object = r->type == HA_SERVER ? r->name : NULL;
    row->stale = source_is_stale(&h->state, p->s->refresh_us, p->now_us);
    c[C_HAPROXY] = cell_text(h->name);
    c[C_PROXY] = cell_text(r->proxy);
    c[C_SERVER] = cell_text(r->name);
    c[C_STATUS] = cell_role(role_of(r), r->status_text);
    c[C_CHECK] = check_cell(r, a);
    c[C_SESSIONS] = cell_count(a, r->sessions);
    if (r->type == HA_SERVER || r->type == HA_BACKEND)
        c[C_CHANGE] = cell_duration(a, (double)r->changed_s * USEC_PER_SEC);
    c[C_ADDRESS] = *r->addr ? cell_text(r->addr) : cell_none();
    if (r->type == HA_SERVER)
        c[C_MEMBER] = m ? cell_role(m == snapshot_leader(p->s) ? TR_LEADER : TR_TEXT, m->name)
                        : cell_unknown();
    c[C_AGE] = cell_number((double)(p->now_us - h->state.answered_us),
                           draw_age(a, p->now_us, h->state.answered_us));
}

static void silent_row(const struct picture *p, const struct haproxy *h, struct table_row *row,
                       struct arena *a)
{
    bool quiet = h->state.outcome == OBS_NEVER || h->state.outcome == OBS_ANSWERED;
    row->key = h->name;
    row->health = health_of(p->verdicts, h->name);
    row->cells = arena_array(a, C_COUNT, struct table_cell);
    row->cells[C_HAPROXY] = row->cells[C_PROXY] = cell_text(h->name);
    row->cells[C_STATUS] =
        cell_role(quiet ? TR_DIM : TR_WARN, draw_outcome(a, &h->state, p->now_us));
}

static void note(const struct picture *p, struct table_model *m, struct arena *a)
{
    int silent = 0;
    for (int i = 0; i < p->s->nhaproxies; i++) {
        const struct source_state *st = &p->s->haproxies[i].state;
        silent += st->outcome != OBS_NEVER && source_is_stale(st, p->s->refresh_us, p->now_us);
    }
    m->note_role = silent ? TR_STALE : TR_DIM;
    if (silent)
        m->note = arena_printf(a, "%d of %d do not answer", silent, p->s->nhaproxies);
    else if (p->s->nhaproxies == 1)
        m->note = p->s->haproxies[0].name;
}

static void rows(const struct picture *p, struct arena *a, struct table_model *m)
{
    size_t room = 0;
    for (int i = 0; i < p->s->nhaproxies; i++)
        room += 1 + (p->s->haproxies[i].stats ? (size_t)p->s->haproxies[i].stats->n : 0);
    m->rows = arena_array(a, room, struct table_row);
    for (int i = 0; i < p->s->nhaproxies; i++) {
        const struct haproxy *h = &p->s->haproxies[i];
        for (int k = 0; h->stats && k < h->stats->n; k++)
            fill_row(p, h, &h->stats->v[k], &m->rows[m->nrows++], a);
        if (!h->stats || h->stats->n == 0)
            silent_row(p, h, &m->rows[m->nrows++], a);
    }
    m->hidden = p->s->nhaproxies > 1 ? 0 : 1u << C_HAPROXY;
    m->empty = "no HAProxy is configured for this cluster";
    note(p, m, a);
}

/* ---- the card ------------------------------------------------------------------------------- */

static void row_group(const struct picture *p, const struct ha_row *r, struct doc *d)
{
    const struct member *m = r->type == HA_SERVER ? routes_member_of(p->s, r) : NULL;
    char b[FMT_MAX];
    card_fact(d, "proxy", r->proxy);
    card_fact(d, "name", r->name);
    card_fact(d, "status", r->status_text);
    card_fact(d, "check", r->check_status);
    if (r->check_code)
        card_factf(d, "answered with", "%d", r->check_code);
    card_fact(d, "last check", r->last_check);
    if (r->sessions >= 0)
        card_factf(d, "sessions", "%" PRId64, r->sessions);
    if (r->changed_s >= 0)
        card_factf(d, "in this state for", "%s", fmt_duration(b, r->changed_s * USEC_PER_SEC));
    card_fact(d, "address", r->addr);
    if (r->type == HA_SERVER)
        card_fact(d, "member", m ? m->name : "by address and name none is it");
}

static void card(const struct picture *p, const char *key, struct doc *d)
{
    for (int i = 0; i < p->s->nhaproxies; i++) {
        const struct haproxy *h = &p->s->haproxies[i];
        size_t n = strlen(h->name);
        if (strncmp(key, h->name, n) != 0 || (key[n] != '\0' && key[n] != '/'))
            continue;
        card_verdicts(d, p, h->name);
        card_source(d, arena_printf(d->arena, "HAProxy %s", h->name), &h->state, p->s->refresh_us,
                    p->now_us);
        for (int k = 0; h->stats && k < h->stats->n; k++)
            if (strcmp(key_of(d->arena, h, &h->stats->v[k]), key) == 0)
                row_group(p, &h->stats->v[k], d);
    }
}

const struct pane pane_haproxy = {.name = "haproxy",
                                  .title = "HAProxy",
                                  .columns = columns,
                                  .ncolumns = C_COUNT,
                                  .rows = rows,
                                  .card = card};
