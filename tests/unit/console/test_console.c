/* Keys in, state and requests out: the console without a terminal and with a fake app. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../src/console/console_private.h"
#include "../../../src/console/term_keys.h"
#include "fake_app.h"
#include "screen.h"

struct world {
    struct app app;
    struct clock clock;
    struct settings settings;
    struct console_options opt;
    struct console c;
    struct arena arena;
};

static int setup(void **state)
{
    struct world *w = xcalloc(1, sizeof *w);
    struct line_editor_options le = {.complete = bar_complete, .arg = &w->c};
    fake_app_init(&w->app);
    arena_init(&w->arena);
    w->app.snapshot = sample_snapshot(SAMPLE_CASCADING, SB_NOW_US);
    w->clock = clock_fake(SB_NOW_US, SB_WALL_US);
    w->opt = (struct console_options){.clock = &w->clock, .settings = &w->settings};
    w->c = (struct console){.app = &w->app, .opt = &w->opt, .test_fd = -1};
    view_init(&w->c.v);
    arena_init(&w->c.judged);
    arena_init(&w->c.hints);
    arena_init(&w->c.words);
    w->c.bar = (struct bar_view){.hint = "", .error = "", .text = "", .prompt = ""};
    w->c.v.now_us = w->c.v.live_us = SB_NOW_US;
    assert_int_equal(keymap_init(&w->c.keys, NULL, NULL), ST_OK);
    surface_init(&w->c.surface, 24, 80);
    w->c.editor = line_editor_open(&le);
    line_editor_cancel(w->c.editor);
    console_names(&w->c);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    line_editor_close(w->c.editor);
    surface_release(&w->c.surface);
    keymap_release(&w->c.keys);
    view_release(&w->c.v);
    snapshot_unref(w->c.frozen);
    snapshot_unref(w->app.snapshot);
    free(w->c.bar_error);
    arena_release(&w->c.judged);
    arena_release(&w->c.hints);
    arena_release(&w->c.words);
    arena_release(&w->arena);
    fake_app_release(&w->app);
    free(w);
    return 0;
}

static void press(struct world *w, const char *name)
{
    static const struct {
        const char *name, *bytes;
    } named[] = {{"Enter", "\r"},     {"Esc", "\033"},       {"Up", "\033[A"}, {"Down", "\033[B"},
                 {"Tab", "\t"},       {"Backspace", "\177"}, {"C-c", "\003"},  {"C-u", "\025"},
                 {"PgDn", "\033[6~"}, {"Space", " "}};
    struct key k;
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        if (strcmp(named[i].name, name) == 0) {
            term_key_named(&k, name, named[i].bytes);
            console_key(&w->c, &k);
            return;
        }
    }
    term_key_char(&k, (uint32_t)name[0], false);
    console_key(&w->c, &k);
}

static void type(struct world *w, const char *text)
{
    for (; *text; text++) {
        struct key k;
        term_key_char(&k, (uint32_t)*text, false);
        console_key(&w->c, &k);
    }
}

static void command(struct world *w, const char *line)
{
    press(w, ":");
    type(w, line);
    press(w, "Enter");
}

/* ---- moving about --------------------------------------------------------------------------- */

static void panes_by_key_and_by_command(void **state)
{
    struct world *w = *state;
    press(w, "3");
    assert_int_equal(w->c.v.focus, PANE_POOLS);
    press(w, "Tab");
    assert_int_equal(w->c.v.focus, PANE_STATS);
    press(w, "Tab");
    assert_int_equal(w->c.v.focus, PANE_TOPOLOGY);
    command(w, "lag");
    assert_int_equal(w->c.v.focus, PANE_LAG);
    command(w, "pane pools");
    assert_int_equal(w->c.v.focus, PANE_POOLS);
    command(w, "pane pols");
    assert_non_null(strstr(w->c.v.message ? w->c.v.message : w->c.bar_error, "pools"));
}

static void the_selection_follows_the_member(void **state)
{
    struct world *w = *state;
    press(w, "Down");
    assert_string_equal(w->c.v.tables[PANE_TOPOLOGY].selected, "pg2");
    press(w, "Enter");
    assert_int_equal(w->c.v.overlay, OVERLAY_CARD);
    assert_string_equal(w->c.v.card_key, "pg2");
    press(w, "Esc");
    command(w, "sort member --reverse");
    press(w, "Down"); /* pg5 pg4 pg3 pg2 pg1: from pg2 to pg1 */
    assert_string_equal(w->c.v.tables[PANE_TOPOLOGY].selected, "pg1");
    press(w, "G");
    press(w, "Down");
    assert_string_equal(w->c.v.tables[PANE_TOPOLOGY].selected, "pg1");
}

static void the_filter_works_while_it_is_typed(void **state)
{
    struct world *w = *state;
    press(w, "/");
    type(w, "PG4");
    assert_string_equal(w->c.v.tables[PANE_TOPOLOGY].filter, "PG4");
    press(w, "Enter");
    assert_false(w->c.bar.open);
    assert_string_equal(w->c.v.tables[PANE_TOPOLOGY].filter, "PG4");
    press(w, "Esc");
    assert_null(w->c.v.tables[PANE_TOPOLOGY].filter);
    press(w, "/");
    type(w, "x");
    press(w, "Esc");
    assert_null(w->c.v.tables[PANE_TOPOLOGY].filter);
    assert_false(w->c.bar.open);
}

static void the_interval_goes_by_steps_and_stops_at_the_ends(void **state)
{
    struct world *w = *state;
    press(w, "+");
    assert_int_equal(w->app.refresh_us, 2 * USEC_PER_SEC);
    for (int i = 0; i < 10; i++)
        press(w, "+");
    assert_int_equal(w->app.refresh_us, 60 * USEC_PER_SEC);
    for (int i = 0; i < 10; i++)
        press(w, "-");
    assert_int_equal(w->app.refresh_us, USEC_PER_SEC / 2);
    command(w, "interval 7s");
    assert_int_equal(w->app.refresh_us, 7 * USEC_PER_SEC);
    press(w, "-");
    assert_int_equal(w->app.refresh_us, 5 * USEC_PER_SEC);
}

static void frozen_keeps_the_picture(void **state)
{
    struct world *w = *state;
    const struct snapshot *old = w->app.snapshot;
    press(w, "Space");
    assert_ptr_equal(console_picture(&w->c), old);
    w->app.snapshot = sample_snapshot(SAMPLE_NO_LEADER, SB_NOW_US);
    assert_ptr_equal(console_picture(&w->c), old);
    press(w, "Space");
    assert_ptr_equal(console_picture(&w->c), w->app.snapshot);
    snapshot_unref(old);
}

/* Over a slow line Esc and the next key come in one packet, and look like Alt. */
static void escape_and_a_key_in_one_packet(void **state)
{
    struct world *w = *state;
    struct key k;
    press(w, "?");
    assert_int_equal(w->c.v.overlay, OVERLAY_HELP);
    term_key_char(&k, '2', true);
    console_key(&w->c, &k);
    assert_int_equal(w->c.v.overlay, OVERLAY_NONE);
    assert_int_equal(w->c.v.focus, PANE_LAG);
}

/* ---- the bar -------------------------------------------------------------------------------- */

static void a_wrong_line_stays_and_points_at_the_word(void **state)
{
    struct world *w = *state;
    command(w, "interval soon");
    assert_true(w->c.bar.open);
    assert_non_null(w->c.bar_error);
    assert_int_equal(w->c.bar.error_start, 9);
    assert_int_equal(w->c.bar.error_len, 4);
    bar_update(&w->c);
    assert_string_equal(w->c.bar.text, "interval soon");
    type(w, "x"); /* editing on forgets the error */
    bar_update(&w->c);
    assert_string_equal(w->c.bar.error, "");
}

static void a_plan_that_is_refused_points_at_the_word(void **state)
{
    struct world *w = *state;
    w->app.refusal = "lab has no member \"pg9\"; did you mean \"pg2\"?";
    command(w, "switchover --candidate pg9");
    assert_true(w->c.bar.open);
    assert_string_equal(w->c.bar_error, w->app.refusal);
    assert_int_equal(w->c.bar.error_start, 23);
    assert_int_equal(w->c.bar.error_len, 3);
    press(w, "Esc");
    assert_false(w->c.bar.open);
}

static void a_binding_that_is_unfinished_opens_the_bar(void **state)
{
    struct world *w = *state;
    press(w, "s");
    assert_true(w->c.bar.open);
    bar_update(&w->c);
    assert_string_equal(w->c.bar.text, "switchover --candidate ");
    press(w, "C-c");
    assert_false(w->c.bar.open);
    assert_false(w->app.stopped);
}

/* ---- plans ---------------------------------------------------------------------------------- */

static void begin_plan(struct world *w, bool blocked)
{
    w->app.next_plan = screen_plan(&w->arena, blocked);
    command(w, "switchover --candidate pg2");
    assert_int_equal(w->c.v.overlay, OVERLAY_PLAN);
    buf_clear(&w->app.log);
}

static void only_the_very_word_confirms(void **state)
{
    struct world *w = *state;
    begin_plan(w, false);
    press(w, "Enter");
    assert_int_equal(w->c.v.overlay, OVERLAY_PLAN);
    type(w, "pg");
    press(w, "Enter");
    assert_non_null(strstr(w->c.v.complaint, "nothing was sent"));
    assert_string_equal(w->app.log.s, "");
    press(w, "C-u");
    type(w, "pg22");
    press(w, "Backspace");
    press(w, "Enter");
    assert_string_equal(w->app.log.s, "execute; ");
    assert_int_equal(w->c.v.overlay, OVERLAY_PROGRESS);
    assert_null(w->c.v.plan);
}

static void pasting_does_not_confirm(void **state)
{
    struct world *w = *state;
    struct key k;
    begin_plan(w, false);
    for (const char *p = "pg2\n"; *p; p++) {
        term_key_paste(&k, (uint32_t)*p);
        console_key(&w->c, &k);
    }
    assert_string_equal(w->c.v.typed.s, "");
    assert_string_equal(w->app.log.s, "");
    press(w, "Esc");
    assert_string_equal(w->app.log.s, "decline: declined by the operator; ");
}

static void yes_is_y_and_everything_else_is_no(void **state)
{
    static const struct {
        const char *answer, *log;
    } cases[] = {{"y", "execute; "},
                 {"yes", "execute; "},
                 {"", "decline: declined by the operator; "},
                 {"n", "decline: declined by the operator; "},
                 {"yy", "decline: declined by the operator; "}};
    struct world *w = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin_plan(w, false);
        w->c.v.plan->confirm = CONFIRM_YES;
        type(w, cases[i].answer);
        press(w, "Enter");
        assert_string_equal(w->app.log.s, cases[i].log);
        w->c.v.overlay = OVERLAY_NONE;
    }
}

static void a_blocked_plan_cannot_be_confirmed(void **state)
{
    struct world *w = *state;
    begin_plan(w, true);
    type(w, "pg2");
    assert_string_equal(w->c.v.typed.s, "");
    press(w, "Enter");
    assert_string_equal(w->app.log.s, "decline: a check blocked it; ");
    assert_int_equal(w->c.v.overlay, OVERLAY_NONE);
}

static void a_read_only_console_sends_nothing(void **state)
{
    struct world *w = *state;
    begin_plan(w, false);
    w->c.v.read_only = true;
    type(w, "pg2");
    press(w, "Enter");
    assert_string_equal(w->app.log.s, "decline: this console is read-only; ");
}

static void a_cluster_that_moved_is_said(void **state)
{
    struct world *w = *state;
    begin_plan(w, false);
    w->app.refusal = "the leader was pg1 and is pg3";
    type(w, "pg2");
    press(w, "Enter");
    assert_int_equal(w->c.v.overlay, OVERLAY_TEXT);
    assert_string_equal(w->c.v.title, "The cluster moved");
    assert_non_null(strstr(w->c.v.text, "Nothing was sent"));
}

/* ---- leaving -------------------------------------------------------------------------------- */

static void leaving_with_an_operation_asks(void **state)
{
    struct world *w = *state;
    w->app.op = screen_operation(&w->arena, OP_RUNNING);
    press(w, "q");
    assert_int_equal(w->c.v.overlay, OVERLAY_QUIT);
    press(w, "Enter");
    assert_false(w->app.stopped);
    press(w, "q");
    type(w, "y");
    press(w, "Enter");
    assert_true(w->app.stopped);
}

static void interrupt_twice_leaves(void **state)
{
    struct world *w = *state;
    press(w, "C-c");
    assert_false(w->app.stopped);
    clock_advance(&w->clock, 5 * USEC_PER_SEC);
    press(w, "C-c");
    assert_false(w->app.stopped);
    press(w, "C-c");
    assert_true(w->app.stopped);
}

static void a_plan_left_open_is_declined(void **state)
{
    struct world *w = *state;
    begin_plan(w, false);
    dialog_drop(&w->c);
    assert_non_null(strstr(w->app.log.s, "decline: the console was left"));
}

/* Overlays on the smallest screen can be read to their end. */
static void help_scrolls_to_its_end(void **state)
{
    struct world *w = *state;
    surface_resize(&w->c.surface, 10, 40);
    press(w, "?");
    for (int i = 0; i < 100; i++)
        press(w, "PgDn");
    struct frame f;
    console_frame(&w->c, &f);
    assert_int_equal(w->c.v.scroll, overlay_scroll_most(&f, &w->c.surface));
    assert_true(w->c.v.scroll > 20);
    press(w, "q");
    assert_int_equal(w->c.v.overlay, OVERLAY_NONE);
    assert_false(w->app.stopped);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    setenv("INPUTRC", "/dev/null", 1);
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    const struct CMUnitTest tests[] = {
        TEST(panes_by_key_and_by_command),
        TEST(the_selection_follows_the_member),
        TEST(the_filter_works_while_it_is_typed),
        TEST(the_interval_goes_by_steps_and_stops_at_the_ends),
        TEST(frozen_keeps_the_picture),
        TEST(escape_and_a_key_in_one_packet),
        TEST(a_wrong_line_stays_and_points_at_the_word),
        TEST(a_plan_that_is_refused_points_at_the_word),
        TEST(a_binding_that_is_unfinished_opens_the_bar),
        TEST(only_the_very_word_confirms),
        TEST(pasting_does_not_confirm),
        TEST(yes_is_y_and_everything_else_is_no),
        TEST(a_blocked_plan_cannot_be_confirmed),
        TEST(a_read_only_console_sends_nothing),
        TEST(a_cluster_that_moved_is_said),
        TEST(leaving_with_an_operation_asks),
        TEST(interrupt_twice_leaves),
        TEST(a_plan_left_open_is_declined),
        TEST(help_scrolls_to_its_end),
    };
    return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
