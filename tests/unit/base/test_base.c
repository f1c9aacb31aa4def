/* base/: strings, text, numbers, files. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "pgdba/base/arena.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/err.h"
#include "pgdba/base/fmt.h"
#include "pgdba/base/log.h"
#include "pgdba/base/path.h"
#include "pgdba/base/table.h"
#include "pgdba/base/utf8.h"

static void arena_keeps_what_it_gave(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    char *first = arena_strdup(&a, "first");
    for (int i = 0; i < 10000; i++)
        assert_int_equal(atoi(arena_printf(&a, "%d", i)), i);
    char *big = arena_alloc(&a, 1 << 20);
    memset(big, 'x', 1 << 20);
    assert_string_equal(first, "first");
    assert_int_equal((uintptr_t)arena_alloc(&a, 1) % _Alignof(max_align_t), 0);
    assert_null(arena_strdup(&a, NULL));
    arena_release(&a);
}

static void buf_grows(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b);
    for (int i = 0; i < 1000; i++)
        buf_addf(&b, "%03d,", i);
    assert_int_equal(b.len, 4000);
    assert_memory_equal(b.s + 3996, "999,", 5);
    buf_truncate(&b, 4);
    assert_string_equal(b.s, "000,");
    char *s = buf_detach(&b);
    assert_string_equal(s, "000,");
    assert_int_equal(b.len, 0);
    free(s);
    buf_release(&b);
}

static void err_keeps_the_story(void **state)
{
    (void)state;
    struct err e = ERR_INIT;
    assert_int_equal(err_set(&e, ST_IO, "disk %s", "full"), ST_IO);
    assert_int_equal(err_prefix(&e, "saving %d", 7), ST_IO);
    assert_string_equal(err_text(&e), "saving 7: disk full");
    err_set(&e, ST_FAILED, "again: %s", err_text(&e)); /* its own text as an argument */
    assert_string_equal(err_text(&e), "again: saving 7: disk full");
    err_release(&e);
    assert_string_equal(err_text(&e), "ok");
}

static void clean(const char *in, size_t n, const char *want)
{
    struct arena a;
    arena_init(&a);
    assert_string_equal(utf8_clean(&a, in, n), want);
    arena_release(&a);
}

static void server_text_cannot_command_a_terminal(void **state)
{
    (void)state;
    clean("plain", 5, "plain");
    clean("a\033[2Jb", 6, "a\uFFFD[2Jb");
    clean("a\xc2\x9b"
          "31mb",
          7, "a\uFFFD31mb"); /* C1 CSI */
    clean("a\nb\tc", 5, "a b c");
    clean("x\0y", 3, "x\uFFFDy");
    clean("\xff\xc0\x80", 3, "\uFFFD\uFFFD\uFFFD");
    clean("\xe2\x80\xae" /* NOLINT(misc-misleading-bidirectional): it is what is tested */
          "evil",
          7, "\uFFFDevil"); /* right-to-left override */
    clean("données 数据", strlen("données 数据"), "données 数据");
}

static void columns_are_counted_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(utf8_width("abc"), 3);
    assert_int_equal(utf8_width("数据"), 4);
    assert_int_equal(utf8_width("e\u0301"), 1);
    int used;
    assert_int_equal(utf8_fit("数据库", 5, &used), 6);
    assert_int_equal(used, 4);
    assert_int_equal(utf8_fit("abc", 10, &used), 3);
}

static void numbers_read_as_people_say_them(void **state)
{
    (void)state;
    char s[FMT_MAX];
    assert_string_equal(fmt_bytes(s, 0), "0 B");
    assert_string_equal(fmt_bytes(s, 1023), "1023 B");
    assert_string_equal(fmt_bytes(s, 12595), "12.3 KB");
    assert_string_equal(fmt_bytes(s, 16777216), "16.0 MB");
    assert_string_equal(fmt_bytes(s, INT64_MAX), "8.0 EB");
    assert_string_equal(fmt_duration(s, 850), "850 us");
    assert_string_equal(fmt_duration(s, 1500), "1.5 ms");
    assert_string_equal(fmt_duration(s, 3200000), "3.2 s");
    assert_string_equal(fmt_duration(s, INT64_C(245000000)), "4m05s");
    assert_string_equal(fmt_duration(s, INT64_C(7380000000)), "2h03m");
    assert_string_equal(fmt_age(s, 999999), "now");
    assert_string_equal(fmt_age(s, 14 * USEC_PER_SEC), "14s");
    assert_string_equal(fmt_age(s, 7300 * USEC_PER_SEC), "2h");
    assert_string_equal(fmt_count(s, 12345), "12.3k");
    assert_string_equal(fmt_count(s, 4.25), "4.2");
    assert_string_equal(fmt_count(s, 987), "987");
    assert_string_equal(fmt_time_iso(s, INT64_C(1700000000123456)), "2023-11-14T22:13:20.123Z");
}

static void durations_and_integers_refuse_nonsense(void **state)
{
    (void)state;
    int64_t v;
    assert_true(fmt_parse_duration("0.5s", &v));
    assert_int_equal(v, 500000);
    assert_true(fmt_parse_duration("500ms", &v));
    assert_int_equal(v, 500000);
    assert_true(fmt_parse_duration("2", &v));
    assert_int_equal(v, 2000000);
    assert_true(fmt_parse_duration("1h02m3.5s", &v));
    assert_int_equal(v, 3723500000);
    static const char *const bad[] = {"",   "-1s",  "s",   "1x",   "nan",  "inf",  "1e99",
                                      " 1", "0x10", "1 s", "1m30", "1s1m", "1m1m", "1m -1s"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(fmt_parse_duration(bad[i], &v));
    assert_true(fmt_parse_int("-42", &v));
    assert_int_equal(v, -42);
    assert_false(fmt_parse_int("42x", &v));
    assert_false(fmt_parse_int("99999999999999999999", &v));
    assert_false(fmt_parse_int("", &v));
}

static void nearest_is_near(void **state)
{
    (void)state;
    static const char *const names[] = {"switchover", "restart", "reinit"};
    assert_string_equal(fmt_nearest("swithcover", names, 3), "switchover");
    assert_string_equal(fmt_nearest("RESTRT", names, 3), "restart");
    assert_null(fmt_nearest("banana", names, 3));
}

static void files_are_whole_and_private(void **state)
{
    (void)state;
    char dir[] = "/tmp/pgdba-base-XXXXXX";
    assert_non_null(mkdtemp(dir));
    struct err e = ERR_INIT;
    char *p = path_join(dir, "a/b/file");
    assert_int_equal(path_mkdirs_for(p, &e), ST_OK);
    assert_int_equal(path_write_atomic(p, "hello", 5, 0600, &e), ST_OK);
    assert_int_equal(path_check_private(p, &e), ST_OK);
    chmod(p, 0644);
    assert_int_equal(path_check_private(p, &e), ST_DENIED);
    assert_non_null(strstr(err_text(&e), "chmod 600"));
    struct buf b;
    buf_init(&b);
    assert_int_equal(path_read(p, 100, &b, &e), ST_OK);
    assert_string_equal(b.s, "hello");
    buf_clear(&b);
    assert_int_equal(path_read(p, 3, &b, &e), ST_INVALID);
    assert_int_equal(path_read(dir, 100, &b, &e), ST_INVALID);
    assert_int_equal(path_read("/nonexistent/x", 100, &b, &e), ST_NOT_FOUND);
    assert_non_null(strstr(err_text(&e), "/nonexistent/x"));
    buf_release(&b);
    char *cmd = xasprintf("rm -r '%s'", dir);
    assert_int_equal(system(cmd), 0);
    free(cmd);
    free(p);
    err_release(&e);
}

static void log_lines_are_lines(void **state)
{
    (void)state;
    char dir[] = "/tmp/pgdba-log-XXXXXX";
    assert_non_null(mkdtemp(dir));
    char *p = path_join(dir, "x.log");
    struct clock c = clock_fake(0, INT64_C(1700000000123456));
    struct err e = ERR_INIT;
    struct log *l;
    assert_int_equal(log_open(&l, p, LOG_INFO, &c, &e), ST_OK);
    log_write(l, LOG_DEBUG, "dropped");
    log_write(l, LOG_WARN, "two\nlines \033[31m");
    log_write(NULL, LOG_ERROR, "nowhere");
    log_free(l);
    struct buf b;
    buf_init(&b);
    assert_int_equal(path_read(p, 1000, &b, &e), ST_OK);
    assert_string_equal(b.s, "2023-11-14T22:13:20.123Z warn two lines \uFFFD[31m\n");
    buf_release(&b);
    unlink(p);
    rmdir(dir);
    free(p);
}

static void tables_are_asked_by_name(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    struct table *t = table_new(&a, 2, 1);
    t->cols[0] = "database";
    t->cols[1] = "cl_active";
    t->cells[1] = "7";
    assert_int_equal(table_col(t, "cl_active"), 1);
    assert_int_equal(table_col(t, "nope"), -1);
    assert_string_equal(table_get(t, 0, 1), "7");
    assert_null(table_get(t, 0, 0));
    assert_null(table_get(t, 1, 1));
    assert_null(table_get(t, 0, -1));
    arena_release(&a);
}

static void a_cleaned_table_has_no_control_characters(void **state)
{
    static const char *cols[] = {"a\033[2J", "b"}, *cells[] = {"x\ny", NULL};
    const struct table t = {2, 1, cols, cells, "SEL\aECT"};
    struct arena a;

    (void)state;
    arena_init(&a);
    struct table *c = table_clean(&a, &t);
    assert_null(strpbrk(c->cols[0], "\033\n\a"));
    assert_null(strpbrk(c->cells[0], "\033\n\a"));
    assert_null(strpbrk(c->tag, "\033\n\a"));
    assert_null(c->cells[1]);
    assert_string_equal(c->cols[1], "b");
    arena_release(&a);
}

static void tables_as_lines(void **state)
{
    static const char *cols[] = {"name", "n"}, *cells[] = {"ä", "5", "long", NULL, NULL, "-1.5"};
    const struct table t = {.ncols = 2, .nrows = 3, .cols = cols, .cells = cells};
    struct buf b;

    (void)state;
    buf_init(&b);
    assert_int_equal(table_width(&t), 14);
    table_write(&t, 14, &b);
    assert_string_equal(b.s, "name         n\n"
                             "ä            5\n"
                             "long    (null)\n"
                             "(null)    -1.5\n");
    buf_clear(&b);
    table_write(&t, 13, &b);
    assert_string_equal(b.s, "-- 1\nname  ä\nn     5\n"
                             "-- 2\nname  long\nn     (null)\n"
                             "-- 3\nname  (null)\nn     -1.5\n");
    buf_clear(&b);
    table_write(&(struct table){.ncols = 2, .cols = cols}, 0, &b);
    assert_string_equal(b.s, "name  n\n");
    buf_release(&b);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_keeps_what_it_gave),
        cmocka_unit_test(buf_grows),
        cmocka_unit_test(err_keeps_the_story),
        cmocka_unit_test(server_text_cannot_command_a_terminal),
        cmocka_unit_test(columns_are_counted_not_bytes),
        cmocka_unit_test(numbers_read_as_people_say_them),
        cmocka_unit_test(durations_and_integers_refuse_nonsense),
        cmocka_unit_test(nearest_is_near),
        cmocka_unit_test(files_are_whole_and_private),
        cmocka_unit_test(log_lines_are_lines),
        cmocka_unit_test(tables_are_asked_by_name),
        cmocka_unit_test(a_cleaned_table_has_no_control_characters),
        cmocka_unit_test(tables_as_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
