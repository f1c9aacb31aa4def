#include "fake_pgb.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pgdba/base/buf.h"

enum { CANCEL = 80877102, TLS = 80877103, GSS = 80877104 };

struct pgb_conn {
    struct pgb_conn *next;
    struct fake_pgb *f;
    struct net_watch *watch;
    int fd;
    bool started;
    char *held; /* a query that got no answer */
    struct buf in;
};

static uint32_t get32(const char *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return ntohl(v);
}

static void put32(struct buf *b, uint32_t v)
{
    v = htonl(v);
    buf_add(b, &v, sizeof(v));
}

static void put16(struct buf *b, uint16_t v)
{
    v = htons(v);
    buf_add(b, &v, sizeof(v));
}

static void message(struct buf *out, char type, const struct buf *body)
{
    buf_putc(out, type);
    put32(out, (uint32_t)body->len + 4);
    buf_add(out, body->s, body->len);
}

static void put_text(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s) + 1);
}

static void parameter(struct buf *out, const char *name, const char *value)
{
    struct buf b;

    buf_init(&b);
    put_text(&b, name);
    put_text(&b, value);
    message(out, 'S', &b);
    buf_release(&b);
}

static void ready(struct buf *out)
{
    buf_add(out, "Z\0\0\0\5I", 6);
}

static void error(const struct fake_pgb *f, struct buf *out, const char *severity, const char *text)
{
    struct buf b;

    buf_init(&b);
    buf_putc(&b, 'S');
    put_text(&b, severity);
    buf_putc(&b, 'C');
    put_text(&b, f->sqlstate);
    buf_putc(&b, 'M');
    put_text(&b, text);
    buf_putc(&b, '\0');
    message(out, 'E', &b);
    buf_release(&b);
}

static void welcome(const struct fake_pgb *f, struct buf *out)
{
    buf_add(out, "R\0\0\0\10\0\0\0\0", 9);
    parameter(out, "server_version", f->version);
    parameter(out, "client_encoding", "UTF8");
    parameter(out, "standard_conforming_strings", "on");
    buf_add(out, "K\0\0\0\14\0\0\0\1\0\0\0\2", 13);
    ready(out);
}

static void column(struct buf *b, const char *name)
{
    put_text(b, name);
    put32(b, 0);
    put16(b, 0);
    put32(b, 25);
    put16(b, (uint16_t)-1);
    put32(b, (uint32_t)-1);
    put16(b, 0);
}

static void cell(struct buf *b, const char *text)
{
    put32(b, (uint32_t)strlen(text));
    buf_puts(b, text);
}

static void given_row(const struct fake_pgb *f, struct buf *out)
{
    struct buf b;
    size_t n = 0;

    buf_init(&b);
    while (f->row[n] != NULL)
        n++;
    put16(&b, (uint16_t)(n / 2));
    for (size_t i = 0; i < n; i += 2)
        column(&b, f->row[i]);
    message(out, 'T', &b);
    buf_clear(&b);
    put16(&b, (uint16_t)(n / 2));
    for (size_t i = 1; i < n; i += 2)
        cell(&b, f->row[i]);
    message(out, 'D', &b);
    buf_clear(&b);
    put_text(&b, "SELECT 1");
    message(out, 'C', &b);
    ready(out);
    buf_release(&b);
}

static void stuck_pool(struct fake_pgb *f, struct buf *out)
{
    static const char *const pool[] = {"database", "app",        "user", "app",       "cl_active",
                                       "0",        "cl_waiting", "2",    "sv_active", "0",
                                       "sv_idle",  "0",          NULL};

    f->row = pool;
    given_row(f, out);
    f->row = NULL;
}

/* One row of at most two columns: what it means is wire/'s business. */
static void rows(struct fake_pgb *f, const char *sql, struct buf *out)
{
    bool version = strcmp(sql, "SHOW VERSION") == 0, state = strcmp(sql, "SHOW STATE") == 0;
    struct buf b;

    if (f->row != NULL) {
        given_row(f, out);
        return;
    }
    if (f->waits && strcmp(sql, "SHOW POOLS") == 0) {
        stuck_pool(f, out);
        return;
    }
    buf_init(&b);
    put16(&b, state ? 2 : 1);
    column(&b, version ? "version" : state ? "key" : "database");
    if (state)
        column(&b, "value");
    message(out, 'T', &b);
    buf_clear(&b);
    put16(&b, state ? 2 : 1);
    cell(&b, version ? f->version : state ? "active" : "app");
    if (state)
        cell(&b, f->suspended ? "no" : "yes");
    message(out, 'D', &b);
    buf_clear(&b);
    put_text(&b, "SHOW");
    message(out, 'C', &b);
    ready(out);
    buf_release(&b);
}

static void close_conn(struct pgb_conn *c)
{
    if (c->fd < 0)
        return;
    net_watch_free(c->watch);
    c->watch = NULL;
    close(c->fd);
    c->fd = -1;
    c->f->open--;
}

static void answer(struct pgb_conn *c, const char *sql, struct buf *out)
{
    struct fake_pgb *f = c->f;

    if (f->n < PGB_QUERIES)
        f->sql[f->n++] = xstrdup(sql);
    if (f->mode == PGB_NO_RIGHT && strcmp(sql, "SHOW VERSION") != 0) {
        error(f, out, "ERROR", "admin access needed");
        ready(out);
    } else if (strncmp(sql, "PAUSE ", 6) == 0) {
        error(f, out, "ERROR",
              f->no_admin ? "admin access needed"
              : f->paused ? "already suspended/paused"
                          : "cannot pause admin db: pgbouncer");
        ready(out);
    } else if (f->mode == PGB_SQL_ERROR) {
        error(f, out, "ERROR", "it cannot be done");
        ready(out);
    } else if (f->mode == PGB_KICK_OUT) {
        error(f, out, "FATAL", "terminating connection");
    } else if (f->mode == PGB_SILENT) {
        free(c->held);
        c->held = xstrdup(sql);
    } else if (f->mode != PGB_HANG_UP) {
        rows(f, sql, out);
    }
}

/* True when the connection is to be closed after out. */
static bool start(struct pgb_conn *c, const char *p, size_t len, struct buf *out)
{
    struct fake_pgb *f = c->f;
    uint32_t code = get32(p + 4);
    static const char database[] = "database\0pgbouncer", name[] = "application_name\0pgdba";

    if (f->mode == PGB_MUTE)
        return false;
    if (code == TLS || code == GSS) {
        buf_putc(out, 'N');
        return false;
    }
    if (code == CANCEL) {
        f->cancels++;
        return true;
    }
    c->started = true;
    f->database_ok = memmem(p, len, database, sizeof(database)) != NULL;
    f->name_ok = memmem(p, len, name, sizeof(name)) != NULL;
    if (f->mode == PGB_GARBAGE) {
        buf_puts(out, "HTTP/1.0 400 Bad Request\r\n\r\n");
        return true;
    }
    if (f->mode == PGB_NO_LOGIN) {
        error(f, out, "FATAL", "not allowed");
        return true;
    }
    if (f->mode == PGB_TURN_AWAY) {
        error(f, out, "FATAL", "the database system is starting up");
        return true;
    }
    welcome(f, out);
    return false;
}

static bool take(struct pgb_conn *c, struct buf *out, bool *end)
{
    size_t head = c->started ? 5 : 4, len;

    if (c->in.len < head)
        return false;
    len = c->started ? 1 + get32(c->in.s + 1) : get32(c->in.s);
    if (c->in.len < len)
        return false;
    if (!c->started) {
        *end = start(c, c->in.s, len, out);
    } else if (c->in.s[0] == 'Q') {
        answer(c, c->in.s + 5, out);
        *end = c->f->mode == PGB_HANG_UP || c->f->mode == PGB_KICK_OUT;
    } else {
        *end = true;
    }
    memmove(c->in.s, c->in.s + len, c->in.len - len);
    buf_truncate(&c->in, c->in.len - len);
    return !*end;
}

static void conn_readable(void *arg, int events)
{
    struct pgb_conn *c = arg;
    char tmp[4096];
    ssize_t n = recv(c->fd, tmp, sizeof(tmp), 0);
    struct buf out;
    bool end = n <= 0;

    (void)events;
    buf_init(&out);
    if (n > 0) {
        buf_add(&c->in, tmp, (size_t)n);
        while (take(c, &out, &end))
            continue;
    }
    if (out.len > 0 && send(c->fd, out.s, out.len, MSG_NOSIGNAL) < 0)
        end = true;
    if (end)
        close_conn(c);
    buf_release(&out);
}

static void console_readable(void *arg, int events)
{
    struct fake_pgb *f = arg;
    struct pgb_conn *c;
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
    if (f->connections < PGB_QUERIES)
        f->connected_at[f->connections] = clock_mono(net_loop_clock(f->loop));
    f->connections++;
    if (++f->open > f->open_max)
        f->open_max = f->open;
    c->watch = net_watch_new(f->loop, fd, NET_READ, conn_readable, c);
}

void fake_pgb_init(struct fake_pgb *f, struct net_loop *loop)
{
    memset(f, 0, sizeof(*f));
    f->loop = loop;
    f->version = "1.18.0/bouncer";
    f->sqlstate = "08P01";
    fake_pgb_up(f);
}

void fake_pgb_up(struct fake_pgb *f)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)f->port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    int yes = 1;

    f->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (f->fd < 0 || setsockopt(f->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
        bind(f->fd, (struct sockaddr *)&a, len) != 0 || listen(f->fd, 16) != 0 ||
        getsockname(f->fd, (struct sockaddr *)&a, &len) != 0)
        abort();
    f->port = ntohs(a.sin_port);
    f->watch = net_watch_new(f->loop, f->fd, NET_READ, console_readable, f);
}

void fake_pgb_down(struct fake_pgb *f)
{
    net_watch_free(f->watch);
    f->watch = NULL;
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
    fake_pgb_kick(f);
}

void fake_pgb_kick(struct fake_pgb *f)
{
    for (struct pgb_conn *c = f->conns; c != NULL; c = c->next)
        close_conn(c);
}

void fake_pgb_release(struct fake_pgb *f)
{
    fake_pgb_down(f);
    while (f->conns != NULL) {
        struct pgb_conn *c = f->conns;

        f->conns = c->next;
        close_conn(c);
        buf_release(&c->in);
        free(c->held);
        free(c);
    }
    for (int i = 0; i < f->n; i++)
        free(f->sql[i]);
}

void fake_pgb_wake(struct fake_pgb *f)
{
    for (struct pgb_conn *c = f->conns; c != NULL; c = c->next) {
        struct buf out;

        if (c->fd < 0 || c->held == NULL)
            continue;
        buf_init(&out);
        rows(f, c->held, &out);
        if (send(c->fd, out.s, out.len, MSG_NOSIGNAL) < 0)
            close_conn(c);
        buf_release(&out);
        free(c->held);
        c->held = NULL;
    }
}

int fake_pgb_count(const struct fake_pgb *f, const char *sql)
{
    int n = 0;

    for (int i = 0; i < f->n; i++)
        n += strcmp(f->sql[i], sql) == 0;
    return n;
}
