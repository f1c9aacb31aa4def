/*
 * beat.h: the rounds of a source: every refresh, faster while a failover goes on.
 */
#ifndef PGDBA_SOURCE_BEAT_H
#define PGDBA_SOURCE_BEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pgdba/net/loop.h"

struct beat {
    struct net_timer *timer;
    int64_t refresh_us, urgent_us;
    bool urgent, running;
};

void beat_init(struct beat *b, struct net_loop *loop, int64_t refresh_us, int64_t urgent_us,
               void (*fn)(void *arg), void *arg);
void beat_release(struct beat *b);
/* The next round a whole period from now. */
void beat_restart(struct beat *b);
void beat_set_refresh(struct beat *b, int64_t refresh_us);
/* True when it was not so before. */
bool beat_set_urgent(struct beat *b, bool urgent);

#endif
