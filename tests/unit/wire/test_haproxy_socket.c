/* wire/haproxy: the runtime socket's words, as HAProxy 2.6 gave them, and the columns of others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "pgdba/base/buf.h"
#include "pgdba/wire/haproxy.h"

static struct facts *parsed;

static int teardown(void **state)
{
    (void)state;
    facts_unref(parsed);
    parsed = NULL;
    return 0;
}

static const struct ha_stats *csv(const char *body)
{
    struct err e = ERR_INIT;
    teardown(NULL);
    if (wire_haproxy_csv(body, strlen(body), &parsed, &e))
        fail_msg("%s: %.80s", err_text(&e), body);
    return parsed->root;
}

static const struct ha_info *info(const char *body)
{
    struct err e = ERR_INIT;
    teardown(NULL);
    if (wire_haproxy_info(body, strlen(body), &parsed, &e))
        fail_msg("%s: %.80s", err_text(&e), body);
    return parsed->root;
}

static void info_of_2_6(void **state)
{
    (void)state;
    const struct ha_info *i =
        info("admin\n\nName: HAProxy\nVersion: 2.6.12-1+deb12u4\nRelease_date: 2026/10/17\n"
             "Nbthread: 2\nPid: 15541\nUptime: 0d 0h00m12s\nUptime_sec: 12\nMaxconn: 100\n"
             "Hard_maxconn: 100\nCurrConns: 3\nConnRate: 1\nMaxConnRate: 9\nIdle_pct: 98\n"
             "node: lb-a\nStopping: 0\n\n");
    assert_int_equal(i->level, HA_LEVEL_ADMIN);
    assert_string_equal(i->version, "2.6.12-1+deb12u4");
    assert_string_equal(i->node, "lb-a");
    assert_int_equal(i->pid, 15541);
    assert_int_equal(i->uptime_s, 12);
    assert_int_equal(i->max_conn, 100);
    assert_int_equal(i->connections, 3);
    assert_int_equal(i->conn_rate, 1);
    assert_int_equal(i->max_conn_rate, 9);
    assert_int_equal(i->idle_percent, 98);
    assert_int_equal(i->stopping, 0);
}

/* 1.8 does not know "show cli level", and prints its help in its place. */
static void info_of_others(void **state)
{
    (void)state;
    const struct ha_info *i = info("Unknown command. Please enter one of the following commands:\n"
                                   "  show info : report\n\nName: HAProxy\r\nVersion: 1.8.30\r\n");
    assert_int_equal(i->level, HA_LEVEL_UNKNOWN);
    assert_string_equal(i->version, "1.8.30");
    assert_int_equal(i->max_conn, -1);
    assert_int_equal(i->stopping, -1);
    assert_int_equal(info("user\nVersion: 3.0.11")->level, HA_LEVEL_USER);
    assert_int_equal(info("operator\nVersion: 3.0.11")->level, HA_LEVEL_OPERATOR);
    assert_int_equal(info("administrator\nVersion: 3\nMaxconn: -4\nCurrConns: x\n")->max_conn, -1);
    assert_string_equal(info("Version: 2\033[2J\n")->version, "2\xef\xbf\xbd[2J");
}

static void info_that_is_none(void **state)
{
    static const char *const bodies[] = {
        "", "\n\n", "Permission denied\n", "admin\n", "Version:\n", "Version\n", "XVersion: 2\n"};
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct err e = ERR_INIT;
        struct facts *f = NULL;
        if (wire_haproxy_info(bodies[i], strlen(bodies[i]), &f, &e) != ST_INVALID || f)
            fail_msg("taken: %s", bodies[i]);
        err_release(&e);
    }
}

#define ROWS                                                                            \
    "# pxname,svname,status,type,\nrw,FRONTEND,OPEN,0,\nrw,pg1,UP,2,\nrw,pg2,DOWN,2,\n" \
    "rw,BACKEND,UP,1,\nro,pg1,DOWN,2,\n\n"
#define STATES \
    "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight\n"

/* A server that is down by its check and drained says only DOWN. */
static void states_of_servers(void **state)
{
    (void)state;
    const struct ha_stats *s = csv(ROWS STATES "2 rw 1 pg1 127.0.0.1 2 0 1\n"
                                               "2 rw 2 pg2 127.0.0.1 0 8 1\n"
                                               "3 ro 1 pg1 127.0.0.1 0 1 1\n\n");
    assert_int_equal(s->n, 5);
    assert_int_equal(s->v[0].admin, -1);
    assert_int_equal(s->v[1].admin, 0);
    assert_int_equal(s->v[2].admin, 8);
    assert_int_equal(s->v[2].status, HA_DOWN);
    assert_true(ha_row_in_drain(&s->v[2]));
    assert_false(ha_row_in_maint(&s->v[2]));
    assert_int_equal(s->v[3].admin, -1);
    assert_true(ha_row_in_maint(&s->v[4]));
    assert_false(ha_row_in_drain(&s->v[4]));
}

/* However many lines name servers that are not there, each of which would be looked for among all:
 * those in order before them count, and the reading ends. */
static void states_without_end(void **state)
{
    enum { ROWS_MANY = 5000, LINES = 200000 };
    struct buf b;
    (void)state;
    buf_init(&b);
    buf_puts(&b, "# pxname,svname,status,type,\n");
    for (int i = 0; i < ROWS_MANY; i++)
        buf_addf(&b, "rw,pg%d,UP,2,\n", i);
    buf_puts(&b, "\n" STATES);
    for (int i = 0; i < ROWS_MANY; i++)
        buf_addf(&b, "2 rw 1 pg%d 127.0.0.1 2 %d 1\n", i, i == ROWS_MANY - 1 ? 8 : 0);
    for (int i = 0; i < LINES; i++)
        buf_puts(&b, "2 rw 1 x 127.0.0.1 2 1 1\n");
    clock_t from = clock();
    const struct ha_stats *s = csv(b.s);
    assert_int_equal(s->v[ROWS_MANY - 1].admin, 8);
    assert_int_equal(s->v[0].admin, 0);
    /* Looked for to the end they take minutes. */
    if (clock() - from > 10 * CLOCKS_PER_SEC)
        fail_msg("it took %.1f s", (double)(clock() - from) / CLOCKS_PER_SEC);
    buf_release(&b);
}

static void states_that_are_odd(void **state)
{
    static const char *const odd[] = {
        "",
        "2\n# be_name srv_name srv_admin_state\nrw pg2 8\n", /* another format */
        "1\n# be_name srv_name\nrw pg2 8\n",                 /* no such column */
        STATES "2 rw 2 pg2 127.0.0.1 0 many 1\n",
        STATES "2 rw 2 pg2 127.0.0.1 0 -8 1\n",
        STATES "2 rw 2 pg2 127.0.0.1 0 99999999999999999999 1\n",
        STATES "2 rw 2 pg9 127.0.0.1 0 8 1\n",
        STATES "2 rw\n",
        STATES "2 rw 2 pg2 127.0.0.1 0",
    };
    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct buf b;
        struct facts *f = NULL;
        struct err e = ERR_INIT;
        buf_init(&b);
        buf_puts(&b, ROWS);
        buf_puts(&b, odd[i]);
        /* Anything but the format that is known is a line of the statistics, or nothing. */
        if (wire_haproxy_csv(b.s, b.len, &f, &e) == ST_OK) {
            const struct ha_stats *s = f->root;
            if (s->v[2].admin != -1)
                fail_msg("case %zu: admin %d", i, s->v[2].admin);
        }
        facts_unref(f);
        err_release(&e);
        buf_release(&b);
    }
}

/* What is not said is -1, never 0. */
static void columns_of_1_8_2_6_and_3_0(void **state)
{
    (void)state;
    const struct ha_row *r =
        csv("# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,"
            "wretr,wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,"
            "sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code,"
            "check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,"
            "req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt,comp_in,comp_out,comp_byp,comp_rsp,"
            "lastsess,last_chk,last_agt,qtime,ctime,rtime,ttime,agent_status,agent_code,"
            "agent_duration,check_desc,agent_desc,check_rise,check_fall,check_health,agent_rise,"
            "agent_fall,agent_health,addr,cookie,mode,algo,conn_rate,conn_rate_max,conn_tot,"
            "intercepted,dcon,dses,\n"
            "rw,pg3,1,2,4,7,20,11,266,695,,0,,5,0,0,0,UP,100,1,0,3,1,406,25,30,1,2,3,,1,,2,6,,8,"
            "L7OK,200,1,,,,,,,,,,,0,0,,,,,1176,,,0,0,0,600095,L4OK,,,Layer7 check passed,,1,3,3,,,,"
            "127.0.0.1:26233,,tcp,,,,,,,,\n")
            ->v;
    assert_int_equal(r->queue, 1);
    assert_int_equal(r->queue_max, 2);
    assert_int_equal(r->sessions, 4);
    assert_int_equal(r->sessions_max, 7);
    assert_int_equal(r->session_limit, 20);
    assert_int_equal(r->sessions_total, 11);
    assert_int_equal(r->connect_errors, 5);
    assert_int_equal(r->weight, 100);
    assert_int_equal(r->failed_checks, 3);
    assert_int_equal(r->downs, 1);
    assert_int_equal(r->downtime_s, 25);
    assert_int_equal(r->queue_limit, 30);
    assert_int_equal(r->rate, 6);
    assert_int_equal(r->rate_max, 8);
    assert_int_equal(r->last_session_s, 1176);
    assert_string_equal(r->agent_status, "L4OK");
    assert_string_equal(r->mode, "tcp");
    assert_int_equal(r->admin, -1);
    r = csv("# pxname,svname,status,type,qlimit,slim,lastsess\nrw,pg3,UP,2,0,,-1\n")->v;
    assert_int_equal(r->queue, -1);
    assert_int_equal(r->queue_limit, -1);
    assert_int_equal(r->session_limit, -1);
    assert_int_equal(r->last_session_s, -1);
    assert_int_equal(r->rate, -1);
    assert_string_equal(r->mode, "");
}

static void what_is_said_instead(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a);
    assert_string_equal(wire_haproxy_said("\n", 1, &a), "");
    assert_string_equal(wire_haproxy_said("", 0, &a), "");
    assert_string_equal(wire_haproxy_said(NULL, 0, &a), "");
    assert_string_equal(wire_haproxy_said("No such server.\n\n", 17, &a), "No such server.");
    assert_string_equal(wire_haproxy_said("\nNo\033[m\r\nmore", 14, &a), "No\xef\xbf\xbd[m");
    arena_release(&a);
}

static void names_in_commands(void **state)
{
    static const char *const bad[] = {"", "a b", "a;b", "a/b", "a\nb", "a\"b", "a'b", "a\\b", "#a"};
    (void)state;
    assert_true(wire_haproxy_name_ok("pg-1.example_com:5432"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (wire_haproxy_name_ok(bad[i]))
            fail_msg("taken: %s", bad[i]);
}

int main(void)
{
#define T(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        T(info_of_2_6),
        T(info_of_others),
        T(info_that_is_none),
        T(states_of_servers),
        T(states_without_end),
        T(states_that_are_odd),
        T(columns_of_1_8_2_6_and_3_0),
        T(what_is_said_instead),
        T(names_in_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
