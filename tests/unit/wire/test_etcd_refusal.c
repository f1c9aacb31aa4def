/* wire/etcd: what a refusal means, in the dialects of 3.4 (seen) and 3.6 (by its source). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/base/utf8.h"
#include "pgdba/wire/etcd.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

#define OLD(text, code) "{\"error\":\"" text "\",\"message\":\"" text "\",\"code\":" #code "}"
#define NEW(text, code) "{\"code\": " #code ", \"message\":\"" text "\",\"details\":[]}"

static const struct refusal_row {
    int http;
    const char *body;
    enum etcd_refusal refusal;
    const char *why; /* part of it */
} rows[] = {
    {200, "{}", ETCD_NOT_REFUSED, ""},
    {400, OLD("etcdserver: user name is empty", 3), ETCD_NEEDS_LOGIN, "set etcd.username"},
    {400, NEW("etcdserver: user name is empty", 3), ETCD_NEEDS_LOGIN, "user name is empty ("},
    {400, OLD("etcdserver: revision of auth store is old", 3), ETCD_NEEDS_LOGIN, "is old"},
    {401, OLD("etcdserver: invalid auth token", 16), ETCD_NEEDS_LOGIN, "invalid auth token"},
    {401, NEW("something new", 16), ETCD_NEEDS_LOGIN, "something new"},
    {401, "", ETCD_NEEDS_LOGIN, "HTTP 401"},
    {400, OLD("etcdserver: authentication failed, invalid user ID or password", 3),
     ETCD_LOGIN_WRONG, "check etcd.username"},
    {403, OLD("etcdserver: permission denied", 7), ETCD_DENIED, "needs READ"},
    {403, NEW("etcdserver: permission denied", 7), ETCD_DENIED, "needs READ"},
    {403, "<html>no</html>", ETCD_DENIED, "HTTP 403"},
    {412, OLD("etcdserver: authentication is not enabled", 9), ETCD_NO_AUTH, "going on without"},
    {400, NEW("etcdserver: authentication is not enabled", 9), ETCD_NO_AUTH, "going on without"},
    {400, OLD("etcdserver: mvcc: required revision has been compacted", 11), ETCD_COMPACTED,
     "all "},
    {400, NEW("etcdserver: mvcc: required revision is a future revision", 11), ETCD_COMPACTED, ""},
    {503, OLD("etcdserver: request timed out", 14), ETCD_UNAVAILABLE, "another endpoint"},
    {503, OLD("etcdserver: no leader", 14), ETCD_UNAVAILABLE, "no leader"},
    {500, OLD("context deadline exceeded", 2), ETCD_UNAVAILABLE, "deadline exceeded"},
    {429, NEW("etcdserver: too many requests", 8), ETCD_UNAVAILABLE, "too many requests"},
    {502, "bad gateway", ETCD_UNAVAILABLE, "HTTP 502"},
    {404, "404 page not found\n", ETCD_NO_GATEWAY, "enable-grpc-gateway"},
    {404, "Not Found\n", ETCD_NO_GATEWAY, "HTTP 404 ("},
    {404, NEW("Not Found", 5), ETCD_NO_GATEWAY, "enable-grpc-gateway"},
    {404, OLD("etcdserver: requested lease not found", 5), ETCD_BROKEN, "lease not found"},
    {400,
     "CommonName of client sending a request against gateway will be ignored and not used as "
     "expected\n",
     ETCD_CN_REFUSED, "with a CN"},
    {502, "<html>permission denied by the proxy of somebody", ETCD_UNAVAILABLE, "HTTP 502"},
    {400, OLD("invalid character 'x' looking for beginning of value", 3), ETCD_BROKEN, "invalid"},
    {500, "", ETCD_BROKEN, "HTTP 500"},
    {421, "", ETCD_BROKEN, "HTTP 421"},
    {500, "{\"message\":7}", ETCD_BROKEN, "HTTP 500"},
    {500, "{\"message\":\"\",\"code\":13}", ETCD_BROKEN, "does not say why"},
    {500, "[[[[", ETCD_BROKEN, "HTTP 500"},
};

static void every_refusal(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *why = NULL;
        enum etcd_refusal r =
            wire_etcd_refusal(rows[i].http, rows[i].body, strlen(rows[i].body), &arena, &why);
        if (r != rows[i].refusal || !strstr(why, rows[i].why))
            fail_msg("%d %s: %d \"%s\"", rows[i].http, rows[i].body, r, why);
    }
}

static void no_body_at_all(void **state)
{
    (void)state;
    const char *why;
    assert_int_equal(wire_etcd_refusal(500, NULL, 0, &arena, &why), ETCD_BROKEN);
    assert_string_equal(why, "HTTP 500");
}

static void on_the_watch(void **state)
{
    (void)state;
    const char *why;
    assert_int_equal(wire_etcd_refusal_said(0,
                                            "rpc error: code = PermissionDenied desc = "
                                            "etcdserver: permission denied",
                                            &arena, &why),
                     ETCD_DENIED);
    assert_non_null(strstr(why, "needs READ"));
    assert_int_equal(wire_etcd_refusal_said(14, "transport is closing", &arena, &why),
                     ETCD_UNAVAILABLE);
    assert_string_equal(why, "transport is closing (trying another endpoint)");
    assert_int_equal(wire_etcd_refusal_said(0, "", &arena, &why), ETCD_BROKEN);
    assert_int_equal(wire_etcd_refusal_said(0, NULL, &arena, &why), ETCD_BROKEN);
    assert_string_equal(why, "etcd refuses and does not say why");
}

/* One line of what may be anything, and not without end. */
static void what_is_said_can_be_shown(void **state)
{
    (void)state;
    const char *why;
    struct buf b;
    buf_init(&b);
    buf_puts(&b, "{\"message\":\"\\u001b[2J\\n");
    buf_fill(&b, 'x', 5000);
    buf_puts(&b, "\",\"code\":7}");
    assert_int_equal(wire_etcd_refusal(403, b.s, b.len, &arena, &why), ETCD_DENIED);
    assert_true(utf8_width(why) < 300);
    for (const char *p = why; *p; p++)
        assert_true((unsigned char)*p >= 0x20);
    buf_release(&b);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(every_refusal),
        T(no_body_at_all),
        T(on_the_watch),
        T(what_is_said_can_be_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
