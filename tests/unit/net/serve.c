#include "serve.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "pgdba/net/loop.h"

static int listen_somewhere(int *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 128), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    *port = ntohs(a.sin_port);
    return fd;
}

int serve_unused_port(void)
{
    int port;

    close(listen_somewhere(&port));
    return port;
}

/* False: serve_stop() wants the thread back. */
static bool readable(struct serve *s, int fd)
{
    struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = s->stop[0], .events = POLLIN}};

    while (poll(p, 2, -1) < 0)
        ;
    return p[1].revents == 0;
}

static void *serve_thread(void *arg)
{
    struct serve *s = arg;

    while (readable(s, s->listener)) {
        int fd = accept(s->listener, NULL, NULL);

        if (fd < 0)
            continue;
        pthread_mutex_lock(&s->lock);
        s->connections++;
        pthread_mutex_unlock(&s->lock);
        s->talk(s, fd);
        close(fd);
    }
    return NULL;
}

void serve_start(struct serve *s, void (*talk)(struct serve *s, int fd), const void *arg)
{
    memset(s, 0, sizeof *s);
    s->talk = talk;
    s->arg = arg;
    s->listener = listen_somewhere(&s->port);
    pthread_mutex_init(&s->lock, NULL);
    assert_int_equal(pipe(s->stop), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, serve_thread, s), 0);
}

void serve_stop(struct serve *s)
{
    assert_int_equal(write(s->stop[1], "x", 1), 1);
    pthread_join(s->thread, NULL);
    close(s->stop[0]);
    close(s->stop[1]);
    close(s->listener);
    pthread_mutex_destroy(&s->lock);
}

static bool request_is_whole(const struct serve *s)
{
    const char *end = strstr(s->request, "\r\n\r\n");
    const char *length = strcasestr(s->request, "\r\nContent-Length:");

    if (!end)
        return false;
    if (!length || length > end)
        return true;
    return s->request_len >= (size_t)(end + 4 - s->request) + (size_t)atol(length + 17);
}

void serve_read_request(struct serve *s, int fd)
{
    bool more = true;

    pthread_mutex_lock(&s->lock);
    s->request_len = 0;
    s->request[0] = '\0';
    while (more && !request_is_whole(s)) {
        ssize_t n = 0;

        if (readable(s, fd))
            n = read(fd, s->request + s->request_len, sizeof s->request - 1 - s->request_len);
        more = n > 0;
        s->request_len += more ? (size_t)n : 0;
        s->request[s->request_len] = '\0';
    }
    pthread_mutex_unlock(&s->lock);
    s->heard = true;
}

void serve_write(int fd, const void *data, size_t n)
{
    const char *p = data;

    while (n > 0) {
        ssize_t w = send(fd, p, n, MSG_NOSIGNAL);

        if (w <= 0)
            return;
        p += w;
        n -= (size_t)w;
    }
}

void serve_puts(int fd, const char *text)
{
    serve_write(fd, text, strlen(text));
}

void serve_until_gone(struct serve *s, int fd)
{
    char junk[4096];

    while (readable(s, fd) && read(fd, junk, sizeof junk) > 0)
        ;
}

static void too_long(void *arg)
{
    *(bool *)arg = true;
}

int serve_wait(struct net_loop *l, const bool *done)
{
    bool late = false;
    struct net_timer *guard = net_timer_new(l, too_long, &late);
    int turns = 0;

    net_timer_start(guard, 20 * USEC_PER_SEC, 0);
    for (; !*done && !late; turns++)
        net_loop_turn(l, true);
    net_timer_free(guard);
    if (late)
        fail_msg("nothing came within 20 s");
    return turns;
}

struct hearing {
    struct serve *serve;
    bool done;
};

static void look_heard(void *arg)
{
    struct hearing *h = arg;

    h->done = h->serve->heard;
}

void serve_wait_heard(struct net_loop *l, struct serve *s)
{
    struct hearing h = {.serve = s};
    struct net_timer *t = net_timer_new(l, look_heard, &h);

    net_timer_start(t, 0, USEC_PER_MS);
    serve_wait(l, &h.done);
    net_timer_free(t);
}
