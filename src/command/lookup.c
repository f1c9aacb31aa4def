/* lookup.c: words to rows of the table. */
#include "parse.h"

#include <stdlib.h>
#include <string.h>

#include "kind.h"

void parse_error_release(struct parse_error *pe)
{
    free(pe->text);
    pe->text = NULL;
}

enum status parse_fail(struct parse_error *pe, int start, int len, const char *fmt, ...)
{
    struct buf b;
    va_list ap;

    if (!pe)
        return ST_USAGE;
    buf_init(&b);
    va_start(ap, fmt);
    buf_vaddf(&b, fmt, ap);
    va_end(ap);
    *pe = (struct parse_error){start, len, xstrdup(b.s)};
    buf_release(&b);
    return ST_USAGE;
}

const struct command *lookup_command(const struct words *w, unsigned where, int *used)
{
    const struct command *c = NULL;

    *used = 0;
    if (w->n >= 2) {
        char *two = xasprintf("%s %s", w->v[0].text, w->v[1].text);

        c = command_find(two);
        free(two);
        if (c && command_is_for(c, where)) {
            *used = 2;
            return c;
        }
    }
    if (w->n < 1)
        return NULL;
    c = command_find(w->v[0].text);
    if (!c || !command_is_for(c, where))
        return NULL;
    *used = 1;
    return c;
}

const struct command_arg *lookup_option(const struct command *c, unsigned where, const char *text,
                                        size_t len)
{
    for (int i = 0; i < c->nargs; i++) {
        const struct command_arg *arg = &c->args[i];

        if (!arg_is_option(arg) || !arg_is_for(arg, where))
            continue;
        if (strlen(arg->name) == len && memcmp(arg->name, text, len) == 0)
            return arg;
        if (len == 2 && arg->letter && text[1] == arg->letter)
            return arg;
    }
    return NULL;
}

const struct command_arg *lookup_positional(const struct command *c, unsigned where, int i)
{
    for (int k = 0; k < c->nargs; k++) {
        const struct command_arg *arg = &c->args[k];

        if (arg_is_option(arg) || !arg_is_for(arg, where))
            continue;
        if (i == 0 || arg->repeats)
            return arg;
        i--;
    }
    return NULL;
}

bool word_is_option(const struct word *w)
{
    return !w->quoted && w->text[0] == '-' && w->text[1] != '\0';
}

size_t option_name_len(const char *text)
{
    return text[1] == '-' ? strcspn(text, "=") : strlen(text);
}

const char *arg_complaint(const struct command_arg *arg, const char *text, struct arena *a)
{
    const struct kind_info *kind = kind_of(arg);
    const char *why = kind->refuses ? kind->refuses(text) : NULL, *near;

    if (why)
        return why;
    if (kind->accepts(arg, text))
        return NULL;
    near = kind_nearest(arg, text);
    return arena_printf(
        a, near ? "%s expects %s, got \"%s\"; did you mean \"%s\"?" : "%s expects %s, got \"%s\"",
        arg->name, kind_expects(arg), text, near);
}
