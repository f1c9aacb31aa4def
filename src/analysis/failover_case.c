/* One failover while it goes on: its phases, and how it is handed out. */
#include "failover_fold.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "pgdba/analysis/routes.h"
#include "pgdba/base/buf.h"
#include "telling.h"

void fo_set_text(char **slot, const char *text)
{
    char *old = *slot;
    *slot = xstrdup(text ? text : "");
    free(old);
}

static void own(const char **slot, const char *text)
{
    char *old = (char *)(uintptr_t)*slot; /* ours: a case's texts are malloc'ed */
    *slot = xstrdup(text);
    free(old);
}

struct fo_case *fo_case_new(const struct failover_fold *f, const struct fo_word *start)
{
    struct fo_case *c = xcalloc(1, sizeof *c);
    c->from = xstrdup(f->leader);
    c->to = xstrdup("");
    c->old_timeline = f->timeline;
    c->start = *start;
    c->outage.route = xstrdup("");
    c->outage.lost = c->outage.ghosts = -1;
    return c;
}

static void phases_free(struct failover_phase *v, int n)
{
    for (int i = 0; i < n; i++) {
        free((char *)(uintptr_t)v[i].subject);
        free((char *)(uintptr_t)v[i].note);
    }
    free(v);
}

void fo_case_free(struct fo_case *c)
{
    if (!c)
        return;
    phases_free(c->v, c->n);
    free(c->from);
    free(c->to);
    free((char *)(uintptr_t)c->outage.route);
    free(c);
}

/* ---- phases */

struct failover_phase *fo_phase(struct fo_case *c, enum failover_phase_id id, const char *subject)
{
    for (int i = 0; i < c->n; i++)
        if (c->v[i].id == id && (!subject || strcmp(c->v[i].subject, subject) == 0))
            return &c->v[i];
    return NULL;
}

bool fo_is_done(struct fo_case *c, enum failover_phase_id id)
{
    const struct failover_phase *p = fo_phase(c, id, NULL);
    return p && p->state == FO_DONE;
}

int64_t fo_done_us(struct fo_case *c, enum failover_phase_id id)
{
    const struct failover_phase *p = fo_phase(c, id, NULL);
    return p && p->state == FO_DONE ? p->mono_us : 0;
}

static void changed(struct failover_fold *f)
{
    f->revision++;
}

void fo_note(struct failover_fold *f, struct failover_phase *p, const char *text)
{
    if (!p || strcmp(p->note, text) == 0)
        return;
    own(&p->note, text);
    changed(f);
}

__attribute__((format(printf, 4, 0))) static void set(struct failover_fold *f,
                                                      struct failover_phase *p, enum fo_state state,
                                                      const char *fmt, va_list ap)
{
    struct buf b;
    buf_init(&b);
    buf_vaddf(&b, fmt, ap);
    own(&p->note, b.s);
    buf_release(&b);
    p->state = state;
    changed(f);
}

void fo_done(struct failover_fold *f, struct failover_phase *p, const struct fo_word *w,
             const char *fmt, ...)
{
    va_list ap;
    if (!p || p->state == FO_DONE)
        return;
    p->mono_us = w->mono_us;
    p->wall_us = w->wall_us;
    p->not_before_us = w->not_before_us;
    p->source = w->source;
    p->revision = w->revision;
    va_start(ap, fmt);
    set(f, p, FO_DONE, fmt, ap);
    va_end(ap);
}

void fo_skip(struct failover_fold *f, struct failover_phase *p, const char *fmt, ...)
{
    va_list ap;
    if (!p || p->state == FO_DONE || p->state == FO_SKIPPED)
        return;
    va_start(ap, fmt);
    set(f, p, FO_SKIPPED, fmt, ap);
    va_end(ap);
}

/* ---- which there are */

struct row {
    struct failover_phase *v;
    int n, cap;
    struct fo_case *old;
};

static struct failover_phase *add(struct row *r, enum failover_phase_id id, const char *subject)
{
    if (r->n == r->cap) {
        r->cap = r->cap ? 2 * r->cap : 16;
        r->v = xrealloc(r->v, (size_t)r->cap * sizeof *r->v);
    }
    struct failover_phase *p = &r->v[r->n++];
    const struct failover_phase *was = fo_phase(r->old, id, subject);
    static const struct failover_phase none = {.predicted_lo_us = -1, .predicted_hi_us = -1};
    *p = was ? *was : none;
    p->id = id;
    p->subject = xstrdup(subject);
    p->note = xstrdup(was ? was->note : "");
    return p;
}

static void add_absent(struct row *r, enum failover_phase_id id, const char *why)
{
    struct failover_phase *p = add(r, id, "");
    if (p->state == FO_WAITING) {
        p->state = FO_SKIPPED;
        own(&p->note, why);
    }
}

static void add_routes(struct row *r, const struct snapshot *s)
{
    for (int i = 0; i < s->nhaproxies; i++)
        add(r, FP_HAPROXY, s->haproxies[i].name);
    if (!s->nhaproxies)
        add_absent(r, FP_HAPROXY, "no HAProxy in the configuration");
    for (int i = 0; i < s->nbouncers; i++)
        add(r, FP_PGBOUNCER, s->bouncers[i].name);
    if (!s->nbouncers)
        add_absent(r, FP_PGBOUNCER, "no PgBouncer in the configuration");
}

/* Those that are there, and the old leader, whose return is awaited. */
static void add_replicas(struct row *r, const struct snapshot *s)
{
    const struct fo_case *c = r->old;
    const char *leads = *c->to ? c->to : c->from;
    bool any = false;
    for (int i = 0; i < s->nmembers; i++) {
        const struct member *m = &s->members[i];
        if (strcmp(m->name, leads) == 0 ||
            (!m->listed && strcmp(m->name, c->from) != 0 && !fo_phase(r->old, FP_REPLICA, m->name)))
            continue;
        add(r, FP_REPLICA, m->name);
        any = true;
    }
    if (!any)
        add_absent(r, FP_REPLICA, "no replica is known");
}

static bool same(const struct fo_case *c, const struct row *r)
{
    if (c->n != r->n)
        return false;
    for (int i = 0; i < r->n; i++)
        if (c->v[i].id != r->v[i].id || strcmp(c->v[i].subject, r->v[i].subject) != 0)
            return false;
    return true;
}

static void predict(const struct fo_case *c, const struct snapshot *s, struct row *r)
{
    for (int i = 0; i < r->n; i++)
        if (!failover_predict(c->kind, r->v[i].id, s, &r->v[i].predicted_lo_us,
                              &r->v[i].predicted_hi_us))
            r->v[i].predicted_lo_us = r->v[i].predicted_hi_us = -1;
}

void fo_arrange(struct failover_fold *f, const struct snapshot *s)
{
    struct fo_case *c = f->open;
    struct row r = {.old = c};
    for (int id = FP_REQUESTED; id <= FP_WRITABLE; id++)
        add(&r, (enum failover_phase_id)id, "");
    if (s) {
        add_routes(&r, s);
        add(&r, FP_FIRST_WRITE, "");
        add_replicas(&r, s);
        predict(c, s, &r);
    }
    bool news = !same(c, &r);
    phases_free(c->v, c->n);
    c->v = r.v;
    c->n = r.n;
    if (news)
        changed(f);
}

/* ---- out */

struct fo_word fo_word_of(const struct event *e)
{
    return (struct fo_word){e->mono_us, e->wall_us, e->not_before_us, e->revision, e->source};
}

struct fo_word fo_answer(const struct snapshot *s, enum obs_system source,
                         const struct source_state *st, const struct source_state *before)
{
    return (struct fo_word){.mono_us = st->answered_us,
                            .wall_us = s->wall_us - (s->mono_us - st->answered_us),
                            .not_before_us = before ? before->answered_us : 0,
                            .source = source};
}

struct failover *fo_render(const struct failover_fold *f, const struct fo_case *c)
{
    const struct failover as = {.number = c->number,
                                .kind = c->kind,
                                .open = true,
                                .coarse = c->coarse,
                                .cluster = f->cluster,
                                .from = c->from,
                                .to = c->to,
                                .old_timeline = c->old_timeline,
                                .new_timeline = c->new_timeline,
                                .start_mono_us = c->start.mono_us,
                                .start_wall_us = c->start.wall_us,
                                .nphases = c->n,
                                .phases = c->v,
                                .outage = c->outage,
                                .summary = ""};
    struct failover *out = failover_copy(&as);
    char *text = fo_summary(out);
    out->summary = arena_strdup(&out->arena, text);
    free(text);
    return out;
}
