/*
 * patroni_members.c: who /cluster lists, and which address is whose.
 */
#include "patroni_int.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SITES = 2000 };

/* ---- the list */

struct member_row *members_find(const struct source_patroni *p, const char *name)
{
    for (int i = 0; i < p->nrows; i++)
        if (strcmp(p->rows[i].name, name) == 0)
            return &p->rows[i];
    return NULL;
}

struct site *members_site(const struct source_patroni *p, const char *name)
{
    for (int i = 0; i < p->nsites; i++) {
        struct site *s = p->sites[i];

        if (!s->gone && !s->duplicate && s->member != NULL && strcmp(s->member, name) == 0)
            return s;
    }
    return NULL;
}

bool members_all_served(const struct source_patroni *p)
{
    for (int i = 0; i < p->nrows; i++) {
        const struct site *s = members_site(p, p->rows[i].name);

        if (p->rows[i].listed && (s == NULL || !s->ever_answered))
            return false;
    }
    return p->nrows > 0;
}

static void row_release(struct member_row *r)
{
    free(r->name);
    free(r->why);
    arena_release(&r->arena);
}

static void set_address(struct source_patroni *p, struct member_row *r, const char *api_url)
{
    const struct patroni_config *c = &p->ctx.config->patroni;
    struct arena a;
    struct address u;

    arena_init(&a);
    bool ok = address_parse(&a, api_url, &u);

    if (ok == r->has_url && (!ok || strcmp(u.base, r->url.base) == 0)) {
        arena_release(&a);
        return;
    }
    arena_release(&r->arena);
    r->arena = a;
    r->has_url = ok;
    r->target = NULL;
    if (!ok)
        return;
    r->url = u;
    r->target_host = u.host;
    r->target_port = u.port;
    address_mapped(&r->arena, c->connect_to, c->nconnect_to, u.host, u.port, &r->target_host,
                   &r->target_port);
    r->target = address_key(&r->arena, r->target_host, r->target_port);
}

static struct member_row *row_for(struct source_patroni *p, const char *name)
{
    struct member_row *r = members_find(p, name);

    if (r != NULL)
        return r;
    p->rows = xrealloc(p->rows, (size_t)(p->nrows + 1) * sizeof(*p->rows));
    r = &p->rows[p->nrows++];
    memset(r, 0, sizeof(*r));
    arena_init(&r->arena);
    r->name = xstrdup(name);
    return r;
}

/* A vanished member is remembered while it answers, and for a good while after. */
static void forget_old(struct source_patroni *p)
{
    int kept = 0;

    for (int i = 0; i < p->nrows; i++) {
        struct member_row *r = &p->rows[i];
        const struct site *s = members_site(p, r->name);
        bool answers = s != NULL && s->outcome == OBS_ANSWERED;

        if (!r->listed && !answers && patroni_now(p) - r->unlisted_us > p->t.forget_us)
            row_release(r);
        else
            p->rows[kept++] = *r;
    }
    p->nrows = kept;
}

/* It is back: no need to wait for the slow retry of the vanished. */
static void ask_again_soon(struct source_patroni *p, const char *name)
{
    struct site *s = members_site(p, name);

    if (s != NULL && s->ever_answered)
        s->not_before_us = 0;
}

void members_take(struct source_patroni *p, const struct cluster_view *v)
{
    int64_t now = patroni_now(p);

    for (int i = 0; i < p->nrows; i++) {
        p->rows[i].was_listed = p->rows[i].listed;
        if (p->rows[i].listed)
            p->rows[i].unlisted_us = now;
        p->rows[i].listed = false;
    }
    for (int i = 0; i < v->nmembers; i++) {
        const struct cluster_member *m = &v->members[i];
        struct member_row *r = row_for(p, m->name);

        if (!r->was_listed)
            ask_again_soon(p, m->name);
        r->listed = r->was_listed = true;
        r->leader = role_is_leader(m->role);
        r->timeline = m->timeline;
        set_address(p, r, m->api_url);
    }
    forget_old(p);
}

void members_free(struct source_patroni *p)
{
    for (int i = 0; i < p->nrows; i++)
        row_release(&p->rows[i]);
    free(p->rows);
}

/* ---- which address is whose */

/* An answer without a name that nothing has told apart yet. */
static bool need_names(const struct source_patroni *p)
{
    if (p->ctx.config->patroni.proxy != NULL)
        return false; /* names are the proxy's business then */
    for (int i = 0; i < p->nsites; i++) {
        const struct site *s = p->sites[i];

        if (!s->gone && s->outcome == OBS_ANSWERED && s->says == NULL && s->declared == NULL &&
            s->rule != MATCH_ADDRESS)
            return true;
    }
    return false;
}

static bool address_taken(const struct source_patroni *p, const struct member_row *r)
{
    for (int i = 0; i < p->nrows; i++)
        if (p->rows[i].listed && p->rows[i].has_url && strcmp(p->rows[i].target, r->target) == 0)
            return true;
    return false;
}

static struct match_row *match_rows(struct source_patroni *p, struct arena *a, bool look_up)
{
    struct match_row *v = arena_array(a, (size_t)p->nrows, struct match_row);

    for (int i = 0; i < p->nrows; i++) {
        struct member_row *r = &p->rows[i];

        v[i].name = r->name;
        v[i].listed = r->listed;
        v[i].leader = r->leader;
        v[i].timeline = r->timeline;
        /* Whoever took over the address of a vanished member has it. */
        if (!r->has_url || (!r->listed && address_taken(p, r)))
            continue;
        v[i].address = r->url.key;
        v[i].target = r->target;
        v[i].loopback = address_is_loopback(r->target_host);
        v[i].port = r->target_port;
        v[i].naddrs = names_get(p, r->target_host, look_up, &v[i].addrs);
    }
    return v;
}

static struct match_site *match_list(struct source_patroni *p, struct arena *a, bool look_up)
{
    struct match_site *v = arena_array(a, (size_t)p->nsites, struct match_site);
    int64_t now = patroni_now(p);

    for (int i = 0; i < p->nsites; i++) {
        struct site *s = p->sites[i];

        v[i] = (struct match_site){
            .address = s->gone ? NULL : s->url.key,
            .target = s->gone ? NULL : s->target,
            .declared = s->declared,
            .seed = s->seed,
            .loopback = address_is_loopback(s->target_host),
            .answered = s->outcome == OBS_ANSWERED,
            .foreign = s->gone || site_is_foreign(s),
            .unsteady = site_is_unsteady(s, now),
            .says = s->says,
            .role = s->role,
            .timeline = s->timeline,
            .port = s->target_port,
        };
        v[i].naddrs = names_get(p, s->target_host, look_up && !s->gone, &v[i].addrs);
    }
    return v;
}

static void assign(struct source_patroni *p)
{
    struct arena a;
    bool look_up = need_names(p);

    arena_init(&a);
    struct match_row *rows = match_rows(p, &a, look_up);
    struct match_site *sites = match_list(p, &a, look_up);
    struct match_result *out = arena_array(&a, (size_t)p->nsites, struct match_result);

    match_sites(sites, p->nsites, rows, p->nrows, out);
    for (int i = 0; i < p->nsites; i++) {
        struct site *s = p->sites[i];
        /* A name or a declaration stands without a row: the DCS may be away. */
        const char *name = out[i].row >= 0                 ? p->rows[out[i].row].name
                           : out[i].rule == MATCH_SAYS     ? s->says
                           : out[i].rule == MATCH_DECLARED ? s->declared
                                                           : NULL;
        char *copy = xstrdup(name);

        free(s->member);
        s->member = copy;
        s->rule = out[i].rule;
        s->duplicate = out[i].duplicate;
    }
    arena_release(&a);
}

struct site *members_site_at(const struct source_patroni *p, const char *target)
{
    for (int i = 0; i < p->nsites; i++)
        if (!p->sites[i]->gone && strcmp(p->sites[i]->target, target) == 0)
            return p->sites[i];
    return NULL;
}

bool members_seeds_probed(const struct source_patroni *p)
{
    for (int i = 0; i < p->nsites; i++)
        if (p->sites[i]->seed && !p->sites[i]->probed)
            return false;
    return true;
}

/* The advertised address of every member, unless the operator named another one for it. It is tried
 * even where a given URL answers as the member: that may be a balancer. */
static int add_advertised(struct source_patroni *p)
{
    int added = 0;

    /* First who answers at the given URLs: else one member would be asked twice at a time. */
    if (!members_seeds_probed(p))
        return 0;
    for (int i = 0; i < p->nrows && p->nsites < MAX_SITES; i++) {
        const struct member_row *r = &p->rows[i];
        const struct site *s = members_site(p, r->name);

        if (!r->listed || !r->has_url || members_site_at(p, r->target) != NULL ||
            (s != NULL && s->declared != NULL))
            continue;
        struct site *fresh = site_new(p, r->url.base, false, NULL);

        if (fresh == NULL)
            continue;
        p->sites = xrealloc(p->sites, (size_t)(p->nsites + 1) * sizeof(*p->sites));
        p->sites[p->nsites++] = fresh;
        added++;
    }
    return added;
}

static void mark_gone(struct source_patroni *p)
{
    for (int i = 0; i < p->nsites; i++) {
        struct site *s = p->sites[i];
        bool wanted = s->seed;

        for (int j = 0; j < p->nrows && !wanted; j++)
            wanted = p->rows[j].has_url && strcmp(p->rows[j].target, s->target) == 0;
        if (wanted || s->gone)
            continue;
        s->gone = true;
        site_cancel(s);
        if (p->view.site == s)
            p->view.site = NULL;
    }
}

void members_sweep(struct source_patroni *p)
{
    int kept = 0;

    for (int i = 0; i < p->nsites; i++) {
        if (p->sites[i]->gone)
            site_free(p->sites[i]);
        else
            p->sites[kept++] = p->sites[i];
    }
    p->nsites = kept;
}

void members_match(struct source_patroni *p)
{
    int first = p->nsites;

    mark_gone(p);
    assign(p);
    if (add_advertised(p) > 0) {
        assign(p);
        for (int i = first; i < p->nsites; i++)
            site_ask(p->sites[i], false);
    }
}
