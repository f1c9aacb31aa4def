#include "fake_app.h"

#include <signal.h>
#include <string.h>

#include "pgdba/app/connect.h"
#include "pgdba/wire/audit.h"
#include "snapshot_builder.h"

void fake_app_init(struct app *a, const struct snapshot *s)
{
    *a = (struct app){.snapshot = s, .events = event_log_new(100)};
    buf_init(&a->log);
}

void fake_app_release(struct app *a)
{
    snapshot_unref(a->snapshot);
    event_log_free(a->events);
    buf_release(&a->log);
}

void fake_app_tell(struct app *a, const struct event *e)
{
    const struct event *kept = event_log_add(a->events, e);
    if (a->sub.event)
        a->sub.event(a->sub.arg, kept);
}

/* ---- the loop */

bool app_run_until(struct app *a, bool (*done)(void *arg), void *arg, int64_t deadline_us)
{
    (void)deadline_us;
    while (!done(arg)) {
        if (a->done_turns == a->turns) {
            if (a->signals_on)
                a->caught_signal = SIGINT;
            return done(arg);
        }
        a->turn(a, a->done_turns++);
    }
    return true;
}

void app_when_writable(struct app *a, int fd, void (*fn)(void *arg), void *arg)
{
    a->writable_fd = fd;
    a->writable = fn;
    a->writable_arg = arg;
}

void fake_app_writable(struct app *a)
{
    void (*fn)(void *arg) = a->writable;
    a->writable = NULL;
    if (fn)
        fn(a->writable_arg);
}

void app_catch_signals(struct app *a)
{
    a->signals_on = true;
}

int app_caught_signal(const struct app *a)
{
    return a->caught_signal;
}

void app_subscribe(struct app *a, const struct app_subscriber *s)
{
    a->sub = *s;
}

int64_t app_now_us(const struct app *a)
{
    (void)a;
    return SB_NOW_US;
}

int64_t app_now_wall_us(const struct app *a)
{
    (void)a;
    return SB_WALL_US;
}

/* ---- the picture */

enum status app_open(struct app *a, struct cluster_config *c, struct err *e)
{
    cluster_config_free(c);
    return a->snapshot ? ST_OK : err_set(e, ST_INVALID, "the cluster's file is wrong");
}

const struct cluster_config *app_cluster(const struct app *a)
{
    static const struct cluster_config none;
    (void)a;
    return &none;
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

int64_t app_refresh(const struct app *a)
{
    return a->snapshot->refresh_us;
}

void app_refresh_now(struct app *a)
{
    (void)a;
}

bool app_read_only(const struct app *a)
{
    (void)a;
    return false;
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

/* ---- what goes on */

enum status app_record_start(struct app *a, const char *path, struct err *e)
{
    buf_addf(&a->log, "record %s; ", path);
    if (a->refusal)
        return err_set(e, ST_CONFLICT, "%s", a->refusal);
    a->recording =
        (struct recording_state){.on = true, .path = "/x/night.jsonl", .bytes = 2048, .lines = 17};
    return ST_OK;
}

void app_record_stop(struct app *a)
{
    buf_puts(&a->log, "stop; ");
    a->recording = (struct recording_state){.path = ""};
}

void app_recording(const struct app *a, struct recording_state *out)
{
    *out = a->recording;
}

enum status app_probe_start(struct app *a, const struct probe_request *r, struct err *e)
{
    buf_addf(&a->log, "probe %s every %lld ms; ", r->via, (long long)(r->every_us / USEC_PER_MS));
    if (a->refusal)
        return err_set(e, ST_NOT_FOUND, "%s", a->refusal);
    a->probe_runs = true;
    return ST_OK;
}

void app_probe_stop(struct app *a)
{
    buf_puts(&a->log, "stop; ");
    a->probe_runs = false;
}

bool app_probe_running(const struct app *a)
{
    return a->probe_runs;
}

/* ---- changes: none is made here */

bool app_has_password(const struct app *a)
{
    (void)a;
    return true;
}

enum status app_plan(struct app *a, const struct request *r, struct plan **out, struct err *e)
{
    (void)out;
    buf_addf(&a->log, "plan %s; ", action_name(r->kind));
    return err_set(e, ST_REFUSED, "%s", a->refusal);
}

void app_plan_free(struct app *a, struct plan *p)
{
    (void)a;
    (void)p;
}

enum status app_execute(struct app *a, struct plan *p, struct err *e)
{
    (void)a;
    (void)p;
    return err_set(e, ST_REFUSED, "nothing is executed");
}

void app_decline(struct app *a, struct plan *p, const char *why)
{
    (void)a;
    (void)p;
    (void)why;
}

const struct operation *app_operation(const struct app *a)
{
    (void)a;
    return NULL;
}

bool app_operation_interrupt(struct app *a)
{
    (void)a;
    return false; /* it holds nothing */
}

bool app_operation_running(const struct app *a)
{
    (void)a;
    return false;
}

enum status connect_discover(struct app *a, struct cluster_config *c, struct buf *report,
                             struct err *e)
{
    (void)a;
    (void)c;
    (void)report;
    return err_set(e, ST_UNREACHABLE, "nobody is asked here");
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
    (void)a, (void)p, (void)than_us;
    return true;
}

bool app_plan_ready(const struct app *a, enum action_kind k)
{
    (void)a, (void)k;
    return true;
}
