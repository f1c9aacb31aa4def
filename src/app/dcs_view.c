#include "dcs_view.h"

#include <string.h>

#include "pgdba/model/dcs.h"

/* In a comma list, as synchronous standbys are kept. */
static bool listed(const char *list, const char *name)
{
    size_t n = strlen(name);
    while (list && *list) {
        size_t len = strcspn(list, ",");
        if (len == n && strncmp(list, name, n) == 0)
            return true;
        list += len;
        list += *list == ',';
    }
    return false;
}

static enum role role_of(const struct dcs *d, const struct dcs_member *m)
{
    const struct dynamic_config *c = d->config;
    if (d->leader && strcmp(d->leader, m->name) == 0)
        return c && c->standby_cluster ? ROLE_STANDBY_LEADER : ROLE_LEADER;
    if (c && c->synchronous_mode && d->sync.present && listed(d->sync.standbys, m->name))
        return c->synchronous_quorum ? ROLE_QUORUM_STANDBY : ROLE_SYNC_STANDBY;
    return ROLE_REPLICA;
}

/* Patroni's words in /cluster. */
static const char *const role_words[ROLE_COUNT] = {
    [ROLE_LEADER] = "leader",
    [ROLE_STANDBY_LEADER] = "standby_leader",
    [ROLE_SYNC_STANDBY] = "sync_standby",
    [ROLE_QUORUM_STANDBY] = "quorum_standby",
    [ROLE_REPLICA] = "replica",
};

static void make_row(const struct dcs *d, const struct dcs_member *m, struct cluster_member *out)
{
    *out = m->row;
    out->name = m->name;
    out->role = role_of(d, m);
    out->role_text = role_words[out->role];
    if (m->replication_state && out->state == PGS_RUNNING && !role_is_leader(out->role)) {
        out->state_text = m->replication_state;
        out->state = pg_state_parse(m->replication_state);
    }
    out->lag = out->receive_lag = out->replay_lag = LAG_UNKNOWN;
    out->receive_lsn = m->received;
    out->replay_lsn = m->replayed;
    if (!role_is_leader(out->role))
        out->lag = lsn_lag(d->optime, m->location);
}

struct facts *dcs_view_of(struct facts *dcs)
{
    const struct dcs *d = dcs->root;
    struct facts *f = facts_new();
    struct cluster_view *v = arena_array(&f->arena, 1, struct cluster_view);
    struct cluster_member *rows =
        arena_array(&f->arena, (size_t)d->nmembers, struct cluster_member);
    for (int i = 0; i < d->nmembers; i++)
        make_row(d, &d->members[i], &rows[i]);
    *v = (struct cluster_view){
        .paused = d->config && d->config->paused, .nmembers = d->nmembers, .members = rows};
    if (d->failover.present && d->failover.scheduled_at) {
        v->switchover_at = d->failover.scheduled_at;
        v->switchover_from = d->failover.leader;
        v->switchover_to = d->failover.candidate;
    }
    f->root = v;
    f->from = facts_ref(dcs);
    return f;
}
