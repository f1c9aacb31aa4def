/* analysis/carry: since when, from one snapshot to the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pgdba/analysis/carry.h"
#include "snapshot_builder.h"

#define T0 SB_NOW_US
#define T1 (T0 + SB_SEC(1))
#define T2 (T0 + SB_SEC(2))

static void carry(struct sb *b, const struct sb *prev)
{
    sb_finish(b);
    carry_since(b->s, b->members, prev ? prev->s : NULL);
    carry_routes(b->s, b->members, b->haproxies, prev ? prev->s : NULL);
}

/* What a second of a story changes in a cluster in which pg1 leads; NULL ends the story. */
typedef void change_fn(struct sb *b);

/* Plays the story, a picture a second, all systems being there, and gives the last picture with the
 * times carried through. */
static struct sb *play(change_fn *const *story)
{
    struct sb *prev = NULL;
    for (int i = 0; story[i]; i++) {
        struct sb *b = sb_new(T0 + SB_SEC(i));
        sb_everything(b);
        story[i](b);
        carry(b, prev);
        if (prev)
            sb_free(prev);
        prev = b;
    }
    return prev;
}

static void well(struct sb *b)
{
    (void)b;
}
static void pg2_leads(struct sb *b)
{
    sb_lead(b, "pg2", true);
}
static void pg2_promotes(struct sb *b)
{
    pg2_leads(b);
    sb_pg(b, "pg2")->in_recovery = true;
}
static void pg1_read_only(struct sb *b)
{
    sb_pg(b, "pg1")->read_only = true;
}
static void pg1_silent(struct sb *b)
{
    sb_fail(b, &sb_member(b, "pg1")->pg, OBS_REFUSED, SB_SEC(1));
    sb_fail(b, &sb_member(b, "pg1")->api, OBS_REFUSED, SB_SEC(1));
}
static void haproxy_follows(struct sb *b)
{
    pg2_leads(b);
    sb_ha_sends(b, "pg2");
}
static void haproxy_without(struct sb *b)
{
    sb_ha_sends(b, NULL);
    sb_ha_row(b, "rw", "BACKEND")->changed_s = 0;
}
static void haproxy_silent(struct sb *b)
{
    pg2_leads(b);
    sb_fail(b, &b->haproxies[0].state, OBS_TIMED_OUT, SB_SEC(1));
}
static void bouncer_follows(struct sb *b)
{
    pg2_leads(b);
    sb_no_servers(b);
    sb_servers_at(b, "pg2", 4);
}
static void bouncer_reads(struct sb *b)
{
    sb_servers_at(b, "pg3", 2);
}
static void nobody_leads(struct sb *b)
{
    sb_no_leader(b, 0);
}

static void a_story_gives_its_times(void **state)
{
    (void)state;
    enum { OUT, UNWRITABLE, HAPROXY, BOUNCER, TARGET };
    static const struct {
        change_fn *story[5];
        const char *member;
        int what;
        int64_t since; /* in µs after T0; -1: 0; SINCE_BEFORE */
    } cases[] = {
        {{well}, "pg1", OUT, -200 * USEC_PER_MS}, /* answered then */
        {{well, well}, "pg1", OUT, -200 * USEC_PER_MS},
        {{well, well}, "pg2", OUT, -1},
        {{well, pg2_leads, pg2_leads}, "pg2", OUT, 800 * USEC_PER_MS},
        {{well, pg2_leads}, "pg1", OUT, -1},

        {{well, well}, "pg1", UNWRITABLE, -1},
        {{pg1_read_only, pg1_read_only}, "pg1", UNWRITABLE, SINCE_BEFORE},
        {{well, pg1_read_only, pg1_read_only}, "pg1", UNWRITABLE, 800 * USEC_PER_MS},
        {{well, pg1_read_only, well}, "pg1", UNWRITABLE, -1},
        {{well, pg1_read_only, pg1_silent}, "pg1", UNWRITABLE, 800 * USEC_PER_MS},
        {{well, pg1_silent, pg1_read_only}, "pg1", UNWRITABLE, 1800 * USEC_PER_MS},
        {{well, pg2_promotes, pg2_promotes}, "pg2", UNWRITABLE, 800 * USEC_PER_MS},
        {{well, pg2_promotes, pg2_leads}, "pg2", UNWRITABLE, -1},
        {{pg1_read_only, pg2_leads}, "pg1", UNWRITABLE, -1}, /* not its lock any more */

        {{well, well}, "pg1", HAPROXY, -1},
        {{well, pg2_leads, pg2_leads}, "pg1", HAPROXY, SB_SEC(1)},
        {{well, nobody_leads, pg2_leads}, "pg1", HAPROXY, SB_SEC(1)},
        {{well, pg2_leads, haproxy_silent}, "pg1", HAPROXY, SB_SEC(1)},
        {{well, pg2_leads, haproxy_follows}, "pg1", HAPROXY, -1},
        {{pg2_leads}, "pg1", HAPROXY, 1}, /* = T0, see below */

        {{well, pg2_leads, pg2_leads}, "pg1", BOUNCER, SB_SEC(1)},
        {{well, nobody_leads, pg2_leads}, "pg1", BOUNCER, SB_SEC(1)},
        {{well, pg2_leads, bouncer_follows}, "pg1", BOUNCER, -1},
        {{bouncer_reads, bouncer_reads}, "pg3", BOUNCER, -1}, /* on purpose, for all we know */

        {{well, well}, NULL, TARGET, -1},
        {{well, haproxy_without, well}, NULL, TARGET, -1},
        {{well, haproxy_without}, NULL, TARGET, 800 * USEC_PER_MS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sb *b = play(cases[i].story);
        const struct member *m = cases[i].member ? sb_member(b, cases[i].member) : NULL;
        const int64_t got[] = {
            [OUT] = m ? m->out_of_recovery_us : 0,   [UNWRITABLE] = m ? m->unwritable_us : 0,
            [HAPROXY] = m ? m->stray_haproxy_us : 0, [BOUNCER] = m ? m->stray_pgbouncer_us : 0,
            [TARGET] = b->haproxies[0].no_target_us,
        };
        int64_t want = cases[i].since == -1             ? 0
                       : cases[i].since != SINCE_BEFORE ? T0 + cases[i].since
                       : cases[i].what == UNWRITABLE    ? SINCE_BEFORE
                                                        : T0;
        if (got[cases[i].what] != want)
            fail_msg("case %zu: %lld, expected %lld (after T0: %lld)", i,
                     (long long)got[cases[i].what], (long long)want,
                     (long long)(got[cases[i].what] - T0));
        sb_free(b);
    }
}

static void the_first_picture_knows_no_beginning(void **state)
{
    (void)state;
    struct sb *a = sb_new(T0);
    carry(a, NULL);
    assert_int_equal(a->s->leader_since_us, 0);
    assert_int_equal(a->members[0].role_since_us, 0);
    assert_int_equal(a->members[1].stream_lost_us, 0);
    sb_free(a);
}

static void a_new_leader_leads_from_the_picture_that_shows_it(void **state)
{
    (void)state;
    struct sb *a = sb_new(T0), *b = sb_new(T1), *c = sb_new(T2);
    carry(a, NULL);
    sb_lead(b, "pg2", true);
    carry(b, a);
    assert_int_equal(b->s->leader_since_us, b->s->view.answered_us);
    assert_int_equal(b->members[0].role_since_us, b->members[0].api.answered_us);
    assert_int_equal(b->members[1].role_since_us, b->members[1].api.answered_us);
    assert_int_equal(b->members[2].role_since_us, 0); /* has been a replica all along */
    sb_lead(c, "pg2", true);
    carry(c, b);
    assert_int_equal(c->s->leader_since_us, b->s->leader_since_us);
    assert_int_equal(c->members[1].role_since_us, b->members[1].role_since_us);
    sb_free(a);
    sb_free(b);
    sb_free(c);
}

static void a_leader_that_comes_back_begins_anew(void **state)
{
    (void)state;
    struct sb *a = sb_new(T0), *b = sb_new(T1), *c = sb_new(T2);
    carry(a, NULL);
    sb_no_leader(b, SB_SEC(1));
    carry(b, a);
    assert_int_equal(b->s->leader_since_us, 0);
    carry(c, b);
    assert_int_equal(c->s->leader_since_us, c->s->view.answered_us);
    sb_free(a);
    sb_free(b);
    sb_free(c);
}

static void a_lost_stream_counts_from_when_it_was_lost(void **state)
{
    (void)state;
    static const char *const without[] = {"pg3", NULL};
    struct sb *a = sb_new(T0), *b = sb_new(T1), *c = sb_new(T2), *d = sb_new(T2 + SB_SEC(1));
    carry(a, NULL);
    sb_streams(b, "pg1", without);
    carry(b, a);
    assert_int_equal(b->members[1].stream_lost_us, T1);
    assert_int_equal(b->members[2].stream_lost_us, 0);
    sb_streams(c, "pg1", without);
    carry(c, b);
    assert_int_equal(c->members[1].stream_lost_us, T1);
    carry(d, c); /* streams again */
    assert_int_equal(d->members[1].stream_lost_us, 0);
    sb_free(a);
    sb_free(b);
    sb_free(c);
    sb_free(d);
}

static void a_stream_lost_before_we_looked_gets_no_grace(void **state)
{
    (void)state;
    static const char *const without[] = {"pg3", NULL};
    struct sb *a = sb_new(T0), *b = sb_new(T1);
    sb_streams(a, "pg1", without);
    carry(a, NULL);
    assert_int_equal(a->members[1].stream_lost_us, STREAM_LOST_BEFORE);
    sb_streams(b, "pg1", without);
    carry(b, a);
    assert_int_equal(b->members[1].stream_lost_us, STREAM_LOST_BEFORE);
    sb_free(a);
    sb_free(b);
}

static void a_member_just_started_gets_its_moment(void **state)
{
    (void)state;
    static const char *const without[] = {"pg3", NULL};
    struct sb *a = sb_new(T0), *b = sb_new(T1);
    sb_streams(a, "pg1", without);
    sb_health(a, "pg2")->state = PGS_STARTING;
    carry(a, NULL);
    assert_int_equal(a->members[1].stream_lost_us, 0);
    sb_streams(b, "pg1", without);
    carry(b, a);
    assert_int_equal(b->members[1].stream_lost_us, T1);
    sb_free(a);
    sb_free(b);
}

/* ---- PgBouncer: since when it holds its clients back */

static struct sb *bouncers_at(int64_t at, change_fn *change, const struct sb *prev)
{
    struct sb *b = sb_new(at);
    sb_everything(b);
    change(b);
    sb_finish(b);
    carry_bouncers(b->s, b->bouncers, prev ? prev->s : NULL);
    return b;
}

static void app_paused(struct sb *b)
{
    sb_database(b, 0, 0)->paused = true;
}
static void whole_paused(struct sb *b)
{
    b->bouncers[0].globals.paused = TRI_YES;
}
static void whole_open(struct sb *b)
{
    b->bouncers[0].globals.paused = TRI_NO;
}
static void app_paused_and_silent(struct sb *b)
{
    sb_fail(b, &b->bouncers[0].databases_state, OBS_TIMED_OUT, SB_SEC(30));
}

static void a_pause_is_dated(void **state)
{
    (void)state;
    struct sb *a = bouncers_at(T0, well, NULL), *b = bouncers_at(T1, app_paused, a);
    struct sb *c = bouncers_at(T2, app_paused, b), *d = bouncers_at(T2 + SB_SEC(1), well, c);
    assert_int_equal(a->bouncers[0].since[0].paused_us, 0);
    assert_int_equal(b->bouncers[0].since[0].paused_us, T1);
    assert_int_equal(c->bouncers[0].since[0].paused_us, T1); /* carried on */
    assert_int_equal(d->bouncers[0].since[0].paused_us, 0);
    struct sb *e = bouncers_at(T2, app_paused, NULL); /* there when it was first looked at */
    assert_true(e->bouncers[0].since[0].paused_us == SINCE_BEFORE);
    struct sb *f = bouncers_at(T2 + SB_SEC(1), app_paused_and_silent, c);
    assert_int_equal(f->bouncers[0].since[0].paused_us, T1); /* who is silent has not resumed */
    sb_free(a), sb_free(b), sb_free(c), sb_free(d), sb_free(e), sb_free(f);
}

static void a_pause_of_everything_is_dated(void **state)
{
    (void)state;
    struct sb *a = bouncers_at(T0, whole_open, NULL), *b = bouncers_at(T1, whole_paused, a);
    struct sb *c = bouncers_at(T2, whole_paused, b), *d = bouncers_at(T2, whole_open, b);
    assert_int_equal(a->bouncers[0].held_us, 0);
    assert_int_equal(b->bouncers[0].held_us, T1);
    assert_int_equal(c->bouncers[0].held_us, T1);
    assert_int_equal(d->bouncers[0].held_us, 0);
    struct sb *e = bouncers_at(T0, whole_paused, NULL);
    assert_true(e->bouncers[0].held_us == SINCE_BEFORE);
    sb_free(a), sb_free(b), sb_free(c), sb_free(d), sb_free(e);
}

static void pool_is(struct sb *b, int64_t waiting, int64_t active, int64_t login)
{
    struct pgb_pool *p = sb_pool(b, 0, 0);
    p->cl_waiting = waiting;
    p->sv_active = active;
    p->sv_login = login;
    p->sv_idle = p->sv_used = p->sv_tested = p->sv_cancel = 0;
}
static void starved(struct sb *b)
{
    pool_is(b, 3, 0, 0);
}
static void logging_in(struct sb *b)
{
    pool_is(b, 3, 0, 1);
}
static void served(struct sb *b)
{
    pool_is(b, 3, 1, 1);
}
static void nobody_waits(struct sb *b)
{
    pool_is(b, 0, 0, 1);
}
static void pools_silent(struct sb *b)
{
    sb_fail(b, &b->bouncers[0].pools_state, OBS_TIMED_OUT, SB_SEC(30));
}
static void not_listed(struct sb *b)
{
    starved(b);
    sb_pool(b, 0, 0)->database = "elsewhere";
}
static void closing(struct sb *b)
{
    struct pgb_server *v = arena_array(&b->s->arena, 2, struct pgb_server);
    struct pgb_servers *set = arena_new(&b->s->arena, struct pgb_servers);
    for (int i = 0; i < 2; i++)
        v[i] = (struct pgb_server){.database = sb_database(b, 0, i)->name, .close_needed = i == 0};
    *set = (struct pgb_servers){2, v};
    b->bouncers[0].servers = set;
    sb_answered(b, &b->bouncers[0].servers_state, 0);
}
static void closed(struct sb *b)
{
    sb_no_servers(b);
}
static void servers_silent(struct sb *b)
{
    closed(b);
    sb_fail(b, &b->bouncers[0].servers_state, OBS_TIMED_OUT, SB_SEC(30));
}
static void app_disabled(struct sb *b)
{
    sb_database(b, 0, 0)->disabled = true;
}
static void app_another_place(struct sb *b)
{
    struct pgb_database *first = sb_database(b, 0, 0), *second = sb_database(b, 0, 1), was = *first;
    *first = *second;
    *second = was;
    second->paused = true;
}

/* A picture a second; what is dated, and since when, in seconds after the first one. */
static void what_holds_clients_back_is_dated(void **state)
{
    (void)state;
    enum { NO_SERVER, NO_LOGIN, CLOSING, DISABLED, PAUSED_SECOND, KINDS, NONE = -1, BEFORE = -2 };
    static const struct {
        change_fn *story[5];
        int what, since;
    } cases[] = {
        {{well, well}, NO_SERVER, NONE},
        {{well, starved, starved}, NO_SERVER, 1},
        {{starved, starved}, NO_SERVER, 0},                   /* no longer than has been seen */
        {{well, starved, logging_in, starved}, NO_SERVER, 3}, /* it tries: paused it would not */
        {{well, starved, pools_silent}, NO_SERVER, 1},
        {{well, starved, served}, NO_SERVER, NONE},
        {{well, not_listed}, NO_SERVER, NONE},
        {{well, logging_in, logging_in}, NO_LOGIN, 1},
        {{well, logging_in, starved, logging_in}, NO_LOGIN, 1}, /* between two tries */
        {{well, logging_in, served, logging_in}, NO_LOGIN, 3},
        {{well, logging_in, nobody_waits}, NO_LOGIN, NONE},
        {{well, logging_in, pools_silent}, NO_LOGIN, 1},
        {{well, closing, closing}, CLOSING, 1},
        {{well, closing, closed}, CLOSING, NONE},
        {{well, closing, servers_silent}, CLOSING, 1},
        {{well, app_disabled, app_disabled}, DISABLED, 1},
        {{app_disabled, app_disabled}, DISABLED, BEFORE},
        {{well, app_disabled, well}, DISABLED, NONE},
        {{well, app_paused, app_another_place}, PAUSED_SECOND, 1}, /* by name, not by place */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sb *prev = NULL;
        for (int k = 0; cases[i].story[k]; k++) {
            struct sb *b = bouncers_at(T0 + SB_SEC(k), cases[i].story[k], prev);
            if (prev)
                sb_free(prev);
            prev = b;
        }
        assert_non_null(prev);
        const struct pgb_since *v = prev->bouncers[0].since;
        assert_int_equal(prev->bouncers[0].nsince, prev->bouncers[0].databases->n);
        const int64_t got[KINDS] = {v[0].no_server_us, v[0].no_login_us, v[0].closing_us,
                                    v[0].disabled_us, v[1].paused_us};
        int64_t want = cases[i].since == NONE     ? 0
                       : cases[i].since == BEFORE ? SINCE_BEFORE
                                                  : T0 + SB_SEC(cases[i].since);
        if (got[cases[i].what] != want)
            fail_msg("case %zu: %lld after T0 instead of %d s", i,
                     (long long)(got[cases[i].what] - T0), cases[i].since);
        sb_free(prev);
    }
}

/* A bouncer that comes back has its times; one that is new, or without its databases, has none. */
static void bouncers_are_known_by_their_names(void **state)
{
    (void)state;
    struct sb *a = bouncers_at(T0, well, NULL), *b = bouncers_at(T1, app_paused, a);
    struct sb *c = sb_new(T2);
    sb_second_bouncer(c, "another");
    sb_finish(c);
    for (int i = 0; i < c->s->nbouncers; i++)
        c->bouncers[i].databases = b->bouncers[0].databases;
    struct bouncer swapped = c->bouncers[0];
    c->bouncers[0] = c->bouncers[1];
    c->bouncers[1] = swapped;
    carry_bouncers(c->s, c->bouncers, b->s);
    assert_true(c->bouncers[0].since[0].paused_us == SINCE_BEFORE); /* never seen before */
    assert_int_equal(c->bouncers[1].since[0].paused_us, T1);
    c->bouncers[1].databases = NULL;
    c->bouncers[1].nsince = 0;
    carry_bouncers(c->s, c->bouncers, b->s);
    assert_int_equal(c->bouncers[1].nsince, 0);
    sb_free(a), sb_free(b), sb_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pause_is_dated),
        cmocka_unit_test(a_pause_of_everything_is_dated),
        cmocka_unit_test(what_holds_clients_back_is_dated),
        cmocka_unit_test(bouncers_are_known_by_their_names),
        cmocka_unit_test(the_first_picture_knows_no_beginning),
        cmocka_unit_test(a_new_leader_leads_from_the_picture_that_shows_it),
        cmocka_unit_test(a_leader_that_comes_back_begins_anew),
        cmocka_unit_test(a_lost_stream_counts_from_when_it_was_lost),
        cmocka_unit_test(a_stream_lost_before_we_looked_gets_no_grace),
        cmocka_unit_test(a_member_just_started_gets_its_moment),
        cmocka_unit_test(a_story_gives_its_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
