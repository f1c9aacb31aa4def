#include "pgdba/app/app.h"

#include <stdlib.h>

#include "app_private.h"
#include "pgdba/base/buf.h"
#include "pgdba/config/policy.h"
#include "pgdba/config/settings.h"

#define REFRESH_MIN (500 * USEC_PER_MS)
#define REFRESH_MAX (60 * USEC_PER_SEC)

static int64_t clamp_refresh(int64_t us)
{
    return us < REFRESH_MIN ? REFRESH_MIN : us > REFRESH_MAX ? REFRESH_MAX : us;
}

struct app *app_new(const struct app_options *opt)
{
    struct app *a = xcalloc(1, sizeof *a);
    a->opt = *opt;
    arena_init(&a->etcd_words);
    a->refresh_us = clamp_refresh(opt->refresh_us ? opt->refresh_us : USEC_PER_SEC);
    a->loop = net_loop_new(opt->clock);
    a->resolver = net_resolver_new(a->loop);
    a->http = net_http_new(a->loop, a->resolver);
    a->policy = policy_new(POLICY_FILE, POLICY_OWNER, NULL);
    if (opt->settings) {
        policy_narrow(a->policy, "pgdba.yml of this machine", &opt->settings->system_policy);
        policy_narrow(a->policy, "your pgdba.yml", &opt->settings->policy);
    }
    return a;
}

void app_free(struct app *a)
{
    if (!a)
        return;
    app_operation_drop(a);
    app_cluster_close(a);
    audit_free(a->audit);
    policy_free(a->policy);
    app_loop_release(a);
    net_http_free(a->http);
    net_resolver_free(a->resolver);
    net_loop_free(a->loop);
    arena_release(&a->etcd_words);
    free(a);
}

void app_subscribe(struct app *a, const struct app_subscriber *s)
{
    a->sub = *s;
}

const struct cluster_config *app_cluster(const struct app *a)
{
    return a->config;
}

const struct snapshot *app_snapshot(const struct app *a)
{
    return a->published;
}

bool app_complete(const struct app *a)
{
    return a->replay ? app_replay_complete(a) : a->story && store_complete(story_store(a->story));
}

bool app_read_only(const struct app *a)
{
    return a->opt.read_only || (a->config && a->config->read_only);
}

void app_set_refresh(struct app *a, int64_t refresh_us)
{
    a->refresh_us = clamp_refresh(refresh_us);
    app_apply_refresh(a);
}

int64_t app_refresh(const struct app *a)
{
    return a->refresh_us;
}

int64_t app_next_refresh_us(const struct app *a)
{
    return a->patroni ? source_patroni_next_us(a->patroni) : 0;
}

void app_refresh_now(struct app *a)
{
    app_sources_refresh(a);
}

int64_t app_now_us(const struct app *a)
{
    return a->replay ? app_replay_now_us(a) : clock_mono(a->opt.clock);
}

int64_t app_now_wall_us(const struct app *a)
{
    return a->replay ? app_replay_now_us(a) : clock_wall(a->opt.clock);
}

void app_error(struct app *a, const char *text)
{
    log_write(a->opt.log, LOG_ERROR, "%s", text);
    if (a->sub.error)
        a->sub.error(a->sub.arg, text);
    app_something_happened(a);
}
