/* analysis/lag: live before published, nothing before a lie; time, rate and what is left. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/analysis/lag.h"
#include "snapshot_builder.h"

#define MIB  (INT64_C(1) << 20)
#define NOW  SB_NOW_US
#define WALL SB_WALL_US

static struct lag_sample measure(struct sb *b, const char *name)
{
    return lag_measure(sb_member(b, name), snapshot_leader(b->s), &b->s->view, SB_SEC(5), NOW);
}

static void live_when_both_ends_have_just_answered(void **state)
{
    (void)state;
    struct sb *b = sb_new(NOW);
    sb_lag(b, "pg3", 5000, 70000);
    sb_answered(b, &sb_member(b, "pg1")->api, SB_SEC(2));
    struct lag_sample l = measure(b, "pg3");
    assert_int_equal(l.basis, LAG_LIVE);
    assert_int_equal(l.receive, 5000);
    assert_int_equal(l.replay, 70000);
    assert_int_equal(l.at_us, NOW - SB_SEC(2)); /* the older end */
    assert_int_equal(measure(b, "pg2").receive, 0);
    sb_free(b);
}

static void received_is_at_least_what_is_replayed(void **state)
{
    (void)state;
    struct sb *b = sb_new(NOW);
    sb_lag(b, "pg3", 0, 3000);
    sb_health(b, "pg3")->received -= 100 * MIB; /* receiver restarted at a segment's start */
    assert_int_equal(measure(b, "pg3").receive, 3000);
    sb_health(b, "pg3")->received = LSN_UNKNOWN; /* archive only */
    assert_int_equal(measure(b, "pg3").receive, 3000);
    sb_health(b, "pg3")->received = sb_health(b, "pg1")->location + 10; /* sampled later */
    assert_int_equal(measure(b, "pg3").receive, 0);
    sb_free(b);
}

static void published_when_one_end_is_silent(void **state)
{
    (void)state;
    struct sb *b = sb_new(NOW);
    sb_lag(b, "pg3", 5000, 70000);
    sb_row(b, "pg3")->lag = 4096;
    sb_fail(b, &sb_member(b, "pg1")->api, OBS_TIMED_OUT, SB_SEC(3));
    struct lag_sample l = measure(b, "pg3");
    assert_int_equal(l.basis, LAG_PUBLISHED);
    assert_int_equal(l.receive, 4096);
    assert_true(l.replay == LAG_UNKNOWN); /* before 4.1 /cluster does not say it */
    assert_int_equal(l.at_us, b->s->view.answered_us);
    sb_row(b, "pg3")->receive_lag = 100;
    sb_row(b, "pg3")->replay_lag = 200;
    assert_int_equal(measure(b, "pg3").receive, 100);
    assert_int_equal(measure(b, "pg3").replay, 200);
    sb_free(b);
}

static void silent_or_old_ends_never_give_live_lag(void **state)
{
    (void)state;
    for (int k = 0; k < 6; k++) {
        struct sb *b = sb_new(NOW);
        struct member *m = sb_member(b, "pg3");
        switch (k) {
        case 0: /* too old */
            sb_answered(b, &m->api, SB_SEC(6));
            break;
        case 1: /* each fresh by itself is not enough in a slow refresh */
            sb_answered(b, &m->api, -SB_SEC(2));
            sb_answered(b, &sb_member(b, "pg1")->api, SB_SEC(4));
            break;
        case 2:
            sb_health(b, "pg3")->has_sql = false;
            break;
        case 3:
            m->health = NULL;
            break;
        case 4:
            sb_health(b, "pg1")->location = LSN_UNKNOWN;
            break;
        case 5: /* ahead of the leader on a history of its own */
            sb_health(b, "pg3")->timeline = 2;
            sb_health(b, "pg3")->received += 16;
            break;
        }
        assert_int_equal(measure(b, "pg3").basis, LAG_PUBLISHED);
        sb_free(b);
    }
}

static void nothing_when_nobody_can_know(void **state)
{
    (void)state;
    struct sb *b = sb_new(NOW);
    sb_member(b, "pg3")->health = NULL;
    sb_row(b, "pg3")->lag = LAG_UNKNOWN;
    assert_int_equal(measure(b, "pg3").basis, LAG_NONE);
    assert_true(measure(b, "pg3").receive == LAG_UNKNOWN);
    sb_row(b, "pg3")->lag = 0;
    sb_answered(b, &b->s->view, SB_SEC(6)); /* an old zero is not a zero now */
    assert_int_equal(measure(b, "pg3").basis, LAG_NONE);
    sb_answered(b, &b->s->view, 0);
    assert_int_equal(measure(b, "pg3").basis, LAG_PUBLISHED);
    sb_vanish(b, "pg3", SB_SEC(5));
    assert_int_equal(measure(b, "pg3").basis, LAG_NONE);
    assert_int_equal(measure(b, "pg1").basis, LAG_NONE); /* the leader has none */
    b->s->leader = -1;
    assert_int_equal(measure(b, "pg2").basis, LAG_NONE);
    sb_free(b);
}

static struct lag_view view(struct sb *b, const char *name)
{
    sb_finish(b);
    return lag_view_of(b->s, sb_index(b, name), NOW, WALL);
}

static void caught_up_is_zero_only_while_it_streams(void **state)
{
    (void)state;
    struct sb *b = sb_new(NOW);
    struct lag_view v = view(b, "pg2");
    assert_true(v.applies);
    assert_true(v.streaming);
    assert_int_equal(v.time_us, 0); /* although the last commit was replayed 2.5 s ago */
    assert_false(v.time_is_estimate);
    assert_int_equal(v.eta_us, 0);
    assert_false(view(b, "pg1").applies);
    /* The receiver is dead: equal positions prove nothing. */
    sb_streams(b, "pg1", (const char *const[]){"pg3", NULL});
    v = view(b, "pg2");
    assert_false(v.streaming);
    assert_int_equal(v.time_us, -1);
    assert_int_equal(v.eta_us, -1);
    sb_free(b);
}

static void behind_in_time_is_an_estimate(void **state)
{
    (void)state;
    struct sb *b = sb_new(NOW);
    sb_lag(b, "pg3", 0, 4 * MIB);
    sb_health(b, "pg3")->replayed_wall_us = WALL - SB_SEC(31);
    struct lag_view v = view(b, "pg3");
    assert_true(v.time_is_estimate);
    assert_int_equal(v.time_us, SB_SEC(31) - 200 * USEC_PER_MS); /* at the time it was said */
    /* Our clock is an hour off: the member's own Date decides. */
    sb_health(b, "pg3")->date_s = WALL / USEC_PER_SEC + 3600;
    sb_health(b, "pg3")->replayed_wall_us = WALL + SB_SEC(3600 - 31);
    assert_int_equal(view(b, "pg3").time_us, SB_SEC(31));
    sb_health(b, "pg3")->replayed_wall_us = WALL + SB_SEC(3700); /* clocks apart: not negative */
    assert_int_equal(view(b, "pg3").time_us, 0);
    sb_health(b, "pg3")->replayed_wall_us = 0; /* nothing replayed since the start */
    assert_int_equal(view(b, "pg3").time_us, -1);
    sb_health(b, "pg3")->replay_paused = true;
    assert_true(view(b, "pg3").replay_paused);
    sb_free(b);
}

static void rate_and_eta_come_from_the_series(void **state)
{
    (void)state;
    const struct snapshot *s = sample_snapshot(SAMPLE_LAGGING, NOW);
    struct lag_view v = lag_view_of(s, 2, NOW, WALL);
    assert_int_equal(v.sample.replay, 50 * MIB);
    assert_true(fabs(v.rate + 2.0 * MIB) < 1.0);
    assert_in_range(v.eta_us, SB_SEC(25) - 1000, SB_SEC(25) + 1000);
    /* The same a minute later, when the samples are old: not known any more. */
    v = lag_view_of(s, 2, NOW + SB_SEC(60), WALL + SB_SEC(60));
    assert_true(isnan(v.rate));
    assert_int_equal(v.eta_us, -1);
    snapshot_unref(s);
}

static void no_rate_without_samples_enough(void **state)
{
    (void)state;
    static const int64_t at[] = {NOW - SB_SEC(9), NOW - SB_SEC(4), NOW - SB_SEC(1), NOW};
    static const int64_t growing[] = {0, 40 * MIB, 70 * MIB, 80 * MIB};
    static const int64_t gap[] = {90 * MIB, 40 * MIB, LAG_UNKNOWN, 80 * MIB};
    static const int64_t short_run[] = {90 * MIB, LAG_UNKNOWN, 70 * MIB, 80 * MIB};
    struct sb *b = sb_new(NOW);
    sb_lag(b, "pg3", 0, 80 * MIB);
    struct member *m = sb_member(b, "pg3");
    m->replay_lag = (struct series){4, at, growing};
    struct lag_view v = view(b, "pg3");
    assert_true(v.rate > 8.0 * MIB && v.rate < 11.0 * MIB);
    assert_int_equal(v.eta_us, -1); /* it grows */
    m->replay_lag = (struct series){4, at, gap};
    assert_true(isnan(view(b, "pg3").rate));
    m->replay_lag = (struct series){4, at, short_run};
    assert_true(isnan(view(b, "pg3").rate)); /* one second is jitter */
    m->replay_lag = (struct series){0, NULL, NULL};
    assert_true(isnan(view(b, "pg3").rate));
    static const int64_t crawling[] = {80 * MIB + 9, 80 * MIB + 4, 80 * MIB + 1, 80 * MIB};
    m->replay_lag = (struct series){4, at, crawling};
    assert_int_equal(view(b, "pg3").eta_us, -1); /* years are no estimate */
    sb_free(b);
}

static void streaming_is_said_by_whoever_knows(void **state)
{
    (void)state;
    struct sb *b = sb_new_41(NOW);
    sb_streams(b, "pg1", (const char *const[]){NULL}); /* its own word is enough (3.0.4+) */
    assert_true(view(b, "pg2").streaming);
    sb_health(b, "pg2")->replication_state = "in archive recovery";
    assert_false(view(b, "pg2").streaming);
    sb_streams(b, "pg1", (const char *const[]){"pg2", NULL}); /* and it knows best */
    assert_false(view(b, "pg2").streaming);
    sb_health(b, "pg2")->replication_state = NULL;
    assert_false(view(b, "pg2").streaming);
    sb_free(b);

    b = sb_new(NOW);
    struct replication_row *r = (void *)(uintptr_t)sb_health(b, "pg1")->replication;
    r[0].state = "catchup";
    assert_false(view(b, "pg2").streaming);
    r[0].state = "streaming";
    assert_true(view(b, "pg2").streaming);
    sb_health(b, "pg2")->state = PGS_STOPPED;
    assert_false(view(b, "pg2").streaming);
    sb_free(b);

    /* Only /cluster is there: from 3.0.4 its state says it; before that nobody does. */
    const struct snapshot *s = sample_snapshot(SAMPLE_API_UNREACHABLE, NOW);
    assert_true(lag_view_of(s, 1, NOW, WALL).streaming); /* the leader's walsenders are known */
    snapshot_unref(s);
    b = sb_new_41(NOW);
    for (int i = 0; i < 3; i++)
        sb_fail(b, &b->members[i].api, OBS_TIMED_OUT, SB_SEC(9));
    assert_true(view(b, "pg2").streaming);
    sb_fail(b, &b->s->view, OBS_TIMED_OUT, SB_SEC(9));
    assert_false(view(b, "pg2").streaming);
    sb_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(live_when_both_ends_have_just_answered),
        cmocka_unit_test(received_is_at_least_what_is_replayed),
        cmocka_unit_test(published_when_one_end_is_silent),
        cmocka_unit_test(silent_or_old_ends_never_give_live_lag),
        cmocka_unit_test(nothing_when_nobody_can_know),
        cmocka_unit_test(caught_up_is_zero_only_while_it_streams),
        cmocka_unit_test(behind_in_time_is_an_estimate),
        cmocka_unit_test(rate_and_eta_come_from_the_series),
        cmocka_unit_test(no_rate_without_samples_enough),
        cmocka_unit_test(streaming_is_said_by_whoever_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
