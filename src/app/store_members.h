/*
 * The members a store has ever seen: their latest facts, their lag over the last minutes.
 */
#ifndef PGDBA_APP_STORE_MEMBERS_H
#define PGDBA_APP_STORE_MEMBERS_H

#include "state.h"

enum { LAG_SAMPLES = 300 }; /* five minutes at one a second */

struct lag_ring {
    int n, next; /* next: where the following sample goes */
    int64_t at_us[LAG_SAMPLES];
    int64_t receive[LAG_SAMPLES], replay[LAG_SAMPLES];
};

struct kept_member {
    char *name;
    bool listed;
    int64_t last_seen_us, last_seen_wall_us;
    struct facts *dcs_facts; /* the /cluster reply that holds dcs */
    const struct cluster_member *dcs;
    struct facts *health_facts;
    struct kept_state api, liveness, pg;
    struct facts *pg_facts; /* struct pg_self */
    struct kept_state vitals;
    struct facts *vitals_facts; /* struct pg_vitals */
    char *base, *why;           /* the route */
    struct lag_ring lag;
};

struct kept_members {
    int n;
    struct kept_member **v; /* by name */
};

void kept_members_release(struct kept_members *ms);
struct kept_member *kept_member_find(const struct kept_members *ms, const char *name);
struct kept_member *kept_member_get(struct kept_members *ms, const char *name); /* makes it */
/* A list of members (struct cluster_view, of /cluster or of the DCS) as of a time: rows are kept,
 * members no longer in it stay with the time they were last seen. */
void kept_members_listed(struct kept_members *ms, struct facts *view, int64_t mono_us,
                         int64_t wall_us);
/* Fills s->members, s->leader and the lags; adds to the rings what is new. The members are
 * returned for what is still to be carried over from the snapshot before. */
struct member *kept_members_publish(struct kept_members *ms, struct snapshot *s);

#endif
