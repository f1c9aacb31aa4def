/* analysis/config_check: what is said of a change, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/analysis/config_check.h"

#define INT(p, v)                                                        \
    {                                                                    \
        .path = p, .value = #v, .text = #v, .type = DYN_INT, .number = v \
    }
#define TEXT(p, v)                                                   \
    {                                                                \
        .path = p, .value = "\"" v "\"", .text = v, .type = DYN_TEXT \
    }
#define BOOL(p, v)                                         \
    {                                                      \
        .path = p, .value = v, .text = v, .type = DYN_BOOL \
    }

static const struct dyn_setting nothing[1];

static void each_change_is_judged(void **state)
{
    static const struct {
        struct dyn_setting after;
        enum check_verdict verdict;
        const char *check, *text;
    } t[] = {
        {INT("ttl", 60), CHECK_PASS, "config-timing", "ttl 60 is enough for loop_wait 10"},
        {INT("ttl", 19), CHECK_BLOCK, "config-type", "at least 20 is wanted"},
        {INT("ttl", 25), CHECK_BLOCK, "config-timing",
         "ttl 25 is less than loop_wait 10 + 2 x retry_timeout 10 = 30"},
        {INT("loop_wait", 11), CHECK_BLOCK, "config-timing", "= 31"},
        {{.path = "loop_wait", .value = "\"5\"", .text = "5", .type = DYN_TEXT, .number = 5},
         CHECK_PASS,
         "config-type",
         "loop_wait"},
        {TEXT("loop_wait", "soon"), CHECK_BLOCK, "config-type", "a whole number is wanted"},
        {BOOL("retry_timeout", "true"), CHECK_BLOCK, "config-type", "a whole number is wanted"},
        {TEXT("synchronous_mode", "quorum"), CHECK_PASS, "config-type", "quorum"},
        {TEXT("synchronous_mode", "sometimes"), CHECK_BLOCK, "config-type", "false or quorum"},
        {TEXT("check_timeline", "on"), CHECK_PASS, "config-type", "check_timeline"},
        {INT("check_timeline", 2), CHECK_BLOCK, "config-type", "true or false is wanted"},
        {INT("maximum_lag_on_failover", 0), CHECK_PASS, "config-type", "maximum_lag"},
        {INT("maximum_lag_on_failover", -1), CHECK_BLOCK, "config-type", "at least 0"},
        {INT("maximum_lag_on_failovr", 5), CHECK_WARN, "config-unknown", "not a setting"},
        {INT("postgresql.parameters.max_connections", 200), CHECK_WARN, "config-restart",
         "only when PostgreSQL is restarted"},
        {TEXT("postgresql.parameters.trace_connection_negotiation", "on"), CHECK_WARN,
         "config-restart", "only when PostgreSQL is restarted"}, /* since PostgreSQL 17 */
        {TEXT("postgresql.parameters.work_mem", "8MB"), CHECK_PASS, "config-restart",
         "without a restart"},
        {INT("postgresql.parameters.port", 5433), CHECK_WARN, "config-unknown",
         "port is Patroni's to set"},
        {INT("postgresql.parameters.\"pg_stat_statements.max\"", 5), CHECK_PASS, "config-restart",
         "pg_stat_statements.max"},
        {INT("standby_cluster.host", 5), CHECK_BLOCK, "config-type", "a text is wanted"},
    };
    const struct dyn_settings before = {0, nothing};
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        const struct dyn_settings after = {1, &t[i].after};
        struct arena a;
        int n, hits = 0;
        arena_init(&a);
        const struct check_result *v = config_check(&before, &after, &a, &n);
        for (int k = 0; k < n; k++)
            hits += strcmp(v[k].check, t[i].check) == 0 && v[k].verdict == t[i].verdict &&
                    strstr(v[k].reason, t[i].text) != NULL;
        if (!hits)
            fail_msg("case %zu (%s): %s", i, t[i].after.path, n ? v[0].reason : "nothing");
        arena_release(&a);
    }
}

static void what_stays_is_not_judged(void **state)
{
    static const struct dyn_setting wrong = TEXT("ttl", "soon"),
                                    both[] = {INT("maximum_lag_on_failover", 5),
                                              TEXT("ttl", "soon")};
    const struct dyn_settings before = {1, &wrong}, after = {2, both};
    struct arena a;
    int n;
    (void)state;
    arena_init(&a);
    const struct check_result *v = config_check(&before, &after, &a, &n);
    assert_int_equal(n, 1);
    assert_int_equal(v[0].verdict, CHECK_PASS);
    arena_release(&a);
}

static void changes_are_told_by_path(void **state)
{
    static const struct dyn_setting was[] = {INT("a", 1), INT("b", 2), INT("d", 4)},
                                    is[] = {INT("b", 3), INT("c", 3), INT("d", 4)};
    const struct dyn_settings before = {3, was}, after = {3, is};
    struct arena a;
    int n;
    (void)state;
    arena_init(&a);
    const struct config_change *v = config_changes(&before, &after, &a, &n);
    assert_int_equal(n, 3);
    assert_string_equal(v[0].path, "a");
    assert_null(v[0].after);
    assert_string_equal(v[1].before, "2");
    assert_string_equal(v[1].after, "3");
    assert_string_equal(v[2].path, "c");
    assert_null(v[2].before);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_is_judged),
        cmocka_unit_test(what_stays_is_not_judged),
        cmocka_unit_test(changes_are_told_by_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
