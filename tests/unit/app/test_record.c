/* Recording: whole from its first moment on, and honest when it fails. */
#include "recorded.h"

#include <sys/stat.h>
#include <unistd.h>

#include "pgdba/wire/etcd.h"
#include "pgdba/wire/recording.h"

static void hear(struct recorded *r, enum obs_kind kind, const char *target, const char *body)
{
    struct observation o = recorded_says(r, kind, target, body);
    app_on_observation(r->app, &o);
    clock_advance(&r->clock, 1000);
}

static void start(struct recorded *r)
{
    struct err e = ERR_INIT;
    if (app_record_start(r->app, r->path, &e) != ST_OK)
        fail_msg("%s", err_text(&e));
}

struct lines {
    struct buf text;
    struct facts *header, *line[64];
    int n;
};

static void read_lines(const struct recorded *r, struct lines *l)
{
    struct err e = ERR_INIT;
    memset(l, 0, sizeof *l);
    buf_init(&l->text);
    recorded_read(r->path, &l->text);
    const char *s = l->text.s, *lf;
    for (; (lf = strchr(s, '\n')) != NULL; s = lf + 1) {
        size_t n = (size_t)(lf - s);
        enum status st = l->header ? wire_recording_read_line(s, n, &l->line[l->n++], &e)
                                   : wire_recording_read_header(s, n, &l->header, &e);
        if (st != ST_OK)
            fail_msg("%s: %.*s", err_text(&e), (int)n, s);
    }
    assert_int_equal(*s, 0); /* whole lines */
}

static void free_lines(struct lines *l)
{
    for (int i = 0; i < l->n; i++)
        facts_unref(l->line[i]);
    facts_unref(l->header);
    buf_release(&l->text);
}

static const struct observation *line(const struct lines *l, int i)
{
    assert_true(i < l->n);
    return l->line[i]->root;
}

#define KEY(name64, rev, value64) \
    "{\"key\":\"" name64 "\",\"mod_revision\":\"" rev "\",\"value\":\"" value64 "\"}"
/* leader: pg1, and its lease's change to pg2 */
static const char range[] = "{\"header\":{\"revision\":\"9\"},\"kvs\":[" KEY(
    "L3NlcnZpY2UvZGVtby9sZWFkZXI=", "7", "cGcx") "]}";
static const char change[] =
    "{\"result\":{\"header\":{\"revision\":\"10\"},\"events\":[{\"kv\":" KEY(
        "L3NlcnZpY2UvZGVtby9sZWFkZXI=", "10", "cGcy") "}]}}";

static void it_begins_with_what_was_said_last(void **state)
{
    struct recorded *r = *state;
    struct lines l;
    struct facts *keys = NULL;
    char *cluster = recorded_cluster("pg1", 3), *health = recorded_health("pg1", true, 3);
    recorded_open(r);
    hear(r, OBS_PATRONI_CLUSTER, "", "{\"members\":[]}");
    hear(r, OBS_PATRONI_CLUSTER, "", cluster);
    hear(r, OBS_PATRONI_HEALTH, "pg1", health);
    hear(r, OBS_PATRONI_HEALTH, "pg2", NULL);
    hear(r, OBS_ETCD_RANGE, "/service/demo/", range);
    hear(r, OBS_ETCD_WATCH, "/service/demo/", change);
    hear(r, OBS_PATRONI_HEALTH, "pg1", NULL); /* what it said before is shown on, with its age */
    hear(r, OBS_PATRONI_CONFIG, "", "{\"ttl\":30,\"password\":\"sesame\"}");
    recorded_turns(r);
    start(r);
    hear(r, OBS_PATRONI_HEALTH, "pg2", health);
    app_record_stop(r->app);
    hear(r, OBS_PATRONI_HEALTH, "pg3", health); /* too late */
    read_lines(r, &l);
    const struct recording_header *h = l.header->root;
    assert_string_equal(h->cluster, "lab");
    assert_string_equal(h->scope, "demo");
    assert_int_equal(h->start_wall_us, WALL + 8000);
    assert_int_equal(h->nbouncers, 1);
    assert_string_equal(h->bouncers[0], "pgb1");
    assert_int_equal(l.n, 7);
    assert_int_equal(line(&l, 0)->kind, OBS_PATRONI_CLUSTER);
    assert_string_equal(line(&l, 0)->body, cluster);
    assert_int_equal(line(&l, 0)->mono_us, -7000);
    assert_string_equal(line(&l, 1)->target, "pg1");
    assert_string_equal(line(&l, 1)->body, health);
    assert_string_equal(line(&l, 2)->target, "pg2");
    assert_int_equal(line(&l, 2)->outcome, OBS_TIMED_OUT);
    assert_int_equal(line(&l, 3)->kind, OBS_ETCD_RANGE);
    assert_int_equal(wire_etcd_range(line(&l, 3)->body, line(&l, 3)->body_len, &keys, NULL), ST_OK);
    const struct etcd_range *now = keys->root;
    assert_int_equal(now->header.revision, 10); /* with the change in it */
    assert_int_equal(now->n, 1);
    assert_string_equal(now->kv[0].value, "pg2");
    facts_unref(keys);
    assert_string_equal(line(&l, 4)->target, "pg1");
    assert_int_equal(line(&l, 4)->outcome, OBS_TIMED_OUT);
    assert_int_equal(line(&l, 5)->kind, OBS_PATRONI_CONFIG);
    assert_int_equal(line(&l, 6)->mono_us, 0);
    assert_string_equal(line(&l, 6)->target, "pg2");
    assert_null(strstr(l.text.s, "sesame"));
    free_lines(&l);
    free(cluster);
    free(health);
}

/* A watch that has ended is part of the picture; one that has begun anew is not over. */
static void a_watch_that_has_ended(void **state)
{
    struct recorded *r = *state;
    struct lines l;
    recorded_open(r);
    hear(r, OBS_ETCD_RANGE, "/service/demo/", range);
    hear(r, OBS_ETCD_WATCH, "/service/demo/", NULL);
    start(r);
    app_record_stop(r->app);
    read_lines(r, &l);
    assert_int_equal(l.n, 2);
    assert_int_equal(line(&l, 0)->kind, OBS_ETCD_RANGE);
    assert_int_equal(line(&l, 1)->kind, OBS_ETCD_WATCH);
    assert_int_equal(line(&l, 1)->outcome, OBS_TIMED_OUT);
    free_lines(&l);
    hear(r, OBS_ETCD_RANGE, "/service/demo/", range);
    assert_int_equal(unlink(r->path), 0);
    start(r);
    app_record_stop(r->app);
    read_lines(r, &l);
    assert_int_equal(l.n, 1);
    free_lines(&l);
}

static bool all_written(const struct app *a, void *arg)
{
    struct recording_state st;
    struct stat info;
    const struct recorded *r = arg;
    app_recording(a, &st);
    return st.bytes > 0 && stat(r->path, &info) == 0 && (uint64_t)info.st_size == st.bytes;
}

static void what_is_heard_is_on_disk_at_once(void **state)
{
    struct recorded *r = *state;
    struct recording_state st;
    struct stat info;
    recorded_open(r);
    app_recording(r->app, &st);
    assert_false(st.on);
    start(r);
    hear(r, OBS_PATRONI_HEALTH, "pg1", "{}");
    recorded_wait(r, all_written, r, "all that was heard is on disk");
    app_recording(r->app, &st);
    assert_true(st.on);
    assert_int_equal(st.lines, 2);
    assert_string_equal(st.path, r->path);
    assert_int_equal(st.started_us, MONO);
    assert_int_equal(stat(r->path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    app_record_stop(r->app);
    app_recording(r->app, &st);
    assert_false(st.on);
}

static void refused(struct recorded *r, const char *path, enum status st, const char *text)
{
    struct err e = ERR_INIT;
    assert_int_equal(app_record_start(r->app, path, &e), st);
    if (!strstr(err_text(&e), text))
        fail_msg("said \"%s\", not \"%s\"", err_text(&e), text);
    err_release(&e);
}

static void what_is_refused(void **state)
{
    struct recorded *r = *state;
    refused(r, r->path, ST_USAGE, "no cluster");
    recorded_open(r);
    refused(r, "/dev/full", ST_CONFLICT, "/dev/full");
    refused(r, "/proc/nothing/here", ST_NOT_FOUND, "/proc/nothing");
    start(r);
    refused(r, "/tmp/other", ST_CONFLICT, r->path);
    app_record_stop(r->app);
    refused(r, r->path, ST_CONFLICT, "already there");
}

static bool was_told(const struct app *a, void *arg)
{
    (void)a;
    return ((const struct recorded *)arg)->errors > 0;
}

static void a_failure_is_told_and_ends_it(void **state)
{
    struct recorded *r = *state;
    struct recording_state st;
    recorded_open(r);
    start(r);
    recorded_wait(r, all_written, r, "the header is on disk");
    assert_int_equal(unlink(r->path), 0);
    hear(r, OBS_PATRONI_HEALTH, "pg1", "{}");
    recorded_wait(r, was_told, r, "the failure is told");
    assert_int_equal(r->errors, 1);
    assert_non_null(strstr(r->said.s, "the recording has stopped"));
    assert_non_null(strstr(r->said.s, r->path));
    app_recording(r->app, &st);
    assert_false(st.on);
    hear(r, OBS_PATRONI_HEALTH, "pg1", "{}"); /* into nothing */
}

static void it_ends_with_its_cluster(void **state)
{
    struct recorded *r = *state;
    struct recording_state st;
    struct lines l;
    recorded_open(r);
    start(r);
    hear(r, OBS_PATRONI_HEALTH, "pg1", "{}");
    recorded_open(r);
    app_recording(r->app, &st);
    assert_false(st.on);
    read_lines(r, &l);
    assert_int_equal(l.n, 1);
    free_lines(&l);
    /* And the next has none of its words. */
    assert_int_equal(unlink(r->path), 0);
    start(r);
    app_record_stop(r->app);
    read_lines(r, &l);
    assert_int_equal(l.n, 0);
    free_lines(&l);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, recorded_setup, recorded_teardown)
    const struct CMUnitTest tests[] = {
        T(it_begins_with_what_was_said_last), T(a_watch_that_has_ended),
        T(what_is_heard_is_on_disk_at_once),  T(what_is_refused),
        T(a_failure_is_told_and_ends_it),     T(it_ends_with_its_cluster),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
