/* way_index.c: a bouncer's pools and servers in the order of their databases. */
#include "way.h"

#include <stdlib.h>
#include <string.h>

static int by_pool(const void *a, const void *b)
{
    const struct pool_view *const *x = a, *const *y = b;
    return strcmp((*x)->pool->database, (*y)->pool->database);
}

static int by_server(const void *a, const void *b)
{
    const struct pgb_server *const *x = a, *const *y = b;
    return strcmp((*x)->database, (*y)->database);
}

static void index_servers(const struct way_look *k, const struct bouncer *b, struct way_index *x)
{
    int n = b->servers && way_fresh(k, &b->servers_state) ? b->servers->n : 0;
    x->servers = arena_array(k->a, (size_t)n, const struct pgb_server *);
    for (int i = 0; i < n; i++)
        if (b->servers->v[i].database && !b->servers->v[i].close_needed)
            x->servers[x->nservers++] = &b->servers->v[i];
    if (x->nservers > 1)
        qsort(x->servers, (size_t)x->nservers, sizeof *x->servers, by_server);
}

const struct way_index *way_index_new(const struct way_look *k)
{
    struct way_index *v = arena_array(k->a, (size_t)k->s->nbouncers, struct way_index);
    int n, at = 0;
    const struct pool_view *views = pool_views(k->s, k->a, &n);
    for (int i = 0; i < k->s->nbouncers; i++) {
        const struct bouncer *b = &k->s->bouncers[i];
        v[i].npools = b->pools ? b->pools->n : 0;
        v[i].pools = arena_array(k->a, (size_t)v[i].npools, const struct pool_view *);
        for (int p = 0; p < v[i].npools; p++)
            v[i].pools[p] = &views[at++];
        if (v[i].npools > 1)
            qsort(v[i].pools, (size_t)v[i].npools, sizeof *v[i].pools, by_pool);
        index_servers(k, b, &v[i]);
    }
    return v;
}

/* The first in [0, n) that does not come before. */
#define LOWER(n, before)             \
    __extension__({                  \
        int lo = 0, hi = (n);        \
        while (lo < hi) {            \
            int mid = (lo + hi) / 2; \
            if (before)              \
                lo = mid + 1;        \
            else                     \
                hi = mid;            \
        }                            \
        lo;                          \
    })

int way_pools_from(const struct way_index *x, const char *database)
{
    return LOWER(x->npools, strcmp(x->pools[mid]->pool->database, database) < 0);
}

int way_servers_from(const struct way_index *x, const char *database)
{
    return LOWER(x->nservers, strcmp(x->servers[mid]->database, database) < 0);
}
