#include "fake_ha.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pgdba/base/buf.h"

struct ha_conn {
    struct ha_conn *next;
    struct fake_ha *f;
    struct net_watch *watch;
    int fd;
    struct buf in;
};

static const char rows[] = "# pxname,svname,status,\nrw,pg1,UP,\nrw,BACKEND,UP,\n";

static void close_conn(struct ha_conn *c)
{
    if (c->fd < 0)
        return;
    net_watch_free(c->watch);
    c->watch = NULL;
    close(c->fd);
    c->fd = -1;
    c->f->open--;
}

/* In two pieces, the cut in the middle of a line. */
static void chunked(struct buf *out, const char *body, bool whole)
{
    size_t n = strlen(body), cut = n / 2;

    buf_puts(out, "HTTP/1.1 200 OK\r\ncache-control: no-cache\r\ncontent-type: text/plain\r\n"
                  "transfer-encoding: chunked\r\n\r\n");
    buf_addf(out, "%zx\r\n%.*s\r\n", cut, (int)cut, body);
    if (whole)
        buf_addf(out, "%zx\r\n%s\r\n0\r\n\r\n", n - cut, body + cut);
}

static void plain(struct buf *out, const char *status, const char *more, const char *body)
{
    buf_addf(out, "HTTP/1.1 %s\r\n%scontent-length: %zu\r\n\r\n%s", status, more, strlen(body),
             body);
}

static void reply(const struct fake_ha *f, struct buf *out)
{
    if (f->mode == HA_LOCKED && !f->password)
        plain(out, "401 Unauthorized", "WWW-Authenticate: Basic realm=\"HAProxy Statistics\"\r\n",
              "<html></html>");
    else if (f->mode == HA_PAGE)
        chunked(out, "<!DOCTYPE HTML><html><body>Statistics Report</body></html>", true);
    else if (f->mode == HA_AWAY)
        plain(out, "404 Not Found", "", "<html></html>");
    else if (f->mode == HA_EMPTY)
        plain(out, "200 OK", "", "");
    else
        chunked(out, rows, f->mode != HA_HANG_UP);
}

static void answer(struct ha_conn *c)
{
    struct fake_ha *f = c->f;
    struct buf out;

    buf_init(&out);
    f->password = strstr(c->in.s, "Authorization: Basic b3BzOnNlY3JldA==") != NULL;
    sscanf(c->in.s, "GET %255s", f->path);
    if (f->n < HA_TIMES)
        f->at[f->n] = clock_mono(net_loop_clock(f->loop));
    f->n++;
    buf_clear(&c->in);
    if (f->mode != HA_SILENT)
        reply(f, &out);
    bool gone = out.len > 0 && send(c->fd, out.s, out.len, MSG_NOSIGNAL) < 0;

    buf_release(&out);
    if (gone || f->mode == HA_HANG_UP)
        close_conn(c);
}

static void answer_line(struct ha_conn *c)
{
    struct fake_ha *f = c->f;
    const char *said = "Unknown command.\n\n";

    if (strcmp(c->in.s, "show stat; show servers state\n") == 0)
        said = rows;
    else if (strcmp(c->in.s, "show cli level; show info\n") == 0)
        said = "admin\n\nName: HAProxy\nVersion: 2.6.12\n\n";
    f->ninfo += said != rows;
    if (f->mode == HA_LOCKED)
        said = "Permission denied\n\n";
    if (f->n < HA_TIMES)
        f->at[f->n] = clock_mono(net_loop_clock(f->loop));
    f->n++;
    if (f->mode == HA_SILENT)
        return;
    if (f->mode != HA_HANG_UP)
        (void)!send(c->fd, said, strlen(said), MSG_NOSIGNAL);
    close_conn(c);
}

static void conn_readable(void *arg, int events)
{
    struct ha_conn *c = arg;
    char tmp[4096];
    ssize_t n = recv(c->fd, tmp, sizeof(tmp), 0);

    (void)events;
    if (n <= 0) {
        close_conn(c);
        return;
    }
    buf_add(&c->in, tmp, (size_t)n);
    if (c->f->socket && strchr(c->in.s, '\n') != NULL)
        answer_line(c);
    else if (strstr(c->in.s, "\r\n\r\n") != NULL)
        answer(c);
}

static void page_readable(void *arg, int events)
{
    struct fake_ha *f = arg;
    struct ha_conn *c;
    int fd = accept(f->fd, NULL, NULL);

    (void)events;
    if (fd < 0)
        return;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    c = xcalloc(1, sizeof(*c));
    c->f = f;
    c->fd = fd;
    c->next = f->conns;
    f->conns = c;
    buf_init(&c->in);
    f->connections++;
    if (++f->open > f->open_max)
        f->open_max = f->open;
    c->watch = net_watch_new(f->loop, fd, NET_READ, conn_readable, c);
}

void fake_ha_init(struct fake_ha *f, struct net_loop *loop)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);

    memset(f, 0, sizeof(*f));
    f->loop = loop;
    f->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (f->fd < 0 || bind(f->fd, (struct sockaddr *)&a, len) != 0 || listen(f->fd, 16) != 0 ||
        getsockname(f->fd, (struct sockaddr *)&a, &len) != 0)
        abort();
    f->port = ntohs(a.sin_port);
    f->watch = net_watch_new(loop, f->fd, NET_READ, page_readable, f);
}

void fake_ha_stop_listening(struct fake_ha *f)
{
    net_watch_free(f->watch);
    f->watch = NULL;
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

void fake_ha_hang_up(struct fake_ha *f)
{
    for (struct ha_conn *c = f->conns; c != NULL; c = c->next)
        close_conn(c);
}

void fake_ha_release(struct fake_ha *f)
{
    fake_ha_stop_listening(f);
    fake_ha_hang_up(f);
    while (f->conns != NULL) {
        struct ha_conn *c = f->conns;

        f->conns = c->next;
        buf_release(&c->in);
        free(c);
    }
}
