/* analysis/rates over what each version of PgBouncer says: own rates do not change with the version
 * that changed its averages, and nothing is made up where totals begin anew. */
#include <math.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgb_sets.h"
#include "pgdba/analysis/pools.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "pgdba/wire/pgbouncer.h"

#define INTERVAL                (10 * USEC_PER_SEC)
#define WITH_ASSIGNMENTS(minor) ((minor) >= 23)

static struct arena arena;
static struct facts *held[4];
static int nheld;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    nheld = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    while (nheld > 0)
        facts_unref(held[--nheld]);
    arena_release(&arena);
    return 0;
}

static const struct pgb_stats_set *read_stats(const struct table *t)
{
    struct err e = ERR_INIT;
    assert_true(nheld < 4);
    if (wire_pgb_stats(t, &held[nheld], &e))
        fail_msg("%s", err_text(&e));
    return held[nheld++]->root;
}

static void grow(struct table *t, const char *column, int64_t by)
{
    const char **at = pgb_cell(t, 0, column);
    int64_t v;
    assert_true(fmt_parse_int(*at, &v));
    *at = arena_printf(&arena, "%" PRId64, v + by);
}

/* Ten seconds later: 40 transactions a second of two queries, a quarter of them waited 2 ms. */
static struct table *later(int minor)
{
    struct table *t = pgb_set(&arena, minor, "STATS");
    grow(t, "total_xact_count", 400);
    grow(t, "total_query_count", 800);
    grow(t, "total_received", 96000);
    grow(t, "total_sent", 480000);
    grow(t, "total_xact_time", INT64_C(400) * 6000);
    grow(t, "total_query_time", INT64_C(800) * 2000);
    grow(t, "total_wait_time", INT64_C(100) * 2000);
    if (WITH_ASSIGNMENTS(minor))
        grow(t, "total_server_assignment_count", 100);
    return t;
}

static struct pgb_rates rates(const struct table *before, const struct table *now, int *n)
{
    const struct pgb_rates *r =
        pgb_rates_of(read_stats(before), read_stats(now), INTERVAL, &arena, n);
    assert_string_equal(r[0].database, "app");
    return r[0];
}

static void expect(int minor, const char *what, double got, double want)
{
    if (!(fabs(got - want) < 1e-6))
        fail_msg("1.%d: %s is %f instead of %f", minor, what, got, want);
}

/* avg_wait_time is waiting a second before 1.23 and waiting a wait since: it is not read at all. */
static void rates_are_the_same_on_every_version(void **state)
{
    (void)state;
    for (int minor = PGB_SETS_FIRST; minor <= PGB_SETS_LAST; minor++) {
        struct table *now = later(minor);
        int n;
        *pgb_cell(now, 0, "avg_wait_time") = minor % 2 ? "123456789" : "0";
        struct pgb_rates r = rates(pgb_set(&arena, minor, "STATS"), now, &n);
        assert_int_equal(n, 2); /* the console's own is none of them */
        assert_true(r.known && !r.reset);
        expect(minor, "transactions a second", r.xacts, 40);
        expect(minor, "queries a second", r.queries, 80);
        expect(minor, "received", r.received, 9600);
        expect(minor, "sent", r.sent, 48000);
        expect(minor, "time a transaction", r.xact_us, 6000);
        expect(minor, "time a query", r.query_us, 2000);
        expect(minor, "waited a second", r.waited_us, 20000);
        /* Over waits where they are counted, else over transactions. */
        expect(minor, "mean wait", r.wait_us, WITH_ASSIGNMENTS(minor) ? 2000 : 500);
        teardown(NULL), setup(NULL);
    }
}

/* A restart: everything from nothing. */
static void a_restart_is_no_rate(void **state)
{
    (void)state;
    for (int minor = PGB_SETS_FIRST; minor <= PGB_SETS_LAST; minor++) {
        struct table *after = pgb_set(&arena, minor, "STATS");
        int n;
        for (int c = 1; c < after->ncols; c++)
            after->cells[c] = "1";
        struct pgb_rates r = rates(later(minor), after, &n);
        assert_true(r.reset && !r.known);
        assert_true(isnan(r.xacts) && isnan(r.queries) && isnan(r.wait_us));
        teardown(NULL), setup(NULL);
    }
}

/* KILL, or a pool that ended: one total went back, while the others went on. */
static void one_total_that_goes_back_is_enough(void **state)
{
    (void)state;
    static const char *const totals[] = {"total_xact_count", "total_query_count",
                                         "total_received",   "total_sent",
                                         "total_xact_time",  "total_query_time",
                                         "total_wait_time",  "total_server_assignment_count"};
    for (size_t i = 0; i < sizeof totals / sizeof *totals; i++) {
        struct table *now = later(PGB_SETS_LAST);
        int n;
        *pgb_cell(now, 0, totals[i]) = "0";
        if (!rates(pgb_set(&arena, PGB_SETS_LAST, "STATS"), now, &n).reset)
            fail_msg("%s went back", totals[i]);
        teardown(NULL), setup(NULL);
    }
}

/* 1.22 goes, 1.23 comes, and has done more by the first look than the old one ever had. */
static void another_version_is_a_restart(void **state)
{
    (void)state;
    int n;
    struct pgb_rates r = rates(pgb_set(&arena, 22, "STATS"), later(23), &n);
    assert_true(r.reset && !r.known);
    r = rates(pgb_set(&arena, 23, "STATS"), later(22), &n); /* and back */
    assert_true(r.reset && !r.known);
}

/* RELOAD leaves the totals alone; a database that it took away, and brought back, begins anew. */
static void a_database_comes_and_goes_with_reload(void **state)
{
    (void)state;
    struct table *less = later(18);
    int n;
    less->nrows = 1;
    struct pgb_rates r = rates(pgb_set(&arena, 18, "STATS"), less, &n);
    assert_int_equal(n, 1);
    assert_true(r.known);
    const struct pgb_rates *both =
        pgb_rates_of(read_stats(less), read_stats(later(18)), INTERVAL, &arena, &n);
    assert_int_equal(n, 2);
    assert_true(both[0].known && both[0].xacts == 0);
    assert_string_equal(both[1].database, "report");
    assert_true(!both[1].known && !both[1].reset && isnan(both[1].xacts));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rates_are_the_same_on_every_version),   TEST(a_restart_is_no_rate),
        TEST(one_total_that_goes_back_is_enough),    TEST(another_version_is_a_restart),
        TEST(a_database_comes_and_goes_with_reload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
