/* The reads: status, topology, lag, pools, stats. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli_private.h"
#include "pgdba/analysis/health.h"
#include "pgdba/analysis/lag.h"
#include "pgdba/analysis/pools.h"
#include "pgdba/analysis/topology.h"
#include "pgdba/base/fmt.h"

bool cli_begin(struct cli *c, struct cli_reading *r)
{
    r->code = cli_open(c);
    if (r->code != CLI_HEALTHY)
        return false;
    cli_look(c, r);
    return true;
}

void cli_look(struct cli *c, struct cli_reading *r)
{
    r->s = app_snapshot(c->app);
    r->now_us = app_now_us(c->app);
    r->wall_us = app_now_wall_us(c->app);
    health_judge(r->s, r->now_us, &c->arena, &r->v);
    r->code = cli_exit_of(r->v.worst);
}

const char *cli_age(struct arena *a, const struct source_state *st, int64_t now_us)
{
    char s[FMT_MAX];
    if (!st->answered_us)
        return "never";
    return arena_strdup(a, fmt_age(s, now_us - st->answered_us));
}

static const char *lag_text(struct arena *a, int64_t v)
{
    char s[FMT_MAX];
    return v == LAG_UNKNOWN ? "?" : arena_strdup(a, fmt_bytes(s, v));
}

static const char *member_name(struct arena *a, const struct topology_row *row, const char *name)
{
    return row->depth == 0
               ? name
               : arena_printf(a, "%*s%s", row->depth * 2, row->last ? "`-" : "|-", name);
}

static const char *role_text(const struct member *m)
{
    if (!m->listed)
        return "gone";
    return m->dcs ? role_name(m->dcs->role) : "?";
}

/* The member's own word where it is fresh: the DCS's is up to a loop old. */
static const char *state_text(const struct cli_reading *r, int i)
{
    const struct member *m = &r->s->members[i];
    if (m->health && !source_is_stale(&m->api, r->s->refresh_us, r->now_us)) {
        if (m->health->replication_state)
            return m->health->replication_state;
        struct lag_view l = lag_view_of(r->s, i, r->now_us, r->wall_us);
        return l.applies && l.streaming ? pg_state_name(PGS_STREAMING) : m->health->state_text;
    }
    return m->dcs && *m->dcs->state_text ? m->dcs->state_text : "?";
}

static const char *api_text(struct arena *a, const struct snapshot *s, const struct member *m,
                            int64_t now_us)
{
    char t[FMT_MAX];
    if (m->api.outcome != OBS_ANSWERED)
        return m->note && !m->api.answered_us ? "not reachable from here"
                                              : obs_outcome_name(m->api.outcome);
    if (source_is_stale(&m->api, s->refresh_us, now_us))
        return "old";
    return arena_strdup(a, fmt_duration(t, m->api.latency_us));
}

static const char *notes(struct arena *a, const struct member *m)
{
    struct buf b;
    buf_init(&b);
    const struct cluster_member *d = m->dcs;
    if (d && d->pending_restart)
        buf_puts(&b, " pending-restart");
    for (int i = 0; d && i < d->npending; i++)
        buf_addf(&b, " %s:%s->%s", d->pending[i].parameter, d->pending[i].old_value,
                 d->pending[i].new_value);
    for (int i = 0; d && i < d->tags.n; i++)
        buf_addf(&b, " %s=%s", d->tags.v[i].key, d->tags.v[i].value);
    const char *text = arena_strdup(a, b.len ? b.s + 1 : "");
    buf_release(&b);
    return text;
}

static void print_members(struct cli *c, const struct cli_reading *r)
{
    static const char *const heads[] = {"MEMBER",      "ROLE", "STATE", ">TL",  ">RECEIVE LAG",
                                        ">REPLAY LAG", "API",  ">AGE",  "NOTES"};
    struct cli_table t;
    struct arena *a = &c->arena;
    cli_table_init(&t, a, 9, heads);
    const struct topology_row *rows = topology_rows(r->s, a);
    for (int i = 0; i < r->s->nmembers; i++) {
        const struct member *m = &r->s->members[rows[i].member];
        bool leader = rows[i].member == r->s->leader;
        int64_t tl = m->health && m->health->timeline &&
                             !source_is_stale(&m->api, r->s->refresh_us, r->now_us)
                         ? m->health->timeline
                     : m->dcs ? m->dcs->timeline
                              : 0;
        cli_table_row(&t, (const char *[]){member_name(a, &rows[i], m->name), role_text(m),
                                           state_text(r, rows[i].member),
                                           tl ? arena_printf(a, "%lld", (long long)tl) : "?",
                                           leader ? NULL : lag_text(a, m->lag.receive),
                                           leader ? NULL : lag_text(a, m->lag.replay),
                                           api_text(a, r->s, m, r->now_us),
                                           cli_age(a, &m->api, r->now_us), notes(a, m)});
    }
    cli_table_print(&t, c->opt->out);
}

void cli_print_head(struct cli *c, const struct cli_reading *r)
{
    FILE *out = c->opt->out;
    const struct snapshot *s = r->s;
    const struct member *leader = snapshot_leader(s);
    const char *env = environment_name(s->environment);
    fprintf(out, "%s%s%s%s: %s", s->cluster, *env ? " [" : "", env, *env ? "]" : "",
            health_name(r->v.worst));
    if (leader)
        fprintf(out, ", leader %s, timeline %lld", leader->name, (long long)snapshot_timeline(s));
    else
        fputs(s->view.answered_us ? ", no leader" : ", leader unknown", out);
    if (s->paused)
        fputs(", paused", out);
    if (source_is_stale(&s->view, s->refresh_us, r->now_us) && s->view.answered_us)
        fprintf(out, ", picture %s old", cli_age(&c->arena, &s->view, r->now_us));
    fputc('\n', out);
    for (int i = 0; i < r->v.n; i++)
        fprintf(out, "  %s: %s\n", health_name(r->v.v[i].health), r->v.v[i].reason);
    if (s->switchover_at)
        fprintf(out, "  a switchover%s%s is scheduled at %s\n", s->switchover_to ? " to " : "",
                s->switchover_to ? s->switchover_to : "", s->switchover_at);
}

static void print_bouncers(struct cli *c, const struct cli_reading *r)
{
    static const char *const heads[] = {"PGBOUNCER", "CONSOLE", ">AGE", "VERSION"};
    if (!r->s->nbouncers)
        return;
    struct cli_table t;
    cli_table_init(&t, &c->arena, 4, heads);
    for (int i = 0; i < r->s->nbouncers; i++) {
        const struct bouncer *b = &r->s->bouncers[i];
        cli_table_row(&t,
                      (const char *[]){b->name, obs_outcome_name(b->state.outcome),
                                       cli_age(&c->arena, &b->state, r->now_us), b->version.text});
    }
    fputc('\n', c->opt->out);
    cli_table_print(&t, c->opt->out);
}

static int print_status(struct cli *c, bool with_bouncers)
{
    struct cli_reading r;
    if (!cli_begin(c, &r))
        return r.code;
    if (c->json) {
        struct wire_json *root =
            cli_json_begin(with_bouncers ? "status" : "topology", r.s->cluster, r.wall_us);
        cli_json_status(root, r.s, &r.v, r.now_us, r.wall_us);
        cli_json_print(root, c->opt->out);
        return r.code;
    }
    cli_print_head(c, &r);
    if (r.s->nmembers) {
        fputc('\n', c->opt->out);
        print_members(c, &r);
    }
    if (with_bouncers)
        print_bouncers(c, &r);
    return r.code;
}

int cli_status(struct cli *c)
{
    return print_status(c, true);
}

int cli_topology(struct cli *c)
{
    return print_status(c, false);
}

int cli_lag(struct cli *c)
{
    static const char *const heads[] = {"MEMBER", ">RECEIVE LAG", ">REPLAY LAG",
                                        ">TIME",  "BASIS",        "STATE"};
    static const char *const bases[] = {"?", "published", "live"};
    struct cli_reading r;
    if (!cli_begin(c, &r))
        return r.code;
    if (c->json) {
        struct wire_json *root = cli_json_begin("lag", r.s->cluster, r.wall_us);
        cli_json_lag(root, r.s, r.now_us, r.wall_us);
        cli_json_print(root, c->opt->out);
        return r.code;
    }
    struct cli_table t;
    char s[FMT_MAX];
    cli_table_init(&t, &c->arena, 6, heads);
    for (int i = 0; i < r.s->nmembers; i++) {
        struct lag_view l = lag_view_of(r.s, i, r.now_us, r.wall_us);
        if (!l.applies)
            continue;
        const char *time = l.time_us < 0
                               ? "?"
                               : arena_printf(&c->arena, "%s%s", l.time_is_estimate ? "~" : "",
                                              fmt_duration(s, l.time_us));
        cli_table_row(
            &t, (const char *[]){r.s->members[i].name, lag_text(&c->arena, l.sample.receive),
                                 lag_text(&c->arena, l.sample.replay), time, bases[l.sample.basis],
                                 l.replay_paused ? "replay paused"
                                 : l.streaming   ? "streaming"
                                                 : "not streaming"});
    }
    cli_table_print(&t, c->opt->out);
    return r.code;
}

static const char *count(struct arena *a, int64_t v)
{
    return v < 0 ? NULL : arena_printf(a, "%lld", (long long)v);
}

int cli_pools(struct cli *c)
{
    static const char *const heads[] = {"BOUNCER",  "DATABASE", "USER",    ">SERVERS",
                                        ">LIMIT",   ">SAT",     ">ACTIVE", ">WAITING",
                                        ">MAXWAIT", "MODE",     "STATE"};
    struct cli_reading r;
    if (!cli_begin(c, &r))
        return r.code;
    if (c->json) {
        struct wire_json *root = cli_json_begin("pools", r.s->cluster, r.wall_us);
        cli_json_pools(root, r.s, &c->arena, r.now_us);
        cli_json_print(root, c->opt->out);
        return r.code;
    }
    int n;
    struct arena *a = &c->arena;
    const struct pool_view *v = pool_views(r.s, a, &n);
    struct cli_table t;
    cli_table_init(&t, a, 11, heads);
    for (int i = 0; i < n; i++) {
        const struct pgb_pool *p = v[i].pool;
        char s[FMT_MAX];
        bool stale = source_is_stale(&v[i].bouncer->pools_state, r.s->refresh_us, r.now_us);
        cli_table_row(
            &t,
            (const char *[]){
                v[i].bouncer->name, p->database, p->user, count(a, v[i].servers),
                v[i].limit == 0 ? "none" : count(a, v[i].limit),
                isnan(v[i].saturation) ? NULL : arena_printf(a, "%.0f%%", v[i].saturation * 100),
                count(a, p->cl_active), count(a, p->cl_waiting),
                p->maxwait_us < 0 ? NULL : arena_strdup(a, fmt_duration(s, p->maxwait_us)),
                p->pool_mode,
                stale           ? arena_printf(a, "old: %s",
                                               obs_outcome_name(v[i].bouncer->pools_state.outcome))
                : *v[i].reason  ? v[i].reason
                : v[i].paused   ? "paused"
                : v[i].disabled ? "disabled"
                                : "ok"});
    }
    cli_table_print(&t, c->opt->out);
    return r.code;
}

/* Rates need two samples: asks once more and waits for them, within two intervals. */
static bool rates_known(void *arg)
{
    const struct snapshot *s = app_snapshot(arg);
    for (int i = 0; i < s->nbouncers; i++) {
        const struct bouncer *b = &s->bouncers[i];
        bool answers = b->stats_state.outcome == OBS_ANSWERED;
        for (int k = 0; answers && k < b->nrates; k++)
            if (!b->rates[k].known && !b->rates[k].reset)
                return false;
    }
    return true;
}

int cli_stats(struct cli *c)
{
    static const char *const heads[] = {"BOUNCER", "DATABASE", ">XACT/S", ">QUERY/S", ">IN",
                                        ">OUT",    ">XACT",    ">QUERY",  ">WAIT"};
    int code = cli_open(c);
    if (code != CLI_HEALTHY)
        return code;
    app_run_until(c->app, rates_known, c->app, cli_now(c) + 2 * app_refresh(c->app) + USEC_PER_SEC);
    struct clock real = clock_real();
    const struct snapshot *s = app_snapshot(c->app);
    struct verdicts v;
    health_judge(s, clock_mono(&real), &c->arena, &v);
    if (c->json) {
        struct wire_json *root = cli_json_begin("stats", s->cluster, clock_wall(&real));
        cli_json_stats(root, s, clock_mono(&real));
        cli_json_print(root, c->opt->out);
        return cli_exit_of(v.worst);
    }
    struct cli_table t;
    struct arena *a = &c->arena;
    cli_table_init(&t, a, 9, heads);
    for (int i = 0; i < s->nbouncers; i++) {
        for (int k = 0; k < s->bouncers[i].nrates; k++) {
            const struct pgb_rates *p = &s->bouncers[i].rates[k];
            char x[FMT_MAX], q[FMT_MAX], in[FMT_MAX], o[FMT_MAX], mx[FMT_MAX], mq[FMT_MAX],
                mw[FMT_MAX];
#define MEAN(buf, v) (isnan(v) ? "-" : fmt_duration(buf, (int64_t)(v)))
            if (p->known)
                cli_table_row(&t, (const char *[]){s->bouncers[i].name, p->database,
                                                   arena_strdup(a, fmt_count(x, p->xacts)),
                                                   arena_strdup(a, fmt_count(q, p->queries)),
                                                   arena_strdup(a, fmt_bytes_rate(in, p->received)),
                                                   arena_strdup(a, fmt_bytes_rate(o, p->sent)),
                                                   arena_strdup(a, MEAN(mx, p->xact_us)),
                                                   arena_strdup(a, MEAN(mq, p->query_us)),
                                                   arena_strdup(a, MEAN(mw, p->wait_us))});
            else
                cli_table_row(&t, (const char *[]){s->bouncers[i].name, p->database, "?", "?", "?",
                                                   "?", "?", "?", "?"});
#undef MEAN
        }
    }
    cli_table_print(&t, c->opt->out);
    return cli_exit_of(v.worst);
}
