/* The keys of pgdba.yml: read by settings.c, described in pgdba.yml(5). */
#include "settings_schema.h"

#include <string.h>

#include "pgdba/config/settings.h"
#include "policy_schema.h"

#define COUNT(a) (int)(sizeof(a) / sizeof *(a))

_Static_assert(sizeof(enum glyphs) == sizeof(int), "KT_WORD writes an int");

static const char *const glyphs[] = {
    [GLYPHS_AUTO] = "auto", [GLYPHS_UTF8] = "utf8", [GLYPHS_ASCII] = "ascii"};

static const struct schema_key binding_keys[] = {
    {.name = "command",
     .type = KT_TEXT,
     .at = offsetof(struct key_binding, command),
     .required = true,
     .help = "What the key does, as it would be typed in the command bar."},
    {.name = "note",
     .type = KT_TEXT,
     .at = offsetof(struct key_binding, note),
     .help = "What the help says about it."},
};

static const struct schema binding_schema = {
    .title = "a key",
    .size = sizeof(struct key_binding),
    .keys = binding_keys,
    .nkeys = COUNT(binding_keys),
};

/* A plain text is the command alone. */
static enum status read_binding(struct reader *r, const struct node *v, struct key_binding *b)
{
    enum status st = ST_OK;

    *b = (struct key_binding){.note = ""};
    if (v->kind == NODE_MAP)
        st = schema_read(r, &binding_schema, v, b);
    else
        st = schema_text(r, v, "expected a command, or {command: ..., note: ...}", &b->command);
    if (!st && !*b->command)
        st = schema_fail(r, v, "expected a command; got an empty text");
    b->key = v->key->text;
    b->where = arena_printf(r->arena, "%s:%d", r->file ? r->file : "", v->key->line);
    return st;
}

static int find_binding(const struct key_binding *v, int n, const char *key)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(v[i].key, key))
            return i;
    return n;
}

/* What the file before bound stays, unless this one binds the same key. */
static enum status merge_bindings(struct reader *r, const struct node *map, struct settings *s)
{
    int most = s->nkeys + map->n, before = s->nkeys;
    struct key_binding *v = arena_array(r->arena, (size_t)most, struct key_binding);

    if (s->nkeys)
        memcpy(v, s->keys, (size_t)s->nkeys * sizeof *v);
    for (const struct node *i = map->first; i; i = i->next) {
        struct key_binding b;
        enum status st = schema_check_entry(r, map, i);

        if (st)
            return st;
        size_t mark = schema_enter(r, i->key->text);

        if (!*i->key->text || strpbrk(i->key->text, " \t"))
            return schema_fail(r, i->key, "expected a key's name, like \"F5\", \"s\" or \"C-r\"");
        st = read_binding(r, i, &b);
        if (st)
            return st;
        schema_leave(r, mark);
        int at = find_binding(v, before, b.key);

        v[at < before ? at : s->nkeys++] = b;
    }
    s->keys = v;
    return ST_OK;
}

static enum status read_bindings(struct reader *r, const struct node *v, void *at)
{
    struct settings *s = (struct settings *)((char *)at - offsetof(struct settings, keys));

    if (v->kind != NODE_MAP)
        return schema_fail(r, v, "expected a mapping, like {F5: refresh}; got %s",
                           node_kind_name(v));
    return merge_bindings(r, v, s);
}

static const struct schema_key settings_keys[] = {
    {.name = "refresh",
     .type = KT_REFRESH,
     .at = offsetof(struct settings, refresh_us),
     .fallback = "1s",
     .help = "How often the sources are asked. A cluster's file can say otherwise for itself."},
    {.name = "theme",
     .type = KT_TEXT,
     .at = offsetof(struct settings, theme),
     .fallback = "dark",
     .help = "The name of a theme: dark, light, high-contrast, colour-blind, mono, or one of your "
             "own."},
    {.name = "glyphs",
     .type = KT_WORD,
     .at = offsetof(struct settings, glyphs),
     .words = glyphs,
     .nwords = COUNT(glyphs),
     .fallback = "auto",
     .help = "Lines and signs in UTF-8 or in ASCII; auto goes by the locale."},
    {.name = "read_only",
     .type = KT_BOOL,
     .at = offsetof(struct settings, read_only),
     .fallback = "false",
     .help = "Refuse every change, to every cluster."},
    {.name = "bell",
     .type = KT_BOOL,
     .at = offsetof(struct settings, bell),
     .fallback = "true",
     .help = "Ring the terminal's bell when the verdict on the cluster changes for the worse."},
    {.name = "title",
     .type = KT_BOOL,
     .at = offsetof(struct settings, title),
     .fallback = "true",
     .help = "Keep the cluster's name and the verdict on it in the terminal's title, where the "
             "terminal has one."},
    {.name = "failover_opens",
     .type = KT_BOOL,
     .at = offsetof(struct settings, failover_opens),
     .fallback = "true",
     .help = "Show the failovers pane by itself when a failover begins."},
    {.name = "policy",
     .type = KT_LIST,
     .at = offsetof(struct settings, policy.v),
     .count_at = offsetof(struct settings, policy.n),
     .section = &policy_narrow_schema},
    {.name = "audit",
     .type = KT_SECTION,
     .at = offsetof(struct settings, audit),
     .section = &audit_schema},
    {.name = "keys",
     .type = KT_OTHER,
     .kind = "mapping of key to command",
     .read = read_bindings,
     .at = offsetof(struct settings, keys),
     .help = "Key bindings: from a key (\"s\", \"F5\", \"C-r\") to a command as it would be typed "
             "in the command bar, or to {command: ..., note: ...}, where the note is what the "
             "help says. They go before the built-in ones."},
};

const struct schema settings_schema = {
    .title = "pgdba.yml",
    .size = sizeof(struct settings),
    .keys = settings_keys,
    .nkeys = COUNT(settings_keys),
};
