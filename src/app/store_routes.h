/*
 * What a store keeps of the routes: HAProxy's statistics, one a configured HAProxy.
 */
#ifndef PGDBA_APP_STORE_ROUTES_H
#define PGDBA_APP_STORE_ROUTES_H

#include "pgdba/config/cluster.h"
#include "state.h"

struct kept_haproxy {
    char *name, *write_backend;
    struct kept_state state;
    struct facts *stats;
};

void kept_haproxy_init(struct kept_haproxy *h, const struct haproxy_config *c);
void kept_haproxy_release(struct kept_haproxy *h);
void kept_haproxy_apply(struct kept_haproxy *h, const struct observation *o);
void kept_haproxy_publish(const struct kept_haproxy *h, struct snapshot *s, struct haproxy *out);

#endif
