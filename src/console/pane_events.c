/* pane_events.c: what changed, newest first. The ring is long: rows are made cheaply. */
#include "pgdba/console/pane.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/console/draw.h"

enum { C_TIME, C_SOURCE, C_SUBJECT, C_WHAT, C_COUNT };

static const struct table_column columns[] = {
    [C_TIME] = {.name = "time", .title = "TIME", .width = 12},
    [C_SOURCE] = {.name = "source", .title = "SOURCE", .width = 10, .drop = 2},
    [C_SUBJECT] = {.name = "member", .title = "MEMBER", .width = 6, .most = 14, .drop = 1},
    [C_WHAT] = {.name = "what", .title = "WHAT", .width = 18, .stretch = true},
};
_Static_assert(sizeof columns / sizeof *columns == C_COUNT, "a column an index");

/* What was kept of an earlier run has no time but the wall's: it came before any picture of this
 * one. */
static bool is_younger(const struct event *e, const struct picture *p)
{
    return e->mono_us > p->now_us && e->mono_us != e->wall_us;
}

/* What happened after the picture was frozen is counted, not shown. */
static int younger(const struct picture *p)
{
    int n = 0, all = event_log_count(p->events);
    while (n < all && is_younger(event_log_get(p->events, n), p))
        n++;
    return n;
}

static enum theme_role ink_of(const struct event *e)
{
    return e->grade != HEALTH_OK ? draw_health_role(e->grade) : TR_TEXT;
}

static void fill_row(const struct event *e, struct draw_clock *clock, struct table_row *row,
                     struct arena *a)
{
    struct table_cell *c = row->cells;
    row->key = arena_printf(a, "%" PRIu64, e->seq);
    row->object = *e->subject ? e->subject : NULL;
    row->health = e->grade;
    c[C_TIME] = cell_number((double)e->wall_us, draw_clock_text(clock, e->wall_us, a));
    c[C_SOURCE] = cell_role(TR_DIM, obs_system_name(e->source));
    c[C_SUBJECT] = cell_text(*e->subject ? e->subject : NULL);
    c[C_WHAT] = cell_role(ink_of(e), e->text);
}

static int count(const struct picture *p)
{
    return event_log_count(p->events) - younger(p);
}

static void rows(const struct picture *p, struct arena *a, struct table_model *m)
{
    int skip = younger(p), n = event_log_count(p->events) - skip;
    struct draw_clock clock = draw_clock_at(p->now_wall_us);
    struct table_cell *cells = arena_array(a, (size_t)n * C_COUNT, struct table_cell);
    m->stays = true;
    m->nrows = n;
    m->rows = arena_array(a, (size_t)n, struct table_row);
    for (int i = 0; i < n; i++) {
        m->rows[i].cells = cells + (size_t)i * C_COUNT;
        fill_row(event_log_get(p->events, i + skip), &clock, &m->rows[i], a);
    }
    m->empty = "nothing has changed since this console looks";
    m->note_role = TR_WARN;
    m->note = skip ? arena_printf(a, "%d newer than this picture", skip) : "";
}

/* ---- the card ------------------------------------------------------------------------------- */

static const struct event *find(const struct picture *p, const char *key)
{
    uint64_t seq = strtoull(key, NULL, 10);
    for (int i = 0, n = event_log_count(p->events); i < n; i++)
        if (event_log_get(p->events, i)->seq == seq)
            return event_log_get(p->events, i);
    return NULL;
}

/* How well its time is known: what was asked for happened somewhere since the last answer. */
static const char *certainty(const struct event *e, struct arena *a)
{
    char b[FMT_MAX];
    int64_t since = e->mono_us - e->not_before_us;
    if (e->revision)
        return arena_printf(a, "to the moment: etcd told it, revision %" PRId64, e->revision);
    if (e->not_before_us == 0)
        return "when it was noticed; how long before that it happened is not known";
    if (since <= 0)
        return "to the moment";
    return arena_printf(a, "noticed then; it happened at most %s earlier", fmt_duration(b, since));
}

static void card(const struct picture *p, const char *key, struct doc *d)
{
    const struct event *e = find(p, key);
    char b[FMT_MAX];
    if (!e)
        return;
    doc_text(d, 0, ink_of(e), e->text);
    doc_gap(d);
    card_fact(d, "time here", draw_wall_full(d->arena, e->wall_us));
    card_fact(d, "time UTC", fmt_time_iso(b, e->wall_us));
    card_fact(d, "known", certainty(e, d->arena));
    card_fact(d, "source", obs_system_name(e->source));
    card_fact(d, "member", *e->subject ? e->subject : "the cluster");
    card_fact(d, "kind", event_kind_name(e->kind));
    if (*e->old || *e->now) {
        card_fact(d, "before", *e->old ? e->old : NULL);
        card_fact(d, "now", *e->now ? e->now : NULL);
    }
    doc_gap(d);
    doc_line(d, 0);
    doc_span(d, TR_DIALOG_TITLE, "Evidence");
    doc_text(d, 2, *e->evidence ? TR_DIALOG : TR_DIM, *e->evidence ? e->evidence : "none was kept");
}

const struct pane pane_events = {.name = "events",
                                 .title = "Events",
                                 .noun = "Event",
                                 .columns = columns,
                                 .ncolumns = C_COUNT,
                                 .rows = rows,
                                 .card = card,
                                 .count = count};
