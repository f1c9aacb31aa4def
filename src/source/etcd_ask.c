/* One request to the gateway: its address, its token, the login when that is wanted. */
#include "etcd_int.h"

#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "pgdba/config/secret.h"

struct etcd_ask {
    struct etcd_ask *next;
    struct source_etcd *s;
    struct etcd_gate *g;
    char *path, *body, *target;
    int64_t timeout_us;
    size_t max_body;
    net_http_data_fn *data;
    void *data_arg;
    bool may_login, renewed, other_api;
    bool waiting;        /* for another one's login */
    int sent_with;       /* which token */
    const char *sent_to; /* which api */
    etcd_done_fn *done;
    void *arg;
    struct etcd_ask **slot;
    struct net_http_call *call;
    struct net_timer *later; /* goes on, or tells of what was never sent */
};

static bool has_login(const struct source_etcd *s)
{
    return s->ctx.config->etcd.username && s->password;
}

bool etcd_waits_for_login(const struct source_etcd *s)
{
    return has_login(s) && !s->token;
}

/* ---- life */

/* Whoever waited for it goes on: with its token, with another try, or with its refusal. */
static void login_over(struct source_etcd *s)
{
    s->login = NULL;
    for (struct etcd_ask *q = s->asks; q; q = q->next)
        if (q->waiting)
            net_timer_start(q->later, 0, 0);
}

static void ask_unlink(struct etcd_ask *q)
{
    struct etcd_ask **at = &q->s->asks;
    while (*at && *at != q)
        at = &(*at)->next;
    if (*at)
        *at = q->next;
    if (q->slot)
        *q->slot = NULL;
    if (q->s->login == q)
        login_over(q->s);
}

static void ask_free(struct etcd_ask *q)
{
    net_timer_free(q->later);
    free(q->path);
    free(q->body);
    free(q->target);
    free(q);
}

void etcd_ask_cancel(struct etcd_ask *q)
{
    if (!q)
        return;
    net_http_cancel(q->call);
    ask_unlink(q);
    ask_free(q);
}

void etcd_asks_free(struct source_etcd *s)
{
    while (s->asks)
        etcd_ask_cancel(s->asks); /* NOLINT(clang-analyzer-unix.Malloc): it leaves the list */
}

static void ask_ended(struct etcd_ask *q, const struct etcd_answer *a)
{
    struct etcd_answer told = *a;
    told.target = q->target;
    ask_unlink(q);
    q->done(q->arg, q->g, &told);
    ask_free(q);
}

/* ---- sending */

static void ask_send(struct etcd_ask *q);

static void say(struct etcd_ask *q, enum obs_outcome outcome, const char *detail)
{
    ask_ended(q, &(struct etcd_answer){.outcome = outcome, .body = "", .detail = detail});
}

static void on_reply(void *arg, const struct net_http_reply *r);

/* May cancel q. */
static void on_data(void *arg, const char *data, size_t n)
{
    struct etcd_ask *q = arg;
    q->data(q->data_arg, data, n);
}

static void transmit(struct etcd_ask *q, const char *path, const char *body)
{
    struct source_etcd *s = q->s;
    const struct tls_config *tls = &s->ctx.config->etcd.tls;
    bool api = body != NULL, streams = q->data && s->login != q;
    char *url = xasprintf("%s%s%s", q->g->url, api ? q->g->api : "", path);
    char *token = api && s->token && *s->token ? xasprintf("Authorization: %s", s->token) : NULL;
    const char *headers[3] = {NULL};
    int n = 0;
    if (streams) /* a member that loses the raft leader then ends the stream by itself */
        headers[n++] = "Grpc-Metadata-hasleader: true";
    if (token)
        headers[n++] = token;
    struct net_http_request req = {
        .method = api ? "POST" : "GET",
        .url = url,
        .body = body,
        .headers = headers,
        .tls = {.cacert = tls->cacert,
                .cert = tls->cert,
                .key = tls->key,
                .key_password = s->key_password,
                .insecure = tls->insecure},
        .connect_timeout_us = s->t.etcd_query_us,
        .timeout_us = s->login == q ? s->t.etcd_query_us : q->timeout_us,
        .max_body = q->max_body,
        .keep = !streams, /* proof of life must not share a connection with the watch */
        .data = streams ? on_data : NULL,
    };
    q->sent_with = s->logins;
    q->sent_to = q->g->api;
    q->call = net_http_send(s->ctx.http, &req, on_reply, q);
    free(url);
    if (token)
        secret_wipe_free(token);
}

static void login(struct etcd_ask *q)
{
    struct source_etcd *s = q->s;
    struct buf body;
    s->login = q;
    q->renewed = true;
    secret_wipe_free(s->token);
    s->token = NULL;
    buf_init(&body);
    wire_etcd_auth_body(&body, s->ctx.config->etcd.username, s->password);
    transmit(q, "/auth/authenticate", body.s);
    explicit_bzero(body.s, body.len);
    buf_release(&body);
}

static void on_later(void *arg)
{
    struct etcd_ask *q = arg;
    if (q->waiting) {
        q->waiting = false;
        ask_send(q);
    } else if (etcd_now_us(q->s) < q->s->login_not_before_us) {
        say(q, OBS_UNAUTHORISED, q->s->login_why);
    } else {
        say(q, OBS_NEVER, "waits for a login");
    }
}

static void ask_send(struct etcd_ask *q)
{
    struct source_etcd *s = q->s;
    bool may_login = q->may_login && etcd_now_us(s) >= s->login_not_before_us;
    if (!q->body || !etcd_waits_for_login(s)) {
        transmit(q, q->path, q->body);
    } else if (s->login) {
        q->waiting = true;
    } else if (may_login) {
        login(q);
    } else {
        net_timer_start(q->later, 0, 0);
    }
}

/* The token is of no use here (its member was started again, or it is old). False: nothing more can
 * be done about it. */
static bool renew(struct etcd_ask *q)
{
    struct source_etcd *s = q->s;
    if (!has_login(s) || q->renewed)
        return false;
    q->renewed = true;
    if (s->token && q->sent_with == s->logins) {
        login(q);
    } else { /* another one has seen to it meanwhile, or is about to */
        ask_send(q);
    }
    return true;
}

/* ---- answers */

/* 3.3 has the gateway elsewhere than all that came after it. Another request may have found that
 * out meanwhile: turning once more would turn back. */
static bool turn_to_other_api(struct etcd_ask *q)
{
    static const char now[] = "/v3", before[] = "/v3beta";
    if (!q->body || q->other_api)
        return false;
    q->other_api = true;
    if (strcmp(q->g->api, q->sent_to) == 0)
        q->g->api = strcmp(q->g->api, now) == 0 ? before : now;
    return true;
}

static void refused(struct etcd_ask *q, const struct net_http_reply *r)
{
    struct arena a;
    const char *why;
    arena_init(&a);
    enum etcd_refusal refusal = wire_etcd_refusal(r->status, r->body, r->body_len, &a, &why);
    struct etcd_answer answer = {.outcome = etcd_outcome(refusal, why),
                                 .http_status = r->status,
                                 .body = r->body,
                                 .body_len = r->body_len,
                                 .detail = why,
                                 .latency_us = r->latency_us,
                                 .refusal = refusal};
    bool health = !q->body && r->status == 503; /* "health":"false" is an answer */
    if (health)
        answer.outcome = OBS_ANSWERED;
    if (q->body && refusal == ETCD_NEEDS_LOGIN && renew(q)) {
        /* it goes on */
    } else if (refusal == ETCD_NO_GATEWAY && turn_to_other_api(q)) {
        ask_send(q);
    } else {
        ask_ended(q, &answer);
    }
    arena_release(&a);
}

static void forbid_login(struct source_etcd *s, const char *why)
{
    s->login_not_before_us = etcd_now_us(s) + s->t.etcd_denied_us;
    free(s->login_why);
    s->login_why = xstrdup(why);
}

static void on_login(struct etcd_ask *q, const struct net_http_reply *r)
{
    struct source_etcd *s = q->s;
    struct arena a;
    const char *why = "";
    login_over(s);
    if (r->outcome == NET_ANSWERED && r->status == 200 &&
        wire_etcd_token(r->body, r->body_len, &s->token, NULL) == ST_OK) {
        s->logins++;
        transmit(q, q->path, q->body);
        return;
    }
    if (r->outcome != NET_ANSWERED) {
        say(q, judge_net(r->outcome), r->detail);
        return;
    }
    arena_init(&a);
    enum etcd_refusal refusal = wire_etcd_refusal(r->status, r->body, r->body_len, &a, &why);
    if (refusal == ETCD_NO_AUTH) { /* nobody asks for a password here: a token that is none */
        s->token = xstrdup("");
        s->logins++;
        transmit(q, q->path, q->body);
    } else if (refusal == ETCD_NO_GATEWAY && turn_to_other_api(q)) {
        login(q);
    } else {
        enum obs_outcome outcome =
            refusal == ETCD_NOT_REFUSED ? OBS_GARBLED : etcd_outcome(refusal, why);
        if (outcome == OBS_UNAUTHORISED)
            forbid_login(s, why);
        say(q, outcome, refusal == ETCD_NOT_REFUSED ? "a login was answered without a token" : why);
    }
    arena_release(&a);
}

/* Of what the connection itself may mean where etcd is at its other end. */
static const char *cure_of(const struct etcd_ask *q, const struct net_http_reply *r)
{
    bool plain = strncmp(q->g->url, "http:", 5) == 0;
    if (plain && r->outcome == NET_GARBLED && !r->status && strstr(r->detail, "empty reply"))
        return ": if it speaks TLS, its URL is https://";
    if (r->outcome == NET_TLS && !q->s->ctx.config->etcd.tls.cert && strstr(r->detail, "alert"))
        return " (it may want a client certificate: set etcd.cert and etcd.key)";
    return "";
}

static void on_reply(void *arg, const struct net_http_reply *r)
{
    struct etcd_ask *q = arg;
    q->call = NULL;
    if (q->s->login == q) {
        on_login(q, r);
        return;
    }
    if (r->outcome == NET_ANSWERED && r->status != 200) {
        refused(q, r);
        return;
    }
    char *detail = xasprintf("%s%s", r->detail, cure_of(q, r));
    ask_ended(q, &(struct etcd_answer){.outcome = judge_net(r->outcome),
                                       .http_status = r->status,
                                       .body = r->body,
                                       .body_len = r->body_len,
                                       .detail = detail,
                                       .latency_us = r->latency_us});
    free(detail);
}

void etcd_ask(struct etcd_gate *g, const struct etcd_request *r, etcd_done_fn *done, void *arg,
              struct etcd_ask **slot)
{
    struct source_etcd *s = g->s;
    struct etcd_ask *q = xcalloc(1, sizeof *q);
    *q = (struct etcd_ask){.next = s->asks,
                           .s = s,
                           .g = g,
                           .path = xstrdup(r->path),
                           .body = xstrdup(r->body),
                           .target = xstrdup(r->target),
                           .timeout_us = r->timeout_us,
                           .max_body = r->max_body,
                           .data = r->data,
                           .data_arg = r->data_arg,
                           .may_login = r->may_login,
                           .done = done,
                           .arg = arg,
                           .slot = slot};
    q->later = net_timer_new(s->ctx.loop, on_later, q);
    s->asks = q;
    if (slot)
        *slot = q;
    ask_send(q);
}
