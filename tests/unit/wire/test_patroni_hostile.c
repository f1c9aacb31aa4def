/* wire/patroni: bodies that are not what they must be. Every one ends in ST_INVALID with a reason
 * that can be shown, or in a picture that can. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/wire/patroni.h"

typedef enum status parser(const char *body, size_t n, struct facts **out, struct err *e);

static enum status health(const char *body, size_t n, struct facts **out, struct err *e)
{
    return wire_patroni_health(body, n, 200, NULL, out, e);
}

/* The parser refuses and says reason (in part); body may hold NULs. */
static void refuses_n(parser *parse, const char *body, size_t n, const char *reason)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    if (parse(body, n, &f, &e) != ST_INVALID || f)
        fail_msg("taken: %.60s", body);
    if (!strstr(err_text(&e), reason))
        fail_msg("\"%s\" does not say \"%s\"", err_text(&e), reason);
    for (const char *p = err_text(&e); *p; p++)
        assert_true((unsigned char)*p >= 0x20 && *p != 0x7F);
    err_release(&e);
}

static void refuses(parser *parse, const char *body, const char *reason)
{
    refuses_n(parse, body, strlen(body), reason);
}

static void top_levels_of_the_wrong_shape(void **state)
{
    (void)state;
    refuses(wire_patroni_cluster, "[]", "expected an object with \"members\", got a list");
    refuses(wire_patroni_cluster, "\"x\"", "got a text");
    refuses(wire_patroni_cluster, "null", "got only null");
    refuses(wire_patroni_cluster, "{}", "expected a list in \"members\", got nothing");
    refuses(wire_patroni_cluster, "{\"members\":{}}", "got an object");
    refuses(wire_patroni_cluster, "{\"members\":[1]}", "member 1 of \"members\" is not an object");
    refuses(wire_patroni_cluster, "{\"members\":[{\"name\":\"a\"},{}]}",
            "member 2 of \"members\" has");
    refuses(wire_patroni_cluster, "{\"members\":[{\"name\":\"\"}]}", "has no name");
    refuses(health, "[]", "expected an object with \"state\"");
    refuses(health, "{\"health\":\"true\"}", "got an object without them"); /* etcd, say */
    refuses(wire_patroni_history, "{}", "expected a list of promotions, got an object");
    refuses(wire_patroni_history, "[{}]", "item 1 of the history is not a list");
    refuses(wire_patroni_history, "[[]]", "item 1 of the history has no timeline");
    refuses(wire_patroni_config, "[1]", "expected an object of settings, got a list");
}

static void bodies_that_are_no_json(void **state)
{
    (void)state;
    refuses(wire_patroni_cluster, "", "empty body");
    refuses(wire_patroni_cluster, " \r\n", "empty body");
    refuses_n(wire_patroni_cluster, NULL, 0, "empty body");
    refuses(health, "<!DOCTYPE HTML><html>", "got an HTML page");
    refuses(health, "{\"state\":\"running\",\"ro", "cut off at byte 22");
    refuses(wire_patroni_cluster, "{\"members\":[", "cut off at byte 12");
    refuses(wire_patroni_cluster, "{\"members\":[]}}", "bad JSON at byte");
    refuses(wire_patroni_cluster, "\033[2J\033]0;owned\007", "bad JSON at byte");
    refuses(wire_patroni_config, "{\"ttl\":NaN}", "bad JSON at byte");
    refuses(wire_patroni_config, "{\"ttl\":1e999}", "out of range");
    refuses(wire_patroni_config, "{\"ttl\":99999999999999999999}", "out of range");
    refuses(wire_patroni_config, "{\"scope\":\"\xff\xfe\"}", "not UTF-8");
    refuses_n(wire_patroni_config, "{}\0\0", 4, "bad JSON at byte");
}

static void nesting_without_end(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b);
    buf_fill(&b, '[', 50000);
    refuses(wire_patroni_history, b.s, "nested too deeply");
    buf_fill(&b, '[', 3 << 20);
    refuses(wire_patroni_history, b.s, "absurd: more than 100000 values");
    buf_clear(&b);
    for (int i = 0; i < 50000; i++)
        buf_puts(&b, "{\"members\":");
    refuses(wire_patroni_cluster, b.s, "nested too deeply");
    buf_release(&b);
}

/* body: head, then n times item separated by commas, then tail */
static void repeated(struct buf *b, const char *head, const char *item, int n, const char *tail)
{
    buf_clear(b);
    buf_puts(b, head);
    for (int i = 0; i < n; i++) {
        buf_puts(b, i ? "," : "");
        buf_puts(b, item);
    }
    buf_puts(b, tail);
}

static void more_than_can_be(void **state)
{
    (void)state;
    struct buf b;
    struct facts *f = NULL;
    buf_init(&b);
    repeated(&b, "{\"members\":[", "{\"name\":\"a\"}", 1001, "]}");
    refuses(wire_patroni_cluster, b.s, "absurd: 1001 members");
    repeated(&b, "{\"members\":[", "{\"name\":\"a\"}", 1000, "]}");
    assert_int_equal(wire_patroni_cluster(b.s, b.len, &f, NULL), ST_OK);
    assert_int_equal(((const struct cluster_view *)f->root)->nmembers, 1000);
    facts_unref(f);
    repeated(&b, "{\"members\":[", "{}", 2000000, "]}");
    refuses(wire_patroni_cluster, b.s, "absurd: more than 100000 values");
    repeated(&b, "{\"members\":[{\"name\":\"", "[{\\\"[", 100000, "\"}]}"); /* all one text */
    assert_int_equal(wire_patroni_cluster(b.s, b.len, &f, NULL), ST_OK);
    facts_unref(f);
    f = NULL;
    repeated(&b, "[", "[1,2,\"r\"]", 10001, "]");
    refuses(wire_patroni_history, b.s, "absurd: 10001 promotions");
    repeated(&b, "{\"state\":\"running\",\"replication\":[", "{}", 1001, "]}");
    refuses(health, b.s, "absurd: 1001 WAL senders");
    buf_clear(&b);
    buf_puts(&b, "{\"members\":[{\"name\":\"a\",\"tags\":{\"t\":1");
    for (int i = 0; i < 64; i++)
        buf_addf(&b, ",\"t%d\":1", i);
    buf_puts(&b, "}}]}");
    refuses(wire_patroni_cluster, b.s, "a: absurd: 65 tags");
    buf_release(&b);
}

static void no_text_can_reach_the_terminal_as_a_command(void **state)
{
    (void)state;
    static const char body[] =
        "{\"members\":[{\"name\":\"a\\u001b[2J\\u0000b\\u009b1m\\u202e\",\"role\":\"\\u0007\","
        "\"state\":\"x\\ny\\u007f\",\"api_url\":\"http://\\u001b]0;t\\u0007\",\"host\":\"\\u0008\","
        "\"tags\":{\"k\\u001b\":\"\\u001b[31m\"},"
        "\"pending_restart_reason\":{\"\\u001bP\":{\"old_value\":\"\\u001b\",\"new_value\":1}}}],"
        "\"scope\":\"\\u001bc\"}";
    struct facts *f = NULL;
    struct err e = ERR_INIT;
    if (wire_patroni_cluster(body, sizeof body - 1, &f, &e))
        fail_msg("%s", err_text(&e));
    const struct cluster_view *c = f->root;
    const struct cluster_member *m = c->members;
#define FFFD "\xEF\xBF\xBD"
    assert_string_equal(m->name, "a" FFFD "[2J" FFFD "b" FFFD "1m" FFFD);
    assert_string_equal(m->role_text, FFFD);
    assert_string_equal(m->state_text, "x y" FFFD);
    assert_string_equal(m->api_url, "http://" FFFD "]0;t" FFFD);
    assert_string_equal(m->host, FFFD);
    assert_string_equal(m->tags.v[0].key, "k" FFFD);
    assert_string_equal(m->tags.v[0].value, FFFD "[31m");
    assert_string_equal(m->pending[0].parameter, FFFD "P");
    assert_string_equal(m->pending[0].old_value, FFFD);
    assert_string_equal(m->pending[0].new_value, "1");
    assert_string_equal(c->scope, FFFD "c");
    facts_unref(f);
}

static void of_a_key_said_twice_the_last_counts(void **state)
{
    (void)state;
    static const char body[] = "{\"state\":\"running\",\"timeline\":1,\"timeline\":2,"
                               "\"state\":\"stopped\",\"role\":\"replica\"}";
    struct facts *f = NULL;
    assert_int_equal(health(body, sizeof body - 1, &f, NULL), ST_OK);
    const struct member_health *h = f->root;
    assert_int_equal(h->state, PGS_STOPPED);
    assert_int_equal(h->timeline, 2);
    facts_unref(f);
}

static void every_prefix_of_a_good_body_is_refused(void **state)
{
    (void)state;
    static const char body[] =
        "{\"members\": [{\"name\": \"n1\", \"role\": \"leader\", \"lag\": 12, \"tags\": "
        "{\"a\": true}}], \"pause\": true}";
    struct facts *f = NULL;
    for (size_t n = 0; n < sizeof body - 1; n++) {
        struct err e = ERR_INIT;
        assert_int_equal(wire_patroni_cluster(body, n, &f, &e), ST_INVALID);
        assert_true(*err_text(&e));
        err_release(&e);
    }
    assert_int_equal(wire_patroni_cluster(body, sizeof body - 1, &f, NULL), ST_OK);
    facts_unref(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(top_levels_of_the_wrong_shape),
        cmocka_unit_test(bodies_that_are_no_json),
        cmocka_unit_test(nesting_without_end),
        cmocka_unit_test(more_than_can_be),
        cmocka_unit_test(no_text_can_reach_the_terminal_as_a_command),
        cmocka_unit_test(of_a_key_said_twice_the_last_counts),
        cmocka_unit_test(every_prefix_of_a_good_body_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
