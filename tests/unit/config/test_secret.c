/* Where passwords come from, and what is refused. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgdba/config/secret.h"
#include "sandbox.h"

static enum status from_file(const char *path, char **out, struct err *e)
{
    return secret_read(&(struct secret_source){.file = path}, "patroni", out, e);
}

static void test_file(void **state)
{
    static const struct {
        const char *text, *secret;
    } good[] = {
        {"hunter2\n", "hunter2"},
        {"hunter2", "hunter2"},
        {"hunter2\r\nsecond\n", "hunter2"},
        {" blanks stay \n", " blanks stay "},
    };
    char *path, *secret;
    struct err e = ERR_INIT;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        path = sandbox_write(*state, "pw", good[i].text, 0600);
        assert_int_equal(from_file(path, &secret, &e), ST_OK);
        assert_string_equal(secret, good[i].secret);
        secret_wipe_free(secret);
        free(path);
    }
    path = sandbox_write(*state, "pw", "hunter2\n", 0640);
    assert_int_equal(from_file(path, &secret, &e), ST_DENIED);
    assert_null(secret);
    expect_error(&e, "patroni: ");
    expect_error(&e, "chmod 600");
    free(path);
    path = sandbox_write(*state, "pw", "\nhunter2\n", 0600);
    assert_int_equal(from_file(path, &secret, &e), ST_INVALID);
    expect_error(&e, "is empty");
    free(path);
    path = sandbox_path(*state, "nowhere");
    assert_int_equal(from_file(path, &secret, &e), ST_NOT_FOUND);
    expect_error(&e, "patroni: cannot read");
    free(path);
    free(sandbox_write(*state, "pw", "hunter2\n", 0600));
    assert_int_equal(from_file("~/pw", &secret, &e), ST_OK); /* HOME is the sandbox */
    secret_wipe_free(secret);
    err_release(&e);
}

static void test_binary_and_large(void **state)
{
    char *path = sandbox_path(*state, "pw"), *secret, *large = malloc(5001);
    struct err e = ERR_INIT;

    memset(large, 'x', 5000);
    large[5000] = 0;
    free(sandbox_write(*state, "pw", large, 0600));
    assert_int_equal(from_file(path, &secret, &e), ST_INVALID);
    free(large);
    assert_int_equal(truncate(path, 3), 0);
    assert_int_equal(truncate(path, 10), 0); /* "xxx" and NUL bytes */
    assert_int_equal(from_file(path, &secret, &e), ST_INVALID);
    expect_error(&e, "is no text");
    err_release(&e);
    free(path);
}

static void test_env_and_others(void **state)
{
    struct secret_source env = {.env = "PGDBA_TEST_PW"}, none = {0}, command = {.command = "x"};
    struct secret_source literal = {.literal = "hunter2"};
    struct err e = ERR_INIT;
    char *secret;

    (void)state;
    setenv("PGDBA_TEST_PW", "hunter2", 1);
    assert_int_equal(secret_read(&env, "etcd", &secret, &e), ST_OK);
    assert_string_equal(secret, "hunter2");
    secret_wipe_free(secret);
    setenv("PGDBA_TEST_PW", "", 1);
    assert_int_equal(secret_read(&env, "etcd", &secret, &e), ST_NOT_FOUND);
    unsetenv("PGDBA_TEST_PW");
    assert_int_equal(secret_read(&env, "etcd", &secret, &e), ST_NOT_FOUND);
    expect_error(&e, "etcd: the environment variable PGDBA_TEST_PW");
    assert_int_equal(secret_read(&literal, "etcd", &secret, &e), ST_OK);
    assert_string_equal(secret, "hunter2");
    secret_wipe_free(secret);
    assert_int_equal(secret_read(&none, "etcd", &secret, &e), ST_OK);
    assert_null(secret);
    assert_int_equal(secret_read(&command, "etcd", &secret, &e), ST_OK);
    assert_null(secret);
    assert_false(secret_is_set(&none));
    assert_true(secret_is_set(&command));
    secret_wipe_free(NULL);
    secret = secret_from_output("a b\nc", 5);
    assert_string_equal(secret, "a b");
    secret_wipe_free(secret);
    err_release(&e);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sandbox_setup, sandbox_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_file),
        TEST(test_binary_and_large),
        TEST(test_env_and_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
