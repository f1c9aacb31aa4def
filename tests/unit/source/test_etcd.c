/* source/etcd, the stream: a range, the watch from there on, all the ways in which it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_etcd.h"
#include "pgdba/base/log.h"

#define EVENT(revision)                                                                   \
    "{\"result\":{\"header\":{\"cluster_id\":\"7\",\"revision\":\"" revision              \
    "\"},\"events\":[{\"kv\":{\"key\":\"L3NlcnZpY2UvZGVtby9sZWFkZXI=\",\"mod_revision\":" \
    "\"" revision "\",\"version\":\"1\",\"value\":\"cGcx\"}}]}}"

static const struct observation *ended(struct bench *k, enum obs_outcome outcome, int n)
{
    return bench_wait(k, OBS_ETCD_WATCH, PREFIX, outcome, n);
}

/* The nth line that was emitted, "created" among them. */
static const char *line(const struct bench *k, int n)
{
    for (int i = 0; i < k->rig.nseen; i++)
        if (k->rig.seen[i].kind == OBS_ETCD_WATCH && k->rig.seen[i].outcome == OBS_ANSWERED &&
            n-- == 0)
            return k->rig.seen[i].body;
    return "(none)";
}

static void watches_from_the_next_revision_on(void **state)
{
    struct bench *k = bench_new(3);
    (void)state;
    k->etcd.revision = 41;
    bench_start_watching(k, 0);
    const struct observation *o = bench_wait(k, OBS_ETCD_RANGE, PREFIX, OBS_ANSWERED, 1);
    const struct fe_path *watch = &k->etcd.gate[0].path[FE_WATCH];

    assert_string_equal(o->endpoint, k->urls[0]);
    assert_non_null(strstr(o->body, "\"revision\":\"41\""));
    assert_non_null(strstr(watch->last.s, "\"start_revision\":\"42\""));
    assert_non_null(strstr(watch->last.s, "Grpc-Metadata-hasleader: true\r\n"));
    assert_null(strstr(watch->last.s, "Authorization"));
    assert_non_null(strstr(line(k, 0), "created"));
    /* The proof of life is a quorum read, and no stream itself. */
    bench_wait(k, OBS_ETCD_ALIVE, PREFIX, OBS_ANSWERED, 3);
    const struct fe_path *alive = &k->etcd.gate[0].path[FE_ALIVE];
    assert_null(strstr(alive->last.s, "serializable"));
    assert_null(strstr(alive->last.s, "hasleader"));
    assert_int_equal(k->etcd.gate[1].path[FE_ALIVE].n, 0);
    assert_int_equal(k->etcd.gate[0].path[FE_RANGE].n, 1);
    bench_free(k);
}

/* The borders of chunks are anywhere, and observations are lines all the same. */
static void lines_however_they_are_cut(void **state)
{
    static const char all[] = EVENT("6") "\n" EVENT("7") "\n" EVENT("8") "\n";
    const size_t steps[] = {1, 7, 100, sizeof all};
    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct bench *k = bench_new(1);
        k->rig.t.etcd_behind_us = 10 * USEC_PER_SEC;
        bench_start_watching(k, 0);
        for (size_t at = 0; at < sizeof all - 1; at += steps[i]) {
            size_t left = sizeof all - 1 - at;
            char *piece = arena_strndup(&k->rig.arena, all + at, left < steps[i] ? left : steps[i]);
            assert_true(fake_etcd_say(&k->etcd, 0, piece));
            net_loop_turn(k->rig.loop, false);
        }
        bench_wait(k, OBS_ETCD_WATCH, PREFIX, OBS_ANSWERED, 4);
        assert_string_equal(line(k, 1), EVENT("6"));
        assert_string_equal(line(k, 2), EVENT("7"));
        assert_string_equal(line(k, 3), EVENT("8"));
        assert_int_equal(k->etcd.gate[0].path[FE_RANGE].n, 1);
        bench_free(k);
    }
}

static void the_last_line_may_have_no_end(void **state)
{
    struct bench *k = bench_new(2);
    (void)state;
    bench_start_watching(k, 0);
    fake_etcd_say(&k->etcd, 0, EVENT("6"));
    fake_etcd_end_watch(&k->etcd, 0, true);
    const struct observation *o = ended(k, OBS_REFUSED, 1);
    assert_string_equal(line(k, 1), EVENT("6"));
    assert_non_null(strstr(o->detail, "ended"));
    bench_wait_watched(k, 1, 1);
    assert_int_equal(k->etcd.gate[1].path[FE_RANGE].n, 1); /* all keys again */
    bench_free(k);
}

static void breaks_off_in_the_middle_of_a_line(void **state)
{
    struct bench *k = bench_new(2);
    (void)state;
    bench_start_watching(k, 0);
    fake_etcd_say(&k->etcd, 0, "{\"result\":{\"header\":{\"clus");
    fake_etcd_end_watch(&k->etcd, 0, false);
    const struct observation *o = ended(k, OBS_REFUSED, 1);
    assert_non_null(strstr(o->detail, "in the middle of a line"));
    bench_wait_watched(k, 1, 1);
    bench_free(k);
}

/* How a stream may end by its own word: what is said of it, and where it goes on. */
static void ends_by_its_own_word(void **state)
{
    static const struct {
        const char *said;
        enum obs_outcome outcome;
        const char *detail;
        int next; /* gate */
    } ends[] = {
        {"{\"error\":{\"grpc_code\":14,\"http_code\":503,\"message\":\"etcdserver: no leader\","
         "\"http_status\":\"Service Unavailable\"}}",
         OBS_REFUSED, "no leader", 1},
        {"{\"error\":{\"code\":14,\"message\":\"etcdserver: no leader\"}}\n", OBS_REFUSED,
         "no leader", 1},
        {"{\"error\": {\"code\": 14,  \"message\": \"etcdserver: no leader\"} }\n", OBS_REFUSED,
         "no leader", 1},
        {"{\"error\":{\"grpc_code\":14,\"message\":\"transport is closing\"}}", OBS_REFUSED,
         "transport is closing", 1},
        {"{\"result\":{\"header\":{},\"watch_id\":\"-1\",\"created\":true,\"canceled\":true,"
         "\"cancel_reason\":\"rpc error: code = PermissionDenied desc = etcdserver: permission "
         "denied\"}}\n",
         OBS_UNAUTHORISED, "needs READ", 1},
        {"{\"result\":{\"header\":{},\"canceled\":true,\"compact_revision\":\"390\"}}\n",
         OBS_REFUSED, "compacted", 0},
        {"{\"result\":{\"header\":{},\"canceled\":true}}\n", OBS_GARBLED, "cancelled", 1},
        {"<html>502</html>\n", OBS_GARBLED, "", 1},
        {"{\"result\":17}\n", OBS_GARBLED, "", 1},
        {"{\"error\":{\"message\":\"\\u001b[2J\\u202e\"}}\n", OBS_GARBLED, "", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct bench *k = bench_new(3);
        bench_start_watching(k, 0);
        assert_true(fake_etcd_say(&k->etcd, 0, ends[i].said));
        if (!strchr(ends[i].said, '\n')) /* where one is, the end is taken from the line */
            fake_etcd_end_watch(&k->etcd, 0, true);
        const struct observation *o = ended(k, ends[i].outcome, 1);
        assert_non_null(strstr(o->detail, ends[i].detail));
        assert_null(strchr(o->detail, '\x1b'));
        assert_string_equal(o->endpoint, k->urls[0]);
        assert_null(o->body);
        bench_wait_watched(k, ends[i].next, 1);
        assert_int_equal(k->etcd.gate[ends[i].next].path[FE_RANGE].n, ends[i].next ? 1 : 2);
        bench_free(k);
    }
}

static void refused_before_it_begins(void **state)
{
    static const struct {
        int status;
        const char *body, *detail;
        enum obs_outcome outcome;
        int next;
    } refusals[] = {
        {503, "{\"error\":\"etcdserver: no leader\",\"code\":14}", "no leader", OBS_REFUSED, 1},
        {503, "{\"code\":14,\"message\":\"etcdserver: request timed out\"}", "timed out",
         OBS_TIMED_OUT, 1},
        {400, "{\"error\":\"mvcc: required revision has been compacted\",\"code\":11}", "compacted",
         OBS_REFUSED, 0},
        {500, "<html></html>", "HTTP 500", OBS_GARBLED, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct bench *k = bench_new(2);
        struct fe_path *watch = &k->etcd.gate[0].path[FE_WATCH];
        watch->status = refusals[i].status;
        watch->body = refusals[i].body;
        bench_start(k);
        const struct observation *o = ended(k, refusals[i].outcome, 1);
        assert_non_null(strstr(o->detail, refusals[i].detail));
        watch->status = 0;
        bench_wait_watched(k, refusals[i].next, 1);
        bench_free(k);
    }
}

/* What is no list of keys is not taken for an empty one: that would be a cluster without a leader.
 */
static void no_range_to_begin_from(void **state)
{
    static const struct {
        int status;
        const char *body, *detail;
        enum obs_outcome outcome;
    } replies[] = {
        {200, "{\"header\":{}}", "revision", OBS_GARBLED},
        {200, "{\"header\":{\"revision\":\"0\"}}", "revision", OBS_GARBLED},
        {200, "{}", "header", OBS_GARBLED},
        {200, "", "", OBS_GARBLED},
        {503, "{\"error\":\"etcdserver: rpc not supported for learner\",\"code\":14}", "learner",
         OBS_REFUSED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        struct bench *k = bench_new(2);
        struct fe_path *range = &k->etcd.gate[0].path[FE_RANGE];
        range->status = replies[i].status;
        range->body = replies[i].body;
        bench_start(k);
        const struct observation *o = bench_wait(k, OBS_ETCD_RANGE, PREFIX, replies[i].outcome, 1);
        assert_non_null(strstr(o->detail, replies[i].detail));
        assert_null(o->body);
        bench_wait_watched(k, 1, 0);
        assert_int_equal(k->etcd.gate[0].path[FE_WATCH].n, 0);
        bench_free(k);
    }
}

/* What the program's diary says. */
static void has_logged(const char *path, const char *words)
{
    char all[4096];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    all[fread(all, 1, sizeof all - 1, f)] = '\0';
    fclose(f);
    if (!strstr(all, words))
        fail_msg("not \"%s\" in the log: %s", words, all);
}

/* Restored from a backup: its revisions begin before those that were known. */
static void another_cluster_from_then_on(void **state)
{
    struct bench *k = bench_new(1);
    char path[] = "/tmp/pgdba-etcd-log-XXXXXX";
    (void)state;
    close(mkstemp(path));
    assert_int_equal(log_open(&k->rig.ctx.log, path, LOG_INFO, &k->rig.clock, NULL), ST_OK);
    k->etcd.revision = k->etcd.leader = 900;
    bench_start_watching(k, 0);
    k->etcd.cluster = 8;
    k->etcd.revision = 3;
    k->etcd.leader = 2;
    fake_etcd_end_watch(&k->etcd, 0, true);
    bench_wait_watched(k, 0, 1);
    assert_non_null(strstr(k->etcd.gate[0].path[FE_WATCH].last.s, "\"start_revision\":\"4\""));
    int alive = bench_count(k, OBS_ETCD_ALIVE, PREFIX, OBS_ANSWERED);
    fake_etcd_say(&k->etcd, 0, EVENT("4") "\n");
    k->etcd.revision = k->etcd.leader = 4;
    bench_wait(k, OBS_ETCD_ALIVE, PREFIX, OBS_ANSWERED, alive + 10);
    assert_int_equal(k->etcd.gate[0].path[FE_RANGE].n, 2); /* and it stays */
    struct log *log = k->rig.ctx.log;
    bench_free(k);
    log_free(log);
    has_logged(path, "another etcd cluster");
    unlink(path);
}

static void never_begins(void **state)
{
    struct bench *k = bench_new(2);
    (void)state;
    k->rig.t.etcd_range_us = 100 * MS;
    k->etcd.gate[0].watch_begins = false;
    bench_start(k);
    const struct observation *o = ended(k, OBS_TIMED_OUT, 1);
    assert_non_null(strstr(o->detail, "not begun"));
    bench_wait_watched(k, 1, 1);
    bench_free(k);
}

/* A frozen endpoint keeps the stream open and says nothing, as one does where all is well. */
static void frozen_endpoint(void **state)
{
    struct bench *k = bench_new(3);
    (void)state;
    k->rig.t.etcd_query_us = 150 * MS;
    bench_start_watching(k, 0);
    bench_wait(k, OBS_ETCD_ALIVE, PREFIX, OBS_ANSWERED, 2);
    fake_etcd_freeze(&k->etcd, 0);
    const struct observation *o = bench_wait(k, OBS_ETCD_ALIVE, PREFIX, OBS_TIMED_OUT, 1);
    assert_non_null(strstr(o->detail, "no answer"));
    ended(k, OBS_TIMED_OUT, 1);
    bench_wait_watched(k, 1, 1);
    assert_int_equal(fake_etcd_watched(&k->etcd, 0), 0);
    bench_free(k);
}

/* With nobody else to turn to, one proof that fails is not enough. */
static void one_endpoint_has_a_second_chance(void **state)
{
    struct bench *k = bench_new(1);
    (void)state;
    k->rig.t.etcd_query_us = 100 * MS;
    bench_start_watching(k, 0);
    k->etcd.gate[0].path[FE_ALIVE].silent = true;
    bench_wait(k, OBS_ETCD_ALIVE, PREFIX, OBS_TIMED_OUT, 1);
    assert_int_equal(bench_count(k, OBS_ETCD_WATCH, PREFIX, OBS_TIMED_OUT), 0);
    bench_wait(k, OBS_ETCD_ALIVE, PREFIX, OBS_TIMED_OUT, 2);
    ended(k, OBS_TIMED_OUT, 1);
    k->etcd.gate[0].path[FE_ALIVE].silent = false;
    bench_wait_watched(k, 0, 1);
    bench_free(k);
}

static void killed_and_back(void **state)
{
    struct bench *k = bench_new(2);
    (void)state;
    bench_start_watching(k, 0);
    fake_etcd_stop_listening(&k->etcd, 0);
    ended(k, OBS_REFUSED, 1);
    bench_wait_watched(k, 1, 1);
    bench_free(k);
}

/* What the endpoint knows and the stream never told is not waited for any longer. */
static void lost_change_of_the_leader(void **state)
{
    const int64_t then[] = {9, 0}; /* another leader, and none */
    (void)state;
    for (size_t i = 0; i < sizeof then / sizeof *then; i++) {
        struct bench *k = bench_new(2);
        bench_start_watching(k, 0);
        k->etcd.revision = 9;
        k->etcd.leader = then[i];
        const struct observation *o = ended(k, OBS_GARBLED, 1);
        assert_non_null(strstr(o->detail, "not told"));
        bench_wait_watched(k, 0, 1); /* the same one: it answers */
        assert_int_equal(k->etcd.gate[0].path[FE_RANGE].n, 2);
        bench_free(k);
    }
}

static void a_change_that_is_told_is_none_lost(void **state)
{
    struct bench *k = bench_new(1);
    (void)state;
    k->rig.t.etcd_behind_us = 300 * MS;
    bench_start_watching(k, 0);
    k->etcd.revision = k->etcd.leader = 9; /* known to it before its stream says so */
    bench_wait(k, OBS_ETCD_ALIVE, PREFIX, OBS_ANSWERED, 2);
    fake_etcd_say(&k->etcd, 0, EVENT("9") "\n");
    k->etcd.leader = 0;
    fake_etcd_say(
        &k->etcd, 0,
        "{\"result\":{\"header\":{\"revision\":\"10\"},\"events\":[{\"type\":\"DELETE\","
        "\"kv\":{\"key\":\"L3NlcnZpY2UvZGVtby9sZWFkZXI=\",\"mod_revision\":\"10\"}}]}}\n");
    bench_wait(k, OBS_ETCD_WATCH, PREFIX, OBS_ANSWERED, 3);
    int64_t since = rig_last(&k->rig, OBS_ETCD_ALIVE, PREFIX)->mono_us;
    while (rig_last(&k->rig, OBS_ETCD_ALIVE, PREFIX)->mono_us - since < 2 * k->rig.t.etcd_behind_us)
        net_loop_turn(k->rig.loop, true);
    assert_int_equal(k->etcd.gate[0].path[FE_RANGE].n, 1);
    bench_free(k);
}

/* Each once at once, then ever slower: never a busy loop. */
static void everyone_refuses(void **state)
{
    struct bench *k = bench_new(3);
    (void)state;
    for (int i = 0; i < 3; i++)
        fake_etcd_stop_listening(&k->etcd, i);
    bench_start(k);
    bench_wait(k, OBS_ETCD_RANGE, PREFIX, OBS_REFUSED, 9);
    int64_t at[64] = {0};
    int n = 0;
    for (int i = 0; i < k->rig.nseen && n < 64; i++)
        if (k->rig.seen[i].kind == OBS_ETCD_RANGE)
            at[n++] = k->rig.seen[i].mono_us;
    for (int i = 5; i < n; i++)
        assert_true(at[i] - at[i - 1] >= 15 * MS); /* etcd_first_us, timers are in ms */
    assert_true(at[8] - at[7] >= 70 * MS);         /* etcd_max_us */
    assert_int_equal(bench_count(k, OBS_ETCD_WATCH, PREFIX, -1), 0);
    bench_free(k);
}

/* A stream that is cut as soon as it is there is no success: the pauses grow all the same. */
static void a_stream_that_does_not_last(void **state)
{
    struct bench *k = bench_new(1);
    (void)state;
    k->rig.t.etcd_behind_us = 2000 * MS;
    bench_start(k);
    for (int i = 0; i < 6; i++) {
        bench_wait_watched(k, 0, i);
        bench_wait_asked(k, 0, FE_ALIVE, k->etcd.gate[0].path[FE_ALIVE].n + 2);
        fake_etcd_end_watch(&k->etcd, 0, true);
        bench_wait(k, OBS_ETCD_WATCH, PREFIX, OBS_REFUSED, i + 1);
    }
    const struct fe_path *range = &k->etcd.gate[0].path[FE_RANGE];
    assert_true(range->at[5] - range->at[4] >= 70 * MS);
    bench_free(k);
}

/* A silent range holds nobody up for longer than its time. */
static void silent_range(void **state)
{
    struct bench *k = bench_new(2);
    (void)state;
    k->rig.t.etcd_range_us = 100 * MS;
    k->etcd.gate[0].path[FE_RANGE].silent = true;
    bench_start(k);
    bench_wait(k, OBS_ETCD_RANGE, PREFIX, OBS_TIMED_OUT, 1);
    bench_wait_watched(k, 1, 0);
    bench_free(k);
}

/* Whatever it is at. */
static void freed_at_any_time(void **state)
{
    (void)state;
    for (int turns = 0; turns < 40; turns++) {
        struct bench *k = bench_new(2);
        const int64_t lease = 11;
        k->rig.config.etcd.username = "ops";
        k->etcd.password = ESCAPED;
        k->etcd.gate[0].path[FE_STATUS].silent = turns % 2;
        bench_start(k);
        source_etcd_set_leases(k->s, &lease, 1);
        for (int i = 0; i < turns; i++)
            net_loop_turn(k->rig.loop, false);
        source_etcd_refresh(k->s);
        bench_free(k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(watches_from_the_next_revision_on),
        cmocka_unit_test(lines_however_they_are_cut),
        cmocka_unit_test(the_last_line_may_have_no_end),
        cmocka_unit_test(breaks_off_in_the_middle_of_a_line),
        cmocka_unit_test(ends_by_its_own_word),
        cmocka_unit_test(refused_before_it_begins),
        cmocka_unit_test(no_range_to_begin_from),
        cmocka_unit_test(another_cluster_from_then_on),
        cmocka_unit_test(never_begins),
        cmocka_unit_test(frozen_endpoint),
        cmocka_unit_test(one_endpoint_has_a_second_chance),
        cmocka_unit_test(killed_and_back),
        cmocka_unit_test(lost_change_of_the_leader),
        cmocka_unit_test(a_change_that_is_told_is_none_lost),
        cmocka_unit_test(everyone_refuses),
        cmocka_unit_test(a_stream_that_does_not_last),
        cmocka_unit_test(silent_range),
        cmocka_unit_test(freed_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
