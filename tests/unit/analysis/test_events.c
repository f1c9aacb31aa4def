/* analysis/events: what is told of two pictures, and what is not news. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/analysis/carry.h"
#include "pgdba/analysis/events.h"
#include "pgdba/base/buf.h"
#include "snapshot_builder.h"

#define T0 SB_NOW_US
#define T1 (T0 + SB_SEC(1))

/* ---- what was told, as lines: "kind subject: old -> now" */

struct heard {
    struct buf lines, text; /* text: of the last */
    struct event last;
    int64_t latest_us;
    int n, worst_evidence;
    bool in_order, every_text;
};

static void hear(void *arg, const struct event *e)
{
    struct heard *h = arg;
    buf_addf(&h->lines, "%s %s: %s -> %s\n", event_kind_name(e->kind), e->subject, e->old, e->now);
    h->in_order = h->in_order && e->mono_us >= h->latest_us;
    h->every_text = h->every_text && e->text[0] && !strchr(e->text, '\033');
    h->latest_us = e->mono_us;
    h->last = *e;
    buf_clear(&h->text);
    buf_puts(&h->text, e->text);
    h->last.subject = h->last.old = h->last.now = h->last.text = h->last.evidence = NULL;
    if ((int)strlen(e->evidence) > h->worst_evidence)
        h->worst_evidence = (int)strlen(e->evidence);
    h->n++;
}

static void heard_init(struct heard *h)
{
    *h = (struct heard){.in_order = true, .every_text = true};
    buf_init(&h->lines);
    buf_init(&h->text);
}

static void assert_heard(struct heard *h, const char *lines)
{
    assert_string_equal(h->lines.s, lines);
    assert_true(h->in_order);
    assert_true(h->every_text);
    buf_release(&h->lines);
    buf_release(&h->text);
}

/* ---- revisions of the DCS */

struct keys {
    struct dcs d;
    struct dcs_member m[3];
    struct dynamic_config config;
    struct history history;
    struct history_item items[2];
};

static const struct dynamic_config defaults = {.ttl = 30, .loop_wait = 10, .retry_timeout = 10};

static void keys_point(struct keys *k)
{
    k->d.members = k->m;
    k->d.config = &k->config;
    k->history.v = k->items;
    k->d.history = &k->history;
}

static void keys_init(struct keys *k)
{
    static const char *const names[] = {"pg1", "pg2", "pg3"};
    *k = (struct keys){.config = defaults, .history = {.n = 1}};
    k->items[0] =
        (struct history_item){1, 0x3000060, "no recovery target specified", NULL, "pg1", 0};
    k->d = (struct dcs){.prefix = "/service/lab/",
                        .revision = 100,
                        .leader = "pg1",
                        .leader_lease = 0x11,
                        .leader_term_rev = 50,
                        .nmembers = 3,
                        .initialize = "7710399339470515418",
                        .config_text = "{\"ttl\":30}"};
    for (int i = 0; i < 3; i++) {
        struct dcs_member *m = &k->m[i];
        *m = (struct dcs_member){.name = names[i],
                                 .location = 0x5000A58,
                                 .lease = 0x11 + i,
                                 .create_revision = 40,
                                 .mod_revision = 90};
        m->row = (struct cluster_member){.name = names[i],
                                         .role = i ? ROLE_REPLICA : ROLE_LEADER,
                                         .role_text = i ? "replica" : "master",
                                         .state = PGS_RUNNING,
                                         .state_text = "running",
                                         .timeline = 2};
    }
    keys_point(k);
}

static void keys_next(struct keys *to, const struct keys *from)
{
    *to = *from;
    to->d.revision++;
    to->d.whole = false;
    keys_point(to);
}

static void touch(struct keys *k, int member, const char *state, enum pg_state s)
{
    k->m[member].row.state_text = state;
    k->m[member].row.state = s;
    k->m[member].mod_revision = k->d.revision;
}

static struct heard told_since(const struct keys *a, const struct keys *b, int64_t since_us)
{
    struct heard h;
    heard_init(&h);
    events_of_dcs(a ? &a->d : NULL, &b->d, T1, SB_WALL_US, since_us, hear, &h);
    return h;
}

static struct heard told(const struct keys *a, const struct keys *b)
{
    return told_since(a, b, T1);
}

static void a_first_sight_is_not_news(void **state)
{
    (void)state;
    struct keys a;
    keys_init(&a);
    struct heard h = told(NULL, &a);
    assert_heard(&h, "");
    h = told(&a, &a);
    assert_heard(&h, "");
    struct sb *b = sb_new(T0);
    heard_init(&h);
    events_of_snapshots(NULL, b->s, hear, &h);
    assert_heard(&h, "");
    sb_free(b);
}

/* Reference §4.3 (b): two DELETEs in one revision, then the PUT of another. */
static void a_dead_primary_leaves_lock_and_key_in_one_revision(void **state)
{
    (void)state;
    struct keys a, b, c;
    keys_init(&a);
    keys_next(&b, &a);
    b.d.leader = NULL;
    b.d.leader_lease = b.d.leader_term_rev = 0;
    b.d.members = b.m + 1;
    b.d.nmembers = 2;
    struct heard h = told(&a, &b);
    assert_int_equal(h.last.revision, 101);
    assert_int_equal(h.last.not_before_us, T1);
    assert_int_equal(h.last.source, SYS_ETCD);
    assert_heard(&h, "lock-gone pg1: pg1 -> \nmember-gone pg1: running -> \n");
    keys_next(&c, &b);
    c.d.members = c.m + 1;
    c.d.leader = "pg3";
    c.d.leader_lease = 0x13;
    c.d.leader_term_rev = 102;
    h = told(&b, &c);
    assert_int_equal(h.last.grade, HEALTH_OK);
    assert_heard(&h, "lock-taken pg3:  -> pg3\n");
}

static void the_same_name_with_a_new_lease_took_the_lock_anew(void **state)
{
    (void)state;
    struct keys a, b;
    keys_init(&a);
    keys_next(&b, &a);
    b.d.whole = true;
    b.d.leader_lease = 0x99;
    b.d.leader_term_rev = 120;
    struct heard h = told_since(&a, &b, T0 - SB_SEC(9));
    assert_int_equal(h.last.not_before_us, T0 - SB_SEC(9));
    assert_heard(&h, "lock-reacquired pg1: pg1 -> pg1\n");
}

/* As Patroni does it when ttl is changed: the key is never gone, and nothing fails over. */
static void another_lease_in_the_same_term_is_no_new_lock(void **state)
{
    (void)state;
    struct keys a, b;
    keys_init(&a);
    keys_next(&b, &a);
    b.d.leader_lease = 0x99;
    struct heard h = told(&a, &b);
    assert_int_equal(h.last.grade, HEALTH_OK);
    assert_heard(&h, "lock-lease pg1: pg1 -> pg1\n");
}

static void a_request_is_told_with_whom_it_names(void **state)
{
    (void)state;
    struct keys a, b, c;
    keys_init(&a);
    keys_next(&b, &a);
    b.d.failover = (struct dcs_failover){true, "pg1", "pg2", NULL, 101};
    b.d.failover_text = "{\"leader\":\"pg1\",\"member\":\"pg2\"}";
    struct heard h = told(&a, &b);
    assert_heard(&h, "requested : pg1 -> pg2\n");
    keys_next(&c, &b);
    c.d.failover = (struct dcs_failover){0};
    h = told(&b, &c);
    assert_heard(&h, "request-cleared : pg1 -> \n");
    /* Overwritten by a second one. */
    c.d.failover = (struct dcs_failover){true, "pg1", "pg3", NULL, 102};
    h = told(&b, &c);
    assert_heard(&h, "requested : pg1 -> pg3\n");
    c.d.failover.scheduled_at = "2026-11-22T03:00:00+00:00";
    h = told(&a, &c);
    assert_heard(&h, "scheduled : pg1 -> 2026-11-22T03:00:00+00:00\n");
    /* While a request stands the lock's going is no surprise. */
    keys_next(&c, &b);
    c.d.leader = NULL;
    h = told(&b, &c);
    assert_int_equal(h.last.grade, HEALTH_DEGRADED);
    assert_heard(&h, "lock-gone pg1: pg1 -> \n");
}

static void a_members_key_is_told_field_by_field(void **state)
{
    (void)state;
    struct keys a, b;
    keys_init(&a);
    keys_next(&b, &a);
    touch(&b, 0, "running", PGS_RUNNING);
    b.m[0].row.timeline = 0;
    struct heard h = told(&a, &b);
    assert_heard(&h, "member-timeline pg1: 2 -> \n");
    keys_next(&b, &a);
    touch(&b, 1, "running", PGS_RUNNING);
    b.m[1].row.role = ROLE_PROMOTED;
    b.m[1].row.timeline = 3;
    b.m[1].lease = 0x77;
    h = told(&a, &b);
    assert_heard(&h, "member-role pg2: replica -> promoted\nmember-timeline pg2: 2 -> 3\n"
                     "member-lease pg2: 12 -> 77\n");
    keys_next(&b, &a);
    touch(&b, 0, "crashed", PGS_FAILED);
    h = told(&a, &b);
    assert_int_equal(h.last.grade, HEALTH_CRITICAL);
    assert_heard(&h, "member-state pg1: running -> crashed\n");
    /* A key that is written anew with the same content, and LSNs: nothing. */
    keys_next(&b, &a);
    touch(&b, 1, "running", PGS_RUNNING);
    b.m[1].location += 4096;
    h = told(&a, &b);
    assert_heard(&h, "");
}

static void the_other_keys(void **state)
{
    (void)state;
    struct keys a, b;
    keys_init(&a);
    keys_next(&b, &a);
    b.config.paused = true;
    b.d.config_text = "{\"ttl\":30,\"pause\":true}";
    struct heard h = told(&a, &b);
    assert_heard(&h, "paused :  -> \n");
}

static void configuration_is_told_without_what_may_be_secret(void **state)
{
    (void)state;
    struct keys a, b;
    keys_init(&a);
    keys_next(&b, &a);
    b.config.ttl = 20;
    b.d.config_text = "{\"ttl\":20,\"standby_cluster\":{\"create_replica_methods\":\"x\","
                      "\"password\":\"hunter2\"}}";
    struct heard h;
    heard_init(&h);
    events_of_dcs(&a.d, &b.d, T1, SB_WALL_US, T1, hear, &h);
    assert_true(h.worst_evidence < 60);
    assert_heard(&h, "config :  -> ttl 30 is now 20\n");
    keys_next(&b, &a);
    b.items[1] = (struct history_item){2, 0x5000A58, "no recovery target specified", "x", "pg2", 0};
    b.history.n = 2;
    b.d.sync = (struct dcs_sync){true, "pg1", "pg2"};
    h = told(&a, &b);
    assert_heard(&h, "sync :  -> pg2\nhistory pg2:  -> TL 2 at 0/5000A58 by pg2\n");
}

static void evidence_is_cleaned_and_capped(void **state)
{
    (void)state;
    static char big[3 * 4096];
    struct keys a, b;
    keys_init(&a);
    keys_next(&b, &a);
    for (size_t i = 0; i + 1 < sizeof big; i++)
        big[i] = i % 3 ? '\033' : (char)0xe2;
    b.d.failover = (struct dcs_failover){true, "pg1", "pg2", NULL, 101};
    b.d.failover_text = big;
    struct heard h = told(&a, &b);
    assert_in_range(h.worst_evidence, 1000, 4096);
    assert_heard(&h, "requested : pg1 -> pg2\n");
}

/* ---- snapshots */

static struct heard between(struct sb *a, struct sb *b)
{
    struct heard h;
    heard_init(&h);
    sb_finish(a);
    carry_since(a->s, a->members, NULL);
    sb_finish(b);
    carry_since(b->s, b->members, a->s);
    events_of_snapshots(a->s, b->s, hear, &h);
    sb_free(a);
    sb_free(b);
    return h;
}

static void nothing_changed_nothing_is_told(void **state)
{
    (void)state;
    struct heard h = between(sb_new(T0), sb_new(T1));
    assert_heard(&h, "");
    h = between(sb_new_41(T0), sb_new_41(T1));
    assert_heard(&h, "");
}

static void an_api_falls_silent_and_comes_back(void **state)
{
    (void)state;
    struct sb *a = sb_new(T0), *b = sb_new(T1);
    int64_t answered = a->members[0].api.answered_us;
    sb_fail(b, &b->members[0].api, OBS_REFUSED, T1 - answered);
    int64_t asked = b->members[0].api.asked_us;
    struct heard h = between(a, b);
    assert_int_equal(h.last.mono_us, asked);
    assert_int_equal(h.last.wall_us, SB_WALL_US - (T1 - asked));
    assert_int_equal(h.last.not_before_us, answered);
    assert_heard(&h, "api-silent pg1:  -> refused\n");
    a = sb_new(T0);
    sb_fail(a, &a->members[0].api, OBS_TIMED_OUT, SB_SEC(14));
    h = between(a, sb_new(T1));
    assert_heard(&h, "api-back pg1: timed out -> \n");
    /* Not asked before: no news. */
    a = sb_new(T0);
    a->members[0].api = (struct source_state){.endpoint = "", .detail = ""};
    h = between(a, sb_new(T1));
    assert_heard(&h, "");
}

static void over_rest_alone_the_lock_is_told_from_cluster(void **state)
{
    (void)state;
    struct sb *a = sb_new(T0), *b = sb_new(T1);
    int64_t before = a->s->view.answered_us;
    sb_vanish(b, "pg1", SB_SEC(1));
    b->members[0].health = a->members[0].health;
    struct heard h = between(a, b);
    assert_int_equal(h.last.not_before_us, before);
    assert_heard(&h, "lock-gone pg1: pg1 -> \nmember-gone pg1: running -> \n");
}

static void the_new_leader_says_so_itself(void **state)
{
    (void)state;
    struct sb *a = sb_new(T0), *b = sb_new(T1);
    sb_lead(b, "pg2", true);
    struct heard h = between(a, b);
    assert_heard(&h, "lock-taken pg2: pg1 -> pg2\n"
                     "member-role pg1: primary -> replica\nmember-timeline pg1: 3 -> 4\n"
                     "member-role pg2: replica -> primary\nmember-timeline pg2: 3 -> 4\n"
                     "member-timeline pg3: 3 -> 4\nstreaming pg3: pg1 -> pg2\n");
}

/* One that has only come back has not lost what it did not have. */
static void a_stream_is_lost_only_by_who_had_it(void **state)
{
    static const char *const pg3_alone[] = {"pg3", NULL};
    (void)state;
    for (int had = 0; had < 2; had++) {
        struct sb *a = sb_new(T0), *b = sb_new(T1);
        sb_streams(b, "pg1", pg3_alone);
        sb_streams(a, "pg1", had ? (const char *const[]){"pg2", "pg3", NULL} : pg3_alone);
        if (!had)
            sb_health(a, "pg2")->state = PGS_STARTING;
        struct heard h = between(a, b);
        assert_string_equal(h.text.s,
                            had ? "pg2 does not stream any more" : "pg2 does not stream (yet)");
        assert_heard(&h, "stream-lost pg2: pg1 -> \n");
    }
}

static void a_hand_over_between_etcd_and_rest_is_not_news(void **state)
{
    (void)state;
    struct keys k;
    keys_init(&k);
    for (int both = 0; both < 2; both++) {
        struct sb *a = sb_new(T0), *b = sb_new(T1);
        a->s->etcd_configured = b->s->etcd_configured = true;
        a->s->dcs = b->s->dcs = &k.d;
        a->s->dcs_leads = true;
        b->s->dcs_leads = both;
        sb_answered(b, &b->s->dcs_state, both ? 0 : SB_SEC(4));
        sb_vanish(b, "pg1", 0); /* what /cluster says is not told */
        b->members[0].health = a->members[0].health;
        struct heard h = between(a, b);
        assert_heard(&h, both ? "" : "dcs-lost :  -> \n");
    }
}

static void postgresql_asked_directly(void **state)
{
    (void)state;
    struct sb *a = sb_new(T0), *b = sb_new(T1);
    struct pg_self was = {.in_recovery = true, .timeline = 3, .lsn = 1},
                   is = {.in_recovery = false, .timeline = 4, .lsn = 2, .read_only = true};
    a->members[1].pg_self = &was;
    b->members[1].pg_self = &is;
    sb_answered(a, &a->members[1].pg, 0);
    sb_answered(b, &b->members[1].pg, 0);
    struct heard h = between(a, b);
    assert_int_equal(h.last.source, SYS_POSTGRES);
    assert_int_equal(h.last.mono_us, T1);
    assert_int_equal(h.last.not_before_us, T0);
    assert_heard(&h, "postgres-recovery pg2: in recovery -> primary\n"
                     "postgres-timeline pg2: 3 -> 4\npostgres-read-only pg2: off -> on\n");
    a = sb_new(T0), b = sb_new(T1);
    sb_answered(a, &a->members[0].pg, 0);
    sb_fail(b, &b->members[0].pg, OBS_REFUSED, SB_SEC(1));
    h = between(a, b);
    assert_heard(&h, "postgres-silent pg1:  -> refused\n");
}

static void failsafe_is_told(void **state)
{
    (void)state;
    struct sb *a = sb_new(T0), *b = sb_new(T1);
    sb_health(b, "pg1")->failsafe_active = true;
    struct heard h = between(a, b);
    assert_heard(&h, "failsafe pg1:  -> active\n");
}

static void routes_and_pools(void **state)
{
    (void)state;
    struct sb *a = sb_new(T0), *b = sb_new(T1);
    const struct ha_row up = {.type = HA_SERVER,
                              .proxy = "rw",
                              .name = "pg1",
                              .status = HA_UP,
                              .status_text = "UP",
                              .check_status = "L7OK",
                              .check_code = 200,
                              .last_check = ""};
    struct ha_row down = up;
    down.status = HA_DOWN;
    down.status_text = "DOWN";
    down.check_status = "L7STS";
    down.check_code = 503;
    const struct ha_stats was = {1, &up}, is = {1, &down};
    struct haproxy ha = {.name = "ha", .endpoint = "", .stats = &was},
                   hb = {.name = "ha", .endpoint = "", .stats = &is};
    sb_answered(a, &ha.state, 0);
    sb_answered(b, &hb.state, 0);
    a->s->haproxies = &ha;
    b->s->haproxies = &hb;
    a->s->nhaproxies = b->s->nhaproxies = 1;
    struct pgb_server old[] = {{.database = "app",
                                .user = "alice",
                                .state = "active",
                                .addr = "10.0.0.1",
                                .port = 5432,
                                .close_needed = false},
                               {.database = "app",
                                .user = "alice",
                                .state = "active",
                                .addr = "10.0.0.1",
                                .port = 5432,
                                .close_needed = false}};
    struct pgb_server new[] = {{.database = "app",
                                .user = "alice",
                                .state = "active",
                                .addr = "10.0.0.1",
                                .port = 5432,
                                .close_needed = true},
                               {.database = "app",
                                .user = "alice",
                                .state = "active",
                                .addr = "10.0.0.9",
                                .port = 5432,
                                .close_needed = false},
                               {.database = "app",
                                .user = "alice",
                                .state = "idle",
                                .addr = "10.0.0.2",
                                .port = 5432,
                                .close_needed = false},
                               {.database = "app",
                                .user = "bob",
                                .state = "idle",
                                .addr = "10.0.0.2",
                                .port = 5432,
                                .close_needed = false}};
    struct pgb_servers so = {2, old}, sn = {4, new};
    a->bouncers[0].servers = &so;
    b->bouncers[0].servers = &sn;
    struct heard h = between(a, b);
    assert_int_equal(h.n, 2);
    assert_non_null(strstr(h.lines.s, "route-down rw/pg1: UP -> DOWN\n"));
    assert_non_null(strstr(h.lines.s, "pool-target pgbouncer: pg1 -> pg2\n"));
    buf_release(&h.lines);
    buf_release(&h.text);
}

static void endpoints(void **state)
{
    (void)state;
    struct sb *a = sb_new(T0), *b = sb_new(T1);
    const struct etcd_endpoint was[] = {{.url = "http://e1", .name = "e1", .is_leader = true},
                                        {.url = "http://e2", .name = "e2"}},
                               is[] = {{.url = "http://e1", .name = "e1", .is_leader = true},
                                       {.url = "http://e2",
                                        .name = "e2",
                                        .is_leader = true,
                                        .alarm = ETCD_ALARM_NOSPACE,
                                        .health_reason = "ALARM NOSPACE"}};
    struct source_state sa[2] = {{0}}, sb[2] = {{0}};
    sb_answered(a, &sa[0], 0);
    sb_answered(a, &sa[1], 0);
    sb_fail(b, &sb[0], OBS_REFUSED, SB_SEC(1));
    sb_answered(b, &sb[1], 0);
    a->s->endpoints = was;
    b->s->endpoints = is;
    a->s->endpoint_states = sa;
    b->s->endpoint_states = sb;
    a->s->nendpoints = b->s->nendpoints = 2;
    struct heard h = between(a, b);
    assert_heard(&h, "dcs-endpoint-lost e1:  -> refused\ndcs-alarm e2:  -> NOSPACE\n"
                     "dcs-leader e2: e1 -> e2\n");
}

static void a_change_of_verdict(void **state)
{
    (void)state;
    const struct verdict critical[] = {
        {HEALTH_CRITICAL, "no-leader", "", "no leader for 9 s"},
        {HEALTH_CRITICAL, "split-brain", "pg2", "pg2: split brain"},
        {HEALTH_DEGRADED, "lag", "pg3", "pg3: far behind"},
    };
    const struct verdicts well = {.worst = HEALTH_OK, .n = 0, .v = NULL},
                          one = {.worst = HEALTH_CRITICAL, .n = 1, .v = critical},
                          both = {.worst = HEALTH_CRITICAL, .n = 3, .v = critical};
    struct sb *b = sb_new(T0);
    struct heard h;
    struct verdicts_told told = VERDICTS_TOLD_INIT;
    heard_init(&h);
    events_of_verdict(&told, &one, b->s, hear, &h); /* first sight */
    events_of_verdict(&told, &one, b->s, hear, &h);
    events_of_verdict(&told, &well, b->s, hear, &h);
    events_of_verdict(&told, &one, b->s, hear, &h);
    assert_int_equal(h.last.grade, HEALTH_CRITICAL);
    events_of_verdict(&told, &both, b->s, hear, &h); /* one more, once, though it comes and goes */
    events_of_verdict(&told, &one, b->s, hear, &h);
    events_of_verdict(&told, &both, b->s, hear, &h);
    events_of_verdict(&told, &well, b->s, hear, &h);
    events_of_verdict(&told, &both, b->s, hear, &h); /* and again when it was well meanwhile */
    assert_heard(&h, "verdict : critical -> healthy\n"
                     "verdict : healthy -> critical\n"
                     "verdict : critical -> critical\n"
                     "verdict : critical -> healthy\n"
                     "verdict : healthy -> critical\n"
                     "verdict : critical -> critical\n");
    verdicts_told_release(&told);
    sb_free(b);
}

/* It becomes so in the shadow of something else that is degraded. */
static void an_old_leader_unseen_is_always_told(void **state)
{
    (void)state;
    const struct verdict v[] = {
        {HEALTH_DEGRADED, "leader-promoting", "pg2", "pg2: not writable yet"},
        {HEALTH_DEGRADED, "old-leader-unseen", "pg1", "pg1: may still take writes"},
        {HEALTH_DEGRADED, "lag", "pg3", "pg3: far behind"},
    };
    const struct verdicts well = {.worst = HEALTH_OK, .n = 0, .v = NULL},
                          first = {.worst = HEALTH_DEGRADED, .n = 1, .v = v},
                          all = {.worst = HEALTH_DEGRADED, .n = 3, .v = v},
                          alone = {.worst = HEALTH_DEGRADED, .n = 2, .v = v + 1};
    struct sb *b = sb_new(T0);
    struct heard h;
    struct verdicts_told told = VERDICTS_TOLD_INIT;
    heard_init(&h);
    events_of_verdict(&told, &well, b->s, hear, &h);
    events_of_verdict(&told, &first, b->s, hear, &h);
    events_of_verdict(&told, &all, b->s, hear, &h); /* told, once */
    events_of_verdict(&told, &all, b->s, hear, &h);
    events_of_verdict(&told, &alone, b->s, hear, &h);
    events_of_verdict(&told, &well, b->s, hear, &h);
    events_of_verdict(&told, &alone, b->s, hear, &h); /* as the headline: not twice */
    assert_heard(&h, "verdict : healthy -> degraded\n"
                     "verdict : degraded -> degraded\n"
                     "verdict : degraded -> healthy\n"
                     "verdict : healthy -> degraded\n");
    verdicts_told_release(&told);
    sb_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_sight_is_not_news),
        cmocka_unit_test(a_dead_primary_leaves_lock_and_key_in_one_revision),
        cmocka_unit_test(the_same_name_with_a_new_lease_took_the_lock_anew),
        cmocka_unit_test(another_lease_in_the_same_term_is_no_new_lock),
        cmocka_unit_test(a_request_is_told_with_whom_it_names),
        cmocka_unit_test(a_members_key_is_told_field_by_field),
        cmocka_unit_test(the_other_keys),
        cmocka_unit_test(configuration_is_told_without_what_may_be_secret),
        cmocka_unit_test(evidence_is_cleaned_and_capped),
        cmocka_unit_test(nothing_changed_nothing_is_told),
        cmocka_unit_test(an_api_falls_silent_and_comes_back),
        cmocka_unit_test(over_rest_alone_the_lock_is_told_from_cluster),
        cmocka_unit_test(the_new_leader_says_so_itself),
        cmocka_unit_test(a_stream_is_lost_only_by_who_had_it),
        cmocka_unit_test(a_hand_over_between_etcd_and_rest_is_not_news),
        cmocka_unit_test(postgresql_asked_directly),
        cmocka_unit_test(failsafe_is_told),
        cmocka_unit_test(routes_and_pools),
        cmocka_unit_test(endpoints),
        cmocka_unit_test(a_change_of_verdict),
        cmocka_unit_test(an_old_leader_unseen_is_always_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
