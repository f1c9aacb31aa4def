/* Members as they answer by themselves: REST, PostgreSQL, and who streams. */
#include <string.h>

#include "facts.h"
#include "pgdba/base/fmt.h"
#include "telling.h"

static const struct source_state *api_of(const struct member *m)
{
    return &m->api;
}

static const struct source_state *pg_of(const struct member *m)
{
    return &m->pg;
}

static bool silent(const struct source_state *st)
{
    return st->outcome != OBS_NEVER && st->outcome != OBS_ANSWERED;
}

/* ---- who answers, and who does not */

struct voice {
    enum obs_system source;
    enum event_kind lost, back;
    const struct source_state *(*state)(const struct member *m);
    const char *what; /* "pg1's API" */
};

static void voice(struct telling *t, const struct snapshot *s, const struct voice *v,
                  const struct member *ma, const struct member *mb)
{
    const struct source_state *a = v->state(ma), *b = v->state(mb);
    char d[FMT_MAX];
    if (a->outcome == OBS_NEVER || silent(a) == silent(b) || b->outcome == OBS_NEVER)
        return;
    telling_source(t, v->source, s, a, b);
    struct event e = {.subject = mb->name, .evidence = b->detail};
    if (silent(b)) {
        e.kind = v->lost;
        e.grade = HEALTH_DEGRADED;
        e.now = obs_outcome_name(b->outcome);
        telling_say(t, &e, "%s's %s does not answer: %s", mb->name, v->what,
                    *or_blank(b->detail) ? b->detail : obs_outcome_name(b->outcome));
        return;
    }
    e.kind = v->back;
    e.old = obs_outcome_name(a->outcome);
    t->not_before_us = a->asked_us;
    if (a->answered_us)
        telling_say(t, &e, "%s's %s answers again after %s", mb->name, v->what,
                    facts_span(d, b->answered_us - a->answered_us));
    else
        telling_say(t, &e, "%s's %s answers", mb->name, v->what);
}

/* ---- its own word over REST */

static const char *own_text(struct telling *t, const struct member_health *h)
{
    return arena_printf(&t->a, "/health %d: state %s, role %s, timeline %lld%s%s", h->http_status,
                        or_blank(h->state_text), or_blank(h->role_text), (long long)h->timeline,
                        h->cluster_unlocked ? ", cluster_unlocked" : "",
                        h->failsafe_active ? ", failsafe_mode_is_active" : "");
}

static void own_word(struct telling *t, const struct member *m, const struct member_health *a,
                     const struct member_health *b)
{
    const char *evidence = own_text(t, b);
    if (!telling_same(a->state_text, b->state_text))
        telling_say(t,
                    &(struct event){.kind = EV_MEMBER_STATE,
                                    .grade = telling_state_grade(b->state),
                                    .subject = m->name,
                                    .old = a->state_text,
                                    .now = b->state_text,
                                    .evidence = evidence},
                    "%s says of its PostgreSQL: %s, was %s", m->name, or_blank(b->state_text),
                    or_blank(a->state_text));
    if (a->role != b->role)
        telling_say(t,
                    &(struct event){.kind = EV_MEMBER_ROLE,
                                    .subject = m->name,
                                    .old = telling_role(a->role),
                                    .now = telling_role(b->role),
                                    .evidence = evidence},
                    "%s says that it is %s, was %s", m->name, telling_role(b->role),
                    telling_role(a->role));
    if (a->timeline && b->timeline && a->timeline != b->timeline)
        telling_say(t,
                    &(struct event){.kind = EV_MEMBER_TIMELINE,
                                    .subject = m->name,
                                    .old = arena_printf(&t->a, "%lld", (long long)a->timeline),
                                    .now = arena_printf(&t->a, "%lld", (long long)b->timeline),
                                    .evidence = evidence},
                    "%s says that it is on timeline %lld", m->name, (long long)b->timeline);
    if (a->failsafe_active != b->failsafe_active)
        telling_say(t,
                    &(struct event){.kind = EV_FAILSAFE,
                                    .grade = b->failsafe_active ? HEALTH_DEGRADED : HEALTH_OK,
                                    .subject = m->name,
                                    .now = b->failsafe_active ? "active" : "ended",
                                    .evidence = evidence},
                    b->failsafe_active ? "%s runs in failsafe mode: it cannot reach the DCS"
                                       : "%s does not run in failsafe mode any more",
                    m->name);
}

void telling_members(struct telling *t, const struct snapshot *a, const struct snapshot *b)
{
    static const struct voice api = {SYS_PATRONI, EV_API_SILENT, EV_API_BACK, api_of, "API"};
    for (int i = 0; i < b->nmembers; i++) {
        const struct member *now = &b->members[i], *old = snapshot_member(a, now->name);
        if (!old)
            continue;
        voice(t, b, &api, old, now);
        telling_source(t, SYS_PATRONI, b, &old->api, &now->api);
        if (old->health && now->health && old->health != now->health)
            own_word(t, now, old->health, now->health);
    }
}

/* ---- its PostgreSQL, asked directly */

static void self(struct telling *t, const struct member *m, const struct pg_self *a,
                 const struct pg_self *b)
{
    char lsn[LSN_TEXT];
    const char *evidence =
        arena_printf(&t->a,
                     "pg_is_in_recovery %s, timeline %lld, %s, default_transaction_read_only "
                     "%s, started %s",
                     b->in_recovery ? "t" : "f", (long long)b->timeline, lsn_format(lsn, b->lsn),
                     b->read_only ? "on" : "off", or_blank(b->started_at));
    if (a->in_recovery != b->in_recovery)
        telling_say(t,
                    &(struct event){.kind = EV_PG_RECOVERY,
                                    .subject = m->name,
                                    .old = a->in_recovery ? "in recovery" : "primary",
                                    .now = b->in_recovery ? "in recovery" : "primary",
                                    .evidence = evidence},
                    b->in_recovery ? "%s's PostgreSQL is in recovery"
                                   : "%s's PostgreSQL is out of recovery: a primary",
                    m->name);
    if (a->timeline && b->timeline && a->timeline != b->timeline)
        telling_say(t,
                    &(struct event){.kind = EV_PG_TIMELINE,
                                    .subject = m->name,
                                    .old = arena_printf(&t->a, "%lld", (long long)a->timeline),
                                    .now = arena_printf(&t->a, "%lld", (long long)b->timeline),
                                    .evidence = evidence},
                    "%s's PostgreSQL is on timeline %lld", m->name, (long long)b->timeline);
    if (a->read_only != b->read_only)
        telling_say(t,
                    &(struct event){.kind = EV_PG_READ_ONLY,
                                    .grade = b->read_only ? HEALTH_DEGRADED : HEALTH_OK,
                                    .subject = m->name,
                                    .old = a->read_only ? "on" : "off",
                                    .now = b->read_only ? "on" : "off",
                                    .evidence = evidence},
                    b->read_only ? "%s's PostgreSQL is read-only by configuration"
                                 : "%s's PostgreSQL is not read-only by configuration any more",
                    m->name);
}

void telling_postgres(struct telling *t, const struct snapshot *a, const struct snapshot *b)
{
    static const struct voice pg = {SYS_POSTGRES, EV_PG_SILENT, EV_PG_BACK, pg_of, "PostgreSQL"};
    for (int i = 0; i < b->nmembers; i++) {
        const struct member *now = &b->members[i], *old = snapshot_member(a, now->name);
        if (!old)
            continue;
        voice(t, b, &pg, old, now);
        telling_source(t, SYS_POSTGRES, b, &old->pg, &now->pg);
        if (old->pg_self && now->pg_self && old->pg_self != now->pg_self)
            self(t, now, old->pg_self, now->pg_self);
    }
}

/* ---- streams. Whether a replica streams may be told by itself, its upstream or /cluster: what is
 * not known in between is not news. */

static bool replica(const struct snapshot *s, const struct member *m)
{
    return m->listed && snapshot_leader(s) != m;
}

static bool from_another(const struct member *old, const struct member *now)
{
    return now->upstream_observed && now->upstream && old->upstream &&
           strcmp(now->upstream, old->upstream) != 0;
}

void telling_streams(struct telling *t, const struct snapshot *a, const struct snapshot *b)
{
    for (int i = 0; i < b->nmembers; i++) {
        const struct member *now = &b->members[i], *old = snapshot_member(a, now->name);
        if (!old || !replica(a, old) || !replica(b, now))
            continue;
        telling_source(t, SYS_PATRONI, b, &old->api, &now->api);
        enum tristate was = facts_streaming(a, old, a->mono_us),
                      is = facts_streaming(b, now, b->mono_us);
        const char *from = or_blank(now->upstream);
        struct event e = {.subject = now->name, .old = old->upstream, .now = from};
        if (is == TRI_YES && (was == TRI_NO || from_another(old, now))) {
            e.kind = EV_STREAMING;
            telling_say(t, &e, "%s streams%s%s", now->name, *from ? " from " : "", from);
        } else if (!old->stream_lost_us && now->stream_lost_us > STREAM_LOST_BEFORE) {
            e.kind = EV_STREAM_LOST;
            e.grade = HEALTH_DEGRADED;
            e.now = "";
            telling_say(t, &e, "%s does not stream%s", now->name,
                        was == TRI_YES ? " any more" : " (yet)");
        }
    }
}
