/* The tables of PgBouncer's console as views. */
#include "pgdba/analysis/pgb_views.h"

#include <stddef.h>
#include <string.h>

#include "pgb_columns.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"

/* ---- numbers of one bouncer ------------------------------------------------------------------ */

static void add(int64_t *sum, int64_t v)
{
    *sum = *sum < 0 || v < 0 ? -1 : *sum > INT64_MAX - v ? INT64_MAX : *sum + v;
}

struct pgb_totals pgb_totals_of(const struct bouncer *b)
{
    struct pgb_totals t = {0};
    if (!b->pools)
        return (struct pgb_totals){-1, -1, -1, -1};
    for (int i = 0; i < b->pools->n; i++) {
        const struct pgb_pool *v = &b->pools->v[i];
        const int64_t servers[] = {v->sv_active, v->sv_idle, v->sv_used, v->sv_tested, v->sv_login};
        add(&t.clients, v->cl_active);
        add(&t.clients, v->cl_waiting);
        add(&t.waiting, v->cl_waiting);
        for (size_t k = 0; k < sizeof servers / sizeof *servers; k++)
            add(&t.servers, servers[k]);
        add(&t.servers, v->sv_cancel < 0 ? 0 : v->sv_cancel); /* not said before 1.18 */
        if (v->maxwait_us > t.maxwait_us)
            t.maxwait_us = v->maxwait_us;
    }
    return t;
}

int64_t pgb_list_items(const struct bouncer *b, const char *name)
{
    for (int i = 0; b->lists && i < b->lists->n; i++)
        if (strcmp(b->lists->v[i].name, name) == 0)
            return b->lists->v[i].items;
    return -1;
}

const char *pgb_config_value(const struct bouncer *b, const char *key)
{
    for (int i = 0; b->config && i < b->config->n; i++)
        if (strcmp(b->config->v[i].key, key) == 0)
            return b->config->v[i].value;
    return NULL;
}

int64_t pgb_config_number(const struct bouncer *b, const char *key)
{
    const char *s = pgb_config_value(b, key);
    int64_t v;
    return s && fmt_parse_int(s, &v) && v >= 0 ? v : -1;
}

/* ---- where a view's rows are in a bouncer ---------------------------------------------------- */

/* Every set is { int n; const row *v }; a bouncer itself is one row. */
static const struct source {
    size_t state, size; /* offset in struct bouncer; size of a row */
    const char *(*key)(const void *row, struct arena *a);
} sources[] = {
#define IN(state, row, key)                                      \
    {                                                            \
        offsetof(struct bouncer, state), sizeof(struct row), key \
    }
    [PGB_VIEW_BOUNCERS] = {offsetof(struct bouncer, state), 0, NULL},
    [PGB_VIEW_DATABASES] = IN(databases_state, pgb_database, pgb_database_key),
    [PGB_VIEW_CLIENTS] = IN(clients_state, pgb_server, pgb_conn_key),
    [PGB_VIEW_SERVERS] = IN(servers_state, pgb_server, pgb_conn_key),
    [PGB_VIEW_USERS] = IN(users_state, pgb_user, pgb_user_key),
    [PGB_VIEW_CONFIG] = IN(config_state, pgb_setting, pgb_setting_key),
    [PGB_VIEW_LISTS] = IN(lists_state, pgb_list, pgb_list_key),
    [PGB_VIEW_MEMORY] = IN(memory_state, pgb_cache, pgb_cache_key),
    [PGB_VIEW_DNS] = IN(dns_hosts_state, pgb_dns_host, pgb_dns_host_key),
    [PGB_VIEW_ZONES] = IN(dns_zones_state, pgb_dns_zone, pgb_dns_zone_key),
    [PGB_VIEW_STATE] = {offsetof(struct bouncer, state), 0, NULL},
    [PGB_VIEW_POOLS] = IN(pools_state, pgb_pool, pgb_pool_key),
    [PGB_VIEW_STATS] = IN(stats_state, pgb_stats, pgb_stats_key),
#undef IN
};
_Static_assert(sizeof sources / sizeof *sources == PGB_VIEW_COUNT, "a source a view");

struct rows {
    int n;
    const char *v;
};

/* The sets differ in the type of their rows alone: each is read as what it is. */
static struct rows rows_of(const struct bouncer *b, enum pgb_view view)
{
#define ROWS(set) \
    (b->set ? (struct rows){b->set->n, (const char *)b->set->v} : (struct rows){0, NULL})
    switch (view) {
    case PGB_VIEW_DATABASES:
        return ROWS(databases);
    case PGB_VIEW_CLIENTS:
        return ROWS(clients);
    case PGB_VIEW_SERVERS:
        return ROWS(servers);
    case PGB_VIEW_USERS:
        return ROWS(users);
    case PGB_VIEW_CONFIG:
        return ROWS(config);
    case PGB_VIEW_LISTS:
        return ROWS(lists);
    case PGB_VIEW_MEMORY:
        return ROWS(memory);
    case PGB_VIEW_DNS:
        return ROWS(dns_hosts);
    case PGB_VIEW_ZONES:
        return ROWS(dns_zones);
    case PGB_VIEW_POOLS:
        return ROWS(pools);
    case PGB_VIEW_STATS:
        return ROWS(stats);
    case PGB_VIEW_STATE:
    case PGB_VIEW_BOUNCERS:
    case PGB_VIEW_COUNT:
        break;
    }
    return (struct rows){1, (const char *)b};
#undef ROWS
}

const struct source_state *pgb_view_state(const struct bouncer *b, enum pgb_view v, bool *known)
{
    const struct source_state *st =
        (const struct source_state *)(const void *)((const char *)b + sources[v].state);
    if (known)
        *known = st->answered_us != 0;
    return st;
}

int64_t pgb_view_beat(const struct snapshot *s, enum pgb_view v)
{
    /* As source/ asks when nobody looks (tunables.h). */
    int64_t beat = v == PGB_VIEW_CONFIG  ? 30 * USEC_PER_SEC
                   : v == PGB_VIEW_LISTS ? 5 * USEC_PER_SEC
                                         : 0;
    return beat > s->refresh_us ? beat : s->refresh_us;
}

/* "bouncer/key": twice for each of thousands of rows. */
static const char *key_of(const struct bouncer *b, const char *key, struct arena *a)
{
    size_t n = strlen(b->name), more = strlen(key);
    char *out = arena_alloc(a, n + 1 + more + 1);
    memcpy(out, b->name, n);
    out[n] = '/';
    memcpy(out + n + 1, key, more + 1);
    return out;
}

static const char *line_key(const struct bouncer *b, enum pgb_view view, const char *row,
                            struct arena *a)
{
    const char *key = sources[view].key ? sources[view].key(row, a) : NULL;
    return key ? key_of(b, key, a) : b->name;
}

static const char *peer_key(const struct bouncer *b, enum pgb_view view, const char *row,
                            struct arena *a)
{
    if (view != PGB_VIEW_CLIENTS && view != PGB_VIEW_SERVERS)
        return NULL;
    const struct pgb_server *conn = (const struct pgb_server *)(const void *)row;
    return conn->link ? key_of(b, conn->link, a) : NULL;
}

static void add_lines(const struct bouncer *b, enum pgb_view view, struct arena *a,
                      struct pgb_line *out, int *n)
{
    struct rows r = rows_of(b, view);
    for (int i = 0; i < r.n; i++) {
        const char *row = r.v + (size_t)i * sources[view].size;
        struct pgb_line *l = &out[(*n)++];
        *l = (struct pgb_line){.bouncer = b,
                               .state = pgb_view_state(b, view, NULL),
                               .key = line_key(b, view, row, a),
                               .peer = peer_key(b, view, row, a),
                               .reason = "",
                               .row = row};
        pgb_line_judge(view, l, a);
    }
}

int pgb_view_count(const struct bouncer *b, enum pgb_view v)
{
    return rows_of(b, v).n;
}

const struct pgb_line *pgb_view_lines(const struct snapshot *s, enum pgb_view v, const char *on,
                                      struct arena *a, int *n)
{
    size_t room = 0;
    for (int i = 0; i < s->nbouncers; i++)
        room += (size_t)rows_of(&s->bouncers[i], v).n;
    struct pgb_line *out = arena_array(a, room, struct pgb_line);
    *n = 0;
    for (int i = 0; i < s->nbouncers; i++)
        if (!on || strcmp(s->bouncers[i].name, on) == 0)
            add_lines(&s->bouncers[i], v, a, out, n);
    return out;
}

struct pgb_value pgb_view_value(const struct snapshot *s, const struct pgb_column *c,
                                const struct pgb_line *l, struct arena *a)
{
    const char *at = (const char *)l->row + c->at;
    if (c->get)
        return c->get(s, l, a);
    if (c->unit == PGB_TEXTUAL)
        return (struct pgb_value){.text = *(const char *const *)(const void *)at, .n = -1};
    return (struct pgb_value){.n = *(const int64_t *)(const void *)at};
}
