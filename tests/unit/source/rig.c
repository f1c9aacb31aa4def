#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "pgdba/net/http.h"
#include "pgdba/net/resolve.h"

#define MS       USEC_PER_MS
#define PATIENCE (10 * USEC_PER_SEC)

static void keep(void *arg, const struct observation *o)
{
    struct rig *r = arg;

    if (r->nseen == RIG_SEEN)
        return;
    struct observation *c = &r->seen[r->nseen++];

    *c = *o;
    c->target = arena_strdup(&r->arena, o->target);
    c->endpoint = arena_strdup(&r->arena, o->endpoint);
    c->detail = arena_strdup(&r->arena, o->detail);
    c->body = o->body != NULL ? arena_strndup(&r->arena, o->body, o->body_len) : NULL;
    c->date = "";
    /* Whoever hears of it may ask for a route at once. */
    if (r->p != NULL)
        source_patroni_route(r->p, o->target);
}

static void wake(void *arg)
{
    (void)arg;
}

/* Scaled down: the order of events and the least pauses are what counts. */
static const struct source_tunables quick = {
    .connect_us = 200 * MS,
    .health_us = 100 * MS,
    .cluster_us = 200 * MS,
    .liveness_us = 60 * MS,
    .extra_us = 100 * MS,
    .silent_first_us = 40 * MS,
    .silent_max_us = 160 * MS,
    .liveness_max_us = 80 * MS,
    .unreached_us = 300 * MS,
    .cluster_hold_us = 150 * MS,
    .cluster_slow_us = 60 * MS,
    .grace_us = 30 * MS,
    .unsteady_us = 400 * MS,
    .pg_vitals_us = INT64_C(3600000) * MS,
    .pg_vitals_soon_us = 50 * MS,
    .forget_us = 1000 * MS,
    .extras_us = 400 * MS,
    .extras_again_us = 100 * MS,
    .urgent_us = 50 * MS,
    .watched_us = 250 * MS,
    .pgb_query_us = 100 * MS,
    .pgb_first_us = 20 * MS,
    .pgb_max_us = 80 * MS,
    .pgb_denied_us = 200 * MS,
    .pgb_recycle_us = 100 * MS,
    .pgb_urgent_us = 20 * MS,
    .pgb_held_us = 100 * MS,
    .pgb_held_timeout_us = 1000 * MS,
    .pgb_lists_us = 400 * MS,
    .pgb_config_us = 10000 * MS,
    .ha_query_us = 100 * MS,
    .ha_first_us = 40 * MS,
    .ha_max_us = 160 * MS,
    .ha_denied_us = 200 * MS,
    .ha_info_us = 50 * MS,
    .ha_urgent_us = 10 * MS,
    .ha_urgent_max_us = 40 * MS,
    .pg_query_us = 100 * MS,
    .pg_statement_us = 90 * MS,
    .pg_first_us = 40 * MS,
    .pg_max_us = 160 * MS,
    .pg_denied_us = 300 * MS,
    .pg_turned_away_us = 20 * MS,
    .pg_urgent_us = 10 * MS,
    .pg_urgent_slow_us = 30 * MS,
    .etcd_query_us = 1000 * MS,
    .etcd_range_us = 1000 * MS,
    .etcd_first_us = 20 * MS,
    .etcd_max_us = 80 * MS,
    .etcd_denied_us = 300 * MS,
    .etcd_alive_least_us = 10 * MS,
    .etcd_alive_most_us = 30 * MS,
    .etcd_behind_us = 60 * MS,
    .etcd_lease_us = 20 * MS,
    .etcd_gates_us = 20 * MS,
    .etcd_members_us = 100 * MS,
    .etcd_status_us = 200 * MS,
    .probe_least_us = 5 * MS,
    .probe_limit_us = 100 * MS,
    .probe_rows_us = 150 * MS,
    .probe_pause_us = 1000 * MS,
};

void rig_init(struct rig *r, int n)
{
    memset(r, 0, sizeof(*r));
    arena_init(&r->arena);
    arena_init(&r->config.arena);
    r->clock = clock_real();
    r->loop = net_loop_new(&r->clock);
    r->resolver = net_resolver_new(r->loop);
    r->http = net_http_new(r->loop, r->resolver);
    r->waker = net_timer_new(r->loop, wake, r);
    net_timer_start(r->waker, 2 * MS, 2 * MS);
    r->t = quick;
    r->refresh_us = 20 * MS;
    fake_init(&r->fake, r->loop, n);

    const char **urls = arena_array(&r->arena, (size_t)n, const char *);

    for (int i = 0; i < n; i++)
        urls[i] = r->fake.m[i].url;
    r->config.name = "test";
    r->config.path = "";
    r->config.patroni.nurls = n;
    r->config.patroni.urls = urls;
    r->ctx = (struct source_ctx){.loop = r->loop,
                                 .resolver = r->resolver,
                                 .http = r->http,
                                 .config = &r->config,
                                 .emit = keep,
                                 .arg = r};
}

void rig_urls(struct rig *r, int n, ...)
{
    const char **urls = arena_array(&r->arena, (size_t)n, const char *);
    va_list ap;

    va_start(ap, n);
    for (int i = 0; i < n; i++)
        urls[i] = va_arg(ap, const char *);
    va_end(ap);
    r->config.patroni.nurls = n;
    r->config.patroni.urls = urls;
}

void rig_start(struct rig *r)
{
    r->p = source_patroni_new_tuned(&r->ctx, r->refresh_us, "secret", &r->t);
    source_patroni_start(r->p);
}

void rig_release(struct rig *r)
{
    for (int i = 0; i < r->fake.n; i++) {
        /* The rules that hold whatever happens. */
        assert_true(r->fake.m[i].asked[FAKE_HEALTH].inflight_max <= 1);
        assert_true(r->fake.m[i].inflight_max <= 2);
    }
    source_patroni_free(r->p);
    fake_release(&r->fake);
    net_timer_free(r->waker);
    net_http_free(r->http);
    net_resolver_free(r->resolver);
    net_loop_free(r->loop);
    arena_release(&r->config.arena);
    arena_release(&r->arena);
}

void rig_until(struct rig *r, bool (*done)(struct rig *r, const void *arg), const void *arg,
               const char *what)
{
    int64_t deadline = clock_mono(&r->clock) + PATIENCE;

    while (!done(r, arg)) {
        if (clock_mono(&r->clock) > deadline)
            fail_msg("waited in vain for: %s", what);
        net_loop_turn(r->loop, true);
    }
}

static bool time_is_up(struct rig *r, const void *arg)
{
    return clock_mono(&r->clock) >= *(const int64_t *)arg;
}

void rig_for(struct rig *r, int64_t us)
{
    int64_t until = clock_mono(&r->clock) + us;

    rig_until(r, time_is_up, &until, "time");
}

static bool is(const struct observation *o, enum obs_kind kind, const char *target)
{
    return o->kind == kind && strcmp(o->target, target) == 0;
}

const struct observation *rig_last(const struct rig *r, enum obs_kind kind, const char *target)
{
    for (int i = r->nseen - 1; i >= 0; i--)
        if (is(&r->seen[i], kind, target))
            return &r->seen[i];
    return NULL;
}

int rig_count(const struct rig *r, enum obs_kind kind, const char *target, int outcome)
{
    int n = 0;

    for (int i = 0; i < r->nseen; i++)
        n += is(&r->seen[i], kind, target) && (outcome < 0 || (int)r->seen[i].outcome == outcome);
    return n;
}

struct wanted {
    enum obs_kind kind;
    const char *target;
    enum obs_outcome outcome;
    int before;
};

static bool came(struct rig *r, const void *arg)
{
    const struct wanted *w = arg;

    return rig_count(r, w->kind, w->target, (int)w->outcome) > w->before;
}

const struct observation *rig_wait(struct rig *r, enum obs_kind kind, const char *target,
                                   enum obs_outcome outcome)
{
    struct wanted w = {kind, target, outcome, rig_count(r, kind, target, (int)outcome)};
    char *what = arena_printf(&r->arena, "%s of %s %s", obs_kind_name(kind), target,
                              obs_outcome_name(outcome));

    rig_until(r, came, &w, what);
    for (int i = r->nseen - 1;; i--)
        if (is(&r->seen[i], kind, target) && r->seen[i].outcome == outcome)
            return &r->seen[i];
}
