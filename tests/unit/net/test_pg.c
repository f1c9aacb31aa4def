/* net/pg.h against a server of a few messages that does what a real one does on bad days, and
 * against a real PgBouncer where the environment names one (LAB_PGBOUNCER_STATS, as "lab env" says
 * it). */
#include <arpa/inet.h>
#include <netinet/in.h>
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
#include "pgdba/net/loop.h"
#include "pgdba/net/pg.h"
#include "pgdba/net/resolve.h"
#include "names.h"
#include "serve.h"

struct fixture {
    struct clock clock;
    struct net_loop *loop;
    struct net_resolver *resolver;
    struct net_pg *pg;
    struct serve serve;
};

struct got {
    bool done;
    int calls, nrows, ncols;
    enum net_outcome outcome;
    char sqlstate[8], detail[512], tag[32], cell[2][2][64], col[2][64];
    bool has_table, null, free_it, ask_again;
    int64_t latency_us;
    struct fixture *f;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    setenv("PGOPTIONS", "-c geqo=off", 1);
    setenv("PGGEQO", "off", 1);
    setenv("PGPASSFILE", "/nonexistent/pgpass", 1);
    f->clock = clock_real();
    f->loop = net_loop_new(&f->clock);
    f->resolver = net_resolver_new(f->loop);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    net_pg_free(f->pg);
    net_resolver_free(f->resolver);
    net_loop_free(f->loop);
    free(f);
    return 0;
}

static void connect_to(struct fixture *f, const char *host, const char *password)
{
    char conninfo[256];

    snprintf(conninfo, sizeof conninfo, "host=%s port=%d dbname=pgbouncer user=stats", host,
             f->serve.port);
    net_pg_free(f->pg);
    f->pg = net_pg_new(f->loop, f->resolver, conninfo, password, NULL);
}

static void answered(void *arg, const struct net_pg_reply *r);

static void ask(struct fixture *f, struct got *g, int64_t timeout_us)
{
    struct err e = ERR_INIT;

    memset(g, 0, offsetof(struct got, free_it));
    g->f = f;
    assert_int_equal(net_pg_query(f->pg, "SHOW POOLS", timeout_us, answered, g, &e), ST_OK);
    assert_false(g->done);
    assert_true(net_pg_busy(f->pg));
    assert_int_equal(net_pg_query(f->pg, "SHOW LISTS", timeout_us, answered, g, &e), ST_CONFLICT);
    err_release(&e);
}

static void take_table(struct got *g, const struct table *t)
{
    g->has_table = t != NULL;
    if (!t)
        return;
    g->nrows = t->nrows;
    g->ncols = t->ncols;
    snprintf(g->tag, sizeof g->tag, "%s", t->tag);
    for (int c = 0; c < t->ncols && c < 2; c++)
        snprintf(g->col[c], sizeof g->col[c], "%s", t->cols[c]);
    for (int r = 0; r < t->nrows && r < 2; r++)
        for (int c = 0; c < t->ncols && c < 2; c++) {
            const char *v = table_get(t, r, c);

            g->null = g->null || !v;
            snprintf(g->cell[r][c], sizeof g->cell[r][c], "%s", v ? v : "");
        }
}

static void answered(void *arg, const struct net_pg_reply *r)
{
    struct got *g = arg;

    g->done = true;
    g->calls++;
    g->outcome = r->outcome;
    g->latency_us = r->latency_us;
    snprintf(g->sqlstate, sizeof g->sqlstate, "%s", r->sqlstate);
    snprintf(g->detail, sizeof g->detail, "%s", r->detail);
    take_table(g, r->table);
    assert_false(net_pg_busy(g->f->pg));
    if (g->free_it) {
        net_pg_free(g->f->pg);
        g->f->pg = NULL;
    }
    if (g->ask_again) {
        g->ask_again = false;
        ask(g->f, g, 5 * USEC_PER_SEC);
    }
}

static void query(struct fixture *f, struct got *g)
{
    ask(f, g, 5 * USEC_PER_SEC);
    serve_wait(f->loop, &g->done);
    assert_int_equal(g->calls, 1);
}

/* The server */

static bool take(int fd, void *out, size_t n)
{
    return n == 0 || recv(fd, out, n, MSG_WAITALL) == (ssize_t)n;
}

static void message(int fd, char type, const void *payload, size_t n)
{
    struct buf b;
    uint32_t len = htonl((uint32_t)n + 4);

    buf_init(&b);
    buf_putc(&b, type);
    buf_add(&b, &len, 4);
    buf_add(&b, payload, n);
    serve_write(fd, b.s, b.len);
    buf_release(&b);
}

#define MESSAGE(fd, type, text) message((fd), (type), (text), sizeof(text) - 1)
#define READY(fd)               MESSAGE((fd), 'Z', "I")

/* The start-up packet's parameters end up in s->request. */
static bool startup(struct serve *s, int fd)
{
    uint32_t head[2], len;

    if (!take(fd, head, 8))
        return false;
    if (ntohl(head[1]) == 80877103) { /* SSL? */
        serve_puts(fd, "N");
        return startup(s, fd);
    }
    len = ntohl(head[0]) - 8;
    if (len > sizeof s->request || !take(fd, s->request, len))
        return false;
    for (uint32_t i = 0; i + 1 < len; i++)
        if (!s->request[i])
            s->request[i] = ' ';
    return true;
}

static bool next_query(struct serve *s, int fd)
{
    char type, junk[1024];
    uint32_t len;

    (void)s;
    return take(fd, &type, 1) && take(fd, &len, 4) && ntohl(len) - 4 < sizeof junk &&
           take(fd, junk, ntohl(len) - 4) && type == 'Q';
}

static bool login(struct serve *s, int fd)
{
    if (!startup(s, fd))
        return false;
    MESSAGE(fd, 'R', "\0\0\0\0");
    MESSAGE(fd, 'S',
            "server_version\0"
            "1.18.0/bouncer\0");
    READY(fd);
    s->heard = true;
    return true;
}

#define COLUMN(name)        \
    name "\0"               \
         "\0\0\0\0"         \
         "\0\0"             \
         "\0\0\0\x19"       \
         "\xff\xff"         \
         "\xff\xff\xff\xff" \
         "\0\0"

static void head(int fd)
{
    MESSAGE(fd, 'T', "\0\2" COLUMN("database") COLUMN("cl_active"));
}

static void rows(int fd)
{
    MESSAGE(fd, 'N', "SNOTICE\0C00000\0Mnoise\0\0");
    head(fd);
    MESSAGE(fd, 'D',
            "\0\2"
            "\0\0\0\3app"
            "\0\0\0\2"
            "17");
    MESSAGE(fd, 'D',
            "\0\2"
            "\0\0\0\5other"
            "\xff\xff\xff\xff");
    MESSAGE(fd, 'C', "SHOW\0");
    READY(fd);
}

static void gives_rows(struct serve *s, int fd)
{
    if (login(s, fd))
        while (next_query(s, fd))
            rows(fd);
}

static void gives_rows_once(struct serve *s, int fd)
{
    if (login(s, fd) && next_query(s, fd))
        rows(fd);
}

static void gives_error(struct serve *s, int fd)
{
    if (!login(s, fd))
        return;
    while (next_query(s, fd)) {
        MESSAGE(fd, 'E', "SERROR\0C08P01\0Minvalid command 'X\x1b[2J'\0\0");
        READY(fd);
    }
}

static void shuts_down(struct serve *s, int fd)
{
    if (login(s, fd) && next_query(s, fd))
        MESSAGE(fd, 'E', "SFATAL\0C57P01\0Mterminating connection\0\0");
}

static void hangs_up(struct serve *s, int fd)
{
    if (login(s, fd) && next_query(s, fd))
        head(fd);
}

static void falls_silent(struct serve *s, int fd)
{
    if (login(s, fd) && next_query(s, fd))
        rows(fd);
    serve_until_gone(s, fd);
}

static void copies(struct serve *s, int fd)
{
    if (login(s, fd) && next_query(s, fd))
        MESSAGE(fd, 'H', "\0\0\0");
    serve_until_gone(s, fd);
}

static void floods(struct serve *s, int fd)
{
    static char row[2 + 4 + 65536 + 4 + 1] = "\0\2\0\1";

    memset(row + 6, 'x', 65536);
    memcpy(row + 6 + 65536,
           "\0\0\0\1"
           "1",
           5);
    if (!login(s, fd) || !next_query(s, fd))
        return;
    head(fd);
    for (int i = 0; i < 256; i++)
        message(fd, 'D', row, sizeof row);
    MESSAGE(fd, 'C', "SHOW\0");
    READY(fd);
    serve_until_gone(s, fd);
}

static void turns_away(struct serve *s, int fd)
{
    const char *code = s->arg;
    char text[128];
    int n;

    if (!startup(s, fd))
        return;
    n = snprintf(text, sizeof text, "SFATAL%cC%.5s%cM%s%c", 0, code, 0, code + 6, 0);
    message(fd, 'E', text, (size_t)n + 1);
}

static void wants_a_password(struct serve *s, int fd)
{
    if (startup(s, fd))
        MESSAGE(fd, 'R', "\0\0\0\3");
    serve_until_gone(s, fd);
}

static void speaks_http(struct serve *s, int fd)
{
    (void)s;
    serve_puts(fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
    serve_until_gone(s, fd);
}

/* The client is this very process: the number of its socket, by the port that it comes from. */
static int number_of_peer(int fd)
{
    struct sockaddr_in peer = {0}, own = {0};
    socklen_t len = sizeof peer;

    if (getpeername(fd, (struct sockaddr *)&peer, &len) != 0)
        return -1;
    for (int i = 0; i < 1024; i++) {
        len = sizeof own;
        if (getsockname(i, (struct sockaddr *)&own, &len) == 0 && own.sin_family == AF_INET &&
            own.sin_port == peer.sin_port)
            return i;
    }
    return -1;
}

/* Says yes to TLS and then talks nonsense: with sslmode=prefer libpq comes again without it, by
 * another socket, which gets the number of the one that it has just closed. */
static void breaks_tls_once(struct serve *s, int fd)
{
    char ssl_request[8], hello[5];

    s->number[s->connections > 1] = number_of_peer(fd);
    if (s->connections > 1) {
        gives_rows(s, fd);
        return;
    }
    if (!take(fd, ssl_request, sizeof ssl_request))
        return;
    serve_puts(fd, "S");
    if (take(fd, hello, sizeof hello))
        serve_puts(fd, "nonsense instead of a handshake");
    serve_until_gone(s, fd);
}

static void silent(struct serve *s, int fd)
{
    s->heard = true;
    serve_until_gone(s, fd);
}

/* Tests */

static void rows_come_with_names_nulls_and_tag(void **state)
{
    struct fixture *f = *state;
    struct got g = {0};

    serve_start(&f->serve, gives_rows, NULL);
    connect_to(f, "127.0.0.1", NULL);
    assert_false(net_pg_connected(f->pg));
    assert_int_equal(net_pg_server_version(f->pg), 0);
    query(f, &g);
    assert_int_equal(g.outcome, NET_ANSWERED);
    assert_string_equal(g.sqlstate, "");
    assert_string_equal(g.detail, "");
    assert_string_equal(g.tag, "SHOW");
    assert_int_equal(g.nrows, 2);
    assert_int_equal(g.ncols, 2);
    assert_string_equal(g.col[1], "cl_active");
    assert_string_equal(g.cell[0][0], "app");
    assert_string_equal(g.cell[0][1], "17");
    assert_string_equal(g.cell[1][0], "other");
    assert_true(g.null);
    assert_true(g.latency_us > 0);
    assert_true(net_pg_connected(f->pg));
    assert_int_equal(net_pg_server_version(f->pg), 11800);
    assert_string_equal(net_pg_parameter(f->pg, "server_version"), "1.18.0/bouncer");
    query(f, &g); /* the same connection */
    g.ask_again = true;
    query(f, &g);
    serve_wait(f->loop, &g.done);
    net_pg_free(f->pg);
    f->pg = NULL;
    serve_stop(&f->serve);
    assert_int_equal(f->serve.connections, 1);
    assert_non_null(strstr(f->serve.request, "user stats"));
    assert_non_null(strstr(f->serve.request, "application_name pgdba"));
    assert_null(strstr(f->serve.request, "options"));
    assert_null(strstr(f->serve.request, "geqo"));
}

static void an_sql_error_is_an_answer(void **state)
{
    struct fixture *f = *state;
    struct got g = {0};

    serve_start(&f->serve, gives_error, NULL);
    connect_to(f, "localhost", NULL);
    query(f, &g);
    assert_int_equal(g.outcome, NET_ANSWERED);
    assert_string_equal(g.sqlstate, "08P01");
    assert_false(g.has_table);
    assert_non_null(strstr(g.detail, "invalid command 'X"));
    assert_null(strchr(g.detail, '\x1b'));
    assert_true(net_pg_connected(f->pg));
    net_pg_free(f->pg);
    f->pg = NULL;
    serve_stop(&f->serve);
}

static void expect(struct fixture *f, void (*talk)(struct serve *, int), const char *says,
                   enum net_outcome outcome, const char *sqlstate, const char *detail)
{
    struct got g = {0};

    serve_start(&f->serve, talk, says);
    connect_to(f, "127.0.0.1", NULL);
    query(f, &g);
    serve_stop(&f->serve);
    assert_int_equal(g.outcome, outcome);
    assert_string_equal(g.sqlstate, sqlstate);
    assert_false(g.has_table);
    if (!strstr(g.detail, detail))
        fail_msg("\"%s\" does not say \"%s\"", g.detail, detail);
    assert_non_null(strstr(g.detail, "127.0.0.1:"));
    assert_false(net_pg_connected(f->pg));
}

static void bad_days_have_names(void **state)
{
    struct fixture *f = *state;

    expect(f, shuts_down, NULL, NET_ANSWERED, "57P01", "terminating connection");
    expect(f, hangs_up, NULL, NET_GARBLED, "", "lost");
    expect(f, copies, NULL, NET_GARBLED, "", "copy");
    expect(f, floods, NULL, NET_GARBLED, "", "over 100,000 rows or 8 MiB");
    expect(f, speaks_http, NULL, NET_GARBLED, "", "");
    expect(f, wants_a_password, NULL, NET_UNAUTHORISED, "", "password");
    expect(f, turns_away, "28P01 password authentication failed for user \"stats\"",
           NET_UNAUTHORISED, "28P01", "password authentication failed for user \"stats\"");
    expect(f, turns_away, "28000 no pg_hba.conf entry", NET_UNAUTHORISED, "28000", "no pg_hba");
    expect(f, turns_away, "08P01 SASL authentication failed", NET_UNAUTHORISED, "08P01", "SASL");
    expect(f, turns_away, "08P01 not allowed", NET_UNAUTHORISED, "08P01", "not allowed");
    expect(f, turns_away, "08P01 no such database: x", NET_ANSWERED, "08P01", "no such database");
    expect(f, turns_away, "57P03 the database system is starting up", NET_ANSWERED, "57P03",
           "starting up");
}

static void tls_that_is_not_there_is_a_tls_matter(void **state)
{
    static const char *const extra[] = {"sslmode=require", NULL};
    struct fixture *f = *state;
    struct got g = {0};
    char conninfo[64];

    serve_start(&f->serve, gives_rows, NULL);
    snprintf(conninfo, sizeof conninfo, "host=127.0.0.1 port=%d sslmode=disable", f->serve.port);
    f->pg = net_pg_new(f->loop, f->resolver, conninfo, NULL, extra);
    query(f, &g);
    serve_stop(&f->serve);
    assert_int_equal(g.outcome, NET_TLS);
}

static void nobody_there_is_refused(void **state)
{
    struct fixture *f = *state;
    struct got g = {0};

    f->serve.port = serve_unused_port();
    connect_to(f, "127.0.0.1", NULL);
    query(f, &g);
    assert_int_equal(g.outcome, NET_REFUSED);
    assert_non_null(strstr(g.detail, "127.0.0.1:"));
    assert_non_null(strstr(g.detail, "refused"));
    connect_to(f, "localhost", NULL); /* every address of it */
    query(f, &g);
    assert_int_equal(g.outcome, NET_REFUSED);
    connect_to(f, "nonexistent.invalid", NULL);
    query(f, &g);
    assert_int_equal(g.outcome, NET_REFUSED);
    assert_non_null(strstr(g.detail, "name not resolved"));
    connect_to(f, "/nonexistent", NULL);
    query(f, &g);
    assert_int_equal(g.outcome, NET_REFUSED);
    connect_to(f, "a,b", NULL);
    query(f, &g);
    assert_int_equal(g.outcome, NET_REFUSED);
    assert_non_null(strstr(g.detail, "one host a connection"));
}

static void every_address_of_a_name_is_tried(void **state)
{
    struct fixture *f = *state;
    struct got g = {0};
    int before = names_asked();

    serve_start(&f->serve, gives_rows, NULL);
    connect_to(f, "two.test", NULL);
    query(f, &g);
    assert_int_equal(g.outcome, NET_ANSWERED);
    assert_int_equal(g.nrows, 2);
    assert_int_equal(names_asked(), before + 1); /* ours; libpq asks nobody */
    net_pg_free(f->pg);
    f->pg = NULL;
    serve_stop(&f->serve);
}

static void another_socket_of_the_same_number_is_watched(void **state)
{
    struct fixture *f = *state;
    struct got g = {0};

    serve_start(&f->serve, breaks_tls_once, NULL);
    connect_to(f, "127.0.0.1", NULL);
    query(f, &g);
    assert_int_equal(g.outcome, NET_ANSWERED);
    assert_int_equal(g.nrows, 2);
    net_pg_free(f->pg);
    f->pg = NULL;
    serve_stop(&f->serve);
    assert_int_equal(f->serve.connections, 2);
    assert_true(f->serve.number[0] > 0);
    assert_int_equal(f->serve.number[1], f->serve.number[0]); /* else nothing was shown */
}

static void silence_ends_at_the_deadline(void **state)
{
    struct fixture *f = *state;
    struct got g = {0};

    serve_start(&f->serve, silent, NULL);
    connect_to(f, "127.0.0.1", NULL);
    ask(f, &g, 400 * USEC_PER_MS);
    serve_wait(f->loop, &g.done);
    serve_stop(&f->serve);
    assert_int_equal(g.outcome, NET_TIMED_OUT);
    assert_non_null(strstr(g.detail, "let us in but said nothing within 0.4 s"));
    serve_start(&f->serve, falls_silent, NULL);
    connect_to(f, "127.0.0.1", NULL);
    query(f, &g);
    assert_int_equal(g.outcome, NET_ANSWERED);
    ask(f, &g, 100 * USEC_PER_MS);
    serve_wait(f->loop, &g.done);
    assert_int_equal(g.outcome, NET_TIMED_OUT);
    assert_non_null(strstr(g.detail, "no answer from"));
    assert_false(net_pg_connected(f->pg));
    serve_stop(&f->serve);
    ask(f, &g, 0);
    serve_wait(f->loop, &g.done);
    assert_true(g.outcome == NET_TIMED_OUT || g.outcome == NET_REFUSED);
}

static void a_server_that_left_is_noticed_and_met_again(void **state)
{
    struct fixture *f = *state;
    struct got g = {0};

    serve_start(&f->serve, gives_rows_once, NULL);
    connect_to(f, "127.0.0.1", NULL);
    for (int i = 0; i < 3; i++) {
        query(f, &g);
        assert_int_equal(g.outcome, NET_ANSWERED);
        assert_int_equal(g.nrows, 2);
        while (net_pg_connected(f->pg)) /* the idle connection is watched */
            net_loop_turn(f->loop, true);
    }
    serve_stop(&f->serve);
    assert_int_equal(f->serve.connections, 3);
}

static void lost(void *arg)
{
    struct got *g = arg;

    assert_false(net_pg_connected(g->f->pg));
    if (g->calls == 0) {
        ask(g->f, g, 5 * USEC_PER_SEC);
        return;
    }
    net_pg_free(g->f->pg);
    g->f->pg = NULL;
}

static void whoever_waits_is_told_of_a_loss(void **state)
{
    struct fixture *f = *state;
    struct got g = {0}, again = {.f = f};

    serve_start(&f->serve, gives_rows_once, NULL);
    connect_to(f, "127.0.0.1", NULL);
    net_pg_when_lost(f->pg, lost, &again);
    query(f, &g);
    while (f->pg)
        net_loop_turn(f->loop, true);
    serve_stop(&f->serve);
    assert_int_equal(again.outcome, NET_ANSWERED);
    assert_int_equal(f->serve.connections, 2);
}

static void freeing_is_silent_and_may_come_from_the_callback(void **state)
{
    struct fixture *f = *state;
    struct got g = {0}, freed = {.free_it = true};

    serve_start(&f->serve, silent, NULL);
    connect_to(f, "localhost", "secret");
    ask(f, &g, USEC_PER_SEC);
    net_pg_free(f->pg); /* not begun */
    f->pg = NULL;
    connect_to(f, "127.0.0.1", NULL);
    ask(f, &g, 5 * USEC_PER_SEC);
    serve_wait_heard(f->loop, &f->serve);
    net_pg_free(f->pg); /* in the middle */
    f->pg = NULL;
    serve_stop(&f->serve);
    serve_start(&f->serve, gives_rows, NULL);
    connect_to(f, "127.0.0.1", NULL);
    ask(f, &freed, 5 * USEC_PER_SEC);
    serve_wait(f->loop, &freed.done);
    assert_null(f->pg);
    serve_stop(&f->serve);
    assert_int_equal(g.calls, 0);
    net_pg_free(NULL);
}

static void check(const char *conninfo, const char *expected)
{
    char *label;
    struct err e = ERR_INIT;

    if (net_pg_check(conninfo, &label, &e) != ST_OK)
        fail_msg("%s: %s", conninfo, err_text(&e));
    assert_string_equal(label, expected);
    free(label);
}

static void check_bad(const char *conninfo, const char *says, const char *not_says)
{
    char *label;
    struct err e = ERR_INIT;

    assert_int_equal(net_pg_check(conninfo, &label, &e), ST_INVALID);
    assert_null(label);
    if (!strstr(err_text(&e), says) || (not_says && strstr(err_text(&e), not_says)))
        fail_msg("%s: %s", conninfo, err_text(&e));
    err_release(&e);
}

static void labels_name_the_server_and_no_secret(void **state)
{
    char file[] = "/tmp/pgdba-test-service-XXXXXX";
    int fd = mkstemp(file);
    const char *service = "[bouncer]\nhost=10.0.0.1\nport=7000\ndbname=pgbouncer\nuser=u\n";

    (void)state;
    check("host=127.0.0.1 port=6432 dbname=pgbouncer password=hunter2", "127.0.0.1:6432/pgbouncer");
    check("postgresql://u:hunter2@db.example:7000/app?sslmode=require", "db.example:7000/app");
    check("host=/run/pgbouncer port=6432 dbname=pgbouncer", "/run/pgbouncer:6432/pgbouncer");
    check("host=::1 user=x", "[::1]:5432/x");
    check("hostaddr=10.1.2.3 dbname=d", "10.1.2.3:5432/d");
    assert_int_equal(write(fd, service, strlen(service)), (ssize_t)strlen(service));
    close(fd);
    setenv("PGSERVICEFILE", file, 1);
    check("service=bouncer", "10.0.0.1:7000/pgbouncer");
    check_bad("service=nosuch", "nosuch", NULL);
    unsetenv("PGSERVICEFILE");
    unlink(file);
    check_bad("host=a,b", "one host", NULL);
    check_bad("hots=a", "hots", NULL);
    check_bad("host=a password=hunter 2", "connection string", "2");
    check_bad("postgresql://u:hunter2@[::1/app", "connection string", "hunter2");
}

static void a_real_pgbouncer_answers(void **state)
{
    struct fixture *f = *state;
    struct got g = {0};
    const char *conninfo = getenv("LAB_PGBOUNCER_STATS");

    if (!conninfo)
        skip();
    f->pg = net_pg_new(f->loop, f->resolver, conninfo, NULL, NULL);
    query(f, &g);
    assert_int_equal(g.outcome, NET_ANSWERED);
    assert_string_equal(g.sqlstate, "");
    assert_true(g.nrows >= 1);
    assert_string_equal(g.col[0], "database");
    assert_true(net_pg_server_version(f->pg) >= 10800);
    net_pg_free(f->pg);
    f->pg = net_pg_new(f->loop, f->resolver, conninfo, "wrong", NULL);
    query(f, &g);
    assert_int_equal(g.outcome, NET_UNAUTHORISED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_come_with_names_nulls_and_tag),
        TEST(an_sql_error_is_an_answer),
        TEST(bad_days_have_names),
        TEST(tls_that_is_not_there_is_a_tls_matter),
        TEST(nobody_there_is_refused),
        TEST(every_address_of_a_name_is_tried),
        TEST(another_socket_of_the_same_number_is_watched),
        TEST(silence_ends_at_the_deadline),
        TEST(a_server_that_left_is_noticed_and_met_again),
        TEST(whoever_waits_is_told_of_a_loss),
        TEST(freeing_is_silent_and_may_come_from_the_callback),
        TEST(labels_name_the_server_and_no_secret),
        TEST(a_real_pgbouncer_answers),
    };

    return cmocka_run_group_tests_name("net/pg", tests, NULL, NULL);
}
