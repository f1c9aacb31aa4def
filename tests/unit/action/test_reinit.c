/* Reinit: done when another postmaster streams, reference "patroni.md" §3.5. */
#include "fixture.h"
#include "test_action.h"

static const char *const pg3[] = {"pg3"};
static const struct request reinit_pg3 = {.kind = ACT_REINIT, .nmembers = 1, .members = pg3};

static void start(struct world *w)
{
    world_init(w);
    assert_int_equal(world_start(w, world_picture(w), &reinit_pg3), ST_OK);
    assert_string_equal(w->url[0], "http://10.0.0.3:8008/reinitialize");
    world_pass(w, 1);
}

static void see_state(struct world *w, enum pg_state st, const char *text)
{
    struct sb *b = world_picture(w);

    see_down(b, "pg3", st, text);
    if (st == PGS_CREATING_REPLICA) {
        struct replication_row *row = arena_new(&b->s->arena, struct replication_row);

        row->state = "backup";
        sb_health(b, "pg1")->replication = row;
        sb_health(b, "pg1")->nreplication = 1;
    }
    world_see(w, b);
    world_pass(w, 1);
}

static void test_clean(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    start(&w);
    world_answer(&w, 200, "reinitialize started");
    assert_phase(&w, "requested", PHASE_DONE);
    world_see(&w, world_picture(&w)); /* running and streaming as before: not done */
    assert_state(&w, OP_RUNNING, "");
    world_pass(&w, 1);
    see_state(&w, PGS_STOPPING, "stopping");
    assert_phase(&w, "stopped", PHASE_DONE);
    see_state(&w, PGS_STOPPED, "stopped");
    for (int i = 0; i < 3600; i++) /* a large database */
        see_state(&w, PGS_CREATING_REPLICA, "creating replica");
    assert_phase(&w, "copying", PHASE_DONE);
    assert_string_equal(w.op->waiting_for, "the copy: pg3 is being made, pg1 sends");
    see_state(&w, PGS_STARTING, "starting");
    assert_phase(&w, "started", PHASE_DONE);
    b = world_picture(&w);
    see_restarted(b, "pg3");
    sb_streams(b, "pg1", (const char *const[]){"pg2", NULL});
    world_see(&w, b);
    assert_state(&w, OP_RUNNING, "");
    world_pass(&w, 1);
    b = world_picture(&w);
    see_restarted(b, "pg3");
    world_see(&w, b);
    assert_state(&w, OP_DONE, "pg3 was rebuilt and streams again");
    assert_phase(&w, "streaming", PHASE_DONE);
    assert_int_equal(w.nsent, 1);
    world_release(&w);
}

static void test_refused(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    world_answer(&w, 503, "restart already in progress");
    assert_state(&w, OP_REFUSED, "--force cancels what is in progress");
    world_release(&w);

    start(&w);
    world_answer(&w, 503, "Cluster has no leader, can not reinitialize");
    assert_state(&w, OP_REFUSED, "Cluster has no leader");
    world_release(&w);

    start(&w);
    world_lost(&w, NET_TLS, false, "certificate has expired");
    assert_state(&w, OP_REFUSED, "not sent, nothing was changed: certificate has expired");
    world_release(&w);
}

static void test_never_begins(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    world_answer(&w, 200, "reinitialize started");
    for (int i = 0; i < 130; i++) {
        world_see(&w, world_picture(&w));
        world_pass(&w, 1);
    }
    assert_state(&w, OP_UNKNOWN, "pg3 has not been seen stopping");
    world_release(&w);
}

static void test_gets_stuck(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    world_lost(&w, NET_GARBLED, true, "empty reply");
    assert_state(&w, OP_RUNNING, "");
    see_state(&w, PGS_CREATING_REPLICA, "creating replica");
    for (int i = 0; i < 610; i++)
        see_state(&w, PGS_FAILED, "start failed");
    assert_state(&w, OP_UNKNOWN, "nothing has moved for a while (state: start failed)");
    assert_int_equal(w.nsent, 1);
    world_release(&w);
}

int run_reinit_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_never_begins),
        cmocka_unit_test(test_gets_stuck),
    };

    return cmocka_run_group_tests_name("action: reinit", tests, NULL, NULL);
}
