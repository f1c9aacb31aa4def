/* net/line.c: connect, write a line, read to the end. */
#include "pgdba/net/line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "pgdba/base/buf.h"
#include "pgdba/net/resolve.h"
#include "priv.h"

enum { READ_PIECE = 16384, READS_A_TURN = 16 };

struct net_line {
    struct net_loop *loop;
    struct net_lookup *lookup;
    struct net_timer *deadline, *soon; /* soon: the end is told later, never from the call */
    struct net_watch *watch;
    char *to, *host; /* host NULL: a Unix socket */
    int port;
    char **addresses; /* as text; of a Unix socket one, "" */
    int naddresses, next;
    int fd; /* -1 none */
    bool connected;
    struct buf out, in;
    size_t written, max_body;
    int64_t began_us, timeout_us;
    enum net_outcome outcome;
    char *detail;
    net_line_fn *fn;
    void *arg;
};

static void hang_up(struct net_line *c)
{
    net_watch_free(c->watch);
    c->watch = NULL;
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    c->connected = false;
}

static void line_free(struct net_line *c)
{
    hang_up(c);
    net_lookup_cancel(c->lookup);
    net_timer_free(c->deadline);
    net_timer_free(c->soon);
    for (int i = 0; i < c->naddresses; i++)
        free(c->addresses[i]);
    free(c->addresses);
    buf_release(&c->out);
    buf_release(&c->in);
    free(c->to);
    free(c->host);
    free(c->detail);
    free(c);
}

/* ---- the end */

static void tell(void *arg)
{
    struct net_line *c = arg;
    bool good = c->outcome == NET_ANSWERED;
    struct net_line_reply reply = {.outcome = c->outcome,
                                   .body = good ? c->in.s : "",
                                   .body_len = good ? c->in.len : 0,
                                   .latency_us = clock_mono(net_loop_clock(c->loop)) - c->began_us,
                                   .sent = c->written > 0,
                                   .detail = c->detail};

    hang_up(c); /* the next command of the callback may be to a server that takes one at a time */
    c->fn(c->arg, &reply);
    line_free(c);
}

/* Takes detail over. */
static void end(struct net_line *c, enum net_outcome outcome, char *detail)
{
    c->outcome = outcome;
    free(c->detail);
    c->detail = detail;
    hang_up(c);
    net_lookup_cancel(c->lookup);
    c->lookup = NULL;
    net_timer_stop(c->deadline);
    net_timer_start(c->soon, 0, 0);
}

static void too_late(void *arg)
{
    struct net_line *c = arg;
    char time[32];

    net_seconds(time, sizeof time, c->timeout_us);
    if (!c->connected)
        end(c, NET_TIMED_OUT, xasprintf("no connection to %s within %s", c->to, time));
    else if (c->in.len == 0)
        end(c, NET_TIMED_OUT, xasprintf("no answer from %s within %s", c->to, time));
    else
        end(c, NET_TIMED_OUT, xasprintf("reply from %s not finished within %s", c->to, time));
}

static char *say_refused(const struct net_line *c, int error)
{
    switch (error) {
    case ECONNREFUSED:
        return xasprintf("connection refused by %s", c->to);
    case ENOENT:
        return xasprintf("there is no socket %s", c->to);
    case EACCES:
    case EPERM:
        return xasprintf("no permission to connect to %s", c->to);
    case EAGAIN:
        return xasprintf("cannot connect to %s: its queue is full", c->to);
    case EHOSTUNREACH:
    case ENETUNREACH:
        return xasprintf("no route to %s", c->to);
    default:
        return xasprintf("cannot connect to %s: %s", c->to, strerror(error));
    }
}

/* ---- reading and writing */

static void broke(struct net_line *c, int error)
{
    end(c, NET_GARBLED, xasprintf("connection to %s broke: %s", c->to, strerror(error)));
}

static void finished(struct net_line *c)
{
    if (c->in.len == 0)
        end(c, NET_GARBLED, xasprintf("%s hung up without an answer", c->to));
    else
        end(c, NET_ANSWERED, xstrdup(""));
}

static void take(struct net_line *c)
{
    char piece[READ_PIECE];

    for (int i = 0; i < READS_A_TURN; i++) {
        ssize_t n = read(c->fd, piece, sizeof piece);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n < 0 && errno == ECONNRESET && c->in.len > 0)
            n = 0; /* it closes while what we sent behind the line is unread */
        if (n < 0)
            broke(c, errno);
        else if (n == 0)
            finished(c);
        else if (c->in.len + (size_t)n > c->max_body)
            end(c, NET_GARBLED, xasprintf("reply from %s is over %zu bytes", c->to, c->max_body));
        else
            buf_add(&c->in, piece, (size_t)n);
        if (c->fd < 0)
            return;
    }
}

static void give(struct net_line *c)
{
    while (c->written < c->out.len) {
        ssize_t n = send(c->fd, c->out.s + c->written, c->out.len - c->written, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n < 0) {
            broke(c, errno);
            return;
        }
        c->written += (size_t)n;
    }
    net_watch_set(c->watch, NET_READ);
}

/* ---- connecting */

static void try_next(struct net_line *c, int error);

static void ready(void *arg, int events)
{
    struct net_line *c = arg;
    int error = 0;
    socklen_t n = sizeof error;

    if (!c->connected) {
        if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
            error = errno;
        if (error) {
            try_next(c, error);
            return;
        }
        c->connected = true;
    }
    if (c->written < c->out.len)
        give(c);
    if (c->fd >= 0 && (events & NET_READ))
        take(c);
}

union place {
    struct sockaddr any;
    struct sockaddr_un un;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Its length, 0: it is none. */
static socklen_t place_of(const struct net_line *c, const char *address, union place *p)
{
    memset(p, 0, sizeof *p);
    if (!c->host) {
        if (strlen(c->to) >= sizeof p->un.sun_path)
            return 0;
        p->un.sun_family = AF_UNIX;
        memcpy(p->un.sun_path, c->to, strlen(c->to) + 1);
        return sizeof p->un;
    }
    if (inet_pton(AF_INET, address, &p->v4.sin_addr) == 1) {
        p->v4.sin_family = AF_INET;
        p->v4.sin_port = htons((uint16_t)c->port);
        return sizeof p->v4;
    }
    if (inet_pton(AF_INET6, address, &p->v6.sin6_addr) == 1) {
        p->v6.sin6_family = AF_INET6;
        p->v6.sin6_port = htons((uint16_t)c->port);
        return sizeof p->v6;
    }
    return 0;
}

/* 0, or why not. */
static int try_one(struct net_line *c, const char *address)
{
    union place p;
    socklen_t n = place_of(c, address, &p);

    if (n == 0)
        return c->host ? EADDRNOTAVAIL : ENAMETOOLONG;
    c->fd = socket(p.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        return errno;
    if (connect(c->fd, &p.any, n) != 0 && errno != EINPROGRESS)
        return errno;
    c->watch = net_watch_new(c->loop, c->fd, NET_READ | NET_WRITE, ready, c);
    return c->watch ? 0 : EMFILE;
}

static void try_next(struct net_line *c, int error)
{
    do {
        hang_up(c);
        if (c->next == c->naddresses) {
            end(c, NET_REFUSED, say_refused(c, error));
            return;
        }
        error = try_one(c, c->addresses[c->next++]);
    } while (error);
}

static void resolved(void *arg, int n, const char *const *addresses, const char *why)
{
    struct net_line *c = arg;

    c->lookup = NULL;
    if (n == 0) {
        end(c, NET_REFUSED, xasprintf("%s: %s", c->to, why));
        return;
    }
    c->addresses = xcalloc((size_t)n, sizeof *c->addresses);
    for (int i = 0; i < n; i++)
        c->addresses[c->naddresses++] = xstrdup(addresses[i]);
    try_next(c, 0);
}

/* "host:port" or "[::1]:port"; false: it is neither. */
static bool split(struct net_line *c)
{
    bool bracket = c->to[0] == '[';
    char *colon = strrchr(c->to, ':'), *after;
    size_t n = colon ? (size_t)(colon - c->to) : 0;
    long port = colon ? strtol(colon + 1, &after, 10) : 0;

    if (n == 0 || *after || port < 1 || port > 65535 || (bracket && c->to[n - 1] != ']'))
        return false;
    c->host = xstrndup(c->to + bracket, n - (bracket ? 2 : 0));
    c->port = (int)port;
    return true;
}

struct net_line *net_line_send(struct net_loop *l, struct net_resolver *r,
                               const struct net_line_request *req, net_line_fn *fn, void *arg)
{
    struct net_line *c = xcalloc(1, sizeof *c);

    c->loop = l;
    c->fd = -1;
    c->to = xstrdup(req->to);
    c->max_body = req->max_body ? req->max_body : 8u << 20;
    c->timeout_us = req->timeout_us ? req->timeout_us : 5 * USEC_PER_SEC;
    c->began_us = clock_mono(net_loop_clock(l));
    c->fn = fn;
    c->arg = arg;
    buf_init(&c->out);
    buf_init(&c->in);
    buf_addf(&c->out, "%s\n", req->command);
    c->deadline = net_timer_new(l, too_late, c);
    c->soon = net_timer_new(l, tell, c);
    net_timer_start(c->deadline, c->timeout_us, 0);
    if (c->to[0] == '/') {
        c->addresses = xcalloc(1, sizeof *c->addresses);
        c->addresses[c->naddresses++] = xstrdup("");
        try_next(c, 0);
    } else if (split(c)) {
        c->lookup = net_resolve(r, c->host, c->timeout_us, resolved, c);
    } else {
        end(c, NET_REFUSED, xasprintf("%s is neither a socket's path nor host:port", c->to));
    }
    return c;
}

void net_line_cancel(struct net_line *c)
{
    if (c)
        line_free(c);
}
