/* Reading a document by a schema: every key is known, every value has its type, nothing is
 * guessed. */
#include "schema.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/utf8.h"
#include "pgdba/config/cluster.h"
#include "values.h"

enum { QUOTE_COLS = 40 };

/* Both are pairs of strings, and read by one function. */
_Static_assert(sizeof(struct mapping) == 2 * sizeof(const char *), "a mapping is two strings");
_Static_assert(sizeof(struct member_url) == 2 * sizeof(const char *), "so is a member's URL");

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

static enum status wrong_kind(struct reader *r, const struct node *v, const char *expected)
{
    if (v->kind == NODE_SCALAR && !node_is_null(v))
        return schema_fail(r, v, "%s; got text", expected);
    return schema_fail(r, v, "%s; got %s", expected, node_kind_name(v));
}

enum status schema_text(struct reader *r, const struct node *v, const char *expected,
                        const char **out)
{
    if (v->kind != NODE_SCALAR || node_is_null(v))
        return wrong_kind(r, v, expected);
    *out = v->text;
    return ST_OK;
}

/* ---- one value ---- */

/* A type whose value is one text. */
struct text_kind {
    value_check_fn *check;
    const char *expected; /* when it is no text at all */
    bool hide;            /* never echo the value */
};

static const struct text_kind text_kinds[KT_COUNT] = {
    [KT_TEXT] = {value_text, "expected text", false},
    [KT_SECRET] = {value_text, "expected text", true},
    [KT_COMMAND] = {value_text, "expected a shell command", true},
    [KT_VARIABLE] = {value_variable, "expected the name of an environment variable", true},
    [KT_PATH] = {value_path, "expected a whole path, from / or ~/", false},
    [KT_NAMESPACE] = {value_namespace, "expected Patroni's namespace, like \"/service\"", false},
    [KT_PAGE] = {value_page_url, "expected a URL", false},
    [KT_PROXY] = {value_proxy_url, "expected a proxy's URL", false},
    [KT_CONNINFO] = {value_conninfo, "expected a connection string", true},
};

static enum status check_text(struct reader *r, const struct node *v, const char *text,
                              const struct text_kind *kind, const char **out)
{
    const char *wrong = kind->check(r->arena, text, out);

    if (!wrong)
        return ST_OK;
    if (!*text)
        return schema_fail(r, v, "%s; got an empty text", wrong);
    if (kind->hide || value_may_hold_secret(text))
        return schema_fail(r, v, "%s", wrong);
    return schema_fail(r, v, "%s; got %s", wrong, schema_quote(r, text));
}

static enum status read_text(struct reader *r, const struct schema_key *k, const struct node *v,
                             void *at)
{
    const struct text_kind *kind = &text_kinds[k->type];
    const char *text;
    enum status st = schema_text(r, v, kind->expected, &text);

    if (!st && k->type == KT_SECRET)
        r->secret_line = v->line;
    return st ? st : check_text(r, v, text, kind, at);
}

/* YAML 1.1's words, since files made by hand and by tools use them all. */
static enum status read_bool(struct reader *r, const struct schema_key *k, const struct node *v,
                             void *at)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
    const char *text;
    enum status st = schema_text(r, v, "expected true or false", &text);

    (void)k;
    if (st)
        return st;
    for (int i = 0; i < (int)(sizeof words / sizeof *words); i++) {
        if (strcasecmp(text, words[i]))
            continue;
        *(bool *)at = i % 2;
        return ST_OK;
    }
    return schema_fail(r, v, "expected true or false; got %s", schema_quote(r, text));
}

static enum status read_refresh(struct reader *r, const struct schema_key *k, const struct node *v,
                                void *at)
{
    static const char expected[] = "expected a duration from 0.5 s to 60 s, like \"2s\"";
    const char *text;
    int64_t us;
    enum status st = schema_text(r, v, expected, &text);

    (void)k;
    if (st)
        return st;
    if (!fmt_parse_duration(text, &us) || us < USEC_PER_SEC / 2 || us > 60 * USEC_PER_SEC)
        return schema_fail(r, v, "%s; got %s", expected, schema_quote(r, text));
    *(int64_t *)at = us;
    return ST_OK;
}

static const char *list_words(struct reader *r, const struct schema_key *k)
{
    struct buf b;

    buf_init(&b);
    for (int i = 0; i < k->nwords; i++) {
        if (k->words[i] && b.len)
            buf_puts(&b, i + 1 < k->nwords ? ", " : " or ");
        if (k->words[i])
            buf_puts(&b, k->words[i]);
    }
    const char *s = arena_strdup(r->arena, b.s);

    buf_release(&b);
    return s;
}

static enum status read_word(struct reader *r, const struct schema_key *k, const struct node *v,
                             void *at)
{
    const char *text, *names[16];
    int n = 0;
    enum status st =
        schema_text(r, v, arena_printf(r->arena, "expected %s", list_words(r, k)), &text);

    if (st)
        return st;
    for (int i = 0; i < k->nwords; i++) {
        if (k->words[i] && !strcmp(text, k->words[i])) {
            memcpy(at, &i, sizeof i); /* an enum is as large as an int here */
            return ST_OK;
        }
        if (k->words[i] && n < (int)(sizeof names / sizeof *names))
            names[n++] = k->words[i];
    }
    const char *near = fmt_nearest(text, names, n);

    return schema_fail(r, v, "expected %s; got %s%s%s%s", list_words(r, k), schema_quote(r, text),
                       near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static enum status read_other(struct reader *r, const struct schema_key *k, const struct node *v,
                              void *at)
{
    return k->read(r, v, at);
}

/* ---- lists and mappings of values ---- */

/* count and array stand in the same struct, at two offsets from its start; read_key() gives the
 * array's address. */
static int *count_of(const struct schema_key *k, void *at)
{
    return (int *)((char *)at - k->at + k->count_at);
}

static enum status read_urls(struct reader *r, const struct schema_key *k, const struct node *v,
                             void *at)
{
    static const struct text_kind kind = {value_base_url, NULL, false};
    int n = 0;

    if (v->kind != NODE_LIST)
        return wrong_kind(r, v, "expected a list of URLs, like [\"http://10.0.0.1:8008\"]");
    if (!v->n)
        return schema_fail(r, v, "expected at least one URL; got an empty list");
    const char **urls = arena_array(r->arena, (size_t)v->n, const char *);

    for (const struct node *i = v->first; i; i = i->next) {
        size_t mark = schema_enter_item(r, n);
        const char *text;
        enum status st = schema_text(r, i, "expected a URL", &text);

        if (!st)
            st = check_text(r, i, text, &kind, &urls[n]);
        for (int j = 0; !st && j < n; j++)
            if (!strcmp(urls[j], urls[n]))
                st = schema_fail(r, i, "%s is given twice", urls[n]);
        if (st)
            return st;
        n++;
        schema_leave(r, mark);
    }
    *(const char *const **)at = urls;
    *count_of(k, at) = n;
    return ST_OK;
}

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

static enum status read_pairs(struct reader *r, const struct schema_key *k, const struct node *v,
                              void *at, const struct text_kind *left, const struct text_kind *right)
{
    const char *(*pairs)[2] = arena_calloc(r->arena, (size_t)v->n, sizeof *pairs);
    int n = 0;

    for (const struct node *i = v->first; i; i = i->next) {
        const char *text;
        enum status st = schema_check_entry(r, v, i);

        if (st)
            return st;
        size_t mark = schema_enter(r, i->key->text);

        st = check_text(r, i->key, i->key->text, left, &pairs[n][0]);
        if (!st)
            st = schema_text(r, i, right->expected, &text);
        if (!st)
            st = check_text(r, i, text, right, &pairs[n][1]);
        if (st)
            return st;
        schema_leave(r, mark);
        n++;
    }
    *(void **)at = pairs;
    *count_of(k, at) = n;
    return ST_OK;
}

static enum status read_connect_to(struct reader *r, const struct schema_key *k,
                                   const struct node *v, void *at)
{
    static const struct text_kind side = {value_host_port, "expected \"host:port\"", false};

    if (v->kind != NODE_MAP)
        return wrong_kind(r, v, "expected a mapping, like {\"pg1:8008\": \"127.0.0.1:8009\"}");
    return read_pairs(r, k, v, at, &side, &side);
}

static enum status read_member_urls(struct reader *r, const struct schema_key *k,
                                    const struct node *v, void *at)
{
    static const struct text_kind name = {value_text, "expected a member's name", false};
    static const struct text_kind url = {value_base_url, "expected a URL", false};

    if (v->kind != NODE_MAP)
        return wrong_kind(r, v, "expected a mapping, like {pg1: \"http://127.0.0.1:8009\"}");
    return read_pairs(r, k, v, at, &name, &url);
}

/* ---- sections ---- */

static enum status read_section(struct reader *r, const struct schema_key *k, const struct node *v,
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

static enum status read_list(struct reader *r, const struct schema_key *k, const struct node *v,
                             void *at)
{
    const struct schema *s = k->section;
    int n = 0;

    if (v->kind != NODE_LIST)
        return wrong_kind(r, v, "expected a list, each item starting with \"- \"");
    char *items = arena_calloc(r->arena, (size_t)v->n, s->size);

    for (const struct node *i = v->first; i; i = i->next, n++) {
        size_t mark = schema_enter_item(r, n);
        enum status st = schema_read(r, s, item_as_map(r, s, i), items + (size_t)n * s->size);

        if (st)
            return st;
        schema_leave(r, mark);
    }
    *(void **)at = items;
    *count_of(k, at) = n;
    return ST_OK;
}

typedef enum status read_fn(struct reader *r, const struct schema_key *k, const struct node *v,
                            void *at);

static read_fn *const readers[] = {
    [KT_TEXT] = read_text,
    [KT_SECRET] = read_text,
    [KT_COMMAND] = read_text,
    [KT_VARIABLE] = read_text,
    [KT_PATH] = read_text,
    [KT_BOOL] = read_bool,
    [KT_REFRESH] = read_refresh,
    [KT_WORD] = read_word,
    [KT_NAMESPACE] = read_text,
    [KT_PAGE] = read_text,
    [KT_PROXY] = read_text,
    [KT_CONNINFO] = read_text,
    [KT_URLS] = read_urls,
    [KT_CONNECT_TO] = read_connect_to,
    [KT_MEMBER_URLS] = read_member_urls,
    [KT_SECTION] = read_section,
    [KT_LIST] = read_list,
    [KT_OTHER] = read_other,
};
_Static_assert(sizeof readers / sizeof *readers == KT_COUNT, "a type without its reader");

const char *const *schema_names(struct arena *a, const struct schema *s)
{
    const char **names = arena_array(a, (size_t)s->nkeys, const char *);

    for (int i = 0; i < s->nkeys; i++)
        names[i] = s->keys[i].name;
    return names;
}

static enum status unknown_key(struct reader *r, const struct schema *s, const struct node *key)
{
    const char *const *names = schema_names(r->arena, s);
    const char *near = fmt_nearest(key->text, names, s->nkeys);
    size_t mark = schema_enter(r, shorten(r, key->text));
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
        st = readers[k->type](r, k, i, (char *)at + k->at);
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
        return wrong_kind(r, v, "expected keys, each with its value");
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
