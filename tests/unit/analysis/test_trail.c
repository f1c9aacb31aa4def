/* analysis/trail, on lines as wire/audit reads them; and what it does not read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "pgdba/analysis/trail.h"
#include "pgdba/base/buf.h"
#include "pgdba/wire/audit.h"

#define LINE(minute, what, id, host, rest)                                              \
    "{\"time\":\"2026-11-21T03:" minute ":00.000Z\",\"what\":\"" what "\",\"id\":\"" id \
    "\",\"host\":\"" host "\"," rest "}\n"

static const char log_text[] =
    LINE("00", "outcome", "0-9", "jump", "\"cluster\":\"lab\",\"outcome\":\"failed\"") /* alone */
    LINE("01", "intent", "1-1", "jump",
         "\"cluster\":\"lab\",\"requests\":[{\"member\":\"pg1\"},{\"member\":\"pg2\"},"
         "{\"member\":\"pg1\"},{\"member\":7},{}]")
        LINE("02", "intent", "1-1", "other", "\"cluster\":\"lab\"") /* the same number elsewhere */
    LINE("03", "outcome", "1-1", "jump",
         "\"cluster\":\"lab\",\"outcome\":\"left running\",\"observed\":\"gone\"")
        LINE("04", "refusal", "1-2", "jump",
             "\"cluster\":\"far\",\"why\":\"no\",\"checks\":[{\"verdict\":\"pass\",\"reason\":"
             "\"x\"},"
             "{\"verdict\":\"block\",\"reason\":\"it is paused\"}]")
            LINE("05", "outcome", "1-1", "jump",
                 "\"cluster\":\"lab\",\"outcome\":\"done\",\"observed\":\"it leads\"")
                LINE("06", "intent", "1-1", "jump",
                     "\"cluster\":\"lab\"") /* after a restart of the machine */
    LINE("07", "intent", "", "jump", "\"cluster\":\"lab\"")
        LINE("08", "outcome", "", "jump", "\"cluster\":\"lab\",\"outcome\":\"x\"");

static void test_pairs(void **state)
{
    struct facts *f = wire_audit_read(log_text, sizeof log_text - 1, false);
    struct arena a;
    (void)state;
    arena_init(&a);
    struct audit_trail t = audit_trail(f->root, &(struct audit_wish){0}, &a);
    static const char *const outcomes[] = {"x",       "no end is written", "no end is written",
                                           "refused", "no end is written", "done",
                                           "failed"};
    assert_int_equal(t.n, 7);
    for (int i = 0; i < t.n; i++)
        assert_string_equal(t.v[i].outcome, outcomes[i]);
    assert_string_equal(t.v[5].members, "pg1, pg2");
    assert_string_equal(t.v[5].why, "it leads");
    assert_string_equal(t.v[3].why, "no: it is paused");
    assert_string_equal(t.v[4].begin->host, "other");
    facts_unref(f);
    arena_release(&a);
}

static void test_wishes(void **state)
{
    struct facts *f = wire_audit_read(log_text, sizeof log_text - 1, false);
    const struct audit_lines *l = f->root;
    struct arena a;
    (void)state;
    arena_init(&a);
    assert_int_equal(audit_trail(l, &(struct audit_wish){.cluster = "far"}, &a).n, 1);
    assert_int_equal(audit_trail(l, &(struct audit_wish){.cluster = "fa"}, &a).n, 0);
    assert_int_equal(audit_trail(l, &(struct audit_wish){.most = 2}, &a).n, 2);
    /* What began before and ended after is of before. */
    struct audit_wish since = {.since_wall_us = l->v[4].wall_us, .cluster = "lab"};
    assert_int_equal(audit_trail(l, &since, &a).n, 3);
    facts_unref(f);
    arena_release(&a);
}

/* Read from somewhere within: the rest of a line is none, and nothing is said of it. */
static void test_cut(void **state)
{
    struct facts *f = wire_audit_read(log_text + 20, sizeof log_text - 21, true);
    const struct audit_lines *l = f->root;
    (void)state;
    assert_true(l->cut);
    assert_int_equal(l->n, 8);
    assert_int_equal(l->broken, 0);
    facts_unref(f);
    f = wire_audit_read("no end of a line", 16, true);
    assert_int_equal(((const struct audit_lines *)f->root)->n, 0);
    facts_unref(f);
}

/* Of this process's own time: how busy the machine is does not matter. */
static int64_t now_ms(void)
{
    return (int64_t)clock() * 1000 / CLOCKS_PER_SEC;
}

/* Each is between two good lines, which must both be read, and soon. */
static void test_hostile(void **state)
{
    enum { MUCH = 4 << 20 };
    static const char *const starts[] = {
        "",
        "{",
        "[",
        "{\"time\":\"",
        "{\"requests\":[",
        "\xff\xfe",
        "{\"what\":\"intent\",\"a\":",
        "[[[[[[[[[[[[[[[[",
        "{}{}{}",
    };
    static const char fills[] = {'x', '[', '{', '"', ' ', '\0', '\x80', ',', '\\'};
    const char *good = LINE("01", "intent", "1-1", "jump", "\"cluster\":\"lab\"");
    (void)state;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        for (size_t k = 0; k < sizeof fills; k += i ? 3 : 1) {
            struct buf b;
            int64_t before;
            buf_init(&b);
            buf_puts(&b, good);
            buf_puts(&b, starts[i]);
            char *much = xmalloc(MUCH);
            memset(much, fills[k], MUCH);
            buf_add(&b, much, MUCH);
            free(much);
            buf_putc(&b, '\n');
            buf_puts(&b, good);
            before = now_ms();
            struct facts *f = wire_audit_read(b.s, b.len, false);
            const struct audit_lines *l = f->root;
            if (l->n != 2 || l->broken != 1 || now_ms() - before > 2000)
                fail_msg("%s and 4 MB of %02x: %d lines, %d broken, %lld ms", starts[i],
                         (unsigned char)fills[k], l->n, l->broken, (long long)(now_ms() - before));
            facts_unref(f);
            buf_release(&b);
        }
}

static void test_many_short_lines(void **state)
{
    struct buf b;
    struct arena a;
    int64_t before;
    (void)state;
    buf_init(&b);
    while (b.len < 4 << 20)
        buf_puts(&b, LINE("01", "intent", "1-1", "j", "\"a\":1"));
    arena_init(&a);
    before = now_ms();
    struct facts *f = wire_audit_read(b.s, b.len, false);
    struct audit_trail t = audit_trail(f->root, &(struct audit_wish){0}, &a);
    assert_int_equal(t.n, ((const struct audit_lines *)f->root)->n);
    assert_true(t.n > 40000);
    if (now_ms() - before > 5000)
        fail_msg("%d lines took %lld ms", t.n, (long long)(now_ms() - before));
    facts_unref(f);
    arena_release(&a);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_wishes),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_many_short_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
