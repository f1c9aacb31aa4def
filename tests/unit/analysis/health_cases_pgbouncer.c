/* Cases of the rules about PgBouncer that need a look back, its settings, or another bouncer. */
#include "health_cases.h"

#include <stdint.h>

#define NOW SB_NOW_US

static struct pgb_since *since(struct sb *b, int database)
{
    struct bouncer *p = &b->bouncers[0];
    if (!p->since) {
        p->nsince = p->databases->n;
        p->since = arena_array(&b->s->arena, (size_t)p->nsince, struct pgb_since);
    }
    return (struct pgb_since *)(uintptr_t)&p->since[database];
}

static void healthy(struct sb *b)
{
    (void)since(b, 0);
}

/* ---- PAUSE, DISABLE */
static void held(struct sb *b, int64_t since_us)
{
    b->bouncers[0].globals.paused = TRI_YES;
    b->bouncers[0].held_us = since_us;
    sb_pool(b, 0, 0)->cl_waiting = 3;
}
static void held_briefly(struct sb *b)
{
    held(b, NOW - SB_SEC(20));
}
static void held_long(struct sb *b)
{
    held(b, NOW - SB_SEC(245));
}
static void held_before(struct sb *b)
{
    held(b, SINCE_BEFORE);
}
static void held_long_but_silent(struct sb *b)
{
    held_long(b);
    sb_fail(b, &b->bouncers[0].state, OBS_TIMED_OUT, SB_SEC(14));
}
static void paused_briefly(struct sb *b)
{
    sb_database(b, 0, 0)->paused = true;
    since(b, 0)->paused_us = NOW - SB_SEC(20);
}
static void paused_long(struct sb *b)
{
    paused_briefly(b);
    since(b, 0)->paused_us = NOW - SB_SEC(120);
    sb_pool(b, 0, 1)->cl_waiting = 2;
}
static void disabled_before(struct sb *b)
{
    sb_database(b, 0, 1)->disabled = true;
    since(b, 1)->disabled_us = SINCE_BEFORE;
}

/* ---- no server: every pool is empty, what "app" goes to is pg1 itself */
static void starves(struct sb *b, int64_t seconds)
{
    struct pgb_database *d = sb_database(b, 0, 0);
    d->host = sb_row(b, "pg1")->host;
    d->port = sb_row(b, "pg1")->port;
    b->bouncers[0].globals = (struct pgb_state){TRI_UNKNOWN, TRI_UNKNOWN, TRI_UNKNOWN, false};
    for (int i = 0; i < 3; i++) {
        struct pgb_pool *p = sb_pool(b, 0, i);
        p->sv_active = p->sv_idle = p->sv_used = p->sv_tested = p->sv_login = p->sv_cancel = 0;
    }
    sb_pool(b, 0, 0)->cl_waiting = 4;
    sb_pool(b, 0, 0)->maxwait_us = SB_SEC(seconds);
    since(b, 0)->no_server_us = NOW - SB_SEC(seconds);
}
static void starves_in_back_off(struct sb *b)
{
    starves(b, 12);
}
static void starves_long(struct sb *b)
{
    starves(b, 40);
}
static void starves_in_login(struct sb *b)
{
    starves(b, 12);
    sb_pool(b, 0, 0)->maxwait_us = 0;
}
static void starves_long_of_124(struct sb *b)
{
    starves_long(b);
    b->bouncers[0].version = (struct pgb_version){12401, "PgBouncer 1.24.1"};
    b->bouncers[0].globals = (struct pgb_state){TRI_YES, TRI_NO, TRI_NO, false};
}
static void starves_another_has_servers(struct sb *b)
{
    starves_long(b);
    sb_pool(b, 0, 2)->sv_idle = 1;
}
static void starves_backend_down(struct sb *b)
{
    starves_long(b);
    sb_health(b, "pg1")->state = PGS_STOPPED;
}
static void starves_target_unknown(struct sb *b)
{
    starves_long(b);
    sb_database(b, 0, 0)->host = "db.example";
}
static void starves_under_longer_retry(struct sb *b)
{
    static const struct pgb_setting v[] = {{"server_login_retry", "60", "15", TRI_YES}};
    static const struct pgb_config c = {1, v};
    starves_long(b);
    b->bouncers[0].config = &c;
}

/* What an admin is told, or SHOW STATE from 1.19 on. */
static void starves_told_not_paused(struct sb *b)
{
    starves_in_back_off(b);
    b->bouncers[0].globals.paused = TRI_NO;
}
static void starves_told_paused(struct sb *b)
{
    starves_in_back_off(b);
    b->bouncers[0].globals.paused = TRI_YES;
}
static void starves_long_not_paused(struct sb *b)
{
    starves_long(b);
    b->bouncers[0].globals.paused = TRI_NO;
}
static void starves_under_longer_retry_not_paused(struct sb *b)
{
    starves_under_longer_retry(b);
    b->bouncers[0].globals.paused = TRI_NO;
}
static void waits_while_paused(struct sb *b)
{
    sb_database(b, 0, 0)->paused = true;
    sb_pool(b, 0, 0)->cl_waiting = 3;
    sb_pool(b, 0, 0)->maxwait_us = 3 * USEC_PER_SEC;
}

/* ---- full pools, and why */
static struct pgb_rates *full(struct sb *b)
{
    sb_pool(b, 0, 0)->cl_waiting = 5;
    sb_pool(b, 0, 0)->sv_active = 25;
    sb_pool(b, 0, 0)->sv_idle = 0;
    struct bouncer *p = &b->bouncers[0];
    p->rates = arena_memdup(&b->s->arena, p->rates, (size_t)p->nrates * sizeof *p->rates);
    struct pgb_rates *r = (struct pgb_rates *)(uintptr_t)&p->rates[0];
    r->waited_us = 0;
    return r;
}
static void full_of_short_queries(struct sb *b)
{
    (void)full(b);
}
static void full_of_slow_queries(struct sb *b)
{
    struct pgb_rates *r = full(b);
    r->xacts = r->queries = 20;
    r->xact_us = r->query_us = 1200000;
}
static void full_of_idlers(struct sb *b)
{
    struct pgb_rates *r = full(b);
    r->xacts = 10;
    r->queries = 20;
    r->xact_us = 2500000;
    r->query_us = 800;
}
/* As a real 1.18 counts it: three clients take turns on one server, 0.7 s each without a query; two
 * of them wait meanwhile, and that is within the times of transactions and queries. */
static void full_of_idlers_that_wait(struct sb *b)
{
    struct pgb_rates *r = full(b);
    r->xacts = 1.4;
    r->queries = 4.2;
    r->xact_us = 2100000;
    r->query_us = 470000;
    r->wait_us = 1400000;
    r->waited_us = r->wait_us * r->xacts;
}
/* Queries of 20 ms, which wait for 2 s. */
static void full_of_short_queries_that_wait(struct sb *b)
{
    struct pgb_rates *r = full(b);
    r->xacts = r->queries = 50;
    r->xact_us = r->query_us = 2020000;
    r->wait_us = 2000000;
    r->waited_us = r->wait_us * r->xacts;
}
static void full_after_reset(struct sb *b)
{
    full_of_slow_queries(b);
    ((struct pgb_rates *)(uintptr_t)&b->bouncers[0].rates[0])->known = false;
}
static void idlers_and_nobody_waits(struct sb *b)
{
    full_of_idlers(b);
    sb_pool(b, 0, 0)->cl_waiting = 0;
}

/* ---- the client cap */
static void clients(struct sb *b, int64_t n)
{
    static const struct pgb_setting v[] = {{"max_client_conn", "100", "100", TRI_YES}};
    static const struct pgb_config c = {1, v};
    struct pgb_list *row = arena_new(&b->s->arena, struct pgb_list);
    struct pgb_lists *l = arena_new(&b->s->arena, struct pgb_lists);
    *row = (struct pgb_list){"used_clients", n};
    *l = (struct pgb_lists){1, row};
    b->bouncers[0].config = &c;
    b->bouncers[0].lists = l;
}
static void clients_89(struct sb *b)
{
    clients(b, 89);
}
static void clients_90(struct sb *b)
{
    clients(b, 90);
}
static void clients_100(struct sb *b)
{
    clients(b, 100);
}
static void clients_unknown(struct sb *b)
{
    clients(b, -1);
}

/* ---- servers to be closed */
static void closing(struct sb *b, int seconds)
{
    b->bouncers[0].servers_state = b->bouncers[0].state;
    since(b, 0)->closing_us = NOW - SB_SEC(seconds);
}
static void closing_briefly(struct sb *b)
{
    closing(b, 30);
}
static void closing_long(struct sb *b)
{
    closing(b, 95);
}

/* ---- two bouncers */
static struct bouncer *second(struct sb *b)
{
    struct bouncer *v = arena_array(&b->s->arena, 2, struct bouncer);
    v[0] = v[1] = b->bouncers[0];
    v[1].name = "pgb2";
    struct pgb_databases *set = arena_new(&b->s->arena, struct pgb_databases);
    set->n = v[0].databases->n;
    set->v = arena_memdup(&b->s->arena, v[0].databases->v, (size_t)set->n * sizeof *set->v);
    v[1].databases = set;
    b->s->bouncers = b->bouncers = v;
    b->s->nbouncers = 2;
    return &v[1];
}
static struct pgb_database *second_database(struct sb *b)
{
    return (struct pgb_database *)(uintptr_t)&second(b)->databases->v[0];
}
static void two_alike(struct sb *b)
{
    (void)second(b);
}
static void two_targets(struct sb *b)
{
    second_database(b)->host = "10.0.0.7";
}
static void two_paused(struct sb *b)
{
    second_database(b)->paused = true;
}
static void two_settings(struct sb *b)
{
    static const struct pgb_setting one[] = {{"pool_mode", "transaction", "session", TRI_YES}};
    static const struct pgb_setting two[] = {{"pool_mode", "session", "session", TRI_YES}};
    static const struct pgb_config c1 = {1, one}, c2 = {1, two};
    struct bouncer *v = second(b);
    b->bouncers[0].config = &c1;
    v->config = &c2;
}
static void two_held(struct sb *b)
{
    struct bouncer *v = second(b);
    b->bouncers[0].globals.paused = TRI_NO;
    v->globals.paused = TRI_YES;
}
static void two_one_silent(struct sb *b)
{
    two_targets(b);
    sb_fail(b, &b->bouncers[1].databases_state, OBS_TIMED_OUT, SB_SEC(14));
}
/* Of the whole picture: the first goes through HAProxy, whose port for writes is 5000. */
static struct bouncer *beside(struct sb *b)
{
    static const char *const write[] = {"127.0.0.1:5000"};
    sb_everything(b);
    sb_no_servers(b);
    b->haproxies[0].nwrite_addresses = 1;
    b->haproxies[0].write_addresses = write;
    return second(b);
}
static void sends_to(struct bouncer *v, const char *host, int64_t port)
{
    struct pgb_database *d = (struct pgb_database *)(uintptr_t)v->databases->v;
    for (int i = 0; i < v->databases->n; i++) {
        d[i].host = host;
        d[i].port = port;
    }
}
static void two_ways_to_the_leader(struct sb *b)
{
    sends_to(beside(b), "10.0.0.1", 5432);
}
static void two_ways_and_one_astray(struct sb *b)
{
    two_ways_to_the_leader(b);
    sb_lead(b, "pg2", true);
    sb_ha_sends(b, "pg2");
}
static void two_ways_and_one_to_nobody(struct sb *b)
{
    sends_to(beside(b), "10.0.0.99", 5432);
}
static void settings_of(struct bouncer *v, const struct pgb_config *c)
{
    v->config = c;
    v->config_state = v->databases_state;
}
static const struct pgb_setting by_transaction[] = {{"pool_mode", "transaction", "", TRI_YES}};
static const struct pgb_setting by_session[] = {{"pool_mode", "session", "", TRI_YES}};
static const struct pgb_config transactions = {1, by_transaction}, sessions = {1, by_session};

/* To HAProxy's other port: applications that read have it to themselves. */
static void two_one_for_reading(struct sb *b)
{
    struct bouncer *v = beside(b);
    sends_to(v, "127.0.0.1", 5001);
    ((struct pgb_databases *)(uintptr_t)v->databases)->n = 1;
    settings_of(&b->bouncers[0], &transactions);
    settings_of(v, &sessions);
    v->globals.paused = TRI_NO;
    b->bouncers[0].globals.paused = TRI_YES;
}
/* The first serves others; the third is alike the second but for its pool_mode. */
static void three_and_two_alike(struct sb *b)
{
    struct bouncer *v = beside(b);
    struct bouncer *three = arena_array(&b->s->arena, 3, struct bouncer);
    struct pgb_databases *own = arena_new(&b->s->arena, struct pgb_databases);
    struct pgb_database *d = arena_new(&b->s->arena, struct pgb_database);
    *d = v->databases->v[0];
    d->name = "accounts";
    *own = (struct pgb_databases){1, d};
    three[0] = *v;
    three[0].databases = own;
    three[1] = three[2] = *v;
    three[2].name = "pgb3";
    settings_of(&three[0], &sessions);
    settings_of(&three[1], &sessions);
    settings_of(&three[2], &transactions);
    b->s->bouncers = b->bouncers = three;
    b->s->nbouncers = 3;
}

const struct health_case health_cases_pgbouncer[] = {
    {"bouncer-pause-forgotten", held_long, "pgbouncer",
     "paused as a whole, for 4m05s, 3 clients wait: RESUME"},
    {"bouncer-pause-forgotten", held_before, "pgbouncer", "since before this console looked"},
    {"bouncer-pause-forgotten", held_briefly, NULL, NULL},
    {"bouncer-pause-forgotten", held_long_but_silent, NULL, NULL},
    {"database-forgotten", paused_long, "pgbouncer",
     "database app is paused, for 2m00s, 2 clients"},
    {"database-forgotten", disabled_before, "pgbouncer", "database reports is disabled, since"},
    {"database-forgotten", paused_briefly, NULL, NULL},
    {"bouncer-looks-held", starves_long, "pgbouncer", "4 clients wait, no pool has a server"},
    {"bouncer-looks-held", starves_in_back_off, NULL, NULL},
    {"bouncer-looks-held", starves_long_of_124, NULL, NULL},
    {"bouncer-looks-held", starves_another_has_servers, NULL, NULL},
    {"bouncer-looks-held", starves_backend_down, NULL, NULL},
    {"bouncer-looks-held", starves_target_unknown, NULL, NULL},
    {"bouncer-looks-held", starves_under_longer_retry, NULL, NULL},
    {"pool-no-server", starves_long, "pgbouncer", "pg1 is up: paused as a whole"},
    {"pool-no-server", starves_in_back_off, "pgbouncer",
     "pg1 is up: paused as a whole or in login back-off: PgBouncer before 1.19 tells an admin"},
    {"pool-no-server", starves_told_not_paused, "pgbouncer",
     "pg1 is up: login back-off, tried again every 15.0 s"},
    {"pool-no-server", starves_long_not_paused, "pgbouncer", "pg1 is up: server logins fail"},
    {"pool-no-server", starves_told_paused, NULL, NULL},
    {"bouncer-held", starves_told_paused, "pgbouncer", "PgBouncer is paused as a whole"},
    {"bouncer-held", held_before, NULL, NULL}, /* bouncer-pause-forgotten has said it */
    {"bouncer-looks-held", starves_long_not_paused, NULL, NULL},
    {"database-paused", paused_long, NULL, NULL}, /* database-forgotten has said it */
    {"database-paused", paused_briefly, "pgbouncer", "database app is paused"},
    {"database-disabled", disabled_before, NULL, NULL},
    {"pool-wait", waits_while_paused, NULL, NULL}, /* database-paused says who waits */
    {"pool-no-server", starves_in_login, "pgbouncer", "all of them still to log in"},
    {"pool-no-server", starves_long_of_124, "pgbouncer", "pg1 is up: server logins fail"},
    {"pool-no-server", starves_another_has_servers, "pgbouncer", "pg1 is up: server logins fail"},
    {"pool-no-server", starves_backend_down, "pgbouncer",
     "backend unreachable, pg1 takes no connections"},
    {"pool-no-server", starves_target_unknown, "pgbouncer",
     "backend unreachable, paused or login back-off"},
    {"pool-no-server", starves_under_longer_retry_not_paused, "pgbouncer", "every 1m00s"},
    {"pool-slow", full_of_slow_queries, "pgbouncer", "a query takes 1.2 s in the mean"},
    {"pool-slow", full_of_short_queries, NULL, NULL},
    {"pool-slow", full_of_idlers, NULL, NULL},
    {"pool-slow", full_of_idlers_that_wait, NULL, NULL},
    {"pool-slow", full_of_short_queries_that_wait, NULL, NULL},
    {"pool-idle-in-transaction", full_of_short_queries_that_wait, NULL, NULL},
    {"pool-idle-in-transaction", full_of_idlers_that_wait, "pgbouncer",
     "of a transaction's 700 ms, 99 % pass without a query"},
    {"pool-slow", full_after_reset, NULL, NULL},
    {"pool-idle-in-transaction", full_of_idlers, "pgbouncer",
     "of a transaction's 2.5 s, 100 % pass without a query, while 5 clients wait"},
    {"pool-idle-in-transaction", idlers_and_nobody_waits, NULL, NULL},
    {"pool-idle-in-transaction", full_of_slow_queries, NULL, NULL},
    {"bouncer-clients-near", clients_90, "pgbouncer", "90 of 100 clients (max_client_conn)"},
    {"bouncer-clients-near", clients_89, NULL, NULL},
    {"bouncer-clients-near", clients_100, NULL, NULL},
    {"bouncer-clients-near", clients_unknown, NULL, NULL},
    {"bouncer-clients-full", clients_100, "pgbouncer",
     "100 of 100 clients (max_client_conn): others"},
    {"bouncer-clients-full", clients_90, NULL, NULL},
    {"servers-closing", closing_long, "pgbouncer",
     "of app are to be closed (close_needed), for 95 s"},
    {"servers-closing", closing_briefly, NULL, NULL},
    {"bouncers-differ", two_targets, "pgb2", "database app goes to 10.0.0.7:5000, on pgbouncer to"},
    {"bouncers-differ", two_paused, "pgb2", "database app is paused here, and open on pgbouncer"},
    {"bouncers-differ", two_settings, "pgb2", "pool_mode is session, on pgbouncer transaction"},
    {"bouncers-differ", two_held, "pgb2", "it is paused as a whole, pgbouncer is not"},
    {"bouncers-differ", two_alike, NULL, NULL},
    {"bouncers-differ", two_one_silent, NULL, NULL},
    {"bouncers-differ", two_ways_to_the_leader, NULL, NULL},
    {"bouncers-differ", two_ways_and_one_astray, NULL, NULL},
    {"route-not-leader", two_ways_and_one_astray, "pgb2",
     "database app goes to pg1 (10.0.0.1:5432), which does not lead: writes fail there; point it "
     "at"},
    {"bouncers-differ", two_ways_and_one_to_nobody, "pgb2",
     "database app goes to 10.0.0.99:5432, on pgbouncer to 127.0.0.1:5000; where the first ends"},
    {"bouncers-differ", two_one_for_reading, NULL, NULL},
    {"bouncers-differ", three_and_two_alike, "pgb3", "pool_mode is transaction, on pgb2 session"},
    {"bouncers-differ", healthy, NULL, NULL},
};
const int health_ncases_pgbouncer = sizeof health_cases_pgbouncer / sizeof *health_cases_pgbouncer;
