/*
 * patroni.c: the round. Every interval each address is asked for /health, all at about the same
 * moment so that positions can be compared, then one of them for /cluster.
 */
#include "patroni_int.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/config/secret.h"

/* Urgent is faster than usual, and never faster than /health may be asked. */
static int64_t period(const struct source_patroni *p)
{
    return p->urgent && p->t.urgent_us < p->refresh_us ? p->t.urgent_us : p->refresh_us;
}

static void round_begin(struct source_patroni *p, bool by_hand)
{
    p->round_us = patroni_now(p);
    for (int i = 0; i < p->nsites; i++)
        site_ask(p->sites[i], by_hand);
    view_round(p, by_hand);
}

static void timer_fired(void *arg)
{
    struct source_patroni *p = arg;

    p->next_us = patroni_now(p) + period(p);
    members_sweep(p);
    round_begin(p, false);
}

static void grace_fired(void *arg)
{
    struct source_patroni *p = arg;

    p->view.grace_over = true;
    view_next(p);
}

static void timer_restart(struct source_patroni *p)
{
    p->next_us = patroni_now(p) + period(p);
    net_timer_start(p->timer, period(p), period(p));
}

int64_t source_patroni_next_us(const struct source_patroni *p)
{
    return p->next_us;
}

static void add_seed(struct source_patroni *p, const char *url, const char *declared)
{
    struct site *s = site_new(p, url, true, declared);

    if (s == NULL) {
        log_write(p->ctx.log, LOG_WARN, "patroni: not a usable URL: %s", url);
        return;
    }
    for (int i = 0; i < p->nsites; i++)
        if (strcmp(p->sites[i]->target, s->target) == 0) {
            if (p->sites[i]->declared == NULL)
                p->sites[i]->declared = declared;
            site_free(s);
            return;
        }
    p->sites = xrealloc(p->sites, (size_t)(p->nsites + 1) * sizeof(*p->sites));
    p->sites[p->nsites++] = s;
}

static void read_key_password(struct source_patroni *p)
{
    struct err e = ERR_INIT;

    if (secret_read(&p->ctx.config->patroni.tls.key_password, "the TLS key", &p->key_password,
                    &e) != ST_OK)
        log_write(p->ctx.log, LOG_ERROR, "patroni: %s", err_text(&e));
    err_release(&e);
}

struct source_patroni *source_patroni_new_tuned(const struct source_ctx *ctx, int64_t refresh_us,
                                                const char *password,
                                                const struct source_tunables *t)
{
    struct source_patroni *p = xcalloc(1, sizeof(*p));
    const struct patroni_config *c = &ctx->config->patroni;

    p->ctx = *ctx;
    p->t = *t;
    p->refresh_us = refresh_us;
    p->password = xstrdup(password);
    read_key_password(p);
    p->scope = xstrdup(ctx->config->scope);
    p->timer = net_timer_new(ctx->loop, timer_fired, p);
    p->grace = net_timer_new(ctx->loop, grace_fired, p);
    for (int i = 0; i < c->nmember_urls; i++)
        add_seed(p, c->member_urls[i].url, c->member_urls[i].name);
    for (int i = 0; i < c->nurls; i++)
        add_seed(p, c->urls[i], NULL);
    return p;
}

struct source_patroni *source_patroni_new(const struct source_ctx *ctx, int64_t refresh_us,
                                          const char *password)
{
    return source_patroni_new_tuned(ctx, refresh_us, password, &source_tunables_default);
}

void source_patroni_free(struct source_patroni *p)
{
    if (p == NULL)
        return;
    net_timer_free(p->timer);
    net_timer_free(p->grace);
    names_free(p);
    for (int i = 0; i < p->nsites; i++)
        site_free(p->sites[i]);
    free(p->sites);
    members_free(p);
    free(p->scope);
    free(p->view.leader);
    secret_wipe_free(p->password);
    secret_wipe_free(p->key_password);
    free(p);
}

void source_patroni_start(struct source_patroni *p)
{
    if (p->started)
        return;
    p->started = true;
    timer_restart(p);
    round_begin(p, false);
}

void source_patroni_set_password(struct source_patroni *p, const char *password)
{
    secret_wipe_free(p->password);
    p->password = xstrdup(password);
}

void source_patroni_set_refresh(struct source_patroni *p, int64_t refresh_us)
{
    p->refresh_us = refresh_us;
    if (p->started)
        timer_restart(p);
}

/* The next round comes a period after the last one, at once when that is over. */
void source_patroni_set_urgent(struct source_patroni *p, bool urgent)
{
    int64_t now = patroni_now(p), left;

    if (p->urgent == urgent)
        return;
    p->urgent = urgent;
    if (!p->started)
        return;
    left = p->round_us + period(p) - now;
    p->next_us = now + (left > 0 ? left : 0);
    net_timer_start(p->timer, p->next_us - now, period(p));
}

void source_patroni_set_dcs_watched(struct source_patroni *p, bool watched)
{
    if (p->watched == watched)
        return;
    p->watched = watched;
    if (!watched && p->started)
        view_round(p, true);
}

void source_patroni_learn(struct source_patroni *p, const struct cluster_view *v)
{
    if (!p->started)
        return;
    members_take(p, v);
    members_match(p);
    members_tell(p);
}

void source_patroni_refresh(struct source_patroni *p)
{
    if (!p->started) {
        source_patroni_start(p);
        return;
    }
    timer_restart(p);
    round_begin(p, true);
}

struct member_route source_patroni_route(const struct source_patroni *p, const char *member)
{
    const struct site *s = members_site(p, member);
    const struct member_row *row = members_find(p, member);
    struct member_route r = {.why = "not listed by /cluster"};

    if (s != NULL && (s->ever_answered || site_is_silent_in_reach(s))) {
        r.base = s->url.base;
        r.connect_host = s->mapped ? s->target_host : NULL;
        r.connect_port = s->mapped ? s->target_port : 0;
        r.why = "";
    } else if (row != NULL) {
        r.why = row->why != NULL ? row->why : "API not asked yet";
    }
    return r;
}

struct net_http_call *patroni_get(struct site *s, const char *path, int64_t timeout_us,
                                  net_http_fn *fn)
{
    struct source_patroni *p = s->p;
    const struct patroni_config *c = &p->ctx.config->patroni;
    char *url = xasprintf("%s%s", s->url.base, path);
    /* GETs of Patroni ask for no password, so none travels unless the server said 401. */
    struct net_http_request req = {
        .method = "GET",
        .url = url,
        .user = s->with_password ? c->username : NULL,
        .password = s->with_password ? p->password : NULL,
        .tls = {.cacert = c->tls.cacert,
                .cert = c->tls.cert,
                .key = c->tls.key,
                .key_password = p->key_password,
                .insecure = c->tls.insecure},
        .proxy = c->proxy,
        .connect_host = s->mapped ? s->target_host : NULL,
        .connect_port = s->mapped ? s->target_port : 0,
        .connect_timeout_us = p->t.connect_us < timeout_us ? p->t.connect_us : timeout_us,
        .timeout_us = timeout_us,
    };
    struct net_http_call *call = net_http_send(p->ctx.http, &req, fn, s);

    free(url);
    return call;
}

struct observation patroni_observation(struct site *s, enum obs_kind kind, const char *target,
                                       enum obs_outcome outcome, const char *detail,
                                       const struct net_http_reply *r)
{
    const struct clock *clock = net_loop_clock(s->p->ctx.loop);
    struct observation o = {
        .kind = kind,
        .target = target,
        .endpoint = s->url.base,
        .wall_us = clock_wall(clock),
        .mono_us = clock_mono(clock),
        .outcome = outcome,
        .detail = detail,
        .date = "",
    };

    if (r != NULL) {
        o.latency_us = r->latency_us;
        o.http_status = r->status;
        o.body = r->body_len > 0 ? r->body : NULL;
        o.body_len = r->body_len;
        o.date = r->date;
    }
    return o;
}

void patroni_emit(struct source_patroni *p, const struct observation *o)
{
    p->ctx.emit(p->ctx.arg, o);
}
