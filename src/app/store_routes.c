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
    h->nwrite_addresses = c->nwrite_addresses;
    h->write_addresses = xcalloc((size_t)c->nwrite_addresses, sizeof *h->write_addresses);
    for (int i = 0; i < h->nwrite_addresses; i++)
        h->write_addresses[i] = xstrdup(c->write_addresses[i]);
    kept_state_init(&h->state);
}

void kept_haproxy_release(struct kept_haproxy *h)
{
    kept_state_release(&h->state);
    facts_unref(h->stats);
    free(h->name);
    free(h->write_backend);
    for (int i = 0; i < h->nwrite_addresses; i++)
        free(h->write_addresses[i]);
    free(h->write_addresses);
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

static const char *const *copy_texts(struct arena *a, const char *const *v, int n)
{
    const char **out = arena_array(a, (size_t)n, const char *);
    for (int i = 0; i < n; i++)
        out[i] = arena_strdup(a, v[i]);
    return out;
}

void kept_haproxy_publish(const struct kept_haproxy *h, struct snapshot *s, struct haproxy *out)
{
    *out = (struct haproxy){
        .name = arena_strdup(&s->arena, h->name),
        .write_backend = arena_strdup(&s->arena, h->write_backend),
        .state = kept_state_copy(&h->state, &s->arena),
    };
    out->endpoint = out->state.endpoint;
    out->nwrite_addresses = h->nwrite_addresses;
    out->write_addresses =
        copy_texts(&s->arena, (const char *const *)h->write_addresses, h->nwrite_addresses);
    if (!h->stats)
        return;
    snapshot_hold(s, h->stats);
    out->stats = h->stats->root;
}

/* ---- the ways that applications go */

static const struct app_route *copy_routes(struct arena *a, const struct app_route *v, int n)
{
    struct app_route *out = arena_array(a, (size_t)n, struct app_route);
    for (int i = 0; i < n; i++) {
        struct app_place *places = arena_array(a, (size_t)v[i].nplaces, struct app_place);
        for (int k = 0; k < v[i].nplaces; k++)
            places[k] =
                (struct app_place){arena_strdup(a, v[i].places[k].host), v[i].places[k].port};
        out[i] = v[i];
        out[i].name = arena_strdup(a, v[i].name);
        out[i].database = arena_strdup(a, v[i].database);
        out[i].places = places;
    }
    return out;
}

void kept_ways_init(struct kept_ways *w, const struct cluster_config *c)
{
    struct app_route *v;
    arena_init(&w->arena);
    v = arena_array(&w->arena, (size_t)c->nroutes, struct app_route);
    for (int i = 0; i < c->nroutes; i++)
        v[i] = c->routes[i].route;
    w->n = c->nroutes;
    w->v = copy_routes(&w->arena, v, w->n);
}

void kept_ways_release(struct kept_ways *w)
{
    arena_release(&w->arena);
}

void kept_ways_publish(const struct kept_ways *w, struct snapshot *s)
{
    s->nroutes = w->n;
    s->routes = copy_routes(&s->arena, w->v, w->n);
}
