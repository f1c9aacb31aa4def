/* net/append.h: lines to a file, by a thread: what is on the disk when things go wrong. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/path.h"
#include "pgdba/net/append.h"
#include "pgdba/net/loop.h"
#include "serve.h"

/* A disk that hangs: the thread's fsync() comes here. */
static _Atomic bool hangs, hanging;

int fsync(int fd)
{
    (void)fd;
    hanging = hangs;
    while (hangs)
        usleep(1000);
    hanging = false;
    return 0;
}

struct fixture {
    struct clock clock;
    struct net_loop *loop;
    char *dir, *path;
    struct err err;
    int failures;
    bool failed;
    char *why;
    struct net_append *close_it; /* from the callback */
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);

    f->clock = clock_real();
    f->loop = net_loop_new(&f->clock);
    f->dir = xstrdup("/tmp/pgdba-append.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->path = path_join(f->dir, "lines");
    *state = f;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    net_loop_free(f->loop);
    nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    err_release(&f->err);
    free(f->dir);
    free(f->path);
    free(f->why);
    free(f);
    return 0;
}

static void failed(void *arg, const char *why)
{
    struct fixture *f = arg;

    f->failures++;
    f->failed = true;
    free(f->why);
    f->why = xstrdup(why);
    net_append_close(f->close_it, USEC_PER_SEC);
    f->close_it = NULL;
}

static struct net_append *opened(struct fixture *f, struct net_append_options opt)
{
    struct net_append *a = NULL;

    opt.path = opt.path ? opt.path : f->path;
    opt.failed = failed;
    opt.arg = f;
    if (net_append_open(f->loop, &opt, &a, &f->err) != ST_OK)
        fail_msg("%s", err_text(&f->err));
    return a;
}

static void refused(struct fixture *f, struct net_append_options opt, enum status st,
                    const char *text)
{
    struct net_append *a = NULL;

    opt.path = opt.path ? opt.path : f->path;
    assert_int_equal(net_append_open(f->loop, &opt, &a, &f->err), st);
    assert_null(a);
    if (!strstr(err_text(&f->err), text) || !strstr(err_text(&f->err), opt.path))
        fail_msg("said \"%s\", not \"%s\" of %s", err_text(&f->err), text, opt.path);
}

static void says(struct net_append *a, const char *text)
{
    net_append_write(a, text, strlen(text));
}

static void on_disk(const char *path, const char *expected)
{
    struct err e = ERR_INIT;
    struct buf b;

    buf_init(&b);
    if (path_read(path, 1 << 24, &b, &e) != ST_OK)
        fail_msg("%s", err_text(&e));
    assert_string_equal(b.s, expected);
    buf_release(&b);
}

static void put(const char *path, const char *text)
{
    assert_int_equal(path_write_atomic(path, text, strlen(text), 0644, NULL), ST_OK);
}

/* ---- what it is for */

static void lines_in_order_in_a_directory_that_was_not_there(void **state)
{
    struct fixture *f = *state;
    char *path = path_join(f->dir, "a/b/lines");
    struct net_append *a = opened(f, (struct net_append_options){.path = path});
    struct stat st;

    says(a, "one\n");
    says(a, "two\n");
    for (int i = 0; i < 20000 && net_append_queued(a); i++)
        usleep(1000);
    on_disk(path, "one\ntwo\n"); /* at once: nobody has closed it */
    assert_int_equal(net_append_written(a), 8);
    says(a, "three\n");
    net_append_close(a, 10 * USEC_PER_SEC);
    on_disk(path, "one\ntwo\nthree\n");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(f->failures, 0);
    free(path);
}

static void after_a_torn_line_a_new_one(void **state)
{
    struct fixture *f = *state;
    struct net_append *a;
    struct stat st;

    put(f->path, "whole\ntor");
    a = opened(f, (struct net_append_options){0});
    says(a, "new\n");
    net_append_close(a, 10 * USEC_PER_SEC);
    on_disk(f->path, "whole\ntor\nnew\n");
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600); /* it was 0644 */
    a = opened(f, (struct net_append_options){.truncate = true});
    says(a, "anew\n");
    net_append_close(a, 10 * USEC_PER_SEC);
    on_disk(f->path, "anew\n");
}

static void two_programs_share_and_rotate_one_file(void **state)
{
    struct fixture *f = *state;
    struct net_append_options opt = {.rotate_bytes = 2000, .keep = 2};
    struct net_append *a = opened(f, opt), *b = opened(f, opt);
    char line[32];
    struct stat st;

    for (int i = 0; i < 200; i++) {
        snprintf(line, sizeof line, "%s %06d xxxxxxxxxxx\n", i & 1 ? "b" : "a", i);
        says(i & 1 ? b : a, line);
        for (int t = 0; t < 20000 && (net_append_queued(a) || net_append_queued(b)); t++)
            usleep(100);
    }
    net_append_close(a, 10 * USEC_PER_SEC);
    net_append_close(b, 10 * USEC_PER_SEC);
    /* 200 lines of 21 bytes: 95 a file: 10 in the third, 95 in each of the two before. */
    int64_t total = 0;
    for (int i = 0; i < 3; i++) {
        char *p = i ? xasprintf("%s.%d", f->path, i) : xstrdup(f->path);
        if (stat(p, &st) != 0)
            fail_msg("%s is not there", p);
        assert_true(st.st_size <= 2000 && st.st_size % 21 == 0);
        total += st.st_size;
        free(p);
    }
    assert_int_equal(total, 200 * 21);
}

static void the_oldest_goes(void **state)
{
    struct fixture *f = *state;
    struct net_append *a = opened(f, (struct net_append_options){.rotate_bytes = 4, .keep = 2});
    char *p;

    for (const char *line = "1\n2\n3\n4\n"; *line; line += 2) {
        char three[] = {line[0], 'x', 'x', '\n', 0};
        says(a, three);
        for (int t = 0; t < 20000 && net_append_queued(a); t++)
            usleep(100);
    }
    net_append_close(a, 10 * USEC_PER_SEC);
    on_disk(f->path, "4xx\n");
    p = xasprintf("%s.1", f->path);
    on_disk(p, "3xx\n");
    free(p);
    p = xasprintf("%s.2", f->path);
    on_disk(p, "2xx\n");
    free(p);
    p = xasprintf("%s.3", f->path);
    assert_int_equal(access(p, F_OK), -1);
    free(p);
}

/* ---- what it does not take */

static void only_regular_files(void **state)
{
    struct fixture *f = *state;
    char *link = path_join(f->dir, "link"), *fifo = path_join(f->dir, "fifo"),
         *under = path_join(f->path, "x");
    int reader;

    put(f->path, "mine\n");
    assert_int_equal(symlink(f->path, link), 0);
    refused(f, (struct net_append_options){.path = link}, ST_IO, "symbolic link");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    refused(f, (struct net_append_options){.path = fifo}, ST_IO, "not a regular file");
    reader = open(fifo, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    refused(f, (struct net_append_options){.path = fifo}, ST_IO, "not a regular file");
    close(reader);
    refused(f, (struct net_append_options){.path = "/dev/full"}, ST_IO, "not a regular file");
    refused(f, (struct net_append_options){.path = f->dir}, ST_IO, "directory");
    refused(f, (struct net_append_options){.must_be_new = true}, ST_CONFLICT, "already there");
    /* A directory that cannot be made, since a file has its name. */
    struct net_append *a = NULL;
    struct net_append_options opt = {.path = under};
    assert_int_equal(net_append_open(f->loop, &opt, &a, &f->err), ST_IO);
    assert_non_null(strstr(err_text(&f->err), "not a directory"));
    on_disk(f->path, "mine\n");
    free(link);
    free(fifo);
    free(under);
}

/* ---- when it fails */

static void a_full_disk_is_told_once(void **state)
{
    struct fixture *f = *state;
    struct net_append *a = opened(f, (struct net_append_options){0});
    struct rlimit was, small;
    char *big = xmalloc(8192);

    memset(big, 'x', 8191);
    big[8191] = '\n';
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    small = (struct rlimit){.rlim_cur = 4096, .rlim_max = was.rlim_max};
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    says(a, "first\n");
    net_append_write(a, big, 8192);
    serve_wait(f->loop, &f->failed);
    says(a, "after\n");
    for (int i = 0; i < 20; i++)
        net_loop_turn(f->loop, false);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    signal(SIGXFSZ, old);
    assert_int_equal(f->failures, 1);
    assert_non_null(strstr(f->why, f->path));
    assert_non_null(strstr(f->why, strerror(EFBIG)));
    assert_int_equal(net_append_queued(a), 0);
    assert_true(net_append_written(a) <= 6); /* whole batches that went well */
    net_append_close(a, 10 * USEC_PER_SEC);
    free(big);
}

static void a_file_that_was_removed(void **state)
{
    struct fixture *f = *state;

    f->close_it = opened(f, (struct net_append_options){0});
    assert_int_equal(unlink(f->path), 0);
    says(f->close_it, "into the void\n");
    serve_wait(f->loop, &f->failed);
    assert_non_null(strstr(f->why, "removed"));
    assert_int_equal(f->failures, 1);
}

static void more_than_the_queue_may_hold(void **state)
{
    struct fixture *f = *state;
    struct net_append *a = opened(f, (struct net_append_options){.queue_max = 10});

    says(a, "12345678901\n");
    assert_int_equal(f->failures, 0); /* not from within the call */
    serve_wait(f->loop, &f->failed);
    assert_non_null(strstr(f->why, "keep up"));
    says(a, "x\n");
    net_append_close(a, 10 * USEC_PER_SEC);
    on_disk(f->path, "");
}

static void a_dead_disk_does_not_keep_the_program(void **state)
{
    struct fixture *f = *state;
    struct net_append *a = opened(f, (struct net_append_options){0});
    int64_t before = clock_mono(&f->clock), took;

    hangs = true;
    says(a, "x\n");
    net_append_close(a, 100 * USEC_PER_MS);
    took = clock_mono(&f->clock) - before;
    assert_true(hanging);
    assert_true(took >= 100 * USEC_PER_MS && took < 5 * USEC_PER_SEC);
    assert_true(net_loop_has_stuck_threads(f->loop));
    hangs = false;
    for (int i = 0; i < 20000 && net_loop_has_stuck_threads(f->loop); i++)
        usleep(1000);
    assert_false(net_loop_has_stuck_threads(f->loop));
}

/* Says to the pipe how many lines it knows to be written, until it is killed. */
static void write_until_killed(const char *path, int fd)
{
    struct clock clock = clock_real();
    struct net_loop *loop = net_loop_new(&clock);
    struct net_append_options opt = {.path = path};
    struct net_append *a = NULL;
    char line[32];

    if (net_append_open(loop, &opt, &a, NULL) != ST_OK)
        _exit(1);
    for (uint32_t i = 1;; i++) {
        snprintf(line, sizeof line, "line %08u\n", i);
        says(a, line);
        if (i % 64)
            continue;
        uint32_t sure = (uint32_t)(net_append_written(a) / 14);
        if (write(fd, &sure, sizeof sure) != sizeof sure)
            _exit(1);
    }
}

static void killed_it_has_what_was_not_queued(void **state)
{
    struct fixture *f = *state;
    uint32_t sure = 0, last;
    struct buf b;
    int fd[2];
    pid_t pid;

    assert_int_equal(pipe(fd), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        write_until_killed(f->path, fd[1]);
    close(fd[1]);
    while (sure < 5000 && read(fd[0], &last, sizeof last) == sizeof last)
        sure = last;
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    while (read(fd[0], &last, sizeof last) == sizeof last)
        sure = last;
    close(fd[0]);
    buf_init(&b);
    assert_int_equal(path_read(f->path, 1 << 28, &b, NULL), ST_OK);
    if (sure < 5000 || b.len < (size_t)sure * 14)
        fail_msg("%zu bytes of %u lines that were written", b.len, sure);
    for (uint32_t i = 0; i < b.len / 14; i++) {
        char line[32];
        snprintf(line, sizeof line, "line %08u\n", i + 1);
        assert_memory_equal(b.s + (size_t)i * 14, line, 14);
    }
    buf_release(&b);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(lines_in_order_in_a_directory_that_was_not_there),
        T(after_a_torn_line_a_new_one),
        T(two_programs_share_and_rotate_one_file),
        T(the_oldest_goes),
        T(only_regular_files),
        T(a_full_disk_is_told_once),
        T(a_file_that_was_removed),
        T(more_than_the_queue_may_hold),
        T(a_dead_disk_does_not_keep_the_program),
        T(killed_it_has_what_was_not_queued),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
