/* What a snapshot shows of the phases up to "writable". */
#include <stdio.h>
#include <string.h>

#include "failover_fold.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/clock.h"

/* ---- candidates */

static lsn_t further(lsn_t a, lsn_t b)
{
    if (a == LSN_UNKNOWN || b == LSN_UNKNOWN)
        return a == LSN_UNKNOWN ? b : a;
    return a > b ? a : b;
}

/* As far as anybody says that m has received. */
static lsn_t position(const struct snapshot *s, const struct member *m)
{
    lsn_t at = LSN_UNKNOWN;
    const struct dcs_member *d = dcs_member_find(s->dcs, m->name);
    if (d && d->location)
        at = further(at, d->location);
    if (m->health && m->health->has_sql)
        at = further(at, further(m->health->received, m->health->replayed));
    if (m->pg_self)
        at = further(at, further(m->pg_self->received, m->pg_self->lsn));
    return at;
}

void fo_candidates(struct failover_fold *f, const struct snapshot *s)
{
    struct buf b;
    buf_init(&b);
    for (int i = 0; i < s->nmembers; i++) {
        const struct member *m = &s->members[i];
        char lsn[LSN_TEXT];
        if (!m->listed || strcmp(m->name, f->open->from) == 0)
            continue;
        buf_addf(&b, "%s%s %s%s", b.len ? ", " : "", m->name, lsn_format(lsn, position(s, m)),
                 facts_tags(s, m, s->mono_us)->nofailover ? " (nofailover)" : "");
    }
    if (!b.len)
        buf_puts(&b, "nobody");
    fo_note(f, fo_phase(f->open, FP_CANDIDATES, ""), b.s);
    buf_release(&b);
}

/* ---- promoted */

void fo_promoted(struct failover_fold *f, const struct fo_word *w, int64_t timeline)
{
    struct fo_case *c = f->open;
    struct failover_phase *p = fo_phase(c, FP_PROMOTED, "");
    char note[96] = "";
    /* One that was away writes on where it was when it takes the lock back: PostgreSQL itself
     * tells, for what Patroni says may be from before a promotion. */
    bool older = w->source == SYS_POSTGRES && timeline && timeline <= c->old_timeline;
    if (older ? timeline != c->new_timeline
              : timeline > c->new_timeline && timeline > c->old_timeline) {
        c->new_timeline = timeline;
        f->revision++;
    }
    if (c->new_timeline && c->new_timeline < c->old_timeline)
        snprintf(note, sizeof note, "back on timeline %lld: what was written on %lld is not there",
                 (long long)c->new_timeline, (long long)c->old_timeline);
    else if (c->new_timeline)
        snprintf(note, sizeof note, "timeline %lld", (long long)c->new_timeline);
    fo_done(f, p, w, "%s", note);
    fo_note(f, p, note); /* who said it first may not have known the timeline */
}

static const struct member *before(const struct failover_fold *f, const char *name)
{
    return f->last ? snapshot_member(f->last, name) : NULL;
}

static struct fo_word api_word(const struct failover_fold *f, const struct snapshot *s,
                               const struct member *m)
{
    const struct member *old = before(f, m->name);
    return fo_answer(s, SYS_PATRONI, &m->api, old ? &old->api : NULL);
}

static struct fo_word pg_word(const struct failover_fold *f, const struct snapshot *s,
                              const struct member *m)
{
    const struct member *old = before(f, m->name);
    return fo_answer(s, SYS_POSTGRES, &m->pg, old ? &old->pg : NULL);
}

/* The same member as before: only another timeline shows that it was promoted anew. */
static bool stayed(const struct fo_case *c)
{
    return !*c->to || strcmp(c->from, c->to) == 0;
}

static void promoted(struct failover_fold *f, const struct snapshot *s, const struct member *m)
{
    struct fo_case *c = f->open;
    const struct pg_self *pg = m->pg_self;
    const struct member_health *h = m->health;
    if (pg && !pg->in_recovery && m->pg.answered_us >= c->taken_us &&
        (!stayed(c) || (c->old_timeline && pg->timeline > c->old_timeline))) {
        struct fo_word w = pg_word(f, s, m);
        fo_promoted(f, &w, pg->timeline);
    }
    if (!h || !h->has_sql || m->api.answered_us < c->taken_us)
        return;
    bool newer = c->old_timeline && h->timeline > c->old_timeline;
    if (newer || (role_is_leader(h->role) && !stayed(c))) {
        struct fo_word w = api_word(f, s, m);
        fo_promoted(f, &w, h->timeline);
    }
}

/* ---- writable */

static bool asked_directly(const struct member *m)
{
    return m->pg.answered_us && m->pg.outcome != OBS_UNAUTHORISED && m->pg.outcome != OBS_TLS;
}

static void writable(struct failover_fold *f, const struct snapshot *s, const struct member *m)
{
    struct fo_case *c = f->open;
    struct failover_phase *p = fo_phase(c, FP_WRITABLE, "");
    const struct pg_self *pg = m->pg_self;
    const struct member_health *h = m->health;
    /* Where the lock moved it must have been promoted first. */
    if (p->state == FO_DONE || (!stayed(c) && !fo_is_done(c, FP_PROMOTED)))
        return;
    if (asked_directly(m)) {
        struct fo_word w = pg_word(f, s, m);
        if (m->pg.outcome == OBS_ANSWERED && w.mono_us >= c->taken_us && !pg->in_recovery &&
            !pg->read_only)
            fo_done(f, p, &w, "%s", m->name);
        else if (m->pg.outcome == OBS_ANSWERED && !pg->in_recovery && pg->read_only)
            fo_note(f, p, "default_transaction_read_only is on");
        return;
    }
    if (h && h->has_sql && role_is_leader(h->role) && pg_state_is_up(h->state) &&
        m->api.outcome == OBS_ANSWERED && m->api.answered_us >= c->taken_us) {
        struct fo_word w = api_word(f, s, m);
        fo_done(f, p, &w, "%s: REST's word, PostgreSQL is not asked directly", m->name);
    }
}

/* ---- before the lock goes */

static void requested(struct failover_fold *f)
{
    struct fo_case *c = f->open;
    if (!c->requested)
        fo_skip(f, fo_phase(c, FP_REQUESTED, ""), "%s",
                c->coarse ? "a request cannot be seen over REST" : "nobody asked for it");
}

static void alive(struct failover_fold *f, const struct snapshot *s)
{
    const struct member *m = snapshot_member(s, f->open->from);
    int64_t gone = fo_done_us(f->open, FP_LOCK_GONE);
    if (m && gone && m->api.outcome == OBS_ANSWERED && m->api.answered_us > gone)
        f->open->alive = true;
}

void fo_progress(struct failover_fold *f, const struct snapshot *s)
{
    struct fo_case *c = f->open;
    requested(f);
    alive(f, s);
    if (c->lock_gone && !c->lock_taken)
        fo_candidates(f, s);
    const struct member *m = snapshot_member(s, *c->to ? c->to : c->from);
    bool back = c->lock_taken || (!c->lock_gone && !c->requested);
    if (!m || !back)
        return;
    if (!fo_is_done(c, FP_PROMOTED) || !c->new_timeline)
        promoted(f, s, m);
    /* Where the lock stays, it is writable again when the trouble is over. */
    if (c->lock_taken || c->well_us)
        writable(f, s, m);
}
