/* Checks of the picture, the leader and the cluster as a whole. */
#include "flight.h"

#include <inttypes.h>
#include <string.h>

#include "pgdba/base/fmt.h"

void flight_picture(struct flight *f)
{
    const struct source_state *v = &f->s->view;
    char d[FMT_MAX];
    if (v->answered_us == 0)
        flight_say(f, CHECK_BLOCK, "/cluster has not answered yet (%s)",
                   obs_outcome_name(v->outcome));
    else if (facts_view_old(f->s, f->now_us))
        flight_say(f, CHECK_BLOCK, "the picture is %s old (/cluster %s)",
                   facts_span(d, f->now_us - v->answered_us), obs_outcome_name(v->outcome));
    else if (v->outcome != OBS_ANSWERED)
        flight_say(f, CHECK_WARN, "the picture is %s old and the last attempt %s",
                   fmt_duration(d, f->now_us - v->answered_us), obs_outcome_name(v->outcome));
    else
        flight_say(f, CHECK_PASS, "the picture is %s old",
                   fmt_duration(d, f->now_us - v->answered_us));
}

/* A failover may be the cure for what has got stuck; a restart goes to one member. */
static enum check_verdict in_flight(const struct flight *f)
{
    return f->r->kind == ACT_RESTART || f->r->kind == ACT_FAILOVER ? CHECK_WARN : CHECK_BLOCK;
}

void flight_operation(struct flight *f)
{
    const struct member *m = f->leader;
    /* The first sign of somebody else's switchover (reference "patroni.md" §1.4, §8.1). */
    bool stopping = m && m->dcs && m->dcs->timeline == 0;
    const struct dcs_failover *asked = f->s->dcs_leads ? &f->s->dcs->failover : NULL;
    if (f->operation_running)
        flight_say(f, CHECK_BLOCK, "an operation started here is still under way");
    else if (asked && asked->present && !asked->scheduled_at)
        flight_say(f, in_flight(f), "a request is under way in the DCS: %s -> %s",
                   asked->leader ? asked->leader : "any leader",
                   asked->candidate ? asked->candidate : "any");
    else if (stopping)
        flight_say(f, in_flight(f),
                   "something already runs on the leader %s: /cluster shows no timeline for it",
                   m->name);
    else
        flight_say(f, CHECK_PASS, "no other operation is seen");
}

void flight_quorum(struct flight *f)
{
    int healthy = 0, known = 0;
    for (int i = 0; i < f->s->nendpoints; i++) {
        bool fresh = f->s->endpoint_states[i].outcome != OBS_NEVER;
        known += fresh && f->s->endpoints[i].health != ETCD_HEALTH_UNKNOWN;
        healthy += fresh && f->s->endpoints[i].health == ETCD_HEALTHY &&
                   f->s->endpoint_states[i].outcome == OBS_ANSWERED;
    }
    if (!f->s->etcd_configured || f->s->nendpoints == 0)
        return; /* what is not asked is not judged */
    if (2 * healthy > f->s->nendpoints)
        flight_say(f, healthy == f->s->nendpoints ? CHECK_PASS : CHECK_WARN,
                   "%d of %d etcd endpoints are healthy%s", healthy, f->s->nendpoints,
                   healthy == f->s->nendpoints ? "" : ": one more lost may be the quorum");
    else if (known == 0)
        flight_say(f, CHECK_WARN, "etcd has not said yet whether it has a quorum");
    else
        flight_say(f, f->r->kind == ACT_FAILOVER ? CHECK_WARN : CHECK_BLOCK,
                   "%d of %d etcd endpoints are healthy: without a quorum nobody can take the lock",
                   healthy, f->s->nendpoints);
}

void flight_versions(struct flight *f)
{
    const struct member_health *first = NULL;
    const char *whose = "";
    for (int i = 0; i < f->s->nmembers; i++) {
        const struct member *m = &f->s->members[i];
        const struct member_health *h = m->listed ? flight_own(f, m) : NULL;
        if (!h || !h->patroni_version_num)
            continue;
        if (!first) {
            first = h;
            whose = m->name;
        } else if (h->patroni_version_num != first->patroni_version_num) {
            flight_say(f, CHECK_WARN, "%s runs Patroni %s, %s runs %s", whose,
                       first->patroni_version, m->name, h->patroni_version);
            return;
        } else if (h->server_version && first->server_version &&
                   h->server_version / 10000 != first->server_version / 10000) {
            flight_say(f, CHECK_WARN, "%s runs PostgreSQL %d, %s runs %d", whose,
                       (int)(first->server_version / 10000), m->name,
                       (int)(h->server_version / 10000));
            return;
        }
    }
    if (first)
        flight_say(f, CHECK_PASS, "all that answer run Patroni %s", first->patroni_version);
}

void flight_leader_alive(struct flight *f)
{
    const struct member_health *h = f->leader ? flight_own(f, f->leader) : NULL;
    if (!f->leader)
        flight_say(f, CHECK_WARN,
                   "there is no leader: Patroni looks neither at lag nor at timelines, and "
                   "would promote by itself whom it finds fit");
    else if (h && pg_state_is_up(h->state))
        flight_say(f, CHECK_WARN,
                   "%s leads and answers: switchover does this without losing anything",
                   f->leader->name);
    else
        flight_say(f, CHECK_PASS, "%s: API %s", f->leader->name,
                   h ? "answers, PostgreSQL does not run" : flight_silence(f, f->leader));
}

void flight_leader_present(struct flight *f)
{
    char d[FMT_MAX];
    int64_t since = f->s->no_leader_since_us;
    bool sql = f->r->kind == ACT_PROBE_START || f->r->kind == ACT_PROBE_DROP;
    /* A statement through a route is PostgreSQL's to refuse: what we see of the lock may be old. */
    enum check_verdict none = sql ? CHECK_WARN : CHECK_BLOCK;
    if (f->leader)
        flight_say(f, CHECK_PASS, "%s leads on timeline %" PRId64, f->leader->name,
                   snapshot_timeline(f->s));
    else if (since)
        flight_say(f, none, "the cluster has had no leader for %s%s",
                   facts_span(d, f->now_us - since), sql ? ": nothing takes writes" : "");
    else
        flight_say(f, none, "the cluster has no leader%s", sql ? ": nothing takes writes" : "");
}

void flight_leader_named(struct flight *f)
{
    const char *now = f->leader ? f->leader->name : "nobody";
    if (!f->r->leader)
        return;
    if (strcmp(f->r->leader, now) == 0)
        flight_say(f, CHECK_PASS, "%s is the leader", now);
    else
        flight_say(f, CHECK_BLOCK, "%s is not the leader: %s is", f->r->leader, now);
}

void flight_leader_health(struct flight *f)
{
    const struct member *m = f->leader;
    if (!m)
        return; /* leader-present says it */
    const struct member_health *h = flight_own(f, m);
    const char *role = h && h->role_text ? h->role_text : "";
    if (!h && facts_never_reachable(m))
        flight_say(f, CHECK_WARN, "%s: API not reachable from here, its health is not known",
                   m->name);
    else if (!h)
        flight_say(f, CHECK_BLOCK, "%s: API %s", m->name, flight_silence(f, m));
    else if (!pg_state_is_up(h->state))
        flight_say(f, CHECK_BLOCK, "%s: PostgreSQL is not running (%s)", m->name,
                   facts_state_text(f->s, m, f->now_us));
    else if (!role_is_leader(h->role))
        flight_say(f, CHECK_BLOCK, "%s: says it is \"%s\", not primary", m->name, role);
    else
        flight_say(f, CHECK_PASS, "%s answers: %s, %s", m->name,
                   facts_state_text(f->s, m, f->now_us), role);
}

void flight_paused(struct flight *f)
{
    enum action_kind kind = f->r->kind;
    if (!f->s->paused)
        flight_say(f, CHECK_PASS, "the cluster is not paused");
    else if (kind == ACT_SWITCHOVER_AT || kind == ACT_RESTART_AT)
        flight_say(f, CHECK_BLOCK, "the cluster is paused: nothing can be scheduled then");
    else if (kind == ACT_SWITCHOVER && !f->r->candidate)
        flight_say(f, CHECK_BLOCK,
                   "the cluster is paused: Patroni switches over to a named candidate only");
    else if (kind == ACT_SWITCHOVER || kind == ACT_FAILOVER || kind == ACT_ROLLING)
        flight_say(f, CHECK_WARN,
                   "the cluster is paused: nobody takes over if the candidate fails to");
    else
        flight_say(f, CHECK_PASS, "the cluster is paused: Patroni does this all the same");
}

void flight_scheduled(struct flight *f)
{
    const struct snapshot *s = f->s;
    if (!s->switchover_at)
        flight_say(f, CHECK_PASS, "no switchover is scheduled");
    else
        flight_say(f, CHECK_WARN, "a switchover is scheduled at %s (%s -> %s)%s", s->switchover_at,
                   s->switchover_from ? s->switchover_from : "the leader",
                   s->switchover_to ? s->switchover_to : "any",
                   f->r->kind == ACT_SWITCHOVER || f->r->kind == ACT_SWITCHOVER_AT
                       ? ": this one replaces it"
                       : "");
}

void flight_probe_running(struct flight *f)
{
    const struct probe_view *p = f->s->probe;
    if (!p || !p->running)
        flight_say(f, CHECK_PASS, "no probe of this console is under way");
    else if (f->r->kind == ACT_PROBE_START)
        flight_say(f, CHECK_BLOCK, "a probe runs already, through %s: probe stop ends it",
                   p->route);
    else if (p->write)
        flight_say(f, CHECK_WARN, "the probe through %s still writes: it fails from then on",
                   p->route);
    else
        flight_say(f, CHECK_PASS, "the probe through %s only reads", p->route);
}

#define FEW_CLIENTS 20

static void clients_of(struct flight *f, const struct bouncer *b)
{
    int64_t waiting = 0, longest = 0;
    char d[FMT_MAX];
    if (source_is_stale(&b->pools_state, f->s->refresh_us, f->now_us) || !b->pools) {
        flight_say(f, CHECK_WARN, "%s: PgBouncer %s, whether clients wait is not known", b->name,
                   b->pools_state.outcome == OBS_ANSWERED
                       ? "has said nothing of late"
                       : obs_outcome_name(b->pools_state.outcome));
        return;
    }
    for (int i = 0; i < b->pools->n; i++) {
        const struct pgb_pool *p = &b->pools->v[i];
        if (p->cl_waiting <= 0)
            continue;
        waiting += p->cl_waiting < INT32_MAX ? p->cl_waiting : INT32_MAX;
        if (p->maxwait_us > longest)
            longest = p->maxwait_us;
    }
    if (waiting) {
        flight_say(f, CHECK_WARN, "%s: %" PRId64 " clients wait already, the first for %s", b->name,
                   waiting, fmt_duration(d, longest));
        flight_amount(f, waiting, FEW_CLIENTS);
    } else
        flight_say(f, CHECK_PASS, "%s: no clients wait", b->name);
}

void flight_clients(struct flight *f)
{
    /* Restarting a replica does not stop writes. */
    if ((f->r->kind == ACT_RESTART || f->r->kind == ACT_ROLLING) && !flight_targets(f, f->leader))
        return;
    for (int i = 0; i < f->s->nbouncers; i++)
        clients_of(f, &f->s->bouncers[i]);
}
