/* `cluster connect`: asks before it writes. */
#include "pgdba/app/connect.h"

#include <stdlib.h>
#include <string.h>

#include "app_private.h"
#include "pgdba/config/secret.h"
#include "pgdba/wire/patroni.h"

#define ASK_TIMEOUT     (4 * USEC_PER_SEC)
#define PICTURE_TIMEOUT (8 * USEC_PER_SEC)

/* One URL, asked who it is. */
struct ask {
    struct connect *all;
    const char *url;
    bool ended;
    struct facts *facts; /* member_health, NULL when it did not answer as Patroni does */
    char *problem;
};

struct connect {
    struct app *app;
    int n, left;
    struct ask *asks;
};

static void on_reply(void *arg, const struct net_http_reply *r)
{
    struct ask *q = arg;
    struct err e = ERR_INIT;
    q->ended = true;
    q->all->left--;
    if (r->outcome != NET_ANSWERED)
        q->problem = xstrdup(r->detail);
    else if (wire_patroni_health(r->body, r->body_len, r->status, r->date, &q->facts, &e) != ST_OK)
        q->problem =
            xasprintf("it answers, but not as Patroni does (HTTP %d): %s", r->status, err_text(&e));
    err_release(&e);
}

static bool all_asked(void *arg)
{
    return ((struct connect *)arg)->left == 0;
}

/* "http://pg-replica-1:8008" by a "pg-replica-1:8008" -> "127.0.0.1:8009" of the file. */
static void apply_connect_to(const struct patroni_config *p, struct net_http_request *req,
                             struct arena *a)
{
    const char *at = strstr(req->url, "://");
    for (int i = 0; at && i < p->nconnect_to; i++) {
        if (strcmp(at + 3, p->connect_to[i].from) != 0)
            continue;
        const char *colon = strrchr(p->connect_to[i].to, ':');
        if (!colon)
            continue;
        req->connect_host =
            arena_strndup(a, p->connect_to[i].to, (size_t)(colon - p->connect_to[i].to));
        req->connect_port = (int)strtol(colon + 1, NULL, 10); /* the configuration checked it */
    }
}

static void send_one(struct app *a, const struct cluster_config *c, struct ask *q,
                     const char *key_password, struct arena *mem)
{
    const struct patroni_config *p = &c->patroni;
    struct net_http_request req = {.method = "GET", .url = q->url, .proxy = p->proxy};
    apply_connect_to(p, &req, mem);
    req.url = arena_printf(mem, "%s/patroni", q->url);
    req.tls = (struct net_tls){.cacert = p->tls.cacert,
                               .cert = p->tls.cert,
                               .key = p->tls.key,
                               .key_password = key_password,
                               .insecure = p->tls.insecure};
    req.timeout_us = ASK_TIMEOUT;
    net_http_send(a->http, &req, on_reply, q);
}

static void say(const struct ask *q, struct buf *report)
{
    if (!q->facts) {
        buf_addf(report, "  %s  does not answer: %s\n", q->url, q->problem ? q->problem : "");
        return;
    }
    const struct member_health *h = q->facts->root;
    buf_addf(report, "  %s  %s%s%s, %s", q->url, h->name ? h->name : "", h->name ? ", " : "",
             role_name(h->role), h->state_text ? h->state_text : pg_state_name(h->state));
    if (h->server_version)
        buf_addf(report, ", PostgreSQL %d.%d", (int)(h->server_version / 10000),
                 (int)(h->server_version % 100));
    if (h->patroni_version)
        buf_addf(report, ", Patroni %s", h->patroni_version);
    buf_puts(report, "\n");
}

static const char *scope_of(const struct ask *q)
{
    return q->facts ? ((const struct member_health *)q->facts->root)->scope : NULL;
}

static enum status judge(const struct connect *k, struct cluster_config *c, struct err *e)
{
    const struct ask *first = NULL;
    for (int i = 0; i < k->n; i++) {
        const struct ask *q = &k->asks[i];
        const char *scope = scope_of(q);
        if (!scope)
            continue;
        if (c->scope && strcmp(c->scope, scope) != 0)
            return err_set(e, ST_INVALID, "%s belongs to the cluster \"%s\", not \"%s\"", q->url,
                           scope, c->scope);
        if (first && strcmp(scope_of(first), scope) != 0)
            return err_set(e, ST_INVALID,
                           "the URLs belong to different clusters: %s is of \"%s\", %s of \"%s\"",
                           first->url, scope_of(first), q->url, scope);
        if (!first)
            first = q;
    }
    bool answered = false;
    for (int i = 0; i < k->n; i++)
        answered = answered || k->asks[i].facts;
    if (!answered)
        return err_set(e, ST_UNREACHABLE, "no URL answered as Patroni does; nothing was written");
    if (first && !c->scope)
        c->scope = arena_strdup(&c->arena, scope_of(first));
    return ST_OK;
}

static enum status ask_all(struct app *a, struct cluster_config *c, struct buf *report,
                           struct err *e)
{
    char *key_password = NULL;
    enum status st = secret_read(&c->patroni.tls.key_password, "the TLS key", &key_password, e);
    if (st != ST_OK)
        return st;
    struct connect k = {.app = a, .n = c->patroni.nurls, .left = c->patroni.nurls};
    struct arena mem;
    arena_init(&mem);
    k.asks = arena_array(&mem, (size_t)k.n, struct ask);
    for (int i = 0; i < k.n; i++) {
        k.asks[i] = (struct ask){.all = &k, .url = c->patroni.urls[i]};
        send_one(a, c, &k.asks[i], key_password, &mem);
    }
    /* Each request has its own deadline, so that this wait always ends. */
    while (!app_run_until(a, all_asked, &k, clock_mono(a->opt.clock) + ASK_TIMEOUT))
        continue;
    buf_puts(report, "Asked:\n");
    for (int i = 0; i < k.n; i++)
        say(&k.asks[i], report);
    st = judge(&k, c, e);
    for (int i = 0; i < k.n; i++) {
        facts_unref(k.asks[i].facts);
        free(k.asks[i].problem);
    }
    arena_release(&mem);
    secret_wipe_free(key_password);
    return st;
}

/* ---- the whole picture, as the console would see it */

/* Members' PostgreSQL is asked as soon as it is known where it listens: after the first picture. */
static bool picture(void *arg)
{
    const struct app *a = arg;
    const struct snapshot *s = app_snapshot(a);
    for (int i = 0; a->config->postgres.conninfo && i < s->nmembers; i++)
        if (s->members[i].pg.outcome == OBS_NEVER)
            return false;
    return app_complete(a);
}

static const char *how_old_is_seen(const struct member *m)
{
    return m->health && m->health->state_text ? m->health->state_text
           : m->dcs                           ? m->dcs->state_text
                                              : "";
}

static void say_member(const struct member *m, struct buf *report)
{
    enum role role = m->dcs ? m->dcs->role : ROLE_UNKNOWN;
    buf_addf(report, "  %s  %s, %s", m->name, role_name(role), how_old_is_seen(m));
    if (m->api_base)
        buf_addf(report, ", API %s\n", m->api_base);
    else
        buf_addf(report,
                 ", API not reachable from here (it advertises %s): give --member-url %s=URL "
                 "or --connect-to\n",
                 m->dcs && m->dcs->api_url ? m->dcs->api_url : "no URL", m->name);
}

static void say_source(const char *what, const char *where, const struct source_state *st,
                       struct buf *report)
{
    buf_addf(report, "  %s %s  %s", what, where, obs_outcome_name(st->outcome));
    if (*st->detail && st->outcome != OBS_ANSWERED)
        buf_addf(report, ": %s", st->detail);
}

/* The rest of what the cluster stands on: what is not reached from here is better known now. */
static void say_around(const struct snapshot *s, struct buf *report)
{
    for (int i = 0; i < s->nmembers; i++) {
        const struct member *m = &s->members[i];
        if (m->pg.outcome == OBS_NEVER)
            continue;
        say_source("PostgreSQL of", m->name, &m->pg, report);
        buf_puts(report, "\n");
    }
    for (int i = 0; i < s->nhaproxies; i++) {
        say_source("HAProxy", s->haproxies[i].name, &s->haproxies[i].state, report);
        buf_puts(report, "\n");
    }
    if (!s->etcd_configured)
        return;
    say_source("etcd", s->dcs_state.endpoint, &s->dcs_state, report);
    buf_addf(report, "%s\n", s->dcs_leads ? ", watched" : "");
}

static void say_picture(const struct snapshot *s, struct buf *report)
{
    buf_addf(report, "Cluster \"%s\":\n", s->scope ? s->scope : "?");
    for (int i = 0; i < s->nmembers; i++)
        say_member(&s->members[i], report);
    for (int i = 0; i < s->nbouncers; i++) {
        const struct bouncer *b = &s->bouncers[i];
        buf_addf(report, "  PgBouncer %s  %s", b->name, obs_outcome_name(b->state.outcome));
        if (b->version.text)
            buf_addf(report, ", %s", b->version.text);
        if (*b->state.detail && b->state.outcome != OBS_ANSWERED)
            buf_addf(report, ": %s", b->state.detail);
        buf_puts(report, "\n");
    }
    say_around(s, report);
}

enum status connect_discover(struct app *a, struct cluster_config *c, struct buf *report,
                             struct err *e)
{
    enum status st = ask_all(a, c, report, e);
    if (st != ST_OK)
        return st;
    /* The app takes a configuration over; this one is still to be written. */
    char *yaml = cluster_config_yaml(c);
    struct cluster_config *copy = NULL;
    st = cluster_config_parse(yaml, strlen(yaml), "what was given", c->name, &copy, e);
    free(yaml);
    if (st == ST_OK)
        st = app_open(a, copy, e);
    if (st != ST_OK)
        return st;
    app_run_until(a, picture, a, clock_mono(a->opt.clock) + PICTURE_TIMEOUT);
    /* What was matched is not written down: each start matches anew by the same rules, and a match
     * by role would become a lasting mistake where the URL is a balancer's. */
    say_picture(app_snapshot(a), report);
    return ST_OK;
}
