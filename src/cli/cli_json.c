/* The JSON documents: stable, described in pgdba(1). */
#include <math.h>
#include <stdlib.h>

#include "cli_private.h"
#include "pgdba/analysis/lag.h"
#include "pgdba/analysis/pools.h"
#include "pgdba/base/fmt.h"

enum { JSON_VERSION = 1 };

struct wire_json *cli_json_begin(const char *document, const char *cluster, int64_t wall_us)
{
    char when[FMT_MAX];
    struct wire_json *root = wire_json_object();
    wire_json_str(root, "document", document);
    wire_json_int(root, "version", JSON_VERSION);
    wire_json_str(root, "cluster", cluster);
    wire_json_str(root, "time", fmt_time_iso(when, wall_us));
    return root;
}

void cli_json_print(struct wire_json *root, FILE *out)
{
    struct buf b;
    buf_init(&b);
    wire_json_dump(root, true, &b);
    fputs(b.s, out);
    fputc('\n', out);
    buf_release(&b);
    wire_json_free(root);
}

void cli_put_positive(struct wire_json *j, const char *key, int64_t v)
{
    if (v > 0)
        wire_json_int(j, key, v);
    else
        wire_json_null(j, key);
}

static void put_lag(struct wire_json *j, const char *key, int64_t v)
{
    if (v != LAG_UNKNOWN)
        wire_json_int(j, key, v);
    else
        wire_json_null(j, key);
}

void cli_put_lsn(struct wire_json *j, const char *key, lsn_t v)
{
    char s[24];
    wire_json_str(j, key, v == LSN_UNKNOWN ? NULL : lsn_format(s, v));
}

void cli_put_source(struct wire_json *parent, const char *key, const struct source_state *st,
                    int64_t refresh_us, int64_t now_us)
{
    struct wire_json *j = wire_json_add_object(parent, key);
    wire_json_str(j, "outcome", obs_outcome_name(st->outcome));
    /* A source that is not configured has not even empty texts. */
    wire_json_str(j, "endpoint", st->endpoint && *st->endpoint ? st->endpoint : NULL);
    wire_json_str(j, "detail", st->detail && *st->detail ? st->detail : NULL);
    if (st->answered_us) {
        wire_json_int(j, "age_ms", (now_us - st->answered_us) / USEC_PER_MS);
        wire_json_real(j, "latency_ms", (double)st->latency_us / 1000);
    } else {
        wire_json_null(j, "age_ms");
        wire_json_null(j, "latency_ms");
    }
    wire_json_bool(j, "stale", source_is_stale(st, refresh_us, now_us));
}

static void put_tags(struct wire_json *parent, const struct tags *t)
{
    struct wire_json *j = wire_json_add_object(parent, "tags");
    for (int i = 0; i < t->n; i++)
        wire_json_str(j, t->v[i].key, t->v[i].value);
}

static void put_pending(struct wire_json *j, const struct cluster_member *d)
{
    wire_json_bool(j, "pending_restart", d->pending_restart);
    struct wire_json *why = wire_json_add_object(j, "pending_restart_reason");
    for (int i = 0; i < d->npending; i++) {
        struct wire_json *r = wire_json_add_object(why, d->pending[i].parameter);
        wire_json_str(r, "old_value", d->pending[i].old_value);
        wire_json_str(r, "new_value", d->pending[i].new_value);
    }
}

static void put_own_word(struct wire_json *parent, const struct member *m)
{
    if (!m->health) {
        wire_json_null(parent, "postgresql");
        return;
    }
    const struct member_health *h = m->health;
    struct wire_json *j = wire_json_add_object(parent, "postgresql");
    wire_json_str(j, "role", role_name(h->role));
    wire_json_str(j, "state", h->state_text);
    wire_json_str(j, "replication_state", h->replication_state);
    cli_put_positive(j, "server_version", h->server_version);
    cli_put_positive(j, "timeline", h->timeline);
    cli_put_lsn(j, "location", h->location);
    cli_put_lsn(j, "received", h->received);
    cli_put_lsn(j, "replayed", h->replayed);
    wire_json_bool(j, "replay_paused", h->replay_paused);
    wire_json_str(j, "postmaster_start_time", h->postmaster_start_time);
    wire_json_str(j, "patroni_version", h->patroni_version);
}

static void put_member(struct wire_json *list, const struct snapshot *s, const struct member *m,
                       int64_t now_us)
{
    struct wire_json *j = wire_json_add_object(list, NULL);
    const struct cluster_member *d = m->dcs;
    wire_json_str(j, "name", m->name);
    wire_json_bool(j, "listed", m->listed);
    wire_json_str(j, "role", d ? role_name(d->role) : NULL);
    wire_json_str(j, "state", d ? d->state_text : NULL);
    cli_put_positive(j, "timeline", d ? d->timeline : 0);
    wire_json_str(j, "host", d ? d->host : NULL);
    cli_put_positive(j, "port", d ? d->port : 0);
    wire_json_str(j, "api_url", d ? d->api_url : NULL);
    wire_json_str(j, "upstream", m->upstream);
    wire_json_bool(j, "upstream_observed", m->upstream_observed);
    put_lag(j, "receive_lag_bytes", m->lag.receive);
    put_lag(j, "replay_lag_bytes", m->lag.replay);
    if (d) {
        put_pending(j, d);
        put_tags(j, &d->tags);
    } else {
        wire_json_null(j, "pending_restart");
        wire_json_null(j, "pending_restart_reason");
        wire_json_null(j, "tags");
    }
    put_own_word(j, m);
    cli_put_source(j, "api", &m->api, s->refresh_us, now_us);
    wire_json_str(j, "note", m->note);
}

void cli_put_reasons(struct wire_json *root, const struct verdicts *v)
{
    wire_json_str(root, "health", health_name(v->worst));
    struct wire_json *list = wire_json_add_array(root, "reasons");
    for (int i = 0; i < v->n; i++) {
        struct wire_json *j = wire_json_add_object(list, NULL);
        wire_json_str(j, "health", health_name(v->v[i].health));
        wire_json_str(j, "rule", v->v[i].rule);
        wire_json_str(j, "subject", *v->v[i].subject ? v->v[i].subject : NULL);
        wire_json_str(j, "reason", v->v[i].reason);
    }
}

void cli_json_status(struct wire_json *root, const struct snapshot *s, const struct verdicts *v,
                     int64_t now_us, int64_t wall_us)
{
    (void)wall_us;
    const struct member *leader = snapshot_leader(s);
    cli_put_reasons(root, v);
    wire_json_str(root, "environment",
                  *environment_name(s->environment) ? environment_name(s->environment) : NULL);
    wire_json_str(root, "scope", s->scope);
    wire_json_str(root, "leader", leader ? leader->name : NULL);
    cli_put_positive(root, "timeline", snapshot_timeline(s));
    wire_json_bool(root, "paused", s->paused);
    struct wire_json *sw = NULL;
    if (s->switchover_at) {
        sw = wire_json_add_object(root, "scheduled_switchover");
        wire_json_str(sw, "at", s->switchover_at);
        wire_json_str(sw, "from", s->switchover_from);
        wire_json_str(sw, "to", s->switchover_to);
    } else {
        wire_json_null(root, "scheduled_switchover");
    }
    cli_put_source(root, "view", &s->view, s->refresh_us, now_us);
    struct wire_json *list = wire_json_add_array(root, "members");
    for (int i = 0; i < s->nmembers; i++)
        put_member(list, s, &s->members[i], now_us);
    list = wire_json_add_array(root, "pgbouncers");
    for (int i = 0; i < s->nbouncers; i++) {
        struct wire_json *j = wire_json_add_object(list, NULL);
        wire_json_str(j, "name", s->bouncers[i].name);
        wire_json_str(j, "version", s->bouncers[i].version.text);
        cli_put_source(j, "console", &s->bouncers[i].state, s->refresh_us, now_us);
    }
}

void cli_json_lag(struct wire_json *root, const struct snapshot *s, int64_t now_us, int64_t wall_us)
{
    static const char *const bases[] = {NULL, "published", "live"};
    struct wire_json *list = wire_json_add_array(root, "members");
    for (int i = 0; i < s->nmembers; i++) {
        struct lag_view l = lag_view_of(s, i, now_us, wall_us);
        if (!l.applies)
            continue;
        struct wire_json *j = wire_json_add_object(list, NULL);
        wire_json_str(j, "name", s->members[i].name);
        wire_json_str(j, "basis", bases[l.sample.basis]);
        put_lag(j, "receive_lag_bytes", l.sample.receive);
        put_lag(j, "replay_lag_bytes", l.sample.replay);
        if (l.time_us >= 0)
            wire_json_real(j, "replay_lag_seconds", (double)l.time_us / 1e6);
        else
            wire_json_null(j, "replay_lag_seconds");
        wire_json_bool(j, "seconds_are_estimate", l.time_is_estimate);
        wire_json_real(j, "rate_bytes_per_s", l.rate);
        if (l.eta_us >= 0)
            wire_json_real(j, "eta_seconds", (double)l.eta_us / 1e6);
        else
            wire_json_null(j, "eta_seconds");
        wire_json_bool(j, "replay_paused", l.replay_paused);
        wire_json_bool(j, "streaming", l.streaming);
    }
}

static void put_count(struct wire_json *j, const char *key, int64_t v)
{
    if (v >= 0)
        wire_json_int(j, key, v);
    else
        wire_json_null(j, key);
}

void cli_json_pools(struct wire_json *root, const struct snapshot *s, struct arena *a,
                    int64_t now_us)
{
    int n;
    const struct pool_view *v = pool_views(s, a, &n);
    struct wire_json *list = wire_json_add_array(root, "pools");
    for (int i = 0; i < n; i++) {
        const struct pgb_pool *p = v[i].pool;
        struct wire_json *j = wire_json_add_object(list, NULL);
        wire_json_str(j, "bouncer", v[i].bouncer->name);
        wire_json_str(j, "database", p->database);
        wire_json_str(j, "user", p->user);
        wire_json_str(j, "health", health_name(v[i].health));
        wire_json_str(j, "reason", *v[i].reason ? v[i].reason : NULL);
        wire_json_real(j, "saturation", v[i].saturation);
        put_count(j, "servers", v[i].servers);
        put_count(j, "limit", v[i].limit);
        put_count(j, "cl_active", p->cl_active);
        put_count(j, "cl_waiting", p->cl_waiting);
        put_count(j, "sv_active", p->sv_active);
        put_count(j, "sv_idle", p->sv_idle);
        put_count(j, "sv_used", p->sv_used);
        put_count(j, "sv_login", p->sv_login);
        wire_json_real(j, "maxwait_seconds", p->maxwait_us < 0 ? NAN : (double)p->maxwait_us / 1e6);
        wire_json_str(j, "pool_mode", p->pool_mode);
        wire_json_bool(j, "paused", v[i].paused);
        wire_json_bool(j, "disabled", v[i].disabled);
        wire_json_bool(j, "stale",
                       source_is_stale(&v[i].bouncer->pools_state, s->refresh_us, now_us));
    }
}

void cli_json_stats(struct wire_json *root, const struct snapshot *s, int64_t now_us)
{
    struct wire_json *list = wire_json_add_array(root, "stats");
    for (int i = 0; i < s->nbouncers; i++) {
        const struct bouncer *b = &s->bouncers[i];
        for (int k = 0; k < b->nrates; k++) {
            const struct pgb_rates *r = &b->rates[k];
            struct wire_json *j = wire_json_add_object(list, NULL);
            double unknown = r->known ? 0 : NAN;
            wire_json_str(j, "bouncer", b->name);
            wire_json_str(j, "database", r->database);
            wire_json_bool(j, "known", r->known);
            wire_json_bool(j, "reset", r->reset);
            wire_json_real(j, "xacts_per_s", r->xacts + unknown);
            wire_json_real(j, "queries_per_s", r->queries + unknown);
            wire_json_real(j, "received_bytes_per_s", r->received + unknown);
            wire_json_real(j, "sent_bytes_per_s", r->sent + unknown);
            wire_json_real(j, "mean_xact_ms", r->xact_us / 1000 + unknown);
            wire_json_real(j, "mean_query_ms", r->query_us / 1000 + unknown);
            wire_json_real(j, "mean_wait_ms", r->wait_us / 1000 + unknown);
            wire_json_bool(j, "stale", source_is_stale(&b->stats_state, s->refresh_us, now_us));
        }
    }
}

void cli_json_plan(struct wire_json *root, const struct plan *p)
{
    struct wire_json *j = wire_json_add_object(root, "plan");
    wire_json_str(j, "action", action_name(p->kind));
    wire_json_str(j, "title", p->title);
    wire_json_str(j, "command", p->equivalent);
    wire_json_str(j, "leader", p->leader);
    cli_put_positive(j, "timeline", p->timeline);
    wire_json_str(j, "verdict", check_verdict_name(p->worst));
    struct wire_json *list = wire_json_add_array(j, "lines");
    for (int i = 0; i < p->nlines; i++)
        wire_json_str(list, NULL, p->lines[i]);
    list = wire_json_add_array(j, "checks");
    for (int i = 0; i < p->nchecks; i++) {
        struct wire_json *c = wire_json_add_object(list, NULL);
        wire_json_str(c, "check", p->checks[i].check);
        wire_json_str(c, "verdict", check_verdict_name(p->checks[i].verdict));
        wire_json_str(c, "reason", p->checks[i].reason);
    }
    list = wire_json_add_array(j, "candidates");
    for (int i = 0; i < p->ncandidates; i++) {
        struct wire_json *c = wire_json_add_object(list, NULL);
        wire_json_str(c, "name", p->candidates[i].name);
        wire_json_str(c, "fitness", fitness_name(p->candidates[i].fitness));
        wire_json_bool(c, "asked_for", p->candidates[i].asked_for);
        wire_json_str(c, "reason", p->candidates[i].reason);
    }
    list = wire_json_add_array(j, "requests");
    for (int i = 0; i < p->nsteps; i++) {
        struct wire_json *r = wire_json_add_object(list, NULL);
        wire_json_str(r, "member", p->steps[i].member);
        wire_json_str(r, "method", p->steps[i].method);
        wire_json_str(r, "url", p->steps[i].url);
        wire_json_str(r, "body", p->steps[i].body);
        wire_json_bool(r, "authenticated", p->steps[i].authenticated);
    }
}

void cli_json_operation(struct wire_json *root, const struct operation *op)
{
    static const char *const states[] = {"waiting", "active", "done", "failed", "skipped"};
    struct wire_json *j = wire_json_add_object(root, "operation");
    wire_json_str(j, "state", op_state_name(op->state));
    wire_json_str(j, "outcome", op->outcome);
    wire_json_str(j, "answer", *op->answer ? op->answer : NULL);
    if (op->state == OP_RUNNING) /* left alone: it has no end that was seen */
        wire_json_null(j, "duration_ms");
    else
        wire_json_int(j, "duration_ms", (op->ended_us - op->started_us) / USEC_PER_MS);
    if (op->result)
        cli_put_rows(j, op->result);
    struct wire_json *list = wire_json_add_array(j, "phases");
    for (int i = 0; i < op->nphases; i++) {
        struct wire_json *p = wire_json_add_object(list, NULL);
        wire_json_str(p, "phase", op->phases[i].name);
        wire_json_str(p, "state", states[op->phases[i].state]);
        if (op->phases[i].at_us)
            wire_json_int(p, "after_ms", (op->phases[i].at_us - op->started_us) / USEC_PER_MS);
        else
            wire_json_null(p, "after_ms");
        wire_json_str(p, "note",
                      op->phases[i].note && *op->phases[i].note ? op->phases[i].note : NULL);
    }
}
