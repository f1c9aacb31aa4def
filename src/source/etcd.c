/*
 * etcd.c: a range, then the watch from its revision on, line by line; after any end of the stream
 * the range again, for the leader key makes no events while all is well, and a change that was
 * missed is never told a second time (reference "patroni.md" §5.4).
 */
#include "etcd_int.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/config/secret.h"

enum { LINE_MAX_BYTES = 64 * 1024 * 1024 };

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
    const struct clock *clock = net_loop_clock(s->ctx.loop);
    bool answered = a->outcome == OBS_ANSWERED;
    struct observation o = {
        .kind = kind,
        .target = target,
        .endpoint = g->url,
        .wall_us = clock_wall(clock),
        .mono_us = clock_mono(clock),
        .latency_us = a->latency_us,
        .outcome = a->outcome,
        .http_status = a->http_status,
        .detail = a->detail ? a->detail : "",
        .body = answered ? a->body : NULL,
        .body_len = answered ? a->body_len : 0,
        .date = "",
    };
    s->ctx.emit(s->ctx.arg, &o);
}

static void note(struct source_etcd *s, enum obs_outcome outcome, const char *detail)
{
    if (s->outcome == outcome)
        return;
    s->outcome = outcome;
    log_write(s->ctx.log, LOG_INFO, "etcd %s: %s%s%s", etcd_current(s)->url,
              obs_outcome_name(outcome), *detail ? ": " : "", detail);
}

/* ---- the end of a stream, and the next */

static void stream_drop(struct source_etcd *s)
{
    etcd_ask_cancel(s->range);
    etcd_ask_cancel(s->watch);
    etcd_ask_cancel(s->alive); /* it speaks of the endpoint that was */
    buf_clear(&s->line);
    s->streaming = false;
    s->ahead_since_us = 0;
    s->silent = 0;
}

/* Each endpoint once without waiting, then with growing pauses. */
static void next_attempt(struct source_etcd *s, bool here)
{
    int64_t now = etcd_now_us(s), wait = 0;
    if (!here)
        s->at = (s->at + 1) % s->ngates;
    pace_fail(&s->pace, now, s->t.etcd_first_us, s->t.etcd_max_us);
    if (s->pace.fails > s->ngates)
        wait = s->pace.due_us - now;
    net_timer_start(s->again, wait > 0 ? wait : 0, 0);
}

void etcd_stream_lost(struct source_etcd *s, enum obs_outcome outcome, const char *why, bool here)
{
    struct etcd_answer a = {.outcome = outcome, .detail = why};
    bool was = s->streaming;
    struct etcd_gate *g = etcd_current(s);
    note(s, outcome, why);
    stream_drop(s);
    next_attempt(s, here);
    if (was)
        etcd_emit(s, OBS_ETCD_WATCH, s->prefix, g, &a);
}

/* ---- the watch */

static int64_t revision_of(const struct source_etcd *s, const struct etcd_kv *kv, int n)
{
    int64_t newest = 0;
    for (int i = 0; i < n; i++)
        if (strcmp(kv[i].key, s->leader_key) == 0 && kv[i].mod_revision > newest)
            newest = kv[i].mod_revision;
    return newest;
}

/* Why the stream is over after that line; NULL: it is not. *here: the same endpoint will do. */
static const char *end_of(const struct etcd_watch_line *l, bool *here)
{
    *here = false;
    if (l->error)
        return *l->error_message ? l->error_message : "the stream ended with an error";
    if (!l->canceled)
        return NULL;
    *here = l->compact_revision > 0;
    if (*here)
        return "the revision to begin at was compacted away";
    return *l->cancel_reason ? l->cancel_reason : "the watch was cancelled";
}

/* False: the stream is over, s->line with it. */
static bool take_line(struct source_etcd *s, const char *line, size_t n)
{
    struct facts *f = NULL;
    struct err e = ERR_INIT;
    bool here = false;
    if (wire_etcd_watch_line(line, n, &f, &e) != ST_OK) {
        etcd_stream_lost(s, OBS_GARBLED, err_text(&e), false);
        err_release(&e);
        return false;
    }
    const struct etcd_watch_line *l = f->root;
    const char *why = end_of(l, &here);
    if (why) {
        bool denied = l->canceled && strstr(why, "ermission");
        etcd_stream_lost(s, denied ? OBS_UNAUTHORISED : OBS_REFUSED, why, here);
        facts_unref(f);
        return false;
    }
    int64_t leader = revision_of(s, l->event, l->n);
    s->leader_revision = leader ? leader : s->leader_revision;
    if (l->created)
        pace_reset(&s->pace);
    facts_unref(f);
    etcd_emit(s, OBS_ETCD_WATCH, s->prefix, etcd_current(s),
              &(struct etcd_answer){
                  .outcome = OBS_ANSWERED, .http_status = 200, .body = line, .body_len = n});
    return s->streaming;
}

/* Borders of chunks are not those of lines. */
static void on_data(void *arg, const char *data, size_t n)
{
    struct source_etcd *s = arg;
    size_t from = 0;
    if (s->line.len + n > LINE_MAX_BYTES) {
        etcd_stream_lost(s, OBS_GARBLED, "a line of the watch is over 64 MiB", false);
        return;
    }
    buf_add(&s->line, data, n);
    struct buf all = s->line; /* ours while lines are handed on: one of them may end the stream */
    buf_init(&s->line);
    for (size_t i = 0; i < all.len; i++)
        if (all.s[i] == '\n') {
            bool go_on = i == from || take_line(s, all.s + from, i - from);
            from = i + 1;
            if (!go_on)
                from = all.len;
        }
    if (from < all.len)
        buf_add(&s->line, all.s + from, all.len - from);
    buf_release(&all);
}

static void on_watch_end(void *arg, struct etcd_gate *g, const struct etcd_answer *a)
{
    struct source_etcd *s = arg;
    (void)g;
    /* The last line often comes without its end. */
    if (s->line.len > 0) {
        struct buf last = s->line;
        buf_init(&s->line);
        bool go_on = take_line(s, last.s, last.len);
        buf_release(&last);
        if (!go_on)
            return;
    }
    if (a->outcome == OBS_ANSWERED || a->outcome == OBS_GARBLED)
        etcd_stream_lost(s, OBS_REFUSED, "the server ended the stream", false);
    else
        etcd_stream_lost(s, a->outcome, a->detail, a->refusal == ETCD_COMPACTED);
}

static void watch_begin(struct source_etcd *s, int64_t revision)
{
    struct buf body;
    buf_init(&body);
    wire_etcd_watch_body(&body, s->prefix, revision + 1);
    s->streaming = true;
    etcd_ask(etcd_current(s),
             &(struct etcd_request){.path = "/watch",
                                    .body = body.s,
                                    .timeout_us = NET_NO_TIMEOUT,
                                    .data = on_data,
                                    .data_arg = s},
             on_watch_end, s, &s->watch);
    buf_release(&body);
}

/* ---- the range */

static void on_range(void *arg, struct etcd_gate *g, const struct etcd_answer *a)
{
    struct source_etcd *s = arg;
    struct etcd_answer told = *a;
    struct facts *f = NULL;
    struct err e = ERR_INIT;
    if (told.outcome == OBS_NEVER) /* another one logs in */
        told.outcome = OBS_REFUSED;
    if (a->outcome == OBS_ANSWERED && wire_etcd_range(a->body, a->body_len, &f, &e) != ST_OK) {
        told.outcome = OBS_GARBLED;
        told.detail = err_text(&e);
    }
    note(s, told.outcome, told.detail);
    if (f) {
        const struct etcd_range *r = f->root;
        s->leader_revision = revision_of(s, r->kv, r->n);
        watch_begin(s, r->header.revision);
    } else {
        stream_drop(s);
        next_attempt(s, false);
    }
    etcd_emit(s, OBS_ETCD_RANGE, s->prefix, g, &told);
    facts_unref(f);
    err_release(&e);
}

static void range_begin(void *arg)
{
    struct source_etcd *s = arg;
    struct buf body;
    if (s->range || s->watch)
        return;
    buf_init(&body);
    wire_etcd_range_body(&body, s->prefix);
    etcd_ask(etcd_current(s),
             &(struct etcd_request){.path = "/kv/range",
                                    .body = body.s,
                                    .timeout_us = s->t.etcd_range_us,
                                    .may_login = true},
             on_range, s, &s->range);
    buf_release(&body);
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
    s->again = net_timer_new(ctx->loop, range_begin, s);
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
    range_begin(s);
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
        range_begin(s);
    etcd_alive_ask(s);
    etcd_gates_round(s);
}
