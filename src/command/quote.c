/* quote.c: names put into a line from outside. */
#include "pgdba/command/command.h"

#include <string.h>

#include "cursor.h"
#include "words.h"

const char *command_quote(struct arena *a, const char *text)
{
    const char *quoted = word_quote(a, text);

    /* Or it would be read as an option. */
    return quoted[0] == '-' ? arena_printf(a, "'%s'", quoted) : quoted;
}

/* What is expected there is a value, and not one in which a second blank may be meant. */
static bool wants_value(const char *line, int point, struct arena *a)
{
    struct cursor at;
    const struct command_arg *arg;

    cursor_read(line, point, a, &at);
    arg = at.option ? at.option : at.positional;
    for (int i = 0; i < at.nseen; i++)
        if (at.seen[i].arg->kind == ARG_SQL)
            return false;
    return at.command && arg && arg->kind != ARG_SQL;
}

bool command_at_value(const char *line, int point)
{
    struct arena a;
    struct words w;
    bool begins;

    arena_init(&a);
    words_split(line, point, &a, &w);
    begins = w.n > 0 && !w.in_word && w.open_quote < 0 && (!line[point] || line[point] == ' ') &&
             wants_value(line, point, &a);
    arena_release(&a);
    return begins;
}
