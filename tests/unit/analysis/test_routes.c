/* analysis/routes: which member a route leads to, and never a wrong one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/analysis/routes.h"
#include "snapshot_builder.h"

#define NOW SB_NOW_US

static const char *name_of(const struct member *m)
{
    return m ? m->name : "nobody";
}

/* ---- the write backend */

static void the_write_backend_is_the_configured_one_or_says_so_itself(void **state)
{
    (void)state;
    static const struct {
        const char *proxies[3], *configured, *found;
    } cases[] = {
        {{"rw", "ro"}, NULL, "rw"},
        {{"pg-rw", "pg-ro"}, NULL, "pg-rw"},
        {{"Postgres_Write", "postgres_read"}, NULL, "Postgres_Write"},
        {{"primary", "replicas"}, NULL, "primary"},
        {{"master", "primary_replicas"}, NULL, "master"},
        {{"leader-standby", "reads"}, NULL, NULL},
        {{"forward", "backward"}, NULL, NULL}, /* rw inside a word */
        {{"sales_rw", "stock_rw"}, NULL, NULL},
        {{"sales_rw", "stock_rw"}, "stock_rw", "stock_rw"},
        {{"postgres"}, NULL, NULL},
        {{"postgres"}, "postgres", "postgres"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ha_row rows[4] = {{.type = HA_FRONTEND, .proxy = "master", .name = "FRONTEND"}};
        int n = 1;
        for (int k = 0; k < 3 && cases[i].proxies[k]; k++)
            rows[n++] =
                (struct ha_row){.type = HA_SERVER, .proxy = cases[i].proxies[k], .name = "pg1"};
        struct ha_stats stats = {n, rows};
        struct haproxy h = {.stats = &stats, .write_backend = cases[i].configured};
        const char *found = routes_write_backend(&h);
        if (!cases[i].found != !found || (found && strcmp(found, cases[i].found) != 0))
            fail_msg("case %zu: \"%s\"", i, found ? found : "none");
    }
    assert_null(routes_write_backend(&(struct haproxy){0}));
}

/* ---- members at an address */

static void an_address_is_a_members_only_when_that_is_certain(void **state)
{
    (void)state;
    static const struct {
        const char *listed, *asked, *addr, *found;
        int port;
    } cases[] = {
        {"10.0.0.2", NULL, "10.0.0.2", "pg2", 5432},
        {"10.0.0.2", NULL, "10.0.0.2", "nobody", 5433},
        {"10.0.0.2", NULL, "10.0.0.22", "nobody", 5432},
        {"10.0.0.2", NULL, "::ffff:10.0.0.2", "pg2", 5432},
        {"fd00::2", NULL, "fd00:0:0:0::2", "pg2", 5432},
        {"localhost", NULL, "127.0.0.1", "pg2", 5432},
        {"127.0.0.1", NULL, "::1", "pg2", 5432},
        {"pg-2.example", NULL, "pg-2.example", "pg2", 5432},
        {"pg-2.example", NULL, "10.0.0.2", "nobody", 5432}, /* a name: it cannot be told */
        {"pg-2.example", "10.9.9.2:5432/app", "10.9.9.2", "pg2", 5432},
        {"pg-2.example", "[fd00::9]:5432/app", "fd00::9", "pg2", 5432},
        {"pg-2.example", "127.0.0.1:5432/app", "127.0.0.1", "nobody", 5432}, /* a tunnel's end */
        {NULL, NULL, "10.0.0.2", "nobody", 5432},
        {"10.0.0.2", NULL, "", "nobody", 5432},
        {"10.0.0.2", NULL, NULL, "nobody", 5432},
        {"10.0.0.1", NULL, "10.0.0.1", "nobody", 5432}, /* pg1 says so, too */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sb *b = sb_new(NOW);
        sb_row(b, "pg2")->host = cases[i].listed;
        sb_member(b, "pg2")->pg.endpoint = cases[i].asked;
        const char *found = name_of(routes_member_at(b->s, cases[i].addr, cases[i].port));
        if (strcmp(found, cases[i].found) != 0)
            fail_msg("case %zu: %s", i, found);
        sb_free(b);
    }
}

static void where_members_have_names_an_address_may_be_one(void **state)
{
    (void)state;
    struct sb *b = sb_new(NOW);
    assert_false(routes_may_be_member(b->s, "10.0.0.9", 5432));
    sb_row(b, "pg2")->host = "pg-2.example";
    assert_true(routes_may_be_member(b->s, "10.0.0.9", 5432));
    assert_false(routes_may_be_member(b->s, "10.0.0.9", 5000));
    assert_false(routes_may_be_member(b->s, NULL, 5432));
    sb_free(b);
}

/* ---- HAProxy's servers */

static void a_server_is_a_member_by_address_before_name(void **state)
{
    (void)state;
    struct sb *b = sb_new(NOW);
    sb_haproxy(b);
    const struct haproxy *h = &b->haproxies[0];
    const struct member *pg1 = sb_member(b, "pg1"), *pg2 = sb_member(b, "pg2");
    assert_string_equal(routes_server_of(b->s, h, pg2)->name, "pg2");
    sb_ha_row(b, "rw", "pg2")->addr = "10.0.0.1:5432"; /* named after what it was once */
    assert_ptr_equal(routes_member_of(b->s, sb_ha_row(b, "rw", "pg2")), pg1);
    assert_null(routes_server_of(b->s, h, pg2));
    sb_ha_row(b, "rw", "pg2")->addr = "192.168.7.2:6000"; /* through something: its name decides */
    assert_ptr_equal(routes_member_of(b->s, sb_ha_row(b, "rw", "pg2")), pg2);
    sb_ha_row(b, "rw", "pg2")->name = "db-b";
    assert_null(routes_member_of(b->s, sb_ha_row(b, "rw", "db-b")));
    sb_free(b);
}

static void of_two_rows_for_a_member_the_one_that_takes_counts(void **state)
{
    (void)state;
    struct sb *b = sb_new(NOW);
    sb_haproxy(b);
    sb_ha_sends(b, "pg3");
    sb_ha_row(b, "rw", "pg3")->addr = "10.0.0.2:5432";
    assert_string_equal(routes_server_of(b->s, &b->haproxies[0], sb_member(b, "pg2"))->name, "pg3");
    sb_free(b);
}

/* ---- PgBouncer */

static void servers_are_counted_by_where_they_point(void **state)
{
    (void)state;
    struct arena a;
    int n;
    struct sb *b = sb_new(NOW);
    arena_init(&a);
    sb_servers(b, "127.0.0.1", 5000, 2); /* HAProxy */
    sb_servers_at(b, "pg2", 3);
    sb_servers(b, NULL, 5432, 1); /* a unix socket */
    const struct bouncer_target *t = routes_bouncer_targets(b->s, &b->bouncers[0], &a, &n);
    assert_int_equal(n, 3);
    assert_string_equal(name_of(t[0].member), "pg2");
    assert_int_equal(t[0].servers, 3);
    assert_null(t[1].member);
    assert_string_equal(t[1].addr, "127.0.0.1");
    assert_int_equal(t[1].port, 5000);
    assert_null(t[2].addr);
    /* What is to be closed points nowhere any more. */
    for (int i = 0; i < 6; i++)
        ((struct pgb_server *)(uintptr_t)&b->bouncers[0].servers->v[i])->close_needed = i != 0;
    t = routes_bouncer_targets(b->s, &b->bouncers[0], &a, &n);
    assert_int_equal(n, 1);
    assert_int_equal(t[0].servers, 1);
    b->bouncers[0].servers = NULL;
    routes_bouncer_targets(b->s, &b->bouncers[0], &a, &n);
    assert_int_equal(n, 0);
    arena_release(&a);
    sb_free(b);
}

static void a_database_that_names_a_member_points_at_it(void **state)
{
    (void)state;
    struct sb *b = sb_new(NOW);
    const struct bouncer *p = &b->bouncers[0];
    assert_false(routes_bouncer_points_at(b->s, p, sb_member(b, "pg2")));
    sb_database(b, 0, 0)->host = "10.0.0.2";
    sb_database(b, 0, 0)->port = 5432;
    assert_true(routes_bouncer_points_at(b->s, p, sb_member(b, "pg2")));
    assert_false(routes_bouncer_points_at(b->s, p, sb_member(b, "pg1")));
    /* By a name that both use: the connection's number is that name's. */
    struct arena a;
    int n;
    arena_init(&a);
    sb_row(b, "pg3")->host = sb_database(b, 0, 0)->host = "pg-3.example";
    sb_servers(b, "10.4.4.4", 5432, 1);
    const struct bouncer_target *t = routes_bouncer_targets(b->s, p, &a, &n);
    assert_string_equal(name_of(t[0].member), "pg3");
    arena_release(&a);
    sb_free(b);
}

static void an_address_on_haproxys_host_is_haproxy(void **state)
{
    (void)state;
    struct sb *b = sb_new(NOW);
    assert_false(routes_is_haproxy(b->s, "127.0.0.1", 5000));
    sb_haproxy(b);
    assert_true(routes_is_haproxy(b->s, "127.0.0.1", 5000));
    assert_false(routes_is_haproxy(b->s, "10.0.0.7", 5000));
    b->haproxies[0].endpoint = "http://watch:secret@[fd00::7]:7000/stats;csv";
    assert_true(routes_is_haproxy(b->s, "fd00:0::7", 5000));
    b->haproxies[0].endpoint = "http://10.0.0.2/";
    assert_true(routes_is_haproxy(b->s, "10.0.0.2", 5000));
    assert_false(routes_is_haproxy(b->s, "10.0.0.2", 5432)); /* pg2 itself */
    b->haproxies[0].endpoint = "";
    assert_false(routes_is_haproxy(b->s, "10.0.0.2", 5000));
    sb_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_write_backend_is_the_configured_one_or_says_so_itself),
        cmocka_unit_test(an_address_is_a_members_only_when_that_is_certain),
        cmocka_unit_test(where_members_have_names_an_address_may_be_one),
        cmocka_unit_test(a_server_is_a_member_by_address_before_name),
        cmocka_unit_test(of_two_rows_for_a_member_the_one_that_takes_counts),
        cmocka_unit_test(servers_are_counted_by_where_they_point),
        cmocka_unit_test(a_database_that_names_a_member_points_at_it),
        cmocka_unit_test(an_address_on_haproxys_host_is_haproxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
