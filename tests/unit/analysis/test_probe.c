/* analysis/probe: samples to outages, rows to lost ones and ghosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/analysis/probe.h"
#include "pgdba/base/buf.h"
#include "pgdba/base/clock.h"

#define MS(n)   ((int64_t)(n)*USEC_PER_MS)
#define WALL_US INT64_C(1795230727000000)

struct run {
    struct probe_fold *f;
    const char *name, *server;
    uint64_t seq;
    int64_t now_us; /* of the last sample */
    struct facts *view;
    struct buf heard;
};

static void run_init(struct run *r)
{
    *r = (struct run){
        .f = probe_fold_new(), .name = "run-1", .server = "10.0.0.1:5432", .now_us = MS(1000)};
    buf_init(&r->heard);
}

static void run_release(struct run *r)
{
    facts_unref(r->view);
    probe_fold_free(r->f);
    buf_release(&r->heard);
}

/* An attempt that ends `later` after the one before, having taken `took`. */
static void attempt(struct run *r, int64_t later_us, int64_t took_us, enum probe_failure failure)
{
    struct probe_sample s = {.seq = ++r->seq,
                             .write = true,
                             .latency_us = took_us,
                             .failure = failure,
                             .sqlstate = "",
                             .detail = "",
                             .server = failure == PROBE_OK ? r->server : "",
                             .run = r->name};
    r->now_us += later_us;
    probe_fold_sample(r->f, "haproxy", MS(100), &s, r->now_us, WALL_US + r->now_us);
}

static const struct probe_view *view(struct run *r)
{
    facts_unref(r->view);
    r->view = probe_fold_view(r->f);
    return r->view->root;
}

static void hear(void *arg, const struct event *e)
{
    struct run *r = arg;
    buf_addf(&r->heard, "%s: %s -> %s\n", event_kind_name(e->kind), e->old, e->now);
    assert_int_equal(e->source, SYS_PROBE);
    assert_true(e->text[0]);
    assert_int_equal(e->wall_us, WALL_US + e->mono_us);
}

static void assert_heard(struct run *r, const char *lines)
{
    buf_clear(&r->heard);
    probe_fold_events(r->f, hear, r);
    assert_string_equal(r->heard.s, lines);
}

static void before_the_first_sample_there_is_nothing(void **state)
{
    (void)state;
    struct run r;
    uint64_t from, to;
    run_init(&r);
    assert_null(probe_fold_view(r.f));
    assert_false(probe_fold_wants_rows(r.f, &from, &to));
    assert_heard(&r, "");
    run_release(&r);
}

static void an_outage_lasts_from_success_to_success(void **state)
{
    (void)state;
    struct run r;
    run_init(&r);
    attempt(&r, 0, MS(2), PROBE_OK);
    attempt(&r, MS(100), MS(2), PROBE_OK);
    int64_t well = r.now_us;
    assert_heard(&r, "probe-started:  -> haproxy\n");
    attempt(&r, MS(100), MS(1), PROBE_NO_CONNECTION);
    assert_true(view(&r)->out);
    assert_int_equal(view(&r)->longest_us, MS(100)); /* and it goes on */
    assert_heard(&r, "probe-fails:  -> no connection\n");
    attempt(&r, MS(100), MS(1), PROBE_READ_ONLY);
    attempt(&r, MS(1000), MS(1), PROBE_READ_ONLY);
    assert_heard(&r, "");
    r.server = "10.0.0.2:5432";
    attempt(&r, MS(100), MS(3), PROBE_OK);
    const struct probe_view *v = view(&r);
    assert_false(v->out);
    assert_int_equal(v->noutages, 1);
    assert_int_equal(v->outages[0].from_us, well);
    assert_int_equal(v->outages[0].to_us, r.now_us);
    assert_int_equal(v->outages[0].failures, 3);
    assert_int_equal(v->outages[0].first, PROBE_NO_CONNECTION);
    assert_int_equal(v->outages[0].to_wall_us, WALL_US + r.now_us);
    assert_int_equal(v->longest_us, MS(1300));
    assert_int_equal(v->total_us, MS(1300));
    assert_int_equal(v->by_failure[PROBE_READ_ONLY], 2);
    assert_int_equal(v->sent, 6);
    assert_int_equal(v->ok, 3);
    assert_string_equal(v->server, "10.0.0.2:5432");
    assert_int_equal(v->latency[v->nlatency - 1], MS(3));
    assert_int_equal(v->latency[v->nlatency - 2], -1);
    assert_heard(&r, "probe-works: no connection -> 1.3 s\n"
                     "probe-server: 10.0.0.1:5432 -> 10.0.0.2:5432\n");
    run_release(&r);
}

static void a_hang_is_one_failure_and_one_outage(void **state)
{
    (void)state;
    struct run r;
    run_init(&r);
    attempt(&r, 0, MS(2), PROBE_OK);
    attempt(&r, MS(20000), MS(19900), PROBE_TIMED_OUT);
    attempt(&r, MS(100), MS(2), PROBE_OK);
    const struct probe_view *v = view(&r);
    assert_int_equal(v->noutages, 1);
    assert_int_equal(v->failed, 1);
    assert_int_equal(v->longest_us, MS(20100));
    run_release(&r);
}

static void the_longest_is_not_the_last_and_the_total_is_all(void **state)
{
    (void)state;
    struct run r;
    run_init(&r);
    /* Fails from the start: the outage begins with the first attempt. */
    attempt(&r, 0, MS(50), PROBE_STARTING);
    attempt(&r, MS(500), MS(2), PROBE_OK);
    assert_int_equal(view(&r)->longest_us, MS(550));
    attempt(&r, MS(100), MS(2), PROBE_BROKEN);
    attempt(&r, MS(100), MS(2), PROBE_OK);
    assert_int_equal(view(&r)->longest_us, MS(550));
    assert_int_equal(view(&r)->total_us, MS(750));
    for (int i = 0; i < 2 * PROBE_OUTAGES; i++) {
        attempt(&r, MS(100), MS(2), PROBE_BROKEN);
        attempt(&r, MS(100), MS(2), PROBE_OK);
    }
    const struct probe_view *v = view(&r);
    assert_int_equal(v->noutages, PROBE_OUTAGES);
    assert_true(v->outages[0].to_us > v->outages[PROBE_OUTAGES - 1].to_us);
    assert_int_equal(v->total_us, MS(750 + 64 * 200));
    run_release(&r);
}

/* ---- rows */

static void rows(struct run *r, uint64_t from, uint64_t to, const uint64_t *seq, int n)
{
    struct probe_rows rows = {.run = r->name, .from = from, .to = to, .n = n, .seq = seq};
    probe_fold_rows(r->f, &rows);
}

static void lost_rows_and_ghosts(void **state)
{
    (void)state;
    struct run r;
    uint64_t from, to;
    run_init(&r);
    for (int i = 0; i < 3; i++)
        attempt(&r, MS(100), MS(2), PROBE_OK); /* 1 2 3 */
    attempt(&r, MS(100), MS(2), PROBE_BROKEN); /* 4 5 */
    attempt(&r, MS(100), MS(2), PROBE_NO_CONNECTION);
    assert_false(probe_fold_wants_rows(r.f, &from, &to));
    attempt(&r, MS(100), MS(2), PROBE_OK); /* 6 */
    assert_true(probe_fold_wants_rows(r.f, &from, &to));
    assert_int_equal(from, 1);
    assert_int_equal(to, 6);
    assert_int_equal(view(&r)->lost, -1);
    probe_fold_events(r.f, hear, &r);
    rows(&r, 1, 6, (const uint64_t[]){1, 2, 4, 6}, 4);
    assert_int_equal(view(&r)->lost, 1);   /* 3 */
    assert_int_equal(view(&r)->ghosts, 1); /* 4 */
    assert_int_equal(view(&r)->checked_to_seq, 6);
    assert_false(probe_fold_wants_rows(r.f, &from, &to));
    assert_heard(&r, "probe-rows:  -> 1 lost, 1 ghosts\n");
    /* Asked twice it is not counted twice; a commit that came late is not lost. */
    rows(&r, 1, 6, (const uint64_t[]){1, 2, 4, 6}, 4);
    assert_heard(&r, "");
    rows(&r, 1, 6, (const uint64_t[]){1, 2, 3, 4, 6}, 5);
    assert_heard(&r, "probe-rows:  -> 0 lost, 1 ghosts\n");
    /* Another run's rows are not ours. */
    r.name = "run-0";
    rows(&r, 1, 6, NULL, 0);
    assert_int_equal(view(&r)->lost, 0);
    run_release(&r);
}

static void an_attempt_that_is_out_is_neither_lost_nor_a_ghost(void **state)
{
    (void)state;
    struct run r;
    run_init(&r);
    attempt(&r, 0, MS(2), PROBE_OK);
    r.seq++; /* 2 was never heard of */
    attempt(&r, MS(100), MS(2), PROBE_OK);
    rows(&r, 1, 9, (const uint64_t[]){1, 2, 3, 7}, 4);
    assert_int_equal(view(&r)->lost, 0);
    assert_int_equal(view(&r)->ghosts, 0);
    run_release(&r);
}

static void days_take_no_more_memory_than_minutes(void **state)
{
    (void)state;
    static uint64_t there[9000];
    struct run r;
    uint64_t from, to;
    run_init(&r);
    for (int i = 0; i < 300000; i++)
        attempt(&r, MS(100), MS(2), PROBE_OK);
    attempt(&r, MS(100), MS(2), PROBE_BROKEN);
    attempt(&r, MS(100), MS(2), PROBE_OK);
    assert_true(probe_fold_wants_rows(r.f, &from, &to));
    assert_int_equal(to, 300002);
    assert_in_range(from, 300000 - 5000, 300000 - 1000);
    int n = 0;
    for (uint64_t s = from; s <= to; s++)
        if (s != 299999 && s != 300001)
            there[n++] = s;
    rows(&r, from, to, there, n);
    assert_int_equal(view(&r)->lost, 1);
    assert_int_equal(view(&r)->ghosts, 0);
    assert_int_equal(view(&r)->nlatency, PROBE_LATENCIES);
    assert_true(r.view->arena.used < 16384);
    run_release(&r);
}

static void another_run_begins_anew(void **state)
{
    (void)state;
    struct run r;
    run_init(&r);
    attempt(&r, 0, MS(2), PROBE_OK);
    attempt(&r, MS(100), MS(2), PROBE_BROKEN);
    probe_fold_stopped(r.f);
    probe_fold_stopped(r.f);
    assert_false(view(&r)->running);
    assert_heard(&r, "probe-started:  -> haproxy\nprobe-fails:  -> connection broke\n"
                     "probe-stopped: haproxy -> \n");
    r.name = "run-2";
    r.seq = 0;
    attempt(&r, MS(5000), MS(2), PROBE_OK);
    const struct probe_view *v = view(&r);
    assert_true(v->running);
    assert_false(v->out);
    assert_int_equal(v->noutages, 0);
    assert_int_equal(v->sent, 1);
    assert_heard(&r, "probe-started:  -> haproxy\n");
    run_release(&r);
}

/* What was handed out stays as it was while the fold goes on. */
static void a_view_is_immutable(void **state)
{
    (void)state;
    struct run r;
    run_init(&r);
    attempt(&r, 0, MS(2), PROBE_OK);
    struct facts *old = probe_fold_view(r.f);
    attempt(&r, MS(100), MS(2), PROBE_BROKEN);
    assert_int_equal(((const struct probe_view *)old->root)->sent, 1);
    assert_int_equal(view(&r)->sent, 2);
    facts_unref(old);
    run_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_first_sample_there_is_nothing),
        cmocka_unit_test(an_outage_lasts_from_success_to_success),
        cmocka_unit_test(a_hang_is_one_failure_and_one_outage),
        cmocka_unit_test(the_longest_is_not_the_last_and_the_total_is_all),
        cmocka_unit_test(lost_rows_and_ghosts),
        cmocka_unit_test(an_attempt_that_is_out_is_neither_lost_nor_a_ghost),
        cmocka_unit_test(days_take_no_more_memory_than_minutes),
        cmocka_unit_test(another_run_begins_anew),
        cmocka_unit_test(a_view_is_immutable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
