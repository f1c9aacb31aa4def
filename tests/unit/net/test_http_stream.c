/* net/http.h: bodies that come in pieces and need not end, and connections that are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/clock.h"
#include "pgdba/net/http.h"
#include "pgdba/net/loop.h"
#include "pgdba/net/resolve.h"
#include "serve.h"

struct fixture {
    struct clock clock;
    struct net_loop *loop;
    struct net_resolver *resolver;
    struct net_http *http;
    struct serve serve;
    char url[128];
    struct net_http_call *call;
    struct buf came;
    int pieces, ends;
    bool done, enough; /* enough: what was waited for has come */
    const char *until; /* enough when this is in what came */
    bool cancel, free_http;
    enum net_outcome outcome;
    int status;
    char body[256], detail[256];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->clock = clock_real();
    f->loop = net_loop_new(&f->clock);
    f->resolver = net_resolver_new(f->loop);
    f->http = net_http_new(f->loop, f->resolver);
    buf_init(&f->came);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    net_http_free(f->http);
    net_resolver_free(f->resolver);
    net_loop_free(f->loop);
    buf_release(&f->came);
    free(f);
    return 0;
}

static void on_data(void *arg, const char *data, size_t n)
{
    struct fixture *f = arg;
    f->pieces++;
    buf_add(&f->came, data, n);
    if (f->until && strstr(f->came.s, f->until))
        f->enough = true;
    if (f->enough && f->cancel) {
        net_http_cancel(f->call);
        f->call = NULL;
    }
    if (f->enough && f->free_http) {
        net_http_free(f->http);
        f->http = NULL;
    }
}

static void on_end(void *arg, const struct net_http_reply *r)
{
    struct fixture *f = arg;
    f->done = true;
    f->ends++;
    f->call = NULL;
    f->outcome = r->outcome;
    f->status = r->status;
    snprintf(f->body, sizeof f->body, "%s", r->body);
    snprintf(f->detail, sizeof f->detail, "%s", r->detail);
}

static void begin(struct fixture *f, struct net_http_request req)
{
    snprintf(f->url, sizeof f->url, "http://127.0.0.1:%d/v3/watch", f->serve.port);
    req.method = "POST";
    req.url = f->url;
    req.body = "{}";
    f->call = net_http_send(f->http, &req, on_end, f);
}

static const struct net_http_request stream = {.data = on_data, .timeout_us = NET_NO_TIMEOUT};

#define HEAD "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

/* Two chunks whose borders are not those of the lines, then silence. */
static void two_chunks(struct serve *s, int fd)
{
    serve_read_request(s, fd);
    serve_puts(fd, HEAD "5\r\nfirst\r\n");
    serve_puts(fd, "8\r\n\nsecond\n\r\n");
    serve_until_gone(s, fd);
}

static void pieces_come_while_it_lasts(void **state)
{
    struct fixture *f = *state;
    serve_start(&f->serve, two_chunks, NULL);
    f->until = "second\n";
    begin(f, stream);
    serve_wait(f->loop, &f->enough);
    assert_string_equal(f->came.s, "first\nsecond\n");
    assert_false(f->done);
    net_http_cancel(f->call);
    serve_stop(&f->serve);
    assert_int_equal(f->ends, 0);
}

static void a_piece_may_cancel_its_own_request(void **state)
{
    struct fixture *f = *state;
    serve_start(&f->serve, two_chunks, NULL);
    f->until = "first";
    f->cancel = true;
    begin(f, stream);
    serve_wait(f->loop, &f->enough);
    net_loop_turn(f->loop, false);
    serve_stop(&f->serve); /* it ends only when the client has left */
    assert_int_equal(f->ends, 0);
}

static void a_piece_may_free_everything(void **state)
{
    struct fixture *f = *state;
    serve_start(&f->serve, two_chunks, NULL);
    f->until = "first";
    f->free_http = true;
    begin(f, stream);
    serve_wait(f->loop, &f->enough);
    serve_stop(&f->serve);
    assert_int_equal(f->ends, 0);
}

static void ends_without_newline(struct serve *s, int fd)
{
    serve_read_request(s, fd);
    serve_puts(fd, HEAD "4\r\none\n\r\n3\r\ntwo\r\n0\r\n\r\n");
}

static void the_last_piece_comes_before_the_end(void **state)
{
    struct fixture *f = *state;
    serve_start(&f->serve, ends_without_newline, NULL);
    begin(f, stream);
    serve_wait(f->loop, &f->done);
    assert_string_equal(f->came.s, "one\ntwo");
    assert_int_equal(f->outcome, NET_ANSWERED);
    assert_int_equal(f->status, 200);
    assert_string_equal(f->body, "");
    serve_stop(&f->serve);
}

static void breaks_off(struct serve *s, int fd)
{
    serve_read_request(s, fd);
    serve_puts(fd, HEAD "ff\r\nhalf of it");
}

static void a_broken_stream_is_told(void **state)
{
    struct fixture *f = *state;
    serve_start(&f->serve, breaks_off, NULL);
    begin(f, stream);
    serve_wait(f->loop, &f->done);
    assert_string_equal(f->came.s, "half of it");
    assert_int_equal(f->outcome, NET_GARBLED);
    assert_string_not_equal(f->detail, "");
    serve_stop(&f->serve);
}

static void refuses(struct serve *s, int fd)
{
    serve_read_request(s, fd);
    serve_puts(fd, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 9\r\n\r\nno leader");
}

static void an_error_page_is_collected(void **state)
{
    struct fixture *f = *state;
    serve_start(&f->serve, refuses, NULL);
    begin(f, stream);
    serve_wait(f->loop, &f->done);
    assert_int_equal(f->status, 503);
    assert_string_equal(f->body, "no leader");
    assert_int_equal(f->pieces, 0);
    serve_stop(&f->serve);
}

/* As many requests on one connection as come. */
static void answers_on(struct serve *s, int fd)
{
    char byte;
    do {
        serve_read_request(s, fd);
        serve_puts(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    } while (recv(fd, &byte, 1, MSG_PEEK) == 1);
}

static void ask_twice(struct fixture *f, bool keep)
{
    for (int i = 0; i < 2; i++) {
        f->done = false;
        begin(f, (struct net_http_request){.keep = keep});
        serve_wait(f->loop, &f->done);
        assert_string_equal(f->body, "ok");
    }
}

static void a_kept_connection_serves_again(void **state)
{
    struct fixture *f = *state;
    serve_start(&f->serve, answers_on, NULL);
    ask_twice(f, true);
    net_http_free(f->http);
    f->http = NULL;
    serve_stop(&f->serve);
    assert_int_equal(f->serve.connections, 1);
}

static void others_are_closed_at_once(void **state)
{
    struct fixture *f = *state;
    serve_start(&f->serve, answers_on, NULL);
    ask_twice(f, false);
    serve_stop(&f->serve);
    assert_int_equal(f->serve.connections, 2);
}

static void connecting_has_its_limit_all_the_same(void **state)
{
    struct fixture *f = *state;
    struct net_http_request req = stream;
    f->serve.port = serve_unused_port();
    req.connect_timeout_us = 300 * USEC_PER_MS;
    begin(f, req);
    serve_wait(f->loop, &f->done);
    assert_int_equal(f->outcome, NET_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
        T(pieces_come_while_it_lasts),
        T(a_piece_may_cancel_its_own_request),
        T(a_piece_may_free_everything),
        T(the_last_piece_comes_before_the_end),
        T(a_broken_stream_is_told),
        T(an_error_page_is_collected),
        T(a_kept_connection_serves_again),
        T(others_are_closed_at_once),
        T(connecting_has_its_limit_all_the_same),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
