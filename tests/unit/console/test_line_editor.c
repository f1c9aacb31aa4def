/* console/line_editor: readline behind our own keys: completion, search, paste, Esc, vi mode,
 * history. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "pgdba/base/buf.h"
#include "pgdba/console/line_editor.h"

static int complete(void *arg, const char *line, int point, struct arena *a,
                    const char *const **out, int *word_start)
{
    static const char *const words[] = {"switchover", "restart", "reinit"};
    (void)arg;
    int start = point;
    while (start > 0 && line[start - 1] != ' ')
        start--;
    const char **v = arena_array(a, 3, const char *);
    int n = 0;
    for (int i = 0; i < 3; i++)
        if (strncmp(words[i], line + start, (size_t)(point - start)) == 0)
            v[n++] = words[i];
    *out = v;
    *word_start = start;
    return n;
}

static enum line_result key(struct line_editor *l, const char *name, const char *bytes)
{
    struct key k = {.len = (int)strlen(bytes)};
    snprintf(k.name, sizeof k.name, "%s", name);
    memcpy(k.bytes, bytes, strlen(bytes));
    return line_editor_feed(l, &k);
}

static void type(struct line_editor *l, const char *text)
{
    for (const char *s = text; *s; s++)
        key(l, (char[]){*s, 0}, (char[]){*s, 0});
}

static struct line_editor *editor(const char *history)
{
    struct line_editor_options opt = {.history_path = history, .complete = complete};
    struct line_editor *l = line_editor_open(&opt);
    line_editor_begin(l, "");
    return l;
}

static void a_line_is_typed_edited_and_taken(void **state)
{
    (void)state;
    struct line_editor *l = editor(NULL);
    type(l, "refrsh");
    key(l, "Left", "\033[D");
    key(l, "Left", "\033[D");
    type(l, "e");
    assert_string_equal(line_editor_text(l), "refresh");
    assert_int_equal(line_editor_point(l), 5);
    assert_string_equal(line_editor_prompt(l), ":");
    assert_int_equal(key(l, "Enter", "\r"), LINE_DONE);
    assert_string_equal(line_editor_text(l), "refresh");
    line_editor_begin(l, "switchover --candidate ");
    assert_int_equal(line_editor_point(l), 23);
    key(l, "é", "é");
    assert_string_equal(line_editor_text(l), "switchover --candidate é");
    key(l, "Backspace", "\177");
    assert_string_equal(line_editor_text(l), "switchover --candidate ");
    line_editor_close(l);
}

static void a_name_is_put_in_where_one_types(void **state)
{
    (void)state;
    struct line_editor *l = editor(NULL);
    line_editor_begin(l, " pg2");
    line_editor_go(l, 0);
    type(l, "reinit");
    assert_string_equal(line_editor_text(l), "reinit pg2");
    assert_true(line_editor_inserts(l));
    line_editor_begin(l, "restart  --pending");
    line_editor_go(l, 8);
    line_editor_insert(l, "データ");
    assert_string_equal(line_editor_text(l), "restart データ --pending");
    line_editor_go(l, 1000); /* nowhere */
    assert_int_equal(line_editor_point(l), 8 + 9);
    char *huge = xcalloc(5001, 1);
    memset(huge, 'x', 5000);
    line_editor_insert(l, huge); /* longer than a line can be */
    free(huge);
    assert_string_equal(line_editor_text(l), "restart データ --pending");
    line_editor_remember(l, "restart pg1");
    line_editor_begin(l, "");
    key(l, "C-r", "\022");
    assert_false(line_editor_inserts(l)); /* a blank belongs to the search */
    key(l, "C-c", "\003");
    assert_false(line_editor_inserts(l));
    line_editor_insert(l, "pg1");
    assert_string_equal(line_editor_text(l), "");
    line_editor_close(l);
}

static void tab_completes_and_lists(void **state)
{
    (void)state;
    struct line_editor *l = editor(NULL);
    const char *const *m;
    type(l, "sw");
    key(l, "Tab", "\t");
    assert_string_equal(line_editor_text(l), "switchover ");
    assert_int_equal(line_editor_matches(l, &m), 0);
    line_editor_begin(l, "");
    type(l, "r");
    key(l, "Tab", "\t");
    assert_string_equal(line_editor_text(l), "re");
    assert_int_equal(line_editor_matches(l, &m), 2);
    assert_string_equal(m[0], "reinit"); /* readline sorts them */
    type(l, "s");
    assert_int_equal(line_editor_matches(l, &m), 0);
    line_editor_close(l);
}

static void escape_leaves_at_once_and_swallows_nothing(void **state)
{
    (void)state;
    struct line_editor *l = editor(NULL);
    type(l, "restart pg1");
    assert_int_equal(key(l, "Esc", "\033"), LINE_CANCELLED);
    line_editor_begin(l, "");
    type(l, "q");
    assert_string_equal(line_editor_text(l), "q");
    assert_int_equal(key(l, "C-c", "\003"), LINE_CANCELLED);
    line_editor_begin(l, "");
    assert_int_equal(key(l, "C-d", "\004"), LINE_CANCELLED);
    line_editor_close(l);
}

static void escape_is_meant_where_alt_means_nothing(void **state)
{
    (void)state;
    struct line_editor *l = editor(NULL);
    type(l, "restart pg1");
    assert_int_equal(key(l, "M-b", "\033b"), LINE_EDITING); /* a word back: readline's own */
    assert_int_equal(line_editor_point(l), 8);
    assert_int_equal(key(l, "M-Enter", "\033\r"), LINE_CANCELLED);
    line_editor_begin(l, "");
    type(l, "restart pg1");
    assert_int_equal(key(l, "M-:", "\033:"), LINE_CANCELLED);
    line_editor_begin(l, "");
    type(l, "q");
    assert_int_equal(key(l, "Esc", "\033"), LINE_CANCELLED); /* still emacs mode */
    line_editor_close(l);
}

static void a_paste_never_runs_anything(void **state)
{
    (void)state;
    struct line_editor *l = editor(NULL);
    const char *text = "restart pg1\nquit\n";
    for (const char *s = text; *s; s++)
        assert_int_equal(key(l, "Paste", (char[]){*s, 0}), LINE_EDITING);
    assert_string_equal(line_editor_text(l), "restart pg1 quit ");
    for (int i = 0; i < 20000; i++)
        key(l, "Paste", "x");
    assert_true(strlen(line_editor_text(l)) <= 4096);
    line_editor_close(l);
}

static void history_is_searched_kept_and_private(void **state)
{
    (void)state;
    char dir[] = "/tmp/pgdba-history-XXXXXX";
    assert_non_null(mkdtemp(dir));
    char *path = xasprintf("%s/deep/history", dir);
    struct line_editor *l = editor(path);
    line_editor_remember(l, "switchover --candidate pg2");
    line_editor_remember(l, "refresh é数");
    line_editor_remember(l, "refresh é数");
    line_editor_remember(l, " not this one");
    key(l, "C-r", "\022");
    assert_non_null(strstr(line_editor_prompt(l), "search"));
    type(l, "cand");
    assert_string_equal(line_editor_text(l), "switchover --candidate pg2");
    assert_int_equal(key(l, "Enter", "\r"), LINE_DONE);
    assert_string_equal(line_editor_text(l), "switchover --candidate pg2");
    line_editor_begin(l, "");
    key(l, "C-r", "\022");
    key(l, "é", "é"); /* two bytes: one by one they would break the search */
    assert_string_equal(line_editor_text(l), "refresh é数");
    line_editor_cancel(l);
    line_editor_close(l);
    struct stat sb;
    assert_int_equal(stat(path, &sb), 0);
    assert_int_equal(sb.st_mode & 0777, 0600);
    l = editor(path);
    key(l, "Up", "\033[A");
    assert_string_equal(line_editor_text(l), "refresh é数");
    key(l, "Up", "\033[A");
    assert_string_equal(line_editor_text(l), "switchover --candidate pg2");
    line_editor_close(l);
    char *cmd = xasprintf("rm -r '%s'", dir);
    assert_int_equal(system(cmd), 0);
    free(cmd);
    free(path);
}

static void a_searching_escape_keeps_the_line(void **state)
{
    (void)state;
    struct line_editor *l = editor(NULL);
    line_editor_remember(l, "interval 2s");
    key(l, "C-r", "\022");
    type(l, "inter");
    assert_int_equal(key(l, "Esc", "\033"), LINE_EDITING);
    assert_string_equal(line_editor_text(l), "interval 2s");
    assert_string_equal(line_editor_prompt(l), ":");
    line_editor_close(l);
}

/* Each of these crashed readline 8.2 behind the adapter. */
static void odd_keys_in_a_row_harm_nothing(void **state)
{
    (void)state;
    static const char *const rows[][8] = {
        {"\022", "\030", "\033z"},
        {"\030\022", "\035", "\033\025"},
        {"a\r", "\020", "a", "\022", "\025", "b\035", "ESC", "\020\r"},
    };
    char rc[] = "/tmp/pgdba-inputrc.XXXXXX";
    FILE *f = fdopen(mkstemp(rc), "w");
    assert_non_null(f);
    fputs("set enable-bracketed-paste on\n", f);
    fclose(f);
    setenv("INPUTRC", rc, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct line_editor *l = editor(NULL);
        for (int k = 0; k < 8 && rows[i][k]; k++) {
            enum line_result r =
                strcmp(rows[i][k], "ESC") ? key(l, "x", rows[i][k]) : key(l, "Esc", "\033");
            if (r == LINE_DONE)
                line_editor_remember(l, line_editor_text(l));
            if (r != LINE_EDITING)
                line_editor_begin(l, "");
        }
        line_editor_close(l);
    }
    setenv("INPUTRC", "/dev/null", 1);
    unlink(rc);
}

static void left_lines_leave_the_history_as_it_was(void **state)
{
    (void)state;
    struct line_editor *l = editor(NULL);
    line_editor_remember(l, "interval 2s");
    key(l, "C-p", "\020");
    type(l, "99");
    assert_int_equal(key(l, "Esc", "\033"), LINE_CANCELLED);
    line_editor_begin(l, "");
    key(l, "C-p", "\020");
    assert_string_equal(line_editor_text(l), "interval 2s");
    line_editor_close(l);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    setenv("INPUTRC", "/dev/null", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_typed_edited_and_taken),
        cmocka_unit_test(a_name_is_put_in_where_one_types),
        cmocka_unit_test(tab_completes_and_lists),
        cmocka_unit_test(escape_leaves_at_once_and_swallows_nothing),
        cmocka_unit_test(escape_is_meant_where_alt_means_nothing),
        cmocka_unit_test(a_paste_never_runs_anything),
        cmocka_unit_test(history_is_searched_kept_and_private),
        cmocka_unit_test(a_searching_escape_keeps_the_line),
        cmocka_unit_test(odd_keys_in_a_row_harm_nothing),
        cmocka_unit_test(left_lines_leave_the_history_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
