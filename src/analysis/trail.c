#include "pgdba/analysis/trail.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"

/* Lines by id, and of the same id in their order: an intent is followed by its outcome. */
static int by_id(const void *a, const void *b)
{
    const struct audit_line *x = *(const struct audit_line *const *)a;
    const struct audit_line *y = *(const struct audit_line *const *)b;
    int order = strcmp(x->id, y->id);
    if (order == 0)
        order = strcmp(x->host, y->host);
    return order ? order : (x > y) - (x < y);
}

static bool same_run(const struct audit_line *x, const struct audit_line *y)
{
    return *x->id && strcmp(x->id, y->id) == 0 && strcmp(x->host, y->host) == 0;
}

/* ends[i] becomes the outcome of line i, where that is an intent; taken[i] says that line i is
 * one's outcome. */
static void pair(const struct audit_lines *l, const struct audit_line **ends, bool *taken,
                 struct arena *a)
{
    const struct audit_line **v = arena_array(a, (size_t)l->n, const struct audit_line *);
    const struct audit_line *open = NULL;
    for (int i = 0; i < l->n; i++)
        v[i] = &l->v[i];
    qsort(v, (size_t)l->n, sizeof *v, by_id);
    for (int i = 0; i < l->n; i++) {
        if (v[i]->what == AUDIT_INTENT)
            open = v[i];
        else if (v[i]->what == AUDIT_OUTCOME && open && same_run(open, v[i])) {
            ends[open - l->v] = v[i]; /* the last word, where there are two */
            taken[v[i] - l->v] = true;
        }
    }
}

static bool names(const struct audit_line *l, int before, const char *member)
{
    for (int i = 0; i < before; i++)
        if (strcmp(l->requests[i].member, member) == 0)
            return true;
    return false;
}

static const char *members_of(const struct audit_line *l, struct arena *a)
{
    struct buf b;
    buf_init(&b);
    for (int i = 0; i < l->nrequests; i++)
        if (*l->requests[i].member && !names(l, i, l->requests[i].member))
            buf_addf(&b, "%s%s", b.len ? ", " : "", l->requests[i].member);
    const char *s = arena_strdup(a, b.s);
    buf_release(&b);
    return s;
}

/* "blocked by a check" alone says little. */
static const char *why_refused(const struct audit_line *l, struct arena *a)
{
    for (int i = 0; i < l->nchecks; i++)
        if (strcmp(l->checks[i].verdict, "block") == 0 && !strstr(l->outcome, l->checks[i].reason))
            return arena_printf(a, "%s: %s", l->outcome, l->checks[i].reason);
    return l->outcome;
}

static struct audit_entry entry_of(const struct audit_line *l, const struct audit_line *end,
                                   struct arena *a)
{
    struct audit_entry e = {.begin = l, .end = end, .members = members_of(l, a)};
    if (l->what == AUDIT_OUTCOME) /* its intent was not read */
        e.end = l;
    e.outcome = l->what == AUDIT_REFUSAL ? "refused" : e.end ? e.end->outcome : "no end is written";
    e.why = l->what == AUDIT_REFUSAL ? why_refused(l, a) : e.end ? e.end->observed : "";
    return e;
}

static bool wished(const struct audit_line *l, const struct audit_wish *w)
{
    return l->wall_us >= w->since_wall_us && (!w->cluster || strcmp(l->cluster, w->cluster) == 0);
}

struct audit_trail audit_trail(const struct audit_lines *l, const struct audit_wish *w,
                               struct arena *a)
{
    const struct audit_line **ends = arena_array(a, (size_t)l->n, const struct audit_line *);
    bool *taken = arena_array(a, (size_t)l->n, bool);
    struct audit_entry *v = arena_array(a, (size_t)l->n, struct audit_entry);
    struct audit_trail t = {.v = v};
    pair(l, ends, taken, a);
    for (int i = l->n - 1; i >= 0 && (!w->most || t.n < w->most); i--)
        if (!taken[i] && wished(&l->v[i], w))
            v[t.n++] = entry_of(&l->v[i], ends[i], a);
    return t;
}
