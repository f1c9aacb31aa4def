/* HAProxy's servers: what is sent, to whom, what must be typed, and how each of several ends. */
#include "fixture.h"
#include "test_action.h"

static const char *const pg1[] = {"pg1"}, *const pg2[] = {"pg2"}, *const pg9[] = {"pg9"},
                         *const lb2[] = {"lb2"}, *const lb9[] = {"lb9"};

static const struct request
    maint_pg2 = {.kind = ACT_HA_MAINT, .nservers = 1, .servers = pg2, .backend = "rw"},
    maint_pg2_all = {.kind = ACT_HA_MAINT, .nservers = 1, .servers = pg2},
    drain_pg1 = {.kind = ACT_HA_DRAIN, .nservers = 1, .servers = pg1, .backend = "rw"},
    ready_pg2 = {.kind = ACT_HA_READY, .nservers = 1, .servers = pg2, .backend = "rw"},
    shut_pg2 = {.kind = ACT_HA_SHUT, .nservers = 1, .servers = pg2, .backend = "rw"},
    shut_pg2_all = {.kind = ACT_HA_SHUT, .nservers = 1, .servers = pg2},
    maint_pg9 = {.kind = ACT_HA_MAINT, .nservers = 1, .servers = pg9},
    maint_wx = {.kind = ACT_HA_MAINT, .nservers = 1, .servers = pg2, .backend = "wx"},
    maint_on_lb2 =
        {.kind = ACT_HA_MAINT, .nservers = 1, .servers = pg2, .backend = "rw", .non = 1, .on = lb2},
    maint_on_lb9 = {.kind = ACT_HA_MAINT, .nservers = 1, .servers = pg2, .non = 1, .on = lb9};

static struct sb *one(struct world *w)
{
    struct sb *b = world_picture(w);

    sb_haproxy(b);
    sb_ha_socket(b, HA_LEVEL_ADMIN);
    return b;
}

/* A second one that says the same, with rows of its own. */
static struct sb *two(struct world *w)
{
    struct sb *b = one(w);
    struct ha_stats *stats = arena_new(&b->s->arena, struct ha_stats);

    *stats = *b->haproxies[0].stats;
    stats->v = arena_memdup(&b->s->arena, stats->v, (size_t)stats->n * sizeof *stats->v);
    b->haproxies[1] = b->haproxies[0];
    b->haproxies[1].name = "lb2";
    b->haproxies[1].socket = "10.0.0.2:9999";
    b->haproxies[1].stats = stats;
    b->s->nhaproxies = 2;
    return b;
}

static void set_status(struct sb *b, int h, const char *name, enum ha_status status)
{
    const struct ha_stats *t = b->haproxies[h].stats;

    for (int i = 0; i < t->n; i++)
        if (t->v[i].type == HA_SERVER && strcmp(t->v[i].proxy, "rw") == 0 &&
            strcmp(t->v[i].name, name) == 0) {
            struct ha_row *r = (struct ha_row *)(uintptr_t)&t->v[i];
            r->status = status;
            r->status_text = status == HA_MAINT ? "MAINT" : "DRAIN";
        }
}

static const struct check_result *check_of(const struct plan *p, const char *name)
{
    for (int i = 0; i < p->nchecks; i++)
        if (strcmp(p->checks[i].check, name) == 0)
            return &p->checks[i];
    return NULL;
}

static void says(const struct plan *p, const char *check, enum check_verdict v, const char *text)
{
    const struct check_result *c = check_of(p, check);

    if (!c || c->verdict != v || !strstr(c->reason, text))
        fail_msg("%s: %s, %s", check, c ? check_verdict_name(c->verdict) : "not there",
                 c ? c->reason : "");
}

static struct plan *plan(struct world *w, struct sb *b, const struct request *r)
{
    struct plan *p = NULL;

    if (world_plan(w, b, r, &p) != ST_OK)
        fail_msg("%s", err_text(&w->err));
    return p;
}

static void test_the_lines(void **state)
{
    static const struct {
        const struct request *r;
        const char *line;
    } cases[] = {
        {&maint_pg2, "set server rw/pg2 state maint"},
        {&drain_pg1, "set server rw/pg1 state drain"},
        {&ready_pg2, "set server rw/pg2 state ready"},
        {&shut_pg2, "shutdown sessions server rw/pg2"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w;

        world_init(&w);
        struct plan *p = plan(&w, one(&w), cases[i].r);

        assert_int_equal(p->nsteps, 1);
        assert_string_equal(p->steps[0].body, cases[i].line);
        assert_string_equal(p->steps[0].url, "/run/lb1.sock");
        assert_string_equal(p->steps[0].method, "SOCKET");
        assert_non_null(strstr(p->equivalent, action_name(p->kind)));
        assert_non_null(strstr(p->equivalent, "--backend rw"));
        plan_free(p);
        world_release(&w);
    }
}

static void test_everywhere(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    struct plan *p = plan(&w, two(&w), &maint_pg2_all);

    assert_int_equal(p->nsteps, 4);
    assert_string_equal(p->steps[0].member, "haproxy rw/pg2");
    assert_string_equal(p->steps[1].member, "haproxy ro/pg2");
    assert_string_equal(p->steps[2].url, "10.0.0.2:9999");
    plan_free(p);
    p = plan(&w, two(&w), &maint_on_lb2);
    assert_int_equal(p->nsteps, 1);
    assert_string_equal(p->steps[0].member, "lb2 rw/pg2");
    assert_non_null(strstr(p->equivalent, "--on lb2"));
    plan_free(p);
    world_release(&w);
}

static void refuses(struct world *w, struct sb *b, const struct request *r, enum status st,
                    const char *text)
{
    struct plan *p = NULL;

    assert_int_equal(world_plan(w, b, r, &p), st);
    if (!strstr(err_text(&w->err), text))
        fail_msg("\"%s\" does not say \"%s\"", err_text(&w->err), text);
    err_release(&w->err);
}

static void test_names_that_are_not_there(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    refuses(&w, one(&w), &maint_pg9, ST_NOT_FOUND, "has a server \"pg9\"; did you mean \"pg");
    refuses(&w, one(&w), &maint_wx, ST_NOT_FOUND, "a backend with servers \"wx\"");
    refuses(&w, two(&w), &maint_on_lb9, ST_NOT_FOUND, "no HAProxy \"lb9\"; did you mean \"lb2\"?");
    refuses(&w, one(&w), &shut_pg2_all, ST_USAGE, "say which with --backend");
    refuses(&w, world_picture(&w), &maint_pg2, ST_USAGE, "no HAProxy is configured");
    struct sb *b = one(&w);

    b->haproxies[0].stats = NULL;
    refuses(&w, b, &maint_pg2, ST_UNREACHABLE, "has answered yet");
    b = one(&w);
    sb_ha_row(b, "rw", "pg2")->name = "pg2;shutdown";
    static const char *const bad[] = {"pg2;shutdown"};
    const struct request r = {.kind = ACT_HA_MAINT, .nservers = 1, .servers = bad};

    refuses(&w, b, &r, ST_USAGE, "cannot be named in a command");
    world_release(&w);
}

/* By a member's name, where HAProxy calls it otherwise; a server's own name goes before that. */
static void test_by_member(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    struct sb *b = one(&w);

    sb_ha_row(b, "rw", "pg2")->addr =
        arena_printf(&b->s->arena, "%s:%d", sb_row(b, "pg2")->host, (int)sb_row(b, "pg2")->port);
    sb_ha_row(b, "rw", "pg2")->name = "db-b";
    struct plan *p = plan(&w, b, &maint_pg2);

    assert_string_equal(p->steps[0].body, "set server rw/db-b state maint");
    plan_free(p);
    b = one(&w);
    sb_ha_row(b, "rw", "pg1")->name = "tmp";
    sb_ha_row(b, "rw", "pg2")->name = "pg1";
    sb_ha_row(b, "rw", "tmp")->name = "pg2";
    p = plan(&w, b, &maint_pg2);
    assert_int_equal(p->nsteps, 1);
    assert_string_equal(p->steps[0].body, "set server rw/pg2 state maint");
    plan_free(p);
    world_release(&w);
}

/* HAProxy's own notation, as the pane's columns suggest it: that backend alone. */
static void test_by_backend(void **state)
{
    static const char *const rw_pg2[] = {"rw/pg2"}, *const rw_pg9[] = {"rw/pg9"},
                             *const rx_pg2[] = {"rx/pg2"};
    static const struct request
        maint = {.kind = ACT_HA_MAINT, .nservers = 1, .servers = rw_pg2},
        shut = {.kind = ACT_HA_SHUT, .nservers = 1, .servers = rw_pg2},
        other = {.kind = ACT_HA_MAINT, .nservers = 1, .servers = rw_pg2, .backend = "ro"},
        no_server = {.kind = ACT_HA_MAINT, .nservers = 1, .servers = rw_pg9},
        no_backend = {.kind = ACT_HA_MAINT, .nservers = 1, .servers = rx_pg2};
    struct world w;

    (void)state;
    world_init(&w);
    struct plan *p = plan(&w, one(&w), &maint);

    assert_int_equal(p->nsteps, 1);
    assert_string_equal(p->steps[0].body, "set server rw/pg2 state maint");
    if (!strstr(p->equivalent, " rw/pg2"))
        fail_msg("%s", p->equivalent);
    plan_free(p);
    p = plan(&w, one(&w), &shut); /* of two backends, and it is said which */
    assert_string_equal(p->steps[0].body, "shutdown sessions server rw/pg2");
    plan_free(p);
    struct sb *b = one(&w); /* also of a member that is called otherwise there */

    sb_ha_row(b, "rw", "pg2")->addr =
        arena_printf(&b->s->arena, "%s:%d", sb_row(b, "pg2")->host, (int)sb_row(b, "pg2")->port);
    sb_ha_row(b, "rw", "pg2")->name = "db-b";
    p = plan(&w, b, &maint);
    assert_int_equal(p->nsteps, 1);
    assert_string_equal(p->steps[0].body, "set server rw/db-b state maint");
    plan_free(p);
    refuses(&w, one(&w), &other, ST_NOT_FOUND, "\"rw/pg2\" in backend ro");
    refuses(&w, one(&w), &no_server, ST_NOT_FOUND, "\"rw/pg9\"; did you mean \"pg");
    refuses(&w, one(&w), &no_backend, ST_NOT_FOUND, "a server \"rx/pg2\"");
    world_release(&w);
}

static void test_the_checks(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    world_init(&w);
    struct plan *p = plan(&w, one(&w), &maint_pg2);

    says(p, "haproxy-answers", CHECK_PASS, "HAProxy answers");
    says(p, "haproxy-socket", CHECK_PASS, "of level admin");
    says(p, "haproxy-last", CHECK_PASS, "in no backend");
    says(p, "haproxy-leader", CHECK_PASS, "not among them");
    says(p, "haproxy-state", CHECK_PASS, "changed by it");
    plan_free(p);
    b = one(&w);
    sb_ha_socket(b, HA_LEVEL_OPERATOR);
    p = plan(&w, b, &maint_pg2);
    says(p, "haproxy-socket", CHECK_BLOCK, "(/run/lb1.sock) is only of level operator");
    plan_free(p);
    b = one(&w);
    sb_ha_socket(b, HA_LEVEL_UNKNOWN);
    p = plan(&w, b, &maint_pg2);
    says(p, "haproxy-socket", CHECK_PASS, "is not known");
    plan_free(p);
    b = one(&w);
    b->haproxies[0].socket = NULL;
    p = plan(&w, b, &maint_pg2);
    says(p, "haproxy-socket", CHECK_BLOCK, "has no socket in the cluster's file");
    plan_free(p);
    b = one(&w);
    b->haproxies[0].state.detail = "there is no socket";
    p = plan(&w, b, &maint_pg2);
    says(p, "haproxy-socket", CHECK_BLOCK, "cannot be used: there is no socket");
    plan_free(p);
    b = two(&w);
    sb_fail(b, &b->haproxies[1].state, OBS_TIMED_OUT, SB_SEC(14));
    p = plan(&w, b, &maint_pg2);
    says(p, "haproxy-answers", CHECK_BLOCK, "lb2 has been silent for 14 s (timed out)");
    says(p, "haproxy-answers", CHECK_BLOCK, "leave it out with --on");
    plan_free(p);
    b = one(&w);
    set_status(b, 0, "pg2", HA_MAINT);
    p = plan(&w, b, &maint_pg2);
    says(p, "haproxy-state", CHECK_WARN, "is in maintenance already");
    plan_free(p);
    p = plan(&w, one(&w), &ready_pg2);
    says(p, "haproxy-state", CHECK_WARN, "neither in maintenance nor in drain");
    assert_null(check_of(p, "haproxy-leader"));
    plan_free(p);
    p = plan(&w, one(&w), &shut_pg2);
    says(p, "haproxy-state", CHECK_WARN, "has no sessions");
    plan_free(p);
    world_release(&w);
}

/* A second standing server makes it a plain change; without one the backend's name is typed. */
static void test_the_last_one(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    world_init(&w);
    struct plan *p = plan(&w, one(&w), &drain_pg1);

    says(p, "haproxy-last", CHECK_WARN, "nobody is left that takes connections in rw of haproxy");
    says(p, "haproxy-leader", CHECK_WARN, "pg1 leads: haproxy rw/pg1 is where writes go");
    assert_true(p->always_asked);
    assert_int_equal(p->confirm, CONFIRM_WORD);
    assert_string_equal(p->confirm_word, "rw");
    plan_free(p);
    b = one(&w);
    b->s->environment = ENV_PRODUCTION;
    p = plan(&w, b, &drain_pg1);
    assert_int_equal(plan_nwords(p), 2);
    assert_string_equal(plan_word(p, 0).word, p->cluster);
    assert_string_equal(plan_word(p, 1).word, "rw");
    plan_free(p);
    b = one(&w);
    sb_ha_server(b, "pg2", HA_UP, NULL);
    p = plan(&w, b, &drain_pg1);
    says(p, "haproxy-last", CHECK_PASS, "in no backend");
    assert_false(p->always_asked);
    assert_int_equal(p->confirm, CONFIRM_YES);
    plan_free(p);
    p = plan(&w, one(&w), &maint_pg2);
    assert_false(p->always_asked);
    plan_free(p);
    world_release(&w);
}

/* A member's servers in both backends, each the last one: each backend's name is typed. The words
 * are the plan's own: its snapshot is gone when they are asked for (world_plan lets it go). */
static void test_the_last_one_of_two(void **state)
{
    static const struct request all = {.kind = ACT_HA_MAINT, .nservers = 1, .servers = pg1};
    struct world w;

    (void)state;
    world_init(&w);
    struct sb *b = one(&w);

    sb_ha_row(b, "ro", "pg1")->status = HA_UP;
    sb_ha_row(b, "ro", "pg2")->status = HA_DOWN;
    sb_ha_row(b, "ro", "pg3")->status = HA_DOWN;
    struct plan *p = plan(&w, b, &all);

    assert_int_equal(plan_nwords(p), 2);
    assert_string_equal(plan_word(p, 0).word, "rw");
    assert_string_equal(plan_word(p, 1).word, "ro");
    assert_string_equal(plan_word(p, 1).what, "the backend that nobody is left in");
    plan_free(p);
    b = two(&w); /* the same backend of two: typed once */
    b->s->environment = ENV_PRODUCTION;
    p = plan(&w, b, &drain_pg1);
    assert_int_equal(plan_nwords(p), 2);
    assert_string_equal(plan_word(p, 0).what, "the cluster's name");
    assert_string_equal(plan_word(p, 1).word, "rw");
    plan_free(p);
    world_release(&w);
}

/* Statistics from before the answer prove nothing. */
static void test_done_when_seen(void **state)
{
    struct world w;
    struct sb *b;
    char *audit;

    (void)state;
    world_init(&w);
    assert_int_equal(world_start(&w, one(&w), &maint_pg2), ST_OK);
    assert_string_equal(w.body[0], "set server rw/pg2 state maint");
    world_pass(&w, 1);
    world_line(&w, NET_ANSWERED, "\n");
    assert_int_equal(w.op->state, OP_RUNNING);
    b = one(&w); /* answered 0.2 s ago: before it */
    set_status(b, 0, "pg2", HA_MAINT);
    world_see(&w, b);
    assert_int_equal(w.op->state, OP_RUNNING);
    world_pass(&w, 1);
    world_see(&w, one(&w)); /* not yet */
    assert_int_equal(w.op->state, OP_RUNNING);
    b = one(&w);
    set_status(b, 0, "pg2", HA_MAINT);
    world_see(&w, b);
    assert_state(&w, OP_DONE, "haproxy rw/pg2");
    audit = world_audit(&w);
    assert_int_equal(count_lines(audit, "haproxy maint"), 2);
    assert_true(count_lines(audit, "set server rw/pg2 state maint") > 0);
    free(audit);
    world_release(&w);
}

static void test_refused(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    assert_int_equal(world_start(&w, one(&w), &maint_pg2), ST_OK);
    world_line(&w, NET_ANSWERED, "Permission denied\n\n");
    assert_state(&w, OP_REFUSED, "nothing was changed: haproxy rw/pg2 (Permission denied)");
    world_release(&w);
    world_init(&w);
    assert_int_equal(world_start(&w, one(&w), &maint_pg2), ST_OK);
    world_line(&w, NET_REFUSED, "there is no socket");
    assert_state(&w, OP_REFUSED, "there is no socket");
    world_release(&w);
}

/* One no keeps nobody else from it, and neither is hidden behind the other. */
static void test_each_for_itself(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    world_init(&w);
    assert_int_equal(world_start(&w, two(&w), &maint_pg2), ST_OK);
    world_line(&w, NET_ANSWERED, "Permission denied\n\n");
    assert_int_equal(w.nsent, 2);
    assert_string_equal(w.url[1], "10.0.0.2:9999");
    world_line(&w, NET_ANSWERED, "\n");
    world_pass(&w, 1);
    b = two(&w);
    set_status(b, 1, "pg2", HA_MAINT);
    world_see(&w, b);
    assert_state(&w, OP_FAILED,
                 "refused by haproxy rw/pg2 (Permission denied); done on lb2 rw/pg2");
    world_release(&w);
}

static void test_not_seen(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    assert_int_equal(world_start(&w, one(&w), &maint_pg2), ST_OK);
    world_line(&w, NET_TIMED_OUT, "no answer within 5 s");
    assert_int_equal(w.op->state, OP_RUNNING); /* it may have been taken: looked at */
    world_pass(&w, 20);
    assert_state(&w, OP_UNKNOWN, "not seen after");
    world_release(&w);
}

static void with_pid(struct sb *b, int64_t pid)
{
    ((struct ha_info *)(uintptr_t)b->haproxies[0].info)->pid = pid;
}

/* Reloaded behind our back: a new process, which knows nothing of it. */
static void test_forgotten(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    world_init(&w);
    b = one(&w);
    with_pid(b, 12);
    assert_int_equal(world_start(&w, b, &maint_pg2), ST_OK);
    world_line(&w, NET_ANSWERED, "\n");
    world_pass(&w, 1);
    b = one(&w);
    with_pid(b, 12);
    world_see(&w, b); /* not yet */
    assert_int_equal(w.op->state, OP_RUNNING);
    b = one(&w);
    with_pid(b, 34);
    world_see(&w, b);
    assert_state(&w, OP_FAILED,
                 "forgotten by haproxy rw/pg2 (it was reloaded meanwhile: process 12, now 34)");
    world_release(&w);
    world_init(&w); /* another process, in which it is so all the same */
    b = one(&w);
    with_pid(b, 12);
    assert_int_equal(world_start(&w, b, &maint_pg2), ST_OK);
    world_line(&w, NET_ANSWERED, "\n");
    world_pass(&w, 1);
    b = one(&w);
    with_pid(b, 34);
    set_status(b, 0, "pg2", HA_MAINT);
    world_see(&w, b);
    assert_state(&w, OP_DONE, "haproxy rw/pg2");
    world_release(&w);
}

static void test_sessions_end(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    world_init(&w);
    b = one(&w);
    sb_ha_row(b, "rw", "pg2")->sessions = 12;
    assert_int_equal(world_start(&w, b, &shut_pg2), ST_OK);
    assert_string_equal(w.body[0], "shutdown sessions server rw/pg2");
    world_line(&w, NET_ANSWERED, "\n");
    world_pass(&w, 1);
    b = one(&w);
    sb_ha_row(b, "rw", "pg2")->sessions = 12;
    world_see(&w, b);
    assert_int_equal(w.op->state, OP_RUNNING);
    world_see(&w, one(&w));
    assert_state(&w, OP_DONE, "seen in the statistics");
    world_release(&w);
}

/* Down by its check, and drained: only the admin state shows it. */
static void test_a_drain_behind_down(void **state)
{
    static const struct request drain_pg2 = {
        .kind = ACT_HA_DRAIN, .nservers = 1, .servers = pg2, .backend = "rw"};
    struct world w;
    struct sb *b;

    (void)state;
    world_init(&w);
    assert_int_equal(world_start(&w, one(&w), &drain_pg2), ST_OK);
    world_line(&w, NET_ANSWERED, "\n");
    world_pass(&w, 1);
    world_see(&w, one(&w));
    assert_int_equal(w.op->state, OP_RUNNING);
    b = one(&w);
    sb_ha_row(b, "rw", "pg2")->admin = 8;
    world_see(&w, b);
    assert_state(&w, OP_DONE, "haproxy rw/pg2");
    world_release(&w);
}

static void test_read_only(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    w.env.read_only = true;
    assert_int_equal(world_start(&w, one(&w), &maint_pg2), ST_DENIED);
    assert_int_equal(w.nsent, 0);
    world_release(&w);
}

int run_haproxy_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_lines),
        cmocka_unit_test(test_everywhere),
        cmocka_unit_test(test_names_that_are_not_there),
        cmocka_unit_test(test_by_member),
        cmocka_unit_test(test_by_backend),
        cmocka_unit_test(test_the_checks),
        cmocka_unit_test(test_the_last_one),
        cmocka_unit_test(test_the_last_one_of_two),
        cmocka_unit_test(test_done_when_seen),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_each_for_itself),
        cmocka_unit_test(test_not_seen),
        cmocka_unit_test(test_forgotten),
        cmocka_unit_test(test_sessions_end),
        cmocka_unit_test(test_a_drain_behind_down),
        cmocka_unit_test(test_read_only),
    };

    return cmocka_run_group_tests_name("action: haproxy", tests, NULL, NULL);
}
