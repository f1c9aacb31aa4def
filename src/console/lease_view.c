/* lease_view.c: what is left of a lease. Reference "patroni.md" §4.1: it swings between ttl and
 * ttl - loop_wait, or twice that where a renewal came a little early; below ttl - loop_wait -
 * retry_timeout its holder is in trouble. While all is well it goes by steps of loop_wait, so that
 * what moves on the screen is what runs out. */
#include "lease_view.h"

#include <inttypes.h>
#include <math.h>

#include "pgdba/base/clock.h"

/* Whole seconds: etcd says no more, and what changes once a second costs little. */
static int64_t seconds_up(int64_t us)
{
    return us > 0 ? (us + USEC_PER_SEC - 1) / USEC_PER_SEC : us / USEC_PER_SEC;
}

/* Below this its holder has missed more than a loop. */
static int64_t trouble_s(const struct picture *p, int64_t granted)
{
    const struct dynamic_config *c = p->s->config;
    int64_t least = granted / 5;
    int64_t normal = c ? granted - c->loop_wait - c->retry_timeout : least;
    return normal > least ? normal : least;
}

static int64_t step_down(const struct picture *p, int64_t left, int64_t granted, int64_t trouble)
{
    int64_t step = p->s->config ? p->s->config->loop_wait : granted / 3;
    step = step > 0 ? step : 1;
    int64_t n = left / step * step, most = granted - step;
    n = n < most ? n : most;
    return n > trouble ? n : trouble;
}

struct lease_view lease_view_of(const struct picture *p, int64_t id, struct arena *a)
{
    struct lease_view v = {.filled = NAN, .role = TR_UNKNOWN, .text = "?"};
    const struct dcs_lease *l = id ? snapshot_lease(p->s, id) : NULL;
    int64_t left = id ? snapshot_lease_left(p->s, id, p->now_us) : INT64_MIN;
    v.granted_s = l && l->granted_s > 0 ? l->granted_s : p->s->config ? p->s->config->ttl : 0;
    if (!l || left == INT64_MIN)
        return v;
    v.known = true;
    v.left_s = v.exact_s = seconds_up(left);
    int64_t trouble = trouble_s(p, v.granted_s);
    bool well = v.granted_s > 0 && v.left_s >= trouble;
    if (well)
        v.left_s = step_down(p, v.left_s, v.granted_s, trouble);
    v.filled = v.granted_s > 0 ? (double)v.left_s / (double)v.granted_s : NAN;
    if (v.filled < 0)
        v.filled = 0;
    if (l->ttl_s < 0 || v.left_s < 0) {
        v.role = TR_CRIT;
        v.text = l->ttl_s < 0 ? "gone" : "over";
        return v;
    }
    v.role = v.left_s == 0 ? TR_CRIT : v.left_s < trouble ? TR_WARN : TR_OK;
    v.text = arena_printf(a, well ? "%" PRId64 "+s" : "%" PRId64 " s", v.left_s);
    return v;
}
