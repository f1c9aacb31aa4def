/* help.c: keys and commands, from the tables that define them. */
#include "pgdba/console/view.h"

#include <string.h>

#include "pgdba/base/roff.h"
#include "pgdba/command/command.h"

enum { KEY_COLUMN = 16, COMMAND_COLUMN = 16 };

/* "1 2": every key that runs the same command, in one line. */
static const char *keys_of(const struct keymap *m, int first, struct arena *a)
{
    const char *out = m->v[first].key;
    for (int i = first + 1; i < m->n; i++)
        if (strcmp(m->v[i].command, m->v[first].command) == 0)
            out = arena_printf(a, "%s %s", out, m->v[i].key);
    return out;
}

static bool seen_before(const struct keymap *m, int i)
{
    for (int k = 0; k < i; k++)
        if (strcmp(m->v[k].command, m->v[i].command) == 0)
            return true;
    return false;
}

/* It only begins in the command bar, and is finished by hand. */
static bool is_begun(const char *command)
{
    return *command && command[strlen(command) - 1] == ' ';
}

static void write_keys(const struct keymap *m, struct doc *d)
{
    int n;
    const struct ui_key *ui = keymap_ui_keys(&n);
    doc_line(d, 0);
    doc_span(d, TR_DIALOG_TITLE, "Keys");
    for (int i = 0; i < n; i++)
        if (*ui[i].note)
            doc_item(d, 2, KEY_COLUMN, TR_KEY, ui[i].keys, TR_DIALOG, ui[i].note);
    for (int i = 0; m && i < m->n; i++) {
        if (seen_before(m, i))
            continue;
        const char *note = m->v[i].note;
        const char *command = m->v[i].command;
        const char *text = arena_printf(d->arena, "%s%s(%s%s)", note, *note ? "  " : "", command,
                                        is_begun(command) ? glyph(d->paper, GL_ELLIPSIS) : "");
        doc_item(d, 2, KEY_COLUMN, TR_KEY, keys_of(m, i, d->arena), TR_DIALOG, text);
    }
}

static void manual_entry(FILE *out, const char *keys, const char *text)
{
    fputs(".TP\n.B ", out);
    roff_text(out, keys);
    fputc('\n', out);
    roff_text(out, text);
    fputs(".\n", out);
}

void keymap_write_manual(FILE *out)
{
    int n;
    struct keymap m;
    struct arena a;
    const struct ui_key *ui = keymap_ui_keys(&n);
    keymap_init(&m, NULL, NULL); /* the defaults cannot be wrong */
    arena_init(&a);
    for (int i = 0; i < n; i++)
        if (*ui[i].note)
            manual_entry(out, ui[i].keys, ui[i].note);
    for (int i = 0; i < m.n; i++)
        if (!seen_before(&m, i))
            manual_entry(out, keys_of(&m, i, &a),
                         arena_printf(&a, "%s (%s%s)", m.v[i].note, m.v[i].command,
                                      is_begun(m.v[i].command) ? "..." : ""));
    arena_release(&a);
    keymap_release(&m);
}

static void write_commands(struct doc *d)
{
    doc_gap(d);
    doc_line(d, 0);
    doc_span(d, TR_DIALOG_TITLE, "Commands");
    doc_span(d, TR_DIM, "  (help COMMAND explains one)");
    for (int i = 0; i < CMD_COUNT; i++) {
        const struct command *c = command_get((enum command_id)i);
        if (command_is_for(c, CMDF_CONSOLE))
            doc_item(d, 2, COMMAND_COLUMN, TR_KEY, c->name, TR_DIALOG, c->summary);
    }
}

static void write_arguments(const struct command *c, struct doc *d)
{
    for (int i = 0; i < c->nargs; i++) {
        const struct command_arg *a = &c->args[i];
        if (a->where == 0 || (a->where & CMDF_CONSOLE))
            doc_item(d, 2, 18, TR_KEY, a->name, TR_DIALOG, a->help);
    }
}

static void write_command(const struct command *c, struct doc *d)
{
    struct buf usage;
    buf_init(&usage);
    command_usage(c, CMDF_CONSOLE, &usage);
    doc_text(d, 0, TR_KEY, usage.s);
    buf_release(&usage);
    doc_textf(d, 0, TR_DIALOG, "%s.", c->summary);
    doc_gap(d);
    write_arguments(c, d);
    if (*c->details) {
        doc_gap(d);
        doc_text(d, 0, TR_DIALOG, c->details);
    }
    if (*c->aliases) {
        doc_gap(d);
        doc_textf(d, 0, TR_DIM, "also: %s", c->aliases);
    }
}

void help_write(const struct keymap *keys, const char *topic, struct doc *d)
{
    const struct command *c = topic ? command_find(topic) : NULL;
    if (c) {
        write_command(c, d);
        return;
    }
    write_keys(keys, d);
    write_commands(d);
}
