/* command_parse_when: times to come, in zones and across days. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "pgdba/base/clock.h"
#include "pgdba/command/command.h"

static const int64_t now_s = 1763694000; /* 2025-11-21 03:00:00 UTC */

static void in_zone(const char *tz)
{
    setenv("TZ", tz, 1);
    tzset();
}

static void expect(const char *text, int64_t now, int64_t want_s)
{
    int64_t us;
    if (!command_parse_when(text, now * USEC_PER_SEC, &us))
        fail_msg("%s is not taken", text);
    if (us != want_s * USEC_PER_SEC)
        fail_msg("%s is %lld", text, (long long)(us / USEC_PER_SEC));
}

static void times_are_of_the_zone_that_is_meant(void **state)
{
    (void)state;
    in_zone("UTC");
    expect("03:30", now_s, now_s + 1800);
    expect("02:59", now_s, now_s + 86400 - 60); /* today's is over */
    expect("03:00:00", now_s, now_s + 86400);
    expect("+2h", now_s, now_s + 7200);
    expect("2025-11-21T04:00", now_s, now_s + 3600);
    expect("2025-11-21 04:00:30Z", now_s, now_s + 3630);
    expect("2025-11-21T05:00+01:00", now_s, now_s + 3600);
    expect("2025-11-20T22:30-0530", now_s, now_s + 3600);
    expect("04:30+01:00", now_s, now_s + 1800);
    expect("03:30+01:00", now_s, now_s - 1800 + 86400);
    in_zone("CET-1CEST,M3.5.0,M10.5.0/3"); /* 04:00 there */
    expect("04:30", now_s, now_s + 1800);
    expect("2025-11-21T04:30", now_s, now_s + 1800);
    expect("2025-07-01T12:00", now_s, 1751364000); /* summer time */
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "soon",
                                      "24:00",
                                      "3:00",
                                      "03:60",
                                      "03",
                                      "2025-02-30T03:00",
                                      "2025-13-01T03:00",
                                      "2025-11-21",
                                      "03:00+25",
                                      "03:00 +01:00",
                                      "+",
                                      "+-1s",
                                      "03:00:61",
                                      "2025-11-21T03:00+01:00x"};
    int64_t us;
    (void)state;
    in_zone("UTC");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (command_parse_when(bad[i], now_s * USEC_PER_SEC, &us))
            fail_msg("%s is taken", bad[i]);
    in_zone("CET-1CEST,M3.5.0,M10.5.0/3"); /* clocks go from 02:00 to 03:00 */
    assert_false(command_parse_when("2026-03-29T02:30", now_s * USEC_PER_SEC, &us));
    in_zone("UTC");
}

static void hours_that_clocks_change_are_told(void **state)
{
    (void)state;
    in_zone("CET-1CEST,M3.5.0,M10.5.0/3");
    assert_non_null(strstr(command_when_refused("2026-10-25T02:30"), "comes twice"));
    assert_non_null(strstr(command_when_refused("2026-10-25 02:00:00"), "comes twice"));
    assert_non_null(strstr(command_when_refused("2026-03-29T02:30"), "none such"));
    assert_null(command_when_refused("2026-10-25T02:30+02:00"));
    assert_null(command_when_refused("2026-10-25T02:30Z"));
    assert_null(command_when_refused("2026-10-25T01:59"));
    assert_null(command_when_refused("2026-10-25T03:00"));
    assert_null(command_when_refused("2026-03-29T03:00"));
    assert_null(command_when_refused("2026-07-01T12:00"));
    assert_null(command_when_refused("2026-02-30T12:00"));
    assert_null(command_when_refused("02:30"));
    assert_null(command_when_refused("+2h"));
    assert_null(command_when_refused("soon"));
    in_zone("UTC");
    assert_null(command_when_refused("2026-10-25T02:30"));
    assert_null(command_when_refused("2026-03-29T02:30"));
}

static void sizes(void **state)
{
    static const struct {
        const char *text;
        int64_t bytes;
    } good[] = {{"0", 0},      {"1048576", 1 << 20},      {"16MB", 16 << 20}, {"1.5kB", 1536},
                {"8KB", 8192}, {"2GB", INT64_C(2) << 30}, {"12B", 12}};
    static const char *const bad[] = {"", "MB", "-1", "1XB", "1e30TB", "nan", "0x"};
    int64_t v;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(command_parse_bytes(good[i].text, &v));
        assert_int_equal(v, good[i].bytes);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(command_parse_bytes(bad[i], &v));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_of_the_zone_that_is_meant),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(hours_that_clocks_change_are_told),
        cmocka_unit_test(sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
