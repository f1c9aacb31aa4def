/* Acting by keys: names brought into the command bar, marked members, the menu of what can be done.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/console/menu.h"
#include "screen.h"
#include "world.h"

/* ---- names in the bar ----------------------------------------------------------------------- */

static void space_brings_the_name_into_the_bar(void **state)
{
    struct world *w = *state;
    press(w, "Down");
    press(w, "Space");
    assert_true(w->c.bar.open);
    assert_string_equal(bar_text(w), "| pg2");
    type(w, "reinit"); /* as it comes to mind: what, before whom */
    assert_string_equal(bar_text(w), "reinit| pg2");
    press(w, "Esc");
    press(w, "3");
    press(w, "Space");
    assert_string_equal(bar_text(w), "| app");
    press(w, "Esc");
    press(w, "8"); /* no failover yet */
    press(w, "Space");
    assert_false(w->c.bar.open);
    assert_non_null(strstr(w->c.v.message, "nothing here"));
}

static void a_second_blank_brings_it_into_an_open_bar(void **state)
{
    struct world *w = *state;
    press(w, "Down");
    press(w, "R");
    assert_string_equal(bar_text(w), "restart |");
    press(w, "Space");
    assert_string_equal(bar_text(w), "restart pg2|");
    press(w, "Space"); /* behind a word it is a blank */
    assert_string_equal(bar_text(w), "restart pg2 |");
    press(w, "C-u");
    press(w, "Space"); /* a line that begins with a blank is not kept in the history */
    assert_string_equal(bar_text(w), " |");
    press(w, "C-u");
    type(w, "filter 'a ");
    press(w, "Space");
    assert_string_equal(bar_text(w), "filter 'a  |");
    press(w, "Esc");
    press(w, "/");
    type(w, "a ");
    press(w, "Space"); /* a filter is text */
    assert_string_equal(bar_text(w), "a  |");
}

/* ---- marks ---------------------------------------------------------------------------------- */

static const char *marked(struct world *w)
{
    return marks_text(&w->c.v.marks, &w->arena);
}

static void marks_are_of_members_whatever_the_pane(void **state)
{
    struct world *w = *state;
    press(w, "Down");
    press(w, "m");
    press(w, "2"); /* replicas only: pg2 is the first row */
    press(w, "Down");
    press(w, "m");
    assert_string_equal(marked(w), "pg2, pg4");
    command(w, "sort member --reverse");
    assert_string_equal(marked(w), "pg2, pg4");
    press(w, "m");
    assert_string_equal(marked(w), "pg2");
    press(w, "3");
    press(w, "m");
    assert_string_equal(marked(w), "pg2");
    assert_non_null(strstr(w->c.v.message, "members can be marked"));
    press(w, "M");
    assert_string_equal(marked(w), "");
}

static void a_mark_goes_with_its_member(void **state)
{
    struct world *w = *state;
    press(w, "Down");
    press(w, "Down");
    press(w, "m"); /* pg4 */
    press(w, "g");
    press(w, "m");
    assert_int_equal(w->c.v.marks.n, 2);
    console_marks(&w->c);
    assert_int_equal(w->c.v.marks.n, 2);
    snapshot_unref(w->app.snapshot);
    w->app.snapshot = sample_snapshot(SAMPLE_HEALTHY, SB_NOW_US); /* pg1 to pg3 */
    console_marks(&w->c);
    assert_string_equal(marked(w), "pg1");
}

static void escape_drops_marks_last(void **state)
{
    struct world *w = *state;
    press(w, "m");
    command(w, "filter pg");
    press(w, "d");
    assert_int_equal(w->c.v.overlay, OVERLAY_CARD);
    press(w, "Esc");
    assert_int_equal(w->c.v.overlay, OVERLAY_NONE);
    assert_non_null(w->c.v.tables[PANE_TOPOLOGY].filter);
    press(w, "Esc");
    assert_null(w->c.v.tables[PANE_TOPOLOGY].filter);
    assert_string_equal(marked(w), "pg1");
    press(w, "Esc");
    assert_string_equal(marked(w), "");
}

/* ---- the menu ------------------------------------------------------------------------------- */

/* Puts the cursor of the open menu on that title. */
static const struct menu_item *menu_to(struct world *w, const char *title)
{
    struct frame f;
    const struct menu_item *v;
    assert_int_equal(w->c.v.overlay, OVERLAY_MENU);
    console_frame(&w->c, &f);
    int n = menu_items(&f, &w->arena, &v);
    press(w, "g");
    for (int i = 0; i < n; i++, press(w, "Down"))
        if (strcmp(v[w->c.v.menu_at].title, title) == 0)
            return &v[w->c.v.menu_at];
    fail_msg("the menu has no \"%s\"", title);
    return NULL;
}

static const char *why_not(struct world *w, const char *title)
{
    const char *why = menu_to(w, title)->why_not;
    return why ? why : "";
}

static void mark_two(struct world *w)
{
    press(w, "Down");
    press(w, "m"); /* pg2 */
    press(w, "Down");
    press(w, "m"); /* pg4 */
    press(w, "g");
}

static void enter_opens_the_menu_where_rows_are_members(void **state)
{
    struct world *w = *state;
    for (const char *p = "125"; *p; p++) {
        char key[2] = {*p, 0};
        press(w, key);
        press(w, "Enter");
        assert_int_equal(w->c.v.overlay, OVERLAY_MENU);
        press(w, "Esc");
        assert_int_equal(w->c.v.overlay, OVERLAY_NONE);
    }
    press(w, "3");
    press(w, "Enter");
    assert_int_equal(w->c.v.overlay, OVERLAY_CARD);
}

static void enter_twice_changes_nothing(void **state)
{
    struct world *w = *state;
    press(w, "Down");
    press(w, "Enter");
    press(w, "Enter");
    assert_int_equal(w->c.v.overlay, OVERLAY_CARD);
    assert_string_equal(w->c.v.card_key, "pg2");
    assert_string_equal(w->app.log.s, "");
}

static void a_choice_is_the_command_as_if_typed(void **state)
{
    struct world *w = *state;
    press(w, "Down");
    press(w, "Enter");
    assert_string_equal(menu_to(w, "switch over to it")->command, "switchover --candidate pg2");
    w->app.next_plan = screen_plan(&w->arena, false);
    press(w, "Enter");
    assert_string_equal(w->app.log.s, "plan switchover pg2; ");
    assert_int_equal(w->c.v.overlay, OVERLAY_PLAN);
    press(w, "Enter"); /* the plan asks for its word, as ever */
    press(w, "Esc");
    assert_string_equal(w->app.log.s, "plan switchover pg2; decline: declined by the operator; ");
    press(w, ":");
    press(w, "Up");
    assert_string_equal(bar_text(w), "switchover --candidate pg2|");
}

static void a_choice_that_is_refused_stands_in_the_bar(void **state)
{
    struct world *w = *state;
    w->app.refusal = "lab has no member \"pg2\"";
    press(w, "Down");
    press(w, "Enter");
    menu_to(w, "restart");
    press(w, "Enter");
    assert_int_equal(w->c.v.overlay, OVERLAY_NONE);
    assert_string_equal(bar_text(w), "restart pg2|");
    assert_string_equal(w->c.bar_error, w->app.refusal);
}

static void what_cannot_be_says_why_and_does_nothing(void **state)
{
    struct world *w = *state;
    press(w, "Enter"); /* pg1, which leads */
    assert_non_null(strstr(why_not(w, "switch over to it"), "pg1 leads already"));
    assert_non_null(strstr(why_not(w, "delete and copy anew (reinit)"), "leader"));
    assert_string_equal(why_not(w, "restart, where it is pending"), "no restart is pending on pg1");
    assert_string_equal(why_not(w, "cancel its scheduled restart"),
                        "no restart is scheduled on pg1");
    assert_string_equal(why_not(w, "restart"), "");
    menu_to(w, "switch over to it");
    press(w, "Enter");
    assert_int_equal(w->c.v.overlay, OVERLAY_MENU);
    assert_non_null(strstr(w->c.v.message, "pg1 leads already"));
    assert_string_equal(w->app.log.s, "");
    w->c.v.read_only = true;
    assert_string_equal(why_not(w, "restart"), "this console is read-only");
    assert_string_equal(why_not(w, "change the cluster's settings"), "this console is read-only");
    assert_string_equal(why_not(w, "everything known about it"), "");
    assert_string_equal(why_not(w, "ask its PostgreSQL in SQL"), "");
    w->app.replay.on = true;
    assert_string_equal(why_not(w, "restart"), "this is a recording");
}

static void what_the_policy_refuses_is_greyed(void **state)
{
    struct world *w = *state;
    w->app.denied = "policy.yml lets nobody do that";
    w->app.denied_kind = ACT_RESTART;
    press(w, "Enter");
    assert_string_equal(why_not(w, "restart"), w->app.denied);
    assert_string_equal(why_not(w, "rolling restart"), "");
    press(w, "Esc");
    w->app.denied = NULL;
    press(w, "Enter");
    assert_string_equal(why_not(w, "restart"), "");
}

static void a_running_operation_stands_in_the_way(void **state)
{
    struct world *w = *state;
    w->app.op = screen_operation(&w->arena, OP_RUNNING);
    press(w, "Enter");
    assert_string_not_equal(why_not(w, "restart"), "");
}

static void the_marked_act_as_a_set(void **state)
{
    struct world *w = *state;
    mark_two(w);
    press(w, "Enter"); /* the cursor is on pg1, which is not meant */
    assert_string_equal(menu_title(&w->c.v, &w->arena), "Actions on 2 marked: pg2, pg4");
    assert_string_equal(why_not(w, "switch over to it"), "one at a time, and 2 are marked");
    assert_string_equal(why_not(w, "everything known about it"), "one at a time, and 2 are marked");
    assert_string_equal(menu_to(w, "restart")->command, "restart pg2 pg4");
    w->app.next_plan = screen_plan(&w->arena, false);
    press(w, "Enter");
    assert_string_equal(w->app.log.s, "plan restart pg2,pg4; ");
}

static void the_set_stays_while_the_menu_is_open(void **state)
{
    struct world *w = *state;
    mark_two(w);
    press(w, "Enter");
    snapshot_unref(w->app.snapshot);
    w->app.snapshot = sample_snapshot(SAMPLE_HEALTHY, SB_NOW_US); /* without pg4 */
    console_marks(&w->c);
    assert_string_equal(marked(w), "pg2");
    assert_string_equal(menu_to(w, "restart")->command, "restart pg2 pg4");
    assert_string_equal(why_not(w, "restart"), "pg4 is not in the picture any more");
}

static void space_in_the_menu_edits_the_command(void **state)
{
    struct world *w = *state;
    press(w, "Enter");
    menu_to(w, "restart");
    press(w, "Space");
    assert_int_equal(w->c.v.overlay, OVERLAY_NONE);
    assert_string_equal(bar_text(w), "restart pg1 |");
    press(w, "Esc");
    press(w, "Enter");
    menu_to(w, "change the cluster's settings");
    press(w, "Enter"); /* has to be finished by hand */
    assert_string_equal(bar_text(w), "config set |");
    assert_string_equal(w->app.log.s, "");
}

static void keys_that_begin_a_command_take_the_marked(void **state)
{
    struct world *w = *state;
    press(w, "Down");
    press(w, "m");
    press(w, "s");
    assert_string_equal(bar_text(w), "switchover --candidate pg2 |");
    press(w, "Esc");
    press(w, "Down");
    press(w, "m");
    press(w, "R");
    assert_string_equal(bar_text(w), "restart pg2 pg4 |");
    assert_null(w->c.bar_error);
    press(w, "Esc");
    press(w, "s");
    assert_string_equal(bar_text(w), "switchover --candidate |");
    assert_string_equal(w->c.bar_error, "this takes one member, and 2 are marked");
    press(w, "Esc");
    menu_begin(&w->c, "interval "); /* not about members */
    assert_string_equal(bar_text(w), "interval |");
    assert_null(w->c.bar_error);
    menu_begin(&w->c, "filter ");
    assert_string_equal(bar_text(w), "filter |");
}

/* ---- the menu of a server in HAProxy -------------------------------------------------------- */

/* A cluster whose HAProxy has a socket of that level, and its pane. */
static void look_at_haproxy(struct world *w, enum ha_level level)
{
    struct sb *b = sb_new(SB_NOW_US);
    sb_everything(b);
    if (level != HA_LEVEL_UNKNOWN)
        sb_ha_socket(b, level);
    snapshot_unref(w->app.snapshot);
    w->app.snapshot = sb_take(b);
    press(w, "0");
}

/* Down to the first row of which that is so. */
static void row_down_to(struct world *w, const char *key)
{
    press(w, "g");
    for (int i = 0; i < 20; i++, press(w, "Down")) {
        const char *at = console_row(&w->c, &w->arena);
        if (at && strcmp(at, key) == 0)
            return;
    }
    fail_msg("no row \"%s\"", key);
}

static void enter_on_a_server_opens_its_menu(void **state)
{
    struct world *w = *state;
    look_at_haproxy(w, HA_LEVEL_ADMIN);
    press(w, "g"); /* a frontend, to which nothing can be done */
    press(w, "Enter");
    assert_int_equal(w->c.v.overlay, OVERLAY_CARD);
    press(w, "Esc");
    marks_add(&w->c.v.marks, "pg1"); /* are members: none of its business */
    row_down_to(w, "haproxy ro/pg3");
    press(w, "Enter");
    assert_string_equal(menu_title(&w->c.v, &w->arena), "Actions on haproxy ro/pg3");
    assert_string_equal(why_not(w, "maint: out of service"), "");
    assert_string_equal(menu_to(w, "maint: out of service")->command,
                        "haproxy maint pg3 --backend ro --on haproxy");
    w->app.next_plan = screen_plan(&w->arena, false);
    press(w, "Enter");
    assert_string_equal(w->app.log.s, "plan haproxy maint -; ");
    assert_int_equal(w->c.v.overlay, OVERLAY_PLAN);
}

static void enter_twice_on_a_server_shows_it(void **state)
{
    struct world *w = *state;
    look_at_haproxy(w, HA_LEVEL_ADMIN);
    row_down_to(w, "haproxy rw/pg2");
    press(w, "Enter");
    press(w, "Enter");
    assert_int_equal(w->c.v.overlay, OVERLAY_CARD);
    assert_string_equal(w->c.v.card_key, "haproxy rw/pg2");
    assert_string_equal(w->app.log.s, "");
}

static void a_server_without_a_way_says_why(void **state)
{
    static const char *const all[] = {"ready: takes connections again", "drain: no new connections",
                                      "maint: out of service", "end its sessions"};
    struct world *w = *state;
    look_at_haproxy(w, HA_LEVEL_UNKNOWN);
    row_down_to(w, "haproxy rw/pg2");
    press(w, "Enter");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_non_null(strstr(why_not(w, all[i]), "has no socket in the cluster's file"));
    press(w, "Enter");
    assert_string_equal(w->app.log.s, "");
    press(w, "Esc");
    look_at_haproxy(w, HA_LEVEL_OPERATOR);
    press(w, "Enter");
    assert_non_null(strstr(why_not(w, all[2]), "only of level operator"));
    press(w, "Esc");
    look_at_haproxy(w, HA_LEVEL_ADMIN);
    w->c.v.read_only = true;
    press(w, "Enter");
    assert_string_equal(why_not(w, all[2]), "this console is read-only");
    w->c.v.read_only = false;
    press(w, "Esc");
    w->app.denied = "not for you";
    w->app.denied_kind = ACT_HA_MAINT;
    press(w, "Enter");
    assert_string_equal(why_not(w, all[2]), "not for you");
    assert_string_equal(why_not(w, all[1]), "");
}

/* The menu stays open while the picture moves on: HAProxy was reloaded without that server. */
static void a_server_that_is_gone_takes_nothing(void **state)
{
    struct world *w = *state;
    look_at_haproxy(w, HA_LEVEL_ADMIN);
    row_down_to(w, "haproxy rw/pg2");
    press(w, "Enter");
    struct sb *b = sb_new(SB_NOW_US);
    sb_everything(b);
    sb_ha_socket(b, HA_LEVEL_ADMIN);
    sb_ha_row(b, "rw", "pg2")->name = "pg7";
    snapshot_unref(w->app.snapshot);
    w->app.snapshot = sb_take(b);
    assert_string_equal(why_not(w, "maint: out of service"),
                        "haproxy rw/pg2 is not in the picture any more");
}

/* What the menu holds is what the command line understands, with names that need quotes too. */
static void every_item_is_a_command(void **state)
{
    struct world *w = *state;
    struct frame f;
    const struct menu_item *v;
    marks_add(&w->c.v.menu, "-a b'c");
    console_frame(&w->c, &f);
    int n = menu_items(&f, &w->arena, &v), changes = 0;
    assert_null(v[0].command); /* the first does no harm */
    for (int i = 1; i < n; i++) {
        struct invocation inv;
        struct parse_error pe = {0};
        char *line = xasprintf("%s%s", v[i].command,
                               v[i].command[strlen(v[i].command) - 1] == ' ' ? "ttl=30" : "");
        if (command_parse_line(line, &w->arena, &inv, &pe) != ST_OK)
            fail_msg("\"%s\": %s", line, pe.text);
        changes += (inv.command->flags & CMDF_CHANGES) != 0;
        bool named = strncmp(inv.command->name, "config ", 7) == 0;
        for (int k = 0; k < inv.nvalues; k++)
            named |= strcmp(inv.values[k].text, "-a b'c") == 0;
        assert_true(named);
        free(line);
    }
    assert_int_equal(changes, n - 4); /* the card, dsn, query and config show read */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    setenv("INPUTRC", "/dev/null", 1);
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    const struct CMUnitTest tests[] = {
        TEST(space_brings_the_name_into_the_bar),
        TEST(a_second_blank_brings_it_into_an_open_bar),
        TEST(marks_are_of_members_whatever_the_pane),
        TEST(a_mark_goes_with_its_member),
        TEST(escape_drops_marks_last),
        TEST(enter_opens_the_menu_where_rows_are_members),
        TEST(enter_twice_changes_nothing),
        TEST(enter_on_a_server_opens_its_menu),
        TEST(enter_twice_on_a_server_shows_it),
        TEST(a_server_without_a_way_says_why),
        TEST(a_server_that_is_gone_takes_nothing),
        TEST(a_choice_is_the_command_as_if_typed),
        TEST(a_choice_that_is_refused_stands_in_the_bar),
        TEST(what_cannot_be_says_why_and_does_nothing),
        TEST(what_the_policy_refuses_is_greyed),
        TEST(a_running_operation_stands_in_the_way),
        TEST(the_marked_act_as_a_set),
        TEST(the_set_stays_while_the_menu_is_open),
        TEST(space_in_the_menu_edits_the_command),
        TEST(keys_that_begin_a_command_take_the_marked),
        TEST(every_item_is_a_command),
    };
    return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
