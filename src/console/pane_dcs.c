/* pane_dcs.c: etcd itself: its endpoints, and above them the leases that run out. */
#include "pgdba/console/pane.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "dcs_card.h"
#include "lease_view.h"
#include "pgdba/analysis/health.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/console/draw.h"

enum {
    C_ENDPOINT,
    C_HEALTH,
    C_RAFT,
    C_VERSION,
    C_TERM,
    C_BEHIND,
    C_SIZE,
    C_LATENCY,
    C_ALARM,
    C_AGE,
    C_COUNT
};

static const struct table_column columns[] = {
    [C_ENDPOINT] = {.name = "endpoint", .title = "ENDPOINT", .width = 14, .most = 48, .claim = 22},
    [C_HEALTH] = {.name = "health", .title = "HEALTH", .width = 9, .most = 24, .claim = 18},
    [C_RAFT] = {.name = "raft", .title = "RAFT", .width = 8, .drop = 1},
    [C_VERSION] = {.name = "version", .title = "VERSION", .width = 7, .most = 9, .drop = 7},
    [C_TERM] = {.name = "term", .title = "TERM", .width = 4, .most = 8, .drop = 5, .right = true},
    [C_BEHIND] =
        {.name = "behind", .title = "LAG", .width = 4, .most = 9, .drop = 3, .right = true},
    [C_SIZE] =
        {.name = "size", .title = "DB SIZE", .width = 8, .most = 9, .drop = 6, .right = true},
    [C_LATENCY] = {.name = "latency", .title = "LATENCY", .width = 7, .drop = 4, .right = true},
    [C_ALARM] = {.name = "alarm", .title = "ALARM", .width = 7, .drop = 2},
    [C_AGE] = {.name = "age", .title = "AGE", .width = 4, .most = 5, .drop = 2, .right = true},
};
_Static_assert(sizeof columns / sizeof *columns == C_COUNT, "a column an index");

#define NO_ETCD                                                                                 \
    "etcd is not in this cluster's configuration: order within a poll, leases and requests in " \
    "flight cannot be seen. What is here comes from Patroni's REST API alone; key etcd in the " \
    "cluster's file adds it."

/* ---- endpoints ------------------------------------------------------------------------------ */

static bool silent(const struct picture *p, int i)
{
    return source_is_stale(&p->s->endpoint_states[i], p->s->refresh_us, p->now_us);
}

/* The furthest raft index that any endpoint has told: who is behind is behind of that. */
static int64_t furthest(const struct snapshot *s)
{
    int64_t most = -1;
    for (int i = 0; i < s->nendpoints; i++)
        if (s->endpoints[i].raft_index > most)
            most = s->endpoints[i].raft_index;
    return most;
}

static struct table_cell health_cell(const struct picture *p, int i, struct arena *a)
{
    const struct etcd_endpoint *e = &p->s->endpoints[i];
    const struct source_state *st = &p->s->endpoint_states[i];
    if (st->outcome == OBS_NEVER)
        return cell_unknown();
    if (st->outcome != OBS_ANSWERED)
        return cell_role(TR_CRIT, draw_outcome(a, st, p->now_us));
    if (e->health == ETCD_UNHEALTHY)
        return cell_role(TR_CRIT, *e->health_reason ? e->health_reason : "unhealthy");
    return e->health == ETCD_HEALTHY ? cell_role(TR_OK, "healthy") : cell_unknown();
}

static struct table_cell raft_cell(const struct etcd_endpoint *e)
{
    if (!e->has_leader_word)
        return cell_unknown();
    if (e->is_leader)
        return cell_role(TR_LEADER, "leader");
    if (e->leader_id == 0)
        return cell_role(TR_CRIT, "no leader");
    return cell_text(e->is_learner ? "learner" : "follower");
}

static struct table_cell behind_cell(const struct etcd_endpoint *e, int64_t most, struct arena *a)
{
    int64_t at = e->applied_index >= 0 ? e->applied_index : e->raft_index;
    if (at < 0 || most < 0)
        return cell_unknown();
    /* A few entries are on their way at any moment; endpoints are not asked in the same instant. */
    struct table_cell c = cell_count(a, most - at > 0 ? most - at : 0);
    c.role = most - at > 1000 ? TR_WARN : TR_TEXT;
    return c;
}

static struct table_cell size_cell(const struct etcd_endpoint *e, struct arena *a)
{
    char b[FMT_MAX];
    if (e->db_size < 0)
        return cell_unknown();
    struct table_cell c =
        cell_number((double)e->db_size, arena_strdup(a, fmt_bytes(b, e->db_size)));
    if (e->db_quota > 0 && e->db_size > e->db_quota / 10 * 8)
        c.role = TR_WARN;
    return c;
}

static struct table_cell latency_cell(const struct source_state *st, struct arena *a)
{
    char b[FMT_MAX];
    int64_t us = st->latency_us, coarse = 10 * USEC_PER_MS; /* below that it only flickers */
    if (st->outcome != OBS_ANSWERED)
        return cell_unknown();
    return cell_number((double)us,
                       us < coarse ? "<10 ms" : arena_strdup(a, fmt_duration(b, us - us % coarse)));
}

static struct table_cell alarm_cell(const struct etcd_endpoint *e)
{
    static const char *const words[] = {[ETCD_ALARM_NONE] = NULL,
                                        [ETCD_ALARM_NOSPACE] = "NOSPACE",
                                        [ETCD_ALARM_CORRUPT] = "CORRUPT"};
    return words[e->alarm] ? cell_role(TR_CRIT, words[e->alarm]) : cell_none();
}

static enum health row_health(const struct picture *p, int i)
{
    const struct etcd_endpoint *e = &p->s->endpoints[i];
    enum health h = health_of(p->verdicts, e->url);
    bool bad = p->s->endpoint_states[i].outcome != OBS_NEVER &&
               (silent(p, i) || e->health == ETCD_UNHEALTHY || e->alarm != ETCD_ALARM_NONE);
    return bad && h < HEALTH_DEGRADED ? HEALTH_DEGRADED : h;
}

static const char *without_scheme(const char *url)
{
    const char *p = strstr(url, "://");
    return p ? p + 3 : url;
}

static void fill_row(const struct picture *p, int i, int64_t most, struct table_row *row,
                     struct arena *a)
{
    const struct etcd_endpoint *e = &p->s->endpoints[i];
    const struct source_state *st = &p->s->endpoint_states[i];
    row->key = row->object = e->url;
    row->health = row_health(p, i);
    row->stale = silent(p, i) && st->answered_us != 0;
    row->unknown = st->outcome == OBS_NEVER;
    struct table_cell *c = row->cells = arena_array(a, C_COUNT, struct table_cell);
    c[C_ENDPOINT] = cell_text(without_scheme(e->url));
    c[C_HEALTH] = health_cell(p, i, a);
    c[C_RAFT] = raft_cell(e);
    c[C_VERSION] = e->version ? cell_text(e->version) : cell_unknown();
    c[C_TERM] = cell_count(a, e->term);
    c[C_BEHIND] = behind_cell(e, most, a);
    c[C_SIZE] = size_cell(e, a);
    c[C_LATENCY] = latency_cell(st, a);
    c[C_ALARM] = alarm_cell(e);
    c[C_AGE] =
        cell_number((double)(p->now_us - st->answered_us), draw_age(a, p->now_us, st->answered_us));
}

/* One healthy endpoint is proof of a quorum: its health is a quorum read. */
static const char *quorum_words(const struct picture *p, struct table_model *m, struct arena *a)
{
    int n = p->s->nendpoints, healthy = 0, sick = 0;
    for (int i = 0; i < n; i++) {
        healthy += !silent(p, i) && p->s->endpoints[i].health == ETCD_HEALTHY;
        sick += silent(p, i) || p->s->endpoints[i].health == ETCD_UNHEALTHY;
    }
    if (healthy > 0) {
        m->note_role = sick ? TR_WARN : TR_DIM;
        return arena_printf(a, "quorum, %d of %d endpoints healthy", healthy, n);
    }
    m->note_role = sick == n ? TR_CRIT : TR_UNKNOWN;
    return sick == n ? "NO QUORUM as far as can be seen" : "quorum not known";
}

static const char *watch_words(const struct picture *p, struct table_model *m, struct arena *a)
{
    const struct source_state *st = &p->s->dcs_state;
    if (st->outcome == OBS_NEVER)
        return "not watched yet";
    if (!source_is_stale(st, p->s->refresh_us, p->now_us))
        return "watched";
    m->note_role = m->note_role == TR_CRIT ? TR_CRIT : TR_WARN;
    return arena_printf(a, "NOT WATCHED: %s", draw_outcome(a, st, p->now_us));
}

static void rows(const struct picture *p, struct arena *a, struct table_model *m)
{
    const struct snapshot *s = p->s;
    if (!s->etcd_configured)
        return;
    int64_t most = furthest(s);
    m->nrows = s->nendpoints;
    m->rows = arena_array(a, (size_t)s->nendpoints, struct table_row);
    for (int i = 0; i < s->nendpoints; i++)
        fill_row(p, i, most, &m->rows[i], a);
    m->empty = "asking etcd";
    const char *quorum = quorum_words(p, m, a), *watch = watch_words(p, m, a);
    m->note = s->dcs ? arena_printf(a, "%s; %s, revision %" PRId64 ", %s", quorum, watch,
                                    s->dcs->revision, s->dcs->prefix)
                     : arena_printf(a, "%s; %s", quorum, watch);
}

/* ---- leases --------------------------------------------------------------------------------- */

enum { NAME_COLS = 18, WORDS_COLS = 26, LEASES_MOST = 8, LOW = 10 };

static void draw_lease(const struct picture *p, const char *name, int64_t id, bool leads,
                       struct surface *s, struct rect r, struct arena *a)
{
    struct lease_view v = lease_view_of(p, id, a);
    int x = r.col + TABLE_MARGIN, right = r.col + r.cols;
    int words = r.cols < 60 ? 6 : WORDS_COLS, label = r.cols < 60 ? 10 : NAME_COLS;
    int bar = right - x - label - words - 3;
    surface_textf(s, r.row, x, label, leads ? TR_LEADER : TR_TEXT, "%s%s%s",
                  leads ? glyph(s, GL_LEADER) : " ", " ", name);
    x += label + 1;
    draw_bar(s, r.row, x, bar > 60 ? 60 : bar, v.role, v.filled);
    x += (bar > 60 ? 60 : bar) + 1;
    const char *of = !v.known ? "lease: not known now"
                     : v.left_s < 0 || v.role == TR_CRIT
                         ? "the lease has run out"
                         : arena_printf(a, "of %" PRId64 " s lease left", v.granted_s);
    surface_textf(s, r.row, x, right - x, v.role == TR_OK ? TR_TEXT : v.role, "%4s %s", v.text,
                  words > 6 ? of : "");
}

static int count_leases(const struct dcs *d)
{
    int n = 0;
    bool leader = false;
    for (int i = 0; i < d->nmembers; i++) {
        n += d->members[i].lease != 0;
        leader |= d->leader && strcmp(d->leader, d->members[i].name) == 0;
    }
    return n + (d->leader && !leader);
}

/* The leader's first: that is the one that matters. */
static void draw_leases(const struct picture *p, struct surface *s, struct rect r, int rows)
{
    const struct dcs *d = p->s->dcs;
    struct arena a;
    arena_init(&a);
    int row = r.row, end = r.row + rows;
    if (d->leader && row < end)
        draw_lease(p, d->leader, d->leader_lease, true, s, (struct rect){row++, r.col, 1, r.cols},
                   &a);
    for (int i = 0; i < d->nmembers && row < end; i++) {
        const struct dcs_member *m = &d->members[i];
        if (m->lease && !(d->leader && strcmp(m->name, d->leader) == 0))
            draw_lease(p, m->name, m->lease, false, s, (struct rect){row++, r.col, 1, r.cols}, &a);
    }
    arena_release(&a);
}

/* What the members say of it, by their own clocks. */
static void write_without(const struct picture *p, struct doc *d)
{
    doc_text(d, 0, TR_UNKNOWN, NO_ETCD);
    doc_gap(d);
    for (int i = 0; i < p->s->nmembers; i++) {
        const struct member *m = &p->s->members[i];
        const struct member_health *h = m->health;
        if (!h || h->dcs_last_seen <= 0 || h->date_s <= 0 ||
            source_is_stale(&m->api, p->s->refresh_us, p->now_us))
            continue;
        bool asked = p->s->view_member && strcmp(p->s->view_member, m->name) == 0;
        doc_textf(d, 0, TR_TEXT, "%s saw its DCS %" PRId64 " s ago%s", m->name,
                  h->date_s - h->dcs_last_seen,
                  asked ? " (asking it for the list of members counts as that)" : "");
    }
}

static int draw_without(const struct picture *p, struct surface *s, struct rect r)
{
    static const struct surface plain;
    struct arena a;
    struct doc d;
    arena_init(&a);
    doc_init(&d, &a, s ? s : &plain, r.cols - TABLE_MARGIN - 1);
    write_without(p, &d);
    if (s)
        doc_draw(&d, 0, s, (struct rect){r.row, r.col + TABLE_MARGIN, r.rows, d.width});
    int n = d.nlines;
    arena_release(&a);
    return r.rows == INT_MAX ? n : r.rows; /* no table below it */
}

static int head(const struct picture *p, struct surface *s, struct rect r)
{
    if (!p->s->etcd_configured)
        return draw_without(p, s, r);
    if (!p->s->dcs)
        return 0;
    int n = count_leases(p->s->dcs), most = r.rows < LOW ? 1 : LEASES_MOST;
    n = n < most ? n : most;
    if (n == 0 || r.rows < 4)
        return 0;
    if (s)
        draw_leases(p, s, r, n);
    return r.rows < LOW ? n : n + 1; /* a free line */
}

const struct pane pane_dcs = {.name = "dcs",
                              .title = "DCS",
                              .columns = columns,
                              .ncolumns = C_COUNT,
                              .rows = rows,
                              .card = dcs_card,
                              .head = head};
