/* The longer and the rarer tables of PgBouncer's console. Reference: "middleware.md" §1.4. */
#include "pgdba/wire/pgbouncer.h"

#include <stddef.h>
#include <string.h>

#include "pgbouncer_rows.h"
#include "redact.h"

#define COUNT_OF(v) (sizeof(v) / sizeof *(v))

/* A table of pgb_<row> as the facts' root, a set { n, v }. */
#define READ_SET(set_type, shape, t, out, e)                                   \
    do {                                                                       \
        struct pgb_rows rows;                                                  \
        enum status st = pgb_rows_read((t), &(shape), &rows, (e));             \
        if (st)                                                                \
            return st;                                                         \
        struct set_type *set = arena_new(&rows.facts->arena, struct set_type); \
        set->n = rows.n;                                                       \
        set->v = rows.v;                                                       \
        rows.facts->root = set;                                                \
        *(out) = rows.facts;                                                   \
        return ST_OK;                                                          \
    } while (0)

/* ---- SHOW SERVERS, SHOW CLIENTS */

#define AT(field) offsetof(struct pgb_server, field)
static const struct pgb_field conn_fields[] = {
    {"database", NULL, PGB_TEXT, AT(database)},
    {"user", NULL, PGB_TEXT, AT(user)},
    {"state", NULL, PGB_TEXT, AT(state)},
    {"addr", NULL, PGB_ADDRESS, AT(addr)},
    {"port", NULL, PGB_COUNT, AT(port)},
    {"local_addr", NULL, PGB_ADDRESS, AT(local_addr)},
    {"local_port", NULL, PGB_COUNT, AT(local_port)},
    {"connect_time", NULL, PGB_TEXT, AT(connected_at)},
    {"request_time", NULL, PGB_TEXT, AT(requested_at)},
    {"wait", "wait_us", PGB_SPAN, AT(wait_us)},
    {"close_needed", NULL, PGB_FLAG, AT(close_needed)},
    {"ptr", NULL, PGB_WORD, AT(ptr)},
    {"link", NULL, PGB_WORD, AT(link)},
    {"remote_pid", NULL, PGB_COUNT, AT(remote_pid)},
    {"tls", NULL, PGB_WORD, AT(tls)},
    {"application_name", NULL, PGB_WORD, AT(application_name)}, /* 1.18 */
    {"prepared_statements", NULL, PGB_COUNT, AT(prepared)},     /* 1.21 */
    {"replication", NULL, PGB_WORD, AT(replication)},           /* 1.23 */
    {"id", NULL, PGB_COUNT, AT(id)},                            /* 1.24 */
};
#undef AT

static const char *const conn_keys[] = {"database", "user", "state", "addr", "port"};

#define CONN_SHAPE(words)                                                                          \
    {                                                                                              \
        .what = (words), .keys = conn_keys, .nkeys = COUNT_OF(conn_keys), .console = "database",   \
        .fields = conn_fields, .nfields = COUNT_OF(conn_fields), .size = sizeof(struct pgb_server) \
    }

enum status wire_pgb_servers(const struct table *t, struct facts **out, struct err *e)
{
    static const struct pgb_shape shape = CONN_SHAPE("SHOW SERVERS");
    READ_SET(pgb_servers, shape, t, out, e);
}

enum status wire_pgb_clients(const struct table *t, struct facts **out, struct err *e)
{
    static const struct pgb_shape shape = CONN_SHAPE("SHOW CLIENTS");
    READ_SET(pgb_clients, shape, t, out, e);
}

/* ---- the others: their fields, their keys, and the shape of both */

#define SHAPE(row, words, fields_, keys_)                                                \
    {                                                                                    \
        .what = (words), .keys = (keys_), .nkeys = COUNT_OF(keys_), .fields = (fields_), \
        .nfields = COUNT_OF(fields_), .size = sizeof(struct row)                         \
    }

enum status wire_pgb_users(const struct table *t, struct facts **out, struct err *e)
{
#define AT(field) offsetof(struct pgb_user, field)
    static const char *const keys[] = {"name"};
    static const struct pgb_field fields[] = {
        {"name", NULL, PGB_TEXT, AT(name)},
        {"pool_mode", NULL, PGB_WORD, AT(pool_mode)},
        {"max_user_connections", NULL, PGB_COUNT, AT(max_connections)}, /* 1.23 */
        {"current_connections", NULL, PGB_COUNT, AT(connections)},
        {"max_user_client_connections", NULL, PGB_COUNT, AT(max_clients)}, /* 1.24 */
        {"current_client_connections", NULL, PGB_COUNT, AT(clients)},
    };
    static const struct pgb_shape shape = SHAPE(pgb_user, "SHOW USERS", fields, keys);
    READ_SET(pgb_users, shape, t, out, e);
#undef AT
}

/* auth_ldap_options (1.25) may have the password that LDAP is asked with. */
static const char *without_secrets(struct arena *a, const char *key, const char *value)
{
    struct buf b;
    if (!value)
        return NULL;
    if (redact_is_secret(key, strlen(key)) && *value)
        return "***";
    buf_init(&b);
    if (redact_text(value, strlen(value), &b))
        value = arena_strndup(a, b.s, b.len);
    buf_release(&b);
    return value;
}

enum status wire_pgb_config(const struct table *t, struct facts **out, struct err *e)
{
#define AT(field) offsetof(struct pgb_setting, field)
    static const char *const keys[] = {"key", "value"};
    static const struct pgb_field fields[] = {
        {"key", NULL, PGB_TEXT, AT(key)},
        {"value", NULL, PGB_TEXT, AT(value)},
        {"default", NULL, PGB_TEXT, AT(initial)}, /* 1.15 */
        {"changeable", NULL, PGB_YES_NO, AT(changeable)},
    };
    static const struct pgb_shape shape = SHAPE(pgb_setting, "SHOW CONFIG", fields, keys);
    struct pgb_rows rows;
    enum status st = pgb_rows_read(t, &shape, &rows, e);
    if (st)
        return st;
    struct pgb_config *set = arena_new(&rows.facts->arena, struct pgb_config);
    struct pgb_setting *v = rows.v;
    set->n = rows.n;
    set->v = v;
    for (int i = 0; i < rows.n; i++) {
        v[i].value = without_secrets(&rows.facts->arena, v[i].key, v[i].value);
        v[i].initial = without_secrets(&rows.facts->arena, v[i].key, v[i].initial);
    }
    rows.facts->root = set;
    *out = rows.facts;
    return ST_OK;
#undef AT
}

enum status wire_pgb_lists(const struct table *t, struct facts **out, struct err *e)
{
#define AT(field) offsetof(struct pgb_list, field)
    static const char *const keys[] = {"list", "items"};
    static const struct pgb_field fields[] = {
        {"list", NULL, PGB_TEXT, AT(name)},
        {"items", NULL, PGB_COUNT, AT(items)},
    };
    static const struct pgb_shape shape = SHAPE(pgb_list, "SHOW LISTS", fields, keys);
    READ_SET(pgb_lists, shape, t, out, e);
#undef AT
}

enum status wire_pgb_memory(const struct table *t, struct facts **out, struct err *e)
{
#define AT(field) offsetof(struct pgb_cache, field)
    static const char *const keys[] = {"name", "size", "memtotal"};
    static const struct pgb_field fields[] = {
        {"name", NULL, PGB_TEXT, AT(name)},       {"size", NULL, PGB_COUNT, AT(size)},
        {"used", NULL, PGB_COUNT, AT(used)},      {"free", NULL, PGB_COUNT, AT(free)},
        {"memtotal", NULL, PGB_COUNT, AT(total)},
    };
    static const struct pgb_shape shape = SHAPE(pgb_cache, "SHOW MEM", fields, keys);
    READ_SET(pgb_memory, shape, t, out, e);
#undef AT
}

enum status wire_pgb_dns_hosts(const struct table *t, struct facts **out, struct err *e)
{
#define AT(field) offsetof(struct pgb_dns_host, field)
    static const char *const keys[] = {"hostname", "ttl", "addrs"};
    static const struct pgb_field fields[] = {
        {"hostname", NULL, PGB_TEXT, AT(name)},
        {"addrs", NULL, PGB_WORD, AT(addrs)},
        {"ttl", NULL, PGB_COUNT, AT(ttl_s)},
    };
    static const struct pgb_shape shape = SHAPE(pgb_dns_host, "SHOW DNS_HOSTS", fields, keys);
    READ_SET(pgb_dns_hosts, shape, t, out, e);
#undef AT
}

enum status wire_pgb_dns_zones(const struct table *t, struct facts **out, struct err *e)
{
#define AT(field) offsetof(struct pgb_dns_zone, field)
    static const char *const keys[] = {"zonename", "serial", "count"};
    static const struct pgb_field fields[] = {
        {"zonename", NULL, PGB_TEXT, AT(name)},
        {"serial", NULL, PGB_COUNT, AT(serial)},
        {"count", NULL, PGB_COUNT, AT(count)},
    };
    static const struct pgb_shape shape = SHAPE(pgb_dns_zone, "SHOW DNS_ZONES", fields, keys);
    READ_SET(pgb_dns_zones, shape, t, out, e);
#undef AT
}
