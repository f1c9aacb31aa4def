/* The registry on disk: loading, private files, saving, listing, finding, removing. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgdba/base/buf.h"
#include "pgdba/config/cluster.h"
#include "sandbox.h"

#define URL           "patroni: {urls: [http://h:1]}\n"
#define WITH_PASSWORD "patroni:\n  urls: [http://h:1]\n  username: u\n  password: hunter2\n"

static void test_load_private(void **state)
{
    struct cluster_config *c;
    struct err e = ERR_INIT;
    char *path = sandbox_write(*state, "config/pgdba/clusters/p.yml", WITH_PASSWORD, 0600);

    assert_int_equal(cluster_config_load(path, &c, &e), ST_OK);
    assert_string_equal(c->name, "p");
    assert_string_equal(c->path, path);
    assert_string_equal(c->patroni.password.literal, "hunter2");
    cluster_config_free(c);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(cluster_config_load(path, &c, &e), ST_DENIED);
    assert_null(c);
    expect_error(&e, "p.yml:4: a password is given here: ");
    expect_error(&e, "chmod 600");
    assert_null(strstr(err_text(&e), "hunter2"));
    free(path);

    path = sandbox_write(*state, "config/pgdba/clusters/q.yml", URL, 0644);
    assert_int_equal(cluster_config_load(path, &c, &e), ST_OK);
    cluster_config_free(c);
    err_release(&e);
    free(path);
}

static void test_load_odd(void **state)
{
    struct cluster_config *c;
    struct err e = ERR_INIT;
    char *path = sandbox_path(*state, "nowhere.yml");

    assert_int_equal(cluster_config_load(path, &c, &e), ST_NOT_FOUND);
    free(path);
    path = sandbox_path(*state, "dir.yml");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(cluster_config_load(path, &c, &e), ST_INVALID);
    expect_error(&e, "not a regular file");
    err_release(&e);
    free(path);
}

static void assert_same_text(const char *a, const char *b)
{
    if (a || b) {
        assert_non_null(a);
        assert_non_null(b);
        assert_string_equal(a, b);
    }
}

/* Texts that a YAML reader or writer could trip over. */
static void test_round_trip(void **state)
{
    static const char *const nasty[] = {
        "no",
        "~",
        "null",
        "true",
        "12",
        "1:30",
        "0o17",
        " leading",
        "trailing ",
        "a: b",
        "a #b",
        "# x",
        "- x",
        "? x",
        "&a",
        "*a",
        "!t",
        "| x",
        "> x",
        "%TAG",
        "@x",
        "`x",
        "'q'",
        "\"q\"",
        "it's \"both\"",
        "back\\slash",
        "{a: b}",
        "[a]",
        "a,b",
        "---",
        "...",
        "<<",
        "=",
        "ünïcödé",
        "日本語",
        "\xf0\x9f\x90\x98 elephant",
        "\xe2\x80\xa8line separator",
        "\xef\xbb\xbf with a mark",
        "x:",
        ":x",
        "no authentication",
        "host:port",
    };

    (void)state;
    for (size_t i = 0; i < sizeof nasty / sizeof *nasty; i++) {
        struct cluster_config *c = cluster_config_new("x"), *back = NULL;
        struct member_url member = {nasty[i], "http://h:2"};
        struct pgbouncer_config bouncer = {.name = nasty[i], .conninfo = "host=h"};
        struct haproxy_config balancer = {
            .name = nasty[i], .url = "http://h:7/haproxy?stats", .write_backend = nasty[i]};
        struct route_config route = {
            .name = "vip", .conninfo = "host=h", .password = {.command = nasty[i]}};
        const char *url = "http://h:1";
        struct err e = ERR_INIT;

        c->haproxy = &balancer;
        c->nhaproxy = 1;
        c->routes = &route;
        c->nroutes = 1;
        c->scope = nasty[i];
        c->refresh_us = 1500000;
        c->environment = ENV_STAGING;
        c->patroni.urls = &url;
        c->patroni.nurls = 1;
        c->patroni.username = nasty[i];
        c->patroni.password.command = nasty[i];
        c->patroni.member_urls = &member;
        c->patroni.nmember_urls = 1;
        c->pgbouncer = &bouncer;
        c->npgbouncer = 1;
        if (cluster_config_check(c, &e))
            fail_msg("%s: %s", nasty[i], err_text(&e));
        char *yaml = cluster_config_yaml(c);

        if (cluster_config_parse(yaml, strlen(yaml), "x.yml", "x", &back, &e))
            fail_msg("%s: %s\n%s", nasty[i], err_text(&e), yaml);
        assert_same_text(back->scope, nasty[i]);
        assert_same_text(back->patroni.username, nasty[i]);
        assert_same_text(back->patroni.password.command, nasty[i]);
        assert_same_text(back->patroni.member_urls[0].name, nasty[i]);
        assert_same_text(back->pgbouncer[0].name, nasty[i]);
        assert_same_text(back->haproxy[0].url, balancer.url);
        assert_same_text(back->haproxy[0].write_backend, nasty[i]);
        assert_same_text(back->routes[0].name, "vip");
        assert_same_text(back->routes[0].conninfo, "host=h");
        assert_same_text(back->routes[0].password.command, nasty[i]);
        assert_int_equal(back->refresh_us, 1500000);
        assert_int_equal(back->environment, ENV_STAGING);
        char *again = cluster_config_yaml(back);

        assert_string_equal(again, yaml);
        free(again);
        free(yaml);
        cluster_config_free(back);
        cluster_config_free(c);
    }
}

static void test_check(void **state)
{
    static const struct {
        const char *scope, *url, *username, *file, *literal, *error;
    } cases[] = {
        {NULL, "http://h", NULL, NULL, NULL, "patroni.urls[0]: expected a port"},
        {NULL, NULL, NULL, NULL, NULL, "there is nothing"},
        {NULL, NULL, "u", NULL, NULL, "patroni: the key \"urls\" is missing"},
        {"a\x1b[31m", "http://h:1", NULL, NULL, NULL, "control character U+001B"},
        {"a\nb", "http://h:1", NULL, NULL, NULL, "one line"},
        {"caf\xe9", "http://h:1", NULL, NULL, NULL, "not UTF-8"},
        {NULL, "http://h:1", NULL, "/x", NULL, "password_file needs username"},
        {NULL, "http://h:1", "u", "/x", "hunter2", "password beside password_file"},
        {NULL, "http://h:1", "u", "pw", NULL, "patroni.password_file: expected a whole path"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cluster_config *c = cluster_config_new("x");
        struct err e = ERR_INIT;

        c->scope = cases[i].scope;
        c->patroni.urls = &cases[i].url;
        c->patroni.nurls = cases[i].url != NULL;
        c->patroni.username = cases[i].username;
        c->patroni.password.file = cases[i].file;
        c->patroni.password.literal = cases[i].literal;
        assert_int_equal(cluster_config_check(c, &e), ST_INVALID);
        expect_error(&e, cases[i].error);
        assert_null(strstr(err_text(&e), "hunter2"));
        free(cluster_config_yaml(c)); /* of whatever: never NULL, never a crash */
        err_release(&e);
        cluster_config_free(c);
    }
}

static void test_save(void **state)
{
    struct cluster_config *c = cluster_config_new("local-ha"), *back;
    const char *url = "http://localhost:8008";
    char *path, *expected = sandbox_path(*state, "config/pgdba/clusters/local-ha.yml");
    struct err e = ERR_INIT;
    struct stat sb;

    c->patroni.urls = &url;
    c->patroni.nurls = 1;
    c->patroni.username = "u";
    c->patroni.password.literal = "hunter2";
    assert_int_equal(cluster_config_save(c, false, &path, &e), ST_OK);
    assert_string_equal(path, expected);
    assert_int_equal(stat(path, &sb), 0);
    assert_int_equal(sb.st_mode & 07777, 0600);
    free(path);
    path = sandbox_path(*state, "config/pgdba/clusters");
    assert_int_equal(stat(path, &sb), 0);
    assert_int_equal(sb.st_mode & 07777, 0700);
    free(path);
    assert_int_equal(cluster_config_save(c, false, &path, &e), ST_CONFLICT);
    assert_null(path);
    expect_error(&e, expected);
    assert_int_equal(cluster_config_save(c, true, &path, &e), ST_OK);
    free(path);
    assert_int_equal(cluster_config_find("local-ha", &back, &e), ST_OK);
    assert_string_equal(back->patroni.password.literal, "hunter2");
    char *shown = cluster_config_yaml_redacted(back);

    assert_null(strstr(shown, "hunter2"));
    assert_non_null(strstr(shown, "password: (not shown)"));
    free(shown);
    cluster_config_free(back);

    url = "not a url";
    assert_int_equal(cluster_config_save(c, true, &path, &e), ST_INVALID);
    assert_null(path);
    cluster_config_free(c);
    c = cluster_config_new("../../escape");
    url = "http://h:1";
    c->patroni.urls = &url;
    c->patroni.nurls = 1;
    assert_int_equal(cluster_config_save(c, true, &path, &e), ST_INVALID);
    cluster_config_free(c);
    err_release(&e);
    free(expected);
}

static const struct cluster_entry *entry(const struct cluster_list *l, const char *name)
{
    for (int i = 0; i < l->n; i++)
        if (!strcmp(l->v[i].name, name))
            return &l->v[i];
    fail_msg("%s is not listed", name);
    return NULL;
}

static void test_list(void **state)
{
    struct cluster_list l;
    struct err e = ERR_INIT;

    assert_int_equal(cluster_list_load(&l, &e), ST_OK); /* neither directory is there */
    assert_int_equal(l.n, 0);
    cluster_list_release(&l);
    free(sandbox_write(*state, "config/pgdba/clusters/beta.yml", URL, 0600));
    free(sandbox_write(*state, "config/pgdba/clusters/bad.yml", "urlz: 1\n", 0600));
    free(sandbox_write(*state, "config/pgdba/clusters/wrong name.yml", URL, 0600));
    free(sandbox_write(*state, "config/pgdba/clusters/long.yaml", URL, 0600));
    free(sandbox_write(*state, "config/pgdba/clusters/.hidden.yml", URL, 0600));
    free(sandbox_write(*state, "config/pgdba/clusters/beta.yml~", "junk", 0600));
    free(sandbox_write(*state, "etc/clusters.d/beta.yml", "scope: theirs\n" URL, 0644));
    free(sandbox_write(*state, "etc/clusters.d/alpha.yml", URL, 0644));
    assert_int_equal(cluster_list_load(&l, &e), ST_OK);
    assert_int_equal(l.n, 5);
    assert_string_equal(l.v[0].name, "alpha");
    assert_false(l.v[0].ours);
    assert_null(l.v[0].error);
    assert_true(entry(&l, "beta")->ours);
    assert_null(entry(&l, "beta")->error);
    assert_non_null(strstr(entry(&l, "bad")->error, "bad.yml:1: urlz: unknown key"));
    assert_non_null(strstr(entry(&l, "wrong name")->error, "a cluster's name has"));
    assert_non_null(strstr(entry(&l, "long")->error, "name it long.yml"));
    cluster_list_release(&l);
    err_release(&e);
}

static void test_find(void **state)
{
    struct cluster_config *c;
    struct err e = ERR_INIT;

    free(sandbox_write(*state, "config/pgdba/clusters/prod.yml", "scope: ours\n" URL, 0600));
    free(sandbox_write(*state, "etc/clusters.d/prod.yml", "scope: theirs\n" URL, 0644));
    free(sandbox_write(*state, "etc/clusters.d/shared.yml", URL, 0644));
    assert_int_equal(cluster_config_find("prod", &c, &e), ST_OK);
    assert_string_equal(c->scope, "ours");
    cluster_config_free(c);
    assert_int_equal(cluster_config_find("shared", &c, &e), ST_OK);
    cluster_config_free(c);
    assert_int_equal(cluster_config_find("prdo", &c, &e), ST_NOT_FOUND);
    assert_null(c);
    expect_error(&e, "no cluster is called prdo; did you mean \"prod\"?");
    expect_error(&e, "pgdba cluster connect --name prdo");
    assert_int_equal(cluster_config_find("../prod", &c, &e), ST_NOT_FOUND);
    err_release(&e);
}

static void test_remove(void **state)
{
    struct err e = ERR_INIT;
    char *path, *file = sandbox_write(*state, "config/pgdba/clusters/prod.yml", URL, 0600);

    free(sandbox_write(*state, "etc/clusters.d/shared.yml", URL, 0644));
    assert_int_equal(cluster_config_remove("prod", &path, &e), ST_OK);
    assert_string_equal(path, file);
    assert_int_not_equal(access(file, F_OK), 0);
    free(path);
    assert_int_equal(cluster_config_remove("prod", &path, &e), ST_NOT_FOUND);
    assert_null(path);
    assert_int_equal(cluster_config_remove("shared", &path, &e), ST_DENIED);
    expect_error(&e, "shared is registered for everybody");
    assert_int_equal(cluster_config_remove("../x", &path, &e), ST_NOT_FOUND);
    err_release(&e);
    free(file);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sandbox_setup, sandbox_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_load_private), TEST(test_load_odd), TEST(test_round_trip), TEST(test_check),
        TEST(test_save),         TEST(test_list),     TEST(test_find),       TEST(test_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
