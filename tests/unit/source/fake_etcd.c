#include "fake_etcd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct fe_conn {
    struct fe_conn *next;
    struct fe_gate *g;
    struct net_watch *watch;
    int fd;   /* -1: closed */
    int asks; /* the path that waits for its answer; -1 none */
    bool streams;
    struct buf in;
};

static const struct {
    const char *path;
    bool post;
} paths[] = {
    [FE_RANGE] = {"/kv/range", true},
    [FE_ALIVE] = {"/kv/range", true},
    [FE_WATCH] = {"/watch", true},
    [FE_LEASE] = {"/lease/timetolive", true},
    [FE_STATUS] = {"/maintenance/status", true},
    [FE_MEMBERS] = {"/cluster/member/list", true},
    [FE_LOGIN] = {"/auth/authenticate", true},
    [FE_HEALTH] = {"/health", false},
    [FE_VERSION] = {"/version", false},
    [FE_METRICS] = {"/metrics", false},
};
_Static_assert(sizeof paths / sizeof *paths == FE_PATHS, "a path is missing");

static bool is_health(int path)
{
    return path == FE_STATUS || path == FE_HEALTH || path == FE_VERSION || path == FE_METRICS;
}

/* ---- answers */

static void add_header(const struct fake_etcd *f, struct buf *b)
{
    buf_addf(b,
             "{\"header\":{\"cluster_id\":\"%d\",\"member_id\":\"1\",\"revision\":\"%" PRId64 "\"}",
             f->cluster, f->revision);
}

static void add_leader(const struct fake_etcd *f, struct buf *b, bool value)
{
    if (f->leader)
        buf_addf(
            b,
            ",\"kvs\":[{\"key\":\"L3NlcnZpY2UvZGVtby9sZWFkZXI=\",\"create_revision\":\"%" PRId64
            "\",\"mod_revision\":\"%" PRId64 "\",\"version\":\"1\"%s}],\"count\":\"1\"",
            f->leader, f->leader, value ? ",\"value\":\"cGcx\"" : "");
    buf_puts(b, "}");
}

static void body_of(const struct fake_etcd *f, int path, struct buf *b)
{
    switch (path) {
    case FE_RANGE:
    case FE_ALIVE:
        add_header(f, b);
        add_leader(f, b, path == FE_RANGE);
        break;
    case FE_LEASE:
        add_header(f, b);
        buf_puts(b, ",\"ID\":\"11\",\"TTL\":\"17\",\"grantedTTL\":\"20\"}");
        break;
    case FE_STATUS:
        add_header(f, b);
        buf_puts(b, ",\"version\":\"3.4.23\",\"dbSize\":\"20480\",\"leader\":\"1\",\"raftIndex\":"
                    "\"9\",\"raftTerm\":\"2\"}");
        break;
    case FE_MEMBERS:
        add_header(f, b);
        buf_puts(b, ",\"members\":[{\"ID\":\"1\",\"name\":\"etcd1\"}]}");
        break;
    case FE_LOGIN:
        add_header(f, b);
        buf_addf(b, ",\"token\":\"token%d\"}", f->token);
        break;
    case FE_HEALTH:
        buf_puts(b, "{\"health\":\"true\"}");
        break;
    case FE_VERSION:
        buf_puts(b, "{\"etcdserver\":\"3.4.23\",\"etcdcluster\":\"3.4.0\"}");
        break;
    default:
        buf_puts(b, "# HELP etcd_server_has_leader Whether.\netcd_server_has_leader 1\n"
                    "go_goroutines 112\netcd_mvcc_db_total_size_in_bytes 20480\n");
    }
}

static void put(struct fe_conn *c, const char *data, size_t n)
{
    if (c->fd >= 0 && send(c->fd, data, n, MSG_NOSIGNAL) < 0) {
        /* The client has left: its connection is closed when that is read. */
    }
}

static void reply(struct fe_conn *c, int status, const char *body)
{
    struct buf out;
    buf_init(&out);
    buf_addf(&out,
             "HTTP/1.1 %d Said\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             status, strlen(body), body);
    put(c, out.s, out.len);
    buf_release(&out);
}

static void put_chunk(struct fe_conn *c, const char *text)
{
    struct buf out;
    buf_init(&out);
    buf_addf(&out, "%zx\r\n%s\r\n", strlen(text), text);
    put(c, out.s, out.len);
    buf_release(&out);
}

static void begin_stream(struct fe_conn *c)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    c->streams = true;
    put(c, head, sizeof head - 1);
    if (c->g->watch_begins)
        put_chunk(c,
                  "{\"result\":{\"header\":{\"cluster_id\":\"7\",\"revision\":\"5\"},\"created\":"
                  "true}}\n");
}

/* What the client may not do; NULL: it may. *status is filled. */
static const char *refusal(struct fake_etcd *f, const struct fe_conn *c, int path, int *status)
{
    char good[64];
    *status = 400;
    if (path == FE_LOGIN && !f->password)
        return "{\"error\":\"etcdserver: authentication is not enabled\",\"code\":9}";
    if (path == FE_LOGIN && !strstr(c->in.s, f->password)) {
        f->wrong_logins++;
        return "{\"error\":\"etcdserver: authentication failed, invalid user ID or password\","
               "\"code\":3}";
    }
    if (path == FE_LOGIN || !f->password || !paths[path].post)
        return NULL;
    if (!strstr(c->in.s, "Authorization: "))
        return "{\"error\":\"etcdserver: user name is empty\",\"code\":3}";
    snprintf(good, sizeof good, "Authorization: token%d\r\n", f->token);
    *status = 401;
    return strstr(c->in.s, good) ? NULL
                                 : "{\"error\":\"etcdserver: invalid auth token\",\"code\":16}";
}

static void answer(struct fe_conn *c, int path)
{
    struct fake_etcd *f = c->g->all;
    struct fe_path *p = &c->g->path[path];
    int status;
    const char *no = refusal(f, c, path, &status);
    struct buf body;
    p->inflight--;
    c->g->health_inflight -= is_health(path);
    c->asks = -1;
    if (p->status || no) {
        reply(c, p->status ? p->status : status, p->status ? p->body : no);
        return;
    }
    f->logins += path == FE_LOGIN;
    if (path == FE_WATCH) {
        begin_stream(c);
        return;
    }
    buf_init(&body);
    body_of(f, path, &body);
    reply(c, 200, body.s);
    buf_release(&body);
}

/* ---- requests */

static void close_conn(struct fe_conn *c)
{
    if (c->fd < 0)
        return;
    if (c->asks >= 0) {
        c->g->path[c->asks].inflight--;
        c->g->health_inflight -= is_health(c->asks);
    }
    c->asks = -1;
    c->streams = false;
    net_watch_free(c->watch);
    c->watch = NULL;
    close(c->fd);
    c->fd = -1;
}

static int find_path(const struct fe_gate *g, const char *request)
{
    char wanted[128];
    for (int i = FE_PATHS - 1; i >= 0; i--) {
        if (paths[i].post && !g->api)
            continue;
        snprintf(wanted, sizeof wanted, "%s %s%s ", paths[i].post ? "POST" : "GET",
                 paths[i].post ? g->api : "", paths[i].path);
        if (strncmp(request, wanted, strlen(wanted)) == 0 &&
            (i != FE_ALIVE || strstr(request, "keys_only")))
            return i;
    }
    return -1;
}

static void note(struct fe_conn *c, int path)
{
    struct fe_gate *g = c->g;
    struct fe_path *p = &g->path[path];
    if (p->n < FE_TIMES)
        p->at[p->n] = clock_mono(net_loop_clock(g->all->loop));
    p->n++;
    buf_clear(&p->last);
    buf_add(&p->last, c->in.s, c->in.len);
    c->asks = path;
    if (++p->inflight > p->inflight_max)
        p->inflight_max = p->inflight;
    g->health_inflight += is_health(path);
    if (g->health_inflight > g->health_inflight_max)
        g->health_inflight_max = g->health_inflight;
}

static void handle(struct fe_conn *c)
{
    int path = find_path(c->g, c->in.s);
    if (path < 0) {
        reply(c, 404, "404 page not found\n");
        return;
    }
    note(c, path);
    if (!c->g->path[path].silent)
        answer(c, path);
}

static bool is_whole(const struct buf *in)
{
    const char *body = strstr(in->s, "\r\n\r\n"), *length = strstr(in->s, "Content-Length: ");
    if (!body)
        return false;
    size_t n = length && length < body ? strtoul(length + strlen("Content-Length: "), NULL, 10) : 0;
    return strlen(body + 4) >= n;
}

static void conn_readable(void *arg, int events)
{
    struct fe_conn *c = arg;
    char tmp[4096];
    ssize_t n = recv(c->fd, tmp, sizeof tmp, 0);
    (void)events;
    if (n <= 0) {
        close_conn(c);
        return;
    }
    buf_add(&c->in, tmp, (size_t)n);
    if (is_whole(&c->in)) {
        handle(c);
        if (c->asks < 0)
            buf_clear(&c->in);
    }
}

static void gate_readable(void *arg, int events)
{
    struct fe_gate *g = arg;
    int fd = accept(g->fd, NULL, NULL);
    struct fe_conn *c;
    (void)events;
    if (fd < 0)
        return;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    c = xcalloc(1, sizeof *c);
    *c = (struct fe_conn){.next = g->all->conns, .g = g, .fd = fd, .asks = -1};
    g->all->conns = c;
    buf_init(&c->in);
    c->watch = net_watch_new(g->all->loop, fd, NET_READ, conn_readable, c);
}

/* ---- the whole */

static void listen_on(struct fe_gate *g)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    g->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (g->fd < 0 || bind(g->fd, (struct sockaddr *)&a, len) != 0 || listen(g->fd, 64) != 0 ||
        getsockname(g->fd, (struct sockaddr *)&a, &len) != 0)
        abort();
    g->port = ntohs(a.sin_port);
    snprintf(g->url, sizeof g->url, "http://127.0.0.1:%d", g->port);
    g->watch = net_watch_new(g->all->loop, g->fd, NET_READ, gate_readable, g);
}

void fake_etcd_init(struct fake_etcd *f, struct net_loop *loop)
{
    memset(f, 0, sizeof *f);
    f->loop = loop;
    f->cluster = 7;
    f->revision = 5;
    f->leader = 4;
    f->token = 1;
    for (int i = 0; i < FE_GATES; i++) {
        f->gate[i] = (struct fe_gate){.all = f, .api = "/v3", .watch_begins = true};
        for (int p = 0; p < FE_PATHS; p++)
            buf_init(&f->gate[i].path[p].last);
        listen_on(&f->gate[i]);
    }
}

void fake_etcd_freeze(struct fake_etcd *f, int gate)
{
    for (int p = 0; p < FE_PATHS; p++)
        f->gate[gate].path[p].silent = true;
}

void fake_etcd_thaw(struct fake_etcd *f, int gate, enum etcd_path path)
{
    f->gate[gate].path[path].silent = false;
    for (struct fe_conn *c = f->conns; c; c = c->next)
        if (c->g == &f->gate[gate] && c->asks == (int)path) {
            answer(c, (int)path);
            buf_clear(&c->in);
        }
}

void fake_etcd_stop_listening(struct fake_etcd *f, int gate)
{
    struct fe_gate *g = &f->gate[gate];
    net_watch_free(g->watch);
    g->watch = NULL;
    if (g->fd >= 0)
        close(g->fd);
    g->fd = -1;
    for (struct fe_conn *c = f->conns; c; c = c->next)
        if (c->g == g)
            close_conn(c);
}

bool fake_etcd_say(struct fake_etcd *f, int gate, const char *text)
{
    bool any = false;
    for (struct fe_conn *c = f->conns; c; c = c->next)
        if (c->g == &f->gate[gate] && c->streams) {
            put_chunk(c, text);
            any = true;
        }
    return any;
}

void fake_etcd_end_watch(struct fake_etcd *f, int gate, bool in_order)
{
    for (struct fe_conn *c = f->conns; c; c = c->next)
        if (c->g == &f->gate[gate] && c->streams) {
            if (in_order)
                put(c, "0\r\n\r\n", 5);
            close_conn(c);
        }
}

int fake_etcd_watched(const struct fake_etcd *f, int gate)
{
    int n = 0;
    for (const struct fe_conn *c = f->conns; c; c = c->next)
        n += c->g == &f->gate[gate] && c->streams;
    return n;
}

void fake_etcd_release(struct fake_etcd *f)
{
    for (int i = 0; i < FE_GATES; i++) {
        fake_etcd_stop_listening(f, i);
        for (int p = 0; p < FE_PATHS; p++)
            buf_release(&f->gate[i].path[p].last);
    }
    while (f->conns) {
        struct fe_conn *c = f->conns;
        f->conns = c->next;
        close_conn(c);
        buf_release(&c->in);
        free(c);
    }
}
