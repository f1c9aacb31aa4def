#include "tunables.h"

#define MS USEC_PER_MS
#define S  USEC_PER_SEC

const struct source_tunables source_tunables_default = {
    .connect_us = 2 * S,
    .health_us = 3 * S,
    .cluster_us = 5 * S,
    .liveness_us = 2 * S,
    .extra_us = 3 * S,
    .silent_first_us = 2 * S,
    .silent_max_us = 30 * S,
    .liveness_max_us = 8 * S,
    .unreached_us = 30 * S,
    .cluster_hold_us = 6 * S,
    .cluster_slow_us = 1500 * MS,
    .grace_us = 200 * MS,
    .unsteady_us = 60 * S,
    .pg_vitals_us = 30 * S,
    .pg_vitals_soon_us = 1 * S,
    .forget_us = 3600 * S,
    .extras_us = 30 * S,
    .extras_again_us = 5 * S,
    .urgent_us = 500 * MS,
    .watched_us = 5 * S,
    .pgb_query_us = 3 * S,
    .pgb_first_us = 1 * S,
    .pgb_max_us = 30 * S,
    .pgb_denied_us = 30 * S,
    .pgb_recycle_us = 60 * S,
    .pgb_urgent_us = 200 * MS,
    .pgb_held_us = 5 * S,
    .pgb_held_timeout_us = 1 * S,
    .pgb_lists_us = 5 * S,
    .pgb_config_us = 30 * S,
    .ha_query_us = 2 * S,
    .ha_first_us = 1 * S,
    .ha_max_us = 10 * S,
    .ha_denied_us = 30 * S,
    .ha_info_us = 10 * S,
    .ha_urgent_us = 200 * MS,
    .ha_urgent_max_us = 1 * S,
    .pg_query_us = 2 * S,
    .pg_statement_us = 1800 * MS,
    .pg_first_us = 2 * S,
    .pg_max_us = 10 * S,
    .pg_denied_us = 30 * S,
    .pg_turned_away_us = 100 * MS,
    .pg_urgent_us = 50 * MS,
    .pg_urgent_slow_us = 1 * S,
    .etcd_query_us = 2 * S,
    .etcd_range_us = 3 * S,
    .etcd_first_us = 200 * MS,
    .etcd_max_us = 5 * S,
    .etcd_denied_us = 30 * S,
    .etcd_alive_least_us = 1 * S,
    .etcd_alive_most_us = 2 * S,
    .etcd_behind_us = 1 * S,
    .etcd_lease_us = 1 * S,
    .etcd_gates_us = 2 * S,
    .etcd_members_us = 30 * S,
    .etcd_status_us = 60 * S,
    .probe_least_us = 20 * MS,
    .probe_limit_us = 1 * S,
    .probe_rows_us = 2 * S,
    .probe_pause_us = 3600 * S,
};

void pace_fail(struct pace *p, int64_t now_us, int64_t first_us, int64_t max_us)
{
    int64_t wait = first_us;

    for (int i = 0; i < p->fails && wait < max_us; i++)
        wait *= 2;
    if (wait > max_us)
        wait = max_us;
    p->fails++;
    p->due_us = now_us + wait;
}

void pace_cap(struct pace *p, int64_t due_us)
{
    if (p->due_us > due_us)
        p->due_us = due_us;
}

void pace_reset(struct pace *p)
{
    p->fails = 0;
    p->due_us = 0;
}
