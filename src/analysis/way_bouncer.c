/* way_bouncer.c: from a PgBouncer's database on: is it open, and where do its servers go? */
#include "way.h"

#include <string.h>
#include <strings.h>

#include "pgdba/analysis/routes.h"
#include "pgdba/base/fmt.h"
#include "place.h"

/* Counts of a server's, -1 where one is not said. */
struct load {
    int64_t clients, waiting, servers, maxwait_us;
};

static void sum(int64_t *to, int64_t v)
{
    *to = *to < 0 || v < 0 ? -1 : *to > INT32_MAX ? *to : *to + v;
}

static const struct way_index *index_of(const struct way_look *k, const struct bouncer *b)
{
    return &k->index[b - k->s->bouncers];
}

static struct load load_of(const struct way_look *k, const struct bouncer *b, const char *database)
{
    const struct way_index *x = index_of(k, b);
    struct load l = {0};
    if (!b->pools)
        return (struct load){-1, -1, -1, -1};
    for (int i = way_pools_from(x, database); i < x->npools; i++) {
        const struct pgb_pool *p = x->pools[i]->pool;
        if (strcmp(p->database, database) != 0)
            break;
        sum(&l.clients, p->cl_active);
        sum(&l.clients, p->cl_waiting);
        sum(&l.waiting, p->cl_waiting);
        sum(&l.servers, p->sv_active);
        sum(&l.servers, p->sv_idle);
        sum(&l.servers, p->sv_used);
        if (p->maxwait_us > l.maxwait_us)
            l.maxwait_us = p->maxwait_us;
    }
    return l;
}

static const char *load_text(struct arena *a, const struct load *l)
{
    char d[FMT_MAX];
    if (l->clients < 0 || l->waiting < 0 || l->servers < 0)
        return "its pools are not known";
    const char *waits = l->waiting == 0
                            ? "nobody waits"
                            : arena_printf(a, "%lld wait, the first for %s", (long long)l->waiting,
                                           fmt_duration(d, l->maxwait_us));
    return arena_printf(a, "%lld client%s, %s, %lld server%s", (long long)l->clients,
                        l->clients == 1 ? "" : "s", waits, (long long)l->servers,
                        l->servers == 1 ? "" : "s");
}

/* ---- names ---------------------------------------------------------------------------------- */

/* What PgBouncer's resolver last said of a name, "" nothing. NULL: it was not asked, or that is not
 * of now. */
static const char *looked_up(const struct way_look *k, const struct bouncer *b, const char *name)
{
    if (!b->dns_hosts || !way_fresh(k, &b->dns_hosts_state))
        return NULL;
    for (int i = 0; i < b->dns_hosts->n; i++)
        if (strcasecmp(b->dns_hosts->v[i].name, name) == 0)
            return b->dns_hosts->v[i].addrs ? b->dns_hosts->v[i].addrs : "";
    return NULL;
}

static bool is_name(const char *host)
{
    return host && *host && *host != '/' && !place_is_numeric(host) && !place_is_loopback(host);
}

/* The first of its hosts that it cannot resolve, NULL none that is known. */
static const char *unresolved(const struct way_look *k, const struct bouncer *b,
                              const struct pgb_database *d)
{
    char *list = arena_strdup(k->a, d->host), *rest;
    for (char *one = list ? strtok_r(list, ",", &rest) : NULL; one;
         one = strtok_r(NULL, ",", &rest)) {
        const char *addrs = is_name(one) ? looked_up(k, b, one) : NULL;
        if (addrs && !*addrs)
            return one;
    }
    return NULL;
}

/* ---- is it open? ----------------------------------------------------------------------------- */

static void hold(struct way_walk *v, struct way_hop *hop, enum way_state st, const char *cure,
                 const char *what)
{
    if (st > hop->state) {
        hop->state = st;
        hop->text = arena_printf(v->k->a, "%s; %s", what, hop->text);
    }
    way_blame(v, st, cure, "%s in PgBouncer %s is %s", hop->part, hop->name, what);
}

static const struct pool_view *stuck_pool(const struct way_look *k, const struct bouncer *b,
                                          const char *database)
{
    const struct way_index *x = index_of(k, b);
    for (int i = way_pools_from(x, database); i < x->npools; i++) {
        const struct pool_view *v = x->pools[i];
        if (strcmp(v->pool->database, database) != 0)
            break;
        if (v->rule && strcmp(v->rule, "pool-no-server") == 0)
            return v;
    }
    return NULL;
}

static void judge_open(struct way_walk *v, const struct bouncer *b, const struct pgb_database *d,
                       struct way_hop *hop)
{
    struct arena *a = v->k->a;
    const struct pool_view *stuck = stuck_pool(v->k, b, d->name);
    if (d->disabled)
        hold(v, hop, WAY_SHUT, arena_printf(a, "ENABLE \"%s\" on PgBouncer %s", d->name, b->name),
             "disabled");
    if (b->globals.suspended == TRI_YES || b->globals.paused == TRI_YES)
        hold(v, hop, WAY_HELD, arena_printf(a, "RESUME on PgBouncer %s", b->name),
             b->globals.suspended == TRI_YES ? "suspended" : "paused as a whole");
    if (d->paused)
        hold(v, hop, WAY_HELD, arena_printf(a, "RESUME \"%s\" on PgBouncer %s", d->name, b->name),
             "paused");
    const char *lost = unresolved(v->k, b, d);
    const char *why = stuck ? stuck->reason : "";
    /* Nowhere for new connections, whatever is still connected. */
    if (lost)
        why = arena_printf(a, "its host %s is a name that PgBouncer cannot resolve now%s%s", lost,
                           stuck ? ": " : "", why);
    if (!stuck && !lost)
        return;
    enum way_state st = !stuck ? WAY_UNKNOWN : v->k->changing ? WAY_CHANGING : WAY_HELD;
    if (st > hop->state) {
        hop->state = st;
        hop->text = why;
    }
    way_blame(v, st,
              lost ? arena_printf(a, "look at the name service of PgBouncer %s's host", b->name)
                   : "look at where it points; after a failed login PgBouncer waits "
                     "server_login_retry (15 s) before it tries again",
              "%s in PgBouncer %s: %s", d->name, b->name, why);
}

/* ---- where it goes --------------------------------------------------------------------------- */

/* One place that its server connections go to. */
struct seen {
    const char *addr;
    int64_t port;
    int n;
};

static bool same_place(const struct seen *v, const struct pgb_server *r)
{
    return v->port == r->port &&
           (v->addr && r->addr ? strcmp(v->addr, r->addr) == 0 : v->addr == r->addr);
}

static struct seen *seen_of(const struct way_look *k, const struct bouncer *b, const char *database,
                            int *n)
{
    const struct way_index *x = index_of(k, b);
    int from = way_servers_from(x, database), to = from, room = 0;
    *n = 0;
    while (to < x->nservers && strcmp(x->servers[to]->database, database) == 0)
        to++;
    struct seen *v = arena_array(k->a, (size_t)(to - from), struct seen);
    for (int i = from; i < to; i++) {
        const struct pgb_server *r = x->servers[i];
        int at = 0;
        while (at < room && !same_place(&v[at], r))
            at++;
        if (at == room)
            v[room++] = (struct seen){r->addr, r->port, 0};
        v[at].n++;
    }
    *n = room;
    return v;
}

static bool is_known(const struct way_look *k, const char *host, int64_t port, const char *from)
{
    bool here = !host || !*host || *host == '/' || place_is_loopback(host);
    if (here && from && !place_is_loopback(from))
        host = from;
    return host && (routes_member_at(k->s, host, port) || way_haproxy_at(k, host, port).n > 0);
}

static int64_t through(const struct seen *v, int n, const char *host, int64_t port)
{
    int64_t all = 0;
    for (int i = 0; i < n; i++)
        if (v[i].port == port && (host ? place_same(v[i].addr, host) : !v[i].addr))
            all += v[i].n;
    return all;
}

/* Old connections that were not told to close go on where they went. */
static void still_elsewhere(struct way_walk *v, const struct bouncer *b,
                            const struct pgb_database *d, const struct seen *seen, int n)
{
    for (int i = 0; i < n; i++) {
        const struct member *m = routes_member_at(v->k->s, seen[i].addr, seen[i].port);
        bool new = m != NULL;
        for (int e = 0; e < v->w->nends; e++)
            new = new && v->w->ends[e].member != m;
        if (!new || !v->k->leader || m == v->k->leader || !v->w->writes)
            continue;
        way_blame(v, WAY_ASTRAY,
                  arena_printf(v->k->a, "RECONNECT \"%s\" on PgBouncer %s", d->name, b->name),
                  "%d server connections still go to %s, which does not lead: writes fail there",
                  seen[i].n, m->name);
        way_to_member(v, m, way_address(v->k->a, seen[i].addr, seen[i].port), seen[i].n);
    }
}

/* Its addresses as PgBouncer's resolver has them: "10.0.0.1:0,[::1]:0" or without ports. */
static int to_looked_up(struct way_walk *v, const struct pgb_database *d, const char *addrs,
                        const char *from)
{
    int n = 0, own = v->from;
    char *list = arena_strdup(v->k->a, addrs), *rest;
    for (char *one = strtok_r(list, ", ", &rest); one; one = strtok_r(NULL, ", ", &rest)) {
        const char *host;
        int64_t port;
        if (!place_split(one, v->k->a, &host, &port) || !place_is_numeric(host))
            continue;
        v->from = own;
        v->fork = n > 0;
        way_to_address(v, host, d->port, from, d->database, -1);
        n++;
    }
    return n;
}

/* Where it led when the connections were opened that there are, else what PgBouncer's resolver
 * says. Of a list of names nobody knows which connection was opened by which: the first has all. */
static void to_name(struct way_walk *v, const struct bouncer *b, const struct pgb_database *d,
                    const char *name, const char *first, const char *from, const struct seen *seen,
                    int n)
{
    const char *addrs = looked_up(v->k, b, name);
    int own = v->from;
    for (int i = 0; name == first && i < n; i++) {
        v->from = own;
        v->fork = i > 0;
        way_to_address(v, seen[i].addr, seen[i].port, from, d->database, seen[i].n);
    }
    if ((n == 0 || (name != first && addrs)) && (!addrs || !to_looked_up(v, d, addrs, from)))
        way_to_address(v, name, d->port, from, d->database, -1);
}

static void go_on(struct way_walk *v, const struct bouncer *b, const struct pgb_database *d)
{
    const char *from = NULL, *host;
    int64_t port;
    int n, own = v->from;
    const struct seen *seen = seen_of(v->k, b, d->name, &n);
    if (place_split(b->endpoint, v->k->a, &host, &port))
        from = host;
    /* PgBouncer takes a list of hosts, and goes to all of them. */
    char *list = d->host ? arena_strdup(v->k->a, d->host) : NULL;
    for (char *one = list; !list || one;) {
        char *next = one ? strchr(one, ',') : NULL;
        if (next)
            *next++ = '\0';
        v->from = own;
        v->fork = one != list;
        if (is_name(one) && !is_known(v->k, one, d->port, from))
            to_name(v, b, d, one, list, from, seen, n);
        else
            way_to_address(v, one, d->port, from, d->database,
                           b->servers ? through(seen, n, one, d->port) : -1);
        one = next;
        if (!one)
            break;
    }
    v->from = own;
    v->fork = false;
    still_elsewhere(v, b, d, seen, n);
}

const char *way_bouncer_place(struct arena *a, const struct bouncer *b)
{
    const char *host;
    int64_t port;
    return place_split(b->endpoint, a, &host, &port) ? way_address(a, host, port) : "";
}

void way_to_database(struct way_walk *v, const struct bouncer *b, const struct pgb_database *d)
{
    struct load l = load_of(v->k, b, d->name);
    bool fresh = way_fresh(v->k, &b->databases_state) && way_fresh(v->k, &b->pools_state);
    const struct way before = *v->w;
    struct way_hop *hop = way_add_hop(
        v, &(struct way_hop){.kind = HOP_BOUNCER,
                             .name = b->name,
                             .part = d->name,
                             .at = way_bouncer_place(v->k->a, b),
                             .text = load_text(v->k->a, &l),
                             .sessions = l.clients,
                             .waiting = l.waiting,
                             .at_us = b->databases_state.answered_us < b->pools_state.answered_us
                                          ? b->databases_state.answered_us
                                          : b->pools_state.answered_us});
    if (fresh) {
        judge_open(v, b, d, hop);
        go_on(v, b, d);
        return;
    }
    const struct source_state *st =
        way_fresh(v->k, &b->databases_state) ? &b->pools_state : &b->databases_state;
    const char *silence = way_silence(v->k, st);
    hop->state = WAY_UNKNOWN;
    hop->text = silence;
    go_on(v, b, d);
    /* Where it went when it was last asked is not where it goes. */
    way_forget_since(v, &before);
    way_blame(v, WAY_UNKNOWN, "", "PgBouncer %s %s", b->name, silence);
}
