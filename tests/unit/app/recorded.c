#include "recorded.h"

#include <ftw.h>
#include <unistd.h>

#include "pgdba/wire/recording.h"

static void on_snapshot(void *arg, const struct snapshot *s)
{
    struct recorded *r = arg;
    (void)s;
    r->snapshots++;
}

static void on_error(void *arg, const char *text)
{
    struct recorded *r = arg;
    r->errors++;
    buf_addf(&r->said, "%s\n", text);
}

static void on_event(void *arg, const struct event *e)
{
    struct recorded *r = arg;
    (void)e;
    r->events++;
}

static void on_failover(void *arg, const struct failover *f)
{
    struct recorded *r = arg;
    (void)f;
    r->failovers++;
}

void recorded_start(struct recorded *r, bool keep_events)
{
    struct app_options opt = {
        .clock = &r->clock, .refresh_us = USEC_PER_SEC, .keep_events = keep_events};
    struct app_subscriber sub = {.arg = r,
                                 .snapshot = on_snapshot,
                                 .error = on_error,
                                 .event = on_event,
                                 .failover = on_failover};
    app_free(r->app);
    r->app = app_new(&opt);
    app_subscribe(r->app, &sub);
    r->errors = r->snapshots = r->events = r->failovers = 0;
    buf_clear(&r->said);
}

int recorded_setup(void **state)
{
    struct recorded *r = xcalloc(1, sizeof *r);
    r->clock = clock_fake(MONO, WALL);
    r->dir = xstrdup("/tmp/pgdba-recorded.XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    assert_int_equal(setenv("XDG_STATE_HOME", r->dir, 1), 0);
    r->path = path_join(r->dir, "lab.rec");
    buf_init(&r->said);
    recorded_start(r, false);
    *state = r;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

int recorded_teardown(void **state)
{
    struct recorded *r = *state;
    app_free(r->app);
    nftw(r->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    buf_release(&r->said);
    free(r->dir);
    free(r->path);
    free(r);
    return 0;
}

void recorded_open(struct recorded *r)
{
    struct cluster_config *c = cluster_config_new("lab");
    struct pgbouncer_config *b = arena_array(&c->arena, 1, struct pgbouncer_config);
    struct err e = ERR_INIT;
    b->name = "pgb1";
    b->conninfo = "host=/nonexistent";
    c->pgbouncer = b;
    c->npgbouncer = 1;
    if (app_open(r->app, c, &e) != ST_OK)
        fail_msg("%s", err_text(&e));
    /* What it would ask by itself is not for these tests. */
    app_sources_close(r->app);
    store_set_etcd_prefix(story_store(r->app->story), "/service/demo/");
}

void recorded_wait(struct recorded *r, bool (*cond)(const struct app *a, void *arg), void *arg,
                   const char *what)
{
    struct clock real = clock_real();
    int64_t deadline = clock_mono(&real) + 60 * USEC_PER_SEC;
    while (!cond(r->app, arg)) {
        net_loop_turn(r->app->loop, false);
        if (clock_mono(&real) > deadline)
            fail_msg("within 60 s it was not so: %s", what);
        usleep(200);
    }
}

void recorded_turns(struct recorded *r)
{
    for (int i = 0; i < 20; i++)
        net_loop_turn(r->app->loop, false);
}

struct observation recorded_says(const struct recorded *r, enum obs_kind kind, const char *target,
                                 const char *body)
{
    return (struct observation){.kind = kind,
                                .target = target,
                                .endpoint = "http://127.0.0.1:8008/x",
                                .wall_us = r->clock.fake_wall_us,
                                .mono_us = r->clock.fake_mono_us,
                                .latency_us = 700,
                                .outcome = body ? OBS_ANSWERED : OBS_TIMED_OUT,
                                .http_status = body ? 200 : 0,
                                .detail = body ? "" : "timed out after 2 s",
                                .body = body,
                                .body_len = body ? strlen(body) : 0,
                                .date = ""};
}

char *recorded_cluster(const char *leader, int timeline)
{
    struct buf b;
    buf_init(&b);
    buf_puts(&b, "{\"scope\":\"demo\",\"members\":[");
    for (int i = 1; i <= 3; i++) {
        char name[] = {'p', 'g', (char)('0' + i), 0};
        bool leads = leader && strcmp(leader, name) == 0;
        buf_addf(&b,
                 "%s{\"name\":\"%s\",\"role\":\"%s\",\"state\":\"%s\",\"host\":\"127.0.0.1\","
                 "\"port\":543%d,\"api_url\":\"http://127.0.0.1:800%d/patroni\",\"timeline\":%d%s}",
                 i > 1 ? "," : "", name, leads ? "leader" : "replica",
                 leads ? "running" : "streaming", i, i, timeline, leads ? "" : ",\"lag\":0");
    }
    buf_puts(&b, "]}");
    char *text = buf_detach(&b);
    buf_release(&b);
    return text;
}

char *recorded_health(const char *name, bool leads, int timeline)
{
    return xasprintf("{\"state\":\"running\",\"role\":\"%s\",\"server_version\":150004,"
                     "\"timeline\":%d,\"patroni\":{\"version\":\"3.0.2\",\"scope\":\"demo\","
                     "\"name\":\"%s\"}}",
                     leads ? "master" : "replica", timeline, name);
}

static void digest_failover(const struct failover *f, struct buf *out)
{
    if (f)
        wire_failover_line(f, out);
}

void recorded_digest(const struct app *a, struct buf *out)
{
    const struct snapshot *s = app_snapshot(a);
    const struct event_log *log = app_events(a);
    struct failover_list list;
    buf_addf(out, "picture %lld wall %lld scope %s view %d at %lld leaderless %lld\n",
             (long long)s->mono_us, (long long)s->wall_us, s->scope ? s->scope : "-",
             (int)s->view.outcome, (long long)s->view.answered_us,
             (long long)s->no_leader_since_us);
    for (int i = 0; i < s->nmembers; i++) {
        const struct member *m = &s->members[i];
        buf_addf(out, "%s %d base %s api %d answered %lld role %d\n", m->name, m->dcs != NULL,
                 m->api_base ? m->api_base : "-", (int)m->api.outcome,
                 (long long)m->api.answered_us, m->health ? (int)m->health->role : -1);
    }
    for (int i = event_log_count(log) - 1; i >= 0; i--)
        wire_event_line(event_log_get(log, i), out);
    app_failovers(a, &list);
    digest_failover(list.open, out);
    for (int i = 0; i < list.n; i++)
        digest_failover(list.v[i], out);
}

void recorded_read(const char *path, struct buf *out)
{
    struct err e = ERR_INIT;
    if (path_read(path, 1 << 28, out, &e) != ST_OK)
        fail_msg("%s", err_text(&e));
}
