/*
 * config/yaml_doc.h: a YAML document as a tree of nodes, and back to text. Private to config/;
 * yaml.c is the only file that knows libyaml.
 *
 * Scalars are text: what a plain "yes" or "12" means is for the schema to say (schema.h).
 */
#ifndef PGDBA_SRC_CONFIG_YAML_DOC_H
#define PGDBA_SRC_CONFIG_YAML_DOC_H

#include <stdbool.h>
#include <stddef.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/err.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    int line;         /* of its start, from 1 */
    bool plain;       /* scalar without quotes */
    const char *text; /* scalar, never NULL there, never with a NUL byte inside */
    int n;            /* list, map: how many */
    struct node *first, *last, *next;
    const struct node *key; /* of an entry of a map */
};

enum {
    DOC_MAX_BYTES = 1 << 20, /* a larger file is not a configuration */
    DOC_MAX_DEPTH = 16,
    DOC_MAX_NODES = 10000,
};

enum doc_mode {
    DOC_OURS,  /* our files: no anchors, aliases, tags, control characters */
    DOC_THEIRS /* Patroni's: whatever a YAML reader accepts, aliases followed */
};

/* The one document in n bytes of text; nodes in the arena. *root is NULL when there is none (an
 * empty file). file stands before the line in messages; NULL: neither file nor line is said.
 * ST_INVALID with file, line and cure. */
enum status doc_parse(struct arena *a, const char *text, size_t n, const char *file,
                      enum doc_mode mode, struct node **root, struct err *e);

/* Appends root as block-style YAML; what a reader could take for something else is quoted.
 * ST_INVALID when a text is not UTF-8. */
enum status doc_emit(const struct node *root, struct buf *out, struct err *e);

/* To build a tree for doc_emit(). */
struct node *node_scalar(struct arena *a, const char *text);
struct node *node_new(struct arena *a, enum node_kind kind);
void node_append(struct node *list, struct node *item);
void node_set(struct arena *a, struct node *map, const char *key, struct node *value);

/* Of a map, following merge keys ("<<"); NULL when absent or when map is NULL or no map. */
const struct node *node_get(const struct node *map, const char *key);
/* What YAML takes for nothing where it is not quoted: "", "~", "null". */
bool node_null_word(const char *s);
/* A plain scalar of these: nothing was given. */
bool node_is_null(const struct node *v);
/* "a list", "a mapping", "nothing", "text": for messages. */
const char *node_kind_name(const struct node *v);

#endif
