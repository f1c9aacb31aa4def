/* Who could lead next, as a list for people. */
#include "pgdba/analysis/candidates.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/fmt.h"
#include "candidate.h"
#include "facts.h"

struct ranked {
    int member; /* of the snapshot */
    struct candidate c;
    int64_t priority, behind;
    const char *name;
};

/* ---- what is known of one ------------------------------------------------------------------- */

static void add(struct buf *b, const char *text)
{
    if (*text)
        buf_addf(b, "%s%s", b->len ? ", " : "", text);
}

static void add_role(const struct snapshot *s, const struct member *m, int64_t now_us,
                     struct buf *b)
{
    const struct dynamic_config *c = s->config;
    if (c && (c->synchronous_mode || c->synchronous_quorum) && candidate_sync_ok(s, m, now_us))
        add(b, c->synchronous_quorum ? "quorum standby" : "synchronous standby");
    if (facts_streaming(s, m, now_us) == TRI_YES)
        add(b, "streams");
}

static void add_lag(const struct snapshot *s, const struct member *m, int64_t now_us,
                    struct arena *a, struct buf *b)
{
    const struct member_health *h = facts_own(s, m, now_us);
    const struct lag_sample *l = &m->lag;
    char t[FMT_MAX], at[LSN_TEXT];
    if (l->basis != LAG_NONE && l->receive != LAG_UNKNOWN)
        add(b, arena_printf(a, "%s behind", fmt_bytes(t, l->receive)));
    else if (candidate_received(s, m, now_us) != LSN_UNKNOWN)
        add(b, arena_printf(a, "received %s", lsn_format(at, candidate_received(s, m, now_us))));
    if (h && h->replay_paused)
        add(b, "replay paused");
    if (l->basis != LAG_NONE && l->replay > 0)
        add(b, arena_printf(a, "%s to replay%s", fmt_bytes(t, l->replay),
                            candidate_catches_up(s, m, now_us, a)));
}

static void add_state(const struct snapshot *s, const struct member *m, int64_t now_us,
                      struct arena *a, struct buf *b)
{
    const struct member_health *h = facts_own(s, m, now_us);
    const struct tags *t = facts_tags(s, m, now_us);
    int64_t timeline = facts_timeline(s, m, now_us);
    char d[FMT_MAX];
    if (timeline > 0)
        add(b, arena_printf(a, "timeline %" PRId64, timeline));
    if (t->has_failover_priority)
        add(b, arena_printf(a, "priority %" PRId64, t->failover_priority));
    if (h ? h->pending_restart : m->dcs && m->dcs->pending_restart)
        add(b, "restart pending");
    if (h)
        add(b, arena_printf(a, "answers in %s", fmt_duration(d, m->api.latency_us)));
}

static const char *reason(const struct snapshot *s, const struct ranked *r, int64_t now_us,
                          struct arena *a)
{
    const struct member *m = &s->members[r->member];
    struct buf b;
    buf_init(&b);
    if (m->listed) {
        add_role(s, m, now_us, &b);
        add_lag(s, m, now_us, a, &b);
        add_state(s, m, now_us, a, &b);
    }
    const char *against = r->c.why;
    const char *text = arena_printf(a, "%s%s%s", against, *against && b.len ? "; " : "", b.s);
    buf_release(&b);
    return text;
}

/* ---- the list ------------------------------------------------------------------------------- */

static int compare(const void *va, const void *vb)
{
    const struct ranked *a = va, *b = vb;
    if (a->c.fitness != b->c.fitness)
        return a->c.fitness < b->c.fitness ? -1 : 1;
    if (a->priority != b->priority)
        return a->priority > b->priority ? -1 : 1;
    if (a->behind != b->behind)
        return a->behind < b->behind ? -1 : 1;
    return strcmp(a->name, b->name);
}

static struct ranked *rank(const struct snapshot *s, int64_t now_us, struct arena *a, int *n)
{
    struct ranked *v = arena_array(a, (size_t)s->nmembers + 1, struct ranked);
    *n = 0;
    for (int i = 0; i < s->nmembers; i++) {
        const struct member *m = &s->members[i];
        if (i == s->leader)
            continue;
        const struct tags *t = facts_tags(s, m, now_us);
        int64_t behind = m->lag.basis == LAG_NONE ? LAG_UNKNOWN : m->lag.receive;
        v[(*n)++] = (struct ranked){.member = i,
                                    .c = candidate_judge(s, i, now_us, a),
                                    .priority = t->has_failover_priority ? t->failover_priority : 1,
                                    .behind = behind == LAG_UNKNOWN ? INT64_MAX : behind,
                                    .name = m->name};
    }
    qsort(v, (size_t)*n, sizeof *v, compare);
    return v;
}

const struct plan_candidate *candidates_of(const struct snapshot *s, const char *asked_for,
                                           int64_t now_us, struct arena *a, int *n)
{
    struct ranked *v = rank(s, now_us, a, n);
    struct plan_candidate *out = arena_array(a, (size_t)*n + 1, struct plan_candidate);
    for (int i = 0; i < *n; i++)
        out[i] =
            (struct plan_candidate){.name = arena_strdup(a, v[i].name),
                                    .fitness = v[i].c.fitness,
                                    .asked_for = asked_for && strcmp(asked_for, v[i].name) == 0,
                                    .reason = reason(s, &v[i], now_us, a)};
    return out;
}

const char *candidates_text(const struct snapshot *s, int64_t now_us, struct arena *a)
{
    int n;
    struct ranked *v = rank(s, now_us, a, &n);
    struct buf b;
    buf_init(&b);
    for (int i = 0; i < n; i++)
        buf_addf(&b, "%s%s (%s%s%s)", i ? ", " : "", v[i].name, fitness_name(v[i].c.fitness),
                 *v[i].c.why ? ": " : "", v[i].c.why);
    const char *text = n ? arena_strdup(a, b.s) : "nobody";
    buf_release(&b);
    return text;
}
