/*
 * haproxy.c: the CSV of a statistics page or a runtime socket (reference "middleware.md" §3.1), one
 * request at a time. The socket is asked first where there is one; while it does not answer the
 * page is, and says why in its detail.
 */
#include "pgdba/source/source.h"

#include <stdlib.h>
#include <string.h>

#include "beat.h"
#include "judge.h"
#include "pgdba/base/buf.h"
#include "pgdba/config/secret.h"
#include "pgdba/net/http.h"
#include "pgdba/net/line.h"
#include "pgdba/wire/haproxy.h"
#include "tunables.h"
#include "tell.h"

struct source_haproxy {
    struct source_ctx ctx;
    struct source_tunables t;
    const struct haproxy_config *config;
    char *url, *password, *key_password;
    struct beat beat;
    struct net_http_call *call;
    struct net_line *line; /* of a round, or of what the process is asked besides */
    struct pace pace;      /* of the whole: while nobody answers */
    struct pace socket;    /* of the socket alone: meanwhile the page is asked */
    char *socket_says;     /* why it is not the socket that answers; NULL it does */
    int64_t info_due_us;
    int64_t asked_us;
    enum obs_outcome outcome;
};

static int64_t now_us(const struct source_haproxy *h)
{
    return clock_mono(net_loop_clock(h->ctx.loop));
}

/* "/" -> "/;csv", "/haproxy?stats" -> "/haproxy?stats;csv"; whoever wrote it already is right. */
static char *csv_url(const char *page)
{
    size_t n = strcspn(page, "#");
    const char *host = strstr(page, "://");
    const char *path = host != NULL ? strchr(host + 3, '/') : NULL;
    const char *csv = strstr(page, ";csv");

    if (csv != NULL && csv < page + n)
        return xstrndup(page, n);
    return xasprintf("%.*s%s;csv", (int)n, page, path != NULL && path < page + n ? "" : "/");
}

static enum obs_outcome judge(const struct net_http_reply *r, struct buf *detail)
{
    static const char head[] = "# pxname,";

    if (r->outcome != NET_ANSWERED) {
        buf_puts(detail, r->detail);
        return judge_net(r->outcome);
    }
    if (r->status == 401 || r->status == 403) {
        buf_addf(detail, "HTTP %d: %s", r->status,
                 r->status == 401 ? "asks for a user name and password" : "access is denied");
        return OBS_UNAUTHORISED;
    }
    if (r->status == 200 && strncmp(r->body, head, sizeof(head) - 1) == 0)
        return OBS_ANSWERED;
    buf_addf(detail, "HTTP %d%s", r->status,
             r->status != 200   ? ""
             : r->body_len == 0 ? " with an empty body instead of the statistics"
                                : " with something else than the statistics: is url the "
                                  "statistics page?");
    return OBS_GARBLED;
}

static void emit(struct source_haproxy *h, enum obs_outcome outcome, const char *detail,
                 const struct net_http_reply *r)
{
    source_tell(&h->ctx, (struct observation){
                             .kind = OBS_HAPROXY_STATS,
                             .target = h->config->name,
                             .endpoint = h->config->url,
                             .latency_us = r->latency_us,
                             .outcome = outcome,
                             .http_status = r->status,
                             .detail = detail,
                             .body = outcome == OBS_ANSWERED ? r->body : NULL,
                             .body_len = outcome == OBS_ANSWERED ? r->body_len : 0,
                             .date = r->date,
                         });
}

static void set_pace(struct source_haproxy *h, enum obs_outcome outcome)
{
    int64_t max = h->beat.urgent ? h->t.ha_urgent_max_us : h->t.ha_max_us;

    if (outcome == OBS_ANSWERED)
        pace_reset(&h->pace);
    else if (outcome == OBS_UNAUTHORISED)
        pace_fail(&h->pace, now_us(h), h->t.ha_denied_us, h->t.ha_denied_us);
    else
        pace_fail(&h->pace, now_us(h), h->t.ha_first_us < max ? h->t.ha_first_us : max, max);
}

static void settle(struct source_haproxy *h, enum obs_outcome outcome, const char *detail)
{
    if (h->outcome != outcome)
        log_write(h->ctx.log, LOG_INFO, "haproxy %s: %s%s%s", h->config->name,
                  obs_outcome_name(outcome), *detail ? ": " : "", detail);
    h->outcome = outcome;
    set_pace(h, outcome);
}

/* What the page said, and that it is only the second choice. */
static void done(void *arg, const struct net_http_reply *r)
{
    struct source_haproxy *h = arg;
    struct buf detail;
    enum obs_outcome outcome;

    h->call = NULL;
    buf_init(&detail);
    outcome = judge(r, &detail);
    if (h->socket_says)
        buf_addf(&detail, "%s%s", detail.len > 0 ? "; and its socket: " : "", h->socket_says);
    settle(h, outcome, detail.s);
    emit(h, outcome, detail.s, r);
    buf_release(&detail);
}

static void ask(struct source_haproxy *h)
{
    const struct haproxy_config *c = h->config;
    struct net_http_request req = {
        .method = "GET",
        .url = h->url,
        .user = c->username,
        .password = c->username != NULL ? h->password : NULL,
        .tls = {.cacert = c->tls.cacert,
                .cert = c->tls.cert,
                .key = c->tls.key,
                .key_password = h->key_password,
                .insecure = c->tls.insecure},
        .connect_timeout_us = h->t.ha_query_us,
        .timeout_us = h->t.ha_query_us,
        .keep = true,
    };

    h->asked_us = now_us(h);
    h->call = net_http_send(h->ctx.http, &req, done, h);
}

/* ---- the runtime socket */

static void ask_socket(struct source_haproxy *h, const char *command, net_line_fn *fn)
{
    h->line = net_line_send(h->ctx.loop, h->ctx.resolver,
                            &(struct net_line_request){.to = h->config->socket,
                                                       .command = command,
                                                       .timeout_us = h->t.ha_query_us},
                            fn, h);
}

static void emit_line(struct source_haproxy *h, enum obs_kind kind, enum obs_outcome outcome,
                      const char *detail, const struct net_line_reply *r)
{
    bool good = outcome == OBS_ANSWERED;

    source_tell(&h->ctx, (struct observation){
                             .kind = kind,
                             .target = h->config->name,
                             .endpoint = h->config->socket,
                             .latency_us = r->latency_us,
                             .outcome = outcome,
                             .detail = detail,
                             .body = good ? r->body : NULL,
                             .body_len = good ? r->body_len : 0,
                             .date = "",
                         });
}

/* What is no answer of the kind that was asked for is a sentence: "Permission denied". */
static enum obs_outcome judge_line(const struct net_line_reply *r, const char *head,
                                   struct buf *detail)
{
    struct arena a;
    enum obs_outcome outcome = OBS_GARBLED;

    if (r->outcome != NET_ANSWERED) {
        buf_puts(detail, r->detail);
        return judge_net(r->outcome);
    }
    if (strstr(r->body, head) != NULL)
        return OBS_ANSWERED;
    arena_init(&a);
    buf_addf(detail, "the socket says: %s", wire_haproxy_said(r->body, r->body_len, &a));
    if (strstr(r->body, "ermission denied") != NULL)
        outcome = OBS_UNAUTHORISED;
    arena_release(&a);
    return outcome;
}

static void socket_failed(struct source_haproxy *h, enum obs_outcome outcome, const char *detail,
                          const struct net_line_reply *r)
{
    free(h->socket_says);
    h->socket_says = xstrdup(detail);
    if (h->config->url != NULL) {
        pace_fail(&h->socket, now_us(h), h->t.ha_first_us, h->t.ha_max_us);
        ask(h);
        return;
    }
    settle(h, outcome, detail);
    emit_line(h, OBS_HAPROXY_STATS, outcome, detail, r);
}

static void socket_done(void *arg, const struct net_line_reply *r)
{
    struct source_haproxy *h = arg;
    struct buf detail;
    enum obs_outcome outcome;

    h->line = NULL;
    buf_init(&detail);
    outcome = judge_line(r, "# pxname,", &detail);
    if (outcome == OBS_ANSWERED) {
        free(h->socket_says);
        h->socket_says = NULL;
        pace_reset(&h->socket);
        settle(h, outcome, detail.s);
        emit_line(h, OBS_HAPROXY_STATS, outcome, detail.s, r);
    } else {
        socket_failed(h, outcome, detail.s, r);
    }
    buf_release(&detail);
}

/* Now and then before the statistics, in the same round: who reads them knows then what the socket
 * may do. */
static void informed(void *arg, const struct net_line_reply *r)
{
    struct source_haproxy *h = arg;
    struct buf detail;
    enum obs_outcome outcome;

    h->line = NULL;
    buf_init(&detail);
    outcome = judge_line(r, "\nVersion:", &detail);
    if (r->outcome == NET_ANSWERED) {
        h->info_due_us = now_us(h) + h->t.ha_info_us;
        ask_socket(h, WIRE_HAPROXY_SHOW_STAT, socket_done);
        emit_line(h, OBS_HAPROXY_INFO, outcome, detail.s, r);
    } else {
        emit_line(h, OBS_HAPROXY_INFO, outcome, detail.s, r);
        socket_failed(h, outcome, detail.s, r);
    }
    buf_release(&detail);
}

/* ---- rounds */

static void round_begin(struct source_haproxy *h, bool by_hand)
{
    int64_t now = now_us(h);
    bool socket =
        h->config->socket != NULL && (h->config->url == NULL || by_hand || now >= h->socket.due_us);

    if (h->call != NULL || h->line != NULL ||
        (now < h->pace.due_us && !(by_hand && now - h->asked_us >= h->t.ha_first_us)))
        return;
    if (!socket) {
        ask(h);
        return;
    }
    h->asked_us = now;
    if (now >= h->info_due_us)
        ask_socket(h, WIRE_HAPROXY_SHOW_INFO, informed);
    else
        ask_socket(h, WIRE_HAPROXY_SHOW_STAT, socket_done);
}

static void fired(void *arg)
{
    round_begin(arg, false);
}

struct source_haproxy *source_haproxy_new_tuned(const struct source_ctx *ctx, int index,
                                                int64_t refresh_us, const char *password,
                                                const struct source_tunables *t)
{
    struct source_haproxy *h = xcalloc(1, sizeof(*h));
    struct err e = ERR_INIT;

    h->ctx = *ctx;
    h->t = *t;
    h->config = &ctx->config->haproxy[index];
    h->url = h->config->url ? csv_url(h->config->url) : NULL;
    h->password = xstrdup(password);
    if (secret_read(&h->config->tls.key_password, "the TLS key", &h->key_password, &e) != ST_OK)
        log_write(ctx->log, LOG_ERROR, "haproxy %s: %s", h->config->name, err_text(&e));
    err_release(&e);
    beat_init(&h->beat, ctx->loop, refresh_us, t->ha_urgent_us, fired, h);
    return h;
}

struct source_haproxy *source_haproxy_new(const struct source_ctx *ctx, int index,
                                          int64_t refresh_us, const char *password)
{
    return source_haproxy_new_tuned(ctx, index, refresh_us, password, &source_tunables_default);
}

void source_haproxy_free(struct source_haproxy *h)
{
    if (h == NULL)
        return;
    beat_release(&h->beat);
    net_http_cancel(h->call);
    net_line_cancel(h->line);
    free(h->socket_says);
    secret_wipe_free(h->password);
    secret_wipe_free(h->key_password);
    free(h->url);
    free(h);
}

void source_haproxy_start(struct source_haproxy *h)
{
    if (h->beat.running)
        return;
    beat_restart(&h->beat);
    round_begin(h, false);
}

void source_haproxy_set_refresh(struct source_haproxy *h, int64_t refresh_us)
{
    beat_set_refresh(&h->beat, refresh_us);
}

void source_haproxy_refresh(struct source_haproxy *h)
{
    beat_restart(&h->beat);
    round_begin(h, true);
}

void source_haproxy_set_urgent(struct source_haproxy *h, bool urgent)
{
    if (!beat_set_urgent(&h->beat, urgent) || !urgent || !h->beat.running)
        return;
    if (h->outcome != OBS_UNAUTHORISED)
        pace_cap(&h->pace, now_us(h) + h->t.ha_urgent_max_us);
    round_begin(h, false);
}
