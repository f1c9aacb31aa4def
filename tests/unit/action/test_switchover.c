/* Switchover: the sequences of reference "patroni.md" §4.3 and the answers of §2.2. */
#include "fixture.h"
#include "test_action.h"

static const struct request to_pg2 = {.kind = ACT_SWITCHOVER, .candidate = "pg2"};
static const struct request to_any = {.kind = ACT_SWITCHOVER};

static void start(struct world *w, const struct request *r)
{
    world_init(w);
    assert_int_equal(world_start(w, world_picture(w), r), ST_OK);
    assert_int_equal(w->nsent, 1);
    assert_state(w, OP_RUNNING, "");
    world_pass(w, 1);
}

/* ---- pictures, one second later each ------------------------------------------------------------
 */

static void see_nothing_yet(struct world *w)
{
    world_see(w, world_picture(w));
    world_pass(w, 1);
}

static void see_stopping(struct world *w)
{
    struct sb *b = world_picture(w);

    sb_row(b, "pg1")->timeline = 0; /* the first sign there is */
    world_see(w, b);
    world_pass(w, 1);
}

static void see_no_leader(struct world *w)
{
    struct sb *b = world_picture(w);

    see_down(b, "pg1", PGS_STOPPED, "stopped");
    sb_row(b, "pg1")->role = ROLE_REPLICA;
    sb_no_leader(b, 100000);
    world_see(w, b);
    world_pass(w, 1);
}

/* The lock is another's, which still says replica on the old timeline. */
static struct sb *picture_of_lock(struct world *w, const char *winner)
{
    struct sb *b = world_picture(w);

    sb_lead(b, winner, false);
    sb_health(b, winner)->role = ROLE_REPLICA;
    see_down(b, "pg1", PGS_STOPPED, "stopped");
    sb_health(b, "pg1")->role = ROLE_DEMOTED;
    sb_streams(b, winner, (const char *const[]){NULL});
    return b;
}

static void see_promoted(struct world *w, const char *winner)
{
    struct sb *b = world_picture(w);

    sb_lead(b, winner, true);
    see_down(b, "pg1", PGS_STOPPED, "stopped");
    sb_health(b, "pg1")->role = ROLE_DEMOTED;
    sb_streams(b, winner, (const char *const[]){"pg3", NULL});
    world_see(w, b);
    world_pass(w, 1);
}

static void see_whole(struct world *w, const char *winner)
{
    struct sb *b = world_picture(w);

    sb_lead(b, winner, true);
    see_restarted(b, "pg1");
    world_see(w, b);
}

/* ---- the good end
 * ---------------------------------------------------------------------------------- */

static void test_clean(void **state)
{
    struct world w;
    char *audit;

    (void)state;
    start(&w, &to_pg2);
    assert_string_equal(w.url[0], "http://10.0.0.1:8008/switchover");
    assert_string_equal(w.body[0], "{\"leader\":\"pg1\",\"candidate\":\"pg2\"}");
    assert_string_equal(w.method, "POST");
    assert_phase(&w, "requested", PHASE_ACTIVE);

    see_nothing_yet(&w);
    assert_phase(&w, "requested", PHASE_ACTIVE);
    see_stopping(&w);
    assert_phase(&w, "requested", PHASE_DONE);
    assert_phase(&w, "old leader stopping", PHASE_DONE);
    assert_phase(&w, "lock released", PHASE_ACTIVE);
    see_no_leader(&w);
    assert_phase(&w, "lock released", PHASE_DONE);
    world_see(&w, picture_of_lock(&w, "pg2"));
    world_pass(&w, 1);
    assert_phase(&w, "new leader", PHASE_DONE);
    assert_phase(&w, "promoted", PHASE_ACTIVE);
    world_answer(&w, 200, "Successfully switched over to \"pg2\"");
    assert_state(&w, OP_RUNNING, "");
    see_promoted(&w, "pg2");
    assert_phase(&w, "promoted", PHASE_DONE);
    assert_string_equal(world_phase(&w, "promoted")->note, "pg2 on timeline 4");
    assert_state(&w, OP_RUNNING, "");
    assert_string_equal(w.op->waiting_for, "pg1 to stream again");
    see_whole(&w, "pg2");
    assert_state(&w, OP_DONE, "pg2 leads on timeline 4; pg1 streams again");
    assert_phase(&w, "old leader back", PHASE_DONE);
    assert_int_equal(w.nsent, 1);
    assert_true(w.nchanged > 5);

    audit = world_audit(&w);
    assert_int_equal(count_lines(audit, "\"what\":\"intent\""), 1);
    assert_int_equal(count_lines(audit, "\"what\":\"outcome\""), 1);
    assert_int_equal(count_lines(audit, "\"outcome\":\"done\""), 1);
    free(audit);
    world_release(&w);
}

/* Phases shorter than a refresh are said to be unseen, not made up. */
static void test_fast(void **state)
{
    struct world w;

    (void)state;
    start(&w, &to_any);
    assert_string_equal(w.body[0], "{\"leader\":\"pg1\"}");
    see_whole(&w, "pg3");
    assert_state(&w, OP_DONE, "pg3 leads on timeline 4");
    assert_phase(&w, "requested", PHASE_DONE);
    assert_phase(&w, "old leader stopping", PHASE_SKIPPED);
    assert_phase(&w, "lock released", PHASE_SKIPPED);
    assert_phase(&w, "new leader", PHASE_DONE);
    assert_int_equal(w.ncancelled, 1); /* the answer is no longer of interest */
    world_release(&w);
}

static void test_elsewhere(void **state)
{
    struct world w;

    (void)state;
    start(&w, &to_pg2);
    world_answer(&w, 200, "Switched over to \"pg3\" instead of \"pg2\"");
    see_promoted(&w, "pg3");
    see_whole(&w, "pg3");
    assert_state(&w, OP_DONE_ELSEWHERE, "pg3 leads on timeline 4, not pg2; pg1 streams again");
    world_release(&w);
}

/* From 3.0.4 on a replica says itself that it streams; before it does not count. */
static void test_streaming_by_own_word(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    start(&w, &to_pg2);
    b = world_picture(&w);
    sb_lead(b, "pg2", true);
    sb_health(b, "pg1")->replication_state = "in archive recovery";
    world_see(&w, b);
    assert_state(&w, OP_RUNNING, "");
    world_pass(&w, 1);
    b = world_picture(&w);
    sb_lead(b, "pg2", true);
    sb_streams(b, "pg2", (const char *const[]){NULL});
    sb_health(b, "pg1")->replication_state = "streaming";
    world_see(&w, b);
    assert_state(&w, OP_DONE, "pg1 streams again");
    world_release(&w);
}

/* Behind a compose file: the members' APIs are out of reach, /cluster tells. */
static void test_only_cluster_view(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    world_init(&w);
    w.unreachable = "pg1";
    assert_int_equal(world_start(&w, world_picture(&w), &to_pg2), ST_OK);
    assert_string_equal(w.url[0], "http://10.0.0.2:8008/switchover"); /* any member takes it */
    world_pass(&w, 1);
    b = world_picture(&w);
    sb_lead(b, "pg2", true);
    for (int i = 0; i < 3; i++) {
        b->members[i].api_base = NULL;
        b->members[i].health = NULL;
        b->members[i].api.outcome = OBS_REFUSED;
    }
    sb_row(b, "pg1")->timeline = 3;
    world_see(&w, b);
    assert_phase(&w, "promoted", PHASE_DONE);
    assert_state(&w, OP_RUNNING, "");
    world_pass(&w, 1);
    b = world_picture(&w);
    sb_lead(b, "pg2", true);
    for (int i = 0; i < 3; i++) {
        b->members[i].api_base = NULL;
        b->members[i].health = NULL;
        b->members[i].api.outcome = OBS_REFUSED;
    }
    world_see(&w, b);
    assert_state(&w, OP_DONE, "pg2 leads on timeline 4");
    world_release(&w);
}

static void test_standby_cluster(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    world_init(&w);
    b = world_picture(&w);
    sb_row(b, "pg1")->role = sb_health(b, "pg1")->role = ROLE_STANDBY_LEADER;
    assert_int_equal(world_start(&w, b, &to_pg2), ST_OK);
    world_pass(&w, 1);
    b = world_picture(&w);
    sb_lead(b, "pg2", false); /* the timeline is the primary cluster's and stays */
    sb_row(b, "pg2")->role = sb_health(b, "pg2")->role = ROLE_STANDBY_LEADER;
    world_see(&w, b);
    assert_state(&w, OP_DONE, "pg2 leads on timeline 3");
    world_release(&w);
}

/* ---- refusals
 * --------------------------------------------------------------------------------------- */

static void test_refused(void **state)
{
    static const struct {
        int status;
        const char *body, *outcome;
    } t[] = {
        {412, "candidate name does not match with sync_standby", "candidate name does not match"},
        {412, "switchover is not possible: no good candidates have been found", "no good cand"},
        {400, "Switchover is possible only to a specific candidate in a paused state", "paused"},
        {503, "Switchover failed", "Switchover failed; the reason is in the log of Patroni"},
        {401, "not authenticated", "check user and password"},
        {403, "Access is denied", "allowlist"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct world w;
        char *audit;

        start(&w, &to_pg2);
        see_nothing_yet(&w);
        world_answer(&w, t[i].status, t[i].body);
        assert_state(&w, OP_REFUSED, t[i].outcome);
        assert_phase(&w, "requested", PHASE_FAILED);
        assert_phase(&w, "promoted", PHASE_SKIPPED);
        audit = world_audit(&w);
        assert_int_equal(count_lines(audit, "\"outcome\":\"refused\""), 1);
        free(audit);
        world_release(&w);
    }
}

/* Somebody else's switchover is not ours: a precondition that failed started nothing. */
static void test_refused_while_others_move(void **state)
{
    struct world w;

    (void)state;
    start(&w, &to_pg2);
    see_stopping(&w);
    world_answer(&w, 412, "leader name does not match");
    assert_state(&w, OP_REFUSED, "is not of this request");
    world_release(&w);
}

/* "Failed", but it had begun: what is seen has the last word, either way. */
static void test_failed_after_it_began(void **state)
{
    struct world w;

    (void)state;
    start(&w, &to_pg2);
    see_stopping(&w);
    world_answer(&w, 503, "Switchover failed");
    assert_state(&w, OP_RUNNING, "");
    see_nothing_yet(&w); /* pg1 leads, up, on its timeline */
    assert_state(&w, OP_FAILED, "pg1 had begun to stop, and leads on; Patroni says: HTTP 503");
    world_release(&w);

    start(&w, &to_pg2);
    see_stopping(&w);
    world_answer(&w, 503, "Switchover failed");
    see_whole(&w, "pg2");
    assert_state(&w, OP_DONE, "pg2 leads on timeline 4");
    world_release(&w);
}

static void test_not_sent(void **state)
{
    struct world w;

    (void)state;
    start(&w, &to_pg2);
    world_lost(&w, NET_REFUSED, false, "connection refused by 10.0.0.1:8008");
    assert_state(&w, OP_REFUSED, "not sent, nothing was changed: connection refused");
    assert_int_equal(w.nsent, 1);
    world_release(&w);
}

/* ---- it cannot be told yet
 * --------------------------------------------------------------------------- */

static void test_status_unknown_then_done(void **state)
{
    struct world w;

    (void)state;
    start(&w, &to_pg2);
    see_stopping(&w);
    world_answer(&w, 503, "Switchover status unknown");
    assert_state(&w, OP_RUNNING, "");
    for (int i = 0; i < 200; i++) /* a very long shutdown checkpoint */
        see_stopping(&w);
    assert_state(&w, OP_RUNNING, "");
    see_promoted(&w, "pg2");
    see_whole(&w, "pg2");
    assert_state(&w, OP_DONE, "pg2 leads on timeline 4");
    assert_int_equal(w.nsent, 1);
    world_release(&w);
}

static void test_status_unknown_for_ever(void **state)
{
    static const struct {
        int status; /* 0: lost after it was sent */
        enum net_outcome outcome;
        const char *text;
    } t[] = {
        {503, NET_ANSWERED, "Switchover status unknown"},
        {502, NET_ANSWERED, "<html>bad gateway</html>"},
        {0, NET_TIMED_OUT, "no answer within 37 s"},
        {0, NET_GARBLED, "empty reply"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct world w;

        start(&w, &to_pg2);
        if (t[i].status)
            world_answer(&w, t[i].status, t[i].text);
        else
            world_lost(&w, t[i].outcome, true, t[i].text);
        assert_state(&w, OP_RUNNING, "");
        assert_non_null(strstr(w.op->waiting_for, "not sent again"));
        for (int k = 0; k < 100; k++)
            see_nothing_yet(&w);
        assert_state(&w, OP_RUNNING, "");
        for (int k = 0; k < 100; k++)
            see_nothing_yet(&w);
        assert_state(&w, OP_UNKNOWN, "do not send it again before");
        assert_null(strstr(w.op->outcome, "<html>"));
        /* One that is frozen carries it out when it thaws. */
        bool may_come = strstr(w.op->outcome, "was never answered, and may still be") != NULL;
        assert_int_equal(may_come, t[i].status == 0);
        assert_int_equal(w.nsent, 1);
        world_release(&w);
    }
}

/* The DCS was gone, nobody knows whether the request was stored, and Patroni failed over. */
static void test_lost_then_elsewhere(void **state)
{
    struct world w;

    (void)state;
    start(&w, &to_pg2);
    world_lost(&w, NET_GARBLED, true, "empty reply");
    see_promoted(&w, "pg3");
    see_whole(&w, "pg3");
    assert_state(&w, OP_DONE_ELSEWHERE, "(Patroni's answer: empty reply)");
    world_release(&w);
}

static void test_lost_then_done(void **state)
{
    struct world w;

    (void)state;
    start(&w, &to_pg2);
    world_lost(&w, NET_TIMED_OUT, true, "no answer within 37 s");
    see_promoted(&w, "pg2");
    see_whole(&w, "pg2");
    assert_state(&w, OP_DONE, "pg2 leads on timeline 4");
    world_release(&w);
}

/* ---- it does not end well
 * --------------------------------------------------------------------------------- */

static void test_old_leader_stays_away(void **state)
{
    struct world w;

    (void)state;
    start(&w, &to_pg2);
    world_answer(&w, 200, "Successfully switched over to \"pg2\"");
    for (int i = 0; i < 118; i++)
        see_promoted(&w, "pg2");
    assert_state(&w, OP_RUNNING, "");
    for (int i = 0; i < 5; i++)
        see_promoted(&w, "pg2");
    assert_state(&w, OP_FAILED, "pg2 leads on timeline 4, but pg1 has not been seen streaming");
    assert_phase(&w, "promoted", PHASE_DONE);
    assert_phase(&w, "old leader back", PHASE_FAILED);
    world_release(&w);
}

static void test_never_promoted(void **state)
{
    struct world w;

    (void)state;
    start(&w, &to_pg2);
    for (int i = 0; i < 200; i++) {
        world_see(&w, picture_of_lock(&w, "pg2"));
        world_pass(&w, 1);
    }
    assert_state(&w, OP_UNKNOWN, "pg2 holds the leader lock, but has not been seen as primary");
    world_release(&w);
}

/* "Primary" on the old timeline is not promoted yet: the lock alone is no success. */
static void test_primary_on_the_old_timeline(void **state)
{
    struct world w;

    (void)state;
    start(&w, &to_pg2);
    for (int i = 0; i < 5; i++) {
        struct sb *b = world_picture(&w);

        sb_lead(b, "pg2", false);
        world_see(&w, b);
        world_pass(&w, 1);
    }
    assert_state(&w, OP_RUNNING, "");
    assert_phase(&w, "promoted", PHASE_ACTIVE);
    world_release(&w);
}

static void test_old_leader_wins_again(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    start(&w, &to_pg2);
    see_no_leader(&w);
    b = world_picture(&w);
    sb_lead(b, "pg1", true);
    world_see(&w, b);
    assert_state(&w, OP_FAILED, "pg1 leads again, promoted anew on timeline 4");
    world_release(&w);
}

/* The picture does not change for lack of answers: that proves nothing. */
static void test_blind(void **state)
{
    struct world w;

    (void)state;
    start(&w, &to_pg2);
    for (int i = 0; i < 20; i++) {
        struct sb *b = world_picture(&w);

        sb_lead(b, "pg2", true);
        sb_fail(b, &b->s->view, OBS_TIMED_OUT, SB_SEC(1 + i));
        world_see(&w, b);
        world_pass(&w, 1);
    }
    assert_state(&w, OP_RUNNING, "");
    assert_phase(&w, "new leader", PHASE_WAITING);
    world_release(&w);
}

int run_switchover_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_fast),
        cmocka_unit_test(test_elsewhere),
        cmocka_unit_test(test_streaming_by_own_word),
        cmocka_unit_test(test_only_cluster_view),
        cmocka_unit_test(test_standby_cluster),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_refused_while_others_move),
        cmocka_unit_test(test_failed_after_it_began),
        cmocka_unit_test(test_not_sent),
        cmocka_unit_test(test_status_unknown_then_done),
        cmocka_unit_test(test_status_unknown_for_ever),
        cmocka_unit_test(test_lost_then_done),
        cmocka_unit_test(test_lost_then_elsewhere),
        cmocka_unit_test(test_old_leader_stays_away),
        cmocka_unit_test(test_never_promoted),
        cmocka_unit_test(test_primary_on_the_old_timeline),
        cmocka_unit_test(test_old_leader_wins_again),
        cmocka_unit_test(test_blind),
    };

    return cmocka_run_group_tests_name("action: switchover", tests, NULL, NULL);
}
