#include "pgdba/model/cluster.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/base/clock.h"

struct facts *facts_new(void)
{
    struct facts *f = xcalloc(1, sizeof *f);
    f->refs = 1;
    arena_init(&f->arena);
    return f;
}

struct facts *facts_ref(struct facts *f)
{
    f->refs++;
    return f;
}

void facts_unref(struct facts *f)
{
    if (!f || --f->refs > 0)
        return;
    facts_unref(f->from);
    arena_release(&f->arena);
    free(f);
}

void facts_replace(struct facts **slot, struct facts *f)
{
    facts_unref(*slot);
    *slot = f;
}

struct snapshot *snapshot_new(void)
{
    struct snapshot *s = xcalloc(1, sizeof *s);
    s->refs = 1;
    s->leader = -1;
    arena_init(&s->arena);
    return s;
}

void snapshot_hold(struct snapshot *s, struct facts *f)
{
    s->held = xrealloc(s->held, ((size_t)s->nheld + 1) * sizeof *s->held);
    s->held[s->nheld++] = facts_ref(f);
}

/* The reference count is the one part of a const snapshot that moves. */
static struct snapshot *counted(const struct snapshot *s)
{
    return (struct snapshot *)(uintptr_t)s;
}

const struct snapshot *snapshot_ref(const struct snapshot *s)
{
    counted(s)->refs++;
    return s;
}

void snapshot_unref(const struct snapshot *cs)
{
    struct snapshot *s = counted(cs);
    if (!s || --s->refs > 0)
        return;
    for (int i = 0; i < s->nheld; i++)
        facts_unref(s->held[i]);
    free(s->held);
    arena_release(&s->arena);
    free(s);
}

const struct member *snapshot_member(const struct snapshot *s, const char *name)
{
    for (int i = 0; name && i < s->nmembers; i++)
        if (strcmp(s->members[i].name, name) == 0)
            return &s->members[i];
    return NULL;
}

const struct member *snapshot_leader(const struct snapshot *s)
{
    return s->leader >= 0 && s->leader < s->nmembers ? &s->members[s->leader] : NULL;
}

bool source_is_stale(const struct source_state *st, int64_t refresh_us, int64_t now_us)
{
    if (st->outcome != OBS_ANSWERED || st->answered_us == 0)
        return true;
    int64_t limit = refresh_us * 5 / 2;
    if (limit < 2500 * USEC_PER_MS)
        limit = 2500 * USEC_PER_MS;
    return now_us - st->answered_us > limit;
}

int64_t snapshot_timeline(const struct snapshot *s)
{
    const struct member *m = snapshot_leader(s);
    if (!m)
        return 0;
    if (m->health && m->health->timeline > 0 && role_is_leader(m->health->role) &&
        !source_is_stale(&m->api, s->refresh_us, s->mono_us))
        return m->health->timeline;
    return m->dcs ? m->dcs->timeline : 0;
}
