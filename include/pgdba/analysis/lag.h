/*
 * analysis/lag.h: lag from what members and leader say about themselves. Pure. Reference
 * "patroni.md" §1.4 (precision), §7.5; "middleware.md" §6.5 (idle primary, paused replay).
 */
#ifndef PGDBA_ANALYSIS_LAG_H
#define PGDBA_ANALYSIS_LAG_H

#include "pgdba/base/arena.h"
#include "pgdba/model/cluster.h"

/* The best sample that m's and the leader's facts give. Live numbers are used only when both were
 * answered within max_age_us of now and of each other; else the published ones of /cluster if that
 * is fresh; else LAG_NONE. received is max(received, replayed). */
struct lag_sample lag_measure(const struct member *m, const struct member *leader,
                              const struct source_state *view, int64_t max_age_us, int64_t now_us);

struct lag_view {
    struct lag_sample sample;
    bool applies;          /* false for the leader */
    int64_t time_us;       /* replay lag in time; -1 unknown. 0 when bytes are 0 and it streams */
    bool time_is_estimate; /* from commit timestamps: grows on an idle primary, so only when bytes >
                              0 */
    double rate;    /* bytes/s at which replay lag shrinks (< 0) or grows (> 0); NAN unknown */
    int64_t eta_us; /* until caught up at that rate; -1 when it does not shrink or is unknown */
    bool replay_paused;
    bool streaming; /* seen by the upstream's walsender, or said by the member */
};
/* For member i of s, from its series. wall: the clock for commit timestamps. */
struct lag_view lag_view_of(const struct snapshot *s, int i, int64_t now_us, int64_t now_wall_us);

#endif
