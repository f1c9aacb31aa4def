/* wire/etcd: requests, keys and their changes, as etcd 3.4 said them on the wire, and as 3.6 says
 * them (by its source). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/wire/etcd.h"

#define HEADER                                                                                  \
    "\"header\":{\"cluster_id\":\"2792286789269324824\",\"member_id\":\"5933906779810057715\"," \
    "\"revision\":\"32\",\"raft_term\":\"2\"}"

static struct facts *parsed;
static struct buf out;

static int setup(void **state)
{
    (void)state;
    buf_init(&out);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    facts_unref(parsed);
    parsed = NULL;
    buf_release(&out);
    return 0;
}

typedef enum status parser(const char *body, size_t n, struct facts **out, struct err *e);

static const void *read_as(parser *parse, const char *body)
{
    struct err e = ERR_INIT;
    facts_unref(parsed);
    parsed = NULL;
    if (parse(body, strlen(body), &parsed, &e))
        fail_msg("%s: %.80s", err_text(&e), body);
    return parsed->root;
}

/* ---- requests */

static void says(const char *expected)
{
    assert_string_equal(out.s, expected);
    buf_clear(&out);
}

static void the_end_of_a_prefix(void **state)
{
    (void)state;
    wire_etcd_prefix_end("/service/demo/", &out);
    says("/service/demo0");
    wire_etcd_prefix_end("a\xff\xff", &out);
    says("b");
    buf_puts(&out, "x"); /* appended, and only that */
    wire_etcd_prefix_end("a\xfe", &out);
    says("xa\xff");
    wire_etcd_prefix_end("\xff\xff", &out);
    assert_int_equal(out.len, 1);
    assert_int_equal(out.s[0], 0);
}

static void requests(void **state)
{
    (void)state;
    wire_etcd_range_body(&out, "/service/lab/");
    says("{\"key\":\"L3NlcnZpY2UvbGFiLw==\",\"range_end\":\"L3NlcnZpY2UvbGFiMA==\"}");
    wire_etcd_range_body(&out, ""); /* everything: from the first key to the end */
    says("{\"key\":\"AA==\",\"range_end\":\"AA==\"}");
    wire_etcd_get_body(&out, "/service/lab/leader", true);
    says("{\"key\":\"L3NlcnZpY2UvbGFiL2xlYWRlcg==\",\"keys_only\":true}");
    wire_etcd_get_body(&out, "\xff\xfe+", false);
    says("{\"key\":\"//4r\"}");
    wire_etcd_watch_body(&out, "/service/lab/", 9007199254740993);
    says("{\"create_request\":{\"key\":\"L3NlcnZpY2UvbGFiLw==\",\"range_end\":"
         "\"L3NlcnZpY2UvbGFiMA==\",\"start_revision\":\"9007199254740993\","
         "\"progress_notify\":true}}");
    wire_etcd_lease_body(&out, 5461074130223486473);
    says("{\"ID\":\"5461074130223486473\"}");
    wire_etcd_remove_body(&out, "/s/l/");
    says("{\"compare\":[{\"key\":\"L3MvbC9sZWFkZXI=\",\"target\":\"VERSION\",\"result\":\"EQUAL\","
         "\"version\":\"0\"},{\"key\":\"L3MvbC9tZW1iZXJzLw==\",\"range_end\":\"L3MvbC9tZW1iZXJzMA=="
         "\","
         "\"target\":\"VERSION\",\"result\":\"EQUAL\",\"version\":\"0\"}],\"success\":[{"
         "\"request_delete_range\":{\"key\":\"L3MvbC8=\",\"range_end\":\"L3MvbDA=\"}}]}");
    wire_etcd_release_body(&out, "/s/l/", "pg1");
    says("{\"compare\":[{\"key\":\"L3MvbC9sZWFkZXI=\",\"target\":\"VALUE\",\"result\":\"EQUAL\","
         "\"value\":\"cGcx\"}],\"success\":[{\"request_delete_range\":{\"key\":"
         "\"L3MvbC9sZWFkZXI=\"}}]}");
    wire_etcd_auth_body(&out, "pg\"dba", "a\\\"b\n\xc3\xa4");
    says("{\"name\":\"pg\\\"dba\",\"password\":\"a\\\\\\\"b\\n\xc3\xa4\"}");
}

/* ---- ranges */

static void a_range_of_3_4(void **state)
{
    (void)state;
    const struct etcd_range *r = read_as(
        wire_etcd_range,
        "{" HEADER ",\"kvs\":[{\"key\":\"L3NlcnZpY2UvbGFiL2luaXRpYWxpemU=\",\"create_revision\":"
        "\"4\",\"mod_revision\":\"11\",\"version\":\"2\",\"value\":\"NzcxMDUwNzEwNDQ4NzY3NzYzNg==\""
        "},{\"key\":\"L3NlcnZpY2UvbGFiL2xlYWRlcg==\",\"create_revision\":\"13\",\"mod_revision\":"
        "\"13\",\"version\":\"1\",\"value\":\"cGcz\",\"lease\":\"5461074130223486473\"}],"
        "\"count\":\"2\"}");
    assert_true(r->header.cluster_id == 2792286789269324824);
    assert_true(r->header.member_id == 5933906779810057715);
    assert_int_equal(r->header.revision, 32);
    assert_int_equal(r->header.raft_term, 2);
    assert_int_equal(r->n, 2);
    assert_string_equal(r->kv[0].key, "/service/lab/initialize");
    assert_int_equal(r->kv[0].key_len, 23);
    assert_string_equal(r->kv[0].value, "7710507104487677636");
    assert_int_equal(r->kv[0].create_revision, 4);
    assert_int_equal(r->kv[0].mod_revision, 11);
    assert_int_equal(r->kv[0].version, 2);
    assert_int_equal(r->kv[0].lease, 0);
    assert_string_equal(r->kv[1].value, "pg3");
    assert_int_equal(r->kv[1].value_len, 3);
    assert_true(r->kv[1].lease == 5461074130223486473);
    assert_false(r->kv[1].deleted);
}

/* Blanks where protojson likes them, numbers where a proxy thought better, unknown fields, an id
 * over 2^63. */
static void a_range_of_3_6(void **state)
{
    (void)state;
    const struct etcd_range *r = read_as(
        wire_etcd_range,
        "{\"header\": {\"cluster_id\":  \"14841639068965178418\", \"member_id\": 7, \"revision\": "
        "9},  \"kvs\":[ {\"key\":\"YQ==\", \"mod_revision\": 5, \"sub\":{\"x\":[1]}}],\"count\": "
        "1,\"more\":false}");
    assert_true(r->header.cluster_id == 14841639068965178418u);
    assert_int_equal(r->header.member_id, 7);
    assert_int_equal(r->header.raft_term, 0);
    assert_int_equal(r->n, 1);
    assert_string_equal(r->kv[0].key, "a");
    assert_string_equal(r->kv[0].value, "");
    assert_int_equal(r->kv[0].value_len, 0);
    assert_int_equal(r->kv[0].mod_revision, 5);
    assert_int_equal(r->kv[0].create_revision, 0);
}

static void a_range_of_nothing(void **state)
{
    (void)state;
    const struct etcd_range *r = read_as(wire_etcd_range, "{" HEADER "}");
    assert_int_equal(r->n, 0);
    assert_int_equal(r->header.revision, 32);
}

static void values_are_bytes(void **state)
{
    (void)state;
    const struct etcd_range *r = read_as(
        wire_etcd_range,
        "{" HEADER ",\"kvs\":[{\"key\":\"AP8=\",\"mod_revision\":\"1\",\"value\":\"AAEb/w==\"}]}");
    assert_int_equal(r->kv[0].key_len, 2);
    assert_memory_equal(r->kv[0].key, "\0\xff", 3);
    assert_int_equal(r->kv[0].value_len, 4);
    assert_memory_equal(r->kv[0].value, "\0\1\33\xff", 5);
}

/* ---- the watch */

static const struct etcd_watch_line *line(const char *text)
{
    return read_as(wire_etcd_watch_line, text);
}

static void a_watch_begins(void **state)
{
    (void)state;
    const struct etcd_watch_line *l = line("{\"result\":{" HEADER ",\"created\":true}}\n");
    assert_true(l->created);
    assert_false(l->canceled || l->error);
    assert_int_equal(l->n, 0);
    assert_int_equal(l->header.revision, 32);
    assert_string_equal(l->cancel_reason, "");
    assert_string_equal(l->error_message, "");
}

static void changes(void **state)
{
    (void)state;
    const struct etcd_watch_line *l = line(
        "{\"result\":{" HEADER ",\"events\":[{\"kv\":{\"key\":\"L3NlcnZpY2UvbGFiL3N0YXR1cw==\","
        "\"create_revision\":\"15\",\"mod_revision\":\"33\",\"version\":\"8\",\"value\":"
        "\"eyJvcHRpbWUiOjY3MTA4OTYwfQ==\"}},{\"type\":\"DELETE\",\"kv\":{\"key\":"
        "\"L3NlcnZpY2UvbGFiL2xlYWRlcg==\",\"mod_revision\":\"34\"}}]}}");
    assert_false(l->created || l->canceled || l->error);
    assert_int_equal(l->n, 2);
    assert_string_equal(l->event[0].key, "/service/lab/status");
    assert_string_equal(l->event[0].value, "{\"optime\":67108960}");
    assert_int_equal(l->event[0].mod_revision, 33);
    assert_false(l->event[0].deleted);
    assert_string_equal(l->event[1].key, "/service/lab/leader");
    assert_int_equal(l->event[1].mod_revision, 34);
    assert_true(l->event[1].deleted);
}

static void a_progress_notice_has_no_events(void **state)
{
    (void)state;
    const struct etcd_watch_line *l = line("{\"result\":{" HEADER "}}");
    assert_int_equal(l->n, 0);
    assert_int_equal(l->header.revision, 32);
}

static void a_refused_watch_is_created_and_canceled(void **state)
{
    (void)state;
    const struct etcd_watch_line *l =
        line("{\"result\":{" HEADER ",\"watch_id\":\"-1\",\"created\":true,\"canceled\":true,"
             "\"cancel_reason\":\"rpc error: code = PermissionDenied desc = etcdserver: "
             "permission denied\"}}");
    assert_true(l->created && l->canceled);
    assert_string_equal(l->cancel_reason,
                        "rpc error: code = PermissionDenied desc = etcdserver: permission denied");
}

static void a_compacted_start(void **state)
{
    (void)state;
    const struct etcd_watch_line *l =
        line("{\"result\":{" HEADER ",\"canceled\":true,\"compact_revision\":\"390\"}}");
    assert_true(l->canceled);
    assert_int_equal(l->compact_revision, 390);
}

static void errors_in_every_dialect(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"error\":{\"grpc_code\":14,\"http_code\":503,\"message\":\"no leader\"}}", /* 3.4, 3.5 */
        "{\"error\": {\"code\":14, \"message\":\"no leader\"}}",           /* stream, 3.6 */
        "{\"error\":\"no leader\",\"message\":\"no leader\",\"code\":14}", /* refused, 3.4 */
        "{\"code\":14,\"message\":\"no leader\",\"details\":[]}",          /* refused, 3.6 */
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        const struct etcd_watch_line *l = line(bodies[i]);
        if (!l->error || l->error_code != 14 || strcmp(l->error_message, "no leader") != 0)
            fail_msg("%s: %d \"%s\"", bodies[i], l->error_code, l->error_message);
    }
    const struct etcd_watch_line *l =
        line("{\"error\":{\"grpc_code\":-4,\"message\":\"\\u001b[2J\"}}");
    assert_true(l->error);
    assert_int_equal(l->error_code, 0);
    assert_string_equal(l->error_message, "\xef\xbf\xbd[2J");
}

/* ---- tokens */

static void a_token(void **state)
{
    (void)state;
    char *token = NULL;
    const char *body = "{" HEADER ",\"token\":\"OTDHabc.14\"}";
    assert_int_equal(wire_etcd_token(body, strlen(body), &token, NULL), ST_OK);
    assert_string_equal(token, "OTDHabc.14");
    free(token);
}

static void a_token_that_no_header_can_hold(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"token\":\"\"}",
        "{\"token\":\"a b\"}",
        "{\"token\":\"a\\r\\nX: y\"}",
        "{\"token\":\"a\\u0000b\"}",
        "{\"token\":\"\xc3\xa4\"}",
        "{\"token\":7}",
        "{}",
        "[\"token\"]",
        "",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct err e = ERR_INIT;
        char *token = NULL;
        if (wire_etcd_token(bodies[i], strlen(bodies[i]), &token, &e) != ST_INVALID || token)
            fail_msg("taken: %s", bodies[i]);
        assert_null(strstr(err_text(&e), "X: y")); /* a token is never told */
        err_release(&e);
    }
}

/* ---- what is not what it must be */

static void refuses(parser *parse, const char *body, const char *reason)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    if (parse(body, strlen(body), &f, &e) != ST_INVALID || f)
        fail_msg("taken: %.60s", body);
    if (!strstr(err_text(&e), reason))
        fail_msg("\"%s\" does not say \"%s\"", err_text(&e), reason);
    for (const char *p = err_text(&e); *p; p++)
        assert_true((unsigned char)*p >= 0x20 && *p != 0x7F);
    err_release(&e);
}

#define KVS(kv)   "{" HEADER ",\"kvs\":[" kv "]}"
#define EVENT(ev) "{\"result\":{" HEADER ",\"events\":[" ev "]}}"

static void ranges_that_are_none(void **state)
{
    (void)state;
    parser *range = wire_etcd_range;
    refuses(range, "", "empty body");
    refuses(range, "404 page not found\n", "bad JSON");
    refuses(range, "<html>", "an HTML page");
    refuses(range, "[]", "expected an object with \"header\", got a list");
    refuses(range, "{\"error\":\"x\",\"message\":\"x\",\"code\":3}", "in \"header\", got nothing");
    refuses(range, "{\"header\":[]}", "in \"header\", got a list");
    refuses(range, "{" HEADER ",\"kvs\":{}}", "\"kvs\": expected a list, got an object");
    refuses(range, "{" HEADER ",\"more\":true}", "not all keys");
    refuses(range, KVS("1"), "item 1: expected a key as an object, got a number");
    refuses(range, KVS("{}"), "the key of item 1");
    refuses(range, KVS("{\"key\":\"\"}"), "the key of item 1");
    refuses(range, KVS("{\"key\":[]}"), "the key of item 1");
    refuses(range, KVS("{\"key\":\"YQ=\"}"), "not base64");
    refuses(range, KVS("{\"key\":\"Y===\"}"), "not base64");
    refuses(range, KVS("{\"key\":\"Y=Q=\"}"), "not base64");
    refuses(range, KVS("{\"key\":\"YQ\\u0000=\"}"), "not base64");
    refuses(range, KVS("{\"key\":\"YQ==YQ==\"}"), "not base64");
    refuses(range, KVS("{\"key\":\"YQ==\"}"), "item 1 has no mod_revision");
    refuses(range, KVS("{\"key\":\"YQ==\",\"mod_revision\":\"-1\"}"), "no mod_revision");
    refuses(range, KVS("{\"key\":\"YQ==\",\"mod_revision\":\"1\",\"value\":\"a-_b\"}"), "value of");
    refuses(range, KVS("{\"key\":\"YQ==\",\"mod_revision\":\"1\",\"value\":{}}"),
            "value of item 1");
}

static void lines_that_are_none(void **state)
{
    (void)state;
    parser *watch = wire_etcd_watch_line;
    refuses(watch, "", "empty body");
    refuses(watch, "{\"result\":{", "cut off");
    refuses(watch, "{}", "expected an object in \"result\", got nothing");
    refuses(watch, "{\"result\":[]}", "got a list");
    refuses(watch, "{\"result\":{}}{\"result\":{}}", "bad JSON");
    refuses(watch, EVENT("1"), "item 1: expected a key as an object, got nothing");
    refuses(watch, EVENT("{}"), "got nothing");
    refuses(watch, EVENT("{\"type\":\"EXPIRE\"}"), "neither a PUT nor a DELETE");
    refuses(watch, EVENT("{\"type\":[]}"), "neither a PUT nor a DELETE");
    refuses(watch, EVENT("{\"type\":\"DELETE\",\"kv\":{\"key\":\"YQ==\"}}"), "no mod_revision");
    refuses(watch, "{\"result\":{\"events\":7}}", "\"events\": expected a list");
}

static void repeated(const char *head, const char *item, size_t times, const char *tail)
{
    buf_clear(&out);
    buf_puts(&out, head);
    for (size_t i = 0; i < times; i++)
        buf_puts(&out, item);
    buf_puts(&out, tail);
}

static void absurd_sizes(void **state)
{
    (void)state;
    repeated("{\"header\":{\"x\":", "[", 5000, "");
    refuses(wire_etcd_range, out.s, "nested too deeply");
    refuses(wire_etcd_watch_line, out.s, "nested too deeply");
    repeated("{\"header\":{},\"kvs\":[0", ",0", 100000, "]}");
    refuses(wire_etcd_range, out.s, "absurd: 100001 items");
    repeated("{\"result\":{\"events\":[0", ",0", 100000, "]}}");
    refuses(wire_etcd_watch_line, out.s, "absurd: 100001 items");
    repeated("{\"header\":{},\"kvs\":[0", ",0", 800000, "]}");
    refuses(wire_etcd_range, out.s, "absurd: more than 800000 values");
    repeated("{\"header\":{},\"kvs\":[{\"key\":\"YQ==\",\"mod_revision\":\"1\",\"value\":\"",
             "AAAA", 349526, "\"}]}"); /* two bytes over 1 MiB */
    refuses(wire_etcd_range, out.s, "over 1048576 bytes");
    repeated("{\"header\":{},\"kvs\":[{\"key\":\"", "AAAA", 30000, "\",\"mod_revision\":\"1\"}]}");
    refuses(wire_etcd_range, out.s, "the key of item 1");
}

/* 100,000 keys of the usual shape are not absurd. */
static void as_many_keys_as_are_believed(void **state)
{
    (void)state;
    const char kv[] = "{\"key\":\"YQ==\",\"create_revision\":\"1\",\"mod_revision\":\"1\","
                      "\"version\":\"1\",\"value\":\"YQ==\",\"lease\":\"5\"}";
    repeated("{" HEADER ",\"kvs\":[", kv, 1, "");
    for (int i = 1; i < 100000; i++) {
        buf_putc(&out, ',');
        buf_puts(&out, kv);
    }
    buf_puts(&out, "],\"count\":\"100000\"}");
    assert_int_equal(((const struct etcd_range *)read_as(wire_etcd_range, out.s))->n, 100000);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(the_end_of_a_prefix),
        T(requests),
        T(a_range_of_3_4),
        T(a_range_of_3_6),
        T(a_range_of_nothing),
        T(values_are_bytes),
        T(a_watch_begins),
        T(changes),
        T(a_progress_notice_has_no_events),
        T(a_refused_watch_is_created_and_canceled),
        T(a_compacted_start),
        T(errors_in_every_dialect),
        T(a_token),
        T(a_token_that_no_header_can_hold),
        T(ranges_that_are_none),
        T(lines_that_are_none),
        T(absurd_sizes),
        T(as_many_keys_as_are_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
