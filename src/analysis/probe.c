#include "pgdba/analysis/probe.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/clock.h"
#include "pgdba/base/fmt.h"
#include "probe_rows.h"
#include "telling.h"

/* So far before an outage an acknowledged row may still not have been at the next leader. */
enum { LOOK_BACK = 4096 };

struct probe_fold {
    char *run, *server;
    struct probe_view v; /* its texts are route above, server, and the arrays below */
    char *route;
    struct probe_outage outages[PROBE_OUTAGES]; /* newest first */
    int64_t at[PROBE_LATENCIES], latency[PROBE_LATENCIES];
    int64_t ended_us; /* outages that are over, together */
    int64_t answered_wall_us, asked_wall_us;
    uint64_t ok_seq; /* the last success */
    struct row_fates rows;
    bool wants;
    uint64_t wants_from, wants_to;
    struct telling *news; /* since it was asked for */
    struct facts *made;   /* the view as last built, NULL when something has changed since */
};

static void news_init(struct probe_fold *f)
{
    telling_init(f->news);
    f->news->source = SYS_PROBE;
}

struct probe_fold *probe_fold_new(void)
{
    struct probe_fold *f = xcalloc(1, sizeof *f);
    f->news = xcalloc(1, sizeof *f->news);
    news_init(f);
    row_fates_init(&f->rows);
    return f;
}

static void nobody(void *arg, const struct event *e)
{
    (void)arg;
    (void)e;
}

void probe_fold_free(struct probe_fold *f)
{
    if (!f)
        return;
    telling_flush(f->news, nobody, NULL);
    free(f->news);
    facts_unref(f->made);
    row_fates_release(&f->rows);
    free(f->run);
    free(f->route);
    free(f->server);
    free(f);
}

static void changed(struct probe_fold *f)
{
    facts_replace(&f->made, NULL);
}

static void say_at(struct probe_fold *f, int64_t mono_us, int64_t wall_us, int64_t not_before_us)
{
    f->news->mono_us = mono_us;
    f->news->wall_us = wall_us;
    f->news->not_before_us = not_before_us;
}

/* ---- a run */

static const char *kind_of(const struct probe_fold *f)
{
    return f->v.write ? "write" : "read";
}

static void begin(struct probe_fold *f, const char *route, const struct probe_sample *s,
                  int64_t mono_us, int64_t wall_us)
{
    free(f->run);
    free(f->route);
    free(f->server);
    row_fates_release(&f->rows);
    row_fates_init(&f->rows);
    f->run = xstrdup(or_blank(s->run));
    f->route = xstrdup(or_blank(route));
    f->server = xstrdup("");
    f->ended_us = 0;
    f->ok_seq = 0;
    f->wants = false;
    f->v = (struct probe_view){.running = true,
                               .write = s->write,
                               .started_us = mono_us - s->latency_us,
                               .started_wall_us = wall_us - s->latency_us};
    say_at(f, f->v.started_us, f->v.started_wall_us, f->v.started_us);
    telling_say(f->news, &(struct event){.kind = EV_PROBE_STARTED, .now = f->route},
                "the %s probe asks through %s", kind_of(f), f->route);
}

/* ---- outages */

static struct probe_outage *outage_new(struct probe_fold *f)
{
    memmove(f->outages + 1, f->outages, (PROBE_OUTAGES - 1) * sizeof *f->outages);
    if (f->v.noutages < PROBE_OUTAGES)
        f->v.noutages++;
    f->outages[0] = (struct probe_outage){0};
    return &f->outages[0];
}

static int64_t outage_us(const struct probe_fold *f)
{
    return f->v.out ? f->v.asked_us - f->outages[0].from_us : 0;
}

static void failed(struct probe_fold *f, const struct probe_sample *s)
{
    f->v.failed++;
    f->v.by_failure[(unsigned)s->failure < PROBE_FAILURE_COUNT ? s->failure : PROBE_OTHER]++;
    if (!f->v.out) {
        struct probe_outage *o = outage_new(f);
        bool before = f->v.answered_us != 0;
        o->from_us = before ? f->v.answered_us : f->v.asked_us - s->latency_us;
        o->from_wall_us = before ? f->answered_wall_us : f->asked_wall_us - s->latency_us;
        o->first = s->failure;
        f->v.out = true;
        say_at(f, f->v.asked_us, f->asked_wall_us, f->v.answered_us);
        const char *why = *or_blank(s->detail) ? s->detail : probe_failure_name(s->failure);
        const char *evidence = arena_printf(&f->news->a, "%s %s %s", probe_failure_name(s->failure),
                                            or_blank(s->sqlstate), or_blank(s->detail));
        telling_say(f->news,
                    &(struct event){.kind = EV_PROBE_FAILS,
                                    .grade = HEALTH_CRITICAL,
                                    .subject = f->server,
                                    .now = probe_failure_name(s->failure),
                                    .evidence = evidence},
                    "the %s probe through %s fails: %s", kind_of(f), f->route, why);
    }
    f->outages[0].failures++;
}

/* Rows are looked up once the route works again: they are asked for through it. */
static void want_rows(struct probe_fold *f, uint64_t first_seq)
{
    uint64_t oldest = row_fates_oldest(&f->rows);
    uint64_t from = f->ok_seq > LOOK_BACK ? f->ok_seq - LOOK_BACK : 1;
    if (!f->v.write)
        return;
    if (from < oldest)
        from = oldest;
    if (!f->wants || from < f->wants_from)
        f->wants_from = from;
    f->wants_to = first_seq;
    f->wants = true;
}

static void over(struct probe_fold *f, const struct probe_sample *s)
{
    char d[FMT_MAX];
    struct probe_outage *o = &f->outages[0];
    o->to_us = f->v.asked_us;
    o->to_wall_us = f->asked_wall_us;
    f->ended_us += o->to_us - o->from_us;
    f->v.out = false;
    want_rows(f, s->seq);
    say_at(f, o->to_us, o->to_wall_us, o->to_us - s->latency_us);
    fmt_duration(d, o->to_us - o->from_us);
    telling_say(f->news,
                &(struct event){.kind = EV_PROBE_WORKS,
                                .subject = or_blank(s->server),
                                .old = probe_failure_name(o->first),
                                .now = d},
                "the %s probe through %s works again after %s, %d failed attempts", kind_of(f),
                f->route, d, o->failures);
}

static void succeeded(struct probe_fold *f, const struct probe_sample *s)
{
    const char *server = or_blank(s->server);
    f->v.ok++;
    if (f->v.out)
        over(f, s);
    f->v.latency_us = s->latency_us;
    f->v.in_recovery = s->in_recovery;
    if (*server && *f->server && strcmp(server, f->server) != 0) {
        say_at(f, f->v.asked_us, f->asked_wall_us, f->v.answered_us);
        telling_say(
            f->news,
            &(struct event){
                .kind = EV_PROBE_SERVER, .subject = server, .old = f->server, .now = server},
            "the probe through %s is answered by %s, before: %s", f->route, server, f->server);
    }
    if (*server && strcmp(server, f->server) != 0) {
        free(f->server);
        f->server = xstrdup(server);
    }
    f->v.answered_us = f->v.asked_us;
    f->answered_wall_us = f->asked_wall_us;
    f->ok_seq = s->seq;
}

static void latency(struct probe_fold *f, int64_t at_us, int64_t us)
{
    if (f->v.nlatency == PROBE_LATENCIES) {
        memmove(f->at, f->at + 1, (PROBE_LATENCIES - 1) * sizeof *f->at);
        memmove(f->latency, f->latency + 1, (PROBE_LATENCIES - 1) * sizeof *f->latency);
        f->v.nlatency--;
    }
    f->at[f->v.nlatency] = at_us;
    f->latency[f->v.nlatency++] = us;
}

void probe_fold_sample(struct probe_fold *f, const char *route, int64_t every_us,
                       const struct probe_sample *s, int64_t mono_us, int64_t wall_us)
{
    changed(f);
    if (!f->run || strcmp(f->run, or_blank(s->run)) != 0)
        begin(f, route, s, mono_us, wall_us);
    f->v.running = true;
    f->v.every_us = every_us;
    f->v.sent++;
    f->v.asked_us = mono_us;
    f->asked_wall_us = wall_us;
    if (s->write)
        row_fates_attempt(&f->rows, s->seq, s->failure == PROBE_OK);
    if (s->failure == PROBE_OK)
        succeeded(f, s);
    else
        failed(f, s);
    latency(f, mono_us, s->failure == PROBE_OK ? s->latency_us : -1);
    int64_t now = outage_us(f);
    int64_t last = f->v.noutages && !f->v.out ? f->outages[0].to_us - f->outages[0].from_us : now;
    if (last > f->v.longest_us)
        f->v.longest_us = last;
    f->v.total_us = f->ended_us + now;
}

void probe_fold_rows(struct probe_fold *f, const struct probe_rows *r)
{
    int64_t lost = f->rows.lost, ghosts = f->rows.ghosts;
    if (!f->run || strcmp(f->run, or_blank(r->run)) != 0)
        return;
    changed(f);
    row_fates_checked(&f->rows, r);
    if (f->wants && r->from <= f->wants_from && r->to >= f->wants_to)
        f->wants = false;
    if (lost == f->rows.lost && ghosts == f->rows.ghosts)
        return;
    lost = f->rows.lost;
    ghosts = f->rows.ghosts;
    say_at(f, f->v.asked_us, f->asked_wall_us, 0);
    const char *now =
        arena_printf(&f->news->a, "%lld lost, %lld ghosts", (long long)lost, (long long)ghosts);
    telling_say(f->news,
                &(struct event){.kind = EV_PROBE_ROWS,
                                .grade = lost > 0 ? HEALTH_CRITICAL : HEALTH_OK,
                                .now = now},
                "of the probe's rows %lld were acknowledged and are lost, %lld were not and are "
                "there",
                (long long)lost, (long long)ghosts);
}

void probe_fold_stopped(struct probe_fold *f)
{
    if (!f->v.running)
        return;
    changed(f);
    f->v.running = false;
    f->wants = false;
    say_at(f, f->v.asked_us, f->asked_wall_us, f->v.asked_us);
    telling_say(f->news, &(struct event){.kind = EV_PROBE_STOPPED, .old = f->route},
                "the %s probe through %s was stopped", kind_of(f), f->route);
}

bool probe_fold_wants_rows(const struct probe_fold *f, uint64_t *from, uint64_t *to)
{
    if (!f->wants || f->v.out)
        return false;
    *from = f->wants_from;
    *to = f->wants_to;
    return true;
}

struct facts *probe_fold_view(const struct probe_fold *cf)
{
    struct probe_fold *f = (struct probe_fold *)(uintptr_t)cf; /* what was made is kept in it */
    if (!f->run)
        return NULL;
    if (f->made)
        return facts_ref(f->made);
    f->made = facts_new();
    struct arena *a = &f->made->arena;
    struct probe_view *v = arena_memdup(a, &f->v, sizeof f->v);
    size_t n = (size_t)f->v.nlatency;
    v->route = arena_strdup(a, f->route);
    v->server = arena_strdup(a, f->server);
    v->outages = arena_memdup(a, f->outages, (size_t)f->v.noutages * sizeof *f->outages);
    v->latency_at_us = arena_memdup(a, f->at, n * sizeof *f->at);
    v->latency = arena_memdup(a, f->latency, n * sizeof *f->latency);
    v->lost = f->rows.lost;
    v->ghosts = f->rows.ghosts;
    v->checked_to_seq = (int64_t)f->rows.checked_to;
    f->made->root = v;
    return facts_ref(f->made);
}

void probe_fold_events(struct probe_fold *f, event_fn *fn, void *arg)
{
    struct telling *told = f->news;
    f->news = xcalloc(1, sizeof *f->news);
    news_init(f);
    telling_flush(told, fn, arg);
    free(told);
}
