/*
 * config/schema.h: what the files may say: tables of keys, from which files are checked and read,
 * written, and described in pgdba.yml(5). Private to config/.
 *
 * A schema is the keys of one mapping, read into one C struct; sections and lists nest.
 */
#ifndef PGDBA_SRC_CONFIG_SCHEMA_H
#define PGDBA_SRC_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "yaml_doc.h"

/* How a value is written and what C type it is read into. */
enum key_type {
    KT_TEXT,        /* const char * */
    KT_SECRET,      /* const char *; never echoed; needs a file that only its owner can read */
    KT_COMMAND,     /* const char *; never echoed */
    KT_VARIABLE,    /* const char *: name of an environment variable */
    KT_PATH,        /* const char *: absolute; a leading ~/ is expanded */
    KT_BOOL,        /* bool */
    KT_REFRESH,     /* int64_t, µs */
    KT_WORD,        /* an enum: the number of the word in words[] */
    KT_NAMESPACE,   /* const char *: "/service" */
    KT_SOCKET,      /* const char *: a socket's path, or host:port */
    KT_PAGE,        /* const char *: a URL that may have a path */
    KT_PROXY,       /* const char * */
    KT_CONNINFO,    /* const char * without a password */
    KT_URLS,        /* int and const char *const *: base URLs */
    KT_CONNECT_TO,  /* int and const struct mapping * */
    KT_MEMBER_URLS, /* int and const struct member_url * */
    KT_NAME_PAIRS,  /* int and const struct mapping *: from name to name */
    KT_NAMES,       /* int and const char *const *: texts, of words[] where there are some */
    KT_SECTION,     /* a struct: section */
    KT_LIST,        /* int and an array of structs: section */
    KT_OTHER,       /* key->read knows */
    KT_COUNT
};

struct schema;
struct reader;

struct schema_key {
    const char *name;
    enum key_type type;
    size_t at;       /* offset in the struct */
    size_t count_at; /* offset of the int, where there is one */
    const struct schema *section;
    const char *const *words; /* KT_NAMES, KT_WORD; there [0] may be NULL: the key left out */
    int nwords;
    bool required;
    const char *group; /* of the keys with the same group at most one may be given */
    const char *needs; /* a key that must be given too */
    enum status (*read)(struct reader *r, const struct node *v, void *at); /* KT_OTHER */
    const char *kind;     /* KT_OTHER: what the manual calls the type */
    const char *fallback; /* the default as the manual says it */
    const char *help;     /* a sentence or two */
};

struct schema {
    const char *title; /* heading in the manual */
    const char *help;  /* a paragraph under it, NULL */
    size_t size;       /* of the struct */
    const struct schema_key *keys;
    int nkeys;
    const char *plain;      /* KT_LIST: the key that an item of plain text stands for */
    void (*init)(void *at); /* before reading; NULL */
    /* Cross-checks and computed defaults; v is the mapping's node. NULL. */
    enum status (*finish)(struct reader *r, const struct node *v, void *at);
};

struct reader {
    struct arena *arena; /* for what is read, and for messages */
    const char *file;    /* NULL: the command line, messages have no line */
    struct buf path;     /* "patroni.urls[0]" */
    int secret_line;     /* where a KT_SECRET was seen, 0: nowhere */
    struct err *err;
};

/* The value v of key k into *at, which is k->at bytes into the struct. The last three are for the
 * table behind the first. */
typedef enum status schema_read_fn(struct reader *r, const struct schema_key *k,
                                   const struct node *v, void *at);
schema_read_fn schema_read_value, schema_read_section, schema_read_list, schema_read_other;

/* The int beside the array that is k->at bytes into a struct at array_at - k->at. */
static inline int *schema_count(const struct schema_key *k, void *array_at)
{
    return (int *)((char *)array_at - k->at + k->count_at);
}

/* Reads a whole document into *at. */
enum status schema_read_document(const struct schema *s, struct arena *a, const struct node *root,
                                 const char *file, void *at, int *secret_line, struct err *e);

/* For read functions of KT_OTHER keys and for finish functions. */
enum status schema_read(struct reader *r, const struct schema *s, const struct node *v, void *at);
/* "FILE:LINE: PATH: ...", ST_INVALID. */
enum status schema_fail(struct reader *r, const struct node *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Scalar text that is not nothing; expected ends in the message. */
enum status schema_text(struct reader *r, const struct node *v, const char *expected,
                        const char **out);
enum status schema_wrong_kind(struct reader *r, const struct node *v, const char *expected);
/* For mappings with free keys: v's key is text, no merge key, and was not given before in map. */
enum status schema_check_entry(struct reader *r, const struct node *map, const struct node *v);
/* Goes down to ".key" or "[i]" in messages and back: pass what it returned. */
size_t schema_enter(struct reader *r, const char *key);
size_t schema_enter_item(struct reader *r, int i);
void schema_leave(struct reader *r, size_t mark);
/* A given text in quotes, cleaned and shortened, in the arena. */
const char *schema_quote(struct reader *r, const char *text);
/* The keys' names, for fmt_nearest(); in the arena. */
const char *const *schema_names(struct arena *a, const struct schema *s);

/* The tree that schema_read() would read back. redact: secrets are not in it. */
struct node *schema_write(struct arena *a, const struct schema *s, const void *at, bool redact);

/* roff for the keys of s and of its sections. */
void schema_manual(FILE *out, const struct schema *s);

#endif
