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
    net_http_data_fn *data;
    void *data_arg;
    bool may_login, logged_in, other_api;
    etcd_done_fn *done;
    void *arg;
    struct etcd_ask **slot;
    struct net_http_call *call;
    struct net_timer *later; /* tells of what was never sent */
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

static void ask_unlink(struct etcd_ask *q)
{
    struct etcd_ask **at = &q->s->asks;
    while (*at != q)
        at = &(*at)->next;
    *at = q->next;
    if (q->slot)
        *q->slot = NULL;
    if (q->s->login == q)
        q->s->login = NULL;
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
        .keep = !streams, /* proof of life must not share a connection with the watch */
        .data = streams ? on_data : NULL,
    };
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
    q->logged_in = true;
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
    if (etcd_now_us(q->s) < q->s->login_not_before_us)
        say(q, OBS_UNAUTHORISED, q->s->login_why);
    else
        say(q, OBS_NEVER, "waits for a login");
}

static void ask_send(struct etcd_ask *q)
{
    struct source_etcd *s = q->s;
    if (!q->body || !etcd_waits_for_login(s)) {
        transmit(q, q->path, q->body);
        return;
    }
    if (q->may_login && !s->login && etcd_now_us(s) >= s->login_not_before_us) {
        login(q);
        return;
    }
    q->later = net_timer_new(s->ctx.loop, on_later, q);
    net_timer_start(q->later, 0, 0);
}

/* ---- answers */

static void refused(struct etcd_ask *q, const struct net_http_reply *r)
{
    struct arena a;
    const char *why;
    arena_init(&a);
    enum etcd_refusal refusal = wire_etcd_refusal(r->status, r->body, r->body_len, &a, &why);
    bool denied = refusal == ETCD_DENIED || refusal == ETCD_LOGIN_WRONG ||
                  refusal == ETCD_NEEDS_LOGIN || refusal == ETCD_CN_REFUSED;
    struct etcd_answer answer = {.outcome = denied                        ? OBS_UNAUTHORISED
                                            : refusal == ETCD_UNAVAILABLE ? OBS_TIMED_OUT
                                                                          : OBS_GARBLED,
                                 .http_status = r->status,
                                 .body = r->body,
                                 .body_len = r->body_len,
                                 .detail = why,
                                 .latency_us = r->latency_us,
                                 .refusal = refusal};
    bool health = !q->body && r->status == 503; /* "health":"false" is an answer */
    if (health)
        answer.outcome = OBS_ANSWERED;
    if (!health && refusal == ETCD_NEEDS_LOGIN && has_login(q->s) && !q->logged_in &&
        !q->s->login) {
        login(q);
    } else if (refusal == ETCD_NO_GATEWAY && q->body && !q->other_api) {
        q->other_api = true;
        q->g->api = strcmp(q->g->api, "/v3") == 0 ? "/v3beta" : "/v3";
        ask_send(q);
    } else {
        ask_ended(q, &answer);
    }
    arena_release(&a);
}

static void on_login(struct etcd_ask *q, const struct net_http_reply *r)
{
    struct source_etcd *s = q->s;
    struct arena a;
    const char *why = "";
    s->login = NULL;
    if (r->outcome == NET_ANSWERED && r->status == 200 &&
        wire_etcd_token(r->body, r->body_len, &s->token, NULL) == ST_OK) {
        transmit(q, q->path, q->body);
        return;
    }
    if (r->outcome != NET_ANSWERED) {
        say(q, judge_net(r->outcome), r->detail);
        return;
    }
    arena_init(&a);
    switch (wire_etcd_refusal(r->status, r->body, r->body_len, &a, &why)) {
    case ETCD_NO_AUTH: /* nobody asks for a password here: a token that is none */
        s->token = xstrdup("");
        transmit(q, q->path, q->body);
        break;
    case ETCD_LOGIN_WRONG:
    case ETCD_NEEDS_LOGIN:
    case ETCD_DENIED:
    case ETCD_CN_REFUSED:
        s->login_not_before_us = etcd_now_us(s) + s->t.etcd_denied_us;
        free(s->login_why);
        s->login_why = xstrdup(why);
        say(q, OBS_UNAUTHORISED, why);
        break;
    case ETCD_NO_GATEWAY:
        if (!q->other_api) {
            q->other_api = true;
            q->g->api = strcmp(q->g->api, "/v3") == 0 ? "/v3beta" : "/v3";
            login(q);
            break;
        }
        say(q, OBS_GARBLED, why);
        break;
    default:
        say(q, OBS_TIMED_OUT, why);
    }
    arena_release(&a);
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
    ask_ended(q, &(struct etcd_answer){.outcome = judge_net(r->outcome),
                                       .http_status = r->status,
                                       .body = r->body,
                                       .body_len = r->body_len,
                                       .detail = r->detail,
                                       .latency_us = r->latency_us});
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
                           .data = r->data,
                           .data_arg = r->data_arg,
                           .may_login = r->may_login,
                           .done = done,
                           .arg = arg,
                           .slot = slot};
    s->asks = q;
    if (slot)
        *slot = q;
    ask_send(q);
}
