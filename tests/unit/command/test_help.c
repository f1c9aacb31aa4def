/* Help, usage and manual: all from the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "pgdba/base/utf8.h"
#include "pgdba/command/command.h"
#include "test_command.h"

static char *help_text(const char *name, unsigned where)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);

    assert_non_null(f);
    assert_true(command_write_help(f, name, where));
    fclose(f);
    return text;
}

static void assert_fits(const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        char *line = xstrndup(text, n);

        if (utf8_width(line) > 79)
            fail_msg("too wide: %s", line);
        free(line);
        text += n + (text[n] == '\n');
    }
}

/* A name that is too long for its column stands in a line of its own. */
static bool has_row(const char *list, const char *name)
{
    char *row = xasprintf("\n  %s  ", name), *alone = xasprintf("\n  %s\n", name);
    bool has = strstr(list, row) != NULL || strstr(list, alone) != NULL;

    free(row);
    free(alone);
    return has;
}

static void test_list_has_all(void **state)
{
    char *cli = help_text(NULL, CMDF_CLI), *console = help_text(NULL, CMDF_CONSOLE);
    int nglobals;
    const struct command_arg *globals = command_globals(&nglobals);

    (void)state;
    for (int i = 0; i < CMD_COUNT; i++) {
        const struct command *c = command_get((enum command_id)i);

        if (has_row(cli, c->name) != command_is_for(c, CMDF_CLI))
            fail_msg("shell help and %s", c->name);
        if (has_row(console, c->name) != command_is_for(c, CMDF_CONSOLE))
            fail_msg("console help and %s", c->name);
    }
    for (int i = 0; i < nglobals; i++)
        assert_non_null(strstr(cli, globals[i].name));
    assert_fits(cli);
    assert_fits(console);
    free(cli);
    free(console);
}

static void test_each(void **state)
{
    (void)state;
    for (int i = 0; i < CMD_COUNT; i++) {
        const struct command *c = command_get((enum command_id)i);
        unsigned where = c->flags & CMDF_CLI ? CMDF_CLI : CMDF_CONSOLE;
        char *text = help_text(c->name, where);

        assert_non_null(strstr(text, c->summary));
        for (int k = 0; k < c->nargs; k++)
            if (!c->args[k].where || c->args[k].where & where)
                assert_non_null(strstr(text, c->args[k].name));
        assert_fits(text);
        free(text);
    }
    assert_false(command_write_help(stdout, "no such", CMDF_CLI));
}

static void test_usage(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b);
    command_usage(command_get(CMD_RELOAD), CMDF_CONSOLE, &b);
    assert_string_equal(b.s, "reload [MEMBER]... [--role ROLE]");
    buf_clear(&b);
    command_usage(command_get(CMD_REINIT), CMDF_CLI, &b);
    assert_string_equal(b.s, "pgdba reinit MEMBER [--force] [--from-leader] [--yes] "
                             "[--force-warnings] [--dry-run] [--format FORMAT] "
                             "[--cluster NAME]");
    buf_release(&b);
}

/* The table itself: names are unique, rows complete, plain ASCII (it goes to any terminal). */
static void test_table(void **state)
{
    (void)state;
    for (int i = 0; i < CMD_COUNT; i++) {
        const struct command *c = command_get((enum command_id)i);

        assert_ptr_equal(command_find(c->name), c);
        assert_int_equal(command_id_of(c), i);
        assert_true(command_is_for(c, CMDF_CLI) || command_is_for(c, CMDF_CONSOLE));
        assert_true(c->summary[0] != '\0');
        for (const char *p = c->details; *p; p++)
            assert_in_range((unsigned char)*p, 0x20, 0x7e);
        for (int k = 0; k < c->nargs; k++) {
            assert_true(c->args[k].help[0] != '\0');
            for (const char *p = c->args[k].help; *p; p++)
                assert_in_range((unsigned char)*p, 0x20, 0x7e);
            for (int m = 0; m < k; m++) {
                assert_string_not_equal(c->args[k].name, c->args[m].name);
                if (c->args[k].letter)
                    assert_int_not_equal(c->args[k].letter, c->args[m].letter);
            }
        }
    }
    assert_null(command_find("nothing"));
    assert_null(command_find(""));
    assert_null(command_get(CMD_COUNT));
}

static void test_manual(void **state)
{
    char path[] = "/tmp/pgdba-manual-XXXXXX", *cmd, line[256] = "";
    int fd = mkstemp(path);
    FILE *f = fdopen(fd, "w"), *out;

    (void)state;
    assert_non_null(f);
    fputs(".TH pgdba 1\n", f);
    command_write_manual(f);
    fclose(f);
    if (system("command -v groff >/dev/null 2>&1") != 0) {
        unlink(path);
        skip();
    }
    cmd = xasprintf("groff -man -Tascii -ww -rCHECKSTYLE=0 %s 2>&1 >/dev/null", path);
    out = popen(cmd, "r");
    assert_non_null(out);
    if (fgets(line, sizeof line, out))
        fail_msg("groff says: %s", line);
    assert_int_equal(pclose(out), 0);
    free(cmd);
    unlink(path);
}

/* What the manual calls patronictl's equal can be typed, and is none twice. */
static void test_equals(void **state)
{
    int n;
    const struct command_equal *v = command_equals(&n);

    (void)state;
    assert_true(n >= 20);
    for (int i = 0; i < n; i++) {
        struct arena a;
        struct invocation inv;
        struct parse_error pe;
        char *argv[16], *copy = strdup(v[i].ours), *rest = copy;
        int argc = 0;

        arena_init(&a);
        while ((argv[argc] = strsep(&rest, " ")))
            argc++;
        if (command_parse_argv(argc, argv, &a, &inv, &pe) != ST_OK)
            fail_msg("%s: %s: %s", v[i].theirs, v[i].ours, pe.text);
        parse_error_release(&pe);
        arena_release(&a);
        free(copy);
    }
}

int run_help_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_has_all), cmocka_unit_test(test_each),
        cmocka_unit_test(test_usage),        cmocka_unit_test(test_table),
        cmocka_unit_test(test_equals),       cmocka_unit_test(test_manual),
    };

    return cmocka_run_group_tests_name("command: help", tests, NULL, NULL);
}
