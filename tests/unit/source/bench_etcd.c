#include "bench_etcd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

struct bench *bench_new(int n)
{
    struct bench *k = calloc(1, sizeof *k);
    assert_non_null(k);
    rig_init(&k->rig, 0);
    fake_etcd_init(&k->etcd, k->rig.loop);
    for (int i = 0; i < n; i++)
        k->urls[i] = k->etcd.gate[i].url;
    k->rig.config.etcd.nurls = n;
    k->rig.config.etcd.urls = k->urls;
    return k;
}

void bench_start(struct bench *k)
{
    k->s = source_etcd_new_tuned(&k->rig.ctx, PREFIX, k->rig.refresh_us, SECRET, &k->rig.t);
    source_etcd_start(k->s);
}

void bench_start_watching(struct bench *k, int gate)
{
    bench_start(k);
    bench_wait_watched(k, gate, 0);
}

static bool tells(const struct observation *o, const char *secret)
{
    return strstr(o->detail, secret) || strstr(o->endpoint, secret) || strstr(o->target, secret) ||
           (o->body && strstr(o->body, secret));
}

void bench_free(struct bench *k)
{
    for (int i = 0; i < k->rig.nseen; i++) {
        assert_int_not_equal(k->rig.seen[i].outcome, OBS_NEVER);
        assert_false(tells(&k->rig.seen[i], SECRET));
        assert_false(tells(&k->rig.seen[i], ESCAPED));
        assert_false(tells(&k->rig.seen[i], "token1"));
        assert_false(tells(&k->rig.seen[i], "token2"));
    }
    for (int i = 0; i < FE_GATES; i++) {
        const struct fe_gate *g = &k->etcd.gate[i];
        assert_in_range(g->health_inflight_max, 0, 1);
        assert_in_range(g->path[FE_WATCH].inflight_max, 0, 1);
        assert_in_range(g->path[FE_ALIVE].inflight_max, 0, 1);
        assert_in_range(fake_etcd_watched(&k->etcd, i), 0, 1);
    }
    source_etcd_free(k->s);
    fake_etcd_release(&k->etcd);
    rig_release(&k->rig);
    free(k);
}

int bench_count(const struct bench *k, enum obs_kind kind, const char *target, int outcome)
{
    return rig_count(&k->rig, kind, target, outcome);
}

/* ---- waiting */

struct wanted {
    struct bench *k;
    enum obs_kind kind;
    const char *target;
    enum obs_outcome outcome;
    int n;
};

static bool are_there(struct rig *r, const void *arg)
{
    const struct wanted *w = arg;
    return rig_count(r, w->kind, w->target, (int)w->outcome) >= w->n;
}

const struct observation *bench_wait(struct bench *k, enum obs_kind kind, const char *target,
                                     enum obs_outcome outcome, int n)
{
    struct wanted w = {k, kind, target, outcome, n};
    char *what = arena_printf(&k->rig.arena, "%d of %s %s %s", n, obs_kind_name(kind), target,
                              obs_outcome_name(outcome));
    rig_until(&k->rig, are_there, &w, what);
    for (int i = k->rig.nseen - 1;; i--) {
        const struct observation *o = &k->rig.seen[i];
        if (o->kind == kind && strcmp(o->target, target) == 0 && o->outcome == outcome)
            return o;
    }
}

struct asked {
    const struct fe_path *path;
    int n;
};

static bool was_asked(struct rig *r, const void *arg)
{
    const struct asked *a = arg;
    (void)r;
    return a->path->n >= a->n;
}

void bench_wait_asked(struct bench *k, int gate, enum etcd_path path, int n)
{
    struct asked a = {&k->etcd.gate[gate].path[path], n};
    rig_until(&k->rig, was_asked, &a, "a request");
}

struct watched {
    struct bench *k;
    int gate, ends;
};

/* "created" of the stream that is open: no end has come after it. */
static bool is_watched(struct rig *r, const void *arg)
{
    const struct watched *w = arg;
    int ends = rig_count(r, OBS_ETCD_WATCH, PREFIX, -1) -
               rig_count(r, OBS_ETCD_WATCH, PREFIX, OBS_ANSWERED);
    const struct observation *last = rig_last(r, OBS_ETCD_WATCH, PREFIX);
    return ends >= w->ends && last && last->outcome == OBS_ANSWERED &&
           strcmp(last->endpoint, w->k->etcd.gate[w->gate].url) == 0 &&
           fake_etcd_watched(&w->k->etcd, w->gate) == 1;
}

void bench_wait_watched(struct bench *k, int gate, int ends)
{
    struct watched w = {k, gate, ends};
    rig_until(&k->rig, is_watched, &w, "a watch");
}
