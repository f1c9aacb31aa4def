/* Plans and the one running operation. */
#include <stdlib.h>

#include "app_private.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/path.h"
#include "pgdba/config/policy.h"
#include "pgdba/config/settings.h"
#include "pgdba/net/syslog.h"

static struct action_route route(void *arg, const char *member)
{
    const struct app *a = arg;
    struct member_route r = {0};
    r.why = "the cluster is not open";
    if (a->patroni)
        r = source_patroni_route(a->patroni, member);
    return (struct action_route){.base = r.base,
                                 .connect_host = r.connect_host,
                                 .connect_port = r.connect_port,
                                 .why = r.why};
}

/* Beside what the cluster does stands what was done to it. */
static void note_event(struct app *a, const struct operation *op)
{
    bool running = op->state == OP_RUNNING;
    int64_t mono = clock_mono(a->opt.clock);
    char *text =
        running ? xasprintf("%s begins here", op->plan->title)
                : xasprintf("%s: %s: %s", op->plan->title, op_state_name(op->state), op->outcome);
    struct event e = {.mono_us = mono,
                      .wall_us = clock_wall(a->opt.clock),
                      .not_before_us = mono,
                      .kind = EV_OPERATION,
                      .source = SYS_PGDBA,
                      .grade = running || op->state == OP_DONE ? HEALTH_OK : HEALTH_DEGRADED,
                      .subject = "",
                      .now = op_state_name(op->state),
                      .text = text,
                      .evidence = op->plan->equivalent};
    story_add(a->story, &e);
    free(text);
}

static void tell(void *arg)
{
    struct app *a = arg;
    const struct operation *op = app_operation(a);
    if (!op)
        return;
    bool running = op->state == OP_RUNNING;
    if (running != a->run_was_running) {
        a->run_was_running = running;
        note_event(a, op);
        if (running)
            app_acting_begin(a, op);
        else
            app_acting_end(a);
        if (!running) {
            app_held_let_go(a, true);
            app_probe_planned(a, op);
        }
        app_apply_refresh(a);
        app_sources_want(a);
    }
    if (op->revision == a->op_revision)
        return;
    a->op_revision = op->revision;
    if (a->sub.operation)
        a->sub.operation(a->sub.arg, op);
    app_something_happened(a);
}

static void changed(void *arg, const struct operation *op)
{
    struct app *a = arg;
    (void)op;
    net_loop_defer(a->loop, tell, a);
}

static void hurry(void *arg, bool way)
{
    if (way)
        app_sources_refresh_way(arg);
    else
        app_refresh_now(arg);
}

static struct action_env env_of(struct app *a)
{
    return (struct action_env){.loop = a->loop,
                               .http = a->http,
                               .clock = a->opt.clock,
                               .config = a->config,
                               .audit = a->audit,
                               .log = a->opt.log,
                               .read_only = app_read_only(a),
                               .policy = a->policy,
                               .password = app_patroni_password(a),
                               .route = route,
                               .route_arg = a,
                               .resolver = a->resolver,
                               .sql_route = app_probe_way,
                               .sql_route_arg = a,
                               .sql_member = app_query_way,
                               .sql_member_arg = a,
                               .bouncer = app_bouncer_route,
                               .bouncer_arg = a,
                               .memory = app_held_memory(a),
                               .etcd = app_etcd_way(a),
                               .hurry = hurry,
                               .hurry_arg = a,
                               .changed = changed,
                               .changed_arg = a};
}

/* One outcome for a log that cannot be opened and one that cannot be written: nothing is sent. */
static enum status not_recorded(struct err *e)
{
    err_prefix(e, "nothing was sent, since it could not be recorded in the audit log");
    if (e)
        e->status = ST_DENIED;
    return ST_DENIED;
}

static void not_copied(void *arg, const char *why)
{
    char *text = xasprintf("the audit log has it, but not its copy: %s", why);
    app_error(arg, text);
    free(text);
}

/* Opened with the first plan: one who only watches leaves no audit file. */
enum status app_need_audit(struct app *a, struct err *e)
{
    if (a->audit)
        return ST_OK;
    char *path = path_state("audit.jsonl");
    enum status st = audit_open(&a->audit, path, a->opt.clock, e);
    free(path);
    if (st != ST_OK)
        return not_recorded(e);
    if ((a->opt.settings && a->opt.settings->audit.syslog) || policy_wants_syslog(a->policy))
        audit_copy_to(a->audit, NET_SYSLOG, not_copied, a);
    return ST_OK;
}

enum status app_may(struct app *a, enum action_kind k, struct err *e)
{
    return policy_may(a->policy, a->config, k, e);
}

bool app_has_password(const struct app *a)
{
    return !a->nsecrets || !a->secrets[0].proc;
}

/* At the pace of a plan the picture of a slower one would be stale: it is asked for anew. */
static void plan_opened(struct app *a)
{
    int64_t before = app_effective_refresh(a);
    a->plans++;
    if (app_effective_refresh(a) == before)
        return;
    app_apply_refresh(a);
    app_refresh_now(a);
}

static void plan_closed(struct app *a)
{
    int64_t before = app_effective_refresh(a);
    a->plans--;
    if (app_effective_refresh(a) != before)
        app_apply_refresh(a);
}

enum status app_plan(struct app *a, const struct request *r, struct plan **out, struct err *e)
{
    *out = NULL;
    if (!a->config || !a->published)
        return err_set(e, ST_USAGE, "no cluster is open");
    if (a->replay)
        return app_replay_refuse(a, e);
    if (!app_has_password(a))
        return err_set(
            e, ST_CONFLICT,
            "the password command of patroni has not answered yet: try again when it has");
    struct action_env env = env_of(a);
    enum status st = action_plan(&env, a->published, r, app_operation_running(a), out, e);
    if (st == ST_OK)
        plan_opened(a);
    return st;
}

void app_plan_free(struct app *a, struct plan *p)
{
    if (!p)
        return;
    plan_free(p);
    plan_closed(a);
}

void app_decline(struct app *a, struct plan *p, const char *why)
{
    struct err e = ERR_INIT;
    if (app_need_audit(a, &e) != ST_OK || audit_refusal(a->audit, p, why, &e) != ST_OK)
        app_error(a, err_text(&e));
    err_release(&e);
    app_plan_free(a, p);
}

enum status app_execute(struct app *a, struct plan *p, struct err *e)
{
    enum status st = app_replay_refuse(a, e);
    if (st == ST_OK)
        st = app_need_audit(a, e);
    if (st != ST_OK) {
        app_plan_free(a, p);
        return st;
    }
    if (app_read_only(a))
        st = err_set(e, ST_DENIED, "this console is read-only: nothing is sent");
    else
        st = action_recheck(p, a->published, app_operation_running(a), clock_mono(a->opt.clock), e);
    if (st != ST_OK) {
        app_decline(a, p, err_text(e));
        return st;
    }
    app_operation_drop(a);
    struct action_env env = env_of(a);
    st = action_start(&env, p, a->published, &a->run, e);
    if (st == ST_OK)
        changed(a, NULL);
    else if (st == ST_IO) /* the intent's line */
        st = not_recorded(e);
    plan_closed(a); /* the operation keeps the pace */
    return st;
}

const struct operation *app_operation(const struct app *a)
{
    return a->run ? action_operation(a->run) : NULL;
}

bool app_operation_running(const struct app *a)
{
    const struct operation *op = app_operation(a);
    return op && op->state == OP_RUNNING;
}

bool app_operation_interrupt(struct app *a)
{
    return action_interrupt(a->run);
}

void app_operation_observe(struct app *a, const struct snapshot *s)
{
    if (a->run)
        action_observe(a->run, s);
}

void app_leave(struct app *a)
{
    app_operation_drop(a);
    app_cluster_close(a);
}

void app_operation_drop(struct app *a)
{
    bool ended = a->run && !app_operation_running(a);
    net_loop_undefer(a->loop, tell, a);
    action_free(a->run);
    a->run = NULL;
    app_held_let_go(a, ended);
    a->run_was_running = false;
    a->op_revision = 0;
}
