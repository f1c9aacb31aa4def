#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/path.h"
#include "pgdba/config/policy.h"

/* ---- the sender
 * ---------------------------------------------------------------------------------- */

static void *fake_send(void *arg, const struct net_http_request *req, net_http_fn *fn, void *fn_arg)
{
    struct world *w = arg;

    assert_in_range(w->nsent, 0, SENT_MAX - 1);
    w->method = req->method; /* a constant */
    w->url[w->nsent] = xstrdup(req->url);
    w->body[w->nsent] = xstrdup(req->body ? req->body : "");
    w->authenticated = req->password != NULL;
    w->nsent++;
    if (strstr(req->url, "/health")) { /* beside the steps */
        w->get_fn = fn;
        w->get_arg = fn_arg;
        return &w->get_fn;
    }
    w->fn = fn;
    w->fn_arg = fn_arg;
    return w;
}

static void fake_cancel(void *arg, void *call)
{
    struct world *w = arg;

    if (call == &w->get_fn) {
        assert_non_null(w->get_fn);
        w->get_fn = NULL;
        return;
    }
    assert_ptr_equal(call, w);
    assert_non_null(w->fn);
    w->fn = NULL;
    w->ncancelled++;
}

static void *fake_sql(void *arg, const struct action_sql_route *to, const char *sql,
                      int64_t timeout_us, net_pg_fn *fn, void *fn_arg)
{
    struct world *w = arg;

    assert_in_range(w->nsent, 0, SENT_MAX - 1);
    assert_true(timeout_us > 0);
    w->url[w->nsent] = xstrdup(to->conninfo);
    w->body[w->nsent] = xstrdup(sql);
    w->nsent++;
    w->sql_fn = fn;
    w->fn_arg = fn_arg;
    return w;
}

static void fake_sql_cancel(void *arg, void *call)
{
    struct world *w = arg;

    assert_ptr_equal(call, w);
    w->nclosed++;
}

static void *fake_line(void *arg, const struct net_line_request *req, net_line_fn *fn, void *fn_arg)
{
    struct world *w = arg;

    assert_in_range(w->nsent, 0, SENT_MAX - 1);
    assert_true(req->timeout_us > 0);
    assert_null(w->line_fn); /* one at a time */
    w->url[w->nsent] = xstrdup(req->to);
    w->body[w->nsent] = xstrdup(req->command);
    w->nsent++;
    w->line_fn = fn;
    w->fn_arg = fn_arg;
    return w;
}

static void fake_line_cancel(void *arg, void *call)
{
    struct world *w = arg;

    assert_ptr_equal(call, w);
    w->line_fn = NULL;
}

void world_line(struct world *w, enum net_outcome outcome, const char *said)
{
    net_line_fn *fn = w->line_fn;
    bool good = outcome == NET_ANSWERED;

    assert_non_null(fn);
    w->line_fn = NULL;
    fn(w->fn_arg, &(struct net_line_reply){.outcome = outcome,
                                           .body = good ? said : "",
                                           .body_len = good ? strlen(said) : 0,
                                           .sent = outcome != NET_REFUSED,
                                           .detail = good ? "" : said});
}

static const char *fake_etcd_where(void *arg)
{
    (void)arg;
    return "http://10.0.0.8:2379/v3";
}

static void *fake_etcd_send(void *arg, const char *path, const char *body, int64_t timeout_us,
                            action_etcd_fn *fn, void *fn_arg)
{
    struct world *w = arg;

    assert_in_range(w->nsent, 0, SENT_MAX - 1);
    assert_true(timeout_us > 0);
    w->url[w->nsent] = xstrdup(path);
    w->body[w->nsent] = xstrdup(body);
    w->nsent++;
    w->etcd_fn = fn;
    w->fn_arg = fn_arg;
    return w;
}

static void fake_etcd_cancel(void *arg, void *call)
{
    struct world *w = arg;

    assert_ptr_equal(call, w);
    w->ncancelled++;
}

void world_etcd(struct world *w, const char *body, bool definite, const char *text)
{
    action_etcd_fn *fn = w->etcd_fn;

    assert_non_null(fn);
    w->etcd_fn = NULL;
    fn(w->fn_arg, &(struct action_etcd_reply){.sent = true,
                                              .definite = definite,
                                              .refused = definite && *text,
                                              .body = body ? body : "",
                                              .body_len = body ? strlen(body) : 0,
                                              .text = text});
}

static struct action_sql_route fake_sql_route(void *arg, const char *via)
{
    const struct world *w = arg;

    (void)via;
    if (w->no_way)
        return (struct action_sql_route){.why = w->no_way};
    return (struct action_sql_route){.conninfo = "host=10.0.0.9", .label = "app@10.0.0.9:5000/app"};
}

static struct action_sql_route fake_sql_member(void *arg, const struct request *r)
{
    struct action_sql_route route = fake_sql_route(arg, r->members[0]);

    route.setup = "SET statement_timeout = 30000";
    return route;
}

/* ---- PgBouncer's consoles
 * -------------------------------------------------------------------------- */

static struct action_sql_route fake_bouncer(void *arg, const char *name)
{
    const struct world *w = arg;

    if (w->no_bouncer && strcmp(name, w->no_bouncer) == 0)
        return (struct action_sql_route){.why = "its password command has not answered yet"};
    return (struct action_sql_route){
        .conninfo = name, .label = "10.0.0.7:6432/pgbouncer", .why = ""};
}

static void *fake_console(void *arg, const struct action_sql_route *to)
{
    struct world *w = arg;
    struct world_console *c = &w->consoles[w->nconsoles];

    assert_in_range(w->nconsoles, 0, CONSOLES_MAX - 1);
    w->nconsoles++;
    *c = (struct world_console){.open = true, .place = xstrdup(to->conninfo)};
    return c;
}

static void fake_ask(void *arg, void *console, const char *sql, int64_t timeout_us, net_pg_fn *fn,
                     void *fn_arg)
{
    struct world_console *c = console;

    (void)arg;
    assert_true(c->open);
    assert_true(timeout_us > 0);
    assert_null(c->sql); /* one at a time */
    c->sql = xstrdup(sql);
    c->fn = fn;
    c->arg = fn_arg;
}

static int fake_console_version(void *arg, void *console)
{
    const struct world *w = arg;

    (void)console;
    return w->bouncer_version;
}

static void fake_console_close(void *arg, void *console)
{
    struct world_console *c = console;

    (void)arg;
    assert_true(c->open);
    c->open = false;
    free(c->sql);
    c->sql = NULL;
}

void world_asks(const struct world *w, int console, const char *sql)
{
    const struct world_console *c = &w->consoles[console];

    if (console >= w->nconsoles || !c->open || !c->sql || strcmp(c->sql, sql) != 0)
        fail_msg("console %d of %d (%s) asks %s, not %s; %s: %s", console, w->nconsoles,
                 c->open ? "open" : "closed", c->sql ? c->sql : "nothing", sql,
                 op_state_name(w->op->state), w->op->outcome);
}

static void answer_console(struct world *w, int console, const char *sql,
                           const struct net_pg_reply *reply)
{
    struct world_console *c = &w->consoles[console];

    world_asks(w, console, sql);
    free(c->sql);
    c->sql = NULL;
    c->fn(c->arg, reply);
}

void world_rows(struct world *w, int console, const char *sql, const char *text)
{
    struct arena a;
    struct table *t;
    const char *cells[64] = {NULL};
    int n = 0, ncols;

    arena_init(&a);
    for (const char *p = text; *p && n < 64; n++) {
        size_t len = strcspn(p, " |");

        cells[n] = len == 1 && *p == '-' ? NULL : arena_strndup(&a, p, len);
        p += len + (p[len] != 0);
    }
    ncols = 1;
    for (const char *p = text; *p && *p != '|'; p++)
        ncols += *p == ' ';
    assert_true(n >= ncols && n % ncols == 0);
    t = table_new(&a, ncols, n / ncols - 1);
    for (int i = 0; i < ncols; i++)
        t->cols[i] = cells[i];
    for (int i = ncols; i < n; i++)
        t->cells[i - ncols] = cells[i];
    t->tag = "SHOW";
    answer_console(
        w, console, sql,
        &(struct net_pg_reply){.outcome = NET_ANSWERED, .table = t, .sqlstate = "", .detail = ""});
    arena_release(&a);
}

void world_tag(struct world *w, int console, const char *sql, const char *tag)
{
    struct table t = {.tag = tag};

    answer_console(
        w, console, sql,
        &(struct net_pg_reply){.outcome = NET_ANSWERED, .table = &t, .sqlstate = "", .detail = ""});
}

void world_says_no(struct world *w, int console, const char *sql, const char *text)
{
    answer_console(
        w, console, sql,
        &(struct net_pg_reply){.outcome = NET_ANSWERED, .sqlstate = "08P01", .detail = text});
}

void world_silent(struct world *w, int console, const char *sql, enum net_outcome outcome)
{
    answer_console(w, console, sql,
                   &(struct net_pg_reply){.outcome = outcome, .sqlstate = "", .detail = "gone"});
}

int world_consoles_open(const struct world *w)
{
    int n = 0;

    for (int i = 0; i < w->nconsoles; i++)
        n += w->consoles[i].open;
    return n;
}

/* ---- what is remembered */

static char *name_of(const struct held *h)
{
    return h->key ? xasprintf("%s/%s=%s", h->bouncer, h->key, h->value ? h->value : "")
                  : xasprintf("%s/%s", h->bouncer, h->database ? h->database : "*");
}

/* By what it is about: a value is none of that. */
static int held_at(const struct world *w, const char *name)
{
    size_t n = strcspn(name, "=");

    for (int i = 0; i < w->nheld; i++)
        if (strncmp(w->held[i], name, n) == 0 && (w->held[i][n] == '=' || !w->held[i][n]))
            return i;
    return -1;
}

static enum status fake_keep(void *arg, const struct held *h, struct err *e)
{
    struct world *w = arg;
    char *name = name_of(h);

    if (w->cannot_keep || held_at(w, name) >= 0) {
        enum status st = err_set(e, ST_IO, "%s", w->cannot_keep ? w->cannot_keep : "kept already");

        free(name);
        return st;
    }
    assert_in_range(w->nheld, 0, HELD_MAX - 1);
    w->held[w->nheld++] = name;
    return ST_OK;
}

static void fake_forget(void *arg, const struct held *h)
{
    struct world *w = arg;
    char *name = name_of(h);
    int i = held_at(w, name);

    free(name);
    if (i < 0)
        return;
    free(w->held[i]);
    w->held[i] = w->held[--w->nheld];
}

static enum status fake_claim(void *arg, const struct held *h, struct err *e)
{
    const struct world *w = arg;

    (void)h;
    return w->claimed == ST_OK          ? ST_OK
           : w->claimed == ST_NOT_FOUND ? err_set(e, ST_NOT_FOUND, "taken back meanwhile")
                                        : err_set(e, w->claimed, "another one is at it");
}

static const struct held_list *fake_left(void *arg)
{
    return ((struct world *)arg)->left;
}

bool world_holds(const struct world *w, const char *what)
{
    for (int i = 0; i < w->nheld; i++)
        if (strcmp(w->held[i], what) == 0)
            return true;
    return false;
}

static void answer_sql(struct world *w, const struct net_pg_reply *reply)
{
    net_pg_fn *fn = w->sql_fn;

    assert_non_null(fn);
    w->sql_fn = NULL;
    fn(w->fn_arg, reply);
}

void world_sql(struct world *w, const char *cell, const char *sqlstate, const char *detail)
{
    const char *cols[] = {"there"}, *cells[] = {cell};
    struct table t = {.ncols = 1, .nrows = cell ? 1 : 0, .cols = cols, .cells = cells, .tag = ""};

    answer_sql(w, &(struct net_pg_reply){.outcome = NET_ANSWERED,
                                         .table = *sqlstate ? NULL : &t,
                                         .sqlstate = sqlstate,
                                         .detail = detail});
}

void world_sql_closed(struct world *w)
{
    char *detail = xasprintf("connection to server failed: %s", strerror(ECONNREFUSED));

    answer_sql(w, &(struct net_pg_reply){.outcome = NET_REFUSED, .sqlstate = "", .detail = detail});
    free(detail);
}

void world_sql_lost(struct world *w, enum net_outcome outcome)
{
    answer_sql(w, &(struct net_pg_reply){.outcome = outcome, .sqlstate = "", .detail = "gone"});
}

static void fake_alarm(void *arg, struct action_run *run, int64_t delay_us)
{
    struct world *w = arg;

    (void)run;
    w->alarm_us = delay_us < 0 ? -1 : clock_mono(&w->clock) + delay_us;
}

static void fake_release(void *arg)
{
    (void)arg;
}

static struct action_route fake_route(void *arg, const char *member)
{
    const struct world *w = arg;
    static const char *const bases[] = {"http://10.0.0.1:8008", "http://10.0.0.2:8008",
                                        "http://10.0.0.3:8008"};
    int n = member[2] - '1';

    if ((w->unreachable && strcmp(member, w->unreachable) == 0) ||
        (w->unreachable2 && strcmp(member, w->unreachable2) == 0))
        return (struct action_route){.why = "name not known here"};
    return (struct action_route){.base = bases[n >= 0 && n < 3 ? n : 0]};
}

static void changed(void *arg, const struct operation *op)
{
    struct world *w = arg;

    (void)op;
    w->nchanged++;
}

/* ---- the world
 * ------------------------------------------------------------------------------------- */

void world_init(struct world *w)
{
    *w = (struct world){
        .clock = clock_fake(SB_NOW_US, SB_WALL_US), .alarm_us = -1, .bouncer_version = 11800};
    strcpy(w->dir, "/tmp/pgdba-action-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    w->audit_path = path_join(w->dir, "audit.jsonl");
    w->config = cluster_config_new("lab");
    w->config->path = "/etc/pgdba/clusters.d/lab.yml";
    w->policy = path_join(w->dir, "policy.yml"); /* there is none: everything is allowed */
    w->env = (struct action_env){.clock = &w->clock,
                                 .policy = policy_new(w->policy, getuid(), NULL),
                                 .config = w->config,
                                 .route = fake_route,
                                 .route_arg = w,
                                 .sql_route = fake_sql_route,
                                 .sql_route_arg = w,
                                 .sql_member = fake_sql_member,
                                 .sql_member_arg = w,
                                 .bouncer = fake_bouncer,
                                 .bouncer_arg = w,
                                 .memory = {.arg = w,
                                            .keep = fake_keep,
                                            .claim = fake_claim,
                                            .forget = fake_forget,
                                            .list = fake_left},
                                 .etcd = {.arg = w,
                                          .where = fake_etcd_where,
                                          .send = fake_etcd_send,
                                          .cancel = fake_etcd_cancel},
                                 .changed = changed,
                                 .changed_arg = w};
    assert_int_equal(audit_open(&w->env.audit, w->audit_path, &w->clock, &w->err), ST_OK);
}

void world_release(struct world *w)
{
    action_free(w->run);
    audit_free(w->env.audit);
    policy_free(w->env.policy);
    cluster_config_free(w->config);
    for (int i = 0; i < w->nsent; i++) {
        free(w->url[i]);
        free(w->body[i]);
    }
    for (int i = 0; i < w->nconsoles; i++) {
        assert_false(w->consoles[i].open);
        free(w->consoles[i].place);
    }
    for (int i = 0; i < w->nheld; i++)
        free(w->held[i]);
    err_release(&w->err);
    unlink(w->audit_path);
    unlink(w->policy);
    rmdir(w->dir);
    free(w->audit_path);
    free(w->policy);
}

struct sb *world_picture(struct world *w)
{
    struct sb *b = sb_new(clock_mono(&w->clock));

    for (int i = 0; i < b->s->nmembers; i++)
        sb_health(b, b->members[i].name)->date_s = clock_wall(&w->clock) / USEC_PER_SEC;
    return b;
}

enum status world_plan(struct world *w, struct sb *b, const struct request *r, struct plan **out)
{
    const struct snapshot *s = sb_take(b);
    enum status st = action_plan(&w->env, s, r, false, out, &w->err);

    snapshot_unref(s);
    return st;
}

enum status world_start(struct world *w, struct sb *b, const struct request *r)
{
    const struct snapshot *s = sb_take(b);
    struct action_io io = {.arg = w,
                           .send = fake_send,
                           .cancel = fake_cancel,
                           .sql = fake_sql,
                           .sql_cancel = fake_sql_cancel,
                           .console = fake_console,
                           .ask = fake_ask,
                           .console_version = fake_console_version,
                           .console_close = fake_console_close,
                           .line = fake_line,
                           .line_cancel = fake_line_cancel,
                           .alarm = fake_alarm,
                           .release = fake_release};
    struct plan *p;
    enum status st = action_plan(&w->env, s, r, false, &p, &w->err);

    assert_int_equal(st, ST_OK);
    p->accepted = "asked";
    st = action_start_with(&w->env, &io, p, s, &w->run, &w->err);
    snapshot_unref(s);
    w->op = w->run ? action_operation(w->run) : NULL;
    return st;
}

void world_see(struct world *w, struct sb *b)
{
    const struct snapshot *s = sb_take(b);

    action_observe(w->run, s);
    snapshot_unref(s);
}

void world_pass(struct world *w, int64_t seconds)
{
    int64_t end = clock_mono(&w->clock) + seconds * USEC_PER_SEC;

    while (w->alarm_us >= 0 && w->alarm_us <= end) {
        clock_advance(&w->clock, w->alarm_us - clock_mono(&w->clock));
        w->alarm_us = -1;
        action_alarm(w->run);
    }
    clock_advance(&w->clock, end - clock_mono(&w->clock));
}

static void reply(struct world *w, const struct net_http_reply *r)
{
    net_http_fn *fn = w->fn;

    assert_non_null(fn);
    w->fn = NULL;
    fn(w->fn_arg, r);
}

void world_answer(struct world *w, int status, const char *body)
{
    reply(w, &(struct net_http_reply){.outcome = NET_ANSWERED,
                                      .status = status,
                                      .body = body,
                                      .body_len = strlen(body),
                                      .date = "",
                                      .content_type = "text/html",
                                      .sent = true,
                                      .detail = ""});
}

void world_got(struct world *w, int status, const char *body)
{
    net_http_fn *fn = w->get_fn;

    assert_non_null(fn);
    w->get_fn = NULL;
    fn(w->get_arg, &(struct net_http_reply){.outcome = body ? NET_ANSWERED : NET_TIMED_OUT,
                                            .status = status,
                                            .body = body ? body : "",
                                            .body_len = body ? strlen(body) : 0,
                                            .date = "",
                                            .content_type = "application/json",
                                            .sent = true,
                                            .detail = body ? "" : "no answer"});
}

void world_lost(struct world *w, enum net_outcome outcome, bool sent, const char *detail)
{
    reply(w, &(struct net_http_reply){.outcome = outcome,
                                      .body = "",
                                      .date = "",
                                      .content_type = "",
                                      .sent = sent,
                                      .detail = detail});
}

/* ---- looking
 * ------------------------------------------------------------------------------------------- */

const struct op_phase *world_phase(const struct world *w, const char *name)
{
    for (int i = 0; i < w->op->nphases; i++)
        if (strcmp(w->op->phases[i].name, name) == 0)
            return &w->op->phases[i];
    fail_msg("no phase %s", name);
    return NULL;
}

void assert_phase(const struct world *w, const char *name, enum phase_state state)
{
    const struct op_phase *ph = world_phase(w, name);

    if (ph->state != state)
        fail_msg("phase \"%s\" is %d, not %d (%s)", name, (int)ph->state, (int)state, ph->note);
    if (state == PHASE_DONE)
        assert_true(ph->at_us > 0);
}

void assert_state(const struct world *w, enum op_state state, const char *part)
{
    if (w->op->state != state || !strstr(w->op->outcome, part))
        fail_msg("%s: \"%s\" (waits for: %s)", op_state_name(w->op->state), w->op->outcome,
                 w->op->waiting_for);
    assert_true((state == OP_RUNNING) == (w->op->ended_us == 0));
    if (state != OP_RUNNING) {
        assert_int_equal(w->alarm_us, -1);
        assert_null(w->fn);
    }
}

char *world_audit(const struct world *w)
{
    struct buf b;
    char *text;

    buf_init(&b);
    assert_int_equal(path_read(w->audit_path, 1 << 20, &b, NULL), ST_OK);
    text = buf_detach(&b);
    buf_release(&b);
    return text;
}

int count_lines(const char *text, const char *with)
{
    int n = 0;

    while (*text) {
        size_t len = strcspn(text, "\n");
        char *line = xstrndup(text, len);

        n += strstr(line, with) != NULL;
        free(line);
        text += len + (text[len] == '\n');
    }
    return n;
}

/* ---- parts of pictures
 * ---------------------------------------------------------------------------------- */

void see_down(struct sb *b, const char *name, enum pg_state state, const char *text)
{
    struct cluster_member *row = sb_row(b, name);
    struct member_health *h = sb_health(b, name);

    row->state = h->state = state;
    row->state_text = h->state_text = text;
    row->timeline = h->timeline = 0;
    h->has_sql = false;
    h->http_status = 503;
    h->postmaster_start_time = NULL;
    h->replication_state = NULL;
}

void see_restarted(struct sb *b, const char *name)
{
    sb_health(b, name)->postmaster_start_time = "2026-11-21 03:12:09.000001+00:00";
}
