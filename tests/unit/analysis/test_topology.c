/* analysis/topology: evidence before tags before guesses; every member once, whatever the facts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/analysis/topology.h"
#include "pgdba/base/buf.h"
#include "snapshot_builder.h"

/* "pg1 (pg2 (pg4 pg5) pg3)", with a '.' after last children; checks depth, last and rails. */
static void render(const struct snapshot *s, struct buf *out)
{
    struct arena a;
    arena_init(&a);
    const struct topology_row *r = topology_rows(s, &a);
    for (int i = 0; i < s->nmembers; i++) {
        for (int d = 0; d < r[i].depth; d++)
            buf_putc(out, d < 32 && r[i].rails >> d & 1 ? '|' : ' ');
        assert_int_equal(r[i].depth < 32 ? r[i].rails >> r[i].depth & 1 : 0,
                         r[i].depth < 32 ? !r[i].last : 0);
        buf_addf(out, "%s%s\n", s->members[r[i].member].name, r[i].last ? "." : "");
    }
    arena_release(&a);
}

static void assert_tree(const struct snapshot *s, const char *expected)
{
    struct buf b;
    buf_init(&b);
    render(s, &b);
    assert_string_equal(b.s, expected);
    buf_release(&b);
}

static void healthy_is_a_leader_with_its_replicas(void **state)
{
    (void)state;
    struct sb *b = sb_new(SB_NOW_US);
    assert_string_equal(sb_member(b, "pg2")->upstream, "pg1");
    assert_true(sb_member(b, "pg2")->upstream_observed);
    assert_null(sb_member(b, "pg1")->upstream);
    assert_false(sb_member(b, "pg1")->upstream_observed);
    assert_tree(b->s, "pg1.\n pg2\n pg3.\n");
    sb_free(b);
}

static void cascades_are_seen_from_walsenders(void **state)
{
    (void)state;
    const struct snapshot *s = sample_snapshot(SAMPLE_CASCADING, SB_NOW_US);
    assert_tree(s, "pg1.\n pg2\n |pg4\n |pg5.\n pg3.\n");
    snapshot_unref(s);
}

static void what_streams_beats_what_tags_wish(void **state)
{
    (void)state;
    struct sb *b = sb_new(SB_NOW_US);
    sb_tag(b, "pg3", "replicatefrom", "pg2"); /* but pg1's walsender serves it */
    sb_finish(b);
    assert_string_equal(sb_member(b, "pg3")->upstream, "pg1");
    assert_true(sb_member(b, "pg3")->upstream_observed);
    sb_streams(b, "pg1", (const char *const[]){"pg2", NULL}); /* nobody does: a guess */
    sb_finish(b);
    assert_string_equal(sb_member(b, "pg3")->upstream, "pg2");
    assert_false(sb_member(b, "pg3")->upstream_observed);
    assert_tree(b->s, "pg1.\n pg2.\n  pg3.\n");
    sb_free(b);
}

static void old_walsender_rows_are_no_evidence(void **state)
{
    (void)state;
    struct sb *b = sb_new(SB_NOW_US);
    sb_answered(b, &sb_member(b, "pg1")->api, SB_SEC(6));
    sb_finish(b);
    assert_string_equal(sb_member(b, "pg2")->upstream, "pg1");
    assert_false(sb_member(b, "pg2")->upstream_observed);
    sb_answered(b, &sb_member(b, "pg1")->api, SB_SEC(1));
    sb_member(b, "pg1")->api.outcome = OBS_TIMED_OUT;
    sb_finish(b);
    assert_false(sb_member(b, "pg2")->upstream_observed);
    sb_free(b);
}

static void rows_that_are_no_standby_are_left_out(void **state)
{
    (void)state;
    struct sb *b = sb_new(SB_NOW_US);
    sb_streams(b, "pg1", (const char *const[]){"pg2", "pg3", "pg1", "walreceiver", NULL});
    struct replication_row *r = (void *)(uintptr_t)sb_health(b, "pg1")->replication;
    r[1].state = "backup"; /* pg3 is being built from a base backup */
    r[3].application_name = NULL;
    sb_finish(b);
    assert_true(sb_member(b, "pg2")->upstream_observed);
    assert_false(sb_member(b, "pg3")->upstream_observed);
    assert_null(sb_member(b, "pg1")->upstream);
    sb_free(b);
}

static void of_two_claims_the_streaming_one_wins(void **state)
{
    (void)state;
    struct sb *b = sb_new(SB_NOW_US);
    sb_streams(b, "pg2", (const char *const[]){"pg3", NULL});
    ((struct replication_row *)(uintptr_t)sb_health(b, "pg1")->replication)[1].state = "catchup";
    sb_finish(b);
    assert_string_equal(sb_member(b, "pg3")->upstream, "pg2");
    ((struct replication_row *)(uintptr_t)sb_health(b, "pg1")->replication)[1].state = "streaming";
    sb_member(b, "pg1")->api.answered_us++; /* the newer answer, all else equal */
    sb_finish(b);
    assert_string_equal(sb_member(b, "pg3")->upstream, "pg1");
    sb_free(b);
}

static void guesses_follow_patroni(void **state)
{
    (void)state;
    static const struct {
        const char *from, *expected;
    } cases[] = {{"pg2", "pg2"}, {"gone", "pg1"}, {"pg3", "pg1"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sb *b = sb_new(SB_NOW_US);
        sb_streams(b, "pg1", (const char *const[]){NULL});
        sb_tag(b, "pg3", "replicatefrom", cases[i].from);
        sb_finish(b);
        assert_string_equal(sb_member(b, "pg3")->upstream, cases[i].expected);
        sb_free(b);
    }
    struct sb *b = sb_new(SB_NOW_US);
    sb_streams(b, "pg1", (const char *const[]){NULL});
    sb_tag(b, "pg2", "nostream", "true"); /* archive only: it streams from nobody */
    sb_vanish(b, "pg3", SB_SEC(60));      /* nothing is known about one that is gone */
    sb_finish(b);
    assert_null(sb_member(b, "pg2")->upstream);
    assert_null(sb_member(b, "pg3")->upstream);
    assert_tree(b->s, "pg1\npg2\npg3.\n");
    sb_free(b);
}

static void names_come_back_as_postgresql_shows_them(void **state)
{
    (void)state;
    const struct snapshot *s = sample_snapshot(SAMPLE_WIDE_NAMES, SB_NOW_US);
    for (int i = 1; i < 3; i++) {
        assert_true(s->members[i].upstream_observed);
        assert_string_equal(s->members[i].upstream, s->members[0].name);
    }
    snapshot_unref(s);

    struct sb *b = sb_new(SB_NOW_US);
    sb_member(b, "pg2")->name = "pg-é";
    sb_member(b, "pg3")->name = "pg-à";
    sb_streams(b, "pg1", (const char *const[]){"pg-\?\?", "pg-\\xc3\\xa0", NULL});
    sb_finish(b);
    assert_false(b->members[1].upstream_observed); /* "pg-??" could be either */
    assert_true(b->members[2].upstream_observed);  /* 16 and later say which */
    sb_free(b);
}

static void without_a_leader_everybody_is_there(void **state)
{
    (void)state;
    const struct snapshot *s = sample_snapshot(SAMPLE_NO_LEADER, SB_NOW_US);
    assert_tree(s, "pg1\npg2\npg3.\n");
    snapshot_unref(s);
    s = sample_snapshot(SAMPLE_NOTHING_YET, SB_NOW_US);
    assert_tree(s, "");
    snapshot_unref(s);
    s = sample_snapshot(SAMPLE_FAILED_OVER, SB_NOW_US);
    assert_tree(s, "pg2\n|pg3.\npg1.\n");
    snapshot_unref(s);
}

static void cycles_neither_hang_nor_hide(void **state)
{
    (void)state;
    struct sb *b = sb_new(SB_NOW_US);
    sb_add_replica(b, "pg4");
    sb_add_replica(b, "pg5");
    b->members[1].upstream = "pg3"; /* pg2 <- pg3 <- pg2, pg4 hangs on the cycle */
    b->members[2].upstream = "pg2";
    b->members[3].upstream = "pg3";
    b->members[4].upstream = "pg5"; /* itself */
    assert_tree(b->s, "pg1\npg2\n|pg3.\n| pg4.\npg5.\n");
    b->members[1].upstream = "pg1";
    b->members[0].upstream = "pg3"; /* the leader is always a root */
    b->members[4].upstream = "nobody";
    assert_tree(b->s, "pg1\n|pg2.\n| pg3.\n|  pg4.\npg5.\n");
    sb_free(b);
}

static void many_members_are_no_trouble(void **state)
{
    (void)state;
    enum { N = 60000 };
    struct snapshot *s = snapshot_new();
    struct member *m = arena_array(&s->arena, N, struct member);
    for (int i = 0; i < N; i++)
        m[i].name = arena_printf(&s->arena, "m%05d", i);
    for (int i = 1; i < N; i++)
        m[i].upstream = m[i - 1].name; /* one chain, as deep as it is long */
    s->members = m;
    s->nmembers = N;
    s->leader = 0;
    struct arena a;
    arena_init(&a);
    const struct topology_row *r = topology_rows(s, &a);
    for (int i = 0; i < N; i++) {
        assert_int_equal(r[i].member, i);
        assert_int_equal(r[i].depth, i);
    }
    m[1].upstream = m[N - 1].name; /* and one cycle of nearly all */
    r = topology_rows(s, &a);
    assert_int_equal(r[0].member, 0);
    assert_int_equal(r[1].member, 1);
    assert_int_equal(r[N - 1].depth, N - 2);
    arena_release(&a);
    snapshot_unref(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(healthy_is_a_leader_with_its_replicas),
        cmocka_unit_test(cascades_are_seen_from_walsenders),
        cmocka_unit_test(what_streams_beats_what_tags_wish),
        cmocka_unit_test(old_walsender_rows_are_no_evidence),
        cmocka_unit_test(rows_that_are_no_standby_are_left_out),
        cmocka_unit_test(of_two_claims_the_streaming_one_wins),
        cmocka_unit_test(guesses_follow_patroni),
        cmocka_unit_test(names_come_back_as_postgresql_shows_them),
        cmocka_unit_test(without_a_leader_everybody_is_there),
        cmocka_unit_test(cycles_neither_hang_nor_hide),
        cmocka_unit_test(many_members_are_no_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
