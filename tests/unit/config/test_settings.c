/* pgdba.yml: two files, one over the other; key bindings; the manual's tables. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/path.h"
#include "pgdba/config/cluster.h"
#include "pgdba/config/policy.h"
#include "pgdba/config/settings.h"
#include "pgdba/config/theme.h"
#include "sandbox.h"

static void test_defaults(void **state)
{
    struct settings s;

    (void)state;
    assert_int_equal(settings_load(&s, NULL), ST_OK);
    assert_int_equal(s.refresh_us, 1000000);
    assert_string_equal(s.theme, "dark");
    assert_int_equal(s.glyphs, GLYPHS_AUTO);
    assert_false(s.read_only);
    assert_true(s.bell);
    assert_true(s.title);
    assert_true(s.failover_opens);
    assert_int_equal(s.nkeys, 0);
    settings_release(&s);
}

static void test_layers(void **state)
{
    struct settings s;
    struct err e = ERR_INIT;
    char *etc = sandbox_write(*state, "etc/pgdba.yml",
                              "refresh: 5s\nread_only: on\ntheme: light\nbell: off\n"
                              "keys: {F5: refresh, s: switchover}\n",
                              0644);
    char *ours = sandbox_write(*state, "config/pgdba/pgdba.yml",
                               "theme: mono\nglyphs: ascii\nfailover_opens: no\nkeys:\n"
                               "  s: {command: pane stats, note: rates}\n  C-r: refresh\n",
                               0644);

    if (settings_load(&s, &e))
        fail_msg("%s", err_text(&e));
    assert_int_equal(s.refresh_us, 5000000);
    assert_true(s.read_only);
    assert_false(s.bell); /* of the system's file: the user's says nothing about it */
    assert_true(s.title);
    assert_false(s.failover_opens);
    assert_string_equal(s.theme, "mono");
    assert_int_equal(s.glyphs, GLYPHS_ASCII);
    assert_int_equal(s.nkeys, 3);
    assert_string_equal(s.keys[0].key, "F5");
    assert_string_equal(s.keys[0].command, "refresh");
    assert_string_equal(s.keys[0].note, "");
    assert_string_equal(s.keys[1].key, "s");
    assert_string_equal(s.keys[1].command, "pane stats");
    assert_string_equal(s.keys[1].note, "rates");
    assert_string_equal(s.keys[2].key, "C-r");
    assert_non_null(strstr(s.keys[0].where, "etc/pgdba.yml:5"));
    assert_non_null(strstr(s.keys[1].where, "config/pgdba/pgdba.yml:5"));
    settings_release(&s);
    free(etc);
    free(ours);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"them: dark\n", "pgdba.yml:1: them: unknown key; did you mean \"theme\"?"},
        {"glyphs: utf-8\n", "pgdba.yml:1: glyphs: expected auto, utf8 or ascii; got \"utf-8\"; did "
                            "you mean \"utf8\"?"},
        {"keys:\n  a: refresh\n  b: help\n  a: quit\n",
         "pgdba.yml:4: keys.a: given twice; first on line 2"},
        {"keys: [a]\n", "pgdba.yml:1: keys: expected a mapping, like {F5: refresh}; got a list"},
        {"keys: {a: }\n", "pgdba.yml:1: keys.a: expected a command"},
        {"keys: {a: ''}\n", "pgdba.yml:1: keys.a: expected a command; got an empty text"},
        {"keys: {a: {note: x}}\n", "pgdba.yml:1: keys.a: the key \"command\" is missing"},
        {"keys: {a: {comand: x}}\n", "keys.a.comand: unknown key; did you mean \"command\"?"},
        {"keys: {'a b': x}\n", "pgdba.yml:1: keys.a b: expected a key's name"},
        {"mouse: true\n", "mouse: unknown key"},
        {"- x\n", "pgdba.yml:1: expected keys"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct settings s;
        struct err e = ERR_INIT;

        free(sandbox_write(*state, "config/pgdba/pgdba.yml", cases[i].text, 0644));
        assert_int_equal(settings_load(&s, &e), ST_INVALID);
        expect_error(&e, cases[i].error);
        err_release(&e);
    }
}

static void test_empty_file(void **state)
{
    struct settings s;

    free(sandbox_write(*state, "config/pgdba/pgdba.yml", "# nothing yet\n", 0644));
    assert_int_equal(settings_load(&s, NULL), ST_OK);
    assert_string_equal(s.theme, "dark");
    settings_release(&s);
}

static void test_manual(void **state)
{
    static const char *const said[] = {
        ".SH \"KEYS OF A CLUSTER'S FILE\"\n",
        ".SS patroni\n",
        ".B connect_to\n(mapping of host:port to host:port)\n",
        ".B environment\n(test | staging | production)\n",
        ".B conninfo\n(connection string, required)\n",
        ".SH \"KEYS OF PGDBA.YML\"\n",
        ".B glyphs\n(auto | utf8 | ascii)\n",
        ".SH \"KEYS OF A THEME\"\n",
        ".B title\\-focus\n",
    };
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);

    (void)state;
    config_write_manual(f);
    fclose(f);
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (!strstr(text, said[i]))
            fail_msg("the manual lacks: %s", said[i]);
    assert_null(strstr(text, "mouse"));
    free(text);
}

/* The example that starts at the n-th ".nf" of the manual, malloc'ed. */
static char *example(const char *page, int n)
{
    const char *at = page;
    struct buf b;

    for (int i = 0; i <= n; i++) {
        at = strstr(at, "\n.nf\n");
        assert_non_null(at);
        at += 5;
    }
    const char *end = strstr(at, "\n.fi\n");

    assert_non_null(end);
    buf_init(&b);
    for (; at <= end; at++)
        if (*at != '\\')
            buf_putc(&b, *at);
    char *text = buf_detach(&b);

    buf_release(&b);
    return text;
}

static void expect_cluster(char *text)
{
    struct cluster_config *c;
    struct err e = ERR_INIT;

    if (cluster_config_parse(text, strlen(text), "manual", "x", &c, &e))
        fail_msg("%s\n%s", err_text(&e), text);
    cluster_config_free(c);
    free(text);
}

/* Alice, in what is not registered: no rule is for that. */
static void expect_policy(const struct sandbox *box, char *text)
{
    static const struct policy_caller alice = {"alice", 0, NULL};
    char *path = sandbox_write(box, "etc/policy.yml", text, 0644), *dir = sandbox_path(box, "etc");
    struct cluster_config *c = cluster_config_new("x");
    struct policy *p = policy_new(path, getuid(), &alice);
    struct err e = ERR_INIT;

    assert_int_equal(chmod(dir, 0755), 0);
    assert_int_equal(policy_may(p, c, ACT_RELOAD, &e), ST_DENIED);
    expect_error(&e, "no rule there lets alice reload in the environment other");
    assert_true(policy_wants_syslog(p));
    err_release(&e);
    policy_free(p);
    cluster_config_free(c);
    free(path);
    free(dir);
    free(text);
}

/* What the manual shows must be what the program takes. */
static void test_examples(void **state)
{
    const char *src = getenv("srcdir");
    char *path = path_join(src ? src : ".", "man/pgdba.yml.5.in");
    char *page = sandbox_read(path), *text;
    struct settings s;
    struct theme *t;
    struct err e = ERR_INIT;

    expect_cluster(example(page, 1));
    expect_cluster(example(page, 2));
    text = example(page, 3);
    free(sandbox_write(*state, "config/pgdba/pgdba.yml", text, 0644));
    free(text);
    if (settings_load(&s, &e))
        fail_msg("%s", err_text(&e));
    assert_int_equal(s.nkeys, 2);
    settings_release(&s);
    text = example(page, 4);
    if (theme_parse(text, strlen(text), "manual", &t, &e))
        fail_msg("%s", err_text(&e));
    theme_free(t);
    free(text);
    expect_policy(*state, example(page, 5));
    text = example(page, 6);
    free(sandbox_write(*state, "config/pgdba/pgdba.yml", text, 0644));
    free(text);
    if (settings_load(&s, &e))
        fail_msg("%s", err_text(&e));
    assert_true(policy_leaves(&s.policy, "production", "reload"));
    assert_false(policy_leaves(&s.policy, "production", "restart"));
    settings_release(&s);
    free(page);
    free(path);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sandbox_setup, sandbox_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_defaults),   TEST(test_layers), TEST(test_refusals),
        TEST(test_empty_file), TEST(test_manual), TEST(test_examples),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
