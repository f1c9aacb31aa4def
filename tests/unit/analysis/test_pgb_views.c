/* analysis/pgb_views: which tables there are, by which names, and what of each version stands in
 * them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgb_sets.h"
#include "pgdba/analysis/pgb_views.h"
#include "pgdba/wire/pgbouncer.h"
#include "snapshot_builder.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

static struct arena arena;
static struct sb *b;
static struct facts *held[32]; /* of two bouncers */
static int nheld;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    b = sb_new(SB_NOW_US);
    nheld = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sb_free(b);
    while (nheld > 0)
        facts_unref(held[--nheld]);
    arena_release(&arena);
    return 0;
}

/* ---- a bouncer of a version ------------------------------------------------------------------ */

typedef enum status parse_fn(const struct table *t, struct facts **out, struct err *e);

static const void *set_of(int minor, const char *show, parse_fn *parse)
{
    struct err e = ERR_INIT;
    const struct table *t = pgb_set(&arena, minor, show);
    if (!t)
        return NULL;
    assert_true(nheld < COUNT(held));
    if (parse(t, &held[nheld], &e))
        fail_msg("SHOW %s of 1.%d: %s", show, minor, err_text(&e));
    return held[nheld++]->root;
}

static void answered(struct source_state *st)
{
    sb_answered(b, st, 200 * USEC_PER_MS);
}

static void be(struct bouncer *p, int minor)
{
    const struct pgb_state *state = set_of(minor, "STATE", wire_pgb_state);
    p->version = *(const struct pgb_version *)set_of(minor, "VERSION", wire_pgb_version);
    p->globals = state ? *state : (struct pgb_state){.active = TRI_UNKNOWN};
    p->pools = set_of(minor, "POOLS", wire_pgb_pools);
    p->databases = set_of(minor, "DATABASES", wire_pgb_databases);
    p->stats = set_of(minor, "STATS", wire_pgb_stats);
    p->servers = set_of(minor, "SERVERS", wire_pgb_servers);
    p->clients = set_of(minor, "CLIENTS", wire_pgb_clients);
    p->users = set_of(minor, "USERS", wire_pgb_users);
    p->config = set_of(minor, "CONFIG", wire_pgb_config);
    p->lists = set_of(minor, "LISTS", wire_pgb_lists);
    p->memory = set_of(minor, "MEM", wire_pgb_memory);
    p->dns_hosts = set_of(minor, "DNS_HOSTS", wire_pgb_dns_hosts);
    p->dns_zones = set_of(minor, "DNS_ZONES", wire_pgb_dns_zones);
    answered(&p->clients_state), answered(&p->users_state), answered(&p->config_state);
    answered(&p->lists_state), answered(&p->memory_state), answered(&p->dns_hosts_state);
    answered(&p->dns_zones_state), answered(&p->servers_state);
}

static const struct pgb_line *lines(enum pgb_view v, const char *on, int *n)
{
    return pgb_view_lines(b->s, v, on, &arena, n);
}

static const struct pgb_column *column(enum pgb_view v, const char *name)
{
    const struct pgb_view_info *info = pgb_view_get(v);
    for (int i = 0; i < info->ncolumns; i++)
        if (strcmp(info->columns[i].name, name) == 0)
            return &info->columns[i];
    fail_msg("view %s has no column %s", info->name, name);
    return NULL;
}

static const char *value(enum pgb_view v, const char *name, int row)
{
    int n;
    const struct pgb_line *l = lines(v, NULL, &n);
    const struct pgb_column *c = column(v, name);
    if (row >= n)
        fail_msg("view %s has %d rows", pgb_view_names[v], n);
    struct pgb_value got = pgb_view_value(b->s, c, &l[row], &arena);
    return c->unit == PGB_TEXTUAL ? got.text : arena_printf(&arena, "%lld", (long long)got.n);
}

/* ---- names ----------------------------------------------------------------------------------- */

static void views_are_found_by_their_names_and_pgbouncers(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int view;
    } names[] = {
        {"mem", PGB_VIEW_MEMORY},
        {"memory", PGB_VIEW_MEMORY},
        {"dns_hosts", PGB_VIEW_DNS},
        {"dns", PGB_VIEW_DNS},
        {"dns_zones", PGB_VIEW_ZONES},
        {"zones", PGB_VIEW_ZONES},
        {"version", PGB_VIEW_STATE},
        {"state", PGB_VIEW_STATE},
        {"settings", PGB_VIEW_CONFIG},
        {"config", PGB_VIEW_CONFIG},
        {"stats_totals", PGB_VIEW_STATS},
        {"database", PGB_VIEW_DATABASES},
        {"POOLS", PGB_VIEW_POOLS},
        {"Mem", PGB_VIEW_MEMORY},
        {"fds", -1},
        {"sockets", -1},
        {"pool", -1},
        {"", -1},
        {"stats ", -1},
    };
    for (int i = 0; i < COUNT(names); i++)
        if (pgb_view_find(names[i].name) != names[i].view)
            fail_msg("\"%s\" is %d", names[i].name, pgb_view_find(names[i].name));
    for (int v = 0; v < PGB_VIEW_COUNT; v++) {
        assert_int_equal(pgb_view_find(pgb_view_names[v]), v);
        assert_string_equal(pgb_view_get((enum pgb_view)v)->name, pgb_view_names[v]);
        assert_true(pgb_view_get((enum pgb_view)v)->ncolumns > 2);
    }
    assert_null(pgb_view_names[PGB_VIEW_COUNT]);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void every_version_fills_every_view(void **state)
{
    (void)state;
    for (int minor = PGB_SETS_FIRST; minor <= PGB_SETS_LAST; minor++) {
        be(&b->bouncers[0], minor);
        const int rows[] = {[PGB_VIEW_BOUNCERS] = 1,
                            [PGB_VIEW_DATABASES] = 3,
                            [PGB_VIEW_CLIENTS] = 3,
                            [PGB_VIEW_SERVERS] = 3,
                            [PGB_VIEW_USERS] = 2,
                            [PGB_VIEW_CONFIG] = b->bouncers[0].config->n,
                            [PGB_VIEW_LISTS] = minor < 19 ? 12 : 14,
                            [PGB_VIEW_MEMORY] = b->bouncers[0].memory->n,
                            [PGB_VIEW_DNS] = 2,
                            [PGB_VIEW_ZONES] = 1,
                            [PGB_VIEW_STATE] = 1,
                            [PGB_VIEW_POOLS] = 2,
                            [PGB_VIEW_STATS] = 2};
        _Static_assert(sizeof rows / sizeof *rows == PGB_VIEW_COUNT, "rows a view");
        for (int v = 0; v < PGB_VIEW_COUNT; v++) {
            int n;
            const struct pgb_line *l = lines((enum pgb_view)v, NULL, &n);
            bool known;
            pgb_view_state(&b->bouncers[0], (enum pgb_view)v, &known);
            if (n != rows[v] || pgb_view_count(&b->bouncers[0], (enum pgb_view)v) != n || !known)
                fail_msg("1.%d: view %s has %d rows, not %d", minor, pgb_view_names[v], n, rows[v]);
            for (int i = 0; i < n; i++)
                for (int k = 0; k < i; k++)
                    if (strcmp(l[i].key, l[k].key) == 0)
                        fail_msg("1.%d: view %s: two rows %s", minor, pgb_view_names[v], l[i].key);
        }
        teardown(NULL), setup(NULL);
    }
}

/* What a version does not say is -1 or nothing, and never 0, "no" or another's. */
static void what_a_version_does_not_say_is_not_known(void **state)
{
    (void)state;
    static const struct {
        enum pgb_view view;
        const char *column;
        int row, since;
        const char *before, *after;
    } cells[] = {
        {PGB_VIEW_DATABASES, "reserve", 0, 0, NULL, "5"}, /* under two names */
        {PGB_VIEW_DATABASES, "lifetime", 1, 23, "-1", "600"},
        {PGB_VIEW_DATABASES, "clients", 0, 24, "-1", "48"},
        {PGB_VIEW_DATABASES, "maxclients", 0, 24, "-1", "400"},
        {PGB_VIEW_DATABASES, "balance", 1, 24, NULL, "round-robin"},
        {PGB_VIEW_DATABASES, "state", 0, 0, NULL, "paused"},
        {PGB_VIEW_DATABASES, "state", 1, 0, NULL, "disabled"},
        {PGB_VIEW_DATABASES, "state", 2, 0, NULL, "ok"},
        {PGB_VIEW_DATABASES, "target", 2, 0, NULL, "unix:5432"},
        {PGB_VIEW_USERS, "mode", 0, 0, NULL, "session"},
        {PGB_VIEW_USERS, "max", 0, 23, "-1", "4"},
        {PGB_VIEW_USERS, "servers", 1, 23, "-1", "37"},
        {PGB_VIEW_USERS, "maxclients", 0, 24, "-1", "200"},
        {PGB_VIEW_CLIENTS, "application", 0, 18, NULL, "shop"},
        {PGB_VIEW_CLIENTS, "prepared", 0, 21, "-1", "4"},
        {PGB_VIEW_CLIENTS, "replication", 2, 23, NULL, "logical"},
        {PGB_VIEW_CLIENTS, "id", 1, 24, "-1", "4712"},
        {PGB_VIEW_CLIENTS, "wait", 1, 0, NULL, "3250000"},
        {PGB_VIEW_CLIENTS, "state", 2, 0, NULL, "idle"}, /* "active" before 1.25 */
        {PGB_VIEW_SERVERS, "closing", 0, 0, NULL, "close_needed"},
        {PGB_VIEW_SERVERS, "target", 1, 0, NULL, "[fd00::12]:5433"},
        {PGB_VIEW_SERVERS, "id", 2, 24, "-1", "73"},
        {PGB_VIEW_STATS, "assignments", 0, 23, "-1", "1000"},
        {PGB_VIEW_STATS, "wait_time", 0, 0, NULL, "2000000"},
        {PGB_VIEW_POOLS, "maxwait", 0, 0, NULL, "2500000"},
        {PGB_VIEW_POOLS, "cl_cancel", 0, 18, "3", "6"},
        {PGB_VIEW_STATE, "paused", 0, 19, "not known", "yes"},
        {PGB_VIEW_STATE, "active", 0, 19, "not known", "no"},
        {PGB_VIEW_STATE, "suspended", 0, 19, "not known", "no"},
        {PGB_VIEW_BOUNCERS, "max", 0, 0, NULL, "500"},
        {PGB_VIEW_BOUNCERS, "waiting", 0, 0, NULL, "7"},
        {PGB_VIEW_BOUNCERS, "servers", 0, 18, "54", "65"}, /* with those being cancelled */
    };
    for (int minor = PGB_SETS_FIRST; minor <= PGB_SETS_LAST; minor++) {
        be(&b->bouncers[0], minor);
        for (int i = 0; i < COUNT(cells); i++) {
            const char *want = minor >= cells[i].since ? cells[i].after : cells[i].before;
            const char *got = value(cells[i].view, cells[i].column, cells[i].row);
            if (got && want ? strcmp(got, want) != 0 : got != want)
                fail_msg("1.%d: view %s, row %d, %s: %s instead of %s", minor,
                         pgb_view_names[cells[i].view], cells[i].row, cells[i].column,
                         got ? got : "nothing", want ? want : "nothing");
        }
        teardown(NULL), setup(NULL);
    }
}

static void clients_and_servers_are_linked(void **state)
{
    (void)state;
    for (int minor = PGB_SETS_FIRST; minor <= PGB_SETS_LAST; minor++) {
        int nc, ns;
        be(&b->bouncers[0], minor);
        const struct pgb_line *c = lines(PGB_VIEW_CLIENTS, NULL, &nc);
        const struct pgb_line *s = lines(PGB_VIEW_SERVERS, NULL, &ns);
        assert_string_equal(c[0].peer, s[0].key);
        assert_string_equal(s[0].peer, c[0].key);
        assert_null(c[1].peer);
        assert_null(s[1].peer);
        assert_int_equal(pgb_view_get(PGB_VIEW_CLIENTS)->peer_view, PGB_VIEW_SERVERS);
        teardown(NULL), setup(NULL);
    }
}

static void rows_tell_what_is_wrong_with_them(void **state)
{
    (void)state;
    static const struct {
        enum pgb_view view;
        int row;
        enum health health;
        const char *reason;
    } rows[] = {
        {PGB_VIEW_DATABASES, 0, HEALTH_DEGRADED, "PAUSE"},
        {PGB_VIEW_DATABASES, 1, HEALTH_DEGRADED, "DISABLE"},
        {PGB_VIEW_DATABASES, 2, HEALTH_OK, ""},
        {PGB_VIEW_CLIENTS, 0, HEALTH_OK, ""},
        {PGB_VIEW_CLIENTS, 1, HEALTH_DEGRADED, "waits for a server"},
        {PGB_VIEW_SERVERS, 0, HEALTH_DEGRADED, "to be closed"},
        {PGB_VIEW_SERVERS, 1, HEALTH_OK, ""},
        {PGB_VIEW_USERS, 0, HEALTH_OK, ""},
    };
    be(&b->bouncers[0], 24);
    for (int i = 0; i < COUNT(rows); i++) {
        int n;
        const struct pgb_line *l = lines(rows[i].view, NULL, &n);
        if (l[rows[i].row].health != rows[i].health ||
            !strstr(l[rows[i].row].reason, rows[i].reason))
            fail_msg("view %s, row %d: %s, \"%s\"", pgb_view_names[rows[i].view], rows[i].row,
                     health_name(l[rows[i].row].health), l[rows[i].row].reason);
    }
}

static void several_bouncers_are_told_apart(void **state)
{
    (void)state;
    int n;
    sb_second_bouncer(b, "other");
    be(&b->bouncers[0], 18);
    be(&b->bouncers[1], 25);
    lines(PGB_VIEW_POOLS, NULL, &n);
    assert_int_equal(n, 4);
    const struct pgb_line *l = lines(PGB_VIEW_POOLS, "other", &n);
    assert_int_equal(n, 2);
    assert_ptr_equal(l[0].bouncer, &b->bouncers[1]);
    lines(PGB_VIEW_POOLS, "nobody", &n);
    assert_int_equal(n, 0);
    lines(PGB_VIEW_CONFIG, "other",
          &n); /* a setting that the other does not know does not differ */
    for (int i = 0; i < n; i++)
        assert_null(value(PGB_VIEW_CONFIG, "differs", b->bouncers[0].config->n + i));
    struct pgb_setting *v = arena_array(&arena, 1, struct pgb_setting);
    *v = (struct pgb_setting){"max_client_conn", "700", "100", TRI_YES};
    b->bouncers[1].config = &(const struct pgb_config){1, v};
    l = lines(PGB_VIEW_CONFIG, "other", &n);
    struct pgb_value got = pgb_view_value(b->s, column(PGB_VIEW_CONFIG, "differs"), &l[0], &arena);
    assert_string_equal(got.text, arena_printf(&arena, "%s: 500", b->bouncers[0].name));
}

/* A table that was never answered is not an empty one. */
static void what_was_never_asked_is_not_known(void **state)
{
    (void)state;
    static const enum pgb_view views[] = {PGB_VIEW_CLIENTS, PGB_VIEW_USERS,  PGB_VIEW_CONFIG,
                                          PGB_VIEW_LISTS,   PGB_VIEW_MEMORY, PGB_VIEW_DNS,
                                          PGB_VIEW_ZONES};
    for (int i = 0; i < COUNT(views); i++) {
        bool known = true;
        int n;
        lines(views[i], NULL, &n);
        assert_int_equal(n, 0);
        assert_int_equal(pgb_view_state(&b->bouncers[0], views[i], &known)->outcome, OBS_NEVER);
        if (known)
            fail_msg("view %s was never asked", pgb_view_names[views[i]]);
    }
    b->bouncers[0].pools = NULL;
    assert_int_equal(pgb_totals_of(&b->bouncers[0]).clients, -1);
    assert_int_equal(pgb_list_items(&b->bouncers[0], "used_clients"), -1);
    assert_null(pgb_config_value(&b->bouncers[0], "max_client_conn"));
    assert_int_equal(pgb_config_number(&b->bouncers[0], "max_client_conn"), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(views_are_found_by_their_names_and_pgbouncers),
        TEST(every_version_fills_every_view),
        TEST(what_a_version_does_not_say_is_not_known),
        TEST(clients_and_servers_are_linked),
        TEST(rows_tell_what_is_wrong_with_them),
        TEST(several_bouncers_are_told_apart),
        TEST(what_was_never_asked_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
