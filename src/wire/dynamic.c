#include "pgdba/wire/dynamic.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "pgdba/base/arena.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/utf8.h"

enum { DEEPEST = 32, MOST_BYTES = 1 << 20 };

/* ---- documents ------------------------------------------------------------------------------ */

static json_t *document(const char *text, const char *what, struct err *e)
{
    size_t n = strlen(text);
    if (n > MOST_BYTES) {
        err_set(e, ST_INVALID, "%s: larger than 1 MB", what);
        return NULL;
    }
    json_t *j = wire_json_load(text, n, WIRE_MAX_VALUES, e);
    if (!j) {
        err_prefix(e, "%s", what);
        return NULL;
    }
    if (!json_is_object(j)) {
        json_decref(j);
        err_set(e, ST_INVALID, "%s: expected an object of settings", what);
        return NULL;
    }
    return j;
}

static void dump(const json_t *j, size_t flags, struct buf *out)
{
    char *text = json_dumps(j, flags | JSON_ENCODE_ANY);
    if (!text)
        abort();
    buf_puts(out, text);
    free(text);
}

/* ---- apart ---------------------------------------------------------------------------------- */

struct flat {
    struct arena *a;
    struct dyn_setting *v;
    int n, cap;
    int depth;
};

static enum dyn_type type_of(const json_t *j)
{
    switch (json_typeof(j)) {
    case JSON_OBJECT:
        return DYN_OBJECT;
    case JSON_ARRAY:
        return DYN_LIST;
    case JSON_STRING:
        return DYN_TEXT;
    case JSON_INTEGER:
        return DYN_INT;
    case JSON_REAL:
        return DYN_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return DYN_BOOL;
    default:
        return DYN_NULL;
    }
}

static void add(struct flat *f, const char *path, const json_t *j)
{
    struct buf b;
    if (f->n == f->cap) {
        f->cap = f->cap ? 2 * f->cap : 64;
        f->v = xrealloc(f->v, (size_t)f->cap * sizeof *f->v);
    }
    struct dyn_setting *s = &f->v[f->n++];
    buf_init(&b);
    dump(j, JSON_COMPACT, &b);
    *s = (struct dyn_setting){.path = path, .type = type_of(j)};
    s->value = s->text = utf8_clean(f->a, b.s, b.len);
    if (json_is_string(j))
        s->text = wire_json_text(f->a, j);
    if (!wire_json_number(j, &s->number))
        s->number = 0;
    buf_release(&b);
}

static const char *join(struct arena *a, const char *path, const char *key)
{
    const char *clean = utf8_clean(a, key, strlen(key));
    bool plain = *clean && !strpbrk(clean, ". \"=");
    return arena_printf(a, "%s%s%s%s%s", path, *path ? "." : "", plain ? "" : "\"", clean,
                        plain ? "" : "\"");
}

static enum status walk(struct flat *f, const char *path, json_t *o, struct err *e)
{
    const char *key;
    json_t *value;
    enum status st = ST_OK;
    if (++f->depth > DEEPEST)
        return err_set(e, ST_INVALID, "%s: nested more than %d deep", path, DEEPEST);
    json_object_foreach(o, key, value)
    {
        const char *at = join(f->a, path, key);
        if (json_object_size(value) > 0)
            st = walk(f, at, value, e);
        else
            add(f, at, value);
        if (st != ST_OK)
            break;
    }
    f->depth--;
    return st;
}

static int by_path(const void *a, const void *b)
{
    const struct dyn_setting *x = a, *y = b;
    return strcmp(x->path, y->path);
}

enum status wire_dynamic_flatten(const char *json, struct facts **out, struct err *e)
{
    json_t *j = document(json, "the configuration", e);
    if (!j)
        return ST_INVALID;
    struct facts *facts = facts_new();
    struct flat f = {.a = &facts->arena};
    enum status st = walk(&f, "", j, e);
    json_decref(j);
    if (st != ST_OK) {
        free(f.v);
        facts_unref(facts);
        return st;
    }
    struct dyn_settings *s = arena_new(&facts->arena, struct dyn_settings);
    if (f.n)
        qsort(f.v, (size_t)f.n, sizeof *f.v, by_path);
    s->n = f.n;
    s->v = arena_memdup(&facts->arena, f.v, (size_t)f.n * sizeof *f.v);
    facts->root = s;
    free(f.v);
    *out = facts;
    return ST_OK;
}

enum status wire_dynamic_pretty(const char *json, struct buf *out, struct err *e)
{
    json_t *j = document(json, "the configuration", e);
    if (!j)
        return ST_INVALID;
    dump(j, JSON_INDENT(2) | JSON_ENSURE_ASCII, out); /* an editor is a terminal too */
    buf_putc(out, '\n');
    json_decref(j);
    return ST_OK;
}

/* ---- together ------------------------------------------------------------------------------- */

/* As Patroni merges: null in a new object stays null. */
static void merge(json_t *base, const json_t *patch)
{
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)patch, key, value)
    {
        json_t *old = json_object_get(base, key);
        if (json_is_null(value))
            json_object_del(base, key);
        else if (json_is_object(value) && json_is_object(old))
            merge(old, value);
        else
            json_object_set_new(base, key, json_deep_copy(value));
    }
}

enum status wire_dynamic_merge(const char *base, const char *patch, struct buf *out, struct err *e)
{
    json_t *b = document(base, "the configuration", e);
    json_t *p = b ? document(patch, "the change", e) : NULL;
    if (b && p) {
        merge(b, p);
        dump(b, JSON_COMPACT, out);
    }
    enum status st = b && p ? ST_OK : ST_INVALID;
    json_decref(b);
    json_decref(p);
    return st;
}

static json_t *difference(json_t *from, json_t *to)
{
    json_t *patch = json_object();
    const char *key;
    json_t *value;
    json_object_foreach(from, key, value)
    {
        if (!json_object_get(to, key))
            json_object_set_new(patch, key, json_null());
    }
    json_object_foreach(to, key, value)
    {
        json_t *old = json_object_get(from, key);
        if (old && json_equal(old, value))
            continue;
        if (json_is_object(old) && json_is_object(value))
            json_object_set_new(patch, key, difference(old, value));
        else
            json_object_set(patch, key, value);
    }
    return patch;
}

enum status wire_dynamic_diff(const char *base, const char *edited, struct buf *patch,
                              struct err *e)
{
    json_t *b = document(base, "the configuration", e);
    json_t *n = b ? document(edited, "the edited configuration", e) : NULL;
    if (b && n) {
        json_t *p = difference(b, n);
        dump(p, JSON_COMPACT, patch);
        json_decref(p);
    }
    enum status st = b && n ? ST_OK : ST_INVALID;
    json_decref(b);
    json_decref(n);
    return st;
}

/* ---- settings as words ---------------------------------------------------------------------- */

/* The next key of a path, without its quotes; *path moves behind it and its dot. NULL: there is
 * none where one must be. */
static char *next_key(const char **path)
{
    const char *p = *path, *end;
    char *key;
    if (*p == '"') {
        end = strchr(p + 1, '"');
        if (!end || (end[1] && end[1] != '.'))
            return NULL;
        key = xstrndup(p + 1, (size_t)(end - p - 1));
        end++;
    } else {
        end = p + strcspn(p, ".");
        key = xstrndup(p, (size_t)(end - p));
    }
    if (!*key || (*end == '.' && !end[1])) {
        free(key);
        return NULL;
    }
    *path = *end == '.' ? end + 1 : end;
    return key;
}

static json_t *value_of(const char *text)
{
    json_t *v = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    return v ? v : wire_json_string(text, strlen(text));
}

static enum status set_one(json_t *patch, const char *setting, struct err *e)
{
    const char *eq = strchr(setting, '=');
    if (!eq || eq == setting)
        return err_set(e, ST_USAGE, "expected NAME=VALUE, got \"%s\"", setting);
    char *name = xstrndup(setting, (size_t)(eq - setting));
    const char *path = name;
    enum status st = ST_OK;
    for (int depth = 0; *path && st == ST_OK; depth++) {
        char *key = depth < DEEPEST ? next_key(&path) : NULL;
        json_t *inner = key ? json_object_get(patch, key) : NULL;
        if (!key) {
            st = err_set(e, ST_USAGE, "\"%s\" is no name of a setting", name);
        } else if (!*path && inner) {
            st = err_set(e, ST_USAGE, "%s is given twice", name);
        } else if (!*path) {
            if (json_object_set_new(patch, key, value_of(eq + 1)) != 0)
                st = err_set(e, ST_USAGE, "the name of a setting is not valid UTF-8");
        } else if (inner && !json_is_object(inner)) {
            st = err_set(e, ST_USAGE, "%s is given as a whole and in part", name);
        } else {
            if (!inner && json_object_set_new(patch, key, inner = json_object()) != 0)
                st = err_set(e, ST_USAGE, "the name of a setting is not valid UTF-8");
            else
                patch = inner;
        }
        free(key);
    }
    free(name);
    return st;
}

enum status wire_dynamic_set(const char *const *settings, int n, struct buf *patch, struct err *e)
{
    json_t *o = json_object();
    enum status st = n > 0 ? ST_OK : err_set(e, ST_USAGE, "expected NAME=VALUE");
    for (int i = 0; i < n && st == ST_OK; i++)
        st = set_one(o, settings[i], e);
    if (st == ST_OK)
        dump(o, JSON_COMPACT, patch);
    json_decref(o);
    return st;
}
