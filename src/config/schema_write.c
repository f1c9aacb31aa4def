/* The way back: from a struct to the tree that would be read as it. */
#include "schema.h"

#include <inttypes.h>
#include <string.h>

#include "pgdba/base/clock.h"

static struct node *write_duration(struct arena *a, int64_t us)
{
    if (us % USEC_PER_SEC == 0)
        return node_scalar(a, arena_printf(a, "%" PRId64 "s", us / USEC_PER_SEC));
    if (us % USEC_PER_MS == 0)
        return node_scalar(a, arena_printf(a, "%" PRId64 "ms", us / USEC_PER_MS));
    return node_scalar(a, arena_printf(a, "%" PRId64 "us", us));
}

static struct node *write_urls(struct arena *a, const char *const *urls, int n)
{
    struct node *list = node_new(a, NODE_LIST);

    for (int i = 0; i < n; i++)
        node_append(list, node_scalar(a, urls[i]));
    return list;
}

static struct node *write_pairs(struct arena *a, const char *const (*pairs)[2], int n)
{
    struct node *map = node_new(a, NODE_MAP);

    for (int i = 0; i < n; i++)
        node_set(a, map, pairs[i][0], node_scalar(a, pairs[i][1]));
    return map;
}

static struct node *write_list(struct arena *a, const struct schema *s, const char *items, int n,
                               bool redact)
{
    struct node *list = node_new(a, NODE_LIST);

    for (int i = 0; i < n; i++)
        node_append(list, schema_write(a, s, items + (size_t)i * s->size, redact));
    return list;
}

/* A default is left out where it is a value and not prose. */
static struct node *write_text(struct arena *a, const struct schema_key *k, const char *text)
{
    if (!text || (k->type == KT_NAMESPACE && !strcmp(text, k->fallback)))
        return NULL;
    return node_scalar(a, text);
}

/* A pointer to an array of whatever type, without reading it as another. */
static const void *array_at(const void *at)
{
    const void *p;

    memcpy(&p, at, sizeof p);
    return p;
}

/* True as a plain word, unlike the text "true". */
static struct node *write_bool(struct arena *a, bool on)
{
    struct node *n = on ? node_scalar(a, "true") : NULL;

    if (n)
        n->plain = true;
    return n;
}

/* NULL when there is nothing to say. */
static struct node *write_key(struct arena *a, const struct schema_key *k, const char *base,
                              bool redact)
{
    const void *at = base + k->at;
    int n = 0;

    memcpy(&n, base + k->count_at, sizeof n);
    switch (k->type) {
    case KT_BOOL:
        return write_bool(a, *(const bool *)at);
    case KT_REFRESH:
        return *(const int64_t *)at ? write_duration(a, *(const int64_t *)at) : NULL;
    case KT_WORD:
        memcpy(&n, at, sizeof n);
        return n >= 0 && n < k->nwords && k->words[n] ? node_scalar(a, k->words[n]) : NULL;
    case KT_URLS:
    case KT_NAMES:
        return n ? write_urls(a, array_at(at), n) : NULL;
    case KT_CONNECT_TO:
    case KT_MEMBER_URLS:
    case KT_NAME_PAIRS:
        return n ? write_pairs(a, array_at(at), n) : NULL;
    case KT_SECTION: {
        struct node *map = schema_write(a, k->section, at, redact);
        return map->n ? map : NULL;
    }
    case KT_LIST:
        return n ? write_list(a, k->section, array_at(at), n, redact) : NULL;
    case KT_SECRET:
        if (redact && *(const char *const *)at)
            return node_scalar(a, "(not shown)");
        return write_text(a, k, *(const char *const *)at);
    case KT_OTHER: /* only in files that are never written */
    case KT_COUNT:
        return NULL;
    default:
        return write_text(a, k, *(const char *const *)at);
    }
}

struct node *schema_write(struct arena *a, const struct schema *s, const void *at, bool redact)
{
    struct node *map = node_new(a, NODE_MAP);

    for (int i = 0; i < s->nkeys; i++) {
        struct node *v = write_key(a, &s->keys[i], at, redact);

        if (v)
            node_set(a, map, s->keys[i].name, v);
    }
    return map;
}
