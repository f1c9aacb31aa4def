/* Reading a document by a schema: every key is known, every value has its type, nothing is
 * guessed. */
#include "schema.h"

#include <stdarg.h>
#include <string.h>

#include "pgdba/base/fmt.h"
#include "pgdba/base/utf8.h"

enum { QUOTE_COLS = 40 };

/* ---- messages ---- */

size_t schema_enter(struct reader *r, const char *key)
{
    size_t mark = r->path.len;

    if (mark)
        buf_putc(&r->path, '.');
    buf_puts(&r->path, key);
    return mark;
}

size_t schema_enter_item(struct reader *r, int i)
{
    size_t mark = r->path.len;

    buf_addf(&r->path, "[%d]", i);
    return mark;
}

void schema_leave(struct reader *r, size_t mark)
{
    buf_truncate(&r->path, mark);
}

static const char *shorten(struct reader *r, const char *text)
{
    int used;
    char *clean = utf8_clean(r->arena, text, strlen(text));
    size_t fit = utf8_fit(clean, QUOTE_COLS, &used);

    return clean[fit] ? arena_printf(r->arena, "%.*s…", (int)fit, clean) : clean;
}

const char *schema_quote(struct reader *r, const char *text)
{
    return arena_printf(r->arena, "\"%s\"", shorten(r, text));
}

enum status schema_fail(struct reader *r, const struct node *at, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    const char *what = arena_vprintf(r->arena, fmt, ap);
    va_end(ap);
    const char *path = utf8_clean(r->arena, r->path.s, r->path.len);
    const char *colon = r->path.len ? ": " : "";

    if (r->file)
        return err_set(r->err, ST_INVALID, "%s:%d: %s%s%s", r->file, at->line, path, colon, what);
    return err_set(r->err, ST_INVALID, "%s%s%s", path, colon, what);
}

enum status schema_wrong_kind(struct reader *r, const struct node *v, const char *expected)
{
    if (v->kind == NODE_SCALAR && !node_is_null(v))
        return schema_fail(r, v, "%s; got text", expected);
    return schema_fail(r, v, "%s; got %s", expected, node_kind_name(v));
}

enum status schema_text(struct reader *r, const struct node *v, const char *expected,
                        const char **out)
{
    if (v->kind != NODE_SCALAR || node_is_null(v))
        return schema_wrong_kind(r, v, expected);
    *out = v->text;
    return ST_OK;
}

/* ---- mappings ---- */

/* The entry before v with the same key, NULL when v is the first. */
static const struct node *earlier(const struct node *map, const struct node *v)
{
    for (const struct node *i = map->first; i != v; i = i->next)
        if (!strcmp(i->key->text, v->key->text))
            return i;
    return NULL;
}

enum status schema_check_entry(struct reader *r, const struct node *map, const struct node *v)
{
    if (v->key->kind != NODE_SCALAR)
        return schema_fail(r, v->key, "expected a name before the colon; got %s",
                           node_kind_name(v->key));
    if (v->key->plain && !strcmp(v->key->text, "<<"))
        return schema_fail(r, v->key, "merge keys (<<) are not supported; write the keys out");
    const struct node *first = earlier(map, v);

    if (!first)
        return ST_OK;
    size_t mark = schema_enter(r, v->key->text);
    enum status st = r->file
                         ? schema_fail(r, v->key, "given twice; first on line %d", first->key->line)
                         : schema_fail(r, v->key, "given twice");

    schema_leave(r, mark);
    return st;
}

enum status schema_read_section(struct reader *r, const struct schema_key *k, const struct node *v,
                                void *at)
{
    return schema_read(r, k->section, v, at);
}

/* An item of plain text is read as a mapping with one key. */
static const struct node *item_as_map(struct reader *r, const struct schema *s,
                                      const struct node *item)
{
    if (item->kind != NODE_SCALAR || !s->plain || node_is_null(item))
        return item;
    struct node *map = node_new(r->arena, NODE_MAP);
    struct node *value = arena_memdup(r->arena, item, sizeof *item);

    map->line = item->line;
    node_set(r->arena, map, s->plain, value);
    return map;
}

enum status schema_read_list(struct reader *r, const struct schema_key *k, const struct node *v,
                             void *at)
{
    const struct schema *s = k->section;
    int n = 0;

    if (v->kind != NODE_LIST)
        return schema_wrong_kind(r, v, "expected a list, each item starting with \"- \"");
    char *items = arena_calloc(r->arena, (size_t)v->n, s->size);

    for (const struct node *i = v->first; i; i = i->next, n++) {
        size_t mark = schema_enter_item(r, n);
        enum status st = schema_read(r, s, item_as_map(r, s, i), items + (size_t)n * s->size);

        if (st)
            return st;
        schema_leave(r, mark);
    }
    memcpy(at, &items, sizeof items); /* a pointer to what s->size says */
    *schema_count(k, at) = n;
    return ST_OK;
}

enum status schema_read_other(struct reader *r, const struct schema_key *k, const struct node *v,
                              void *at)
{
    return k->read(r, v, at);
}

const char *const *schema_names(struct arena *a, const struct schema *s)
{
    const char **names = arena_array(a, (size_t)s->nkeys, const char *);

    for (int i = 0; i < s->nkeys; i++)
        names[i] = s->keys[i].name;
    return names;
}

/* "{password:secret}", without the blank, makes one long key of both: only its start is shown. */
static const char *key_to_show(struct reader *r, const char *key)
{
    size_t n = strcspn(key, ":=");

    return key[n] ? arena_printf(r->arena, "%.*s…", (int)n + 1, shorten(r, key)) : shorten(r, key);
}

static enum status unknown_key(struct reader *r, const struct schema *s, const struct node *key)
{
    const char *const *names = schema_names(r->arena, s);
    const char *near = fmt_nearest(key->text, names, s->nkeys);
    size_t mark = schema_enter(r, key_to_show(r, key->text));
    enum status st;

    if (near) {
        st = schema_fail(r, key, "unknown key; did you mean \"%s\"?", near);
    } else {
        struct buf b;

        buf_init(&b);
        for (int i = 0; i < s->nkeys; i++)
            buf_addf(&b, "%s%s", i ? ", " : "", names[i]);
        st = schema_fail(r, key, "unknown key; known here: %s", b.s);
        buf_release(&b);
    }
    schema_leave(r, mark);
    return st;
}

static int find_key(const struct schema *s, const char *name)
{
    for (int i = 0; i < s->nkeys; i++)
        if (!strcmp(s->keys[i].name, name))
            return i;
    return -1;
}

static enum status read_keys(struct reader *r, const struct schema *s, const struct node *v,
                             const struct node **seen, void *at)
{
    for (const struct node *i = v->first; i; i = i->next) {
        enum status st = schema_check_entry(r, v, i);

        if (st)
            return st;
        int n = find_key(s, i->key->text);

        if (n < 0)
            return unknown_key(r, s, i->key);
        const struct schema_key *k = &s->keys[n];
        size_t mark = schema_enter(r, k->name);

        seen[n] = i;
        st = schema_read_value(r, k, i, (char *)at + k->at);
        if (st)
            return st;
        schema_leave(r, mark);
    }
    return ST_OK;
}

/* "a_file, a_command or a_env": the keys of a group. */
static const char *group_names(struct reader *r, const struct schema *s, const char *group)
{
    struct buf b;

    buf_init(&b);
    for (int i = 0; i < s->nkeys; i++)
        if (s->keys[i].group && !strcmp(s->keys[i].group, group))
            buf_addf(&b, "%s%s", b.len ? ", " : "", s->keys[i].name);
    const char *names = arena_strdup(r->arena, b.s);

    buf_release(&b);
    return names;
}

static enum status check_group(struct reader *r, const struct schema *s, const struct node **seen,
                               int n)
{
    const char *group = s->keys[n].group;

    for (int i = 0; group && i < n; i++)
        if (seen[i] && s->keys[i].group && !strcmp(s->keys[i].group, group))
            return schema_fail(r, seen[n]->key, "%s beside %s: only one of %s can be given",
                               s->keys[n].name, s->keys[i].name, group_names(r, s, group));
    return ST_OK;
}

static enum status check_presence(struct reader *r, const struct schema *s, const struct node *v,
                                  const struct node **seen)
{
    for (int i = 0; i < s->nkeys; i++) {
        const struct schema_key *k = &s->keys[i];

        if (!seen[i] && k->required)
            return schema_fail(r, v, "the key \"%s\" is missing", k->name);
        if (!seen[i])
            continue;
        if (k->needs && !seen[find_key(s, k->needs)])
            return schema_fail(r, seen[i]->key, "%s needs %s beside it", k->name, k->needs);
        enum status st = check_group(r, s, seen, i);

        if (st)
            return st;
    }
    return ST_OK;
}

enum status schema_read(struct reader *r, const struct schema *s, const struct node *v, void *at)
{
    const struct node **seen = arena_array(r->arena, (size_t)s->nkeys, const struct node *);

    if (v->kind != NODE_MAP)
        return schema_wrong_kind(r, v, "expected keys, each with its value");
    if (s->init)
        s->init(at);
    enum status st = read_keys(r, s, v, seen, at);

    if (!st)
        st = check_presence(r, s, v, seen);
    if (!st && s->finish)
        st = s->finish(r, v, at);
    return st;
}

enum status schema_read_document(const struct schema *s, struct arena *a, const struct node *root,
                                 const char *file, void *at, int *secret_line, struct err *e)
{
    struct reader r = {.arena = a, .file = file, .err = e};

    buf_init(&r.path);
    enum status st = schema_read(&r, s, root, at);

    buf_release(&r.path);
    if (secret_line)
        *secret_line = r.secret_line;
    return st;
}
