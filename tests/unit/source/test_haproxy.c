/* source/haproxy against a statistics page that can be silent, locked or another page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_ha.h"
#include "rig.h"

#define MS USEC_PER_MS

struct bench {
    struct rig rig;
    struct fake_ha ha;
    struct haproxy_config config;
    struct source_haproxy *h;
};

static struct bench *bench_new(const char *path)
{
    struct bench *k = calloc(1, sizeof(*k));

    assert_non_null(k);
    rig_init(&k->rig, 0);
    fake_ha_init(&k->ha, k->rig.loop);
    k->config.name = "lb";
    k->config.url = arena_printf(&k->rig.arena, "http://127.0.0.1:%d%s", k->ha.port, path);
    k->rig.config.nhaproxy = 1;
    k->rig.config.haproxy = &k->config;
    return k;
}

static void bench_start(struct bench *k)
{
    k->h = source_haproxy_new_tuned(&k->rig.ctx, 0, k->rig.refresh_us, "secret", &k->rig.t);
    source_haproxy_start(k->h);
}

static void bench_free(struct bench *k)
{
    assert_true(k->ha.open_max <= 1); /* one request at a time, ever */
    source_haproxy_free(k->h);
    fake_ha_release(&k->ha);
    rig_release(&k->rig);
    free(k);
}

static const struct observation *wait_for(struct bench *k, enum obs_outcome outcome)
{
    return rig_wait(&k->rig, OBS_HAPROXY_STATS, "lb", outcome);
}

static int count(const struct bench *k, int outcome)
{
    return rig_count(&k->rig, OBS_HAPROXY_STATS, "lb", outcome);
}

static void asks_for_the_csv(void **state)
{
    static const struct {
        const char *given, *asked;
    } pages[] = {
        {"", "/;csv"},
        {"/", "/;csv"},
        {"/haproxy?stats", "/haproxy?stats;csv"},
        {"/stats", "/stats;csv"},
        {"/;csv;norefresh", "/;csv;norefresh"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        struct bench *k = bench_new(pages[i].given);

        bench_start(k);
        const struct observation *o = wait_for(k, OBS_ANSWERED);

        assert_string_equal(k->ha.path, pages[i].asked);
        assert_int_equal(o->http_status, 200);
        assert_non_null(o->body);
        assert_string_equal(o->endpoint, k->config.url);
        assert_false(k->ha.password); /* none is configured */
        bench_free(k);
    }
}

static void password_and_none(void **state)
{
    struct bench *k = bench_new("/");

    (void)state;
    k->ha.mode = HA_LOCKED;
    bench_start(k);
    const struct observation *o = wait_for(k, OBS_UNAUTHORISED);

    assert_non_null(strstr(o->detail, "user name and password"));
    assert_null(o->body);
    rig_for(&k->rig, k->rig.t.ha_denied_us / 2);
    assert_int_equal(k->ha.n, 1);
    source_haproxy_free(k->h);
    k->config.username = "ops";
    bench_start(k);
    o = wait_for(k, OBS_ANSWERED);
    assert_true(k->ha.password);
    assert_null(strstr(o->endpoint, "secret"));
    assert_null(strstr(o->detail, "secret"));
    bench_free(k);
}

static void silent_page(void **state)
{
    struct bench *k = bench_new("/");

    (void)state;
    bench_start(k);
    wait_for(k, OBS_ANSWERED);
    k->ha.mode = HA_SILENT;
    wait_for(k, OBS_TIMED_OUT);
    int from = k->ha.n;

    while (k->ha.n < from + 3)
        wait_for(k, OBS_TIMED_OUT);
    /* Limit, then pauses of 40 (before `from`), 80, 160 ms. */
    for (int i = 0; i < 2; i++)
        assert_true(k->ha.at[from + i] - k->ha.at[from + i - 1] >=
                    k->rig.t.ha_query_us + (40 << i) * MS - 10 * MS);
    /* While a failover goes on the pause is short. */
    source_haproxy_set_urgent(k->h, true);
    from = k->ha.n;
    wait_for(k, OBS_TIMED_OUT);
    wait_for(k, OBS_TIMED_OUT);
    assert_true(k->ha.at[from] - k->ha.at[from - 1] <=
                k->rig.t.ha_query_us + k->rig.t.ha_urgent_max_us + 60 * MS);
    k->ha.mode = HA_ANSWER;
    wait_for(k, OBS_ANSWERED);
    bench_free(k);
}

static void other_pages(void **state)
{
    static const struct {
        enum ha_mode mode;
        const char *says;
    } pages[] = {
        {HA_PAGE, "something else than the statistics"},
        {HA_AWAY, "HTTP 404"},
        {HA_EMPTY, "empty body"},
        {HA_HANG_UP, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        struct bench *k = bench_new("/");

        k->ha.mode = pages[i].mode;
        bench_start(k);
        const struct observation *o = wait_for(k, OBS_GARBLED);

        assert_non_null(strstr(o->detail, pages[i].says));
        assert_null(o->body);
        k->ha.mode = HA_ANSWER;
        wait_for(k, OBS_ANSWERED);
        bench_free(k);
    }
}

static void gone_and_back(void **state)
{
    struct bench *k = bench_new("/");

    (void)state;
    bench_start(k);
    wait_for(k, OBS_ANSWERED);
    /* A connection that was closed between two rounds is no failure: it is opened again. */
    fake_ha_hang_up(&k->ha);
    wait_for(k, OBS_ANSWERED);
    assert_int_equal(count(k, OBS_ANSWERED), count(k, -1));
    fake_ha_stop_listening(&k->ha);
    fake_ha_hang_up(&k->ha);
    wait_for(k, OBS_REFUSED);
    bench_free(k);
}

static void urgent_is_faster(void **state)
{
    struct bench *k = bench_new("/");

    (void)state;
    k->rig.refresh_us = 2000 * MS;
    bench_start(k);
    wait_for(k, OBS_ANSWERED);
    source_haproxy_set_urgent(k->h, true);
    int from = k->ha.n;

    while (k->ha.n < from + 10)
        wait_for(k, OBS_ANSWERED);
    int64_t took = k->ha.at[from + 9] - k->ha.at[from];

    if (took < 9 * k->rig.t.ha_urgent_us - 5 * MS || took > 1000 * MS)
        fail_msg("10 urgent rounds took %lld us", (long long)took);
    source_haproxy_set_urgent(k->h, false);
    rig_for(&k->rig, 30 * MS); /* what was under way */
    from = k->ha.n;
    rig_for(&k->rig, 200 * MS);
    assert_int_equal(k->ha.n, from);
    source_haproxy_refresh(k->h);
    wait_for(k, OBS_ANSWERED);
    bench_free(k);
}

/* ---- the runtime socket */

struct pair {
    struct bench *k;
    struct fake_ha socket;
};

static void pair_init(struct pair *p, bool page)
{
    p->k = bench_new("/");
    fake_ha_init(&p->socket, p->k->rig.loop);
    p->socket.socket = true;
    p->k->config.socket = arena_printf(&p->k->rig.arena, "127.0.0.1:%d", p->socket.port);
    if (!page)
        p->k->config.url = NULL;
}

static void pair_release(struct pair *p)
{
    source_haproxy_free(p->k->h);
    p->k->h = NULL;
    assert_true(p->socket.open_max <= 1);
    fake_ha_release(&p->socket);
    bench_free(p->k);
}

static void socket_first(void **state)
{
    struct pair p;

    (void)state;
    pair_init(&p, true);
    bench_start(p.k);
    const struct observation *o = wait_for(p.k, OBS_ANSWERED);

    assert_string_equal(o->endpoint, p.k->config.socket);
    assert_string_equal(o->detail, "");
    /* What it may do is known before the first statistics are. */
    const struct observation *i = rig_last(&p.k->rig, OBS_HAPROXY_INFO, "lb");

    assert_non_null(i);
    assert_int_equal(i->outcome, OBS_ANSWERED);
    assert_non_null(strstr(i->body, "Version: 2.6.12"));
    while (p.socket.ninfo < 2)
        wait_for(p.k, OBS_ANSWERED);
    assert_true(p.socket.n > p.socket.ninfo + 2); /* not with every round */
    assert_int_equal(p.k->ha.n, 0);
    pair_release(&p);
}

/* Whatever becomes of the socket: the page is asked in the same round, and the reason is told. */
static void socket_away(void **state)
{
    static const struct {
        enum ha_mode mode;
        const char *says;
    } cases[] = {
        {HA_SILENT, "no answer from"},
        {HA_LOCKED, "the socket says: Permission denied"},
        {HA_HANG_UP, "hung up without an answer"},
        {HA_ANSWER, "connection refused"}, /* and nobody listens */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pair p;

        pair_init(&p, true);
        bench_start(p.k);
        wait_for(p.k, OBS_ANSWERED);
        p.socket.mode = cases[i].mode;
        if (cases[i].mode == HA_ANSWER)
            fake_ha_stop_listening(&p.socket);
        const struct observation *o = wait_for(p.k, OBS_ANSWERED);

        while (*o->detail == '\0')
            o = wait_for(p.k, OBS_ANSWERED);
        assert_string_equal(o->endpoint, p.k->config.url);
        if (strstr(o->detail, cases[i].says) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", o->detail, cases[i].says);
        if (cases[i].mode != HA_ANSWER) { /* it comes back */
            p.socket.mode = HA_ANSWER;
            while (*o->detail != '\0')
                o = wait_for(p.k, OBS_ANSWERED);
            assert_string_equal(o->endpoint, p.k->config.socket);
        }
        assert_int_equal(count(p.k, OBS_ANSWERED), count(p.k, -1)); /* no gap in between */
        pair_release(&p);
    }
}

static void socket_alone(void **state)
{
    struct pair p;

    (void)state;
    pair_init(&p, false);
    bench_start(p.k);
    wait_for(p.k, OBS_ANSWERED);
    p.socket.mode = HA_LOCKED;
    const struct observation *o = wait_for(p.k, OBS_UNAUTHORISED);

    assert_non_null(strstr(o->detail, "Permission denied"));
    assert_null(o->body);
    p.socket.mode = HA_ANSWER;
    wait_for(p.k, OBS_ANSWERED);
    p.socket.mode = HA_SILENT;
    wait_for(p.k, OBS_TIMED_OUT);
    pair_release(&p);
}

static void both_away(void **state)
{
    struct pair p;

    (void)state;
    pair_init(&p, true);
    fake_ha_stop_listening(&p.socket);
    fake_ha_stop_listening(&p.k->ha);
    bench_start(p.k);
    const struct observation *o = wait_for(p.k, OBS_REFUSED);

    assert_string_equal(o->endpoint, p.k->config.url);
    assert_non_null(strstr(o->detail, "; and its socket: connection refused"));
    pair_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_the_csv), cmocka_unit_test(password_and_none),
        cmocka_unit_test(silent_page),      cmocka_unit_test(other_pages),
        cmocka_unit_test(gone_and_back),    cmocka_unit_test(urgent_is_faster),
        cmocka_unit_test(socket_first),     cmocka_unit_test(socket_away),
        cmocka_unit_test(socket_alone),     cmocka_unit_test(both_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
