/* Ready-made snapshots: what an operator meets. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot_builder.h"

#define MIB (INT64_C(1) << 20)

static void *mutable(const void *p)
{
    return (void *)(uintptr_t)p;
}

static void healthy(struct sb *b)
{
    (void)b;
}

static void healthy_41(struct sb *b)
{
    b->config->synchronous_mode = true;
    sb_row(b, "pg2")->role = ROLE_SYNC_STANDBY;
    sb_row(b, "pg2")->role_text = "sync_standby";
    sb_health(b, "pg2")->sync_standby = true;
}

static void nothing_yet(struct sb *b)
{
    struct snapshot *s = b->s;
    s->id = 1;
    s->nmembers = 0;
    s->leader = -1;
    s->config = NULL;
    s->history = NULL;
    s->view_member = NULL;
    s->view = s->config_state = s->history_state =
        (struct source_state){.endpoint = "", .detail = ""};
    b->bouncers[0] = (struct bouncer){.name = "pgbouncer", .endpoint = "127.0.0.1:6432"};
    struct source_state *const states[] = {&b->bouncers[0].state, &b->bouncers[0].pools_state,
                                           &b->bouncers[0].databases_state,
                                           &b->bouncers[0].stats_state};
    for (int i = 0; i < 4; i++)
        states[i]->endpoint = states[i]->detail = "";
}

static void fail_bouncer(struct sb *b, enum obs_outcome outcome, int64_t silent_us)
{
    sb_fail(b, &b->bouncers[0].state, outcome, silent_us);
    sb_fail(b, &b->bouncers[0].pools_state, outcome, silent_us);
    sb_fail(b, &b->bouncers[0].databases_state, outcome, silent_us);
    sb_fail(b, &b->bouncers[0].stats_state, outcome, silent_us);
}

static void age_series(struct sb *b, struct member *m, int64_t us)
{
    const struct series *const both[] = {&m->receive_lag, &m->replay_lag};
    (void)b;
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < both[k]->n; i++)
            if (m->api.asked_us - both[k]->at_us[i] < us)
                *(int64_t *)mutable(&both[k]->value[i]) = LAG_UNKNOWN;
}

static void silence(struct sb *b, const char *name, enum obs_outcome outcome, int64_t us)
{
    struct member *m = sb_member(b, name);
    sb_fail(b, &m->api, outcome, us);
    sb_fail(b, &m->liveness, outcome, us);
    m->liveness.answered_us = 0;
    age_series(b, m, us);
}

static void unreachable(struct sb *b)
{
    sb_fail(b, &b->s->view, OBS_TIMED_OUT, SB_SEC(42));
    silence(b, "pg1", OBS_TIMED_OUT, SB_SEC(42));
    silence(b, "pg2", OBS_TIMED_OUT, SB_SEC(42));
    silence(b, "pg3", OBS_REFUSED, SB_SEC(42));
    fail_bouncer(b, OBS_TIMED_OUT, SB_SEC(42));
}

static void stale_view(struct sb *b)
{
    sb_fail(b, &b->s->view, OBS_TIMED_OUT, SB_SEC(12));
}

static void frozen_member(struct sb *b)
{
    silence(b, "pg3", OBS_TIMED_OUT, SB_SEC(14));
}

static void frozen_leader(struct sb *b)
{
    silence(b, "pg1", OBS_TIMED_OUT, SB_SEC(14));
}

static void stuck_postgres(struct sb *b)
{
    silence(b, "pg2", OBS_TIMED_OUT, SB_SEC(14));
    sb_answered(b, &sb_member(b, "pg2")->liveness, 300 * USEC_PER_MS);
}

static void no_leader(struct sb *b)
{
    silence(b, "pg1", OBS_REFUSED, SB_SEC(27));
    sb_vanish(b, "pg1", SB_SEC(9));
    b->s->view.endpoint = "http://10.0.0.2:8008";
    b->s->view_member = "pg2";
    sb_health(b, "pg2")->cluster_unlocked = true;
    sb_health(b, "pg3")->cluster_unlocked = true;
}

static void failed_over(struct sb *b)
{
    silence(b, "pg1", OBS_REFUSED, SB_SEC(113));
    sb_vanish(b, "pg1", SB_SEC(95));
    b->s->view.endpoint = "http://10.0.0.2:8008";
    b->s->view_member = "pg2";
    sb_lead(b, "pg2", true);
    b->s->leader_since_us = b->now_us - SB_SEC(93);
}

static void lagging(struct sb *b)
{
    sb_lag(b, "pg3", 48 * MIB, 50 * MIB);
    struct member *m = sb_member(b, "pg3");
    for (int i = 0; i < m->replay_lag.n; i++) {
        int64_t left = m->replay_lag.n - 1 - i; /* 2 MiB a second less */
        *(int64_t *)mutable(&m->replay_lag.value[i]) = (50 + 2 * left) * MIB;
        *(int64_t *)mutable(&m->receive_lag.value[i]) = (48 + 2 * left) * MIB;
    }
    sb_health(b, "pg3")->replayed_wall_us = SB_WALL_US - SB_SEC(31);
}

static void cascading(struct sb *b)
{
    sb_add_replica(b, "pg4");
    sb_add_replica(b, "pg5");
    sb_tag(b, "pg4", "replicatefrom", "pg2");
    sb_tag(b, "pg5", "replicatefrom", "pg2");
    sb_streams(b, "pg2", (const char *const[]){"pg4", "pg5", NULL});
}

static void rename_member(struct sb *b, const char *from, const char *to)
{
    struct member *m = sb_member(b, from);
    sb_row(b, from)->name = to;
    sb_health(b, from)->name = to;
    m->name = to;
}

static void wide_names(struct sb *b)
{
    static const struct pending_reason why[] = {{"max_connections", "100", "200"}};
    sb_tag(b, "pg2", "datacenter", "東京");
    sb_tag(b, "pg3", "nofailover", "true");
    sb_row(b, "pg3")->pending_restart = sb_health(b, "pg3")->pending_restart = true;
    sb_row(b, "pg3")->npending = sb_health(b, "pg3")->npending = 1;
    sb_row(b, "pg3")->pending = sb_health(b, "pg3")->pending = why;
    b->s->cluster = "会計システム";
    b->s->environment = ENV_PRODUCTION;
    rename_member(b, "pg1", "postgresql-primary-eu-central-1a-0.example.internal");
    rename_member(b, "pg2", "réplica-à-Orléans");
    rename_member(b, "pg3", "データベース三号");
    b->s->view_member = b->members[0].name;
    /* As PostgreSQL 15 shows an application_name: every byte beyond ASCII is a '?'. */
    static const char asked[] = "r\?\?plica-\?\?-Orl\?\?ans";
    static const char asked_wide[] = "\?\?\?\?\?\?\?\?\?\?\?\?\?\?\?\?\?\?\?\?\?\?\?\?";
    sb_streams(b, b->members[0].name, (const char *const[]){asked, asked_wide, NULL});
    sb_pool(b, 0, 0)->database = sb_database(b, 0, 0)->name = "アプリ";
}

static void paused(struct sb *b)
{
    b->s->paused = b->config->paused = true;
    for (int i = 0; i < b->s->nmembers; i++)
        ((struct member_health *)mutable(b->members[i].health))->paused = true;
    b->s->switchover_at = "2026-11-22T03:00:00+00:00";
    b->s->switchover_from = "pg1";
    b->s->switchover_to = "pg2";
    sb_database(b, 0, 1)->paused = true;
}

static void api_unreachable(struct sb *b)
{
    const char *const names[] = {"pg2", "pg3"};
    for (int i = 0; i < 2; i++) {
        struct member *m = sb_member(b, names[i]);
        m->health = NULL;
        m->api_base = NULL;
        sb_never_answered(b, &m->api, OBS_REFUSED);
        m->note = "API not reachable from here";
    }
}

static void pools_waiting(struct sb *b)
{
    struct pgb_pool *p = sb_pool(b, 0, 0);
    p->cl_waiting = 4;
    p->sv_active = p->sv_idle = p->sv_used = 0;
    p->maxwait_us = SB_SEC(12);
    p = sb_pool(b, 0, 2);
    p->cl_waiting = 7;
    p->sv_active = 10;
    p->maxwait_us = 2300 * USEC_PER_MS;
}

static const struct {
    const char *name;
    void (*make)(struct sb *b);
    bool modern;
} samples[] = {
    [SAMPLE_HEALTHY] = {"healthy", healthy, false},
    [SAMPLE_HEALTHY_41] = {"healthy-41", healthy_41, true},
    [SAMPLE_NOTHING_YET] = {"nothing-yet", nothing_yet, false},
    [SAMPLE_UNREACHABLE] = {"unreachable", unreachable, false},
    [SAMPLE_STALE_VIEW] = {"stale-view", stale_view, false},
    [SAMPLE_FROZEN_MEMBER] = {"frozen-member", frozen_member, false},
    [SAMPLE_FROZEN_LEADER] = {"frozen-leader", frozen_leader, false},
    [SAMPLE_STUCK_POSTGRES] = {"stuck-postgres", stuck_postgres, false},
    [SAMPLE_NO_LEADER] = {"no-leader", no_leader, false},
    [SAMPLE_FAILED_OVER] = {"failed-over", failed_over, false},
    [SAMPLE_LAGGING] = {"lagging", lagging, true},
    [SAMPLE_CASCADING] = {"cascading", cascading, false},
    [SAMPLE_WIDE_NAMES] = {"wide-names", wide_names, true},
    [SAMPLE_PAUSED] = {"paused", paused, false},
    [SAMPLE_API_UNREACHABLE] = {"api-unreachable", api_unreachable, false},
    [SAMPLE_POOLS_WAITING] = {"pools-waiting", pools_waiting, false},
};
_Static_assert(sizeof samples / sizeof *samples == SAMPLE_COUNT, "a maker a sample");

const struct snapshot *sample_snapshot(enum sample which, int64_t now_us)
{
    struct sb *b = samples[which].modern ? sb_new_41(now_us) : sb_new(now_us);
    samples[which].make(b);
    return sb_take(b);
}

const char *sample_name(enum sample which)
{
    return samples[which].name;
}
