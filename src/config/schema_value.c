/* Reading one value by its type: texts, words, numbers, and lists and mappings of these. */
#include "schema.h"

#include <string.h>
#include <strings.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/config/cluster.h"
#include "values.h"

/* Both are pairs of strings, and read by one function. */
_Static_assert(sizeof(struct mapping) == 2 * sizeof(const char *), "a mapping is two strings");
_Static_assert(sizeof(struct member_url) == 2 * sizeof(const char *), "so is a member's URL");

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
    [KT_SOCKET] = {value_socket, "expected a socket's path or host:port", false},
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

/* ---- lists and mappings of values ---- */

static enum status read_urls(struct reader *r, const struct schema_key *k, const struct node *v,
                             void *at)
{
    static const struct text_kind kind = {value_base_url, NULL, false};
    int n = 0;

    if (v->kind != NODE_LIST)
        return schema_wrong_kind(r, v, "expected a list of URLs, like [\"http://10.0.0.1:8008\"]");
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
    *schema_count(k, at) = n;
    return ST_OK;
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
    memcpy(at, &pairs, sizeof pairs); /* whichever pair of strings it is called there */
    *schema_count(k, at) = n;
    return ST_OK;
}

static enum status read_connect_to(struct reader *r, const struct schema_key *k,
                                   const struct node *v, void *at)
{
    static const struct text_kind side = {value_host_port, "expected \"host:port\"", false};

    if (v->kind != NODE_MAP)
        return schema_wrong_kind(r, v,
                                 "expected a mapping, like {\"pg1:8008\": \"127.0.0.1:8009\"}");
    return read_pairs(r, k, v, at, &side, &side);
}

static enum status read_member_urls(struct reader *r, const struct schema_key *k,
                                    const struct node *v, void *at)
{
    static const struct text_kind name = {value_text, "expected a member's name", false};
    static const struct text_kind url = {value_base_url, "expected a URL", false};

    if (v->kind != NODE_MAP)
        return schema_wrong_kind(r, v, "expected a mapping, like {pg1: \"http://127.0.0.1:8009\"}");
    return read_pairs(r, k, v, at, &name, &url);
}

static enum status read_name_pairs(struct reader *r, const struct schema_key *k,
                                   const struct node *v, void *at)
{
    static const struct text_kind name = {value_text, "expected a name", false};

    if (v->kind != NODE_MAP)
        return schema_wrong_kind(r, v, "expected a mapping, like {db-a: pg1}");
    return read_pairs(r, k, v, at, &name, &name);
}

static enum status read_name(struct reader *r, const struct schema_key *k, const struct node *v,
                             const char **out)
{
    static const struct text_kind any = {value_text, "expected a name", false};
    const char *text;
    enum status st = schema_text(r, v, "expected a name", &text);

    if (st || !k->words)
        return st ? st : check_text(r, v, text, &any, out);
    for (int i = 0; i < k->nwords; i++)
        if (!strcmp(text, k->words[i])) {
            *out = k->words[i];
            return ST_OK;
        }
    const char *near = fmt_nearest(text, k->words, k->nwords);

    return schema_fail(r, v, "expected %s; got %s%s%s%s", list_words(r, k), schema_quote(r, text),
                       near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* One name may stand alone. */
static enum status read_names(struct reader *r, const struct schema_key *k, const struct node *v,
                              void *at)
{
    bool one = v->kind == NODE_SCALAR && !node_is_null(v);
    const char **names = arena_array(r->arena, (size_t)(one ? 1 : v->n), const char *);
    int n = 0;

    if (v->kind != NODE_LIST && !one)
        return schema_wrong_kind(r, v, "expected a list, like [a, b]");
    if (!one && !v->n)
        return schema_fail(r, v, "expected at least one; got an empty list");
    for (const struct node *i = one ? v : v->first; i; i = one ? NULL : i->next) {
        size_t mark = one ? r->path.len : schema_enter_item(r, n);
        enum status st = read_name(r, k, i, &names[n]);

        if (st)
            return st;
        n++;
        schema_leave(r, mark);
    }
    *(const char *const **)at = names;
    *schema_count(k, at) = n;
    return ST_OK;
}

static schema_read_fn *const readers[] = {
    [KT_TEXT] = read_text,
    [KT_SECRET] = read_text,
    [KT_COMMAND] = read_text,
    [KT_VARIABLE] = read_text,
    [KT_PATH] = read_text,
    [KT_BOOL] = read_bool,
    [KT_REFRESH] = read_refresh,
    [KT_WORD] = read_word,
    [KT_NAMESPACE] = read_text,
    [KT_SOCKET] = read_text,
    [KT_PAGE] = read_text,
    [KT_PROXY] = read_text,
    [KT_CONNINFO] = read_text,
    [KT_URLS] = read_urls,
    [KT_CONNECT_TO] = read_connect_to,
    [KT_MEMBER_URLS] = read_member_urls,
    [KT_NAME_PAIRS] = read_name_pairs,
    [KT_NAMES] = read_names,
    [KT_SECTION] = schema_read_section,
    [KT_LIST] = schema_read_list,
    [KT_OTHER] = schema_read_other,
};
_Static_assert(sizeof readers / sizeof *readers == KT_COUNT, "a type without its reader");

enum status schema_read_value(struct reader *r, const struct schema_key *k, const struct node *v,
                              void *at)
{
    return readers[k->type](r, k, v, at);
}
