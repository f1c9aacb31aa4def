/* wire/dynamic: the dynamic configuration taken apart, changed and compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/wire/dynamic.h"

static const char doc[] = "{\"ttl\": 30, \"pause\": true, \"slots\": {}, \"ratio\": 1.5,"
                          " \"ignore_slots\": [{\"name\": \"a\"}], \"postgresql\": {"
                          "\"use_slots\": true, \"parameters\": {\"work_mem\": \"8MB\","
                          " \"pg_stat_statements.max\": \"1000\", \"x\": null}}}";

static void a_document_is_taken_apart(void **state)
{
    static const struct {
        const char *path, *value, *text;
        enum dyn_type type;
        int64_t number;
    } want[] = {
        {"ignore_slots", "[{\"name\":\"a\"}]", "[{\"name\":\"a\"}]", DYN_LIST, 0},
        {"pause", "true", "true", DYN_BOOL, 0},
        {"postgresql.parameters.\"pg_stat_statements.max\"", "\"1000\"", "1000", DYN_TEXT, 1000},
        {"postgresql.parameters.work_mem", "\"8MB\"", "8MB", DYN_TEXT, 0},
        {"postgresql.parameters.x", "null", "null", DYN_NULL, 0},
        {"postgresql.use_slots", "true", "true", DYN_BOOL, 0},
        {"ratio", "1.5", "1.5", DYN_REAL, 0},
        {"slots", "{}", "{}", DYN_OBJECT, 0},
        {"ttl", "30", "30", DYN_INT, 30},
    };
    struct facts *f;
    struct err e = ERR_INIT;
    (void)state;
    assert_int_equal(wire_dynamic_flatten(doc, &f, &e), ST_OK);
    const struct dyn_settings *s = f->root;
    assert_int_equal(s->n, sizeof want / sizeof *want);
    for (int i = 0; i < s->n; i++) {
        assert_string_equal(s->v[i].path, want[i].path);
        assert_string_equal(s->v[i].value, want[i].value);
        assert_string_equal(s->v[i].text, want[i].text);
        assert_int_equal(s->v[i].type, want[i].type);
        assert_int_equal(s->v[i].number, want[i].number);
        assert_ptr_equal(dyn_find(s, want[i].path), &s->v[i]);
    }
    assert_null(dyn_find(s, "tt"));
    assert_null(dyn_find(s, "zz"));
    facts_unref(f);
}

static void what_is_no_document_is_refused(void **state)
{
    struct buf deep;
    struct facts *f;
    struct err e = ERR_INIT;
    (void)state;
    buf_init(&deep);
    for (int i = 0; i < 40; i++)
        buf_puts(&deep, "{\"a\":");
    buf_puts(&deep, "1");
    for (int i = 0; i < 40; i++)
        buf_putc(&deep, '}');
    const char *const bad[] = {"", "[1]", "{\"a\":}", "nonsense", deep.s};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(wire_dynamic_flatten(bad[i], &f, &e), ST_INVALID);
        assert_true(strlen(err_text(&e)) > 10);
    }
    buf_release(&deep);
    err_release(&e);
}

/* Nothing that a terminal would obey gets out. */
static void texts_are_cleaned(void **state)
{
    struct facts *f;
    (void)state;
    assert_int_equal(
        wire_dynamic_flatten("{\"a\\u001b[2J\": \"b\\u001b]0;x\\u0007\xc2\x9b\"}", &f, NULL),
        ST_OK);
    const struct dyn_settings *s = f->root;
    assert_null(strpbrk(s->v[0].path, "\033\007"));
    assert_null(strpbrk(s->v[0].text, "\033\007"));
    assert_null(strstr(s->v[0].text, "\xc2\x9b"));
    assert_null(strstr(s->v[0].value, "\xc2\x9b"));
    facts_unref(f);
    struct buf b;
    buf_init(&b);
    assert_int_equal(wire_dynamic_pretty("{\"a\": \"\xc2\x9b\"}", &b, NULL), ST_OK);
    assert_string_equal(b.s, "{\n  \"a\": \"\\u009B\"\n}\n");
    buf_release(&b);
}

static void a_patch_is_merged_and_found_again(void **state)
{
    static const struct {
        const char *base, *patch, *merged;
    } t[] = {
        {"{\"a\":1}", "{\"a\":2}", "{\"a\":2}"},
        {"{\"a\":1,\"b\":{\"c\":1,\"d\":2}}", "{\"a\":null,\"b\":{\"c\":null,\"e\":[3]}}",
         "{\"b\":{\"d\":2,\"e\":[3]}}"},
        {"{\"a\":{\"b\":1}}", "{\"a\":5}", "{\"a\":5}"},
        {"{\"a\":5}", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}"},
        {"{\"a\":1}", "{}", "{\"a\":1}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct buf merged, patch;
        buf_init(&merged);
        buf_init(&patch);
        assert_int_equal(wire_dynamic_merge(t[i].base, t[i].patch, &merged, NULL), ST_OK);
        assert_string_equal(merged.s, t[i].merged);
        assert_int_equal(wire_dynamic_diff(t[i].base, merged.s, &patch, NULL), ST_OK);
        assert_string_equal(patch.s, t[i].patch);
        buf_release(&merged);
        buf_release(&patch);
    }
}

static void words_become_a_patch(void **state)
{
    static const char *const words[] = {"ttl=40",
                                        "pause=null",
                                        "postgresql.parameters.work_mem=8MB",
                                        "postgresql.parameters.\"pg_stat_statements.max\"=5",
                                        "postgresql.use_slots=true",
                                        "ignore_slots=[{\"name\":\"a=b\"}]",
                                        "empty="};
    static const char *const bad[] = {"ttl", "=5", "a..b=1", "a.=1", "\"a=1", "a.\"b\"c=1"};
    struct buf b;
    struct err e = ERR_INIT;
    (void)state;
    buf_init(&b);
    assert_int_equal(wire_dynamic_set(words, 7, &b, &e), ST_OK);
    assert_string_equal(b.s,
                        "{\"ttl\":40,\"pause\":null,\"postgresql\":{\"parameters\":{\"work_mem\":"
                        "\"8MB\",\"pg_stat_statements.max\":5},\"use_slots\":true},"
                        "\"ignore_slots\":[{\"name\":\"a=b\"}],\"empty\":\"\"}");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (wire_dynamic_set(&bad[i], 1, &b, &e) != ST_USAGE)
            fail_msg("%s is taken", bad[i]);
    const char *const part[] = {"a=1", "a.b=2"};
    assert_int_equal(wire_dynamic_set(part, 2, &b, &e), ST_USAGE);
    buf_release(&b);
    err_release(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_taken_apart),
        cmocka_unit_test(what_is_no_document_is_refused),
        cmocka_unit_test(texts_are_cleaned),
        cmocka_unit_test(a_patch_is_merged_and_found_again),
        cmocka_unit_test(words_become_a_patch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
