/* wire/patroni: what is sent to change something, and what the answers mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/wire/patroni.h"

static void bodies_are_what_patroni_reads(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b);
    wire_switchover_body(&b, "n1", "n2", 0);
    assert_string_equal(b.s, "{\"leader\":\"n1\",\"candidate\":\"n2\"}");
    buf_clear(&b);
    wire_switchover_body(&b, "n\"1\\\n\xff", NULL, 0);
    assert_string_equal(b.s, "{\"leader\":\"n\\\"1\\\\\\n\xEF\xBF\xBD\"}");
    buf_clear(&b);
    wire_switchover_body(&b, "n1", NULL, INT64_C(1763694000) * 1000000);
    assert_string_equal(b.s, "{\"leader\":\"n1\",\"scheduled_at\":\"2025-11-21T03:00:00.000Z\"}");
    buf_clear(&b);
    wire_failover_body(&b, "n2");
    assert_string_equal(b.s, "{\"candidate\":\"n2\"}");
    buf_clear(&b);
    wire_pause_body(&b, true);
    wire_pause_body(&b, false);
    assert_string_equal(b.s, "{\"pause\":true}{\"pause\":null}");
    buf_clear(&b);
    wire_demote_body(&b, &(struct standby_of){.host = "far", .port = 5433, .slot = "here"});
    assert_string_equal(b.s, "{\"standby_cluster\":{\"host\":\"far\",\"port\":5433,"
                             "\"primary_slot_name\":\"here\"}}");
    buf_clear(&b);
    wire_restart_body(&b, &(struct request){.kind = ACT_RESTART});
    assert_string_equal(b.s, "{}");
    buf_clear(&b);
    wire_restart_body(&b, &(struct request){.pending = true, .timeout_s = 90});
    assert_string_equal(b.s, "{\"restart_pending\":true,\"timeout\":90}");
    buf_clear(&b);
    wire_restart_body(
        &b, &(struct request){.pg_version = "15.20", .at_us = INT64_C(1763694000) * 1000000});
    assert_string_equal(b.s, "{\"postgres_version\":\"15.20\","
                             "\"schedule\":\"2025-11-21T03:00:00.000Z\"}");
    buf_clear(&b);
    wire_reinit_body(&b, false, false);
    assert_string_equal(b.s, "{}");
    buf_clear(&b);
    wire_reinit_body(&b, true, true);
    assert_string_equal(b.s, "{\"force\":true,\"from_leader\":true}");
    buf_release(&b);
}

static const char html[] = "<!DOCTYPE HTML><html><head><title>Error response</title></head>"
                           "<body><p>Error code: 500</p></body></html>";

static const struct {
    enum action_kind kind;
    int status;
    const char *body;
    enum wire_answer answer;
} cases[] = {
    {ACT_SWITCHOVER, 200, "Successfully switched over to \"n2\"", WIRE_DONE},
    {ACT_SWITCHOVER, 200, "Successfully failed over to \"n2\"", WIRE_DONE},
    {ACT_SWITCHOVER, 200, "Switched over to \"n3\" instead of \"n2\"", WIRE_DONE},
    {ACT_SWITCHOVER, 200, "Failed over to \"n3\" instead of \"n2\"", WIRE_DONE},
    {ACT_SWITCHOVER, 200, html, WIRE_UNKNOWN_OUTCOME}, /* somebody else's 200 */
    {ACT_SWITCHOVER, 200, "", WIRE_UNKNOWN_OUTCOME},
    {ACT_SWITCHOVER, 202, "Switchover scheduled", WIRE_ACCEPTED},
    {ACT_SWITCHOVER, 400, "Switchover could be performed only from a specific leader",
     WIRE_REFUSED},
    {ACT_SWITCHOVER, 400, "Switchover target and source are the same", WIRE_REFUSED},
    {ACT_SWITCHOVER, 400, html, WIRE_REFUSED},
    {ACT_SWITCHOVER, 401, "no auth header received", WIRE_UNAUTHORISED},
    {ACT_SWITCHOVER, 403, "Access is denied", WIRE_UNAUTHORISED},
    {ACT_SWITCHOVER, 412, "leader name does not match", WIRE_REFUSED},
    {ACT_SWITCHOVER, 412, "candidate does not exists", WIRE_REFUSED},
    {ACT_SWITCHOVER, 412, "switchover is not possible: no good candidates have been found",
     WIRE_REFUSED},
    {ACT_SWITCHOVER, 422, "Cannot schedule switchover in the past", WIRE_REFUSED},
    {ACT_SWITCHOVER, 503, "Switchover failed", WIRE_REFUSED},
    {ACT_SWITCHOVER, 503, "Failover failed", WIRE_REFUSED},
    {ACT_SWITCHOVER, 503, "Switchover status unknown", WIRE_UNKNOWN_OUTCOME},
    {ACT_SWITCHOVER, 503,
     "Switchover status unknown after 20 seconds; operation may still be in progress",
     WIRE_UNKNOWN_OUTCOME},
    {ACT_SWITCHOVER, 503, "failed to write failover key into DCS", WIRE_UNKNOWN_OUTCOME},
    {ACT_SWITCHOVER, 503, html, WIRE_UNKNOWN_OUTCOME},
    {ACT_SWITCHOVER, 500, html, WIRE_UNKNOWN_OUTCOME},
    {ACT_SWITCHOVER, 501, html, WIRE_REFUSED},
    {ACT_SWITCHOVER, 502, html, WIRE_UNKNOWN_OUTCOME},
    {ACT_SWITCHOVER, 504, "Gateway Timeout", WIRE_UNKNOWN_OUTCOME},
    {ACT_SWITCHOVER, 408, "Request Timeout", WIRE_UNKNOWN_OUTCOME},
    {ACT_SWITCHOVER, 302, "", WIRE_UNKNOWN_OUTCOME},
    {ACT_SWITCHOVER, 0, "", WIRE_UNKNOWN_OUTCOME},
    {ACT_SWITCHOVER, 503, "restart failed", WIRE_UNKNOWN_OUTCOME}, /* not of this request */

    {ACT_RESTART, 200, "restarted successfully", WIRE_DONE},
    {ACT_RESTART, 202, "Restart scheduled", WIRE_ACCEPTED},
    {ACT_RESTART, 400, "Timeout should be a positive number of seconds", WIRE_REFUSED},
    {ACT_RESTART, 400, "restart failed", WIRE_FAILED},
    {ACT_RESTART, 409, "Another restart is already scheduled", WIRE_REFUSED},
    {ACT_RESTART, 500, "Can't schedule restart in the paused state", WIRE_REFUSED},
    {ACT_RESTART, 500, html, WIRE_UNKNOWN_OUTCOME},
    {ACT_RESTART, 503, "restart conditions are not satisfied", WIRE_REFUSED},
    {ACT_RESTART, 503, "reinitialize already in progress", WIRE_REFUSED},
    {ACT_RESTART, 503, "switchover: demote already in progress", WIRE_REFUSED},
    {ACT_RESTART, 503, "postgres is still starting", WIRE_UNKNOWN_OUTCOME},
    {ACT_RESTART, 503, "restart failed", WIRE_FAILED},
    {ACT_RESTART, 401, "not authenticated", WIRE_UNAUTHORISED},

    {ACT_REINIT, 200, "reinitialize started", WIRE_ACCEPTED},
    {ACT_REINIT, 503, "I am the leader, can not reinitialize", WIRE_REFUSED},
    {ACT_REINIT, 503, "Cluster has no leader, can not reinitialize", WIRE_REFUSED},
    {ACT_REINIT, 503, "restart already in progress", WIRE_REFUSED},
    {ACT_REINIT, 503, "", WIRE_UNKNOWN_OUTCOME},
    {ACT_REINIT, 403, "client certificate required", WIRE_UNAUTHORISED},
};

static void answers_mean_what_they_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum wire_answer a = wire_patroni_answer(cases[i].kind, cases[i].status, cases[i].body,
                                                 strlen(cases[i].body));
        if (a != cases[i].answer)
            fail_msg("%s %d \"%s\": %d, not %d", action_name(cases[i].kind), cases[i].status,
                     cases[i].body, (int)a, (int)cases[i].answer);
    }
    assert_int_equal(wire_patroni_answer(ACT_RESTART, 503, NULL, 0), WIRE_UNKNOWN_OUTCOME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_are_what_patroni_reads),
        cmocka_unit_test(answers_mean_what_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
