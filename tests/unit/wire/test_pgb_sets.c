/* wire/pgbouncer over the columns of every version from 1.16 to 1.25: what is said arrives, what is
 * not said is unknown, and neither another order nor new columns do harm. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pgb_sets.h"
#include "pgdba/base/clock.h"
#include "pgdba/wire/pgbouncer.h"
#include "pgdba/wire/table.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

static struct arena arena;
static struct facts *parsed;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    facts_unref(parsed);
    parsed = NULL;
    arena_release(&arena);
    return 0;
}

/* ---- what is known of each column ------------------------------------------------------------ */

enum how {
    TEXT,    /* as it stands */
    WORD,    /* the same, NULL when it is empty */
    ADDRESS, /* the same, NULL for a unix socket */
    NUMBER,  /* several columns: their sum */
    SECONDS, /* and µs in the second column */
    FLAG,
    YES_NO,
    UNREAD /* and why */
};

/* A column, or several that are one field; from which version on, and up to which. */
struct known {
    const char *show, *column[3];
    enum how how;
    size_t at;
    int since, until; /* 0: always */
    const char *why;
};

#define P(h, field) .how = (h), .at = offsetof(struct pgb_pool, field)
#define D(h, field) .how = (h), .at = offsetof(struct pgb_database, field)
#define T(h, field) .how = (h), .at = offsetof(struct pgb_stats, field)
#define C(h, field) .how = (h), .at = offsetof(struct pgb_server, field)
#define U(h, field) .how = (h), .at = offsetof(struct pgb_user, field)
#define SKIP(of, name, from, reason)                                                    \
    {                                                                                   \
        .show = (of), .column = {name}, .how = UNREAD, .since = (from), .why = (reason) \
    }

static const struct known known[] = {
    {"POOLS", {"database"}, P(TEXT, database)},
    {"POOLS", {"user"}, P(TEXT, user)},
    {"POOLS", {"cl_active"}, P(NUMBER, cl_active)},
    {"POOLS", {"cl_waiting"}, P(NUMBER, cl_waiting)},
    {"POOLS", {"cl_cancel_req"}, P(NUMBER, cl_cancel), .until = 17},
    {"POOLS", {"cl_active_cancel_req", "cl_waiting_cancel_req"}, P(NUMBER, cl_cancel), .since = 18},
    {"POOLS", {"sv_active"}, P(NUMBER, sv_active)},
    {"POOLS", {"sv_active_cancel", "sv_being_canceled"}, P(NUMBER, sv_cancel), .since = 18},
    {"POOLS", {"sv_idle"}, P(NUMBER, sv_idle)},
    {"POOLS", {"sv_used"}, P(NUMBER, sv_used)},
    {"POOLS", {"sv_tested"}, P(NUMBER, sv_tested)},
    {"POOLS", {"sv_login"}, P(NUMBER, sv_login)},
    {"POOLS", {"maxwait", "maxwait_us"}, P(SECONDS, maxwait_us)},
    {"POOLS", {"pool_mode"}, P(TEXT, pool_mode)},
    SKIP("POOLS", "load_balance_hosts", 24, "SHOW DATABASES says it too"),

    {"DATABASES", {"name"}, D(TEXT, name)},
    {"DATABASES", {"host"}, D(TEXT, host)},
    {"DATABASES", {"port"}, D(NUMBER, port)},
    {"DATABASES", {"database"}, D(TEXT, database)},
    {"DATABASES", {"force_user"}, D(TEXT, force_user)},
    {"DATABASES", {"pool_size"}, D(NUMBER, pool_size)},
    {"DATABASES", {"min_pool_size"}, D(NUMBER, min_pool_size)},
    {"DATABASES", {"reserve_pool"}, D(NUMBER, reserve_pool), .until = 23},
    {"DATABASES", {"reserve_pool_size"}, D(NUMBER, reserve_pool), .since = 24},
    {"DATABASES", {"server_lifetime"}, D(NUMBER, server_lifetime_s), .since = 23},
    {"DATABASES", {"pool_mode"}, D(TEXT, pool_mode)},
    {"DATABASES", {"load_balance_hosts"}, D(TEXT, load_balance_hosts), .since = 24},
    {"DATABASES", {"max_connections"}, D(NUMBER, max_connections)},
    {"DATABASES", {"current_connections"}, D(NUMBER, current_connections)},
    {"DATABASES", {"max_client_connections"}, D(NUMBER, max_clients), .since = 24},
    {"DATABASES", {"current_client_connections"}, D(NUMBER, current_clients), .since = 24},
    {"DATABASES", {"paused"}, D(FLAG, paused)},
    {"DATABASES", {"disabled"}, D(FLAG, disabled)},

    {"STATS", {"database"}, T(TEXT, database)},
    {"STATS", {"total_server_assignment_count"}, T(NUMBER, assignments), .since = 23},
    {"STATS", {"total_xact_count"}, T(NUMBER, xacts)},
    {"STATS", {"total_query_count"}, T(NUMBER, queries)},
    {"STATS", {"total_received"}, T(NUMBER, received)},
    {"STATS", {"total_sent"}, T(NUMBER, sent)},
    {"STATS", {"total_xact_time"}, T(NUMBER, xact_us)},
    {"STATS", {"total_query_time"}, T(NUMBER, query_us)},
    {"STATS", {"total_wait_time"}, T(NUMBER, wait_us)},
#define AVERAGE(column, since) SKIP("STATS", column, since, "own rates are of the last moments")
    AVERAGE("avg_server_assignment_count", 23),
    AVERAGE("avg_xact_count", 0),
    AVERAGE("avg_query_count", 0),
    AVERAGE("avg_recv", 0),
    AVERAGE("avg_sent", 0),
    AVERAGE("avg_xact_time", 0),
    AVERAGE("avg_query_time", 0),
    AVERAGE("avg_wait_time", 0), /* and it means another thing from 1.23 on */
    AVERAGE("avg_client_parse_count", 24),
    AVERAGE("avg_server_parse_count", 24),
    AVERAGE("avg_bind_count", 24),
#undef AVERAGE
    SKIP("STATS", "total_client_parse_count", 24, "no view has prepared statements"),
    SKIP("STATS", "total_server_parse_count", 24, "the same"),
    SKIP("STATS", "total_bind_count", 24, "the same"),

#define CONNECTION(show)                                                                   \
    SKIP(show, "type", 0, "the table says it"), {show, {"user"}, C(TEXT, user)},           \
        {show, {"database"}, C(TEXT, database)},                                           \
        {show, {"replication"}, C(WORD, replication), .since = 23},                        \
        {show, {"state"}, C(TEXT, state)}, {show, {"addr"}, C(ADDRESS, addr)},             \
        {show, {"port"}, C(NUMBER, port)}, {show, {"local_addr"}, C(ADDRESS, local_addr)}, \
        {show, {"local_port"}, C(NUMBER, local_port)},                                     \
        {show, {"connect_time"}, C(TEXT, connected_at)},                                   \
        {show, {"request_time"}, C(TEXT, requested_at)},                                   \
        {show, {"wait", "wait_us"}, C(SECONDS, wait_us)},                                  \
        {show, {"close_needed"}, C(FLAG, close_needed)}, {show, {"ptr"}, C(WORD, ptr)},    \
        {show, {"link"}, C(WORD, link)}, {show, {"remote_pid"}, C(NUMBER, remote_pid)},    \
        {show, {"tls"}, C(WORD, tls)},                                                     \
        {show, {"application_name"}, C(WORD, application_name), .since = 18},              \
        {show, {"prepared_statements"}, C(NUMBER, prepared), .since = 21},                 \
    {                                                                                      \
        show, {"id"}, C(NUMBER, id), .since = 24                                           \
    }
    CONNECTION("SERVERS"),
    CONNECTION("CLIENTS"),

    {"USERS", {"name"}, U(TEXT, name)},
    SKIP("USERS", "pool_size", 23, "up to 1.25 a row has that of an earlier one"),
    SKIP("USERS", "reserve_pool_size", 24, "the same"),
    {"USERS", {"pool_mode"}, U(WORD, pool_mode)},
    {"USERS", {"max_user_connections"}, U(NUMBER, max_connections), .since = 23},
    {"USERS", {"current_connections"}, U(NUMBER, connections), .since = 23},
    {"USERS", {"max_user_client_connections"}, U(NUMBER, max_clients), .since = 24},
    {"USERS", {"current_client_connections"}, U(NUMBER, clients), .since = 24},

    {"CONFIG", {"key"}, .how = TEXT, .at = offsetof(struct pgb_setting, key)},
    {"CONFIG", {"value"}, .how = TEXT, .at = offsetof(struct pgb_setting, value)},
    {"CONFIG", {"default"}, .how = TEXT, .at = offsetof(struct pgb_setting, initial)},
    {"CONFIG", {"changeable"}, .how = YES_NO, .at = offsetof(struct pgb_setting, changeable)},
    {"LISTS", {"list"}, .how = TEXT, .at = offsetof(struct pgb_list, name)},
    {"LISTS", {"items"}, .how = NUMBER, .at = offsetof(struct pgb_list, items)},
    {"MEM", {"name"}, .how = TEXT, .at = offsetof(struct pgb_cache, name)},
    {"MEM", {"size"}, .how = NUMBER, .at = offsetof(struct pgb_cache, size)},
    {"MEM", {"used"}, .how = NUMBER, .at = offsetof(struct pgb_cache, used)},
    {"MEM", {"free"}, .how = NUMBER, .at = offsetof(struct pgb_cache, free)},
    {"MEM", {"memtotal"}, .how = NUMBER, .at = offsetof(struct pgb_cache, total)},
    {"DNS_HOSTS", {"hostname"}, .how = TEXT, .at = offsetof(struct pgb_dns_host, name)},
    {"DNS_HOSTS", {"ttl"}, .how = NUMBER, .at = offsetof(struct pgb_dns_host, ttl_s)},
    {"DNS_HOSTS", {"addrs"}, .how = WORD, .at = offsetof(struct pgb_dns_host, addrs)},
    {"DNS_ZONES", {"zonename"}, .how = TEXT, .at = offsetof(struct pgb_dns_zone, name)},
    {"DNS_ZONES", {"serial"}, .how = NUMBER, .at = offsetof(struct pgb_dns_zone, serial)},
    {"DNS_ZONES", {"count"}, .how = NUMBER, .at = offsetof(struct pgb_dns_zone, count)},
};

/* Every set is { int n; const row *v }; of is the column that a console's row is known by. */
static const struct show {
    const char *name, *of;
    enum status (*parse)(const struct table *t, struct facts **out, struct err *e);
    size_t size;
    const char *keys; /* without one of these the table is refused: it is no such table */
} shows[] = {
    {"POOLS", "database", wire_pgb_pools, sizeof(struct pgb_pool),
     " database user cl_active cl_waiting sv_active sv_idle "},
    {"DATABASES", "name", wire_pgb_databases, sizeof(struct pgb_database),
     " name host port database pool_size paused disabled "},
    {"STATS", "database", wire_pgb_stats, sizeof(struct pgb_stats),
     " database total_xact_count total_query_count "},
    {"SERVERS", "database", wire_pgb_servers, sizeof(struct pgb_server),
     " database user state addr port close_needed "},
    {"CLIENTS", "database", wire_pgb_clients, sizeof(struct pgb_server),
     " database user state addr port close_needed "},
    {"USERS", NULL, wire_pgb_users, sizeof(struct pgb_user), " name "},
    {"CONFIG", NULL, wire_pgb_config, sizeof(struct pgb_setting), " key value "},
    {"LISTS", NULL, wire_pgb_lists, sizeof(struct pgb_list), " list items "},
    {"MEM", NULL, wire_pgb_memory, sizeof(struct pgb_cache), " name size memtotal "},
    {"DNS_HOSTS", NULL, wire_pgb_dns_hosts, sizeof(struct pgb_dns_host), " hostname ttl addrs "},
    {"DNS_ZONES", NULL, wire_pgb_dns_zones, sizeof(struct pgb_dns_zone), " zonename serial count "},
};

struct any_set {
    int n;
    const char *v;
};

/* ---- what a row must be, by the cells of the table ------------------------------------------- */

static int64_t number(const char *s)
{
    return s && *s ? strtoll(s, NULL, 10) : -1;
}

static const char *cell(const struct table *t, int r, const char *column)
{
    return column ? table_get(t, r, table_col(t, column)) : NULL;
}

static const char *want_text(const struct known *k, const struct table *t, int r)
{
    const char *s = cell(t, r, k->column[0]);
    if (!s || (k->how != TEXT && !*s) || (k->how == ADDRESS && strcmp(s, "unix") == 0))
        return NULL;
    return s;
}

static int64_t want_number(const struct known *k, const struct table *t, int r)
{
    int64_t first = number(cell(t, r, k->column[0])), more = number(cell(t, r, k->column[1]));
    if (k->how == SECONDS)
        return first < 0 ? -1 : first * USEC_PER_SEC + (more < 0 ? 0 : more);
    return first < 0 ? more : first + (more < 0 ? 0 : more);
}

static enum tristate want_yes_no(const char *s)
{
    return !s ? TRI_UNKNOWN : strcmp(s, "yes") == 0 ? TRI_YES : TRI_NO;
}

static void check_field(const char *what, const struct known *k, const struct table *t, int r,
                        const char *row)
{
    const void *at = row + k->at;
    bool same = true;
    if (k->how == NUMBER || k->how == SECONDS) {
        int64_t got = *(const int64_t *)at, want = want_number(k, t, r);
        if (got != want)
            fail_msg("%s, row %d, %s: %" PRId64 " instead of %" PRId64, what, r, k->column[0], got,
                     want);
    } else if (k->how == FLAG) {
        same = *(const bool *)at == (number(cell(t, r, k->column[0])) > 0);
    } else if (k->how == YES_NO) {
        same = *(const enum tristate *)at == want_yes_no(cell(t, r, k->column[0]));
    } else if (k->how != UNREAD) {
        const char *got = *(const char *const *)at, *want = want_text(k, t, r);
        same = got && want ? strcmp(got, want) == 0 : got == want;
    }
    if (!same)
        fail_msg("%s, row %d: %s is not \"%s\"", what, r, k->column[0],
                 cell(t, r, k->column[0]) ? cell(t, r, k->column[0]) : "(null)");
}

/* A version has one of several columns that became a field under another name. */
static bool is_of(const struct known *k, const struct table *t, int minor)
{
    bool now = minor >= k->since && (!k->until || minor <= k->until);
    for (int i = 0; k->column[i]; i++)
        if (table_col(t, k->column[i]) >= 0)
            return true;
    return now;
}

/* Through bytes, as an observation carries it. */
static struct any_set read_as(const struct show *s, const struct table *t)
{
    struct err e = ERR_INIT;
    struct buf b;
    struct table *copy;
    struct any_set set;
    facts_unref(parsed);
    parsed = NULL;
    buf_init(&b);
    wire_table_encode(t, &b);
    if (wire_table_decode(b.s, b.len, &arena, &copy, &e) || s->parse(copy, &parsed, &e))
        fail_msg("SHOW %s: %s", s->name, err_text(&e));
    buf_release(&b);
    memcpy(&set, parsed->root, sizeof set);
    return set;
}

static void check_rows(const char *what, const struct show *s, const struct table *t, int minor)
{
    struct any_set set = read_as(s, t);
    int n = 0;
    for (int r = 0; r < t->nrows; r++) {
        const char *of = cell(t, r, s->of);
        if (of && strcmp(of, "pgbouncer") == 0)
            continue; /* the console's own */
        const char *row = set.v + (size_t)n++ * s->size;
        for (int k = 0; k < COUNT(known); k++)
            if (strcmp(known[k].show, s->name) == 0 && is_of(&known[k], t, minor))
                check_field(what, &known[k], t, r, row);
    }
    if (n == 0 || set.n != n)
        fail_msg("%s: %d rows instead of %d", what, set.n, n);
}

/* ---- tables made of the version's ------------------------------------------------------------ */

/* Its columns backwards, and between them some that nobody knows yet. */
static struct table *shuffled(const struct table *t)
{
    struct table *u = table_new(&arena, 2 * t->ncols, t->nrows);
    u->tag = t->tag;
    for (int c = 0; c < t->ncols; c++) {
        const char **name = u->cols + 2 * (size_t)c;
        name[0] = arena_printf(&arena, "new_%d", c);
        name[1] = t->cols[t->ncols - 1 - c];
        for (int r = 0; r < t->nrows; r++) {
            const char **to = u->cells + (size_t)r * (size_t)u->ncols + 2 * (size_t)c;
            to[0] = c % 2 ? NULL : "99";
            to[1] = table_get(t, r, t->ncols - 1 - c);
        }
    }
    return u;
}

static struct table *without(const struct table *t, int column)
{
    struct table *u = table_new(&arena, t->ncols - 1, t->nrows);
    u->tag = t->tag;
    for (int c = 0, to = 0; c < t->ncols; c++) {
        if (c == column)
            continue;
        u->cols[to] = t->cols[c];
        for (int r = 0; r < t->nrows; r++)
            u->cells[(size_t)r * (size_t)u->ncols + (size_t)to] = table_get(t, r, c);
        to++;
    }
    return u;
}

static void check_refused(const struct show *s, const struct table *t, const char *column)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    assert_int_equal(s->parse(t, &f, &e), ST_INVALID);
    assert_null(f);
    if (!strstr(err_text(&e), arena_printf(&arena, "\"%s\"", column)))
        fail_msg("\"%s\" does not name %s", err_text(&e), column);
    err_release(&e);
}

typedef void check_fn(const struct show *s, const struct table *t, int minor);

static void each_set(check_fn *check)
{
    for (int minor = PGB_SETS_FIRST; minor <= PGB_SETS_LAST; minor++)
        for (int i = 0; i < COUNT(shows); i++) {
            const struct table *t = pgb_set(&arena, minor, shows[i].name);
            if (!t)
                fail_msg("1.%d has no SHOW %s", minor, shows[i].name);
            check(&shows[i], t, minor);
        }
}

/* ---- the tests ------------------------------------------------------------------------------- */

static void arrives(const struct show *s, const struct table *t, int minor)
{
    check_rows(arena_printf(&arena, "SHOW %s of 1.%d", s->name, minor), s, t, minor);
}

static void every_version_arrives(void **state)
{
    (void)state;
    each_set(arrives);
}

static const struct known *known_of(const char *show, const char *column)
{
    for (int k = 0; k < COUNT(known); k++)
        for (int i = 0; i < COUNT(known[k].column); i++)
            if (strcmp(known[k].show, show) == 0 && known[k].column[i] &&
                strcmp(known[k].column[i], column) == 0)
                return &known[k];
    return NULL;
}

/* The fixtures have what the reference says of the version, and nothing that is forgotten above. */
static void has_its_columns(const struct show *s, const struct table *t, int minor)
{
    for (int c = 0; c < t->ncols; c++)
        if (!known_of(s->name, t->cols[c]))
            fail_msg("SHOW %s of 1.%d: what of column %s?", s->name, minor, t->cols[c]);
    for (int k = 0; k < COUNT(known); k++) {
        bool now = minor >= known[k].since && (!known[k].until || minor <= known[k].until);
        for (int i = 0; strcmp(known[k].show, s->name) == 0 && known[k].column[i]; i++)
            if (now != (table_col(t, known[k].column[i]) >= 0))
                fail_msg("SHOW %s of 1.%d: column %s", s->name, minor, known[k].column[i]);
    }
}

static void every_version_has_its_columns(void **state)
{
    (void)state;
    each_set(has_its_columns);
}

static void in_any_order(const struct show *s, const struct table *t, int minor)
{
    check_rows(arena_printf(&arena, "SHOW %s of 1.%d, shuffled", s->name, minor), s, shuffled(t),
               minor);
}

static void order_and_new_columns_do_no_harm(void **state)
{
    (void)state;
    each_set(in_any_order);
}

/* Whatever is left out is unknown, and nothing else changes; without its keys it is no such table:
 * a flag that is not said must not look like one that is not set. */
static void with_one_missing(const struct show *s, const struct table *t, int minor)
{
    int ncols = t ? t->ncols : 0;
    assert_true(ncols > 0);
    for (int c = 0; c < ncols; c++) {
        const char *column = t->cols[c];
        if (strstr(s->keys, arena_printf(&arena, " %s ", column)))
            check_refused(s, without(t, c), column);
        else
            check_rows(arena_printf(&arena, "SHOW %s of 1.%d without %s", s->name, minor, column),
                       s, without(t, c), minor);
    }
}

static void what_is_missing_is_unknown(void **state)
{
    (void)state;
    each_set(with_one_missing);
}

static void flags_are_flags(void **state)
{
    (void)state;
    static const struct {
        const char *show, *column;
    } flags[] = {{"DATABASES", "paused"},
                 {"DATABASES", "disabled"},
                 {"SERVERS", "close_needed"},
                 {"CLIENTS", "close_needed"}};
    static const char *const bad[] = {NULL, "", "no", "-1", "99999999999999999999"};
    for (int i = 0; i < COUNT(flags); i++)
        for (int k = 0; k < COUNT(bad); k++) {
            struct table *t = pgb_set(&arena, PGB_SETS_LAST, flags[i].show);
            *pgb_cell(t, 0, flags[i].column) = bad[k];
            for (int s = 0; s < COUNT(shows); s++)
                if (strcmp(shows[s].name, flags[i].show) == 0)
                    check_refused(&shows[s], t, flags[i].column);
        }
}

/* What a version added to those that are lists of names. */
static void rows_of_a_version(void **state)
{
    (void)state;
    static const struct {
        const char *show, *name;
        int since;
    } rows[] = {
        {"LISTS", "used_clients", 0},
        {"LISTS", "peers", 19},
        {"LISTS", "peer_pools", 19},
        {"CONFIG", "max_client_conn", 0},
        {"CONFIG", "auth_dbname", 19},
        {"CONFIG", "peer_id", 19},
        {"CONFIG", "cancel_wait_timeout", 19},
        {"CONFIG", "track_extra_parameters", 20},
        {"CONFIG", "max_prepared_statements", 21},
        {"CONFIG", "auth_ident_file", 23},
        {"CONFIG", "max_db_client_connections", 24},
        {"CONFIG", "max_user_client_connections", 24},
        {"CONFIG", "query_wait_notify", 25},
        {"CONFIG", "transaction_timeout", 25},
        {"CONFIG", "scram_iterations", 25},
    };
    for (int minor = PGB_SETS_FIRST; minor <= PGB_SETS_LAST; minor++)
        for (int i = 0; i < COUNT(rows); i++) {
            const struct table *t = pgb_set(&arena, minor, rows[i].show);
            bool there = false;
            for (int r = 0; r < t->nrows; r++)
                there = there || strcmp(table_get(t, r, 0), rows[i].name) == 0;
            if (there != (minor >= rows[i].since))
                fail_msg("SHOW %s of 1.%d: %s", rows[i].show, minor, rows[i].name);
        }
}

static void a_password_in_the_config_of_125_does_not_arrive(void **state)
{
    (void)state;
    struct facts *f = NULL;
    struct table *t = pgb_set(&arena, 25, "CONFIG");
    bool seen = false;
    for (int r = 0; r < t->nrows; r++)
        if (strcmp(table_get(t, r, 0), "auth_ldap_options") == 0) {
            *pgb_cell(t, r, "value") = "ldapserver=ldap.example ldapbindpasswd=tiger";
            *pgb_cell(t, r, "default") = "ldapbindpasswd=tiger";
        }
    assert_int_equal(wire_pgb_config(t, &f, NULL), ST_OK);
    const struct pgb_config *c = f->root;
    for (int i = 0; i < c->n; i++) {
        seen = seen || strcmp(c->v[i].key, "auth_ldap_options") == 0;
        if ((c->v[i].value && strstr(c->v[i].value, "tiger")) ||
            (c->v[i].initial && strstr(c->v[i].initial, "tiger")))
            fail_msg("%s: %s", c->v[i].key, c->v[i].value);
    }
    assert_true(seen);
    facts_unref(f);
}

/* The global switches are told from 1.19 on, and then each by its name. */
static void state_of_every_version(void **state)
{
    (void)state;
    for (int minor = PGB_SETS_FIRST; minor <= PGB_SETS_LAST; minor++) {
        struct table *t = pgb_set(&arena, minor, "STATE");
        struct facts *f = NULL;
        assert_int_equal(t != NULL, minor >= 19);
        if (!t)
            continue;
        assert_int_equal(wire_pgb_state(shuffled(t), &f, NULL), ST_OK);
        const struct pgb_state *s = f->root;
        assert_int_equal(s->active, TRI_NO);
        assert_int_equal(s->paused, TRI_YES);
        assert_int_equal(s->suspended, TRI_NO);
        facts_unref(f);
        t->nrows = 1; /* nothing of the others */
        assert_int_equal(wire_pgb_state(t, &f, NULL), ST_OK);
        s = f->root;
        assert_int_equal(s->active, TRI_NO);
        assert_int_equal(s->paused, TRI_UNKNOWN);
        assert_int_equal(s->suspended, TRI_UNKNOWN);
        facts_unref(f);
    }
}

static void version_of_every_version(void **state)
{
    (void)state;
    for (int minor = PGB_SETS_FIRST; minor <= PGB_SETS_LAST; minor++) {
        struct facts *f = NULL;
        assert_int_equal(wire_pgb_version(pgb_set(&arena, minor, "VERSION"), &f, NULL), ST_OK);
        assert_int_equal(((const struct pgb_version *)f->root)->num / 100, 100 + minor);
        facts_unref(f);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_version_has_its_columns),
        TEST(every_version_arrives),
        TEST(order_and_new_columns_do_no_harm),
        TEST(what_is_missing_is_unknown),
        TEST(flags_are_flags),
        TEST(rows_of_a_version),
        TEST(a_password_in_the_config_of_125_does_not_arrive),
        TEST(state_of_every_version),
        TEST(version_of_every_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
