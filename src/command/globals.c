/* globals.c: the program's own options, taken out of argv wherever they stand. */
#include "parse.h"

#include <string.h>

#include "kind.h"
#include "pgdba/base/fmt.h"

struct sorter {
    struct words words;
    const struct command *command; /* NULL: none, or none that is known */
    int used;                      /* its words */
    struct arena *arena;
    struct global_options *out;
    const char **urls;
    struct parse_error *pe;
};

static const struct command_arg *global_option(const char *text, size_t len)
{
    int n;
    const struct command_arg *v = command_globals(&n);

    for (int i = 0; i < n; i++) {
        if (strlen(v[i].name) == len && memcmp(v[i].name, text, len) == 0)
            return &v[i];
        if (len == 2 && v[i].letter && text[1] == v[i].letter)
            return &v[i];
    }
    return NULL;
}

static bool value_follows(const struct command_arg *arg, const char *text, size_t len)
{
    return arg->kind != ARG_FLAG && text[len] != '=';
}

/* The first words that are no options and no options' values: they name the command. Before the
 * command is known only the program's options can take a value. */
static void find_command(struct sorter *s)
{
    struct words head = {.v = arena_array(s->arena, 2, struct word)};

    for (int i = 0; i < s->words.n && head.n < 2; i++) {
        const struct word *w = &s->words.v[i];
        size_t len;
        const struct command_arg *arg;

        if (!word_is_option(w)) {
            head.v[head.n++] = *w;
            continue;
        }
        if (head.n > 0)
            break;
        len = option_name_len(w->text);
        arg = global_option(w->text, len);
        if (arg && value_follows(arg, w->text, len))
            i++;
    }
    s->command = lookup_command(&head, CMDF_CLI, &s->used);
}

static void keep_global(struct sorter *s, const struct command_arg *arg, const char *text)
{
    struct global_options *g = s->out;

    if (strcmp(arg->name, "--cluster") == 0)
        g->cluster = text;
    else if (strcmp(arg->name, "--theme") == 0)
        g->theme = text;
    else if (strcmp(arg->name, "--patroni-url") == 0)
        s->urls[g->npatroni_urls++] = text;
    else if (strcmp(arg->name, "--refresh") == 0)
        fmt_parse_duration(text, &g->refresh_us);
    else if (strcmp(arg->name, "--read-only") == 0)
        g->read_only = true;
    else if (strcmp(arg->name, "--ascii") == 0)
        g->ascii = true;
    else if (strcmp(arg->name, "--help") == 0)
        g->help = true;
    else if (strcmp(arg->name, "--version") == 0)
        g->version = true;
}

/* words.v[*i] is one of the program's options; *i moves to its last word. */
static enum status take_global(struct sorter *s, const struct command_arg *arg, int *i)
{
    const char *word = s->words.v[*i].text, *text = "", *why;
    size_t len = option_name_len(word);
    int at = *i;

    if (arg->kind == ARG_FLAG) {
        if (word[len] == '=')
            return parse_fail(s->pe, at, 0, "%s takes no value", arg->name);
    } else if (word[len] == '=') {
        text = word + len + 1;
    } else {
        if (at + 1 >= s->words.n || strncmp(s->words.v[at + 1].text, "--", 2) == 0)
            return parse_fail(s->pe, at, 0, "%s expects %s", arg->name, kind_expects(arg));
        text = s->words.v[++*i].text;
    }
    why = arg->kind == ARG_FLAG ? NULL : arg_complaint(arg, text, s->arena);
    if (why)
        return parse_fail(s->pe, *i, 0, "%s", why);
    keep_global(s, arg, arena_strdup(s->arena, text));
    return ST_OK;
}

static enum status no_such_global(struct sorter *s, int i)
{
    const char *text = s->words.v[i].text, *names[16], *near;
    char *typed = arena_strndup(s->arena, text, option_name_len(text));
    int n;
    const struct command_arg *v = command_globals(&n);

    for (int k = 0; k < n; k++)
        names[k] = v[k].name;
    near = fmt_nearest(typed, names, n);
    return parse_fail(s->pe, i, 0,
                      near ? "unknown option \"%s\"; did you mean \"%s\"?"
                           : "unknown option \"%s\"; pgdba --help lists them all",
                      typed, near);
}

static void pass_on(struct sorter *s, int i)
{
    s->out->argv[s->out->argc++] = (char *)s->words.v[i].text;
}

/* Options that stand before their command ("--dry-run restart pg1") are moved behind it. */
static void command_first(struct sorter *s)
{
    char **argv = s->out->argv;
    int seen = 0;

    for (int i = 0; i < s->out->argc && seen < s->used; i++) {
        char *w = argv[i];

        if (w[0] == '-' && w[1] != '\0') {
            size_t len = option_name_len(w);
            const struct command_arg *arg = global_option(w, len); /* its own of the same name */

            i += arg && value_follows(arg, w, len);
            continue;
        }
        memmove(&argv[seen + 1], &argv[seen], (size_t)(i - seen) * sizeof *argv);
        argv[seen++] = w;
    }
}

static enum status sort_words(struct sorter *s)
{
    for (int i = 0; i < s->words.n; i++) {
        const struct word *w = &s->words.v[i];
        size_t len = word_is_option(w) ? option_name_len(w->text) : 0;
        const struct command_arg *own, *global;
        enum status st;

        if (strcmp(w->text, "--") == 0) {
            for (; i < s->words.n; i++)
                pass_on(s, i);
            break;
        }
        own = len && s->command ? lookup_option(s->command, CMDF_CLI, w->text, len) : NULL;
        global = len && !own ? global_option(w->text, len) : NULL;
        if (global) {
            st = take_global(s, global, &i);
            if (st != ST_OK)
                return st;
            continue;
        }
        if (len && !own && !s->command)
            return no_such_global(s, i);
        pass_on(s, i);
        if (own && value_follows(own, w->text, len) && i + 1 < s->words.n)
            pass_on(s, ++i);
    }
    return ST_OK;
}

enum status command_parse_globals(int argc, char *const *argv, struct arena *a,
                                  struct global_options *out, struct parse_error *pe)
{
    struct sorter s = {.arena = a, .out = out, .pe = pe};
    enum status st;

    *out = (struct global_options){0};
    if (pe)
        *pe = (struct parse_error){0};
    s.words = (struct words){.n = argc, .open_quote = -1};
    s.words.v = arena_array(a, (size_t)argc, struct word);
    for (int i = 0; i < argc; i++)
        s.words.v[i] = (struct word){.text = arena_strdup(a, argv[i]), .start = i};
    s.urls = arena_array(a, (size_t)argc, const char *);
    out->patroni_urls = s.urls;
    out->argv = arena_array(a, (size_t)argc + 1, char *);
    find_command(&s);
    st = sort_words(&s);
    if (st == ST_OK && s.command)
        command_first(&s);
    return st;
}
