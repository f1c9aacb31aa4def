/* plan.c: what would be done, to whom, with which checks: the part that all actions share. */
#include "kind.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pgdba/analysis/candidates.h"
#include "pgdba/analysis/preflight.h"
#include "pgdba/analysis/standing.h"
#include "pgdba/analysis/whom.h"
#include "pgdba/base/fmt.h"

static const struct action_ops *const kinds[] = {[ACT_SWITCHOVER] = &switchover_ops,
                                                 [ACT_SWITCHOVER_AT] = &switchover_at_ops,
                                                 [ACT_CANCEL_SWITCHOVER] = &cancel_switchover_ops,
                                                 [ACT_FAILOVER] = &failover_ops,
                                                 [ACT_RESTART] = &restart_ops,
                                                 [ACT_RESTART_AT] = &restart_at_ops,
                                                 [ACT_CANCEL_RESTART] = &cancel_restart_ops,
                                                 [ACT_ROLLING] = &rolling_ops,
                                                 [ACT_RELOAD] = &reload_ops,
                                                 [ACT_REINIT] = &reinit_ops,
                                                 [ACT_PAUSE] = &pause_ops,
                                                 [ACT_RESUME] = &resume_ops,
                                                 [ACT_CONFIG] = &config_ops,
                                                 [ACT_DEMOTE] = &demote_ops,
                                                 [ACT_PROMOTE] = &promote_ops,
                                                 [ACT_PROBE_START] = &probe_start_ops,
                                                 [ACT_PROBE_DROP] = &probe_drop_ops,
                                                 [ACT_QUERY] = &query_ops,
                                                 [ACT_REMOVE] = &remove_ops,
                                                 [ACT_PGB_PAUSE] = &pgb_ops,
                                                 [ACT_PGB_RESUME] = &pgb_ops,
                                                 [ACT_PGB_RECONNECT] = &pgb_ops,
                                                 [ACT_PGB_RELOAD] = &pgb_ops,
                                                 [ACT_PGB_ENABLE] = &pgb_ops,
                                                 [ACT_PGB_DISABLE] = &pgb_ops,
                                                 [ACT_PGB_KILL] = &pgb_ops,
                                                 [ACT_PGB_SET] = &pgb_ops,
                                                 [ACT_PGB_SHUTDOWN] = &pgb_ops,
                                                 [ACT_HOLD] = &hold_ops,
                                                 [ACT_HA_READY] = &haproxy_ops,
                                                 [ACT_HA_DRAIN] = &haproxy_ops,
                                                 [ACT_HA_MAINT] = &haproxy_ops,
                                                 [ACT_HA_SHUT] = &haproxy_ops};
_Static_assert(sizeof kinds / sizeof *kinds == ACT_COUNT, "an action without its file");

const struct action_ops *action_ops_of(enum action_kind k)
{
    return kinds[k];
}

/* ---- who is meant
 * ---------------------------------------------------------------------------------- */

enum status planner_known(const struct snapshot *s, const char *name, struct err *e)
{
    const struct member *m;

    return whom_named(s, name, &m, e);
}

static bool is_meant(const struct snapshot *s, const struct member *m, enum member_role role)
{
    bool leads = m == snapshot_leader(s);

    return m->listed && (role == MEMBERS_ALL || (role == MEMBERS_LEADER) == leads);
}

static enum status named_well(const struct snapshot *s, const struct request *r, struct err *e)
{
    for (int i = 0; i < r->nmembers; i++) {
        enum status st = planner_known(s, r->members[i], e);

        if (st != ST_OK)
            return st;
        for (int k = 0; k < i; k++)
            if (strcmp(r->members[i], r->members[k]) == 0)
                return err_set(e, ST_USAGE, "%s is named twice", r->members[i]);
    }
    return ST_OK;
}

enum status planner_members(const struct snapshot *s, struct plan *p, struct err *e)
{
    struct request *r = &p->request;
    const char **names = arena_array(&p->arena, (size_t)s->nmembers, const char *);
    int n = 0;

    if (r->role == MEMBERS_NAMED && r->nmembers == 0)
        return err_set(e, ST_USAGE, "%s needs members' names, or --role", action_name(r->kind));
    if (r->role == MEMBERS_NAMED)
        return named_well(s, r, e);
    if (r->nmembers > 0)
        return err_set(e, ST_USAGE, "%s takes members' names or --role, not both",
                       action_name(r->kind));
    for (int i = 0; i < s->nmembers; i++)
        if (is_meant(s, &s->members[i], r->role))
            names[n++] = arena_strdup(&p->arena, s->members[i].name);
    if (n == 0)
        return err_set(e, ST_NOT_FOUND, "%s has no %s", p->cluster,
                       r->role == MEMBERS_LEADER ? "leader" : "such members");
    r->members = names;
    r->nmembers = r->any ? 1 : n;
    r->role = MEMBERS_NAMED;
    return ST_OK;
}

void planner_member_words(struct planner *b, struct buf *out)
{
    for (int i = 0; i < b->plan->request.nmembers; i++)
        buf_addf(out, " %s", planner_quote(b, b->plan->request.members[i]));
}

/* ---- the whole
 * ------------------------------------------------------------------------------------- */

static const char *const *copy_texts(struct plan *p, const char *const *from, int n)
{
    const char **v = arena_array(&p->arena, (size_t)n, const char *);

    for (int i = 0; i < n; i++)
        v[i] = arena_strdup(&p->arena, from[i]);
    return v;
}

static void copy_request(struct plan *p, const struct request *r)
{
    const char **members = arena_array(&p->arena, (size_t)r->nmembers, const char *);
    const char **settings = arena_array(&p->arena, (size_t)r->nsettings, const char *);
    const char **bouncers = arena_array(&p->arena, (size_t)r->nbouncers, const char *);
    const char **databases = arena_array(&p->arena, (size_t)r->ndatabases, const char *);

    p->request = *r;
    p->request.leader = arena_strdup(&p->arena, r->leader);
    p->request.candidate = arena_strdup(&p->arena, r->candidate);
    p->request.via = arena_strdup(&p->arena, r->via);
    p->request.pg_version = arena_strdup(&p->arena, r->pg_version);
    p->request.patch = arena_strdup(&p->arena, r->patch);
    p->request.base = arena_strdup(&p->arena, r->base);
    p->request.sql = arena_strdup(&p->arena, r->sql);
    p->request.dbname = arena_strdup(&p->arena, r->dbname);
    p->request.user = arena_strdup(&p->arena, r->user);
    p->request.follow.host = arena_strdup(&p->arena, r->follow.host);
    p->request.follow.restore_command = arena_strdup(&p->arena, r->follow.restore_command);
    p->request.follow.slot = arena_strdup(&p->arena, r->follow.slot);
    p->request.client = arena_strdup(&p->arena, r->client);
    p->request.drain = arena_strdup(&p->arena, r->drain);
    for (int i = 0; i < r->nbouncers; i++)
        bouncers[i] = arena_strdup(&p->arena, r->bouncers[i]);
    p->request.bouncers = bouncers;
    for (int i = 0; i < r->ndatabases; i++)
        databases[i] = arena_strdup(&p->arena, r->databases[i]);
    p->request.databases = databases;
    for (int i = 0; i < r->nsettings; i++)
        settings[i] = arena_strdup(&p->arena, r->settings[i]);
    p->request.settings = settings;
    for (int i = 0; i < r->nmembers; i++)
        members[i] = arena_strdup(&p->arena, r->members[i]);
    p->request.members = members;
    p->request.servers = copy_texts(p, r->servers, r->nservers);
    p->request.on = copy_texts(p, r->on, r->non);
    p->request.backend = arena_strdup(&p->arena, r->backend);
}

/* Unencrypted, and not to this machine itself (a tunnel's end). */
static bool in_the_clear(const struct plan_step *step)
{
    static const char *const here[] = {"127.", "localhost", "[::1]", "::1"};
    const char *host = step->url + 7;

    if (strncmp(step->url, "http://", 7) != 0)
        return false;
    if (step->connect_host)
        host = step->connect_host;
    for (size_t i = 0; i < sizeof here / sizeof *here; i++)
        if (strncmp(host, here[i], strlen(here[i])) == 0)
            return false;
    return true;
}

static void checks_of_the_way(struct planner *b)
{
    const char *user = b->env->config->patroni.username, *who;
    struct err e = ERR_INIT;

    if (action_allowed(b->env, &b->plan->request, &who, &e) != ST_OK)
        planner_check(b, who, CHECK_BLOCK, "%s", err_text(&e));
    err_release(&e);
    for (int i = 0; user && i < b->plan->nsteps; i++)
        if (in_the_clear(&b->steps[i])) {
            planner_check(b, "plain-http", CHECK_WARN,
                          "the password of %s goes over the network unencrypted (http)", user);
            break;
        }
}

static const struct bouncer *bouncer_of(const struct snapshot *s, const char *name)
{
    for (int i = 0; i < s->nbouncers; i++)
        if (strcmp(s->bouncers[i].name, name) == 0)
            return &s->bouncers[i];
    return NULL;
}

static void note_silent(struct plan *p, const struct snapshot *s)
{
    bool *v = arena_array(&p->arena, (size_t)p->nsteps, bool);

    for (int i = 0; i < p->nsteps; i++) {
        const struct bouncer *b = bouncer_of(s, p->steps[i].member);

        v[i] = !b || b->pools_state.outcome != OBS_ANSWERED;
    }
    p->silent = v;
}

/* Both lists as one: blocks first, then warnings, then passes. */
static void join_checks(struct planner *b, const struct check_result *v, int n)
{
    struct plan *p = b->plan;
    struct check_result *all =
        arena_array(&p->arena, (size_t)(n + b->nchecks), struct check_result);

    for (int verdict = CHECK_BLOCK; verdict >= CHECK_PASS; verdict--) {
        for (int i = 0; i < b->nchecks; i++)
            if ((int)b->checks[i].verdict == verdict)
                all[p->nchecks++] = b->checks[i];
        for (int i = 0; i < n; i++)
            if ((int)v[i].verdict == verdict)
                all[p->nchecks++] = v[i];
    }
    p->checks = all;
    p->worst = p->nchecks ? all[0].verdict : CHECK_PASS;
}

/* In production everything asks for the cluster's name. */
static void confirm_in_production(struct plan *p)
{
    if (p->environment != ENV_PRODUCTION)
        return;
    p->confirm = CONFIRM_WORD;
    p->confirm_word = p->cluster;
    p->confirm_what = "the cluster's name";
}

static struct plan *plan_new(const struct action_env *env, const struct snapshot *s,
                             const struct request *r)
{
    struct plan *p = xcalloc(1, sizeof *p);
    const struct member *leader = snapshot_leader(s);

    arena_init(&p->arena);
    p->kind = r->kind;
    copy_request(p, r);
    p->snapshot_id = s->id;
    p->made_us = clock_mono(env->clock);
    p->cluster = arena_strdup(&p->arena, s->cluster ? s->cluster : env->config->name);
    p->environment = s->environment;
    p->leader = leader ? arena_strdup(&p->arena, leader->name) : NULL;
    p->timeline = snapshot_timeline(s);
    p->facts = standing_facts(s, &p->arena, &p->nfacts);
    p->revision = s->dcs_leads && s->dcs ? s->dcs->revision : 0;
    p->confirm_word = "";
    p->confirm_what = "";
    return p;
}

void plan_free(struct plan *p)
{
    if (!p)
        return;
    arena_release(&p->arena);
    free(p);
}

enum status action_plan(const struct action_env *env, const struct snapshot *s,
                        const struct request *r, bool operation_running, struct plan **out,
                        struct err *e)
{
    const struct action_ops *ops = kinds[r->kind];
    struct plan *p = plan_new(env, s, r);
    struct planner b = {.env = env, .s = s, .plan = p};
    const struct check_result *checks;
    enum check_verdict worst;
    int n = 0;
    enum status st;

    *out = NULL;
    st = ops->check(s, p, e);
    if (st != ST_OK) {
        plan_free(p);
        return st;
    }
    ops->plan(&b);
    checks_of_the_way(&b);
    checks = preflight_run(s, &p->request, operation_running, clock_mono(env->clock), &p->arena, &n,
                           &worst);
    join_checks(&b, checks, n);
    if (ops->elects)
        p->candidates = candidates_of(s, p->request.candidate, clock_mono(env->clock), &p->arena,
                                      &p->ncandidates);
    p->lines = b.lines;
    p->steps = b.steps;
    note_silent(p, s);
    confirm_in_production(p);
    *out = p;
    return ST_OK;
}

/* ---- at Enter
 * ------------------------------------------------------------------------------------------ */

static enum status moved_leader(const struct plan *p, const struct member *now, struct err *e)
{
    if (!p->leader)
        return err_set(e, ST_CONFLICT, "the plan was made without a leader, and now %s leads",
                       now->name);
    if (!now)
        return err_set(e, ST_CONFLICT, "the plan was made with %s as leader, and now there is none",
                       p->leader);
    return err_set(e, ST_CONFLICT, "the plan was made with %s as leader, and now %s leads",
                   p->leader, now->name);
}

/* The k-th warning of that check; NULL: there are not so many. */
static const struct check_result *nth_warning(const struct check_result *v, int n,
                                              const char *check, int k)
{
    for (int i = 0; i < n; i++)
        if (v[i].verdict == CHECK_WARN && strcmp(v[i].check, check) == 0 && k-- == 0)
            return &v[i];
    return NULL;
}

static bool outgrew(const struct check_result *then, const struct check_result *now)
{
    return now->amount / 2 > then->amount && now->amount - then->amount > now->slack;
}

/* What was confirmed was another warning, or one of much less. */
static enum status warns_anew(const struct plan *p, const struct check_result *v, int n,
                              struct err *e)
{
    for (int i = 0; i < n; i++) {
        int k = 0;
        if (v[i].verdict != CHECK_WARN)
            continue;
        for (int before = 0; before < i; before++)
            k += v[before].verdict == CHECK_WARN && strcmp(v[before].check, v[i].check) == 0;
        const struct check_result *then = nth_warning(p->checks, p->nchecks, v[i].check, k);
        if (!then)
            return err_set(e, ST_CONFLICT, "this was not so when the plan was made: %s",
                           v[i].reason);
        if (outgrew(then, &v[i]))
            return err_set(e, ST_CONFLICT, "when the plan was made: %s; and now: %s", then->reason,
                           v[i].reason);
    }
    return ST_OK;
}

static enum status check_anew(const struct plan *p, const struct snapshot *now,
                              bool operation_running, int64_t now_us, struct err *e)
{
    struct arena a;
    enum check_verdict worst = CHECK_PASS;
    enum status st = ST_OK;
    int n = 0;

    arena_init(&a);
    const struct check_result *v =
        preflight_run(now, &p->request, operation_running, now_us, &a, &n, &worst);
    const char *moved = standing_moved(p->facts, p->nfacts, now, &a);

    if (worst == CHECK_BLOCK)
        st = err_set(e, ST_REFUSED, "%s: %s", v[0].check, v[0].reason);
    else if (moved)
        st = err_set(e, ST_CONFLICT, "%s", moved);
    else
        st = warns_anew(p, v, n, e);
    arena_release(&a);
    return st;
}

/* One that froze since its last answer would do what it is told when it thaws. */
static enum status bouncers_answered(const struct plan *p, const struct snapshot *now,
                                     struct err *e)
{
    for (int i = 0; p->looked_us && i < p->nsteps; i++) {
        const char *name = p->steps[i].member;
        const struct bouncer *b = bouncer_of(now, name);
        const struct source_state *st = b ? &b->pools_state : NULL;

        if (!p->steps[i].to_bouncer || p->silent[i] ||
            (st && st->outcome == OBS_ANSWERED && st->answered_us - st->latency_us > p->looked_us))
            continue;
        return err_set(e, ST_REFUSED, "%s was asked once more and has not answered%s%s", name,
                       st && *st->detail ? ": " : "", st ? st->detail : "");
    }
    return ST_OK;
}

enum status action_recheck(const struct plan *p, const struct snapshot *now, bool operation_running,
                           int64_t now_us, struct err *e)
{
    const struct member *leader = snapshot_leader(now);
    int64_t timeline = snapshot_timeline(now);

    if ((leader != NULL) != (p->leader != NULL) || (leader && strcmp(leader->name, p->leader) != 0))
        return moved_leader(p, leader, e);
    if (p->timeline > 0 && timeline == 0)
        return err_set(e, ST_CONFLICT,
                       "the plan was made on timeline %" PRId64
                       ", and now %s does not say its timeline: something has begun there",
                       p->timeline, leader ? leader->name : "nobody");
    if (p->timeline > 0 && timeline != p->timeline)
        return err_set(e, ST_CONFLICT,
                       "the plan was made on timeline %" PRId64 ", and now it is %" PRId64,
                       p->timeline, timeline);
    enum status st = check_anew(p, now, operation_running, now_us, e);
    return st == ST_OK ? bouncers_answered(p, now, e) : st;
}
