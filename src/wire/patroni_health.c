/* GET /health and /patroni: one member about itself. Reference: "patroni.md" §1.3. */
#include "patroni.h"

#include "pgdba/wire/patroni.h"

/* Present only when PostgreSQL was asked and answered. */
static void read_sql(struct arena *a, const json_t *o, struct member_health *h)
{
    const json_t *xlog = json_object_get(o, "xlog");
    h->postmaster_start_time = wire_get_text(a, o, "postmaster_start_time");
    if (!h->postmaster_start_time ||
        !wire_patroni_time(h->postmaster_start_time, &h->postmaster_start_us))
        h->postmaster_start_us = 0;
    h->server_version = wire_get_int(o, "server_version", 0, 0);
    h->has_sql = json_is_object(xlog) || h->server_version > 0;
    h->location = wire_get_lsn(xlog, "location");
    h->received = wire_get_lsn(xlog, "received_location");
    h->replayed = wire_get_lsn(xlog, "replayed_location");
    h->replayed_timestamp = wire_get_text(a, xlog, "replayed_timestamp");
    if (!h->replayed_timestamp || !wire_patroni_time(h->replayed_timestamp, &h->replayed_wall_us))
        h->replayed_wall_us = 0;
    h->replay_paused = wire_get_flag(xlog, "paused");
    h->timeline = wire_get_int(o, "timeline", 0, 0);
    h->replication_state = wire_get_text(a, o, "replication_state");
}

static enum status read_replication(struct arena *a, const json_t *list, struct member_health *h,
                                    struct err *e)
{
    enum status st = wire_cap(json_array_size(list), WIRE_MAX_REPLICATION, "WAL senders", e);
    if (st || json_array_size(list) == 0)
        return st;
    struct replication_row *v = arena_array(a, json_array_size(list), struct replication_row);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        if (!json_is_object(row))
            continue; /* who streams is a hint, not the picture */
        v[h->nreplication++] = (struct replication_row){
            .application_name = wire_get_text(a, row, "application_name"),
            .client_addr = wire_get_text(a, row, "client_addr"),
            .usename = wire_get_text(a, row, "usename"),
            .state = wire_get_text(a, row, "state"),
            .sync_state = wire_get_text(a, row, "sync_state"),
            .sync_priority = wire_get_int(row, "sync_priority", 0, 0),
        };
    }
    h->replication = v;
    return ST_OK;
}

static void read_member(struct arena *a, const json_t *o, struct member_health *h)
{
    h->state_text = wire_get_text(a, o, "state");
    h->state_text = h->state_text ? h->state_text : "";
    h->state = pg_state_parse(h->state_text);
    h->role_text = wire_get_text(a, o, "role");
    h->role_text = h->role_text ? h->role_text : "";
    h->role = role_parse(h->role_text);
    h->sync_standby = wire_get_flag(o, "sync_standby");
    h->quorum_standby = wire_get_flag(o, "quorum_standby");
    h->paused = wire_get_flag(o, "pause");
    h->cluster_unlocked = wire_get_flag(o, "cluster_unlocked");
    h->failsafe_active = wire_get_flag(o, "failsafe_mode_is_active");
    h->dcs_last_seen = wire_get_int(o, "dcs_last_seen", 0, 0);
    h->system_id = wire_json_scalar(a, json_object_get(o, "database_system_identifier"));
    h->pending_restart = wire_get_flag(o, "pending_restart");
    h->watchdog_failed = wire_get_flag(o, "watchdog_failed");
    wire_read_scheduled_restart(a, o, &h->scheduled_restart);
    const json_t *patroni = json_object_get(o, "patroni");
    h->patroni_version = wire_get_text(a, patroni, "version");
    h->patroni_version_num = h->patroni_version ? wire_patroni_version(h->patroni_version) : 0;
    h->scope = wire_get_text(a, patroni, "scope");
    h->name = wire_json_scalar(a, json_object_get(patroni, "name"));
}

static enum status read_health(struct arena *a, const json_t *o, struct member_health *h,
                               struct err *e)
{
    static const char expected[] = "an object with \"state\" and \"role\"";
    enum status st = wire_json_expect(o, JSON_OBJECT, expected, e);
    if (st)
        return st;
    if (!json_object_get(o, "state") && !json_object_get(o, "role"))
        return err_set(e, ST_INVALID, "expected %s, got an object without them", expected);
    read_member(a, o, h);
    read_sql(a, o, h);
    st = read_replication(a, json_object_get(o, "replication"), h, e);
    if (!st)
        st = wire_read_pending(a, o, &h->pending, &h->npending, e);
    if (!st)
        st = wire_read_tags(a, o, &h->tags, e);
    return st;
}

enum status wire_patroni_health(const char *body, size_t n, int http_status, const char *date,
                                struct facts **out, struct err *e)
{
    json_t *j = wire_json_load(body, n, WIRE_MAX_VALUES, e);
    if (!j)
        return ST_INVALID;
    struct facts *f = facts_new();
    struct member_health *h = arena_new(&f->arena, struct member_health);
    f->root = h;
    h->http_status = http_status;
    h->date_s = wire_http_date(date);
    enum status st = read_health(&f->arena, j, h, e);
    json_decref(j);
    if (st) {
        facts_unref(f);
        return st;
    }
    *out = f;
    return ST_OK;
}
