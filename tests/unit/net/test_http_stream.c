/* net/http.h: bodies that come in pieces and need not end, and connections that are kept. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
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

enum { FULL = 4 }; /* more than a queue of none takes */

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

/* A server that keeps no promise: the connection is gone when the next request wants it. */
static void answers_once(struct serve *s, int fd)
{
    serve_read_request(s, fd);
    serve_puts(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

static void a_kept_connection_that_died_is_made_anew(void **state)
{
    struct fixture *f = *state;
    serve_start(&f->serve, answers_once, NULL);
    ask_twice(f, true);
    serve_stop(&f->serve);
    assert_int_equal(f->serve.connections, 2);
}

/* Answers on that connection until somebody wants another. */
static void answers_until_another_comes(struct serve *s, int fd)
{
    struct pollfd p[] = {{.fd = fd, .events = POLLIN}, {.fd = s->listener, .events = POLLIN}};
    do {
        serve_read_request(s, fd);
        serve_puts(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    } while (poll(p, 2, -1) > 0 && p[0].revents == POLLIN);
}

static void answers_once_then_falls_silent(struct serve *s, int fd)
{
    answers_once(s, fd);
    serve_until_gone(s, fd);
}

/* It took no time to connect, which is not to say that there was no connection. */
static void a_kept_connection_that_falls_silent(void **state)
{
    struct fixture *f = *state;
    serve_start(&f->serve, answers_once_then_falls_silent, NULL);
    begin(f, (struct net_http_request){.keep = true});
    serve_wait(f->loop, &f->done);
    f->done = false;
    begin(f, (struct net_http_request){.keep = true, .timeout_us = 100 * USEC_PER_MS});
    serve_wait(f->loop, &f->done);
    assert_int_equal(f->outcome, NET_TIMED_OUT);
    assert_non_null(strstr(f->detail, "no answer from"));
    serve_stop(&f->serve);
    assert_int_equal(f->serve.connections, 1);
}

/* Patroni's handlers are few: not even a connection that is there is used, or kept. */
static void others_do_not_take_what_was_kept(void **state)
{
    struct fixture *f = *state;
    serve_start(&f->serve, answers_until_another_comes, NULL);
    for (int i = 0; i < 2; i++) {
        f->done = false;
        begin(f, (struct net_http_request){.keep = i == 0});
        serve_wait(f->loop, &f->done);
    }
    serve_stop(&f->serve);
    assert_int_equal(f->serve.connections, 2);
}

/* What the kernel makes of the options of a stream's socket, which is the only one to our port. */
static void one_byte(struct serve *s, int fd)
{
    serve_read_request(s, fd);
    serve_puts(fd, HEAD "1\r\nx\r\n");
    serve_until_gone(s, fd);
}

static int socket_to(int port)
{
    for (int fd = 0; fd < 256; fd++) {
        struct sockaddr_in a = {0};
        socklen_t n = sizeof a;
        if (getpeername(fd, (struct sockaddr *)&a, &n) == 0 && a.sin_family == AF_INET &&
            ntohs(a.sin_port) == port)
            return fd;
    }
    return -1;
}

static int option(int fd, int level, int name)
{
    int v = -1;
    socklen_t n = sizeof v;
    assert_int_equal(getsockopt(fd, level, name, &v, &n), 0);
    return v;
}

static void a_dead_peer_is_noticed(void **state)
{
    struct fixture *f = *state;
    serve_start(&f->serve, one_byte, NULL);
    f->until = "x";
    begin(f, stream);
    serve_wait(f->loop, &f->enough);
    int fd = socket_to(f->serve.port);
    assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    int worst = option(fd, IPPROTO_TCP, TCP_KEEPIDLE) +
                option(fd, IPPROTO_TCP, TCP_KEEPINTVL) * option(fd, IPPROTO_TCP, TCP_KEEPCNT);
    assert_in_range(worst, 1, 20);
    net_http_cancel(f->call);
    serve_stop(&f->serve);
}

/* A listener whose queue is full: connecting to it is neither done nor refused. */
static int full_listener(int *port, int *fd)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&a, n), 0);
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &n), 0);
    *port = ntohs(a.sin_port);
    for (int i = 0; i < FULL; i++) {
        fd[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)connect(fd[i], (struct sockaddr *)&a, sizeof a);
    }
    return listener;
}

static void connecting_has_its_limit_all_the_same(void **state)
{
    struct fixture *f = *state;
    struct net_http_request req = stream;
    int queued[FULL], listener = full_listener(&f->serve.port, queued);
    req.connect_timeout_us = 200 * USEC_PER_MS;
    begin(f, req);
    serve_wait(f->loop, &f->done);
    assert_int_equal(f->outcome, NET_TIMED_OUT);
    assert_non_null(strstr(f->detail, "no connection"));
    for (int i = 0; i < FULL; i++)
        close(queued[i]);
    close(listener);
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
        T(a_kept_connection_that_died_is_made_anew),
        T(a_kept_connection_that_falls_silent),
        T(others_do_not_take_what_was_kept),
        T(a_dead_peer_is_noticed),
        T(connecting_has_its_limit_all_the_same),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
