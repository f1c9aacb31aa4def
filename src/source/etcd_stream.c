/*
 * etcd_stream.c: a range, then the watch from its revision on, line by line; after any end of the
 * stream the range again, for the leader key makes no events while all is well, and a change that
 * was missed is never told a second time (reference "patroni.md" §5.4).
 */
#include <inttypes.h>
#include <string.h>

#include "etcd_int.h"

enum { MOST_BYTES = 64 * 1024 * 1024 }; /* of a range, of a line */

static void note(struct source_etcd *s, enum obs_outcome outcome, const char *detail)
{
    if (s->outcome == outcome)
        return;
    s->outcome = outcome;
    log_write(s->ctx.log, LOG_INFO, "etcd %s: %s%s%s", etcd_current(s)->url,
              obs_outcome_name(outcome), *detail ? ": " : "", detail);
}

/* ---- the end of a stream, and the next */

static void stream_drop(struct source_etcd *s)
{
    etcd_ask_cancel(s->range);
    etcd_ask_cancel(s->watch);
    etcd_ask_cancel(s->alive); /* it speaks of the endpoint that was */
    buf_clear(&s->line);
    s->streaming = false;
    s->created_us = 0;
    s->behind_since_us = 0;
    s->silent = 0;
}

/* One that its health says is silent only when all are. */
static int next_gate(const struct source_etcd *s)
{
    for (int i = 1; i <= s->ngates; i++) {
        int at = (s->at + i) % s->ngates;
        if (s->gates[at].pace.fails == 0)
            return at;
    }
    return (s->at + 1) % s->ngates;
}

/* Each endpoint once without waiting, then with growing pauses, from one beginning to the next: an
 * attempt that hangs is pause enough. */
static void next_attempt(struct source_etcd *s, bool here)
{
    int64_t now = etcd_now_us(s), wait = 0;
    if (!here)
        s->at = next_gate(s);
    if (++s->attempts > s->ngates) {
        pace_fail(&s->pace, s->attempt_us, s->t.etcd_first_us, s->t.etcd_max_us);
        wait = s->pace.due_us - now;
        wait = wait > s->t.etcd_first_us ? wait : s->t.etcd_first_us;
    }
    net_timer_start(s->again, wait, 0);
}

void etcd_stream_lost(struct source_etcd *s, enum obs_outcome outcome, const char *why, bool here)
{
    struct etcd_answer a = {.outcome = outcome, .detail = why};
    struct etcd_gate *g = etcd_current(s);
    note(s, outcome, why);
    stream_drop(s);
    next_attempt(s, here);
    etcd_emit(s, OBS_ETCD_WATCH, s->prefix, g, &a);
}

void etcd_stream_settled(struct source_etcd *s)
{
    s->attempts = 0;
    pace_reset(&s->pace);
}

/* ---- the watch */

static void follow_leader(struct source_etcd *s, const struct etcd_kv *kv, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(kv[i].key, s->leader_key) == 0 && kv[i].mod_revision > s->leader_revision) {
            s->leader_revision = kv[i].mod_revision;
            s->leader_there = !kv[i].deleted;
        }
}

/* True when the stream is over with that line: it is lost then. Canceled comes before created. */
static bool ends(struct source_etcd *s, const struct etcd_watch_line *l)
{
    struct arena a;
    const char *why;
    if (!l->error && !l->canceled)
        return false;
    arena_init(&a);
    const char *words = l->error                  ? l->error_message
                        : l->compact_revision > 0 ? "the revision to begin at has been compacted"
                        : *l->cancel_reason       ? l->cancel_reason
                                                  : "the watch was cancelled";
    enum etcd_refusal r = wire_etcd_refusal_said(l->error ? l->error_code : 0, words, &a, &why);
    etcd_stream_lost(s, etcd_outcome(r, why), why, r == ETCD_COMPACTED);
    arena_release(&a);
    return true;
}

/* False: the stream is over, s->line with it. */
static bool take_line(struct source_etcd *s, const char *line, size_t n)
{
    struct facts *f = NULL;
    struct err e = ERR_INIT;
    if (wire_etcd_watch_line(line, n, &f, &e) != ST_OK) {
        etcd_stream_lost(s, OBS_GARBLED, err_text(&e), false);
        err_release(&e);
        return false;
    }
    const struct etcd_watch_line *l = f->root;
    bool over = ends(s, l);
    if (!over) {
        follow_leader(s, l->event, l->n);
        if (l->created)
            s->created_us = etcd_now_us(s);
        etcd_emit(s, OBS_ETCD_WATCH, s->prefix, etcd_current(s),
                  &(struct etcd_answer){
                      .outcome = OBS_ANSWERED, .http_status = 200, .body = line, .body_len = n});
    }
    facts_unref(f);
    return s->streaming && !over;
}

static void take_lines(struct source_etcd *s, const char *at, const char *end)
{
    bool go_on = true;
    while (go_on && at < end) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        go_on = lf == at || take_line(s, at, (size_t)(lf - at));
        at = lf + 1;
    }
}

/* Borders of chunks are not those of lines. */
static void on_data(void *arg, const char *data, size_t n)
{
    struct source_etcd *s = arg;
    const char *last = memrchr(data, '\n', n);
    size_t whole = last ? (size_t)(last + 1 - data) : 0;
    if (s->line.len + n > MOST_BYTES) {
        etcd_stream_lost(s, OBS_GARBLED, "a line of the watch is over 64 MiB", false);
        return;
    }
    if (!last) {
        buf_add(&s->line, data, n);
        return;
    }
    buf_add(&s->line, data, whole);
    struct buf lines = s->line; /* ours while they are handed on: one of them may end the stream */
    buf_init(&s->line);
    buf_add(&s->line, data + whole, n - whole);
    take_lines(s, lines.s, lines.s + lines.len);
    buf_release(&lines);
}

/* The last line often comes without its end; but it may be only the beginning of one. */
static bool take_rest(struct source_etcd *s)
{
    struct buf last = s->line;
    struct facts *f = NULL;
    if (last.len == 0)
        return true;
    if (wire_etcd_watch_line(last.s, last.len, &f, NULL) != ST_OK) {
        etcd_stream_lost(s, OBS_REFUSED, "the stream broke off in the middle of a line", false);
        return false;
    }
    facts_unref(f);
    buf_init(&s->line);
    bool go_on = take_line(s, last.s, last.len);
    buf_release(&last);
    return go_on;
}

static void on_watch_end(void *arg, struct etcd_gate *g, const struct etcd_answer *a)
{
    struct source_etcd *s = arg;
    bool began = a->http_status == 200;
    (void)g;
    if (began && !take_rest(s))
        return;
    if (began && (a->outcome == OBS_ANSWERED || a->outcome == OBS_GARBLED))
        etcd_stream_lost(s, OBS_REFUSED, "the server ended the stream", false);
    else
        etcd_stream_lost(s, a->outcome, a->detail, a->refusal == ETCD_COMPACTED);
}

static void watch_begin(struct source_etcd *s, int64_t revision)
{
    struct buf body;
    buf_init(&body);
    wire_etcd_watch_body(&body, s->prefix, revision + 1);
    s->streaming = true;
    s->begun_us = etcd_now_us(s);
    etcd_ask(etcd_current(s),
             &(struct etcd_request){.path = "/watch",
                                    .body = body.s,
                                    .timeout_us = NET_NO_TIMEOUT,
                                    .data = on_data,
                                    .data_arg = s,
                                    .may_login = true},
             on_watch_end, s, &s->watch);
    buf_release(&body);
}

/* ---- the range */

/* Restored from a backup, or endpoints that do not belong together: its keys count either way. */
static void note_cluster(struct source_etcd *s, uint64_t id)
{
    if (s->cluster_id && id && id != s->cluster_id)
        log_write(s->ctx.log, LOG_WARN,
                  "etcd %s: another etcd cluster than before: %" PRIx64 ", not %" PRIx64,
                  etcd_current(s)->url, id, s->cluster_id);
    if (id)
        s->cluster_id = id;
}

static void on_range(void *arg, struct etcd_gate *g, const struct etcd_answer *a)
{
    struct source_etcd *s = arg;
    struct etcd_answer told = *a;
    struct facts *f = NULL;
    struct err e = ERR_INIT;
    if (a->outcome == OBS_ANSWERED && wire_etcd_range(a->body, a->body_len, &f, &e) != ST_OK) {
        told.outcome = OBS_GARBLED;
        told.detail = err_text(&e);
    }
    note(s, told.outcome, told.detail);
    if (f) {
        const struct etcd_range *r = f->root;
        note_cluster(s, r->header.cluster_id);
        s->leader_revision = 0;
        s->leader_there = false;
        follow_leader(s, r->kv, r->n);
        watch_begin(s, r->header.revision);
    } else {
        stream_drop(s);
        next_attempt(s, false);
    }
    etcd_emit(s, OBS_ETCD_RANGE, s->prefix, g, &told);
    facts_unref(f);
    err_release(&e);
}

void etcd_stream_begin(void *arg)
{
    struct source_etcd *s = arg;
    struct buf body;
    if (s->range || s->watch)
        return;
    net_timer_stop(s->again);
    s->attempt_us = etcd_now_us(s);
    buf_init(&body);
    wire_etcd_range_body(&body, s->prefix);
    etcd_ask(etcd_current(s),
             &(struct etcd_request){.path = "/kv/range",
                                    .body = body.s,
                                    .timeout_us = s->t.etcd_range_us,
                                    .max_body = MOST_BYTES,
                                    .may_login = true},
             on_range, s, &s->range);
    buf_release(&body);
}
