/* What is to be taken back on a PgBouncer, as a file has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/wire/held.h"

static bool reads(const char *text, struct arena *a, struct held *h)
{
    return wire_held_read(text, strlen(text), a, h);
}

static void what_is_written_is_read(void **state)
{
    static const struct held pause = {.cluster = "lab",
                                      .bouncer = "b1",
                                      .database = "a\"b\tc",
                                      .user = "anna",
                                      .host = "ops1",
                                      .pid = 4711,
                                      .wall_us = INT64_C(1700000000000000)},
                             set = {.cluster = "lab",
                                    .bouncer = "b1",
                                    .key = "server_login_retry",
                                    .value = "15",
                                    .user = "",
                                    .host = ""};
    struct arena a;
    struct buf b;
    struct held h;

    (void)state;
    arena_init(&a);
    buf_init(&b);
    wire_held_write(&pause, &b);
    assert_true(wire_held_read(b.s, b.len, &a, &h));
    assert_string_equal(h.database, pause.database); /* to the byte: it names what is resumed */
    assert_null(h.key);
    assert_int_equal(h.pid, 4711);
    assert_int_equal(h.wall_us, pause.wall_us);
    buf_clear(&b);
    wire_held_write(&set, &b);
    assert_true(wire_held_read(b.s, b.len, &a, &h));
    assert_null(h.database);
    assert_string_equal(h.key, "server_login_retry");
    assert_string_equal(h.value, "15");
    buf_release(&b);
    arena_release(&a);
}

static void what_is_none_is_refused(void **state)
{
    static const char *const none[] = {
        "",
        "[]",
        "null",
        "{",
        "{}",
        "\"x\"",
        "{\"cluster\":\"lab\"}",
        "{\"cluster\":1,\"bouncer\":\"b1\"}",
        "{\"cluster\":\"lab\",\"bouncer\":\"b1\",\"key\":\"k\"}", /* to be put back to what? */
        "{\"cluster\":\"lab\",\"bouncer\":\"b\",\"key\":\"k\",\"value\":\"1\",\"database\":\"d\"}"};
    struct arena a;
    struct held h;

    (void)state;
    arena_init(&a);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (reads(none[i], &a, &h))
            fail_msg("%s was taken", none[i]);
    assert_true(reads("{\"cluster\":\"lab\",\"bouncer\":\"b1\",\"pid\":-3,\"user\":7}", &a, &h));
    assert_int_equal(h.pid, 0);
    assert_null(h.user);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(what_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
