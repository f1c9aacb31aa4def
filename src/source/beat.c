#include "beat.h"

void beat_init(struct beat *b, struct net_loop *loop, int64_t refresh_us, int64_t urgent_us,
               void (*fn)(void *arg), void *arg)
{
    *b = (struct beat){.refresh_us = refresh_us, .urgent_us = urgent_us};
    b->timer = net_timer_new(loop, fn, arg);
}

void beat_release(struct beat *b)
{
    net_timer_free(b->timer);
    b->timer = NULL;
}

void beat_restart(struct beat *b)
{
    int64_t period = b->urgent && b->urgent_us < b->refresh_us ? b->urgent_us : b->refresh_us;

    b->running = true;
    net_timer_start(b->timer, period, period);
}

void beat_set_refresh(struct beat *b, int64_t refresh_us)
{
    b->refresh_us = refresh_us;
    if (b->running)
        beat_restart(b);
}

bool beat_set_urgent(struct beat *b, bool urgent)
{
    if (b->urgent == urgent)
        return false;
    b->urgent = urgent;
    if (b->running)
        beat_restart(b);
    return true;
}
