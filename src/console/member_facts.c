/* member_facts.c: one member in one line: the freshest word on each fact. */
#include "member_card.h"

#include "pgdba/analysis/lag.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/console/draw.h"

static void take_row(struct member_facts *f, const struct cluster_member *r)
{
    f->role = r->role;
    f->state_words = *r->state_text ? r->state_text : "?";
    f->timeline = r->timeline;
    f->received = r->receive_lsn;
    f->replayed = r->replay_lsn;
    f->pending_restart = r->pending_restart;
    f->npending = r->npending;
    f->pending = r->pending;
    f->tags = &r->tags;
}

static lsn_t further(lsn_t a, lsn_t b)
{
    if (a == LSN_UNKNOWN || b == LSN_UNKNOWN)
        return a == LSN_UNKNOWN ? b : a;
    return a > b ? a : b;
}

static void take_health(struct member_facts *f, const struct member_health *h)
{
    /* Only the DCS knows who is a synchronous standby for certain; a member's own word on its role
     * is newer than the list, but coarser. */
    bool finer = f->role == ROLE_SYNC_STANDBY || f->role == ROLE_QUORUM_STANDBY ||
                 f->role == ROLE_STANDBY_LEADER;
    if (!(finer && h->role == ROLE_REPLICA) && h->role != ROLE_UNKNOWN)
        f->role = h->role;
    if (h->state_text && *h->state_text)
        f->state_words = h->state_text;
    if (h->timeline > 0)
        f->timeline = h->timeline;
    f->location = h->location;
    f->received = further(h->received, h->replayed);
    f->replayed = h->replayed;
    if (h->pending_restart || !f->pending_restart) {
        f->pending_restart = h->pending_restart;
        if (h->npending || !h->pending_restart) {
            f->npending = h->npending;
            f->pending = h->pending;
        }
    }
    if (!f->tags)
        f->tags = &h->tags;
}

/* Before 3.0.4 a replica says "running" of itself whether it streams or not; its upstream's
 * walsender tells. */
static void take_streaming(struct member_facts *f, const struct picture *p, const struct member *m)
{
    if (pg_state_parse(f->state_words) != PGS_RUNNING)
        return;
    struct lag_view l = lag_view_of(p->s, (int)(m - p->s->members), p->now_us, p->now_wall_us);
    if (l.applies && l.streaming)
        f->state_words = pg_state_name(PGS_STREAMING);
}

static enum theme_role role_of_state(const char *words)
{
    enum pg_state st = pg_state_parse(words);
    if (pg_state_is_up(st))
        return TR_TEXT;
    return st == PGS_UNKNOWN                       ? TR_UNKNOWN
           : st == PGS_FAILED || st == PGS_STOPPED ? TR_CRIT
                                                   : TR_WARN;
}

/* The API is silent: what is known about that comes before an old state. */
static void say_silence(struct member_facts *f, const struct picture *p, const struct member *m,
                        bool listed_now, struct arena *a)
{
    char age[FMT_MAX];
    if (m->liveness.outcome == OBS_ANSWERED &&
        !source_is_stale(&m->liveness, p->s->refresh_us, p->now_us)) {
        f->state_words = arena_printf(
            a, "PostgreSQL silent %s, Patroni alive",
            fmt_age(age, p->now_us - (m->api.answered_us ? m->api.answered_us : m->api.since_us)));
    } else if (listed_now && pg_state_is_up(pg_state_parse(f->state_words))) {
        f->state_words = arena_printf(a, "API %s, listed %s", draw_outcome(a, &m->api, p->now_us),
                                      f->state_words);
    } else if (listed_now) {
        return; /* the list says what is wrong */
    } else {
        f->state_words = arena_printf(a, "API %s", draw_outcome(a, &m->api, p->now_us));
    }
    f->state_role = TR_WARN;
}

struct member_facts member_facts_of(const struct picture *p, const struct member *m,
                                    struct arena *a)
{
    struct member_facts f = {.role = ROLE_UNKNOWN,
                             .state_words = "?",
                             .location = LSN_UNKNOWN,
                             .received = LSN_UNKNOWN,
                             .replayed = LSN_UNKNOWN};
    bool listed = m->listed && !source_is_stale(&p->s->view, p->s->refresh_us, p->now_us);
    bool live = m->health && !source_is_stale(&m->api, p->s->refresh_us, p->now_us);
    if (m->dcs)
        take_row(&f, m->dcs);
    if (m->health && (live || !listed))
        take_health(&f, m->health);
    if (live)
        take_streaming(&f, p, m);
    f.stale = !live && !listed;
    f.at_us = live ? m->api.answered_us : m->listed ? p->s->view.answered_us : m->last_seen_us;
    if (f.stale && m->api.answered_us > f.at_us)
        f.at_us = m->api.answered_us;
    f.state_role = role_of_state(f.state_words);
    bool silent = !live && m->api.outcome != OBS_NEVER && m->api.outcome != OBS_ANSWERED;
    if (!m->listed && !live) {
        char age[FMT_MAX];
        f.gone = true;
        f.state_words = m->last_seen_us
                            ? arena_printf(a, "gone, last seen %s ago",
                                           fmt_duration(age, p->now_us - m->last_seen_us))
                            : "never listed";
        f.state_role = TR_WARN;
    } else if (silent && !m->note) {
        say_silence(&f, p, m, listed, a);
    }
    if (listed && m->note)
        f.state_words = arena_printf(a, "%s (%s)", f.state_words, m->note);
    return f;
}
