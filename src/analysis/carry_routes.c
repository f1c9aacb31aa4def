/* Since when routes lead astray. */
#include <string.h>

#include "pgdba/analysis/carry.h"
#include "pgdba/analysis/routes.h"
#include "pgdba/base/clock.h"
#include "facts.h"

static bool fresh(const struct snapshot *s, const struct source_state *st)
{
    return !source_is_stale(st, s->refresh_us, s->mono_us);
}

/* Does a write backend send to m? */
static enum tristate haproxy_sends(const struct snapshot *s, const struct member *m)
{
    enum tristate any = TRI_NO;
    for (int i = 0; i < s->nhaproxies; i++) {
        const struct haproxy *h = &s->haproxies[i];
        if (!h->stats || !fresh(s, &h->state)) {
            any = TRI_UNKNOWN;
            continue;
        }
        const struct ha_row *r = routes_server_of(s, h, m);
        if (r && ha_row_takes(r))
            return TRI_YES;
    }
    return any;
}

static enum tristate bouncer_points(const struct snapshot *s, const struct member *m)
{
    enum tristate any = TRI_NO;
    for (int i = 0; i < s->nbouncers; i++) {
        const struct bouncer *b = &s->bouncers[i];
        if (!fresh(s, &b->servers_state) && !fresh(s, &b->databases_state))
            any = TRI_UNKNOWN;
        else if (routes_bouncer_points_at(s, b, m))
            return TRI_YES;
    }
    return any;
}

static int64_t since(enum tristate now, int64_t carried, int64_t begins)
{
    return now == TRI_NO ? 0 : carried ? carried : now == TRI_YES ? begins : 0;
}

static void carry_strays(const struct snapshot *s, struct member *m, const struct snapshot *prev,
                         const struct member *before)
{
    m->stray_haproxy_us = m->stray_pgbouncer_us = 0;
    if (snapshot_leader(s) == m || !s->view.answered_us)
        return; /* before anybody has said who leads, nothing is astray */
    bool led = before && snapshot_leader(prev) == before;
    m->stray_haproxy_us =
        since(haproxy_sends(s, m), before ? before->stray_haproxy_us : 0, s->mono_us);
    m->stray_pgbouncer_us =
        since(bouncer_points(s, m), before ? before->stray_pgbouncer_us : 0, led ? s->mono_us : 0);
}

/* Every rule asks for it, of each of its rows. */
static void carry_writes(struct haproxy *h)
{
    h->writes = NULL;
    const char *proxy = routes_write_backend(h);
    h->writes = proxy ? proxy : "";
}

/* ---- a write backend without a server */

static const struct haproxy *haproxy_before(const struct snapshot *prev, const char *name)
{
    for (int i = 0; prev && i < prev->nhaproxies; i++)
        if (strcmp(prev->haproxies[i].name, name) == 0)
            return &prev->haproxies[i];
    return NULL;
}

static bool has_target(const struct haproxy *h, bool *known)
{
    *known = false;
    for (int i = 0; h->stats && i < h->stats->n; i++) {
        const struct ha_row *r = &h->stats->v[i];
        if (!routes_is_write_server(h, r))
            continue;
        *known = true;
        if (ha_row_takes(r))
            return true;
    }
    return false;
}

/* HAProxy itself knows since when, to the second. */
static int64_t down_since(const struct snapshot *s, const struct haproxy *h)
{
    const char *proxy = routes_write_backend(h);
    for (int i = 0; h->stats && i < h->stats->n; i++) {
        const struct ha_row *r = &h->stats->v[i];
        if (r->type == HA_BACKEND && strcmp(r->proxy, proxy) == 0 && r->status == HA_DOWN &&
            r->changed_s >= 0 && r->changed_s < h->state.answered_us / USEC_PER_SEC)
            return h->state.answered_us - r->changed_s * USEC_PER_SEC;
    }
    return s->mono_us;
}

static void carry_target(const struct snapshot *s, struct haproxy *h, const struct haproxy *before)
{
    bool known;
    int64_t carried = before ? before->no_target_us : 0;
    if (h->stats && !fresh(s, &h->state))
        h->no_target_us = carried;
    else if (has_target(h, &known) || !known)
        h->no_target_us = 0;
    else
        h->no_target_us = carried ? carried : down_since(s, h);
}

/* ---- servers that somebody holds back. HAProxy's own time since the last change is none: of a
 * server that was down before, it goes on. */

/* It most likely stands where it stood: *at, from where it is looked for. */
static const struct ha_row *same_row(const struct haproxy *h, const struct ha_row *r, int *at)
{
    int n = h && h->stats ? h->stats->n : 0, from = *at;
    for (int i = 0; i < n; i++) {
        *at = (from + i) % n;
        const struct ha_row *was = &h->stats->v[*at];
        if (was->type == r->type && strcmp(was->name, r->name) == 0 &&
            strcmp(was->proxy, r->proxy) == 0)
            return was;
    }
    return NULL;
}

static bool held(const struct ha_row *r)
{
    return r->type == HA_SERVER && (ha_row_in_maint(r) || ha_row_in_drain(r));
}

static int64_t held_since(const struct snapshot *s, const struct haproxy *before,
                          const struct ha_row *r, int at)
{
    const struct ha_row *was = same_row(before, r, &at);
    if (!was || !before->held_us)
        return SINCE_BEFORE;
    return before->held_us[at] ? before->held_us[at] : s->mono_us;
}

static void carry_held(struct snapshot *s, struct haproxy *h, const struct haproxy *before)
{
    int64_t *v;
    if (!h->stats)
        return;
    if (before && before->stats == h->stats && before->held_us) {
        h->held_us =
            arena_memdup(&s->arena, before->held_us, (size_t)h->stats->n * sizeof *before->held_us);
        return;
    }
    v = arena_array(&s->arena, (size_t)h->stats->n, int64_t);
    for (int i = 0; i < h->stats->n; i++)
        v[i] = held(&h->stats->v[i]) ? held_since(s, before, &h->stats->v[i], i) : 0;
    h->held_us = v;
}

void carry_routes(struct snapshot *s, struct member *members, struct haproxy *haproxies,
                  const struct snapshot *prev)
{
    for (int i = 0; i < s->nhaproxies; i++)
        carry_writes(&haproxies[i]);
    for (int i = 0; i < s->nmembers; i++)
        carry_strays(s, &members[i], prev, prev ? snapshot_member(prev, members[i].name) : NULL);
    for (int i = 0; i < s->nhaproxies; i++) {
        const struct haproxy *before = haproxy_before(prev, haproxies[i].name);
        carry_target(s, &haproxies[i], before);
        carry_held(s, &haproxies[i], before);
    }
}
