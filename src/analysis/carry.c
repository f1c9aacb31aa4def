#include "pgdba/analysis/carry.h"

#include <string.h>

#include "facts.h"
#include "writes.h"

static const char *leader_name(const struct snapshot *s)
{
    const struct member *m = s ? snapshot_leader(s) : NULL;
    return m ? m->name : NULL;
}

static void carry_leader(struct snapshot *s, const struct snapshot *prev)
{
    const char *now = leader_name(s), *before = leader_name(prev);
    if (!now)
        s->leader_since_us = 0;
    else if (before && strcmp(now, before) == 0)
        s->leader_since_us = prev->leader_since_us;
    else
        /* In the first picture there is no telling how long it has led. */
        s->leader_since_us = prev && prev->view.answered_us ? s->view.answered_us : 0;
}

static void carry_role(struct member *m, const struct member *before)
{
    if (!m->health)
        m->role_since_us = 0;
    else if (before && before->health && before->health->role == m->health->role)
        m->role_since_us = before->role_since_us;
    else
        m->role_since_us = before && before->health ? m->api.answered_us : 0;
}

/* Was there a moment before, under our eyes, when it could not be said to have lost its stream? */
static bool seen_well(const struct snapshot *prev, const struct member *before)
{
    return before && (!pg_state_is_up(facts_state(prev, before, prev->mono_us)) ||
                      facts_streaming(prev, before, prev->mono_us) == TRI_YES);
}

static void carry_stream(const struct snapshot *s, struct member *m, const struct snapshot *prev,
                         const struct member *before)
{
    bool lost = m->listed && snapshot_leader(s) != m &&
                pg_state_is_up(facts_state(s, m, s->mono_us)) &&
                facts_streaming(s, m, s->mono_us) == TRI_NO;
    if (!lost)
        m->stream_lost_us = 0;
    else if (before && before->stream_lost_us)
        m->stream_lost_us = before->stream_lost_us;
    else
        m->stream_lost_us = seen_well(prev, before) ? s->mono_us : STREAM_LOST_BEFORE;
}

static void carry_recovery(struct member *m, const struct member *before)
{
    if (!m->pg_self || m->pg_self->in_recovery)
        m->out_of_recovery_us = 0;
    else if (before && before->out_of_recovery_us)
        m->out_of_recovery_us = before->out_of_recovery_us;
    else
        m->out_of_recovery_us = m->pg.answered_us;
}

/* It has said something before, under our eyes, that was not this. */
static bool heard(const struct snapshot *prev, const struct member *before)
{
    return before && (snapshot_leader(prev) != before || before->health || before->pg_self ||
                      facts_never_reachable(before));
}

static void carry_writes(const struct snapshot *s, struct member *m, const struct snapshot *prev,
                         const struct member *before)
{
    bool held = before && snapshot_leader(prev) == before;
    int64_t carried = held ? before->unwritable_us : 0;
    struct writes w = {.takes = TRI_YES};
    if (snapshot_leader(s) == m)
        w = writes_of(s, m, s->mono_us);
    if (w.takes == TRI_YES)
        m->unwritable_us = 0;
    else if (w.takes == TRI_UNKNOWN || carried)
        m->unwritable_us = carried;
    else if (!heard(prev, before))
        m->unwritable_us = SINCE_BEFORE;
    else /* a word from before it got the lock counts from then on */
        m->unwritable_us = w.at_us > s->leader_since_us ? w.at_us : s->leader_since_us;
}

void carry_since(struct snapshot *s, struct member *members, const struct snapshot *prev)
{
    carry_leader(s, prev);
    for (int i = 0; i < s->nmembers; i++) {
        const struct member *before = prev ? snapshot_member(prev, members[i].name) : NULL;
        carry_role(&members[i], before);
        carry_stream(s, &members[i], prev, before);
        carry_recovery(&members[i], before);
        carry_writes(s, &members[i], prev, before);
    }
}
