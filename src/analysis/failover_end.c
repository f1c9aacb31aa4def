/* What kind a failover is, what is waited for, when it is over, and how it is summed up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failover_fold.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

#define SETTLE       (3 * USEC_PER_SEC)   /* well for so long: the trouble is over */
#define ROUTE_LIMIT  (120 * USEC_PER_SEC) /* after it writes */
#define LISTED_LIMIT (300 * USEC_PER_SEC) /* a replica, after the lock was taken */
#define GONE_LIMIT   (60 * USEC_PER_SEC)  /* one that is not there */
#define ROWS_LIMIT   (10 * USEC_PER_SEC)  /* lost rows, after the first write */
#define GIVE_UP      (900 * USEC_PER_SEC) /* a leader that neither recovers nor loses the lock */
#define DUE          (30 * USEC_PER_SEC)  /* where nothing is predicted */

static bool back_with_the_same(const struct fo_case *c)
{
    return c->lock_taken && strcmp(c->from, c->to) == 0;
}

static bool promoted_anew(const struct fo_case *c)
{
    return c->old_timeline && c->new_timeline > c->old_timeline;
}

static enum failover_kind kind_of_outage(const struct fo_case *c)
{
    if (c->demoted || (c->lock_taken && !back_with_the_same(c)) || promoted_anew(c))
        return FO_DCS_DEMOTED;
    if (c->failsafe)
        return FO_DCS_FAILSAFE;
    return back_with_the_same(c) ? FO_REACQUIRED : FO_UNKNOWN;
}

/* The lock has gone and nobody asked for it. */
static enum failover_kind kind_of_loss(const struct fo_case *c)
{
    if (c->expired || c->crashed)
        return FO_CRASH;
    /* Over REST a request cannot be seen, but the Patroni of who was asked to step down lives on.
     */
    if (c->coarse && c->alive && !c->silent)
        return c->stopped ? FO_SWITCHOVER : FO_UNKNOWN;
    if (c->stopped)
        return FO_CLEAN_STOP;
    return c->silent || c->gone_exactly ? FO_CRASH : FO_UNKNOWN;
}

enum failover_kind fo_kind(const struct fo_case *c)
{
    if (c->refused)
        return FO_REFUSED;
    if (c->requested)
        return c->names_leader ? FO_SWITCHOVER : FO_MANUAL;
    if (c->scheduled)
        return FO_SWITCHOVER;
    if (c->dcs_out)
        return kind_of_outage(c);
    if (back_with_the_same(c))
        return promoted_anew(c) || c->crashed ? FO_LOCAL_RECOVERY : FO_REACQUIRED;
    if (c->lock_gone)
        return kind_of_loss(c);
    return c->crashed || promoted_anew(c) ? FO_LOCAL_RECOVERY : FO_UNKNOWN;
}

/* ---- what is waited for */

static bool waits(const struct failover_phase *p)
{
    return p->state == FO_WAITING || p->state == FO_NEXT || p->state == FO_OVERDUE;
}

static void mark(struct failover_fold *f, struct failover_phase *p, enum fo_state state)
{
    if (p->state == state)
        return;
    p->state = state;
    f->revision++;
}

/* Phases up to "writable" come one after the other, the others side by side after it. */
static void next(struct failover_fold *f, int64_t now_us)
{
    struct fo_case *c = f->open;
    bool first = true;
    int64_t previous = c->start.mono_us;
    for (int i = 0; i < c->n; i++) {
        struct failover_phase *p = &c->v[i];
        if (p->state == FO_DONE && p->id <= FP_WRITABLE && p->mono_us > previous)
            previous = p->mono_us;
        if (!waits(p) || p->id == FP_LAST_SIGN)
            continue;
        int64_t due =
            p->predicted_hi_us >= 0 ? c->start.mono_us + p->predicted_hi_us : previous + DUE;
        enum fo_state now = now_us > due ? FO_OVERDUE : FO_NEXT;
        mark(f, p, first || (p->id > FP_WRITABLE && fo_is_done(c, FP_WRITABLE)) ? now : FO_WAITING);
        first = false;
    }
}

/* ---- the end */

static void skip_all(struct failover_fold *f, enum failover_phase_id from,
                     enum failover_phase_id to, const char *why)
{
    for (int i = 0; i < f->open->n; i++)
        if (f->open->v[i].id >= from && f->open->v[i].id <= to)
            fo_skip(f, &f->open->v[i], "%s", why);
}

/* What is not to be expected with this kind. */
static void skip_by_kind(struct failover_fold *f)
{
    struct fo_case *c = f->open;
    char why[128];
    if (!c->lock_gone) {
        snprintf(why, sizeof why, "the lock stayed with %s", c->from);
        skip_all(f, FP_LOCK_GONE, FP_LOCK_TAKEN, why);
    }
    if (!promoted_anew(c) && !c->demoted) {
        snprintf(why, sizeof why, "nothing was promoted: timeline %lld goes on",
                 (long long)c->old_timeline);
        skip_all(f, FP_PROMOTED, FP_PROMOTED, why);
    }
}

static int64_t limit_of(const struct failover_phase *p, const struct snapshot *s)
{
    if (p->id != FP_REPLICA)
        return ROUTE_LIMIT;
    const struct member *m = snapshot_member(s, p->subject);
    return m && m->listed ? LISTED_LIMIT : GONE_LIMIT;
}

/* Whether nothing is awaited any more. After a limit a phase is no longer waited for. */
static bool finished(struct failover_fold *f, const struct snapshot *s, int64_t now_us)
{
    struct fo_case *c = f->open;
    int64_t writable = fo_done_us(c, FP_WRITABLE), first = fo_done_us(c, FP_FIRST_WRITE);
    bool all = true;
    for (int i = 0; i < c->n; i++) {
        struct failover_phase *p = &c->v[i];
        if (!waits(p))
            continue;
        if (p->id <= FP_WRITABLE || !writable || now_us - writable < limit_of(p, s)) {
            all = all && p->id == FP_LAST_SIGN;
            continue;
        }
        mark(f, p, FO_OVERDUE);
        char span[FMT_MAX], note[FMT_MAX + 32];
        snprintf(note, sizeof note, "not within %s%s", facts_span(span, limit_of(p, s)),
                 p->id == FP_REPLICA && limit_of(p, s) == GONE_LIMIT ? ": it is not there" : "");
        fo_note(f, p, note);
    }
    bool rows = !first || !c->outage.is_write || c->outage.lost >= 0 || now_us - first > ROWS_LIMIT;
    return all && rows;
}

/* The leader is as it was, and the lock never moved. */
static void over_without_lock(struct failover_fold *f, int64_t now_us, int64_t now_wall_us)
{
    struct fo_case *c = f->open;
    enum failover_kind kind = fo_kind(c);
    bool real = kind != FO_UNKNOWN && kind != FO_SWITCHOVER && kind != FO_MANUAL;
    if (!real && now_us - c->well_us >= SETTLE / 3)
        fo_drop(f);
    else if (real && now_us - c->well_us >= SETTLE && kind == FO_DCS_FAILSAFE) {
        skip_by_kind(f);
        skip_all(f, FP_REQUESTED, FP_COUNT, "it stayed primary");
        fo_close(f, now_us, now_wall_us);
    } else if (real && now_us - c->well_us >= SETTLE) {
        skip_by_kind(f);
    }
}

/* Its API and PostgreSQL do not answer us, and its lease goes on: it is not dead. */
static bool lives_unheard(const struct failover_fold *f, const struct snapshot *s, int64_t now_us)
{
    const struct fo_case *c = f->open;
    struct timers t = facts_timers(s);
    if (!c->silent || c->crashed || c->stopped || c->dcs_out || c->requested)
        return false;
    if (f->patroni.source == SYS_ETCD && f->patroni.mono_us > c->opened_us)
        return true;
    /* The lock outlived every lease that it could have had. */
    return snapshot_leader(s) && strcmp(snapshot_leader(s)->name, c->from) == 0 &&
           !facts_view_old(s, now_us) &&
           now_us - c->opened_us > t.ttl + t.loop_wait + 5 * USEC_PER_SEC;
}

static void without_lock(struct failover_fold *f, const struct snapshot *s, int64_t now_us,
                         int64_t now_wall_us)
{
    struct fo_case *c = f->open;
    bool well = fo_well(f, s, now_us) && (!c->dcs_out || s->dcs_leads || !s->etcd_configured);
    if (!well && c->well_us && !fo_is_done(c, FP_WRITABLE))
        c->well_us = 0;
    else if (well && !c->well_us)
        c->well_us = now_us;
    if (c->requested)
        return;
    if (lives_unheard(f, s, now_us)) {
        f->muted = true;
        fo_drop(f);
    } else if (c->well_us) {
        over_without_lock(f, now_us, now_wall_us);
    } else if (now_us - c->opened_us > GIVE_UP) {
        skip_all(f, FP_LOCK_GONE, FP_COUNT, "it did not come in 15 minutes");
        fo_close(f, now_us, now_wall_us);
    }
}

static void set_kind(struct failover_fold *f, const struct snapshot *s)
{
    enum failover_kind kind = fo_kind(f->open);
    if (kind == f->open->kind)
        return;
    f->open->kind = kind;
    f->revision++;
    fo_arrange(f, s); /* other ranges are predicted */
}

void fo_settle(struct failover_fold *f, const struct snapshot *s, int64_t now_us,
               int64_t now_wall_us)
{
    set_kind(f, s);
    if (!f->open->lock_gone)
        without_lock(f, s, now_us, now_wall_us);
    else if (back_with_the_same(f->open) && fo_is_done(f->open, FP_WRITABLE))
        skip_by_kind(f);
    if (!f->open)
        return;
    next(f, now_us);
    /* Members go on saying that they cannot reach the DCS for a moment after its return. */
    if (f->open->dcs_out && f->open->lock_taken && !f->open->well_us && fo_well(f, s, now_us))
        f->open->well_us = now_us;
    bool calm = !f->open->dcs_out || f->open->well_us;
    if ((finished(f, s, now_us) && calm) ||
        (f->open->lock_taken && now_us - f->open->taken_us > GIVE_UP))
        fo_close(f, now_us, now_wall_us);
}

/* ---- in one sentence */

static int64_t after(const struct failover *f, enum failover_phase_id id)
{
    for (int i = 0; i < f->nphases; i++)
        if (f->phases[i].id == id && f->phases[i].state == FO_DONE)
            return f->phases[i].mono_us - f->start_mono_us;
    return -1;
}

static void say_waiting(struct buf *b, const struct failover *f)
{
    for (int i = 0; i < f->nphases; i++) {
        const struct failover_phase *p = &f->phases[i];
        if (p->state != FO_NEXT && p->state != FO_OVERDUE)
            continue;
        buf_addf(b, ": waiting for \"%s\"%s%s", failover_phase_name(p->id), *p->subject ? " " : "",
                 p->subject);
        return;
    }
}

static const char *name(const char *s)
{
    return *s ? s : "somebody";
}

static void say_way(struct buf *b, const struct failover *f)
{
    if (*f->to && strcmp(f->from, f->to) != 0)
        buf_addf(b, " %s -> %s", name(f->from), f->to);
    else
        buf_addf(b, " of %s", name(f->from));
}

static void say_times(struct buf *b, const struct failover *f)
{
    char d[FMT_MAX];
    int64_t writable = after(f, FP_WRITABLE);
    if (writable >= 0)
        buf_addf(b, " in %s", fmt_duration(d, writable));
    else
        buf_puts(b, f->start_mono_us ? ", not seen to take writes" : "");
    if (f->new_timeline && f->new_timeline < f->old_timeline)
        buf_addf(b, ", BACK from timeline %lld to %lld", (long long)f->old_timeline,
                 (long long)f->new_timeline);
    else if (f->old_timeline && f->new_timeline > f->old_timeline)
        buf_addf(b, ", timeline %lld -> %lld", (long long)f->old_timeline,
                 (long long)f->new_timeline);
    if (f->outage.known && f->outage.failures)
        buf_addf(b, ", clients without %s for %s", f->outage.is_write ? "writes" : "answers",
                 fmt_duration(d, f->outage.longest_us));
    if (f->outage.lost > 0)
        buf_addf(b, ", %lld rows lost", (long long)f->outage.lost);
}

char *fo_summary(const struct failover *f)
{
    struct buf b;
    char d[FMT_MAX];
    buf_init(&b);
    buf_puts(&b, failover_kind_name(f->kind));
    if (f->kind == FO_UNKNOWN && f->open && !*f->to) {
        buf_clear(&b);
        buf_addf(&b, "%s is in trouble", name(f->from));
    } else {
        say_way(&b, f);
    }
    if (f->open) {
        say_waiting(&b, f);
    } else if (f->kind == FO_REFUSED) {
        buf_addf(&b, ": after %s nothing had changed",
                 fmt_duration(d, f->end_mono_us - f->start_mono_us));
    } else if (f->kind == FO_DCS_FAILSAFE) {
        int64_t taken = after(f, FP_LOCK_TAKEN);
        fmt_duration(d, taken >= 0 ? taken : f->end_mono_us - f->start_mono_us);
        buf_addf(&b, ": it stayed primary for all of %s", d);
    } else if (f->kind == FO_REACQUIRED) {
        int64_t gone = after(f, FP_LOCK_GONE), taken = after(f, FP_LOCK_TAKEN);
        buf_addf(&b, ": the lock was gone for %s, nothing was promoted",
                 gone >= 0 && taken >= gone ? fmt_duration(d, taken - gone) : "a moment");
    } else {
        say_times(&b, f);
    }
    char *text = buf_detach(&b);
    buf_release(&b);
    return text;
}
