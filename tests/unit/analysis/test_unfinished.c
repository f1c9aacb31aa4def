/* analysis/unfinished, on lines as wire/audit reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/analysis/unfinished.h"
#include "pgdba/wire/audit.h"
#include "snapshot_builder.h"

static const char text[] =
    "{\"time\":\"2026-11-21T03:00:00.000Z\",\"what\":\"intent\",\"id\":\"1-1\",\"cluster\":\"lab\","
    "\"action\":\"switchover\",\"command\":\"pgdba switchover\",\"user\":\"ann\",\"pid\":77,"
    "\"host\":\"jump\",\"leader\":\"pg2\",\"timeline\":2}\n"
    "{\"time\":\"2026-11-21T03:00:09.000Z\",\"what\":\"outcome\",\"id\":\"1-1\",\"cluster\":"
    "\"lab\","
    "\"outcome\":\"done\",\"observed\":\"pg1 leads\"}\n"
    "{\"time\":\"2026-11-21T03:01:00.000Z\",\"what\":\"intent\",\"id\":\"1-2\",\"cluster\":\"lab\","
    "\"action\":\"restart\",\"leader\":null,\"timeline\":null}\n"
    "{\"time\":\"2026-11-21T03:01:30.000Z\",\"what\":\"intent\",\"id\":\"1-3\",\"cluster\":\"far\"}"
    "\n"
    "not a line\n"
    "{\"time\":\"2026-11-21T03:02:00.000Z\",\"what\":\"refusal\",\"id\":\"1-4\",\"cluster\":"
    "\"lab\","
    "\"why\":\"declined \\u001b[2J\"}\n"
    "{\"time\":\"2026-11-21T03:03:00.000Z\",\"what\":\"intent\",\"id\":\"1-5\",\"cluster\":\"lab\","
    "\"leader\":\"pg2\",\"timeline\":2}\n"
    "{\"time\":\"2026-11-21T03:04";

static void lines_are_read_back(void **state)
{
    (void)state;
    struct facts *f = wire_audit_read(text, sizeof text - 1, false);
    const struct audit_lines *l = f->root;
    assert_int_equal(l->n, 6);
    assert_int_equal(l->broken, 2);
    assert_int_equal(l->v[0].what, AUDIT_INTENT);
    assert_string_equal(l->v[0].user, "ann");
    assert_int_equal(l->v[0].pid, 77);
    assert_int_equal(l->v[0].timeline, 2);
    assert_string_equal(l->v[1].observed, "pg1 leads");
    assert_string_equal(l->v[2].leader, "");
    assert_int_equal(l->v[4].what, AUDIT_REFUSAL);
    assert_null(strchr(l->v[4].outcome, '\033'));
    facts_unref(f);
    f = wire_audit_read("", 0, false);
    assert_int_equal(((const struct audit_lines *)f->root)->n, 0);
    facts_unref(f);
}

static void intents_without_an_outcome(void **state)
{
    struct arena a;
    int n;
    (void)state;
    struct facts *f = wire_audit_read(text, sizeof text - 1, false);
    arena_init(&a);
    const struct audit_line *const *v = unfinished_intents(f->root, "lab", &a, &n);
    assert_int_equal(n, 2);
    assert_string_equal(v[0]->id, "1-2");
    assert_string_equal(v[1]->id, "1-5");
    unfinished_intents(f->root, "other", &a, &n);
    assert_int_equal(n, 0);
    arena_release(&a);
    facts_unref(f);
}

static void what_the_cluster_says_since(void **state)
{
    struct arena a;
    (void)state;
    struct facts *f = wire_audit_read(text, sizeof text - 1, false);
    const struct audit_lines *l = f->root;
    const struct snapshot *s = sample_snapshot(SAMPLE_HEALTHY, SB_NOW_US);
    arena_init(&a);
    assert_string_equal(unfinished_since(&l->v[0], s, &a),
                        "pg2 led on timeline 2 then; pg1 leads on timeline 3 now");
    assert_string_equal(unfinished_since(&l->v[2], s, &a),
                        "nobody led then; pg1 leads on timeline 3 now");
    snapshot_unref(s);
    s = sample_snapshot(SAMPLE_NO_LEADER, SB_NOW_US);
    assert_string_equal(unfinished_since(&l->v[0], s, &a),
                        "pg2 led on timeline 2 then; nobody leads now");
    snapshot_unref(s);
    arena_release(&a);
    facts_unref(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_read_back),
        cmocka_unit_test(intents_without_an_outcome),
        cmocka_unit_test(what_the_cluster_says_since),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
