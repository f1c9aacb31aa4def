/* console_bar.c: the command bar: the line editor's line on the screen, and what Enter does. */
#include "console_private.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"

static void drop_error(struct console *c)
{
    free(c->bar_error);
    c->bar_error = NULL;
    c->bar.error_start = -1;
}

void bar_open(struct console *c, const char *text, bool filter)
{
    drop_error(c);
    c->bar.open = true;
    c->bar.filter = filter;
    line_editor_begin(c->editor, text);
}

void bar_complain(struct console *c, const char *text)
{
    drop_error(c);
    c->bar_error = xstrdup(text);
}

void bar_close(struct console *c)
{
    drop_error(c);
    c->bar.open = false;
    line_editor_cancel(c->editor);
}

/* Columns of the pane in focus, for "sort", and the routes that a probe can go. */
static void name_columns(struct console *c, struct arena *a)
{
    int n;
    const struct table_column *columns =
        pane_columns(pane_get(c->v.focus), c->v.bouncers_view, a, &n);
    const char **v = arena_array(a, (size_t)n, const char *);
    for (int i = 0; i < n; i++)
        v[i] = columns[i].name;
    c->names.columns = v;
    c->names.ncolumns = n;
    c->names.snapshot = app_snapshot(c->app);
    c->names.nroutes = app_probe_routes(c->app, a, &c->names.routes);
}

int bar_complete(void *arg, const char *line, int point, struct arena *a, const char *const **out,
                 int *word_start)
{
    struct console *c = arg;
    if (c->bar.filter)
        return 0;
    name_columns(c, a);
    return command_complete(line, point, &c->names, a, out, word_start);
}

void bar_update(struct console *c)
{
    struct bar_view *b = &c->bar;
    arena_release(&c->hints);
    if (!b->open)
        return;
    const char *prompt = line_editor_prompt(c->editor);
    b->prompt = b->filter && strcmp(prompt, ":") == 0 ? "/" : prompt;
    b->text = line_editor_text(c->editor);
    b->cursor = line_editor_point(c->editor);
    b->nmatches = line_editor_matches(c->editor, &b->matches);
    b->error = c->bar_error ? c->bar_error : "";
    b->hint = b->filter ? "rows that contain this; Enter keeps it, Esc shows all" : "";
    if (!b->filter) {
        name_columns(c, &c->hints);
        b->hint = command_hint(b->text, b->cursor, &c->names, &c->hints);
    }
}

/* The line stays, with the word that is wrong marked. */
static void refuse(struct console *c, const char *line, const struct parse_error *pe)
{
    line_editor_begin(c->editor, line);
    c->bar_error = xstrdup(pe->text ? pe->text : "this is not a command");
    c->bar.error_start = pe->start;
    c->bar.error_len = pe->len;
}

void bar_run(struct console *c, const char *line)
{
    struct parse_error pe = {0};
    line_editor_remember(c->editor, line);
    c->bar.open = false; /* a command may open it anew */
    if (!console_exec(c, line, &pe)) {
        bar_open(c, line, false);
        refuse(c, line, &pe);
    }
    parse_error_release(&pe);
}

static void run_line(struct console *c)
{
    char *line = xstrdup(line_editor_text(c->editor));
    if (line[strspn(line, " ")] == 0)
        bar_close(c);
    else
        bar_run(c, line);
    free(line);
}

static void filter_key(struct console *c, enum line_result r)
{
    struct table_state *t = &c->v.tables[c->v.focus];
    if (r == LINE_CANCELLED)
        table_state_filter(t, NULL);
    else
        table_state_filter(t, line_editor_text(c->editor));
    if (r != LINE_EDITING)
        bar_close(c);
}

void bar_name(struct console *c, const char *name)
{
    struct arena a;
    arena_init(&a);
    bar_open(c, arena_printf(&a, " %s", command_quote(&a, name)), false);
    line_editor_go(c->editor, 0); /* what is to be done with it stands before it */
    arena_release(&a);
}

/* A second blank says nothing to the parser: there it puts in the name of the row. */
static bool pastes(struct console *c, const struct key *k)
{
    struct arena a;
    if (c->bar.filter || strcmp(k->name, "Space") != 0 || !line_editor_inserts(c->editor) ||
        !command_at_value(line_editor_text(c->editor), line_editor_point(c->editor)))
        return false;
    arena_init(&a);
    const char *name = console_object(c, &a);
    if (name)
        line_editor_insert(c->editor, command_quote(&a, name));
    arena_release(&a);
    return name != NULL;
}

void bar_key(struct console *c, const struct key *k)
{
    drop_error(c);
    if (pastes(c, k))
        return;
    enum line_result r = line_editor_feed(c->editor, k);
    if (c->bar.filter)
        filter_key(c, r);
    else if (r == LINE_DONE)
        run_line(c);
    else if (r == LINE_CANCELLED)
        bar_close(c);
}
