/* talk_words.c: the words that PgBouncer's console is told. Reference "middleware.md" §1.1: one
 * command a query, names always quoted. */
#include "talk.h"

#include <string.h>

const char *talk_name(struct arena *a, const char *database)
{
    struct buf b;
    const char *out;

    buf_init(&b);
    buf_putc(&b, '"');
    for (const char *c = database; *c; c++) {
        if (*c == '"')
            buf_putc(&b, '"');
        buf_putc(&b, *c);
    }
    buf_putc(&b, '"');
    out = arena_strdup(a, b.s);
    buf_release(&b);
    return out;
}

/* SET takes its value in quotes, a client's id as it is, WAIT_FOR_… too. */
static const char *set_sql(struct arena *a, const char *setting)
{
    const char *eq = strchr(setting, '=');
    struct buf b;
    const char *out;

    buf_init(&b);
    buf_addf(&b, "SET %.*s = '", (int)(eq - setting), setting);
    for (const char *c = eq + 1; *c; c++) {
        if (*c == '\'')
            buf_putc(&b, '\'');
        buf_putc(&b, *c);
    }
    buf_putc(&b, '\'');
    out = arena_strdup(a, b.s);
    buf_release(&b);
    return out;
}

bool talk_is_set(const struct talk_verb *v)
{
    return v == &talk_set || v == &talk_lower || v == &talk_put_back;
}

const char *talk_sql(struct arena *a, const struct talk_verb *v, const char *arg)
{
    if (!arg)
        return v->word;
    if (talk_is_set(v))
        return set_sql(a, arg);
    if (v == &talk_kill_client)
        return arena_printf(a, "%s %s", v->word, arg);
    if (v == &talk_shutdown)
        return arena_printf(a, "%s WAIT_FOR_%s", v->word,
                            strcmp(arg, "clients") == 0 ? "CLIENTS" : "SERVERS");
    return arena_printf(a, "%s %s", v->word, talk_name(a, arg));
}
