/* wire/probe: SQL, answers, and samples that survive the way through a recording. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "pgdba/wire/probe.h"

static const char *write_sql(struct buf *b, const char *run, uint64_t seq, uint64_t keep)
{
    buf_clear(b);
    wire_probe_write_sql(b, run, seq, keep);
    return b->s;
}

static void sql(void **state)
{
    struct buf b;

    (void)state;
    buf_init(&b);
    assert_string_equal(write_sql(&b, "r-1", 7, 5000),
                        "INSERT INTO pgdba_probe.heartbeat (run, seq, sent_at) VALUES ('r-1', 7, "
                        "pg_catalog.clock_timestamp()) RETURNING "
                        "pg_catalog.pg_is_in_recovery() AS in_recovery, "
                        "pg_catalog.host(pg_catalog.inet_server_addr()) AS server_addr, "
                        "pg_catalog.inet_server_port() AS server_port");
    /* Old rows go now and then, never those that are still looked for. */
    assert_null(strstr(write_sql(&b, "r", 999, 10), "DELETE"));
    assert_null(strstr(write_sql(&b, "r", 5000, 5000), "DELETE"));
    assert_non_null(strstr(write_sql(&b, "r", 6000, 5000), "DELETE FROM pgdba_probe.heartbeat "
                                                           "WHERE run = 'r' AND seq < 1000)"));
    /* An id can end no quotes. */
    assert_non_null(strstr(write_sql(&b, "a'; DROP TABLE x; --\\", 1, 1), "('aDROPTABLEx--', 1"));
    buf_clear(&b);
    wire_probe_rows_sql(&b, "r'1", 3, 9);
    assert_string_equal(b.s, "SELECT seq FROM pgdba_probe.heartbeat WHERE run = 'r1' AND seq "
                             "BETWEEN 3 AND 9 ORDER BY seq");
    assert_null(strstr(wire_probe_drop_sql(), "CASCADE"));
    assert_non_null(strstr(wire_probe_create_sql(), "pgdba probe drop"));
    buf_release(&b);
}

static struct table *one_row(struct arena *a, const char *recovery, const char *addr,
                             const char *port)
{
    struct table *t = table_new(a, 3, 1);

    t->cols[0] = "server_port";
    t->cols[1] = "in_recovery";
    t->cols[2] = "server_addr";
    t->cells[0] = port;
    t->cells[1] = recovery;
    t->cells[2] = addr;
    return t;
}

static void answers(void **state)
{
    static const struct {
        const char *recovery, *addr, *port, *server; /* server NULL: no answer at all */
        bool in_recovery;
    } cases[] = {
        {"f", "10.0.0.1", "5432", "10.0.0.1:5432", false},
        {"t", "fd00::1", "5432", "[fd00::1]:5432", true},
        {"f", NULL, NULL, "", false},
        {"f", "10.0\x1b[2J", "5432", "10.0\xef\xbf\xbd[2J:5432", false},
        {"", "10.0.0.1", "5432", NULL, false},
        {"true", "10.0.0.1", "5432", NULL, false},
        {NULL, "10.0.0.1", "5432", NULL, false},
    };
    struct arena a;
    struct err e = ERR_INIT;
    char *server;
    bool in_recovery;

    (void)state;
    arena_init(&a);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct table *t = one_row(&a, cases[i].recovery, cases[i].addr, cases[i].port);

        if (cases[i].server == NULL) {
            assert_int_equal(wire_probe_answer(t, &server, &in_recovery, &e), ST_INVALID);
            assert_null(server);
            continue;
        }
        assert_int_equal(wire_probe_answer(t, &server, &in_recovery, &e), ST_OK);
        assert_string_equal(server, cases[i].server);
        assert_int_equal(in_recovery, cases[i].in_recovery);
        free(server);
    }
    assert_int_equal(wire_probe_answer(table_new(&a, 0, 0), &server, &in_recovery, &e), ST_INVALID);
    err_release(&e);
    arena_release(&a);
}

static void rows_answer(void **state)
{
    struct arena a;
    struct err e = ERR_INIT;
    uint64_t *seq;
    int n;

    (void)state;
    arena_init(&a);
    struct table *t = table_new(&a, 1, 3);

    t->cols[0] = "seq";
    t->cells[0] = "4";
    t->cells[1] = "5";
    t->cells[2] = "9";
    assert_int_equal(wire_probe_rows_answer(t, &seq, &n, &e), ST_OK);
    assert_int_equal(n, 3);
    assert_int_equal(seq[2], 9);
    free(seq);
    static const char *const bad[] = {"5", "4", "", "x", "-1", "0", NULL, "99999999999999999999"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        t->cells[2] = bad[i];
        assert_int_equal(wire_probe_rows_answer(t, &seq, &n, &e), ST_INVALID);
        assert_null(seq);
    }
    t->nrows = 0;
    assert_int_equal(wire_probe_rows_answer(t, &seq, &n, &e), ST_OK);
    assert_int_equal(n, 0);
    free(seq);
    t->cols[0] = "other";
    assert_int_equal(wire_probe_rows_answer(t, &seq, &n, &e), ST_INVALID);
    err_release(&e);
    arena_release(&a);
}

static void failures(void **state)
{
    static const struct {
        const char *sqlstate;
        bool answered, timed_out, connected;
        enum probe_failure is;
    } cases[] = {
        {"", true, false, true, PROBE_OK},
        {"", false, true, true, PROBE_TIMED_OUT},
        {"", false, true, false, PROBE_TIMED_OUT},
        {"", false, false, false, PROBE_NO_CONNECTION},
        {"", false, false, true, PROBE_BROKEN},
        {"25006", true, false, true, PROBE_READ_ONLY},
        {"57P03", true, false, false, PROBE_STARTING},
        {"57P01", true, false, true, PROBE_SHUT_DOWN},
        {"57P02", true, false, true, PROBE_SHUT_DOWN},
        {"28P01", true, false, false, PROBE_LOGIN},
        {"3D000", true, false, false, PROBE_LOGIN},
        {"42P01", true, false, true, PROBE_SCHEMA},
        {"3F000", true, false, true, PROBE_SCHEMA},
        {"08P01", true, false, true, PROBE_BROKEN},
        {"08P01", true, false, false, PROBE_NO_CONNECTION},
        {"53300", true, false, false, PROBE_OTHER},
        {"42501", true, false, true, PROBE_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(wire_probe_failure(cases[i].sqlstate, cases[i].answered,
                                            cases[i].timed_out, cases[i].connected),
                         cases[i].is);
}

static void samples_survive(void **state)
{
    static const struct probe_sample samples[] = {
        {.seq = 1,
         .sent_mono_us = 12,
         .sent_wall_us = 1763694720123456,
         .latency_us = 812,
         .failure = PROBE_OK,
         .sqlstate = "",
         .detail = "",
         .server = "10.0.0.1:5432",
         .in_recovery = true,
         .run = "r-1"},
        {.seq = 99999,
         .write = true,
         .sent_mono_us = 5,
         .sent_wall_us = 6,
         .latency_us = 1000000,
         .failure = PROBE_READ_ONLY,
         .sqlstate = "25006",
         .detail = "cannot \"INSERT\"\n here",
         .server = "",
         .run = "r-1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        const struct probe_sample *s = &samples[i], *got;
        struct facts *f = NULL;
        struct err e = ERR_INIT;
        struct buf b;

        buf_init(&b);
        wire_probe_encode(s, &b);
        assert_null(strchr(b.s, '\n'));
        assert_int_equal(wire_probe_decode(b.s, b.len, &f, &e), ST_OK);
        got = f->root;
        assert_int_equal(got->seq, s->seq);
        assert_int_equal(got->write, s->write);
        assert_int_equal(got->sent_mono_us, s->sent_mono_us);
        assert_int_equal(got->sent_wall_us, s->sent_wall_us);
        assert_int_equal(got->latency_us, s->latency_us);
        assert_int_equal(got->failure, s->failure);
        assert_string_equal(got->sqlstate, s->sqlstate);
        assert_string_equal(got->server, s->server);
        assert_int_equal(got->in_recovery, s->in_recovery);
        assert_string_equal(got->run, s->run);
        assert_null(strchr(got->detail, '\n')); /* cleaned */
        facts_unref(f);
        err_release(&e);
        buf_release(&b);
    }
}

static void rows_survive(void **state)
{
    static const uint64_t seq[] = {3, 4, 5, 8, 10, 11};
    static const struct probe_rows rows[] = {
        {.run = "r", .from = 3, .to = 20, .n = 6, .seq = seq},
        {.run = "r", .from = 3, .to = 20},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct facts *f = NULL;
        struct err e = ERR_INIT;
        struct buf b;

        buf_init(&b);
        wire_probe_rows_encode(&rows[i], &b);
        if (i == 0)
            assert_non_null(strstr(b.s, "[[3,5],[8,8],[10,11]]"));
        assert_int_equal(wire_probe_rows_decode(b.s, b.len, &f, &e), ST_OK);
        const struct probe_rows *got = f->root;

        assert_int_equal(got->n, rows[i].n);
        for (int k = 0; k < got->n; k++)
            assert_int_equal(got->seq[k], seq[k]);
        assert_int_equal(got->from, 3);
        assert_int_equal(got->to, 20);
        facts_unref(f);
        err_release(&e);
        buf_release(&b);
    }
}

static void hostile(void **state)
{
    static const char *const samples[] = {
        "",
        "[]",
        "{",
        "{}",
        "{\"run\":\"r\",\"seq\":0,\"failure\":\"ok\"}",
        "{\"run\":\"r\",\"seq\":-1,\"failure\":\"ok\"}",
        "{\"run\":\"\",\"seq\":1,\"failure\":\"ok\"}",
        "{\"run\":\"r\",\"seq\":1,\"failure\":\"fine\"}",
        "{\"run\":\"r\",\"seq\":1}",
    };
    static const char *const rows[] = {
        "",
        "{}",
        "{\"run\":\"r\",\"from\":1,\"to\":9}",
        "{\"run\":\"r\",\"from\":1,\"to\":9,\"seq\":[1,2]}",
        "{\"run\":\"r\",\"from\":1,\"to\":9,\"seq\":[[1,2],[2,3]]}",
        "{\"run\":\"r\",\"from\":1,\"to\":9,\"seq\":[[3,2]]}",
        "{\"run\":\"r\",\"from\":1,\"to\":9,\"seq\":[[5,10]]}",
        "{\"run\":\"r\",\"from\":5,\"to\":9,\"seq\":[[4,6]]}",
        "{\"run\":\"r\",\"from\":1,\"to\":9223372036854775807,\"seq\":[[1,9223372036854775807]]}",
        "{\"run\":\"r\",\"from\":1,\"to\":300000,\"seq\":[[1,60000],[70000,130000]]}",
        "{\"run\":\"r\",\"from\":-9223372036854775808,\"to\":1,\"seq\":[[-9223372036854775808,1]]}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct facts *f = NULL;
        struct err e = ERR_INIT;

        if (wire_probe_decode(samples[i], strlen(samples[i]), &f, &e) != ST_INVALID)
            fail_msg("taken for a sample: %s", samples[i]);
        assert_null(f);
        assert_true(strlen(err_text(&e)) > 0);
        err_release(&e);
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct facts *f = NULL;
        struct err e = ERR_INIT;

        if (wire_probe_rows_decode(rows[i], strlen(rows[i]), &f, &e) != ST_INVALID)
            fail_msg("taken for rows: %s", rows[i]);
        assert_null(f);
        assert_true(strlen(err_text(&e)) > 0);
        err_release(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sql),
        cmocka_unit_test(answers),
        cmocka_unit_test(rows_answer),
        cmocka_unit_test(failures),
        cmocka_unit_test(samples_survive),
        cmocka_unit_test(rows_survive),
        cmocka_unit_test(hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
