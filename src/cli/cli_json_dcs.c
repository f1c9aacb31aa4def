/* The document of dcs. */
#include "cli_private.h"

static void put_lease(struct wire_json *j, const struct snapshot *s, int64_t id, int64_t now_us)
{
    int64_t left = id ? snapshot_lease_left(s, id, now_us) : INT64_MIN;
    wire_json_int(j, "lease_left_ms", left == INT64_MIN ? INT64_MIN : left / USEC_PER_MS);
}

static void put_count(struct wire_json *j, const char *key, int64_t v)
{
    wire_json_int(j, key, v < 0 ? INT64_MIN : v);
}

static void put_keys(struct wire_json *root, const struct snapshot *s, int64_t now_us)
{
    const struct dcs *d = s->dcs;
    struct wire_json *j = wire_json_add_object(root, "keys");
    wire_json_str(j, "prefix", d->prefix);
    wire_json_int(j, "revision", d->revision);
    wire_json_str(j, "leader", d->leader);
    put_lease(j, s, d->leader_lease, now_us);
    wire_json_bool(j, "request", d->failover.present);
    wire_json_str(j, "request_leader", d->failover.leader);
    wire_json_str(j, "request_candidate", d->failover.candidate);
    wire_json_str(j, "request_scheduled_at", d->failover.scheduled_at);
    wire_json_str(j, "sync_standbys", d->sync.present ? d->sync.standbys : NULL);
    wire_json_bool(j, "failsafe", d->failsafe);
    struct wire_json *list = wire_json_add_array(j, "members");
    for (int i = 0; i < d->nmembers; i++) {
        const struct dcs_member *m = &d->members[i];
        struct wire_json *o = wire_json_add_object(list, NULL);
        wire_json_str(o, "name", m->name);
        wire_json_str(o, "role", role_name(m->row.role));
        wire_json_str(o, "state", m->row.state_text);
        cli_put_positive(o, "timeline", m->row.timeline);
        cli_put_lsn(o, "location", m->location);
        put_lease(o, s, m->lease, now_us);
        wire_json_int(o, "revision", m->mod_revision);
    }
}

static void put_endpoint(struct wire_json *list, const struct snapshot *s, int i, int64_t now_us)
{
    static const char *const healths[] = {NULL, "healthy", "unhealthy"};
    static const char *const alarms[] = {NULL, "NOSPACE", "CORRUPT"};
    const struct etcd_endpoint *e = &s->endpoints[i];
    struct wire_json *j = wire_json_add_object(list, NULL);
    wire_json_str(j, "url", e->url);
    wire_json_str(j, "name", e->name);
    wire_json_str(j, "version", e->version);
    wire_json_str(j, "health", healths[e->health]);
    wire_json_str(j, "health_reason",
                  e->health_reason && *e->health_reason ? e->health_reason : NULL);
    wire_json_str(j, "alarm", alarms[e->alarm]);
    if (e->has_leader_word)
        wire_json_bool(j, "raft_leader", e->is_leader);
    else
        wire_json_null(j, "raft_leader");
    wire_json_bool(j, "learner", e->is_learner);
    put_count(j, "term", e->term);
    put_count(j, "raft_index", e->raft_index);
    put_count(j, "applied_index", e->applied_index);
    put_count(j, "db_size_bytes", e->db_size);
    put_count(j, "db_in_use_bytes", e->db_in_use);
    put_count(j, "db_quota_bytes", e->db_quota);
    wire_json_bool(j, "status_denied", e->status_denied);
    cli_put_source(j, "source", &s->endpoint_states[i], s->refresh_us, now_us);
}

void cli_json_dcs(struct wire_json *root, const struct snapshot *s, int64_t now_us)
{
    wire_json_bool(root, "configured", s->etcd_configured);
    wire_json_bool(root, "watched", s->dcs_leads);
    cli_put_source(root, "watch", &s->dcs_state, s->refresh_us, now_us);
    if (s->dcs)
        put_keys(root, s, now_us);
    else
        wire_json_null(root, "keys");
    struct wire_json *list = wire_json_add_array(root, "endpoints");
    for (int i = 0; i < s->nendpoints; i++)
        put_endpoint(list, s, i, now_us);
}
