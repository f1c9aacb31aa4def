/* net/http.h against servers that behave, and servers that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "pgdba/net/http.h"
#include "pgdba/net/loop.h"
#include "pgdba/net/resolve.h"
#include "names.h"
#include "serve.h"

struct fixture {
    struct clock clock;
    struct net_loop *loop;
    struct net_resolver *resolver;
    struct net_http *http;
    struct serve serve;
    char url[128];
};

struct got {
    bool done, sent;
    int calls, status;
    enum net_outcome outcome;
    char body[256], date[64], type[64], detail[256];
    size_t len;
    int64_t latency_us;
    struct net_http_call *cancel;
    struct fixture *free_http_of;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    /* A proxy that would answer nothing: every request that used it would fail. */
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    f->clock = clock_real();
    f->loop = net_loop_new(&f->clock);
    f->resolver = net_resolver_new(f->loop);
    f->http = net_http_new(f->loop, f->resolver);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    net_http_free(f->http);
    net_resolver_free(f->resolver);
    net_loop_free(f->loop);
    free(f);
    return 0;
}

static void answered(void *arg, const struct net_http_reply *r)
{
    struct got *g = arg;

    g->done = true;
    g->calls++;
    g->outcome = r->outcome;
    g->status = r->status;
    g->sent = r->sent;
    g->len = r->body_len;
    g->latency_us = r->latency_us;
    snprintf(g->body, sizeof g->body, "%s", r->body);
    snprintf(g->date, sizeof g->date, "%s", r->date);
    snprintf(g->type, sizeof g->type, "%s", r->content_type);
    snprintf(g->detail, sizeof g->detail, "%s", r->detail);
    net_http_cancel(g->cancel);
    if (g->free_http_of) {
        net_http_free(g->free_http_of->http);
        g->free_http_of->http = NULL;
    }
}

static void fetch_from(struct fixture *f, struct net_http_request req, struct got *g)
{
    if (!req.url) {
        snprintf(f->url, sizeof f->url, "http://127.0.0.1:%d/cluster", f->serve.port);
        req.url = f->url;
    }
    memset(g, 0, sizeof *g);
    net_http_send(f->http, &req, answered, g);
    assert_false(g->done);
    serve_wait(f->loop, &g->done);
    net_loop_turn(f->loop, false);
    assert_int_equal(g->calls, 1);
}

static void fetch(struct fixture *f, struct got *g)
{
    fetch_from(f, (struct net_http_request){.method = "GET"}, g);
}

/* Servers: arg is what they say. */

static void says(struct serve *s, int fd)
{
    serve_read_request(s, fd);
    serve_puts(fd, s->arg);
}

static void says_then_waits(struct serve *s, int fd)
{
    says(s, fd);
    serve_until_gone(s, fd);
}

static void interrupts(struct serve *s, int fd)
{
    serve_puts(fd, s->arg);
    serve_until_gone(s, fd);
}

static void hears_nothing(struct serve *s, int fd)
{
    serve_until_gone(s, fd);
}

static void floods(struct serve *s, int fd)
{
    char junk[65536];

    memset(junk, 'x', sizeof junk);
    serve_read_request(s, fd);
    serve_puts(fd, "HTTP/1.0 200 OK\r\n\r\n");
    for (int i = 0; i < 9 * 16; i++)
        serve_write(fd, junk, sizeof junk);
}

#define REPLY_11                                                 \
    "HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 03:12:07 GMT\r\n" \
    "Content-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"a\":\"b\"}\r\n"
#define REPLY_10 "HTTP/1.0 503 Service Unavailable\r\nServer: x\r\n\r\n{\"state\":\"stopped\"}"

static void a_reply_comes_whole(void **state)
{
    struct fixture *f = *state;
    struct got g;

    serve_start(&f->serve, says_then_waits, REPLY_11);
    fetch(f, &g);
    serve_stop(&f->serve);
    assert_int_equal(g.outcome, NET_ANSWERED);
    assert_int_equal(g.status, 200);
    assert_string_equal(g.body, "{\"a\":\"b\"}\r\n");
    assert_int_equal(g.len, 11);
    assert_string_equal(g.date, "Sat, 21 Nov 2026 03:12:07 GMT");
    assert_string_equal(g.type, "application/json");
    assert_string_equal(g.detail, "");
    assert_true(g.sent);
    assert_true(g.latency_us > 0 && g.latency_us < 10 * USEC_PER_SEC);
    assert_non_null(strstr(f->serve.request, "GET /cluster HTTP/1.1\r\n"));
    assert_null(strstr(f->serve.request, "Content-Type"));
    assert_null(strstr(f->serve.request, "Authorization"));
}

static void http_1_0_ends_with_the_connection(void **state)
{
    struct fixture *f = *state;
    struct got g;

    serve_start(&f->serve, says, REPLY_10);
    fetch(f, &g);
    fetch(f, &g);
    serve_stop(&f->serve);
    assert_int_equal(g.outcome, NET_ANSWERED);
    assert_int_equal(g.status, 503);
    assert_string_equal(g.body, "{\"state\":\"stopped\"}");
    assert_string_equal(g.date, "");
    assert_int_equal(f->serve.connections, 2);
}

static void no_headers_and_no_body_is_an_answer(void **state)
{
    struct fixture *f = *state;
    struct got g;

    serve_start(&f->serve, says, "HTTP/1.0 200 OK\r\n\r\n");
    fetch(f, &g);
    serve_stop(&f->serve);
    assert_int_equal(g.outcome, NET_ANSWERED);
    assert_int_equal(g.status, 200);
    assert_int_equal(g.len, 0);
}

static void chunks_are_joined(void **state)
{
    struct fixture *f = *state;
    struct got g;

    serve_start(&f->serve, says,
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
    fetch(f, &g);
    serve_stop(&f->serve);
    assert_int_equal(g.outcome, NET_ANSWERED);
    assert_string_equal(g.body, "abcdefg");
}

static void garbled(struct fixture *f, const char *server_says, const char *detail)
{
    struct got g;

    serve_start(&f->serve, says, server_says);
    fetch(f, &g);
    serve_stop(&f->serve);
    assert_int_equal(g.outcome, NET_GARBLED);
    assert_int_equal(g.len, 0);
    assert_non_null(strstr(g.detail, detail));
    assert_true(g.sent);
}

static void what_is_no_whole_reply_is_garbled(void **state)
{
    char empty[64];
    struct fixture *f = *state;

    garbled(f, "", "empty reply from 127.0.0.1:");
    snprintf(empty, sizeof empty, "empty reply from 127.0.0.1:%d", f->serve.port);
    garbled(f, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", "cut short after 5 bytes");
    garbled(f, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "cut short");
    garbled(f, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab", "127.0.0.1:");
    garbled(f, "E\0SCRAM no HTTP at all\r\n", "127.0.0.1:");
    garbled(f, "SSH-2.0-OpenSSH_9.2\r\n", "127.0.0.1:");
}

static void a_flood_is_cut_off(void **state)
{
    struct fixture *f = *state;
    struct got g;

    serve_start(&f->serve, floods, NULL);
    fetch(f, &g);
    assert_int_equal(g.outcome, NET_GARBLED);
    assert_non_null(strstr(g.detail, "is over 8 MiB"));
    assert_int_equal(g.len, 0);
    fetch_from(f, (struct net_http_request){.method = "GET", .max_body = 1000}, &g);
    assert_non_null(strstr(g.detail, "is over 1000 bytes"));
    fetch_from(f, (struct net_http_request){.method = "GET", .max_body = 16777216}, &g);
    serve_stop(&f->serve);
    assert_int_equal(g.outcome, NET_ANSWERED);
    assert_int_equal(g.len, 9 * 1024 * 1024);
}

static void silence_ends_at_the_deadline(void **state)
{
    struct fixture *f = *state;
    struct net_http_request req = {.method = "GET", .timeout_us = 500 * USEC_PER_MS};
    struct got g;

    serve_start(&f->serve, hears_nothing, NULL);
    fetch_from(f, req, &g);
    serve_stop(&f->serve);
    assert_int_equal(g.outcome, NET_TIMED_OUT);
    assert_int_equal(g.status, 0);
    assert_true(g.sent);
    assert_non_null(strstr(g.detail, "no answer from 127.0.0.1:"));
    assert_non_null(strstr(g.detail, "within 0.5 s"));
    assert_true(g.latency_us >= 490 * USEC_PER_MS && g.latency_us < 5 * USEC_PER_SEC);
    serve_start(&f->serve, says_then_waits, "HTTP/1.0 200 OK\r\n\r\nhalf of");
    fetch_from(f, req, &g);
    serve_stop(&f->serve);
    assert_int_equal(g.outcome, NET_TIMED_OUT);
    assert_int_equal(g.status, 200);
    assert_int_equal(g.len, 0);
    assert_non_null(strstr(g.detail, "not finished within 0.5 s"));
}

static void nobody_there_is_refused(void **state)
{
    struct fixture *f = *state;
    struct got g;
    char expected[64];

    f->serve.port = serve_unused_port();
    fetch(f, &g);
    snprintf(expected, sizeof expected, "connection refused by 127.0.0.1:%d", f->serve.port);
    assert_int_equal(g.outcome, NET_REFUSED);
    assert_string_equal(g.detail, expected);
    assert_false(g.sent);
    assert_int_equal(g.status, 0);
}

static void bad_addresses_are_refused(void **state)
{
    static const char *const urls[] = {"http://nonexistent.invalid:8008/",
                                       "file:///etc/passwd",
                                       "ftp://127.0.0.1/",
                                       "no url at all",
                                       "",
                                       "http://127.0.0.1:99999/"};
    struct got g;

    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        fetch_from(*state, (struct net_http_request){.method = "GET", .url = urls[i]}, &g);
        assert_int_equal(g.outcome, NET_REFUSED);
        assert_true(*g.detail);
        assert_false(g.sent);
        assert_null(strstr(g.detail, "passwd"));
    }
}

static void names_are_resolved_before(void **state)
{
    struct fixture *f = *state;
    struct got g;
    char url[64];

    serve_start(&f->serve, says, REPLY_11);
    snprintf(url, sizeof url, "http://localhost:%d/", f->serve.port);
    fetch_from(f, (struct net_http_request){.method = "GET", .url = url}, &g);
    serve_stop(&f->serve);
    assert_int_equal(g.outcome, NET_ANSWERED);
}

static void every_address_of_a_name_is_tried(void **state)
{
    struct fixture *f = *state;
    struct got g;
    char url[64];
    int before = names_asked();

    serve_start(&f->serve, says, REPLY_11);
    snprintf(url, sizeof url, "http://two.test:%d/", f->serve.port);
    for (int i = 0; i < 2; i++) {
        fetch_from(f, (struct net_http_request){.method = "GET", .url = url}, &g);
        assert_int_equal(g.outcome, NET_ANSWERED);
    }
    snprintf(url, sizeof url, "http://Two.test.:%d/", f->serve.port); /* other spellings */
    fetch_from(f, (struct net_http_request){.method = "GET", .url = url}, &g);
    serve_stop(&f->serve);
    assert_int_equal(g.outcome, NET_ANSWERED);
    /* Ours, once for each spelling; libcurl's own resolver is never used. */
    assert_true(names_asked() <= before + 2);
}

static void connect_to_keeps_the_name(void **state)
{
    struct fixture *f = *state;
    struct got g;
    char host[64];

    serve_start(&f->serve, says, REPLY_11);
    fetch_from(f,
               (struct net_http_request){.method = "GET",
                                         .url = "http://pg-replica-1.invalid:8008/patroni",
                                         .connect_host = "127.0.0.1",
                                         .connect_port = f->serve.port},
               &g);
    assert_int_equal(g.outcome, NET_ANSWERED);
    fetch_from(f,
               (struct net_http_request){.method = "GET",
                                         .url = "http://pg-replica-1.invalid:8008/patroni",
                                         .connect_host = "localhost",
                                         .connect_port = f->serve.port},
               &g);
    serve_stop(&f->serve);
    assert_int_equal(g.outcome, NET_ANSWERED);
    snprintf(host, sizeof host, "Host: pg-replica-1.invalid:8008\r\n");
    assert_non_null(strstr(f->serve.request, host));
    fetch_from(f,
               (struct net_http_request){.method = "GET",
                                         .url = "http://pg-replica-1.invalid:8008/patroni",
                                         .connect_host = "127.0.0.1",
                                         .connect_port = serve_unused_port()},
               &g);
    assert_int_equal(g.outcome, NET_REFUSED);
    assert_non_null(strstr(g.detail, "(for pg-replica-1.invalid:8008)"));
}

static void a_given_proxy_is_used(void **state)
{
    struct fixture *f = *state;
    struct got g;
    char proxy[64];

    serve_start(&f->serve, says, REPLY_11);
    snprintf(proxy, sizeof proxy, "localhost:%d", f->serve.port);
    setenv("no_proxy", "*", 1);
    fetch_from(f,
               (struct net_http_request){
                   .method = "GET", .url = "http://inside.invalid:8008/x", .proxy = proxy},
               &g);
    unsetenv("no_proxy");
    serve_stop(&f->serve);
    assert_int_equal(g.outcome, NET_ANSWERED);
    assert_non_null(strstr(f->serve.request, "GET http://inside.invalid:8008/x HTTP/1.1\r\n"));
}

static void a_login_goes_out_unasked(void **state)
{
    static const char *const headers[] = {"X-One: 1", NULL};
    struct fixture *f = *state;
    struct got g;

    serve_start(&f->serve, says, REPLY_11);
    fetch_from(f,
               (struct net_http_request){.method = "PATCH",
                                         .body = "{\"pause\":true}",
                                         .headers = headers,
                                         .user = "admin",
                                         .password = "s:cret"},
               &g);
    serve_stop(&f->serve);
    assert_int_equal(g.outcome, NET_ANSWERED);
    assert_int_equal(f->serve.connections, 1);
    assert_non_null(strstr(f->serve.request, "PATCH /cluster HTTP/1.1\r\n"));
    assert_non_null(strstr(f->serve.request, "Authorization: Basic YWRtaW46czpjcmV0\r\n"));
    assert_non_null(strstr(f->serve.request, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(f->serve.request, "X-One: 1\r\n"));
    assert_null(strstr(f->serve.request, "Expect"));
    assert_non_null(strstr(f->serve.request, "\r\n\r\n{\"pause\":true}"));
}

static void a_401_is_an_answer(void **state)
{
    struct fixture *f = *state;
    struct got g;

    serve_start(&f->serve, says,
                "HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\nno auth");
    fetch_from(f, (struct net_http_request){.method = "POST", .user = "a", .password = "b"}, &g);
    serve_stop(&f->serve);
    assert_int_equal(g.outcome, NET_ANSWERED);
    assert_int_equal(g.status, 401);
    assert_string_equal(g.body, "no auth");
    assert_int_equal(f->serve.connections, 1);
}

static void methods_are_sent_as_told(void **state)
{
    struct fixture *f = *state;
    struct got g;

    serve_start(&f->serve, says, REPLY_11);
    fetch_from(f, (struct net_http_request){.method = "POST"}, &g);
    assert_non_null(strstr(f->serve.request, "POST /cluster HTTP/1.1\r\n"));
    assert_non_null(strstr(f->serve.request, "Content-Length: 0\r\n"));
    assert_null(strstr(f->serve.request, "Content-Type"));
    fetch_from(f, (struct net_http_request){.method = "DELETE"}, &g);
    assert_non_null(strstr(f->serve.request, "DELETE /cluster HTTP/1.1\r\n"));
    assert_null(strstr(f->serve.request, "Content-Length"));
    fetch_from(
        f, (struct net_http_request){.method = "POST", .body = "{}", .content_type = "text/plain"},
        &g);
    serve_stop(&f->serve);
    assert_non_null(strstr(f->serve.request, "Content-Type: text/plain\r\n"));
    assert_non_null(strstr(f->serve.request, "\r\n\r\n{}"));
}

static void redirects_are_not_followed(void **state)
{
    struct fixture *f = *state;
    struct got g;

    serve_start(&f->serve, says, "HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n");
    fetch(f, &g);
    serve_stop(&f->serve);
    assert_int_equal(g.outcome, NET_ANSWERED);
    assert_int_equal(g.status, 302);
}

static void http_on_an_https_url_is_a_tls_matter(void **state)
{
    struct fixture *f = *state;
    struct got g;
    char url[64];

    serve_start(&f->serve, interrupts, "HTTP/1.0 400 Bad Request\r\n\r\n");
    snprintf(url, sizeof url, "https://127.0.0.1:%d/", f->serve.port);
    fetch_from(f, (struct net_http_request){.method = "GET", .url = url}, &g);
    serve_stop(&f->serve);
    assert_int_equal(g.outcome, NET_TLS);
    assert_non_null(strstr(g.detail, "127.0.0.1:"));
    assert_false(g.sent);
}

static struct net_http_call *send_one(struct fixture *f, struct got *g)
{
    snprintf(f->url, sizeof f->url, "http://127.0.0.1:%d/", f->serve.port);
    return net_http_send(f->http, &(struct net_http_request){.url = f->url}, answered, g);
}

static void a_cancelled_request_is_silent(void **state)
{
    struct fixture *f = *state;
    struct got at_once = {0}, in_flight = {0}, other = {0};
    struct net_http_call *c;

    serve_start(&f->serve, says_then_waits, "HTTP/1.0 200 OK\r\n\r\n");
    net_http_cancel(send_one(f, &at_once));
    c = send_one(f, &in_flight);
    serve_wait_heard(f->loop, &f->serve);
    net_http_cancel(c);
    net_http_cancel(NULL);
    serve_stop(&f->serve);
    serve_start(&f->serve, says, REPLY_11);
    fetch(f, &other);
    assert_int_equal(other.outcome, NET_ANSWERED);
    serve_stop(&f->serve);
    assert_int_equal(at_once.calls + in_flight.calls, 0);
}

static void a_callback_may_cancel_others_and_send(void **state)
{
    struct fixture *f = *state;
    struct got first = {0}, second = {0};

    f->serve.port = serve_unused_port();
    second.cancel = send_one(f, &first);
    first.cancel = send_one(f, &second);
    while (!first.done && !second.done)
        net_loop_turn(f->loop, true);
    for (int i = 0; i < 3; i++)
        net_loop_turn(f->loop, false);
    assert_int_equal(first.calls + second.calls, 1);
}

static void a_callback_may_free_it_all(void **state)
{
    struct fixture *f = *state;
    struct got first = {.free_http_of = f}, second = {0}, third = {0};

    serve_start(&f->serve, hears_nothing, NULL);
    send_one(f, &second);
    net_http_send(f->http, &(struct net_http_request){.url = "nonsense"}, answered, &third);
    net_http_send(f->http, &(struct net_http_request){.url = "nonsense"}, answered, &first);
    serve_wait(f->loop, &first.done);
    net_loop_turn(f->loop, false);
    serve_stop(&f->serve);
    assert_int_equal(second.calls, 0);
    assert_null(f->http);
}

static void many_at_once(void **state)
{
    struct fixture *f = *state;
    struct got g[100] = {0};

    serve_start(&f->serve, says, REPLY_10);
    for (int i = 0; i < 100; i++)
        send_one(f, &g[i]);
    for (int i = 0; i < 100; i++) {
        serve_wait(f->loop, &g[i].done);
        assert_int_equal(g[i].status, 503);
    }
    serve_stop(&f->serve);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reply_comes_whole),
        TEST(http_1_0_ends_with_the_connection),
        TEST(no_headers_and_no_body_is_an_answer),
        TEST(chunks_are_joined),
        TEST(what_is_no_whole_reply_is_garbled),
        TEST(a_flood_is_cut_off),
        TEST(silence_ends_at_the_deadline),
        TEST(nobody_there_is_refused),
        TEST(bad_addresses_are_refused),
        TEST(names_are_resolved_before),
        TEST(every_address_of_a_name_is_tried),
        TEST(connect_to_keeps_the_name),
        TEST(a_given_proxy_is_used),
        TEST(a_login_goes_out_unasked),
        TEST(a_401_is_an_answer),
        TEST(methods_are_sent_as_told),
        TEST(redirects_are_not_followed),
        TEST(http_on_an_https_url_is_a_tls_matter),
        TEST(a_cancelled_request_is_silent),
        TEST(a_callback_may_cancel_others_and_send),
        TEST(a_callback_may_free_it_all),
        TEST(many_at_once),
    };

    return cmocka_run_group_tests_name("net/http", tests, NULL, NULL);
}
