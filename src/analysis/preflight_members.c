/* Checks of restart and reinit: the members that were named, one result each. */
#include "flight.h"

#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/fmt.h"
#include "candidate.h"

/* Members named that are there; the others are member-known's. */
#define EACH_TARGET(f, i, m)                   \
    for (int i = 0; i < (f)->r->nmembers; i++) \
        for (const struct member *m = flight_target((f), i); m; m = NULL)

void flight_member_known(struct flight *f)
{
    char d[FMT_MAX];
    if (f->r->nmembers == 0)
        flight_say(f, CHECK_BLOCK, "no member is named");
    for (int i = 0; i < f->r->nmembers; i++) {
        const struct member *m = snapshot_member(f->s, f->r->members[i]);
        if (!m || (!m->listed && !m->last_seen_us))
            flight_say(f, CHECK_BLOCK, "%s is not a member", f->r->members[i]);
        else if (!m->listed)
            flight_say(f, CHECK_BLOCK, "%s has been gone from /cluster for %s", m->name,
                       facts_span(d, f->now_us - m->last_seen_us));
        else
            flight_say(f, CHECK_PASS, "%s is a member", m->name);
    }
}

void flight_member_api(struct flight *f)
{
    EACH_TARGET(f, i, m)
    {
        if (flight_own(f, m))
            flight_say(f, CHECK_PASS, "%s answers", m->name);
        else if (facts_never_reachable(m) || !m->api_base)
            flight_say(f, CHECK_BLOCK,
                       "%s: API not reachable from here, and the request goes to it", m->name);
        else if (m->liveness.outcome == OBS_ANSWERED)
            flight_say(f, CHECK_WARN, "%s: PostgreSQL does not answer (API %s), Patroni is alive",
                       m->name, flight_silence(f, m));
        else
            flight_say(f, CHECK_BLOCK, "%s: API %s, and the request goes to it", m->name,
                       flight_silence(f, m));
    }
}

static bool busy(enum pg_state s)
{
    return s == PGS_STARTING || s == PGS_RESTARTING || s == PGS_STOPPING ||
           s == PGS_CREATING_REPLICA || s == PGS_INITIALIZING;
}

void flight_member_state(struct flight *f)
{
    EACH_TARGET(f, i, m)
    {
        enum pg_state st = facts_state(f->s, m, f->now_us);
        const char *text = facts_state_text(f->s, m, f->now_us);
        if (pg_state_is_up(st))
            flight_say(f, CHECK_PASS, "%s: %s", m->name, text);
        else if (busy(st))
            flight_say(f, CHECK_BLOCK, "%s: something already runs on it (%s)", m->name, text);
        else
            flight_say(f, CHECK_WARN, "%s: PostgreSQL is not running (%s)", m->name, text);
    }
}

static const char *pending_why(const struct flight *f, const struct member *m)
{
    const struct member_health *h = flight_own(f, m);
    int n = h && h->npending ? h->npending : m->dcs ? m->dcs->npending : 0;
    const struct pending_reason *v = h && h->npending ? h->pending
                                     : m->dcs         ? m->dcs->pending
                                                      : NULL;
    struct buf b;
    buf_init(&b);
    for (int i = 0; i < n; i++)
        buf_addf(&b, "%s%s %s -> %s", i ? ", " : ": ", v[i].parameter,
                 v[i].old_value ? v[i].old_value : "?", v[i].new_value ? v[i].new_value : "?");
    const char *text = arena_strdup(f->a, b.s);
    buf_release(&b);
    return text;
}

void flight_pending(struct flight *f)
{
    if (!f->r->pending)
        return;
    EACH_TARGET(f, i, m)
    {
        if (flight_pending_restart(f, m))
            flight_say(f, CHECK_PASS, "%s has a pending restart%s", m->name, pending_why(f, m));
        else
            flight_say(f, CHECK_WARN,
                       "%s has no pending restart: Patroni will refuse (restart conditions are "
                       "not satisfied)",
                       m->name);
    }
}

void flight_restart_leader(struct flight *f)
{
    if (flight_targets(f, f->leader))
        flight_say(f, CHECK_WARN, "%s is the leader: writes stop while it restarts",
                   f->leader->name);
    else
        flight_say(f, CHECK_PASS, "the leader is not restarted");
}

/* Is m named before the leader? */
static bool goes_first(const struct flight *f, const struct member *m)
{
    for (int i = 0; i < f->r->nmembers; i++) {
        if (strcmp(f->r->members[i], m->name) == 0)
            return true;
        if (strcmp(f->r->members[i], f->leader->name) == 0)
            return false;
    }
    return false;
}

void flight_restart_order(struct flight *f)
{
    if (!flight_targets(f, f->leader) || !flight_pending_restart(f, f->leader))
        return;
    bool said = false;
    for (int i = 0; i < f->s->nmembers; i++) {
        const struct member *m = &f->s->members[i];
        if (m == f->leader || !m->listed || !flight_pending_restart(f, m) || goes_first(f, m))
            continue;
        said = true;
        flight_say(f, CHECK_WARN,
                   "%s has a pending restart too and should go before the leader: a replica stops "
                   "when a limit like max_connections rises on its primary first",
                   m->name);
    }
    if (!said)
        flight_say(f, CHECK_PASS, "no replica has to be restarted before the leader");
}

static bool is_sync(const struct member *m)
{
    return m->listed && m->dcs &&
           (m->dcs->role == ROLE_SYNC_STANDBY || m->dcs->role == ROLE_QUORUM_STANDBY);
}

void flight_restart_sync(struct flight *f)
{
    const struct dynamic_config *c = f->s->config;
    int all = 0, hit = 0;
    const char *name = "";
    if (!c || (!c->synchronous_mode && !c->synchronous_quorum) || c->standby_cluster)
        return;
    for (int i = 0; i < f->s->nmembers; i++) {
        const struct member *m = &f->s->members[i];
        all += is_sync(m);
        if (is_sync(m) && flight_targets(f, m)) {
            hit++;
            name = m->name;
        }
    }
    if (hit && hit == all)
        flight_say(f, CHECK_WARN, "%s%s: %s",
                   hit > 1 ? "every synchronous standby is restarted, "
                           : "the only synchronous standby is restarted, ",
                   name,
                   c->synchronous_mode_strict ? "writes wait meanwhile"
                                              : "commits are not synchronous meanwhile");
    else
        flight_say(f, CHECK_PASS, "%d of %d synchronous standbys are restarted", hit, all);
}

/* Cancelled is what either says has none: the own answer may be of before, and Patroni (3.0) leaves
 * its key as it is until its next round when it takes back what it has just written. What is
 * scheduled stands in both at once; /cluster's word may be a round old. */
static const char *restart_scheduled(const struct flight *f, const struct member *m)
{
    const struct member_health *h = flight_own(f, m);
    const char *key = m->dcs ? m->dcs->scheduled_restart.at : NULL;
    if (!h)
        return key;
    return f->s->dcs_leads && m->dcs && !key ? NULL : h->scheduled_restart.at;
}

void flight_restart_scheduled(struct flight *f)
{
    EACH_TARGET(f, i, m)
    {
        const char *at = restart_scheduled(f, m);
        if (at && f->r->kind == ACT_RESTART_AT)
            flight_say(f, CHECK_BLOCK,
                       "%s: a restart is scheduled at %s already; cancel restart %s makes room",
                       m->name, at, m->name);
        else if (at)
            flight_say(f, CHECK_WARN, "%s: a restart is scheduled at %s, this one cancels it",
                       m->name, at);
        else
            flight_say(f, CHECK_PASS, "%s: no restart is scheduled", m->name);
    }
}

void flight_reinit_leader(struct flight *f)
{
    if (flight_targets(f, f->leader))
        flight_say(f, CHECK_BLOCK, "%s is the leader: only a replica can be rebuilt",
                   f->leader->name);
    else
        flight_say(f, CHECK_PASS, "the member is not the leader");
}

void flight_reinit_state(struct flight *f)
{
    EACH_TARGET(f, i, m)
    {
        enum pg_state st = facts_state(f->s, m, f->now_us);
        const char *text = facts_state_text(f->s, m, f->now_us);
        if (!busy(st))
            flight_say(f, CHECK_PASS, "%s: %s", m->name, text);
        else if (f->r->force)
            flight_say(f, CHECK_WARN, "%s: what runs on it (%s) will be cancelled", m->name, text);
        else
            flight_say(f, CHECK_BLOCK, "%s: something already runs on it (%s); --force cancels it",
                       m->name, text);
    }
}

/* With the target gone for a while, who is left? */
void flight_reinit_last(struct flight *f)
{
    for (int i = 0; i < f->s->nmembers; i++) {
        const struct member *m = &f->s->members[i];
        if (i == f->s->leader || flight_targets(f, m))
            continue;
        if (candidate_judge(f->s, i, f->now_us, f->a).fitness == FIT) {
            flight_say(f, CHECK_PASS, "%s can take over meanwhile", m->name);
            return;
        }
    }
    flight_say(f, CHECK_WARN, "no other replica is fit to take over until this one is rebuilt");
}

void flight_downstream(struct flight *f)
{
    bool said = false;
    for (int i = 0; i < f->s->nmembers; i++) {
        const struct member *d = &f->s->members[i];
        const struct member *up = d->upstream ? snapshot_member(f->s, d->upstream) : NULL;
        if (!d->listed || !up || up == f->leader || !flight_targets(f, up) || flight_targets(f, d))
            continue;
        said = true;
        flight_say(f, CHECK_WARN, "%s %s from %s and will be without its upstream", d->name,
                   d->upstream_observed ? "streams" : "seems to stream", up->name);
    }
    if (!said)
        flight_say(f, CHECK_PASS, "no other replica streams from it");
}

enum { FROM_LEADER_SINCE = 40100 };

void flight_from_leader(struct flight *f)
{
    if (!f->r->from_leader)
        return;
    EACH_TARGET(f, i, m)
    {
        const struct member_health *h = flight_own(f, m);
        if (!h || !h->patroni_version_num)
            flight_say(f, CHECK_WARN,
                       "%s does not say its Patroni's version: before 4.1 it would "
                       "pass over --from-leader",
                       m->name);
        else if (h->patroni_version_num < FROM_LEADER_SINCE)
            flight_say(f, CHECK_BLOCK,
                       "%s runs Patroni %s, which passes over --from-leader: it came with 4.1",
                       m->name, h->patroni_version);
        else
            flight_say(f, CHECK_PASS, "%s runs Patroni %s", m->name, h->patroni_version);
    }
}

/* The members that stop, or whose data goes: those named, and the leader of a hand-over. */
static bool is_hit(const struct flight *f, const struct member *m)
{
    if (flight_targets(f, m))
        return true;
    return m == f->leader && (f->r->kind == ACT_SWITCHOVER || f->r->kind == ACT_HOLD ||
                              f->r->kind == ACT_SWITCHOVER_AT || f->r->kind == ACT_FAILOVER);
}

void flight_backup(struct flight *f)
{
    bool said = false;
    for (int i = 0; i < f->s->nmembers; i++) {
        const struct member *m = &f->s->members[i];
        const struct member_health *h = is_hit(f, m) ? flight_own(f, m) : NULL;
        for (int k = 0; h && k < h->nreplication; k++) {
            const struct replication_row *row = &h->replication[k];
            if (!row->state || strcmp(row->state, "backup") != 0)
                continue;
            said = true;
            flight_say(f, CHECK_WARN, "%s sends a base backup (to %s%s%s), which breaks off",
                       m->name, row->application_name ? row->application_name : "somebody",
                       row->client_addr ? " at " : "", row->client_addr ? row->client_addr : "");
        }
    }
    if (!said)
        flight_say(f, CHECK_PASS, "no base backup is seen");
}

void flight_query_leader(struct flight *f)
{
    EACH_TARGET(f, i, m)
    if (m == f->leader)
        flight_say(f, CHECK_PASS, "%s leads", m->name);
    else
        flight_say(f, CHECK_WARN, "%s is a replica: nothing can be written there%s%s", m->name,
                   f->leader ? "; the leader is " : ", and nobody leads",
                   f->leader ? f->leader->name : "");
}
