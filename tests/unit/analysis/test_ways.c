/* analysis/ways: where a way really ends, and that none that is not known to work is open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/analysis/ways.h"
#include "snapshot_builder.h"

#define NOW SB_NOW_US

/* ---- scenes. The builder's PgBouncer is at 127.0.0.1:6432, its HAProxy's page at 127.0.0.1:7000;
 * members are at 10.0.0.N:5432. */

static void all(struct sb *b)
{
    static const char *const write[] = {"127.0.0.1:5000"};
    sb_everything(b);
    sb_no_servers(b);
    b->haproxies[0].nwrite_addresses = 1;
    b->haproxies[0].write_addresses = write;
}

static void no_write_address(struct sb *b)
{
    all(b);
    b->haproxies[0].nwrite_addresses = 0;
}

static void one_backend(struct sb *b)
{
    no_write_address(b);
    struct ha_stats *t = (struct ha_stats *)(uintptr_t)b->haproxies[0].stats;
    t->n /= 2; /* "ro" comes second */
}

static void listener(struct sb *b)
{
    no_write_address(b);
    sb_ha_row(b, "rw", "FRONTEND")->addr = "0.0.0.0:5000";
}

static void other_port(struct sb *b)
{
    all(b);
    sb_database(b, 0, 0)->port = 5001;
}

static void points_at(struct sb *b, const char *host, int64_t port)
{
    all(b);
    sb_database(b, 0, 0)->host = host;
    sb_database(b, 0, 0)->port = port;
}

static void wired(struct sb *b)
{
    points_at(b, "10.0.0.1", 5432);
}

static void wired_and_moved(struct sb *b)
{
    wired(b);
    sb_lead(b, "pg2", true);
    sb_ha_sends(b, "pg2");
}

static void wired_without_proxy(struct sb *b)
{
    wired_and_moved(b);
    b->s->nhaproxies = 0;
}

static void for_reading(struct sb *b)
{
    wired_and_moved(b);
    sb_database(b, 0, 0)->name = "app_ro";
}

static void wired_to_two(struct sb *b)
{
    points_at(b, "10.0.0.1,10.0.0.2", 5432);
}

static void old_connections(struct sb *b)
{
    all(b);
    sb_lead(b, "pg2", true);
    sb_ha_sends(b, "pg2");
    points_at(b, "10.0.0.2", 5432);
    sb_ha_sends(b, "pg2");
    sb_servers_at(b, "pg1", 3);
}

static void split(struct sb *b)
{
    wired_and_moved(b);
    sb_pg(b, "pg1")->in_recovery = false;
}

static void read_only(struct sb *b)
{
    wired(b);
    sb_pg(b, "pg1")->read_only = true;
}

static void nobody_asked(struct sb *b)
{
    wired(b);
    sb_fail(b, &sb_member(b, "pg1")->pg, OBS_TIMED_OUT, SB_SEC(14));
    sb_fail(b, &sb_member(b, "pg1")->api, OBS_TIMED_OUT, SB_SEC(14));
}

static void by_patroni(struct sb *b)
{
    wired(b);
    sb_fail(b, &sb_member(b, "pg1")->pg, OBS_TIMED_OUT, SB_SEC(14));
}

static void no_leader_long(struct sb *b)
{
    wired(b);
    sb_no_leader(b, SB_SEC(300));
}

static void no_leader_yet(struct sb *b)
{
    wired(b);
    sb_no_leader(b, SB_SEC(3));
}

static void old_picture(struct sb *b)
{
    wired(b);
    sb_fail(b, &b->s->view, OBS_TIMED_OUT, SB_SEC(60));
    b->s->dcs_leads = false;
}

static void silent_bouncer(struct sb *b)
{
    wired_and_moved(b);
    sb_fail(b, &b->bouncers[0].databases_state, OBS_TIMED_OUT, SB_SEC(20));
    sb_fail(b, &b->bouncers[0].pools_state, OBS_TIMED_OUT, SB_SEC(20));
}

static void paused(struct sb *b)
{
    all(b);
    sb_database(b, 0, 0)->paused = true;
}

static void disabled(struct sb *b)
{
    all(b);
    sb_database(b, 0, 0)->disabled = true;
}

static void paused_as_a_whole(struct sb *b)
{
    all(b);
    b->bouncers[0].globals.paused = TRI_YES;
}

static void paused_before_some_port(struct sb *b)
{
    no_write_address(b);
    b->bouncers[0].globals.paused = TRI_YES;
}

static void no_server_in_pool(struct sb *b)
{
    all(b);
    struct pgb_pool *p = sb_pool(b, 0, 0);
    *p = (struct pgb_pool){.database = p->database,
                           .user = p->user,
                           .cl_waiting = 3,
                           .maxwait_us = SB_SEC(12),
                           .pool_mode = p->pool_mode};
}

static void silent_haproxy(struct sb *b)
{
    all(b);
    sb_fail(b, &b->haproxies[0].state, OBS_TIMED_OUT, SB_SEC(20));
}

static void haproxy_empty(struct sb *b)
{
    all(b);
    sb_ha_sends(b, NULL);
    b->s->leader_since_us = NOW - SB_SEC(600);
}

static void haproxy_empty_for_a_dead_leader(struct sb *b)
{
    haproxy_empty(b);
    sb_fail(b, &b->members[0].api, OBS_REFUSED, SB_SEC(4));
}

static void haproxy_empty_while_changing(struct sb *b)
{
    all(b);
    sb_ha_sends(b, NULL);
    b->s->leader_since_us = NOW - SB_SEC(2);
}

static void nobody_to_read(struct sb *b)
{
    all(b);
    b->s->leader_since_us = NOW - SB_SEC(600);
    for (int i = 0; i < b->s->nmembers; i++)
        sb_ha_row(b, "ro", b->s->members[i].name)->status = HA_DOWN;
}

static void haproxy_behind(struct sb *b)
{
    all(b);
    sb_lead(b, "pg2", true);
}

static void haproxy_both(struct sb *b)
{
    haproxy_behind(b);
    sb_ha_server(b, "pg2", HA_UP, NULL);
}

static void haproxy_backup(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg2", HA_UP, NULL);
    sb_ha_row(b, "rw", "pg2")->backups = 1;
    sb_ha_row(b, "rw", "pg2")->sessions = 0;
}

static void stale_sessions(struct sb *b)
{
    haproxy_behind(b);
    sb_ha_sends(b, "pg2");
    sb_ha_row(b, "rw", "pg1")->sessions = 7;
}

static void a_stranger(struct sb *b)
{
    all(b);
    sb_ha_row(b, "rw", "pg1")->name = "db-a";
}

static void by_name(struct sb *b)
{
    points_at(b, "db.example", 5432);
    sb_servers(b, "10.0.0.1", 5432, 4);
}

static void by_name_and_moved(struct sb *b)
{
    by_name(b);
    sb_lead(b, "pg2", true);
    sb_ha_sends(b, "pg2");
}

static void by_name_unseen(struct sb *b)
{
    points_at(b, "db.example", 5432);
}

static void by_shared_address(struct sb *b)
{
    static const char *const write[] = {"127.0.0.1:5000", "db-rw.example:5000"};
    points_at(b, "db-rw.example", 5000);
    b->haproxies[0].nwrite_addresses = 2;
    b->haproxies[0].write_addresses = write;
}

static void a_vip(struct sb *b)
{
    points_at(b, "10.0.0.99", 5432);
}

static void unix_socket(struct sb *b)
{
    points_at(b, NULL, 5432);
    b->bouncers[0].endpoint = "10.0.0.1:6432";
}

static void unix_socket_of_another(struct sb *b)
{
    unix_socket(b);
    b->bouncers[0].endpoint = "10.0.0.3:6432";
}

/* 127.0.0.1 is the bouncer's own host, not ours. */
static void loopback_of_another(struct sb *b)
{
    points_at(b, "127.0.0.1", 5432);
    b->bouncers[0].endpoint = "10.0.0.2:6432";
}

static void in_a_circle(struct sb *b)
{
    points_at(b, "127.0.0.1", 6432);
    sb_database(b, 0, 0)->database = "app";
}

static void standby_cluster(struct sb *b)
{
    wired_and_moved(b);
    b->config->standby_cluster = true;
}

/* ---- two HAProxies on one host, the first of them with another port for writes */

static struct haproxy *two_proxies(struct sb *b)
{
    no_write_address(b);
    struct haproxy *h = b->haproxies;
    h[1] = h[0];
    h[0].name = "other";
    h[0].endpoint = "http://127.0.0.1:7001";
    b->s->nhaproxies = 2;
    return h;
}

static void two_on_a_host(struct sb *b)
{
    (void)two_proxies(b);
}

static void two_and_one_by_socket(struct sb *b)
{
    two_proxies(b)[1].endpoint = "/run/haproxy/admin.sock";
}

static void two_and_the_port_is_said(struct sb *b)
{
    static const char *const write[] = {"127.0.0.1:5000"};
    struct haproxy *h = two_proxies(b);
    h[1].endpoint = "/run/haproxy/admin.sock";
    h[1].nwrite_addresses = 1;
    h[1].write_addresses = write;
}

/* Of the other it is said that its port for writes is not this one: it may be one for reading. */
static void two_and_the_others_port_is_said(struct sb *b)
{
    static const char *const write[] = {"127.0.0.1:5010"};
    struct haproxy *h = two_proxies(b);
    h[0].nwrite_addresses = 1;
    h[0].write_addresses = write;
}

/* ... unless a way of applications that writes goes there. */
static struct app_place write_place;
static struct app_route write_route;
static void two_and_a_route_tells(struct sb *b)
{
    two_and_the_others_port_is_said(b);
    write_place = (struct app_place){"127.0.0.1", 5000};
    write_route =
        (struct app_route){.name = "web", .nplaces = 1, .places = &write_place, .database = "app"};
    b->s->nroutes = 1;
    b->s->routes = &write_route;
}

static void two_on_other_loopbacks(struct sb *b)
{
    two_proxies(b)[0].endpoint = "http://127.0.0.2:7000";
    static const char *const write[] = {"127.0.0.2:5000"}, *const mine[] = {"127.0.0.1:5000"};
    b->haproxies[0].nwrite_addresses = b->haproxies[1].nwrite_addresses = 1;
    b->haproxies[0].write_addresses = write;
    b->haproxies[1].write_addresses = mine;
}

/* A shared address: either may take a connection. */
static void two_share(struct sb *b)
{
    static const char *const write[] = {"10.0.0.99:5000"};
    struct haproxy *h = two_proxies(b);
    sb_database(b, 0, 0)->host = "10.0.0.99";
    h[0].nwrite_addresses = h[1].nwrite_addresses = 1;
    h[0].write_addresses = h[1].write_addresses = write;
}

static void two_share_and_one_is_silent(struct sb *b)
{
    two_share(b);
    sb_fail(b, &b->haproxies[1].state, OBS_TIMED_OUT, SB_SEC(20));
}

static void a_server_is_said(struct sb *b)
{
    static const struct ha_server_name names[] = {{"db-a", "pg1"}};
    a_stranger(b);
    b->haproxies[0].nservers = 1;
    b->haproxies[0].servers = names;
}

/* ---- names */

static struct pgb_dns_host dns_host;
static struct pgb_dns_hosts dns_hosts;

static void resolves_to(struct sb *b, const char *addrs)
{
    dns_host = (struct pgb_dns_host){.name = "db.example", .addrs = addrs, .ttl_s = 9};
    dns_hosts = (struct pgb_dns_hosts){1, &dns_host};
    b->bouncers[0].dns_hosts = &dns_hosts;
    b->bouncers[0].dns_hosts_state = b->bouncers[0].state;
}

static void name_resolves(struct sb *b)
{
    by_name_unseen(b);
    resolves_to(b, "10.0.0.1:0");
}

static void name_resolves_to_two(struct sb *b)
{
    by_name_unseen(b);
    resolves_to(b, "10.0.0.1:0,10.0.0.2:0");
}

static void name_does_not_resolve(struct sb *b)
{
    by_name_unseen(b);
    resolves_to(b, NULL);
}

static void name_does_not_resolve_any_more(struct sb *b)
{
    by_name(b);
    resolves_to(b, NULL);
}

static void name_does_not_resolve_and_clients_wait(struct sb *b)
{
    no_server_in_pool(b);
    sb_database(b, 0, 0)->host = "db.example";
    resolves_to(b, NULL);
}

static void name_resolved_long_ago(struct sb *b)
{
    name_resolves(b);
    sb_fail(b, &b->bouncers[0].dns_hosts_state, OBS_TIMED_OUT, SB_SEC(60));
}

static void name_of_haproxy_does_not_resolve(struct sb *b)
{
    by_shared_address(b);
    resolves_to(b, NULL);
    dns_host.name = "db-rw.example";
}

static void two_names(struct sb *b)
{
    points_at(b, "db.example,db2.example", 5432);
    sb_servers(b, "10.0.0.1", 5432, 4);
}

static void ipv6(struct sb *b)
{
    points_at(b, "fd00::1", 5432);
    ((struct cluster_member *)(uintptr_t)sb_member(b, "pg1")->dcs)->host = "fd00:0::1";
}

/* ---- a configured route */

static struct app_place places[3];
static struct app_route route;

static void routed(struct sb *b, const char *host, int64_t port, enum route_wants wants)
{
    all(b);
    places[0] = (struct app_place){host, port};
    route = (struct app_route){
        .name = "app", .nplaces = 1, .places = places, .database = "app", .wants = wants};
    b->s->nroutes = 1;
    b->s->routes = &route;
}

static void route_bouncer(struct sb *b)
{
    routed(b, "127.0.0.1", 6432, ROUTE_WANTS_ANY);
}

static void route_unknown_database(struct sb *b)
{
    route_bouncer(b);
    route.database = "other";
}

static void route_member(struct sb *b)
{
    routed(b, "10.0.0.2", 5432, ROUTE_WANTS_ANY);
}

static void route_many(struct sb *b)
{
    routed(b, "10.0.0.2", 5432, ROUTE_WANTS_PRIMARY);
    places[1] = (struct app_place){"10.0.0.1", 5432};
    route.nplaces = 2;
}

static void route_standby(struct sb *b)
{
    routed(b, "10.0.0.2", 5432, ROUTE_WANTS_STANDBY);
}

/* A route that goes to HAProxy says which port is for writes. */
static void route_tells(struct sb *b)
{
    routed(b, "127.0.0.1", 5000, ROUTE_WANTS_ANY);
    b->haproxies[0].nwrite_addresses = 0;
}

/* ---- the table */

static const struct {
    const char *name;
    void (*make)(struct sb *b);
    const char *key;
    enum way_state state;
    const char *ends;   /* way_end_text() */
    const char *reason; /* some of it; NULL: none at all */
    const char *cure;   /* some of it; NULL: not looked at */
} cases[] = {
    {"through HAProxy", all, "pgbouncer/app", WAY_OPEN, "pg1, the leader", NULL, NULL},
    {"HAProxy itself", all, "haproxy/rw", WAY_OPEN, "pg1, the leader", NULL, NULL},
    {"which port?", no_write_address, "pgbouncer/app", WAY_UNKNOWN, "pg1, the leader",
     "whether that is the port for writes of HAProxy haproxy is not known",
     "say write_addresses of haproxy haproxy"},
    {"one backend only", one_backend, "pgbouncer/app", WAY_OPEN, "pg1, the leader", NULL, NULL},
    {"it says where it listens", listener, "pgbouncer/app", WAY_OPEN, "pg1, the leader", NULL,
     NULL},
    {"a route tells", route_tells, "pgbouncer/app", WAY_OPEN, "pg1, the leader", NULL, NULL},

    {"wired to the leader", wired, "pgbouncer/app", WAY_OPEN, "pg1, the leader", NULL, NULL},
    {"wired to one that led", wired_and_moved, "pgbouncer/app", WAY_ASTRAY, "pg1, not the leader",
     "goes to pg1 (10.0.0.1:5432), which does not lead: writes fail there",
     "point it at HAProxy's port for writes (127.0.0.1:5000) or at pg2 (10.0.0.2:5432) in "
     "PgBouncer's configuration, then RELOAD and RECONNECT"},
    {"without an HAProxy", wired_without_proxy, "pgbouncer/app", WAY_ASTRAY, "pg1, not the leader",
     "writes fail there", "point it at pg2 (10.0.0.2:5432) in PgBouncer's"},
    {"for reading", for_reading, "pgbouncer/app_ro", WAY_OPEN, "pg1, not the leader", NULL, NULL},
    {"a list of hosts", wired_to_two, "pgbouncer/app", WAY_ASTRAY,
     "pg1, the leader; pg2, not the leader", "goes to pg2", NULL},
    {"old connections", old_connections, "pgbouncer/app", WAY_ASTRAY,
     "pg2, the leader; pg1, not the leader", "3 server connections still go to pg1",
     "RECONNECT \"app\" on PgBouncer pgbouncer"},
    {"writes elsewhere", split, "pgbouncer/app", WAY_ASTRAY, "pg1, not the leader",
     "yet takes writes (PostgreSQL): they are lost to pg2", NULL},
    {"a read-only leader", read_only, "pgbouncer/app", WAY_READ_ONLY, "pg1, the leader",
     "takes no writes: default_transaction_read_only is on", NULL},
    {"nobody asked it", nobody_asked, "pgbouncer/app", WAY_UNKNOWN, "pg1, the leader",
     "whether that takes writes is not known", NULL},
    {"by its Patroni", by_patroni, "pgbouncer/app", WAY_OPEN, "pg1, the leader", NULL, NULL},
    {"nobody leads", no_leader_long, "pgbouncer/app", WAY_SHUT, "pg1, not the leader",
     "nobody leads now", NULL},
    {"nobody leads yet", no_leader_yet, "pgbouncer/app", WAY_CHANGING, "pg1, not the leader",
     "nobody leads now", NULL},
    {"an old picture", old_picture, "pgbouncer/app", WAY_UNKNOWN, "pg1, the leader",
     "who leads is not known now", NULL},
    {"a silent bouncer", silent_bouncer, "pgbouncer/app", WAY_UNKNOWN, "pg1, not the leader",
     "PgBouncer pgbouncer does not answer (timed out", NULL},

    {"paused", paused, "pgbouncer/app", WAY_HELD, "pg1, the leader", "is paused",
     "RESUME \"app\" on PgBouncer pgbouncer"},
    {"paused, wherever it would go on", paused_before_some_port, "pgbouncer/app", WAY_HELD,
     "pg1, the leader", "paused as a whole", "RESUME on PgBouncer pgbouncer"},
    {"paused as a whole", paused_as_a_whole, "pgbouncer/app", WAY_HELD, "pg1, the leader",
     "paused as a whole", "RESUME on PgBouncer pgbouncer"},
    {"disabled", disabled, "pgbouncer/app", WAY_SHUT, "pg1, the leader", "is disabled",
     "ENABLE \"app\""},
    {"nobody gets a server", no_server_in_pool, "pgbouncer/app", WAY_HELD, "pg1, the leader",
     "3 waiting, 12.0 s, no server", "server_login_retry"},

    {"a silent HAProxy", silent_haproxy, "pgbouncer/app", WAY_UNKNOWN, "?",
     "HAProxy haproxy does not answer", NULL},
    {"no server", haproxy_empty, "haproxy/rw", WAY_SHUT, "?", "no server up in rw: writes fail",
     "HAProxy's checks"},
    {"no server, for its leader is dead", haproxy_empty_for_a_dead_leader, "haproxy/rw", WAY_SHUT,
     "?", "no server up in rw: writes fail", "pg1, which leads, does not answer: bring it back"},
    {"no server for a moment", haproxy_empty_while_changing, "haproxy/rw", WAY_CHANGING, "?",
     "as while the leader changes", NULL},
    {"HAProxy is behind", haproxy_behind, "pgbouncer/app", WAY_ASTRAY, "pg1, not the leader",
     "does not lead: writes fail", "HAProxy's own check has to take it out of rw"},
    {"HAProxy has two", haproxy_both, "haproxy/rw", WAY_ASTRAY,
     "pg1, not the leader; pg2, the leader", "goes to pg1", NULL},
    {"HAProxy's other port", all, "haproxy/ro", WAY_OPEN, "pg1, the leader; pg2; pg3", NULL, NULL},
    {"nobody to read from", nobody_to_read, "haproxy/ro", WAY_SHUT, "?",
     "no server up in ro: reads fail", NULL},
    {"a backup stands by", haproxy_backup, "haproxy/rw", WAY_OPEN, "pg1, the leader", NULL, NULL},
    {"sessions that stayed", stale_sessions, "haproxy/rw", WAY_ASTRAY, "pg2, the leader",
     "7 sessions of HAProxy haproxy still go to pg1", "shut those sessions down"},
    {"a server that is no member", a_stranger, "haproxy/rw", WAY_UNKNOWN, "db-a?",
     "db-a, which is no known member", NULL},

    {"by a name", by_name, "pgbouncer/app", WAY_OPEN, "pg1, the leader", NULL, NULL},
    {"by a name, moved", by_name_and_moved, "pgbouncer/app", WAY_ASTRAY, "pg1, not the leader",
     "goes to pg1", NULL},
    {"by a name, no connection", by_name_unseen, "pgbouncer/app", WAY_UNKNOWN, "db.example:5432?",
     "a name: where it leads is not known", NULL},
    {"by HAProxy's name", by_shared_address, "pgbouncer/app", WAY_OPEN, "pg1, the leader", NULL,
     NULL},
    {"by an address of nobody", a_vip, "pgbouncer/app", WAY_UNKNOWN, "10.0.0.99:5432?",
     "where no member, PgBouncer or HAProxy is known", "add what stands there"},
    {"by a unix socket", unix_socket, "pgbouncer/app", WAY_OPEN, "pg1, the leader", NULL, NULL},
    {"by a replica's socket", unix_socket_of_another, "pgbouncer/app", WAY_ASTRAY,
     "pg3, not the leader", "goes to pg3", NULL},
    {"its own 127.0.0.1", loopback_of_another, "pgbouncer/app", WAY_ASTRAY, "pg2, not the leader",
     "goes to pg2", NULL},
    {"by a name that resolves", name_resolves, "pgbouncer/app", WAY_OPEN, "pg1, the leader", NULL,
     NULL},
    {"by a name of two", name_resolves_to_two, "pgbouncer/app", WAY_ASTRAY,
     "pg1, the leader; pg2, not the leader", "goes to pg2", NULL},
    {"by a name that does not", name_does_not_resolve, "pgbouncer/app", WAY_UNKNOWN,
     "db.example:5432?", "its host db.example is a name that PgBouncer cannot resolve now",
     "name service"},
    {"by a name that did", name_does_not_resolve_any_more, "pgbouncer/app", WAY_UNKNOWN,
     "pg1, the leader", "cannot resolve now", NULL},
    {"by a name that does not, and they wait", name_does_not_resolve_and_clients_wait,
     "pgbouncer/app", WAY_HELD, "db.example:5000?",
     "db.example is a name that PgBouncer cannot resolve now: 3 waiting", "name service"},
    {"by a name, long ago", name_resolved_long_ago, "pgbouncer/app", WAY_UNKNOWN,
     "db.example:5432?", "a name: where it leads is not known", NULL},
    {"HAProxy's name does not", name_of_haproxy_does_not_resolve, "pgbouncer/app", WAY_UNKNOWN,
     "pg1, the leader", "cannot resolve now", NULL},
    {"two names", two_names, "pgbouncer/app", WAY_OPEN, "pg1, the leader", NULL, NULL},
    {"by IPv6", ipv6, "pgbouncer/app", WAY_OPEN, "pg1, the leader", NULL, NULL},
    {"a server that is said", a_server_is_said, "haproxy/rw", WAY_OPEN, "pg1, the leader", NULL,
     NULL},

    {"two on a host", two_on_a_host, "pgbouncer/app", WAY_UNKNOWN, "127.0.0.1:5000?",
     "which of 2 HAProxies is there is not known", "say write_addresses of each haproxy"},
    {"one is known by its socket", two_and_one_by_socket, "pgbouncer/app", WAY_UNKNOWN,
     "127.0.0.1:5000?", "which of 2 HAProxies is there is not known", NULL},
    {"the other's port is said", two_and_the_others_port_is_said, "pgbouncer/app", WAY_UNKNOWN,
     "127.0.0.1:5000?", "which of 2 HAProxies is there is not known", NULL},
    {"two share it", two_share, "pgbouncer/app", WAY_OPEN, "pg1, the leader", NULL, NULL},
    {"two share it, one is silent", two_share_and_one_is_silent, "pgbouncer/app", WAY_UNKNOWN,
     "pg1, the leader", "HAProxy haproxy does not answer", NULL},

    {"in a circle", in_a_circle, "pgbouncer/app", WAY_UNKNOWN, "?", "goes round in a circle", NULL},

    {"a route", route_bouncer, "app", WAY_OPEN, "pg1, the leader", NULL, NULL},
    {"a route to no database", route_unknown_database, "app", WAY_UNKNOWN, "?",
     "lists no database other now", NULL},
    {"a route to a replica", route_member, "app", WAY_ASTRAY, "pg2, not the leader",
     "does not lead: writes fail there", "point it at HAProxy's port for writes (127.0.0.1:5000)"},
    {"a list that finds the primary", route_many, "app", WAY_OPEN, "pg1, the leader", NULL, NULL},
    {"a route for reading", route_standby, "app", WAY_OPEN, "pg2, not the leader", NULL, NULL},
};

static const struct way *way_find(const struct way *v, int n, const char *key)
{
    for (int i = 0; i < n; i++)
        if (strcmp(v[i].key, key) == 0)
            return &v[i];
    return NULL;
}

static bool says(const char *text, const char *wanted)
{
    return wanted ? strstr(text, wanted) != NULL : *text == '\0';
}

static void every_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sb *b = sb_new(NOW);
        struct arena a;
        int n;
        arena_init(&a);
        cases[i].make(b);
        const struct way *v = ways_of(b->s, NOW, &a, &n), *w = way_find(v, n, cases[i].key);
        if (!w) {
            fail_msg("%s: no way %s", cases[i].name, cases[i].key);
            continue;
        }
        const char *ends = way_end_text(w, b->s, &a);
        if (w->state != cases[i].state || strcmp(ends, cases[i].ends) != 0 ||
            !says(w->reason, cases[i].reason) || (cases[i].cure && !says(w->cure, cases[i].cure)))
            fail_msg("%s: %s; ends at %s; \"%s\"; \"%s\"", cases[i].name, way_state_name(w->state),
                     ends, w->reason, w->cure);
        arena_release(&a);
        sb_free(b);
    }
}

/* Which HAProxy is at an address: by it and the port, never by the host alone. */
static void a_port_is_that_of_the_right_haproxy(void **state)
{
    static const struct {
        const char *name;
        void (*make)(struct sb *b);
        const char *hops[3]; /* behind the bouncer; NULL: no more */
    } proxies[] = {
        {"as said", two_and_the_port_is_said, {"haproxy"}},
        {"as a route says", two_and_a_route_tells, {"haproxy"}},
        {"127.0.0.2 is not 127.0.0.1", two_on_other_loopbacks, {"haproxy"}},
        {"both", two_share, {"other", "haproxy"}},
        {"one of them", two_on_a_host, {NULL}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++) {
        struct sb *b = sb_new(NOW);
        struct arena a;
        int n, hops = 0;
        arena_init(&a);
        proxies[i].make(b);
        const struct way *v = ways_of(b->s, NOW, &a, &n), *w = way_find(v, n, "pgbouncer/app");
        while (proxies[i].hops[hops])
            hops++;
        if (w->nhops != hops + 1)
            fail_msg("%s: %d hops", proxies[i].name, w->nhops);
        for (int k = 0; k < hops; k++)
            if (strcmp(w->hops[k + 1].name, proxies[i].hops[k]) != 0 ||
                w->hops[k + 1].beside != (k > 0))
                fail_msg("%s: hop %d is %s", proxies[i].name, k + 1, w->hops[k + 1].name);
        arena_release(&a);
        sb_free(b);
    }
}

/* Whatever is not known to work is not open, whichever source is silent or old. */
static void a_silence_opens_nothing(void **state)
{
    (void)state;
    for (int which = 0; which < 5; which++) {
        struct sb *b = sb_new(NOW);
        struct arena a;
        int n;
        arena_init(&a);
        all(b);
        struct source_state *const states[] = {&b->bouncers[0].databases_state,
                                               &b->bouncers[0].pools_state, &b->haproxies[0].state,
                                               &sb_member(b, "pg1")->pg, &b->s->view};
        sb_fail(b, states[which], OBS_TIMED_OUT, SB_SEC(60));
        if (which == 3)
            sb_fail(b, &sb_member(b, "pg1")->api, OBS_TIMED_OUT, SB_SEC(60));
        const struct way *v = ways_of(b->s, NOW, &a, &n), *w = way_find(v, n, "pgbouncer/app");
        if (w->state == WAY_OPEN)
            fail_msg("source %d is silent, and the way is open", which);
        for (int i = 0; i < w->nends; i++)
            if (w->ends[i].state == WAY_OPEN && which != 2)
                fail_msg("source %d is silent, and the end %s is open", which, w->ends[i].name);
        arena_release(&a);
        sb_free(b);
    }
}

static void the_worst_counts_writes_only(void **state)
{
    (void)state;
    struct way v[] = {{.writes = true, .state = WAY_OPEN},
                      {.writes = false, .state = WAY_ASTRAY},
                      {.writes = true, .state = WAY_CHANGING}};
    assert_int_equal(ways_worst(v, 2), WAY_OPEN);
    assert_int_equal(ways_worst(v, 3), WAY_CHANGING);
    assert_int_equal(ways_worst(v + 1, 1), WAY_UNKNOWN);
    assert_int_equal(ways_worst(v, 0), WAY_UNKNOWN);
}

static void what_is_for_reading_is_told_by_its_name_or_place(void **state)
{
    static const struct {
        const char *name;
        bool writes;
    } names[] = {{"app", true},           {"app_ro", false},   {"app-read", false},
                 {"bread", true},         {"road", true},      {"read_write", true},
                 {"reporting", true},     {"reads", false},    {"AppReplica", false},
                 {"app_readonly", false}, {"standby1", false}, {"thread_pool", true}};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct sb *b = sb_new(NOW);
        struct arena a;
        int n;
        arena_init(&a);
        all(b);
        sb_database(b, 0, 0)->name = names[i].name;
        const struct way *v = ways_of(b->s, NOW, &a, &n);
        if (v[0].writes != names[i].writes)
            fail_msg("%s is for %s", names[i].name, v[0].writes ? "writes" : "reading");
        arena_release(&a);
        sb_free(b);
    }
    struct sb *b = sb_new(NOW);
    struct arena a;
    int n;
    arena_init(&a);
    other_port(b); /* HAProxy's, and not the one for writes */
    const struct way *v = ways_of(b->s, NOW, &a, &n);
    assert_false(way_find(v, n, "pgbouncer/app")->writes);
    standby_cluster(b);
    v = ways_of(b->s, NOW, &a, &n);
    assert_false(way_find(v, n, "pgbouncer/app")->writes);
    assert_int_equal(way_find(v, n, "pgbouncer/app")->state, WAY_OPEN);
    arena_release(&a);
    sb_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case),
        cmocka_unit_test(a_port_is_that_of_the_right_haproxy),
        cmocka_unit_test(a_silence_opens_nothing),
        cmocka_unit_test(the_worst_counts_writes_only),
        cmocka_unit_test(what_is_for_reading_is_told_by_its_name_or_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
