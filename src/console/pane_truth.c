/* pane_truth.c: what each system believes of each member, side by side. */
#include "pgdba/console/pane.h"

#include <string.h>

#include "lease_view.h"
#include "member_card.h"
#include "pgdba/analysis/truth.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/console/draw.h"

enum { C_MEMBER, C_FIRST, C_COUNT = C_FIRST + TC_COUNT };

static const struct table_column columns[] = {
    [C_MEMBER] = {.name = "member", .title = "MEMBER", .width = 8, .most = 40, .claim = 14},
    [C_FIRST + TC_LOCK] = {.name = "lock", .title = "LOCK", .width = 7, .most = 30, .claim = 16},
    [C_FIRST + TC_REST] = {.name = "rest", .title = "REST", .width = 8, .most = 40, .claim = 16},
    [C_FIRST + TC_POSTGRES] = {.name = "postgresql",
                               .title = "POSTGRESQL",
                               .width = 10,
                               .most = 48,
                               .claim = 17,
                               .drop = 1},
    [C_FIRST +
        TC_HAPROXY] = {.name = "haproxy", .title = "HAPROXY", .width = 8, .most = 30, .drop = 2},
    [C_FIRST + TC_PGBOUNCER] =
        {.name = "pgbouncer", .title = "PGBOUNCER", .width = 9, .most = 30, .drop = 3},
};
_Static_assert(sizeof columns / sizeof *columns == C_COUNT, "a column an index");

static enum theme_role role_of(const struct truth_row *row, const struct truth_cell *c)
{
    static const enum theme_role roles[] = {
        [TW_NOT_ASKED] = TR_DIM, [TW_UNKNOWN] = TR_UNKNOWN, [TW_LEADER] = TR_LEADER,
        [TW_FOLLOWER] = TR_TEXT, [TW_CHANGING] = TR_WARN,   [TW_DOWN] = TR_WARN,
        [TW_READ_ONLY] = TR_WARN};
    if (c->contradicts)
        return row->health == HEALTH_CRITICAL ? TR_CRIT : TR_WARN;
    return c->stale ? TR_STALE : roles[c->word];
}

/* Said within the last two seconds goes without an age: that is now. */
static const char *age_of(const struct truth_cell *c, int64_t now_us, struct arena *a)
{
    const char *age = c->at_us ? draw_age(a, now_us, c->at_us) : "";
    return strcmp(age, "now") == 0 ? "" : age;
}

/* A lease that is well stands still here, as it does beside it. */
static const char *lock_text(const struct picture *p, const struct truth_row *row,
                             const struct truth_cell *c, struct arena *a)
{
    const struct dcs *d = p->s->dcs;
    const char *at = strstr(c->text, "lease ");
    bool holds = d && d->leader && strcmp(d->leader, row->member->name) == 0;
    const struct dcs_member *m = d ? dcs_member_find(d, row->member->name) : NULL;
    struct lease_view v = lease_view_of(p, holds ? d->leader_lease : m ? m->lease : 0, a);
    if (!at || !v.known || v.left_s < 0)
        return c->text;
    return arena_printf(a, "%s %s", holds ? "lock" : "lease", v.text);
}

/* Where space is short the position goes, not what may be written to. */
static const char *position_last(const char *text, struct arena *a)
{
    const char *slash = strchr(text, '/'), *from = slash;
    while (from && from > text && from[-1] != ' ')
        from--;
    const char *end = slash ? slash + strcspn(slash, " ") : NULL;
    if (!slash || !*end || from == text)
        return text;
    return arena_printf(a, "%.*s%s %.*s", (int)(from - text), text, end + 1, (int)(end - from),
                        from);
}

static struct table_cell cell_of(const struct picture *p, const struct truth_row *row,
                                 enum truth_column column, struct arena *a)
{
    const struct truth_cell *c = &row->cell[column];
    struct surface paper = {.ascii = p->ascii};
    if (c->word == TW_NOT_ASKED)
        return cell_none();
    const char *age = age_of(c, p->now_us, a);
    const char *text = !c->text || !*c->text   ? "?"
                       : column == TC_LOCK     ? lock_text(p, row, c, a)
                       : column == TC_POSTGRES ? position_last(c->text, a)
                                               : c->text;
    /* Not by colour alone; and the age first, for what is cut off is the end. */
    text = arena_printf(a, "%s%s%s%s%s", c->contradicts ? glyph(&paper, GL_WARN) : "",
                        c->contradicts ? " " : "", age, *age ? " " : "", text);
    return cell_role(role_of(row, c), text);
}

static void fill_row(const struct picture *p, const struct truth_row *t, struct table_row *row,
                     struct arena *a)
{
    row->key = t->member->name;
    row->health = t->health;
    row->cells = arena_array(a, C_COUNT, struct table_cell);
    row->cells[C_MEMBER] = cell_text(t->member->name);
    for (int i = 0; i < TC_COUNT; i++)
        row->cells[C_FIRST + i] = cell_of(p, t, (enum truth_column)i, a);
}

/* A system that is not configured takes no room, but is named. */
static void hide_what_is_not_asked(const struct picture *p, const struct truth_row *t,
                                   struct table_model *m, struct arena *a)
{
    const char *missing = "";
    for (int i = 0; i < TC_COUNT; i++) {
        bool asked = false;
        for (int k = 0; k < p->s->nmembers; k++)
            asked |= t[k].cell[i].word != TW_NOT_ASKED;
        if (asked || p->s->nmembers == 0)
            continue;
        m->hidden |= 1u << (C_FIRST + i);
        missing = arena_printf(a, "%s%s%s", missing, *missing ? ", " : "",
                               truth_column_name((enum truth_column)i));
    }
    m->note_role = TR_DIM;
    m->note = *missing ? arena_printf(a, "not configured: %s", missing) : "";
}

static void rows(const struct picture *p, struct arena *a, struct table_model *m)
{
    const struct truth_row *t = truth_rows(p->s, p->verdicts, p->now_us, a);
    int disagree = 0;
    m->nrows = p->s->nmembers;
    m->rows = arena_array(a, (size_t)m->nrows, struct table_row);
    for (int i = 0; i < m->nrows; i++) {
        fill_row(p, &t[i], &m->rows[i], a);
        for (int k = 0; k < TC_COUNT; k++)
            disagree |= t[i].cell[k].contradicts;
    }
    m->empty = p->s->view.outcome == OBS_NEVER ? "asking Patroni" : "no member is known";
    hide_what_is_not_asked(p, t, m, a);
    if (disagree) {
        m->note_role = TR_WARN;
        m->note = arena_printf(a, "they DISAGREE%s%s", *m->note ? "; " : "", m->note);
    }
}

/* ---- the card ------------------------------------------------------------------------------- */

static void write_cells(const struct picture *p, const struct truth_row *t, struct doc *d)
{
    for (int i = 0; i < TC_COUNT; i++) {
        const struct truth_cell *c = &t->cell[i];
        char age[FMT_MAX];
        const char *name = truth_column_name((enum truth_column)i);
        const char *text = c->word == TW_NOT_ASKED ? "not configured"
                           : c->text && *c->text   ? c->text
                                                   : "does not say";
        if (c->at_us)
            text = arena_printf(d->arena, "%s, said %s ago", text,
                                fmt_duration(age, p->now_us - c->at_us));
        if (c->stale)
            text = arena_printf(d->arena, "%s: too old to be now", text);
        if (c->contradicts)
            text = arena_printf(d->arena, "%s: another says otherwise", text);
        doc_item(d, 0, 14, TR_DIALOG_TITLE, name, c->word == TW_NOT_ASKED ? TR_DIM : role_of(t, c),
                 text);
    }
}

static void card(const struct picture *p, const char *key, struct doc *d)
{
    const struct truth_row *t = truth_rows(p->s, p->verdicts, p->now_us, d->arena);
    for (int i = 0; i < p->s->nmembers; i++)
        if (strcmp(t[i].member->name, key) == 0)
            write_cells(p, &t[i], d);
    doc_gap(d);
    member_card(p, key, d);
}

const struct pane pane_truth = {.name = "truth",
                                .title = "Truth",
                                .members = true,
                                .columns = columns,
                                .ncolumns = C_COUNT,
                                .rows = rows,
                                .card = card};
