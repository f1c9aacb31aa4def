#include "pgdba/analysis/balancer.h"

#include <string.h>

#include "pgdba/analysis/routes.h"
#include "pgdba/base/fmt.h"

static bool is_among(const char *name, const char *const *v, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(v[i], name) == 0)
            return true;
    return false;
}

bool balancer_asked(const struct request *r, const struct haproxy *h)
{
    return r->non == 0 || is_among(h->name, r->on, r->non);
}

/* A server in a backend that r means. */
static bool in_scope(const struct request *r, const struct ha_row *row)
{
    return row->type == HA_SERVER && (!r->backend || strcmp(row->proxy, r->backend) == 0);
}

/* "rw/pg1" is "pg1" in rw, and nothing elsewhere. */
static const char *name_in(const struct ha_row *row, const char *name)
{
    size_t n = strlen(row->proxy);
    return strncmp(name, row->proxy, n) == 0 && name[n] == '/' ? name + n + 1 : name;
}

/* Is it the name of a server there? Then it is no member's: they may be called crosswise. */
static bool is_server(const struct request *r, const struct haproxy *h, const char *name)
{
    for (int k = 0; h->stats && k < h->stats->n; k++) {
        const struct ha_row *row = &h->stats->v[k];
        if (in_scope(r, row) && strcmp(row->name, name_in(row, name)) == 0)
            return true;
    }
    return false;
}

static bool meant(const struct snapshot *s, const struct request *r, const struct haproxy *h,
                  const struct ha_row *row, const char *name)
{
    const struct member *m;
    if (!in_scope(r, row))
        return false;
    if (strcmp(row->name, name_in(row, name)) == 0)
        return true;
    if (is_server(r, h, name))
        return false;
    m = routes_member_of_server(s, h, row);
    return m && strcmp(m->name, name_in(row, name)) == 0;
}

static bool is_meant(const struct snapshot *s, const struct request *r, const struct haproxy *h,
                     const struct ha_row *row)
{
    for (int i = 0; i < r->nservers; i++)
        if (meant(s, r, h, row, r->servers[i]))
            return true;
    return false;
}

const struct balancer_target *balancer_targets(const struct snapshot *s, const struct request *r,
                                               struct arena *a, int *n)
{
    int most = 0;
    for (int i = 0; i < s->nhaproxies; i++)
        most += s->haproxies[i].stats ? s->haproxies[i].stats->n : 0;
    struct balancer_target *v = arena_array(a, (size_t)most, struct balancer_target);
    *n = 0;
    for (int i = 0; i < s->nhaproxies; i++) {
        const struct haproxy *h = &s->haproxies[i];
        for (int k = 0; h->stats && balancer_asked(r, h) && k < h->stats->n; k++)
            if (is_meant(s, r, h, &h->stats->v[k]))
                v[(*n)++] = (struct balancer_target){h, &h->stats->v[k]};
    }
    return v;
}

const char *balancer_name(const struct haproxy *h, const struct ha_row *row, struct arena *a)
{
    return arena_printf(a, "%s %s/%s", h->name, row->proxy, row->name);
}

const struct ha_row *balancer_find(const struct snapshot *s, const char *name, struct arena *a,
                                   const struct haproxy **h)
{
    for (int i = 0; i < s->nhaproxies; i++) {
        *h = &s->haproxies[i];
        for (int k = 0; (*h)->stats && k < (*h)->stats->n; k++) {
            const struct ha_row *row = &(*h)->stats->v[k];
            if (row->type == HA_SERVER && strcmp(balancer_name(*h, row, a), name) == 0)
                return row;
        }
    }
    *h = NULL;
    return NULL;
}

int balancer_left(const struct snapshot *s, const struct request *r, const struct haproxy *h,
                  const char *proxy)
{
    bool takes_away = r->kind == ACT_HA_DRAIN || r->kind == ACT_HA_MAINT;
    int left = 0;
    for (int k = 0; h->stats && k < h->stats->n; k++) {
        const struct ha_row *row = &h->stats->v[k];
        if (row->type == HA_SERVER && strcmp(row->proxy, proxy) == 0 && ha_row_takes(row) &&
            !(takes_away && balancer_asked(r, h) && is_meant(s, r, h, row)))
            left++;
    }
    return left;
}

const char *const *balancer_emptied(const struct snapshot *s, const struct request *r,
                                    struct arena *a, int *n)
{
    int targets;
    const struct balancer_target *v = balancer_targets(s, r, a, &targets);
    const char **names = arena_array(a, (size_t)targets, const char *);
    *n = 0;
    if (r->kind != ACT_HA_DRAIN && r->kind != ACT_HA_MAINT)
        return names;
    for (int i = 0; i < targets; i++)
        if (ha_row_takes(v[i].row) && balancer_left(s, r, v[i].h, v[i].row->proxy) == 0 &&
            !is_among(v[i].row->proxy, names, *n))
            names[(*n)++] = v[i].row->proxy;
    return names;
}

/* ---- does it make sense? */

static enum status no_haproxy(const struct snapshot *s, const char *name, struct err *e)
{
    const char *names[16];
    int n = 0;
    for (int i = 0; i < s->nhaproxies && n < 16; i++)
        names[n++] = s->haproxies[i].name;
    const char *near = fmt_nearest(name, names, n);
    return err_set(e, ST_NOT_FOUND, "there is no HAProxy \"%s\"%s%s%s", name,
                   near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static enum status check_on(const struct snapshot *s, const struct request *r, struct err *e)
{
    for (int i = 0; i < r->non; i++) {
        bool known = false;
        for (int k = 0; k < s->nhaproxies; k++)
            known = known || strcmp(s->haproxies[k].name, r->on[i]) == 0;
        if (!known)
            return no_haproxy(s, r->on[i], e);
        if (is_among(r->on[i], r->on, i))
            return err_set(e, ST_USAGE, "--on %s is given twice", r->on[i]);
    }
    return ST_OK;
}

/* Servers, or of a wrong --backend the backends, that there are; for the nearest. */
static int known_names(const struct snapshot *s, const struct request *r, bool backends,
                       const char **v, int most)
{
    int n = 0;
    for (int i = 0; i < s->nhaproxies; i++) {
        const struct haproxy *h = &s->haproxies[i];
        for (int k = 0; h->stats && balancer_asked(r, h) && k < h->stats->n && n < most; k++) {
            const struct ha_row *row = &h->stats->v[k];
            const char *name = backends ? row->proxy : row->name;
            if (row->type == HA_SERVER && !is_among(name, v, n))
                v[n++] = name;
        }
    }
    return n;
}

static enum status not_there(const struct snapshot *s, const struct request *r, const char *what,
                             const char *name, bool backends, struct err *e)
{
    const char *v[64];
    int n = known_names(s, r, backends, v, 64);
    const char *slash = backends ? NULL : strchr(name, '/');
    const char *near = fmt_nearest(slash ? slash + 1 : name, v, n);
    return err_set(e, ST_NOT_FOUND, "no HAProxy asked for has a %s \"%s\"%s%s%s%s%s", what, name,
                   r->backend && !backends ? " in backend " : "",
                   r->backend && !backends ? r->backend : "", near ? "; did you mean \"" : "",
                   near ? near : "", near ? "\"?" : "");
}

static bool is_backend(const struct snapshot *s, const struct request *r)
{
    const char *v[64];
    int n = known_names(s, r, true, v, 64);
    return n == 64 || is_among(r->backend, v, n);
}

static int count_meant(const struct snapshot *s, const struct request *r, const char *name)
{
    int found = 0;
    for (int i = 0; i < s->nhaproxies; i++) {
        const struct haproxy *h = &s->haproxies[i];
        for (int k = 0; h->stats && balancer_asked(r, h) && k < h->stats->n; k++)
            found += meant(s, r, h, &h->stats->v[k], name);
    }
    return found;
}

static bool any_answered(const struct snapshot *s, const struct request *r)
{
    for (int i = 0; i < s->nhaproxies; i++)
        if (s->haproxies[i].stats && balancer_asked(r, &s->haproxies[i]))
            return true;
    return false;
}

/* Ending sessions where they are in order is no small thing: which backend, must be said. */
static enum status check_one_backend(const struct snapshot *s, const struct request *r,
                                     struct err *e)
{
    struct arena a;
    enum status st = ST_OK;
    int n;
    arena_init(&a);
    const struct balancer_target *v = balancer_targets(s, r, &a, &n);
    for (int i = 1; i < n && st == ST_OK; i++)
        if (strcmp(v[i].row->proxy, v[0].row->proxy) != 0)
            st = err_set(e, ST_USAGE, "%s is a server of %s and of %s: say which with --backend",
                         v[i].row->name, v[0].row->proxy, v[i].row->proxy);
    arena_release(&a);
    return st;
}

enum status balancer_check(const struct snapshot *s, const struct request *r, struct err *e)
{
    enum status st = check_on(s, r, e);
    if (st != ST_OK)
        return st;
    if (s->nhaproxies == 0)
        return err_set(e, ST_USAGE, "no HAProxy is configured for this cluster");
    if (r->nservers == 0)
        return err_set(e, ST_USAGE, "%s needs servers' names", action_name(r->kind));
    if (!any_answered(s, r))
        return err_set(e, ST_UNREACHABLE,
                       "what servers there are is not known: no HAProxy asked "
                       "for has answered yet");
    if (r->backend && !is_backend(s, r))
        return not_there(s, r, "backend with servers", r->backend, true, e);
    for (int i = 0; i < r->nservers; i++) {
        if (count_meant(s, r, r->servers[i]) == 0)
            return not_there(s, r, "server", r->servers[i], false, e);
        if (is_among(r->servers[i], r->servers, i))
            return err_set(e, ST_USAGE, "%s is named twice", r->servers[i]);
    }
    return r->kind == ACT_HA_SHUT && !r->backend ? check_one_backend(s, r, e) : ST_OK;
}
