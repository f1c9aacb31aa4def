/* marks.c: the marked members. */
#include "pgdba/console/marks.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/command/command.h"

static int find(const struct marks *m, const char *name)
{
    for (int i = 0; i < m->n; i++)
        if (strcmp(m->v[i], name) == 0)
            return i;
    return -1;
}

static void take_out(struct marks *m, int at)
{
    free(m->v[at]);
    m->n--;
    memmove(&m->v[at], &m->v[at + 1], (size_t)(m->n - at) * sizeof *m->v);
}

void marks_release(struct marks *m)
{
    for (int i = 0; i < m->n; i++)
        free(m->v[i]);
    free(m->v);
    *m = (struct marks){0};
}

bool marks_has(const struct marks *m, const char *name)
{
    return find(m, name) >= 0;
}

void marks_add(struct marks *m, const char *name)
{
    if (marks_has(m, name))
        return;
    m->v = xrealloc(m->v, (size_t)(m->n + 1) * sizeof *m->v);
    m->v[m->n++] = xstrdup(name);
}

void marks_toggle(struct marks *m, const char *name)
{
    int at = find(m, name);
    if (at >= 0)
        take_out(m, at);
    else
        marks_add(m, name);
}

void marks_copy(struct marks *to, const struct marks *from)
{
    struct marks copy = {0};
    for (int i = 0; i < from->n; i++)
        marks_add(&copy, from->v[i]);
    marks_release(to);
    *to = copy;
}

void marks_keep(struct marks *m, const struct snapshot *s)
{
    for (int i = m->n - 1; s && i >= 0; i--)
        if (!snapshot_member(s, m->v[i]))
            take_out(m, i);
}

const char *marks_text(const struct marks *m, struct arena *a)
{
    const char *out = "";
    for (int i = 0; i < m->n; i++)
        out = arena_printf(a, "%s%s%s", out, i ? ", " : "", m->v[i]);
    return out;
}

const char *marks_words(const struct marks *m, struct arena *a)
{
    const char *out = "";
    for (int i = 0; i < m->n; i++)
        out = arena_printf(a, "%s%s%s", out, i ? " " : "", command_quote(a, m->v[i]));
    return out;
}
