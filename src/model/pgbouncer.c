#include "pgdba/model/pgbouncer.h"

#include <string.h>

const struct pgb_database *pgb_database_named(const struct pgb_databases *d, const char *name,
                                              int *at)
{
    int n = d && name ? d->n : 0;

    for (int i = 0; i < n; i++) {
        int k = (*at + i) % n;

        if (strcmp(d->v[k].name, name) == 0) {
            *at = k;
            return &d->v[k];
        }
    }
    return NULL;
}
