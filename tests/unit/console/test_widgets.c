/* The surface, the table, wrapped text, sparklines and the keymap, one by one. */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/base/clock.h"
#include "pgdba/command/command.h"
#include "pgdba/console/doc.h"
#include "pgdba/console/draw.h"
#include "pgdba/console/keymap.h"
#include "pgdba/console/table_view.h"

static char *row_of(const struct surface *s, int row)
{
    struct buf b;
    buf_init(&b);
    for (int i = 0; i < s->cols; i++)
        buf_puts(&b, s->cells[row * s->cols + i].text);
    char *out = buf_detach(&b);
    buf_release(&b);
    return out;
}

static void assert_row(const struct surface *s, int row, const char *want)
{
    char *got = row_of(s, row);
    assert_string_equal(got, want);
    free(got);
}

/* ---- the surface ---------------------------------------------------------------------------- */

static void text_is_cut_with_an_ellipsis(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 1, 10);
    assert_int_equal(surface_text(&s, 0, 2, 5, TR_TEXT, "abcdefg"), 5);
    assert_row(&s, 0, "  abcd…   ");
    surface_clear(&s, TR_TEXT);
    assert_int_equal(surface_text(&s, 0, 8, 5, TR_TEXT, "abc"), 2); /* clipped by the edge */
    assert_row(&s, 0, "        a…");
    assert_int_equal(surface_text(&s, 0, 10, 5, TR_TEXT, "a"), 0);
    assert_int_equal(surface_text(&s, -1, 0, 5, TR_TEXT, "a"), 0);
    surface_release(&s);
}

static void a_long_name_keeps_its_ends(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 1, 14);
    assert_int_equal(surface_text_ends(&s, 0, 1, 10, TR_TEXT, "pgbouncer-1"), 10);
    assert_row(&s, 0, " pg…uncer-1   ");
    surface_clear(&s, TR_TEXT);
    assert_int_equal(surface_text_ends(&s, 0, 1, 11, TR_TEXT, "pgbouncer-1"), 11);
    assert_row(&s, 0, " pgbouncer-1  ");
    surface_clear(&s, TR_TEXT);
    assert_int_equal(surface_text_ends(&s, 0, 0, 9, TR_TEXT, "日本語日本語"), 9);
    assert_row(&s, 0, "日…日本語     ");
    surface_clear(&s, TR_TEXT);
    assert_int_equal(surface_text_ends(&s, 0, 0, 10, TR_TEXT, "日本語日本語"),
                     9); /* none is halved */
    assert_row(&s, 0, "日…日本語     ");
    surface_clear(&s, TR_TEXT);
    assert_int_equal(surface_text_ends(&s, 0, 8, 12, TR_TEXT, "pgbouncer-1"), 6); /* the edge */
    assert_row(&s, 0, "        pgbou…");
    surface_release(&s);
}

static void wide_characters_are_never_halved(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 1, 6);
    assert_int_equal(surface_text(&s, 0, 0, 4, TR_TEXT, "日本語"), 3); /* 2 + ellipsis, not 4 */
    assert_row(&s, 0, "日…   ");
    surface_clear(&s, TR_TEXT);
    surface_text(&s, 0, 0, 6, TR_TEXT, "日本語");
    surface_text(&s, 0, 1, 1, TR_TEXT, "x"); /* over the right half of the first */
    assert_row(&s, 0, " x本語");
    surface_text(&s, 0, 2, 1, TR_TEXT, "y"); /* over the left half of the second */
    assert_row(&s, 0, " xy 語");
    surface_release(&s);
}

static void marks_stay_with_their_letter(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 1, 4);
    assert_int_equal(surface_text(&s, 0, 0, 4, TR_TEXT, "e\xCC\x81z"), 2);
    assert_string_equal(s.cells[0].text, "e\xCC\x81");
    assert_string_equal(s.cells[1].text, "z");
    surface_release(&s);
}

/* Whatever has slipped through before: here it ends. */
static void nothing_a_terminal_obeys_gets_on_the_grid(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 1, 12);
    surface_text(&s, 0, 0, 12, TR_TEXT, "a\033[2J\a\x7F\xC2\x9B\xFF");
    for (int i = 0; i < s.cols; i++)
        for (const char *p = s.cells[i].text; *p; p++)
            assert_true((unsigned char)*p >= 0x20 && *p != 0x7F);
    assert_null(strstr(s.cells[0].text, "\033"));
    surface_release(&s);
}

static void ascii_counts_what_it_draws(void **state)
{
    struct surface s;
    (void)state;
    surface_init(&s, 1, 8);
    s.ascii = true;
    assert_int_equal(surface_width(&s, "日本é"), 3);
    surface_text(&s, 0, 0, 8, TR_TEXT, "日本é");
    assert_row(&s, 0, "???     ");
    surface_release(&s);
}

/* ---- the table ------------------------------------------------------------------------------ */

static const struct table_column columns[] = {
    {.name = "name", .title = "NAME", .width = 6, .most = 20, .claim = 12},
    {.name = "size", .title = "SIZE", .width = 6, .drop = 2, .right = true},
    {.name = "note", .title = "NOTE", .width = 8, .drop = 5},
};

static struct table_cell cells[][3] = {
    {{.text = "beta"}, {.text = "10", .num = 10, .has_num = true}, {.text = "x"}},
    {{.text = "Alpha"}, {.text = "9", .num = 9, .has_num = true}, {.text = NULL}},
    {{.text = "gamma"}, {.text = "?"}, {.text = "needle"}},
};

static struct table_row table_rows[] = {{.key = "b", .cells = cells[0]},
                                        {.key = "a", .cells = cells[1]},
                                        {.key = "g", .cells = cells[2]}};

static struct table_model model(void)
{
    return (struct table_model){
        .columns = columns, .ncolumns = 3, .nrows = 3, .rows = table_rows, .note = ""};
}

static void unknown_sorts_last_whichever_way(void **state)
{
    struct table_model m = model();
    struct table_state t;
    struct arena a;
    int n;
    (void)state;
    arena_init(&a);
    table_state_init(&t);
    t.sort = 1;
    const int *o = table_order(&m, &t, &a, &n);
    assert_int_equal(o[0], 1);
    assert_int_equal(o[1], 0);
    assert_int_equal(o[2], 2);
    t.reverse = true;
    o = table_order(&m, &t, &a, &n);
    assert_int_equal(o[0], 0);
    assert_int_equal(o[1], 1);
    assert_int_equal(o[2], 2);
    table_state_release(&t);
    arena_release(&a);
}

static void the_filter_looks_at_every_cell(void **state)
{
    struct table_model m = model();
    struct table_state t;
    struct arena a;
    int n;
    (void)state;
    arena_init(&a);
    table_state_init(&t);
    table_state_filter(&t, "NEEDLE");
    const int *o = table_order(&m, &t, &a, &n);
    assert_int_equal(n, 1);
    assert_int_equal(o[0], 2);
    assert_true(table_contains("ÉTAT", "état"));
    assert_false(table_contains("abc", "abcd"));
    assert_true(table_contains("abc", ""));
    table_state_release(&t);
    arena_release(&a);
}

static void columns_go_by_policy(void **state)
{
    struct table_model m = model();
    struct surface s = {0};
    int w[TABLE_MAX_COLUMNS];
    (void)state;
    table_layout(&m, &s, 40, w);
    assert_true(w[0] && w[1] && w[2]);
    table_layout(&m, &s, 20, w);
    assert_true(w[0] && w[1] && !w[2]);
    table_layout(&m, &s, 10, w);
    assert_true(w[0] && !w[1] && !w[2]);
    /* A long name comes before what yields, not before what does not. */
    cells[0][0].text = "a-rather-long-name";
    table_layout(&m, &s, 26, w);
    assert_true(w[0] >= 12 && w[1] && !w[2]);
    cells[0][0].text = "beta";
    m.hidden = 1u << 1;
    table_layout(&m, &s, 40, w);
    assert_int_equal(w[1], 0);
}

static void the_selected_row_stays_in_sight(void **state)
{
    (void)state;
    assert_int_equal(table_top(0, 0, 3, 10), 0);
    assert_int_equal(table_top(0, 12, 20, 10), 3);
    assert_int_equal(table_top(8, 4, 20, 10), 4);
    assert_int_equal(table_top(15, 19, 20, 10), 10);
    assert_int_equal(table_top(5, -1, 3, 10), 0);
    assert_int_equal(table_top(5, 5, 3, 0), 0);
}

/* ---- drawings ------------------------------------------------------------------------------- */

static void buckets_hold_the_largest_and_leave_gaps(void **state)
{
    const int64_t at[] = {100 * USEC_PER_SEC, 101 * USEC_PER_SEC, 140 * USEC_PER_SEC};
    const int64_t value[] = {5, 9, LAG_UNKNOWN};
    struct series v = {3, at, value};
    struct arena a;
    (void)state;
    arena_init(&a);
    const double *b = draw_buckets(&v, 140 * USEC_PER_SEC, 50 * USEC_PER_SEC, 10, &a);
    for (int i = 0; i < 10; i++)
        assert_true(i == 1 ? b[i] == 9 : b[i] < 0);
    arena_release(&a);
}

static void a_little_is_not_nothing(void **state)
{
    struct surface s;
    const double v[] = {-1, 0, 1, 1000};
    (void)state;
    surface_init(&s, 2, 4);
    draw_spark(&s, 0, 0, 4, TR_SPARK, v, 4);
    assert_row(&s, 0, " ▁▂█");
    draw_bar(&s, 1, 0, 4, TR_OK, 0.01);
    assert_row(&s, 1, "█░░░");
    draw_bar(&s, 1, 0, 4, TR_OK, NAN);
    assert_row(&s, 1, "░░░░");
    surface_release(&s);
}

static void text_wraps_at_blanks_and_breaks_what_is_too_long(void **state)
{
    struct surface s;
    struct arena a;
    struct doc d;
    (void)state;
    arena_init(&a);
    surface_init(&s, 6, 12);
    doc_init(&d, &a, &s, 12);
    doc_text(&d, 2, TR_TEXT, "one two three supercalifragile");
    doc_draw(&d, 0, &s, (struct rect){0, 0, 6, 12});
    assert_row(&s, 0, "  one two   ");
    assert_row(&s, 1, "  three     ");
    assert_row(&s, 2, "  supercalif");
    assert_row(&s, 3, "  ragile    ");
    assert_int_equal(d.nlines, 4);
    assert_int_equal(doc_scroll_most(&d, 3), 1);
    surface_release(&s);
    arena_release(&a);
}

/* ---- keys ----------------------------------------------------------------------------------- */

static enum status bind(const struct key_binding *keys, int n, struct keymap *m, struct err *e)
{
    static struct settings s;
    s = (struct settings){.keys = keys, .nkeys = n};
    return keymap_init(m, &s, e);
}

static void own_keys_replace_and_add(void **state)
{
    const struct key_binding keys[] = {{"r", "interval 5s", "slow", "a:1"},
                                       {"C-t", "theme light", "", "a:2"}};
    struct keymap m;
    struct err e = ERR_INIT;
    (void)state;
    assert_int_equal(bind(keys, 2, &m, &e), ST_OK);
    assert_string_equal(keymap_find(&m, "r")->command, "interval 5s");
    assert_string_equal(keymap_find(&m, "C-t")->note, "theme light");
    assert_string_equal(keymap_find(&m, "q")->command, "quit");
    keymap_release(&m);
}

static void keys_that_cannot_be_are_refused(void **state)
{
    static const struct {
        struct key_binding keys[2];
        int n;
        const char *says;
    } cases[] = {
        {{{"Hyper", "quit", "", "f:1"}}, 1, "f:1: there is no key \"Hyper\""},
        {{{"Esc", "quit", "", "f:2"}}, 1, "needs key Esc itself: close"},
        {{{":", "quit", "", "f:3"}}, 1, "needs key : itself"},
        {{{"C-m", "quit", "", "f:7"}}, 1, "f:7: the console needs key C-m itself"},
        {{{"C-h", "quit", "", "f:8"}, {"Backspace", "refresh", "", "f:9"}},
         2,
         "f:9: key Backspace is bound twice"},
        {{{"x", "quit", "", "f:4"}, {"x", "refresh", "", "f:5"}},
         2,
         "f:5: key x is bound twice: to \"refresh\" here, to \"quit\" at f:4"},
        {{{"x", "fly", "", "f:6"}}, 1, "f:6: key x"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct keymap m;
        struct err e = ERR_INIT;
        assert_int_equal(bind(cases[i].keys, cases[i].n, &m, &e), ST_INVALID);
        if (!strstr(err_text(&e), cases[i].says))
            fail_msg("\"%s\" is not in \"%s\"", cases[i].says, err_text(&e));
        err_release(&e);
    }
}

static void no_default_key_hides_another(void **state)
{
    struct keymap m;
    int n;
    (void)state;
    assert_int_equal(keymap_init(&m, NULL, NULL), ST_OK);
    for (int i = 0; i < m.n; i++) {
        assert_int_equal(keymap_ui(m.v[i].key), UI_NONE);
        assert_ptr_equal(keymap_find(&m, m.v[i].key), &m.v[i]);
        assert_true(keymap_key_valid(m.v[i].key));
    }
    keymap_ui_keys(&n);
    assert_true(n > 10);
    keymap_release(&m);
}

/* Nothing that changes a cluster happens by a key alone: such a key begins a command in the bar,
 * which is then finished, sent off and confirmed by hand. */
static void a_key_only_begins_what_changes_something(void **state)
{
    struct keymap m;
    int begun = 0;
    (void)state;
    assert_int_equal(keymap_init(&m, NULL, NULL), ST_OK);
    for (int i = 0; i < m.n; i++) {
        const char *line = m.v[i].command;
        const struct command *c = NULL;
        for (int k = 0; k < CMD_COUNT; k++) {
            const char *name = command_get((enum command_id)k)->name;
            size_t n = strlen(name);
            if (strncmp(line, name, n) == 0 && (!line[n] || line[n] == ' ') &&
                (!c || strlen(c->name) < n))
                c = command_get((enum command_id)k);
        }
        if (!c)
            fail_msg("key %s: \"%s\" begins with no command", m.v[i].key, line);
        if (!(c->flags & CMDF_CHANGES) && !strstr(line, "--write"))
            continue;
        begun++;
        if (line[strlen(line) - 1] != ' ')
            fail_msg("key %s runs \"%s\" by itself", m.v[i].key, line);
    }
    assert_int_equal(begun, 3); /* s, R and L */
    assert_string_equal(keymap_find(&m, "s")->command, "switchover --candidate ");
    assert_string_equal(keymap_find(&m, "R")->command, "restart ");
    keymap_release(&m);
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_cut_with_an_ellipsis),
        cmocka_unit_test(a_long_name_keeps_its_ends),
        cmocka_unit_test(wide_characters_are_never_halved),
        cmocka_unit_test(marks_stay_with_their_letter),
        cmocka_unit_test(nothing_a_terminal_obeys_gets_on_the_grid),
        cmocka_unit_test(ascii_counts_what_it_draws),
        cmocka_unit_test(unknown_sorts_last_whichever_way),
        cmocka_unit_test(the_filter_looks_at_every_cell),
        cmocka_unit_test(columns_go_by_policy),
        cmocka_unit_test(the_selected_row_stays_in_sight),
        cmocka_unit_test(buckets_hold_the_largest_and_leave_gaps),
        cmocka_unit_test(a_little_is_not_nothing),
        cmocka_unit_test(text_wraps_at_blanks_and_breaks_what_is_too_long),
        cmocka_unit_test(own_keys_replace_and_add),
        cmocka_unit_test(keys_that_cannot_be_are_refused),
        cmocka_unit_test(no_default_key_hides_another),
        cmocka_unit_test(a_key_only_begins_what_changes_something),
    };
    return cmocka_run_group_tests_name("widgets", tests, NULL, NULL);
}
