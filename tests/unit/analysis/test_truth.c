/* analysis/truth: what each system believes of each member, its age, and who contradicts whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pgdba/analysis/health.h"
#include "pgdba/analysis/truth.h"
#include "snapshot_builder.h"

#define NOW SB_NOW_US

static const char *const words[] = {
    [TW_NOT_ASKED] = "not-asked", [TW_UNKNOWN] = "unknown",   [TW_LEADER] = "leader",
    [TW_FOLLOWER] = "follower",   [TW_CHANGING] = "changing", [TW_DOWN] = "down",
    [TW_READ_ONLY] = "read-only",
};

/* A row as one line: "leader 'lock' ! | …": ! contradicts, ~ stale. */
static const char *line_of(const struct truth_row *r, struct arena *a)
{
    const char *line = "";
    for (int i = 0; i < TC_COUNT; i++) {
        const struct truth_cell *c = &r->cell[i];
        line = arena_printf(a, "%s%s%s%s %s%s%s", line, i ? " | " : "", words[c->word],
                            *c->text ? ":" : "", c->text, c->stale ? " ~" : "",
                            c->contradicts ? " !" : "");
    }
    return line;
}

/* ---- what is made of a cluster in which pg1 leads and every system says so */

static void agree(struct sb *b)
{
    sb_everything(b);
}
static void rest_only(struct sb *b)
{
    b->s->nbouncers = 0;
}
static void lease_gone(struct sb *b)
{
    sb_everything(b);
    sb_lease(b, "pg1", 0, 0);
}
/* The lock has moved to pg2; PostgreSQL and the routes have not. */
static void half_way(struct sb *b)
{
    sb_everything(b);
    sb_lead(b, "pg2", true);
    sb_pg(b, "pg2")->in_recovery = true;
    sb_pg(b, "pg1")->in_recovery = false;
    b->s->leader_since_us = NOW - SB_SEC(3);
    sb_member(b, "pg1")->stray_pgbouncer_us = NOW - SB_SEC(3);
}
static void half_way_words_of_before(struct sb *b)
{
    half_way(b);
    b->s->leader_since_us = NOW - 100 * USEC_PER_MS;
}
static void dead(struct sb *b)
{
    sb_everything(b);
    sb_fail(b, &sb_member(b, "pg1")->api, OBS_TIMED_OUT, SB_SEC(9));
    sb_fail(b, &sb_member(b, "pg1")->pg, OBS_REFUSED, SB_SEC(9));
    sb_ha_server(b, "pg1", HA_DOWN, "L4CON");
    sb_no_servers(b);
    b->s->leader_since_us = NOW - SB_SEC(60);
}
static void frozen(struct sb *b)
{
    dead(b);
    sb_fail(b, &sb_member(b, "pg1")->pg, OBS_TIMED_OUT, SB_SEC(9));
}
static void denied(struct sb *b)
{
    sb_everything(b);
    sb_fail(b, &sb_member(b, "pg1")->pg, OBS_UNAUTHORISED, SB_SEC(9));
}
static void read_only(struct sb *b)
{
    sb_everything(b);
    sb_pg(b, "pg1")->read_only = true;
}
static void stopping(struct sb *b)
{
    sb_everything(b);
    sb_health(b, "pg1")->state = PGS_STOPPING;
    sb_health(b, "pg1")->state_text = "stopping";
    sb_ha_server(b, "pg1", HA_GOING_DOWN, "L7STS");
}
static void two_up(struct sb *b)
{
    sb_everything(b);
    sb_ha_server(b, "pg2", HA_UP, NULL);
}
static void maintenance(struct sb *b)
{
    sb_everything(b);
    sb_ha_server(b, "pg2", HA_MAINT, "");
    b->haproxies[0].state.answered_us -= SB_SEC(9);
}
static void by_haproxy(struct sb *b)
{
    sb_everything(b);
    sb_no_servers(b);
    sb_servers(b, "127.0.0.1", 5000, 4);
}
static void by_something(struct sb *b)
{
    by_haproxy(b);
    sb_no_servers(b);
    sb_servers(b, "10.7.7.7", 5432, 4);
}
static void idle_bouncer(struct sb *b)
{
    by_haproxy(b);
    sb_no_servers(b);
    sb_database(b, 0, 0)->host = "10.0.0.1";
    sb_database(b, 0, 0)->port = 5432;
}
static void reader(struct sb *b)
{
    sb_everything(b);
    sb_servers_at(b, "pg3", 1);
}
static void no_lock(struct sb *b)
{
    sb_everything(b);
    sb_no_leader(b, SB_SEC(5));
    sb_health(b, "pg1")->role = ROLE_REPLICA;
    sb_health(b, "pg1")->role_text = "replica";
}
static void standby_cluster(struct sb *b)
{
    sb_everything(b);
    b->config->standby_cluster = true;
    sb_health(b, "pg1")->role = ROLE_STANDBY_LEADER;
    sb_health(b, "pg1")->role_text = "standby_leader";
    sb_pg(b, "pg1")->in_recovery = true;
    sb_ha_sends(b, NULL);
}
static void view_lost(struct sb *b)
{
    sb_fail(b, &b->s->view, OBS_TIMED_OUT, SB_SEC(9));
    sb_postgres(b);
    sb_pg(b, "pg1")->in_recovery = true;
    b->s->nbouncers = 0;
}
static void unlisted(struct sb *b)
{
    sb_everything(b);
    sb_vanish(b, "pg3", SB_SEC(40));
}

static const struct {
    void (*make)(struct sb *b);
    const char *member, *line;
} cases[] = {
    {agree, "pg1",
     "leader: lock, lease 25 s | leader: primary TL 3 | leader: primary TL 3 0/5000A58 rw | "
     "leader: "
     "rw UP | leader: 4 servers"},
    {agree, "pg2",
     "follower: lease 25 s | follower: replica TL 3 | follower: standby TL 3 0/5000A58 | follower: "
     "rw DOWN 503 | follower: no server"},
    {rest_only, "pg1",
     "leader: lock | leader: primary TL 3 | not-asked  | not-asked  | not-asked "},
    {lease_gone, "pg1",
     "leader: lock, lease overdue | leader: primary TL 3 | leader: primary TL 3 0/5000A58 rw | "
     "leader: rw UP | leader: 4 servers"},
    {half_way, "pg1",
     "follower: lease 25 s ! | follower: replica TL 4 | leader: primary TL 4 0/5000A58 rw ! | "
     "leader: rw UP ! | leader: 4 servers !"},
    {half_way, "pg2",
     "leader: lock, lease 25 s ! | leader: primary TL 4 | follower: standby TL 4 0/5000A58 ! | "
     "follower: rw DOWN 503 ! | follower: no server"},
    {half_way_words_of_before, "pg2",
     "leader: lock, lease 25 s | leader: primary TL 4 | follower: standby TL 4 0/5000A58 | "
     "follower: rw DOWN 503 | follower: no server"},
    {dead, "pg1",
     "leader: lock, lease 25 s ! | leader: primary TL 3 (timed out) ~ | down: refused ! | down: rw "
     "DOWN L4CON ! | unknown: no server anywhere"},
    {frozen, "pg1",
     "leader: lock, lease 25 s ! | leader: primary TL 3 (timed out) ~ | leader: primary TL 3 "
     "0/5000A58 rw (timed out) ~ | down: rw DOWN L4CON ! | unknown: no server anywhere"},
    {denied, "pg1",
     "leader: lock, lease 25 s | leader: primary TL 3 | unknown: no privilege | leader: rw UP | "
     "leader: 4 servers"},
    {read_only, "pg1",
     "leader: lock, lease 25 s ! | leader: primary TL 3 | read-only: primary TL 3 0/5000A58 "
     "read-only ! | leader: rw UP | leader: 4 servers"},
    {stopping, "pg1",
     "leader: lock, lease 25 s | changing: stopping | leader: primary TL 3 0/5000A58 rw | "
     "changing: "
     "rw UP 1/3 | leader: 4 servers"},
    {two_up, "pg1",
     "leader: lock, lease 25 s | leader: primary TL 3 | leader: primary TL 3 0/5000A58 rw | "
     "leader: "
     "rw UP ! | leader: 4 servers"},
    {two_up, "pg2",
     "follower: lease 25 s ! | follower: replica TL 3 | follower: standby TL 3 0/5000A58 | leader: "
     "rw UP ! | follower: no server"},
    {maintenance, "pg2",
     "follower: lease 25 s | follower: replica TL 3 | follower: standby TL 3 0/5000A58 | down: rw "
     "MAINT ~ | follower: no server"},
    {by_haproxy, "pg1",
     "leader: lock, lease 25 s | leader: primary TL 3 | leader: primary TL 3 0/5000A58 rw | "
     "leader: "
     "rw UP | unknown: through HAProxy"},
    {by_something, "pg1",
     "leader: lock, lease 25 s | leader: primary TL 3 | leader: primary TL 3 0/5000A58 rw | "
     "leader: "
     "rw UP | unknown: through 10.7.7.7:5432"},
    {idle_bouncer, "pg1",
     "leader: lock, lease 25 s | leader: primary TL 3 | leader: primary TL 3 0/5000A58 rw | "
     "leader: "
     "rw UP | leader: points here, no server"},
    {reader, "pg3",
     "follower: lease 25 s | follower: replica TL 3 | follower: standby TL 3 0/5000A58 | follower: "
     "rw DOWN 503 | leader: 1 server"},
    {no_lock, "pg1",
     "follower: lease 25 s | follower: replica TL 3 ! | leader: primary TL 3 0/5000A58 rw ! | "
     "leader: rw UP | leader: 4 servers"},
    {standby_cluster, "pg1",
     "leader: lock, lease 25 s | leader: standby_leader TL 3 | leader: standby TL 3 0/5000A58 | "
     "follower: rw DOWN 503 | leader: 4 servers"},
    {view_lost, "pg1",
     "leader: lock ~ | leader: primary TL 3 ! | follower: standby TL 3 0/5000A58 ! | not-asked  | "
     "not-asked "},
    {unlisted, "pg3",
     "unknown: not listed | follower: replica TL 3 | follower: standby TL 3 0/5000A58 | follower: "
     "rw DOWN 503 | follower: no server"},
};

static void each_cell_says_what_its_system_says(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sb *b = sb_new(NOW);
        struct arena a;
        struct verdicts v;
        arena_init(&a);
        cases[i].make(b);
        sb_finish(b);
        health_judge(b->s, NOW, &a, &v);
        const struct truth_row *rows = truth_rows(b->s, &v, NOW, &a);
        const char *line = line_of(&rows[sb_index(b, cases[i].member)], &a);
        if (strcmp(line, cases[i].line) != 0) {
            print_error("case %zu, %s:\n  %s\nexpected\n  %s\n", i, cases[i].member, line,
                        cases[i].line);
            wrong++;
        }
        arena_release(&a);
        sb_free(b);
    }
    assert_int_equal(wrong, 0);
}

static void rows_are_the_members_with_their_worst(void **state)
{
    (void)state;
    struct sb *b = sb_new(NOW);
    struct arena a;
    struct verdicts v;
    arena_init(&a);
    dead(b);
    sb_lease(b, "pg1", 5, 0); /* not renewed since it fell silent */
    sb_finish(b);
    health_judge(b->s, NOW, &a, &v);
    const struct truth_row *rows = truth_rows(b->s, &v, NOW, &a);
    for (int i = 0; i < b->s->nmembers; i++)
        assert_ptr_equal(rows[i].member, &b->s->members[i]);
    assert_int_equal(rows[0].health, HEALTH_CRITICAL);
    assert_int_equal(rows[1].health, HEALTH_OK);
    /* Ages: the last answer, however old; for a refusal, when it came. */
    assert_int_equal(rows[0].cell[TC_REST].at_us, NOW - SB_SEC(9));
    assert_int_equal(rows[0].cell[TC_POSTGRES].at_us, NOW - 100 * USEC_PER_MS);
    assert_int_equal(rows[1].cell[TC_POSTGRES].at_us, NOW - 200 * USEC_PER_MS);
    arena_release(&a);
    sb_free(b);
}

static void nothing_is_known_before_anything_is_asked(void **state)
{
    (void)state;
    struct arena a;
    struct verdicts v;
    arena_init(&a);
    struct sb *b = sb_new(NOW);
    struct member *m = sb_member(b, "pg2");
    b->s->view = m->api = (struct source_state){.endpoint = "", .detail = ""};
    b->s->leader = -1;
    m->health = NULL;
    m->listed = false;
    b->bouncers[0].servers_state = (struct source_state){.endpoint = "", .detail = ""};
    health_judge(b->s, NOW, &a, &v);
    const struct truth_row *rows = truth_rows(b->s, &v, NOW, &a);
    assert_string_equal(line_of(&rows[1], &a), "unknown: not asked yet | unknown: not asked yet | "
                                               "not-asked  | not-asked  | unknown: not asked yet");
    for (int c = 0; c < TC_COUNT; c++) {
        assert_int_equal(rows[1].cell[c].at_us, 0);
        assert_true(strlen(truth_column_name((enum truth_column)c)) > 3);
    }
    arena_release(&a);
    sb_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cell_says_what_its_system_says),
        cmocka_unit_test(rows_are_the_members_with_their_worst),
        cmocka_unit_test(nothing_is_known_before_anything_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
