/* The systems around a cluster, for tests: etcd, HAProxy, PostgreSQL asked directly, PgBouncer's
 * servers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot_builder_private.h"

#define LEASE     INT64_C(7587878300000000) /* of the first member; then one more each */
#define ENDPOINTS 3
#define SERVERS   64

static void *found(void *p, const char *what, const char *name)
{
    if (!p) {
        fprintf(stderr, "snapshot_builder: no %s \"%s\"\n", what, name);
        abort();
    }
    return p;
}

/* ---- etcd */

static void make_cluster_view(struct sb *b)
{
    struct snapshot *s = b->s;
    struct arena *a = sb_arena(b);
    struct cluster_member *rows = arena_array(a, SB_ROOM, struct cluster_member);
    int n = 0;
    for (int i = 0; i < s->nmembers; i++)
        if (b->members[i].listed && b->members[i].dcs)
            rows[n++] = *b->members[i].dcs;
    b->cluster_view = arena_new(a, struct cluster_view);
    *b->cluster_view = (struct cluster_view){
        .scope = s->scope, .paused = s->paused, .nmembers = n, .members = rows};
    s->cluster_view = b->cluster_view;
    s->cluster_state = s->view;
}

static void make_keys(struct sb *b)
{
    struct snapshot *s = b->s;
    struct arena *a = sb_arena(b);
    struct dcs_member *v = arena_array(a, SB_ROOM, struct dcs_member);
    int n = 0;
    for (int i = 0; i < s->nmembers; i++) {
        const struct member *m = &b->members[i];
        if (!m->listed || !m->dcs)
            continue;
        lsn_t at = !m->health ? LSN_UNKNOWN
                              : (m->health->location != LSN_UNKNOWN ? m->health->location
                                                                    : m->health->received);
        v[n++] = (struct dcs_member){.name = m->name,
                                     .row = *m->dcs,
                                     .location = at,
                                     .replayed = m->health ? m->health->replayed : LSN_UNKNOWN,
                                     .received = LSN_UNKNOWN,
                                     .patroni_version = "3.0.2",
                                     .lease = LEASE + i,
                                     .create_revision = 10 + i,
                                     .mod_revision = 60 + i};
    }
    b->dcs = arena_new(a, struct dcs);
    *b->dcs = (struct dcs){.prefix = "/service/lab/",
                           .revision = 80,
                           .nmembers = n,
                           .members = v,
                           .optime = LSN_UNKNOWN,
                           .config = s->config,
                           .history = s->history,
                           .initialize = "7710399339470515418"};
    s->dcs = b->dcs;
}

static void make_endpoints(struct sb *b)
{
    struct arena *a = sb_arena(b);
    b->endpoints = arena_array(a, ENDPOINTS, struct etcd_endpoint);
    b->endpoint_states = arena_array(a, ENDPOINTS, struct source_state);
    for (int i = 0; i < ENDPOINTS; i++) {
        const char *url = arena_printf(a, "http://10.0.1.%d:2379", i + 1);
        b->endpoints[i] = (struct etcd_endpoint){.url = url,
                                                 .name = arena_printf(a, "etcd%d", i + 1),
                                                 .version = "3.4.23",
                                                 .member_id = 1001 + (uint64_t)i,
                                                 .leader_id = 1001,
                                                 .has_leader_word = true,
                                                 .is_leader = i == 0,
                                                 .term = 7,
                                                 .raft_index = 430,
                                                 .applied_index = 430,
                                                 .db_size = 126976,
                                                 .db_in_use = 118784,
                                                 .db_quota = INT64_C(2) << 30,
                                                 .health = ETCD_HEALTHY,
                                                 .health_reason = ""};
        b->endpoint_states[i] = sb_answered_now(b, url, USEC_PER_MS);
    }
    b->s->endpoints = b->endpoints;
    b->s->endpoint_states = b->endpoint_states;
    b->s->nendpoints = ENDPOINTS;
    b->s->etcd_members_text = "";
}

void sb_etcd(struct sb *b)
{
    struct snapshot *s = b->s;
    make_cluster_view(b);
    make_keys(b);
    make_endpoints(b);
    s->etcd_configured = s->dcs_leads = true;
    s->dcs_state = sb_answered_now(b, b->endpoints[0].url, USEC_PER_MS);
    s->view = s->dcs_state;
    s->leases = arena_array(sb_arena(b), SB_ROOM, struct dcs_lease);
    for (int i = 0; i < b->dcs->nmembers; i++)
        sb_lease(b, b->dcs->members[i].name, 25, 200 * USEC_PER_MS);
    sb_systems_lead(b, s->leader);
}

struct dcs_member *sb_dcs_member(struct sb *b, const char *name)
{
    return found(sb_mutable(dcs_member_find(b->dcs, name)), "member key", name);
}

static struct dcs_lease *lease_slot(struct sb *b, int64_t id)
{
    struct dcs_lease *v = sb_mutable(b->s->leases);
    for (int i = 0; i < b->s->nleases; i++)
        if (v[i].id == id)
            return &v[i];
    if (b->s->nleases >= SB_ROOM)
        abort();
    return &v[b->s->nleases++];
}

void sb_lease(struct sb *b, const char *name, int64_t left_s, int64_t age_us)
{
    int64_t id = sb_dcs_member(b, name)->lease;
    *lease_slot(b, id) = (struct dcs_lease){.id = id,
                                            .ttl_s = left_s,
                                            .granted_s = 30,
                                            .at_us = b->now_us - age_us,
                                            .outcome = OBS_ANSWERED};
}

void sb_request(struct sb *b, const char *leader, const char *candidate)
{
    b->dcs->failover = (struct dcs_failover){
        .present = true, .leader = leader, .candidate = candidate, .revision = ++b->dcs->revision};
}

struct cluster_member *sb_cluster_row(struct sb *b, const char *name)
{
    struct cluster_member *row = NULL;
    for (int i = 0; i < b->cluster_view->nmembers; i++)
        if (strcmp(b->cluster_view->members[i].name, name) == 0)
            row = sb_mutable(&b->cluster_view->members[i]);
    return found(row, "row of /cluster", name);
}

static void etcd_lead(struct sb *b, int i)
{
    struct dcs *d = b->dcs;
    bool same = i >= 0 && d->leader && strcmp(d->leader, b->members[i].name) == 0;
    d->leader = i >= 0 ? b->members[i].name : NULL;
    d->leader_lease = i >= 0 ? sb_dcs_member(b, d->leader)->lease : 0;
    if (!same)
        d->leader_term_rev = i >= 0 ? ++d->revision : 0;
    for (int k = 0; k < d->nmembers; k++) {
        struct cluster_member *row = sb_mutable(&d->members[k].row);
        const struct member *m = &b->members[sb_index(b, row->name)];
        row->role = k == i ? ROLE_LEADER : ROLE_REPLICA;
        row->role_text = k == i ? "master" : "replica";
        row->timeline = m->dcs ? m->dcs->timeline : row->timeline;
    }
    for (int k = 0; k < b->cluster_view->nmembers; k++) {
        struct cluster_member *row = sb_mutable(&b->cluster_view->members[k]);
        bool leads = d->leader && strcmp(row->name, d->leader) == 0;
        row->role = leads ? ROLE_LEADER : ROLE_REPLICA;
        row->role_text = leads ? "leader" : "replica";
    }
}

/* ---- PostgreSQL, asked directly */

static void postgres_lead(struct sb *b, int i)
{
    for (int k = 0; k < b->s->nmembers; k++) {
        struct pg_self *p = sb_mutable(b->members[k].pg_self);
        const struct member_health *h = b->members[k].health;
        if (!p || !h)
            continue;
        bool primary = i >= 0 ? k == i : !p->in_recovery; /* no lock: nothing changes by itself */
        p->in_recovery = !primary;
        p->timeline = h->timeline;
        p->lsn = h->location != LSN_UNKNOWN ? h->location : h->replayed;
        p->received = primary ? LSN_UNKNOWN : h->received;
        p->receiver = primary ? "" : "streaming";
    }
}

void sb_postgres(struct sb *b)
{
    struct arena *a = sb_arena(b);
    for (int i = 0; i < b->s->nmembers; i++) {
        struct member *m = &b->members[i];
        struct pg_self *p = arena_new(a, struct pg_self);
        *p = (struct pg_self){.server_version = 150020,
                              .in_recovery = true,
                              .system_id = "7710399339470515418",
                              .started_at = "2026-11-20 23:28:46.856609+00:00"};
        m->pg_self = p;
        m->pg =
            sb_answered_now(b, arena_printf(a, "10.0.0.%d:5432/postgres", i + 1), 2 * USEC_PER_MS);
    }
    postgres_lead(b, b->s->leader);
}

struct pg_self *sb_pg(struct sb *b, const char *name)
{
    return found(sb_mutable(sb_member(b, name)->pg_self), "PostgreSQL of", name);
}

/* ---- HAProxy */

static struct ha_row ha_row(enum ha_type type, const char *proxy, const char *name)
{
    bool frontend = type == HA_FRONTEND;
    return (struct ha_row){.type = type,
                           .proxy = proxy,
                           .name = name,
                           .status = frontend ? HA_UNKNOWN : HA_UP,
                           .status_text = frontend ? "OPEN" : "UP",
                           .check_status = "",
                           .check_ms = -1,
                           .last_check = "",
                           .sessions = 3,
                           .changed_s = 600,
                           .active = -1,
                           .backups = -1,
                           .addr = ""};
}

void sb_haproxy(struct sb *b)
{
    struct arena *a = sb_arena(b);
    /* Of the snapshot, as those that were read are: who keeps one of them is found out. */
    const char *const proxies[] = {arena_strdup(a, "rw"), arena_strdup(a, "ro")};
    struct ha_stats *stats = arena_new(a, struct ha_stats);
    struct ha_row *v = arena_array(a, (size_t)2 * (SB_ROOM + 2), struct ha_row);
    int n = 0;
    for (int p = 0; p < 2; p++) {
        v[n++] = ha_row(HA_FRONTEND, proxies[p], "FRONTEND");
        for (int i = 0; i < b->s->nmembers; i++)
            v[n++] = ha_row(HA_SERVER, proxies[p], b->members[i].name);
        v[n++] = ha_row(HA_BACKEND, proxies[p], "BACKEND");
    }
    *stats = (struct ha_stats){n, v};
    b->haproxies = arena_array(a, 2, struct haproxy);
    b->haproxies[0] = (struct haproxy){
        .name = arena_strdup(a, "haproxy"),
        .endpoint = "http://127.0.0.1:7000",
        .state = sb_answered_now(b, "http://127.0.0.1:7000", USEC_PER_MS),
        .stats = stats,
    };
    b->s->haproxies = b->haproxies;
    b->s->nhaproxies = 1;
    const struct member *leader = snapshot_leader(b->s);
    sb_ha_sends(b, leader ? leader->name : NULL);
}

void sb_ha_socket(struct sb *b, enum ha_level level)
{
    struct arena *a = sb_arena(b);
    struct ha_info *i = arena_new(a, struct ha_info);
    *i = (struct ha_info){.level = level, .version = "2.6.12", .node = "", .max_conn = 500};
    b->haproxies[0].socket = arena_strdup(a, "/run/lb1.sock");
    b->haproxies[0].info = i;
    b->haproxies[0].info_state = b->haproxies[0].state;
}

struct ha_row *sb_ha_row(struct sb *b, const char *proxy, const char *name)
{
    const struct ha_stats *t = b->haproxies[0].stats;
    struct ha_row *r = NULL;
    for (int i = 0; i < t->n; i++)
        if (strcmp(t->v[i].proxy, proxy) == 0 && strcmp(t->v[i].name, name) == 0)
            r = sb_mutable(&t->v[i]);
    return found(r, "HAProxy row", name);
}

static void count_active(struct sb *b)
{
    const struct ha_stats *t = b->haproxies[0].stats;
    struct ha_row *backend = sb_ha_row(b, "rw", "BACKEND");
    backend->active = 0;
    for (int i = 0; i < t->n; i++)
        if (t->v[i].type == HA_SERVER && strcmp(t->v[i].proxy, "rw") == 0)
            backend->active += ha_row_takes(&t->v[i]);
    backend->status = backend->active ? HA_UP : HA_DOWN;
    backend->status_text = backend->active ? "UP" : "DOWN";
}

void sb_ha_server(struct sb *b, const char *name, enum ha_status status, const char *check_status)
{
    static const char *const words[] = {
        [HA_UNKNOWN] = "?",         [HA_UP] = "UP",
        [HA_GOING_DOWN] = "UP 1/3", [HA_DOWN] = "DOWN",
        [HA_GOING_UP] = "DOWN 1/2", [HA_DRAIN] = "DRAIN",
        [HA_MAINT] = "MAINT",       [HA_NO_CHECK] = "no check",
    };
    struct ha_row *r = sb_ha_row(b, "rw", name);
    r->status = status;
    r->status_text = words[status];
    r->sessions = ha_row_takes(r) ? 3 : 0;
    r->check_status = check_status ? check_status : status == HA_UP ? "L7OK" : "L7STS";
    r->check_code = strcmp(r->check_status, "L7OK") == 0    ? 200
                    : strcmp(r->check_status, "L7STS") == 0 ? 503
                                                            : 0;
    count_active(b);
}

void sb_ha_sends(struct sb *b, const char *name)
{
    for (int i = 0; i < b->s->nmembers; i++) {
        const char *it = b->members[i].name;
        sb_ha_server(b, it, name && strcmp(it, name) == 0 ? HA_UP : HA_DOWN, NULL);
    }
}

/* ---- PgBouncer's servers */

void sb_no_servers(struct sb *b)
{
    struct pgb_servers *v = arena_new(sb_arena(b), struct pgb_servers);
    v->v = arena_array(sb_arena(b), SERVERS, struct pgb_server);
    b->bouncers[0].servers = v;
    b->bouncers[0].servers_state = b->bouncers[0].state;
}

void sb_servers(struct sb *b, const char *addr, int64_t port, int n)
{
    if (!b->bouncers[0].servers)
        sb_no_servers(b);
    struct pgb_servers *s = sb_mutable(b->bouncers[0].servers);
    struct pgb_server *v = sb_mutable(s->v);
    for (; n > 0; n--) {
        if (s->n >= SERVERS)
            abort();
        v[s->n++] = (struct pgb_server){
            .database = "app", .user = "alice", .state = "idle", .addr = addr, .port = port};
    }
}

void sb_servers_at(struct sb *b, const char *name, int n)
{
    const struct cluster_member *row = sb_row(b, name);
    sb_servers(b, row->host, row->port, n);
}

/* ---- together */

void sb_systems_lead(struct sb *b, int i)
{
    if (b->dcs)
        etcd_lead(b, i);
    postgres_lead(b, i);
}

void sb_everything(struct sb *b)
{
    const struct member *leader = snapshot_leader(b->s);
    sb_etcd(b);
    sb_haproxy(b);
    sb_postgres(b);
    sb_no_servers(b);
    if (leader)
        sb_servers_at(b, leader->name, 4);
}

void sb_second_bouncer(struct sb *b, const char *name)
{
    b->bouncers[1] = b->bouncers[0];
    b->bouncers[1].name = name;
    b->s->nbouncers = 2;
}
