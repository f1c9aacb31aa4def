/* What is to be taken back on PgBouncers, on disk: two programs that share a state directory, each
 * with a lock of its own. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "app_private.h"
#include "pgdba/base/path.h"

struct two { /* programs */
    char dir[32];
    struct clock clock;
    struct cluster_config config;
    struct app app[2];
    struct action_memory m[2];
    struct err e;
};

static const struct held paused = {.cluster = "lab", .bouncer = "b1", .database = "a \"b\" %s"},
                         everything = {.cluster = "lab", .bouncer = "b1"},
                         elsewhere = {.cluster = "other", .bouncer = "b1", .database = "app"};

static void begin(struct two *t)
{
    *t = (struct two){.dir = "/tmp/pgdba-held.XXXXXX", .e = ERR_INIT};
    assert_non_null(mkdtemp(t->dir));
    assert_int_equal(setenv("XDG_STATE_HOME", t->dir, 1), 0);
    t->clock = clock_real();
    t->config.name = "lab";
    for (int i = 0; i < 2; i++) {
        t->app[i].opt.clock = &t->clock;
        t->app[i].config = &t->config;
        t->m[i] = app_held_memory(&t->app[i]);
    }
}

static void end(struct two *t)
{
    char *rm = xasprintf("rm -rf %s", t->dir);
    for (int i = 0; i < 2; i++)
        app_held_close(&t->app[i]);
    err_release(&t->e);
    assert_int_equal(system(rm), 0);
    free(rm);
}

static int files(void)
{
    char *dir = path_state("held");
    DIR *d = opendir(dir);
    int n = 0;
    for (const struct dirent *f; d && (f = readdir(d)) != NULL;)
        n += f->d_name[0] != '.';
    if (d)
        closedir(d);
    free(dir);
    return n;
}

static void assert_status(struct two *t, enum status is, enum status want, const char *says)
{
    assert_int_equal(is, want);
    if (!strstr(err_text(&t->e), says))
        fail_msg("%s", err_text(&t->e));
    err_release(&t->e);
    t->e = (struct err)ERR_INIT;
}

static int listed(struct two *t, int i)
{
    return t->m[i].list(&t->app[i])->n;
}

static void what_is_worked_on_is_nobody_elses(void **state)
{
    struct two t;
    (void)state;
    begin(&t);
    assert_int_equal(t.m[0].keep(&t.app[0], &paused, &t.e), ST_OK);
    assert_int_equal(files(), 1); /* and no draft of it */
    assert_int_equal(listed(&t, 0), 0);
    assert_int_equal(listed(&t, 1), 0);
    assert_status(&t, t.m[1].keep(&t.app[1], &paused, &t.e), ST_CONFLICT, "at work on a \"b\" %s");
    assert_status(&t, t.m[1].claim(&t.app[1], &paused, &t.e), ST_CONFLICT, "another pgdba");
    t.m[1].forget(&t.app[1], &paused);
    assert_int_equal(files(), 1);
    t.m[0].forget(&t.app[0], &paused);
    assert_int_equal(files(), 0);
    assert_status(&t, t.m[1].claim(&t.app[1], &paused, &t.e), ST_NOT_FOUND, "meanwhile");
    end(&t);
}

static void what_is_left_is_taken_back_by_one(void **state)
{
    struct two t;
    (void)state;
    begin(&t);
    assert_int_equal(t.m[0].keep(&t.app[0], &paused, &t.e), ST_OK);
    assert_int_equal(t.m[0].keep(&t.app[0], &everything, &t.e), ST_OK);
    assert_int_equal(t.m[0].keep(&t.app[0], &elsewhere, &t.e), ST_OK);
    app_held_let_go(&t.app[0], true);
    assert_int_equal(files(), 3);
    assert_int_equal(listed(&t, 1), 2);
    assert_true(t.m[1].list(&t.app[1])->v[0].ended);
    assert_true(t.m[1].list(&t.app[1])->v[1].ended);
    assert_int_equal(listed(&t, 0), 2);
    assert_status(&t, t.m[1].keep(&t.app[1], &paused, &t.e), ST_CONFLICT, "resume --left first");
    assert_int_equal(t.m[1].claim(&t.app[1], &paused, &t.e), ST_OK);
    assert_int_equal(t.m[1].claim(&t.app[1], &paused, &t.e), ST_OK); /* it is its own */
    assert_int_equal(listed(&t, 0), 1);
    assert_null(t.m[0].list(&t.app[0])->v[0].database);
    assert_status(&t, t.m[0].claim(&t.app[0], &paused, &t.e), ST_CONFLICT, "taking it back");
    t.m[1].forget(&t.app[1], &paused);
    assert_status(&t, t.m[0].claim(&t.app[0], &paused, &t.e), ST_NOT_FOUND, "meanwhile");
    t.m[0].forget(&t.app[0], &everything); /* nobody's: whoever resumes it may */
    assert_int_equal(files(), 1);          /* the other cluster's */
    end(&t);
}

/* kill -9: the kernel lets go, and the next one sees all of it. */
static void a_dead_program_holds_nothing(void **state)
{
    struct two t;
    int status = 0, ready[2];
    char c;
    (void)state;
    begin(&t);
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        bool kept = t.m[0].keep(&t.app[0], &paused, NULL) == ST_OK;
        (void)!write(ready[1], kept ? "y" : "n", 1);
        pause();
        _exit(1);
    }
    assert_int_equal(read(ready[0], &c, 1), 1);
    assert_int_equal(c, 'y');
    assert_int_equal(listed(&t, 1), 0);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(listed(&t, 1), 1);
    const struct held *h = &t.m[1].list(&t.app[1])->v[0];
    assert_string_equal(h->database, "a \"b\" %s");
    assert_int_equal(h->pid, pid);
    assert_false(h->ended);
    assert_true(h->wall_us > 0);
    close(ready[0]);
    close(ready[1]);
    end(&t);
}

static void what_cannot_be_written_says_so(void **state)
{
    struct two t;
    (void)state;
    begin(&t);
    char *dir = path_state("held");
    assert_int_equal(path_mkdirs_for(dir, NULL), ST_OK);
    assert_int_equal(close(open(dir, O_WRONLY | O_CREAT, 0600)), 0); /* a file in its place */
    assert_int_equal(t.m[0].keep(&t.app[0], &paused, &t.e), ST_IO);
    assert_non_null(strstr(err_text(&t.e), dir));
    free(dir);
    end(&t);
}

/* Half a file of a machine that went down, and what is none of ours. */
static void broken_files_are_passed_over(void **state)
{
    static const char *const texts[] = {"", "{", "[]", "{\"cluster\": \"lab\"}",
                                        "{\"cluster\": 1, \"bouncer\": []}"};
    struct two t;
    (void)state;
    begin(&t);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *dir = path_state("held"), *path = xasprintf("%s/%016zx.json", dir, i);
        assert_int_equal(path_mkdirs(dir, NULL), ST_OK);
        assert_int_equal(path_write_atomic(path, texts[i], strlen(texts[i]), 0600, NULL), ST_OK);
        free(path);
        free(dir);
    }
    assert_int_equal(listed(&t, 0), 0);
    assert_int_equal(t.m[0].keep(&t.app[0], &paused, &t.e), ST_OK);
    app_held_let_go(&t.app[0], false);
    assert_int_equal(listed(&t, 1), 1);
    end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_worked_on_is_nobody_elses),
        cmocka_unit_test(what_is_left_is_taken_back_by_one),
        cmocka_unit_test(a_dead_program_holds_nothing),
        cmocka_unit_test(what_cannot_be_written_says_so),
        cmocka_unit_test(broken_files_are_passed_over),
    };
    return cmocka_run_group_tests_name("app: what is held", tests, NULL, NULL);
}
