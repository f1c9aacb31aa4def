/* record and probe: what goes on until it is ended, and what is said then. */
#include "shell.h"
#include "test_cli.h"

static const struct snapshot *plain(void)
{
    return sample_snapshot(SAMPLE_HEALTHY, SB_NOW_US);
}

/* ---- record */

static void nothing(struct app *a, int n)
{
    (void)a;
    (void)n;
}

static void disk_is_full(struct app *a, int n)
{
    (void)n;
    a->recording.on = false;
    a->sub.error(a->sub.arg, "cannot write /x/night.jsonl: No space left on device");
}

static void test_record(void **state)
{
    struct shell sh;
    (void)state;
    shell_init(&sh, plain());
    sh.app.turn = nothing;
    sh.app.turns = 2;
    assert_int_equal(shell_run(&sh, "record|night.jsonl"), CLI_HEALTHY);
    assert_string_equal(sh.app.log.s, "record night.jsonl; stop; ");
    assert_has(sh.err, "Ctrl-C ends it");
    assert_has(sh.out, "Recorded 17 lines, 2.0 KB");
    assert_has(sh.out, "Play it with: pgdba replay /x/night.jsonl\n");
    shell_release(&sh);
}

static void test_record_fails(void **state)
{
    struct shell sh;
    (void)state;
    shell_init(&sh, plain());
    sh.app.refusal = "night.jsonl is there already";
    assert_int_equal(shell_run(&sh, "record|night.jsonl"), CLI_REFUSED);
    assert_has(sh.err, "is there already");
    shell_release(&sh);

    shell_init(&sh, plain());
    sh.app.turn = disk_is_full;
    sh.app.turns = 3;
    assert_int_equal(shell_run(&sh, "record|night.jsonl"), CLI_FAILED);
    assert_has(sh.err, "No space left on device");
    assert_string_equal(sh.out, "");
    assert_int_equal(sh.app.done_turns, 1);
    shell_release(&sh);
}

/* ---- probe */

static const struct probe_outage outages[] = {
    {.from_us = SB_NOW_US - SB_SEC(5),
     .to_us = SB_NOW_US - SB_SEC(2),
     .from_wall_us = SB_WALL_US - SB_SEC(5),
     .to_wall_us = SB_WALL_US - SB_SEC(2),
     .failures = 4,
     .first = PROBE_BROKEN},
};

static void give_view(struct app *a, const struct probe_view *v)
{
    struct sb *b = sb_new(SB_NOW_US);
    b->s->probe = arena_memdup(&b->s->arena, v, sizeof *v);
    snapshot_unref(a->snapshot);
    a->snapshot = sb_take(b);
}

static void with_outage(struct app *a, int n)
{
    struct probe_view v = {.running = n == 0,
                           .route = "haproxy",
                           .write = true,
                           .every_us = 100000,
                           .started_us = SB_NOW_US - SB_SEC(20),
                           .started_wall_us = SB_WALL_US - SB_SEC(20),
                           .sent = 160,
                           .ok = 156,
                           .failed = 4,
                           .asked_us = SB_NOW_US,
                           .server = "10.0.0.2:5432",
                           .latency_us = 600,
                           .longest_us = SB_SEC(3),
                           .total_us = SB_SEC(3),
                           .noutages = 1,
                           .outages = outages,
                           .lost = n == 0 ? -1 : 2,
                           .ghosts = 1};
    v.by_failure[PROBE_BROKEN] = 1;
    v.by_failure[PROBE_TIMED_OUT] = 3;
    give_view(a, &v);
}

/* An outage is what was to be seen: no failure of the command. Rows are waited for. */
static void test_probe_text(void **state)
{
    struct shell sh;
    (void)state;
    shell_init(&sh, plain());
    sh.app.turn = with_outage;
    sh.app.turns = 2;
    assert_int_equal(shell_run(&sh, "probe|start|--via|haproxy|--every|50ms"), CLI_HEALTHY);
    assert_string_equal(sh.app.log.s, "probe haproxy every 50 ms; stop; ");
    assert_has(sh.out, "Write probe through haproxy, every 100 ms for 20.0 s\n");
    assert_has(sh.out, "160 attempts: 156 answered, 4 failed (timed out 3, ");
    assert_has(sh.out, "Outages: longest 3.0 s, 3.0 s in all\n");
    assert_has(sh.out, "  2026-11-21 03:12:02.000  3.0 s, 4 failed attempts, the first: ");
    assert_has(sh.out, "Rows acknowledged and lost: 2; not acknowledged and there: 1\n");
    assert_has(sh.out, "Answered last by 10.0.0.2:5432, a primary, in 600 us\n");
    shell_release(&sh);
}

static void test_probe_json(void **state)
{
    struct shell sh;
    (void)state;
    shell_init(&sh, plain());
    sh.app.turn = with_outage;
    sh.app.turns = 2;
    assert_int_equal(shell_run(&sh, "probe|start|--via|haproxy|--format|json"), CLI_HEALTHY);
    assert_int_equal(sh.out[0], '{');
    assert_has(sh.out, "\"longest_outage_ms\": 3000.0");
    assert_has(sh.out, "\"timed-out\": 3");
    assert_has(sh.out, "\"lost_rows\": 2");
    shell_release(&sh);
}

static void rows_unknown(struct app *a, int n)
{
    with_outage(a, 0);
    if (n > 0) { /* ended, and nothing came of looking them up */
        struct probe_view v = *a->snapshot->probe;
        v.running = false;
        give_view(a, &v);
    }
}

/* "0 lost" is only said when it was seen. */
static void test_rows_unknown(void **state)
{
    struct shell sh;
    (void)state;
    shell_init(&sh, plain());
    sh.app.turn = rows_unknown;
    sh.app.turns = 2;
    assert_int_equal(shell_run(&sh, "probe|start|--via|haproxy"), CLI_HEALTHY);
    assert_has(sh.out, "Its rows could not be looked up: whether any is lost is not known.\n");
    shell_release(&sh);
    shell_init(&sh, plain());
    sh.app.turn = rows_unknown;
    sh.app.turns = 2;
    assert_int_equal(shell_run(&sh, "probe|start|--via|haproxy|--format|json"), CLI_HEALTHY);
    assert_has(sh.out, "\"lost_rows\": null");
    shell_release(&sh);
}

static void test_probe_refused(void **state)
{
    struct shell sh;
    (void)state;
    shell_init(&sh, plain());
    sh.app.refusal = "there is no route \"vip\"; there are: haproxy";
    assert_int_equal(shell_run(&sh, "probe|start|--via|vip"), CLI_USAGE);
    assert_has(sh.err, "there are: haproxy");
    assert_string_equal(sh.out, "");
    /* A write probe begins with a plan, and with nothing else. */
    assert_int_equal(shell_run(&sh, "probe|start|--via|vip|--write|--yes"), CLI_REFUSED);
    assert_string_equal(sh.app.log.s, "probe vip every 0 ms; plan probe start; ");
    assert_int_equal(shell_run(&sh, "probe|start|--via|vip|--dry-run"), CLI_USAGE);
    assert_has(sh.err, "--dry-run goes with --write");
    shell_release(&sh);
}

int run_lasting_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record),       cmocka_unit_test(test_record_fails),
        cmocka_unit_test(test_probe_text),   cmocka_unit_test(test_probe_json),
        cmocka_unit_test(test_rows_unknown), cmocka_unit_test(test_probe_refused),
    };
    return cmocka_run_group_tests_name("cli: what goes on", tests, NULL, NULL);
}
