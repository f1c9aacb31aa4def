/* failover_lines.c: the words of a failover. */
#include "failover_lines.h"

#include <inttypes.h>
#include <string.h>

#include "pgdba/base/clock.h"
#include "pgdba/console/draw.h"

/* Better known than this a time is as good as exact. */
#define SURE (100 * USEC_PER_MS)

int64_t fo_since(const struct failover *f, int64_t mono_us, int64_t wall_us)
{
    return f->start_mono_us && mono_us ? mono_us - f->start_mono_us : wall_us - f->start_wall_us;
}

static int64_t elapsed(const struct picture *p, const struct failover *f)
{
    return f->open ? fo_since(f, p->now_us, p->now_wall_us)
                   : fo_since(f, f->end_mono_us, f->end_wall_us);
}

/* ---- one line ------------------------------------------------------------------------------- */

static const char *name_of(const struct failover_phase *ph, struct arena *a)
{
    static const char *const with[] = {
        [FP_REQUESTED] = "requested for %s",  [FP_LAST_SIGN] = "last sign of %s",
        [FP_LOCK_GONE] = "lock of %s gone",   [FP_CANDIDATES] = "candidate %s",
        [FP_LOCK_TAKEN] = "lock taken by %s", [FP_PROMOTED] = "%s promoted",
        [FP_WRITABLE] = "%s writable",        [FP_HAPROXY] = "%s routes",
        [FP_PGBOUNCER] = "%s routes",         [FP_FIRST_WRITE] = "first write via %s",
        [FP_REPLICA] = "%s streams",
    };
    _Static_assert(sizeof with / sizeof *with == FP_COUNT, "words a phase");
    if (!*ph->subject)
        return failover_phase_name(ph->id);
    const char *text = with[ph->id], *at = strstr(text, "%s");
    return arena_printf(a, "%.*s%s%s", (int)(at - text), text, ph->subject, at + 2);
}

static const char *range_of(const struct failover_phase *ph, struct arena *a)
{
    int64_t lo = ph->predicted_lo_us, hi = ph->predicted_hi_us;
    if (hi < 0)
        return "";
    int64_t l = (lo > 0 ? lo : 0) / USEC_PER_SEC, h = (hi + USEC_PER_SEC - 1) / USEC_PER_SEC;
    return l == h || l == 0 ? arena_printf(a, "<%" PRId64 " s", h)
                            : arena_printf(a, "%" PRId64 "-%" PRId64 " s", l, h);
}

static const char *since_of(const struct picture *p, const struct failover *f,
                            const struct failover_phase *ph, int64_t at, struct arena *a)
{
    int64_t unsure = ph->not_before_us && ph->mono_us ? ph->mono_us - ph->not_before_us : 0;
    if (unsure <= SURE && !f->coarse)
        return draw_seconds(a, at, 3);
    const char *text = arena_printf(a, "~%s", draw_seconds(a, at, 1));
    if (unsure <= SURE)
        return text;
    int64_t tenths = (unsure + 100 * USEC_PER_MS - 1) / (100 * USEC_PER_MS);
    return arena_printf(a, "%s %s%" PRId64 ".%d", text, p->ascii ? "+-" : "±", tenths / 10,
                        (int)(tenths % 10));
}

static void stand(const struct picture *p, const struct failover *f, struct fo_line *l, int64_t now,
                  struct arena *a)
{
    const struct failover_phase *ph = l->phase;
    int64_t hi = ph->predicted_hi_us;
    l->to_us = -1;
    l->since = "";
    l->role = TR_DIM;
    l->sign = GL_DOT;
    switch (ph->state) {
    case FO_DONE:
        l->to_us = fo_since(f, ph->mono_us, ph->wall_us);
        l->late = hi >= 0 && l->to_us > hi;
        l->since = since_of(p, f, ph, l->to_us, a);
        l->sign = GL_OK;
        l->role = l->late ? TR_WARN : TR_OK;
        break;
    case FO_NEXT:
        l->to_us = now;
        l->since = arena_printf(a, "%s %s", draw_seconds(a, now, 1), p->ascii ? ".." : "…");
        l->sign = GL_SELECT;
        l->role = TR_KEY;
        break;
    case FO_OVERDUE:
        l->to_us = now;
        l->late = true;
        /* Once it is over nobody waits any more, and it may come unseen. */
        l->since = f->open
                       ? arena_printf(a, "+%s late", draw_seconds(a, hi >= 0 ? now - hi : now, 1))
                       : "not seen";
        l->sign = GL_CRIT;
        l->role = TR_CRIT;
        break;
    case FO_WAITING:
    case FO_SKIPPED:
        break;
    }
}

/* Where the one before it ended: the stretch between is what it took. */
static int64_t begins(const struct fo_lines *l, const struct fo_line *line)
{
    int64_t from = 0;
    for (int i = 0; i < l->n; i++) {
        const struct fo_line *o = &l->v[i];
        if (o != line && o->phase->state == FO_DONE && o->to_us > from && line->to_us >= 0 &&
            o->to_us <= line->to_us && o->phase->id < line->phase->id)
            from = o->to_us;
    }
    return from;
}

static int64_t last_of(const struct fo_lines *l)
{
    int64_t most = l->now_us < USEC_PER_SEC ? l->now_us : USEC_PER_SEC;
    for (int i = 0; i < l->n; i++)
        most = l->v[i].to_us > most ? l->v[i].to_us : most;
    return most > 0 ? most : 1;
}

/* While it goes on there is room to the right: half of what has passed, and the whole of a range
 * that is waited for and does not begin at once. It grows by steps, so that the eye is not led
 * astray.
 */
static int64_t axis_of(const struct fo_lines *l)
{
    static const int64_t steps_s[] = {5, 10, 20, 30, 45, 60, 120, 300, 600, 1800, 3600};
    int64_t want = l->now_us * 3 / 2;
    for (int i = 0; i < l->n; i++) {
        const struct failover_phase *ph = l->v[i].phase;
        bool waited = ph->state == FO_NEXT || ph->state == FO_OVERDUE;
        if (waited && ph->predicted_lo_us > USEC_PER_SEC && ph->predicted_hi_us > want)
            want = ph->predicted_hi_us;
    }
    for (size_t i = 0; i < sizeof steps_s / sizeof *steps_s; i++)
        if (steps_s[i] * USEC_PER_SEC >= want)
            return steps_s[i] * USEC_PER_SEC;
    return want;
}

void fo_lines_of(const struct picture *p, const struct failover *f, struct arena *a,
                 struct fo_lines *out)
{
    *out = (struct fo_lines){.f = f, .now_us = elapsed(p, f), .n = f->nphases, .current = -1};
    out->v = arena_array(a, (size_t)f->nphases, struct fo_line);
    for (int i = 0; i < f->nphases; i++) {
        struct fo_line *l = &out->v[i];
        l->phase = &f->phases[i];
        l->name = name_of(l->phase, a);
        l->range = range_of(l->phase, a);
        stand(p, f, l, out->now_us, a);
        bool waited = l->phase->state == FO_NEXT || l->phase->state == FO_OVERDUE;
        if (waited && out->current < 0)
            out->current = i;
    }
    for (int i = 0; i < f->nphases; i++)
        out->v[i].from_us = begins(out, &out->v[i]);
    out->span_us = f->open ? axis_of(out) : last_of(out);
}

/* ---- sentences ------------------------------------------------------------------------------ */

const char *fo_title(const struct picture *p, const struct failover *f, struct arena *a)
{
    const char *arrow = p->ascii ? "->" : "→";
    const char *from = *f->from ? f->from : "?";
    if (f->open && f->kind == FO_UNKNOWN && !*f->to) /* it may yet turn out to be nothing */
        return arena_printf(a, "%s is in trouble", from);
    if (f->kind == FO_LOCAL_RECOVERY || f->kind == FO_REACQUIRED || f->kind == FO_REFUSED ||
        (!f->open && strcmp(f->from, f->to) == 0))
        return arena_printf(a, "%s of %s", failover_kind_name(f->kind), from);
    return arena_printf(a, "%s %s %s %s", failover_kind_name(f->kind), from, arrow,
                        *f->to ? f->to : "?");
}

int64_t fo_writable(const struct failover *f)
{
    for (int i = 0; i < f->nphases; i++)
        if (f->phases[i].id == FP_WRITABLE && f->phases[i].state == FO_DONE)
            return fo_since(f, f->phases[i].mono_us, f->phases[i].wall_us);
    return -1;
}

const char *fo_duration(const struct picture *p, const struct failover *f, struct arena *a)
{
    int64_t writable = fo_writable(f);
    if (f->open)
        return arena_printf(a, "open %s", draw_seconds(a, elapsed(p, f), 1));
    if (writable < 0)
        return arena_printf(a, "over after %s", draw_seconds(a, elapsed(p, f), 1));
    return arena_printf(a, "writable after %s%s", f->coarse ? "~" : "",
                        draw_seconds(a, writable, f->coarse ? 1 : 3));
}

static int64_t last_done(const struct fo_lines *l)
{
    int64_t at = 0;
    for (int i = 0; i < l->n; i++)
        if (l->v[i].phase->state == FO_DONE && l->v[i].to_us > at)
            at = l->v[i].to_us;
    return at;
}

/* "pg3 streams (expected 20-48 s), first write and 3 more" */
static const char *awaited(const struct fo_lines *l, struct arena *a)
{
    const char *names = "";
    int n = 0;
    for (int i = l->current; i < l->n; i++) {
        enum fo_state st = l->v[i].phase->state;
        if ((st != FO_NEXT && st != FO_OVERDUE) || ++n > 2)
            continue;
        const char *range = l->v[i].range;
        names = arena_printf(a, "%s%s%s%s%s%s", names, n > 1 ? ", " : "", l->v[i].name,
                             n == 1 && *range ? " (expected " : "", n == 1 ? range : "",
                             n == 1 && *range ? ")" : "");
    }
    return n > 2 ? arena_printf(a, "%s and %d more", names, n - 2) : names;
}

const char *fo_waiting(const struct fo_lines *l, bool brief, enum theme_role *role, struct arena *a)
{
    if (l->current < 0)
        return "";
    const struct fo_line *c = &l->v[l->current];
    bool overdue = c->phase->state == FO_OVERDUE;
    *role = !l->f->open ? TR_WARN : overdue ? TR_CRIT : TR_KEY;
    if (!l->f->open)
        return arena_printf(a, "ended without: %s", brief ? c->name : awaited(l, a));
    if (brief)
        return arena_printf(a, "%s%s%s%s%s", overdue ? "LATE: " : "for ", c->name,
                            *c->range ? " (" : "", c->range, *c->range ? ")" : "");
    return arena_printf(a, "%s %s for: %s", overdue ? "OVERDUE, waiting" : "waiting",
                        draw_seconds(a, l->now_us - last_done(l), 1), awaited(l, a));
}

/* ---- the probe ------------------------------------------------------------------------------ */

static const char *rows_words(int64_t lost, int64_t ghosts, struct arena *a)
{
    if (lost < 0)
        return "";
    return arena_printf(a, ", %" PRId64 " row%s lost, %" PRId64 " ghost%s", lost,
                        lost == 1 ? "" : "s", ghosts > 0 ? ghosts : 0, ghosts == 1 ? "" : "s");
}

static const char *probe_now(const struct picture *p, const struct probe_view *v,
                             enum theme_role *role, struct arena *a)
{
    const char *who = arena_printf(a, "%s via %s", v->write ? "writes" : "reads", v->route);
    const char *longest =
        v->longest_us > 0 ? arena_printf(a, ", longest gap %s", draw_seconds(a, v->longest_us, 1))
                          : "";
    if (v->out && v->noutages > 0) {
        const struct probe_outage *o = &v->outages[0];
        *role = TR_CRIT;
        return arena_printf(a, "%s: OUT %s (%s, %d failed)%s", who,
                            draw_seconds(a, p->now_us - o->from_us, 1),
                            probe_failure_name(o->first), o->failures, longest);
    }
    *role = v->lost > 0 ? TR_CRIT : v->answered_us ? TR_OK : TR_UNKNOWN;
    if (!v->answered_us)
        return arena_printf(a, "%s: no answer yet", who);
    const char *server = *v->server ? arena_printf(a, " from %s", v->server) : "";
    return arena_printf(a, "%s: work%s%s, %" PRId64 " ms%s", who, longest,
                        rows_words(v->lost, v->ghosts, a),
                        (v->latency_us + USEC_PER_MS / 2) / USEC_PER_MS, server);
}

const char *fo_probe(const struct picture *p, const struct failover *f, enum theme_role *role,
                     struct arena *a)
{
    const struct failover_outage *o = &f->outage;
    *role = TR_DIM;
    if (f->open && p->s->probe && p->s->probe->running)
        return probe_now(p, p->s->probe, role, a);
    if (!o->known)
        return NULL;
    *role = o->lost > 0 ? TR_CRIT : TR_TEXT;
    const char *total = o->total_us > o->longest_us
                            ? arena_printf(a, ", together %s", draw_seconds(a, o->total_us, 3))
                            : "";
    return arena_printf(
        a, "%s via %s: longest gap %s%s%s, %d failed", o->is_write ? "writes" : "reads", o->route,
        draw_seconds(a, o->longest_us, 3), rows_words(o->lost, o->ghosts, a), total, o->failures);
}

bool fo_gap(const struct picture *p, const struct failover *f, int64_t *from_us, int64_t *to_us)
{
    const struct probe_view *v = p->s->probe;
    const struct failover_outage *o = &f->outage;
    if (f->open && v && v->running && v->noutages > 0) {
        *from_us = v->outages[0].from_us - f->start_mono_us;
        *to_us = (v->outages[0].to_us ? v->outages[0].to_us : p->now_us) - f->start_mono_us;
        return *to_us > 0;
    }
    *from_us = o->from_wall_us - f->start_wall_us;
    *to_us = o->to_wall_us - f->start_wall_us;
    return o->known && o->longest_us > 0 && o->from_wall_us && *to_us > 0;
}
