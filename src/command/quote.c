/* quote.c: names put into a line from outside. */
#include "pgdba/command/command.h"

#include <string.h>

#include "words.h"

const char *command_quote(struct arena *a, const char *text)
{
    const char *quoted = word_quote(a, text);

    /* Or it would be read as an option. */
    return quoted[0] == '-' ? arena_printf(a, "'%s'", quoted) : quoted;
}

bool command_at_word(const char *line, int point)
{
    struct arena a;
    struct words w;
    bool begins;

    arena_init(&a);
    words_split(line, point, &a, &w);
    begins = w.n > 0 && !w.in_word && w.open_quote < 0 && strchr(" ", line[point]) != NULL;
    arena_release(&a);
    return begins;
}
