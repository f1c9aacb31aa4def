/* The same tables as prose: roff for pgdba.yml(5). */
#include "schema.h"

#include <string.h>

#include "pgdba/base/roff.h"

static const char *const kind_names[] = {
    [KT_TEXT] = "text",
    [KT_SECRET] = "text",
    [KT_COMMAND] = "shell command",
    [KT_VARIABLE] = "name of a variable",
    [KT_PATH] = "path",
    [KT_BOOL] = "true or false",
    [KT_REFRESH] = "duration, 0.5s to 60s",
    [KT_WORD] = NULL, /* its words */
    [KT_NAMESPACE] = "text",
    [KT_SOCKET] = "path or host:port",
    [KT_PAGE] = "URL",
    [KT_PROXY] = "URL",
    [KT_CONNINFO] = "connection string",
    [KT_URLS] = "list of URLs",
    [KT_CONNECT_TO] = "mapping of host:port to host:port",
    [KT_MEMBER_URLS] = "mapping of name to URL",
    [KT_NAME_PAIRS] = "mapping of name to name",
    [KT_NAMES] = "list of names", /* and its words */
    [KT_SECTION] = "section",
    [KT_LIST] = "list of sections",
    [KT_OTHER] = NULL, /* key->kind */
};
_Static_assert(sizeof kind_names / sizeof *kind_names == KT_COUNT, "a type without its name");

static void kind(FILE *out, const struct schema_key *k)
{
    if (k->type == KT_OTHER)
        roff_text(out, k->kind);
    else if (k->type != KT_WORD)
        roff_text(out, kind_names[k->type]);
    if (k->type == KT_NAMES && k->words)
        fputs(" of: ", out);
    for (int i = 0, some = 0; k->words && i < k->nwords; i++)
        if (k->words[i])
            fprintf(out, "%s%s", some++ ? " | " : "", k->words[i]);
}

static void key(FILE *out, const struct schema_key *k, bool styles)
{
    fputs(".TP\n.B ", out);
    roff_text(out, k->name);
    if (!styles) {
        fputs("\n(", out);
        kind(out, k);
        fputs(k->required ? ", required)" : ")", out);
    }
    fputc('\n', out);
    if (k->help)
        roff_text(out, k->help);
    else
        fputs("See below.", out);
    if (k->fallback) {
        fputs("\nDefault: ", out);
        roff_text(out, k->fallback);
        fputc('.', out);
    }
    fputc('\n', out);
}

/* Keys that differ only in name share their section, as roles do. */
static bool shares_section(const struct schema *s, int i)
{
    for (int j = 0; j < i; j++)
        if (s->keys[j].section == s->keys[i].section)
            return true;
    return false;
}

void schema_manual(FILE *out, const struct schema *s)
{
    bool styles = s->nkeys > 1 && s->keys[0].section && s->keys[0].section == s->keys[1].section;

    fputs(".SS ", out);
    roff_text(out, s->title);
    fputc('\n', out);
    if (s->help) {
        roff_text(out, s->help);
        fputc('\n', out);
    }
    for (int i = 0; i < s->nkeys; i++)
        key(out, &s->keys[i], styles);
    for (int i = 0; i < s->nkeys; i++)
        if (s->keys[i].section && !shares_section(s, i))
            schema_manual(out, s->keys[i].section);
}
