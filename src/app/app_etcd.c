/* etcd for the actions: what they send goes the way of its source. */
#include <stdlib.h>

#include "app_private.h"

struct app_etcd_call {
    void *call;
    action_etcd_fn *fn;
    void *arg;
};

static const char *where(void *arg)
{
    struct app *a = arg;
    if (!a->etcd)
        return NULL;
    arena_release(&a->etcd_words);
    arena_init(&a->etcd_words);
    return source_etcd_where(a->etcd, &a->etcd_words);
}

/* No HTTP status and an end that says nothing: it may have arrived. */
static void answered(void *arg, const struct etcd_reply *r)
{
    struct app_etcd_call *c = arg, told = *c;
    bool ok = r->outcome == OBS_ANSWERED && r->http_status == 200;
    struct action_etcd_reply reply = {
        .sent = r->outcome != OBS_NEVER && r->outcome != OBS_REFUSED && r->outcome != OBS_TLS,
        .definite = ok || (r->http_status >= 400 && r->http_status < 500),
        .refused = !ok,
        .body = r->body,
        .body_len = r->body_len,
        .text = *r->detail ? r->detail
                : ok       ? "200"
                           : obs_outcome_name(r->outcome),
    };
    free(c);
    told.fn(told.arg, &reply);
}

static void *send(void *arg, const char *path, const char *body, int64_t timeout_us,
                  action_etcd_fn *fn, void *fn_arg)
{
    struct app *a = arg;
    struct app_etcd_call *c = xcalloc(1, sizeof *c);
    c->fn = fn;
    c->arg = fn_arg;
    c->call = source_etcd_send(a->etcd, path, body, timeout_us, answered, c);
    return c;
}

static void cancel(void *arg, void *call)
{
    struct app_etcd_call *c = call;
    (void)arg;
    if (!c)
        return;
    source_etcd_cancel(c->call);
    free(c);
}

struct action_etcd app_etcd_way(struct app *a)
{
    return (struct action_etcd){
        .arg = a, .where = a->etcd ? where : NULL, .send = send, .cancel = cancel};
}
