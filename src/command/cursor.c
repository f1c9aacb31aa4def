/* cursor.c: the tolerant reader of a line that is still being typed. */
#include "cursor.h"

#include <string.h>

#include "kind.h"

static void see(struct cursor *c, const struct command_arg *arg, const char *text)
{
    c->seen[c->nseen++] = (struct invocation_value){.arg = arg, .text = text};
}

static bool seen_option(const struct cursor *c, const char *name)
{
    for (int i = 0; i < c->nseen; i++)
        if (strcmp(c->seen[i].arg->name, name) == 0)
            return true;
    return false;
}

static const struct command_arg *cursor_in_place(struct cursor *c)
{
    const struct command_arg *arg = lookup_positional(c->command, CMDF_CONSOLE, c->npositional);

    while (arg && arg->unless && seen_option(c, arg->unless))
        arg = lookup_positional(c->command, CMDF_CONSOLE, ++c->npositional);
    return arg;
}

/* A finished word before the point; returns the option that now waits for its value. */
static const struct command_arg *pass_word(struct cursor *c, const struct word *w)
{
    const struct command_arg *arg;
    size_t len;

    if (!c->only_words && !w->quoted && strcmp(w->text, "--") == 0) {
        c->only_words = true;
        return NULL;
    }
    if (c->only_words || !word_is_option(w)) {
        arg = cursor_in_place(c);
        c->npositional++;
        if (arg)
            see(c, arg, w->text);
        return NULL;
    }
    len = option_name_len(w->text);
    arg = lookup_option(c->command, CMDF_CONSOLE, w->text, len);
    if (arg)
        see(c, arg, w->text + len + (w->text[len] == '='));
    return arg && arg->kind != ARG_FLAG && w->text[len] != '=' ? arg : NULL;
}

/* "--opt=val" at the point. */
static void read_inline(struct cursor *c, struct arena *a)
{
    size_t len = option_name_len(c->partial);
    const struct command_arg *arg;

    if (c->partial[len] != '=')
        return;
    arg = lookup_option(c->command, CMDF_CONSOLE, c->partial, len);
    if (!arg || arg->kind == ARG_FLAG)
        return;
    c->option = arg;
    c->inline_name = arena_strndup(a, c->partial, len + 1);
    c->value = c->partial + len + 1;
}

void cursor_read(const char *line, int point, struct arena *a, struct cursor *out)
{
    int len = (int)strnlen(line, point > 0 ? (size_t)point : 0), nwords, used;
    struct words w;
    const struct command_arg *waits = NULL;

    words_split(line, len, a, &w);
    nwords = w.in_word ? w.n - 1 : w.n; /* the finished ones */
    *out = (struct cursor){.partial = "", .word_start = len};
    if (w.in_word) {
        out->partial = w.v[w.n - 1].text;
        out->word_start = w.v[w.n - 1].start;
        out->quoted = w.v[w.n - 1].quoted;
    }
    out->naming = nwords == 0;
    if (out->naming)
        return;
    w.n = nwords;
    out->command = lookup_command(&w, CMDF_CONSOLE, &used);
    if (!out->command)
        return;
    out->seen = arena_array(a, (size_t)nwords, struct invocation_value);
    for (int i = used; i < nwords; i++) {
        if (waits) {
            out->seen[out->nseen - 1].text = w.v[i].text;
            waits = NULL;
        } else {
            waits = pass_word(out, &w.v[i]);
        }
    }
    out->option = waits;
    out->value = out->partial;
    out->positional = cursor_in_place(out);
    if (!waits && !out->only_words && !out->quoted && out->partial[0] == '-')
        read_inline(out, a);
}

bool cursor_has(const struct cursor *c, const struct command_arg *arg)
{
    for (int i = 0; i < c->nseen; i++)
        if (c->seen[i].arg == arg)
            return true;
    return false;
}

bool cursor_offers(const struct cursor *c, const struct command_arg *arg)
{
    return arg_is_option(arg) && arg_is_for(arg, CMDF_CONSOLE) &&
           (arg->repeats || !cursor_has(c, arg));
}
