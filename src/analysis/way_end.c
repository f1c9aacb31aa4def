/* way_end.c: what stands at an address; the member at the end of a way. */
#include "way.h"

#include <string.h>

#include "pgdba/analysis/routes.h"
#include "pgdba/base/fmt.h"
#include "place.h"
#include "writes.h"

enum { WAY_DEPTH = 6 };

/* ---- a member ------------------------------------------------------------------------------- */

static const char *listed_at(struct arena *a, const struct member *m)
{
    return m->dcs && m->dcs->host && m->dcs->port > 0 ? way_address(a, m->dcs->host, m->dcs->port)
                                                      : "";
}

static const char *brackets(struct arena *a, const char *at)
{
    return *at ? arena_printf(a, " (%s)", at) : "";
}

/* ---- where to point what goes astray */

static const struct bouncer *bouncer_at(const struct way_look *k, const char *host, int64_t port)
{
    const char *h;
    int64_t p;
    for (int i = 0; i < k->s->nbouncers; i++)
        if (place_split(k->s->bouncers[i].endpoint, k->a, &h, &p) && p == port &&
            place_same(h, host))
            return &k->s->bouncers[i];
    return NULL;
}

/* HAProxy's port for writes: as configured, or where a configured way goes. */
static const char *proxy_address(const struct way_look *k, const struct haproxy *h)
{
    if (h->nwrite_addresses)
        return h->write_addresses[0];
    for (int i = 0; i < k->s->nroutes; i++)
        for (int p = 0; p < k->s->routes[i].nplaces; p++) {
            const struct app_place *at = &k->s->routes[i].places[p];
            if (bouncer_at(k, at->host, at->port) || routes_member_at(k->s, at->host, at->port))
                continue;
            struct way_proxy found = way_haproxy_at(k, at->host, at->port);
            if (found.n == 1 && found.v[0] == h && found.write_side == TRI_YES)
                return way_address(k->a, at->host, at->port);
        }
    return "";
}

/* A port of HAProxy follows the leader, an address of today's leader does not. The first whose port
 * is known. */
static const char *where_to(const struct way_look *k)
{
    const char *at = "", *proxy = k->s->nhaproxies ? "HAProxy's port for writes" : "";
    for (int i = 0; i < k->s->nhaproxies && !*at; i++)
        at = proxy_address(k, &k->s->haproxies[i]);
    if (*proxy)
        proxy = arena_printf(k->a, "%s%s or at ", proxy, brackets(k->a, at));
    return arena_printf(k->a, "point it at %s%s%s", proxy, k->leader->name,
                        brackets(k->a, listed_at(k->a, k->leader)));
}

/* By whom the way gets there: who can change that is who must be told. */
static const char *cure_of(const struct way_walk *v)
{
    const struct way_hop *last = v->from >= 0 ? &v->w->hops[v->from] : NULL;
    if (!v->k->leader || !last)
        return "";
    if (last->kind == HOP_HAPROXY)
        return arena_printf(v->k->a,
                            "HAProxy's own check has to take it out of %s; if it does not, look at "
                            "what that check asks (GET /primary)",
                            *last->part ? last->part : "its backend");
    if (last->kind == HOP_BOUNCER)
        return arena_printf(v->k->a, "%s in PgBouncer's configuration, then RELOAD and RECONNECT",
                            where_to(v->k));
    return where_to(v->k);
}

static void judge_leader(struct way_walk *v, const struct member *m, struct way_hop *h)
{
    const struct way_look *k = v->k;
    struct writes w = writes_of(k->s, m, k->now_us);
    const char *word = k->s->dcs_leads ? "etcd" : "/cluster";
    h->at_us = w.at_us && w.at_us < k->s->view.answered_us ? w.at_us : k->s->view.answered_us;
    if (w.takes == TRI_YES) {
        h->text = arena_printf(k->a, "leads (%s), takes writes (%s)", word, w.by);
    } else if (w.takes == TRI_NO) {
        h->state = k->changing ? WAY_CHANGING : WAY_READ_ONLY;
        h->text = arena_printf(k->a, "leads (%s), takes no writes: %s (%s)", word, w.why, w.by);
        way_blame(v, v->w->writes ? h->state : WAY_OPEN, "",
                  "ends at the leader %s, which takes no writes: %s (%s)", m->name, w.why, w.by);
    } else {
        h->state = WAY_UNKNOWN;
        h->text = arena_printf(k->a, "leads (%s); whether it takes writes is not known", word);
        way_blame(v, v->w->writes ? WAY_UNKNOWN : WAY_OPEN, "",
                  "ends at the leader %s; whether that takes writes is not known", m->name);
    }
}

static void judge_other(struct way_walk *v, const struct member *m, struct way_hop *h)
{
    const struct way_look *k = v->k;
    struct writes w = writes_of(k->s, m, k->now_us);
    const char *where = brackets(k->a, h->at);
    h->at_us = k->s->view.answered_us;
    h->state = v->w->writes ? WAY_ASTRAY : WAY_OPEN;
    if (w.takes == TRI_YES) {
        h->state = WAY_ASTRAY;
        h->text = arena_printf(k->a, "does not lead, %s does, yet takes writes (%s)",
                               k->leader->name, w.by);
        way_blame(
            v, WAY_ASTRAY, cure_of(v),
            "goes to %s%s, which does not lead and yet takes writes (%s): they are lost to %s",
            m->name, where, w.by, k->leader->name);
        return;
    }
    h->text = arena_printf(k->a, "does not lead%s%s", *w.why ? ": " : "", w.why);
    if (v->w->writes)
        way_blame(v, WAY_ASTRAY, cure_of(v), "goes to %s%s, which does not lead: writes fail there",
                  m->name, where);
}

static void judge_nobody(struct way_walk *v, const struct member *m, struct way_hop *h)
{
    const struct way_look *k = v->k;
    h->at_us = k->s->view.answered_us;
    h->state = k->view_old || k->changing ? WAY_UNKNOWN : WAY_SHUT;
    if (k->view_old) {
        h->text = "who leads was said too long ago";
        way_blame(v, v->w->writes ? WAY_UNKNOWN : WAY_OPEN, "",
                  "ends at %s; who leads is not known now", m->name);
        return;
    }
    h->state = k->changing ? WAY_CHANGING : WAY_SHUT;
    h->text = k->changing ? "nobody leads, as while the leader changes" : "nobody leads";
    way_blame(v, v->w->writes ? h->state : WAY_OPEN, "", "ends at %s; nobody leads now", m->name);
}

static bool ends_at(const struct way *w, const struct member *m)
{
    for (int i = 0; i < w->nends; i++)
        if (w->ends[i].member == m)
            return true;
    return false;
}

void way_to_member(struct way_walk *v, const struct member *m, const char *at, int64_t sessions)
{
    struct way_hop h = {.kind = HOP_MEMBER,
                        .name = m->name,
                        .part = "",
                        .at = *at ? at : listed_at(v->k->a, m),
                        .text = "",
                        .sessions = sessions,
                        .waiting = -1,
                        .member = m};
    if (ends_at(v->w, m))
        return;
    if (!v->k->leader)
        judge_nobody(v, m, &h);
    else if (m == v->k->leader)
        judge_leader(v, m, &h);
    else
        judge_other(v, m, &h);
    way_add_end(v, &h);
}

/* ---- an address ------------------------------------------------------------------------------ */

static void to_bouncer(struct way_walk *v, const struct bouncer *b, const char *database)
{
    for (int i = 0; b->databases && database && i < b->databases->n; i++)
        if (strcmp(b->databases->v[i].name, database) == 0) {
            way_to_database(v, b, &b->databases->v[i]);
            return;
        }
    way_add_hop(v, &(struct way_hop){.kind = HOP_BOUNCER,
                                     .state = WAY_UNKNOWN,
                                     .name = b->name,
                                     .part = database ? database : "",
                                     .at = way_bouncer_place(v->k->a, b),
                                     .text = b->databases ? "has no such database now"
                                                          : way_silence(v->k, &b->databases_state),
                                     .sessions = -1,
                                     .waiting = -1,
                                     .at_us = b->databases_state.answered_us});
    if (b->databases)
        way_blame(v, WAY_UNKNOWN,
                  "look at [databases] of that PgBouncer; one that \"*\" stands for is listed only "
                  "while it is used",
                  "PgBouncer %s lists no database %s now", b->name,
                  database ? database : "of that name");
    else
        way_blame(v, WAY_UNKNOWN, "", "PgBouncer %s %s", b->name,
                  way_silence(v->k, &b->databases_state));
}

static void to_nobody_known(struct way_walk *v, const char *host, int64_t port, int64_t sessions)
{
    const char *at = way_address(v->k->a, host, port);
    bool name = host && *host && *host != '/' && !place_is_numeric(host);
    way_add_end(v, &(struct way_hop){.kind = HOP_ADDRESS,
                                     .state = WAY_UNKNOWN,
                                     .name = at,
                                     .part = "",
                                     .at = at,
                                     .text = name ? "a name, not looked up here"
                                                  : "no member, PgBouncer or HAProxy known there",
                                     .sessions = sessions,
                                     .waiting = -1});
    way_blame(v, WAY_UNKNOWN,
              name ? "the connections that PgBouncer keeps show where a name leads"
                   : "add what stands there to the cluster's file",
              name ? "goes to %s, a name: where it leads is not known from here"
                   : "goes to %s, where no member, PgBouncer or HAProxy is known",
              at);
}

static void one_of_many(struct way_walk *v, const struct way_proxy *p, const char *at,
                        int64_t sessions)
{
    const char *text = arena_printf(v->k->a, "one of %d HAProxies", p->n);
    way_add_end(v, &(struct way_hop){.kind = HOP_ADDRESS,
                                     .state = WAY_UNKNOWN,
                                     .name = at,
                                     .part = "",
                                     .at = at,
                                     .text = text,
                                     .sessions = sessions,
                                     .waiting = -1});
    way_blame(v, WAY_UNKNOWN, "say write_addresses of each haproxy in the cluster's file",
              "goes to %s: which of %d HAProxies is there is not known", at, p->n);
}

static void to_proxy(struct way_walk *v, const struct way_proxy *p, const char *at,
                     int64_t sessions)
{
    if (p->write_side == TRI_NO)
        v->w->writes = false;
    if (p->n > 1 && !p->sure) {
        one_of_many(v, p, at, sessions);
        return;
    }
    const struct way before = *v->w;
    /* Those that share an address: any of them may be the one that takes a connection. */
    int from = v->from;
    for (int i = 0; i < p->n; i++) {
        v->from = from;
        v->fork = i > 0;
        way_to_haproxy(v, p->v[i], NULL, at, p->write_side != TRI_NO, i == 0 ? sessions : -1);
    }
    if (p->write_side != TRI_UNKNOWN)
        return;
    /* Where it goes if it is that port is worth showing, and nothing to be sure or to warn of. */
    way_forget_since(v, &before);
    way_blame(v, WAY_UNKNOWN,
              arena_printf(v->k->a, "say write_addresses of haproxy %s in the cluster's file",
                           p->v[0]->name),
              "goes to %s: whether that is the port for writes of HAProxy %s is not known", at,
              p->v[0]->name);
}

void way_to_address(struct way_walk *v, const char *host, int64_t port, const char *from,
                    const char *database, int64_t sessions)
{
    /* A unix socket, and what a hop calls its own host, is that hop's host. */
    bool none = !host || !*host || *host == '/';
    bool here = none || place_is_loopback(host);
    if (none || (here && from && !place_is_loopback(from)))
        host = from;
    if (v->depth++ >= WAY_DEPTH) {
        way_blame(v, WAY_UNKNOWN, "", "goes round in a circle");
        return;
    }
    const struct member *m = routes_member_at(v->k->s, host, port);
    const struct bouncer *b = m || !host ? NULL : bouncer_at(v->k, host, port);
    struct way_proxy p = {0};
    if (!m && !b && host)
        p = way_haproxy_at(v->k, host, port);
    if (m)
        way_to_member(v, m, way_address(v->k->a, host, port), sessions);
    else if (b)
        to_bouncer(v, b, database);
    else if (p.n)
        to_proxy(v, &p, way_address(v->k->a, host, port), sessions);
    else
        to_nobody_known(v, host, port, sessions);
}
