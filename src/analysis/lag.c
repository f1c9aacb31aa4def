/* Lag in bytes, in time, and how it moves. */
#include "pgdba/analysis/lag.h"

#include <math.h>
#include <stdlib.h>

#include "pgdba/base/clock.h"
#include "facts.h"

#define RATE_WINDOW_US (30 * USEC_PER_SEC) /* samples the slope is taken from */
#define RATE_SPAN_US   (2 * USEC_PER_SEC)  /* less than that is jitter */
#define ETA_MAX_S      (30.0 * 86400)      /* later than that is "never" */

static const struct lag_sample nothing = {LAG_NONE, LAG_UNKNOWN, LAG_UNKNOWN, 0};

static lsn_t further(lsn_t a, lsn_t b)
{
    if (a == LSN_UNKNOWN)
        return b;
    return b == LSN_UNKNOWN || a > b ? a : b;
}

/* After a restart without its upstream a standby says received 0/3000000 and replayed 0/3694A38:
 * what is replayed was received. */
static lsn_t received(const struct member_health *h)
{
    return further(h->received, h->replayed);
}

static bool answered_within(const struct member *m, int64_t max_age_us, int64_t now_us)
{
    return m->health && m->health->has_sql && m->api.outcome == OBS_ANSWERED &&
           m->api.answered_us > 0 && now_us - m->api.answered_us <= max_age_us;
}

static struct lag_sample live(const struct member *m, const struct member *leader,
                              int64_t max_age_us, int64_t now_us)
{
    if (!answered_within(m, max_age_us, now_us) || !answered_within(leader, max_age_us, now_us))
        return nothing;
    int64_t apart = m->api.answered_us - leader->api.answered_us;
    if (apart > max_age_us || -apart > max_age_us)
        return nothing;
    const struct member_health *l = leader->health, *h = m->health;
    /* A standby leader, or one still promoting, has no write position of its own. */
    lsn_t end = l->location != LSN_UNKNOWN ? l->location : received(l);
    bool forked = l->timeline > 0 && h->timeline > 0 && l->timeline != h->timeline;
    if (forked && received(h) != LSN_UNKNOWN && end != LSN_UNKNOWN && received(h) >= end)
        return nothing; /* ahead on another history: the difference is not a lag */
    struct lag_sample out = {LAG_LIVE, lsn_lag(end, received(h)), lsn_lag(end, h->replayed),
                             apart < 0 ? m->api.answered_us : leader->api.answered_us};
    return out.receive == LAG_UNKNOWN ? nothing : out;
}

static struct lag_sample published(const struct member *m, const struct source_state *view,
                                   int64_t max_age_us, int64_t now_us)
{
    if (!m->listed || !m->dcs || view->outcome != OBS_ANSWERED || view->answered_us == 0 ||
        now_us - view->answered_us > max_age_us)
        return nothing;
    int64_t receive = m->dcs->receive_lag != LAG_UNKNOWN ? m->dcs->receive_lag : m->dcs->lag;
    if (receive == LAG_UNKNOWN && m->dcs->replay_lag == LAG_UNKNOWN)
        return nothing;
    return (struct lag_sample){LAG_PUBLISHED, receive, m->dcs->replay_lag, view->answered_us};
}

struct lag_sample lag_measure(const struct member *m, const struct member *leader,
                              const struct source_state *view, int64_t max_age_us, int64_t now_us)
{
    if (!m || !leader || m == leader)
        return nothing;
    struct lag_sample out = live(m, leader, max_age_us, now_us);
    return out.basis != LAG_NONE ? out : published(m, view, max_age_us, now_us);
}

/* Slope of the last samples by least squares, in bytes/s; NAN when they are too few, too near to
 * each other, or old. A gap ends the run: what was before it may be another story. */
static double slope(const struct series *v, int64_t now_us, int64_t refresh_us)
{
    int64_t old = 3 * refresh_us > 5 * USEC_PER_SEC ? 3 * refresh_us : 5 * USEC_PER_SEC;
    if (v->n < 2 || now_us - v->at_us[v->n - 1] > old)
        return NAN;
    int64_t end = v->at_us[v->n - 1];
    double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
    int64_t span = 0;
    for (int i = v->n - 1; i >= 0; i--) {
        if (v->value[i] == LAG_UNKNOWN || end - v->at_us[i] > RATE_WINDOW_US)
            break;
        double x = -(double)(end - v->at_us[i]) / (double)USEC_PER_SEC, y = (double)v->value[i];
        n++, sx += x, sy += y, sxx += x * x, sxy += x * y;
        span = end - v->at_us[i];
    }
    double d = n * sxx - sx * sx;
    if (n < 2 || span < RATE_SPAN_US || d <= 0)
        return NAN;
    return (n * sxy - sx * sy) / d;
}

/* The wall clock when the member answered. Its own clock decides when ours is off: its Date has
 * whole seconds only, so it is used when they differ by more than that explains. */
static int64_t wall_of_answer(const struct member *m, int64_t now_us, int64_t now_wall_us)
{
    int64_t ours = now_wall_us - (now_us - m->api.answered_us);
    if (m->health->date_s <= 0 || m->health->date_s > INT64_MAX / USEC_PER_SEC)
        return ours;
    int64_t theirs = m->health->date_s * USEC_PER_SEC;
    return llabs(ours - theirs) <= 3 * USEC_PER_SEC / 2 ? ours : theirs;
}

static void lag_in_time(struct lag_view *v, const struct member *m, int64_t now_us,
                        int64_t now_wall_us)
{
    if (v->sample.replay == 0 && v->streaming) {
        v->time_us = 0;
    } else if (v->sample.replay > 0 && m->health && m->health->has_sql &&
               m->health->replayed_wall_us > 0) {
        int64_t behind = wall_of_answer(m, now_us, now_wall_us) - m->health->replayed_wall_us;
        v->time_us = behind > 0 ? behind : 0;
        v->time_is_estimate = true;
    }
}

static int64_t catch_up_us(const struct lag_view *v)
{
    if (v->sample.replay == 0 && v->streaming)
        return 0;
    if (v->sample.replay < 0 || isnan(v->rate) || v->rate >= 0)
        return -1;
    double s = (double)v->sample.replay / -v->rate;
    return s <= ETA_MAX_S ? (int64_t)(s * (double)USEC_PER_SEC) : -1;
}

struct lag_view lag_view_of(const struct snapshot *s, int i, int64_t now_us, int64_t now_wall_us)
{
    const struct member *m = &s->members[i];
    struct lag_view v = {
        .sample = m->lag, .applies = i != s->leader, .time_us = -1, .rate = NAN, .eta_us = -1};
    if (!v.applies) {
        v.sample = nothing;
        return v;
    }
    v.streaming = facts_streaming(s, m, now_us) == TRI_YES;
    v.replay_paused = m->health && m->health->has_sql && m->health->replay_paused;
    v.rate = slope(&m->replay_lag, now_us, s->refresh_us);
    lag_in_time(&v, m, now_us, now_wall_us);
    v.eta_us = catch_up_us(&v);
    return v;
}
