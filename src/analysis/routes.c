/* Which member a route leads to. */
#include "pgdba/analysis/routes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "place.h"

/* ---- HAProxy's write backend */

/* Is `word` in name, from one edge of a word to the other when `whole`? */
static bool has_word(const char *name, const char *word, bool whole)
{
    size_t n = strlen(word);
    for (const char *p = strcasestr(name, word); p; p = strcasestr(p + 1, word))
        if (!whole ||
            ((p == name || !isalnum((unsigned char)p[-1])) && !isalnum((unsigned char)p[n])))
            return true;
    return false;
}

static bool named_for_writes(const char *proxy)
{
    static const char *const yes[] = {"write", "primary", "master", "leader"};
    static const char *const no[] = {"replica", "standby", "secondary", "slave"};
    bool found = has_word(proxy, "rw", true);
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        found = found || has_word(proxy, yes[i], false);
    for (size_t i = 0; found && i < sizeof no / sizeof *no; i++)
        if (has_word(proxy, no[i], false))
            return false;
    return found;
}

static const char *guess_backend(const struct haproxy *h)
{
    const char *guess = NULL, *passed_over = "";
    for (int i = 0; h->stats && i < h->stats->n; i++) {
        const struct ha_row *r = &h->stats->v[i];
        if (r->type != HA_SERVER || strcmp(r->proxy, passed_over) == 0)
            continue; /* rows of a proxy stand together */
        passed_over = r->proxy;
        if (!named_for_writes(r->proxy))
            continue;
        if (guess && strcmp(guess, r->proxy) != 0)
            return NULL; /* two say so: only the configuration can tell */
        guess = r->proxy;
    }
    return guess;
}

const char *routes_write_backend(const struct haproxy *h)
{
    if (h->write_backend)
        return h->write_backend;
    if (h->writes)
        return *h->writes ? h->writes : NULL;
    return guess_backend(h);
}

/* ---- addresses and members */

/* Before it is taken apart: every database of every bouncer asks this of every member. */
static bool may_have_port(const char *endpoint, int64_t port)
{
    for (const char *p = endpoint ? strchr(endpoint, ':') : NULL; p; p = strchr(p + 1, ':'))
        if (strtoll(p + 1, NULL, 10) == port)
            return true;
    return false;
}

/* Where this program really asks that PostgreSQL. A tunnel's end on this host says nothing to
 * others. */
static bool asked_at(const struct member *m, const char *addr, int64_t port)
{
    struct arena a;
    const char *host;
    int64_t p;
    if (!may_have_port(m->pg.endpoint, port))
        return false;
    arena_init(&a);
    bool same = m->pg.endpoint && place_split(m->pg.endpoint, &a, &host, &p) && p == port &&
                !place_is_loopback(host) && place_same(host, addr);
    arena_release(&a);
    return same;
}

static bool listed_at(const struct member *m, const char *addr, int64_t port)
{
    return m->dcs && m->dcs->port == port && place_same(m->dcs->host, addr);
}

typedef bool at_fn(const struct member *m, const char *addr, int64_t port);

/* The only one; two at one address are a configuration that nobody can read. */
static const struct member *only_member(const struct snapshot *s, at_fn *at, const char *addr,
                                        int64_t port)
{
    const struct member *found = NULL;
    for (int i = 0; i < s->nmembers; i++) {
        if (!at(&s->members[i], addr, port))
            continue;
        if (found)
            return NULL;
        found = &s->members[i];
    }
    return found;
}

const struct member *routes_member_at(const struct snapshot *s, const char *addr, int64_t port)
{
    if (!addr || !*addr || port <= 0)
        return NULL;
    const struct member *m = only_member(s, listed_at, addr, port);
    return m ? m : only_member(s, asked_at, addr, port);
}

bool routes_may_be_member(const struct snapshot *s, const char *addr, int64_t port)
{
    for (int i = 0; i < s->nmembers; i++) {
        const struct cluster_member *row = s->members[i].dcs;
        if (addr && row && row->host && row->port == port && !place_is_numeric(row->host) &&
            !place_is_loopback(row->host))
            return true;
    }
    return false;
}

const struct member *routes_member_of(const struct snapshot *s, const struct ha_row *r)
{
    struct arena a;
    const char *host;
    int64_t port;
    const struct member *m = NULL;
    arena_init(&a);
    if (r->addr && *r->addr && place_split(r->addr, &a, &host, &port))
        m = routes_member_at(s, host, port);
    arena_release(&a);
    return m ? m : snapshot_member(s, r->name);
}

bool routes_is_write_server(const struct haproxy *h, const struct ha_row *r)
{
    const char *proxy = routes_write_backend(h);
    return proxy && r->type == HA_SERVER && strcmp(r->proxy, proxy) == 0;
}

const struct ha_row *routes_server_of(const struct snapshot *s, const struct haproxy *h,
                                      const struct member *m)
{
    const struct ha_row *found = NULL;
    for (int i = 0; h->stats && i < h->stats->n; i++) {
        const struct ha_row *r = &h->stats->v[i];
        if (routes_is_write_server(h, r) && routes_member_of_server(s, h, r) == m &&
            (!found || (ha_row_takes(r) && !ha_row_takes(found))))
            found = r;
    }
    return found;
}

bool routes_is_haproxy(const struct snapshot *s, const char *addr, int64_t port)
{
    struct arena a;
    const char *host;
    int64_t p;
    bool is = false;
    arena_init(&a);
    for (int i = 0; addr && port > 0 && !is && i < s->nhaproxies; i++)
        is = place_split(s->haproxies[i].endpoint, &a, &host, &p) && place_same(host, addr);
    arena_release(&a);
    return is && !routes_member_at(s, addr, port);
}

/* ---- PgBouncer */

/* By its address; else by the name that PgBouncer looked up for it, where a member is listed under
 * that very name. */
static const struct member *server_member(const struct snapshot *s, const struct bouncer *b,
                                          const struct pgb_server *v, int *at)
{
    const struct member *m = routes_member_at(s, v->addr, v->port);
    const struct pgb_database *d =
        m || !v->addr ? NULL : pgb_database_named(b->databases, v->database, at);
    return d && d->port == v->port ? routes_member_at(s, d->host, d->port) : m;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static void count_server(struct bouncer_target *v, int *n, const struct bouncer_target *t)
{
    for (int i = 0; i < *n; i++)
        if (t->member ? v[i].member == t->member
                      : !v[i].member && v[i].port == t->port && same_text(v[i].addr, t->addr)) {
            v[i].servers++;
            return;
        }
    v[(*n)++] = *t;
}

static void most_first(struct bouncer_target *v, int n)
{
    for (int i = 1; i < n; i++)
        for (int k = i; k > 0 && v[k].servers > v[k - 1].servers; k--) {
            struct bouncer_target t = v[k];
            v[k] = v[k - 1];
            v[k - 1] = t;
        }
}

const struct bouncer_target *routes_bouncer_targets(const struct snapshot *s,
                                                    const struct bouncer *b, struct arena *a,
                                                    int *n)
{
    int rows = b->servers ? b->servers->n : 0, at = 0;
    struct bouncer_target *v = arena_array(a, (size_t)rows, struct bouncer_target);
    *n = 0;
    for (int i = 0; i < rows; i++) {
        const struct pgb_server *r = &b->servers->v[i];
        if (r->close_needed)
            continue;
        count_server(v, n,
                     &(struct bouncer_target){.member = server_member(s, b, r, &at),
                                              .addr = r->addr,
                                              .port = r->port,
                                              .servers = 1});
    }
    most_first(v, *n);
    return v;
}

bool routes_bouncer_points_at(const struct snapshot *s, const struct bouncer *b,
                              const struct member *m)
{
    for (int i = 0, at = 0; b->servers && i < b->servers->n; i++)
        if (!b->servers->v[i].close_needed && server_member(s, b, &b->servers->v[i], &at) == m)
            return true;
    for (int i = 0; b->databases && i < b->databases->n; i++)
        if (routes_member_at(s, b->databases->v[i].host, b->databases->v[i].port) == m)
            return true;
    return false;
}
