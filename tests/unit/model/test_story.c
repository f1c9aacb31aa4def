/* Events and failovers as the model keeps them: names both ways, the ring, copies, leases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/base/clock.h"
#include "pgdba/model/cluster.h"
#include "pgdba/model/event.h"
#include "pgdba/model/failover.h"

static void names_go_both_ways(void **state)
{
    (void)state;
    for (int i = 0; i < EV_KIND_COUNT; i++) {
        enum event_kind k = EV_KIND_COUNT;
        assert_true(event_kind_parse(event_kind_name((enum event_kind)i), &k));
        assert_int_equal(k, i);
    }
    for (int i = 0; i < FO_KIND_COUNT; i++) {
        enum failover_kind k = FO_KIND_COUNT;
        assert_true(failover_kind_parse(failover_kind_id((enum failover_kind)i), &k));
        assert_int_equal(k, i);
    }
    for (int i = 0; i < FP_COUNT; i++) {
        enum failover_phase_id p = FP_COUNT;
        assert_true(failover_phase_parse(failover_phase_key((enum failover_phase_id)i), &p));
        assert_int_equal(p, i);
    }
    for (int i = 0; i < OBS_KIND_COUNT; i++) {
        enum obs_kind k = OBS_KIND_COUNT;
        assert_true(obs_kind_parse(obs_kind_name((enum obs_kind)i), &k));
        assert_int_equal(k, i);
        assert_true(obs_kind_system((enum obs_kind)i) != SYS_PGDBA);
    }
    enum event_kind unchanged = EV_SYNC;
    assert_false(event_kind_parse("nonsense", &unchanged));
    assert_false(event_kind_parse(NULL, &unchanged));
    assert_int_equal(unchanged, EV_SYNC);
}

static void the_ring_drops_the_oldest(void **state)
{
    (void)state;
    struct event_log *l = event_log_new(3);
    char text[] = "first";
    for (int i = 0; i < 5; i++) {
        text[0] = (char)('a' + i);
        struct event e = {.kind = EV_NOTE, .text = text, .mono_us = i};
        const struct event *kept = event_log_add(l, &e);
        assert_int_equal(kept->seq, i + 1);
        assert_string_equal(kept->evidence, "");
    }
    assert_int_equal(event_log_count(l), 3);
    assert_int_equal(event_log_dropped(l), 2);
    assert_string_equal(event_log_get(l, 0)->text, "eirst");
    assert_string_equal(event_log_get(l, 2)->text, "cirst");
    assert_null(event_log_get(l, 3));
    assert_null(event_log_get(l, -1));
    event_log_free(l);
}

static void a_copy_stands_alone(void **state)
{
    (void)state;
    struct failover *f = failover_new();
    struct failover_phase *p = arena_array(&f->arena, 1, struct failover_phase);
    p[0] = (struct failover_phase){.id = FP_LOCK_TAKEN,
                                   .subject = arena_strdup(&f->arena, "pg2"),
                                   .note = arena_strdup(&f->arena, "timeline 5")};
    f->phases = p;
    f->nphases = 1;
    f->to = arena_strdup(&f->arena, "pg2");
    struct failover *c = failover_copy(f);
    failover_free(f);
    assert_string_equal(c->to, "pg2");
    assert_string_equal(c->phases[0].note, "timeline 5");
    assert_string_equal(c->summary, "");
    failover_free(c);
}

static void a_lease_counts_down_until_its_word_is_old(void **state)
{
    (void)state;
    struct dcs_lease l = {
        .id = 7, .ttl_s = 12, .granted_s = 20, .at_us = 5 * USEC_PER_SEC, .outcome = OBS_ANSWERED};
    struct snapshot s = {.nleases = 1, .leases = &l};
    assert_int_equal(snapshot_lease_left(&s, 7, 6 * USEC_PER_SEC), 11 * USEC_PER_SEC);
    assert_int_equal(snapshot_lease_left(&s, 8, 6 * USEC_PER_SEC), INT64_MIN);
    assert_int_equal(snapshot_lease_left(&s, 7, 9 * USEC_PER_SEC), INT64_MIN);
    l.ttl_s = -1;
    assert_true(snapshot_lease_left(&s, 7, 6 * USEC_PER_SEC) < 0);
    assert_null(snapshot_lease(&s, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_go_both_ways),
        cmocka_unit_test(the_ring_drops_the_oldest),
        cmocka_unit_test(a_copy_stands_alone),
        cmocka_unit_test(a_lease_counts_down_until_its_word_is_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
