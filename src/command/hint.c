/* hint.c: one line that says what is expected at the point. */
#include "pgdba/command/command.h"

#include <string.h>

#include "cursor.h"
#include "kind.h"

static const char *hint_of(const struct command_arg *arg, struct arena *a)
{
    const char *metavar = kind_metavar(arg);

    if (!arg_is_option(arg))
        return arena_printf(a, "%s%s: %s", arg->name, arg->repeats ? "..." : "", arg->help);
    return arena_printf(a, "%s%s%s: %s", arg->name, *metavar ? " " : "", metavar, arg->help);
}

/* "switchover [--leader MEMBER] [--candidate MEMBER]: hand the lead over …" */
static const char *hint_command(const struct command *c, struct arena *a)
{
    struct buf b;
    const char *out;

    buf_init(&b);
    command_usage(c, CMDF_CONSOLE, &b);
    buf_addf(&b, ": %s", c->summary);
    out = arena_strdup(a, b.s);
    buf_release(&b);
    return out;
}

/* Names that begin with what is typed, when there are several. */
static const char *hint_choices(const char *const *names, int n, struct arena *a)
{
    struct buf b;
    const char *out;

    buf_init(&b);
    for (int i = 0; i < n; i++)
        buf_addf(&b, "%s%s", i ? "  " : "", names[i]);
    out = arena_strdup(a, b.s);
    buf_release(&b);
    return out;
}

static const char *hint_naming(const struct cursor *at, struct arena *a)
{
    const char *names[CMD_COUNT];
    const struct command *hit = NULL;
    size_t len = strlen(at->partial);
    int n = 0;

    if (len == 0)
        return "a command; help lists them all";
    for (int i = 0; i < CMD_COUNT; i++) {
        const struct command *c = command_get((enum command_id)i);

        if (!command_is_for(c, CMDF_CONSOLE) || strncmp(c->name, at->partial, len) != 0)
            continue;
        if (c->name[len] == '\0')
            return hint_command(c, a);
        names[n++] = c->name;
        hit = c;
    }
    if (n > 1)
        return hint_choices(names, n, a);
    if (n == 0)
        hit = command_find(at->partial); /* an alias */
    return hit && command_is_for(hit, CMDF_CONSOLE) ? hint_command(hit, a) : "";
}

static const char *hint_options(const struct cursor *at, struct arena *a)
{
    const struct command *c = at->command;
    const char **names = arena_array(a, (size_t)c->nargs, const char *);
    const struct command_arg *hit = NULL;
    size_t len = strlen(at->partial);
    int n = 0;

    hit = len > 1 ? lookup_option(c, CMDF_CONSOLE, at->partial, len) : NULL;
    if (hit)
        return hint_of(hit, a);
    for (int i = 0; i < c->nargs; i++) {
        if (!cursor_offers(at, &c->args[i]) || strncmp(c->args[i].name, at->partial, len) != 0)
            continue;
        hit = &c->args[i];
        names[n++] = arena_printf(a, "[%s%s%s]", hit->name, *kind_metavar(hit) ? " " : "",
                                  kind_metavar(hit));
    }
    return n == 1 ? hint_of(hit, a) : hint_choices(names, n, a);
}

const char *command_hint(const char *line, int point, const struct command_context *ctx,
                         struct arena *a)
{
    struct cursor at;
    const char *options;

    (void)ctx;
    cursor_read(line, point, a, &at);
    if (at.naming)
        return hint_naming(&at, a);
    if (!at.command)
        return "";
    if (at.option)
        return hint_of(at.option, a);
    if (!at.quoted && !at.only_words && at.partial[0] == '-')
        return hint_options(&at, a);
    options = at.partial[0] == '\0' && !at.only_words ? hint_options(&at, a) : "";
    if (!at.positional)
        return options;
    /* Once a required word is there, what else could come is the better hint. */
    if (at.npositional > 0 && *options)
        return arena_printf(a, "[%s...]  %s", at.positional->name, options);
    return hint_of(at.positional, a);
}
