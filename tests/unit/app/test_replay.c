/* Replaying: the same pictures however they are reached, time that stands and runs, and files that
 * are not what they were. */
#include "recorded.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgdba/wire/recording.h"

#define MS USEC_PER_MS

/* ---- a recording of a switchover seen by REST alone: 41 observations within 2 s */

enum { OBSERVATIONS = 41, LENGTH_MS = 2000 };

static void put_line(struct buf *out, enum obs_kind kind, const char *target, int64_t t,
                     const char *body)
{
    struct observation o = {.kind = kind,
                            .target = target,
                            .endpoint = "http://127.0.0.1:8001/health",
                            .wall_us = WALL + t,
                            .mono_us = t,
                            .latency_us = 500,
                            .outcome = body ? OBS_ANSWERED : OBS_REFUSED,
                            .http_status = body ? 200 : 0,
                            .detail = body ? "" : "connection refused",
                            .body = body,
                            .body_len = body ? strlen(body) : 0,
                            .date = ""};
    wire_recording_line(&o, 0, out);
}

static void put_header(struct buf *out)
{
    static const char *const bouncers[] = {"pgb1"}, *const writes[] = {"10.0.0.5:5000"};
    static const struct ha_server_name servers[] = {{"db-a", "pg1"}};
    static const struct recording_haproxy haproxies[] = {{.name = "ha1",
                                                          .nwrite_addresses = 1,
                                                          .write_addresses = writes,
                                                          .nservers = 1,
                                                          .servers = servers}};
    static const struct app_place place = {"10.0.0.5", 5000};
    static const struct app_route routes[] = {
        {.name = "web", .nplaces = 1, .places = &place, .wants = ROUTE_WANTS_PRIMARY}};
    struct recording_header h = {.format = RECORDING_FORMAT,
                                 .cluster = "lab",
                                 .program = "0.0.1",
                                 .scope = "demo",
                                 .start_wall_us = WALL,
                                 .refresh_us = USEC_PER_SEC,
                                 .nbouncers = 1,
                                 .bouncers = bouncers,
                                 .nhaproxies = 1,
                                 .haproxies = haproxies,
                                 .nroutes = 1,
                                 .routes = routes,
                                 .note = "a switchover"};
    wire_recording_header(&h, out);
}

/* pg1 leads; from 0.8 s on nobody does, and it does not answer; from 1.2 s on pg2 leads. */
static void put_moment(struct buf *out, int i)
{
    int64_t t = i < 4 ? (i - 4) * (10 * MS) : (int64_t)i * LENGTH_MS / (OBSERVATIONS - 1) * MS;
    const char *leader = t < 800 * MS ? "pg1" : t < 1200 * MS ? NULL : "pg2";
    char name[] = {'p', 'g', (char)('0' + i % 4), 0};
    char *body;
    if (i % 4 == 0) {
        body = recorded_cluster(leader, t < 1200 * MS ? 3 : 4);
        put_line(out, OBS_PATRONI_CLUSTER, "", t, body);
    } else {
        bool dead = i % 4 == 1 && t >= 800 * MS;
        body = recorded_health(name, leader && strcmp(leader, name) == 0, t < 1200 * MS ? 3 : 4);
        put_line(out, OBS_PATRONI_HEALTH, name, t, dead ? NULL : body);
    }
    free(body);
}

static void put_recording(struct buf *out)
{
    put_header(out);
    for (int i = 0; i < OBSERVATIONS; i++)
        put_moment(out, i);
}

static void write_file(const struct recorded *r, const void *data, size_t n)
{
    assert_int_equal(path_write_atomic(r->path, data, n, 0600, NULL), ST_OK);
}

static void make_recording(const struct recorded *r)
{
    struct buf b;
    buf_init(&b);
    put_recording(&b);
    write_file(r, b.s, b.len);
    buf_release(&b);
}

static struct replay_state state_of(const struct app *a)
{
    struct replay_state st;
    app_replay(a, &st);
    return st;
}

static bool arrived(const struct app *a, void *arg)
{
    (void)arg;
    return !state_of(a).seeking;
}

static void wait_arrived(struct recorded *r)
{
    recorded_wait(r, arrived, NULL, "the seek has arrived");
    recorded_turns(r);
}

/* Opened, at its beginning, paused. */
static void opened(struct recorded *r)
{
    struct err e = ERR_INIT;
    if (app_open_recording(r->app, r->path, &e) != ST_OK)
        fail_msg("%s", err_text(&e));
    assert_non_null(app_snapshot(r->app));
    app_replay_play(r->app, false);
    wait_arrived(r);
}

static bool is_at(const struct app *a, void *arg)
{
    struct replay_state st = state_of(a);
    return st.at_us >= *(const int64_t *)arg;
}

/* One each 50 ms. */
static bool told(const struct app *a, void *arg)
{
    struct replay_state st = state_of(a);
    return st.ended || st.next > *(const int64_t *)arg / (50 * MS);
}

/* As time passes: a millisecond in more than a millisecond, for the timers are the machine's. */
static void play_to(struct recorded *r, int64_t at_us)
{
    struct clock real = clock_real();
    int64_t deadline = clock_mono(&real) + 20 * USEC_PER_SEC;
    app_replay_play(r->app, true);
    while (!is_at(r->app, &at_us)) {
        clock_advance(&r->clock, MS);
        usleep(1100);
        net_loop_turn(r->app->loop, false);
        if (clock_mono(&real) > deadline)
            fail_msg("at %lld ms and not at %lld", (long long)(state_of(r->app).at_us / MS),
                     (long long)(at_us / MS));
    }
    recorded_wait(r, told, &at_us, "what was due until then is told");
    app_replay_play(r->app, false);
    recorded_turns(r);
}

static void seek_to(struct recorded *r, int64_t at_us)
{
    app_replay_seek(r->app, at_us);
    wait_arrived(r);
}

/* ---- */

static void it_begins_with_a_whole_picture(void **state)
{
    struct recorded *r = *state;
    make_recording(r);
    opened(r);
    struct replay_state st = state_of(r->app);
    assert_true(st.on && !st.playing && !st.ended && !st.seeking);
    assert_int_equal(st.at_us, 0);
    assert_int_equal(st.length_us, LENGTH_MS * MS);
    assert_int_equal(st.count, OBSERVATIONS);
    assert_int_equal(st.next, 4);
    assert_int_equal(st.start_wall_us, WALL);
    assert_string_equal(st.broken, "");
    assert_string_equal(st.note, "a switchover");
    assert_string_equal(st.path, r->path);
    assert_non_null(strstr(st.title, "recording of lab, 2025-11-2"));
    assert_true(app_complete(r->app));
    assert_string_equal(app_cluster(r->app)->name, "lab");
    const struct snapshot *s = app_snapshot(r->app);
    assert_int_equal(s->nmembers, 3);
    assert_string_equal(s->scope, "demo");
    assert_int_equal(s->nbouncers, 1);
    assert_int_equal(s->nhaproxies, 1);
    assert_string_equal(s->haproxies[0].write_addresses[0], "10.0.0.5:5000");
    assert_string_equal(s->haproxies[0].servers[0].member, "pg1");
    assert_int_equal(s->nroutes, 1);
    assert_string_equal(s->routes[0].name, "web");
    assert_string_equal(s->routes[0].places[0].host, "10.0.0.5");
    assert_int_equal(s->routes[0].wants, ROUTE_WANTS_PRIMARY);
    assert_string_equal(s->members[0].api_base, "http://127.0.0.1:8001");
    /* As old as it was then: the first was 40 ms before the beginning. */
    assert_int_equal(app_now_us(r->app) - s->view.answered_us, 40 * MS);
    assert_int_equal(app_now_wall_us(r->app), WALL);
}

static void time_stands_and_runs(void **state)
{
    struct recorded *r = *state;
    make_recording(r);
    opened(r);
    int64_t begin = app_now_us(r->app);
    clock_advance(&r->clock, 700 * MS);
    recorded_turns(r);
    assert_int_equal(app_now_us(r->app), begin); /* paused */
    app_replay_play(r->app, true);
    clock_advance(&r->clock, 20 * MS);
    assert_int_equal(app_now_us(r->app), begin + 20 * MS); /* between two observations */
    assert_int_equal(app_replay_speed(r->app, 0.5, NULL), ST_OK);
    assert_int_equal(app_now_us(r->app), begin + 20 * MS); /* does not jump */
    clock_advance(&r->clock, 10 * MS);
    assert_int_equal(app_now_us(r->app), begin + 25 * MS);
    /* Never past what has not been told: the next is due at 200 ms, as nobody has turned. */
    clock_advance(&r->clock, 5000 * MS);
    assert_int_equal(app_now_us(r->app), begin + 200 * MS);
    app_replay_play(r->app, false);
    assert_int_equal(app_now_us(r->app), begin + 200 * MS);
    assert_int_equal(app_replay_speed(r->app, 0.05, NULL), ST_USAGE);
    assert_int_equal(app_replay_speed(r->app, 101, NULL), ST_USAGE);
    assert_int_equal(app_replay_speed(r->app, 0.0 / 1.0, NULL), ST_USAGE);
}

static void it_plays_to_its_end(void **state)
{
    struct recorded *r = *state;
    make_recording(r);
    opened(r);
    int before = r->snapshots;
    play_to(r, LENGTH_MS * MS);
    struct replay_state st = state_of(r->app);
    assert_true(st.ended && !st.playing);
    assert_int_equal(st.next, OBSERVATIONS);
    assert_int_equal(st.at_us, LENGTH_MS * MS);
    assert_true(r->snapshots >= before + 20);
    assert_true(r->events > 0);
    assert_int_equal(r->events, event_log_count(app_events(r->app)));
    clock_advance(&r->clock, 5000 * MS);
    assert_int_equal(app_now_us(r->app), WALL + LENGTH_MS * MS);
    app_replay_play(r->app, true); /* once more */
    wait_arrived(r);
    assert_true(state_of(r->app).at_us < 100 * MS);
    assert_true(state_of(r->app).playing);
}

/* Everything by playing, at one moment after the other; then the same by jumping about. */
static void a_picture_is_the_same_however_it_is_reached(void **state)
{
    enum { MOMENTS = 6 };
    static const int64_t moments[MOMENTS] = {0,         350 * MS,  850 * MS,
                                             1150 * MS, 1250 * MS, 2000 * MS};
    static const int jumps[] = {5, 0, 3, 1, 4, 2, 2, 5, 4};
    struct recorded *r = *state;
    struct buf played[MOMENTS], sought;
    make_recording(r);
    opened(r);
    for (int i = 0; i < MOMENTS; i++) {
        buf_init(&played[i]);
        play_to(r, moments[i]);
        recorded_digest(r->app, &played[i]);
    }
    assert_string_not_equal(played[4].s, played[5].s);
    assert_non_null(strstr(played[5].s, "\"type\":\"event\""));
    buf_init(&sought);
    for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
        buf_clear(&sought);
        seek_to(r, moments[jumps[i]]);
        assert_int_equal(state_of(r->app).at_us, moments[jumps[i]]);
        recorded_digest(r->app, &sought);
        assert_string_equal(sought.s, played[jumps[i]].s);
    }
    buf_release(&sought);
    for (int i = 0; i < MOMENTS; i++)
        buf_release(&played[i]);
}

static void a_seek_tells_no_old_news(void **state)
{
    struct recorded *r = *state;
    make_recording(r);
    opened(r);
    int before = r->events;
    seek_to(r, LENGTH_MS * MS);
    assert_int_equal(r->events, before);
    assert_true(event_log_count(app_events(r->app)) > before);
    seek_to(r, -5);
    assert_int_equal(state_of(r->app).at_us, 0);
    seek_to(r, INT64_MAX);
    assert_int_equal(state_of(r->app).at_us, LENGTH_MS * MS);
    assert_true(state_of(r->app).ended);
}

static void a_step_goes_to_what_happens_next(void **state)
{
    struct recorded *r = *state;
    make_recording(r);
    opened(r);
    app_replay_play(r->app, true);
    app_replay_step(r->app);
    wait_arrived(r);
    struct replay_state st = state_of(r->app);
    assert_false(st.playing);
    assert_int_equal(r->events, event_log_count(app_events(r->app)));
    assert_true(r->events > 0);
    assert_int_equal(st.at_us, 800 * MS); /* nobody leads any more */
    int64_t at = st.at_us;
    int steps = 0;
    while (!state_of(r->app).ended && steps < 100) {
        int events = r->events;
        app_replay_step(r->app);
        wait_arrived(r);
        st = state_of(r->app);
        assert_true(st.at_us >= at);
        assert_true(st.ended || r->events > events);
        at = st.at_us;
        steps++;
    }
    assert_true(steps > 1 && steps < 40);
    assert_int_equal(at, LENGTH_MS * MS);
    app_replay_step(r->app); /* at the end: nothing */
    assert_true(state_of(r->app).ended);
}

static void what_changes_something_is_refused(void **state)
{
    struct recorded *r = *state;
    struct request q = {.kind = ACT_RESTART};
    struct err e = ERR_INIT;
    struct plan *p = NULL;
    make_recording(r);
    opened(r);
    assert_int_equal(app_plan(r->app, &q, &p, &e), ST_REFUSED);
    assert_null(p);
    assert_non_null(strstr(err_text(&e), "this is a recording"));
    char *other = path_join(r->dir, "other.rec");
    assert_int_equal(app_record_start(r->app, other, &e), ST_REFUSED);
    assert_int_equal(access(other, F_OK), -1);
    free(other);
    err_release(&e);
    app_set_refresh(r->app, 60 * USEC_PER_SEC);
    app_refresh_now(r->app);
    assert_int_equal(app_snapshot(r->app)->refresh_us, USEC_PER_SEC);
}

static void live_again(void **state)
{
    struct recorded *r = *state;
    make_recording(r);
    opened(r);
    recorded_open(r);
    assert_false(state_of(r->app).on);
    assert_int_equal(app_now_us(r->app), r->clock.fake_mono_us);
    assert_int_equal(app_replay_speed(r->app, 2, NULL), ST_USAGE);
    app_replay_play(r->app, true);
    app_replay_step(r->app);
    app_replay_seek(r->app, 0);
    recorded_turns(r);
}

/* ---- files that are not what they were */

static void refused(struct recorded *r, const char *text, enum status st, const char *why)
{
    struct err e = ERR_INIT;
    if (text)
        write_file(r, text, strlen(text));
    assert_int_equal(app_open_recording(r->app, r->path, &e), st);
    if (!strstr(err_text(&e), why) || !strstr(err_text(&e), r->path))
        fail_msg("said \"%s\", not \"%s\"", err_text(&e), why);
    assert_false(state_of(r->app).on);
    err_release(&e);
}

static void what_is_no_recording(void **state)
{
    struct recorded *r = *state;
    refused(r, NULL, ST_NOT_FOUND, "No such file");
    refused(r, "", ST_INVALID, "empty");
    refused(r, "hello\n", ST_INVALID, "not the header of a recording");
    refused(r, "{\"pgdba-recording\":1", ST_INVALID, "not the header of a recording");
    refused(r, "{\"pgdba-recording\":7,\"program\":\"9.9\"}\n", ST_INVALID,
            "format 7, by pgdba 9.9");
    assert_int_equal(unlink(r->path), 0);
    assert_int_equal(mkfifo(r->path, 0600), 0);
    refused(r, NULL, ST_INVALID, "not a regular file");
    /* What was open before stays so. */
    recorded_open(r);
    refused(r, NULL, ST_INVALID, "not a regular file");
    assert_string_equal(app_cluster(r->app)->name, "lab");
}

static void only_a_header(void **state)
{
    struct recorded *r = *state;
    struct buf b;
    buf_init(&b);
    put_header(&b);
    write_file(r, b.s, b.len);
    opened(r);
    struct replay_state st = state_of(r->app);
    assert_true(st.ended);
    assert_int_equal(st.count, 0);
    assert_int_equal(st.length_us, 0);
    app_replay_play(r->app, true);
    app_replay_step(r->app);
    app_replay_seek(r->app, 5);
    wait_arrived(r);
    buf_release(&b);
}

/* Cut anywhere within its last line it plays up to there, and says so. */
static void a_file_that_was_cut_off(void **state)
{
    struct recorded *r = *state;
    struct buf b;
    size_t last;
    buf_init(&b);
    put_header(&b);
    for (int i = 0; i < 8; i++) {
        last = b.len;
        put_moment(&b, i);
    }
    for (size_t n = last + 1; n < b.len; n += 37) {
        write_file(r, b.s, n);
        opened(r);
        struct replay_state st = state_of(r->app);
        assert_int_equal(st.count, 7);
        assert_string_equal(st.broken, "stops at line 9: it is cut off");
        assert_int_equal(st.length_us, 300 * MS);
        seek_to(r, INT64_MAX);
        assert_true(state_of(r->app).ended);
        assert_int_equal(state_of(r->app).at_us, 300 * MS);
    }
    write_file(r, b.s, last);
    opened(r);
    assert_string_equal(state_of(r->app).broken, "");
    buf_release(&b);
}

/* Edited so that a glance does not show it: it is found out when it is its turn. */
static void a_line_that_was_edited(void **state)
{
    struct recorded *r = *state;
    struct buf b, whole;
    buf_init(&b);
    buf_init(&whole);
    put_header(&b);
    for (int i = 0; i < OBSERVATIONS; i++) {
        size_t from = b.len;
        put_moment(&b, i);
        if (i == 20)
            memcpy(strstr(b.s + from, "\"kind\""), "\"mind\"", 6);
        if (i < 20)
            put_moment(&whole, i);
    }
    write_file(r, b.s, b.len);
    opened(r);
    struct replay_state st = state_of(r->app);
    assert_int_equal(st.count, OBSERVATIONS); /* not known yet */
    play_to(r, 940 * MS);
    app_replay_play(r->app, true);
    for (int i = 0; i < 200 && !state_of(r->app).ended; i++) {
        clock_advance(&r->clock, 5 * MS);
        usleep(1000);
        net_loop_turn(r->app->loop, false);
    }
    st = state_of(r->app);
    assert_true(st.ended && !st.playing);
    assert_int_equal(st.count, 20);
    assert_string_equal(st.broken, "stops at line 22: its kind is not known here");
    assert_int_equal(st.length_us, 950 * MS);
    seek_to(r, 2000 * MS);
    assert_int_equal(state_of(r->app).at_us, 950 * MS);
    seek_to(r, 100 * MS);
    assert_int_equal(state_of(r->app).at_us, 100 * MS);
    buf_release(&whole);
    buf_release(&b);
}

/* A glance shows it: the index ends there. */
static void a_line_that_is_none(void **state)
{
    struct recorded *r = *state;
    struct buf b;
    buf_init(&b);
    put_header(&b);
    put_moment(&b, 0);
    put_moment(&b, 5);
    buf_puts(&b, ">>>>>>> theirs\n");
    put_moment(&b, 6);
    write_file(r, b.s, b.len);
    opened(r);
    struct replay_state st = state_of(r->app);
    assert_int_equal(st.count, 2);
    assert_non_null(strstr(st.broken, "stops at line 4: bad JSON"));
    buf_release(&b);
}

/* Fields in another order are as good; time that goes back does not. */
static void written_by_another_hand(void **state)
{
    struct recorded *r = *state;
    struct buf b;
    buf_init(&b);
    put_header(&b);
    put_moment(&b, 10);
    buf_puts(&b, "{\"wall\":1763694720300000, \"t\": 300000,\"kind\":\"patroni.health\","
                 "\"target\":\"pg1\",\"outcome\":\"refused\"}\n");
    put_moment(&b, 12);
    write_file(r, b.s, b.len);
    opened(r);
    struct replay_state st = state_of(r->app);
    assert_string_equal(st.broken, "");
    assert_int_equal(st.count, 3);
    assert_int_equal(st.length_us, 600 * MS);
    seek_to(r, 550 * MS);
    assert_int_equal(state_of(r->app).next, 2); /* both due at 500 ms */
    buf_release(&b);
}

static void a_file_that_becomes_shorter(void **state)
{
    struct recorded *r = *state;
    make_recording(r);
    opened(r);
    assert_int_equal(truncate(r->path, 4000), 0);
    seek_to(r, INT64_MAX);
    struct replay_state st = state_of(r->app);
    assert_true(st.ended && st.count < OBSERVATIONS);
    assert_non_null(strstr(st.broken, "the file has become shorter"));
}

/* Whatever one byte becomes: it plays to its end, or to where it says. */
static void any_byte_changed(void **state)
{
    struct recorded *r = *state;
    struct err e = ERR_INIT;
    struct buf b;
    uint32_t random = 1;
    int opened_ones = 0, broken_ones = 0;
    buf_init(&b);
    put_header(&b);
    for (int i = 0; i < 12; i++)
        put_moment(&b, i);
    for (int i = 0; i < 300; i++) {
        random = random * 1664525 + 1013904223;
        size_t at = (random >> 8) % b.len;
        char was = b.s[at];
        b.s[at] = (char)(was ^ (char)(1 << (random >> 29)));
        write_file(r, b.s, b.len);
        b.s[at] = was;
        if (app_open_recording(r->app, r->path, &e) != ST_OK) {
            assert_true(*err_text(&e));
            continue;
        }
        seek_to(r, INT64_MAX);
        struct replay_state st = state_of(r->app);
        assert_true(st.ended && st.next == st.count);
        assert_true(st.count >= 12 || *st.broken);
        opened_ones++;
        broken_ones += *st.broken != 0;
    }
    assert_true(opened_ones > 200 && broken_ones > 20 && broken_ones < opened_ones);
    err_release(&e);
    buf_release(&b);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, recorded_setup, recorded_teardown)
    const struct CMUnitTest tests[] = {
        T(it_begins_with_a_whole_picture),
        T(time_stands_and_runs),
        T(it_plays_to_its_end),
        T(a_picture_is_the_same_however_it_is_reached),
        T(a_seek_tells_no_old_news),
        T(a_step_goes_to_what_happens_next),
        T(what_changes_something_is_refused),
        T(live_again),
        T(what_is_no_recording),
        T(only_a_header),
        T(a_file_that_was_cut_off),
        T(a_line_that_was_edited),
        T(a_line_that_is_none),
        T(written_by_another_hand),
        T(a_file_that_becomes_shorter),
        T(any_byte_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
