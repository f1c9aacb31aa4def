/* wire/json_out: what the program writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pgdba/wire/json_out.h"

static void dumped(const struct wire_json *j, bool indent, const char *expected)
{
    struct buf b;
    buf_init(&b);
    wire_json_dump(j, indent, &b);
    assert_string_equal(b.s, expected);
    buf_release(&b);
}

static void a_document_of_everything(void **state)
{
    (void)state;
    struct wire_json *j = wire_json_object();
    wire_json_str(j, "z", "a \"b\"\n\033\xff");
    wire_json_str(j, "none", NULL);
    wire_json_int(j, "n", INT64_MAX);
    wire_json_int(j, "lag", INT64_MIN);
    wire_json_real(j, "r", 0.1);
    wire_json_real(j, "nan", NAN);
    wire_json_real(j, "inf", -INFINITY);
    wire_json_bool(j, "yes", true);
    wire_json_null(j, "null");
    struct wire_json *list = wire_json_add_array(j, "list");
    wire_json_int(list, NULL, 1);
    struct wire_json *inner = wire_json_add_object(list, NULL);
    wire_json_int(inner, "x", 2);
    wire_json_bool(wire_json_add_array(list, NULL), NULL, false);
    dumped(j, false,
           "{\"z\":\"a \\\"b\\\"\\n\\u001B\xEF\xBF\xBD\",\"none\":null,\"n\":9223372036854775807,"
           "\"lag\":null,\"r\":0.1,\"nan\":null,\"inf\":null,\"yes\":true,\"null\":null,"
           "\"list\":[1,{\"x\":2},[false]]}");
    dumped(list, false, "[1,{\"x\":2},[false]]");
    wire_json_free(j);
}

static void indented_by_two(void **state)
{
    (void)state;
    struct wire_json *j = wire_json_array();
    wire_json_int(wire_json_add_object(j, NULL), "a", 1);
    dumped(j, true, "[\n  {\n    \"a\": 1\n  }\n]");
    wire_json_free(j);
}

static void a_key_set_twice_is_the_last(void **state)
{
    (void)state;
    struct wire_json *j = wire_json_object();
    struct wire_json *first = wire_json_add_object(j, "k");
    wire_json_int(first, "a", 1);
    wire_json_str(j, "k", "over");
    wire_json_int(first, "b", 2); /* out of the document, but alive */
    dumped(j, false, "{\"k\":\"over\"}");
    wire_json_free(j);
    wire_json_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_of_everything),
        cmocka_unit_test(indented_by_two),
        cmocka_unit_test(a_key_set_twice_is_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
