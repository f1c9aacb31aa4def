/* Themes: colours, completion of what is left out, the search, and those that come with pgdba. */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pgdba/base/arena.h"
#include "pgdba/config/theme.h"
#include "sandbox.h"

static struct theme *parse(const char *text)
{
    struct theme *t = NULL;
    struct err e = ERR_INIT;

    if (theme_parse(text, strlen(text), "x/my.yml", &t, &e))
        fail_msg("%s", err_text(&e));
    return t;
}

static void test_styles(void **state)
{
    struct theme *t = parse("summary: Mine\n"
                            "roles:\n"
                            "  text: {fg: 252, bg: '#000000'}\n"
                            "  ok: {fg: green, attrs: bold}\n"
                            "  crit: {fg: bright-red, bg: default, attrs: [bold, reverse]}\n"
                            "  warn: {fg: '#ff8700', fg16: yellow}\n"
                            "  leader: {fg: 196}\n"
                            "  sync: {}\n");
    const struct theme_style *s = t->styles;

    (void)state;
    assert_string_equal(t->name, "my");
    assert_string_equal(t->path, "x/my.yml");
    assert_string_equal(t->summary, "Mine");
    assert_int_equal(s[TR_TEXT].fg, 252);
    assert_int_equal(s[TR_TEXT].bg, 16);
    assert_int_equal(s[TR_TEXT].bg16, 0);
    assert_int_equal(s[TR_OK].fg, 2);
    assert_int_equal(s[TR_OK].fg16, 2);
    assert_int_equal(s[TR_OK].bg, -1);
    assert_int_equal(s[TR_OK].bg16, -1);
    assert_int_equal(s[TR_OK].attrs, ATTR_BOLD);
    assert_int_equal(s[TR_CRIT].fg, 9);
    assert_int_equal(s[TR_CRIT].attrs, ATTR_BOLD | ATTR_REVERSE);
    assert_int_equal(s[TR_WARN].fg, 208);
    assert_int_equal(s[TR_WARN].fg16, 3);
    assert_int_equal(s[TR_LEADER].fg16, 9); /* the nearest */
    assert_int_equal(s[TR_SYNC].fg, -1);    /* given, and plain */
    assert_int_equal(s[TR_KEY].fg, 252);    /* left out: as text */
    assert_int_equal(s[TR_KEY].bg, 16);
    theme_free(t);
    t = parse("roles: {ok: {fg: 2}}\n");
    assert_int_equal(t->styles[TR_TEXT].fg, -1);
    assert_int_equal(t->styles[TR_TEXT].fg16, -1);
    theme_free(t);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "x.yml: there is nothing in it"},
        {"summary: x\n", "x.yml:1: the key \"roles\" is missing"},
        {"roles:\n  texd: {}\n", "x.yml:2: roles.texd: unknown key; did you mean \"text\"?"},
        {"roles: {ok: {fg: gren}}\n", "x.yml:1: roles.ok.fg: expected a colour"},
        {"roles: {ok: {fg: 256}}\n", "roles.ok.fg: expected a colour"},
        {"roles: {ok: {fg: -1}}\n", "roles.ok.fg: expected a colour"},
        {"roles: {ok: {fg: '#12345'}}\n", "roles.ok.fg: expected a colour"},
        {"roles: {ok: {fg: '#12345g'}}\n", "roles.ok.fg: expected a colour"},
        {"roles: {ok: {fg16: 16}}\n", "roles.ok.fg16: expected a colour"},
        {"roles: {ok: {attrs: blink}}\n",
         "roles.ok.attrs: expected bold, dim, reverse, underline or "
         "italic; got \"blink\""},
        {"roles: {ok: green}\n", "roles.ok: expected keys, each with its value; got text"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct theme *t;
        struct err e = ERR_INIT;

        assert_int_equal(theme_parse(cases[i].text, strlen(cases[i].text), "x.yml", &t, &e),
                         ST_INVALID);
        assert_null(t);
        expect_error(&e, cases[i].error);
        err_release(&e);
    }
}

static void test_search(void **state)
{
    struct theme *t;
    struct err e = ERR_INIT;
    struct arena a;
    const char *const *names;
    char *dir = sandbox_path(*state, "themes");

    free(
        sandbox_write(*state, "config/pgdba/themes/one.yml", "summary: user's\nroles: {}\n", 0644));
    free(sandbox_write(*state, "config/pgdba/themes/two.yml", "roles: {}\n", 0644));
    free(sandbox_write(*state, "config/pgdba/themes/notes.txt", "x", 0644));
    free(sandbox_write(*state, "themes/one.yml", "summary: test's\nroles: {}\n", 0644));
    assert_int_equal(theme_load("one", &t, &e), ST_OK);
    assert_string_equal(t->summary, "user's");
    theme_free(t);
    setenv("PGDBA_THEMES", dir, 1);
    assert_int_equal(theme_load("one", &t, &e), ST_OK);
    assert_string_equal(t->summary, "test's");
    theme_free(t);
    assert_int_equal(theme_load("onne", &t, &e), ST_NOT_FOUND);
    expect_error(&e, "did you mean \"one\"?");
    assert_int_equal(theme_load("../one", &t, &e), ST_NOT_FOUND);
    arena_init(&a);
    int n = theme_names(&a, &names), ours = 0;

    for (int i = 0; i < n; i++)
        ours += !strcmp(names[i], "one") || !strcmp(names[i], "two");
    assert_int_equal(ours, 2); /* each once, whatever is installed here */
    arena_release(&a);
    err_release(&e);
    free(dir);
}

static bool has_colour(const struct theme_style *s)
{
    return s->fg != -1 || s->bg != -1 || s->fg16 != -1 || s->bg16 != -1;
}

static void check_shipped(const char *name, const char *dir)
{
    struct theme *t;
    struct err e = ERR_INIT;

    if (theme_load(name, &t, &e))
        fail_msg("%s", err_text(&e));
    assert_true(*t->summary);
    char *text = sandbox_read(t->path);

    assert_memory_equal(t->path, dir, strlen(dir));
    for (int i = 0; i < TR_COUNT; i++) {
        const char *role = theme_role_name((enum theme_role)i);
        const char *at = strstr(text, role);

        while (at && (at[-1] != ' ' || at[strlen(role)] != ':'))
            at = strstr(at + 1, role);
        if (!at)
            fail_msg("%s does not set %s", name, role);
    }
    free(text);
    bool mono = !strcmp(name, "mono");
    static const enum theme_role states[] = {TR_OK, TR_WARN, TR_CRIT, TR_UNKNOWN, TR_STALE};

    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        assert_true(mono ? t->styles[states[i]].attrs != 0 : has_colour(&t->styles[states[i]]));
    for (int i = 0; mono && i < TR_COUNT; i++)
        assert_false(has_colour(&t->styles[i]));
    theme_free(t);
}

/* Every role is set in every file, so that none is forgotten when one is added. */
static void test_shipped(void **state)
{
    const char *src = getenv("srcdir");
    char *dir = NULL;
    int n = 0;

    (void)state;
    assert_int_not_equal(asprintf(&dir, "%s/themes", src ? src : "."), -1);
    setenv("PGDBA_THEMES", dir, 1);
    DIR *d = opendir(dir);

    assert_non_null(d);
    for (struct dirent *f; (f = readdir(d));) {
        char name[256] = "";

        if (sscanf(f->d_name, "%200[^.].yml", name) != 1 || !strstr(f->d_name, ".yml"))
            continue;
        check_shipped(name, dir);
        n++;
    }
    closedir(d);
    free(dir);
    assert_int_equal(n, 5);
}

static void test_builtin(void **state)
{
    struct theme *t = theme_builtin();

    (void)state;
    for (int i = 0; i < TR_COUNT; i++)
        assert_false(has_colour(&t->styles[i]));
    assert_true(t->styles[TR_CRIT].attrs & ATTR_REVERSE);
    theme_free(t);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sandbox_setup, sandbox_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_styles),  TEST(test_refusals), TEST(test_search),
        TEST(test_shipped), TEST(test_builtin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
