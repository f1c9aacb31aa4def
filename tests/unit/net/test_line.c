/* net/line against a server in a thread: answers, silence, hang-ups, places that are not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "pgdba/base/buf.h"
#include "pgdba/net/line.h"
#include "pgdba/net/loop.h"
#include "pgdba/net/resolve.h"
#include "serve.h"

struct bench {
    struct clock clock;
    struct net_loop *loop;
    struct net_resolver *resolver;
    bool done;
    int calls;
    enum net_outcome outcome;
    bool sent;
    char *body, *detail;
    size_t body_len;
};

static void bench_init(struct bench *k)
{
    memset(k, 0, sizeof *k);
    k->clock = clock_real();
    k->loop = net_loop_new(&k->clock);
    k->resolver = net_resolver_new(k->loop);
}

static void bench_release(struct bench *k)
{
    net_resolver_free(k->resolver);
    net_loop_free(k->loop);
    free(k->body);
    free(k->detail);
}

static void told(void *arg, const struct net_line_reply *r)
{
    struct bench *k = arg;

    k->done = true;
    k->calls++;
    k->outcome = r->outcome;
    k->sent = r->sent;
    free(k->body);
    free(k->detail);
    k->body = xstrdup(r->body);
    k->body_len = r->body_len;
    k->detail = xstrdup(r->detail);
}

static void ask(struct bench *k, const char *to, int64_t timeout_us, size_t most)
{
    struct net_line_request req = {
        .to = to, .command = "show stat", .timeout_us = timeout_us, .max_body = most};

    k->done = false;
    assert_non_null(net_line_send(k->loop, k->resolver, &req, told, k));
    assert_int_equal(k->calls, 0); /* never from within the call */
    serve_wait(k->loop, &k->done);
    for (int i = 0; i < 20; i++)
        net_loop_turn(k->loop, false);
    assert_int_equal(k->calls, 1);
    k->calls = 0;
}

static void read_line(struct serve *s, int fd)
{
    pthread_mutex_lock(&s->lock);
    s->request_len = 0;
    do {
        ssize_t n = read(fd, s->request + s->request_len, 1);

        if (n <= 0)
            break;
        s->request_len++;
    } while (s->request[s->request_len - 1] != '\n');
    s->request[s->request_len] = '\0';
    pthread_mutex_unlock(&s->lock);
    s->heard = true;
}

static void talk_in_pieces(struct serve *s, int fd)
{
    read_line(s, fd);
    serve_puts(fd, "# pxname,");
    usleep(20000); /* pieces, not a wait for anything */
    serve_puts(fd, "svname\n\n");
}

static void talk_nothing(struct serve *s, int fd)
{
    read_line(s, fd);
}

static void talk_silence(struct serve *s, int fd)
{
    read_line(s, fd);
    serve_until_gone(s, fd);
}

static void talk_half(struct serve *s, int fd)
{
    read_line(s, fd);
    serve_puts(fd, "half of");
    serve_until_gone(s, fd);
}

static void talk_long(struct serve *s, int fd)
{
    char piece[4096];

    read_line(s, fd);
    memset(piece, 'x', sizeof piece);
    for (int i = 0; i < 64; i++)
        serve_write(fd, piece, sizeof piece);
}

static void test_answers(void **state)
{
    static const struct {
        void (*talk)(struct serve *s, int fd);
        size_t most;
        enum net_outcome outcome;
        const char *says;
    } cases[] = {
        {talk_in_pieces, 0, NET_ANSWERED, ""},
        {talk_nothing, 0, NET_GARBLED, "hung up without an answer"},
        {talk_silence, 0, NET_TIMED_OUT, "no answer from 127.0.0.1"},
        {talk_half, 0, NET_TIMED_OUT, "not finished within 0.3 s"},
        {talk_long, 0, NET_ANSWERED, ""},
        {talk_long, 10000, NET_GARBLED, "is over 10000 bytes"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct serve s = {0};
        struct bench k;
        char to[32];

        serve_start(&s, cases[i].talk, NULL);
        bench_init(&k);
        snprintf(to, sizeof to, "127.0.0.1:%d", s.port);
        ask(&k, to, cases[i].outcome == NET_TIMED_OUT ? 300000 : 20000000, cases[i].most);
        if (k.outcome != cases[i].outcome || !strstr(k.detail, cases[i].says))
            fail_msg("case %zu: %d, \"%s\"", i, k.outcome, k.detail);
        assert_true(k.sent);
        assert_string_equal(i == 0 ? k.body : "# pxname,svname\n\n", "# pxname,svname\n\n");
        if (i == 4)
            assert_int_equal(k.body_len, 64 * 4096);
        bench_release(&k);
        serve_stop(&s);
        assert_string_equal(s.request, "show stat\n");
    }
}

static void test_nobody_there(void **state)
{
    struct bench k;
    char to[160], path[160];

    (void)state;
    bench_init(&k);
    snprintf(to, sizeof to, "127.0.0.1:%d", serve_unused_port());
    ask(&k, to, 0, 0);
    assert_int_equal(k.outcome, NET_REFUSED);
    assert_non_null(strstr(k.detail, "connection refused by 127.0.0.1"));
    assert_false(k.sent);
    ask(&k, "/nowhere/x.sock", 0, 0);
    assert_int_equal(k.outcome, NET_REFUSED);
    assert_string_equal(k.detail, "there is no socket /nowhere/x.sock");
    ask(&k, "nonsense", 0, 0);
    assert_int_equal(k.outcome, NET_REFUSED);
    assert_string_equal(k.detail, "nonsense is neither a socket's path nor host:port");
    ask(&k, "127.0.0.1:0", 0, 0);
    assert_int_equal(k.outcome, NET_REFUSED);
    memset(path, 'x', sizeof path);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    ask(&k, path, 0, 0);
    assert_int_equal(k.outcome, NET_REFUSED);
    assert_non_null(strstr(k.detail, "too long"));
    bench_release(&k);
}

/* A Unix socket whose server reads nothing of what stands behind the first line. */
static void test_unix(void **state)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char dir[] = "/tmp/pgdba-line-XXXXXX";
    struct bench k;
    struct net_line_request req = {.command = "show info"};
    char line[64] = "";

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(at.sun_path, sizeof at.sun_path, "%s/x.sock", dir);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 4), 0);
    bench_init(&k);
    req.to = at.sun_path;
    net_line_send(k.loop, k.resolver, &req, told, &k);
    int fd = accept(listener, NULL, NULL);

    for (int i = 0; i < 1000 && !strchr(line, '\n'); i++) {
        net_loop_turn(k.loop, false);
        ssize_t n = recv(fd, line + strlen(line), sizeof line - 1 - strlen(line), MSG_DONTWAIT);
        (void)n;
    }
    assert_string_equal(line, "show info\n");
    assert_int_equal(write(fd, "Version: 2\n", 11), 11);
    close(fd);
    serve_wait(k.loop, &k.done);
    assert_int_equal(k.outcome, NET_ANSWERED);
    assert_string_equal(k.body, "Version: 2\n");
    bench_release(&k);
    close(listener);
    unlink(at.sun_path);
    rmdir(dir);
}

static void test_cancelled(void **state)
{
    struct serve s = {0};
    struct bench k;
    char to[32];
    struct net_line_request req = {.to = to, .command = "show stat"};

    (void)state;
    serve_start(&s, talk_silence, NULL);
    bench_init(&k);
    snprintf(to, sizeof to, "127.0.0.1:%d", s.port);
    struct net_line *c = net_line_send(k.loop, k.resolver, &req, told, &k);

    net_line_cancel(c); /* before anything */
    c = net_line_send(k.loop, k.resolver, &req, told, &k);
    serve_wait_heard(k.loop, &s);
    net_line_cancel(c); /* in the middle */
    net_line_cancel(NULL);
    for (int i = 0; i < 50; i++)
        net_loop_turn(k.loop, false);
    assert_int_equal(k.calls, 0);
    bench_release(&k);
    serve_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_unix),
        cmocka_unit_test(test_cancelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
