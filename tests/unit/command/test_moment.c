/* Speeds and moments of a recording, as they are typed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_read),
        cmocka_unit_test(speeds_have_their_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
