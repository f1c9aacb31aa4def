/* Requests to etcd for the actions. */
#include "etcd_int.h"

#include <stdlib.h>

struct etcd_call {
    struct etcd_ask *ask;
    source_etcd_fn *fn;
    void *arg;
};

static void answered(void *arg, struct etcd_gate *g, const struct etcd_answer *a)
{
    struct etcd_call *c = arg;
    struct etcd_call told = *c;
    (void)g;
    free(c);
    told.fn(told.arg, &(struct etcd_reply){.outcome = a->outcome,
                                           .http_status = a->http_status,
                                           .body = a->body ? a->body : "",
                                           .body_len = a->body_len,
                                           .detail = a->detail ? a->detail : ""});
}

void *source_etcd_send(struct source_etcd *s, const char *path, const char *body,
                       int64_t timeout_us, source_etcd_fn *fn, void *arg)
{
    struct etcd_call *c = xcalloc(1, sizeof *c);
    c->fn = fn;
    c->arg = arg;
    etcd_ask(etcd_current(s),
             &(struct etcd_request){
                 .path = path, .body = body, .timeout_us = timeout_us, .may_login = true},
             answered, c, &c->ask);
    return c;
}

void source_etcd_cancel(void *call)
{
    struct etcd_call *c = call;
    if (!c)
        return;
    etcd_ask_cancel(c->ask);
    free(c);
}

const char *source_etcd_where(struct source_etcd *s, struct arena *a)
{
    const struct etcd_gate *g = etcd_current(s);
    return arena_printf(a, "%s%s", g->url, g->api);
}
