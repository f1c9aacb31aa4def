/* audit_view.c: the audit log as a document. */
#include "pgdba/console/audit_view.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/fmt.h"

enum { TIME = 21, LABEL = 11, NARROW = 60 };

struct audit_view *audit_view_new(struct facts *facts, const struct audit_trail *trail)
{
    struct audit_view *v = xcalloc(1, sizeof *v);
    const struct audit_lines *l = facts->root;
    int n = trail->n < AUDIT_SHOWN ? trail->n : AUDIT_SHOWN;
    struct audit_entry *entries;
    arena_init(&v->arena);
    v->facts = facts;
    entries = arena_memdup(&v->arena, trail->v, (size_t)n * sizeof *trail->v);
    for (int i = 0; i < n; i++) { /* the lines are facts', these texts are the trail's maker's */
        entries[i].members = arena_strdup(&v->arena, entries[i].members);
        entries[i].why = arena_strdup(&v->arena, entries[i].why);
    }
    v->trail = (struct audit_trail){.n = n, .v = entries};
    v->left_out = trail->n - n;
    v->cut = l->cut;
    v->broken = l->broken;
    return v;
}

void audit_view_free(struct audit_view *v)
{
    if (!v)
        return;
    facts_unref(v->facts);
    arena_release(&v->arena);
    free(v);
}

const char *audit_view_title(const struct audit_view *v, struct arena *a)
{
    const struct audit_entry *e = v->details ? &v->trail.v[v->at] : NULL;
    return e ? arena_printf(a, "%s of %s", e->begin->action, e->begin->cluster) : "Audit log";
}

static const char *stamp(struct arena *a, int64_t wall_us)
{
    char t[FMT_MAX];
    return arena_strdup(a, fmt_time_local(t, wall_us));
}

static bool went_well(const struct audit_entry *e)
{
    return e->end && strcmp(e->outcome, "done") == 0;
}

/* "restart of lab by ann (pg1, pg2): done, after 3.1 s: both are up again" */
static const char *sentence(const struct audit_entry *e, struct arena *a)
{
    char t[FMT_MAX];
    const struct audit_line *b = e->begin;
    const char *members = *e->members ? arena_printf(a, " (%s)", e->members) : "";
    const char *after = e->end && e->end->duration_us >= 0
                            ? arena_printf(a, ", after %s", fmt_duration(t, e->end->duration_us))
                            : "";
    return arena_printf(a, "%s of %s by %s%s: %s%s%s%s", *b->action ? b->action : "?",
                        *b->cluster ? b->cluster : "?", *b->user ? b->user : "?", members,
                        e->outcome, after, *e->why ? ": " : "", e->why);
}

static void write_rest(const struct audit_view *v, struct doc *d)
{
    if (v->left_out)
        doc_textf(d, 0, TR_DIM, "%d older ones are not shown here; pgdba audit shows them.",
                  v->left_out);
    if (v->cut)
        doc_text(d, 0, TR_DIM, "There are older lines, which were not read.");
    if (v->broken)
        doc_textf(d, 0, TR_WARN, "%d line%s not to be read: cut off, or changed by hand.",
                  v->broken, v->broken == 1 ? " is" : "s are");
}

static void write_list(const struct audit_view *v, struct doc *d, int *first, int *lines)
{
    if (!v->trail.n)
        doc_text(d, 0, TR_DIALOG, "It has nothing of that.");
    for (int i = 0; i < v->trail.n; i++) {
        const struct audit_entry *e = &v->trail.v[i];
        int before = d->nlines;
        doc_item(d, 2, d->width < NARROW ? 2 : TIME, TR_KEY, stamp(d->arena, e->begin->wall_us),
                 went_well(e) ? TR_DIALOG : TR_WARN, sentence(e, d->arena));
        if (i == v->at) {
            *first = before;
            *lines = d->nlines - before;
        }
    }
    write_rest(v, d);
}

/* ---- one of them */

static void item(struct doc *d, const char *label, const char *text)
{
    if (*text)
        doc_item(d, 0, LABEL, TR_DIM, label, TR_DIALOG, text);
}

static void write_who(const struct audit_line *l, struct doc *d)
{
    struct arena *a = d->arena;
    const char *pid = l->pid ? arena_printf(a, ", process %lld", (long long)l->pid) : "";
    const char *sudo = *l->sudo_user ? arena_printf(a, ", by sudo of %s", l->sudo_user) : "";
    const char *ssh = *l->ssh_client ? arena_printf(a, ", from %s", l->ssh_client) : "";
    item(d, "who",
         arena_printf(a, "%s on %s%s%s%s", *l->user ? l->user : "?", *l->host ? l->host : "?", pid,
                      sudo, ssh));
}

static void write_checks(const struct audit_line *l, struct doc *d)
{
    for (int i = 0; i < l->nchecks; i++) {
        const struct audit_check *c = &l->checks[i];
        bool pass = strcmp(c->verdict, "pass") == 0;
        doc_item(d, 0, LABEL, TR_DIM, i ? "" : "checks", pass ? TR_DIALOG : TR_WARN,
                 arena_printf(d->arena, "%s: %s", c->verdict, c->reason));
    }
}

static void write_requests(const struct audit_line *l, struct doc *d)
{
    for (int i = 0; i < l->nrequests; i++) {
        const struct audit_request *r = &l->requests[i];
        item(d, i ? "" : "requests",
             arena_printf(d->arena, "%s %s %s", r->method, r->url, r->body));
    }
}

static void write_phases(const struct audit_line *l, struct doc *d)
{
    char t[FMT_MAX];
    for (int i = 0; i < l->nphases; i++) {
        const struct audit_phase *p = &l->phases[i];
        const char *after = p->after_us >= 0
                                ? arena_printf(d->arena, ", after %s", fmt_duration(t, p->after_us))
                                : "";
        item(d, i ? "" : "phases",
             arena_printf(d->arena, "%s: %s%s%s%s", p->state, p->phase, *p->note ? ": " : "",
                          p->note, after));
    }
}

static void write_details(const struct audit_entry *e, struct doc *d)
{
    const struct audit_line *b = e->begin;
    item(d, "when", stamp(d->arena, b->wall_us));
    doc_item(d, 0, LABEL, TR_DIM, "what", went_well(e) ? TR_DIALOG : TR_WARN,
             sentence(e, d->arena));
    write_who(b, d);
    item(d, "command", b->command);
    item(d, "leader", b->leader);
    item(d, "accepted", b->accepted);
    write_checks(b, d);
    write_requests(b, d);
    if (e->end) {
        write_phases(e->end, d);
        item(d, "answer", e->end->answer);
    }
}

void audit_view_write(const struct audit_view *v, struct doc *d, int *first, int *lines)
{
    if (v->details)
        write_details(&v->trail.v[v->at], d);
    else
        write_list(v, d, first, lines);
}
