/* A switchover while PgBouncer holds the clients: everywhere or nowhere, and resumed on every way
 * out. */
#include "fixture.h"
#include "test_action.h"

static const char *const app[] = {"app"};
static const struct request held = {
    .kind = ACT_HOLD, .candidate = "pg2", .ndatabases = 1, .databases = app};

#define DB(paused)   "name paused|app " paused
#define POOL(active) "database user sv_active sv_tested|app a " active " 0"
#define CONFIG(retry) \
    "key value changeable|query_wait_timeout 120 yes|server_login_retry " retry " yes"
#define SET_1  "SET server_login_retry = '1'"
#define SET_15 "SET server_login_retry = '15'"

/* The console's part of the way there: act and watch are its connections. */
static void lowered(struct world *w, int act)
{
    world_rows(w, act, "SHOW CONFIG", CONFIG("15"));
    world_tag(w, act, SET_1, "SET server_login_retry=1");
    world_rows(w, act, "SHOW CONFIG", CONFIG("1"));
}

static void paused(struct world *w, int act, int watch)
{
    world_rows(w, act, "SHOW DATABASES", DB("0"));
    world_rows(w, watch, "SHOW POOLS", POOL("0"));
    world_tag(w, act, "PAUSE \"app\"", "PAUSE");
    world_rows(w, act, "SHOW POOLS", POOL("0"));
    world_rows(w, act, "SHOW DATABASES", DB("1"));
}

static void resumed(struct world *w, int act)
{
    world_rows(w, act, "SHOW DATABASES", DB("1"));
    world_tag(w, act, "RESUME \"app\"", "RESUME");
    world_rows(w, act, "SHOW DATABASES", DB("0"));
}

static void put_back(struct world *w, int act)
{
    world_rows(w, act, "SHOW CONFIG", CONFIG("1"));
    world_tag(w, act, SET_15, "SET server_login_retry=15");
    world_rows(w, act, "SHOW CONFIG", CONFIG("15"));
}

static void assert_clean(struct world *w)
{
    assert_int_equal(w->nheld, 0);
    assert_int_equal(world_consoles_open(w), 0);
}

/* The clients are held, and Patroni has been asked. */
static void start(struct world *w)
{
    world_init(w);
    assert_int_equal(world_start(w, world_picture(w), &held), ST_OK);
    lowered(w, 0);
    assert_true(world_holds(w, "pgbouncer/server_login_retry=15"));
    assert_int_equal(w->nsent, 0);
    paused(w, 0, 1);
    assert_int_equal(w->nsent, 1);
    assert_non_null(strstr(w->url[0], "/switchover"));
}

static struct sb *now(struct world *w)
{
    clock_advance(&w->clock, USEC_PER_SEC / 2);
    return world_picture(w);
}

static struct sb *promoted(struct world *w)
{
    struct sb *b = now(w);

    sb_lead(b, "pg2", true);
    return b;
}

/* What is seen after they were let go: where a server connection ends, how many wait, how many
 * sessions HAProxy has to pg1 still. */
static void see_clients(struct world *w, const char *at, int waiting, int old_sessions)
{
    struct sb *b = promoted(w);

    see_down(b, "pg1", PGS_STOPPED, "stopped");
    sb_servers_at(b, at, 1);
    sb_haproxy(b);
    sb_ha_sends(b, "pg2");
    sb_ha_row(b, "rw", "pg1")->sessions = old_sessions;
    for (int i = 0; i < 2; i++) {
        sb_pool(b, 0, i)->cl_waiting = waiting;
        sb_pool(b, 0, i)->sv_active = 0;
    }
    world_see(w, b);
}

static void test_done(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    start(&w);
    b = promoted(&w);
    sb_haproxy(b);
    sb_ha_sends(b, "pg1"); /* not yet */
    see_down(b, "pg1", PGS_STOPPED, "stopped");
    world_see(&w, b);
    assert_phase(&w, "promoted", PHASE_DONE);
    assert_state(&w, OP_RUNNING, "");
    b = promoted(&w);
    sb_haproxy(b);
    sb_ha_sends(b, "pg2");
    sb_ha_server(b, "pg1", HA_UP, "L7OK"); /* both: half of the writes would fail */
    see_down(b, "pg1", PGS_STOPPED, "stopped");
    world_see(&w, b);
    assert_phase(&w, "way to the new leader open", PHASE_ACTIVE);
    b = promoted(&w);
    sb_haproxy(b);
    sb_ha_sends(b, "pg2");
    see_down(b, "pg1", PGS_STOPPED, "stopped");
    world_see(&w, b);
    assert_phase(&w, "way to the new leader open", PHASE_DONE);
    resumed(&w, 0); /* before the old leader is back */
    assert_phase(&w, "clients go on", PHASE_DONE);
    assert_false(world_holds(&w, "pgbouncer/app"));
    see_clients(&w, "pg1", 0, 0); /* a connection that was not closed */
    assert_phase(&w, "nobody waits", PHASE_WAITING);
    see_clients(&w, "pg2", 3, 0); /* they wait */
    assert_phase(&w, "nobody waits", PHASE_WAITING);
    see_clients(&w, "pg2", 0, 2); /* or stand at the other end of HAProxy */
    assert_phase(&w, "nobody waits", PHASE_WAITING);
    see_clients(&w, "pg2", 0, 0);
    assert_phase(&w, "nobody waits", PHASE_DONE);
    put_back(&w, 0);
    assert_clean(&w);
    assert_state(&w, OP_RUNNING, "");
    world_see(&w, promoted(&w));
    assert_state(&w, OP_DONE, "pg2 leads on timeline");
    assert_non_null(strstr(w.op->outcome, "clients were held for"));
    for (int i = 1; i < w.op->nphases; i++) /* told in the order in which they came */
        assert_true(w.op->phases[i].at_us >= w.op->phases[i - 1].at_us ||
                    w.op->phases[i].state == PHASE_SKIPPED);
    world_release(&w);
}

/* Everything that ends it before the lead has moved. */
static void test_pause_fails(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    assert_int_equal(world_start(&w, world_picture(&w), &held), ST_OK);
    lowered(&w, 0);
    world_rows(&w, 0, "SHOW DATABASES", DB("0"));
    world_rows(&w, 1, "SHOW POOLS", POOL("1"));
    world_silent(&w, 0, "PAUSE \"app\"", NET_TIMED_OUT);
    world_tag(&w, 1, "RESUME \"app\"", "RESUME");
    world_rows(&w, 1, "SHOW DATABASES", DB("0"));
    put_back(&w, 2);
    assert_state(&w, OP_FAILED, "nothing was switched over: pgbouncer: not done within");
    assert_int_equal(w.nsent, 0);
    assert_clean(&w);
    world_release(&w);
}

static void test_one_of_two(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    world_init(&w);
    b = world_picture(&w);
    sb_second_bouncer(b, "b2");
    assert_int_equal(world_start(&w, b, &held), ST_OK);
    lowered(&w, 0);
    world_silent(&w, 1, "SHOW CONFIG", NET_REFUSED); /* b2 */
    paused(&w, 0, 2);
    resumed(&w, 0); /* everywhere or nowhere */
    put_back(&w, 0);
    assert_state(&w, OP_FAILED, "b2: nothing was sent");
    assert_int_equal(w.nsent, 0);
    assert_clean(&w);
    world_release(&w);
}

static void test_refused(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    assert_int_equal(world_start(&w, world_picture(&w), &held), ST_OK);
    world_rows(&w, 0, "SHOW CONFIG",
               "key value changeable|query_wait_timeout 5 yes|server_login_retry 15 yes");
    assert_state(&w, OP_REFUSED, "query_wait_timeout is 5 s");
    assert_int_equal(w.nsent, 0);
    assert_clean(&w);
    world_release(&w);
    start(&w); /* Patroni says no */
    world_answer(&w, 412, "leader name does not match");
    assert_state(&w, OP_RUNNING, "");
    resumed(&w, 0);
    put_back(&w, 0);
    assert_state(&w, OP_REFUSED, "Patroni refused");
    assert_clean(&w);
    world_release(&w);
    start(&w); /* or cannot be reached */
    world_lost(&w, NET_REFUSED, false, "connection refused");
    resumed(&w, 0);
    put_back(&w, 0);
    assert_state(&w, OP_REFUSED, "not sent, nothing was changed");
    assert_clean(&w);
    world_release(&w);
}

/* Nobody is promoted, or the way does not open: clients wait for no longer than was said. */
static void test_too_long(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    start(&w);
    world_pass(&w, 19);
    assert_phase(&w, "clients go on", PHASE_WAITING);
    world_pass(&w, 2);
    resumed(&w, 0);
    put_back(&w, 0);
    assert_clean(&w);
    assert_state(&w, OP_RUNNING, ""); /* what Patroni does is followed still */
    b = promoted(&w);
    world_see(&w, b);
    assert_state(&w, OP_FAILED, "the clients were let go, before there was a new leader");
    world_release(&w);
}

/* A RESUME that does not get through is sent again; at last it is remembered. */
static void test_resume_fails(void **state)
{
    struct world w;
    int console = 2;

    (void)state;
    start(&w);
    world_answer(&w, 412, "no");
    world_silent(&w, 0, "SHOW DATABASES", NET_TIMED_OUT);
    world_pass(&w, 1);
    world_rows(&w, console, "SHOW DATABASES", DB("1"));
    world_silent(&w, console, "RESUME \"app\"", NET_TIMED_OUT);
    world_rows(&w, console, "SHOW DATABASES", DB("0")); /* it had come through */
    put_back(&w, console);
    assert_state(&w, OP_REFUSED, "Patroni refused");
    assert_clean(&w);
    world_release(&w);
    start(&w);
    world_answer(&w, 412, "no");
    world_pass(&w, 31);
    world_silent(&w, 0, "SHOW DATABASES", NET_TIMED_OUT);
    world_silent(&w, 0, "SHOW CONFIG", NET_REFUSED);
    world_pass(&w, 11);
    world_silent(&w, 2, "SHOW CONFIG", NET_REFUSED);
    assert_state(&w, OP_FAILED, "not everything could be resumed");
    assert_true(world_holds(&w, "pgbouncer/app"));
    assert_true(world_holds(&w, "pgbouncer/server_login_retry=15"));
    assert_int_equal(world_consoles_open(&w), 0);
    world_release(&w);
}

static void test_interrupt(void **state)
{
    struct world w;

    (void)state;
    start(&w); /* while Patroni is at it */
    assert_true(action_interrupt(w.run));
    resumed(&w, 0);
    put_back(&w, 0);
    assert_state(&w, OP_UNKNOWN, "interrupted: the switchover goes on in the cluster");
    assert_clean(&w);
    assert_false(action_interrupt(w.run));
    world_release(&w);
    world_init(&w); /* while it pauses */
    assert_int_equal(world_start(&w, world_picture(&w), &held), ST_OK);
    lowered(&w, 0);
    assert_true(action_interrupt(w.run));
    paused(&w, 0, 1);
    resumed(&w, 0);
    put_back(&w, 0);
    assert_state(&w, OP_FAILED, "nothing was switched over: interrupted");
    assert_int_equal(w.nsent, 0);
    assert_clean(&w);
    world_release(&w);
    start(&w); /* killed */
    action_free(w.run);
    w.run = NULL;
    assert_true(world_holds(&w, "pgbouncer/app"));
    assert_true(world_holds(&w, "pgbouncer/server_login_retry=15"));
    assert_int_equal(world_consoles_open(&w), 0);
    world_release(&w);
}

/* Those who are not let go are told of, and where they stand. */
static void test_unserved(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    start(&w);
    world_see(&w, promoted(&w));
    resumed(&w, 0);
    see_clients(&w, "pg1", 0, 0);
    world_pass(&w, 11);
    put_back(&w, 0);
    assert_clean(&w);
    world_see(&w, promoted(&w));
    assert_state(&w, OP_FAILED, "app of pgbouncer has a connection to pg1");
    world_release(&w);
    start(&w); /* and those of whom nothing is heard are not taken for served */
    world_see(&w, promoted(&w));
    resumed(&w, 0);
    b = promoted(&w);
    sb_fail(b, &b->bouncers[0].pools_state, OBS_TIMED_OUT, SB_SEC(3));
    world_see(&w, b);
    world_pass(&w, 11);
    put_back(&w, 0);
    world_see(&w, promoted(&w));
    assert_state(&w, OP_FAILED, "pgbouncer has not been heard since");
    world_release(&w);
}

static void point(struct sb *b, const char *host, int64_t port)
{
    for (int i = 0; i < b->bouncers[0].databases->n; i++) {
        sb_database(b, 0, i)->host = host;
        sb_database(b, 0, i)->port = port;
    }
}

static void test_own_target(void **state)
{
    static const struct pgb_dns_host old_address[] = {{"db.lan", "10.0.0.1:0,[fd00::9]:0,10.0.0.9",
                                                       3}},
                                     new_address[] = {{"db.lan", "10.0.0.2:0", 15}};
    static const struct pgb_dns_hosts old_names = {1, old_address}, new_names = {1, new_address};
    struct world w;
    struct sb *b;

    (void)state;
    start(&w); /* wired to a member: until its file and a RELOAD say another */
    b = promoted(&w);
    point(b, sb_row(b, "pg1")->host, sb_row(b, "pg1")->port);
    world_see(&w, b);
    assert_phase(&w, "way to the new leader open", PHASE_ACTIVE);
    assert_non_null(strstr(w.op->waiting_for, "app of pgbouncer points at pg1"));
    b = promoted(&w);
    point(b, sb_row(b, "pg2")->host, sb_row(b, "pg2")->port);
    world_see(&w, b);
    assert_phase(&w, "way to the new leader open", PHASE_DONE);
    world_release(&w);
    start(&w); /* by a name: until it has looked it up anew */
    b = promoted(&w);
    sb_row(b, "pg1")->host = "10.0.0.1";
    sb_row(b, "pg2")->host = "10.0.0.2";
    point(b, "db.lan", sb_row(b, "pg1")->port);
    world_see(&w, b);
    assert_phase(&w, "way to the new leader open", PHASE_ACTIVE);
    assert_non_null(strstr(w.op->waiting_for, "pgbouncer has not said what db.lan is"));
    b = promoted(&w);
    sb_row(b, "pg1")->host = "10.0.0.1";
    sb_row(b, "pg2")->host = "10.0.0.2";
    point(b, "db.lan", sb_row(b, "pg1")->port);
    b->bouncers[0].dns_hosts = &old_names;
    sb_answered(b, &b->bouncers[0].dns_hosts_state, 0);
    world_see(&w, b);
    assert_phase(&w, "way to the new leader open", PHASE_ACTIVE);
    assert_non_null(strstr(w.op->waiting_for, "app of pgbouncer is db.lan, which is pg1 there"));
    b = promoted(&w);
    sb_row(b, "pg1")->host = "10.0.0.1";
    sb_row(b, "pg2")->host = "10.0.0.2";
    point(b, "db.lan", sb_row(b, "pg2")->port);
    b->bouncers[0].dns_hosts = &new_names;
    sb_answered(b, &b->bouncers[0].dns_hosts_state, 0);
    world_see(&w, b);
    assert_phase(&w, "way to the new leader open", PHASE_DONE);
    world_release(&w);
}

/* Somebody else's run has paused it meanwhile: his it is to resume. */
static void test_two_operators(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    assert_int_equal(world_start(&w, world_picture(&w), &held), ST_OK);
    lowered(&w, 0);
    world_rows(&w, 0, "SHOW DATABASES", DB("1"));
    put_back(&w, 1);
    assert_state(&w, OP_FAILED, "app is paused already: who paused it is to resume it");
    assert_int_equal(w.nsent, 0);
    assert_clean(&w);
    world_release(&w);
}

/* ---- a CHECKPOINT before */

static void with_login(struct world *w)
{
    world_init(w);
    w->config->postgres.conninfo = "user=postgres";
    assert_int_equal(world_start(w, world_picture(w), &held), ST_OK);
    assert_phase(w, "CHECKPOINT on pg1", PHASE_ACTIVE);
    assert_int_equal(w->nconsoles, 0); /* clients write on */
}

static void test_checkpoint(void **state)
{
    struct world w;

    (void)state;
    with_login(&w);
    world_sql(&w, NULL, "", "");
    assert_phase(&w, "CHECKPOINT on pg1", PHASE_DONE);
    lowered(&w, 0);
    paused(&w, 0, 1);
    assert_int_equal(w.nsent, 2);
    world_release(&w);
    with_login(&w); /* a monitor may not: it goes on without */
    world_sql(&w, NULL, "42501", "permission denied");
    assert_phase(&w, "CHECKPOINT on pg1", PHASE_FAILED);
    lowered(&w, 0);
    paused(&w, 0, 1);
    assert_int_equal(w.nsent, 2);
    world_release(&w);
    with_login(&w); /* one that takes long would be waited for by the clients */
    world_sql(&w, NULL, "57014", "canceling statement due to statement timeout");
    assert_state(&w, OP_FAILED, "nothing was switched over: the CHECKPOINT on pg1");
    assert_int_equal(w.nconsoles, 0);
    world_release(&w);
    with_login(&w);
    world_sql_lost(&w, NET_TIMED_OUT);
    assert_state(&w, OP_FAILED, "nothing was switched over: the CHECKPOINT on pg1");
    world_release(&w);
    with_login(&w);
    assert_true(action_interrupt(w.run));
    assert_state(&w, OP_FAILED, "nothing was switched over: interrupted");
    assert_int_equal(w.nconsoles, 0);
    world_release(&w);
}

/* ---- --release-lock */

static const struct request released = {
    .kind = ACT_HOLD, .candidate = "pg2", .ndatabases = 1, .databases = app, .release_lock = true};

/* Patroni has been asked, and pg1's PostgreSQL is looked at. */
static void with_lock(struct world *w)
{
    struct sb *b;

    world_init(w);
    w->config->postgres.conninfo = "user=postgres";
    b = world_picture(w);
    sb_etcd(b);
    assert_int_equal(world_start(w, b, &released), ST_OK);
    world_sql(w, NULL, "", ""); /* the CHECKPOINT */
    lowered(w, 0);
    paused(w, 0, 1);
    assert_int_equal(w->nsent, 3);
    assert_string_equal(w->body[2], "SELECT 1");
}

static void again_in(struct world *w, int sent)
{
    assert_int_equal(w->nsent, sent - 1);
    world_pass(w, 1);
    assert_int_equal(w->nsent, sent);
    assert_string_equal(w->body[sent - 1], "SELECT 1");
}

/* It listened, and nobody does now. */
static void port_closed(struct world *w)
{
    world_sql(w, "1", "", "");
    again_in(w, 4);
    world_sql_closed(w);
    again_in(w, 5);
    world_sql_closed(w);
    assert_null(w->etcd_fn);
}

static void test_release(void **state)
{
    struct world w;
    struct sb *b;

    (void)state;
    with_lock(&w);
    world_sql(&w, "1", "", ""); /* it listens */
    again_in(&w, 4);
    world_sql_closed(&w);
    again_in(&w, 5);
    assert_null(w.etcd_fn);
    world_sql_closed(&w); /* twice */
    assert_int_equal(w.nsent, 6);
    assert_non_null(strstr(w.url[5], "/health"));
    assert_null(w.etcd_fn);
    world_got(&w, 503, "{\"state\":\"stopping\",\"role\":\"master\"}");
    assert_int_equal(w.nsent, 7);
    assert_string_equal(w.url[6], "/kv/txn");
    assert_non_null(strstr(w.body[6], "\"target\":\"VALUE\""));
    world_etcd(&w, "{\"header\":{\"revision\":\"9\"},\"succeeded\":true}", true, "");
    b = promoted(&w);
    world_see(&w, b);
    resumed(&w, 0);
    see_clients(&w, "pg2", 0, 0);
    put_back(&w, 0);
    assert_clean(&w);
    world_see(&w, promoted(&w));
    assert_state(&w, OP_DONE, "its lock was deleted once its PostgreSQL had stopped");
    world_release(&w);
}

/* Whatever else keeps it from answering is no sign that it has stopped. */
static void test_not_released(void **state)
{
    struct world w;

    (void)state;
    with_lock(&w); /* it was never seen to listen: perhaps it is another address */
    world_sql_closed(&w);
    again_in(&w, 4);
    world_sql_closed(&w);
    again_in(&w, 5);
    world_sql_closed(&w);
    again_in(&w, 6);
    assert_null(w.etcd_fn);
    world_release(&w);
    with_lock(&w);
    world_sql(&w, NULL, "57P03", "the database system is shutting down");
    again_in(&w, 4);
    world_sql_closed(&w);
    again_in(&w, 5);
    world_sql_lost(&w, NET_TIMED_OUT); /* not twice in a row */
    again_in(&w, 6);
    world_sql_closed(&w);
    again_in(&w, 7);
    assert_null(w.etcd_fn);
    world_sql_lost(&w, NET_REFUSED); /* a name that is not found, say */
    again_in(&w, 8);
    assert_null(w.etcd_fn);
    world_release(&w);
    with_lock(&w); /* an interrupted one looks no further */
    assert_true(action_interrupt(w.run));
    resumed(&w, 0);
    put_back(&w, 0);
    assert_clean(&w);
    world_pass(&w, 2);
    assert_int_equal(w.nsent, 3);
    world_release(&w);
    with_lock(&w); /* refused: Patroni does it, later */
    port_closed(&w);
    world_got(&w, 503, "{\"state\":\"stopped\",\"role\":\"demoted\"}");
    world_etcd(&w, NULL, true, "permission denied");
    world_see(&w, promoted(&w));
    resumed(&w, 0);
    see_clients(&w, "pg2", 0, 0);
    put_back(&w, 0);
    world_see(&w, promoted(&w));
    assert_state(&w, OP_DONE, "its lock could not be deleted from here (permission denied)");
    world_release(&w);
}

/* A PostgreSQL that crashed before Patroni began to stop it would be started again where it is. */
static void test_crashed_instead(void **state)
{
    static const char *const others[] = {"{\"state\":\"unknown\",\"role\":\"master\"}",
                                         "{\"state\":\"running\",\"role\":\"master\"}",
                                         "{\"state\":\"crashed\",\"role\":\"master\"}",
                                         "{\"state\":\"starting\",\"role\":\"master\"}",
                                         "<html>",
                                         "{}",
                                         "",
                                         NULL};
    struct world w;

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        with_lock(&w);
        port_closed(&w);
        world_got(&w, 503, others[i]);
        assert_null(w.etcd_fn);
        again_in(&w, 7);
        world_sql_closed(&w); /* once is not enough again */
        assert_null(w.get_fn);
        again_in(&w, 8);
        world_sql_lost(&w, NET_TIMED_OUT);
        assert_true(action_interrupt(w.run));
        resumed(&w, 0);
        put_back(&w, 0);
        assert_null(w.etcd_fn);
        assert_state(&w, OP_UNKNOWN, "its lock was left to Patroni: nobody listened");
        if (i == 0)
            assert_non_null(strstr(w.op->outcome, "its Patroni says \"unknown\" of it"));
        assert_clean(&w);
        world_release(&w);
    }
    with_lock(&w); /* an interrupted one does not wait for the answer */
    port_closed(&w);
    assert_non_null(w.get_fn);
    assert_true(action_interrupt(w.run));
    assert_null(w.get_fn);
    resumed(&w, 0);
    put_back(&w, 0);
    assert_clean(&w);
    world_release(&w);
}

static void test_release_plan(void **state)
{
    struct world w;
    struct plan *p = NULL;
    struct sb *b;

    (void)state;
    world_init(&w);
    assert_int_equal(world_plan(&w, world_picture(&w), &released, &p), ST_USAGE); /* no etcd */
    b = world_picture(&w);
    sb_etcd(b);
    assert_int_equal(world_plan(&w, b, &released, &p), ST_OK);
    assert_int_equal(p->worst, CHECK_BLOCK); /* nothing to look at PostgreSQL with */
    plan_free(p);
    w.config->postgres.conninfo = "user=postgres";
    b = world_picture(&w);
    sb_etcd(b);
    assert_int_equal(world_plan(&w, b, &released, &p), ST_OK);
    assert_int_equal(p->nsteps, 6);
    assert_string_equal(p->steps[0].body, "CHECKPOINT");
    assert_string_equal(p->steps[4].etcd_path, "/kv/txn");
    assert_non_null(strstr(p->equivalent, " --release-lock "));
    plan_free(p);
    world_release(&w);
}

static void test_plan(void **state)
{
    static const struct request open = {.kind = ACT_HOLD, .candidate = "pg2"};
    struct world w;
    struct plan *p = NULL;

    (void)state;
    world_init(&w);
    assert_int_equal(world_plan(&w, world_picture(&w), &open, &p), ST_USAGE); /* it has two */
    assert_non_null(strstr(err_text(&w.err), "--hold needs --database"));
    assert_int_equal(world_plan(&w, world_picture(&w), &held, &p), ST_OK);
    assert_int_equal(p->nsteps, 4);
    assert_string_equal(p->steps[0].body, SET_1);
    assert_string_equal(p->steps[1].body, "PAUSE \"app\"");
    assert_string_equal(p->steps[2].method, "POST");
    assert_string_equal(p->steps[3].body, "RESUME \"app\"");
    assert_string_equal(p->equivalent, "pgdba switchover --hold --cluster lab --leader pg1 "
                                       "--candidate pg2 --database app --on pgbouncer");
    assert_string_equal(p->confirm_word, "pg2");
    plan_free(p);
    world_release(&w);
}

int run_hold_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_done),          cmocka_unit_test(test_pause_fails),
        cmocka_unit_test(test_one_of_two),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_too_long),      cmocka_unit_test(test_resume_fails),
        cmocka_unit_test(test_interrupt),     cmocka_unit_test(test_plan),
        cmocka_unit_test(test_unserved),      cmocka_unit_test(test_own_target),
        cmocka_unit_test(test_two_operators), cmocka_unit_test(test_checkpoint),
        cmocka_unit_test(test_release),       cmocka_unit_test(test_not_released),
        cmocka_unit_test(test_release_plan),  cmocka_unit_test(test_crashed_instead),
    };

    return cmocka_run_group_tests_name("action: hold", tests, NULL, NULL);
}
