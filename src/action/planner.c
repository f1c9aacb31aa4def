/* planner.c: what a plan is put together from: sentences, checks, and steps to whomever they go. */
#include "kind.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/net/pg.h"

/* Room for one more of size bytes in a growing array of the arena. */
static void *grow(struct arena *a, const void *old, int n, int *cap, size_t size)
{
    void *v;

    if (n < *cap)
        return NULL;
    *cap = *cap ? 2 * *cap : 8;
    v = arena_calloc(a, (size_t)*cap, size);
    if (n > 0)
        memcpy(v, old, (size_t)n * size);
    return v;
}

void planner_line(struct planner *b, const char *fmt, ...)
{
    struct plan *p = b->plan;
    const char **v = grow(&p->arena, b->lines, p->nlines, &b->cap_lines, sizeof *v);
    va_list ap;

    if (v)
        b->lines = v;
    va_start(ap, fmt);
    b->lines[p->nlines++] = arena_vprintf(&p->arena, fmt, ap);
    va_end(ap);
}

void planner_check(struct planner *b, const char *check, enum check_verdict verdict,
                   const char *fmt, ...)
{
    struct check_result *v =
        grow(&b->plan->arena, b->checks, b->nchecks, &b->cap_checks, sizeof *v);
    va_list ap;

    if (v)
        b->checks = v;
    va_start(ap, fmt);
    b->checks[b->nchecks++] = (struct check_result){
        .check = check, .verdict = verdict, .reason = arena_vprintf(&b->plan->arena, fmt, ap)};
    va_end(ap);
}

void planner_send(struct planner *b, const char *method, const char *member, const char *via,
                  const char *path, const char *body, int64_t timeout_us, const char *summary)
{
    struct plan *p = b->plan;
    struct plan_step *v = grow(&p->arena, b->steps, p->nsteps, &b->cap_steps, sizeof *v);
    struct action_route route = b->env->route(b->env->route_arg, via);

    if (v)
        b->steps = v;
    if (!route.base)
        planner_check(b, "route", CHECK_BLOCK, "%s's API is not reachable from here%s%s", via,
                      route.why && *route.why ? ": " : "", route.why ? route.why : "");
    b->steps[p->nsteps++] = (struct plan_step){
        .member = arena_strdup(&p->arena, member),
        .summary = summary,
        .method = method,
        .url = route.base ? arena_printf(&p->arena, "%s%s", route.base, path) : "",
        .body = arena_strdup(&p->arena, body),
        .connect_host = arena_strdup(&p->arena, route.connect_host),
        .connect_port = route.connect_port,
        .timeout_us = timeout_us,
        .authenticated = b->env->config->patroni.username != NULL,
    };
}

const char *planner_whom(const struct planner *b)
{
    const struct action_env *env = b->env;
    const char *leader = b->plan->leader;

    if (leader && env->route(env->route_arg, leader).base)
        return leader;
    for (int i = 0; i < b->s->nmembers; i++) {
        const struct member *m = &b->s->members[i];

        if (m->listed && m->api.outcome == OBS_ANSWERED && env->route(env->route_arg, m->name).base)
            return m->name;
    }
    return leader ? leader : b->s->nmembers ? b->s->members[0].name : "";
}

static struct plan_step *sql_step(struct planner *b, const struct action_sql_route *route,
                                  const char *member, const char *sql, int64_t timeout_us,
                                  const char *summary)
{
    struct plan *p = b->plan;
    struct plan_step *v = grow(&p->arena, b->steps, p->nsteps, &b->cap_steps, sizeof *v);

    if (v)
        b->steps = v;
    if (!route->conninfo && p->nsteps == 0)
        planner_check(b, "route", CHECK_BLOCK, "%s", route->why);
    b->steps[p->nsteps] = (struct plan_step){
        .member = arena_strdup(&p->arena, member),
        .summary = summary,
        .method = "SQL",
        .url = route->conninfo ? arena_strdup(&p->arena, route->label) : "",
        .body = arena_strdup(&p->arena, sql),
        .timeout_us = timeout_us,
    };
    return &b->steps[p->nsteps++];
}

void planner_sql(struct planner *b, const char *via, const char *sql, int64_t timeout_us,
                 const char *summary)
{
    struct action_sql_route route = b->env->sql_route(b->env->sql_route_arg, via);

    sql_step(b, &route, via, sql, timeout_us, summary);
}

void planner_sql_member(struct planner *b, const char *sql, int64_t timeout_us, const char *summary)
{
    const struct request *r = &b->plan->request;
    struct action_sql_route route = b->env->sql_member(b->env->sql_member_arg, r);

    sql_step(b, &route, r->members[0], sql, timeout_us, summary)->to_member = true;
}

/* "admin, ops": whether name is one of them. */
static bool is_listed(const char *list, const char *name)
{
    size_t n = strlen(name);

    for (const char *p = list; *p;) {
        p += strspn(p, ", \t\n");
        if (strncmp(p, name, n) == 0 && (p[n] == '\0' || strchr(", \t\n", p[n])))
            return true;
        p += strcspn(p, ",");
    }
    return false;
}

static const char *admins_of(const struct snapshot *s, const char *bouncer)
{
    for (int i = 0; i < s->nbouncers; i++) {
        const struct bouncer *w = &s->bouncers[i];

        for (int k = 0; strcmp(w->name, bouncer) == 0 && w->config && k < w->config->n; k++)
            if (strcmp(w->config->v[k].key, "admin_users") == 0)
                return w->config->v[k].value;
    }
    return NULL;
}

/* What PgBouncer would say only to the command itself. Where it does not say who may, nobody here
 * can know; and over its own socket the user of its own name may without being listed. */
static void check_right(struct planner *b, const char *bouncer,
                        const struct action_sql_route *route)
{
    const char *admins = admins_of(b->s, bouncer);
    char *user = NULL;

    for (int i = 0; i < b->plan->nsteps; i++)
        if (strcmp(b->steps[i].member, bouncer) == 0)
            return; /* was asked with its first step */
    if (admins && route->conninfo)
        user = net_pg_user(route->conninfo, route->extra);
    if (user && is_listed(admins, user))
        planner_check(b, "bouncer-right", CHECK_PASS, "%s is in admin_users of %s", user, bouncer);
    else if (user && strcmp(user, "pgbouncer") != 0)
        planner_check(b, "bouncer-right", CHECK_BLOCK,
                      "%s is not in admin_users of %s, so that it may look but not act: give it an "
                      "admin_conninfo in the cluster's file, as in \"user=%.*s\"",
                      user, bouncer, *admins ? (int)strcspn(admins, ", ") : 5,
                      *admins ? admins : "admin");
    free(user);
}

void planner_bouncer(struct planner *b, const char *bouncer, const char *sql, const char *argument,
                     int64_t timeout_us, const char *summary)
{
    struct plan *p = b->plan;
    struct action_sql_route route = b->env->bouncer(b->env->bouncer_arg, bouncer);
    struct plan_step *v = grow(&p->arena, b->steps, p->nsteps, &b->cap_steps, sizeof *v);

    if (v)
        b->steps = v;
    if (!route.conninfo)
        planner_check(b, "route", CHECK_BLOCK, "%s: %s", bouncer, route.why);
    check_right(b, bouncer, &route);
    b->steps[p->nsteps++] = (struct plan_step){
        .member = arena_strdup(&p->arena, bouncer),
        .summary = summary,
        .method = "PgBouncer",
        .url = route.conninfo ? arena_strdup(&p->arena, route.label) : "",
        .body = arena_strdup(&p->arena, sql),
        .timeout_us = timeout_us,
        .to_bouncer = true,
        .argument = arena_strdup(&p->arena, argument),
    };
}

void planner_socket(struct planner *b, const char *member, const char *socket, const char *line,
                    int64_t timeout_us, const char *summary)
{
    struct plan *p = b->plan;
    struct plan_step *v = grow(&p->arena, b->steps, p->nsteps, &b->cap_steps, sizeof *v);

    if (v)
        b->steps = v;
    b->steps[p->nsteps++] = (struct plan_step){
        .member = arena_strdup(&p->arena, member),
        .summary = arena_strdup(&p->arena, summary),
        .method = "SOCKET",
        .url = socket ? arena_strdup(&p->arena, socket) : "",
        .body = arena_strdup(&p->arena, line),
        .timeout_us = timeout_us,
        .socket = socket ? arena_strdup(&p->arena, socket) : "",
    };
}

void planner_etcd(struct planner *b, const char *path, const char *body, int64_t timeout_us,
                  const char *summary)
{
    struct plan *p = b->plan;
    struct plan_step *v = grow(&p->arena, b->steps, p->nsteps, &b->cap_steps, sizeof *v);
    const struct action_etcd *etcd = &b->env->etcd;
    const char *where = etcd->where ? etcd->where(etcd->arg) : NULL;

    if (v)
        b->steps = v;
    if (!where && p->nsteps == 0)
        planner_check(b, "route", CHECK_BLOCK, "no endpoint of etcd is asked");
    b->steps[p->nsteps++] = (struct plan_step){
        .member = "etcd",
        .summary = summary,
        .method = "POST",
        .url = where ? arena_printf(&p->arena, "%s%s", where, path) : "",
        .body = arena_strdup(&p->arena, body),
        .timeout_us = timeout_us,
        .etcd_path = arena_strdup(&p->arena, path),
        .authenticated = b->env->config->etcd.username != NULL,
    };
}

const char *planner_quote(struct planner *b, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_.:/@%+=,";
    struct buf q;
    const char *out;

    if (*word && strspn(word, plain) == strlen(word))
        return word;
    buf_init(&q);
    buf_putc(&q, '\'');
    for (const char *c = word; *c; c++) {
        if (*c == '\'')
            buf_puts(&q, "'\\''");
        else
            buf_putc(&q, *c);
    }
    buf_putc(&q, '\'');
    out = arena_strdup(&b->plan->arena, q.s);
    buf_release(&q);
    return out;
}

const char *planner_command(struct planner *b, const char *verb)
{
    const struct cluster_config *c = b->env->config;
    struct buf text;
    const char *out;

    buf_init(&text);
    buf_addf(&text, "pgdba %s", verb);
    if (c->path && *c->path)
        buf_addf(&text, " --cluster %s", planner_quote(b, b->plan->cluster));
    else /* it came from the command line: the name means nothing elsewhere */
        for (int i = 0; i < c->patroni.nurls; i++)
            buf_addf(&text, " --patroni-url %s", planner_quote(b, c->patroni.urls[i]));
    out = arena_strdup(&b->plan->arena, text.s);
    buf_release(&text);
    return out;
}
