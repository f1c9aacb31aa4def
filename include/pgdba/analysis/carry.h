/*
 * analysis/carry.h: what only a look back can tell: since when. Pure.
 *
 * One snapshot says that a member calls itself primary; whether that began before or after another
 * one was asked decides between a switchover half seen and two primaries. These times are carried
 * from snapshot to snapshot.
 */
#ifndef PGDBA_ANALYSIS_CARRY_H
#define PGDBA_ANALYSIS_CARRY_H

#include "pgdba/model/cluster.h"

/* Fills s->leader_since_us and every member's role_since_us, stream_lost_us, out_of_recovery_us and
 * unwritable_us (monotonic µs). Called last while a snapshot is made (after
 * topology_find_upstreams(), s->leader and s->config are done); members is s->members, still
 * mutable. prev: the snapshot before, NULL for the first. */
void carry_since(struct snapshot *s, struct member *members, const struct snapshot *prev);
/* After that, and after s->haproxies and s->bouncers are there: every haproxy's writes, held_us and
 * no_target_us and every member's stray_*_us; haproxies is s->haproxies, still mutable. */
void carry_routes(struct snapshot *s, struct member *members, struct haproxy *haproxies,
                  const struct snapshot *prev);
/* After that: every bouncer's held_us and since; bouncers is s->bouncers, still mutable. */
void carry_bouncers(struct snapshot *s, struct bouncer *bouncers, const struct snapshot *prev);

#endif
