/* source/patroni against members that can be silent, broken or somebody else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rig.h"

#define MS USEC_PER_MS

static bool said(const char *text, const char *piece)
{
    if (strstr(text, piece) != NULL)
        return true;
    print_error("\"%s\" does not say \"%s\"\n", text, piece);
    return false;
}

/* Addresses that nobody can reach: what compose files advertise. */
static void advertise_nowhere(struct rig *r)
{
    for (int i = 0; i < r->fake.n; i++)
        snprintf(r->fake.m[i].advertised, sizeof(r->fake.m[i].advertised), "http://127.0.0.%d:%d",
                 i + 2, fake_closed_port());
}

static struct rig *rig_new(int n)
{
    struct rig *r = malloc(sizeof(*r));

    assert_non_null(r);
    rig_init(r, n);
    return r;
}

static void rig_free(struct rig *r)
{
    rig_release(r);
    free(r);
}

static const char *base_of(struct rig *r, const char *member)
{
    return source_patroni_route(r->p, member).base;
}

/* ---- a healthy cluster */

static void whole_picture(void **state)
{
    struct rig *r = rig_new(3);

    (void)state;
    rig_start(r);
    rig_wait(r, OBS_PATRONI_CONFIG, "", OBS_ANSWERED);
    rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED);
    rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED);
    assert_int_equal(rig_count(r, OBS_PATRONI_HISTORY, "", OBS_ANSWERED) > 0, 1);
    for (int i = 0; i < 3; i++) {
        const struct fake_member *m = &r->fake.m[i];
        const struct observation *o = rig_last(r, OBS_PATRONI_HEALTH, m->name);

        assert_non_null(o);
        assert_int_equal(o->outcome, OBS_ANSWERED);
        assert_int_equal(o->http_status, 200);
        assert_string_equal(o->endpoint, m->url);
        assert_string_equal(base_of(r, m->name), m->url);
        assert_int_equal(m->asked[FAKE_LIVENESS].n, 0);
        assert_int_equal(m->passwords, 0);
    }
    /* /cluster from one member, whoever that is. */
    int askers = 0;

    for (int i = 0; i < 3; i++)
        askers += r->fake.m[i].asked[FAKE_CLUSTER].n > 0;
    assert_int_equal(askers, 1);
    assert_string_equal(rig_last(r, OBS_PATRONI_CLUSTER, "")->detail, "");
    rig_free(r);
}

static bool health_asked(struct rig *r, const void *arg)
{
    return r->fake.m[0].asked[FAKE_HEALTH].n > *(const int *)arg;
}

/* A load of the view renews dcs_last_seen: /health must have answered before, or be given up. */
static void health_before_cluster(void **state)
{
    struct rig *r = rig_new(1);
    int health, cluster;

    (void)state;
    r->refresh_us = 3600 * USEC_PER_SEC;
    r->t.grace_us = 1000 * MS;
    r->t.health_us = 5000 * MS;
    rig_start(r);
    rig_wait(r, OBS_PATRONI_CONFIG, "", OBS_ANSWERED);
    health = r->fake.m[0].asked[FAKE_HEALTH].n;
    cluster = r->fake.m[0].asked[FAKE_CLUSTER].n;
    fake_mode(&r->fake, 0, FAKE_HEALTH, FAKE_SILENT);
    source_patroni_refresh(r->p);
    rig_until(r, health_asked, &health, "/health after a refresh");
    rig_for(r, 40 * MS);
    assert_int_equal(r->fake.m[0].asked[FAKE_CLUSTER].n, cluster);
    fake_thaw(&r->fake, 0);
    rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED);
    fake_mode(&r->fake, 0, FAKE_HEALTH, FAKE_SILENT);
    source_patroni_refresh(r->p);
    rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED); /* after the grace, without it */
    assert_int_equal(rig_count(r, OBS_PATRONI_HEALTH, "n1", OBS_TIMED_OUT), 0);
    rig_free(r);
}

/* Two addresses of one member share its slot, also before it is known that they are one's. */
static void one_member_two_addresses(void **state)
{
    struct rig *r = rig_new(1);
    struct fake_member *m = &r->fake.m[0];

    (void)state;
    snprintf(m->advertised, sizeof(m->advertised), "http://127.1%s", strrchr(m->url, ':'));
    fake_mode(&r->fake, 0, FAKE_HEALTH, FAKE_SILENT);
    rig_start(r);
    rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED);
    rig_for(r, 30 * MS);
    assert_int_equal(m->asked[FAKE_HEALTH].n, 1);
    fake_thaw(&r->fake, 0);
    rig_wait(r, OBS_PATRONI_HEALTH, "n1", OBS_ANSWERED);
    rig_for(r, 100 * MS);
    assert_string_equal(base_of(r, "n1"), m->advertised); /* its own address is preferred */
    fake_mode(&r->fake, 0, FAKE_HEALTH, FAKE_SILENT);
    rig_wait(r, OBS_PATRONI_HEALTH, "n1", OBS_TIMED_OUT);
    rig_wait(r, OBS_PATRONI_HEALTH, "n1", OBS_TIMED_OUT);
    rig_free(r); /* never two at a time */
}

static void one_seed_finds_all(void **state)
{
    struct rig *r = rig_new(3);

    (void)state;
    r->fake.says_name = false;
    rig_urls(r, 1, r->fake.m[1].url);
    rig_start(r);
    rig_wait(r, OBS_PATRONI_HEALTH, "n3", OBS_ANSWERED);
    for (int i = 0; i < 3; i++)
        assert_string_equal(base_of(r, r->fake.m[i].name), r->fake.m[i].url);
    assert_null(base_of(r, "n9"));
    assert_true(said(source_patroni_route(r->p, "n9").why, "not listed"));
    rig_free(r);
}

static bool two_reads(struct rig *r, const void *arg)
{
    return rig_count(r, OBS_PATRONI_HISTORY, "", OBS_ANSWERED) > *(const int *)arg;
}

static void history_on_change(void **state)
{
    struct rig *r = rig_new(2);
    int before;

    (void)state;
    r->t.extras_us = 3600 * USEC_PER_SEC;
    rig_start(r);
    rig_wait(r, OBS_PATRONI_CONFIG, "", OBS_ANSWERED);
    rig_for(r, 400 * MS); /* the two that follow a change */
    before = rig_count(r, OBS_PATRONI_HISTORY, "", OBS_ANSWERED);
    rig_for(r, 300 * MS);
    assert_int_equal(rig_count(r, OBS_PATRONI_HISTORY, "", OBS_ANSWERED), before);
    r->fake.m[0].leader = false;
    r->fake.m[1].leader = true;
    r->fake.m[1].timeline = 4;
    rig_until(r, two_reads, &before, "/history after a change of leader");
    rig_free(r);
}

/* ---- silence */

/* The n-th pause between two requests must be at least that of the back-off after the time-out. */
static void pauses_grow(const struct rig *r, const struct fake_asked *a, int from, int n)
{
    int64_t pause = r->t.silent_first_us;

    for (int i = 0; i < n; i++) {
        int64_t gap = a->at[from + i + 1] - a->at[from + i];

        /* A few ms for a server that reads late and a client that counts from before that. */
        if (gap < r->t.health_us + pause - 20 * MS)
            fail_msg("request %d came %d ms after the one before", from + i + 1, (int)(gap / MS));
        pause = pause * 2 > r->t.silent_max_us ? r->t.silent_max_us : pause * 2;
    }
}

static bool asked_often(struct rig *r, const void *arg)
{
    return r->fake.m[0].asked[FAKE_HEALTH].n >= *(const int *)arg;
}

static void stuck_sql(void **state)
{
    struct rig *r = rig_new(2);
    struct fake_asked *a = &r->fake.m[0].asked[FAKE_HEALTH];

    (void)state;
    rig_start(r);
    rig_wait(r, OBS_PATRONI_HEALTH, "n1", OBS_ANSWERED);
    a->n = 0;
    fake_mode(&r->fake, 0, FAKE_HEALTH, FAKE_SILENT);
    const struct observation *o = rig_wait(r, OBS_PATRONI_HEALTH, "n1", OBS_TIMED_OUT);

    assert_true(said(o->detail, "no answer"));
    /* Patroni itself lives, and says so while its SQL hangs. */
    rig_wait(r, OBS_PATRONI_LIVENESS, "n1", OBS_ANSWERED);
    int live = r->fake.m[0].asked[FAKE_LIVENESS].n;

    rig_for(r, 100 * MS);
    assert_true(r->fake.m[0].asked[FAKE_LIVENESS].n > live);
    assert_int_equal(r->fake.m[1].asked[FAKE_LIVENESS].n, 0);
    int want = a->n + 5;

    rig_until(r, asked_often, &want, "more requests");
    int first = 0;

    while (first + 1 < a->n && a->at[first + 1] - a->at[first] < r->t.health_us)
        first++; /* answered ones that came before */
    pauses_grow(r, a, first, 4);
    assert_int_equal(a->inflight_max, 1);
    /* A refresh by hand does not break the rule. */
    int n = a->n;

    for (int i = 0; i < 20; i++) {
        source_patroni_refresh(r->p);
        rig_for(r, 3 * MS);
    }
    assert_true(a->n <= n + 1);
    fake_thaw(&r->fake, 0);
    rig_wait(r, OBS_PATRONI_HEALTH, "n1", OBS_ANSWERED);
    rig_free(r);
}

static void frozen_member(void **state)
{
    struct rig *r = rig_new(3);

    (void)state;
    rig_start(r);
    rig_wait(r, OBS_PATRONI_CONFIG, "", OBS_ANSWERED);
    fake_freeze(&r->fake, 0);
    rig_wait(r, OBS_PATRONI_HEALTH, "n1", OBS_TIMED_OUT);
    rig_wait(r, OBS_PATRONI_LIVENESS, "n1", OBS_TIMED_OUT);
    int view = rig_count(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED);

    /* The picture goes on from another member, and nobody hears of a failure. */
    rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED);
    assert_string_not_equal(rig_last(r, OBS_PATRONI_CLUSTER, "")->endpoint, r->fake.m[0].url);
    rig_for(r, 400 * MS);
    assert_true(rig_count(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED) > view + 4);
    assert_int_equal(rig_count(r, OBS_PATRONI_CLUSTER, "", OBS_TIMED_OUT), 0);
    assert_non_null(base_of(r, "n1")); /* it did answer from here: a silence, not a wrong address */
    fake_thaw(&r->fake, 0);
    rig_wait(r, OBS_PATRONI_HEALTH, "n1", OBS_ANSWERED);
    rig_free(r);
}

/* A silence ends as soon as /liveness is answered again, however long the back-off has become. */
static void thaw_is_noticed(void **state)
{
    struct rig *r = rig_new(1);

    (void)state;
    r->t.silent_first_us = r->t.silent_max_us = 3600 * USEC_PER_SEC;
    rig_start(r);
    rig_wait(r, OBS_PATRONI_HEALTH, "n1", OBS_ANSWERED);
    fake_freeze(&r->fake, 0);
    rig_wait(r, OBS_PATRONI_LIVENESS, "n1", OBS_TIMED_OUT);
    fake_thaw(&r->fake, 0);
    rig_wait(r, OBS_PATRONI_HEALTH, "n1", OBS_ANSWERED);
    rig_free(r);
}

/* ---- /cluster */

static bool second_answers(struct rig *r, const void *arg)
{
    const struct observation *o = rig_last(r, OBS_PATRONI_CLUSTER, "");

    (void)arg;
    return o != NULL && strcmp(o->endpoint, r->fake.m[1].url) == 0;
}

static void cluster_moves_on_at_once(void **state)
{
    struct rig *r = rig_new(2);

    (void)state;
    r->refresh_us = 3600 * USEC_PER_SEC; /* one round only */
    fake_mode(&r->fake, 0, FAKE_CLUSTER, FAKE_EMPTY);
    rig_start(r);
    rig_until(r, second_answers, NULL, "/cluster of the second member");
    assert_int_equal(rig_count(r, OBS_PATRONI_CLUSTER, "", -1), 1);
    rig_free(r);
}

static void slow_cluster_is_overtaken(void **state)
{
    struct rig *r = rig_new(2);

    (void)state;
    rig_start(r);
    rig_wait(r, OBS_PATRONI_CONFIG, "", OBS_ANSWERED);
    int other = strcmp(rig_last(r, OBS_PATRONI_CLUSTER, "")->endpoint, r->fake.m[0].url) == 0;

    fake_mode(&r->fake, !other, FAKE_CLUSTER, FAKE_SILENT);
    rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED);
    rig_for(r, 300 * MS);
    assert_string_equal(rig_last(r, OBS_PATRONI_CLUSTER, "")->endpoint, r->fake.m[other].url);
    assert_int_equal(rig_count(r, OBS_PATRONI_CLUSTER, "", OBS_TIMED_OUT), 0);
    assert_true(r->fake.m[!other].asked[FAKE_CLUSTER].inflight_max <= 1);
    rig_free(r);
}

static void dcs_away(void **state)
{
    struct rig *r = rig_new(3);

    (void)state;
    rig_start(r);
    rig_wait(r, OBS_PATRONI_CONFIG, "", OBS_ANSWERED);
    for (int i = 0; i < 3; i++)
        fake_mode(&r->fake, i, FAKE_CLUSTER, FAKE_EMPTY);
    const struct observation *o = rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_GARBLED);

    assert_true(said(o->detail, "cannot reach its DCS"));
    for (int i = 0; i < 3; i++)
        assert_true(said(o->detail, r->fake.m[i].url + strlen("http://")));
    /* The members go on to be heard. */
    rig_wait(r, OBS_PATRONI_HEALTH, "n2", OBS_ANSWERED);
    for (int i = 0; i < 3; i++)
        fake_mode(&r->fake, i, FAKE_CLUSTER, FAKE_SILENT);
    o = rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_TIMED_OUT);
    assert_true(said(o->detail, "waits for its DCS"));
    for (int i = 0; i < 3; i++)
        assert_true(r->fake.m[i].asked[FAKE_CLUSTER].inflight_max <= 1);
    for (int i = 0; i < 3; i++)
        fake_thaw(&r->fake, i);
    rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED);
    rig_free(r);
}

static void nobody_there(void **state)
{
    struct rig *r = rig_new(2);

    (void)state;
    fake_stop_listening(&r->fake, 0);
    fake_stop_listening(&r->fake, 1);
    rig_start(r);
    const struct observation *o = rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_REFUSED);

    assert_true(said(o->detail, r->fake.m[0].url + strlen("http://")));
    assert_true(said(o->detail, r->fake.m[1].url + strlen("http://")));
    assert_true(said(o->detail, "refused"));
    assert_string_equal(o->endpoint, r->fake.m[1].url);
    assert_int_equal(rig_count(r, OBS_PATRONI_HEALTH, "", -1), 0); /* whose would it be? */
    rig_free(r);
}

/* ---- answers that are none */

static void bad_answers(void **state)
{
    static const struct {
        enum fake_mode mode;
        enum obs_outcome outcome;
        const char *says;
    } cases[] = {
        {FAKE_PAGE, OBS_GARBLED, "web page"},     {FAKE_TRUNCATED, OBS_GARBLED, ""},
        {FAKE_EMPTY, OBS_GARBLED, "empty reply"}, {FAKE_LOCKED, OBS_UNAUTHORISED, "HTTP 401"},
        {FAKE_STOPPED, OBS_ANSWERED, ""},
    };
    struct rig *r = rig_new(1);

    (void)state;
    rig_start(r);
    rig_wait(r, OBS_PATRONI_HEALTH, "n1", OBS_ANSWERED);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fake_mode(&r->fake, 0, FAKE_HEALTH, cases[i].mode);
        rig_wait(r, OBS_PATRONI_HEALTH, "n1", cases[i].outcome);
        assert_true(said(rig_last(r, OBS_PATRONI_HEALTH, "n1")->detail, cases[i].says));
    }
    rig_for(r, 50 * MS);
    assert_int_equal(rig_last(r, OBS_PATRONI_HEALTH, "n1")->http_status, 503);
    rig_free(r);
}

static void password_only_when_asked(void **state)
{
    struct rig *r = rig_new(1);

    (void)state;
    r->config.patroni.username = "admin";
    fake_mode(&r->fake, 0, FAKE_HEALTH, FAKE_LOCKED);
    rig_start(r);
    rig_wait(r, OBS_PATRONI_HEALTH, "n1", OBS_ANSWERED);
    assert_int_equal(rig_count(r, OBS_PATRONI_HEALTH, "n1", OBS_UNAUTHORISED), 0);
    assert_true(r->fake.m[0].passwords > 0);
    rig_free(r);
}

/* ---- members behind other names and ports */

static void published_elsewhere(void **state)
{
    struct rig *r = rig_new(3);

    (void)state;
    advertise_nowhere(r);
    rig_start(r);
    for (int i = 0; i < 3; i++) {
        rig_wait(r, OBS_PATRONI_HEALTH, r->fake.m[i].name, OBS_ANSWERED);
        assert_string_equal(base_of(r, r->fake.m[i].name), r->fake.m[i].url);
        assert_int_equal(rig_count(r, OBS_PATRONI_HEALTH, r->fake.m[i].name, OBS_REFUSED), 0);
    }
    rig_free(r);
}

static void known_only_by_others(void **state)
{
    struct rig *r = rig_new(3);

    (void)state;
    advertise_nowhere(r);
    snprintf(r->fake.m[2].advertised, sizeof(r->fake.m[2].advertised),
             "http://pg-replica-2.invalid:8008");
    rig_urls(r, 1, r->fake.m[0].url);
    rig_start(r);
    const struct observation *o = rig_wait(r, OBS_PATRONI_HEALTH, "n2", OBS_REFUSED);

    assert_true(said(o->detail, "API not reachable from here"));
    assert_true(said(o->detail, "refused"));
    assert_null(base_of(r, "n2"));
    assert_true(said(source_patroni_route(r->p, "n2").why, "API not reachable from here"));
    o = rig_wait(r, OBS_PATRONI_HEALTH, "n3", OBS_REFUSED);
    assert_true(said(o->detail, "not resolved"));
    assert_true(said(o->detail, "pg-replica-2.invalid"));
    assert_string_equal(base_of(r, "n1"), r->fake.m[0].url);
    /* Tried again, but slowly. */
    int n = rig_count(r, OBS_PATRONI_HEALTH, "n2", -1);

    rig_for(r, r->t.unreached_us * 2);
    int more = rig_count(r, OBS_PATRONI_HEALTH, "n2", -1) - n;

    assert_true(more >= 1 && more <= 3);
    rig_free(r);
}

static void mapped_by_configuration(void **state)
{
    struct rig *r = rig_new(2);
    struct mapping map[2];

    (void)state;
    r->fake.says_name = false;
    for (int i = 0; i < 2; i++) {
        map[i].from = arena_printf(&r->arena, "pg-%d.invalid:8008", i + 1);
        map[i].to = r->fake.m[i].url + strlen("http://");
        snprintf(r->fake.m[i].advertised, sizeof(r->fake.m[i].advertised), "http://%s",
                 map[i].from);
    }
    r->config.patroni.nconnect_to = 2;
    r->config.patroni.connect_to = map;
    rig_urls(r, 1, r->fake.m[0].url);
    rig_start(r);
    rig_wait(r, OBS_PATRONI_HEALTH, "n1", OBS_ANSWERED);
    rig_wait(r, OBS_PATRONI_HEALTH, "n2", OBS_ANSWERED);
    struct member_route route = source_patroni_route(r->p, "n2");

    assert_string_equal(route.base, "http://pg-2.invalid:8008");
    assert_string_equal(route.connect_host, "127.0.0.1");
    assert_int_equal(route.connect_port, atoi(strrchr(r->fake.m[1].url, ':') + 1));
    rig_free(r);
}

static void declared_for_old_versions(void **state)
{
    struct rig *r = rig_new(3);
    struct member_url urls[2] = {{"n2", r->fake.m[1].url}, {"n3", r->fake.m[2].url}};

    (void)state;
    r->fake.says_name = false;
    advertise_nowhere(r);
    r->config.patroni.nmember_urls = 2;
    r->config.patroni.member_urls = urls;
    rig_start(r);
    for (int i = 0; i < 3; i++) { /* the first is the only leader */
        rig_wait(r, OBS_PATRONI_HEALTH, r->fake.m[i].name, OBS_ANSWERED);
        assert_string_equal(base_of(r, r->fake.m[i].name), r->fake.m[i].url);
    }
    rig_free(r);
}

static void old_replicas_are_not_guessed(void **state)
{
    struct rig *r = rig_new(3);

    (void)state;
    r->fake.says_name = false;
    advertise_nowhere(r);
    rig_start(r);
    rig_wait(r, OBS_PATRONI_HEALTH, "n1", OBS_ANSWERED);
    const struct observation *o = rig_wait(r, OBS_PATRONI_HEALTH, "n2", OBS_REFUSED);

    assert_true(said(o->detail, "--member-url"));
    assert_null(base_of(r, "n2"));
    assert_null(base_of(r, "n3"));
    assert_int_equal(rig_count(r, OBS_PATRONI_HEALTH, "n2", OBS_ANSWERED), 0);
    /* After a switchover the leader is found anew. */
    r->fake.m[0].leader = false;
    r->fake.m[2].leader = true;
    for (int i = 0; i < 3; i++)
        r->fake.m[i].timeline = 4;
    rig_wait(r, OBS_PATRONI_HEALTH, "n3", OBS_ANSWERED);
    assert_string_equal(base_of(r, "n3"), r->fake.m[2].url);
    assert_null(base_of(r, "n1"));
    rig_free(r);
}

static void answers_as_somebody_else(void **state)
{
    struct rig *r = rig_new(3);

    (void)state;
    /* n2 advertises the address of n3 by mistake; n3 advertises nothing usable. */
    memcpy(r->fake.m[1].advertised, r->fake.m[2].url, sizeof(r->fake.m[1].advertised));
    snprintf(r->fake.m[2].advertised, sizeof(r->fake.m[2].advertised), "nonsense");
    rig_urls(r, 1, r->fake.m[0].url);
    rig_start(r);
    rig_wait(r, OBS_PATRONI_HEALTH, "n3", OBS_ANSWERED);
    const struct observation *o = rig_last(r, OBS_PATRONI_HEALTH, "n2");

    if (o == NULL)
        o = rig_wait(r, OBS_PATRONI_HEALTH, "n2", OBS_REFUSED);
    assert_true(said(o->detail, "answers as n3"));
    assert_null(base_of(r, "n2"));
    assert_string_equal(base_of(r, "n3"), r->fake.m[2].url);
    rig_for(r, 100 * MS);
    assert_int_equal(rig_count(r, OBS_PATRONI_HEALTH, "n2", OBS_ANSWERED), 0);
    rig_free(r);
}

static void one_address_for_two(void **state)
{
    struct rig *r = rig_new(3);

    (void)state;
    r->fake.says_name = false;
    for (int i = 1; i < 3; i++)
        memcpy(r->fake.m[i].advertised, r->fake.m[1].url, sizeof(r->fake.m[i].advertised));
    rig_urls(r, 1, r->fake.m[0].url);
    rig_start(r);
    rig_wait(r, OBS_PATRONI_HEALTH, "n2", OBS_REFUSED);
    assert_true(said(rig_last(r, OBS_PATRONI_HEALTH, "n2")->detail, "advertised by n3 too"));
    assert_null(base_of(r, "n3"));
    rig_for(r, 100 * MS);
    assert_int_equal(rig_count(r, OBS_PATRONI_HEALTH, "n2", OBS_ANSWERED), 0);
    assert_int_equal(rig_count(r, OBS_PATRONI_HEALTH, "n3", OBS_ANSWERED), 0);
    rig_free(r);
}

static void another_cluster(void **state)
{
    struct rig *r = rig_new(1);

    (void)state;
    r->config.scope = "wanted";
    rig_start(r);
    const struct observation *o = rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_GARBLED);

    assert_true(said(o->detail, "answers for scope demo, not wanted"));
    rig_for(r, 100 * MS);
    assert_int_equal(rig_count(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED), 0);
    assert_int_equal(rig_count(r, OBS_PATRONI_HEALTH, "n1", -1), 0);
    assert_null(base_of(r, "n1"));
    rig_free(r);
}

static bool moved(struct rig *r, const void *arg)
{
    const char *base = base_of(r, "n2");

    return base != NULL && strcmp(base, arg) == 0;
}

/* n2 comes back on another address; the old one is not asked any more. */
static void registered_anew(void **state)
{
    struct rig *r = rig_new(3);

    (void)state;
    r->fake.says_name = false;
    r->fake.m[2].listed = false;
    rig_urls(r, 1, r->fake.m[0].url);
    rig_start(r);
    rig_wait(r, OBS_PATRONI_HEALTH, "n2", OBS_ANSWERED);
    memcpy(r->fake.m[1].advertised, r->fake.m[2].url, sizeof(r->fake.m[1].advertised));
    rig_until(r, moved, r->fake.m[2].url, "the new address of n2");
    int n = r->fake.m[1].asked[FAKE_HEALTH].n;

    rig_for(r, 100 * MS);
    assert_int_equal(r->fake.m[1].asked[FAKE_HEALTH].n, n);
    rig_free(r);
}

/* A member that vanished from /cluster is asked as long as it answers. */
static void vanished(void **state)
{
    struct rig *r = rig_new(2);

    (void)state;
    rig_urls(r, 1, r->fake.m[0].url);
    rig_start(r);
    rig_wait(r, OBS_PATRONI_HEALTH, "n2", OBS_ANSWERED);
    r->fake.m[1].listed = false;
    rig_for(r, 100 * MS);
    rig_wait(r, OBS_PATRONI_HEALTH, "n2", OBS_ANSWERED);
    fake_mode(&r->fake, 1, FAKE_HEALTH, FAKE_EMPTY);
    rig_wait(r, OBS_PATRONI_HEALTH, "n2", OBS_GARBLED);
    fake_mode(&r->fake, 1, FAKE_HEALTH, FAKE_ANSWER);
    r->fake.m[1].listed = true;
    rig_wait(r, OBS_PATRONI_HEALTH, "n2", OBS_ANSWERED); /* back in the list, asked at once */
    r->fake.m[1].listed = false;
    fake_stop_listening(&r->fake, 1);
    rig_wait(r, OBS_PATRONI_HEALTH, "n2", OBS_REFUSED);
    assert_non_null(base_of(r, "n2"));
    rig_for(r, r->t.forget_us + r->t.unreached_us);
    assert_null(base_of(r, "n2"));
    rig_free(r);
}

static bool silent(struct rig *r, const void *url)
{
    struct silent_url u;

    return source_patroni_silent_url(r->p, 0, &u) && strcmp(u.url, url) == 0 &&
           u.outcome == OBS_REFUSED && !source_patroni_silent_url(r->p, 1, &u);
}

/* Who looks for the first time sees of a dead member whose key is gone only that its URL is silent.
 */
static void configured_and_silent(void **state)
{
    struct rig *r = rig_new(2);

    (void)state;
    r->fake.m[1].listed = false;
    fake_stop_listening(&r->fake, 1);
    rig_start(r);
    rig_wait(r, OBS_PATRONI_HEALTH, "n1", OBS_ANSWERED);
    rig_until(r, silent, r->fake.m[1].url, "that n2's URL is silent");
    rig_free(r);
}

static void silent_but_listed(void **state)
{
    struct rig *r = rig_new(2);
    struct silent_url u;

    (void)state;
    fake_stop_listening(&r->fake, 1);
    rig_start(r);
    rig_wait(r, OBS_PATRONI_HEALTH, "n2", OBS_REFUSED); /* a member's silence is told as such */
    rig_wait(r, OBS_PATRONI_HEALTH, "n1", OBS_ANSWERED);
    assert_false(source_patroni_silent_url(r->p, 0, &u));
    rig_free(r);
}

/* One that was listed, and went, is known: its silence is told as its own, not as a URL's. */
static void silent_and_gone_under_our_eyes(void **state)
{
    struct rig *r = rig_new(2);
    struct silent_url u;

    (void)state;
    r->t.forget_us = 60000 * MS;
    rig_start(r);
    rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED);
    rig_wait(r, OBS_PATRONI_HEALTH, "n2", OBS_ANSWERED);
    fake_stop_listening(&r->fake, 1);
    r->fake.m[1].listed = false;
    rig_wait(r, OBS_PATRONI_HEALTH, "n2", OBS_REFUSED);
    int clusters = rig_count(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED);
    while (rig_count(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED) < clusters + 2)
        rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED);
    assert_false(source_patroni_silent_url(r->p, 0, &u));
    rig_free(r);
}

/* ---- while a failover goes on, and while etcd is watched */

static void urgent_rounds(void **state)
{
    struct rig *r = rig_new(2);
    const struct fake_asked *health = &r->fake.m[0].asked[FAKE_HEALTH];

    (void)state;
    r->refresh_us = 5000 * MS;
    rig_start(r);
    rig_wait(r, OBS_PATRONI_CONFIG, "", OBS_ANSWERED);
    int clusters = rig_count(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED), from = health->n;

    source_patroni_set_urgent(r->p, true);
    assert_true(source_patroni_next_us(r->p) - clock_mono(&r->clock) <= r->t.urgent_us);
    while (health->n < from + 5)
        rig_wait(r, OBS_PATRONI_HEALTH, "n1", OBS_ANSWERED);
    for (int i = from; i < from + 5; i++) {
        int64_t gap = health->at[i] - health->at[i - 1];

        if (gap < r->t.urgent_us - 10 * MS || (i > from && gap > 1000 * MS))
            fail_msg("/health %d came %lld us after the one before", i, (long long)gap);
    }
    assert_true(rig_count(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED) >= clusters + 4);
    /* The back-off of a silent member stays. */
    fake_freeze(&r->fake, 0);
    rig_wait(r, OBS_PATRONI_HEALTH, "n1", OBS_TIMED_OUT);
    from = health->n;
    while (health->n < from + 2)
        rig_wait(r, OBS_PATRONI_HEALTH, "n1", OBS_TIMED_OUT);
    for (int i = 0; i < 2; i++)
        assert_true(health->at[from + i] - health->at[from + i - 1] >=
                    r->t.health_us + (40 << i) * MS - 10 * MS);
    source_patroni_set_urgent(r->p, false);
    assert_true(source_patroni_next_us(r->p) - clock_mono(&r->clock) > 1000 * MS);
    rig_free(r);
}

static void watched_cluster(void **state)
{
    struct rig *r = rig_new(2);
    const int *n = &r->fake.m[0].asked[FAKE_CLUSTER].n,
              *other = &r->fake.m[1].asked[FAKE_CLUSTER].n;

    (void)state;
    r->t.watched_us = 400 * MS;
    rig_start(r);
    source_patroni_set_dcs_watched(r->p, true); /* the first picture is asked for all the same */
    rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED);
    int64_t first = clock_mono(&r->clock);
    int healths = r->fake.m[0].asked[FAKE_HEALTH].n;

    rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED);
    assert_true(clock_mono(&r->clock) - first >= 300 * MS);
    assert_int_equal(*n + *other, 2);
    assert_true(r->fake.m[0].asked[FAKE_HEALTH].n >= healths + 5); /* that one as before */
    /* By hand, and when etcd is gone: at once. */
    source_patroni_refresh(r->p);
    rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED);
    first = clock_mono(&r->clock);
    source_patroni_set_dcs_watched(r->p, false);
    rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED);
    assert_true(clock_mono(&r->clock) - first < 300 * MS);
    /* A view that fails is not waited for: the next round tries again. */
    source_patroni_set_dcs_watched(r->p, true);
    rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_ANSWERED);
    fake_mode(&r->fake, 0, FAKE_CLUSTER, FAKE_EMPTY);
    fake_mode(&r->fake, 1, FAKE_CLUSTER, FAKE_EMPTY);
    rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_GARBLED);
    first = clock_mono(&r->clock);
    rig_wait(r, OBS_PATRONI_CLUSTER, "", OBS_GARBLED);
    assert_true(clock_mono(&r->clock) - first < 300 * MS);
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_picture),
        cmocka_unit_test(health_before_cluster),
        cmocka_unit_test(one_member_two_addresses),
        cmocka_unit_test(one_seed_finds_all),
        cmocka_unit_test(history_on_change),
        cmocka_unit_test(stuck_sql),
        cmocka_unit_test(frozen_member),
        cmocka_unit_test(thaw_is_noticed),
        cmocka_unit_test(cluster_moves_on_at_once),
        cmocka_unit_test(slow_cluster_is_overtaken),
        cmocka_unit_test(dcs_away),
        cmocka_unit_test(nobody_there),
        cmocka_unit_test(bad_answers),
        cmocka_unit_test(password_only_when_asked),
        cmocka_unit_test(published_elsewhere),
        cmocka_unit_test(known_only_by_others),
        cmocka_unit_test(mapped_by_configuration),
        cmocka_unit_test(declared_for_old_versions),
        cmocka_unit_test(old_replicas_are_not_guessed),
        cmocka_unit_test(answers_as_somebody_else),
        cmocka_unit_test(one_address_for_two),
        cmocka_unit_test(another_cluster),
        cmocka_unit_test(registered_anew),
        cmocka_unit_test(vanished),
        cmocka_unit_test(configured_and_silent),
        cmocka_unit_test(silent_but_listed),
        cmocka_unit_test(silent_and_gone_under_our_eyes),
        cmocka_unit_test(urgent_rounds),
        cmocka_unit_test(watched_cluster),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
