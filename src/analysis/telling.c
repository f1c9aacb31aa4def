#include "telling.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/utf8.h"

void telling_init(struct telling *t)
{
    *t = (struct telling){.source = SYS_PGDBA};
    arena_init(&t->a);
}

/* By time; what was known at once stays in the order in which it was found. */
static void sort(struct event *v, int n)
{
    for (int i = 1; i < n; i++) {
        struct event e = v[i];
        int k = i;
        for (; k > 0 && v[k - 1].mono_us > e.mono_us; k--)
            v[k] = v[k - 1];
        v[k] = e;
    }
}

void telling_flush(struct telling *t, event_fn *fn, void *arg)
{
    sort(t->v, t->n);
    for (int i = 0; i < t->n; i++)
        fn(arg, &t->v[i]);
    free(t->v);
    arena_release(&t->a);
}

void telling_source(struct telling *t, enum obs_system source, const struct snapshot *s,
                    const struct source_state *st_a, const struct source_state *st_b)
{
    bool answered = st_b->outcome == OBS_ANSWERED;
    t->source = source;
    t->revision = 0;
    t->mono_us = answered ? st_b->answered_us : st_b->asked_us;
    if (t->mono_us <= 0 || t->mono_us > s->mono_us)
        t->mono_us = s->mono_us;
    t->wall_us = s->wall_us - (s->mono_us - t->mono_us);
    t->not_before_us = st_a->answered_us;
}

void telling_say(struct telling *t, const struct event *part, const char *fmt, ...)
{
    if (t->n == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 16;
        t->v = xrealloc(t->v, (size_t)t->cap * sizeof *t->v);
    }
    struct event *e = &t->v[t->n++];
    va_list ap;
    *e = *part;
    e->source = t->source;
    e->mono_us = t->mono_us;
    e->wall_us = t->wall_us;
    e->not_before_us = t->not_before_us;
    e->revision = t->revision;
    e->subject = arena_strdup(&t->a, or_blank(part->subject));
    e->old = arena_strdup(&t->a, or_blank(part->old));
    e->now = arena_strdup(&t->a, or_blank(part->now));
    e->evidence = telling_evidence(t, or_blank(part->evidence));
    va_start(ap, fmt);
    e->text = arena_vprintf(&t->a, fmt, ap);
    va_end(ap);
}

const char *telling_evidence(struct telling *t, const char *text)
{
    size_t n = strnlen(text, EVIDENCE_MAX + 1);
    if (n > EVIDENCE_MAX)
        for (n = EVIDENCE_MAX; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
            n--; /* a character is not cut in two */
    char *clean = utf8_clean(&t->a, text, n);
    if (strlen(clean) <= EVIDENCE_MAX)
        return clean;
    return telling_evidence(t, clean); /* what was taken out is longer written out */
}

bool telling_same(const char *a, const char *b)
{
    return strcmp(or_blank(a), or_blank(b)) == 0;
}

const char *telling_role(enum role r)
{
    return r == ROLE_LEADER ? "primary" : role_name(r);
}

enum health telling_state_grade(enum pg_state s)
{
    if (s == PGS_FAILED)
        return HEALTH_CRITICAL;
    return pg_state_is_up(s) ? HEALTH_OK : HEALTH_DEGRADED;
}

/* ---- dynamic configuration */

static void say_number(struct buf *b, const char *name, int64_t from, int64_t to)
{
    if (from != to)
        buf_addf(b, "%s%s %lld is now %lld", b->len ? ", " : "", name, (long long)from,
                 (long long)to);
}

static void say_switch(struct buf *b, const char *name, bool from, bool to)
{
    if (from != to)
        buf_addf(b, "%s%s is now %s", b->len ? ", " : "", name, to ? "on" : "off");
}

const char *telling_config(struct telling *t, const struct dynamic_config *a,
                           const struct dynamic_config *b)
{
    struct buf s;
    buf_init(&s);
    say_number(&s, "ttl", a->ttl, b->ttl);
    say_number(&s, "loop_wait", a->loop_wait, b->loop_wait);
    say_number(&s, "retry_timeout", a->retry_timeout, b->retry_timeout);
    say_number(&s, "maximum_lag_on_failover", a->maximum_lag_on_failover,
               b->maximum_lag_on_failover);
    say_switch(&s, "synchronous_mode", a->synchronous_mode, b->synchronous_mode);
    say_switch(&s, "quorum commit", a->synchronous_quorum, b->synchronous_quorum);
    say_switch(&s, "synchronous_mode_strict", a->synchronous_mode_strict,
               b->synchronous_mode_strict);
    say_number(&s, "synchronous_node_count", a->synchronous_node_count, b->synchronous_node_count);
    say_switch(&s, "check_timeline", a->check_timeline, b->check_timeline);
    say_switch(&s, "failsafe_mode", a->failsafe_mode, b->failsafe_mode);
    say_switch(&s, "standby cluster", a->standby_cluster, b->standby_cluster);
    const char *text = arena_strdup(&t->a, s.s);
    buf_release(&s);
    return text;
}

/* ---- tags */

bool telling_same_tags(const struct tags *a, const struct tags *b)
{
    if (a->n != b->n)
        return false;
    for (int i = 0; i < a->n; i++)
        if (!telling_same(a->v[i].key, b->v[i].key) || !telling_same(a->v[i].value, b->v[i].value))
            return false;
    return true;
}

const char *telling_tags(struct telling *t, const struct tags *tags)
{
    struct buf s;
    buf_init(&s);
    for (int i = 0; i < tags->n; i++)
        buf_addf(&s, "%s%s=%s", i ? ", " : "", tags->v[i].key, tags->v[i].value);
    const char *text = arena_strdup(&t->a, s.s);
    buf_release(&s);
    return text;
}

/* ---- history */

static const struct history_item *item_of(const struct history *h, int64_t timeline)
{
    for (int i = 0; i < h->n; i++)
        if (h->v[i].timeline == timeline)
            return &h->v[i];
    return NULL;
}

void telling_history(struct telling *t, const struct history *a, const struct history *b)
{
    for (int i = 0; a && b && a != b && i < b->n; i++) {
        const struct history_item *h = &b->v[i];
        char lsn[LSN_TEXT];
        if (item_of(a, h->timeline))
            continue;
        const char *by = h->new_leader ? h->new_leader : "";
        const char *now = arena_printf(&t->a, "TL %lld at %s%s%s", (long long)h->timeline,
                                       lsn_format(lsn, h->end), *by ? " by " : "", by);
        const char *evidence =
            arena_printf(&t->a, "[%lld, %s, \"%s\", \"%s\", \"%s\"]", (long long)h->timeline, lsn,
                         or_blank(h->reason), or_blank(h->timestamp), by);
        telling_say(
            t, &(struct event){.kind = EV_HISTORY, .subject = by, .now = now, .evidence = evidence},
            "timeline %lld ended at %s%s%s%s", (long long)h->timeline, lsn, *by ? ": " : "", by,
            *by ? " was promoted" : "");
    }
}
