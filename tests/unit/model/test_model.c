/* model/: positions, words, snapshots' lifetimes, staleness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/base/clock.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/plan.h"

static void positions_parse_and_print(void **state)
{
    (void)state;
    lsn_t v;
    char s[24];
    assert_true(lsn_parse("16/B374D848", &v));
    assert_true(v == UINT64_C(0x16B374D848));
    assert_string_equal(lsn_format(s, v), "16/B374D848");
    assert_true(lsn_parse("0/0000A58", &v)); /* zero-padded, as later versions may print */
    assert_true(v == 0xA58);
    assert_string_equal(lsn_format(s, LSN_UNKNOWN), "-");
    static const char *const bad[] = {"",      "/",           "1/",  "/1",  "1",
                                      "1/2/3", "123456789/0", "x/y", "1/2 "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(lsn_parse(bad[i], &v));
}

static void lag_is_never_negative_nor_invented(void **state)
{
    (void)state;
    assert_int_equal(lsn_lag(100, 40), 60);
    assert_int_equal(lsn_lag(40, 100), 0);
    assert_true(lsn_lag(LSN_UNKNOWN, 1) == LAG_UNKNOWN);
    assert_true(lsn_lag(1, LSN_UNKNOWN) == LAG_UNKNOWN);
}

static void old_words_and_new_words_are_one(void **state)
{
    (void)state;
    assert_int_equal(role_parse("master"), ROLE_LEADER);
    assert_int_equal(role_parse("primary"), ROLE_LEADER);
    assert_int_equal(role_parse("leader"), ROLE_LEADER);
    assert_int_equal(role_parse("sync_standby"), ROLE_SYNC_STANDBY);
    assert_int_equal(role_parse("emperor"), ROLE_UNKNOWN);
    assert_int_equal(role_parse(NULL), ROLE_UNKNOWN);
    assert_int_equal(pg_state_parse("in archive recovery"), PGS_ARCHIVE_RECOVERY);
    assert_int_equal(pg_state_parse("crashed"), PGS_FAILED);
    assert_int_equal(pg_state_parse(""), PGS_UNKNOWN);
    assert_false(pg_state_is_up(PGS_UNKNOWN));
    assert_string_equal(obs_outcome_name(OBS_TIMED_OUT), "timed out");
    enum environment env;
    assert_true(environment_parse("production", &env));
    assert_int_equal(env, ENV_PRODUCTION);
    assert_false(environment_parse("prod", &env));
    assert_false(environment_parse("", &env));
}

static void a_snapshot_outlives_its_facts_source(void **state)
{
    (void)state;
    struct facts *f = facts_new();
    const char *text = arena_strdup(&f->arena, "kept");
    struct snapshot *s = snapshot_new();
    snapshot_hold(s, f);
    facts_unref(f);
    s->scope = text;
    const struct snapshot *other = snapshot_ref(s);
    snapshot_unref(s);
    assert_string_equal(other->scope, "kept");
    assert_null(snapshot_leader(other));
    assert_null(snapshot_member(other, "pg1"));
    assert_int_equal(snapshot_timeline(other), 0);
    snapshot_unref(other);
    snapshot_unref(NULL);
}

static void unknown_and_old_are_stale(void **state)
{
    (void)state;
    struct source_state st = {.outcome = OBS_NEVER};
    assert_true(source_is_stale(&st, USEC_PER_SEC, 100 * USEC_PER_SEC));
    st.outcome = OBS_ANSWERED;
    st.answered_us = 100 * USEC_PER_SEC;
    assert_false(source_is_stale(&st, USEC_PER_SEC, 102 * USEC_PER_SEC));
    assert_true(source_is_stale(&st, USEC_PER_SEC, 103 * USEC_PER_SEC));
    assert_false(source_is_stale(&st, 10 * USEC_PER_SEC, 120 * USEC_PER_SEC));
    st.outcome = OBS_TIMED_OUT;
    assert_true(source_is_stale(&st, USEC_PER_SEC, 100 * USEC_PER_SEC));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_parse_and_print),
        cmocka_unit_test(lag_is_never_negative_nor_invented),
        cmocka_unit_test(old_words_and_new_words_are_one),
        cmocka_unit_test(a_snapshot_outlives_its_facts_source),
        cmocka_unit_test(unknown_and_old_are_stale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
