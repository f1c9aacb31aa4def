#include "candidate.h"

#include "pgdba/analysis/lag.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/fmt.h"
#include "facts.h"

bool candidate_sync_ok(const struct snapshot *s, const struct member *m, int64_t now_us)
{
    const struct dynamic_config *c = s->config;
    if (!c || (!c->synchronous_mode && !c->synchronous_quorum) || c->standby_cluster)
        return true;
    enum role want = c->synchronous_quorum ? ROLE_QUORUM_STANDBY : ROLE_SYNC_STANDBY;
    if (m->dcs && m->dcs->role == want)
        return true;
    const struct member_health *h = facts_own(s, m, now_us);
    return h && (c->synchronous_quorum ? h->quorum_standby : h->sync_standby);
}

lsn_t candidate_received(const struct snapshot *s, const struct member *m, int64_t now_us)
{
    const struct member_health *h = facts_own(s, m, now_us);
    if (h && h->received != LSN_UNKNOWN)
        return h->received;
    const struct dcs_member *d = s->dcs ? dcs_member_find(s->dcs, m->name) : NULL;
    return d ? d->location : LSN_UNKNOWN;
}

const char *candidate_catches_up(const struct snapshot *s, const struct member *m, int64_t now_us,
                                 struct arena *a)
{
    /* The wall clock is for lag in time, which is not asked for here. */
    struct lag_view v = lag_view_of(s, (int)(m - s->members), now_us, 0);
    char d[FMT_MAX];
    return v.eta_us > 0 ? arena_printf(a, " (about %s at its pace)", fmt_duration(d, v.eta_us))
                        : "";
}

static struct candidate verdict(enum fitness f, const char *why)
{
    return (struct candidate){f, why};
}

static struct candidate by_lag(const struct snapshot *s, const struct member *m, struct arena *a)
{
    int64_t limit = facts_lag_limit(s);
    char lag[FMT_MAX], max[FMT_MAX];
    if (m->lag.basis == LAG_NONE || m->lag.receive == LAG_UNKNOWN)
        return verdict(DOUBTFUL, "lag not known");
    if (m->lag.receive > limit)
        return verdict(UNFIT, arena_printf(a, "%s behind (limit %s)",
                                           fmt_bytes(lag, m->lag.receive), fmt_bytes(max, limit)));
    return verdict(FIT, "");
}

static struct candidate by_history(const struct snapshot *s, const struct member *m, int64_t now_us,
                                   struct arena *a)
{
    int64_t ours = facts_timeline(s, m, now_us), theirs = snapshot_timeline(s);
    if (ours <= 0 || theirs <= 0 || ours >= theirs)
        return verdict(FIT, "");
    return verdict(
        s->config && s->config->check_timeline ? UNFIT : DOUBTFUL,
        arena_printf(a, "on timeline %lld, not %lld", (long long)ours, (long long)theirs));
}

struct candidate candidate_judge(const struct snapshot *s, int i, int64_t now_us, struct arena *a)
{
    const struct member *m = &s->members[i];
    const struct member_health *h = facts_own(s, m, now_us);
    char d[FMT_MAX];
    if (!m->listed)
        return verdict(UNFIT, "not listed");
    if (facts_tags(s, m, now_us)->nofailover)
        return verdict(UNFIT, "nofailover");
    if (h && h->watchdog_failed)
        return verdict(UNFIT, "watchdog failed");
    if (!pg_state_is_up(facts_state(s, m, now_us)))
        return verdict(UNFIT, facts_state_text(s, m, now_us));
    if (!candidate_sync_ok(s, m, now_us))
        return verdict(UNFIT, "not synchronous");
    struct candidate c = by_lag(s, m, a);
    if (c.fitness == UNFIT)
        return c;
    struct candidate t = by_history(s, m, now_us, a);
    if (t.fitness != FIT)
        return t;
    if (!h && !facts_never_reachable(m))
        return verdict(DOUBTFUL, m->api.answered_us > 0
                                     ? arena_printf(a, "silent for %s",
                                                    facts_span(d, now_us - m->api.answered_us))
                                     : "has not answered yet");
    if (facts_streaming(s, m, now_us) == TRI_NO)
        return verdict(DOUBTFUL, "not streaming");
    return c;
}

const char *candidate_list(const struct snapshot *s, int64_t now_us, struct arena *a,
                           enum fitness *best)
{
    struct buf b;
    buf_init(&b);
    *best = UNFIT;
    for (int i = 0; i < s->nmembers; i++) {
        if (i == s->leader)
            continue;
        struct candidate c = candidate_judge(s, i, now_us, a);
        if (c.fitness < *best)
            *best = c.fitness;
        buf_addf(&b, "%s%s%s%s", b.len ? ", " : "", s->members[i].name, *c.why ? " " : "", c.why);
    }
    const char *text = arena_strdup(a, b.s);
    buf_release(&b);
    return text;
}
