/* Who may do what: said by the plan, enforced where requests leave, and every refusal written
 * down. */
#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test_action.h"

static const struct request to_pg2 = {.kind = ACT_SWITCHOVER, .candidate = "pg2"};
static const struct request reload_all = {.kind = ACT_RELOAD, .role = MEMBERS_ALL};

static void write_policy(const struct world *w, const char *text)
{
    assert_int_equal(chmod(w->dir, 0755), 0);
    assert_int_equal(path_write_atomic(w->policy, text, strlen(text), 0644, NULL), ST_OK);
}

static const struct check_result *check_of(const struct plan *p, const char *name)
{
    for (int i = 0; i < p->nchecks; i++)
        if (strcmp(p->checks[i].check, name) == 0)
            return &p->checks[i];
    return NULL;
}

/* The card says who refuses, and a start that goes on all the same is refused where it would
 * send. */
static void test_refused(void **state)
{
    struct world w;
    struct plan *p;
    char *text;

    (void)state;
    world_init(&w);
    write_policy(&w, "rules: [{users: '*', environments: '*', actions: reload}]\n");
    assert_int_equal(world_plan(&w, world_picture(&w), &to_pg2, &p), ST_OK);
    assert_int_equal(p->worst, CHECK_BLOCK);
    assert_string_equal(p->checks[0].check, "policy");
    assert_non_null(strstr(p->checks[0].reason, "no rule there lets"));
    assert_int_equal(audit_refusal(w.env.audit, p, "blocked by a check", &w.err), ST_OK);
    plan_free(p);
    assert_int_equal(world_start(&w, world_picture(&w), &to_pg2), ST_DENIED);
    assert_non_null(strstr(err_text(&w.err), "policy.yml refuses it"));
    assert_int_equal(w.nsent, 0);
    text = world_audit(&w);
    assert_int_equal(count_lines(text, "\"what\":\"refusal\""), 2);
    assert_int_equal(count_lines(text, "\"check\":\"policy\",\"verdict\":\"block\",\"reason\":\""),
                     2);
    assert_int_equal(count_lines(text, "\"why\":\"/tmp/"), 1);
    assert_int_equal(count_lines(text, "\"action\":\"switchover\""), 2);
    assert_int_equal(count_lines(text, "\"what\":\"intent\""), 0);
    free(text);
    world_release(&w);
}

static void test_allowed(void **state)
{
    struct world w;
    struct plan *p;

    (void)state;
    world_init(&w);
    write_policy(&w, "rules: [{users: '*', environments: other, actions: reload}]\n");
    assert_int_equal(world_plan(&w, world_picture(&w), &reload_all, &p), ST_OK);
    assert_null(check_of(p, "policy"));
    plan_free(p);
    assert_int_equal(world_start(&w, world_picture(&w), &reload_all), ST_OK);
    assert_int_equal(w.nsent, 1);
    world_release(&w);
}

/* It is asked again before each request: what was taken away meanwhile is not sent any more. */
static void test_taken_away_on_the_way(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    assert_int_equal(world_start(&w, world_picture(&w), &reload_all), ST_OK);
    assert_int_equal(w.nsent, 1);
    write_policy(&w, "rules: []\n");
    world_answer(&w, 202, "reload scheduled");
    world_see(&w, world_picture(&w));
    assert_int_equal(w.nsent, 1);
    assert_state(&w, OP_FAILED, "nothing more was sent: ");
    world_release(&w);
}

/* Restarts with a switchover in between are both. */
static void test_rolling_with_a_switchover(void **state)
{
    struct request r = {.kind = ACT_ROLLING, .role = MEMBERS_ALL};
    struct world w;
    struct plan *p;

    (void)state;
    world_init(&w);
    write_policy(&w, "rules: [{users: '*', environments: '*', actions: restart}]\n");
    assert_int_equal(world_plan(&w, world_picture(&w), &r, &p), ST_OK);
    assert_null(check_of(p, "policy"));
    plan_free(p);
    r.hand_over = true;
    assert_int_equal(world_plan(&w, world_picture(&w), &r, &p), ST_OK);
    assert_non_null(check_of(p, "policy"));
    assert_non_null(strstr(check_of(p, "policy")->reason, "switchover"));
    plan_free(p);
    world_release(&w);
}

/* An audit log that cannot be written does not make a refusal into a yes; nor does a policy that
 * nobody set up. */
static void test_refuses_without_a_log(void **state)
{
    struct audit *audit;
    struct world w;
    struct policy *policy;

    (void)state;
    world_init(&w);
    write_policy(&w, "rules: []\n");
    audit = w.env.audit;
    w.env.audit = NULL;
    assert_int_equal(world_start(&w, world_picture(&w), &to_pg2), ST_DENIED);
    w.env.audit = audit;
    assert_int_equal(unlink(w.policy), 0);
    policy = w.env.policy;
    w.env.policy = NULL;
    assert_int_equal(world_start(&w, world_picture(&w), &to_pg2), ST_DENIED);
    assert_non_null(strstr(err_text(&w.err), "there is no policy to ask"));
    w.env.policy = policy;
    assert_int_equal(w.nsent, 0);
    world_release(&w);
}

int run_policy_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_allowed),
        cmocka_unit_test(test_taken_away_on_the_way),
        cmocka_unit_test(test_rolling_with_a_switchover),
        cmocka_unit_test(test_refuses_without_a_log),
    };

    return cmocka_run_group_tests_name("action/policy", tests, NULL, NULL);
}
