/* events, failovers, dcs, truth: what is printed of what is there. */
#include "shell.h"
#include "test_cli.h"

static const struct snapshot *whole(void)
{
    struct sb *b = sb_new(SB_NOW_US);
    sb_everything(b);
    return sb_take(b);
}

static void add_events(struct app *a, int n)
{
    for (int i = 0; i < n; i++) {
        char text[] = "event A";
        text[6] = (char)('A' + i);
        fake_app_tell(a, &(struct event){.mono_us = SB_NOW_US + i,
                                         .wall_us = SB_WALL_US + i * USEC_PER_SEC,
                                         .kind = EV_VERDICT,
                                         .source = SYS_PGDBA,
                                         .subject = "",
                                         .old = "",
                                         .now = "",
                                         .text = text,
                                         .evidence = ""});
    }
}

static void test_events(void **state)
{
    struct shell sh;
    (void)state;
    shell_init(&sh, whole());
    assert_int_equal(shell_run(&sh, "events"), CLI_HEALTHY);
    assert_has(sh.out, "No events are kept of this cluster yet");
    add_events(&sh.app, 3);
    assert_int_equal(shell_run(&sh, "events"), CLI_HEALTHY);
    assert_string_equal(sh.out, "2026-11-21 03:12:07.000 event A\n"
                                "2026-11-21 03:12:08.000 event B\n"
                                "2026-11-21 03:12:09.000 event C\n");
    assert_int_equal(shell_run(&sh, "events|--limit|1"), CLI_HEALTHY);
    assert_string_equal(sh.out, "2026-11-21 03:12:09.000 event C\n");
    assert_int_equal(shell_run(&sh, "events|--limit|2|--format|json"), CLI_HEALTHY);
    assert_null(strstr(sh.out, "event A"));
    assert_true(strstr(sh.out, "event B") < strstr(sh.out, "event C"));
    assert_has(sh.out, "\"document\": \"events\"");
    shell_release(&sh);
}

static const char audit_log[] =
    "{\"time\":\"2026-11-21T03:00:00.000Z\",\"what\":\"intent\",\"id\":\"1-1\",\"cluster\":\"lab\","
    "\"action\":\"switchover\",\"command\":\"pgdba switchover\",\"user\":\"ann\",\"pid\":77,"
    "\"host\":\"jump\",\"ssh_client\":\"192.0.2.7\",\"sudo_user\":\"eve\",\"accepted\":\"asked\","
    "\"requests\":[{\"member\":\"pg1\",\"method\":\"POST\",\"url\":\"http://a/switchover\","
    "\"body\":\"{}\"}],"
    "\"checks\":[{\"check\":\"lag\",\"verdict\":\"warn\",\"reason\":\"pg2 is behind\"}]}\n"
    "{\"time\":\"2026-11-21T03:00:09.000Z\",\"what\":\"outcome\",\"id\":\"1-1\",\"host\":\"jump\","
    "\"cluster\":\"lab\",\"outcome\":\"done\",\"observed\":\"pg2 leads\",\"duration_ms\":9000,"
    "\"answer\":\"HTTP 200\","
    "\"phases\":[{\"phase\":\"lock "
    "released\",\"state\":\"done\",\"after_ms\":1500,\"note\":\"\"}]}\n"
    "cut off {\n"
    "{\"time\":\"2026-11-21T03:10:00.000Z\",\"what\":\"refusal\",\"id\":\"2-1\",\"cluster\":"
    "\"far\","
    "\"action\":\"reinit\",\"user\":\"bob\",\"why\":\"policy says no \\u001b[2J\"}\n";

static void test_audit(void **state)
{
    struct shell sh;
    (void)state;
    shell_init(&sh, whole());
    assert_int_equal(shell_run(&sh, "audit"), CLI_FAILED);
    assert_has(sh.err, "cannot read the audit log");
    sh.app.audit = "";
    assert_int_equal(shell_run(&sh, "audit"), CLI_HEALTHY);
    assert_string_equal(sh.out, "The audit log has nothing of that.\n");
    sh.app.audit = audit_log;
    assert_int_equal(shell_run(&sh, "audit"), CLI_HEALTHY);
    assert_true(strstr(sh.out, "refused") < strstr(sh.out, "done"));
    assert_has(sh.out, "(1 line is not to be read: cut off, or changed by hand.)");
    assert_null(strchr(sh.out, '\033'));
    assert_int_equal(shell_run(&sh, "audit|--cluster|lab"), CLI_HEALTHY);
    assert_null(strstr(sh.out, "reinit"));
    assert_int_equal(shell_run(&sh, "audit|--since|5m"), CLI_HEALTHY);
    assert_null(strstr(sh.out, "switchover"));
    assert_int_equal(shell_run(&sh, "audit|--last|1|--format|json"), CLI_HEALTHY);
    assert_has(sh.out, "\"refused\": true");
    assert_has(sh.out, "\"broken_lines\": 1");
    assert_null(strstr(sh.out, "switchover"));
    assert_int_equal(shell_run(&sh, "audit|--cluster|lab|--details"), CLI_HEALTHY);
    assert_has(sh.out, "2026-11-21 03:00:00.000  switchover of lab: done, after 9.0 s\n"
                       "  why       pg2 leads\n"
                       "  who       ann on jump, process 77, by sudo of eve, from 192.0.2.7\n"
                       "  command   pgdba switchover\n"
                       "  accepted  asked\n"
                       "  checks    warn   pg2 is behind\n"
                       "  requests  POST http://a/switchover {}\n"
                       "  phases    done    lock released, after 1.5 s\n"
                       "  answer    HTTP 200\n");
    shell_release(&sh);
}

static void test_failovers(void **state)
{
    struct shell sh;
    struct failover *crash = scene_crash(MOMENT_ENDED);
    struct failover *other = scene_switchover(7, SB_SEC(86400), true);
    (void)state;
    crash->number = 8;
    shell_init(&sh, whole());
    sh.app.failovers = (struct failover_list){.n = 2, .v = {crash, other}};
    assert_int_equal(shell_run(&sh, "failovers"), CLI_HEALTHY);
    assert_true(strstr(sh.out, "crash failover") < strstr(sh.out, "switchover"));
    assert_has(sh.out, "pg1   pg2  3 -> 4");
    assert_has(sh.out, "21.9 s\n");
    assert_int_equal(shell_run(&sh, "failovers|8"), CLI_HEALTHY);
    assert_has(sh.out, "etcd, revision 4711");
    assert_has(sh.out, "20.0 s to 30.0 s");
    assert_has(sh.out, "The write probe through haproxy: longest gap 21.9 s, 21.9 s in all, 187 "
                       "failed attempts, 2 lost rows, 1 ghost row\n");
    assert_null(strstr(sh.out, "as exact as the polls"));
    assert_int_equal(shell_run(&sh, "failovers|7"), CLI_HEALTHY);
    assert_has(sh.out, "etcd was not watched: times are as exact as the polls were");
    assert_int_equal(shell_run(&sh, "failovers|9"), CLI_USAGE);
    assert_has(sh.err, "no failover 9 is kept; pgdba failovers lists them");
    assert_string_equal(sh.out, "");
    assert_int_equal(shell_run(&sh, "failovers|8|--format|json"), CLI_HEALTHY);
    assert_has(sh.out, "\"kind\": \"crash-failover\"");
    assert_null(strstr(sh.out, "\"kind\": \"switchover\""));
    failover_free(crash);
    failover_free(other);
    shell_release(&sh);
}

static void test_dcs(void **state)
{
    struct shell sh;
    struct sb *b = sb_new(SB_NOW_US);
    (void)state;
    shell_init(&sh, sb_take(b));
    assert_int_equal(shell_run(&sh, "dcs"), CLI_HEALTHY);
    assert_has(sh.out, "lab: etcd is not configured here");
    assert_int_equal(shell_run(&sh, "dcs|--format|json"), CLI_HEALTHY);
    assert_has(sh.out, "\"configured\": false");
    assert_has(sh.out, "\"keys\": null");
    shell_release(&sh);

    shell_init(&sh, scene_etcd(25, false));
    assert_int_equal(shell_run(&sh, "dcs"), CLI_HEALTHY);
    assert_true(sh.app.leases_shown);
    assert_has(sh.out, "lab: etcd is watched\n");
    assert_has(sh.out, "pg1 holds the leader lock, lease left: 24.8 s\n");
    assert_int_equal(shell_run(&sh, "dcs|--format|json"), CLI_HEALTHY);
    assert_has(sh.out, "\"lease_left_ms\": 24800");
    shell_release(&sh);
}

/* An overdue lease is not one that has time left; an endpoint that is silent is not healthy. */
static void test_dcs_in_trouble(void **state)
{
    struct shell sh;
    struct sb *b = sb_new(SB_NOW_US);
    (void)state;
    sb_everything(b);
    sb_lease(b, "pg1", 1, SB_SEC(2));
    sb_fail(b, &b->endpoint_states[2], OBS_TIMED_OUT, SB_SEC(14));
    shell_init(&sh, sb_take(b));
    shell_run(&sh, "dcs");
    assert_has(sh.out, "lease left: overdue by 1.0 s\n");
    assert_has(sh.out, "  timed out  ");
    shell_run(&sh, "dcs|--format|json");
    assert_has(sh.out, "\"lease_left_ms\": -1000");
    shell_release(&sh);
}

static void test_truth(void **state)
{
    struct shell sh;
    struct sb *b = sb_new(SB_NOW_US);
    (void)state;
    sb_everything(b);
    sb_ha_sends(b, "pg2"); /* and pg1 leads */
    shell_init(&sh, sb_take(b));
    shell_run(&sh, "truth");
    assert_has(sh.out, "MEMBER  LOCK");
    assert_has(sh.out, "! rw UP, now");
    shell_run(&sh, "truth|--format|json");
    assert_has(sh.out, "\"contradicts\": true");
    assert_has(sh.out, "\"word\": \"leader\"");
    shell_release(&sh);

    shell_init(&sh, sample_snapshot(SAMPLE_HEALTHY, SB_NOW_US));
    assert_int_equal(shell_run(&sh, "truth|--format|json"), CLI_HEALTHY);
    assert_has(sh.out, "\"word\": \"not-asked\"");
    assert_null(strstr(sh.out, "\"contradicts\": true"));
    shell_release(&sh);
}

/* What a script acts on: 0 open, 2 astray, 1 not known. */
static void test_routes(void **state)
{
    static const char *const write[] = {"127.0.0.1:5000", "127.0.0.1:5001"};
    struct shell sh;
    (void)state;
    for (int which = 0; which < 3; which++) {
        struct sb *b = sb_new(SB_NOW_US);
        sb_everything(b);
        b->haproxies[0].nwrite_addresses = which == 2 ? 0 : 2;
        b->haproxies[0].write_addresses = write;
        if (which == 1) {
            sb_database(b, 0, 0)->host = "10.0.0.3";
            sb_database(b, 0, 0)->port = 5432;
        }
        shell_init(&sh, sb_take(b));
        static const int codes[] = {CLI_HEALTHY, CLI_CRITICAL, CLI_DEGRADED};
        assert_int_equal(shell_run(&sh, "routes"), codes[which]);
        assert_has(sh.out, which == 0   ? "writes  open   direct"
                           : which == 1 ? "pg3, not the leader"
                                        : "whether that is the port for writes");
        assert_int_equal(shell_run(&sh, "routes|--format|json"), codes[which]);
        assert_has(sh.out, which == 0   ? "\"state\": \"open\""
                           : which == 1 ? "RELOAD and RECONNECT"
                                        : "\"state\": \"unknown\"");
        shell_release(&sh);
    }
    shell_init(&sh, sample_snapshot(SAMPLE_UNREACHABLE, SB_NOW_US));
    assert_int_equal(shell_run(&sh, "routes"), CLI_UNREACHABLE);
    shell_release(&sh);
}

int run_list_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events),         cmocka_unit_test(test_audit),
        cmocka_unit_test(test_failovers),      cmocka_unit_test(test_dcs),
        cmocka_unit_test(test_dcs_in_trouble), cmocka_unit_test(test_truth),
        cmocka_unit_test(test_routes),
    };
    return cmocka_run_group_tests_name("cli: lists", tests, NULL, NULL);
}
