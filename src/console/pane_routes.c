/* pane_routes.c: the ways from an application to the leader, and where each really ends. */
#include "pgdba/console/pane.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "pgdba/analysis/ways.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/console/draw.h"

enum { C_ENTRY, C_WAY, C_STATE, C_ENDS, C_SESSIONS, C_AGE, C_WHY, C_COUNT };

static const struct table_column columns[] = {
    [C_ENTRY] =
        {.name = "entry", .title = "ENTRY", .width = 12, .most = 40, .claim = 18, .ends = true},
    [C_WAY] = {.name = "way", .title = "GOES THROUGH", .width = 12, .most = 60, .drop = 1},
    [C_STATE] = {.name = "state", .title = "STATE", .width = 9, .most = 16, .claim = 11},
    [C_ENDS] = {.name = "ends", .title = "ENDS AT", .width = 19, .most = 48, .claim = 19},
    [C_SESSIONS] =
        {.name = "sessions", .title = "SESS", .width = 4, .most = 8, .drop = 2, .right = true},
    [C_AGE] = {.name = "age", .title = "AGE", .width = 4, .most = 5, .drop = 3, .right = true},
    [C_WHY] = {.name = "why", .title = "WHY", .width = 10, .most = 160, .drop = 4, .stretch = true},
};
_Static_assert(sizeof columns / sizeof *columns == C_COUNT, "a column an index");

static enum theme_role role_of(enum way_state st)
{
    static const enum theme_role roles[] = {
        [WAY_OPEN] = TR_OK,   [WAY_CHANGING] = TR_WARN,  [WAY_UNKNOWN] = TR_UNKNOWN,
        [WAY_HELD] = TR_WARN, [WAY_READ_ONLY] = TR_CRIT, [WAY_ASTRAY] = TR_CRIT,
        [WAY_SHUT] = TR_CRIT,
    };
    _Static_assert(sizeof roles / sizeof *roles == WAY_STATE_COUNT, "a role a state");
    return roles[st];
}

static const char *hop_name(const struct way_hop *h, struct arena *a)
{
    return *h->part ? arena_printf(a, "%s/%s", h->name, h->part) : h->name;
}

/* "pgb2/app → haproxy/rw or haproxy2/rw", without the entry, which has a column of its own. */
static const char *way_text(const struct picture *p, const struct way *w, struct arena *a)
{
    struct surface paper = {.ascii = p->ascii};
    const char *text = "";
    for (int i = 1; i < w->nhops; i++)
        text = arena_printf(a, "%s%s%s", text,
                            !*text              ? ""
                            : w->hops[i].beside ? " or "
                                                : arena_printf(a, " %s ", glyph(&paper, GL_ARROW)),
                            hop_name(&w->hops[i], a));
    return *text ? text : "direct";
}

static int64_t sessions_of(const struct way *w)
{
    int64_t n = -1;
    for (int i = 0; i < w->nhops && n < 0; i++)
        n = w->hops[i].sessions;
    return n;
}

static struct table_cell ends_cell(const struct picture *p, const struct way *w, struct arena *a)
{
    const struct member *leader = snapshot_leader(p->s);
    bool leads = w->nends == 1 && w->ends[0].member && w->ends[0].member == leader;
    if (!w->nends)
        return cell_unknown();
    return cell_role(w->state == WAY_ASTRAY            ? TR_CRIT
                     : w->ends[0].state == WAY_UNKNOWN ? TR_UNKNOWN
                     : leads                           ? TR_LEADER
                                                       : TR_TEXT,
                     way_end_text(w, p->s, a));
}

static const char *state_text(const struct way *w, struct arena *a)
{
    const char *name = way_state_name(w->state);
    return w->writes ? name : arena_printf(a, "%s, reads", name);
}

/* "pgb1/app" of "pgb1.example.net/app": the domain tells nothing where it is everybody's. */
static const char *without_domain(struct arena *a, const char *name)
{
    size_t n = strcspn(name, ".:/");
    return name[n] == '.' && strspn(name, "0123456789.") <= n
               ? arena_printf(a, "%.*s%s", (int)n, name, name + strcspn(name, ":/"))
               : name;
}

static bool told_apart(const struct snapshot *s, struct arena *a)
{
    for (int i = 0; i < s->nbouncers; i++)
        for (int k = 0; k < i; k++)
            if (strcmp(without_domain(a, s->bouncers[i].name),
                       without_domain(a, s->bouncers[k].name)) == 0)
                return false;
    return true;
}

/* What the cells of its rows are made of: hundreds, where a PgBouncer has as many databases. */
struct list {
    struct picture p;
    const struct way *v;
    bool apart;
};

static void fill_row(const struct table_model *m, struct table_row *row, struct arena *a)
{
    const struct list *list = m->of;
    const struct picture *p = &list->p;
    const struct way *w = &list->v[row - m->rows];
    bool bouncer = w->nhops && w->hops[0].kind == HOP_BOUNCER;
    struct table_cell *c = row->cells = arena_array(a, C_COUNT, struct table_cell);
    c[C_ENTRY] = cell_text(bouncer && list->apart ? without_domain(a, w->key) : w->key);
    c[C_WAY] = cell_text(way_text(p, w, a));
    c[C_STATE] = cell_role(role_of(w->state), state_text(w, a));
    c[C_ENDS] = ends_cell(p, w, a);
    c[C_SESSIONS] = sessions_of(w) < 0 ? cell_none() : cell_count(a, sessions_of(w));
    c[C_AGE] = w->at_us
                   ? cell_number((double)(p->now_us - w->at_us), draw_age(a, p->now_us, w->at_us))
                   : cell_unknown();
    c[C_WHY] = *w->reason
                   ? cell_role(role_of(w->state),
                               *w->cure ? arena_printf(a, "%s: %s", w->reason, w->cure) : w->reason)
                   : cell_none();
}

/* The worst of those for writing, NULL when all are open; *bad: how many are not. */
static const struct way *worst_of(const struct way *v, int n, int *bad, int *writes)
{
    const struct way *worst = NULL;
    *bad = *writes = 0;
    for (int i = 0; i < n; i++) {
        *writes += v[i].writes;
        if (!v[i].writes || v[i].state == WAY_OPEN)
            continue;
        *bad += 1;
        if (!worst || v[i].state > worst->state)
            worst = &v[i];
    }
    return worst;
}

static void note(const struct way *v, int n, struct table_model *m, struct arena *a)
{
    int bad, writes;
    const struct way *worst = worst_of(v, n, &bad, &writes);
    m->note_role = worst ? role_of(worst->state) : TR_DIM;
    if (worst)
        m->note = arena_printf(a, "%d of %d ways for writes %s not open", bad, writes,
                               bad == 1 ? "is" : "are");
    else if (writes)
        m->note = "every way for writes ends at the writable leader";
}

/* What is wrong with the worst, and what to do, above the table: not in a card only. */
enum { HEAD_MOST = 6, HEAD_LEAVES = 4 };

/* As they were judged, unless that was another picture: a key may come between two frames. */
static const struct way *ways(const struct picture *p, struct arena *a, int *n)
{
    if (!p->verdicts->ways || p->verdicts->of != p->s)
        return ways_of(p->s, p->now_us, a, n);
    *n = p->verdicts->nways;
    return p->verdicts->ways;
}

static int head(const struct picture *p, struct surface *s, struct rect r)
{
    struct surface plain = {.ascii = p->ascii};
    struct arena a;
    struct doc d;
    int n, bad, writes, rows = 0;
    arena_init(&a);
    const struct way *v = ways(p, &a, &n), *w = worst_of(v, n, &bad, &writes);
    if (w) {
        doc_init(&d, &a, s ? s : &plain, r.cols - TABLE_MARGIN - 1);
        doc_textf(&d, 0, role_of(w->state), "%s %s", w->key, w->reason);
        if (*w->cure)
            doc_textf(&d, 0, TR_TEXT, "What to do: %s.", w->cure);
        rows = d.nlines < HEAD_MOST ? d.nlines : HEAD_MOST;
        if (r.rows != INT_MAX && rows > r.rows - HEAD_LEAVES)
            rows = r.rows > HEAD_LEAVES ? r.rows - HEAD_LEAVES : 0;
        if (s && rows > 0)
            doc_draw(&d, 0, s,
                     (struct rect){r.row, r.col + TABLE_MARGIN, rows, r.cols - TABLE_MARGIN - 1});
    }
    arena_release(&a);
    return rows;
}

static void rows(const struct picture *p, struct arena *a, struct table_model *m)
{
    int n;
    const struct way *v = ways(p, a, &n);
    m->rows = arena_array(a, (size_t)n, struct table_row);
    m->nrows = n;
    for (int i = 0; i < n; i++) {
        m->rows[i].key = v[i].key;
        m->rows[i].health = way_health(&v[i]);
        m->rows[i].unknown = v[i].state == WAY_UNKNOWN;
    }
    struct list *list = arena_new(a, struct list);
    *list = (struct list){.p = *p, .v = v, .apart = told_apart(p->s, a)};
    m->fill = fill_row;
    m->of = list;
    m->arena = a;
    m->empty = "no PgBouncer, no HAProxy and no route is configured for this cluster";
    note(v, n, m, a);
}

static int count(const struct picture *p)
{
    struct arena a;
    int n;
    arena_init(&a);
    (void)ways(p, &a, &n);
    arena_release(&a);
    return n;
}

/* ---- the card ------------------------------------------------------------------------------- */

static void hop_lines(const struct picture *p, const struct way_hop *h, int depth, struct doc *d)
{
    char t[FMT_MAX];
    const char *arrow = depth ? arena_printf(d->arena, "%s ", glyph(d->paper, GL_ARROW)) : "";
    doc_line(d, 2 * depth);
    doc_spanf(d, TR_DIALOG_TITLE, "%s%s %s", arrow, way_hop_kind_name(h->kind),
              hop_name(h, d->arena));
    if (*h->at && strcmp(h->at, h->name) != 0)
        doc_spanf(d, TR_DIM, "  %s", h->at);
    doc_spanf(d, role_of(h->state), "  %s", way_state_name(h->state));
    if (*h->text)
        doc_text(d, 2 * depth + 2, TR_DIALOG, h->text);
    const char *count =
        h->sessions < 0 ? "" : arena_printf(d->arena, "%" PRId64 " sessions, ", h->sessions);
    doc_textf(d, 2 * depth + 2, TR_DIM, "%s%s", count,
              h->at_us
                  ? arena_printf(d->arena, "said %s ago", fmt_duration(t, p->now_us - h->at_us))
                  : "nobody has said when");
}

static void write_way(const struct picture *p, const struct way *w, struct doc *d)
{
    const char *label =
        arena_printf(d->arena, "%s %s", glyph(d->paper, draw_health_glyph(way_health(w))),
                     way_state_name(w->state));
    const char *words = *w->reason  ? w->reason
                        : w->writes ? "ends at the writable leader"
                                    : "a way for reading";
    doc_item(d, 0, 14, role_of(w->state), label, TR_DIALOG, words);
    if (*w->cure)
        doc_item(d, 0, 14, TR_DIM, "what to do", TR_DIALOG, w->cure);
    if (!w->writes)
        doc_item(d, 0, 14, TR_DIM, "for", TR_DIALOG,
                 "reading, as its name or its place says: it may end at a replica");
    doc_gap(d);
    int depth = -1;
    for (int i = 0; i < w->nhops; i++) {
        depth += !w->hops[i].beside;
        hop_lines(p, &w->hops[i], depth, d);
    }
    for (int i = 0; i < w->nends; i++)
        hop_lines(p, &w->ends[i], depth + 1, d);
}

static void card(const struct picture *p, const char *key, struct doc *d)
{
    int n;
    const struct way *v = ways(p, d->arena, &n);
    for (int i = 0; i < n; i++)
        if (strcmp(v[i].key, key) == 0) {
            write_way(p, &v[i], d);
            return;
        }
}

const struct pane pane_routes = {.name = "routes",
                                 .title = "Routes",
                                 .columns = columns,
                                 .ncolumns = C_COUNT,
                                 .rows = rows,
                                 .card = card,
                                 .head = head,
                                 .count = count};
