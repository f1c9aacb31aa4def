/* Events folded into failovers: how one begins, and the list of those that ended. */
#include "pgdba/analysis/failover.h"

#include <stdlib.h>
#include <string.h>

#include "failover_fold.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

struct failover_fold *failover_fold_new(const char *cluster)
{
    struct failover_fold *f = xcalloc(1, sizeof *f);
    f->cluster = xstrdup(cluster);
    f->leader = xstrdup("");
    return f;
}

void failover_fold_free(struct failover_fold *f)
{
    if (!f)
        return;
    for (int i = 0; i < f->nkept; i++)
        failover_free(f->kept[i]);
    failover_free(f->shown);
    fo_case_free(f->open);
    snapshot_unref(f->last);
    free(f->scheduled);
    free(f->leader);
    free(f->cluster);
    free(f);
}

/* What was handed out is of before. */
static void stale(struct failover_fold *f)
{
    failover_free(f->shown);
    f->shown = NULL;
}

/* ---- the list */

static void keep(struct failover_fold *f, struct failover *one)
{
    if (f->nkept == FAILOVERS_KEPT)
        failover_free(f->kept[--f->nkept]);
    memmove(f->kept + 1, f->kept, (size_t)f->nkept * sizeof(struct failover *));
    f->kept[0] = one;
    f->nkept++;
    f->revision++;
}

void failover_fold_restore(struct failover_fold *f, const struct failover *old)
{
    keep(f, failover_copy(old));
    f->kept[0]->open = false;
    if (old->number > f->number)
        f->number = old->number;
}

void failover_fold_list(const struct failover_fold *cf, struct failover_list *out)
{
    struct failover_fold *f = (struct failover_fold *)(uintptr_t)cf; /* what was made is kept */
    if (f->open && !f->shown)
        f->shown = fo_render(f, f->open);
    *out = (struct failover_list){.open = f->shown, .n = f->nkept};
    for (int i = 0; i < f->nkept; i++)
        out->v[i] = f->kept[i];
}

const struct failover *failover_fold_ended(struct failover_fold *f)
{
    if (f->untold > f->nkept)
        f->untold = f->nkept;
    return f->untold > 0 ? f->kept[--f->untold] : NULL;
}

uint64_t failover_fold_revision(const struct failover_fold *f)
{
    return f->revision;
}

/* ---- beginning and end */

static void forget(struct failover_fold *f)
{
    fo_case_free(f->open);
    f->open = NULL;
    failover_free(f->shown);
    f->shown = NULL;
    f->revision++;
}

void fo_drop(struct failover_fold *f)
{
    forget(f);
    f->number--;
}

void fo_close(struct failover_fold *f, int64_t mono_us, int64_t wall_us)
{
    f->open->kind = fo_kind(f->open);
    if (!*f->open->to && f->open->kind == FO_LOCAL_RECOVERY)
        fo_set_text(&f->open->to, f->open->from);
    struct failover *one = fo_render(f, f->open);
    one->open = false;
    one->end_mono_us = mono_us;
    one->end_wall_us = wall_us;
    char *text = fo_summary(one);
    one->summary = arena_strdup(&one->arena, text);
    free(text);
    if (one->new_timeline)
        f->timeline = one->new_timeline;
    keep(f, one);
    f->untold++;
    forget(f);
}

static void say_last_sign(struct failover_fold *f, const struct fo_word *now)
{
    struct fo_case *c = f->open;
    struct failover_phase *p = fo_phase(c, FP_LAST_SIGN, "");
    struct fo_word last = fo_last_sign(f, now->mono_us);
    if (!last.mono_us || last.mono_us > now->mono_us) {
        fo_skip(f, p, "it was not seen");
        return;
    }
    p->state = FO_WAITING;
    fo_done(f, p, &last, "%s", c->from);
    if (!c->requested)
        c->start = last;
}

/* While the DCS is away the leader lives: what was heard last is the DCS. */
static void say_dcs_last(struct failover_fold *f, const struct snapshot *s)
{
    const struct source_state *st = s->etcd_configured ? &s->dcs_state : &s->view;
    struct fo_case *c = f->open;
    struct fo_word w = fo_answer(s, s->etcd_configured ? SYS_ETCD : SYS_PATRONI, st, st);
    struct failover_phase *p = fo_phase(c, FP_LAST_SIGN, "");
    if (!st->answered_us || st->answered_us > c->opened_us)
        return;
    p->state = FO_WAITING;
    fo_done(f, p, &w, "the DCS");
    c->start = w;
}

/* Another begins while this one is still being followed: it is over as it is. */
static void cut_short(struct failover_fold *f, const struct fo_word *w)
{
    for (int i = 0; i < f->open->n; i++)
        if (f->open->v[i].state != FO_DONE)
            fo_skip(f, &f->open->v[i], "the next one began first");
    fo_close(f, w->mono_us, w->wall_us);
}

void fo_open(struct failover_fold *f, const struct fo_word *w)
{
    if (f->open)
        cut_short(f, w);
    struct fo_word last = fo_last_sign(f, w->mono_us);
    const struct snapshot *s = f->last;
    f->open = fo_case_new(f, last.mono_us ? &last : w);
    f->open->number = ++f->number;
    f->open->opened_us = f->open->taken_us = w->mono_us;
    f->open->coarse = !s || !s->etcd_configured || !s->dcs;
    const struct probe_view *p = s ? s->probe : NULL;
    f->open->lost_before = p && p->lost > 0 ? p->lost : 0;
    f->open->ghosts_before = p && p->ghosts > 0 ? p->ghosts : 0;
    fo_arrange(f, s);
    if (last.mono_us)
        say_last_sign(f, w);
    f->revision++;
}

/* ---- the lock */

void fo_lock_gone(struct failover_fold *f, const struct fo_word *w, const char *note)
{
    struct fo_case *c = f->open;
    if (c->lock_gone)
        return;
    /* A silent one's lease may have been renewed since; what crashed gave its last sign then. */
    if (c->requested || c->silent || !fo_is_done(c, FP_LAST_SIGN))
        say_last_sign(f, w);
    c->lock_gone = true;
    c->gone_revision = w->revision;
    c->gone_exactly = w->source == SYS_ETCD && w->revision && w->not_before_us == w->mono_us;
    c->coarse = w->source != SYS_ETCD;
    fo_done(f, fo_phase(c, FP_LOCK_GONE, ""), w, "%s", note);
    fo_done(f, fo_phase(c, FP_CANDIDATES, ""), w, "%s", "");
    if (f->last)
        fo_candidates(f, f->last);
}

/* It has been promoted and takes writes: what comes now is not this one's any more. */
static bool settled(const struct failover_fold *f)
{
    const struct fo_case *c = f->open;
    return c && c->lock_taken && fo_is_done(f->open, FP_WRITABLE) && (!c->dcs_out || c->well_us);
}

static void on_gone(struct failover_fold *f, const struct event *e)
{
    struct fo_word w = fo_word_of(e);
    if (f->open && f->open->lock_gone && !f->open->lock_taken)
        return; /* told a second time, by another source */
    if (f->open && f->open->lock_taken && strcmp(e->subject, f->leader) != 0)
        return;
    if (*e->subject)
        fo_lead(f, e->subject, 0);
    if (!f->open || settled(f))
        fo_open(f, &w);
    if (f->open->lock_taken) { /* who took it lost it before it was a primary */
        fo_phase(f->open, FP_LOCK_TAKEN, "")->state = FO_WAITING;
        fo_note(f, fo_phase(f->open, FP_LOCK_TAKEN, ""), "");
        f->open->lock_taken = false;
        return;
    }
    if (f->scheduled && !f->open->requested) {
        f->open->scheduled = true;
        fo_skip(f, fo_phase(f->open, FP_REQUESTED, ""), "it was scheduled for %s", f->scheduled);
    }
    fo_lock_gone(f, &w, "");
}

static void on_taken(struct failover_fold *f, const struct event *e)
{
    struct fo_word w = fo_word_of(e);
    struct fo_case *c = f->open;
    if (strcmp(e->now, f->leader) == 0 && (!c || c->lock_taken || !c->lock_gone)) {
        /* Heard already; etcd knows the revision. */
        struct failover_phase *p = c ? fo_phase(c, FP_LOCK_TAKEN, "") : NULL;
        if (p && p->state == FO_DONE && !p->revision)
            p->revision = e->revision;
        return;
    }
    if (!*f->leader && !c) { /* nobody is known to have led: no failover that we saw */
        fo_lead(f, e->now, e->mono_us);
        return;
    }
    if (!c || settled(f))
        fo_open(f, &w);
    c = f->open;
    if (!c->lock_gone)
        fo_lock_gone(f, &(struct fo_word){w.mono_us, w.wall_us, w.not_before_us, 0, w.source},
                     "between two looks");
    struct failover_phase *p = fo_phase(c, FP_LOCK_TAKEN, "");
    p->state = FO_WAITING;
    c->lock_taken = true;
    c->coarse = w.source != SYS_ETCD;
    c->taken_us = w.mono_us;
    fo_set_text(&c->to, e->now);
    fo_lead(f, e->now, w.mono_us);
    fo_arrange(f, f->last);
    fo_done(f, fo_phase(c, FP_LOCK_TAKEN, ""), &w, "%s", e->now);
}

static void on_reacquired(struct failover_fold *f, const struct event *e)
{
    struct fo_word w = fo_word_of(e);
    if (f->open && f->open->lock_taken && strcmp(f->open->to, e->now) == 0 && !settled(f))
        return;
    if (!f->open || settled(f))
        fo_open(f, &w);
    struct fo_case *c = f->open;
    fo_lock_gone(f, &w, "between two looks");
    c->lock_taken = true;
    c->taken_us = w.mono_us;
    fo_set_text(&c->to, e->now);
    fo_lead(f, e->now, w.mono_us);
    fo_arrange(f, f->last);
    fo_done(f, fo_phase(c, FP_LOCK_TAKEN, ""), &w, "%s, a new lease", e->now);
}

/* ---- requests */

static void on_requested(struct failover_fold *f, const struct event *e)
{
    struct fo_word w = fo_word_of(e);
    struct fo_case *c = f->open;
    if (c && c->lock_gone && !settled(f))
        return; /* in a pause the winner rewrites the key */
    if (!c || settled(f)) {
        fo_open(f, &w);
        c = f->open;
    }
    const bool again = c->requested;
    if (!again) {
        c->start = w;
        fo_phase(c, FP_LAST_SIGN, "")->state = FO_WAITING; /* it lives until it steps down */
    }
    c->requested = true;
    c->names_leader = *e->old != '\0';
    if (!*c->from)
        fo_set_text(&c->from, e->old);
    fo_set_text(&c->to, "");
    struct failover_phase *p = fo_phase(c, FP_REQUESTED, "");
    p->state = again ? FO_DONE : FO_WAITING;
    char *note = xasprintf("to %s", *e->now ? e->now : "any");
    if (again)
        fo_note(f, p, note); /* a second request overwrites the first one's target */
    else
        fo_done(f, p, &w, "%s", note);
    free(note);
    c->kind = fo_kind(c);
    fo_arrange(f, f->last);
}

static void on_cleared(struct failover_fold *f, const struct event *e)
{
    struct fo_case *c = f->open;
    free(f->scheduled);
    f->scheduled = NULL;
    if (!c || !c->requested || c->lock_gone || c->lock_taken)
        return;
    c->refused = true;
    for (int i = 0; i < c->n; i++)
        fo_skip(f, &c->v[i], "refused: %s leads on", *c->from ? c->from : "nobody");
    fo_close(f, e->mono_us, e->wall_us);
}

/* ---- what members say */

static void on_member_gone(struct failover_fold *f, const struct event *e)
{
    struct fo_case *c = f->open;
    if (!c || !c->lock_gone || (e->revision && e->revision != c->gone_revision))
        return;
    if (strcmp(e->subject, c->from) == 0)
        c->expired = true;
    else if (e->revision || e->mono_us == fo_done_us(c, FP_LOCK_GONE))
        c->dcs_out = true; /* leases of several at once: nobody could renew one (§4.3) */
}

/* It shows how the lock was lost, though it may be heard only afterwards. */
static void on_state_of_old(struct fo_case *c, const struct event *e, enum pg_state st)
{
    if (strcmp(e->subject, c->from) == 0 && (st == PGS_STOPPING || st == PGS_STOPPED) &&
        e->source == SYS_PATRONI && c->coarse && !c->silent)
        c->stopped = true;
}

static void on_state(struct failover_fold *f, const struct event *e)
{
    struct fo_word w = fo_word_of(e);
    enum pg_state st = pg_state_parse(e->now);
    if (f->open && f->open->lock_gone && !settled(f)) {
        on_state_of_old(f->open, e, st);
        return;
    }
    if (strcmp(e->subject, f->leader) != 0 || !f->postgres.mono_us ||
        (st != PGS_STOPPING && st != PGS_STOPPED && st != PGS_FAILED))
        return;
    if (!f->open || settled(f))
        fo_open(f, &w);
    f->open->stopped |= st != PGS_FAILED;
    f->open->crashed |= st == PGS_FAILED;
}

static void on_role(struct failover_fold *f, const struct event *e)
{
    struct fo_word w = fo_word_of(e);
    struct fo_case *c = f->open;
    bool primary = strcmp(e->now, "primary") == 0 || strcmp(e->now, "promoted") == 0;
    if (!c || !c->lock_taken || strcmp(c->to, c->from) == 0)
        return;
    if (strcmp(e->subject, c->to) == 0 && primary)
        fo_promoted(f, &w, 0);
    else if (strcmp(e->subject, c->from) == 0 && !primary && e->source == SYS_PATRONI && c->coarse)
        c->stopped = true;
}

static void on_timeline(struct failover_fold *f, const struct event *e)
{
    struct fo_word w = fo_word_of(e);
    int64_t timeline = 0;
    if (!fmt_parse_int(e->now, &timeline) || timeline <= 0)
        return;
    struct fo_case *c = f->open;
    const char *to = c && c->lock_taken ? c->to : f->leader;
    if (strcmp(e->subject, to) != 0)
        return;
    /* The lock stayed, and the timeline is another: a crash and its recovery, too quick to be seen.
     */
    if (!c && f->timeline && timeline > f->timeline) {
        fo_open(f, &w);
        c = f->open;
        c->crashed = true;
    }
    if (c && (!c->old_timeline || timeline > c->old_timeline))
        fo_promoted(f, &w, timeline);
}

static void on_scheduled(struct failover_fold *f, const struct event *e)
{
    free(f->scheduled);
    f->scheduled = xstrdup(e->now);
}

typedef void on_fn(struct failover_fold *f, const struct event *e);
static on_fn *const handlers[EV_KIND_COUNT] = {
    [EV_LOCK_GONE] = on_gone,
    [EV_LOCK_TAKEN] = on_taken,
    [EV_LOCK_REACQUIRED] = on_reacquired,
    [EV_REQUESTED] = on_requested,
    [EV_REQUEST_CLEARED] = on_cleared,
    [EV_SCHEDULED] = on_scheduled,
    [EV_MEMBER_GONE] = on_member_gone,
    [EV_MEMBER_STATE] = on_state,
    [EV_MEMBER_ROLE] = on_role,
    [EV_MEMBER_TIMELINE] = on_timeline,
};

void failover_fold_event(struct failover_fold *f, const struct event *e)
{
    if ((unsigned)e->kind < EV_KIND_COUNT && handlers[e->kind])
        handlers[e->kind](f, e);
    stale(f);
}

/* ---- snapshots */

static void look_for_trouble(struct failover_fold *f, const struct snapshot *s, int64_t now_us,
                             int64_t now_wall_us)
{
    struct fo_case seen = {0}, *c = f->open;
    /* Until it is settled the open one is the trouble. */
    bool same = c && !settled(f);
    if (same && c->lock_gone)
        return;
    bool trouble = fo_trouble(f, s, now_us, same ? c : &seen);
    if (!trouble || same)
        return;
    struct fo_word w = {now_us, now_wall_us, f->last ? f->last->mono_us : now_us, 0, SYS_PGDBA};
    fo_open(f, &w);
    c = f->open;
    c->silent = seen.silent;
    c->stopped = seen.stopped;
    c->crashed = seen.crashed;
    c->dcs_out = seen.dcs_out;
    c->failsafe = seen.failsafe;
    c->demoted = seen.demoted;
    if (c->dcs_out)
        say_dcs_last(f, s);
}

void failover_fold_snapshot(struct failover_fold *f, const struct snapshot *s, int64_t now_us,
                            int64_t now_wall_us)
{
    if (f->open)
        fo_arrange(f, s); /* opened by an event before there was a picture */
    fo_learn(f, s);
    look_for_trouble(f, s, now_us, now_wall_us);
    if (f->open) {
        fo_progress(f, s);
        fo_follow(f, s, now_us);
        fo_settle(f, s, now_us, now_wall_us);
    }
    const struct snapshot *before = f->last;
    f->last = snapshot_ref(s);
    snapshot_unref(before);
    stale(f);
}
