/* manual.c: the table as roff, for pgdba.1. */
#include "pgdba/command/command.h"

#include "pgdba/base/roff.h"
#include "kind.h"

static void roff_styled(FILE *out, const char *font, const char *s)
{
    fprintf(out, "\\f%s", font);
    roff_text(out, s);
    fputs("\\fR", out);
}

static void roff_arg(FILE *out, const struct command_arg *arg)
{
    const char *metavar = kind_metavar(arg);

    if (!arg_is_option(arg)) {
        roff_styled(out, "I", arg->name);
        return;
    }
    roff_styled(out, "B", arg->name);
    if (*metavar) {
        fputc(' ', out);
        roff_styled(out, "I", metavar);
    }
}

static void roff_arg_paragraph(FILE *out, const struct command_arg *arg)
{
    fputs(".TP\n", out);
    if (arg->letter) {
        char letter[3] = {'-', arg->letter, '\0'};

        roff_styled(out, "B", letter);
        fputs(", ", out);
    }
    roff_arg(out, arg);
    fputs("\n", out);
    roff_text(out, arg->help);
    fputs(".", out);
    if (arg->repeats)
        fputs(" May be given several times.", out);
    if (arg->where == CMDF_CLI)
        fputs(" Shell only.", out);
    if (arg->where == CMDF_CONSOLE)
        fputs(" Console only.", out);
    fputs("\n", out);
}

static void roff_usage(FILE *out, const struct command *c)
{
    unsigned where = c->flags & (CMDF_CLI | CMDF_CONSOLE);

    roff_styled(out, "B", c->name);
    for (int i = 0; i < c->nargs; i++) {
        const struct command_arg *arg = &c->args[i];

        if (!arg_is_for(arg, where))
            continue;
        fputs(arg->required ? " " : " [", out);
        roff_arg(out, arg);
        fputs(arg->required ? "" : "]", out);
        fputs(arg->repeats ? "..." : "", out);
    }
    fputs("\n", out);
}

static const char *places(const struct command *c)
{
    switch (c->flags & (CMDF_CLI | CMDF_CONSOLE)) {
    case CMDF_CLI:
        return "From the shell.";
    case CMDF_CONSOLE:
        return "In the console.";
    default:
        return "From the shell and in the console.";
    }
}

static void roff_command(FILE *out, const struct command *c)
{
    fputs(".SS \"", out);
    roff_text(out, c->name);
    fputs("\"\n", out);
    roff_usage(out, c);
    fputs(".PP\n", out);
    roff_text(out, c->summary);
    fprintf(out, ".\n%s\n", places(c));
    if (c->aliases[0]) {
        fputs("Also: ", out);
        roff_styled(out, "B", c->aliases);
        fputs(".\n", out);
    }
    if (c->details[0]) {
        fputs(".PP\n", out);
        roff_text(out, c->details);
        fputs("\n", out);
    }
    for (int i = 0; i < c->nargs; i++)
        roff_arg_paragraph(out, &c->args[i]);
}

static void roff_equals(FILE *out)
{
    int n;
    const struct command_equal *v = command_equals(&n);

    fputs(".SH FROM PATRONICTL\n"
          "What each of its subcommands does, and what stands for it here.\n"
          "Every change here has a plan with checks and the exact requests, a confirmation, an "
          "outcome that was\nobserved, an exit code that says so, and lines in the audit log.\n",
          out);
    for (int i = 0; i < n; i++) {
        fputs(".TP\n", out);
        roff_styled(out, "B", v[i].theirs);
        fputs(" \\(-> ", out);
        roff_styled(out, "B", v[i].ours);
        fputs("\npatronictl: ", out);
        roff_text(out, v[i].they_do);
        fputs("\n.br\npgdba: ", out);
        roff_text(out, v[i].we_do);
        fputs("\n", out);
    }
}

void command_write_manual(FILE *out)
{
    int n;
    const struct command_arg *globals = command_globals(&n);

    fputs(".SH OPTIONS\n"
          "These stand before or after the command.\n",
          out);
    for (int i = 0; i < n; i++)
        roff_arg_paragraph(out, &globals[i]);
    fputs(".SH COMMANDS\n"
          "What works in both places has the same words, the same checks and the same outcome in\n"
          "both. In the console a command is typed in the command bar (\\fB:\\fR) or bound to a "
          "key.\n",
          out);
    for (int i = 0; i < CMD_COUNT; i++)
        roff_command(out, command_get((enum command_id)i));
    roff_equals(out);
}
