/* Recordings of real faults, replayed: each must fold into the same phases, to the millisecond. The
 * tables are tests/golden/recordings/NAME.txt; UPDATE_GOLDEN=1 writes them anew. */
#include "recorded.h"

#include "pgdba/analysis/failover.h"

static const char *source(const char *name)
{
    static char path[4096];
    const char *dir = getenv("srcdir");
    snprintf(path, sizeof path, "%s/%s", dir ? dir : ".", name);
    return path;
}

static bool arrived(const struct app *a, void *arg)
{
    struct replay_state r;
    (void)arg;
    app_replay(a, &r);
    return !r.seeking && r.at_us >= r.length_us;
}

static void tables(const struct app *a, struct buf *out)
{
    struct failover_list list;
    app_failovers(a, &list);
    for (int i = list.n - 1; i >= 0; i--)
        failover_table(list.v[i], true, out);
    if (list.open)
        failover_table(list.open, true, out);
}

static void compare(const char *golden, const struct buf *seen)
{
    struct buf want;
    struct err e = ERR_INIT;
    if (getenv("UPDATE_GOLDEN")) {
        if (path_write_atomic(golden, seen->s, seen->len, 0644, &e) != ST_OK)
            fail_msg("%s", err_text(&e));
        return;
    }
    buf_init(&want);
    if (path_read(golden, 1 << 20, &want, &e) != ST_OK)
        fail_msg("%s", err_text(&e));
    if (strcmp(want.s, seen->s) != 0)
        fail_msg("%s was:\n%s\nand is now:\n%s", golden, want.s, seen->s);
    buf_release(&want);
}

static void folds_as_ever(struct recorded *r, const char *recording, const char *golden)
{
    struct err e = ERR_INIT;
    struct buf seen;
    recorded_start(r, false);
    if (app_open_recording(r->app, source(recording), &e) != ST_OK)
        fail_msg("%s", err_text(&e));
    app_replay_seek(r->app, INT64_MAX);
    recorded_wait(r, arrived, NULL, "the end of the recording");
    struct replay_state state;
    app_replay(r->app, &state);
    assert_string_equal(state.broken, "");
    buf_init(&seen);
    tables(r->app, &seen);
    compare(source(golden), &seen);
    buf_release(&seen);
}

static void a_killed_leader(void **state)
{
    folds_as_ever(*state, "recordings/failover.jsonl", "tests/golden/recordings/failover.txt");
}

static void a_switchover(void **state)
{
    folds_as_ever(*state, "recordings/switchover.jsonl", "tests/golden/recordings/switchover.txt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_killed_leader, recorded_setup, recorded_teardown),
        cmocka_unit_test_setup_teardown(a_switchover, recorded_setup, recorded_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
