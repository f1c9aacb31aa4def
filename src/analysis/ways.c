/* ways.c: the entries of the ways, and what each comes to. */
#include "way.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "pgdba/analysis/routes.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/model/names.h"
#include "place.h"

static const char *const state_names[] = {
    [WAY_OPEN] = "open", [WAY_CHANGING] = "changing",   [WAY_UNKNOWN] = "unknown",
    [WAY_HELD] = "held", [WAY_READ_ONLY] = "read-only", [WAY_ASTRAY] = "astray",
    [WAY_SHUT] = "shut",
};
_Static_assert(sizeof state_names / sizeof *state_names == WAY_STATE_COUNT, "a word a state");

static const char *const kind_names[] = {
    [HOP_ENTRY] = "entry",   [HOP_BOUNCER] = "pgbouncer", [HOP_HAPROXY] = "haproxy",
    [HOP_MEMBER] = "member", [HOP_ADDRESS] = "address",
};
_Static_assert(sizeof kind_names / sizeof *kind_names == HOP_KIND_COUNT, "a word a kind");

const char *way_state_name(enum way_state s)
{
    return NAME_OF(state_names, s);
}

const char *way_hop_kind_name(enum way_hop_kind k)
{
    return NAME_OF(kind_names, k);
}

/* ---- walking -------------------------------------------------------------------------------- */

static struct way_hop *add(struct arena *a, struct way_hop **v, int *n, int *cap,
                           const struct way_hop *h)
{
    if (*n == *cap) {
        int room = *cap ? 2 * *cap : 4;
        struct way_hop *more = arena_array(a, (size_t)room, struct way_hop);
        if (*n)
            memcpy(more, *v, (size_t)*n * sizeof *more);
        *v = more;
        *cap = room;
    }
    (*v)[*n] = *h;
    return &(*v)[(*n)++];
}

struct way_hop *way_add_hop(struct way_walk *v, const struct way_hop *h)
{
    struct way_hop *added = add(v->k->a, &v->hops, &v->w->nhops, &v->hops_cap, h);
    added->beside = v->fork;
    v->fork = false;
    v->from = v->w->nhops - 1;
    v->w->hops = v->hops;
    return added;
}

struct way_hop *way_add_end(struct way_walk *v, const struct way_hop *h)
{
    struct way_hop *added = add(v->k->a, &v->ends, &v->w->nends, &v->ends_cap, h);
    v->w->ends = v->ends;
    return added;
}

void way_blame(struct way_walk *v, enum way_state st, const char *cure, const char *fmt, ...)
{
    va_list ap;
    if (st <= v->w->state)
        return;
    va_start(ap, fmt);
    v->w->state = st;
    v->w->reason = arena_vprintf(v->k->a, fmt, ap);
    v->w->cure = cure;
    va_end(ap);
}

void way_forget_since(struct way_walk *v, const struct way *before)
{
    for (int i = before->nends; i < v->w->nends; i++)
        v->ends[i].state = WAY_UNKNOWN;
    v->w->state = before->state;
    v->w->reason = before->reason;
    v->w->cure = before->cure;
}

bool way_fresh(const struct way_look *k, const struct source_state *st)
{
    return !source_is_stale(st, k->s->refresh_us, k->now_us);
}

const char *way_silence(const struct way_look *k, const struct source_state *st)
{
    char d[FMT_MAX];
    if (st->outcome == OBS_NEVER)
        return "has not been asked yet";
    if (st->outcome != OBS_ANSWERED)
        return arena_printf(k->a, "does not answer (%s for %s)", obs_outcome_name(st->outcome),
                            facts_span(d, k->now_us - st->since_us));
    return arena_printf(k->a, "answered %s ago", facts_span(d, k->now_us - st->answered_us));
}

const char *way_address(struct arena *a, const char *host, int64_t port)
{
    bool v6 = host && strchr(host, ':');
    if (!host || !*host || *host == '/')
        return "a unix socket";
    if (port <= 0)
        return arena_strdup(a, host);
    return arena_printf(a, "%s%s%s:%lld", v6 ? "[" : "", host, v6 ? "]" : "", (long long)port);
}

/* ---- what is for reading --------------------------------------------------------------------- */

static bool is_word(const char *name, const char *at, size_t n)
{
    return (at == name || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[n]);
}

bool way_named_for_reads(const char *name)
{
    static const struct {
        const char *word;
        bool whole;
    } words[] = {{"ro", true},         {"read", true},     {"reads", true},
                 {"readonly", false},  {"replica", false}, {"standby", false},
                 {"secondary", false}, {"slave", true},    {"follower", false}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i].word);
        for (const char *p = strcasestr(name, words[i].word); p;
             p = strcasestr(p + 1, words[i].word))
            if ((!words[i].whole || is_word(name, p, n)) && strncasecmp(p + n, "_write", 6) != 0 &&
                strncasecmp(p + n, "-write", 6) != 0)
                return true;
    }
    return false;
}

static bool standby_cluster(const struct snapshot *s)
{
    const struct member *m = snapshot_leader(s);
    return (s->config && s->config->standby_cluster) ||
           (m && ((m->dcs && m->dcs->role == ROLE_STANDBY_LEADER) ||
                  (m->health && m->health->role == ROLE_STANDBY_LEADER)));
}

/* ---- what it comes to ------------------------------------------------------------------------ */

static void older(struct way *w, const struct way_hop *h, bool *known)
{
    if (!h->at_us)
        *known = false;
    else if (!w->at_us || h->at_us < w->at_us)
        w->at_us = h->at_us;
}

static void finish(struct way_walk *v)
{
    struct way *w = v->w;
    bool known = true;
    if (w->nends == 0 && w->state == WAY_OPEN)
        way_blame(v, WAY_UNKNOWN, "", "where it ends is not known");
    for (int i = 0; i < w->nhops; i++)
        older(w, &w->hops[i], &known);
    for (int i = 0; i < w->nends; i++)
        older(w, &w->ends[i], &known);
    if (!known)
        w->at_us = 0;
}

static struct way_walk begin(const struct way_look *k, struct way *w, const char *key, bool writes)
{
    *w = (struct way){.key = key, .writes = writes, .reason = "", .cure = ""};
    return (struct way_walk){.k = k, .w = w, .from = -1};
}

enum way_state ways_worst(const struct way *v, int n)
{
    enum way_state worst = WAY_OPEN;
    int writes = 0;
    for (int i = 0; i < n; i++) {
        if (!v[i].writes)
            continue;
        writes++;
        if (v[i].state > worst)
            worst = v[i].state;
    }
    return writes ? worst : WAY_UNKNOWN;
}

enum health way_health(const struct way *w)
{
    if (w->state == WAY_OPEN)
        return HEALTH_OK;
    return w->writes && w->state >= WAY_READ_ONLY ? HEALTH_CRITICAL : HEALTH_DEGRADED;
}

/* brief: of several for reading, that they do not lead is as it should be. */
static const char *one_end(const struct way_hop *h, const struct snapshot *s, bool brief,
                           struct arena *a)
{
    if (!h->member)
        return arena_printf(a, "%s?", h->name);
    if (brief && h->member != snapshot_leader(s))
        return h->name;
    return arena_printf(a, "%s, %s", h->name,
                        h->member == snapshot_leader(s) ? "the leader" : "not the leader");
}

const char *way_end_text(const struct way *w, const struct snapshot *s, struct arena *a)
{
    bool brief = !w->writes && w->nends > 1;
    const char *text = w->nends ? one_end(&w->ends[0], s, brief, a) : "?";
    for (int i = 1; i < w->nends; i++)
        text = arena_printf(a, "%s; %s", text, one_end(&w->ends[i], s, brief, a));
    return text;
}

/* ---- the entries ----------------------------------------------------------------------------- */

static void walk_route(const struct way_look *k, const struct app_route *r, struct way *w)
{
    bool reads = r->wants == ROUTE_WANTS_STANDBY || way_named_for_reads(r->name);
    struct way_walk v = begin(k, w, r->name, !reads && !standby_cluster(k->s));
    const struct app_place *p = r->nplaces ? r->places : NULL;
    const struct app_place *end = p ? p + r->nplaces : NULL;
    way_add_hop(&v, &(struct way_hop){.kind = HOP_ENTRY,
                                      .name = r->name,
                                      .part = r->database ? r->database : "",
                                      .at = p ? way_address(k->a, p->host, p->port) : "",
                                      .text = "as configured",
                                      .sessions = -1,
                                      .waiting = -1,
                                      .at_us = k->now_us});
    /* libpq goes through the list until one fits: where writes are asked for, the leader. */
    for (const struct app_place *i = p; r->wants == ROUTE_WANTS_PRIMARY && k->leader && i < end;
         i++)
        if (routes_member_at(k->s, i->host, i->port) == k->leader)
            p = i;
    if (p)
        way_to_address(&v, p->host, p->port, NULL, r->database, -1);
    finish(&v);
}

static void walk_database(const struct way_look *k, const struct bouncer *b,
                          const struct pgb_database *d, struct way *w)
{
    bool reads = way_named_for_reads(d->name) || standby_cluster(k->s);
    struct way_walk v = begin(k, w, arena_printf(k->a, "%s/%s", b->name, d->name), !reads);
    way_to_database(&v, b, d);
    finish(&v);
}

/* One that has said nothing yet is a way of which nothing is known. */
static void walk_silent(const struct way_look *k, const char *name, const struct source_state *st,
                        enum way_hop_kind kind, struct way *w)
{
    struct way_walk v = begin(k, w, name, true);
    way_add_hop(&v, &(struct way_hop){.kind = kind,
                                      .state = WAY_UNKNOWN,
                                      .name = name,
                                      .part = "",
                                      .at = "",
                                      .text = way_silence(k, st),
                                      .sessions = -1,
                                      .waiting = -1});
    way_blame(&v, WAY_UNKNOWN, "", "%s %s", name, way_silence(k, st));
    finish(&v);
}

static void walk_haproxy(const struct way_look *k, const struct haproxy *h, struct way *w)
{
    const char *proxy = routes_write_backend(h);
    const char *key = proxy ? arena_printf(k->a, "%s/%s", h->name, proxy) : h->name;
    struct way_walk v = begin(k, w, key, !standby_cluster(k->s));
    way_to_haproxy(&v, h, NULL, h->nwrite_addresses ? h->write_addresses[0] : "", true, -1);
    finish(&v);
}

static void walk_read_proxy(const struct way_look *k, const struct haproxy *h, const char *proxy,
                            struct way *w)
{
    struct way_walk v = begin(k, w, arena_printf(k->a, "%s/%s", h->name, proxy), false);
    way_to_haproxy(&v, h, proxy, "", false, -1);
    finish(&v);
}

static struct way_look look_at(const struct snapshot *s, int64_t now_us, struct arena *a)
{
    struct timers t = facts_timers(s);
    struct way_look k = {.s = s, .now_us = now_us, .a = a};
    k.view_old = facts_view_old(s, now_us) || s->view.outcome == OBS_NEVER;
    k.leader = k.view_old ? NULL : snapshot_leader(s);
    int64_t since = k.leader ? s->leader_since_us : s->no_leader_since_us;
    k.changing = !k.view_old && since > SINCE_BEFORE &&
                 now_us - since <= (k.leader ? t.loop_wait : t.ttl + t.loop_wait);
    k.index = way_index_new(&k);
    return k;
}

const struct way *ways_of(const struct snapshot *s, int64_t now_us, struct arena *a, int *n)
{
    const struct way_look k = look_at(s, now_us, a);
    const char *const **reads = arena_array(a, (size_t)s->nhaproxies, const char *const *);
    int *nreads = arena_array(a, (size_t)s->nhaproxies, int);
    size_t room = (size_t)s->nroutes + (size_t)s->nhaproxies;
    for (int i = 0; i < s->nhaproxies; i++) {
        reads[i] = way_read_proxies(&k, &s->haproxies[i], &nreads[i]);
        room += (size_t)nreads[i];
    }
    for (int i = 0; i < s->nbouncers; i++)
        room += 1 + (s->bouncers[i].databases ? (size_t)s->bouncers[i].databases->n : 0);
    struct way *v = arena_array(a, room, struct way), *w = v;
    for (int i = 0; i < s->nroutes; i++)
        walk_route(&k, &s->routes[i], w++);
    for (int i = 0; i < s->nbouncers; i++) {
        const struct bouncer *b = &s->bouncers[i];
        for (int d = 0; b->databases && d < b->databases->n; d++)
            walk_database(&k, b, &b->databases->v[d], w++);
        if (!b->databases)
            walk_silent(&k, b->name, &b->state, HOP_BOUNCER, w++);
    }
    for (int i = 0; i < s->nhaproxies; i++) {
        const struct haproxy *h = &s->haproxies[i];
        if (h->stats)
            walk_haproxy(&k, h, w++);
        else
            walk_silent(&k, h->name, &h->state, HOP_HAPROXY, w++);
        for (int p = 0; p < nreads[i]; p++)
            walk_read_proxy(&k, h, reads[i][p], w++);
    }
    *n = (int)(w - v);
    return v;
}
