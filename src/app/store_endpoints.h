/*
 * One etcd endpoint, put together from what it was allowed to tell: status where that is open, else
 * version, metrics and health (reference "patroni.md" §5.1, §5.7).
 */
#ifndef PGDBA_APP_STORE_ENDPOINTS_H
#define PGDBA_APP_STORE_ENDPOINTS_H

#include "pgdba/wire/etcd.h"
#include "store_dcs.h"

void kept_endpoint_init(struct kept_endpoint *k, const char *url);
void kept_endpoint_release(struct kept_endpoint *k);
/* OBS_ETCD_STATUS, _HEALTH, _VERSION, _METRICS. */
void kept_endpoint_apply(struct kept_endpoint *k, const struct observation *o);
/* names: of the member list, NULL unknown. */
void kept_endpoint_publish(const struct kept_endpoint *k, const struct etcd_members *names,
                           struct snapshot *s, struct etcd_endpoint *out, struct source_state *st);

#endif
