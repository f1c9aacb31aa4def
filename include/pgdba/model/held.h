/*
 * model/held.h: what this program has done to a PgBouncer and is to take back: written down before
 * it is done, so that the next start knows of it when this one dies in between.
 */
#ifndef PGDBA_MODEL_HELD_H
#define PGDBA_MODEL_HELD_H

#include <stdbool.h>
#include <stdint.h>

struct held {
    const char *cluster, *bouncer;
    const char *database;    /* paused by its name; NULL: the switch over everything, or a key */
    const char *key;         /* set; NULL: it is about a pause */
    const char *value;       /* what key was before */
    const char *user, *host; /* who, and where it ran */
    int64_t pid, wall_us;
    bool ended; /* the command came to its end: it is meant to be so */
};

struct held_list {
    int n;
    const struct held *v;
};

#endif
