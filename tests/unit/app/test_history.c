/* What is kept in the state directory from one run to the next. */
#include "recorded.h"

#include <sys/stat.h>
#include <unistd.h>

#include "pgdba/wire/recording.h"

static char *kept(const struct recorded *r, const char *name)
{
    return xasprintf("%s/pgdba/%s", r->dir, name);
}

static void put(const struct recorded *r, const char *name, const struct buf *text)
{
    char *path = kept(r, name);
    assert_int_equal(path_mkdirs_for(path, NULL), ST_OK);
    assert_int_equal(path_write_atomic(path, text->s, text->len, 0600, NULL), ST_OK);
    free(path);
}

static struct event event(int64_t at_us, const char *subject)
{
    return (struct event){.mono_us = at_us,
                          .wall_us = WALL + at_us,
                          .not_before_us = at_us,
                          .kind = EV_API_SILENT,
                          .source = SYS_PATRONI,
                          .grade = HEALTH_DEGRADED,
                          .subject = subject,
                          .old = "",
                          .now = "",
                          .text = "it does not answer",
                          .evidence = ""};
}

static void put_event(struct buf *out, int64_t at_us, const char *subject)
{
    struct event e = event(at_us, subject);
    wire_event_line(&e, out);
}

static void leader(struct recorded *r, const char *name)
{
    char *body = recorded_cluster(name, 3);
    struct observation o = recorded_says(r, OBS_PATRONI_CLUSTER, "", body);
    app_on_observation(r->app, &o);
    recorded_turns(r);
    clock_advance(&r->clock, USEC_PER_SEC);
    free(body);
}

static const struct event *newest(const struct recorded *r, int i)
{
    const struct event_log *log = app_events(r->app);
    if (i >= event_log_count(log))
        fail_msg("only %d events", event_log_count(log));
    return event_log_get(log, i);
}

static int count(const struct recorded *r)
{
    return event_log_count(app_events(r->app));
}

static void events_outlive_the_program(void **state)
{
    struct recorded *r = *state;
    char *path = kept(r, "events/lab.jsonl");
    struct stat st;
    recorded_start(r, true);
    recorded_open(r);
    leader(r, "pg1");
    leader(r, NULL);
    leader(r, "pg2");
    int n = count(r);
    assert_true(n >= 2);
    struct buf was;
    buf_init(&was);
    for (int i = 0; i < n; i++)
        buf_addf(&was, "%s %s\n", event_kind_name(newest(r, i)->kind), newest(r, i)->text);
    recorded_start(r, true);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    recorded_open(r);
    assert_int_equal(r->events, 0); /* no news */
    struct buf is;
    buf_init(&is);
    for (int i = 0; i < n; i++)
        buf_addf(&is, "%s %s\n", event_kind_name(newest(r, i)->kind), newest(r, i)->text);
    assert_string_equal(is.s, was.s);
    assert_int_equal(newest(r, 0)->mono_us, newest(r, 0)->wall_us);
    buf_release(&is);
    buf_release(&was);
    free(path);
}

static void one_who_only_reads_writes_nothing(void **state)
{
    struct recorded *r = *state;
    char *path = kept(r, "events/lab.jsonl");
    recorded_open(r);
    leader(r, "pg1");
    leader(r, NULL);
    assert_true(count(r) > 0);
    recorded_start(r, false);
    assert_int_equal(access(path, F_OK), -1);
    free(path);
    struct buf b;
    buf_init(&b);
    put_event(&b, 0, "pg1");
    put(r, "events/lab.jsonl", &b);
    buf_release(&b);
    recorded_open(r);
    assert_int_equal(count(r), 1);
}

static void what_two_consoles_wrote_and_what_is_torn(void **state)
{
    struct recorded *r = *state;
    struct buf b;
    buf_init(&b);
    put_event(&b, 0, "pg1");
    put_event(&b, 2000, "pg1"); /* the other console's */
    put_event(&b, 2000, "pg2");
    buf_puts(&b, "{\"type\":\"event\",\"kind\":\"api-si\n");
    buf_puts(&b, "\n\xff\xfe\n{\"type\":\"event\",\"kind\":\"of-a-newer-program\"}\n");
    put_event(&b, USEC_PER_SEC, "pg1"); /* once more, indeed */
    put_event(&b, 2 * USEC_PER_SEC, "pg3");
    buf_truncate(&b, b.len - 1); /* half a line */
    put(r, "events/lab.jsonl", &b);
    buf_release(&b);
    recorded_open(r);
    assert_int_equal(count(r), 3);
    assert_string_equal(newest(r, 2)->subject, "pg1");
    assert_string_equal(newest(r, 1)->subject, "pg2");
    assert_string_equal(newest(r, 0)->subject, "pg1");
    assert_int_equal(newest(r, 0)->wall_us, WALL + USEC_PER_SEC);
}

static void events_that_nobody_looks_at_are_not_read(void **state)
{
    struct recorded *r = *state;
    struct buf b;
    buf_init(&b);
    put_event(&b, 0, "pg1");
    put(r, "events/lab.jsonl", &b);
    buf_release(&b);
    r->app->opt.skip_events = true;
    recorded_open(r);
    assert_int_equal(count(r), 0);
    recorded_start(r, false);
    recorded_open(r);
    assert_int_equal(count(r), 1);
}

/* Only the end of a long file is read, and of the one before it when it is short. */
static void only_the_end_is_read(void **state)
{
    struct recorded *r = *state;
    struct buf b;
    buf_init(&b);
    for (int i = 0; i < 20000; i++)
        put_event(&b, i * USEC_PER_SEC, "pg1");
    put(r, "events/lab.jsonl", &b);
    recorded_open(r);
    int n = count(r);
    assert_true(n > 1000 && n < 4000);
    assert_int_equal(newest(r, 0)->wall_us, WALL + 19999 * USEC_PER_SEC);
    assert_int_equal(newest(r, n - 1)->wall_us, WALL + (20000 - n) * USEC_PER_SEC);
    put(r, "events/lab.jsonl.1", &b);
    buf_clear(&b);
    put_event(&b, 20000 * USEC_PER_SEC, "pg2");
    put(r, "events/lab.jsonl", &b);
    recorded_open(r);
    assert_string_equal(newest(r, 0)->subject, "pg2");
    assert_int_equal(newest(r, 1)->wall_us, WALL + 19999 * USEC_PER_SEC);
    assert_true(count(r) > 1000);
    buf_release(&b);
}

static bool was_told(const struct app *a, void *arg)
{
    (void)a;
    return ((const struct recorded *)arg)->errors > 0;
}

static void a_directory_that_is_in_the_way(void **state)
{
    struct recorded *r = *state;
    struct buf b;
    buf_init(&b);
    put(r, "events", &b); /* a file */
    buf_release(&b);
    recorded_start(r, true);
    recorded_open(r);
    assert_int_equal(r->errors, 0); /* not from within the call */
    recorded_wait(r, was_told, r, "it is told");
    assert_int_equal(r->errors, 1);
    assert_non_null(strstr(r->said.s, "what happens is not kept"));
    leader(r, "pg1"); /* and goes on */
    leader(r, "pg2");
    assert_true(count(r) > 0);
    recorded_turns(r);
    assert_int_equal(r->errors, 1);
}

static struct failover *a_failover(int64_t start_us, const char *to)
{
    struct failover *f = failover_new();
    f->kind = FO_CRASH;
    f->cluster = "lab";
    f->from = "pg1";
    f->to = to;
    f->start_mono_us = start_us;
    f->start_wall_us = WALL + start_us;
    f->end_mono_us = start_us + USEC_PER_SEC;
    f->end_wall_us = f->start_wall_us + USEC_PER_SEC;
    f->summary = "crash failover";
    return f;
}

static void put_failover(struct buf *out, int64_t start_us, const char *to)
{
    struct failover *f = a_failover(start_us, to);
    wire_failover_line(f, out);
    failover_free(f);
}

static void failovers_are_kept(void **state)
{
    struct recorded *r = *state;
    struct failover_list list;
    struct failover *f = a_failover(900 * USEC_PER_SEC, "pg3");
    struct buf b;
    buf_init(&b);
    for (int64_t i = 0; i < 30; i++) {
        put_failover(&b, i * 10 * USEC_PER_SEC, i & 1 ? "pg2" : "pg3");
        put_failover(&b, i * 10 * USEC_PER_SEC + 400000, i & 1 ? "pg2" : "pg3"); /* another's */
    }
    put(r, "failovers/lab.jsonl", &b);
    buf_release(&b);
    recorded_start(r, true);
    recorded_open(r);
    app_failovers(r->app, &list);
    assert_int_equal(list.n, FAILOVERS_KEPT);
    assert_int_equal(list.v[0]->start_wall_us, WALL + 290 * USEC_PER_SEC);
    assert_int_equal(list.v[19]->start_wall_us, WALL + 100 * USEC_PER_SEC);
    f->open = true;
    app_history_failover(r->app, f); /* it goes on: not yet */
    f->open = false;
    app_history_failover(r->app, f);
    failover_free(f);
    recorded_start(r, false);
    recorded_open(r);
    app_failovers(r->app, &list);
    assert_int_equal(list.n, FAILOVERS_KEPT);
    assert_int_equal(list.v[0]->start_wall_us, WALL + 900 * USEC_PER_SEC);
    assert_string_equal(list.v[0]->to, "pg3");
    assert_int_equal(list.v[1]->start_wall_us, WALL + 290 * USEC_PER_SEC);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, recorded_setup, recorded_teardown)
    const struct CMUnitTest tests[] = {
        T(events_outlive_the_program),
        T(one_who_only_reads_writes_nothing),
        T(what_two_consoles_wrote_and_what_is_torn),
        T(events_that_nobody_looks_at_are_not_read),
        T(only_the_end_is_read),
        T(a_directory_that_is_in_the_way),
        T(failovers_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
