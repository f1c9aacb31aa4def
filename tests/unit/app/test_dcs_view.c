/* The DCS as /cluster would show it: roles, states and lag by Patroni's own rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../../src/app/dcs_view.h"
#include "pgdba/model/dcs.h"

static const struct dcs_member members[] = {
    {.name = "pg1",
     .row = {.name = "pg1", .role = ROLE_LEADER, .state = PGS_RUNNING, .state_text = "running"},
     .location = 5000,
     .replayed = LSN_UNKNOWN,
     .received = LSN_UNKNOWN},
    {.name = "pg2",
     .row = {.name = "pg2", .role = ROLE_REPLICA, .state = PGS_RUNNING, .state_text = "running"},
     .replication_state = "streaming",
     .location = 4000,
     .replayed = 3500,
     .received = 4000},
    {.name = "pg3",
     .row = {.name = "pg3", .role = ROLE_REPLICA, .state = PGS_STOPPED, .state_text = "stopped"},
     .location = LSN_UNKNOWN,
     .replayed = LSN_UNKNOWN,
     .received = LSN_UNKNOWN},
};

struct fixture {
    struct facts *dcs, *view;
    struct dcs d;
};

static const struct cluster_view *look(struct fixture *f)
{
    f->dcs = facts_new();
    f->dcs->root = &f->d;
    f->view = dcs_view_of(f->dcs);
    facts_unref(f->dcs); /* the view keeps it */
    return f->view->root;
}

static struct dcs healthy(void)
{
    return (struct dcs){.leader = "pg1",
                        .optime = 5000,
                        .nmembers = 3,
                        .members = members,
                        .prefix = "/service/x/"};
}

static void roles_and_lag_are_patronis(void **state)
{
    (void)state;
    struct fixture f = {.d = healthy()};
    const struct cluster_view *v = look(&f);
    assert_int_equal(v->nmembers, 3);
    assert_int_equal(v->members[0].role, ROLE_LEADER);
    assert_int_equal(v->members[0].lag, LAG_UNKNOWN);
    assert_string_equal(v->members[0].role_text, "leader");
    assert_int_equal(v->members[1].role, ROLE_REPLICA);
    assert_int_equal(v->members[1].state, PGS_STREAMING);
    assert_string_equal(v->members[1].state_text, "streaming");
    assert_int_equal(v->members[1].lag, 1000);
    assert_int_equal(v->members[2].state, PGS_STOPPED);
    assert_int_equal(v->members[2].lag, LAG_UNKNOWN);
    facts_unref(f.view);
}

static void without_the_lock_nobody_leads(void **state)
{
    (void)state;
    struct fixture f = {.d = healthy()};
    f.d.leader = NULL; /* pg1's own key still says primary */
    const struct cluster_view *v = look(&f);
    for (int i = 0; i < v->nmembers; i++)
        assert_int_equal(v->members[i].role, ROLE_REPLICA);
    facts_unref(f.view);
}

static void synchronous_standbys_and_standby_leaders_are_named(void **state)
{
    (void)state;
    struct dynamic_config c = {.synchronous_mode = true};
    struct fixture f = {.d = healthy()};
    f.d.config = &c;
    f.d.sync = (struct dcs_sync){.present = true, .leader = "pg1", .standbys = "pg22,pg2"};
    const struct cluster_view *v = look(&f);
    assert_int_equal(v->members[1].role, ROLE_SYNC_STANDBY);
    assert_int_equal(v->members[2].role, ROLE_REPLICA);
    facts_unref(f.view);
    f.d.sync.standbys = "pg22,pg20"; /* neither is pg2 */
    v = look(&f);
    assert_int_equal(v->members[1].role, ROLE_REPLICA);
    facts_unref(f.view);
    c.standby_cluster = true;
    v = look(&f);
    assert_int_equal(v->members[0].role, ROLE_STANDBY_LEADER);
    facts_unref(f.view);
}

static void only_a_request_for_later_is_a_schedule(void **state)
{
    (void)state;
    struct fixture f = {.d = healthy()};
    f.d.failover = (struct dcs_failover){.present = true, .leader = "pg1", .candidate = "pg2"};
    const struct cluster_view *v = look(&f);
    assert_null(v->switchover_at);
    facts_unref(f.view);
    f.d.failover.scheduled_at = "2026-11-22T03:00:00+00:00";
    v = look(&f);
    assert_string_equal(v->switchover_at, "2026-11-22T03:00:00+00:00");
    assert_string_equal(v->switchover_to, "pg2");
    facts_unref(f.view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_and_lag_are_patronis),
        cmocka_unit_test(without_the_lock_nobody_leads),
        cmocka_unit_test(synchronous_standbys_and_standby_leaders_are_named),
        cmocka_unit_test(only_a_request_for_later_is_a_schedule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
