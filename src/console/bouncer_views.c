/* bouncer_views.c: what pgb_views.h of analysis/ lists, as rows of a table and as cards. */
#include "bouncer_views.h"

#include <inttypes.h>
#include <string.h>

#include "bouncer_card.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/console/draw.h"

const struct table_column *bouncer_view_columns(enum pgb_view v, struct arena *a, int *n)
{
    const struct pgb_view_info *info = pgb_view_get(v);
    struct table_column *out = arena_array(a, (size_t)info->ncolumns, struct table_column);
    *n = info->ncolumns;
    for (int i = 0; i < *n; i++) {
        const struct pgb_column *c = &info->columns[i];
        out[i] = (struct table_column){.name = c->name,
                                       .title = c->title,
                                       .width = c->width,
                                       .most = c->most,
                                       .drop = c->drop,
                                       .right = c->unit != PGB_TEXTUAL,
                                       .stretch = i == *n - 1 && c->unit == PGB_TEXTUAL};
    }
    return out;
}

static const char *value_text(const struct pgb_column *c, struct pgb_value v, struct arena *a)
{
    char b[FMT_MAX];
    if (c->unit == PGB_TEXTUAL)
        return v.text;
    if (v.n < 0)
        return NULL;
    switch (c->unit) {
    case PGB_USEC:
        return v.n == 0 ? NULL : arena_strdup(a, fmt_duration(b, v.n));
    case PGB_SECONDS:
        return arena_printf(a, "%" PRId64 " s", v.n);
    case PGB_BYTES:
        return arena_strdup(a, fmt_bytes(b, v.n));
    case PGB_LIMIT:
        return v.n == 0 ? "none" : arena_printf(a, "%" PRId64, v.n);
    default:
        return arena_printf(a, "%" PRId64, v.n);
    }
}

static struct table_cell value_cell(const struct pgb_column *c, struct pgb_value v, struct arena *a)
{
    const char *text = value_text(c, v, a);
    if (c->unit == PGB_TEXTUAL)
        return text && *text ? cell_text(text) : cell_none();
    if (v.n < 0)
        return cell_none(); /* this version does not say */
    return cell_number((double)v.n, text);
}

/* What the cells of its rows are made of. */
struct list {
    struct picture p;
    const struct pgb_line **of; /* a row's line; NULL: it has its cells */
};

static void fill_row(const struct table_model *m, struct table_row *row, struct arena *a)
{
    const struct list *list = m->of;
    const struct picture *p = &list->p;
    const struct pgb_view_info *info = pgb_view_get(p->bouncers_view);
    const struct pgb_line *l = list->of[row - m->rows];
    row->cells = arena_array(a, (size_t)info->ncolumns, struct table_cell);
    for (int i = 0; i < info->ncolumns; i++)
        row->cells[i] =
            value_cell(&info->columns[i], pgb_view_value(p->s, &info->columns[i], l, a), a);
    for (int i = 0; l->health != HEALTH_OK && i < info->ncolumns; i++)
        if (strcmp(info->columns[i].name, "state") == 0)
            row->cells[i].role = draw_health_role(l->health);
}

static void begin_row(const struct picture *p, const struct pgb_line *l, struct table_row *row)
{
    row->key = l->key;
    row->object = l->bouncer->name;
    row->health = l->health;
    row->stale = source_is_stale(l->state, pgb_view_beat(p->s, p->bouncers_view), p->now_us);
}

static void empty_row(const struct picture *p, const struct pgb_view_info *info,
                      const struct bouncer *b, struct table_row *row, struct arena *a)
{
    bool known;
    const struct source_state *st = pgb_view_state(b, p->bouncers_view, &known);
    bouncer_empty_row(p, b, st,
                      !known && st->outcome == OBS_NEVER     ? "asked, no answer yet"
                      : known && st->outcome == OBS_ANSWERED ? "none"
                                                             : NULL,
                      row, info->ncolumns, 0, info->ncolumns - 1, a);
    if (info->ncolumns > 2)
        row->cells[1] = cell_none(); /* its own column is there, and no other is a name */
}

/* Every bouncer has answered, and has none of them: that is said once, not with a row each. */
static bool all_empty(const struct snapshot *s, enum pgb_view view)
{
    for (int i = 0; i < s->nbouncers; i++)
        if (pgb_view_count(&s->bouncers[i], view) > 0 ||
            pgb_view_state(&s->bouncers[i], view, NULL)->outcome != OBS_ANSWERED)
            return false;
    return true;
}

int bouncer_view_count(const struct picture *p)
{
    int n = 0;
    for (int i = 0; i < p->s->nbouncers; i++) {
        int rows = pgb_view_count(&p->s->bouncers[i], p->bouncers_view);
        n += rows > 0 ? rows : 1;
    }
    return n;
}

void bouncer_view_rows(const struct picture *p, struct arena *a, struct table_model *m)
{
    const struct pgb_view_info *info = pgb_view_get(p->bouncers_view);
    const struct snapshot *s = p->s;
    int n;
    const struct pgb_line *l = pgb_view_lines(s, p->bouncers_view, NULL, a, &n);
    struct list *list = arena_new(a, struct list);
    list->p = *p;
    list->of = arena_array(a, (size_t)n + (size_t)s->nbouncers, const struct pgb_line *);
    m->rows = arena_array(a, (size_t)n + (size_t)s->nbouncers, struct table_row);
    m->fill = fill_row;
    m->of = list;
    m->arena = a;
    for (int i = 0, b = 0; b < s->nbouncers; b++) {
        int before = i;
        for (; i < n && l[i].bouncer == &s->bouncers[b]; i++) {
            list->of[m->nrows] = &l[i];
            begin_row(p, &l[i], &m->rows[m->nrows++]);
        }
        if (i == before && !(n == 0 && all_empty(s, p->bouncers_view)))
            empty_row(p, info, &s->bouncers[b], &m->rows[m->nrows++], a);
    }
    m->hidden = bouncers_all_show(s) || m->nrows > n ? 0 : 1u;
    m->empty = s->nbouncers == 0 ? "no PgBouncer is configured for this cluster"
                                 : arena_printf(a, "no %s", info->name);
    bouncers_note(p, m, a);
    m->note =
        arena_printf(a, "%s, view %d of %d%s%s; [ and ] show others", info->name,
                     (int)p->bouncers_view + 1, PGB_VIEW_COUNT, *m->note ? ", " : "", m->note);
}

/* ---- cards ----------------------------------------------------------------------------------- */

static const struct pgb_line *find(const struct picture *p, enum pgb_view v, const char *key,
                                   struct arena *a)
{
    int n;
    const struct pgb_line *l = pgb_view_lines(p->s, v, NULL, a, &n);
    for (int i = 0; i < n; i++)
        if (strcmp(l[i].key, key) == 0)
            return &l[i];
    return NULL;
}

static void facts(const struct picture *p, enum pgb_view view, const struct pgb_line *l,
                  const char *what, struct doc *d)
{
    const struct pgb_view_info *info = pgb_view_get(view);
    card_source(d, what, l->state, pgb_view_beat(p->s, view), p->now_us);
    if (l->health != HEALTH_OK)
        doc_textf(d, 2, draw_health_role(l->health), "%s", l->reason);
    for (int i = 0; i < info->ncolumns; i++) {
        const struct pgb_column *c = &info->columns[i];
        struct pgb_value v = pgb_view_value(p->s, c, l, d->arena);
        const char *text = value_text(c, v, d->arena);
        card_fact(d, c->name, text && *text ? text : NULL);
    }
}

bool bouncer_view_card(const struct picture *p, const char *key, struct doc *d)
{
    const struct pgb_view_info *info = pgb_view_get(p->bouncers_view);
    const struct pgb_line *l = find(p, p->bouncers_view, key, d->arena);
    if (!l)
        return false;
    facts(p, p->bouncers_view, l,
          arena_printf(d->arena, "PgBouncer %s: %s", l->bouncer->name, info->name), d);
    if (!l->peer)
        return true;
    const char *noun = info->peer_view == PGB_VIEW_SERVERS ? "its server" : "its client";
    const struct pgb_line *peer = find(p, info->peer_view, l->peer, d->arena);
    if (peer)
        facts(p, info->peer_view, peer, noun, d);
    else
        doc_textf(d, 0, TR_DIM, "%s is in no answer that is known here", noun);
    doc_text(d, 0, TR_DIM, "Enter on the row goes there.");
    return true;
}

const char *bouncer_view_peer(const struct picture *p, const char *key, enum pgb_view *view,
                              struct arena *a)
{
    const struct pgb_line *l = find(p, p->bouncers_view, key, a);
    if (!l || !l->peer)
        return NULL;
    *view = pgb_view_get(p->bouncers_view)->peer_view;
    return l->peer;
}
