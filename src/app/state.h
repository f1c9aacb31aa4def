/*
 * The store's own memory of one source: like model's source_state, but it owns its strings.
 */
#ifndef PGDBA_APP_STATE_H
#define PGDBA_APP_STATE_H

#include "pgdba/model/cluster.h"

struct kept_state {
    struct source_state s; /* endpoint and detail point to the two below */
    char *endpoint, *detail;
};

void kept_state_init(struct kept_state *k);
void kept_state_release(struct kept_state *k);
/* outcome: the observation's, or OBS_GARBLED when its body did not parse. detail may be NULL. */
void kept_state_update(struct kept_state *k, const struct observation *o, enum obs_outcome outcome,
                       const char *detail);
/* A copy whose strings live in the arena. */
struct source_state kept_state_copy(const struct kept_state *k, struct arena *a);

#endif
