/*
 * model/acting.h: who says, under a prefix of our own in etcd, that he is changing the cluster. A
 * courtesy between operators: it binds nobody.
 */
#ifndef PGDBA_MODEL_ACTING_H
#define PGDBA_MODEL_ACTING_H

#include <stdint.h>

struct acting {
    const char *user, *host, *action, *command; /* cleaned; "" not said */
    int64_t pid, since_wall_us;                 /* 0 not said */
};

struct acting_list {
    int n;
    const struct acting *v;
};

#endif
