#include "snapshot_builder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pgdba/analysis/lag.h"
#include "pgdba/analysis/topology.h"
#include "snapshot_builder_private.h"

#define ROOM     SB_ROOM
#define LOCATION UINT64_C(0x5000A58)
#define POINTS   120 /* samples in the series, one a second */
#define EPOCH_S  (SB_WALL_US / USEC_PER_SEC)

#define mutable sb_mutable
#define arena_of sb_arena
#define answered sb_answered_now

struct source_state sb_answered_now(const struct sb *b, const char *endpoint, int64_t latency_us)
{
    int64_t at = b->now_us - 200 * USEC_PER_MS;
    return (struct source_state){.outcome = OBS_ANSWERED,
                                 .asked_us = at,
                                 .answered_us = at,
                                 .since_us = b->now_us - SB_SEC(600),
                                 .latency_us = latency_us,
                                 .endpoint = endpoint,
                                 .detail = ""};
}

static struct series series_of(struct sb *b, int64_t value)
{
    int64_t *at = arena_array(arena_of(b), POINTS, int64_t);
    int64_t *v = arena_array(arena_of(b), POINTS, int64_t);
    for (int i = 0; i < POINTS; i++) {
        at[i] = b->now_us - 200 * USEC_PER_MS - SB_SEC(POINTS - 1 - i);
        v[i] = value;
    }
    return (struct series){POINTS, at, v};
}

static void make_row(struct sb *b, struct member *m, int number, bool leader)
{
    struct cluster_member *r = arena_new(arena_of(b), struct cluster_member);
    *r = (struct cluster_member){
        .name = m->name,
        .role = leader ? ROLE_LEADER : ROLE_REPLICA,
        .role_text = leader ? "leader" : "replica",
        .state = PGS_RUNNING,
        .state_text = "running",
        .api_url = arena_printf(arena_of(b), "http://10.0.0.%d:8008/patroni", number),
        .host = arena_printf(arena_of(b), "10.0.0.%d", number),
        .port = 5432,
        .timeline = 3,
        .lag = leader ? LAG_UNKNOWN : 0,
        .receive_lag = LAG_UNKNOWN,
        .replay_lag = LAG_UNKNOWN,
        .receive_lsn = LSN_UNKNOWN,
        .replay_lsn = LSN_UNKNOWN,
    };
    m->dcs = r;
}

static void make_health(struct sb *b, struct member *m, bool leader)
{
    struct member_health *h = arena_new(arena_of(b), struct member_health);
    int64_t wall_s = EPOCH_S;
    *h = (struct member_health){
        .http_status = 200,
        .state = PGS_RUNNING,
        .state_text = "running",
        .role = leader ? ROLE_LEADER : ROLE_REPLICA,
        .role_text = leader ? "master" : "replica",
        .has_sql = true,
        .postmaster_start_time = "2026-11-20 23:28:46.856609+00:00",
        .server_version = 150020,
        .location = leader ? LOCATION : LSN_UNKNOWN,
        .received = leader ? LSN_UNKNOWN : LOCATION,
        .replayed = leader ? LSN_UNKNOWN : LOCATION,
        .replayed_timestamp = leader ? NULL : "2026-11-21 03:12:04.500000+00:00",
        .replayed_wall_us = leader ? 0 : SB_WALL_US - 2500 * USEC_PER_MS,
        .timeline = 3,
        .dcs_last_seen = wall_s - 3,
        .date_s = wall_s,
        .system_id = "7710399339470515418",
        .patroni_version = "3.0.2",
        .patroni_version_num = 30002,
        .scope = "lab",
    };
    m->health = h;
}

static void make_member(struct sb *b, const char *name, bool leader)
{
    int i = b->s->nmembers++;
    if (i >= ROOM)
        abort();
    struct member *m = &b->members[i];
    struct arena *a = arena_of(b);
    m->name = arena_strdup(a, name);
    m->listed = true;
    m->last_seen_us = b->now_us - 200 * USEC_PER_MS;
    m->last_seen_wall_us = SB_WALL_US - 200 * USEC_PER_MS;
    make_row(b, m, i + 1, leader);
    make_health(b, m, leader);
    m->api_base = arena_printf(a, "http://10.0.0.%d:8008", i + 1);
    m->api = answered(b, m->api_base, (4 + i) * USEC_PER_MS);
    m->liveness = (struct source_state){.endpoint = "", .detail = ""};
    m->receive_lag = series_of(b, leader ? LAG_UNKNOWN : 0);
    m->replay_lag = series_of(b, leader ? LAG_UNKNOWN : 0);
}

static void make_history(struct sb *b)
{
    static const struct history_item items[] = {
        {1, UINT64_C(0x3000060), "no recovery target specified", "2026-11-20T22:58:12+00:00", "pg2",
         INT64_C(1795215492000000)},
        {2, UINT64_C(0x40001A8), "no recovery target specified", "2026-11-20T23:31:40+00:00", "pg1",
         INT64_C(1795217500000000)},
    };
    struct history *h = arena_new(arena_of(b), struct history);
    *h = (struct history){2, items};
    b->s->history = h;
    b->s->history_state = answered(b, "http://10.0.0.1:8008", 3 * USEC_PER_MS);
}

static void make_config(struct sb *b)
{
    b->config = arena_new(arena_of(b), struct dynamic_config);
    *b->config = (struct dynamic_config){.ttl = 30,
                                         .loop_wait = 10,
                                         .retry_timeout = 10,
                                         .maximum_lag_on_failover = 1048576,
                                         .synchronous_node_count = 1};
    b->s->config = b->config;
    b->s->config_state = answered(b, "http://10.0.0.1:8008", 3 * USEC_PER_MS);
}

static const struct pgb_pool sample_pools[] = {
    {"app", "alice", 12, 0, 0, 4, 3, 1, 0, 0, 0, 0, "transaction"},
    {"app", "bob", 2, 0, 0, 0, 1, 1, 0, 0, 0, 0, "transaction"},
    {"reports", "carol", 3, 0, 0, 2, 0, 0, 0, 0, 0, 0, "session"},
};
static const struct pgb_database sample_databases[] = {
    {"app", "127.0.0.1", "app", NULL, NULL, 5000, 20, 0, 5, 0, 10, false, false, -1, -1, -1, NULL},
    {"reports", "127.0.0.1", "reports", NULL, "session", 5001, 10, 0, 0, 50, 2, false, false, -1,
     -1, -1, NULL},
};
static const struct pgb_stats sample_stats[] = {
    {"app", 184000, 552000, 91000000, 410000000, 736000000, 276000000, 920000, -1},
    {"reports", 320, 960, 120000, 88000000, 41600000, 33600000, 0, -1},
};
static const struct pgb_rates sample_rates[] = {
    {"app", true, false, 212, 636, 104857, 471859, 4000, 500, 5, 1060},
    {"reports", true, false, 0.5, 1.5, 190, 139264, 130000, 35000, 0, 0},
};

#define COPY(b, table) arena_memdup(arena_of(b), table, sizeof(table))
#define COUNT(table)   ((int)(sizeof(table) / sizeof *(table)))

static void make_bouncer(struct sb *b)
{
    struct arena *a = arena_of(b);
    struct pgb_pools *pools = arena_new(a, struct pgb_pools);
    struct pgb_databases *databases = arena_new(a, struct pgb_databases);
    struct pgb_stats_set *stats = arena_new(a, struct pgb_stats_set);
    *pools = (struct pgb_pools){COUNT(sample_pools), COPY(b, sample_pools)};
    *databases = (struct pgb_databases){COUNT(sample_databases), COPY(b, sample_databases)};
    *stats = (struct pgb_stats_set){COUNT(sample_stats), COPY(b, sample_stats)};
    b->bouncers = arena_array(a, 2, struct bouncer);
    b->s->bouncers = b->bouncers;
    b->s->nbouncers = 1;
    struct source_state ok = answered(b, "127.0.0.1:6432", USEC_PER_MS);
    b->bouncers[0] = (struct bouncer){.name = "pgbouncer",
                                      .endpoint = "127.0.0.1:6432",
                                      .state = ok,
                                      .version = {11800, "PgBouncer 1.18.0"},
                                      .pools = pools,
                                      .databases = databases,
                                      .stats = stats,
                                      .pools_state = ok,
                                      .databases_state = ok,
                                      .stats_state = ok,
                                      .nrates = COUNT(sample_rates),
                                      .rates = COPY(b, sample_rates)};
}

static struct sb *sb_empty(int64_t now_us)
{
    struct sb *b = calloc(1, sizeof *b);
    if (!b || now_us < SB_SEC(900))
        abort();
    struct snapshot *s = snapshot_new();
    b->s = s;
    b->now_us = now_us;
    b->members = arena_array(&s->arena, ROOM, struct member);
    s->members = b->members;
    s->id = 41;
    s->mono_us = now_us;
    s->wall_us = SB_WALL_US;
    s->cluster = "lab";
    s->environment = ENV_TEST;
    s->refresh_us = SB_SEC(1);
    s->view.endpoint = s->config_state.endpoint = s->history_state.endpoint = "";
    s->view.detail = s->config_state.detail = s->history_state.detail = "";
    return b;
}

struct sb *sb_new(int64_t now_us)
{
    struct sb *b = sb_empty(now_us);
    b->s->view = answered(b, "http://10.0.0.1:8008", 5 * USEC_PER_MS);
    b->s->view_member = "pg1";
    b->s->leader = 0;
    make_member(b, "pg1", true);
    make_member(b, "pg2", false);
    make_member(b, "pg3", false);
    sb_streams(b, "pg1", (const char *const[]){"pg2", "pg3", NULL});
    make_history(b);
    make_config(b);
    make_bouncer(b);
    sb_finish(b);
    return b;
}

struct sb *sb_new_41(int64_t now_us)
{
    struct sb *b = sb_new(now_us);
    b->s->scope = "lab";
    for (int i = 0; i < b->s->nmembers; i++) {
        struct cluster_member *r = mutable(b->members[i].dcs);
        struct member_health *h = mutable(b->members[i].health);
        h->patroni_version = "4.1.4";
        h->patroni_version_num = 40104;
        h->name = b->members[i].name;
        if (i == b->s->leader) {
            h->role_text = "primary";
            continue;
        }
        h->replication_state = "streaming";
        r->state = PGS_STREAMING;
        r->state_text = "streaming";
        r->receive_lag = r->replay_lag = 0;
        r->receive_lsn = r->replay_lsn = LOCATION;
    }
    sb_finish(b);
    return b;
}

void sb_finish(struct sb *b)
{
    struct snapshot *s = b->s;
    int64_t max_age = SB_SEC(5);
    topology_find_upstreams(b->members, s->nmembers, s->leader, b->now_us, max_age);
    for (int i = 0; i < s->nmembers; i++)
        b->members[i].lag =
            lag_measure(&b->members[i], snapshot_leader(s), &s->view, max_age, b->now_us);
}

const struct snapshot *sb_take(struct sb *b)
{
    sb_finish(b);
    const struct snapshot *s = b->s;
    free(b);
    return s;
}

void sb_free(struct sb *b)
{
    snapshot_unref(b->s);
    free(b);
}

int sb_index(const struct sb *b, const char *name)
{
    for (int i = 0; i < b->s->nmembers; i++)
        if (strcmp(b->members[i].name, name) == 0)
            return i;
    fprintf(stderr, "snapshot_builder: no member \"%s\"\n", name);
    abort();
}

struct member *sb_member(struct sb *b, const char *name)
{
    return &b->members[sb_index(b, name)];
}

struct cluster_member *sb_row(struct sb *b, const char *name)
{
    return mutable(sb_member(b, name)->dcs);
}

struct member_health *sb_health(struct sb *b, const char *name)
{
    return mutable(sb_member(b, name)->health);
}

struct pgb_pool *sb_pool(struct sb *b, int bouncer, int row)
{
    return mutable(&b->bouncers[bouncer].pools->v[row]);
}

struct pgb_database *sb_database(struct sb *b, int bouncer, int row)
{
    return mutable(&b->bouncers[bouncer].databases->v[row]);
}

void sb_fail(struct sb *b, struct source_state *st, enum obs_outcome outcome, int64_t silent_us)
{
    st->outcome = outcome;
    st->asked_us = b->now_us - 100 * USEC_PER_MS;
    st->since_us = b->now_us - silent_us;
    st->answered_us = b->now_us - silent_us;
    st->detail = outcome == OBS_REFUSED ? "connection refused" : obs_outcome_name(outcome);
}

void sb_never_answered(struct sb *b, struct source_state *st, enum obs_outcome outcome)
{
    sb_fail(b, st, outcome, SB_SEC(60));
    st->answered_us = st->latency_us = 0;
}

void sb_answered(struct sb *b, struct source_state *st, int64_t age_us)
{
    st->outcome = OBS_ANSWERED;
    st->asked_us = st->answered_us = b->now_us - age_us;
    st->detail = "";
}

void sb_add_replica(struct sb *b, const char *name)
{
    make_member(b, name, false);
}

void sb_vanish(struct sb *b, const char *name, int64_t ago_us)
{
    int i = sb_index(b, name);
    struct member *m = &b->members[i];
    m->listed = false;
    m->last_seen_us = b->now_us - ago_us;
    m->last_seen_wall_us = SB_WALL_US - ago_us;
    if (b->s->leader == i)
        sb_no_leader(b, ago_us);
}

void sb_streams(struct sb *b, const char *upstream, const char *const *names)
{
    struct replication_row *rows = arena_array(arena_of(b), ROOM, struct replication_row);
    int n = 0;
    for (; n < ROOM && names[n]; n++)
        rows[n] = (struct replication_row){.application_name = names[n],
                                           .client_addr = "10.0.0.9",
                                           .usename = "replicator",
                                           .state = "streaming",
                                           .sync_state = "async"};
    sb_health(b, upstream)->replication = rows;
    sb_health(b, upstream)->nreplication = n;
}

void sb_lag(struct sb *b, const char *name, int64_t receive, int64_t replay)
{
    struct member *m = sb_member(b, name);
    struct cluster_member *r = mutable(m->dcs);
    struct member_health *h = mutable(m->health);
    r->lag = receive;
    if (r->receive_lag != LAG_UNKNOWN) {
        r->receive_lag = receive;
        r->replay_lag = replay;
    }
    /* Far enough along for any lag a test may want. */
    const lsn_t end = LOCATION + (UINT64_C(64) << 30);
    for (int i = 0; i < b->s->nmembers; i++) {
        struct member_health *other = mutable(b->members[i].health);
        lsn_t old = b->s->leader >= 0 ? b->members[b->s->leader].health->location : LOCATION;
        if (other == h || !other || old == end || old == LSN_UNKNOWN)
            continue;
        if (other->received != LSN_UNKNOWN) {
            other->received += end - old;
            other->replayed += end - old;
        }
    }
    if (b->s->leader >= 0)
        ((struct member_health *)mutable(b->members[b->s->leader].health))->location = end;
    h->received = end - (lsn_t)receive;
    h->replayed = end - (lsn_t)replay;
    m->receive_lag = series_of(b, receive);
    m->replay_lag = series_of(b, replay);
    sb_finish(b);
}

static struct tags tags_with(struct sb *b, const struct tags *old, const char *key,
                             const char *value)
{
    struct tags t = *old;
    struct tag *v = arena_array(arena_of(b), (size_t)t.n + 1, struct tag);
    if (t.n)
        memcpy(v, t.v, (size_t)t.n * sizeof *v);
    v[t.n++] = (struct tag){arena_strdup(arena_of(b), key), arena_strdup(arena_of(b), value)};
    t.v = v;
    bool yes = strcmp(value, "true") == 0;
    t.nofailover |= strcmp(key, "nofailover") == 0 && yes;
    t.noloadbalance |= strcmp(key, "noloadbalance") == 0 && yes;
    t.nosync |= strcmp(key, "nosync") == 0 && yes;
    t.clonefrom |= strcmp(key, "clonefrom") == 0 && yes;
    t.nostream |= strcmp(key, "nostream") == 0 && yes;
    if (strcmp(key, "replicatefrom") == 0)
        t.replicatefrom = v[t.n - 1].value;
    if (strcmp(key, "failover_priority") == 0) {
        t.has_failover_priority = true;
        t.failover_priority = strtol(value, NULL, 10);
        t.nofailover |= t.failover_priority <= 0;
    }
    return t;
}

void sb_tag(struct sb *b, const char *name, const char *key, const char *value)
{
    struct tags t = tags_with(b, &sb_row(b, name)->tags, key, value);
    sb_row(b, name)->tags = t;
    sb_health(b, name)->tags = t;
}

static void become(struct sb *b, int i, bool leader)
{
    struct cluster_member *r = mutable(b->members[i].dcs);
    struct member_health *h = mutable(b->members[i].health);
    r->role = h->role = leader ? ROLE_LEADER : ROLE_REPLICA;
    r->role_text = leader ? "leader" : "replica";
    h->role_text = !leader ? "replica" : h->patroni_version_num >= 40000 ? "primary" : "master";
    lsn_t at = leader ? (h->received > h->replayed ? h->received : h->replayed) : h->location;
    h->location = leader ? at : LSN_UNKNOWN;
    h->received = h->replayed = leader ? LSN_UNKNOWN : at;
    h->nreplication = 0;
    if (leader)
        r->lag = LAG_UNKNOWN;
    else
        r->lag = 0;
}

void sb_lead(struct sb *b, const char *name, bool promote)
{
    int i = sb_index(b, name), old = b->s->leader;
    const char *names[ROOM + 1];
    int n = 0;
    if (old >= 0 && old != i)
        become(b, old, false);
    if (old != i)
        become(b, i, true);
    b->s->leader = i;
    b->s->no_leader_since_us = 0;
    for (int k = 0; k < b->s->nmembers; k++) {
        struct member *m = &b->members[k];
        if (promote && m->listed) {
            ((struct cluster_member *)mutable(m->dcs))->timeline++;
            ((struct member_health *)mutable(m->health))->timeline++;
        }
        if (k != i && m->listed)
            names[n++] = m->name;
    }
    names[n] = NULL;
    sb_streams(b, name, names);
    sb_systems_lead(b, i);
    sb_finish(b);
}

void sb_no_leader(struct sb *b, int64_t since_us)
{
    b->s->leader = -1;
    b->s->no_leader_since_us = b->now_us - since_us;
    sb_systems_lead(b, -1);
}
