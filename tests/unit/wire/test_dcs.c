/* wire/dcs: Patroni's keys, as ranges and changes of them, read into one picture. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/wire/dcs.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))
#define PREFIX   "/service/demo/"

static struct wire_dcs *keys;
static struct facts *held;

static int setup(void **state)
{
    (void)state;
    keys = wire_dcs_new(PREFIX);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    facts_unref(held);
    held = NULL;
    wire_dcs_free(keys);
    return 0;
}

static const struct dcs *read_now(void)
{
    facts_unref(held);
    held = wire_dcs_read(keys);
    return held->root;
}

/* A key and its value, both without NULs. */
static struct etcd_kv kv(const char *key, const char *value, int64_t revision)
{
    return (struct etcd_kv){.key = key,
                            .key_len = strlen(key),
                            .value = value,
                            .value_len = strlen(value),
                            .create_revision = revision,
                            .mod_revision = revision,
                            .version = 1};
}

static struct etcd_kv gone(const char *key, int64_t revision)
{
    struct etcd_kv e = kv(key, "", revision);
    e.create_revision = 0;
    e.deleted = true;
    return e;
}

static const struct dcs *range(const struct etcd_kv *v, int n, int64_t revision)
{
    struct etcd_range r = {.header.revision = revision, .n = n, .kv = v};
    wire_dcs_range(keys, &r);
    return read_now();
}

/* The picture when this key alone is there. */
static const struct dcs *only(const char *key, const char *value)
{
    struct etcd_kv v = kv(key, value, 7);
    return range(&v, 1, 9);
}

/* ---- values */

static void a_cluster_of_3_0_2(void **state)
{
    (void)state;
    struct etcd_kv v[] = {
        kv(PREFIX "config", "{\"ttl\":20,\"loop_wait\":5,\"retry_timeout\":5,\"pause\":true}", 12),
        kv(PREFIX "history",
           "[[1,67119848,\"no recovery target specified\","
           "\"2026-11-21T03:12:07.123456+00:00\",\"pg3\"]]",
           20),
        kv(PREFIX "initialize", "7710507104487677636", 11),
        kv(PREFIX "leader", "pg3", 13),
        kv(PREFIX "members/pg3",
           "{\"conn_url\":\"postgres://127.0.0.1:26233/postgres\",\"api_url\":"
           "\"http://127.0.0.1:26263/patroni\",\"state\":\"running\",\"role\":\"master\","
           "\"version\":\"3.0.2\",\"checkpoint_after_promote\":false,\"xlog_location\":67108960,"
           "\"timeline\":1}",
           30),
        kv(PREFIX "members/pg1",
           "{\"conn_url\":\"postgres://127.0.0.1:26231/postgres\",\"api_url\":"
           "\"http://127.0.0.1:26261/patroni\",\"state\":\"running\",\"role\":\"replica\","
           "\"version\":\"3.0.2\",\"xlog_location\":67108961,\"timeline\":1,\"pending_restart\":"
           "true,\"tags\":{\"nofailover\":true}}",
           31),
        kv(PREFIX "status", "{\"optime\":67108960,\"slots\":{}}", 29),
    };
    v[3].lease = v[4].lease = 5461074130223486473;
    v[5].create_revision = 3;
    const struct dcs *d = range(v, COUNT(v), 32);
    assert_string_equal(d->prefix, PREFIX);
    assert_int_equal(d->revision, 32);
    assert_true(d->whole);
    assert_string_equal(d->leader, "pg3");
    assert_true(d->leader_lease == 5461074130223486473);
    assert_int_equal(d->leader_term_rev, 13);
    assert_int_equal(d->optime, 67108960);
    assert_int_equal(d->optime_revision, 29);
    assert_string_equal(d->initialize, "7710507104487677636");
    assert_int_equal(d->config->ttl, 20);
    assert_true(d->config->paused);
    assert_non_null(strstr(d->config_text, "\"loop_wait\":5"));
    assert_int_equal(d->history->n, 1);
    assert_string_equal(d->history->v[0].new_leader, "pg3");
    assert_false(d->failover.present || d->sync.present || d->failsafe);
    assert_null(d->failover_text);
    assert_int_equal(d->nmembers, 2); /* by name */
    const struct dcs_member *m = &d->members[0];
    assert_string_equal(m->name, "pg1");
    assert_string_equal(m->row.name, "pg1");
    assert_int_equal(m->row.role, ROLE_REPLICA);
    assert_int_equal(m->row.state, PGS_RUNNING);
    assert_string_equal(m->row.api_url, "http://127.0.0.1:26261/patroni");
    assert_string_equal(m->row.host, "127.0.0.1");
    assert_int_equal(m->row.port, 26231);
    assert_int_equal(m->row.timeline, 1);
    assert_true(m->row.lag == LAG_UNKNOWN);
    assert_true(m->row.pending_restart && m->row.tags.nofailover);
    assert_int_equal(m->location, 67108961);
    assert_true(m->replayed == LSN_UNKNOWN && m->received == LSN_UNKNOWN);
    assert_string_equal(m->patroni_version, "3.0.2");
    assert_null(m->replication_state);
    assert_int_equal(m->create_revision, 3);
    assert_int_equal(m->mod_revision, 31);
    assert_int_equal(m->lease, 0);
    assert_false(m->checkpoint_pending || m->paused);
    m = &d->members[1];
    assert_string_equal(m->row.role_text, "master");
    assert_int_equal(m->row.role, ROLE_LEADER);
    assert_true(m->checkpoint_pending);
    assert_true(m->lease == d->leader_lease);
}

static void a_member_of_4_1(void **state)
{
    (void)state;
    const struct dcs *d = only(
        PREFIX "members/pg2",
        "{\"conn_url\":\"postgres://[fd00::2]:5433/postgres?x\",\"state\":\"running\",\"role\":"
        "\"replica\",\"version\":\"4.1.4\",\"replication_state\":\"streaming\",\"pause\":true,"
        "\"xlog_location\":200,\"replay_lsn\":150,\"receive_lsn\":200,\"timeline\":3,"
        "\"scheduled_restart\":{\"schedule\":\"2026-11-22T03:00:00+00:00\"},"
        "\"pending_restart_reason\":{\"max_connections\":{\"old_value\":\"100\","
        "\"new_value\":\"200\"}}}");
    const struct dcs_member *m = &d->members[0];
    assert_int_equal(m->row.state, PGS_STREAMING);
    assert_string_equal(m->row.state_text, "streaming");
    assert_string_equal(m->replication_state, "streaming");
    assert_string_equal(m->row.host, "fd00::2");
    assert_int_equal(m->row.port, 5433);
    assert_true(m->paused);
    assert_int_equal(m->location, 200);
    assert_int_equal(m->replayed, 150);
    assert_int_equal(m->row.replay_lsn, 150);
    assert_int_equal(m->received, 200);
    assert_int_equal(m->row.receive_lsn, 200);
    assert_string_equal(m->row.scheduled_restart.at, "2026-11-22T03:00:00+00:00");
    assert_int_equal(m->row.npending, 1);
}

static void connection_urls(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host;
        int port;
    } rows[] = {
        {"postgres://a.b:5432/postgres", "a.b", 5432},
        {"postgres://a.b/postgres", "a.b", 0},
        {"postgres://a.b", "a.b", 0},
        {"postgres://u:p:w@x@a.b:1/", "a.b", 1}, /* the password is nobody's business */
        {"postgres://[::1]/", "::1", 0},
        {"postgres://[::1:5432/", NULL, 0},
        {"postgres://:5432/", NULL, 5432},
        {"postgres://a:99999/", "a", 0},
        {"postgres://a:-1/", "a", 0},
        {"postgres://a:x/", "a", 0},
        {"postgres:///db", NULL, 0},
        {"a:5432", NULL, 0},
        {"", NULL, 0},
    };
    for (int i = 0; i < COUNT(rows); i++) {
        struct buf b;
        buf_init(&b);
        buf_addf(&b, "{\"conn_url\":\"%s\"}", rows[i].url);
        const struct cluster_member *r = &only(PREFIX "members/a", b.s)->members[0].row;
        if (r->port != rows[i].port || !r->host != !rows[i].host ||
            (r->host && strcmp(r->host, rows[i].host) != 0))
            fail_msg("%s: %s port %d", rows[i].url, r->host ? r->host : "-", r->port);
        buf_release(&b);
    }
}

static void failover_requests(void **state)
{
    (void)state;
    static const struct {
        const char *value, *leader, *candidate, *at;
    } rows[] = {
        {"{\"leader\":\"pg1\",\"member\":\"pg2\"}", "pg1", "pg2", NULL},
        {"{\"member\":\"pg2\"}", NULL, "pg2", NULL},
        {"{\"leader\":\"pg1\",\"scheduled_at\":\"2026-11-22T03:00:00+00:00\"}", "pg1", NULL,
         "2026-11-22T03:00:00+00:00"},
        {"pg1:pg2", "pg1", "pg2", NULL},
        {" pg1 : pg2 ", "pg1", "pg2", NULL},
        {"pg1", "pg1", NULL, NULL},
        {":pg2", NULL, "pg2", NULL},
        {"{}", NULL, NULL, NULL},
        {"{\"leader\":null,\"member\":\"\"}", NULL, NULL, NULL},
        {"", NULL, NULL, NULL},
        {":", NULL, NULL, NULL},
        {"null", NULL, NULL, NULL},
        {"[\"pg1\",\"pg2\"]", NULL, NULL, NULL},
        {"{\"leader\":\"pg1\"", NULL, NULL, NULL},
        {"{\"leader\":{\"a\":1},\"member\":[2]}", NULL, NULL, NULL},
    };
    for (int i = 0; i < COUNT(rows); i++) {
        const struct dcs *d = only(PREFIX "failover", rows[i].value);
        const struct dcs_failover *f = &d->failover;
        const char *got[] = {f->leader, f->candidate, f->scheduled_at};
        const char *want[] = {rows[i].leader, rows[i].candidate, rows[i].at};
        bool any = false;
        for (int k = 0; k < 3; k++) {
            any |= want[k] != NULL;
            if (!got[k] != !want[k] || (got[k] && strcmp(got[k], want[k]) != 0))
                fail_msg("%s: %d is %s", rows[i].value, k, got[k] ? got[k] : "-");
        }
        if (f->present != any || f->revision != 7)
            fail_msg("%s: present %d, revision %d", rows[i].value, f->present, (int)f->revision);
        assert_string_equal(d->failover_text, rows[i].value);
    }
}

static void other_values(void **state)
{
    (void)state;
    const struct dcs *d = only(PREFIX "sync", "{\"leader\":\"pg1\",\"sync_standby\":\"pg2,pg3\"}");
    assert_true(d->sync.present);
    assert_string_equal(d->sync.leader, "pg1");
    assert_string_equal(d->sync.standbys, "pg2,pg3");
    d = only(PREFIX "sync", "{\"leader\":\"pg1\",\"sync_standby\":null,\"quorum\":0}");
    assert_true(d->sync.present);
    assert_null(d->sync.standbys);
    assert_true(only(PREFIX "failsafe", "{\"pg1\":\"http://a\"}")->failsafe);
    assert_string_equal(only(PREFIX "initialize", "")->initialize, "");
    assert_int_equal(only(PREFIX "optime/leader", "67108960")->optime, 67108960);
    assert_int_equal(only(PREFIX "status", "67108960")->optime, 67108960);
    assert_int_equal(only(PREFIX "status", "67108960")->optime_revision, 7);
    d = only(PREFIX "leader", "");
    assert_null(d->leader);
    d = range(NULL, 0, 5);
    assert_null(d->initialize);
    assert_true(d->optime == LSN_UNKNOWN);
    assert_int_equal(d->revision, 5);
    assert_null(d->config);
    assert_null(d->history);
    assert_int_equal(d->leader_term_rev, 0);
}

static void status_goes_before_optime(void **state)
{
    (void)state;
    struct etcd_kv v[] = {
        kv(PREFIX "optime/leader", "5", 3),
        kv(PREFIX "status", "{\"optime\":9}", 4),
    };
    const struct dcs *d = range(v, 2, 9);
    assert_int_equal(d->optime, 9);
    assert_int_equal(d->optime_revision, 4);
    v[1] = kv(PREFIX "status", "{\"optime\":\"x\"}", 4);
    d = range(v, 2, 9);
    assert_int_equal(d->optime, 5);
    assert_int_equal(d->optime_revision, 3);
}

/* One value that is not what it must be, and the rest of the picture. */
static void bad_values_leave_the_rest(void **state)
{
    (void)state;
    static const char *const bad[] = {"",       "{",        "[]",       "7",    "\"x\"", "null",
                                      "{\"a\"", "[[[[[[[[", "\xff\xfe", "true", "-1"};
    static const char *const where[] = {"config", "history", "members/pg1", "status", "sync"};
    for (int i = 0; i < COUNT(bad); i++) {
        for (int k = 0; k < COUNT(where); k++) {
            char name[64];
            snprintf(name, sizeof name, PREFIX "%s", where[k]);
            struct etcd_kv v[] = {kv(name, bad[i], 3), kv(PREFIX "leader", "pg1", 4)};
            const struct dcs *d = range(v, 2, 9);
            assert_string_equal(d->leader, "pg1");
            assert_null(d->config);
            assert_true(!d->history || d->history->n == 0); /* [] is a history */
            assert_false(d->sync.present);
            if (strcmp(bad[i], "7") != 0) /* "status" of 2.0 is a bare number */
                assert_true(d->optime == LSN_UNKNOWN);
            if (k == 2) {
                assert_int_equal(d->nmembers, 1);
                assert_string_equal(d->members[0].row.state_text, "");
                assert_int_equal(d->members[0].row.role, ROLE_UNKNOWN);
                assert_true(d->members[0].location == LSN_UNKNOWN);
            }
        }
    }
}

static void wrong_types_in_a_member(void **state)
{
    (void)state;
    const struct dcs *d =
        only(PREFIX "members/pg1",
             "{\"conn_url\":7,\"api_url\":[],\"state\":{},\"role\":null,\"xlog_location\":\"far\","
             "\"replay_lsn\":-5,\"timeline\":\"two\",\"tags\":[1],\"pending_restart\":\"maybe\","
             "\"lag\":5,\"receive_lag\":5,\"pause\":[true],\"checkpoint_after_promote\":\"soon\","
             "\"version\":{},\"scheduled_restart\":\"now\",\"replication_state\":false}");
    const struct dcs_member *m = &d->members[0];
    assert_null(m->row.api_url);
    assert_null(m->row.host);
    assert_int_equal(m->row.state, PGS_UNKNOWN);
    assert_true(m->location == LSN_UNKNOWN && m->replayed == LSN_UNKNOWN);
    assert_int_equal(m->row.timeline, 0);
    assert_true(m->row.lag == LAG_UNKNOWN && m->row.receive_lag == LAG_UNKNOWN);
    assert_false(m->row.pending_restart || m->paused || m->checkpoint_pending);
    assert_null(m->patroni_version);
    assert_null(m->row.scheduled_restart.at);
}

static void texts_are_cleaned(void **state)
{
    (void)state;
    struct etcd_kv v[] = {
        kv(PREFIX "leader", "pg\033[2J", 4),
        kv(PREFIX "members/p\033c", "{\"state\":\"\\u001b]0;x\\u0007\",\"role\":\"a\\u0000b\"}", 5),
        kv(PREFIX "initialize", "1\r\n2", 6),
        kv(PREFIX "failover", "\033c:\xff", 6),
        kv(PREFIX "config", "{\n\t\"a\":\"\033\"}", 6),
    };
    v[0].value_len = 6;
    v[0].value = "p\0g\033[2";
    const struct dcs *d = range(v, COUNT(v), 9);
    assert_string_equal(d->leader, "p\xef\xbf\xbdg\xef\xbf\xbd[2");
    assert_string_equal(d->members[0].name, "p\xef\xbf\xbd"
                                            "c");
    assert_string_equal(d->members[0].row.state_text, "\xef\xbf\xbd]0;x\xef\xbf\xbd");
    assert_string_equal(d->members[0].row.role_text, "a\xef\xbf\xbd"
                                                     "b");
    assert_string_equal(d->failover.leader, "\xef\xbf\xbd"
                                            "c");
    assert_string_equal(d->failover.candidate, "\xef\xbf\xbd");
    const char *texts[] = {d->initialize, d->config_text, d->failover_text};
    for (int i = 0; i < COUNT(texts); i++)
        for (const char *p = texts[i]; *p; p++)
            assert_true((unsigned char)*p >= 0x20);
}

/* ---- which keys */

static void keys_of_others_are_passed_over(void **state)
{
    (void)state;
    struct etcd_kv v[] = {
        kv("/service/demo", "x", 1),           kv("/service/demo/", "x", 1),
        kv("/service/demo2/leader", "pg9", 1), kv("/service/leader", "pg9", 1),
        kv(PREFIX "0/leader", "pg9", 1), /* a group of Citus */
        kv(PREFIX "0/members/pg9", "{}", 1),   kv(PREFIX "members/", "{}", 1),
        kv(PREFIX "members/a/b", "{}", 1),     kv(PREFIX "leader2", "pg9", 1),
        kv(PREFIX "lead", "pg9", 1),           kv(PREFIX "members/pg1", "{}", 1),
    };
    const struct dcs *d = range(v, COUNT(v), 3);
    assert_null(d->leader);
    assert_int_equal(d->nmembers, 1);
    assert_string_equal(d->members[0].name, "pg1");
}

static void no_more_members_than_are_believed(void **state)
{
    (void)state;
    static char names[1200][40];
    static struct etcd_kv v[1200];
    for (int i = 0; i < 1200; i++) {
        snprintf(names[i], sizeof names[i], PREFIX "members/m%04d", i);
        v[i] = kv(names[i], "{}", 1);
    }
    assert_int_equal(range(v, 1200, 3)->nmembers, 1000);
}

/* A NUL in a name is a byte like any other, and no end. */
static void names_with_nuls(void **state)
{
    (void)state;
    const char *key = PREFIX "members/p\0g";
    struct etcd_kv v[] = {kv(PREFIX "members/p", "{}", 1), kv(key, "{}", 2)};
    v[1].key_len = strlen(key) + 2;
    const struct dcs *d = range(v, 2, 3);
    assert_int_equal(d->nmembers, 2);
    assert_string_equal(d->members[0].name, "p");
    assert_string_equal(d->members[1].name, "p\xef\xbf\xbdg");
}

/* ---- changes */

static struct etcd_watch_line line_of(const struct etcd_kv *v, int n)
{
    return (struct etcd_watch_line){.error_message = "", .cancel_reason = "", .n = n, .event = v};
}

static void one_transaction_a_step(void **state)
{
    (void)state;
    struct etcd_kv before[] = {kv(PREFIX "leader", "pg1", 3), kv(PREFIX "members/pg1", "{}", 4)};
    range(before, 2, 10);
    struct etcd_kv v[] = {
        gone(PREFIX "leader", 11),
        gone(PREFIX "members/pg1", 11), /* one lease: both at once */
        kv(PREFIX "leader", "pg2", 12),
        kv(PREFIX "status", "{\"optime\":5}", 14),
        kv(PREFIX "history", "[]", 14),
    };
    struct etcd_watch_line l = line_of(v, COUNT(v));
    int at = 0;
    assert_true(wire_dcs_step(keys, &l, &at));
    assert_int_equal(at, 2);
    assert_int_equal(wire_dcs_revision(keys), 11);
    const struct dcs *d = read_now();
    assert_null(d->leader);
    assert_int_equal(d->nmembers, 0);
    assert_false(d->whole);
    assert_int_equal(d->revision, 11);
    assert_true(wire_dcs_step(keys, &l, &at));
    d = read_now();
    assert_string_equal(d->leader, "pg2");
    assert_int_equal(d->leader_term_rev, 12);
    assert_true(d->optime == LSN_UNKNOWN);
    assert_true(wire_dcs_step(keys, &l, &at));
    d = read_now();
    assert_int_equal(d->optime, 5);
    assert_non_null(d->history);
    assert_int_equal(d->revision, 14);
    assert_false(wire_dcs_step(keys, &l, &at));
    assert_int_equal(at, COUNT(v));
    assert_int_equal(wire_dcs_revision(keys), 14);
}

static void what_is_known_is_passed_over(void **state)
{
    (void)state;
    only(PREFIX "leader", "pg1"); /* as of revision 9 */
    struct etcd_kv v[] = {
        gone(PREFIX "leader", 8),
        kv(PREFIX "leader", "pg0", 9),
        kv(PREFIX "leader", "pg2", 10),
    };
    struct etcd_watch_line l = line_of(v, COUNT(v));
    int at = 0;
    assert_true(wire_dcs_step(keys, &l, &at));
    assert_string_equal(read_now()->leader, "pg2");
    assert_int_equal(at, 3);
    at = 0; /* the same line again */
    assert_false(wire_dcs_step(keys, &l, &at));
    assert_string_equal(read_now()->leader, "pg2");
}

/* A stream over a namespace: what happens to others is no step of ours, but we are as of it. */
static void changes_of_others(void **state)
{
    (void)state;
    only(PREFIX "leader", "pg1");
    struct etcd_kv v[] = {
        kv("/service/other/leader", "x", 10),
        kv("/service/other/status", "x", 11),
        kv(PREFIX "leader", "pg2", 11),
        kv(PREFIX "0/leader", "x", 12),
    };
    struct etcd_watch_line l = line_of(v, COUNT(v));
    int at = 0;
    assert_true(wire_dcs_step(keys, &l, &at));
    assert_int_equal(wire_dcs_revision(keys), 11);
    assert_false(wire_dcs_step(keys, &l, &at));
    assert_int_equal(wire_dcs_revision(keys), 12);
    assert_string_equal(read_now()->leader, "pg2");
    struct etcd_kv absent = gone(PREFIX "members/nobody", 13);
    l = line_of(&absent, 1);
    at = 0;
    assert_false(wire_dcs_step(keys, &l, &at));
}

static void a_range_begins_anew(void **state)
{
    (void)state;
    only(PREFIX "members/pg1", "{}");
    struct etcd_kv v = kv(PREFIX "leader", "pg2", 10);
    struct etcd_watch_line l = line_of(&v, 1);
    int at = 0;
    assert_true(wire_dcs_step(keys, &l, &at));
    const struct dcs *d = only(PREFIX "initialize", "1");
    assert_true(d->whole);
    assert_null(d->leader);
    assert_int_equal(d->nmembers, 0);
    assert_int_equal(d->revision, 9);
}

static void a_change_keeps_when_it_was_created(void **state)
{
    (void)state;
    only(PREFIX "members/pg1", "{}");
    struct etcd_kv v = kv(PREFIX "members/pg1", "{\"role\":\"replica\"}", 12);
    v.create_revision = 7;
    v.lease = 77;
    struct etcd_watch_line l = line_of(&v, 1);
    int at = 0;
    assert_true(wire_dcs_step(keys, &l, &at));
    const struct dcs_member *m = &read_now()->members[0];
    assert_int_equal(m->create_revision, 7);
    assert_int_equal(m->mod_revision, 12);
    assert_int_equal(m->lease, 77);
    assert_int_equal(m->row.role, ROLE_REPLICA);
}

/* What is written as a range says the same when it is read: to the lease. */
static void a_body_of_what_is_known(void **state)
{
    (void)state;
    struct etcd_kv v[] = {kv(PREFIX "leader", "pg1", 7), kv(PREFIX "members/pg1", "{}", 8),
                          kv(PREFIX "config", "{\"ttl\":30}", 3)};
    v[0].lease = 77;
    range(v, 3, 9);
    struct etcd_kv change = kv(PREFIX "members/pg2", "{\"role\":\"replica\"}", 12);
    struct etcd_watch_line l = line_of(&change, 1);
    struct facts *f = NULL;
    struct buf b;
    int at = 0;
    assert_true(wire_dcs_step(keys, &l, &at));
    buf_init(&b);
    wire_dcs_body(keys, &b);
    assert_int_equal(wire_etcd_range(b.s, b.len, &f, NULL), ST_OK);
    wire_dcs_free(keys);
    keys = wire_dcs_new(PREFIX);
    wire_dcs_range(keys, f->root);
    facts_unref(f);
    buf_release(&b);
    const struct dcs *d = read_now();
    assert_int_equal(d->revision, 12);
    assert_string_equal(d->leader, "pg1");
    assert_int_equal(d->leader_lease, 77);
    assert_int_equal(d->leader_term_rev, 7);
    assert_int_equal(d->nmembers, 2);
    assert_string_equal(d->members[1].name, "pg2");
    assert_int_equal(d->members[1].mod_revision, 12);
    assert_non_null(d->config);
    range(v, 0, 5); /* none */
    buf_init(&b);
    wire_dcs_body(keys, &b);
    assert_string_equal(b.s, "{\"header\":{\"revision\":\"5\"},\"kvs\":[]}");
    buf_release(&b);
}

static void nothing_yet(void **state)
{
    (void)state;
    assert_int_equal(wire_dcs_revision(keys), 0);
    const struct dcs *d = read_now();
    assert_false(d->whole);
    assert_int_equal(d->nmembers, 0);
    wire_dcs_free(NULL);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_cluster_of_3_0_2),
        T(a_member_of_4_1),
        T(connection_urls),
        T(failover_requests),
        T(other_values),
        T(status_goes_before_optime),
        T(bad_values_leave_the_rest),
        T(wrong_types_in_a_member),
        T(texts_are_cleaned),
        T(keys_of_others_are_passed_over),
        T(no_more_members_than_are_believed),
        T(names_with_nuls),
        T(one_transaction_a_step),
        T(what_is_known_is_passed_over),
        T(changes_of_others),
        T(a_range_begins_anew),
        T(a_change_keeps_when_it_was_created),
        T(a_body_of_what_is_known),
        T(nothing_yet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
