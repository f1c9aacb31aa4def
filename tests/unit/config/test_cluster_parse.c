/* A cluster's file: what is read, and what is refused with which words. */
#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/config/cluster.h"
#include "sandbox.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define URL      "patroni: {urls: [http://h:1]}\n"

static const char whole[] =
    "scope: lab\n"
    "environment: production   # a comment\n"
    "refresh: 500ms\n"
    "read_only: Yes\n"
    "patroni:\n"
    "  urls: [http://10.0.0.1:8008, \"http://10.0.0.2:8008/\"]\n"
    "  username: patroni\n"
    "  password_file: ~/pw\n"
    "  cacert: /ca.pem\n"
    "  cert: /cert.pem\n"
    "  key: /key.pem\n"
    "  key_password_command: echo x\n"
    "  insecure: off\n"
    "  proxy: socks5h://127.0.0.1:1080\n"
    "  connect_to: {\"pg-replica-1:8008\": \"127.0.0.1:8009\"}\n"
    "  member_urls:\n"
    "    pg1: http://[::1]:8008\n"
    "etcd: {urls: [\"http://10.0.0.1:2379\"], namespace: db}\n"
    "pgbouncer:\n"
    "  - name: pgb1\n"
    "    conninfo: host=127.0.0.1 port=6432 user=stats\n"
    "    password_env: PGB\n"
    "  - host=127.0.0.1 port=6433\n"
    "  - service=pgb\n"
    "haproxy:\n"
    "  - {name: lb1, url: \"http://10.0.0.9:7000/\", write_backend: pg_rw,\n"
    "     write_addresses: [\"10.0.0.9:5000\", \"db-rw:5000\"]}\n"
    "  - http://10.0.0.10:7000/stats\n"
    "postgres:\n"
    "  conninfo: user=monitor dbname=postgres\n"
    "  connect_to: {\"pg1:5432\": \"127.0.0.1:5433\"}\n"
    "routes:\n"
    "  - name: haproxy\n"
    "    conninfo: host=10.0.0.9 port=5000 user=app dbname=app\n"
    "    password_command: echo x\n"
    "  - {name: vip, conninfo: \"postgresql://app@10.0.0.20/app\"}\n";

static enum status parse(const char *text, struct cluster_config **c, struct err *e)
{
    return cluster_config_parse(text, strlen(text), "prod.yml", "prod", c, e);
}

static void test_whole(void **state)
{
    struct cluster_config *c;
    struct err e = ERR_INIT;

    (void)state;
    setenv("HOME", "/home/me", 1);
    if (parse(whole, &c, &e))
        fail_msg("%s", err_text(&e));
    assert_string_equal(c->name, "prod");
    assert_string_equal(c->path, "prod.yml");
    assert_string_equal(c->scope, "lab");
    assert_int_equal(c->environment, ENV_PRODUCTION);
    assert_int_equal(c->refresh_us, 500000);
    assert_true(c->read_only);
    assert_int_equal(c->patroni.nurls, 2);
    assert_string_equal(c->patroni.urls[1], "http://10.0.0.2:8008");
    assert_string_equal(c->patroni.username, "patroni");
    assert_string_equal(c->patroni.password.file, "/home/me/pw");
    assert_null(c->patroni.password.literal);
    assert_string_equal(c->patroni.tls.key_password.command, "echo x");
    assert_string_equal(c->patroni.tls.key, "/key.pem");
    assert_false(c->patroni.tls.insecure);
    assert_string_equal(c->patroni.proxy, "socks5h://127.0.0.1:1080");
    assert_int_equal(c->patroni.nconnect_to, 1);
    assert_string_equal(c->patroni.connect_to[0].from, "pg-replica-1:8008");
    assert_string_equal(c->patroni.connect_to[0].to, "127.0.0.1:8009");
    assert_int_equal(c->patroni.nmember_urls, 1);
    assert_string_equal(c->patroni.member_urls[0].name, "pg1");
    assert_string_equal(c->patroni.member_urls[0].url, "http://[::1]:8008");
    assert_string_equal(c->etcd.namespace_, "/db");
    assert_int_equal(c->npgbouncer, 3);
    assert_string_equal(c->pgbouncer[0].name, "pgb1");
    assert_string_equal(c->pgbouncer[0].password.env, "PGB");
    assert_string_equal(c->pgbouncer[1].name, "127.0.0.1:6433");
    assert_string_equal(c->pgbouncer[2].name, "pgb");
    assert_int_equal(c->nhaproxy, 2);
    assert_string_equal(c->haproxy[0].name, "lb1");
    assert_string_equal(c->haproxy[0].write_backend, "pg_rw");
    assert_string_equal(c->haproxy[1].name, "10.0.0.10:7000");
    assert_null(c->haproxy[1].write_backend);
    assert_int_equal(c->haproxy[0].nwrite_addresses, 2);
    assert_string_equal(c->haproxy[0].write_addresses[1], "db-rw:5000");
    assert_int_equal(c->haproxy[1].nwrite_addresses, 0);
    assert_string_equal(c->haproxy[1].url, "http://10.0.0.10:7000/stats");
    assert_string_equal(c->postgres.conninfo, "user=monitor dbname=postgres");
    assert_int_equal(c->postgres.nconnect_to, 1);
    assert_int_equal(c->nroutes, 2);
    assert_string_equal(c->routes[0].name, "haproxy");
    assert_string_equal(c->routes[0].password.command, "echo x");
    assert_string_equal(c->routes[0].route.name, "haproxy");
    assert_int_equal(c->routes[0].route.nplaces, 1);
    assert_string_equal(c->routes[0].route.places[0].host, "10.0.0.9");
    assert_int_equal(c->routes[0].route.places[0].port, 5000);
    assert_string_equal(c->routes[0].route.database, "app");
    assert_string_equal(c->routes[1].route.places[0].host, "10.0.0.20");
    assert_int_equal(c->routes[1].route.places[0].port, 5432);
    assert_string_equal(c->routes[1].route.database, "app");
    assert_string_equal(c->routes[1].conninfo, "postgresql://app@10.0.0.20/app");
    cluster_config_free(c);
}

static void test_defaults(void **state)
{
    struct cluster_config *c;

    (void)state;
    assert_int_equal(parse(URL, &c, NULL), ST_OK);
    assert_null(c->scope);
    assert_int_equal(c->environment, ENV_UNSET);
    assert_int_equal(c->refresh_us, 0);
    assert_false(c->read_only);
    assert_string_equal(c->etcd.namespace_, "/service");
    assert_null(c->postgres.conninfo);
    cluster_config_free(c);
}

/* "cluster connect --pg-host" knows where PostgreSQL is before anybody says how to log in. */
static void test_postgres_by_address(void **state)
{
    struct cluster_config *c;

    (void)state;
    assert_int_equal(parse(URL "postgres: {connect_to: {\"a:1\": \"b:2\"}}\n", &c, NULL), ST_OK);
    assert_null(c->postgres.conninfo);
    assert_int_equal(c->postgres.nconnect_to, 1);
    cluster_config_free(c);
}

/* Strings are taken as written, whatever YAML 1.1 would make of them. */
static void test_text_stays_text(void **state)
{
    struct cluster_config *c;

    (void)state;
    assert_int_equal(parse("scope: no\n" URL, &c, NULL), ST_OK);
    assert_string_equal(c->scope, "no");
    cluster_config_free(c);
    assert_int_equal(parse("scope: 0x10\n" URL, &c, NULL), ST_OK);
    assert_string_equal(c->scope, "0x10");
    cluster_config_free(c);
    assert_int_equal(parse("scope: \"~\"\n" URL, &c, NULL), ST_OK);
    assert_string_equal(c->scope, "~");
    cluster_config_free(c);
}

struct refusal {
    const char *text;
    const char *error; /* the whole start of the message */
};

static const struct refusal refusals[] = {
    /* keys */
    {"scope: x\npatroni:\n  urlz: [a]\n",
     "prod.yml:3: patroni.urlz: unknown key; did you mean \"urls\"?"},
    {"read-only: true\n" URL, "prod.yml:1: read-only: unknown key; did you mean \"read_only\"?"},
    {"completely_else: 1\n" URL, "prod.yml:1: completely_else: unknown key; known here: scope, "},
    {"scope: a\n" URL "scope: b\n", "prod.yml:3: scope: given twice; first on line 1"},
    {"patroni:\n  urls: [http://h:1]\n  member_urls:\n    a: http://h:1\n    a: http://h:2\n",
     "prod.yml:5: patroni.member_urls.a: given twice; first on line 4"},
    {"patroni: {username: x}\n", "prod.yml:1: patroni: the key \"urls\" is missing"},
    {"pgbouncer:\n  - name: x\n", "prod.yml:2: pgbouncer[0]: the key \"conninfo\" is missing"},
    {"? [a]\n: b\n", "prod.yml:1: expected a name before the colon; got a list"},
    /* types */
    {"refresh: fast\n" URL,
     "prod.yml:1: refresh: expected a duration from 0.5 s to 60 s, like \"2s\"; got \"fast\""},
    {"refresh: 100ms\n" URL, "prod.yml:1: refresh: expected a duration"},
    {"refresh: 61s\n" URL, "prod.yml:1: refresh: expected a duration"},
    {"refresh: -1s\n" URL, "prod.yml:1: refresh: expected a duration"},
    {"refresh: [1s]\n" URL, "prod.yml:1: refresh: expected a duration from 0.5 s to 60 s, like "
                            "\"2s\"; got a list"},
    {"read_only: 1\n" URL, "prod.yml:1: read_only: expected true or false; got \"1\""},
    {"read_only:\n" URL, "prod.yml:1: read_only: expected true or false; got nothing"},
    {"environment: prod\n" URL,
     "prod.yml:1: environment: expected test, staging or production; got \"prod\""},
    {"environment: stagin\n" URL, "prod.yml:1: environment: expected test, staging or production; "
                                  "got \"stagin\"; did you mean \"staging\"?"},
    {"scope: {a: b}\n" URL, "prod.yml:1: scope: expected text; got a mapping"},
    {"scope: ~\n" URL, "prod.yml:1: scope: expected text; got nothing"},
    {"scope: ''\n" URL, "prod.yml:1: scope: expected text; got an empty text"},
    {"patroni: x\n", "prod.yml:1: patroni: expected keys, each with its value; got text"},
    {"patroni:\n", "prod.yml:1: patroni: expected keys, each with its value; got nothing"},
    {"patroni: {urls: http://h:1}\n", "prod.yml:1: patroni.urls: expected a list of URLs"},
    {"patroni: {urls: []}\n", "prod.yml:1: patroni.urls: expected at least one URL"},
    {"patroni:\n  urls:\n    - http://h:1\n    - h:2\n",
     "prod.yml:4: patroni.urls[1]: expected a URL with its scheme, like "
     "\"http://10.0.0.1:8008\"; got \"h:2\""},
    {"patroni:\n  urls:\n    - http://h:1\n    - http://h:1/\n",
     "prod.yml:4: patroni.urls[1]: http://h:1 is given twice"},
    {"patroni: {urls: [http://h:1], connect_to: [a]}\n",
     "prod.yml:1: patroni.connect_to: expected a mapping"},
    {"patroni: {urls: [http://h:1], connect_to: {a: \"b:1\"}}\n",
     "prod.yml:1: patroni.connect_to.a: expected a port after the host"},
    {"pgbouncer: host=h\n", "prod.yml:1: pgbouncer: expected a list, each item starting with"},
    {"pgbouncer: [[a]]\n", "prod.yml:1: pgbouncer[0]: expected keys"},
    {"- a\n", "prod.yml:1: expected keys, each with its value; got a list"},
    {"hello\n", "prod.yml:1: expected keys, each with its value; got text"},
    /* keys beside keys */
    {"patroni:\n  urls: [http://h:1]\n  username: u\n  password_file: /x\n  password_env: X\n",
     "prod.yml:5: patroni: password_env beside password_file: only one of password_file, "
     "password_command, password_env, password can be given"},
    {"patroni:\n  urls: [http://h:1]\n  password_file: /x\n",
     "prod.yml:3: patroni: password_file needs username beside it"},
    {"patroni:\n  urls: [http://h:1]\n  key: /x\n",
     "prod.yml:3: patroni: key needs cert beside it"},
    {URL "postgres: {password_file: /x}\n",
     "prod.yml:2: postgres: password_file needs conninfo beside it"},
    {"postgres: {conninfo: user=x}\n", "prod.yml:1: there is nothing to watch"},
    {"pgbouncer: [host=h, host=h]\n",
     "prod.yml:1: pgbouncer[0] and pgbouncer[1] are both called \"h\""},
    {URL "routes: [{conninfo: host=h}]\n", "prod.yml:2: routes[0]: the key \"name\" is missing"},
    {URL "routes: [{name: a}]\n", "prod.yml:2: routes[0]: the key \"conninfo\" is missing"},
    {URL "routes: [host=h]\n", "prod.yml:2: routes[0]: expected keys"},
    {URL "routes:\n  - {name: \"postgres://x\", conninfo: host=h}\n",
     "prod.yml:3: routes[0]: name: expected letters, digits, '-', '_' and '.', not starting with "
     "'.' or '-'; got \"postgres://x\""},
    {URL "routes:\n  - {name: a, conninfo: host=h}\n  - {name: a, conninfo: host=i}\n",
     "prod.yml:1: routes[0] and routes[1] are both called \"a\""},
    {URL "routes: [{name: a, conninfo: host=h, password_env: A, password_file: /b}]\n",
     "prod.yml:2: routes[0]: password_env beside password_file"},
    /* secrets are not echoed */
    {URL "routes: [{name: a, conninfo: \"postgres://u:hunter2@h/db\"}]\n",
     "prod.yml:2: routes[0].conninfo: expected no password in a connection string: use "
     "password_file"},
    {"patroni: {urls: [\"http://u:hunter2@h:1\"]}\n",
     "prod.yml:1: patroni.urls[0]: expected no user"},
    {"pgbouncer: [\"host=h password=hunter2\"]\n",
     "prod.yml:1: pgbouncer[0].conninfo: expected no password in a connection string: use "
     "password_file"},
    {"patroni: {urls: [http://h:1], password:hunter2}\n",
     "prod.yml:1: patroni.password:…: unknown"},
    {"patroni:\n  password:hunter2\n", "prod.yml:2: patroni: expected keys"},
    {"patroni: {urls: [http://h:1], username: u, password_env: hunter2 hunter2}\n",
     "prod.yml:1: patroni.password_env: expected the name of an environment variable"},
    /* YAML */
    {"", "prod.yml: there is nothing in it"},
    {"# only a comment\n", "prod.yml: there is nothing in it"},
    {"---\n...\n", "prod.yml: there is nothing in it"},
    {URL "---\nscope: b\n", "prod.yml:2: a second document starts here"},
    {"patroni: &p {urls: [http://h:1]}\n", "prod.yml:1: anchors (&p) are not supported"},
    {URL "etcd: *p\n", "prod.yml:2: aliases (*p) are not supported"},
    {URL "<<: {scope: a}\n", "prod.yml:2: merge keys (<<) are not supported"},
    {"scope: !!str 12\n" URL, "prod.yml:1: tags (!...) are not supported"},
    {"patroni:\n\turls: [http://h:1]\n", "prod.yml:2: not valid YAML: indented with a tab"},
    {"patroni: [\n", "prod.yml:2: not valid YAML:"},
    {"scope: a\n  b: c\n", "prod.yml:2: not valid YAML:"},
    {"scope: \"a\\eb\"\n" URL, "prod.yml:1: control character U+001B in a text"},
    {"scope: \"a\\0b\"\n" URL, "prod.yml:1: control character U+0000 in a text"},
    {"scope: |\n  a\n  b\n" URL, "prod.yml:1: expected one line of text; got several"},
    {"scope: a\n# \x1b[31m\n" URL, "prod.yml:2: control character U+001B"},
    {"scope: a\n# caf\xe9\n" URL, "prod.yml:2: not UTF-8: byte 0xe9"},
    {"\xff\xfes\0c\0", "prod.yml:1: not UTF-8: byte 0xff"},
    {"a: [[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]\n", "prod.yml:1: nested more than 16 deep"},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct cluster_config *c = NULL;
        struct err e = ERR_INIT;

        assert_int_equal(parse(refusals[i].text, &c, &e), ST_INVALID);
        assert_null(c);
        if (strncmp(err_text(&e), refusals[i].error, strlen(refusals[i].error)))
            fail_msg("%s\n expected: %s\n got:      %s", refusals[i].text, refusals[i].error,
                     err_text(&e));
        assert_null(strstr(err_text(&e), "hunter2"));
        assert_null(strchr(err_text(&e), '\n'));
        assert_null(strchr(err_text(&e), '\x1b'));
        err_release(&e);
    }
}

static void expect_refused(const struct buf *b, const char *error)
{
    struct cluster_config *c;
    struct err e = ERR_INIT;

    assert_int_equal(cluster_config_parse(b->s, b->len, "x.yml", "x", &c, &e), ST_INVALID);
    expect_error(&e, error);
    err_release(&e);
}

static void test_absurd_sizes(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b);
    buf_fill(&b, '#', (1 << 20) + 1);
    expect_refused(&b, "x.yml: larger than 1024 KB");
    buf_clear(&b);
    buf_fill(&b, '[', 1 << 20);
    expect_refused(&b, "x.yml:1: nested more than 16 deep");
    buf_clear(&b);
    buf_puts(&b, "patroni: {urls: [");
    for (int i = 0; i < 20000; i++)
        buf_puts(&b, "a,");
    buf_puts(&b, "]}");
    expect_refused(&b, "x.yml:1: more than 10000 values");
    buf_clear(&b);
    buf_puts(&b, "scope: ");
    buf_fill(&b, 'x', 1000000); /* large, but one text: shown shortened where it is refused */
    buf_puts(&b, "\nrefresh: ");
    buf_fill(&b, 'y', 1000);
    expect_refused(&b, "got \"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…\"");
    buf_clear(&b);
    buf_add(&b, "a: b\0\n", 6);
    expect_refused(&b, "x.yml:1: control character U+0000");
    buf_release(&b);
}

/* What a URI hides behind percent signs must not reach the screen as it is. */
static void test_name_is_clean(void **state)
{
    struct cluster_config *c;

    (void)state;
    assert_int_equal(parse("pgbouncer: [\"postgres://h%1b%ef:1/x\"]\n", &c, NULL), ST_OK);
    assert_string_equal(c->pgbouncer[0].name, "h\xef\xbf\xbd\xef\xbf\xbd:1");
    cluster_config_free(c);
}

static void test_names(void **state)
{
    static const char *const good[] = {"a", "local-ha", "A_1.b", "0"};
    static const char *const bad[] = {"", ".", "-x", ".x", "a/b", "a b", "ä", "a\n"};
    char sixty_four[65];
    struct cluster_config *c;
    struct err e = ERR_INIT;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(cluster_name_valid(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(cluster_name_valid(bad[i]));
    memset(sixty_four, 'a', 64);
    sixty_four[64] = 0;
    assert_false(cluster_name_valid(sixty_four));
    assert_true(cluster_name_valid(sixty_four + 1));
    assert_int_equal(cluster_config_parse(URL, strlen(URL), "x", "../x", &c, &e), ST_INVALID);
    expect_error(&e, "a cluster's name has letters");
    err_release(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_postgres_by_address),
        cmocka_unit_test(test_text_stays_text),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_absurd_sizes),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_name_is_clean),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
