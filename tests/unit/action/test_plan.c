/* Plans: what is shown, what is asked for, and the second look at Enter. */
#include "fixture.h"
#include "test_action.h"

static const char *const pg3[] = {"pg3"};
static const char *const twice[] = {"pg3", "pg3"};
static const char *const odd[] = {"pg33"};
static const struct request to_pg2 = {.kind = ACT_SWITCHOVER, .candidate = "pg2"};

static bool has_line(const struct plan *p, const char *part)
{
    for (int i = 0; i < p->nlines; i++)
        if (strstr(p->lines[i], part))
            return true;
    return false;
}

static const struct check_result *check_of(const struct plan *p, const char *name)
{
    for (int i = 0; i < p->nchecks; i++)
        if (strcmp(p->checks[i].check, name) == 0)
            return &p->checks[i];
    return NULL;
}

static void test_switchover(void **state)
{
    struct world w;
    struct plan *p;

    (void)state;
    world_init(&w);
    assert_int_equal(world_plan(&w, world_picture(&w), &to_pg2, &p), ST_OK);
    assert_string_equal(p->title, "Switchover lab: pg1 -> pg2");
    assert_string_equal(p->leader, "pg1");
    assert_int_equal(p->timeline, 3);
    assert_int_equal(p->nsteps, 1);
    assert_string_equal(p->steps[0].method, "POST");
    assert_false(p->steps[0].authenticated);
    assert_int_equal(p->steps[0].timeout_us, (2 * 10 + 2 + 10 + 5) * USEC_PER_SEC);
    assert_int_equal(p->confirm, CONFIRM_WORD);
    assert_string_equal(p->confirm_word, "pg2");
    assert_string_equal(p->equivalent,
                        "pgdba switchover --cluster lab --leader pg1 --candidate pg2");
    assert_true(has_line(p, "To undo: switchover --leader pg2 --candidate pg1"));
    assert_true(has_line(p, "Writes fail"));
    for (int i = 1; i < p->nchecks; i++)
        assert_true(p->checks[i - 1].verdict >= p->checks[i].verdict);
    plan_free(p);

    assert_int_equal(
        world_plan(&w, world_picture(&w), &(struct request){.kind = ACT_SWITCHOVER}, &p), ST_OK);
    assert_string_equal(p->confirm_word, "pg1");
    plan_free(p);

    w.config->path = ""; /* from the command line: it has no name that others know */
    w.config->patroni.nurls = 1;
    w.config->patroni.urls = (const char *const[]){"http://10.0.0.1:8008"};
    assert_int_equal(world_plan(&w, world_picture(&w), &to_pg2, &p), ST_OK);
    assert_string_equal(p->equivalent, "pgdba switchover --patroni-url http://10.0.0.1:8008 "
                                       "--leader pg1 --candidate pg2");
    plan_free(p);
    world_release(&w);
}

static void test_confirmations(void **state)
{
    static const struct request requests[] = {
        {.kind = ACT_SWITCHOVER, .candidate = "pg2"},
        {.kind = ACT_RESTART, .nmembers = 1, .members = pg3},
        {.kind = ACT_REINIT, .nmembers = 1, .members = pg3},
    };
    struct world w;
    struct plan *p;

    (void)state;
    world_init(&w);
    assert_int_equal(world_plan(&w, world_picture(&w), &requests[1], &p), ST_OK);
    assert_int_equal(p->confirm, CONFIRM_YES);
    plan_free(p);
    assert_int_equal(world_plan(&w, world_picture(&w), &requests[2], &p), ST_OK);
    assert_string_equal(p->confirm_word, "pg3");
    assert_true(has_line(p, "DELETED"));
    plan_free(p);
    for (int i = 0; i < 3; i++) {
        struct sb *b = world_picture(&w);

        b->s->environment = ENV_PRODUCTION;
        assert_int_equal(world_plan(&w, b, &requests[i], &p), ST_OK);
        assert_int_equal(p->confirm, CONFIRM_WORD);
        assert_string_equal(p->confirm_word, "lab");
        assert_string_equal(p->confirm_what, "the cluster's name");
        plan_free(p);
    }
    world_release(&w);
}

static void test_nonsense(void **state)
{
    static const struct {
        struct request r;
        enum status st;
        const char *text;
    } t[] = {
        {{.kind = ACT_SWITCHOVER, .candidate = "pg1"}, ST_REFUSED, "pg1 leads already"},
        {{.kind = ACT_SWITCHOVER, .candidate = "pg22"}, ST_NOT_FOUND, "did you mean \"pg2\"?"},
        {{.kind = ACT_SWITCHOVER, .leader = "pg2"}, ST_CONFLICT, "pg2 does not lead: pg1 does"},
        {{.kind = ACT_RESTART, .nmembers = 0}, ST_USAGE, "needs members' names, or --role"},
        {{.kind = ACT_RESTART, .nmembers = 2, .members = twice}, ST_USAGE, "named twice"},
        {{.kind = ACT_RESTART, .nmembers = 1, .members = odd},
         ST_NOT_FOUND,
         "did you mean \"pg3\"?"},
        {{.kind = ACT_REINIT, .nmembers = 1, .members = odd}, ST_NOT_FOUND, "no member \"pg33\""},
        {{.kind = ACT_REINIT, .nmembers = 2, .members = twice}, ST_USAGE, "exactly one"},
    };
    struct world w;
    struct plan *p;
    struct sb *b;

    (void)state;
    world_init(&w);
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        assert_int_equal(world_plan(&w, world_picture(&w), &t[i].r, &p), t[i].st);
        assert_null(p);
        if (!strstr(err_text(&w.err), t[i].text))
            fail_msg("%s", err_text(&w.err));
    }
    b = world_picture(&w);
    sb_no_leader(b, SB_SEC(3));
    assert_int_equal(world_plan(&w, b, &to_pg2, &p), ST_REFUSED);
    world_release(&w);
}

static void test_blocks_of_the_way(void **state)
{
    static const struct request r = {.kind = ACT_RESTART, .nmembers = 1, .members = pg3};
    struct world w;
    struct plan *p;

    (void)state;
    world_init(&w);
    w.unreachable = "pg3";
    assert_int_equal(world_plan(&w, world_picture(&w), &r, &p), ST_OK);
    assert_int_equal(p->worst, CHECK_BLOCK);
    assert_string_equal(check_of(p, "route")->reason,
                        "pg3's API is not reachable from here: name not known here");
    plan_free(p);
    w.unreachable = NULL;
    w.env.read_only = true;
    assert_int_equal(world_plan(&w, world_picture(&w), &r, &p), ST_OK);
    assert_int_equal(check_of(p, "read-only")->verdict, CHECK_BLOCK);
    plan_free(p);
    w.env.read_only = false;
    w.config->patroni.username = "admin";
    w.env.password = "geheim";
    assert_int_equal(world_plan(&w, world_picture(&w), &r, &p), ST_OK);
    assert_int_equal(check_of(p, "plain-http")->verdict, CHECK_WARN);
    assert_true(p->steps[0].authenticated);
    for (int i = 0; i < p->nlines; i++)
        assert_null(strstr(p->lines[i], "geheim"));
    plan_free(p);
    world_release(&w);
}

static void test_recheck(void **state)
{
    struct world w;
    struct plan *p;
    struct sb *b;

    (void)state;
    world_init(&w);
    b = world_picture(&w);
    b->config->text = "{\"ttl\":30}";
    assert_int_equal(world_plan(&w, b, &to_pg2, &p), ST_OK);
    world_pass(&w, 1);
    b = world_picture(&w);
    sb_finish(b);
    assert_int_equal(action_recheck(p, b->s, false, b->now_us, &w.err), ST_OK);
    sb_free(b);

    b = world_picture(&w);
    sb_lead(b, "pg3", true);
    assert_int_equal(action_recheck(p, b->s, false, b->now_us, &w.err), ST_CONFLICT);
    assert_string_equal(err_text(&w.err),
                        "the plan was made with pg1 as leader, and now pg3 leads");
    sb_free(b);

    b = world_picture(&w);
    sb_no_leader(b, SB_SEC(1));
    sb_finish(b);
    assert_int_equal(action_recheck(p, b->s, false, b->now_us, &w.err), ST_CONFLICT);
    assert_non_null(strstr(err_text(&w.err), "now there is none"));
    sb_free(b);

    b = world_picture(&w);
    sb_lead(b, "pg1", true); /* the same leader on another timeline */
    assert_int_equal(action_recheck(p, b->s, false, b->now_us, &w.err), ST_CONFLICT);
    assert_string_equal(err_text(&w.err), "the plan was made on timeline 3, and now it is 4");
    sb_free(b);

    b = world_picture(&w);
    see_down(b, "pg1", PGS_STOPPING, "stopping");
    sb_finish(b);
    assert_int_equal(action_recheck(p, b->s, false, b->now_us, &w.err), ST_CONFLICT);
    assert_non_null(strstr(err_text(&w.err), "something has begun there"));
    sb_free(b);

    b = world_picture(&w);
    b->s->paused = true;
    sb_finish(b);
    assert_int_equal(action_recheck(p, b->s, false, b->now_us, &w.err), ST_CONFLICT);
    assert_string_equal(err_text(&w.err), "the pause was off, and is on now");
    sb_free(b);

    b = world_picture(&w);
    sb_vanish(b, "pg3", SB_SEC(1));
    sb_finish(b);
    assert_int_equal(action_recheck(p, b->s, false, b->now_us, &w.err), ST_CONFLICT);
    assert_string_equal(err_text(&w.err),
                        "the list of members was pg1, pg2, pg3, and is pg1, pg2 now");
    sb_free(b);

    b = world_picture(&w);
    b->config->text = "{\"ttl\":40}";
    sb_finish(b);
    assert_int_equal(action_recheck(p, b->s, false, b->now_us, &w.err), ST_CONFLICT);
    assert_string_equal(err_text(&w.err), "the configuration was changed meanwhile");
    sb_free(b);

    b = world_picture(&w);
    sb_health(b, "pg2")->pending_restart = true;
    sb_finish(b);
    assert_int_equal(action_recheck(p, b->s, false, b->now_us, &w.err), ST_CONFLICT);
    assert_non_null(strstr(err_text(&w.err), "this was not so when the plan was made: pg2 has a "
                                             "restart pending"));
    sb_free(b);

    b = world_picture(&w);
    sb_tag(b, "pg2", "nofailover", "true");
    sb_row(b, "pg2")->tags.nofailover = true;
    sb_finish(b);
    assert_int_equal(action_recheck(p, b->s, false, b->now_us, &w.err), ST_REFUSED);
    sb_free(b);

    b = world_picture(&w);
    sb_finish(b);
    assert_int_equal(action_recheck(p, b->s, true, b->now_us, &w.err), ST_REFUSED);
    sb_free(b);
    plan_free(p);
    world_release(&w);
}

/* PgBouncer as it stood after Enter: when its last answer came, and what became of the last try. */
static enum status recheck_bouncer(struct world *w, const struct plan *p, int64_t answered_us,
                                   enum obs_outcome outcome)
{
    struct sb *b = world_picture(w);
    enum status st;

    b->bouncers[0].pools_state.answered_us = answered_us;
    b->bouncers[0].pools_state.latency_us = SB_SEC(1);
    b->bouncers[0].pools_state.outcome = outcome;
    sb_finish(b);
    err_release(&w->err);
    st = action_recheck(p, b->s, false, b->now_us, &w->err);
    sb_free(b);
    return st;
}

/* One that has frozen since its last answer would carry the request out when it thaws. */
static void test_a_bouncer_frozen_since(void **state)
{
    static const char *const app[] = {"app"};
    static const struct request kills = {.kind = ACT_PGB_KILL, .ndatabases = 1, .databases = app};
    struct world w;
    struct plan *p;
    struct sb *b;

    (void)state;
    world_init(&w);
    assert_int_equal(world_plan(&w, world_picture(&w), &kills, &p), ST_OK);
    assert_int_equal(recheck_bouncer(&w, p, SB_NOW_US, OBS_ANSWERED), ST_OK); /* nobody was asked */
    p->looked_us = SB_NOW_US;
    assert_int_equal(recheck_bouncer(&w, p, SB_NOW_US, OBS_ANSWERED), ST_REFUSED);
    assert_string_equal(err_text(&w.err), "pgbouncer was asked once more and has not answered");
    assert_int_equal(recheck_bouncer(&w, p, SB_NOW_US + SB_SEC(1), OBS_ANSWERED), ST_REFUSED);
    assert_int_equal(recheck_bouncer(&w, p, SB_NOW_US + SB_SEC(1) + 1, OBS_ANSWERED), ST_OK);
    assert_int_equal(recheck_bouncer(&w, p, SB_NOW_US, OBS_TIMED_OUT), ST_CONFLICT);
    plan_free(p);

    b = world_picture(&w); /* it was silent before, and that was confirmed */
    b->bouncers[0].pools_state.outcome = OBS_TIMED_OUT;
    assert_int_equal(world_plan(&w, b, &kills, &p), ST_OK);
    p->looked_us = SB_NOW_US;
    assert_int_equal(recheck_bouncer(&w, p, SB_NOW_US, OBS_TIMED_OUT), ST_OK);
    plan_free(p);
    world_release(&w);
}

/* A little more of what was confirmed is still that; much more is not. */
static void test_a_warning_that_grew(void **state)
{
    static const struct {
        int64_t mb;
        enum status st;
    } t[] = {{4, ST_OK}, {2, ST_OK}, {8, ST_OK}, {64, ST_CONFLICT}};
    struct world w;
    struct plan *p;

    (void)state;
    world_init(&w);
    struct sb *b = world_picture(&w);
    sb_lag(b, "pg2", 0, INT64_C(4) << 20);
    assert_int_equal(world_plan(&w, b, &to_pg2, &p), ST_OK);
    assert_int_equal(check_of(p, "candidate-replay")->verdict, CHECK_WARN);
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        b = world_picture(&w);
        sb_lag(b, "pg2", 0, t[i].mb << 20);
        sb_finish(b);
        assert_int_equal(action_recheck(p, b->s, false, b->now_us, &w.err), t[i].st);
        sb_free(b);
    }
    assert_string_equal(err_text(&w.err),
                        "when the plan was made: pg2: 4.0 MB to replay before it accepts writes; "
                        "and now: pg2: 64.0 MB to replay before it accepts writes");
    plan_free(p);
    world_release(&w);
}

int run_plan_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_switchover),
        cmocka_unit_test(test_confirmations),
        cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_blocks_of_the_way),
        cmocka_unit_test(test_recheck),
        cmocka_unit_test(test_a_warning_that_grew),
        cmocka_unit_test(test_a_bouncer_frozen_since),
    };

    return cmocka_run_group_tests_name("action: plan", tests, NULL, NULL);
}
