/*
 * Proof of life for the watch, and leases. A watch is silent when all is well, when its endpoint is
 * frozen and when the network is cut: only a quorum read of the same endpoint, on a connection of
 * its own, tells (reference "patroni.md" §5.4).
 */
#include "etcd_int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int64_t period_us(const struct source_etcd *s)
{
    const struct source_tunables *t = &s->t;
    return s->refresh_us < t->etcd_alive_least_us  ? t->etcd_alive_least_us
           : s->refresh_us > t->etcd_alive_most_us ? t->etcd_alive_most_us
                                                   : s->refresh_us;
}

/* Another leader key than the stream has told of, or none where it told of one. */
static bool knows_more(const struct source_etcd *s, const struct etcd_answer *a)
{
    struct facts *f = NULL;
    bool more;
    if (wire_etcd_range(a->body, a->body_len, &f, NULL) != ST_OK)
        return false;
    const struct etcd_range *r = f->root;
    more = r->n > 0 ? r->kv[0].mod_revision > s->leader_revision : s->leader_there;
    facts_unref(f);
    return more;
}

/* The word may be on its way; when it still is a moment later, the stream has lost something. */
static bool stream_is_behind(struct source_etcd *s, const struct etcd_answer *a)
{
    int64_t now = etcd_now_us(s);
    if (!knows_more(s, a)) {
        s->behind_since_us = 0;
        return false;
    }
    if (!s->behind_since_us)
        s->behind_since_us = now;
    return now - s->behind_since_us >= s->t.etcd_behind_us;
}

/* The endpoint lives: what has become of the stream? */
static void look_after_stream(struct source_etcd *s, const struct etcd_answer *a)
{
    int64_t now = etcd_now_us(s);
    if (!s->created_us && now - s->begun_us >= s->t.etcd_range_us)
        etcd_stream_lost(s, OBS_TIMED_OUT, "etcd has not begun the watch", false);
    else if (stream_is_behind(s, a))
        etcd_stream_lost(s, OBS_GARBLED, "the stream has not told of a change of the leader key",
                         true);
    else if (s->created_us && now - s->created_us >= s->t.etcd_behind_us)
        etcd_stream_settled(s);
}

static void on_alive(void *arg, struct etcd_gate *g, const struct etcd_answer *a)
{
    struct source_etcd *s = arg;
    bool answered = a->outcome == OBS_ANSWERED;
    if (a->outcome == OBS_NEVER)
        return;
    s->silent = answered ? 0 : s->silent + 1;
    etcd_emit(s, OBS_ETCD_ALIVE, s->prefix, g, a);
    if (!s->streaming || g != etcd_current(s))
        return;
    /* With others to turn to there is nothing to wait for. */
    if (answered)
        look_after_stream(s, a);
    else if (s->ngates > 1 || s->silent > 1 || a->outcome == OBS_REFUSED)
        etcd_stream_lost(s, a->outcome, a->detail, false);
}

void etcd_alive_ask(struct source_etcd *s)
{
    struct buf body;
    if (!s->streaming || s->alive)
        return;
    buf_init(&body);
    wire_etcd_get_body(&body, s->leader_key, true);
    etcd_ask(etcd_current(s),
             &(struct etcd_request){.path = "/kv/range",
                                    .body = body.s,
                                    .timeout_us = s->t.etcd_query_us,
                                    .may_login = true},
             on_alive, s, &s->alive);
    buf_release(&body);
}

static void on_alive_timer(void *arg)
{
    etcd_alive_ask(arg);
}

/* ---- leases */

static void on_lease(void *arg, struct etcd_gate *g, const struct etcd_answer *a)
{
    struct source_etcd *s = arg;
    s->leases_out--;
    if (a->outcome != OBS_NEVER)
        etcd_emit(s, OBS_ETCD_LEASE, a->target, g, a);
}

static void on_lease_timer(void *arg)
{
    struct source_etcd *s = arg;
    if (s->leases_out > 0 || !s->streaming)
        return;
    s->leases_us = etcd_now_us(s);
    for (int i = 0; i < s->nleases; i++) {
        char *id = xasprintf("%" PRId64, s->leases[i]);
        struct buf body;
        buf_init(&body);
        wire_etcd_lease_body(&body, s->leases[i]);
        s->leases_out++;
        etcd_ask(etcd_current(s),
                 &(struct etcd_request){.path = "/lease/timetolive",
                                        .body = body.s,
                                        .target = id,
                                        .timeout_us = s->t.etcd_query_us},
                 on_lease, s, NULL);
        buf_release(&body);
        free(id);
    }
}

/* The first is asked about at once; never more often than once a second, nor when they come and
 * go. */
static void begin_leases(struct source_etcd *s)
{
    int64_t wait = s->leases_us ? s->leases_us + s->t.etcd_lease_us - etcd_now_us(s) : 0;
    net_timer_start(s->lease_timer, wait > 0 ? wait : 0, s->t.etcd_lease_us);
}

void source_etcd_set_leases(struct source_etcd *s, const int64_t *ids, int n)
{
    bool begins = s->nleases == 0 && n > 0;
    if (n == s->nleases && (n == 0 || memcmp(ids, s->leases, (size_t)n * sizeof *ids) == 0))
        return;
    s->leases = xrealloc(s->leases, (size_t)(n ? n : 1) * sizeof *s->leases);
    if (n)
        memcpy(s->leases, ids, (size_t)n * sizeof *ids);
    s->nleases = n;
    if (!s->lease_timer)
        return;
    if (n == 0)
        net_timer_stop(s->lease_timer);
    else if (begins)
        begin_leases(s);
}

/* ---- */

void etcd_alive_start(struct source_etcd *s)
{
    s->alive_timer = net_timer_new(s->ctx.loop, on_alive_timer, s);
    s->lease_timer = net_timer_new(s->ctx.loop, on_lease_timer, s);
    etcd_alive_set_refresh(s);
    if (s->nleases)
        begin_leases(s);
}

void etcd_alive_set_refresh(struct source_etcd *s)
{
    net_timer_start(s->alive_timer, period_us(s), period_us(s));
}

void etcd_alive_free(struct source_etcd *s)
{
    net_timer_free(s->alive_timer);
    net_timer_free(s->lease_timer);
}
