/* Cases of the rules of health_haproxy.c: checks, what is held, limits, two that differ. */
#include "health_cases.h"

#include <string.h>

#define NOW SB_NOW_US

#define all sb_everything

static struct ha_row *rw(struct sb *b, const char *name)
{
    return sb_ha_row(b, "rw", name);
}

/* ---- the socket */
static void socket_gone(struct sb *b)
{
    all(b);
    b->haproxies[0].socket = "/run/haproxy.sock";
    b->haproxies[0].state.detail = "there is no socket /run/haproxy.sock";
}
static void socket_answers(struct sb *b)
{
    all(b);
    b->haproxies[0].socket = "/run/haproxy.sock";
}

/* ---- checks */
static void refused(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg2", HA_DOWN, "L4CON");
    rw(b, "pg2")->last_check = "Connection refused";
    rw(b, "pg2")->changed_s = 14;
}
static void refused_in_both(struct sb *b)
{
    refused(b);
    struct ha_row *r = sb_ha_row(b, "ro", "pg2");
    *r = *rw(b, "pg2");
    r->proxy = "ro";
}
static void hangs(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg2", HA_DOWN, "L7TOUT");
}
static void fails_as(struct sb *b, const char *check, const char *words)
{
    all(b);
    sb_ha_server(b, "pg2", HA_DOWN, check);
    rw(b, "pg2")->last_check = words;
}
#define FAILS_AS(fn, check, words)  \
    static void fn(struct sb *b)    \
    {                               \
        fails_as(b, #check, words); \
    }
FAILS_AS(no_way_there, L4TOUT, "")
FAILS_AS(no_handshake, L6TOUT, "")
FAILS_AS(no_tls_at_all, L6RSP, "SSL handshake failure (error:0A00010B:wrong version number)")
FAILS_AS(no_http, L7RSP, "Layer7 invalid response: <BLURGH!>")
FAILS_AS(no_socket, SOCKERR, "")
/* What came before the answer, or is one: no failure that a person could mend. */
FAILS_AS(connected_only, L4OK, "")
FAILS_AS(handshake_only, L6OK, "")
static void begins_to_hang(struct sb *b)
{
    all(b);
    struct ha_row *r = sb_ha_row(b, "ro", "pg3");
    r->status = HA_GOING_DOWN;
    r->status_text = "UP 2/3";
    r->check_status = "L4TOUT";
}
static void answers_500(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg2", HA_DOWN, "L7STS");
    rw(b, "pg2")->check_code = 500;
}
static void being_checked(struct sb *b) /* "* L7STS", whose code reads 0 */
{
    all(b);
    sb_ha_server(b, "pg2", HA_DOWN, "L7STS");
    rw(b, "pg2")->check_code = 0;
}
static void not_checked_yet(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg2", HA_DOWN, "INI");
}
static void refused_silent(struct sb *b)
{
    refused(b);
    sb_fail(b, &b->haproxies[0].state, OBS_TIMED_OUT, SB_SEC(14));
}
static void leader_turning(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg1", HA_GOING_DOWN, "L7STS");
}
static void replica_turning(struct sb *b) /* a switchover to it, as the readers' backend sees it */
{
    all(b);
    struct ha_row *r = sb_ha_row(b, "ro", "pg2");
    r->status = HA_GOING_DOWN;
    r->check_status = "L7STS";
    r->check_code = 503;
}

/* ---- stale sessions */
static void stale(struct sb *b, int64_t sessions, int64_t changed_s)
{
    all(b);
    rw(b, "pg2")->sessions = sessions;
    rw(b, "pg2")->changed_s = changed_s;
}
static void stale_sessions(struct sb *b)
{
    stale(b, 12, 40);
}
static void one_stale_session(struct sb *b)
{
    stale(b, 1, 40);
}
static void sessions_that_just_end(struct sb *b)
{
    stale(b, 12, 2);
}
static void no_stale_sessions(struct sb *b)
{
    stale(b, 0, 40);
}
static void stale_where_nobody_leads(struct sb *b)
{
    stale_sessions(b);
    sb_no_leader(b, SB_SEC(3));
}
static void draining_leader(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg1", HA_DRAIN, "L7OK");
    rw(b, "pg1")->sessions = 12;
}
static void readers_sessions(struct sb *b)
{
    all(b);
    struct ha_row *r = sb_ha_row(b, "ro", "pg2");
    r->status = HA_DOWN;
    r->sessions = 12;
}

/* ---- a backend for reading without anybody */
static void ro_down(struct sb *b, int64_t for_s)
{
    all(b);
    struct ha_row *r = sb_ha_row(b, "ro", "BACKEND");
    r->status = HA_DOWN;
    r->changed_s = for_s;
}
static void readers_without(struct sb *b)
{
    ro_down(b, 60);
}
static void readers_without_briefly(struct sb *b)
{
    ro_down(b, 4);
}
static void strangers_without(struct sb *b)
{
    readers_without(b);
    const struct ha_stats *t = b->haproxies[0].stats;
    for (int i = 0; i < t->n; i++)
        if (strcmp(t->v[i].proxy, "ro") == 0 && t->v[i].type == HA_SERVER)
            sb_ha_row(b, "ro", t->v[i].name)->name = "web";
}

/* ---- held */
static void hold(struct sb *b, const char *proxy, const char *name, int64_t since_us)
{
    const struct ha_stats *t = b->haproxies[0].stats;
    static int64_t held[64];
    const struct ha_row *r = sb_ha_row(b, proxy, name);
    memset(held, 0, sizeof held);
    held[r - t->v] = since_us;
    b->haproxies[0].held_us = held;
}
static void replica_in_maint(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg2", HA_MAINT, "");
    hold(b, "rw", "pg2", NOW - SB_SEC(7200));
}
static void replica_in_maint_before(struct sb *b)
{
    replica_in_maint(b);
    hold(b, "rw", "pg2", SINCE_BEFORE);
}
static void drain_behind_down(struct sb *b) /* its status says DOWN, like that of any replica */
{
    all(b);
    rw(b, "pg2")->admin = 0x08;
}
static void drain_not_known(struct sb *b)
{
    all(b);
    rw(b, "pg2")->admin = -1;
}
/* Held back, but by no command: "ready" would not help. */
static void drain_by_its_check(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg2", HA_DRAIN, "");
    rw(b, "pg2")->status_text = "NOLB";
}
static void maint_by_its_name(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg2", HA_MAINT, "");
    rw(b, "pg2")->status_text = "MAINT (resolution)";
    rw(b, "pg2")->admin = 0x20;
}
static void maint_by_configuration(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg2", HA_MAINT, "");
    rw(b, "pg2")->admin = 0x04;
}
static void maint_by_both(struct sb *b)
{
    maint_by_its_name(b);
    rw(b, "pg2")->admin = 0x21;
}
static void leader_in_maint_since(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg1", HA_MAINT, "");
    hold(b, "rw", "pg1", NOW - SB_SEC(7200));
}
static void leader_in_hidden_drain(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg1", HA_DOWN, "L4CON");
    rw(b, "pg1")->admin = 0x08;
}
static void leader_in_maint(struct sb *b)
{
    all(b);
    sb_ha_server(b, "pg1", HA_MAINT, "");
}
static void stranger_in_maint(struct sb *b)
{
    replica_in_maint(b);
    rw(b, "pg2")->name = "web";
}

/* ---- limits */
static void sessions_of(struct sb *b, const char *name, int64_t n, int64_t limit)
{
    all(b);
    rw(b, name)->sessions = n;
    rw(b, name)->session_limit = limit;
}
static void frontend_full(struct sb *b)
{
    sessions_of(b, "FRONTEND", 500, 500);
}
static void frontend_near(struct sb *b)
{
    sessions_of(b, "FRONTEND", 450, 500);
}
static void frontend_not_near(struct sb *b)
{
    sessions_of(b, "FRONTEND", 449, 500);
}
static void server_full(struct sb *b)
{
    sessions_of(b, "pg1", 20, 20);
}
static void fullconn(struct sb *b) /* a backend's limit is none */
{
    sessions_of(b, "BACKEND", 60, 50);
}
static void no_limit(struct sb *b)
{
    sessions_of(b, "FRONTEND", 500, -1);
}
static void process(struct sb *b, int64_t n)
{
    static struct ha_info info;
    all(b);
    info = (struct ha_info){.version = "2.6.12", .node = "", .connections = n, .max_conn = 100};
    b->haproxies[0].info = &info;
    b->haproxies[0].info_state = b->haproxies[0].state;
}
static void process_full(struct sb *b)
{
    process(b, 100);
}
static void process_near(struct sb *b)
{
    process(b, 95);
}
static void process_full_before(struct sb *b)
{
    process_full(b);
    sb_fail(b, &b->haproxies[0].info_state, OBS_TIMED_OUT, SB_SEC(60));
}

/* ---- queues */
static void queue(struct sb *b)
{
    all(b);
    rw(b, "BACKEND")->queue = 4;
    rw(b, "BACKEND")->queue_max = 9;
}
static void queue_near_limit(struct sb *b)
{
    all(b);
    rw(b, "pg1")->queue = 9;
    rw(b, "pg1")->queue_limit = 10;
}

/* ---- two */
static void two(struct sb *b)
{
    all(b);
    struct ha_stats *stats = arena_new(&b->s->arena, struct ha_stats);
    *stats = *b->haproxies[0].stats;
    stats->v = arena_memdup(&b->s->arena, stats->v, (size_t)stats->n * sizeof *stats->v);
    b->haproxies[1] = b->haproxies[0];
    b->haproxies[1].name = "lb2";
    b->haproxies[1].stats = stats;
    b->s->nhaproxies = 2;
}
static void two_differ(struct sb *b)
{
    two(b);
    sb_ha_server(b, "pg1", HA_DOWN, "L4CON"); /* of the first */
}
static void two_differ_briefly(struct sb *b)
{
    two_differ(b);
    rw(b, "pg1")->changed_s = 3;
}
static void two_differ_by_hand(struct sb *b)
{
    two(b);
    sb_ha_server(b, "pg1", HA_MAINT, "");
}
static struct ha_row *reader(struct sb *b, const char *name) /* of the first */
{
    return sb_ha_row(b, "ro", name);
}
static void two_differ_for_readers(struct sb *b)
{
    two(b);
    struct ha_row *r = reader(b, "pg2");
    r->status = HA_DOWN;
    r->status_text = "DOWN";
    r->check_status = "L4CON";
    r->changed_s = 60;
}
static void two_differ_for_readers_otherwise(struct sb *b) /* the second one does not */
{
    two_differ_for_readers(b);
    struct haproxy h = b->haproxies[0];
    b->haproxies[0].stats = b->haproxies[1].stats;
    b->haproxies[1].stats = h.stats;
}
static void two_differ_for_readers_briefly(struct sb *b)
{
    two_differ_for_readers(b);
    reader(b, "pg2")->changed_s = 3;
}
static void two_differ_for_readers_by_hand(struct sb *b)
{
    two_differ_for_readers(b);
    reader(b, "pg2")->status = HA_MAINT;
}
static void two_read_elsewhere(struct sb *b) /* what another one serves by another name */
{
    two_differ_for_readers(b);
    const struct ha_stats *t = b->haproxies[0].stats;
    for (int i = 0; i < t->n; i++)
        if (strcmp(t->v[i].proxy, "ro") == 0)
            sb_ha_row(b, "ro", t->v[i].name)->proxy = "others";
}
static void two_strangers(struct sb *b)
{
    two_differ_for_readers(b);
    reader(b, "pg2")->name = "web";
}
static void two_differ_silent(struct sb *b)
{
    two_differ(b);
    sb_fail(b, &b->haproxies[1].state, OBS_TIMED_OUT, SB_SEC(14));
}

const struct health_case health_cases_haproxy[] = {
    {"haproxy-socket-silent", socket_gone, "haproxy", "there is no socket /run/haproxy.sock"},
    {"haproxy-socket-silent", socket_answers, NULL, NULL},

    {"haproxy-check-failed", refused, "haproxy",
     "the check of pg2 fails (rw): DOWN, L4CON, Connection refused for 14 s"},
    {"haproxy-check-failed", refused_in_both, "haproxy", "of pg2 fails (rw, ro): DOWN, L4CON"},
    {"haproxy-check-failed", hangs, "haproxy", "DOWN, L7TOUT"},
    {"haproxy-check-failed", no_way_there, "haproxy", "of pg2 fails (rw): DOWN, L4TOUT"},
    {"haproxy-check-failed", no_handshake, "haproxy", "of pg2 fails (rw): DOWN, L6TOUT"},
    {"haproxy-check-failed", no_tls_at_all, "haproxy", "DOWN, L6RSP, SSL handshake failure"},
    {"haproxy-check-failed", no_http, "haproxy", "DOWN, L7RSP, Layer7 invalid response: <BLURGH!>"},
    {"haproxy-check-failed", no_socket, "haproxy", "DOWN, SOCKERR"},
    {"haproxy-check-failed", connected_only, NULL, NULL},
    {"haproxy-check-failed", handshake_only, NULL, NULL},
    {"haproxy-check-failed", begins_to_hang, "haproxy", "of pg3 fails (ro): UP 2/3, L4TOUT"},
    {"haproxy-check-failed", answers_500, "haproxy", "L7STS 500"},
    {"haproxy-check-failed", not_checked_yet, NULL, NULL},
    {"haproxy-check-failed", being_checked, NULL, NULL},
    {"haproxy-check-failed", refused_silent, NULL, NULL},
    {"haproxy-check-failed", all, NULL, NULL}, /* two replicas DOWN, L7STS 503: as it must be */
    {"haproxy-leader-turning", leader_turning, "haproxy",
     "the check of the leader pg1 begins to fail (rw: UP 1/3): L7STS 503"},
    {"haproxy-leader-turning", replica_turning, NULL, NULL},
    {"haproxy-check-failed", replica_turning, NULL, NULL},
    {"haproxy-leader-turning", all, NULL, NULL},

    {"haproxy-stale-sessions", stale_sessions, "haproxy",
     "12 sessions of rw stay on pg2, which takes none any more (DOWN for 40 s) and does not lead: "
     "writes fail there; haproxy shutdown-sessions pg2 --backend rw ends them"},
    {"haproxy-stale-sessions", one_stale_session, "haproxy", "1 session of rw stays on pg2"},
    {"haproxy-stale-sessions", sessions_that_just_end, NULL, NULL},
    {"haproxy-stale-sessions", no_stale_sessions, NULL, NULL},
    {"haproxy-stale-sessions", stale_where_nobody_leads, NULL, NULL},
    {"haproxy-stale-sessions", draining_leader, NULL, NULL},
    {"haproxy-stale-sessions", readers_sessions, NULL, NULL},
    {"haproxy-stale-sessions", all, NULL, NULL},

    {"haproxy-backend-down", readers_without, "haproxy", "no server of ro takes connections for"},
    {"haproxy-backend-down", readers_without_briefly, NULL, NULL},
    {"haproxy-backend-down", strangers_without, NULL, NULL},
    {"haproxy-backend-down", all, NULL, NULL},

    {"haproxy-held", replica_in_maint, "haproxy",
     "pg2 is in MAINT by hand (rw) for 2h00m: it gets no connections there, also when it leads; "
     "haproxy ready pg2 takes it back"},
    {"haproxy-held", replica_in_maint_before, "haproxy", "(rw), since before we looked: it gets"},
    {"haproxy-held", drain_behind_down, "haproxy", "pg2 is in DRAIN by hand (rw)"},
    {"haproxy-held", drain_not_known, NULL, NULL},
    {"haproxy-held", drain_by_its_check, "haproxy", "pg2 is in DRAIN by its check (404) (rw)"},
    {"haproxy-held", maint_by_its_name, "haproxy", "in MAINT because its name does not resolve"},
    {"haproxy-held", maint_by_configuration, "haproxy", "pg2 is in MAINT by its configuration"},
    {"haproxy-held", maint_by_both, "haproxy", "pg2 is in MAINT by hand (rw)"},
    {"haproxy-leader-held", leader_in_maint_since, "haproxy",
     "the server of the leader pg1 is in MAINT by hand for 2h00m: it gets no writes; "
     "haproxy ready pg1 --backend rw takes it back"},
    {"haproxy-leader-held", leader_in_hidden_drain, "haproxy", "pg1 is in DRAIN by hand"},
    {"haproxy-leader-held", all, NULL, NULL},
    {"haproxy-held", leader_in_maint, NULL, NULL}, /* haproxy-leader-held */
    {"haproxy-held", stranger_in_maint, NULL, NULL},
    {"haproxy-held", all, NULL, NULL},

    {"haproxy-full", frontend_full, "haproxy", "500 of 500 sessions of rw/FRONTEND are taken"},
    {"haproxy-full", server_full, "haproxy", "20 of 20 sessions of rw/pg1 are taken"},
    {"haproxy-full", process_full, "haproxy", "100 of 100 connections (maxconn) are taken"},
    {"haproxy-full", process_near, NULL, NULL},
    {"haproxy-full", process_full_before, NULL, NULL},
    {"haproxy-full", frontend_near, NULL, NULL},
    {"haproxy-full", fullconn, NULL, NULL},
    {"haproxy-full", no_limit, NULL, NULL},
    {"haproxy-near-full", frontend_near, "haproxy", "450 of 500 sessions"},
    {"haproxy-near-full", process_near, "haproxy", "95 of 100 connections"},
    {"haproxy-near-full", frontend_not_near, NULL, NULL},
    {"haproxy-near-full", frontend_full, NULL, NULL},
    {"haproxy-queue", queue, "haproxy", "4 wait for a server in rw (9 at most since its start)"},
    {"haproxy-queue", queue_near_limit, "haproxy", "queue of rw/pg1 is near its limit: 9 of 10"},
    {"haproxy-queue", all, NULL, NULL},

    {"haproxy-differ", two_differ, "pg1",
     "HAProxys differ: lb2 sends writes here, haproxy does not (DOWN, L4CON)"},
    {"haproxy-differ", two_differ_briefly, NULL, NULL},
    {"haproxy-differ", two_differ_by_hand, NULL, NULL},
    {"haproxy-differ", two_differ_silent, NULL, NULL},
    {"haproxy-differ", two_differ_for_readers, "pg2",
     "HAProxys differ: lb2 sends connections of ro here, haproxy does not (DOWN, L4CON)"},
    {"haproxy-differ", two_differ_for_readers_otherwise, "pg2",
     "HAProxys differ: haproxy sends connections of ro here, lb2 does not (DOWN, L4CON)"},
    {"haproxy-differ", two_differ_for_readers_briefly, NULL, NULL},
    {"haproxy-differ", two_differ_for_readers_by_hand, NULL, NULL},
    {"haproxy-differ", two_read_elsewhere, NULL, NULL},
    {"haproxy-differ", two_strangers, NULL, NULL},
    {"haproxy-differ", two, NULL, NULL},
};
const int health_ncases_haproxy = sizeof health_cases_haproxy / sizeof *health_cases_haproxy;
