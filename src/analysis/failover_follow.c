/* What follows a promotion: routes, the first write, and the replicas. */
#include <stdlib.h>
#include <string.h>

#include "failover_fold.h"
#include "pgdba/analysis/routes.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/clock.h"

#define NO_CONNECTION_LIMIT (10 * USEC_PER_SEC)

/* Words from before the lock was taken (or the trouble began) are of the time before. Where the
 * lock stayed with the same member its routes never changed: they count once it writes again. */
static int64_t since(struct fo_case *c)
{
    int64_t writable = fo_done_us(c, FP_WRITABLE);
    if (strcmp(c->from, c->to) == 0 || !*c->to)
        return writable ? writable : INT64_MAX;
    return c->taken_us;
}

/* ---- HAProxy */

static void haproxy(struct failover_fold *f, const struct snapshot *s, int i,
                    const struct member *to)
{
    const struct haproxy *h = &s->haproxies[i];
    struct failover_phase *p = fo_phase(f->open, FP_HAPROXY, h->name);
    if (!p || p->state == FO_DONE || p->state == FO_SKIPPED || !h->stats ||
        h->state.outcome != OBS_ANSWERED || h->state.answered_us < since(f->open))
        return;
    const struct ha_row *r = routes_server_of(s, h, to);
    if (!routes_write_backend(h)) {
        fo_skip(f, p, "its write backend is not known");
    } else if (!r) {
        fo_skip(f, p, "none of its servers is known to be %s", to->name);
    } else if (ha_row_takes(r)) {
        const struct haproxy *old =
            f->last && i < f->last->nhaproxies ? &f->last->haproxies[i] : NULL;
        struct fo_word w = fo_answer(s, SYS_HAPROXY, &h->state, old ? &old->state : NULL);
        fo_done(f, p, &w, "%s/%s %s", r->proxy, r->name, r->status_text);
    }
}

static bool haproxies_done(struct fo_case *c)
{
    for (int i = 0; i < c->n; i++)
        if (c->v[i].id == FP_HAPROXY && c->v[i].state != FO_DONE && c->v[i].state != FO_SKIPPED)
            return false;
    return true;
}

/* ---- PgBouncer */

static struct fo_word servers_word(const struct failover_fold *f, const struct snapshot *s, int i)
{
    const struct bouncer *old = f->last && i < f->last->nbouncers ? &f->last->bouncers[i] : NULL;
    return fo_answer(s, SYS_PGBOUNCER, &s->bouncers[i].servers_state,
                     old ? &old->servers_state : NULL);
}

/* No server connection: where the next one would go, if its databases say a member. */
static void no_servers(struct failover_fold *f, const struct snapshot *s, int i,
                       const struct member *to, struct failover_phase *p, int64_t now_us)
{
    const struct pgb_databases *d = s->bouncers[i].databases;
    bool all = d && d->n > 0;
    for (int k = 0; all && k < d->n; k++)
        all = d->v[k].host && routes_member_at(s, d->v[k].host, d->v[k].port) == to;
    int64_t writable = fo_done_us(f->open, FP_WRITABLE);
    struct fo_word w = servers_word(f, s, i);
    if (all)
        fo_done(f, p, &w, "its databases point there; no connection yet");
    else if (writable && now_us - writable > NO_CONNECTION_LIMIT)
        fo_skip(f, p, "it has no server connections: it cannot be told");
}

static void bouncer(struct failover_fold *f, const struct snapshot *s, int i,
                    const struct member *to, int64_t now_us)
{
    const struct bouncer *b = &s->bouncers[i];
    struct failover_phase *p = fo_phase(f->open, FP_PGBOUNCER, b->name);
    struct arena a;
    int n;
    if (!p || p->state == FO_DONE || p->state == FO_SKIPPED || !b->servers ||
        b->servers_state.outcome != OBS_ANSWERED || b->servers_state.answered_us < since(f->open))
        return;
    arena_init(&a);
    const struct bouncer_target *t = routes_bouncer_targets(s, b, &a, &n);
    struct fo_word w = servers_word(f, s, i);
    if (!n)
        no_servers(f, s, i, to, p, now_us);
    else if (t[0].member == to)
        fo_done(f, p, &w, "%d server connections", t[0].servers);
    else if (!t[0].member && haproxies_done(f->open) && fo_is_done(f->open, FP_WRITABLE))
        fo_done(f, p, &w, "through %s:%lld: it has server connections", t[0].addr,
                (long long)t[0].port);
    arena_release(&a);
}

/* ---- the probe */

static bool overlaps(const struct failover_fold *f, const struct probe_outage *o)
{
    return !o->to_us || o->to_us >= f->open->start.mono_us;
}

static void outage(struct failover_fold *f, const struct probe_view *v)
{
    struct failover_outage *o = &f->open->outage, was = *o;
    int64_t longest = -1;
    o->known = true;
    o->is_write = v->write;
    o->longest_us = o->total_us = 0;
    o->failures = 0;
    for (int i = 0; i < v->noutages && overlaps(f, &v->outages[i]); i++) {
        const struct probe_outage *one = &v->outages[i];
        int64_t us = (one->to_us ? one->to_us : v->asked_us) - one->from_us;
        o->total_us += us;
        o->failures += one->failures;
        if (us <= longest)
            continue;
        longest = o->longest_us = us;
        o->from_wall_us = one->from_wall_us;
        o->to_wall_us = one->to_wall_us;
    }
    if (!v->write || f->open->probe_seq == 0 || v->checked_to_seq < f->open->probe_seq) {
        o->lost = o->ghosts = -1;
    } else {
        o->lost = v->lost - f->open->lost_before;
        o->ghosts = v->ghosts - f->open->ghosts_before;
    }
    if (strcmp(o->route, v->route) != 0) {
        free((char *)(uintptr_t)o->route);
        o->route = xstrdup(v->route);
    }
    if (was.failures != o->failures || was.longest_us != o->longest_us || was.lost != o->lost ||
        was.ghosts != o->ghosts || !was.known)
        f->revision++;
}

static void first_write(struct failover_fold *f, const struct snapshot *s)
{
    const struct probe_view *v = s->probe;
    struct fo_case *c = f->open;
    struct failover_phase *p = fo_phase(c, FP_FIRST_WRITE, "");
    if (!v || !v->running || !v->write) {
        fo_skip(f, p, "%s", v && v->running ? "the probe only reads" : "no probe is running");
        return;
    }
    outage(f, v);
    if (p->state == FO_SKIPPED)
        p->state = FO_WAITING; /* it was started meanwhile */
    const struct probe_outage *o = v->noutages ? &v->outages[0] : NULL;
    int64_t writable = fo_done_us(c, FP_WRITABLE);
    if (p->state == FO_DONE || v->out)
        return;
    struct fo_word w = {.source = SYS_PROBE};
    if (o && o->to_us >= c->taken_us && (c->lock_taken || writable)) {
        w.mono_us = o->to_us;
        w.wall_us = o->to_wall_us;
        /* It failed one attempt earlier. */
        w.not_before_us = o->to_us - (v->every_us > v->latency_us ? v->every_us : v->latency_us);
        fo_done(f, p, &w, "%s", v->server);
    } else if (writable && v->answered_us > writable) {
        w.mono_us = v->answered_us;
        w.wall_us = s->wall_us - (s->mono_us - v->answered_us);
        fo_done(f, p, &w, "the probe saw no interruption");
    }
    if (p->state == FO_DONE)
        c->probe_seq = v->sent;
}

/* ---- replicas */

static bool says_streaming(const struct snapshot *s, const struct member *m,
                           const struct member *to, int64_t now_us)
{
    const struct member_health *h = facts_own(s, m, now_us);
    if (h && h->replication_state)
        return strcmp(h->replication_state, "streaming") == 0;
    const struct replication_row *r = facts_walsender(s, m, now_us);
    return r && r->state && strcmp(r->state, "streaming") == 0 && m->upstream &&
           to->api.answered_us >= m->api.answered_us - USEC_PER_SEC &&
           strcmp(m->upstream, to->name) == 0;
}

/* While the new one is not known yet nobody follows it. It may stay the old one, where a leader
 * lost the lock as soon as it had promoted. */
static bool on_timeline(const struct failover_fold *f, int64_t timeline, int64_t now_us)
{
    struct fo_case *c = f->open;
    int64_t promoted = fo_done_us(c, FP_PROMOTED);
    if (c->new_timeline)
        return timeline >= c->new_timeline;
    if (!*c->to || strcmp(c->from, c->to) == 0)
        return true;
    return promoted && now_us - promoted > 5 * USEC_PER_SEC && timeline >= c->old_timeline;
}

static bool by_rest(const struct failover_fold *f, const struct snapshot *s, const struct member *m,
                    const struct member *to, int64_t since_us, int64_t now_us)
{
    const struct member_health *h = facts_own(s, m, now_us);
    if (!h || m->api.answered_us < since_us || !pg_state_is_up(h->state) || role_is_leader(h->role))
        return false;
    return on_timeline(f, h->timeline, now_us) && says_streaming(s, m, to, now_us);
}

static bool by_pg(const struct failover_fold *f, const struct member *m, int64_t since_us,
                  int64_t now_us)
{
    const struct pg_self *pg = m->pg_self;
    return pg && m->pg.outcome == OBS_ANSWERED && m->pg.answered_us >= since_us &&
           pg->in_recovery && pg->receiver && strcmp(pg->receiver, "streaming") == 0 &&
           on_timeline(f, pg->timeline, now_us);
}

/* Before 3.0.4 nothing but the timeline tells; it is the new one, but for a moment, only for who
 * follows. So not where PostgreSQL itself answers. */
static const struct dcs_member *by_dcs(const struct fo_case *c, const struct snapshot *s,
                                       const struct member *m)
{
    const struct dcs_member *d = s->dcs_leads ? dcs_member_find(s->dcs, m->name) : NULL;
    if (!d || !c->new_timeline || d->row.timeline < c->new_timeline ||
        !pg_state_is_up(d->row.state) || role_is_leader(d->row.role))
        return NULL;
    if (!d->replication_state)
        return m->pg_self && m->pg.outcome == OBS_ANSWERED ? NULL : d;
    return strcmp(d->replication_state, "streaming") == 0 ? d : NULL;
}

static void replica(struct failover_fold *f, const struct snapshot *s, struct failover_phase *p,
                    const struct member *to, int64_t now_us)
{
    struct fo_case *c = f->open;
    const struct member *m = snapshot_member(s, p->subject);
    const struct member *old = f->last && m ? snapshot_member(f->last, m->name) : NULL;
    int64_t since_us = since(c);
    if (!m || p->state == FO_DONE || p->state == FO_SKIPPED || since_us > now_us)
        return;
    const struct dcs_member *d = by_dcs(c, s, m);
    struct fo_word w = {0};
    if (by_pg(f, m, since_us, now_us)) {
        w = fo_answer(s, SYS_POSTGRES, &m->pg, old ? &old->pg : NULL);
    } else if (by_rest(f, s, m, to, since_us, now_us)) {
        w = fo_answer(s, SYS_PATRONI, &m->api, old ? &old->api : NULL);
    } else if (d) {
        w = (struct fo_word){s->mono_us, s->wall_us, s->mono_us, d->mod_revision, SYS_ETCD};
    }
    if (w.mono_us)
        fo_done(f, p, &w, "%s",
                d && w.source == SYS_ETCD && !d->replication_state
                    ? "by its timeline: this Patroni does not say more"
                    : "");
}

void fo_follow(struct failover_fold *f, const struct snapshot *s, int64_t now_us)
{
    struct fo_case *c = f->open;
    const struct member *to = snapshot_member(s, *c->to ? c->to : c->from);
    first_write(f, s);
    if (!to || (!c->lock_taken && (c->lock_gone || c->requested)))
        return;
    for (int i = 0; i < s->nhaproxies; i++)
        haproxy(f, s, i, to);
    for (int i = 0; i < s->nbouncers; i++)
        bouncer(f, s, i, to, now_us);
    for (int i = 0; i < c->n; i++)
        if (c->v[i].id == FP_REPLICA)
            replica(f, s, &c->v[i], to, now_us);
}
