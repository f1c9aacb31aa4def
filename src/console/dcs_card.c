/* dcs_card.c: the card of the DCS pane. */
#include "dcs_card.h"

#include <inttypes.h>
#include <string.h>

#include "lease_view.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

static void fact_number(struct doc *d, const char *label, int64_t v)
{
    if (v >= 0)
        card_factf(d, label, "%" PRId64, v);
    else
        card_fact(d, label, "unknown");
}

static void fact_bytes(struct doc *d, const char *label, int64_t v)
{
    char b[FMT_MAX];
    card_fact(d, label, v >= 0 ? fmt_bytes(b, v) : "unknown");
}

static const char *raft_words(const struct etcd_endpoint *e)
{
    return !e->has_leader_word ? "unknown"
           : e->is_leader      ? "leader"
           : !e->leader_id     ? "knows no leader"
           : e->is_learner     ? "learner"
                               : "follower";
}

static void endpoint_group(struct doc *d, const struct etcd_endpoint *e)
{
    static const char *const health[] = {[ETCD_HEALTH_UNKNOWN] = "unknown",
                                         [ETCD_HEALTHY] = "healthy: serves quorum reads",
                                         [ETCD_UNHEALTHY] = "unhealthy"};
    static const char *const alarms[] = {[ETCD_ALARM_NONE] = "none",
                                         [ETCD_ALARM_NOSPACE] = "NOSPACE: it takes no writes",
                                         [ETCD_ALARM_CORRUPT] = "CORRUPT"};
    if (e->status_denied)
        doc_text(d, 2, TR_UNKNOWN,
                 "its status is not ours to read: what is missing is missing for that");
    if (e->name)
        card_factf(d, "member", "%s, id %" PRIx64, e->name, e->member_id);
    card_factf(d, "health", "%s%s%s", health[e->health], *e->health_reason ? ": " : "",
               e->health_reason);
    card_fact(d, "alarm", alarms[e->alarm]);
    card_fact(d, "version", e->version);
    card_fact(d, "raft", raft_words(e));
    fact_number(d, "term", e->term);
    fact_number(d, "raft index", e->raft_index);
    fact_number(d, "applied", e->applied_index);
    fact_bytes(d, "database", e->db_size);
    fact_bytes(d, "of that in use", e->db_in_use);
    if (e->db_quota > 0)
        fact_bytes(d, "quota", e->db_quota);
}

/* ---- keys ----------------------------------------------------------------------------------- */

static const char *lease_words(const struct picture *p, int64_t id, struct arena *a)
{
    struct lease_view v = lease_view_of(p, id, a);
    if (!id)
        return "no lease";
    if (!v.known)
        return arena_printf(a, "lease %" PRIx64 ", time left not known", id);
    if (v.left_s < 0)
        return arena_printf(a, "lease %" PRIx64 ", %s", id, v.text);
    return arena_printf(a, "lease %" PRIx64 ", %" PRId64 " of %" PRId64 " s left", id, v.exact_s,
                        v.granted_s);
}

static void member_keys(const struct picture *p, const struct dcs *k, struct doc *d)
{
    for (int i = 0; i < k->nmembers; i++) {
        const struct dcs_member *m = &k->members[i];
        const char *state = m->row.state_text ? m->row.state_text : "?";
        card_factf(d, i ? "" : "members/", "%s: %s, %s, revision %" PRId64 ", %s%s%s", m->name,
                   m->row.role_text ? m->row.role_text : "?", state, m->mod_revision,
                   lease_words(p, m->lease, d->arena),
                   m->checkpoint_pending ? ", promoted, not yet checkpointed" : "",
                   m->paused ? ", paused" : "");
    }
}

static void request_key(const struct dcs *k, struct doc *d)
{
    const struct dcs_failover *f = &k->failover;
    if (!f->present) {
        card_fact(d, "failover", "no request stands");
        return;
    }
    card_factf(d, "failover", "%s%s%s%s%s%s, revision %" PRId64, f->leader ? "from " : "manual",
               f->leader ? f->leader : "", f->candidate ? " to " : "",
               f->candidate ? f->candidate : "", f->scheduled_at ? " at " : "",
               f->scheduled_at ? f->scheduled_at : "", f->revision);
}

static void keys_group(const struct picture *p, struct doc *d)
{
    const struct dcs *k = p->s->dcs;
    char b[32];
    card_source(d, arena_printf(d->arena, "Keys under %s", k->prefix), &p->s->dcs_state,
                p->s->refresh_us, p->now_us);
    card_factf(d, "as of revision", "%" PRId64, k->revision);
    if (k->leader)
        card_factf(d, "leader", "%s since revision %" PRId64 ", %s", k->leader, k->leader_term_rev,
                   lease_words(p, k->leader_lease, d->arena));
    else
        card_fact(d, "leader", "nobody holds the lock");
    member_keys(p, k, d);
    request_key(k, d);
    card_factf(d, "status", "leader at %s, revision %" PRId64,
               k->optime == LSN_UNKNOWN ? "?" : lsn_format(b, k->optime), k->optime_revision);
    if (k->sync.present)
        card_factf(d, "sync", "leader %s, standbys %s", k->sync.leader ? k->sync.leader : "-",
                   k->sync.standbys ? k->sync.standbys : "-");
    card_fact(d, "initialize",
              !k->initialize    ? "not there"
              : !*k->initialize ? "bootstrapping"
                                : k->initialize);
    card_fact(d, "failsafe", k->failsafe ? "on" : "off");
    if (k->config_text)
        card_fact(d, "config", k->config_text);
}

void dcs_card(const struct picture *p, const char *url, struct doc *d)
{
    const struct snapshot *s = p->s;
    for (int i = 0; i < s->nendpoints; i++) {
        if (strcmp(s->endpoints[i].url, url) != 0)
            continue;
        card_verdicts(d, p, url);
        card_source(d, "This endpoint", &s->endpoint_states[i], s->refresh_us, p->now_us);
        endpoint_group(d, &s->endpoints[i]);
    }
    if (d->nlines == 0)
        return;
    if (s->etcd_members_text && *s->etcd_members_text)
        doc_textf(d, 0, TR_UNKNOWN, "etcd's list of members: %s", s->etcd_members_text);
    if (s->dcs)
        keys_group(p, d);
}
