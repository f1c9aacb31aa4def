/* wire/table_quick: the quick reader and the one that builds a tree of JSON say the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/wire/table.h"
#include "src/wire/table_quick.h"

static struct arena arena;
static struct buf body;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena);
    buf_init(&body);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    buf_release(&body);
    return 0;
}

static void assert_cells(const struct table *a, const struct table *b)
{
    assert_int_equal(a->ncols, b->ncols);
    assert_int_equal(a->nrows, b->nrows);
    assert_string_equal(a->tag, b->tag);
    for (int c = 0; c < a->ncols; c++)
        assert_string_equal(a->cols[c], b->cols[c]);
    for (int i = 0; i < a->ncols * a->nrows; i++) {
        if (!a->cells[i] || !b->cells[i])
            assert_ptr_equal(a->cells[i], b->cells[i]);
        else
            assert_string_equal(a->cells[i], b->cells[i]);
    }
}

static void encode(const char *const *cells, int ncols, int nrows)
{
    struct table *t = table_new(&arena, ncols, nrows);
    for (int c = 0; c < ncols; c++)
        t->cols[c] = cells[c];
    memcpy(t->cells, cells + ncols, (size_t)(ncols * nrows) * sizeof *cells);
    t->tag = "SHOW";
    wire_table_encode(t, &body);
}

static const char *const tricky[] = {
    "user", "applic\xC3\xA9", "tls",            /* the columns */
    "web", NULL, "",                            /* nothing, and the empty text */
    "say \"x\"", "back\\slash", "a\tb\nc",      /* what JSON escapes */
    "J\xC3\xBCrgen", "\xff\xfe", "\033[2J\007", /* beyond ASCII, not UTF-8, for a terminal */
    /* NOLINTNEXTLINE(misc-misleading-bidirectional) */
    ("\xE2\x80\xAE"
     "evil"),
    "null", "],[\"", /* turned round, and what looks like syntax */
};

static void both_readers_say_the_same(void **state)
{
    (void)state;
    struct table *slow = NULL;
    encode(tricky, 3, 4);
    const struct table *quick = table_quick_read(body.s, body.len, 1000, &arena);
    assert_non_null(quick);
    struct buf spaced; /* as nobody here writes it: for the other reader */
    buf_init(&spaced);
    buf_puts(&spaced, " ");
    buf_add(&spaced, body.s, body.len);
    assert_null(table_quick_read(spaced.s, spaced.len, 1000, &arena));
    assert_int_equal(wire_table_decode(spaced.s, spaced.len, &arena, &slow, NULL), ST_OK);
    buf_release(&spaced);
    assert_cells(quick, slow);
    assert_string_equal(table_get(quick, 1, 0), "say \"x\"");
    assert_string_equal(table_get(quick, 2, 2), "\xEF\xBF\xBD[2J\xEF\xBF\xBD");
}

static void a_table_without_rows(void **state)
{
    (void)state;
    encode(tricky, 3, 0);
    const struct table *t = table_quick_read(body.s, body.len, 1000, &arena);
    assert_non_null(t);
    assert_int_equal(t->ncols, 3);
    assert_int_equal(t->nrows, 0);
}

/* At every byte: it must neither be taken for whole nor be read beyond its end. */
static void what_is_cut_off_is_left_to_the_other(void **state)
{
    (void)state;
    encode(tricky, 3, 4);
    for (size_t n = 0; n < body.len; n++) {
        struct table *t = NULL;
        char *exact = xmalloc(n);
        memcpy(exact, body.s, n);
        assert_null(table_quick_read(exact, n, 1000, &arena));
        assert_int_equal(wire_table_decode(exact, n, &arena, &t, NULL), ST_INVALID);
        free(exact);
    }
}

static void what_is_no_such_table_is_left_to_the_other(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"columns\":[],\"rows\":[],\"tag\":\"\"}",
        "{\"columns\":[\"a\"],\"rows\":[[\"1\",\"2\"]],\"tag\":\"\"}",
        "{\"columns\":[\"a\"],\"rows\":[[]],\"tag\":\"\"}",
        "{\"columns\":[\"a\"],\"rows\":[[1]],\"tag\":\"\"}",
        "{\"columns\":[null],\"rows\":[[\"1\"]],\"tag\":\"\"}",
        "{\"columns\":[\"a\"],\"rows\":[[\"\\x\"]],\"tag\":\"\"}",
        "{\"columns\":[\"a\"],\"rows\":[[\"1\"],],\"tag\":\"\"}",
        "{\"columns\":[\"a\"],\"rows\":[[\"1\"]],\"tag\":null}",
        "{\"columns\":[\"a\"],\"rows\":[[\"1\"]],\"tag\":\"\"} ",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (table_quick_read(bad[i], strlen(bad[i]), 1000, &arena))
            fail_msg("read: %s", bad[i]);
    assert_null(table_quick_read(NULL, 0, 1000, &arena));
    encode(tricky, 3, 4);
    assert_non_null(table_quick_read(body.s, body.len, 15, &arena));
    assert_null(table_quick_read(body.s, body.len, 14, &arena));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_readers_say_the_same),
        TEST(a_table_without_rows),
        TEST(what_is_cut_off_is_left_to_the_other),
        TEST(what_is_no_such_table_is_left_to_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
