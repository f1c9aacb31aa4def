/* pane_haproxy.c: every row that HAProxy shows, and the member that a server is. */
#include "pgdba/console/pane.h"

#include <inttypes.h>
#include <string.h>

#include "pgdba/analysis/balancer.h"
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
    C_QUEUE,
    C_RATE,
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
    [C_SESSIONS] =
        {.name = "sessions", .title = "SESSIONS", .width = 8, .most = 13, .drop = 1, .right = true},
    [C_QUEUE] =
        {.name = "queue", .title = "QUEUE", .width = 5, .most = 9, .drop = 7, .right = true},
    [C_RATE] = {.name = "rate", .title = "NEW/S", .width = 5, .most = 7, .drop = 8, .right = true},
    [C_CHANGE] = {.name = "change", .title = "CHANGED", .width = 7, .drop = 3, .right = true},
    [C_ADDRESS] = {.name = "address", .title = "ADDRESS", .width = 15, .most = 40, .drop = 6},
    [C_MEMBER] = {.name = "member", .title = "MEMBER", .width = 9, .most = 26, .claim = 12},
    [C_AGE] = {.name = "age", .title = "AGE", .width = 4, .most = 5, .drop = 5, .right = true},
};
_Static_assert(sizeof columns / sizeof *columns == C_COUNT, "a column an index");

/* A replica that waits in a write backend is down by its role, not by a fault; whatever else ends a
 * check is one. */
static enum theme_role role_of(const struct ha_row *r)
{
    static const enum theme_role roles[] = {
        [HA_UNKNOWN] = TR_TEXT, [HA_UP] = TR_OK,         [HA_GOING_DOWN] = TR_WARN,
        [HA_DOWN] = TR_WARN,    [HA_GOING_UP] = TR_WARN, [HA_DRAIN] = TR_WARN,
        [HA_MAINT] = TR_WARN,   [HA_NO_CHECK] = TR_OK};
    if (ha_row_in_maint(r) || ha_row_in_drain(r))
        return TR_WARN;
    return ha_row_is_standby(r) ? TR_TEXT : roles[r->status];
}

/* What the status leaves out: DRAIN of a server that is down as well. */
static const char *status_words(const struct ha_row *r, struct arena *a)
{
    bool hidden = ha_row_in_drain(r) && r->status != HA_DRAIN;
    return hidden ? arena_printf(a, "%s, DRAIN", r->status_text) : r->status_text;
}

/* "4/500": of a backend the number alone, whose limit bounds nothing. */
static struct table_cell of_limit(struct arena *a, int64_t n, int64_t limit, bool has_limit)
{
    if (n < 0 || !has_limit || limit <= 0)
        return cell_count(a, n);
    struct table_cell c = cell_number((double)n, arena_printf(a, "%" PRId64 "/%" PRId64, n, limit));
    c.role = n >= limit ? TR_CRIT : n * 10 >= limit * 9 ? TR_WARN : TR_TEXT;
    return c;
}

static const struct member *member_of(const struct picture *p, const struct haproxy *h,
                                      const struct ha_row *r)
{
    return r->type == HA_SERVER ? routes_member_of_server(p->s, h, r) : NULL;
}

static struct table_cell member_cell(const struct picture *p, const struct member *m,
                                     struct arena *a)
{
    if (!m)
        return cell_unknown();
    return m == snapshot_leader(p->s) ? cell_role(TR_LEADER, arena_printf(a, "%s leads", m->name))
                                      : cell_text(m->name);
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
    bool limited = r->type != HA_BACKEND;
    struct table_cell *c = row->cells = arena_array(a, C_COUNT, struct table_cell);
    row->key = balancer_name(h, r, a);
    row->object = r->type == HA_SERVER ? r->name : NULL;
    row->stale = source_is_stale(&h->state, p->s->refresh_us, p->now_us);
    c[C_HAPROXY] = cell_text(h->name);
    c[C_PROXY] = cell_text(r->proxy);
    c[C_SERVER] = cell_text(r->name);
    c[C_STATUS] = cell_role(role_of(r), status_words(r, a));
    c[C_CHECK] = check_cell(r, a);
    c[C_SESSIONS] = of_limit(a, r->sessions, r->session_limit, limited);
    c[C_QUEUE] = r->queue < 0 ? cell_none() : of_limit(a, r->queue, r->queue_limit, limited);
    if (r->queue > 0 && c[C_QUEUE].role == TR_TEXT)
        c[C_QUEUE].role = TR_WARN;
    c[C_RATE] = cell_count(a, r->rate);
    if (r->type == HA_SERVER || r->type == HA_BACKEND)
        c[C_CHANGE] = cell_duration(a, (double)r->changed_s * USEC_PER_SEC);
    c[C_ADDRESS] = *r->addr ? cell_text(r->addr) : cell_none();
    if (r->type == HA_SERVER)
        c[C_MEMBER] = member_cell(p, member_of(p, h, r), a);
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

static int count(const struct picture *p)
{
    int n = 0;
    for (int i = 0; i < p->s->nhaproxies; i++) {
        const struct ha_stats *stats = p->s->haproxies[i].stats;
        n += stats && stats->n ? stats->n : 1;
    }
    return n;
}

static void rows(const struct picture *p, struct arena *a, struct table_model *m)
{
    m->rows = arena_array(a, (size_t)count(p), struct table_row);
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

static void number(struct doc *d, const char *label, int64_t v, const char *unit)
{
    if (v >= 0)
        card_factf(d, label, "%" PRId64 "%s", v, unit);
}

static void counts_group(const struct ha_row *r, struct doc *d)
{
    char b[FMT_MAX];
    if (r->sessions >= 0 && r->session_limit > 0)
        card_factf(d, r->type == HA_BACKEND ? "sessions (fullconn)" : "sessions",
                   "%" PRId64 " of %" PRId64, r->sessions, r->session_limit);
    else
        number(d, "sessions", r->sessions, "");
    number(d, "at most so far", r->sessions_max, "");
    number(d, "in all", r->sessions_total, "");
    number(d, "new ones", r->rate, " a second");
    if (r->queue >= 0 && r->queue_limit > 0)
        card_factf(d, "in its queue", "%" PRId64 " of %" PRId64, r->queue, r->queue_limit);
    else
        number(d, "in its queue", r->queue, "");
    number(d, "queue at most", r->queue_max, "");
    number(d, "failed connects", r->connect_errors, "");
    if (r->last_session_s >= 0)
        card_factf(d, "last one given", "%s ago",
                   fmt_duration(b, r->last_session_s * USEC_PER_SEC));
}

static void held_fact(const struct picture *p, const struct haproxy *h, const struct ha_row *r,
                      struct doc *d)
{
    int64_t since = h->held_us ? h->held_us[r - h->stats->v] : 0;
    char b[FMT_MAX];
    bool by_hand;
    const char *by = ha_row_held_by(r, &by_hand);
    if (since == SINCE_BEFORE)
        card_factf(d, "held back", "%s, since before we looked", by);
    else if (since)
        card_factf(d, "held back", "%s, for %s", by, fmt_duration(b, p->now_us - since));
    else if (r->type == HA_SERVER && r->admin < 0 && r->status == HA_DOWN)
        card_fact(d, "held back", "a DRAIN would only show by the runtime socket");
}

static void row_group(const struct picture *p, const struct haproxy *h, const struct ha_row *r,
                      struct doc *d)
{
    const struct member *m = member_of(p, h, r);
    char b[FMT_MAX];
    card_fact(d, "proxy", r->proxy);
    card_fact(d, "name", r->name);
    card_fact(d, "mode", *r->mode ? r->mode : NULL);
    card_fact(d, "status", status_words(r, d->arena));
    held_fact(p, h, r, d);
    if (r->type == HA_SERVER) {
        card_fact(d, "check", *r->check_status ? r->check_status : "none");
        if (r->check_code)
            card_factf(d, "answered with", "%d%s", r->check_code,
                       ha_row_is_standby(r) ? ": it has not the role, which is no fault" : "");
        number(d, "check took", r->check_ms, " ms");
        card_fact(d, "last check", *r->last_check ? r->last_check : NULL);
        number(d, "failed checks", r->failed_checks, "");
        if (*r->agent_status)
            card_fact(d, "agent", r->agent_status);
    }
    if (r->changed_s >= 0)
        card_factf(d, "in this state for", "%s", fmt_duration(b, r->changed_s * USEC_PER_SEC));
    if (r->downtime_s >= 0)
        card_factf(d, "down in all", "%s", fmt_duration(b, r->downtime_s * USEC_PER_SEC));
    number(d, "weight", r->weight, "");
    counts_group(r, d);
    if (r->type != HA_SERVER)
        return;
    card_fact(d, "address",
              *r->addr ? r->addr : "not said: stats show-legends, or a socket, shows it");
    card_fact(d, "member", m ? m->name : "by configuration, address and name none is it");
    if (m)
        card_fact(d, "leads", m == snapshot_leader(p->s) ? "yes" : "no");
}

static void process_group(const struct picture *p, const struct haproxy *h, struct doc *d)
{
    const struct ha_info *i = h->info;
    char b[FMT_MAX];
    if (!h->socket)
        return;
    card_source(d, arena_printf(d->arena, "its runtime socket %s", h->socket), &h->info_state,
                15 * USEC_PER_SEC, p->now_us);
    if (!i)
        return;
    card_fact(d, "version", i->version);
    if (*i->node)
        card_fact(d, "node", i->node);
    card_fact(d, "level",
              i->level == HA_LEVEL_UNKNOWN ? "not said before 1.9" : ha_level_name(i->level));
    if (i->uptime_s >= 0)
        card_factf(d, "runs for", "%s", fmt_duration(b, i->uptime_s * USEC_PER_SEC));
    if (i->connections >= 0)
        card_factf(d, "connections", "%" PRId64 " of %" PRId64, i->connections, i->max_conn);
    number(d, "new ones", i->conn_rate, " a second");
    number(d, "its loop is idle", i->idle_percent, " %");
    if (i->stopping > 0)
        card_fact(d, "stopping", "it was told to go, and serves what it has");
}

static void card(const struct picture *p, const char *key, struct doc *d)
{
    for (int i = 0; i < p->s->nhaproxies; i++) {
        const struct haproxy *h = &p->s->haproxies[i];
        size_t n = strlen(h->name);
        if (strncmp(key, h->name, n) != 0 || (key[n] != '\0' && key[n] != ' '))
            continue;
        card_verdicts(d, p, h->name);
        card_source(d, arena_printf(d->arena, "HAProxy %s", h->name), &h->state, p->s->refresh_us,
                    p->now_us);
        for (int k = 0; h->stats && k < h->stats->n; k++)
            if (strcmp(balancer_name(h, &h->stats->v[k], d->arena), key) == 0)
                row_group(p, h, &h->stats->v[k], d);
        process_group(p, h, d);
    }
}

const struct pane pane_haproxy = {.name = "haproxy",
                                  .title = "HAProxy",
                                  .servers = true,
                                  .columns = columns,
                                  .ncolumns = C_COUNT,
                                  .rows = rows,
                                  .count = count,
                                  .card = card};
