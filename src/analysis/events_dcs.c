/* What differs between two revisions of the DCS. Reference "patroni.md" §4.1 to §4.3. */
#include "pgdba/analysis/events.h"

#include <string.h>
#include <strings.h>

#include "pgdba/base/buf.h"
#include "telling.h"

typedef void dcs_fn(struct telling *t, const struct dcs *a, const struct dcs *b);

/* ---- the lock */

static void say_gone(struct telling *t, const struct dcs *a)
{
    bool wanted = a->failover.present;
    telling_say(t,
                &(struct event){.kind = EV_LOCK_GONE,
                                .grade = wanted ? HEALTH_DEGRADED : HEALTH_CRITICAL,
                                .subject = a->leader,
                                .old = a->leader},
                "the leader lock of %s is gone", a->leader);
}

static void say_taken(struct telling *t, const struct dcs *a, const struct dcs *b)
{
    const char *evidence = arena_printf(&t->a, "leader: %s, lease %llx", b->leader,
                                        (unsigned long long)b->leader_lease);
    telling_say(t,
                &(struct event){.kind = EV_LOCK_TAKEN,
                                .subject = b->leader,
                                .old = a->leader,
                                .now = b->leader,
                                .evidence = evidence},
                "%s took the leader lock%s%s", b->leader, a->leader ? " that was held by " : "",
                or_blank(a->leader));
}

static void say_anew(struct telling *t, const struct dcs *a, const struct dcs *b,
                     enum event_kind kind, enum health grade, const char *text)
{
    const char *evidence =
        arena_printf(&t->a, "leader: %s, lease %llx (was %llx)", b->leader,
                     (unsigned long long)b->leader_lease, (unsigned long long)a->leader_lease);
    telling_say(t,
                &(struct event){.kind = kind,
                                .grade = grade,
                                .subject = b->leader,
                                .old = b->leader,
                                .now = b->leader,
                                .evidence = evidence},
                "%s %s", b->leader, text);
}

static void lock(struct telling *t, const struct dcs *a, const struct dcs *b)
{
    if (a->leader && !b->leader) {
        say_gone(t, a);
    } else if (b->leader && !telling_same(a->leader, b->leader)) {
        say_taken(t, a, b);
    } else if (b->leader && a->leader_term_rev != b->leader_term_rev) {
        say_anew(t, a, b, EV_LOCK_REACQUIRED, HEALTH_DEGRADED, "took the leader lock anew");
    } else if (b->leader && a->leader_lease != b->leader_lease) {
        say_anew(t, a, b, EV_LOCK_LEASE, HEALTH_OK,
                 "holds the leader lock by a new lease: Patroni takes one when ttl is changed");
    }
}

/* ---- requests */

static bool same_request(const struct dcs_failover *a, const struct dcs_failover *b)
{
    return a->present == b->present && telling_same(a->leader, b->leader) &&
           telling_same(a->candidate, b->candidate) &&
           telling_same(a->scheduled_at, b->scheduled_at);
}

/* "a switchover from pg1 to pg2", "a failover to pg2": with a leader named it is planned. */
static const char *request_text(struct telling *t, const struct dcs_failover *f)
{
    const char *from = or_blank(f->leader), *to = or_blank(f->candidate);
    return arena_printf(&t->a, "a %s%s%s%s%s", *from ? "switchover" : "failover",
                        *from ? " from " : "", from, *to ? " to " : "", to);
}

static void request(struct telling *t, const struct dcs *a, const struct dcs *b)
{
    const struct dcs_failover *old = &a->failover, *now = &b->failover;
    if (same_request(old, now))
        return;
    struct event e = {.old = now->leader, .now = now->candidate, .evidence = b->failover_text};
    if (!now->present) {
        e.kind = EV_REQUEST_CLEARED;
        e.old = old->leader;
        telling_say(t, &e, "the request for %s is cleared", request_text(t, old));
    } else if (*or_blank(now->scheduled_at)) {
        e.kind = EV_SCHEDULED;
        e.now = now->scheduled_at;
        telling_say(t, &e, "%s is scheduled for %s", request_text(t, now), now->scheduled_at);
    } else {
        e.kind = EV_REQUESTED;
        e.grade = HEALTH_DEGRADED;
        telling_say(t, &e, "%s is requested%s", request_text(t, now),
                    old->present && !*or_blank(old->scheduled_at) ? " instead of the one before"
                                                                  : "");
    }
}

/* ---- members */

static const char *row_text(struct telling *t, const struct dcs_member *m)
{
    char lsn[LSN_TEXT];
    return arena_printf(&t->a,
                        "members/%s: state %s, role %s, timeline %lld, position %s, lease "
                        "%llx",
                        m->name, or_blank(m->row.state_text), or_blank(m->row.role_text),
                        (long long)m->row.timeline, lsn_format(lsn, m->location),
                        (unsigned long long)m->lease);
}

static void state(struct telling *t, const struct dcs_member *a, const struct dcs_member *b)
{
    const char *old = or_blank(a->row.state_text), *now = or_blank(b->row.state_text);
    if (strcmp(old, now) != 0)
        telling_say(t,
                    &(struct event){.kind = EV_MEMBER_STATE,
                                    .grade = telling_state_grade(b->row.state),
                                    .subject = b->name,
                                    .old = old,
                                    .now = now,
                                    .evidence = row_text(t, b)},
                    "%s is %s, was %s", b->name, *now ? now : "in no known state",
                    *old ? old : "in no known state");
}

static void role(struct telling *t, const struct dcs_member *a, const struct dcs_member *b)
{
    if (a->row.role != b->row.role)
        telling_say(t,
                    &(struct event){.kind = EV_MEMBER_ROLE,
                                    .subject = b->name,
                                    .old = telling_role(a->row.role),
                                    .now = telling_role(b->row.role),
                                    .evidence = row_text(t, b)},
                    "%s writes that its role is %s, was %s", b->name, telling_role(b->row.role),
                    telling_role(a->row.role));
}

static const char *number(struct telling *t, int64_t v)
{
    return v ? arena_printf(&t->a, "%lld", (long long)v) : "";
}

static void timeline(struct telling *t, const struct dcs_member *a, const struct dcs_member *b)
{
    const int64_t now = b->row.timeline;
    struct event e = {.kind = EV_MEMBER_TIMELINE,
                      .subject = b->name,
                      .old = number(t, a->row.timeline),
                      .now = number(t, now),
                      .evidence = row_text(t, b)};
    if (a->row.timeline == now)
        return;
    if (now)
        telling_say(t, &e, "%s is on timeline %lld", b->name, (long long)now);
    else
        telling_say(t, &e, "something was started on %s: it tells no timeline", b->name);
}

static void lease_and_tags(struct telling *t, const struct dcs_member *a,
                           const struct dcs_member *b)
{
    if (a->lease && b->lease && a->lease != b->lease)
        telling_say(
            t,
            &(struct event){.kind = EV_MEMBER_LEASE,
                            .subject = b->name,
                            .old = arena_printf(&t->a, "%llx", (unsigned long long)a->lease),
                            .now = arena_printf(&t->a, "%llx", (unsigned long long)b->lease),
                            .evidence = row_text(t, b)},
            "%s has a new lease: its Patroni restarted, had lost the old one, or ttl was changed",
            b->name);
    if (!telling_same_tags(&a->row.tags, &b->row.tags)) {
        const char *now = telling_tags(t, &b->row.tags);
        telling_say(t,
                    &(struct event){.kind = EV_MEMBER_TAGS,
                                    .subject = b->name,
                                    .old = telling_tags(t, &a->row.tags),
                                    .now = now},
                    "%s has %s%s now", b->name, *now ? "the tags " : "no tags", now);
    }
}

static void gone(struct telling *t, const struct dcs_member *m)
{
    telling_say(t,
                &(struct event){.kind = EV_MEMBER_GONE,
                                .grade = HEALTH_DEGRADED,
                                .subject = m->name,
                                .old = m->row.state_text,
                                .evidence = row_text(t, m)},
                "%s is gone from the DCS", m->name);
}

static void joined(struct telling *t, const struct dcs_member *m)
{
    telling_say(t,
                &(struct event){.kind = EV_MEMBER_JOINED,
                                .subject = m->name,
                                .now = m->row.state_text,
                                .evidence = row_text(t, m)},
                "%s joined: %s, %s", m->name, or_blank(m->row.state_text),
                telling_role(m->row.role));
}

static void members(struct telling *t, const struct dcs *a, const struct dcs *b)
{
    for (int i = 0; i < a->nmembers; i++)
        if (!dcs_member_find(b, a->members[i].name))
            gone(t, &a->members[i]);
    for (int i = 0; i < b->nmembers; i++) {
        const struct dcs_member *now = &b->members[i], *old = dcs_member_find(a, now->name);
        if (!old) {
            joined(t, now);
            continue;
        }
        if (old->mod_revision == now->mod_revision && old->create_revision == now->create_revision)
            continue;
        state(t, old, now);
        role(t, old, now);
        timeline(t, old, now);
        lease_and_tags(t, old, now);
    }
}

/* ---- the other keys */

static void sync_state(struct telling *t, const struct dcs *a, const struct dcs *b)
{
    const char *old = a->sync.present ? or_blank(a->sync.standbys) : "";
    const char *now = b->sync.present ? or_blank(b->sync.standbys) : "";
    if (strcmp(old, now) != 0)
        telling_say(t, &(struct event){.kind = EV_SYNC, .old = old, .now = now},
                    "synchronous standbys: %s, before: %s", *now ? now : "none",
                    *old ? old : "none");
}

/* The dynamic configuration may hold what is nobody's business: commands, passwords. */
static const char *config_evidence(const char *text)
{
    static const char *const hide[] = {"pass", "secret", "token", "conninfo", "command", "key"};
    for (size_t i = 0; text && i < sizeof hide / sizeof *hide; i++)
        if (strcasestr(text, hide[i]))
            return "(not shown: it may hold a password)";
    return text;
}

static void config(struct telling *t, const struct dcs *a, const struct dcs *b)
{
    static const struct dynamic_config none;
    const struct dynamic_config *old = a->config ? a->config : &none,
                                *now = b->config ? b->config : &none;
    if (telling_same(a->config_text, b->config_text))
        return;
    const char *evidence = config_evidence(b->config_text);
    if (old->paused != now->paused)
        telling_say(t,
                    &(struct event){.kind = now->paused ? EV_PAUSED : EV_RESUMED,
                                    .grade = now->paused ? HEALTH_DEGRADED : HEALTH_OK,
                                    .evidence = evidence},
                    now->paused ? "Patroni is paused: no automatic failover"
                                : "Patroni is resumed");
    const char *what = a->config && b->config ? telling_config(t, old, now) : "";
    if (*what || old->paused == now->paused)
        telling_say(t, &(struct event){.kind = EV_CONFIG, .now = what, .evidence = evidence},
                    "dynamic configuration%s%s",
                    *what        ? ": "
                    : !b->config ? " is gone, or cannot be read"
                                 : " was changed",
                    what);
}

static void bootstrap(struct telling *t, const struct dcs *a, const struct dcs *b)
{
    if (telling_same(a->initialize, b->initialize) && !a->initialize == !b->initialize)
        return;
    const char *now = or_blank(b->initialize);
    struct event e = {.kind = EV_BOOTSTRAP, .old = a->initialize, .now = now};
    if (!b->initialize)
        telling_say(t, &e, "the cluster is not initialised any more");
    else if (!*now)
        telling_say(t, &e, "the cluster is being bootstrapped");
    else
        telling_say(t, &e, "the cluster is initialised: system %s", now);
}

static void history(struct telling *t, const struct dcs *a, const struct dcs *b)
{
    telling_history(t, a->history, b->history);
}

static dcs_fn *const keys[] = {request, lock, members, sync_state, config, history, bootstrap};

void events_of_dcs(const struct dcs *a, const struct dcs *b, int64_t mono_us, int64_t wall_us,
                   int64_t since_us, event_fn *fn, void *arg)
{
    struct telling t;
    if (!a || !b || a == b)
        return;
    telling_init(&t);
    t.source = SYS_ETCD;
    t.mono_us = mono_us;
    t.wall_us = wall_us;
    t.not_before_us = b->whole ? since_us : mono_us;
    t.revision = b->revision;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        keys[i](&t, a, b);
    telling_flush(&t, fn, arg);
}
