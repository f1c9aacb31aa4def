/* send.c: a plan's steps on their ways, and what is answered to them. */
#include "kind.h"

#include <string.h>

#include "io.h"
#include "pgdba/base/utf8.h"
#include "pgdba/config/secret.h"
#include "pgdba/wire/haproxy.h"

enum { ANSWER_SHOWN = 400 }; /* bytes of an answer's text that are kept */

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
    run_touch(r);
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
    run_touch(r);
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
    run_touch(r);
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
    run_touch(r);
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
    run_touch(r);
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
    run_touch(r);
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
    run_touch(r);
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

void run_get(struct action_run *r, void **call, const char *member, const char *path,
             int64_t timeout_us, net_http_fn *fn, void *arg)
{
    struct action_route to = r->env.route(r->env.route_arg, member);
    char *key_password = NULL;

    *call = NULL;
    if (!to.base || secret_read(&r->env.config->patroni.tls.key_password, "the TLS key",
                                &key_password, NULL) != ST_OK)
        return;
    const struct plan_step step = {.method = "GET",
                                   .url = arena_printf(&r->arena, "%s%s", to.base, path),
                                   .body = "",
                                   .connect_host = to.connect_host,
                                   .connect_port = to.connect_port,
                                   .timeout_us = timeout_us};
    struct net_http_request req = request_of(r, &step);

    req.user = req.password = NULL; /* reads need none */
    req.tls.key_password = key_password;
    *call = r->io->send(r->io->arg, &req, fn, arg);
    secret_wipe_free(key_password);
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
    run_touch(r);
    return true;
}
