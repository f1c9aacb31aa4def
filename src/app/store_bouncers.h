/*
 * The bouncers of a store: the latest table of each kind, and the one before it for the rates.
 */
#ifndef PGDBA_APP_STORE_BOUNCERS_H
#define PGDBA_APP_STORE_BOUNCERS_H

#include "state.h"

enum { BOUNCER_SAMPLES = 300 }; /* five minutes at one a second */

/* What goes on in a bouncer over time. */
struct bouncer_ring {
    int n, next; /* next: where the following sample goes */
    int64_t at_us[BOUNCER_SAMPLES];
    int64_t waiting[BOUNCER_SAMPLES], maxwait[BOUNCER_SAMPLES];
    int64_t queries[BOUNCER_SAMPLES], mean_wait[BOUNCER_SAMPLES];
};

struct kept_bouncer {
    char *name;
    struct kept_state version_state, pools_state, databases_state, stats_state, servers_state;
    struct kept_state lists_state, config_state, clients_state, users_state, memory_state;
    struct kept_state dns_hosts_state, dns_zones_state;
    struct facts *version, *pools, *databases, *stats, *globals, *servers;
    struct facts *lists, *config, *clients, *users, *memory, *dns_hosts, *dns_zones;
    struct bouncer_ring ring;
    struct facts *rates; /* root: the array of pgb_rates */
    int nrates;
    int64_t stats_us; /* when `stats` was answered */
};

void kept_bouncer_init(struct kept_bouncer *b, const char *name);
void kept_bouncer_release(struct kept_bouncer *b);
/* One of the OBS_PGB_* kinds. */
void kept_bouncer_apply(struct kept_bouncer *b, const struct observation *o);
void kept_bouncer_publish(const struct kept_bouncer *b, struct snapshot *s, struct bouncer *out);
bool kept_bouncer_complete(const struct kept_bouncer *b);

#endif
