/* Failovers: the words of their kinds and phases, and copies. */
#include "pgdba/model/failover.h"

#include <stdlib.h>

#include "pgdba/base/buf.h"
#include "pgdba/model/names.h"

static const char *const kind_names[] = {
    [FO_UNKNOWN] = "failover",
    [FO_SWITCHOVER] = "switchover",
    [FO_MANUAL] = "manual failover",
    [FO_CRASH] = "crash failover",
    [FO_CLEAN_STOP] = "failover after a clean stop",
    [FO_LOCAL_RECOVERY] = "local crash recovery",
    [FO_REACQUIRED] = "lock re-acquired",
    [FO_REFUSED] = "refused switchover",
    [FO_DCS_FAILSAFE] = "DCS outage survived by failsafe",
    [FO_DCS_DEMOTED] = "DCS outage with demotion",
};
_Static_assert(sizeof kind_names / sizeof *kind_names == FO_KIND_COUNT, "a name a kind");

static const char *const kind_ids[] = {
    [FO_UNKNOWN] = "unknown",
    [FO_SWITCHOVER] = "switchover",
    [FO_MANUAL] = "manual-failover",
    [FO_CRASH] = "crash-failover",
    [FO_CLEAN_STOP] = "clean-stop-failover",
    [FO_LOCAL_RECOVERY] = "local-crash-recovery",
    [FO_REACQUIRED] = "lock-reacquired",
    [FO_REFUSED] = "refused-switchover",
    [FO_DCS_FAILSAFE] = "dcs-outage-failsafe",
    [FO_DCS_DEMOTED] = "dcs-outage-demotion",
};
_Static_assert(sizeof kind_ids / sizeof *kind_ids == FO_KIND_COUNT, "an id a kind");

static const char *const phase_names[] = {
    [FP_REQUESTED] = "requested",        [FP_LAST_SIGN] = "last sign of life",
    [FP_LOCK_GONE] = "lock gone",        [FP_CANDIDATES] = "candidates",
    [FP_LOCK_TAKEN] = "lock taken",      [FP_PROMOTED] = "promoted",
    [FP_WRITABLE] = "writable",          [FP_HAPROXY] = "HAProxy routes",
    [FP_PGBOUNCER] = "PgBouncer routes", [FP_FIRST_WRITE] = "first write",
    [FP_REPLICA] = "replica streams",
};
_Static_assert(sizeof phase_names / sizeof *phase_names == FP_COUNT, "a name a phase");

static const char *const phase_keys[] = {
    [FP_REQUESTED] = "requested",     [FP_LAST_SIGN] = "last-sign",   [FP_LOCK_GONE] = "lock-gone",
    [FP_CANDIDATES] = "candidates",   [FP_LOCK_TAKEN] = "lock-taken", [FP_PROMOTED] = "promoted",
    [FP_WRITABLE] = "writable",       [FP_HAPROXY] = "haproxy",       [FP_PGBOUNCER] = "pgbouncer",
    [FP_FIRST_WRITE] = "first-write", [FP_REPLICA] = "replica",
};
_Static_assert(sizeof phase_keys / sizeof *phase_keys == FP_COUNT, "a key a phase");

static const char *const states[] = {
    [FO_WAITING] = "waiting", [FO_NEXT] = "next",       [FO_DONE] = "done",
    [FO_SKIPPED] = "skipped", [FO_OVERDUE] = "overdue",
};

const char *failover_kind_name(enum failover_kind k)
{
    return NAME_OF(kind_names, k);
}

const char *failover_kind_id(enum failover_kind k)
{
    return NAME_OF(kind_ids, k);
}

bool failover_kind_parse(const char *id, enum failover_kind *out)
{
    return NAME_PARSE(kind_ids, id, out);
}

const char *failover_phase_name(enum failover_phase_id id)
{
    return NAME_OF(phase_names, id);
}

const char *failover_phase_key(enum failover_phase_id id)
{
    return NAME_OF(phase_keys, id);
}

bool failover_phase_parse(const char *key, enum failover_phase_id *out)
{
    return NAME_PARSE(phase_keys, key, out);
}

const char *fo_state_name(enum fo_state s)
{
    return NAME_OF(states, s);
}

bool fo_state_parse(const char *name, enum fo_state *out)
{
    return NAME_PARSE(states, name, out);
}

struct failover *failover_new(void)
{
    struct failover *f = xcalloc(1, sizeof *f);
    arena_init(&f->arena);
    f->cluster = f->from = f->to = f->summary = "";
    f->outage.route = "";
    f->outage.lost = f->outage.ghosts = -1;
    return f;
}

static const char *text(struct arena *a, const char *s)
{
    return arena_strdup(a, s ? s : "");
}

struct failover *failover_copy(const struct failover *f)
{
    struct failover *c = failover_new();
    struct arena a = c->arena;
    *c = *f;
    c->arena = a;
    c->cluster = text(&c->arena, f->cluster);
    c->from = text(&c->arena, f->from);
    c->to = text(&c->arena, f->to);
    c->summary = text(&c->arena, f->summary);
    c->outage.route = text(&c->arena, f->outage.route);
    struct failover_phase *p = arena_array(&c->arena, (size_t)f->nphases, struct failover_phase);
    for (int i = 0; i < f->nphases; i++) {
        p[i] = f->phases[i];
        p[i].subject = text(&c->arena, f->phases[i].subject);
        p[i].note = text(&c->arena, f->phases[i].note);
    }
    c->phases = p;
    return c;
}

void failover_free(struct failover *f)
{
    if (!f)
        return;
    arena_release(&f->arena);
    free(f);
}
