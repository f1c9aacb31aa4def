/* view.c: the state of the screen. */
#include "pgdba/console/view.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/clock.h"

#define MESSAGE_STAYS (8 * USEC_PER_SEC)

void view_init(struct view_state *v)
{
    *v = (struct view_state){.focus = PANE_TOPOLOGY};
    for (int i = 0; i < PANE_COUNT; i++)
        table_state_init(&v->tables[i]);
    buf_init(&v->typed);
}

void view_release(struct view_state *v)
{
    for (int i = 0; i < PANE_COUNT; i++)
        table_state_release(&v->tables[i]);
    marks_release(&v->marks);
    marks_release(&v->menu);
    for (int i = 0; i < ACT_COUNT; i++)
        free(v->menu_denied[i]);
    buf_release(&v->typed);
    view_result(v, NULL);
    audit_view_free(v->audit);
    free(v->card_key);
    free(v->help_topic);
    free(v->title);
    free(v->text);
    free(v->complaint);
    free(v->message);
}

struct kept_result {
    struct result r; /* first: what is handed out */
    struct arena arena;
};

static const struct table *copy_table(const struct table *t, struct arena *a)
{
    struct table *out = table_new(a, t->ncols, t->nrows);
    for (int i = 0; i < t->ncols; i++)
        out->cols[i] = arena_strdup(a, t->cols[i]);
    for (int i = 0; i < t->ncols * t->nrows; i++)
        out->cells[i] = arena_strdup(a, t->cells[i]);
    return out;
}

void view_result(struct view_state *v, const struct result *r)
{
    struct kept_result *old = (struct kept_result *)v->result;
    v->result = NULL;
    if (r) {
        struct kept_result *k = xcalloc(1, sizeof *k);
        arena_init(&k->arena);
        k->r = (struct result){.title = arena_strdup(&k->arena, r->title),
                               .note = arena_strdup(&k->arena, r->note),
                               .table = r->table ? copy_table(r->table, &k->arena) : NULL,
                               .lines = arena_strdup(&k->arena, r->lines)};
        v->result = &k->r;
    }
    if (old)
        arena_release(&old->arena);
    free(old);
}

void view_bouncers(struct view_state *v, enum pgb_view which)
{
    struct table_state *t = &v->tables[PANE_BOUNCERS];
    if (v->bouncers_view == which)
        return;
    v->bouncers_view = which;
    table_state_release(t);
    table_state_init(t);
}

void view_say(struct view_state *v, enum theme_role role, const char *text)
{
    char *copy = text && *text ? xstrdup(text) : NULL;
    free(v->message);
    v->message = copy;
    v->message_role = role;
    v->message_until_us = v->tick_us + MESSAGE_STAYS;
}

void view_open(struct view_state *v, enum overlay o)
{
    v->overlay = o;
    v->scroll = 0;
    buf_clear(&v->typed);
    v->confirmed = v->looking = false;
    v->words = 0;
    free(v->complaint);
    v->complaint = NULL;
}
