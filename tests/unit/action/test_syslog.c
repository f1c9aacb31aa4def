/* The copy of the audit log that goes to syslog: the same line, and never a wait. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "pgdba/base/buf.h"
#include "pgdba/net/syslog.h"
#include "test_action.h"

static const struct request reload_all = {.kind = ACT_RELOAD, .role = MEMBERS_ALL};

struct log_world {
    struct world w;
    char *path; /* a syslog of the test's own */
    int fd;     /* -1: it is not there */
    int told;
    char *why;
};

static void failed(void *arg, const char *why)
{
    struct log_world *l = arg;

    l->told++;
    free(l->why);
    l->why = xstrdup(why);
}

static void listen_there(struct log_world *l, int type)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    l->fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    strcpy(at.sun_path, l->path);
    assert_int_equal(bind(l->fd, (const struct sockaddr *)&at, sizeof at), 0);
}

static void go_away(struct log_world *l)
{
    close(l->fd);
    l->fd = -1;
    unlink(l->path);
}

static void log_init(struct log_world *l)
{
    *l = (struct log_world){.fd = -1};
    world_init(&l->w);
    l->path = path_join(l->w.dir, "log");
    audit_copy_to(l->w.env.audit, l->path, failed, l);
}

static void log_release(struct log_world *l)
{
    if (l->fd >= 0)
        go_away(l);
    free(l->path);
    free(l->why);
    world_release(&l->w);
}

static void refuse_one(struct log_world *l, const char *why)
{
    struct plan *p;

    assert_int_equal(world_plan(&l->w, world_picture(&l->w), &reload_all, &p), ST_OK);
    assert_int_equal(audit_refusal(l->w.env.audit, p, why, &l->w.err), ST_OK);
    plan_free(p);
}

static void test_same_line(void **state)
{
    struct log_world l;
    char got[65536], *text, *colon;
    ssize_t n;

    (void)state;
    log_init(&l);
    listen_there(&l, SOCK_DGRAM);
    refuse_one(&l, "no");
    n = recv(l.fd, got, sizeof got - 1, 0);
    assert_true(n > 0);
    got[n] = 0;
    assert_int_equal(strncmp(got, "<85>Nov 21 ", 11), 0);
    colon = strstr(got, "]: ");
    assert_non_null(colon);
    assert_non_null(strstr(got, " pgdba["));
    text = world_audit(&l.w);
    text[strlen(text) - 1] = 0; /* its newline */
    assert_string_equal(colon + 3, text);
    assert_int_equal(recv(l.fd, got, sizeof got, 0), -1);
    assert_int_equal(l.told, 0);
    free(text);
    log_release(&l);
}

/* A daemon that hangs: its queue is full, and nobody waits for it. */
static void test_never_waits(void **state)
{
    struct log_world l;
    struct timespec a, b;

    (void)state;
    log_init(&l);
    listen_there(&l, SOCK_DGRAM);
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int i = 0; i < 2000 && !l.told; i++)
        refuse_one(&l, "no");
    clock_gettime(CLOCK_MONOTONIC, &b);
    assert_int_equal(l.told, 1);
    assert_non_null(strstr(l.why, "its queue is full"));
    assert_in_range(b.tv_sec - a.tv_sec, 0, 20);
    refuse_one(&l, "no");
    assert_int_equal(l.told, 1); /* once */
    log_release(&l);
}

static void test_comes_and_goes(void **state)
{
    struct log_world l;
    char *text;

    (void)state;
    log_init(&l);
    refuse_one(&l, "one");
    assert_int_equal(l.told, 1);
    assert_non_null(strstr(l.why, "nobody listens there"));
    listen_there(&l, SOCK_DGRAM);
    refuse_one(&l, "two");
    go_away(&l);
    refuse_one(&l, "three");
    assert_int_equal(l.told, 2);
    listen_there(&l, SOCK_STREAM);
    l.told = 0;
    refuse_one(&l, "four");
    assert_int_equal(l.told, 0); /* still the same silence */
    text = world_audit(&l.w);
    assert_int_equal(count_lines(text, "\"what\":\"refusal\""), 4); /* the file has them all */
    free(text);
    log_release(&l);
}

static void test_what_cannot_be(void **state)
{
    struct clock clock = clock_real();
    struct err e = ERR_INIT;
    char path[300];

    (void)state;
    memset(path, 'x', sizeof path);
    path[299] = 0;
    assert_int_equal(net_syslog(path, &clock, "line", &e), ST_IO);
    assert_int_equal(net_syslog("/dev/null", &clock, "line", &e), ST_IO);
    assert_non_null(strstr(err_text(&e), "cannot write to syslog (/dev/null): "));
    err_release(&e);
}

int run_syslog_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_line),
        cmocka_unit_test(test_never_waits),
        cmocka_unit_test(test_comes_and_goes),
        cmocka_unit_test(test_what_cannot_be),
    };

    return cmocka_run_group_tests_name("action: syslog", tests, NULL, NULL);
}
