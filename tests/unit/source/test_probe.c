/* source/probe against a route that hangs, refuses, only reads, and comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_pgb.h"
#include "pgdba/wire/probe.h"
#include "rig.h"

#define MS USEC_PER_MS

enum { SAMPLES = 512 };

struct bench {
    struct rig rig;
    struct fake_pgb pg;
    struct source_probe *p;
    source_emit_fn *keep; /* the rig's */
    int nsamples, nrows;
    struct facts *facts[SAMPLES];
    const struct probe_sample *sample[SAMPLES];
    struct facts *row_facts;
};

static const char *const answer[] = {"in_recovery", "f",   "server_addr", "10.0.0.1", "server_port",
                                     "5432",        "seq", "3",           NULL};

static void heard(void *arg, const struct observation *o)
{
    struct bench *k = (struct bench *)arg;

    if (o->kind == OBS_PROBE && k->nsamples < SAMPLES) {
        struct facts *f = NULL;

        assert_int_equal(wire_probe_decode(o->body, o->body_len, &f, NULL), ST_OK);
        k->facts[k->nsamples] = f;
        k->sample[k->nsamples++] = f->root;
        assert_string_equal(o->target, "haproxy");
        assert_null(strstr(o->body, "secret"));
        assert_null(strstr(o->endpoint, "secret"));
    } else if (o->kind == OBS_PROBE_ROWS && o->outcome == OBS_ANSWERED) {
        facts_unref(k->row_facts);
        k->row_facts = NULL;
        assert_int_equal(wire_probe_rows_decode(o->body, o->body_len, &k->row_facts, NULL), ST_OK);
        k->nrows++;
    }
    k->keep(&k->rig, o);
}

static struct bench *bench_new(void)
{
    struct bench *k = calloc(1, sizeof(*k));

    assert_non_null(k);
    rig_init(&k->rig, 0);
    k->keep = k->rig.ctx.emit;
    k->rig.ctx.emit = heard;
    k->rig.ctx.arg = k;
    fake_pgb_init(&k->pg, k->rig.loop);
    k->pg.version = "15.4";
    k->pg.row = answer;
    return k;
}

static void bench_start(struct bench *k, bool write, int64_t every_us)
{
    struct probe_route route = {.name = "haproxy", .password = "secret"};

    route.conninfo = arena_printf(
        &k->rig.arena, "host=127.0.0.1 port=%d user=app dbname=app sslmode=disable", k->pg.port);
    k->p = source_probe_new_tuned(&k->rig.ctx, &route, write, every_us, "run-1", &k->rig.t);
    assert_int_equal(source_probe_waiting_since_us(k->p), 0);
    source_probe_start(k->p);
    assert_true(source_probe_waiting_since_us(k->p) > 0);
}

static void bench_free(struct bench *k)
{
    assert_true(k->pg.open_max <= 1); /* never a second connection beside the first */
    assert_int_equal(k->pg.cancels, 0);
    for (int i = 0; i < k->nsamples; i++) {
        assert_int_equal(k->sample[i]->seq, i + 1); /* every attempt is told, once, in order */
        assert_string_equal(k->sample[i]->run, "run-1");
    }
    source_probe_free(k->p);
    fake_pgb_release(&k->pg);
    rig_release(&k->rig);
    for (int i = 0; i < k->nsamples; i++)
        facts_unref(k->facts[i]);
    facts_unref(k->row_facts);
    free(k);
}

struct goal {
    const struct bench *k;
    int n;
};

static bool reached(struct rig *r, const void *arg)
{
    const struct goal *g = arg;

    (void)r;
    return g->k->nsamples >= g->n;
}

static void samples(struct bench *k, int more)
{
    struct goal g = {k, k->nsamples + more};

    rig_until(&k->rig, reached, &g, "samples of the probe");
}

static const struct probe_sample *last(const struct bench *k)
{
    return k->sample[k->nsamples - 1];
}

struct failure_goal {
    const struct bench *k;
    enum probe_failure f;
};

static bool ended_so(struct rig *r, const void *arg)
{
    const struct failure_goal *g = arg;

    (void)r;
    return g->k->nsamples > 0 && last(g->k)->failure == g->f;
}

static void until(struct bench *k, enum probe_failure f)
{
    struct failure_goal g = {k, f};

    rig_until(&k->rig, ended_so, &g, probe_failure_name(f));
}

static void steady(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    bench_start(k, false, 20 * MS);
    samples(k, 10);
    assert_int_equal(k->pg.connections, 1); /* kept while it works */
    for (int i = 0; i < k->nsamples; i++) {
        const struct probe_sample *s = k->sample[i];

        assert_int_equal(s->failure, PROBE_OK);
        assert_false(s->write);
        assert_false(s->in_recovery);
        assert_string_equal(s->server, "10.0.0.1:5432");
        assert_string_equal(k->pg.sql[i], wire_probe_read_sql());
    }
    /* By the schedule: no drift, whatever each takes. Some may be late on a busy machine. */
    int in_time = 0;

    samples(k, 30);
    for (int i = 0; i < k->nsamples; i++) {
        int64_t off = (k->sample[i]->sent_mono_us - k->sample[0]->sent_mono_us) % (20 * MS);

        in_time += off <= 5 * MS || off >= 18 * MS;
    }
    if (in_time < k->nsamples / 2)
        fail_msg("%d of %d attempts went out in time", in_time, k->nsamples);
    bench_free(k);
}

static void writes(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    bench_start(k, true, 10 * MS);
    samples(k, 3);
    assert_true(last(k)->write);
    assert_non_null(strstr(k->pg.sql[0], "INSERT INTO pgdba_probe.heartbeat"));
    assert_non_null(strstr(k->pg.sql[2], "('run-1', 3, "));
    bench_free(k);
}

/* One that hangs is one: late slots are passed over, and the next goes to a new connection. */
static void a_hang_is_one(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    bench_start(k, true, 10 * MS);
    samples(k, 3);
    k->pg.mode = PGB_SILENT;
    int asked = k->pg.n;

    until(k, PROBE_TIMED_OUT);
    assert_true(last(k)->latency_us >= k->rig.t.probe_limit_us - 5 * MS);
    assert_true(k->pg.n - asked <= 2); /* one that was just going out, and the one that hangs */
    assert_int_equal(k->pg.connections, 1);
    samples(k, 2);
    assert_int_equal(last(k)->failure, PROBE_TIMED_OUT);
    assert_int_equal(k->pg.connections, 3); /* a hanging connection is not asked again */
    k->pg.mode = PGB_ANSWER;
    until(k, PROBE_OK);
    samples(k, 3);
    assert_int_equal(last(k)->failure, PROBE_OK);
    bench_free(k);
}

/* Who hangs for long is asked ever more rarely: each may leave a session behind over there. */
static void pauses_grow(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    k->rig.t.probe_limit_us = 20 * MS;
    k->pg.mode = PGB_MUTE;
    bench_start(k, false, 10 * MS);
    rig_for(&k->rig, 1500 * MS);
    int n = k->nsamples;

    /* 8 ln(1 + T / (8 * limit)) of them, and not T / limit. */
    if (n < 8 || n > 30)
        fail_msg("%d attempts in 1.5 s that hang 20 ms each", n);
    for (int i = 4; i < n; i++) {
        int64_t out = k->sample[i]->sent_mono_us - k->sample[0]->sent_mono_us;
        int64_t gap = k->sample[i]->sent_mono_us - k->sample[i - 1]->sent_mono_us;

        if (gap > 20 * MS + out / 8 + 40 * MS)
            fail_msg("a gap of %lld us, %lld us into the outage", (long long)gap, (long long)out);
    }
    bench_free(k);
}

static void refused_and_back(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    bench_start(k, true, 10 * MS);
    samples(k, 3);
    fake_pgb_down(&k->pg);
    until(k, PROBE_NO_CONNECTION);
    int n = k->nsamples;
    int64_t at = clock_mono(&k->rig.clock);

    samples(k, 10); /* nobody there costs nothing: at the usual pace */
    if (clock_mono(&k->rig.clock) - at > 1000 * MS)
        fail_msg("10 refusals took %lld us", (long long)(clock_mono(&k->rig.clock) - at));
    fake_pgb_up(&k->pg);
    until(k, PROBE_OK);
    assert_true(k->nsamples > n + 10);
    assert_int_equal(k->pg.open, 1);
    bench_free(k);
}

static void every_way_to_fail(void **state)
{
    static const struct {
        enum pgb_mode mode;
        const char *sqlstate;
        enum probe_failure is;
    } cases[] = {
        {PGB_SQL_ERROR, "25006", PROBE_READ_ONLY}, {PGB_SQL_ERROR, "42P01", PROBE_SCHEMA},
        {PGB_SQL_ERROR, "40001", PROBE_OTHER},     {PGB_KICK_OUT, "57P01", PROBE_SHUT_DOWN},
        {PGB_TURN_AWAY, "57P03", PROBE_STARTING},  {PGB_TURN_AWAY, "28P01", PROBE_LOGIN},
        {PGB_TURN_AWAY, "53300", PROBE_OTHER},     {PGB_GARBAGE, "", PROBE_NO_CONNECTION},
        {PGB_HANG_UP, "", PROBE_BROKEN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench *k = bench_new();

        bench_start(k, true, 10 * MS);
        samples(k, 2);
        k->pg.sqlstate = cases[i].sqlstate;
        k->pg.mode = cases[i].mode;
        if (cases[i].mode == PGB_TURN_AWAY || cases[i].mode == PGB_GARBAGE)
            fake_pgb_kick(&k->pg); /* a new login is what fails */
        until(k, cases[i].is);
        assert_string_equal(last(k)->sqlstate, cases[i].sqlstate);
        assert_true(strlen(last(k)->detail) > 0);
        /* It would hang on to a server that only reads, if it kept the connection. */
        int before = k->pg.connections;

        k->pg.mode = PGB_ANSWER;
        until(k, PROBE_OK);
        assert_int_equal(k->pg.connections, before + 1);
        bench_free(k);
    }
}

static void not_what_was_asked_for(void **state)
{
    static const char *const other[] = {"something", "else", NULL};
    struct bench *k = bench_new();

    (void)state;
    k->pg.row = other;
    bench_start(k, false, 10 * MS);
    samples(k, 1);
    assert_int_equal(last(k)->failure, PROBE_OTHER);
    assert_non_null(strstr(last(k)->detail, "in_recovery"));
    bench_free(k);
}

static bool rows_came(struct rig *r, const void *arg)
{
    const struct bench *k = arg;

    (void)r;
    return k->nrows > 0;
}

/* Between two attempts, through the same route. */
static void rows_on_request(void **state)
{
    struct bench *k = bench_new();

    (void)state;
    bench_start(k, true, 10 * MS);
    source_probe_ask_rows(k->p, 2, 9); /* an attempt is out: it comes after */
    assert_int_equal(k->pg.n, 0);
    rig_until(&k->rig, rows_came, k, "rows");
    assert_non_null(strstr(k->pg.sql[0], "INSERT"));
    assert_non_null(strstr(k->pg.sql[1], "seq BETWEEN 2 AND 9"));
    const struct probe_rows *rows = k->row_facts->root;

    assert_int_equal(rows->n, 1);
    assert_int_equal(rows->seq[0], 3);
    assert_int_equal(rows->from, 2);
    assert_string_equal(rows->run, "run-1");
    samples(k, 2);
    /* One that hangs has its own limit, is told, and does not count as an attempt. */
    k->pg.mode = PGB_SILENT;
    until(k, PROBE_TIMED_OUT);
    source_probe_ask_rows(k->p, 1, 9);
    assert_int_equal(source_probe_waiting_since_us(k->p), 0);
    rig_wait(&k->rig, OBS_PROBE_ROWS, "haproxy", OBS_TIMED_OUT);
    k->pg.mode = PGB_ANSWER;
    until(k, PROBE_OK);
    k->nrows = 0;
    source_probe_ask_rows(k->p, 1, 9);
    rig_until(&k->rig, rows_came, k, "rows");
    bench_free(k);
}

/* A connection string that was typed has its label for a name. */
static void no_secret_in_a_name(void **state)
{
    struct bench *k = bench_new();
    struct probe_route route = {0};

    (void)state;
    route.conninfo =
        arena_printf(&k->rig.arena, "postgresql://app:hidden@127.0.0.1:%d/app", fake_closed_port());
    route.name = route.conninfo;
    k->rig.ctx.emit = k->keep;
    k->rig.ctx.arg = &k->rig;
    k->p = source_probe_new_tuned(&k->rig.ctx, &route, false, 10 * MS, "r", &k->rig.t);
    source_probe_start(k->p);
    rig_for(&k->rig, 50 * MS);
    assert_true(k->rig.nseen > 0);
    for (int i = 0; i < k->rig.nseen; i++) {
        assert_null(strstr(k->rig.seen[i].target, "hidden"));
        assert_null(strstr(k->rig.seen[i].endpoint, "hidden"));
        assert_null(strstr(k->rig.seen[i].detail, "hidden"));
        assert_non_null(strstr(k->rig.seen[i].target, "127.0.0.1:"));
    }
    bench_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steady),
        cmocka_unit_test(writes),
        cmocka_unit_test(a_hang_is_one),
        cmocka_unit_test(pauses_grow),
        cmocka_unit_test(refused_and_back),
        cmocka_unit_test(every_way_to_fail),
        cmocka_unit_test(not_what_was_asked_for),
        cmocka_unit_test(rows_on_request),
        cmocka_unit_test(no_secret_in_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
