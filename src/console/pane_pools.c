/* pane_pools.c: PgBouncer's pools: who waits, and why. */
#include "pgdba/console/pane.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "bouncer_card.h"
#include "pgdba/analysis/health.h"
#include "pgdba/analysis/pools.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/console/draw.h"

enum {
    C_BOUNCER,
    C_DATABASE,
    C_USER,
    C_USED,
    C_SERVERS,
    C_WAITING,
    C_MAXWAIT,
    C_ACTIVE,
    C_SV_ACTIVE,
    C_SV_IDLE,
    C_SV_LOGIN,
    C_MODE,
    C_AGE,
    C_STATE,
    C_COUNT
};

static const struct table_column columns[] = {
    [C_BOUNCER] = {.name = "bouncer", .title = "BOUNCER", .width = 9, .most = 22, .drop = 4},
    [C_DATABASE] = {.name = "database", .title = "DATABASE", .width = 8, .most = 26, .claim = 16},
    [C_USER] = {.name = "user", .title = "USER", .width = 6, .most = 20, .drop = 3},
    [C_USED] = {.name = "used", .title = "USED", .width = 5, .most = 14, .right = true},
    [C_SERVERS] =
        {.name = "servers", .title = "SERVERS", .width = 7, .most = 9, .drop = 6, .right = true},
    [C_WAITING] = {.name = "waiting", .title = "WAITING", .width = 7, .right = true},
    [C_MAXWAIT] =
        {.name = "maxwait", .title = "LONGEST", .width = 7, .most = 8, .drop = 1, .right = true},
    [C_ACTIVE] = {.name = "clients", .title = "CLIENTS", .width = 7, .drop = 5, .right = true},
    [C_SV_ACTIVE] =
        {.name = "busy", .title = "BUSY", .width = 4, .most = 6, .drop = 8, .right = true},
    [C_SV_IDLE] =
        {.name = "idle", .title = "IDLE", .width = 4, .most = 6, .drop = 9, .right = true},
    [C_SV_LOGIN] = {.name = "login", .title = "LOGIN", .width = 5, .drop = 10, .right = true},
    [C_MODE] = {.name = "mode", .title = "MODE", .width = 11, .drop = 11},
    [C_AGE] = {.name = "age", .title = "AGE", .width = 4, .most = 5, .drop = 7, .right = true},
    [C_STATE] =
        {.name = "state", .title = "STATE", .width = 6, .most = 80, .claim = 30, .stretch = true},
};
_Static_assert(sizeof columns / sizeof *columns == C_COUNT, "a column an index");

static struct table_cell used_cell(const struct pool_view *v, struct arena *a)
{
    if (isnan(v->saturation))
        return v->limit == 0 ? cell_text("no limit") : cell_unknown();
    struct table_cell c =
        cell_number(v->saturation, arena_printf(a, "%.0f%%", v->saturation * 100));
    c.kind = CELL_BAR;
    c.filled = v->saturation > 1 ? 1 : v->saturation;
    c.role = v->health == HEALTH_OK ? TR_OK : draw_health_role(v->health);
    return c;
}

static struct table_cell servers_cell(const struct pool_view *v, struct arena *a)
{
    if (v->limit < 0)
        return cell_number((double)v->servers, arena_printf(a, "%" PRId64 "/?", v->servers));
    if (v->limit == 0)
        return cell_number((double)v->servers, arena_printf(a, "%" PRId64, v->servers));
    return cell_number((double)v->servers,
                       arena_printf(a, "%" PRId64 "/%" PRId64, v->servers, v->limit));
}

static struct table_cell waiting_cell(const struct pool_view *v, struct arena *a)
{
    struct table_cell c = cell_count(a, v->pool->cl_waiting);
    if (v->pool->cl_waiting > 0)
        c.role = v->health == HEALTH_CRITICAL ? TR_CRIT : TR_WARN;
    return c;
}

static struct table_cell state_cell(const struct picture *p, const struct pool_view *v,
                                    struct arena *a)
{
    const struct source_state *st = &v->bouncer->pools_state;
    if (source_is_stale(st, p->s->refresh_us, p->now_us))
        return cell_role(TR_STALE,
                         st->outcome == OBS_ANSWERED ? "old" : draw_outcome(a, st, p->now_us));
    /* The cause before what it does: a narrow column cuts the end off, and who waits and for how
     * long has columns of its own. */
    if (v->health != HEALTH_OK && v->paused && v->pool->cl_waiting > 0)
        return cell_role(draw_health_role(v->health), arena_printf(a, "paused: %s", v->reason));
    if (v->health != HEALTH_OK)
        return cell_role(draw_health_role(v->health), v->reason);
    if (v->disabled || v->paused)
        return cell_role(TR_WARN, v->disabled ? "disabled" : "paused");
    return cell_role(TR_OK, "ok");
}

/* What the cells of its rows are made of. */
struct list {
    struct picture p;
    const struct pool_view *v; /* a row each; rows after these have their cells */
};

static void fill_row(const struct table_model *m, struct table_row *row, struct arena *a)
{
    const struct list *list = m->of;
    const struct picture *p = &list->p;
    const struct pool_view *v = &list->v[row - m->rows];
    const struct pgb_pool *pool = v->pool;
    const struct source_state *st = &v->bouncer->pools_state;
    struct table_cell *c = row->cells = arena_array(a, C_COUNT, struct table_cell);
    c[C_BOUNCER] = cell_text(v->bouncer->name);
    c[C_DATABASE] = cell_text(pool->database);
    c[C_USER] = cell_text(pool->user);
    c[C_USED] = used_cell(v, a);
    c[C_SERVERS] = servers_cell(v, a);
    c[C_WAITING] = waiting_cell(v, a);
    c[C_MAXWAIT] =
        pool->maxwait_us == 0 ? cell_number(0, NULL) : cell_duration(a, (double)pool->maxwait_us);
    c[C_ACTIVE] = cell_count(a, pool->cl_active);
    c[C_SV_ACTIVE] = cell_count(a, pool->sv_active);
    c[C_SV_IDLE] = cell_count(
        a, pool->sv_idle < 0 || pool->sv_used < 0 ? pool->sv_idle : pool->sv_idle + pool->sv_used);
    c[C_SV_LOGIN] = cell_count(a, pool->sv_login);
    c[C_MODE] = cell_text(pool->pool_mode);
    c[C_AGE] =
        cell_number((double)(p->now_us - st->answered_us), draw_age(a, p->now_us, st->answered_us));
    c[C_STATE] = state_cell(p, v, a);
}

static void begin_row(const struct picture *p, const struct pool_view *v, struct table_row *row,
                      struct arena *a)
{
    const struct pgb_pool *pool = v->pool;
    row->key = bouncer_key(a, v->bouncer->name, pool->database, pool->user);
    row->object = pool->database;
    row->health = v->health;
    row->stale = source_is_stale(&v->bouncer->pools_state, p->s->refresh_us, p->now_us);
}

static void rows(const struct picture *p, struct arena *a, struct table_model *m)
{
    int n;
    const struct pool_view *v = pool_views(p->s, a, &n);
    m->rows = arena_array(a, (size_t)n + (size_t)p->s->nbouncers, struct table_row);
    for (int i = 0; i < n; i++)
        begin_row(p, &v[i], &m->rows[m->nrows++], a);
    struct list *list = arena_new(a, struct list);
    *list = (struct list){.p = *p, .v = v};
    m->fill = fill_row;
    m->of = list;
    m->arena = a;
    for (int i = 0; i < p->s->nbouncers; i++) {
        const struct bouncer *b = &p->s->bouncers[i];
        if (!b->pools || b->pools->n == 0)
            bouncer_empty_row(p, b, &b->pools_state, b->pools ? "no pool yet" : NULL,
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
        const struct pgb_pools *pools = p->s->bouncers[i].pools;
        n += pools && pools->n > 0 ? pools->n : 1;
    }
    return n;
}

static void card(const struct picture *p, const char *key, struct doc *d)
{
    int n;
    const struct pool_view *v = pool_views(p->s, d->arena, &n);
    for (int i = 0; i < n; i++)
        if (strcmp(bouncer_key(d->arena, v[i].bouncer->name, v[i].pool->database, v[i].pool->user),
                   key) == 0) {
            bouncer_pool_card(p, &v[i], d);
            return;
        }
    bouncer_card(p, key, d);
}

const struct pane pane_pools = {.name = "pools",
                                .title = "Pools",
                                .columns = columns,
                                .ncolumns = C_COUNT,
                                .rows = rows,
                                .card = card,
                                .count = count};
