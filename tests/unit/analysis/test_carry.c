/* analysis/carry: since when, from one snapshot to the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pgdba/analysis/carry.h"
#include "snapshot_builder.h"

#define T0 SB_NOW_US
#define T1 (T0 + SB_SEC(1))
#define T2 (T0 + SB_SEC(2))

static void carry(struct sb *b, const struct sb *prev)
{
    sb_finish(b);
    carry_since(b->s, b->members, prev ? prev->s : NULL);
}

static void the_first_picture_knows_no_beginning(void **state)
{
    (void)state;
    struct sb *a = sb_new(T0);
    carry(a, NULL);
    assert_int_equal(a->s->leader_since_us, 0);
    assert_int_equal(a->members[0].role_since_us, 0);
    assert_int_equal(a->members[1].stream_lost_us, 0);
    sb_free(a);
}

static void a_new_leader_leads_from_the_picture_that_shows_it(void **state)
{
    (void)state;
    struct sb *a = sb_new(T0), *b = sb_new(T1), *c = sb_new(T2);
    carry(a, NULL);
    sb_lead(b, "pg2", true);
    carry(b, a);
    assert_int_equal(b->s->leader_since_us, b->s->view.answered_us);
    assert_int_equal(b->members[0].role_since_us, b->members[0].api.answered_us);
    assert_int_equal(b->members[1].role_since_us, b->members[1].api.answered_us);
    assert_int_equal(b->members[2].role_since_us, 0); /* has been a replica all along */
    sb_lead(c, "pg2", true);
    carry(c, b);
    assert_int_equal(c->s->leader_since_us, b->s->leader_since_us);
    assert_int_equal(c->members[1].role_since_us, b->members[1].role_since_us);
    sb_free(a);
    sb_free(b);
    sb_free(c);
}

static void a_leader_that_comes_back_begins_anew(void **state)
{
    (void)state;
    struct sb *a = sb_new(T0), *b = sb_new(T1), *c = sb_new(T2);
    carry(a, NULL);
    sb_no_leader(b, SB_SEC(1));
    carry(b, a);
    assert_int_equal(b->s->leader_since_us, 0);
    carry(c, b);
    assert_int_equal(c->s->leader_since_us, c->s->view.answered_us);
    sb_free(a);
    sb_free(b);
    sb_free(c);
}

static void a_lost_stream_counts_from_when_it_was_lost(void **state)
{
    (void)state;
    static const char *const without[] = {"pg3", NULL};
    struct sb *a = sb_new(T0), *b = sb_new(T1), *c = sb_new(T2), *d = sb_new(T2 + SB_SEC(1));
    carry(a, NULL);
    sb_streams(b, "pg1", without);
    carry(b, a);
    assert_int_equal(b->members[1].stream_lost_us, T1);
    assert_int_equal(b->members[2].stream_lost_us, 0);
    sb_streams(c, "pg1", without);
    carry(c, b);
    assert_int_equal(c->members[1].stream_lost_us, T1);
    carry(d, c); /* streams again */
    assert_int_equal(d->members[1].stream_lost_us, 0);
    sb_free(a);
    sb_free(b);
    sb_free(c);
    sb_free(d);
}

static void a_stream_lost_before_we_looked_gets_no_grace(void **state)
{
    (void)state;
    static const char *const without[] = {"pg3", NULL};
    struct sb *a = sb_new(T0), *b = sb_new(T1);
    sb_streams(a, "pg1", without);
    carry(a, NULL);
    assert_int_equal(a->members[1].stream_lost_us, STREAM_LOST_BEFORE);
    sb_streams(b, "pg1", without);
    carry(b, a);
    assert_int_equal(b->members[1].stream_lost_us, STREAM_LOST_BEFORE);
    sb_free(a);
    sb_free(b);
}

static void a_member_just_started_gets_its_moment(void **state)
{
    (void)state;
    static const char *const without[] = {"pg3", NULL};
    struct sb *a = sb_new(T0), *b = sb_new(T1);
    sb_streams(a, "pg1", without);
    sb_health(a, "pg2")->state = PGS_STARTING;
    carry(a, NULL);
    assert_int_equal(a->members[1].stream_lost_us, 0);
    sb_streams(b, "pg1", without);
    carry(b, a);
    assert_int_equal(b->members[1].stream_lost_us, T1);
    sb_free(a);
    sb_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_picture_knows_no_beginning),
        cmocka_unit_test(a_new_leader_leads_from_the_picture_that_shows_it),
        cmocka_unit_test(a_leader_that_comes_back_begins_anew),
        cmocka_unit_test(a_lost_stream_counts_from_when_it_was_lost),
        cmocka_unit_test(a_stream_lost_before_we_looked_gets_no_grace),
        cmocka_unit_test(a_member_just_started_gets_its_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
