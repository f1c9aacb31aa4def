/* What matters before a primary goes. Lists come as JSON in a cell: one row, whatever there is. */
#include "pgdba/wire/postgres.h"

#include <string.h>

#include "json.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/utf8.h"

enum { MOST = 1000, MOST_VALUES = 20000 };

/* "failover" is a column from 17 on: as JSON a row has it or not. A backend of Patroni's, of ours
 * or of replication is no client whose work is lost. */
#define VITALS(backups)                                                                         \
    "SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') AS sees_all,"                  \
    " x.us AS xact_us, x.pid AS xact_pid, x.usename AS xact_user, x.datname AS xact_database,"  \
    " x.state AS xact_state,"                                                                   \
    " p.n AS prepared, p.us AS prepared_us,"                                                    \
    " (SELECT g.setting FROM pg_catalog.pg_settings g WHERE g.name = 'archive_mode')"           \
    " AS archive_mode,"                                                                         \
    " CASE WHEN r.last_failed_time IS NOT NULL AND (r.last_archived_time IS NULL OR"            \
    " r.last_failed_time > r.last_archived_time) THEN r.last_failed_wal END AS archive_failed," \
    " (extract(epoch FROM pg_catalog.now() - r.last_failed_time) * 1000000)::bigint"            \
    " AS archive_failed_us,"                                                                    \
    " (SELECT pg_catalog.json_agg(pg_catalog.json_build_object('name', s.slot_name, 'type',"    \
    " s.slot_type, 'active', s.active, 'failover', pg_catalog.to_jsonb(s) -> 'failover'))"      \
    " FROM pg_catalog.pg_replication_slots s WHERE NOT s.temporary) AS slots,"                  \
    " " backups " AS backups"                                                                   \
    " FROM pg_catalog.pg_stat_archiver r"                                                       \
    " CROSS JOIN (SELECT pg_catalog.count(*) AS n, (extract(epoch FROM pg_catalog.now() -"      \
    " pg_catalog.min(prepared)) * 1000000)::bigint AS us FROM pg_catalog.pg_prepared_xacts) p"  \
    " LEFT JOIN (SELECT a.pid, a.usename, a.datname, a.state,"                                  \
    " (extract(epoch FROM pg_catalog.now() - a.xact_start) * 1000000)::bigint AS us"            \
    " FROM pg_catalog.pg_stat_activity a WHERE a.xact_start IS NOT NULL"                        \
    " AND a.backend_type = 'client backend' AND a.pid <> pg_catalog.pg_backend_pid()"           \
    " ORDER BY a.xact_start LIMIT 1) x ON true"

#define NO_BACKUPS "NULL::json"
#define BACKUPS                                                                               \
    "(SELECT pg_catalog.json_agg(pg_catalog.json_build_object('phase', b.phase, 'done',"      \
    " b.backup_streamed, 'total', b.backup_total, 'client', pg_catalog.host(c.client_addr)))" \
    " FROM pg_catalog.pg_stat_progress_basebackup b"                                          \
    " LEFT JOIN pg_catalog.pg_stat_activity c ON c.pid = b.pid)"

static const char before_13[] = VITALS(NO_BACKUPS), since_13[] = VITALS(BACKUPS);

const char *wire_pg_vitals_sql(int server_version)
{
    return server_version >= 130000 ? since_13 : before_13;
}

static const char *cell(const struct table *t, const char *name)
{
    return table_get(t, 0, table_col(t, name));
}

static const char *text(struct arena *a, const struct table *t, const char *name)
{
    const char *s = cell(t, name);
    return s ? utf8_clean(a, s, strlen(s)) : "";
}

static int64_t number(const struct table *t, const char *name, int64_t none)
{
    const char *s = cell(t, name);
    int64_t v;
    return s && fmt_parse_int(s, &v) && v >= 0 ? v : none;
}

static bool is_true(const struct table *t, const char *name)
{
    const char *s = cell(t, name);
    return s && strcmp(s, "t") == 0;
}

/* NULL: none. The tree is the caller's. */
static json_t *list(const struct table *t, const char *name)
{
    const char *s = cell(t, name);
    json_t *j = s ? wire_json_load(s, strlen(s), MOST_VALUES, NULL) : NULL;
    if (json_is_array(j))
        return j;
    json_decref(j);
    return NULL;
}

static int count(const json_t *j)
{
    size_t n = json_array_size(j);
    return n < MOST ? (int)n : MOST;
}

static void read_slots(struct arena *a, const struct table *t, struct pg_vitals *out)
{
    json_t *j = list(t, "slots");
    struct pg_slot *v = arena_array(a, (size_t)count(j), struct pg_slot);
    for (out->nslots = 0; out->nslots < count(j); out->nslots++) {
        const json_t *o = json_array_get(j, (size_t)out->nslots);
        const char *type = wire_get_words(a, o, "type");
        v[out->nslots] = (struct pg_slot){.name = wire_get_words(a, o, "name"),
                                          .logical = strcmp(type, "logical") == 0,
                                          .failover = wire_get_flag(o, "failover"),
                                          .active = wire_get_flag(o, "active")};
    }
    out->slots = v;
    json_decref(j);
}

static void read_backups(struct arena *a, const struct table *t, struct pg_vitals *out)
{
    json_t *j = list(t, "backups");
    struct pg_backup *v = arena_array(a, (size_t)count(j), struct pg_backup);
    for (out->nbackups = 0; out->nbackups < count(j); out->nbackups++) {
        const json_t *o = json_array_get(j, (size_t)out->nbackups);
        v[out->nbackups] = (struct pg_backup){.phase = wire_get_words(a, o, "phase"),
                                              .client = wire_get_words(a, o, "client"),
                                              .done = wire_get_int(o, "done", 0, 0),
                                              .total = wire_get_int(o, "total", 0, 0)};
    }
    out->backups = v;
    json_decref(j);
}

enum status wire_pg_vitals(const struct table *t, struct facts **out, struct err *e)
{
    if (t->nrows != 1 || !cell(t, "sees_all") || !cell(t, "prepared"))
        return err_set(e, ST_INVALID, "PostgreSQL does not say what goes on in it");
    struct facts *f = facts_new();
    struct arena *a = &f->arena;
    struct pg_vitals *v = arena_new(a, struct pg_vitals);
    const char *mode = text(a, t, "archive_mode");
    *v = (struct pg_vitals){.sees_all = is_true(t, "sees_all"),
                            .xact_us = number(t, "xact_us", -1),
                            .xact_pid = number(t, "xact_pid", 0),
                            .xact_who =
                                arena_printf(a, "%s@%s, %s", text(a, t, "xact_user"),
                                             text(a, t, "xact_database"), text(a, t, "xact_state")),
                            .nprepared = number(t, "prepared", 0),
                            .prepared_us = number(t, "prepared_us", 0),
                            .archiving = strcmp(mode, "on") == 0 || strcmp(mode, "always") == 0,
                            .archive_failed = text(a, t, "archive_failed"),
                            .archive_failed_us = number(t, "archive_failed_us", 0)};
    read_slots(a, t, v);
    read_backups(a, t, v);
    f->root = v;
    *out = f;
    return ST_OK;
}
