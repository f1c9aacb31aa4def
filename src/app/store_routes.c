#include "store_routes.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/wire/haproxy.h"

void kept_haproxy_init(struct kept_haproxy *h, const struct haproxy_config *c)
{
    memset(h, 0, sizeof *h);
    h->name = xstrdup(c->name);
    h->write_backend = xstrdup(c->write_backend);
    kept_state_init(&h->state);
}

void kept_haproxy_release(struct kept_haproxy *h)
{
    kept_state_release(&h->state);
    facts_unref(h->stats);
    free(h->name);
    free(h->write_backend);
}

void kept_haproxy_apply(struct kept_haproxy *h, const struct observation *o)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    enum obs_outcome outcome = o->outcome;
    const char *detail = o->detail;
    if (outcome == OBS_ANSWERED && wire_haproxy_csv(o->body, o->body_len, &f, &e) != ST_OK) {
        outcome = OBS_GARBLED;
        detail = err_text(&e);
    }
    kept_state_update(&h->state, o, outcome, detail);
    if (f)
        facts_replace(&h->stats, f);
    err_release(&e);
}

void kept_haproxy_publish(const struct kept_haproxy *h, struct snapshot *s, struct haproxy *out)
{
    *out = (struct haproxy){
        .name = arena_strdup(&s->arena, h->name),
        .write_backend = arena_strdup(&s->arena, h->write_backend),
        .state = kept_state_copy(&h->state, &s->arena),
    };
    out->endpoint = out->state.endpoint;
    if (!h->stats)
        return;
    snapshot_hold(s, h->stats);
    out->stats = h->stats->root;
}
