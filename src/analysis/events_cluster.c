/* What /cluster says, where etcd is not watched: with the poll's grain. A hand-over between the
 * two is not news: neither here nor there. */
#include <string.h>

#include "facts.h"
#include "pgdba/base/buf.h"
#include "telling.h"

static void lock(struct telling *t, const struct snapshot *a, const struct snapshot *b)
{
    const struct member *ma = snapshot_leader(a), *mb = snapshot_leader(b);
    const char *old = ma ? ma->name : "", *now = mb ? mb->name : "";
    if (strcmp(old, now) == 0)
        return;
    if (!*now) {
        telling_say(t,
                    &(struct event){
                        .kind = EV_LOCK_GONE, .grade = HEALTH_CRITICAL, .subject = old, .old = old},
                    "/cluster lists no leader; it was %s", old);
        return;
    }
    telling_say(t, &(struct event){.kind = EV_LOCK_TAKEN, .subject = now, .old = old, .now = now},
                "/cluster lists %s as the leader%s%s", now, *old ? ", before: " : "", old);
}

static bool lists(const struct snapshot *s, const struct member *m)
{
    return m && m->listed && s->view.answered_us;
}

static const char *row_text(struct telling *t, const struct cluster_member *r)
{
    return arena_printf(&t->a, "/cluster: %s, role %s, state %s, timeline %lld", r->name,
                        or_blank(r->role_text), or_blank(r->state_text), (long long)r->timeline);
}

/* "running" becomes "streaming" where a version says more: still up. */
static bool same_state(const struct cluster_member *a, const struct cluster_member *b)
{
    return telling_same(a->state_text, b->state_text) ||
           (pg_state_is_up(a->state) && pg_state_is_up(b->state));
}

static void row(struct telling *t, const struct cluster_member *a, const struct cluster_member *b)
{
    const char *evidence = row_text(t, b);
    if (!same_state(a, b))
        telling_say(t,
                    &(struct event){.kind = EV_MEMBER_STATE,
                                    .grade = telling_state_grade(b->state),
                                    .subject = b->name,
                                    .old = a->state_text,
                                    .now = b->state_text,
                                    .evidence = evidence},
                    "%s is listed as %s, was %s", b->name, or_blank(b->state_text),
                    or_blank(a->state_text));
    if (a->timeline != b->timeline) {
        const char *now = b->timeline ? arena_printf(&t->a, "%lld", (long long)b->timeline) : "";
        telling_say(
            t,
            &(struct event){.kind = EV_MEMBER_TIMELINE,
                            .subject = b->name,
                            .old = a->timeline ? arena_printf(&t->a, "%lld", (long long)a->timeline)
                                               : "",
                            .now = now,
                            .evidence = evidence},
            "%s is listed %s%s", b->name, *now ? "on timeline " : "without a timeline", now);
    }
}

/* Its own word goes before hearsay; telling_members() tells it. */
static void members(struct telling *t, const struct snapshot *a, const struct snapshot *b)
{
    for (int i = 0; i < b->nmembers; i++) {
        const struct member *now = &b->members[i], *old = snapshot_member(a, now->name);
        if (lists(b, now) && a->view.answered_us && !lists(a, old))
            telling_say(t, &(struct event){.kind = EV_MEMBER_JOINED, .subject = now->name},
                        "%s is listed in /cluster", now->name);
        else if (lists(a, old) && !lists(b, now))
            telling_say(t,
                        &(struct event){.kind = EV_MEMBER_GONE,
                                        .grade = HEALTH_DEGRADED,
                                        .subject = now->name,
                                        .old = old->dcs ? old->dcs->state_text : ""},
                        "%s is gone from /cluster", now->name);
        else if (lists(a, old) && lists(b, now) && old->dcs && now->dcs && old->dcs != now->dcs) {
            if (!facts_fresh(b, now, b->mono_us))
                row(t, old->dcs, now->dcs);
            if (!telling_same_tags(&old->dcs->tags, &now->dcs->tags))
                telling_say(t,
                            &(struct event){.kind = EV_MEMBER_TAGS,
                                            .subject = now->name,
                                            .old = telling_tags(t, &old->dcs->tags),
                                            .now = telling_tags(t, &now->dcs->tags)},
                            "%s has other tags", now->name);
        }
    }
}

/* Comma list of those who stand by synchronously, as /cluster's roles say. */
static const char *standbys(struct telling *t, const struct snapshot *s)
{
    struct buf b;
    buf_init(&b);
    for (int i = 0; i < s->nmembers; i++) {
        const struct member *m = &s->members[i];
        if (m->listed && m->dcs &&
            (m->dcs->role == ROLE_SYNC_STANDBY || m->dcs->role == ROLE_QUORUM_STANDBY))
            buf_addf(&b, "%s%s", b.len ? "," : "", m->name);
    }
    const char *text = arena_strdup(&t->a, b.s);
    buf_release(&b);
    return text;
}

static void whole(struct telling *t, const struct snapshot *a, const struct snapshot *b)
{
    const char *old = standbys(t, a), *now = standbys(t, b);
    if (strcmp(old, now) != 0)
        telling_say(t, &(struct event){.kind = EV_SYNC, .old = old, .now = now},
                    "synchronous standbys: %s, before: %s", *now ? now : "none",
                    *old ? old : "none");
    if (a->paused != b->paused)
        telling_say(t,
                    &(struct event){.kind = b->paused ? EV_PAUSED : EV_RESUMED,
                                    .grade = b->paused ? HEALTH_DEGRADED : HEALTH_OK},
                    b->paused ? "Patroni is paused: no automatic failover" : "Patroni is resumed");
    if (telling_same(a->switchover_at, b->switchover_at))
        return;
    const char *from = or_blank(b->switchover_from), *to = or_blank(b->switchover_to);
    if (*or_blank(b->switchover_at))
        telling_say(t, &(struct event){.kind = EV_SCHEDULED, .old = from, .now = b->switchover_at},
                    "a switchover%s%s%s%s is scheduled for %s", *from ? " from " : "", from,
                    *to ? " to " : "", to, b->switchover_at);
    else
        telling_say(t, &(struct event){.kind = EV_REQUEST_CLEARED, .old = a->switchover_from},
                    "the switchover that was scheduled for %s is no longer there",
                    a->switchover_at);
}

void telling_cluster(struct telling *t, const struct snapshot *a, const struct snapshot *b)
{
    if (a->dcs_leads || b->dcs_leads)
        return;
    telling_source(t, SYS_PATRONI, b, &a->view, &b->view);
    if (a->view.answered_us && b->view.answered_us) {
        lock(t, a, b);
        members(t, a, b);
        whole(t, a, b);
    }
    if (a->config && b->config && a->config != b->config) {
        const char *what = telling_config(t, a->config, b->config);
        telling_source(t, SYS_PATRONI, b, &a->config_state, &b->config_state);
        if (*what)
            telling_say(t, &(struct event){.kind = EV_CONFIG, .now = what},
                        "dynamic configuration: %s", what);
    }
    telling_source(t, SYS_PATRONI, b, &a->history_state, &b->history_state);
    telling_history(t, a->history, b->history);
}
