/*
 * What a store keeps of etcd: the cluster's keys as of the last revision heard of, how the watch
 * stands, leases, endpoints. Reference "patroni.md" §5.
 */
#ifndef PGDBA_APP_STORE_DCS_H
#define PGDBA_APP_STORE_DCS_H

#include "pgdba/app/store.h"
#include "pgdba/config/cluster.h"
#include "pgdba/wire/dcs.h"
#include "state.h"

enum { LEASES_MAX = 64 };

struct kept_endpoint {
    char *url;
    struct kept_state state; /* alive or not */
    struct kept_state health_state;
    struct facts *status, *health, *version, *metrics; /* roots: struct etcd_endpoint */
    bool denied;                                       /* status is not ours to read */
};

struct kept_dcs {
    bool configured;
    char *prefix;
    struct wire_dcs *keys; /* NULL until a range was read */
    struct facts *now;     /* struct dcs */
    struct facts *view;    /* the same as struct cluster_view, made when it is asked for */
    struct kept_state state;
    bool watching;          /* a range was read, and the stream has not ended since */
    int64_t interrupted_us; /* the watch ended then; 0: it has not */
    int64_t no_leader_us;   /* nobody has held the lock since; 0 */
    int nleases;
    struct dcs_lease leases[LEASES_MAX];
    int nendpoints;
    struct kept_endpoint *endpoints;
    struct facts *members; /* struct etcd_members */
    char *members_why;
};

void kept_dcs_init(struct kept_dcs *k, const struct etcd_config *c);
void kept_dcs_release(struct kept_dcs *k);
/* The cluster's own prefix within what the stream carries; another one begins anew. */
void kept_dcs_prefix(struct kept_dcs *k, const char *prefix);
/* Any OBS_ETCD_*. l (may be NULL) hears of every transaction. */
void kept_dcs_apply(struct kept_dcs *k, const struct observation *o,
                    const struct store_listener *l);
/* Watched, and the last proof of that is young: what it says is now. */
bool kept_dcs_fresh(const struct kept_dcs *k, int64_t refresh_us, int64_t now_us);
/* The keys as /cluster would show them (struct cluster_view); NULL while nothing is known. Not a
 * new reference. */
struct facts *kept_dcs_view(struct kept_dcs *k);
void kept_dcs_publish(const struct kept_dcs *k, struct snapshot *s);
/* Asked once, as far as the first picture needs it. */
bool kept_dcs_complete(const struct kept_dcs *k);

#endif
