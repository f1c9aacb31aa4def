/* Nodes: building and asking. */
#include "yaml_doc.h"

#include <string.h>

struct node *node_new(struct arena *a, enum node_kind kind)
{
    struct node *n = arena_new(a, struct node);

    n->kind = kind;
    return n;
}

struct node *node_scalar(struct arena *a, const char *text)
{
    struct node *n = node_new(a, NODE_SCALAR);

    n->text = arena_strdup(a, text);
    return n;
}

void node_append(struct node *list, struct node *item)
{
    item->next = NULL;
    if (list->last)
        list->last->next = item;
    else
        list->first = item;
    list->last = item;
    list->n++;
}

void node_set(struct arena *a, struct node *map, const char *key, struct node *value)
{
    value->key = node_scalar(a, key);
    node_append(map, value);
}

static const struct node *get_own(const struct node *map, const char *key)
{
    for (const struct node *v = map->first; v; v = v->next)
        if (v->key->kind == NODE_SCALAR && !strcmp(v->key->text, key))
            return v;
    return NULL;
}

const struct node *node_get(const struct node *map, const char *key)
{
    for (int depth = 0; map && map->kind == NODE_MAP && depth < DOC_MAX_DEPTH; depth++) {
        const struct node *v = get_own(map, key);

        if (v)
            return v;
        map = get_own(map, "<<");
    }
    /* A list of mappings to merge: the first that has the key wins. */
    for (const struct node *m = map && map->kind == NODE_LIST ? map->first : NULL; m; m = m->next) {
        const struct node *v = m->kind == NODE_MAP ? get_own(m, key) : NULL;

        if (v)
            return v;
    }
    return NULL;
}

bool node_null_word(const char *s)
{
    return !*s || !strcmp(s, "~") || !strcmp(s, "null") || !strcmp(s, "Null") || !strcmp(s, "NULL");
}

bool node_is_null(const struct node *v)
{
    return v->kind == NODE_SCALAR && v->plain && node_null_word(v->text);
}

const char *node_kind_name(const struct node *v)
{
    if (node_is_null(v))
        return "nothing";
    static const char *const names[] = {
        [NODE_SCALAR] = "text", [NODE_LIST] = "a list", [NODE_MAP] = "a mapping"};

    return names[v->kind];
}
