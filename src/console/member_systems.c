/* member_systems.c: a member's card, what the systems around Patroni say of it: PostgreSQL itself,
 * its key in etcd, HAProxy, PgBouncer. */
#include <inttypes.h>
#include <string.h>

#include "lease_view.h"
#include "member_card.h"
#include "pgdba/analysis/routes.h"
#include "pgdba/base/fmt.h"

static void postgres_group(const struct picture *p, const struct member *m, struct doc *d)
{
    const struct pg_self *g = m->pg_self;
    char b[32];
    if (m->pg.outcome == OBS_NEVER)
        return;
    card_source(d, "PostgreSQL itself", &m->pg, p->s->refresh_us, p->now_us);
    if (!g)
        return;
    card_fact(d, "recovery", g->in_recovery ? "in recovery: a standby" : "out of it: a primary");
    if (!g->in_recovery || g->read_only)
        card_fact(d, "new transactions",
                  g->read_only ? "read-only (default_transaction_read_only)" : "may write");
    if (g->timeline > 0)
        card_factf(d, "timeline", "%" PRId64, g->timeline);
    if (g->lsn != LSN_UNKNOWN)
        card_fact(d, g->in_recovery ? "replayed" : "written", lsn_format(b, g->lsn));
    if (g->in_recovery && g->received != LSN_UNKNOWN)
        card_fact(d, "received", lsn_format(b, g->received));
    if (g->receiver)
        card_factf(d, "WAL receiver", "%s%s%s", *g->receiver ? g->receiver : "none runs",
                   g->upstream ? " from " : "", g->upstream ? g->upstream : "");
    if (g->started_at)
        card_fact(d, "up since", g->started_at);
}

static void etcd_group(const struct picture *p, const struct member *m, struct doc *d)
{
    const struct dcs_member *k = p->s->dcs ? dcs_member_find(p->s->dcs, m->name) : NULL;
    char b[32];
    if (!p->s->etcd_configured || !p->s->dcs)
        return;
    card_source(d, "Its key in etcd", &p->s->dcs_state, p->s->refresh_us, p->now_us);
    if (!k) {
        card_fact(d, "key", "there is none: its lease ran out, or it was stopped");
        return;
    }
    struct lease_view v = lease_view_of(p, k->lease, d->arena);
    card_factf(d, "role, state", "%s, %s", k->row.role_text ? k->row.role_text : "?",
               k->row.state_text ? k->row.state_text : "?");
    if (v.known && v.left_s >= 0)
        card_factf(d, "lease", "%" PRId64 " of %" PRId64 " s left", v.exact_s, v.granted_s);
    else
        card_fact(d, "lease", v.known ? v.text : "time left not known");
    if (k->location != LSN_UNKNOWN)
        card_fact(d, "position", lsn_format(b, k->location));
    card_factf(d, "revision", "%" PRId64, k->mod_revision);
    if (k->checkpoint_pending)
        card_fact(d, "promotion", "promoted, not yet checkpointed");
}

static void haproxy_group(const struct picture *p, const struct member *m, struct doc *d)
{
    for (int i = 0; i < p->s->nhaproxies; i++) {
        const struct haproxy *h = &p->s->haproxies[i];
        const struct ha_row *r = routes_server_of(p->s, h, m);
        const char *backend = routes_write_backend(h);
        card_source(d, arena_printf(d->arena, "HAProxy %s", h->name), &h->state, p->s->refresh_us,
                    p->now_us);
        if (!h->stats)
            continue;
        if (!backend)
            card_fact(d, "writes", "which backend carries writes is not known");
        else if (!r)
            card_factf(d, "writes", "backend %s has no server for it", backend);
        if (!r)
            continue;
        card_factf(d, "writes", "%s/%s: %s%s", r->proxy, r->name, r->status_text,
                   ha_row_is_standby(r) ? " (as it should be for a replica)" : "");
        card_factf(d, "check", "%s%s%s", r->check_status, *r->last_check ? ", " : "",
                   r->last_check);
        if (r->sessions >= 0)
            card_factf(d, "sessions", "%" PRId64, r->sessions);
    }
}

static void bouncer_group(const struct picture *p, const struct member *m, struct doc *d)
{
    for (int i = 0; i < p->s->nbouncers; i++) {
        const struct bouncer *b = &p->s->bouncers[i];
        int n, mine = 0, all = 0;
        if (b->servers_state.outcome == OBS_NEVER)
            continue;
        const struct bouncer_target *t = routes_bouncer_targets(p->s, b, d->arena, &n);
        for (int k = 0; k < n; k++) {
            mine += t[k].member == m ? t[k].servers : 0;
            all += t[k].servers;
        }
        card_source(d, arena_printf(d->arena, "PgBouncer %s", b->name), &b->servers_state,
                    p->s->refresh_us, p->now_us);
        card_factf(d, "its servers", "%d of %d point here", mine, all);
    }
}

void member_systems(const struct picture *p, const struct member *m, struct doc *d)
{
    postgres_group(p, m, d);
    etcd_group(p, m, d);
    haproxy_group(p, m, d);
    bouncer_group(p, m, d);
}
