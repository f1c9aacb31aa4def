/*
 * model/dynamic.h: Patroni's dynamic configuration as a flat list of settings, and what an edit of
 * it changes. Facts: reference "patroni.md" §2.9 (PATCH), "Dynamic configuration settings" of
 * Patroni's documentation.
 */
#ifndef PGDBA_MODEL_DYNAMIC_H
#define PGDBA_MODEL_DYNAMIC_H

#include <stdbool.h>
#include <stdint.h>

enum dyn_type {
    DYN_NULL,
    DYN_BOOL,
    DYN_INT,
    DYN_REAL,
    DYN_TEXT,
    DYN_LIST,  /* value is the whole list */
    DYN_OBJECT /* an empty one: "postgresql.parameters": {} */
};

/* A leaf of the document. Keys with dots or blanks in them are quoted in path: a."b.c". */
struct dyn_setting {
    const char *path;  /* "postgresql.parameters.work_mem" */
    const char *value; /* as JSON, cleaned: "8MB" with its quotes, 30, true, [1,2] */
    const char *text;  /* of DYN_TEXT without quotes and escapes, else as value */
    enum dyn_type type;
    int64_t number; /* of DYN_INT, and of a text that is a whole number */
};

struct dyn_settings {
    int n;
    const struct dyn_setting *v; /* by path */
};

const struct dyn_setting *dyn_find(const struct dyn_settings *s, const char *path); /* or NULL */

#endif
