/* How etcd itself stands: the watch, and each endpoint. Reference "patroni.md" §5.7. */
#include "pgdba/base/fmt.h"
#include "facts.h"
#include "telling.h"

/* That it leads is the store's word for a watch that is alive. */
void telling_dcs(struct telling *t, const struct snapshot *a, const struct snapshot *b)
{
    char d[FMT_MAX];
    if (!a->etcd_configured || !a->dcs || !b->dcs || a->dcs_leads == b->dcs_leads)
        return;
    telling_source(t, SYS_ETCD, b, &a->dcs_state, &b->dcs_state);
    struct event e = {.evidence = b->dcs_state.detail};
    if (b->dcs_leads) {
        e.kind = EV_DCS_BACK;
        telling_say(t, &e, "etcd is watched again%s%s", a->dcs_state.answered_us ? " after " : "",
                    a->dcs_state.answered_us
                        ? facts_span(d, b->dcs_state.answered_us - a->dcs_state.answered_us)
                        : "");
        return;
    }
    const char *why = or_blank(b->dcs_state.detail);
    if (b->dcs_state.outcome == OBS_ANSWERED)
        t->mono_us = b->mono_us, t->wall_us = b->wall_us;
    t->not_before_us = b->dcs_state.answered_us;
    e.kind = EV_DCS_LOST;
    e.grade = HEALTH_DEGRADED;
    telling_say(t, &e, "etcd is not heard any more%s%s", *why ? ": " : "", why);
}

static const char *name_of(const struct etcd_endpoint *e)
{
    return *or_blank(e->name) ? e->name : or_blank(e->url);
}

static int find(const struct snapshot *s, const char *url)
{
    for (int i = 0; i < s->nendpoints; i++)
        if (telling_same(s->endpoints[i].url, url))
            return i;
    return -1;
}

static bool lost(const struct source_state *st)
{
    return st->outcome != OBS_NEVER && st->outcome != OBS_ANSWERED;
}

static void answers(struct telling *t, const struct etcd_endpoint *e, const struct source_state *a,
                    const struct source_state *b)
{
    if (a->outcome == OBS_NEVER || b->outcome == OBS_NEVER || lost(a) == lost(b))
        return;
    struct event ev = {.kind = lost(b) ? EV_DCS_ENDPOINT_LOST : EV_DCS_ENDPOINT_BACK,
                       .grade = lost(b) ? HEALTH_DEGRADED : HEALTH_OK,
                       .subject = name_of(e),
                       .evidence = b->detail};
    if (lost(b)) {
        ev.now = obs_outcome_name(b->outcome);
        telling_say(t, &ev, "etcd endpoint %s does not answer: %s", name_of(e),
                    *or_blank(b->detail) ? b->detail : obs_outcome_name(b->outcome));
    } else {
        telling_say(t, &ev, "etcd endpoint %s answers again", name_of(e));
    }
}

static const char *alarm_name(enum etcd_alarm a)
{
    return a == ETCD_ALARM_NOSPACE ? "NOSPACE" : a == ETCD_ALARM_CORRUPT ? "CORRUPT" : "";
}

static void alarm(struct telling *t, const struct etcd_endpoint *a, const struct etcd_endpoint *b)
{
    const char *now = alarm_name(b->alarm);
    if (a->alarm == b->alarm)
        return;
    telling_say(t,
                &(struct event){.kind = EV_DCS_ALARM,
                                .grade = *now ? HEALTH_CRITICAL : HEALTH_OK,
                                .subject = name_of(b),
                                .old = alarm_name(a->alarm),
                                .now = now,
                                .evidence = b->health_reason},
                *now ? "etcd endpoint %s raises the alarm %s" : "etcd endpoint %s has no alarm now",
                name_of(b), now);
}

/* Whom the endpoints call raft leader; -1 none of those that can be seen. */
static int raft_leader(const struct snapshot *s)
{
    for (int i = 0; i < s->nendpoints; i++)
        if (s->endpoints[i].is_leader && !lost(&s->endpoint_states[i]))
            return i;
    return -1;
}

static void raft(struct telling *t, const struct snapshot *a, const struct snapshot *b)
{
    int was = raft_leader(a), is = raft_leader(b);
    const char *old = was >= 0 ? name_of(&a->endpoints[was]) : "";
    if (is < 0 || !*old || telling_same(a->endpoints[was].url, b->endpoints[is].url))
        return;
    const struct etcd_endpoint *e = &b->endpoints[is];
    telling_source(t, SYS_ETCD, b, &a->endpoint_states[was], &b->endpoint_states[is]);
    telling_say(t,
                &(struct event){.kind = EV_DCS_LEADER,
                                .subject = name_of(e),
                                .old = old,
                                .now = name_of(e),
                                .evidence = arena_printf(&t->a, "term %lld", (long long)e->term)},
                "%s is etcd's raft leader, before: %s", name_of(e), old);
}

void telling_endpoints(struct telling *t, const struct snapshot *a, const struct snapshot *b)
{
    for (int i = 0; i < b->nendpoints; i++) {
        int k = find(a, b->endpoints[i].url);
        if (k < 0)
            continue;
        telling_source(t, SYS_ETCD, b, &a->endpoint_states[k], &b->endpoint_states[i]);
        answers(t, &b->endpoints[i], &a->endpoint_states[k], &b->endpoint_states[i]);
        if (!lost(&b->endpoint_states[i]))
            alarm(t, &a->endpoints[k], &b->endpoints[i]);
    }
    raft(t, a, b);
}
