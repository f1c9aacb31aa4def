/*
 * model/facts.h: one parsed reply: an arena with a reference count. wire/ fills it, the store keeps
 * the latest of each kind, and every snapshot made from it holds a reference. Immutable once
 * parsed, so that sharing is safe.
 */
#ifndef PGDBA_MODEL_FACTS_H
#define PGDBA_MODEL_FACTS_H

#include "pgdba/base/arena.h"

struct facts {
    int refs;
    struct arena arena;
    const void *root;   /* the struct that the parser documents; lives in the arena */
    struct facts *from; /* what root's texts may point into: a reference, given back with this */
};

struct facts *facts_new(void); /* one reference, the caller's */
struct facts *facts_ref(struct facts *f);
void facts_unref(struct facts *f); /* NULL is allowed */
/* Gives back what *slot holds and takes f's reference over in its place; either may be NULL. */
void facts_replace(struct facts **slot, struct facts *f);

#endif
