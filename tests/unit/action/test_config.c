/* config set: what would change, what speaks against it, and what is there afterwards. */
#include "fixture.h"
#include "test_action.h"

static const char text[] = "{\"ttl\": 30, \"loop_wait\": 10, \"retry_timeout\": 10, "
                           "\"postgresql\": {\"parameters\": {\"max_connections\": 100}}}";
static const char *const work_mem[] = {"postgresql.parameters.work_mem=8MB"};
static const struct request set_work_mem = {
    .kind = ACT_CONFIG, .nsettings = 1, .settings = work_mem};

static struct sb *picture(struct world *w)
{
    struct sb *b = world_picture(w);

    b->config->text = text;
    return b;
}

static void start(struct world *w)
{
    world_init(w);
    assert_int_equal(world_start(w, picture(w), &set_work_mem), ST_OK);
    assert_string_equal(w->url[0], "http://10.0.0.1:8008/config");
    assert_string_equal(w->body[0], "{\"postgresql\":{\"parameters\":{\"work_mem\":\"8MB\"}}}");
    world_pass(w, 1);
}

static const char after[] =
    "{\"ttl\": 30, \"loop_wait\": 10, \"retry_timeout\": 10, \"postgresql\": "
    "{\"parameters\": {\"max_connections\": 100, \"work_mem\": \"8MB\"}}}";

static void test_set(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    world_answer(&w, 200, after);
    assert_int_equal(w.nsent, 2); /* read again */
    world_answer(&w, 200, text);  /* that member has not heard of it */
    assert_state(&w, OP_RUNNING, "");
    world_pass(&w, 1);
    assert_int_equal(w.nsent, 3);
    world_answer(&w, 200, after);
    assert_state(&w, OP_DONE, "the configuration says so now");
    world_release(&w);
}

/* Whether the PATCH arrived is read, not guessed; it is not sent again. */
static void test_no_answer(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    world_lost(&w, NET_TIMED_OUT, true, "no answer within 30 s");
    assert_int_equal(w.nsent, 2);
    assert_string_equal(w.body[1], "");
    world_answer(&w, 200, after);
    assert_state(&w, OP_DONE, "the configuration says so now");
    world_release(&w);
    start(&w);
    world_lost(&w, NET_TIMED_OUT, true, "no answer within 30 s");
    for (int i = 0; i < 6; i++) {
        world_answer(&w, 200, text);
        world_pass(&w, i < 4 ? 1 : 60);
        if (w.op->state != OP_RUNNING)
            break;
        assert_string_equal(w.body[w.nsent - 1], "");
    }
    assert_state(&w, OP_FAILED, "postgresql.parameters.work_mem is not there, not \"8MB\"");
    assert_non_null(strstr(w.op->outcome, "was never answered, and may still be carried out"));
    world_release(&w);
}

static void test_refused(void **state)
{
    struct world w;

    (void)state;
    start(&w);
    world_answer(&w, 409, "<html>Conflict</html>");
    assert_state(&w, OP_REFUSED, "nothing was changed");
    assert_int_equal(w.nsent, 1);
    world_release(&w);
}

static void test_plans(void **state)
{
    static const char *const same[] = {"ttl=30"}, *const twice[] = {"ttl=1", "ttl=2"},
                             *const wrong[] = {"ttl=soon"};
    static const struct {
        struct request r;
        enum status st;
        const char *text;
    } t[] = {
        {{.kind = ACT_CONFIG, .nsettings = 1, .settings = same},
         ST_REFUSED,
         "nothing would change"},
        {{.kind = ACT_CONFIG, .nsettings = 2, .settings = twice}, ST_USAGE, "ttl is given twice"},
        {{.kind = ACT_CONFIG}, ST_USAGE, "expected NAME=VALUE"},
        {{.kind = ACT_CONFIG, .patch = "{"}, ST_INVALID, "the change"},
        {{.kind = ACT_CONFIG, .patch = "{\"ttl\": 40}", .base = "{\"ttl\": 20}"},
         ST_CONFLICT,
         "was changed meanwhile"},
    };
    static const struct request bad = {.kind = ACT_CONFIG, .nsettings = 1, .settings = wrong};
    struct world w;
    struct plan *p;

    (void)state;
    world_init(&w);
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        assert_int_equal(world_plan(&w, picture(&w), &t[i].r, &p), t[i].st);
        if (!strstr(err_text(&w.err), t[i].text))
            fail_msg("%zu: %s", i, err_text(&w.err));
    }
    assert_int_equal(world_plan(&w, world_picture(&w), &set_work_mem, &p), ST_CONFLICT);
    assert_int_equal(world_plan(&w, picture(&w), &bad, &p), ST_OK);
    assert_int_equal(p->worst, CHECK_BLOCK);
    assert_string_equal(p->checks[0].check, "config-type");
    assert_string_equal(p->lines[0], "- ttl: 30");
    assert_string_equal(p->lines[1], "+ ttl: \"soon\"");
    plan_free(p);
    world_release(&w);
}

int run_config_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_no_answer),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_plans),
    };

    return cmocka_run_group_tests_name("action: config", tests, NULL, NULL);
}
