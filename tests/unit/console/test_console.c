/* Keys in, state and requests out: the console without a terminal and with a fake app. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../src/console/term_keys.h"
#include "scenes.h"
#include "world.h"

/* ---- moving about --------------------------------------------------------------------------- */

static void panes_by_key_and_by_command(void **state)
{
    struct world *w = *state;
    press(w, "3");
    assert_int_equal(w->c.v.focus, PANE_POOLS);
    press(w, "Tab");
    assert_int_equal(w->c.v.focus, PANE_STATS);
    press(w, "8");
    assert_int_equal(w->c.v.focus, PANE_FAILOVERS);
    press(w, "Tab");
    assert_int_equal(w->c.v.focus, PANE_ROUTES);
    press(w, "0");
    assert_int_equal(w->c.v.focus, PANE_HAPROXY);
    press(w, "9");
    assert_int_equal(w->c.v.focus, PANE_ROUTES);
    press(w, "b");
    assert_int_equal(w->c.v.focus, PANE_BOUNCERS);
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
    press(w, "d");
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
    press(w, "f");
    assert_ptr_equal(console_picture(&w->c), old);
    w->app.snapshot = sample_snapshot(SAMPLE_NO_LEADER, SB_NOW_US);
    assert_ptr_equal(console_picture(&w->c), old);
    press(w, "f");
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

static void ask_for_plan(struct world *w, bool blocked)
{
    w->app.next_plan = screen_plan(&w->arena, blocked);
    command(w, "switchover --candidate pg2");
}

static void begin_plan(struct world *w, bool blocked)
{
    ask_for_plan(w, blocked);
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
    assert_string_equal(w->app.log.s, "refresh; execute; ");
    assert_int_equal(w->c.v.overlay, OVERLAY_PROGRESS);
    assert_null(w->c.v.plan);
}

/* The word is not enough where a check warns. */
static void warnings_are_confirmed_by_themselves(void **state)
{
    struct world *w = *state;
    begin_plan(w, false);
    w->c.v.plan->worst = CHECK_WARN;
    type(w, "pg2");
    press(w, "Enter");
    assert_string_equal(w->app.log.s, "");
    assert_int_equal(w->c.v.overlay, OVERLAY_PLAN);
    assert_string_equal(w->c.v.typed.s, "");
    press(w, "Enter"); /* an empty answer is a no */
    assert_string_equal(w->app.log.s, "decline: declined for its warnings; ");
    begin_plan(w, false);
    w->c.v.plan->worst = CHECK_WARN;
    type(w, "pg2");
    press(w, "Enter");
    type(w, "y");
    assert_string_equal(w->app.log.s, "");
    struct plan *p = w->c.v.plan;
    press(w, "Enter");
    assert_string_equal(w->app.log.s, "refresh; execute; ");
    assert_string_equal(p->accepted, "asked");
}

/* Who has been frozen since his last answer would carry the request out when he thaws. */
static void the_cluster_is_looked_at_once_more(void **state)
{
    struct world *w = *state;
    w->app.not_looked = true;
    begin_plan(w, false);
    type(w, "pg2");
    press(w, "Enter");
    assert_string_equal(w->app.log.s, "refresh; ");
    assert_int_equal(w->c.v.overlay, OVERLAY_PLAN);
    press(w, "Enter");
    type(w, "y");
    dialog_looked(&w->c);
    assert_string_equal(w->app.log.s, "refresh; ");
    w->app.not_looked = false;
    dialog_looked(&w->c);
    assert_string_equal(w->app.log.s, "refresh; execute; ");
    assert_int_equal(w->c.v.overlay, OVERLAY_PROGRESS);
}

/* Its silence is then what the checks say. */
static void the_last_look_has_an_end(void **state)
{
    struct world *w = *state;
    w->app.not_looked = true;
    begin_plan(w, false);
    type(w, "pg2");
    press(w, "Enter");
    clock_advance(&w->clock, 3 * USEC_PER_SEC);
    dialog_looked(&w->c);
    assert_string_equal(w->app.log.s, "refresh; execute; ");
}

/* In its first moments a console knows too little for a plan: the line is kept, and run then. */
static void a_plan_waits_for_the_first_picture(void **state)
{
    struct world *w = *state;
    w->app.not_ready = true;
    ask_for_plan(w, false);
    assert_null(w->c.v.plan);
    assert_int_equal(w->c.v.overlay, OVERLAY_TEXT);
    assert_string_equal(w->c.v.title, "One moment");
    type(w, "pg2"); /* typed blind: it confirms nothing */
    press(w, "Enter");
    dialog_early(&w->c);
    assert_null(w->c.v.plan);
    w->app.not_ready = false;
    dialog_early(&w->c);
    assert_non_null(w->c.v.plan);
    assert_int_equal(w->c.v.overlay, OVERLAY_PLAN);
    assert_int_equal(w->c.v.typed.len, 0);
}

static void the_first_picture_is_not_waited_for_long(void **state)
{
    struct world *w = *state;
    w->app.not_ready = true;
    ask_for_plan(w, false);
    clock_advance(&w->clock, 3 * USEC_PER_SEC);
    dialog_early(&w->c);
    assert_non_null(w->c.v.plan);
    press(w, "Esc");
    ask_for_plan(w, false); /* from then on none is */
    assert_non_null(w->c.v.plan);
}

static void the_wait_for_a_plan_can_be_declined(void **state)
{
    struct world *w = *state;
    w->app.not_ready = true;
    ask_for_plan(w, false);
    press(w, "Esc");
    w->app.not_ready = false;
    dialog_early(&w->c);
    assert_null(w->c.v.plan);
    assert_int_equal(w->c.v.overlay, OVERLAY_NONE);
}

static void the_last_look_can_be_declined(void **state)
{
    struct world *w = *state;
    w->app.not_looked = true;
    begin_plan(w, false);
    type(w, "pg2");
    press(w, "Enter");
    press(w, "Esc");
    dialog_looked(&w->c);
    assert_string_equal(w->app.log.s, "refresh; decline: declined by the operator; ");
    assert_int_equal(w->c.v.overlay, OVERLAY_NONE);
}

static void what_cannot_be_read_is_not_confirmed(void **state)
{
    struct world *w = *state;
    begin_plan(w, false);
    type(w, "pg2");
    surface_resize(&w->c.surface, SCREEN_MIN_ROWS - 1, SCREEN_MIN_COLS);
    press(w, "Enter");
    assert_string_equal(w->app.log.s, "");
    press(w, "Esc");
    assert_string_equal(w->app.log.s, "decline: declined by the operator; ");
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
    } cases[] = {{"y", "refresh; execute; "},
                 {"yes", "refresh; execute; "},
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

/* ---- watching ------------------------------------------------------------------------------- */

static void happen(struct world *w, int n)
{
    if (!w->events)
        w->app.events = w->events = event_log_new(EVENT_LOG_MAX);
    for (int i = 0; i < n; i++) {
        clock_advance(&w->clock, 100 * USEC_PER_MS);
        event_log_add(w->events, &(struct event){.mono_us = clock_mono(&w->clock),
                                                 .wall_us = clock_wall(&w->clock),
                                                 .text = "it happened"});
    }
    w->c.v.now_us = clock_mono(&w->clock);
}

/* The first row of the events pane that is on the screen. */
static const char *first_event(struct world *w)
{
    struct frame f;
    console_frame(&w->c, &f);
    w->c.v.tick_us = clock_mono(&w->clock);
    frame_draw(&f, &w->c.surface, &w->c.layout);
    struct picture p;
    struct table_model m;
    int n;
    frame_picture(&f, &p);
    pane_model(pane_get(PANE_EVENTS), &p, &w->arena, &m);
    const struct table_state *t = &w->c.v.tables[PANE_EVENTS];
    const int *order = table_order(&m, t, &w->arena, &n);
    int rows = layout_table_rows(&f, &w->c.layout, PANE_EVENTS);
    int at = table_selected(&m, t, order, n);
    return m.rows[order[table_top(table_first(&m, t, at), at, n, rows)]].key;
}

static void new_events_scroll_in_unless_a_row_is_selected(void **state)
{
    struct world *w = *state;
    press(w, "7");
    happen(w, 40);
    assert_string_equal(first_event(w), "40");
    happen(w, 1);
    assert_string_equal(first_event(w), "41");
    press(w, "Down");
    press(w, "Down");
    assert_string_equal(w->c.v.tables[PANE_EVENTS].selected, "39");
    assert_string_equal(first_event(w), "41");
    happen(w, 30);
    assert_string_equal(w->c.v.tables[PANE_EVENTS].selected, "39");
    assert_string_equal(first_event(w), "41"); /* nothing moved under the eye */
    press(w, "PgDn");
    const char *there = first_event(w);
    happen(w, 5);
    assert_string_equal(first_event(w), there);
    press(w, "g");
    assert_string_equal(first_event(w), "76");
    happen(w, 2);
    assert_string_equal(first_event(w), "78");
}

static void what_is_younger_than_a_frozen_picture_is_counted(void **state)
{
    struct world *w = *state;
    struct frame f;
    struct picture p;
    struct table_model m;
    press(w, "7");
    happen(w, 4);
    press(w, "f");
    int64_t frozen_at = w->c.v.now_us;
    happen(w, 3);
    w->c.v.now_us = frozen_at;
    console_frame(&w->c, &f);
    frame_picture(&f, &p);
    pane_model(pane_get(PANE_EVENTS), &p, &w->arena, &m);
    assert_int_equal(m.nrows, 4);
    assert_string_equal(m.note, "3 newer than this picture");
}

static void what_was_kept_of_an_earlier_run_is_shown(void **state)
{
    struct world *w = *state;
    struct frame f;
    struct picture p;
    struct table_model m;
    happen(w, 0);
    int64_t wall = clock_wall(&w->clock);
    event_log_add(w->events, &(struct event){.mono_us = wall, .wall_us = wall, .text = "kept"});
    press(w, "7");
    console_frame(&w->c, &f);
    frame_picture(&f, &p);
    pane_model(pane_get(PANE_EVENTS), &p, &w->arena, &m);
    assert_int_equal(m.nrows, 1);
    assert_string_equal(m.note, "");
    assert_true(w->c.v.now_us < wall); /* else it would be so by itself */
}

/* The hands are off the keys. */
static void a_while_later(struct world *w)
{
    clock_advance(&w->clock, 4 * USEC_PER_SEC);
}

static void begin_failover(struct world *w)
{
    w->fo = scene_crash(MOMENT_SILENT);
    w->app.failovers = (struct failover_list){.open = w->fo};
    watch_failovers(&w->c);
}

static void a_failover_opens_its_pane(void **state)
{
    struct world *w = *state;
    press(w, "2");
    a_while_later(w);
    begin_failover(w);
    assert_int_equal(w->c.v.focus, PANE_FAILOVERS);
    press(w, "3"); /* chosen: it stays away for this one */
    watch_failovers(&w->c);
    assert_int_equal(w->c.v.focus, PANE_POOLS);
}

static void one_that_was_nothing_takes_nobody_away(void **state)
{
    struct world *w = *state;
    press(w, "2");
    a_while_later(w);
    begin_failover(w);
    w->app.failovers = (struct failover_list){0};
    watch_failovers(&w->c);
    assert_int_equal(w->c.v.focus, PANE_LAG);
}

static void one_that_ended_stays_on_the_screen(void **state)
{
    struct world *w = *state;
    press(w, "2");
    a_while_later(w);
    begin_failover(w);
    w->fo->open = false;
    w->app.failovers = (struct failover_list){.n = 1, .v = {w->fo}};
    watch_failovers(&w->c);
    assert_int_equal(w->c.v.focus, PANE_FAILOVERS);
}

/* The key that comes next was meant for what was on the screen. */
static void a_failover_lets_who_is_typing_go_on(void **state)
{
    struct world *w = *state;
    press(w, "2");
    begin_failover(w);
    assert_int_equal(w->c.v.focus, PANE_LAG);
    assert_true(w->c.v.failover_waits);
    press(w, "1");
    watch_failovers(&w->c);
    assert_int_equal(w->c.v.focus, PANE_TOPOLOGY);
    a_while_later(w);
    watch_failovers(&w->c);
    assert_int_equal(w->c.v.focus, PANE_FAILOVERS);
    assert_false(w->c.v.failover_waits);
}

static void a_failover_never_takes_the_screen_from_the_operator(void **state)
{
    struct world *w = *state;
    press(w, ":");
    type(w, "swi");
    begin_failover(w);
    assert_int_equal(w->c.v.focus, PANE_TOPOLOGY);
    assert_true(w->c.v.failover_waits);
    press(w, "Esc");
    a_while_later(w);
    watch_failovers(&w->c);
    assert_int_equal(w->c.v.focus, PANE_TOPOLOGY);
    assert_true(w->c.v.failover_waits); /* said until it is looked at */
    press(w, "8");
    watch_failovers(&w->c);
    assert_false(w->c.v.failover_waits);
}

static void a_plan_is_not_covered(void **state)
{
    struct world *w = *state;
    begin_plan(w, false);
    begin_failover(w);
    assert_int_equal(w->c.v.focus, PANE_TOPOLOGY);
    assert_int_equal(w->c.v.overlay, OVERLAY_PLAN);
}

static void the_pane_can_be_kept_shut(void **state)
{
    struct world *w = *state;
    press(w, "X");
    begin_failover(w);
    assert_int_equal(w->c.v.focus, PANE_TOPOLOGY);
    assert_false(w->c.v.failover_waits);
}

static void a_frozen_picture_keeps_its_failover(void **state)
{
    struct world *w = *state;
    struct frame f;
    begin_failover(w);
    press(w, "f");
    failover_free(w->fo); /* the fold is done with it */
    w->fo = NULL;
    w->app.failovers = (struct failover_list){0};
    console_frame(&w->c, &f);
    assert_non_null(f.failovers->open);
    assert_string_equal(f.failovers->open->from, "pg1");
    press(w, "f");
    console_frame(&w->c, &f);
    assert_null(f.failovers->open);
}

static void a_kept_one_is_reopened(void **state)
{
    struct world *w = *state;
    w->fo = scene_crash(MOMENT_ENDED);
    w->app.failovers = (struct failover_list){.n = 1, .v = {w->fo}};
    command(w, "failovers 3");
    assert_int_equal(w->c.v.focus, PANE_FAILOVERS);
    assert_int_equal(w->c.v.overlay, OVERLAY_CARD);
    assert_string_equal(w->c.v.card_key, "3");
    press(w, "Esc");
    command(w, "failovers 9");
    assert_int_equal(w->c.v.overlay, OVERLAY_NONE);
    assert_non_null(strstr(w->c.v.message, "no failover 9"));
}

/* ---- alerts --------------------------------------------------------------------------------- */

static bool rings(struct world *w, enum health h)
{
    int64_t before = w->c.alert.rung_us;
    clock_advance(&w->clock, 10 * USEC_PER_SEC);
    w->c.v.tick_us = clock_mono(&w->clock);
    w->c.v.live_health = h;
    alert_update(&w->c);
    return w->c.alert.rung_us != before;
}

static void the_bell_rings_when_it_gets_worse(void **state)
{
    struct world *w = *state;
    assert_false(rings(w, HEALTH_DEGRADED)); /* as it was found */
    assert_string_equal(w->c.alert.title, "lab: degraded");
    assert_true(rings(w, HEALTH_CRITICAL));
    assert_string_equal(w->c.alert.title, "lab: critical");
    assert_false(rings(w, HEALTH_CRITICAL));
    assert_false(rings(w, HEALTH_OK));
    assert_string_equal(w->c.alert.title, "lab: healthy");
    w->settings.bell = w->settings.title = false;
    assert_false(rings(w, HEALTH_CRITICAL));
    assert_string_equal(w->c.alert.title, "lab: healthy");
}

static void nothing_is_told_before_everybody_was_asked(void **state)
{
    struct world *w = *state;
    w->c.v.complete = false;
    assert_false(rings(w, HEALTH_UNREACHABLE));
    assert_null(w->c.alert.title);
    w->c.v.complete = true;
    assert_false(rings(w, HEALTH_OK));
    assert_true(rings(w, HEALTH_UNREACHABLE));
}

/* ---- recordings and the probe --------------------------------------------------------------- */

static const char *log_of(struct world *w)
{
    char *s = arena_strdup(&w->arena, w->app.log.s);
    buf_clear(&w->app.log);
    return s;
}

static void keys_of_a_replay(void **state)
{
    struct world *w = *state;
    happen(w, 3); /* 100 ms apart */
    w->app.replay = (struct replay_state){
        .on = true, .playing = true, .at_us = 10 * USEC_PER_SEC, .length_us = 60 * USEC_PER_SEC};
    press(w, "Space");
    assert_string_equal(log_of(w), "pause; ");
    assert_null(w->c.frozen);
    press(w, "Space");
    assert_string_equal(log_of(w), "play; ");
    press(w, "n");
    press(w, "Right");
    assert_string_equal(log_of(w), "step; step; ");
    press(w, "Left");
    assert_string_equal(log_of(w), "pause; seek 9900 ms; ");
    w->app.replay.ended = true;
    press(w, "Space");
    assert_string_equal(log_of(w), "seek 0 ms; play; ");
    press(w, "3"); /* all other keys are what they are */
    assert_int_equal(w->c.v.focus, PANE_POOLS);
}

static void commands_of_a_replay(void **state)
{
    struct world *w = *state;
    command(w, "replay play");
    assert_string_equal(log_of(w), "");
    assert_non_null(strstr(w->c.v.message, "no recording"));
    setenv("TZ", "UTC", 1);
    w->app.replay = (struct replay_state){.on = true,
                                          .start_wall_us = SB_WALL_US, /* 03:12:07 */
                                          .at_us = 10 * USEC_PER_SEC,
                                          .length_us = 60 * USEC_PER_SEC};
    command(w, "replay seek +20s");
    command(w, "replay seek 03:12:37");
    command(w, "replay seek 16s");
    command(w, "replay speed 4x");
    command(w, "replay step");
    assert_string_equal(log_of(w),
                        "seek 20000 ms; seek 30000 ms; seek 46000 ms; speed 4.0; step; ");
}

static void recording_and_probing_by_command(void **state)
{
    struct world *w = *state;
    command(w, "record stop");
    assert_string_equal(log_of(w), "");
    command(w, "record start /tmp/x.jsonl");
    command(w, "record stop");
    assert_string_equal(log_of(w), "record /tmp/x.jsonl; record stop; ");
    command(w, "probe start --via haproxy --every 200ms");
    assert_string_equal(log_of(w), "probe haproxy every 200 ms; ");
    w->app.refusal = "there is no route \"x\"";
    command(w, "probe start --via x");
    assert_non_null(strstr(w->c.v.message, "no route"));
    w->app.refusal = NULL;
    log_of(w);
    w->app.probe_runs = true;
    command(w, "probe stop");
    assert_string_equal(log_of(w), "probe stop; ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

/* ---- the audit log -------------------------------------------------------------------------- */

static void type_line(struct world *w, const char *line)
{
    press(w, ":");
    type(w, line);
    press(w, "Enter");
}

static void the_audit_log_is_read_and_left(void **state)
{
    struct world *w = *state;
    type_line(w, "audit");
    assert_int_equal(w->c.v.overlay, OVERLAY_NONE);
    assert_non_null(strstr(w->c.v.message, "cannot read the audit log"));
    w->app.audit = scene_audit;
    type_line(w, "audit");
    assert_int_equal(w->c.v.overlay, OVERLAY_AUDIT);
    assert_int_equal(w->c.v.audit->trail.n, 3);
    press(w, "Up");
    assert_int_equal(w->c.v.audit->at, 0);
    press(w, "G");
    assert_int_equal(w->c.v.audit->at, 2);
    press(w, "Down");
    assert_int_equal(w->c.v.audit->at, 2);
    press(w, "Enter");
    assert_true(w->c.v.audit->details);
    press(w, "Down"); /* scrolls */
    assert_int_equal(w->c.v.audit->at, 2);
    press(w, "Esc");
    assert_false(w->c.v.audit->details);
    assert_int_equal(w->c.v.overlay, OVERLAY_AUDIT);
    press(w, "Esc");
    assert_int_equal(w->c.v.overlay, OVERLAY_NONE);
    type_line(w, "audit --cluster far --last 1");
    assert_int_equal(w->c.v.audit->trail.n, 1);
    press(w, "Enter");
    press(w, "q");
    assert_int_equal(w->c.v.overlay, OVERLAY_NONE);
    w->app.audit = "";
    type_line(w, "audit");
    press(w, "Enter"); /* there is nothing to show all of */
    assert_false(w->c.v.audit->details);
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    setenv("INPUTRC", "/dev/null", 1);
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    const struct CMUnitTest tests[] = {
        TEST(the_audit_log_is_read_and_left),
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
        TEST(warnings_are_confirmed_by_themselves),
        TEST(the_cluster_is_looked_at_once_more),
        TEST(the_last_look_has_an_end),
        TEST(the_last_look_can_be_declined),
        TEST(a_plan_waits_for_the_first_picture),
        TEST(the_first_picture_is_not_waited_for_long),
        TEST(the_wait_for_a_plan_can_be_declined),
        TEST(what_cannot_be_read_is_not_confirmed),
        TEST(pasting_does_not_confirm),
        TEST(yes_is_y_and_everything_else_is_no),
        TEST(a_blocked_plan_cannot_be_confirmed),
        TEST(a_read_only_console_sends_nothing),
        TEST(a_cluster_that_moved_is_said),
        TEST(leaving_with_an_operation_asks),
        TEST(interrupt_twice_leaves),
        TEST(a_plan_left_open_is_declined),
        TEST(help_scrolls_to_its_end),
        TEST(new_events_scroll_in_unless_a_row_is_selected),
        TEST(what_is_younger_than_a_frozen_picture_is_counted),
        TEST(what_was_kept_of_an_earlier_run_is_shown),
        TEST(a_failover_opens_its_pane),
        TEST(one_that_was_nothing_takes_nobody_away),
        TEST(one_that_ended_stays_on_the_screen),
        TEST(a_failover_lets_who_is_typing_go_on),
        TEST(a_failover_never_takes_the_screen_from_the_operator),
        TEST(a_plan_is_not_covered),
        TEST(the_pane_can_be_kept_shut),
        TEST(a_frozen_picture_keeps_its_failover),
        TEST(a_kept_one_is_reopened),
        TEST(the_bell_rings_when_it_gets_worse),
        TEST(nothing_is_told_before_everybody_was_asked),
        TEST(keys_of_a_replay),
        TEST(commands_of_a_replay),
        TEST(recording_and_probing_by_command),
    };
    return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
