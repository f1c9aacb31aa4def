/* wire/haproxy: statistics as HAProxy 2.6 gave them, and what else may come from that address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

static void refuses_n(const char *body, size_t n, const char *reason)
{
    struct err e = ERR_INIT;
    struct facts *f = NULL;
    if (wire_haproxy_csv(body, n, &f, &e) != ST_INVALID || f)
        fail_msg("taken: %.60s", body);
    if (!strstr(err_text(&e), reason))
        fail_msg("\"%s\" does not say \"%s\"", err_text(&e), reason);
    err_release(&e);
}

static void refuses(const char *body, const char *reason)
{
    refuses_n(body, strlen(body), reason);
}

/* Lines of the lab's HAProxy, show-legends on, cut behind the columns of all versions. */
static const char head_2_6[] =
    "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,"
    "wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,"
    "lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code,check_duration,hrsp_1xx,"
    "hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max,req_tot,"
    "cli_abrt,srv_abrt,comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,qtime,ctime,"
    "rtime,ttime,agent_status,agent_code,agent_duration,check_desc,agent_desc,check_rise,"
    "check_fall,check_health,agent_rise,agent_fall,agent_health,addr,cookie,mode,algo,-,ssl_sess,"
    "type,\n";

static const char rows_2_6[] =
    "rw,FRONTEND,,,0,1,500,1,266,695,0,0,0,,,,,OPEN,,,,,,,,,1,2,0,,,,0,0,0,1,,,,,,,,,,,0,0,0,,,0,"
    "0,0,0,,,,,,,,,,,,,,,,,,,,,tcp,,-,0,9,\n"
    "rw,pg1,0,0,0,0,,0,0,0,,0,,0,0,0,0,DOWN,1,1,0,4,2,422,1166,,1,2,1,,0,,2,0,,0,L7STS,503,2,,,,,,"
    ",,,,,0,0,,,,,-1,Service Unavailable,,0,0,0,0,,,,Layer7 wrong status,,1,3,0,,,,127.0.0.1:26231,"
    ",tcp,,-,0,9,\n"
    "rw,pg3,0,0,4,1,,1,266,695,,0,,0,0,0,0,UP,1,1,0,3,1,406,25,,1,2,3,,1,,2,0,,1,* L7OK,200,1,,,,,"
    ",,,,,,0,0,,,,,1176,,,0,0,0,600095,,,,Layer7 check passed,,1,3,3,,,,127.0.0.1:26233,,tcp,,-,0,"
    "9,\n"
    "rw,BACKEND,0,0,4,1,50,1,266,695,0,0,,0,0,0,0,UP,1,1,0,,1,406,16,,1,2,0,,1,,1,0,,1,,,,,,,,,,,,,"
    ",0,0,0,0,0,0,1176,,,0,0,0,600095,,,,,,,,,,,,,,tcp,roundrobin,-,0,9,\n";

static void statistics_of_2_6(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b);
    buf_puts(&b, head_2_6);
    buf_puts(&b, rows_2_6);
    const struct ha_stats *s = csv(b.s);
    buf_release(&b);
    assert_int_equal(s->n, 4);
    const struct ha_row *r = &s->v[0];
    assert_int_equal(r->type, HA_FRONTEND); /* not the module's column of that name */
    assert_string_equal(r->proxy, "rw");
    assert_string_equal(r->name, "FRONTEND");
    assert_int_equal(r->status, HA_UP);
    assert_string_equal(r->status_text, "OPEN");
    assert_string_equal(r->check_status, "");
    assert_int_equal(r->check_code, 0);
    assert_int_equal(r->check_ms, -1);
    assert_int_equal(r->changed_s, -1);
    assert_int_equal(r->active, -1);
    r = &s->v[1];
    assert_int_equal(r->type, HA_SERVER);
    assert_string_equal(r->name, "pg1");
    assert_int_equal(r->status, HA_DOWN);
    assert_string_equal(r->check_status, "L7STS");
    assert_int_equal(r->check_code, 503);
    assert_int_equal(r->check_ms, 2);
    assert_string_equal(r->last_check, "Service Unavailable");
    assert_int_equal(r->sessions, 0);
    assert_int_equal(r->changed_s, 422);
    assert_string_equal(r->addr, "127.0.0.1:26231");
    assert_true(ha_row_is_standby(r));
    assert_false(ha_row_takes(r));
    r = &s->v[2];
    assert_int_equal(r->status, HA_UP);
    assert_string_equal(r->check_status, "L7OK"); /* a check is running */
    assert_int_equal(r->sessions, 4);
    assert_true(ha_row_takes(r));
    r = &s->v[3];
    assert_int_equal(r->type, HA_BACKEND);
    assert_int_equal(r->active, 1);
    assert_int_equal(r->backups, 0);
}

static void every_status(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum ha_status status;
    } rows[] = {
        {"UP", HA_UP},
        {"UP 2/3", HA_GOING_DOWN},
        {"DOWN", HA_DOWN},
        {"DOWN 1/2", HA_GOING_UP},
        {"DOWN (agent)", HA_DOWN},
        {"NOLB", HA_DRAIN},
        {"NOLB 1/2", HA_DRAIN},
        {"DRAIN", HA_DRAIN},
        {"DRAIN (agent)", HA_DRAIN},
        {"MAINT", HA_MAINT},
        {"MAINT (via rw/pg1)", HA_MAINT},
        {"MAINT (resolution)", HA_MAINT},
        {"no check", HA_NO_CHECK},
        {"OPEN", HA_UP},
        {"STOP", HA_DOWN},
        {"FULL", HA_UNKNOWN},
        {"UPSIDE", HA_UNKNOWN},
        {"up", HA_UNKNOWN},
        {"", HA_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b;
        buf_init(&b);
        buf_addf(&b, "# pxname,svname,status,type\nrw,pg1,%s,2\n", rows[i].text);
        const struct ha_row *r = &csv(b.s)->v[0];
        if (r->status != rows[i].status || strcmp(r->status_text, rows[i].text) != 0)
            fail_msg("\"%s\" is %d", rows[i].text, r->status);
        buf_release(&b);
    }
}

static void columns_are_found_by_name(void **state)
{
    (void)state;
    const struct ha_stats *s = csv("# pxname,type,addr,svname,new,status,\na,2,h:1,b,7,UP,\n\n");
    assert_int_equal(s->n, 1);
    assert_string_equal(s->v[0].name, "b");
    assert_string_equal(s->v[0].addr, "h:1");
    assert_int_equal(s->v[0].status, HA_UP);
    assert_int_equal(s->v[0].sessions, -1);
    assert_string_equal(s->v[0].last_check, "");
}

static void quotes_and_line_ends(void **state)
{
    (void)state;
    const struct ha_stats *s = csv("# pxname,svname,status,type,last_chk\r\n"
                                   "\"a,b\",\"c\"\"d\",UP,2,\"two\nlines, \"\"quoted\"\"\"\r\n"
                                   "\"\",x\"y,DOWN,2,\n");
    assert_int_equal(s->n, 2);
    assert_string_equal(s->v[0].proxy, "a,b");
    assert_string_equal(s->v[0].name, "c\"d");
    assert_string_equal(s->v[0].last_check, "two lines, \"quoted\"");
    assert_string_equal(s->v[1].proxy, "");
    assert_string_equal(s->v[1].name, "x\"y");
}

static void types_that_are_not_ours_are_passed_over(void **state)
{
    (void)state;
    const struct ha_stats *s =
        csv("# pxname,svname,status,type\na,b,UP,4\na,c,UP,3\na,d,UP,99999999999\n");
    assert_int_equal(s->n, 1);
    assert_int_equal(s->v[0].type, HA_LISTENER);
    assert_int_equal(csv("# pxname,svname,status,type\n")->n, 0);
}

static void numbers_that_are_none(void **state)
{
    (void)state;
    const struct ha_row *r = csv("# pxname,svname,status,type,scur,act,lastchg,check_code,"
                                 "check_duration\na,b,UP,2,many,-3,1e9,2000,99999999999999999999\n")
                                 ->v;
    assert_int_equal(r->sessions, -1);
    assert_int_equal(r->active, -1);
    assert_int_equal(r->changed_s, -1);
    assert_int_equal(r->check_code, 0);
    assert_int_equal(r->check_ms, -1);
}

static void texts_are_cleaned(void **state)
{
    (void)state;
    const struct ha_row *r =
        csv("# pxname,svname,status,type,last_chk\na\033[2J,b\x9b,UP\a,2,\xff\t\n")->v;
    assert_string_equal(r->proxy, "a\xef\xbf\xbd[2J");
    assert_string_equal(r->name, "b\xef\xbf\xbd");
    assert_string_equal(r->status_text, "UP\xef\xbf\xbd");
    assert_int_equal(r->status, HA_UNKNOWN);
    assert_string_equal(r->last_check, "\xef\xbf\xbd ");
}

static void pages_that_are_no_csv(void **state)
{
    (void)state;
    refuses("", "expected HAProxy's CSV");
    refuses_n(NULL, 0, "expected HAProxy's CSV");
    refuses("<html><body>Unauthorized", "expected HAProxy's CSV");
    refuses("pxname,svname,status,type\n", "expected HAProxy's CSV");
    refuses("Unknown command. Please enter one of", "expected HAProxy's CSV");
    refuses("# pxname,svname,type\na,b,2\n", "no column \"status\"");
    /* What looks like the end of the table, within quotes: the rows behind it were not counted. */
    refuses("# pxname,svname,status,type,x\na,b,UP,2,\"two\n1\n# srv \"\nc,d,UP,2,\ne,f,UP,2,\n",
            "stands where it had ended");
    refuses("# pxname,svname,-,status,type\na,b,,UP,2\n", "no column \"status\"");
    refuses("# pxname,svname,status,type\na,b,UP,server\n", "line 2 of the CSV has no type");
    refuses("# pxname,svname,status,type\na,b,UP,-1\n", "line 2 of the CSV has no type");
    refuses("# pxname,svname,status,type\na,b,UP,2\na,b,UP\n", "line 3 of the CSV has no type");
}

/* Wherever it was cut: all of it, or nothing. */
static void cut_off_anywhere(void **state)
{
    (void)state;
    const char *body = "# pxname,svname,status,type,addr\na,b,UP,2,h:1\na,\"c\",DOWN,2,h:2\n";
    for (size_t n = 0; n < strlen(body); n++) {
        struct err e = ERR_INIT;
        struct facts *f = NULL;
        bool whole_line = n && body[n - 1] == '\n';
        enum status st = wire_haproxy_csv(body, n, &f, &e);
        if ((st == ST_OK) != whole_line)
            fail_msg("%zu bytes: %s", n, st ? err_text(&e) : "taken");
        facts_unref(f);
        err_release(&e);
    }
}

static void absurd_sizes(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b);
    buf_puts(&b, "# pxname,svname,status,type");
    for (int i = 0; i < 600; i++)
        buf_putc(&b, ',');
    buf_putc(&b, '\n');
    refuses(b.s, "absurd: more than 512 columns");
    buf_clear(&b);
    buf_puts(&b, "# pxname,svname,status,type\n");
    for (int i = 0; i < 10000; i++)
        buf_puts(&b, "a,b,UP,2\n");
    assert_int_equal(csv(b.s)->n, 10000);
    buf_puts(&b, "a,b,UP,2\n");
    refuses(b.s, "absurd: more than 10000 rows");
    buf_clear(&b);
    buf_puts(&b, "# pxname,svname,status,type\na,b,UP,2"); /* longer than the header: no harm */
    for (int i = 0; i < 100000; i++)
        buf_putc(&b, ',');
    buf_putc(&b, '\n');
    assert_int_equal(csv(b.s)->n, 1);
    buf_release(&b);
}

int main(void)
{
#define T(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        T(statistics_of_2_6),
        T(every_status),
        T(columns_are_found_by_name),
        T(quotes_and_line_ends),
        T(types_that_are_not_ours_are_passed_over),
        T(numbers_that_are_none),
        T(texts_are_cleaned),
        T(pages_that_are_no_csv),
        T(cut_off_anywhere),
        T(absurd_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
