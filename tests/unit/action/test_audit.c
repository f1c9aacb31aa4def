/* The audit log: written before anything goes out, or nothing goes out. */
#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test_action.h"

static const struct request to_pg2 = {.kind = ACT_SWITCHOVER, .candidate = "pg2"};

static void test_lines(void **state)
{
    struct world w;
    struct plan *p;
    struct stat st;
    char *text;

    (void)state;
    setenv("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 22", 1);
    setenv("SUDO_USER", "carol", 1);
    world_init(&w);
    w.config->patroni.username = "admin";
    w.env.password = "geheim";
    assert_int_equal(world_plan(&w, world_picture(&w), &to_pg2, &p), ST_OK);
    assert_int_equal(audit_refusal(w.env.audit, p, "declined \"by\"\nthe operator", &w.err), ST_OK);
    plan_free(p);
    assert_int_equal(world_start(&w, world_picture(&w), &to_pg2), ST_OK);
    assert_true(w.authenticated);
    world_pass(&w, 1);
    world_answer(&w, 412, "candidate does not exists");

    text = world_audit(&w);
    assert_int_equal(count_lines(text, "{\"time\":\"2026-11-21T03:12:0"), 3);
    assert_int_equal(count_lines(text, "\"what\":\"refusal\""), 1);
    assert_int_equal(count_lines(text, "\"why\":\"declined \\\"by\\\"\\nthe operator\""), 1);
    assert_int_equal(count_lines(text, "\"ssh_client\":\"192.0.2.7\""), 3);
    assert_int_equal(count_lines(text, "\"sudo_user\":\"carol\""), 3);
    assert_int_equal(count_lines(text, "\"cluster\":\"lab\""), 3);
    assert_int_equal(count_lines(text, "\"leader\":\"pg1\",\"timeline\":3"), 3);
    assert_int_equal(count_lines(text, "\"url\":\"http://10.0.0.1:8008/switchover\""), 3);
    assert_int_equal(count_lines(text, "\"command\":\"pgdba switchover --cluster lab"), 3);
    assert_int_equal(count_lines(text, "\"answer\":\"HTTP 412: candidate does not exists\""), 1);
    assert_int_equal(count_lines(text, "\"duration_ms\":1000"), 1);
    assert_null(strstr(text, "geheim"));
    free(text);
    assert_int_equal(stat(w.audit_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    world_release(&w);
    unsetenv("SSH_CONNECTION");
    unsetenv("SUDO_USER");
}

/* Bytes that any file may have from now on; RLIM_INFINITY: as many as it likes. */
static void limit_files(rlim_t bytes)
{
    struct rlimit l;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
    l.rlim_cur = bytes < l.rlim_max ? bytes : l.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

/* No room for the whole line, no room at all, no log: nothing goes out. */
static void test_unwritable_stops_it(void **state)
{
    struct world w;
    struct audit *audit;

    (void)state;
    world_init(&w);
    signal(SIGXFSZ, SIG_IGN);
    limit_files(20);
    assert_int_equal(world_start(&w, world_picture(&w), &to_pg2), ST_IO);
    assert_non_null(strstr(err_text(&w.err), "cannot write the audit log"));
    assert_int_equal(world_start(&w, world_picture(&w), &to_pg2), ST_IO);
    limit_files(RLIM_INFINITY);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(w.nsent, 0);
    audit = w.env.audit;
    w.env.audit = NULL;
    assert_int_equal(world_start(&w, world_picture(&w), &to_pg2), ST_IO);
    assert_int_equal(w.nsent, 0);
    w.env.audit = audit;
    world_release(&w);
}

/* What takes a line and keeps none is no audit log. */
static void test_not_a_file(void **state)
{
    struct world w;
    struct audit *a;
    char *path;

    (void)state;
    world_init(&w);
    assert_int_equal(audit_open(&a, "/dev/null", &w.clock, &w.err), ST_IO);
    assert_non_null(strstr(err_text(&w.err), "not a regular file"));
    path = path_join(w.dir, "fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(audit_open(&a, path, &w.clock, &w.err), ST_IO);
    assert_null(a);
    unlink(path);
    free(path);
    world_release(&w);
}

/* Rotated or removed while the console is open: the next line goes to where one looks for it. */
static void test_rotated(void **state)
{
    struct world w;
    char *old, *text;

    (void)state;
    world_init(&w);
    old = xasprintf("%s.1", w.audit_path);
    assert_int_equal(rename(w.audit_path, old), 0);
    assert_int_equal(world_start(&w, world_picture(&w), &to_pg2), ST_OK);
    text = world_audit(&w);
    assert_int_equal(count_lines(text, "\"what\":\"intent\""), 1);
    free(text);
    action_free(w.run);
    w.run = NULL;
    unlink(w.audit_path);
    assert_int_equal(symlink(old, w.audit_path), 0);
    assert_int_equal(world_start(&w, world_picture(&w), &to_pg2), ST_IO);
    assert_int_equal(w.nsent, 1);
    unlink(w.audit_path);
    unlink(old);
    free(old);
    world_release(&w);
}

static void test_cannot_open(void **state)
{
    struct world w;
    struct audit *a;
    char *path;

    (void)state;
    world_init(&w);
    path = path_join(w.audit_path, "below-a-file.jsonl");
    assert_int_not_equal(audit_open(&a, path, &w.clock, &w.err), ST_OK);
    assert_null(a);
    free(path);
    path = path_join(w.dir, "link");
    assert_int_equal(symlink("/tmp/elsewhere-that-is-not", path), 0);
    assert_int_equal(audit_open(&a, path, &w.clock, &w.err), ST_IO);
    unlink(path);
    free(path);
    world_release(&w);
}

static void test_read_only(void **state)
{
    struct world w;
    char *text;

    (void)state;
    world_init(&w);
    w.env.read_only = true;
    assert_int_equal(world_start(&w, world_picture(&w), &to_pg2), ST_DENIED);
    assert_null(w.run);
    assert_int_equal(w.nsent, 0);
    text = world_audit(&w);
    assert_int_equal(count_lines(text, "\"why\":\"this console is read-only: nothing is sent\""),
                     1);
    assert_int_equal(count_lines(text, "\"what\":\"intent\""), 0);
    free(text);
    world_release(&w);
}

static void test_no_route_at_start(void **state)
{
    static const char *const pg3[] = {"pg3"};
    static const struct request r = {.kind = ACT_RESTART, .nmembers = 1, .members = pg3};
    struct world w;

    (void)state;
    world_init(&w);
    w.unreachable = "pg3";
    assert_int_equal(world_start(&w, world_picture(&w), &r), ST_REFUSED);
    assert_int_equal(w.nsent, 0);
    world_release(&w);
}

/* Leaving while it runs is written down; nothing is cancelled on the server. */
static void test_left_running(void **state)
{
    struct world w;
    char *text;

    (void)state;
    world_init(&w);
    assert_int_equal(world_start(&w, world_picture(&w), &to_pg2), ST_OK);
    action_free(w.run);
    w.run = NULL;
    text = world_audit(&w);
    assert_int_equal(count_lines(text, "\"outcome\":\"left running\""), 1);
    free(text);
    world_release(&w);
}

/* A line that was cut short by a full disk does not swallow the next. */
static void test_after_a_torn_line(void **state)
{
    struct world w;
    char *text;
    int fd;

    (void)state;
    world_init(&w);
    fd = open(w.audit_path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "{\"time\":\"20", 11), 11);
    close(fd);
    assert_int_equal(world_start(&w, world_picture(&w), &to_pg2), ST_OK);
    text = world_audit(&w);
    assert_int_equal(strncmp(text, "{\"time\":\"20\n{\"time\":\"2026", 24), 0);
    free(text);
    world_release(&w);
}

int run_audit_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_unwritable_stops_it),
        cmocka_unit_test(test_cannot_open),
        cmocka_unit_test(test_not_a_file),
        cmocka_unit_test(test_rotated),
        cmocka_unit_test(test_read_only),
        cmocka_unit_test(test_left_running),
        cmocka_unit_test(test_after_a_torn_line),
        cmocka_unit_test(test_no_route_at_start),
    };

    return cmocka_run_group_tests_name("action: audit", tests, NULL, NULL);
}
