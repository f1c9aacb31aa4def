/* Reference: "middleware.md" §1.4. Columns are found by name, since versions add and rename. */
#include "pgdba/wire/pgbouncer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgbouncer_rows.h"
#include "pgdba/base/utf8.h"

#define CHECK_TABLE(t, what, keys, e) \
    pgb_table_check((t), (what), (keys), sizeof(keys) / sizeof *(keys), (e))

static const char *text(struct arena *a, const struct table *t, int row, const char *name)
{
    const char *s = table_get(t, row, table_col(t, name));
    return s ? utf8_clean(a, s, strlen(s)) : NULL;
}

/* -1 when the version has no such column, or what stands there is not a count. */
static int64_t count(const struct table *t, int row, const char *name)
{
    const char *s = table_get(t, row, table_col(t, name));
    int64_t v;
    return s && fmt_parse_int(s, &v) && v >= 0 ? v : -1;
}

/* All of several columns together, of which a version has some; -1 when it has none. */
static int64_t count_all(const struct table *t, int row, const char *const *names, size_t n)
{
    int64_t sum = -1;
    for (size_t i = 0; i < n; i++) {
        int64_t v = count(t, row, names[i]);
        if (v >= 0 && __builtin_add_overflow(sum < 0 ? 0 : sum, v, &sum))
            return -1;
    }
    return sum;
}

static bool is_console(const struct table *t, int row, const char *column)
{
    return strcmp(table_get(t, row, table_col(t, column)), pgb_console_db) == 0;
}

/* maxwait is whole seconds, maxwait_us the rest. */
static int64_t maxwait_us(const struct table *t, int row)
{
    int64_t s = count(t, row, "maxwait"), us = count(t, row, "maxwait_us"), sum;
    if (s < 0 || __builtin_mul_overflow(s, USEC_PER_SEC, &sum) ||
        __builtin_add_overflow(sum, us < 0 ? 0 : us, &sum))
        return -1;
    return sum;
}

static void read_pool(struct arena *a, const struct table *t, int r, struct pgb_pool *p)
{
    static const char *const cl_cancel[] = {"cl_cancel_req", /* up to 1.17 */
                                            "cl_active_cancel_req", "cl_waiting_cancel_req"};
    static const char *const sv_cancel[] = {"sv_active_cancel", "sv_being_canceled"};
    *p = (struct pgb_pool){
        .database = text(a, t, r, "database"),
        .user = text(a, t, r, "user"),
        .cl_active = count(t, r, "cl_active"),
        .cl_waiting = count(t, r, "cl_waiting"),
        .cl_cancel = count_all(t, r, cl_cancel, sizeof cl_cancel / sizeof *cl_cancel),
        .sv_active = count(t, r, "sv_active"),
        .sv_idle = count(t, r, "sv_idle"),
        .sv_used = count(t, r, "sv_used"),
        .sv_tested = count(t, r, "sv_tested"),
        .sv_login = count(t, r, "sv_login"),
        .sv_cancel = count_all(t, r, sv_cancel, sizeof sv_cancel / sizeof *sv_cancel),
        .maxwait_us = maxwait_us(t, r),
        .pool_mode = text(a, t, r, "pool_mode"),
    };
}

enum status wire_pgb_pools(const struct table *t, struct facts **out, struct err *e)
{
    static const char *const keys[] = {"database",   "user",      "cl_active",
                                       "cl_waiting", "sv_active", "sv_idle"};
    enum status st = CHECK_TABLE(t, "SHOW POOLS", keys, e);
    if (st)
        return st;
    struct facts *f = facts_new();
    struct pgb_pools *set = arena_new(&f->arena, struct pgb_pools);
    struct pgb_pool *v = arena_array(&f->arena, (size_t)t->nrows, struct pgb_pool);
    for (int r = 0; r < t->nrows; r++)
        if (!is_console(t, r, "database"))
            read_pool(&f->arena, t, r, &v[set->n++]);
    set->v = v;
    f->root = set;
    *out = f;
    return ST_OK;
}

static void read_database(struct arena *a, const struct table *t, int r, struct pgb_database *d)
{
    int64_t reserve = count(t, r, "reserve_pool_size"); /* its name from 1.24 on */
    *d = (struct pgb_database){
        .name = text(a, t, r, "name"),
        .host = text(a, t, r, "host"),
        .database = text(a, t, r, "database"),
        .force_user = text(a, t, r, "force_user"),
        .pool_mode = text(a, t, r, "pool_mode"),
        .port = count(t, r, "port"),
        .pool_size = count(t, r, "pool_size"),
        .min_pool_size = count(t, r, "min_pool_size"),
        .reserve_pool = reserve >= 0 ? reserve : count(t, r, "reserve_pool"),
        .max_connections = count(t, r, "max_connections"),
        .current_connections = count(t, r, "current_connections"),
        .paused = count(t, r, "paused") > 0,
        .disabled = count(t, r, "disabled") > 0,
        .server_lifetime_s = count(t, r, "server_lifetime"),
        .max_clients = count(t, r, "max_client_connections"),
        .current_clients = count(t, r, "current_client_connections"),
        .load_balance_hosts = text(a, t, r, "load_balance_hosts"),
    };
}

enum status wire_pgb_databases(const struct table *t, struct facts **out, struct err *e)
{
    static const char *const keys[] = {"name", "host", "port", "database", "pool_size"};
    enum status st = CHECK_TABLE(t, "SHOW DATABASES", keys, e);
    if (!st)
        st = pgb_flag_check(t, "SHOW DATABASES", "paused", e);
    if (!st)
        st = pgb_flag_check(t, "SHOW DATABASES", "disabled", e);
    if (st)
        return st;
    struct facts *f = facts_new();
    struct pgb_databases *set = arena_new(&f->arena, struct pgb_databases);
    struct pgb_database *v = arena_array(&f->arena, (size_t)t->nrows, struct pgb_database);
    for (int r = 0; r < t->nrows; r++)
        if (!is_console(t, r, "name"))
            read_database(&f->arena, t, r, &v[set->n++]);
    set->v = v;
    f->root = set;
    *out = f;
    return ST_OK;
}

enum status wire_pgb_stats(const struct table *t, struct facts **out, struct err *e)
{
    static const char *const keys[] = {"database", "total_xact_count", "total_query_count"};
    enum status st = CHECK_TABLE(t, "SHOW STATS", keys, e);
    if (st)
        return st;
    struct facts *f = facts_new();
    struct pgb_stats_set *set = arena_new(&f->arena, struct pgb_stats_set);
    struct pgb_stats *v = arena_array(&f->arena, (size_t)t->nrows, struct pgb_stats);
    for (int r = 0; r < t->nrows; r++) {
        if (is_console(t, r, "database"))
            continue;
        v[set->n++] = (struct pgb_stats){
            .database = text(&f->arena, t, r, "database"),
            .xacts = count(t, r, "total_xact_count"),
            .queries = count(t, r, "total_query_count"),
            .received = count(t, r, "total_received"),
            .sent = count(t, r, "total_sent"),
            .xact_us = count(t, r, "total_xact_time"),
            .query_us = count(t, r, "total_query_time"),
            .wait_us = count(t, r, "total_wait_time"),
            .assignments = count(t, r, "total_server_assignment_count"),
        };
    }
    set->v = v;
    f->root = set;
    *out = f;
    return ST_OK;
}

static enum tristate yes_no(const char *s)
{
    if (s && strcmp(s, "yes") == 0)
        return TRI_YES;
    return s && strcmp(s, "no") == 0 ? TRI_NO : TRI_UNKNOWN;
}

enum status wire_pgb_state(const struct table *t, struct facts **out, struct err *e)
{
    static const char *const keys[] = {"key", "value"};
    enum status st = CHECK_TABLE(t, "SHOW STATE", keys, e);
    if (st)
        return st;
    struct facts *f = facts_new();
    struct pgb_state *s = arena_new(&f->arena, struct pgb_state);
    for (int r = 0; r < t->nrows; r++) {
        const char *key = table_get(t, r, table_col(t, "key"));
        enum tristate value = yes_no(table_get(t, r, table_col(t, "value")));
        if (strcmp(key, "active") == 0)
            s->active = value;
        else if (strcmp(key, "paused") == 0)
            s->paused = value;
        else if (strcmp(key, "suspended") == 0)
            s->suspended = value;
        else if (strcmp(key, "not asked") == 0) /* our own source's row */
            s->not_asked = true;
    }
    f->root = s;
    *out = f;
    return ST_OK;
}

/* "PgBouncer 1.18.0" or "1.18.0/bouncer", as libpq counts: 11800. */
static int version_num(const char *s)
{
    while (*s && !isdigit((unsigned char)*s))
        s++;
    int part[3] = {0};
    for (int i = 0; i < 3; i++) {
        int digits = 0;
        for (; isdigit((unsigned char)*s) && digits < 3; s++, digits++)
            part[i] = part[i] * 10 + (*s - '0');
        if (digits == 0 || part[i] > 99)
            return 0;
        if (*s != '.')
            return i == 0 ? 0 : part[0] * 10000 + part[1] * 100 + part[2];
        s++;
    }
    return part[0] * 10000 + part[1] * 100 + part[2];
}

enum status wire_pgb_version(const struct table *t, struct facts **out, struct err *e)
{
    static const char *const keys[] = {"version"};
    enum status st = CHECK_TABLE(t, "SHOW VERSION", keys, e);
    if (st)
        return st;
    if (t->nrows < 1)
        return err_set(e, ST_INVALID, "SHOW VERSION has no row");
    struct facts *f = facts_new();
    struct pgb_version *v = arena_new(&f->arena, struct pgb_version);
    v->text = text(&f->arena, t, 0, "version");
    v->num = version_num(v->text);
    f->root = v;
    *out = f;
    return ST_OK;
}
