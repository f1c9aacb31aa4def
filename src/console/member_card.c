/* member_card.c: the detail card of a member: every fact under the source that said it. */
#include "member_card.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "pgdba/analysis/lag.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/console/draw.h"

static void fact_lsn(struct doc *d, const char *label, lsn_t v)
{
    char b[32];
    if (v != LSN_UNKNOWN)
        card_fact(d, label, lsn_format(b, v));
}

static void fact_pending(struct doc *d, bool pending, int n, const struct pending_reason *v)
{
    if (!pending)
        return;
    if (n == 0)
        card_fact(d, "restart pending", "yes; this version does not say why");
    for (int i = 0; i < n; i++)
        card_factf(d, i ? "" : "restart pending", "%s: %s to %s", v[i].parameter,
                   v[i].old_value ? v[i].old_value : "?", v[i].new_value ? v[i].new_value : "?");
}

static void fact_tags(struct doc *d, const struct tags *t)
{
    for (int i = 0; i < t->n; i++)
        card_factf(d, i ? "" : "tags", "%s: %s", t->v[i].key, t->v[i].value);
}

static void fact_timeline(struct doc *d, int64_t timeline)
{
    if (timeline > 0)
        card_factf(d, "timeline", "%" PRId64, timeline);
    else
        card_fact(d, "timeline", "unknown");
}

/* 150018 is 15.18, 90624 is 9.6.24. */
static const char *server_version(struct doc *d, const struct member_health *h)
{
    int64_t v = h->server_version;
    if (v <= 0)
        return "?";
    if (v >= 100000)
        return arena_printf(d->arena, "%" PRId64 ".%" PRId64, v / 10000, v % 10000);
    return arena_printf(d->arena, "%" PRId64 ".%" PRId64 ".%" PRId64, v / 10000, v / 100 % 100,
                        v % 100);
}

static void health_group(struct doc *d, const struct member_health *h)
{
    char b[FMT_MAX];
    card_factf(d, "role, state", "%s, %s", h->role_text ? h->role_text : "?",
               h->state_text ? h->state_text : "?");
    if (!h->has_sql)
        card_fact(d, "PostgreSQL", "did not answer Patroni: positions are unknown");
    fact_timeline(d, h->timeline);
    fact_lsn(d, "write position", h->location);
    fact_lsn(d, "received", h->received);
    fact_lsn(d, "replayed", h->replayed);
    if (h->replayed_timestamp)
        card_fact(d, "last replayed", h->replayed_timestamp);
    if (h->replay_paused)
        card_fact(d, "replay", "paused by hand");
    if (h->replication_state)
        card_fact(d, "replication", h->replication_state);
    for (int i = 0; i < h->nreplication; i++)
        card_factf(d, i ? "" : "streams to", "%s from %s, %s, %s",
                   h->replication[i].application_name ? h->replication[i].application_name : "?",
                   h->replication[i].client_addr ? h->replication[i].client_addr : "local",
                   h->replication[i].state ? h->replication[i].state : "?",
                   h->replication[i].sync_state ? h->replication[i].sync_state : "?");
    fact_pending(d, h->pending_restart, h->npending, h->pending);
    if (h->scheduled_restart.at)
        card_fact(d, "restart planned", h->scheduled_restart.at);
    if (h->cluster_unlocked)
        card_fact(d, "lock", "nobody holds the leader lock, it says");
    if (h->watchdog_failed)
        card_fact(d, "watchdog", "failed");
    if (h->dcs_last_seen > 0)
        card_fact(d, "saw the DCS", fmt_time_local(b, h->dcs_last_seen * USEC_PER_SEC));
    if (h->postmaster_start_time)
        card_fact(d, "up since", h->postmaster_start_time);
    card_factf(d, "versions", "Patroni %s, PostgreSQL %s",
               h->patroni_version ? h->patroni_version : "?", server_version(d, h));
    fact_tags(d, &h->tags);
}

static void row_group(struct doc *d, const struct cluster_member *r)
{
    char b[FMT_MAX];
    card_factf(d, "role, state", "%s, %s", r->role_text ? r->role_text : "?",
               *r->state_text ? r->state_text : "?");
    if (r->host)
        card_factf(d, "address", "%s:%d", r->host, r->port);
    card_fact(d, "API advertised", r->api_url);
    fact_timeline(d, r->timeline);
    if (r->lag != LAG_UNKNOWN)
        card_fact(d, "lag", fmt_bytes(b, r->lag));
    fact_lsn(d, "received", r->receive_lsn);
    fact_lsn(d, "replayed", r->replay_lsn);
    fact_pending(d, r->pending_restart, r->npending, r->pending);
    if (r->scheduled_restart.at)
        card_fact(d, "restart planned", r->scheduled_restart.at);
    fact_tags(d, &r->tags);
}

static const char *basis_words(enum lag_basis b)
{
    static const char *const words[] = {
        [LAG_NONE] = "not known",
        [LAG_PUBLISHED] = "published in the list of members, once a loop",
        [LAG_LIVE] = "live: both ends asked about together",
    };
    return words[b];
}

static void lag_group(const struct picture *p, int i, struct doc *d)
{
    char b[FMT_MAX];
    struct lag_view v = lag_view_of(p->s, i, p->now_us, p->now_wall_us);
    if (!v.applies)
        return;
    doc_gap(d);
    doc_line(d, 0);
    doc_span(d, TR_DIALOG_TITLE, "Lag");
    card_fact(d, "measured", basis_words(v.sample.basis));
    if (v.sample.basis == LAG_NONE)
        return;
    card_factf(d, "age", "%s", fmt_duration(b, p->now_us - v.sample.at_us));
    if (v.sample.receive != LAG_UNKNOWN)
        card_fact(d, "to receive", fmt_bytes(b, v.sample.receive));
    if (v.sample.replay != LAG_UNKNOWN)
        card_fact(d, "to replay", fmt_bytes(b, v.sample.replay));
    if (v.time_us >= 0)
        card_factf(d, "in time", "%s%s", fmt_duration(b, v.time_us),
                   v.time_is_estimate ? ", from the time of the last replayed commit" : "");
    if (!isnan(v.rate))
        card_factf(d, "changes by", "%s", fmt_bytes_rate(b, v.rate));
    if (v.eta_us >= 0)
        card_fact(d, "caught up in", fmt_duration(b, v.eta_us));
}

void member_card(const struct picture *p, const char *key, struct doc *d)
{
    const struct member *m = snapshot_member(p->s, key);
    char age[FMT_MAX];
    if (!m)
        return;
    card_verdicts(d, p, m->name);
    if (m->note)
        doc_text(d, 0, TR_UNKNOWN, m->note);
    if (m->upstream)
        doc_textf(d, 0, TR_DIALOG, "streams from %s (%s)", m->upstream,
                  m->upstream_observed ? "seen there" : "expected, not seen");
    card_source(d, "Patroni's API on this member", &m->api, p->s->refresh_us, p->now_us);
    if (m->health)
        health_group(d, m->health);
    if (m->liveness.outcome != OBS_NEVER)
        card_source(d, "Patroni's own liveness", &m->liveness, p->s->refresh_us, p->now_us);
    card_source(d, "The cluster's list of members", &p->s->view, p->s->refresh_us, p->now_us);
    if (!m->listed)
        doc_textf(d, 2, TR_WARN, "not listed%s%s%s", m->last_seen_us ? "; last seen " : "",
                  m->last_seen_us ? fmt_duration(age, p->now_us - m->last_seen_us) : "",
                  m->last_seen_us ? " ago, as:" : "");
    if (m->dcs)
        row_group(d, m->dcs);
    member_systems(p, m, d);
    lag_group(p, (int)(m - p->s->members), d);
}
