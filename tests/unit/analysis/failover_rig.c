#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failover_rig.h"
#include "pgdba/analysis/carry.h"
#include "pgdba/analysis/events.h"

#define TICK MS(100)

static const char *const names[NODES] = {"pg1", "pg2", "pg3"};

void rig_init(struct rig *r)
{
    *r = (struct rig){.now_us = SB_NOW_US, .pg_asked = true, .revision = 100, .leader_term = 50};
    buf_init(&r->kinds);
    r->fold = failover_fold_new("lab");
    for (int i = 0; i < NODES; i++)
        r->node[i] = (struct rig_node){.api = OBS_ANSWERED,
                                       .pg = OBS_ANSWERED,
                                       .role = i ? ROLE_REPLICA : ROLE_LEADER,
                                       .state = PGS_RUNNING,
                                       .sql = true,
                                       .timeline = 3,
                                       .recovery = i != 0,
                                       .streams = i != 0,
                                       .pg_timeline = 3,
                                       .key = true,
                                       .key_role = i ? ROLE_REPLICA : ROLE_LEADER,
                                       .key_state = PGS_RUNNING,
                                       .key_timeline = 3,
                                       .key_lease = 0x11 + i,
                                       .renewed_us = SB_NOW_US};
    rig_revision(r);
    rig_pass(r, SB_SEC(3));
}

void rig_rest_only(struct rig *r)
{
    rig_init(r);
    r->rest_only = true;
    rig_pass(r, SB_SEC(1));
}

static void dcs_free(struct dcs *d)
{
    if (!d)
        return;
    free((void *)(uintptr_t)d->members);
    free(d);
}

void rig_release(struct rig *r)
{
    failover_fold_free(r->fold);
    snapshot_unref(r->last);
    dcs_free(r->keys);
    buf_release(&r->kinds);
}

static void hear(void *arg, const struct event *e)
{
    struct rig *r = arg;
    buf_addf(&r->kinds, "%s %s: %s\n", event_kind_name(e->kind), e->subject, e->text);
    failover_fold_event(r->fold, e);
}

/* ---- the keys */

static const char *role_text(enum role role)
{
    return role == ROLE_LEADER ? "master" : role_name(role);
}

static struct dcs *keys_new(const struct rig *r)
{
    struct dcs *d = calloc(1, sizeof *d);
    struct dcs_member *v = calloc(NODES, sizeof *v);
    assert_true(d && v);
    *d = (struct dcs){.prefix = "/service/lab/",
                      .revision = r->revision,
                      .members = v,
                      .failover = r->request,
                      .initialize = "1",
                      .optime = LSN_UNKNOWN};
    for (int i = 0; i < NODES; i++) {
        const struct rig_node *n = &r->node[i];
        if (!n->key)
            continue;
        v[d->nmembers++] = (struct dcs_member){
            .name = names[i],
            .location = 0x5000A58,
            .lease = n->key_lease,
            .create_revision = 40,
            .mod_revision = r->revision,
            .row = {.name = names[i],
                    .role = n->key_role,
                    .role_text = role_text(n->key_role),
                    .state = n->key_state,
                    .state_text =
                        n->key_state == PGS_FAILED ? "crashed" : pg_state_name(n->key_state),
                    .timeline = n->key_timeline}};
    }
    if (r->leader >= 0) {
        d->leader = names[r->leader];
        d->leader_lease = r->node[r->leader].key_lease;
        d->leader_term_rev = r->leader_term;
    }
    return d;
}

void rig_revision(struct rig *r)
{
    r->revision++;
    struct dcs *next = keys_new(r);
    next->whole = r->interrupted;
    events_of_dcs(r->keys, next, r->now_us, SB_WALL_US + r->now_us, r->since_us, hear, r);
    dcs_free(r->keys);
    r->keys = next;
    r->interrupted = false;
}

/* ---- a snapshot */

static void source(const struct rig *r, struct source_state *st, enum obs_outcome how,
                   int64_t *answered_us)
{
    if (how == OBS_ANSWERED)
        *answered_us = r->now_us;
    *st = (struct source_state){.outcome = how,
                                .asked_us = r->now_us,
                                .answered_us = *answered_us,
                                .since_us = *answered_us,
                                .endpoint = "",
                                .detail = how == OBS_ANSWERED ? "" : obs_outcome_name(how)};
}

static void make_node(struct rig *r, struct sb *b, int i, const struct member *was)
{
    struct rig_node *n = &r->node[i];
    struct member *m = &b->members[i];
    struct member_health *h = sb_health(b, names[i]);
    source(r, &m->api, n->api, &n->api_us);
    source(r, &m->pg, r->pg_asked ? n->pg : OBS_NEVER, &n->pg_us);
    h->state = n->state;
    h->state_text = n->state == PGS_FAILED ? "crashed" : pg_state_name(n->state);
    h->role = n->role;
    h->role_text = role_text(n->role);
    h->has_sql = n->sql;
    h->timeline = n->sql ? n->timeline : 0;
    h->failsafe_active = n->failsafe;
    h->cluster_unlocked = n->unlocked;
    h->replication_state = n->replication_state;
    h->location = n->sql && n->role == ROLE_LEADER ? 0x5000A58 : LSN_UNKNOWN;
    h->nreplication = 0;
    struct pg_self *p = arena_new(&b->s->arena, struct pg_self);
    *p = (struct pg_self){.in_recovery = n->recovery,
                          .read_only = n->read_only,
                          .timeline = n->pg_timeline,
                          .lsn = 0x5000A58,
                          .received = n->recovery ? 0x5000A58 : LSN_UNKNOWN,
                          .receiver = n->streams ? "streaming" : ""};
    m->pg_self = n->pg_us ? p : NULL;
    if (was && n->api != OBS_ANSWERED) /* the last answer stays */
        m->health = arena_memdup(&b->s->arena, was->health, sizeof *was->health);
    if (was && was->pg_self && n->pg != OBS_ANSWERED)
        m->pg_self = arena_memdup(&b->s->arena, was->pg_self, sizeof *was->pg_self);
}

/* /cluster, or the keys as it would show them. */
static void make_rows(struct rig *r, struct sb *b)
{
    struct snapshot *s = b->s;
    for (int i = 0; i < NODES; i++) {
        const struct rig_node *n = &r->node[i];
        struct cluster_member *row = sb_row(b, names[i]);
        b->members[i].listed = n->key;
        row->role = i == r->leader ? ROLE_LEADER : ROLE_REPLICA;
        row->state = n->key_state;
        row->state_text = n->key_state == PGS_FAILED ? "crashed" : pg_state_name(n->key_state);
        row->timeline = n->key_timeline;
    }
    s->leader = r->leader;
    if (r->view_fails)
        sb_fail(b, &s->view, OBS_GARBLED, SB_SEC(1));
    else
        sb_answered(b, &s->view, 0);
}

static void make_etcd(struct rig *r, struct sb *b)
{
    struct snapshot *s = b->s;
    if (r->rest_only)
        return;
    s->etcd_configured = true;
    s->dcs_leads = !r->etcd_down;
    struct dcs *d = arena_memdup(&s->arena, r->keys, sizeof *r->keys);
    d->members = arena_memdup(&s->arena, d->members, NODES * sizeof *d->members);
    s->dcs = d;
    if (r->etcd_down)
        sb_fail(b, &s->dcs_state, OBS_TIMED_OUT, SB_SEC(1));
    else
        sb_answered(b, &s->dcs_state, 0);
    struct dcs_lease *l = arena_array(&s->arena, 1, struct dcs_lease);
    if (r->leader < 0 || r->etcd_down)
        return;
    struct rig_node *n = &r->node[r->leader];
    if (n->api == OBS_ANSWERED && r->now_us - n->renewed_us >= SB_SEC(10))
        n->renewed_us = r->now_us;
    *l = (struct dcs_lease){.id = n->key_lease,
                            .ttl_s = 30 - (r->now_us - n->renewed_us + SB_SEC(1) - 1) / SB_SEC(1),
                            .granted_s = 30,
                            .at_us = r->now_us,
                            .outcome = OBS_ANSWERED};
    s->leases = l;
    s->nleases = 1;
}

static void make_routes(struct rig *r, struct sb *b)
{
    if (r->no_routes) {
        b->s->nbouncers = 0;
        return;
    }
    sb_haproxy(b);
    sb_ha_sends(b, r->ha >= 0 ? names[r->ha] : NULL);
    sb_answered(b, (struct source_state *)(uintptr_t)&b->s->haproxies[0].state, 0);
    sb_no_servers(b);
    if (r->pool >= 0)
        sb_servers_at(b, names[r->pool], 4);
    sb_answered(b, &b->bouncers[0].servers_state, 0);
}

static void walsenders(struct rig *r, struct sb *b)
{
    const char *who[NODES + 1] = {NULL};
    int n = 0;
    for (int i = 0; i < NODES; i++)
        if (i != r->leader && r->node[i].streams && r->node[i].sql)
            who[n++] = names[i];
    if (r->leader >= 0 && r->node[r->leader].sql && r->node[r->leader].role == ROLE_LEADER)
        sb_streams(b, names[r->leader], who);
}

static void tick(struct rig *r)
{
    struct sb *b = sb_new(r->now_us);
    b->s->wall_us = SB_WALL_US + r->now_us;
    for (int i = 0; i < NODES; i++)
        make_node(r, b, i, r->last ? &r->last->members[i] : NULL);
    walsenders(r, b);
    make_rows(r, b);
    make_routes(r, b);
    make_etcd(r, b);
    b->s->probe = r->probe ? arena_memdup(&b->s->arena, r->probe, sizeof *r->probe) : NULL;
    sb_finish(b);
    carry_since(b->s, b->members, r->last);
    const struct snapshot *s = sb_take(b), *before = r->last;
    events_of_snapshots(before, s, hear, r);
    failover_fold_snapshot(r->fold, s, r->now_us, s->wall_us);
    r->last = s;
    snapshot_unref(before);
}

void rig_pass(struct rig *r, int64_t us)
{
    for (int64_t end = r->now_us + us; r->now_us < end;) {
        r->now_us += TICK;
        tick(r);
    }
}

/* ---- what happens to nodes */

void rig_silence(struct rig *r, int n, enum obs_outcome how)
{
    r->node[n].api = r->node[n].pg = how;
}

void rig_follow(struct rig *r, int n, int64_t timeline)
{
    struct rig_node *d = &r->node[n];
    d->role = d->key_role = ROLE_REPLICA;
    d->state = d->key_state = PGS_RUNNING;
    d->sql = d->recovery = d->streams = true;
    d->timeline = d->pg_timeline = d->key_timeline = timeline;
}

void rig_return(struct rig *r, int n, int64_t timeline)
{
    rig_silence(r, n, OBS_ANSWERED);
    r->node[n].key = true;
    r->node[n].key_lease += 0x100;
    rig_follow(r, n, timeline);
}

void rig_promote(struct rig *r, int n)
{
    struct rig_node *d = &r->node[n];
    d->role = ROLE_LEADER;
    d->recovery = d->streams = false;
    d->sql = true;
    d->state = PGS_RUNNING;
    d->timeline++;
    d->pg_timeline = d->timeline;
}

void rig_route(struct rig *r, int n)
{
    r->ha = r->pool = n;
}

/* ---- what came of it */

const struct failover *rig_open(struct rig *r)
{
    struct failover_list list;
    failover_fold_list(r->fold, &list);
    return list.open;
}

const struct failover *rig_kept(struct rig *r, int i)
{
    struct failover_list list;
    failover_fold_list(r->fold, &list);
    return i < list.n ? list.v[i] : NULL;
}

const struct failover_phase *rig_phase(const struct failover *f, enum failover_phase_id id,
                                       const char *subject)
{
    for (int i = 0; f && i < f->nphases; i++)
        if (f->phases[i].id == id && strcmp(f->phases[i].subject, subject) == 0)
            return &f->phases[i];
    fail_msg("no phase %s of \"%s\"", failover_phase_key(id), subject);
    return NULL;
}

void assert_table(const struct failover *f, const char *table)
{
    struct buf b;
    assert_non_null(f);
    buf_init(&b);
    failover_table(f, false, &b);
    if (strcmp(b.s, table) != 0) {
        struct buf full;
        buf_init(&full);
        failover_table(f, true, &full);
        print_message("with times:\n%s", full.s);
        buf_release(&full);
    }
    assert_string_equal(b.s, table);
    buf_release(&b);
}
