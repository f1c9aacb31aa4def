/* Events: their names, and the ring that holds the latest. */
#include "pgdba/model/event.h"

#include <stdlib.h>
#include <string.h>

#include "pgdba/base/buf.h"
#include "pgdba/model/names.h"

static const char *const kinds[] = {
    [EV_LOCK_GONE] = "lock-gone",
    [EV_LOCK_TAKEN] = "lock-taken",
    [EV_LOCK_REACQUIRED] = "lock-reacquired",
    [EV_LOCK_LEASE] = "lock-lease",
    [EV_REQUESTED] = "requested",
    [EV_REQUEST_CLEARED] = "request-cleared",
    [EV_SCHEDULED] = "scheduled",
    [EV_MEMBER_JOINED] = "member-joined",
    [EV_MEMBER_GONE] = "member-gone",
    [EV_MEMBER_STATE] = "member-state",
    [EV_MEMBER_ROLE] = "member-role",
    [EV_MEMBER_TIMELINE] = "member-timeline",
    [EV_MEMBER_LEASE] = "member-lease",
    [EV_MEMBER_TAGS] = "member-tags",
    [EV_SYNC] = "sync",
    [EV_PAUSED] = "paused",
    [EV_RESUMED] = "resumed",
    [EV_CONFIG] = "config",
    [EV_HISTORY] = "history",
    [EV_BOOTSTRAP] = "bootstrap",
    [EV_API_SILENT] = "api-silent",
    [EV_API_BACK] = "api-back",
    [EV_PG_SILENT] = "postgres-silent",
    [EV_PG_BACK] = "postgres-back",
    [EV_PG_RECOVERY] = "postgres-recovery",
    [EV_PG_TIMELINE] = "postgres-timeline",
    [EV_PG_READ_ONLY] = "postgres-read-only",
    [EV_STREAMING] = "streaming",
    [EV_STREAM_LOST] = "stream-lost",
    [EV_DCS_LOST] = "dcs-lost",
    [EV_DCS_BACK] = "dcs-back",
    [EV_DCS_ENDPOINT_LOST] = "dcs-endpoint-lost",
    [EV_DCS_ENDPOINT_BACK] = "dcs-endpoint-back",
    [EV_DCS_LEADER] = "dcs-leader",
    [EV_DCS_ALARM] = "dcs-alarm",
    [EV_FAILSAFE] = "failsafe",
    [EV_ROUTE_UP] = "route-up",
    [EV_ROUTE_DOWN] = "route-down",
    [EV_ROUTE_SILENT] = "route-silent",
    [EV_ROUTE_BACK] = "route-back",
    [EV_POOL_TARGET] = "pool-target",
    [EV_BOUNCER_SILENT] = "bouncer-silent",
    [EV_BOUNCER_BACK] = "bouncer-back",
    [EV_PROBE_STARTED] = "probe-started",
    [EV_PROBE_STOPPED] = "probe-stopped",
    [EV_PROBE_FAILS] = "probe-fails",
    [EV_PROBE_WORKS] = "probe-works",
    [EV_PROBE_SERVER] = "probe-server",
    [EV_PROBE_ROWS] = "probe-rows",
    [EV_VERDICT] = "verdict",
    [EV_OPERATION] = "operation",
    [EV_FAILOVER] = "failover",
    [EV_NOTE] = "note",
};
_Static_assert(sizeof kinds / sizeof *kinds == EV_KIND_COUNT, "a name a kind");

const char *event_kind_name(enum event_kind k)
{
    return NAME_OF(kinds, k);
}

bool event_kind_parse(const char *name, enum event_kind *out)
{
    return NAME_PARSE(kinds, name, out);
}

/* ---- the ring. Each event is one block with its strings behind it. */

struct event_log {
    int cap, n, next; /* next: where the following one goes */
    uint64_t seq, dropped;
    struct event **v;
};

struct event_log *event_log_new(int cap)
{
    struct event_log *l = xcalloc(1, sizeof *l);
    l->cap = cap > 0 ? cap : 1;
    l->v = xcalloc((size_t)l->cap, sizeof *l->v);
    return l;
}

void event_log_free(struct event_log *l)
{
    if (!l)
        return;
    for (int i = 0; i < l->cap; i++)
        free(l->v[i]);
    free(l->v);
    free(l);
}

enum { TEXTS = 5 };

static const char **text_of(struct event *e, int i)
{
    const char **const all[TEXTS] = {&e->subject, &e->old, &e->now, &e->text, &e->evidence};
    return all[i];
}

static struct event *event_copy(const struct event *e)
{
    struct event from = *e;
    size_t size[TEXTS], total = sizeof from;
    for (int i = 0; i < TEXTS; i++) {
        const char **t = text_of(&from, i);
        *t = *t ? *t : "";
        size[i] = strlen(*t) + 1;
        total += size[i];
    }
    char *block = xcalloc(1, total), *to = block + sizeof from;
    for (int i = 0; i < TEXTS; i++) {
        const char **t = text_of(&from, i);
        *t = memcpy(to, *t, size[i]);
        to += size[i];
    }
    return memcpy(block, &from, sizeof from);
}

const struct event *event_log_add(struct event_log *l, const struct event *e)
{
    struct event *copy = event_copy(e);
    copy->seq = ++l->seq;
    if (l->n == l->cap)
        l->dropped++;
    else
        l->n++;
    free(l->v[l->next]);
    l->v[l->next] = copy;
    l->next = (l->next + 1) % l->cap;
    return copy;
}

int event_log_count(const struct event_log *l)
{
    return l ? l->n : 0;
}

const struct event *event_log_get(const struct event_log *l, int newest)
{
    if (!l || newest < 0 || newest >= l->n)
        return NULL;
    return l->v[(l->next - 1 - newest + 2 * l->cap) % l->cap];
}

uint64_t event_log_dropped(const struct event_log *l)
{
    return l ? l->dropped : 0;
}
