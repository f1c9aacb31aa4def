/*
 * What a store keeps of the routes: HAProxy's statistics, one a configured HAProxy.
 */
#ifndef PGDBA_APP_STORE_ROUTES_H
#define PGDBA_APP_STORE_ROUTES_H

#include "pgdba/config/cluster.h"
#include "state.h"

struct kept_haproxy {
    struct arena arena; /* of what is configured */
    const char *name, *write_backend, *socket;
    int nservers;
    const struct ha_server_name *servers;
    int nwrite_addresses;
    const char *const *write_addresses;
    struct kept_state state, info_state;
    struct facts *stats, *info;
};

void kept_haproxy_init(struct kept_haproxy *h, const struct haproxy_config *c);
void kept_haproxy_release(struct kept_haproxy *h);
void kept_haproxy_apply(struct kept_haproxy *h, const struct observation *o);
void kept_haproxy_publish(const struct kept_haproxy *h, struct snapshot *s, struct haproxy *out);

/* The ways that applications go, as configured: c's own strings, copied. */
struct kept_ways {
    struct arena arena;
    int n;
    const struct app_route *v;
};
void kept_ways_init(struct kept_ways *w, const struct cluster_config *c);
void kept_ways_release(struct kept_ways *w);
void kept_ways_publish(const struct kept_ways *w, struct snapshot *s);

#endif
