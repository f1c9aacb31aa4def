/* A cluster's keys out of etcd: by one transaction, and looked at again. */
#include "fixture.h"
#include "test_action.h"

static const struct request removal = {.kind = ACT_REMOVE};

static struct sb *deserted(struct world *w)
{
    struct sb *b = world_picture(w);

    sb_etcd(b);
    b->dcs->leader = NULL;
    b->dcs->nmembers = 0;
    sb_no_leader(b, SB_SEC(60));
    sb_fail(b, &b->s->cluster_state, OBS_REFUSED, SB_SEC(60));
    for (int i = 0; i < b->s->nmembers; i++)
        sb_fail(b, &b->members[i].api, OBS_REFUSED, SB_SEC(60));
    static const struct acting_list nobody = {0};
    b->s->acting = &nobody;
    return b;
}

static void start(struct world *w)
{
    world_init(w);
    assert_int_equal(world_start(w, deserted(w), &removal), ST_OK);
    assert_int_equal(w->nsent, 1);
    assert_string_equal(w->url[0], "/kv/txn");
}

static void test_three_words(void **state)
{
    struct world w;
    struct plan *p = NULL;

    (void)state;
    world_init(&w);
    assert_int_equal(world_plan(&w, deserted(&w), &removal, &p), ST_OK);
    assert_int_equal(p->worst, CHECK_PASS);
    assert_int_equal(plan_nwords(p), 3);
    assert_string_equal(plan_word(p, 1).word, "Yes I am aware");
    assert_string_equal(plan_word(p, 2).word, p->request.prefix);
    plan_free(p);
    assert_int_equal(world_plan(&w, world_picture(&w), &removal, &p), ST_USAGE);
    world_release(&w);
}

static void test_done(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    world_etcd(&w, "{\"succeeded\":true}", true, "");
    assert_string_equal(w.url[1], "/kv/range");
    world_etcd(&w, "{\"header\":{\"revision\":\"9\"}}", true, "");
    assert_state(&w, OP_DONE, "nothing is left under /service/lab/");
    world_release(&w);
}

static void test_somebody_came_back(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    world_etcd(&w, "{\"header\":{}}", true, "");
    assert_state(&w, OP_REFUSED, "etcd has deleted nothing");
    assert_int_equal(w.nsent, 1);
    world_release(&w);
    start(&w);
    world_etcd(&w, "{\"succeeded\":true}", true, "");
    world_etcd(&w,
               "{\"header\":{\"revision\":\"9\"},\"kvs\":[{\"key\":\"YQ==\",\"mod_revision\":\"5\","
               "\"create_"
               "revision\":\"5\"}]}",
               true, "");
    assert_state(&w, OP_FAILED, "there are keys again under /service/lab/ (1)");
    world_release(&w);
}

static void test_no_answer(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    world_etcd(&w, NULL, false, "timed out"); /* it is looked at: reading does no harm */
    assert_string_equal(w.url[1], "/kv/range");
    world_etcd(&w, NULL, false, "timed out");
    assert_state(&w, OP_UNKNOWN, "could not be looked at again: timed out");
    world_release(&w);
    start(&w);
    world_etcd(&w, "", true, "permission denied");
    assert_state(&w, OP_REFUSED, "etcd refused, nothing was changed: permission denied");
    world_release(&w);
}

int run_remove_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_words),
        cmocka_unit_test(test_done),
        cmocka_unit_test(test_somebody_came_back),
        cmocka_unit_test(test_no_answer),
    };

    return cmocka_run_group_tests_name("action: remove", tests, NULL, NULL);
}
