/*
 * tests/unit/support/snapshot_builder_private.h: what the builder's files share.
 */
#ifndef PGDBA_TESTS_SNAPSHOT_BUILDER_PRIVATE_H
#define PGDBA_TESTS_SNAPSHOT_BUILDER_PRIVATE_H

#include "snapshot_builder.h"

#define SB_ROOM 8 /* members a builder has room for */

/* The facts of a snapshot are const for everybody but its maker. */
static inline void *sb_mutable(const void *p)
{
    return (void *)(uintptr_t)p;
}

static inline struct arena *sb_arena(struct sb *b)
{
    return &b->s->arena;
}

struct source_state sb_answered_now(const struct sb *b, const char *endpoint, int64_t latency_us);
/* Member i (-1 nobody) has got the lock: so say etcd and PostgreSQL, where they are there. */
void sb_systems_lead(struct sb *b, int i);

#endif
