/*
 * etcd.c: the life of the source, and what its files share.
 */
#include <stdlib.h>
#include <string.h>

#include "etcd_int.h"
#include "pgdba/config/secret.h"
#include "tell.h"

int64_t etcd_now_us(const struct source_etcd *s)
{
    return clock_mono(net_loop_clock(s->ctx.loop));
}

struct etcd_gate *etcd_current(struct source_etcd *s)
{
    return &s->gates[s->at];
}

void etcd_emit(struct source_etcd *s, enum obs_kind kind, const char *target,
               const struct etcd_gate *g, const struct etcd_answer *a)
{
    bool answered = a->outcome == OBS_ANSWERED;

    source_tell(&s->ctx, (struct observation){
                             .kind = kind,
                             .target = target,
                             .endpoint = g->url,
                             .latency_us = a->latency_us,
                             .outcome = a->outcome,
                             .http_status = a->http_status,
                             .detail = a->detail,
                             .body = answered ? a->body : NULL,
                             .body_len = answered ? a->body_len : 0,
                         });
}

enum obs_outcome etcd_outcome(enum etcd_refusal r, const char *why)
{
    static const enum obs_outcome map[] = {
        [ETCD_NOT_REFUSED] = OBS_ANSWERED,     [ETCD_NEEDS_LOGIN] = OBS_UNAUTHORISED,
        [ETCD_LOGIN_WRONG] = OBS_UNAUTHORISED, [ETCD_DENIED] = OBS_UNAUTHORISED,
        [ETCD_NO_AUTH] = OBS_GARBLED,          [ETCD_COMPACTED] = OBS_REFUSED,
        [ETCD_UNAVAILABLE] = OBS_REFUSED,      [ETCD_NO_GATEWAY] = OBS_GARBLED,
        [ETCD_CN_REFUSED] = OBS_UNAUTHORISED,  [ETCD_BROKEN] = OBS_GARBLED,
    };
    _Static_assert(sizeof map / sizeof *map == ETCD_BROKEN + 1, "a refusal is missing");
    if (r == ETCD_UNAVAILABLE && (strstr(why, "timed out") || strstr(why, "deadline exceeded")))
        return OBS_TIMED_OUT;
    return map[r];
}

/* ---- life */

static void gates_new(struct source_etcd *s)
{
    const struct etcd_config *c = &s->ctx.config->etcd;
    s->ngates = c->nurls;
    s->gates = xcalloc((size_t)c->nurls, sizeof *s->gates);
    for (int i = 0; i < c->nurls; i++) {
        size_t n = strlen(c->urls[i]);
        while (n && c->urls[i][n - 1] == '/')
            n--;
        s->gates[i] = (struct etcd_gate){.s = s, .url = xstrndup(c->urls[i], n), .api = "/v3"};
    }
}

struct source_etcd *source_etcd_new_tuned(const struct source_ctx *ctx, const char *prefix,
                                          int64_t refresh_us, const char *password,
                                          const struct source_tunables *t)
{
    struct source_etcd *s = xcalloc(1, sizeof *s);
    struct err e = ERR_INIT;
    s->ctx = *ctx;
    s->t = *t;
    s->prefix = xstrdup(prefix);
    s->leader_key = xasprintf("%sleader", prefix);
    s->refresh_us = refresh_us;
    s->password = xstrdup(password);
    buf_init(&s->line);
    if (secret_read(&ctx->config->etcd.tls.key_password, "the TLS key", &s->key_password, &e) !=
        ST_OK)
        log_write(ctx->log, LOG_ERROR, "etcd: %s", err_text(&e));
    err_release(&e);
    gates_new(s);
    s->again = net_timer_new(ctx->loop, etcd_stream_begin, s);
    return s;
}

struct source_etcd *source_etcd_new(const struct source_ctx *ctx, const char *prefix,
                                    int64_t refresh_us, const char *password)
{
    return source_etcd_new_tuned(ctx, prefix, refresh_us, password, &source_tunables_default);
}

void source_etcd_free(struct source_etcd *s)
{
    if (!s)
        return;
    etcd_alive_free(s);
    etcd_gates_free(s);
    etcd_asks_free(s);
    net_timer_free(s->again);
    for (int i = 0; i < s->ngates; i++)
        free(s->gates[i].url);
    free(s->gates);
    free(s->leases);
    free(s->prefix);
    free(s->leader_key);
    free(s->login_why);
    secret_wipe_free(s->password);
    secret_wipe_free(s->key_password);
    secret_wipe_free(s->token);
    buf_release(&s->line);
    free(s);
}

void source_etcd_start(struct source_etcd *s)
{
    if (s->started || !s->ngates)
        return;
    s->started = true;
    etcd_stream_begin(s);
    etcd_alive_start(s);
    etcd_gates_start(s);
}

void source_etcd_set_refresh(struct source_etcd *s, int64_t refresh_us)
{
    s->refresh_us = refresh_us;
    if (s->started)
        etcd_alive_set_refresh(s);
}

void source_etcd_refresh(struct source_etcd *s)
{
    if (!s->started)
        return;
    if (!s->streaming)
        etcd_stream_begin(s);
    etcd_alive_ask(s);
    etcd_gates_round(s);
}
