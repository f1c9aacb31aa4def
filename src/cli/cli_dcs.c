/* dcs: etcd itself, and what Patroni keeps there. */
#include "cli_private.h"
#include "pgdba/base/fmt.h"

#define LEASE_TIMEOUT (2 * USEC_PER_SEC)

static const char *text_or_unknown(const char *s)
{
    return s && *s ? s : "?";
}

static const char *number(struct arena *a, int64_t v)
{
    return v < 0 ? "?" : arena_printf(a, "%lld", (long long)v);
}

static const char *bytes(struct arena *a, int64_t v)
{
    char t[FMT_MAX];
    return v < 0 ? "?" : arena_strdup(a, fmt_bytes(t, v));
}

static const char *lease_text(struct cli *c, const struct cli_reading *r, int64_t id)
{
    char t[FMT_MAX];
    int64_t left = id ? snapshot_lease_left(r->s, id, r->now_us) : INT64_MIN;
    if (!id)
        return NULL;
    if (left == INT64_MIN)
        return "?";
    return arena_printf(&c->arena, left < 0 ? "overdue by %s" : "%s",
                        fmt_duration(t, left < 0 ? -left : left));
}

/* ---- the endpoints */

static const char *health_text(const struct etcd_endpoint *e, const struct source_state *st)
{
    static const char *const words[] = {"?", "healthy", "unhealthy"};
    if (st->outcome != OBS_ANSWERED)
        return obs_outcome_name(st->outcome);
    return e->health_reason && *e->health_reason ? e->health_reason : words[e->health];
}

static const char *raft_text(const struct etcd_endpoint *e)
{
    if (!e->has_leader_word)
        return "?";
    return e->is_leader    ? "leader"
           : e->is_learner ? "learner"
           : e->leader_id  ? "follower"
                           : "no leader";
}

static const char *alarm_text(const struct etcd_endpoint *e)
{
    static const char *const words[] = {NULL, "NOSPACE", "CORRUPT"};
    return words[e->alarm];
}

static void print_endpoints(struct cli *c, const struct cli_reading *r)
{
    static const char *const heads[] = {"ENDPOINT", "NAME", "VERSION", "HEALTH",   "RAFT", ">TERM",
                                        ">APPLIED", ">DB",  "ALARM",   ">LATENCY", ">AGE"};
    struct arena *a = &c->arena;
    struct cli_table t;
    bool denied = false;
    char d[FMT_MAX];
    cli_table_init(&t, a, 11, heads);
    for (int i = 0; i < r->s->nendpoints; i++) {
        const struct etcd_endpoint *e = &r->s->endpoints[i];
        const struct source_state *st = &r->s->endpoint_states[i];
        denied = denied || e->status_denied;
        cli_table_row(&t,
                      (const char *[]){
                          e->url, text_or_unknown(e->name), text_or_unknown(e->version),
                          health_text(e, st), raft_text(e), number(a, e->term),
                          number(a, e->applied_index), bytes(a, e->db_size), alarm_text(e),
                          st->answered_us ? arena_strdup(a, fmt_duration(d, st->latency_us)) : NULL,
                          cli_age(a, st, r->now_us)});
    }
    fputc('\n', c->opt->out);
    cli_table_print(&t, c->opt->out);
    if (denied)
        fputs("What is missing is not for this user to read (maintenance status was denied).\n",
              c->opt->out);
    if (r->s->etcd_members_text && *r->s->etcd_members_text)
        fprintf(c->opt->out, "The member list is not known: %s\n", r->s->etcd_members_text);
}

/* ---- the keys */

static void print_keys(struct cli *c, const struct cli_reading *r)
{
    static const char *const heads[] = {"MEMBER", "ROLE",       "STATE",    ">TL",
                                        "LSN",    "LEASE LEFT", ">REVISION"};
    const struct dcs *d = r->s->dcs;
    struct arena *a = &c->arena;
    struct cli_table t;
    cli_table_init(&t, a, 7, heads);
    for (int i = 0; i < d->nmembers; i++) {
        const struct dcs_member *m = &d->members[i];
        char lsn[24];
        cli_table_row(&t, (const char *[]){m->name, role_name(m->row.role),
                                           text_or_unknown(m->row.state_text),
                                           m->row.timeline ? number(a, m->row.timeline) : "?",
                                           m->location == LSN_UNKNOWN
                                               ? "?"
                                               : arena_strdup(a, lsn_format(lsn, m->location)),
                                           lease_text(c, r, m->lease), number(a, m->mod_revision)});
    }
    fputc('\n', c->opt->out);
    cli_table_print(&t, c->opt->out);
}

static void print_requests(FILE *out, const struct dcs *d)
{
    if (d->failover.present)
        fprintf(out, "A request stands in the key failover: from %s to %s%s%s\n",
                d->failover.leader ? d->failover.leader : "whoever leads",
                d->failover.candidate ? d->failover.candidate : "whoever is fit",
                d->failover.scheduled_at ? ", at " : "",
                d->failover.scheduled_at ? d->failover.scheduled_at : "");
    if (d->sync.present)
        fprintf(out, "Synchronous: leader %s, standbys %s\n", text_or_unknown(d->sync.leader),
                text_or_unknown(d->sync.standbys));
    if (d->failsafe)
        fputs("Failsafe mode is prepared: its key is there\n", out);
}

static void print_head(struct cli *c, const struct cli_reading *r)
{
    const struct snapshot *s = r->s;
    FILE *out = c->opt->out;
    fprintf(out, "%s: etcd %s", s->cluster, s->dcs_leads ? "is watched" : "is not watched");
    if (!s->dcs_leads)
        fprintf(out, " (%s): the picture is Patroni's",
                *s->dcs_state.detail ? s->dcs_state.detail
                                     : obs_outcome_name(s->dcs_state.outcome));
    fputc('\n', out);
    if (!s->dcs)
        return;
    fprintf(out, "Prefix %s, revision %lld; last word of it: %s\n", s->dcs->prefix,
            (long long)s->dcs->revision, cli_age(&c->arena, &s->dcs_state, r->now_us));
    if (!s->dcs->leader) {
        fputs("Nobody holds the leader lock\n", out);
        return;
    }
    fprintf(out, "%s holds the leader lock, lease left: %s\n", s->dcs->leader,
            text_or_unknown(lease_text(c, r, s->dcs->leader_lease)));
}

static void print_text(struct cli *c, const struct cli_reading *r)
{
    if (!r->s->etcd_configured) {
        fprintf(c->opt->out,
                "%s: etcd is not configured here: locks and leases are known from Patroni alone, "
                "at the pace of its polls.\nGive its endpoints with: pgdba cluster connect --name "
                "%s --replace --etcd URL ...\n",
                r->s->cluster, r->s->cluster);
        return;
    }
    print_head(c, r);
    if (r->s->dcs) {
        print_requests(c->opt->out, r->s->dcs);
        print_keys(c, r);
    }
    if (r->s->nendpoints)
        print_endpoints(c, r);
}

/* Leases are asked for only while somebody looks: now. */
static bool lease_known(void *arg)
{
    const struct snapshot *s = app_snapshot(arg);
    if (!s->dcs || !s->dcs_leads || !s->dcs->leader_lease)
        return true;
    const struct dcs_lease *l = snapshot_lease(s, s->dcs->leader_lease);
    return l && l->at_us;
}

int cli_dcs(struct cli *c)
{
    struct cli_reading r;
    r.code = cli_open(c);
    if (r.code != CLI_HEALTHY)
        return r.code;
    app_show_leases(c->app, true);
    app_run_until(c->app, lease_known, c->app, cli_now(c) + LEASE_TIMEOUT);
    cli_look(c, &r);
    if (c->json) {
        struct wire_json *root = cli_json_begin("dcs", r.s->cluster, r.wall_us);
        cli_json_dcs(root, r.s, r.now_us);
        cli_json_print(root, c->opt->out);
    } else {
        print_text(c, &r);
    }
    return r.code;
}
