/* parse.c: words to an invocation. The command bar and argv go through the same code. */
#include "parse.h"

#include <string.h>

#include "kind.h"
#include "pgdba/base/fmt.h"

struct parser {
    struct words words;
    const char *line; /* what the words are cut from; NULL: argv */
    int at;           /* the word that is next */
    int end;          /* where "something is missing" points */
    unsigned where;   /* CMDF_CLI or CMDF_CONSOLE */
    bool only_words;  /* after "--" */
    int npositional;
    struct invocation *inv;
    struct parse_error *pe;
};

static enum status fail_at(struct parser *p, const struct word *w, const char *text)
{
    return parse_fail(p->pe, w->start, w->len, "%s", text);
}

/* ---- the command word ----------------------------------------------------------------------- */

/* "cluster lsit": the first word begins a name of two. */
static bool begins_two(const char *word, unsigned where)
{
    size_t n = strlen(word);

    for (int i = 0; i < CMD_COUNT; i++) {
        const struct command *c = command_get((enum command_id)i);

        if (command_is_for(c, where) && strncmp(c->name, word, n) == 0 && c->name[n] == ' ')
            return true;
    }
    return false;
}

static const char *nearest_command(const char *typed, unsigned where)
{
    const char *names[CMD_COUNT];
    int n = 0;

    for (int i = 0; i < CMD_COUNT; i++) {
        const struct command *c = command_get((enum command_id)i);

        if (command_is_for(c, where))
            names[n++] = c->name;
    }
    return fmt_nearest(typed, names, n);
}

static enum status unknown_command(struct parser *p)
{
    const struct word *w = p->words.v;
    const struct word *last = w;
    struct arena *a = p->inv->arena;
    const char *typed = w->text, *near;
    const struct command *elsewhere;

    if (word_is_option(w))
        return parse_fail(p->pe, w->start, w->len, "a command comes before \"%.*s\"",
                          (int)option_name_len(w->text), w->text);
    if (begins_two(w->text, p->where)) {
        if (p->words.n < 2 || word_is_option(&w[1]))
            return parse_fail(p->pe, w->start, w->len,
                              "\"%s\" needs a second word: connect, list, status or disconnect",
                              typed);
        last = &w[1];
        typed = arena_printf(a, "%s %s", typed, last->text);
    }
    elsewhere = command_find(typed);
    if (elsewhere && p->where == CMDF_CLI)
        return parse_fail(p->pe, w->start, w->len,
                          "\"%s\" works in the console only: type it in its command bar", typed);
    if (elsewhere)
        return parse_fail(p->pe, w->start, w->len, "\"%s\" works from the shell only: pgdba %s",
                          typed, elsewhere->name);
    near = nearest_command(typed, p->where);
    return parse_fail(p->pe, last->start, last->len,
                      near ? "unknown command \"%s\"; did you mean \"%s\"?"
                           : "unknown command \"%s\"; help lists them all",
                      typed, near);
}

/* ---- options and words in place -------------------------------------------------------------- */

static bool has(const struct invocation *inv, const struct command_arg *arg)
{
    for (int i = 0; i < inv->nvalues; i++)
        if (inv->values[i].arg == arg)
            return true;
    return false;
}

static void keep(struct invocation *inv, const struct command_arg *arg, const char *text)
{
    inv->values[inv->nvalues++] =
        (struct invocation_value){.arg = arg, .text = arena_strdup(inv->arena, text)};
}

static enum status unknown_option(struct parser *p, const struct word *w, size_t len)
{
    const struct command *c = p->inv->command;
    int n = 0, nglobals;
    const struct command_arg *globals = command_globals(&nglobals);
    const char **names = arena_array(p->inv->arena, (size_t)(c->nargs + nglobals), const char *);
    char *typed = arena_strndup(p->inv->arena, w->text, len);
    const char *near;

    for (int i = 0; i < c->nargs; i++)
        if (arg_is_option(&c->args[i]) && arg_is_for(&c->args[i], p->where))
            names[n++] = c->args[i].name;
    for (int i = 0; i < nglobals && p->where == CMDF_CLI; i++)
        names[n++] = globals[i].name;
    near = fmt_nearest(typed, names, n);
    /* The value is not repeated: it may be a password. */
    return parse_fail(p->pe, w->start, w->len > 0 && len < (size_t)w->len ? (int)len : w->len,
                      near ? "%s has no option \"%s\"; did you mean \"%s\"?"
                           : "%s has no option \"%s\"",
                      c->name, typed, near);
}

/* The value of an option: after "=", or the next word. */
static enum status option_value(struct parser *p, const struct command_arg *arg,
                                const struct word *w, size_t name_len, const char **text,
                                const struct word **from)
{
    const struct word *next = p->at < p->words.n ? &p->words.v[p->at] : NULL;

    *from = w;
    if (w->text[name_len] == '=') {
        *text = w->text + name_len + 1;
        return ST_OK;
    }
    if (!next)
        return parse_fail(p->pe, w->start, w->len, "%s expects %s", arg->name, kind_expects(arg));
    if (!next->quoted && strncmp(next->text, "--", 2) == 0)
        return parse_fail(p->pe, next->start, next->len, "%s expects %s, got the option \"%.*s\"",
                          arg->name, kind_expects(arg), (int)option_name_len(next->text),
                          next->text);
    p->at++;
    *text = next->text;
    *from = next;
    return ST_OK;
}

static enum status parse_option(struct parser *p, const struct word *w)
{
    size_t len = option_name_len(w->text);
    const struct command_arg *arg = lookup_option(p->inv->command, p->where, w->text, len);
    const struct word *from = w;
    const char *text = "", *why;
    enum status st;

    if (!arg)
        return unknown_option(p, w, len);
    if (arg->kind == ARG_FLAG && w->text[len] == '=')
        return parse_fail(p->pe, w->start, w->len, "%s takes no value", arg->name);
    if (arg->kind != ARG_FLAG) {
        st = option_value(p, arg, w, len, &text, &from);
        if (st != ST_OK)
            return st;
        why = arg_complaint(arg, text, p->inv->arena);
        if (why)
            return fail_at(p, from, why);
    }
    if (!arg->repeats && has(p->inv, arg))
        return parse_fail(p->pe, w->start, w->len, "%s is given twice", arg->name);
    keep(p->inv, arg, text);
    return ST_OK;
}

/* "switchover pg2": the operator means an option; say which. */
static enum status too_many(struct parser *p, const struct word *w)
{
    const struct command *c = p->inv->command;

    if (command_id_of(c) == CMD_SWITCHOVER)
        return parse_fail(p->pe, w->start, w->len,
                          "switchover takes options only; did you mean --candidate %s?",
                          word_quote(p->inv->arena, w->text));
    if (lookup_positional(c, p->where, 0))
        return parse_fail(p->pe, w->start, w->len, "%s takes no more words: \"%s\"", c->name,
                          w->text);
    return parse_fail(p->pe, w->start, w->len, "%s takes no words: \"%s\"", c->name, w->text);
}

/* The word in place that is next, past those which an option stands for. */
static const struct command_arg *next_in_place(struct parser *p)
{
    const struct command_arg *arg = lookup_positional(p->inv->command, p->where, p->npositional);

    while (arg && arg->unless && invocation_has(p->inv, arg->unless))
        arg = lookup_positional(p->inv->command, p->where, ++p->npositional);
    return arg;
}

/* The rest of the line, quotes and all; one that is quoted as a whole is one word. */
static const char *rest_of_line(struct parser *p, const struct word *w)
{
    const char *rest = p->line + w->start;
    size_t n = strlen(rest);

    if (w->quoted && p->at == p->words.n)
        return w->text;
    p->at = p->words.n;
    while (n > 0 && strchr(" \t", rest[n - 1]))
        n--;
    return arena_strndup(p->inv->arena, rest, n);
}

static enum status parse_word(struct parser *p, const struct word *w)
{
    const struct command_arg *arg = next_in_place(p);
    const char *text = w->text, *why;

    if (!arg)
        return too_many(p, w);
    /* Commands of two words are named without quotes: "help cluster connect". */
    if (arg->kind == ARG_COMMAND && p->at < p->words.n) {
        const char *two = arena_printf(p->inv->arena, "%s %s", text, p->words.v[p->at].text);

        if (command_find(two)) {
            text = two;
            p->at++;
        }
    }
    if (arg->kind == ARG_COMMAND && !command_find(text)) {
        const char *near = nearest_command(text, p->where);

        return parse_fail(p->pe, w->start, w->len,
                          near ? "there is no command \"%s\"; did you mean \"%s\"?"
                               : "there is no command \"%s\"",
                          text, near);
    }
    if (arg->kind == ARG_SQL && p->line)
        text = rest_of_line(p, w);
    why = arg_complaint(arg, text, p->inv->arena);
    if (why)
        return fail_at(p, w, why);
    p->npositional++;
    keep(p->inv, arg, text);
    return ST_OK;
}

static enum status check_required(struct parser *p)
{
    const struct command *c = p->inv->command;

    for (int i = 0; i < c->nargs; i++) {
        const struct command_arg *arg = &c->args[i];

        if (!arg->required || !arg_is_for(arg, p->where) || has(p->inv, arg))
            continue;
        if (arg_is_option(arg))
            return parse_fail(p->pe, p->end, 0, "%s needs %s %s: %s", c->name, arg->name,
                              kind_metavar(arg), arg->help);
        return parse_fail(p->pe, p->end, 0, "%s needs %s: %s", c->name, kind_expects(arg),
                          arg->help);
    }
    return ST_OK;
}

/* ---- the whole --------------------------------------------------------------------------------
 */

static enum status parse_words(struct parser *p)
{
    enum status st = ST_OK;
    int used;

    if (p->words.n == 0)
        return parse_fail(p->pe, 0, 0, "type a command; help lists them all");
    p->inv->command = lookup_command(&p->words, p->where, &used);
    if (!p->inv->command)
        return unknown_command(p);
    p->inv->id = command_id_of(p->inv->command);
    p->inv->values = arena_array(p->inv->arena, (size_t)p->words.n, struct invocation_value);
    for (p->at = used; p->at < p->words.n && st == ST_OK;) {
        const struct word *w = &p->words.v[p->at++];

        if (!p->only_words && !w->quoted && strcmp(w->text, "--") == 0)
            p->only_words = true;
        else if (!p->only_words && word_is_option(w))
            st = parse_option(p, w);
        else
            st = parse_word(p, w);
    }
    return st == ST_OK ? check_required(p) : st;
}

enum status command_parse_line(const char *line, struct arena *a, struct invocation *out,
                               struct parse_error *pe)
{
    int len = (int)strlen(line);
    struct parser p = {.line = line, .end = len, .where = CMDF_CONSOLE, .inv = out, .pe = pe};

    *out = (struct invocation){.arena = a};
    if (pe)
        *pe = (struct parse_error){0};
    words_split(line, len, a, &p.words);
    if (p.words.open_quote >= 0)
        return parse_fail(pe, p.words.open_quote, len - p.words.open_quote,
                          "this quote is never closed");
    return parse_words(&p);
}

enum status command_parse_argv(int argc, char *const *argv, struct arena *a, struct invocation *out,
                               struct parse_error *pe)
{
    struct parser p = {.end = argc, .where = CMDF_CLI, .inv = out, .pe = pe};

    *out = (struct invocation){.arena = a};
    if (pe)
        *pe = (struct parse_error){0};
    p.words = (struct words){.n = argc, .open_quote = -1};
    p.words.v = arena_array(a, (size_t)argc, struct word);
    for (int i = 0; i < argc; i++)
        p.words.v[i] = (struct word){.text = argv[i], .start = i};
    return parse_words(&p);
}
