/* Single values: URLs, host:port, connection strings. */
#include <stdlib.h>
#include <string.h>

#include "../../../src/config/values.h"
#include "sandbox.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct value_case {
    value_check_fn *check;
    const char *text;
    const char *becomes; /* NULL: refused */
    const char *why;     /* part of the reason */
};

static const struct value_case urls[] = {
    {value_base_url, "http://10.0.0.1:8008", "http://10.0.0.1:8008", NULL},
    {value_base_url, "HTTPS://pg-1.example_x:8008/", "https://pg-1.example_x:8008", NULL},
    {value_base_url, "http://[::1]:8008", "http://[::1]:8008", NULL},
    {value_base_url, "http://[fe80::1%eth0]:8008", "http://[fe80::1%eth0]:8008", NULL},
    {value_base_url, "http://h:65535", "http://h:65535", NULL},
    {value_base_url, "h:8008", NULL, "with its scheme"},
    {value_base_url, "ftp://h:8008", NULL, "with its scheme"},
    {value_base_url, "http://h", NULL, "expected a port after the host"},
    {value_base_url, "http://h/", NULL, "expected a port after the host"},
    {value_base_url, "http://h:0", NULL, "1 to 65535"},
    {value_base_url, "http://h:65536", NULL, "1 to 65535"},
    {value_base_url, "http://h:80x8", NULL, "1 to 65535"},
    {value_base_url, "http://h:99999999999999999999", NULL, "1 to 65535"},
    {value_base_url, "http://:8008", NULL, "expected a host"},
    {value_base_url, "http://::1:8008", NULL, "brackets"},
    {value_base_url, "http://[abc]:8008", NULL, "brackets"},
    {value_base_url, "http://[::1:8008", NULL, "brackets"},
    {value_base_url, "http://a b:8008", NULL, "expected a host name or address and a port"},
    {value_base_url, "http://h:8008/patroni", NULL, "expected no path"},
    {value_base_url, "http://h:8008/?x", NULL, "after the path"},
    {value_base_url, "http://u:secret@h:8008", NULL, "no user or password"},
    {value_base_url, "http://u@h:8008", NULL, "no user or password"},
    {value_base_url, "", NULL, "with its scheme"},
    {value_page_url, "http://10.0.0.9:7000/", "http://10.0.0.9:7000/", NULL},
    {value_page_url, "http://lb:7000", "http://lb:7000", NULL},
    {value_page_url, "https://lb:7000/haproxy/stats", "https://lb:7000/haproxy/stats", NULL},
    {value_page_url, "http://lb:7000/haproxy?stats", "http://lb:7000/haproxy?stats", NULL},
    {value_page_url, "http://lb:7000/;csv", NULL, "leave out"},
    {value_page_url, "http://lb:7000/haproxy?stats;csv", NULL, "leave out"},
    {value_page_url, "http://lb:7000/#x", NULL, "leave out"},
    {value_page_url, "http://lb:7000?stats", NULL, "expected a path"},
    {value_page_url, "http://lb:7000/?a\"b", NULL, "expected a path"},
    {value_page_url, "http://lb:7000/a b", NULL, "expected a path"},
    {value_proxy_url, "socks5h://127.0.0.1:1080", "socks5h://127.0.0.1:1080", NULL},
    {value_proxy_url, "socks5://127.0.0.1", NULL, "port"},
    {value_proxy_url, "http://u:p@127.0.0.1:3128", NULL, "no user or password"},
    {value_host_port, "pg-replica-1:8008", "pg-replica-1:8008", NULL},
    {value_host_port, "[2001:db8::1]:8008", "[2001:db8::1]:8008", NULL},
    {value_host_port, "http://h:8008", NULL, "without a scheme"},
    {value_host_port, "h", NULL, "expected a port"},
    {value_host_port, "h:8008/", NULL, "only \"host:port\""},
    {value_namespace, "service", "/service", NULL},
    {value_namespace, "//a///b/", "/a/b", NULL},
    {value_namespace, "/", NULL, "namespace"},
    {value_namespace, "", NULL, "namespace"},
    {value_variable, "PGDBA_PW", "PGDBA_PW", NULL},
    {value_variable, "$PGDBA_PW", NULL, "environment variable"},
    {value_variable, "1A", NULL, "environment variable"},
    {value_path, "/etc/ssl/ca.pem", "/etc/ssl/ca.pem", NULL},
    {value_path, "ca.pem", NULL, "whole path"},
    {value_path, "~root/ca.pem", NULL, "whole path"},
};

static const struct value_case conninfos[] = {
    {value_conninfo, "host=127.0.0.1 port=6432 user=stats", "=", NULL},
    {value_conninfo, "  host = 'a b' port=6432  ", "=", NULL},
    {value_conninfo, "host='it''s'", NULL, "keyword=value"},
    {value_conninfo, "host='it\\'s'", "=", NULL},
    {value_conninfo, "service=pgb passfile=/x/.pgpass", "=", NULL},
    {value_conninfo, "postgresql://stats@127.0.0.1:6432/pgbouncer?sslmode=require", "=", NULL},
    {value_conninfo, "postgres://h1:1,h2:2/db", "=", NULL},
    {value_conninfo, "postgres://", "=", NULL},
    {value_conninfo, "postgres://[::1]:6432/", "=", NULL},
    {value_conninfo, "postgres://h:5432/db?application_name=a@b", "=", NULL},
    {value_conninfo, "postgres:///db?host=/tmp", "=", NULL},
    {value_conninfo, "", NULL, "like \"host="},
    {value_conninfo, "127.0.0.1", NULL, "keyword=value"},
    {value_conninfo, "=x", NULL, "keyword=value"},
    {value_conninfo, "host", NULL, "keyword=value"},
    {value_conninfo, "host='x", NULL, "closing quote"},
    {value_conninfo, "host=x password=secret", NULL, "no password"},
    {value_conninfo, "host=x password = 'secret'", NULL, "no password"},
    {value_conninfo, "host=x\tpassword\n=\nsecret", NULL, "no password"},
    {value_conninfo, "host=x PASSWORD=secret", NULL, "no password"},
    {value_conninfo, "host=x sslpassword=secret", NULL, "no password"},
    {value_conninfo, "host=x scram_client_key=k password=", NULL, "no password"},
    {value_conninfo, "postgresql://u:secret@h/db", NULL, "no password"},
    {value_conninfo, "POSTGRESQL://u:secret@h/db", NULL, "no password"},
    {value_conninfo, " postgres://u:secret@h/db", NULL, "no password"},
    {value_conninfo, "postgres://u:@h/db", NULL, "no password"},
    {value_conninfo, "postgres://h/db?user=u&password=secret", NULL, "no password"},
    {value_conninfo, "postgres://h/db?pass%77ord=secret", NULL, "no password"},
    {value_conninfo, "postgres://h/db?%70%61ssword=secret", NULL, "no password"},
    {value_conninfo, "postgres://?password=x@h", NULL, "no password"},
    {value_conninfo, "postgres://h/db?user", NULL, "keyword=value"},
    {value_conninfo, "postgres://h/db%2", NULL, "hexadecimal"},
    {value_conninfo, "postgres://h%00/db", NULL, "hexadecimal"},
    {value_conninfo, "dbname='postgres://u:secret@h'", NULL, "after dbname"},
    {value_conninfo, "dbname='host=x user=y'", NULL, "after dbname"},
};

static void check_cases(const struct value_case *v, size_t n)
{
    struct arena a;

    arena_init(&a);
    for (size_t i = 0; i < n; i++) {
        const char *out = NULL;
        const char *wrong = v[i].check(&a, v[i].text, &out);
        const char *becomes = v[i].becomes && !strcmp(v[i].becomes, "=") ? v[i].text : v[i].becomes;

        if (becomes && wrong)
            fail_msg("\"%s\" is refused: %s", v[i].text, wrong);
        if (becomes)
            assert_string_equal(out, becomes);
        else if (!wrong || !strstr(wrong, v[i].why))
            fail_msg("\"%s\": %s", v[i].text, wrong ? wrong : "accepted");
        if (wrong)
            assert_null(strstr(wrong, "secret"));
    }
    arena_release(&a);
}

static void test_urls(void **state)
{
    (void)state;
    check_cases(urls, COUNT(urls));
}

static void test_conninfos(void **state)
{
    (void)state;
    check_cases(conninfos, COUNT(conninfos));
}

static void test_conninfo_get(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a);
    assert_string_equal(conninfo_get(&a, "host=h port = 6432", "port"), "6432");
    assert_string_equal(conninfo_get(&a, "host='a\\'b'", "host"), "a'b");
    assert_string_equal(conninfo_get(&a, "host=a host=b", "host"), "b");
    assert_null(conninfo_get(&a, "host=h", "port"));
    assert_string_equal(conninfo_get(&a, "postgres://u@h1:1,h2:2/x", "host"), "h1,h2");
    assert_string_equal(conninfo_get(&a, "postgres://u@h1:1,h2:2/x", "port"), "1,2");
    assert_string_equal(conninfo_get(&a, "postgres://[::1]:6432/x", "host"), "[::1]");
    assert_string_equal(conninfo_get(&a, "postgres://[::1]:6432/x", "port"), "6432");
    assert_string_equal(conninfo_get(&a, "postgres:///x?host=%2Ftmp", "host"), "/tmp");
    assert_null(conninfo_get(&a, "postgres://h1,h2/x", "port"));
    assert_string_equal(url_host_port(&a, "http://h:1/x"), "h:1");
    arena_release(&a);
}

static void test_path_expands(void **state)
{
    struct arena a;
    const char *out;

    (void)state;
    arena_init(&a);
    setenv("HOME", "/home/me", 1);
    assert_null(value_path(&a, "~/.config/x", &out));
    assert_string_equal(out, "/home/me/.config/x");
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_conninfos),
        cmocka_unit_test(test_conninfo_get),
        cmocka_unit_test(test_path_expands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
