/*
 * What the settings promise of each phase. Reference "patroni.md" §4.3 (what was seen), §4.4
 * (timers); "middleware.md" §3.5: HAProxy notices after inter x fall and rise, which its statistics
 * do not tell: so no upper end is promised for what depends on it.
 */
#include "facts.h"
#include "pgdba/analysis/failover.h"
#include "pgdba/base/clock.h"

#define RACE    (3 * USEC_PER_SEC) /* asking unreachable members in the race takes 2 s */
#define PROMOTE (2 * USEC_PER_SEC)

struct range {
    int64_t lo, hi; /* µs after the start; -1 none */
};

/* The last sign may be up to loop_wait younger than the last renewal, and etcd takes up to a second
 * to notice. */
static struct range lock_gone(enum failover_kind kind, const struct timers *t)
{
    int64_t patience = 2 * (t->loop_wait > 10 * USEC_PER_SEC ? t->loop_wait : 10 * USEC_PER_SEC);
    switch (kind) {
    case FO_CRASH:
    case FO_UNKNOWN:
        return (struct range){t->ttl > t->loop_wait ? t->ttl - t->loop_wait : 0,
                              t->ttl + USEC_PER_SEC};
    case FO_SWITCHOVER:
    case FO_MANUAL:
        return (struct range){0, patience}; /* the shutdown checkpoint; then the request fails */
    default:
        return (struct range){-1, -1};
    }
}

static struct range later(struct range r, int64_t lo, int64_t hi)
{
    return (struct range){r.lo < 0 ? -1 : r.lo + lo, r.hi < 0 ? -1 : r.hi + hi};
}

bool failover_predict(enum failover_kind kind, enum failover_phase_id id, const struct snapshot *s,
                      int64_t *lo_us, int64_t *hi_us)
{
    struct timers t = facts_timers(s);
    struct range r = lock_gone(kind, &t), none = {-1, -1};
    switch (id) {
    case FP_LOCK_GONE:
    case FP_CANDIDATES:
        break;
    case FP_LOCK_TAKEN:
        r = later(r, 0, RACE);
        break;
    case FP_PROMOTED:
        r = later(r, 0, RACE + PROMOTE);
        break;
    case FP_WRITABLE:
        r = later(r, 0, RACE + 2 * PROMOTE);
        break;
    case FP_REPLICA:
        r = later(r, 0, RACE + PROMOTE + 2 * t.loop_wait);
        break;
    case FP_HAPROXY:
    case FP_PGBOUNCER:
    case FP_FIRST_WRITE:
        r.hi = -1;
        break;
    default:
        r = none;
    }
    *lo_us = r.lo;
    *hi_us = r.hi;
    return r.lo >= 0 || r.hi >= 0;
}
