/* What HAProxy and PgBouncer believe of a member: the truth row's last two cells. */
#include "truth_routes.h"

#include "pgdba/analysis/routes.h"

static bool stale(const struct truth_look *k, const struct source_state *st)
{
    return source_is_stale(st, k->s->refresh_us, k->now_us);
}

/* The word that counts more of two, when several proxies speak of one member. */
static bool more(enum truth_word a, enum truth_word b)
{
    static const int rank[] = {
        [TW_NOT_ASKED] = 0, [TW_UNKNOWN] = 1,  [TW_DOWN] = 2,   [TW_FOLLOWER] = 3,
        [TW_READ_ONLY] = 4, [TW_CHANGING] = 5, [TW_LEADER] = 6,
    };
    return rank[a] > rank[b];
}

/* Adds what one more proxy says: the strongest word, the oldest answer, all the texts. */
static void join(const struct truth_look *k, struct truth_cell *c, const struct truth_cell *one,
                 const char *name)
{
    if (!c->text) {
        *c = *one;
        c->text = name ? arena_printf(k->a, "%s %s", name, one->text) : one->text;
        return;
    }
    c->text = arena_printf(k->a, "%s, %s %s", c->text, name, one->text);
    if (more(one->word, c->word))
        c->word = one->word;
    if (one->at_us < c->at_us)
        c->at_us = one->at_us;
    c->stale = c->stale || one->stale;
}

/* ---- HAProxy */

static enum truth_word row_word(const struct ha_row *r)
{
    switch (r->status) {
    case HA_UP:
    case HA_NO_CHECK:
        return TW_LEADER;
    case HA_GOING_DOWN:
    case HA_GOING_UP:
        return TW_CHANGING;
    case HA_DOWN:
        return ha_row_is_standby(r) ? TW_FOLLOWER : TW_DOWN;
    case HA_DRAIN:
    case HA_MAINT:
        return TW_DOWN;
    default:
        return TW_UNKNOWN;
    }
}

static struct truth_cell haproxy_says(const struct truth_look *k, const struct haproxy *h,
                                      const struct member *m)
{
    struct truth_cell c = {.word = TW_UNKNOWN, .at_us = h->state.answered_us};
    const char *proxy = h->stats ? routes_write_backend(h) : NULL;
    const struct ha_row *r = proxy ? routes_server_of(k->s, h, m) : NULL;
    c.stale = h->stats && stale(k, &h->state);
    if (!h->stats)
        c.text =
            h->state.outcome == OBS_NEVER ? "not asked yet" : obs_outcome_name(h->state.outcome);
    else if (!proxy)
        c.text = "write backend not known";
    else if (!r)
        c.text = arena_printf(k->a, "not in %s", proxy);
    else {
        c.word = row_word(r);
        const char *why = c.word == TW_FOLLOWER ? " 503"
                          : c.word == TW_DOWN && *r->check_status && r->status == HA_DOWN
                              ? arena_printf(k->a, " %s", r->check_status)
                              : "";
        c.text = arena_printf(k->a, "%s %s%s", proxy, r->status_text, why);
    }
    if (c.stale && h->state.outcome != OBS_ANSWERED)
        c.text = arena_printf(k->a, "%s (%s)", c.text, obs_outcome_name(h->state.outcome));
    return c;
}

struct truth_cell truth_haproxy_cell(const struct truth_look *k, const struct member *m)
{
    struct truth_cell c = {.word = TW_NOT_ASKED};
    for (int i = 0; i < k->s->nhaproxies; i++) {
        const struct haproxy *h = &k->s->haproxies[i];
        struct truth_cell one = haproxy_says(k, h, m);
        join(k, &c, &one, k->s->nhaproxies > 1 ? h->name : NULL);
    }
    if (!c.text)
        c.text = "";
    return c;
}

/* ---- PgBouncer */

/* What there is where no server connection points at m. */
static void points_elsewhere(const struct truth_look *k, const struct bouncer *b,
                             const struct member *m, const struct bouncer_target *t, int n,
                             struct truth_cell *c)
{
    bool members = false;
    for (int i = 0; i < n; i++)
        members = members || t[i].member;
    if (routes_bouncer_points_at(k->s, b, m)) {
        c->word = TW_LEADER;
        c->text = "points here, no server";
    } else if (members) {
        c->word = TW_FOLLOWER;
        c->text = "no server";
    } else if (n > 0) { /* to a proxy, or to an address that cannot be told from a name */
        c->word = TW_UNKNOWN;
        c->text = !t->addr ? "through a unix socket"
                  : routes_is_haproxy(k->s, t->addr, t->port)
                      ? "through HAProxy"
                      : arena_printf(k->a, "through %s:%lld", t->addr, (long long)t->port);
    } else {
        c->word = TW_UNKNOWN;
        c->text = "no server anywhere";
    }
}

static struct truth_cell bouncer_says(const struct truth_look *k, const struct bouncer *b,
                                      const struct member *m)
{
    struct truth_cell c = {.word = TW_UNKNOWN, .at_us = b->servers_state.answered_us};
    int n;
    if (!b->servers) {
        c.text = b->servers_state.outcome == OBS_NEVER ? "not asked yet"
                                                       : obs_outcome_name(b->servers_state.outcome);
        return c;
    }
    c.stale = stale(k, &b->servers_state);
    const struct bouncer_target *t = routes_bouncer_targets(k->s, b, k->a, &n);
    for (int i = 0; i < n && !c.text; i++)
        if (t[i].member == m) {
            c.word = TW_LEADER;
            c.text = arena_printf(k->a, "%d server%s", t[i].servers, t[i].servers == 1 ? "" : "s");
        }
    if (!c.text)
        points_elsewhere(k, b, m, t, n, &c);
    if (c.stale && b->servers_state.outcome != OBS_ANSWERED)
        c.text = arena_printf(k->a, "%s (%s)", c.text, obs_outcome_name(b->servers_state.outcome));
    return c;
}

struct truth_cell truth_pgbouncer_cell(const struct truth_look *k, const struct member *m)
{
    struct truth_cell c = {.word = TW_NOT_ASKED};
    for (int i = 0; i < k->s->nbouncers; i++) {
        const struct bouncer *b = &k->s->bouncers[i];
        struct truth_cell one = bouncer_says(k, b, m);
        join(k, &c, &one, k->s->nbouncers > 1 ? b->name : NULL);
    }
    if (!c.text)
        c.text = "";
    return c;
}
