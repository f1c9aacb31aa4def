/* help.c: the table as text for people. */
#include "pgdba/command/command.h"

#include <stdlib.h>
#include <string.h>

#include "kind.h"
#include "pgdba/base/utf8.h"

enum { HELP_COLS = 79, NAME_COLS = 22 };

static void usage_arg(const struct command_arg *arg, struct buf *out)
{
    const char *metavar = kind_metavar(arg);

    buf_puts(out, arg->required ? " " : " [");
    buf_puts(out, arg->name);
    if (arg_is_option(arg) && *metavar)
        buf_addf(out, " %s", metavar);
    if (!arg->required)
        buf_putc(out, ']');
    if (arg->repeats)
        buf_puts(out, "...");
}

void command_usage(const struct command *c, unsigned where, struct buf *out)
{
    buf_addf(out, "%s%s", where & CMDF_CLI ? "pgdba " : "", c->name);
    for (int i = 0; i < c->nargs; i++)
        if (arg_is_for(&c->args[i], where))
            usage_arg(&c->args[i], out);
    if (where & CMDF_CLI && c->flags & CMDF_CLUSTER)
        buf_puts(out, " [--cluster NAME]");
}

/* Words of text from column `indent` on, the first line already there up to `col`. */
static void write_wrapped(FILE *out, const char *text, int indent, int col)
{
    while (*text) {
        size_t n = strcspn(text, " ");
        char *word = xstrndup(text, n);
        int width = utf8_width(word);

        if (col > indent && col + 1 + width > HELP_COLS) {
            fprintf(out, "\n%*s", indent, "");
            col = indent;
        }
        if (col > indent) {
            fputc(' ', out);
            col++;
        }
        fputs(word, out);
        col += width;
        free(word);
        text += n + strspn(text + n, " ");
    }
    fputc('\n', out);
}

/* "  name      text, wrapped", the text on the next line when the name is long. */
static void write_row(FILE *out, const char *name, const char *text)
{
    int used = fprintf(out, "  %s", name);

    if (used >= NAME_COLS) {
        fputc('\n', out);
        used = 0;
    }
    fprintf(out, "%*s", NAME_COLS - used, "");
    write_wrapped(out, text, NAME_COLS, NAME_COLS);
}

static void write_arg(FILE *out, const struct command_arg *arg)
{
    const char *metavar = arg_is_option(arg) ? kind_metavar(arg) : "";
    char letter[8] = "";
    char *name;

    if (arg->letter)
        snprintf(letter, sizeof letter, "-%c, ", arg->letter);
    name = xasprintf("%s%s%s%s%s", letter, arg->name, *metavar ? " " : "", metavar,
                     arg->repeats ? "..." : "");
    write_row(out, name, arg->help);
    free(name);
}

static void write_command(FILE *out, const struct command *c, unsigned where)
{
    struct buf usage;

    buf_init(&usage);
    buf_puts(&usage, where & CMDF_CLI ? "Usage: " : "");
    command_usage(c, where, &usage);
    write_wrapped(out, usage.s, 4, 0);
    buf_release(&usage);
    fprintf(out, "  %s\n", c->summary);
    if (c->aliases[0])
        fprintf(out, "  also: %s\n", c->aliases);
    if (c->details[0]) {
        fputs("\n  ", out);
        write_wrapped(out, c->details, 2, 2);
    }
    for (int i = 0, first = 1; i < c->nargs; i++) {
        if (!arg_is_for(&c->args[i], where))
            continue;
        if (first)
            fputc('\n', out);
        first = 0;
        write_arg(out, &c->args[i]);
    }
}

/* ---- the list -----------------------------------------------------------------------------------
 */

static const struct group {
    const char *title;
    unsigned mask, flags;
} groups[] = {
    {"See", CMDF_READS | CMDF_CLUSTER, CMDF_READS | CMDF_CLUSTER},
    {"Of every cluster", CMDF_READS | CMDF_CLUSTER | CMDF_CONSOLE, CMDF_READS | CMDF_CONSOLE},
    {"Change (planned, checked and confirmed first)", CMDF_CHANGES, CMDF_CHANGES},
    {"Console", CMDF_READS | CMDF_CHANGES | CMDF_CONSOLE, CMDF_CONSOLE},
    {"Registered clusters", CMDF_CLUSTER | CMDF_CHANGES | CMDF_CONSOLE, 0},
};

static void write_group(FILE *out, const struct group *g, unsigned where)
{
    bool first = true;

    for (int i = 0; i < CMD_COUNT; i++) {
        const struct command *c = command_get((enum command_id)i);

        if (!command_is_for(c, where) || (c->flags & g->mask) != g->flags)
            continue;
        if (first)
            fprintf(out, "\n%s:\n",
                    where & CMDF_CLI && g->flags == CMDF_CONSOLE ? "Help" : g->title);
        first = false;
        write_row(out, c->name, c->summary);
    }
}

static void write_list(FILE *out, unsigned where)
{
    int n;
    const struct command_arg *globals = command_globals(&n);

    if (where & CMDF_CLI)
        fputs("Usage: pgdba [OPTION...] [COMMAND [ARGUMENT...]]\n"
              "  Without a command the console opens.\n",
              out);
    else
        fputs("Commands (help COMMAND explains one):\n", out);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        write_group(out, &groups[i], where);
    if (!(where & CMDF_CLI))
        return;
    fputs("\nOptions:\n", out);
    for (int i = 0; i < n; i++)
        write_arg(out, &globals[i]);
}

/* "cluster" of the shell is only the first of two words: what follows it is what was asked for. */
static bool write_second_words(FILE *out, const char *name, unsigned where)
{
    bool any = false;
    size_t n = strlen(name);

    for (int i = 0; i < CMD_COUNT; i++) {
        const struct command *c = command_get((enum command_id)i);

        if (!command_is_for(c, where) || strncmp(c->name, name, n) != 0 || c->name[n] != ' ')
            continue;
        write_row(out, c->name, c->summary);
        any = true;
    }
    return any;
}

bool command_write_help(FILE *out, const char *name, unsigned where)
{
    const struct command *c;

    if (!name) {
        write_list(out, where);
        return true;
    }
    c = command_find(name);
    if ((!c || !command_is_for(c, where)) && write_second_words(out, name, where))
        return true;
    if (!c)
        return false;
    /* What exists only in the other place is explained as it is there. */
    write_command(out, c,
                  command_is_for(c, where) ? where
                  : c->flags & CMDF_CLI    ? CMDF_CLI
                                           : CMDF_CONSOLE);
    return true;
}
