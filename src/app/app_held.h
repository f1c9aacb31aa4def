/* app_held.h: what is remembered of PgBouncers, between its files (app_held.c) and what is told of
 * them (app_left.c). Private to app/. */
#ifndef PGDBA_APP_HELD_H
#define PGDBA_APP_HELD_H

#include <stdint.h>

#include "pgdba/base/arena.h"
#include "pgdba/model/held.h"

struct app;

struct held_mine { /* a file that this program has locked */
    uint64_t sum;
    int fd;
};

struct held_known { /* one that nobody is at work on */
    uint64_t sum;
    int64_t seen_us; /* since when it is so for sure; monotonic */
};

struct app_held {
    struct arena arena; /* of list */
    struct held_list list;
    struct held_mine *mine;
    int nmine;
    struct held_known *known;
    int nknown;
    int64_t looked_us; /* when the directory was read for the banner */
    struct arena words;
    const char *left; /* the banner's; NULL none */
};

struct app_held *app_held_of(struct app *a);
uint64_t held_sum(const struct held *h); /* of what it is about */

#endif
