/* wire/acting: who acts, by keys that anybody may have written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/wire/acting.h"

static bool none(void *arg, const struct acting *w)
{
    (void)arg;
    (void)w;
    return false;
}

static bool bobs(void *arg, const struct acting *w)
{
    (void)arg;
    return strcmp(w->user, "bob") == 0;
}

static const char range[] =
    "{\"header\":{\"revision\":\"9\"},\"kvs\":["
    /* {"user":"al\u001bice","host":"jump1","pid":7,"action":"pause","command":"c","since_us":5} */
    "{\"key\":\"YQ==\",\"mod_revision\":\"5\",\"create_revision\":\"5\",\"value\":"
    "\"eyJ1c2VyIjoiYWxcdTAwMWJpY2UiLCJob3N0IjoianVtcDEiLCJwaWQiOjcsImFjdGlvbiI6InBhdXNlIiwiY29tbWFu"
    "ZCI6ImMiLCJzaW5jZV91cyI6NX0=\"},"
    /* {"user":"bob"} */
    "{\"key\":\"Yg==\",\"mod_revision\":\"6\",\"create_revision\":\"6\",\"value\":"
    "\"eyJ1c2VyIjoiYm9iIn0=\"},"
    /* [1] and no JSON at all */
    "{\"key\":\"Yw==\",\"mod_revision\":\"7\",\"create_revision\":\"7\",\"value\":\"WzFd\"},"
    "{\"key\":\"ZA==\",\"mod_revision\":\"8\",\"create_revision\":\"8\",\"value\":\"eyI=\"}]}";

static void what_others_wrote_is_read_and_cleaned(void **state)
{
    struct facts *f = NULL;
    struct err e = ERR_INIT;

    (void)state;
    assert_int_equal(wire_acting_read(range, sizeof range - 1, none, NULL, &f, &e), ST_OK);
    const struct acting_list *l = f->root;
    assert_int_equal(l->n, 2);
    assert_string_equal(l->v[0].user, "al\xef\xbf\xbdice");
    assert_string_equal(l->v[0].host, "jump1");
    assert_int_equal(l->v[0].pid, 7);
    assert_int_equal(l->v[0].since_wall_us, 5);
    assert_string_equal(l->v[1].command, "");
    facts_unref(f);
    assert_int_equal(wire_acting_read(range, sizeof range - 1, bobs, NULL, &f, &e), ST_OK);
    assert_int_equal(((const struct acting_list *)f->root)->n, 1);
    facts_unref(f);
    assert_int_equal(wire_acting_read("x", 1, none, NULL, &f, &e), ST_INVALID);
    err_release(&e);
}

static void what_is_written_can_be_read(void **state)
{
    const struct acting me = {.user = "a\"b",
                              .host = "h",
                              .action = "pause",
                              .command = "c d",
                              .pid = 3,
                              .since_wall_us = 4};
    struct buf b;

    (void)state;
    buf_init(&b);
    wire_acting_write(&me, &b);
    assert_string_equal(b.s, "{\"user\":\"a\\\"b\",\"host\":\"h\",\"pid\":3,\"action\":\"pause\","
                             "\"command\":\"c d\",\"since_us\":4}");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_others_wrote_is_read_and_cleaned),
        cmocka_unit_test(what_is_written_can_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
