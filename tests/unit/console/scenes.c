#include "scenes.h"

#include <string.h>

#define MS(n) ((int64_t)(n)*USEC_PER_MS)

/* ---- etcd ----------------------------------------------------------------------------------- */

static void silence_last_endpoint(struct sb *b)
{
    int last = b->s->nendpoints - 1;
    struct source_state *st = (struct source_state *)(uintptr_t)&b->s->endpoint_states[last];
    struct etcd_endpoint *e = (struct etcd_endpoint *)(uintptr_t)&b->s->endpoints[last];
    sb_fail(b, st, OBS_TIMED_OUT, SB_SEC(14));
    e->health = ETCD_HEALTH_UNKNOWN;
}

const struct snapshot *scene_etcd(int64_t left_s, bool down)
{
    struct sb *b = sb_new(SB_NOW_US);
    sb_everything(b);
    sb_lease(b, "pg1", left_s, MS(200));
    if (down)
        silence_last_endpoint(b);
    return sb_take(b);
}

const struct snapshot *scene_truth(bool stray, bool split)
{
    struct sb *b = sb_new(SB_NOW_US);
    sb_everything(b);
    if (stray) {
        sb_lead(b, "pg2", true);
        struct member *m = sb_member(b, "pg1");
        m->stray_haproxy_us = m->stray_pgbouncer_us = SB_NOW_US - SB_SEC(21);
        b->s->leader_since_us = SB_NOW_US - SB_SEC(22);
    }
    if (split) {
        struct pg_self *pg = sb_pg(b, "pg2");
        pg->in_recovery = false;
        pg->timeline = 4;
        sb_member(b, "pg2")->out_of_recovery_us = SB_NOW_US - SB_SEC(9);
        sb_member(b, "pg1")->out_of_recovery_us = SB_NOW_US - SB_SEC(900);
        sb_fail(b, &sb_member(b, "pg3")->pg, OBS_TIMED_OUT, SB_SEC(14));
    }
    return sb_take(b);
}

static void wire_to(struct bouncer *v, const char *name, const char *host, struct arena *a)
{
    struct pgb_databases *set = arena_new(a, struct pgb_databases);
    struct pgb_database *d =
        arena_memdup(a, v->databases->v, (size_t)v->databases->n * sizeof *v->databases->v);
    for (int i = 0; i < v->databases->n; i++) {
        d[i].host = host;
        d[i].port = 5432;
    }
    *set = (struct pgb_databases){v->databases->n, d};
    v->name = name;
    v->databases = set;
}

const struct snapshot *scene_astray(void)
{
    static const char *const write[] = {"127.0.0.1:5000", "127.0.0.1:5001"};
    struct sb *b = sb_new(SB_NOW_US);
    sb_everything(b);
    sb_no_servers(b);
    sb_lead(b, "pg2", true);
    sb_ha_sends(b, "pg2");
    b->s->leader_since_us = SB_NOW_US - SB_SEC(22);
    b->haproxies[0].nwrite_addresses = 2;
    b->haproxies[0].write_addresses = write;
    struct bouncer *v = arena_array(&b->s->arena, 4, struct bouncer);
    v[0] = v[1] = v[2] = v[3] = b->bouncers[0];
    wire_to(&v[1], "pgbouncer-eu-central-1a.example.net", "10.0.0.1", &b->s->arena);
    wire_to(&v[2], "pgbouncer-eu-central-1b.example.net", "10.0.0.1", &b->s->arena);
    v[3].name = "pgbouncer-eu-central-1c.example.net";
    sb_fail(b, &v[3].databases_state, OBS_TIMED_OUT, SB_SEC(20));
    sb_fail(b, &v[3].pools_state, OBS_TIMED_OUT, SB_SEC(20));
    b->s->bouncers = b->bouncers = v;
    b->s->nbouncers = 4;
    return sb_take(b);
}

/* ---- failovers ------------------------------------------------------------------------------ */

struct step {
    enum failover_phase_id id;
    const char *subject;
    int64_t done_ms, unsure_ms; /* since the start; done_ms < 0: never in this scene */
    enum obs_system source;
    int64_t lo_s, hi_s;
    const char *note;
    int64_t revision;
};

static const struct step crash[] = {
    {FP_LAST_SIGN, "pg1", 0, 0, SYS_PATRONI, -1, -1, "its API answered last", 0},
    {FP_LOCK_GONE, "", 18387, 0, SYS_ETCD, 20, 30, "the lease ran out", 4711},
    {FP_CANDIDATES, "", 18410, 0, SYS_PATRONI, -1, -1, "pg2 0/5000A58, pg3 0/5000A10", 0},
    {FP_LOCK_TAKEN, "pg2", 18462, 0, SYS_ETCD, 20, 32, "", 4712},
    {FP_PROMOTED, "pg2", 19204, 480, SYS_POSTGRES, 20, 35, "timeline 4", 0},
    {FP_WRITABLE, "pg2", 19204, 480, SYS_POSTGRES, 20, 36, "", 0},
    {FP_HAPROXY, "haproxy", 21930, 990, SYS_HAPROXY, 21, 40, "pg2 is up in primary", 0},
    {FP_PGBOUNCER, "pgbouncer", 22410, 1000, SYS_PGBOUNCER, -1, -1, "", 0},
    {FP_FIRST_WRITE, "", 22033, 0, SYS_PROBE, -1, -1, "", 0},
    {FP_REPLICA, "pg3", 24118, 500, SYS_POSTGRES, 20, 48, "", 0},
    {FP_REPLICA, "pg1", -1, 0, SYS_POSTGRES, -1, -1, "not within 60 s: it is not there", 0},
};
enum { CRASH = sizeof crash / sizeof *crash };

static void step_done(struct failover *f, struct failover_phase *ph, const struct step *st)
{
    ph->state = FO_DONE;
    ph->mono_us = f->start_mono_us + MS(st->done_ms);
    ph->wall_us = f->start_wall_us + MS(st->done_ms);
    ph->not_before_us = ph->mono_us - MS(st->unsure_ms);
    ph->source = st->source;
    ph->revision = st->revision;
    ph->note = st->note;
}

static void take_steps(struct failover *f, const struct step *steps, int n, int64_t now_us,
                       int64_t waits_ms)
{
    struct failover_phase *v = arena_array(&f->arena, (size_t)n, struct failover_phase);
    bool next = false;
    for (int i = 0; i < n; i++) {
        struct failover_phase *ph = &v[i];
        const struct step *st = &steps[i];
        *ph = (struct failover_phase){.id = st->id, .subject = st->subject, .note = ""};
        ph->predicted_lo_us = st->lo_s < 0 ? -1 : SB_SEC(st->lo_s);
        ph->predicted_hi_us = st->hi_s < 0 ? -1 : SB_SEC(st->hi_s);
        bool done = st->done_ms >= 0 && MS(st->done_ms) <= now_us && st->done_ms < waits_ms;
        if (done)
            step_done(f, ph, st);
        else if (!f->open)
            ph->state = st->id == FP_REPLICA ? FO_OVERDUE : FO_SKIPPED, ph->note = st->note;
        else if (!next || (st->id >= FP_HAPROXY && waits_ms > 19204))
            ph->state = st->hi_s >= 0 && now_us > SB_SEC(st->hi_s) ? FO_OVERDUE : FO_NEXT;
        next |= !done;
    }
    /* Before the lock is taken nobody knows by whom. */
    for (int i = 0; i < n; i++)
        if (v[i].state != FO_DONE && v[i].id >= FP_LOCK_TAKEN && v[i].id <= FP_WRITABLE)
            v[i].subject = "";
    f->phases = v;
    f->nphases = n;
}

static struct failover *begun(int64_t ago_us)
{
    struct failover *f = failover_new();
    f->number = 3;
    f->kind = FO_CRASH;
    f->cluster = "lab";
    f->from = "pg1";
    f->to = "";
    f->old_timeline = 3;
    f->start_mono_us = SB_NOW_US - ago_us;
    f->start_wall_us = SB_WALL_US - ago_us;
    return f;
}

struct failover *scene_crash(enum moment m)
{
    static const struct {
        int64_t ago_ms, waits_ms;
    } moments[] = {[MOMENT_SILENT] = {12400, 18000},
                   [MOMENT_OVERDUE] = {36200, 18450},
                   [MOMENT_PROMOTED] = {21000, 20000},
                   [MOMENT_ENDED] = {48200, 99000}};
    struct failover *f = begun(MS(moments[m].ago_ms));
    f->open = m != MOMENT_ENDED;
    if (m >= MOMENT_PROMOTED) {
        f->to = "pg2";
        f->new_timeline = 4;
    }
    if (m == MOMENT_ENDED) {
        f->end_mono_us = f->start_mono_us + MS(24118);
        f->end_wall_us = f->start_wall_us + MS(24118);
        f->outage = (struct failover_outage){.known = true,
                                             .is_write = true,
                                             .route = "haproxy",
                                             .longest_us = MS(21987),
                                             .total_us = MS(21987),
                                             .from_wall_us = f->start_wall_us + MS(46),
                                             .to_wall_us = f->start_wall_us + MS(22033),
                                             .failures = 187,
                                             .lost = 2,
                                             .ghosts = 1};
    }
    take_steps(f, crash, CRASH, MS(moments[m].ago_ms), moments[m].waits_ms);
    return f;
}

struct failover *scene_switchover(uint64_t number, int64_t ago_us, bool coarse)
{
    static const struct step steps[] = {
        {FP_REQUESTED, "pg1", 0, 0, SYS_ETCD, -1, -1, "", 3001},
        {FP_LOCK_GONE, "", 1204, 0, SYS_ETCD, 1, 5, "", 3004},
        {FP_LOCK_TAKEN, "pg1", 1310, 0, SYS_ETCD, 1, 6, "", 3006},
        {FP_PROMOTED, "pg1", 1702, 210, SYS_POSTGRES, 1, 8, "timeline 3", 0},
        {FP_WRITABLE, "pg1", 1702, 210, SYS_POSTGRES, 1, 8, "", 0},
        {FP_HAPROXY, "", -1, 0, SYS_HAPROXY, -1, -1, "no HAProxy is configured", 0},
        {FP_REPLICA, "pg2", 3214, 400, SYS_POSTGRES, 1, 15, "", 0},
    };
    struct failover *f = begun(ago_us);
    f->number = number;
    f->kind = FO_SWITCHOVER;
    f->from = "pg2";
    f->to = "pg1";
    f->old_timeline = 2;
    f->new_timeline = 3;
    f->coarse = coarse;
    f->end_mono_us = f->start_mono_us + MS(3214);
    f->end_wall_us = f->start_wall_us + MS(3214);
    take_steps(f, steps, sizeof steps / sizeof *steps, MS(9000), 99000);
    return f;
}

void scene_failovers(struct screen *sc, enum moment m)
{
    struct failover *f = scene_crash(m);
    struct failover_list *l = &sc->failovers;
    if (f->open)
        l->open = f;
    else
        l->v[l->n++] = f;
    l->v[l->n++] = scene_switchover(2, SB_SEC(7200), false);
    l->v[l->n++] = scene_switchover(1, SB_SEC(3 * 86400), true);
}

/* ---- events --------------------------------------------------------------------------------- */

static const struct {
    int64_t ms; /* before the end of the scene */
    enum event_kind kind;
    enum obs_system source;
    enum health grade;
    const char *subject, *old, *now, *text, *evidence;
    int64_t revision;
} events[] = {
    {26000, EV_PROBE_STARTED, SYS_PROBE, HEALTH_OK, "", "", "", "write probe via haproxy started",
     "", 0},
    {24118, EV_API_SILENT, SYS_PATRONI, HEALTH_DEGRADED, "pg1", "", "",
     "the API of pg1 does not answer: connection refused", "", 0},
    {24080, EV_PROBE_FAILS, SYS_PROBE, HEALTH_CRITICAL, "", "", "",
     "writes through haproxy fail: connection broke", "", 0},
    {24010, EV_PG_SILENT, SYS_POSTGRES, HEALTH_CRITICAL, "pg1", "", "",
     "PostgreSQL on pg1 does not answer", "", 0},
    {23900, EV_VERDICT, SYS_PGDBA, HEALTH_CRITICAL, "", "healthy", "critical",
     "critical: pg1 holds the lock and is silent", "", 0},
    {5731, EV_LOCK_GONE, SYS_ETCD, HEALTH_CRITICAL, "pg1", "pg1", "",
     "nobody holds the leader lock: the lease of pg1 ran out",
     "{\"type\":\"DELETE\",\"kv\":{\"key\":\"/service/lab/leader\",\"mod_revision\":\"4711\"}}",
     4711},
    {5656, EV_LOCK_TAKEN, SYS_ETCD, HEALTH_DEGRADED, "pg2", "pg1", "pg2",
     "pg2 took the leader lock", "{\"kv\":{\"key\":\"/service/lab/leader\",\"value\":\"pg2\"}}",
     4712},
    {4914, EV_PG_RECOVERY, SYS_POSTGRES, HEALTH_OK, "pg2", "in recovery", "primary",
     "PostgreSQL on pg2 is out of recovery", "", 0},
    {4914, EV_PG_TIMELINE, SYS_POSTGRES, HEALTH_OK, "pg2", "3", "4", "pg2 writes on timeline 4", "",
     0},
    {2188, EV_ROUTE_UP, SYS_HAPROXY, HEALTH_OK, "primary/pg2", "DOWN", "UP",
     "HAProxy sends writes to pg2", "", 0},
    {2085, EV_PROBE_WORKS, SYS_PROBE, HEALTH_OK, "", "", "21.987 s",
     "writes through haproxy work again after 21.987 s", "", 0},
    {0, EV_STREAMING, SYS_POSTGRES, HEALTH_OK, "pg3", "", "", "pg3 streams from pg2", "", 0},
};

void scene_events(struct screen *sc, int64_t after_us)
{
    sc->events = event_log_new(EVENT_LOG_MAX);
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        int64_t at = after_us - MS(events[i].ms);
        bool told = events[i].source == SYS_ETCD || events[i].source == SYS_PROBE;
        event_log_add(sc->events,
                      &(struct event){.mono_us = SB_NOW_US + at,
                                      .wall_us = SB_WALL_US + at,
                                      .not_before_us = SB_NOW_US + at - (told ? 0 : MS(480)),
                                      .kind = events[i].kind,
                                      .source = events[i].source,
                                      .grade = events[i].grade,
                                      .subject = events[i].subject,
                                      .old = events[i].old,
                                      .now = events[i].now,
                                      .text = events[i].text,
                                      .evidence = events[i].evidence,
                                      .revision = events[i].revision});
    }
}

/* ---- recordings ----------------------------------------------------------------------------- */

void scene_replay(struct screen *sc, bool playing, const char *broken)
{
    sc->replay = (struct replay_state){.on = true,
                                       .playing = playing,
                                       .path = "failover.jsonl",
                                       .title = "recording of lab, 2026-11-21 03:10:00",
                                       .note = "",
                                       .speed = playing ? 4 : 1,
                                       .at_us = SB_SEC(127),
                                       .length_us = SB_SEC(190) + MS(500),
                                       .next = 812,
                                       .count = 1400,
                                       .broken = broken};
}

void scene_recording(struct screen *sc)
{
    sc->recording = (struct recording_state){.on = true,
                                             .path = "lab.jsonl",
                                             .started_us = SB_NOW_US - SB_SEC(300),
                                             .bytes = 1258291,
                                             .lines = 1811};
}

const char scene_audit[] =
    "{\"time\":\"2026-11-21T03:00:00.000Z\",\"what\":\"intent\",\"id\":\"1-1\",\"cluster\":\"lab\","
    "\"action\":\"switchover\",\"command\":\"pgdba switchover --cluster lab --candidate pg2\","
    "\"user\":\"ann\",\"pid\":77,\"host\":\"jump\",\"ssh_client\":\"192.0.2.7\","
    "\"sudo_user\":\"eve\",\"accepted\":\"asked\",\"leader\":\"pg1\","
    "\"requests\":[{\"member\":\"pg1\",\"method\":\"POST\",\"url\":\"http://10.0.0.1:8008/"
    "switchover\","
    "\"body\":\"{\\\"leader\\\":\\\"pg1\\\"}\"}],"
    "\"checks\":[{\"check\":\"lag\",\"verdict\":\"warn\",\"reason\":\"pg2 is 3 MB behind\"},"
    "{\"check\":\"pause\",\"verdict\":\"pass\",\"reason\":\"the cluster is not paused\"}]}\n"
    "{\"time\":\"2026-11-21T03:00:09.000Z\",\"what\":\"outcome\",\"id\":\"1-1\",\"host\":\"jump\","
    "\"cluster\":\"lab\",\"outcome\":\"done\",\"observed\":\"pg2 leads on timeline 4\","
    "\"duration_ms\":9000,\"answer\":\"HTTP 200\","
    "\"phases\":[{\"phase\":\"lock released\",\"state\":\"done\",\"after_ms\":1500,\"note\":\"\"},"
    "{\"phase\":\"pg2 writable\",\"state\":\"done\",\"after_ms\":3100,\"note\":\"timeline 4\"}]}\n"
    "cut off {\n"
    "{\"time\":\"2026-11-21T03:10:00.000Z\",\"what\":\"refusal\",\"id\":\"2-1\",\"cluster\":"
    "\"far\","
    "\"action\":\"reinit\",\"user\":\"bob\",\"why\":\"/etc/pgdba/policy.yml refuses it: no rule "
    "there lets bob"
    " (staff) reinit in the environment production \\u001b[2J\"}\n"
    "{\"time\":\"2026-11-21T03:11:00.000Z\",\"what\":\"intent\",\"id\":\"3-1\",\"cluster\":\"lab\","
    "\"action\":\"restart\",\"user\":\"ann\",\"requests\":[{\"member\":\"pg2\"},{\"member\":"
    "\"pg4\"}]}\n";
