#include "store_routes.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/wire/haproxy.h"

static const struct ha_server_name *copy_servers(struct arena *a, const struct haproxy_config *c)
{
    struct ha_server_name *v = arena_array(a, (size_t)c->nservers, struct ha_server_name);
    for (int i = 0; i < c->nservers; i++)
        v[i] = (struct ha_server_name){arena_strdup(a, c->servers[i].from),
                                       arena_strdup(a, c->servers[i].to)};
    return v;
}

static const char *const *copy_texts(struct arena *a, const char *const *v, int n)
{
    const char **out = arena_array(a, (size_t)n, const char *);
    for (int i = 0; i < n; i++)
        out[i] = arena_strdup(a, v[i]);
    return out;
}

void kept_haproxy_init(struct kept_haproxy *h, const struct haproxy_config *c)
{
    memset(h, 0, sizeof *h);
    arena_init(&h->arena);
    h->name = arena_strdup(&h->arena, c->name);
    h->write_backend = arena_strdup(&h->arena, c->write_backend);
    h->socket = arena_strdup(&h->arena, c->socket);
    h->nservers = c->nservers;
    h->servers = copy_servers(&h->arena, c);
    h->nwrite_addresses = c->nwrite_addresses;
    h->write_addresses = copy_texts(&h->arena, c->write_addresses, c->nwrite_addresses);
    kept_state_init(&h->state);
    kept_state_init(&h->info_state);
}

void kept_haproxy_release(struct kept_haproxy *h)
{
    kept_state_release(&h->state);
    kept_state_release(&h->info_state);
    facts_unref(h->stats);
    facts_unref(h->info);
    arena_release(&h->arena);
}

typedef enum status read_fn(const char *body, size_t n, struct facts **out, struct err *e);

static void keep(struct kept_state *state, struct facts **slot, read_fn *read,
                 const struct observation *o)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    enum obs_outcome outcome = o->outcome;
    const char *detail = o->detail;
    if (outcome == OBS_ANSWERED && read(o->body, o->body_len, &f, &e) != ST_OK) {
        outcome = OBS_GARBLED;
        detail = err_text(&e);
    }
    kept_state_update(state, o, outcome, detail);
    if (f)
        facts_replace(slot, f);
    err_release(&e);
}

void kept_haproxy_apply(struct kept_haproxy *h, const struct observation *o)
{
    if (o->kind == OBS_HAPROXY_INFO)
        keep(&h->info_state, &h->info, wire_haproxy_info, o);
    else
        keep(&h->state, &h->stats, wire_haproxy_csv, o);
}

static const struct ha_server_name *publish_servers(const struct kept_haproxy *h, struct arena *a)
{
    struct ha_server_name *v = arena_array(a, (size_t)h->nservers, struct ha_server_name);
    for (int i = 0; i < h->nservers; i++)
        v[i] = (struct ha_server_name){arena_strdup(a, h->servers[i].server),
                                       arena_strdup(a, h->servers[i].member)};
    return v;
}

void kept_haproxy_publish(const struct kept_haproxy *h, struct snapshot *s, struct haproxy *out)
{
    *out = (struct haproxy){
        .name = arena_strdup(&s->arena, h->name),
        .write_backend = arena_strdup(&s->arena, h->write_backend),
        .socket = arena_strdup(&s->arena, h->socket),
        .state = kept_state_copy(&h->state, &s->arena),
        .info_state = kept_state_copy(&h->info_state, &s->arena),
        .nservers = h->nservers,
        .servers = publish_servers(h, &s->arena),
    };
    out->endpoint = out->state.endpoint;
    out->nwrite_addresses = h->nwrite_addresses;
    out->write_addresses = copy_texts(&s->arena, h->write_addresses, h->nwrite_addresses);
    if (h->info) {
        snapshot_hold(s, h->info);
        out->info = h->info->root;
    }
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
