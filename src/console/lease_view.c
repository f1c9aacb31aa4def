/* lease_view.c: what is left of a lease. Reference "patroni.md" §4.1: it swings between ttl and
 * ttl - loop_wait; below ttl - loop_wait - retry_timeout its holder is in trouble. Within its swing
 * it stands still on the screen, so that one that moves is one that runs out. */
#include "lease_view.h"

#include <inttypes.h>
#include <math.h>

#include "pgdba/base/clock.h"

/* Whole seconds: etcd says no more, and what changes once a second costs little. */
static int64_t seconds_up(int64_t us)
{
    return us > 0 ? (us + USEC_PER_SEC - 1) / USEC_PER_SEC : us / USEC_PER_SEC;
}

/* Down to this it goes while all is well. */
static int64_t swing_s(const struct picture *p, int64_t granted)
{
    const struct dynamic_config *c = p->s->config;
    int64_t least = c ? granted - c->loop_wait : granted / 2;
    return least > 0 ? least : granted / 2;
}

/* Below this its holder has missed more than a loop. */
static int64_t trouble_s(const struct picture *p, int64_t granted)
{
    const struct dynamic_config *c = p->s->config;
    int64_t least = granted / 5;
    int64_t normal = c ? granted - c->loop_wait - c->retry_timeout : least;
    return normal > least ? normal : least;
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
    bool well = v.granted_s > 0 && v.left_s > swing_s(p, v.granted_s);
    if (well)
        v.left_s = swing_s(p, v.granted_s);
    v.filled = v.granted_s > 0 ? (double)v.left_s / (double)v.granted_s : NAN;
    if (v.filled < 0)
        v.filled = 0;
    if (l->ttl_s < 0 || v.left_s < 0) {
        v.role = TR_CRIT;
        v.text = l->ttl_s < 0 ? "gone" : "over";
        return v;
    }
    v.role = v.left_s == 0 ? TR_CRIT : v.left_s < trouble_s(p, v.granted_s) ? TR_WARN : TR_OK;
    v.text = arena_printf(a, well ? "%" PRId64 "+s" : "%" PRId64 " s", v.left_s);
    return v;
}
