/* pane_lag.c: how far each replica is behind, and whether it is catching up. */
#include "pgdba/console/pane.h"

#include <math.h>
#include <string.h>

#include "member_card.h"
#include "pgdba/analysis/health.h"
#include "pgdba/analysis/lag.h"
#include "pgdba/analysis/topology.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/console/draw.h"

enum { C_MEMBER, C_RECEIVE, C_REPLAY, C_TIME, C_RATE, C_ETA, C_STATE, C_BASIS, C_TREND, C_COUNT };

enum { TREND_CELLS = 60 };
#define TREND_SPAN (5 * USEC_PER_SEC * TREND_CELLS) /* 5 s a cell: 60 of them are five minutes */
#define STEADY     1024.0                           /* bytes/s: less is no trend */

static const struct table_column columns[] = {
    [C_MEMBER] = {.name = "member", .title = "MEMBER", .width = 10, .most = 40, .claim = 20},
    [C_RECEIVE] = {.name = "receive", .title = "RECEIVE", .width = 9, .most = 10, .right = true},
    [C_REPLAY] = {.name = "replay", .title = "REPLAY", .width = 9, .most = 10, .right = true},
    [C_TIME] = {.name = "time", .title = "TIME", .width = 7, .most = 9, .drop = 2, .right = true},
    [C_RATE] =
        {.name = "rate", .title = "CHANGE", .width = 11, .most = 13, .drop = 5, .right = true},
    [C_ETA] = {.name = "eta", .title = "CAUGHT UP", .width = 9, .drop = 4, .right = true},
    [C_STATE] = {.name = "state", .title = "REPLICATION", .width = 11, .most = 22, .drop = 6},
    [C_BASIS] = {.name = "from", .title = "FROM", .width = 9, .drop = 7},
    [C_TREND] = {.name = "trend",
                 .title = "5 MINUTES",
                 .width = 9,
                 .most = TREND_CELLS,
                 .drop = 3,
                 .stretch = true},
};
_Static_assert(sizeof columns / sizeof *columns == C_COUNT, "a column an index");

static struct table_cell rate_cell(const struct lag_view *v, struct arena *a)
{
    char b[FMT_MAX];
    if (isnan(v->rate))
        return cell_unknown();
    if (fabs(v->rate) < STEADY)
        return cell_number(0, "steady");
    struct table_cell c = cell_number(
        v->rate, arena_printf(a, "%s%s", v->rate > 0 ? "+" : "", fmt_bytes_rate(b, v->rate)));
    c.role = v->rate > 0 ? TR_WARN : TR_TEXT;
    return c;
}

static struct table_cell eta_cell(const struct lag_view *v, struct arena *a)
{
    char b[FMT_MAX];
    if (v->sample.replay == 0)
        return cell_number(0, "yes");
    if (v->eta_us >= 0)
        return cell_number((double)v->eta_us, arena_printf(a, "in %s", fmt_duration(b, v->eta_us)));
    if (!isnan(v->rate) && v->rate > STEADY)
        return cell_role(TR_WARN, "growing");
    return cell_unknown();
}

static struct table_cell state_cell(const struct picture *p, const struct member *m,
                                    const struct lag_view *v)
{
    if (!m->health || source_is_stale(&m->api, p->s->refresh_us, p->now_us))
        return v->streaming ? cell_text("streaming") : cell_unknown(); /* its upstream says so */
    if (v->replay_paused)
        return cell_role(TR_WARN, "replay paused");
    if (v->streaming)
        return cell_text("streaming");
    return v->sample.basis == LAG_LIVE ? cell_role(TR_WARN, "not streaming") : cell_unknown();
}

static struct table_cell basis_cell(enum lag_basis b)
{
    return b == LAG_LIVE        ? cell_text("live")
           : b == LAG_PUBLISHED ? cell_text("published")
                                : cell_unknown();
}

static struct table_cell time_cell(const struct lag_view *v, struct arena *a)
{
    struct table_cell c = cell_duration(a, v->time_us < 0 ? NAN : (double)v->time_us);
    if (c.has_num && v->time_is_estimate)
        c.text = arena_printf(a, "~%s", c.text);
    return c;
}

/* Beyond maximum_lag_on_failover a replica is not eligible to lead: that is worth a colour. */
static struct table_cell lag_cell(const struct picture *p, int64_t bytes, struct arena *a)
{
    struct table_cell c = cell_bytes(a, bytes);
    if (c.has_num && p->s->config && bytes > p->s->config->maximum_lag_on_failover)
        c.role = TR_WARN;
    return c;
}

static void fill_row(const struct picture *p, int member, struct table_row *row, struct arena *a)
{
    const struct member *m = &p->s->members[member];
    struct lag_view v = lag_view_of(p->s, member, p->now_us, p->now_wall_us);
    row->key = m->name;
    row->health = health_of(p->verdicts, m->name);
    row->unknown = v.sample.basis == LAG_NONE;
    row->stale = member_facts_of(p, m, a).stale;
    struct table_cell *c = row->cells = arena_array(a, C_COUNT, struct table_cell);
    c[C_MEMBER] = cell_text(m->name);
    c[C_RECEIVE] = lag_cell(p, v.sample.receive, a);
    c[C_REPLAY] = lag_cell(p, v.sample.replay, a);
    c[C_TIME] = time_cell(&v, a);
    c[C_RATE] = rate_cell(&v, a);
    c[C_ETA] = eta_cell(&v, a);
    c[C_STATE] = state_cell(p, m, &v);
    c[C_BASIS] = basis_cell(v.sample.basis);
    c[C_TREND] = (struct table_cell){
        .kind = CELL_SPARK,
        .role = TR_SPARK,
        .nspark = TREND_CELLS,
        .spark = draw_buckets(m->replay_lag.n ? &m->replay_lag : &m->receive_lag, p->now_us,
                              TREND_SPAN, TREND_CELLS, a),
        .has_num = v.sample.replay != LAG_UNKNOWN,
        .num = (double)v.sample.replay,
    };
}

static void rows(const struct picture *p, struct arena *a, struct table_model *m)
{
    const struct topology_row *tree = topology_rows(p->s, a);
    m->rows = arena_array(a, (size_t)p->s->nmembers, struct table_row);
    for (int i = 0; i < p->s->nmembers; i++)
        if (tree[i].member != p->s->leader)
            fill_row(p, tree[i].member, &m->rows[m->nrows++], a);
    m->empty = p->s->view.outcome == OBS_NEVER ? "asking Patroni" : "no replica is known";
    const struct member *leader = snapshot_leader(p->s);
    m->note_role = leader ? TR_DIM : TR_WARN;
    m->note = p->s->nmembers == 0 ? ""
              : leader            ? arena_printf(a, "behind %s", leader->name)
                                  : "no leader to be behind of";
}

const struct pane pane_lag = {.name = "lag",
                              .title = "Lag",
                              .members = true,
                              .columns = columns,
                              .ncolumns = C_COUNT,
                              .rows = rows,
                              .card = member_card};
