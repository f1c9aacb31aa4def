/* Rules about etcd: the watch, its endpoints, and the leases in it. Nothing follows from what was
 * never configured or never asked. */
#include "judge.h"

#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

/* ---- the watch */

static bool watched(const struct judge *j)
{
    /* Its proof of life comes every two seconds at the latest, whatever the refresh. */
    int64_t period = j->s->refresh_us < 2 * USEC_PER_SEC ? j->s->refresh_us : 2 * USEC_PER_SEC;
    return !source_is_stale(&j->s->dcs_state, period, j->now_us);
}

void judge_dcs_not_asked(struct judge *j)
{
    if (j->s->etcd_configured && j->s->dcs_state.outcome == OBS_NEVER)
        judge_say(j, "", "etcd has not been asked yet");
}

void judge_dcs_watch_lost(struct judge *j)
{
    const struct source_state *st = &j->s->dcs_state;
    if (!j->s->etcd_configured || st->outcome == OBS_NEVER || watched(j))
        return;
    judge_say(j, "", "etcd is not watched %s%s%s", judge_silence(j, st),
              st->detail && *st->detail ? ": " : "", st->detail ? st->detail : "");
}

/* ---- endpoints. They are asked less often than the watch: an answer counts for a while. */

#define ENDPOINT_WORD_HOLDS (30 * USEC_PER_SEC)

static const struct etcd_endpoint *said(const struct judge *j, int i)
{
    const struct source_state *st = &j->s->endpoint_states[i];
    return st->outcome == OBS_ANSWERED && j->now_us - st->answered_us <= ENDPOINT_WORD_HOLDS
               ? &j->s->endpoints[i]
               : NULL;
}

static const char *name_of(const struct etcd_endpoint *e)
{
    return e->name && *e->name ? e->name : e->url;
}

void judge_dcs_endpoint_silent(struct judge *j)
{
    for (int i = 0; i < j->s->nendpoints; i++) {
        const struct source_state *st = &j->s->endpoint_states[i];
        if (st->outcome != OBS_NEVER && st->outcome != OBS_ANSWERED)
            judge_say(j, "", "etcd endpoint %s gives no answer %s", name_of(&j->s->endpoints[i]),
                      judge_silence(j, st));
    }
}

void judge_dcs_endpoint_unhealthy(struct judge *j)
{
    for (int i = 0; i < j->s->nendpoints; i++) {
        const struct etcd_endpoint *e = said(j, i);
        if (e && e->health == ETCD_UNHEALTHY)
            judge_say(j, "", "etcd endpoint %s calls itself unhealthy%s%s", name_of(e),
                      *e->health_reason ? ": " : "", e->health_reason);
    }
}

/* How many say which: a raft leader, none. */
static void raft_words(const struct judge *j, int *with, int *without)
{
    *with = *without = 0;
    for (int i = 0; i < j->s->nendpoints; i++) {
        const struct etcd_endpoint *e = said(j, i);
        if (e && e->has_leader_word)
            *(e->leader_id ? with : without) += 1;
    }
}

static bool no_quorum(const struct judge *j, const char **what)
{
    int with, without;
    raft_words(j, &with, &without);
    *what = arena_printf(j->a,
                         "etcd has no quorum: %d of %d endpoints answer%s, none sees a raft "
                         "leader",
                         without, j->s->nendpoints, without == 1 ? "s" : "");
    return without > 0 && with == 0;
}

/* What keeps the leader from demoting itself while the DCS is away. */
static const char *what_keeps_it(const struct judge *j)
{
    if (j->s->paused)
        return "the cluster is paused, PostgreSQL is left as it is";
    if (j->s->config && j->s->config->failsafe_mode)
        return "failsafe mode keeps the leader while it reaches every member; nobody can take over";
    return NULL;
}

void judge_dcs_no_quorum(struct judge *j)
{
    const char *what;
    char d[FMT_MAX];
    if (no_quorum(j, &what) && !what_keeps_it(j))
        judge_say(j, "",
                  "%s: without failsafe mode the leader demotes itself within %s, writes fail then",
                  what, facts_span(d, j->t.loop_wait + j->t.retry_timeout));
}

void judge_dcs_no_quorum_kept(struct judge *j)
{
    const char *what;
    if (no_quorum(j, &what) && what_keeps_it(j))
        judge_say(j, "", "%s: %s", what, what_keeps_it(j));
}

void judge_dcs_endpoint_cut_off(struct judge *j)
{
    int with, without;
    raft_words(j, &with, &without);
    for (int i = 0; with && i < j->s->nendpoints; i++) {
        const struct etcd_endpoint *e = said(j, i);
        if (e && e->has_leader_word && !e->leader_id)
            judge_say(j, "", "etcd endpoint %s sees no raft leader, %d other%s do%s", name_of(e),
                      with, with == 1 ? "" : "s", with == 1 ? "es" : "");
    }
}

void judge_dcs_terms_differ(struct judge *j)
{
    const struct etcd_endpoint *low = NULL, *high = NULL;
    for (int i = 0; i < j->s->nendpoints; i++) {
        const struct etcd_endpoint *e = said(j, i);
        if (!e || e->term <= 0)
            continue;
        low = !low || e->term < low->term ? e : low;
        high = !high || e->term > high->term ? e : high;
    }
    if (low && low->term != high->term)
        judge_say(j, "", "etcd endpoints are of different raft terms: %s %lld, %s %lld",
                  name_of(low), (long long)low->term, name_of(high), (long long)high->term);
}

void judge_dcs_alarm(struct judge *j)
{
    static const char *const means[] = {
        [ETCD_ALARM_NOSPACE] = "NOSPACE: its quota is full, it takes no writes and Patroni can "
                               "change nothing",
        [ETCD_ALARM_CORRUPT] = "CORRUPT: its data differ from the others'",
    };
    for (int i = 0; i < j->s->nendpoints; i++) {
        const struct etcd_endpoint *e = said(j, i);
        if (e && e->alarm != ETCD_ALARM_NONE)
            judge_say(j, "", "etcd endpoint %s raises the alarm %s", name_of(e), means[e->alarm]);
    }
}

void judge_dcs_db_full(struct judge *j)
{
    static const int64_t etcds_default = INT64_C(2) << 30;
    char size[FMT_MAX], quota[FMT_MAX];
    for (int i = 0; i < j->s->nendpoints; i++) {
        const struct etcd_endpoint *e = said(j, i);
        int64_t limit = e && e->db_quota > 0 ? e->db_quota : etcds_default;
        if (e && e->db_size >= 0 && e->db_size / 4 >= limit / 5)
            judge_say(j, "",
                      "etcd endpoint %s: database %s of %s%s: at the quota it takes no writes",
                      name_of(e), fmt_bytes(size, e->db_size), fmt_bytes(quota, limit),
                      e->db_quota > 0 ? "" : " (the default)");
    }
}

/* ---- leases. What is left swings between ttl and ttl - loop_wait while a Patroni is well; below
 * ttl - loop_wait - retry_timeout it has missed its renewals (reference "patroni.md" §4.1). etcd
 * says whole seconds, so up to one more is left: no verdict from that one. Nor from the time since
 * it was asked: it may have been renewed in between, and Patroni lets up to two loops pass. */

struct lease {
    int64_t left; /* now, if it has not been renewed since it was asked about */
    int64_t said; /* when it was asked about */
    int64_t ttl;
};

static bool lease_of(const struct judge *j, int64_t id, struct lease *out)
{
    const struct dcs_lease *l = snapshot_lease(j->s, id);
    if (!j->s->dcs_leads || !watched(j) || !l)
        return false;
    out->left = snapshot_lease_left(j->s, id, j->now_us);
    out->said = l->ttl_s * USEC_PER_SEC;
    out->ttl = l->granted_s > 0 ? l->granted_s * USEC_PER_SEC : j->t.ttl;
    return out->left != INT64_MIN;
}

static bool leader_lease(const struct judge *j, struct lease *out)
{
    return j->leader && j->s->dcs && lease_of(j, j->s->dcs->leader_lease, out);
}

static bool lease_low(const struct judge *j, const struct lease *l)
{
    return l->said + USEC_PER_SEC < l->ttl - j->t.loop_wait - j->t.retry_timeout;
}

static int whole_seconds(int64_t us)
{
    return us > 0 ? (int)((us + USEC_PER_SEC - 1) / USEC_PER_SEC) : 0; /* as the bar shows it */
}

void judge_lease_overdue(struct judge *j)
{
    struct lease l;
    char d[FMT_MAX];
    if (leader_lease(j, &l) && l.left <= 0)
        judge_say(j, j->leader->name,
                  "the leader's lease is overdue: %s of %d s not renewed; its lock goes any moment",
                  facts_span(d, l.ttl - l.left), (int)(l.ttl / USEC_PER_SEC));
}

void judge_lease_low(struct judge *j)
{
    struct lease l;
    if (leader_lease(j, &l) && l.left > 0 && lease_low(j, &l))
        judge_say(j, j->leader->name,
                  "the leader is in trouble: its lease has %d s of %d left (renewed, it has more "
                  "than %d)",
                  whole_seconds(l.left), (int)(l.ttl / USEC_PER_SEC),
                  whole_seconds(l.ttl - j->t.loop_wait - j->t.retry_timeout));
}

void judge_member_lease_low(struct judge *j)
{
    struct lease l;
    for (int i = 0; j->s->dcs && i < j->s->nmembers; i++) {
        const struct member *m = &j->s->members[i];
        const struct dcs_member *k = dcs_member_find(j->s->dcs, m->name);
        if (m != j->leader && k && lease_of(j, k->lease, &l) && lease_low(j, &l))
            judge_say(j, m->name, "its Patroni has not renewed its lease: %d s of %d left",
                      whole_seconds(l.left), (int)(l.ttl / USEC_PER_SEC));
    }
}

bool judge_lease_renewed_after(const struct judge *j, int64_t at_us)
{
    struct lease l;
    return leader_lease(j, &l) && j->now_us - (l.ttl - l.left) > at_us;
}
