#include "fake_app.h"

#include <string.h>

#include "pgdba/wire/audit.h"

void fake_app_init(struct app *a)
{
    *a = (struct app){.refresh_us = USEC_PER_SEC};
    buf_init(&a->log);
}

void fake_app_release(struct app *a)
{
    buf_release(&a->log);
}

void app_subscribe(struct app *a, const struct app_subscriber *s)
{
    (void)a;
    (void)s;
}

enum status app_open(struct app *a, struct cluster_config *c, struct err *e)
{
    buf_addf(&a->log, "open %s; ", c->name);
    cluster_config_free(c);
    err_set(e, ST_OK, "%s", "");
    return ST_OK;
}

const struct cluster_config *app_cluster(const struct app *a)
{
    (void)a;
    return NULL;
}

const struct snapshot *app_snapshot(const struct app *a)
{
    return a->snapshot;
}

bool app_complete(const struct app *a)
{
    (void)a;
    return true;
}

void app_set_refresh(struct app *a, int64_t refresh_us)
{
    a->refresh_us = refresh_us;
}

int64_t app_refresh(const struct app *a)
{
    return a->refresh_us;
}

int64_t app_next_refresh_us(const struct app *a)
{
    (void)a;
    return 0;
}

void app_refresh_now(struct app *a)
{
    buf_puts(&a->log, "refresh; ");
}

bool app_read_only(const struct app *a)
{
    return a->read_only;
}

enum status app_may(struct app *a, enum action_kind k, struct err *e)
{
    return a->denied && k == a->denied_kind ? err_set(e, ST_DENIED, "%s", a->denied) : ST_OK;
}

enum status app_plan(struct app *a, const struct request *r, struct plan **out, struct err *e)
{
    buf_addf(&a->log, "plan %s %s", action_name(r->kind),
             r->candidate      ? r->candidate
             : r->nmembers > 0 ? r->members[0]
                               : "-");
    for (int i = 1; i < r->nmembers; i++)
        buf_addf(&a->log, ",%s", r->members[i]);
    buf_puts(&a->log, "; ");
    if (!a->next_plan)
        return err_set(e, ST_NOT_FOUND, "%s", a->refusal);
    *out = a->next_plan;
    return ST_OK;
}

void app_plan_free(struct app *a, struct plan *p)
{
    (void)a;
    (void)p;
}

enum status app_execute(struct app *a, struct plan *p, struct err *e)
{
    (void)p;
    buf_puts(&a->log, "execute; ");
    return a->refusal ? err_set(e, ST_CONFLICT, "%s", a->refusal) : ST_OK;
}

void app_decline(struct app *a, struct plan *p, const char *why)
{
    (void)p;
    buf_addf(&a->log, "decline: %s; ", why);
}

const struct operation *app_operation(const struct app *a)
{
    return a->op;
}

bool app_operation_running(const struct app *a)
{
    return a->op && a->op->state == OP_RUNNING;
}

void app_run(struct app *a, const struct app_hooks *h)
{
    (void)a;
    (void)h;
}

void app_stop(struct app *a)
{
    a->stopped = true;
}

void app_tick_at(struct app *a, int64_t mono_us)
{
    (void)a;
    (void)mono_us;
}

void app_when_writable(struct app *a, int fd, void (*fn)(void *arg), void *arg)
{
    (void)a;
    (void)fd;
    (void)fn;
    (void)arg;
}

int64_t app_now_us(const struct app *a)
{
    return clock_mono(a->clock);
}

int64_t app_now_wall_us(const struct app *a)
{
    return clock_wall(a->clock);
}

enum status app_audit(struct app *a, bool wait, struct facts **out, struct err *e)
{
    (void)wait;
    if (!a->audit)
        return err_set(e, ST_IO, "cannot read the audit log x: it is not a regular file");
    *out = wire_audit_read(a->audit, strlen(a->audit), false);
    return ST_OK;
}

const struct event_log *app_events(const struct app *a)
{
    return a->events;
}

void app_failovers(const struct app *a, struct failover_list *out)
{
    *out = a->failovers;
}

void app_show_bouncers(struct app *a, uint64_t kinds)
{
    (void)a;
    (void)kinds;
}

void app_show_leases(struct app *a, bool shown)
{
    a->leases_shown = shown;
}

void app_recording(const struct app *a, struct recording_state *out)
{
    *out = a->recording;
}

void app_replay(const struct app *a, struct replay_state *out)
{
    *out = a->replay;
}

void app_replay_play(struct app *a, bool play)
{
    buf_puts(&a->log, play ? "play; " : "pause; ");
    a->replay.playing = play;
}

void app_replay_step(struct app *a)
{
    buf_puts(&a->log, "step; ");
}

void app_replay_seek(struct app *a, int64_t at_us)
{
    buf_addf(&a->log, "seek %lld ms; ", (long long)(at_us / USEC_PER_MS));
    a->replay.at_us = at_us;
}

enum status app_replay_speed(struct app *a, double speed, struct err *e)
{
    (void)e;
    buf_addf(&a->log, "speed %.1f; ", speed);
    return ST_OK;
}

enum status app_record_start(struct app *a, const char *path, struct err *e)
{
    buf_addf(&a->log, "record %s; ", path);
    if (a->refusal)
        return err_set(e, ST_CONFLICT, "%s", a->refusal);
    a->recording = (struct recording_state){.on = true, .path = "x.jsonl"};
    return ST_OK;
}

void app_record_stop(struct app *a)
{
    buf_puts(&a->log, "record stop; ");
    a->recording = (struct recording_state){0};
}

enum status app_probe_start(struct app *a, const struct probe_request *r, struct err *e)
{
    buf_addf(&a->log, "probe %s every %lld ms; ", r->via, (long long)(r->every_us / USEC_PER_MS));
    return a->refusal ? err_set(e, ST_NOT_FOUND, "%s", a->refusal) : ST_OK;
}

void app_probe_stop(struct app *a)
{
    buf_puts(&a->log, "probe stop; ");
}

bool app_probe_running(const struct app *a)
{
    return a->probe_runs;
}

int app_probe_routes(const struct app *a, struct arena *arena, const char *const **out)
{
    static const char *const routes[] = {"haproxy", "pgbouncer"};
    (void)a;
    (void)arena;
    *out = routes;
    return 2;
}

/* ---- SQL, and what else is asked for */

enum status app_query(struct app *a, const struct query_request *r, app_query_fn *fn, void *arg,
                      struct err *e)
{
    struct arena arena;

    buf_addf(&a->log, "query %s %s; ", r->member ? r->member : "-", r->sql);
    if (a->refusal)
        return err_set(e, ST_UNREACHABLE, "%s", a->refusal);
    arena_init(&arena);
    struct table *t = table_new(&arena, 2, 2);
    t->cols[0] = "datname";
    t->cols[1] = "size";
    t->cells[0] = "app";
    t->cells[1] = "812";
    t->cells[2] = "postgres";
    t->tag = "SELECT 2";
    struct query_answer q = {.member = "pg1",
                             .role = "leader",
                             .endpoint = "10.0.0.1:5432/postgres",
                             .table = a->sql_error ? NULL : t,
                             .error = a->sql_error,
                             .latency_us = 2000};
    fn(arg, &q);
    arena_release(&arena);
    return ST_OK;
}

void app_query_cancel(struct app *a)
{
    (void)a;
}

enum status app_dsn(struct app *a, const char *member, enum member_role role, struct arena *arena,
                    const char **name, const char **host_port, struct err *e)
{
    (void)arena;
    buf_addf(&a->log, "dsn %s %d; ", member ? member : "-", (int)role);
    if (a->refusal)
        return err_set(e, ST_UNREACHABLE, "%s", a->refusal);
    *name = "pg1";
    *host_port = a->v6 ? "[fd00::1]:5432" : "10.0.0.1:5432";
    return ST_OK;
}

enum status app_config_text(const struct app *a, struct buf *out, struct err *e)
{
    if (a->refusal)
        return err_set(e, ST_UNREACHABLE, "%s", a->refusal);
    buf_puts(out, "{\n  \"ttl\": 30\n}\n");
    return ST_OK;
}

enum status app_config_edit(struct app *a, app_edited_fn *fn, void *arg, struct err *e)
{
    buf_puts(&a->log, "edit; ");
    if (a->refusal)
        return err_set(e, ST_DENIED, "%s", a->refusal);
    fn(arg, a->sql_error ? &(struct edited){.why = a->sql_error, .kept = "/tmp/x.json"}
                         : &(struct edited){.patch = "{\"ttl\":40}", .base = "{}", .why = ""});
    return ST_OK;
}

enum status app_config_take(struct app *a, const char *path, app_edited_fn *fn, void *arg,
                            struct err *e)
{
    buf_addf(&a->log, "take %s; ", path);
    return app_config_edit(a, fn, arg, e);
}

void app_config_edited(struct app *a, bool keep)
{
    buf_addf(&a->log, "edited %s; ", keep ? "kept" : "done");
}

bool app_acting_settled(const struct app *a)
{
    (void)a;
    return true;
}

bool app_looked_since(const struct app *a, const struct plan *p, int64_t than_us)
{
    (void)p, (void)than_us;
    return !a->not_looked;
}

const char *app_left(const struct app *a)
{
    return a->left;
}

bool app_operation_interrupt(struct app *a)
{
    buf_puts(&a->log, "interrupt; ");
    return false;
}

bool app_run_until(struct app *a, bool (*done)(void *arg), void *arg, int64_t deadline_us)
{
    (void)a;
    (void)deadline_us;
    return done(arg);
}

bool app_plan_ready(const struct app *a, enum action_kind k)
{
    (void)k;
    return !a->not_ready;
}
