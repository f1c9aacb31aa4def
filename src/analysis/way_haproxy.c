/* way_haproxy.c: from an HAProxy's port on: which servers it sends to. */
#include "way.h"

#include <string.h>

#include "pgdba/analysis/routes.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "place.h"

/* ---- whose port is it? ----------------------------------------------------------------------- */

static const char *only_proxy(const struct haproxy *h, const char *but)
{
    const char *found = NULL;
    for (int i = 0; h->stats && i < h->stats->n; i++) {
        const struct ha_row *r = &h->stats->v[i];
        if (r->type != HA_SERVER || (but && strcmp(r->proxy, but) == 0))
            continue;
        if (found && strcmp(found, r->proxy) != 0)
            return NULL;
        found = r->proxy;
    }
    return found;
}

/* HAProxy says where a listener is only with socket-stats and show-legends. */
static const char *listener(const struct haproxy *h, struct arena *a, int64_t port)
{
    const char *host;
    int64_t p;
    for (int i = 0; h->stats && i < h->stats->n; i++) {
        const struct ha_row *r = &h->stats->v[i];
        if ((r->type == HA_FRONTEND || r->type == HA_LISTENER) && r->addr && *r->addr &&
            place_split(r->addr, a, &host, &p) && p == port)
            return r->proxy;
    }
    return NULL;
}

/* A way of applications that is configured there, and not for reading, says that it is for writes.
 */
static bool configured_for_writes(const struct snapshot *s, const char *host, int64_t port)
{
    for (int i = 0; i < s->nroutes; i++)
        for (int k = 0; k < s->routes[i].nplaces; k++)
            if (s->routes[i].wants != ROUTE_WANTS_STANDBY &&
                !way_named_for_reads(s->routes[i].name) && s->routes[i].places[k].port == port &&
                place_same(s->routes[i].places[k].host, host))
                return true;
    return false;
}

/* Its port for writes, as configured; *host_too: one of those is on that host at least. */
static bool at_write_address(const struct haproxy *h, struct arena *a, const char *host,
                             int64_t port, bool *host_too)
{
    const char *at;
    int64_t p;
    *host_too = false;
    for (int i = 0; i < h->nwrite_addresses; i++) {
        if (!place_split(h->write_addresses[i], a, &at, &p) || !place_same(at, host))
            continue;
        *host_too = true;
        if (p == port)
            return true;
    }
    return false;
}

struct listens {
    bool may, sure; /* it listens there: perhaps; certainly */
    enum tristate write_side;
};

/* Its own write address may be a name or an address that it shares: then its host says nothing. Nor
 * does a runtime socket's path say on which host it is: there it may be, unless it is known where
 * its port for writes is. */
static struct listens listens_at(const struct way_look *k, const struct haproxy *h,
                                 const char *host, int64_t port)
{
    const char *at, *backend = routes_write_backend(h), *proxy = listener(h, k->a, port);
    bool for_writes = configured_for_writes(k->s, host, port), written_host;
    int64_t p;
    if (at_write_address(h, k->a, host, port, &written_host))
        return (struct listens){true, true, TRI_YES};
    bool known = place_split(h->endpoint, k->a, &at, &p);
    if (!written_host && (known ? !place_same(at, host) : h->nwrite_addresses > 0))
        return (struct listens){0};
    if (proxy)
        return (struct listens){true, true,
                                backend && strcmp(proxy, backend) == 0              ? TRI_YES
                                : way_named_for_reads(proxy) || h->nwrite_addresses ? TRI_NO
                                                                                    : TRI_UNKNOWN};
    if (h->nwrite_addresses) /* a port for writes that is none of its own is another's */
        return (struct listens){!for_writes, false, TRI_NO};
    return (struct listens){true, false,
                            for_writes || (backend && only_proxy(h, NULL)) ? TRI_YES : TRI_UNKNOWN};
}

struct way_proxy way_haproxy_at(const struct way_look *k, const char *host, int64_t port)
{
    int most = k->s->nhaproxies;
    struct way_proxy out = {.v = arena_array(k->a, (size_t)most, const struct haproxy *)};
    for (int i = 0; i < most; i++) {
        const struct haproxy *h = &k->s->haproxies[i];
        struct listens l = listens_at(k, h, host, port);
        if (!l.may || (out.sure && !l.sure))
            continue;
        if (l.sure && !out.sure)
            out.n = 0;
        out.sure = l.sure;
        out.write_side = out.n == 0 || out.write_side == l.write_side ? l.write_side : TRI_UNKNOWN;
        out.v[out.n++] = h;
    }
    return out;
}

/* ---- where it sends -------------------------------------------------------------------------- */

struct send {
    const struct haproxy *h;
    const char *proxy;
    bool write_side;
    int taking, active; /* active: those that are not there as a backup */
};

static bool is_server(const struct send *d, const struct ha_row *r)
{
    return r->type == HA_SERVER && strcmp(r->proxy, d->proxy) == 0;
}

/* A backup takes nothing while another is up. */
static bool gets(const struct send *d, const struct ha_row *r)
{
    return is_server(d, r) && ha_row_takes(r) && (r->backups <= 0 || d->active == 0);
}

static void count(struct send *d)
{
    for (int i = 0; i < d->h->stats->n; i++) {
        const struct ha_row *r = &d->h->stats->v[i];
        if (!is_server(d, r) || !ha_row_takes(r))
            continue;
        d->taking++;
        d->active += r->backups <= 0;
    }
}

static void to_server(struct way_walk *v, const struct send *d, const struct ha_row *r)
{
    const struct member *m = routes_member_of_server(v->k->s, d->h, r);
    if (m) {
        way_to_member(v, m, r->addr ? r->addr : "", r->sessions);
        return;
    }
    way_add_end(v, &(struct way_hop){.kind = HOP_ADDRESS,
                                     .state = WAY_UNKNOWN,
                                     .name = r->name,
                                     .part = "",
                                     .at = r->addr ? r->addr : "",
                                     .text = "by address and name no member",
                                     .sessions = r->sessions,
                                     .waiting = -1,
                                     .at_us = d->h->state.answered_us});
    way_blame(v, WAY_UNKNOWN, "", "HAProxy %s sends it to its server %s, which is no known member",
              d->h->name, r->name);
}

/* Sessions outlive a server that went down unless HAProxy is told to shut them down. */
static void stale_sessions(struct way_walk *v, const struct send *d)
{
    const struct member *leader = v->k->leader;
    for (int i = 0; d->write_side && leader && i < d->h->stats->n; i++) {
        const struct ha_row *r = &d->h->stats->v[i];
        const struct member *m = is_server(d, r) && !gets(d, r) && r->sessions > 0
                                     ? routes_member_of_server(v->k->s, d->h, r)
                                     : NULL;
        if (!m || m == leader)
            continue;
        way_blame(v, v->w->writes ? WAY_ASTRAY : WAY_OPEN,
                  "RECONNECT on PgBouncer, or shut those sessions down on HAProxy (on-marked-down "
                  "shutdown-sessions does it by itself)",
                  "%lld sessions of HAProxy %s still go to %s, which does not lead: writes fail "
                  "there",
                  (long long)r->sessions, d->h->name, m->name);
    }
}

static const struct ha_row *backend_of(const struct send *d)
{
    for (int i = 0; i < d->h->stats->n; i++) {
        const struct ha_row *r = &d->h->stats->v[i];
        if (r->type == HA_BACKEND && strcmp(r->proxy, d->proxy) == 0)
            return r;
    }
    return NULL;
}

static const char *hop_text(struct arena *a, const struct ha_row *r)
{
    char t[FMT_MAX];
    if (!r || r->changed_s < 0)
        return r ? r->status_text : "";
    return arena_printf(a, "%s for %s", r->status_text, fmt_age(t, r->changed_s * USEC_PER_SEC));
}

/* A check that its Patroni does not answer is right: nothing in HAProxy mends that. */
static const char *cure_of_no_server(const struct way_look *k)
{
    const struct member *m = k->leader;
    bool silent = m && (m->api.outcome == OBS_REFUSED || m->api.outcome == OBS_TIMED_OUT);
    return silent ? arena_printf(k->a,
                                 "%s, which leads, does not answer: bring it back, or wait until "
                                 "another leads",
                                 m->name)
                  : "look at HAProxy's checks: which port and path they ask, and what the "
                    "leader's Patroni answers there";
}

static void no_server(struct way_walk *v, const struct send *d, struct way_hop *hop)
{
    hop->state = v->k->changing || !v->k->leader ? WAY_CHANGING : WAY_SHUT;
    if (v->k->view_old)
        hop->state = WAY_SHUT;
    way_blame(v, hop->state, v->w->writes && hop->state == WAY_SHUT ? cure_of_no_server(v->k) : "",
              "HAProxy %s has no server up in %s%s", d->h->name, d->proxy,
              hop->state == WAY_CHANGING ? ", as while the leader changes"
              : v->w->writes             ? ": writes fail"
                                         : ": reads fail");
}

static void send_on(struct way_walk *v, struct send *d, struct way_hop *hop)
{
    const struct ha_row *backend = backend_of(d);
    count(d);
    hop->text = hop_text(v->k->a, backend);
    hop->sessions = backend ? backend->sessions : -1;
    if (!d->taking)
        no_server(v, d, hop);
    for (int i = 0; i < d->h->stats->n; i++)
        if (gets(d, &d->h->stats->v[i]))
            to_server(v, d, &d->h->stats->v[i]);
    stale_sessions(v, d);
}

/* An HAProxy may serve others than this cluster. */
const char *const *way_read_proxies(const struct way_look *k, const struct haproxy *h, int *n)
{
    const char *backend = routes_write_backend(h), *last = NULL;
    const char **v = arena_array(k->a, (size_t)(h->stats ? h->stats->n : 0), const char *);
    *n = 0;
    for (int i = 0; h->stats && i < h->stats->n; i++) {
        const struct ha_row *r = &h->stats->v[i];
        if (r->type != HA_SERVER || (backend && strcmp(r->proxy, backend) == 0) ||
            (last && strcmp(r->proxy, last) == 0) || !routes_member_of_server(k->s, h, r))
            continue;
        v[(*n)++] = last = r->proxy; /* rows of a proxy stand together */
    }
    return v;
}

void way_to_haproxy(struct way_walk *v, const struct haproxy *h, const char *proxy, const char *at,
                    bool write_side, int64_t sessions)
{
    const char *backend = routes_write_backend(h);
    if (!proxy)
        proxy = write_side ? backend : only_proxy(h, backend);
    struct way_hop *hop = way_add_hop(v, &(struct way_hop){.kind = HOP_HAPROXY,
                                                           .name = h->name,
                                                           .part = proxy ? proxy : "",
                                                           .at = at,
                                                           .text = "",
                                                           .sessions = sessions,
                                                           .waiting = -1,
                                                           .at_us = h->state.answered_us});
    if (!h->stats || !way_fresh(v->k, &h->state)) {
        hop->state = WAY_UNKNOWN;
        hop->text = way_silence(v->k, &h->state);
        way_blame(v, WAY_UNKNOWN, "", "HAProxy %s %s", h->name, hop->text);
        return;
    }
    if (!proxy) {
        hop->state = WAY_UNKNOWN;
        hop->text = write_side ? "which backend is for writes is not known"
                               : "several backends that are not for writes";
        way_blame(v, WAY_UNKNOWN,
                  write_side ? "say write_backend of that haproxy in the cluster's file" : "",
                  "HAProxy %s: %s", h->name, hop->text);
        return;
    }
    send_on(v, &(struct send){.h = h, .proxy = proxy, .write_side = write_side}, hop);
}
