#include "pgdba/base/clock.h"

#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

/* A laptop that slept: CLOCK_MONOTONIC stands still meanwhile, and a picture of yesterday would be
 * a second old. */
static int64_t real_mono(const struct clock *c)
{
    (void)c;
#ifdef CLOCK_BOOTTIME
    return read_us(CLOCK_BOOTTIME);
#else
    return read_us(CLOCK_MONOTONIC);
#endif
}

static int64_t real_wall(const struct clock *c)
{
    (void)c;
    return read_us(CLOCK_REALTIME);
}

static int64_t fake_mono(const struct clock *c)
{
    return c->fake_mono_us;
}

static int64_t fake_wall(const struct clock *c)
{
    return c->fake_wall_us;
}

struct clock clock_real(void)
{
    return (struct clock){.mono_us = real_mono, .wall_us = real_wall};
}

struct clock clock_fake(int64_t mono_us, int64_t wall_us)
{
    return (struct clock){.mono_us = fake_mono,
                          .wall_us = fake_wall,
                          .fake_mono_us = mono_us,
                          .fake_wall_us = wall_us};
}

void clock_advance(struct clock *c, int64_t us)
{
    c->fake_mono_us += us;
    c->fake_wall_us += us;
}
