#include "pgdba/analysis/unfinished.h"

#include <inttypes.h>
#include <string.h>

static bool has_outcome(const struct audit_lines *l, int intent)
{
    for (int i = intent + 1; i < l->n; i++)
        if (l->v[i].what == AUDIT_OUTCOME && strcmp(l->v[i].id, l->v[intent].id) == 0)
            return true;
    return false;
}

const struct audit_line *const *unfinished_intents(const struct audit_lines *l, const char *cluster,
                                                   struct arena *a, int *n)
{
    const struct audit_line **v = arena_array(a, (size_t)l->n, const struct audit_line *);
    *n = 0;
    for (int i = 0; i < l->n; i++)
        if (l->v[i].what == AUDIT_INTENT && strcmp(l->v[i].cluster, cluster) == 0 &&
            !has_outcome(l, i))
            v[(*n)++] = &l->v[i];
    return v;
}

static const char *timeline(struct arena *a, int64_t t)
{
    return t > 0 ? arena_printf(a, " on timeline %" PRId64, t) : "";
}

const char *unfinished_since(const struct audit_line *intent, const struct snapshot *s,
                             struct arena *a)
{
    const struct member *m = snapshot_leader(s);
    const char *then = *intent->leader ? intent->leader : "nobody";
    const char *was = arena_printf(a, "%s led%s then", then, timeline(a, intent->timeline));
    if (!m)
        return arena_printf(a, "%s; nobody leads now", was);
    return arena_printf(a, "%s; %s leads%s now%s", was, m->name, timeline(a, snapshot_timeline(s)),
                        s->paused ? ", and the cluster is paused" : "");
}
