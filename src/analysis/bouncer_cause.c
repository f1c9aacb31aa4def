/* Why clients of PgBouncer wait without a server connection. */
#include "bouncer_cause.h"

#include <inttypes.h>
#include <string.h>

#include "facts.h"
#include "pgdba/analysis/pgb_views.h"
#include "pgdba/analysis/routes.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

enum { STATE_SINCE = 11900 };
#define LOGIN_RETRY (15 * USEC_PER_SEC) /* PgBouncer's default */
#define MARGIN      (5 * USEC_PER_SEC)
#define LOGIN_LONG  (5 * USEC_PER_SEC)
#define FORGOTTEN   (60 * USEC_PER_SEC)

static int64_t sane(int64_t v)
{
    return v < 0 ? 0 : v > INT32_MAX ? INT32_MAX : v;
}

int64_t pgb_pool_servers(const struct pgb_pool *p)
{
    return sane(p->sv_active) + sane(p->sv_idle) + sane(p->sv_used) + sane(p->sv_tested) +
           sane(p->sv_login) + sane(p->sv_cancel);
}

bool pgb_pool_unserved(const struct pgb_pool *p)
{
    return pgb_pool_servers(p) == sane(p->sv_login);
}

int64_t pgb_login_retry(const struct bouncer *b)
{
    int64_t s = pgb_config_number(b, "server_login_retry");
    return s >= 0 && s < INT64_C(24) * 3600 ? s * USEC_PER_SEC : LOGIN_RETRY;
}

static enum tristate haproxy_up(const struct snapshot *s, const char **who)
{
    enum tristate up = TRI_UNKNOWN;
    for (int i = 0; i < s->nhaproxies; i++) {
        const struct haproxy *h = &s->haproxies[i];
        if (!h->stats || source_is_stale(&h->state, s->refresh_us, s->mono_us))
            continue;
        *who = h->name;
        for (int r = 0; r < h->stats->n; r++)
            if (routes_is_write_server(h, &h->stats->v[r])) {
                if (ha_row_takes(&h->stats->v[r]))
                    return TRI_YES;
                up = TRI_NO;
            }
    }
    return up;
}

enum tristate pgb_target_up(const struct snapshot *s, const struct pgb_database *d,
                            const char **who, struct arena *a)
{
    *who = NULL;
    const struct member *m = d ? routes_member_at(s, d->host, d->port) : NULL;
    if (m) {
        *who = m->name;
        if (m->pg.outcome != OBS_NEVER && !source_is_stale(&m->pg, s->refresh_us, s->mono_us))
            return TRI_YES;
        if (!facts_own(s, m, s->mono_us))
            return TRI_UNKNOWN;
        return pg_state_is_up(facts_state(s, m, s->mono_us)) ? TRI_YES : TRI_NO;
    }
    if (d && routes_is_haproxy(s, d->host, d->port)) {
        enum tristate up = haproxy_up(s, who);
        *who = *who ? arena_printf(a, "HAProxy %s", *who) : NULL;
        return up;
    }
    return TRI_UNKNOWN;
}

static const struct pgb_since *since_of(const struct bouncer *b, const struct pgb_database *d)
{
    static const struct pgb_since none;
    bool is = d && b->databases && b->nsince == b->databases->n;
    return is ? &b->since[d - b->databases->v] : &none;
}

bool pgb_login_stuck(const struct bouncer *b, const struct pgb_database *d, int64_t now_us)
{
    int64_t since = since_of(b, d)->no_login_us;
    return since && now_us - since > LOGIN_LONG;
}

/* The database that waits longest without a server; NULL none, or a pool has one. */
static const struct pgb_database *starved(const struct bouncer *b)
{
    const struct pgb_database *found = NULL;
    for (int i = 0; b->pools && i < b->pools->n; i++)
        if (pgb_pool_servers(&b->pools->v[i]) > 0)
            return NULL;
    for (int i = 0; b->databases && b->nsince == b->databases->n && i < b->nsince; i++)
        if (b->since[i].no_server_us && !b->databases->v[i].paused &&
            (!found || b->since[i].no_server_us < since_of(b, found)->no_server_us))
            found = &b->databases->v[i];
    return found;
}

bool pgb_looks_held(const struct snapshot *s, const struct bouncer *b, int64_t now_us)
{
    struct arena a;
    const char *who;
    if (b->globals.paused != TRI_UNKNOWN || b->version.num == 0 || b->version.num >= STATE_SINCE ||
        source_is_stale(&b->pools_state, s->refresh_us, now_us))
        return false;
    const struct pgb_database *d = starved(b);
    if (!d || now_us - since_of(b, d)->no_server_us <= pgb_login_retry(b) + MARGIN)
        return false;
    arena_init(&a);
    bool up = pgb_target_up(s, d, &who, &a) == TRI_YES;
    arena_release(&a);
    return up;
}

/* PgBouncer waits for server_connect_timeout, and nothing else says so. Named by its address: what
 * does not answer there need not be what is thought to be there. */
static const char *opening_cause(const struct bouncer *b, const struct pgb_database *d,
                                 int64_t now_us, struct arena *a)
{
    char t[FMT_MAX];
    int64_t since = since_of(b, d)->no_login_us;
    const char *at = !d         ? "its server"
                     : !d->host ? "its unix socket"
                                : arena_printf(a, "%s:%" PRId64, d->host, d->port);
    return since ? arena_printf(a, "a login at %s is under way, and none has come through for %s",
                                at, fmt_duration(t, now_us - since))
                 : arena_printf(a, "a login at %s is under way", at);
}

const char *pgb_no_server_cause(const struct snapshot *s, const struct bouncer *b,
                                const struct pgb_database *d, bool opening, int64_t now_us,
                                struct arena *a)
{
    const char *who;
    char t[FMT_MAX];
    int64_t since = since_of(b, d)->no_server_us, retry = pgb_login_retry(b);
    enum tristate up = pgb_target_up(s, d, &who, a);
    if (up == TRI_NO)
        return arena_printf(a, "backend unreachable, %s takes no connections", who);
    if (opening)
        return opening_cause(b, d, now_us, a);
    if (up == TRI_UNKNOWN || !since)
        return "backend unreachable, paused or login back-off";
    bool soon = now_us - since <= retry + MARGIN;
    if (soon && b->globals.paused == TRI_UNKNOWN && b->version.num < STATE_SINCE)
        return arena_printf(a,
                            "%s is up: paused as a whole or in login back-off: PgBouncer before "
                            "1.19 tells an admin alone which (%s)",
                            who, b->globals.not_asked ? "not asked: read-only" : "admin_conninfo");
    if (soon)
        return arena_printf(a,
                            "%s is up: login back-off, tried again every %s (server_login_retry)",
                            who, fmt_duration(t, retry));
    if (pgb_looks_held(s, b, now_us))
        return arena_printf(a,
                            "%s is up: paused as a whole (PgBouncer before 1.19 does not say), "
                            "or every login is refused: see its log",
                            who);
    return arena_printf(a, "%s is up: server logins fail, PgBouncer's log says why", who);
}

bool pgb_forgotten(int64_t since_us, int64_t now_us)
{
    return since_us == SINCE_BEFORE || (since_us && now_us - since_us > FORGOTTEN);
}
