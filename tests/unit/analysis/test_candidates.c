/* analysis/candidates: who could lead next, in what order, and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/analysis/candidates.h"
#include "snapshot_builder.h"

static void same(struct sb *b)
{
    (void)b;
}
static void pg2_behind(struct sb *b)
{
    sb_lag(b, "pg2", INT64_C(48) << 20, INT64_C(48) << 20);
}
static void pg2_little_behind(struct sb *b)
{
    sb_lag(b, "pg2", 4096, 8192);
}
/* 64 MB to replay four seconds ago, 48 now: 4 MB a second, and 12 s to go. */
static void pg2_catches_up(struct sb *b)
{
    static const int64_t at[] = {SB_NOW_US - SB_SEC(4), SB_NOW_US - SB_SEC(2), SB_NOW_US},
                         left[] = {INT64_C(64) << 20, INT64_C(56) << 20, INT64_C(48) << 20};
    sb_lag(b, "pg2", 0, INT64_C(48) << 20);
    sb_member(b, "pg2")->replay_lag = (struct series){3, at, left};
}
static void pg2_nofailover(struct sb *b)
{
    sb_tag(b, "pg2", "nofailover", "true");
}
static void pg3_preferred(struct sb *b)
{
    sb_tag(b, "pg3", "failover_priority", "5");
}
static void pg2_silent(struct sb *b)
{
    sb_fail(b, &sb_member(b, "pg2")->api, OBS_TIMED_OUT, SB_SEC(14));
}
static void pg2_gone(struct sb *b)
{
    sb_vanish(b, "pg2", SB_SEC(95));
}
static void pg2_pending(struct sb *b)
{
    sb_health(b, "pg2")->pending_restart = true;
}
static void leaderless(struct sb *b)
{
    sb_no_leader(b, SB_SEC(9));
}
static void alone(struct sb *b)
{
    b->s->nmembers = 1;
}

#define BY_PG2 "timeline 3, answers in 5.0 ms\n"
#define BY_PG3 "timeline 3, answers in 6.0 ms\n"
#define PG2    " pg2|fit|streams, 0 B behind, " BY_PG2
#define PG3    ">pg3|fit|streams, 0 B behind, " BY_PG3

static const struct {
    void (*make)(struct sb *b);
    const char *list, *text;
} cases[] = {
    {same, PG2 PG3, "pg2 (fit), pg3 (fit)"},
    {pg2_behind,
     PG3 " pg2|unfit|48.0 MB behind (limit 1.0 MB); streams, 48.0 MB behind, 48.0 MB to "
         "replay, " BY_PG2,
     "pg3 (fit), pg2 (unfit: 48.0 MB behind (limit 1.0 MB))"},
    {pg2_little_behind, PG3 " pg2|fit|streams, 4.0 KB behind, 8.0 KB to replay, " BY_PG2,
     "pg3 (fit), pg2 (fit)"},
    {pg2_catches_up,
     " pg2|fit|streams, 0 B behind, 48.0 MB to replay (about 12.0 s at its pace), " BY_PG2 PG3,
     "pg2 (fit), pg3 (fit)"},
    {pg2_nofailover, PG3 " pg2|unfit|nofailover; streams, 0 B behind, " BY_PG2,
     "pg3 (fit), pg2 (unfit: nofailover)"},
    {pg3_preferred, ">pg3|fit|streams, 0 B behind, timeline 3, priority 5, answers in 6.0 ms\n" PG2,
     "pg3 (fit), pg2 (fit)"},
    {pg2_silent, NULL, "pg3 (fit), pg2 (doubtful: silent for 14 s)"},
    {pg2_gone, PG3 " pg2|unfit|not listed\n", "pg3 (fit), pg2 (unfit: not listed)"},
    {pg2_pending,
     " pg2|fit|streams, 0 B behind, timeline 3, restart pending, answers in 5.0 ms\n" PG3,
     "pg2 (fit), pg3 (fit)"},
    {leaderless, NULL, NULL},
    {alone, "", "nobody"},
};

static const char *written(const struct plan_candidate *v, int n, struct arena *a)
{
    const char *text = "";
    for (int i = 0; i < n; i++)
        text = arena_printf(a, "%s%c%s|%s|%s\n", text, v[i].asked_for ? '>' : ' ', v[i].name,
                            fitness_name(v[i].fitness), v[i].reason);
    return text;
}

static void each_has_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sb *b = sb_new(SB_NOW_US);
        struct arena a;
        int n;
        arena_init(&a);
        cases[i].make(b);
        sb_finish(b);
        const struct plan_candidate *v = candidates_of(b->s, "pg3", b->now_us, &a, &n);
        if (cases[i].list)
            assert_string_equal(written(v, n, &a), cases[i].list);
        if (cases[i].text)
            assert_string_equal(candidates_text(b->s, b->now_us, &a), cases[i].text);
        arena_release(&a);
        sb_free(b);
    }
}

/* There is no lag to speak of then; what each has received is what counts. */
static void without_a_leader_positions_are_said(void **state)
{
    (void)state;
    struct sb *b = sb_new(SB_NOW_US);
    struct arena a;
    int n;
    arena_init(&a);
    leaderless(b);
    sb_finish(b);
    const struct plan_candidate *v = candidates_of(b->s, NULL, b->now_us, &a, &n);
    assert_int_equal(n, b->s->nmembers);
    for (int i = 0; i < n; i++) {
        assert_int_not_equal(v[i].fitness, FIT);
        if (strcmp(v[i].name, "pg1") != 0)
            assert_non_null(strstr(v[i].reason, "received 0/"));
    }
    arena_release(&a);
    sb_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_its_reason),
        cmocka_unit_test(without_a_leader_positions_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
