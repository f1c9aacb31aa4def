/* HAProxy's servers and PgBouncer's server connections. Reference "middleware.md" §3.5, §2.2. */
#include <stdlib.h>
#include <string.h>

#include "facts.h"
#include "pgdba/base/fmt.h"
#include "telling.h"

static bool lost(const struct source_state *st)
{
    return st->outcome != OBS_NEVER && st->outcome != OBS_ANSWERED;
}

static void answers(struct telling *t, const char *what, const char *name,
                    const enum event_kind kinds[2], const struct source_state *a,
                    const struct source_state *b)
{
    char d[FMT_MAX];
    if (a->outcome == OBS_NEVER || b->outcome == OBS_NEVER || lost(a) == lost(b))
        return;
    struct event e = {.kind = kinds[lost(b) ? 0 : 1], .subject = name, .evidence = b->detail};
    if (lost(b)) {
        e.grade = HEALTH_DEGRADED;
        e.now = obs_outcome_name(b->outcome);
        telling_say(t, &e, "%s %s does not answer: %s", what, name,
                    *or_blank(b->detail) ? b->detail : obs_outcome_name(b->outcome));
    } else {
        telling_say(t, &e, "%s %s answers again%s%s", what, name, a->answered_us ? " after " : "",
                    a->answered_us ? facts_span(d, b->answered_us - a->answered_us) : "");
    }
}

/* ---- HAProxy */

static bool up(const struct ha_row *r)
{
    return r->type == HA_BACKEND ? r->status == HA_UP : ha_row_takes(r);
}

/* It most likely stands where it stood: at, from where it is looked for. */
static const struct ha_row *same_row(const struct ha_stats *s, const struct ha_row *r, int at)
{
    for (int i = 0; i < s->n; i++) {
        const struct ha_row *was = &s->v[(at + i) % s->n];
        if (was->type == r->type && telling_same(was->name, r->name) &&
            telling_same(was->proxy, r->proxy))
            return was;
    }
    return NULL;
}

static const char *check_text(struct telling *t, const struct ha_row *r)
{
    return arena_printf(&t->a, "%s, check %s %d %s", or_blank(r->status_text),
                        or_blank(r->check_status), r->check_code, or_blank(r->last_check));
}

/* A replica that is DOWN in a backend for the leader is as it should be: its check was answered. */
static enum health down_grade(const struct ha_row *r)
{
    if (r->type == HA_BACKEND)
        return HEALTH_CRITICAL;
    return ha_row_is_standby(r) ? HEALTH_OK : HEALTH_DEGRADED;
}

static void ha_row(struct telling *t, const struct haproxy *h, bool only_one,
                   const struct ha_row *a, const struct ha_row *b)
{
    if (up(a) == up(b))
        return;
    const bool backend = b->type == HA_BACKEND;
    const char *of = only_one ? "" : arena_printf(&t->a, " of %s", h->name);
    const char *subject = backend ? b->proxy : arena_printf(&t->a, "%s/%s", b->proxy, b->name);
    struct event e = {.kind = up(b) ? EV_ROUTE_UP : EV_ROUTE_DOWN,
                      .grade = up(b) ? HEALTH_OK : down_grade(b),
                      .subject = subject,
                      .old = a->status_text,
                      .now = b->status_text,
                      .evidence = check_text(t, b)};
    if (backend)
        telling_say(t, &e,
                    up(b) ? "HAProxy%s: %s has a server again" : "HAProxy%s: %s has no server", of,
                    b->proxy);
    else
        telling_say(t, &e, "HAProxy%s: %s sends %sto %s: %s", of, b->proxy, up(b) ? "" : "nothing ",
                    b->name, or_blank(b->status_text));
}

void telling_haproxies(struct telling *t, const struct snapshot *a, const struct snapshot *b)
{
    static const enum event_kind kinds[] = {EV_ROUTE_SILENT, EV_ROUTE_BACK};
    for (int i = 0; i < b->nhaproxies && i < a->nhaproxies; i++) {
        const struct haproxy *old = &a->haproxies[i], *now = &b->haproxies[i];
        if (!telling_same(old->name, now->name))
            continue;
        telling_source(t, SYS_HAPROXY, b, &old->state, &now->state);
        answers(t, "HAProxy", now->name, kinds, &old->state, &now->state);
        for (int k = 0; old->stats && now->stats && old->stats != now->stats && k < now->stats->n;
             k++) {
            const struct ha_row *r = &now->stats->v[k];
            const struct ha_row *was = same_row(old->stats, r, k);
            if (was && (r->type == HA_SERVER || r->type == HA_BACKEND))
                ha_row(t, now, b->nhaproxies == 1, was, r);
        }
    }
}

/* ---- PgBouncer */

struct target {
    const char *database, *addr;
    int64_t port;
    int n;     /* connections */
    int first; /* row of the first */
};

/* By database, then by target, then as they came. */
static int by_target(const void *x, const void *y)
{
    const struct target *a = x, *b = y;
    int d = strcmp(or_blank(a->database), or_blank(b->database));
    if (d == 0)
        d = strcmp(a->addr, b->addr);
    if (d == 0 && a->port != b->port)
        d = a->port < b->port ? -1 : 1;
    return d ? d : a->first - b->first;
}

static int by_first(const void *x, const void *y)
{
    return ((const struct target *)x)->first - ((const struct target *)y)->first;
}

static int by_database(const void *x, const void *y)
{
    return strcmp(or_blank(((const struct target *)x)->database),
                  or_blank(((const struct target *)y)->database));
}

static bool same_target(const struct target *a, const struct target *b)
{
    return a->port == b->port && strcmp(a->addr, b->addr) == 0;
}

/* Where most connections of each database go, by database; one that is to be closed does not count.
 * There may be thousands of them. */
static int tally(struct telling *t, const struct pgb_servers *s, struct target **out)
{
    struct target *v = *out = arena_array(&t->a, (size_t)s->n, struct target);
    int rows = 0, n = 0;
    for (int i = 0; i < s->n; i++)
        if (!s->v[i].close_needed && s->v[i].addr)
            v[rows++] = (struct target){s->v[i].database, s->v[i].addr, s->v[i].port, 0, i};
    if (rows)
        qsort(v, (size_t)rows, sizeof *v, by_target);
    for (int i = 0; i < rows; i++) {
        struct target one = v[i];
        one.n = 1;
        for (; i + 1 < rows && telling_same(v[i + 1].database, one.database) &&
               same_target(&v[i + 1], &one);
             i++)
            one.n++;
        if (n == 0 || !telling_same(v[n - 1].database, one.database))
            v[n++] = one;
        else if (one.n > v[n - 1].n || (one.n == v[n - 1].n && one.first < v[n - 1].first))
            v[n - 1] = one;
    }
    return n;
}

static const char *target_text(struct telling *t, const struct snapshot *s, const struct target *at)
{
    const char *member = NULL;
    for (int i = 0; !member && i < s->nmembers; i++) {
        const struct cluster_member *r = s->members[i].dcs;
        if (r && r->port == at->port && telling_same(r->host, at->addr))
            member = s->members[i].name;
    }
    if (member)
        return member;
    return arena_printf(&t->a, "%s:%lld", at->addr, (long long)at->port);
}

static void target(struct telling *t, const char *bouncer, const char *from, const char *to,
                   const struct target *was, const struct target *is)
{
    const char *evidence = arena_printf(
        &t->a, "%s: %d server connections to %s:%lld, before %s:%lld", or_blank(is->database),
        is->n, is->addr, (long long)is->port, was->addr, (long long)was->port);
    telling_say(t,
                &(struct event){.kind = EV_POOL_TARGET,
                                .subject = bouncer,
                                .old = from,
                                .now = to,
                                .evidence = evidence},
                "PgBouncer %s: the servers of %s point at %s, before: %s", bouncer,
                or_blank(is->database), to, from);
}

static void targets(struct telling *t, const struct snapshot *a, const struct bouncer *old,
                    const struct snapshot *b, const struct bouncer *now)
{
    struct target *before, *v;
    int n = tally(t, old->servers, &before), moved = 0, many = tally(t, now->servers, &v);
    for (int i = 0; i < many; i++) {
        struct target *was =
            n ? bsearch(&v[i], before, (size_t)n, sizeof *before, by_database) : NULL;
        if (was && !same_target(was, &v[i]))
            v[moved++] = v[i];
    }
    if (moved)
        qsort(v, (size_t)moved, sizeof *v, by_first);
    for (int i = 0; i < moved; i++) {
        const struct target *was = bsearch(&v[i], before, (size_t)n, sizeof *before, by_database);
        target(t, now->name, target_text(t, a, was), target_text(t, b, &v[i]), was, &v[i]);
    }
}

void telling_bouncers(struct telling *t, const struct snapshot *a, const struct snapshot *b)
{
    static const enum event_kind kinds[] = {EV_BOUNCER_SILENT, EV_BOUNCER_BACK};
    for (int i = 0; i < b->nbouncers && i < a->nbouncers; i++) {
        const struct bouncer *old = &a->bouncers[i], *now = &b->bouncers[i];
        if (!telling_same(old->name, now->name))
            continue;
        telling_source(t, SYS_PGBOUNCER, b, &old->state, &now->state);
        answers(t, "PgBouncer", now->name, kinds, &old->state, &now->state);
        telling_source(t, SYS_PGBOUNCER, b, &old->servers_state, &now->servers_state);
        if (old->servers && now->servers && old->servers != now->servers)
            targets(t, a, old, b, now);
    }
}
