/* What is taken from Patroni's own configuration files. */
#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/config/cluster.h"
#include "sandbox.h"

static struct cluster_config *import(void *state, const char *text, unsigned mode,
                                     enum status expected, struct buf *notes, struct err *e)
{
    struct cluster_config *c = cluster_config_new("x");
    char *path = sandbox_write(state, "patroni.yml", text, mode);
    enum status st = patronictl_import(path, c, notes, e);

    if (st != expected)
        fail_msg("%s: %s", status_name(st), err_text(e));
    free(path);
    return c;
}

static const char member[] = "scope: batman\n"
                             "namespace: /db/\n"
                             "name: pg1\n"
                             "restapi:\n"
                             "  listen: 0.0.0.0:8008\n"
                             "  connect_address: 10.0.0.1:8008\n"
                             "  certfile: /etc/ssl/srv.pem\n"
                             "  cafile: /etc/ssl/ca.pem\n"
                             "  authentication: {username: admin, password: hunter2}\n"
                             "etcd3:\n"
                             "  hosts: 10.0.0.1:2379, 10.0.0.2:2379,10.0.0.3\n"
                             "  protocol: https\n"
                             "  username: patroni\n"
                             "  password: hunter3\n"
                             "  cacert: /etc/ssl/etcd.pem\n"
                             "bootstrap:\n"
                             "  dcs: {ttl: 30}\n"
                             "  post_init: |\n"
                             "    several\n"
                             "    lines\n"
                             "tags: {nofailover: false}\n";

static void test_member_file(void **state)
{
    struct err e = ERR_INIT;
    struct cluster_config *c = import(*state, member, 0600, ST_OK, NULL, &e);

    assert_string_equal(c->scope, "batman");
    assert_int_equal(c->patroni.nurls, 1);
    assert_string_equal(c->patroni.urls[0], "https://10.0.0.1:8008");
    assert_string_equal(c->patroni.tls.cacert, "/etc/ssl/ca.pem");
    assert_null(c->patroni.tls.cert); /* the server's, not a client's */
    assert_string_equal(c->patroni.username, "admin");
    assert_string_equal(c->patroni.password.literal, "hunter2");
    assert_int_equal(c->etcd.nurls, 3);
    assert_string_equal(c->etcd.urls[0], "https://10.0.0.1:2379");
    assert_string_equal(c->etcd.urls[2], "https://10.0.0.3:2379");
    assert_string_equal(c->etcd.namespace_, "/db");
    assert_string_equal(c->etcd.username, "patroni");
    assert_string_equal(c->etcd.password.literal, "hunter3");
    assert_int_equal(cluster_config_check(c, &e), ST_OK);
    cluster_config_free(c);
}

static void test_not_private(void **state)
{
    struct err e = ERR_INIT;
    struct cluster_config *c = import(*state, member, 0644, ST_DENIED, NULL, &e);

    expect_error(&e, "its passwords are not taken over");
    expect_error(&e, "chmod 600");
    assert_null(strstr(err_text(&e), "hunter"));
    assert_null(c->patroni.password.literal);
    assert_null(c->etcd.password.literal);
    assert_string_equal(c->scope, "batman"); /* the rest is there */
    assert_int_equal(c->etcd.nurls, 3);
    cluster_config_free(c);
    /* No password in it, or none wanted: nothing to refuse. */
    c = import(*state, "scope: a\nrestapi: {connect_address: 'h:8008'}\n", 0644, ST_OK, NULL, &e);
    cluster_config_free(c);
    err_release(&e);
}

static void test_given_stays(void **state)
{
    struct cluster_config *c = cluster_config_new("x");
    struct err e = ERR_INIT;
    const char *url = "http://other:8008";
    char *path = sandbox_write(*state, "patroni.yml", member, 0644);

    c->scope = "mine";
    c->patroni.urls = &url;
    c->patroni.nurls = 1;
    c->patroni.username = "me";
    c->patroni.password.env = "PW";
    c->etcd.username = "me";
    c->etcd.password.file = "/pw";
    if (patronictl_import(path, c, NULL, &e))
        fail_msg("%s", err_text(&e));
    assert_string_equal(c->scope, "mine");
    assert_int_equal(c->patroni.nurls, 1);
    assert_string_equal(c->patroni.urls[0], "http://other:8008");
    assert_string_equal(c->patroni.username, "me");
    assert_null(c->patroni.password.literal);
    assert_null(c->etcd.password.literal);
    cluster_config_free(c);
    free(path);
}

static void test_ctl(void **state)
{
    struct err e = ERR_INIT;
    struct cluster_config *c =
        import(*state,
               "ctl:\n  insecure: yes\n  cacert: /a.pem\n  certfile: /c.pem\n  keyfile: /k.pem\n"
               "  keyfile_password: hunter2\n"
               "  authentication: {username: ops, password: hunter3}\n"
               "restapi:\n  cafile: /b.pem\n"
               "  authentication: {username: admin, password: hunter4}\n"
               "etcd3: {host: '[::1]:2379'}\n",
               0600, ST_OK, NULL, &e);

    assert_true(c->patroni.tls.insecure);
    assert_string_equal(c->patroni.tls.cacert, "/a.pem");
    assert_string_equal(c->patroni.tls.cert, "/c.pem");
    assert_string_equal(c->patroni.tls.key, "/k.pem");
    assert_string_equal(c->patroni.tls.key_password.literal, "hunter2");
    assert_string_equal(c->patroni.username, "ops");
    assert_string_equal(c->patroni.password.literal, "hunter3");
    assert_string_equal(c->etcd.urls[0], "http://[::1]:2379");
    cluster_config_free(c);
}

static void test_etcd_forms(void **state)
{
    static const struct {
        const char *text;
        int n;
        const char *first;
    } cases[] = {
        {"etcd3: {hosts: ['a:2379', b]}\n", 2, "http://a:2379"},
        {"etcd3:\n  hosts:\n  - a:1\n  - a:1\n", 1, "http://a:1"},
        {"etcd3: {url: 'https://a:2379'}\n", 1, "https://a:2379"},
        {"etcd3: {host: a}\n", 1, "http://a:2379"},
        {"etcd3: {hosts: \"'a:1','b:2'\"}\n", 2, "http://a:1"},
        {"etcd3: {hosts: 'http://a:1'}\n", 1, "http://a:1"},
        {"x: &e {hosts: 'a:1'}\netcd3: *e\n", 1, "http://a:1"},
        {"x: &e {hosts: 'a:1'}\netcd3: {<<: *e, protocol: https}\n", 1, "https://a:1"},
        {"consul: {host: a}\n", 0, NULL},
        {"etcd3:\n", 0, NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = ERR_INIT;
        struct cluster_config *c = import(*state, cases[i].text, 0600, ST_OK, NULL, &e);

        assert_int_equal(c->etcd.nurls, cases[i].n);
        if (cases[i].n)
            assert_string_equal(c->etcd.urls[0], cases[i].first);
        cluster_config_free(c);
    }
}

static void test_notes(void **state)
{
    struct buf notes;
    struct err e = ERR_INIT;

    buf_init(&notes);
    cluster_config_free(import(*state, "etcd: {host: 'a:2379'}\n", 0600, ST_OK, &notes, &e));
    assert_non_null(strstr(notes.s, "old v2 interface"));
    buf_clear(&notes);
    cluster_config_free(import(*state, "etcd3: {srv: a.example}\n", 0600, ST_OK, &notes, &e));
    assert_non_null(strstr(notes.s, "DNS SRV"));
    buf_clear(&notes);
    cluster_config_free(import(*state, "etcd3: {host: a}\n", 0600, ST_OK, &notes, &e));
    assert_int_equal(notes.len, 0);
    buf_release(&notes);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "this is no configuration of Patroni"},
        {"- a\n", "this is no configuration of Patroni"},
        {"scope: [a]\n", "patroni.yml:1: scope: expected text; got a list"},
        {"etcd3: {hosts: 'a:0'}\n", "patroni.yml:1: etcd3: expected a port"},
        {"etcd3: x\n", "patroni.yml:1: etcd3: expected keys"},
        {"etcd3: {hosts: [{a: b}]}\n", "etcd3: expected host:port in the list"},
        {"etcd3: {url: 'http://u:hunter2@a:1'}\n", "etcd3: expected no user or password"},
        {"ctl: {cacert: ca.pem}\n", "patroni.yml:1: cacert: expected a whole path"},
        {"restapi: {connect_address: nowhere}\n", "restapi.connect_address: expected a port"},
        {"etcd3: *x\n", "the alias *x has no anchor"},
        {"x: &x [*x]\n", "the alias *x has no anchor"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = ERR_INIT;
        struct cluster_config *c = import(*state, cases[i].text, 0600, ST_INVALID, NULL, &e);

        expect_error(&e, cases[i].error);
        assert_null(strstr(err_text(&e), "hunter2"));
        err_release(&e);
        cluster_config_free(c);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sandbox_setup, sandbox_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_member_file), TEST(test_not_private), TEST(test_given_stays), TEST(test_ctl),
        TEST(test_etcd_forms),  TEST(test_notes),       TEST(test_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
