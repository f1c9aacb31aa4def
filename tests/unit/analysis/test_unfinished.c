/* analysis/unfinished, on lines as wire/audit reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/analysis/unfinished.h"
#include "pgdba/base/buf.h"
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

/* A key or a lost connection ended the program: what became of it is still to be told, once. */
static void what_was_left_running_has_no_end(void **state)
{
    static const char left[] = "{\"time\":\"2026-11-21T03:00:00.000Z\",\"what\":\"intent\",\"id\":"
                               "\"1-1\",\"cluster\":\"lab\",\"action\":\"switchover\"}\n"
                               "{\"time\":\"2026-11-21T03:00:09.000Z\",\"what\":\"outcome\",\"id\":"
                               "\"1-1\",\"cluster\":\"lab\",\"outcome\":\"left running\"}\n";
    static const char told[] = "{\"time\":\"2026-11-21T03:00:09.000Z\",\"what\":\"outcome\",\"id\":"
                               "\"1-1\",\"cluster\":\"lab\","
                               "\"outcome\":\"not followed to its "
                               "end\"}\n";
    struct arena a;
    struct buf b;
    int n;
    (void)state;
    arena_init(&a);
    buf_init(&b);
    buf_puts(&b, left);
    struct facts *f = wire_audit_read(b.s, b.len, false);
    const struct audit_line *const *v = unfinished_intents(f->root, "lab", &a, &n);
    assert_int_equal(n, 1);
    assert_string_equal(v[0]->id, "1-1");
    facts_unref(f);
    buf_puts(&b, told);
    f = wire_audit_read(b.s, b.len, false);
    unfinished_intents(f->root, "lab", &a, &n);
    assert_int_equal(n, 0);
    facts_unref(f);
    buf_release(&b);
    arena_release(&a);
}

static void what_the_cluster_says_since(void **state)
{
    struct arena a;
    (void)state;
    struct facts *f = wire_audit_read(text, sizeof text - 1, false);
    const struct audit_lines *l = f->root;
    const struct snapshot *s = sample_snapshot(SAMPLE_HEALTHY, SB_NOW_US);
    arena_init(&a);
    assert_string_equal(unfinished_since(&l->v[0], s, TRI_UNKNOWN, &a),
                        "pg2 led on timeline 2 then; pg1 leads on timeline 3 now: it was done");
    assert_string_equal(unfinished_since(&l->v[2], s, TRI_UNKNOWN, &a),
                        "nobody led then; pg1 leads on timeline 3 now");
    snapshot_unref(s);
    s = sample_snapshot(SAMPLE_NO_LEADER, SB_NOW_US);
    assert_string_equal(unfinished_since(&l->v[0], s, TRI_UNKNOWN, &a),
                        "pg2 led on timeline 2 then; nobody leads now: it has not come to an end");
    snapshot_unref(s);
    arena_release(&a);
    facts_unref(f);
}

/* ---- how it ended, as far as it shows */

static void same(struct sb *b)
{
    (void)b;
}
static void paused(struct sb *b)
{
    b->s->paused = true;
}
static void pg2_leads(struct sb *b)
{
    sb_lead(b, "pg2", true);
}
static void pg3_leads(struct sb *b)
{
    sb_lead(b, "pg3", true);
}
static void came_back(struct sb *b)
{
    sb_lead(b, "pg1", true);
}
static void pg2_started(struct sb *b)
{
    sb_health(b, "pg2")->postmaster_start_us = SB_WALL_US - SB_SEC(5);
    sb_health(b, "pg3")->postmaster_start_us = SB_WALL_US - SB_SEC(5000);
}
static void pg2_away(struct sb *b)
{
    sb_fail(b, &sb_member(b, "pg2")->api, OBS_REFUSED, SB_SEC(9));
}
static void pg2_made(struct sb *b)
{
    sb_health(b, "pg2")->state = PGS_CREATING_REPLICA;
}

static const struct audit_request two[] = {
    {"pg2", "POST", "", ""}, {"pg3", "POST", "", ""}, {"pg2", "GET", "", ""}};

static const struct ending_case {
    const char *action, *candidate;
    int nrequests;
    void (*change)(struct sb *b);
    const char *ends; /* the last words */
} endings[] = {
    {"switchover", "pg2", 1, pg2_leads, "now: it was done"},
    {"switchover", "", 1, pg3_leads, "now: it was done"},
    {"switchover", "pg2", 1, pg3_leads, "now: another one leads than was asked for"},
    {"switchover", "pg2", 1, same, "now: it was not done, or not yet"},
    {"failover", "pg2", 1, came_back, "now: the lead went away and came back"},
    {"restart", "", 3, pg2_started, "now: pg2 has been started since, pg3 was not restarted"},
    {"rolling restart", "", 1, pg2_away, "now: pg2 is not known to be up"},
    {"reinit", "", 1, pg2_made, "now: pg2 is still being made"},
    {"reinit", "", 1, pg2_started, "now: pg2 has been started since"},
    {"pause", "", 1, paused, "and the cluster is paused: that is what was asked for"},
    {"pause", "", 1, same, "now: that is not what was asked for"},
    {"resume", "", 1, same, "now: that is what was asked for"},
    {"scheduled switchover", "pg2", 1, same, "now: no switchover is scheduled"},
    {"query", "", 1, same, "now: the cluster does not show whether it was carried out"},
    {"config", "", 1, same, "now: whether the configuration says so now is not known"},
};

static void how_it_ended_where_that_shows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const struct ending_case *c = &endings[i];
        const struct audit_line l = {.action = c->action,
                                     .candidate = c->candidate,
                                     .leader = "pg1",
                                     .timeline = 3,
                                     .wall_us = SB_WALL_US - SB_SEC(60),
                                     .nrequests = c->nrequests,
                                     .requests = two};
        struct sb *b = sb_new(SB_NOW_US);
        struct arena a;
        arena_init(&a);
        c->change(b);
        sb_finish(b);
        const char *says = unfinished_since(&l, b->s, TRI_UNKNOWN, &a);
        if (strlen(says) < strlen(c->ends) ||
            strcmp(says + strlen(says) - strlen(c->ends), c->ends) != 0)
            fail_msg("%s, case %zu: \"%s\"", c->action, i, says);
        sb_free(b);
        arena_release(&a);
    }
}

static void a_change_of_the_configuration(void **state)
{
    (void)state;
    const struct audit_line l = {.action = "config", .leader = "pg1", .timeline = 3};
    const struct snapshot *s = sample_snapshot(SAMPLE_HEALTHY, SB_NOW_US);
    struct arena a;
    arena_init(&a);
    assert_non_null(strstr(unfinished_since(&l, s, TRI_YES, &a), "now: the configuration says so"));
    assert_non_null(strstr(unfinished_since(&l, s, TRI_NO, &a), "does not say so, or not yet"));
    arena_release(&a);
    snapshot_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_read_back),
        cmocka_unit_test(intents_without_an_outcome),
        cmocka_unit_test(what_was_left_running_has_no_end),
        cmocka_unit_test(what_the_cluster_says_since),
        cmocka_unit_test(how_it_ended_where_that_shows),
        cmocka_unit_test(a_change_of_the_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
