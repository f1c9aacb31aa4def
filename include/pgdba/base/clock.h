/*
 * base/clock.h: time, injected, so that tests own it.
 *
 * Monotonic time is for ages and deadlines, wall time for what people read. Both in µs.
 */
#ifndef PGDBA_BASE_CLOCK_H
#define PGDBA_BASE_CLOCK_H

#include <stdint.h>

#define USEC_PER_MS  INT64_C(1000)
#define USEC_PER_SEC INT64_C(1000000)

struct clock {
    int64_t (*mono_us)(const struct clock *c); /* µs since an arbitrary start, never backwards */
    int64_t (*wall_us)(const struct clock *c); /* µs since 1970-01-01 UTC */
    int64_t fake_mono_us;                      /* for clock_fake() */
    int64_t fake_wall_us;
};

struct clock clock_real(void);
struct clock clock_fake(int64_t mono_us, int64_t wall_us);
void clock_advance(struct clock *c, int64_t us); /* fake clocks only */

static inline int64_t clock_mono(const struct clock *c)
{
    return c->mono_us(c);
}

static inline int64_t clock_wall(const struct clock *c)
{
    return c->wall_us(c);
}

#endif
