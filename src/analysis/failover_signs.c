/*
 * The leader's signs of life, and when they mean trouble.
 *
 * Two of them are kept apart: its Patroni's (API, lease, the position it writes) and its
 * PostgreSQL's, for either may die without the other. One missed answer is no trouble: refused by
 * both at once is, or silence for a while, or its own word. Reference "patroni.md" §4.1 (lease),
 * §4.3, §7.5.
 */
#include <stdlib.h>
#include <string.h>

#include "failover_fold.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/clock.h"

#define SILENCE    (3 * USEC_PER_SEC) /* and three refreshes */
#define STILL      (USEC_PER_SEC)     /* a state that may pass by itself has lasted */
#define STILL_HERE (5 * USEC_PER_SEC / 2)

static bool silent(const struct source_state *st)
{
    return st->outcome == OBS_REFUSED || st->outcome == OBS_TIMED_OUT || st->outcome == OBS_GARBLED;
}

static bool pg_asked(const struct member *m)
{
    return m->pg.answered_us != 0;
}

void fo_lead(struct failover_fold *f, const char *name, int64_t since_us)
{
    f->led_since_us = since_us;
    if (strcmp(f->leader, name) == 0)
        return;
    f->says_primary = false;
    fo_set_text(&f->leader, name);
    f->timeline = 0;
    f->patroni = f->postgres = (struct fo_word){0};
    f->muted = false;
}

/* ---- signs */

static void sign(const struct failover_fold *f, struct fo_word *w, const struct snapshot *s,
                 enum obs_system source, int64_t mono_us)
{
    if (mono_us > w->mono_us && mono_us <= s->mono_us && mono_us > f->led_since_us)
        *w = (struct fo_word){mono_us, s->wall_us - (s->mono_us - mono_us), mono_us, 0, source};
}

/* Primary and up by its own word: older than the lock it may be of the time before. */
static bool says_primary(const struct member_health *h)
{
    return h && h->has_sql && role_is_leader(h->role) && pg_state_is_up(h->state);
}

/* etcd says whole seconds, rounded down: it was renewed no earlier than that. */
static void lease_sign(struct failover_fold *f, const struct snapshot *s)
{
    const struct dcs_lease *l = s->dcs ? snapshot_lease(s, s->dcs->leader_lease) : NULL;
    if (!l || l->outcome != OBS_ANSWERED || l->ttl_s < 0 || l->granted_s <= 0 || !s->dcs->leader ||
        strcmp(s->dcs->leader, f->leader) != 0)
        return;
    int64_t age_s = l->granted_s > l->ttl_s ? l->granted_s - l->ttl_s : 0;
    sign(f, &f->patroni, s, SYS_ETCD, l->at_us - age_s * USEC_PER_SEC);
}

static void optime_sign(struct failover_fold *f, const struct snapshot *s)
{
    if (!s->dcs || !s->dcs_leads)
        return;
    if (f->optime_revision && s->dcs->optime_revision > f->optime_revision && s->dcs->leader &&
        strcmp(s->dcs->leader, f->leader) == 0)
        sign(f, &f->patroni, s, SYS_ETCD, s->mono_us);
    f->optime_revision = s->dcs->optime_revision;
}

static void timeline_of(struct failover_fold *f, const struct member *m)
{
    if (says_primary(m->health) && m->health->timeline > 0)
        f->timeline = m->health->timeline;
    else if (m->listed && m->dcs && m->dcs->timeline > 0)
        f->timeline = m->dcs->timeline;
}

void fo_learn(struct failover_fold *f, const struct snapshot *s)
{
    const struct member *leader = snapshot_leader(s);
    if (!f->open && leader)
        fo_lead(f, leader->name, 0);
    const struct member *m = snapshot_member(s, f->leader);
    if (!m)
        return;
    if (m->api.answered_us > f->led_since_us && says_primary(m->health)) {
        sign(f, &f->patroni, s, SYS_PATRONI, m->api.answered_us);
        sign(f, &f->postgres, s, SYS_PATRONI, m->api.answered_us);
        f->says_primary = true;
    }
    if (m->pg_self && !m->pg_self->in_recovery)
        sign(f, &f->postgres, s, SYS_POSTGRES, m->pg.answered_us);
    lease_sign(f, s);
    optime_sign(f, s);
    if (!f->open)
        timeline_of(f, m);
}

struct fo_word fo_last_sign(const struct failover_fold *f, int64_t now_us)
{
    const struct fo_word *a = &f->patroni, *b = &f->postgres;
    if (!a->mono_us || !b->mono_us)
        return a->mono_us ? *a : *b;
    bool patroni = now_us - a->mono_us <= STILL_HERE, postgres = now_us - b->mono_us <= STILL_HERE;
    if (patroni != postgres)
        return patroni ? *b : *a; /* of the one that went */
    return a->mono_us > b->mono_us ? *a : *b;
}

/* ---- trouble */

struct look {
    const struct snapshot *s;
    const struct member *m;
    const struct member_health *own; /* fresh, else NULL */
    int64_t now_us, quiet_us;        /* since API or PostgreSQL answered last */
};

/* Somebody else answers: it is not we who are cut off. */
static bool others_answer(const struct look *l)
{
    if (l->s->dcs_leads)
        return true;
    for (int i = 0; i < l->s->nmembers; i++)
        if (&l->s->members[i] != l->m && facts_fresh(l->s, &l->s->members[i], l->now_us))
            return true;
    return false;
}

static bool lease_low(const struct look *l)
{
    struct timers t = facts_timers(l->s);
    int64_t left =
        l->s->dcs ? snapshot_lease_left(l->s, l->s->dcs->leader_lease, l->now_us) : INT64_MIN;
    int64_t low = t.ttl - t.loop_wait - t.retry_timeout;
    if (left == INT64_MIN || !l->s->dcs->leader || strcmp(l->s->dcs->leader, l->m->name) != 0)
        return false;
    return left < -USEC_PER_SEC || (left < (low > 0 ? low : 0) && silent(&l->m->api));
}

static bool is_silent(const struct look *l)
{
    const struct member *m = l->m;
    int64_t limit = 3 * l->s->refresh_us > SILENCE ? 3 * l->s->refresh_us : SILENCE;
    if (!silent(&m->api) || (pg_asked(m) && !silent(&m->pg)) || !others_answer(l))
        return false;
    if (m->liveness.outcome == OBS_ANSWERED)
        return false; /* its Patroni is there, and its PostgreSQL is stuck: crashed() looks */
    if (pg_asked(m) && m->api.outcome == OBS_REFUSED && m->pg.outcome == OBS_REFUSED)
        return true;
    return l->quiet_us >= limit;
}

/* Its PostgreSQL is gone while its Patroni is there. What is being restarted is not. */
static bool is_crashed(const struct look *l)
{
    const struct member_health *h = l->own;
    if (!h)
        return false;
    if (h->state == PGS_FAILED)
        return true;
    if (h->has_sql || h->state == PGS_RESTARTING || h->state == PGS_STARTING ||
        h->state == PGS_STOPPING || h->state == PGS_STOPPED)
        return false;
    return (!pg_asked(l->m) || silent(&l->m->pg)) && l->quiet_us >= STILL;
}

static bool is_stopped(const struct look *l)
{
    enum pg_state st = l->own ? l->own->state : PGS_UNKNOWN;
    if (st == PGS_UNKNOWN && l->s->dcs_leads && l->m->listed && l->m->dcs)
        st = l->m->dcs->state;
    return st == PGS_STOPPING || st == PGS_STOPPED;
}

static bool view_fails(const struct snapshot *s, int64_t now_us)
{
    return s->etcd_configured ? !s->dcs_leads
                              : s->view.outcome != OBS_ANSWERED || facts_view_old(s, now_us);
}

static bool is_cut_off(const struct look *l)
{
    const struct member_health *h = l->own;
    return h && (h->failsafe_active ||
                 (h->cluster_unlocked && !l->s->paused && view_fails(l->s, l->now_us)));
}

/* Its API and its PostgreSQL are asked one after the other: the later word counts. A new leader
 * has to have called itself primary first. */
static bool is_demoted(const struct failover_fold *f, const struct look *l)
{
    return l->own && f->says_primary && l->own->role != ROLE_UNKNOWN &&
           !role_is_leader(l->own->role) && l->own->role != ROLE_PROMOTED &&
           l->m->api.answered_us > f->postgres.mono_us;
}

bool fo_trouble(struct failover_fold *f, const struct snapshot *s, int64_t now_us,
                struct fo_case *seen)
{
    struct look l = {s, snapshot_member(s, f->leader), NULL, now_us, 0};
    /* Nobody is missed who was never seen to lead. */
    if (!l.m || !f->postgres.mono_us)
        return false;
    l.own = l.m->api.answered_us > f->led_since_us ? facts_own(s, l.m, now_us) : NULL;
    int64_t heard = f->postgres.mono_us;
    if (!l.own && l.m->api.answered_us > heard)
        heard = l.m->api.answered_us;
    l.quiet_us = now_us - heard;
    if (!silent(&l.m->api) || (pg_asked(l.m) && !silent(&l.m->pg)))
        f->muted = false;
    bool quiet = is_silent(&l), low = lease_low(&l);
    bool crashed = is_crashed(&l), stopped = is_stopped(&l), cut_off = is_cut_off(&l),
         demoted = is_demoted(f, &l);
    seen->silent |= quiet || low;
    seen->crashed |= crashed;
    seen->stopped |= stopped || demoted;
    /* It steps down while nobody hears the DCS: Patroni before 4 does not say why. */
    seen->dcs_out |= cut_off || ((stopped || demoted) && view_fails(s, now_us));
    seen->failsafe |= l.own && l.own->failsafe_active;
    seen->demoted |= demoted;
    return (quiet && !f->muted) || low || crashed || stopped || cut_off || demoted;
}

bool fo_well(const struct failover_fold *f, const struct snapshot *s, int64_t now_us)
{
    const struct member *m = snapshot_member(s, f->leader), *leader = snapshot_leader(s);
    const struct member_health *h = m ? facts_own(s, m, now_us) : NULL;
    if (!h || leader != m || !says_primary(h) || h->failsafe_active || h->cluster_unlocked)
        return false;
    return !pg_asked(m) || (m->pg.outcome == OBS_ANSWERED && !m->pg_self->in_recovery);
}
