/* Speeds and moments of a recording, as they are typed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "pgdba/base/clock.h"
#include "pgdba/command/command.h"

static void moments_are_read(void **state)
{
    static const struct {
        const char *text;
        int kind;
        int64_t ms;
    } good[] = {
        {"03:12:00", TIME_OF_DAY, 11520000}, {"23:59", TIME_OF_DAY, 86340000},
        {"00:00:01.25", TIME_OF_DAY, 1250},  {"+90s", TIME_AFTER_START, 90000},
        {"10s", TIME_FROM_HERE, 10000},      {"-500ms", TIME_FROM_HERE, -500},
    };
    static const char *const bad[] = {"",         "24:00",     "3:12", "03:60",
                                      "03:12:61", "03:12:00x", "+",    "-x"};
    struct command_time t;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(command_parse_time(good[i].text, &t));
        assert_int_equal(t.kind, good[i].kind);
        assert_int_equal(t.us, good[i].ms * 1000);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(command_parse_time(bad[i], &t));
}

static void speeds_have_their_limits(void **state)
{
    static const char *const bad[] = {"", "0.01x", "1000", "nan", "x", "4y", "-1"};
    double speed;
    (void)state;
    assert_true(command_parse_speed("0.5x", &speed) && speed == 0.5);
    assert_true(command_parse_speed("4", &speed) && speed == 4);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(command_parse_speed(bad[i], &speed));
}

static void moments_lie_in_the_recording(void **state)
{
#define HOUR INT64_C(3600)
    const int64_t start = 1763694000 * USEC_PER_SEC; /* 2025-11-21 03:00:00 UTC */
    static const struct {
        const char *text;
        int64_t length_s, here_s, at_s;
    } cases[] = {
        {"03:12", HOUR, 0, 720},
        {"03:00:07", HOUR, 0, 7},
        {"02:00", HOUR, 0, -HOUR},          /* before it: nothing of the next day is there */
        {"02:00", 24 * HOUR, 0, 23 * HOUR}, /* in the next night */
        {"05:00", HOUR, 0, 2 * HOUR},       /* after it */
        {"+1m30s", HOUR, 600, 90},
        {"10s", HOUR, 600, 610},
        {"-10s", HOUR, 600, 590},
    };
    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct command_time t;
        assert_true(command_parse_time(cases[i].text, &t));
        int64_t at = command_time_at(&t, start, cases[i].length_s * USEC_PER_SEC,
                                     cases[i].here_s * USEC_PER_SEC);
        if (at != cases[i].at_s * USEC_PER_SEC)
            fail_msg("%s is at %lld", cases[i].text, (long long)at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_read),
        cmocka_unit_test(moments_lie_in_the_recording),
        cmocka_unit_test(speeds_have_their_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
