/* run.c: carries a plan out: audit, send, follow. What the pictures mean is the kind's business. */
#include "kind.h"

#include <stdlib.h>
#include <string.h>

#include "io.h"
#include "pgdba/base/utf8.h"
#include "pgdba/config/secret.h"
#include "pgdba/wire/haproxy.h"

enum { ANSWER_SHOWN = 400 }; /* bytes of an answer's text that are kept */

int64_t run_now(const struct action_run *r)
{
    return clock_mono(r->env.clock);
}

bool run_ended(const struct action_run *r)
{
    return r->op.state != OP_RUNNING;
}

static void touch(struct action_run *r)
{
    r->op.revision++;
}

/* ---- phases and sentences
 * ------------------------------------------------------------------------ */

void run_phases(struct action_run *r, int n, const char *const *names)
{
    if (!r->first) {
        r->phases = arena_array(&r->arena, (size_t)n, struct op_phase);
        r->op.phases = r->phases;
        r->op.nphases = n;
    }
    for (int i = 0; i < n; i++)
        r->phases[r->first + i] =
            (struct op_phase){.name = arena_strdup(&r->arena, names[i]), .note = ""};
}

static bool phase_open(const struct op_phase *ph)
{
    return ph->state == PHASE_WAITING || ph->state == PHASE_ACTIVE;
}

void run_phase(struct action_run *r, int i, enum phase_state state, const char *note)
{
    struct op_phase *ph = &r->phases[r->first + i];
    bool same_note = !note || strcmp(note, ph->note) == 0;

    if (!phase_open(ph) || (ph->state == state && same_note))
        return;
    if (!same_note)
        ph->note = arena_strdup(&r->arena, note);
    ph->state = state;
    if (state == PHASE_DONE || state == PHASE_FAILED)
        ph->at_us = run_now(r);
    touch(r);
}

/* The first phase is the request itself: whatever came of it shows that it arrived. */
void run_phase_reach(struct action_run *r, int i, const char *note)
{
    for (int k = 0; k < i; k++)
        run_phase(r, k, k == 0 ? PHASE_DONE : PHASE_SKIPPED, k == 0 ? NULL : "passed unseen");
    run_phase(r, i, PHASE_DONE, note);
    if (r->first + i + 1 < r->op.nphases)
        run_phase(r, i + 1, PHASE_ACTIVE, NULL);
}

bool run_phase_reached(const struct action_run *r, int i)
{
    return r->phases[r->first + i].state == PHASE_DONE;
}

void run_wait_for(struct action_run *r, const char *fmt, ...)
{
    struct buf b;
    va_list ap;

    buf_init(&b);
    va_start(ap, fmt);
    buf_vaddf(&b, fmt, ap);
    va_end(ap);
    if (strcmp(b.s, r->op.waiting_for) != 0) {
        r->op.waiting_for = arena_strdup(&r->arena, b.s);
        touch(r);
    }
    buf_release(&b);
}

const char *run_said(struct action_run *r)
{
    return r->op.answer[0] ? arena_printf(&r->arena, " (Patroni's answer: %s)", r->op.answer) : "";
}

static void audit_end(struct action_run *r)
{
    struct err e = ERR_INIT;

    if (audit_outcome(r->env.audit, &r->op, &e) == ST_OK)
        return;
    log_write(r->env.log, LOG_ERROR, "audit: %s", err_text(&e));
    if (!r->left)
        r->op.outcome = arena_printf(&r->arena, "%s; the audit log could not be written: %s",
                                     r->op.outcome, err_text(&e));
    err_release(&e);
}

/* What never came is told from what was not waited for. */
static void close_phases(struct action_run *r)
{
    enum phase_state active = r->op.state == OP_UNKNOWN ? PHASE_SKIPPED : PHASE_FAILED;
    bool good = r->op.state == OP_DONE || r->op.state == OP_DONE_ELSEWHERE;

    for (int i = 0; i < r->op.nphases; i++) {
        bool was_active = r->phases[i].state == PHASE_ACTIVE;

        if (phase_open(&r->phases[i]))
            run_phase(r, i, was_active && !good ? active : PHASE_SKIPPED, NULL);
    }
}

/* A frozen member has the request in its socket, and carries it out minutes later, when it thaws:
 * whatever was observed meanwhile, that is not over. */
static void may_still_come(struct action_run *r)
{
    if (r->unanswered && r->op.state != OP_DONE)
        r->op.outcome = arena_printf(
            &r->arena,
            "%s; %s %s was never answered, and may still be carried out when %s comes back: look "
            "at it before anything is sent again",
            r->op.outcome, r->unanswered->method, r->unanswered->url, r->unanswered->member);
}

void run_end(struct action_run *r, enum op_state state, const char *fmt, ...)
{
    va_list ap;

    const char *outcome;

    if (run_ended(r))
        return;
    va_start(ap, fmt);
    outcome = arena_vprintf(&r->arena, fmt, ap);
    va_end(ap);
    if (r->ops->ending && r->ops->ending(r, state, outcome)) {
        touch(r);
        return;
    }
    r->op.outcome = outcome;
    r->op.state = state;
    may_still_come(r);
    r->op.ended_us = run_now(r);
    r->op.waiting_for = "";
    r->deadline_us = 0;
    close_phases(r);
    run_drop_call(r);
    if (r->ops->release)
        r->ops->release(r);
    touch(r);
    log_write(r->env.log, LOG_INFO, "%s %s: %s: %s", r->plan->cluster, action_name(r->plan->kind),
              op_state_name(state), r->op.outcome);
    audit_end(r);
}

/* ---- the end of every event
 * ------------------------------------------------------------------------ */

void run_settle(struct action_run *r)
{
    int64_t left;

    if (r->ops->arm && !run_ended(r))
        r->ops->arm(r);
    left = r->deadline_us - run_now(r);
    r->io->alarm(r->io->arg, r, r->deadline_us == 0 ? -1 : left > 0 ? left : 0);
    if (r->told == r->op.revision)
        return;
    r->told = r->op.revision;
    if (r->env.changed)
        r->env.changed(r->env.changed_arg, &r->op);
}

void action_alarm(struct action_run *r)
{
    if (!run_ended(r) && r->deadline_us > 0 && run_now(r) >= r->deadline_us) {
        r->deadline_us = 0;
        r->ops->expired(r);
    }
    run_settle(r);
}

void action_observe(struct action_run *r, const struct snapshot *s)
{
    if (run_ended(r))
        return;
    snapshot_ref(s);
    snapshot_unref(r->last);
    r->last = s;
    r->ops->observe(r, s);
    run_settle(r);
}

/* ---- sending
 * ------------------------------------------------------------------------------------------ */

/* Patroni's refusals are sentences; its error pages are HTML, of which only the number tells. */
static const char *answer_text(struct action_run *r, const struct net_http_reply *reply)
{
    const char *body = reply->body + strspn(reply->body, " \t\r\n");
    size_t n = strlen(body);

    if (reply->outcome != NET_ANSWERED)
        return arena_strdup(&r->arena, reply->detail);
    if (n == 0 || *body == '<')
        return arena_printf(&r->arena, "HTTP %d", reply->status);
    return arena_printf(&r->arena, "HTTP %d: %s", reply->status,
                        utf8_clean(&r->arena, body, n < ANSWER_SHOWN ? n : ANSWER_SHOWN));
}

static void replied(void *arg, const struct net_http_reply *reply)
{
    struct action_run *r = arg;
    bool definite = reply->outcome == NET_ANSWERED;
    struct step_answer a = {.sent = definite || reply->sent,
                            .definite = definite,
                            .means = WIRE_UNKNOWN_OUTCOME,
                            .text = answer_text(r, reply),
                            .body = definite ? reply->body : "",
                            .body_len = definite ? reply->body_len : 0};

    r->call = NULL;
    if (r->unanswered == &r->plan->steps[r->step] && (definite || !a.sent))
        r->unanswered = NULL;
    a.final = definite && reply->status >= 400 && reply->status < 500;
    if (definite)
        a.means = wire_patroni_answer(r->plan->kind, reply->status, reply->body, reply->body_len);
    r->op.answer = a.text;
    touch(r);
    log_write(r->env.log, LOG_INFO, "%s %s: answer of %s after %lld ms: %s", r->plan->cluster,
              action_name(r->plan->kind), r->plan->steps[r->step].url,
              (long long)(reply->latency_us / USEC_PER_MS), a.text);
    if (!run_ended(r))
        r->ops->answered(r, &a);
    run_settle(r);
}

/* What was refused in SQL has changed nothing: a statement is all or nothing. Without an answer it
 * may have been carried out. */
static void sql_replied(void *arg, const struct net_pg_reply *reply)
{
    struct action_run *r = arg;
    bool answered = reply->outcome == NET_ANSWERED, refused = answered && *reply->sqlstate;
    struct step_answer a = {
        .sent = answered || reply->outcome == NET_TIMED_OUT || reply->outcome == NET_GARBLED,
        .definite = answered,
        .final = refused,
        .means = !answered ? WIRE_UNKNOWN_OUTCOME
                 : refused ? WIRE_REFUSED
                           : WIRE_DONE,
        .table = reply->table,
        .body = "",
        .text = !refused ? utf8_clean(&r->arena, reply->detail, strlen(reply->detail))
                         : arena_printf(
                               &r->arena, "%s (%s)",
                               utf8_clean(&r->arena, reply->detail, strlen(reply->detail)),
                               utf8_clean(&r->arena, reply->sqlstate, strlen(reply->sqlstate)))};
    void *call = r->call;

    r->call = NULL;
    r->op.answer = a.text;
    touch(r);
    if (!run_ended(r))
        r->ops->answered(r, &a);
    r->io->sql_cancel(r->io->arg, call); /* the connection has served; reply goes with it */
    run_settle(r);
}

static void etcd_replied(void *arg, const struct action_etcd_reply *reply)
{
    struct action_run *r = arg;
    struct step_answer a = {.sent = reply->sent,
                            .definite = reply->definite,
                            .final = reply->refused,
                            .means = !reply->definite ? WIRE_UNKNOWN_OUTCOME
                                     : reply->refused ? WIRE_REFUSED
                                                      : WIRE_DONE,
                            .text = utf8_clean(&r->arena, reply->text, strlen(reply->text)),
                            .body = reply->definite ? reply->body : "",
                            .body_len = reply->definite ? reply->body_len : 0};

    r->call = NULL;
    r->op.answer = a.text;
    touch(r);
    if (!run_ended(r))
        r->ops->answered(r, &a);
    run_settle(r);
}

/* A change that was taken is answered with nothing; every word is a refusal. */
static void line_replied(void *arg, const struct net_line_reply *reply)
{
    struct action_run *r = arg;
    bool answered = reply->outcome == NET_ANSWERED;
    const char *said = wire_haproxy_said(reply->body, reply->body_len, &r->arena);
    struct step_answer a = {.sent = answered || reply->sent,
                            .definite = answered,
                            .final = *said != '\0',
                            .means = !answered ? WIRE_UNKNOWN_OUTCOME
                                     : *said   ? WIRE_REFUSED
                                               : WIRE_DONE,
                            .text = answered ? said : arena_strdup(&r->arena, reply->detail),
                            .body = reply->body,
                            .body_len = reply->body_len};

    r->call = NULL;
    r->op.answer = a.text;
    touch(r);
    log_write(r->env.log, LOG_INFO, "%s %s: answer of %s after %lld ms: %s", r->plan->cluster,
              action_name(r->plan->kind), r->plan->steps[r->step].url,
              (long long)(reply->latency_us / USEC_PER_MS), *a.text ? a.text : "taken");
    if (!run_ended(r))
        r->ops->answered(r, &a);
    run_settle(r);
}

void run_drop_call(struct action_run *r)
{
    if (r->call && r->way == CALL_SQL)
        r->io->sql_cancel(r->io->arg, r->call);
    else if (r->call && r->way == CALL_LINE)
        r->io->line_cancel(r->io->arg, r->call);
    else if (r->call && r->way == CALL_ETCD)
        r->env.etcd.cancel(r->env.etcd.arg, r->call);
    else if (r->call)
        r->io->cancel(r->io->arg, r->call);
    r->call = NULL;
}

/* False: the way that was there when the plan was made is not any more. */
static bool send_sql(struct action_run *r, const struct plan_step *step)
{
    struct action_sql_route to = step->to_member
                                     ? r->env.sql_member(r->env.sql_member_arg, &r->plan->request)
                                     : r->env.sql_route(r->env.sql_route_arg, step->member);

    if (!to.conninfo) {
        run_end(r, OP_REFUSED, "nothing was sent: %s", to.why);
        return false;
    }
    run_drop_call(r);
    r->step++;
    r->sent_us = run_now(r);
    r->op.answer = "";
    log_write(r->env.log, LOG_INFO, "%s %s: SQL to %s: %s", r->plan->cluster,
              action_name(r->plan->kind), step->url, step->body);
    r->way = CALL_SQL;
    r->call = r->io->sql(r->io->arg, &to, step->body, step->timeout_us, sql_replied, r);
    touch(r);
    return true;
}

static bool send_etcd(struct action_run *r, const struct plan_step *step)
{
    run_drop_call(r);
    r->step++;
    r->sent_us = run_now(r);
    r->op.answer = "";
    log_write(r->env.log, LOG_INFO, "%s %s: POST %s %s", r->plan->cluster,
              action_name(r->plan->kind), step->url, step->body);
    r->way = CALL_ETCD;
    r->call = r->env.etcd.send(r->env.etcd.arg, step->etcd_path, step->body, step->timeout_us,
                               etcd_replied, r);
    touch(r);
    return true;
}

static bool send_line(struct action_run *r, const struct plan_step *step)
{
    run_drop_call(r);
    r->step++;
    r->sent_us = run_now(r);
    r->op.answer = "";
    log_write(r->env.log, LOG_INFO, "%s %s: to %s: %s", r->plan->cluster,
              action_name(r->plan->kind), step->url, step->body);
    r->way = CALL_LINE;
    r->call =
        r->io->line(r->io->arg,
                    &(struct net_line_request){
                        .to = step->socket, .command = step->body, .timeout_us = step->timeout_us},
                    line_replied, r);
    touch(r);
    return true;
}

static struct net_http_request request_of(const struct action_run *r, const struct plan_step *step)
{
    const struct patroni_config *c = &r->env.config->patroni;

    return (struct net_http_request){
        .method = step->method,
        .url = step->url,
        .body = step->body[0] ? step->body : NULL,
        .user = c->username,
        .password = c->username ? r->env.password : NULL,
        .tls = {.cacert = c->tls.cacert,
                .cert = c->tls.cert,
                .key = c->tls.key,
                .insecure = c->tls.insecure},
        .proxy = c->proxy,
        .connect_host = step->connect_host,
        .connect_port = step->connect_port,
        .timeout_us = step->timeout_us,
        .max_body = 65536,
    };
}

bool run_send_next(struct action_run *r)
{
    const struct plan_step *step = &r->plan->steps[r->step + 1];
    struct net_http_request req = request_of(r, step);
    char *key_password = NULL;
    const char *who;
    struct err e = ERR_INIT;

    if (action_allowed(&r->env, &r->plan->request, &who, &e) != ST_OK) {
        run_end(r, r->step < 0 ? OP_REFUSED : OP_FAILED, "nothing more was sent: %s", err_text(&e));
        err_release(&e);
        return false;
    }
    if (strcmp(step->method, "SQL") == 0)
        return send_sql(r, step);
    if (step->etcd_path)
        return send_etcd(r, step);
    if (step->socket)
        return send_line(r, step);
    if (secret_read(&r->env.config->patroni.tls.key_password, "the TLS key", &key_password, &e) !=
        ST_OK) {
        run_end(r, OP_REFUSED, "nothing was sent: %s", err_text(&e));
        err_release(&e);
        return false;
    }
    req.tls.key_password = key_password;
    run_drop_call(r);
    r->step++;
    r->sent_us = run_now(r);
    r->op.answer = "";
    log_write(r->env.log, LOG_INFO, "%s %s: %s %s %s", r->plan->cluster, action_name(r->plan->kind),
              step->method, step->url, step->body);
    if (strcmp(step->method, "GET") != 0)
        r->unanswered = step;
    r->way = CALL_HTTP;
    r->call = r->io->send(r->io->arg, &req, replied, r);
    secret_wipe_free(key_password);
    touch(r);
    return true;
}

/* ---- start and end
 * ---------------------------------------------------------------------------------------- */

static struct action_run *run_new(const struct action_env *env, const struct action_io *io,
                                  struct plan *p, const struct snapshot *now)
{
    struct action_run *r = xcalloc(1, sizeof *r);

    arena_init(&r->arena);
    r->env = *env;
    r->io = arena_memdup(&r->arena, io, sizeof *io);
    r->ops = action_ops_of(p->kind);
    r->plan = p;
    r->last = snapshot_ref(now);
    r->step = -1;
    r->op = (struct operation){.plan = p,
                               .state = OP_RUNNING,
                               .started_us = clock_mono(env->clock),
                               .started_wall_us = clock_wall(env->clock),
                               .waiting_for = "",
                               .outcome = "",
                               .answer = ""};
    return r;
}

static void run_free(struct action_run *r)
{
    run_drop_call(r);
    if (r->ops->release && r->phases)
        r->ops->release(r);
    r->io->alarm(r->io->arg, r, -1);
    r->io->release(r->io->arg);
    snapshot_unref(r->last);
    plan_free(r->plan);
    arena_release(&r->arena);
    free(r);
}

static bool all_have_routes(const struct plan *p)
{
    for (int i = 0; i < p->nsteps; i++)
        if (!p->steps[i].url[0])
            return false;
    return p->nsteps > 0;
}

static enum status refused(const struct action_env *env, const struct plan *p, struct err *e)
{
    const char *who;
    enum status st = action_allowed(env, &p->request, &who, e);

    if (st != ST_OK)
        return st;
    if (!all_have_routes(p))
        return err_set(e, ST_REFUSED, "there is nobody to send it to: %s",
                       p->nchecks ? p->checks[0].reason : "no API is reachable from here");
    if (p->worst == CHECK_WARN && !p->accepted)
        return err_set(e, ST_REFUSED, "its warnings were not confirmed: %s", p->checks[0].reason);
    return ST_OK;
}

/* Nothing goes out before it is written down; what is refused is written down too, and stays
 * refused when it cannot be. */
static enum status may_start(const struct action_env *env, const struct plan *p, struct err *e)
{
    struct err why = ERR_INIT;
    enum status st = refused(env, p, &why);

    if (st != ST_OK && env->audit)
        (void)audit_refusal(env->audit, p, err_text(&why), NULL);
    if (st != ST_OK)
        err_set(e, st, "%s", err_text(&why));
    err_release(&why);
    if (st != ST_OK)
        return st;
    if (!env->audit)
        return err_set(e, ST_IO, "there is no audit log: nothing is sent");
    return audit_intent(env->audit, p, e);
}

enum status action_start_with(const struct action_env *env, const struct action_io *io,
                              struct plan *p, const struct snapshot *now, struct action_run **out,
                              struct err *e)
{
    struct action_run *r = run_new(env, io, p, now);
    enum status st = may_start(env, p, e);

    *out = NULL;
    if (st != ST_OK) {
        run_free(r);
        return st;
    }
    r->ops->begin(r);
    if (!r->ops->begins_itself)
        run_send_next(r);
    *out = r;
    run_settle(r);
    return ST_OK;
}

const struct operation *action_operation(const struct action_run *r)
{
    return &r->op;
}

bool action_interrupt(struct action_run *r)
{
    bool waits = r && !run_ended(r) && r->ops->interrupt && r->ops->interrupt(r);

    if (waits)
        run_settle(r);
    return waits;
}

void action_free(struct action_run *r)
{
    if (!r)
        return;
    if (!run_ended(r)) {
        r->left = true;
        audit_end(r);
    }
    run_free(r);
}
