/* Rules about HAProxy itself: its checks, what is held by hand, limits, and whether several agree.
 * Where it sends writes is in health_routes.c. */
#include "judge.h"

#include <string.h>

#include "pgdba/analysis/balancer.h"
#include "pgdba/analysis/routes.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

/* Sessions of a server that went down are closed with the state's change, or soon after it. */
enum { STALE_S = 5 };
/* Two HAProxies notice a change one after the other: inter x fall, as in health_routes.c. */
enum { DIFFER_S = 12 };
enum { NEAR_PERCENT = 90 };
enum { MOST_TOLD = 20 };

#define EACH_HAPROXY(j, h)                                                                        \
    for (const struct haproxy *h = (j)->s->haproxies; h < (j)->s->haproxies + (j)->s->nhaproxies; \
         h++)                                                                                     \
        if (answers(j, h))
#define EACH_ROW(h, r) \
    for (const struct ha_row *r = (h)->stats->v; r < (h)->stats->v + (h)->stats->n; r++)

static bool answers(const struct judge *j, const struct haproxy *h)
{
    return h->stats && !source_is_stale(&h->state, j->s->refresh_us, j->now_us);
}

static const struct member *member_of(const struct judge *j, const struct haproxy *h,
                                      const struct ha_row *r)
{
    return routes_member_of_server(j->s, h, r);
}

static bool is_leaders_write(const struct judge *j, const struct haproxy *h, const struct ha_row *r)
{
    return j->leader && routes_is_write_server(h, r) && member_of(j, h, r) == j->leader;
}

static bool held(const struct ha_row *r)
{
    return ha_row_in_maint(r) || ha_row_in_drain(r);
}

static const char *span_s(const struct judge *j, int64_t s)
{
    char d[FMT_MAX];
    return s < 0 ? "" : arena_printf(j->a, " for %s", facts_span(d, s * USEC_PER_SEC));
}

/* ---- the socket */

void judge_haproxy_socket(struct judge *j)
{
    EACH_HAPROXY(j, h)
    if (h->socket && h->state.outcome == OBS_ANSWERED && *h->state.detail)
        judge_say(j, h->name, "its runtime socket is not used, the statistics page is asked: %s",
                  h->state.detail);
}

/* ---- checks. "Not the role" (L7STS 503) is the picture of a healthy cluster. */

static bool check_fails(const struct ha_row *r)
{
    static const char *const nothing[] = {"", "UNK", "INI", "L4OK", "L6OK", "L7OK", "L7OKC"};
    if (r->status != HA_DOWN && r->status != HA_GOING_DOWN)
        return false;
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        if (strcmp(r->check_status, nothing[i]) == 0)
            return false;
    return !ha_row_says_not_the_role(r);
}

static const char *check_words(const struct judge *j, const struct ha_row *r)
{
    const char *code = r->check_code ? arena_printf(j->a, " %d", r->check_code) : "";
    return arena_printf(j->a, "%s%s%s%s", r->check_status, code, *r->last_check ? ", " : "",
                        r->last_check);
}

/* One server fails in each of its backends alike: it is told once, for the first. */
static bool told_before(const struct haproxy *h, const struct ha_row *r,
                        bool (*is)(const struct ha_row *r))
{
    for (const struct ha_row *k = h->stats->v; k < r; k++)
        if (k->type == HA_SERVER && strcmp(k->name, r->name) == 0 && is(k))
            return true;
    return false;
}

static const char *proxies(const struct judge *j, const struct haproxy *h, const struct ha_row *r,
                           bool (*is)(const struct ha_row *r))
{
    const char *out = r->proxy;
    for (const struct ha_row *k = r + 1; k < h->stats->v + h->stats->n; k++)
        if (k->type == HA_SERVER && strcmp(k->name, r->name) == 0 && is(k))
            out = arena_printf(j->a, "%s, %s", out, k->proxy);
    return out;
}

static void say_check(struct judge *j, const struct haproxy *h, const struct ha_row *r)
{
    judge_say(j, h->name, "the check of %s fails (%s): %s, %s%s", r->name,
              proxies(j, h, r, check_fails), r->status_text, check_words(j, r),
              r->status == HA_DOWN ? span_s(j, r->changed_s) : "");
}

/* An HAProxy for a whole company has thousands of servers: the first few, and how many more. */
void judge_haproxy_check(struct judge *j)
{
    EACH_HAPROXY(j, h)
    {
        int told = 0, more = 0;
        EACH_ROW(h, r)
        {
            if (r->type != HA_SERVER || !check_fails(r) || is_leaders_write(j, h, r))
                continue;
            if (told == MOST_TOLD) {
                more++;
            } else if (!told_before(h, r, check_fails)) {
                say_check(j, h, r);
                told++;
            }
        }
        if (more)
            judge_say(j, h->name, "%d more checks of servers fail", more);
    }
}

void judge_haproxy_leader_turning(struct judge *j)
{
    EACH_HAPROXY(j, h)
    EACH_ROW(h, r)
    if (r->type == HA_SERVER && r->status == HA_GOING_DOWN && is_leaders_write(j, h, r))
        judge_say(j, h->name,
                  "the check of the leader %s begins to fail (%s: %s): %s; writes end here when it "
                  "is down",
                  j->leader->name, r->proxy, r->status_text, check_words(j, r));
}

/* ---- sessions that stayed where nothing can be written any more */

void judge_haproxy_stale_sessions(struct judge *j)
{
    if (!j->leader || j->view_old)
        return;
    EACH_HAPROXY(j, h)
    EACH_ROW(h, r)
    {
        const struct member *m;
        if (r->type != HA_SERVER || r->sessions <= 0 || ha_row_takes(r) ||
            !routes_is_write_server(h, r) || (r->changed_s >= 0 && r->changed_s <= STALE_S))
            continue;
        m = member_of(j, h, r);
        if (m == j->leader)
            continue;
        judge_say(
            j, h->name,
            "%lld session%s of %s stay%s on %s, which takes none any more (%s%s) and does "
            "not lead: writes fail there; haproxy shutdown-sessions %s --backend %s ends them",
            (long long)r->sessions, r->sessions == 1 ? "" : "s", r->proxy,
            r->sessions == 1 ? "s" : "", m ? m->name : r->name, r->status_text,
            span_s(j, r->changed_s), r->name, r->proxy);
    }
}

/* ---- backends for reading */

static bool serves_members(const struct judge *j, const struct haproxy *h, const char *proxy)
{
    EACH_ROW(h, r)
    if (r->type == HA_SERVER && strcmp(r->proxy, proxy) == 0 && member_of(j, h, r))
        return true;
    return false;
}

void judge_haproxy_backend_down(struct judge *j)
{
    int64_t gap_s = judge_route_gap(j) / USEC_PER_SEC;
    EACH_HAPROXY(j, h)
    {
        const char *writes = routes_write_backend(h);
        EACH_ROW(h, r)
        if (r->type == HA_BACKEND && r->status == HA_DOWN && r->changed_s > gap_s &&
            !(writes && strcmp(writes, r->proxy) == 0) && serves_members(j, h, r->proxy))
            judge_say(j, h->name, "no server of %s takes connections%s: they fail there", r->proxy,
                      span_s(j, r->changed_s));
    }
}

/* ---- held by hand */

const char *judge_held_for(const struct judge *j, const struct haproxy *h, const struct ha_row *r)
{
    char d[FMT_MAX];
    int64_t since = h->held_us ? h->held_us[r - h->stats->v] : 0;
    if (since == SINCE_BEFORE)
        return ", since before we looked";
    return since ? arena_printf(j->a, " for %s", facts_span(d, j->now_us - since)) : "";
}

void judge_haproxy_held(struct judge *j)
{
    EACH_HAPROXY(j, h)
    EACH_ROW(h, r)
    {
        const struct member *m = r->type == HA_SERVER ? member_of(j, h, r) : NULL;
        bool by_hand;
        if (!m || !held(r) || is_leaders_write(j, h, r) || told_before(h, r, held))
            continue;
        const char *by = ha_row_held_by(r, &by_hand);
        judge_say(j, h->name,
                  "%s is in %s %s (%s)%s: it gets no connections there, also when it leads%s",
                  m->name, ha_row_in_maint(r) ? "MAINT" : "DRAIN", by, proxies(j, h, r, held),
                  judge_held_for(j, h, r),
                  by_hand ? arena_printf(j->a, "; haproxy ready %s takes it back", r->name) : "");
    }
}

/* ---- limits */

static bool is_near(int64_t n, int64_t limit)
{
    return limit > 0 && n * 100 >= limit * NEAR_PERCENT && n < limit;
}

static bool is_full(int64_t n, int64_t limit)
{
    return limit > 0 && n >= limit;
}

typedef bool near_fn(int64_t n, int64_t limit);

/* The limit of a BACKEND row is fullconn, which bounds nothing. */
static void limits(struct judge *j, near_fn *is, const char *then)
{
    EACH_HAPROXY(j, h)
    {
        if (h->info && !source_is_stale(&h->info_state, 15 * USEC_PER_SEC, j->now_us) &&
            is(h->info->connections, h->info->max_conn))
            judge_say(j, h->name, "%lld of %lld connections (maxconn) are taken: %s",
                      (long long)h->info->connections, (long long)h->info->max_conn, then);
        EACH_ROW(h, r)
        if (r->type != HA_BACKEND && is(r->sessions, r->session_limit))
            judge_say(j, h->name, "%lld of %lld sessions of %s/%s are taken: %s",
                      (long long)r->sessions, (long long)r->session_limit, r->proxy, r->name, then);
    }
}

void judge_haproxy_full(struct judge *j)
{
    limits(j, is_full, "new ones wait");
}

void judge_haproxy_near_full(struct judge *j)
{
    limits(j, is_near, "new ones will wait soon");
}

/* A server's own queue has a limit, and is part of the backend's. */
void judge_haproxy_queue(struct judge *j)
{
    EACH_HAPROXY(j, h)
    EACH_ROW(h, r)
    {
        if (r->type == HA_BACKEND && r->queue > 0)
            judge_say(j, h->name, "%lld wait for a server in %s (%lld at most since its start)",
                      (long long)r->queue, r->proxy, (long long)r->queue_max);
        if (r->type == HA_SERVER && r->queue_limit > 0 &&
            r->queue * 100 >= r->queue_limit * NEAR_PERCENT)
            judge_say(j, h->name, "the queue of %s/%s is near its limit: %lld of %lld", r->proxy,
                      r->name, (long long)r->queue, (long long)r->queue_limit);
    }
}

/* ---- several HAProxies */

static bool settled(const struct ha_row *r)
{
    return r && !held(r) && (r->changed_s < 0 || r->changed_s > DIFFER_S) &&
           (r->status == HA_UP || r->status == HA_DOWN || r->status == HA_NO_CHECK);
}

static void compare(struct judge *j, const struct member *m, const struct haproxy *a,
                    const struct haproxy *b)
{
    const struct ha_row *x = routes_server_of(j->s, a, m), *y = routes_server_of(j->s, b, m);
    if (!settled(x) || !settled(y) || ha_row_takes(x) == ha_row_takes(y))
        return;
    bool first = ha_row_takes(x);
    judge_say(j, m->name, "HAProxys differ: %s sends writes here, %s does not (%s, %s)",
              first ? a->name : b->name, first ? b->name : a->name,
              first ? y->status_text : x->status_text, check_words(j, first ? y : x));
}

/* Two with a proxy of one name serve the same there. */
static void compare_reads(struct judge *j, const struct haproxy *a, const struct ha_row *x,
                          const struct haproxy *b)
{
    const struct member *m = member_of(j, a, x);
    if (!m)
        return;
    EACH_ROW(b, y)
    {
        if (y->type != HA_SERVER || strcmp(x->proxy, y->proxy) != 0 || member_of(j, b, y) != m)
            continue;
        bool first = ha_row_takes(x);
        if (settled(y) && ha_row_takes(y) != first)
            judge_say(j, m->name,
                      "HAProxys differ: %s sends connections of %s here, %s does not "
                      "(%s, %s)",
                      first ? a->name : b->name, x->proxy, first ? b->name : a->name,
                      first ? y->status_text : x->status_text, check_words(j, first ? y : x));
        return;
    }
}

static bool is_of(const struct ha_row *r, const char *proxy)
{
    return proxy && strcmp(r->proxy, proxy) == 0;
}

static void compare_all_reads(struct judge *j, const struct haproxy *a, const struct haproxy *b)
{
    const char *writes = routes_write_backend(a), *others = routes_write_backend(b);
    EACH_ROW(a, x)
    if (x->type == HA_SERVER && settled(x) && !is_of(x, writes) && !is_of(x, others))
        compare_reads(j, a, x, b);
}

/* Each against the first that answers. */
void judge_haproxy_differ(struct judge *j)
{
    const struct haproxy *first = NULL;
    EACH_HAPROXY(j, h)
    {
        for (int i = 0; first && i < j->s->nmembers; i++)
            compare(j, &j->s->members[i], first, h);
        if (first)
            compare_all_reads(j, first, h);
        else
            first = h;
    }
}
