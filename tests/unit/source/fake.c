#include "fake.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct fake_conn {
    struct fake_conn *next;
    struct fake *f;
    struct fake_member *m;
    struct net_watch *watch;
    int fd; /* -1: answered and closed */
    enum fake_path path;
    bool asked;
    struct buf in;
};

static const struct {
    const char *path;
} paths[] = {
    [FAKE_HEALTH] = {"/health"},   [FAKE_LIVENESS] = {"/liveness"}, [FAKE_CLUSTER] = {"/cluster"},
    [FAKE_HISTORY] = {"/history"}, [FAKE_CONFIG] = {"/config"},
};
_Static_assert(sizeof(paths) / sizeof(paths[0]) == FAKE_PATHS, "a path is missing");

/* ---- bodies */

static void body_health(const struct fake_member *m, struct buf *b)
{
    const struct fake *f = m->all;

    buf_addf(b,
             "{\"state\":\"running\",\"role\":\"%s\",\"server_version\":150020,"
             "\"xlog\":{%s},\"timeline\":%d,\"dcs_last_seen\":1795217358,"
             "\"database_system_identifier\":\"7710399339470515418\","
             "\"patroni\":{\"version\":\"%s\",\"scope\":\"%s\"",
             m->leader ? "primary" : "replica",
             m->leader ? "\"location\":67109632"
                       : "\"received_location\":67109632,\"replayed_location\":67109632",
             m->timeline, f->says_name ? "4.1.4" : "3.0.2", f->scope);
    if (f->says_name)
        buf_addf(b, ",\"name\":\"%s\"", m->name);
    buf_puts(b, "}}");
}

static void body_cluster(const struct fake *f, struct buf *b)
{
    const char *sep = "";

    buf_puts(b, "{\"members\":[");
    for (int i = 0; i < f->n; i++) {
        const struct fake_member *m = &f->m[i];

        if (!m->listed)
            continue;
        buf_addf(b,
                 "%s{\"name\":\"%s\",\"role\":\"%s\",\"state\":\"running\","
                 "\"api_url\":\"%s/patroni\",\"host\":\"127.0.0.1\",\"port\":5432,"
                 "\"timeline\":%d%s}",
                 sep, m->name, m->leader ? "leader" : "replica", m->advertised, m->timeline,
                 m->leader ? "" : ",\"lag\":0");
        sep = ",";
    }
    buf_puts(b, "]");
    if (f->says_name)
        buf_addf(b, ",\"scope\":\"%s\"", f->scope);
    buf_puts(b, "}");
}

static void body_of(const struct fake_member *m, enum fake_path path, struct buf *b)
{
    switch (path) {
    case FAKE_HEALTH:
        body_health(m, b);
        break;
    case FAKE_CLUSTER:
        body_cluster(m->all, b);
        break;
    case FAKE_HISTORY:
        buf_puts(b, "[[1,67109024,\"no recovery target specified\"]]");
        break;
    case FAKE_CONFIG:
        buf_puts(b, "{\"ttl\":20,\"loop_wait\":5}");
        break;
    default:
        break;
    }
}

static void answer(struct fake_conn *c, enum fake_mode mode)
{
    struct buf out, body;
    bool locked = mode == FAKE_LOCKED && strstr(c->in.s, "Authorization: Basic ") == NULL;

    buf_init(&out);
    buf_init(&body);
    body_of(c->m, c->path, &body);
    if (mode == FAKE_TRUNCATED)
        buf_truncate(&body, body.len / 2);
    if (locked) {
        buf_puts(&out, "HTTP/1.0 401 Unauthorized\r\nContent-Type: text/html\r\n"
                       "WWW-Authenticate: Basic realm=\"Patroni\"\r\n\r\nno auth header received");
    } else if (mode == FAKE_PAGE) {
        buf_puts(&out, "HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/html\r\n\r\n"
                       "<html><body>no server</body></html>");
    } else if (mode != FAKE_EMPTY && c->path == FAKE_LIVENESS) {
        buf_puts(&out, "HTTP/1.0 200 OK\r\n\r\n"); /* as it is: no headers at all */
    } else if (mode != FAKE_EMPTY) {
        buf_addf(&out,
                 "HTTP/1.0 %s\r\nServer: BaseHTTP/0.6 Python/3.11\r\n"
                 "Content-Type: application/json\r\n\r\n%s",
                 mode == FAKE_STOPPED ? "503 Service Unavailable" : "200 OK", body.s);
    }
    if (out.len > 0 && send(c->fd, out.s, out.len, MSG_NOSIGNAL) < 0) {
        /* The client left: what was held for it is free now. */
    }
    close(c->fd);
    c->fd = -1;
    buf_release(&out);
    buf_release(&body);
}

/* ---- counting */

static bool client_waits(const struct fake_conn *c)
{
    char x;

    return c->fd >= 0 && c->asked && recv(c->fd, &x, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
}

static void count(struct fake_conn *c)
{
    struct fake *f = c->f;
    struct fake_member *m = c->m;
    struct fake_asked *a = &m->asked[c->path];
    int same = 0, all = 0;

    for (struct fake_conn *o = f->conns; o != NULL; o = o->next)
        if (o->m == m && client_waits(o)) {
            all++;
            same += o->path == c->path;
        }
    if (same > a->inflight_max)
        a->inflight_max = same;
    if (all > m->inflight_max)
        m->inflight_max = all;
    if (a->n < FAKE_TIMES)
        a->at[a->n] = clock_mono(net_loop_clock(f->loop));
    a->n++;
    m->passwords += strstr(c->in.s, "Authorization: Basic ") != NULL;
}

/* ---- connections */

static void close_conn(struct fake_conn *c)
{
    net_watch_free(c->watch);
    c->watch = NULL;
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

static bool path_find(const char *request, enum fake_path *path)
{
    for (int i = 0; i < FAKE_PATHS; i++) {
        size_t n = strlen(paths[i].path);

        if (strncmp(request, "GET ", 4) == 0 && strncmp(request + 4, paths[i].path, n) == 0 &&
            request[4 + n] == ' ') {
            *path = (enum fake_path)i;
            return true;
        }
    }
    return false;
}

static void conn_readable(void *arg, int events)
{
    struct fake_conn *c = arg;
    char tmp[4096];
    ssize_t n = recv(c->fd, tmp, sizeof(tmp), 0);

    (void)events;
    if (n <= 0) {
        close_conn(c);
        return;
    }
    buf_add(&c->in, tmp, (size_t)n);
    if (strstr(c->in.s, "\r\n\r\n") == NULL)
        return;
    net_watch_free(c->watch);
    c->watch = NULL;
    if (!path_find(c->in.s, &c->path)) {
        close_conn(c);
        return;
    }
    c->asked = true;
    count(c);
    enum fake_mode mode = c->m->asked[c->path].mode;

    if (mode != FAKE_SILENT)
        answer(c, mode);
}

static void member_readable(void *arg, int events)
{
    struct fake_member *m = arg;
    struct fake_conn *c;
    int fd = accept(m->fd, NULL, NULL);

    (void)events;
    if (fd < 0)
        return;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    c = xcalloc(1, sizeof(*c));
    c->f = m->all;
    c->m = m;
    c->fd = fd;
    c->next = m->all->conns;
    m->all->conns = c;
    buf_init(&c->in);
    c->watch = net_watch_new(m->all->loop, fd, NET_READ, conn_readable, c);
}

static int listen_on(int *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&a, &len) != 0)
        abort();
    *port = ntohs(a.sin_port);
    return fd;
}

int fake_closed_port(void)
{
    int port, fd = listen_on(&port);

    close(fd);
    return port;
}

/* ---- the whole */

void fake_init(struct fake *f, struct net_loop *loop, int n)
{
    static const char *const names[FAKE_MEMBERS] = {"n1", "n2", "n3", "n4"};

    memset(f, 0, sizeof(*f));
    f->loop = loop;
    f->says_name = true;
    f->scope = "demo";
    f->n = n;
    for (int i = 0; i < n; i++) {
        struct fake_member *m = &f->m[i];
        int port;

        m->all = f;
        m->name = names[i];
        m->listed = true;
        m->leader = i == 0;
        m->timeline = 3;
        m->fd = listen_on(&port);
        snprintf(m->url, sizeof(m->url), "http://127.0.0.1:%d", port);
        memcpy(m->advertised, m->url, sizeof(m->url));
        m->watch = net_watch_new(loop, m->fd, NET_READ, member_readable, m);
    }
}

void fake_stop_listening(struct fake *f, int member)
{
    struct fake_member *m = &f->m[member];

    net_watch_free(m->watch);
    m->watch = NULL;
    if (m->fd >= 0)
        close(m->fd);
    m->fd = -1;
}

void fake_release(struct fake *f)
{
    for (int i = 0; i < f->n; i++)
        fake_stop_listening(f, i);
    while (f->conns != NULL) {
        struct fake_conn *c = f->conns;

        f->conns = c->next;
        close_conn(c);
        buf_release(&c->in);
        free(c);
    }
}

void fake_mode(struct fake *f, int member, enum fake_path path, enum fake_mode mode)
{
    f->m[member].asked[path].mode = mode;
}

void fake_freeze(struct fake *f, int member)
{
    for (int i = 0; i < FAKE_PATHS; i++)
        fake_mode(f, member, (enum fake_path)i, FAKE_SILENT);
}

void fake_thaw(struct fake *f, int member)
{
    for (int i = 0; i < FAKE_PATHS; i++)
        fake_mode(f, member, (enum fake_path)i, FAKE_ANSWER);
    for (struct fake_conn *c = f->conns; c != NULL; c = c->next)
        if (c->m == &f->m[member] && c->asked && c->fd >= 0)
            answer(c, FAKE_ANSWER);
}
