/* hold_seen.c: where a picture says that the clients' sessions end, and who of them waits. */
#include "hold.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "pgdba/analysis/routes.h"

static bool is_held(const struct plan *p, const char *database)
{
    for (int i = 0; i < p->request.ndatabases; i++)
        if (strcmp(p->request.databases[i], database) == 0)
            return true;
    return false;
}

static bool is_asked(const struct plan *p, const struct bouncer *b)
{
    for (int i = 0; i < p->request.nbouncers; i++)
        if (strcmp(p->request.bouncers[i], b->name) == 0)
            return true;
    return false;
}

static bool heard(const struct source_state *st, int64_t since_us)
{
    return st->outcome == OBS_ANSWERED && st->answered_us > since_us;
}

/* ---- the way */

/* It sends writes to m alone: of two that are up every second session would end at the other. */
static const char *closed_in(const struct snapshot *s, const struct haproxy *h,
                             const struct member *m, int64_t since_us, struct arena *a)
{
    const struct ha_row *mine = routes_server_of(s, h, m);

    if (!mine) /* it carries no writes */
        return NULL;
    if (!heard(&h->state, since_us))
        return arena_printf(a, "%s has not been heard since", h->name);
    if (!ha_row_takes(mine))
        return arena_printf(a, "%s does not send to it yet (%s)", h->name, mine->status_text);
    for (int k = 0; k < h->stats->n; k++) {
        const struct ha_row *row = &h->stats->v[k];

        if (routes_is_write_server(h, row) && row != mine && ha_row_takes(row))
            return arena_printf(a, "%s still sends to %s as well", h->name, row->name);
    }
    return NULL;
}

/* Not an address, and not a directory of sockets: what it stands for is PgBouncer's to say. */
static bool is_name(const char *host)
{
    struct in6_addr a;

    return host[0] != '/' && inet_pton(AF_INET, host, &a) != 1 &&
           inet_pton(AF_INET6, host, &a) != 1;
}

/* "10.0.0.1:0" and "[fd00::1]:0" in its list: the port is not of the name. */
static char *address_of(const char *at, size_t n)
{
    bool bracket = n && *at == '[';
    const char *from = at + bracket, *end = memchr(at, bracket ? ']' : ':', n);

    if (end && !bracket && memchr(end + 1, ':', n - (size_t)(end + 1 - at)))
        end = NULL; /* more than one: it is IPv6, and bare */
    return xstrndup(from, end ? (size_t)(end - from) : n - bracket);
}

/* The member that a name of the bouncer's has been looked up as; NULL: none of them, or m too. */
static const struct member *looked_up(const struct snapshot *s, const struct bouncer *b,
                                      const struct pgb_database *d, const struct member *m)
{
    const struct member *other = NULL;

    for (int i = 0; b->dns_hosts && i < b->dns_hosts->n; i++) {
        const struct pgb_dns_host *name = &b->dns_hosts->v[i];
        const char *at = name->addrs;

        if (strcmp(name->name, d->host) != 0)
            continue;
        while (at && *at) {
            size_t n = strcspn(at += strspn(at, " "), ",");
            char *addr = address_of(at, n);
            const struct member *is = routes_member_at(s, addr, d->port);

            free(addr);
            if (is == m)
                return NULL;
            other = is ? is : other;
            at += n + (at[n] == ',');
        }
    }
    return other;
}

/* A database that names a member's own address, or a name that is another member's still. */
static const char *points_elsewhere(const struct plan *p, const struct snapshot *s,
                                    const struct bouncer *b, const struct member *m,
                                    int64_t since_us, struct arena *a)
{
    for (int k = 0; b->databases && k < b->databases->n; k++) {
        const struct pgb_database *d = &b->databases->v[k];
        const struct member *to;

        if (!d->host || !is_held(p, d->name))
            continue;
        to = routes_member_at(s, d->host, d->port);
        if (to && to != m)
            return arena_printf(a, "%s of %s points at %s", d->name, b->name, to->name);
        if (!to && is_name(d->host) && !heard(&b->dns_hosts_state, since_us))
            return arena_printf(a, "%s has not said what %s is", b->name, d->host);
        to = to ? NULL : looked_up(s, b, d, m);
        if (to)
            return arena_printf(a, "%s of %s is %s, which is %s there", d->name, b->name, d->host,
                                to->name);
    }
    return NULL;
}

const char *hold_way_closed(const struct plan *p, const struct snapshot *s, const struct member *m,
                            int64_t since_us, struct arena *a)
{
    const char *why = NULL;

    for (int i = 0; !why && i < s->nbouncers; i++)
        if (is_asked(p, &s->bouncers[i]))
            why = points_elsewhere(p, s, &s->bouncers[i], m, since_us, a);
    for (int i = 0; !why && i < s->nhaproxies; i++)
        why = closed_in(s, &s->haproxies[i], m, since_us, a);
    return why;
}

/* ---- the clients */

/* One that waits while servers work is in a queue, as ever; one for a second is not. */
static const char *waits(const struct plan *p, const struct bouncer *b, int64_t since_us,
                         struct arena *a)
{
    if (!heard(&b->pools_state, since_us))
        return arena_printf(a, "%s has not been heard since", b->name);
    for (int k = 0; b->pools && k < b->pools->n; k++) {
        const struct pgb_pool *pool = &b->pools->v[k];

        if (is_held(p, pool->database) && pool->cl_waiting > 0 &&
            (pool->sv_active <= 0 || pool->maxwait_us > USEC_PER_SEC))
            return arena_printf(a, "%lld clients of %s wait in %s", (long long)pool->cl_waiting,
                                pool->database, b->name);
    }
    return NULL;
}

/* Its connections, where they go to members themselves. */
static const char *served_elsewhere(const struct plan *p, const struct snapshot *s,
                                    const struct bouncer *b, const struct member *m,
                                    int64_t since_us, struct arena *a)
{
    if (!heard(&b->servers_state, since_us))
        return arena_printf(a, "%s has not been heard since", b->name);
    for (int k = 0; b->servers && k < b->servers->n; k++) {
        const struct pgb_server *v = &b->servers->v[k];
        const struct member *to =
            is_held(p, v->database) ? routes_member_at(s, v->addr, v->port) : NULL;

        if (to && to != m)
            return arena_printf(a, "%s of %s has a connection to %s", v->database, b->name,
                                to->name);
    }
    return NULL;
}

/* HAProxy's sessions, where it stands between. */
static const char *session_elsewhere(const struct snapshot *s, const struct haproxy *h,
                                     const struct member *m, int64_t since_us, struct arena *a)
{
    const struct ha_row *mine = routes_server_of(s, h, m);

    if (!mine)
        return NULL;
    if (!heard(&h->state, since_us))
        return arena_printf(a, "%s has not been heard since", h->name);
    for (int k = 0; k < h->stats->n; k++) {
        const struct ha_row *row = &h->stats->v[k];

        if (routes_is_write_server(h, row) && row != mine && row->sessions > 0)
            return arena_printf(a, "%lld sessions of %s end at %s still", (long long)row->sessions,
                                h->name, row->name);
    }
    return NULL;
}

const char *hold_unserved(const struct plan *p, const struct snapshot *s, const struct member *m,
                          int64_t since_us, struct arena *a)
{
    const char *why = NULL;

    for (int i = 0; !why && i < s->nbouncers; i++) {
        if (!is_asked(p, &s->bouncers[i]))
            continue;
        why = waits(p, &s->bouncers[i], since_us, a);
        if (!why)
            why = served_elsewhere(p, s, &s->bouncers[i], m, since_us, a);
    }
    for (int i = 0; !why && i < s->nhaproxies; i++)
        why = session_elsewhere(s, &s->haproxies[i], m, since_us, a);
    return why;
}
