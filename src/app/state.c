#include "state.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"

void kept_state_init(struct kept_state *k)
{
    memset(k, 0, sizeof *k);
    k->s.endpoint = k->s.detail = "";
}

void kept_state_release(struct kept_state *k)
{
    free(k->endpoint);
    free(k->detail);
    kept_state_init(k);
}

static const char *keep(char **slot, const char *text)
{
    if (!text)
        text = "";
    if (!*slot || strcmp(*slot, text) != 0) {
        free(*slot);
        *slot = xstrdup(text);
    }
    return *slot;
}

void kept_state_update(struct kept_state *k, const struct observation *o, enum obs_outcome outcome,
                       const char *detail)
{
    if (outcome != k->s.outcome)
        k->s.since_us = o->mono_us;
    k->s.outcome = outcome;
    k->s.asked_us = o->mono_us;
    if (outcome == OBS_ANSWERED) {
        k->s.answered_us = o->mono_us;
        k->s.latency_us = o->latency_us;
    }
    k->s.endpoint = keep(&k->endpoint, o->endpoint);
    k->s.detail = keep(&k->detail, detail);
}

struct source_state kept_state_copy(const struct kept_state *k, struct arena *a)
{
    struct source_state s = k->s;
    s.endpoint = arena_strdup(a, s.endpoint);
    /* Details quote what servers said. */
    s.detail = arena_strdup(a, s.detail);
    return s;
}
